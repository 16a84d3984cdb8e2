"""What the facts name beside the paths themselves: instances, security groups, subnets, VPCs."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery.balancing import groups_of


def instance_ids(topology: Topology) -> Iterator[str]:
    """Instances that any target group or cluster names."""
    for targets in topology.targets:
        yield from (target.id for target in targets if target.id.startswith("i-"))
    for hosts in topology.container_instances:
        yield from (host.instance_id for host in hosts)


def group_ids(topology: Topology) -> Iterator[str]:
    """Security groups that anything known carries, or will carry when it is launched."""
    for interface in topology.interfaces:
        yield from interface.group_ids
    for balancer in topology.load_balancers:
        yield from balancer.security_group_ids
    for classic in topology.classic_balancers:
        yield from classic.balancer.security_group_ids
    for link in topology.links:
        yield from link.security_group_ids
    for service in topology.services:
        yield from service.security_group_ids
    for launch in topology.launch_settings:
        yield from (one for one in launch.security_group_ids if one.startswith("sg-"))


def subnets(topology: Topology) -> dict[str, str]:
    """Subnets that anything known lies in, with their VPC where it is known."""
    found = {subnet: "" for link in topology.links for subnet in link.subnet_ids}
    for balancer in topology.load_balancers:
        found |= {zone.subnet_id: balancer.vpc_id for zone in balancer.zones}
    found |= {one.subnet_id: one.vpc_id for one in topology.instances}
    found |= {one.subnet_id: one.vpc_id for one in topology.interfaces}
    return {subnet: vpc for subnet, vpc in found.items() if subnet}


def vpc_ids(topology: Topology) -> list[str]:
    """The VPCs of the paths: where their balancers and target groups are."""
    balancers = {path.load_balancer.arn: path.load_balancer for path in topology.paths if path.load_balancer}
    arns = groups_of(balancers, topology.target_groups, topology.listeners)
    groups = [topology.target_groups.rows[arn] for arn in sorted(arns) if arn in topology.target_groups.rows]
    named = [*(one.vpc_id for one in balancers.values()), *(one.vpc_id for one in groups)]
    return [one for one in dict.fromkeys(named) if one]


def every_vpc(topology: Topology) -> Iterator[str]:
    """Every VPC that anything known is in."""
    yield from (one.vpc_id for one in topology.load_balancers if one.vpc_id)
    yield from (one.vpc_id for one in topology.target_groups if one.vpc_id)
    yield from (one.vpc_id for one in topology.instances if one.vpc_id)
    yield from (one.vpc_id for one in topology.interfaces if one.vpc_id)
