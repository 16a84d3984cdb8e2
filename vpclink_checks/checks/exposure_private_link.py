"""Doors through PrivateLink: endpoint services that other accounts may connect to."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import Entry, entries, own_keys, settled
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, noted, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.doors import EndpointConnection, EndpointPrincipal, EndpointService
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.senders import private_link
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

_GONE = ("Deleting", "Deleted", "Failed")


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
    own_keys(ctx, group)
    known = ctx.topology.endpoint_services
    verdicts = [verdict for one in known if one.state not in _GONE for verdict in _of_service(ctx, one)]
    nothing = f"no VPC endpoint service of this account leads to the targets of {group.name}"
    return settled(verdicts, known.gap, "VPC endpoint service", nothing)


def _of_service(ctx: Context, service: EndpointService) -> Iterator[Verdict]:
    try:
        found = [entry for arn in service.balancer_arns for entry in entries(ctx, arn)]
        if not found:
            return
        allowed = ctx.topology.endpoint_principals.need(service.id)
        connected = ctx.topology.endpoint_connections.need(service.id)
        yield _judged(ctx, service, found, allowed, connected)
    except UnknownFact as signal:
        yield from_gap(signal.gap)


def _judged(
    ctx: Context,
    service: EndpointService,
    found: list[Entry],
    allowed: tuple[EndpointPrincipal, ...],
    connected: tuple[EndpointConnection, ...],
) -> Verdict:
    """Raises UnknownFact."""
    what = f"endpoint service {service.id} of {found[0].balancer.name}"
    who = ", ".join(dict.fromkeys(one.principal for one in allowed)) or "nobody but this account"
    open_ = ", ".join(dict.fromkeys(one.owner for one in connected if one.open)) or "nobody"
    evidence = Evidence("ec2:DescribeVpcEndpointServicePermissions", "AllowedPrincipals", who)
    story = f"{what} lets {who} connect, {'each by hand' if service.acceptance_required else 'without asking'};"
    if service.acceptance_required or not any(one.everybody for one in allowed):
        return noted(f"{story} {open_} is connected", evidence)
    traces = [private_link(ctx.topology, one.balancer, one.port) for one in found]
    if any(one.verdict == "reached" for one in traces):
        return failed(f"{story} any AWS account gets to port {found[0].port}; {open_} is connected", evidence)
    doubtful = next((one for one in traces if one.unknown), None)
    if doubtful is not None:
        doubts = "; ".join(doubtful.doubts)
        return unknown(f"{story} whether its groups let callers in is not known: {doubts}", evidence)
    return noted(f"{story} its security groups let nobody in", evidence)
