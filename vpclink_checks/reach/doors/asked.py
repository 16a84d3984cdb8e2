"""The certificate that answers "does the internet reach this": of a path, or of a target group with its targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vpclink_checks.model.balancing import Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.behind import inner_groups
from vpclink_checks.reach.doors.certificate import Door, Entrance, ExposureCertificate, Kind, State
from vpclink_checks.reach.doors.here import protocols_of
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.exposure import doors
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

_DECISIONS = {
    State.OPEN: Decision.ALLOW,
    State.RESTRICTED: Decision.ALLOW,
    State.UNKNOWN: Decision.UNKNOWN,
}


def certificate(reach: Reach, destination: str, port: int | None, protocol: str) -> ExposureCertificate | None:
    """Every door to a path or target group (by title, id, name or ARN), on the ports that its targets have.

    None for another destination, port or protocol: what doors lead to are targets as they are registered.
    """
    path = _path(reach.topology, destination)
    if path is None or path.target_group is None or path.target_group.target_type == "lambda":
        return None
    if protocol not in protocols_of(path.target_group.protocol):
        return None
    if port is None:
        return doors(reach, path, inside=True)
    targets = reach.topology.targets.peek(path.target_group.arn)
    mine = tuple(one for one in targets if one.port == port) if isinstance(targets, tuple) else ()
    if not mine:
        return doors(reach, path, inside=True) if _behind(reach.topology, path.target_group, port) else None
    others = isinstance(targets, tuple) and len(mine) < len(targets)
    return doors(_with_targets(reach, path.target_group, mine) if others else reach, path, inside=True)


def _behind(topology: Topology, group: TargetGroup, port: int) -> bool:
    """Whether targets behind ALBs have the port, or may have it."""
    try:
        return any(one.port == port for inner in inner_groups(topology, group) for one in inner.targets)
    except UnknownFact:
        return True


def _with_targets(reach: Reach, group: TargetGroup, targets: tuple[Target, ...]) -> Reach:
    """Answers over the facts with no others registered with this group."""
    held = reach.topology.targets
    known = replace(held, rows={**held.rows, group.arn: targets})
    return Reach(replace(reach.topology, targets=known))


def _path(topology: Topology, name: str) -> Path | None:
    """The path of this title or id, or one to the target group: of several one whose routes ask, since those tell."""
    named = next((one for one in topology.paths if name in (one.id, one.title)), None)
    if named is not None:
        return named
    groups = [one for one in topology.target_groups if name in (one.arn, one.name)]
    if len(groups) != 1:
        return None
    mine = [one for one in topology.paths if one.target_group is not None and one.target_group.arn == groups[0].arn]
    asking = (one for one in mine if any(route.asks for route in one.routes))
    return next(asking, None) or next(iter(mine), None) or _bare(topology, groups[0])


def _bare(topology: Topology, group: TargetGroup) -> Path:
    """A target group that no path leads to, with the listener that sends to it, if one does."""
    for arn in group.load_balancer_arns:
        balancer, listeners = topology.load_balancers.peek(arn), topology.listeners.peek(arn)
        for one in listeners if isinstance(listeners, tuple) else ():
            if isinstance(balancer, LoadBalancer) and _sends(one, group):
                return Path(id=group.arn, title=group.name, load_balancer=balancer, listener=one, target_group=group)
    return Path(id=group.arn, title=group.name, target_group=group)


def _sends(listener: Listener, group: TargetGroup) -> bool:
    return any(one.target_group_arn == group.arn for one in listener.forwards)


def traces(found: ExposureCertificate, so_far: Iterable[Trace] = ()) -> Iterator[Trace]:
    """The doors as traces: the packet, and what lets it through or keeps it out.

    *so_far* are the packets to the destination itself: the backend's own addresses are told beside them only where
    they stand worse, as those of targets behind an ALB may.
    """
    seen = {one.verdict for one in so_far}
    for door in found.public:
        told = door.kind is Kind.ADDRESS and not _worse(door, seen)
        if not told and door.state is not State.NOT_JUDGED:
            yield _trace(found, door)


def _worse(door: Door, seen: set[str]) -> bool:
    decision = _DECISIONS.get(door.state, Decision.DENY)
    if decision is Decision.ALLOW:
        return "reached" not in seen
    return decision is Decision.UNKNOWN and not seen & {"reached", "unknown"}


def _trace(found: ExposureCertificate, door: Door) -> Trace:
    worst = door.worst
    decision = _DECISIONS.get(door.state, Decision.DENY)
    step = Step(layer=f"door: {door.kind}", component=_component(door, worst), decision=decision, rule=door.text)
    witness = worst.witness if worst is not None and decision is Decision.ALLOW else None
    if witness is None:
        return Trace(packet=Packet(src="the internet", dst=found.backend, port=found.port), steps=(step,))
    via = tuple(Step(layer="on the way", component=step.component, decision=decision, rule=one) for one in witness.via)
    packet = Packet(src=witness.src, dst=witness.dst, port=witness.port, protocol=witness.protocol)
    return Trace(packet=packet, steps=(step, *via))


def _component(door: Door, worst: Entrance | None) -> str:
    return worst.name if worst is not None else door.what
