"""What the probes saw, frozen: checks read these and never a socket.

Stored with a run's snapshot under xdist, so everything here must survive JSON. No request header
value, body or other secret is kept: names only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One fresh connection: DNS, TLS, request, answer.

    ``failure`` is "" or where it broke: dns, connect, tls, timeout, http, config; ``detail`` says how
    in one line. Header names are lower case. ``body`` is the first 64 kB as text, secrets masked;
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

    ``declared``: a probe of the config, whose expectations count as evidence; ``expectation`` holds
    the names of what was expected and did not come, one line each, over all attempts.
    ``credentials``: the request carried some (a header from the environment, a client certificate,
    SigV4).
    """

    key: str
    url: str
    method: str = "GET"
    path_id: str = ""
    base_path: str = ""
    declared: bool = False
    credentials: bool = False
    via_proxy: bool = False
    connect_to: str = ""
    attempts: tuple[Attempt, ...] = ()
    unmet: tuple[str, ...] = ()
    skipped: str = ""  # why it was not sent
