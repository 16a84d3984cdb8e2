"""Fields of one object that could not be read: asked for, they say so instead of giving their default."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from vpclink_checks.api.errors import FactUnknown
from vpclink_checks.model.api import Route

T = TypeVar("T")


def guarded(value: T) -> T:
    """The same fact, or tuple of facts. Where fields of it are unread, to read one of those raises FactUnknown."""
    if isinstance(value, tuple):
        return type(value)(guarded(one) for one in value) if type(value) is tuple else value
    found: Any = value
    kind: Any = type(value)
    if isinstance(found, Route) and found.integration is not None:
        found = replace(found, integration=guarded(found.integration))
    if not getattr(found, "unread", None) or not is_dataclass(found):
        return value
    unread: T = _guarding(kind)(**{one.name: getattr(found, one.name) for one in fields(found)})
    return unread


@cache
def _guarding(kind: Any) -> Any:
    """A subclass whose unread fields cannot be read."""

    def look(self: Any, name: str) -> Any:
        gap = object.__getattribute__(self, "unread").get(name) if not name.startswith("_") else None
        if gap is not None:
            raise FactUnknown(f"{name} of {kind.__name__} is not known: {gap}")
        return object.__getattribute__(self, name)

    return type(kind.__name__, (kind,), {"__slots__": (), "__getattribute__": look, "__repr__": _shown})


def _shown(self: Any) -> str:
    unread = object.__getattribute__(self, "unread")
    known = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in unread}
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in known.items())})"
