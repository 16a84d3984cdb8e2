"""One row of a table of facts put, and what every change's text is made of."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TypeVar

from vpclink_checks.model.fact import Gap, Table

T = TypeVar("T")


def row(table: Table[T], key: str) -> T:
    """The fact that a change is made to. Raises LookupError where it does not exist or was not read."""
    found = table.peek(key)
    if found is None or isinstance(found, Gap):
        raise LookupError(f"no {key} in the facts to change")
    return found


def put(table: Table[T], key: str, value: T) -> Table[T]:
    """The same table with this row."""
    return replace(table, rows={**table.rows, key: value})


def network(text: str) -> str:
    """An address as a network of one, as EC2 wants it; a network as it stands, without host bits."""
    return str(ip_network(text, strict=False))


def is_ipv6(text: str) -> bool:
    """Whether an address or network is of IPv6."""
    return ":" in text


def slug(*parts: object) -> str:
    """A name for a Terraform resource: letters, digits and underscores, beginning with a letter."""
    text = "_".join(str(part) for part in parts)
    return "".join(one if one.isascii() and one.isalnum() else "_" for one in text).strip("_")


def block(head: str, **arguments: str) -> str:
    """A Terraform block; the arguments' values are written as they stand, their equals signs under each other."""
    width = max(len(name) for name in arguments)
    lines = "\n".join(f"  {name.ljust(width)} = {value}" for name, value in arguments.items())
    return f"{head} {{\n{lines}\n}}"


def quoted(text: str) -> str:
    """A Terraform string."""
    return f'"{text}"'
