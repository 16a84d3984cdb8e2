"""The ordinary door from the internet (semantics.md 7.4 and 7.5), IPv4 and IPv6, each condition for itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import (
    IGW,
    LOCAL,
    REGION,
    SG_A,
    SG_B,
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
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteTable,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.internet import Exposure, exposure

ENI = NetworkInterface(
    id="eni-01",
    vpc_id=VPC,
    subnet_id=SUBNET_A,
    addresses=(PrivateAddress(address="10.0.0.9", public="203.0.113.9"),),
    group_ids=(SG_A,),
)
ENI6 = replace(ENI, addresses=(PrivateAddress(address="10.0.0.9"),), ipv6=("2001:db8:1::9",))
ROUTES = (LOCAL, route("0.0.0.0/0", IGW), route("::/0", IGW))
BOTH = tuple(allow(100 + n, cidr, egress=out) for n, cidr in enumerate(("0.0.0.0/0", "::/0")) for out in (True, False))


def open_world(**changes: Any) -> Topology:
    """Everything open: the deviation closes it, or does not."""
    facts = world_of(
        route_tables=by("id", table("rtb-01", SUBNET_A, routes=ROUTES)),
        network_acls=by("id", NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=BOTH)),
        security_groups=by("id", group(SG_A, tcp(443, "0.0.0.0/0"), tcp(443, "::/0"))),
        interfaces=by("id", ENI),
    )
    return replace(facts, **changes)


def answer(found: Exposure) -> str:
    if found.wide:
        return "open"
    if found.maybe_wide:
        return "unknown"
    return "restricted" if found.open else "unknown" if found.maybe_open else "shut"


def ask(eni: NetworkInterface = ENI, **changes: Any) -> str:
    return answer(exposure(open_world(**changes), [eni], [443]))


def acl(*entries: Any) -> Table[Any]:
    return by("id", NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=entries))


def block(mode: str, state: str = "update-complete", *exclusions: tuple[str, str]) -> Table[Any]:
    return Table(rows={REGION: BlockPublicAccess(mode=mode, state=state, exclusions=exclusions)})


def routed(*entries: Any) -> Table[Any]:
    return by("id", table("rtb-01", SUBNET_A, routes=(LOCAL, *entries)))


OFF: Any = Table(gap=gap())
CASES = [
    pytest.param({}, "open", id="everything open"),
    pytest.param({"security_groups": by("id", group(SG_A))}, "shut", id="no rule"),
    pytest.param({"security_groups": by("id", group(SG_A, tcp(443, "10.0.0.0/8")))}, "shut", id="private sources"),
    pytest.param({"security_groups": by("id", group(SG_A, tcp(443, group_id=SG_A)))}, "shut", id="a reference"),
    pytest.param({"security_groups": by("id", group(SG_A, tcp(444, "0.0.0.0/0")))}, "shut", id="another port"),
    pytest.param(
        {"security_groups": by("id", group(SG_A, tcp(443, "198.51.100.0/24")))}, "restricted", id="one public range"
    ),
    pytest.param(
        {"security_groups": by("id", group(SG_A, tcp(443, "0.0.0.0/1"), tcp(443, "128.0.0.0/1")))},
        "open",
        id="split halves",
    ),
    pytest.param(
        {
            "security_groups": by("id", group(SG_A, tcp(443, prefix_list_id="pl-01"))),
            "prefix_lists": by("id", prefix_list("pl-01", "0.0.0.0/0")),
        },
        "open",
        id="a prefix list that holds the world",
    ),
    pytest.param(
        {"security_groups": by("id", group(SG_A, tcp(443, prefix_list_id="pl-01"))), "prefix_lists": OFF},
        "unknown",
        id="a prefix list that was not read",
    ),
    pytest.param({"security_groups": OFF}, "unknown", id="groups not read"),
    pytest.param({"route_tables": routed(route("0.0.0.0/0", "nat-01"))}, "shut", id="NAT gateway"),
    pytest.param({"route_tables": routed()}, "shut", id="no route"),
    pytest.param({"route_tables": routed(route("198.51.100.0/24", IGW))}, "restricted", id="a narrow route"),
    pytest.param({"route_tables": by("id", table("rtb-ma", routes=ROUTES, main=True))}, "open", id="the main table"),
    pytest.param({"route_tables": OFF}, "unknown", id="routes not read"),
    pytest.param({"internet_gateways": by("id", InternetGateway(id=IGW))}, "shut", id="a detached gateway"),
    pytest.param({"network_acls": acl()}, "shut", id="an emptied ACL"),
    pytest.param({"network_acls": acl(deny(1), *BOTH)}, "shut", id="an ACL that lets nobody in"),
    pytest.param({"network_acls": acl(deny(1, egress=True), *BOTH)}, "shut", id="an ACL that lets no answer out"),
    pytest.param(
        {"network_acls": acl(allow(1), allow(2, egress=True, protocol="6", from_port=5000, to_port=5000))},
        "open",
        id="an ACL with one port out: a client takes just that",
    ),
    pytest.param(
        {"network_acls": acl(allow(1), allow(2, egress=True, protocol="6", from_port=1, to_port=1023))},
        "open",
        id="an ACL with low ports out: a client may take those too",
    ),
    pytest.param({"network_acls": acl(deny(1, "198.51.100.0/24"), *BOTH)}, "open", id="an ACL against one range"),
    pytest.param({"network_acls": OFF}, "unknown", id="ACLs not read"),
    pytest.param({"block_public_access": block("block-ingress")}, "shut", id="public access blocked"),
    pytest.param({"block_public_access": block("block-bidirectional")}, "shut", id="blocked both ways"),
    pytest.param({"block_public_access": block("block-ingress", "update-in-progress")}, "unknown", id="not in effect"),
    pytest.param({"block_public_access": block("bidirectional-access-denied")}, "unknown", id="a mode not known"),
    pytest.param(
        {"block_public_access": block("block-ingress", "update-complete", (VPC, "allow-bidirectional"))},
        "open",
        id="the VPC is excluded",
    ),
    pytest.param(
        {"block_public_access": block("block-ingress", "update-complete", (SUBNET_A, "allow-bidirectional"))},
        "open",
        id="the subnet is excluded",
    ),
    pytest.param(
        {"block_public_access": block("block-ingress", "update-complete", (SUBNET_A, "allow-egress"))},
        "shut",
        id="excluded for the way out alone",
    ),
    pytest.param({"block_public_access": OFF}, "unknown", id="block of public access not read"),
    pytest.param(
        {"block_public_access": OFF, "security_groups": by("id", group(SG_A))}, "shut", id="shut all the same"
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_ipv4(changes: dict[str, Any], expected: str) -> None:
    assert ask(**changes) == expected


def test_no_public_address_is_certified() -> None:
    bare = replace(ENI, addresses=(PrivateAddress(address="10.0.0.9"),))
    found = exposure(open_world(), [bare], [443])
    assert answer(found) == "shut"
    assert found.certificate == ("eni-01 has no public IPv4 address", "eni-01 has no public IPv6 address")
    assert answer(exposure(open_world(security_groups=OFF), [bare], [443])) == "shut", "no gap matters then"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "open"),
        ({"security_groups": by("id", group(SG_A, tcp(443, "0.0.0.0/0")))}, "shut"),
        ({"security_groups": by("id", group(SG_A, tcp(443, "2001:db8:1::/56")))}, "shut"),
        ({"security_groups": by("id", group(SG_A, tcp(443, "2001:db8:9::/48")))}, "restricted"),
        ({"route_tables": routed(route("::/0", "eigw-01"))}, "shut"),
        ({"route_tables": routed(route("0.0.0.0/0", IGW))}, "shut"),
        ({"network_acls": acl(*(one for one in BOTH if one.cidr == "0.0.0.0/0"))}, "shut"),
        ({"block_public_access": block("block-ingress")}, "shut"),
    ],
    ids=["open", "IPv4 rule", "the VPC's own block", "one range", "egress-only", "IPv4 route", "IPv4 ACL", "blocked"],
)
def test_ipv6(changes: dict[str, Any], expected: str) -> None:
    assert ask(ENI6, **changes) == expected


def test_a_unique_local_address_is_not_on_the_internet() -> None:
    assert ask(replace(ENI6, ipv6=("fd00:1::9",))) == "shut"


def test_two_groups_on_one_interface_count_together() -> None:
    groups = by("id", group(SG_A), group(SG_B, tcp(443, "0.0.0.0/0")))
    assert ask(replace(ENI, group_ids=(SG_A, SG_B)), security_groups=groups) == "open"


def test_every_public_address_of_the_interface_is_a_door() -> None:
    both = replace(
        ENI,
        addresses=(PrivateAddress(address="10.0.0.9"), PrivateAddress(address="10.0.0.10", public="203.0.113.10")),
    )
    found = exposure(open_world(), [both], [443, 80])
    assert [(door.public_address, door.port) for door in found.doors] == [("203.0.113.10", 443), ("203.0.113.10", 80)]
    assert found.wide is found.doors[0]


def test_the_witness_gets_in_and_names_each_rule() -> None:
    found = exposure(open_world(), [ENI], [443])
    assert found.wide is not None
    witness = found.wide.witness(found.wide.sources.sure)
    assert (witness.src, witness.dst, witness.port) == ("198.51.100.7", "203.0.113.9", 443)
    assert witness.via == (
        "a public source",
        "route table rtb-01 sends 0.0.0.0/0 to igw-01",
        "network ACL acl-01 inbound rule 100 allows all traffic with 0.0.0.0/0",
        "network ACL acl-01 outbound rule 100 allows all traffic with 0.0.0.0/0",
        "security group sg-0a (0a) allows tcp 443 with 0.0.0.0/0",
        "VPC Block Public Access is off",
    )


def test_the_certificate_names_what_shuts_each_door() -> None:
    facts = open_world(
        route_tables=routed(route("0.0.0.0/0", "nat-01")),
        security_groups=by("id", group(SG_A, tcp(443, "10.0.0.0/8"))),
    )
    (shut,) = exposure(facts, [ENI], [443]).doors
    assert shut.closed_by == (
        "route table rtb-01 leads to an internet gateway for no IPv4 destination",
        "sg-0a admit no public source on tcp 443",
    )


def test_layers_that_shut_only_together_are_named_together() -> None:
    facts = open_world(
        route_tables=routed(route("198.51.100.0/24", IGW)),
        security_groups=by("id", group(SG_A, tcp(443, "203.0.113.0/24"))),
    )
    (shut,) = exposure(facts, [ENI], [443]).doors
    assert not shut.sources.possible
    assert len(shut.closed_by) == 1
    assert shut.closed_by[0].startswith("no public source passes all of: ")


def test_an_appliance_behind_the_gateways_own_table_is_not_judged() -> None:
    edge = RouteTable(id="rtb-ed", vpc_id=VPC, gateway_ids=(IGW,), routes=(LOCAL, route("10.0.0.0/24", "vpce-01")))
    assert ask(route_tables=by("id", table("rtb-01", SUBNET_A, routes=ROUTES), edge)) == "unknown"
