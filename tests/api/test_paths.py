"""Paths as tests see them: what lies behind a stop is not there, or not known, and says which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import PATH_API, PATH_STATUS, TG_API, healthy
from vpclink_checks.api import FactUnknown, NoSuchFact, Path, Paths
from vpclink_checks.api.paths import OBJECTS
from vpclink_checks.model import path as facts
from vpclink_checks.model.fact import Gap, Table

DENIED = Gap(operation="elbv2:DescribeListeners", action="elasticloadbalancing:DescribeListeners", code="AccessDenied")
BEHIND: dict[str, Any] = {
    "listener": None,
    "target_group": None,
    "service": None,
    "task_definition": None,
    "container_port": None,
}
BROKEN = facts.Stop(hop="load-balancer", reason="no listener on 10000", check="listener/forwards")
UNREAD = replace(BROKEN, gap=DENIED, check="")


def stopped(stop: facts.Stop) -> Path:
    return Paths(healthy(paths=(replace(PATH_API, stop=stop, **BEHIND),)))[0]


def test_a_whole_path() -> None:
    path = Paths(healthy())["api.example.com/orders → orders/api:8080"]
    assert path.complete
    assert path.stopped == ""
    assert all(path.has(name) for name in OBJECTS)
    for name in OBJECTS:
        assert getattr(path, name) == getattr(PATH_API, name)
    assert (path.container.name, path.container_port, path.registration) == ("api", 8080, "service")
    assert [one.id for one in path.targets] == ["i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2"]
    assert (path.base_path, len(path.routes), str(path)) == ("orders", 2, path.title)


def test_behind_a_break_there_is_nothing() -> None:
    path = stopped(BROKEN)
    assert not path.complete
    assert path.stopped == "no listener on 10000"
    assert path.load_balancer.name == "orders"
    assert not path.has("target_group")
    for name in ("listener", "target_group", "targets", "service", "task_definition", "container", "container_port"):
        with pytest.raises(NoSuchFact, match=r"has no .*: it ends at its load-balancer: no listener on 10000$"):
            getattr(path, name)


def test_behind_what_was_not_read_nothing_is_known() -> None:
    path = stopped(UNREAD)
    for name in ("complete", "listener", "target_group", "targets", "service", "container", "container_port"):
        with pytest.raises(FactUnknown, match=r"it takes the IAM action elasticloadbalancing:DescribeListeners$"):
            getattr(path, name)
    with pytest.raises(FactUnknown):
        path.has("service")
    assert path.has("link")


def test_without_a_service_there_is_none() -> None:
    path = Paths(healthy(paths=(replace(PATH_API, service=None, registration="auto-scaling-group"),)))[0]
    assert not path.has("service")
    with pytest.raises(NoSuchFact, match=r"has no service: it has none$"):
        _ = path.service


def test_targets_that_were_not_read() -> None:
    path = Paths(healthy(targets=Table(gaps={TG_API: DENIED})))[0]
    with pytest.raises(FactUnknown, match=r"^targets of api.example.com"):
        _ = path.targets


def test_no_such_object() -> None:
    with pytest.raises(NoSuchFact, match=r"a path has no 'servcie'; it may have: domain, api"):
        Paths(healthy())[0].has("servcie")


def test_finding_one() -> None:
    paths = Paths(healthy())
    assert paths[PATH_STATUS.id] is paths[1] is paths[-1]
    assert paths.of("orders") == tuple(paths)
    assert paths.where(lambda one: one.container_port == 7777) == (paths[1],)
    assert "orders" in paths
    assert paths[0] in paths
    assert "payments" not in paths
    with pytest.raises(NoSuchFact, match=r"^2 paths have the base path 'orders'; name one by its title: "):
        paths["orders"]
    with pytest.raises(NoSuchFact, match=r"^there is no path 'payments' here: api.example.com/orders"):
        paths["payments"]
    with pytest.raises(NoSuchFact, match=r"^there is no path 2: there are 2$"):
        paths[2]
    assert Paths(healthy(paths=(PATH_API,)))["orders"].container_port == 8080
