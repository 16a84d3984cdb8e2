"""Where a load balancer's packets come from: semantics.md, section 5, row by row."""

from __future__ import annotations

from dataclasses import replace

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup, Zone
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import groups
from vpclink_checks.reach.bounds import Bounds
from vpclink_checks.reach.change_balancers import StopEnforcing
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, link_ends, preserved
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.sets import none, union, world
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace

_ALWAYS_PRESERVED = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")
_PRESERVE = "preserve_client_ip.enabled"


def of(
    topology: Topology, link: VpcLink | None, balancer: LoadBalancer, group: TargetGroup, zone: Zone, backend: Backend
) -> tuple[End, ...]:
    """The ends that callers' packets seem to come from when they reach this backend. Raises UnknownFact.

    Version 1 link: the NLB's own private addresses, whatever preservation says. Version 2 link over an
    NLB that preserves the client's address: the link's interfaces. ALB, or no preservation, or
    another address family than the client's (IPv4): the load balancer's own.
    """
    family = backend_end(backend).family
    own = balancer_ends(topology, balancer, zone, family)
    if link is None or link.version == 1 or not balancer.network or family != 4:  # noqa: PLR2004 - the family
        return own
    if not preserves_client(topology, group):
        return own
    return tuple(preserved(own[0], client) for client in link_ends(topology, link))


def preserves_client(topology: Topology, group: TargetGroup) -> bool:
    """Whether an NLB keeps the client's address toward this target group. Raises UnknownFact.

    Defaults: on for instance targets, off for ip targets with TCP or TLS, always on for UDP and QUIC and
    for ALB targets (elb network guide, edit-target-group-attributes).
    """
    if group.target_type == "alb" or group.protocol in _ALWAYS_PRESERVED:
        return True
    found = topology.target_group_attributes.peek(group.arn)
    if isinstance(found, Gap):
        raise UnknownFact(found)
    default = "true" if group.known_type == "instance" else "false"
    return (found or {}).get(_PRESERVE, default) == "true"


def enforcements(balancer: LoadBalancer) -> tuple[bool, ...]:
    """Whether the NLB's groups filter PrivateLink traffic: one answer, or both for a word that is not known.

    On by default (elb-network-load-balancers-user-guide, load-balancer-security-groups; semantics.md, section 6.1).
    """
    if not balancer.security_group_ids:
        return (False,)
    return {"on": (True,), "": (True,), "off": (False,)}.get(balancer.enforce_private_link, (True, False))


def traffic(
    topology: Topology,
    link: VpcLink | None,
    balancer: LoadBalancer,
    group: TargetGroup,
    source: End,
    backend: Backend,
) -> Trace:
    """Callers' traffic from one of the ends above to the backend's registered port.

    Version 1 with evaluation of PrivateLink traffic off (or an ALB target): AWS asks for rules with the
    load balancer's addresses then, and whether a reference to its group does as well is contested
    (semantics.md, sections 5 and 6.2): where only the reference would admit it, the trace says so.
    """
    target = backend_end(backend)
    found = trace(topology, source, target, backend.port)
    if link is None or link.version != 1 or not source.counts_as:
        return found
    if all(enforcements(balancer)) and group.target_type != "alb":
        return found
    bare = trace(topology, replace(source, counts_as=frozenset()), target, backend.port)
    if (found.verdict, bare.verdict) == ("reached", "blocked"):
        return replace(found, contested=_by_reference_only(balancer, source, backend))
    return bare


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
