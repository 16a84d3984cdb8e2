"""Doors through CloudFront: a VPC origin may be an internal load balancer or a private instance."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import by_balancer, by_interfaces, entries, on_instance, own_keys, settled
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, from_gap, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.doors import VpcOrigin
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.brought import Way
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-cloudfront-vpc-origin",
    title="No CloudFront distribution leads the internet to the load balancer or its targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="A VPC origin lets a public distribution send to an internal load balancer or a private instance, without"
    " any public address or route.",
    fix=Fix(
        "Take the VPC origin out of the distribution, and delete it.", cli="aws cloudfront delete-vpc-origin --id ID"
    ),
    source="CloudFront developer guide, private-content-vpc-origins",
)
def no_cloudfront_vpc_origin(ctx: Context, group: TargetGroup) -> Verdict:
    own_keys(ctx, group)
    known = ctx.topology.vpc_origins
    verdicts = [verdict for one in known for verdict in _of_origin(ctx, one)]
    nothing = f"no VPC origin of this account leads to the targets of {group.name}"
    return settled(verdicts, known.gap, "VPC origin of CloudFront", nothing)


def _of_origin(ctx: Context, origin: VpcOrigin) -> Iterator[Verdict]:
    try:
        balanced = entries(ctx, origin.endpoint_arn) if ":loadbalancer/" in origin.endpoint_arn else ()
        direct = tuple(on_instance(ctx, origin.endpoint_arn.rpartition("/")[2]))
        if not balanced and not direct:
            return
        ports = ctx.topology.vpc_origin_ports.need(origin.id).used
        used = ctx.topology.vpc_origin_distributions.need(origin.id)
    except UnknownFact as signal:
        yield from_gap(signal.gap)
        return
    what = f"VPC origin {origin.name or origin.id}"
    evidence = Evidence("cloudfront:ListVpcOrigins", "OriginEndpointArn", origin.endpoint_arn)
    reached = [one for one in balanced if one.port in ports], [one for one in direct if one[1] in ports]
    if any(reached) and not used:
        # An origin can be shared (AWS RAM): who it is shared with, and what uses it there, is not asked for here.
        yield unknown(
            f"{what} leads here: no distribution of this account uses it, but one of another account may,"
            " where the origin is shared",
            evidence,
        )
        return
    what = f"{what} (used by distribution {', '.join(used)})"
    for entry in reached[0]:
        way = _way(what, used[0], entry.port)
        yield by_balancer(ctx, entry, way, what, evidence, no_cloudfront_vpc_origin.fix)
    for interfaces, port in reached[1]:
        way = _way(what, used[0], port)
        yield by_interfaces(ctx, interfaces, port, way, what, evidence, no_cloudfront_vpc_origin.fix)


def _way(what: str, distribution: str, port: int) -> Way:
    """CloudFront's packets carry an address of its own interface in the VPC, which nothing read here names."""
    return Way(name=what, outside=f"distribution {distribution}", port=port, preserved=False, gateway=False)
