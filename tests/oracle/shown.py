"""Facts as short as they can be told: no field that holds its default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass

from vpclink_checks.model.fact import Table
from vpclink_checks.model.topology import Topology


def short(value: object) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        told = [f"{one.name}={short(getattr(value, one.name))}" for one in fields(value) if _says(value, one.name)]
        return f"{type(value).__name__}({', '.join(told)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(short, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _says(value: object, name: str) -> bool:
    default = next(one.default for one in fields(value) if one.name == name)  # type: ignore[arg-type]
    return default is MISSING or getattr(value, name) != default


def facts(topology: Topology, usual: Topology) -> Iterator[str]:
    """A line for each row of each table that *usual* does not hold as well, and for each gap."""
    for one in fields(topology):
        table, known = getattr(topology, one.name), getattr(usual, one.name)
        if isinstance(table, Table):
            rows = {key: row for key, row in table.rows.items() if known.rows.get(key) != row}
            yield from (f"{one.name}[{key!r}] = {short(row)}" for key, row in rows.items())
            yield from (f"{one.name}[{key!r}] was not read: {gap}" for key, gap in table.gaps.items())
