"""Doors through Global Accelerator: internal load balancers and private instances can be its endpoints."""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import accelerators
from vpclink_checks.reach.doors.here import Here
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
    here = backends_of(ctx, group)
    return verdict_on(accelerators.accelerated(here), _taken_out(here))


def _taken_out(here: Here) -> Fix:
    """The check's own, with the names of the endpoints that were read. The service is called in us-west-2 alone."""
    commands = [
        f"aws globalaccelerator remove-endpoints --region us-west-2 --endpoint-group-arn {group}"
        f" --endpoint-identifiers EndpointId={endpoint}"
        for group, endpoint in dict.fromkeys(accelerators.leading(here))
    ]
    return replace(no_accelerator.fix, cli="\n".join(commands)) if commands else no_accelerator.fix
