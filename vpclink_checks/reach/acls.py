"""Network ACLs: numbered, stateless, one for each subnet; judged where a packet leaves or enters one.

Source: amazon-vpc-user-guide, vpc-network-acls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import AclEntry, NetworkAcl
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import opening
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.change_acls import LAST_NUMBER
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.protocols import name, number, ports, same, shown
from vpclink_checks.reach.sets import Addresses, Ranges, Span, addresses, none, world
from vpclink_checks.reach.trace import Decision, Step


@dataclass(frozen=True, slots=True)
class Piece:
    """The packets that one entry decides first: these ports with these addresses. No entry: denied."""

    ports: Span
    addresses: Addresses
    entry: AclEntry | None

    @property
    def allow(self) -> bool:
        """Whether these packets pass."""
        return self.entry is not None and self.entry.allow and not self.doubt

    @property
    def doubt(self) -> str:
        """Why it is not known whether they pass; "" where it is."""
        return str(self.entry.doubt) if self.entry is not None and self.entry.doubt is not None else ""


def acl_of(topology: Topology, subnet_id: str, vpc_id: str) -> NetworkAcl:
    """The ACL that the subnet is associated with, else its VPC's default one. Raises UnknownFact."""
    for acl in topology.network_acls:
        if subnet_id in acl.subnet_ids:
            return acl
    topology.network_acls.all()  # an association may hide in what was not read
    for acl in topology.network_acls:
        if acl.default and acl.vpc_id == vpc_id:
            return acl
    call = "ec2:DescribeNetworkAcls"
    raise UnknownFact(Gap(operation=call, action=call, code="NotRecorded", message=f"no network ACL of {subnet_id}"))


def entry_text(acl: NetworkAcl, entry: AclEntry | None, *, egress: bool) -> str:
    """``acl-… outbound rule 100 denies tcp 1024-65535 with 10.0.0.0/8``."""
    word = "outbound" if egress else "inbound"
    if entry is None or entry.number == LAST_NUMBER:
        return f"network ACL {acl.id} {word} rule * denies what no other rule takes in"
    what = name(entry.protocol)
    if entry.from_port is not None or entry.icmp_type is not None:
        spans = _taken(entry).spans
        what = shown(entry.protocol, spans[0][0], spans[-1][1])
    verb = "may allow" if entry.doubt is not None else "allows" if entry.allow else "denies"
    return f"network ACL {acl.id} {word} rule {entry.number} {verb} {what} with {entry.cidr}"


def pieces(acl: NetworkAcl, *, egress: bool, family: int, protocol: str, asked: Ranges) -> tuple[Piece, ...]:
    """Who decides about each port of *asked* and each address: disjoint, and together all of them."""
    mine = [one for one in acl.entries if one.egress == egress and same(one.protocol, protocol)]
    entries = sorted((one for one in mine if addresses(one.cidr).family == family), key=lambda one: one.number)
    taken = [_taken(one) for one in entries]
    edges = [edge for one in taken for first, last in one.spans for edge in (first, last + 1)]
    return tuple(piece for span in asked.cut(edges) for piece in _walk(entries, taken, span, family))


def _taken(entry: AclEntry) -> Ranges:
    """The ports that an entry takes in, or ICMP's types and codes."""
    icmp = number(entry.protocol) in (number("icmp"), number("icmpv6"))
    return ports(entry.protocol, *((entry.icmp_type, entry.icmp_code) if icmp else (entry.from_port, entry.to_port)))


def _walk(entries: list[AclEntry], taken: list[Ranges], span: Span, family: int) -> list[Piece]:
    left, found = world(family), []
    for entry, its_ports in zip(entries, taken, strict=True):
        hit = left & addresses(entry.cidr) if span[0] in its_ports else none(family)
        if hit:
            found.append(Piece(span, hit, entry))
            left = left - hit
    return [*found, Piece(span, left, None)] if left else found


def admitted(found: tuple[Piece, ...], family: int, *, every_port: bool) -> Bounds:
    """The addresses let through on every port asked for, or on some."""
    by_port: dict[Span, Bounds] = {}
    for piece in found:
        by_port[piece.ports] = by_port.get(piece.ports, exactly(none(family))) | _let_through(piece)
    join = Bounds.__and__ if every_port else Bounds.__or__
    return reduce(join, by_port.values()) if by_port else exactly(none(family))


def _let_through(piece: Piece) -> Bounds:
    if piece.doubt:
        return perhaps(piece.addresses, piece.doubt)
    return exactly(piece.addresses if piece.allow else none(piece.addresses.family))


def decide(
    topology: Topology,
    own: End,
    peer: End,
    *,
    egress: bool,
    protocol: str,
    asked: Ranges,
    every_port: bool = True,
) -> Step:
    """What the ACL of *own*'s subnet says to packets to (egress) or from (ingress) *peer* on all these ports.

    Not *every_port*: one that passes is enough.
    """
    layer = f"network ACL of {own.subnet_id}, {'outbound' if egress else 'inbound'}"
    try:
        acl = acl_of(topology, own.subnet_id, own.vpc_id)
    except UnknownFact as signal:
        return Step(layer=layer, component=own.subnet_id, decision=Decision.UNKNOWN, rule=str(signal.gap))
    every = pieces(acl, egress=egress, family=own.family, protocol=protocol, asked=asked)
    mine = [piece for piece in every if piece.addresses & peer.addresses]
    through = admitted(every, own.family, every_port=every_port)
    if peer.addresses <= through.sure:
        rule = "; ".join(dict.fromkeys(entry_text(acl, piece.entry, egress=egress) for piece in mine))
        return Step(layer=layer, component=acl.id, decision=Decision.ALLOW, rule=rule)
    doubts = tuple(dict.fromkeys(piece.doubt for piece in mine if piece.doubt))
    if doubts and peer.addresses & through.possible:
        return Step(layer=layer, component=acl.id, decision=Decision.UNKNOWN, rule="; ".join(doubts))
    denies = next(piece for piece in mine if not piece.allow and not piece.doubt)
    rule = f"{entry_text(acl, denies.entry, egress=egress)}, met by {shown(protocol, *denies.ports)}"
    if peer.addresses & through.sure:
        rule = f"{rule}, for a part of {peer.addresses.title}, and which address is used is not known"
        return Step(layer=layer, component=acl.id, decision=Decision.UNKNOWN, rule=rule)
    rule = f"{rule} {'to' if egress else 'from'} {peer.addresses.title}"
    denied = [
        (piece.ports, piece.addresses & peer.addresses, piece.entry.number if piece.entry else LAST_NUMBER)
        for piece in mine
        if not piece.allow
    ]
    return Step(
        layer=layer,
        component=acl.id,
        decision=Decision.DENY,
        rule=rule,
        remedy=lambda: opening.in_acl(acl, denied, egress=egress, protocol=protocol),
    )
