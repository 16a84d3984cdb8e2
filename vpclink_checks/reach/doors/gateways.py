"""What lies behind a peering connection, a transit gateway or a VPN gateway, as far as the facts tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from ipaddress import ip_network

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import RouteEntry
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import PeeredVpc, Peering, TransitAttachment, TransitRoute, TransitRouteTable
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.doors.certificate import Kind
from vpclink_checks.reach.sets import Addresses, addresses, none, union, world

_KINDS = {"pcx-": Kind.PEERING, "tgw-": Kind.TRANSIT, "vgw-": Kind.VPN}
# A core network's route target is its ARN (botocore model, ec2 Route.CoreNetworkArn).
# TransitGatewayAttachmentState (botocore model, ec2): those in which an attachment carries nothing.
_GONE = ("initiatingRequest", "pendingAcceptance", "rejected", "rejecting", "deleting", "deleted", "failed", "failing")
_APPLIANCES = ("eni-", "i-", "vpce-", "lgw-", "arn:")


@dataclass(frozen=True, slots=True)
class Beyond:
    """Who may stand behind a gateway, and why, as one clause."""

    bounds: Bounds
    text: str


def kind_of(topology: Topology, entry: RouteEntry) -> Kind | None:
    """What kind of way this route is part of; None for one that brings nobody in from another network."""
    found = next((kind for start, kind in _KINDS.items() if entry.target.startswith(start)), None)
    if found is not None or not entry.target.startswith(_APPLIANCES):
        return found
    return None if _gateway_endpoint(topology, entry) else Kind.APPLIANCE


def _gateway_endpoint(topology: Topology, entry: RouteEntry) -> bool:
    known = topology.vpc_endpoints.peek(entry.target)
    if isinstance(known, Gap) and _refused(known):
        return False  # a Gateway Load Balancer's endpoint may be a prefix list's target as well
    if known is None or isinstance(known, Gap):
        return entry.target.startswith("vpce-") and entry.destination.startswith("pl-")
    return known.type == "Gateway"


def beyond(topology: Topology, kind: Kind, gateway: str, vpc_id: str, address: str) -> Beyond:
    """Who may come in by *gateway* to *address* of this VPC. What was not read closes nothing, and is said."""
    family = addresses(address).family
    if kind is Kind.PEERING:
        return _peering(topology, gateway, vpc_id, family)
    if kind is Kind.TRANSIT:
        return _transit(topology, gateway, vpc_id, address)
    if kind is Kind.VPN:
        return _vpn(topology, gateway, vpc_id, family)
    known = topology.vpc_endpoints.peek(gateway) if gateway.startswith("vpce-") else None
    refused = str(known) if isinstance(known, Gap) and _refused(known) else ""
    doubt = refused or f"what {gateway} lets in is its own affair, and not judged"
    return Beyond(perhaps(world(family), doubt), doubt)


def _refused(gap: Gap) -> bool:
    """Whether it could be read: what another account alone sees, or this source never holds, is unread for good."""
    return gap.code != "NotRead"


def _unread(family: int, text: str, *gaps: Gap | None) -> Beyond:
    """Nobody is kept out by what was not read; it is unknown where a call was refused that would tell."""
    refused = next((gap for gap in gaps if gap is not None and _refused(gap)), None)
    return _everybody(family, text) if refused is None else Beyond(perhaps(world(family), str(refused)), str(refused))


def _everybody(family: int, text: str) -> Beyond:
    return Beyond(exactly(world(family)), text)


def _nobody(family: int, text: str) -> Beyond:
    return Beyond(exactly(none(family)), text)


def _contradicted(family: int, gateway: str, call: str) -> Beyond:
    """A route leads there, and it is not there: one of the two answers is older."""
    doubt = f"readings disagree: a route leads to {gateway}, and {call} (IAM action {call}) shows none"
    return Beyond(perhaps(world(family), doubt), doubt)


def _peering(topology: Topology, gateway: str, vpc_id: str, family: int) -> Beyond:
    """Only the other VPC's own addresses: a peering carries nothing that comes from behind it.

    amazon-vpc-peering-guide, unsupported configurations (edge to edge, transitive).
    """
    found = topology.peerings.peek(gateway)
    if found is None:
        return _contradicted(family, gateway, "ec2:DescribeVpcPeeringConnections")
    if isinstance(found, Gap):
        return _unread(family, f"what lies behind {gateway} was not read", found)
    if found.status != "active":
        return _nobody(family, f"{gateway} is {found.status}, and carries nothing")
    other = _other_side(found, vpc_id)
    if not other.cidrs:
        return _everybody(family, f"the networks of {other.vpc_id} behind {gateway} were not read")
    members = union(family, other.cidrs)
    who = f"{other.vpc_id} of account {other.account}" if other.account else other.vpc_id
    return Beyond(exactly(members), f"{gateway} leads to {who} ({members.title})")


def _other_side(found: Peering, vpc_id: str) -> PeeredVpc:
    return found.accepter if found.requester.vpc_id == vpc_id else found.requester


def _vpn(topology: Topology, gateway: str, vpc_id: str, family: int) -> Beyond:
    found = topology.vpn_gateways.peek(gateway)
    if found is None:
        return _contradicted(family, gateway, "ec2:DescribeVpnGateways")
    if not isinstance(found, Gap):
        if attaching := dict(found.unsure).get(vpc_id):
            return _unread(family, str(attaching), attaching)
        if vpc_id not in found.vpc_ids:
            return _nobody(family, f"{gateway} is not attached to {vpc_id}")
        if found.state not in ("available", "pending"):
            return _nobody(family, f"{gateway} is {found.state}")
    brought = f"what VPN connections and Direct Connect bring to {gateway} was not read"
    return _unread(family, brought, found if isinstance(found, Gap) else None)


# -- transit gateways --------------------------------------------------------------------------


def _transit(topology: Topology, gateway: str, vpc_id: str, address: str) -> Beyond:
    """Whoever the gateway's own tables lead here, and only if they lead the reply back.

    An account sees the tables of a gateway that it owns; of another's it sees none, and an empty list says
    nothing then.
    """
    family = addresses(address).family
    attached = topology.transit_attachments
    every = tuple(one for one in attached if one.gateway_id == gateway)
    own = [one for one in every if one.kind == "vpc" and one.resource_id == vpc_id and one.state not in _GONE]
    if attached.gap is None and not attached.gaps and every and not own:
        return _nobody(family, f"{vpc_id} is not attached to {gateway}")
    if own and family == 6 and not any(one.ipv6 for one in own):  # noqa: PLR2004 - the address family
        return _nobody(family, f"the attachment of {vpc_id} to {gateway} carries no IPv6")
    tables = {one.id: one for one in topology.transit_route_tables if one.gateway_id == gateway}
    unread = [attached.gap, *attached.gaps.values(), topology.transit_route_tables.gap]
    unread += [*topology.transit_route_tables.gaps.values(), *(one.gap for one in tables.values())]
    if not tables or not own or any(unread):
        return _unread(family, f"the route tables of {gateway} were not read, and who is attached to it", *unread)
    try:
        return _led(topology, gateway, every, own, tables, address)
    except UnknownFact as signal:
        return _unread(family, f"a prefix list in the route tables of {gateway} was not read", signal.gap)


def _led(
    topology: Topology,
    gateway: str,
    every: tuple[TransitAttachment, ...],
    own: list[TransitAttachment],
    tables: dict[str, TransitRouteTable],
    address: str,
) -> Beyond:
    """By the gateway's own tables. Raises UnknownFact."""
    family, mine = addresses(address).family, frozenset(one.id for one in own)
    others = [one for one in every if one.id not in mine and one.state not in _GONE]
    feeding = [one for one in others if _leads(topology, tables.get(one.route_table_id), address, mine)]
    if not feeding:
        return _nobody(family, f"no route table of {gateway} leads another attachment's packets to {address}")
    answered = (_answered(topology, tables.get(one.route_table_id), family) for one in own)
    back = reduce(Addresses.__or__, answered, none(family))
    who = ", ".join(map(_title, feeding))
    if not back:
        return _nobody(family, f"{gateway} leads {who} here, but none of the replies anywhere")
    return Beyond(exactly(back), f"{gateway} leads {who} here")


def _title(one: TransitAttachment) -> str:
    return f"{one.resource_id or one.id} ({one.kind})"


def _ordered(topology: Topology, table: TransitRouteTable, family: int) -> list[tuple[Addresses, TransitRoute]]:
    """Longest prefix first, static before propagated (amazon-vpc transit gateways guide, route evaluation order).

    Raises UnknownFact where a prefix list was not read.
    """
    every = [(network, one) for one in table.routes for network in _networks(topology, one)]
    mine = [(network, one) for network, one in every if addresses(network).family == family]
    mine.sort(key=lambda pair: (-ip_network(pair[0], strict=False).prefixlen, pair[1].origin != "static"))
    return [(addresses(network), one) for network, one in mine]


def _networks(topology: Topology, route: TransitRoute) -> tuple[str, ...]:
    if not route.destination.startswith("pl-"):
        return (route.destination,)
    found = topology.prefix_lists.find(route.destination)
    return found.cidrs if found is not None else ()


def _leads(topology: Topology, table: TransitRouteTable | None, address: str, to: frozenset[str]) -> bool:
    """Whether what comes in by an attachment with this table goes to one of these attachments. Raises UnknownFact."""
    wanted = addresses(address)
    ordered = _ordered(topology, table, wanted.family) if table is not None else []
    best = next((one for members, one in ordered if wanted <= members), None)
    return best is not None and best.state == "active" and bool(to & set(best.attachment_ids))


def _answered(topology: Topology, table: TransitRouteTable | None, family: int) -> Addresses:
    """Where what comes in by an attachment with this table goes at all. Raises UnknownFact."""
    left, found = world(family), none(family)
    for members, one in _ordered(topology, table, family) if table is not None else ():
        hit = left & members
        left = left - hit
        if one.state == "active":
            found = found | hit
    return found
