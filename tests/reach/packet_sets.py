"""What groups and ACLs let through as sets of packets, in the fewest lines: to compare before with after."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from vpclink_checks.model.network import AclEntry, GroupRule
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.protocols import number
from vpclink_checks.reach.sets import Addresses, Ranges, addresses, none, union
from vpclink_checks.reach.traffic import EVERY_KIND, Traffic, everything, kinds, nothing

T = TypeVar("T")


def through_group(topology: Topology, group_id: str, direction: str, family: int) -> Traffic:
    rules: tuple[GroupRule, ...] = getattr(topology.security_groups.rows[group_id], direction)
    boxes = [(kinds(one.protocol, one.from_port, one.to_port), _peers(topology, one, family)) for one in rules]
    return Traffic.of(family, *boxes)


def _peers(topology: Topology, rule: GroupRule, family: int) -> Addresses:
    if rule.group_id:
        carriers = [one for one in topology.interfaces if rule.group_id in one.group_ids]
        return union(family, [address for one in carriers for address in (*one.private_addresses, *one.ipv6)])
    if rule.prefix_list_id:
        return union(family, topology.prefix_lists.rows[rule.prefix_list_id].cidrs)
    return addresses(rule.cidr) if addresses(rule.cidr).family == family else none(family)


def through_acl(topology: Topology, acl_id: str, egress: bool, family: int) -> Traffic:
    entries = topology.network_acls.rows[acl_id].entries
    left, allowed = everything(family), nothing(family)
    for one in sorted(entries, key=lambda one: one.number):
        if one.egress == egress and addresses(one.cidr).family == family:
            hit = left & Traffic.of(family, (_kinds(one), addresses(one.cidr)))
            left = left - hit
            allowed = allowed | hit if one.allow else allowed
    return allowed


def _kinds(entry: AclEntry) -> Ranges:
    if number(entry.protocol) in ("1", "58"):
        return kinds(entry.protocol, entry.icmp_type, entry.icmp_code)
    return EVERY_KIND if number(entry.protocol) == "-1" else kinds(entry.protocol, entry.from_port, entry.to_port)


def filters(topology: Topology) -> dict[tuple[str, str, int], Traffic]:
    """Every group, both ways, and every ACL, both ways, of both families."""
    found = {
        (id_, direction, family): through_group(topology, id_, direction, family)
        for id_ in topology.security_groups.rows
        for direction in ("ingress", "egress")
        for family in (4, 6)
    }
    for id_ in topology.network_acls.rows:
        for egress in (False, True):
            for family in (4, 6):
                found[id_, "egress" if egress else "ingress", family] = through_acl(topology, id_, egress, family)
    return found


def opened(before: Topology, after: Topology) -> dict[tuple[str, str, int], Traffic]:
    """What each filter lets through now and did not before."""
    old, new = filters(before), filters(after)
    assert old.keys() == new.keys()
    return {key: more for key in old if (more := new[key] - old[key])}


def closed(before: Topology, after: Topology) -> dict[tuple[str, str, int], Traffic]:
    """What each filter let through before and does not now."""
    return opened(after, before)


def in_order(topology: Topology) -> Topology:
    """The same facts with rules, entries and routes sorted, so that order makes no difference."""
    groups = {
        id_: replace(one, ingress=_sorted(one.ingress), egress=_sorted(one.egress))
        for id_, one in topology.security_groups.rows.items()
    }
    acls = {id_: replace(one, entries=_sorted(one.entries)) for id_, one in topology.network_acls.rows.items()}
    tables = {id_: replace(one, routes=_sorted(one.routes)) for id_, one in topology.route_tables.rows.items()}
    return replace(
        topology,
        security_groups=replace(topology.security_groups, rows=groups),
        network_acls=replace(topology.network_acls, rows=acls),
        route_tables=replace(topology.route_tables, rows=tables),
    )


def _sorted(held: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(sorted(held, key=repr))
