"""From findings to the outcome of one pytest item: the table of the contract's first section."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from vpclink_checks.gate.outcome import FAILED, PASSED, SKIPPED, WARNED, XFAILED, outcome_of
from vpclink_checks.report import Finding, Fix, WaiverNote
from vpclink_checks.words import Outcome, Severity


def found(outcome: Outcome, **more: Any) -> Finding:
    facts: dict[str, Any] = {
        "check": "listener/exists",
        "hop": "listener",
        "severity": Severity.RISK,
        "gates": False,
        "path": "p",
        "subject": "s",
        "message": f"it is a {outcome}",
        "fix": Fix("Mend it."),
    }
    return Finding(outcome=outcome, **{**facts, **more})


FAIL = found(Outcome.FAIL, gates=True, message="port 10000 is closed")
MILD = found(Outcome.FAIL, why_not="severity hygiene is below fail-on risk")
UNKNOWN = found(Outcome.UNKNOWN, gates=True, message="not known")
SHRUG = found(Outcome.UNKNOWN, why_not="an unknown only warns here")
BLOCKED = found(Outcome.BLOCKED, blocked_by="api/exists")
WAIVED = found(Outcome.WAIVED, waiver=WaiverNote("NET-12", date(2027, 1, 31)))
NOTE, PASS = found(Outcome.NOTE), found(Outcome.PASS)
NOT_APPLICABLE = found(Outcome.NOT_APPLICABLE, message="there is no listener")


@pytest.mark.parametrize(
    ("findings", "kind", "words"),
    [
        ([FAIL], FAILED, ["listener/exists", "port 10000 is closed", "Mend it."]),
        ([PASS, UNKNOWN], FAILED, ["not known"]),
        ([FAIL, UNKNOWN], FAILED, ["port 10000 is closed", "not known"]),
        ([MILD, UNKNOWN], FAILED, ["not known"]),
        ([MILD, PASS], WARNED, ["it is a fail", "below fail-on"]),
        ([SHRUG, PASS], WARNED, ["it is a unknown", "only warns"]),
        ([MILD, BLOCKED], WARNED, ["it is a fail"]),
        ([BLOCKED, PASS], SKIPPED, ["blocked by api/exists"]),
        ([BLOCKED, BLOCKED], SKIPPED, ["blocked by api/exists"]),
        ([WAIVED, PASS], XFAILED, ["NET-12", "2027-01-31"]),
        ([NOTE, NOT_APPLICABLE], PASSED, []),
        ([PASS, NOT_APPLICABLE], PASSED, []),
        ([NOT_APPLICABLE], SKIPPED, ["there is no listener"]),
    ],
)
def test_the_item_is_the_worst_of_its_findings(findings: list[Finding], kind: str, words: list[str]) -> None:
    outcome = outcome_of(findings, lambda _check: True)
    assert outcome.kind == kind
    assert all(word in outcome.text + outcome.blocks for word in words)


def test_findings_that_do_not_gate_are_not_in_the_failure() -> None:
    assert "it is a fail" not in outcome_of([MILD, UNKNOWN], lambda _check: True).text


@pytest.mark.parametrize("findings", [[BLOCKED], [BLOCKED, PASS], [MILD, BLOCKED], [WAIVED, BLOCKED]])
def test_blocked_by_a_check_that_is_not_run_fails(findings: list[Finding]) -> None:
    outcome = outcome_of(findings, lambda check: check != "api/exists")
    assert outcome.kind == FAILED
    assert "api/exists" in outcome.text


def test_one_line_is_said_once() -> None:
    assert outcome_of([BLOCKED, BLOCKED], lambda _check: True).text.count("api/exists") == 1
