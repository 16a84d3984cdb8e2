"""Doors that ECS makes itself: gateways, and the entrances of Express services."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import EcsGateway
from vpclink_checks.model.ecs import Service
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.judged import said, unread
from vpclink_checks.report import Evidence

_STATES = {"PUBLIC": State.OPEN, "PRIVATE": State.SHUT}


def published(topology: Topology, service: Service | None) -> Door:
    """What ECS puts in front of the path's service. Raises UnknownFact."""
    what, operation = "an ECS gateway", "ecs:ListGateways"
    if service is None:
        nothing = "the path leads to no ECS service"
        return Door(kind=Kind.ECS, what=what, nothing=nothing, operation=operation)
    return Door(
        kind=Kind.ECS,
        what=what,
        nothing=f"no ECS gateway leads to {service.name}, and it is no Express service",
        operation=operation,
        entrances=(*_gateways(topology, service), *_express(topology, service)),
        gap=topology.ecs_gateways.gap,
    )


def _gateways(topology: Topology, service: Service) -> Iterator[Entrance]:
    known = topology.ecs_gateways
    for arn in (*known.rows, *known.gaps):
        routes, gateway = topology.gateway_routes.peek(arn), known.peek(arn)
        if isinstance(routes, Gap):
            yield unread(f"ECS gateway {arn}", routes)
        elif any(one.service_arn == service.arn for one in routes or ()):
            yield _gateway(gateway, service)


def _gateway(gateway: EcsGateway | Gap | None, service: Service) -> Entrance:
    if gateway is None or isinstance(gateway, Gap):
        gap = gateway or Gap(operation="ecs:DescribeGateway", action="ecs:DescribeGateway", code="NotFound")
        return unread("an ECS gateway", gap)
    evidence = Evidence("ecs:DescribeGateway", "accessType", gateway.access)
    what = f"ECS gateway {gateway.name} leads to {service.name}"
    state = _STATES.get(gateway.access, State.UNKNOWN)
    tail = f"and is {gateway.access.lower()}"
    if state is State.UNKNOWN:
        tail = f"and its access is {gateway.access or 'not given'}, which is not known"
    return said(what, state, f"{what}, {tail}", evidence)


def _express(topology: Topology, service: Service) -> Iterator[Entrance]:
    paths = topology.express_paths.peek(service.arn) if service.express else ()
    if isinstance(paths, Gap):
        yield unread(f"Express service {service.name}", paths)
        return
    if service.express and not paths:
        name = f"{service.name} is an Express service without an active configuration"
        evidence = Evidence("ecs:DescribeExpressGatewayService", "error", "NotRead")
        yield said(name, State.UNKNOWN, f"{name}: which entrance ECS gives it is not known", evidence)
    for one in paths or ():
        evidence = Evidence("ecs:DescribeExpressGatewayService", "ingressPaths", f"{one.access} {one.endpoint}")
        what = f"{service.name} is an Express service with the entrance {one.endpoint}"
        state = _STATES.get(one.access, State.UNKNOWN)
        tails = {State.OPEN: ", which is public", State.SHUT: ""}
        tail = tails.get(state, f": its access is {one.access or 'not given'}, which is not known")
        yield said(what, state, f"{what}{tail}", evidence)
