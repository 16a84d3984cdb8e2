"""The packets that named rules dropped, told by the kernel at once: NFLOG, one netlink socket for each namespace.

A dropping rule is written ``DROP.format(name)``: it counts, hands the packet over under its name, and drops it.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from tests.kernel.spaces import Space

_GROUP = 1
DROP = 'counter log prefix "{0}" group 1 snaplen 256 queue-threshold 1 drop comment "{0}"'
# linux/netfilter/nfnetlink.h and nfnetlink_log.h
_NETLINK_NETFILTER = 12
_MESSAGE, _CONFIG = 4 << 8, 4 << 8 | 1
_FORGET = 1 << 8 | 2  # nfnetlink_conntrack.h: delete, of nothing in particular
_CMD, _MODE = 1, 2
_BIND, _COPY_PACKET = b"\1", struct.pack(">IBB", 256, 2, 0)
_PREFIX, _PAYLOAD = 10, 9
_REQUEST_ACK = 1 | 4


@dataclass(frozen=True, slots=True)
class Seen:
    """A packet's own words. ``protocol`` is 6 or 17."""

    protocol: int
    src: str
    dst: str
    sport: int
    dport: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A packet, and the name of the rule that dropped it."""

    rule: str
    packet: Seen


class Witness:
    """Listens in one namespace."""

    def __init__(self, space: Space) -> None:
        with space.inside():
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, _NETLINK_NETFILTER)
        self.socket.bind((0, 0))
        self._configure(_CMD, _BIND)
        self._configure(_MODE, _COPY_PACKET)

    def _configure(self, kind: int, value: bytes) -> None:
        _ask(self.socket, _CONFIG, socket.htons(_GROUP), _attribute(kind, value))

    def heard(self) -> Iterator[Dropped]:
        """What was dropped since the last time; does not wait."""
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            yield from _messages(data)

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()


def forget(space: Space) -> None:
    """Drop every connection that the namespace tracks."""
    with space.inside(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as made:
        made.bind((0, 0))
        _ask(made, _FORGET, 0, b"")


def _ask(to: socket.socket, kind: int, resource: int, attributes: bytes) -> None:
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, resource) + attributes
    to.send(struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_ACK, 1, 0) + body)
    to.setblocking(True)
    (error,) = struct.unpack_from("=i", to.recv(4096), 16)
    to.setblocking(False)
    if error:
        raise OSError(-error, "the kernel refuses this process its netfilter's netlink")


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _messages(data: bytes) -> Iterator[Dropped]:
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        if kind == _MESSAGE:
            found = dict(_attributes(data[20:length]))
            packet = seen(found.get(_PAYLOAD, b""))
            if packet is not None:
                yield Dropped(found.get(_PREFIX, b"").rstrip(b"\0").decode(), packet)
        data = data[(length + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def seen(packet: bytes) -> Seen | None:
    """The TCP or UDP packet in these bytes, from its IP header on; None for any other."""
    if not packet:
        return None
    if packet[0] >> 4 == 4:
        start, protocol, one, other = (packet[0] & 15) * 4, packet[9], packet[12:16], packet[16:20]
    else:
        start, protocol, one, other = 40, packet[6], packet[8:24], packet[24:40]
    if protocol not in (6, 17) or len(packet) < start + 4:
        return None
    sport, dport = struct.unpack_from(">HH", packet, start)
    return Seen(protocol, str(ip_address(one)), str(ip_address(other)), sport, dport)
