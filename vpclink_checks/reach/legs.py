"""Which zones of a load balancer send to which targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vpclink_checks.model.backend import Backend, backend_of, balancer_interfaces
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.topology import Topology

_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_INHERIT = "use_load_balancer_configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One zone's nodes and one target. ``doubt`` says why they may not send to it at all; "" if they do."""

    zone: Zone
    target: Target
    doubt: str = ""


def of(topology: Topology, balancer: LoadBalancer, group: TargetGroup) -> tuple[Leg, ...]:
    """The legs of this target group. Raises UnknownFact where its targets were not read.

    A target in a zone that is not enabled gets nothing, cross-zone or not; "all" stands for a target
    outside the zones, which every node sends to (semantics.md, section 6.3 and 6.9).
    """
    crosses, doubt = cross_zone(topology, balancer, group)
    enabled = {zone.name for zone in balancer.zones}
    found = []
    for target in topology.targets.find(group.arn) or ():
        if target.draining:
            continue
        where, unread = _zone_of(topology, group, target)
        if where != "all" and where not in enabled and not unread:
            continue
        for zone in balancer.zones:
            own = where in (zone.name, "all")
            if own or crosses or doubt or unread:
                found.append(Leg(zone=zone, target=target, doubt="" if own else unread or doubt))
    return tuple(found)


def of_classic(topology: Topology, balancer: LoadBalancer, targets: Iterable[Target]) -> tuple[Leg, ...]:
    """A classic load balancer's legs: to the instances of a node's own zone, and to those of its other zones as an
    attribute says that nobody reads here; to none of a zone that is not enabled. Raises UnknownFact.

    elastic load balancing, classic guide, enable-disable-az and enable-disable-crosszone-lb.
    """
    call = "elasticloadbalancing:DescribeLoadBalancerAttributes"
    doubt = f"whether {balancer.name} crosses zones was not read; it takes the IAM action {call}"
    lies = {zone: _lies_in(topology, zone) for zone in balancer.zones}
    found = []
    for one in targets:
        instance = topology.instances.find(one.id)
        where = instance.zone if instance is not None else ""
        if where and where not in lies.values() and all(lies.values()):
            continue
        found += [Leg(zone=zone, target=one, doubt="" if where and at == where else doubt) for zone, at in lies.items()]
    return tuple(found)


def _lies_in(topology: Topology, zone: Zone) -> str:
    """The zone of a classic load balancer's subnet; "" where it was not read."""
    subnet = topology.subnets.peek(zone.subnet_id)
    return "" if subnet is None or isinstance(subnet, Gap) else subnet.zone


def cross_zone(topology: Topology, balancer: LoadBalancer, group: TargetGroup) -> tuple[bool, str]:
    """(in effect, why that is not known): the group's attribute, else the load balancer's.

    An NLB's default is off; an ALB has it on, and only a target group can turn it off (elbv2 model).
    """
    own = _attribute(topology.target_group_attributes.peek(group.arn), _INHERIT)
    if isinstance(own, Gap):
        return False, f"whether traffic crosses zones is not known: {own}"
    if own != _INHERIT:
        return own == "true", ""
    if not balancer.network:
        return True, ""
    inherited = _attribute(topology.load_balancer_attributes.peek(balancer.arn), "false")
    if isinstance(inherited, Gap):
        return False, f"whether traffic crosses zones is not known: {inherited}"
    return inherited == "true", ""


def _attribute(found: dict[str, str] | Gap | None, default: str) -> str | Gap:
    if isinstance(found, Gap):
        return found
    return (found or {}).get(_CROSS_ZONE, default)


def _zone_of(topology: Topology, group: TargetGroup, target: Target) -> tuple[str, str]:
    """(zone, why it is not known); an ALB target lies in all of its own zones."""
    if target.zone or group.target_type == "alb":
        return target.zone or "all", ""
    try:
        backend = backend_of(topology, group, target)
        if backend is None:
            return "", ""
        zone = backend.interface.zone or topology.subnets.need(backend.interface.subnet_id).zone
    except UnknownFact as signal:
        return "", f"the zone of {target.id} is not known: {signal.gap}"
    else:
        return zone, ""


def backends(topology: Topology, group: TargetGroup, target: Target) -> tuple[Backend, ...]:
    """Where a registered target listens; an ALB target at every interface of that ALB. Raises UnknownFact."""
    if group.target_type == "alb":
        balancer = topology.load_balancers.find(target.id)
        return _balancer_backends(topology, balancer, target) if balancer else ()
    found = backend_of(topology, group, target)
    return (found,) if found else ()


def _balancer_backends(topology: Topology, balancer: LoadBalancer, target: Target) -> tuple[Backend, ...]:
    return tuple(
        Backend(
            target=target,
            interface=replace(one, group_ids=balancer.security_group_ids),
            address=address,
            port=target.port,
        )
        for one in balancer_interfaces(topology, balancer)
        for address in one.private_addresses
    )
