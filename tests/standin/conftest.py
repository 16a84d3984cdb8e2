"""Credentials of nobody, and retries that do not wait: what every test against the stand-in needs."""

from __future__ import annotations

import pytest
from botocore.loaders import create_loader

from tests.sources.conftest import CREDENTIALS, bare

LOADER = create_loader()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's AWS set-up; no back-off: it is botocore's own, and it takes seconds."""
    patience(monkeypatch)


def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every run of these tests does without; models are parsed once for all of them."""
    bare(monkeypatch)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket.acquire", _at_once)
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: LOADER)


def _at_once(*_: object, **__: object) -> bool:
    """Adaptive mode slows its client down for minutes once AWS has throttled it."""
    return True
