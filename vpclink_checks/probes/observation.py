"""What the probes saw, frozen: checks read these and never a socket.

Stored with a run's snapshot under xdist, so everything here must survive JSON. No request header
value, body or other secret is kept: names only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One fresh connection: DNS, TLS, request, answer.

    ``failure`` is "" or where it broke: dns, connect, tls, timeout, http; config (it could not be sent
    as declared) and local (this machine's resolver, proxy or network) say nothing of the other side.
    ``detail`` says how in one line. Header names are lower case. ``body`` is the first 64 kB as text, secrets masked;
    ``ms`` the time to the whole answer.
    """

    failure: str = ""
    detail: str = ""
    address: str = ""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    json: object = None
    ms: float = 0.0
    tls_verified: bool = False
    peer_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One probe with all its attempts. ``key`` is ``path id`` or ``probe:METHOD url``.

    ``path_id`` and ``also`` are the paths that the request may take: more than one where a canary, weights
    or rules split it, and then no answer tells which one it took.

    ``declared``: a probe of the config, whose expectations count as evidence: ``marked`` if one of them
    can only come from the right backend (a JSON field, a header, a body), ``expected_status`` the
    statuses it names; ``unmet`` holds what was expected and did not come, one line each, over all
    attempts. ``credentials``: the request carried some (a header from the environment, a client
    certificate, SigV4).
    """

    key: str
    url: str
    method: str = "GET"
    path_id: str = ""
    also: tuple[str, ...] = ()
    base_path: str = ""
    declared: bool = False
    marked: bool = False
    expected_status: tuple[int, ...] = ()
    max_ms: float | None = None
    credentials: bool = False
    via_proxy: bool = False
    connect_to: str = ""
    attempts: tuple[Attempt, ...] = ()
    unmet: tuple[str, ...] = ()
    skipped: str = ""  # why it was not sent

    @property
    def title(self) -> str:
        """``GET /orders/health``: stable from run to run, whatever host was connected to."""
        return f"{self.method} {path_of(self.url)}"


def path_of(url: str) -> str:
    """``https://api.example.com/orders?x=1`` -> ``/orders?x=1``."""
    return "/" + url.partition("://")[2].partition("/")[2]


def to_json(observations: Iterable[Observation]) -> list[dict[str, Any]]:
    """The observations as plain JSON data."""
    return [asdict(one) for one in observations]


def from_json(data: Iterable[Mapping[str, Any]]) -> dict[str, Observation]:
    """What :func:`to_json` gave, by key."""
    found = [Observation(**{**one, "attempts": tuple(map(_attempt, one["attempts"])), **_tuples(one)}) for one in data]
    return {one.key: one for one in found}


def _tuples(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(one[name]) for name in ("also", "unmet", "expected_status")}


def _attempt(data: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**data, "peer_names": tuple(data["peer_names"])})
