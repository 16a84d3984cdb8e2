"""How the AWS CLI spells operations and parameters, and what the tail of a file's name may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

# As botocore's xform_name, whose spelling the AWS CLI uses.
_WORD_START = re.compile(r"(.)([A-Z][a-z]+)")
_AFTER_SMALL = re.compile(r"([a-z0-9])([A-Z])")
_PLURAL = re.compile(r"([A-Z]{2,}s)$")
_NOT_A_WORD = re.compile(r"[^A-Za-z0-9]+")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9.]+")
# In ARNs of load balancers and listeners these stand before the name.
_KINDS_OF_BALANCER = ("net", "app", "gwy")
_NAMED_BEFORE_ID = ("loadbalancer", "targetgroup")


def kebab(name: str) -> str:
    """``DescribeVpcBlockPublicAccessOptions`` -> ``describe-vpc-block-public-access-options``."""
    name = _PLURAL.sub(lambda plural: f"-{plural[1].lower()}", name)
    return _AFTER_SMALL.sub(r"\1-\2", _WORD_START.sub(r"\1-\2", name)).lower()


def suggested(values: Sequence[str]) -> str:
    """The tail that a file about these should have: ``orders-tg``, ``a1b2c3d4e5-prod``."""
    return "-".join(_file_word(_short(value)) for value in values)


def fits(tail: str, values: Sequence[str], said: Sequence[bool] = ()) -> bool:
    """Whether the tail names these values, in their order; those that the content has *said* may be left out."""
    wanted = _plain(tail)
    free = [*said, *[False] * (len(values) - len(said))]
    return bool(wanted) and wanted in set(_spellings(tuple(values), tuple(free)))


def same(one: str, other: str) -> bool:
    """Whether two ids are of one thing: equal, or one the end of the other, which is an ARN or a path."""
    if not one or not other:
        return False
    return one == other or one.endswith(f"/{other}") or other.endswith(f"/{one}")


def resource_of(arn: str) -> list[str]:
    """What stands behind the account in an ARN: ``["targetgroup", "orders", "6d0e…"]``; the parts of any other path."""
    parts = arn.split(":", 5)
    return (parts[5] if arn.startswith("arn:") and len(parts) > 5 else arn).strip("/").split("/")  # noqa: PLR2004


def _spellings(values: tuple[str, ...], said: tuple[bool, ...]) -> Iterator[str]:
    """Every way to name them, "" among them where all were said."""
    if not values:
        yield ""
        return
    rest = list(_spellings(values[1:], said[1:]))
    if said[0]:
        yield from rest
    for first in _tails(values[0]):
        yield from (f"{first}-{later}" if later else first for later in rest)


@cache
def _tails(value: str) -> frozenset[str]:
    """A value whole, by the ends of its path, and by the name in it."""
    parts = resource_of(value)
    ends = {"/".join(parts[at:]) for at in range(len(parts))}
    names = {one for one in parts[1:] if one not in _KINDS_OF_BALANCER}
    return frozenset(_plain(one) for one in {value} | ends | names) - {""}


def _plain(text: str) -> str:
    """Without what a file name may not hold; a wildcard as a word."""
    return _NOT_A_WORD.sub("-", text.replace("*", " wildcard ")).strip("-")


def _file_word(text: str) -> str:
    return _NOT_IN_A_NAME.sub("-", text.replace("*", "wildcard")).strip("-.")


def _short(value: str) -> str:
    """The name of a balancer or target group, which no other has; a listener's whole path; else the end of the path."""
    parts = resource_of(value)
    if parts[0] == "listener":
        return "/".join(parts[2:])
    return parts[-2] if parts[0] in _NAMED_BEFORE_ID and len(parts) > 2 else parts[-1]  # noqa: PLR2004
