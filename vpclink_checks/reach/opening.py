"""The smallest change that makes one layer let exactly one flow through: this source, this port, nothing beside.

Each is worked out for the layer that denies, on the facts as they are; a trace with several such layers takes all
of them. It is worked out only when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypedDict

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, NetworkInterface, RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_acls import AllowInAcl
from vpclink_checks.reach.change_groups import AddRule
from vpclink_checks.reach.change_routes import AddRoute, DeleteRoute, ReplaceRoute, can_delete
from vpclink_checks.reach.changes import Change, parts, together
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.protocols import name, number
from vpclink_checks.reach.sets import Addresses, Ranges, Span, addresses

MOST_RULES = 60  # of one direction of a security group: EC2's default quota (amazon-vpc-user-guide, quotas)
_WITH_PORTS, _ICMP = ("6", "17"), ("1", "58")
_TYPE = 256  # ICMP's type and code are one number here: type * 256 + code


class _Which(TypedDict, total=False):
    from_port: int
    to_port: int
    icmp_type: int
    icmp_code: int


# -- security groups ---------------------------------------------------------------------------


def in_groups(topology: Topology, own: End, peer: End, direction: str, *, protocol: str, port: int) -> Change | None:
    """Rules for *peer* in that group of *own* which the fewest others carry; None where no group was read.

    The peer is named by a reference to its group where that means nobody else, else by its addresses.
    """
    group_id = _best_placed(topology, own, direction)
    reference = _reference(topology, own, peer)
    cidrs = ("",) if reference else peer.addresses.cidrs()
    if not group_id or len(cidrs) > MOST_RULES:
        return None
    first, last = _group_ports(protocol, port)
    rules = (
        GroupRule(protocol=name(protocol), from_port=first, to_port=last, cidr=cidr, group_id=reference)
        for cidr in cidrs
    )
    return together(AddRule(group_id=group_id, direction=direction, rule=one) for one in rules)


def _group_ports(protocol: str, port: int) -> tuple[int | None, int | None]:
    """FromPort and ToPort of a rule: for ICMP the type and the code (botocore model, IpPermission)."""
    if number(protocol) in _ICMP:
        return divmod(port, _TYPE)
    return (port, port) if number(protocol) in _WITH_PORTS else (None, None)


def _best_placed(topology: Topology, own: End, direction: str) -> str:
    """The group that opens the fewest other interfaces with it; among equals one that has such rules already."""
    read = [one for group_id in own.group_ids if (one := topology.security_groups.rows.get(group_id)) is not None]
    if len(read) == 1:
        return read[0].id

    def order(index: int) -> tuple[int, bool, int]:
        group = read[index]
        rules = group.ingress if direction == "ingress" else group.egress
        return _others(topology, own, group.id), not rules, index if rules else -index

    return read[min(range(len(read)), key=order)].id if read else ""


def _others(topology: Topology, own: End, group_id: str) -> int:
    """How many interfaces beside its own carry the group."""
    return sum(1 for one in _carriers(topology, group_id) if not _shares(one, own.addresses))


def _reference(topology: Topology, own: End, peer: End) -> str:
    """A group whose reference stands for the peer alone; "" for none.

    References across VPCs depend on the peering, addresses do not.
    """
    if own.vpc_id != peer.vpc_id:
        return ""
    return next((one for one in sorted(peer.counts_as) if _means(topology, one, peer)), "")


def _means(topology: Topology, group_id: str, peer: End) -> bool:
    """Whether the peer, or the one load balancer or link that it is a part of, is all that carries the group."""
    if topology.interfaces.gap is not None or topology.interfaces.gaps:
        return peer.addresses.size > 1  # some address of a subnet: the reference is surely the narrower of the two
    carriers = _carriers(topology, group_id)
    if all(_within(one, peer.addresses) for one in carriers):
        return True
    part_of = {_owner(one) for one in carriers}
    return len(part_of) == 1 and "" not in part_of and (peer.borrowed or _shares_any(carriers, peer.addresses))


def _owner(interface: NetworkInterface) -> str:
    """The load balancer or kind of link whose interface this is; "" for anything else."""
    if interface.description.startswith("ELB "):
        return interface.description
    return interface.type if interface.type == "api_gateway_managed" else ""


def _carriers(topology: Topology, group_id: str) -> tuple[NetworkInterface, ...]:
    return topology.interfaces.grouped(_groups).get(group_id, ())


def _groups(interface: NetworkInterface) -> tuple[str, ...]:
    return interface.group_ids


def _every(interface: NetworkInterface) -> Iterable[Addresses]:
    return (addresses(one) for one in (*interface.private_addresses, *interface.ipv6, *interface.prefixes))


def _within(interface: NetworkInterface, members: Addresses) -> bool:
    return all(one.family == members.family and one <= members for one in _every(interface))


def _shares(interface: NetworkInterface, members: Addresses) -> bool:
    return any(one.family == members.family and bool(one & members) for one in _every(interface))


def _shares_any(interfaces: Iterable[NetworkInterface], members: Addresses) -> bool:
    return any(_shares(one, members) for one in interfaces)


def on_ports(change: Change, span: Span) -> Change | None:
    """The same rules for all ports of a span whose first one *change* opens; None where it changes more than rules.

    Entries of ACLs for the reply cannot be told from those for the port.
    """
    wider: list[Change] = []
    for one in parts(change):
        if not isinstance(one, AddRule):
            return None
        wider.append(replace(one, rule=replace(one.rule, from_port=span[0], to_port=span[1])))
    return together(wider)


# -- network ACLs ------------------------------------------------------------------------------


def in_acl(
    acl: NetworkAcl, denied: Iterable[tuple[Span, Addresses, int]], *, egress: bool, protocol: str
) -> Change | None:
    """Entries for what is denied alone: these ports with these addresses, each with the number that denies it."""
    found: dict[Addresses, list[tuple[Span, int]]] = {}
    for span, members, number_ in denied:
        found.setdefault(members, []).append((span, number_))
    wanted = [
        AclEntry(
            number=min(at for _, at in held),
            egress=egress,
            allow=True,
            protocol=number(protocol),
            cidr=cidr,
            **which,
        )
        for members, held in found.items()
        for cidr in members.cidrs()
        for which in _which(protocol, [span for span, _ in held])
    ]
    return AllowInAcl(acl=acl, egress=egress, wanted=tuple(wanted)) if wanted else None


def _which(protocol: str, spans: Sequence[Span]) -> Iterator[_Which]:
    """What an entry of the protocol tells apart: ports, or ICMP's type and code."""
    whole = Ranges.of(*spans)
    if number(protocol) in _WITH_PORTS:
        yield from (_Which(from_port=first, to_port=last) for first, last in whole.spans)
    elif number(protocol) in _ICMP:
        every = (value for first, last in whole.spans for value in range(first, last + 1))
        yield from (_Which(icmp_type=value // _TYPE, icmp_code=value % _TYPE) for value in every)
    else:
        yield _Which()


# -- routes ------------------------------------------------------------------------------------


def in_table(
    table: RouteTable, own_cidrs: Iterable[str], undelivered: Callable[[RouteTable], Iterable[RouteEntry | None]]
) -> Change | None:
    """Routes to delete until packets are delivered in the VPC; None where that does not do it.

    *undelivered*: the routes of a table that take the flow's packets elsewhere, None for no route at all. A route
    that stands in the place of the VPC's own local one is given its default target back: it cannot be deleted.
    """
    changes: list[Change] = []
    own = frozenset(own_cidrs)
    while entries := list(dict.fromkeys(undelivered(table))):
        for entry in entries:
            if entry is None or not can_delete(entry) or entry.state != "blackhole":
                return None
            restored = (replace(entry, target="local", state="active"),) if entry.destination in own else ()
            kept = tuple(one for one in table.routes if one != entry)
            table = replace(table, routes=(*kept, *restored))
            made = ReplaceRoute(table_id=table.id, entry=entry, target="local")
            changes.append(made if restored else DeleteRoute(table_id=table.id, entry=entry))
    return together(changes)


def by_peering(
    topology: Topology, table: RouteTable, dropping: tuple[RouteEntry | None, ...], members: Addresses
) -> Change | None:
    """A route to the one active peering whose other side has these addresses; None where there is none, or a choice.

    *dropping*: what decides about them today; a blackhole for that very network is led to the peering instead.
    """
    found = [
        (one.id, cidr)
        for one in topology.peerings
        if one.status == "active"
        for near, far in ((one.requester, one.accepter), (one.accepter, one.requester))
        if near.vpc_id == table.vpc_id
        for cidr in far.cidrs
        if addresses(cidr).family == members.family and members <= addresses(cidr)
    ]
    if len(found) != 1 or topology.peerings.gap is not None:
        return None
    peering, cidr = found[0]
    lost = [one for one in dropping if one is not None]
    if any(not can_delete(one) for one in lost):
        return None
    if not lost:
        return AddRoute(table_id=table.id, destination=cidr, target=peering)
    return together(ReplaceRoute(table_id=table.id, entry=one, target=peering) for one in lost)
