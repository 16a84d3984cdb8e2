"""Which checks were asked for, collected, deselected and run: so that none is lost unnoticed."""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Tally:
    """Counts of one process, by target; every worker of xdist has the same ones."""

    collected: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # check ids, in order
    deselected: Counter[str] = field(default_factory=Counter)
    taken: list[str] = field(default_factory=list)  # named files that items were made of, by whatever plugin

    def keep(self, folder: Path) -> None:
        """Leave the counts where the controller reads them."""
        counts = {"collected": self.collected, "deselected": self.deselected, "taken": self.taken}
        draft = folder / f"collected.{os.getpid()}.draft"
        draft.write_text(json.dumps(counts), encoding="utf-8")
        draft.replace(folder / "collected.json")

    @classmethod
    def read(cls, folder: Path) -> Tally:
        """The counts that were left; empty where nobody came so far."""
        file = folder / "collected.json"
        if not file.exists():
            return cls()
        counts = json.loads(file.read_text(encoding="utf-8"))
        return cls(defaultdict(list, counts["collected"]), Counter(counts["deselected"]), counts["taken"])

    def first(self, target: str, check_id: str) -> bool:
        """Whether this is the first check of its target that is to be run."""
        return self.collected[target][:1] == [check_id]


@dataclass(frozen=True, slots=True)
class Gaps:
    """What of an environment was not run: ``lost`` fails the run, ``left_out`` is the user's own choice."""

    name: str
    lost: int
    left_out: int
    whole: bool  # nothing of it was run
    unasked: int = 0  # beyond the nodes that were named

    @property
    def wrongs(self) -> list[str]:
        """What fails the run."""
        if not self.lost:
            return []
        return [f"{self.name}: {self.lost} checks were lost: asked for, and neither run nor deselected"]

    @property
    def notes(self) -> list[str]:
        """What to tell."""
        told = []
        if self.left_out:
            how = "gate not run" if self.whole else "gate run in part"
            told.append(f"{self.name}: {how}: {self.left_out} checks deselected")
        if self.unasked:
            told.append(f"{self.name}: gate run in part: {self.unasked} checks were not asked for")
        return told


def gaps(name: str, expected: int, tally: Tally, ran: Iterable[str], *, finished: bool) -> Gaps:
    """What is missing of *expected* checks. *ran*: ids of the checks that were; *finished*: none was cut short."""
    collected, left_out = tally.collected[name], tally.deselected[name]
    lost = max(0, expected - len(collected) - left_out)
    if finished:
        lost += len(set(collected) - set(ran))
    return Gaps(name, lost, left_out, whole=not collected)
