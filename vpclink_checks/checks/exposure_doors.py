"""What the checks of other entrances share: which ports are ours there, and one verdict out of many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.checks.backends import backend_at, ports_of
from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context, NotApplicable
from vpclink_checks.checks.doors import Key, other_doors
from vpclink_checks.checks.public import not_known, shut, stands_open
from vpclink_checks.checks.subjects import reached
from vpclink_checks.checks.verdict import Verdict, from_gap, noted, passed
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.reach import brought
from vpclink_checks.reach.brought import Way
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Outcome


def own_keys(ctx: Context, group: TargetGroup) -> frozenset[Key]:
    """Every name and port on which the path's targets answer. Raises UnknownFact, NotApplicable."""
    if group.known_type == "lambda":
        raise NotApplicable("the target is a Lambda function")
    return frozenset(
        (name, port)
        for target in in_service(ctx)
        for name in ctx.reach.names_of(group, target)
        for port in ports_of(ctx, target).numbers
    )


def settled(verdicts: Iterable[Verdict], gap: Gap | None, what: str, nothing: str) -> Verdict:
    """The worst of several entrances' verdicts.

    *gap*: why there may be more of them; *what* names them ("classic load balancer"), *nothing* is the
    sentence for when there is none.
    """
    every = tuple(verdicts)
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst := next((one for one in every if one.outcome is outcome), None):
            return worst
    if gap is not None:
        verdict = from_gap(gap)  # not applicable where the partition has no such service
        if verdict.outcome is not Outcome.UNKNOWN:
            return verdict
        return replace(verdict, message=f"whether a {what} leads here is not known: {gap}")
    notes = [one for one in every if one.outcome is Outcome.NOTE]
    if not notes:
        return every[0] if every else passed(nothing)
    evidence = tuple(dict.fromkeys(one for note in notes for one in note.evidence))
    return replace(noted("; ".join(note.message for note in notes)), evidence=evidence, fix=notes[0].fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A listener that leads to the path's targets: the path's own or another's.

    ``group`` is None where the load balancer itself is the path's target (an ALB behind an NLB).
    """

    balancer: LoadBalancer
    port: int
    group: TargetGroup | None = None
    targets: tuple[Target, ...] = ()


def entries(ctx: Context, arn: str) -> tuple[Entry, ...]:
    """Every listener of this load balancer that leads to the path's targets. Raises UnknownFact, NotApplicable."""
    group, mine = reached(ctx, ctx.here.target_group, "target group"), in_service(ctx)
    here = reached(ctx, ctx.here.load_balancer, "load balancer")
    listener = reached(ctx, ctx.here.listener, "listener")
    balancer = ctx.topology.load_balancers.find(arn)
    if balancer is None:
        return ()
    found = [Entry(balancer=balancer, port=one.port) for one in mine if one.id == arn]
    if arn == here.arn:
        found.append(Entry(balancer=here, port=listener.port, group=group, targets=mine))
    for one in ctx.topology.target_groups:
        if arn in one.load_balancer_arns and arn != here.arn:
            ctx.topology.targets.need(one.arn)  # one that was not read may hold a target of ours
    others = (door for door in other_doors(ctx)[0] if door.balancer.arn == arn)
    found += [
        Entry(balancer=balancer, port=door.listener.port, group=door.group, targets=door.targets) for door in others
    ]
    return tuple(found)


def by_balancer(ctx: Context, entry: Entry, way: Way, what: str, evidence: Evidence, fix: Fix) -> Verdict:
    """Whether what comes this way gets through the load balancer to a target."""
    try:
        found = brought.to_balancer(ctx.reach, entry.balancer, entry.port, way)
        if entry.group is not None and entry.group.target_type != "alb":
            found = brought.through_balancer(ctx.reach, found, entry.balancer, entry.group, entry.targets, way)
    except UnknownFact as signal:
        return from_gap(signal.gap)
    return standing(found, what, evidence, fix)


def by_interfaces(
    ctx: Context, interfaces: Iterable[NetworkInterface], port: int, way: Way, what: str, evidence: Evidence, fix: Fix
) -> Verdict:
    """Whether what comes this way gets to a port of an instance."""
    try:
        found = brought.to_interfaces(ctx.reach, interfaces, port, way)
    except UnknownFact as signal:
        return from_gap(signal.gap)
    return standing(found, what, evidence, fix)


def standing(found: Exposure, what: str, evidence: Evidence, fix: Fix) -> Verdict:
    """Open, not known, or shut for now."""
    if found.open is not None:
        verdict = stands_open(what, found, found.open, fix)
        return replace(verdict, evidence=(evidence, *verdict.evidence))
    if found.maybe_open is not None:
        return replace(not_known(what, found.maybe_open), evidence=(evidence,))
    return noted(f"{what} leads here, but is shut today: {shut(found)}", evidence)


def on_instance(ctx: Context, instance: str) -> Iterator[tuple[tuple[NetworkInterface, ...], int]]:
    """(interfaces, port) of the path's targets on this instance. Raises UnknownFact."""
    group = ctx.here.target_group
    for target in in_service(ctx) if instance.startswith("i-") and group is not None else ():
        if group is not None and ("", instance) in ctx.reach.names_of(group, target):
            interfaces = ctx.reach.interfaces_of(backend_at(ctx, target))
            yield from ((interfaces, port) for port in ports_of(ctx, target).numbers)
