"""Doors through classic load balancers: the API of 2012, which still answers and which nobody thinks of."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import backends_of, verdict_on
from vpclink_checks.checks.network_dynamic import dynamic_ports
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import balancers
from vpclink_checks.report import Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-classic-load-balancer",
    title="No classic load balancer leads the internet to the same instances and ports",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="Classic load balancers have an API of their own: whoever lists load balancers today does not see them,"
    " and an instance can be registered with any number of them.",
    fix=Fix(
        "Deregister the instances from the classic load balancer, or delete it.",
        cli="aws elb deregister-instances-from-load-balancer --load-balancer-name NAME --instances ID",
    ),
    source="botocore model, elb LoadBalancerDescription; semantics.md, section 7.6",
)
def no_classic_load_balancer(ctx: Context, group: TargetGroup) -> Verdict:
    here = backends_of(ctx, group)
    return verdict_on(balancers.classic(here, dynamic_ports(ctx)), no_classic_load_balancer.fix)
