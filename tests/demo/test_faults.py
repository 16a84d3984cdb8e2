"""Every fault through the whole run: facts, probes over the real data plane, verdicts.

A fault must close the gate on its own hop, fail exactly the checks that its table says on exactly those
subjects, and nothing else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cache

import pytest

from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment
from vpclink_checks.demo.faults.model import Fault, Subjects
from vpclink_checks.demo.wire import Plane
from vpclink_checks.report import Finding
from vpclink_checks.run import Target, gather, judge
from vpclink_checks.words import HOPS, Outcome

FAULTS = environment.faults()
TODAY = date(2026, 11, 22)


@cache
def findings(fault: str) -> tuple[Finding, ...]:
    target = Target(
        name="demo",
        source="demo",
        settings=environment.settings(),
        rules=Rules(today=TODAY),
        probes=True,
        fault=fault,
    )
    return judge(target, gather(target)).findings


def found(every: Iterable[Finding], outcome: Outcome) -> dict[str, set[str]]:
    subjects = defaultdict(set)
    for one in every:
        if one.outcome is outcome:
            subjects[one.check].add(one.subject_key)
    return dict(subjects)


def as_sets(expected: Subjects) -> dict[str, set[str]]:
    return {check: set(subjects) for check, subjects in expected.items()}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.id)
def test_a_fault_fails_what_it_should_and_nothing_else(fault: Fault) -> None:
    every = findings(fault.id)
    assert found(every, Outcome.FAIL) == as_sets(fault.fails)
    assert found(every, Outcome.UNKNOWN) == as_sets(fault.unknowns)
    noted = found(every, Outcome.NOTE)
    assert {check: noted.get(check, set()) & subjects for check, subjects in as_sets(fault.notes).items()} == as_sets(
        fault.notes
    )


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.id)
def test_a_fault_closes_the_gate_on_its_own_hop(fault: Fault) -> None:
    gating = [one for one in findings(fault.id) if one.gates]
    assert fault.hop in {one.hop for one in gating}
    assert all(one.message and one.fix is not None for one in gating)


def test_every_fault_says_what_it_does_and_what_must_come_of_it() -> None:
    assert all(fault.fails and fault.title for fault in FAULTS.values())
    assert all(fault.changes or fault.plane != Plane() for fault in FAULTS.values())


def test_every_hop_has_two_faults_and_there_are_26() -> None:
    count = Counter(fault.hop for fault in FAULTS.values())
    assert {hop: count[hop] >= 2 for hop in HOPS} == dict.fromkeys(HOPS, True)
    assert len(FAULTS) >= 26


def test_the_healthy_demo_passes_on_every_hop_and_complains_nowhere() -> None:
    every = findings("")
    assert {one.hop for one in every if one.outcome is Outcome.PASS} == set(HOPS)
    assert [(one.check, one.message) for one in every if one.outcome in (Outcome.FAIL, Outcome.UNKNOWN)] == []


def test_the_planted_connection_string_is_in_no_finding() -> None:
    assert "demo-connection-string" not in repr([findings(fault) for fault in ("", *FAULTS)])
