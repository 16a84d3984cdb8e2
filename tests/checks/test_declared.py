"""What the config declares of a backend, held against the paths that were found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import ORDERS_SERVICE, PATH_API, PATH_STATUS, healthy
from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.declared import declared_cluster, declared_container, declared_service
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.model.domain import RoutingRule
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import BackendSettings, EnvSettings

CHECKS = (declared_cluster, declared_service, declared_container)
DENIED = Gap(operation="ecs:DescribeServices", action="ecs:DescribeServices", code="AccessDenied")
OTHER = replace(PATH_API, id="other", service=replace(ORDERS_SERVICE, arn=f"{ORDERS_SERVICE.arn}-2", name="orders-2"))


def found(*backends: dict[str, Any], paths: tuple[Path, ...] = (PATH_API, PATH_STATUS)) -> tuple[Finding, ...]:
    topology = healthy(paths=paths)
    settings = EnvSettings(name="t", backends=tuple(BackendSettings(**one) for one in backends))
    context = Context(topology=topology, settings=settings, reach=Reach(topology), now=stack.TAKEN)
    return judge(context, Rules(today=date(2026, 11, 2)), checks=CHECKS)


def outcomes(findings: tuple[Finding, ...], check: str) -> list[str]:
    return [one.outcome.value for one in findings if one.check.endswith(check)]


RIGHT = {"base_path": "orders", "cluster": "orders-cluster", "service": "orders"}


def test_what_is_as_declared_passes_and_what_is_not_declared_is_not_judged() -> None:
    every = found({**RIGHT, "container": "api"}, {**RIGHT, "container": "status"})
    assert {one.outcome.value for one in every} == {"pass"}
    assert {one.outcome.value for one in found()} == {"not-applicable"}
    assert {one.outcome.value for one in found({**RIGHT, "base_path": "elsewhere"})} == {"not-applicable"}
    assert outcomes(found({"cluster": ORDERS_SERVICE.cluster_arn}), "cluster") == ["pass", "pass"]


@pytest.mark.parametrize(
    ("wrong", "check", "words"),
    [
        (
            {"cluster": "nope"},
            "service/declared-cluster",
            "declares cluster nope, and the path leads to cluster",
        ),
        (
            {"service": "ordersx"},
            "service/declared-service",
            "declares service ordersx, and the path leads to",
        ),
        (
            {"container": "zip"},
            "task-definition/declared-container",
            "zip, and its paths lead to api, status",
        ),
    ],
)
@pytest.mark.parametrize("base_path", ["orders", None])
def test_a_backend_that_no_path_has_fails_once(
    wrong: dict[str, Any], check: str, words: str, base_path: str | None
) -> None:
    every = found({**RIGHT, **wrong, "base_path": base_path, "line": 7})
    (failure,) = [one for one in every if one.outcome.value == "fail"]
    assert failure.check == check
    assert words in failure.message
    assert "(line 7)" in failure.message
    assert (failure.path, failure.gates, failure.severity.value) == (PATH_API.id, True, "blocker")


def test_each_wrong_word_of_a_block_is_told() -> None:
    every = found({"base_path": "orders", "cluster": "nope", "service": "ordersx", "container": "status"})
    assert [one.check for one in every if one.outcome.value == "fail"] == [
        "service/declared-cluster",
        "service/declared-service",
    ]
    assert {one.path for one in every if one.outcome.value == "fail"} == {PATH_STATUS.id}


def test_where_one_path_has_it_another_is_worth_a_note() -> None:
    findings = found({"base_path": "orders", "service": "orders-2"}, paths=(PATH_API, OTHER))
    assert outcomes(findings, "service") == ["note", "pass"]


def test_a_service_of_the_same_name_in_another_cluster_is_not_the_one() -> None:
    elsewhere = replace(OTHER, service=replace(ORDERS_SERVICE, cluster_arn="arn:aws:ecs:x:1:cluster/b", name="far"))
    findings = found({"service": "far", "cluster": "orders-cluster"}, paths=(PATH_API, elsewhere))
    assert "fail" in outcomes(findings, "service")


@pytest.mark.parametrize(
    ("stop", "outcome"),
    [
        (Stop(hop="service", reason="not read", gap=DENIED), "unknown"),
        (Stop(hop="service", reason="none", check="service/registers-target-group"), "not-applicable"),
    ],
)
def test_a_path_that_ends_early(stop: Stop, outcome: str) -> None:
    ended = replace(PATH_API, service=None, task_definition=None, container_name="", stop=stop)
    findings = found({"base_path": "orders", "service": "orders"}, paths=(ended,))
    assert outcomes(findings, "declared-service") == [outcome]
    beside = found({"base_path": "orders", "service": "ordersx"}, paths=(ended, PATH_STATUS))
    assert outcomes(beside, "declared-service")[1] == ("unknown" if stop.gap else "fail")
    unmet = found({"base_path": "orders", "container": "api"}, paths=(ended, PATH_STATUS))
    assert "fail" not in outcomes(unmet, "declared-container")


def test_a_routing_rule_s_base_paths_count() -> None:
    rule = RoutingRule(domain="api.example.com", id="r1", priority=1, base_paths=("orders",), api_id="a", stage="prod")
    ruled = replace(PATH_API, mapping=None, rule=rule)
    assert outcomes(found({"base_path": "orders", "service": "x"}, paths=(ruled,)), "service") == ["fail"]
