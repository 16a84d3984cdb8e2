"""Where the facts so far lead: what each raw answer names that has to be asked about next.

Nothing is judged here. An answer that was refused leads nowhere; what lies behind it stays unasked,
and discovery says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Answer, Facts

NOT_FOUND = ("NotFoundException", "NotFound")
Raw = Mapping[str, Any]
T = TypeVar("T")


def rows(raw: Raw, key: str) -> list[Raw]:
    """A list of structures; [] where it is missing or something else."""
    value = raw.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def words(raw: Raw, key: str) -> list[str]:
    """A list of texts; [] where it is missing or something else."""
    value = raw.get(key)
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []


def word(raw: Raw, key: str) -> str:
    """A text; "" where it is missing or something else."""
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def part(raw: Raw, key: str) -> Raw:
    """A structure; {} where it is missing or something else."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def filter_values(params: Raw, *names: str) -> set[str]:
    """What a call asks for by EC2's Filters: the values of these, of every one where none is named."""
    filters = (one for one in rows(params, "Filters") if not names or word(one, "Name") in names)
    return {value for one in filters for value in words(one, "Values")}


class Answers:
    """The facts, found by the name of the operation."""

    def __init__(self, facts: Facts, settings: EnvSettings) -> None:
        self.settings, self._facts = settings, facts
        self._by_name: dict[str, list[Answer]] = {}
        for answer in facts:
            self._by_name.setdefault(answer.call.name, []).append(answer)

    def answers(self, name: str) -> list[Answer]:
        """Every answer to this operation, refused ones too."""
        return self._by_name.get(name, [])

    def responses(self, name: str) -> Iterator[tuple[Raw, Raw]]:
        """Parameters and response of every call of this operation that was answered."""
        for answer in self.answers(name):
            if answer.response is not None:
                yield answer.call.params, answer.response

    def rows(self, name: str, key: str) -> Iterator[Raw]:
        """The structures in the lists under *key*, in every answer to this operation."""
        for _, response in self.responses(name):
            yield from rows(response, key)

    def words(self, name: str, key: str) -> Iterator[str]:
        """The texts in the lists under *key*, in every answer to this operation."""
        for _, response in self.responses(name):
            yield from words(response, key)

    def each(self, name: str, read: Callable[[Raw, Raw], frozenset[T]]) -> Iterator[frozenset[T]]:
        """What *read* makes of parameters and response of every call of this operation that was answered.

        Kept with the facts: an answer never changes, and leads are worked out again after every one.
        """
        for answer in self.answers(name):
            if answer.response is not None:
                yield self._facts.kept((read, answer.call.key), partial(read, answer.call.params, answer.response))

    def absent(self, name: str, key: str) -> set[str]:
        """The ids (under parameter *key*) that AWS says do not exist."""
        return {
            str(answer.call.params.get(key))
            for answer in self.answers(name)
            if answer.gap is not None and answer.gap.code in NOT_FOUND
        }

    def present(self, name: str, key: str) -> set[str]:
        """The ids (under parameter *key*) that this operation answered about."""
        return {str(params.get(key)) for params, _ in self.responses(name)}
