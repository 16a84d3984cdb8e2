"""Sets known only in part: what surely belongs, and what may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vpclink_checks.model.fact import Gap
from vpclink_checks.reach.sets import Addresses, Ranges, none, world
from vpclink_checks.reach.traffic import EVERY_KIND, Traffic, everything, nothing


def _together(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + other)) if other else one


@dataclass(frozen=True, slots=True)
class Bounds:
    """``sure`` is a subset of the true set, ``possible`` a superset; ``doubts`` say why they differ.

    Where every fact was read the two are equal. Intersections and unions keep that promise, so an
    answer drawn from either bound is exact although some fact is missing.
    """

    sure: Addresses
    possible: Addresses
    doubts: tuple[str, ...] = ()

    def __and__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure & other.sure, self.possible & other.possible, _together(self.doubts, other.doubts))

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(self.sure | other.sure, self.possible | other.possible, _together(self.doubts, other.doubts))


def exactly(members: Addresses) -> Bounds:
    """Every fact was read: this is the set."""
    return Bounds(members, members)


def perhaps(members: Addresses, doubt: str) -> Bounds:
    """These may belong, and nothing else does."""
    return Bounds(none(members.family), members, (doubt,))


def unread(family: int, gap: Gap) -> Bounds:
    """Nothing is known: anything may belong."""
    return perhaps(world(family), str(gap))


@dataclass(frozen=True, slots=True)
class TrafficBounds:
    """The same for sets of packets.

    ``about``: the kinds of packet that each doubt is about, in the doubts' order; empty: all of them, of each.
    """

    sure: Traffic
    possible: Traffic
    doubts: tuple[str, ...] = ()
    about: tuple[Ranges, ...] = ()

    def __and__(self, other: TrafficBounds) -> TrafficBounds:
        sure = self.sure & other.sure
        known = self.sure == self.possible and other.sure == other.possible
        possible = sure if known else self.possible & other.possible
        return TrafficBounds(sure, possible, *_both(self, other))

    def __or__(self, other: TrafficBounds) -> TrafficBounds:
        sure = self.sure | other.sure
        known = self.sure == self.possible and other.sure == other.possible
        possible = sure if known else self.possible | other.possible
        return TrafficBounds(sure, possible, *_both(self, other))

    @property
    def scoped(self) -> tuple[tuple[str, Ranges], ...]:
        """Each doubt with the kinds of packet that it is about."""
        return tuple(zip(self.doubts, self.about or (EVERY_KIND,) * len(self.doubts), strict=True))

    def at(self, kind: int) -> Bounds:
        """The addresses with packets of this kind, and the doubts about it."""
        sure = self.sure.at(kind)
        if self.possible is self.sure:
            return Bounds(sure, sure)
        possible = self.possible.at(kind)
        doubts = () if sure == possible else tuple(text for text, some in self.scoped if kind in some)
        return Bounds(sure, possible, doubts)


def _both(one: TrafficBounds, other: TrafficBounds) -> tuple[tuple[str, ...], tuple[Ranges, ...]]:
    if not other.doubts:
        return one.doubts, one.about
    return collected((*one.scoped, *other.scoped))


def collected(scoped: Iterable[tuple[str, Ranges]]) -> tuple[tuple[str, ...], tuple[Ranges, ...]]:
    """``doubts`` and ``about``, each doubt once."""
    found: dict[str, Ranges] = {}
    for text, some in scoped:
        found[text] = found[text] | some if text in found else some
    return tuple(found), tuple(found.values())


def exact_traffic(members: Traffic) -> TrafficBounds:
    """Every fact was read: these are the packets."""
    return TrafficBounds(members, members)


def unread_traffic(family: int, gap: Gap) -> TrafficBounds:
    """Nothing is known: any packet may belong."""
    return TrafficBounds(nothing(family), everything(family), (str(gap),), (EVERY_KIND,))


def every_kind(bounds: Bounds) -> TrafficBounds:
    """These addresses, whatever the kind of packet."""
    family = bounds.sure.family
    sure = Traffic.of(family, (EVERY_KIND, bounds.sure))
    if bounds.possible == bounds.sure:
        return exact_traffic(sure)
    possible = Traffic.of(family, (EVERY_KIND, bounds.possible))
    return TrafficBounds(sure, possible, bounds.doubts, (EVERY_KIND,) * len(bounds.doubts))
