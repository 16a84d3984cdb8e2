"""Ways in from other networks that are no internet: worth knowing by name, never a failure."""

from __future__ import annotations

from vpclink_checks.checks.backends import backend_at, ports_of, target_subjects
from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import here_of
from vpclink_checks.checks.verdict import Verdict, noted, passed, unknown
from vpclink_checks.model.balancing import Target
from vpclink_checks.reach.doors import lateral
from vpclink_checks.reach.doors.certificate import State
from vpclink_checks.report import Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-lateral-source",
    title="Nobody in a peered VPC, behind a transit gateway or a VPN reaches the backend's port",
    severity=Severity.RISK,
    subjects=target_subjects,
    why="Other networks are no internet, but whoever is in them goes round the API: its authorization, its throttling,"
    " its logs. Often it is meant, so that it is a note that names who can come in.",
    fix=Fix("Narrow the security group's rule to the load balancer, or take the route to the other network away."),
    source="amazon-vpc-user-guide, VPC_Route_Tables; faults: exp-peering-tgw-vpn (apart from internet exposure)",
)
def no_lateral_source(ctx: Context, target: Target) -> Verdict:
    interfaces = ctx.reach.interfaces_of(backend_at(ctx, target))
    ports = ports_of(ctx, target)
    found = lateral.doors(ctx.topology, [(interfaces, ports.every)], here_of(ctx).balancer_addresses)
    evidence = tuple(one.evidence for one in found)
    what = f"{target.id} on {ports.title}"
    let_in = [one for one in found if one.state is State.LATERAL]
    unread = [one for one in found if one.state is State.UNKNOWN]
    if unread:
        doubts = "; ".join(dict.fromkeys(one.text for one in unread))
        return unknown(f"whether other networks reach {what} is not known: {doubts}", *evidence)
    if let_in:
        return noted(f"other networks reach {what}: {'; '.join(one.text for one in let_in)}", *evidence)
    shut = "; ".join(dict.fromkeys(one.text for one in found))
    return passed(f"no other network reaches {what}: {shut}", *evidence)
