"""Words that AWS may say tomorrow: each enumeration of an answer gets a value that neither botocore nor we know.

Judging goes on, and where another of today's values fails a check, a value of tomorrow never leaves it passed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape

from tests.standin.runs import judged
from tests.standin.test_every_operation import Outcomes, outcomes, passed
from tests.standin.worlds import Place, places
from vpclink_checks.errors import CollectError
from vpclink_checks.sources.calls import TABLE
from vpclink_checks.sources.facts import Recording
from vpclink_checks.words import Outcome

TOMORROW = "SOMETHING-NEW"
EVERY = "VPCLINK_EVERY_FAULT" in os.environ
SESSION = botocore.session.get_session()


@dataclass(frozen=True)
class Word:
    """Where an enumeration stands in the answers of an operation, and what botocore knows of it."""

    operation: str
    path: tuple[str, ...]
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operation} {'.'.join(self.path)}"


def words(shape: Any, value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each enumeration that *value* holds: where, and its values. ``*`` is every member of a list or map."""
    if isinstance(value, dict):
        for key, one in value.items():
            inner, step = _member(shape, key)
            if inner is not None:
                yield from words(inner, one, (*path, step))
    elif isinstance(value, list):
        for one in value:
            yield from words(shape.member, one, (*path, "*"))
    elif isinstance(value, str) and getattr(shape, "enum", None):
        yield path, tuple(shape.enum)


def _member(shape: Any, key: str) -> tuple[Shape | None, str]:
    if shape.type_name == "structure":
        return shape.members.get(key), key
    return (shape.value if shape.type_name == "map" else None), "*"


def said(value: Any, path: tuple[str, ...], word: str) -> Any:
    """*value* with *word* at each place of *path* that holds one."""
    if not path:
        return word
    if isinstance(value, list):
        return [said(one, path[1:], word) for one in value]
    if path[0] == "*":
        return {key: said(one, path[1:], word) for key, one in value.items()}
    return {**value, path[0]: said(value[path[0]], path[1:], word)} if path[0] in value else value


@cache
def found() -> dict[Word, Place]:
    """Every enumeration in the answers of a place, with the first place that has it."""
    every: dict[Word, Place] = {}
    table = {row.name for row in TABLE}
    for place in places():
        for one in place.recording.facts:
            if one.response is None or one.call.name not in table:
                continue
            model = SESSION.get_service_model(one.call.service)
            if one.call.operation not in model.operation_names:
                continue
            shape = model.operation_model(one.call.operation).output_shape
            for path, known in words(shape, dict(one.response)):
                every.setdefault(Word(one.call.name, path, known), place)
    return every


def saying(recording: Recording, word: Word, text: str) -> Recording:
    """The same facts with this text wherever the enumeration stands."""
    held = [
        replace(one, response=said(dict(one.response), word.path, text))
        if one.call.name == word.operation and one.response
        else one
        for one in recording.facts
    ]
    return replace(recording, facts=type(recording.facts)(held))


def found_in(place: Place, recording: Recording) -> Outcomes | None:
    """None where no path is left to judge."""
    try:
        return outcomes(judged(recording, place.settings).findings)
    except CollectError:
        return None


# Still passed, as these checks look for the values that are wrong: whoever mends one takes the line out.
OPEN = {
    ("Certificate.Status", "domain/certificate-in-date"),
    ("taskDefinition.networkMode", "task-definition/host-port-matches-network-mode"),
    ("taskDefinition.networkMode", "task-definition/fixed-host-port"),
    ("taskDefinition.networkMode", "target-group/type-fits-network-mode"),
    ("TargetHealthDescriptions.*.TargetHealth.State", "target-group/has-targets"),
}
CASES = list(found())


@pytest.mark.parametrize("word", CASES if EVERY else CASES[::3], ids=str)
def test_a_word_of_tomorrow_never_leaves_passed_what_another_word_fails(word: Word) -> None:
    place = found()[word]
    tomorrow = found_in(place, saying(place.recording, word, TOMORROW))
    if tomorrow is None:
        return  # the run stops with one line, and gates
    whole = found_in(place, place.recording)
    assert whole is not None
    hangs = set()
    for text in word.known if EVERY else word.known[:5]:
        other = found_in(place, saying(place.recording, word, text)) or {}
        hangs |= {check for check, path in passed(whole) if Outcome.FAIL in other.get((check, path), ())}
    still = {check for check, _ in passed(tomorrow)} & hangs
    assert {check for check in still if (".".join(word.path), check) not in OPEN} == set()
