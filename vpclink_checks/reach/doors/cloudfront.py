"""Doors through CloudFront: a VPC origin may be an internal load balancer or a private instance."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import VpcOrigin
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.brought import CLOUDFRONT_GROUP, Way
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.doors.judged import by_balancer, by_interfaces, said, unread
from vpclink_checks.report import Evidence


def origins(here: Here) -> Door:
    """Every VPC origin of this account. Raises UnknownFact."""
    known = here.topology.vpc_origins
    return Door(
        kind=Kind.CLOUDFRONT,
        what="a VPC origin of CloudFront",
        nothing=f"no VPC origin of this account leads to the targets of {here.group.name}",
        operation="cloudfront:ListVpcOrigins",
        entrances=tuple(one for origin in known for one in _of_origin(here, origin)),
        gap=known.gap,
    )


def _of_origin(here: Here, origin: VpcOrigin) -> Iterator[Entrance]:
    name = f"VPC origin {origin.name or origin.id}"
    try:
        balanced = here.entries(origin.endpoint_arn) if ":loadbalancer/" in origin.endpoint_arn else ()
        mine = here.on_instance(origin.endpoint_arn.rpartition("/")[2])
        direct = tuple((interfaces, port) for interfaces, (protocol, port) in mine if protocol == "tcp")
        if not balanced and not direct:
            return
        ports = here.topology.vpc_origin_ports.need(origin.id).used
        used = here.topology.vpc_origin_distributions.need(origin.id)
    except UnknownFact as signal:
        yield unread(name, signal.gap)
        return
    evidence = Evidence("cloudfront:ListVpcOrigins", "OriginEndpointArn", origin.endpoint_arn)
    reached = [one for one in balanced if one.port in ports], [one for one in direct if one[1] in ports]
    if any(reached) and not used:
        # An origin can be shared (AWS RAM): who it is shared with, and what uses it there, is not asked for here.
        text = (
            f"{name} leads here: no distribution of this account uses it, but one of another account may,"
            " where the origin is shared"
        )
        yield said(name, State.UNKNOWN, text, evidence)
        return
    name = f"{name} (used by distribution {', '.join(used)})"
    for entry in reached[0]:
        yield by_balancer(here, entry, _way(name, used[0], entry.port), name, evidence)
    for interfaces, port in reached[1]:
        yield by_interfaces(here, interfaces, port, _way(name, used[0], port), name, evidence)


def _way(name: str, distribution: str, port: int) -> Way:
    """CloudFront's packets carry an address of its own interface in the VPC, which nothing read here names."""
    return Way(
        name=name,
        outside=f"distribution {distribution}",
        port=port,
        preserved=False,
        gateway=False,
        service_group=CLOUDFRONT_GROUP,
    )
