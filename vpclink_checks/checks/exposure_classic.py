"""Doors through classic load balancers: the API of 2012, which still answers and which nobody thinks of."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.doors import Key
from vpclink_checks.checks.exposure_doors import own_keys, settled
from vpclink_checks.checks.network_dynamic import dynamic_ports
from vpclink_checks.checks.public import not_known, shut, stands_open
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, from_gap, noted, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


@check(
    "exposure/no-classic-load-balancer",
    title="No classic load balancer leads the internet to the same instances and ports",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="Classic load balancers have an API of their own: whoever lists load balancers today does not see them,"
    " and an instance can be registered with any number of them.",
    fix=Fix(
        "Deregister the instances from the classic load balancer, or delete it.",
        cli="aws elb deregister-instances-from-load-balancer --load-balancer-name NAME --instances ID",
    ),
    source="botocore model, elb LoadBalancerDescription; semantics.md, section 7.6",
)
def no_classic_load_balancer(ctx: Context, group: TargetGroup) -> Verdict:
    if group.target_type == "alb":
        raise NotApplicable("the target is a load balancer, which no classic one can send to")
    known, keys = ctx.topology.classic_balancers, own_keys(ctx, group)
    verdicts = [verdict for one in known for verdict in _verdicts(ctx, one, keys)]
    nothing = f"no classic load balancer sends to the targets of {group.name}"
    return settled(verdicts, known.gap, "classic load balancer", nothing)


def _verdicts(ctx: Context, door: ClassicBalancer, keys: frozenset[Key]) -> Iterator[Verdict]:
    """On each listener that sends to a port of ours, today or when the next task has started."""
    mine = {name for name, _ in keys}
    for listener in door.listeners:
        if any((("", one), listener.instance_port) in keys for one in door.instance_ids):
            yield _through(ctx, door, listener)
        elif listener.instance_port in dynamic_ports(ctx) and any(("", one) in mine for one in door.instance_ids):
            port = f"{_title(door, listener)} sends to a port that any task may get tomorrow"
            yield noted(f"{port}: host ports are dynamic", _evidence(door, listener))


def _through(ctx: Context, door: ClassicBalancer, listener: ClassicListener) -> Verdict:
    what, balancer = _title(door, listener), door.balancer
    if balancer.internal:
        return noted(f"{what} leads here too, but is internal", _evidence(door, listener))
    if balancer.scheme != "internet-facing":
        return unknown(f"{what} has the scheme {balancer.scheme}, which is not known", _evidence(door, listener))
    try:
        outside = ctx.reach.internet_to_balancer(balancer, listener.port)
        found = ctx.reach.through_balancer(outside, balancer, door.group, door.targets(listener))
    except UnknownFact as signal:
        return from_gap(signal.gap)
    if found.open is not None:
        return stands_open(what, found, found.open, no_classic_load_balancer.fix)
    if found.maybe_open is not None:
        return not_known(what, found.maybe_open)
    reason = f"{what} is no door today, but one rule or route away from it: {shut(found)}"
    return noted(reason, _evidence(door, listener))


def _title(door: ClassicBalancer, listener: ClassicListener) -> str:
    return f"classic load balancer {door.name} ({listener.title})"


def _evidence(door: ClassicBalancer, listener: ClassicListener) -> Evidence:
    return Evidence("elb:DescribeLoadBalancers", "ListenerDescriptions", f"{door.name}: {listener.title}")
