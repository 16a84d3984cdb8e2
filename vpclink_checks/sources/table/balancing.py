"""Load balancers, listeners, rules, target groups and the health of their targets."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table.paging import elb_paging
from vpclink_checks.sources.table.wants import each, once_private

_elb = partial(Row, service="elbv2")

ROWS: tuple[Row, ...] = (
    # Balancers and groups are listed whole: a door that shares our targets has a name that nothing leads to.
    _elb(
        operation="DescribeLoadBalancers",
        hop="load-balancer",
        wants=once_private,
        paging=elb_paging("LoadBalancers"),
        because="once an integration goes private",
    ),
    _elb(
        operation="DescribeTargetGroups",
        hop="target-group",
        wants=once_private,
        paging=elb_paging("TargetGroups"),
        because="once an integration goes private",
    ),
    _elb(
        operation="DescribeLoadBalancerAttributes",
        hop="load-balancer",
        wants=lambda leads: each("LoadBalancerArn", leads.balancing.followed),
        because="each load balancer of a path, and each door to its targets",
        closing=True,
    ),
    _elb(
        operation="DescribeListeners",
        hop="listener",
        wants=lambda leads: each("LoadBalancerArn", leads.balancing.listening),
        paging=elb_paging("Listeners"),
        because="each load balancer of a path, each door to its targets, and those of other APIs",
    ),
    _elb(
        operation="DescribeRules",
        hop="listener",
        wants=lambda leads: each("ListenerArn", leads.balancing.listeners),
        paging=elb_paging("Rules"),
        because="each listener that was read",
    ),
    _elb(
        operation="DescribeListenerCertificates",
        hop="listener",
        wants=lambda leads: each("ListenerArn", leads.balancing.secure_listeners),
        paging=elb_paging("Certificates"),
        because="each TLS or HTTPS listener of the path's load balancers",
    ),
    _elb(
        operation="DescribeTargetGroupAttributes",
        hop="target-group",
        wants=lambda leads: each("TargetGroupArn", leads.balancing.followed_groups),
        because="each target group of those load balancers",
        closing=True,
    ),
    _elb(
        operation="DescribeTargetHealth",
        hop="target-group",
        wants=lambda leads: each("TargetGroupArn", leads.balancing.asked_for_health),
        because="each target group of those, and of every internet-facing or dualstack load balancer",
    ),
)
