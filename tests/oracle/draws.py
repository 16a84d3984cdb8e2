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
EPHEMERAL = ((1024, 65535), (1024, 65535), (1025, 65535), (1024, 65534), (1023, 65535), (32768, 60999), (0, 1024))
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
    many = some(draw, 1, 1, 1, 2, most)
    return set(draw(st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=many, unique=True)))


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


def network(draw: Draw, *about: str, holds: bool | None = None) -> str:
    """A network that holds one of these addresses, or just misses it; two in three hold it where nothing is said."""
    address = some(draw, *about)
    hit = draw(st.integers(0, 2)) > 0 if holds is None else holds
    return some(draw, *holding(address)) if hit else some(draw, *beside(address))


def networks(draw: Draw, *about: str) -> tuple[str, ...]:
    """The entries of a prefix list; now and then the world in halves, or one that holds behind one that does not."""
    how = draw(st.integers(0, 3))
    if how == 0:
        return ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
    if how == 1:
        return network(draw, *about, holds=False), network(draw, *about, holds=True)
    return tuple(network(draw, *about) for _ in range(draw(st.integers(0, 2))))


def span(draw: Draw, port: int, *, holds: bool = True) -> tuple[int, int]:
    """A range of ports that holds this one, at its edge as often as not; or one that ends just beside it."""
    low, high = max(port - 1, 0), min(port + 1, 65535)
    if holds:
        return some(draw, (port, port), (low, port), (port, high), (0, 65535), (0, port), (port, 65535), (low, high))
    return some(draw, *([(high, 65535), (high, high)] if port < 65535 else []), (0, low), (low, low))


def protocol(draw: Draw, kind: Kind, *, numbers: bool, holds: bool = True) -> str:
    """The packet's own, or -1; ACLs write numbers, groups either."""
    if not holds:
        return some(draw, "17" if kind.protocol == TCP else "6", "47", "1" if kind.protocol != ICMP else "58")
    name = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}.get(kind.protocol, str(kind.protocol))
    own = str(kind.protocol) if numbers else some(draw, name, str(kind.protocol))
    return some(draw, own, own, own, "-1")


def spoiled(draw: Draw) -> str:
    """Which part of a rule keeps it from matching: mostly one alone, or none."""
    return some(draw, "", "", "protocol", "ports", "peer")


def rule(draw: Draw, kind: Kind, about: Sequence[str], groups: Sequence[str], lists: Sequence[str] = ()) -> GroupRule:
    """One permission; its peer is a network, a prefix list or a group."""
    fault = spoiled(draw)
    word = protocol(draw, kind, numbers=False, holds=fault != "protocol")
    low, high = _limits(draw, word, kind, holds=fault != "ports")
    made = GroupRule(protocol=word, from_port=low, to_port=high)
    how = some(draw, "network", "network", "group", "list" if lists else "network")
    if how == "network":
        return replace(made, cidr=network(draw, *about, holds=fault != "peer"))
    if how == "group":
        return replace(made, group_id=some(draw, *groups))
    return replace(made, prefix_list_id=some(draw, *lists))


def _limits(draw: Draw, word: str, kind: Kind, *, holds: bool) -> tuple[int | None, int | None]:
    if word in ("icmp", "1", "icmpv6", "58"):
        return _icmp(draw, kind, holds=holds)
    if word in ("tcp", "6", "udp", "17"):
        return span(draw, kind.port, holds=holds)
    return some(draw, (None, None), (None, None), (5, 6))  # whatever stands there is ignored


def _icmp(draw: Draw, kind: Kind, *, holds: bool) -> tuple[int | None, int | None]:
    if holds:
        return some(draw, (kind.port, kind.code), (kind.port, -1), (-1, -1), (None, None))
    return some(draw, (kind.port + 1, -1), (kind.port, kind.code + 1), (kind.port + 1, kind.code))


def rules(
    draw: Draw, kind: Kind, about: Sequence[str], groups: Sequence[str], lists: Sequence[str] = ()
) -> tuple[GroupRule, ...]:
    """Up to two; half the time one for all traffic, about whose peer alone there is a question."""
    if draw(st.booleans()):
        return tuple(rule(draw, kind, about, groups, lists) for _ in range(draw(st.integers(0, 2))))
    made = GroupRule(protocol="-1")
    how = some(draw, "network", "family", "group", "group", "list" if lists else "group")
    if how == "group":
        return (replace(made, group_id=some(draw, *groups)),)
    if how == "list":
        return (replace(made, prefix_list_id=some(draw, *lists)),)
    other = WORLD[10 - ip_address(some(draw, *about)).version]
    return (replace(made, cidr=other if how == "family" else network(draw, *about)),)


def entry(draw: Draw, kind: Kind, about: Sequence[str], direction: bool, number: int) -> AclEntry:
    fault = spoiled(draw)
    word = protocol(draw, kind, numbers=True, holds=fault != "protocol")
    near = some(draw, kind.port, kind.port, 1024, 65535, 40000) if kind.ported else kind.port
    low, high = span(draw, near, holds=fault != "ports") if word in ("6", "17") else (None, None)
    answers = replace(kind, port={8: 0, 128: 129}.get(kind.port, kind.port)) if draw(st.booleans()) else kind
    type_, code = _icmp(draw, answers, holds=fault != "ports") if word in ("1", "58") else (None, None)
    return AclEntry(
        number=number,
        egress=direction,
        allow=draw(st.booleans()),
        protocol=word,
        cidr=network(draw, *about, holds=fault != "peer"),
        from_port=low,
        to_port=high,
        icmp_type=type_,
        icmp_code=code,
        doubt=UNSAID if chance(draw, 12) else None,
    )


def entries(draw: Draw, kind: Kind, about: Sequence[str]) -> tuple[AclEntry, ...]:
    """One to three entries in front of an open ACL, or an ACL of their own; in any order."""
    decided = draw(st.booleans())
    if kind.ported and chance(draw, 2):
        return ephemeral(draw, kind, decided)
    numbers = draw(st.permutations([10, 20, 30]))
    own = [entry(draw, kind, about, decided, one) for one in numbers[: draw(st.integers(1, 3))]]
    behind = [one for one in open_entries() if one.egress != decided or draw(st.booleans())]
    return tuple(draw(st.permutations([*own, *behind])))


def ephemeral(draw: Draw, kind: Kind, direction: bool) -> tuple[AclEntry, ...]:
    """Open the one way; the other way nothing but a range of ports, which just is what replies take, or misses it."""
    low, high = some(draw, *EPHEMERAL)
    let = [
        AclEntry(number=version, egress=direction, allow=True, protocol=str(kind.protocol), cidr=cidr)
        for version, cidr in WORLD.items()
    ]
    return (
        *(replace(one, from_port=low, to_port=high) for one in let),
        *(one for one in open_entries() if one.egress != direction),
    )


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
    first = found[0]
    if not first.destination.startswith("pl-") and chance(draw, 3):  # the same network, propagated as well
        found.append(replace(first, target="vgw-0f", origin="EnableVgwRoutePropagation", state="active"))
    return tuple({(one.destination, one.origin): one for one in found}.values())
