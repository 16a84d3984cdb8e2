"""The table of calls: what it asks for, in what batches, and that it agrees with botocore."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape
from hypothesis import given
from hypothesis import strategies as st

from tests.older import LACKED, PAGELESS
from tests.sources.demo_facts import SETTINGS, answers, demo, refused
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ALLOWED, BUDGET_OF, LIMITS, TABLE, action_of, wanted
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.rows import Batch, Row
from vpclink_checks.sources.table.survey import SURVEY

SESSION = botocore.session.Session()
Responder = Callable[[Call], Answer]


def collected(settings: EnvSettings, respond: Responder) -> tuple[Facts, int]:
    """The collector's loop without AWS; and how many rounds it took."""
    facts, rounds = Facts(), 0
    while calls := wanted(facts, settings):
        rounds += 1
        assert rounds < 30, "the facts never stop leading somewhere new"
        for call in calls:
            assert facts.get(call) is None
            facts.add(respond(call))
    return facts, rounds


def demo_says(call: Call) -> Answer:
    found = demo().facts.get(call)
    return found if found is not None else refused(call, "NotFoundException")


def test_from_the_domain_alone_exactly_the_demo_is_asked_for() -> None:
    facts, rounds = collected(SETTINGS, demo_says)
    assert {one.call.key for one in facts} == {one.call.key for one in demo().facts}
    assert rounds <= 9


def test_nothing_is_asked_twice_and_the_order_is_always_the_same() -> None:
    held = answers()[::2]
    first = wanted(Facts(held), SETTINGS)
    again = wanted(Facts(reversed(held)), SETTINGS)
    assert first == again
    assert len({one.key for one in first}) == len(first) > 0


KNOWN = [row for row in TABLE if row.name not in LACKED]


def test_only_an_older_botocore_lacks_an_operation_of_the_table() -> None:
    """What 1.44 ships knows all of them, and their pages."""
    assert {"ec2:SearchTransitGatewayRoutes"} >= PAGELESS
    if tuple(map(int, botocore.__version__.split(".")[:2])) >= (1, 44):
        assert not LACKED | PAGELESS


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_every_row_is_an_operation_that_only_reads(row: Row) -> None:
    model = SESSION.get_service_model(row.service).operation_model(row.operation)
    assert row.operation.startswith(("Get", "List", "Describe", "Export", "Search"))
    assert model.http["method"] in ("GET", "POST")
    assert BUDGET_OF.get(row.service, row.service) in LIMITS


# What botocore's paginators do not know, or leave to the caller.
UNPAGED_IN_BOTOCORE = {
    "apigateway:GetDomainNameAccessAssociations",
    "apigatewayv2:ListRoutingRules",
    "apigatewayv2:GetApiMappings",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "cloudfront:ListVpcOrigins",
    "cloudfront:ListDistributionsByVpcOriginId",
}


PAGED = [row for row in KNOWN if row.paging and row.name not in PAGELESS]


@pytest.mark.parametrize("row", PAGED, ids=lambda row: row.name)
def test_pages_are_asked_for_as_botocore_does(row: Row) -> None:
    assert row.paging is not None
    shape = SESSION.get_service_model(row.service).operation_model(row.operation)
    assert shape.input_shape is not None
    assert shape.output_shape is not None
    inputs, outputs = shape.input_shape.members, shape.output_shape.members
    assert {*row.paging.token_in, *filter(None, [row.paging.size_key])} <= set(inputs)
    if row.paging.inside:
        inside = outputs[row.paging.inside]
        assert isinstance(inside, StructureShape)
        outputs = inside.members
    assert {row.paging.items, *row.paging.token_out, *filter(None, [row.paging.more])} <= set(outputs)
    _fits(inputs.get(row.paging.size_key), row.paging.size)
    if row.name in UNPAGED_IN_BOTOCORE:
        return
    known = SESSION.get_paginator_model(row.service).get_paginator(row.operation)
    assert _listed(known["input_token"]) == list(row.paging.token_in)
    assert _listed(known["output_token"]) == list(row.paging.token_out)
    assert row.paging.items in _listed(known["result_key"])
    assert row.paging.size_key in ("", known["limit_key"])
    assert row.paging.more == known.get("more_results", "")


def _fits(shape: Any, size: int | str) -> None:
    if shape is None:
        return
    assert isinstance(size, str) == (shape.type_name == "string")
    assert int(size) <= shape.metadata.get("max", int(size))


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("row", [row for row in KNOWN if not row.paging], ids=lambda row: row.name)
def test_what_botocore_pages_is_paged_here(row: Row) -> None:
    single = {"ec2:DescribeLaunchTemplateVersions": "the versions are named: EC2 gives all of them at once"}
    model = SESSION.get_service_model(row.service).operation_model(row.operation)
    assert model.output_shape is not None
    tokens = {"NextToken", "nextToken", "NextMarker", "position"} & set(model.output_shape.members)
    assert not tokens or row.name in single


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("elbv2", "DescribeListeners", "elasticloadbalancing:DescribeListeners"),
        ("apigateway", "GetExport", "apigateway:GET"),
        ("apigatewayv2", "GetApiMappings", "apigateway:GET"),
        ("apigatewayv2", "ListRoutingRules", "apigateway:ListRoutingRules"),
        ("ec2", "DescribeVpcs", "ec2:DescribeVpcs"),
        ("ecs", "DescribeTasks", "ecs:DescribeTasks"),
        ("nobody", "KnowsThis", "nobody:KnowsThis"),
    ],
)
def test_the_iam_action_of_a_call(service: str, operation: str, action: str) -> None:
    assert action_of(Call(service, operation)) == action


def test_the_guard_allows_the_table_and_nothing_else() -> None:
    assert len(TABLE) == len({row.name for row in TABLE})
    assert {":".join(one) for one in ALLOWED} == {row.name for row in (*SURVEY, *TABLE)}


def _answer(name: str, params: dict[str, Any], response: dict[str, Any]) -> Answer:
    service, _, operation = name.partition(":")
    return Answer(Call(service, operation, params), response)


def _facts(*more: Answer, without: tuple[str, ...] = ()) -> Facts:
    return Facts([*(one for one in answers() if one.call.name not in without), *more])


def _asked(facts: Facts, name: str, settings: EnvSettings = SETTINGS) -> list[dict[str, Any]]:
    return [dict(call.params) for call in wanted(facts, settings) if call.name == name]


GROUP = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:targetgroup/orders-api/1111111111111111"


def _targets(count: int) -> Answer:
    ids = [f"i-{number:017x}" for number in range(count)]
    health = [{"Target": {"Id": one, "Port": 10000}, "TargetHealth": {"State": "healthy"}} for one in ids]
    return _answer("elbv2:DescribeTargetHealth", {"TargetGroupArn": GROUP}, {"TargetHealthDescriptions": health})


def test_450_instances_are_three_calls_and_those_known_already_are_not_asked_again() -> None:
    asked = _asked(_facts(_targets(450)), "ec2:DescribeInstances")
    batches = [params["Filters"][0]["Values"] for params in asked]
    assert [len(one) for one in batches] == [200, 200, 50]
    assert len({one for batch in batches for one in batch}) == 450
    answered = [_answer("ec2:DescribeInstances", params, {"Reservations": []}) for params in asked]
    assert _asked(_facts(_targets(450), *answered), "ec2:DescribeInstances") == []
    assert [
        len(one["Filters"][0]["Values"]) for one in _asked(_facts(_targets(451), *answered), "ec2:DescribeInstances")
    ] == [1]


def test_a_batch_that_was_refused_is_not_asked_again() -> None:
    (params,) = _asked(_facts(_targets(3)), "ec2:DescribeInstances")
    refusal = refused(Call("ec2", "DescribeInstances", params))
    assert _asked(_facts(_targets(3), refusal), "ec2:DescribeInstances") == []


def test_25_services_are_three_calls_of_at_most_ten() -> None:
    cluster = "arn:aws:ecs:eu-west-2:123456789012:cluster/orders-cluster"
    arns = [f"arn:aws:ecs:eu-west-2:123456789012:service/orders-cluster/s{number:02}" for number in range(25)]
    facts = _facts(
        _answer("ecs:ListServices", {"cluster": cluster}, {"serviceArns": arns}), without=("ecs:DescribeServices",)
    )
    assert [len(params["services"]) for params in _asked(facts, "ecs:DescribeServices")] == [10, 10, 5]


def test_an_answer_to_everything_answers_for_each() -> None:
    everything = next(one for one in answers() if one.call.name == "ec2:DescribeSecurityGroups")
    unfiltered = Answer(Call("ec2", "DescribeSecurityGroups", {}), everything.response)
    assert _asked(_facts(unfiltered, without=("ec2:DescribeSecurityGroups",)), "ec2:DescribeSecurityGroups") == []


@given(
    st.lists(st.integers(0, 60), max_size=80),
    st.lists(st.lists(st.integers(0, 60), max_size=20), max_size=4),
    st.integers(1, 9),
)
def test_batches_hold_each_open_thing_once(wanted_ids: list[int], asked: list[list[int]], size: int) -> None:
    batch = Batch(key="things", size=size)
    row = Row(
        service="ec2",
        operation="DescribeThings",
        hop="network",
        wants=lambda _: [{"place": "here", "things": [str(one)]} for one in wanted_ids],
        batch=batch,
        because="a test",
    )
    earlier = [_answer(row.name, {"place": "here", "things": [str(one) for one in some]}, {}) for some in asked if some]
    elsewhere = _answer(row.name, {"place": "there", "things": [str(one) for one in wanted_ids]}, {})
    facts = Facts([*earlier, elsewhere])
    from vpclink_checks.sources.leads import Leads  # noqa: PLC0415

    batches = [call.params["things"] for call in row.calls(Leads(facts, SETTINGS), facts)]
    assert sorted(one for things in batches for one in things) == sorted(
        {str(one) for one in wanted_ids} - {str(one) for some in asked for one in some}
    )
    assert all(0 < len(things) <= size for things in batches)


def _not_found(name: str, **params: str) -> Answer:
    service, _, operation = name.partition(":")
    return refused(Call(service, operation, params), "NotFoundException")


def test_a_link_that_version_1_does_not_know_is_asked_of_version_2() -> None:
    facts = _facts(_not_found("apigateway:GetVpcLink", vpcLinkId="vl1a2b3"))
    assert _asked(facts, "apigatewayv2:GetVpcLink") == [{"VpcLinkId": "vl1a2b3"}]


def test_a_link_that_was_refused_is_not_taken_for_one_of_version_2() -> None:
    denied = refused(Call("apigateway", "GetVpcLink", {"vpcLinkId": "vl1a2b3"}), "AccessDeniedException")
    assert _asked(_facts(denied), "apigatewayv2:GetVpcLink") == []


def test_links_of_the_settings_are_asked_for_too() -> None:
    settings = replace(SETTINGS, domains=(), vpc_links=("zz9",))
    asked = {call.name: call.params for call in wanted(Facts(), settings)}
    assert asked["apigateway:GetVpcLink"] == {"vpcLinkId": "zz9"}
    assert "route53:ListHostedZones" not in asked


def test_an_http_api_is_asked_of_version_2() -> None:
    facts = _facts(_not_found("apigateway:GetRestApi", restApiId="a1b2c3d4e5"))
    assert _asked(facts, "apigatewayv2:GetApi") == [{"ApiId": "a1b2c3d4e5"}]
    facts.add(_answer("apigatewayv2:GetApi", {"ApiId": "a1b2c3d4e5"}, {"ApiId": "a1b2c3d4e5", "ProtocolType": "HTTP"}))
    names = {call.name for call in wanted(facts, SETTINGS) if call.params.get("ApiId") == "a1b2c3d4e5"}
    assert names == {
        f"apigatewayv2:{one}" for one in ("GetStage", "GetDeployments", "GetRoutes", "GetIntegrations", "ExportApi")
    }


def test_a_websocket_api_is_not_exported() -> None:
    facts = _facts(_not_found("apigateway:GetRestApi", restApiId="a1b2c3d4e5"))
    facts.add(_answer("apigatewayv2:GetApi", {"ApiId": "a1b2c3d4e5"}, {"ProtocolType": "WEBSOCKET"}))
    assert _asked(facts, "apigatewayv2:ExportApi") == []


def test_an_http_api_leads_to_its_link_and_by_its_listener_to_the_balancer() -> None:
    facts = _facts(_not_found("apigateway:GetRestApi", restApiId="f6g7h8i9j0"))
    facts.add(_answer("apigatewayv2:GetApi", {"ApiId": "f6g7h8i9j0"}, {"ProtocolType": "HTTP"}))
    listener = (
        "arn:aws:elasticloadbalancing:eu-west-2:123456789012:listener/app/inner/50dc6c495c0c9188/f2f7dc8efc522ab2"
    )
    one = {"ConnectionType": "VPC_LINK", "ConnectionId": "v2link", "IntegrationUri": listener}
    facts.add(_answer("apigatewayv2:GetIntegrations", {"ApiId": "f6g7h8i9j0"}, {"Items": [one]}))
    asked = [(call.name, dict(call.params)) for call in wanted(facts, SETTINGS)]
    assert ("apigatewayv2:GetVpcLink", {"VpcLinkId": "v2link"}) in asked
    balancer = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/app/inner/50dc6c495c0c9188"
    assert ("elbv2:DescribeListeners", {"LoadBalancerArn": balancer}) in asked
    assert "apigateway:GetVpcLink" not in {name for name, _ in asked}


def test_a_mapping_without_a_stage_leads_to_every_stage() -> None:
    mapping = {"items": [{"basePath": "orders", "restApiId": "a1b2c3d4e5", "stage": "(none)"}]}
    facts = _facts(
        _answer("apigateway:GetBasePathMappings", {"domainName": "api.example.com"}, mapping),
        without=("apigatewayv2:GetApiMappings",),
    )
    assert _asked(facts, "apigateway:GetStages") == [{"restApiId": "a1b2c3d4e5"}]
    stages = {"item": [{"stageName": "prod"}, {"stageName": "dev"}]}
    facts.add(_answer("apigateway:GetStages", {"restApiId": "a1b2c3d4e5"}, stages))
    assert _asked(facts, "apigateway:GetStage") == [{"restApiId": "a1b2c3d4e5", "stageName": "dev"}]


def test_a_canary_s_stage_variables_lead_to_its_link_too() -> None:
    stage = next(
        one for one in answers() if one.call.name == "apigateway:GetStage" and "a1b2c3d4e5" in str(one.call.params)
    )
    response = copy.deepcopy(dict(stage.response or {}))
    response["canarySettings"] = {"percentTraffic": 5.0, "stageVariableOverrides": {"vpcLinkId": "canary1"}}
    facts = _facts(Answer(stage.call, response))
    assert _asked(facts, "apigateway:GetVpcLink") == [{"vpcLinkId": "canary1"}]


def test_zones_elsewhere_are_not_asked_for() -> None:
    names = {call.name for call in wanted(Facts(), replace(SETTINGS, dns_external=True))}
    assert not any(name.startswith("route53:") for name in names)


def _zone(id_: str, name: str) -> dict[str, str]:
    return {"Id": f"/hostedzone/{id_}", "Name": name}


def test_only_zones_above_the_name_are_read_and_a_wildcard_only_where_the_name_is_not_there() -> None:
    zones = [
        _zone("Z1", "example.com."),
        _zone("Z2", "api.example.com."),
        _zone("Z3", "ample.com."),
        _zone("Z4", "other.org."),
    ]
    facts = Facts([_answer("route53:ListHostedZones", {}, {"HostedZones": zones})])
    asked = _asked(facts, "route53:ListResourceRecordSets")
    assert asked == [{"HostedZoneId": one, "StartRecordName": "api.example.com"} for one in ("Z1", "Z2")]
    facts.add(_answer("route53:ListResourceRecordSets", asked[0], {"ResourceRecordSets": [{"Name": "b.example.com."}]}))
    facts.add(
        _answer("route53:ListResourceRecordSets", asked[1], {"ResourceRecordSets": [{"Name": "api.example.com."}]})
    )
    assert _asked(facts, "route53:ListResourceRecordSets") == [
        {"HostedZoneId": "Z1", "StartRecordName": "*.example.com"}
    ]


def test_a_name_that_a_record_hands_on_to_is_looked_up_as_well() -> None:
    facts = Facts([_answer("route53:ListHostedZones", {}, {"HostedZones": [_zone("Z1", "example.com.")]})])
    asked = {"HostedZoneId": "Z1", "StartRecordName": "api.example.com"}
    record = {"Name": "api.example.com.", "Type": "CNAME", "ResourceRecords": [{"Value": "Edge.example.com"}]}
    facts.add(_answer("route53:ListResourceRecordSets", asked, {"ResourceRecordSets": [record]}))
    assert _asked(facts, "route53:ListResourceRecordSets") == [
        {"HostedZoneId": "Z1", "StartRecordName": "edge.example.com"}
    ]


def test_a_referenced_group_is_read_and_one_of_another_vpc_is_looked_up_on_interfaces() -> None:
    groups = next(one for one in answers() if one.call.name == "ec2:DescribeSecurityGroups")
    response = copy.deepcopy(dict(groups.response or {}))
    response["SecurityGroups"][0]["IpPermissions"] = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-far"}]}]
    facts = _facts(Answer(groups.call, response))
    (asked,) = _asked(facts, "ec2:DescribeSecurityGroups")
    assert asked == {"Filters": [{"Name": "group-id", "Values": ["sg-far"]}]}
    facts.add(
        _answer("ec2:DescribeSecurityGroups", asked, {"SecurityGroups": [{"GroupId": "sg-far", "VpcId": "vpc-far"}]})
    )
    assert _asked(facts, "ec2:DescribeNetworkInterfaces") == [asked]


def _door(arn: str, group: str, target: str) -> list[Answer]:
    """An internet-facing balancer beside the path, its group, and what is registered there."""
    balancers = next(one for one in answers() if one.call.name == "elbv2:DescribeLoadBalancers")
    groups = next(one for one in answers() if one.call.name == "elbv2:DescribeTargetGroups")
    more = {"LoadBalancerArn": arn, "Scheme": "internet-facing", "Type": "network", "VpcId": "vpc-0123456789abcdef0"}
    behind = {"TargetGroupArn": group, "LoadBalancerArns": [arn], "TargetType": "instance"}
    health = {"TargetHealthDescriptions": [{"Target": {"Id": target, "Port": 80}}]}
    assert balancers.response is not None
    assert groups.response is not None
    return [
        Answer(balancers.call, {"LoadBalancers": [*balancers.response["LoadBalancers"], more]}),
        Answer(groups.call, {"TargetGroups": [*groups.response["TargetGroups"], behind]}),
        _answer("elbv2:DescribeTargetHealth", {"TargetGroupArn": group}, health),
    ]


@pytest.mark.parametrize(
    ("target", "followed"), [("i-0aaaaaaaaaaaaaaa1", True), ("10.0.1.20", True), ("i-0someoneelse", False)]
)
def test_an_internet_facing_balancer_is_followed_if_it_shares_a_target(target: str, followed: bool) -> None:
    arn = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/net/door/5555555555555555"
    facts = _facts(*_door(arn, "arn:…:targetgroup/door/1", target))
    assert (_asked(facts, "elbv2:DescribeListeners") == [{"LoadBalancerArn": arn}]) is followed


def test_where_no_service_registers_all_tasks_of_the_hosting_cluster_are_read() -> None:
    """Any of them may be behind the targets: one list of the cluster instead of one a service."""
    services = next(one for one in answers() if one.call.name == "ecs:DescribeServices")
    tasks = next(one for one in answers() if one.call.name == "ecs:ListTasks")
    cluster = {"cluster": tasks.call.params["cluster"]}
    response = copy.deepcopy(dict(services.response or {}))
    response["services"][0]["loadBalancers"] = []
    changed = {
        services.call.key: Answer(services.call, response),
        Call("ecs", "ListTasks", cluster).key: Answer(Call("ecs", "ListTasks", cluster), tasks.response),
    }
    facts, _ = collected(SETTINGS, lambda call: changed.get(call.key) or demo_says(call))
    asked, listed = {one.call.key for one in facts}, {one.call.key for one in demo().facts}
    assert asked - listed == {Call("ecs", "ListTasks", cluster).key}
    assert listed - asked == {tasks.call.key}


def test_a_launch_template_is_read_at_the_version_in_use() -> None:
    groups = next(one for one in answers() if one.call.name == "autoscaling:DescribeAutoScalingGroups")
    response = copy.deepcopy(dict(groups.response or {}))
    del response["AutoScalingGroups"][0]["LaunchConfigurationName"]
    specification = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "hosts", "Version": "7"}
    response["AutoScalingGroups"][0]["MixedInstancesPolicy"] = {
        "LaunchTemplate": {"LaunchTemplateSpecification": specification}
    }
    asked = _asked(_facts(Answer(groups.call, response)), "ec2:DescribeLaunchTemplateVersions")
    assert asked == [{"LaunchTemplateId": "lt-1", "Versions": ["7"]}]


def test_a_domain_that_leads_nowhere_private_costs_no_sweep_of_the_account() -> None:
    facts, _ = collected(
        SETTINGS, lambda call: refused(call, "NotFoundException") if call.service != "sts" else demo_says(call)
    )
    assert {one.call.service for one in facts} == {"sts", "apigateway", "apigatewayv2", "route53"}


JUNK = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[1]]),
    st.just({"a": 1}),
)


@given(st.integers(0, len(answers()) - 1), st.randoms(use_true_random=False), JUNK)
def test_a_misshapen_snapshot_leads_nowhere_but_never_crashes(which: int, chance: Any, junk: Any) -> None:
    held = answers()
    response = json.loads(json.dumps(held[which].response))
    _spoil(response, chance, junk)
    held[which] = Answer(held[which].call, response)
    wanted(Facts(held), SETTINGS)


def _spoil(node: Any, chance: Any, junk: Any) -> None:
    """Put junk in one random place."""
    keys = list(node) if isinstance(node, dict) else range(len(node))
    if not keys:
        return
    key = chance.choice(list(keys))
    if isinstance(node[key], dict | list) and node[key] and chance.random() < 0.75:
        _spoil(node[key], chance, junk)
    else:
        node[key] = junk
