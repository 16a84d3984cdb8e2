"""Answers that nobody on the project wrote: every real describe output becomes the model, nothing lost on the way.

The corpus lies outside the project; without it these tests are left out, and say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.sources.demo_facts import answer
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import aws_shapes_balancing as balancing
from vpclink_checks.sources import aws_shapes_compute as compute
from vpclink_checks.sources import aws_shapes_network as network
from vpclink_checks.sources import aws_shapes_transit as transit
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Facts, Recording

PLACE = os.environ.get("VPCLINK_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus"
CORPUS = Path(PLACE) / "describe-output"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of describe outputs is not there")

KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "Vpcs": ("VpcId", network.vpc),
    "Subnets": ("SubnetId", network.subnet),
    "NetworkInterfaces": ("NetworkInterfaceId", network.interface),
    "SecurityGroups": ("GroupId", network.security_group),
    "NetworkAcls": ("NetworkAclId", network.network_acl),
    "RouteTables": ("RouteTableId", network.route_table),
    "InternetGateways": ("InternetGatewayId", network.internet_gateway),
    "VpcPeeringConnections": ("VpcPeeringConnectionId", transit.peering),
    "NatGateways": ("NatGatewayId", transit.nat_gateway),
    "VpnGateways": ("VpnGatewayId", transit.vpn_gateway),
    "TransitGatewayAttachments": ("TransitGatewayAttachmentId", partial(transit.transit_attachment, inside=None)),
    "VpcEndpoints": ("VpcEndpointId", transit.vpc_endpoint),
    "LoadBalancers": ("LoadBalancerArn", balancing.load_balancer),
    "TargetGroups": ("TargetGroupArn", balancing.target_group),
}
NLB = CORPUS / "batfish__batfish__test-load-balancer"


def _rows(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(CORPUS.rglob("*.json")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:  # 9 of the documented CLI outputs are no JSON
            continue
        rows = document.get(kind, []) if isinstance(document, dict) else []
        found += [row for row in rows if KINDS.get(kind, ("", None))[0] in row or kind == "Reservations"]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_real_answer_keeps_its_id(kind: str) -> None:
    key, shape = KINDS[kind]
    rows = _rows(kind)
    assert rows, f"the corpus has no {kind}"
    for row in rows:
        made = shape(row)
        assert row[key] in (getattr(made, "id", ""), getattr(made, "arn", ""))


def test_no_rule_of_a_real_security_group_is_lost() -> None:
    for row in _rows("SecurityGroups"):
        for way, rules in (("IpPermissions", "ingress"), ("IpPermissionsEgress", "egress")):
            keys = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
            sources = [one for permission in row.get(way, []) for key in keys for one in permission.get(key, [])]
            made = getattr(network.security_group(row), rules)
            assert len(made) == len(sources)
            assert all(rule.peer for rule in made)


def test_no_route_of_a_real_table_is_without_an_end() -> None:
    for row in _rows("RouteTables"):
        for route in network.route_table(row).routes:
            assert route.destination
            assert route.target or route.state == "blackhole"


def test_every_real_instance_has_its_interfaces() -> None:
    instances = [one for reservation in _rows("Reservations") for one in reservation["Instances"]]
    assert instances
    for raw in instances:
        made = compute.instance(raw)
        assert made.id == raw["InstanceId"]
        for one in raw["NetworkInterfaces"]:
            interface = network.interface(one, instance_id=made.id)
            assert interface.id in made.interface_ids
            assert interface.addresses
            assert interface.device_index is not None


def _load(name: str) -> Any:
    return json.loads((NLB / f"{name}.json").read_text(encoding="utf-8"))


def test_a_real_load_balancer_is_followed_from_a_link_to_its_targets() -> None:
    balancers, groups = _load("LoadBalancers"), _load("TargetGroups")
    (listeners,) = _load("LoadBalancerListeners")["LoadBalancerListeners"]
    (health,) = _load("LoadBalancerTargetHealth")["LoadBalancerTargetHealth"]
    arn = balancers["LoadBalancers"][0]["LoadBalancerArn"]
    link = {"id": "vl1", "name": "test", "status": "AVAILABLE", "targetArns": [arn]}
    facts = [
        answer("apigateway:GetVpcLink", {"vpcLinkId": "vl1"}, link),
        answer("elbv2:DescribeLoadBalancers", {}, balancers),
        answer("elbv2:DescribeTargetGroups", {}, groups),
        answer("elbv2:DescribeListeners", {"LoadBalancerArn": arn}, listeners),
        answer("elbv2:DescribeTargetHealth", {"TargetGroupArn": health["TargetGroupArn"]}, health),
        answer("ecs:ListClusters", {}, {"clusterArns": []}),
        answer("autoscaling:DescribeAutoScalingGroups", {}, {"AutoScalingGroups": []}),
        answer("ec2:DescribeInstances", {}, _load("Reservations")),
        answer("ec2:DescribeNetworkInterfaces", {}, _load("NetworkInterfaces")),
        answer("ec2:DescribeSubnets", {}, _load("Subnets")),
        answer("ec2:DescribeSecurityGroups", {}, _load("SecurityGroups")),
    ]
    facts += [
        answer("elbv2:DescribeRules", {"ListenerArn": one["ListenerArn"]}, {"Rules": []})
        for one in listeners["Listeners"]
    ]
    recording = Recording(
        account="", region="us-east-2", taken_at=datetime(2026, 11, 2, tzinfo=UTC), facts=Facts(facts)
    )
    settings = EnvSettings(name="corpus", vpc_links=("vl1",))
    topology = discover(recording, settings, source="snapshot")
    (path,) = topology.paths
    assert path.stop is None
    assert path.listener is not None
    assert path.target_group is not None
    assert (path.listener.port, path.target_group.port, path.registration) == (80, 80, "manual")
    assert {target.port for target in topology.targets.need(path.target_group.arn)} == {22}
    assert topology.interfaces.gap is None
    assert topology.subnets.gap is None
    assert topology.security_groups.gap is None
    assert topology.network_acls.gap is not None
