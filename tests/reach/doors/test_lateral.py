"""Ways in from other networks (faults: exp-peering-tgw-vpn), each condition for itself, IPv4 and IPv6."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings

from tests.healthy import VPC, by
from tests.reach.doors.brute import acl_admits, acl_replies, best_route, groups_admit
from tests.reach.doors.spaces import OPEN_ACL, OPEN_RULES, PORTS, acl, entries, mostly, routes, rules
from tests.reach.facts import (
    IGW,
    LOCAL,
    SG_A,
    SUBNET_A,
    allow,
    deny,
    gap,
    group,
    prefix_list,
    route,
    table,
    tcp,
    world_of,
)
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    AclEntry,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    SecurityGroup,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import (
    PeeredVpc,
    Peering,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
    VpcEndpoint,
    VpnGateway,
)
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.doors import lateral
from vpclink_checks.reach.doors.certificate import Door, Kind, State
from vpclink_checks.reach.engine import Reach

ENI = NetworkInterface(
    id="eni-01", vpc_id=VPC, subnet_id=SUBNET_A, addresses=(PrivateAddress(address="10.0.0.9"),), group_ids=(SG_A,)
)
ENI6 = replace(ENI, addresses=(), ipv6=("2001:db8:1::9",))
PEER, PEER6 = "10.8.0.0/16", "2001:db8:8::/56"
BOTH = tuple(allow(100 + n, cidr, egress=out) for n, cidr in enumerate(("0.0.0.0/0", "::/0")) for out in (True, False))
ROUTES = (LOCAL, route(PEER, "pcx-01"), route(PEER6, "pcx-01"))


def joined(*entries: RouteEntry, **changes: Any) -> Topology:
    """A peering, and everything open to it: the deviation closes it, or does not."""
    facts = world_of(
        route_tables=by("id", table("rtb-01", SUBNET_A, routes=(LOCAL, *entries) if entries else ROUTES)),
        network_acls=by("id", NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=BOTH)),
        security_groups=by("id", group(SG_A, tcp(443, "0.0.0.0/0"), tcp(443, "::/0"))),
        interfaces=by("id", ENI),
    )
    return replace(facts, **changes)


def ask(topology: Topology, kind: Kind = Kind.PEERING, eni: NetworkInterface = ENI, protocol: str = "tcp") -> Door:
    found = {one.kind: one for one in lateral.doors(topology, [([eni], [(protocol, 443)])])}
    return found[kind]


def peering(**changes: Any) -> Table[Any]:
    one = Peering(
        id="pcx-01",
        requester=PeeredVpc(vpc_id=VPC, cidrs=("10.0.0.0/16",)),
        accepter=PeeredVpc(vpc_id="vpc-0peer", account="111122223333", cidrs=("10.8.4.0/24", PEER6)),
    )
    return by("id", replace(one, **changes))


def held(*some: Any) -> Table[Any]:
    return by("id", NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=some))


def groups(*some: GroupRule) -> Table[Any]:
    return by("id", group(SG_A, *some))


OFF: Any = Table(gap=gap())
NO_LIST: Any = Table(gap=gap("ec2:GetManagedPrefixListEntries"))
REFERENCE = tcp(443, group_id="sg-0peer", peering="active")

PEERED = [
    pytest.param(joined(), "lateral", PEER, id="everything open, the peering not read"),
    pytest.param(joined(peerings=peering()), "lateral", "10.8.4.0/24", id="only the other VPC's own networks"),
    pytest.param(joined(peerings=peering(status="deleted")), "shut", "pcx-01 is deleted", id="a deleted peering"),
    pytest.param(joined(peerings=Table()), "unknown", "ec2:DescribeVpcPeeringConnections", id="no such peering"),
    pytest.param(joined(LOCAL), "shut", "no route of subnet-0a leads back", id="no route back"),
    pytest.param(joined(route(PEER, "pcx-01", state="blackhole")), "shut", "sends no IPv4 replies", id="a blackhole"),
    pytest.param(
        joined(route(PEER, "pcx-01"), route("10.8.0.0/17", IGW)), "lateral", "10.8.128.0/17", id="a longer prefix"
    ),
    pytest.param(
        joined(route("pl-01", "pcx-01"), prefix_lists=by("id", prefix_list("pl-01", PEER))),
        "lateral",
        PEER,
        id="a prefix list",
    ),
    pytest.param(
        joined(route("pl-01", "pcx-01"), prefix_lists=NO_LIST),
        "unknown",
        "ec2:GetManagedPrefixListEntries",
        id="a prefix list that was not read",
    ),
    pytest.param(joined(route_tables=OFF), "unknown", "gave no answer", id="routes not read"),
    pytest.param(joined(security_groups=groups()), "shut", "sg-0a admit nobody by address on tcp 443", id="no rule"),
    pytest.param(
        joined(security_groups=groups(tcp(443, "10.0.0.0/16"))), "shut", "sg-0a admit 10.0.0.0/16", id="our own VPC"
    ),
    pytest.param(joined(security_groups=groups(tcp(443, "10.8.7.0/24"))), "lateral", "10.8.7.0/24", id="some of it"),
    pytest.param(joined(security_groups=OFF), "unknown", "gave no answer", id="groups not read"),
    pytest.param(joined(security_groups=groups(REFERENCE)), "lateral", "members of sg-0peer", id="a peer's group"),
    pytest.param(
        joined(security_groups=groups(replace(REFERENCE, peering="deleted"))), "shut", "nobody", id="a stale reference"
    ),
    pytest.param(
        joined(security_groups=groups(replace(REFERENCE, peering=""))), "shut", "nobody", id="a group of our own"
    ),
    pytest.param(
        joined(
            security_groups=groups(REFERENCE),
            interfaces=by(
                "id",
                ENI,
                NetworkInterface(
                    id="eni-02",
                    vpc_id="vpc-0peer",
                    subnet_id="subnet-0peer",
                    addresses=(PrivateAddress(address="10.8.4.7"),),
                    group_ids=("sg-0peer",),
                ),
            ),
        ),
        "lateral",
        "10.8.4.7 may come in",
        id="a peer's group with a known member",
    ),
    pytest.param(joined(network_acls=held()), "shut", "lets tcp 443 in from nobody", id="an emptied ACL"),
    pytest.param(
        joined(network_acls=held(deny(1, PEER), *BOTH)), "shut", "in from only some sources", id="an ACL against it"
    ),
    pytest.param(
        joined(network_acls=held(deny(1, PEER, egress=True), *BOTH)), "shut", "the answer", id="an ACL against replies"
    ),
    pytest.param(
        joined(network_acls=held(allow(1), allow(2, egress=True, protocol="6", from_port=5000, to_port=5000))),
        "lateral",
        PEER,
        id="one port for replies: somebody takes just that",
    ),
    pytest.param(joined(network_acls=OFF), "unknown", "gave no answer", id="ACLs not read"),
    pytest.param(
        joined(network_acls=OFF, security_groups=groups()), "shut", "nobody", id="ACLs not read, shut all the same"
    ),
]


@pytest.mark.parametrize(("topology", "state", "said"), PEERED)
def test_a_peering(topology: Topology, state: str, said: str) -> None:
    found = ask(topology)
    assert (found.state.value, said in found.text) == (state, True), found.text


@pytest.mark.parametrize(("topology", "state", "said"), PEERED)
@pytest.mark.parametrize("source", ["10.8.4.7", "10.8.200.1"])
def test_where_it_is_shut_the_way_from_end_to_end_is_blocked(
    topology: Topology, state: str, said: str, source: str
) -> None:
    """The same question to the part of the engine that follows a packet: never past a door that is shut."""
    verdict = deciding(between(Reach(topology), source, ENI.id, 443)).verdict
    assert verdict == "blocked" or state != "shut", said
    assert verdict != "reached" or state == "lateral", said


@pytest.mark.parametrize(
    ("topology", "state"),
    [
        (joined(), "lateral"),
        (joined(peerings=peering()), "lateral"),
        (joined(route(PEER, "pcx-01")), "shut"),
        (joined(security_groups=groups(tcp(443, "0.0.0.0/0"))), "shut"),
        (joined(network_acls=held(*(one for one in BOTH if one.cidr == "0.0.0.0/0"))), "shut"),
        (joined(security_groups=OFF), "unknown"),
    ],
    ids=["open", "read", "IPv4 route", "IPv4 rule", "IPv4 ACL", "groups not read"],
)
def test_ipv6(topology: Topology, state: str) -> None:
    assert ask(topology, eni=ENI6).state.value == state


def test_udp_is_judged_as_udp() -> None:
    assert ask(joined(), protocol="udp").state is State.SHUT
    open_ = joined(security_groups=groups(GroupRule(protocol="udp", from_port=443, to_port=443, cidr="0.0.0.0/0")))
    found = ask(open_, protocol="udp")
    assert found.state is State.LATERAL
    assert found.witness is not None
    assert (found.witness.protocol, found.witness.src) == ("udp", "10.8.0.0")


def test_the_witness_names_every_rule() -> None:
    found = ask(joined(peerings=peering())).witness
    assert found is not None
    assert (found.src, found.dst, found.port) == ("10.8.4.0", "10.0.0.9", 443)
    for part in ("rtb-01 sends 10.8.0.0/16 to pcx-01", "vpc-0peer of account 111122223333", "acl-01", "tcp 443 with"):
        assert any(part in step for step in found.via), part


# -- transit gateways and VPN ------------------------------------------------------------------

TGW = (LOCAL, route("10.0.0.0/8", "tgw-01"))
OURS = TransitAttachment(
    id="tgw-attach-1", gateway_id="tgw-01", kind="vpc", resource_id=VPC, route_table_id="tgw-rtb-1"
)
OTHER = replace(OURS, id="tgw-attach-2", resource_id="vpc-0other", route_table_id="tgw-rtb-2")
TO_US = TransitRoute(destination="10.0.0.0/16", attachment_ids=("tgw-attach-1",), origin="propagated")
TO_THEM = TransitRoute(destination="10.9.0.0/16", attachment_ids=("tgw-attach-2",))


def transit(ours: tuple[TransitRoute, ...] = (TO_THEM,), theirs: tuple[TransitRoute, ...] = (TO_US,)) -> Topology:
    return joined(
        *TGW[1:],
        transit_attachments=by("id", OURS, OTHER),
        transit_route_tables=by(
            "id",
            TransitRouteTable(id="tgw-rtb-1", gateway_id="tgw-01", routes=ours),
            TransitRouteTable(id="tgw-rtb-2", gateway_id="tgw-01", routes=theirs),
        ),
    )


@pytest.mark.parametrize(
    ("topology", "state", "said"),
    [
        pytest.param(joined(*TGW[1:]), "lateral", "the route tables of tgw-01 were not read", id="nothing read"),
        pytest.param(transit(), "lateral", "10.9.0.0/16 may come in by tgw-01", id="both tables lead there and back"),
        pytest.param(transit(theirs=()), "shut", "leads another attachment's packets to 10.0.0.9", id="no way to us"),
        pytest.param(transit(ours=()), "shut", "none of the replies anywhere", id="no way back"),
        pytest.param(
            transit(theirs=(replace(TO_US, state="blackhole"),)), "shut", "leads another", id="a blackhole to us"
        ),
        pytest.param(
            transit(theirs=(TO_US, replace(TO_US, destination="10.0.0.0/24", attachment_ids=("tgw-attach-9",)))),
            "shut",
            "leads another",
            id="a longer prefix elsewhere",
        ),
        pytest.param(
            transit(theirs=(replace(TO_US, attachment_ids=("tgw-attach-9",)), replace(TO_US, origin="static"))),
            "lateral",
            "vpc-0other (vpc)",
            id="static before propagated",
        ),
        pytest.param(
            transit(ours=(TO_THEM, replace(TO_THEM, destination="10.9.1.0/24", state="blackhole"))),
            "lateral",
            "10.9.0.0/24, 10.9.2.0/23",
            id="a blackhole on the way back",
        ),
        pytest.param(
            replace(transit(), transit_attachments=by("id", OURS, replace(OTHER, state="deleted"))),
            "shut",
            "leads another",
            id="the other one is deleted",
        ),
        pytest.param(
            replace(transit(), transit_attachments=by("id", replace(OURS, state="rejected"), OTHER)),
            "shut",
            "is not attached",
            id="ours is rejected",
        ),
        pytest.param(
            replace(
                transit(ours=(replace(TO_THEM, destination="pl-01"),)),
                prefix_lists=by("id", prefix_list("pl-01", "10.9.7.0/24")),
            ),
            "lateral",
            "10.9.7.0/24 may come in",
            id="a prefix list on the way back",
        ),
        pytest.param(
            replace(transit(ours=(replace(TO_THEM, destination="pl-01"),)), prefix_lists=NO_LIST),
            "unknown",
            "ec2:GetManagedPrefixListEntries",
            id="a prefix list that was not read",
        ),
        pytest.param(
            replace(transit(), transit_attachments=by("id", OTHER)), "shut", "is not attached", id="not attached"
        ),
        pytest.param(
            replace(transit(theirs=()), transit_route_tables=Table()), "lateral", "not read", id="another's gateway"
        ),
    ],
)
def test_a_transit_gateway(topology: Topology, state: str, said: str) -> None:
    found = ask(topology, Kind.TRANSIT)
    assert (found.state.value, said in found.text) == (state, True), found.text


@pytest.mark.parametrize(("carries", "state"), [(True, "lateral"), (False, "shut")])
def test_an_attachment_may_carry_no_ipv6(carries: bool, state: str) -> None:
    ours = replace(OURS, ipv6=carries)
    nobody_asked: Table[Any] = Table(gap=Gap(operation="this source", action="", code="NotRead"))
    attachments = Table(rows={ours.id: ours}, gap=nobody_asked.gap)
    facts = joined(route(PEER6, "tgw-01"), transit_attachments=attachments, transit_route_tables=nobody_asked)
    found = ask(facts, Kind.TRANSIT, ENI6)
    assert found.state.value == state, found.text


GATEWAY_ENDPOINT = VpcEndpoint(id="vpce-01", vpc_id=VPC)
VGW = (route("192.168.0.0/16", "vgw-01", origin="EnableVgwRoutePropagation"),)


@pytest.mark.parametrize(
    ("gateways", "state"),
    [
        (Table(gap=Gap(operation="this source", action="", code="NotRead")), "lateral"),
        (OFF, "unknown"),
        (by("id", VpnGateway(id="vgw-01", vpc_ids=(VPC,))), "lateral"),
        (by("id", VpnGateway(id="vgw-01")), "shut"),
        (by("id", VpnGateway(id="vgw-01", unsure=((VPC, gap("ec2:DescribeVpnGateways")),))), "unknown"),
        (by("id", VpnGateway(id="vgw-01", state="deleted", vpc_ids=(VPC,))), "shut"),
        (Table(), "unknown"),
    ],
    ids=["not asked", "refused", "attached", "detached", "attaching", "deleted", "none"],
)
def test_a_vpn_gateway(gateways: Any, state: str) -> None:
    found = ask(joined(*VGW, vpn_gateways=gateways), Kind.VPN)
    assert found.state.value == state
    assert state != "lateral" or "192.168.0.0/16 may come in by vgw-01" in found.text


@pytest.mark.parametrize(
    ("entry", "more", "state"),
    [
        (route("192.168.0.0/16", "eni-0vpn"), {}, "unknown"),
        (route("192.168.0.0/16", "arn:aws:networkmanager::123456789012:core-network/core-network-1"), {}, "unknown"),
        (route("192.168.0.0/16", "vpce-01"), {}, "unknown"),
        (route("pl-s3", "vpce-01"), {"prefix_lists": by("id", prefix_list("pl-s3", "192.0.2.0/24"))}, "shut"),
        (
            route("192.168.0.0/16", "vpce-01"),
            {"vpc_endpoints": by("id", VpcEndpoint(id="vpce-01", vpc_id=VPC))},
            "shut",
        ),
        (route("0.0.0.0/0", "nat-01"), {}, "shut"),
        (route("::/0", "eigw-01"), {}, "shut"),
        (route("0.0.0.0/0", IGW), {}, "shut"),
    ],
)
def test_appliances_are_not_judged_and_nat_lets_nobody_in(entry: RouteEntry, more: dict[str, Any], state: str) -> None:
    assert ask(joined(entry, **more), Kind.APPLIANCE).state.value == state


# -- never shut where a packet gets in ---------------------------------------------------------

ELSEWHERE = ["10.8.0.0/16", "10.8.4.0/24", "192.168.0.0/24", "0.0.0.0/0", "10.0.0.0/16"]
GATEWAYS = {"pcx-01": Kind.PEERING, "tgw-01": Kind.TRANSIT, "vgw-01": Kind.VPN}


@settings(max_examples=200)
@given(
    into=mostly(OPEN_RULES, rules(ELSEWHERE)),
    kept=mostly(OPEN_ACL, entries(ELSEWHERE)),
    table_routes=mostly((LOCAL, route("10.8.0.0/16", "pcx-01")), routes(ELSEWHERE[:-1], [*GATEWAYS, IGW, "nat-01"])),
    port=PORTS,
)
def test_exactly_those_come_in_whom_every_rule_lets_in(
    into: tuple[GroupRule, ...], kept: tuple[AclEntry, ...], table_routes: tuple[RouteEntry, ...], port: int
) -> None:
    one, its_acl = SecurityGroup(id=SG_A, ingress=into), acl("acl-01", SUBNET_A, kept)
    facts = joined(
        security_groups=by("id", one),
        network_acls=by("id", its_acl),
        route_tables=by("id", table("rtb-01", SUBNET_A, routes=table_routes)),
    )
    found = {one.kind: one for one in lateral.doors(facts, [([ENI], [("tcp", port)])])}
    for source in _sources():
        best = best_route(list(table_routes), source)
        gets_in = (
            best is not None
            and best.state == "active"
            and best.target in GATEWAYS
            and groups_admit([one], "ingress", source, (), port)
            and acl_admits(its_acl, False, source, port)
            and any(acl_replies(its_acl, True, source, range(1, 65536)))
        )
        kinds = [kind for kind in GATEWAYS.values() if any(source in each.sure for each in found[kind].sources)]
        assert kinds == ([GATEWAYS[best.target]] if gets_in and best is not None else []), source
        assert not gets_in or found[kinds[0]].state is State.LATERAL


def _sources() -> set[str]:
    found = {"8.8.8.8", "10.8.4.9"}
    for text in ELSEWHERE[:3]:
        network = ip_network(text)
        found |= {str(network[0]), str(network[-1]), str(network[0] - 1), str(network[-1] + 1)}
    return found
