"""A slow, obvious evaluator for single packets, written from semantics.md, section 7, not from the engine.

Every fact known; no prefix lists; addresses by ``ipaddress`` alone.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, RouteEntry, SecurityGroup


def within(address: str, cidr: str) -> bool:
    one, network = ip_address(address), ip_network(cidr)
    return one.version == network.version and one in network


def covers(protocol: str, low: int | None, high: int | None, port: int) -> bool:
    if protocol == "-1":
        return True
    return protocol in ("tcp", "6") and low is not None and high is not None and low <= port <= high


def rule_admits(rule: GroupRule, peer: str, peer_groups: tuple[str, ...], port: int) -> bool:
    if not covers(rule.protocol, rule.from_port, rule.to_port, port):
        return False
    return rule.group_id in peer_groups if rule.group_id else within(peer, rule.cidr)


def groups_admit(
    groups: list[SecurityGroup], direction: str, peer: str, peer_groups: tuple[str, ...], port: int
) -> bool:
    return any(rule_admits(rule, peer, peer_groups, port) for group in groups for rule in getattr(group, direction))


def acl_admits(acl: NetworkAcl, egress: bool, peer: str, port: int) -> bool:
    def matches(entry: AclEntry) -> bool:
        hit = covers(entry.protocol, entry.from_port, entry.to_port, port)
        return entry.egress == egress and hit and within(peer, entry.cidr)

    for entry in sorted(acl.entries, key=lambda one: one.number):
        if matches(entry):
            return entry.allow
    return False


def acl_replies(acl: NetworkAcl, egress: bool, peer: str, ports: range) -> list[bool]:
    """For each port that could matter: the ends of the range and both sides of every entry's edges."""
    edges = {ports[0], ports[-1]}
    for entry in acl.entries:
        for port in (entry.from_port, entry.to_port):
            if port is not None:
                edges |= {port - 1, port, port + 1}
    return [acl_admits(acl, egress, peer, port) for port in sorted(edges) if port in ports]


def best_route(routes: list[RouteEntry], address: str) -> RouteEntry | None:
    fitting = [one for one in routes if within(address, one.destination)]
    propagated = "EnableVgwRoutePropagation"
    return min(
        fitting,
        key=lambda one: (-ip_network(one.destination).prefixlen, one.origin == propagated),
        default=None,
    )
