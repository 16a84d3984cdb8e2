"""Exact sets of addresses and ports: sorted spans of integers, IPv4 and IPv6 apart."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range

from vpclink_checks.model.fact import Gap, UnknownFact

Span = tuple[int, int]
FAMILIES = (4, 6)
_BITS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of integers: spans (first, last), both included, sorted, apart by at least one.

    Build it with :meth:`of`; two equal sets are then equal objects.
    """

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, *spans: Span) -> Ranges:
        """The union of these spans; one whose last is below its first is empty."""
        if len(spans) == 1:
            return cls(spans) if spans[0][0] <= spans[0][1] else NOTHING
        return cls(_joined(sorted([span for span in spans if span[0] <= span[1]])))

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __contains__(self, value: int) -> bool:
        at = bisect_right(self.spans, value, key=_first)
        return at > 0 and value <= self.spans[at - 1][1]

    def __or__(self, other: Ranges) -> Ranges:
        if _covers(self.spans, other.spans):
            return self
        if _covers(other.spans, self.spans):
            return other
        return Ranges(_joined(sorted(self.spans + other.spans)))

    def __and__(self, other: Ranges) -> Ranges:
        mine, theirs = self.spans, other.spans
        if _covers(theirs, mine):
            return self
        if _covers(mine, theirs):
            return other
        if len(theirs) == 1:
            return Ranges(_clipped(mine, *theirs[0]))
        if len(mine) == 1:
            return Ranges(_clipped(theirs, *mine[0]))
        return Ranges(_common(mine, theirs))

    def __sub__(self, other: Ranges) -> Ranges:
        if not self.spans or not other.spans:
            return self
        return self & other.outside(self.spans[0][0], self.spans[-1][1])

    def outside(self, first: int, last: int) -> Ranges:
        """What lies in first..last and not in this set."""
        gaps, start = [], first
        for low, high in self.spans:
            end = min(low - 1, last)
            if start <= end:
                gaps.append((start, end))
            start = max(start, high + 1)
        if start <= last:
            gaps.append((start, last))
        return Ranges(tuple(gaps))

    def __le__(self, other: Ranges) -> bool:
        """Whether this is a subset of *other*."""
        return not self - other

    @property
    def size(self) -> int:
        """How many members."""
        return sum(last - first + 1 for first, last in self.spans)

    @property
    def first(self) -> int:
        """The smallest member. Raises ValueError for the empty set."""
        if not self.spans:
            raise ValueError("the empty set has no smallest member")
        return self.spans[0][0]

    def cut(self, points: Iterable[int]) -> tuple[Span, ...]:
        """The spans, cut in front of each of *points*: pieces within which those make no difference."""
        marks = sorted(set(points))
        pieces: list[Span] = []
        for first, last in self.spans:
            starts = [first, *(mark for mark in marks if first < mark <= last)]
            pieces.extend(zip(starts, [start - 1 for start in starts[1:]] + [last], strict=True))
        return tuple(pieces)


NOTHING = Ranges()


def _first(span: Span) -> int:
    return span[0]


def _last(span: Span) -> int:
    return span[1]


def _covers(spans: tuple[Span, ...], others: tuple[Span, ...]) -> bool:
    """Whether *others* surely lie within *spans*: a look at the ends alone."""
    if not others:
        return True
    return len(spans) == 1 and spans[0][0] <= others[0][0] and others[-1][1] <= spans[0][1]


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """The union of spans that are sorted by their first."""
    if not spans:
        return ()
    merged: list[Span] = []
    first, last = spans[0]
    for low, high in spans:
        if low > last + 1:
            merged.append((first, last))
            first, last = low, high
        elif high > last:
            last = high
    merged.append((first, last))
    return tuple(merged)


def _clipped(spans: tuple[Span, ...], low: int, high: int) -> tuple[Span, ...]:
    """What of these lies in low..high."""
    start, end = bisect_left(spans, low, key=_last), bisect_right(spans, high, key=_first)
    if start >= end:
        return ()
    found = list(spans[start:end])
    found[0] = (max(found[0][0], low), found[0][1])
    found[-1] = (found[-1][0], min(found[-1][1], high))
    return tuple(found)


def _common(mine: tuple[Span, ...], theirs: tuple[Span, ...]) -> tuple[Span, ...]:
    """What lies in both. Spans of one set are apart, so those of the intersection are, too."""
    found: list[Span] = []
    i = j = 0
    while i < len(mine) and j < len(theirs):
        (low, high), (first, last) = mine[i], theirs[j]
        if high < first:
            i += 1
        elif last < low:
            j += 1
        else:
            found.append((max(low, first), min(high, last)))
            if high < last:
                i += 1
            else:
                j += 1
    return tuple(found)


def one_port(port: int) -> Ranges:
    """The set of this port alone."""
    return Ranges.of((port, port))


@dataclass(frozen=True, slots=True)
class Addresses:
    """A set of addresses of one family (4 or 6). Mixing families raises ValueError."""

    family: int
    ranges: Ranges = Ranges()

    def _same(self, other: Addresses) -> Addresses:
        if self.family != other.family:
            raise ValueError(f"IPv{self.family} and IPv{other.family} addresses in one set")
        return other

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __contains__(self, address: str) -> bool:
        parsed = ip_address(address)
        return parsed.version == self.family and int(parsed) in self.ranges

    def __or__(self, other: Addresses) -> Addresses:
        return Addresses(self.family, self.ranges | self._same(other).ranges)

    def __and__(self, other: Addresses) -> Addresses:
        return Addresses(self.family, self.ranges & self._same(other).ranges)

    def __sub__(self, other: Addresses) -> Addresses:
        return Addresses(self.family, self.ranges - self._same(other).ranges)

    def __invert__(self) -> Addresses:
        return world(self.family) - self

    def __le__(self, other: Addresses) -> bool:
        """Whether this is a subset of *other*."""
        return self.ranges <= self._same(other).ranges

    @property
    def size(self) -> int:
        """How many addresses."""
        return self.ranges.size

    @property
    def first(self) -> str:
        """The smallest address. Raises ValueError for the empty set."""
        return str(_address(self.family, self.ranges.first))

    def cidrs(self) -> tuple[str, ...]:
        """The set as the fewest networks, smallest address first."""
        found: list[str] = []
        for first, last in self.ranges.spans:
            low, high = _address(self.family, first), _address(self.family, last)
            found.extend(str(network) for network in summarize_address_range(low, high))
        return tuple(found)

    @property
    def title(self) -> str:
        """For people: one address bare, a few networks, or the first ones and how many more."""
        if self.size == 1:
            return self.first
        named = self.cidrs()
        shown = ", ".join(named[:3]) or "nothing"
        return shown if len(named) <= 3 else f"{shown} and {len(named) - 3} more"  # noqa: PLR2004


def _address(family: int, value: int) -> IPv4Address | IPv6Address:
    return IPv4Address(value) if family == 4 else IPv6Address(value)  # noqa: PLR2004


@lru_cache(maxsize=4096)
def addresses(text: str) -> Addresses:
    """A network (``10.0.0.0/16``, host bits are dropped as EC2 does) or an address.

    Raises UnknownFact for any other text: a fact that cannot be understood is not known.
    """
    try:
        network = ip_network(text, strict=False)
    except ValueError as error:
        message = f"{text!r} is no address and no network"
        raise UnknownFact(Gap(operation="ec2", action="", code="NotRead", message=message)) from error
    span = (int(network.network_address), int(network.broadcast_address))
    return Addresses(network.version, Ranges.of(span))


def none(family: int) -> Addresses:
    """No address."""
    return Addresses(family)


@lru_cache
def world(family: int) -> Addresses:
    """Every address of the family."""
    return Addresses(family, Ranges.of((0, 2 ** _BITS[family] - 1)))


def union(family: int, texts: Iterable[str]) -> Addresses:
    """All of these networks and addresses that are of the family."""
    parsed = (addresses(text) for text in texts)
    return Addresses(family, Ranges.of(*(span for one in parsed if one.family == family for span in one.ranges.spans)))


# What no packet from the internet has as its source: semantics.md, section 7.4, and beside it the
# blocks that routers on the internet drop (IANA special-purpose registries). The documentation
# blocks stay in: configurations that name them mean the internet.
_NEVER_PUBLIC = {
    4: (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ),
    6: ("::/127", "::ffff:0:0/96", "fc00::/7", "fe80::/9", "ff00::/8"),
}
_EXAMPLES = {4: "198.51.100.7", 6: "2001:db8:ffff::7"}
# Up to here a set of public sources counts as restricted (an office's or a partner's range), above
# as the internet at large: one IPv4 /16, one IPv6 /40.
_RESTRICTED = {4: 2**16, 6: 2**88}


def public(family: int, vpc_cidrs: Iterable[str] = ()) -> Addresses:
    """Every public source: not private, shared, local, multicast or reserved, nor in these VPC blocks."""
    return _public(family) - union(family, vpc_cidrs)


@lru_cache
def _public(family: int) -> Addresses:
    return world(family) - union(family, _NEVER_PUBLIC[family])


def is_wide(sources: Addresses) -> bool:
    """Whether these public sources are more than one known network: the internet at large."""
    return sources.size > _RESTRICTED[sources.family]


def example(sources: Addresses) -> str:
    """A member to show: a documentation address where the set holds it, else the smallest."""
    wanted = _EXAMPLES[sources.family]
    return wanted if wanted in sources else sources.first
