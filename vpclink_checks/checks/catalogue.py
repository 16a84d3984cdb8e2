"""One declaration holds a check whole: what it says, what it needs, and the lines that judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.observation import Observation
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Fix, Location
from vpclink_checks.settings import EnvSettings
from vpclink_checks.words import HOPS, Severity, hop_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a check may look at. ``path`` is None for checks of the whole environment.

    ``observations`` holds what the probes saw, by probe key; ``probes_on`` tells "no probe was
    asked for" from "the probe saw nothing". ``now`` is when the facts were taken.
    """

    topology: Topology
    settings: EnvSettings
    reach: Reach
    now: datetime
    path: Path | None = None
    observations: Mapping[str, Observation] = field(default_factory=dict)
    probes_on: bool = True
    bare_file: bool = False  # facts come from a task-definition file alone

    @property
    def here(self) -> Path:
        """The path of a path-scoped check."""
        if self.path is None:
            raise LookupError("this check has no path; declare it without scope='environment'")
        return self.path


@dataclass(frozen=True, slots=True)
class Subject(Generic[T]):
    """One thing a check judges.

    ``id`` is the ARN, id or file; ``key`` a name that stays the same when the thing is replaced
    (``orders/api:8080``, a group's name), from which the fingerprint is made.
    """

    id: str
    key: str
    value: T
    location: Location | None = None


class NotApplicable(Exception):  # noqa: N818 - a signal: there is no such subject here
    """Raised by a subjects function or a judge: its text is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One named rule. ``title`` states what holds when it passes.

    ``scope`` is "path" (judged for each path) or "environment" (once). ``file``: a task-definition
    file alone can answer it. ``probe``: it needs a probe's observation. ``always``: it is judged
    even where the path stops before its hop. ``refutable``: a probe answered by the backend over
    this path proves a failure of every subject wrong. ``symptom``: it tells that something behind
    is broken, so that a path that fails elsewhere too does not break here.
    """

    id: str
    title: str
    severity: Severity
    subjects: Callable[[Context], Iterable[Subject[Any]]]
    judge: Callable[[Context, Any], Verdict]
    why: str
    fix: Fix
    source: str
    needs: tuple[str, ...] = ()
    scope: str = "path"
    file: bool = False
    probe: bool = False
    always: bool = False
    refutable: bool = False
    symptom: bool = False

    @property
    def hop(self) -> str:
        return hop_of(self.id)

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]


def check(
    check_id: str,
    *,
    title: str,
    severity: Severity,
    subjects: Callable[[Context], Iterable[Subject[T]]],
    why: str,
    fix: Fix,
    source: str,
    needs: tuple[str, ...] = (),
    scope: str = "path",
    file: bool = False,
    probe: bool = False,
    always: bool = False,
    refutable: bool = False,
    symptom: bool = False,
) -> Callable[[Callable[[Context, T], Verdict]], Check]:
    """Declare a check; the decorated function ``(context, subject value) -> Verdict`` judges.

    It may raise UnknownFact (becomes ``unknown``) and NotApplicable (becomes ``not-applicable``).
    """

    def declare(judge: Callable[[Context, T], Verdict]) -> Check:
        return Check(
            id=check_id,
            title=title,
            severity=severity,
            subjects=subjects,
            judge=judge,
            why=why,
            fix=fix,
            source=source,
            needs=needs,
            scope=scope,
            file=file,
            probe=probe,
            always=always,
            refutable=refutable,
            symptom=symptom,
        )

    return declare


def _module_of(hop: str) -> str:
    return f"vpclink_checks.checks.{hop.replace('-', '_')}"


@cache
def catalogue() -> tuple[Check, ...]:
    """Every check, hop by hop from the caller to the container; a hop's own module before those it takes in."""
    found: list[Check] = []
    for hop in HOPS:
        module = import_module(_module_of(hop))
        mine = [value for value in vars(module).values() if isinstance(value, Check)]
        found += sorted(mine, key=lambda one: one.judge.__module__ != module.__name__)
    return tuple(found)


def by_needs(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The same checks, each behind those it needs. Raises ValueError for a ring or a stray need."""
    waiting = {one.id: one for one in checks}
    ordered: dict[str, Check] = {}
    while waiting:
        ready = [one for one in waiting.values() if all(need in ordered for need in one.needs)]
        if not ready:
            raise ValueError(f"needs that cannot be met: {', '.join(sorted(waiting))}")
        for one in ready:
            ordered[one.id] = waiting.pop(one.id)
    return tuple(ordered.values())
