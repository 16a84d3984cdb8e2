"""From one named end to another: who is meant by a name, and what a set of packets amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.healthy import (
    ENI_HOST_A,
    ENI_NLB_A,
    ENI_NLB_B,
    HOST_A,
    HOST_B,
    LINK,
    LINK_ID,
    LISTENER_API,
    NLB,
    NLB_ARN,
    SG_CLUSTER,
    TG_API,
    VPC,
    by,
    healthy,
)
from tests.reach.facts import (
    IGW,
    LOCAL,
    REGION,
    SG_A,
    SUBNET_A,
    SUBNET_B,
    allow,
    deny,
    gap,
    group,
    table,
    tcp,
    world_of,
)
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.places import NotAnEnd
from vpclink_checks.reach.trace import Trace

PATH = "api.example.com/orders → orders/api:8080"


def asked(topology: Topology, source: str, destination: str, port: int | None = None, **more: Any) -> Trace:
    return deciding(between(Reach(topology), source, destination, port, **more))


@pytest.mark.parametrize(
    ("source", "destination", "port", "verdict", "words"),
    [
        ("internet", HOST_A, 10000, "blocked", "has no public IPv4 address"),
        ("internet", "10.0.1.99", 10000, "blocked", "is a private address"),
        (HOST_A, "10.0.1.99", 10000, "blocked", "has the address 10.0.1.99"),
        (HOST_A, "10.0.77.1", 10000, "blocked", "has an address 10.0.77.1"),
        ("internet", PATH, None, "blocked", "has no public IPv4 address"),
        ("internet", "orders", 10000, "blocked", "no interface of orders has a public address"),
        ("198.51.100.0/24", HOST_A, 10000, "blocked", "has no public IPv4 address"),
        ("::/0", HOST_A, 10000, "blocked", "has no public IPv6 address"),
        ("vpc", HOST_A, 10000, "reached", "allows tcp 10000 with 10.0.11.0/24"),
        (VPC, HOST_A, 10000, "reached", "allows tcp 10000 with 10.0.11.0/24"),
        ("vpc", HOST_A, 22, "blocked", "no inbound rule takes in tcp 22"),
        ("0.0.0.0/0", HOST_A, 22, "blocked", ""),
        ("10.0.11.10", "10.0.1.20", 10000, "reached", "allows tcp 10000 with 10.0.11.0/24"),
        ("10.0.11.0/24", TG_API, None, "reached", "allows tcp 10000 with 10.0.11.0/24"),
        ("10.0.11.99", HOST_A, 10000, "unknown", "no interface in the facts has an address of 10.0.11.99"),
        ("10.0.11.99", HOST_A, 22, "blocked", "no inbound rule takes in tcp 22"),
        ("10.0.201.9", HOST_A, 10000, "blocked", "tcp 10000 is open from 10.0.11.0/24, 10.0.12.0/24 only"),
        ("172.16.0.0/12", HOST_A, 10000, "blocked", "tcp 10000 is open from 10.0.11.0/24, 10.0.12.0/24 only"),
        ("orders", "orders-api", None, "reached", "allows tcp 10000"),
        (NLB_ARN, HOST_B, 22, "blocked", "no inbound rule takes in tcp 22"),
        (HOST_B, HOST_A, 10000, "blocked", "tcp 10000 is open from"),
        (SG_CLUSTER, HOST_A, 10000, "blocked", "tcp 10000 is open from"),
        (ENI_NLB_A.id, HOST_A, 10000, "reached", "allows tcp 10000"),
        (HOST_A, "orders", 10000, "blocked", "would be source and destination of the packet"),
        (ENI_NLB_B.id, "10.0.11.10", 10000, "reached", "allows tcp 10000 with 10.0.12.0/24"),
        (HOST_A, "orders", 443, "blocked", "orders has no listener on tcp 443"),
        (LINK_ID, "orders", 10000, "reached", "orders listens on TCP 10000"),
        (LINK_ID, "orders", 443, "blocked", "orders has no listener on tcp 443"),
        (LINK_ID, PATH, None, "reached", "allows tcp 10000"),
        (LINK_ID, HOST_A, 10000, "reached", "allows tcp 10000"),
        (LINK_ID, HOST_A, 22, "blocked", "no inbound rule takes in tcp 22"),
        (LINK_ID, "10.0.11.10", 80, "blocked", "orders has no listener on tcp 80"),
        (LINK_ID, "10.0.11.10", 10000, "reached", "orders sends it on as tcp 10.0.11.10 → 10.0.1.20:10000"),
        (LINK_ID, HOST_A, 10001, "reached", "default action forwards to orders-status"),
        (LINK_ID, HOST_A, 22, "blocked", "registered on port 10000, and not on 22"),
        (LINK_ID, HOST_B, 10000, "reached", "allows tcp 10000"),
    ],
)
def test_the_healthy_stack(source: str, destination: str, port: int | None, verdict: str, words: str) -> None:
    found = asked(healthy(), source, destination, port)
    assert found.verdict == verdict, found
    assert words in "; ".join(step.rule for step in found.steps)


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("nix", HOST_A, "source 'nix' is not in the facts (known: orders, vl1a2b3); expected \"internet\""),
        ("i-nix", HOST_A, "source 'i-nix': no interface of instance i-nix in the facts"),
        ("sg-nix", HOST_A, "source 'sg-nix': no interface in the facts carries this security group"),
        ("vpc-nix", HOST_A, "no VPC 'vpc-nix' in the facts; known: vpc-"),
        ("internet", "eni-nix", "destination 'eni-nix': no interface eni-nix in the facts"),
        ("internet", "nix", "destination 'nix' is not in the facts (known: "),
        ("10.0.0.1/8", HOST_A, "'10.0.0.1/8' is no network"),
        ("10.0.0.0/33", HOST_A, "'10.0.0.0/33' is no network"),
    ],
)
def test_names_that_stand_for_nothing(source: str, destination: str, words: str) -> None:
    with pytest.raises(NotAnEnd) as caught:
        between(Reach(healthy()), source, destination, 80)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("changes", "source", "destination"),
    [
        ({"security_groups": Table(gap=gap())}, "orders", HOST_A),
        ({"interfaces": Table(gap=gap("ec2:DescribeNetworkInterfaces"))}, "orders", HOST_A),
        ({"interfaces": Table(gap=gap("ec2:DescribeNetworkInterfaces"))}, "i-nix", HOST_A),
        ({"vpcs": Table(gap=gap("ec2:DescribeVpcs"))}, "vpc", HOST_A),
        ({"targets": Table(gap=gap("elbv2:DescribeTargetHealth"))}, "orders", "orders-api"),
        ({"target_groups": Table(gap=gap("elbv2:DescribeTargetGroups"))}, "orders", "orders-api"),
        ({"load_balancers": Table(gap=gap("elbv2:DescribeLoadBalancers"))}, "orders", HOST_A),
        ({"listeners": Table(gap=gap("elbv2:DescribeListeners"))}, HOST_A, "orders"),
        ({"network_acls": Table(gap=gap("ec2:DescribeNetworkAcls"))}, "vpc", HOST_A),
        ({"route_tables": Table(gap=gap("ec2:DescribeRouteTables"))}, "vpc", HOST_A),
        ({"subnets": Table(gap=gap("ec2:DescribeSubnets"))}, "10.0.11.99", HOST_A),
    ],
)
def test_what_was_not_read_is_unknown_and_named(changes: dict[str, Any], source: str, destination: str) -> None:
    (table_,) = changes.values()
    found = asked(healthy(**changes), source, destination, 10000)
    assert found.verdict == "unknown", found
    assert any(table_.gap.operation in doubt for doubt in found.doubts), found.doubts


def exposed(*rules: GroupRule, **changes: Any) -> Topology:
    """One host with a public address behind these rules."""
    interface = NetworkInterface(
        id="eni-1",
        vpc_id=VPC,
        subnet_id=SUBNET_A,
        addresses=(PrivateAddress(address="10.0.0.5", public="203.0.113.5"),),
        group_ids=(SG_A,),
        instance_id="i-1",
        device_index=0,
    )
    to_internet = (LOCAL, RouteEntry(destination="0.0.0.0/0", target=IGW))
    return world_of(
        interfaces=by("id", interface),
        security_groups=by("id", group(SG_A, *rules)),
        route_tables=by("id", table("rtb-0a", SUBNET_A, routes=to_internet), table("rtb-0b", SUBNET_B)),
        **changes,
    )


BLOCK = BlockPublicAccess(mode="block-ingress", state="update-complete")
BLOCKED = {"block_public_access": Table(rows={REGION: BLOCK})}


@pytest.mark.parametrize(
    ("rules", "changes", "source", "verdict", "words"),
    [
        ([tcp(80, "0.0.0.0/0")], {}, "internet", "reached", "allows tcp 80 with 0.0.0.0/0"),
        ([tcp(80, "198.51.100.0/24")], {}, "internet", "reached", "allows tcp 80 with 198.51.100.0/24"),
        ([tcp(80, "198.51.100.0/24")], {}, "203.0.113.0/24", "blocked", "admit 198.51.100.0/24 on tcp 80"),
        ([tcp(80, "198.51.100.0/24")], {}, "198.51.100.128/25", "reached", "198.51.100.0/24"),
        ([tcp(81, "0.0.0.0/0")], {}, "internet", "blocked", "admit no public source on tcp 80"),
        ([tcp(80, "0.0.0.0/0")], BLOCKED, "internet", "blocked", "VPC Block Public Access is block-ingress"),
        ([tcp(80, "0.0.0.0/0")], {"block_public_access": Table(gap=gap())}, "internet", "unknown", "gave no answer"),
        ([tcp(80, "0.0.0.0/0")], {"internet_gateways": Table(gap=gap())}, "8.8.8.8", "unknown", "gave no answer"),
        ([tcp(80, "0.0.0.0/0")], {}, "0.0.0.0/0", "reached", ""),
    ],
)
def test_from_public_addresses(
    rules: Sequence[GroupRule], changes: dict[str, Any], source: str, verdict: str, words: str
) -> None:
    for name in ("i-1", "eni-1", "203.0.113.5"):
        found = asked(exposed(*rules, **changes), source, name, 80)
        assert found.verdict == verdict, found
        assert words in "; ".join(step.rule for step in found.steps)
    private = asked(exposed(*rules, **changes), "internet", "10.0.0.5", 80)
    assert private.blockers[0].rule == (
        "10.0.0.5 is a private address, and the internet carries no packet to it; it is 203.0.113.5 there, which is"
        " another question"
    )


def test_public_sources_are_judged_for_udp_as_for_tcp() -> None:
    open_ = exposed(GroupRule(protocol="-1", cidr="0.0.0.0/0"))
    found = asked(open_, "internet", "i-1", 53, protocol="udp")
    assert (found.verdict, found.packet.protocol) == ("reached", "udp")
    for rule in (tcp(53, "0.0.0.0/0"), GroupRule(protocol="udp", from_port=54, to_port=54, cidr="0.0.0.0/0")):
        shut = asked(exposed(rule), "internet", "i-1", 53, protocol="udp")
        assert (shut.verdict, shut.packet.protocol) == ("blocked", "udp")
        assert "on udp 53" in "; ".join(step.rule for step in shut.blockers)
    private = asked(open_, "172.16.0.1", "i-1", 53, protocol="udp")
    assert private.verdict == "blocked", "its answer would have to go through the internet gateway"


def test_a_way_out_of_the_vpc_that_no_route_answers_is_blocked() -> None:
    """What comes from a peer gets no reply where no route leads back."""
    facts = exposed(tcp(80, "172.16.0.0/12"))
    alone = replace(facts, route_tables=by("id", table("rtb-0a", SUBNET_A), table("rtb-0b", SUBNET_B)))
    assert asked(alone, "172.16.0.1", "i-1", 80).verdict == "blocked"
    routed = by(
        "id", table("rtb-0a", SUBNET_A, routes=(LOCAL, RouteEntry(destination="172.16.0.0/12", target="pcx-1")))
    )
    assert asked(replace(facts, route_tables=routed), "172.16.0.1", "i-1", 80).verdict == "unknown"


def test_another_vpc_is_outside_although_its_addresses_are_the_same() -> None:
    facts = healthy()
    other = replace(facts.vpcs.need(VPC), id="vpc-other")
    both = replace(facts, vpcs=by("id", facts.vpcs.need(VPC), other))
    found = asked(both, "vpc-other", HOST_A, 10000)
    assert found.verdict == "blocked", "the answer stays in the destination's own VPC"
    assert "lies in no subnet of vpc-other" in found.steps[0].rule
    assert "comes out in vpc-0123456789abcdef0, and not where the caller is" in found.blockers[-1].rule


def test_a_version_2_link_sends_from_its_own_interfaces() -> None:
    subnets = tuple(zone.subnet_id for zone in NLB.zones)
    link = replace(LINK, version=2, target_arns=(), subnet_ids=subnets, security_group_ids=(SG_CLUSTER,))
    paths = tuple(replace(one, link=link) for one in healthy().paths)
    facts = healthy(links=by("id", link), paths=paths)
    assert asked(facts, link.id, "orders", 10000).verdict == "reached"
    assert asked(facts, link.id, PATH).packet.src == "10.0.11.0/24"


@pytest.mark.parametrize(
    ("kind", "verdict", "words"),
    [
        *(
            (one, "unknown", "no security group of")
            for one in ("interface", "lambda", "efa", "branch", "trunk", "api_gateway_managed", "vpc_endpoint", "new")
        ),
        *(
            (one, "reached", "has no security group")
            for one in ("network_load_balancer", "transit_gateway", "gateway_load_balancer_endpoint")
        ),
        ("nat_gateway", "blocked", "has no security group"),
    ],
)
def test_an_interface_without_groups_in_the_answer_is_not_known_to_be_open(kind: str, verdict: str, words: str) -> None:
    bare = replace(ENI_HOST_A, type=kind, group_ids=())
    topology = healthy(interfaces=by("id", *healthy().interfaces, bare))
    trace = asked(topology, "10.0.11.10", bare.id, 10000)
    assert trace.verdict == verdict
    assert any(words in step.rule for step in trace.steps)


def test_a_name_that_is_two_things() -> None:
    facts = healthy()
    twin = replace(facts.target_groups.need(TG_API), name="orders")
    with pytest.raises(NotAnEnd, match="is a load balancer and a target group: give the ARN"):
        between(Reach(replace(facts, target_groups=by("arn", twin))), "internet", "orders", 80)


def test_the_only_listener_needs_no_port() -> None:
    one = healthy(listeners=Table(rows={NLB_ARN: (LISTENER_API,)}))
    assert asked(one, HOST_A, "orders").packet.port == 10000


HOSTS = {"10.0.0.9": (SG_A,), "10.0.0.10": ("sg-b",), "10.0.1.4": (SG_A,), "10.0.1.12": ("sg-b",)}
NETWORKS = ["10.0.0.0/16", "10.0.0.0/24", "10.0.0.8/30", "10.0.0.10/32", "10.0.1.0/29", "10.0.1.4/32", "0.0.0.0/0"]
ASKED = ["10.0.0.0/28", "10.0.0.8/29", "10.0.1.0/28", "10.0.1.4/30", "10.0.0.9/32"]


@st.composite
def networks(draw: st.DrawFn) -> Topology:
    """Four hosts and a target behind random rules and entries of its own."""
    peers = st.one_of(
        st.sampled_from(NETWORKS).map(lambda one: tcp(80, one)),
        st.sampled_from([SG_A, "sg-b"]).map(lambda one: tcp(80, group_id=one)),
    )
    rules = draw(st.lists(peers, max_size=3))
    entry = st.tuples(st.sampled_from([allow, deny]), st.sampled_from(NETWORKS))
    drawn = draw(st.lists(entry, max_size=3))
    own = [kind(number, cidr) for number, (kind, cidr) in enumerate(drawn, 1)]
    entries = (*own, allow(100), allow(100, egress=True))
    mine = NetworkInterface(
        id="eni-t",
        vpc_id=VPC,
        subnet_id=SUBNET_B,
        addresses=(PrivateAddress(address="10.0.1.200"),),
        group_ids=("sg-t",),
    )
    others = [
        replace(
            mine,
            id=f"eni-{address}",
            subnet_id=SUBNET_A if address.startswith("10.0.0.") else SUBNET_B,
            addresses=(PrivateAddress(address=address),),
            group_ids=groups_,
        )
        for address, groups_ in HOSTS.items()
    ]
    anywhere = (GroupRule(protocol="-1", cidr="0.0.0.0/0"),)
    return world_of(
        interfaces=by("id", mine, *others),
        security_groups=by(
            "id",
            group("sg-t", *rules),
            group(SG_A, egress=draw(st.sampled_from([anywhere, ()]))),
            group("sg-b", egress=anywhere),
        ),
        network_acls=by(
            "id",
            NetworkAcl(id="acl-a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=(allow(1), allow(1, egress=True))),
            NetworkAcl(id="acl-b", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=entries),
        ),
    )


@settings(max_examples=60)
@given(facts=networks(), source=st.sampled_from(ASKED))
def test_a_range_is_what_its_addresses_are(facts: Topology, source: str) -> None:
    """Cut into pieces or asked address by address: the same verdict."""
    reach = Reach(facts)
    whole = deciding(between(reach, source, "eni-t", 80)).verdict
    single = {deciding(between(reach, str(one), "eni-t", 80)).verdict for one in ip_network(source)}
    expected = "reached" if "reached" in single else "unknown" if "unknown" in single else "blocked"
    assert whole == expected


def test_senders_that_no_rule_tells_apart_are_one_trace() -> None:
    facts = exposed(tcp(80, "10.0.1.0/25"))
    target = facts.interfaces.need("eni-1")
    others = [
        replace(
            target,
            id=f"eni-{last}",
            instance_id="",
            subnet_id=SUBNET_B,
            addresses=(PrivateAddress(address=f"10.0.1.{last}"),),
        )
        for last in range(100, 150)
    ]
    found = between(Reach(replace(facts, interfaces=by("id", target, *others))), SG_A, "i-1", 80)
    assert [(one.packet.src, one.verdict) for one in found] == [
        ("10.0.1.100/30, 10.0.1.104/29, 10.0.1.112/28", "blocked"),
        ("10.0.1.128/28, 10.0.1.144/30, 10.0.1.148/31", "blocked"),
    ]
    assert found[0].blockers != found[1].blockers


def test_a_shut_door_tells_every_layer() -> None:
    """What shuts it, and what the others say to the packet that gets as far as any."""
    facts = exposed(tcp(80, "198.51.100.128/25"), block_public_access=Table(rows={REGION: BLOCK}))
    found = asked(facts, "internet", "i-1", 80)
    assert found.packet.src == "198.51.100.128"
    assert [(step.layer, str(step.decision)) for step in found.steps] == [
        ("route table", "allow"),
        ("network ACL", "allow"),
        ("network ACL", "allow"),
        ("security groups", "allow"),
        ("VPC Block Public Access", "deny"),
    ]
    assert all(step.operation.startswith("ec2:") for step in found.steps)
