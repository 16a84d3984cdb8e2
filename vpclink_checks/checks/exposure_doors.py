"""From doors to verdicts: what every check of an entrance beside the path shares."""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context, NotApplicable
from vpclink_checks.checks.public import not_known, stands_open
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, noted, passed, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach import exposure
from vpclink_checks.reach.doors.certificate import Door, Entrance, State
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.report import Fix
from vpclink_checks.words import Outcome, Severity


def here_of(ctx: Context) -> Here:
    """What doors ask about the path."""
    return exposure.here_of(ctx.reach, ctx.here)


def backends_of(ctx: Context, group: TargetGroup) -> Here:
    """The same, where packets go to the path's targets at all. Raises UnknownFact, NotApplicable."""
    if group.known_type == "lambda":
        raise NotApplicable("the target is a Lambda function")
    in_service(ctx)
    return here_of(ctx)


def verdict_on(door: Door, fix: Fix) -> Verdict:
    """The worst of a door's entrances; unknown where there may be more of them than were seen."""
    every = tuple(entrance_verdict(one, fix) for one in door.entrances)
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst := next((one for one in every if one.outcome is outcome), None):
            return worst
    if door.gap is not None:
        verdict = from_gap(door.gap)  # not applicable where the partition has no such service
        if verdict.outcome is not Outcome.UNKNOWN:
            return verdict
        return replace(verdict, message=f"whether {door.what} leads here is not known: {door.gap}")
    notes = [one for one in every if one.outcome is Outcome.NOTE]
    if not notes:
        return every[0] if every else passed(door.nothing)
    evidence = tuple(dict.fromkeys(one for note in notes for one in note.evidence))
    return replace(noted("; ".join(dict.fromkeys(note.message for note in notes))), evidence=evidence)


def entrance_verdict(one: Entrance, fix: Fix) -> Verdict:
    """Open fails, and for some public sources alone as a risk; what is shut today or lateral is worth a note."""
    evidence = (one.evidence,) if one.evidence is not None else ()
    if one.gap is not None:
        return from_gap(one.gap)
    if one.packets is not None and one.state is not State.SHUT:
        return _by_packets(one, fix)
    if one.state in (State.OPEN, State.RESTRICTED) or one.everybody:
        return failed(one.text, *evidence)
    unsure = one.state is State.UNKNOWN and not one.policy
    return unknown(one.text, *evidence) if unsure else noted(one.text, *evidence)


def _by_packets(one: Entrance, fix: Fix) -> Verdict:
    packets = one.packets
    evidence = (one.evidence,) if one.evidence is not None else ()
    door = packets.wide or packets.open if packets is not None else None
    if packets is None or door is None:
        maybe = packets.maybe_open if packets is not None else None
        verdict = not_known(one.name, maybe) if maybe is not None else unknown(one.text)
        return replace(verdict, evidence=(*evidence, *verdict.evidence))
    verdict = stands_open(one.name, packets, door, fix)
    return replace(verdict, severity=_severity(one), evidence=(*evidence, *verdict.evidence))


def _severity(one: Entrance) -> Severity | None:
    """Some public sources and surely no more than those are a risk; None: the check's own."""
    some = one.packets is not None and one.packets.maybe_wide is None
    return Severity.RISK if one.state is State.RESTRICTED and some else None
