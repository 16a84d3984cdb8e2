"""Doors that ECS makes itself: gateways, and the entrances of Express services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import settled
from vpclink_checks.checks.subjects import service_subject
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, noted, unknown
from vpclink_checks.model.doors import EcsGateway
from vpclink_checks.model.ecs import Service
from vpclink_checks.model.fact import Gap
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-ecs-gateway",
    title="No public ECS gateway or Express entrance leads to the service",
    severity=Severity.EXPOSURE,
    subjects=service_subject,
    why="ECS itself can put public load balancers in front of a service: a gateway by default, an Express service too.",
    fix=Fix("Take the service off the gateway, or make the gateway anew with the scheme internal."),
    source="botocore model, ecs Gateway.accessType and IngressPathSummary.accessType",
)
def no_ecs_gateway(ctx: Context, service: Service) -> Verdict:
    verdicts = [*_gateways(ctx, service), *_express(ctx, service)]
    nothing = f"no ECS gateway leads to {service.name}, and it is no Express service"
    return settled(verdicts, ctx.topology.ecs_gateways.gap, "ECS gateway", nothing)


def _gateways(ctx: Context, service: Service) -> Iterator[Verdict]:
    known = ctx.topology.ecs_gateways
    for arn in (*known.rows, *known.gaps):
        routes, gateway = ctx.topology.gateway_routes.peek(arn), known.peek(arn)
        if isinstance(routes, Gap):
            yield from_gap(routes)
        elif any(one.service_arn == service.arn for one in routes or ()):
            yield _gateway(gateway, service)


def _gateway(gateway: EcsGateway | Gap | None, service: Service) -> Verdict:
    if gateway is None or isinstance(gateway, Gap):
        gap = gateway or Gap(operation="ecs:DescribeGateway", action="ecs:DescribeGateway", code="NotFound")
        return from_gap(gap)
    evidence = Evidence("ecs:DescribeGateway", "accessType", gateway.access)
    what = f"ECS gateway {gateway.name} leads to {service.name}"
    if gateway.access == "PUBLIC":
        return failed(f"{what}, and is public", evidence)
    if gateway.access == "PRIVATE":
        return noted(f"{what}, and is private", evidence)
    return unknown(f"{what}, and its access is {gateway.access or 'not given'}, which is not known", evidence)


def _express(ctx: Context, service: Service) -> Iterator[Verdict]:
    paths = ctx.topology.express_paths.peek(service.arn) if service.express else ()
    if isinstance(paths, Gap):
        yield from_gap(paths)
        return
    if service.express and not paths:
        message = f"{service.name} is an Express service without an active configuration"
        gap = Gap(operation="ecs:DescribeExpressGatewayService", action="", code="NotRead", message=message)
        yield replace(from_gap(gap), message=f"{message}: which entrance ECS gives it is not known")
    for one in paths or ():
        evidence = Evidence("ecs:DescribeExpressGatewayService", "ingressPaths", f"{one.access} {one.endpoint}")
        what = f"{service.name} is an Express service with the entrance {one.endpoint}"
        if one.access == "PUBLIC":
            yield failed(f"{what}, which is public", evidence)
        elif one.access == "PRIVATE":
            yield noted(what, evidence)
        else:
            yield unknown(f"{what}: its access is {one.access or 'not given'}, which is not known", evidence)
