"""Raw answers of AWS, as boto3 gives them, pages joined: what snapshots hold and shapes read.

This is the one place for untyped dictionaries; ``aws_shapes`` turns them into the model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from vpclink_checks.model.fact import Gap

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: boto3's service name, the operation as AWS names it, its parameters."""

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    # Equal for equal calls, whatever the order of their parameters; worked out once, for it is asked for often.
    key: tuple[str, str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        params = json.dumps(self.params, sort_keys=True, default=str)
        object.__setattr__(self, "key", (self.service, self.operation, params))

    @property
    def name(self) -> str:
        """``ec2:DescribeSecurityGroups``: how reports count and name calls."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Lacking:
    """Members of an answer that this botocore drops, because it is older than they: ``DomainName.routingMode``."""

    botocore: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: a response (secrets already removed), or the gap in its place.

    ``pages`` is how many requests it took. What is ``lacking`` may be there and was not read.
    """

    call: Call
    response: Mapping[str, Any] | None = None
    gap: Gap | None = None
    pages: int = 1
    lacking: Lacking | None = None


class Facts:
    """Every answer gathered so far, by call."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self._answers: dict[tuple[str, str, str], Answer] = {}
        self._kept: dict[object, Any] = {}
        for answer in answers:
            self.add(answer)

    def add(self, answer: Answer) -> None:
        """Keep the answer; a later one to the same call takes its place."""
        key = answer.call.key
        if key in self._answers:
            self._kept.clear()
        self._answers[key] = answer

    def get(self, call: Call) -> Answer | None:
        """The answer to exactly this call, if it was asked."""
        return self._answers.get(call.key)

    def of(self, service: str, operation: str) -> list[Answer]:
        """Every answer to this operation, whatever its parameters."""
        return [one for one in self._answers.values() if one.call.name == f"{service}:{operation}"]

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """What was made of the facts before under this key, else what *make* makes of them now."""
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers.values())

    def __len__(self) -> int:
        return len(self._answers)


@dataclass(frozen=True, slots=True)
class Recording:
    """All facts of one environment, as of ``taken_at`` (with its time zone)."""

    account: str
    region: str
    taken_at: datetime
    facts: Facts

    @property
    def calls(self) -> Mapping[str, int]:
        """How many requests each operation took: ``{"ec2:DescribeSecurityGroups": 1}``, in order of name."""
        counted: Counter[str] = Counter()
        for answer in self.facts:
            counted[answer.call.name] += answer.pages
        return {name: count for name, count in sorted(counted.items()) if count}
