"""Checks of the network hop: what security groups, ACLs and routes do to the path's packets."""

from __future__ import annotations

from vpclink_checks.checks.backends import backend_at, leg_subjects, target_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.network_dynamic import dynamic_port_range_admitted, dynamic_ports
from vpclink_checks.checks.shutting import groups_shut, narrowed, rules_removed
from vpclink_checks.checks.subjects import load_balancer_subject, reached
from vpclink_checks.checks.traces import verdict_on
from vpclink_checks.checks.verdict import Verdict, failed, passed, unknown
from vpclink_checks.model.balancing import LoadBalancer, Target, Zone
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.network import GroupRule, SecurityGroup
from vpclink_checks.reach.bounds import Bounds
from vpclink_checks.reach.groups import openings, takes_in
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.protocols import ports
from vpclink_checks.reach.sets import FAMILIES, is_wide, public
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = ["dynamic_port_range_admitted"]

GROUPS = "ec2:DescribeSecurityGroups"
WIDE_RANGE = 1024  # ports in one rule: more is hardly a container's own


@check(
    "network/target-admits-load-balancer",
    title="Groups, ACLs and routes admit callers' traffic to every target on its registered port",
    severity=Severity.BLOCKER,
    subjects=leg_subjects,
    why="Over a v1 link packets come from the load balancer's own private addresses, over a V2 link from the"
    " load balancer's or, with client addresses preserved, from the link's interfaces. What the target's side"
    " does not admit is dropped, and callers wait for a timeout.",
    fix=Fix("Admit the load balancer's addresses (or its security group) on the registered port."),
    source="semantics.md, sections 5 to 7; elb-network-load-balancers-user-guide, target-group-register-targets",
    refutable=True,
)
def target_admits_load_balancer(ctx: Context, leg: Leg) -> Verdict:
    traces = ctx.reach.load_balancer_traffic(ctx.here, leg)
    return verdict_on(traces, f"callers' traffic from {_from(ctx, leg)} to {leg.target.title}", doubt=leg.doubt)


@check(
    "network/target-admits-health-check",
    title="Groups, ACLs and routes admit the load balancer's health checks to every target",
    severity=Severity.BLOCKER,
    subjects=leg_subjects,
    why="Health checks come from the load balancer's own addresses; where they are dropped, every target turns"
    " unhealthy, and a network load balancer then sends to all of them as if they were well.",
    fix=Fix("Admit the load balancer's addresses (or its security group) on the health-check port."),
    source="elb-network-load-balancers-user-guide, target-group-register-targets and target-group-health-checks",
)
def target_admits_health_check(ctx: Context, leg: Leg) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    if not group.health_check.enabled:
        raise NotApplicable(f"target group {group.name} has no health checks")
    traces = ctx.reach.health_check(ctx.here, leg)
    return verdict_on(traces, f"the health check from {_from(ctx, leg)} to {leg.target.id}", doubt=leg.doubt)


def _from(ctx: Context, leg: Leg) -> str:
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    return f"{balancer.name} in {leg.zone.name}"


def _zone_subjects(ctx: Context) -> tuple[Subject[Zone], ...]:
    """Each zone of the load balancer; one alone for a v1 link, whose packets no subnet of ours carries."""
    link = reached(ctx, ctx.here.link, "VPC link")
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    reached(ctx, ctx.here.listener, "listener")
    reached(ctx, ctx.here.target_group, "target group")
    zones = balancer.zones[:1] if link.version == 1 else balancer.zones
    name = f"{link.name or link.id} → {balancer.name}"
    return tuple(Subject(balancer.arn, name if link.version == 1 else f"{name} in {zone.name}", zone) for zone in zones)


@check(
    "network/load-balancer-admits-link",
    title="The load balancer takes the VPC link's packets on the listener's port",
    severity=Severity.BLOCKER,
    subjects=_zone_subjects,
    why="The groups of a load balancer filter a V2 link's packets like any others, and a v1 link's where"
    " evaluation of PrivateLink traffic is on (the default), whose sources AWS does not document.",
    fix=Fix("Let the load balancer's groups admit the link on the listener's port, and the link's groups send there."),
    source="API Gateway developer guide, set-up-nlb-for-vpclink-using-console and http-api-vpc-links;"
    " load-balancer-security-groups",
    refutable=True,
)
def load_balancer_admits_link(ctx: Context, zone: Zone) -> Verdict:
    link = reached(ctx, ctx.here.link, "VPC link")
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    traces = ctx.reach.link_to_load_balancer(ctx.here, zone)
    where = balancer.name if link.version == 1 else f"{balancer.name} in {zone.name}"
    return verdict_on(traces, f"traffic of VPC link {link.name or link.id} to {where}")


def _group_subjects(ctx: Context) -> tuple[Subject[SecurityGroup], ...]:
    """Every security group on the way: the link's, the load balancer's, the targets'. Raises UnknownFact."""
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    ids = [*(ctx.here.link.security_group_ids if ctx.here.link else ()), *balancer.security_group_ids]
    for target in {leg.target.id: leg.target for leg in ctx.reach.legs(ctx.here)}.values():
        for backend in ctx.reach.backends(ctx.here, target):
            ids.extend(backend.interface.group_ids)
    found = [ctx.topology.security_groups.need(one) for one in dict.fromkeys(ids)]
    if not found:
        raise NotApplicable("no security group is on the way")
    return tuple(Subject(one.id, one.name or one.id, one) for one in found)


@check(
    "network/no-stale-group-reference",
    title="Every security group that a rule on the way refers to exists",
    severity=Severity.RISK,
    subjects=_group_subjects,
    why="A reference to a group that is gone, or whose peering is, matches nothing: the rule reads as if it"
    " opened something.",
    fix=Fix("Remove the rule, or let it refer to the group that took its place."),
    source="amazon-vpc-user-guide, security-group-rules (stale rules)",
)
def no_stale_group_reference(ctx: Context, group: SecurityGroup) -> Verdict:
    rules = [rule for rule in (*group.ingress, *group.egress) if rule.group_id]
    stale = [rule for rule in rules if _stale(ctx, group, rule) is True]
    if stale:
        named = ", ".join(dict.fromkeys(f"{rule.title} (peering {rule.peering or 'none'})" for rule in stale))
        return failed(
            f"{group.title} refers to a group that is not there: {named}",
            Evidence(GROUPS, "UserIdGroupPairs", named),
            fix=_without_stale(ctx, group),
        )
    gap = next((found for rule in rules if isinstance(found := _stale(ctx, group, rule), Gap)), None)
    if gap is not None:
        return unknown(f"whether the groups that {group.title} refers to exist is not known: {gap}")
    return passed(f"{group.title} has {len(rules)} references to groups, all of which exist")


def _without_stale(ctx: Context, group: SecurityGroup) -> Fix | None:
    ingress, egress = (
        [one for one in rules if one.group_id and _stale(ctx, group, one) is True]
        for rules in (group.ingress, group.egress)
    )
    return rules_removed(group.id, ingress, egress)


def _stale(ctx: Context, group: SecurityGroup, rule: GroupRule) -> bool | Gap:
    """A group of another account is not in our facts: its peering, if any, says whether it still counts."""
    if rule.peering:
        return rule.peering != "active"
    found = ctx.topology.security_groups.peek(rule.group_id)
    if found is None and (theirs := _another_account(ctx, group, rule)):
        message = f"{rule.group_id} belongs to account {theirs}, which alone is shown it"
        return Gap(operation=GROUPS, action="", code="NotRead", message=message)
    return found if isinstance(found, Gap) else found is None


def _another_account(ctx: Context, group: SecurityGroup, rule: GroupRule) -> str:
    """The account of the group that the rule refers to, where it is not the one that was read (a shared VPC's)."""
    theirs = rule.account_id or group.account_id
    return theirs if theirs != ctx.topology.account and (rule.account_id or ctx.topology.account) else ""


@check(
    "network/backend-port-not-open-to-the-world",
    title="The targets' security groups do not open the backend port to the internet at large",
    severity=Severity.RISK,
    subjects=target_subjects,
    why="The groups are then no barrier any more: one public address, one route or one load balancer later"
    " the backend is on the internet.",
    fix=Fix("Admit the load balancer's addresses or its security group only."),
    source="amazon-vpc-user-guide, VPC_Internet_Gateway; faults: isg-open-world",
)
def backend_port_not_open_to_the_world(ctx: Context, target: Target) -> Verdict:
    ids = backend_at(ctx, target).interface.group_ids
    return _not_open(ctx, ids, target.port, f"the groups of {target.id}")


@check(
    "network/load-balancer-not-open-to-the-world",
    title="An internal load balancer's security groups do not open the listener to the internet at large",
    severity=Severity.HYGIENE,
    subjects=load_balancer_subject,
    why="Nobody on the internet has a way to an internal load balancer, but everybody with a way into the VPC"
    " (peering, VPN, transit) does. A v1 link needs no inbound rule with evaluation of PrivateLink traffic off.",
    fix=Fix("Admit the link's security group only; for a v1 link turn evaluation of PrivateLink traffic off."),
    source="load-balancer-security-groups; faults: nsg-open-world-internal",
)
def load_balancer_not_open_to_the_world(ctx: Context, balancer: LoadBalancer) -> Verdict:
    listener = reached(ctx, ctx.here.listener, "listener")
    if not balancer.security_group_ids or not balancer.internal:
        raise NotApplicable(f"{balancer.name} has no security group, or is no internal load balancer")
    return _not_open(ctx, balancer.security_group_ids, listener.port, f"the groups of {balancer.name}")


def _not_open(ctx: Context, ids: tuple[str, ...], port: int, whose: str) -> Verdict:
    found = [(family, ctx.reach.admitted(ids, port, family)) for family in FAMILIES]
    for family, bounds in found:
        who = bounds.sure & public(family)
        if is_wide(who):
            shown = "0.0.0.0/0" if family == 4 else "::/0"  # noqa: PLR2004 - the address family
            members = shown if bounds.sure >= public(family) else bounds.sure.title
            rules = "; ".join(_rules_open(ctx, ids, port, family))
            message = f"{whose} open tcp {port} to {members}: {rules}"
            return failed(message, Evidence(GROUPS, "IpPermissions", rules), fix=groups_shut(ctx, ids, port))
    if doubt := _doubt(found):
        return unknown(f"whether {whose} open tcp {port} to the internet is not known: {doubt}")
    return passed(f"{whose} do not open tcp {port} to the internet at large")


def _doubt(found: list[tuple[int, Bounds]]) -> str:
    wide = (bounds for family, bounds in found if is_wide(bounds.possible & public(family)))
    return "; ".join(dict.fromkeys(doubt for bounds in wide for doubt in bounds.doubts))


def _rules_open(ctx: Context, ids: tuple[str, ...], port: int, family: int) -> list[str]:
    """Those that let some public source in."""
    found = openings(ctx.topology, ids, "ingress", protocol="tcp", port=port, family=family)
    return [
        f"{one.title} allows {one.rule.title}"
        for one in found
        if one.rule is not None and one.peers.possible & public(family)
    ]


@check(
    "network/no-wide-port-range",
    title="The rules that admit the backend port admit hardly another",
    severity=Severity.HYGIENE,
    subjects=target_subjects,
    why="Dynamic host ports need a whole range open; a fixed host port needs one, and every other port in the"
    " range is open for whatever listens there next.",
    fix=Fix("Replace the range by the backend's port."),
    source="amazon-ecs-developer-guide, networking-networkmode-bridge; faults: isg-wide-ephemeral",
)
def no_wide_port_range(ctx: Context, target: Target) -> Verdict:
    groups = [ctx.topology.security_groups.need(one) for one in backend_at(ctx, target).interface.group_ids]
    dynamic = dynamic_ports(ctx)
    wide = [
        (group, rule)
        for group in groups
        for rule in group.ingress
        if takes_in(rule, "tcp", target.port)
        and (ports(rule.protocol, rule.from_port, rule.to_port) - dynamic).size > WIDE_RANGE
    ]
    shown = "; ".join(f"{group.title} allows {rule.title}" for group, rule in wide)
    if wide and dynamic:
        return failed(
            f"{target.id} needs its dynamic range open, and more than {WIDE_RANGE} other ports are: {shown}",
            Evidence(GROUPS, "IpPermissions", shown),
        )
    if wide:
        return failed(
            f"{target.title} needs one port open, and more than {WIDE_RANGE} are: {shown}",
            Evidence(GROUPS, "IpPermissions", shown),
            fix=narrowed(ctx, [(group.id, rule) for group, rule in wide]),
        )
    return passed(f"no rule that admits {target.title} opens more than {WIDE_RANGE} ports")
