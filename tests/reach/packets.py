"""Who on the internet reaches an interface with one packet: slow, obvious, from semantics.md 7.4, not from the engine.

Every fact known. Addresses by ``ipaddress`` alone; a packet is (source, protocol number, port or (type, code)).
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkInterface, RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
PRIVATE = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "224.0.0.0/3", "::/127", "::ffff:0:0/96", "fc00::/7", "fe80::/9", "ff00::/8"),
)


class Packet(NamedTuple):
    source: str
    protocol: int
    port: int = 0
    icmp: tuple[int, int] = (0, 0)


@cache
def within(address: str, cidr: str) -> bool:
    one, network = ip_address(address), ip_network(cidr)
    return one.version == network.version and one in network


Pair = tuple[int | None, int | None]


def matches(protocol: str, ports: Pair, icmp: Pair, it: Packet) -> bool:
    if protocol == "-1":
        return True
    if NUMBERS.get(protocol, protocol) not in (it.protocol, str(it.protocol)):
        return False
    if it.protocol in (6, 17):
        low, high = ports
        return low is None or low <= it.port <= (low if high is None else high)
    if it.protocol in (1, 58):
        return all(wanted in (None, -1, had) for wanted, had in zip(icmp, it.icmp, strict=True))
    return True


def group_admits(facts: Topology, rule: GroupRule, it: Packet) -> bool:
    ends = (rule.from_port, rule.to_port)
    if rule.group_id or not matches(rule.protocol, ends, ends, it):
        return False
    cidrs = facts.prefix_lists.need(rule.prefix_list_id).cidrs if rule.prefix_list_id else (rule.cidr,)
    return any(within(it.source, cidr) for cidr in cidrs)


def acl_admits(entries: tuple[AclEntry, ...], egress: bool, it: Packet) -> bool:
    for one in sorted(entries, key=lambda entry: entry.number):
        hit = matches(one.protocol, (one.from_port, one.to_port), (one.icmp_type, one.icmp_code), it)
        if one.egress == egress and hit and within(it.source, one.cidr):
            return one.allow
    return False


def reply_gets_out(entries: tuple[AclEntry, ...], it: Packet) -> bool:
    """Some client port for TCP and UDP, the echo reply for an echo request; other ICMP asks for no reply."""
    if it.protocol in (6, 17):
        edges = {1, 65535}
        for one in entries:
            edges |= {port + step for port in (one.from_port, one.to_port) if port is not None for step in (-1, 0, 1)}
        return any(acl_admits(entries, True, it._replace(port=one)) for one in edges if 1 <= one <= 65535)
    echo = {(1, 8): 0, (58, 128): 129}.get((it.protocol, it.icmp[0]))
    if it.protocol in (1, 58):
        return echo is None or acl_admits(entries, True, it._replace(icmp=(echo, it.icmp[1])))
    return acl_admits(entries, True, it)


def best_route(facts: Topology, table: RouteTable, address: str) -> RouteEntry | None:
    fitting = []
    for one in table.routes:
        listed = one.destination.startswith("pl-")
        for cidr in facts.prefix_lists.need(one.destination).cidrs if listed else (one.destination,):
            if within(address, cidr):
                rank = 2 if one.origin == "EnableVgwRoutePropagation" else int(listed)
                fitting.append((-ip_network(cidr).prefixlen, rank, one))
    return min(fitting, key=lambda found: found[:2])[2] if fitting else None


def reaches(facts: Topology, eni: NetworkInterface, it: Packet) -> bool:
    """Whether this packet gets to the interface by its public address, and its reply, if it takes one, back."""
    here = [cidr for vpc in facts.vpcs for cidr in vpc.cidrs]
    if eni.deny_all_igw or any(within(it.source, one) for one in (*PRIVATE, *here)):
        return False
    route = best_route(facts, next(one for one in facts.route_tables if eni.subnet_id in one.subnet_ids), it.source)
    if route is None or route.state != "active" or not route.target.startswith("igw-"):
        return False
    if eni.vpc_id not in facts.internet_gateways.need(route.target).vpc_ids:
        return False
    block = facts.block_public_access.need(facts.region)
    opened = {id_ for id_, mode in block.exclusions if mode == "allow-bidirectional"}
    if block.mode != "off" and not opened & {eni.vpc_id, eni.subnet_id}:
        return False
    entries = next(one for one in facts.network_acls if eni.subnet_id in one.subnet_ids).entries
    if not acl_admits(entries, False, it) or not reply_gets_out(entries, it):
        return False
    groups = [facts.security_groups.need(one) for one in eni.group_ids]
    return any(group_admits(facts, rule, it) for group in groups for rule in group.ingress)
