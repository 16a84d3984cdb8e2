"""Where packets really go once they leave a subnet: route by route and gateway by gateway, there and back.

semantics.md, section 7.1: longest prefix, then static before prefix list before propagated; a blackhole drops. What a
gateway does is reach.gateways'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.network import RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import gateways, opening, routes
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.parcels import Parcel, Spot, Where, acl, across, allow, deny, leave, unread, unsure
from vpclink_checks.reach.sets import Addresses, union
from vpclink_checks.reach.trace import Decision, Step

_Mark = tuple[str, str, str, Addresses]


def start(end: End, parcel: Parcel) -> Spot:
    """At an interface, on the way out of its subnet."""
    return Spot(where=Where.ROUTED, parcel=parcel, vpc_id=end.vpc_id, subnet_id=end.subnet_id)


def carry(topology: Topology, spot: Spot, goal: End) -> Spot:
    """To the border of *goal*'s subnet, its ACL included; a goal without a VPC is wherever they come out.

    Everything behind what denies is judged as well, as if the packets came straight from where they are.
    """
    direct = _local(topology, spot, goal)
    if direct is not None:
        return direct
    return _agreed([_arrived(topology, one, goal) for one in walk(topology, spot)])


def _local(topology: Topology, spot: Spot, goal: End) -> Spot | None:
    """By the local route, or dropped by the subnet's table; None where they leave the VPC or may."""
    if spot.where is not Where.ROUTED or spot.table_id or goal.vpc_id != spot.vpc_id:
        return None
    if not goal.addresses <= spot.parcel.dst:
        return None
    own = End(name=spot.subnet_id, addresses=spot.parcel.src, vpc_id=spot.vpc_id, subnet_id=spot.subnet_id)
    step = routes.decide(topology, own, goal)
    if step.decision is Decision.UNKNOWN and spot.subnet_id != goal.subnet_id:
        return None
    return _into(topology, spot.also(step, where=Where.INSIDE), goal)


def walk(topology: Topology, spot: Spot, seen: frozenset[_Mark] = frozenset()) -> tuple[Spot, ...]:
    """On by routes and gateways until they come out somewhere: one way, or one for each zone they may take."""
    if spot.where is not Where.ROUTED:
        return (spot,)
    if spot.parcel.dst <= _link_local(spot.parcel.family):
        rule = f"{spot.parcel.dst.title} is link-local: no route and no ACL acts, and who answers is not judged"
        return (spot.also(left=True).lost(unsure(f"host in {spot.subnet_id}", spot.subnet_id, rule)),)
    mark = (spot.vpc_id, spot.subnet_id, spot.table_id, spot.parcel.src)
    if mark in seen:
        rule = f"the routes lead packets to {spot.parcel.dst.title} round in a circle"
        return (spot.lost(deny(f"route table of {spot.subnet_id}", spot.subnet_id, rule)),)
    return tuple(end for one in _onward(topology, spot) for end in walk(topology, one, seen | {mark}))


def _onward(topology: Topology, spot: Spot) -> tuple[Spot, ...]:
    """What the route table of the place where they are says."""
    layer = f"route table of {spot.subnet_id or spot.table_id}"
    try:
        table = _table(topology, spot)
    except UnknownFact as signal:
        return (spot.lost(unsure(layer, spot.subnet_id, signal.gap), altered=True),)
    mine = [one for one in routes.pieces(topology, table, spot.parcel.family) if one.addresses & spot.parcel.dst]
    text = "; ".join(routes.entry_text(table, spot.subnet_id, one.entry) for one in mine)
    doubt = next((one.doubt for one in mine if one.doubt), "")
    if doubt:
        return (spot.lost(unsure(layer, table.id, f"{text}, but {doubt}"), altered=True),)
    if all(one.drops for one in mine):
        rule = text if mine[0].entry is None else f"{text}, which drops packets"
        step = deny(layer, table.id, f"{rule} to {spot.parcel.dst.title}")
        dst, entries_ = spot.parcel.dst, tuple(one.entry for one in mine)
        return (spot.lost(replace(step, remedy=lambda: opening.by_peering(topology, table, entries_, dst))),)
    entries = {(one.entry.target, one.entry.state) if one.entry else None: one.entry for one in mine}
    if len(entries) > 1:
        rule = f"{text}: {spot.parcel.dst.title} goes different ways, and which address is used is not known"
        return (spot.lost(unsure(layer, table.id, rule), altered=True),)
    on = spot.also(allow(layer, table.id, text))
    if all(one.local for one in mine):
        return (on.also(where=Where.INSIDE),)
    return tuple(one for entry in entries.values() if entry for one in gateways.through(topology, on, entry))


def _link_local(family: int) -> Addresses:
    """The host's own services: instance metadata, time, DNS (ec2 user guide, instancedata)."""
    return union(family, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))


def _table(topology: Topology, spot: Spot) -> RouteTable:
    if spot.table_id:
        return topology.route_tables.need(spot.table_id)
    return routes.table_of(topology, spot.subnet_id, spot.vpc_id)


# -- where they come out -----------------------------------------------------------------------


def _arrived(topology: Topology, spot: Spot, goal: End) -> Spot:
    if not goal.vpc_id:
        return _nobody(topology, spot)
    if spot.where is Where.INSIDE and spot.vpc_id == goal.vpc_id:
        return _into(topology, spot, goal)
    if spot.where is not Where.LOST:
        where = spot.vpc_id if spot.where is Where.INSIDE else f"the {spot.where}"
        rule = f"they come out in {where}, and {goal.name} is in {goal.vpc_id}"
        spot = leave(topology, spot).lost(deny("way", goal.vpc_id, rule))
    return _as_if(topology, spot, goal)


def _into(topology: Topology, spot: Spot, goal: End) -> Spot:
    if spot.subnet_id == goal.subnet_id:
        if spot.parcel.reply:
            return spot
        rule = f"both are in {spot.subnet_id}, and network ACLs act only where a packet leaves or enters a subnet"
        return spot.also(allow("network ACL", "none", rule))
    return across(topology, spot, goal.subnet_id)


def _as_if(topology: Topology, spot: Spot, goal: End) -> Spot:
    """Lost on the way: what the filters at both ends say all the same."""
    spot = leave(topology, spot)
    if spot.altered:  # whoever they seem to come from then
        return spot
    parcel = replace(spot.parcel, dst=goal.addresses)
    return spot.also(acl(topology, goal.vpc_id, goal.subnet_id, parcel, egress=False), parcel=parcel)


def _nobody(topology: Topology, spot: Spot) -> Spot:
    """An address that no interface has: out on the internet or at a service it may be one, in a VPC it is none."""
    if spot.where is not Where.INSIDE:
        return leave(topology, spot) if spot.where is Where.LOST else spot
    dst, layer = spot.parcel.dst, f"VPC {spot.vpc_id}"
    gap = unread(topology, spot.vpc_id) or topology.subnets.gap or topology.interfaces.gap
    if gap is not None:
        return leave(topology, spot).lost(unsure(layer, spot.vpc_id, gap))
    home = next((one for one in topology.subnets if one.vpc_id == spot.vpc_id and _holds(one.cidrs, dst)), None)
    kept = _kept_by_aws(topology, spot, home.cidrs if home else ())
    spot = across(topology, spot, home.id) if home else leave(topology, spot)
    if kept:
        return spot.lost(unsure(layer, spot.vpc_id, kept))
    if home is None:
        return spot.lost(deny(layer, spot.vpc_id, f"no subnet of {spot.vpc_id} has an address {dst.title}"))
    return spot.lost(deny(layer, home.id, f"no interface in {home.id} has the address {dst.title}"))


def _holds(cidrs: tuple[str, ...], members: Addresses) -> bool:
    return bool(members & union(members.family, cidrs))


def _kept_by_aws(topology: Topology, spot: Spot, cidrs: tuple[str, ...]) -> str:
    """AWS's router is the second address of each subnet, its DNS server the third of each VPC block (subnet sizing)."""
    dst, vpc = spot.parcel.dst, topology.vpcs.rows.get(spot.vpc_id)
    of_subnet = [(block, offset) for block in cidrs for offset in (1, 2)]
    every = [*of_subnet, *((block, 2) for block in (vpc.cidrs if vpc else ()))]
    blocks = ((union(dst.family, (block,)), offset) for block, offset in every)
    if not any(block and block.ranges.first + offset in dst.ranges for block, offset in blocks):
        return ""
    return f"{dst.title} is kept for AWS's own router or DNS server, and what answers there is not judged"


def _agreed(ways: list[Spot]) -> Spot:
    """One answer for all the ways that packets may take; where they differ, none."""
    first = next((one for one in ways if one.verdict is not Decision.DENY), ways[0])
    same = {(one.verdict, one.parcel, one.by, one.turns, one.where) for one in ways}
    if len({one.verdict for one in ways}) == 1 and (len(same) == 1 or first.verdict is Decision.DENY):
        return first
    other = next((one for one in ways if one.verdict is not first.verdict or one.parcel != first.parcel), first)
    why = "; ".join(one.rule for one in other.steps if one.decision is not Decision.ALLOW)
    rule = (
        f"{len(ways)} ways lead on, and which one packets take is not known{f': by one of them {why}' if why else ''}"
    )
    return first.also(unsure("way", first.vpc_id, rule), altered=True)


# -- the way back ------------------------------------------------------------------------------


def back(topology: Topology, there: Spot, source: End, target: End, parcel: Parcel) -> Iterator[Step]:
    """What the reply meets, by each NAT gateway that was on the way there. *parcel*: what *target* answers with."""
    goals = [*(turn.gateway for turn in reversed(there.turns)), source]
    by_tables = [*(turn.table_id for turn in reversed(there.turns)), ""]
    wanted = [there.parcel.src, *(turn.source for turn in reversed(there.turns))]
    spot = _answering(topology, there, target, parcel, goals[0])
    for goal, dst, table_id in zip(goals, wanted, by_tables, strict=True):
        spot = replace(spot, parcel=replace(spot.parcel, dst=dst if spot.where is Where.ROUTED else spot.parcel.dst))
        found = carry(topology, spot, goal) if goal.vpc_id else outwards(topology, spot, wanted[0])
        yield from found.steps
        onward = replace(parcel, src=found.parcel.src, dst=dst)  # as a gateway on the way shows the sender
        spot = replace(start(goal, onward), table_id=table_id)


def _answering(topology: Topology, there: Spot, target: End, parcel: Parcel, goal: End) -> Spot:
    """Where the reply begins: at the target, or coming in again from the internet or a service."""
    if target.vpc_id:
        return start(target, parcel)
    inside = replace(parcel, dst=goal.addresses)
    by_table = there.where is Where.INTERNET and not parcel.opened_by  # an egress-only gateway has no table of its own
    steps = gateways.edge(topology, goal.vpc_id, inside) if by_table else ()
    return Spot(where=Where.INSIDE, parcel=inside, vpc_id=goal.vpc_id, steps=steps)


def outwards(topology: Topology, spot: Spot, caller: Addresses, home: str = "") -> Spot:
    """The reply to a caller on the internet or in a network outside; *home*: the VPC of the caller's address."""
    found = leave(topology, _agreed(list(walk(topology, spot))))
    if found.where is Where.INSIDE and found.vpc_id != home:
        rule = f"the reply to {caller.title} comes out in {found.vpc_id}, and not where the caller is"
        return found.lost(deny("way", found.vpc_id, rule))
    return found
