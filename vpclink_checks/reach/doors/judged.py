"""From sets of packets to entrances: who comes in by one, or what keeps it shut."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.reach import brought
from vpclink_checks.reach.brought import Way
from vpclink_checks.reach.doors.certificate import Entrance, State
from vpclink_checks.reach.doors.here import Entry, Here
from vpclink_checks.reach.internet import Door, Exposure
from vpclink_checks.report import Evidence

LEADS = "leads here, but is shut today"
ALMOST = "is no door today, but one rule or route away from it"


def judged(name: str, found: Exposure, evidence: Evidence | None = None, *, shut: str = LEADS) -> Entrance:
    """The entrance that these packets make; *shut* says what it is where nobody gets in."""
    sources = tuple(door.sources for door in found.doors)
    door = found.wide or found.open
    if door is not None:
        state = State.OPEN if found.wide is not None else State.RESTRICTED
        witness = door.witness(door.sources.sure)
        text = f"{name} lets in {_who(door)} at {door.public_address}:{door.port}"
        return Entrance(
            name=name, state=state, text=text, sources=sources, witness=witness, evidence=evidence, packets=found
        )
    maybe = found.maybe_open
    if maybe is not None:
        text = f"whether the internet reaches {name} at {maybe.public_address}:{maybe.port} is not known"
        text = f"{text}: {'; '.join(maybe.sources.doubts)}"
        return Entrance(name=name, state=State.UNKNOWN, text=text, sources=sources, evidence=evidence, packets=found)
    text = f"{name} {shut}: {'; '.join(found.certificate)}"
    return Entrance(name=name, state=State.SHUT, text=text, sources=sources, evidence=evidence, packets=found)


def _who(door: Door) -> str:
    """The public sources that surely get in, in short."""
    members, everybody = door.sources.sure, door.layers[0].bounds.sure
    if members == everybody:
        return f"any public IPv{members.family} address"
    more = "" if door.sources.possible <= members else ", and maybe more"
    return f"{members.title}{more}"


def unread(name: str, gap: Gap) -> Entrance:
    """An entrance about which a fact could not be read."""
    return Entrance(name=name, state=State.UNKNOWN, text=f"not known: {gap}", gap=gap)


def said(name: str, state: State, text: str, evidence: Evidence | None = None) -> Entrance:
    """An entrance that one fact decides about."""
    return Entrance(name=name, state=state, text=text, evidence=evidence)


def by_balancer(here: Here, entry: Entry, way: Way, name: str, evidence: Evidence) -> Entrance:
    """Whether what comes this way gets through the load balancer to a target."""
    try:
        found = brought.to_balancer(here.reach, entry.balancer, entry.port, way)
        if entry.group is not None:
            found = brought.through_balancer(here.reach, found, entry.balancer, entry.group, entry.targets, way)
    except UnknownFact as signal:
        return unread(name, signal.gap)
    return judged(name, found, evidence)


def by_interfaces(
    here: Here, interfaces: Iterable[NetworkInterface], port: int, way: Way, name: str, evidence: Evidence
) -> Entrance:
    """Whether what comes this way gets to a port of an instance."""
    try:
        found = brought.to_interfaces(here.reach, interfaces, port, way)
    except UnknownFact as signal:
        return unread(name, signal.gap)
    return judged(name, found, evidence)
