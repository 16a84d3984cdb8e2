"""Whether a listener rule can match what the integration sends; when in doubt, it can."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from vpclink_checks.model.balancing import ListenerRule
from vpclink_checks.model.path import Path

_OPEN = re.compile(r"[{*?]")


def may_match(rule: ListenerRule, path: Path) -> bool:
    """False only where a path-pattern condition rules out every request of the path's routes.

    Hosts, headers and the rest may be rewritten on the way, so they never rule anything out.
    """
    patterns = [values for field, values in rule.conditions if field == "path-pattern"]
    sent = _sent(path)
    return all(any(_overlap(pattern, one) for pattern in values for one in sent) for values in patterns) or not sent


def _sent(path: Path) -> list[str]:
    """Paths that the backend may get, as far as they are fixed; [] where they cannot be told.

    A REST integration sends the path of its uri. What an HTTP API sends depends on stage and overwrites.
    """
    if path.destination is None or not path.destination.host:
        return []
    uris = {path.destination.uri} | {route.integration.uri for route in path.routes if route.integration}
    if path.api is None or not path.api.rest or path.link is None or path.link.version != 1:
        return []
    return [_path(uri) for uri in uris]


def _path(uri: str) -> str:
    try:
        return urlsplit(uri).path or "/"
    except ValueError:
        return "/{proxy}"


def _overlap(pattern: str, sent: str) -> bool:
    """Whether some text fits both; exact for what is fixed in front of the first wildcard or parameter."""
    left, right = _OPEN.split(pattern)[0], _OPEN.split(sent)[0]
    if left == pattern and right == sent:
        return left == right
    if left == pattern:
        return left.startswith(right)
    if right == sent:
        return right.startswith(left)
    return left.startswith(right) or right.startswith(left)
