"""The TLS front for api.example.com: it routes as the demo's mappings and routes say, and relays through the link."""

from __future__ import annotations

import http.client
import itertools
import socket
import ssl
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from vpclink_checks.demo.answers import REMAPPED, TABLE, Answer
from vpclink_checks.demo.balancer import Balancer
from vpclink_checks.demo.servers import Address, Request, Server
from vpclink_checks.demo.wire import API_PORT, STATUS_PORT, Plane

DOMAIN = "api.example.com"
PATIENCE_S = 10.0  # for a loaded machine; packets that vanish are told, not waited for


class Gateway(BaseHTTPRequestHandler):
    """One request to the custom domain."""

    protocol_version = "HTTP/1.1"
    timeout = 5
    plane: ClassVar[Plane]
    balancer: ClassVar[Balancer]
    requests: ClassVar[itertools.count[int]] = itertools.count(1)

    def _reply(self) -> None:
        answer = self._answer()
        number = f"{next(self.requests):012d}"
        self.send_response_only(answer.status)
        always = {"x-amzn-RequestId": f"00000000-0000-0000-0000-{number}", "x-amz-apigw-id": f"demo{number}="}
        always |= {"Date": self.date_time_string(), "Content-Length": str(len(answer.body)), "Connection": "close"}
        for name, value in {**answer.headers, **always}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _reply  # noqa: N815 - http.server's names

    def _answer(self) -> Answer:
        path = self.path.partition("?")[0]
        if self.headers.get("Host", "") != DOMAIN:
            return TABLE["forbidden"].answer
        if (row := self._fault(path.strip("/"))) is not None:
            return TABLE[row].answer
        base, _, rest = path.lstrip("/").partition("/")
        if base == "hello":
            return TABLE["lambda" if self.command == "GET" else "missing-token"].answer
        if base != "orders":
            return TABLE["forbidden"].answer
        if self.plane.canary and self.balancer.turn("canary", path) % 2:
            return TABLE[self.plane.canary].answer
        return self._orders(rest)

    def _fault(self, path: str) -> str | None:
        """The row that the fault puts in place of the real answer; the longest path wins."""
        hit = [name for name in self.plane.answers if path == name or path.startswith(f"{name}/") or not name]
        return self.plane.answers[max(hit, key=len)] if hit else None

    def _orders(self, rest: str) -> Answer:
        """The routes of the orders API: GET /, GET /status, ANY /{proxy+}."""
        if rest == "status" and self.command == "GET":
            return self._relayed(STATUS_PORT, "/status")
        if not rest and self.command != "GET":
            return TABLE["missing-token"].answer
        return self._relayed(API_PORT, f"/{rest}")

    def _relayed(self, port: int, path: str) -> Answer:
        """Through the VPC link to the load balancer, as HTTP_PROXY hands a request on."""
        address = self.balancer.address(port, self.path)
        if address is None:
            return TABLE["internal"].answer
        connection = http.client.HTTPConnection(*address, timeout=PATIENCE_S)
        here = ("", 0)
        try:
            connection.connect()
            here = connection.sock.getsockname()
            connection.request(self.command, path)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), _remapped(answer))
        except (OSError, http.client.HTTPException):
            return TABLE["timeout" if here in self.balancer.vanished else "internal"].answer
        finally:
            connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing is logged."""


def _remapped(answer: http.client.HTTPResponse) -> dict[str, str]:
    return {
        (f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name): value for name, value in answer.getheaders()
    }


class Front(Server):
    """The gateway behind TLS; the handshake is each connection's own affair."""

    def __init__(self, plane: Plane, balancer: Balancer, context: ssl.SSLContext) -> None:
        super().__init__(type("Here", (Gateway,), {"plane": plane, "balancer": balancer}))
        self._context = context

    def finish_request(self, request: Request, client_address: Address) -> None:
        """Shake hands, then answer; a caller that refuses the certificate just leaves."""
        if not isinstance(request, socket.socket):
            raise TypeError("a TCP server is handed sockets")
        request.settimeout(Gateway.timeout)
        with self._context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)
