"""What small spaces are made of: networks, ports, rules and entries close to one packet's own.

Drawn beside the packet's address and port, so that every edge of every rule can decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from tests.oracle.words import ICMP, ICMPV6, TCP, UDP, Kind
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.network import AclEntry, GroupRule, RouteEntry

T = TypeVar("T")
PORTS = (1, 80, 1023, 1024, 1025, 40000, 65535)
WORLD = {4: "0.0.0.0/0", 6: "::/0"}
UNSAID = Gap(operation="ec2:Describe", action="", code="UnheardOf", message="a word of tomorrow")


class Draw(Protocol):
    def __call__(self, strategy: st.SearchStrategy[T], label: object = None) -> T: ...


def some(draw: Draw, *options: T) -> T:
    return draw(st.sampled_from(options))


def chance(draw: Draw, of: int) -> bool:
    """One time in *of*; shrinks to no."""
    return draw(st.integers(1, of)) == of


def perturbed(draw: Draw, names: Sequence[str], most: int = 3) -> set[str]:
    """Which layers are other than wide open: one to three of them, so that one filter often decides."""
    return set(draw(st.lists(st.sampled_from(sorted(names)), min_size=0, max_size=most, unique=True)))


def holding(address: str) -> list[str]:
    """Networks that hold the address, from itself to the world."""
    whole = ip_network(address)
    bits = whole.max_prefixlen
    lengths = (bits, bits - 1, bits - 8, 64 if whole.version == 6 else 16, 1, 0)
    return [str(whole.supernet(new_prefix=one)) for one in lengths]


def beside(address: str) -> list[str]:
    """Networks of the same sizes that just miss it, and the other family's world."""
    found = []
    for text in holding(address)[:-1]:
        network = ip_network(text)
        other = int(network.network_address) ^ (1 << (network.max_prefixlen - network.prefixlen))
        found.append(str(type(network)((other, network.prefixlen))))
    return [*found, WORLD[10 - ip_address(address).version]]


def network(draw: Draw, *about: str) -> str:
    address = some(draw, *about)
    return some(draw, *holding(address)) if draw(st.integers(0, 2)) else some(draw, *beside(address))


def networks(draw: Draw, *about: str) -> tuple[str, ...]:
    """The entries of a prefix list; now and then the world in halves."""
    if chance(draw, 4):
        return ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
    return tuple(network(draw, *about) for _ in range(draw(st.integers(0, 3))))


def span(draw: Draw, port: int) -> tuple[int, int]:
    low, high = max(port - 1, 0), min(port + 1, 65535)
    return some(draw, (port, port), (low, high), (0, 65535), (high, 65535), (0, low), (1024, 65535), (port, 65535))


def protocol(draw: Draw, kind: Kind, *, numbers: bool) -> str:
    """Mostly the packet's own; ACLs write numbers, groups either."""
    name = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}.get(kind.protocol, str(kind.protocol))
    own = str(kind.protocol) if numbers else some(draw, name, str(kind.protocol))
    other = some(draw, "17" if kind.protocol == TCP else "6", "47", "1")
    return some(draw, own, own, own, "-1", other)


def rule(draw: Draw, kind: Kind, about: Sequence[str], groups: Sequence[str], lists: Sequence[str] = ()) -> GroupRule:
    """One permission; its peer is a network, a prefix list or a group."""
    word = protocol(draw, kind, numbers=False)
    low, high = _limits(draw, word, kind)
    made = GroupRule(protocol=word, from_port=low, to_port=high)
    how = some(draw, "network", "network", "group", "list" if lists else "network")
    if how == "network":
        return replace(made, cidr=network(draw, *about))
    if how == "group":
        return replace(made, group_id=some(draw, *groups))
    return replace(made, prefix_list_id=some(draw, *lists))


def _limits(draw: Draw, word: str, kind: Kind) -> tuple[int | None, int | None]:
    if word in ("icmp", "1", "icmpv6", "58"):
        return _icmp(draw, kind)
    if word in ("tcp", "6", "udp", "17"):
        return span(draw, kind.port)
    return some(draw, (None, None), (None, None), (5, 6))  # whatever stands there is ignored


def _icmp(draw: Draw, kind: Kind) -> tuple[int | None, int | None]:
    near = ((kind.port, kind.code), (kind.port, -1), (kind.port + 1, -1), (kind.port, kind.code + 1))
    return some(draw, *near, (-1, -1), (None, None))


def rules(
    draw: Draw, kind: Kind, about: Sequence[str], groups: Sequence[str], lists: Sequence[str] = ()
) -> tuple[GroupRule, ...]:
    return tuple(rule(draw, kind, about, groups, lists) for _ in range(draw(st.integers(0, 3))))


def entry(draw: Draw, kind: Kind, about: Sequence[str], direction: bool, number: int) -> AclEntry:
    word = protocol(draw, kind, numbers=True)
    ported = word in ("6", "17")
    reply = some(draw, kind.port, 1024, 65535, 40000)
    low, high = span(draw, reply) if ported else (None, None)
    type_, code = _icmp(draw, kind) if word in ("1", "58") else (None, None)
    doubt = UNSAID if chance(draw, 12) else None
    return AclEntry(
        number=number,
        egress=direction,
        allow=draw(st.booleans()),
        protocol=word,
        cidr=network(draw, *about),
        from_port=low,
        to_port=high,
        icmp_type=type_,
        icmp_code=code,
        doubt=doubt,
    )


def entries(draw: Draw, kind: Kind, about: Sequence[str]) -> tuple[AclEntry, ...]:
    """One to three entries in front of an open ACL, or an ACL of their own; in any order."""
    decided = some(draw, True, False)
    numbers = draw(st.permutations([10, 20, 30]))
    own = [entry(draw, kind, about, decided, one) for one in numbers[: draw(st.integers(1, 3))]]
    behind = open_entries() if draw(st.integers(0, 3)) else open_entries()[2:]
    return tuple(draw(st.permutations([*own, *behind])))


def open_entries() -> list[AclEntry]:
    """IPv4 and IPv6, both ways, and the final denials."""
    allowed = [
        AclEntry(number=100 + version, egress=egress, allow=True, cidr=WORLD[version])
        for egress in (False, True)
        for version in (4, 6)
    ]
    denied = [
        AclEntry(number=32767 + (version == 6), egress=egress, allow=False, cidr=WORLD[version])
        for egress in (False, True)
        for version in (4, 6)
    ]
    return sorted([*allowed, *denied], key=lambda one: one.egress)


def route(draw: Draw, about: Sequence[str], targets: Sequence[str], lists: Sequence[str] = ()) -> RouteEntry:
    where = some(draw, *lists) if lists and chance(draw, 3) else network(draw, *about)
    propagated = not where.startswith("pl-") and chance(draw, 5)
    return RouteEntry(
        destination=where,
        target="vgw-0f" if propagated else some(draw, *targets),
        state=some(draw, "active", "active", "active", "blackhole", "filtered"),
        origin="EnableVgwRoutePropagation" if propagated else "CreateRoute",
    )


def routes(
    draw: Draw, about: Sequence[str], targets: Sequence[str], lists: Sequence[str] = ()
) -> tuple[RouteEntry, ...]:
    """One to three, no two with the same destination and origin."""
    found = [route(draw, about, targets, lists) for _ in range(draw(st.integers(1, 3)))]
    return tuple({(one.destination, one.origin): one for one in found}.values())
