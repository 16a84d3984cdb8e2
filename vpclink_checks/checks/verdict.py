"""What a check may say about one subject."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.fact import Gap
from vpclink_checks.report import Evidence, Fix, Location, Witness
from vpclink_checks.words import Outcome, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``outcome`` is fail, unknown, note, pass or not-applicable; the rest is the run's business.

    ``severity``: of this verdict alone, where the facts make it milder than the check's own; None
    for the check's own. A severity that the config gives the check wins over both.
    """

    outcome: Outcome
    message: str
    severity: Severity | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: Fix | None = None
    witness: Witness | None = None
    location: Location | None = None


def passed(message: str, *evidence: Evidence, witness: Witness | None = None) -> Verdict:
    return Verdict(outcome=Outcome.PASS, message=message, evidence=evidence, witness=witness)


def failed(
    message: str,
    *evidence: Evidence,
    fix: Fix | None = None,
    witness: Witness | None = None,
    location: Location | None = None,
    severity: Severity | None = None,
) -> Verdict:
    """*message*: one sentence, what is wrong, with the values. *fix*: instead of the check's own."""
    return Verdict(
        outcome=Outcome.FAIL,
        message=message,
        severity=severity,
        evidence=evidence,
        fix=fix,
        witness=witness,
        location=location,
    )


def noted(message: str, *evidence: Evidence, fix: Fix | None = None, location: Location | None = None) -> Verdict:
    """Worth reading, never gates: legitimate but unusual, or known by unconfirmed facts only."""
    return Verdict(outcome=Outcome.NOTE, message=message, evidence=evidence, fix=fix, location=location)


def unknown(message: str, *evidence: Evidence, location: Location | None = None) -> Verdict:
    return Verdict(outcome=Outcome.UNKNOWN, message=message, evidence=evidence, location=location)


def not_applicable(reason: str) -> Verdict:
    return Verdict(outcome=Outcome.NOT_APPLICABLE, message=reason)


def from_gap(gap: Gap) -> Verdict:
    """A fact that could not be read, as the verdict it is.

    What a service that is not in the partition would hold does not apply.
    """
    if gap.code == "NotInPartition":
        return not_applicable(gap.message)
    evidence = Evidence(gap.operation, "error", gap.code)
    return unknown(f"not known: {gap}", evidence)
