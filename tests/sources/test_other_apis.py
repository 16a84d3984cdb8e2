"""APIs and stages that no configured domain leads to (exp-other-api-same-link), from the first call to the verdict."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.checks.packets import findings
from tests.sources.demo_facts import SETTINGS, Response, answer, answers, changed, found, refused
from tests.sources.demo_facts import demo as recorded
from vpclink_checks.report import Finding
from vpclink_checks.sources.calls import action_of, wanted
from vpclink_checks.sources.facts import Answer, Call, Facts

AUTH = "exposure/no-unauthenticated-way-round"
OURS, OTHER, HTTP, SOCKET = "a1b2c3d4e5", "b4ckd00r01", "h77p000001", "w5s0cket01"
LINK, SECOND = "vl1a2b3", "v2l1nk"
HOST = "orders-0123456789abcdef.elb.eu-west-2.amazonaws.com"
NLB = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/orders/0123456789abcdef"
ELSEWHERE = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/else/9999999999999999"
INTEGRATION = "x-amazon-apigateway-integration"
Said = dict[str, Response | str]  # call ("apigateway:GetStages OURS") to its answer, or to the code of its refusal


def _asks(response: Response) -> None:
    for resource in response["items"]:
        for method in resource.get("resourceMethods", {}).values():
            method["authorizationType"] = "AWS_IAM"


def _export_asks(response: Response) -> None:
    body = json.loads(response["body"]) if isinstance(response["body"], str) else copy.deepcopy(response["body"])
    scheme = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
    body["components"] = {"securitySchemes": {"sigv4": scheme}}
    body["security"] = [{"sigv4": []}]
    response["body"] = json.dumps(body)


def asking() -> list[Answer]:
    """The demo, its own private routes all asking for IAM."""
    return changed(("apigateway:GetResources", _asks), ("apigateway:GetExport", _export_asks), about=OURS)


def exported(connection: str, uri: str, auth: bool = False) -> Response:
    """One route, GET /back, over a VPC link."""
    one = {"type": "http_proxy", "httpMethod": "GET", "connectionType": "VPC_LINK", "connectionId": connection}
    operation: dict[str, Any] = {INTEGRATION: {**one, "uri": uri}}
    response = {"body": json.dumps({"openapi": "3.0.1", "paths": {"/back": {"get": operation}}})}
    if auth:
        _export_asks(response)
    return response


def edited(connection: str, uri: str, auth: str = "NONE") -> Response:
    integration = {"type": "HTTP_PROXY", "connectionType": "VPC_LINK", "connectionId": connection, "uri": uri}
    method = {"httpMethod": "GET", "authorizationType": auth, "methodIntegration": integration}
    return {"items": [{"id": "b", "path": "/back", "resourceMethods": {"GET": method}}]}


NOTHING: Said = {
    "apigateway:GetRestApis": {"items": [{"id": OURS, "name": "orders"}]},
    "apigatewayv2:GetApis": {"Items": []},
    f"apigateway:GetStages {OURS}": {"item": [{"stageName": "prod"}]},
    "apigateway:GetStages f6g7h8i9j0": {"item": [{"stageName": "prod"}]},
}


def other_api(connection: str = LINK, uri: str = f"http://{HOST}:10000/", auth: bool = False, **stage: Any) -> Said:
    """Another REST API, its only stage named live."""
    return {
        **NOTHING,
        "apigateway:GetRestApis": {"items": [{"id": OURS, "name": "orders"}, {"id": OTHER, "name": "backdoor"}]},
        f"apigateway:GetStages {OTHER}": {"item": [{"stageName": "live", **stage}]},
        f"apigateway:GetResources {OTHER}": edited(connection, uri, "AWS_IAM" if auth else "NONE"),
        f"apigateway:GetExport {OTHER}": exported(connection, uri, auth),
    }


def other_stage() -> Said:
    """A stage of our own API, deployed before its routes asked; its variables name our link."""
    variables = {"vpcLinkId": LINK, "backend": HOST}
    old = exported("${stageVariables.vpcLinkId}", "http://${stageVariables.backend}:10000/")
    return {
        **NOTHING,
        f"apigateway:GetStages {OURS}": {"item": [{"stageName": "prod"}, {"stageName": "old", "variables": variables}]},
        f"apigateway:GetExport {OURS}": old,
    }


def http_api(protocol: str = "HTTP", auth: bool = False) -> Said:
    """An HTTP or WebSocket API over a link of version 2, to our listener."""
    (listener,) = (
        one["ListenerArn"]
        for held in answers()
        if held.call.name == "elbv2:DescribeListeners"
        for one in (held.response or {})["Listeners"]
        if one["Port"] == 10000
    )
    api = HTTP if protocol == "HTTP" else SOCKET
    key = "GET /back" if protocol == "HTTP" else "$default"
    integration = {
        "IntegrationId": "i1",
        "IntegrationType": "HTTP_PROXY",
        "ConnectionType": "VPC_LINK",
        "ConnectionId": SECOND,
        "IntegrationUri": listener,
    }
    kind = "AWS_IAM" if auth else "NONE"
    route = {"RouteId": "r", "RouteKey": key, "Target": "integrations/i1", "AuthorizationType": kind}
    return {
        **NOTHING,
        "apigatewayv2:GetApis": {"Items": [{"ApiId": api, "Name": "backdoor", "ProtocolType": protocol}]},
        f"apigatewayv2:GetStages {api}": {"Items": [{"StageName": "live"}]},
        f"apigatewayv2:GetRoutes {api}": {"Items": [route]},
        f"apigatewayv2:GetIntegrations {api}": {"Items": [integration]},
        f"apigatewayv2:ExportApi {api}": exported(SECOND, listener, auth),
        f"apigatewayv2:GetVpcLink {SECOND}": {"VpcLinkId": SECOND, "Name": "second", "VpcLinkStatus": "AVAILABLE"},
    }


def collected(base: list[Answer], said: Said) -> Facts:
    """The collector's loop; a call that nothing is said about is not found."""
    facts, rounds = Facts(base), 0
    while calls := wanted(facts, SETTINGS):
        rounds += 1
        assert rounds < 15
        for call in calls:
            facts.add(_answer(call, said))
    return facts


def _answer(call: Call, said: Said) -> Answer:
    ids = [str(value) for value in call.params.values() if isinstance(value, str)]
    keys = [call.name, *(f"{call.name} {one}" for one in ids)]
    one = next((said[key] for key in keys if key in said), "NotFoundException")
    return answer(call.name, dict(call.params), one) if isinstance(one, dict) else refused(call, one)


def judged(said: Said) -> Finding:
    """What is said of the target group of the first path."""
    return _judged(list(collected(asking(), said)))


def _judged(facts: list[Answer]) -> Finding:
    topology = found(facts)
    paths = [one.id for one in topology.paths if one.listener and one.listener.port == 10000]
    return next(one for one in findings(topology) if one.check == AUTH and one.path == paths[0])


def test_where_no_route_asks_nothing_more_is_wanted() -> None:
    assert wanted(recorded().facts, SETTINGS) == []


def test_one_route_that_asks_opens_the_sweep() -> None:
    asked = [(call.name, dict(call.params)) for call in wanted(Facts(asking()), SETTINGS)]
    assert asked == [
        ("apigateway:GetRestApis", {}),
        ("apigateway:GetStages", {"restApiId": OURS}),
        ("apigateway:GetStages", {"restApiId": "f6g7h8i9j0"}),
        ("apigatewayv2:GetApis", {}),
    ]


def test_an_api_that_was_found_is_read_and_leads_to_no_path() -> None:
    facts = collected(asking(), other_api(connection="0ther1"))
    new = {call.call.name: dict(call.call.params) for call in facts if OTHER in str(call.call.params)}
    assert set(new) == {f"apigateway:{one}" for one in ("GetStages", "GetResources", "GetExport")}
    assert new["apigateway:GetResources"]["embed"] == ["methods"]
    before, after = found(asking()), found(facts)
    assert [one.id for one in after.paths] == [one.id for one in before.paths]
    assert (after.apis, after.stages, after.served_routes) == (before.apis, before.stages, before.served_routes)
    assert (after.links, after.neighbours) == (before.links, before.neighbours)


def test_where_all_was_read_and_all_ask_it_passes_and_names_no_api_as_not_judged() -> None:
    one = judged(NOTHING)
    assert one.outcome.value == "pass"
    assert "configured domain" not in one.message


WAYS = {
    "another API": (other_api(), "GET /back of backdoor, stage live"),
    "another stage": (other_stage(), "GET /back of orders, stage old"),
    "an HTTP API": (http_api(), "GET /back of backdoor, stage live"),
    "a stage variable": (
        other_api("${stageVariables.link}", variables={"link": LINK}),
        "GET /back of backdoor, stage live",
    ),
    "a canary": (
        other_api(
            "${stageVariables.link}",
            variables={"link": "none0"},
            canarySettings={"percentTraffic": 1.0, "stageVariableOverrides": {"link": LINK}},
        ),
        "GET /back of backdoor, stage live",
    ),
    "another link to our balancer": (
        {**other_api("second1"), "apigateway:GetVpcLink second1": {"id": "second1", "targetArns": [NLB]}},
        "GET /back of backdoor, stage live",
    ),
}


@pytest.mark.parametrize(("said", "named"), WAYS.values(), ids=WAYS)
def test_an_unauthenticated_way_round_fails_and_is_named(said: Said, named: str) -> None:
    one = judged(said)
    assert one.outcome.value == "fail"
    assert named in one.message


def elsewhere() -> Said:
    """Another API whose link leads to a balancer of its own, and to nothing of ours."""
    return {**other_api("far1"), "apigateway:GetVpcLink far1": {"id": "far1", "targetArns": [ELSEWHERE]}}


HARMLESS: dict[str, Said] = {
    "it asks too": other_api(auth=True),
    "another port": other_api(uri=f"http://{HOST}:9999/"),
    "a link that does not exist": other_api("gone1"),
    "a balancer that does not exist": elsewhere(),
    "never deployed": {**other_api(), f"apigateway:GetStages {OTHER}": {"item": []}},
    "edited, not deployed": {**other_api(), f"apigateway:GetExport {OTHER}": {"body": '{"paths": {}}'}},
}


@pytest.mark.parametrize("said", HARMLESS.values(), ids=HARMLESS)
def test_what_does_not_lead_here_unasked_is_no_way_round(said: Said) -> None:
    assert judged(said).outcome.value == "pass"


def beside(target: str) -> tuple[list[Answer], Said]:
    """Another API's link leads to a balancer of its own, and that to this target at port 10000."""
    group = ELSEWHERE.replace("loadbalancer/net", "targetgroup")
    base = changed(
        ("apigateway:GetResources", _asks),
        ("apigateway:GetExport", _export_asks),
        about=OURS,
    )
    balancer = {"LoadBalancerArn": ELSEWHERE, "LoadBalancerName": "else", "Scheme": "internal", "Type": "network"}
    groups = {"TargetGroupArn": group, "TargetGroupName": "else", "LoadBalancerArns": [ELSEWHERE], "Port": 10000}
    more = {
        "elbv2:DescribeLoadBalancers": ("LoadBalancers", {**balancer, "VpcId": "vpc-0123456789abcdef0"}),
        "elbv2:DescribeTargetGroups": ("TargetGroups", {**groups, "TargetType": "instance", "Protocol": "TCP"}),
    }
    for one in base:
        if one.call.name in more and one.response is not None:
            key, row = more[one.call.name]
            one.response[key].append(row)
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    listener = {"ListenerArn": f"{ELSEWHERE}/1".replace("loadbalancer", "listener"), "LoadBalancerArn": ELSEWHERE}
    health = [{"Target": {"Id": target, "Port": 10000}, "TargetHealth": {"State": "healthy"}}]
    return base, {
        **elsewhere(),
        f"elbv2:DescribeListeners {ELSEWHERE}": {
            "Listeners": [{**listener, "Port": 10000, "Protocol": "TCP", "DefaultActions": actions}]
        },
        f"elbv2:DescribeRules {listener['ListenerArn']}": {"Rules": []},
        f"elbv2:DescribeTargetHealth {group}": {"TargetHealthDescriptions": health},
        "ec2:DescribeInstances": {"Reservations": []},
    }


@pytest.mark.parametrize(("target", "outcome"), [("i-0aaaaaaaaaaaaaaa1", "fail"), ("i-0ccccccccccccccc3", "pass")])
def test_another_balancer_is_a_way_round_where_it_shares_a_target(target: str, outcome: str) -> None:
    base, said = beside(target)
    facts = collected(base, said)
    assert _judged(list(facts)).outcome.value == outcome
    assert {one.call.service for one in facts if "else" in str(one.call.params)} == {"elbv2"}


@pytest.mark.parametrize("name", ["elbv2:DescribeListeners", "elbv2:DescribeRules", "elbv2:DescribeTargetHealth"])
def test_another_balancer_that_was_not_read_is_never_a_pass(name: str) -> None:
    base, said = beside("i-0ccccccccccccccc3")
    (key,) = (one for one in said if one.startswith(name))
    one = _judged(list(collected(base, {**said, key: "AccessDenied"})))
    assert one.outcome.value == "unknown"
    assert name in one.message


DENIED = [
    ("apigateway:GetRestApis", NOTHING),
    ("apigatewayv2:GetApis", NOTHING),
    (f"apigateway:GetStages {OURS}", NOTHING),
    (f"apigateway:GetStages {OTHER}", other_api(auth=True)),
    (f"apigateway:GetResources {OTHER}", other_api(auth=True)),
    (f"apigateway:GetExport {OTHER}", other_api(auth=True)),
    ("apigateway:GetVpcLink far1", elsewhere()),
    (f"apigatewayv2:GetRoutes {HTTP}", http_api(auth=True)),
    (f"apigatewayv2:GetIntegrations {HTTP}", http_api(auth=True)),
    (f"apigatewayv2:ExportApi {HTTP}", http_api(auth=True)),
]


@pytest.mark.parametrize(("key", "said"), DENIED, ids=[key for key, _ in DENIED])
def test_a_call_that_was_denied_is_unknown_by_name(key: str, said: Said) -> None:
    one = judged({**said, key: "AccessDeniedException"})
    assert one.outcome.value == "unknown"
    assert f"{key.partition(' ')[0]} gave no answer (AccessDeniedException" in one.message


@pytest.mark.parametrize(("key", "said"), DENIED, ids=[key for key, _ in DENIED])
def test_a_call_that_was_not_recorded_is_unknown_by_name_and_action(key: str, said: Said) -> None:
    name, _, about = key.partition(" ")
    facts = [one for one in collected(asking(), said) if one.call.name != name or about not in str(one.call.params)]
    one = _judged(facts)
    assert one.outcome.value == "unknown"
    service, _, operation = name.partition(":")
    assert f"{name} gave no answer (NotRecorded" in one.message
    assert f"takes the IAM action {action_of(Call(service, operation))}" in one.message


def test_a_websocket_api_without_export_is_never_a_pass() -> None:
    one = judged(http_api("WEBSOCKET"))
    assert one.outcome.value == "unknown"
    assert "apigatewayv2:ExportApi" in one.message


def test_a_websocket_api_asks_when_a_client_connects() -> None:
    said = http_api("WEBSOCKET")
    routes = said[f"apigatewayv2:GetRoutes {SOCKET}"]
    assert isinstance(routes, dict)
    connect = {"RouteId": "c", "RouteKey": "$connect", "AuthorizationType": "AWS_IAM"}
    said[f"apigatewayv2:GetRoutes {SOCKET}"] = {"Items": [*routes["Items"], connect]}
    topology = found(collected(asking(), said))
    assert [one.routes[0].authorization for one in topology.ways] == ["AWS_IAM"]


def test_a_websocket_api_that_is_not_private_is_no_way_round() -> None:
    said = http_api("WEBSOCKET")
    said[f"apigatewayv2:GetIntegrations {SOCKET}"] = {"Items": [{"IntegrationId": "i1", "IntegrationType": "MOCK"}]}
    assert judged(said).outcome.value == "pass"
