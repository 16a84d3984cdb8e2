"""Doors through Global Accelerator: internal load balancers and private instances can be its endpoints."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import accelerators
from vpclink_checks.report import Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-accelerator",
    title="No Global Accelerator leads the internet to the load balancer or its targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="An accelerator has public addresses and may have an internal load balancer or a private instance as its"
    " endpoint: neither needs a public address or a route to the internet for it.",
    fix=Fix(
        "Take the endpoint out of the accelerator's endpoint group.",
        cli="aws globalaccelerator remove-endpoints --region us-west-2 --endpoint-group-arn ARN"
        " --endpoint-identifiers EndpointId=ID",
    ),
    source="Global Accelerator developer guide, about-endpoints-caveats and secure-vpc-connections",
)
def no_accelerator(ctx: Context, group: TargetGroup) -> Verdict:
    return verdict_on(accelerators.accelerated(backends_of(ctx, group)), no_accelerator.fix)
