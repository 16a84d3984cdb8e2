"""Whether an answer is what was declared: one line for each expectation that was not met."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from vpclink_checks.probes.observation import Attempt
from vpclink_checks.settings import Expect

SHOWN = 60  # characters of an answer that a line may quote


def marks(expect: Expect) -> bool:
    """Whether something is expected that only the right backend says; a status is not enough."""
    return bool(expect.json or expect.header or expect.body)


def unmet(expect: Expect, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """What did not come, each line once, over all attempts that got an answer."""
    answered = [one for one in attempts if one.status is not None]
    found = [line for attempt in answered for line in _of(expect, attempt)]
    return tuple(f"{line}{_share(found.count(line), len(answered))}" for line in dict.fromkeys(found))


def _share(count: int, total: int) -> str:
    return "" if count == total else f" ({count} of {total} answers)"


def _of(expect: Expect, attempt: Attempt) -> Iterator[str]:
    if expect.status and attempt.status not in expect.status:
        yield f"status {attempt.status} instead of {_one_of(map(str, expect.status))}"
    for path, wanted in expect.json.items():
        found = field_of(attempt.json, path)
        if not _equal(found, wanted):
            yield f"JSON field {path} is {_quoted(found)} instead of {_quoted(wanted)}"
    for name, pattern in expect.header.items():
        value = attempt.headers.get(name.lower())
        if value is None:
            yield f"header {name} is missing"
        elif not re.search(pattern, value):
            yield f"header {name} does not match {pattern!r}"
    if expect.body and not re.search(expect.body, attempt.body):
        yield f"the body does not match {expect.body!r}"


def _one_of(words: Iterable[str]) -> str:
    return " or ".join(words)


def field_of(document: object, path: str) -> object:
    """A field of a JSON document: its own name, or a dotted way down; None where it is not there."""
    if isinstance(document, dict) and path in document:
        return document[path]
    for part in path.split("."):
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def _equal(found: object, wanted: object) -> bool:
    """Equal as JSON: true is not 1."""
    return json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True, default=str)


def _quoted(value: object) -> str:
    if value is None:
        return "missing"
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
