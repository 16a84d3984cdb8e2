"""The small world: two subnets of one VPC, a peered VPC, a gateway; everything open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.healthy import by
from tests.oracle.draws import open_entries
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
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
from vpclink_checks.model.transit import PeeredVpc, Peering, VpcEndpoint

REGION, ACCOUNT = "eu-west-2", "123456789012"
VPC, PEER = "vpc-01", "vpc-02"
IGW, PCX = "igw-01", "pcx-01"
A, B, C = "subnet-0a", "subnet-0b", "subnet-0c"
BLOCKS = {
    VPC: ("10.0.0.0/16", "2001:db8:1::/56"),
    PEER: ("10.1.0.0/16", "2001:db8:2::/56"),
    A: ("10.0.0.0/24", "2001:db8:1:a::/64"),
    B: ("10.0.1.0/24", "2001:db8:1:b::/64"),
    C: ("10.1.0.0/24", "2001:db8:2:c::/64"),
}
HOME = {A: VPC, B: VPC, C: PEER}
# (IPv4, IPv6) of whoever sits in a subnet as source or as target.
SOURCES = {A: ("10.0.0.9", "2001:db8:1:a::9")}
TARGETS = {
    A: ("10.0.0.5", "2001:db8:1:a::5"),
    B: ("10.0.1.5", "2001:db8:1:b::5"),
    C: ("10.1.0.5", "2001:db8:2:c::5"),
}
SG_S, SG_T, SG_U = "sg-0a", "sg-0b", "sg-0c"  # the source's, the target's, the target's second
LISTS = ("pl-01", "pl-02")
Rules = tuple[GroupRule, ...]
OPEN: Rules = (GroupRule(protocol="-1", cidr="0.0.0.0/0"), GroupRule(protocol="-1", cidr="::/0"))


def local(vpc: str) -> tuple[RouteEntry, ...]:
    return tuple(RouteEntry(destination=one, target="local", origin="CreateRouteTable") for one in BLOCKS[vpc])


def open_acl(id_: str, vpc: str, *subnets: str, default: bool = False) -> NetworkAcl:
    return NetworkAcl(id=id_, vpc_id=vpc, default=default, subnet_ids=subnets, entries=tuple(open_entries()))


def interface(id_: str, subnet: str, pair: tuple[str, str], *groups: str, public: str = "") -> NetworkInterface:
    return NetworkInterface(
        id=id_,
        vpc_id=HOME[subnet],
        subnet_id=subnet,
        addresses=(PrivateAddress(address=pair[0], public=public),),
        ipv6=(pair[1],),
        group_ids=groups,
    )


def group(id_: str, vpc: str = VPC, ingress: Rules = OPEN, egress: Rules = OPEN) -> SecurityGroup:
    return SecurityGroup(id=id_, vpc_id=vpc, ingress=ingress, egress=egress)


def small(*interfaces: NetworkInterface, **changes: Any) -> Topology:
    """All open, nothing unread."""
    facts = Topology(
        region=REGION,
        account=ACCOUNT,
        vpcs=by("id", *(Vpc(id=one, cidrs=BLOCKS[one]) for one in (VPC, PEER))),
        subnets=by(
            "id", *(Subnet(id=one, vpc_id=vpc, zone="eu-west-2a", cidrs=BLOCKS[one]) for one, vpc in HOME.items())
        ),
        interfaces=by("id", *interfaces, _APPLIANCE),
        vpc_endpoints=by("id", VpcEndpoint(id="vpce-0f", vpc_id=VPC, type="GatewayLoadBalancer")),
        security_groups=by("id", group(SG_S), group(SG_T, ingress=OPEN), group(SG_U, ingress=(), egress=())),
        network_acls=by("id", open_acl("acl-0a", VPC, A), open_acl("acl-0b", VPC, B), open_acl("acl-0c", PEER, C)),
        route_tables=by(
            "id",
            *(
                RouteTable(id=f"rtb-{one[-2:]}", vpc_id=HOME[one], subnet_ids=(one,), routes=local(HOME[one]))
                for one in HOME
            ),
            *(RouteTable(id=f"rtb-main-{vpc}", vpc_id=vpc, main=True, routes=local(vpc)) for vpc in (VPC, PEER)),
        ),
        prefix_lists=by("id", *(PrefixList(id=one) for one in LISTS)),
        internet_gateways=by("id", InternetGateway(id=IGW, vpc_ids=(VPC,))),
        block_public_access=Table(rows={REGION: BlockPublicAccess()}),
        peerings=by(
            "id",
            Peering(
                id=PCX,
                requester=PeeredVpc(vpc_id=VPC, account=ACCOUNT, region=REGION, cidrs=BLOCKS[VPC]),
                accepter=PeeredVpc(vpc_id=PEER, account=ACCOUNT, region=REGION, cidrs=BLOCKS[PEER]),
            ),
        ),
    )
    empty: dict[str, Any] = {name: Table() for name in _EMPTY}
    return replace(facts, **empty, **changes)


_APPLIANCE = NetworkInterface(
    id="eni-0f",
    vpc_id=VPC,
    subnet_id=B,
    addresses=(PrivateAddress(address="10.0.1.99"),),
    group_ids=(SG_U,),
    source_dest_check=False,
)
_EMPTY = (
    "instances",
    "nat_gateways",
    "egress_only_gateways",
    "vpn_gateways",
    "transit_attachments",
    "transit_route_tables",
    "load_balancers",
    "listeners",
    "links",
    "target_groups",
    "targets",
)


def put(facts: Topology, **rows: Any) -> Topology:
    """The facts with one row more, or another, in each of these tables; a row by its id."""
    changed: dict[str, Any] = {}
    for name, row in rows.items():
        changed[name] = by("id", *({**getattr(facts, name).rows, row.id: row}).values())
    return replace(facts, **changed)
