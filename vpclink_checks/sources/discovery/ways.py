"""Ways from a stage to a target group that are no paths, as the settings leave them out: who else gets in."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.api import Stage
from vpclink_checks.model.destination import destination_of
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery.destinations import canary_variables, completed, effective
from vpclink_checks.sources.discovery.follow import follow


def ways(topology: Topology) -> tuple[Path, ...]:
    """One for each private route of each stage that was read, and for its canary, as far as it could be followed."""
    known = {(path.stage.key, route.title) for path in topology.paths if path.stage for route in path.routes}
    return tuple(way for stage in topology.stages for way in _of_stage(stage, known, topology))


def _of_stage(stage: Stage, known: set[tuple[str, str]], topology: Topology) -> Iterator[Path]:
    api = topology.apis.rows.get(stage.api_id)
    edited = topology.edited_routes.rows.get(stage.api_id)
    for route in effective(topology.served_routes.rows.get(stage.key), edited):
        integration = completed(route, edited)
        if api is None or integration is None or not integration.private or (stage.key, route.title) in known:
            continue
        wheres = [destination_of(integration, one) for one in (stage.variables, canary_variables(stage))]
        for where in wheres[: 1 if wheres[0] == wheres[1] else 2]:
            way = Path(id="", title="", api=api, stage=stage, routes=(route,), destination=where)
            yield from follow(way, topology)
