"""Route 53's record sets: listed in the order of their names from the right, from a name on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpclink_checks.sources.rows import Paging

Raw = Mapping[str, Any]
_KEYS = ("Name", "Type", "SetIdentifier")
_OUT = ("NextRecordName", "NextRecordType", "NextRecordIdentifier")
_IN = ("StartRecordName", "StartRecordType", "StartRecordIdentifier")


def by_name(paging: Paging) -> bool:
    """Whether the next page begins at a name, which is also how a name is looked for."""
    return paging.token_in == _IN


def records_from(whole: Raw, items: list[Any], asked: Raw, size: int) -> dict[str, Any]:
    """At most *size* record sets, from the name (type, identifier) that was asked for on."""
    ordered = sorted(items, key=_place)
    start = _place({key: asked.get(into, "") for key, into in zip(_KEYS, _IN, strict=True)})
    left = [one for one in ordered if _place(one) >= start]
    page, following = left[: size or len(left)], left[size or len(left) :]
    answer = {**whole, "ResourceRecordSets": page, "IsTruncated": bool(following)}
    named = {out: following[0].get(key) for out, key in zip(_OUT, _KEYS, strict=True)} if following else {}
    return answer | {out: value for out, value in named.items() if value}


def _place(record: Raw) -> tuple[list[str], str, str]:
    """Where a record set stands: by the name's labels from the right (Route 53, ListResourceRecordSets)."""
    name = str(record.get("Name") or "").rstrip(".").lower().replace("*", "\\052")
    return name.split(".")[::-1], str(record.get("Type") or ""), str(record.get("SetIdentifier") or "")
