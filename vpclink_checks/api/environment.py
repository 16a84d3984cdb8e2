"""Which environment a test runs for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment of this run. ``source`` is live, snapshot or demo."""

    name: str
    source: str
    account: str
    region: str
    partition: str
    domains: tuple[str, ...]
    taken_at: datetime  # when the facts were read, with its time zone

    def __str__(self) -> str:
        return self.name
