"""Changes to a recording: they hit what they name, or complain."""

from __future__ import annotations

import json

import pytest

from vpclink_checks.demo import environment
from vpclink_checks.demo.overlay import EVERY, JSON, Answered, Append, Change, Drop, Refuse, Set, applied
from vpclink_checks.sources.facts import Answer, Call, Facts

THING = Call("ec2", "DescribeThings", {"id": "a"})


def facts() -> Facts:
    document = json.dumps({"deep": {"x": 1}})
    return Facts([Answer(THING, response={"list": [{"k": "a", "v": 1}, {"k": "b", "v": 2}], "text": document})])


def after(*changes: Change) -> object:
    answer = applied(facts(), changes).get(THING)
    assert answer is not None
    return answer.response


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Set("ec2:DescribeThings", "a", ("list", ("k", "b"), "v"), 9), [1, 9]),
        (Set("ec2:DescribeThings", "", ("list", EVERY, "v"), 9), [9, 9]),
        (Set("ec2:DescribeThings", "", ("list", 0), {"v": 7}), [7, 2]),
        (Drop("ec2:DescribeThings", "", ("list", ("k", "a"))), [2]),
        (Drop("ec2:DescribeThings", "", ("list", EVERY)), []),
        (Append("ec2:DescribeThings", "", ("list",), {"v": 3}), [1, 2, 3]),
    ],
)
def test_a_change_in_a_list(change: Change, expected: list[int]) -> None:
    response = after(change)
    assert isinstance(response, dict)
    assert [one["v"] for one in response["list"]] == expected


def test_a_change_inside_a_text_that_holds_json() -> None:
    response = after(Set("ec2:DescribeThings", "", ("text", JSON, "deep", "x"), 2))
    assert isinstance(response, dict)
    assert json.loads(response["text"]) == {"deep": {"x": 2}}


@pytest.mark.parametrize(
    "change",
    [
        Set("ec2:DescribeThings", "b", ("list",), []),
        Set("ec2:DescribeOthers", "", ("list",), []),
        Set("ec2:DescribeThings", "", ("list", ("k", "c"), "v"), 9),
        Drop("ec2:DescribeThings", "", ("nothing",)),
        Append("ec2:DescribeThings", "", ("nothing",), 1),
    ],
)
def test_a_change_that_finds_nothing_complains(change: Change) -> None:
    with pytest.raises(LookupError, match="Describe"):
        applied(facts(), [change])


def test_calls_are_added_and_refused() -> None:
    changed = applied(facts(), [Answered("ec2", "New", {}, {"a": 1}), Refuse("ec2", "DescribeThings", {"id": "a"})])
    added, refused = changed.get(Call("ec2", "New", {})), changed.get(THING)
    assert added is not None
    assert added.response == {"a": 1}
    assert refused is not None
    assert refused.response is None
    assert refused.gap is not None
    assert refused.gap.code == "NotFoundException"


def test_the_healthy_facts_stay_as_they_are() -> None:
    whole = facts()
    applied(whole, [Set("ec2:DescribeThings", "", ("list",), [])])
    answer = whole.get(THING)
    assert answer is not None
    assert answer.response == after()


def test_every_fault_finds_what_it_changes() -> None:
    whole = environment.recording()
    for fault in environment.faults().values():
        changed = environment.recording(fault.id)
        assert bool(fault.changes) == (list(changed.facts) != list(whole.facts)), fault.id
