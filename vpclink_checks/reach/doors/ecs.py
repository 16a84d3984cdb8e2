"""Doors that ECS makes itself: gateways, and the entrances of Express services."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import EcsGateway
from vpclink_checks.model.ecs import Service
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.judged import said, unread
from vpclink_checks.report import Evidence

_STATES = {"PUBLIC": State.OPEN, "PRIVATE": State.SHUT}


def services_of(topology: Topology, path: Path) -> tuple[tuple[Service, ...], Gap | None]:
    """(the path's service, or those that register with its target group; why there may be others)."""
    if path.service is not None:
        return (path.service,), None
    arn = path.target_group.arn if path.target_group is not None else ""
    known = topology.services
    return tuple(one for one in known if any(arn == to.target_group_arn for to in one.targets)), known.gap


def published(topology: Topology, services: tuple[Service, ...], gap: Gap | None = None) -> Door:
    """What ECS puts in front of these services; *gap*: why there may be others. Raises UnknownFact."""
    names = ", ".join(one.name for one in services)
    return Door(
        kind=Kind.ECS,
        what="an ECS gateway",
        nothing=f"no ECS gateway leads to {names}, and it is no Express service"
        if services
        else "no ECS service registers the targets",
        operation="ecs:ListGateways",
        entrances=tuple(one for each in services for one in (*_gateways(topology, each), *_express(topology, each))),
        gap=gap or (topology.ecs_gateways.gap if services else None),
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
