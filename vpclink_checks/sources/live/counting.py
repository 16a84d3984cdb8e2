"""How many requests really went out: pages, and every try again of botocore's."""

from __future__ import annotations

from threading import local
from typing import Any

from botocore.session import Session

_SENT = local()  # a call is made by one thread from its first try to its last page


def install(session: Session) -> None:
    """Count what every client made from this session from now on sends."""
    session.get_component("event_emitter").register_last("before-send", _count)


def _count(**_: Any) -> None:
    _SENT.requests = sent() + 1


def start() -> None:
    """Count this thread's requests from 0."""
    _SENT.requests = 0


def sent() -> int:
    """This thread's requests since :func:`start`."""
    return int(getattr(_SENT, "requests", 0))
