"""Peerings, NAT and other gateways, transit gateways, VPC endpoints: ec2's answers to the model.

What hangs on a word that nobody has heard of, or that is not there, is a gap in the place of the thing itself:
every reader of it is told, and none takes the default for the fact. The words are botocore 1.44.5's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vpclink_checks.model.fact import Gap, unheard_of
from vpclink_checks.model.transit import (
    EgressOnlyGateway,
    NatGateway,
    PeeredVpc,
    Peering,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
    VpcEndpoint,
    VpnGateway,
)
from vpclink_checks.sources.aws_shapes import Raw, flag, part, rows, text, texts
from vpclink_checks.sources.aws_shapes_network import ASSOCIATED, ATTACHED, DETACHED, DISSOCIATED

PEERINGS = "ec2:DescribeVpcPeeringConnections"
NATS = "ec2:DescribeNatGateways"
EGRESS_ONLY = "ec2:DescribeEgressOnlyInternetGateways"
VPNS = "ec2:DescribeVpnGateways"
ATTACHMENTS = "ec2:DescribeTransitGatewayAttachments"
VPC_ATTACHMENTS = "ec2:DescribeTransitGatewayVpcAttachments"
ROUTES = "ec2:SearchTransitGatewayRoutes"
ENDPOINTS = "ec2:DescribeVpcEndpoints"

PEERED = frozenset(
    {"initiating-request", "pending-acceptance", "active", "deleted", "rejected", "failed", "expired", "provisioning"}
) | {"deleting"}
NAT_STATES = frozenset({"pending", "failed", "available", "deleting", "deleted"})
VPN_STATES = frozenset({"pending", "available", "deleting", "deleted"})
TRANSIT_STATES = frozenset(
    {"initiating", "initiatingRequest", "pendingAcceptance", "rollingBack", "pending", "available", "modifying"}
) | {"deleting", "deleted", "failed", "rejected", "rejecting", "failing"}
TRANSIT_KINDS = frozenset(
    {"vpc", "vpn", "vpn-concentrator", "direct-connect-gateway", "connect", "peering", "tgw-peering"}
) | {"network-function", "client-vpn"}
_MOVING = ("associating", "disassociating")
ROUTE_STATES = frozenset({"pending", "active", "blackhole", "deleting", "deleted"})
ROUTE_TYPES = frozenset({"static", "propagated", "system"})
ENDPOINT_TYPES = frozenset({"Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork", "Tunnel"})
ENDPOINT_STATES = frozenset(
    {"pendingacceptance", "pending", "available", "deleting", "deleted", "rejected", "failed", "expired", "partial"}
)


def _strange(operation: str, named: str, words: Iterable[tuple[str, str, frozenset[str]]]) -> Gap | None:
    """The gap for the first of these (what, word, words that are known) that is not known."""
    return next(
        (unheard_of(operation, f"{what} of {named}", word) for what, word, all_ in words if word not in all_), None
    )


def peering(raw: Raw) -> Peering | Gap:
    """One item of ec2:DescribeVpcPeeringConnections: both sides with all their blocks, as far as EC2 tells them."""
    named, status = text(raw, "VpcPeeringConnectionId"), text(part(raw, "Status"), "Code")
    if strange := _strange(PEERINGS, named, [("the status", status, PEERED)]):
        return strange
    sides = _peered(part(raw, "RequesterVpcInfo")), _peered(part(raw, "AccepterVpcInfo"))
    for one in sides if status == "active" else ():
        if not (one.vpc_id and one.cidrs):
            return unheard_of(PEERINGS, f"a side of {named}", one.vpc_id)
    return Peering(id=named, status=status, requester=sides[0], accepter=sides[1])


def _peered(raw: Raw) -> PeeredVpc:
    first = text(raw, "CidrBlock")
    blocks = [text(one, "CidrBlock") for one in rows(raw, "CidrBlockSet")]
    blocks += [text(one, "Ipv6CidrBlock") for one in rows(raw, "Ipv6CidrBlockSet")]
    return PeeredVpc(
        vpc_id=text(raw, "VpcId"),
        account=text(raw, "OwnerId"),
        region=text(raw, "Region"),
        cidrs=tuple(dict.fromkeys(one for one in (first, *blocks) if one)),
    )


def nat_gateway(raw: Raw) -> NatGateway | Gap:
    """One item of ec2:DescribeNatGateways. Answers of before there were private and regional ones name neither."""
    named, state = text(raw, "NatGatewayId"), text(raw, "State")
    connectivity = text(raw, "ConnectivityType", default="public")
    mode = text(raw, "AvailabilityMode", default="zonal")
    words = [
        ("the state", state, NAT_STATES),
        ("the connectivity type", connectivity, frozenset({"public", "private"})),
        ("the availability mode", mode, frozenset({"zonal", "regional"})),
    ]
    if strange := _strange(NATS, named, words):
        return strange
    held = rows(raw, "NatGatewayAddresses")
    return NatGateway(
        id=named,
        vpc_id=text(raw, "VpcId"),
        subnet_id=text(raw, "SubnetId"),
        state=state,
        connectivity=connectivity,
        addresses=tuple((text(one, "PrivateIp"), text(one, "PublicIp")) for one in held),
        interface_ids=tuple(dict.fromkeys(id_ for one in held if (id_ := text(one, "NetworkInterfaceId")))),
        regional=mode == "regional",
        route_table_id=text(raw, "RouteTableId"),
    )


def egress_only_gateway(raw: Raw) -> EgressOnlyGateway:
    """One item of ec2:DescribeEgressOnlyInternetGateways."""
    named, held = text(raw, "EgressOnlyInternetGatewayId"), rows(raw, "Attachments")
    return EgressOnlyGateway(id=named, vpc_ids=_attached(held), unsure=tuple(_unsure(EGRESS_ONLY, named, held)))


def vpn_gateway(raw: Raw) -> VpnGateway | Gap:
    """One item of ec2:DescribeVpnGateways."""
    named, state, held = text(raw, "VpnGatewayId"), text(raw, "State"), rows(raw, "VpcAttachments")
    if strange := _strange(VPNS, named, [("the state", state, VPN_STATES)]):
        return strange
    return VpnGateway(id=named, state=state, vpc_ids=_attached(held), unsure=tuple(_unsure(VPNS, named, held)))


def _attached(held: list[Raw]) -> tuple[str, ...]:
    return tuple(text(one, "VpcId") for one in held if text(one, "State") in ATTACHED)


def _unsure(operation: str, named: str, held: list[Raw]) -> Iterator[tuple[str, Gap]]:
    """VPCs that it may be attached to: being attached, or in a state that is not known."""
    for one in held:
        state = text(one, "State")
        if state not in (*ATTACHED, *DETACHED):
            yield text(one, "VpcId"), unheard_of(operation, f"the attachment of {named}", state)


def transit_attachment(raw: Raw, inside: Raw | Gap | None) -> TransitAttachment | Gap:
    """One item of ec2:DescribeTransitGatewayAttachments.

    *inside*: what ec2:DescribeTransitGatewayVpcAttachments says of it; a gap where that is not known, None where it
    says nothing of this one.
    """
    named, kind = text(raw, "TransitGatewayAttachmentId"), text(raw, "ResourceType")
    state, association = text(raw, "State"), part(raw, "Association")
    words = [("the state", state, TRANSIT_STATES), ("the type", kind, TRANSIT_KINDS)]
    if association:
        held = frozenset({*ASSOCIATED, *DISSOCIATED})
        words.append(("the association", text(association, "State"), held))
    if strange := _strange(ATTACHMENTS, named, words):
        return strange
    if text(association, "State") in _MOVING:
        return _between(named, text(association, "State"))
    associated = text(association, "State") == "associated"
    told = inside if inside is not None and not isinstance(inside, Gap) else {}
    return TransitAttachment(
        id=named,
        gateway_id=text(raw, "TransitGatewayId"),
        kind=kind,
        resource_id=text(raw, "ResourceId"),
        account=text(raw, "ResourceOwnerId"),
        state=state,
        subnet_ids=texts(told, "SubnetIds"),
        route_table_id=text(association, "TransitGatewayRouteTableId") if associated else "",
        gateway_account=text(raw, "TransitGatewayOwnerId"),
        ipv6=text(part(told, "Options"), "Ipv6Support") != "disable",
        subnets_unread=inside if isinstance(inside, Gap) else None,
    )


def _between(named: str, state: str) -> Gap:
    message = f"the association of {named} is {state}: whether packets go by it is not certain"
    return Gap(operation=ATTACHMENTS, action="", code="UnheardOf", message=message)


def transit_route_table(raw: Raw, named: str, gateway_id: str) -> TransitRouteTable | Gap:
    """ec2:SearchTransitGatewayRoutes of one table; a gap for the whole where a route says what nobody has heard of."""
    routes = rows(raw, "Routes")
    for one in routes:
        words = [("the state of a route", text(one, "State"), ROUTE_STATES), ("a type", text(one, "Type"), ROUTE_TYPES)]
        if strange := _strange(ROUTES, named, words):
            return strange
    whole = all(text(one, "DestinationCidrBlock") for one in routes) and not flag(raw, "AdditionalRoutesAvailable")
    return TransitRouteTable(
        id=named,
        gateway_id=gateway_id,
        routes=tuple(_transit_route(one) for one in routes if text(one, "DestinationCidrBlock")),
        gap=None if whole else _more(named),
    )


def _transit_route(raw: Raw) -> TransitRoute:
    attached = (text(one, "TransitGatewayAttachmentId") for one in rows(raw, "TransitGatewayAttachments"))
    return TransitRoute(
        destination=text(raw, "DestinationCidrBlock"),
        state=text(raw, "State"),
        origin=text(raw, "Type"),
        attachment_ids=tuple(one for one in attached if one),
    )


def _more(named: str) -> Gap:
    """EC2 gives at most 1,000 routes a search and says whether there are more; one may name a prefix list alone."""
    return Gap(operation=ROUTES, action=ROUTES, code="NotRead", message=f"{named} has more routes than were read")


def vpc_endpoint(raw: Raw) -> VpcEndpoint | Gap:
    """One item of ec2:DescribeVpcEndpoints."""
    named, kind, state = text(raw, "VpcEndpointId"), text(raw, "VpcEndpointType"), text(raw, "State").lower()
    words = [("the type", kind, ENDPOINT_TYPES), ("the state", state, ENDPOINT_STATES)]
    if strange := _strange(ENDPOINTS, named, words):
        return strange
    return VpcEndpoint(
        id=named,
        vpc_id=text(raw, "VpcId"),
        type=kind,
        state=state,
        service=text(raw, "ServiceName"),
        route_table_ids=texts(raw, "RouteTableIds"),
        interface_ids=texts(raw, "NetworkInterfaceIds"),
    )
