"""Doors through CloudFront: a VPC origin may be an internal load balancer or a private instance."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import cloudfront
from vpclink_checks.report import Fix
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
    return verdict_on(cloudfront.origins(backends_of(ctx, group)), no_cloudfront_vpc_origin.fix)
