"""``python -m tests.oracle.summary RESULTS EXAMPLES FLOWS``: what the oracles compared, as one line.

The exit status is 1 where they disagreed with the engine, or compared less than was asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Summary:
    """Over all test processes."""

    examples: int
    flows: int
    disagreements: int

    @property
    def line(self) -> str:
        return (
            f"oracle: {self.examples} brute-force examples, {self.flows} kernel flows, "
            f"{self.disagreements} disagreements"
        )

    def enough(self, examples: int, flows: int) -> bool:
        """Whether as much was compared as was asked for, without any disagreement."""
        return not self.disagreements and self.examples >= examples and self.flows >= flows


def summed(lines: Iterable[str]) -> Summary:
    """From the lines of tests.oracle.results."""
    rows = [json.loads(line) for line in lines]
    counts = {name: sum(row["count"] for row in rows if row["oracle"] == name) for name in ("brute-force", "kernel")}
    return Summary(counts["brute-force"], counts["kernel"], sum(row["disagreements"] for row in rows))


def main(path: str, examples: str, flows: str) -> int:
    """The exit status."""
    file = Path(path)
    found = summed(file.read_text(encoding="utf-8").splitlines() if file.exists() else ())
    enough = found.enough(int(examples), int(flows))
    if not enough and not found.disagreements:
        sys.stdout.write(f"oracle: {examples} examples and {flows} flows were asked for\n")
    sys.stdout.write(found.line + "\n")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
