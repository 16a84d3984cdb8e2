"""A slow, obvious evaluator for single packets, written from semantics.md (sections 5 to 7), not from the engine.

Every fact is known here. Where the law leaves a choice, ``Reading.pick`` is asked, and all readings are tried.
Addresses by ``ipaddress``, ports one by one; a reference to a group matches the addresses of both families of the
interfaces that carry it.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from tests.oracle.filters import Place, acl_admits, acl_lets_replies, acl_of, groups_admit
from tests.oracle.readings import Reading
from tests.oracle.ways import APPLIANCE, ARRIVES, DROPPED, best, carried, is_appliance, table_of
from tests.oracle.words import Kind, is_public
from vpclink_checks.model.network import NetworkInterface, RouteEntry
from vpclink_checks.model.topology import Topology

ANY_CLIENT_PORT = range(1, 65536)


def place_of(interface: NetworkInterface, address: str) -> Place:
    return Place(
        address=address,
        subnet_id=interface.subnet_id,
        vpc_id=interface.vpc_id,
        groups=interface.group_ids,
        counts_as=frozenset(interface.group_ids),
    )


# -- between two interfaces --------------------------------------------------------------------


def connects(topology: Topology, reading: Reading, source: Place, target: Place, kind: Kind) -> bool:
    """Whether a connection is established: the first packet there, and the reply back."""
    there = carried(topology, reading, source, target)
    answered = _kept_back if source.borrowed else _answered
    back = answered(topology, reading, source, target)
    near, far = source, target
    if there == APPLIANCE and not reading.pick("a reference matches past an appliance", (True, False)):
        near, far = replace(source, counts_as=frozenset()), replace(target, counts_as=frozenset())
    conditions = (
        reading.holds(groups_admit(topology, source, "egress", far, kind), "groups out"),
        reading.holds(there != DROPPED, "route there"),
        _acls(topology, reading, source, target, kind),
        reading.holds(groups_admit(topology, target, "ingress", near, kind), "groups in"),
        reading.holds(back != DROPPED, "route back"),
    )
    return all(conditions)


def _answered(topology: Topology, reading: Reading, source: Place, target: Place) -> str:
    return carried(topology, reading, target, source)


def _kept_back(topology: Topology, reading: Reading, source: Place, target: Place) -> str:
    """Answers to a preserved address return through the load balancer, wherever the target's routes lead.

    Whether there has to be a route at all, no source says [U].
    """
    route = best(topology, reading, table_of(topology, reading, target.subnet_id, target.vpc_id), source.address)
    if route is not None and route.state != "blackhole":
        return ARRIVES
    return DROPPED if reading.pick("a route to a preserved address is needed", (True, False)) else ARRIVES


def _acls(topology: Topology, reading: Reading, source: Place, target: Place, kind: Kind) -> bool:
    if source.subnet_id == target.subnet_id:
        if not source.borrowed:
            return True
        if _pass_acls(topology, Reading(reading.chosen), source, target, kind):
            return True
        acts = reading.pick("an ACL acts inside one subnet on a preserved address", (True, False))
        return reading.holds(not acts, "ACL on a preserved address")
    return _pass_acls(topology, reading, source, target, kind)


def _pass_acls(topology: Topology, reading: Reading, source: Place, target: Place, kind: Kind) -> bool:
    near = acl_of(topology, source.subnet_id, source.vpc_id)
    far = acl_of(topology, target.subnet_id, target.vpc_id)
    conditions = (
        reading.holds(acl_admits(reading, near, True, target.address, kind), "ACL out"),
        reading.holds(acl_admits(reading, far, False, source.address, kind), "ACL in"),
        reading.holds(all(acl_lets_replies(reading, far, True, source.address, kind)), "reply: ACL out"),
        reading.holds(all(acl_lets_replies(reading, near, False, target.address, kind)), "reply: ACL in"),
    )
    return all(conditions)


# -- from the internet -------------------------------------------------------------------------


def enters(topology: Topology, reading: Reading, source: str, target: Place, kind: Kind, public: str) -> bool:
    """Whether a connection from this outside address reaches *target* through the internet gateway.

    *public* is the address on the internet: mapped onto the private one, or a global IPv6 address itself; "" for none.
    """
    outside = Place(address=source, subnet_id="", vpc_id="", groups=None, counts_as=frozenset())
    acl = acl_of(topology, target.subnet_id, target.vpc_id)
    conditions = (
        reading.holds(bool(public), "no public address"),
        reading.holds(is_public(topology, source), "not a public source"),
        reading.holds(_to_gateway(topology, reading, target, source), "no route to an attached internet gateway"),
        reading.holds(_past_edge(topology, reading, target), "gateway's own route table"),
        reading.holds(_not_blocked(topology, reading, target), "VPC Block Public Access"),
        reading.holds(acl_admits(reading, acl, False, source, kind), "ACL in"),
        reading.holds(any(acl_lets_replies(reading, acl, True, source, kind, ANY_CLIENT_PORT)), "reply: ACL out"),
        reading.holds(groups_admit(topology, target, "ingress", outside, kind), "groups in"),
    )
    return all(conditions)


def _attached(topology: Topology, reading: Reading, id_: str, vpc_id: str) -> bool:
    gateway = topology.internet_gateways.rows.get(id_)
    if gateway is None:
        return False
    if vpc_id in dict(gateway.unsure):
        return reading.unread(f"{id_} is attached")
    return vpc_id in gateway.vpc_ids


def _to_gateway(topology: Topology, reading: Reading, target: Place, source: str) -> bool:
    route = best(topology, reading, table_of(topology, reading, target.subnet_id, target.vpc_id), source)
    if route is None or route.state != "active":
        return False
    if is_appliance(topology, route.target) and _edge_routes(topology, reading, target):
        return reading.unread(f"what {route.target} does")  # inspection may be meant
    return _attached(topology, reading, route.target, target.vpc_id)


def _edge_routes(topology: Topology, reading: Reading, target: Place) -> list[RouteEntry | None]:
    """What the route tables of the gateways themselves do with a packet to the target."""
    gateways = [one.id for one in topology.internet_gateways.rows.values() if target.vpc_id in one.vpc_ids]
    tables = [one for one in topology.route_tables.rows.values() if any(id_ in one.gateway_ids for id_ in gateways)]
    return [best(topology, reading, table, target.address) for table in tables]


def _past_edge(topology: Topology, reading: Reading, target: Place) -> bool:
    """Straight to the target, or through an appliance that hands it on or does not."""
    for route in _edge_routes(topology, reading, target):
        if route is None or route.state != "active":
            return False
        if route.target != "local" and not reading.unread(f"what {route.target} does"):
            return False
    return True


def _not_blocked(topology: Topology, reading: Reading, target: Place) -> bool:
    """semantics.md, section 7.5: words that are not known leave it open whether it blocks."""
    block = topology.block_public_access.rows[topology.region]
    words = [word for id_, word in block.exclusions if id_ in (target.vpc_id, target.subnet_id)]
    if "allow-bidirectional" in words:
        return True
    settled = block.state == "update-complete"
    if block.mode == "off" and (settled or block.state == "default-state"):
        return True
    if any(word != "allow-egress" for word in words) and reading.unread("an exclusion's word not known re-opens"):
        return True
    if block.mode in ("block-bidirectional", "block-ingress") and settled:
        return False
    return not reading.unread("a block in a state or mode not known acts")


def family(address: str) -> int:
    return ip_address(address).version
