"""Which rule takes what a route sends: path patterns against every text that the route can become."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.healthy import LINK, PATH_API, ROUTES
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import ListenerRule
from vpclink_checks.sources.discovery.rules import candidates, sent_by, takers

PATTERN = st.text("ab?*", max_size=5)
TEMPLATE = st.lists(st.sampled_from(["a", "b", "{x}"]), max_size=4).map("".join)
FILLINGS = ["".join(letters) for size in (1, 2, 3) for letters in product("abc", repeat=size)]


def rule(pattern: str, priority: int = 1) -> ListenerRule:
    return ListenerRule(arn=f"r{priority}", priority=priority, conditions=(("path-pattern", (pattern,)),))


def matches(pattern: str, text: str) -> bool:
    """The pattern as a regular expression: the simplest reading there is."""
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text))


def texts(template: str) -> list[str]:
    """What the template can become, with short fillings."""
    parts = template.split("{x}")
    several = FILLINGS if len(parts) < 3 else [one for one in FILLINGS if len(one) < 2 or one in ("ab", "ccc")]
    every = product(several, repeat=len(parts) - 1)
    return ["".join(a + b for a, b in zip(parts, (*fill, ""), strict=True)) for fill in every]


@given(PATTERN, TEMPLATE)
def test_a_rule_takes_surely_perhaps_or_not_as_its_texts_do(pattern: str, template: str) -> None:
    first = takers([rule(pattern)], template)[0]
    fits = [matches(pattern, one) for one in texts(template)]
    if first.rule is None:
        assert not any(fits)
    elif first.sure:
        assert all(fits)
    if all(fits) and "?" not in pattern:
        assert first.sure


def test_the_lowest_number_goes_first_and_what_lies_behind_a_sure_one_is_never_asked() -> None:
    every = [rule("/*", 20), rule("/a", 30), rule("/b*", 10)]
    assert [one.rule.priority if one.rule else 0 for one in takers(every, "/{x}")] == [10, 20]
    assert candidates(PATH_API, every) == ([every[0], every[2]], False)


@pytest.mark.parametrize(
    ("version", "protocol", "route", "expected"),
    [
        (1, "REST", ROUTES[1], ("/{proxy}",)),
        (2, "REST", ROUTES[1], ("/{proxy}", "/prod/{proxy}")),
        (2, "HTTP", ROUTES[2], ("/status", "/prod/status")),
        (2, "HTTP", replace(ROUTES[2], path="$default"), ("/{any}", "/prod/{any}")),
        (2, "HTTP", replace(ROUTES[2], integration=None), ()),
    ],
)
def test_what_the_load_balancer_may_get(version: int, protocol: str, route: Route, expected: tuple[str, ...]) -> None:
    assert PATH_API.api is not None
    path = replace(PATH_API, link=replace(LINK, version=version), api=replace(PATH_API.api, protocol=protocol))
    assert sent_by(path, route) == expected
