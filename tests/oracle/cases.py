"""One case: facts, what the engine says about them, and what the oracle does; and how the two must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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


class Disagreement(AssertionError):  # noqa: N818 - what it is called in the report
    """The engine and the oracle differ: one of them is wrong."""


def agree(case: Case) -> None:
    """The engine gives the answer where all readings agree, and ``unknown`` where they differ."""
    said, told = case.engine(case.facts), case.oracle(case.facts)
    if set(said) != set(told) or not all(one.agrees(said[title]) for title, one in told.items()):
        raise Disagreement(_shown(case, said, told))


def agree_whatever_is_missing(case: Case, gapped: Topology, completions: Iterable[Topology], missing: str) -> None:
    """With a gap in the facts: ``unknown``, or what the oracle says of every completion tried."""
    verdict = _together(case.engine, gapped)
    if verdict == "unknown":
        return
    for whole in completions:
        told = case.oracle(whole)
        wanted = together(one.verdict for one in told.values())
        if wanted != verdict:
            head = f"without {missing} the engine says {verdict}, and yet it may be {wanted}"
            raise Disagreement(f"{head}\n{_shown(Case(case.family, whole, case.engine, case.oracle), {}, told)}")


def together(verdicts: Iterable[str]) -> str:
    """Of several packets that all must pass: blocked if one is, reached if all do."""
    found = set(verdicts)
    return next((word for word in ("blocked", "unknown") if word in found), "reached")


def _together(engine: Engine, facts: Topology) -> str:
    try:
        return together(engine(facts).values())
    except UnknownFact:
        return "unknown"


def _shown(case: Case, said: Mapping[str, str], told: Mapping[str, Answers]) -> str:
    rows = [
        f"  {title}: engine {said.get(title, 'nothing')}, oracle {told[title].verdict if title in told else 'nothing'}"
        for title in sorted({*said, *told})
        if title not in told or not told[title].agrees(said.get(title, ""))
    ]
    why = [f"    {title}: {line}" for title, one in told.items() for line in one.why]
    lines = [f"    {line}" for line in facts(case.facts, small())]
    return "\n".join([case.family, *rows, "  the oracle's readings:", *why, "  the facts:", *lines])
