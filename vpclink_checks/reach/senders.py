"""Where a load balancer's packets come from: semantics.md, section 5, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup, Zone
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import groups, routes
from vpclink_checks.reach.bounds import Bounds
from vpclink_checks.reach.change_balancers import StopEnforcing, StopPreserving
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, link_ends, preserved, whole_subnet
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.sets import none, union, world
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

KEPT = "client address"  # the layer of what a preserved one asks for
_ALWAYS_PRESERVED = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
_SWITCHED = ("TCP", "TLS")
PRESERVE = "preserve_client_ip.enabled"
_NOT_DIRECT = ("tgw-", "vpce-")
_FILTERS = ("security groups", "network ACL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The ends that packets seem to come from where the facts are read in one way; ``kept``: a client's own."""

    ends: tuple[End, ...]
    kept: bool = False


def kept_readings(topology: Topology, group: TargetGroup) -> tuple[tuple[bool, ...], str]:
    """(whether an NLB keeps the client's address toward this target group, why both may be; "" where one is sure).

    Defaults: on for instance targets, off for ip targets with TCP or TLS, always on for UDP and QUIC and
    for ALB targets (elb network guide, edit-target-group-attributes). Raises UnknownFact for a target type of tomorrow.
    """
    if group.known_type == "alb" or group.protocol in _ALWAYS_PRESERVED:
        return (True,), ""
    found = topology.target_group_attributes.peek(group.arn)
    if isinstance(found, Gap):
        return (True, False), f"whether {group.name} preserves client addresses is not known: {found}"
    default = "true" if group.target_type == "instance" else "false"
    told = (found or {}).get(PRESERVE, default)
    if group.protocol not in _SWITCHED:
        return (True, False), f"whether {group.name} preserves client addresses is not known: it is {group.protocol}"
    if told not in ("true", "false"):
        return (True, False), f"whether {group.name} preserves client addresses is not known: {PRESERVE} is {told!r}"
    return (told == "true",), ""


def readings(
    topology: Topology,
    balancer: LoadBalancer,
    group: TargetGroup,
    zone: Zone,
    target: End,
    clients: Callable[[], Iterable[End]],
    protocol: str = "tcp",
) -> tuple[tuple[Reading, ...], str]:
    """(where packets seem to come from when they reach *target*, why there are two readings). Raises UnknownFact.

    PrivateLink (no *clients*), an ALB or classic load balancer, preservation off, or another address family
    than the client's: the load balancer's own addresses; else the clients', which are asked for only then.
    """
    own = Reading(ends=balancer_ends(topology, balancer, zone, target.family))
    if not balancer.network:
        return (own,), ""
    kept, doubt = kept_readings(topology, group)
    every = tuple(clients()) if any(kept) else ()
    same = [one for one in every if one.family == target.family]
    if every and not same:
        return (Reading(ends=_translated(topology, own.ends, zone, target.family, protocol)),), ""
    if not same:
        return (own,), ""
    through = Reading(ends=tuple(preserved(own.ends[0], one) for one in same), kept=True)
    return tuple(through if one else own for one in kept), doubt


def _translated(topology: Topology, own: tuple[End, ...], zone: Zone, family: int, protocol: str) -> tuple[End, ...]:
    """UDP toward IPv6 may leave from a prefix of the subnet (botocore, SourceNatIpv6Prefixes): any address of it."""
    if protocol != "udp" or family == 4:  # noqa: PLR2004 - the address family
        return own
    return (replace(own[0], addresses=whole_subnet(topology, zone.subnet_id, family)),)


def callers(
    topology: Topology,
    link: VpcLink | None,
    balancer: LoadBalancer,
    group: TargetGroup,
    zone: Zone,
    backend: Backend,
) -> tuple[Trace, ...]:
    """A link's traffic to one target: a trace for each address that it may come from. Raises UnknownFact.

    semantics.md, section 5 (table of source addresses). Version 1: PrivateLink, so always the NLB's own.
    """
    private = link is None or link.version == 1
    clients: Callable[[], Iterable[End]] = lambda: () if private or link is None else link_ends(topology, link)  # noqa: E731
    seen, doubt = readings(topology, balancer, group, zone, backend_end(backend), clients)
    version = link.version if link is not None else 0
    found = [
        tuple(_sent(topology, balancer, group, source, backend, "tcp", by_link=version == 1) for source in one.ends)
        for one in seen
    ]
    return agreed(found, doubt)


def arrivals(
    topology: Topology,
    balancer: LoadBalancer,
    group: TargetGroup,
    zone: Zone,
    client: End | None,
    backend: Backend,
    protocol: str = "tcp",
) -> tuple[Trace, ...]:
    """What a load balancer sends to one target for *client* (None: a PrivateLink caller). Raises UnknownFact."""
    clients: tuple[End, ...] = () if client is None else (client,)
    seen, doubt = readings(topology, balancer, group, zone, backend_end(backend), lambda: clients, protocol)
    by_link = client is None
    found = [
        tuple(_sent(topology, balancer, group, source, backend, protocol, by_link=by_link) for source in one.ends)
        for one in seen
    ]
    return agreed(found, doubt)


def agreed(found: Sequence[tuple[Trace, ...]], doubt: str) -> tuple[Trace, ...]:
    """The traces of every reading; where the readings differ in their verdicts, none of them is certain."""
    every = tuple(one for traces in found for one in traces)
    if len({frozenset(one.verdict for one in traces) for traces in found}) <= 1:
        return every
    return tuple(_doubted(one, doubt) for one in every)


def _doubted(one: Trace, doubt: str) -> Trace:
    step = Step(layer=KEPT, component="preservation", decision=Decision.UNKNOWN, rule=f"readings disagree: {doubt}")
    steps = (replace(held, decision=Decision.UNKNOWN) if held.decision is Decision.DENY else held for held in one.steps)
    return replace(one, steps=(step, *steps))


def enforcements(balancer: LoadBalancer) -> tuple[bool, ...]:
    """Whether the NLB's groups filter PrivateLink traffic: one answer, or both for a word that is not known.

    On by default (elb-network-load-balancers-user-guide, load-balancer-security-groups; semantics.md, section 6.1).
    """
    if not balancer.security_group_ids:
        return (False,)
    return {"on": (True,), "": (True,), "off": (False,)}.get(balancer.enforce_private_link, (True, False))


def _sent(
    topology: Topology,
    balancer: LoadBalancer,
    group: TargetGroup,
    source: End,
    backend: Backend,
    protocol: str,
    *,
    by_link: bool,
) -> Trace:
    """From one of the ends above to the backend's registered port; *by_link*: PrivateLink traffic.

    With evaluation of PrivateLink traffic off (or an ALB target) AWS asks for rules with the
    load balancer's addresses, and whether a reference to its group does as well is contested
    (semantics.md, sections 5 and 6.2): where only the reference would admit it, the trace says so.
    """
    target = backend_end(backend)
    found = leg(topology, group, source, target, backend.port, protocol)
    if not by_link or not source.counts_as:
        return found
    if all(enforcements(balancer)) and group.target_type != "alb":
        return found
    bare = leg(topology, group, replace(source, counts_as=frozenset()), target, backend.port, protocol)
    if bare.verdict == "blocked" and found.verdict != "blocked":
        return replace(found, contested=_by_reference_only(balancer, source, backend), strict=bare)
    return bare


def leg(topology: Topology, group: TargetGroup, source: End, target: End, port: int, protocol: str = "tcp") -> Trace:
    """The flow from a load balancer to a target; with a client's address kept, what that asks for besides."""
    found = trace(topology, source, target, port, protocol)
    if not source.borrowed:
        return found
    steps = [held for one in found.steps for held in _on_the_way(topology, source, target, port, one)]
    more = (*_loopback(group, source, target), *_indirect(topology, source, target))
    return replace(found, steps=(*more, *steps))


def _on_the_way(topology: Topology, source: End, target: End, port: int, step: Step) -> tuple[Step, ...]:
    """The routes of a packet with a client's address are those between load balancer and target, there and back."""
    if source.subnet_id == target.subnet_id:
        return (step,)
    if step.layer == f"route table of {target.subnet_id}":
        return (_way_back(topology, source, target, step),)
    if step.layer != f"route table of {source.subnet_id}" or source.vpc_id == target.vpc_id:
        return (step,)
    own = replace(source, borrowed=False, addresses=whole_subnet(topology, source.subnet_id, target.family))
    return tuple(one for one in trace(topology, own, target, port).steps if not one.layer.startswith(_FILTERS))


def _loopback(group: TargetGroup, source: End, target: End) -> tuple[Step, ...]:
    """A target that is its own client gets a packet from itself, and the connection times out.

    elb network guide, load-balancer-troubleshooting (loopback).
    """
    if source.family != target.family or not source.addresses & target.addresses:
        return ()
    rule = f"{target.addresses.title} would be source and destination of the packet, which no host answers"
    if not source.addresses <= target.addresses:
        rule = f"a part of {source.addresses.title} is the target itself, where {rule}"
        return (Step(layer=KEPT, component=group.arn, decision=Decision.UNKNOWN, rule=rule),)
    return (
        Step(layer=KEPT, component=group.arn, decision=Decision.DENY, rule=rule, remedy=lambda: _stop_keeping(group)),
    )


def _stop_keeping(group: TargetGroup) -> StopPreserving | None:
    if group.target_type == "alb" or group.protocol not in _SWITCHED:
        return None
    return StopPreserving(group=group)


def _indirect(topology: Topology, source: End, target: End) -> tuple[Step, ...]:
    """Preservation asks for a direct way to the target. AWS does not support it through a transit gateway or an
    appliance, and does not say what becomes of the packets: dropped, or delivered all the same.

    elb network guide, edit-target-group-attributes (requirements and considerations).
    """
    try:
        table = routes.table_of(topology, source.subnet_id, source.vpc_id)
    except UnknownFact:
        return ()  # the flow's own step says it
    mine = [one for one in routes.pieces(topology, table, target.family) if one.addresses & target.addresses]
    entry = next((one.entry for one in mine if one.entry and one.entry.target.startswith(_NOT_DIRECT)), None)
    if entry is None:
        return ()
    way = routes.entry_text(table, source.subnet_id, entry)
    rule = f"readings disagree: {way}, where AWS does not support preserved client addresses: dropped, or delivered"
    return (Step(layer=KEPT, component=table.id, decision=Decision.UNKNOWN, rule=rule),)


def _way_back(topology: Topology, source: End, target: End, step: Step) -> Step:
    """Replies to a preserved address return through the load balancer, for the client knows its address alone.

    Whether the target's own routes have to lead to that client first, AWS does not say: where none does, it depends.
    """
    if step.decision is Decision.ALLOW:
        return step
    if step.decision is Decision.DENY:
        rule = (
            f"readings disagree: replies to {source.addresses.title} return through the load balancer, or {step.rule}"
        )
        return replace(step, decision=Decision.UNKNOWN, rule=rule)
    try:
        table = routes.table_of(topology, target.subnet_id, target.vpc_id)
    except UnknownFact:
        return step
    mine = [one for one in routes.pieces(topology, table, source.family) if one.addresses & source.addresses]
    if any(one.doubt or one.drops for one in mine):
        return step
    shown = "; ".join(routes.entry_text(table, target.subnet_id, one.entry) for one in mine)
    return replace(step, decision=Decision.ALLOW, rule=f"{shown}; replies return through the load balancer")


def _by_reference_only(balancer: LoadBalancer, source: End, backend: Backend) -> str:
    return (
        f"readings disagree: only a reference to the group of {balancer.name} admits {source.addresses.title} to "
        f"{backend.title}; for PrivateLink traffic like this AWS asks for rules with the load balancer's addresses, "
        f"and whether the reference alone suffices is contested"
    )


def private_link(topology: Topology, balancer: LoadBalancer, port: int) -> Trace:
    """A version 1 link's packets at the load balancer's listener. Raises UnknownFact.

    They count as coming from private addresses on API Gateway's side, in ranges that AWS does not
    document and asks not to depend on; an NLB without groups, or with evaluation off, takes them all
    (API Gateway developer guide, set-up-nlb-for-vpclink-using-console; NLB security groups).
    """
    packet = Packet(src="API Gateway (undocumented private addresses)", dst=balancer.name, port=port)
    readings = [_reading(topology, balancer, port, evaluated=one) for one in enforcements(balancer)]
    if len({step.decision for step in readings}) == 1:
        return Trace(packet=packet, steps=(readings[0],))
    given = f"its groups filter PrivateLink traffic: {balancer.enforce_private_link}, a word that is not known"
    rule = f"{given}; readings disagree: {'; or '.join(step.rule for step in readings)}"
    return Trace(packet=packet, steps=(replace(readings[0], decision=Decision.UNKNOWN, rule=rule, remedy=None),))


def _reading(topology: Topology, balancer: LoadBalancer, port: int, *, evaluated: bool) -> Step:
    layer, shown = f"security groups of {balancer.name}, inbound", ", ".join(balancer.security_group_ids)
    if not evaluated:
        rule = f"evaluation of PrivateLink traffic is off, so {shown} filter none of it"
        if not balancer.security_group_ids:
            rule = f"{balancer.name} has no security group"
        return Step(layer=layer, component=shown or "none", decision=Decision.ALLOW, rule=rule)
    found = groups.openings(topology, balancer.security_group_ids, "ingress", protocol="tcp", port=port, family=4)
    bounds = groups.admitted(found, 4)
    decision, rule = _undocumented(topology, balancer, bounds)
    rule = f"evaluation of PrivateLink traffic is on, and {shown} {rule} on tcp {port}"
    return Step(
        layer=layer, component=shown, decision=decision, rule=rule, remedy=lambda: StopEnforcing(balancer=balancer)
    )


def _undocumented(topology: Topology, balancer: LoadBalancer, bounds: Bounds) -> tuple[Decision, str]:
    """Everybody is admitted, or nobody but the VPC's own addresses; else the undocumented ranges decide."""
    if bounds.sure == world(4):
        return Decision.ALLOW, "admit every IPv4 source"
    vpc = topology.vpcs.peek(balancer.vpc_id)
    own = none(4) if vpc is None or isinstance(vpc, Gap) else union(4, vpc.cidrs)
    if bounds.possible <= own:
        who = f"only {bounds.possible.title} of the VPC itself, where API Gateway's packets do not come from,"
        return Decision.DENY, f"admit {who if bounds.possible else 'no IPv4 source'}"
    if isinstance(vpc, Gap):
        return Decision.UNKNOWN, f"admit {bounds.possible.title}; {vpc}"
    if bounds.doubts:
        return Decision.UNKNOWN, f"are not wholly known ({'; '.join(bounds.doubts)})"
    return Decision.UNKNOWN, f"admit {bounds.possible.title} only, and API Gateway's addresses are not documented:"
