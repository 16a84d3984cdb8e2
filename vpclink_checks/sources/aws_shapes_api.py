"""APIs, stages, deployments, routes and links as API Gateway describes them, to the model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from vpclink_checks.model.api import (
    Api,
    Canary,
    Deployment,
    GatewayResponse,
    Integration,
    Route,
    Stage,
    Throttle,
    WebAcl,
)
from vpclink_checks.model.fact import Unread
from vpclink_checks.model.link import VpcLink
from vpclink_checks.sources.aws_shapes import Raw, flag, moment, part, rows, text, text_map, texts, unread, whole


def api_v1(raw: Raw, lacking: Unread = MappingProxyType({})) -> Api:
    """apigateway:GetRestApi. *lacking*: botocore's members that it was too old to read."""
    return Api(
        id=text(raw, "id"),
        name=text(raw, "name"),
        endpoint_types=texts(part(raw, "endpointConfiguration"), "types") or ("EDGE",),
        execute_api_disabled=flag(raw, "disableExecuteApiEndpoint"),
        policy=policy_text(text(raw, "policy")),
        status=text(raw, "apiStatus"),
        status_message=text(raw, "apiStatusMessage"),
        created=moment(raw.get("createdDate")),
        unread=unread(lacking, {"RestApi.apiStatus": "status"}),
    )


def policy_text(written: str) -> str:
    """A policy as JSON text: apigateway may return it with its quotes escaped by backslashes."""
    if not written or _is_json(written):
        return written
    try:
        plain = str(json.loads(f'"{written}"'))
    except ValueError:
        return written
    return plain if _is_json(plain) else written


def _is_json(written: str) -> bool:
    try:
        return isinstance(json.loads(written), dict)
    except ValueError:
        return False


def api_v2(raw: Raw) -> Api:
    """apigatewayv2:GetApi. HTTP and WebSocket APIs are regional and have no policy."""
    return Api(
        id=text(raw, "ApiId"),
        name=text(raw, "Name"),
        protocol=text(raw, "ProtocolType", default="HTTP"),
        execute_api_disabled=flag(raw, "DisableExecuteApiEndpoint"),
        created=moment(raw.get("CreatedDate")),
    )


def stage_v1(raw: Raw, api_id: str) -> Stage:
    """apigateway:GetStage."""
    return Stage(
        api_id=api_id,
        name=text(raw, "stageName"),
        deployment_id=text(raw, "deploymentId"),
        variables=text_map(raw, "variables"),
        canary=_canary(part(raw, "canarySettings")),
        web_acl_arn=text(raw, "webAclArn"),
        throttles=tuple(_throttles_v1(part(raw, "methodSettings"))),
        created=moment(raw.get("createdDate")),
        updated=moment(raw.get("lastUpdatedDate")),
    )


def _canary(raw: Raw) -> Canary | None:
    if not raw:
        return None
    return Canary(
        percent=_decimal(raw.get("percentTraffic")) or 0.0,
        deployment_id=text(raw, "deploymentId"),
        variables=text_map(raw, "stageVariableOverrides"),
    )


def _throttles_v1(settings: Raw) -> Iterator[Throttle]:
    for path, one in settings.items():
        if isinstance(one, Mapping):
            found = _throttle(path, one.get("throttlingRateLimit"), one.get("throttlingBurstLimit"))
            if found is not None:
                yield found


def _throttle(path: str, rate: object, burst: object) -> Throttle | None:
    """None where neither is set; apigateway writes -1 (and a rate of 0.0 with it) for "not set"."""
    limits = _decimal(rate), whole(burst)
    if limits == (None, None) or limits[1] == -1:
        return None
    return Throttle(path=path, rate=limits[0], burst=limits[1])


def _decimal(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def stage_v2(raw: Raw, api_id: str) -> Stage:
    """apigatewayv2:GetStage."""
    settings = {"*/*": part(raw, "DefaultRouteSettings"), **part(raw, "RouteSettings")}
    found = (
        _throttle(path, one.get("ThrottlingRateLimit"), one.get("ThrottlingBurstLimit"))
        for path, one in settings.items()
    )
    return Stage(
        api_id=api_id,
        name=text(raw, "StageName"),
        deployment_id=text(raw, "DeploymentId"),
        variables=text_map(raw, "StageVariables"),
        auto_deploy=flag(raw, "AutoDeploy"),
        last_deployment_message=text(raw, "LastDeploymentStatusMessage"),
        throttles=tuple(one for one in found if one is not None),
        created=moment(raw.get("CreatedDate")),
        updated=moment(raw.get("LastUpdatedDate")),
    )


def web_acl(raw: Raw) -> WebAcl:
    """``WebACL`` of wafv2:GetWebACLForResource. What a group of rules does is not in it: it may allow."""
    return WebAcl(
        arn=text(raw, "ARN"),
        name=text(raw, "Name"),
        blocks="Block" in part(raw, "DefaultAction"),
        allowing=tuple(
            text(one, "Name")
            for one in rows(raw, "Rules")
            if "Allow" in part(one, "Action") or isinstance(one.get("OverrideAction"), Mapping)
        ),
    )


def gateway_responses(raw: Iterable[Raw]) -> tuple[GatewayResponse, ...]:
    """Items of apigateway:GetGatewayResponses: those that were changed."""
    changed = [one for one in raw if not flag(one, "defaultResponse", default=True)]
    found = (GatewayResponse(type=text(one, "responseType"), status=whole(one.get("statusCode"))) for one in changed)
    return tuple(sorted(found, key=lambda one: one.type))


def deployment_v1(raw: Raw, api_id: str) -> Deployment:
    """One item of apigateway:GetDeployments."""
    return Deployment(id=text(raw, "id"), api_id=api_id, created=moment(raw.get("createdDate")))


def deployment_v2(raw: Raw, api_id: str) -> Deployment:
    """One item of apigatewayv2:GetDeployments."""
    return Deployment(
        id=text(raw, "DeploymentId"),
        api_id=api_id,
        created=moment(raw.get("CreatedDate")),
        status=text(raw, "DeploymentStatus"),
        status_message=text(raw, "DeploymentStatusMessage"),
    )


def rest_routes(resources: Iterable[Raw], api_id: str, lacking: Unread = MappingProxyType({})) -> tuple[Route, ...]:
    """The methods in the items of apigateway:GetResources(embed=methods)."""
    return tuple(
        _rest_route(resource, word, method, api_id, lacking)
        for resource in resources
        for word, method in part(resource, "resourceMethods").items()
        if isinstance(method, Mapping)
    )


def _rest_route(resource: Raw, word: str, method: Raw, api_id: str, lacking: Unread) -> Route:
    integration = part(method, "methodIntegration")
    return Route(
        api_id=api_id,
        id=text(resource, "id"),
        method=word,
        path=text(resource, "path"),
        authorization=text(method, "authorizationType", default="NONE"),
        authorizer_id=text(method, "authorizerId"),
        api_key_required=flag(method, "apiKeyRequired"),
        integration=integration_v1(integration, lacking) if integration else None,
    )


def integration_v1(raw: Raw, lacking: Unread = MappingProxyType({})) -> Integration:
    """apigateway:GetIntegration, or the methodIntegration of a method."""
    return Integration(
        type=text(raw, "type").upper(),
        connection_type=text(raw, "connectionType", default="INTERNET"),
        connection_id=text(raw, "connectionId"),
        uri=text(raw, "uri"),
        target=text(raw, "integrationTarget"),
        method=text(raw, "httpMethod"),
        timeout_ms=whole(raw.get("timeoutInMillis")),
        request_parameters=text_map(raw, "requestParameters"),
        insecure_skip_verification=flag(part(raw, "tlsConfig"), "insecureSkipVerification"),
        passthrough=text(raw, "passthroughBehavior").upper(),
        unread=unread(lacking, {"Integration.integrationTarget": "target"}),
    )


def integration_v2(raw: Raw) -> Integration:
    """One item of apigatewayv2:GetIntegrations."""
    tls = raw.get("TlsConfig")
    return Integration(
        id=text(raw, "IntegrationId"),
        type=text(raw, "IntegrationType"),
        connection_type=text(raw, "ConnectionType", default="INTERNET"),
        connection_id=text(raw, "ConnectionId"),
        uri=text(raw, "IntegrationUri"),
        method=text(raw, "IntegrationMethod"),
        timeout_ms=whole(raw.get("TimeoutInMillis")),
        request_parameters=text_map(raw, "RequestParameters"),
        server_name_to_verify=text(part(raw, "TlsConfig"), "ServerNameToVerify"),
        tls=tls is not None,
        passthrough=text(raw, "PassthroughBehavior"),
    )


def http_routes(raw_routes: Iterable[Raw], integrations: Iterable[Raw], api_id: str) -> tuple[Route, ...]:
    """The items of apigatewayv2:GetRoutes with those of GetIntegrations that they name."""
    known = {one.id: one for one in map(integration_v2, integrations)}
    return tuple(_http_route(raw, known, api_id) for raw in raw_routes)


def _http_route(raw: Raw, known: Mapping[str, Integration], api_id: str) -> Route:
    method, path = route_key(text(raw, "RouteKey"))
    return Route(
        api_id=api_id,
        id=text(raw, "RouteId"),
        method=method,
        path=path,
        authorization=text(raw, "AuthorizationType", default="NONE"),
        authorizer_id=text(raw, "AuthorizerId"),
        api_key_required=flag(raw, "ApiKeyRequired"),
        integration=known.get(text(raw, "Target").removeprefix("integrations/")),
    )


def route_key(key: str) -> tuple[str, str]:
    """``GET /status`` -> method and path; ``$default`` is any method on ``$default``."""
    method, blank, path = key.partition(" ")
    return (method, path) if blank else ("ANY", key)


def link_v1(raw: Raw) -> VpcLink:
    """apigateway:GetVpcLink."""
    return VpcLink(
        id=text(raw, "id"),
        version=1,
        name=text(raw, "name"),
        status=text(raw, "status"),
        status_message=text(raw, "statusMessage"),
        target_arns=texts(raw, "targetArns"),
    )


def link_v2(raw: Raw) -> VpcLink:
    """apigatewayv2:GetVpcLink."""
    return VpcLink(
        id=text(raw, "VpcLinkId"),
        version=2,
        name=text(raw, "Name"),
        status=text(raw, "VpcLinkStatus"),
        status_message=text(raw, "VpcLinkStatusMessage"),
        subnet_ids=texts(raw, "SubnetIds"),
        security_group_ids=texts(raw, "SecurityGroupIds"),
    )
