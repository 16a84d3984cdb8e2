"""Doors through API Gateway itself: routes of any API and stage that end at the same targets."""

from __future__ import annotations

from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.behind import inner_groups
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Here, Key
from vpclink_checks.reach.doors.judged import said

_CALL = "apigateway:GetExport"
Way = tuple[Path, Route]


def ways_in(here: Here) -> tuple[Way, ...]:
    """Every deployed route of any path or other stage that ends at this path's targets, once.

    Where a stage's export was not read, the routes as edited. Raises UnknownFact.
    """
    mine = _target_keys(here, here.group)
    shared = [
        path
        for path in (*here.topology.paths, *here.topology.ways)
        if path.target_group is not None
        and (path.target_group.arn == here.group.arn or _target_keys(here, path.target_group) & mine)
    ]
    found = {
        (path.api.id if path.api else route.api_id, path.stage.key if path.stage else "", route.title): (path, route)
        for path in reversed(shared)
        for route in reversed(path.routes)
        if _deployed(here.topology, path, route)
    }
    return tuple(reversed(found.values()))


def _target_keys(here: Here, group: TargetGroup) -> frozenset[Key]:
    """Of the registered targets, and of those behind them where they are ALBs. Raises UnknownFact."""
    registered = here.topology.targets.find(group.arn) or ()
    behind = ((one.group, target) for one in inner_groups(here.topology, group) for target in one.targets)
    every = (*((group, target) for target in registered), *behind)
    return frozenset(key for held, target in every for key in here.names_of(held, target))


def _deployed(topology: Topology, path: Path, route: Route) -> bool:
    served = served_by(topology, path)
    return served is None or any((one.method, one.path) == (route.method, route.path) for one in served)


def served_by(topology: Topology, path: Path) -> tuple[Route, ...] | None:
    """What the path's stage serves, a domain's or not; None where that was not read."""
    if path.stage is None:
        return None
    key = path.stage.key
    return topology.served_routes.rows.get(key, topology.other_routes.rows.get(key))


def unread_ways(topology: Topology) -> Gap | None:
    """Why a stage, mapped or not, may let more in than was read, or ask for less; None where all was read."""
    mapped = (topology.apis, topology.stages, topology.served_routes)
    for table in (*mapped, topology.other_apis, topology.other_stages, topology.other_routes):
        gap = next(iter(table.gaps.values()), table.gap)
        if gap is not None:
            return gap
    return next((gap for way in topology.ways if (gap := _cut_off(topology, way)) is not None), None)


def _cut_off(topology: Topology, way: Path) -> Gap | None:
    """Why it is not known where a deployed route that asks for nothing ends; None where that is known.

    Cloud Map services are among the doors not judged.
    """
    bare = any(not route.asks and _deployed(topology, way, route) for route in way.routes)
    gap = way.stop.gap if way.stop is not None and way.target_group is None else None
    return gap if bare and gap is not None and not gap.operation.startswith("servicediscovery:") else None


def title_of(way: Way) -> str:
    """``GET /orders of orders, stage prod``."""
    path, route = way
    api = path.api.name or path.api.id if path.api else route.api_id
    return f"{route.title} of {api}" + (f", stage {path.stage.name}" if path.stage else "")


def others(here: Here) -> Door:
    """Routes elsewhere that ask for less than the path's own. Raises UnknownFact.

    Where the path's own routes ask for no authorization, another API lets in nobody new: none is looked for.
    """
    what, nothing = "another API or stage", f"no other route leads to {here.group.name}"
    if not any(route.asks for route in here.path.routes):
        text = "the path's own routes ask for no authorization: no other one lets in more"
        text = text if here.path.routes else "no route of the path is known, whose authorization others would go round"
        entrances = (said("the path itself", State.NOT_JUDGED, text),)
        return Door(kind=Kind.API, what=what, nothing=nothing, operation=_CALL, entrances=entrances)
    return Door(
        kind=Kind.API,
        what=what,
        nothing=nothing,
        operation=_CALL,
        entrances=tuple(_entrance(one) for one in ways_in(here)),
        gap=unread_ways(here.topology),
    )


def _entrance(way: Way) -> Entrance:
    title = title_of(way)
    if way[1].asks:
        return said(title, State.SHUT, f"{title} asks for authorization")
    if way[0].api is not None and "PRIVATE" in way[0].api.endpoint_types:
        return said(title, State.LATERAL, f"{title} asks for no authorization, and its API is private")
    return said(title, State.OPEN, f"{title} asks for no authorization")


def default_endpoint(here: Here) -> Door:
    """The same routes at the API's own name, beside the custom domain's controls."""
    api, what = here.path.api, "the default endpoint"
    if api is None:
        nothing = "the path begins at no API"
        return Door(kind=Kind.EXECUTE_API, what=what, nothing=nothing, operation="apigateway:GetRestApi")
    nothing = f"the default endpoint of {api.name or api.id} is off, from the deployment on that followed"
    found: tuple[Entrance, ...] = ()
    if not api.execute_api_disabled:
        text = (
            f"the default endpoint of {api.name or api.id} is on: the path's own routes by another name, which"
            " api/execute-api-endpoint-disabled judges"
        )
        found = (said("the default endpoint", State.NOT_JUDGED, text),)
    return Door(kind=Kind.EXECUTE_API, what=what, nothing=nothing, operation="apigateway:GetRestApi", entrances=found)
