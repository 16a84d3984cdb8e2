"""Whether a recorded answer has the form that AWS gives it: a file that was edited or damaged may have any.

What a file holds in a wrong form is not known; botocore lets nothing of the kind through from AWS itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

_NETWORKS = frozenset(
    {"CidrBlock", "CidrIp", "CidrIpv6", "DestinationCidrBlock", "DestinationIpv6CidrBlock", "Ipv6CidrBlock"}
)
_ADDRESSES = frozenset({"PrivateIpAddress", "Ipv6Address"})


def unreadable(key: str, response: Mapping[str, Any]) -> str:
    """What is wrong, naming the place: ``holds a text in SecurityGroups[0]: expected a structure``; "" for nothing.

    *key* is the field that lists things, "" if none does: ARNs in ECS's ``…Arns``, structures everywhere else.
    """
    listed = response.get(key) if key else []
    if listed is not None and not isinstance(listed, list):
        return f"holds {_kind(listed)} in {key}: expected a list"
    wanted: type = str if key.endswith("Arns") else dict
    for number, one in enumerate(listed or ()):
        if not isinstance(one, wanted):
            return f"holds {_kind(one)} in {key}[{number}]: expected {'a text' if wanted is str else 'a structure'}"
    return next(_inside(response, ""), "")


def _inside(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            where = f"{place}.{name}" if place else name
            yield from _field(name, one, where)
            yield from _inside(one, where)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            if one is None or isinstance(one, list):
                yield f"holds {_kind(one)} in {place}[{number}]: expected a structure or a text"
            yield from _inside(one, f"{place}[{number}]")


def _field(name: str, value: Any, where: str) -> Iterator[str]:
    if value in (None, "") or isinstance(value, list | Mapping):
        return
    if name in _NETWORKS and not _is(partial(ip_network, strict=False), value):
        yield f"holds no network in {where}: expected one such as 10.0.0.0/16"
    if name in _ADDRESSES and not _is(ip_address, value):
        yield f"holds no address in {where}: expected one such as 10.0.0.1"


def _is(read: Callable[[str], object], value: Any) -> bool:
    try:
        read(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _kind(value: Any) -> str:
    names = {type(None): "nothing", str: "a text", list: "a list", dict: "a structure"}
    return names.get(type(value), "a number")
