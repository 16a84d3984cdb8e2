"""Targets behind an ALB that is a target itself: their own addresses and every other way to them count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import (
    ALWAYS,
    SG_NLB,
    TO_INTERNET,
    WORLD,
    all_interfaces,
    denied,
    findings,
    loud,
    routes_for_hosts,
    tcp,
    worst,
)
from tests.checks.test_exposure import AGENT, INTERNET, OPEN, OTHER, RESTRICTED, SECOND, second_balancer
from tests.healthy import by, healthy
from vpclink_checks.api.reachability import Ask
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import (
    Action,
    Forward,
    Listener,
    ListenerRule,
    LoadBalancer,
    Target,
    TargetGroup,
    Zone,
)
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import NetworkInterface, PrivateAddress, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.doors.apis import ways_in
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.exposure import doors, here_of
from vpclink_checks.words import Outcome

ADDRESS, CLASSIC = "exposure/no-public-address", "exposure/no-classic-load-balancer"
INNER = stack.NLB_ARN.replace("net/orders/", "app/inner/")
INNER_TG = stack.TG_API.replace("orders-api", "inner")
FROM_VPC = tcp(10000, "10.0.0.0/16")
ALB = LoadBalancer(
    arn=INNER,
    name="inner",
    type="application",
    vpc_id=stack.VPC,
    zones=stack.NLB.zones,
    security_group_ids=(SG_NLB,),
)
ENIS = [
    NetworkInterface(
        id=f"eni-0alb{zone}",
        vpc_id=stack.VPC,
        subnet_id=subnet,
        description=f"ELB {INNER.partition('loadbalancer/')[2]}",
        group_ids=(SG_NLB,),
        addresses=(PrivateAddress(address=address),),
    )
    for zone, subnet, address in (("a", stack.NLB_A, "10.0.11.30"), ("b", stack.NLB_B, "10.0.12.30"))
]
FORWARD = Action(forwards=(Forward(target_group_arn=INNER_TG),))
LISTENER = Listener(arn="inner-10000", load_balancer_arn=INNER, port=10000, protocol="HTTP", actions=(FORWARD,))
RULE = ListenerRule(arn="inner-rule", priority=1, actions=(FORWARD,))
FRONT = replace(stack.GROUP_API, target_type="alb")
PATH = replace(stack.PATH_API, target_group=FRONT, service=None, task_definition=None)


def chain(*, public: bool = False, by_rule: bool = False, host_rule: str = "10.0.0.0/16") -> Topology:
    """NLB → ALB on 10000 → the hosts on 10000, which a public address and route may be at."""
    base = healthy()
    host = replace(
        stack.ENI_HOST_A, addresses=(PrivateAddress(address="10.0.1.20", public="203.0.113.20" if public else ""),)
    )
    listener = replace(LISTENER, actions=(Action(type="fixed-response"),)) if by_rule else LISTENER
    inner = TargetGroup(arn=INNER_TG, name="inner", vpc_id=stack.VPC, load_balancer_arns=(INNER,), protocol="HTTP")
    return healthy(
        load_balancers=by("arn", stack.NLB, ALB),
        load_balancer_attributes=Table(rows={**base.load_balancer_attributes.rows, INNER: {}}),
        listeners=Table(rows={**base.listeners.rows, INNER: (listener,)}),
        listener_rules=Table(rows={**base.listener_rules.rows, LISTENER.arn: (RULE,) if by_rule else ()}),
        target_groups=by("arn", FRONT, stack.GROUP_STATUS, inner),
        target_group_attributes=Table(rows={**base.target_group_attributes.rows, INNER_TG: {}}),
        targets=Table(
            rows={
                **base.targets.rows,
                stack.TG_API: (Target(id=INNER, port=10000),),
                INNER_TG: base.targets.rows[stack.TG_API],
            }
        ),
        interfaces=all_interfaces(host, *ENIS),
        route_tables=routes_for_hosts(TO_INTERNET) if public else base.route_tables,
        security_groups=by(
            "id",
            stack.CLUSTER_GROUP,
            replace(stack.HOSTS_GROUP, ingress=(tcp(10000, host_rule),)),
            SecurityGroup(id=SG_NLB, ingress=(FROM_VPC,), egress=stack.OUT_ALL),
        ),
        paths=(PATH,),
    )


def test_a_healthy_chain_says_nothing_and_judges_the_hosts() -> None:
    topology = chain()
    assert loud(topology) == ALWAYS
    judged = {one.check for one in findings(topology) if one.outcome is Outcome.PASS}
    assert {INTERNET, RESTRICTED, AGENT, ADDRESS, OPEN, OTHER} <= judged
    assert doors(Reach(topology), PATH).verdict == "blocked"


@pytest.mark.parametrize("by_rule", [False, True])
def test_hosts_behind_an_alb_that_the_internet_reaches(by_rule: bool) -> None:
    topology = chain(public=True, by_rule=by_rule, host_rule=WORLD)
    assert loud(topology) == {
        **ALWAYS,
        INTERNET: "fail",
        RESTRICTED: "blocked",
        OPEN: "fail",
        ADDRESS: "fail",
    }
    assert doors(Reach(topology), PATH).verdict == "reached"
    assert Ask(Reach(topology), lambda _: None)("internet", PATH.id).reached
    some = chain(public=True, by_rule=by_rule, host_rule="198.51.100.0/24")
    assert worst(some, RESTRICTED).outcome is Outcome.FAIL
    assert Ask(Reach(some), lambda _: None)("internet", PATH.id).reached


def test_the_suggestion_leaves_the_alb_its_way_to_the_hosts() -> None:
    found = worst(chain(public=True, host_rule=WORLD), INTERNET)
    assert found.fix is not None
    assert "0.0.0.0/0" in found.fix.text
    assert SG_NLB in found.fix.text  # whom the narrower rule in its place admits


def test_another_port_of_the_alb_is_not_the_paths() -> None:
    topology = chain(public=True, host_rule=WORLD)
    other = replace(LISTENER, port=8443)
    topology = replace(topology, listeners=Table(rows={**topology.listeners.rows, INNER: (other,)}))
    (found,) = (one for one in findings(topology) if one.check == INTERNET)
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert "nothing with an address is behind them" in found.message


@pytest.mark.parametrize(
    ("table", "key", "operation"),
    [
        ("load_balancers", INNER, "elbv2:DescribeLoadBalancers"),
        ("listeners", INNER, "elbv2:DescribeListeners"),
        ("listener_rules", LISTENER.arn, "elbv2:DescribeRules"),
        ("target_groups", INNER_TG, "elbv2:DescribeTargetGroups"),
        ("targets", INNER_TG, "elbv2:DescribeTargetHealth"),
    ],
)
def test_a_chain_that_was_not_read_is_unknown(table: str, key: str, operation: str) -> None:
    topology = chain()
    held = getattr(topology, table)
    rows = {one: row for one, row in held.rows.items() if one != key}
    changes: dict[str, Any] = {table: Table(rows=rows, gaps={key: denied(operation)})}
    topology = replace(topology, **changes)
    for check in (INTERNET, RESTRICTED, AGENT, ADDRESS, OPEN):
        found = worst(topology, check)
        assert found.outcome in (Outcome.UNKNOWN, Outcome.BLOCKED), check
        assert operation in found.message
    assert doors(Reach(topology), PATH).verdict == "unknown"


def test_other_ways_to_the_hosts_behind_an_alb_count() -> None:
    classic = ClassicBalancer(
        balancer=replace(ALB, arn="old", name="old", type="classic"),
        listeners=(ClassicListener(port=443, protocol="TCP", instance_port=10000, instance_protocol="TCP"),),
        instance_ids=(stack.HOST_A,),
    )
    topology = replace(chain(), classic_balancers=by("name", classic))
    assert "leads here too" in worst(topology, CLASSIC).message
    inner = replace(stack.GROUP_API, arn=INNER_TG)
    topology = replace(chain(), ways=(replace(PATH, id="way", stage=None, target_group=inner, routes=(BARE,)),))
    assert any(route is BARE for _, route in ways_in(here_of(Reach(topology), PATH)))


BARE = Route(api_id="other", method="GET", path="/bare")


def test_an_alb_on_the_way_that_is_internet_facing_is_a_door() -> None:
    topology = chain(host_rule=WORLD)
    open_group = SecurityGroup(id=SG_NLB, ingress=(tcp(10000, WORLD),), egress=stack.OUT_ALL)
    zones = (Zone(name="eu-west-2a", subnet_id=stack.PUBLIC_A), ALB.zones[1])
    facing = replace(ALB, scheme="internet-facing", zones=zones)
    at = (PrivateAddress(address="10.0.101.30", public="203.0.113.30"),)
    eni = replace(ENIS[0], subnet_id=stack.PUBLIC_A, addresses=at)
    topology = replace(
        topology,
        load_balancers=by("arn", stack.NLB, facing),
        interfaces=Table(rows={**topology.interfaces.rows, eni.id: eni}),
        security_groups=Table(rows={**topology.security_groups.rows, SG_NLB: open_group}),
    )
    assert worst(topology, OTHER).outcome is Outcome.FAIL


def in_front(target_type: str, target: Target) -> Topology:
    """A public NLB, an internal ALB that is registered with it, and our hosts behind that."""
    topology = second_balancer("internet-facing", host_rule=tcp(10000, "10.0.0.0/16"))
    third, third_tg = SECOND.replace("second", "third"), "third-tg"
    facing = topology.load_balancers.need(SECOND)
    inside = replace(facing, arn=INNER, name="inner", type="application", scheme="internal", zones=ALB.zones)
    own = replace(topology.listeners.need(SECOND)[0], arn="inner-80", load_balancer_arn=INNER, protocol="HTTP")
    outer = replace(own, arn="outer", load_balancer_arn=third)
    outer = replace(outer, actions=(Action(forwards=(Forward(target_group_arn=third_tg),)),), protocol="TCP")
    groups = {one.arn: one for one in topology.target_groups}
    behind = replace(next(one for one in groups.values() if one.name == "second"), load_balancer_arns=(INNER,))
    front = replace(behind, arn=third_tg, name="third", target_type=target_type, load_balancer_arns=(third,))
    eni = replace(topology.interfaces.need("eni-0second"), description=f"ELB {third.partition('loadbalancer/')[2]}")
    world = SecurityGroup(id=SG_NLB, ingress=(tcp(80, WORLD),), egress=stack.OUT_ALL)
    return replace(
        topology,
        load_balancers=by("arn", stack.NLB, inside, replace(facing, arn=third, name="third")),
        listeners=Table(rows={**healthy().listeners.rows, INNER: (own,), third: (outer,)}),
        listener_rules=Table(rows={**healthy().listener_rules.rows, own.arn: (), outer.arn: ()}),
        target_groups=Table(rows={**groups, behind.arn: behind, front.arn: front}),
        target_group_attributes=Table(rows={**topology.target_group_attributes.rows, third_tg: {}}),
        targets=Table(rows={**topology.targets.rows, third_tg: (target,)}),
        interfaces=Table(rows={**topology.interfaces.rows, eni.id: eni, **{one.id: one for one in ENIS}}),
        security_groups=Table(rows={**topology.security_groups.rows, SG_NLB: world}),
    )


REGISTERED = pytest.mark.parametrize(("target_type", "id_"), [("alb", INNER), ("ip", "10.0.11.30")])


@REGISTERED
@pytest.mark.parametrize(("port", "outcome"), [(80, "fail"), (81, "note")])
def test_a_load_balancer_in_front_of_an_internal_alb_with_our_targets_is_a_door(
    target_type: str, id_: str, port: int, outcome: str
) -> None:
    found = worst(in_front(target_type, Target(id=id_, port=port)), OTHER)
    assert found.outcome.value == outcome, found.message


@REGISTERED
def test_what_was_not_read_behind_an_alb_that_another_sends_to_may_be_ours(target_type: str, id_: str) -> None:
    topology = in_front(target_type, Target(id=id_, port=80))
    group = next(one.arn for one in topology.target_groups if one.name == "second")
    held = {arn: targets for arn, targets in topology.targets.rows.items() if arn != group}
    unread = Table(rows=held, gaps={group: denied("elbv2:DescribeTargetHealth")})
    found = worst(replace(topology, targets=unread), OTHER)
    assert found.outcome is Outcome.UNKNOWN, found.message
    assert "elbv2:DescribeTargetHealth" in found.message


@pytest.mark.parametrize("check", [INTERNET, AGENT, ADDRESS, OPEN, OTHER])
def test_an_alb_registered_by_its_addresses_hides_nothing(check: str) -> None:
    """What stands behind it is not followed from there, and that is said."""
    topology = chain(public=True, host_rule=WORLD)
    front = replace(FRONT, target_type="ip")
    mine = tuple(Target(id=one, port=10000) for one in ("10.0.11.30", "10.0.12.30"))
    topology = replace(
        topology,
        target_groups=Table(rows={**topology.target_groups.rows, front.arn: front}),
        targets=Table(rows={**topology.targets.rows, front.arn: mine}),
        paths=(replace(PATH, target_group=front),),
    )
    found = worst(topology, check)
    assert found.outcome is Outcome.UNKNOWN, found.message
    assert "ELB app/inner" in found.message


@pytest.mark.parametrize("target_type", ["instance", "alb"])
def test_a_target_group_without_a_load_balancer_has_doors_of_its_own(target_type: str) -> None:
    topology = chain(public=True, host_rule=WORLD)
    lone = TargetGroup(arn=f"{INNER_TG}-lone", name="lone", vpc_id=stack.VPC, target_type=target_type)
    mine = (Target(id=INNER, port=10000),) if target_type == "alb" else healthy().targets.rows[stack.TG_API]
    topology = replace(
        topology,
        target_groups=Table(rows={**topology.target_groups.rows, lone.arn: lone}),
        targets=Table(rows={**topology.targets.rows, lone.arn: mine}),
    )
    found = Ask(Reach(topology), lambda _: None)("internet", "lone")
    assert found.certificate is not None
    assert (found.verdict, found.certificate.verdict) == ("reached", "reached")


@pytest.mark.parametrize(
    ("port", "verdict"), [(None, "reached"), (10000, "reached"), (8080, "reached"), (9999, "blocked")]
)
def test_the_port_behind_an_alb_may_be_asked_about(port: int | None, verdict: str) -> None:
    topology = chain(public=True)
    hosts = topology.security_groups.rows[stack.HOSTS_GROUP.id]
    topology = replace(
        topology,
        targets=Table(
            rows={
                **topology.targets.rows,
                INNER_TG: tuple(replace(one, port=8080) for one in topology.targets.rows[INNER_TG]),
            }
        ),
        security_groups=Table(
            rows={**topology.security_groups.rows, hosts.id: replace(hosts, ingress=(tcp(8080, WORLD),))}
        ),
    )
    assert Ask(Reach(topology), lambda _: None)("internet", PATH.id, port=port).verdict == verdict
