"""The stand-in is worth trusting: what it serves is what its facts say, asked in whatever way AWS can be asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st

from tests.older import LACKED, as_read_here
from tests.sources.demo_facts import SETTINGS, demo
from tests.standin import cbor
from tests.standin.faults import DENIED, EXPIRED, THROTTLED, Codes, denied, expired, newer, throttled
from tests.standin.runs import as_bytes, read
from tests.standin.server import Standin
from tests.standin.stack_front import ACCOUNT, answer, balancer_arn, group_arn, instance_id
from tests.standin.stack_hosts import CLUSTER
from tests.standin.stacks import Stack
from tests.standin.world import World
from vpclink_checks.sources.facts import Facts, Recording

DEMO = World(demo())
SMALL = World(Stack(mappings=3, balancers=2, instances=12, tasks=30, groups=6).recording)
SESSION = botocore.session.Session()
FLAGS = {"IsTruncated"}  # of a page; the joined answer has none


@pytest.mark.parametrize("page_size", [0, 1, 2, 3])
def test_what_is_read_from_the_stand_in_is_what_its_facts_say(page_size: int) -> None:
    with Standin(DEMO, page_size=page_size) as aws:
        found = read(aws, SETTINGS, as_of=demo().taken_at)
    told = as_read_here(demo())
    assert _whole(found) == _whole(told)
    assert as_bytes(found, SETTINGS) == as_bytes(told, SETTINGS)
    assert aws.calls == {name: count for name, count in found.calls.items() if name not in LACKED}
    assert (len(aws.log) > sum(one.call.name not in LACKED for one in demo().facts)) is (page_size in (1, 2, 3))


def _whole(recording: Recording) -> dict[Any, Any]:
    held = {one.call.key: dict(one.response or {}) for one in recording.facts}
    return {key: {name: value for name, value in one.items() if name not in FLAGS} for key, one in held.items()}


@pytest.fixture(scope="module")
def small() -> Iterator[Standin]:
    with Standin(SMALL) as aws:
        yield aws


def client(aws: Standin, service: str, region: str = "eu-west-2") -> Any:
    """A client of botocore's own, without anything of ours."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    return SESSION.create_client(service, region_name=region, endpoint_url=aws.url, config=config)


def filtered(**values: list[str]) -> dict[str, Any]:
    return {"Filters": [{"Name": name.replace("__", ".").replace("_", "-"), "Values": v} for name, v in values.items()]}


HOSTS = [instance_id(number) for number in range(12)]
SERVICES = [f"arn:aws:ecs:eu-west-2:{ACCOUNT}:service/shop/shop-{number}" for number in range(3)]
# service, method, parameters, list, how many of it there are
PICKED: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("ec2", "describe_instances", filtered(instance_id=HOSTS[:5]), "Reservations", 5),
    ("ec2", "describe_instances", filtered(instance_id=["i-0feed"]), "Reservations", 0),
    ("ec2", "describe_instances", filtered(instance_id=["i-*"]), "Reservations", 12),
    ("ec2", "describe_instances", {"Filters": [{"Name": "tag:Name", "Values": ["shop-host"]}]}, "Reservations", 12),
    ("ec2", "describe_instances", {"Filters": [{"Name": "tag:Name", "Values": ["x"]}]}, "Reservations", 0),
    ("ec2", "describe_instances", filtered(instance_id=HOSTS, vpc_id=["vpc-0feed"]), "Reservations", 0),
    ("ec2", "describe_instances", {"InstanceIds": HOSTS[2:4]}, "Reservations", 2),
    ("ec2", "describe_network_interfaces", filtered(vpc_id=["vpc-0123456789abcdef0"]), "NetworkInterfaces", 16),
    ("ec2", "describe_network_interfaces", filtered(group_id=["sg-00000000000000003"]), "NetworkInterfaces", 3),
    ("ec2", "describe_network_interfaces", filtered(attachment__instance_id=HOSTS[:2]), "NetworkInterfaces", 2),
    ("ec2", "describe_security_groups", filtered(group_id=["sg-00000000000000001"]), "SecurityGroups", 1),
    ("ec2", "describe_internet_gateways", filtered(attachment__vpc_id=["vpc-0feed"]), "InternetGateways", 0),
    ("elbv2", "describe_load_balancers", {"LoadBalancerArns": [balancer_arn(1)]}, "LoadBalancers", 1),
    ("elbv2", "describe_load_balancers", {"Names": ["shop-0"]}, "LoadBalancers", 1),
    ("elbv2", "describe_target_health", {"TargetGroupArn": group_arn(2)}, "TargetHealthDescriptions", 10),
    ("ecs", "describe_services", {"cluster": "shop", "services": ["shop-1"]}, "services", 1),
    ("ecs", "describe_services", {"cluster": CLUSTER, "services": [*SERVICES, "shop-9"]}, "services", 3),
    ("ecs", "describe_services", {"cluster": CLUSTER, "services": ["shop-9"]}, "failures", 1),
    ("ecs", "list_tasks", {"cluster": CLUSTER, "serviceName": "shop-0"}, "taskArns", 10),
    ("autoscaling", "describe_launch_configurations", {"LaunchConfigurationNames": ["no"]}, "LaunchConfigurations", 0),
    ("route53", "list_resource_record_sets", {"HostedZoneId": "Z0123456789EXAMPLE"}, "ResourceRecordSets", 1),
]  # fmt: skip


@pytest.mark.parametrize(("service", "method", "params", "items", "count"), PICKED)
def test_what_is_asked_for_is_picked_from_the_facts(
    small: Standin, service: str, method: str, params: dict[str, Any], items: str, count: int
) -> None:
    found = getattr(client(small, service), method)(**params)[items]
    assert len(found) == count


MANY = [f"i-{number}" for number in range(201)]
# service, method, parameters, AWS's error, its status
REFUSED: list[tuple[str, str, dict[str, Any], str, int]] = [
    ("ec2", "describe_instances", filtered(instance_id=MANY), "FilterLimitExceeded", 400),
    ("ec2", "describe_instances", {"InstanceIds": ["i-0feed"]}, "InvalidInstanceID.NotFound", 400),
    ("ec2", "describe_route_tables", {"MaxResults": 101}, "InvalidParameterValue", 400),
    ("ecs", "describe_services", {"cluster": "shop", "services": MANY[:11]}, "InvalidParameterException", 400),
    ("ecs", "describe_tasks", {"cluster": "shop", "tasks": MANY[:101]}, "InvalidParameterException", 400),
    ("ecs", "list_tasks", {"cluster": "shop", "maxResults": 101}, "InvalidParameterException", 400),
    ("ecs", "list_services", {"cluster": "gone"}, "ClusterNotFoundException", 400),
    ("elbv2", "describe_load_balancers", {"LoadBalancerArns": MANY[:21]}, "ValidationError", 400),
    ("elbv2", "describe_load_balancers", {"PageSize": 401}, "ValidationError", 400),
    ("elbv2", "describe_target_health", {"TargetGroupArn": "arn:gone"}, "TargetGroupNotFound", 400),
    ("elbv2", "describe_listeners", {"LoadBalancerArn": "a", "Marker": "stale"}, "LoadBalancerNotFound", 400),
    ("apigateway", "get_rest_apis", {"limit": 501}, "BadRequestException", 400),
    ("apigateway", "get_vpc_link", {"vpcLinkId": "gone"}, "NotFoundException", 404),
    ("apigatewayv2", "get_api", {"ApiId": "api0000001"}, "NotFoundException", 404),
    ("route53", "list_resource_record_sets", {"HostedZoneId": "ZGONE"}, "NoSuchHostedZone", 404),
    (
        "acm",
        "describe_certificate",
        {"CertificateArn": "arn:aws:acm:eu-west-2:123456789012:certificate/gone"},
        "ResourceNotFoundException",
        400,
    ),
    ("ecs", "delete_service", {"cluster": "shop", "service": "shop-0"}, "UnknownOperationException", 404),
    ("ec2", "terminate_instances", {"InstanceIds": HOSTS}, "UnknownOperationException", 404),
    ("apigateway", "delete_rest_api", {"restApiId": "api0000001"}, "UnknownOperationException", 404),
    ("elb", "delete_load_balancer", {"LoadBalancerName": "shop"}, "UnknownOperationException", 404),
    ("iam", "list_users", {}, "UnknownOperationException", 404),
]


@pytest.mark.parametrize(("service", "method", "params", "code", "status"), REFUSED)
def test_what_aws_would_refuse_is_refused_in_its_words(
    small: Standin, service: str, method: str, params: dict[str, Any], code: str, status: int
) -> None:
    small.forget()
    with pytest.raises(ClientError) as caught:
        getattr(client(small, service), method)(**params)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    (entry,) = small.log
    assert (entry.service, entry.operation, entry.status) == (service, _operation(method), status)


def _operation(method: str) -> str:
    return "".join(part.capitalize() for part in method.split("_"))


PROTOCOLS = {
    "ec2": ("ec2", "describe_vpcs"),
    "query": ("elbv2", "describe_load_balancers"),
    "json": ("ecs", "list_clusters"),
    "rest-json": ("apigateway", "get_rest_apis"),
    "rest-xml": ("route53", "list_hosted_zones"),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("fault", "codes"), [(denied, DENIED), (throttled, THROTTLED), (expired, EXPIRED)])
def test_errors_are_in_the_words_of_each_protocol(protocol: str, fault: Any, codes: Codes) -> None:
    service, method = PROTOCOLS[protocol]
    with Standin(SMALL, faults=(fault(f"{service}:*"),)) as aws, pytest.raises(ClientError) as caught:
        getattr(client(aws, service), method)()
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == codes[protocol]


def test_a_fault_may_happen_a_number_of_times_and_begin_late() -> None:
    with Standin(SMALL, faults=(throttled("ecs:*", times=1), expired("sts:*", after=3))) as aws:
        ecs, sts = client(aws, "ecs"), client(aws, "sts")
        sts.get_caller_identity()
        with pytest.raises(ClientError, match="ThrottlingException"):
            ecs.list_clusters()
        ecs.list_clusters()
        with pytest.raises(ClientError, match="ExpiredToken"):
            sts.get_caller_identity()
    assert [one.status for one in aws.log] == [200, 400, 200, 403]


def test_the_log_says_who_asked_what_and_when(small: Standin) -> None:
    small.forget()
    client(small, "elbv2").describe_target_health(TargetGroupArn=group_arn(0))
    (entry,) = small.log
    assert entry.name == "elbv2:DescribeTargetHealth"
    assert entry.action == "elasticloadbalancing:DescribeTargetHealth"
    assert (entry.params, entry.region) == ({"TargetGroupArn": group_arn(0)}, "eu-west-2")
    assert (entry.in_flight, entry.of_service, entry.status) == (1, 1, 200)
    assert entry.ended >= entry.started


def test_another_region_holds_nothing_but_what_is_the_whole_partition_s(small: Standin) -> None:
    elsewhere = "us-east-1"
    assert client(small, "ec2", elsewhere).describe_vpcs()["Vpcs"] == []
    assert client(small, "elbv2", elsewhere).describe_load_balancers()["LoadBalancers"] == []
    with pytest.raises(ClientError, match="NotFoundException"):
        client(small, "apigateway", elsewhere).get_rest_api(restApiId="api0000001")
    assert client(small, "route53", elsewhere).list_hosted_zones()["HostedZones"] != []


def test_a_later_aws_says_more_than_botocore_knows() -> None:
    with Standin(SMALL) as aws:
        plain = {name: _read(aws, name) for name in PROTOCOLS}
        with aws.failing(newer("*")):
            assert {name: _read(aws, name) for name in PROTOCOLS} == plain


def _read(aws: Standin, protocol: str) -> dict[str, Any]:
    service, method = PROTOCOLS[protocol]
    answer = getattr(client(aws, service), method)()
    del answer["ResponseMetadata"]
    return dict(answer)


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda one: st.lists(one, max_size=5) | st.dictionaries(st.text(max_size=5), one, max_size=5),
    max_leaves=12,
)


@given(DOCUMENTS)
@example(["x" * 300] * 300)
@example({str(number): number for number in range(70000)})
def test_cbor_is_read_as_it_was_written(document: Any) -> None:
    assert cbor.decoded(cbor.encoded(document)) == document


def test_cbor_as_botocore_writes_it() -> None:
    """Cloud Map speaks it where botocore prefers it: its answer must be read, whatever botocore's version."""
    namespace = {"Id": "ns-0123456789abcdef", "Name": "shop.local", "Type": "DNS_PRIVATE", "ServiceCount": 3}
    held = answer("servicediscovery:GetNamespace", {"Id": namespace["Id"]}, {"Namespace": namespace})
    recording = replace(SMALL.recording, facts=Facts([held]))
    assert recording.facts.of("servicediscovery", "GetNamespace")
    model = SESSION.get_service_model("servicediscovery")
    with Standin(World(recording)) as aws, pytest.raises(ClientError) as caught:
        client(aws, "servicediscovery").get_namespace(Id=namespace["Id"])
    (entry,) = aws.log
    assert (entry.name, entry.params) == ("servicediscovery:GetNamespace", {"Id": namespace["Id"]})
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"  # not in the table: said in CBOR
    assert model.metadata["protocol"]


def test_a_client_that_is_killed_while_it_sends_breaks_nothing() -> None:
    with Standin(World(demo())) as aws:
        host, port = urlsplit(aws.url).hostname, urlsplit(aws.url).port
        with socket.create_connection((host, port)) as killed:
            killed.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
    assert aws.log == []
