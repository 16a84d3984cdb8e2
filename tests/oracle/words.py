"""Addresses, ports and protocols, one packet at a time: ``ipaddress`` and plain comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from vpclink_checks.model.topology import Topology

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58}
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
# semantics.md, section 7.4: a public source is anything outside these and the account's VPC blocks.
NOT_PUBLIC = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What kind of packet opens the connection: a port for TCP and UDP, type and code for ICMP."""

    protocol: int
    port: int = 0
    code: int = 0

    @property
    def ported(self) -> bool:
        return self.protocol in (TCP, UDP)

    @property
    def icmp(self) -> bool:
        return self.protocol in (ICMP, ICMPV6)


def number(protocol: str) -> int:
    return NUMBERS[protocol] if protocol in NUMBERS else int(protocol)


def within(address: str, cidr: str) -> bool:
    one, network = ip_address(address), ip_network(cidr)
    return one.version == network.version and one in network


def named(topology: Topology, destination: str) -> tuple[str, ...]:
    """The networks of a destination or source: a prefix list's entries, else the one network."""
    if destination.startswith("pl-"):
        return topology.prefix_lists.rows[destination].cidrs
    return (destination,)


def is_public(topology: Topology, address: str) -> bool:
    own = [cidr for vpc in topology.vpcs.rows.values() for cidr in vpc.cidrs]
    return not any(within(address, cidr) for cidr in (*NOT_PUBLIC, *own))


def ports_match(low: int | None, high: int | None, port: int) -> bool:
    return low is not None and high is not None and low <= port <= high


def icmp_match(type_: int | None, code: int | None, kind: Kind) -> bool:
    """-1, or nothing at all, stands for any."""
    if type_ is None or type_ == -1:
        return True
    return type_ == kind.port and (code is None or code in (-1, kind.code))
