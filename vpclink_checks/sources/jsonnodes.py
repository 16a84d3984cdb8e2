"""The values of a JSON text, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vpclink_checks.model.ecs import Placeholder

SHOWN = 120
_HARMLESS = re.compile(r"(?:<%=)?[\w$%{}<>.\-+*/ `|]{1,60}")

Scalar = str | int | float | bool | None | Placeholder


@dataclass(frozen=True, slots=True)
class Array:
    """A list. A placeholder among its items stands for any number of them."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Object:
    """An object. ``rest`` is a placeholder that stands for members nobody can name yet."""

    members: Mapping[str, Node] = field(default_factory=dict)
    rest: Node | None = None

    def get(self, key: str) -> Node | None:
        """The member; the placeholder that may hold it; or None where it is not there."""
        return self.members.get(key, self.rest)


@dataclass(frozen=True, slots=True)
class Node:
    """One value; ``offset`` is where it starts, ``key_offset`` where its key does."""

    value: Scalar | Array | Object
    offset: int
    key_offset: int = -1


def clean(text: str) -> str:
    """*text* as it may be shown on one line: printable, and not endless."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:SHOWN])
    return shown if len(text) <= SHOWN else shown + "…"


def placeholder(text: str, offset: int) -> Placeholder:
    """The placeholder written as *text*: names and sums are shown, anything with literals is not."""
    if _HARMLESS.fullmatch(text):
        return Placeholder(text)
    opener = text[:2] if text[:2] in ("${", "%{", "{{", "{%", "<%") else "$"
    return Placeholder(f"{opener}…", place=offset)
