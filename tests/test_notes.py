"""Paths and probes as reports draw them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import PATH_API, TG_API, healthy
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.path import Stop
from vpclink_checks.notes import path_notes, probe_note
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.report import Finding, HopNote, PathNote
from vpclink_checks.words import HOPS, Outcome, Severity


def finding(hop: str, outcome: Outcome, *, gates: bool, path: str | None = PATH_API.id) -> Finding:
    return Finding(
        check=f"{hop}/x", hop=hop, outcome=outcome, severity=Severity.BLOCKER, gates=gates, path=path, message="m"
    )


def drawn(*findings: Finding, **changes: Any) -> PathNote:
    return path_notes(healthy(**changes), findings)[0]


def hop(note: PathNote, name: str) -> HopNote:
    return next(one for one in note.hops if one.hop == name)


FAIL, UNKNOWN = Outcome.FAIL, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("findings", "status", "broken"),
    [
        ([], "ok", None),
        ([finding("api", Outcome.PASS, gates=False)], "ok", None),
        ([finding("listener", FAIL, gates=True), finding("api", FAIL, gates=True)], "broken", "api"),
        ([finding("api", UNKNOWN, gates=True), finding("listener", FAIL, gates=True)], "broken", "listener"),
        ([finding("api", UNKNOWN, gates=True)], "unknown", None),
        ([finding("api", FAIL, gates=False), finding("api", UNKNOWN, gates=False)], "ok", None),
        ([finding("api", FAIL, gates=True, path="another")], "ok", None),
        ([finding("exposure", FAIL, gates=True, path=None)], "ok", None),
    ],
)
def test_the_status_of_a_path(findings: list[Finding], status: str, broken: str | None) -> None:
    note = drawn(*findings)
    assert (note.status, note.broken_hop) == (status, broken)


def test_a_path_that_stops_is_never_ok() -> None:
    stopped = replace(PATH_API, stop=Stop(hop="listener", reason="gone"), target_group=None, service=None)
    assert drawn(paths=(stopped,)).status == "unknown"


def test_the_hops_in_the_order_of_the_walk() -> None:
    names = [one.hop for one in drawn().hops]
    assert names == [one for one in HOPS if one not in ("network", "exposure", "end-to-end")]


def test_a_hop_without_an_object_is_drawn_where_it_breaks() -> None:
    note = drawn(finding("network", FAIL, gates=True))
    assert note.broken_hop == "network"
    assert "network" in [one.hop for one in note.hops]


def test_what_hops_tell() -> None:
    note = drawn()
    assert note.routes == ("GET /", "ANY /{proxy+}")
    assert hop(note, "domain").attributes["base_path"] == "orders"
    assert hop(note, "integration").attributes["port"] == "10000"
    assert hop(note, "vpc-link").attributes["status"] == "AVAILABLE"
    assert hop(note, "load-balancer").attributes["scheme"] == "internal"
    assert hop(note, "target-group").attributes["healthy"] == "2 of 2"
    assert hop(note, "instance").attributes["addresses"] == "10.0.1.20, 10.0.2.20"
    assert hop(note, "service").attributes["cluster"] == "orders-cluster"
    assert hop(note, "task-definition").attributes["ports"] == "8080 → 10000"


def test_targets_that_were_not_read_are_not_counted() -> None:
    gap = Gap(operation="elbv2:DescribeTargetHealth", action="x", code="AccessDenied")
    note = drawn(targets=Table(gaps={TG_API: gap}))
    assert hop(note, "target-group").attributes["healthy"] == "not known"
    assert "instance" not in [one.hop for one in note.hops]


def probe(*attempts: Attempt, **more: Any) -> Observation:
    return Observation(key="k", url="https://api.example.com/orders", attempts=attempts, **more)


def test_a_probe_that_was_answered() -> None:
    note = probe_note(probe(*(Attempt(status=200, ms=float(ms)) for ms in range(1, 101))))
    assert (note.status, note.attempts, note.diagnosis) == (200, 100, ())
    assert note.timings_ms["p50"] == pytest.approx(50, abs=1)
    assert note.timings_ms["p95"] == pytest.approx(95, abs=1)


@pytest.mark.parametrize(
    ("attempts", "status", "timings"),
    [
        ([], None, {}),
        ([Attempt(status=503, ms=7.0)], 503, {"p50": 7.0, "p95": 7.0}),
        ([Attempt(failure="tls", detail="expired", ms=4.0)], None, {}),
    ],
)
def test_few_attempts(attempts: list[Attempt], status: int | None, timings: dict[str, float]) -> None:
    note = probe_note(probe(*attempts))
    assert (note.status, note.timings_ms) == (status, timings)


def test_a_diagnosis_is_told_once() -> None:
    failed = Attempt(failure="tls", detail="expired")
    note = probe_note(probe(failed, failed, unmet=("status 503, expected 200",)))
    assert note.diagnosis == ("tls: expired", "status 503, expected 200")


SICK = replace(finding("target-group", FAIL, gates=True), check="target-group/healthy-targets")


@pytest.mark.parametrize(
    ("findings", "broken"),
    [
        ([SICK], "target-group"),
        ([SICK, finding("network", FAIL, gates=True)], "network"),
        ([SICK, finding("api", FAIL, gates=True)], "api"),
        ([SICK, finding("network", FAIL, gates=False)], "target-group"),
    ],
)
def test_a_path_breaks_at_the_cause_and_not_at_its_symptom(findings: list[Finding], broken: str) -> None:
    assert drawn(*findings).broken_hop == broken
