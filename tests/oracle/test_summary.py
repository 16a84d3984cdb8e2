"""What ``make oracle`` ends with, and when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.results import told
from tests.oracle.summary import main


@pytest.mark.parametrize(
    ("disagreements", "examples", "flows", "status"),
    [(0, 30, 20, 0), (1, 30, 20, 1), (0, 31, 20, 1), (0, 30, 21, 1)],
)
def test_the_last_line(
    disagreements: int,
    examples: int,
    flows: int,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "results.jsonl"
    monkeypatch.setenv("VPCLINK_ORACLE_RESULTS", str(file))
    told("brute-force", "inside", 0, 10, 0)
    told("brute-force", "doors", 0, 20, disagreements)
    told("kernel", "flows", 0, 20, 0)
    assert main(str(file), str(examples), str(flows)) == status
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"oracle: 30 brute-force examples, 20 kernel flows, {disagreements} disagreements"


def test_nothing_was_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(tmp_path / "none"), "1", "1") == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "oracle: 0 brute-force examples, 0 kernel flows, 0 disagreements"
    )
