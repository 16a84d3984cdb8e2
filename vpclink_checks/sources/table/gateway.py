"""APIs, stages, routes, integrations and VPC links."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.domain import GATEWAY
from vpclink_checks.sources.table.paging import CLOUD_MAP, http_paging, rest_paging
from vpclink_checks.sources.table.wants import each


def v1_stages(leads: Leads) -> list[Params]:
    """Each stage of a REST API that a mapping leads to."""
    pairs = sorted(leads.front.stages(leads.front.rest_ids))
    return [{"restApiId": api, "stageName": stage} for api, stage in pairs]


def every_http_api(leads: Leads) -> list[Params]:
    """HTTP APIs of the domains; the others of the region too, once a route of ours asks for authorization."""
    return each("ApiId", leads.front.http_ids | leads.others.http_ids)


def rest_stage_lists(leads: Leads) -> list[Params]:
    """REST APIs whose stages callers choose, or all of whose stages may be ways round an authorization."""
    return each("restApiId", leads.front.open_ids(leads.front.rest_ids) | leads.others.swept_rest_ids)


def http_stage_lists(leads: Leads) -> list[Params]:
    """HTTP and WebSocket APIs, likewise."""
    return each("ApiId", leads.front.open_ids(leads.front.http_ids) | leads.others.swept_http_ids)


def once_asking(leads: Leads) -> list[Params]:
    """Once, as soon as a private route of ours asks for authorization."""
    return [{}] if leads.others.asks else []


def exports(leads: Leads) -> list[Params]:
    """What each of those stages and of the others serves; ``get_resources`` says only what is edited."""
    pairs = sorted(leads.front.stages(leads.front.rest_ids) | leads.others.rest_stages)
    stages = [{"restApiId": api, "stageName": stage} for api, stage in pairs]
    how = {"exportType": "oas30", "parameters": {"extensions": "integrations,authorizers"}}
    return [{**params, **how, "accepts": "application/json"} for params in stages]


def resources(leads: Leads) -> list[Params]:
    """Every resource with its methods and integrations: one call, never one a method."""
    return [{"restApiId": api, "embed": ["methods"]} for api in sorted(leads.front.rest_ids | leads.others.rest_ids)]


def v2_stages(leads: Leads) -> list[Params]:
    """Each stage of an HTTP API that a mapping leads to."""
    pairs = sorted(leads.front.stages(leads.front.http_ids))
    return [{"ApiId": api, "StageName": stage} for api, stage in pairs]


def v2_exports(leads: Leads) -> list[Params]:
    """What each of those stages and of the others serves."""
    how = {"OutputType": "JSON", "Specification": "OAS30", "IncludeExtensions": True}
    mapped = {pair for pair in leads.front.stages(leads.front.http_ids) if pair[0] in leads.front.exported_ids}
    return [{"ApiId": api, "StageName": stage, **how} for api, stage in sorted(mapped | leads.others.http_stages)]


_v1 = partial(Row, service="apigateway", action=GATEWAY, resources=arns.REST_APIS)
_v2 = partial(Row, service="apigatewayv2", action=GATEWAY, resources=arns.HTTP_APIS)

ROWS: tuple[Row, ...] = (
    # REST APIs.
    _v1(
        operation="GetRestApi",
        hop="api",
        wants=lambda leads: each("restApiId", leads.front.api_ids),
        because="each API of a mapping or a routing rule",
        members=("RestApi.apiStatus",),
    ),
    # The lists, and all of what no domain leads to, only where a way round an authorization may be found.
    _v1(
        operation="GetRestApis",
        hop="exposure",
        wants=once_asking,
        paging=rest_paging(),
        because="once a private route of ours asks for authorization: other APIs may go round it",
        resources=arns.REST_API_LIST,
    ),
    _v1(
        operation="GetStages",
        hop="api",
        wants=rest_stage_lists,
        because="each REST API that a mapping reaches without a stage, and each that may be a way round",
    ),
    _v1(
        operation="GetStage",
        hop="api",
        wants=v1_stages,
        because="each stage of a mapping or a routing rule",
    ),
    _v1(
        operation="GetDeployments",
        hop="api",
        wants=lambda leads: each("restApiId", leads.front.rest_ids),
        paging=rest_paging(),
        because="each REST API of a mapping",
        closing=True,
    ),
    _v1(
        operation="GetGatewayResponses",
        hop="api",
        wants=lambda leads: each("restApiId", leads.front.rest_ids),
        paging=rest_paging(),
        because="each REST API of a mapping",
        closing=True,
    ),
    _v1(
        operation="GetResources",
        hop="integration",
        wants=resources,
        paging=rest_paging(),
        because="each REST API of a mapping, and each that may be a way round",
        members=("Integration.integrationTarget",),
    ),
    _v1(
        operation="GetExport",
        hop="integration",
        wants=exports,
        because="each stage of those: what it serves, not what is edited",
    ),
    # Only where a stage says that it has a web ACL; HTTP APIs take none.
    Row(
        service="wafv2",
        operation="GetWebACLForResource",
        hop="api",
        wants=lambda leads: each("ResourceArn", leads.front.guarded_stages),
        because="each stage of a mapping that names a web ACL",
        closing=True,
    ),
    # HTTP APIs: asked for where the v1 call says that there is no such REST API.
    _v2(
        operation="GetApi",
        hop="api",
        wants=lambda leads: each("ApiId", leads.front.not_rest_ids),
        because="each API of a mapping that is no REST API",
    ),
    _v2(
        operation="GetApis",
        hop="exposure",
        wants=once_asking,
        paging=http_paging(),
        because="once a private route of ours asks for authorization: other APIs may go round it",
        resources=arns.HTTP_API_LIST,
    ),
    _v2(
        operation="GetStages",
        hop="api",
        wants=http_stage_lists,
        paging=http_paging(),
        because="each HTTP API that a mapping reaches without a stage, and each that may be a way round",
    ),
    _v2(
        operation="GetStage",
        hop="api",
        wants=v2_stages,
        because="each stage of a mapping",
    ),
    _v2(
        operation="GetDeployments",
        hop="api",
        wants=lambda leads: each("ApiId", leads.front.http_ids),
        paging=http_paging(),
        because="each HTTP API of a mapping",
        closing=True,
    ),
    _v2(
        operation="GetRoutes",
        hop="integration",
        wants=every_http_api,
        paging=http_paging(),
        because="each HTTP API of a mapping, and each that may be a way round",
    ),
    _v2(
        operation="GetIntegrations",
        hop="integration",
        wants=every_http_api,
        paging=http_paging(),
        because="each HTTP API of a mapping, and each that may be a way round",
    ),
    _v2(
        operation="ExportApi",
        hop="integration",
        wants=v2_exports,
        because="each stage of those: what it serves, not what is edited",
    ),
    # Only where an integration names one; by its id, for all resources must be of one account.
    Row(
        service="servicediscovery",
        operation="GetService",
        hop="integration",
        wants=lambda leads: each("Id", leads.front.cloud_map_ids),
        because="each Cloud Map service that an integration names",
        resources=arns.CLOUD_MAP_SERVICES,
        closing=True,
    ),
    Row(
        service="servicediscovery",
        operation="ListInstances",
        hop="integration",
        wants=lambda leads: each("ServiceId", leads.front.cloud_map_ids),
        paging=CLOUD_MAP,
        because="each Cloud Map service that an integration names",
        closing=True,
    ),
    # A connection id does not tell a v1 link from a v2 link: v1 is asked first, v2 where v1 knows no such link.
    _v1(
        operation="GetVpcLink",
        hop="vpc-link",
        wants=lambda leads: each("vpcLinkId", leads.front.first_links | leads.others.first_links),
        because="each connection id of a private integration, stage variables filled in, and vpc_links of the config",
        resources=arns.VPC_LINKS,
    ),
    _v2(
        operation="GetVpcLink",
        hop="vpc-link",
        wants=lambda leads: each("VpcLinkId", leads.front.second_links | leads.others.second_links),
        because="each connection id of an HTTP API, and each that is no link of version 1",
        resources=arns.VPC_LINKS,
    ),
)
