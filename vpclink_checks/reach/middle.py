"""A load balancer as a hop in the middle: client → its address and listener → the targets that it sends on to.

``reached`` means: the facts let a new connection through to that listener, on to this target's registered
port (which wins over the target group's), and the replies back. Health does not decide it, for it is the load
balancer's opinion of a target and no filter: a step tells it. While every target is unhealthy, all of them
get packets (fail-open: elb network guide, target-group-health-checks), so ``reached`` then says that packets
arrive, not that anything answers them. Where no target is registered, or all are draining, or every weight is
0, nothing is sent on: ``blocked`` at the load balancer. A listener that answers by itself (a fixed response, a
redirect) or calls a Lambda function is where the packets' way ends: ``reached``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, legs, listening, routes, senders
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, balancer_groups
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.listening import Forwarded, Taken
from vpclink_checks.reach.protocols import REPLY_PORTS
from vpclink_checks.reach.sets import addresses, one_port
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

_DEEPEST = 1  # an ALB behind an NLB; an ALB has no load balancer behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """One address of a load balancer (or the subnet that it lies in, where it was not read) and one port."""

    balancer: LoadBalancer
    zone: Zone
    end: End
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """What becomes of a packet behind the listener: the steps that say so, and the target, if there is one.

    ``backend`` is None where it goes nowhere, or where the target is outside the facts.
    """

    steps: tuple[Step, ...]
    group: TargetGroup | None = None
    leg: Leg | None = None
    backend: Backend | None = None


def entrances(topology: Topology, balancer: LoadBalancer, port: int) -> tuple[Entrance, ...]:
    """Every address of the load balancer, in every zone and family that it has. Raises UnknownFact."""
    families = (4,) if balancer.ip_address_type == "ipv4" else (4, 6)
    return tuple(
        Entrance(balancer=balancer, zone=zone, end=end, port=port)
        for zone in balancer.zones
        for family in families
        for end in balancer_ends(topology, balancer, zone, family)
    )


def entrance_at(topology: Topology, backend: Backend) -> Entrance | None:
    """The load balancer whose own interface this is; None for any other interface. Raises UnknownFact."""
    balancer = listening.owner_of(topology, backend.interface)
    if balancer is None:
        return None
    interface, filters = backend.interface, balancer_groups(balancer)
    zone = next((one for one in balancer.zones if one.subnet_id == interface.subnet_id), None)
    zone = zone or Zone(name=interface.zone, subnet_id=interface.subnet_id)
    end = replace(
        backend_end(backend),
        name=f"load balancer {balancer.name} in {zone.name}",
        group_ids=filters,
        filtered=bool(filters),
        counts_as=frozenset(filters),
    )
    return Entrance(balancer=balancer, zone=zone, end=end, port=backend.port)


# -- from the listener on ----------------------------------------------------------------------


def onward(topology: Topology, door: Entrance, client: End | None, protocol: str) -> Iterator[Onward]:
    """Everything that the listener may do with a packet of *client* (None: a PrivateLink caller), at least one."""
    for taken in listening.taken(topology, door.balancer, door.port, client, protocol):
        yield from _behind(topology, door, taken)


def _behind(topology: Topology, door: Entrance, taken: Taken) -> Iterator[Onward]:
    if not isinstance(taken, Forwarded):
        yield Onward(steps=taken.steps)
        return
    try:
        yield from _to_targets(topology, door, taken)
    except UnknownFact as signal:
        layer = f"target group {taken.group.name}"
        yield Onward(steps=(*taken.steps, _unread(layer, taken.group.arn, signal.gap)), group=taken.group)


def _to_targets(topology: Topology, door: Entrance, taken: Forwarded) -> Iterator[Onward]:
    """Raises UnknownFact."""
    group, layer = taken.group, f"target group {taken.group.name}"
    if group.target_type == "lambda":
        rule = f"{group.name} calls a Lambda function: no packet goes on"
        yield Onward(steps=(*taken.steps, _step(layer, group.arn, Decision.ALLOW, rule)), group=group)
        return
    group.known_type  # noqa: B018 - raises for a word of tomorrow
    every = taken.targets if taken.targets is not None else topology.targets.need(group.arn)
    mine = [one for one in listening.legs_of(topology, door.balancer, taken) if one.zone == door.zone]
    if not mine:
        rule = _why_nobody(door, group, every)
        yield Onward(steps=(*taken.steps, _step(layer, group.arn, Decision.DENY, rule)), group=group)
    for leg in mine:
        told = (*taken.steps, _health(leg.target, every), *_doubt(door, leg))
        found = _backends(topology, group, leg.target)
        yield from (Onward(steps=told, group=group, leg=leg, backend=one) for one in found)
        if not found:
            yield _gone(topology, told, group, leg)


def _backends(topology: Topology, group: TargetGroup, target: Target) -> tuple[Backend, ...]:
    """Raises UnknownFact, but not for an address that no VPC of the facts has: nobody could have read that one."""
    try:
        return legs.backends(topology, group, target)
    except UnknownFact:
        if _outside(topology, group, target):
            return ()
        raise


def _why_nobody(door: Entrance, group: TargetGroup, every: Iterable[Target]) -> str:
    registered = tuple(every)
    if not registered:
        return f"no target is registered with {group.name}, so {door.balancer.name} sends nothing on"
    if all(one.draining for one in registered):
        return f"every target of {group.name} is draining and gets no new connections"
    return (
        f"{door.balancer.name} sends from {door.zone.name} to no target of {group.name}: none is there, and"
        " traffic does not cross zones to one in a zone that is enabled"
    )


def _health(target: Target, every: Iterable[Target]) -> Step:
    """What AWS says of the target, and what that means for new connections; it decides nothing here."""
    rule = f"{target.title} is {target.state}"
    if not target.healthy:
        others = any(one.healthy for one in every if one is not target)
        fate = "while others are healthy" if others else "and as no target is healthy, all of them get packets"
        rule = f"{rule} ({target.reason or 'no reason given'}), {fate}"
        if others:
            rule = f"{rule} new connections go to those"
    return _step("target health", target.id, Decision.ALLOW, rule)


def _doubt(door: Entrance, leg: Leg) -> tuple[Step, ...]:
    if not leg.doubt:
        return ()
    layer = f"load balancer {door.balancer.name} in {leg.zone.name}"
    return (_step(layer, door.balancer.arn, Decision.UNKNOWN, leg.doubt),)


def _gone(topology: Topology, told: tuple[Step, ...], group: TargetGroup, leg: Leg) -> Onward:
    """A target that no interface of the facts has: outside the VPCs that were read, or not there any more."""
    if _outside(topology, group, leg.target):
        return Onward(steps=told, group=group, leg=leg)
    rule = f"{leg.target.id} does not exist any more"
    return Onward(steps=(*told, _step("target", leg.target.id, Decision.DENY, rule)), group=group)


def _outside(topology: Topology, group: TargetGroup, target: Target) -> bool:
    if group.target_type != "ip":
        return False
    its = addresses(target.id)
    known = [addresses(cidr) for vpc in topology.vpcs for cidr in vpc.cidrs]
    return not any(its <= one for one in known if one.family == its.family)


# -- the whole way -----------------------------------------------------------------------------


def whole(
    topology: Topology, first: Trace, door: Entrance, client: End | None, protocol: str, deeper: int = _DEEPEST
) -> Iterator[Trace]:
    """*first*, a client's packet at the load balancer, with all that comes behind: a trace for each target."""
    for one in onward(topology, door, client, protocol):
        yield from along(topology, first, door, client, one, protocol, deeper)


def along(
    topology: Topology,
    first: Trace,
    door: Entrance,
    client: End | None,
    one: Onward,
    protocol: str,
    deeper: int = _DEEPEST,
) -> Iterator[Trace]:
    """*first*, and then one of the ways on. What is not known is a step."""
    begun = replace(first, steps=(*first.steps, *one.steps))
    if one.group is None or one.leg is None:
        yield begun
        return
    try:
        if one.backend is None:
            sent = tuple(_to_outside(topology, door, one.group, one.leg, client, protocol))
        else:
            sent = senders.arrivals(topology, door.balancer, one.group, door.zone, client, one.backend, protocol)
    except UnknownFact as signal:
        yield _joined(begun, (_unread(f"load balancer {door.balancer.name}", door.balancer.arn, signal.gap),))
        return
    for leg in sent:
        yield from _deeper(topology, _sent_on(begun, door, leg), door, client, one, leg, deeper)


def _sent_on(begun: Trace, door: Entrance, leg: Trace) -> Trace:
    rule = f"{door.balancer.name} sends it on as {leg.packet.title}"
    steps = (_step(f"load balancer {door.balancer.name}", door.balancer.arn, Decision.ALLOW, rule), *leg.steps)
    return _joined(begun, steps, leg.contested)


def _joined(begun: Trace, steps: tuple[Step, ...], contested: str = "") -> Trace:
    told = "; ".join(dict.fromkeys(text for text in (begun.contested, contested) if text))
    return replace(begun, steps=(*begun.steps, *steps), contested=told)


def _deeper(
    topology: Topology,
    so_far: Trace,
    door: Entrance,
    client: End | None,
    one: Onward,
    leg: Trace,
    deeper: int,
) -> Iterator[Trace]:
    """Behind a target that is a load balancer itself (type alb), its own listener."""
    if one.group is None or one.group.target_type != "alb" or one.backend is None or not deeper:
        yield so_far
        return
    inner = entrance_at(topology, one.backend)
    if inner is None:
        yield so_far
        return
    seen = client or _seen_as(topology, door, inner.end.family, leg)
    yield from whole(topology, so_far, inner, seen, "tcp", deeper - 1)


def _seen_as(topology: Topology, door: Entrance, family: int, leg: Trace) -> End:
    """A PrivateLink caller's packets have an address of the NLB by now (semantics.md, section 5)."""
    own = balancer_ends(topology, door.balancer, door.zone, family)
    return next((one for one in own if one.addresses.title == leg.packet.src), own[0])


def _to_outside(
    topology: Topology, door: Entrance, group: TargetGroup, leg: Leg, client: End | None, protocol: str
) -> Iterator[Trace]:
    """To an address of no VPC in the facts: the load balancer's side alone. Raises UnknownFact."""
    target = End(name=leg.target.id, addresses=addresses(leg.target.id), vpc_id="", subnet_id="")
    clients = () if client is None else (client,)
    seen, doubt = senders.readings(topology, door.balancer, group, door.zone, target, lambda: clients, protocol)
    own = balancer_ends(topology, door.balancer, door.zone, target.family)[0]
    found = [
        tuple(_own_side(topology, own, source, target, leg.target.port, protocol) for source in one.ends)
        for one in seen
    ]
    yield from senders.agreed(found, doubt)


def _own_side(topology: Topology, own: End, source: End, target: End, port: int, protocol: str) -> Trace:
    there, back = one_port(port), REPLY_PORTS
    rule = f"{target.addresses.title} is in no VPC of the facts: what filters it there is not known"
    steps = (
        groups.decide(topology, own, target, "egress", protocol=protocol, port=port),
        routes.decide(topology, own, target),
        acls.decide(topology, own, target, egress=True, protocol=protocol, asked=there),
        acls.decide(topology, own, target, egress=False, protocol=protocol, asked=back),
        _step("the way in", target.name, Decision.UNKNOWN, rule),
    )
    packet = Packet(src=source.addresses.title, dst=target.addresses.title, port=port, protocol=protocol)
    return Trace(packet=packet, steps=steps)


def _step(layer: str, component: str, decision: Decision, rule: str) -> Step:
    return Step(layer=layer, component=component, decision=decision, rule=rule)


def _unread(layer: str, component: str, gap: Gap) -> Step:
    return _step(layer, component, Decision.UNKNOWN, str(gap))
