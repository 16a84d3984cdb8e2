"""What joins VPCs to each other, to networks outside and to the internet: asked about where a route leads there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Paging, Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.paging import ec2_paging
from vpclink_checks.sources.table.wants import by_filter, filtered

_ROUTES = "ec2:DescribeRouteTables"


def _led_to(name: str, start: str) -> Callable[[Leads], list[Params]]:
    """By the filter that names the thing itself."""
    return lambda leads: filtered(name, leads.transit.targets(start))


def _once_led_to(start: str) -> Callable[[Leads], list[Params]]:
    """All of the region's, once a route leads to one: there are few."""
    return lambda leads: [{}] if leads.transit.targets(start) else []


def transit_routes(leads: Leads) -> list[Params]:
    """Every route of each table. AWS demands a filter; these two states are all that decide."""
    routed = [{"Name": "state", "Values": ["active", "blackhole"]}]
    return [{"TransitGatewayRouteTableId": one, "Filters": routed} for one in sorted(leads.transit.route_tables)]


_ec2 = partial(Row, service="ec2", hop="network")

ROWS: tuple[Row, ...] = (
    _ec2(
        operation="DescribeVpcPeeringConnections",
        wants=_led_to("vpc-peering-connection-id", "pcx-"),
        batch=by_filter(_ROUTES),
        paging=ec2_paging("VpcPeeringConnections"),
        because="each peering connection that a route of a VPC of a path leads to",
    ),
    _ec2(
        operation="DescribeNatGateways",
        wants=_once_led_to("nat-"),
        paging=ec2_paging("NatGateways"),
        because="once a route of a VPC of a path leads to a NAT gateway",
    ),
    _ec2(
        operation="DescribeEgressOnlyInternetGateways",
        wants=_once_led_to("eigw-"),
        paging=ec2_paging("EgressOnlyInternetGateways", 255),
        because="once a route of a VPC of a path leads to an egress-only internet gateway",
    ),
    _ec2(
        operation="DescribeVpnGateways",
        wants=_led_to("vpn-gateway-id", "vgw-"),
        batch=by_filter(_ROUTES),
        because="each virtual private gateway that a route of a VPC of a path leads to",
    ),
    _ec2(
        operation="DescribeTransitGatewayAttachments",
        wants=_led_to("transit-gateway-id", "tgw-"),
        batch=by_filter(_ROUTES),
        paging=ec2_paging("TransitGatewayAttachments"),
        because="each transit gateway that a route of a VPC of a path leads to",
    ),
    _ec2(
        operation="DescribeTransitGatewayVpcAttachments",
        wants=_led_to("transit-gateway-id", "tgw-"),
        batch=by_filter(_ROUTES),
        paging=ec2_paging("TransitGatewayVpcAttachments"),
        because="each transit gateway that a route of a VPC of a path leads to: the subnets that it is in",
    ),
    _ec2(
        operation="SearchTransitGatewayRoutes",
        wants=transit_routes,
        paging=Paging(
            items="Routes",
            token_in=("NextToken",),
            token_out=("NextToken",),
            size_key="MaxResults",
            size=1000,
            more="AdditionalRoutesAvailable",
        ),
        because="each route table of those transit gateways, where they are this account's own",
        resources=arns.TRANSIT_ROUTE_TABLES,
    ),
    _ec2(
        operation="DescribeVpcEndpoints",
        wants=_led_to("vpc-endpoint-id", "vpce-"),
        batch=by_filter(_ROUTES),
        paging=ec2_paging("VpcEndpoints"),
        because="each VPC endpoint that a route of a VPC of a path leads to",
    ),
)
