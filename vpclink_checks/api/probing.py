"""One real request through the front door, and its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from vpclink_checks.api.errors import FactUnknown, NoAnswer, NoSuchFact
from vpclink_checks.checks.answers import LOCAL, Maker, described, maker
from vpclink_checks.model.api import Route
from vpclink_checks.model.routing import Landing, route_for
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.branches import landing_on, routes_at, starts_at
from vpclink_checks.probes.http import Limits, Signer
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.probes.plan import ProbeRequest, single
from vpclink_checks.probes.send import observe
from vpclink_checks.settings import EnvSettings, EnvVar, ProbeSettings

MADE_BY = {Maker.BACKEND: "backend", Maker.GATEWAY: "gateway", Maker.LOCKED: "gateway"}

_LONGEST_S = 3600
Signing = Callable[[EnvSettings], Signer | None]


class Headers(Mapping[str, str]):
    """An answer's headers; names in any case. Cookies and credentials are masked."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[str, str]) -> None:
        self._found = dict(found)

    def __getitem__(self, name: str) -> str:
        return self._found[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        return f"<headers: {', '.join(self._found)}>"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one request met. Where it got no answer, ``failure`` says so, and what an answer has raises NoAnswer."""

    method: str
    url: str
    _attempt: Attempt = field(repr=False)
    _maker: Maker = field(repr=False)

    def __bool__(self) -> bool:
        __tracebackhide__ = True
        raise NoAnswer(f"an answer has no truth value: ask {self!r} for .status or .failure")

    @property
    def failure(self) -> str:
        """Where it broke: dns, connect, tls, timeout or http; "" if there is an answer."""
        return self._attempt.failure

    @property
    def detail(self) -> str:
        """How it broke, in one line."""
        return self._attempt.detail

    @property
    def address(self) -> str:
        """The address that was connected to; "" if there was none."""
        return self._attempt.address

    @property
    def ms(self) -> float:
        """Milliseconds from the first packet to the whole answer, or to its failure."""
        return self._attempt.ms

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """The names in the certificate, which was verified."""
        return self._attempt.peer_names

    @property
    def status(self) -> int:
        """The HTTP status."""
        __tracebackhide__ = True
        self._answered()
        return self._attempt.status or 0

    @property
    def headers(self) -> Headers:
        """The headers; names in any case."""
        __tracebackhide__ = True
        self._answered()
        return Headers(self._attempt.headers)

    @property
    def text(self) -> str:
        """The first 64 kB of the body; secrets that were sent are masked."""
        __tracebackhide__ = True
        self._answered()
        return self._attempt.body

    def json(self) -> object:
        """The body as JSON. Raises NoAnswer where it is none."""
        __tracebackhide__ = True
        try:
            found: object = json.loads(self.text)
        except (ValueError, RecursionError):
            raise NoAnswer(f"{self.method} {self.url} answered {described(self._attempt)}, which is no JSON") from None
        return found

    @property
    def from_backend(self) -> bool:
        """Whether the backend made it, and not API Gateway itself. Raises FactUnknown where nothing tells."""
        __tracebackhide__ = True
        self._answered()
        if self._maker not in MADE_BY:
            raise FactUnknown(f"nothing shows who answered {self.method} {self.url} {described(self._attempt)}")
        return self._maker is Maker.BACKEND

    def _answered(self) -> None:
        __tracebackhide__ = True
        if self._attempt.status is None:
            raise NoAnswer(f"{self.method} {self.url} got no answer: {self._attempt.failure}: {self._attempt.detail}")

    def __repr__(self) -> str:
        met = self._attempt.status if self._attempt.status is not None else f"no answer: {self._attempt.failure}"
        return f"<{self.method} {self.url}: {met} in {self._attempt.ms:g} ms>"


class Probe:
    """``vpclink_probe``: call it with a path to send one request through the custom domain, over a fresh connection.

    A probe that the config declares for the same method and path lends its headers, body, credentials and
    way to connect; any other request goes the way that the declared ones agree on (connect_to, ca_file).
    """

    __slots__ = ("_settings", "_signer", "_topology")

    def __init__(
        self, topology: Topology, settings: EnvSettings, signer: Callable[[EnvSettings], Signer | None]
    ) -> None:
        self._topology, self._settings, self._signer = topology, settings, signer

    def __call__(
        self,
        path: str,
        method: str = "GET",
        *,
        headers: Mapping[str, str | Mapping[str, str]] | None = None,
        body: str | None = None,
        domain: str = "",
        timeout_s: float = 35.0,
    ) -> Answer:
        """Send it and give the answer. ``headers`` values may be ``{"env": "NAME"}``, for secrets.

        Raises NoAnswer where it could not be sent at all; a request that met nobody is an answer with a ``failure``.
        """
        __tracebackhide__ = True
        _fitting(body, timeout_s)
        request = self._request(path, method, headers or {}, body, domain)
        if request.skipped:
            raise NoAnswer(f"{request.method} {request.url} was not sent: {request.skipped}")
        settings = replace(self._settings, probes=(ProbeSettings(auth=request.auth),))
        seen = observe(request, signer=self._signer(settings), limits=Limits(whole=timeout_s))
        attempt = seen.attempts[0]
        if attempt.failure in LOCAL:
            raise NoAnswer(f"{request.method} {request.url} was not sent: {attempt.detail}")
        return Answer(request.method, request.url, attempt, self._maker(request, seen, attempt))

    def __repr__(self) -> str:
        return "<vpclink_probe>"

    def _request(
        self, path: str, method: str, headers: Mapping[str, str | Mapping[str, str]], body: str | None, domain: str
    ) -> ProbeRequest:
        __tracebackhide__ = True
        if not path.startswith("/"):
            raise NoSuchFact(f"path {path!r} does not begin with a slash")
        known = self._settings.domains or tuple(self._topology.domains.rows)
        if not known or (domain and domain not in known):
            raise NoSuchFact(f"there is no custom domain {domain!r} here; there is: {', '.join(known) or 'none'}")
        declared = self._declared(path, method.upper())
        given = {name.lower(): (name, _value(value)) for name, value in headers.items()}
        lent = {name: value for name, value in declared.request_headers.items() if name.lower() not in given}
        sent = {**lent, **dict(given.values())}
        probe = replace(declared, path=path, request_headers=sent, body=declared.body if body is None else body)
        settings = replace(self._settings, domains=(domain,) if domain else known)
        return single(self._topology, settings, probe)

    def _declared(self, path: str, method: str) -> ProbeSettings:
        """The declared probe of this method and path, once; else a bare one that goes the common way."""
        bare = path.partition("?")[0]
        for one in self._settings.probes:
            if (one.method.upper(), one.path.partition("?")[0]) == (method, bare):
                return replace(one, method=method, attempts=1)
        ways = {(one.connect_to, one.ca_file) for one in self._settings.probes}
        connect_to, ca_file = ways.pop() if len(ways) == 1 else ("", "")
        return ProbeSettings(method=method, path=path, connect_to=connect_to, ca_file=ca_file)

    def _maker(self, request: ProbeRequest, seen: Observation, attempt: Attempt) -> Maker:
        domain = self._topology.domains.rows.get(request.host)
        found = landing_on(self._topology, request.host, request.target.partition("?")[0])
        own = self._topology.gateway_responses.rows.get(found.api_id, ()) if found is not None else ()
        mutual_tls = domain is not None and domain.mutual_tls
        return maker(seen, attempt, self._route(request, found), mutual_tls=mutual_tls, own=own)

    def _route(self, request: ProbeRequest, found: Landing | None) -> Route | None:
        if found is None:
            return None
        here = [one for one in self._topology.paths if starts_at(one, found)]
        return route_for(routes_at(self._topology, found, here), request.method, found.rest)


def _value(value: str | Mapping[str, str]) -> str | EnvVar:
    """A header's value, or the environment variable that holds it."""
    __tracebackhide__ = True
    if isinstance(value, str):
        return value
    name = value["env"] if isinstance(value, Mapping) and set(value) == {"env"} else None
    if not isinstance(name, str):
        raise NoSuchFact('a header is a text or {"env": "NAME"}')
    return EnvVar(name)


def _fitting(body: object, timeout_s: object) -> None:
    """Raises NoSuchFact for what cannot be sent, or waited for."""
    __tracebackhide__ = True
    if body is not None and not isinstance(body, str):
        raise NoSuchFact(f"body is a text, not {type(body).__name__}: json.dumps and bytes.decode make one")
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int | float) or not 0 < timeout_s <= _LONGEST_S:
        raise NoSuchFact(f"timeout_s is a number of seconds above 0 and at most {_LONGEST_S}, not {timeout_s!r}")
