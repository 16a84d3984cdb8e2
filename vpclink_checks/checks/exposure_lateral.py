"""Doors that have a policy of their own: Verified Access and VPC Lattice. Worth knowing, never a failure."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import policies
from vpclink_checks.report import Fix
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
    return verdict_on(policies.verified(backends_of(ctx, group)), no_verified_access_endpoint.fix)


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
    return verdict_on(policies.lattice(backends_of(ctx, group)), no_lattice_target_group.fix)
