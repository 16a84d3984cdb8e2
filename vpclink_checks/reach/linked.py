"""What a VPC link sends: to a load balancer's listener, and with all that comes behind it, to a target.

A version 1 link's packets come by PrivateLink; a version 2 link's from its own interfaces (semantics.md, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.balancing import LoadBalancer, TargetGroup
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import middle, senders
from vpclink_checks.reach.clients import doors
from vpclink_checks.reach.ends import End, link_ends
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.middle import Entrance, Onward
from vpclink_checks.reach.places import Receiver
from vpclink_checks.reach.trace import Decision, Step, Trace


def traces(topology: Topology, link: VpcLink, there: Receiver) -> Iterator[Trace]:
    """Every kind of packet that the link sends there; none where it leads elsewhere. Raises UnknownFact."""
    every = doors(topology, there)
    if every and not there.group_arns:
        yield from _to_balancer(topology, link, every)
        return
    for balancer, port, group in _stretches(topology, link):
        for door in _apart(link, middle.entrances(topology, balancer, port)):
            yield from _to_targets(topology, link, door, group, there)


def _to_balancer(topology: Topology, link: VpcLink, every: tuple[Entrance, ...]) -> Iterator[Trace]:
    for door in _apart(link, every):
        for first, client in _arriving(topology, link, door):
            yield from middle.whole(topology, first, door, client, "tcp")


def _apart(link: VpcLink, every: tuple[Entrance, ...]) -> tuple[Entrance, ...]:
    """PrivateLink leads to a zone's nodes and not to one of their addresses: one for each zone is enough."""
    if link.version != 1:
        return every
    return tuple({one.zone: one for one in reversed(every)}.values())[::-1]


def _arriving(topology: Topology, link: VpcLink, door: Entrance) -> Iterator[tuple[Trace, End | None]]:
    """Each kind of packet of the link at this address of a load balancer, and its client (None: PrivateLink)."""
    if link.version != 1:
        for client in link_ends(topology, link):
            if client.family == door.end.family:
                yield trace(topology, client, door.end, door.port), client
    elif door.balancer.arn in link.target_arns and door.end.family == 4:  # noqa: PLR2004 - the address family
        yield senders.private_link(topology, door.balancer, door.port), None


def _stretches(topology: Topology, link: VpcLink) -> tuple[tuple[LoadBalancer, int, TargetGroup], ...]:
    """(load balancer, listener's port, target group) of every path through this link, each once."""
    found = {
        (path.load_balancer.arn, path.listener.port, path.target_group.arn): (
            path.load_balancer,
            path.listener.port,
            path.target_group,
        )
        for path in topology.paths
        if path.link is not None and path.link.id == link.id
        if path.load_balancer is not None and path.listener is not None and path.target_group is not None
    }
    return tuple(found.values())


def _to_targets(
    topology: Topology, link: VpcLink, door: Entrance, group: TargetGroup, there: Receiver
) -> Iterator[Trace]:
    """From this address of the load balancer to those targets of the group that the destination stands for."""
    for first, client in _arriving(topology, link, door):
        for one in middle.onward(topology, door, client, "tcp"):
            if one.group is not None and one.group.arn != group.arn:
                continue
            asked = _asked(one, group, there)
            if asked is not None:
                yield from middle.along(topology, first, door, client, asked, "tcp")


def _asked(one: Onward, group: TargetGroup, there: Receiver) -> Onward | None:
    """This way on with the port that is asked about; None where it leads to no target of the destination's."""
    if one.backend is None:
        return one if group.arn in there.group_arns or one.group is None else None
    port = _port(one, group, there)
    if port is None or port == one.backend.port:
        return one if port is not None else None
    rule = f"{group.name} has {one.backend.target.id} registered on port {one.backend.port}, and not on {port}"
    step = Step(layer=f"target group {group.name}", component=group.arn, decision=Decision.DENY, rule=rule)
    return replace(one, steps=(*one.steps, step), backend=replace(one.backend, port=port))


def _port(one: Onward, group: TargetGroup, there: Receiver) -> int | None:
    """The port that is asked about at this backend; None where it is not the destination."""
    if one.backend is None:
        return None
    if group.arn in there.group_arns:
        if there.balancer is not None:
            return one.backend.port
        return next((port for end, port in there.ends if one.backend.address in end.addresses), None)
    if there.group_arns:
        return None
    return next((held.port for held in there.backends if held.address == one.backend.address), None)
