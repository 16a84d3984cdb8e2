"""Real TLS servers on loopback for the probes to meet."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

NAME = "api.example.com"
Talk = Callable[[ssl.SSLSocket, bytes], None]


@dataclass
class Site:
    """A running server: where, whom to trust, and what it has seen."""

    place: str
    ca_file: str
    requests: list[bytes] = field(default_factory=list)
    server_names: list[str | None] = field(default_factory=list)


def answer(status: str = "200 OK", body: bytes = b"{}", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def saying(raw: bytes) -> Talk:
    def talk(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(raw)

    return talk


def echoing(connection: ssl.SSLSocket, request: bytes) -> None:
    connection.sendall(answer("200 OK", request, "X-Seen: " + request.decode("latin-1").replace("\r\n", " ")))


@contextmanager
def site(
    folder: Path, talk: Talk, *, name: str = NAME, expired: bool = False, client_ca: trustme.CA | None = None
) -> Iterator[Site]:
    """Serve *talk* over TLS until the block ends."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    now = datetime.now(UTC)
    not_after = now + timedelta(days=-1 if expired else 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_before=now - timedelta(days=9), not_after=not_after).configure_cert(context)
    if client_ca is not None:
        client_ca.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        here = Site(f"127.0.0.1:{listener.getsockname()[1]}", str(ca_file))
        context.sni_callback = lambda _socket, sent, _context: here.server_names.append(sent)
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, context, talk, here, stop))
        thread.start()
        try:
            yield here
        finally:
            stop.set()
            thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext, talk: Talk, here: Site, stop: threading.Event) -> None:
    threads = []
    while not stop.is_set():
        try:
            plain, _ = listener.accept()
        except TimeoutError:
            continue
        one = threading.Thread(target=_one, args=(plain, context, talk, here))
        one.start()
        threads.append(one)
    for one in threads:
        one.join()


def _one(plain: socket.socket, context: ssl.SSLContext, talk: Talk, here: Site) -> None:
    plain.settimeout(5)
    try:
        with plain, context.wrap_socket(plain, server_side=True) as connection:
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return  # a handshake alone
                request += part
            here.requests.append(request)
            talk(connection, request)
    except OSError:
        return  # the caller left: some tests are about just that
