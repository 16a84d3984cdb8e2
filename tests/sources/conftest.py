"""One moto server with the article's stack for the whole run; started by the first test that asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.moto_stack.server import Stand

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}


@pytest.fixture(scope="session")
def whole_stand() -> Iterator[Stand]:
    """moto is imported here, so that other tests do not wait for it."""
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


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of nobody, and nothing else of this machine's AWS set-up."""
    bare(monkeypatch)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has never heard of AWS."""
    bare(monkeypatch)


def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent/aws")
