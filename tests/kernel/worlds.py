"""Random topologies, each from its seed alone, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from random import Random
from typing import Any

from tests.healthy import by
from tests.kernel import questions
from tests.kernel.draws import GROUPS, LISTS, Draw
from tests.kernel.ground import Container
from tests.kernel.questions import GROUP_ARN, LISTENER_ARN, LISTENING, NLB_ARN, Flow
from vpclink_checks.model.balancing import Action, Forward, Listener, LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    InternetGateway,
    NetworkInterface,
    PrefixList,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    Subnet,
    Vpc,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import EgressOnlyGateway, NatGateway, PeeredVpc, Peering

REGION, ACCOUNT = "eu-west-2", "123456789012"
PEERED = 0.35
NAT = NatGateway(id="nat-0", vpc_id="vpc-0", subnet_id="subnet-00", addresses=(("10.0.0.60", "203.0.113.60"),))
NAT_INTERFACE = NetworkInterface(
    id="eni-nat",
    vpc_id="vpc-0",
    subnet_id="subnet-00",
    type="nat_gateway",
    description="Interface for NAT Gateway nat-0",
    addresses=(PrivateAddress(address="10.0.0.60", public="203.0.113.60"),),
)
_ENDINGS = (9, 12, 15, 127, 130, 200)
_PUBLIC = {"subnet-00": 0.9, "subnet-01": 0.4, "subnet-02": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One seed's facts; its containers are how a host serves a port, which no fact of a network tells."""

    seed: int
    topology: Topology
    containers: tuple[Container, ...]
    flows: tuple[Flow, ...]


def world(seed: int, flows: int) -> World:
    """The world of this seed, with so many questions."""
    draw = Draw(Random(seed))
    topology = _topology(draw)
    hosts = [one for one in topology.interfaces if one.type == "interface"]
    containers = tuple(Container(one.id, draw.port(), draw.one(3000, 8080)) for one in hosts if draw.chance(0.2))
    return World(seed=seed, topology=topology, containers=containers, flows=questions.flows(draw, topology, flows))


# -- facts ---------------------------------------------------------------------------------------


def _topology(draw: Draw) -> Topology:
    two, balanced = draw.chance(PEERED), draw.chance(0.4)
    subnets = [_subnet(number, 0) for number in range(draw.one(2, 2, 3))] + ([_subnet(0, 1)] if two else [])
    vpcs = [Vpc(id="vpc-0", cidrs=_VPC_CIDRS[0]), *([Vpc(id="vpc-1", cidrs=_VPC_CIDRS[1])] if two else [])]
    peerings = [_peering(draw)] if two else []
    interfaces = [one for subnet in subnets for one in _interfaces(draw, subnet)]
    interfaces.append(NAT_INTERFACE)
    if balanced:
        interfaces.append(_balancer_interface(draw, draw.one(*(one for one in subnets if one.vpc_id == "vpc-0"))))
    return Topology(
        region=REGION,
        vpcs=by("id", *vpcs),
        subnets=by("id", *subnets),
        interfaces=by("id", *interfaces),
        security_groups=by("id", *(draw.group(one, "vpc-0") for one in GROUPS)),
        network_acls=by("id", *(acl for vpc in vpcs for acl in _acls(draw, vpc.id, subnets))),
        route_tables=by("id", *(one for vpc in vpcs for one in _tables(draw, vpc, subnets, two=two))),
        prefix_lists=by("id", *(PrefixList(id=one, cidrs=cidrs) for one, cidrs in LISTS.items())),
        internet_gateways=by("id", InternetGateway(id="igw-0", vpc_ids=("vpc-0",) if draw.chance(0.95) else ())),
        nat_gateways=by("id", NAT),
        egress_only_gateways=by("id", EgressOnlyGateway(id="eigw-0", vpc_ids=("vpc-0",))),
        vpn_gateways=Table(),
        transit_attachments=Table(),
        transit_route_tables=Table(),
        vpc_endpoints=Table(),
        peerings=by("id", *peerings),
        block_public_access=Table(rows={REGION: _block(draw, subnets)}),
        instances=Table(),
        **_balancing(draw, interfaces, balanced=balanced),
    )


_VPC_CIDRS = (("10.0.0.0/16", "2001:db8:1::/56"), ("10.1.0.0/16", "2001:db8:2::/56"))


def _subnet(number: int, vpc: int) -> Subnet:
    cidrs = (f"10.{vpc}.{number}.0/24", f"2001:db8:{vpc + 1}:{number}::/64")
    return Subnet(id=f"subnet-{vpc}{number}", vpc_id=f"vpc-{vpc}", zone="eu-west-2a", cidrs=cidrs)


def _interfaces(draw: Draw, subnet: Subnet) -> Iterator[NetworkInterface]:
    endings = draw.random.sample(_ENDINGS, draw.one(2, 2, 3))
    for ending in endings:
        address = str(ip_network(subnet.cidrs[0])[ending])
        public = f"203.0.113.{ending + int(subnet.id[-1])}" if draw.chance(_PUBLIC.get(subnet.id, 0)) else ""
        more = (PrivateAddress(address=str(ip_network(subnet.cidrs[0])[ending + 20]), primary=False),)
        yield NetworkInterface(
            id=f"eni-{subnet.id[7:]}{ending:03}",
            vpc_id=subnet.vpc_id,
            subnet_id=subnet.id,
            addresses=(PrivateAddress(address=address, public=public), *(more if draw.chance(0.15) else ())),
            ipv6=(str(ip_network(subnet.cidrs[1])[ending]),) if draw.chance(0.6) else (),
            group_ids=tuple(draw.random.sample(GROUPS, draw.one(1, 1, 2, 3))),
        )


def _acls(draw: Draw, vpc_id: str, subnets: list[Subnet]) -> Iterator[Any]:
    """The default one, and others that some subnets are associated with."""
    yield draw.acl(f"acl-{vpc_id[4:]}d", vpc_id, (), default=True)
    for one in subnets:
        if one.vpc_id == vpc_id and draw.chance(0.5):
            yield draw.acl(f"acl-{one.id[7:]}", vpc_id, (one.id,))


def _tables(draw: Draw, vpc: Vpc, subnets: list[Subnet], *, two: bool) -> Iterator[RouteTable]:
    targets = (*["igw-0"] * 4, *["nat-0"] * 3, "eigw-0", "igw-9") if vpc.id == "vpc-0" else ("igw-9",)
    far = _VPC_CIDRS[1 if vpc.id == "vpc-0" else 0] if two else ()
    peered = tuple(RouteEntry(destination=one, target="pcx-0") for one in far)
    mine = [one for one in subnets if one.vpc_id == vpc.id]
    explicit = [one for one in mine if one.id == "subnet-00" or draw.chance(0.6)]
    yield RouteTable(id=f"rtb-{vpc.id[4:]}m", vpc_id=vpc.id, main=True, routes=draw.routes(vpc.cidrs, targets, peered))
    for one in explicit:
        # The NAT gateway's own subnet does not lead back to it.
        own = tuple(target for target in targets if target != "nat-0" or one.id != "subnet-00")
        routes = draw.routes(vpc.cidrs, own, peered)
        yield RouteTable(id=f"rtb-{one.id[7:]}", vpc_id=vpc.id, subnet_ids=(one.id,), routes=routes)


def _peering(draw: Draw) -> Peering:
    sides = [PeeredVpc(vpc_id=f"vpc-{n}", account=ACCOUNT, region=REGION, cidrs=_VPC_CIDRS[n]) for n in (0, 1)]
    return Peering(
        id="pcx-0", requester=sides[0], accepter=sides[1], status="active" if draw.chance(0.9) else "deleted"
    )


def _block(draw: Draw, subnets: list[Subnet]) -> BlockPublicAccess:
    if draw.chance(0.75):
        return BlockPublicAccess()
    modes = ("allow-bidirectional", "allow-bidirectional", "allow-egress")
    excluded = [(draw.one(*subnets, *subnets[:1]).id, draw.one(*modes))] if draw.chance(0.8) else []
    mode = draw.one("block-bidirectional", "block-ingress")
    return BlockPublicAccess(mode=mode, state="update-complete", exclusions=tuple(excluded))


# -- a load balancer -----------------------------------------------------------------------------


def _balancer_interface(draw: Draw, subnet: Subnet) -> NetworkInterface:
    groups = () if draw.chance(0.3) else tuple(draw.random.sample(GROUPS, draw.one(1, 2)))
    return NetworkInterface(
        id="eni-nlb",
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        type="network_load_balancer",
        description="ELB net/orders/01",
        addresses=(PrivateAddress(address=str(ip_network(subnet.cidrs[0])[50])),),
        group_ids=groups,
    )


def _balancing(draw: Draw, interfaces: list[NetworkInterface], *, balanced: bool) -> dict[str, Any]:
    """An NLB in one zone with one IP target: it opens connections of its own."""
    if not balanced:
        return {name: Table() for name in ("load_balancers", "listeners", "target_groups", "targets", "links")}
    own, hosts = interfaces[-1], [one for one in interfaces if one.vpc_id == "vpc-0" and one.type == "interface"]
    balancer = LoadBalancer(
        arn=NLB_ARN,
        name="orders",
        vpc_id=own.vpc_id,
        zones=(Zone(name="eu-west-2a", subnet_id=own.subnet_id),),
        security_group_ids=own.group_ids,
    )
    listener = Listener(
        arn=LISTENER_ARN,
        load_balancer_arn=NLB_ARN,
        port=LISTENING,
        actions=(Action(forwards=(Forward(target_group_arn=GROUP_ARN),)),),
    )
    group = TargetGroup(
        arn=GROUP_ARN, name="orders-ips", target_type="ip", vpc_id=own.vpc_id, load_balancer_arns=(NLB_ARN,)
    )
    target = Target(id=draw.one(*hosts).private_addresses[0], port=draw.one(80, 10000), zone="eu-west-2a")
    return {
        "load_balancers": by("arn", balancer),
        "listeners": Table(rows={NLB_ARN: (listener,)}),
        "target_groups": by("arn", group),
        "target_group_attributes": Table(rows={GROUP_ARN: {}}),
        "targets": Table(rows={GROUP_ARN: (target,)}),
        "links": Table(),
    }
