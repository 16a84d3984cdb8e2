"""Where packets come from: the source table of semantics.md, section 5, and the switch of 6.2, row by row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import GroupRule, NetworkInterface, PrivateAddress, SecurityGroup, Subnet
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach

SG_NLB, SG_LINK = "sg-0eeeeeeeeeeeeeee1", "sg-0eeeeeeeeeeeeeee2"
LINK_SUBNET = "subnet-0a4a4a4a4a4a4a4a4"
V2 = VpcLink(id="v2l1nk", version=2, name="v2", subnet_ids=(LINK_SUBNET,), security_group_ids=(SG_LINK,))
ALL = GroupRule(protocol="-1", cidr="0.0.0.0/0")
LINK_ENI = NetworkInterface(
    id="eni-0a4a4a4a4a4a4a4a4",
    vpc_id=stack.VPC,
    subnet_id=LINK_SUBNET,
    type="api_gateway_managed",
    addresses=(PrivateAddress(address="10.0.21.5"),),
    group_ids=(SG_LINK,),
)


def tcp(port: int, cidr: str = "", group_id: str = "") -> GroupRule:
    return GroupRule(protocol="tcp", from_port=port, to_port=port, cidr=cidr, group_id=group_id)


def stretch(
    *,
    link: VpcLink = stack.LINK,
    balancer: dict[str, Any] | None = None,
    group: dict[str, Any] | None = None,
    attributes: dict[str, str] | None = None,
    hosts: tuple[GroupRule, ...] = (),
    nlb: tuple[GroupRule, ...] = (),
    link_egress: tuple[GroupRule, ...] = (ALL,),
    interfaces: Any = None,
) -> tuple[Topology, Path]:
    """The healthy stack with another link, load balancer, target group and rules on the targets."""
    lb: LoadBalancer = replace(stack.NLB, **(balancer or {}))
    tg: TargetGroup = replace(stack.GROUP_API, **(group or {}))
    path = replace(stack.PATH_API, link=link, load_balancer=lb, target_group=tg)
    held = {"preserve_client_ip.enabled": "true"} if attributes is None else attributes
    base = healthy()
    topology = healthy(
        paths=(path,),
        load_balancers=by("arn", lb),
        target_groups=by("arn", tg),
        target_group_attributes=Table(rows={tg.arn: held}),
        subnets=Table(
            rows={
                **base.subnets.rows,
                LINK_SUBNET: Subnet(id=LINK_SUBNET, vpc_id=stack.VPC, zone="eu-west-2a", cidrs=("10.0.21.0/24",)),
            }
        ),
        interfaces=interfaces or Table(rows={**base.interfaces.rows, LINK_ENI.id: LINK_ENI}),
        security_groups=by(
            "id",
            stack.CLUSTER_GROUP,
            replace(stack.HOSTS_GROUP, ingress=hosts),
            SecurityGroup(id=SG_NLB, ingress=nlb, egress=(ALL,)),
            SecurityGroup(id=SG_LINK, egress=link_egress),
        ),
    )
    return topology, path


def traffic(**how: Any) -> tuple[list[str], str]:
    """(source addresses, verdict) of the first leg."""
    topology, path = stretch(**how)
    reach = Reach(topology)
    found = reach.load_balancer_traffic(path, reach.legs(path)[0])
    return [trace.packet.src for trace in found], found[0].verdict


NLB_GROUP = {"security_group_ids": (SG_NLB,), "enforce_private_link": "on"}
NLB_ABSENT = {"security_group_ids": (SG_NLB,)}
NLB_ODD = {"security_group_ids": (SG_NLB,), "enforce_private_link": "half"}
NLB_OFF = {"security_group_ids": (SG_NLB,), "enforce_private_link": "off"}


@pytest.mark.parametrize(
    ("how", "sources"),
    [
        ({}, ["10.0.11.10"]),
        ({"link": V2}, ["10.0.21.5"]),
        ({"link": V2, "attributes": {}}, ["10.0.21.5"]),
        ({"link": V2, "attributes": {"preserve_client_ip.enabled": "false"}}, ["10.0.11.10"]),
        ({"link": V2, "group": {"protocol": "TCP_UDP"}, "attributes": {}}, ["10.0.21.5"]),
        ({"link": V2, "balancer": {"type": "application", "security_group_ids": (SG_NLB,)}}, ["10.0.11.10"]),
    ],
    ids=[
        "v1: the NLB's address, whatever preservation says",
        "v2, preserved: the link's interface",
        "v2, instance targets: preserved by default",
        "v2, preservation off: the NLB's address",
        "v2, UDP: preservation forced on",
        "v2, ALB: its own address",
    ],
)
def test_source_address(how: dict[str, Any], sources: list[str]) -> None:
    assert traffic(**how)[0] == sources


def test_ip_targets_are_not_preserved_by_default() -> None:
    topology, path = stretch(link=V2, group={"target_type": "ip"}, attributes={})
    target = replace(stack._targets(10000)[0], id="10.0.1.20")
    topology = replace(topology, targets=Table(rows={stack.TG_API: (target,)}))
    reach = Reach(topology)
    (trace,) = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert trace.packet.src == "10.0.11.10"


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (tcp(10000, "10.0.11.0/24"), "unknown"),
        (tcp(10000, "10.0.21.0/24"), "unknown"),
        (tcp(10000, "10.0.0.0/16"), "reached"),
        (tcp(10001, "10.0.0.0/16"), "blocked"),
    ],
    ids=["the NLB's subnet alone", "the link's subnet alone", "both", "neither"],
)
def test_unread_preservation_is_both_readings(rule: GroupRule, verdict: str) -> None:
    """Agreement is the answer, disagreement names the call and its IAM action."""
    unread = Gap(
        operation="elbv2:DescribeTargetGroupAttributes",
        action="elasticloadbalancing:DescribeTargetGroupAttributes",
        code="AccessDenied",
    )
    topology, path = stretch(link=V2, hosts=(rule,))
    reach = Reach(replace(topology, target_group_attributes=Table(gap=unread)))
    found = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert {trace.packet.src for trace in found} == {"10.0.21.5", "10.0.11.10"}
    assert {trace.verdict for trace in found} == {verdict}
    told = "; ".join(doubt for trace in found for doubt in trace.doubts)
    assert ("IAM action elasticloadbalancing:DescribeTargetGroupAttributes" in told) is (verdict == "unknown")


@pytest.mark.parametrize(
    ("how", "rule", "verdict"),
    [
        ({}, tcp(10000, "10.0.11.10/32"), "reached"),
        ({}, tcp(10000, "10.0.0.0/16"), "reached"),
        ({}, tcp(10000, "10.0.12.0/24"), "blocked"),
        ({}, tcp(10000, group_id=SG_NLB), "blocked"),
        ({"balancer": NLB_GROUP}, tcp(10000, group_id=SG_NLB), "reached"),
        ({"balancer": NLB_OFF}, tcp(10000, group_id=SG_NLB), "unknown"),
        ({"balancer": NLB_OFF}, tcp(10000, "10.0.11.0/24"), "reached"),
        ({"balancer": NLB_OFF}, tcp(10001, group_id=SG_NLB), "blocked"),
        ({"balancer": NLB_ABSENT}, tcp(10000, group_id=SG_NLB), "reached"),
        ({"balancer": NLB_ODD}, tcp(10000, group_id=SG_NLB), "unknown"),
        ({"link": V2}, tcp(10000, "10.0.21.0/24"), "reached"),
        ({"link": V2}, tcp(10000, "10.0.11.0/24"), "blocked"),
        ({"link": V2}, tcp(10000, group_id=SG_LINK), "blocked"),
        ({"link": V2, "balancer": NLB_OFF}, tcp(10000, group_id=SG_NLB), "reached"),
    ],
    ids=[
        "v1, NLB /32",
        "v1, the VPC's block",
        "v1, another zone's subnet",
        "v1, NLB without a group: a reference matches nothing",
        "v1, evaluation on: the reference works",
        "v1, evaluation off and the reference alone: contested",
        "v1, evaluation off and the addresses",
        "v1, evaluation off and another port",
        "v1, the switch was not given: on by default",
        "v1, a word that is not known: readings disagree",
        "v2 preserved, the link's subnet",
        "v2 preserved, only the NLB's subnet",
        "v2 preserved, the link's group: a client's group never works through an NLB",
        "v2 preserved, the NLB's group: the switch means nothing",
    ],
)
def test_what_the_target_must_admit(how: dict[str, Any], rule: GroupRule, verdict: str) -> None:
    assert traffic(hosts=(rule,), **how)[1] == verdict


def test_a_contested_reference_is_never_blocked_where_another_fact_is_missing_too() -> None:
    """Found by the oracle: by one reading the reference admits it, and an ACL that nobody read may let it through."""
    topology, path = stretch(balancer=NLB_OFF, hosts=(tcp(10000, group_id=SG_NLB),))
    denied = Gap(operation="ec2:DescribeNetworkAcls", action="ec2:DescribeNetworkAcls", code="AccessDenied")
    reach = Reach(replace(topology, network_acls=Table(gap=denied)))
    (trace,) = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert trace.verdict == "unknown"
    assert any("DescribeNetworkAcls" in one for one in trace.doubts)


def test_the_contested_reading_is_named() -> None:
    topology, path = stretch(balancer=NLB_OFF, hosts=(tcp(10000, group_id=SG_NLB),))
    reach = Reach(topology)
    (trace,) = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert "readings disagree: only a reference to the group of orders admits 10.0.11.10" in trace.contested
    (check,) = reach.health_check(path, reach.legs(path)[0])
    assert check.verdict == "reached", "health checks match the reference whatever the switch says"


def test_with_evaluation_off_the_fix_asks_for_addresses() -> None:
    topology, path = stretch(balancer=NLB_OFF, hosts=())
    reach = Reach(topology)
    (trace,) = reach.load_balancer_traffic(path, reach.legs(path)[0])
    fixes = [step.fix.cli for step in trace.blockers if step.fix]
    assert any("CidrIp=10.0.11.10/32" in cli for cli in fixes)
    assert not any(SG_NLB in cli for cli in fixes)


def test_secondary_addresses_of_the_nlb_send_as_well() -> None:
    eni = replace(
        stack.ENI_NLB_A,
        addresses=(PrivateAddress(address="10.0.11.10"), PrivateAddress(address="10.0.11.11", primary=False)),
    )
    interfaces = Table(rows={**healthy().interfaces.rows, eni.id: eni})
    topology, path = stretch(hosts=(tcp(10000, "10.0.11.10/32"),), interfaces=interfaces)
    reach = Reach(topology)
    found = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert [(trace.packet.src, trace.verdict) for trace in found] == [
        ("10.0.11.10", "reached"),
        ("10.0.11.11", "blocked"),
    ]


def without(base: Topology, *gone: str) -> Table[NetworkInterface]:
    rows = {id_: one for id_, one in base.interfaces.rows.items() if id_ not in gone}
    unread = Gap(operation="ec2:DescribeNetworkInterfaces", action="x", code="AccessDenied")
    return Table(rows=rows, gap=unread)


@pytest.mark.parametrize(
    ("cidr", "verdict"),
    [("10.0.11.0/24", "reached"), ("10.0.12.0/24", "blocked"), ("10.0.11.10/32", "unknown")],
)
def test_unread_interfaces_of_the_nlb_are_somewhere_in_its_subnet(cidr: str, verdict: str) -> None:
    interfaces = without(healthy(), stack.ENI_NLB_A.id, stack.ENI_NLB_B.id)
    found = traffic(hosts=(tcp(10000, cidr),), interfaces=interfaces)
    assert found == (["10.0.11.0/24"], verdict)


def to_balancer(**how: Any) -> tuple[str, str]:
    topology, path = stretch(**how)
    found = Reach(topology).link_to_load_balancer(path, stack.NLB.zones[0])
    return found[0].verdict, found[0].steps[0].rule


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        ({}, "reached"),
        ({"balancer": NLB_OFF}, "reached"),
        ({"balancer": NLB_GROUP}, "blocked"),
        ({"balancer": NLB_GROUP, "nlb": (tcp(10000, "10.0.0.0/16"),)}, "blocked"),
        ({"balancer": NLB_GROUP, "nlb": (tcp(10001, "0.0.0.0/0"),)}, "blocked"),
        ({"balancer": NLB_GROUP, "nlb": (tcp(10000, "0.0.0.0/0"),)}, "reached"),
        ({"balancer": NLB_GROUP, "nlb": (tcp(10000, "0.0.0.0/1"), tcp(10000, "128.0.0.0/1"))}, "reached"),
        ({"balancer": NLB_GROUP, "nlb": (tcp(10000, "100.64.0.0/10"),)}, "unknown"),
        ({"balancer": NLB_ABSENT}, "blocked"),
        ({"balancer": NLB_ODD}, "unknown"),
        ({"balancer": NLB_ODD, "nlb": (tcp(10000, "0.0.0.0/0"),)}, "reached"),
    ],
    ids=[
        "no groups: no filter",
        "evaluation off",
        "evaluation on, no rule",
        "evaluation on, the VPC's own block",
        "evaluation on, another port",
        "evaluation on, everybody",
        "evaluation on, everybody in two halves",
        "evaluation on, ranges that AWS does not document",
        "the switch was not given: on by default",
        "a word that is not known: readings disagree",
        "a word that is not known: readings agree",
    ],
)
def test_v1_link_at_the_load_balancer(how: dict[str, Any], verdict: str) -> None:
    assert to_balancer(**how)[0] == verdict


@pytest.mark.parametrize(
    ("how", "verdict"),
    [
        ({}, "reached"),
        ({"balancer": NLB_OFF}, "blocked"),
        ({"balancer": NLB_OFF, "nlb": (tcp(10000, group_id=SG_LINK),)}, "reached"),
        ({"balancer": NLB_OFF, "nlb": (tcp(10000, "10.0.21.0/24"),)}, "reached"),
        ({"link_egress": ()}, "blocked"),
        ({"link_egress": (tcp(10000, "10.0.11.10/32"),)}, "reached"),
        ({"balancer": NLB_OFF, "nlb": (ALL,), "link_egress": (tcp(10000, group_id=SG_NLB),)}, "reached"),
        ({"link_egress": (tcp(10001, "0.0.0.0/0"),)}, "blocked"),
    ],
    ids=[
        "an NLB without groups",
        "the switch does not help: a v2 link is ordinary VPC traffic",
        "the link's group",
        "the link's subnet",
        "the link may not send",
        "the link may send to that address",
        "the link may send to the group",
        "the link may send to another port",
    ],
)
def test_v2_link_at_the_load_balancer(how: dict[str, Any], verdict: str) -> None:
    assert to_balancer(link=V2, **how)[0] == verdict


def test_an_interface_of_someone_else_in_the_links_subnet_is_not_the_links() -> None:
    other = replace(LINK_ENI, id="eni-0other", type="interface", addresses=(PrivateAddress(address="10.0.21.99"),))
    rows = {**healthy().interfaces.rows, LINK_ENI.id: LINK_ENI, other.id: other}
    assert traffic(link=V2, interfaces=Table(rows=rows))[0] == ["10.0.21.5"]


def test_another_family_than_the_clients_comes_from_the_load_balancer() -> None:
    """elb network guide, edit-target-group-attributes: even with preservation on."""
    host = replace(stack.ENI_HOST_A, ipv6=("2001:db8:1::20",))
    nlb = replace(stack.ENI_NLB_A, ipv6=("2001:db8:1:b::10",))
    rows = {**healthy().interfaces.rows, LINK_ENI.id: LINK_ENI, host.id: host, nlb.id: nlb}
    topology, path = stretch(
        link=V2, group={"target_type": "ip", "ip_address_type": "ipv6"}, interfaces=Table(rows=rows)
    )
    target = replace(stack._targets(10000)[0], id="2001:db8:1::20")
    reach = Reach(replace(topology, targets=Table(rows={stack.TG_API: (target,)})))
    found = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert [trace.packet.src for trace in found] == ["2001:db8:1:b::10"]


ALB = LoadBalancer(
    arn=stack.NLB_ARN.replace("net/orders", "app/web"),
    name="web",
    type="application",
    vpc_id=stack.VPC,
    security_group_ids=(SG_LINK,),
)
ALB_ENI = replace(
    stack.ENI_HOST_A,
    id="eni-0a1b",
    instance_id="",
    description="ELB app/web/0123456789abcdef",
    addresses=(PrivateAddress(address="10.0.1.50"),),
    group_ids=(SG_LINK,),
)


@pytest.mark.parametrize(
    ("how", "rule", "source", "verdict"),
    [
        ({}, tcp(10000, "10.0.11.0/24"), "10.0.11.10", "reached"),
        ({"balancer": NLB_GROUP}, tcp(10000, group_id=SG_NLB), "10.0.11.10", "unknown"),
        ({"link": V2}, tcp(10000, "10.0.21.0/24"), "10.0.21.5", "reached"),
        ({"link": V2}, tcp(10000, "10.0.11.0/24"), "10.0.21.5", "blocked"),
        ({"link": V2, "balancer": NLB_OFF}, tcp(10000, group_id=SG_NLB), "10.0.21.5", "reached"),
    ],
    ids=[
        "v1: the NLB's address",
        "v1: semantics names addresses alone, so that the reference is contested",
        "v2: the link's interface, always preserved",
        "v2: not the NLB's",
        "v2: the NLB's group",
    ],
)
def test_an_alb_behind_the_nlb(how: dict[str, Any], rule: GroupRule, source: str, verdict: str) -> None:
    rows = {**healthy().interfaces.rows, LINK_ENI.id: LINK_ENI, ALB_ENI.id: ALB_ENI}
    topology, path = stretch(group={"target_type": "alb"}, attributes={}, interfaces=Table(rows=rows), **how)
    groups = {**topology.security_groups.rows, SG_LINK: SecurityGroup(id=SG_LINK, ingress=(rule,), egress=(ALL,))}
    assert path.load_balancer is not None
    topology = replace(
        topology,
        security_groups=Table(rows=groups),
        load_balancers=by("arn", path.load_balancer, ALB),
        targets=Table(rows={stack.TG_API: (replace(stack._targets(10000)[0], id=ALB.arn, zone=""),)}),
    )
    reach = Reach(topology)
    (trace,) = reach.load_balancer_traffic(path, reach.legs(path)[0])
    assert (trace.packet.src, trace.packet.dst, trace.verdict) == (source, "10.0.1.50", verdict)


@pytest.mark.parametrize(("setting", "port"), [("traffic-port", 10000), ("10009", 10009)])
def test_the_health_check_port_of_the_target_group(setting: str, port: int) -> None:
    check = replace(stack.GROUP_API.health_check, port=setting)
    topology, path = stretch(group={"health_check": check})
    targets = tuple(replace(one, health_port=None) for one in stack._targets(10000))
    reach = Reach(replace(topology, targets=Table(rows={stack.TG_API: targets})))
    (trace,) = reach.health_check(path, reach.legs(path)[0])
    assert trace.packet.port == port
