"""Where semantics.md says [U]: each plausible reading is tried, and only the ones that are asked about.

A question is a function of a :class:`Reading`. It calls ``pick`` where the law leaves a choice; ``answers`` runs
it once for every combination of choices that it really met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
UNREAD = "not read: "


class _Undecided(Exception):  # noqa: N818 - a signal to the loop below
    def __init__(self, name: str, options: Sequence[object]) -> None:
        self.name, self.options = name, options
        super().__init__(name)


@dataclass
class Reading:
    """The choices of one reading, and what stood in the packet's way under it."""

    chosen: dict[str, object] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def pick(self, name: str, options: Sequence[T]) -> T:
        """What the law leaves open [U]."""
        if name not in self.chosen:
            raise _Undecided(name, options)
        return self.chosen[name]  # type: ignore[return-value]

    def unread(self, name: str) -> bool:
        """What the facts leave open, and not the law: whoever reads them may then know nothing."""
        return self.pick(UNREAD + name, (True, False))

    def unheard_of(self, name: str, options: Sequence[T]) -> T:
        """The same for a word that nobody documents."""
        return self.pick(UNREAD + name, options)

    def holds(self, condition: bool, otherwise: str) -> bool:
        if not condition:
            self.said.append(otherwise)
        return condition


@dataclass(frozen=True)
class Answers:
    """What all readings together say, and under each that blocks, by what."""

    verdicts: frozenset[bool]
    why: tuple[str, ...]
    unread: bool = False

    def agrees(self, verdict: str) -> bool:
        """Whether an engine may say so: what all readings say, or that a fact was not read."""
        return verdict == self.verdict or (self.unread and verdict == "unknown")

    @property
    def verdict(self) -> str:
        """The one answer where they agree, else ``unknown``."""
        if len(self.verdicts) > 1:
            return "unknown"
        return "reached" if True in self.verdicts else "blocked"


def answers(question: Callable[[Reading], bool]) -> Answers:
    """The answers of every reading."""
    untried: list[dict[str, object]] = [{}]
    verdicts: set[bool] = set()
    why: list[str] = []
    unread = False
    while untried:
        reading = Reading(untried.pop())
        try:
            verdict = question(reading)
        except _Undecided as choice:
            unread |= choice.name.startswith(UNREAD)
            untried += [{**reading.chosen, choice.name: option} for option in choice.options]
            continue
        verdicts.add(verdict)
        why.append(f"{'reached' if verdict else 'blocked'} by {reading.chosen or 'the only reading'}: {reading.said}")
    return Answers(frozenset(verdicts), tuple(why), unread)


def worst(several: Sequence[Answers]) -> str:
    """Of a set of packets: reached if one surely is, blocked if none can be, else unknown."""
    found = {one.verdict for one in several}
    return next((word for word in ("reached", "unknown") if word in found), "blocked")
