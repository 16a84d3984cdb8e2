"""Doors through PrivateLink: endpoint services that other accounts may connect to."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import private_link
from vpclink_checks.report import Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-endpoint-service",
    title="No VPC endpoint service offers the load balancer to every AWS account",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="An endpoint service that everybody may connect to and that accepts by itself lets any AWS account in,"
    " without the API. One that names its callers is worth knowing: API Gateway keeps one behind a link of version 1.",
    fix=Fix(
        "Name the accounts that may connect, and accept each connection by hand.",
        cli="aws ec2 modify-vpc-endpoint-service-permissions --service-id ID --remove-allowed-principals '*'",
    ),
    source="AWS PrivateLink guide, create-endpoint-service; botocore model, ec2 ServiceConfiguration",
)
def no_endpoint_service(ctx: Context, group: TargetGroup) -> Verdict:
    return verdict_on(private_link.services(backends_of(ctx, group)), no_endpoint_service.fix)
