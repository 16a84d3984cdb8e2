"""Peerings and transit gateways as truth tables, IPv4 and IPv6, there and back (sources: reach.gateways, transits)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.healthy import VPC, by
from tests.reach.facts import LOCAL, gap, group, route
from tests.reach.networks import (
    ANYWHERE,
    BACK,
    FRONT,
    HERE,
    ME,
    ME6,
    MINE,
    NAT,
    OFF,
    OTHER,
    OUT,
    OVER,
    PEERED,
    REFERENCE,
    ROUTES,
    THEIRS,
    THERE,
    YOU,
    YOU6,
    YOURS,
    ask,
    check,
    facts,
    opened,
    put,
    shut,
    tables,
)
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    GroupRule,
    InternetGateway,
    NetworkAcl,
    RouteTable,
    Subnet,
)
from vpclink_checks.model.transit import (
    NatGateway,
    PeeredVpc,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
)
from vpclink_checks.reach import transits
from vpclink_checks.reach.parcels import Parcel, Spot, Where
from vpclink_checks.reach.sets import addresses, one_port

# -- peering -----------------------------------------------------------------------------------


def peering(**changes: Any) -> dict[str, Any]:
    return put("peerings", PEERED, **changes)


PEERINGS = [
    pytest.param(tables(OVER, BACK), {}, "reached", "leads to vpc-other", id="open"),
    pytest.param(tables((route("pl-you", "pcx-01"), OVER[1]), BACK), {}, "reached", "pl-you", id="by a prefix list"),
    pytest.param(tables((), BACK), {}, "blocked", "has no route to", id="no route there"),
    pytest.param(tables(OVER, ()), {}, "blocked", "has no route to", id="no route back"),
    pytest.param(
        tables(OVER, (route("10.0.0.0/24", "pcx-01", state="blackhole"), *BACK[:1])),
        {},
        "blocked",
        "(blackhole)",
        id="a blackhole back",
    ),
    *(
        pytest.param(tables(OVER, BACK), peering(status=word), "blocked", f"pcx-01 is {word}", id=word)
        for word in ("pending-acceptance", "deleted", "failed", "expired", "rejected")
    ),
    pytest.param(tables(OVER, BACK), peering(status="provisioning"), "unknown", "pcx-01 is provisioning", id="soon"),
    pytest.param(tables(OVER, BACK), {"peerings": OFF}, "unknown", "IAM action", id="not read"),
    pytest.param(tables(OVER, BACK), {"peerings": Table()}, "blocked", "there is no pcx-01", id="gone"),
    pytest.param(
        tables(OVER, BACK),
        peering(accepter=PeeredVpc(vpc_id="vpc-third", cidrs=("10.8.0.0/16",))),
        "blocked",
        "and no further",
        id="leads elsewhere",
    ),
    pytest.param(
        tables(OVER, BACK),
        {"security_groups": by("id", group("sg-me", egress=ANYWHERE), group("sg-you"))},
        "blocked",
        "no inbound rule",
        id="groups in",
    ),
    pytest.param(
        tables(OVER, BACK),
        {"network_acls": shut(THERE, "10.0.0.0/16", egress=False)},
        "blocked",
        "acl-subnet-there inbound",
        id="ACL in",
    ),
    pytest.param(
        tables(OVER, BACK),
        {"network_acls": shut(THERE, "10.0.0.0/16", egress=True)},
        "blocked",
        "acl-subnet-there outbound",
        id="the answer out",
    ),
    pytest.param(
        tables(OVER, BACK),
        {"network_acls": shut(HERE, "10.9.0.0/16", egress=False)},
        "blocked",
        "acl-subnet-here inbound",
        id="the answer in",
    ),
]


@pytest.mark.parametrize(("routes_", "changes", "verdict", "says"), PEERINGS)
def test_a_peering(routes_: Table[Any], changes: dict[str, Any], verdict: str, says: str) -> None:
    check(ask(facts(route_tables=routes_, **changes), ME, YOU), verdict, says)


def test_a_peering_carries_ipv6() -> None:
    check(ask(facts(route_tables=tables(OVER, BACK)), ME6, YOU6), "reached", "pcx-01")
    check(ask(facts(route_tables=tables(OVER[:1], BACK)), ME6, YOU6), "blocked", "has no route to 2001:db8:9::5")


@pytest.mark.parametrize(
    ("rules", "changes", "verdict"),
    [
        (REFERENCE, {}, "reached"),
        ((replace(REFERENCE[0], peering="deleted"),), {}, "blocked"),
        ((replace(REFERENCE[0], peering=""),), {}, "reached"),
        (REFERENCE, peering(accepter=replace(PEERED.accepter, region="us-east-1")), "blocked"),
        ((GroupRule(protocol="-1", group_id="sg-elsewhere", peering="active"),), {}, "blocked"),
    ],
    ids=["active", "stale", "no status", "another region", "another group"],
)
def test_references_over_a_peering(rules: tuple[GroupRule, ...], changes: dict[str, Any], verdict: str) -> None:
    groups = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", *rules))
    topology = facts(route_tables=tables(OVER, BACK), security_groups=groups, **changes)
    assert ask(topology, "eni-me", "eni-you").verdict == verdict


def test_a_peering_leads_no_further() -> None:
    """No way through the other VPC's gateways, nor on to what is peered with it (vpc peering guide)."""
    out = tables((route("0.0.0.0/0", "pcx-01"),), BACK)
    check(ask(facts(route_tables=out), "eni-me", OUT), "blocked", "and no further, not to 198.51.100.7")
    check(ask(facts(route_tables=out), "eni-me", "10.200.0.1"), "blocked", "and no further")


def test_a_vpc_that_was_not_read_is_unknown_behind_a_peering() -> None:
    mine = facts(route_tables=tables(OVER, BACK))
    bare = replace(
        mine, interfaces=by("id", mine.interfaces.need("eni-me")), unread_vpcs={OTHER: gap("ec2:DescribeSubnets")}
    )
    check(ask(bare, "eni-me", YOU), "unknown", "ec2:DescribeSubnets")
    gone = replace(bare, unread_vpcs={}, vpcs=by("id", mine.vpcs.need(VPC)))
    check(ask(gone, "eni-me", YOU), "unknown", "ec2:DescribeVpcs")


# -- transit gateways --------------------------------------------------------------------------

ON, HOME = (
    (route("10.9.0.0/16", "tgw-01"), route("2001:db8:9::/56", "tgw-01")),
    (route("10.0.0.0/16", "tgw-01"), route("2001:db8:1::/56", "tgw-01")),
)


def transit(*routes_: TransitRoute, **changes: Any) -> dict[str, Any]:
    table = TransitRouteTable(id="tgw-rtb-1", gateway_id="tgw-01", routes=(*routes_, *ROUTES), **changes)
    return {"transit_route_tables": by("id", table)}


def attachments(*rows: TransitAttachment) -> dict[str, Any]:
    return {"transit_attachments": by("id", *rows)}


FAR_ZONE = {"subnets": by("id", *(replace(one, zone="b") if one.id == HERE else one for one in facts().subnets))}
TRANSITS = [
    pytest.param({}, "reached", "sends 10.9.0.0/16 to tgw-attach-there", id="open"),
    pytest.param(attachments(YOURS), "blocked", "has no attachment to tgw-01", id="not attached"),
    pytest.param({"transit_attachments": OFF}, "unknown", "IAM action", id="attachments not read"),
    pytest.param({"transit_route_tables": OFF}, "unknown", "IAM action", id="routes not read"),
    pytest.param(attachments(replace(MINE, state="deleted"), YOURS), "blocked", "is deleted", id="deleted"),
    pytest.param(attachments(replace(MINE, state="modifying"), YOURS), "unknown", "is modifying", id="modifying"),
    pytest.param(attachments(MINE, replace(YOURS, state="rejected")), "blocked", "is rejected", id="rejected there"),
    pytest.param(attachments(replace(MINE, route_table_id=""), YOURS), "blocked", "with no route table", id="no table"),
    pytest.param(attachments(MINE), "unknown", "no tgw-attach-there in the facts", id="another account's"),
    pytest.param(FAR_ZONE, "blocked", "has no subnet in b", id="a zone without attachment"),
    pytest.param(
        attachments(
            replace(MINE, subnet_ids=(), subnets_unread=gap("ec2:DescribeTransitGatewayVpcAttachments")), YOURS
        ),
        "unknown",
        "ec2:DescribeTransitGatewayVpcAttachments",
        id="zones not read",
    ),
    pytest.param(
        transit(TransitRoute(destination="10.9.0.0/16", state="blackhole")), "blocked", "(blackhole)", id="static first"
    ),
    pytest.param(
        transit(TransitRoute(destination="10.9.0.0/24", state="blackhole", origin="propagated")),
        "blocked",
        "10.9.0.0/24 nowhere",
        id="the longest prefix first",
    ),
    pytest.param(
        transit(TransitRoute(destination="10.0.0.0/8", state="blackhole")), "reached", "10.9.0.0/16", id="a shorter one"
    ),
    pytest.param(
        transit(TransitRoute(destination="pl-you", state="blackhole")),
        "blocked",
        "pl-you nowhere",
        id="by a prefix list",
    ),
    pytest.param(
        transit(TransitRoute(destination="10.9.0.0/24", state="wobbling", attachment_ids=(YOURS.id,))),
        "unknown",
        "wobbling",
        id="a state of tomorrow",
    ),
    pytest.param(
        transit(gap=gap("ec2:SearchTransitGatewayRoutes")), "unknown", "SearchTransitGatewayRoutes", id="more"
    ),
    pytest.param(
        {
            **transit(TransitRoute(destination="10.9.0.0/24", attachment_ids=("tgw-attach-vpn",))),
            **attachments(
                MINE,
                YOURS,
                TransitAttachment(id="tgw-attach-vpn", gateway_id="tgw-01", kind="vpn", resource_id="vpn-01"),
            ),
        },
        "unknown",
        "leads to vpn vpn-01",
        id="to a VPN",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "10.0.0.0/24", egress=False)},
        "blocked",
        "acl-subnet-front inbound",
        id="ACL on the way",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "10.9.0.0/16", egress=True)}, "reached", "", id="an ACL that is not asked there"
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "10.0.0.0/24", egress=True)}, "blocked", "acl-subnet-front outbound", id="ACL back"
    ),
]


@pytest.mark.parametrize(("changes", "verdict", "says"), TRANSITS)
def test_a_transit_gateway(changes: dict[str, Any], verdict: str, says: str) -> None:
    check(ask(facts(route_tables=tables(ON, HOME), **changes), ME, YOU), verdict, says)


def test_a_transit_gateway_needs_routes_on_both_sides() -> None:
    check(ask(facts(route_tables=tables(ON, ())), ME, YOU), "blocked", "rtb-there has no route to 10.0.0.9")
    check(ask(facts(route_tables=tables((), HOME)), ME, YOU), "blocked", "rtb-here has no route to 10.9.0.5")
    check(ask(facts(route_tables=tables(ON, BACK)), ME, YOU), "reached", "pcx-01 is active")


def test_ipv6_needs_an_attachment_that_carries_it() -> None:
    topology = facts(route_tables=tables(ON, HOME))
    check(ask(topology, ME6, YOU6), "reached", "2001:db8:9::/56")
    without = replace(topology, **attachments(MINE, replace(YOURS, ipv6=False)))
    check(ask(without, ME6, YOU6), "blocked", "carries no IPv6")


def test_references_over_a_transit_gateway_are_two_readings() -> None:
    only = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", *REFERENCE))
    topology = facts(route_tables=tables(ON, HOME), security_groups=only)
    check(ask(topology, "eni-me", "eni-you"), "unknown", "readings disagree: a reference to sg-me counts over this way")
    both = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", *REFERENCE, *ANYWHERE))
    assert ask(replace(topology, security_groups=both), "eni-me", "eni-you").verdict == "reached"
    neither = by("id", group("sg-me", egress=ANYWHERE), group("sg-you"))
    assert ask(replace(topology, security_groups=neither), "eni-me", "eni-you").verdict == "blocked"


def test_the_other_vpc_s_nat_gateway_serves_whoever_comes_by_the_transit_gateway() -> None:
    """Central egress: the default route leads to a VPC whose attachment's subnet has a NAT gateway."""
    nat = NatGateway(id="nat-09", vpc_id=OTHER, subnet_id="subnet-egress", addresses=(("10.9.1.4", "203.0.113.44"),))
    egress = RouteTable(
        id="rtb-egress",
        vpc_id=OTHER,
        subnet_ids=("subnet-egress",),
        routes=(THEIRS, *HOME, route("0.0.0.0/0", "igw-09")),
    )
    topology = facts(
        route_tables=tables((route("0.0.0.0/0", "tgw-01"),), (route("0.0.0.0/0", "nat-09"), *HOME), egress),
        nat_gateways=by("id", nat),
        internet_gateways=by("id", InternetGateway(id="igw-09", vpc_ids=(OTHER,))),
        subnets=by("id", *facts().subnets, Subnet(id="subnet-egress", vpc_id=OTHER, zone="a", cidrs=("10.9.1.0/24",))),
        network_acls=by("id", *facts().network_acls, opened("subnet-egress", OTHER)),
        **transit(TransitRoute(destination="0.0.0.0/0", attachment_ids=(YOURS.id,))),
    )
    found = ask(topology, "eni-me", OUT)
    check(found, "reached", "translates 10.9.1.4 to 203.0.113.44")
    alone = replace(egress, routes=(THEIRS, route("0.0.0.0/0", "igw-09")))
    rows = {**topology.route_tables.rows, "rtb-egress": alone}
    without_way_back = replace(topology, route_tables=by("id", *rows.values()))
    check(ask(without_way_back, "eni-me", OUT), "blocked", "10.0.0.9 is a private address")


def test_a_private_nat_gateway_hides_the_sender_behind_a_transit_gateway() -> None:
    """nat-gateway-basics: private gateways connect to other VPCs over a transit gateway, with their own address."""
    front = RouteTable(id="rtb-front", vpc_id=VPC, subnet_ids=(FRONT,), routes=(LOCAL, *ON))
    private = replace(NAT, connectivity="private", addresses=(("10.0.1.4", ""),))
    only = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", GroupRule(protocol="-1", cidr="10.0.1.4/32")))
    hidden = facts(
        route_tables=tables((route("10.9.0.0/16", "nat-01"),), HOME, front),
        nat_gateways=by("id", private),
        security_groups=only,
    )
    check(ask(hidden, ME, YOU), "reached", "sends it on with its own address 10.0.1.4 in place of 10.0.0.9")
    check(ask(facts(route_tables=tables(ON, HOME), security_groups=only), ME, YOU), "blocked", "from 10.0.0.9")
    by_reference = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", *REFERENCE))
    check(ask(replace(hidden, security_groups=by_reference), ME, YOU), "blocked", "from 10.0.1.4")
    one_way = replace(hidden, route_tables=tables((route("10.9.0.0/16", "nat-01"),), (), front))
    check(ask(one_way, ME, YOU), "blocked", "rtb-there has no route to 10.0.1.4")


def test_two_ways_that_differ_are_unknown() -> None:
    """No attachment's subnet in the packets' zone: any of them takes them, and one has an ACL that denies."""
    third = Subnet(id="subnet-third", vpc_id=OTHER, zone="c", cidrs=("10.9.2.0/24",))
    subnets = (replace(one, zone="b") if one.id == THERE else one for one in facts().subnets)
    more = RouteTable(id="rtb-third", vpc_id=OTHER, subnet_ids=("subnet-third",), routes=(THEIRS, *HOME))
    there = replace(YOURS, subnet_ids=(THERE, "subnet-third"))
    topology = facts(
        route_tables=tables(ON, HOME, more),
        subnets=by("id", *subnets, third),
        network_acls=by("id", *facts().network_acls, opened("subnet-third", OTHER)),
        **attachments(MINE, there),
    )
    assert ask(topology, ME, YOU).verdict == "reached"
    closed = by(
        "id", *topology.network_acls, NetworkAcl(id="acl-subnet-third", vpc_id=OTHER, subnet_ids=("subnet-third",))
    )
    check(ask(replace(topology, network_acls=closed), ME, YOU), "unknown", "2 ways lead on")


# -- route choice ------------------------------------------------------------------------------

SPACE = ["0.0.0.0/0", "10.0.0.0/8", "10.9.0.0/16", "10.9.0.0/24", "10.9.0.4/30", "10.9.0.5/32", "10.8.0.0/13"]


@given(
    held=st.lists(
        st.tuples(st.sampled_from(SPACE), st.booleans(), st.booleans()), max_size=7, unique_by=lambda one: one[:2]
    ),
    wanted=st.sampled_from([YOU, "10.9.0.4", "10.9.0.200", "10.9.7.7", "10.8.1.1", "192.0.2.1"]),
)
def test_the_transit_gateway_chooses_as_a_plain_search_does(held: list[tuple[str, bool, bool]], wanted: str) -> None:
    routes_ = tuple(
        TransitRoute(
            destination=network,
            origin="static" if static else "propagated",
            state="active" if alive else "blackhole",
            attachment_ids=(f"tgw-attach-{index}",) if alive else (),
        )
        for index, (network, static, alive) in enumerate(held)
    )
    table = TransitRouteTable(id="tgw-rtb-1", gateway_id="tgw-01", routes=routes_)
    parcel = Parcel(src=addresses(ME), dst=addresses(wanted), protocol="tcp", asked=one_port(443))
    found = transits.best(facts(), table, Spot(where=Where.ROUTED, parcel=parcel, vpc_id=VPC))
    fitting = [one for one in routes_ if ip_address(wanted) in ip_network(one.destination)]
    expected = max(
        fitting, key=lambda one: (ip_network(one.destination).prefixlen, one.origin == "static"), default=None
    )
    assert found == ([expected] if expected else [])
