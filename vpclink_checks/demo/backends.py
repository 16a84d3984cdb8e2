"""Two instances with two containers each: HTTP servers on loopback that say who they are."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from vpclink_checks.demo.servers import Server, serving
from vpclink_checks.demo.wire import EVERYWHERE, STATUS_PORT, Place, Plane


class Backend(BaseHTTPRequestHandler):
    """Answers JSON with the instance's id and the version."""

    protocol_version = "HTTP/1.1"
    timeout = 2
    instance: ClassVar[str] = ""
    service: ClassVar[str] = ""
    version: ClassVar[str] = ""

    def do_GET(self) -> None:
        """Every path is answered; the path seen is part of the answer."""
        said = {"service": self.service, "version": self.version, "instance": self.instance, "path": self.path}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.send_header("X-Backend", self.instance)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Nothing is logged."""


def start(plane: Plane, stack: ExitStack) -> dict[Place, int]:
    """Start every container; the loopback port that stands for each host port."""
    registered = {place for places in plane.registered.values() for place in places}
    alive = EVERYWHERE - plane.dead
    every = sorted(EVERYWHERE | registered)
    return {place: _alive(place, plane, stack) if place in alive else _dead(stack) for place in every}


def _alive(place: Place, plane: Plane, stack: ExitStack) -> int:
    instance, port = place
    service = "orders-status" if port == STATUS_PORT else "orders"
    handler = type("Here", (Backend,), {"instance": instance, "service": service, "version": plane.version})
    return stack.enter_context(serving(Server(handler)))


def _dead(stack: ExitStack) -> int:
    """A port that is taken but listened on by nobody: connections are refused."""
    taken = stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    return int(taken.getsockname()[1])
