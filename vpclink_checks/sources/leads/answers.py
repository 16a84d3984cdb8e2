"""Where the facts so far lead: what each raw answer names that has to be asked about next.

Nothing is judged here. An answer that was refused leads nowhere; what lies behind it stays unasked,
and discovery says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Answer, Facts

NOT_FOUND = ("NotFoundException", "NotFound")


class Answers:
    """The facts, found by the name of the operation."""

    def __init__(self, facts: Facts, settings: EnvSettings) -> None:
        self.settings = settings
        self._by_name: dict[str, list[Answer]] = {}
        for answer in facts:
            self._by_name.setdefault(answer.call.name, []).append(answer)

    def answers(self, name: str) -> list[Answer]:
        """Every answer to this operation, refused ones too."""
        return self._by_name.get(name, [])

    def responses(self, name: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Parameters and response of every call of this operation that was answered."""
        for answer in self.answers(name):
            if answer.response is not None:
                yield answer.call.params, answer.response

    def items(self, name: str, key: str) -> Iterator[Any]:
        """What lists under *key* hold, in every answer to this operation."""
        for _, response in self.responses(name):
            yield from response.get(key) or ()

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
