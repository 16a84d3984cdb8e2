"""What every reader of raw AWS answers needs: texts, numbers and moments, whatever is missing.

An answer may come from boto3 (datetimes), a snapshot (ISO texts) or the AWS CLI (ISO texts or seconds).
A field that is not there gives the default; a word that nobody has heard of stays as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from vpclink_checks.model.fact import Unread

Raw = Mapping[str, Any]


def text(raw: Raw, *keys: str, default: str = "") -> str:
    """The first of these fields that holds something."""
    for key in keys:
        value = raw.get(key)
        if value is not None and value != "":
            return str(value)
    return default


def texts(raw: Raw, key: str) -> tuple[str, ...]:
    """A list of texts; () where it is missing."""
    return tuple(str(one) for one in _items(raw, key))


def rows(raw: Raw, key: str) -> list[Raw]:
    """A list of structures; [] where it is missing."""
    return [one for one in _items(raw, key) if isinstance(one, Mapping)]


def _items(raw: Raw, key: str) -> Iterable[Any]:
    value = raw.get(key)
    return value if isinstance(value, list | tuple) else ()


def part(raw: Raw, key: str) -> Raw:
    """A structure inside; {} where it is missing."""
    value = raw.get(key)
    return value if isinstance(value, Mapping) else {}


def text_map(raw: Raw, key: str) -> dict[str, str]:
    """A map of texts; {} where it is missing."""
    return {str(name): str(value) for name, value in part(raw, key).items()}


def whole(value: object) -> int | None:
    """A whole number, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


def number(raw: Raw, key: str, default: int) -> int:
    """A whole number with the default that AWS documents for it."""
    found = whole(raw.get(key))
    return default if found is None else found


def wholes(values: Iterable[object]) -> tuple[int, ...]:
    """The whole numbers among these, in their order."""
    return tuple(found for found in map(whole, values) if found is not None)


def flag(raw: Raw, key: str, *, default: bool = False) -> bool:
    """A boolean; AWS CLI outputs and query services may write it as text."""
    value = raw.get(key)
    if value is None:
        return default
    return value.lower() == "true" if isinstance(value, str) else bool(value)


def moment(value: object) -> datetime | None:
    """A point in time with its zone; UTC where none is given, None where it is none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = datetime.fromtimestamp(value, UTC)
        except (OSError, OverflowError, ValueError):  # of no year that there is
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def unread(lacking: Unread, members: Mapping[str, str]) -> Unread:
    """The gaps by the model's field, from those by botocore's member; *members* tells which is which."""
    return {name: lacking[member] for member, name in members.items() if member in lacking}


def dns_name(name: str) -> str:
    """Lower case, no trailing dot, Route 53's ``\\052`` as the asterisk that it is."""
    return name.lower().rstrip(".").replace("\\052", "*")
