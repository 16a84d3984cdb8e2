"""Tables of what joins VPCs to each other and to what is outside: what the routes lead to, and what lies behind.

Nothing here is asked for unless a route names it. What belongs to another account is seen in part only, and
AWS does not say so: a transit gateway's owner alone sees all its attachments and its route tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import TransitAttachment, TransitRouteTable
from vpclink_checks.sources import aws_shapes_transit as shapes
from vpclink_checks.sources.aws_shapes import Raw, text
from vpclink_checks.sources.discovery.recorded import Coverage, Recorded, by_id, first_gap, gap_in, table_of
from vpclink_checks.sources.leads.transit import GONE

T = TypeVar("T")
# Whoever follows a packet into a VPC needs all of these: the table, the call and how it names a VPC.
_OF_A_VPC = {
    "vpcs": ("ec2:DescribeVpcs", "VpcIds", "vpc-id"),
    "subnets": ("ec2:DescribeSubnets", "vpc-id"),
    "interfaces": ("ec2:DescribeNetworkInterfaces", "vpc-id"),
    "route_tables": ("ec2:DescribeRouteTables", "vpc-id"),
    "network_acls": ("ec2:DescribeNetworkAcls", "vpc-id"),
}


def with_transit(topology: Topology, recorded: Recorded) -> Topology:
    """The same with everything that the routes of its tables lead to."""
    named = _Named(topology.route_tables)
    attachments = _attachments(recorded, named("tgw-"), topology.account, named.gap)
    topology = replace(
        topology,
        peerings=named.table(recorded, shapes.PEERINGS, "VpcPeeringConnections", shapes.peering, "pcx-"),
        nat_gateways=named.table(recorded, shapes.NATS, "NatGateways", shapes.nat_gateway, "nat-"),
        egress_only_gateways=named.table(
            recorded, shapes.EGRESS_ONLY, "EgressOnlyInternetGateways", shapes.egress_only_gateway, "eigw-"
        ),
        vpn_gateways=named.table(recorded, shapes.VPNS, "VpnGateways", shapes.vpn_gateway, "vgw-"),
        vpc_endpoints=named.table(recorded, shapes.ENDPOINTS, "VpcEndpoints", shapes.vpc_endpoint, "vpce-"),
        transit_attachments=attachments,
        transit_route_tables=_route_tables(recorded, attachments, topology.account),
    )
    return replace(topology, unread_vpcs=_unread_vpcs(topology, recorded))


# The id of a thing in ec2's answers, and the filter and parameter that ask for it.
_IDS = {
    shapes.PEERINGS: ("VpcPeeringConnectionId", "vpc-peering-connection-id", "VpcPeeringConnectionIds"),
    shapes.NATS: ("NatGatewayId", "nat-gateway-id", "NatGatewayIds"),
    shapes.EGRESS_ONLY: ("EgressOnlyInternetGatewayId", "EgressOnlyInternetGatewayIds"),
    shapes.VPNS: ("VpnGatewayId", "vpn-gateway-id", "VpnGatewayIds"),
    shapes.ENDPOINTS: ("VpcEndpointId", "vpc-endpoint-id", "VpcEndpointIds"),
}


class _Named:
    """What routes lead to, by the beginning of its id."""

    def __init__(self, tables: Table[RouteTable]) -> None:
        live = (route for one in tables for route in one.routes if route.state != GONE)
        self._targets = list(dict.fromkeys(route.target for route in live))
        self.gap = gap_in(tables)

    def __call__(self, start: str) -> list[str]:
        return [one for one in self._targets if one.startswith(start)]

    def table(self, recorded: Recorded, name: str, key: str, shape: Callable[[Raw], T | Gap], start: str) -> Table[T]:
        id_, *asked = _IDS[name]
        known = table_of((text(one, id_), shape(one)) for one in recorded.rows(name, key))
        return _with_gaps(known, self(start), recorded.coverage(name, *asked), self.gap)


def _with_gaps(known: Table[T], named: Iterable[str], coverage: Coverage, gap: Gap | None) -> Table[T]:
    """The same with a gap for each of the named that was not read."""
    unread = by_id(known.rows, (one for one in named if one not in known.gaps), coverage, gap, described=True)
    return replace(unread, gaps={**unread.gaps, **known.gaps})


def _attachments(
    recorded: Recorded, gateways: Collection[str], account: str, gap: Gap | None
) -> Table[TransitAttachment]:
    """Every attachment of the transit gateways that can be seen."""
    name = shapes.ATTACHMENTS
    inside = {text(one, "TransitGatewayAttachmentId"): one for one in _vpc_attachments(recorded)}
    unread = recorded.coverage(shapes.VPC_ATTACHMENTS, "transit-gateway-id")
    held = list(recorded.rows(name, "TransitGatewayAttachments"))
    made = table_of((text(one, "TransitGatewayAttachmentId"), _attachment(one, inside, unread)) for one in held)
    coverage = recorded.coverage(name, "transit-gateway-id")
    owners = dict.fromkeys((text(one, "TransitGatewayId"), text(one, "TransitGatewayOwnerId")) for one in held)
    shut = (_partly(recorded, gateway, owner, account) for gateway, owner in owners)
    unasked = (coverage.gap_for(one, described=True) for one in gateways)
    return replace(made, gap=first_gap(gap, *unasked, *shut))


def _vpc_attachments(recorded: Recorded) -> Iterator[Raw]:
    return recorded.rows(shapes.VPC_ATTACHMENTS, "TransitGatewayVpcAttachments")


def _attachment(raw: Raw, inside: Mapping[str, Raw], coverage: Coverage) -> TransitAttachment | Gap:
    told = inside.get(text(raw, "TransitGatewayAttachmentId"))
    if told is None and text(raw, "ResourceType") == "vpc":
        gap = coverage.gap_for(text(raw, "TransitGatewayId"), described=True)
        return shapes.transit_attachment(raw, gap or _hidden(shapes.VPC_ATTACHMENTS, raw))
    return shapes.transit_attachment(raw, told)


def _hidden(operation: str, raw: Raw) -> Gap:
    """A VPC's owner sees the subnets of its attachment, the transit gateway's owner sees them too; others do not."""
    message = f"{text(raw, 'TransitGatewayAttachmentId')} is not shown to this account"
    return Gap(operation=operation, action=operation, code="NotRead", message=message)


def _partly(recorded: Recorded, gateway: str, owner: str, account: str) -> Gap | None:
    """Why there may be more attachments: the gateway is another's. Whoever reads its routes is its owner."""
    if owner == account or not owner:
        return None
    held = recorded.rows(shapes.ATTACHMENTS, "TransitGatewayAttachments")
    tables = {_table_of(one) for one in held if text(one, "TransitGatewayId") == gateway}
    if any(_answered(recorded, one) for one in tables if one):
        return None
    return _owned(shapes.ATTACHMENTS, gateway, owner)


def _answered(recorded: Recorded, table: str) -> bool:
    found, _ = recorded.about(shapes.ROUTES, {"TransitGatewayRouteTableId": table})
    return bool(found)


def _table_of(raw: Raw) -> str:
    return text(raw.get("Association") or {}, "TransitGatewayRouteTableId")


def _owned(operation: str, gateway: str, owner: str) -> Gap:
    message = f"{gateway} belongs to account {owner}, which alone sees the whole of it"
    return Gap(operation=operation, action=operation, code="NotRead", message=message)


def _route_tables(recorded: Recorded, attachments: Table[TransitAttachment], account: str) -> Table[TransitRouteTable]:
    """The tables that attachments are associated with: by no other one does a packet go."""
    named = {one.route_table_id: one for one in attachments if one.route_table_id}
    return table_of(((id_, _route_table(recorded, one, account)) for id_, one in named.items()), attachments.gap)


def _route_table(recorded: Recorded, one: TransitAttachment, account: str) -> TransitRouteTable | Gap | None:
    found = recorded.held(shapes.ROUTES, {"TransitGatewayRouteTableId": one.route_table_id})
    if not isinstance(found, Gap):
        return shapes.transit_route_table(found, one.route_table_id, one.gateway_id)
    if found.code == "NotRecorded" and one.gateway_account not in ("", account):
        return _owned(shapes.ROUTES, one.gateway_id, one.gateway_account)
    return found


def _unread_vpcs(topology: Topology, recorded: Recorded) -> dict[str, Gap]:
    """Why not everything of a VPC is known, for each that anything names; a table that says so itself is left out."""
    whole = [asked for table, asked in _OF_A_VPC.items() if getattr(topology, table).gap is None]
    read = [recorded.coverage(name, *keys) for name, *keys in whole]
    gaps = (
        (one, first_gap(*(coverage.gap_for(one, described=True) for coverage in read)))
        for one in dict.fromkeys(_named_vpcs(topology))
    )
    return {one: _beyond(one, gap) for one, gap in gaps if gap is not None}


def _beyond(vpc_id: str, gap: Gap) -> Gap:
    return replace(gap, message=gap.message or f"{vpc_id} is no VPC of a path, and was not read")


def _named_vpcs(topology: Topology) -> Iterator[str]:
    for peering in topology.peerings:
        yield from (one.vpc_id for one in (peering.requester, peering.accepter) if one.vpc_id)
    yield from (one.resource_id for one in topology.transit_attachments if one.kind == "vpc" and one.resource_id)
    yield from (one for gateway in topology.vpn_gateways for one in gateway.vpc_ids)
    yield from (one.vpc_id for one in topology.interfaces if one.vpc_id)
    yield from (one.vpc_id for one in topology.security_groups if one.vpc_id)
    yield from topology.vpcs.rows
