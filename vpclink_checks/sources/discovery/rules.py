"""Which rule of a listener takes what the integration sends; when in doubt, it may.

Rules go by ascending priority, then comes the default action (botocore 1.44.5, elbv2 Rule.Priority).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import urlsplit

from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import ListenerRule
from vpclink_checks.model.destination import expand
from vpclink_checks.model.path import Path

_PARAMETER = re.compile(r"\{[^{}]*\}")
_FRESH = "\x00"  # a letter that no pattern holds: only a wildcard takes it
_ANY, _MANY = "?", "*"


@dataclass(frozen=True, slots=True)
class Taker:
    """A rule (None: the default action) that takes a request, surely or perhaps.

    ``by_path``: where it is perhaps, the request's path alone decides, not a header or a source.
    """

    rule: ListenerRule | None
    sure: bool = True
    by_path: bool = True


def candidates(path: Path, rules: Sequence[ListenerRule]) -> tuple[list[ListenerRule], bool]:
    """The rules that may take a request of the path's routes, and whether the default action may."""
    sent = [sent_by(path, route) for route in path.routes]
    if not sent or not all(sent):
        return list(rules), True
    every = [taker.rule for several in sent for one in several for taker in takers(rules, one)]
    return [rule for rule in rules if rule in every], None in every


def takers(rules: Iterable[ListenerRule], sent: str) -> tuple[Taker, ...]:
    """Who may take a request for *sent*, in order; the last one surely takes what is left."""
    found: list[Taker] = []
    for rule in sorted(rules, key=lambda one: one.priority):
        taker = _match(rule, sent)
        if taker is not None:
            found.append(taker)
            if taker.sure:
                return tuple(found)
    return (*found, Taker(None))


def sent_by(path: Path, route: Route) -> tuple[str, ...]:
    """Paths that the load balancer may get from this route, by every reading; () where they cannot be told.

    Over a version 1 link the path of the uri. Over a version 2 link a named stage may stand in front
    (API Gateway developer guide, private-integration, and AWS's samples, do not agree), and an HTTP
    API sends the path of the request, unless a parameter overwrites it.
    """
    if path.api is None or path.link is None or route.integration is None:
        return ()
    stage = path.stage.name if path.stage else ""
    if path.api.rest:
        uri = expand(route.integration.uri, path.stage.variables if path.stage else {})
        plain = _path_of(uri)
    else:
        overwritten = route.integration.request_parameters.get("overwrite:path", "")
        if overwritten:
            return () if "$" in overwritten else (overwritten,)
        plain = "/{any}" if route.path == "$default" else route.path
    if not plain or path.link.version == 1 or stage in ("", "$default"):
        return (plain,) if plain else ()
    return plain, f"/{stage}{plain}"


def _path_of(uri: str) -> str:
    """The uri's path; "" where a stage variable hides it."""
    try:
        found = urlsplit(uri).path or "/"
    except ValueError:
        return ""
    return "" if "${" in found else found


def _match(rule: ListenerRule, sent: str) -> Taker | None:
    """How the rule takes a request for *sent*; None if it surely does not.

    Whether hosts, headers, methods, queries and sources fit is not known here: they may be
    rewritten on the way.
    """
    patterns = [values for field, values in rule.conditions if field == "path-pattern"]
    if any(values and not any(_overlap(one, sent) for one in values) for values in patterns):
        return None
    by_path = all(field == "path-pattern" and values for field, values in rule.conditions)
    sure = by_path and all(any(_covers(one, sent) for one in values) for values in patterns)
    return Taker(rule, sure, by_path)


def _covers(pattern: str, sent: str) -> bool:
    """Whether the pattern takes whatever the parameters of *sent* become: short ones and long ones."""
    parts = _PARAMETER.split(sent)
    glob = re.compile("".join(_REGEX.get(one, re.escape(one)) for one in pattern), re.DOTALL)
    lengths = product((1, 2, len(pattern) + 1), repeat=min(len(parts) - 1, 4))
    return all(glob.fullmatch(_filled(parts, sizes)) for sizes in lengths)


_REGEX = {_ANY: ".", _MANY: ".*"}


def _filled(parts: Sequence[str], sizes: Sequence[int]) -> str:
    """The text with its parameters filled in; beyond the fourth with the last size."""
    last = sizes[-1] if sizes else 0
    given = [sizes[index] if index < len(sizes) else last for index in range(len(parts) - 1)]
    return parts[0] + "".join(_FRESH * size + part for size, part in zip(given, parts[1:], strict=True))


def _overlap(pattern: str, sent: str) -> bool:
    """Whether some text fits both: two patterns, laid beside each other from the end."""
    left = [one if one in (_ANY, _MANY) else f"={one}" for one in pattern]
    right: list[str] = []
    for index, fixed in enumerate(_PARAMETER.split(sent)):
        right += [f"={one}" for one in fixed] if index == 0 else [_ANY, _MANY, *(f"={one}" for one in fixed)]
    return _meet(left, right)


def _meet(left: Sequence[str], right: Sequence[str]) -> bool:
    """Row by row: meets[j] tells whether left[i:] and right[j:] have a text in common."""
    meets = [all(one == _MANY for one in right[j:]) for j in range(len(right) + 1)]
    for token in reversed(left):
        row = [False] * (len(right) + 1)
        row[-1] = token == _MANY and meets[-1]
        for j in range(len(right) - 1, -1, -1):
            if token == _MANY or right[j] == _MANY:
                row[j] = (token == _MANY and (meets[j] or row[j + 1])) or (
                    right[j] == _MANY and (row[j + 1] or meets[j])
                )
            else:
                row[j] = meets[j + 1] and (_ANY in (token, right[j]) or token == right[j])
        meets = row
    return meets[0]
