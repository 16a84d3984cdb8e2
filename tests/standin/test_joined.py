"""A VPC that is joined to others, read live: one call for each kind of thing that a route leads to, else none."""

from __future__ import annotations

from tests.older import LACKED, PAGELESS
from tests.sources.demo_facts import SETTINGS, demo
from tests.sources.test_transit import OPERATIONS, assert_whole
from tests.standin.joined import joined
from tests.standin.runs import read
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.sources.discovery import discover

NAMES = {f"ec2:{one}" for one in OPERATIONS} - set(LACKED)


def test_each_of_them_costs_one_call() -> None:
    with Standin(World(joined())) as aws:
        whole = read(aws, SETTINGS)
    assert {name: count for name, count in aws.calls.items() if name in NAMES} == dict.fromkeys(NAMES, 1)
    assert_whole(discover(whole, SETTINGS, source="live"))


def test_page_by_page_it_is_the_same() -> None:
    with Standin(World(joined()), page_size=1) as aws:
        whole = read(aws, SETTINGS)
    topology = discover(whole, SETTINGS, source="live")
    assert_whole(topology)
    (table,) = topology.transit_route_tables
    if "ec2:SearchTransitGatewayRoutes" in PAGELESS:
        assert (len(table.routes), table.gap is None) == (1, False)
    else:
        assert (len(table.routes), table.gap) == (2, None)
        assert aws.calls["ec2:SearchTransitGatewayRoutes"] == len(table.routes)


def test_a_vpc_without_them_costs_no_call() -> None:
    with Standin(World(demo())) as aws:
        read(aws, SETTINGS)
    assert NAMES & set(aws.calls) == {"ec2:DescribeNatGateways"}
