"""APIs and stages that no configured domain leads to: tables of their own, which no path is ever made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources import aws_shapes_api as shapes
from vpclink_checks.sources.discovery import gateway
from vpclink_checks.sources.discovery.recorded import Recorded, first_gap, table_of

Edited = Table[tuple[Route, ...]]


def with_others(topology: Topology, recorded: Recorded) -> tuple[Topology, Topology]:
    """The topology with what the others serve; and a view of it in which those stand in the place of our stages.

    The view is for :func:`~vpclink_checks.sources.discovery.ways.ways` alone. Its links are not set yet.
    """
    apis = _apis(topology, recorded)
    every = Table(rows={**topology.apis.rows, **apis.rows})
    stages = _stages(topology, recorded, every)
    edited = _as_connected(gateway.edited_routes(recorded, every), every)
    served = _served(recorded, every, stages, edited)
    topology = replace(topology, other_apis=apis, other_stages=stages, other_routes=served)
    return topology, replace(topology, apis=every, stages=stages, edited_routes=edited, served_routes=served)


def _apis(topology: Topology, recorded: Recorded) -> Table[Api]:
    """Every API of the region but those that the domains lead to."""
    found = [shapes.api_v1(one) for one in recorded.rows("apigateway:GetRestApis", "items")]
    found += [shapes.api_v2(one) for one in recorded.rows("apigatewayv2:GetApis", "Items")]
    lists = (recorded.coverage(name).gap for name in ("apigateway:GetRestApis", "apigatewayv2:GetApis"))
    ours = {*topology.apis.rows, *topology.apis.gaps}
    return Table(rows={one.id: one for one in found if one.id not in ours}, gap=first_gap(*lists))


def _stages(topology: Topology, recorded: Recorded, every: Table[Api]) -> Table[Stage]:
    """Every stage of every API but those that the domains lead to."""
    listed = gateway.stages(recorded, ((api_id, "") for api_id in every.rows), every)
    rows = {key: stage for key, stage in listed.rows.items() if key not in topology.stages.rows}
    return Table(rows=rows, gaps=listed.gaps)


def _as_connected(edited: Edited, every: Table[Api]) -> Edited:
    """A WebSocket API asks for authorization once, when a client connects: that is every route's.

    Amazon API Gateway developer guide, "Control access to WebSocket APIs": on the $connect route only.
    """
    rows = {
        api: _connected(routes) if every.rows[api].protocol == "WEBSOCKET" else routes
        for api, routes in edited.rows.items()
    }
    return Table(rows=rows, gaps=edited.gaps, gap=edited.gap)


def _connected(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    kind = next((one.authorization for one in routes if one.path == "$connect"), "NONE")
    return tuple(replace(one, authorization=kind) for one in routes)


def _served(recorded: Recorded, every: Table[Api], stages: Table[Stage], edited: Edited) -> Edited:
    """What each stage serves; among the gaps, by API, those of its edited routes: the way may need them."""
    found = gateway.served_routes(recorded, every, stages, edited)
    gaps = {key: gap for key, gap in found.gaps.items() if not _harmless(stages.rows[key], every, edited)}
    return table_of([*found.rows.items(), *gaps.items(), *edited.gaps.items()])


def _harmless(stage: Stage, every: Table[Api], edited: Edited) -> bool:
    """A WebSocket API cannot be exported; one without a private integration leads into no VPC."""
    routes: Iterable[Route] | Gap | None = edited.peek(stage.api_id)
    if every.rows[stage.api_id].protocol != "WEBSOCKET" or routes is None or isinstance(routes, Gap):
        return False
    return not any(one.integration is not None and one.integration.private for one in routes)
