"""The report model: what a run found, ready to be rendered. Its fields are contract.md, section 7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from vpclink_checks.words import Outcome, Severity


@dataclass(frozen=True, slots=True)
class Evidence:
    """A fact that decided: the call that gave it, the field, and its value as text."""

    operation: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to change: in words, and where it can be said exactly as AWS CLI and Terraform text."""

    text: str
    cli: str = ""
    terraform: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A packet that proves the verdict, and what decided on its way, in order."""

    src: str
    dst: str
    protocol: str
    port: int
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; line and column count from 1."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """The waiver that covers a finding."""

    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check's verdict on one subject of one path."""

    check: str
    hop: str
    outcome: Outcome
    severity: Severity
    gates: bool
    why_not: str | None = None
    blocked_by: str | None = None
    path: str | None = None
    subject: str = ""
    subject_key: str = ""
    fingerprint: str = ""
    expected: str = ""  # what holds when the check passes: for readers, not in report.json
    message: str = ""
    evidence: tuple[Evidence, ...] = ()
    witness: Witness | None = None
    fix: Fix | None = None
    location: Location | None = None
    waiver: WaiverNote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HopNote:
    """One hop of a path, as drawn."""

    hop: str
    id: str = ""
    title: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    weight: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathNote:
    """One path. ``status`` is ok, broken or unknown."""

    id: str
    title: str
    status: str
    broken_hop: str | None = None
    routes: tuple[str, ...] = ()
    hops: tuple[HopNote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNote:
    """One probe that was sent. Times in milliseconds."""

    url: str
    status: int | None
    attempts: int
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    diagnosis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentReport:
    """One environment. ``error`` is the one line that says why it could not be collected."""

    name: str
    source: str
    account: str = ""
    region: str = ""
    error: str | None = None
    api_calls: Mapping[str, int] = field(default_factory=dict)
    paths: tuple[PathNote, ...] = ()
    findings: tuple[Finding, ...] = ()
    probes: tuple[ProbeNote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run."""

    version: str
    started: datetime
    duration_s: float
    environments: tuple[EnvironmentReport, ...] = ()
