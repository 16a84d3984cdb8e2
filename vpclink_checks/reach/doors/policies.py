"""Doors that have a policy of their own: Verified Access and VPC Lattice."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import LatticeTargetGroup, VerifiedAccessEndpoint, within
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.doors.judged import said, unread
from vpclink_checks.reach.sets import addresses
from vpclink_checks.report import Evidence


def verified(here: Here) -> Door:
    """Verified Access endpoints: unknown where one leads here, since its policy is not read. Raises UnknownFact."""
    known = here.topology.verified_access
    return Door(
        kind=Kind.VERIFIED_ACCESS,
        what="a Verified Access endpoint",
        nothing=f"no Verified Access endpoint leads to the targets of {here.group.name}",
        operation="ec2:DescribeVerifiedAccessEndpoints",
        entrances=tuple(one for each in known for one in _verified(here, each)),
        gap=known.gap,
    )


def _verified(here: Here, endpoint: VerifiedAccessEndpoint) -> Iterator[Entrance]:
    if endpoint.status in ("deleting", "deleted"):
        return
    name = f"Verified Access endpoint {endpoint.id} ({endpoint.domain})"
    try:
        # Without a port of its own it may lead to any: Port and PortRanges are not required (botocore, ec2).
        leads = any(not endpoint.ports or within(endpoint.ports, port) for port in _ports_at(here, endpoint))
    except UnknownFact as signal:
        yield unread(name, signal.gap)
        return
    if leads:
        where = endpoint.balancer_arn or endpoint.interface_id or endpoint.cidr
        evidence = Evidence("ec2:DescribeVerifiedAccessEndpoints", endpoint.id, where)
        text = f"{name} leads to {where}: its own policy decides who gets in"
        yield Entrance(name=name, state=State.UNKNOWN, text=text, evidence=evidence, policy=True)


def _ports_at(here: Here, endpoint: VerifiedAccessEndpoint) -> Iterator[int]:
    """Our ports at what the endpoint leads to. Raises UnknownFact."""
    if endpoint.balancer_arn:
        yield from (one.port for one in here.entries(endpoint.balancer_arn))
        return
    for target in here.ends:
        for one in here.interfaces_of(target):
            inside = endpoint.cidr and any(addresses(ip) <= addresses(endpoint.cidr) for ip in one.private_addresses)
            if one.id == endpoint.interface_id or inside:
                yield from here.numbers_of(target)


def lattice(here: Here) -> Door:
    """Services of VPC Lattice, which lead here from other VPCs and accounts. Raises UnknownFact."""
    known = here.topology.lattice_groups
    return Door(
        kind=Kind.LATTICE,
        what="a VPC Lattice target group",
        nothing=f"no service of VPC Lattice leads to the targets of {here.group.name}",
        operation="vpc-lattice:ListTargetGroups",
        entrances=tuple(one for each in known for one in _lattice(here, each)),
        gap=known.gap,
    )


def _lattice(here: Here, other: LatticeTargetGroup) -> Iterator[Entrance]:
    if not other.service_arns or other.type == "LAMBDA":
        return
    services = ", ".join(arn.rpartition("/")[2] for arn in other.service_arns)
    name = f"VPC Lattice service {services}"
    targets = here.topology.lattice_targets.peek(other.arn)
    if isinstance(targets, Gap):
        yield unread(name, targets)
        return
    own = (
        here.path.load_balancer.arn if here.path.load_balancer is not None else "",
        *(one.id for one in here.targets),
    )
    albs = {arn for arn in own if ":loadbalancer/" in arn}
    vpc = other.vpc_id or here.group.vpc_id
    shared = [
        one
        for one in targets or ()
        if not one.draining and ({(("", one.id), one.port), ((vpc, one.id), one.port)} & here.keys or one.id in albs)
    ]
    if shared:
        evidence = Evidence("vpc-lattice:ListTargets", other.name, ", ".join(one.title for one in shared))
        yield said(name, State.LATERAL, f"{name} leads to {shared[0].title} by target group {other.name}", evidence)
