"""Transit gateways: from one VPC's attachment by its route table to another's.

Sources: transit gateway guide (how-transit-gateways-work: route priority; tgw-vpc-attachments: only zones with an
attachment reach the gateway; tgw-nacls: which subnets' ACLs act).
"""

from __future__ import annotations

from ipaddress import ip_network

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import TransitAttachment, TransitRoute, TransitRouteTable
from vpclink_checks.reach.parcels import By, Spot, Where, across, allow, deny, leave, unsure
from vpclink_checks.reach.sets import addresses
from vpclink_checks.reach.trace import Step

_GONE = ("deleted", "deleting", "failed", "failing", "rejected", "rejecting", "pendingAcceptance", "rollingBack")


def through(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """Into the gateway by the VPC's own attachment, and out by that which the route table names."""
    layer = f"transit gateway {id_}"
    own = _attachment(topology, spot.vpc_id, id_)
    if not isinstance(own, TransitAttachment):
        rule = f"{spot.vpc_id} has no attachment to {id_}"
        step = deny(layer, id_, rule) if own is None else unsure(layer, id_, own)
        return (leave(topology, spot).lost(step, altered=own is not None),)
    entry = _zone_subnets(topology, own, spot)
    if isinstance(entry, Step):
        return (leave(topology, spot).lost(entry, altered=entry.decision == "unknown"),)
    refused = _unusable(layer, own, spot)
    spot = across(topology, spot, entry)
    if refused is not None:
        return (spot.lost(refused, altered=refused.decision == "unknown"),)
    table = topology.transit_route_tables.peek(own.route_table_id)
    if table is None or isinstance(table, Gap):
        return (spot.lost(_no_table(layer, own, table), altered=table is not None),)
    told = f"{own.id} brings them from {spot.vpc_id} into {id_}, by its subnet in the same zone"
    return _routed(topology, spot.also(allow(layer, own.id, told)), table)


def _attachment(topology: Topology, vpc_id: str, id_: str) -> TransitAttachment | Gap | None:
    """The VPC's attachment to this gateway."""
    every = topology.transit_attachments
    mine = [one for one in every if one.kind == "vpc" and one.resource_id == vpc_id and one.gateway_id == id_]
    alive = [one for one in mine if one.state not in _GONE]
    found = next(iter(alive or mine), None)
    return found if found is not None else next(iter(every.gaps.values()), every.gap)


def _unusable(layer: str, attachment: TransitAttachment, spot: Spot) -> Step | None:
    if attachment.state != "available":
        refused = deny if attachment.state in _GONE else unsure
        return refused(layer, attachment.id, f"{attachment.id} is {attachment.state}")
    if spot.parcel.family == 6 and not attachment.ipv6:  # noqa: PLR2004 - the address family
        return deny(layer, attachment.id, f"{attachment.id} carries no IPv6")
    return None


def _no_table(layer: str, attachment: TransitAttachment, found: Gap | None) -> Step:
    if found is not None and attachment.route_table_id:
        return unsure(layer, attachment.id, found)
    return deny(layer, attachment.id, f"{attachment.id} is associated with no route table of the transit gateway")


def _zone_subnets(topology: Topology, attachment: TransitAttachment, spot: Spot) -> str | Step:
    """The attachment's subnet in the zone where the packets are, or why there is none."""
    layer = f"transit gateway {attachment.gateway_id}"
    if attachment.subnets_unread is not None or not attachment.subnet_ids:
        return unsure(layer, attachment.id, attachment.subnets_unread or f"no subnet of {attachment.id} in the facts")
    zone, by_zone = zone_of(topology, spot.subnet_id), {}
    for one in attachment.subnet_ids:
        found = zone_of(topology, one)
        if isinstance(found, Gap):
            return unsure(layer, attachment.id, found)
        by_zone[found] = one
    if isinstance(zone, Gap):
        return unsure(layer, attachment.id, zone)
    if zone in by_zone:
        return by_zone[zone]
    rule = (
        f"{attachment.id} has no subnet in {zone}, and only zones with one reach the transit gateway: it serves"
        f" {', '.join(sorted(by_zone))}"
    )
    return deny(layer, attachment.id, rule)


def zone_of(topology: Topology, subnet_id: str) -> str | Gap:
    """The zone of a subnet."""
    found = topology.subnets.peek(subnet_id)
    if found is not None and not isinstance(found, Gap) and found.zone:
        return found.zone
    call = "ec2:DescribeSubnets"
    if isinstance(found, Gap):
        return found
    return Gap(operation=call, action=call, code="NotRecorded", message=f"no zone of {subnet_id} in the facts")


# -- the gateway's route table -----------------------------------------------------------------


def _routed(topology: Topology, spot: Spot, table: TransitRouteTable) -> tuple[Spot, ...]:
    layer = f"transit gateway route table {table.id}"
    found = best(topology, table, spot)
    if isinstance(found, str):
        return (spot.lost(unsure(layer, table.id, found), altered=True),)
    if not found:
        if table.gap is not None:
            return (spot.lost(unsure(layer, table.id, table.gap), altered=True),)
        return (spot.lost(deny(layer, table.id, f"{table.id} has no route to {spot.parcel.dst.title}")),)
    words = f"{table.id} sends {found[0].destination}"
    ids = tuple(dict.fromkeys(id_ for one in found for id_ in one.attachment_ids if one.state == "active"))
    strange = next((one for one in found if one.state not in ("active", "blackhole")), None)
    if strange is not None or table.gap is not None:
        why = table.gap if strange is None else f"{words} on in the state {strange.state}, which is not known"
        return (spot.lost(unsure(layer, table.id, why or ""), altered=True),)
    if not ids:
        return (spot.lost(deny(layer, table.id, f"{words} nowhere (blackhole)")),)
    step = allow(layer, table.id, f"{words} to {', '.join(ids)}")
    return tuple(way for id_ in ids for way in _out(topology, spot.also(step, by=(*spot.by, By.TRANSIT)), id_))


def best(topology: Topology, table: TransitRouteTable, spot: Spot) -> list[TransitRoute] | str:
    """The routes that decide: the longest prefix, static before propagated; a text where a list was not read.

    Several routes are one route with several attachments.
    """
    found: list[tuple[int, bool, TransitRoute]] = []
    for route in table.routes:
        networks = _networks(topology, route)
        if isinstance(networks, Gap):
            return f"a route of {table.id} has the prefix list {route.destination}, and {networks}"
        for network in networks:
            members = addresses(network)
            if members.family == spot.parcel.family and members & spot.parcel.dst:
                if not spot.parcel.dst <= members:
                    return f"{table.id} divides {spot.parcel.dst.title}, and which address is used is not known"
                found.append((-ip_network(network, strict=False).prefixlen, route.origin != "static", route))
    first = min((one[:2] for one in found), default=None)
    return [route for length, propagated, route in found if (length, propagated) == first]


def _networks(topology: Topology, route: TransitRoute) -> tuple[str, ...] | Gap:
    if not route.destination.startswith("pl-"):
        return (route.destination,)
    found = topology.prefix_lists.peek(route.destination)
    return found if isinstance(found, Gap) else found.cidrs if found else ()


# -- out again ---------------------------------------------------------------------------------


def _out(topology: Topology, spot: Spot, id_: str) -> tuple[Spot, ...]:
    """Into the attached VPC, by the attachment's subnet in the same zone, else by any of them."""
    layer, found = "transit gateway attachment", topology.transit_attachments.peek(id_)
    if found is None or isinstance(found, Gap):
        gap = found or _absent(id_)
        return (spot.lost(unsure(layer, id_, gap), altered=True),)
    if found.kind != "vpc":
        rule = f"{id_} leads to {found.kind} {found.resource_id}, a network beyond that is not in the facts"
        return (spot.lost(unsure(layer, id_, rule), altered=True),)
    refused = _unusable(layer, found, spot)
    if refused is not None:
        return (spot.lost(refused, altered=refused.decision == "unknown"),)
    if found.subnets_unread is not None or not found.subnet_ids:
        why = found.subnets_unread or f"no subnet of {id_} in the facts"
        return (spot.lost(unsure(layer, id_, why), altered=True),)
    zone = zone_of(topology, spot.subnet_id)
    same = [one for one in found.subnet_ids if zone_of(topology, one) == zone]
    step = allow(layer, id_, f"{id_} leads into {found.resource_id}")
    return tuple(
        spot.also(step, where=Where.ROUTED, vpc_id=found.resource_id, subnet_id=one, left=False)
        for one in same or found.subnet_ids
    )


def _absent(id_: str) -> Gap:
    call = "ec2:DescribeTransitGatewayAttachments"
    return Gap(operation=call, action=call, code="NotRecorded", message=f"no {id_} in the facts")
