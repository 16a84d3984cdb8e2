"""Packets from public addresses: the ordinary doors of a destination, told as traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer
from vpclink_checks.model.network import within
from vpclink_checks.reach import through
from vpclink_checks.reach.bounds import exactly
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.internet import Door, Exposure, Layer
from vpclink_checks.reach.listening import owner_of
from vpclink_checks.reach.places import Receiver
from vpclink_checks.reach.sets import Addresses, addresses, example, public
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace


def traces(reach: Reach, members: Addresses, there: Receiver, protocol: str) -> Iterator[Trace]:
    """A trace for each door that public addresses of *members* may try; none where there are no public ones.

    Raises UnknownFact.
    """
    own = [cidr for one in reach.topology.vpcs for cidr in one.cidrs]
    sources = members & public(members.family, own)
    if not sources:
        return
    for found in _exposures(reach, there, protocol):
        doors = [one for one in found.doors if addresses(one.address).family == members.family]
        yield from (_through(_from(one, sources)) for door in doors for one in _asked_for(door, there))
        yield from (
            _absent(sources, there, protocol, text) for text in found.absent if _of_family(text, members.family)
        )


def _exposures(reach: Reach, there: Receiver, protocol: str) -> Iterator[Exposure]:
    """The doors of each backend, those of all interfaces of an instance once."""
    if there.balancer is not None:
        yield _to_targets(reach, there.balancer, there.port, protocol)
        return
    seen: set[tuple[str, int]] = set()
    for backend in there.backends:
        instance = backend.target.id.startswith("i-")
        key = (backend.target.id if instance else backend.interface.id, backend.port)
        balancer = owner_of(reach.topology, backend.interface)
        if key not in seen:
            seen.add(key)
            yield (
                reach.internet(backend, (backend.port,), protocol)
                if balancer is None
                else _to_targets(reach, balancer, backend.port, protocol, backend.interface.id)
            )


def _to_targets(reach: Reach, balancer: LoadBalancer, port: int, protocol: str, interface_id: str = "") -> Exposure:
    """The doors of a load balancer (of one of its interfaces), and what its listener makes of what comes in."""
    found = reach.internet_to_balancer(balancer, port, protocol)
    doors = tuple(
        replace(door, layers=(*door.layers, through.behind_listener(reach.topology, balancer, door)))
        for door in found.doors
        if interface_id in ("", door.interface_id)
    )
    absent = found.absent or (() if doors else (f"{interface_id} of {balancer.name} has no public address",))
    return replace(found, doors=doors, absent=absent)


def _asked_for(door: Door, there: Receiver) -> Iterator[Door]:
    """The door; of a destination that is one address only where it is the one of that address."""
    asked = [one.address for one in there.backends if _behind(door, one)] if there.address else [door.address]
    for address in dict.fromkeys(asked):
        same = address == door.address
        yield door if same else replace(door, address=address, public_address=address)


def _behind(door: Door, backend: Backend) -> bool:
    """Whether the door is the backend's address, or the prefix that it lies in: one door stands for all of that."""
    both = (backend.address, door.address)
    return backend.address == door.address or any(
        all(within(each, (prefix,)) for each in both) for prefix in backend.interface.prefixes
    )


def _from(door: Door, sources: Addresses) -> Door:
    """The door with one condition more: the source that was asked about."""
    text = f"only {sources.title} is asked about"
    return replace(door, layers=(Layer("source", exactly(sources), text, ((sources, "a source"),)), *door.layers))


def _through(door: Door) -> Trace:
    bounds = door.sources
    outside = bounds.sure or bounds.possible
    if not outside:
        return _shut(door)
    src = example(outside)
    steps = tuple(_step(layer, src) for layer in door.layers[2:])  # behind our own layer and "a public source"
    return Trace(packet=_packet(src, door), steps=steps)


def _step(layer: Layer, src: str) -> Step:
    rule, sure = layer.rule_for(src), src in layer.bounds.sure
    if not sure and layer.bounds.doubts:
        rule = "; ".join(layer.bounds.doubts)
    decision = Decision.ALLOW if sure else Decision.UNKNOWN
    return Step(layer=layer.name, component=layer.name, decision=decision, rule=rule)


def _shut(door: Door) -> Trace:
    """A packet that gets as far as any: each layer that keeps all of the sources out, and what the others say to it."""
    asked, layers = door.layers[0].bounds.possible, door.layers[2:]
    shutting = [one for one in layers if not one.bounds.possible & asked]
    if not shutting:
        rule = "; ".join(door.closed_by)
        together = Step(layer="all layers together", component=door.interface_id, decision=Decision.DENY, rule=rule)
        return Trace(packet=_packet(named(asked), door), steps=(together,))
    left = reduce(Addresses.__and__, (one.bounds.possible for one in layers if one not in shutting), asked)
    src = example(left or asked)
    steps = tuple(_denied(one) if one in shutting else _step(one, src) for one in layers)
    return Trace(packet=_packet(src, door), steps=steps)


def _packet(src: str, door: Door) -> Packet:
    return Packet(src=src, dst=door.public_address, port=door.port, protocol=door.protocol)


def _denied(layer: Layer) -> Step:
    return Step(layer=layer.name, component=layer.name, decision=Decision.DENY, rule=layer.closed)


def _absent(sources: Addresses, there: Receiver, protocol: str, text: str) -> Trace:
    step = Step(layer="public address", component=there.name, decision=Decision.DENY, rule=text)
    packet = Packet(src=named(sources), dst=there.name, port=there.port, protocol=protocol)
    return Trace(packet=packet, steps=(step,))


def _of_family(text: str, family: int) -> bool:
    """Whether this certificate speaks of the family; one that names none speaks of both."""
    return f"IPv{family}" in text or "IPv" not in text


def named(sources: Addresses) -> str:
    """Public sources as people say them."""
    whole = sources == public(sources.family)
    return f"any public IPv{sources.family} address" if whole else sources.title
