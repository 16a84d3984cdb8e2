"""Sets known only in part: what surely belongs, and what may."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.fact import Gap
from vpclink_checks.reach.sets import Addresses, none, world


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
        return Bounds(
            self.sure & other.sure, self.possible & other.possible, tuple(dict.fromkeys(self.doubts + other.doubts))
        )

    def __or__(self, other: Bounds) -> Bounds:
        return Bounds(
            self.sure | other.sure, self.possible | other.possible, tuple(dict.fromkeys(self.doubts + other.doubts))
        )


def exactly(members: Addresses) -> Bounds:
    """Every fact was read: this is the set."""
    return Bounds(members, members)


def perhaps(members: Addresses, doubt: str) -> Bounds:
    """These may belong, and nothing else does."""
    return Bounds(none(members.family), members, (doubt,))


def unread(family: int, gap: Gap) -> Bounds:
    """Nothing is known: anything may belong."""
    return perhaps(world(family), str(gap))
