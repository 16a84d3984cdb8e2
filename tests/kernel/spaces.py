"""Network namespaces without names: a file descriptor holds each, and the kernel removes it with the last one.

So nothing is left behind, whatever ends the process, and no other namespace is ever touched.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_NET = 0x40000000  # CLONE_NEWNET, linux/sched.h
_OWN = "/proc/thread-self/ns/net"
# Forwarding or not, a host must neither wait for duplicate addresses nor filter by the way back.
_QUIET = {
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv6/conf/all/accept_dad": "0",
    "ipv6/conf/default/accept_dad": "0",
    "ipv6/conf/default/accept_ra": "0",
    "ipv6/conf/default/router_solicitations": "0",
}
# Packets inside a bridge are no business of a router's filters; absent where the kernel cannot do it anyway.
_NO_BRIDGE_FILTERS = ("bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables")
_FORWARDING = {"ipv4/ip_forward": "1", "ipv6/conf/all/forwarding": "1"}


def lacking() -> str:
    """What this machine lacks for namespaces and their rules; "" for nothing."""
    missing = [one for one in ("ip", "nft") if shutil.which(one) is None]
    if missing:
        return f"the commands {' and '.join(missing)} (packages iproute2 and nftables)"
    if os.geteuid() != 0:
        return "root, who alone makes network namespaces"
    try:
        Space("try").close()
    except OSError as error:
        return f"the right to make network namespaces ({error.strerror})"
    return ""


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@contextmanager
def _coming_home() -> Iterator[None]:
    home = os.open(_OWN, os.O_RDONLY)
    try:
        yield
    finally:
        _call(_LIBC.setns(home, _NEW_NET))
        os.close(home)


@dataclass(slots=True)
class Space:
    """One namespace. ``name`` is for people; the kernel does not know it."""

    name: str
    forwards: bool = False
    descriptor: int = -1

    def __post_init__(self) -> None:
        with _coming_home():
            _call(_LIBC.unshare(_NEW_NET))
            self.descriptor = os.open(_OWN, os.O_RDONLY)
            for key, value in {**_QUIET, **(_FORWARDING if self.forwards else {})}.items():
                Path("/proc/sys/net", key).write_text(value, encoding="ascii")  # of the namespace that asks
            for path in (Path("/proc/sys/net", one) for one in _NO_BRIDGE_FILTERS):
                if path.exists():
                    path.write_text("0", encoding="ascii")
        self.ip("link set lo up")

    @property
    def path(self) -> str:
        """For ``ip link ... netns PATH``."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets made in here belong to the namespace, and commands started in here run in it."""
        with _coming_home():
            _call(_LIBC.setns(self.descriptor, _NEW_NET))
            yield

    def ip(self, *lines: str, six: bool = False) -> None:
        """Commands of iproute2, in one batch; *six*: of IPv6 where none says so. Raises RuntimeError."""
        self._run(["ip", *(["-6"] if six else []), "-batch", "-"], "\n".join(lines))

    def nft(self, text: str) -> str:
        """A file of nftables. Raises RuntimeError."""
        return self._run(["nft", "-f", "-"], text)

    def _run(self, command: list[str], text: str) -> str:
        with self.inside():
            done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} in {self.name}: {done.stderr}\n{text}")
        return done.stdout

    def close(self) -> None:
        """Let go of it; sockets in it must be closed first."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
