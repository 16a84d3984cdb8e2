"""One real HTTPS request over one fresh connection, each stage of it reported apart.

The standard library alone: a probe has to choose the address it connects to, keep Host and SNI, verify
with the system's authorities, send a path unchanged, and say at which stage it broke.
"""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from vpclink_checks.probes import dns, proxy, secrets, tls
from vpclink_checks.probes.deadline import Deadline
from vpclink_checks.probes.observation import Attempt
from vpclink_checks.probes.plan import ProbeRequest

BODY_LIMIT = 64 * 1024  # bytes
UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
Signer = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. An answer may take longer than REST APIs' 29 s, so that the gateway's own 504 is seen."""

    connect: float = 5.0
    whole: float = 35.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A request with its secrets filled in: lives as long as its attempts, and is never shown."""

    request: ProbeRequest
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    context: ssl.SSLContext
    way: proxy.Way
    limits: Limits


class ConfigFaultError(Exception):
    """The request cannot be sent as it is declared; the text says why and holds no value."""


class StageError(Exception):
    """An attempt that broke: at which stage, how in one line, at which address, and whether behind its handshake."""

    def __init__(self, failure: str, detail: str, address: str = "", *, verified: bool = False) -> None:
        super().__init__(detail)
        self.failure, self.detail, self.address, self.verified = failure, detail, address, verified


def ready(request: ProbeRequest, *, signer: Signer | None = None, limits: Limits | None = None) -> Ready:
    """Fill in what comes from the environment. Raises ConfigFaultError; nothing is sent yet."""
    try:
        headers, secret = secrets.filled(request.headers)
        key = secrets.read(request.client_key) if request.client_key else ""
    except secrets.MissingVariableError as missing:
        raise ConfigFaultError(str(missing)) from None
    headers, secret = _signed(request, headers, secret, signer)
    _refuse_illegal(headers)
    return Ready(
        request=request,
        headers=headers,
        secrets=(*secret, *proxy.credentials()),
        context=_context(request, key),
        way=_way(request),
        limits=limits or Limits(),
    )


def _signed(
    request: ProbeRequest, headers: dict[str, str], secret: tuple[str, ...], signer: Signer | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    if request.auth != "sigv4":
        return headers, secret
    if signer is None:
        raise ConfigFaultError('auth = "sigv4" takes AWS credentials, and this run has none')
    added = dict(signer(request.method, request.url, headers, request.body.encode()))
    return {**headers, **added}, (*secret, *added.values())


def _refuse_illegal(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not name.isascii() or any(letter in name for letter in " \r\n:") or any(mark in value for mark in "\r\n\0"):
            raise ConfigFaultError(f"the request header {name!r} has a name or value that HTTP does not allow")


def _context(request: ProbeRequest, key: str) -> ssl.SSLContext:
    try:
        return tls.context(request.ca_file, request.client_cert, key)
    except OSError as error:
        named = [
            f"{word} {name}" for word, name in (("ca_file", request.ca_file), ("client_cert", request.client_cert))
        ]
        files = " or ".join(one for one in named if not one.endswith(" "))
        raise ConfigFaultError(f"{files or 'the system certificates'} cannot be used: {_plain(error)}") from None


def _way(request: ProbeRequest) -> proxy.Way:
    try:
        host, port = dns.split(request.connect_to or request.host)
    except ValueError:
        raise ConfigFaultError(f"connect_to = {request.connect_to!r} is not host:port") from None
    try:
        return proxy.way_to(host, port)
    except ValueError as error:
        raise ConfigFaultError(str(error)) from None


def attempt(one: Ready, turn: int) -> Attempt:
    """The *turn*-th fresh connection (from 0): addresses are taken in turn. Never raises for what it meets."""
    started = time.monotonic()
    try:
        with Deadline(one.limits.whole) as deadline:
            return replace(_exchange(one, turn, deadline), ms=_since(started))
    except StageError as broken:
        detail = secrets.masked(broken.detail, one.secrets)
        return Attempt(
            failure=broken.failure,
            detail=detail,
            address=broken.address,
            ms=_since(started),
            tls_verified=broken.verified,
        )


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)


def _exchange(one: Ready, turn: int, deadline: Deadline) -> Attempt:
    plain, address = _connected(one, turn)
    with plain:
        deadline.guard(plain)
        secured = _secured(one, plain, turn, address, deadline)
    with secured:
        deadline.guard(secured)
        try:
            answered = _answer(one, secured, address)
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error, address, one.limits, late=deadline.passed) from None
    if deadline.passed:  # an end in the middle of the headers looks like their end
        raise _broken(TimeoutError(), address, one.limits, late=True)
    return answered


def _connected(one: Ready, turn: int) -> tuple[socket.socket, str]:
    addresses = _resolved(one.way)
    start = turn % len(addresses)
    problem: tuple[str, OSError] | None = None
    for address in (*addresses[start:], *addresses[:start]):
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        sock.settimeout(one.limits.connect)
        try:
            sock.connect(address.sockaddr)
            sock.settimeout(one.limits.whole)
            proxy.tunnel(sock, one.way)
        except OSError as error:
            sock.close()
            problem = (address.title, error)
            if error.errno not in UNREACHABLE:
                break  # an address that this machine cannot reach at all is not the caller's
        else:
            return sock, address.title
    assert problem is not None  # noqa: S101 - there is always one address
    raise _no_connection(one.way, *problem)


def _resolved(way: proxy.Way) -> tuple[dns.Address, ...]:
    try:
        return dns.resolve(way.next_host, way.next_port)
    except (OSError, UnicodeError) as error:
        ours = way.through_proxy or getattr(error, "errno", None) == socket.EAI_AGAIN
        text = f"{way.next_host} does not resolve: {_plain(error)}"
        raise StageError("local" if ours else "dns", text) from None


def _no_connection(way: proxy.Way, address: str, error: OSError) -> StageError:
    """On the way to a proxy, or without any network, it is this machine that does not get out."""
    whom = f"{way.host} through the proxy {way.next_host}" if way.through_proxy else address
    text = f"no connection to {whom}:{way.next_port}: {_plain(error)}"
    if way.through_proxy or error.errno in UNREACHABLE:
        return StageError("local", text, address)
    return StageError("timeout" if isinstance(error, TimeoutError) else "connect", text, address)


def _secured(one: Ready, plain: socket.socket, turn: int, address: str, deadline: Deadline) -> ssl.SSLSocket:
    host = one.request.host
    try:
        return one.context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        offered: tuple[str, ...] = ()
        if error.verify_code == tls.WRONG_NAME:
            offered = tls.names_offered(lambda: _connected(one, turn)[0], one.request.ca_file, host)
        raise StageError("tls", tls.explained(error, host, offered), address) from None
    except OSError as error:
        if deadline.passed or isinstance(error, TimeoutError):
            text = f"no TLS handshake with {host} within {one.limits.whole:g} s"
            raise StageError("timeout", text, address) from None
        raise StageError("tls", tls.explained(error, host), address) from None


def _answer(one: Ready, secured: ssl.SSLSocket, address: str) -> Attempt:
    peer_names = tls.names(secured)  # before the answer: its "Connection: close" ends the socket
    with closing(_sent(one, secured)) as response:
        body = _body(response, one.secrets)
        return Attempt(
            address=address,
            status=response.status,
            headers=secrets.masked_headers(response.getheaders(), one.secrets),
            body=body,
            json=_json(body),
            tls_verified=True,
            peer_names=peer_names,
        )


def _sent(one: Ready, secured: ssl.SSLSocket) -> http.client.HTTPResponse:
    request = one.request
    connection = http.client.HTTPConnection(request.host)
    connection.sock = secured
    body = request.body.encode()
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
    except (ValueError, http.client.InvalidURL):
        raise StageError("config", f"{request.method} {request.target!r} is no legal request", address="") from None
    for name, value in _with_defaults(request, one.headers, body).items():
        connection.putheader(name, value.encode())
    connection.endheaders(body or None)
    return connection.getresponse()


def _with_defaults(request: ProbeRequest, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """What every request carries, unless it was declared otherwise."""
    declared = {name.lower() for name in headers}
    own = {"Host": request.host, "User-Agent": "vpclink-checks", "Accept": "*/*", "Connection": "close"}
    if body:
        own["Content-Length"] = str(len(body))
    return {**{name: value for name, value in own.items() if name.lower() not in declared}, **headers}


def _body(response: http.client.HTTPResponse, secret: Sequence[str]) -> str:
    """The first 64 kB. Read a little further, so that no secret's beginning is left at the cut."""
    slack = 4 * max(map(len, secret), default=0)
    content = response.read(BODY_LIMIT + slack)
    if response.length and len(content) < BODY_LIMIT + slack:
        raise http.client.IncompleteRead(content, response.length)
    return secrets.masked(content.decode(errors="replace"), secret).encode()[:BODY_LIMIT].decode(errors="ignore")


def _json(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _broken(error: OSError | http.client.HTTPException, address: str, limits: Limits, *, late: bool) -> StageError:
    """What broke behind a handshake that held."""
    if late or isinstance(error, TimeoutError):
        return StageError("timeout", f"no whole answer within {limits.whole:g} s", address, verified=True)
    if isinstance(error, ssl.SSLError):  # TLS 1.3 refuses a missing client certificate after the handshake
        return StageError("tls", f"the connection was refused after the handshake: {error.reason}", address)
    if isinstance(error, http.client.RemoteDisconnected):
        return StageError("http", "the connection was closed without an answer", address, verified=True)
    if isinstance(error, OSError):
        return StageError("http", f"the connection broke: {_plain(error)}", address, verified=True)
    return StageError("http", f"the answer is no HTTP ({type(error).__name__})", address, verified=True)


def _plain(error: OSError | UnicodeError) -> str:
    """The reason without Python's own wrapping."""
    reason = getattr(error, "strerror", None)
    return str(reason or error)
