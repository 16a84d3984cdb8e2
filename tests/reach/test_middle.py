"""A load balancer in the middle: one trace for the whole way, what was not read, load balancers behind others."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import healthy as stack
from tests.healthy import by
from tests.reach.test_truth_tables import ALB, ALB_ENI
from tests.reach.truth import (
    AN_ALB,
    CLIENT,
    CLIENT_AT,
    CLIENT_NET,
    CLIENT_SUBNET,
    DROP,
    GROUPED,
    LB_AT,
    LB_NET,
    LINK_NET,
    LISTENED,
    OFF,
    PORT,
    SG_ALB,
    SG_CLIENT,
    SG_LB,
    V1,
    V2,
    VPC_NET,
    WORLD,
    Facts,
    asked,
    interface,
    tcp,
)
from vpclink_checks.model.balancing import Action, Forward, Listener, LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import GroupRule
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach

HOST = stack.PATH_API.title


# -- one trace for the whole way ---------------------------------------------------------------


def test_a_trace_holds_the_whole_way_in_order() -> None:
    found = asked(Facts(balancer=GROUPED), CLIENT, LB_AT)
    assert found.packet.title == f"tcp {CLIENT_AT} → {LB_AT}:{LISTENED}"
    told = [step.layer for step in found.steps]
    marks = [
        "security groups of eni-0client, outbound",
        "listener of orders",
        "target group orders-api",
        "target health",
    ]
    assert [told.index(one) for one in marks] == sorted(told.index(one) for one in marks)
    assert found.steps[-1].layer.startswith("network ACL of subnet-0a2a2a2a2a2a2a2a2, inbound")  # the reply
    assert f"orders sends it on as tcp {CLIENT_AT} → 10.0.1.20:{PORT}" in [step.rule for step in found.steps]


@pytest.mark.parametrize(
    ("link", "facts", "layers"),
    [
        (V1, {"balancer": GROUPED, "lb": (), "hosts": ()}, ["inbound", "inbound"]),
        (V2, {"balancer": GROUPED, "link_out": (), "lb": (), "lb_out": (), "hosts": ()}, ["outbound", "inbound"] * 2),
        (V2, {"balancer": GROUPED, "lb_out": ()}, ["outbound"]),
    ],
    ids=["version 1", "version 2", "version 2, the load balancer may not send"],
)
def test_a_link_to_a_target_tells_every_blocker_on_the_way(link: Any, facts: dict[str, Any], layers: list[str]) -> None:
    """From the link to the load balancer, its listener, and on: not only as it arrives at the target."""
    found = asked(Facts(link=link, **facts), link.id, HOST, None)
    assert found.verdict == "blocked"
    assert [step.layer.rpartition(", ")[2] for step in found.blockers] == layers
    assert "listener of orders" in [step.layer for step in found.steps]


@pytest.mark.parametrize("link", [V1, V2])
def test_a_link_reaches_what_is_registered_and_no_other_port(link: Any) -> None:
    facts = Facts(link=link)
    assert asked(facts, link.id, stack.HOST_A, PORT).verdict == "reached"
    found = asked(facts, link.id, stack.HOST_A, 22)
    assert found.verdict == "blocked"
    assert [step.layer for step in found.blockers] == ["target group orders-api"]


def test_a_change_for_every_blocker_opens_the_whole_way() -> None:
    """Applied to the facts, the suggested change makes the verdict flip."""
    facts = Facts(balancer=GROUPED, lb=(), lb_out=(), hosts=(), listener={"port": LISTENED})
    found = asked(facts, CLIENT, LB_AT)
    assert found.verdict == "blocked"
    assert found.change is not None
    opened = found.change.apply(facts.topology)
    assert deciding(between(Reach(opened), CLIENT, LB_AT, LISTENED)).verdict == "reached"


def test_a_loopback_is_opened_by_turning_preservation_off() -> None:
    facts = Facts(targets=stack._targets(PORT)[:1])
    found = asked(facts, stack.HOST_A, LB_AT)
    assert found.change is not None
    opened = Reach(found.change.apply(facts.topology))
    assert deciding(between(opened, stack.HOST_A, LB_AT, LISTENED)).verdict == "reached"
    assert "Key=preserve_client_ip.enabled,Value=false" in found.change.fix.cli


# -- what was not read -------------------------------------------------------------------------


FROM_LB = (tcp(PORT, LB_NET),)


def denied(action: str) -> Gap:
    operation = action.replace("elasticloadbalancing:", "elbv2:")
    return Gap(operation=operation, action=action, code="AccessDeniedException")


@pytest.mark.parametrize(
    ("table", "action", "facts"),
    [
        ("listeners", "elasticloadbalancing:DescribeListeners", {}),
        ("target_groups", "elasticloadbalancing:DescribeTargetGroups", {}),
        ("targets", "elasticloadbalancing:DescribeTargetHealth", {}),
        (
            "target_group_attributes",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            {"hosts": (tcp(PORT, LB_NET),)},
        ),
        ("instances", "ec2:DescribeInstances", {}),
        ("security_groups", "ec2:DescribeSecurityGroups", {}),
        ("listener_rules", "elasticloadbalancing:DescribeRules", {"balancer": AN_ALB}),
    ],
)
def test_what_was_not_read_is_unknown_and_named(table: str, action: str, facts: dict[str, Any]) -> None:
    found = asked(Facts(more={table: Table(gap=denied(action))}, **facts), CLIENT, LB_AT)
    assert found.verdict == "unknown"
    assert any(action in doubt for doubt in found.doubts), found.doubts


def test_unread_rules_of_an_nlb_are_no_matter_where_there_is_one_target_group() -> None:
    unread: Table[Any] = Table(gap=denied("elasticloadbalancing:DescribeRules"))
    one = Facts(more={"listener_rules": unread})
    assert asked(one, CLIENT, LB_AT).verdict == "reached"
    both = by("arn", stack.GROUP_API, stack.GROUP_STATUS)
    assert asked(replace(one, more={**one.more, "target_groups": both}), CLIENT, LB_AT).verdict == "unknown"


def test_an_interface_of_a_load_balancer_that_was_not_read() -> None:
    unread: Table[Any] = Table(gap=denied("elasticloadbalancing:DescribeLoadBalancers"))
    found = asked(Facts(more={"load_balancers": unread}), CLIENT, LB_AT)
    assert found.verdict == "unknown"
    assert "DescribeLoadBalancers" in found.doubts[0]


def test_unread_cross_zone_is_a_doubt_for_the_other_zone_alone() -> None:
    unread: Table[Any] = Table(gap=denied("elasticloadbalancing:DescribeLoadBalancerAttributes"))
    facts = Facts(targets=stack._targets(PORT)[:1], more={"load_balancer_attributes": unread})
    assert asked(facts, CLIENT, LB_AT).verdict == "reached"
    assert asked(facts, CLIENT, "10.0.12.10").verdict == "unknown"


# -- targets outside the facts, and of other kinds ---------------------------------------------


def at(address: str, **more: Any) -> Facts:
    return Facts(group={"target_type": "ip"}, targets=(Target(id=address, port=PORT, zone="all"),), **more)


GONE = Target(id="10.0.1.99", port=PORT, zone="all", state="unhealthy")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (at("192.168.7.7"), "blocked"),
        (at("192.168.7.7", balancer=GROUPED, lb_out=(tcp(PORT, VPC_NET),)), "blocked"),
        (Facts(group={"target_type": "ip"}, targets=(GONE,)), "blocked"),
        (at("10.0.1.99"), "unknown"),
        (Facts(group={"target_type": "lambda"}), "reached"),
        (Facts(group={"target_type": "crystal"}), "unknown"),
        (Facts(targets=(Target(id="i-0gone", port=PORT, zone="eu-west-2a"),)), "blocked"),
    ],
    ids=[
        "no route",
        "the groups let nothing out",
        "nobody's",
        "nobody's, healthy",
        "a function",
        "a type of tomorrow",
        "gone",
    ],
)
def test_targets_that_are_no_hosts_of_ours(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, LB_AT).verdict == expected


# -- a load balancer behind another ------------------------------------------------------------


def _to(arn: str) -> tuple[Action, ...]:
    return (Action(forwards=(Forward(target_group_arn=arn),)),)


def nested(*, alb: tuple[GroupRule, ...], hosts: tuple[GroupRule, ...] = (tcp(PORT, group_id=SG_ALB),)) -> Facts:
    """NLB → ALB on port 80 → the hosts on 10000."""
    front = TargetGroup(
        arn=f"{stack.TG_API}-alb",
        name="to-web",
        target_type="alb",
        vpc_id=stack.VPC,
        load_balancer_arns=(stack.NLB_ARN,),
    )
    inner = Listener(
        arn="web-80",
        load_balancer_arn=ALB.arn,
        port=80,
        protocol="HTTP",
        actions=_to(stack.TG_API),
    )
    base = Facts(alb=alb, hosts=hosts, interfaces=(ALB_ENI,))
    outer = replace(
        stack.LISTENER_API, port=LISTENED, actions=(Action(forwards=(Forward(target_group_arn=front.arn),)),)
    )
    web = replace(stack.GROUP_API, protocol="HTTP", load_balancer_arns=(ALB.arn,))
    return replace(
        base,
        more={
            "load_balancers": by("arn", stack.NLB, ALB),
            "listeners": Table(rows={stack.NLB_ARN: (outer,), ALB.arn: (inner,)}),
            "listener_rules": Table(rows={outer.arn: (), inner.arn: ()}),
            "target_groups": by("arn", front, web),
            "target_group_attributes": Table(rows={front.arn: {}, web.arn: {}}),
            "targets": Table(rows={front.arn: (Target(id=ALB.arn, port=80),), web.arn: stack._targets(PORT)}),
        },
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (nested(alb=(tcp(80, CLIENT_NET),)), "reached"),
        (nested(alb=(tcp(80, LB_NET),)), "blocked"),
        (nested(alb=(tcp(80, CLIENT_NET),), hosts=(tcp(PORT, CLIENT_NET),)), "blocked"),
        (nested(alb=(tcp(80, group_id=SG_CLIENT),)), "blocked"),
    ],
    ids=["the ALB admits the client", "only the NLB", "the hosts see the ALB, not the client", "the client's group"],
)
def test_an_alb_behind_an_nlb_goes_on_to_its_own_targets(facts: Facts, expected: str) -> None:
    found = asked(facts, CLIENT, "orders")
    assert found.verdict == expected
    assert "listener of web" in [step.layer for step in found.steps]


def classic(*, group: tuple[GroupRule, ...] = (tcp(80, CLIENT_NET),), port: int = PORT) -> Facts:
    old = ClassicBalancer(
        balancer=LoadBalancer(
            arn="arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/old",
            name="old",
            type="classic",
            vpc_id=stack.VPC,
            zones=(Zone(name=stack.NLB_A, subnet_id=stack.NLB_A),),
            security_group_ids=(SG_LB,),
        ),
        listeners=(ClassicListener(port=80, instance_port=port),),
        instance_ids=(stack.HOST_A,),
    )
    node = interface("eni-0old", stack.NLB_A, "10.0.11.77", SG_LB, description="ELB old")
    return Facts(lb=group, interfaces=(node,), more={"classic_balancers": by("name", old)})


@pytest.mark.parametrize(
    ("facts", "port", "expected"),
    [
        (classic(), 80, "reached"),
        (classic(), 81, "blocked"),
        (classic(group=()), 80, "blocked"),
        (replace(classic(), hosts=(tcp(PORT, CLIENT_NET),)), 80, "blocked"),
        (replace(classic(), hosts=(tcp(PORT, group_id=SG_LB),)), 80, "reached"),
    ],
    ids=["open", "no listener", "its group is shut", "the hosts admit clients alone", "the hosts admit its group"],
)
def test_a_classic_load_balancer_sends_on_from_its_own_address(facts: Facts, port: int, expected: str) -> None:
    assert asked(facts, CLIENT, "10.0.11.77", port).verdict == expected


# -- ranges ------------------------------------------------------------------------------------

NETWORKS = [CLIENT_NET, "10.0.31.0/28", "10.0.31.4/30", "10.0.31.5/32", LB_NET, LINK_NET, VPC_NET, WORLD]
OTHERS = {"10.0.31.4": (SG_CLIENT,), "10.0.31.9": ("sg-0link",)}


@settings(max_examples=30)
@given(
    lb=st.lists(st.sampled_from(NETWORKS), max_size=2),
    hosts=st.lists(st.sampled_from(NETWORKS), max_size=2),
    kept=st.booleans(),
    source=st.sampled_from(["10.0.31.0/29", "10.0.31.4/31", "10.0.31.8/30"]),
)
def test_a_range_is_what_its_addresses_are(lb: list[str], hosts: list[str], kept: bool, source: str) -> None:
    """The targets' rules tell clients apart as the load balancer's do: cut into pieces, or asked one by one."""
    facts = Facts(
        balancer=GROUPED,
        lb=tuple(tcp(LISTENED, one) for one in lb),
        hosts=tuple(tcp(PORT, one) for one in hosts),
        attributes={} if kept else DROP,
        interfaces=tuple(interface(f"eni-{at_}", CLIENT_SUBNET, at_, *groups) for at_, groups in OTHERS.items()),
    )
    reach = facts.reach
    whole = deciding(between(reach, source, LB_AT, LISTENED)).verdict
    single = {deciding(between(reach, str(one), LB_AT, LISTENED)).verdict for one in ip_network(source)}
    assert whole == next(one for one in ("reached", "unknown", "blocked") if one in single)


# -- families ----------------------------------------------------------------------------------


def test_udp_toward_ipv6_may_leave_from_a_prefix_of_the_subnet() -> None:
    """botocore 1.44.5, SourceNatIpv6Prefixes: which address of the subnet is not in the facts."""
    six = "2001:db8:1:1::20"
    host = replace(stack.ENI_HOST_A, ipv6=(six,))
    nlb = replace(stack.ENI_NLB_A, ipv6=("2001:db8:1:3::10",))
    facts = Facts(
        balancer={"ip_address_type": "dualstack"},
        listener={"protocol": "UDP"},
        group={"protocol": "UDP", "target_type": "ip", "ip_address_type": "ipv6"},
        targets=(Target(id=six, port=PORT, zone="eu-west-2a"),),
        interfaces=(host, nlb),
        hosts=(tcp(PORT, "2001:db8:1:3::/64", protocol="udp"),),
    )
    assert asked(facts, CLIENT, LB_AT, protocol="udp").verdict == "reached"
    narrow = replace(facts, hosts=(tcp(PORT, "2001:db8:1:3::10/128", protocol="udp"),))
    assert asked(narrow, CLIENT, LB_AT, protocol="udp").verdict == "unknown"
    shut = replace(facts, hosts=(tcp(PORT, "2001:db8:1:9::/64", protocol="udp"),))
    assert asked(shut, CLIENT, LB_AT, protocol="udp").verdict == "blocked"


def test_a_version_1_link_with_evaluation_off_is_contested_on_the_whole_way() -> None:
    facts = Facts(link=V1, balancer=OFF, hosts=(tcp(PORT, group_id=SG_LB),))
    found = asked(facts, V1.id, HOST, None)
    assert found.verdict == "unknown"
    assert "readings disagree: only a reference to the group of orders" in found.contested
