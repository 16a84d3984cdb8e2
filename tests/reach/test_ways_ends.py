"""Endpoints, networks outside, appliances; addresses that nobody has; protocols without ports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import gap, group, route
from tests.reach.networks import (
    ANYWHERE,
    BACK,
    HERE,
    ME,
    OFF,
    OUT,
    OVER,
    TO_NAT,
    YOU,
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
    GroupRule,
    RouteEntry,
)
from vpclink_checks.model.transit import (
    VpcEndpoint,
)
from vpclink_checks.reach.between import between
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.places import NotAnEnd

# -- endpoints, networks outside, appliances ---------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "changes", "verdict", "says"),
    [
        (route("pl-s3", "vpce-s3"), {}, "reached", "vpce-s3 leads to s3"),
        (route("pl-s3", "vpce-s3"), {"vpc_endpoints": Table()}, "blocked", "there is no vpce-s3"),
        (route("pl-s3", "vpce-s3"), {"vpc_endpoints": OFF}, "unknown", "IAM action"),
        (
            route("pl-s3", "vpce-s3"),
            put("vpc_endpoints", VpcEndpoint(id="vpce-s3", vpc_id=VPC), state="deleted"),
            "blocked",
            "is deleted",
        ),
        (
            route("pl-s3", "vpce-s3"),
            put("vpc_endpoints", VpcEndpoint(id="vpce-s3", vpc_id=VPC), type="GatewayLoadBalancer"),
            "unknown",
            "what vpce-s3 does with packets",
        ),
        (route("0.0.0.0/0", "vgw-01"), {}, "unknown", "beyond a VPN or Direct Connect, which is not in the facts"),
        (route("0.0.0.0/0", "vgw-01"), {"vpn_gateways": Table()}, "blocked", "is not attached"),
        (route("0.0.0.0/0", "vgw-01"), {"vpn_gateways": OFF}, "unknown", "IAM action"),
        (route("0.0.0.0/0", "eni-front"), {}, "blocked", "checks source and destination"),
        (
            route("0.0.0.0/0", "eni-front"),
            put("interfaces", facts().interfaces.need("eni-front"), source_dest_check=False),
            "unknown",
            "what eni-front does with packets",
        ),
        (route("0.0.0.0/0", "eni-unread"), {}, "unknown", "what eni-unread does with packets"),
        (route("0.0.0.0/0", "lgw-01"), {}, "unknown", "where lgw-01 leads is not judged"),
        (route("0.0.0.0/0", "igw-x", state="filtered"), {}, "unknown", "filtered"),
    ],
)
def test_what_leads_elsewhere(entry: RouteEntry, changes: dict[str, Any], verdict: str, says: str) -> None:
    check(ask(facts(route_tables=tables((entry,)), **changes), "eni-me", OUT), verdict, says)


def test_behind_an_appliance_only_what_lets_nobody_in_is_blocked() -> None:
    """It may send packets on with another address: groups that admit somebody else do not decide."""
    topology = facts(route_tables=tables((route("10.9.0.0/16", "eni-fw"),), BACK))
    some = by("id", group("sg-me", egress=ANYWHERE), group("sg-you", GroupRule(protocol="-1", cidr="203.0.113.0/24")))
    nobody = by("id", group("sg-me", egress=ANYWHERE), group("sg-you"))
    assert ask(replace(topology, security_groups=some), ME, YOU).verdict == "unknown"
    assert ask(replace(topology, security_groups=nobody), ME, YOU).verdict == "blocked"


# -- ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destination", "verdict", "says"),
    [
        ("10.0.0.77", "blocked", "no interface in subnet-here has the address 10.0.0.77"),
        ("10.0.1.77", "blocked", "no interface in subnet-front has the address 10.0.1.77"),
        ("10.0.99.1", "blocked", "has an address 10.0.99.1"),
        ("10.0.0.2", "unknown", "AWS's own router or DNS server"),
        ("10.0.1.1", "unknown", "AWS's own router or DNS server"),
        ("169.254.169.254", "unknown", "no route and no ACL acts"),
        ("fd00:ec2::254", "unknown", "no route and no ACL acts"),
        ("2001:db8:1:1::77", "blocked", "no interface in subnet-front has the address"),
    ],
)
def test_an_address_that_nobody_has(destination: str, verdict: str, says: str) -> None:
    check(ask(facts(), "eni-me", destination), verdict, says)
    partly = replace(facts().interfaces, gap=gap("ec2:DescribeNetworkInterfaces"))
    found = ask(facts(interfaces=partly), "eni-me", destination)
    check(found, "unknown", "ec2:DescribeNetworkInterfaces")


def test_an_address_that_two_vpcs_have_is_the_one_that_routes_lead_to() -> None:
    twin = card("eni-twin", "vpc-third", "subnet-third", YOU, "", "sg-you")
    every = by("id", twin, *facts().interfaces.rows.values())
    topology = facts(route_tables=tables(OVER, BACK), interfaces=every)
    traces = between(Reach(topology), "eni-me", YOU, 443)
    assert [one.verdict for one in traces] == ["blocked", "reached"]
    assert "come out in vpc-other, and 10.9.0.5 is in vpc-third" in "; ".join(step.rule for step in traces[0].blockers)


def test_the_internet_reaches_no_address_that_nobody_has() -> None:
    some = facts()
    check(ask(some, "internet", "203.0.113.77"), "unknown", "only the interfaces of some VPCs were read")
    check(
        ask(replace(some, every_interface=True), "internet", "203.0.113.77"), "blocked", "no interface of the account"
    )


@pytest.mark.parametrize(
    ("source", "routes_", "verdict"),
    [
        ("vpc-other", tables(OVER, BACK), "reached"),
        ("10.9.0.0/16", tables(OVER, BACK), "reached"),
        ("10.9.0.5", tables(OVER, BACK), "reached"),
        ("10.9.0.6", tables(OVER, BACK), "unknown"),
        ("10.9.0.6", tables(OVER, ()), "blocked"),
        ("10.9.0.0/24", tables(OVER, ()), "blocked"),
        ("vpc-other", tables((), BACK), "blocked"),
        ("172.16.0.0/12", tables((route("172.16.0.0/12", "vgw-01"),)), "unknown"),
        ("172.16.0.0/12", tables((route("172.16.0.0/12", "pcx-01"),)), "blocked"),
        ("172.16.0.0/12", tables(TO_NAT), "blocked"),
        ("172.16.0.0/12", tables(), "blocked"),
    ],
)
def test_sources_of_other_networks(source: str, routes_: Table[Any], verdict: str) -> None:
    """Their way in is judged where the facts hold it, and the way of the answer always."""
    assert ask(facts(route_tables=routes_), source, "eni-me").verdict == verdict


def test_where_a_source_lies_in_no_vpc_and_the_destination_neither() -> None:
    check(ask(facts(), "172.16.0.1", OUT), "unknown", "lies in no VPC of the facts")
    with pytest.raises(NotAnEnd, match="name the VPC that you mean"):
        ask(facts(), "vpc", OUT)
    assert ask(facts(), VPC, OUT).verdict == "reached", "from the interface with a public address"


# -- other protocols ---------------------------------------------------------------------------

ECHO = (GroupRule(protocol="icmp", from_port=8, to_port=-1, cidr="0.0.0.0/0"),)


@pytest.mark.parametrize(
    ("rules", "protocol", "verdict"),
    [
        (ECHO, "icmp", "reached"),
        (ECHO, "icmp 8/0", "reached"),
        (ECHO, "icmp 3/4", "blocked"),
        ((replace(ECHO[0], from_port=3, to_port=4),), "icmp 3/4", "reached"),
        ((replace(ECHO[0], from_port=3, to_port=4),), "icmp 3/3", "blocked"),
        ((replace(ECHO[0], from_port=-1),), "icmp 11/1", "reached"),
        (ECHO, 47, "blocked"),
        ((GroupRule(protocol="47", cidr="0.0.0.0/0"),), 47, "reached"),
        ((GroupRule(protocol="47", cidr="0.0.0.0/0"),), "50", "blocked"),
        (ANYWHERE, "50", "reached"),
    ],
)
def test_protocols_without_ports(rules: tuple[GroupRule, ...], protocol: str | int, verdict: str) -> None:
    groups = by("id", group("sg-me", *rules, egress=ANYWHERE))
    assert ask(facts(security_groups=groups), "eni-me", "10.0.1.9", None, protocol).verdict == verdict


@pytest.mark.parametrize(
    ("protocol", "entry", "verdict"),
    [
        ("icmp", {"icmp_type": 0, "icmp_code": -1}, "blocked"),
        ("icmp", {"icmp_type": 8, "icmp_code": 0}, "reached"),
        ("icmp 3/4", {"icmp_type": 0, "icmp_code": -1}, "reached"),
        ("icmp", {}, "blocked"),
    ],
    ids=["the echo reply", "not the request's way", "nobody answers", "all of ICMP"],
)
def test_an_echo_reply_has_to_get_back(protocol: str, entry: dict[str, int], verdict: str) -> None:
    acls = shut(HERE, "10.0.1.0/24", egress=False, protocol="1", **entry)
    assert ask(facts(network_acls=acls), "eni-me", "10.0.1.9", None, protocol).verdict == verdict


def test_icmp_goes_over_one_family() -> None:
    assert ask(facts(), "eni-me", "eni-front", None, "icmpv6").packet.title == (
        "icmpv6 128/0 2001:db8:1::9 → 2001:db8:1:1::9"
    )
    assert ask(facts(), "eni-me", "eni-front", None, 47).packet.title.startswith("protocol 47 ")
    check(ask(facts(), "eni-me", YOU, None, "icmpv6"), "blocked", "icmpv6 goes over IPv6 alone")
