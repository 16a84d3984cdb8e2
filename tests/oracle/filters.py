"""Security groups and network ACLs: semantics.md, sections 7.2 and 7.3, for one packet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.oracle.readings import Reading
from tests.oracle.words import ICMP, ICMPV6, Kind, icmp_match, named, number, ports_match, within
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl
from vpclink_checks.model.topology import Topology

ECHO = {(ICMP, 8): Kind(ICMP, 0, 0), (ICMPV6, 128): Kind(ICMPV6, 129, 0)}
REPLIES = range(1024, 65536)  # semantics.md, section 7.2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a packet leaves or arrives.

    ``groups`` filter it; None is a load balancer without groups. A reference to one of ``counts_as`` matches its
    address. ``borrowed``: a load balancer sends here with a client's address.
    """

    address: str
    subnet_id: str
    vpc_id: str
    groups: tuple[str, ...] | None
    counts_as: frozenset[str]
    borrowed: bool = False


def rule_takes(rule: GroupRule, kind: Kind) -> bool:
    """Whether a security group's rule speaks of this kind of packet, whoever the peer is."""
    if rule.protocol == "-1":
        return True
    if number(rule.protocol) != kind.protocol:
        return False
    if kind.ported:
        return ports_match(rule.from_port, rule.to_port, kind.port)
    return icmp_match(rule.from_port, rule.to_port, kind) if kind.icmp else True


def rule_admits(topology: Topology, rule: GroupRule, peer: Place, kind: Kind) -> bool:
    if not rule_takes(rule, kind):
        return False
    if rule.group_id:
        live = rule.peering in ("", "active")  # a stale reference matches nothing
        return live and rule.group_id in peer.counts_as
    return any(within(peer.address, one) for one in named(topology, rule.prefix_list_id or rule.cidr))


def groups_admit(topology: Topology, at: Place, direction: str, peer: Place, kind: Kind) -> bool:
    """The union of the allow rules of all groups; no rule, nothing."""
    if at.groups is None:
        return True
    held = [topology.security_groups.rows[one] for one in at.groups]
    rules = [rule for one in held for rule in (one.ingress if direction == "ingress" else one.egress)]
    return any(rule_admits(topology, rule, peer, kind) for rule in rules)


def acl_of(topology: Topology, subnet_id: str, vpc_id: str) -> NetworkAcl:
    """The subnet's own, else the VPC's default one."""
    every = list(topology.network_acls.rows.values())
    own = [one for one in every if subnet_id in one.subnet_ids]
    return (own or [one for one in every if one.default and one.vpc_id == vpc_id])[0]


def entry_takes(entry: AclEntry, peer: str, kind: Kind) -> bool:
    if not within(peer, entry.cidr):
        return False
    if entry.protocol == "-1":
        return True
    if number(entry.protocol) != kind.protocol:
        return False
    if kind.ported:
        return ports_match(entry.from_port, entry.to_port, kind.port)
    return icmp_match(entry.icmp_type, entry.icmp_code, kind) if kind.icmp else True


def acl_admits(reading: Reading, acl: NetworkAcl, egress: bool, peer: str, kind: Kind) -> bool:
    """First match by number; no match denies."""
    for entry in sorted(acl.entries, key=lambda one: one.number):
        if entry.egress == egress and entry_takes(entry, peer, kind):
            if entry.doubt is not None:
                return reading.unread(f"the action of {acl.id} {egress} {entry.number}")
            return entry.allow
    return False


def _telling(acl: NetworkAcl, ports: range) -> list[int]:
    """The ports beside every edge of every entry, and the ends: between two of them nothing changes."""
    edges = {ports[0], ports[-1]}
    for entry in acl.entries:
        for port in (entry.from_port, entry.to_port):
            edges |= set() if port is None else {port - 1, port, port + 1}
    return sorted(port for port in edges if port in ports)


def acl_lets_replies(
    reading: Reading, acl: NetworkAcl, egress: bool, peer: str, kind: Kind, ports: range = REPLIES
) -> list[bool]:
    """For each reply that could matter: whether it passes.

    TCP and UDP answer to a port. ICMP answers echo requests alone (RFC 792, RFC 4443), by type 0 or 129; what other
    protocols send back is of their own kind.
    """
    if kind.ported:
        return [acl_admits(reading, acl, egress, peer, replace(kind, port=one)) for one in _telling(acl, ports)]
    if kind.icmp and (kind.protocol, kind.port) not in ECHO:
        return [True]
    return [acl_admits(reading, acl, egress, peer, ECHO.get((kind.protocol, kind.port), kind))]
