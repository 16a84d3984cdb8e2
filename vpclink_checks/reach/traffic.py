"""Exact sets of packets: addresses of one side by kinds (protocol and port, or ICMP type and code)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
        return _canonical(family, _swept(_by_equal_kinds(filled)))

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __or__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        if not other.pieces or self is other:
            return self
        if not self.pieces:
            return other
        return _canonical(self.family, _pairwise(self, other, Addresses.__or__, alone=(True, True)))

    def __and__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        if not self.pieces or self is other or _is_all(other):
            return self
        if _is_all(self):
            return other
        return _canonical(self.family, _pairwise(self, other, Addresses.__and__, alone=(False, False)))

    def __sub__(self, other: Traffic) -> Traffic:
        _same(self.family, other.family)
        if not self.pieces or not other.pieces:
            return self
        return _canonical(self.family, _pairwise(self, other, Addresses.__sub__, alone=(True, False)))

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
        cut = ((its_kinds & some, members) for its_kinds, members in self.pieces)
        return Traffic(self.family, tuple(sorted((piece for piece in cut if piece[0]), key=_by_kinds)))

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


_Segment = tuple[int, int, Addresses]  # first kind, last kind, addresses


def _segments(traffic: Traffic) -> list[_Segment]:
    """The set along the axis of kinds: apart from each other and in order."""
    found = [(first, last, members) for some, members in traffic.pieces for first, last in some.spans]
    return sorted(found, key=_by_first) if len(traffic.pieces) > 1 else found


def _by_first(segment: _Segment) -> int:
    return segment[0]


def _pairwise(
    one: Traffic, two: Traffic, both: Callable[[Addresses, Addresses], Addresses], *, alone: tuple[bool, bool]
) -> Iterator[_Segment]:
    """Walks both along the axis of kinds: *both* joins what they have there; *alone*: whether one's own stays."""
    made: dict[tuple[int, int], Addresses] = {}
    mine, theirs = _segments(one), _segments(two)
    mine.append(_END)
    theirs.append(_END)
    i = j = 0
    (low, high, held), (first, last, met) = mine[0], theirs[0]
    while low < _BEYOND or first < _BEYOND:
        if low < first:
            end = min(high, first - 1)
            if alone[0]:
                yield low, end, held
            low = end + 1
        elif first < low:
            end = min(last, low - 1)
            if alone[1]:
                yield first, end, met
            first = end + 1
        else:
            end = min(high, last)
            key = (id(held), id(met))
            if key not in made:
                made[key] = both(held, met)
            if made[key]:
                yield low, end, made[key]
            low = first = end + 1
        if low > high:
            i += 1
            low, high, held = mine[i]
        if first > last:
            j += 1
            first, last, met = theirs[j]


_BEYOND = PROTOCOLS * _BLOCK
_END: _Segment = (_BEYOND, _BEYOND, Addresses(4))


def _by_equal_kinds(boxes: list[tuple[Ranges, Addresses]]) -> list[tuple[Ranges, Addresses]]:
    """The same union with one box for all of the same kinds."""
    found: dict[Ranges, list[Addresses]] = {}
    for its_kinds, members in boxes:
        found.setdefault(its_kinds, []).append(members)
    return [(its_kinds, _union(every)) for its_kinds, every in found.items()]


def _swept(boxes: list[tuple[Ranges, Addresses]]) -> Iterator[_Segment]:
    """Segments that share no kind, with the same union: the kinds are cut wherever a box begins or ends."""
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
            yield edge, edges[position + 1] - 1, unions[key]


def _union(every: list[Addresses]) -> Addresses:
    if len(every) == 1:
        return every[0]
    spans = [span for one in every for span in one.ranges.spans]
    return Addresses(every[0].family, Ranges.of(*spans))


def _canonical(family: int, segments: Iterable[_Segment]) -> Traffic:
    """From segments that share no kind. Equal addresses are found by a few of their numbers first, then in full."""
    buckets: dict[tuple[int, Span, Span], list[tuple[Addresses, list[Span]]]] = {}
    for first, last, members in segments:
        spans = members.ranges.spans
        bucket = buckets.setdefault((len(spans), spans[0], spans[-1]), [])
        for known, kinds_ in bucket:
            if known is members or known == members:
                kinds_.append((first, last))
                break
        else:
            bucket.append((members, [(first, last)]))
    pieces = [(Ranges.of(*kinds_), members) for bucket in buckets.values() for members, kinds_ in bucket]
    return Traffic(family, tuple(sorted(pieces, key=_by_kinds)))


def _by_kinds(piece: tuple[Ranges, Addresses]) -> tuple[Span, ...]:
    return piece[0].spans


def _is_all(traffic: Traffic) -> bool:
    return len(traffic.pieces) == 1 and traffic.pieces[0] == (EVERY_KIND, world(traffic.family))


def nothing(family: int) -> Traffic:
    """No packet."""
    return Traffic(family)


def everything(family: int) -> Traffic:
    """Every packet of the family."""
    return Traffic(family, ((EVERY_KIND, world(family)),))
