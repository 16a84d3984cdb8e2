"""Doors through load balancers: the path's own, its IPv6 addresses, and others with the same targets."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.doors import Door, other_doors
from vpclink_checks.checks.public import not_known, shut, stands_open
from vpclink_checks.checks.subjects import load_balancer_subject, reached, target_group_subject
from vpclink_checks.checks.verdict import Verdict, from_gap, noted, passed, unknown
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Outcome, Severity


@check(
    "exposure/load-balancer-not-internet-facing",
    title="Nobody on the internet reaches the load balancer's listener by its public addresses",
    severity=Severity.EXPOSURE,
    subjects=load_balancer_subject,
    why="An internet-facing load balancer answers on its own name, without the API in front of it.",
    fix=Fix("Create an internal load balancer and move listeners and link to it: the scheme cannot be changed."),
    source="botocore model, elbv2 LoadBalancer.Scheme; semantics.md, section 7.6",
)
def load_balancer_not_internet_facing(ctx: Context, balancer: LoadBalancer) -> Verdict:
    listener = reached(ctx, ctx.here.listener, "listener")
    evidence = Evidence("elbv2:DescribeLoadBalancers", "Scheme", balancer.scheme)
    if balancer.internal:
        return passed(f"{balancer.name} is internal: its name resolves to private addresses", evidence)
    if balancer.scheme != "internet-facing":
        return unknown(f"{balancer.name} has the scheme {balancer.scheme}, which is not known", evidence)
    return _on_balancer(ctx, balancer, listener.port, load_balancer_not_internet_facing.fix)


def _on_balancer(ctx: Context, balancer: LoadBalancer, port: int, fix: Fix) -> Verdict:
    return _at(balancer, ctx.reach.internet_to_balancer(balancer, port), fix)


def _through(ctx: Context, door: Door) -> Verdict:
    """The listener's door and the targets behind it: all conditions for the same source."""
    try:
        outside = ctx.reach.internet_to_balancer(door.balancer, door.listener.port)
        if door.group.target_type != "alb":
            outside = ctx.reach.through_balancer(outside, door.balancer, door.group, door.targets)
    except UnknownFact as signal:
        return from_gap(signal.gap)
    return _at(door.balancer, outside, no_other_load_balancer.fix)


def _at(balancer: LoadBalancer, found: Exposure, fix: Fix) -> Verdict:
    what = f"load balancer {balancer.name}"
    if found.open is not None:
        return stands_open(what, found, found.open, fix)
    if found.maybe_open is not None:
        return not_known(what, found.maybe_open)
    return noted(f"{balancer.name} is no door today, but one rule or route away from it: {shut(found)}")


@check(
    "exposure/ipv6-igw-traffic-denied",
    title="Nobody on the internet reaches the internal load balancer over IPv6",
    severity=Severity.EXPOSURE,
    subjects=load_balancer_subject,
    why="A dualstack load balancer has global IPv6 addresses though it is internal; only its attribute"
    " ipv6.deny_all_igw_traffic keeps internet gateways away from them.",
    fix=Fix(
        "Set ipv6.deny_all_igw_traffic to true.",
        cli="aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN"
        " --attributes Key=ipv6.deny_all_igw_traffic,Value=true",
    ),
    source="elb-network-load-balancers-user-guide, network-load-balancers",
)
def ipv6_igw_traffic_denied(ctx: Context, balancer: LoadBalancer) -> Verdict:
    listener = reached(ctx, ctx.here.listener, "listener")
    if not balancer.internal:
        raise NotApplicable(f"{balancer.name} is {balancer.scheme}")
    if balancer.ip_address_type == "ipv4":
        raise NotApplicable(f"{balancer.name} has no IPv6 addresses")
    attributes = ctx.topology.load_balancer_attributes.need(balancer.arn)
    denied = attributes.get("ipv6.deny_all_igw_traffic", "true")
    if denied == "true":
        evidence = Evidence("elbv2:DescribeLoadBalancerAttributes", "ipv6.deny_all_igw_traffic", denied)
        return passed(f"{balancer.name} denies internet gateways its IPv6 addresses", evidence)
    return _on_balancer(ctx, balancer, listener.port, ipv6_igw_traffic_denied.fix)


@check(
    "exposure/no-other-load-balancer",
    title="No other load balancer or listener leads the internet to the same targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="A target group belongs to one load balancer, but an instance and its port can be in many groups:"
    " a second load balancer is a second entrance without the API.",
    fix=Fix("Delete the other listener, or deregister the targets from its target group."),
    source="botocore model, elbv2 TargetGroup.LoadBalancerArns; semantics.md, section 6.7",
)
def no_other_load_balancer(ctx: Context, group: TargetGroup) -> Verdict:
    doors, doubt = other_doors(ctx)
    verdicts = [_through(ctx, door) for door in doors if not door.balancer.internal]
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst := next((one for one in verdicts if one.outcome is outcome), None):
            return worst
    if doubt:
        return unknown(f"whether another load balancer leads to the targets of {group.name} is not known: {doubt}")
    if doors:
        shown = ", ".join(door.title for door in doors)
        return noted(f"the targets of {group.name} have other listeners, none of them open to the internet: {shown}")
    return passed(f"no other listener leads to the targets of {group.name}")
