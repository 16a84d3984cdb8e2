"""Whether a thing is one of those asked for: EC2's filters, and lists of names, ids and ARNs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

Raw = Mapping[str, Any]
# Filters that are not called as the field is (EC2's reference of each operation).
_FIELDS = {
    "association.main": "Main",
    "availability-zone": "AvailabilityZone",
    "instance-state-name": "State.Name",
    "attachment.instance-id": "Attachment.InstanceId",
    "association.subnet-id": "Associations.SubnetId",
    "group-id": "Groups.GroupId",
    "private-ip-address": "PrivateIpAddress",
    "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
}


def fits(thing: Raw, wanted: Raw) -> Any:
    """The thing if it is one of those; a reservation with those of its instances that are. None if not."""
    if "Instances" in thing and "ReservationId" in thing:
        held = [one for one in thing["Instances"] if _matches(one, wanted)]
        return {**thing, "Instances": held} if held else None
    return thing if _matches(thing, wanted) else None


def _matches(thing: Raw, wanted: Raw) -> bool:
    name, values = str(wanted["Name"]), {str(one) for one in wanted.get("Values", ())}
    if name.startswith("tag:"):
        held = [str(one.get("Value")) for one in thing.get("Tags", ()) if one.get("Key") == name[4:]]
    else:
        held = list(_held(thing, name))
    patterns = [value for value in values if "*" in value or "?" in value]
    return any(one in values or any(fnmatchcase(one, pattern) for pattern in patterns) for one in held)


def _held(thing: Raw, name: str) -> Iterator[str]:
    """The thing's values under a filter's name: its own field, else one in what it holds."""
    own = _field(name.rpartition(".")[2])
    if "." not in name and own in thing:
        yield _text(thing[own])
        return
    path = _FIELDS.get(name, ".".join(map(_field, name.split("."))))
    yield from _along(thing, path.split("."))


def _along(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _along(one, path)
    elif not path:
        yield _text(value)
    elif isinstance(value, Mapping):
        for key in (path[0], path[0] + "s", path[0] + "Set"):
            if key in value:
                yield from _along(value[key], path[1:])


def _field(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Named:
    """Things found by their names, ids and ARNs, as lists of a parameter give them."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things
        self._by_name: dict[str, list[int]] = {}
        for at, thing in enumerate(things):
            for name in {spelled for text in _texts(thing) for spelled in (text, text.rpartition("/")[2])}:
                self._by_name.setdefault(name, []).append(at)

    def pick(self, key: str, wanted: list[str]) -> tuple[list[Any], list[str]]:
        """The things of these names, in their own order; and the names of none."""
        found = {name: self._of(key, name) for name in wanted}
        places = sorted({at for places in found.values() for at in places})
        return [self._things[at] for at in places], [name for name, at in found.items() if not at]

    def _of(self, key: str, name: str) -> list[int]:
        if key == "Versions":
            return [at for at, one in enumerate(self._things) if _is_version(one, name)]
        return self._by_name.get(name) or self._by_name.get(name.rpartition("/")[2], [])


def _texts(thing: Any) -> list[str]:
    """All that a thing may be called: its own texts, or those of a reservation's instances."""
    if isinstance(thing, str):
        return [thing]
    inside = thing.get("Instances", ()) if "ReservationId" in thing else ()
    return [value for one in (thing, *inside) for value in one.values() if isinstance(value, str)]


def _is_version(thing: Raw, wanted: str) -> bool:
    """A launch template's version; a recording holds those in use, so the latest is the last of them."""
    return wanted in (str(thing.get("VersionNumber")), "$Latest") or (
        wanted == "$Default" and bool(thing.get("DefaultVersion"))
    )


def same(one: str, other: str) -> bool:
    """Whether two spellings mean one thing: an ARN, or its last part, as ECS and Route 53 take both."""
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")
