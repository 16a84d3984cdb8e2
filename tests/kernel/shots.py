"""One tagged packet from one namespace to another, and the evidence of what became of it.

Reached: the tag was read at the target's end, and its reply at the source. Dropped: the kernel handed over this very
packet, or its reply, under the name of the rule that dropped it. Neither is an error and never a verdict.
"""

from __future__ import annotations

import selectors
import socket
import struct
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from tests.kernel.ground import Ground
from tests.kernel.witness import Seen, Witness

# Not a verdict's clock: whoever waits as long has lost its evidence, and the test fails.
PATIENCE = 30.0
_ABORT = struct.pack("ii", 1, 0)


class NoEvidence(AssertionError):  # noqa: N818 - what it is
    """A packet that neither arrived nor was dropped by a rule with a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """From *src* to *dst*, as the source dials it. The server listens in another namespace, maybe on another port.

    ``aliases`` are all addresses and ``ports`` all target ports that the packet may show on its way.
    """

    protocol: str
    source_space: str
    src: str
    sport: int
    dst: str
    dport: int
    server_space: str
    server: str
    server_port: int
    aliases: frozenset[str]
    ports: frozenset[int]

    @property
    def title(self) -> str:
        return f"{self.protocol} {self.src}:{self.sport} -> {self.dst}:{self.dport}"

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.src else socket.AF_INET

    @property
    def kind(self) -> socket.SocketKind:
        return socket.SOCK_STREAM if self.protocol == "tcp" else socket.SOCK_DGRAM

    @property
    def tag(self) -> bytes:
        return self.title.encode()

    def mine(self, packet: Seen) -> bool:
        """Whether this is the packet, or its reply."""
        if packet.protocol != (6 if self.protocol == "tcp" else 17) or not {packet.src, packet.dst} <= self.aliases:
            return False
        return any(
            one == self.sport and other in self.ports
            for one, other in ((packet.sport, packet.dport), (packet.dport, packet.sport))
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """``rule`` dropped *packet*, the shot's or its reply; "" if both arrived."""

    shot: Shot
    rule: str
    packet: Seen | None = None


@dataclass(slots=True)
class _Flight:
    """The sockets of one shot, and what they have seen."""

    ground: Ground
    shot: Shot
    patience: float
    tag_arrived: bool = False
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    stack: ExitStack = field(default_factory=ExitStack)

    def outcome(self) -> Outcome:
        with self.stack:
            self.stack.callback(self.selector.close)
            for witness in self.ground.witnesses:
                self._earlier(witness)
                self.selector.register(witness.socket, selectors.EVENT_READ, witness)
            self._serve()
            client = self._dial()
            while True:
                for key, events in self._events():
                    here = key.data
                    found = self._heard(here) if isinstance(here, Witness) else self._moved(key, events, client)
                    if found is not None:
                        return found

    def _earlier(self, witness: Witness) -> None:
        """What late copies of other shots left behind."""
        for _ in witness.heard():
            pass

    def _events(self) -> list[tuple[selectors.SelectorKey, int]]:
        found = self.selector.select(self.patience)
        if not found:
            where = "after it arrived" if self.tag_arrived else "before it was read"
            raise NoEvidence(f"{self.shot.title}: neither a reply nor a rule that dropped it, {where}")
        return found

    def _heard(self, witness: Witness) -> Outcome | None:
        dropped = next((one for one in witness.heard() if self.shot.mine(one.packet)), None)
        return None if dropped is None else Outcome(self.shot, dropped.rule, dropped.packet)

    # -- sockets ---------------------------------------------------------------------------------

    def _socket(self, space: str, address: str, port: int) -> socket.socket:
        shot = self.shot
        with self.ground.spaces[space].inside():
            made = socket.socket(shot.family, shot.kind | socket.SOCK_NONBLOCK)
        self.stack.callback(made.close)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shot.protocol == "tcp":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        made.bind((address, port))
        return made

    def _serve(self) -> None:
        shot = self.shot
        server = self._socket(shot.server_space, shot.server, shot.server_port)
        if shot.protocol == "tcp":
            server.listen(1)
        self.selector.register(server, selectors.EVENT_READ, "listens" if shot.protocol == "tcp" else "serves")

    def _dial(self) -> socket.socket:
        shot = self.shot
        client = self._socket(shot.source_space, shot.src, shot.sport)
        if shot.protocol == "udp":
            with suppress(PermissionError):  # dropped on its way out of the host: the rule tells
                client.sendto(shot.tag, (shot.dst, shot.dport))
            self.selector.register(client, selectors.EVENT_READ, "client")
        else:
            with suppress(BlockingIOError):
                client.connect((shot.dst, shot.dport))
            self.selector.register(client, selectors.EVENT_WRITE, "client")
        return client

    # -- what moves ------------------------------------------------------------------------------

    def _moved(self, key: selectors.SelectorKey, events: int, client: socket.socket) -> Outcome | None:
        here = key.fileobj
        assert isinstance(here, socket.socket)
        if key.data == "listens":
            self._accept(here)
        elif key.data == "serves":
            self._serve_one(here)
        elif events & selectors.EVENT_WRITE:
            self._connected(client)
        else:
            return self._reply(client)
        return None

    def _accept(self, server: socket.socket) -> None:
        made, _ = server.accept()
        self.stack.callback(made.close)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.selector.register(made, selectors.EVENT_READ, "serves")

    def _connected(self, client: socket.socket) -> None:
        error = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise NoEvidence(f"{self.shot.title}: error {error} instead of an answer or a rule that dropped it")
        client.send(self.shot.tag)
        self.selector.modify(client, selectors.EVENT_READ, "client")

    def _serve_one(self, server: socket.socket) -> None:
        data, peer = server.recvfrom(256)
        if data != self.shot.tag:
            raise NoEvidence(f"{self.shot.title}: {data!r} arrived instead")
        self.tag_arrived = True
        with suppress(PermissionError):
            if self.shot.protocol == "udp":
                server.sendto(data[::-1], peer)
            else:
                server.send(data[::-1])

    def _reply(self, client: socket.socket) -> Outcome:
        data, peer = client.recvfrom(256)
        if data != self.shot.tag[::-1] or not self.tag_arrived:
            raise NoEvidence(f"{self.shot.title}: {data!r} came back")
        if self.shot.protocol == "udp" and peer[:2] != (self.shot.dst, self.shot.dport):
            return Outcome(self.shot, f"gateway|the reply came from {peer[0]}")
        return Outcome(self.shot, "")


def fire(ground: Ground, shot: Shot, patience: float = PATIENCE) -> Outcome:
    """Send it and wait for the evidence. Raises NoEvidence."""
    return _Flight(ground, shot, patience).outcome()
