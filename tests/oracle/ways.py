"""Route tables: semantics.md, section 7.1, for one packet."""

from __future__ import annotations

from ipaddress import ip_network

from tests.oracle.filters import Place
from tests.oracle.readings import Reading
from tests.oracle.words import named, within
from vpclink_checks.model.network import RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology

PROPAGATED = "EnableVgwRoutePropagation"
ARRIVES, DROPPED, APPLIANCE = "arrives", "dropped", "through an appliance"


def table_of(topology: Topology, reading: Reading, subnet_id: str, vpc_id: str) -> RouteTable:
    """The explicitly associated one, else the VPC's main one."""
    every = [one for one in topology.route_tables.rows.values() if one.vpc_id == vpc_id]
    for one in every:
        if subnet_id in one.subnet_ids:
            return one
    for one in every:
        if subnet_id in dict(one.unsure) and reading.unread(f"{one.id} is associated with {subnet_id}"):
            return one
    return next(one for one in every if one.main)


def _fits(topology: Topology, route: RouteEntry, address: str) -> list[int]:
    """The prefix lengths by which a route takes this address; none if it does not."""
    return [ip_network(one).prefixlen for one in named(topology, route.destination) if within(address, one)]


def _rank(route: RouteEntry) -> int:
    """Between equal lengths: a static network, then a prefix list, then what was propagated."""
    if route.origin == PROPAGATED:
        return 2
    return 1 if route.destination.startswith("pl-") else 0


def best(topology: Topology, reading: Reading, table: RouteTable, address: str) -> RouteEntry | None:
    """The longest prefix; a blackhole takes part, and drops."""
    fitting = [(-max(lengths), _rank(one), one) for one in table.routes if (lengths := _fits(topology, one, address))]
    tried: list[RouteEntry] = []
    for length, rank in sorted({found[:2] for found in fitting}):
        equal = tuple(one for *key, one in fitting if key == [length, rank])
        tried.append(equal[0] if len(equal) == 1 else _either(topology, reading, equal, address))
    for route in tried:
        # AWS's VPN documents put the local route first, the VPC guide the longest prefix.
        if _inside_local(topology, table, route) and not reading.unread("a propagated route beats the local one"):
            continue
        if route.state in ("active", "blackhole"):
            return route
        # "filtered" and whatever else: undocumented [U]
        how = reading.unheard_of(f"{route.destination} is {route.state}", ("inactive", "drops", "active"))
        if how != "inactive":
            return RouteEntry(
                destination=route.destination,
                target=route.target,
                state="blackhole" if how == "drops" else "active",
                origin=route.origin,
            )
    return None


def _inside_local(topology: Topology, table: RouteTable, route: RouteEntry) -> bool:
    if route.origin != PROPAGATED:
        return False
    local = [cidr for one in table.routes if one.target == "local" for cidr in named(topology, one.destination)]
    return any(within(str(ip_network(route.destination)[0]), one) for one in local)


def _either(topology: Topology, reading: Reading, equal: tuple[RouteEntry, ...], address: str) -> RouteEntry:
    """Two prefix lists of equal length: EC2 takes either."""
    return reading.unheard_of(f"which of {[one.destination for one in equal]} takes {address}", equal)


def carried(topology: Topology, reading: Reading, source: Place, target: Place) -> str:
    """What becomes of a packet by the route table of the subnet where it leaves."""
    table = table_of(topology, reading, source.subnet_id, source.vpc_id)
    route = best(topology, reading, table, target.address)
    found = _followed(topology, reading, route, source, target)
    same = source.subnet_id == target.subnet_id
    if same and found != ARRIVES:  # no source says whether such a route acts inside one subnet [U]
        return found if reading.pick("routes act inside one subnet", (True, False)) else ARRIVES
    return found


def _followed(topology: Topology, reading: Reading, route: RouteEntry | None, source: Place, target: Place) -> str:
    if route is None or route.state == "blackhole":
        return DROPPED
    if route.target == "local":
        return ARRIVES if source.vpc_id == target.vpc_id else DROPPED
    if route.target.startswith("pcx-"):
        return ARRIVES if _peered(topology, route.target, source.vpc_id, target.vpc_id) else DROPPED
    if is_appliance(topology, route.target):
        return APPLIANCE if reading.unread(f"what {route.target} does") else DROPPED
    return DROPPED


def is_appliance(topology: Topology, target: str) -> bool:
    """Another interface, or a Gateway Load Balancer's endpoint: no fact says what it does with a packet."""
    endpoint = topology.vpc_endpoints.rows.get(target)
    return target in topology.interfaces.rows or (endpoint is not None and endpoint.type == "GatewayLoadBalancer")


def _peered(topology: Topology, id_: str, one: str, other: str) -> bool:
    peering = topology.peerings.rows.get(id_)
    if peering is None or peering.status != "active":
        return False
    return {peering.requester.vpc_id, peering.accepter.vpc_id} == {one, other} and one != other
