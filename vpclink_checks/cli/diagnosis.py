"""What the doctor says, line by line."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.cli.advice import Kind
from vpclink_checks.cli.partitions import partition_of
from vpclink_checks.cli.silenced import Missing
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.render.terminal import BOLD, GREEN, RED, YELLOW, Paint
from vpclink_checks.run import Target
from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.policy import document
from vpclink_checks.words import hop_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All there is to tell. ``others``: checks that are unknown for reasons of their own."""

    target: Target
    recording: Recording
    missing: list[Missing]
    paths: tuple[Path, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def caller(self) -> str:
        """The ARN of whoever asked; "" where the facts do not say."""
        answers = self.recording.facts.of("sts", "GetCallerIdentity")
        return next((str(one.response.get("Arn", "")) for one in answers if one.response), "")


def lines(one: Diagnosis, *, color: bool) -> Iterator[str]:
    """The whole report, without line ends."""
    paint = Paint(color=color)
    yield from _head(one, paint)
    yield from _paths(one, paint)
    for missing in one.missing:
        yield from ["", *_missing(missing, paint)]
    yield from _policy(one)
    yield from ["", *_sum(one, paint)]


def _head(one: Diagnosis, paint: Paint) -> Iterator[str]:
    recording = one.recording
    where = f"account {recording.account}, region {recording.region}"
    yield f"{paint(one.target.name, BOLD)} ({one.target.source}): {where}"
    yield f"  as {one.caller or 'somebody whom the facts do not name'}"
    by_service: Counter[str] = Counter()
    for name, count in recording.calls.items():
        by_service[name.partition(":")[0]] += count
    yield f"  {by_service.total()} calls: {', '.join(f'{name} {count}' for name, count in sorted(by_service.items()))}"


def _paths(one: Diagnosis, paint: Paint) -> Iterator[str]:
    if one.paths:
        yield f"  {_count(len(one.paths), 'path')}:"
    for path in one.paths:
        if path.stop is None:
            yield f"    {paint('✓', GREEN)} {path.title}"
        else:
            mark = paint("?", YELLOW) if path.stop.gap else paint("✗", RED)
            yield f"    {mark} {path.title}: ends at {path.stop.hop}: {path.stop.reason}"


def _missing(one: Missing, paint: Paint) -> Iterator[str]:
    color = RED if one.kind in (Kind.DENIED, Kind.REFUSED) else YELLOW
    yield paint(f"{one.action or one.gaps[0].operation}: {one.kind.label}", color if one.silenced else BOLD)
    for call, gap in _calls(one):
        yield from _wrapped(f"{call}: {gap.code}{f': {gap.message}' if gap.message else ''}")
    if one.silenced:
        yield from _wrapped(f"silences {_count(len(one.silenced), 'check')}: {_ids(one.silenced)}")
    else:
        yield "  silences no check here"
    if one.waiting:
        yield from _wrapped(f"and {_count(len(one.waiting), 'check')} behind them: {_ids(one.waiting)}")
    if one.silenced:
        yield f"  → {one.kind.advice}"


def _calls(one: Missing) -> Iterator[tuple[str, Gap]]:
    """Each operation that failed with this code, how often, and the first of its messages."""
    counted = Counter(call.name for call in one.calls)
    seen: set[tuple[str, str]] = set()
    for gap in one.gaps:
        if (gap.operation, gap.code) not in seen:
            seen.add((gap.operation, gap.code))
            count = counted[gap.operation]
            yield f"{gap.operation}{f', {count} calls' if count > 1 else ''}", gap


def _ids(checks: Collection[str]) -> str:
    """The checks by name; a hop all of whose checks are among them by its own."""
    told = dict.fromkeys(_hop_of_all(check, checks) or check for check in checks)
    return ", ".join(told)


def _hop_of_all(check: str, checks: Collection[str]) -> str:
    """``all of vpc-link``, where that is so and shorter."""
    hop = hop_of(check)
    every = [one.id for one in catalogue() if one.hop == hop]
    return f"all of {hop}" if len(every) > 1 and set(every) <= set(checks) else ""


def _policy(one: Diagnosis) -> Iterator[str]:
    """What to add, ready to paste: these calls and no others."""
    denied = {call.name for missing in one.missing if missing.kind is Kind.DENIED for call in missing.calls}
    rows = [row for row in ROWS.values() if row.name in denied]
    if rows:
        region, account = one.recording.region or "*", one.recording.account or "*"
        added = document(partition=_partition(one), region=region, account=account, rows=rows)
        yield from ["", f"To be added to the permissions of {one.caller or 'whoever runs the checks'}:"]
        yield json.dumps(added, indent=2)
        if any(path.stop is not None and path.stop.gap is not None for path in one.paths):
            yield f"Behind what was refused, nothing was asked. All that it takes: {_whole_policy(one.target)}"


def _partition(one: Diagnosis) -> str:
    """The caller's own; else the region's."""
    parts = one.caller.split(":")
    return parts[1] if parts[0] == "arn" else partition_of(one.recording.region)


def _whole_policy(target: Target) -> str:
    """The command that prints it."""
    return f"vpclink policy --env={target.name}"


def _sum(one: Diagnosis, paint: Paint) -> Iterator[str]:
    silenced = {check for missing in one.missing for check in (*missing.silenced, *missing.waiting)}
    if one.others:
        yield from _wrapped(f"{_count(len(one.others), 'check')} unknown for other reasons: {_ids(one.others)}", 0)
    if silenced:
        yield paint(f"{_count(len(silenced), 'check')} in all left without an answer", RED, BOLD)
    elif one.paths:
        yield paint("every check has the answers that it needs", GREEN, BOLD)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _wrapped(text: str, indent: int = 2) -> Iterable[str]:
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    lead = " " * indent
    return textwrap.wrap(
        text, width, initial_indent=lead, subsequent_indent=lead * 2, break_long_words=False, break_on_hyphens=False
    )
