"""A stack of some size, read live: every fact, in no more calls than batching takes, and nothing besides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import ceil
from pathlib import Path

import pytest

from tests.older import LACKED, gaps
from tests.standin.conftest import patience
from tests.standin.runs import as_bytes, judged, read
from tests.standin.server import Standin
from tests.standin.stacks import Stack
from tests.standin.world import World
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import ALLOWED, BUDGET_OF, LIMITS, action_of, wanted
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Call, Recording
from vpclink_checks.words import Outcome

BIG = Stack(mappings=3, balancers=2, instances=200, tasks=400, groups=60)
M, B, H, T = BIG.mappings, BIG.balancers, BIG.instances, BIG.tasks  # one API, listener, group, service a mapping

# The fewest requests that AWS's own limits of batches and pages allow, operation by operation.
FEWEST = {
    "sts:GetCallerIdentity": 1,
    "apigateway:GetDomainName": 1,
    "apigatewayv2:GetDomainName": 1,
    "apigateway:GetBasePathMappings": 1,
    "apigatewayv2:GetApiMappings": 1,
    "apigatewayv2:ListRoutingRules": 1,
    "acm:DescribeCertificate": 1,
    "route53:ListHostedZones": 1,
    "route53:ListResourceRecordSets": 1,  # the one name in the one zone
    "apigateway:GetRestApi": M,
    "apigateway:GetStage": M,
    "apigateway:GetDeployments": M,
    "apigateway:GetGatewayResponses": M,
    "apigateway:GetResources": M,  # methods embedded: never one a method
    "apigateway:GetExport": M,
    "apigateway:GetVpcLink": B,
    "elbv2:DescribeLoadBalancers": 1,
    "elbv2:DescribeTargetGroups": 1,
    "elbv2:DescribeLoadBalancerAttributes": B,
    "elbv2:DescribeListeners": B,
    "elbv2:DescribeRules": M,
    "elbv2:DescribeTargetGroupAttributes": M,
    "elbv2:DescribeTargetHealth": M,
    "ec2:DescribeInstances": ceil(H / 200),  # 200 values of filters
    "ec2:DescribeNetworkInterfaces": ceil((H + 2 * B) / 1000),  # 1000 a page; a balancer has one in each zone
    "ec2:DescribeSecurityGroups": 2,  # those that hosts carry, then the one that their rules name
    "ec2:DescribeVpcs": 1,
    "ec2:DescribeSubnets": 1,
    "ec2:DescribeNetworkAcls": 1,
    "ec2:DescribeRouteTables": 1,
    "ec2:DescribeInternetGateways": 1,
    "ec2:DescribeNatGateways": 1,  # the hosts' way out: nothing else that joins networks is asked about
    "ec2:DescribeVpcBlockPublicAccessOptions": 1,
    "ec2:DescribeVpcBlockPublicAccessExclusions": 1,
    "autoscaling:DescribeAutoScalingGroups": 1,
    "autoscaling:DescribeLaunchConfigurations": 1,
    "ecs:ListClusters": 1,
    "ecs:DescribeClusters": 1,
    "ecs:ListServices": 1,
    "ecs:DescribeServices": ceil(M / 10),
    "ecs:ListTasks": sum(ceil(share / 100) for share in BIG.shares),  # 100 a page
    "ecs:DescribeTasks": ceil(T / 100),
    "ecs:ListContainerInstances": ceil(H / 100),
    "ecs:DescribeContainerInstances": ceil(H / 100),
    "ecs:DescribeTaskDefinition": M,
}

ONCE = 1  # an operation that is not among them: what the whole region has of something, in one request


@pytest.fixture(scope="module")
def world() -> World:
    return World(BIG.recording)


@pytest.fixture(scope="module")
def run(world: World) -> tuple[Standin, Recording]:
    """Read once for all that is looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patience(patch)
        with Standin(world) as aws:
            return aws, read(aws, BIG.settings, as_of=BIG.recording.taken_at)


Run = tuple[Standin, Recording]


def test_every_fact_is_there(run: Run) -> None:
    _, whole = run
    topology = discover(whole, BIG.settings, source="live")
    assert not gaps(whole)
    assert wanted(whole.facts, BIG.settings) == []
    assert [(path.stop, path.registration) for path in topology.paths] == [(None, "service")] * M
    found: dict[str, Iterable[object]] = {
        "instances": topology.instances,
        "tasks": [task for tasks in topology.tasks for task in tasks],
        "groups": topology.security_groups,
        "balancers": topology.load_balancers,
        "targets": [target for targets in topology.targets for target in targets],
        "hosts": [one for hosts in topology.container_instances for one in hosts],
        "interfaces": topology.interfaces,
    }
    counted = {name: len(list(held)) for name, held in found.items()}
    assert counted == {
        "instances": H,
        "tasks": T,
        "groups": BIG.groups,
        "balancers": B,
        "targets": T,
        "hosts": H,
        "interfaces": H + 2 * B,
    }


def test_it_is_judged_healthy(run: Run) -> None:
    _, whole = run
    bad = [(one.check, one.message) for one in judged(whole, BIG.settings).findings if one.outcome in BAD]
    old = {message for _, message in bad if LACKED and "FieldNotInModel" in message}  # a botocore older than a field
    assert [one for one in bad if one[1] not in old] == []


BAD = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.BLOCKED)


def test_no_operation_takes_more_requests_than_the_fewest(run: Run) -> None:
    aws, whole = run
    more = {name: count for name, count in aws.calls.items() if count > FEWEST.get(name, ONCE)}
    assert more == {}
    unnamed = ("Peering", "EgressOnly", "VpnGateways", "TransitGateway", "DescribeVpcEndpoints")
    assert [name for name in aws.calls if any(one in name for one in unnamed)] == []
    assert {name: count for name, count in whole.calls.items() if name not in LACKED} == aws.calls


def test_nothing_is_sent_but_what_the_table_and_its_policy_allow(run: Run) -> None:
    aws, _ = run
    assert {(one.service, one.operation) for one in aws.log} <= ALLOWED
    actions = {action_of(Call(*pair)) for pair in ALLOWED}
    assert {one.action for one in aws.log} <= actions
    assert {one.status for one in aws.log} == {200}
    assert {one.region for one in aws.log if one.service not in ("route53", "sts", "globalaccelerator")} == {
        "eu-west-2"
    }


def test_replayed_it_gives_the_same_report_byte_for_byte(run: Run, tmp_path: Path) -> None:
    _, whole = run
    snapshot.write(tmp_path / "big.json.gz", whole)
    assert as_bytes(snapshot.read(tmp_path / "big.json.gz"), BIG.settings) == as_bytes(whole, BIG.settings)


def test_collected_a_second_time_it_is_the_same(run: Run, world: World, tmp_path: Path) -> None:
    """Whatever the order in which answers came, and however they were cut into pages."""
    _, whole = run
    with Standin(world, page_size=70) as aws:
        again = read(aws, BIG.settings, as_of=whole.taken_at)
    assert _things(again) == _things(whole)
    assert as_bytes(again, BIG.settings) == as_bytes(whole, BIG.settings)


def _things(recording: Recording) -> dict[str, set[str]]:
    """All that each operation gave, however it was batched."""
    found: dict[str, set[str]] = {}
    for one in recording.facts:
        for key, value in (one.response or {}).items():
            things = value if isinstance(value, list) else [value]
            found.setdefault(f"{one.call.name} {key}", set()).update(json.dumps(thing) for thing in things)
    return found


def test_batches_stay_within_what_aws_takes() -> None:
    """More of everything than one request may name: the stand-in refuses what AWS would."""
    wide = Stack(mappings=12, balancers=1, instances=203, tasks=240, groups=4)
    with Standin(World(wide.recording)) as aws:
        found = read(aws, wide.settings)
    assert not gaps(found)
    assert {one.status for one in aws.log} == {200}
    assert aws.calls["ecs:DescribeServices"] == ceil(12 / 10)
    assert aws.calls["ec2:DescribeInstances"] == ceil(203 / 200)
    assert aws.calls["ecs:DescribeContainerInstances"] == ceil(203 / 100)
    assert len(list(discover(found, wide.settings, source="live").instances)) == 203


def test_calls_run_side_by_side_within_each_service_s_limit(world: World) -> None:
    with Standin(world, latency=0.2) as aws:  # long enough that even a busy machine sends what may go
        read(aws, BIG.settings)
    assert max(one.in_flight for one in aws.log) > max(LIMITS.values()) / 3
    for entry in aws.log:
        budget = BUDGET_OF.get(entry.service, entry.service)
        assert _at_once(aws, entry.started, budget) <= LIMITS[budget]


def _at_once(aws: Standin, moment: float, budget: str) -> int:
    mine = (one for one in aws.log if BUDGET_OF.get(one.service, one.service) == budget)
    return sum(1 for one in mine if one.started <= moment < one.ended)
