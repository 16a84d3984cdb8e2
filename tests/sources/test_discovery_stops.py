"""A path that cannot be followed stops where the reason lies, names the check that says so, and stays in sight."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import API_ID, CLUSTER, LINK_ID, NLB_ARN, PATH_API, PATH_STATUS, SERVICE, TASKDEF, TG_API
from tests.sources.demo_facts import SETTINGS, answer, answers, changed, found, refuse, refused, without
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.path import Path
from vpclink_checks.settings import BackendSettings
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.discovery.gateway import links
from vpclink_checks.sources.discovery.recorded import Recorded
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.redact import clean

Response = dict[str, Any]
ORDERS_BACKEND = replace(SETTINGS, backends=(BackendSettings(base_path="orders"),))
V2_DENIED_API = answer("apigatewayv2:GetApi", {"ApiId": API_ID}, {})


def only(facts: list[Answer], *, domain: str = "api.example.com/orders") -> list[Path]:
    return [path for path in found(facts).paths if path.title.startswith(domain)]


def gone(held: list[Answer], name: str, about: str, code: str = "NotFoundException") -> list[Answer]:
    """The answer about one thing becomes AWS's word that it does not exist."""
    fits = [one for one in held if one.call.name == name and about in json.dumps(one.call.params)]
    (fit,) = fits
    return [*(one for one in held if one is not fit), *refuse([fit], name, code)]


def listener(port: int, edit: Callable[[Response], None]) -> tuple[str, Callable[[Response], None]]:
    def change(response: Response) -> None:
        for one in response["Listeners"]:
            if one["Port"] == port:
                edit(one)

    return "elbv2:DescribeListeners", change


def no_forward(one: Response) -> None:
    one["DefaultActions"] = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]


def zero_weight(one: Response) -> None:
    one["DefaultActions"][0]["ForwardConfig"]["TargetGroups"][0]["Weight"] = 0


def other_port(one: Response) -> None:
    one["Port"] = 10007


def drop_group(response: Response) -> None:
    response["TargetGroups"] = [one for one in response["TargetGroups"] if one["TargetGroupArn"] != TG_API]


def drop_balancers(response: Response) -> None:
    response["LoadBalancers"] = []


def no_variable(name: str) -> tuple[str, Callable[[Response], None]]:
    return "apigateway:GetStage", lambda response: response.get("variables", {}).pop(name, None)


def unmapped(response: Response) -> None:
    response["taskDefinition"]["containerDefinitions"][0]["portMappings"] = []


def other_container(response: Response) -> None:
    response["taskDefinition"]["containerDefinitions"][0]["name"] = "web"


def no_definition() -> list[Answer]:
    return refuse(answers(), "ecs:DescribeTaskDefinition", "ClientException", "Unable to describe task definition.")


def no_api() -> list[Answer]:
    held = gone(answers(), "apigateway:GetRestApi", API_ID)
    return [*held, *refuse([V2_DENIED_API], "apigatewayv2:GetApi", "NotFoundException")]


def no_link() -> list[Answer]:
    held = gone(answers(), "apigateway:GetVpcLink", LINK_ID)
    second = answer("apigatewayv2:GetVpcLink", {"VpcLinkId": LINK_ID}, {})
    return [*held, *refuse([second], "apigatewayv2:GetVpcLink", "NotFoundException")]


def nobody() -> list[Answer]:
    """The service is gone, its tasks with it, and their ports are free again."""

    def free(response: Response) -> None:
        for one in response["containerInstances"]:
            ports = next(resource for resource in one["remainingResources"] if resource["name"] == "PORTS")
            ports["stringSetValue"] = ["22", "2375", "2376", "51678", "51679"]

    def empty(key: str) -> Callable[[Response], None]:
        return lambda response: response.update({key: []})

    return changed(
        ("ecs:ListServices", empty("serviceArns")),
        ("ecs:DescribeServices", empty("services")),
        ("ecs:DescribeTasks", empty("tasks")),
        ("ecs:DescribeContainerInstances", free),
    )


STOPS: dict[str, tuple[Callable[[], list[Answer]], str, str]] = {
    "the API is gone": (no_api, "api", "api/exists"),
    "the stage is gone": (lambda: gone(answers(), "apigateway:GetStage", API_ID), "api", "api/stage-exists"),
    "the link's variable is not defined": (
        lambda: changed(no_variable("vpcLinkId"), about=API_ID),
        "integration",
        "integration/stage-variables-defined",
    ),
    "the host's variable is not defined": (
        lambda: changed(no_variable("backend"), about=API_ID),
        "integration",
        "integration/stage-variables-defined",
    ),
    "the link is gone": (no_link, "integration", "integration/link-exists"),
    "no listener at the port": (
        lambda: changed(listener(10000, other_port)),
        "integration",
        "integration/leads-to-listener",
    ),
    "the link's balancer is gone": (
        lambda: changed(("elbv2:DescribeLoadBalancers", drop_balancers)),
        "vpc-link",
        "vpc-link/target-exists",
    ),
    "the link has no target": (
        lambda: changed(("apigateway:GetVpcLink", lambda response: response.update(targetArns=[]))),
        "vpc-link",
        "vpc-link/target-exists",
    ),
    "a fixed answer": (
        lambda: changed(listener(10000, no_forward)),
        "listener",
        "listener/forwards-to-target-group",
    ),
    "weight 0": (lambda: changed(listener(10000, zero_weight)), "listener", "listener/forwards-to-target-group"),
    "the group is gone": (
        lambda: changed(("elbv2:DescribeTargetGroups", drop_group)),
        "target-group",
        "target-group/exists",
    ),
    "nobody runs behind it": (nobody, "target-group", "service/registers-target-group"),
    "the task definition is gone": (no_definition, "service", "service/task-definition-exists"),
    "the port is not mapped": (
        lambda: changed(("ecs:DescribeTaskDefinition", unmapped)),
        "task-definition",
        "task-definition/container-maps-port",
    ),
    "no such container": (
        lambda: changed(("ecs:DescribeTaskDefinition", other_container)),
        "task-definition",
        "task-definition/container-maps-port",
    ),
}
FIELDS = (
    ("api", "api"),
    ("api", "stage"),
    ("vpc-link", "link"),
    ("load-balancer", "load_balancer"),
    ("listener", "listener"),
    ("target-group", "target_group"),
    ("service", "service"),
    ("task-definition", "task_definition"),
)


@pytest.mark.parametrize("why", STOPS)
def test_a_path_stops_where_the_reason_lies(why: str) -> None:
    build, hop, check = STOPS[why]
    path = only(build())[0]
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check, path.stop.gap) == (hop, check, None)
    assert path.stop.reason
    for place, field in FIELDS:
        if path.stops_before(place):
            assert getattr(path, field) is None, f"{field} lies behind the stop"


def test_a_stop_on_one_listener_leaves_the_other_path_alone() -> None:
    topology = found(changed(listener(10000, other_port)))
    assert PATH_STATUS in topology.paths
    assert [path.stop is None for path in topology.paths] == [False, True]


def test_a_domain_that_is_not_there() -> None:
    held = answers()
    for name, about in (
        ("apigateway:GetDomainName", "api.example.com"),
        ("apigatewayv2:GetDomainName", "api.example.com"),
    ):
        held = gone(held, name, about)
    (path,) = found(held).paths
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.gap.operation == "apigateway:GetDomainNames"  # it may be private: those have ids
    (path,) = found([*held, answer("apigateway:GetDomainNames", {}, {"items": []})]).paths
    assert path.stop is not None
    assert (path.id, path.stop.hop, path.stop.check) == ("api.example.com", "domain", "domain/exists")


def test_a_domain_that_leads_to_no_link() -> None:
    def only_hello(key: str, base: str) -> Callable[[Response], None]:
        return lambda response: response.update({key: [one for one in response[key] if one[base] == "hello"]})

    topology = found(
        changed(
            ("apigateway:GetBasePathMappings", only_hello("items", "basePath")),
            ("apigatewayv2:GetApiMappings", only_hello("Items", "ApiMappingKey")),
        )
    )
    (path,) = topology.paths
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check) == ("domain", "domain/mapping-leads-to-vpc-link")
    assert [one.base_path for one in topology.neighbours] == ["hello"]


def test_a_declared_base_path_that_nothing_maps() -> None:
    settings = replace(SETTINGS, base_paths=("orders", "invoices"))
    topology = found(answers(), settings)
    lost = next(path for path in topology.paths if path.stop)
    assert lost.stop is not None
    assert (lost.id, lost.stop.check) == ("api.example.com/invoices", "domain/mapping-leads-to-vpc-link")
    assert topology.paths[:2] == (PATH_API, PATH_STATUS)


def test_a_declared_base_path_that_leads_elsewhere() -> None:
    topology = found(answers(), replace(SETTINGS, base_paths=("hello",)))
    (path,) = topology.paths
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check) == ("domain", "domain/mapping-leads-to-vpc-link")
    assert sorted(one.base_path for one in topology.neighbours) == ["hello", "orders"]


def _internet(response: Response) -> None:
    for resource in response["items"]:
        for method in resource["resourceMethods"].values():
            method["methodIntegration"].update(connectionType="INTERNET", uri="http://www.example.com")
            method["methodIntegration"].pop("connectionId", None)


def _exported_internet(response: Response) -> None:
    body = response["body"].replace("VPC_LINK", "INTERNET").replace('"connectionId"', '"x-was"')
    response["body"] = body.replace("${stageVariables.backend}", "www.example.com")


def test_a_declared_backend_behind_a_public_integration() -> None:
    facts = changed(("apigateway:GetResources", _internet), ("apigateway:GetExport", _exported_internet), about=API_ID)
    (path,) = found(facts, ORDERS_BACKEND).paths
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check) == ("integration", "integration/uses-vpc-link")
    assert path.id == "api.example.com/orders"
    assert len(path.routes) == 3


def test_a_link_of_the_settings_that_no_domain_leads_to() -> None:
    facts = without(
        answers(), "apigateway:GetDomainName", "apigatewayv2:GetDomainName", "apigateway:GetBasePathMappings"
    )
    settings = replace(SETTINGS, domains=(), vpc_links=(LINK_ID,))
    topology = found(facts, settings)
    assert [path.id for path in topology.paths] == [
        "vpc-link orders|orders:10000|orders/api:8080",
        "vpc-link orders|orders:10001|orders/status:7777",
    ]
    assert all(path.domain is None and path.stop is None for path in topology.paths)


def test_a_link_of_the_settings_on_a_path_is_no_second_path() -> None:
    assert found(answers(), replace(SETTINGS, vpc_links=(LINK_ID,))).paths == (PATH_API, PATH_STATUS)


def test_a_denied_answer_leaves_the_rest_behind_unknown() -> None:
    topology = found(refuse(answers(), "elbv2:DescribeListeners"))
    assert {path.stop.hop for path in topology.paths if path.stop} == {"load-balancer"}
    with pytest.raises(UnknownFact, match="AccessDenied"):
        topology.listeners.find(NLB_ARN)


def test_tasks_tell_who_runs_where_no_service_registers() -> None:
    def unregistered(response: Response) -> None:
        response["services"][0]["loadBalancers"] = []

    facts = changed(("ecs:DescribeServices", unregistered))
    topology = found(facts)
    assert [path.registration for path in topology.paths] == ["manual", "manual"]
    for path, whole in zip(topology.paths, (PATH_API, PATH_STATUS), strict=True):
        assert (path.id, path.container_name, path.stop) == (whole.id, whole.container_name, None)


def test_an_auto_scaling_group_that_registers() -> None:
    def unregistered(response: Response) -> None:
        response["services"][0]["loadBalancers"] = []

    def registering(response: Response) -> None:
        response["AutoScalingGroups"][0]["TargetGroupARNs"] = [TG_API]

    topology = found(
        changed(("ecs:DescribeServices", unregistered), ("autoscaling:DescribeAutoScalingGroups", registering))
    )
    assert [path.registration for path in topology.paths] == ["auto-scaling-group", "manual"]


def test_tasks_of_another_cluster_hide_nothing() -> None:
    other = CLUSTER.replace("orders-cluster", "billing")
    arn = SERVICE.replace("orders-cluster/orders", "billing/invoices")
    elsewhere = [
        answer("ecs:DescribeClusters", {"clusters": [other]}, {"clusters": [{"clusterArn": other}]}),
        answer("ecs:ListServices", {"cluster": other}, {"serviceArns": [arn]}),
        answer(
            "ecs:DescribeServices",
            {"cluster": other, "services": [arn]},
            {"services": [{"serviceArn": arn, "serviceName": "invoices", "clusterArn": other, "status": "ACTIVE"}]},
        ),
        answer("ecs:ListContainerInstances", {"cluster": other}, {"containerInstanceArns": []}),
    ]
    both_listed = [answer("ecs:ListClusters", {}, {"clusterArns": [CLUSTER, other]})]
    topology = found([*without(nobody(), "ecs:ListClusters"), *both_listed, *elsewhere])
    assert arn in topology.tasks.gaps
    stops = [path.stop for path in topology.paths if path.stop]
    assert [stop.check for stop in stops] == ["service/registers-target-group"] * 2


def test_a_port_that_an_unseen_task_holds_is_unknown_and_not_free() -> None:
    def no_tasks(response: Response) -> None:
        response["tasks"] = []

    def unregistered(response: Response) -> None:
        response["services"][0]["loadBalancers"] = []

    topology = found(changed(("ecs:DescribeServices", unregistered), ("ecs:DescribeTasks", no_tasks)))
    gaps = [path.stop.gap for path in topology.paths if path.stop]
    assert [gap.code for gap in gaps if gap] == ["NotRecorded", "NotRecorded"]


def test_plain_instances_have_no_service_and_that_is_no_stop() -> None:
    facts = without(answers(), *(one.call.name for one in answers() if one.call.service == "ecs"))
    empty = [answer("ecs:ListClusters", {}, {"clusterArns": []})]
    topology = found([*facts, *empty])
    assert [(path.service, path.stop, path.registration) for path in topology.paths] == [(None, None, "manual")] * 2
    assert CLUSTER not in topology.clusters.rows
    assert SERVICE not in topology.services.rows
    assert TASKDEF not in topology.task_definitions.rows


def test_what_a_declared_base_path_serves_may_be_unread() -> None:
    """The edited routes lead nowhere private; what is deployed was not read, so nothing is claimed."""
    facts = changed(("apigateway:GetResources", _internet), about=API_ID)
    held = refuse(facts, "apigateway:GetExport")
    for settings in (ORDERS_BACKEND, replace(SETTINGS, base_paths=("orders",)), SETTINGS):
        stops = [path.stop for path in found(held, settings).paths if path.stop]
        assert stops
        assert all(stop.gap is not None for stop in stops)


def test_only_declared_base_paths_are_paths() -> None:
    topology = found(no_api(), replace(SETTINGS, base_paths=("hello",)))
    assert [path.title for path in topology.paths] == ["api.example.com/hello"]
    assert [near.base_path for near in topology.neighbours] == ["hello", "orders"]


def test_a_link_of_the_settings_that_is_not_there() -> None:
    settings = replace(SETTINGS, vpc_links=("vlgone",))
    asked = [answer("apigateway:GetVpcLink", {"vpcLinkId": "vlgone"}, {})]
    second = [answer("apigatewayv2:GetVpcLink", {"VpcLinkId": "vlgone"}, {})]
    refusals = [
        *refuse(asked, "apigateway:GetVpcLink", "NotFoundException"),
        *refuse(second, "apigatewayv2:GetVpcLink", "NotFoundException"),
    ]
    lost = found([*answers(), *refusals], settings).paths[-1]
    assert lost.stop is not None
    assert (lost.id, lost.stop.hop, lost.stop.check) == ("vpc-link vlgone", "vpc-link", "vpc-link/available")
    unread = found(answers(), settings).paths[-1]
    assert unread.stop is not None
    assert unread.stop.gap is not None


def test_a_version_2_link_of_the_settings_does_not_say_where_it_leads() -> None:
    link = {"VpcLinkId": "vl2", "Name": "shared", "VpcLinkStatus": "AVAILABLE"}
    facts = [*answers(), answer("apigatewayv2:GetVpcLink", {"VpcLinkId": "vl2"}, link)]
    first = [answer("apigateway:GetVpcLink", {"vpcLinkId": "vl2"}, {})]
    gone_first = refuse(first, "apigateway:GetVpcLink", "NotFoundException")
    path = found([*facts, *gone_first], replace(SETTINGS, vpc_links=("vl2",))).paths[-1]
    assert path.link is not None
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.gap.code == "NotRead"


def hidden(renamed: dict[str, str]) -> list[Answer]:
    """The demo with stage variables of other names, its facts redacted on their way in, as a source does."""

    def stage(response: Response) -> None:
        for old, new in renamed.items():
            response["variables"][new] = response["variables"].pop(old)

    def written(response: Response) -> None:
        text = json.dumps(response)
        for old, new in renamed.items():
            text = text.replace("stageVariables." + old, "stageVariables." + new)
        response.clear()
        response.update(json.loads(text))

    places = ("apigateway:GetResources", "apigateway:GetExport")
    facts = changed(("apigateway:GetStage", stage), *((place, written) for place in places), about=API_ID)
    return [replace(one, response=clean(one.call, one.response)) if one.response else one for one in facts]


@pytest.mark.parametrize(
    ("renamed", "name"),
    [
        ({"vpcLinkId": "linkToken"}, "linkToken"),
        ({"backend": "secretBackend"}, "secretBackend"),
        ({"vpcLinkId": "linkToken", "backend": "secretBackend"}, "linkToken"),
    ],
)
def test_where_a_hidden_stage_variable_leads_is_not_known(renamed: dict[str, str], name: str) -> None:
    facts = hidden(renamed)
    paths = only(facts)
    assert len(paths) == 2
    for path in paths:
        assert path.stop is not None
        assert (path.stop.hop, path.stop.check) == ("api", "")
        assert path.stop.gap is not None
        assert path.stop.gap.code == "Redacted"
        assert name in str(path.stop.gap)
        assert path.destination is not None
        assert "redacted" not in path.destination.host + path.destination.connection_id
    asked = [one for one in wanted(Facts(facts), SETTINGS) if "redacted" in json.dumps(one.params)]
    assert asked == []


def test_a_hidden_user_of_an_address_hides_no_host() -> None:
    def stage(response: Response) -> None:
        response["variables"]["backend"] = "user:hunter2@" + response["variables"]["backend"]

    facts = changed(("apigateway:GetStage", stage), about=API_ID)
    facts = [replace(one, response=clean(one.call, one.response)) if one.response else one for one in facts]
    assert [path.stop for path in only(facts)] == [None, None]


def test_tasks_of_a_cluster_that_is_gone_between_two_calls_are_not_known() -> None:
    topology = found(refuse(answers(), "ecs:ListTasks", "ClusterNotFoundException"))
    gap = topology.tasks.peek(SERVICE)
    assert isinstance(gap, Gap)
    assert (gap.operation, gap.code) == ("ecs:ListTasks", "ClusterNotFoundException")


def test_a_refused_link_of_version_2_is_told_as_that() -> None:
    asked = Call("apigatewayv2", "GetVpcLink", {"VpcLinkId": "v2link"})
    gap = links(Recorded(Facts([refused(asked, "AccessDeniedException")])), ["v2link"], None).peek("v2link")
    assert isinstance(gap, Gap)
    assert (gap.operation, gap.code) == ("apigatewayv2:GetVpcLink", "AccessDeniedException")
