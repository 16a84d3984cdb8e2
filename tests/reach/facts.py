"""Small facts for the tests of packet reasoning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.healthy import VPC, by
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    PrefixList,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.sets import addresses

REGION = "eu-west-2"
SUBNET_A, SUBNET_B = "subnet-0a", "subnet-0b"
SG_A, SG_B = "sg-0a", "sg-0b"
IGW = "igw-01"
LOCAL = RouteEntry(destination="10.0.0.0/16", target="local", origin="CreateRouteTable")


def tcp(port: int | None = None, cidr: str = "", **peer: Any) -> GroupRule:
    return GroupRule(protocol="tcp", from_port=port, to_port=port, cidr=cidr, **peer)


def allow(number: int, cidr: str = "0.0.0.0/0", *, egress: bool = False, **what: Any) -> AclEntry:
    return AclEntry(number=number, egress=egress, allow=True, cidr=cidr, **what)


def deny(number: int, cidr: str = "0.0.0.0/0", *, egress: bool = False, **what: Any) -> AclEntry:
    return AclEntry(number=number, egress=egress, allow=False, cidr=cidr, **what)


def open_acl(id_: str, *subnets: str) -> NetworkAcl:
    both = tuple(allow(100, egress=egress) for egress in (False, True))
    return NetworkAcl(id=id_, vpc_id=VPC, subnet_ids=subnets, entries=both)


def table(id_: str, *subnets: str, routes: tuple[RouteEntry, ...] = (LOCAL,), main: bool = False) -> RouteTable:
    return RouteTable(id=id_, vpc_id=VPC, main=main, subnet_ids=subnets, routes=routes)


def route(destination: str, target: str, **more: Any) -> RouteEntry:
    return RouteEntry(destination=destination, target=target, **more)


def gap(operation: str = "ec2:DescribeSecurityGroups") -> Gap:
    return Gap(operation=operation, action=operation, code="AccessDeniedException")


def world_of(**changes: Any) -> Topology:
    """Two subnets of one VPC, open ACLs, local routes, no group."""
    facts = Topology(
        region=REGION,
        vpcs=by("id", Vpc(id=VPC, cidrs=("10.0.0.0/16", "2001:db8:1::/56"))),
        subnets=by(
            "id",
            Subnet(id=SUBNET_A, vpc_id=VPC, zone="eu-west-2a", cidrs=("10.0.0.0/24",)),
            Subnet(id=SUBNET_B, vpc_id=VPC, zone="eu-west-2b", cidrs=("10.0.1.0/24",)),
        ),
        interfaces=Table(),
        security_groups=Table(),
        network_acls=by("id", open_acl("acl-0a", SUBNET_A), open_acl("acl-0b", SUBNET_B)),
        route_tables=by("id", table("rtb-0a", SUBNET_A), table("rtb-0b", SUBNET_B)),
        prefix_lists=Table(),
        internet_gateways=by("id", InternetGateway(id=IGW, vpc_ids=(VPC,))),
        block_public_access=Table(rows={REGION: BlockPublicAccess()}),
        instances=Table(),
    )
    return replace(facts, **changes)


def end(
    address: str, subnet: str, *groups: str, filtered: bool = True, counts_as: tuple[str, ...] | None = None
) -> End:
    return End(
        name=address,
        addresses=addresses(address),
        vpc_id=VPC,
        subnet_id=subnet,
        group_ids=groups,
        filtered=filtered,
        counts_as=frozenset(groups if counts_as is None else counts_as),
    )


def group(id_: str, *ingress: GroupRule, egress: tuple[GroupRule, ...] = ()) -> SecurityGroup:
    return SecurityGroup(id=id_, name=id_[3:], vpc_id=VPC, ingress=ingress, egress=egress)


def prefix_list(id_: str, *cidrs: str) -> PrefixList:
    return PrefixList(id=id_, cidrs=cidrs)
