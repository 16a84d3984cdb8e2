"""Tables of VPCs, subnets, interfaces, security groups, ACLs, routes and gateways.

What is listed by VPC is complete where every VPC of the path was asked for. Security groups and prefix
lists are asked for by id: the ones that the facts name are wanted, and each that was not asked for is a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrefixList,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.sources import aws_shapes_network as shapes
from vpclink_checks.sources.aws_shapes import Raw, part, rows, text
from vpclink_checks.sources.discovery.compute import raw_instances
from vpclink_checks.sources.discovery.recorded import Recorded, by_id, first_gap, gap_in, table_of

T = TypeVar("T", NetworkAcl, RouteTable, InternetGateway, Subnet)


def vpcs(recorded: Recorded, wanted: Iterable[str], gap: Gap | None) -> Table[Vpc]:
    """The VPCs of the path."""
    known = {one.id: one for one in map(shapes.vpc, recorded.rows("ec2:DescribeVpcs", "Vpcs"))}
    return by_id(known, wanted, recorded.coverage("ec2:DescribeVpcs", "VpcIds", "vpc-id"), gap, described=True)


def subnets(recorded: Recorded, vpc_ids: Iterable[str], named: Mapping[str, str], gap: Gap | None) -> Table[Subnet]:
    """The subnets of the VPCs, and those *named* by what lies in them (subnet id -> VPC id, "" where not known)."""
    name = "ec2:DescribeSubnets"
    known = _by_vpc(recorded, name, "Subnets", shapes.subnet, vpc_ids, gap)
    by_id_, by_vpc = recorded.coverage(name, "SubnetIds", "subnet-id"), recorded.coverage(name, "vpc-id")
    gaps = {
        one: unread
        for one, vpc_id in named.items()
        if one not in known.rows
        and (unread := by_id_.gap_for(one))
        and (not vpc_id or by_vpc.gap_for(vpc_id, described=True))
    }
    return Table(rows=known.rows, gaps=gaps, gap=known.gap)


def network_acls(recorded: Recorded, vpc_ids: Iterable[str], gap: Gap | None) -> Table[NetworkAcl]:
    """The ACLs of the VPCs."""
    return _by_vpc(recorded, "ec2:DescribeNetworkAcls", "NetworkAcls", shapes.network_acl, vpc_ids, gap)


def route_tables(recorded: Recorded, vpc_ids: Iterable[str], gap: Gap | None) -> Table[RouteTable]:
    """The route tables of the VPCs."""
    return _by_vpc(recorded, "ec2:DescribeRouteTables", "RouteTables", shapes.route_table, vpc_ids, gap)


def internet_gateways(recorded: Recorded, vpc_ids: Iterable[str], gap: Gap | None) -> Table[InternetGateway]:
    """The internet gateways attached to the VPCs."""
    name = "ec2:DescribeInternetGateways"
    return _by_vpc(recorded, name, "InternetGateways", shapes.internet_gateway, vpc_ids, gap)


def _by_vpc(
    recorded: Recorded,
    name: str,
    key: str,
    shape: Callable[[Raw], T],
    vpc_ids: Iterable[str],
    gap: Gap | None,
) -> Table[T]:
    known = {one.id: one for one in map(shape, recorded.rows(name, key))}
    return Table(rows=known, gap=first_gap(gap, _unread(recorded, name, vpc_ids)))


def _unread(recorded: Recorded, name: str, vpc_ids: Iterable[str]) -> Gap | None:
    """Why not every one of the VPCs is known in full; with no VPC known, nothing is known without an answer."""
    coverage = recorded.coverage(name, "vpc-id", "attachment.vpc-id")
    wanted = list(vpc_ids)
    if not wanted:
        return None if coverage.answered else coverage.gap
    return first_gap(*(coverage.gap_for(one, described=True) for one in wanted))


def interfaces(recorded: Recorded, vpc_ids: Iterable[str], gap: Gap | None) -> Table[NetworkInterface]:
    """Every interface of the VPCs; an instance's own are also in its description."""
    name = "ec2:DescribeNetworkInterfaces"
    known = {one.id: one for one in _of_instances(recorded)}
    known |= {one.id: one for one in map(shapes.interface, recorded.rows(name, "NetworkInterfaces"))}
    return Table(rows=known, gap=first_gap(gap, _unread(recorded, name, vpc_ids)))


def _of_instances(recorded: Recorded) -> Iterator[NetworkInterface]:
    for instance in raw_instances(recorded):
        zone, instance_id = text(part(instance, "Placement"), "AvailabilityZone"), text(instance, "InstanceId")
        for raw in rows(instance, "NetworkInterfaces"):
            yield shapes.interface(raw, zone=zone, instance_id=instance_id)


def security_groups(recorded: Recorded, named: Iterable[str], gap: Gap | None) -> Table[SecurityGroup]:
    """The groups that anything known carries, and those that rules refer to: one not asked about is a gap."""
    name = "ec2:DescribeSecurityGroups"
    known = {one.id: one for one in map(shapes.security_group, recorded.rows(name, "SecurityGroups"))}
    rules = (rule for one in known.values() for rule in (*one.ingress, *one.egress))
    wanted = (*named, *(rule.group_id for rule in rules))
    return by_id(known, wanted, recorded.coverage(name, "GroupIds", "group-id"), gap)


def prefix_lists(recorded: Recorded, groups: Table[SecurityGroup], tables: Table[RouteTable]) -> Table[PrefixList]:
    """Those that rules and routes name. One that AWS does not find is not known: it may be another account's."""
    rules = (rule for one in groups for rule in (*one.ingress, *one.egress))
    named = [rule.prefix_list_id for rule in rules if rule.prefix_list_id]
    named += [route.destination for one in tables for route in one.routes if route.destination.startswith("pl-")]
    gap = first_gap(gap_in(groups), gap_in(tables))
    return table_of(((one, _entries(recorded, one)) for one in dict.fromkeys(named)), gap)


def _entries(recorded: Recorded, prefix_list_id: str) -> PrefixList | Gap:
    found = recorded.held("ec2:GetManagedPrefixListEntries", {"PrefixListId": prefix_list_id})
    return found if isinstance(found, Gap) else shapes.prefix_list(found, prefix_list_id)


def block_public_access(recorded: Recorded, region: str) -> Table[BlockPublicAccess]:
    """The region's one setting, with its exclusions: neither says anything without the other."""
    options = recorded.one("ec2:DescribeVpcBlockPublicAccessOptions", {})
    name = "ec2:DescribeVpcBlockPublicAccessExclusions"
    gap = recorded.coverage(name).gap
    if options is None or isinstance(options, Gap):
        return Table(gap=options or recorded.missing("ec2:DescribeVpcBlockPublicAccessOptions"))
    if gap is not None:
        return Table(gap=gap)
    exclusions = list(recorded.rows(name, "VpcBlockPublicAccessExclusions"))
    return Table(rows={region: shapes.block_public_access(options, exclusions)})
