"""The nodes that pytest sees: a config or infrastructure file, environments, hops, checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vpclink_checks.checks.catalogue import Check
from vpclink_checks.errors import VpclinkError
from vpclink_checks.run import Target

if TYPE_CHECKING:
    from vpclink_checks.gate.hooks import Gate


class GateClosed(VpclinkError):  # noqa: N818 - what closes a gate is no error of anybody's
    """A check's item fails: one line for pytest's summary, and *blocks* for whoever reads on."""

    def __init__(self, line: str, blocks: str = "") -> None:
        super().__init__(line)
        self.blocks = blocks


class ConfigFile(pytest.Collector):
    """A config file: one node for each environment asked for.

    No pytest.File: ``--lf`` skips files that hold no failure whole, so that nobody could say how
    many checks it left out, and would never find a packaged one.
    """

    gate: Gate

    @classmethod
    def of(cls, parent: pytest.Collector, gate: Gate, path: Path) -> ConfigFile:
        """The node of this file, whose id can be given on the command line wherever the file is."""
        name = gate.asked.shown(path)
        made: ConfigFile = cls.from_parent(parent, name=name, nodeid=name, path=path)
        made.gate = gate
        return made

    def collect(self) -> Iterator[pytest.Collector]:
        """One node for each environment."""
        for target in self.gate.asked.files[self.path]:
            yield TargetNode.of(self, self.gate, target)


class TargetNode(pytest.Collector):
    """One environment, or one infrastructure file: one node for each hop that has checks for it."""

    gate: Gate
    target: Target

    @classmethod
    def of(cls, parent: pytest.Collector, gate: Gate, target: Target, **where: Any) -> TargetNode:
        """The node of this target; *where* places a file, which has no config file above it."""
        made: TargetNode = cls.from_parent(parent, name=target.name, **where)
        made.gate, made.target = gate, target
        return made

    def collect(self) -> Iterator[pytest.Collector]:
        """One node for each hop, from the caller to the container. Offline."""
        for hop, checks in groupby(self.target.checks, key=lambda one: one.hop):
            yield HopNode.of(self, self.gate, hop, tuple(checks))


class HopNode(pytest.Collector):
    """One hop of a target."""

    parent: TargetNode
    gate: Gate
    checks: Sequence[Check]

    @classmethod
    def of(cls, parent: TargetNode, gate: Gate, hop: str, checks: Sequence[Check]) -> HopNode:
        """The node of this hop with its checks."""
        made: HopNode = cls.from_parent(parent, name=hop)
        made.gate, made.checks = gate, checks
        return made

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check."""
        for check in self.checks:
            yield CheckItem.of(self, self.gate, self.parent.target, check)


class CheckItem(pytest.Item):
    """One check of one target."""

    gate: Gate
    target: Target
    check: Check

    @classmethod
    def of(cls, parent: HopNode, gate: Gate, target: Target, check: Check) -> CheckItem:
        """The item of this check: its marker, its properties, and its id as a keyword."""
        made: CheckItem = cls.from_parent(parent, name=check.name)
        made.gate, made.target, made.check = gate, target, check
        severity = str(gate.severity(target, check))
        made.extra_keyword_matches.add(check.id)
        made.add_marker(pytest.mark.vpclink(hop=check.hop, check=check.id, severity=severity))
        facts = {"hop": check.hop, "check": check.id, "severity": severity, "environment": target.name}
        made.user_properties.extend(facts.items())
        return made

    def runtest(self) -> None:
        """Judge, and raise what the findings make of it."""
        self.gate.run(self)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found, with no traceback; a bug of ours keeps its own."""
        if not isinstance(excinfo.value, GateClosed):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value")
        if shown.reprcrash is not None:
            shown.reprcrash.message = str(excinfo.value)  # the summary's line, without the class's name
        if excinfo.value.blocks:
            shown.addsection(self.check.id, excinfo.value.blocks, sep="-")
        return shown

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the environment is declared (lines count from 0 here), and the name of the check."""
        return self.path, (self.target.settings.line or 1) - 1, f"{self.target.name} {self.check.id}"


class Corridor(pytest.Collector):
    """A folder on the way to files of ours: nothing else in it is looked at, or run."""

    gate: Gate

    @classmethod
    def of(cls, parent: pytest.Collector, gate: Gate, path: Path) -> Corridor:
        """The node of this folder."""
        made: Corridor = cls.from_parent(parent, name=path.name, nodeid=gate.asked.shown(path), path=path)
        made.gate = gate
        return made

    def collect(self) -> Iterator[pytest.Collector]:
        """The next folders on the way, and the files at its end (children of the session: no folders are shown)."""
        for path in _next(self.gate.asked.ours, self.path):
            if path.is_dir():
                yield Corridor.of(self.session, self.gate, path)
            elif (made := self.gate.collector(path, self.session)) is not None:
                yield made


def _next(files: Iterable[Path], folder: Path) -> Iterator[Path]:
    """The entries of *folder* that lead to these files."""
    below = (path for path in files if path.is_relative_to(folder))
    yield from sorted({folder / path.relative_to(folder).parts[0] for path in below})
