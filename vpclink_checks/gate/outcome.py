"""What a check's findings make of its pytest item (contract, section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import dedent

from vpclink_checks.render.terminal import block
from vpclink_checks.report import Finding
from vpclink_checks.words import Outcome

FAILED, WARNED, PASSED, SKIPPED, XFAILED = "failed", "warned", "passed", "skipped", "xfailed"


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """``kind`` is one of the words above; ``text`` what the item says, ``blocks`` what closes the gate at length."""

    kind: str
    text: str = ""
    blocks: str = ""


def outcome_of(findings: Sequence[Finding], collected: Callable[[str], bool]) -> ItemOutcome:
    """The item's outcome: the worst of its findings'.

    *collected* tells whether a check has an item in this run: a finding that is blocked by a check
    that has none would otherwise be said by nobody.
    """
    gating = [one for one in findings if one.gates]
    if gating:
        return ItemOutcome(FAILED, gating[0].message, blocks_of(gating))
    unsaid = [one for one in findings if one.blocked_by and not collected(one.blocked_by)]
    if unsaid:
        return ItemOutcome(FAILED, _unsaid(unsaid))
    worst = min((one.outcome for one in findings), key=lambda outcome: outcome.rank)
    these = [one for one in findings if one.outcome is worst]
    return _mild(worst, these)


def _mild(worst: Outcome, these: Sequence[Finding]) -> ItemOutcome:
    if worst in (Outcome.FAIL, Outcome.UNKNOWN):
        return ItemOutcome(WARNED, _joined(f"{worst}: {one.message} ({one.why_not})" for one in these))
    if worst is Outcome.BLOCKED:
        return ItemOutcome(SKIPPED, _joined(f"blocked by {one.blocked_by}" for one in these))
    if worst is Outcome.WAIVED:
        return ItemOutcome(XFAILED, _joined(_waived(one) for one in these))
    if worst is Outcome.NOT_APPLICABLE:
        return ItemOutcome(SKIPPED, _joined(one.message for one in these))
    return ItemOutcome(PASSED)


def blocks_of(findings: Sequence[Finding]) -> str:
    """One block for each finding."""
    return "\n\n".join(dedent("\n".join(block(one))) for one in findings)


def _waived(finding: Finding) -> str:
    last = f" (until {finding.waiver.expires})" if finding.waiver else ""
    return f"{finding.waiver.reason if finding.waiver else ''}{last}: {finding.message}"


def _unsaid(findings: Sequence[Finding]) -> str:
    lines = dict.fromkeys(f"{one.message} (and {one.blocked_by} was left out of this run)" for one in findings)
    return "\n".join(lines)


def _joined(lines: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(lines))
