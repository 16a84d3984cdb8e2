"""What each gateway does with packets that a route table sends to it.

Sources: amazon-vpc-user-guide (VPC_Internet_Gateway, vpc-nat-gateway, nat-gateway-basics, egress-only-internet-gateway,
VPC_Route_Tables), amazon-vpc-peering-guide (invalid configurations), PrivateLink guide (gateway endpoints).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface, RouteEntry
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import NatGateway, PeeredVpc, Peering
from vpclink_checks.reach import bpa, routes, transits
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.mapped import mapped
from vpclink_checks.reach.parcels import By, Parcel, Spot, Turn, Where, across, allow, deny, leave, unread, unsure
from vpclink_checks.reach.protocols import number, shown
from vpclink_checks.reach.sets import Addresses, addresses, public, union
from vpclink_checks.reach.trace import Step

Through = Callable[[Topology, Spot, str], tuple[Spot, ...]]
_NAT64 = "64:ff9b::/96"
_NAT_PROTOCOLS = ("1", "6", "17")  # nat-gateway-basics: TCP, UDP and ICMP


def through(topology: Topology, spot: Spot, entry: RouteEntry) -> tuple[Spot, ...]:
    """Where a gateway brings them: one way, or one for each zone that they may come in by."""
    kind = next((one for one in _KINDS if entry.target.startswith(one)), "")
    return _KINDS[kind](topology, spot, entry.target) if kind else _not_judged(topology, spot, entry.target)


# -- the internet ------------------------------------------------------------------------------


def _internet(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    layer, spot = f"internet gateway {id_}", leave(topology, spot)
    gateway = topology.internet_gateways.peek(id_)
    attached = gateway.attached_to(spot.vpc_id) if gateway is not None and not isinstance(gateway, Gap) else gateway
    if isinstance(attached, Gap):
        return (spot.lost(unsure(layer, id_, attached)),)
    if not attached:
        return (spot.lost(deny(layer, id_, f"{id_} is not attached to {spot.vpc_id}")),)
    private = _private(layer, id_, spot.parcel.dst)
    if private is not None:
        return (spot.lost(private),)
    shown_as = outside_of(topology, spot.vpc_id, spot.parcel.src)
    if not isinstance(shown_as, Addresses):
        return (spot.lost(_unseen(topology, spot, layer, id_, shown_as)),)
    told = f"{id_} is attached to {spot.vpc_id}"
    told += f" and translates {spot.parcel.src.title} to {shown_as.title}" if spot.parcel.family == 4 else ""  # noqa: PLR2004
    block = _block(topology, spot)
    sent = replace(spot.parcel, src=shown_as)
    spot = spot.also(block, allow(layer, id_, told), parcel=sent, by=(*spot.by, By.INTERNET))
    return (_out(topology, spot),)


def _private(layer: str, id_: str, dst: Addresses) -> Step | None:
    """The internet carries packets to public addresses only."""
    if dst <= public(dst.family):
        return None
    if dst & public(dst.family):
        return unsure(layer, id_, f"the internet carries packets to a part of {dst.title} only")
    return deny(layer, id_, f"{dst.title} is a private address, and the internet carries no packet to it")


def _block(topology: Topology, spot: Spot) -> Step:
    turned = By.NAT in spot.by
    return bpa.step(topology, spot.vpc_id, spot.subnet_id, inbound=spot.parcel.reply, outbound_only=turned)


def _unseen(topology: Topology, spot: Spot, layer: str, id_: str, found: Gap | None) -> Step:
    who = spot.parcel.src.title
    if found is not None:
        return unsure(layer, id_, found)
    some = spot.parcel.family == 4 and union(4, mapped(topology).outside.get(spot.vpc_id, {})) & spot.parcel.src  # noqa: PLR2004
    if some:
        return unsure(layer, id_, f"only a part of {who} has a public address, and which one is used is not known")
    return deny(layer, id_, f"no public address is associated with {who}, so {id_} drops it")


def outside_of(topology: Topology, vpc_id: str, members: Addresses) -> Addresses | Gap | None:
    """The addresses that these have on the internet; None where they have none, or not all of them one."""
    if members.family == 6:  # noqa: PLR2004 - the address family
        return members if members <= public(6) else None
    every = mapped(topology).outside.get(vpc_id, {})
    first = every.get(members.first, "") if members.size == 1 else ""
    if first:
        return addresses(first)
    found = {own: outside for own, outside in every.items() if own in members}
    if members and union(4, found) == members:
        return union(4, found.values())
    return topology.interfaces.gap if not found else None


def _out(topology: Topology, spot: Spot) -> Spot:
    """Out on the internet, and in again where the destination is a public address of an interface."""
    if public_interface(topology, spot.parcel.dst) is None:
        return spot.also(where=Where.INTERNET, subnet_id="", left=True)
    return enter(topology, spot)


def public_interface(topology: Topology, dst: Addresses) -> tuple[NetworkInterface, str] | None:
    """The interface that has this public address, and its own address that it stands for."""
    return mapped(topology).at(dst.first) if dst.size == 1 else None


def enter(topology: Topology, spot: Spot) -> Spot:
    """From the internet to the interface with this public address, by the VPC's gateway and the gateway's own table."""
    found = public_interface(topology, spot.parcel.dst)
    if found is None:
        rule = f"no interface in the facts has the public address {spot.parcel.dst.title}"
        return spot.lost(deny("public address", spot.parcel.dst.title, rule))
    interface, own = found
    vpc_id, parcel = interface.vpc_id, replace(spot.parcel, dst=addresses(own))
    spot = spot.also(vpc_id=vpc_id, subnet_id="", parcel=parcel, by=_with(spot.by, By.INTERNET), left=True)
    spot = spot.also(*arriving(topology, vpc_id, parcel))
    if not spot.parcel.reply:  # what answers was let out
        spot = spot.also(bpa.step(topology, vpc_id, interface.subnet_id, inbound=True))
    if interface.deny_all_igw:
        rule = f"{interface.id} drops what comes by an internet gateway (DenyAllIgwTraffic)"
        spot = spot.also(deny("public address", interface.id, rule))
    return spot.also(where=Where.INSIDE)


def _with(by: tuple[By, ...], one: By) -> tuple[By, ...]:
    return by if one in by else (*by, one)


def _gateway_of(topology: Topology, vpc_id: str, dst: Addresses) -> Step:
    layer = f"internet gateway of {vpc_id}"
    told = [(one.id, one.attached_to(vpc_id)) for one in topology.internet_gateways]
    attached = next((id_ for id_, there in told if there is True), None)
    if attached is not None:
        return allow(layer, attached, f"{attached} is attached to {vpc_id}, and delivers to {dst.title}")
    gap = next((there for _, there in told if isinstance(there, Gap)), topology.internet_gateways.gap)
    if gap is not None:
        return unsure(layer, vpc_id, gap)
    return deny(layer, vpc_id, f"no internet gateway is attached to {vpc_id}")


def arriving(topology: Topology, vpc_id: str, parcel: Parcel) -> tuple[Step, ...]:
    """By which gateway packets come in, and what its own table says; a reply by the one that let its request out."""
    if parcel.reply and parcel.opened_by:
        rule = f"{parcel.opened_by} brings {parcel.dst.title} the answers to what it let out"
        return (allow(f"egress-only internet gateway {parcel.opened_by}", parcel.opened_by, rule),)
    return (_gateway_of(topology, vpc_id, parcel.dst), *edge(topology, vpc_id, parcel))


def edge(topology: Topology, vpc_id: str, parcel: Parcel) -> tuple[Step, ...]:
    """What the gateway's own route table says to what comes in; nothing where it has none."""
    try:
        table = routes.edge_table(topology, vpc_id)
    except UnknownFact as signal:
        return (unsure("route table of the gateway", vpc_id, signal.gap),)
    if table is None:
        return ()
    layer = f"route table of {table.gateway_ids[0]}"
    mine = [one for one in routes.pieces(topology, table, parcel.family) if one.addresses & parcel.dst]
    text = "; ".join(routes.entry_text(table, "", one.entry) for one in mine)
    if all(one.local and not one.doubt for one in mine):
        return (allow(layer, table.id, text),)
    if all(one.drops and not one.doubt for one in mine):
        return (deny(layer, table.id, f"{text}, which drops packets to {parcel.dst.title}"),)
    return (unsure(layer, table.id, f"{text}, and what lies behind is not judged"),)


def _egress_only(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """IPv6 out, and only what was asked for back in."""
    layer, spot = f"egress-only internet gateway {id_}", leave(topology, spot)
    attached = _lets_out(topology, spot.vpc_id, id_)
    if isinstance(attached, Gap):
        return (spot.lost(unsure(layer, id_, attached)),)
    if not attached:
        return (spot.lost(deny(layer, id_, f"{id_} is not attached to {spot.vpc_id}")),)
    why = _not_outwards(spot.parcel, id_)
    if why:
        return (spot.lost(deny(layer, id_, why)),)
    block = bpa.step(topology, spot.vpc_id, spot.subnet_id, inbound=False, outbound_only=True)
    told = f"{id_} is attached to {spot.vpc_id}, and lets out what {spot.parcel.src.title} opens"
    sent = replace(spot.parcel, opened_by=id_)
    return (_out(topology, spot.also(block, allow(layer, id_, told), parcel=sent, by=(*spot.by, By.INTERNET))),)


def _lets_out(topology: Topology, vpc_id: str, id_: str) -> bool | Gap:
    gateway = topology.egress_only_gateways.peek(id_)
    if gateway is None or isinstance(gateway, Gap):
        return gateway or False
    return vpc_id in gateway.vpc_ids or next((gap for one, gap in gateway.unsure if one == vpc_id), False)


def _not_outwards(parcel: Parcel, id_: str) -> str:
    if parcel.family == 4:  # noqa: PLR2004 - the address family
        return f"{id_} carries IPv6 only"
    if parcel.reply:
        return f"{id_} lets nobody in, and so carries no answer to a caller from outside"
    if not parcel.dst & public(6):
        return f"{parcel.dst.title} is a private address, and the internet carries no packet to it"
    return "" if parcel.src <= public(6) else f"{parcel.src.title} is no address of the internet, so {id_} drops it"


# -- NAT ---------------------------------------------------------------------------------------


def _nat(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """Its own address in place of the sender's, and on by the routes of its own subnet."""
    layer = f"NAT gateway {id_}"
    gateway = topology.nat_gateways.peek(id_)
    if gateway is None or isinstance(gateway, Gap):
        step = deny(layer, id_, f"there is no {id_}") if gateway is None else unsure(layer, id_, gateway)
        return (leave(topology, spot).lost(step, altered=gateway is not None),)
    if gateway.regional and not gateway.route_table_id:
        rule = f"{id_} is a regional gateway, and by which route table it sends on is not in the facts"
        return (leave(topology, spot).lost(unsure(layer, id_, rule), altered=True),)
    spot = leave(topology, spot) if gateway.regional else across(topology, spot, gateway.subnet_id)
    refused = _refused_by_nat(layer, gateway, spot)
    if refused is not None:
        return (spot.lost(refused, altered=refused.decision == "unknown"),)
    return (_turned(spot, gateway, layer),)


def _turned(spot: Spot, gateway: NatGateway, layer: str) -> Spot:
    own = union(4, (private for private, _ in gateway.addresses if private))
    end = End(name=gateway.id, addresses=own, vpc_id=gateway.vpc_id, subnet_id=gateway.subnet_id, filtered=False)
    rule = f"{gateway.id} sends it on with its own address {own.title} in place of {spot.parcel.src.title}"
    return spot.also(
        allow(layer, gateway.id, rule),
        where=Where.ROUTED,
        parcel=replace(spot.parcel, src=own),
        vpc_id=gateway.vpc_id,
        subnet_id=gateway.subnet_id,
        table_id=gateway.route_table_id,
        by=_with(spot.by, By.NAT),
        turns=(*spot.turns, Turn(gateway=end, source=spot.parcel.src, table_id=gateway.route_table_id)),
        left=False,
    )


def _refused_by_nat(layer: str, gateway: NatGateway, spot: Spot) -> Step | None:
    id_ = gateway.id
    if gateway.state != "available":
        known = gateway.state in ("pending", "failed", "deleted")
        return (deny if known else unsure)(layer, id_, f"{id_} is {gateway.state}")
    if gateway.vpc_id != spot.vpc_id:
        return deny(layer, id_, f"{id_} is in {gateway.vpc_id}, and takes packets of its own VPC only")
    own = union(4, (private for private, _ in gateway.addresses if private))
    if not own:
        return unsure(layer, id_, f"no address of {id_} in the facts")
    if spot.parcel.family == 6 and spot.parcel.dst & addresses(_NAT64):  # noqa: PLR2004 - the address family
        return unsure(layer, id_, f"{id_} translates {_NAT64} to IPv4, which is not judged")
    why = _not_translated(spot.parcel, gateway, own)
    return deny(layer, id_, why) if why else None


def _not_translated(parcel: Parcel, gateway: NatGateway, own: Addresses) -> str:
    if parcel.family == 6:  # noqa: PLR2004 - the address family
        return f"{gateway.id} translates IPv4, and IPv6 to {_NAT64} only"
    if number(parcel.protocol) not in _NAT_PROTOCOLS:
        return f"{gateway.id} passes tcp, udp and icmp only, and drops {shown(parcel.protocol, parcel.asked.first)}"
    if parcel.reply:
        return f"{gateway.id} carries no answer in a connection that was not opened through it"
    return f"the routes of {gateway.subnet_id} lead {gateway.id} back to itself" if parcel.src <= own else ""


# -- peering -----------------------------------------------------------------------------------

_CLOSED_PEERINGS = ("initiating-request", "pending-acceptance", "failed", "expired", "rejected", "deleted")


def _peering(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """Between the two VPCs and no further: no transitive routing, no use of the other side's gateways."""
    layer, spot = f"peering {id_}", leave(topology, spot)
    found = topology.peerings.peek(id_)
    if found is None or isinstance(found, Gap):
        step = deny(layer, id_, f"there is no {id_}") if found is None else unsure(layer, id_, found)
        return (spot.lost(step),)
    if found.status != "active":
        step = (deny if found.status in _CLOSED_PEERINGS else unsure)(layer, id_, f"{id_} is {found.status}")
        return (spot.lost(step),)
    own, other = _sides(found, spot.vpc_id)
    if own is None or other is None:
        return (spot.lost(deny(layer, id_, f"{id_} is no peering of {spot.vpc_id}")),)
    cidrs = _cidrs(topology, other, spot.parcel.family)
    if spot.parcel.dst & cidrs and not spot.parcel.dst <= cidrs:
        rule = f"{id_} leads to a part of {spot.parcel.dst.title} only"
        return (spot.lost(unsure(layer, id_, rule)),)
    if not spot.parcel.dst <= cidrs:
        rule = f"{id_} leads to {other.vpc_id} ({cidrs.title}) and no further, not to {spot.parcel.dst.title}"
        return (spot.lost(deny(layer, id_, rule)),)
    near = not own.region or not other.region or own.region == other.region
    spot = spot.also(
        allow(layer, id_, f"{id_} is active and leads to {other.vpc_id}"),
        where=Where.INSIDE,
        vpc_id=other.vpc_id,
        subnet_id="",
        by=_with(spot.by, By.PEERING if near else By.FAR_PEERING),
    )
    return (known(topology, spot),)


def _sides(peering: Peering, vpc_id: str) -> tuple[PeeredVpc | None, PeeredVpc | None]:
    """(own, other); nothing where the VPC is neither."""
    both = (peering.requester, peering.accepter)
    for own, other in (both, both[::-1]):
        if own.vpc_id == vpc_id:
            return own, other
    return None, None


def _cidrs(topology: Topology, side: PeeredVpc, family: int) -> Addresses:
    vpc = topology.vpcs.rows.get(side.vpc_id)
    return union(family, (*side.cidrs, *(vpc.cidrs if vpc else ())))


def known(topology: Topology, spot: Spot) -> Spot:
    """Inside a VPC that the facts hold; in another one nothing is known."""
    gap = unread(topology, spot.vpc_id)
    if gap is None:
        return spot
    return spot.lost(unsure(f"VPC {spot.vpc_id}", spot.vpc_id, f"what lies in {spot.vpc_id} is not known: {gap}"))


# -- services, networks outside, appliances ----------------------------------------------------


def _endpoint(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """A gateway endpoint reaches its service; another kind of endpoint is an appliance."""
    layer, spot = f"gateway endpoint {id_}", leave(topology, spot)
    found = topology.vpc_endpoints.peek(id_)
    if isinstance(found, Gap):
        return (spot.lost(unsure(layer, id_, found), altered=True),)
    if found is None or found.vpc_id != spot.vpc_id:
        return (spot.lost(deny(layer, id_, f"there is no {id_} in {spot.vpc_id}")),)
    if found.type != "Gateway":
        return _appliance(topology, spot, id_)
    if found.state != "available":
        refused = deny if found.state in ("deleted", "rejected", "failed", "expired") else unsure
        return (spot.lost(refused(layer, id_, f"{id_} is {found.state}")),)
    rule = f"{id_} leads to {found.service or 'its service'}"
    return (spot.also(allow(layer, id_, rule), where=Where.SERVICE, subnet_id="", left=True),)


def _vpn(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    layer, spot = f"VPN gateway {id_}", leave(topology, spot)
    found = topology.vpn_gateways.peek(id_)
    if isinstance(found, Gap):
        return (spot.lost(unsure(layer, id_, found), altered=True),)
    if found is None or spot.vpc_id not in (*found.vpc_ids, *(one for one, _ in found.unsure)):
        return (spot.lost(deny(layer, id_, f"{id_} is not attached to {spot.vpc_id}")),)
    rule = f"{id_} leads to a network beyond a VPN or Direct Connect, which is not in the facts"
    return (spot.lost(unsure(layer, id_, rule), altered=True),)


def _appliance(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """What an appliance does with packets is not in AWS's facts; one that checks the destination drops them."""
    layer, spot = f"appliance {id_}", leave(topology, spot)
    interface = topology.interfaces.rows.get(id_)
    if interface is not None and interface.source_dest_check and not interface.carries(spot.parcel.dst.first):
        rule = f"{id_} checks source and destination, and drops what is not for its own addresses"
        return (spot.lost(deny(layer, id_, rule)),)
    rule = f"what {id_} does with packets to {spot.parcel.dst.title} is not in the facts"
    return (spot.lost(unsure(layer, id_, rule), altered=True),)


def _not_judged(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    rule = f"where {id_ or 'a target without a name'} leads is not judged"
    return (leave(topology, spot).lost(unsure(f"gateway {id_}", id_, rule), altered=True),)


def _transit(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    return tuple(
        known(topology, one) if one.where is Where.ROUTED else one for one in transits.through(topology, spot, id_)
    )


_KINDS: dict[str, Through] = {
    "igw-": _internet,
    "eigw-": _egress_only,
    "nat-": _nat,
    "pcx-": _peering,
    "tgw-": _transit,
    "vgw-": _vpn,
    "vpce-": _endpoint,
    "eni-": _appliance,
    "i-": _appliance,
}
