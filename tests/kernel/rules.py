"""nftables from facts: groups as stateful rules at a host's edge, ACLs as stateless numbered chains in the router."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from tests.kernel.witness import DROP
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, NetworkInterface
from vpclink_checks.model.topology import Topology

_PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
_LAST = 32767
# Neighbours are found below the filters of AWS.
_NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept"


# -- groups ------------------------------------------------------------------------------------


def groups(topology: Topology, interface: NetworkInterface) -> str:
    """What the interface's groups let in and out; "" for one that no group filters.

    Before a host's own DNAT on the way in and behind its SNAT on the way out, as AWS filters outside of it.
    """
    if not interface.group_ids:
        return ""
    inbound = _group_chain(topology, interface, "ingress", "prerouting priority -150", 'iifname != "e0"')
    outbound = _group_chain(topology, interface, "egress", "postrouting priority 150", 'oifname != "e0"')
    return f"table inet groups {{\n{inbound}{outbound}}}\n"


def _group_chain(topology: Topology, interface: NetworkInterface, direction: str, hook: str, elsewhere: str) -> str:
    lines = [f"type filter hook {hook}; policy accept;", f"{elsewhere} accept"]
    lines += ["ct state established accept", _NEIGHBOURS]
    for group_id in interface.group_ids:
        group = topology.security_groups.rows[group_id]
        rules = group.ingress if direction == "ingress" else group.egress
        lines += [f"{match} counter accept" for rule in rules for match in _group_matches(topology, rule, direction)]
    lines.append(DROP.format(f"groups|{interface.id}|{direction}"))
    return f"chain {direction} {{\n" + "\n".join(lines) + "\n}\n"


def _group_matches(topology: Topology, rule: GroupRule, direction: str) -> Iterator[str]:
    side = "saddr" if direction == "ingress" else "daddr"
    for cidr in peers(topology, rule):
        yield _match(cidr, side, rule.protocol, rule.from_port, rule.to_port)


def peers(topology: Topology, rule: GroupRule) -> tuple[str, ...]:
    """A CIDR; a prefix list's entries; for a group the private addresses of all interfaces that carry it."""
    if rule.group_id:
        carrying = (one for one in topology.interfaces if rule.group_id in one.group_ids)
        return tuple(address for one in carrying for address in (*one.private_addresses, *one.ipv6))
    if rule.prefix_list_id:
        return topology.prefix_lists.rows[rule.prefix_list_id].cidrs
    return (rule.cidr,)


def _match(cidr: str, side: str, protocol: str, low: int | None, high: int | None) -> str:
    family = "ip6" if ":" in cidr else "ip"
    network = ip_network(cidr)
    # "ip saddr 0.0.0.0/0" would be optimised to nothing at all, and take IPv6 in
    words = [f"meta nfproto {'ipv6' if network.version == 6 else 'ipv4'}"]
    if network.prefixlen:
        words.append(f"{family} {side} {network}")
    number = _PROTOCOLS.get(protocol, protocol)
    if number in ("6", "17") and low is not None:
        words.append(f"{'tcp' if number == '6' else 'udp'} dport {low}-{high}")
    elif number != "-1":
        words.append(f"meta l4proto {number}")
    return " ".join(words)


# -- network ACLs ------------------------------------------------------------------------------


def acl_of(topology: Topology, subnet_id: str, vpc_id: str) -> NetworkAcl:
    """The subnet's own, else the VPC's default one."""
    mine = [one for one in topology.network_acls if subnet_id in one.subnet_ids]
    default = [one for one in topology.network_acls if one.default and one.vpc_id == vpc_id]
    return (mine or default)[0]


def acl_chains(acls: Iterable[NetworkAcl]) -> str:
    """A chain for each ACL and direction: returns what it allows, drops what it denies."""
    return "".join(_acl_chain(acl, egress=egress) for acl in acls for egress in (False, True))


def chain_name(acl: NetworkAcl, *, egress: bool) -> str:
    """Names in nftables have no hyphens."""
    return f"{acl.id.replace('-', '_')}_{'out' if egress else 'in'}"


def _acl_chain(acl: NetworkAcl, *, egress: bool) -> str:
    mine = sorted((one for one in acl.entries if one.egress == egress), key=lambda one: one.number)
    lines = [_acl_line(acl, one) for one in mine]
    lines.append(DROP.format(f"acl|{acl.id}|{'outbound' if egress else 'inbound'}|*"))
    return f"chain {chain_name(acl, egress=egress)} {{\n" + "\n".join(lines) + "\n}\n"


def _acl_line(acl: NetworkAcl, entry: AclEntry) -> str:
    side = "daddr" if entry.egress else "saddr"
    match = _match(entry.cidr, side, entry.protocol, entry.from_port, entry.to_port)
    number = "*" if entry.number == _LAST else str(entry.number)
    word = "outbound" if entry.egress else "inbound"
    return f"{match} " + ("counter return" if entry.allow else DROP.format(f"acl|{acl.id}|{word}|{number}"))
