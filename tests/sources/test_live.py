"""The live source against moto's server with the article's stack: what is read, and what failures leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.moto_stack.build import DOMAIN, REGION, SECRET
from tests.moto_stack.server import Fault, Stand
from tests.older import CUT, LACKED
from vpclink_checks.checks.judging import Rules
from vpclink_checks.errors import CollectError
from vpclink_checks.run import Gathered, Target, judge
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import ALLOWED, TABLE, action_of, wanted
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.live import session
from vpclink_checks.sources.live.collect import collect

pytestmark = pytest.mark.usefixtures("aws")

# One call for each fact that differs by what it is asked about; everything else in one.
CALLS = {
    "acm:DescribeCertificate": 1,
    "apigateway:GetBasePathMappings": 1,
    "apigateway:GetDeployments": 2,
    "apigateway:GetDomainName": 1,
    "apigateway:GetExport": 2,
    "apigateway:GetGatewayResponses": 2,
    "apigateway:GetResources": 2,
    "apigateway:GetRestApi": 2,
    "apigateway:GetStage": 2,
    "apigateway:GetVpcLink": 1,
    "apigatewayv2:GetApiMappings": 1,
    "apigatewayv2:GetDomainName": 1,
    "apigatewayv2:ListRoutingRules": 1,
    "autoscaling:DescribeAutoScalingGroups": 1,
    "autoscaling:DescribeLaunchConfigurations": 1,
    "cloudfront:ListVpcOrigins": 1,
    "ec2:DescribeInstances": 1,
    "ec2:DescribeInternetGateways": 1,
    "ec2:DescribeNetworkAcls": 1,
    "ec2:DescribeNetworkInterfaces": 1,
    "ec2:DescribeRouteTables": 1,
    "ec2:DescribeSecurityGroups": 1,
    "ec2:DescribeSubnets": 1,
    "ec2:DescribeVerifiedAccessEndpoints": 1,
    "ec2:DescribeVpcBlockPublicAccessExclusions": 1,
    "ec2:DescribeVpcBlockPublicAccessOptions": 1,
    "ec2:DescribeVpcEndpointServiceConfigurations": 1,
    "ec2:DescribeVpcs": 1,
    "ecs:DescribeClusters": 1,
    "ecs:DescribeContainerInstances": 1,
    "ecs:DescribeServices": 1,
    "ecs:DescribeTaskDefinition": 1,
    "ecs:DescribeTasks": 1,
    "ecs:ListClusters": 1,
    "ecs:ListContainerInstances": 1,
    "ecs:ListGateways": 1,
    "ecs:ListServices": 1,
    "ecs:ListTasks": 1,
    "elb:DescribeLoadBalancers": 1,
    "elbv2:DescribeListeners": 1,
    "elbv2:DescribeLoadBalancerAttributes": 1,
    "elbv2:DescribeLoadBalancers": 1,
    "elbv2:DescribeRules": 2,
    "elbv2:DescribeTargetGroupAttributes": 2,
    "elbv2:DescribeTargetGroups": 1,
    "elbv2:DescribeTargetHealth": 2,
    "globalaccelerator:ListAccelerators": 1,
    "globalaccelerator:ListCrossAccountAttachments": 1,
    "globalaccelerator:ListCustomRoutingAccelerators": 1,
    "route53:ListHostedZones": 1,
    "route53:ListResourceRecordSets": 1,
    "sts:GetCallerIdentity": 1,
    "vpc-lattice:ListTargetGroups": 1,
}


def settings(stand: Stand) -> EnvSettings:
    return EnvSettings(name="prod", region=REGION, domains=(DOMAIN,), endpoint_url=stand.url)


@pytest.fixture(scope="session")
def recorded(whole_stand: Stand) -> Recording:
    """The whole stack, read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "example")
        return collect(settings(whole_stand))


def test_every_path_is_followed_from_the_domain_alone(recorded: Recording, stand: Stand) -> None:
    topology = discover(recorded, settings(stand), source="live")
    assert [(path.title, path.stop, path.registration) for path in topology.paths] == [
        (f"{DOMAIN}/orders → orders/api:8080", None, "service"),
        (f"{DOMAIN}/orders → orders/status:7777", None, "service"),
    ]
    assert [one.title for one in topology.neighbours] == [f"{DOMAIN}/hello"]
    assert {one.call.name for one in recorded.facts if one.gap} == LACKED & CALLS.keys()
    assert (topology.account, topology.region, topology.source) == ("123456789012", REGION, "live")


def test_what_was_read_is_what_the_owner_built(recorded: Recording, stand: Stand) -> None:
    topology = discover(recorded, settings(stand), source="live")
    path = topology.paths[0]
    assert path.load_balancer is not None
    assert path.load_balancer.arn.partition("loadbalancer/")[2].startswith("net/orders/")
    assert path.load_balancer.internal
    assert path.destination is not None
    assert path.destination.host == path.load_balancer.dns_name
    assert [one.zone for one in topology.instances] == ["eu-west-2a", "eu-west-2b"]
    assert {one.type for one in topology.interfaces} == {"interface", "network_load_balancer"}
    assert len(topology.security_groups) == 2
    assert path.service is not None
    assert (path.service.min_percent, path.service.distinct_instance) == (50, True)
    (tasks,) = topology.tasks
    assert [binding.host_port for binding in tasks[0].containers[1].bindings] == [10001]
    assert {dict(one.agent).get("ECS_CLUSTER") for one in topology.launch_settings} == {"orders-cluster"}


def test_the_fewest_calls_and_none_outside_the_table(stand: Stand) -> None:
    told: list[str] = []
    before = datetime.now(UTC).replace(microsecond=0)
    recording = collect(settings(stand), progress=told.append)
    assert before <= recording.taken_at <= datetime.now(UTC)
    assert dict(stand.calls) == {name: count for name, count in CALLS.items() if name not in LACKED}
    assert recording.calls == stand.calls
    assert {tuple(name.split(":")) for name in stand.calls} <= ALLOWED
    assert wanted(recording.facts, settings(stand)) == []
    assert told[0] == "prod: 1 answers, 6 on the way"
    assert told[-1] == f"prod: {sum(CALLS.values())} answers, {len(LACKED & CALLS.keys())} of them refused or failed"


@pytest.mark.parametrize("name", ["prod.json", "prod.json.gz"])
def test_recorded_and_replayed_it_is_the_same(recorded: Recording, stand: Stand, tmp_path: Path, name: str) -> None:
    snapshot.write(tmp_path / name, recorded)
    replayed = snapshot.read(tmp_path / name)
    assert list(replayed.facts) == list(recorded.facts)
    live, again = (discover(one, settings(stand), source="live") for one in (recorded, replayed))
    assert again == live
    target = Target(name="prod", source="live", settings=settings(stand), rules=Rules(today=date(2026, 11, 22)))
    findings = [judge(target, Gathered(recording=one)).findings for one in (recorded, replayed)]
    assert findings[0] == findings[1]
    assert len(findings[0]) > 20


def test_no_secret_is_held(recorded: Recording) -> None:
    assert SECRET not in str(list(recorded.facts))


# One operation for each protocol and each way of writing an error.
REFUSED = [
    "apigateway_GetExport",
    "apigatewayv2_ListRoutingRules",
    "route53_ListHostedZones",
    "acm_DescribeCertificate",
    "ec2_DescribeSecurityGroups",
    "elbv2_DescribeTargetHealth",
    "ecs_DescribeServices",
    "autoscaling_DescribeAutoScalingGroups",
]


def test_what_is_denied_is_a_gap_that_names_the_iam_action(stand: Stand) -> None:
    with stand.failing(**dict.fromkeys(REFUSED, Fault(code="AccessDenied"))):
        recording = collect(settings(stand))
    gaps = [one.gap for one in recording.facts if one.gap and one.call.name not in LACKED]
    assert {gap.operation for gap in gaps} == {name.replace("_", ":", 1) for name in REFUSED} - LACKED
    assert {gap.code for gap in gaps} == {"AccessDenied"}
    for answer in recording.facts:
        if answer.gap and answer.call.name not in LACKED:
            assert answer.gap.action == action_of(answer.call)
            assert "is not authorized" in answer.gap.message
    assert wanted(recording.facts, settings(stand)) == []


@pytest.mark.parametrize("row", TABLE[1:], ids=lambda row: row.name)
def test_no_denied_call_is_fatal_nor_asked_again(row: object, recorded: Recording, stand: Stand) -> None:
    """On the facts alone: the collector's loop over what AWS would have said."""
    from tests.sources.demo_facts import refused  # noqa: PLC0415
    from tests.sources.test_calls import collected  # noqa: PLC0415

    denied = getattr(row, "name")  # noqa: B009
    facts, _ = collected(
        settings(stand),
        lambda call: (recorded.facts.get(call) if call.name != denied else None) or refused(call, "AccessDenied"),
    )
    topology = discover(
        Recording(recorded.account, recorded.region, recorded.taken_at, facts), settings(stand), source="live"
    )
    assert topology.paths


UNIMPLEMENTED = (
    b"<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
)
BROKEN = {
    "ec2_DescribeVpcBlockPublicAccessOptions": Fault(status=500, body=UNIMPLEMENTED),
    "ecs_ListClusters": Fault(status=500, body=UNIMPLEMENTED),
    "elbv2_DescribeRules": Fault(status=500, body=b"{}"),
    "apigatewayv2_ListRoutingRules": Fault(status=404, body=UNIMPLEMENTED),
    "apigateway_GetExport": Fault(status=500, body=b""),
    "apigateway_GetDeployments": Fault(status=200, body=b"[1, 2"),
    "acm_DescribeCertificate": Fault(status=200, body=b"{}", cut=True),
    "apigateway_GetBasePathMappings": Fault(status=200, body=b"[]"),
    "route53_ListHostedZones": Fault(status=200, body=b"<html>"),
    "ec2_DescribeRouteTables": Fault(status=200, body=UNIMPLEMENTED),
    "ec2_DescribeSubnets": Fault(status=200, body=b"<DescribeSubnetsResponse/>", cut=True),
    "ec2_DescribeNetworkAcls": Fault(status=200, body=b"<a/>", late_s=3),
    "autoscaling_DescribeAutoScalingGroups": Fault(code="Throttling", status=400),
}


def test_whatever_comes_over_the_wire_is_a_gap_and_never_an_exception(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ATTEMPTS", 1)
    monkeypatch.setattr(session, "READ_S", 1)
    with stand.failing(**BROKEN):
        recording = collect(settings(stand))
    codes = {one.gap.operation: one.gap.code for one in recording.facts if one.gap}
    assert set(codes) == {name.replace("_", ":", 1) for name in BROKEN} | (LACKED & CALLS.keys())
    assert codes["ec2:DescribeNetworkAcls"] == "Timeout"
    assert codes["autoscaling:DescribeAutoScalingGroups"] == "Throttling"
    mangled = ("ec2:DescribeSubnets", "apigateway:GetDeployments", "acm:DescribeCertificate")
    assert {codes[name] for name in mangled} == {"UnreadableAnswerError", CUT}
    assert all(one.gap.message for one in recording.facts if one.gap)
    assert discover(recording, settings(stand), source="live").paths


DEEP = b'{"clusters": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
VPC = b"<item><vpcId>vpc-1</vpcId><vpcId>vpc-2</vpcId></item>"
TWICE = b"<DescribeVpcsResponse><vpcSet>" + VPC + b"</vpcSet></DescribeVpcsResponse>"


@pytest.mark.parametrize(
    ("name", "body"), [("ecs_DescribeClusters", DEEP), ("ec2_DescribeVpcs", TWICE)], ids=["nested", "twice"]
)
def test_what_no_parser_takes_is_a_gap_that_can_be_recorded(
    stand: Stand, tmp_path: Path, name: str, body: bytes
) -> None:
    with stand.failing(**{name: Fault(status=200, body=body)}):
        recording = collect(settings(stand))
    gaps = {one.gap.operation: one.gap.code for one in recording.facts if one.gap}
    assert gaps[name.replace("_", ":")] == "UnreadableAnswerError"
    snapshot.write(tmp_path / "prod.json", recording)
    assert [one.gap for one in snapshot.read(tmp_path / "prod.json").facts] == [one.gap for one in recording.facts]


def test_requests_are_counted_as_they_went_out(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries after the first count too; what was never sent does not."""
    monkeypatch.setattr(session, "ATTEMPTS", 2)
    with stand.failing(ecs_ListClusters=Fault(code="ServerException", status=500)):
        recording = collect(settings(stand))
    assert dict(recording.calls) == dict(stand.calls)
    assert recording.calls["ecs:ListClusters"] == 2


def test_nobody_s_credentials_are_read_no_further(stand: Stand) -> None:
    nobody = b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"
    with stand.failing(sts_GetCallerIdentity=Fault(status=200, body=nobody)), pytest.raises(CollectError) as caught:
        collect(settings(stand))
    assert str(caught.value) == ("env.prod: AWS did not say whose credentials these are: nothing else was read")


def test_another_account_stops_before_anything_else_is_read(stand: Stand) -> None:
    with pytest.raises(CollectError, match="are of account 123456789012, but the config says account 111122223333"):
        collect(replace(settings(stand), account="111122223333"))
    assert stand.calls == Counter({"sts:GetCallerIdentity": 1})


def test_the_right_account_goes_on(stand: Stand) -> None:
    assert collect(replace(settings(stand), account="123456789012", domains=())).account == "123456789012"


def test_a_role_is_assumed_with_its_external_id(stand: Stand) -> None:
    role = replace(settings(stand), role_arn="arn:aws:iam::111122223333:role/audit", external_id="x-1")
    recording = collect(role)
    assert recording.account == "111122223333"
    assert stand.calls["sts:AssumeRole"] == 1
    assert "ExternalId=x-1" in stand.bodies["sts:AssumeRole"]
    (domain,) = recording.facts.of("apigateway", "GetDomainName")
    assert domain.gap is not None
    assert domain.gap.code == "NotFoundException"


def test_a_role_that_may_not_be_assumed_is_one_line(stand: Stand) -> None:
    role = replace(settings(stand), role_arn="arn:aws:iam::111122223333:role/audit")
    with stand.failing(sts_AssumeRole=Fault(code="AccessDenied")), pytest.raises(CollectError) as caught:
        collect(role)
    assert str(caught.value).startswith("env.prod: the role arn:aws:iam::111122223333:role/audit cannot be assumed")
    assert "\n" not in str(caught.value)


def test_zones_of_another_account_are_read_by_their_own_role(stand: Stand) -> None:
    elsewhere = replace(settings(stand), dns_role_arn="arn:aws:iam::111122223333:role/dns")
    recording = collect(elsewhere)
    (zones,) = recording.facts.of("route53", "ListHostedZones")
    assert recording.account == "123456789012"
    assert zones.response is not None
    assert zones.response["HostedZones"] == []


def test_zones_behind_a_closed_role_are_a_gap(stand: Stand) -> None:
    elsewhere = replace(settings(stand), dns_role_arn="arn:aws:iam::111122223333:role/dns")
    with stand.failing(sts_AssumeRole=Fault(code="AccessDenied")):
        recording = collect(elsewhere)
    (zones,) = recording.facts.of("route53", "ListHostedZones")
    assert zones.gap is not None
    assert "cannot be assumed" in zones.gap.message
    assert {one.gap.operation for one in recording.facts if one.gap} == {
        "route53:ListHostedZones",
        *(LACKED & CALLS.keys()),
    }


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(code="ExpiredToken", status=403), "the AWS credentials have expired (ExpiredToken): log in again"),
        (
            Fault(code="InvalidClientTokenId", status=403),
            "AWS refuses to say whose credentials these are (Invalid",
        ),
        (Fault(status=404, body=UNIMPLEMENTED), "env.prod: AWS cannot be asked: Unable to parse response"),
    ],
)
def test_credentials_that_do_not_work_are_one_line(stand: Stand, fault: Fault, says: str) -> None:
    with stand.failing(sts_GetCallerIdentity=fault), pytest.raises(CollectError) as caught:
        collect(settings(stand))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
