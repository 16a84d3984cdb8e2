"""Facts of one kind by name: a read-only mapping that never looks empty because something was not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from vpclink_checks.api.errors import FactUnknown, NoSuchFact
from vpclink_checks.api.guard import guarded
from vpclink_checks.model.fact import Gap, Table

T = TypeVar("T")
SHOWN = 8  # names that a line lists


def tail(arn: str) -> str:
    """The name in an ARN: ``…:task-definition/orders:7`` is ``orders:7``, ``…:targetgroup/orders/1a2b`` is ``orders``.

    Formats: Service Authorization Reference, Amazon ECS and Elastic Load Balancing V2. Anything else stays as it is.
    """
    if not arn.startswith("arn:"):
        return arn
    kind, _, name = arn.split(":", 5)[5].partition("/")
    if kind == "loadbalancer":
        parts = name.split("/")
        return parts[1] if len(parts) > 1 else name  # net/NAME/ID; a classic one has its name alone
    return name.partition("/")[0] if kind == "targetgroup" else name


class Collection(Mapping[str, T]):
    """Facts by key.

    ``collection[key]`` takes the key, or the ARN where the facts have one. Raises NoSuchFact where there is
    no such thing, FactUnknown where it could not be read. To count, iterate or compare asks for all of
    them: that raises FactUnknown too, unless every one was read.
    """

    __slots__ = ("_by_name", "_gap", "_kind")

    def __init__(self, kind: str, table: Table[T], name_of: Callable[[str], str] = tail) -> None:
        self._kind = kind
        self._gap = table.gap
        self._by_name: dict[str, tuple[str, T | Gap]] = {}
        self._by_name.update({name_of(key): (key, value) for key, value in table.rows.items()})
        self._by_name.update({name_of(key): (key, gap) for key, gap in table.gaps.items()})

    def __getitem__(self, key: str) -> T:
        found = self._find(key)
        if isinstance(found, Gap):
            raise FactUnknown(f"{self._kind} {key} is not known: {found}")
        return guarded(found)

    def _find(self, key: str) -> T | Gap:
        if key in self._by_name:
            return self._by_name[key][1]
        for full, value in self._by_name.values():
            if full == key:
                return value
        if self._gap is not None:
            return self._gap
        raise NoSuchFact(f"there is no {self._kind} {key!r} here; there is: {self._listed()}")

    def _all(self) -> dict[str, tuple[str, T | Gap]]:
        """Every one of them. Raises FactUnknown if there may be more than was read."""
        gaps = [value for _, value in self._by_name.values() if isinstance(value, Gap)]
        if self._gap is not None:
            gaps.append(self._gap)
        if gaps:
            raise FactUnknown(f"not every {self._kind} is known: {gaps[0]}")
        return self._by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        unread = self._gap is not None or any(isinstance(value, Gap) for _, value in self._by_name.values())
        return f"<{self._kind}: {self._listed()}{'; not every one is known' if unread else ''}>"

    def _listed(self) -> str:
        names = sorted(name for name, (_, value) in self._by_name.items() if not isinstance(value, Gap))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        return f"{', '.join(names[:SHOWN])}{more}" if names else "none"
