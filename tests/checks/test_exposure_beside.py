"""Other networks: named in a note, never a failure, and unknown where a rule was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import ALWAYS, added, all_interfaces, hosts, loud, routes_for_hosts, tcp, unread, worst
from tests.healthy import healthy
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import GroupRule, PrivateAddress, RouteEntry
from vpclink_checks.model.topology import Topology

LATERAL = "exposure/no-lateral-source"
OFFICE = "10.8.0.0/16"


def beside(target: str, **changes: Any) -> Topology:
    """A route of the hosts' subnets to another network, whose addresses their group admits."""
    nobody_asked: Table[Any] = Table(gap=Gap(operation="this source", action="", code="NotRead"))
    lacking: dict[str, Any] = dict.fromkeys(
        ("peerings", "vpn_gateways", "transit_attachments", "transit_route_tables"), nobody_asked
    )
    facts: dict[str, Any] = {"security_groups": added(tcp(10000, OFFICE))} | lacking | changes
    return healthy(route_tables=routes_for_hosts(RouteEntry(destination=OFFICE, target=target)), **facts)


@pytest.mark.parametrize(
    ("topology", "outcome", "said"),
    [
        (healthy(), "pass", "no route of subnet-"),
        (beside("pcx-01"), "note", "10.8.0.0/16 may come in by pcx-01"),
        (beside("tgw-01"), "note", "10.8.0.0/16 may come in by tgw-01"),
        (beside("vgw-01"), "note", "10.8.0.0/16 may come in by vgw-01"),
        (beside("nat-01"), "pass", "no route of subnet-"),
        (beside("pcx-01", security_groups=hosts(tcp(10000, "10.0.0.0/16"))), "pass", "pcx-01 to tcp 10.0.1.20:10000"),
        (beside("pcx-01", security_groups=unread("ec2:DescribeSecurityGroups")), "unknown", "DescribeSecurityGroups"),
        (beside("pcx-01", network_acls=unread("ec2:DescribeNetworkAcls")), "unknown", "ec2:DescribeNetworkAcls"),
        (beside("pcx-01", peerings=unread("ec2:DescribeVpcPeeringConnections")), "unknown", "PeeringConnections"),
        (beside("vgw-01", vpn_gateways=unread("ec2:DescribeVpnGateways")), "unknown", "ec2:DescribeVpnGateways"),
        (healthy(route_tables=unread("ec2:DescribeRouteTables")), "unknown", "ec2:DescribeRouteTables"),
    ],
)
def test_who_comes_in_from_other_networks(topology: Topology, outcome: str, said: str) -> None:
    found = worst(topology, LATERAL)
    assert (found.outcome.value, said in found.message) == (outcome, True), found.message


def test_it_is_no_internet_exposure() -> None:
    assert loud(beside("tgw-01")) == {**ALWAYS, LATERAL: "note"}


def test_the_paths_own_load_balancer_in_a_peered_vpc_is_no_way_round() -> None:
    """Its addresses come in by the peering; a neighbour of its subnet would be one."""
    route = RouteEntry(destination="10.8.0.0/24", target="pcx-01")
    elsewhere = [
        replace(one, vpc_id="vpc-0peer", addresses=(PrivateAddress(address=f"10.8.0.{n}"),))
        for n, one in enumerate((stack.ENI_NLB_A, stack.ENI_NLB_B), start=10)
    ]
    nobody_asked: Table[Any] = Table(gap=Gap(operation="this source", action="", code="NotRead"))
    rules = [tcp(10000, f"10.8.0.{n}/32") for n in (10, 11)]
    base = healthy(
        route_tables=routes_for_hosts(route),
        interfaces=all_interfaces(*elsewhere),
        security_groups=hosts(*rules),
        peerings=nobody_asked,
    )
    assert worst(base, LATERAL).outcome.value == "pass"
    wider = replace(base, security_groups=hosts(*rules, tcp(10000, "10.8.0.12/32")))
    assert "10.8.0.12 may come in" in worst(wider, LATERAL).message


def test_udp_mappings_are_judged_as_udp() -> None:
    udp = GroupRule(protocol="udp", from_port=10000, to_port=10000, cidr=OFFICE)
    topology = beside("pcx-01", security_groups=added(udp))
    assert worst(topology, LATERAL).outcome.value == "pass"
    group = replace(stack.GROUP_API, protocol="TCP_UDP")
    speaking = replace(topology, paths=(replace(stack.PATH_API, target_group=group),))
    assert "udp 10.0.1.20:10000" in worst(speaking, LATERAL).message
