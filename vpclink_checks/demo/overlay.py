"""Small changes to a recording: one fault is one or a few of them.

A change that finds nothing to change raises LookupError: a fault must not quietly become no fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Answer, Call, Facts

EVERY = "*"  # a step to every member of a list or object
JSON = "(json)"  # a step into a text that holds JSON
Pick = tuple[str, str]  # a step to the members of a list whose field (dotted) has this value
Step = str | int | Pick
Place = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """Put a value at a place of every answer of an operation whose parameters contain *where*."""

    operation: str
    where: str
    at: Place
    value: object


@dataclass(frozen=True, slots=True)
class Append:
    """Add a value to a list."""

    operation: str
    where: str
    at: Place
    value: object


@dataclass(frozen=True, slots=True)
class Drop:
    """Take something away."""

    operation: str
    where: str
    at: Place


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call answers with an error instead; it need not have been recorded."""

    service: str
    operation: str
    params: Mapping[str, Any]
    code: str = "NotFoundException"


@dataclass(frozen=True, slots=True)
class Answered:
    """A call that the healthy recording does not hold."""

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)


Change = Set | Append | Drop | Refuse | Answered


def applied(facts: Facts, changes: Iterable[Change]) -> Facts:
    """The same facts with these changes; the given ones stay as they are. Raises LookupError."""
    changed = Facts(deepcopy(answer) for answer in facts)
    for change in changes:
        if isinstance(change, Answered | Refuse):
            changed.add(_added(change))
        else:
            _edit(changed, change)
    return changed


def _added(change: Answered | Refuse) -> Answer:
    call = Call(change.service, change.operation, change.params)
    if isinstance(change, Answered):
        return Answer(call, response=change.response)
    gap = Gap(operation=call.name, action=action_of(call), code=change.code, message="there is no such thing")
    return Answer(call, gap=gap)


def _edit(facts: Facts, change: Set | Append | Drop) -> None:
    service, _, operation = change.operation.partition(":")
    answers = [one for one in facts.of(service, operation) if change.where in json.dumps(one.call.params)]
    done = [_at(one.response, change.at, change) for one in answers if one.response is not None]
    if not any(done):
        raise LookupError(f"no {change.operation} with {change.where!r} has {change.at}")


def _at(holder: Any, place: Place, change: Set | Append | Drop) -> bool:
    """Walk to the place and change it; whether anything was there."""
    step, rest = place[0], place[1:]
    if rest and rest[0] == JSON:
        document = json.loads(holder[step])
        done = _at(document, rest[1:], change)
        holder[step] = json.dumps(document)
        return done
    keys = list(_keys(holder, step, last=not rest and isinstance(change, Set)))
    if rest:
        hits = [_at(holder[key], rest, change) for key in keys]
        return any(hits)
    for key in reversed(keys):
        _change(holder, key, change)
    return bool(keys)


def _keys(holder: Any, step: Step, *, last: bool) -> Iterator[Any]:
    """The keys or indices that a step names; one that is to be set need not be there."""
    if isinstance(step, tuple):
        yield from (index for index, one in enumerate(holder) if _field(one, step[0]) == step[1])
    elif step == EVERY:
        yield from (holder if isinstance(holder, dict) else range(len(holder)))
    elif isinstance(holder, dict):
        if last or step in holder:
            yield step
    elif isinstance(step, int) and step < len(holder):
        yield step


def _field(one: Any, name: str) -> object:
    for part in name.split("."):
        one = one.get(part) if isinstance(one, Mapping) else None
    return one


def _change(holder: Any, key: Any, change: Set | Append | Drop) -> None:
    if isinstance(change, Set):
        holder[key] = deepcopy(change.value)
    elif isinstance(change, Append):
        holder[key].append(deepcopy(change.value))
    else:
        del holder[key]
