"""Checks of the integration hop: what the route hands its requests to, and in what shape."""

from __future__ import annotations

import re

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.integration_cloud_map import CLOUD_MAP_ARN, cloud_map_service_has_instances
from vpclink_checks.checks.integration_tls import (
    certificate_trusted,
    insecure_skip_verification_off,
    scheme_matches_listener,
    uri_host_is_load_balancer,
)
from vpclink_checks.checks.subjects import destination_subjects, path_subject, reached, route_subjects, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Integration, Route
from vpclink_checks.model.fact import read
from vpclink_checks.model.path import Destination, Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = [  # the catalogue reads this module alone
    "certificate_trusted",
    "cloud_map_service_has_instances",
    "insecure_skip_verification_off",
    "leads_to_listener",
    "link_exists",
    "link_version_fits_api",
    "method_passes",
    "path_without_stage_name",
    "proxy_path_mapped",
    "scheme_matches_listener",
    "stage_variables_defined",
    "sub_path_passes",
    "target_fits_api",
    "timeout_in_bounds",
    "type_is_http",
    "uri_host_is_load_balancer",
    "uses_vpc_link",
]

USES = "integration/uses-vpc-link"
VARIABLES = "integration/stage-variables-defined"
LINK = "integration/link-exists"
LISTENER = "integration/leads-to-listener"
GET = "apigateway:GetIntegration"
SETUP = "API Gateway developer guide, set-up-private-integration"
UPDATE = "aws apigateway update-integration --rest-api-id ID --resource-id ID --http-method METHOD --patch-operations "
PARAMETER = re.compile(r"\{(\w+)\+?\}")
LISTENER_ARN = re.compile(r"^arn:[\w-]+:elasticloadbalancing:.*:listener/")
SHORT_MS = 1000
MINIMUM_MS, REST_MS, HTTP_MS = 50, 29_000, 30_000


@check(
    USES,
    title="The route's integration uses a VPC link",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="Without VPC_LINK, API Gateway sends the request over the internet, where the name is not served.",
    fix=Fix(
        "Set the connection type to VPC_LINK and the connection id to the link, then deploy.",
        cli=UPDATE + "op=replace,path=/connectionType,value=VPC_LINK op=replace,path=/connectionId,value=LINK",
        terraform='aws_api_gateway_integration { connection_type = "VPC_LINK" connection_id = … }',
    ),
    source="botocore 1.44.5, apigateway Integration.connectionType",
    needs=("api/stage-exists",),
    refutable=True,
)
def uses_vpc_link(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, USES):
        kind = path.destination.integration.connection_type if path.destination else "none"
        return failed(stop.reason, Evidence(GET, "connectionType", kind))
    there = reached(ctx, path.destination, "integration").integration
    evidence = Evidence(GET, "connectionType", there.connection_type)
    if there.private:
        return passed(f"connectionType is VPC_LINK, to {there.connection_id}", evidence)
    return failed(f"connectionType is {there.connection_type}, not VPC_LINK", evidence)


@check(
    VARIABLES,
    title="The stage defines every stage variable that the integration uses",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="An undefined variable leaves an invalid address or link id: every call answers 500.",
    fix=Fix(
        "Define the variable on the stage.",
        cli="aws apigateway update-stage --rest-api-id ID --stage-name STAGE "
        "--patch-operations op=replace,path=/variables/NAME,value=VALUE",
        terraform="aws_api_gateway_stage.variables",
    ),
    source="API Gateway developer guide, set-up-private-integration; localstack's tests validated on AWS",
    needs=(USES,),
    refutable=True,
)
def stage_variables_defined(ctx: Context, there: Destination) -> Verdict:
    stage = reached(ctx, ctx.here.stage, "stage")
    if there.undefined:
        names = ", ".join(there.undefined)
        text = f"stage {stage.name} does not define {names}, which connectionId or uri uses"
        return failed(text, Evidence("apigateway:GetStage", "variables", ", ".join(sorted(stage.variables)) or "none"))
    return passed(f"stage {stage.name} defines every variable of the integration")


@check(
    LINK,
    title="The VPC link that the integration names exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A connection id that names no link answers 500 (REST) or 503 (HTTP API).",
    fix=Fix(
        "Point the connection id (or its stage variable) at a link that exists, then deploy.",
        cli="aws apigateway get-vpc-links; aws apigatewayv2 get-vpc-links",
        terraform="connection_id = aws_api_gateway_vpc_link.X.id",
    ),
    source="botocore 1.44.5, apigateway and apigatewayv2 GetVpcLink (NotFoundException)",
    needs=(VARIABLES,),
    refutable=True,
)
def link_exists(ctx: Context, path: Path) -> Verdict:
    there = reached(ctx, path.destination, "integration")
    if stop := stopped_by(path, LINK):
        return failed(stop.reason, Evidence(GET, "connectionId", there.connection_id))
    link = reached(ctx, path.link, "VPC link")
    return passed(f"VPC link {link.id} ({link.name}) exists", Evidence(GET, "connectionId", there.connection_id))


@check(
    LISTENER,
    title="The integration's target and port are a listener of the load balancer",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A port without a listener refuses every connection: 500, or 504 after a timeout.",
    fix=Fix(
        "Correct the port in the integration's uri (or the listener ARN), or add the listener.",
        cli=UPDATE + "op=replace,path=/uri,value=http://NAME:PORT/…",
        terraform="aws_api_gateway_integration.uri / aws_lb_listener.port",
    ),
    source=f"{SETUP}; botocore 1.44.5, elbv2 DescribeListeners",
    needs=(LINK,),
    refutable=True,
)
def leads_to_listener(ctx: Context, path: Path) -> Verdict:
    there = reached(ctx, path.destination, "integration")
    if stop := stopped_by(path, LISTENER):
        return failed(stop.reason, Evidence(GET, "uri", there.uri))
    listener = reached(ctx, path.listener, "listener")
    return passed(f"{there.uri} is the listener on port {listener.port}", Evidence(GET, "uri", there.uri))


@check(
    "integration/type-is-http",
    title="The integration's type is HTTP or HTTP_PROXY",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="A MOCK or Lambda integration answers 200 without the backend: every probe passes, and nothing works.",
    fix=Fix(
        "Set the integration's type to HTTP_PROXY (or HTTP), then deploy.",
        cli="aws apigateway put-integration --type HTTP_PROXY --connection-type VPC_LINK …",
        terraform='aws_api_gateway_integration.type = "HTTP_PROXY"',
    ),
    source="botocore 1.44.5, apigateway IntegrationType",
    needs=(USES,),
)
def type_is_http(_ctx: Context, there: Destination) -> Verdict:
    kind = there.integration.type
    evidence = Evidence(GET, "type", kind)
    if kind in ("HTTP", "HTTP_PROXY"):
        return passed(f"the integration is {kind}", evidence)
    if kind in ("MOCK", "AWS", "AWS_PROXY"):
        return failed(f"the integration is {kind}: no request reaches the VPC link", evidence)
    return unknown(f"the integration has a type that this version does not know: {kind or 'none'}", evidence)


@check(
    "integration/link-version-fits-api",
    title="The VPC link is of the version that the API takes",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="An HTTP API takes V2 links only, a WebSocket API V1 links only; a REST API takes both.",
    fix=Fix("Create a link of the other version and point the connection id at it."),
    source="AWS re:Post, 'Invalid VpcLink ID'; API Gateway developer guide, http-api-vpc-links",
    needs=(LINK,),
    refutable=True,
)
def link_version_fits_api(ctx: Context, path: Path) -> Verdict:
    api, link = reached(ctx, path.api, "API"), reached(ctx, path.link, "VPC link")
    wrong = {"HTTP": 1, "WEBSOCKET": 2}.get(api.protocol)
    evidence = Evidence(GET, "connectionId", link.id)
    if link.version == wrong:
        return failed(
            f"{api.protocol} API {api.id} names V{link.version} link {link.id}, which it cannot use", evidence
        )
    if api.protocol not in ("REST", "HTTP", "WEBSOCKET"):
        return unknown(f"API {api.id} speaks {api.protocol}, which is not known", evidence)
    return passed(f"{api.protocol} API {api.id} can use V{link.version} link {link.id}", evidence)


@check(
    "integration/target-fits-api",
    title="The integration names its target in the way that API and link take",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="A REST API over a V2 link takes the load balancer in integrationTarget; an HTTP API takes a listener's or a "
    "Cloud Map service's ARN as its uri.",
    fix=Fix(
        "Name the load balancer's ARN in integrationTarget (REST), or the listener's ARN as the uri (HTTP API).",
        cli=UPDATE + "op=replace,path=/integrationTarget,value=LOAD-BALANCER-ARN",
        terraform="aws_api_gateway_integration.integration_target; aws_apigatewayv2_integration.integration_uri",
    ),
    source="API Gateway developer guide, private-integration and http-api-develop-integrations-private",
    needs=(LINK,),
    refutable=True,
)
def target_fits_api(ctx: Context, there: Destination) -> Verdict:
    api, link = reached(ctx, ctx.here.api, "API"), reached(ctx, ctx.here.link, "VPC link")
    uri, target = Evidence(GET, "uri", there.uri), Evidence(GET, "integrationTarget", there.target or "none")
    if api.protocol == "HTTP":
        if LISTENER_ARN.match(there.uri) or CLOUD_MAP_ARN.match(there.uri):
            return passed("the uri is a listener's or a Cloud Map service's ARN", uri)
        return failed(f"the uri {there.uri} is neither a listener's nor a Cloud Map service's ARN", uri)
    if CLOUD_MAP_ARN.match(there.uri) or CLOUD_MAP_ARN.match(there.target):
        return failed(f"{api.protocol} API {api.id} cannot reach a Cloud Map service", uri, target)
    if not there.target and link.version != 1:
        read(there.integration, "target")
    if api.rest and link.version == 2 and not there.target:  # noqa: PLR2004 - the link's version
        return failed(f"REST API {api.id} uses V2 link {link.id} without an integrationTarget", target)
    return passed(f"{there.target or there.uri} is a target that {api.protocol} API {api.id} takes", uri)


@check(
    "integration/timeout-in-bounds",
    title="The integration's timeout is within the bounds of the API",
    severity=Severity.RISK,
    subjects=destination_subjects,
    why="A timeout below the backend's latency answers 504 (REST) or 503 (HTTP API).",
    fix=Fix(
        "Set a timeout above the backend's slowest answer and within the quota.",
        cli=UPDATE + "op=replace,path=/timeoutInMillis,value=29000",
        terraform="aws_api_gateway_integration.timeout_milliseconds",
    ),
    source="botocore 1.44.5, apigateway Integration.timeoutInMillis, apigatewayv2 Integration.TimeoutInMillis",
    needs=(USES,),
)
def timeout_in_bounds(ctx: Context, there: Destination) -> Verdict:
    api, timeout = reached(ctx, ctx.here.api, "API"), there.integration.timeout_ms
    if timeout is None:
        return passed("the integration has the default timeout")
    evidence = Evidence(GET, "timeoutInMillis", str(timeout))
    if timeout < MINIMUM_MS:
        return failed(f"the timeout of {timeout} ms is below the least that is allowed, {MINIMUM_MS} ms", evidence)
    if not api.rest and timeout > HTTP_MS:
        return failed(f"the timeout of {timeout} ms is above the {HTTP_MS} ms of an HTTP API", evidence)
    if api.rest and timeout > REST_MS and "EDGE" in api.endpoint_types:
        return failed(f"the timeout of {timeout} ms is above the {REST_MS} ms of an edge-optimized API", evidence)
    if timeout < SHORT_MS:
        return noted(f"the timeout is only {timeout} ms: a slower answer becomes an error", evidence)
    return passed(f"the timeout is {timeout} ms", evidence)


@check(
    "integration/proxy-path-mapped",
    title="Every parameter in the uri is filled from the request",
    severity=Severity.BLOCKER,
    subjects=route_subjects,
    why="A {proxy} in the uri that no request parameter fills reaches the backend empty or as it is written.",
    fix=Fix(
        "Map the parameter in the integration's request parameters, then deploy.",
        cli=UPDATE + "op=add,path=/requestParameters/integration.request.path.proxy,value=method.request.path.proxy",
        terraform='request_parameters = { "integration.request.path.proxy" = "method.request.path.proxy" }',
    ),
    source="API Gateway developer guide, api-gateway-set-up-simple-proxy; the answer without it is unconfirmed",
    needs=(USES,),
)
def proxy_path_mapped(ctx: Context, route: Route) -> Verdict:
    there = _rest_integration(ctx, route)
    used = PARAMETER.findall(there.uri)
    if not used:
        raise NotApplicable(f"the uri of {route.title} has no parameter")
    missing = [name for name in used if f"integration.request.path.{name}" not in there.request_parameters]
    evidence = Evidence(GET, "requestParameters", ", ".join(sorted(there.request_parameters)) or "none")
    if missing:
        return noted(f"the uri of {route.title} uses {{{missing[0]}}}, which no request parameter fills", evidence)
    return passed(f"every parameter in the uri of {route.title} is filled", evidence)


def _rest_integration(ctx: Context, route: Route) -> Integration:
    if not reached(ctx, ctx.here.api, "API").rest:
        raise NotApplicable("an HTTP API passes the path through")
    return reached(ctx, route.integration, "integration")


@check(
    "integration/sub-path-passes",
    title="A route with a path parameter hands that part of the path on",
    severity=Severity.RISK,
    subjects=route_subjects,
    why="A greedy route with a constant uri answers every path below it with the same page of the backend.",
    fix=Fix(
        "Put the parameter into the uri (…/{proxy}) and map it, then deploy.",
        cli=UPDATE + "op=replace,path=/uri,value=http://NAME:PORT/{proxy}",
        terraform='aws_api_gateway_integration.uri = "http://…/{proxy}"',
    ),
    source="API Gateway developer guide, api-gateway-set-up-simple-proxy",
    needs=(USES,),
)
def sub_path_passes(ctx: Context, route: Route) -> Verdict:
    there = _rest_integration(ctx, route)
    asked = PARAMETER.findall(route.path)
    if not asked:
        raise NotApplicable(f"{route.title} has no path parameter")
    evidence = Evidence(GET, "uri", there.uri)
    lost = [name for name in asked if name not in PARAMETER.findall(there.uri)]
    mapped = any(
        "method.request.path." in value and not name.startswith("integration.request.path.")
        for name, value in there.request_parameters.items()
    )
    if not lost:
        return passed(f"the uri of {route.title} hands on {{{asked[-1]}}}", evidence)
    text = f"{route.title} drops {{{lost[-1]}}}: the uri is {there.uri}"
    over_v1 = ctx.here.link is None or ctx.here.link.version == 1
    if over_v1 and "+}" in route.path and not mapped:
        return failed(text, evidence)
    return noted(f"{text}; it may be handed on in another way", evidence)


@check(
    "integration/method-passes",
    title="A route for ANY method hands the method on",
    severity=Severity.RISK,
    subjects=route_subjects,
    why="A fixed integration method turns every POST into a GET.",
    fix=Fix(
        "Set the integration's method to ANY, then deploy.",
        cli=UPDATE + "op=replace,path=/httpMethod,value=ANY",
        terraform='aws_api_gateway_integration.integration_http_method = "ANY"',
    ),
    source="botocore 1.44.5, apigateway Integration.httpMethod; the effect is unconfirmed",
    needs=(USES,),
)
def method_passes(ctx: Context, route: Route) -> Verdict:
    there = reached(ctx, route.integration, "integration")
    if route.method != "ANY":
        raise NotApplicable(f"{route.title} is for one method")
    evidence = Evidence(GET, "httpMethod", there.method or "none")
    if there.method and there.method != "ANY":
        return noted(f"{route.title} reaches the backend as {there.method} whatever the caller's method is", evidence)
    return passed(f"{route.title} hands the method on", evidence)


@check(
    "integration/path-without-stage-name",
    title="The backend gets the path without the stage's name",
    severity=Severity.RISK,
    subjects=destination_subjects,
    why="Over a V2 link the stage's name is part of the path at the backend unless a mapping takes it off.",
    fix=Fix(
        "Overwrite the path with $request.path, or use the $default stage.",
        cli="aws apigatewayv2 update-integration --api-id ID --integration-id ID "
        "--request-parameters overwrite:path='$request.path'",
        terraform='aws_apigatewayv2_integration.request_parameters = { "overwrite:path" = "$request.path" }',
    ),
    source="API Gateway developer guide, http-api-develop-integrations-private; a backend may want the prefix",
    needs=(LINK,),
)
def path_without_stage_name(ctx: Context, there: Destination) -> Verdict:
    api, link = reached(ctx, ctx.here.api, "API"), reached(ctx, ctx.here.link, "VPC link")
    stage = reached(ctx, ctx.here.stage, "stage")
    if link.version == 1:
        raise NotApplicable("over a V1 link the backend gets exactly the uri's path")
    given = there.integration.request_parameters
    evidence = Evidence("apigatewayv2:GetIntegration", "RequestParameters", ", ".join(sorted(given)) or "none")
    if stage.name == "$default":
        return passed("the $default stage adds nothing to the path", evidence)
    if "overwrite:path" in given or any(name.startswith("integration.request.path.") for name in given):
        return passed("the integration sets the path itself", evidence)
    what = "HTTP" if api.protocol == "HTTP" else "REST"
    return noted(f"the {what} integration may hand /{stage.name}/… to the backend; a probe decides", evidence)
