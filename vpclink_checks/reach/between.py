"""From one named end to another: a trace for each kind of packet that may go there.

What is judged are packets: whether they get from the source's addresses to the destination's port. A way
round that begins a connection of its own (another load balancer, a proxy, an API) is another question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Path
from vpclink_checks.reach import outside, places, ranges, senders
from vpclink_checks.reach.ends import link_ends
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.places import NotAnEnd, Receiver, Sender
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

_LISTENED = {
    "tcp": ("TCP", "TLS", "HTTP", "HTTPS", "TCP_UDP", "TCP_QUIC"),
    "udp": ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
}
PROTOCOLS = tuple(_LISTENED)


def between(reach: Reach, source: str, destination: str, port: int | None, protocol: str = "tcp") -> tuple[Trace, ...]:
    """Every kind of packet from *source* to *destination*, at least one. Raises NotAnEnd; what is not known is a trace.

    Names are those of places.SOURCES and places.DESTINATIONS.
    """
    try:
        there = places.receiver(reach.topology, destination, port)
        here = places.sender(reach.topology, source, there.vpc_ids)
        found = tuple(_traces(reach, here, there, protocol))
    except UnknownFact as signal:
        return (_unread(source, destination, port, protocol, signal.gap),)
    return found or (_nothing(here, there, protocol),)


def _traces(reach: Reach, here: Sender, there: Receiver, protocol: str) -> Iterator[Trace]:
    if here.link is not None:
        yield from _through_link(reach, here.link, there)
        return
    listener, known = _listener_steps(reach, there, protocol), ranges.Known(reach.topology)
    for end, port in there.ends:
        for one in known.alike(here.ends, end):
            yield _longer(trace(reach.topology, one, end, port, protocol), listener)
        for members in here.ranges:
            if members.family == end.family:
                found = ranges.traces(known, members, end, port, protocol, vpc_id=here.vpc_id)
                yield from (_longer(one, listener) for one in found)
    for members in here.ranges:
        yield from (_longer(one, listener) for one in outside.traces(reach, members, there, protocol))


# -- load balancers ----------------------------------------------------------------------------


def _listener_steps(reach: Reach, there: Receiver, protocol: str) -> tuple[Step, ...]:
    """Nothing passes a load balancer that has no listener on the port."""
    if there.balancer is None:
        return ()
    name, port = there.balancer.name, there.port
    found = reach.topology.listeners.peek(there.balancer.arn)
    layer, shown = f"listener of {name}", f"{protocol} {port}"
    if isinstance(found, Gap):
        return (Step(layer=layer, component=name, decision=Decision.UNKNOWN, rule=str(found)),)
    mine = [one for one in found or () if one.port == port and one.protocol in _LISTENED[protocol]]
    if mine:
        rule = f"{name} listens on {mine[0].protocol} {port}"
        return (Step(layer=layer, component=mine[0].arn, decision=Decision.ALLOW, rule=rule),)
    rule = f"{name} has no listener on {shown}"
    return (Step(layer=layer, component=name, decision=Decision.DENY, rule=rule),)


def _longer(one: Trace, steps: tuple[Step, ...]) -> Trace:
    return replace(one, steps=(*one.steps, *steps)) if steps else one


# -- VPC links ---------------------------------------------------------------------------------


def _through_link(reach: Reach, link: VpcLink, there: Receiver) -> Iterator[Trace]:
    """What a link sends: to its load balancer's listener, or to a target as it really arrives there."""
    if there.balancer is not None and not there.group_arns:
        yield from _link_to_balancer(reach, link, there, there.balancer)
        return
    legs = [(path, leg) for path in reach.topology.paths if _of(path, link) for leg in reach.legs(path)]
    for path, leg in legs:
        for backend in reach.backends(path, leg.target):
            port = _port_at(path, backend, there)
            if port is not None:
                yield from _leg_traces(reach, path, leg, replace(backend, port=port))


def _of(path: Path, link: VpcLink) -> bool:
    return path.link is not None and path.link.id == link.id and path.target_group is not None


def _port_at(path: Path, backend: Backend, there: Receiver) -> int | None:
    """The port that is asked about at this backend; None where it is not the destination."""
    if path.target_group is not None and path.target_group.arn in there.group_arns:
        if there.balancer is not None:
            return backend.port
        return next((port for end, port in there.ends if backend.address in end.addresses), None)
    if there.group_arns:
        return None
    return next((one.port for one in there.backends if one.address == backend.address), None)


def _leg_traces(reach: Reach, path: Path, leg: Leg, backend: Backend) -> Iterator[Trace]:
    if path.load_balancer is None or path.target_group is None:
        return
    balancer, group = path.load_balancer, path.target_group
    doubts = _doubt_steps(balancer, leg)
    for one in senders.callers(reach.topology, path.link, balancer, group, leg.zone, backend):
        yield _longer(one, doubts)


def _doubt_steps(balancer: LoadBalancer, leg: Leg) -> tuple[Step, ...]:
    if not leg.doubt:
        return ()
    layer = f"load balancer {balancer.name} in {leg.zone.name}"
    return (Step(layer=layer, component=balancer.name, decision=Decision.UNKNOWN, rule=leg.doubt),)


def _link_to_balancer(reach: Reach, link: VpcLink, there: Receiver, balancer: LoadBalancer) -> Iterator[Trace]:
    listener = _listener_steps(reach, there, "tcp")
    if link.version != 1:
        for source in link_ends(reach.topology, link):
            for end, port in there.ends:
                if end.family == source.family:
                    yield _longer(trace(reach.topology, source, end, port), listener)
        return
    if balancer.arn in link.target_arns:
        yield _longer(senders.private_link(reach.topology, balancer, there.port), listener)


# -- what there is to say without a packet ------------------------------------------------------


def _nothing(here: Sender, there: Receiver, protocol: str) -> Trace:
    """No packet at all can go there."""
    packet = Packet(src=here.name, dst=there.name, port=there.port, protocol=protocol)
    if here.link is not None:
        return Trace(packet=packet, steps=(_leads_elsewhere(here.link, there),))
    families = ", ".join(f"IPv{one}" for one in sorted({end.family for end, _ in there.ends}))
    if here.ends and {end.addresses for end, _ in there.ends} >= {end.addresses for end in here.ends}:
        raise NotAnEnd(f"{here.name} and {there.name} are the same: packets to oneself meet no filter")
    rule = f"{there.name} has only {families} addresses, and {here.name} sends none of that kind"
    return Trace(packet=packet, steps=(_denied("addresses", there.name, rule),))


def _leads_elsewhere(link: VpcLink, there: Receiver) -> Step:
    leads = ", ".join(one.partition("loadbalancer/")[2] or one for one in link.target_arns) or "its own subnets"
    return _denied(f"VPC link {link.id}", link.id, f"VPC link {link.id} leads to {leads}, and not to {there.name}")


def _denied(layer: str, component: str, rule: str) -> Step:
    return Step(layer=layer, component=component, decision=Decision.DENY, rule=rule)


def _unread(source: str, destination: str, port: int | None, protocol: str, gap: Gap) -> Trace:
    step = Step(layer="facts", component=gap.operation, decision=Decision.UNKNOWN, rule=str(gap))
    return Trace(packet=Packet(src=source, dst=destination, port=port or 0, protocol=protocol), steps=(step,))


def deciding(traces: Iterable[Trace]) -> Trace:
    """The trace that settles a set: one that gets through, else one that is not known, else a blocked one."""
    order = {"reached": 0, "unknown": 1, "blocked": 2}
    return min(traces, key=lambda one: order[one.verdict])
