"""Discovery of the demo: exactly the healthy stack; and what a missing answer may never turn into."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.healthy import healthy
from tests.sources.demo_facts import SETTINGS, SNAPSHOT, answers, demo, found, refused
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Facts

TABLES = [one.name for one in fields(Topology) if isinstance(getattr(healthy(), one.name), Table)]
ANSWERS = answers()


@pytest.mark.parametrize("name", [one.name for one in fields(Topology)])
def test_the_demo_is_the_healthy_stack(name: str) -> None:
    topology = discover(demo(), SETTINGS, source="demo")
    assert getattr(topology, name) == getattr(healthy(), name)


def test_the_demo_answers_every_call_that_the_table_asks_for_and_no_other() -> None:
    assert wanted(demo().facts, SETTINGS) == []
    for answer in ANSWERS:
        rest = Facts(one for one in ANSWERS if one is not answer)
        assert answer.call in wanted(rest, SETTINGS), f"nothing asks for {answer.call}"


def test_the_order_of_the_answers_changes_nothing() -> None:
    shuffled = list(ANSWERS)
    random.Random(7).shuffle(shuffled)
    assert found(shuffled) == healthy()


def _honest(topology: Topology) -> None:
    """No fact is taken for absent, no path ends for a reason that was not read."""
    for name in TABLES:
        _honest_table(name, getattr(topology, name), getattr(healthy(), name))
    stops = [path.stop for path in topology.paths if path.stop is not None]
    assert all(stop.gap is not None for stop in stops), stops
    ids = {path.id for path in topology.paths}
    for path in healthy().paths:
        assert path.id in ids or stops, f"{path.id} is lost without a word"
    for near in healthy().neighbours:
        kept = any(one.base_path == near.base_path for one in topology.neighbours)
        assert kept or stops, f"{near.title} is lost without a word"


def _honest_table(name: str, table: Table[Any], whole: Table[Any]) -> None:
    for key, row in whole.rows.items():
        now = table.peek(key)
        assert isinstance(now, Gap) or _same(name, now, row), f"{name}[{key}] became {now}"
    if len(table) < len(whole):
        assert table.gap or table.gaps, f"{name} looks complete and is not"


def _same(name: str, now: Any, row: Any) -> bool:
    """Equal; an export does not say resource ids, so served routes lack them without the edited ones."""
    if name == "served_routes" and now is not None:
        return [replace(one, id="") for one in now] == [replace(one, id="") for one in row]
    return bool(now == row)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.call.name)
@pytest.mark.parametrize("how", ["refused", "not recorded"])
def test_a_missing_answer_is_a_gap_wherever_it_was_needed(answer: Answer, how: str) -> None:
    rest = [one for one in ANSWERS if one is not answer]
    topology = found([*rest, refused(answer.call)] if how == "refused" else rest)
    _honest(topology)
    if answer.call.name in UNUSED:
        assert topology == healthy()
    else:
        assert topology != healthy(), "nothing was read from this answer"


# Read by nothing in the tables: who asked; and what the other answer of the same kind says as well.
UNUSED = {
    "sts:GetCallerIdentity",
    "apigatewayv2:GetDomainName",
    "apigateway:GetBasePathMappings",
}


@given(st.dictionaries(st.integers(0, len(ANSWERS) - 1), st.booleans()))
def test_any_number_of_missing_answers_never_raises_and_never_lies(lost: dict[int, bool]) -> None:
    kept = [one for index, one in enumerate(ANSWERS) if index not in lost]
    kept += [refused(ANSWERS[index].call) for index, denied in lost.items() if denied]
    _honest(found(kept))


def test_an_empty_recording_knows_nothing() -> None:
    topology = found([])
    for name in TABLES:
        table = getattr(topology, name)
        assert table.gap or table.gaps, f"{name} claims that there is nothing"
    (path,) = topology.paths
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.gap.code == "NotRecorded"
    assert path.stop.gap.action == "apigateway:GET"


def test_no_secret_reaches_the_model_even_from_answers_that_nobody_cleaned() -> None:
    calls = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["calls"]
    raw = [Answer(Call(one["service"], one["operation"], one["params"]), one["response"]) for one in calls]
    topology = found(raw)
    assert topology == healthy()
    assert "demo-connection-string" not in repr(topology)
    assert "demo-user-data-token" not in repr(topology)
