"""Facts by name: found by every name they have, and never empty because something was not read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import API_ID, NLB, NLB_ARN, ROUTES, STAGE, TASKDEF, TG_API, TG_STATUS, healthy
from vpclink_checks.api import Collection, FactUnknown, NoSuchFact
from vpclink_checks.api.collection import tail
from vpclink_checks.api.guard import guarded
from vpclink_checks.api.topology import view
from vpclink_checks.model.api import Api
from vpclink_checks.model.fact import Gap, Table

DENIED = Gap(operation="elbv2:DescribeX", action="elasticloadbalancing:DescribeX", code="AccessDenied")
NAMED = r"elbv2:DescribeX gave no answer \(AccessDenied\); it takes the IAM action elasticloadbalancing:DescribeX"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (TASKDEF, "orders:7"),
        (TG_API, "orders-api"),
        (NLB_ARN, "orders"),
        ("arn:aws-cn:elasticloadbalancing:cn-north-1:123456789012:loadbalancer/app/web/0123456789abcdef", "web"),
        ("arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/classic", "classic"),
        ("arn:aws:ecs:eu-west-2:123456789012:cluster/orders-cluster", "orders-cluster"),
        ("arn:aws:ecs:eu-west-2:123456789012:service/orders-cluster/orders", "orders-cluster/orders"),
        ("vl1a2b3", "vl1a2b3"),
        ("a1b2c3d4e5/prod", "a1b2c3d4e5/prod"),
    ],
)
def test_names_in_arns(arn: str, name: str) -> None:
    assert tail(arn) == name


def test_by_name_and_by_arn() -> None:
    health = view(healthy()).target_health
    assert health["orders-api"] == health[TG_API]
    assert set(health) == {"orders-api", "orders-status"}
    assert "orders-api" in health
    assert TG_STATUS in health
    assert "nix" not in health
    assert health.get("nix") is None
    assert repr(health) == "<target group: orders-api, orders-status>"


def test_what_is_not_there_lists_what_is() -> None:
    with pytest.raises(NoSuchFact, match=r"^there is no task definition 'orders:9' here; there is: orders:7$"):
        view(healthy()).task_definitions["orders:9"]


def part() -> Collection[str]:
    return Collection("thing", Table(rows={"a": "A"}, gaps={"b": DENIED}))


WHOLE: list[Callable[[Collection[str]], object]] = [
    len,
    list,
    bool,
    lambda one: dict(one.items()),
    lambda one: list(one.values()),
    lambda one: one == {},
]


@pytest.mark.parametrize("asks", WHOLE)
@pytest.mark.parametrize("table", [Table(rows={"a": "A"}, gaps={"b": DENIED}), Table(gap=DENIED)])
def test_the_whole_is_not_told_where_a_part_was_not_read(asks: Callable[[Any], object], table: Table[str]) -> None:
    with pytest.raises(FactUnknown, match=f"^not every thing is known: {NAMED}$"):
        asks(Collection("thing", table))


def test_one_of_a_part_is_told() -> None:
    one = part()
    assert one["a"] == "A"
    with pytest.raises(FactUnknown, match=f"^thing b is not known: {NAMED}$"):
        one["b"]
    with pytest.raises(FactUnknown):
        one.get("b")
    with pytest.raises(FactUnknown):
        assert "b" in one
    with pytest.raises(NoSuchFact):
        one["c"]
    with pytest.raises(FactUnknown):
        Collection("thing", Table(gap=DENIED))["c"]
    assert repr(one) == "<thing: a; not every one is known>"


def test_long_lists_are_cut() -> None:
    many = Collection("thing", Table(rows={f"{number:02}": "" for number in range(20)}))
    with pytest.raises(NoSuchFact, match=r"06, 07 and 12 more$"):
        many["x"]


def test_every_table_of_the_healthy_stack_is_told() -> None:
    found = view(healthy())
    for name in type(found).__annotations__:
        assert len(getattr(found, name)) > 0, name


def test_a_field_that_was_not_read_has_no_default() -> None:
    """The field's default would look like a fact."""
    api = Api(id="a", name="orders", unread={"execute_api_disabled": DENIED})
    assert guarded(api).name == "orders"
    assert isinstance(guarded(api), Api)
    with pytest.raises(FactUnknown, match=f"^execute_api_disabled of Api is not known: {NAMED}$"):
        _ = guarded(api).execute_api_disabled
    assert "execute_api_disabled" not in repr(guarded(api))
    whole = Api(id="b")
    assert guarded(whole) is whole
    assert guarded((whole, api))[0] is whole


def test_nor_has_one_deep_inside() -> None:
    route = ROUTES[0]
    assert route.integration is not None
    doubtful = replace(route, integration=replace(route.integration, unread={"target": DENIED}))
    found = view(healthy(served_routes=Table(rows={STAGE.key: (doubtful,)}))).routes[f"{API_ID}/prod"][0]
    assert found.integration is not None
    assert found.integration.uri
    with pytest.raises(FactUnknown):
        _ = found.integration.target


def test_balancers_are_found_by_name() -> None:
    found = view(healthy())
    assert found.load_balancers["orders"] is NLB
    assert [one.port for one in found.listeners["orders"]] == [10000, 10001]
