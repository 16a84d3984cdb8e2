"""Doors through classic load balancers: one deviation from healthy each, judged by packets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import ALWAYS, SG_NLB, WORLD, all_interfaces, denied, loud, tcp, unread, worst
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import LoadBalancer, Zone
from vpclink_checks.model.doors import ClassicBalancer, ClassicListener
from vpclink_checks.model.ecs import PortMapping
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import NetworkInterface, PrivateAddress, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.words import Outcome, Severity

CLASSIC = "exposure/no-classic-load-balancer"
OLD_ENI = NetworkInterface(
    id="eni-0classic",
    vpc_id=stack.VPC,
    subnet_id=stack.PUBLIC_A,
    description="ELB old",
    addresses=(PrivateAddress(address="10.0.101.7", public="203.0.113.77"),),
)


def classic(
    *,
    scheme: str = "internet-facing",
    port: int = 10000,
    instances: tuple[str, ...] = (stack.HOST_A,),
    group_rule: str = WORLD,
    hosts_admit: bool = True,
    **changes: Any,
) -> Topology:
    """A classic load balancer in the public subnet with one of the hosts behind it."""
    old = ClassicBalancer(
        balancer=LoadBalancer(
            arn="arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/old",
            name="old",
            type="classic",
            scheme=scheme,
            vpc_id=stack.VPC,
            zones=(Zone(name=stack.PUBLIC_A, subnet_id=stack.PUBLIC_A),),
            security_group_ids=(SG_NLB,),
        ),
        listeners=(ClassicListener(port=80, protocol="HTTP", instance_port=port),),
        instance_ids=instances,
    )
    own = SecurityGroup(id=SG_NLB, ingress=(tcp(80, group_rule),), egress=stack.OUT_ALL)
    rule = (tcp(10000, group_id=SG_NLB),) if hosts_admit else ()
    hosts = replace(stack.HOSTS_GROUP, ingress=(*stack.HOSTS_GROUP.ingress, *rule))
    facts: dict[str, Any] = {
        "classic_balancers": by("name", old),
        "interfaces": all_interfaces(OLD_ENI),
        "security_groups": by("id", stack.CLUSTER_GROUP, hosts, own),
    }
    return healthy(**(facts | changes))


def test_an_old_balancer_that_answers_the_internet_is_a_door() -> None:
    topology = classic()
    assert loud(topology) == {**ALWAYS, CLASSIC: "fail"}
    found = worst(topology, CLASSIC)
    assert found.severity is Severity.EXPOSURE
    said = "classic load balancer old (HTTP 80 → 10000) answers the internet: all public IPv4 addresses reach "
    assert found.message.startswith(said)
    assert found.witness is not None
    assert (found.witness.dst, found.witness.port) == ("203.0.113.77", 80)
    assert any(SG_NLB in one for one in found.witness.via)
    assert found.fix is not None
    assert found.fix.cli == (
        f"aws elb deregister-instances-from-load-balancer --load-balancer-name old --instances {stack.HOST_A}"
    )
    grouped = replace(OLD_ENI, group_ids=(SG_NLB,))
    shut = worst(classic(interfaces=all_interfaces(grouped)), CLASSIC).fix
    assert shut is not None
    assert "revoke-security-group-ingress" in shut.cli  # the one rule that lets the internet in
    assert SG_NLB in shut.cli


@pytest.mark.parametrize(
    ("topology", "outcome", "said"),
    [
        pytest.param(classic(port=8443), Outcome.PASS, "no classic load balancer sends", id="another port"),
        pytest.param(classic(instances=("i-0other",)), Outcome.PASS, "no classic", id="another's instances"),
        pytest.param(healthy(), Outcome.PASS, "no classic load balancer", id="none at all"),
        pytest.param(classic(scheme="internal"), Outcome.NOTE, "internal", id="internal"),
        pytest.param(classic(scheme="sideways"), Outcome.UNKNOWN, "sideways", id="a scheme of tomorrow"),
        pytest.param(classic(group_rule="10.0.0.0/16"), Outcome.NOTE, "no public source", id="its own group is shut"),
        pytest.param(classic(hosts_admit=False), Outcome.NOTE, "admitted by none of", id="the hosts do not let it in"),
        pytest.param(
            classic(instances=("i-0other", stack.HOST_A)),
            Outcome.FAIL,
            "203.0.113.77:80",
            id="one of several instances",
        ),
        pytest.param(
            classic(instances=(stack.HOST_B,)),
            Outcome.NOTE,
            "sends nothing",
            id="an instance in a zone it does not serve",
        ),
        pytest.param(
            healthy(classic_balancers=unread("elb:DescribeLoadBalancers")),
            Outcome.UNKNOWN,
            "AccessDeniedException",
            id="not read",
        ),
        pytest.param(
            classic(security_groups=Table(gap=denied("ec2:DescribeSecurityGroups"))),
            Outcome.UNKNOWN,
            "ec2:DescribeSecurityGroups",
            id="its group was not read",
        ),
        pytest.param(
            classic(interfaces=unread("ec2:DescribeNetworkInterfaces")),
            Outcome.UNKNOWN,
            "ec2:DescribeNetworkInterfaces",
            id="its interfaces were not read",
        ),
    ],
)
def test_what_decides_about_it(topology: Topology, outcome: Outcome, said: str) -> None:
    found = worst(topology, CLASSIC)
    assert (found.outcome, said in found.message) == (outcome, True), found.message


def test_a_door_that_was_seen_counts_although_the_list_was_cut() -> None:
    rows = classic().classic_balancers.rows
    topology = classic(classic_balancers=Table(rows=rows, gap=denied("elb:DescribeLoadBalancers")))
    assert worst(topology, CLASSIC).outcome is Outcome.FAIL


def test_a_port_that_tomorrows_task_may_get_is_noted() -> None:
    first, *rest = stack.TASK_DEFINITION.containers
    dynamic = replace(first, port_mappings=(PortMapping(container_port=8080, host_port=0),))
    definition = replace(stack.TASK_DEFINITION, containers=(dynamic, *rest))
    paths = tuple(replace(path, task_definition=definition) for path in (stack.PATH_API, stack.PATH_STATUS))
    topology = classic(port=40000, task_definitions=by("arn", definition), paths=paths)
    found = worst(topology, CLASSIC)
    assert (found.outcome, "host ports are dynamic" in found.message) == (Outcome.NOTE, True)
