"""Names to addresses, as this machine resolves them."""

from __future__ import annotations

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One address to connect to: ``sockaddr`` as ``socket.connect`` takes it."""

    family: int
    sockaddr: tuple[str | int, ...] | tuple[int, bytes]

    @property
    def title(self) -> str:
        """The address as text."""
        return str(self.sockaddr[0])


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Every address of the name, each once. Raises OSError or UnicodeError where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(Address(family, sockaddr) for family, _, _, _, sockaddr in found))


def split(place: str) -> tuple[str, int]:
    """``127.0.0.1:8443``, ``[::1]:8443`` or ``host`` (port 443). Raises ValueError."""
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place.strip("[]"), 443
    number = int(port)
    if not host or not 0 < number <= 65535:  # noqa: PLR2004 - the last port
        raise ValueError(place)
    return host.strip("[]"), number
