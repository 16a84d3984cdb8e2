"""A fact that was not read: the engine says so, or what holds whatever that fact may have been."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.oracle import worlds as at
from tests.oracle.balancing import CROSS_ZONE, KEPT
from tests.oracle.draws import WORLD, Draw, chance, open_entries, some
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    InternetGateway,
    NetworkAcl,
    PrefixList,
    RouteEntry,
    RouteTable,
    SecurityGroup,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import Peering

DENIED = Gap(operation="ec2:Describe", action="ec2:Describe", code="AccessDeniedException")


def _groups(row: SecurityGroup) -> Iterator[SecurityGroup]:
    world = at.OPEN
    for ingress in ((), world):
        for egress in ((), world):
            yield replace(row, ingress=ingress, egress=egress)


def _acls(row: NetworkAcl) -> Iterator[NetworkAcl]:
    yield replace(row, entries=())
    yield replace(row, entries=tuple(open_entries()))


def _tables(row: RouteTable) -> Iterator[RouteTable]:
    local = tuple(one for one in row.routes if one.origin == "CreateRouteTable")
    yield replace(row, routes=local)
    for target in (at.IGW, at.PCX):
        yield replace(row, routes=(*local, *(RouteEntry(destination=one, target=target) for one in WORLD.values())))
    yield replace(row, routes=tuple(replace(one, state="blackhole") for one in row.routes))


def _lists(row: PrefixList) -> Iterator[PrefixList]:
    yield replace(row, cidrs=())
    yield replace(row, cidrs=tuple(WORLD.values()))


def _blocks(row: BlockPublicAccess) -> Iterator[BlockPublicAccess]:
    yield BlockPublicAccess()
    yield replace(row, mode="block-bidirectional", state="update-complete", exclusions=())


def _gateways(row: InternetGateway) -> Iterator[InternetGateway]:
    yield replace(row, vpc_ids=(), unsure=())
    yield replace(row, vpc_ids=(at.VPC,), unsure=())


def _peerings(row: Peering) -> Iterator[Peering]:
    yield replace(row, status="active")
    yield replace(row, status="deleted")


def _attributes(row: dict[str, str]) -> Iterator[dict[str, str]]:
    yield {}
    for crosses in ("true", "false"):
        for kept in ("true", "false"):
            yield {**row, CROSS_ZONE: crosses, KEPT: kept}


# What else each row could have been: at both extremes, so that a verdict that leans on it shows.
OTHERWISE: dict[str, Callable[[Any], Iterator[Any]]] = {
    "security_groups": _groups,
    "network_acls": _acls,
    "route_tables": _tables,
    "prefix_lists": _lists,
    "block_public_access": _blocks,
    "internet_gateways": _gateways,
    "peerings": _peerings,
    "target_group_attributes": _attributes,
}


def without(draw: Draw, facts: Topology) -> tuple[Topology, list[Topology], str]:
    """The facts without one row, or without one whole table; what they may have been; and what is missing."""
    name = some(draw, *(one for one in OTHERWISE if len(getattr(facts, one))))
    table: Table[Any] = getattr(facts, name)
    key = some(draw, *table.rows)
    if chance(draw, 4):
        return _put(facts, name, Table(gap=DENIED)), list(_any_row(facts, name)), f"every row of {name}"
    left = {one: row for one, row in table.rows.items() if one != key}
    return _put(facts, name, Table(rows=left, gaps={key: DENIED})), list(_one_row(facts, name, key)), f"{name}[{key}]"


def _put(facts: Topology, name: str, table: Table[Any]) -> Topology:
    changed: dict[str, Any] = {name: table}
    return replace(facts, **changed)


def _one_row(facts: Topology, name: str, key: str) -> Iterator[Topology]:
    table: Table[Any] = getattr(facts, name)
    yield facts
    for row in OTHERWISE[name](table.rows[key]):
        yield _put(facts, name, Table(rows={**table.rows, key: row}))


def _any_row(facts: Topology, name: str) -> Iterator[Topology]:
    for key in getattr(facts, name).rows:
        yield from _one_row(facts, name, key)
