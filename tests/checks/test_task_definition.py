"""The task-definition hop: truth tables for files and live facts, written by hand from contract and semantics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.healthy import (
    CLUSTER,
    CONTAINER_INSTANCES,
    HOST_A,
    ORDERS_SERVICE,
    PATH_API,
    PATH_STATUS,
    SERVICE,
    TASK_DEFINITION,
    TASKS,
    by,
    healthy,
    table,
)
from vpclink_checks.checks import task_definition as hop
from vpclink_checks.checks.catalogue import Check, Context, NotApplicable
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.model.compute import LaunchSettings
from vpclink_checks.model.domain import RoutingRule
from vpclink_checks.model.ecs import ContainerDefinition, Placeholder, PortMapping, Position, TaskDefinition
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import BackendSettings, EnvSettings

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CHECKS = [value for value in vars(hop).values() if isinstance(value, Check)]
P = Placeholder("${PORT}")
Q = Placeholder("${OTHER}")
HERE = Position("td.json", 7, 9)
THERE = Position("td.json", 9, 21)


def mapping(container_port: Any = 8080, host_port: Any = None, **more: Any) -> PortMapping:
    return PortMapping(container_port=container_port, host_port=host_port, position=HERE, **more)


def definition(*mappings: PortMapping, **more: Any) -> TaskDefinition:
    container = ContainerDefinition(name="api", port_mappings=mappings)
    facts: dict[str, Any] = {"network_mode": "bridge", "containers": (container,)}
    return TaskDefinition(arn="td.json", position=Position("td.json", 1, 1), **{**facts, **more})


def in_file(subject: TaskDefinition, **backend: Any) -> list[Finding]:
    """All findings of the hop on a file that holds *subject* and nothing else."""
    path = Path(id="td.json", title="td.json", task_definition=subject)
    topology = Topology(source="static", task_definitions=table(**{"td.json": subject}), paths=(path,))
    return _judged(topology, bare_file=True, backends=[backend])


def live(subject: TaskDefinition | None = None, backend: Any = None, facts: Any = None, **path: Any) -> list[Finding]:
    """All findings on the healthy path to container api, changed as the arguments say."""
    own = replace(subject or TASK_DEFINITION, arn=TASK_DEFINITION.arn)  # what the service and its deployment name
    changed = replace(PATH_API, task_definition=own, **path)
    return _judged(healthy(paths=(changed,), **(facts or {})), bare_file=False, backends=[backend or {}])


def _judged(topology: Topology, *, bare_file: bool, backends: list[Any]) -> list[Finding]:
    settings = EnvSettings(name="x", backends=tuple(BackendSettings(**one) for one in backends if one))
    context = Context(topology=topology, settings=settings, reach=Reach(topology), now=NOW, bare_file=bare_file)
    return list(judge(context, Rules(today=NOW.date()), checks=CHECKS))


def of(name: str, findings: list[Finding]) -> list[str]:
    return [str(one.outcome) for one in findings if one.check == f"task-definition/{name}"]


def one(name: str, findings: list[Finding]) -> Finding:
    (found,) = [each for each in findings if each.check == f"task-definition/{name}"]
    return found


# -- fixed-host-port -----------------------------------------------------------------------------

FIXED = "fixed-host-port"
MODES: dict[str, dict[str, Any]] = {
    "bridge": {"network_mode": "bridge"},
    "absent": {"network_mode": None},
    "windows": {"network_mode": None, "os_family": "WINDOWS_SERVER_2022_CORE"},
    "host": {"network_mode": "host"},
    "awsvpc": {"network_mode": "awsvpc"},
    "none": {"network_mode": "none"},
    "placeholder": {"network_mode": P},
    "not in the file": {"network_mode": None, "network_mode_known": False},
    "new": {"network_mode": "quantum"},
}
# containerPort 8080 and: hostPort 10000 | 8080 | 0 | absent | ${PORT}
FILE_TABLE = {
    "bridge": "pass pass fail fail unknown",
    "absent": "pass pass fail fail unknown",
    "windows": "pass pass fail fail unknown",
    "host": "fail pass pass pass unknown",
    "awsvpc": "fail pass pass pass unknown",
    "none": "fail fail fail fail fail",
    "placeholder": "pass pass unknown unknown unknown",
    "not in the file": "pass pass unknown unknown unknown",
    "new": "pass pass unknown unknown unknown",
}
HOST_PORTS = (10000, 8080, 0, None, P)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("column", range(len(HOST_PORTS)))
def test_fixed_host_port_of_a_file(mode: str, column: int) -> None:
    subject = definition(mapping(8080, HOST_PORTS[column]), **MODES[mode])
    assert of(FIXED, in_file(subject)) == [FILE_TABLE[mode].split()[column]]


@pytest.mark.parametrize(
    ("mode", "ports", "outcome"),
    [
        ("bridge", "8000-8010", "fail"),
        ("awsvpc", "8000-8010", "pass"),
        ("host", "8000-8010", "fail"),
        ("not in the file", "8000-8010", "unknown"),
        ("bridge", P, "unknown"),
        ("awsvpc", P, "unknown"),
    ],
)
def test_a_range_is_dynamic_in_bridge_mode(mode: str, ports: Any, outcome: str) -> None:
    subject = definition(mapping(None, container_port_range=ports), **MODES[mode])
    assert of(FIXED, in_file(subject)) == [outcome]


@pytest.mark.parametrize(
    ("container_port", "host_port", "bridge", "awsvpc"),
    [(P, 10000, "pass", "unknown"), (P, P, "unknown", "pass"), (P, Q, "unknown", "unknown"), (P, None, "fail", "pass")],
)
def test_placeholders(container_port: Any, host_port: Any, bridge: str, awsvpc: str) -> None:
    for mode, outcome in (("bridge", bridge), ("awsvpc", awsvpc)):
        subject = definition(mapping(container_port, host_port), network_mode=mode)
        assert of(FIXED, in_file(subject)) == [outcome]


# who registers the targets: dynamic_ports unset | false | true
LIVE_TABLE = {
    "service": "note fail note",
    "auto-scaling-group": "fail fail fail",
    "manual": "fail fail fail",
    "": "unknown fail unknown",
}


@pytest.mark.parametrize("registration", LIVE_TABLE)
@pytest.mark.parametrize(("column", "allowed"), list(enumerate((None, False, True))))
@pytest.mark.parametrize("host_port", [0, None])
def test_a_dynamic_port_live(registration: str, column: int, allowed: bool | None, host_port: Any) -> None:
    found = live(definition(mapping(8080, host_port)), {"dynamic_ports": allowed}, registration=registration)
    assert of(FIXED, found) == [LIVE_TABLE[registration].split()[column]]


@pytest.mark.parametrize(("allowed", "outcome"), [(None, "fail"), (False, "fail"), (True, "note")])
def test_a_dynamic_port_in_a_file(allowed: bool | None, outcome: str) -> None:
    assert of(FIXED, in_file(definition(mapping(8080, 0)), dynamic_ports=allowed)) == [outcome]


@pytest.mark.parametrize("registration", LIVE_TABLE)
def test_a_fixed_port_live_whoever_registers(registration: str) -> None:
    assert of(FIXED, live(registration=registration)) == ["pass"]


def test_only_the_mapping_that_the_target_group_uses_is_judged_live() -> None:
    api = ContainerDefinition(name="api", port_mappings=(mapping(8080, 10000), mapping(9090, 0)))
    other = ContainerDefinition(name="other", port_mappings=(mapping(8080, 0),))
    subject = definition(containers=(other, api))
    assert one(FIXED, live(subject)).subject_key == "orders/api:8080"
    assert of(FIXED, live(subject)) == ["pass"]
    assert of(FIXED, in_file(subject)) == ["fail", "pass", "fail"]


def test_without_a_service_the_registered_ports_tell_the_mapping() -> None:
    facts: dict[str, Any] = {"service": None, "container_name": "", "container_port": None, "registration": "manual"}
    assert [each.subject_key for each in live(**facts) if each.check.endswith(FIXED)] == ["orders/api:8080"]
    moved = replace(TASK_DEFINITION, containers=(ContainerDefinition(name="api", port_mappings=(mapping(8080, 0),)),))
    assert of(FIXED, live(moved, **facts)) == ["fail"]


def test_a_failure_says_where_what_and_how_to_mend_it() -> None:
    subject = definition(PortMapping(container_port=8080, host_port=0, position=HERE, host_port_position=THERE))
    found = one(FIXED, in_file(subject))
    assert found.location
    assert (found.location.file, found.location.line, found.location.column) == ("td.json", 9, 21)
    assert found.message == (
        "container api, port 8080 has no fixed host port: hostPort is 0: in bridge mode every task gets another port"
    )
    assert (found.evidence[0].operation, found.evidence[0].value) == ("file", "0")
    assert found.evidence[0].field == "containerDefinitions[api].portMappings[0].hostPort"
    assert found.fix
    assert "hostPort = PORT" in found.fix.terraform
    assert found.fix.cli.startswith("aws ecs register-task-definition")


def test_mappings_that_look_alike_have_keys_of_their_own() -> None:
    findings = in_file(definition(mapping(8080, 1), mapping(8080, 2), mapping(8080, 3, protocol="udp")))
    keys = [each.subject_key for each in findings if each.check.endswith(FIXED)]
    assert keys == ["td.json/api:8080", "td.json/api:8080#2", "td.json/api:8080/udp"]


def test_a_file_without_mappings_is_not_applicable() -> None:
    findings = in_file(definition())
    assert of(FIXED, findings) == ["not-applicable"]
    assert {str(each.outcome) for each in findings} == {"not-applicable", "pass"}


# -- host-port-not-reserved ----------------------------------------------------------------------

RESERVED = "host-port-not-reserved"
LINUX, WINDOWS = {"os_family": "LINUX"}, {"os_family": "WINDOWS_SERVER_2022_CORE", "network_mode": None}


@pytest.mark.parametrize(
    ("port", "unsaid", "linux", "windows"),
    [
        (22, "fail", "fail", "fail"),
        (2375, "fail", "fail", "fail"),
        (2376, "fail", "fail", "fail"),
        (51678, "fail", "fail", "fail"),
        (51679, "fail", "fail", "fail"),
        (51680, "unknown", "unknown", "unknown"),
        (53, "note", "pass", "fail"),
        (135, "note", "pass", "fail"),
        (139, "note", "pass", "fail"),
        (445, "note", "pass", "fail"),
        (3389, "note", "pass", "fail"),
        (5985, "note", "pass", "fail"),
        (5986, "note", "pass", "fail"),
        (80, "pass", "pass", "pass"),
        (10000, "pass", "pass", "pass"),
    ],
)
def test_reserved_ports_of_a_file(port: int, unsaid: str, linux: str, windows: str) -> None:
    for more, outcome in (({}, unsaid), (LINUX, linux), (WINDOWS, windows)):
        assert of(RESERVED, in_file(definition(mapping(8080, port), **more))) == [outcome]


@pytest.mark.parametrize(
    ("mode", "container_port", "host_port", "outcome"),
    [
        ("host", 22, None, "fail"),
        ("host", 22, 22, "fail"),
        ("awsvpc", 22, None, "pass"),
        ("awsvpc", 22, 22, "pass"),
        ("not in the file", 22, 22, "unknown"),
        ("not in the file", 8080, 22, "fail"),
        ("not in the file", 22, None, "unknown"),
        ("not in the file", 8080, None, "pass"),
        ("placeholder", 8080, 0, "pass"),
        ("not in the file", P, None, "unknown"),
        ("bridge", 22, 0, "not-applicable"),
        ("bridge", 22, P, "unknown"),
        ("none", 22, 22, "not-applicable"),
    ],
)
def test_reserved_ports_by_mode(mode: str, container_port: int, host_port: Any, outcome: str) -> None:
    assert of(RESERVED, in_file(definition(mapping(container_port, host_port), **MODES[mode]))) == [outcome]


def agent(**settings: str) -> dict[str, Any]:
    key = "launch-configuration:orders-hosts-1"
    launch = LaunchSettings(id="orders-hosts-1", kind="launch-configuration", agent=settings)
    return {"launch_settings": Table(rows={key: launch})}


def reserving(*ports: int) -> dict[str, Any]:
    hosts = tuple(replace(host, registered_tcp_ports=ports) for host in CONTAINER_INSTANCES)
    return {"container_instances": Table(rows={CLUSTER: hosts})}


@pytest.mark.parametrize(
    ("port", "facts", "outcome"),
    [
        (10000, {}, "pass"),
        (22, {}, "fail"),
        (51680, {}, "pass"),  # the instances say that they do not reserve it
        (10000, reserving(22, 10000), "fail"),
        (22, reserving(51678), "pass"),
        (10000, agent(ECS_RESERVED_PORTS="[22, 10000]"), "fail"),
        (10000, agent(ECS_RESERVED_PORTS="[22,1000]"), "pass"),
        (2375, {**reserving(), **agent(ECS_RESERVED_PORTS="[22]")}, "pass"),
        (2375, reserving(), "fail"),
    ],
)
def test_reserved_ports_live(port: int, facts: Any, outcome: str) -> None:
    assert of(RESERVED, live(definition(mapping(8080, port)), facts=facts)) == [outcome]


@pytest.mark.parametrize("name", ["container_instances", "instances", "auto_scaling_groups", "launch_settings"])
def test_hosts_that_could_not_be_read_are_unknown(name: str) -> None:
    gap = Gap(operation="x:DescribeY", action="x:DescribeY", code="AccessDeniedException")
    found = one(RESERVED, live(facts={name: Table(gap=gap)}))
    assert found.outcome == "unknown"
    assert "x:DescribeY" in found.message


# -- host-port-outside-ephemeral-range -----------------------------------------------------------

EPHEMERAL = "host-port-outside-ephemeral-range"


@pytest.mark.parametrize(
    ("port", "linux", "windows"),
    [
        (10000, "pass", "pass"),
        (32767, "pass", "pass"),
        (32768, "fail", "pass"),
        (49151, "fail", "pass"),
        (49152, "fail", "fail"),
        (49153, "fail", "fail"),
        (60999, "fail", "fail"),
        (61000, "unknown", "fail"),
        (61001, "unknown", "fail"),
        (65535, "unknown", "fail"),
    ],
)
def test_ephemeral_ports_of_a_file(port: int, linux: str, windows: str) -> None:
    for more, outcome in (({}, linux), (LINUX, linux), (WINDOWS, windows)):
        assert of(EPHEMERAL, in_file(definition(mapping(8080, port), **more))) == [outcome]


@pytest.mark.parametrize(
    ("mode", "container_port", "host_port", "outcome"),
    [
        ("awsvpc", 40000, None, "pass"),
        ("host", 40000, None, "fail"),
        ("not in the file", 40000, 40000, "unknown"),
        ("not in the file", 8080, 40000, "fail"),
        ("not in the file", 40000, 0, "unknown"),
        ("not in the file", 8080, 0, "pass"),
        ("bridge", 8080, None, "not-applicable"),
        ("bridge", 8080, P, "unknown"),
    ],
)
def test_ephemeral_ports_by_mode(mode: str, container_port: int, host_port: Any, outcome: str) -> None:
    assert of(EPHEMERAL, in_file(definition(mapping(container_port, host_port), **MODES[mode]))) == [outcome]


@pytest.mark.parametrize(
    ("port", "setting", "outcome"),
    [
        (40000, None, "fail"),
        (40000, "50000-60000", "pass"),
        (50000, "50000-60000", "fail"),
        (60000, "50000-60000", "fail"),
        (60001, "50000-60000", "pass"),
        (10000, "9000-11000", "fail"),
        (10000, '"9000-11000"', "fail"),
        (10000, "all of them", "unknown"),
    ],
)
def test_ephemeral_ports_live(port: int, setting: str | None, outcome: str) -> None:
    facts = agent(ECS_DYNAMIC_HOST_PORT_RANGE=setting) if setting else {}
    assert of(EPHEMERAL, live(definition(mapping(8080, port)), facts=facts)) == [outcome]


def test_the_instances_say_that_they_run_windows() -> None:
    hosts = healthy()
    windows = tuple(replace(instance, platform="windows") for instance in hosts.instances)
    found = live(definition(mapping(8080, 40000), network_mode=None), facts={"instances": by("id", *windows)})
    assert of(EPHEMERAL, found) == ["pass"]


# -- network mode --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "container_port", "host_port", "outcome"),
    [
        ("bridge", 8080, 10000, "pass"),
        ("absent", 8080, 10000, "pass"),
        ("windows", 8080, 10000, "pass"),
        ("host", 8080, 10000, "fail"),
        ("host", 8080, 8080, "pass"),
        ("host", 8080, None, "pass"),
        ("awsvpc", 8080, 10000, "fail"),
        ("awsvpc", 8080, 8080, "pass"),
        ("awsvpc", 8080, 0, "pass"),
        ("awsvpc", 8080, P, "unknown"),
        ("awsvpc", P, P, "pass"),
        ("awsvpc", P, 8080, "unknown"),
        ("bridge", P, Q, "pass"),
        ("not in the file", 8080, 10000, "unknown"),
        ("not in the file", 8080, 8080, "pass"),
        ("not in the file", 8080, None, "pass"),
        ("placeholder", 8080, 10000, "unknown"),
        ("none", 8080, 10000, "not-applicable"),
    ],
)
def test_host_port_matches_network_mode(mode: str, container_port: Any, host_port: Any, outcome: str) -> None:
    found = in_file(definition(mapping(container_port, host_port), **MODES[mode]))
    assert of("host-port-matches-network-mode", found) == [outcome]


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"network_mode": "bridge"}, "pass"),
        ({"network_mode": None}, "pass"),
        ({"network_mode": "host"}, "pass"),
        ({"network_mode": "awsvpc"}, "pass"),
        ({"network_mode": "none"}, "fail"),
        ({"network_mode": "none", "containers": ()}, "pass"),
        ({"network_mode": "quantum"}, "unknown"),
        ({"network_mode": P}, "unknown"),
        ({"network_mode_known": False, "network_mode": None}, "not-applicable"),
        ({"compatibilities": ("FARGATE",), "network_mode": "awsvpc"}, "pass"),
        ({"compatibilities": ("FARGATE",), "network_mode": "bridge"}, "fail"),
        ({"compatibilities": ("FARGATE",), "network_mode": None}, "fail"),
        ({"compatibilities": ("EC2", "FARGATE"), "network_mode": "host"}, "fail"),
        ({"compatibilities": ("EC2",), "network_mode": "host"}, "pass"),
        ({"compatibilities": ("MANAGED_INSTANCES",), "network_mode": "bridge"}, "fail"),
        ({"compatibilities": ("MANAGED_INSTANCES",), "network_mode": None}, "fail"),
        ({"compatibilities": ("MANAGED_INSTANCES",), "network_mode": "host"}, "pass"),
        ({"compatibilities": ("MANAGED_INSTANCES",), "network_mode": "awsvpc"}, "pass"),
        ({**WINDOWS}, "pass"),
        ({**WINDOWS, "network_mode": "awsvpc"}, "pass"),
        ({**WINDOWS, "network_mode": "bridge"}, "fail"),
        ({**WINDOWS, "network_mode": "host"}, "fail"),
        ({"os_family": P, "network_mode": "bridge"}, "pass"),
    ],
)
def test_network_mode_allows_ports(more: Any, outcome: str) -> None:
    assert of("network-mode-allows-ports", in_file(definition(mapping(8080, 8080), **more))) == [outcome]


# -- ranges, protocols, duplicates ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "outcome"),
    [
        (mapping(1), "pass"),
        (mapping(65535, 65535), "pass"),
        (mapping(8080, 0), "pass"),
        (mapping(0), "fail"),
        (mapping(65536), "fail"),
        (mapping(-1), "fail"),
        (mapping(8080, 65536), "fail"),
        (mapping(8080, -1), "fail"),
        (mapping(None, 80), "fail"),
        (mapping(P), "unknown"),
        (mapping(8080, P), "unknown"),
        (mapping(P, 70000), "fail"),
        (mapping(None, container_port_range="8000-8010"), "pass"),
        (mapping(None, 0, container_port_range="1-65535"), "pass"),
        (mapping(None, container_port_range="8000"), "fail"),
        (mapping(None, container_port_range="8010-8000"), "fail"),
        (mapping(None, container_port_range="8000-8000"), "fail"),
        (mapping(None, container_port_range="0-10"), "fail"),
        (mapping(None, container_port_range="65000-65536"), "fail"),
        (mapping(None, container_port_range="a-b"), "fail"),
        (mapping(None, 80, container_port_range="8000-8010"), "fail"),
        (mapping(8000, container_port_range="8000-8010"), "fail"),
        (mapping(None, container_port_range=P), "unknown"),
    ],
)
def test_port_range_is_valid(port: PortMapping, outcome: str) -> None:
    assert of("port-range-is-valid", in_file(definition(port))) == [outcome]


def test_ranges_in_host_mode_and_overlapping_ones() -> None:
    first = mapping(None, container_port_range="8000-8010")
    assert of("port-range-is-valid", in_file(definition(first, network_mode="host"))) == ["fail"]
    for other, outcome in ((mapping(8010, 1), "fail"), (mapping(8011, 1), "pass")):
        assert of("port-range-is-valid", in_file(definition(first, other)))[0] == outcome
    elsewhere = ContainerDefinition(name="b", port_mappings=(mapping(8005, 1),))
    subject = definition(first)
    both = replace(subject, containers=(*subject.containers, elsewhere))
    assert of("port-range-is-valid", in_file(both)) == ["pass", "pass"]


@pytest.mark.parametrize(
    ("protocol", "file", "path"),
    [("tcp", "pass", "pass"), ("udp", "note", "fail"), ("sctp", "unknown", "unknown"), (P, "unknown", "unknown")],
)
def test_tcp_for_http(protocol: Any, file: str, path: str) -> None:
    subject = definition(mapping(8080, 10000, protocol=protocol))
    assert of("tcp-for-http", in_file(subject)) == [file]
    assert of("tcp-for-http", live(subject)) == [path]


def test_a_port_mapped_both_ways_serves_tcp() -> None:
    subject = definition(mapping(8080, 10000, protocol="udp"), mapping(8080, 10000))
    assert of("tcp-for-http", live(subject)) == ["pass"]


UNIQUE = "host-ports-unique"


@pytest.mark.parametrize(
    ("mappings", "more", "outcome"),
    [
        ((mapping(80, 1), mapping(81, 2)), {}, "pass"),
        ((mapping(80, 1), mapping(81, 1)), {}, "fail"),
        ((mapping(80, 1), mapping(80, 1, protocol="udp")), {}, "pass"),
        ((mapping(80, 1, protocol="udp"), mapping(81, 1, protocol="udp")), {}, "fail"),
        ((mapping(80, 1), mapping(81, 1, protocol="sctp")), {}, "fail"),
        ((mapping(80, 0), mapping(81, 0)), {}, "pass"),
        ((mapping(80, P), mapping(81, 1)), {}, "unknown"),
        ((mapping(80, P),), {}, "pass"),
        ((mapping(80, 1), mapping(81, 1), mapping(82, P)), {}, "fail"),
        ((mapping(80, 1), mapping(81, 1, protocol=P)), {}, "unknown"),
        ((mapping(80), mapping(80)), {"network_mode": "awsvpc"}, "note"),
        ((mapping(80), mapping(80)), {"network_mode": "host"}, "note"),
        ((mapping(80), mapping(81)), {"network_mode": "host"}, "pass"),
        ((mapping(P), mapping(P)), {"network_mode": "host"}, "unknown"),
        ((mapping(80, 1), mapping(81, 1)), {"network_mode": None, "network_mode_known": False}, "fail"),
        ((mapping(80), mapping(81)), MODES["not in the file"], "pass"),
        ((mapping(80), mapping(80)), MODES["not in the file"], "unknown"),
        ((mapping(80), mapping(81, 80)), MODES["not in the file"], "unknown"),
        ((mapping(P), mapping(81)), MODES["not in the file"], "unknown"),
        ((), {}, "not-applicable"),
    ],
)
def test_host_ports_unique(mappings: tuple[PortMapping, ...], more: Any, outcome: str) -> None:
    assert of(UNIQUE, in_file(definition(*mappings, **more))) == [outcome]


@pytest.mark.parametrize("mode", ["awsvpc", "host", "bridge"])
def test_two_containers_with_one_port(mode: str) -> None:
    containers = tuple(ContainerDefinition(name=name, port_mappings=(mapping(80, 80),)) for name in "ab")
    found = one(UNIQUE, in_file(definition(network_mode=mode, containers=containers)))
    assert found.outcome == "fail"
    assert "container a, port 80 and container b, port 80 both take host port 80/tcp" in found.message


# -- what only live facts or the config say ------------------------------------------------------


@pytest.mark.parametrize(
    ("mappings", "outcome"),
    [
        ((mapping(8080, 10000),), "pass"),
        ((mapping(9090, 10000),), "fail"),
        ((), "fail"),
        ((mapping(None, container_port_range="8000-8100"),), "pass"),
        ((mapping(None, container_port_range="9000-9100"),), "fail"),
    ],
)
def test_container_maps_port(mappings: tuple[PortMapping, ...], outcome: str) -> None:
    found = live(definition(*mappings))
    assert of("container-maps-port", found) == [outcome]
    if outcome == "fail":
        assert of(FIXED, found) == ["not-applicable"]


def test_the_container_is_not_there() -> None:
    found = one("container-maps-port", live(container_name="web"))
    assert found.outcome == "fail"
    assert found.message == "orders:7 has no container web"
    assert of("container-maps-port", live(container_name="", container_port=None)) == ["not-applicable"]
    assert of("container-maps-port", in_file(definition())) == []


@pytest.mark.parametrize(
    ("declared", "outcomes"),
    [
        ({8080: 10000}, ["pass"]),
        ({8080: 10000, 7777: 10001}, ["pass", "pass"]),
        ({8080: 10002}, ["fail"]),
        ({7777: 1}, ["fail"]),  # no path ends there, and nothing that is declared goes unjudged
        ({9999: 1}, ["fail"]),
        ({}, ["not-applicable"]),
    ],
)
def test_declared_host_ports_live(declared: Any, outcomes: list[str]) -> None:
    found = of("declared-host-ports", live(backend={"base_path": "orders", "host_ports": declared}))
    assert sorted(found) == sorted(outcomes)


API_8080 = {"container": "api", "host_ports": {8080: 10000}}
WRONG_CONTAINER = {"container": "api", "host_ports": {7777: 1}}
RULE = RoutingRule(domain="api.example.com", id="r1", priority=1, base_paths=("v1/orders",), api_id="a", stage="prod")
ON_RULE = replace(PATH_API, rule=RULE)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        # The port belongs to the other container, whatever else that has.
        ([WRONG_CONTAINER], ["api fail"]),
        ([{"container": "api", "host_ports": {7777: 10001}}], ["api fail"]),
        ([{"container": "status", "host_ports": {7777: 10001}}], ["status pass"]),
        # A general block speaks beside a container's own.
        ([API_8080, {"host_ports": {7777: 10001}}], ["api pass", "status pass"]),
        ([API_8080, {"host_ports": {7777: 1}}], ["api pass", "status fail"]),
        ([API_8080, {"host_ports": {9999: 1}}], ["api fail", "api pass", "status fail"]),
        ([{"host_ports": {8080: 1}}, API_8080], ["api pass"]),  # the named one's value wins
        ([{"host_ports": {8080: 1}}, {"base_path": "orders", "host_ports": {8080: 10000}}], ["api pass"]),
        ([{"base_path": "elsewhere", "host_ports": {8080: 1}}], []),
    ],
)
def test_the_blocks_of_a_path_fill_each_other_in(blocks: list[dict[str, Any]], expected: list[str]) -> None:
    assert _declared(blocks, PATH_API, PATH_STATUS) == expected


@pytest.mark.parametrize(("base_path", "expected"), [("v1/orders", ["api fail"]), ("orders", [])])
def test_a_block_sees_the_base_paths_of_a_routing_rule(base_path: str, expected: list[str]) -> None:
    assert _declared([{"base_path": base_path, "host_ports": {8080: 1}}], ON_RULE) == expected


def _declared(blocks: list[dict[str, Any]], *paths: Path) -> list[str]:
    """Container of the path and outcome of each finding on declared host ports."""
    findings = _judged(healthy(paths=paths), bare_file=False, backends=blocks)
    names = {one.id: one.container_name for one in paths}
    found = [one for one in findings if one.check.endswith("declared-host-ports") and one.outcome != "not-applicable"]
    return sorted(f"{names[str(one.path)]} {one.outcome}" for one in found)


def test_a_declared_port_of_another_container_is_told_what_its_own_maps() -> None:
    found = one("declared-host-ports", live(backend=WRONG_CONTAINER))
    assert found.message == "host_ports declares 7777 = 1, and container api maps 8080, not 7777"
    assert found.evidence


def test_dynamic_ports_of_a_general_block_count_beside_a_container_s_own() -> None:
    blocks = [API_8080, {"dynamic_ports": False}]
    subject = replace(TASK_DEFINITION, containers=definition(mapping(8080, 0)).containers)
    topology = healthy(paths=(replace(PATH_API, task_definition=subject),))
    assert of(FIXED, _judged(topology, bare_file=False, backends=blocks)) == ["fail"]
    allowed = [{"container": "api", "dynamic_ports": True}, {"dynamic_ports": False}]
    assert of(FIXED, _judged(topology, bare_file=False, backends=allowed)) == ["note"]


@pytest.mark.parametrize(
    ("port", "mode", "outcome"),
    [
        (10000, "bridge", "pass"),
        (0, "bridge", "fail"),
        (P, "bridge", "unknown"),
        (None, "not in the file", "unknown"),
        (None, "host", "fail"),
    ],
)
def test_declared_host_ports_by_mode(port: Any, mode: str, outcome: str) -> None:
    subject = definition(mapping(8080, port), **MODES[mode])
    found = one("declared-host-ports", live(subject, {"host_ports": {8080: 10000}}))
    assert found.outcome == outcome
    if outcome == "fail":
        assert found.fix
        assert "hostPort = 10000" in found.fix.terraform


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (("HEALTHY", "HEALTHY"), "pass"),
        (("HEALTHY", "UNHEALTHY"), "fail"),
        (("HEALTHY", "UNKNOWN"), "note"),
        (("", "HEALTHY"), "note"),
        ((), "not-applicable"),
    ],
)
def test_containers_healthy(states: tuple[str, ...], outcome: str) -> None:
    api = replace(TASK_DEFINITION.containers[0], health_check=True)
    subject = replace(TASK_DEFINITION, containers=(api, *TASK_DEFINITION.containers[1:]))
    tasks = tuple(
        replace(task, containers=(replace(task.containers[0], health=state), task.containers[1]))
        for task, state in zip(TASKS, states, strict=False)
    )
    assert of("containers-healthy", live(subject, facts={"tasks": Table(rows={SERVICE: tasks})})) == [outcome]
    assert of("containers-healthy", live()) == ["not-applicable"]


def test_a_file_has_no_declared_host_ports() -> None:
    assert of("declared-host-ports", in_file(definition(mapping(8080, 1)), host_ports={8080: 2})) == []


def test_nothing_overlooked() -> None:
    assert of("nothing-overlooked", in_file(definition())) == ["pass"]
    assert of("nothing-overlooked", in_file(definition(notes=("line 1: a comment",)))) == ["note"]
    found = one("nothing-overlooked", in_file(definition(mapping(80, 80, strings=("hostPort",)))))
    assert found.outcome == "note"
    assert found.message.startswith("line 7: hostPort of container api, port 80 written as a string")


# -- the whole -----------------------------------------------------------------------------------


def test_the_healthy_stack_has_no_complaint() -> None:
    topology = healthy()
    findings = _judged(topology, bare_file=False, backends=[])
    assert {str(each.outcome) for each in findings} == {"pass", "not-applicable"}
    assert [each.location for each in findings] == [None] * len(findings)
    assert all(each.evidence[0].operation == "ecs:DescribeTaskDefinition" for each in findings if each.evidence)


def test_a_path_without_a_task_definition_is_not_applicable() -> None:
    path = replace(PATH_API, task_definition=None)
    findings = _judged(healthy(paths=(path,)), bare_file=False, backends=[])
    assert {str(each.outcome) for each in findings} == {"not-applicable"}


def test_every_file_finding_of_a_file_has_a_place() -> None:
    for each in in_file(definition(mapping(8080, 0), network_mode="none")):
        if each.outcome in ("fail", "unknown", "note"):
            assert each.location, each.check
            assert each.fix, each.check


def test_reserved_ports_name_the_instance() -> None:
    assert HOST_A in one(RESERVED, live(facts=reserving(10000))).message


def test_used_mappings_never_meet_a_missing_definition() -> None:
    context = Context(
        topology=healthy(),
        settings=EnvSettings(name="x"),
        reach=Reach(healthy()),
        now=NOW,
        path=replace(PATH_API, task_definition=None),
    )
    for each in CHECKS:
        with pytest.raises(NotApplicable):
            list(each.subjects(context))


# -- deployments in flight -----------------------------------------------------------------------

OLDER = replace(TASK_DEFINITION, arn=TASK_DEFINITION.arn.replace(":7", ":6"), revision=6)
UNREAD = Gap(operation="ecs:DescribeTaskDefinition", action="ecs:DescribeTaskDefinition", code="AccessDenied")
ON_MAPPINGS = {
    FIXED,
    "host-port-not-reserved",
    "host-port-outside-ephemeral-range",
    "host-port-matches-network-mode",
    "port-range-is-valid",
    "tcp-for-http",
}
ON_DEFINITIONS = {"network-mode-allows-ports", "host-ports-unique", "container-maps-port"}


def deploying(older: TaskDefinition | Gap | None, backend: Any = None, running: int = 1) -> list[Finding]:
    """All findings while tasks of orders:6 are still there beside those of orders:7."""
    (mine,) = ORDERS_SERVICE.deployments
    other = replace(mine, id="ecs-svc/2", status="ACTIVE", task_definition_arn=OLDER.arn, desired=0, running=running)
    service = replace(ORDERS_SERVICE, deployments=(mine, other))
    rows = {TASK_DEFINITION.arn: TASK_DEFINITION}
    gaps = {OLDER.arn: older} if isinstance(older, Gap) else {}
    if isinstance(older, TaskDefinition):
        rows[older.arn] = older
    return live(backend=backend, facts={"task_definitions": Table(rows=rows, gaps=gaps)}, service=service)


def older_with(*mappings: PortMapping) -> TaskDefinition:
    return replace(OLDER, containers=(ContainerDefinition(name="api", port_mappings=mappings),))


def by_subject(name: str, findings: list[Finding]) -> dict[str, str]:
    return {each.subject_key: str(each.outcome) for each in findings if each.check == f"task-definition/{name}"}


def test_every_deployment_with_tasks_is_judged_by_its_own_task_definition() -> None:
    findings = deploying(older_with(mapping(8080, 22, protocol="udp")))
    keys = ("orders/api:8080", "orders/api:8080/udp in orders:6")
    assert by_subject("tcp-for-http", findings) == dict(zip(keys, ("pass", "fail"), strict=True))
    assert by_subject("host-port-not-reserved", findings) == dict(zip(keys, ("pass", "fail"), strict=True))
    (said,) = [each for each in findings if each.check.endswith("tcp-for-http") and each.outcome == "fail"]
    assert said.message.startswith("container api, port 8080 of orders:6 is mapped as udp")


def test_a_dynamic_port_of_another_deployment_is_seen() -> None:
    findings = deploying(older_with(mapping(8080, 0)), {"dynamic_ports": False, "host_ports": {8080: 10000}})
    assert by_subject(FIXED, findings) == {"orders/api:8080": "pass", "orders/api:8080 in orders:6": "fail"}
    declared = {"orders:8080": "pass", "orders:6:8080": "fail"}
    assert by_subject("declared-host-ports", findings) == declared


def test_a_deployment_whose_container_lacks_the_port() -> None:
    findings = deploying(older_with(mapping(9090, 10000)))
    assert by_subject("container-maps-port", findings) == {"orders": "pass", "orders:6": "fail"}


@pytest.mark.parametrize("gone", [UNREAD, None])
def test_a_task_definition_in_flight_that_could_not_be_read_is_unknown(gone: Gap | None) -> None:
    findings = deploying(gone)
    for name in ON_MAPPINGS:
        expected = {"orders/api:8080": "pass", "orders/api:8080 in orders:6": "unknown"}
        assert by_subject(name, findings) == expected, name
    for name in ON_DEFINITIONS:
        assert by_subject(name, findings) == {"orders": "pass", "orders:6": "unknown"}, name
    said = {each.message for each in findings if each.outcome == "unknown"}
    assert all("ecs:DescribeTaskDefinition" in message for message in said)


def test_a_deployment_without_tasks_is_over() -> None:
    findings = deploying(UNREAD, running=0)
    assert "unknown" not in {str(each.outcome) for each in findings}
    assert by_subject(FIXED, findings) == {"orders/api:8080": "pass"}
