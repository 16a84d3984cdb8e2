"""Exact sets of packets: addresses of one side by kinds (protocol and port, or ICMP type and code)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from vpclink_checks.reach.protocols import number
from vpclink_checks.reach.sets import Addresses, Ranges, Span, none, world

# A kind is one integer: the protocol's number, then 16 bits: a port, or ICMP's type and code.
_BLOCK = 1 << 16
_TYPE = 1 << 8
PROTOCOLS = 256
_PORTS, _ICMP = (6, 17), (1, 58)
EVERY_KIND = Ranges.of((0, PROTOCOLS * _BLOCK - 1))


def kind(protocol: str, value: int = 0) -> int:
    """The kind of a packet: *protocol* by name or number; a port, or for ICMP ``type * 256 + code``."""
    return int(number(protocol)) * _BLOCK + value


@lru_cache(maxsize=4096)
def kinds(protocol: str, first: int | None = None, last: int | None = None) -> Ranges:
    """The kinds that a security group rule takes in, from its IpProtocol, FromPort and ToPort.

    ``-1`` is any protocol. Only TCP, UDP, ICMP and ICMPv6 have ports (or types and codes); what else stands
    there is ignored. None or -1 is any port, type or code; for ICMP *first* is the type, *last* the code
    (botocore model, IpPermission; semantics.md, section 7.3).
    """
    named = number(protocol)
    if named == "-1":
        return EVERY_KIND
    value = int(named)
    start = value * _BLOCK
    if value in _ICMP:
        return _icmp(start, first, last)
    if value not in _PORTS or first is None or first < 0:
        return Ranges.of((start, start + _BLOCK - 1))
    return Ranges.of((start + first, start + (first if last is None else last)))


def _icmp(start: int, type_: int | None, code: int | None) -> Ranges:
    if type_ is None or type_ < 0:
        return Ranges.of((start, start + _BLOCK - 1))
    low = start + type_ * _TYPE
    if code is None or code < 0:
        return Ranges.of((low, low + _TYPE - 1))
    return Ranges.of((low + code, low + code))


def kind_title(one: int) -> str:
    """``tcp 443``, ``icmp 8/0``, ``protocol 47``."""
    protocol, value = divmod(one, _BLOCK)
    if protocol in _PORTS:
        return f"{'tcp' if protocol == _PORTS[0] else 'udp'} {value}"
    if protocol in _ICMP:
        return f"{'icmp' if protocol == 1 else 'icmpv6'} {value // _TYPE}/{value % _TYPE}"
    return f"protocol {protocol}"


@dataclass(frozen=True, slots=True)
class Traffic:
    """A set of (kind, address) of one family.

    ``pieces`` are (kinds, addresses): no two have a kind or an address set in common, none is empty, and they are
    ordered. Built by :meth:`of`, so that equal sets are equal objects. Mixing families raises ValueError.
    """

    family: int
    pieces: tuple[tuple[Ranges, Addresses], ...] = ()

    @classmethod
    def of(cls, family: int, *boxes: tuple[Ranges, Addresses]) -> Traffic:
        """The union of these boxes, which may overlap."""
        filled = [(its_kinds, members) for its_kinds, members in boxes if its_kinds and members]
        for _, members in filled:
            _same(family, members.family)
        if len(filled) <= 1:
            return cls(family, tuple(filled))
        return _canonical(family, _swept(filled))

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __or__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        if not other.pieces or self == other:
            return self
        return Traffic.of(self.family, *self.pieces, *other.pieces) if self.pieces else other

    def __and__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        return _canonical(
            self.family,
            (
                (one & two, mine & theirs)
                for one, mine in self.pieces
                for two, theirs in other.pieces
                if _touch(one, two)
            ),
        )

    def __sub__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        left: list[tuple[Ranges, Addresses]] = []
        for its_kinds, members in self.pieces:
            rest = its_kinds
            for theirs, taken in other.pieces:
                shared = rest & theirs
                left.append((shared, members - taken))
                rest = rest - shared
            left.append((rest, members))
        return _canonical(self.family, left)

    def __le__(self, other: Traffic) -> bool:
        """Whether this is a subset of *other*."""
        return not self - other

    @property
    def kinds(self) -> Ranges:
        """Every kind of packet in it."""
        return Ranges.of(*(span for its_kinds, _ in self.pieces for span in its_kinds.spans))

    def at(self, one: int) -> Addresses:
        """The addresses with packets of this kind."""
        return next((members for its_kinds, members in self.pieces if one in its_kinds), none(self.family))

    def only(self, some: Ranges) -> Traffic:
        """The packets of these kinds."""
        return _canonical(self.family, ((its_kinds & some, members) for its_kinds, members in self.pieces))

    @property
    def smallest(self) -> tuple[int, str]:
        """(kind, address): the smallest kind, and its smallest address. Raises ValueError for the empty set."""
        if not self.pieces:
            raise ValueError("the empty set has no smallest member")
        its_kinds, members = self.pieces[0]
        return its_kinds.first, members.first


def _same(one: int, other: int) -> None:
    if one != other:
        raise ValueError(f"IPv{one} and IPv{other} in one set")


def _touch(one: Ranges, two: Ranges) -> bool:
    return one.spans[0][0] <= two.spans[-1][1] and two.spans[0][0] <= one.spans[-1][1]


def _swept(boxes: list[tuple[Ranges, Addresses]]) -> Iterator[tuple[Ranges, Addresses]]:
    """Boxes that share no kind, with the same union: the kinds are cut wherever a box begins or ends."""
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for index, (its_kinds, _) in enumerate(boxes):
        for first, last in its_kinds.spans:
            starts.setdefault(first, []).append(index)
            ends.setdefault(last + 1, []).append(index)
    edges = sorted(starts.keys() | ends.keys())
    active: set[int] = set()
    unions: dict[frozenset[int], Addresses] = {}
    for position, edge in enumerate(edges):
        active.difference_update(ends.get(edge, ()))
        active.update(starts.get(edge, ()))
        if active:
            key = frozenset(active)
            if key not in unions:
                unions[key] = _union([boxes[index][1] for index in sorted(key)])
            yield Ranges.of((edge, edges[position + 1] - 1)), unions[key]


def _union(every: list[Addresses]) -> Addresses:
    if len(every) == 1:
        return every[0]
    spans = [span for one in every for span in one.ranges.spans]
    return Addresses(every[0].family, Ranges.of(*spans))


def _canonical(family: int, boxes: Iterable[tuple[Ranges, Addresses]]) -> Traffic:
    """From boxes that share no kind."""
    grouped: dict[Addresses, list[Span]] = {}
    for its_kinds, members in boxes:
        if its_kinds and members:
            grouped.setdefault(members, []).extend(its_kinds.spans)
    pieces = [(Ranges.of(*spans), members) for members, spans in grouped.items()]
    return Traffic(family, tuple(sorted(pieces, key=lambda piece: piece[0].spans)))


def nothing(family: int) -> Traffic:
    """No packet."""
    return Traffic(family)


def everything(family: int) -> Traffic:
    """Every packet of the family."""
    return Traffic(family, ((EVERY_KIND, world(family)),))
