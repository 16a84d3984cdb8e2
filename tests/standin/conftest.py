"""Credentials of nobody, and retries that do not wait: what every test against the stand-in needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.conftest import CREDENTIALS, bare
from tests.standin.runs import Reader


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's AWS set-up; no back-off: it is botocore's own, and it takes seconds."""
    bare(monkeypatch)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", _at_once)


def _at_once(*_: object, **__: object) -> bool:
    """Adaptive mode slows its client down for minutes once AWS has throttled it."""
    return True


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """Reads environments side by side as one run does: models are parsed once."""
    with Reader() as reader:
        yield reader
