"""From the load balancer to the service: one deviation from healthy each, and exactly what it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import GROUP_API, LISTENER_API, NLB, ORDERS_SERVICE, PATH_API, TASK_DEFINITION, by, healthy
from vpclink_checks.checks import instance, listener, load_balancer, service, target_group
from vpclink_checks.checks.catalogue import Check, Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.checks.target_group import REASONS, explain
from vpclink_checks.model.balancing import Action, Forward, HealthCheck, ListenerRule, Target, TargetGroup, Zone
from vpclink_checks.model.compute import LaunchSettings
from vpclink_checks.model.domain import Certificate
from vpclink_checks.model.ecs import (
    Cluster,
    ContainerDefinition,
    NetworkBinding,
    PortMapping,
    Service,
    ServiceDeployment,
    ServiceEvent,
    ServiceTarget,
    TaskContainer,
    TaskDefinition,
)
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import RouteEntry, Vpc
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings
from vpclink_checks.words import Outcome

MODULES = (load_balancer, listener, target_group, instance, service)
CHECKS = [one for module in MODULES for one in vars(module).values() if isinstance(one, Check)]
QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)
Deviation = tuple[dict[str, Any], dict[str, Any]]
DENIED = Gap(operation="x:Y", action="x:Y", code="AccessDeniedException")


def loud(topology: Topology) -> list[Finding]:
    """The findings that did more than pass, the worst last."""
    context = Context(
        topology=topology, settings=EnvSettings(name="t"), reach=Reach(topology), now=topology.taken_at or stack.TAKEN
    )
    every = judge(context, Rules(today=date(2026, 11, 2)), checks=CHECKS)
    return sorted((one for one in every if one.outcome not in QUIET), key=lambda one: -one.outcome.rank)


def found(topology: Topology) -> dict[str, str]:
    """The checks that did more than pass, with the worst outcome of each."""
    return {one.check: one.outcome.value for one in loud(topology)}


def messages(topology: Topology) -> dict[str, str]:
    """What the worst finding of each of them says."""
    return {one.check: one.message for one in loud(topology)}


def with_path(path: Path, **tables: Any) -> Topology:
    return healthy(paths=(path,), **tables)


def balancer(**changes: Any) -> Topology:
    changed = replace(NLB, **changes)
    return with_path(replace(PATH_API, load_balancer=changed), load_balancers=by("arn", changed))


def group(attributes: dict[str, str] | None = None, **changes: Any) -> Topology:
    changed = replace(GROUP_API, **changes)
    tables: dict[str, Any] = {"target_groups": by("arn", changed, stack.GROUP_STATUS)}
    if attributes is not None:
        rows = healthy().target_group_attributes.rows
        tables["target_group_attributes"] = Table(rows={**rows, stack.TG_API: {**rows[stack.TG_API], **attributes}})
    return with_path(replace(PATH_API, target_group=changed), **tables)


def targets(*states: str, **changes: Any) -> Topology:
    ids = ((stack.HOST_A, "eu-west-2a"), (stack.HOST_B, "eu-west-2b"))
    rows = tuple(
        Target(id=id_, port=10000, zone=zone, state=state, reason="Target.Timeout" if "unhealthy" in state else "")
        for (id_, zone), state in zip(ids, states, strict=False)
    )
    rows = tuple(replace(row, **changes) for row in rows)
    return with_path(PATH_API, targets=Table(rows={stack.TG_API: rows}))


def addresses(*ids: str) -> Topology:
    """Targets by address, registered for every zone."""
    rows = tuple(Target(id=id_, port=8080, zone="all") for id_ in ids)
    changed, awsvpc = replace(GROUP_API, target_type="ip"), replace(TASK_DEFINITION, network_mode="awsvpc")
    path = replace(PATH_API, target_group=changed, task_definition=awsvpc)
    return with_path(path, targets=Table(rows={stack.TG_API: rows}))


def a_listener(**changes: Any) -> Topology:
    changed = replace(LISTENER_API, **changes)
    return with_path(
        replace(PATH_API, listener=changed), listeners=Table(rows={stack.NLB_ARN: (changed, stack.LISTENER_STATUS)})
    )


def a_cluster(status: str) -> Topology:
    return with_path(PATH_API, clusters=by("arn", Cluster(arn=stack.CLUSTER, name="orders-cluster", status=status)))


def a_service(others: tuple[Service, ...] = (), **changes: Any) -> Topology:
    changed = replace(ORDERS_SERVICE, **changes)
    return with_path(replace(PATH_API, service=changed), services=by("arn", changed, *others))


def definition(**changes: Any) -> Topology:
    changed = replace(TASK_DEFINITION, **changes)
    return with_path(replace(PATH_API, task_definition=changed), task_definitions=by("arn", changed))


def hosts(**changes: Any) -> Topology:
    first, second = stack.CONTAINER_INSTANCES
    rows = (replace(first, **changes), second)
    return with_path(PATH_API, container_instances=Table(rows={stack.CLUSTER: rows}))


def stopped(hop: str, check: str, **gone: Any) -> Topology:
    behind: dict[str, Any] = dict.fromkeys(("service", "task_definition", *gone))
    return with_path(replace(PATH_API, **behind, stop=Stop(hop=hop, reason="it ends", check=check)))


def rules(*rows: ListenerRule) -> Topology:
    return with_path(PATH_API, listener_rules=Table(rows={LISTENER_API.arn: rows}))


def launch(agent: dict[str, str]) -> Topology:
    settings = LaunchSettings(id="orders-hosts-1", kind="launch-configuration", agent=agent)
    return with_path(PATH_API, launch_settings=Table(rows={"launch-configuration:orders-hosts-1": settings}))


def tls(**changes: Any) -> Topology:
    certificate = replace(
        Certificate(arn=stack.CERT_ARN, names=("*.example.com",), not_after=datetime(2027, 1, 1, tzinfo=UTC)),
        **changes,
    )
    assert PATH_API.destination is not None
    listener_ = replace(LISTENER_API, protocol="TLS", certificate_arns=(stack.CERT_ARN,))
    there = replace(PATH_API.destination, scheme="https", host="orders.example.com")
    return with_path(replace(PATH_API, listener=listener_, destination=there), certificates=by("arn", certificate))


def other_service(desired: int, port: int = 10000, protocol: str = "tcp", mode: str = "bridge") -> Topology:
    mapping = PortMapping(container_port=8080, host_port=port, protocol=protocol)
    theirs = TaskDefinition(
        arn="arn:other:1",
        family="other",
        revision=1,
        network_mode=mode,
        containers=(ContainerDefinition(name="o", port_mappings=(mapping,)),),
    )
    other = replace(
        ORDERS_SERVICE, arn="arn:other", name="other", desired=desired, task_definition_arn=theirs.arn, targets=()
    )
    return with_path(
        PATH_API,
        services=by("arn", ORDERS_SERVICE, other),
        task_definitions=by("arn", TASK_DEFINITION, theirs),
    )


def orphan_group() -> Topology:
    """The listener forwards to a group of nobody's; the service's own group has no listener."""
    stray = TargetGroup(arn=stack.TG_API + "x", name="old", port=10000, vpc_id=stack.VPC, load_balancer_arns=(NLB.arn,))
    mine = replace(GROUP_API, load_balancer_arns=())
    stop = Stop(hop="target-group", reason="nobody registers in old", check="service/registers-target-group")
    path = replace(PATH_API, target_group=stray, service=None, task_definition=None, registration="", stop=stop)
    return with_path(
        path,
        target_groups=by("arn", stray, mine, stack.GROUP_STATUS),
        targets=Table(rows={stray.arn: ()}),
        target_group_attributes=Table(rows={stray.arn: {}}),
    )


def bound_to(port: int) -> Topology:
    containers = (TaskContainer(name="api", bindings=(NetworkBinding(container_port=8080, host_port=port),)),)
    tasks = tuple(replace(task, containers=containers) for task in stack.TASKS)
    return with_path(PATH_API, tasks=Table(rows={stack.SERVICE: tasks}))


def cross_zone_on(topology: Topology) -> Topology:
    rows = {stack.NLB_ARN: {"load_balancing.cross_zone.enabled": "true"}}
    return replace(topology, load_balancer_attributes=Table(rows=rows))


def public_subnet() -> Topology:
    own, *rest = healthy().route_tables.rows.values()
    opened = replace(own, routes=(*own.routes, RouteEntry(destination="0.0.0.0/0", target=stack.IGW)))
    return with_path(PATH_API, route_tables=by("id", opened, *rest))


FAILED = ServiceDeployment(id="d1", rollout_state="FAILED", rollout_reason="circuit breaker")
TROUBLE = ServiceEvent(at=None, message="(service orders) … is already using a port required by your task.")
STEADY = ServiceEvent(at=None, message="(service orders) has reached a steady state.")
KILLED = ServiceEvent(at=None, message="task 1 port 10000 is unhealthy in target-group orders-api")


def killed(hour: int) -> ServiceEvent:
    return replace(KILLED, at=clock(hour))


def clock(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, 20, hour, minute, tzinfo=UTC)


STARTED = ServiceDeployment(id="d1", desired=2, running=2, created=clock(10), updated=clock(13))


def deployed(hour: int, minute: int = 0, state: str = "COMPLETED", running: int = 2) -> Topology:
    """Trouble at this time; the deployment began at 8 and was last heard of at 9."""
    (usual,) = ORDERS_SERVICE.deployments
    mine = replace(usual, rollout_state=state, created=clock(8), updated=clock(9))
    return a_service(events=(replace(TROUBLE, at=clock(hour, minute)),), deployments=(mine,), running=running)


def registered(by_whom: str, **changes: Any) -> Topology:
    """Tasks of the service answer at the targets, which it does not register itself."""
    changed = replace(ORDERS_SERVICE, targets=(), **changes)
    return with_path(
        replace(PATH_API, service=changed, registration=by_whom, container_name="api"), services=by("arn", changed)
    )


DEVIATIONS: dict[str, tuple[Callable[[], Topology], dict[str, str]]] = {
    "healthy": (healthy, {}),
    "provisioning": (lambda: balancer(state="provisioning"), {"load-balancer/active": "fail"}),
    "impaired": (lambda: balancer(state="active_impaired"), {"load-balancer/active": "note"}),
    "state of tomorrow": (lambda: balancer(state="resting"), {"load-balancer/active": "unknown"}),
    "internet-facing": (lambda: balancer(scheme="internet-facing"), {"load-balancer/internal": "fail"}),
    "scheme of tomorrow": (lambda: balancer(scheme="lunar"), {"load-balancer/internal": "unknown"}),
    "ALB behind a v1 link": (lambda: balancer(type="application"), {"load-balancer/type-fits-link": "fail"}),
    "another VPC": (lambda: balancer(vpc_id="vpc-other"), {"load-balancer/same-vpc-as-target-group": "fail"}),
    "IPv6 group": (
        lambda: group(ip_address_type="ipv6"),
        {"load-balancer/address-family-fits-target-group": "fail"},
    ),
    "zone not enabled": (
        lambda: balancer(zones=(Zone(name="eu-west-2a", subnet_id=stack.NLB_A),)),
        {"load-balancer/serves-target-zones": "fail"},
    ),
    "public subnet": (public_subnet, {"load-balancer/in-private-subnets": "note"}),
    "empty zone": (
        lambda: targets("healthy"),
        {"load-balancer/every-zone-has-a-target": "fail"},
    ),
    "empty zone, cross-zone on": (lambda: cross_zone_on(targets("healthy")), {}),
    "empty zone, cross-zone on for the group": (
        lambda: replace(
            targets("healthy"),
            target_group_attributes=Table(rows={stack.TG_API: {"load_balancing.cross_zone.enabled": "true"}}),
        ),
        {},
    ),
    "no target": (
        targets,
        {
            "target-group/has-targets": "fail",
            "target-group/healthy-targets": "blocked",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
        },
    ),
    "all draining": (
        lambda: targets("draining", "unhealthy.draining"),
        {
            "target-group/has-targets": "fail",
            "target-group/healthy-targets": "blocked",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
        },
    ),
    "one draining is ignored": (
        lambda: cross_zone_on(targets("healthy", "draining")),
        {},
    ),
    "one unhealthy": (
        lambda: cross_zone_on(targets("healthy", "unhealthy")),
        {"target-group/all-targets-healthy": "fail"},
    ),
    "one initial": (
        lambda: cross_zone_on(targets("healthy", "initial")),
        {"target-group/all-targets-healthy": "fail"},
    ),
    "fail-open": (
        lambda: targets("unhealthy", "unhealthy"),
        {
            "target-group/healthy-targets": "fail",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
        },
    ),
    "health unchecked": (
        lambda: replace(
            targets("unavailable", "unavailable"),
            paths=(replace(PATH_API, target_group=replace(GROUP_API, health_check=HealthCheck(enabled=False))),),
        ),
        {
            "target-group/healthy-targets": "unknown",
            "target-group/health-checks-on": "fail",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
        },
    ),
    "one unchecked, the other zone's": (
        lambda: targets("healthy", "unavailable"),
        {"target-group/all-targets-healthy": "unknown", "load-balancer/every-zone-has-a-target": "unknown"},
    ),
    "one unchecked, cross-zone on": (
        lambda: cross_zone_on(targets("healthy", "unavailable")),
        {"target-group/all-targets-healthy": "unknown"},
    ),
    "one unchecked, one unhealthy": (
        lambda: targets("unhealthy", "unavailable"),
        {
            "target-group/healthy-targets": "unknown",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
        },
    ),
    "target state of tomorrow": (
        lambda: targets("healthy", "brandnew"),
        {"target-group/all-targets-healthy": "unknown", "load-balancer/every-zone-has-a-target": "unknown"},
    ),
    "addresses of every zone": (lambda: addresses("10.0.1.50", "10.0.2.50"), {}),
    "an address target that is none": (
        lambda: addresses("10.0.1.50", "i-0c0c0c0c0c0c0c0c0"),
        {"target-group/targets-in-vpc": "unknown"},
    ),
    "registered on another port": (
        lambda: targets("healthy", "healthy", port=8080),
        {"target-group/port-matches-host-port": "fail"},
    ),
    "bound to another port": (lambda: bound_to(10009), {"target-group/port-matches-host-port": "fail"}),
    "awsvpc in an instance group": (
        lambda: definition(network_mode="awsvpc"),
        {"target-group/type-fits-network-mode": "fail"},
    ),
    "proxy protocol over TCP checks": (
        lambda: group({"proxy_protocol_v2.enabled": "true"}, health_check=HealthCheck()),
        {"target-group/proxy-protocol-off": "fail"},
    ),
    "proxy protocol that HTTP checks pass": (
        lambda: group({"proxy_protocol_v2.enabled": "true"}),
        {"target-group/proxy-protocol-off": "note"},
    ),
    "auto scaling group registers too": (
        lambda: with_path(
            PATH_API,
            auto_scaling_groups=by(
                "name",
                replace(healthy().auto_scaling_groups.rows["orders-hosts"], target_group_arns=(stack.TG_API,)),
            ),
        ),
        {"target-group/one-registrar": "note"},
    ),
    "group gone": (
        lambda: stopped("listener", "target-group/exists", target_group=None),
        {"target-group/exists": "fail"},
    ),
    "UDP listener": (lambda: a_listener(protocol="UDP"), {"listener/carries-tcp": "fail"}),
    "protocol of tomorrow": (lambda: a_listener(protocol="SCTP"), {"listener/carries-tcp": "unknown"}),
    "TCP_QUIC listener": (lambda: a_listener(protocol="TCP_QUIC"), {}),
    "mutual TLS listener": (
        lambda: a_listener(mutual_authentication="verify"),
        {"listener/asks-no-client-certificate": "note"},
    ),
    "login first": (
        lambda: a_listener(actions=(Action(type="authenticate-oidc"), *LISTENER_API.actions)),
        {"listener/no-login-before-forward": "fail"},
    ),
    "rule to another group": (
        lambda: rules(
            ListenerRule(
                arn="rule/1",
                priority=1,
                conditions=(("source-ip", ("ipv4",)),),
                actions=(Action(forwards=(Forward(target_group_arn=stack.TG_STATUS),)),),
            )
        ),
        {"listener/rules-agree-with-default": "fail"},
    ),
    "rule to the same group": (
        lambda: rules(ListenerRule(arn="rule/1", priority=1, actions=LISTENER_API.actions)),
        {},
    ),
    "valid TLS certificate": (tls, {}),
    "expired TLS certificate": (
        lambda: tls(not_after=datetime(2026, 10, 1, tzinfo=UTC)),
        {"listener/certificate-valid": "fail"},
    ),
    "TLS certificate for another name": (
        lambda: tls(names=("other.example.org",)),
        {"listener/certificate-valid": "fail"},
    ),
    "HTTP/2 only": (
        lambda: a_listener(protocol="TLS", alpn=("HTTP2Only",), certificate_arns=(stack.CERT_ARN,)),
        {"listener/speaks-http1": "note"},
    ),
    "forwards past the service": (
        orphan_group,
        {
            "listener/forwards-to-the-service": "fail",
            "target-group/has-targets": "fail",
            "target-group/healthy-targets": "blocked",
            "target-group/all-targets-healthy": "blocked",
            "load-balancer/every-zone-has-a-target": "blocked",
            "service/registers-target-group": "fail",
        },
    ),
    "instance stopped": (
        lambda: with_path(PATH_API, instances=by("id", replace(stack.INSTANCE_A, state="stopped"), stack.INSTANCE_B)),
        {"instance/running": "fail"},
    ),
    "instance in no cluster": (
        lambda: hosts(instance_id="i-else"),
        {"instance/registered-in-cluster": "fail"},
    ),
    "instance draining": (
        lambda: hosts(status="DRAINING"),
        {"instance/active": "fail", "service/room-for-fixed-ports": "fail"},
    ),
    "one agent away": (
        lambda: hosts(agent_connected=False),
        {"instance/agent-connected": "note"},
    ),
    "port reserved": (
        lambda: hosts(registered_tcp_ports=(22, 10000)),
        {"instance/port-not-reserved": "fail"},
    ),
    "launches elsewhere": (
        lambda: launch({"ECS_CLUSTER": "default"}),
        {"instance/launches-into-the-cluster": "fail"},
    ),
    "launch says nothing": (lambda: launch({}), {"instance/launches-into-the-cluster": "unknown"}),
    "service deleted": (lambda: a_service(status="DRAINING"), {"service/active": "fail"}),
    "cluster deleted": (lambda: a_cluster("INACTIVE"), {"service/cluster-active": "fail"}),
    "cluster not there yet": (lambda: a_cluster("PROVISIONING"), {"service/cluster-active": "unknown"}),
    "cluster without a state": (lambda: a_cluster(""), {"service/cluster-active": "unknown"}),
    "nothing runs": (
        lambda: a_service(running=0),
        {"service/running": "fail", "service/runs-what-it-wants": "blocked"},
    ),
    "nothing wanted": (
        lambda: a_service(desired=0, running=0),
        {"service/running": "fail", "service/runs-what-it-wants": "blocked"},
    ),
    "one missing": (lambda: a_service(running=1), {"service/runs-what-it-wants": "fail"}),
    "container of another name": (
        lambda: a_service(
            targets=(ServiceTarget(target_group_arn=stack.TG_API, container_name="web", container_port=8080),)
        ),
        {"service/names-a-container": "fail"},
    ),
    "more tasks than instances": (
        lambda: a_service(desired=3, running=3),
        {"service/room-for-fixed-ports": "fail"},
    ),
    "minimum 100 and no free instance": (
        lambda: a_service(min_percent=100, max_percent=200),
        {"service/can-deploy": "fail"},
    ),
    "minimum 0": (lambda: a_service(min_percent=0), {"service/can-deploy": "note"}),
    "daemon": (lambda: a_service(scheduling="DAEMON", min_percent=100, max_percent=100), {}),
    "rollout failed": (lambda: a_service(deployments=(FAILED,)), {"service/rollout-succeeded": "fail"}),
    "two deployments": (
        lambda: a_service(deployments=(ServiceDeployment(id="d1"), ServiceDeployment(id="d2"))),
        {"service/rollout-succeeded": "note"},
    ),
    "cannot place": (lambda: a_service(events=(TROUBLE, STEADY)), {"service/places-its-tasks": "fail"}),
    "could not place once": (lambda: a_service(events=(STEADY, TROUBLE)), {}),
    "could not place in the deployment before": (lambda: deployed(hour=7), {}),
    "could not place, and got there": (lambda: deployed(hour=8, minute=30), {}),
    "could not place since": (lambda: deployed(hour=9, minute=30), {"service/places-its-tasks": "fail"}),
    "cannot place in this deployment": (
        lambda: deployed(hour=8, minute=30, state="IN_PROGRESS"),
        {"service/places-its-tasks": "fail"},
    ),
    "the deployment before could not": (lambda: deployed(hour=7, state="IN_PROGRESS"), {}),
    "done, and tasks are missing": (
        lambda: deployed(hour=8, minute=30, running=1),
        {"service/places-its-tasks": "fail", "service/runs-what-it-wants": "fail"},
    ),
    "could not place once, oldest first": (
        lambda: a_service(events=(replace(TROUBLE, at=clock(7)), replace(STEADY, at=clock(8)))),
        {},
    ),
    "registered by hand": (lambda: registered("manual"), {"service/registers-target-group": "fail"}),
    "registered by an auto scaling group": (lambda: registered("auto-scaling-group"), {}),
    "task sets may register": (
        lambda: registered("manual", controller="CODE_DEPLOY"),
        {"service/registers-target-group": "unknown"},
    ),
    "task sets of another controller": (
        lambda: registered("manual", controller="EXTERNAL"),
        {"service/registers-target-group": "unknown"},
    ),
    "nobody could tell who registers": (lambda: registered(""), {"service/registers-target-group": "unknown"}),
    "killed while starting": (
        lambda: a_service(grace_period_s=0, events=(STEADY, KILLED, KILLED)),
        {"service/grace-period-covers-start": "fail"},
    ),
    "killed while starting, since the deployment": (
        lambda: a_service(grace_period_s=0, deployments=(STARTED,), events=(killed(12), killed(11))),
        {"service/grace-period-covers-start": "fail"},
    ),
    "killed while starting, once since the deployment": (
        lambda: a_service(grace_period_s=0, deployments=(STARTED,), events=(killed(11), killed(9), killed(8))),
        {},
    ),
    "two services, one port": (lambda: other_service(2), {"service/port-not-shared": "fail"}),
    "two services, one port, udp": (lambda: other_service(2, protocol="udp"), {}),
    "two services, other ports": (lambda: other_service(2, port=10005), {}),
    "two services, awsvpc": (lambda: other_service(2, mode="awsvpc"), {}),
    "idle service on the port": (lambda: other_service(0), {"service/port-not-shared": "note"}),
    "definition gone": (
        lambda: with_path(
            replace(
                PATH_API,
                task_definition=None,
                stop=Stop(hop="service", reason="orders:7 is gone", check="service/task-definition-exists"),
            )
        ),
        {"service/task-definition-exists": "fail"},
    ),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_a_deviation_breaks_exactly_these_checks(name: str) -> None:
    build, expected = DEVIATIONS[name]
    outcomes = found(build())
    spoken = {check: outcome for check, outcome in outcomes.items() if outcome != "blocked"}
    assert spoken == {check: outcome for check, outcome in expected.items() if outcome != "blocked"}
    assert {check for check, outcome in expected.items() if outcome == "blocked"} <= outcomes.keys() - spoken.keys()


@pytest.mark.parametrize(
    ("table", "checks"),
    [
        ("targets", {"target-group/healthy-targets", "target-group/all-targets-healthy", "instance/running"}),
        ("target_group_attributes", {"target-group/proxy-protocol-off"}),
        ("listener_rules", {"listener/rules-agree-with-default"}),
        ("route_tables", {"load-balancer/in-private-subnets"}),
        ("tasks", {"target-group/port-matches-host-port"}),
        ("container_instances", {"instance/active", "service/room-for-fixed-ports", "service/can-deploy"}),
        ("instances", {"instance/running", "instance/launches-into-the-cluster"}),
        ("launch_settings", {"instance/launches-into-the-cluster"}),
        ("services", {"service/port-not-shared"}),
        ("auto_scaling_groups", {"target-group/one-registrar"}),
        ("target_groups", {"listener/forwards-to-the-service"}),
    ],
)
def test_what_could_not_be_read_is_unknown_and_never_a_pass(table: str, checks: set[str]) -> None:
    outcomes = found(with_path(PATH_API, **{table: Table(gap=DENIED)}))
    assert {check for check in checks if outcomes.get(check) not in ("unknown", "blocked")} == set()
    assert "fail" not in outcomes.values()


def test_another_services_task_definition_that_could_not_be_read_is_unknown() -> None:
    topology = other_service(2)
    gaps = {"arn:other:1": DENIED}
    rows = {stack.TASKDEF: TASK_DEFINITION}
    assert found(replace(topology, task_definitions=Table(rows=rows, gaps=gaps))) == {
        "service/port-not-shared": "unknown"
    }


def test_a_state_of_tomorrow_is_named_as_written() -> None:
    said = messages(targets("healthy", "brandnew"))
    for check in ("target-group/all-targets-healthy", "load-balancer/every-zone-has-a-target"):
        assert "'brandnew'" in said[check], check
    assert "'brandnew'" in messages(targets("brandnew"))["target-group/healthy-targets"]


@pytest.mark.parametrize("blocks", [(), ("",), ("10.0.0.0/99",), ("10.0.1.7/16", "odd")])
def test_blocks_that_are_none_are_no_crash(blocks: tuple[str, ...]) -> None:
    topology = replace(addresses("192.0.2.7", "192.0.2.8"), vpcs=by("id", Vpc(id=stack.VPC, cidrs=blocks)))
    assert found(topology)["target-group/targets-in-vpc"] == "unknown"


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_code_is_explained(reason: str) -> None:
    text = explain(Target(id="i-1", port=1, state="unhealthy", reason=reason))
    assert text == f"i-1:1 is unhealthy ({reason}): {REASONS[reason]}"


# -- the rules of an application load balancer ---------------------------------------------------

RULES = "listener/rules-forward-the-routes"
FIXED = Action(type="fixed-response")
TO_API, TO_STATUS = (Action(forwards=(Forward(target_group_arn=arn),)) for arn in (stack.TG_API, stack.TG_STATUS))


def condition(field: str, *values: str) -> tuple[str, tuple[str, ...]]:
    return field, values


def alb(*rules: tuple[tuple[tuple[str, tuple[str, ...]], ...], Action], default: Action = TO_API) -> Topology:
    """GET / and ANY /{proxy+} over a version 2 link, to a listener with these rules, the first one first."""
    listener_ = replace(LISTENER_API, protocol="HTTP", actions=(default,))
    rows = tuple(
        ListenerRule(arn=f"rule/{index}", priority=10 * index, conditions=conditions, actions=(action,))
        for index, (conditions, action) in enumerate(rules, start=1)
    )
    path = replace(
        PATH_API,
        link=replace(stack.LINK, version=2),
        load_balancer=replace(NLB, type="application"),
        listener=listener_,
    )
    return with_path(path, listener_rules=Table(rows={listener_.arn: tuple(reversed(rows))}))


def by_route(topology: Topology) -> dict[str, str]:
    context = Context(topology=topology, settings=EnvSettings(name="t"), reach=Reach(topology), now=stack.TAKEN)
    every = judge(context, Rules(today=date(2026, 11, 2)), checks=[one for one in CHECKS if one.id == RULES])
    return {one.subject_key.removeprefix("orders "): one.outcome.value for one in every}


def both(outcome: str) -> dict[str, str]:
    return {"GET /": outcome, "ANY /{proxy+}": outcome}


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (alb(), both("pass")),
        (alb(((condition("path-pattern", "/*"),), FIXED)), both("fail")),
        (alb(((condition("path-pattern", "*"),), TO_STATUS)), both("fail")),
        (alb(((condition("path-pattern", "/*"),), TO_API), default=FIXED), both("pass")),
        (alb(((condition("path-pattern", "/*"),), TO_API), ((condition("path-pattern", "/*"),), FIXED)), both("pass")),
        (alb(((condition("path-pattern", "/invoices"),), FIXED)), {"GET /": "pass", "ANY /{proxy+}": "note"}),
        (
            alb(((condition("path-pattern", "/v1/*"),), TO_API), default=FIXED),
            {"GET /": "fail", "ANY /{proxy+}": "unknown"},
        ),
        (
            alb(((condition("path-pattern", "/v1/*"),), TO_API), default=TO_STATUS),
            {"GET /": "fail", "ANY /{proxy+}": "unknown"},
        ),
        (alb(((condition("path-pattern", "/prod/*"),), TO_API), default=FIXED), both("unknown")),
        (alb(((condition("host-header", "api.example.com"),), TO_API), default=FIXED), both("unknown")),
        (alb(((condition("host-header", "api.example.com"),), FIXED)), both("unknown")),
        (alb(((condition("host-header", "api.example.com"),), TO_API)), both("pass")),
        (alb(((condition("path-pattern"),), FIXED)), both("unknown")),
        (
            alb(((condition("path-pattern", "/?"), condition("host-header", "x")), FIXED)),
            {"GET /": "pass", "ANY /{proxy+}": "unknown"},
        ),
        (alb(default=FIXED), both("fail")),
    ],
)
def test_the_first_rule_that_matches_decides(topology: Topology, expected: dict[str, str]) -> None:
    assert by_route(topology) == expected


def test_the_rule_that_takes_the_requests_is_named() -> None:
    said = messages(alb(((condition("path-pattern", "/*"),), FIXED)))[RULES]
    assert said.endswith("where rule 10 (path-pattern /*: fixed-response) takes it, not the target group")


def test_a_network_listener_is_not_judged_by_paths() -> None:
    assert set(by_route(healthy(paths=(PATH_API,))).values()) == {"not-applicable"}
