"""The algebra of packet sets against plain Python sets of (kind, address)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.reach.sets import Addresses, Ranges, addresses, union, world
from vpclink_checks.reach.traffic import EVERY_KIND, Traffic, everything, kind, kinds, nothing

SPANS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=3)
BOXES = st.lists(st.tuples(SPANS, SPANS), max_size=4)
Boxes = list[tuple[list[tuple[int, int]], list[tuple[int, int]]]]


def made(boxes: Boxes) -> Traffic:
    return Traffic.of(4, *((Ranges.of(*its), Addresses(4, Ranges.of(*members))) for its, members in boxes))


def written_out(boxes: Boxes) -> set[tuple[int, int]]:
    def every(spans: list[tuple[int, int]]) -> set[int]:
        return {value for first, last in spans for value in range(first, last + 1)}

    return {(one, address) for its, members in boxes for one in every(its) for address in every(members)}


def members(traffic: Traffic) -> set[tuple[int, int]]:
    return {
        (one, address)
        for its, held in traffic.pieces
        for first, last in its.spans
        for one in range(first, last + 1)
        for low, high in held.ranges.spans
        for address in range(low, high + 1)
    }


@given(BOXES, BOXES)
def test_packets_are_sets(a: Boxes, b: Boxes) -> None:
    left, right = made(a), made(b)
    mine, theirs = written_out(a), written_out(b)
    assert members(left) == mine
    assert members(left | right) == mine | theirs
    assert members(left & right) == mine & theirs
    assert members(left - right) == mine - theirs
    assert (left <= right) == (mine <= theirs)
    assert (left == right) == (mine == theirs), "equal sets are equal objects"
    assert bool(left) == bool(mine)
    assert members(left.only(Ranges.of((2, 4)))) == {one for one in mine if 2 <= one[0] <= 4}
    for one in range(8):
        assert {(one, int(address)) for low, high in left.at(one).ranges.spans for address in range(low, high + 1)} == {
            pair for pair in mine if pair[0] == one
        }
    assert {one for one in range(8) if one in left.kinds} == {pair[0] for pair in mine}
    if mine:
        smallest = min(mine)
        assert left.smallest == (smallest[0], next(iter(left.at(smallest[0]).cidrs())).split("/", maxsplit=1)[0])


def test_halves_are_the_world() -> None:
    halves = Traffic.of(4, *((kinds("-1"), addresses(one)) for one in ("0.0.0.0/1", "128.0.0.0/1")))
    assert halves == everything(4)
    by_protocol = Traffic.of(4, *((kinds(str(one)), world(4)) for one in range(256)))
    assert by_protocol == everything(4)
    assert everything(4) - halves == nothing(4)


@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        (("tcp", 80, 443), [kind("tcp", 80), kind("tcp", 443)], [kind("tcp", 79), kind("tcp", 444), kind("udp", 80)]),
        (("6", 80, None), [kind("tcp", 80)], [kind("tcp", 81)]),
        (("udp", None, None), [kind("udp", 0), kind("udp", 65535)], [kind("tcp", 0)]),
        (("tcp", -1, -1), [kind("tcp", 0), kind("tcp", 65535)], [kind("udp", 1)]),
        (("-1", 80, 80), [kind("tcp", 81), kind("47"), kind("icmp", 8 * 256)], []),
        (("47", 80, 80), [kind("47"), kind("47", 81)], [kind("46", 80), kind("48", 80)]),
        (("icmp", -1, -1), [kind("icmp", 8 * 256), kind("icmp", 255 * 256 + 255)], [kind("icmpv6", 128 * 256)]),
        (("icmp", 3, -1), [kind("icmp", 3 * 256), kind("icmp", 3 * 256 + 4)], [kind("icmp", 4 * 256)]),
        (("icmp", 3, 4), [kind("icmp", 3 * 256 + 4)], [kind("icmp", 3 * 256 + 3), kind("icmp", 3 * 256 + 5)]),
        (("icmpv6", None, None), [kind("58", 128 * 256)], [kind("1", 8 * 256)]),
    ],
)
def test_the_kinds_of_a_rule(rule: tuple[str, int | None, int | None], inside: list[int], outside: list[int]) -> None:
    found = kinds(*rule)
    assert found <= EVERY_KIND
    assert [one for one in inside if one not in found] == []
    assert [one for one in outside if one in found] == []


def test_families_do_not_mix() -> None:
    with pytest.raises(ValueError, match="IPv4 and IPv6"):
        _ = everything(4) & everything(6)
    with pytest.raises(ValueError, match="IPv4 and IPv6"):
        Traffic.of(4, (EVERY_KIND, world(6)))
    with pytest.raises(ValueError, match="no smallest"):
        _ = nothing(4).smallest
    assert union(6, ["10.0.0.0/8"]) == Addresses(6)
