"""The end of a run: one report, its files, and what else decides the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vpclink_checks import __version__
from vpclink_checks.checks.waivers import Stale, matches, stale
from vpclink_checks.errors import CollectError, SourceError, VpclinkError
from vpclink_checks.gate.tally import Gaps, Tally, gaps
from vpclink_checks.render import terminal
from vpclink_checks.report import EnvironmentReport, Report
from vpclink_checks.run import Judged, Target

if TYPE_CHECKING:
    from vpclink_checks.gate.hooks import Gate

OK, FINDINGS, NOT_COLLECTED = 0, 1, 2  # exit statuses, contract section 3
DEFAULT_FOLDER = "reports"


@dataclass(frozen=True, slots=True)
class Closing:
    """``notes`` are told, ``wrongs`` are told and fail the run."""

    report: Report
    collected: bool = True  # False: not one of the environments could be
    notes: tuple[str, ...] = ()
    wrongs: tuple[str, ...] = ()

    def status(self, status: int) -> int:
        """The exit status, where pytest's own would be *status*."""
        if not self.collected:
            return NOT_COLLECTED
        return FINDINGS if self.wrongs and status == OK else status

    def lines(self, *, color: bool, width: int, blocks: bool) -> list[str]:
        """All that the terminal shows at the end. *blocks*: pytest's failures are not shown."""
        shown = terminal.lines(self.report, color=color, width=width, blocks=blocks)
        return [*shown, *(f"the run fails: {one}" for one in self.wrongs), *self.notes]


@dataclass(slots=True)
class _Notes:
    notes: list[str] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)


def close(gate: Gate, *, finished: bool) -> Closing:
    """Report on every target whose facts this run needed. *finished*: no test failed or was cut short."""
    told = _Notes()
    tally = Tally.read(gate.folder)
    for gap in _gaps(gate, tally, finished=finished):
        told.wrongs += gap.wrongs
        told.notes += gap.notes
    judged = list(_judged(gate, tally))
    environments = [_environment(target, found, tally) for target, found in judged]
    for target, found in judged:
        if isinstance(found, Judged):
            told.notes += _asked(found)
            told.wrongs += _unsaid(gate, found, tally.collected[target.name]) if finished else []
            told.wrongs += _stale(found, tally.collected[target.name])
            told.wrongs += _record(gate, found)
    told.wrongs += _unused(gate, tally, judged)
    told.notes += gate.untaken(tally.taken)
    now = datetime.now(UTC)
    report = Report(
        version=__version__,
        started=gate.started,
        duration_s=round((now - gate.started).total_seconds(), 3),
        environments=tuple(environments),
    )
    told.notes += _write(gate, report)
    return Closing(report, _collected(judged), tuple(told.notes), tuple(told.wrongs))


def _asked(found: Judged) -> list[str]:
    """The one line about what was read from AWS."""
    if found.gathered is None or found.target.source != "live":
        return []
    recording = found.gathered.recording
    requests, refused = sum(recording.calls.values()), sum(1 for one in recording.facts if one.gap)
    doctor = f"vpclink doctor {found.target.name} says what that costs"
    failed = f", {refused} of them refused or failed: {doctor}" if refused else ""
    return [f"{found.target.name}: {requests} requests to AWS in {found.gathered.seconds:.1f} s{failed}"]


def _collected(judged: Iterable[tuple[Target, Judged | VpclinkError]]) -> bool:
    """Whether the facts of any environment are there; files do not count."""
    found = [isinstance(one, CollectError) for target, one in judged if target.environment]
    return not found or not all(found)


def _gaps(gate: Gate, tally: Tally, *, finished: bool) -> Iterator[Gaps]:
    """What of each environment was not run. Where only some nodes are asked for, one is enough."""
    for path, targets in gate.asked.files.items():
        for target in targets:
            prefix = f"{gate.asked.shown(path)}::{target.name}::"
            ran = {one.removeprefix(prefix).replace("::", "/") for one in gate.ran if one.startswith(prefix)}
            every, in_part = len(target.checks), target.name in gate.asked.parts
            gap = gaps(target.name, 1 if in_part else every, tally, ran, finished=finished)
            known = len(tally.collected[target.name]) + tally.deselected[target.name]
            yield replace(gap, unasked=every - known) if in_part else gap


def _unsaid(gate: Gate, found: Judged, collected: Iterable[str]) -> list[str]:
    """What closes the gate and failed no item, because a mark from outside took the item's word away."""
    target = found.target
    prefix = target.name if not target.environment else f"{gate.asked.shown(_file_of(gate, target))}::{target.name}"
    closed = {one.check for one in found.findings if one.gates} & set(collected)
    quiet = sorted(one for one in closed if f"{prefix}::{one.replace('/', '::')}" not in gate.failed)
    text = f"{target.name}: {', '.join(quiet)} close the gate, and a mark keeps their items from failing"
    return [text] if quiet else []


def _file_of(gate: Gate, target: Target) -> Path:
    return next(path for path, targets in gate.asked.files.items() if target.name in {one.name for one in targets})


def _judged(gate: Gate, tally: Tally) -> Iterator[tuple[Target, Judged | VpclinkError]]:
    """Every target that has facts by now, with its verdicts or the one line in their place."""
    environments = [target for target in gate.asked.targets if gate.gathering.done(target)]
    named = {target.name for target in gate.asked.targets}
    files = [gate.asked.file_target(gate.asked.path_of(name)) for name in tally.collected if name not in named]
    for target in [*environments, *files]:
        if target.name in gate.bugs:
            yield target, VpclinkError(f"no report: {gate.bugs[target.name]} broke, which is a bug of vpclink-checks")
            continue
        try:
            yield target, gate.judged(target)
        except VpclinkError as error:
            yield target, error


def _environment(target: Target, found: Judged | VpclinkError, tally: Tally) -> EnvironmentReport:
    if isinstance(found, Judged):
        return found.report(frozenset(tally.collected[target.name]))
    region, account = target.settings.region, target.settings.account
    return EnvironmentReport(name=target.name, source=target.source, region=region, account=account, error=str(found))


def _stale(found: Judged, selected: Iterable[str]) -> list[str]:
    """The waivers that fail the run; whether files use theirs is asked of all of them together."""
    target, chosen = found.target, frozenset(selected)
    every = stale(target.rules.waivers, found.findings, target.rules.today)
    here = [one for one in every if _meets(one, chosen)]
    return [_stale_line(target, one) for one in here if one.expired or target.environment]


def _meets(one: Stale, checks: Iterable[str]) -> bool:
    """Whether the waiver speaks of one of these checks."""
    return any(matches(one.waiver.check, check) for check in checks)


def _unused(gate: Gate, tally: Tally, judged: Sequence[tuple[Target, Judged | VpclinkError]]) -> list[str]:
    """The waivers of ``[static]`` that no file of the run uses, where --vpclink-static walked folders.

    Files that are named, or of which checks are left out, say nothing of the others.
    """
    files = [(target, found) for target, found in judged if not target.environment]
    told = [found for _, found in files if isinstance(found, Judged)]
    if len(told) < len(files) or not _walked(gate, tally, [target for target, _ in files]):
        return []
    static = gate.asked.settings
    every = stale(static.static.waivers, [one for found in told for one in found.findings], gate.asked.today)
    file = gate.asked.shown(static.file) if static.file else ""
    judging = {check for target, _ in files for check in tally.collected[target.name]}
    return [_waiver_line("[static]", file, one) for one in every if not (one.expired and _meets(one, judging))]


def _walked(gate: Gate, tally: Tally, files: Iterable[Target]) -> bool:
    """Whether folders were looked through for files, and nothing of what was found is left out."""
    environments = {target.name for target in gate.asked.targets}
    left_out = any(count for name, count in tally.deselected.items() if name not in environments)
    left_out = left_out or bool(gate.config.getoption("lf", default=False))  # pytest then skips whole files unsaid
    met = any(target.path not in gate.asked.named for target in files)
    return gate.asked.options.static and met and not left_out


def _stale_line(target: Target, one: Stale) -> str:
    return _waiver_line(target.name, target.settings.file, one)


def _waiver_line(name: str, file: str, one: Stale) -> str:
    waiver = one.waiver
    place = f" ({file}:{waiver.line})" if waiver.line is not None and file else ""
    return f"{name}: waiver of {waiver.check} for {waiver.subject}{place}: {one.reason}"


def _record(gate: Gate, found: Judged) -> list[str]:
    """Write what was collected, where asked to. What cannot be written fails the run: it was asked for by name."""
    wanted = gate.asked.options.record
    if not wanted or found.gathered is None:
        return []
    from vpclink_checks.sources import snapshot  # noqa: PLC0415

    path = gate.config.invocation_params.dir / wanted.replace("{env}", found.target.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        snapshot.write(path, found.gathered.recording)
    except OSError as error:
        return [f"{found.target.name}: cannot be recorded in {wanted}: {error.strerror}"]
    except SourceError as error:
        return [f"{found.target.name}: cannot be recorded: {error}"]
    return []


def _write(gate: Gate, report: Report) -> list[str]:
    """Write the reports; a folder that cannot be written to costs one line."""
    folder = _folder(gate, report)
    if folder is None:
        return []
    try:
        return [f"report: {path}" for path in _files(report, folder)]
    except OSError as error:
        return [f"report: cannot be written to {_shown(folder)}: {error.strerror}"]


def _folder(gate: Gate, report: Report) -> Path | None:
    wanted = gate.asked.options.report
    if not report.environments or wanted == "":
        return None
    if wanted is not None:
        return gate.config.invocation_params.dir / wanted
    environments = any(one.source != "static" for one in report.environments)
    return gate.asked.rootdir / DEFAULT_FOLDER if environments else None


def _files(report: Report, folder: Path) -> Iterator[str]:
    from vpclink_checks.render import json_report  # noqa: PLC0415

    yield _shown(json_report.write(report, folder))
    try:
        from vpclink_checks.render import html  # noqa: PLC0415 - jinja2, an extra
    except ModuleNotFoundError as error:
        if error.name != "jinja2":
            raise
        yield "report.html is left out: pip install 'vpclink-checks[html]'"
    else:
        yield _shown(html.write(report, folder))


def _shown(path: Path) -> str:
    """As a user would write it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
