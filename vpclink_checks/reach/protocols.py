"""Protocols as security groups (names or numbers) and network ACLs (numbers) write them.

What a packet asks for within its protocol is one number here: the port, or ICMP's ``type * 256 + code``.
"""

from __future__ import annotations

from vpclink_checks.reach.sets import Ranges

_NUMBERS = {"icmp": "1", "tcp": "6", "udp": "17", "icmpv6": "58", "all": "-1"}
_NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "-1": "all traffic"}
_WITH_PORTS, _ICMP = ("6", "17"), ("1", "58")
_TYPE = 256  # ICMP types begin this far apart
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


def has_ports(protocol: str) -> bool:
    """Whether it is TCP or UDP."""
    return number(protocol) in _WITH_PORTS


def family_of(protocol: str) -> int | None:
    """The only address family that carries it (ICMP and ICMPv6 have one each), or None."""
    return {"1": 4, "58": 6}.get(number(protocol))


def ports(rule: str, from_port: int | None, to_port: int | None) -> Ranges:
    """The ports that a rule takes in (ICMP: types and codes): all, where its protocol has none or -1 stands for any.

    A protocol other than ICMP, TCP, UDP and ICMPv6 has no ports; whatever stands there is ignored. For ICMP the
    first number is the type and the second the code (botocore model, IpPermission).
    """
    if number(rule) in _ICMP:
        return _types(from_port, to_port)
    if number(rule) not in _WITH_PORTS or from_port is None or from_port < 0:
        return ALL_PORTS
    return Ranges.of((from_port, from_port if to_port is None else to_port))


def _types(type_: int | None, code: int | None) -> Ranges:
    if type_ is None or type_ < 0:
        return ALL_PORTS
    low = type_ * _TYPE
    return Ranges.of((low, low + _TYPE - 1) if code is None or code < 0 else (low + code, low + code))


def shown(protocol: str, first: int, last: int | None = None) -> str:
    """``tcp 443``, ``udp 1024-65535``, ``icmp 8/0``, ``protocol 47``."""
    named = name(protocol)
    if number(protocol) in _ICMP:
        one, other = (f"{value // _TYPE}/{value % _TYPE}" for value in (first, first if last is None else last))
        return f"{named} {one}" if one == other else f"{named} {one} to {other}"
    if has_ports(protocol):
        return f"{named} {first}" if last in (None, first) else f"{named} {first}-{last}"
    return f"protocol {named}" if named.isdecimal() else named


# The type of an echo request and of its reply, whose code stays (RFC 792, page 14; RFC 4443, section 4).
_ECHO = {"1": (8, 0), "58": (128, 129)}


def replies(protocol: str, value: int) -> Ranges:
    """What comes back: the ports of AWS's own table, the echo reply; none where nobody answers (other ICMP)."""
    if has_ports(protocol):
        return REPLY_PORTS
    if number(protocol) not in _ICMP:
        return Ranges.of((0, 0))
    request, reply = _ECHO[number(protocol)]
    type_, code = divmod(value, _TYPE)
    return Ranges.of((reply * _TYPE + code, reply * _TYPE + code)) if type_ == request else Ranges()


_HIGHEST = 255


def asked(protocol: object, port: int | None) -> tuple[str, int | None]:
    """A protocol as people give it ("tcp", "icmp", "icmp 3/4", "47", 47), and the port or ICMP type and code.

    ICMP alone is an echo request. Raises ValueError with one line for anything else.
    """
    text = str(protocol).strip().lower() if isinstance(protocol, str | int) and not isinstance(protocol, bool) else ""
    word, _, rest = text.partition(" ")
    own = number(word)
    if not own.isdecimal() or int(own) > _HIGHEST or (rest and own not in _ICMP):
        expected = 'expected "tcp", "udp", "icmp", "icmp TYPE/CODE", "icmpv6" or a protocol\'s number from 0 to 255'
        raise ValueError(f"protocol {protocol!r} is not known; {expected}")
    own = str(int(own))
    if own in _WITH_PORTS:
        return name(own), port
    if port is not None:
        hint = f': write protocol="{name(own)} TYPE/CODE"' if own in _ICMP else ""
        raise ValueError(f"{shown(own, 0) if own not in _ICMP else name(own)} has no port{hint}")
    return name(own), _type_of(protocol, own, rest) if own in _ICMP else 0


def _type_of(protocol: object, own: str, text: str) -> int:
    if not text:
        return _ECHO[own][0] * _TYPE
    type_, _, code = text.partition("/")
    numbers = [int(one) if one.isdecimal() else _HIGHEST + 1 for one in (type_, code or "0")]
    if max(numbers) > _HIGHEST:
        raise ValueError(
            f"protocol {protocol!r}: ICMP's type and code are numbers from 0 to 255, as in {name(own)} 3/4"
        )
    return numbers[0] * _TYPE + numbers[1]
