"""Packets from any address of a range to one address: exact by cutting the range where some rule begins or ends.

The interfaces of the facts, in the destination's VPC and in those that lead to it, are judged as they are. Addresses
that none of them has are judged by the ways and the destination's side alone: what those refuse is blocked, anything
else is not known.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import Subnet
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes, ways
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.parcels import Parcel, unread
from vpclink_checks.reach.places import interface_ends
from vpclink_checks.reach.protocols import replies
from vpclink_checks.reach.sets import Addresses, Ranges, Span, addresses, none, one_port, public, union
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace


class Known:
    """What the questions over one topology share, worked out once."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._ends: dict[tuple[str, int], tuple[End, ...]] = {}
        self._marks: dict[tuple[object, ...], list[int]] = {}

    def ends(self, vpc_id: str, family: int) -> tuple[End, ...]:
        """Every interface of the VPC. Raises UnknownFact where some were not read."""
        if (vpc_id, family) not in self._ends:
            mine = [one for one in self.topology.interfaces.all() if one.vpc_id == vpc_id]
            found = (end for one in mine for end in interface_ends(one))
            self._ends[vpc_id, family] = tuple(one for one in found if one.family == family)
        return self._ends[vpc_id, family]

    def marks(self, target: End) -> list[int]:
        """Every address in front of which a rule on the target's side begins or ends, in order."""
        key = (target.group_ids, target.subnet_id, target.vpc_id, target.family)
        if key not in self._marks:
            self._marks[key] = sorted(_edges(self.topology, target))
        return self._marks[key]

    def apart(self, ends: Iterable[End], target: End) -> Iterator[End]:
        """One end for all that nothing on the way tells apart; each for itself where their public addresses count."""
        mine = list(ends)
        if target.public or not target.vpc_id:
            yield from (one for one in mine if one.family == target.family and one.addresses != target.addresses)
            return
        near = all(one.vpc_id == target.vpc_id for one in mine)
        yield from self.alike(mine, target, None if near else self._far_marks(target))

    def _far_marks(self, target: End) -> list[int]:
        """The target's marks and those of every ACL, which a way through other VPCs may meet."""
        every = (entry.cidr for acl in self.topology.network_acls for entry in acl.entries)
        return sorted({*self.marks(target), *edges(every, target.family)})

    def alike(self, ends: Iterable[End], target: End, marks: list[int] | None = None) -> Iterator[End]:
        """One end for all that no rule tells apart: the same subnet and groups, between the same two marks.

        Those of another family, and the target itself, are left out. *marks*: the target's own, if no others count.
        """
        marks = self.marks(target) if marks is None else marks
        found: dict[tuple[object, ...], list[End]] = {}
        for end in ends:
            if end.family == target.family and end.addresses != target.addresses:
                place = bisect_right(marks, end.addresses.ranges.first) if end.addresses.size == 1 else end.addresses
                found.setdefault((end.vpc_id, end.subnet_id, end.group_ids, end.filtered, place), []).append(end)
        yield from map(_merged, found.values())


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: to this address and port."""

    known: Known
    target: End
    port: int
    protocol: str

    @property
    def topology(self) -> Topology:
        return self.known.topology


def traces(
    known: Known, members: Addresses, target: End, port: int, protocol: str, *, vpc_id: str = ""
) -> Iterator[Trace]:
    """Every kind of packet from private addresses of *members*; public ones are reach.outside's.

    *vpc_id*: the VPC that the addresses lie in, "" for the target's own. Raises UnknownFact.
    """
    asked, topology = _Asked(known, target, port, protocol), known.topology
    if not target.vpc_id:
        yield from _to_outside(asked, members, vpc_id)
        return
    own = union(target.family, topology.vpcs.need(target.vpc_id).cidrs)
    for place in _places(topology, target.vpc_id, vpc_id):
        theirs = members & union(target.family, topology.vpcs.need(place).cidrs)
        if place == target.vpc_id:
            yield from _inside(asked, theirs, place)
        else:
            yield from _beside(asked, theirs if vpc_id else theirs - own, place)
    every_vpc = [cidr for one in topology.vpcs for cidr in one.cidrs]
    rest = none(target.family) if vpc_id else members - union(target.family, every_vpc) - public(target.family)
    for piece in cut(rest, known.marks(target)):
        yield _from_outside(asked, piece, f"{piece.title} lies in no VPC of the facts, so who sends it is not known")


def _places(topology: Topology, own: str, asked: str) -> tuple[str, ...]:
    """The VPCs that addresses may lie in: the one that was named, else the destination's, and then the others."""
    return (asked,) if asked else (own, *(one.id for one in topology.vpcs if one.id != own))


def _beside(asked: _Asked, inside: Addresses, vpc_id: str) -> Iterator[Trace]:
    """From another VPC; what was not read of it, by the destination's side."""
    if not inside:
        return
    gap = unread(asked.topology, vpc_id)
    try:
        asked.known.ends(vpc_id, asked.target.family)
    except UnknownFact as signal:
        gap = signal.gap
    if gap is None:
        yield from _inside(asked, inside, vpc_id)
        return
    for piece in cut(inside, asked.known.marks(asked.target)):
        yield _from_outside(asked, piece, f"who sends {piece.title} in {vpc_id} is not known: {gap}", vpc_id)


def _inside(asked: _Asked, inside: Addresses, vpc_id: str) -> Iterator[Trace]:
    if not inside:
        return
    target = asked.target
    every = asked.known.ends(vpc_id, target.family)
    mine = [end for end in every if end.addresses.ranges.first in inside.ranges]
    for end in asked.known.apart(mine, target):
        yield trace(asked.topology, end, target, asked.port, asked.protocol)
    ours = (target, *mine) if vpc_id == target.vpc_id else mine
    taken = Ranges.of(*(span for end in ours for span in end.addresses.ranges.spans))
    left = inside - Addresses(target.family, taken)
    yield from _nobodys(asked, left, asked.known.marks(target), vpc_id)


def _to_outside(asked: _Asked, members: Addresses, vpc_id: str) -> Iterator[Trace]:
    """To an address that no interface has: from everything that lies in a VPC of the facts."""
    topology, left = asked.topology, members
    for place in (vpc_id,) if vpc_id else tuple(one.id for one in topology.vpcs):
        theirs = members & union(members.family, topology.vpcs.need(place).cidrs)
        left = left - theirs
        mine = [end for end in asked.known.ends(place, members.family) if end.addresses.ranges.first in theirs.ranges]
        for end in mine:
            yield trace(topology, end, asked.target, asked.port, asked.protocol)
        taken = Ranges.of(*(span for end in mine for span in end.addresses.ranges.spans))
        for subnet in topology.subnets.all():
            nobodys = (theirs - Addresses(members.family, taken)) & union(members.family, subnet.cidrs)
            if subnet.vpc_id == place and nobodys:
                yield _from_nobody(asked, nobodys, subnet)
    left = left - public(members.family)
    if left:
        rule = f"{left.title} lies in no VPC of the facts, so where its packets go is not known"
        step = Step(layer="the way in", component=left.title, decision=Decision.UNKNOWN, rule=rule)
        dst = asked.target.addresses.title
        yield Trace(packet=Packet(src=left.title, dst=dst, port=asked.port, protocol=asked.protocol), steps=(step,))


def _merged(ends: list[End]) -> End:
    if len(ends) == 1:
        return ends[0]
    spans = Ranges.of(*(span for one in ends for span in one.addresses.ranges.spans))
    names = dict.fromkeys(one.name for one in ends)
    name = ends[0].name if len(names) == 1 else f"{ends[0].name} and {len(names) - 1} others alike"
    return replace(ends[0], addresses=Addresses(ends[0].family, spans), name=name)


def _nobodys(asked: _Asked, rest: Addresses, marks: list[int], vpc_id: str) -> Iterator[Trace]:
    """Addresses of the VPC that no interface has, subnet by subnet."""
    subnets = [one for one in asked.topology.subnets.all() if one.vpc_id == vpc_id]
    for subnet in subnets:
        members = rest & union(rest.family, subnet.cidrs)
        rest = rest - members
        for piece in cut(members, marks):
            yield _from_nobody(asked, piece, subnet)
    for piece in cut(rest, marks):
        yield _from_outside(asked, piece, f"{piece.title} lies in no subnet of {vpc_id}", vpc_id)


def _from_nobody(asked: _Asked, piece: Addresses, subnet: Subnet) -> Trace:
    name = f"a host in {subnet.id}"
    end = End(name=name, addresses=piece, vpc_id=subnet.vpc_id, subnet_id=subnet.id)
    found = trace(asked.topology, end, asked.target, asked.port, asked.protocol)
    rule = f"no interface in the facts has an address of {piece.title}, so its outbound rules are not known"
    return replace(found, steps=(replace(found.steps[0], rule=rule), *found.steps[1:]))


def _from_outside(asked: _Asked, piece: Addresses, why: str, home: str = "") -> Trace:
    """The destination's side alone: its ACL, its groups, and the way of the reply, which may lead nowhere."""
    topology, target = asked.topology, asked.target
    end = End(name=piece.title, addresses=piece, vpc_id="", subnet_id="")
    steps = [
        Step(layer="the way in", component=piece.title, decision=Decision.UNKNOWN, rule=why),
        acls.decide(topology, target, end, egress=False, protocol=asked.protocol, asked=one_port(asked.port)),
        groups.decide(topology, target, end, "ingress", protocol=asked.protocol, port=asked.port),
    ]
    answer = replies(asked.protocol, asked.port)
    if answer:
        reply = Parcel(src=target.addresses, dst=piece, protocol=asked.protocol, asked=answer, reply=True)
        steps += ways.outwards(topology, ways.start(target, reply), piece, home).steps
    packet = Packet(src=piece.title, dst=target.addresses.title, port=asked.port, protocol=asked.protocol)
    return Trace(packet=packet, steps=tuple(steps))


# -- where rules begin and end -----------------------------------------------------------------


def cut(members: Addresses, marks: list[int]) -> Iterator[Addresses]:
    """Pieces of *members*: within one, no rule of the destination's side makes a difference."""
    pieces: dict[int, list[Span]] = {}
    for span in members.ranges.cut(marks):
        pieces.setdefault(bisect_right(marks, span[0]), []).append(span)
    yield from (Addresses(members.family, Ranges.of(*spans)) for spans in pieces.values())


def _edges(topology: Topology, target: End) -> frozenset[int]:
    networks = [
        *_group_networks(topology, target),
        *_acl_networks(topology, target),
        *_route_networks(topology, target),
        *_way_networks(topology, target.vpc_id),
    ]
    return edges(networks, target.family)


def edges(networks: Iterable[str], family: int) -> frozenset[int]:
    """Every address in front of which one of these networks begins or ends."""
    parsed = [one for one in map(addresses, networks) if one.family == family]
    return frozenset(edge for one in parsed for first, last in one.ranges.spans for edge in (first, last + 1))


def _group_networks(topology: Topology, target: End) -> Iterator[str]:
    for group_id in target.group_ids:
        group = topology.security_groups.peek(group_id)
        if group is None or isinstance(group, Gap):
            continue
        for rule in group.ingress:
            yield from ([rule.cidr] if rule.cidr else _entries(topology, rule.prefix_list_id))


def _entries(topology: Topology, prefix_list_id: str) -> tuple[str, ...]:
    """The networks of a prefix list; none where it was not read, which the trace then says."""
    found = topology.prefix_lists.peek(prefix_list_id) if prefix_list_id else None
    return () if found is None or isinstance(found, Gap) else found.cidrs


def _acl_networks(topology: Topology, target: End) -> Iterator[str]:
    try:
        acl = acls.acl_of(topology, target.subnet_id, target.vpc_id)
    except UnknownFact:
        return
    yield from (entry.cidr for entry in acl.entries)


def _route_networks(topology: Topology, target: End) -> Iterator[str]:
    try:
        table = routes.table_of(topology, target.subnet_id, target.vpc_id)
    except UnknownFact:
        return
    for route in table.routes:
        listed = route.destination.startswith("pl-")
        yield from (_entries(topology, route.destination) if listed else (route.destination,))


def _way_networks(topology: Topology, vpc_id: str) -> Iterator[str]:
    """Where a way on or back begins and ends behind the VPC's own tables."""
    for peering in topology.peerings:
        for side in (peering.requester, peering.accepter):
            yield from side.cidrs
    if any(one.resource_id == vpc_id for one in topology.transit_attachments):
        for table in topology.transit_route_tables:
            for route in table.routes:
                listed = route.destination.startswith("pl-")
                yield from (_entries(topology, route.destination) if listed else (route.destination,))
