"""The hypothesis profiles, one moto server, and the list of what a run has left out; in CI that is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import in_ci

if TYPE_CHECKING:  # moto takes a second
    from tests.moto_stack.server import Stand

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if in_ci() else "default")


@pytest.fixture(scope="session")
def whole_stand() -> Iterator[Stand]:
    """moto with the article's stack, once a run; imported here, so that other tests do not wait for it."""
    from tests.moto_stack import build, overlay, server  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with overlay.closed(), server.running() as stand:
            build.Stack(stand.url).build()
            yield stand


@pytest.fixture
def stand(whole_stand: Stand) -> Stand:
    """The server, its count of calls at zero."""
    whole_stand.calls.clear()
    return whole_stand


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
