"""What several checks ask of a load balancer: which zones it serves, and who may send where."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject
from vpclink_checks.checks.subjects import reached
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.topology import Topology

EVERY_ZONE = "all"  # a target that is outside the VPC's zones (botocore 1.44.5, elbv2 TargetDescription)
JUDGED = ("healthy", "unhealthy", "unhealthy.draining", "draining", "initial", "unused")  # TargetHealthStateEnum
CROSS_ZONE = "load_balancing.cross_zone.enabled"


def cross_zone(topology: Topology, balancer: LoadBalancer, group: TargetGroup) -> bool:
    """Whether every zone's node sends to the targets of every zone.

    The target group's attribute, unless it says use_load_balancer_configuration; an NLB's default
    is off, an ALB's on (botocore 1.44.5, elbv2 attributes). Raises UnknownFact.
    """
    mine = topology.target_group_attributes.need(group.arn).get(CROSS_ZONE, "use_load_balancer_configuration")
    if mine != "use_load_balancer_configuration":
        return mine == "true"
    default = "false" if balancer.network else "true"
    return topology.load_balancer_attributes.need(balancer.arn).get(CROSS_ZONE, default) == "true"


def registered(ctx: Context) -> tuple[Target, ...]:
    """Every registered target of the path's group. Raises UnknownFact, NotApplicable."""
    group = reached(ctx, ctx.here.target_group, "target group")
    return ctx.topology.targets.need(group.arn)


def in_service(ctx: Context) -> tuple[Target, ...]:
    """The registered targets that are not draining. Raises NotApplicable where there is none."""
    staying = tuple(target for target in registered(ctx) if not target.draining)
    if not staying:
        raise NotApplicable("no target is registered (or all are draining)")
    return staying


def zone_of(ctx: Context, target: Target) -> str:
    """The target's zone: its instance's, or as registered; "" where neither says it."""
    instance = ctx.topology.instances.peek(target.id)
    zone = getattr(instance, "zone", "")
    return zone or target.zone


def health_unread(target: Target) -> bool:
    """Whether nobody says how this target is: its checks are off, or its state is a word of tomorrow."""
    return target.state not in JUDGED


def in_zone(ctx: Context, targets: Iterable[Target], zone: str) -> list[Target]:
    """The targets that the zone's node has of its own: those in the zone, and those of every zone."""
    return [target for target in targets if zone_of(ctx, target) in (zone, EVERY_ZONE)]


def target_subjects(ctx: Context) -> tuple[Subject[Target], ...]:
    """Each target that is not draining, keyed by container port and zone: instances are replaced."""
    path = ctx.here
    service = path.service.name if path.service else ""
    name = f"{service}/{path.container_name}:{path.container_port}" if service else path.id
    return tuple(
        Subject(target.id, f"{name} in {zone_of(ctx, target) or target.id}", target) for target in in_service(ctx)
    )
