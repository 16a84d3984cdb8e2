"""Clients of a load balancer: every kind of packet from a named source to its listener, and on to its targets.

Targets may see the client's own address, so that their rules tell clients apart as well as the load balancer's do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import middle, ranges
from vpclink_checks.reach.ends import End, backend_end
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.middle import Entrance, Onward
from vpclink_checks.reach.places import Receiver, Sender
from vpclink_checks.reach.ranges import Known
from vpclink_checks.reach.sets import Addresses, Ranges, addresses, public, world
from vpclink_checks.reach.trace import Trace


def doors(topology: Topology, there: Receiver) -> tuple[Entrance, ...]:
    """The load balancer's addresses that a destination stands for; none where it is no load balancer. UnknownFact."""
    if there.balancer is not None:
        return middle.entrances(topology, there.balancer, there.port)
    found = (middle.entrance_at(topology, one) for one in there.backends)
    outside = {end.addresses: end.public for end, _ in there.ends}
    return tuple(
        replace(one, end=replace(one.end, public=outside.get(one.end.addresses, "")))
        for one in found
        if one is not None
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """One entrance: what its listener does with anybody's packets, and where rules on the way begin and end.

    ``alike``: no rule of the listener asks for the client's address, so that it does the same with everybody's.
    """

    known: Known
    door: Entrance
    protocol: str
    ways: tuple[Onward, ...]
    alike: bool
    marks: list[int]


def traces(known: Known, every: tuple[Entrance, ...], here: Sender, protocol: str) -> Iterator[Trace]:
    """From interfaces and private ranges of *here*; public addresses are reach.outside's. Raises UnknownFact."""
    for door in every:
        asked = _asked(known, door, protocol)
        for client in known.alike(here.ends, door.end, asked.marks):
            yield from _from_client(asked, client)
        for members in here.ranges:
            if members.family == door.end.family:
                yield from _from_range(asked, members, here.vpc_id)


def _asked(known: Known, door: Entrance, protocol: str) -> _Asked:
    anybody = End(name="anybody", addresses=world(door.end.family), vpc_id="", subnet_id="")
    ways = tuple(middle.onward(known.topology, door, anybody, protocol))
    named = tuple(_rule_networks(known.topology, door))
    return _Asked(known, door, protocol, ways, not named, sorted(set(_marks(known, door, ways, named))))


def _from_client(asked: _Asked, client: End) -> Iterator[Trace]:
    first = trace(asked.known.topology, client, asked.door.end, asked.door.port, asked.protocol)
    yield from _whole(asked, first, _as_seen(client, asked.door))


def _whole(asked: _Asked, first: Trace, client: End) -> Iterator[Trace]:
    topology, door = asked.known.topology, asked.door
    ways = asked.ways if asked.alike else middle.onward(topology, door, client, asked.protocol)
    for one in ways:
        yield from middle.along(topology, first, door, client, one, asked.protocol)


def _as_seen(client: End, door: Entrance) -> End:
    """To a public address clients come by a gateway, with a public address of their own or a NAT gateway's."""
    if not door.end.public:
        return client
    return replace(client, addresses=public(client.family), counts_as=frozenset(), name=f"{client.name} from outside")


def _from_range(asked: _Asked, members: Addresses, vpc_id: str) -> Iterator[Trace]:
    """Interfaces of the VPC as they are; what no interface has, piece by piece. Raises UnknownFact."""
    known, door = asked.known, asked.door
    mine = [
        one
        for one in known.ends(door.end.vpc_id, door.end.family)
        if vpc_id in ("", door.end.vpc_id) and one.addresses.ranges.first in members.ranges
    ]
    for client in known.alike(mine, door.end, asked.marks):
        yield from _from_client(asked, client)
    taken = Ranges.of(*(span for one in (door.end, *mine) for span in one.addresses.ranges.spans))
    for piece in ranges.cut(members - Addresses(members.family, taken), asked.marks):
        nobody = End(name=piece.title, addresses=piece, vpc_id="", subnet_id="")
        for first in ranges.traces(known, piece, door.end, door.port, asked.protocol, vpc_id=vpc_id):
            yield from _whole(asked, first, nobody)


def _marks(known: Known, door: Entrance, ways: Iterable[Onward], named: Iterable[Addresses]) -> Iterator[int]:
    """Every address in front of which a rule on the way begins or ends: the load balancer's, and its targets'."""
    yield from known.marks(door.end)
    yield from _edges(named, door.end.family)
    for one in ways:
        target = backend_end(one.backend) if one.backend is not None else None
        if target is not None and target.family == door.end.family:
            yield from known.marks(target)
            yield from _edges([target.addresses], door.end.family)


def _rule_networks(topology: Topology, door: Entrance) -> Iterator[Addresses]:
    """What the source-ip conditions of an ALB's rules name."""
    listeners = topology.listeners.peek(door.balancer.arn)
    for listener in () if isinstance(listeners, Gap) or door.balancer.network else listeners or ():
        rules = topology.listener_rules.peek(listener.arn)
        for rule in () if isinstance(rules, Gap) else rules or ():
            for field, values in rule.conditions:
                yield from (addresses(value) for value in values if field == "source-ip")


def _edges(networks: Iterable[Addresses], family: int) -> Iterator[int]:
    for one in networks:
        if one.family == family:
            yield from (edge for first, last in one.ranges.spans for edge in (first, last + 1))
