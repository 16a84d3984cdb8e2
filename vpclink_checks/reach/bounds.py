"""Sets known only in part: what surely belongs, and what may."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.fact import Gap
from vpclink_checks.reach.sets import Addresses, none, world
from vpclink_checks.reach.traffic import Traffic


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
    """The same for sets of packets."""

    sure: Traffic
    possible: Traffic
    doubts: tuple[str, ...] = ()

    def __and__(self, other: TrafficBounds) -> TrafficBounds:
        sure = self.sure & other.sure
        known = self.sure == self.possible and other.sure == other.possible
        possible = sure if known else self.possible & other.possible
        return TrafficBounds(sure, possible, _together(self.doubts, other.doubts))

    def __or__(self, other: TrafficBounds) -> TrafficBounds:
        sure = self.sure | other.sure
        known = self.sure == self.possible and other.sure == other.possible
        possible = sure if known else self.possible | other.possible
        return TrafficBounds(sure, possible, _together(self.doubts, other.doubts))

    def at(self, kind: int) -> Bounds:
        """The addresses with packets of this kind."""
        sure, possible = self.sure.at(kind), self.possible.at(kind)
        return Bounds(sure, possible, () if sure == possible else self.doubts)
