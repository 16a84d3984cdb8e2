"""Tables of APIs, stages, deployments, routes and links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from vpclink_checks.model.api import Api, Deployment, GatewayResponse, Route, Stage, WebAcl
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.sources import aws_shapes_api as shapes
from vpclink_checks.sources.aws_shapes import Raw, part, text
from vpclink_checks.sources.aws_shapes_export import INTEGRATION, document, exported_routes
from vpclink_checks.sources.discovery.recorded import Recorded, gap_in, table_of
from vpclink_checks.sources.leads.front import stage_arn

Served = tuple[str, str]  # API id, stage name ("" for every stage)


def apis(recorded: Recorded, ids: Iterable[str], gap: Gap | None) -> Table[Api]:
    """An id does not tell which version an API is of: it does not exist where neither version knows it."""
    return table_of(((api_id, _api(recorded, api_id)) for api_id in dict.fromkeys(ids)), gap)


def _api(recorded: Recorded, api_id: str) -> Api | Gap | None:
    rest = recorded.one("apigateway:GetRestApi", {"restApiId": api_id}, lambda raw: text(raw, "id") == api_id)
    if rest is not None and not isinstance(rest, Gap):
        return shapes.api_v1(rest, recorded.lacking("apigateway:GetRestApi"))
    http = recorded.one("apigatewayv2:GetApi", {"ApiId": api_id}, lambda raw: text(raw, "ApiId") == api_id)
    if http is not None and not isinstance(http, Gap):
        return shapes.api_v2(http)
    return rest if isinstance(rest, Gap) else http


def stages(recorded: Recorded, served: Iterable[Served], known: Table[Api]) -> Table[Stage]:
    """The stages that mappings and rules name; all of an API's where one names none."""
    found: dict[str, Stage | Gap | None] = {}
    for api_id, name in served:
        api = known.peek(api_id)
        if isinstance(api, Gap):
            found[f"{api_id}/{name}"] = api
        elif api is not None:
            found |= _every_stage(recorded, api) if not name else {f"{api_id}/{name}": _stage(recorded, api, name)}
    return table_of(found.items(), known.gap)


def _every_stage(recorded: Recorded, api: Api) -> dict[str, Stage | Gap | None]:
    listed = _stage_list(recorded, api)
    if listed is None or isinstance(listed, Gap):
        return {f"{api.id}/": listed}
    return {stage.key: stage for stage in listed}


def _stage_list(recorded: Recorded, api: Api) -> list[Stage] | Gap | None:
    if api.rest:
        found = recorded.listed("apigateway:GetStages", {"restApiId": api.id}, "item")
        return found if not isinstance(found, list) else [shapes.stage_v1(one, api.id) for one in found]
    found = recorded.listed("apigatewayv2:GetStages", {"ApiId": api.id}, "Items")
    return found if not isinstance(found, list) else [shapes.stage_v2(one, api.id) for one in found]


def _stage(recorded: Recorded, api: Api, name: str) -> Stage | Gap | None:
    if api.rest:
        found = recorded.one("apigateway:GetStage", {"restApiId": api.id, "stageName": name})
    else:
        found = recorded.one("apigatewayv2:GetStage", {"ApiId": api.id, "StageName": name})
    if found is not None and not isinstance(found, Gap):
        return shapes.stage_v1(found, api.id) if api.rest else shapes.stage_v2(found, api.id)
    listed = _stage_list(recorded, api)
    if not isinstance(listed, list):
        return found
    return next((stage for stage in listed if stage.name == name), None)


def web_acls(recorded: Recorded, known: Table[Stage]) -> Table[WebAcl]:
    """The web ACL of each stage that names one."""
    named = [stage for stage in known if stage.web_acl_arn]
    return table_of(((stage.key, _web_acl(recorded, stage)) for stage in named), gap_in(known))


def _web_acl(recorded: Recorded, stage: Stage) -> WebAcl | Gap | None:
    name = "wafv2:GetWebACLForResource"
    if ":wafv2:" not in stage.web_acl_arn:
        return recorded.missing(name, "a web ACL of AWS WAF Classic is not read")
    arn = stage_arn(stage.web_acl_arn, stage.api_id, stage.name)
    found = recorded.one(name, {"ResourceArn": arn})
    if found is None or isinstance(found, Gap):
        return found
    held = part(found, "WebACL")
    return shapes.web_acl(held) if held else None


def gateway_responses(recorded: Recorded, known: Table[Api]) -> Table[tuple[GatewayResponse, ...]]:
    """What each REST API answers by itself otherwise than API Gateway does; HTTP APIs cannot."""
    rest = (api.id for api in known if api.rest)
    return table_of(((api_id, _gateway_responses(recorded, api_id)) for api_id in rest), gap_in(known))


def _gateway_responses(recorded: Recorded, api_id: str) -> tuple[GatewayResponse, ...] | Gap | None:
    found = recorded.listed("apigateway:GetGatewayResponses", {"restApiId": api_id}, "items")
    return found if not isinstance(found, list) else shapes.gateway_responses(found)


def deployments(recorded: Recorded, known: Table[Api]) -> Table[tuple[Deployment, ...]]:
    """Every deployment of each API."""
    return table_of(((api.id, _deployments(recorded, api)) for api in known), gap_in(known))


def _deployments(recorded: Recorded, api: Api) -> tuple[Deployment, ...] | Gap | None:
    if api.rest:
        found = recorded.listed("apigateway:GetDeployments", {"restApiId": api.id}, "items")
        return found if not isinstance(found, list) else tuple(shapes.deployment_v1(one, api.id) for one in found)
    found = recorded.listed("apigatewayv2:GetDeployments", {"ApiId": api.id}, "Items")
    return found if not isinstance(found, list) else tuple(shapes.deployment_v2(one, api.id) for one in found)


def edited_routes(recorded: Recorded, known: Table[Api]) -> Table[tuple[Route, ...]]:
    """The routes as they are written now, deployed or not."""
    return table_of(((api.id, _edited(recorded, api)) for api in known), gap_in(known))


def _edited(recorded: Recorded, api: Api) -> tuple[Route, ...] | Gap | None:
    if not api.rest:
        return _edited_http(recorded, api)
    found = recorded.listed("apigateway:GetResources", {"restApiId": api.id}, "items")
    if not isinstance(found, list):
        return found
    methods = [method for one in found for method in part(one, "resourceMethods").values()]
    if methods and not any(methods):  # asked without embed=methods: the verbs alone
        return recorded.missing("apigateway:GetResources", "the methods are not embedded")
    return shapes.rest_routes(found, api.id, recorded.lacking("apigateway:GetResources"))


def _edited_http(recorded: Recorded, api: Api) -> tuple[Route, ...] | Gap | None:
    routes = recorded.listed("apigatewayv2:GetRoutes", {"ApiId": api.id}, "Items")
    integrations = recorded.listed("apigatewayv2:GetIntegrations", {"ApiId": api.id}, "Items")
    if not isinstance(routes, list):
        return routes
    if isinstance(integrations, Gap):
        return integrations
    return shapes.http_routes(routes, integrations or (), api.id)


def served_routes(
    recorded: Recorded, known: Table[Api], known_stages: Table[Stage], edited: Table[tuple[Route, ...]]
) -> Table[tuple[Route, ...]]:
    """The routes that each stage really serves, from its export; ids come from the edited routes of the same name."""
    return table_of(_served(recorded, known, known_stages, edited), gap_in(known_stages))


def _served(
    recorded: Recorded, known: Table[Api], known_stages: Table[Stage], edited: Table[tuple[Route, ...]]
) -> Iterator[tuple[str, tuple[Route, ...] | Gap | None]]:
    for stage in known_stages:
        api = known.rows[stage.api_id]
        found = _export(recorded, api, stage)
        if isinstance(found, Gap):
            yield stage.key, found
        else:
            ids = {(one.method, one.path): one.id for one in edited.rows.get(api.id, ())}
            routes = exported_routes(found, api.id)
            yield stage.key, tuple(replace(one, id=ids.get((one.method, one.path), "")) for one in routes)


def _export(recorded: Recorded, api: Api, stage: Stage) -> Raw | Gap:
    if api.rest:
        name = "apigateway:GetExport"
        found = recorded.held(name, {"restApiId": api.id, "stageName": stage.name})
    else:
        name = "apigatewayv2:ExportApi"
        found = recorded.held(name, {"ApiId": api.id, "StageName": stage.name})
    if isinstance(found, Gap):
        return found
    exported = document(found.get("body"))
    if exported is None:
        return recorded.missing(name, "the export is no JSON document")
    if not _shows_integrations(exported):
        return recorded.missing(name, "the export was made without its integrations")
    return exported


def _shows_integrations(exported: Raw) -> bool:
    operations = [
        operation
        for path in part(exported, "paths")
        for operation in part(part(exported, "paths"), path).values()
        if isinstance(operation, Mapping)
    ]
    return not operations or any(INTEGRATION in one for one in operations)


def links(recorded: Recorded, ids: Iterable[str], gap: Gap | None) -> Table[VpcLink]:
    """An id does not tell which version a link is of: it does not exist where neither version knows it."""
    return table_of(((link_id, _link(recorded, link_id)) for link_id in dict.fromkeys(ids)), gap)


def _link(recorded: Recorded, link_id: str) -> VpcLink | Gap | None:
    first = recorded.one("apigateway:GetVpcLink", {"vpcLinkId": link_id}, lambda raw: text(raw, "id") == link_id)
    if first is not None and not isinstance(first, Gap):
        return shapes.link_v1(first)
    second = recorded.one(
        "apigatewayv2:GetVpcLink", {"VpcLinkId": link_id}, lambda raw: text(raw, "VpcLinkId") == link_id
    )
    if second is not None and not isinstance(second, Gap):
        return shapes.link_v2(second)
    asked_second = not (isinstance(second, Gap) and second.code == "NotRecorded")
    first_counts = isinstance(first, Gap) and not (first.code == "NotRecorded" and asked_second)
    return first if first_counts else second  # an HTTP API's link is never asked for as version 1
