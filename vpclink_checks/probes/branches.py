"""Which paths a request takes: one that splits (canary, weights, rules) belongs to each of its branches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from vpclink_checks.model.api import Route
from vpclink_checks.model.path import Path
from vpclink_checks.model.routing import Landing, landing, route_for
from vpclink_checks.model.topology import Topology


def landing_on(topology: Topology, name: str, path: str, headers: Mapping[str, str] | None = None) -> Landing | None:
    """Where a request to this domain goes, as far as its mappings and rules were read."""
    domain = topology.domains.rows.get(name)
    if domain is None:
        return None
    mappings, rules = topology.mappings.rows.get(name, ()), topology.routing_rules.rows.get(name, ())
    return landing(domain, mappings, rules, path, headers)


def meant_on(topology: Topology, name: str, path: str) -> Landing | None:
    """Where it would go if the domain's mappings were live: whose callers they are that get nothing."""
    domain = topology.domains.rows.get(name)
    if domain is None:
        return None
    plain = replace(domain, routing_mode="BASE_PATH_MAPPING_ONLY")
    return landing(plain, topology.mappings.rows.get(name, ()), (), path)


def paths_of(topology: Topology, name: str, path: str, found: Landing | None, method: str) -> tuple[str, ...]:
    """The ids of the paths that a request to *path* takes, which lands at *found*; () for a neighbour's.

    Where the API has no such route, the first path of the mapping, so that what callers get is judged.
    """
    here = [one for one in topology.paths if found is not None and starts_at(one, found)]
    if found is None or not here:
        base = found.base_path if found is not None else path.lstrip("/").partition("/")[0]
        return _nowhere(topology, f"{name}/{base}")
    route = route_for(routes_at(topology, found, here), method, found.rest)
    if route is None:
        return (here[0].id,)
    return tuple(one.id for one in here if any(same(route, its) for its in one.routes))


def _nowhere(topology: Topology, id_: str) -> tuple[str, ...]:
    """A declared base path that nothing maps is a path that ends at once."""
    return tuple(path.id for path in topology.paths if path.id == id_ and path.mapping is None and path.rule is None)


def same(route: Route, other: Route) -> bool:
    """Whether both are the same route, whatever they lead to on their stage."""
    return (route.method, route.path) == (other.method, other.path)


def starts_at(path: Path, found: Landing) -> bool:
    """Whether the path begins where a request lands: the same mapping or rule of the same domain."""
    if found.rule is not None:
        return path.rule == found.rule
    return path.mapping == found.mapping and (path.stage is None or path.stage.name == found.stage)


def routes_at(topology: Topology, found: Landing, paths: Iterable[Path]) -> tuple[Route, ...]:
    """What the stage serves; where that was not read, what the paths know."""
    served = topology.served_routes.rows.get(f"{found.api_id}/{found.stage}")
    return served if served is not None else tuple(route for path in paths for route in path.routes)
