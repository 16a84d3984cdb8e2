"""Which API, and which of its routes, a request reaches: tables from the developer guide's own examples."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.healthy import DOMAIN_NAME
from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import Mapping, RoutingRule
from vpclink_checks.model.routing import landing, mapping_for, route_for

DOMAIN = DOMAIN_NAME.name


def mappings(*keys: str) -> tuple[Mapping, ...]:
    return tuple(Mapping(domain=DOMAIN, key=key, api_id=key or "root", stage="prod") for key in keys)


@pytest.mark.parametrize(
    ("keys", "path", "winner"),
    [
        (("orders", "hello"), "/orders/1", "orders"),
        (("orders", "hello"), "/orders", "orders"),
        (("orders", "hello"), "/ordersandmore", None),
        (("orders", ""), "/ordersandmore", ""),
        (("orders",), "/", None),
        (("", "orders"), "/", ""),
        (("Orders",), "/orders", None),
        # one multi-level key makes every key a plain prefix
        (("orders", "hello/v1"), "/ordersandmore", "orders"),
        (("hello", "hello/v1"), "/hello/v1/x", "hello/v1"),
        (("hello", "hello/v1"), "/hello/v2", "hello"),
        (("hello", "hello/v1", ""), "/x", ""),
    ],
)
def test_a_mapping_wins(keys: tuple[str, ...], path: str, winner: str | None) -> None:
    found = mapping_for(mappings(*keys), path)
    assert (found.key if found else None) == winner


@given(st.lists(st.text("abc/", min_size=1, max_size=4).map(lambda key: key.strip("/") or "a"), unique=True))
def test_every_key_wins_its_own_path(keys: list[str]) -> None:
    for one in mappings(*keys):
        found = mapping_for(mappings(*keys), f"/{one.key}")
        assert found is not None
        assert found.key == one.key


def test_the_key_is_taken_off_and_a_missing_stage_comes_from_the_path() -> None:
    found = landing(DOMAIN_NAME, mappings("orders"), (), "/orders/a/b")
    assert found is not None
    assert (found.api_id, found.stage, found.base_path, found.rest) == ("orders", "prod", "orders", "/a/b")
    bare = (Mapping(domain=DOMAIN, key="orders", api_id="x"),)
    found = landing(DOMAIN_NAME, bare, (), "/orders/prod/a")
    assert found is not None
    assert (found.stage, found.rest) == ("prod", "/a")


def rule(priority: int, *base_paths: str, **changes: object) -> RoutingRule:
    fields: dict[str, object] = {"id": f"r{priority}", "domain": DOMAIN, "priority": priority, "stage": "prod"}
    return RoutingRule(**{**fields, "api_id": f"api{priority}", "base_paths": base_paths, **changes})  # type: ignore[arg-type]


HEADER = ((("x-version", "beta*"), ("x-canary", "yes")),)


@pytest.mark.parametrize(
    ("mode", "path", "headers", "lands"),
    [
        ("BASE_PATH_MAPPING_ONLY", "/orders/a", {}, ("orders", "/a")),
        ("ROUTING_RULE_ONLY", "/orders/a", {}, ("api20", "/orders/a")),
        ("ROUTING_RULE_ONLY", "/orders/a", {"X-Version": "beta-2"}, ("api10", "/orders/a")),
        ("ROUTING_RULE_ONLY", "/orders/a", {"X-Canary": "no"}, ("api20", "/orders/a")),
        ("ROUTING_RULE_ONLY", "/strip/a", {}, ("api30", "/a")),
        ("ROUTING_RULE_ONLY", "/hello", {}, None),
        ("ROUTING_RULE_ONLY", "/Orders", {}, None),
        ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", "/hello/a", {}, ("hello", "/a")),
        ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", "/orders", {}, ("api20", "/orders")),
    ],
)
def test_rules_go_by_priority_and_mode(
    mode: str, path: str, headers: dict[str, str], lands: tuple[str, str] | None
) -> None:
    rules = (rule(30, "strip", strip_base_path=True), rule(20, "orders", "x/y"), rule(10, "orders", headers=HEADER))
    found = landing(replace(DOMAIN_NAME, routing_mode=mode), mappings("orders", "hello"), rules, path, headers)
    assert ((found.api_id, found.rest) if found else None) == lands


def test_a_rule_without_conditions_catches_everything() -> None:
    found = landing(replace(DOMAIN_NAME, routing_mode="ROUTING_RULE_ONLY"), (), (rule(1),), "/any/thing")
    assert found is not None
    assert (found.api_id, found.base_path, found.rest) == ("api1", "", "/any/thing")


def routes(*titles: str) -> tuple[Route, ...]:
    pairs = (title.split(" ") if " " in title else ("ANY", title) for title in titles)
    return tuple(Route(api_id="a", method=method, path=path) for method, path in pairs)


@pytest.mark.parametrize(
    ("titles", "method", "path", "taken"),
    [
        (("GET /", "ANY /{proxy+}"), "GET", "/", "GET /"),
        (("ANY /{proxy+}",), "GET", "/", None),
        (("GET /", "ANY /{proxy+}", "GET /status"), "GET", "/status", "GET /status"),
        (("GET /", "ANY /{proxy+}", "GET /status"), "GET", "/status/", "GET /status"),
        (("ANY /{proxy+}", "POST /test"), "OPTIONS", "/test", "ANY /{proxy+}"),
        (("GET /a/{id}", "GET /{proxy+}"), "GET", "/a/1", "GET /a/{id}"),
        (("GET /a/{id}", "GET /a/b"), "GET", "/a/b", "GET /a/b"),
        (("GET /a/{id}", "GET /{proxy+}"), "GET", "/a/1/c", "GET /{proxy+}"),
        (("ANY /a", "GET /a"), "GET", "/a", "GET /a"),
        (("$default", "GET /a"), "GET", "/b", "$default"),
        (("$default", "GET /a"), "GET", "/a", "GET /a"),
        (("GET /a",), "POST", "/a", None),
    ],
)
def test_the_most_specific_route_takes_the_request(
    titles: tuple[str, ...], method: str, path: str, taken: str | None
) -> None:
    found = route_for(routes(*titles), method, path)
    assert (found.title if found else None) == taken
