"""The flows that are asked about: the kinds mixed, on ports near the edges of the rules that they meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from itertools import pairwise

from tests.kernel.draws import Draw
from tests.kernel.ground import networks, table_of
from tests.kernel.outside import PUBLIC_SOURCES
from tests.kernel.rules import acl_of
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology

_ELB = "arn:aws:elasticloadbalancing:eu-west-2:123456789012"
NLB_ARN, GROUP_ARN = f"{_ELB}:loadbalancer/net/orders/01", f"{_ELB}:targetgroup/orders/01"
LISTENER_ARN, LISTENING = f"{_ELB}:listener/net/orders/01/01", 8080


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One question: may *src* open a connection to *dst*'s port?

    ``way`` is inside, internet, peered, hairpin or balancer.
    """

    way: str
    protocol: str
    src: str
    dst: str  # as the source dials it
    port: int

    @property
    def title(self) -> str:
        return f"{self.way}: {self.protocol} {self.src} -> {self.dst}:{self.port}"


def flows(draw: Draw, topology: Topology, wanted: int) -> tuple[Flow, ...]:
    """Different ones, the kinds mixed; a target's own rules tell ports worth asking for."""
    kept: dict[Flow, None] = {}
    for _ in range(200 * wanted):
        found = _flow(draw, topology)
        if found is not None:
            kept.setdefault(found)
        if len(kept) == wanted:
            break
    return tuple(kept)


def _flow(draw: Draw, topology: Topology) -> Flow | None:
    hosts = [one for one in topology.interfaces if one.type == "interface"]
    if draw.chance(0.3):
        return _from_internet(draw, topology, hosts)
    source = draw.one(*hosts)
    src = draw.one(*source.private_addresses, *source.ipv6)
    protocol = draw.one("tcp", "tcp", "udp")
    if NLB_ARN in topology.load_balancers.rows and draw.chance(0.3):
        return _through_balancer(draw, topology, source, src)
    target = draw.one(*hosts)
    if draw.chance(0.4):
        return _hairpin(draw, topology, source, target)
    dst = draw.one(*target.private_addresses, *target.ipv6)
    if target is source or ip_address(src).version != ip_address(dst).version:
        return None
    way = "inside" if source.vpc_id == target.vpc_id else "peered"
    flow = Flow(way=way, protocol=protocol, src=src, dst=dst, port=_port(draw, topology, target))
    return None if _contested(topology, source, target, flow) else flow


def _through_balancer(draw: Draw, topology: Topology, source: NetworkInterface, src: str) -> Flow | None:
    balancer, target = topology.interfaces.rows["eni-nlb"], behind(topology)
    port = LISTENING if draw.chance(0.85) else 443
    if ":" in src or source.vpc_id != balancer.vpc_id or target is source:
        return None
    flow = Flow(way="balancer", protocol="tcp", src=src, dst=balancer.private_addresses[0], port=port)
    onward = replace(flow, src=flow.dst, dst=topology.targets.rows[GROUP_ARN][0].id)
    contested = _contested(topology, source, balancer, flow) or _contested(topology, balancer, target, onward)
    return None if contested else flow


def _hairpin(draw: Draw, topology: Topology, source: NetworkInterface, target: NetworkInterface) -> Flow | None:
    """To the public address of another host: out by a gateway and in again. Where it is blocked wholly, nothing new."""
    public = [one.public for one in target.addresses if one.public]
    blocked = topology.block_public_access.rows[topology.region].mode != "off"
    if not public or target is source or blocked or source.vpc_id != "vpc-0":
        return None
    src, port = draw.one(*source.private_addresses), _port(draw, topology, target)
    return Flow(way="hairpin", protocol=draw.one("tcp", "udp"), src=src, dst=public[0], port=port)


def behind(topology: Topology) -> NetworkInterface:
    """The interface of the load balancer's target."""
    (target,) = topology.targets.rows[GROUP_ARN]
    return next(one for one in topology.interfaces if target.id in one.private_addresses)


def _from_internet(draw: Draw, topology: Topology, hosts: list[NetworkInterface]) -> Flow | None:
    target = draw.one(*(one for one in hosts if one.vpc_id == "vpc-0"))
    public = [one.public for one in target.addresses if one.public]
    src, dst = draw.one(*PUBLIC_SOURCES), draw.one(*public, *target.ipv6, "")
    if not dst or ip_address(src).version != ip_address(dst).version:
        return None
    return Flow(
        way="internet", protocol=draw.one("tcp", "tcp", "udp"), src=src, dst=dst, port=_port(draw, topology, target)
    )


def _port(draw: Draw, topology: Topology, target: NetworkInterface) -> int:
    rules = [rule for one in target.group_ids for rule in topology.security_groups.rows[one].ingress]
    edges = [edge for rule in rules for edge in (rule.from_port, rule.to_port) if edge and edge > 0]
    near = [port for edge in edges for port in (edge - 1, edge, edge + 1) if 0 < port <= 65535]
    return int(draw.one(*near)) if near and draw.chance(0.6) else draw.port()


def _contested(topology: Topology, source: NetworkInterface, target: NetworkInterface, flow: Flow) -> bool:
    """Inside one subnet a route that is not local: AWS does not say whether it is asked at all (semantics.md, 7)."""
    if source.subnet_id != target.subnet_id:
        return False
    table = table_of(topology, topology.subnets.rows[source.subnet_id])
    ends = [ip_network(flow.src), ip_network(flow.dst)]
    return any(
        end.version == network.version and end.subnet_of(network)  # type: ignore[arg-type]
        for entry in table.routes
        if entry.target != "local"
        for network in map(ip_network, networks(topology, entry))
        if network.prefixlen
        for end in ends
    )


def reply_ports(topology: Topology, subnet_ids: set[str], low: int) -> list[tuple[int, int]]:
    """Stretches of *low*-65535 within which the ACLs of these subnets cannot tell two ports apart."""
    edges = {low, 65536}
    for subnet_id in subnet_ids:
        acl = acl_of(topology, subnet_id, topology.subnets.rows[subnet_id].vpc_id)
        for entry in acl.entries:
            if entry.from_port is not None and entry.to_port is not None:
                edges |= {entry.from_port, entry.to_port + 1}
    inside = sorted(edge for edge in edges if low <= edge <= 65536)
    return [(first, after - 1) for first, after in pairwise(inside)]
