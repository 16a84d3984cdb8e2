"""Users' own tests: what the fixtures hand out, and how their failures are told."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import TYPE_CHECKING

import pytest

from vpclink_checks.api import Ask, Environment, Probe, Reachability, Topology
from vpclink_checks.api.topology import view
from vpclink_checks.errors import VpclinkError
from vpclink_checks.gate.hooks import BUG
from vpclink_checks.gate.nodes import CheckItem
from vpclink_checks.reach.engine import Reach
from vpclink_checks.run import Judged, Target, signer

if TYPE_CHECKING:
    from vpclink_checks.api.hosts import Hosts
    from vpclink_checks.gate.hooks import Gate

AT_LENGTH = 8  # verdicts whose traces stand beside a failure
OURS = str(Path(__file__).parents[1])
MACHINERY = {"_pytest", "pluggy", "pytest", *sys.stdlib_module_names}  # packages whose frames are nobody's


class HandedOut:
    """What the fixtures give for one environment, each made once."""

    def __init__(self, users: Users, target: Target, judged: Judged) -> None:
        self._users, self._target, self._judged = users, target, judged

    @cached_property
    def env(self) -> Environment:
        """Which environment it is."""
        facts = self._judged.topology
        return Environment(
            name=self._target.name,
            source=self._target.source,
            account=facts.account,
            region=facts.region,
            partition=facts.partition,
            domains=self._judged.target.settings.domains,
            taken_at=self._users.gate.gathering.get(self._target).recording.taken_at,
        )

    @cached_property
    def topology(self) -> Topology:
        """Its facts."""
        return view(self._judged.topology)

    @cached_property
    def reachability(self) -> Ask:
        """Its packets."""
        return Ask(Reach(self._judged.topology), self._users.note)

    @contextmanager
    def probing(self) -> Iterator[Probe]:
        """Its front door; the demo's own servers run as long as this lasts."""
        target = self._judged.target
        if not target.probes:
            why = "the facts are a recording" if target.source == "snapshot" else "--vpclink-probe=off"
            pytest.skip(f"vpclink_probe: probes are off ({why})")
        if target.source != "demo":
            yield Probe(self._judged.topology, target.settings, signer)
            return
        from vpclink_checks.demo import environment  # noqa: PLC0415 - servers

        with environment.DataPlane(target.fault or None) as plane:
            probes = [
                replace(one, connect_to=plane.connect_to, ca_file=plane.ca_file) for one in target.settings.probes
            ]
            yield Probe(self._judged.topology, replace(target.settings, probes=tuple(probes)), signer)

    def hosts(self) -> Hosts:
        """Its container instances."""
        if self._users.gate.asked.options.host == "off":
            pytest.skip("vpclink_hosts: --vpclink-host is off; --vpclink-host=ssh looks into the instances")
        from vpclink_checks.api.hosts import Hosts  # noqa: PLC0415 - an extra behind it

        return Hosts(self._judged.topology)


class Users:
    """The hooks around users' tests, beside those of the gate."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self._handed: dict[str, HandedOut] = {}
        self._broken = ""  # the environment whose facts met a bug
        self._asked: dict[int, Reachability] = {}  # verdicts that the running test asked for, in order

    def environment(self, name: str | None) -> HandedOut:
        """What belongs to this environment. Raises VpclinkError where its facts could not be gathered."""
        targets = {one.name: one for one in self.gate.asked.targets}
        if name is None:
            name = self._only(list(targets))
        if name not in targets:
            pytest.skip(f"vpclink: {name} is not among the environments of this run ({', '.join(targets)})")
        if name not in self._handed:
            self._handed[name] = HandedOut(self, targets[name], self._judged(targets[name]))
        return self._handed[name]

    def _judged(self, target: Target) -> Judged:
        self._broken = target.name
        try:
            found = self.gate.judged(target)
        except VpclinkError:
            self._broken = ""
            raise
        self._broken = ""
        return found

    def _only(self, names: list[str]) -> str:
        """The environment of a test that pytest cannot run for each: a unittest.TestCase, or one asked for late."""
        if len(names) > 1:
            raise VpclinkError(
                f"this test cannot be run for each of {', '.join(names)}: name the fixture among its arguments"
                " (unittest.TestCase and request.getfixturevalue() take one environment)"
            )
        return names[0]

    def note(self, verdict: Reachability) -> None:
        """Remember what the running test asked for, the latest last."""
        self._asked.pop(id(verdict), None)
        self._asked[id(verdict)] = verdict

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Nothing has been asked for yet."""
        self._asked.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What cannot be told is one line; beside a failure stand the traces that the test asked for."""
        report = yield
        if isinstance(item, CheckItem) or call.excinfo is None:
            return report
        if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[0].startswith(OURS):
            path, line, _ = item.reportinfo()
            report.longrepr = (self.gate.asked.shown(Path(path)), (line or 0) + 1, report.longrepr[2])
        if report.failed and isinstance(call.excinfo.value, VpclinkError):
            self._shorten(item, call.excinfo, report)
        if report.failed and self._broken:
            report.user_properties.append((BUG, self._broken))
        if report.failed and self._asked:
            _add_section(report, _told(list(self._asked.values())))
        return report

    def _shorten(
        self, item: pytest.Item, found: pytest.ExceptionInfo[BaseException], report: pytest.TestReport
    ) -> None:
        """One line in the place of the traceback: where the test asked, and what there is to say."""
        path, line = self._place(item, found)
        told = VpclinkError(f"{path}:{line}: {found.value}").with_traceback(found.tb)
        shown = pytest.ExceptionInfo.from_exception(told).getrepr(style="value")
        if shown.reprcrash is not None:
            shown.reprcrash.path, shown.reprcrash.lineno = path, line
            shown.reprcrash.message = str(found.value)
        report.longrepr = shown

    def _place(self, item: pytest.Item, found: pytest.ExceptionInfo[BaseException]) -> tuple[str, int]:
        """The line of the test, or of a fixture of its own; where the test begins if a fixture of ours failed."""
        theirs = [(frame, line) for frame, line in walk_tb(found.tb) if _is_theirs(frame)]
        if theirs:
            frame, line = theirs[-1]
            return self.gate.asked.shown(Path(frame.f_code.co_filename)), line
        path, first, _ = item.reportinfo()
        return self.gate.asked.shown(Path(path)), (first or 0) + 1


def _is_theirs(frame: FrameType) -> bool:
    """Whether the user wrote this: not us, nor what runs the test."""
    name = str(frame.f_globals.get("__name__", ""))
    return not frame.f_code.co_filename.startswith(OURS) and name.partition(".")[0] not in MACHINERY


def _told(verdicts: Sequence[Reachability]) -> str:
    """The latest at length, a line for each before."""
    before, latest = verdicts[:-AT_LENGTH], verdicts[-AT_LENGTH:]
    lines = [f"{one.question}: {one.deciding.verdict}: {one.reason}" for one in before]
    return "\n\n".join([*(["\n".join(lines)] if lines else []), *map(str, latest)])


def _add_section(report: pytest.TestReport, text: str) -> None:
    """With the failure itself where that takes sections, so that JUnit files hold it too."""
    title = "vpclink: packets and every rule on their way"
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(title, text)
    else:
        report.sections.append((title, text))
