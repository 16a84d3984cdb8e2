"""The exception tree: what a user did or met is a VpclinkError; anything else is our bug.

Errors of boto3, sockets and ssl are translated where they appear, so that nothing above the
edge has to know those libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class VpclinkError(Exception):
    """The root: its text is one line that a user can act on."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in one file.

    ``key`` is the dotted path of the offending key (``env.prod.region``), ``hint`` the nearest
    valid spelling or what was expected.
    """

    file: str
    line: int | None
    message: str
    key: str | None = None
    hint: str | None = None
    column: int | None = None

    def __str__(self) -> str:
        numbers = (str(number) for number in (self.line, self.column) if number is not None)
        place = ":".join((self.file, *numbers))
        subject = f"{self.key}: " if self.key else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {subject}{self.message}{hint}"


class ConfigError(VpclinkError):
    """The config file, or an option, is wrong: exit status 4. Holds every problem at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CollectError(VpclinkError):
    """An environment could not be collected at all: exit status 2."""


class SourceError(VpclinkError):
    """A file given as facts cannot be read as what it claims to be; ``problem`` says where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class VpclinkWarning(UserWarning):
    """A finding that does not gate here: pytest shows it among its warnings."""
