"""Which checks cannot be judged, and because of which call: gaps and findings brought together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from vpclink_checks.cli.advice import Kind, kind_of
from vpclink_checks.model.fact import Gap
from vpclink_checks.report import Finding
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.discovery.recorded import says_absent
from vpclink_checks.sources.facts import Call, Recording
from vpclink_checks.words import Outcome

# How a Gap names itself (model/fact.py), in whatever sentence it stands.
_TOLD = re.compile(r"([\w-]+:\w+|this source) gave no answer \((\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One IAM action, and one kind of reason why its calls gave no answer.

    ``calls`` holds each call that failed; empty where none was made. ``silenced`` are the checks with
    an unknown finding because of it, on whatever path; ``waiting`` those that are blocked by one of them.
    """

    action: str
    kind: Kind
    gaps: tuple[Gap, ...]
    calls: tuple[Call, ...] = ()
    silenced: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def failed(recording: Recording) -> list[tuple[Call, Gap]]:
    """The calls that gave no answer. That something does not exist is one."""
    return [(one.call, one.gap) for one in recording.facts if one.gap is not None and not says_absent(one.gap)]


def missing(recording: Recording, findings: Collection[Finding]) -> list[Missing]:
    """What is missing, by action and kind: what a policy fills first, then what silences most."""
    calls = failed(recording)
    gaps = [gap for _, gap in calls]
    because = {id(one): _gaps_of(one, gaps) for one in findings if one.outcome is Outcome.UNKNOWN}
    groups: dict[tuple[str, Kind], list[Gap]] = {}
    for gap in dict.fromkeys([*gaps, *(gap for found in because.values() for gap in found)]):
        groups.setdefault((gap.action, kind_of(gap)), []).append(gap)
    unknown = [(one, because[id(one)]) for one in findings if id(one) in because]
    every = [_missing(action, kind, group, calls, unknown, findings) for (action, kind), group in groups.items()]
    return sorted(every, key=lambda one: (list(Kind).index(one.kind), -len(one.silenced), one.action))


def others(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Checks that are unknown, and not because of a call: AWS says something that is not understood, or open."""
    return _ids(one for one in findings if one.outcome is Outcome.UNKNOWN and not _TOLD.search(_text(one)))


def _missing(
    action: str,
    kind: Kind,
    gaps: list[Gap],
    calls: list[tuple[Call, Gap]],
    unknown: list[tuple[Finding, tuple[Gap, ...]]],
    findings: Collection[Finding],
) -> Missing:
    mine = [one for one, because in unknown if not set(because).isdisjoint(gaps)]
    return Missing(
        action=action,
        kind=kind,
        gaps=tuple(gaps),
        calls=tuple(call for call, gap in calls if gap in gaps),
        silenced=_ids(mine),
        waiting=_ids(_waiting(mine, findings)),
    )


def _gaps_of(finding: Finding, gaps: Collection[Gap]) -> tuple[Gap, ...]:
    """The gaps that an unknown finding tells of: a call's own words, else any of its operation, else what it says."""
    text = _text(finding)
    if exact := [gap for gap in gaps if str(gap) in text]:
        return tuple(exact)
    told = list(_told(text))
    operations = {gap.operation for gap in told}
    return tuple([gap for gap in gaps if gap.operation in operations] or told)


def _told(text: str) -> Iterator[Gap]:
    """The gaps in a sentence, as far as it tells."""
    for operation, code in _TOLD.findall(text):
        service, _, name = operation.partition(":")
        yield Gap(operation=operation, action=action_of(Call(service, name)) if name else "", code=code)


def _text(finding: Finding) -> str:
    return "\n".join((finding.message, *(one.value for one in finding.evidence)))


def _waiting(silenced: Collection[Finding], findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is blocked by one of these on its own path; one of the whole environment blocks every path."""
    places = {(one.check, path) for one in silenced for path in (one.path, None)}
    everywhere = {one.check for one in silenced if one.path is None}
    for one in findings:
        if one.outcome is Outcome.BLOCKED and ((one.blocked_by, one.path) in places or one.blocked_by in everywhere):
            yield one


def _ids(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The checks of these findings, each once, in the order of the catalogue."""
    return tuple(dict.fromkeys(one.check for one in findings))
