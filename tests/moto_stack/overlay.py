"""moto's holes on the article's path, closed for tests only.

Each hole is a patch that states what it expects of moto: if moto changes under it, installing fails
and says where. What AWS does is taken from botocore's models and the sources in the comments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.moto_stack import overlay_balancing, overlay_containers, overlay_gateway, overlay_network


@dataclass(frozen=True)
class Hole:
    """``owner.name`` becomes ``make(original)``.

    ``takes`` are parameters that the original must have; None: moto has no such thing yet.
    """

    owner: Any
    name: str
    make: Callable[[Any], Any]
    takes: tuple[str, ...] | None

    def problem(self) -> str:
        """What moto has changed about it; "" for nothing."""
        where = f"{self.owner.__name__}.{self.name}"
        original = getattr(self.owner, self.name, None)
        if self.takes is None:
            return f"moto has {where} now: drop our own" if original is not None else ""
        if original is None:
            return f"moto has no {where} any more"
        missing = set(self.takes) - set(inspect.signature(original).parameters)
        return f"{where} takes no {sorted(missing)} any more" if missing else ""


def holes() -> list[Hole]:
    """Every hole, in the order in which they are closed."""
    parts = (overlay_gateway, overlay_balancing, overlay_containers, overlay_network)
    return [Hole(*hole) for part in parts for hole in part.HOLES]


@contextmanager
def closed() -> Iterator[None]:
    """moto with its holes closed, while this lasts. Install before the server's application is made."""
    every = holes()
    problems = [problem for hole in every if (problem := hole.problem())]
    if problems:
        raise AssertionError("; ".join(problems))
    patches = [
        patch.object(hole.owner, hole.name, hole.make(getattr(hole.owner, hole.name, None)), create=hole.takes is None)
        for hole in every
    ]
    for one in patches:
        one.start()
    try:
        with overlay_gateway.routing_rules_url(), overlay_containers.tasks_stay_running():
            yield
    finally:
        for one in reversed(patches):
            one.stop()
