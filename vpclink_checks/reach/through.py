"""What of the internet gets from a load balancer's listener to a target: the last condition of such a door.

A target that sees the load balancer's own addresses lets everybody in or nobody. One that sees the client's
(semantics.md, section 5) has its groups and its subnet's ACL ask for that very address; the load balancer's
own groups, routes and ACL still act on what it sends on. Replies go back the same way, through the load
balancer, so that no route of the target's to the client is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, legs, routes
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps, unread
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, preserved
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.internet import Door, Layer
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.middle import Entrance, Onward, entrance_at, onward
from vpclink_checks.reach.senders import kept_readings
from vpclink_checks.reach.sets import Ranges, addresses, none, one_port, public, world
from vpclink_checks.reach.trace import Decision, Step

# A client on the internet takes whatever source port it likes; one that every ACL lets back is enough.
_ANY_PORT = Ranges.of((1, 65535))
Condition = tuple[Bounds, str]  # who passes, and how it closes


def layer(
    topology: Topology,
    balancer: LoadBalancer,
    group: TargetGroup,
    backends: Iterable[Backend],
    door: Door,
    *,
    brought: bool = False,
) -> Layer:
    """The public sources that at least one of these targets lets in when they come by *door*. Raises UnknownFact.

    *brought*: not by an internet gateway, so that the ACL of the load balancer's subnet may not see callers at all.
    """
    family = addresses(door.address).family
    every = tuple(backends)
    way = _Way(topology, balancer, group, _zone(topology, balancer, door), family, brought, door.protocol)
    sent = _legs(way, [one.target for one in every])
    judged = [_lets_in(way, one, sent.get(one.target)) for one in every]
    bounds = reduce(Bounds.__or__, (one for one, _ in judged), exactly(none(family)))
    shown = ", ".join(one.title for one in every) or "no target"
    closed = (
        f"{shown} behind {balancer.name} admits only a part of it" if every else "no target is in service behind it"
    )
    if every and not bounds.possible:
        reasons = "; ".join(dict.fromkeys(why for _, why in judged if why))
        closed = f"what {balancer.name} sends on is admitted by none of {shown}: {reasons}"
    return Layer("targets", bounds, closed, ((bounds.possible, f"{shown} behind {balancer.name} admits it"),))


def behind_listener(topology: Topology, balancer: LoadBalancer, door: Door) -> Layer:
    """The public sources whom the listener's targets let in, any of them: a target, or a listener that answers itself.

    Raises UnknownFact.
    """
    family = addresses(door.address).family
    end = End(name=balancer.name, addresses=addresses(door.address), vpc_id=balancer.vpc_id, subnet_id="")
    entrance = Entrance(balancer=balancer, zone=_zone(topology, balancer, door), end=end, port=door.port)
    bounds, closed = _behind(topology, entrance, family, door.protocol)
    text = f"{balancer.name}:{door.port} and what it sends on to"
    return Layer(
        "listener", bounds, closed or f"{text} admit only some sources", ((bounds.possible, f"{text} admit it"),)
    )


def _behind(topology: Topology, door: Entrance, family: int, protocol: str) -> tuple[Bounds, str]:
    """(who gets on, how it closes; "" where it is open). Raises UnknownFact."""
    anybody = End(name="the internet", addresses=world(family), vpc_id="", subnet_id="")
    judged = [_of_way(topology, door, one, family, protocol) for one in onward(topology, door, anybody, protocol)]
    bounds = reduce(Bounds.__or__, (one for one, _ in judged), exactly(none(family)))
    return bounds, "; ".join(dict.fromkeys(why for _, why in judged if why))


def _of_way(topology: Topology, door: Entrance, one: Onward, family: int, protocol: str) -> tuple[Bounds, str]:
    """One of the listener's ways on: its steps, and the target's conditions. Raises UnknownFact."""
    conditions = [_step(step, family) for step in one.steps]
    denied = "; ".join(step.rule for step in one.steps if step.decision is Decision.DENY)
    if one.group is not None and one.backend is not None:
        way = _Way(topology, door.balancer, one.group, door.zone, family, False, protocol)  # noqa: FBT003 - a field
        bounds, why = _lets_in(way, one.backend, one.leg)
        conditions.append((bounds, why))
        denied = denied or why
        inner = entrance_at(topology, one.backend) if one.group.target_type == "alb" else None
        if inner is not None:
            bounds, why = _behind(topology, inner, family, "tcp")
            conditions.append((bounds, why))
            denied = denied or why
    elif one.leg is not None:
        doubt = f"{one.leg.target.id} is in no VPC of the facts: what filters it there is not known"
        conditions.append((perhaps(world(family), doubt), doubt))
    return reduce(Bounds.__and__, (bounds for bounds, _ in conditions), exactly(world(family))), denied


@dataclass(frozen=True, slots=True)
class _Way:
    """From one zone's address of a load balancer on, for callers of one family."""

    topology: Topology
    balancer: LoadBalancer
    group: TargetGroup
    zone: Zone
    family: int
    brought: bool
    protocol: str


def _zone(topology: Topology, balancer: LoadBalancer, door: Door) -> Zone:
    interface = topology.interfaces.need(door.interface_id)
    found = next((one for one in balancer.zones if one.subnet_id == interface.subnet_id), None)
    return found or Zone(name=interface.zone, subnet_id=interface.subnet_id)


def _lets_in(way: _Way, backend: Backend, leg: Leg | None) -> tuple[Bounds, str]:
    """(who gets to this target, how it closes; "" where it is open). No *leg*: nothing is sent. Raises UnknownFact."""
    if leg is None:
        return exactly(none(way.family)), f"{way.balancer.name} sends nothing from {way.zone.name} to {backend.title}"
    target = backend_end(backend)
    kept, unsure = _kept(way, target)
    every = [(_as_client(way, target, backend.port) if one else _as_itself(way, target, backend.port)) for one in kept]
    bounds = every[0][0] if len(every) == 1 else _either([one for one, _ in every], unsure)
    if leg.doubt:
        bounds = Bounds(none(way.family), bounds.possible, (*bounds.doubts, leg.doubt))
    return bounds, "; ".join(dict.fromkeys(why for _, why in every if why))


def _either(readings: list[Bounds], doubt: str) -> Bounds:
    """What holds in every reading is sure, what holds in one is possible."""
    first, second = readings
    sure, possible = first.sure & second.sure, first.possible | second.possible
    doubts = (*first.doubts, *second.doubts, *((f"readings disagree: {doubt}",) if sure != possible else ()))
    return Bounds(sure, possible, tuple(dict.fromkeys(doubts)))


def _legs(way: _Way, targets: list[Target]) -> dict[Target, Leg]:
    """The targets that this zone's nodes send to at all. Raises UnknownFact."""
    classic = way.balancer.type == "classic"
    every = (
        legs.of_classic(way.topology, way.balancer, targets)
        if classic
        else legs.of(way.topology, way.balancer, way.group)
    )
    return {one.target: one for one in every if one.zone.subnet_id == way.zone.subnet_id}


def _kept(way: _Way, target: End) -> tuple[tuple[bool, ...], str]:
    """Whether the target sees the client's address: never an ALB's, never of another family. Raises UnknownFact."""
    if not way.balancer.network or target.family != way.family:
        return (False,), ""
    return kept_readings(way.topology, way.group)


# -- the load balancer's own addresses ----------------------------------------------------------


def _as_itself(way: _Way, target: End, port: int) -> tuple[Bounds, str]:
    """Everybody, where one of the zone's addresses gets through."""
    sources = balancer_ends(way.topology, way.balancer, way.zone, target.family)
    traces = [trace(way.topology, source, target, port, way.protocol) for source in sources]
    if any(one.verdict == "reached" for one in traces):
        return exactly(world(way.family)), ""
    doubtful = next((one for one in traces if one.verdict == "unknown"), None)
    if doubtful is not None:
        return perhaps(world(way.family), "; ".join(doubtful.doubts)), ""
    return exactly(none(way.family)), "; ".join(step.rule for step in traces[0].blockers)


# -- the client's address -----------------------------------------------------------------------


def _as_client(way: _Way, target: End, port: int) -> tuple[Bounds, str]:
    """Whom every condition on the way lets through, for addresses of the internet."""
    own = balancer_ends(way.topology, way.balancer, way.zone, target.family)[0]
    anybody = End(name="the internet", addresses=world(way.family), vpc_id="", subnet_id="")
    client = preserved(own, anybody)
    conditions = [
        _step(groups.decide(way.topology, own, target, "egress", protocol=way.protocol, port=port), way.family),
        _step(routes.decide(way.topology, own, target), way.family),
        *_acls(way, own, target, port),
        _groups(way, client, target, port),
    ]
    bounds = reduce(Bounds.__and__, (one for one, _ in conditions))
    everybody = public(way.family)
    alone = [closed for one, closed in conditions if not one.possible & everybody]
    together = "; ".join(closed for one, closed in conditions if not everybody <= one.sure)
    return bounds, "" if bounds.possible & everybody else "; ".join(alone) or f"together: {together}"


def _step(step: Step, family: int) -> Condition:
    """What does not ask for the client's address lets everybody through, or nobody."""
    if step.decision is Decision.UNKNOWN:
        return perhaps(world(family), step.rule), step.rule
    return exactly(world(family) if step.decision is Decision.ALLOW else none(family)), step.rule


def _groups(way: _Way, client: End, target: End, port: int) -> Condition:
    """A reference to the load balancer's groups matches, with a preserved address too (semantics.md, section 6.2)."""
    if not target.group_ids:
        doubt = f"no security group of {target.name} in the facts"
        return perhaps(world(way.family), doubt), doubt
    found = groups.openings(
        way.topology, target.group_ids, "ingress", protocol=way.protocol, port=port, family=way.family, peer=client
    )
    bounds = groups.admitted(found, way.family)
    who = (bounds.possible & public(way.family)).title
    return bounds, f"{', '.join(target.group_ids)} admit {who} on {way.protocol} {port} through {way.balancer.name}"


def _acls(way: _Way, own: End, target: End, port: int) -> list[Condition]:
    """Out of the load balancer's subnet and into the target's, and back on one port; unread ones may do anything.

    Inside one subnet ACLs do not act, or do on an address from elsewhere: AWS says of neither that it holds.
    """
    try:
        there, back = _there(way, own, target, port), _back(way, own, target)
    except UnknownFact as signal:
        return [(unread(way.family, signal.gap), str(signal.gap))]
    if own.subnet_id != target.subnet_id:
        return [*there, back]
    doubt = f"whether ACLs act on a preserved address inside {own.subnet_id} is not documented"
    passing = reduce(Bounds.__and__, (one for one, _ in (*there, back)))
    return [(_either([passing, exactly(world(way.family))], doubt), doubt)]


def _there(way: _Way, own: End, target: End, port: int) -> list[Condition]:
    leaving = acls.decide(way.topology, own, target, egress=True, protocol=way.protocol, asked=one_port(port))
    acl = acls.acl_of(way.topology, target.subnet_id, target.vpc_id)
    found = acls.pieces(acl, egress=False, family=way.family, protocol=way.protocol, asked=one_port(port))
    closed = f"network ACL {acl.id} lets {way.protocol} {port} in from only some sources, or from none"
    return [_step(leaving, way.family), (acls.admitted(found, way.family, every_port=True), closed)]


def _back(way: _Way, own: End, target: End) -> Condition:
    """Whom the reply reaches on one and the same port: out of the target's subnet, into the load balancer's and out."""
    here = acls.acl_of(way.topology, own.subnet_id, own.vpc_id)
    there = acls.acl_of(way.topology, target.subnet_id, target.vpc_id)
    replies, home, onward = (
        acls.pieces(acl, egress=egress, family=way.family, protocol=way.protocol, asked=_ANY_PORT)
        for acl, egress in ((there, True), (here, False), (here, True))
    )
    edges = {one.ports[0] for one in (*replies, *home, *onward)}
    total = exactly(none(way.family))
    for first, _ in _ANY_PORT.cut(edges):
        passing = _on(replies, first, way.family) & _from(_on(home, first, way.family), target)
        total = total | (passing if way.brought else passing & _on(onward, first, way.family))
    return total, f"network ACLs {there.id} and {here.id} let replies back to only some sources, or to none"


def _on(pieces: tuple[acls.Piece, ...], port: int, family: int) -> Bounds:
    mine = tuple(one for one in pieces if one.ports[0] <= port <= one.ports[1])
    return acls.admitted(mine, family, every_port=True)


def _from(bounds: Bounds, target: End) -> Bounds:
    """Replies carry the target's address when they come back to the load balancer: all of them pass, or none."""
    family = target.family
    if target.addresses <= bounds.sure:
        return exactly(world(family))
    if target.addresses & bounds.possible:
        return perhaps(world(family), "; ".join(bounds.doubts))
    return exactly(none(family))
