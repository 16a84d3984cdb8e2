"""Doors that ECS makes itself: gateways, and the entrances of Express services."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import verdict_on
from vpclink_checks.checks.subjects import service_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.ecs import Service
from vpclink_checks.reach.doors import ecs
from vpclink_checks.report import Fix
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
    return verdict_on(ecs.published(ctx.topology, (service,)), no_ecs_gateway.fix)
