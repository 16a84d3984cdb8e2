"""Which API a request to a custom domain reaches, and which of its routes: pure look-ups, no verdicts.

Rules: API Gateway developer guide, rest-api-mappings, http-api-mappings, rest-api-routing-rules
(domain to API) and http-api-develop-routes, set-up-proxy-resource (API to route).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from fnmatch import fnmatchcase

from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.fact import Gap, UnknownFact, read

ANSWERED_BY_GATEWAY = ("/ping", "/sping")  # on every custom domain; developer guide, known issues
STATIC, PARAMETER, GREEDY, DEFAULT = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where a request to a domain goes: ``rest`` is the path that the API's routes are matched with.

    ``base_path`` is the mapping's key, or the base path condition of the rule ("" for none).
    """

    api_id: str
    stage: str
    base_path: str
    rest: str
    mapping: Mapping | None = None
    rule: RoutingRule | None = None


def need_known_mode(domain: DomainName) -> None:
    """Raises UnknownFact where the routing mode was not read, or is a word of which it is not known what it makes live.

    For verdicts. :func:`landing` itself then takes rules first and mappings after them, which is good
    enough to send a probe by.
    """
    read(domain, "routing_mode")
    if not domain.mode_known:
        message = f"this version does not know the routing mode {domain.routing_mode}"
        raise UnknownFact(Gap(operation="apigateway:GetDomainName", action="", code="NotKnown", message=message))


def landing(
    domain: DomainName,
    mappings: Sequence[Mapping],
    rules: Sequence[RoutingRule],
    path: str,
    headers: Dictionary[str, str] | None = None,
) -> Landing | None:
    """The API that a request reaches through this domain; None: API Gateway answers 403 Forbidden.

    *path* begins with "/" and holds no query.
    """
    if domain.routing_mode != "BASE_PATH_MAPPING_ONLY":
        for rule in sorted(rules, key=lambda one: one.priority):
            if (found := _by_rule(rule, path, headers or {})) is not None:
                return found
    if domain.routing_mode == "ROUTING_RULE_ONLY":
        return None
    mapping = mapping_for(mappings, path)
    return None if mapping is None else _by_mapping(mapping, path)


def mapping_for(mappings: Sequence[Mapping], path: str) -> Mapping | None:
    """The mapping whose key wins: by first segment, or by longest prefix as soon as one key has several.

    With a multi-level key on the domain, prefixes are plain strings: ``/ordersandmore`` goes to
    ``orders`` (rest-api-mappings).
    """
    text = path.lstrip("/")
    several = any("/" in one.key for one in mappings)
    segment = text.split("/", 1)[0]
    fits = [one for one in mappings if (text.startswith(one.key) if several else one.key in ("", segment))]
    return max(fits, key=lambda one: len(one.key), default=None)


def _by_mapping(mapping: Mapping, path: str) -> Landing:
    rest = "/" + path.lstrip("/")[len(mapping.key) :].lstrip("/")
    stage = mapping.stage
    if not stage:
        stage, _, behind = rest.lstrip("/").partition("/")
        rest = f"/{behind}"
    return Landing(api_id=mapping.api_id, stage=stage, base_path=mapping.key, rest=rest, mapping=mapping)


def _by_rule(rule: RoutingRule, path: str, headers: Dictionary[str, str]) -> Landing | None:
    sent = {name.lower(): value for name, value in headers.items()}
    met = all(
        any(fnmatchcase(sent[name.lower()], glob) for name, glob in any_of if name.lower() in sent)
        for any_of in rule.headers
    )
    bases = [base for base in rule.base_paths if _under(path, base)]
    if not met or (rule.base_paths and not bases):
        return None
    base = max(bases, key=len, default="")
    rest = "/" + path.lstrip("/")[len(base) :].lstrip("/") if rule.strip_base_path else path
    return Landing(api_id=rule.api_id, stage=rule.stage, base_path=base, rest=rest, rule=rule)


def _under(path: str, base: str) -> bool:
    """Whether the path lies under this base path; base paths are case sensitive."""
    wanted = base.strip("/")
    text = path.lstrip("/")
    return text == wanted or text.startswith(f"{wanted}/")


def route_for(routes: Iterable[Route], method: str, path: str) -> Route | None:
    """The route that a request meets in its API, the most specific first; None: no route.

    A static part beats a parameter, a parameter beats ``{proxy+}``, anything beats ``$default``; the
    named method beats ANY. A resource without the method does not end the search: its parent's proxy
    answers (seen on AWS; the guide says otherwise).
    """
    fits = [
        (kinds, one.method == "ANY", index, one)
        for index, one in enumerate(routes)
        if one.method in (method, "ANY") or one.path == "$default"
        if (kinds := _match(one.path, path)) is not None
    ]
    return min(fits, key=lambda fit: fit[:3])[3] if fits else None


def _match(template: str, path: str) -> tuple[int, ...] | None:
    """How each part of the template took its part of the path; None where it does not fit."""
    if template == "$default":
        return (DEFAULT,)
    parts, given = _parts(template), _parts(path)
    kinds: list[int] = []
    for index, part in enumerate(parts):
        if index >= len(given):
            return None
        if part.startswith("{") and part.endswith("+}"):
            return (*kinds, GREEDY)
        parameter = part.startswith("{") and part.endswith("}")
        if not parameter and part != given[index]:
            return None
        kinds.append(PARAMETER if parameter else STATIC)
    return tuple(kinds) if len(parts) == len(given) else None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
