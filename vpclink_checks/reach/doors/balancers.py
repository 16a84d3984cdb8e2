"""Doors through load balancers: the path's own, its IPv6 addresses, others with the same targets, classic ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.balancing import Listener, LoadBalancer
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach import through
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Beside, Here, protocols_of
from vpclink_checks.reach.doors.judged import ALMOST, judged, said, unread
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.reach.sets import Ranges
from vpclink_checks.report import Evidence

_CALL, _ATTRIBUTES = "elbv2:DescribeLoadBalancers", "elbv2:DescribeLoadBalancerAttributes"


def facing(here: Here, *, to_targets: bool = True) -> Door:
    """The path's own load balancer by its public addresses; *to_targets*: as far as one of those."""
    balancer = here.path.load_balancer
    if balancer is None or here.path.listener is None:
        nothing = "the path has no load balancer"
        return Door(kind=Kind.BALANCER, what="its load balancer", nothing=nothing, operation=_CALL)
    evidence = Evidence(_CALL, "Scheme", balancer.scheme)
    found: tuple[Entrance, ...] = ()
    if not balancer.internal:
        found = (_scheme(balancer, evidence) or _own(here, balancer, to_targets=to_targets),)
    nothing = f"{balancer.name} is internal: its name resolves to private addresses"
    return Door(kind=Kind.BALANCER, what=balancer.name, nothing=nothing, operation=_CALL, entrances=found)


def _scheme(balancer: LoadBalancer, evidence: Evidence, name: str = "") -> Entrance | None:
    """A scheme that nobody here has heard of."""
    if balancer.internal or balancer.scheme == "internet-facing":
        return None
    text = f"{name or balancer.name} has the scheme {balancer.scheme}, which is not known"
    return said(balancer.name, State.UNKNOWN, text, evidence)


def _own(here: Here, balancer: LoadBalancer, *, to_targets: bool) -> Entrance:
    """Raises UnknownFact where *to_targets* is off."""
    name, listener = f"load balancer {balancer.name}", here.path.listener
    if listener is None:
        return said(name, State.SHUT, "the path has no listener")
    if not to_targets:
        return judged(name, _listened(here, balancer, listener), shut=ALMOST)
    try:
        found = _to_targets(here, Beside(balancer=balancer, listener=listener, group=here.group, targets=here.targets))
    except UnknownFact as signal:
        return unread(name, signal.gap)
    return judged(name, found, shut=ALMOST)


def _listened(here: Here, balancer: LoadBalancer, listener: Listener) -> Exposure:
    """The ordinary doors of a listener, of each protocol that it takes. Raises UnknownFact."""
    every = [
        here.reach.internet_to_balancer(balancer, listener.port, protocol)
        for protocol in protocols_of(listener.protocol)
    ]
    return Exposure(doors=tuple(door for one in every for door in one.doors), absent=every[0].absent)


def _to_targets(here: Here, one: Beside) -> Exposure:
    """The same as far as a target. Raises UnknownFact."""
    found = _listened(here, one.balancer, one.listener)
    if one.group.target_type != "alb":
        return here.reach.through_balancer(found, one.balancer, one.group, one.targets)
    doors = (
        replace(door, layers=(*door.layers, through.behind_listener(here.topology, one.balancer, door)))
        for door in found.doors
    )
    return replace(found, doors=tuple(doors))


def over_ipv6(here: Here, *, to_targets: bool = True) -> Door:
    """The IPv6 addresses of the path's own internal load balancer; *to_targets*: as far as one of those.

    They are global: only its attribute keeps internet gateways away from them
    (elb-network-load-balancers-user-guide, network-load-balancers). Raises UnknownFact where *to_targets* is off.
    """
    balancer, gap = here.path.load_balancer, None
    nothing = "the path has no internal load balancer with IPv6 addresses"
    found: tuple[Entrance, ...] = ()
    if balancer is not None and balancer.internal and balancer.ip_address_type != "ipv4":
        nothing = f"{balancer.name} denies internet gateways its IPv6 addresses"
        try:
            denied = here.private(balancer)
        except UnknownFact as signal:
            denied, gap = True, signal.gap
        found = () if denied else (_own(here, balancer, to_targets=to_targets),)
    what = "the load balancer over IPv6"
    return Door(kind=Kind.IPV6, what=what, nothing=nothing, operation=_ATTRIBUTES, entrances=found, gap=gap)


def others(here: Here) -> Door:
    """Other load balancers and listeners that lead to the same targets. Raises UnknownFact."""
    beside, gap = here.beside
    nothing = f"no other listener leads to the targets of {here.group.name}"
    return Door(
        kind=Kind.OTHER_BALANCER,
        what="another load balancer",
        nothing=nothing,
        operation="elbv2:DescribeTargetGroups",
        entrances=tuple(_beside(here, one) for one in beside if not _own_way(here, one)),
        gap=gap,
    )


def _own_way(here: Here, one: Beside) -> bool:
    """Whether it is the path's own way through an ALB that nobody else comes to by an internet gateway."""
    return here.on_way(one.listener) and here.surely_private(one.balancer)


def _beside(here: Here, one: Beside) -> Entrance:
    evidence = Evidence(_CALL, "Scheme", f"{one.balancer.name}: {one.balancer.scheme}")
    name = f"load balancer {one.balancer.name}"
    try:
        if here.private(one.balancer):
            return said(one.title, State.SHUT, f"{one.title} is internal", evidence)
        if odd := _scheme(one.balancer, evidence):
            return odd
        found = _to_targets(here, one)
    except UnknownFact as signal:
        return unread(name, signal.gap)
    return judged(name, found, shut=ALMOST)


# -- classic ones ------------------------------------------------------------------------------


def classic(here: Here, dynamic: Ranges = Ranges()) -> Door:  # noqa: B008 - frozen
    """Classic load balancers that send to the same instances and ports. Raises UnknownFact.

    *dynamic*: ports that any task of the path may get tomorrow.
    """
    known = here.topology.classic_balancers
    return Door(
        kind=Kind.CLASSIC,
        what="a classic load balancer",
        nothing=f"no classic load balancer sends to the targets of {here.group.name}",
        operation="elb:DescribeLoadBalancers",
        entrances=tuple(one for each in known for one in _classic(here, each, dynamic)),
        gap=known.gap,
    )


def sent_by(here: Here, one: ClassicBalancer) -> Iterator[str]:
    """The instances with a port of the path's targets that a listener of this one sends to."""
    ports = {listener.instance_port for listener in one.listeners}
    yield from (each for each in one.instance_ids if any((("", each), port) in here.keys for port in ports))


def _classic(here: Here, one: ClassicBalancer, dynamic: Ranges) -> Iterator[Entrance]:
    """On each listener that sends to a port of ours, today or when the next task has started."""
    mine = {name for name, _ in here.keys}
    for listener in one.listeners:
        if any((("", instance), listener.instance_port) in here.keys for instance in one.instance_ids):
            yield _through_classic(here, one, listener)
        elif listener.instance_port in dynamic and any(("", instance) in mine for instance in one.instance_ids):
            name, evidence = _classic_title(one, listener), _classic_evidence(one, listener)
            text = f"{name} sends to a port that any task may get tomorrow: host ports are dynamic"
            yield said(name, State.SHUT, text, evidence)


def _through_classic(here: Here, one: ClassicBalancer, listener: ClassicListener) -> Entrance:
    name, balancer, evidence = _classic_title(one, listener), one.balancer, _classic_evidence(one, listener)
    if balancer.internal:
        return said(name, State.SHUT, f"{name} leads here too, but is internal", evidence)
    if odd := _scheme(balancer, evidence, name):
        return odd
    try:
        outside = here.reach.internet_to_balancer(balancer, listener.port)
        found = here.reach.through_balancer(outside, balancer, one.group, one.targets(listener))
    except UnknownFact as signal:
        return unread(name, signal.gap)
    return judged(name, found, evidence, shut=ALMOST)


def _classic_title(one: ClassicBalancer, listener: ClassicListener) -> str:
    return f"classic load balancer {one.name} ({listener.title})"


def _classic_evidence(one: ClassicBalancer, listener: ClassicListener) -> Evidence:
    return Evidence("elb:DescribeLoadBalancers", "ListenerDescriptions", f"{one.name}: {listener.title}")
