"""What checks judge on a path, hop by hop: subject functions that several files share.

Each gives the one object of its hop. Where the path does not have it, the reason decides: a fact
that could not be read raises UnknownFact, anything else NotApplicable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject
from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.balancing import Listener, LoadBalancer, TargetGroup
from vpclink_checks.model.domain import DomainName
from vpclink_checks.model.ecs import Service, TaskDefinition
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Destination, Path, Stop
from vpclink_checks.words import hop_rank

T = TypeVar("T")
FRONT = {  # what a path that begins at a link does not have, whatever stops it later
    "custom domain": "domain",
    "mapping": "domain",
    "API": "api",
    "stage": "api",
    "route": "api",
    "integration": "integration",
}


def stopped_by(path: Path, check_id: str) -> Stop | None:
    """The path's stop, if this check is the one that has to explain it."""
    return path.stop if path.stop is not None and path.stop.check == check_id else None


def reached(ctx: Context, thing: T | None, noun: str) -> T:
    """*thing*, an object of the path. *noun* names it where it is missing ("VPC link").

    Raises UnknownFact where the path stops at a gap before it, NotApplicable where it ends for
    another reason or begins behind it (a link that the config names).
    """
    if thing is not None:
        return thing
    stop = ctx.here.stop
    if stop is not None and hop_rank(FRONT.get(noun, stop.hop)) >= hop_rank(stop.hop):
        if stop.gap is not None:
            raise UnknownFact(stop.gap)
        raise NotApplicable(f"no {noun} on this path: {stop.reason}")
    raise NotApplicable(f"no {noun} leads to this path")


def path_subject(ctx: Context) -> tuple[Subject[Path], ...]:
    """The whole path."""
    return (Subject(ctx.here.id, ctx.here.id, ctx.here),)


def domain_subject(ctx: Context) -> tuple[Subject[DomainName], ...]:
    """The custom domain."""
    domain = reached(ctx, ctx.here.domain, "custom domain")
    return (Subject(domain.arn or domain.name, domain.name, domain),)


def api_subject(ctx: Context) -> tuple[Subject[Api], ...]:
    """The API; its key is its name, which outlives the generated id."""
    api = reached(ctx, ctx.here.api, "API")
    return (Subject(api.id, api.name or api.id, api),)


def stage_subject(ctx: Context) -> tuple[Subject[Stage], ...]:
    """The stage, keyed ``api name/stage name``."""
    api, stage = reached(ctx, ctx.here.api, "API"), reached(ctx, ctx.here.stage, "stage")
    return (Subject(stage.key, f"{api.name or api.id}/{stage.name}", stage),)


def route_subjects(ctx: Context) -> tuple[Subject[Route], ...]:
    """Every route of the path, keyed ``api name METHOD /path``."""
    api = reached(ctx, ctx.here.api, "API")
    routes = reached(ctx, ctx.here.routes or None, "route")
    return tuple(Subject(f"{api.id} {one.title}", f"{api.name or api.id} {one.title}", one) for one in routes)


def destination_subjects(ctx: Context) -> tuple[Subject[Destination], ...]:
    """The path's destination with each route's own integration: they meet at one listener, but may differ in shape."""
    api = reached(ctx, ctx.here.api, "API")
    there = reached(ctx, ctx.here.destination, "integration")
    found = [(one.title, one.integration) for one in ctx.here.routes if one.integration is not None]
    return tuple(
        Subject(f"{api.id} {title}", f"{api.name or api.id} {title}", replace(there, integration=integration))
        for title, integration in found or [(ctx.here.id, there.integration)]
    )


def link_subject(ctx: Context) -> tuple[Subject[VpcLink], ...]:
    """The VPC link."""
    link = reached(ctx, ctx.here.link, "VPC link")
    return (Subject(link.id, link.name or link.id, link),)


def load_balancer_subject(ctx: Context) -> tuple[Subject[LoadBalancer], ...]:
    """The load balancer."""
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    return (Subject(balancer.arn, balancer.name, balancer),)


def listener_subject(ctx: Context) -> tuple[Subject[Listener], ...]:
    """The listener, keyed ``load balancer:port``."""
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    listener = reached(ctx, ctx.here.listener, "listener")
    return (Subject(listener.arn, f"{balancer.name}:{listener.port}", listener),)


def target_group_subject(ctx: Context) -> tuple[Subject[TargetGroup], ...]:
    """The target group."""
    group = reached(ctx, ctx.here.target_group, "target group")
    return (Subject(group.arn, group.name, group),)


def service_subject(ctx: Context) -> tuple[Subject[Service], ...]:
    """The ECS service, keyed by its name."""
    service = reached(ctx, ctx.here.service, "ECS service")
    return (Subject(service.arn, service.name, service),)


def task_definition_subject(ctx: Context) -> tuple[Subject[TaskDefinition], ...]:
    """The task definition, keyed by its family, which outlives the revision."""
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    return (Subject(definition.arn or definition.family, definition.family or definition.arn, definition),)
