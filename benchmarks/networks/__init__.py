"""Large made-up networks for the measurements: one VPC, its subnets, tables, ACLs, groups and interfaces."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrefixList,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.topology import Topology

REGION, VPC, IGW, NAT = "eu-west-2", "vpc-01", "igw-01", "nat-01"
PER_SUBNET = 400
RULES = 16  # of each group
PORTS = (22, 80, 443, 3306, 5432, 6379, 8080, 8443, 9092, 10000)
OFFICES = tuple(f"203.0.113.{n}/32" for n in range(256)) + tuple(f"198.51.100.{n * 8}/29" for n in range(32))
T = TypeVar("T")


def network(interfaces: int, groups: int, *, alike: bool = True, seed: int = 4) -> Topology:
    """One VPC of this size: every interface has a public IPv4 address, every second a global IPv6 one.

    *alike*: as launched, interfaces come in as many kinds as there are groups, and those of a kind have the same
    one to three groups. Else each has groups of its own choice, so that hardly two are alike.
    """
    chance = random.Random(seed)
    kinds = [_some_groups(chance, groups) for _ in range(groups if alike else interfaces)]
    subnets = max(4, interfaces // PER_SUBNET)
    return Topology(
        region=REGION,
        vpcs=_table([Vpc(id=VPC, cidrs=("10.0.0.0/8", "2001:db8::/40"))]),
        subnets=_table(map(_subnet, range(subnets))),
        interfaces=_table(_interface(chance, n, subnets, kinds[n % len(kinds)]) for n in range(interfaces)),
        security_groups=_table(_group(chance, n, groups) for n in range(groups)),
        network_acls=_table(_acls(subnets)),
        route_tables=_table(_tables(subnets)),
        prefix_lists=_table(PrefixList(id=f"pl-{n}", cidrs=tuple(chance.sample(OFFICES, 20))) for n in range(8)),
        internet_gateways=_table([InternetGateway(id=IGW, vpc_ids=(VPC,))]),
        block_public_access=Table(rows={REGION: BlockPublicAccess()}),
        instances=Table(),
    )


def rules_in(topology: Topology) -> int:
    """How many rules, entries and routes there are."""
    groups = sum(len(one.ingress) + len(one.egress) for one in topology.security_groups)
    entries = sum(len(one.entries) for one in topology.network_acls)
    return groups + entries + sum(len(one.routes) for one in topology.route_tables)


def _table(rows: Iterable[T]) -> Table[T]:
    found: Mapping[str, T] = {one.id: one for one in rows}  # type: ignore[attr-defined]
    return Table(rows=found)


def _subnet(n: int) -> Subnet:
    return Subnet(id=f"subnet-{n}", vpc_id=VPC, cidrs=(f"10.{n >> 5}.{(n & 31) << 3}.0/21",))


def _some_groups(chance: random.Random, groups: int) -> tuple[str, ...]:
    return tuple(f"sg-{one}" for one in chance.sample(range(groups), chance.choice((1, 1, 2, 3))))


def _interface(chance: random.Random, n: int, subnets: int, group_ids: tuple[str, ...]) -> NetworkInterface:
    private = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    outside = f"18.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    return NetworkInterface(
        id=f"eni-{n}",
        vpc_id=VPC,
        subnet_id=f"subnet-{chance.randrange(subnets)}",
        addresses=(PrivateAddress(address=private, public=outside),),
        ipv6=(f"2001:db9:ff::{n >> 16:x}:{n & 65535:x}",) if n % 2 else (),
        group_ids=group_ids,
    )


def _group(chance: random.Random, n: int, groups: int) -> SecurityGroup:
    ingress = tuple(_rule(chance, groups) for _ in range(RULES))
    egress = (GroupRule(protocol="-1", cidr="0.0.0.0/0"), GroupRule(protocol="-1", cidr="::/0"))
    return SecurityGroup(id=f"sg-{n}", vpc_id=VPC, ingress=ingress, egress=egress)


def _rule(chance: random.Random, groups: int) -> GroupRule:
    peer: dict[str, Any] = chance.choice(
        (
            {"cidr": chance.choice(OFFICES)},
            {"cidr": chance.choice(OFFICES)},
            {"cidr": f"10.{chance.randrange(256)}.0.0/16"},
            {"cidr": chance.choice(("0.0.0.0/0", "::/0", "0.0.0.0/1", "2001:db8:a::/48"))},
            {"group_id": f"sg-{chance.randrange(groups)}"},
            {"prefix_list_id": f"pl-{chance.randrange(8)}"},
        )
    )
    protocol = chance.choice(("tcp", "tcp", "tcp", "tcp", "udp", "icmp", "-1"))
    if protocol == "icmp":
        return GroupRule(protocol="icmp", from_port=8, to_port=-1, **peer)
    if protocol == "-1":
        everybody = peer.get("cidr") in ("0.0.0.0/0", "::/0")
        return GroupRule(protocol="-1", **({"cidr": "10.0.0.0/8"} if everybody else peer))
    first = chance.choice(PORTS)
    return GroupRule(protocol=protocol, from_port=first, to_port=first + chance.choice((0, 0, 0, 9)), **peer)


def _acls(subnets: int) -> list[NetworkAcl]:
    """Three ACLs take the subnets in turn: an open one, one with denies in front, one by port."""
    everything = tuple(
        AclEntry(number=100 + n, egress=egress, allow=True, cidr=cidr)
        for n, cidr in enumerate(("0.0.0.0/0", "::/0"))
        for egress in (False, True)
    )
    denies = tuple(AclEntry(number=n, egress=False, allow=False, cidr=OFFICES[n]) for n in range(1, 20))
    ports = tuple(
        AclEntry(number=n, egress=False, allow=True, protocol="6", from_port=port, to_port=port, cidr=cidr)
        for n, (port, cidr) in enumerate(((p, c) for p in (80, 443) for c in ("0.0.0.0/0", "::/0")), start=1)
    )
    replies = tuple(
        AclEntry(number=n, egress=True, allow=True, protocol="6", from_port=1024, to_port=65535, cidr=cidr)
        for n, cidr in enumerate(("0.0.0.0/0", "::/0"), start=1)
    )
    every = (everything, (*denies, *everything), (*ports, *replies))
    return [
        NetworkAcl(id=f"acl-{n}", vpc_id=VPC, subnet_ids=_every_third(subnets, n), entries=entries)
        for n, entries in enumerate(every)
    ]


def _every_third(subnets: int, first: int) -> tuple[str, ...]:
    return tuple(f"subnet-{n}" for n in range(first, subnets, 3))


def _tables(subnets: int) -> list[RouteTable]:
    """A quarter of the subnets is private; the others reach the internet, half of those by the main table."""
    local = tuple(RouteEntry(destination=one, target="local") for one in ("10.0.0.0/8", "2001:db8::/40"))
    out = (*local, *(RouteEntry(destination=one, target=IGW) for one in ("0.0.0.0/0", "::/0")))
    private = (*local, RouteEntry(destination="0.0.0.0/0", target=NAT))
    own = tuple(f"subnet-{n}" for n in range(subnets) if n % 4 == 1)
    inside = tuple(f"subnet-{n}" for n in range(subnets) if n % 4 == 3)
    beside = (*out, RouteEntry(destination="198.51.100.0/24", target="vgw-01"))
    return [
        RouteTable(id="rtb-main", vpc_id=VPC, main=True, routes=out),
        RouteTable(id="rtb-own", vpc_id=VPC, subnet_ids=own, routes=beside),
        RouteTable(id="rtb-inside", vpc_id=VPC, subnet_ids=inside, routes=private),
    ]
