"""Doors through Global Accelerator: internal load balancers and private instances can be its endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.backends import backend_at, ports_of
from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context, check
from vpclink_checks.checks.exposure_doors import by_balancer, by_interfaces, entries, on_instance, own_keys, settled
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, from_gap, noted, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.doors import Accelerator, AcceleratorEndpoint, AcceleratorGroup, AcceleratorListener
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.reach.brought import Way
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

_CALL = "globalaccelerator:ListEndpointGroups"


@check(
    "exposure/no-accelerator",
    title="No Global Accelerator leads the internet to the load balancer or its targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="An accelerator has public addresses and may have an internal load balancer or a private instance as its"
    " endpoint: neither needs a public address or a route to the internet for it.",
    fix=Fix(
        "Take the endpoint out of the accelerator's endpoint group.",
        cli="aws globalaccelerator remove-endpoints --region us-west-2 --endpoint-group-arn ARN"
        " --endpoint-identifiers EndpointId=ID",
    ),
    source="Global Accelerator developer guide, about-endpoints-caveats and secure-vpc-connections",
)
def no_accelerator(ctx: Context, group: TargetGroup) -> Verdict:
    own_keys(ctx, group)
    known = ctx.topology
    verdicts = [*_standard(ctx), *_custom(ctx, group), *_attached(ctx)]
    gap = known.accelerators.gap or known.accelerator_attachments.gap
    nothing = f"no accelerator of this account leads to the targets of {group.name}"
    return settled(verdicts, gap, "Global Accelerator", nothing)


def _standard(ctx: Context) -> Iterator[Verdict]:
    for accelerator in ctx.topology.accelerators:
        if not accelerator.enabled or accelerator.custom:
            continue
        listeners = ctx.topology.accelerator_listeners.peek(accelerator.arn)
        if isinstance(listeners, Gap):
            yield from_gap(listeners)
            continue
        for listener in listeners or ():
            yield from _of_listener(ctx, accelerator, listener)


def _of_listener(ctx: Context, accelerator: Accelerator, listener: AcceleratorListener) -> Iterator[Verdict]:
    groups = ctx.topology.accelerator_groups.peek(listener.arn)
    if isinstance(groups, Gap):
        yield from_gap(groups)
        return
    if listener.protocol == "UDP":
        return
    for group in groups or ():
        for endpoint in group.endpoints:
            try:
                yield from _of_endpoint(ctx, accelerator, listener, group, endpoint)
            except UnknownFact as signal:
                yield from_gap(signal.gap)


def _of_endpoint(
    ctx: Context,
    accelerator: Accelerator,
    listener: AcceleratorListener,
    group: AcceleratorGroup,
    endpoint: AcceleratorEndpoint,
) -> Iterator[Verdict]:
    """Raises UnknownFact."""
    what = f"accelerator {accelerator.name}, endpoint {endpoint.id.rpartition('loadbalancer/')[2]},"
    evidence = Evidence(_CALL, "EndpointId", endpoint.id)
    dialled = group.dial > 0 and endpoint.weight != 0
    for entry in entries(ctx, endpoint.id) if ":loadbalancer/" in endpoint.id else ():
        outside = group.listener_port(listener, entry.port)
        if outside is not None and not dialled:
            yield _not_dialled(what, evidence)
        elif outside is not None:
            way = _way(accelerator, outside, endpoint.preserves_client)
            yield by_balancer(ctx, entry, way, what, evidence, no_accelerator.fix)
    for interfaces, port in on_instance(ctx, endpoint.id):
        outside = group.listener_port(listener, port)
        if outside is not None and not dialled:
            yield _not_dialled(what, evidence)
        elif outside is not None:
            way = _way(accelerator, outside, endpoint.preserves_client)
            yield by_interfaces(ctx, interfaces, port, way, what, evidence, no_accelerator.fix)
    if endpoint.id.startswith("eipalloc-") and _elastic(ctx, endpoint.id):
        yield noted(f"{what} is an address of ours: exposure/no-internet-path says who reaches it", evidence)


def _not_dialled(what: str, evidence: Evidence) -> Verdict:
    return noted(f"{what} leads here, but gets no traffic: its weight or its group's dial is 0", evidence)


def _way(accelerator: Accelerator, port: int, preserved: bool | None) -> Way:  # noqa: FBT001 - as AWS says it
    return Way(
        name=f"accelerator {accelerator.name}",
        outside=next(iter(accelerator.addresses), accelerator.dns_name),
        port=port,
        preserved=preserved,
        dual_stack=accelerator.dual_stack,
    )


def _elastic(ctx: Context, allocation: str) -> bool:
    """Whether this Elastic IP is on an interface of a target or of the load balancer."""
    mine = {one.id for target in in_service(ctx) for one in ctx.reach.interfaces_of(backend_at(ctx, target))}
    balancer = ctx.here.load_balancer
    tail = f"ELB {balancer.arn.partition('loadbalancer/')[2]}" if balancer is not None else "?"
    return any(
        address.allocation_id == allocation
        for one in ctx.topology.interfaces
        if one.id in mine or one.description == tail
        for address in one.addresses
    )


def _custom(ctx: Context, group: TargetGroup) -> Iterator[Verdict]:
    """Custom routing: every port of a subnet's instances has a port of the accelerator, where that is allowed."""
    custom = [one for one in ctx.topology.accelerators if one.custom and one.enabled]
    subnets: set[str] = set()
    for accelerator in custom:
        found = _subnets(ctx, accelerator)
        if isinstance(found, Gap):
            yield from_gap(found)
        else:
            subnets |= found
    for target in in_service(ctx) if subnets and group.target_type != "alb" else ():
        for interface in ctx.reach.interfaces_of(backend_at(ctx, target)):
            for address in interface.private_addresses if interface.subnet_id in subnets else ():
                key = f"{interface.subnet_id} {address}"
                yield from _routed(ctx, key, ports_of(ctx, target).numbers, interface)


def _subnets(ctx: Context, accelerator: Accelerator) -> set[str] | Gap:
    listeners = ctx.topology.accelerator_listeners.peek(accelerator.arn)
    if isinstance(listeners, Gap):
        return listeners
    subnets: set[str] = set()
    for listener in listeners or ():
        groups = ctx.topology.accelerator_groups.peek(listener.arn)
        if isinstance(groups, Gap):
            return groups
        subnets |= {endpoint.id for group in groups or () for endpoint in group.endpoints}
    return subnets


def _routed(ctx: Context, key: str, ports: tuple[int, ...], interface: NetworkInterface) -> Iterator[Verdict]:
    found = ctx.topology.routed_ports.peek(key)
    if isinstance(found, Gap):
        yield from_gap(found)
        return
    for one in found or ():
        if one.port not in ports:
            continue
        outside, port = next(iter(one.outside), (one.accelerator_arn, one.port))
        what = f"custom routing accelerator {one.accelerator_arn.rpartition('/')[2]} ({key}, port {one.port})"
        evidence = Evidence("globalaccelerator:ListCustomRoutingPortMappingsByDestination", key, str(one.allowed))
        if not one.allowed:
            yield noted(f"{what} denies this destination today", evidence)
            continue
        way = Way(name=what, outside=outside, port=port)
        yield by_interfaces(ctx, (interface,), one.port, way, what, evidence, no_accelerator.fix)


def _attached(ctx: Context) -> Iterator[Verdict]:
    """What this account lets accelerators of others have: whether they do is not to be seen from here."""
    for one in ctx.topology.accelerator_attachments:
        for resource in one.resources:
            try:
                leads = bool(entries(ctx, resource)) or any(True for _ in on_instance(ctx, resource))
            except UnknownFact as signal:
                yield from_gap(signal.gap)
                continue
            if leads or (resource.startswith("eipalloc-") and _elastic(ctx, resource)):
                who = ", ".join(one.principals) or "nobody yet"
                text = f"attachment {one.name or one.arn} lets accelerators of {who} lead to {resource}"
                evidence = Evidence("globalaccelerator:ListCrossAccountAttachments", "Resources", resource)
                yield unknown(f"{text}: whether one does is not to be seen from this account", evidence)
