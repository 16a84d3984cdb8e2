"""Whether another API's callers still get there through the domain that we share with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.path import Neighbour
from vpclink_checks.model.routing import Landing, landing
from vpclink_checks.model.topology import Topology


@dataclass(frozen=True, slots=True)
class Way:
    """A request that belongs to a neighbour, and where it really lands."""

    path: str
    landing: Landing | None


def ways(topology: Topology, neighbour: Neighbour) -> tuple[Way, ...]:
    """Requests that must reach this neighbour: its base path, and one for each of its routes.

    Raises UnknownFact where the domain, its mappings or its rules were not read.
    """
    domain = topology.domains.need(neighbour.domain)
    mappings = topology.mappings.find(neighbour.domain) or ()
    rules = topology.routing_rules.find(neighbour.domain) or ()
    return tuple(
        Way(path, landing(domain, mappings, rules, path, headers))
        for path, headers in _requests(domain, mappings, rules, neighbour)
    )


def _requests(
    domain: DomainName, mappings: tuple[Mapping, ...], rules: tuple[RoutingRule, ...], neighbour: Neighbour
) -> Iterator[tuple[str, dict[str, str]]]:
    mapped = any(one.key == neighbour.base_path and one.api_id == neighbour.api_id for one in mappings)
    if mapped and domain.routing_mode != "ROUTING_RULE_ONLY":
        base = f"/{neighbour.base_path}" if neighbour.base_path else ""
        yield base or "/", {}
        yield from ((base + path, {}) for path in _route_paths(neighbour))
        return
    for rule in rules:
        if rule.api_id == neighbour.api_id:
            headers = {name: glob.replace("*", "") or "x" for name, glob in (any_of[0] for any_of in rule.headers)}
            yield from ((f"/{base.strip('/')}", headers) for base in rule.base_paths or ("",))


def _route_paths(neighbour: Neighbour) -> Iterator[str]:
    """One concrete path for each route that is more than a catch-all."""
    for route in neighbour.routes:
        parts = [part for part in route.path.split("/") if part and part != "$default"]
        if parts and not parts[0].startswith("{"):
            filled = ["vpclink" if part.endswith("+}") else "1" if part.startswith("{") else part for part in parts]
            yield "".join(f"/{part}" for part in filled)
