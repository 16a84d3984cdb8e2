"""Set algebra against plain Python sets, over spaces small enough to write out."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.sets import (
    Addresses,
    Ranges,
    addresses,
    example,
    is_wide,
    none,
    public,
    union,
    world,
)

SPANS = st.lists(st.tuples(st.integers(0, 31), st.integers(0, 31)), max_size=5)


def members(ranges: Ranges) -> set[int]:
    return {value for first, last in ranges.spans for value in range(first, last + 1)}


def written_out(spans: list[tuple[int, int]]) -> set[int]:
    return {value for first, last in spans for value in range(first, last + 1)}


@given(SPANS, SPANS)
def test_ranges_are_sets(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> None:
    left, right = Ranges.of(*a), Ranges.of(*b)
    mine, theirs = written_out(a), written_out(b)
    assert members(left) == mine
    assert members(left | right) == mine | theirs
    assert members(left & right) == mine & theirs
    assert members(left - right) == mine - theirs
    assert members(left.outside(0, 31)) == set(range(32)) - mine
    assert (left <= right) == (mine <= theirs)
    assert bool(left) == bool(mine)
    assert left.size == len(mine)
    assert (left == right) == (mine == theirs), "equal sets are equal objects"
    assert [value in left for value in range(32)] == [value in mine for value in range(32)]


@given(SPANS, st.lists(st.integers(0, 31)))
def test_cutting_changes_no_member(spans: list[tuple[int, int]], points: list[int]) -> None:
    whole = Ranges.of(*spans)
    pieces = whole.cut(points)
    assert members(Ranges.of(*pieces)) == members(whole)
    assert sum(last - first + 1 for first, last in pieces) == whole.size, "pieces do not overlap"
    assert not any(first < point <= last for first, last in pieces for point in points)


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=6))
def test_networks_there_and_back(blocks: list[tuple[int, int]]) -> None:
    texts = [f"192.0.2.{host}/{length}" for host, length in blocks]
    found = union(4, texts)
    assert union(4, found.cidrs()) == found
    assert all(one in found for one in (f"192.0.2.{host}" for host, _ in blocks))
    assert ~~found == found
    assert not found & ~found


def test_two_halves_are_the_world() -> None:
    assert union(4, ["0.0.0.0/1", "128.0.0.0/1"]) == world(4)
    assert union(6, ["::/1", "8000::/1"]) == world(6)
    assert world(4).cidrs() == ("0.0.0.0/0",)
    assert world(6).cidrs() == ("::/0",)


def test_families_do_not_mix() -> None:
    with pytest.raises(ValueError, match="IPv4 and IPv6"):
        world(4) | world(6)
    assert "2001:db8::1" not in world(4)
    assert union(4, ["2001:db8::/32", "10.0.0.0/8"]) == addresses("10.0.0.0/8")


@pytest.mark.parametrize(
    ("address", "counts"),
    [
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("172.32.0.1", True),
        ("192.168.0.1", False),
        ("100.64.0.1", False),
        ("100.128.0.1", True),
        ("169.254.169.254", False),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("198.51.100.7", True),
        ("8.8.8.8", True),
        ("203.0.113.9", False),  # the account's own block below
        ("fd00::1", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("::1", False),
        ("2001:db8:1::1", False),  # likewise
        ("2001:db8:2::1", True),
    ],
)
def test_public_sources(address: str, counts: bool) -> None:
    """semantics.md 7.4: outside RFC 1918, 100.64/10, link-local, ULA and the account's VPC blocks."""
    family = ip_address(address).version
    assert (address in public(family, ["203.0.113.0/24", "2001:db8:1::/48"])) is counts


@pytest.mark.parametrize(
    ("cidr", "wide"),
    [
        ("198.51.100.7/32", False),
        ("203.0.113.0/24", False),
        ("198.51.0.0/16", False),
        ("198.50.0.0/15", True),
        ("0.0.0.0/1", True),
        ("2001:db8::/48", False),
        ("2001:db8::/32", True),
        ("::/0", True),
    ],
)
def test_restricted_or_the_internet_at_large(cidr: str, wide: bool) -> None:
    assert is_wide(addresses(cidr)) is wide


def test_an_example_is_a_member() -> None:
    assert example(public(4)) == "198.51.100.7"
    assert example(addresses("203.0.113.0/24")) == "203.0.113.0"
    with pytest.raises(ValueError, match="empty"):
        example(none(4))


def test_titles() -> None:
    assert addresses("10.0.11.10").title == "10.0.11.10"
    assert addresses("10.0.11.0/24").title == "10.0.11.0/24"
    assert union(4, ["10.0.0.0/32", "10.0.0.2/32", "10.0.0.4/32", "10.0.0.6/32"]).title.endswith("and 1 more")
    assert none(4).title == "nothing"


def test_what_is_no_network_is_not_known() -> None:
    with pytest.raises(UnknownFact, match="no network"):
        addresses("10.0.0.0/33")


def test_host_bits_are_dropped() -> None:
    assert addresses("10.0.0.9/24") == addresses("10.0.0.0/24")
    assert isinstance(addresses("::/0"), Addresses)
