"""Random TOML trees, written as text: tomllib only reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import singledispatch

from hypothesis import strategies as st

from vpclink_checks.settings.lines import Place

# Words of the config, so that random trees get past its first table.
WORDS = (
    *("env", "static", "prod", "all", "region", "domain", "account", "dns", "severity", "backend", "host_ports"),
    *("probe", "expect", "request_headers", "status", "json", "header", "body", "path", "auth", "client_key"),
    *("waiver", "check", "expires", "subject", "reason", "unknown", "max_ms", "connect_to", "base_paths"),
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(["eu-west-2", "api.example.com", "required", "risk", "*", "/", "GET", "[", "a{99999999999}"]),
    st.dates(),
    st.times(),
    st.datetimes(),
)


KEYS = st.one_of(st.sampled_from(WORDS), st.text(st.characters(codec="utf-8", categories=["L", "P"]), max_size=4))


def values() -> st.SearchStrategy[object]:
    """Values of every kind, with the config's own words as keys."""
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=5)),
        max_leaves=25,
    )


def trees() -> st.SearchStrategy[dict[str, object]]:
    """Whole files."""
    return st.dictionaries(KEYS, values(), max_size=4)


@dataclass(frozen=True)
class Written:
    """The text of a tree, and the line on which each key of its tables was put."""

    text: str
    lines: dict[Place, int]


def write(tree: dict[str, object]) -> Written:
    """One key a line: tables with headers where they can have one, in line where they stand in arrays."""
    rows: list[str] = []
    lines: dict[Place, int] = {}

    def put(place: Place, text: str) -> None:
        lines[place] = len(rows) + 1
        rows.extend(text.split("\n"))

    def table(place: Place, values: dict[str, object]) -> None:
        for key, value in values.items():
            if not isinstance(value, dict):
                put((*place, key), f"{_string(key)} = {_value(value)}")
        for key, value in values.items():
            if isinstance(value, dict):
                inner: Place = (*place, key)
                rows.append("")
                put(inner, f"[ {' . '.join(_string(str(part)) for part in inner)}]  # [a]")
                table(inner, value)

    table((), tree)
    return Written("\n".join(rows), lines)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@singledispatch
def _value(value: object) -> str:
    raise TypeError(type(value))


@_value.register
def _(value: str) -> str:
    return _string(value)


@_value.register(bool)
@_value.register(int)
@_value.register(float)
def _(value: float) -> str:
    return str(value).lower()


@_value.register(date)
@_value.register(datetime)
@_value.register(time)
def _(value: date | time) -> str:
    return value.isoformat()


@_value.register
def _(value: list) -> str:  # type: ignore[type-arg]
    return "[" + "".join(f"\n  {_value(element)}," for element in value) + "]"


@_value.register
def _(value: dict) -> str:  # type: ignore[type-arg]
    return "{" + ", ".join(f"{_string(key)} = {_value(element)}" for key, element in value.items()) + "}"
