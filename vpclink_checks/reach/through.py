"""What of the internet gets from a load balancer's listener to a target: the last condition of such a door."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import groups
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, balancer_groups
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.internet import Door, Layer
from vpclink_checks.reach.senders import preserves_client
from vpclink_checks.reach.sets import addresses, none, world


def layer(
    topology: Topology, balancer: LoadBalancer, group: TargetGroup, backends: Iterable[Backend], door: Door
) -> Layer:
    """The public sources that at least one of these targets lets in when they come by *door*. Raises UnknownFact."""
    family = addresses(door.address).family
    every = tuple(backends)
    taken = (_lets_in(topology, balancer, group, one, family) for one in every)
    bounds = reduce(Bounds.__or__, taken, exactly(none(family)))
    shown = ", ".join(one.title for one in every) or "no target"
    closed = (
        f"{shown} behind {balancer.name} admits only a part of it" if every else "no target is in service behind it"
    )
    if every and not bounds.possible:
        closed = f"what {balancer.name} sends on is admitted by none of {shown}"
    return Layer("targets", bounds, closed, ((bounds.possible, f"{shown} behind {balancer.name} admits it"),))


def _lets_in(topology: Topology, balancer: LoadBalancer, group: TargetGroup, backend: Backend, family: int) -> Bounds:
    """A preserved client's address has to be admitted itself, else the load balancer's own addresses.

    A reference to the load balancer's groups matches in both cases (semantics.md, sections 5 and 6.2).
    """
    target = backend_end(backend)
    if balancer.network and target.family == family and preserves_client(topology, group):
        client = End(
            name="the internet",
            addresses=world(family),
            vpc_id="",
            subnet_id="",
            counts_as=frozenset(balancer_groups(balancer)),
        )
        filters = target.group_ids
        if not filters:
            return perhaps(world(family), f"no security group of {target.name} in the facts")
        found = groups.openings(
            topology, filters, "ingress", protocol="tcp", port=backend.port, family=family, peer=client
        )
        return groups.admitted(found, family)
    return _from_nodes(topology, balancer, target, backend.port, family)


def _from_nodes(topology: Topology, balancer: LoadBalancer, target: End, port: int, family: int) -> Bounds:
    """Everybody, where one of the load balancer's nodes gets through."""
    traces = [
        trace(topology, source, target, port)
        for zone in balancer.zones
        for source in balancer_ends(topology, balancer, zone, target.family)
    ]
    if any(one.verdict == "reached" for one in traces):
        return exactly(world(family))
    doubtful = next((one for one in traces if one.verdict == "unknown"), None)
    if doubtful is not None:
        return perhaps(world(family), "; ".join(doubtful.doubts))
    return exactly(none(family))
