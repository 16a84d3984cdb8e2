"""Whether another API's callers still get there through the domain that we share with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.path import Neighbour
from vpclink_checks.model.routing import Landing, landing, need_known_mode
from vpclink_checks.model.topology import Topology

Headers = dict[str, str]
MAPPINGS_ONLY, RULES_ONLY = "BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY"


@dataclass(frozen=True, slots=True)
class Way:
    """A request that belongs to a neighbour, and where it really lands.

    ``part``: it stands for some of the callers of a path only: "" for all of them, else which.
    """

    path: str
    landing: Landing | None
    part: str = ""


@dataclass(frozen=True, slots=True)
class _Tables:
    """What decides about the requests to one domain."""

    domain: DomainName
    mappings: tuple[Mapping, ...]
    rules: tuple[RoutingRule, ...]

    def land(self, path: str, headers: Headers) -> Landing | None:
        return landing(self.domain, self.mappings, self.rules, path, headers)

    def without(self, apis: set[str]) -> _Tables:
        """The same, as if these APIs were not on the domain."""
        mappings = tuple(one for one in self.mappings if one.api_id not in apis)
        rules = tuple(one for one in self.rules if one.api_id not in apis)
        return replace(self, mappings=mappings, rules=rules)


def listed(topology: Topology, ours: set[str]) -> Iterator[Neighbour]:
    """Every mapping and rule of another API that a domain lists, answered for or not.

    A rule in front may have taken everything, so that nothing leads there any more. As far as they were read:
    what was not is told where a neighbour is judged.
    """
    for domain in topology.domains:
        for mapping in topology.mappings.rows.get(domain.name, ()):
            if mapping.api_id not in ours:
                yield _neighbour(domain, mapping.key, mapping.api_id, mapping.stage)
        for rule in topology.routing_rules.rows.get(domain.name, ()) if domain.routing_mode != MAPPINGS_ONLY else ():
            if rule.api_id not in ours:
                yield _neighbour(domain, next(iter(rule.base_paths), ""), rule.api_id, rule.stage)


def _neighbour(domain: DomainName, key: str, api_id: str, stage: str) -> Neighbour:
    return Neighbour(domain=domain.name, base_path=key, api_id=api_id, stage=stage, title=f"{domain.name}/{key}")


def ways(topology: Topology, neighbour: Neighbour, ours: set[str]) -> tuple[Way, ...]:
    """Requests that must reach this neighbour: its base path, one for each of its routes, and parts that *ours* name.

    Raises UnknownFact where the domain, its mappings or its rules were not read, or its routing mode is
    not known. Rules that the mode leaves inert are not asked for.
    """
    domain = topology.domains.need(neighbour.domain)
    need_known_mode(domain)
    inert = domain.routing_mode == MAPPINGS_ONLY
    mappings = topology.mappings.find(neighbour.domain) or ()
    rules = () if inert else topology.routing_rules.find(neighbour.domain) or ()
    tables = _Tables(domain, mappings, rules)
    whole = [(path, headers) for path, headers in _requests(tables, neighbour)]
    found = [Way(path, tables.land(path, headers)) for path, headers in whole]
    return (*found, *_parts(tables, neighbour, whole, ours))


def _requests(tables: _Tables, neighbour: Neighbour) -> Iterator[tuple[str, Headers]]:
    mapped = any(one.key == neighbour.base_path and one.api_id == neighbour.api_id for one in tables.mappings)
    ruled = [one for one in tables.rules if one.api_id == neighbour.api_id]
    if mapped and (tables.domain.routing_mode != RULES_ONLY or not ruled):
        base = f"/{neighbour.base_path}" if neighbour.base_path else ""
        yield base or "/", {}
        yield from ((base + path, {}) for path in _route_paths(neighbour))
        return
    for rule in ruled:
        yield from ((f"/{base.strip('/')}", _meeting(rule)) for base in rule.base_paths or ("",))


def _meeting(rule: RoutingRule) -> Headers:
    """Headers that meet the rule's conditions."""
    return {name: glob.replace("*", "") or "x" for name, glob in (any_of[0] for any_of in rule.headers)}


def _parts(tables: _Tables, neighbour: Neighbour, whole: list[tuple[str, Headers]], ours: set[str]) -> Iterator[Way]:
    """What our own mappings and rules name of a neighbour's base path: a path below it, or callers with a header.

    A neighbour at the root has what is left by its nature: no part of it is named.
    """
    if not neighbour.base_path:
        return
    rest = tables.without(ours)
    named: list[tuple[str, Headers, str]] = [(one.key, {}, "") for one in tables.mappings if one.api_id in ours]
    for rule in (one for one in tables.rules if one.api_id in ours):
        where = ", where the header conditions hold," if rule.headers else ""
        named += [(base, _meeting(rule), where) for base in rule.base_paths]
        named += [(path.lstrip("/"), _meeting(rule), where) for path, _ in whole if rule.headers]
    for base, headers, where in named:
        path = f"/{base.strip('/')}"
        before = rest.land(path, headers)
        if before is not None and (before.api_id, before.base_path) == (neighbour.api_id, neighbour.base_path):
            yield Way(path, tables.land(path, headers), where or " and what lies below it")


def _route_paths(neighbour: Neighbour) -> Iterator[str]:
    """One concrete path for each route that is more than a catch-all."""
    for route in neighbour.routes:
        parts = [part for part in route.path.split("/") if part and part != "$default"]
        if parts and not parts[0].startswith("{"):
            filled = ["vpclink" if part.endswith("+}") else "1" if part.startswith("{") else part for part in parts]
            yield "".join(f"/{part}" for part in filled)
