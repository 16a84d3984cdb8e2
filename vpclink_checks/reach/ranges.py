"""Packets from any address of a range to one address: exact by cutting the range where some rule begins or ends.

Inside the destination's VPC the interfaces of the facts are judged as they are. Addresses that none of
them has are judged by the destination's side alone: what it refuses is blocked, anything else is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import Subnet
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.places import interface_ends
from vpclink_checks.reach.protocols import REPLY_PORTS
from vpclink_checks.reach.sets import Addresses, Ranges, addresses, none, one_port, public, union
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: to this address and port."""

    topology: Topology
    target: End
    port: int
    protocol: str


def traces(
    topology: Topology, members: Addresses, target: End, port: int, protocol: str, *, vpc_id: str = ""
) -> Iterator[Trace]:
    """Every kind of packet from private addresses of *members*; public ones are reach.outside's.

    *vpc_id*: the VPC that the addresses lie in, "" for the target's own. Raises UnknownFact.
    """
    asked = _Asked(topology, target, port, protocol)
    own = union(target.family, topology.vpcs.need(target.vpc_id).cidrs)
    inside = members & own if vpc_id in ("", target.vpc_id) else none(target.family)
    yield from _inside(asked, inside)
    every_vpc = [cidr for one in topology.vpcs for cidr in one.cidrs]
    elsewhere = (members if vpc_id not in ("", target.vpc_id) else members - own) - public(target.family, every_vpc)
    for piece in _cut(elsewhere, _edges(asked)):
        yield _from_outside(asked, piece, f"{piece.title} is outside {target.vpc_id}: the way in is not judged")


def _inside(asked: _Asked, inside: Addresses) -> Iterator[Trace]:
    if not inside:
        return
    known = [end for end in _interfaces(asked) if end.addresses <= inside]
    edges = _edges(asked)
    for end in _alike(known, edges):
        yield trace(asked.topology, end, asked.target, asked.port, asked.protocol)
    rest = inside - asked.target.addresses
    for end in known:
        rest = rest - end.addresses
    yield from _nobodys(asked, rest, edges)


def _interfaces(asked: _Asked) -> Iterator[End]:
    """Every interface of the VPC but the target itself. Raises UnknownFact where some were not read."""
    for interface in asked.topology.interfaces.all():
        if interface.vpc_id == asked.target.vpc_id:
            ends = (one for one in interface_ends(interface) if one.family == asked.target.family)
            yield from (one for one in ends if one.addresses != asked.target.addresses)


def _alike(ends: Iterable[End], edges: frozenset[int]) -> Iterator[End]:
    """One end for all that no rule tells apart: the same subnet and groups, between the same two edges."""
    marks = sorted(edges)
    found: dict[tuple[object, ...], End] = {}
    for end in ends:
        first = end.addresses.ranges.first
        place = sum(1 for mark in marks if mark <= first)
        key = (end.subnet_id, end.group_ids, end.filtered, place)
        same = found.get(key)
        found[key] = end if same is None else _merged(same, end)
    yield from found.values()


def _merged(one: End, other: End) -> End:
    name = one.name if one.name == other.name else f"{one.name.split(' and ')[0]} and others alike"
    return replace(one, addresses=one.addresses | other.addresses, name=name)


def _nobodys(asked: _Asked, rest: Addresses, edges: frozenset[int]) -> Iterator[Trace]:
    """Addresses of the VPC that no interface has, subnet by subnet."""
    subnets = [one for one in asked.topology.subnets.all() if one.vpc_id == asked.target.vpc_id]
    for subnet in subnets:
        members = rest & union(rest.family, subnet.cidrs)
        rest = rest - members
        for piece in _cut(members, edges):
            yield _from_nobody(asked, piece, subnet)
    for piece in _cut(rest, edges):
        yield _from_outside(asked, piece, f"{piece.title} lies in no subnet of {asked.target.vpc_id}")


def _from_nobody(asked: _Asked, piece: Addresses, subnet: Subnet) -> Trace:
    name = f"a host in {subnet.id}"
    end = End(name=name, addresses=piece, vpc_id=subnet.vpc_id, subnet_id=subnet.id)
    found = trace(asked.topology, end, asked.target, asked.port, asked.protocol)
    rule = f"no interface in the facts has an address of {piece.title}, so its outbound rules are not known"
    return replace(found, steps=(replace(found.steps[0], rule=rule), *found.steps[1:]))


def _from_outside(asked: _Asked, piece: Addresses, why: str) -> Trace:
    """The destination's side alone: its ACL, its groups, and the way of the reply."""
    topology, target = asked.topology, asked.target
    end = End(name=piece.title, addresses=piece, vpc_id="", subnet_id="")
    there, back = one_port(asked.port), REPLY_PORTS
    steps = (
        Step(layer="the way in", component=piece.title, decision=Decision.UNKNOWN, rule=why),
        acls.decide(topology, target, end, egress=False, protocol=asked.protocol, asked=there),
        groups.decide(topology, target, end, "ingress", protocol=asked.protocol, port=asked.port),
        acls.decide(topology, target, end, egress=True, protocol=asked.protocol, asked=back),
        routes.decide(topology, target, end),
    )
    packet = Packet(src=piece.title, dst=target.addresses.title, port=asked.port, protocol=asked.protocol)
    return Trace(packet=packet, steps=steps)


# -- where rules begin and end -----------------------------------------------------------------


def _cut(members: Addresses, edges: frozenset[int]) -> Iterator[Addresses]:
    """Pieces of *members*: within one, no rule of the destination's side makes a difference."""
    marks = sorted(edges)
    pieces: dict[int, Addresses] = {}
    for span in members.ranges.cut(marks):
        place = sum(1 for mark in marks if mark <= span[0])
        pieces[place] = pieces.get(place, none(members.family)) | Addresses(members.family, Ranges.of(span))
    yield from pieces.values()


def _edges(asked: _Asked) -> frozenset[int]:
    """Every address in front of which a rule on the destination's side begins or ends."""
    networks = [*_group_networks(asked), *_acl_networks(asked), *_route_networks(asked)]
    spans = [
        span
        for text in networks
        for one in [addresses(text)]
        if one.family == asked.target.family
        for span in one.ranges.spans
    ]
    return frozenset(edge for first, last in spans for edge in (first, last + 1))


def _group_networks(asked: _Asked) -> Iterator[str]:
    for group_id in asked.target.group_ids:
        group = asked.topology.security_groups.peek(group_id)
        if group is None or isinstance(group, Gap):
            continue
        for rule in group.ingress:
            yield from ([rule.cidr] if rule.cidr else _entries(asked, rule.prefix_list_id))


def _entries(asked: _Asked, prefix_list_id: str) -> tuple[str, ...]:
    """The networks of a prefix list; none where it was not read, which the trace then says."""
    found = asked.topology.prefix_lists.peek(prefix_list_id) if prefix_list_id else None
    return () if found is None or isinstance(found, Gap) else found.cidrs


def _acl_networks(asked: _Asked) -> Iterator[str]:
    try:
        acl = acls.acl_of(asked.topology, asked.target.subnet_id, asked.target.vpc_id)
    except UnknownFact:
        return
    yield from (entry.cidr for entry in acl.entries)


def _route_networks(asked: _Asked) -> Iterator[str]:
    try:
        table = routes.table_of(asked.topology, asked.target.subnet_id, asked.target.vpc_id)
    except UnknownFact:
        return
    for route in table.routes:
        listed = route.destination.startswith("pl-")
        yield from (_entries(asked, route.destination) if listed else (route.destination,))
