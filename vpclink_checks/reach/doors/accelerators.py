"""Doors through Global Accelerator: internal load balancers and private instances can be its endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.doors import Accelerator, AcceleratorEndpoint, AcceleratorGroup, AcceleratorListener
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.reach.brought import ACCELERATOR_GROUP, Way
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.doors.judged import by_balancer, by_interfaces, said, unread
from vpclink_checks.report import Evidence

_CALL = "globalaccelerator:ListEndpointGroups"


def accelerated(here: Here) -> Door:
    """Every accelerator of this account, and those of others that it lets in. Raises UnknownFact."""
    known = here.topology
    return Door(
        kind=Kind.ACCELERATOR,
        what="Global Accelerator",
        nothing=f"no accelerator of this account leads to the targets of {here.group.name}",
        operation="globalaccelerator:ListAccelerators",
        entrances=(*_standard(here), *_custom(here), *_attached(here)),
        gap=known.accelerators.gap or known.accelerator_attachments.gap,
    )


def _standard(here: Here) -> Iterator[Entrance]:
    for accelerator in here.topology.accelerators:
        if not accelerator.enabled or accelerator.custom:
            continue
        listeners = here.topology.accelerator_listeners.peek(accelerator.arn)
        if isinstance(listeners, Gap):
            yield unread(f"accelerator {accelerator.name}", listeners)
            continue
        for listener in listeners or ():
            yield from _of_listener(here, accelerator, listener)


def _of_listener(here: Here, accelerator: Accelerator, listener: AcceleratorListener) -> Iterator[Entrance]:
    groups = here.topology.accelerator_groups.peek(listener.arn)
    if isinstance(groups, Gap):
        yield unread(f"accelerator {accelerator.name}", groups)
        return
    for group in groups or ():
        for endpoint in group.endpoints:
            try:
                yield from _of_endpoint(here, accelerator, listener, group, endpoint)
            except UnknownFact as signal:
                yield unread(f"accelerator {accelerator.name}", signal.gap)


def leading(here: Here) -> Iterator[tuple[str, str]]:
    """(endpoint group, endpoint) of what leads here and is not shut. What was not read is passed over."""
    known = here.topology
    for accelerator in known.accelerators:
        for listener in known.accelerator_listeners.rows.get(accelerator.arn, ()) if not accelerator.custom else ():
            for group in known.accelerator_groups.rows.get(listener.arn, ()):
                for endpoint in group.endpoints:
                    if any(one.state is not State.SHUT for one in _known(here, accelerator, listener, group, endpoint)):
                        yield group.arn, endpoint.id


def _known(
    here: Here,
    accelerator: Accelerator,
    listener: AcceleratorListener,
    group: AcceleratorGroup,
    endpoint: AcceleratorEndpoint,
) -> Iterator[Entrance]:
    try:
        yield from _of_endpoint(here, accelerator, listener, group, endpoint)
    except UnknownFact:
        return


def _of_endpoint(
    here: Here,
    accelerator: Accelerator,
    listener: AcceleratorListener,
    group: AcceleratorGroup,
    endpoint: AcceleratorEndpoint,
) -> Iterator[Entrance]:
    """Raises UnknownFact."""
    name = f"accelerator {accelerator.name}, endpoint {endpoint.id.rpartition('loadbalancer/')[2]},"
    evidence = Evidence(_CALL, "EndpointId", endpoint.id)
    dialled = group.dial > 0 and endpoint.weight != 0
    idle = said(
        name,
        State.SHUT,
        f"{name} leads here, but gets no traffic: its weight or its group's dial is 0",
        evidence,
    )
    protocol = "udp" if listener.protocol == "UDP" else "tcp"
    for entry in here.entries(endpoint.id) if ":loadbalancer/" in endpoint.id else ():
        outside = group.listener_port(listener, entry.port)
        if outside is not None and protocol in entry.protocols:
            way = _way(accelerator, outside, endpoint, protocol)
            yield by_balancer(here, entry, way, name, evidence) if dialled else idle
    for interfaces, (taken, port) in here.on_instance(endpoint.id):
        outside = group.listener_port(listener, port)
        if outside is not None and taken == protocol:
            way = _way(accelerator, outside, endpoint, protocol)
            yield by_interfaces(here, interfaces, port, way, name, evidence) if dialled else idle
    if endpoint.id.startswith("eipalloc-") and _elastic(here, endpoint.id):
        text = f"{name} is an address of ours: exposure/no-internet-path says who reaches it"
        yield said(name, State.SHUT, text, evidence)


def _way(accelerator: Accelerator, port: int, endpoint: AcceleratorEndpoint, protocol: str) -> Way:
    return Way(
        name=f"accelerator {accelerator.name}",
        outside=next(iter(accelerator.addresses), accelerator.dns_name),
        port=port,
        preserved=endpoint.preserves_client,
        dual_stack=accelerator.dual_stack,
        protocol=protocol,
        service_group=ACCELERATOR_GROUP,
    )


def _elastic(here: Here, allocation: str) -> bool:
    """Whether this Elastic IP is on an interface of a target or of the load balancer."""
    mine = {one.id for target in here.every for one in here.interfaces_of(target)}
    balancer = here.path.load_balancer
    tail = f"ELB {balancer.arn.partition('loadbalancer/')[2]}" if balancer is not None else "?"
    return any(
        address.allocation_id == allocation
        for one in here.topology.interfaces
        if one.id in mine or one.description == tail
        for address in one.addresses
    )


def _custom(here: Here) -> Iterator[Entrance]:
    """Custom routing: every port of a subnet's instances has a port of the accelerator, where that is allowed."""
    subnets: set[str] = set()
    for accelerator in here.topology.accelerators:
        found = _subnets(here, accelerator) if accelerator.custom and accelerator.enabled else set()
        if isinstance(found, Gap):
            yield unread(f"accelerator {accelerator.name}", found)
        else:
            subnets |= found
    for target in here.ends if subnets else ():
        for interface in here.interfaces_of(target):
            for address in interface.private_addresses if interface.subnet_id in subnets else ():
                yield from _routed(here, f"{interface.subnet_id} {address}", here.numbers_of(target), interface)


def _subnets(here: Here, accelerator: Accelerator) -> set[str] | Gap:
    listeners = here.topology.accelerator_listeners.peek(accelerator.arn)
    if isinstance(listeners, Gap):
        return listeners
    subnets: set[str] = set()
    for listener in listeners or ():
        groups = here.topology.accelerator_groups.peek(listener.arn)
        if isinstance(groups, Gap):
            return groups
        subnets |= {endpoint.id for group in groups or () for endpoint in group.endpoints}
    return subnets


def _routed(here: Here, key: str, ports: tuple[int, ...], interface: NetworkInterface) -> Iterator[Entrance]:
    found = here.topology.routed_ports.peek(key)
    if isinstance(found, Gap):
        yield unread(f"custom routing to {key}", found)
        return
    for one in found or ():
        if one.port not in ports:
            continue
        outside, port = next(iter(one.outside), (one.accelerator_arn, one.port))
        name = f"custom routing accelerator {one.accelerator_arn.rpartition('/')[2]} ({key}, port {one.port})"
        evidence = Evidence("globalaccelerator:ListCustomRoutingPortMappingsByDestination", key, str(one.allowed))
        if not one.allowed:
            yield said(name, State.SHUT, f"{name} denies this destination today", evidence)
            continue
        way = Way(name=name, outside=outside, port=port)
        yield by_interfaces(here, (interface,), one.port, way, name, evidence)


def _attached(here: Here) -> Iterator[Entrance]:
    """What this account lets accelerators of others have: whether they do is not to be seen from here."""
    for one in here.topology.accelerator_attachments:
        name = f"attachment {one.name or one.arn}"
        for resource in one.resources:
            try:
                leads = bool(here.entries(resource)) or any(True for _ in here.on_instance(resource))
            except UnknownFact as signal:
                yield unread(name, signal.gap)
                continue
            if leads or (resource.startswith("eipalloc-") and _elastic(here, resource)):
                who = ", ".join(one.principals) or "nobody yet"
                text = f"{name} lets accelerators of {who} lead to {resource}"
                evidence = Evidence("globalaccelerator:ListCrossAccountAttachments", "Resources", resource)
                text = f"{text}: whether one does is not to be seen from this account"
                yield said(name, State.UNKNOWN, text, evidence)
