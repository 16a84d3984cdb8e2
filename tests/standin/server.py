"""The stand-in itself: a loopback server with keep-alive, a thread for each connection, and a log of every request.

    with Standin(World(recording)) as aws:
        collect(EnvSettings(..., endpoint_url=aws.url))
    assert {one.name for one in aws.log} <= allowed

It also stands as an HTTP proxy: a request that names a whole URL is answered as if it had been sent there.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.standin.asked import Asked, Request, asked
from tests.standin.faults import Fault
from tests.standin.newer import from_the_future
from tests.standin.reply import Reply, refusal, reply
from tests.standin.world import World

ASSUMED = {
    "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
    "SecretAccessKey": "example",
    "SessionToken": "example",
    "Expiration": "2099-01-01T00:00:00+00:00",
}


@dataclass
class Entry:
    """One request. Times are seconds of ``time.monotonic``; ``in_flight`` counts those being answered, this one too."""

    service: str
    operation: str
    params: Mapping[str, Any]
    action: str
    region: str
    started: float
    in_flight: int
    of_service: int
    host: str = ""  # that it was meant for, where it came as to a proxy
    ended: float = 0.0
    status: int = 0
    page: int = 1

    @property
    def name(self) -> str:
        """``ec2:DescribeVpcs``."""
        return f"{self.service}:{self.operation}"


@dataclass
class _State:
    """What is going on; only ever touched under its lock."""

    lock: Lock = field(default_factory=Lock)
    running: Counter[str] = field(default_factory=Counter)
    happened: Counter[int] = field(default_factory=Counter)
    done: int = 0


class Standin:
    """AWS on a loopback port. ``latency`` (seconds) is added to each answer; ``page_size`` forces small pages."""

    def __init__(self, world: World, latency: float = 0.0, page_size: int = 0, faults: tuple[Fault, ...] = ()) -> None:
        self.world, self.latency, self.page_size, self.faults = world, latency, page_size, faults
        self.log: list[Entry] = []
        self.broken: list[BaseException | None] = []
        self.closing = Event()
        self._state = _State()
        self._connections: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.standin = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def calls(self) -> dict[str, int]:
        """How many requests each operation took, in order of name."""
        return dict(sorted(Counter(one.name for one in self.log).items()))

    def __enter__(self) -> Standin:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        for connection in list(self._connections):
            _shut(connection)
        self._server.server_close()
        if self.broken:
            raise RuntimeError("the stand-in broke") from self.broken[0]

    @contextmanager
    def failing(self, *faults: Fault) -> Iterator[None]:
        """While this lasts, these go wrong."""
        before, self.faults = self.faults, faults
        self._state.happened.clear()
        try:
            yield
        finally:
            self.faults = before

    def forget(self) -> None:
        """Empty the log."""
        self.log.clear()
        self._state.done = 0

    def answer(self, request: Request, host: str) -> tuple[Reply | None, Fault | None]:
        """The reply to a request, None for none at all; and what goes wrong with it."""
        call = asked(request)
        entry = self._arrived(call, host)
        try:
            fault = self._fault(call, entry.page)
            given = self._reply(call, fault)
            self.closing.wait(self.latency)
            entry.status = given.status if given is not None else 0
            return given, fault
        finally:
            self._left(entry)

    def _reply(self, call: Asked, fault: Fault | None) -> Reply | None:
        if fault is not None and fault.codes is not None:
            return refusal(call, fault.refusal(call))
        if fault is not None and fault.manner == "hang":
            return None
        if fault is not None and fault.manner == "gone":
            return refusal(call, self.world.absence(call))
        if call.name == "sts:AssumeRole":
            return reply(call, {"Credentials": ASSUMED})
        given = self.world.reply(call, self.page_size)
        return from_the_future(call, given) if fault is not None and fault.manner == "newer" else given

    def _arrived(self, call: Asked, host: str) -> Entry:
        with self._state.lock:
            self._state.running[call.service] += 1
            in_flight, of_service = self._state.running.total(), self._state.running[call.service]
            page = _page_number(call)
            entry = Entry(
                call.service,
                call.operation,
                call.params,
                call.action,
                call.region,
                time.monotonic(),
                in_flight,
                of_service,
                host,
                page=page,
            )
            self.log.append(entry)
            return entry

    def _left(self, entry: Entry) -> None:
        with self._state.lock:
            self._state.running[entry.service] -= 1
            self._state.done += 1
            entry.ended = time.monotonic()

    def _fault(self, call: Asked, page: int) -> Fault | None:
        with self._state.lock:
            for number, fault in enumerate(self.faults):
                if not fault.concerns(call, self._state.done, page):
                    continue
                if not fault.times or self._state.happened[number] < fault.times:
                    self._state.happened[number] += 1
                    return fault
        return None

    def opened(self, connection: socket.socket) -> None:
        """A connection was made."""
        self._connections.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """A connection has ended."""
        self._connections.discard(connection)


def _page_number(call: Asked) -> int:
    """2 where a token of ours asks for a later page: which of the later ones does not matter."""
    return 2 if any(isinstance(one, str) and one.startswith("page-token-") for one in call.params.values()) else 1


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True
    standin: Standin

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What breaks in a thread must not pass for a fault of the wire."""
        self.standin.broken.append(sys.exception())


class _Connection(socketserver.StreamRequestHandler):
    """One connection: requests one after another until the client goes."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        self.server.standin.opened(self.connection)
        try:
            while self._serve():
                pass
        except OSError:  # the client gave up, or we are closing
            pass
        finally:
            self.server.standin.closed(self.connection)

    def _serve(self) -> bool:
        """Answer one request; False where the connection has ended."""
        request, host = self._request()
        if request is None:
            return False
        given, fault = self.server.standin.answer(request, host)
        if given is None:
            self.connection.recv(1)  # returns when the client closes, or when we do
            return False
        head = [f"HTTP/1.1 {given.status} Standin", f"Content-Length: {len(given.body)}"]
        head += [f"{name}: {value}" for name, value in given.headers]
        whole = "\r\n".join(head).encode() + b"\r\n\r\n" + given.body
        if fault is not None and fault.manner == "cut":
            self.connection.sendall(whole[: -max(1, len(given.body) // 2)])
            _shut(self.connection)
            return False
        self.connection.sendall(whole)
        return True

    def _request(self) -> tuple[Request | None, str]:
        start = self.rfile.readline().decode("latin-1").split()
        if len(start) != 3:
            return None, ""
        headers: dict[str, str] = {}
        while (line := self.rfile.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        promised = int(headers.get("content-length") or 0)
        body = self.rfile.read(promised)
        if len(body) < promised:  # the client was killed while it sent
            return None, ""
        whole = urlsplit(start[1])
        target = start[1] if not whole.netloc else f"{whole.path or '/'}{'?' + whole.query if whole.query else ''}"
        return Request(start[0], target, headers, body), whole.netloc


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was quicker
        return
