"""The plugin's second half: the hooks of a run that has something to judge."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Collection, Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vpclink_checks.checks.catalogue import Check
from vpclink_checks.errors import ConfigError, SourceError, VpclinkError, VpclinkWarning
from vpclink_checks.gate.arguments import may_be_json
from vpclink_checks.gate.asked import Asked, Where, ask
from vpclink_checks.gate.closing import Closing, close
from vpclink_checks.gate.nodes import CheckItem, ConfigFile, Corridor, GateClosed, TargetNode
from vpclink_checks.gate.options import read
from vpclink_checks.gate.outcome import FAILED, SKIPPED, WARNED, XFAILED, ItemOutcome, outcome_of
from vpclink_checks.gate.progress import Progress
from vpclink_checks.gate.tally import Tally
from vpclink_checks.gathering import Gathering
from vpclink_checks.plugin import given
from vpclink_checks.run import Judged, Target, judge, judge_file
from vpclink_checks.words import Severity

SHARED = "vpclink"  # our key in xdist's workerinput
BUG = "vpclink_bug"  # a property of the report of an item that broke
EXPECTED = (GateClosed, pytest.skip.Exception, pytest.xfail.Exception, KeyboardInterrupt)
TOLD = tuple(map(pytest.ExitCode, (0, 1, 2, 5)))  # not after an internal or a usage error; -n2 -x ends in 2


class Gate:
    """One process's share of a run: the only one, xdist's controller, or one of its workers."""

    def __init__(self, config: pytest.Config, asked: Asked, folder: Path, started: datetime) -> None:
        self.config, self.asked, self.folder, self.started = config, asked, folder, started
        self.worker = hasattr(config, "workerinput")
        self.progress = Progress(wanted=config.pluginmanager.hasplugin("terminal"))
        self.gathering = Gathering(folder, tell=self.progress)
        self.tally = Tally()
        self.looped = False  # False to the end for --fixtures, --cache-show and the like: no run, no gate
        self.reopened: set[Path] = set()  # folders that pytest would have ignored
        self.ran: set[str] = set()
        self.failed: set[str] = set()
        self.bugs: dict[object, str] = {}  # target name -> node id of a check that broke
        self.closing: Closing | None = None
        self.file_targets: dict[Path, Target] = {}
        self._judged: dict[str, Judged | VpclinkError] = {}

    @classmethod
    def of(cls, config: pytest.Config) -> Gate:
        """The gate of this process. A mistake of the user's is a UsageError, a line each."""
        shared = getattr(config, "workerinput", {}).get(SHARED, {})
        started = datetime.fromisoformat(shared["started"]) if shared else datetime.now(UTC)
        where = Where(folder=config.invocation_params.dir, rootdir=config.rootpath, arguments=config.args)
        try:
            options = read(lambda option: _given(config, option), where.folder)
            asked = ask(options, where, started.astimezone().date())
        except ConfigError as error:
            raise pytest.UsageError(*(str(problem) for problem in error.problems)) from None
        config.args[:] = asked.arguments
        folder = Path(shared["folder"]) if shared else Path(tempfile.mkdtemp(prefix="vpclink-"))
        return cls(config, asked, folder, started)

    # Collecting: offline.

    @pytest.hookimpl(wrapper=True)
    def pytest_ignore_collect(self, collection_path: Path) -> Generator[None, bool | None, bool | None]:
        """What leads to our files is not ignored (norecursedirs, --ignore), and nothing else in it is looked at.

        Pytest 9 drops an argument that lies in a folder given as well, and then ignores its way.
        """
        ignored = yield
        if not ignored or not any(path.is_relative_to(collection_path) for path in self.asked.ours):
            return ignored
        self.reopened.add(collection_path)
        return False

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Folders that lead to our files alone."""
        return Corridor.of(parent, self, path) if path in self.asked.leading | self.reopened else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The config file, and infrastructure files that are named or lie in the folders given."""
        return self.collector(file_path, parent)

    def collector(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """The node of a file of ours, or None."""
        if path in self.asked.files:
            return ConfigFile.of(parent, self, path)
        if path not in self.asked.named and not (self.asked.options.static and may_be_json(path.name)):
            return None
        from vpclink_checks.sources.task_definition import looks_like  # noqa: PLC0415

        if not looks_like(path) and os.access(path, os.R_OK):  # what cannot be read fails, as what it may be
            return None
        target = self.file_targets.setdefault(path, self.asked.file_target(path))
        return TargetNode.of(parent, self, target, nodeid=target.name, path=path)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """A named file that nobody took gets one line more than pytest's own."""
        try:
            return (yield)
        except pytest.UsageError as error:
            raise pytest.UsageError(*error.args, *self._hints()) from None

    def _hints(self) -> list[str]:
        """A line for each named file that might have been ours."""
        lines = {path: self._hint(path) for path in self.asked.named - set(self.file_targets)}
        lines |= {path: f"{self.asked.shown(path)} is no vpclink config" for path in self.asked.strange}
        return [f"vpclink: {line}" for _, line in sorted(lines.items())]

    def untaken(self, taken: Collection[str]) -> list[str]:
        """The hints for named files that no worker of xdist took; there nobody else says it."""
        if not self.config.pluginmanager.hasplugin("dsession"):
            return []
        from vpclink_checks.sources.task_definition import looks_like  # noqa: PLC0415

        nobodys = [path for path in sorted(self.asked.named) if str(path) not in taken and not looks_like(path)]
        return [f"vpclink: {self._hint(path)}" for path in nobodys]

    def _hint(self, path: Path) -> str:
        """What this file is instead of an ECS task definition, as far as its reader can tell."""
        from vpclink_checks.sources.task_definition import read as read_file  # noqa: PLC0415

        try:
            read_file(path, self.asked.shown(path), self.asked.settings.static)
        except SourceError as error:
            return str(error)
        return f"{self.asked.shown(path)} is no ECS task definition"

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what the user's own selection leaves out."""
        self.tally.deselected.update(item.target.name for item in items if isinstance(item, CheckItem))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember what is to be run, here and for the controller."""
        for item in session.items:
            if isinstance(item, CheckItem):
                self.tally.collected[item.target.name].append(item.check.id)
        self.gathering.expect(one for one in self.asked.targets if one.name in self.tally.collected)
        self.tally.taken = sorted({str(item.path) for item in session.items if item.path in self.asked.named})
        self.tally.keep(self.folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell xdist's worker where facts are shared, and when the run began."""
        node.workerinput[SHARED] = {"folder": str(self.folder), "started": self.started.isoformat()}

    # Judging.

    def severity(self, target: Target, check: Check) -> Severity:
        """The severity of a check as the config has it."""
        return target.rules.severity_of(check)

    def judged(self, target: Target) -> Judged:
        """The verdicts on a target; its facts are gathered when first asked for. Raises VpclinkError."""
        if target.name not in self._judged:
            try:
                self._judged[target.name] = self._judge(target)
            except VpclinkError as error:
                self._judged[target.name] = error
        found = self._judged[target.name]
        if isinstance(found, VpclinkError):
            raise found
        return found

    def _judge(self, target: Target) -> Judged:
        if not target.environment:
            return judge_file(target, self.started)
        return judge(target, self.gathering.get(target))

    def run(self, item: CheckItem) -> None:
        """Judge one check and raise what its findings make of its item."""
        try:
            findings = self.judged(item.target).of(item.check.id)
        except VpclinkError as error:
            self._no_facts(item, error)
        _raise(item, outcome_of(findings, self.tally.collected[item.target.name].__contains__))

    def _no_facts(self, item: CheckItem, error: VpclinkError) -> None:
        """Said once for each target: its first item fails with the line, the others point to it."""
        if self.tally.first(item.target.name, item.check.id):
            raise GateClosed(str(error)) from None
        pytest.skip(f"{item.target.name} could not be read")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A skipped check is shown where its environment is declared, not where we raised; a bug is marked."""
        report = yield
        if not isinstance(item, CheckItem):
            return report
        if isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()
            report.longrepr = (self.asked.shown(path), line + 1, report.longrepr[2])
        if call.excinfo is not None and not isinstance(call.excinfo.value, EXPECTED):
            report.user_properties.append((BUG, item.target.name))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        """Tests are run, or handed out."""
        self.looped = True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what was run, wherever it was; what a mark skips beforehand was not."""
        if report.when == "call" or report.failed:
            self.ran.add(report.nodeid)
        if report.failed:
            self.failed.add(report.nodeid)
        self.bugs.update({value: report.nodeid for name, value in report.user_properties if name == BUG})

    # Telling.

    def pytest_report_header(self) -> list[str]:
        """What is judged, by which rules."""
        return self.asked.header()

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Judge once more from the same facts, write the reports, set the exit status."""
        told = self.looped and not self.worker and not self.config.getoption("collectonly")
        if not told or exitstatus not in TOLD:
            return
        self.closing = close(self, finished=exitstatus == pytest.ExitCode.OK)
        session.exitstatus = self.closing.status(int(exitstatus))
        if not self.closing.collected and not self.config.pluginmanager.hasplugin("terminalreporter"):
            sys.stderr.writelines(f"{one.name}: {one.error}\n" for one in self.closing.report.environments if one.error)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The paths, the findings that gate, the files written, and what else must be known."""
        if self.closing is None:
            return
        writer = self.config.get_terminal_writer()
        silent = self.config.getoption("tbstyle") == "no"
        lines = self.closing.lines(color=writer.hasmarkup, width=writer.fullwidth, blocks=silent)
        if lines:
            terminalreporter.write_sep("=", "vpclink")
        for line in lines:
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        """The run's folder goes with the run."""
        self.progress.close()
        if not self.worker:
            shutil.rmtree(self.folder, ignore_errors=True)


def _given(config: pytest.Config, option: str) -> object:
    """An option's value; a relative path in an ini file starts where that file is."""
    value = given(config, option)
    from_ini = config.getoption(f"vpclink_{option.replace('-', '_')}") is None
    if value and from_ini and config.inipath and option in ("config", "snapshot", "record", "report"):
        return str(config.inipath.parent / str(value))
    return value


def _raise(item: CheckItem, outcome: ItemOutcome) -> None:
    if outcome.kind == FAILED:
        raise GateClosed(outcome.text, outcome.blocks)
    if outcome.kind == SKIPPED:
        pytest.skip(outcome.text)
    if outcome.kind == XFAILED:
        pytest.xfail(outcome.text)
        raise GateClosed(outcome.text)  # under --runxfail nothing is waived
    if outcome.kind == WARNED:
        _warn(item, outcome.text)


def _warn(item: CheckItem, text: str) -> None:
    """A warning that stays one: what gates is for --vpclink-fail-on to say, not for -W error.

    It is placed at the node id: pytest shows the line of a warning's file, which may hold a secret.
    """
    warning = VpclinkWarning(f"{item.target.name} {item.check.id}: {text}")
    try:
        warnings.warn_explicit(warning, None, filename=item.nodeid, lineno=1)
    except VpclinkWarning:
        with warnings.catch_warnings():
            warnings.simplefilter("always", VpclinkWarning)
            warnings.warn_explicit(warning, None, filename=item.nodeid, lineno=1)
