"""One case: facts, what the engine says about them, and what the oracle does; and how the two must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.oracle.readings import Answers
from tests.oracle.shown import facts
from tests.oracle.worlds import small
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.topology import Topology

# What the engine and the oracle say about each packet, by the packet's title.
Engine = Callable[[Topology], Mapping[str, str]]
Oracle = Callable[[Topology], Mapping[str, Answers]]


@dataclass(frozen=True)
class Case:
    family: str
    facts: Topology
    engine: Engine
    oracle: Oracle

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """hypothesis prints this; the facts are in the message."""
        printer.text(f"<{self.family}>")

    def compare(self) -> None:
        """The engine gives the answer where all readings agree, and ``unknown`` where they differ."""
        said, told = self.engine(self.facts), self.oracle(self.facts)
        if set(said) != set(told) or not all(one.agrees(said[title]) for title, one in told.items()):
            raise Disagreement(_shown(self, said, told))


class Disagreement(AssertionError):  # noqa: N818 - what it is called in the report
    """The engine and the oracle differ: one of them is wrong."""


@dataclass(frozen=True)
class Missing:
    """A case, the same facts with a gap, and what may have been in its place."""

    case: Case
    gapped: Topology
    completions: list[Topology]
    what: str

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"<{self.case.family} without {self.what}>")

    def compare(self) -> None:
        """The engine says ``unknown``, or what the oracle says of every completion."""
        try:
            said = _by_leg(self.case.engine(self.gapped))
        except UnknownFact:
            return
        for whole in self.completions:
            answers = self.case.oracle(whole)
            told = _by_leg({title: one.verdict for title, one in answers.items()})
            wrong = [one for one in told if said.get(one, "nothing") not in ("unknown", told[one])]
            if wrong:
                raise Disagreement(self._told(whole, answers, [(one, said.get(one), told[one]) for one in wrong]))

    def _told(self, whole: Topology, answers: Mapping[str, Answers], wrong: list[tuple[str, str | None, str]]) -> str:
        head = [f"without {self.what} the engine says {is_} of {one}, and it may be {may}" for one, is_, may in wrong]
        return "\n".join([*head, "one completion:", _shown(replace(self.case, facts=whole), {}, answers)])


def _by_leg(verdicts: Mapping[str, str]) -> dict[str, str]:
    """What passes between one zone and one target may come from other addresses than was thought: all must pass."""
    found: dict[str, list[str]] = {}
    for title, verdict in verdicts.items():
        found.setdefault(title.partition(": ")[0], []).append(verdict)
    return {leg: together(several) for leg, several in found.items()}


def together(verdicts: Iterable[str]) -> str:
    """Of several packets that all must pass: blocked if one is, reached if all do."""
    found = set(verdicts)
    return next((word for word in ("blocked", "unknown") if word in found), "reached")


def _shown(case: Case, said: Mapping[str, str], told: Mapping[str, Answers]) -> str:
    rows = [
        f"  {title}: engine {said.get(title, 'nothing')}, oracle {told[title].verdict if title in told else 'nothing'}"
        for title in sorted({*said, *told})
        if title not in told or not told[title].agrees(said.get(title, ""))
    ]
    why = [f"    {title}: {line}" for title, one in told.items() for line in one.why]
    lines = [f"    {line}" for line in facts(case.facts, small())]
    return "\n".join([case.family, *rows, "  the oracle's readings:", *why, "  the facts:", *lines])
