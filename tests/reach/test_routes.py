"""Route tables: a truth table of amazon-vpc-user-guide, VPC_Route_Tables (semantics.md 7.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import IGW, LOCAL, SUBNET_A, SUBNET_B, end, gap, prefix_list, route, table, world_of
from vpclink_checks.model.fact import Table, UnknownFact
from vpclink_checks.model.network import RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import routes
from vpclink_checks.reach.sets import public, world

OWN = end("10.0.0.9", SUBNET_A, filtered=False)
PEER = end("10.0.1.5", SUBNET_B, filtered=False)
PROPAGATED = "EnableVgwRoutePropagation"


def facts_with(*entries: RouteEntry, **changes: object) -> Topology:
    lists = by("id", prefix_list("pl-01", "10.0.1.0/24"), prefix_list("pl-02", "0.0.0.0/0"))
    return world_of(
        route_tables=by("id", table("rtb-01", SUBNET_A, routes=entries)), **{"prefix_lists": lists, **changes}
    )


@pytest.mark.parametrize(
    ("entries", "decision"),
    [
        pytest.param([LOCAL], "allow", id="the local route"),
        pytest.param([], "deny", id="no route"),
        pytest.param([LOCAL, route("0.0.0.0/0", "nat-01")], "allow", id="a default route is less specific"),
        pytest.param([LOCAL, route("10.0.1.0/24", "eni-01", state="blackhole")], "deny", id="blackhole for the subnet"),
        pytest.param([LOCAL, route("10.0.9.0/24", "eni-01", state="blackhole")], "allow", id="blackhole for another"),
        pytest.param([LOCAL, route("0.0.0.0/0", "nat-01", state="blackhole")], "allow", id="blackhole by default"),
        pytest.param([LOCAL, route("10.0.1.0/24", "vpce-01")], "unknown", id="an appliance in between"),
        pytest.param([LOCAL, route("10.0.1.0/24", "pcx-01", state="filtered")], "unknown", id="filtered would decide"),
        pytest.param([LOCAL, route("pl-01", "tgw-01", state="blackhole")], "deny", id="by a prefix list"),
        pytest.param([LOCAL, route("pl-gone", "tgw-01")], "allow", id="a prefix list that is gone holds nothing"),
        pytest.param(
            [LOCAL, route("10.0.1.0/24", "vgw-01", state="blackhole", origin=PROPAGATED)], "unknown", id="propagated"
        ),
    ],
)
def test_inside_the_vpc(entries: list[RouteEntry], decision: str) -> None:
    assert routes.decide(facts_with(*entries), OWN, PEER).decision == decision


@pytest.mark.parametrize(
    ("entries", "target"),
    [
        ([route("10.0.1.0/24", "pcx-01"), route("10.0.1.0/24", "vgw-01", origin=PROPAGATED)], "pcx-01"),
        ([route("pl-01", "tgw-01"), route("10.0.1.0/24", "vgw-01", origin=PROPAGATED)], "tgw-01"),
        ([route("pl-01", "tgw-01"), route("10.0.1.0/24", "pcx-01")], "pcx-01"),
        ([route("10.0.0.0/16", "pcx-01"), route("10.0.1.0/25", "vgw-01", origin=PROPAGATED)], "vgw-01"),
    ],
    ids=["static before propagated", "prefix list before propagated", "static before prefix list", "longest first"],
)
def test_priority(entries: list[RouteEntry], target: str) -> None:
    for order in (entries, entries[::-1]):
        assert f"to {target}" in routes.decide(facts_with(*order), OWN, PEER).rule


def test_two_prefix_lists_that_claim_one_network_are_a_tie() -> None:
    """EC2 takes either; the same target by both is none, and a longer prefix beside them decides."""
    lists = by("id", prefix_list("pl-01", "10.0.1.0/24"), prefix_list("pl-02", "10.0.1.0/24", "10.0.1.5/32"))
    tied = facts_with(LOCAL, route("pl-01", "pcx-01"), route("pl-03", "tgw-01"))
    tied = replace(tied, prefix_lists=by("id", *lists.rows.values(), prefix_list("pl-03", "10.0.1.0/24")))
    (table_,) = tied.route_tables
    held = [one for one in routes.pieces(tied, table_, 4) if one.addresses & PEER.addresses]
    assert "prefix lists send 10.0.1.0/24 to pcx-01 (active) and tgw-01 (active), and EC2 takes either" in held[0].doubt
    agreed = facts_with(LOCAL, route("pl-01", "pcx-01"), route("pl-02", "pcx-01"), prefix_lists=lists)
    longer = facts_with(LOCAL, route("pl-01", "pcx-01"), route("pl-02", "tgw-01"), prefix_lists=lists)
    for facts, target in ((agreed, "pcx-01"), (longer, "tgw-01")):
        (table_,) = facts.route_tables
        (held_,) = [one for one in routes.pieces(facts, table_, 4) if one.addresses & PEER.addresses]
        assert (held_.doubt, held_.entry.target if held_.entry else "") == ("", target)


def test_the_step_names_table_and_destination() -> None:
    step = routes.decide(facts_with(LOCAL, route("10.0.1.0/24", "eni-01", state="blackhole")), OWN, PEER)
    assert step.rule == ("route table rtb-01 sends 10.0.1.0/24 to eni-01 (blackhole), which drops packets to 10.0.1.5")
    assert step.fix is not None
    assert step.fix.cli == "aws ec2 delete-route --route-table-id rtb-01 --destination-cidr-block 10.0.1.0/24"


def test_inside_one_subnet_only_agreement_of_both_readings_counts() -> None:
    """Whether routes are asked at all inside a subnet is not confirmed: a blackhole alone is then unknown."""
    near = end("10.0.0.77", SUBNET_A, filtered=False)
    assert routes.decide(facts_with(LOCAL), OWN, near).decision == "allow"
    step = routes.decide(facts_with(LOCAL, route("10.0.0.0/24", "eni-01", state="blackhole")), OWN, near)
    assert step.decision == "unknown"
    assert "readings disagree" in step.rule


def test_a_subnet_without_association_has_the_main_table() -> None:
    main = table("rtb-ma", main=True)
    facts = world_of(route_tables=by("id", main))
    assert routes.table_of(facts, SUBNET_A, VPC) is main
    assert "main table, by no association" in routes.decide(facts, OWN, PEER).rule
    with pytest.raises(UnknownFact):
        routes.table_of(world_of(route_tables=Table()), SUBNET_A, VPC)


def test_an_association_may_hide_in_what_was_not_read() -> None:
    partly = Table(rows={"rtb-ma": table("rtb-ma", main=True)}, gap=gap("ec2:DescribeRouteTables"))
    step = routes.decide(world_of(route_tables=partly), OWN, PEER)
    assert step.decision == "unknown"
    assert "ec2:DescribeRouteTables" in step.rule


def test_an_unread_prefix_list_may_capture_anything() -> None:
    unread: Table[object] = Table(gap=gap("ec2:GetManagedPrefixListEntries"))
    step = routes.decide(facts_with(LOCAL, route("pl-01", "eni-01"), prefix_lists=unread), OWN, PEER)
    assert step.decision == "unknown"
    assert "ec2:GetManagedPrefixListEntries" in step.rule


def reaches(facts: Topology) -> str:
    bounds = routes.to_internet(facts, SUBNET_A, VPC, 4).bounds
    if public(4) <= bounds.sure:
        return "all"
    if not bounds.possible & public(4):
        return "none"
    return "some" if bounds.sure else "unknown"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param([LOCAL], "none", id="local alone"),
        pytest.param([LOCAL, route("0.0.0.0/0", IGW)], "all", id="the default route to the gateway"),
        pytest.param([LOCAL, route("0.0.0.0/1", IGW), route("128.0.0.0/1", IGW)], "all", id="split halves"),
        pytest.param([LOCAL, route("pl-02", IGW)], "all", id="by a prefix list"),
        pytest.param([LOCAL, route("198.51.100.0/24", IGW)], "some", id="a narrower public prefix"),
        pytest.param([LOCAL, route("0.0.0.0/0", "nat-01")], "none", id="a NAT gateway lets nobody in"),
        pytest.param([LOCAL, route("0.0.0.0/0", "eigw-01")], "none", id="an egress-only gateway neither"),
        pytest.param([LOCAL, route("0.0.0.0/0", IGW, state="blackhole")], "none", id="blackhole"),
        pytest.param([LOCAL, route("0.0.0.0/0", "igw-detached")], "none", id="a gateway that is not attached"),
        pytest.param([LOCAL, route("0.0.0.0/0", IGW, state="filtered")], "unknown", id="filtered"),
        pytest.param([LOCAL, route("0.0.0.0/0", "cagw-01")], "unknown", id="a carrier gateway is not judged"),
        pytest.param([LOCAL, route("::/0", IGW)], "none", id="IPv6 alone"),
        pytest.param([LOCAL, route("0.0.0.0/0", IGW), route("198.51.100.0/24", "tgw-01")], "some", id="some elsewhere"),
    ],
)
def test_what_goes_through_the_internet_gateway(entries: list[RouteEntry], expected: str) -> None:
    assert reaches(facts_with(*entries)) == expected


def test_an_unread_gateway_is_unknown() -> None:
    unread: Table[object] = Table(gap=gap("ec2:DescribeInternetGateways"))
    assert reaches(facts_with(LOCAL, route("0.0.0.0/0", IGW), internet_gateways=unread)) == "unknown"


def test_an_unread_prefix_list_opens_nothing_where_no_route_leads_to_a_gateway() -> None:
    """The gateway endpoint of S3 is such a route: it cannot make a private subnet public."""
    unread: Table[object] = Table(gap=gap("ec2:GetManagedPrefixListEntries"))
    private = facts_with(LOCAL, route("0.0.0.0/0", "nat-01"), route("pl-01", "vpce-01"), prefix_lists=unread)
    assert reaches(private) == "none"
    public_one = facts_with(LOCAL, route("0.0.0.0/0", IGW), route("pl-01", "vpce-01"), prefix_lists=unread)
    assert reaches(public_one) == "unknown"


def test_a_gateway_with_a_table_of_its_own_may_let_the_internet_in_by_an_appliance() -> None:
    edge = RouteTable(id="rtb-ed", vpc_id=VPC, gateway_ids=(IGW,), routes=(route("10.0.0.0/24", "vpce-01"), LOCAL))
    own = table("rtb-01", SUBNET_A, routes=(LOCAL, route("0.0.0.0/0", "vpce-01")))
    assert reaches(world_of(route_tables=by("id", own, edge))) == "unknown"
    assert "vpce-01" in routes.edge_detour(world_of(route_tables=by("id", own, edge)), VPC, "10.0.0.9")
    assert not routes.edge_detour(world_of(route_tables=by("id", own, edge)), VPC, "10.0.1.9")
    assert reaches(world_of(route_tables=by("id", own))) == "none"


def test_the_pieces_of_a_table_are_disjoint_and_cover_everything() -> None:
    facts = facts_with(LOCAL, route("0.0.0.0/0", "nat-01"), route("10.0.1.0/24", "eni-01"), route("::/0", IGW))
    found = routes.pieces(facts, facts.route_tables.need("rtb-01"), 4)
    assert sum(piece.addresses.size for piece in found) == world(4).size
