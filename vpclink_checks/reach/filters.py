"""Security groups and network ACLs as sets of packets: every kind at once, with whoever is not in the VPC.

The kind of a packet is that of its own destination: the port that it goes to, or its ICMP type and code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vpclink_checks.model.fact import UnknownFact, unheard_of
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.bounds import Bounds, TrafficBounds, collected, exact_traffic, exactly, unread
from vpclink_checks.reach.groups import peers_of
from vpclink_checks.reach.protocols import number
from vpclink_checks.reach.sets import Addresses, Ranges, Span, addresses, none, world
from vpclink_checks.reach.traffic import EVERY_KIND, PROTOCOLS, Traffic, kind, kinds, nothing

Doubt = tuple[str, Ranges]


def group_traffic(
    group: SecurityGroup, direction: str, family: int, peers: Callable[[GroupRule], Bounds]
) -> TrafficBounds:
    """What one group's rules let in (ingress) or out (egress), *peers* being whom a rule means."""
    sure: list[tuple[Ranges, Addresses]] = []
    more: list[tuple[Ranges, Addresses]] = []
    doubts: list[Doubt] = []
    for rule in group.ingress if direction == "ingress" else group.egress:
        meant = peers(rule)
        if not meant.possible:
            continue
        some, doubt = _kinds_of_rule(rule)
        if meant.possible == meant.sure and not doubt:
            sure.append((some, meant.sure))
        else:
            more.append((some, meant.possible))
            doubts += [(text, some) for text in (doubt, *meant.doubts) if text]
    known = Traffic.of(family, *sure)
    if not more:
        return exact_traffic(known)
    return TrafficBounds(known, Traffic.of(family, *sure, *more), *collected(doubts))


def outsiders(topology: Topology, rule: GroupRule, family: int) -> Bounds:
    """Whom a rule means of those who are not in the VPC; a reference to a group means none of them."""
    try:
        return peers_of(topology, rule, family, None)
    except UnknownFact as signal:
        return unread(family, signal.gap)


def _kinds_of_rule(rule: GroupRule) -> tuple[Ranges, str]:
    """The kinds that a rule takes in; every kind, with the doubt, where its protocol is a word not known."""
    if _numbered(rule.protocol):
        return kinds(rule.protocol, rule.from_port, rule.to_port), ""
    what = f"the protocol of a rule with {rule.peer}"
    return EVERY_KIND, str(unheard_of("ec2:DescribeSecurityGroups", what, rule.protocol))


def _numbered(protocol: str) -> bool:
    text = number(protocol)
    return text == "-1" or (text.isdecimal() and int(text) < PROTOCOLS)


def acl_traffic(acl: NetworkAcl, *, egress: bool, family: int) -> TrafficBounds:
    """What an ACL lets into (out of) its subnets: entries by number, the first match decides, none denies."""
    entries = sorted((one for one in acl.entries if one.egress == egress), key=lambda one: one.number)
    found = exact_traffic(nothing(family))
    doubts: list[Doubt] = []
    for entry in reversed(entries):  # each entry over those behind it
        some, members, why = _taken(entry, family)
        if members.possible:
            found = _over(found, entry, some, members, doubtful=bool(why))
            doubts += [(text, some) for text in why]
    return TrafficBounds(found.sure, found.possible, *collected(doubts))


def _taken(entry: AclEntry, family: int) -> tuple[Ranges, Bounds, list[str]]:
    """The kinds and addresses that an entry matches, and why its effect on them is not known."""
    why = [str(entry.doubt)] if entry.doubt is not None else []
    some = EVERY_KIND
    if _numbered(entry.protocol):
        icmp = number(entry.protocol) in ("1", "58")
        low, high = (entry.icmp_type, entry.icmp_code) if icmp else (entry.from_port, entry.to_port)
        some = kinds(entry.protocol, low, high)
    else:
        what = f"the protocol of rule {entry.number}"
        why.append(str(unheard_of("ec2:DescribeNetworkAcls", what, entry.protocol)))
    try:
        members = addresses(entry.cidr)
    except UnknownFact as signal:
        return some, unread(family, signal.gap), [*why, str(signal.gap)]
    return some, exactly(members if members.family == family else none(family)), why


def _over(found: TrafficBounds, entry: AclEntry, some: Ranges, members: Bounds, *, doubtful: bool) -> TrafficBounds:
    """The entry in front of what is found behind it; of a doubtful one it may match fewer packets, or none."""
    most = Traffic.of(members.possible.family, (some, members.possible))
    if entry.doubt is not None:
        return TrafficBounds(found.sure - most, found.possible | most)
    if not doubtful and found.sure == found.possible:
        return exact_traffic(found.sure | most if entry.allow else found.sure - most)
    if entry.allow:
        return TrafficBounds(found.sure if doubtful else found.sure | most, found.possible | most)
    return TrafficBounds(found.sure - most, found.possible if doubtful else found.possible - most)


# -- replies -----------------------------------------------------------------------------------

_BLOCK = kind("1")  # protocol 1 begins one block above 0
_WITH_PORTS = tuple(int(number(one)) for one in ("tcp", "udp"))
# Type of the request and of its reply, whose code stays (RFC 792, page 14; RFC 4443, section 4).
_ECHO = {1: (8, 0), 58: (128, 129)}


def _block(protocol: int) -> Span:
    return protocol * _BLOCK, (protocol + 1) * _BLOCK - 1


def _type(protocol: int, type_: int) -> Span:
    first = protocol * _BLOCK + type_ * 256
    return first, first + 255


_NO_PORTS = EVERY_KIND - Ranges.of(*(_block(one) for one in (*_WITH_PORTS, *_ECHO)))
_REQUESTS = Ranges.of(*(_type(one, request) for one, (request, _) in _ECHO.items()))
ONE_WAY = Ranges.of(*(_block(one) for one in _ECHO)) - _REQUESTS


def requests_of(replies: Ranges) -> Ranges:
    """The kinds of request that one of these kinds of packet answers.

    A client of TCP or UDP takes whatever port it likes from 1 to 65535: one that is let back is enough. Protocols
    without ports are answered by themselves.
    """
    spans = list((replies & _NO_PORTS).spans)
    for protocol in _WITH_PORTS:
        first, last = _block(protocol)
        spans += [(first, last)] if replies & Ranges.of((first + 1, last)) else []
    for protocol, (request, reply) in _ECHO.items():
        shift = (request - reply) * 256
        spans += [(low + shift, high + shift) for low, high in (replies & Ranges.of(_type(protocol, reply))).spans]
    return Ranges.of(*spans)


def answered(out: TrafficBounds) -> TrafficBounds:
    """The (kind of request, source) whose replies are among *out*; ICMP that is no echo request needs none."""
    sure = _requests(out.sure)
    doubts, about = collected((text, requests_of(some)) for text, some in out.scoped)
    possible = sure if out.possible == out.sure else _requests(out.possible)
    return TrafficBounds(sure, possible, doubts, about)


def _requests(out: Traffic) -> Traffic:
    boxes: Iterable[tuple[Ranges, Addresses]] = ((requests_of(some), members) for some, members in out.pieces)
    return Traffic.of(out.family, (ONE_WAY, world(out.family)), *boxes)
