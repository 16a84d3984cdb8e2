"""Which interface a registered address belongs to: its own addresses of both families, and delegated prefixes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from vpclink_checks.sources.leads.answers import Raw, rows, word

_LISTS = (
    ("PrivateIpAddresses", "PrivateIpAddress"),
    ("Ipv6Addresses", "Ipv6Address"),
    ("Ipv4Prefixes", "Ipv4Prefix"),
    ("Ipv6Prefixes", "Ipv6Prefix"),
)


def carried(interface: Raw) -> frozenset[str]:
    """Addresses and prefixes of an interface, as DescribeNetworkInterfaces and DescribeInstances tell them."""
    return frozenset(word(one, field) for key, field in _LISTS for one in rows(interface, key)) - {""}


def among(held: Iterable[str], targets: set[str]) -> set[str]:
    """Those of the registered ids that are one of these addresses, or lie in one of these prefixes."""
    own = set(held)
    prefixes = [ip_network(one, strict=False) for one in own if "/" in one]
    within = {one for one in targets if any(_in(one, prefix) for prefix in prefixes)} if prefixes else set()
    return own & targets | within


def _in(target: str, prefix: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(target) in prefix
    except ValueError:
        return False  # an instance's id, an ARN
