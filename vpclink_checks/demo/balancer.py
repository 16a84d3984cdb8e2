"""A TCP load balancer as an NLB behaves: one node a zone, health checks, no cross-zone, failing open.

Rules: elb-network-load-balancers-user-guide, target-group-health-checks: a zone without a healthy target
is taken out of the load balancer's DNS name; if no zone has one, every target gets traffic.
"""

from __future__ import annotations

import http.client
import itertools
import selectors
import socket
import socketserver
import threading
from collections import defaultdict
from contextlib import ExitStack
from typing import ClassVar

from vpclink_checks.demo.servers import Server, serving
from vpclink_checks.demo.wire import API_PORT, ZONE_OF, ZONES, Place, Plane, Wire

INTERVAL_S = 0.2
CHUNK = 64 * 1024
# PROXY protocol v2: signature, version 2 + PROXY, TCP over IPv4, 12 bytes of addresses (haproxy, proxy-protocol.txt)
PROXY_HEADER = b"\r\n\r\n\x00\r\nQUIT\n" + b"\x21\x11\x00\x0c" + bytes([10, 0, 11, 10, 10, 0, 1, 20, 200, 0, 39, 16])


class Node(socketserver.BaseRequestHandler):
    """One connection through one node of the load balancer."""

    balancer: ClassVar[Balancer]
    zone: ClassVar[str] = ""
    port: ClassVar[int] = 0

    def handle(self) -> None:
        """Pass the connection on. A target that refuses ends it.

        One whose packets vanish would leave it hanging until the caller gives up: that is noted and ended at
        once, so that no time passes in the demo.
        """
        place = self.balancer.target(self.zone, self.port)
        if place is None:
            return
        try:
            upstream = self.balancer.wire.dial(place)
        except TimeoutError:
            self.balancer.vanished.add(self.client_address)
            return
        except OSError:
            return
        with upstream:
            if self.port in self.balancer.plane.proxy_protocol:
                upstream.sendall(PROXY_HEADER)
            _splice(self.request, upstream)


def _splice(client: socket.socket, upstream: socket.socket) -> None:
    """Copy both ways until one side is done."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ, upstream)
        selector.register(upstream, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                source, sink = key.fileobj, key.data
                data = source.recv(CHUNK) if isinstance(source, socket.socket) else b""
                if not data:
                    return
                sink.sendall(data)


class Balancer:
    """Both nodes of the load balancer, with a listener for each port that the plane registers."""

    def __init__(self, plane: Plane, wire: Wire) -> None:
        self.plane, self.wire = plane, wire
        self.vanished: set[tuple[str, int]] = set()  # callers' ends of connections that nobody would answer
        self._healthy: dict[tuple[int, Place], bool] = {}
        self._nodes: dict[tuple[str, int], int] = {}
        self._turns: dict[object, itertools.count[int]] = defaultdict(itertools.count)
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def start(self, stack: ExitStack) -> None:
        """Check every target once, open the listeners, and go on checking."""
        self.check()
        for zone, port in itertools.product(ZONES, self.plane.registered):
            handler = type("Here", (Node,), {"balancer": self, "zone": zone, "port": port})
            self._nodes[zone, port] = stack.enter_context(serving(Server(handler)))
        checking = threading.Thread(target=self._go_on, name="vpclink-demo-health")
        checking.start()
        stack.callback(checking.join)
        stack.callback(self._stop.set)

    def _go_on(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self.check()

    def check(self) -> None:
        """One round of health checks: HTTP GET /health on the API's port, a TCP connection elsewhere."""
        for port, places in self.plane.registered.items():
            for place in places:
                self._healthy[port, place] = self._answers(port, place)

    def _answers(self, port: int, place: Place) -> bool:
        try:
            with self.wire.dial(place, health=True) as connection:
                return self._http(connection, port) if place[1] == API_PORT else True
        except (OSError, http.client.HTTPException):
            return False

    def _http(self, connection: socket.socket, port: int) -> bool:
        if port in self.plane.proxy_protocol:  # the header is on health checks as well
            connection.sendall(PROXY_HEADER)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return 200 <= answer.status < 400  # noqa: PLR2004 - an NLB's default matcher, 200-399

    def healthy(self, port: int, place: Place) -> bool:
        """Whether this target of this listener's group passed its last check."""
        return self._healthy[port, place]

    def zones(self, port: int) -> tuple[str, ...]:
        """The zones whose addresses DNS hands out for this listener's traffic."""
        alive = {ZONE_OF[place[0]] for place in self.plane.registered[port] if self.healthy(port, place)}
        return tuple(zone for zone in ZONES if zone in alive) or ZONES

    def target(self, zone: str, port: int) -> Place | None:
        """The target of a connection: a healthy one of the zone, else any of them (fail-open)."""
        every = self.plane.registered[port]
        here = [place for place in every if ZONE_OF[place[0]] == zone]
        healthy = [place for place in here if self.healthy(port, place)]
        choice = healthy or here or list(every)
        return choice[self.turn(zone, port) % len(choice)] if choice else None

    def address(self, port: int, flow: str) -> tuple[str, int] | None:
        """Where a client that resolves the name connects; None where nothing listens on this port.

        In turn for each flow, so that a zone that fails is seen the same way every time.
        """
        if port not in self.plane.registered:
            return None
        zones = self.zones(port)
        return "127.0.0.1", self._nodes[zones[self.turn(flow, port) % len(zones)], port]

    def turn(self, *key: object) -> int:
        """0, 1, 2 … for each key."""
        with self._lock:
            return next(self._turns[key])
