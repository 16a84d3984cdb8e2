"""A test that was left out is listed, and CI cannot be green with one."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = (Path(__file__).parent / "conftest.py").read_text(encoding="utf-8")
TESTS = """
import pytest
from tests.support import needs, shared_files

def test_needs():
    needs({present}, "the thing")

@pytest.mark.parametrize("path", shared_files("no/such/*.json") if {empty} else [1])
def test_files(path):
    pass
"""
NEEDS = "test_it.py::test_needs: Skipped: left out: the thing"
EMPTY = "test_it.py::test_files[[]NOTSET[]]: Skipped: got empty parameter set for (path)"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makeconftest(CONFTEST)
    return pytester


@pytest.mark.parametrize(
    ("ci", "present", "empty", "code", "lines"),
    [
        ("", True, False, 0, ["nothing was left out"]),
        ("", False, True, 0, ["*= left out =*", NEEDS, EMPTY]),
        ("true", True, False, 0, ["nothing was left out"]),
        ("true", True, True, 1, ["*= left out, which CI must not do =*", EMPTY]),
        ("true", False, False, 1, ["*CI must not leave this out: the thing*"]),
    ],
)
def test_what_is_left_out_is_told(
    run: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    ci: str,
    present: bool,
    empty: bool,
    code: int,
    lines: list[str],
) -> None:
    monkeypatch.setenv("CI", ci)
    run.makepyfile(test_it=TESTS.format(present=present, empty=empty))
    result = run.runpytest_subprocess("-n", "1")
    assert result.ret == code
    result.stdout.fnmatch_lines(lines)
