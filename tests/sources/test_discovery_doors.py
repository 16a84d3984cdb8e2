"""Entrances beside the path: what the facts lead to, and what becomes of the answers."""

from __future__ import annotations

from typing import Any

from tests.healthy import HOST_A, PUBLIC_A, VPC
from tests.sources.demo_facts import SETTINGS, answer, answers, found, refuse, with_facts, without
from vpclink_checks.model.balancing import Target, Zone
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Answer

OLD: dict[str, Any] = {
    "LoadBalancerName": "old",
    "DNSName": "old-1.eu-west-2.elb.amazonaws.com",
    "Scheme": "internet-facing",
    "VPCId": VPC,
    "Subnets": [PUBLIC_A],
    "SecurityGroups": ["sg-0abc"],
    "Instances": [{"InstanceId": HOST_A}],
    "ListenerDescriptions": [{"Listener": {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 10000}}],
}


def asked(facts: list[Answer]) -> dict[str, list[Any]]:
    """What is still wanted, by operation."""
    calls: dict[str, list[Any]] = {}
    for call in wanted(with_facts(facts).facts, SETTINGS):
        calls.setdefault(call.name, []).append(dict(call.params))
    return calls


def classic(*listed: dict[str, Any]) -> list[Answer]:
    rest = without(answers(), "elb:DescribeLoadBalancers")
    return [*rest, answer("elb:DescribeLoadBalancers", {}, {"LoadBalancerDescriptions": list(listed)})]


def test_the_group_of_a_classic_load_balancer_with_our_instance_is_asked_for() -> None:
    groups = [{"Filters": [{"Name": "group-id", "Values": ["sg-0abc"]}]}]
    assert asked(classic(OLD)) == {"ec2:DescribeSecurityGroups": groups}
    assert asked(classic({**OLD, "Instances": [{"InstanceId": "i-0other"}]})) == {}


def test_a_classic_load_balancer_is_one_that_packets_can_be_followed_through() -> None:
    (one,) = found(classic(OLD)).classic_balancers
    assert one.balancer.arn == "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/old"
    assert (one.balancer.scheme, one.balancer.network, one.balancer.security_group_ids) == (
        "internet-facing",
        False,
        ("sg-0abc",),
    )
    assert one.balancer.zones == (Zone(name=PUBLIC_A, subnet_id=PUBLIC_A),)
    assert (one.listeners[0].port, one.listeners[0].instance_protocol) == (443, "HTTPS")
    assert one.targets(one.listeners[0]) == (Target(id=HOST_A, port=10000),)


def test_classic_load_balancers_that_were_not_read_are_a_gap() -> None:
    gap = found(refuse(answers(), "elb:DescribeLoadBalancers")).classic_balancers.gap
    assert gap is not None
    assert (gap.operation, gap.code) == ("elb:DescribeLoadBalancers", "AccessDenied")
    missing = found(without(answers(), "elb:DescribeLoadBalancers")).classic_balancers.gap
    assert missing is not None
    assert (missing.code, missing.action) == ("NotRecorded", "elasticloadbalancing:DescribeLoadBalancers")
