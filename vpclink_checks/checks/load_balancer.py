"""Checks of the load-balancer hop: scheme, state, zones and what a link can use."""

from __future__ import annotations

from vpclink_checks.checks.balancing import (
    EVERY_ZONE,
    cross_zone,
    health_unread,
    in_service,
    in_zone,
    target_subjects,
    zone_of,
)
from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import load_balancer_subject, reached
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.routes import table_of
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

DESCRIBE = "elbv2:DescribeLoadBalancers"


@check(
    "load-balancer/active",
    title="The load balancer is active",
    severity=Severity.BLOCKER,
    subjects=load_balancer_subject,
    why="A load balancer that is being provisioned or has failed forwards nothing.",
    fix=Fix(
        "Wait until the load balancer is active; if it failed, read the reason and create it again.",
        cli="aws elbv2 wait load-balancer-available --load-balancer-arns ARN",
    ),
    source="botocore 1.44.5, elbv2 LoadBalancerState",
    refutable=True,
)
def active(ctx: Context, balancer: LoadBalancer) -> Verdict:
    evidence = Evidence(DESCRIBE, "State.Code", balancer.state)
    because = f": {balancer.state_reason}" if balancer.state_reason else ""
    if balancer.state == "active":
        return passed(f"load balancer {balancer.name} is active", evidence)
    if balancer.state == "active_impaired":
        return noted(
            f"load balancer {balancer.name} is active_impaired: it routes, but cannot scale{because}", evidence
        )
    if balancer.state in ("provisioning", "failed"):
        return failed(f"load balancer {balancer.name} is {balancer.state}, not active{because}", evidence)
    return unknown(
        f"load balancer {balancer.name} is in a state this version does not know: {balancer.state}", evidence
    )


@check(
    "load-balancer/internal",
    title="The load balancer behind the link is internal",
    severity=Severity.EXPOSURE,
    subjects=load_balancer_subject,
    why="An internet-facing load balancer has public addresses: everybody can walk round API Gateway.",
    fix=Fix(
        "The scheme cannot be changed: create an internal load balancer, move listeners and link to it.",
        cli="aws elbv2 create-load-balancer --type network --scheme internal --name NAME --subnets SUBNET …",
        terraform="internal = true",
    ),
    source="botocore 1.44.5, elbv2 CreateLoadBalancerInput.Scheme (internet-facing is the default)",
)
def internal(ctx: Context, balancer: LoadBalancer) -> Verdict:
    evidence = Evidence(DESCRIBE, "Scheme", balancer.scheme)
    if balancer.scheme == "internal":
        return passed(f"load balancer {balancer.name} is internal", evidence)
    if balancer.scheme == "internet-facing":
        return failed(
            f"load balancer {balancer.name} is internet-facing: {balancer.dns_name} resolves to public addresses",
            evidence,
        )
    return unknown(
        f"load balancer {balancer.name} has a scheme this version does not know: {balancer.scheme!r}", evidence
    )


@check(
    "load-balancer/type-fits-link",
    title="The load balancer is of a type that the link can lead to",
    severity=Severity.BLOCKER,
    subjects=load_balancer_subject,
    why="A v1 VPC link leads to network load balancers only; a V2 link to network and application load balancers.",
    fix=Fix(
        "Put a network load balancer behind the v1 link, or use a V2 link.",
        terraform='load_balancer_type = "network"',
    ),
    source="botocore 1.44.5, apigateway VpcLink.targetArns; API Gateway developer guide, private-integration",
)
def type_fits_link(ctx: Context, balancer: LoadBalancer) -> Verdict:
    link = reached(ctx, ctx.here.link, "VPC link")
    fits = ("network",) if link.version == 1 else ("network", "application")
    evidence = Evidence(DESCRIBE, "Type", balancer.type)
    if balancer.type in fits:
        return passed(f"{balancer.type} load balancer {balancer.name} fits the version {link.version} link", evidence)
    return failed(
        f"load balancer {balancer.name} is of type {balancer.type}; a version {link.version} link"
        f" takes {' or '.join(fits)}",
        evidence,
    )


@check(
    "load-balancer/same-vpc-as-target-group",
    title="The load balancer and its target group are in one VPC",
    severity=Severity.BLOCKER,
    subjects=load_balancer_subject,
    why="Targets of another VPC's target group never get this load balancer's traffic.",
    fix=Fix("Create the target group in the load balancer's VPC and forward the listener to it."),
    source="faults: nlb-wrong-vpc; botocore 1.44.5, elbv2 TargetGroup.VpcId",
)
def same_vpc(ctx: Context, balancer: LoadBalancer) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    if not balancer.vpc_id or not group.vpc_id:
        raise NotApplicable("the target group names no VPC")
    evidence = (
        Evidence(DESCRIBE, "VpcId", balancer.vpc_id),
        Evidence("elbv2:DescribeTargetGroups", "VpcId", group.vpc_id),
    )
    if balancer.vpc_id == group.vpc_id:
        return passed(f"{balancer.name} and {group.name} are both in {balancer.vpc_id}", *evidence)
    return failed(
        f"load balancer {balancer.name} is in {balancer.vpc_id}, target group {group.name} in {group.vpc_id}", *evidence
    )


@check(
    "load-balancer/address-family-fits-target-group",
    title="The load balancer speaks the target group's address family",
    severity=Severity.BLOCKER,
    subjects=load_balancer_subject,
    why="A target group of IPv6 addresses needs a dualstack load balancer.",
    fix=Fix(
        "Make the load balancer dualstack, or use an IPv4 target group.",
        cli="aws elbv2 set-ip-address-type --load-balancer-arn ARN --ip-address-type dualstack",
        terraform='ip_address_type = "dualstack"',
    ),
    source="faults: nlb-ip-type-vs-tg; elb network user guide, load-balancer-target-groups",
)
def address_family(ctx: Context, balancer: LoadBalancer) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    evidence = (
        Evidence(DESCRIBE, "IpAddressType", balancer.ip_address_type),
        Evidence("elbv2:DescribeTargetGroups", "IpAddressType", group.ip_address_type),
    )
    if group.ip_address_type == "ipv6" and balancer.ip_address_type == "ipv4":
        return failed(f"target group {group.name} is IPv6, load balancer {balancer.name} is IPv4 only", *evidence)
    if group.ip_address_type not in ("ipv4", "ipv6"):
        return unknown(f"target group {group.name} is {group.ip_address_type}, which is not known", *evidence)
    return passed(f"{balancer.name} ({balancer.ip_address_type}) can reach {group.ip_address_type} targets", *evidence)


@check(
    "load-balancer/serves-target-zones",
    title="The load balancer serves the zone of every target",
    severity=Severity.BLOCKER,
    subjects=target_subjects,
    why="A target in a zone that is not enabled on the load balancer stays unused; cross-zone does not help.",
    fix=Fix(
        "Enable a subnet of the target's zone on the load balancer, or keep instances out of that zone.",
        cli="aws elbv2 set-subnets --load-balancer-arn ARN --subnets SUBNET-A SUBNET-B …",
        terraform="subnets = [for every zone of the instances]",
    ),
    source="elb network user guide, load-balancer-target-groups",
)
def serves_target_zones(ctx: Context, target: Target) -> Verdict:
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    zone = zone_of(ctx, target)
    enabled = sorted(one.name for one in balancer.zones)
    evidence = Evidence(DESCRIBE, "AvailabilityZones[].ZoneName", ", ".join(enabled))
    if zone == EVERY_ZONE:
        raise NotApplicable(f"{target.title} is registered for all zones")
    if not zone or not enabled:
        return unknown(
            f"the facts do not say in which zone {target.title} is, or which zones {balancer.name} serves", evidence
        )
    if zone in enabled:
        return passed(f"{target.title} is in {zone}, which {balancer.name} serves", evidence)
    return failed(f"{target.title} is in {zone}; {balancer.name} serves {', '.join(enabled)} only", evidence)


@check(
    "load-balancer/every-zone-has-a-target",
    title="Every zone of the load balancer has a healthy target, or cross-zone is on",
    severity=Severity.RISK,
    subjects=load_balancer_subject,
    needs=("target-group/healthy-targets",),
    why="With cross-zone off, a zone without a healthy target loses its address: losing the other zone is an outage.",
    fix=Fix(
        "Run a task in every zone, or turn cross-zone load balancing on.",
        cli="aws elbv2 modify-target-group-attributes --target-group-arn ARN"
        " --attributes Key=load_balancing.cross_zone.enabled,Value=true",
        terraform='load_balancing_cross_zone_enabled = "true"',
    ),
    source="elb network user guide, target-group-health-checks; botocore 1.44.5, load_balancing.cross_zone.enabled",
    symptom=True,
)
def every_zone_has_a_target(ctx: Context, balancer: LoadBalancer) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    staying = in_service(ctx)
    held = {zone.name: in_zone(ctx, staying, zone.name) for zone in balancer.zones}
    lacking = [zone for zone, there in sorted(held.items()) if not any(target.healthy for target in there)]
    if not lacking:
        return passed(
            f"each of the {len(balancer.zones)} zones of {balancer.name} has a healthy target in {group.name}"
        )
    if cross_zone(ctx.topology, balancer, group):
        return passed(f"cross-zone is on: every node of {balancer.name} reaches every healthy target of {group.name}")
    empty = [zone for zone in lacking if not any(health_unread(target) for target in held[zone])]
    if not empty:
        return _unread_zones(group, {zone: held[zone] for zone in lacking})
    healthy = sorted(set(held) - set(lacking))
    return failed(
        f"cross-zone is off and {', '.join(empty)} has no healthy target in {group.name}:"
        f" {balancer.name} answers from {', '.join(healthy) or 'no zone'} alone",
        Evidence("elbv2:DescribeTargetGroupAttributes", "load_balancing.cross_zone.enabled", "false"),
        Evidence("elbv2:DescribeTargetHealth", "healthy zones", ", ".join(healthy)),
    )


def _unread_zones(group: TargetGroup, held: dict[str, list[Target]]) -> Verdict:
    unread = [target for there in held.values() for target in there if health_unread(target)]
    states = ", ".join(f"{target.title} is {target.state!r}" for target in dict.fromkeys(unread))
    return unknown(
        f"whether {', '.join(held)} has a healthy target in {group.name} is not known: {states}",
        Evidence("elbv2:DescribeTargetHealth", "TargetHealth.State", states),
    )


@check(
    "load-balancer/in-private-subnets",
    title="An internal load balancer is in private subnets",
    severity=Severity.HYGIENE,
    subjects=load_balancer_subject,
    why="Its nodes have no public IPv4 address, so this exposes nothing by itself, but it invites mistakes.",
    fix=Fix("Place the load balancer in subnets whose route table has no internet gateway."),
    source="faults: nlb-internal-in-public-subnet; botocore 1.44.5, elbv2 LoadBalancer.Scheme",
)
def in_private_subnets(ctx: Context, balancer: LoadBalancer) -> Verdict:
    if not balancer.internal:
        raise NotApplicable("the load balancer is internet-facing, which load-balancer/internal judges")
    public = [zone.subnet_id for zone in balancer.zones if _has_internet_route(ctx.topology, zone.subnet_id)]
    if public:
        return noted(f"internal load balancer {balancer.name} is in public subnets: {', '.join(public)}")
    return passed(f"no subnet of {balancer.name} has a route to an internet gateway")


def _has_internet_route(topology: Topology, subnet_id: str) -> bool:
    """Whether the subnet's route table (its own, else the VPC's main one) leads to an igw."""
    subnet = topology.subnets.need(subnet_id)
    table = table_of(topology, subnet_id, subnet.vpc_id)
    return any(route.target.startswith("igw-") and route.state == "active" for route in table.routes)
