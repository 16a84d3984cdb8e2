"""What every renderer draws from a report: worst first, hops with their marks, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vpclink_checks.report import EnvironmentReport, Evidence, Finding, HopNote, PathNote
from vpclink_checks.words import HOPS, Outcome, hop_rank

OK, BROKEN, UNKNOWN, BLOCKED, SILENT = "ok", "broken", "unknown", "blocked", "silent"


@dataclass(frozen=True, slots=True)
class HopView:
    """One hop of a drawn path. ``mark`` is ok, broken, unknown, blocked or silent (nothing judged)."""

    hop: str
    note: HopNote | None
    mark: str
    findings: tuple[Finding, ...]
    first_break: bool = False

    @property
    def title(self) -> str:
        """What stands in the hop's box; "" where the path has no such object."""
        return self.note.title if self.note else ""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By outcome, then severity, then the walk from the caller to the container."""
    return sorted(findings, key=lambda one: (one.outcome.rank, one.severity.rank, hop_rank(one.hop), one.check))


def gating(environment: EnvironmentReport) -> list[Finding]:
    """The findings that close the gate, in the order of the walk: the first break first."""
    return sorted(
        (one for one in environment.findings if one.gates),
        key=lambda one: (hop_rank(one.hop), one.severity.rank, one.check, one.path or "", one.subject_key),
    )


def summary(environment: EnvironmentReport) -> dict[str, int]:
    """How many findings of each outcome, every outcome named."""
    counted = Counter(one.outcome for one in environment.findings)
    order = (
        Outcome.PASS,
        Outcome.FAIL,
        Outcome.UNKNOWN,
        Outcome.BLOCKED,
        Outcome.WAIVED,
        Outcome.NOTE,
        Outcome.NOT_APPLICABLE,
    )
    return {outcome.value: counted[outcome] for outcome in order}


def _mark(findings: Iterable[Finding]) -> str:
    found = list(findings)
    if any(one.outcome is Outcome.FAIL and one.gates for one in found):
        return BROKEN
    if any(one.outcome is Outcome.UNKNOWN and one.gates for one in found):
        return UNKNOWN
    if any(one.outcome is Outcome.BLOCKED for one in found):
        return BLOCKED
    judged = [one for one in found if one.outcome is not Outcome.NOT_APPLICABLE]
    return OK if judged else SILENT


def hops(environment: EnvironmentReport, path: PathNote) -> list[HopView]:
    """The path from the caller to the container, each hop with what was found there."""
    notes = {note.hop: note for note in path.hops}
    drawn: list[HopView] = []
    for hop in HOPS:
        found = tuple(one for one in environment.findings if one.hop == hop and one.path in (path.id, None))
        if hop in notes or found:
            drawn.append(HopView(hop, notes.get(hop), _mark(found), found, first_break=hop == path.broken_hop))
    return drawn


def decided_by(finding: Finding) -> tuple[Evidence, ...]:
    """The evidence, without what the steps of its packet say already."""
    steps = finding.witness.via if finding.witness is not None else ()
    return tuple(one for one in finding.evidence if not any(one.value and one.value in step for step in steps))
