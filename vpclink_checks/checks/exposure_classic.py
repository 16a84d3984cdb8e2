"""Doors through classic load balancers: the API of 2012, which still answers and which nobody thinks of."""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_balancers import shutting
from vpclink_checks.checks.exposure_doors import backends_of, here_of
from vpclink_checks.checks.network_dynamic import dynamic_ports
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.reach.doors import balancers
from vpclink_checks.reach.doors.here import Here
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
    fix = _deregistered(backends_of(ctx, group))
    return shutting(ctx, lambda there: balancers.classic(here_of(there), dynamic_ports(there)), fix)


def _deregistered(here: Here) -> Fix:
    """The check's own, with the names."""
    commands = [
        f"aws elb deregister-instances-from-load-balancer --load-balancer-name {one.name} --instances {' '.join(mine)}"
        for one in here.topology.classic_balancers
        if not one.balancer.internal and (mine := list(balancers.sent_by(here, one)))
    ]
    return replace(no_classic_load_balancer.fix, cli="\n".join(commands))
