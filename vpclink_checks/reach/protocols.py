"""Protocols as security groups (names or numbers) and network ACLs (numbers) write them."""

from __future__ import annotations

from vpclink_checks.reach.sets import Ranges

_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58", "all": "-1"}
_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "-1": "all traffic"}
_WITH_PORTS = ("6", "17")
ALL_PORTS = Ranges.of((0, 65535))
# AWS's own table of ACL rules for a load balancer's subnets answers to this range
# (elb-network-load-balancers-user-guide, target-group-register-targets).
REPLY_PORTS = Ranges.of((1024, 65535))


def number(protocol: str) -> str:
    """``tcp``, ``TCP`` and ``6`` are all "6"; ``-1`` stays: any protocol."""
    return _NUMBERS.get(protocol.lower(), protocol)


def name(protocol: str) -> str:
    """ "6" and ``tcp`` are "tcp"; a number without a name of its own stays."""
    return _NAMES.get(number(protocol), protocol)


def same(rule: str, asked: str) -> bool:
    """Whether a rule's protocol takes in the one asked for."""
    return number(rule) in ("-1", number(asked))


def ports(rule: str, from_port: int | None, to_port: int | None) -> Ranges:
    """The ports that a rule takes in: all, where its protocol has none or -1 stands for any.

    A protocol other than ICMP, TCP, UDP and ICMPv6 has no ports; whatever stands there is ignored
    (botocore model, IpPermission).
    """
    if number(rule) not in _WITH_PORTS or from_port is None or from_port < 0:
        return ALL_PORTS
    return Ranges.of((from_port, from_port if to_port is None else to_port))
