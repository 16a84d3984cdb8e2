"""Doors through PrivateLink: endpoint services that other accounts may connect to. Lateral: no internet."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import EndpointConnection, EndpointPrincipal, EndpointService
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Entry, Here
from vpclink_checks.reach.doors.judged import said, unread
from vpclink_checks.reach.senders import private_link
from vpclink_checks.report import Evidence

_GONE = ("Deleting", "Deleted", "Failed")


def services(here: Here) -> Door:
    """Every endpoint service of this account. Raises UnknownFact.

    One that everybody may connect to without asking is marked so; one that names its callers is worth knowing:
    API Gateway keeps one behind a link of version 1.
    """
    known = here.topology.endpoint_services
    return Door(
        kind=Kind.ENDPOINT_SERVICE,
        what="a VPC endpoint service",
        nothing=f"no VPC endpoint service of this account leads to the targets of {here.group.name}",
        operation="ec2:DescribeVpcEndpointServiceConfigurations",
        entrances=tuple(one for each in known if each.state not in _GONE for one in _of_service(here, each)),
        gap=known.gap,
    )


def _of_service(here: Here, service: EndpointService) -> Iterator[Entrance]:
    try:
        found = [entry for arn in service.balancer_arns for entry in here.entries(arn)]
        if found:
            allowed = here.topology.endpoint_principals.need(service.id)
            connected = here.topology.endpoint_connections.need(service.id)
            yield _judged(here, service, found, allowed, connected)
    except UnknownFact as signal:
        yield unread(f"endpoint service {service.id}", signal.gap)


def _judged(
    here: Here,
    service: EndpointService,
    found: list[Entry],
    allowed: tuple[EndpointPrincipal, ...],
    connected: tuple[EndpointConnection, ...],
) -> Entrance:
    """Raises UnknownFact."""
    name = f"endpoint service {service.id} of {found[0].balancer.name}"
    who = ", ".join(dict.fromkeys(one.principal for one in allowed)) or "nobody but this account"
    open_ = ", ".join(dict.fromkeys(one.owner for one in connected if one.open)) or "nobody"
    evidence = Evidence("ec2:DescribeVpcEndpointServicePermissions", "AllowedPrincipals", who)
    story = f"{name} lets {who} connect, {'each by hand' if service.acceptance_required else 'without asking'};"
    anybody = not service.acceptance_required and any(one.everybody for one in allowed)
    traces = [private_link(here.topology, one.balancer, one.port) for one in found]
    if all(one.verdict == "blocked" for one in traces):
        return said(name, State.SHUT, f"{story} its security groups let nobody in", evidence)
    if not anybody:
        return said(name, State.LATERAL, f"{story} {open_} is connected", evidence)
    doubtful = next((one for one in traces if one.unknown), None)
    if doubtful is not None and not any(one.verdict == "reached" for one in traces):
        doubts = "; ".join(doubtful.doubts)
        text = f"{story} whether its groups let callers in is not known: {doubts}"
        return said(name, State.UNKNOWN, text, evidence)
    text = f"{story} any AWS account gets to port {found[0].port}; {open_} is connected"
    return Entrance(name=name, state=State.LATERAL, text=text, evidence=evidence, everybody=True)
