"""What differs on the wire under a fault, and the loopback ports that stand for the stack's own.

Written by hand for each fault: nothing here is computed from the facts, so that the checks are held
against something that they did not make.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

HOST_A, HOST_B = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2"
ZONE_OF = {HOST_A: "eu-west-2a", HOST_B: "eu-west-2b"}
ZONES = tuple(ZONE_OF.values())
API_PORT, STATUS_PORT = 10000, 10001
Place = tuple[str, int]  # instance id, host port
EVERYWHERE: frozenset[Place] = frozenset((host, port) for host in ZONE_OF for port in (API_PORT, STATUS_PORT))
REGISTERED = {port: tuple((host, port) for host in ZONE_OF) for port in (API_PORT, STATUS_PORT)}
CONNECT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """How the data plane behaves; the defaults are the healthy stack.

    ``answers``: what API Gateway says by itself below a base path or path ("orders", "orders/status",
    "hello"): the name of a row of the answer table. ``canary``: the row that every second request to the
    orders API gets. ``dropped``: where packets vanish, as a security
    group, a network ACL or a route lets them; ``traffic_dropped``: likewise, but health checks pass.
    ``dead``: where no process listens. ``slow``: where health checks alone are not answered in time.
    ``registered``: the targets behind each listener port; a port without an entry has no listener.
    ``proxy_protocol``: listener ports whose targets get a PROXY header first. ``certificate``: valid,
    expired or other-name. ``version``: what the backends report.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    canary: str = ""
    dropped: frozenset[Place] = frozenset()
    traffic_dropped: frozenset[Place] = frozenset()
    dead: frozenset[Place] = frozenset()
    slow: frozenset[Place] = frozenset()
    registered: Mapping[int, tuple[Place, ...]] = field(default_factory=lambda: REGISTERED)
    proxy_protocol: frozenset[int] = frozenset()
    certificate: str = "valid"
    version: str = "1.4.2"


class Wire:
    """The network between load balancer and backends: real sockets, closed where the table says so."""

    def __init__(self, plane: Plane, ports: Mapping[Place, int]) -> None:
        self._plane = plane
        self._ports = ports

    def dial(self, place: Place, *, health: bool = False) -> socket.socket:
        """A connection to a backend. Raises TimeoutError where packets vanish, OSError where it is refused."""
        lost = self._plane.dropped | (self._plane.slow if health else self._plane.traffic_dropped)
        if place in lost:
            raise TimeoutError(f"no answer from {place[0]}:{place[1]}")
        return socket.create_connection(("127.0.0.1", self._ports[place]), timeout=CONNECT_S)
