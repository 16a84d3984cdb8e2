"""What the plugin costs a run that does not ask for it: one trivial test, with it and with -p no:vpclink.

Alternating pairs, so that the machine's moods meet both alike. Exits 1 only if an idle run imports a
module that idle runs must not pay for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

PAIRS = 20
BUDGET_MS = 20
WITHOUT = ("-p", "no:vpclink")
NO_HYPOTHESIS = ("-p", "no:hypothesispytest")  # its start takes so long that its noise would hide ours
FORBIDDEN = ("boto3", "botocore", "requests", "jinja2", "moto", "hypothesis", "trustme")
TEST = "def test_trivial():\n    assert True\n"
CONFTEST = """\
import sys

def pytest_sessionfinish():
    with open("modules.txt", "w") as file:
        file.write(" ".join(sys.modules))
"""


class Cost(NamedTuple):
    """Milliseconds of one whole process; ``cpu`` hears less of what else the machine does."""

    wall: float
    cpu: float


def run(folder: Path, *options: str) -> Cost:
    """One run of the trivial test."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *NO_HYPOTHESIS, *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    before, start = os.times(), perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall * 1000, cpu * 1000)


def modules(folder: Path, *options: str) -> set[str]:
    """The modules in memory when the run ends."""
    conftest = folder / "conftest.py"
    conftest.write_text(CONFTEST, encoding="utf-8")
    run(folder, *options)
    conftest.unlink()
    return set((folder / "modules.txt").read_text(encoding="utf-8").split())


def report_times(folder: Path) -> None:
    """Medians of both, of the differences of the pairs, and of their ratios."""
    run(folder), run(folder, *WITHOUT)  # both are compiled and in the page cache
    pairs = [(run(folder), run(folder, *WITHOUT)) for _ in range(PAIRS)]
    print(f"{'medians of ' + str(PAIRS) + ' pairs':20}{'wall ms':>10}{'CPU ms':>10}")
    print_row("with the plugin", [with_it for with_it, _ in pairs])
    print_row("-p no:vpclink", [without for _, without in pairs])
    print_row("difference", [Cost(a.wall - b.wall, a.cpu - b.cpu) for a, b in pairs])
    print_row("ratio", [Cost(a.wall / b.wall, a.cpu / b.cpu) for a, b in pairs], digits=3)
    print(f"the budget of the difference is {BUDGET_MS} ms")


def print_row(title: str, costs: list[Cost], *, digits: int = 1) -> None:
    wall, cpu = median(cost.wall for cost in costs), median(cost.cpu for cost in costs)
    print(f"{title:20}{wall:10.{digits}f}{cpu:10.{digits}f}")


def report_modules(folder: Path) -> int:
    """How many forbidden modules the plugin brings into an idle run."""
    brought = modules(folder) - modules(folder, *WITHOUT)
    forbidden = sorted(brought.intersection(FORBIDDEN))
    print(f"modules that it brings: {len(brought)}; forbidden ones among them: {', '.join(forbidden) or 'none'}")
    return len(forbidden)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_trivial.py").write_text(TEST, encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        report_times(folder)
        return 1 if report_modules(folder) else 0


if __name__ == "__main__":
    sys.exit(main())
