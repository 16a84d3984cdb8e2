"""NAT, internet and egress-only gateways as truth tables, IPv4 and IPv6, there and back (sources: reach.gateways)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import IGW, LOCAL, REGION, deny, group, route
from tests.reach.networks import (
    ANYWHERE,
    BLOCKED,
    FRONT,
    HERE,
    ME6,
    NAT,
    OFF,
    OTHER,
    OUT,
    OUT6,
    THERE,
    TO_NAT,
    YOU,
    YOU6,
    ask,
    card,
    check,
    facts,
    put,
    shut,
    tables,
)
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    RouteEntry,
    RouteTable,
)

# -- NAT gateways ------------------------------------------------------------------------------

NATS = [
    pytest.param({}, "reached", "translates 10.0.1.4 to 203.0.113.4", id="open"),
    pytest.param(put("nat_gateways", NAT, state="pending"), "blocked", "nat-01 is pending", id="pending"),
    pytest.param(put("nat_gateways", NAT, state="deleted"), "blocked", "nat-01 is deleted", id="deleted"),
    pytest.param(put("nat_gateways", NAT, state="deleting"), "unknown", "nat-01 is deleting", id="deleting"),
    pytest.param(put("nat_gateways", NAT, addresses=()), "unknown", "no address of nat-01", id="no address"),
    pytest.param(put("nat_gateways", NAT, vpc_id=OTHER), "blocked", "its own VPC only", id="of another VPC"),
    pytest.param({"nat_gateways": Table()}, "blocked", "there is no nat-01", id="gone"),
    pytest.param({"nat_gateways": OFF}, "unknown", "it takes the IAM action", id="not read"),
    pytest.param(
        {
            **put("nat_gateways", NAT, connectivity="private", addresses=(("10.0.1.5", ""),)),
        },
        "blocked",
        "no public address is associated with 10.0.1.5",
        id="a private one has no way through the internet gateway",
    ),
    pytest.param(
        put("nat_gateways", NAT, regional=True, subnet_id="", route_table_id="rtb-front"),
        "reached",
        "rtb-front",
        id="regional",
    ),
    pytest.param(
        put("nat_gateways", NAT, regional=True, subnet_id=""),
        "unknown",
        "by which route table",
        id="regional, no table",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "10.0.0.0/24", egress=False)}, "blocked", "acl-subnet-front inbound", id="ACL in"
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "198.51.100.0/24", egress=True)},
        "blocked",
        "acl-subnet-front outbound",
        id="ACL out",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "198.51.100.0/24", egress=False)},
        "blocked",
        "from 198.51.100.7",
        id="the answer in",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "10.0.0.0/24", egress=True)}, "blocked", "to 10.0.0.9", id="the answer on"
    ),
    pytest.param(
        {"network_acls": shut(HERE, "198.51.100.0/24", egress=False)},
        "blocked",
        "acl-subnet-here",
        id="the answer home",
    ),
    pytest.param(
        {"network_acls": shut(HERE, "10.0.1.0/24", egress=False)}, "reached", "nat-01", id="the answer is not the NAT's"
    ),
    pytest.param(
        {"internet_gateways": by("id", InternetGateway(id=IGW))}, "blocked", "is not attached", id="gateway detached"
    ),
    pytest.param(
        {"block_public_access": Table(rows={REGION: BlockPublicAccess(mode="block-ingress", state="update-complete")})},
        "reached",
        "which lets through what only opens connections outwards",
        id="ingress blocked",
    ),
    pytest.param(
        {
            "block_public_access": Table(
                rows={REGION: BlockPublicAccess(mode="block-bidirectional", state="update-complete")}
            )
        },
        "blocked",
        "is block-bidirectional",
        id="both blocked",
    ),
    pytest.param(
        {
            "block_public_access": Table(
                rows={
                    REGION: BlockPublicAccess(
                        mode="block-bidirectional", state="update-complete", exclusions=((FRONT, "allow-egress"),)
                    )
                }
            )
        },
        "reached",
        "excludes subnet-front",
        id="both blocked, egress of the NAT's subnet excluded",
    ),
]


@pytest.mark.parametrize(("changes", "verdict", "says"), NATS)
def test_a_nat_gateway(changes: dict[str, Any], verdict: str, says: str) -> None:
    check(ask(facts(route_tables=tables(TO_NAT), **changes), "eni-me", OUT), verdict, says)


@pytest.mark.parametrize(
    ("port", "protocol", "verdict"),
    [
        (443, "tcp", "reached"),
        (53, "udp", "reached"),
        (None, "icmp", "reached"),
        (None, 47, "blocked"),
        (None, "50", "blocked"),
    ],
)
def test_a_nat_gateway_passes_three_protocols(port: int | None, protocol: str | int, verdict: str) -> None:
    assert ask(facts(route_tables=tables(TO_NAT)), "eni-me", OUT, port, protocol).verdict == verdict


def test_a_nat_gateway_lets_nobody_in() -> None:
    for source in ("eni-me", "eni-front", "internet", OUT):
        for name in ("10.0.1.4", "203.0.113.4", "eni-nat"):
            assert ask(facts(), source, name).verdict == "blocked", (source, name)


def test_a_nat_gateway_whose_own_subnet_leads_back_to_it() -> None:
    itself = RouteTable(id="rtb-front", vpc_id=VPC, subnet_ids=(FRONT,), routes=(LOCAL, *TO_NAT))
    check(ask(facts(route_tables=tables(TO_NAT, (), itself)), "eni-me", OUT), "blocked", "lead nat-01 back to itself")


def test_ipv6_does_not_go_through_a_nat_gateway() -> None:
    six = (route("::/0", "nat-01"),)
    check(ask(facts(route_tables=tables(six)), "eni-me", OUT6), "blocked", "translates IPv4")
    check(ask(facts(route_tables=tables(six)), "eni-me", "64:ff9b::c633:6407"), "unknown", "not judged")


def test_an_answer_never_goes_through_a_nat_gateway_that_did_not_send_the_question() -> None:
    """A caller on the internet of an interface with a public address whose subnet leads out by NAT."""
    front = RouteTable(id="rtb-front", vpc_id=VPC, subnet_ids=(FRONT,), routes=(LOCAL, *TO_NAT))
    found = ask(facts(route_tables=tables((), (), front)), OUT, "203.0.113.9", 443)
    assert found.verdict == "blocked"
    peer = facts(route_tables=tables((route("10.9.0.0/16", "pcx-01"),), (route("10.0.0.0/16", "nat-09"),)))
    peer = replace(peer, nat_gateways=by("id", replace(NAT, id="nat-09", vpc_id=OTHER, subnet_id=THERE)))
    check(ask(peer, "eni-me", YOU), "blocked", "carries no answer in a connection that was not opened through it")


# -- internet and egress-only gateways ---------------------------------------------------------

INTERNET = [
    pytest.param({}, "eni-front", OUT, "reached", "translates 10.0.1.9 to 203.0.113.9", id="with a public address"),
    pytest.param({}, "eni-front", OUT6, "reached", "is attached to", id="IPv6 as it is"),
    pytest.param({}, "10.0.1.77", OUT, "blocked", "no public address is associated with 10.0.1.77", id="without"),
    pytest.param({}, "eni-me", OUT, "blocked", "has no route to 198.51.100.7", id="no route"),
    pytest.param({}, "eni-front", "172.16.0.1", "blocked", "is a private address", id="to a private address"),
    pytest.param({"internet_gateways": Table()}, "eni-front", OUT, "blocked", "is not attached", id="no gateway"),
    pytest.param({"internet_gateways": OFF}, "eni-front", OUT, "unknown", "IAM action", id="gateway not read"),
    pytest.param({"block_public_access": OFF}, "eni-front", OUT, "unknown", "IAM action", id="blocks not read"),
    pytest.param(
        {"block_public_access": Table(rows={REGION: BLOCKED})},
        "eni-front",
        OUT,
        "blocked",
        "is block-ingress",
        id="blocked",
    ),
    pytest.param(
        {"block_public_access": Table(rows={REGION: replace(BLOCKED, exclusions=((VPC, "allow-bidirectional"),))})},
        "eni-front",
        OUT,
        "reached",
        "excludes vpc-",
        id="excluded",
    ),
    pytest.param(
        {"block_public_access": Table(rows={REGION: replace(BLOCKED, exclusions=((FRONT, "allow-egress"),))})},
        "eni-front",
        OUT,
        "reached",
        "excludes subnet-front",
        id="excluded outwards",
    ),
    pytest.param(
        {"block_public_access": Table(rows={REGION: replace(BLOCKED, exclusions=((FRONT, "allow-egress"),))})},
        OUT,
        "203.0.113.9",
        "blocked",
        "is block-ingress",
        id="excluded outwards alone",
    ),
    pytest.param(
        {"block_public_access": Table(rows={REGION: replace(BLOCKED, state="update-in-progress")})},
        "eni-front",
        OUT,
        "unknown",
        "whether it blocks is not known",
        id="on the way",
    ),
    pytest.param(
        {"network_acls": shut(FRONT, "198.51.100.0/24", egress=False, protocol="6", from_port=1024, to_port=65535)},
        "eni-front",
        OUT,
        "blocked",
        "met by tcp 1024-65535",
        id="the answer is stopped",
    ),
    pytest.param(
        {"security_groups": by("id", group("sg-me", *ANYWHERE))},
        "eni-front",
        OUT,
        "blocked",
        "no outbound rule",
        id="groups",
    ),
]


@pytest.mark.parametrize(("changes", "source", "destination", "verdict", "says"), INTERNET)
def test_an_internet_gateway(changes: dict[str, Any], source: str, destination: str, verdict: str, says: str) -> None:
    check(ask(facts(**changes), source, destination), verdict, says)


SIX_OUT = (route("::/0", "eigw-01"), route("0.0.0.0/0", "eigw-01"))


@pytest.mark.parametrize(
    ("changes", "source", "destination", "verdict", "says"),
    [
        pytest.param({}, "eni-me", OUT6, "reached", "lets out what 2001:db8:1::9 opens", id="IPv6 out"),
        pytest.param({}, "eni-me", OUT, "blocked", "carries IPv6 only", id="IPv4"),
        pytest.param({}, OUT6, "eni-me", "blocked", "no IPv6 destination", id="nobody in"),
        pytest.param({}, "eni-me", "fd00::1", "blocked", "is a private address", id="to a private address"),
        pytest.param({"egress_only_gateways": Table()}, "eni-me", OUT6, "blocked", "is not attached", id="none"),
        pytest.param({"egress_only_gateways": OFF}, "eni-me", OUT6, "unknown", "IAM action", id="not read"),
        pytest.param(
            {"network_acls": shut(HERE, "::/0", egress=False)},
            "eni-me",
            OUT6,
            "blocked",
            "from 2001:db8",
            id="the answer",
        ),
        pytest.param(
            {"block_public_access": Table(rows={REGION: BLOCKED})},
            "eni-me",
            OUT6,
            "reached",
            "opens",
            id="ingress blocked",
        ),
    ],
)
def test_an_egress_only_gateway(
    changes: dict[str, Any], source: str, destination: str, verdict: str, says: str
) -> None:
    check(ask(facts(route_tables=tables(SIX_OUT), **changes), source, destination), verdict, says)


THEIR_GATEWAY = {
    "internet_gateways": by("id", InternetGateway(id="igw-02", vpc_ids=(OTHER,))),
    "route_tables": tables(SIX_OUT, (route("::/0", "igw-02"),)),
}


def test_the_answer_comes_in_by_the_egress_only_gateway_that_let_the_request_out() -> None:
    """The adversary's finding: the answer was asked for an internet gateway of the caller's VPC, which needs none."""
    check(ask(facts(**THEIR_GATEWAY), "eni-me", YOU6), "reached", "eigw-01 brings 2001:db8:1::9 the answers")
    check(ask(facts(**THEIR_GATEWAY), "eni-you", ME6), "blocked", f"no internet gateway is attached to {VPC}")


@pytest.mark.parametrize("destination", [YOU6, OUT6])
def test_the_table_of_an_internet_gateway_does_not_act_on_what_the_egress_only_gateway_brings(destination: str) -> None:
    both = (InternetGateway(id=IGW, vpc_ids=(VPC,)), InternetGateway(id="igw-02", vpc_ids=(OTHER,)))
    edge = RouteTable(id="rtb-edge", vpc_id=VPC, gateway_ids=(IGW,), routes=(route("2001:db8:1::/56", "eni-box"),))
    routed = tables(SIX_OUT, (route("::/0", "igw-02"),), edge)
    topology = facts(internet_gateways=by("id", *both), route_tables=routed)
    check(ask(topology, "eni-me", destination), "reached", "lets out what 2001:db8:1::9 opens")


NO_BLOCK = BlockPublicAccess(mode="off", state="update-in-progress")


@pytest.mark.parametrize("found", [NO_BLOCK, replace(BLOCKED, state="update-in-progress")], ids=["off", "ingress"])
@pytest.mark.parametrize(("source", "destination"), [("eni-me", OUT), ("eni-me", OUT6), ("eni-front", OUT)])
def test_a_mode_is_in_effect_once_its_update_is_complete(
    found: BlockPublicAccess, source: str, destination: str
) -> None:
    """semantics.md, section 7.5: until then it may be the mode from before."""
    routed = tables((*TO_NAT, route("::/0", "eigw-01")))
    told = facts(block_public_access=Table(rows={REGION: found}), route_tables=routed)
    check(ask(told, source, destination), "unknown", "state update-in-progress: whether it blocks is not known")
    excluded = replace(found, exclusions=((VPC, "allow-bidirectional"),))
    told = facts(block_public_access=Table(rows={REGION: excluded}), route_tables=routed)
    assert ask(told, source, destination).verdict == "reached"


def test_a_public_address_is_reached_from_inside_by_the_gateway_and_without_references() -> None:
    """EC2 user guide, security groups: a reference stands for private addresses, never for public ones."""
    second = card("eni-near", VPC, FRONT, "10.0.1.10", "", "sg-me", public="203.0.113.10")
    every = by("id", *facts().interfaces.rows.values(), second)
    check(ask(facts(interfaces=every), "eni-near", "203.0.113.9"), "reached", "translates 10.0.1.10 to 203.0.113.10")
    only = (GroupRule(protocol="-1", group_id="sg-me"),)
    groups = by("id", group("sg-me", *only, egress=ANYWHERE))
    near = facts(interfaces=every, security_groups=groups)
    check(ask(near, "eni-near", "203.0.113.9"), "blocked", "from 203.0.113.10")
    assert ask(near, "eni-near", "10.0.1.9").verdict == "reached"
    check(ask(facts(), "eni-me", "203.0.113.9"), "blocked", "has no route to 203.0.113.9")
    to_nat = facts(route_tables=tables(TO_NAT))
    check(ask(to_nat, "eni-me", "203.0.113.9"), "reached", "translates 10.0.1.4 to 203.0.113.4")


@pytest.mark.parametrize(("denied", "verdict"), [("10.0.1.9/32", "reached"), ("203.0.113.9/32", "blocked")])
def test_behind_nat_a_reply_from_the_internet_shows_a_public_address(denied: str, verdict: str) -> None:
    """The kernel's finding: the ACL of the caller's subnet was asked about the target's private address."""
    rows = dict(facts().network_acls.rows)
    (mine,) = (one for one in rows.values() if HERE in one.subnet_ids)
    rows[mine.id] = replace(mine, entries=(deny(1, denied), *mine.entries))
    topology = facts(route_tables=tables(TO_NAT), network_acls=Table(rows=rows))
    assert ask(topology, "eni-me", "203.0.113.9").verdict == verdict


def test_a_reference_lets_nobody_out_to_a_public_address_however_far_packets_get() -> None:
    """The kernel's finding: where they were lost before the internet, an outbound reference still counted."""
    (target,) = (one for one in facts().interfaces if any(at.public == "203.0.113.9" for at in one.addresses))
    only = tuple(GroupRule(protocol="-1", group_id=one) for one in target.group_ids)
    mine = facts().interfaces.need("eni-me").group_ids[0]
    kept = {**facts().security_groups.rows, mine: group(mine, *ANYWHERE, egress=only)}
    found = ask(facts(security_groups=by("id", *kept.values())), "eni-me", "203.0.113.9")
    layers = [one.layer for one in found.blockers]
    assert any(one.startswith("security groups of") and one.endswith("outbound") for one in layers), layers


@pytest.mark.parametrize(
    ("entries", "verdict"),
    [((LOCAL,), "reached"), ((route("10.0.1.0/24", "eni-fw"), LOCAL), "unknown"), ((), "blocked")],
    ids=["local", "an appliance", "nothing"],
)
def test_the_gateways_own_table_decides_what_comes_in(entries: tuple[RouteEntry, ...], verdict: str) -> None:
    edge = RouteTable(id="rtb-edge", vpc_id=VPC, gateway_ids=(IGW,), routes=entries)
    topology = facts(route_tables=tables((), (), edge))
    second = card("eni-near", VPC, FRONT, "10.0.1.10", "", "sg-me", public="203.0.113.10")
    inside = replace(topology, interfaces=by("id", *topology.interfaces.rows.values(), second))
    assert ask(inside, "eni-near", "203.0.113.9").verdict == verdict
    assert ask(topology, "eni-front", OUT).verdict == verdict, "the answer comes in by it"
