"""The other ways a path may go: HTTP APIs, version 2 links, rules, canaries, weights, addresses of tasks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import (
    API_ID,
    CLUSTER,
    DOMAIN,
    HELLO_ID,
    HOST_A,
    LINK_ID,
    LISTENER_API,
    NLB_ARN,
    NLB_DNS,
    ORDERS_SERVICE,
    PATH_API,
    PATH_STATUS,
    ROUTES,
    SERVICE,
    STAGE,
    TG_API,
    TG_STATUS,
)
from tests.sources.demo_facts import SETTINGS, answer, answers, changed, found, refuse, without
from vpclink_checks.model.path import Path
from vpclink_checks.settings import BackendSettings
from vpclink_checks.sources.facts import Answer

Response = dict[str, Any]
HTTP_ID = "http123456"
V2_LINK = "vl2abc"


def ids(facts: list[Answer]) -> list[str]:
    return [path.id for path in found(facts).paths]


def both(edit: Callable[[Response], None]) -> list[tuple[str, Callable[[Response], None]]]:
    """The edit on the edited methods' integrations, and on the exported ones."""

    def edited(response: Response) -> None:
        for resource in response["items"]:
            for method in resource["resourceMethods"].values():
                edit(method["methodIntegration"])

    def exported(response: Response) -> None:
        document = json.loads(response["body"])
        for item in document["paths"].values():
            for operation in item.values():
                edit(operation["x-amazon-apigateway-integration"])
        response["body"] = json.dumps(document)

    return [("apigateway:GetResources", edited), ("apigateway:GetExport", exported)]


# --- the front ---


def to_rules(mode: str, rules: list[Response]) -> list[Answer]:
    return changed(
        ("apigateway:GetDomainName", lambda response: response.update(routingMode=mode)),
        ("apigatewayv2:ListRoutingRules", lambda response: response.update(RoutingRules=rules)),
    )


def rule(priority: int, api_id: str, *bases: str) -> Response:
    conditions = [{"MatchBasePaths": {"AnyOf": list(bases)}}] if bases else []
    action = {"InvokeApi": {"ApiId": api_id, "Stage": "prod", "StripBasePath": True}}
    return {"RoutingRuleId": f"r{priority}", "Priority": priority, "Conditions": conditions, "Actions": [action]}


def test_rules_are_live_in_their_mode_only() -> None:
    rules = [rule(10, API_ID, "shop")]
    assert ids(to_rules("BASE_PATH_MAPPING_ONLY", rules)) == [PATH_API.id, PATH_STATUS.id]
    by_rule = [
        f"{DOMAIN}/shop (rule 10)|orders:{port}" for port in ("10000|orders/api:8080", "10001|orders/status:7777")
    ]
    assert ids(to_rules("ROUTING_RULE_ONLY", rules)) == by_rule
    assert ids(to_rules("ROUTING_RULE_THEN_BASE_PATH_MAPPING", rules)) == [*by_rule, PATH_API.id, PATH_STATUS.id]


def test_nothing_behind_a_rule_that_catches_everything_is_live() -> None:
    topology = found(to_rules("ROUTING_RULE_THEN_BASE_PATH_MAPPING", [rule(20, API_ID, "shop"), rule(10, HELLO_ID)]))
    (path,) = topology.paths
    assert path.stop is not None
    assert path.stop.check == "domain/mapping-leads-to-vpc-link"
    assert [one.api_id for one in topology.neighbours] == [HELLO_ID]


def test_unread_rules_leave_the_mappings_in_sight_and_say_that_more_may_be_there() -> None:
    facts = changed(
        ("apigateway:GetDomainName", lambda raw: raw.update(routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING"))
    )
    topology = found(refuse(facts, "apigatewayv2:ListRoutingRules"))
    assert [path.stop.hop if path.stop else "" for path in topology.paths] == ["domain", "", ""]


def test_version_1_mappings_alone_are_followed_and_may_not_be_all() -> None:
    topology = found(refuse(answers(), "apigatewayv2:GetApiMappings"))
    assert [path.id for path in topology.paths] == [PATH_API.id, PATH_STATUS.id, DOMAIN]
    assert topology.paths[2].stop is not None
    assert topology.paths[2].stop.gap is not None
    assert DOMAIN in topology.mappings.gaps


def test_a_mapping_without_a_stage_leads_to_every_stage() -> None:
    def open_stage(response: Response) -> None:
        response["Items"][1]["Stage"] = ""

    def rest(response: Response) -> None:
        response["items"][1]["stage"] = "(none)"

    staged = next(one for one in answers() if one.call.name == "apigateway:GetStage" and API_ID in str(one.call.params))
    export = next(
        one for one in answers() if one.call.name == "apigateway:GetExport" and API_ID in str(one.call.params)
    )
    assert staged.response is not None
    assert export.response is not None
    test_stage = {**staged.response, "stageName": "test"}
    facts = [
        *changed(("apigatewayv2:GetApiMappings", open_stage), ("apigateway:GetBasePathMappings", rest)),
        answer("apigateway:GetStages", {"restApiId": API_ID}, {"item": [dict(staged.response), test_stage]}),
        answer(export.call.name, {**export.call.params, "stageName": "test"}, dict(export.response)),
    ]
    assert ids(facts) == [f"{path.id}|{stage}" for stage in ("prod", "test") for path in (PATH_API, PATH_STATUS)]


def test_a_wildcard_record_answers_where_the_name_has_none() -> None:
    def wildcard(response: Response) -> None:
        for one in response["ResourceRecordSets"]:
            one["Name"] = "\\052.example.com."

    facts = changed(("route53:ListResourceRecordSets", wildcard))
    assert DOMAIN in found(facts).records.gaps, "the listing from the name on cannot show a wildcard before it"
    asked = next(one for one in facts if one.call.name == "route53:ListResourceRecordSets")
    params = {**asked.call.params, "StartRecordName": "*.example.com"}
    (record,) = found([*facts, Answer(replace(asked.call, params=params), asked.response)]).records.need(DOMAIN)
    assert record.name == "*.example.com"


def test_records_that_are_handed_on_are_followed_in_our_zones() -> None:
    zone = {"HostedZoneId": "Z0123456789EXAMPLE", "StartRecordName": "edge.example.com"}

    def cname(response: Response) -> None:
        for one in response["ResourceRecordSets"]:
            if one["Name"] == f"{DOMAIN}.":
                one.pop("AliasTarget")
                one.update(Type="CNAME", TTL=60, ResourceRecords=[{"Value": "edge.example.com."}])

    facts = changed(("route53:ListResourceRecordSets", cname))
    last = {"Name": "edge.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": f"{DOMAIN}."}]}
    topology = found([*facts, answer("route53:ListResourceRecordSets", zone, {"ResourceRecordSets": [last]})])
    assert set(topology.records.rows) == {DOMAIN, "edge.example.com"}


def test_with_the_zone_elsewhere_there_is_nothing_to_read() -> None:
    topology = found(without(answers(), "route53:ListHostedZones"), replace(SETTINGS, dns_external=True))
    assert topology.hosted_zones.gap is not None
    assert topology.hosted_zones.gap.code == "NotRead"


# --- what a stage serves ---


def test_a_route_that_was_never_deployed_stays_in_sight() -> None:
    def undeployed(response: Response) -> None:
        document = json.loads(response["body"])
        document["paths"].pop("/status", None)
        response["body"] = json.dumps(document)

    topology = found(changed(("apigateway:GetExport", undeployed), about=API_ID))
    assert topology.paths == (PATH_API, PATH_STATUS)
    assert [route.path for route in topology.served_routes.need(STAGE.key)] == ["/", "/{proxy+}"]


def test_what_is_served_wins_over_what_is_edited() -> None:
    def moved(response: Response) -> None:
        for resource in response["items"]:
            for method in resource["resourceMethods"].values():
                method["methodIntegration"]["uri"] = "http://${stageVariables.backend}:10009/"

    topology = found(changed(("apigateway:GetResources", moved), about=API_ID))
    assert [path.id for path in topology.paths] == [PATH_API.id, PATH_STATUS.id]


def test_an_export_without_connection_ids_borrows_them_only_to_find_the_way() -> None:
    def bare(response: Response) -> None:
        document = json.loads(response["body"])
        for item in document["paths"].values():
            for operation in item.values():
                operation["x-amazon-apigateway-integration"].pop("connectionId", None)
        response["body"] = json.dumps(document)

    topology = found(changed(("apigateway:GetExport", bare)))
    assert [path.id for path in topology.paths] == [PATH_API.id, PATH_STATUS.id]
    for route in topology.served_routes.need(STAGE.key):
        assert route.integration is not None
        assert route.integration.connection_id == ""


def test_an_export_without_connection_ids_and_another_uri_is_unknown() -> None:
    def bare(response: Response) -> None:
        document = json.loads(response["body"])
        for item in document["paths"].values():
            for operation in item.values():
                operation["x-amazon-apigateway-integration"].pop("connectionId", None)
                operation["x-amazon-apigateway-integration"]["uri"] += "v2"
        response["body"] = json.dumps(document)

    topology = found(changed(("apigateway:GetExport", bare), about=API_ID))
    gaps = [path.stop.gap for path in topology.paths if path.stop]
    assert [gap.operation for gap in gaps if gap] == ["apigateway:GetExport"] * len(topology.paths)


@pytest.mark.parametrize("body", ["", "no json", "[]", json.dumps({"paths": {"/": {"get": {"responses": {}}}}})])
def test_an_export_that_shows_no_integrations_is_a_gap(body: str) -> None:
    topology = found(changed(("apigateway:GetExport", lambda response: response.update(body=body)), about=API_ID))
    assert STAGE.key in topology.served_routes.gaps
    assert topology.paths == (PATH_API, PATH_STATUS)


def test_resources_read_without_their_methods_are_a_gap() -> None:
    def verbs(response: Response) -> None:
        for resource in response["items"]:
            resource["resourceMethods"] = {verb: {} for verb in resource["resourceMethods"]}

    assert API_ID in found(changed(("apigateway:GetResources", verbs), about=API_ID)).edited_routes.gaps


def test_routes_that_go_elsewhere_stay_as_neighbours() -> None:
    def mock(response: Response) -> None:
        status = next(one for one in response["items"] if one["path"] == "/status")
        status["resourceMethods"]["GET"]["methodIntegration"] = {"type": "MOCK"}

    def exported(response: Response) -> None:
        document = json.loads(response["body"])
        document["paths"]["/status"]["get"]["x-amazon-apigateway-integration"] = {"type": "mock"}
        response["body"] = json.dumps(document)

    topology = found(changed(("apigateway:GetResources", mock), ("apigateway:GetExport", exported), about=API_ID))
    assert topology.paths == (PATH_API,)
    near = next(one for one in topology.neighbours if one.base_path == "orders")
    assert [route.title for route in near.routes] == ["GET /status"]


def public(*paths: str, **more: object) -> list[Answer]:
    """The routes of these paths without their VPC link, edited and served."""

    def change(integration: Response) -> None:
        integration.pop("connectionType", None)
        integration.pop("connectionId", None)
        integration.update(more)

    def edited(response: Response) -> None:
        for one in response["items"]:
            for method in one["resourceMethods"].values() if one["path"] in paths else ():
                change(method["methodIntegration"])

    def exported(response: Response) -> None:
        document = json.loads(response["body"])
        for path in paths:
            for operation in document["paths"].get(path, {}).values():
                change(operation["x-amazon-apigateway-integration"])
        response["body"] = json.dumps(document)

    return changed(("apigateway:GetResources", edited), ("apigateway:GetExport", exported), about="a1b2c3d4e5")


def test_the_worse_of_two_states_of_a_domain_counts() -> None:
    def pending(response: Response) -> None:
        response["DomainNameConfigurations"][0]["DomainNameStatus"] = "PENDING_OWNERSHIP_VERIFICATION"

    topology = found(changed(("apigatewayv2:GetDomainName", pending)))
    assert topology.domains.rows[DOMAIN].status == "PENDING_OWNERSHIP_VERIFICATION"


def test_a_route_that_lost_its_link_is_still_a_path() -> None:
    topology = found(public("/status"))
    (astray,) = [path for path in topology.paths if path.stop is not None]
    assert astray.stop is not None
    assert (astray.stop.hop, astray.stop.check, astray.stop.gap) == ("integration", "integration/uses-vpc-link", None)
    assert "INTERNET" in astray.stop.reason
    assert [route.path for route in astray.routes] == ["/status"]
    assert [near.base_path for near in topology.neighbours] == ["hello"]
    assert len(topology.paths) == 2


def test_all_routes_without_a_link_are_paths_too() -> None:
    checks = [path.stop.check for path in found(public("/", "/{proxy+}", "/status")).paths if path.stop]
    assert checks == ["integration/uses-vpc-link"] * 2


def test_a_name_of_an_internal_balancer_that_nobody_listed_is_told_by_its_form() -> None:
    uri = "http://internal-other-0123456789.eu-west-2.elb.amazonaws.com/status"
    stops = [path.stop.check for path in found(public("/status", uri=uri)).paths if path.stop]
    assert stops == ["integration/uses-vpc-link"]


@pytest.mark.parametrize(
    "more",
    [
        {"uri": "https://www.example.com/status"},
        {"uri": "http://public-0123456789.eu-west-2.elb.amazonaws.com/status"},
        {"type": "MOCK", "uri": ""},
    ],
)
def test_a_public_route_beside_private_ones_is_a_neighbour(more: dict[str, object]) -> None:
    topology = found(public("/status", **more))
    assert [path.stop for path in topology.paths] == [None]
    assert {near.base_path for near in topology.neighbours} == {"orders", "hello"}


def test_a_declared_container_that_no_route_leads_to_is_told() -> None:
    declared = replace(SETTINGS, backends=(BackendSettings(base_path="orders", container="status"),))
    assert [path.stop for path in found(answers(), declared).paths] == [None, None]
    (told,) = [path.stop for path in found(public("/status", type="MOCK", uri=""), declared).paths if path.stop]
    assert told.check == "integration/uses-vpc-link"
    assert "container 'status'" in told.reason
    astray = found(public("/status"), declared)  # then the route itself says it
    assert len([path for path in astray.paths if path.stop]) == 1


def test_an_unread_export_leaves_open_whether_a_route_lost_its_link() -> None:
    topology = found(refuse(public("/status"), "apigateway:GetExport"))
    (astray,) = [path for path in topology.paths if [route.path for route in path.routes] == ["/status"]]
    assert astray.stop is not None
    assert astray.stop.gap is not None


def test_a_canary_is_a_path_of_its_own_where_it_leads_elsewhere() -> None:
    def canary(variables: dict[str, str]) -> list[Answer]:
        settings = {"percentTraffic": 10.0, "deploymentId": "dep009", "stageVariableOverrides": variables}
        return changed(("apigateway:GetStage", lambda raw: raw.update(canarySettings=settings)), about=API_ID)

    assert len(found(canary({"colour": "green"})).paths) == 2
    paths = found(canary({"backend": "green.example.com"})).paths
    assert [path.variant for path in paths] == ["", "", "canary", "canary"]
    assert paths[2].id == f"{PATH_API.id}|canary"
    assert paths[2].title == f"{PATH_API.title} (canary)"
    assert paths[2].destination is not None
    assert paths[2].destination.host == "green.example.com"


# --- version 2 links and HTTP APIs ---


def rest_over_v2(target: str) -> list[Answer]:
    def private(integration: Response) -> None:
        if integration.get("connectionType") == "VPC_LINK":
            integration["integrationTarget"] = target

    facts = refuse(changed(*both(private)), "apigateway:GetVpcLink", "NotFoundException")
    link = {
        "VpcLinkId": V2_LINK,
        "Name": "shared",
        "VpcLinkStatus": "AVAILABLE",
        "SecurityGroupIds": [],
        "SubnetIds": [],
    }
    return [*facts, answer("apigatewayv2:GetVpcLink", {"VpcLinkId": LINK_ID}, {**link, "VpcLinkId": LINK_ID})]


def test_a_rest_api_over_a_version_2_link_goes_by_its_target() -> None:
    topology = found(rest_over_v2(NLB_ARN))
    assert [path.id for path in topology.paths] == [PATH_API.id, PATH_STATUS.id]
    assert {path.link.version for path in topology.paths if path.link} == {2}


@pytest.mark.parametrize(
    "target", ["", "orders", "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/x/1"]
)
def test_a_version_2_link_without_a_target_that_exists_leads_nowhere(target: str) -> None:
    for path in found(rest_over_v2(target)).paths:
        assert path.stop is not None
        assert (path.stop.hop, path.stop.check) == ("integration", "integration/leads-to-listener")


def http_api(uri: str, *, export: Response | None = None, **integration: object) -> list[Answer]:
    """The orders mapping, with an HTTP API in the place of the REST API."""

    def remapped(response: Response) -> None:
        response["Items"][1].update(ApiId=HTTP_ID, Stage="$default")

    def v1(response: Response) -> None:
        response["items"][1].update(restApiId=HTTP_ID, stage="$default")

    facts = changed(("apigatewayv2:GetApiMappings", remapped), ("apigateway:GetBasePathMappings", v1))
    made: Response = {"IntegrationId": "int1", "IntegrationType": "HTTP_PROXY", "ConnectionType": "VPC_LINK"}
    made |= {"ConnectionId": V2_LINK, "IntegrationUri": uri, "IntegrationMethod": "ANY", **integration}
    routes = [
        {"RouteId": "rt1", "RouteKey": "ANY /{proxy+}", "Target": "integrations/int1", "AuthorizationType": "JWT"},
        {"RouteId": "rt2", "RouteKey": "$default", "Target": "integrations/int1"},
    ]
    stage = {"StageName": "$default", "AutoDeploy": True, "StageVariables": {}}
    link = {"VpcLinkId": V2_LINK, "Name": "shared", "VpcLinkStatus": "AVAILABLE"}
    unknown = answer("apigateway:GetRestApi", {"restApiId": HTTP_ID}, {})
    more = [
        *refuse([unknown], "apigateway:GetRestApi", "NotFoundException"),
        answer("apigatewayv2:GetApi", {"ApiId": HTTP_ID}, {"ApiId": HTTP_ID, "Name": "shop", "ProtocolType": "HTTP"}),
        answer("apigatewayv2:GetStage", {"ApiId": HTTP_ID, "StageName": "$default"}, stage),
        answer("apigatewayv2:GetRoutes", {"ApiId": HTTP_ID}, {"Items": routes}),
        answer("apigatewayv2:GetIntegrations", {"ApiId": HTTP_ID}, {"Items": [made]}),
        answer("apigatewayv2:GetDeployments", {"ApiId": HTTP_ID}, {"Items": []}),
        answer("apigatewayv2:GetVpcLink", {"VpcLinkId": V2_LINK}, link),
    ]
    exported = {"ApiId": HTTP_ID, "StageName": "$default", "OutputType": "JSON"}
    served = [answer("apigatewayv2:ExportApi", exported, {"body": json.dumps(export)})] if export else []
    return [*facts, *more, *served]


def test_an_http_api_goes_by_its_listeners_arn() -> None:
    topology = found(http_api(LISTENER_API.arn))
    (path,) = topology.paths
    assert path.id == PATH_API.id
    assert [route.title for route in path.routes] == ["ANY /{proxy+}", "$default"]
    assert [route.authorization for route in path.routes] == ["JWT", "NONE"]
    assert f"{HTTP_ID}/$default" in topology.served_routes.gaps


def test_an_http_apis_export_says_what_it_serves() -> None:
    extension: Response = {
        "type": "http_proxy",
        "connectionType": "VPC_LINK",
        "connectionId": V2_LINK,
        "uri": LISTENER_API.arn,
    }
    extension |= {
        "payloadFormatVersion": "1.0",
        "httpMethod": "ANY",
        "tlsConfig": {"serverNameToVerify": "a.example.com"},
    }
    operation = {"x-amazon-apigateway-integration": extension}
    export = {
        "openapi": "3.0.1",
        "paths": {
            "/$default": {"x-amazon-apigateway-any-method": operation},
            "/{proxy+}": {"get": {**operation, "security": [{"tokens": []}]}},
        },
        "components": {
            "securitySchemes": {"tokens": {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt"}}}
        },
    }
    topology = found(http_api(LISTENER_API.arn, export=export))
    routes = topology.served_routes.need(f"{HTTP_ID}/$default")
    assert [(one.method, one.path, one.authorization, one.id) for one in routes] == [
        ("ANY", "$default", "NONE", "rt2"),
        ("GET", "/{proxy+}", "JWT", ""),
    ]
    assert routes[0].integration is not None
    assert routes[0].integration.tls
    assert routes[0].integration.server_name_to_verify == "a.example.com"
    assert len(topology.paths) == 1
    assert len(topology.paths[0].routes) == 3


def test_an_http_api_may_go_on_by_cloud_map_which_was_not_read() -> None:
    arn = "arn:aws:servicediscovery:eu-west-2:123456789012:service/srv-0123456789abcdef"
    (path,) = found(http_api(arn)).paths
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.hop == "vpc-link"


def test_a_listener_that_is_gone() -> None:
    (path,) = found(http_api(LISTENER_API.arn[:-1] + "0")).paths
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check) == ("integration", "integration/leads-to-listener")


# --- listeners ---


def weighted(*groups: tuple[str, int]) -> list[Answer]:
    def edit(response: Response) -> None:
        pairs = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
        response["Listeners"][0]["DefaultActions"] = [{"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}]

    return changed(("elbv2:DescribeListeners", edit))


def test_every_group_with_weight_is_a_path_and_none_without() -> None:
    paths = found(weighted((TG_API, 90), (TG_STATUS, 10))).paths
    on_api = [path for path in paths if path.listener and path.listener.port == 10000]
    assert [(path.weight, path.container_name) for path in on_api] == [(90, "api"), (10, "status")]
    (alone,) = [path for path in found(weighted((TG_API, 5), (TG_STATUS, 0))).paths if path.container_name == "api"]
    assert alone.weight is None


def with_rule(*patterns: str) -> list[Answer]:
    """Listener 10000 answers by itself, and forwards what fits a pattern."""

    def no_default(response: Response) -> None:
        response["Listeners"][0]["DefaultActions"] = [{"Type": "fixed-response"}]

    def ruled(response: Response) -> None:
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}
        forward = {"Type": "forward", "TargetGroupArn": TG_API}
        response["Rules"].insert(
            0, {"RuleArn": "arn:r", "Priority": "5", "Conditions": [condition], "Actions": [forward]}
        )

    facts = changed(("elbv2:DescribeListeners", no_default))
    edited = changed(("elbv2:DescribeRules", ruled), about=LISTENER_API.arn)
    rules = [one for one in edited if one.call.name == "elbv2:DescribeRules"]
    return [*without(facts, "elbv2:DescribeRules"), *rules]


@pytest.mark.parametrize(("patterns", "leads"), [(("/*",), True), (("/orders/*", "/*"), True), (("/",), True)])
def test_rules_that_may_match_are_followed(patterns: tuple[str, ...], leads: bool) -> None:
    path = found(with_rule(*patterns)).paths[0]
    assert (path.stop is None) == leads
    assert path.listener_rule is not None
    assert path.listener_rule.priority == 5


def test_a_rule_for_other_paths_is_none_of_ours() -> None:
    def fixed(integration: Response) -> None:
        integration["uri"] = (
            integration.get("uri", "").replace("/{proxy}", "/orders/{proxy}").replace(":10000/", ":10000/orders/")
        )

    edits = both(fixed)
    moved = {one.call.key: one for one in changed(*edits) if one.call.name in dict(edits)}
    facts = [moved.get(one.call.key, one) for one in with_rule("/invoices/*")]
    path = found(facts).paths[0]
    assert path.stop is not None
    assert path.stop.check == "listener/forwards-to-target-group"


def test_a_rule_without_weight_leads_nowhere() -> None:
    def weightless(response: Response) -> None:
        pair = {"TargetGroupArn": TG_API, "Weight": 0}
        response["Rules"][0]["Actions"] = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [pair]}}]

    facts = with_rule("/*")
    for one in facts:
        if one.call.name == "elbv2:DescribeRules" and LISTENER_API.arn in str(one.call.params):
            assert one.response is not None
            weightless(dict(one.response))
    path = found(facts).paths[0]
    assert path.stop is not None
    assert path.stop.check == "listener/forwards-to-target-group"


def test_unread_rules_may_lead_elsewhere() -> None:
    paths = found(refuse(answers(), "elbv2:DescribeRules")).paths
    assert [path.stop.hop if path.stop else "" for path in paths] == ["listener", "", "listener", ""]


# --- behind the target group ---


def two_services(response: Response) -> None:
    first = response["services"][0]
    response["services"].append({**first, "serviceArn": f"{SERVICE}-blue", "serviceName": "orders-blue"})


def test_every_service_on_a_group_is_a_path() -> None:
    paths = found(changed(("ecs:DescribeServices", two_services))).paths
    assert [path.id.rpartition("|")[2] for path in paths] == [
        "orders/api:8080",
        "orders-blue/api:8080",
        "orders/status:7777",
        "orders-blue/status:7777",
    ]


def test_a_service_may_register_with_its_alternate_group() -> None:
    def alternate(response: Response) -> None:
        entry = response["services"][0]["loadBalancers"][0]
        entry.update(targetGroupArn="arn:other", advancedConfiguration={"alternateTargetGroupArn": TG_API})

    assert ids(changed(("ecs:DescribeServices", alternate))) == [PATH_API.id, PATH_STATUS.id]


def test_a_task_set_says_what_an_external_controller_runs() -> None:
    def external(response: Response) -> None:
        service = response["services"][0]
        moved = {key: service.pop(key) for key in ("loadBalancers", "taskDefinition", "launchType")}
        service.update(deploymentController={"type": "EXTERNAL"}, deployments=[])
        service["taskSets"] = [{**moved, "id": "ecs-svc/1", "status": "PRIMARY", "computedDesiredCount": 2}]

    topology = found(changed(("ecs:DescribeServices", external)))
    assert [path.id for path in topology.paths] == [PATH_API.id, PATH_STATUS.id]
    assert topology.services.need(SERVICE).deployments[0].desired == 2


def test_a_tasks_own_address_finds_its_service() -> None:
    def awsvpc(response: Response) -> None:
        for number, task in enumerate(response["tasks"]):
            details = [{"name": "privateIPv4Address", "value": f"10.0.1.{50 + number}"}]
            task["attachments"] = [{"type": "ElasticNetworkInterface", "details": details}]
            for container in task["containers"]:
                container["networkBindings"] = []

    def by_address(response: Response) -> None:
        response["TargetHealthDescriptions"] = [
            {"Target": {"Id": "10.0.1.50", "Port": 8080}, "TargetHealth": {"State": "healthy"}}
        ]

    def ip(response: Response) -> None:
        response["TargetGroups"][0]["TargetType"] = "ip"

    def unregistered(response: Response) -> None:
        response["services"][0]["loadBalancers"] = []

    facts = changed(
        ("ecs:DescribeTasks", awsvpc), ("elbv2:DescribeTargetGroups", ip), ("ecs:DescribeServices", unregistered)
    )
    registered = changed(("elbv2:DescribeTargetHealth", by_address), about=TG_API)
    health = [one for one in registered if one.call.name == "elbv2:DescribeTargetHealth"]
    topology = found([*without(facts, "elbv2:DescribeTargetHealth"), *health])
    assert topology.paths[0].id == PATH_API.id
    assert topology.paths[0].service is not None
    assert topology.paths[0].service.name == ORDERS_SERVICE.name


def test_targets_that_are_load_balancers_are_not_followed_and_said_so() -> None:
    def alb(response: Response) -> None:
        response["TargetGroups"][0]["TargetType"] = "alb"

    path = found(changed(("elbv2:DescribeTargetGroups", alb))).paths[0]
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.hop == "target-group"


# --- ids that were never asked for ---


def test_a_security_group_that_is_named_and_was_not_asked_for_is_a_gap() -> None:
    def reference(response: Response) -> None:
        pair = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-0elsewhere"}]}
        response["SecurityGroups"][1]["IpPermissions"].append(pair)

    groups = found(changed(("ec2:DescribeSecurityGroups", reference))).security_groups
    assert groups.gaps["sg-0elsewhere"].code == "NotRecorded"
    assert groups.gap is None


def test_a_security_group_that_was_asked_for_and_is_not_there_does_not_exist() -> None:
    def drop(response: Response) -> None:
        response["SecurityGroups"].pop()

    groups = found(changed(("ec2:DescribeSecurityGroups", drop))).security_groups
    assert groups.find("sg-0d2d2d2d2d2d2d2d2") is None


def test_an_instance_that_was_asked_for_and_is_not_there_is_gone() -> None:
    def drop(response: Response) -> None:
        response["Reservations"].pop(0)

    topology = found(changed(("ec2:DescribeInstances", drop)))
    assert topology.instances.find(HOST_A) is None


def test_one_denied_target_group_leaves_the_other_known() -> None:
    denied = [
        refuse([one], one.call.name)[0] if TG_API in str(one.call.params) and "Health" in one.call.name else one
        for one in answers()
    ]
    topology = found(denied)
    assert set(topology.targets.gaps) == {TG_API}
    assert topology.targets.gap is None
    assert TG_STATUS in topology.targets.rows


def test_listed_clusters_that_could_not_be_described_still_show_their_services() -> None:
    topology = found(refuse(answers(), "ecs:DescribeClusters"))
    assert CLUSTER in topology.clusters.gaps
    assert topology.paths == (PATH_API, PATH_STATUS)


def test_paths_are_never_alike() -> None:
    def doubled(response: Response) -> None:
        response["services"] = [*response["services"], {**response["services"][0], "serviceArn": f"{SERVICE}2"}]

    paths: tuple[Path, ...] = found(changed(("ecs:DescribeServices", doubled))).paths
    assert len({path.id for path in paths}) == len(paths) == 4
    assert len({path.title for path in paths}) == 4


def test_a_host_with_brackets_that_do_not_close_is_no_crash() -> None:
    def broken(integration: Response) -> None:
        if integration.get("connectionType") == "VPC_LINK":
            integration["uri"] = "http://[::1:10000/"

    for path in found(changed(*both(broken))).paths:
        assert path.stop is not None
        assert path.stop.check == "integration/leads-to-listener"


def test_the_destination_is_resolved_and_the_route_is_as_written() -> None:
    path = found(answers()).paths[0]
    assert path.destination is not None
    assert path.destination.host == NLB_DNS
    assert path.routes == ROUTES[:2]
