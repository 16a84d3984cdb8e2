"""Describe answers to the model: odd spellings, absent fields, words that nobody has heard of."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.sources import (
    aws_shapes_api,
    aws_shapes_balancing,
    aws_shapes_compute,
    aws_shapes_domain,
    aws_shapes_ecs,
    aws_shapes_export,
    aws_shapes_network,
)
from vpclink_checks.sources.aws_shapes import moment

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Resource":"*","Condition":{"A":{"b":"c\\\\d"}}}]}'


@pytest.mark.parametrize(
    "given_time",
    [
        datetime(2026, 11, 2, 9, tzinfo=UTC),
        datetime(2026, 11, 2, 9),
        "2026-11-02T09:00:00+00:00",
        "2026-11-02T09:00:00Z",
        "2026-11-02T10:00:00+01:00",
        datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp(),
    ],
)
def test_a_moment_in_every_spelling(given_time: object) -> None:
    assert moment(given_time) == datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("nothing", [None, "", "soon", True, [], {}])
def test_what_is_no_moment(nothing: object) -> None:
    assert moment(nothing) is None


@pytest.mark.parametrize("written", [POLICY, json.dumps(POLICY)[1:-1]], ids=["plain", "escaped"])
def test_a_policy_is_json_however_it_came(written: str) -> None:
    api = aws_shapes_api.api_v1({"id": "a", "name": "orders", "policy": written})
    assert json.loads(api.policy) == json.loads(POLICY)


def test_a_policy_that_cannot_be_read_stays_as_it_is() -> None:
    assert aws_shapes_api.policy_text("{not json") == "{not json"


def test_the_root_mapping_has_no_key() -> None:
    raw = {"basePath": "(none)", "restApiId": "a", "stage": "(none)"}
    assert asdict(aws_shapes_domain.mapping_v1(raw, "d")) == {"domain": "d", "key": "", "api_id": "a", "stage": ""}
    assert aws_shapes_domain.mapping_v2({"ApiId": "a", "Stage": "prod"}, "d").key == ""


def test_an_edge_domain() -> None:
    raw = {
        "domainName": "API.example.com",
        "distributionDomainName": "D111.cloudfront.net",
        "distributionHostedZoneId": "Z2FDTNDATAQYW2",
        "certificateArn": "arn:c",
    }
    domain = aws_shapes_domain.domain_v1(raw)
    (endpoint,) = domain.endpoints
    assert (domain.name, endpoint.type, endpoint.dns_name) == ("api.example.com", "EDGE", "d111.cloudfront.net")


def test_a_domain_in_migration_has_both_endpoints() -> None:
    raw = {
        "domainName": "api.example.com",
        "regionalDomainName": "d-1.execute-api.eu-west-2.amazonaws.com",
        "distributionDomainName": "d1.cloudfront.net",
        "endpointConfiguration": {"types": ["EDGE", "REGIONAL"]},
    }
    assert [one.dns_name for one in aws_shapes_domain.domain_v1(raw).endpoints] == [
        "d1.cloudfront.net",
        "d-1.execute-api.eu-west-2.amazonaws.com",
    ]


def test_version_2_words_for_routing_modes_become_those_of_version_1() -> None:
    for second, first in aws_shapes_domain.V1_ROUTING_MODES.items():
        assert aws_shapes_domain.domain_v2({"DomainName": "d", "RoutingMode": second}).routing_mode == first
    assert aws_shapes_domain.domain_v2({"RoutingMode": "BRAND_NEW"}).routing_mode == "BRAND_NEW"


def test_a_domain_of_version_2_shows_the_state_that_is_not_available() -> None:
    states = [{"DomainNameStatus": "AVAILABLE"}, {"DomainNameStatus": "UPDATING"}]
    assert aws_shapes_domain.domain_v2({"DomainName": "d", "DomainNameConfigurations": states}).status == "UPDATING"


def test_a_rule_is_all_of_its_conditions_each_any_of_its_values() -> None:
    raw = {
        "Priority": 5,
        "Conditions": [
            {"MatchBasePaths": {"AnyOf": ["orders", "shop"]}},
            {"MatchHeaders": {"AnyOf": [{"Header": "x-a", "ValueGlob": "1*"}, {"Header": "x-b", "ValueGlob": "2"}]}},
            {"MatchHeaders": {"AnyOf": [{"Header": "x-c", "ValueGlob": "3"}]}},
        ],
        "Actions": [{"InvokeApi": {"ApiId": "a", "Stage": "prod", "StripBasePath": True}}],
    }
    rule = aws_shapes_domain.routing_rule(raw, "d")
    assert rule.base_paths == ("orders", "shop")
    assert rule.headers == ((("x-a", "1*"), ("x-b", "2")), (("x-c", "3"),))
    assert (rule.api_id, rule.strip_base_path, rule.catch_all) == ("a", True, False)


def test_a_certificate_whose_renewal_waits_for_a_name() -> None:
    raw = {
        "DomainName": "Example.com",
        "SubjectAlternativeNames": ["*.example.com"],
        "Status": "ISSUED",
        "RenewalSummary": {
            "RenewalStatus": "PENDING_VALIDATION",
            "DomainValidationOptions": [{"DomainName": "example.com", "ValidationStatus": "PENDING_VALIDATION"}],
        },
    }
    certificate = aws_shapes_domain.certificate(raw)
    assert certificate.names == ("*.example.com",), "callers look at the alternative names alone"
    assert certificate.pending_names == ("example.com",)
    assert certificate.renewal_status == "PENDING_VALIDATION"


def test_a_throttle_that_is_not_set_is_none() -> None:
    settings = {
        "*/*": {"throttlingRateLimit": 10000.0, "throttlingBurstLimit": 5000},
        "~1/GET": {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1},
        "~1a/GET": {"metricsEnabled": True},
    }
    (throttle,) = aws_shapes_api.stage_v1({"stageName": "prod", "methodSettings": settings}, "a").throttles
    assert (throttle.path, throttle.rate, throttle.burst) == ("*/*", 10000.0, 5000)


def export(*, security: object = None, default: object = None, scheme: dict[str, Any] | None = None) -> Any:
    operation: dict[str, Any] = {aws_shapes_export.INTEGRATION: {"type": "mock"}}
    if security is not None:
        operation["security"] = security
    document: dict[str, Any] = {"paths": {"/": {"get": operation}}, "components": {"securitySchemes": {"s": scheme}}}
    return document | ({"security": default} if default is not None else {})


SIGV4 = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
POOL = {"type": "apiKey", "x-amazon-apigateway-authtype": "cognito_user_pools"}
LAMBDA = {"x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": {"type": "request"}}
JWT = {"type": "oauth2", "x-amazon-apigateway-authorizer": {"type": "jwt"}}


@pytest.mark.parametrize(
    ("scheme", "kind", "key"),
    [
        (SIGV4, "AWS_IAM", False),
        (KEY, "NONE", True),
        (POOL, "COGNITO_USER_POOLS", False),
        (LAMBDA, "CUSTOM", False),
        (JWT, "JWT", False),
        ({"type": "mutualTLS"}, "CUSTOM", False),
    ],
)
def test_what_an_export_says_of_authorization(scheme: dict[str, Any], kind: str, key: bool) -> None:
    for document in (export(security=[{"s": []}], scheme=scheme), export(default=[{"s": []}], scheme=scheme)):
        (route,) = aws_shapes_export.exported_routes(document, "a")
        assert (route.authorization, route.api_key_required) == (kind, key)


def test_an_operation_may_lift_the_documents_authorization() -> None:
    (route,) = aws_shapes_export.exported_routes(export(security=[], default=[{"s": []}], scheme=SIGV4), "a")
    assert route.authorization == "NONE"


def test_an_operation_may_name_its_authorization_itself() -> None:
    document = export()
    document["paths"]["/"]["get"]["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
    (route,) = aws_shapes_export.exported_routes(document, "a")
    assert route.authorization == "AWS_IAM"


def test_an_integration_by_reference() -> None:
    document = export()
    document["paths"]["/"]["get"][aws_shapes_export.INTEGRATION] = {
        "$ref": "#/components/x-amazon-apigateway-integrations/backend"
    }
    document["components"]["x-amazon-apigateway-integrations"] = {"backend": {"type": "HTTP_PROXY", "uri": "http://a"}}
    (route,) = aws_shapes_export.exported_routes(document, "a")
    assert route.integration is not None
    assert route.integration.uri == "http://a"


def test_an_action_may_name_its_group_in_either_place() -> None:
    short = {"Type": "forward", "TargetGroupArn": "arn:g"}
    long = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "arn:g"}]}}
    assert aws_shapes_balancing.action(short) == aws_shapes_balancing.action(long)


def test_the_default_rule_is_no_rule() -> None:
    assert aws_shapes_balancing.listener_rule({"Priority": "default", "IsDefault": True}) is None


@pytest.mark.parametrize("field", ["Values", "own"])
def test_a_condition_lists_its_values_in_either_place(field: str) -> None:
    values = {"Values": ["/a", "/b"]}
    condition = {"Field": "path-pattern", **(values if field == "Values" else {"PathPatternConfig": values})}
    rule = aws_shapes_balancing.listener_rule({"Priority": "3", "Conditions": [condition]})
    assert rule is not None
    assert rule.conditions == (("path-pattern", ("/a", "/b")),)


def test_a_network_listeners_rule_tells_address_types() -> None:
    """botocore model, SourceIpConditionConfig.IpAddressType."""
    condition = {"Field": "source-ip", "SourceIpConfig": {"IpAddressType": "ipv6"}}
    rule = aws_shapes_balancing.listener_rule({"Priority": "1", "Conditions": [condition]})
    assert rule is not None
    assert rule.conditions == (("source-ip", ("ipv6",)),)


def test_every_source_of_a_permission_is_a_rule() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 1,
        "ToPort": 2,
        "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
        "UserIdGroupPairs": [{"GroupId": "sg-1"}],
    }
    group = aws_shapes_network.security_group({"GroupId": "sg", "IpPermissions": [permission]})
    assert [rule.peer for rule in group.ingress] == ["0.0.0.0/0", "::/0", "pl-1", "sg-1"]
    assert {(rule.from_port, rule.to_port) for rule in group.ingress} == {(1, 2)}
    assert group.ingress[0].description == "all"


@pytest.mark.parametrize(
    ("owner", "user", "account"),
    [
        pytest.param("123456789012", "111122223333", "111122223333", id="another account's"),
        pytest.param("123456789012", "123456789012", "", id="its own account's"),
        pytest.param("123456789012", "", "", id="not told"),
        pytest.param("", "123456789012", "", id="nothing to compare with"),
    ],
)
def test_whose_group_a_rule_refers_to(owner: str, user: str, account: str) -> None:
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": user}]}
    group = aws_shapes_network.security_group(
        {"OwnerId": owner, "IpPermissions": [rule], "IpPermissionsEgress": [rule]}
    )
    assert group.account_id == owner
    assert [one.account_id for one in (*group.ingress, *group.egress)] == [account] * 2


def test_a_protocol_without_ports_has_none() -> None:
    (rule,) = aws_shapes_network.security_group(
        {"IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}
    ).ingress
    assert (rule.from_port, rule.to_port) == (None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("GatewayId", "igw-1"),
        ("NatGatewayId", "nat-1"),
        ("TransitGatewayId", "tgw-1"),
        ("VpcPeeringConnectionId", "pcx-1"),
        ("EgressOnlyInternetGatewayId", "eigw-1"),
        ("NetworkInterfaceId", "eni-1"),
    ],
)
def test_a_routes_target_whatever_it_is(key: str, value: str) -> None:
    raw = {"RouteTableId": "rtb", "Routes": [{"DestinationIpv6CidrBlock": "::/0", key: value, "State": "blackhole"}]}
    (route,) = aws_shapes_network.route_table(raw).routes
    assert (route.destination, route.target, route.state) == ("::/0", value, "blackhole")


def test_a_route_to_an_instance_goes_by_its_interface() -> None:
    raw = {"Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"}]}
    assert aws_shapes_network.route_table(raw).routes[0].target == "eni-1"


def test_an_association_that_is_gone_is_none() -> None:
    gone = {"SubnetId": "subnet-1", "AssociationState": {"State": "disassociated"}}
    assert aws_shapes_network.route_table({"Associations": [gone, {"SubnetId": "subnet-2"}]}).subnet_ids == (
        "subnet-2",
    )


def test_a_public_address_belongs_to_the_private_one_it_is_mapped_on() -> None:
    addresses = [
        {"PrivateIpAddress": "10.0.0.1", "Primary": True},
        {"PrivateIpAddress": "10.0.0.2", "Primary": False, "Association": {"PublicIp": "198.51.100.1"}},
    ]
    interface = aws_shapes_network.interface({"NetworkInterfaceId": "eni", "PrivateIpAddresses": addresses})
    assert [(one.address, one.public, one.primary) for one in interface.addresses] == [
        ("10.0.0.1", "", True),
        ("10.0.0.2", "198.51.100.1", False),
    ]


def test_prefixes_are_delegated_and_one_ipv6_address_may_be_the_primary_one() -> None:
    raw = {
        "NetworkInterfaceId": "eni",
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}, {"Ipv6Address": "2001:db8::2", "IsPrimaryIpv6": True}],
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.0.32/28"}],
        "Ipv6Prefixes": [{"Ipv6Prefix": "2001:db8:0:1::/80"}],
    }
    interface = aws_shapes_network.interface(raw)
    assert (interface.ipv6, interface.primary_ipv6) == (("2001:db8::1", "2001:db8::2"), "2001:db8::2")
    assert interface.prefixes == ("10.0.0.32/28", "2001:db8:0:1::/80")


USER_DATA = """#!/bin/bash
cat <<EOF > /etc/ecs/ecs.config
ECS_CLUSTER=orders-cluster
ECS_RESERVED_PORTS="[22, 2375]"
ECS_DYNAMIC_HOST_PORT_RANGE=40000-50000
ECS_ENGINE_AUTH_DATA={"registry":{"password":"hunter2"}}
EOF
export MY_ECS_CLUSTER=not-this
"""


@pytest.mark.parametrize("encoded", [True, False])
def test_user_data_gives_the_agents_settings_and_nothing_else(encoded: bool) -> None:
    given_data = base64.b64encode(USER_DATA.encode()).decode() if encoded else USER_DATA
    assert aws_shapes_compute.agent_settings(given_data) == {
        "ECS_CLUSTER": "orders-cluster",
        "ECS_RESERVED_PORTS": "[22, 2375]",
        "ECS_DYNAMIC_HOST_PORT_RANGE": "40000-50000",
    }


@pytest.mark.parametrize("broken", ["", "====", "gAAA", "not base64 at all"])
def test_user_data_that_says_nothing(broken: str) -> None:
    assert aws_shapes_compute.agent_settings(broken) == {}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"LaunchConfigurationName": "lc"}, "launch-configuration:lc"),
        ({"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "3"}}, "launch-template:lt-1:3"),
        ({"LaunchTemplate": {"LaunchTemplateName": "hosts"}}, "launch-template:hosts:$Default"),
        (
            {"MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-2"}}}},
            "launch-template:lt-2:$Default",
        ),
        ({}, ""),
    ],
)
def test_what_a_group_launches_by(raw: dict[str, Any], key: str) -> None:
    assert aws_shapes_compute.auto_scaling_group(raw).launch == key


def test_a_template_says_what_its_first_interface_says() -> None:
    interfaces = [
        {"DeviceIndex": 1, "Groups": ["sg-2"], "AssociatePublicIpAddress": False},
        {"DeviceIndex": 0, "Groups": ["sg-1"], "AssociatePublicIpAddress": True},
    ]
    raw = {"LaunchTemplateId": "lt-1", "VersionNumber": 2, "LaunchTemplateData": {"NetworkInterfaces": interfaces}}
    launch = aws_shapes_compute.launch_template(raw)
    assert (launch.id, launch.public_address, launch.security_group_ids) == ("lt-1:2", True, ("sg-1",))


def test_a_bound_range_is_opened_up() -> None:
    binding = {
        "bindIP": "0.0.0.0",
        "containerPortRange": "8000-8002",
        "hostPortRange": "32768-32770",
        "protocol": "tcp",
    }
    task = aws_shapes_ecs.task({"containers": [{"name": "a", "networkBindings": [binding]}]})
    assert [(one.container_port, one.host_port) for one in task.containers[0].bindings] == [
        (8000, 32768),
        (8001, 32769),
        (8002, 32770),
    ]


def test_a_daemon_has_percentages_of_its_own() -> None:
    service = aws_shapes_ecs.service({"schedulingStrategy": "DAEMON"})
    assert (service.min_percent, service.max_percent) == (0, 100)


def test_a_word_that_nobody_has_heard_of_stays() -> None:
    assert aws_shapes_api.link_v2({"VpcLinkStatus": "SLEEPING"}).status == "SLEEPING"
    assert aws_shapes_balancing.target({"TargetHealth": {"State": "dozing"}}).state == "dozing"
    assert aws_shapes_balancing.load_balancer({"Type": "quantum"}).type == "quantum"


def test_a_host_port_of_0_is_not_an_absent_one() -> None:
    mappings = [{"containerPort": 80, "hostPort": 0}, {"containerPort": 81}]
    definition = aws_shapes_ecs.task_definition({"containerDefinitions": [{"name": "a", "portMappings": mappings}]})
    assert [one.host_port for one in definition.containers[0].port_mappings] == [0, None]


SHAPES: list[Callable[..., Any]] = [
    aws_shapes_domain.domain_v1,
    aws_shapes_domain.domain_v2,
    aws_shapes_domain.certificate,
    aws_shapes_domain.hosted_zone,
    aws_shapes_api.api_v1,
    aws_shapes_api.api_v2,
    aws_shapes_api.integration_v1,
    aws_shapes_api.integration_v2,
    aws_shapes_api.link_v1,
    aws_shapes_api.link_v2,
    aws_shapes_balancing.load_balancer,
    aws_shapes_balancing.listener,
    aws_shapes_balancing.target_group,
    aws_shapes_balancing.target,
    aws_shapes_network.vpc,
    aws_shapes_network.subnet,
    aws_shapes_network.interface,
    aws_shapes_network.security_group,
    aws_shapes_network.network_acl,
    aws_shapes_network.route_table,
    aws_shapes_network.internet_gateway,
    aws_shapes_compute.instance,
    aws_shapes_compute.auto_scaling_group,
    aws_shapes_compute.launch_configuration,
    aws_shapes_compute.launch_template,
    aws_shapes_ecs.cluster,
    aws_shapes_ecs.service,
    aws_shapes_ecs.task,
    aws_shapes_ecs.task_definition,
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda one: one.__name__)
def test_an_empty_answer_is_no_crash(shape: Any) -> None:
    assert shape({}) is not None


@given(st.data())
def test_an_answer_of_odd_values_is_no_crash(data: st.DataObject) -> None:
    """Whatever a hand-made file puts in the fields that a shape reads."""
    shape = data.draw(st.sampled_from(SHAPES))
    asked: set[str] = set()

    class Spy(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    shape(Spy())
    values = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.dictionaries(st.text(), st.text())
    shape({key: data.draw(values) for key in sorted(asked)})
