"""Doors through load balancers: the path's own, its IPv6 addresses, and others with the same targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.exposure_doors import here_of, verdict_on
from vpclink_checks.checks.shutting import listener_shut
from vpclink_checks.checks.subjects import load_balancer_subject, reached, target_group_subject
from vpclink_checks.checks.verdict import Verdict, passed
from vpclink_checks.model.balancing import LoadBalancer, TargetGroup
from vpclink_checks.reach.doors import balancers
from vpclink_checks.reach.doors.certificate import Door
from vpclink_checks.reach.doors.here import Here
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
    reached(ctx, ctx.here.listener, "listener")
    if balancer.internal:
        evidence = Evidence("elbv2:DescribeLoadBalancers", "Scheme", balancer.scheme)
        return passed(f"{balancer.name} is internal: its name resolves to private addresses", evidence)
    fix = load_balancer_not_internet_facing.fix
    return shutting(ctx, lambda there: balancers.facing(_here(there), to_targets=False), fix)


def shutting(ctx: Context, ask: Callable[[Context], Door], fix: Fix) -> Verdict:
    """With the smallest change that shuts the door, where there is one: *ask* gives the door, of any facts."""
    found = verdict_on(ask(ctx), fix)
    return replace(found, fix=listener_shut(ctx, ask) or fix) if found.outcome is Outcome.FAIL else found


def _here(ctx: Context) -> Here:
    reached(ctx, ctx.here.target_group, "target group")
    return here_of(ctx)


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
    reached(ctx, ctx.here.listener, "listener")
    if not balancer.internal:
        raise NotApplicable(f"{balancer.name} is {balancer.scheme}")
    if balancer.ip_address_type == "ipv4":
        raise NotApplicable(f"{balancer.name} has no IPv6 addresses")
    return shutting(ctx, lambda there: balancers.over_ipv6(_here(there), to_targets=False), ipv6_igw_traffic_denied.fix)


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
    reached(ctx, group, "target group")
    return shutting(ctx, lambda there: balancers.others(here_of(there)), no_other_load_balancer.fix)
