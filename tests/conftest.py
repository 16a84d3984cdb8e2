"""The hypothesis profiles, and the list of what a run has left out; in CI that is a failure."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support import in_ci

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if in_ci() else "default")


def left_out(config: pytest.Config) -> list[str]:
    """``test id: reason`` of every test that was skipped; known to the process that reports."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    return [f"{report.nodeid}: {report.longrepr[2]}" for report in skipped]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if in_ci() and exitstatus == pytest.ExitCode.OK and left_out(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = left_out(config)
    if rows:
        terminalreporter.section("left out" + (", which CI must not do" if in_ci() else ""))
        for row in rows:
            terminalreporter.write_line(row)
    elif not hasattr(config, "workerinput"):
        terminalreporter.write_line("nothing was left out")
