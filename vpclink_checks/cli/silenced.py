"""Which checks cannot be judged, and because of which call: gaps and findings brought together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
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
    words = _words(gap for _, gap in calls)
    unknown = [(one, _gaps_of(one, words)) for one in findings if one.outcome is Outcome.UNKNOWN]
    every = [*(gap for _, gap in calls), *(gap for _, found in unknown for gap in found)]
    groups: dict[tuple[str, Kind], dict[Gap, None]] = {}
    for gap in every:
        groups.setdefault((gap.action, kind_of(gap)), {})[gap] = None
    found = [_missing(action, kind, group, calls, unknown, findings) for (action, kind), group in groups.items()]
    return sorted(found, key=lambda one: (list(Kind).index(one.kind), -len(one.silenced), one.action))


def others(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Checks that are unknown, and not because of a call: AWS says something that is not understood, or open."""
    return _ids(one for one in findings if one.outcome is Outcome.UNKNOWN and not _TOLD.search(_text(one)))


def _missing(
    action: str,
    kind: Kind,
    gaps: Collection[Gap],
    calls: list[tuple[Call, Gap]],
    unknown: list[tuple[Finding, tuple[Gap, ...]]],
    findings: Collection[Finding],
) -> Missing:
    mine = [one for one, because in unknown if any(gap in gaps for gap in because)]
    silenced = _ids(mine)
    return Missing(
        action=action,
        kind=kind,
        gaps=tuple(gaps),
        calls=tuple(call for call, gap in calls if gap in gaps),
        silenced=silenced,
        waiting=tuple(one for one in _ids(_waiting(mine, findings)) if one not in silenced),
    )


def _words(gaps: Iterable[Gap]) -> dict[str, dict[str, Gap]]:
    """The gaps by operation, and by what they say."""
    words: dict[str, dict[str, Gap]] = {}
    for gap in gaps:
        words.setdefault(gap.operation, {})[str(gap)] = gap
    return words


def _gaps_of(finding: Finding, words: Mapping[str, Mapping[str, Gap]]) -> tuple[Gap, ...]:
    """The gaps that an unknown finding tells of: a call's own words, else any of its operation, else what it says."""
    text = _text(finding)
    told = list(_told(text))
    failed_too = {said: gap for one in told for said, gap in words.get(one.operation, {}).items()}
    exact = [gap for said, gap in failed_too.items() if said in text]
    return tuple(exact or failed_too.values() or told)


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
