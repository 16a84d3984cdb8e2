"""Protocols as rules and people write them, and what answers to each."""

from __future__ import annotations

from typing import Any

import pytest

from vpclink_checks.reach.protocols import asked, ports, replies, shown
from vpclink_checks.reach.sets import Ranges
from vpclink_checks.reach.traffic import kind, kinds


@pytest.mark.parametrize(
    ("protocol", "port", "expected"),
    [
        ("tcp", 443, ("tcp", 443)),
        ("TCP", None, ("tcp", None)),
        (6, 443, ("tcp", 443)),
        ("17", 53, ("udp", 53)),
        ("icmp", None, ("icmp", 8 * 256)),
        ("icmp 3/4", None, ("icmp", 3 * 256 + 4)),
        ("icmp 11", None, ("icmp", 11 * 256)),
        ("icmpv6", None, ("icmpv6", 128 * 256)),
        (58, None, ("icmpv6", 128 * 256)),
        (47, None, ("47", 0)),
        ("047", None, ("47", 0)),
    ],
)
def test_as_people_write_them(protocol: Any, port: int | None, expected: tuple[str, int | None]) -> None:
    assert asked(protocol, port) == expected


@pytest.mark.parametrize(
    ("protocol", "port", "words"),
    [
        ("gre", None, "protocol 'gre' is not known"),
        ("", None, "protocol '' is not known"),
        ("-1", None, "protocol '-1' is not known"),
        ("all", None, "protocol 'all' is not known"),
        (256, None, "protocol 256 is not known"),
        (True, None, "protocol True is not known"),
        (None, None, "protocol None is not known"),
        ("tcp 3/4", 1, "protocol 'tcp 3/4' is not known"),
        ("icmp 3/x", None, "are numbers from 0 to 255, as in icmp 3/4"),
        ("icmp 3/256", None, "are numbers from 0 to 255"),
        ("icmp", 8, 'icmp has no port: write protocol="icmp TYPE/CODE"'),
        (47, 8, "protocol 47 has no port"),
    ],
)
def test_mistakes_are_one_line(protocol: Any, port: int | None, words: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
        asked(protocol, port)
    assert words in str(caught.value)


@pytest.mark.parametrize("rule", ["tcp", "17", "icmp", "58"])
@pytest.mark.parametrize("first", [None, -1, 0, 3, 200])
@pytest.mark.parametrize("last", [None, -1, 0, 4, 255])
def test_the_values_of_a_rule_are_its_kinds_within_the_protocol(rule: str, first: int | None, last: int | None) -> None:
    """reach.traffic counts the same packets, by protocol and value at once."""
    spans = ((low - kind(rule), high - kind(rule)) for low, high in kinds(rule, first, last).spans)
    assert ports(rule, first, last) == Ranges.of(*spans)


@pytest.mark.parametrize(
    ("protocol", "value", "expected"),
    [
        ("tcp", 443, (1024, 65535)),
        ("udp", 53, (1024, 65535)),
        ("icmp", 8 * 256, (0, 0)),
        ("icmpv6", 128 * 256 + 1, (129 * 256 + 1, 129 * 256 + 1)),
        ("47", 0, (0, 0)),
    ],
)
def test_what_answers(protocol: str, value: int, expected: tuple[int, int]) -> None:
    assert replies(protocol, value) == Ranges.of(expected)


def test_nobody_answers_an_error_message() -> None:
    assert not replies("icmp", 3 * 256 + 4)
    assert not replies("icmpv6", 1 * 256)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("6", 443), "tcp 443"),
        (("udp", 1, 5), "udp 1-5"),
        (("icmp", 2048), "icmp 8/0"),
        (("1", 768, 1023), "icmp 3/0 to 3/255"),
        (("47", 0), "protocol 47"),
    ],
)
def test_in_words(given: tuple[Any, ...], expected: str) -> None:
    assert shown(*given) == expected
