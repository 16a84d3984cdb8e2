"""Fields of one object that could not be read: asked for, they say so instead of giving their default."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

from vpclink_checks.api.errors import FactUnknown
from vpclink_checks.model.api import Route

T = TypeVar("T")


def guarded(value: T) -> T:
    """The same fact, or tuple of facts. Where fields of it are unread, to read one of those raises FactUnknown."""
    found: T = _guarded(value)
    return found


def _guarded(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(map(_guarded, value))
    if isinstance(value, Route) and value.integration is not None:
        value = replace(value, integration=_guarded(value.integration))
    if not getattr(value, "unread", None):
        return value
    kind: Any = type(value)
    return _guarding(kind)(**{one.name: getattr(value, one.name) for one in fields(value)})


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
    known = {
        one.name: getattr(self, one.name) for one in fields(self) if one.name not in unread and one.name != "unread"
    }
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in known.items())})"
