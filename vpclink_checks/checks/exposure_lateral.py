"""Doors that have a policy of their own: Verified Access and VPC Lattice. Worth knowing, never a failure."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.backends import backend_at, ports_of
from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.doors import Key
from vpclink_checks.checks.exposure_doors import entries, own_keys, settled
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, from_gap, noted
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.doors import LatticeTargetGroup, VerifiedAccessEndpoint, within
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.reach.sets import addresses
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-verified-access-endpoint",
    title="No Verified Access endpoint leads to the load balancer or its targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="A Verified Access endpoint has a public name and lets in whom its own policy admits, without the API.",
    fix=Fix("Delete the endpoint, or read its policy as carefully as the API's authorization."),
    source="semantics.md, section 7.6 (unconfirmed: a note, never a failure)",
)
def no_verified_access_endpoint(ctx: Context, group: TargetGroup) -> Verdict:
    own_keys(ctx, group)
    known = ctx.topology.verified_access
    verdicts = [verdict for one in known for verdict in _verified(ctx, group, one)]
    nothing = f"no Verified Access endpoint leads to the targets of {group.name}"
    return settled(verdicts, known.gap, "Verified Access endpoint", nothing)


def _verified(ctx: Context, group: TargetGroup, endpoint: VerifiedAccessEndpoint) -> Iterator[Verdict]:
    if endpoint.status in ("deleting", "deleted"):
        return
    try:
        # Without a port of its own it may lead to any: Port and PortRanges are not required (botocore, ec2).
        leads = any(not endpoint.ports or within(endpoint.ports, port) for port in _ports_at(ctx, group, endpoint))
    except UnknownFact as signal:
        yield from_gap(signal.gap)
        return
    if leads:
        where = endpoint.balancer_arn or endpoint.interface_id or endpoint.cidr
        evidence = Evidence("ec2:DescribeVerifiedAccessEndpoints", endpoint.id, where)
        name = f"{endpoint.id} ({endpoint.domain})"
        yield noted(f"Verified Access endpoint {name} leads to {where}: its own policy decides who gets in", evidence)


def _ports_at(ctx: Context, group: TargetGroup, endpoint: VerifiedAccessEndpoint) -> Iterator[int]:
    """Our ports at what the endpoint leads to. Raises UnknownFact."""
    if endpoint.balancer_arn:
        yield from (one.port for one in entries(ctx, endpoint.balancer_arn))
        return
    if group.target_type == "alb":
        return
    for target in in_service(ctx):
        for one in ctx.reach.interfaces_of(backend_at(ctx, target)):
            inside = endpoint.cidr and any(addresses(ip) <= addresses(endpoint.cidr) for ip in one.private_addresses)
            if one.id == endpoint.interface_id or inside:
                yield from ports_of(ctx, target).numbers


@check(
    "exposure/no-lattice-target-group",
    title="No VPC Lattice service leads to the targets",
    severity=Severity.RISK,
    subjects=target_group_subject,
    why="A service of VPC Lattice reaches the targets from other VPCs and accounts, under a policy of its own.",
    fix=Fix("Deregister the targets from the Lattice target group, or set an auth policy on its service."),
    source="botocore model, vpc-lattice TargetGroupSummary; faults: exp-vpc-lattice (not public by itself)",
)
def no_lattice_target_group(ctx: Context, group: TargetGroup) -> Verdict:
    keys, known = own_keys(ctx, group), ctx.topology.lattice_groups
    mine = frozenset(one.id for one in in_service(ctx))
    verdicts = [verdict for one in known for verdict in _lattice(ctx, group, one, keys, mine)]
    nothing = f"no service of VPC Lattice leads to the targets of {group.name}"
    return settled(verdicts, known.gap, "VPC Lattice target group", nothing)


def _lattice(
    ctx: Context, group: TargetGroup, other: LatticeTargetGroup, keys: frozenset[Key], mine: frozenset[str]
) -> Iterator[Verdict]:
    if not other.service_arns or other.type == "LAMBDA":
        return
    targets = ctx.topology.lattice_targets.peek(other.arn)
    if isinstance(targets, Gap):
        yield from_gap(targets)
        return
    balancer = ctx.here.load_balancer.arn if ctx.here.load_balancer is not None else ""
    albs = {arn for arn in (balancer, *mine) if ":loadbalancer/" in arn}
    vpc = other.vpc_id or group.vpc_id
    shared = [
        one
        for one in targets or ()
        if not one.draining and ({(("", one.id), one.port), ((vpc, one.id), one.port)} & keys or one.id in albs)
    ]
    if shared:
        services = ", ".join(arn.rpartition("/")[2] for arn in other.service_arns)
        evidence = Evidence("vpc-lattice:ListTargets", other.name, ", ".join(one.title for one in shared))
        yield noted(f"VPC Lattice service {services} leads to {shared[0].title} by target group {other.name}", evidence)
