"""The front of a big stack: from the domain to the targets' health."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vpclink_checks.sources.facts import Answer, Call

Raw = dict[str, Any]
ACCOUNT, REGION, DOMAIN = "123456789012", "eu-west-2", "api.example.com"
TAKEN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MADE, DEPLOYED = "2026-10-01T08:00:00+00:00", "2026-10-20T08:00:00+00:00"
VPC, ZONES = "vpc-0123456789abcdef0", ("eu-west-2a", "eu-west-2b")
NLB_SUBNETS = ("subnet-0a2a2a2a2a2a2a2a2", "subnet-0b2b2b2b2b2b2b2b2")
NLB_CIDRS = ("10.0.1.0/24", "10.0.2.0/24")
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
GATEWAY_HOST, ZONE = f"d-0123456789.execute-api.{REGION}.amazonaws.com", "Z0123456789EXAMPLE"


def answer(name: str, params: Raw, response: Raw) -> Answer:
    """``answer("ec2:DescribeVpcs", {}, {"Vpcs": []})``."""
    service, _, operation = name.partition(":")
    return Answer(Call(service, operation, params), response)


def instance_id(number: int) -> str:
    return f"i-{number:017x}"


def host_port(service: int) -> int:
    """The host port of a service, which is also its listener's."""
    return 10000 + service


def balancer_tail(number: int) -> str:
    return f"net/shop-{number}/{number:016x}"


def balancer_arn(number: int) -> str:
    return f"{ELB}:loadbalancer/{balancer_tail(number)}"


def balancer_name(number: int) -> str:
    return f"shop-{number}-{number:016x}.elb.{REGION}.amazonaws.com"


def group_arn(service: int) -> str:
    return f"{ELB}:targetgroup/shop-{service}/{service:016x}"


def api_id(mapping: int) -> str:
    return f"api{mapping:07d}"


@dataclass(frozen=True)
class Front:
    """``shares``: how many hosts each mapping's service has tasks on."""

    mappings: int
    balancers: int
    shares: tuple[int, ...]

    def balancer_of(self, mapping: int) -> int:
        """Mappings take turns."""
        return mapping % self.balancers


def answers(front: Front) -> Iterator[Answer]:
    """Everything about it."""
    yield from _domain(front)
    for mapping in range(front.mappings):
        yield from _api(front, mapping)
        yield from _target_group(front, mapping)
    for number in range(front.balancers):
        yield from _balancer(front, number)
    yield answer("elbv2:DescribeLoadBalancers", {}, {"LoadBalancers": [_nlb(n) for n in range(front.balancers)]})
    groups = [_group(front, mapping) for mapping in range(front.mappings)]
    yield answer("elbv2:DescribeTargetGroups", {}, {"TargetGroups": groups})


def _domain(front: Front) -> Iterator[Answer]:
    who = {"UserId": "AROAEXAMPLEID:audit", "Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/audit/x"}
    yield answer("sts:GetCallerIdentity", {}, who)
    arn = f"arn:aws:apigateway:{REGION}::/domainnames/{DOMAIN}"
    first = {
        "domainName": DOMAIN,
        "domainNameArn": arn,
        "regionalDomainName": GATEWAY_HOST,
        "regionalHostedZoneId": "ZJ5UAJN8Y3Z2Q",
        "regionalCertificateArn": CERTIFICATE,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        "domainNameStatus": "AVAILABLE",
        "securityPolicy": "TLS_1_2",
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    way = {
        "ApiGatewayDomainName": GATEWAY_HOST,
        "CertificateArn": CERTIFICATE,
        "DomainNameStatus": "AVAILABLE",
        "EndpointType": "REGIONAL",
        "HostedZoneId": "ZJ5UAJN8Y3Z2Q",
        "IpAddressType": "ipv4",
        "SecurityPolicy": "TLS_1_2",
    }
    second = {"DomainName": DOMAIN, "DomainNameArn": arn, "DomainNameConfigurations": [way]}
    second |= {"RoutingMode": "API_MAPPING_ONLY"}
    yield answer("apigateway:GetDomainName", {"domainName": DOMAIN}, first)
    yield answer("apigatewayv2:GetDomainName", {"DomainName": DOMAIN}, second)
    yield from _mappings(front)
    yield from _name()


def _mappings(front: Front) -> Iterator[Answer]:
    pairs = [(f"shop{mapping}", api_id(mapping)) for mapping in range(front.mappings)]
    first = [{"basePath": base, "restApiId": api, "stage": "prod"} for base, api in pairs]
    second = [{"ApiId": api, "ApiMappingId": f"m{api}", "ApiMappingKey": base, "Stage": "prod"} for base, api in pairs]
    yield answer("apigateway:GetBasePathMappings", {"domainName": DOMAIN}, {"items": first})
    yield answer("apigatewayv2:GetApiMappings", {"DomainName": DOMAIN}, {"Items": second})
    yield answer("apigatewayv2:ListRoutingRules", {"DomainName": DOMAIN}, {"RoutingRules": []})


def _name() -> Iterator[Answer]:
    certificate = {
        "CertificateArn": CERTIFICATE,
        "DomainName": DOMAIN,
        "SubjectAlternativeNames": [DOMAIN],
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "RSA-2048",
        "NotBefore": "2026-06-01T00:00:00+00:00",
        "NotAfter": "2027-07-01T00:00:00+00:00",
        "RenewalEligibility": "ELIGIBLE",
    }
    zone: Raw = {"Id": f"/hostedzone/{ZONE}", "Name": "example.com.", "CallerReference": "x"}
    zone["Config"] = {"PrivateZone": False}
    alias = {"HostedZoneId": "ZJ5UAJN8Y3Z2Q", "DNSName": f"{GATEWAY_HOST}.", "EvaluateTargetHealth": False}
    record = {"Name": f"{DOMAIN}.", "Type": "A", "AliasTarget": alias}
    yield answer("acm:DescribeCertificate", {"CertificateArn": CERTIFICATE}, {"Certificate": certificate})
    yield answer("route53:ListHostedZones", {}, {"HostedZones": [zone], "MaxItems": "100"})
    yield answer("route53:ListResourceRecordSets", {"HostedZoneId": ZONE}, {"ResourceRecordSets": [record]})


def _api(front: Front, mapping: int) -> Iterator[Answer]:
    number = front.balancer_of(mapping)
    by_id = {"restApiId": api_id(mapping)}
    api = {
        "id": api_id(mapping),
        "name": f"shop{mapping}",
        "createdDate": MADE,
        "endpointConfiguration": {"types": ["REGIONAL"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": True,
    }
    variables = {"vpcLinkId": f"link{number}", "backend": balancer_name(number)}
    stage = {"deploymentId": "dep", "stageName": "prod", "variables": variables}
    stage |= {"createdDate": MADE, "lastUpdatedDate": DEPLOYED}
    yield answer("apigateway:GetRestApi", by_id, api)
    yield answer("apigateway:GetStage", {**by_id, "stageName": "prod"}, stage)
    yield answer("apigateway:GetGatewayResponses", by_id, {"items": []})
    yield answer("apigateway:GetDeployments", by_id, {"items": [{"id": "dep", "createdDate": DEPLOYED}]})
    yield from _routes(mapping)


def _routes(mapping: int) -> Iterator[Answer]:
    backend = f"http://${{stageVariables.backend}}:{host_port(mapping)}/"
    root, proxied = _method("GET", backend), _method("ANY", backend + "{proxy}")
    proxied["requestParameters"] = {"method.request.path.proxy": True}
    proxied["methodIntegration"]["requestParameters"] = {"integration.request.path.proxy": "method.request.path.proxy"}
    edited = [
        {"id": "r00t", "path": "/", "resourceMethods": {"GET": root}},
        {"id": "pr0xy", "path": "/{proxy+}", "pathPart": "{proxy+}", "resourceMethods": {"ANY": proxied}},
    ]
    parameter = {"name": "proxy", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/": {"get": _exported(root)},
        "/{proxy+}": {"x-amazon-apigateway-any-method": {"parameters": [parameter], **_exported(proxied)}},
    }
    body = {"openapi": "3.0.1", "info": {"title": f"shop{mapping}", "version": "1"}, "paths": paths, "components": {}}
    by_id = {"restApiId": api_id(mapping)}
    yield answer("apigateway:GetResources", by_id, {"items": edited})
    exported = {"contentType": "application/json", "body": json.dumps(body)}
    yield answer("apigateway:GetExport", {**by_id, "stageName": "prod", "exportType": "oas30"}, exported)


def _method(verb: str, uri: str) -> Raw:
    link = {"connectionType": "VPC_LINK", "connectionId": "${stageVariables.vpcLinkId}"}
    integration = {"type": "HTTP_PROXY", "httpMethod": verb, "uri": uri, **link, "timeoutInMillis": 29000}
    integration["passthroughBehavior"] = "WHEN_NO_MATCH"
    held = {"httpMethod": verb, "authorizationType": "NONE", "apiKeyRequired": False}
    return {**held, "methodIntegration": integration}


def _exported(method: Raw) -> Raw:
    served = {**method["methodIntegration"], "type": "http_proxy", "passthroughBehavior": "when_no_match"}
    return {"x-amazon-apigateway-integration": served}


def _nlb(number: int) -> Raw:
    zones = zip(ZONES, NLB_SUBNETS, strict=True)
    return {
        "LoadBalancerArn": balancer_arn(number),
        "DNSName": balancer_name(number),
        "CanonicalHostedZoneId": "ZD4D7Y8KGAS4G",
        "LoadBalancerName": f"shop-{number}",
        "Scheme": "internal",
        "VpcId": VPC,
        "State": {"Code": "active"},
        "Type": "network",
        "AvailabilityZones": [{"ZoneName": zone, "SubnetId": subnet} for zone, subnet in zones],
        "IpAddressType": "ipv4",
    }


def _attributes(**pairs: str) -> Raw:
    return {"Attributes": [{"Key": key.replace("__", "."), "Value": value} for key, value in pairs.items()]}


def _balancer(front: Front, number: int) -> Iterator[Answer]:
    arn = balancer_arn(number)
    link = {"id": f"link{number}", "name": f"shop-{number}", "targetArns": [arn], "status": "AVAILABLE"}
    yield answer("apigateway:GetVpcLink", {"vpcLinkId": f"link{number}"}, link)
    held = _attributes(
        load_balancing__cross_zone__enabled="false",
        deletion_protection__enabled="true",
        dns_record__client_routing_policy="any_availability_zone",
    )
    yield answer("elbv2:DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn}, held)
    mine = [mapping for mapping in range(front.mappings) if front.balancer_of(mapping) == number]
    listeners = [_listener(number, mapping) for mapping in mine]
    yield answer("elbv2:DescribeListeners", {"LoadBalancerArn": arn}, {"Listeners": listeners})
    for listener in listeners:
        rule = {"RuleArn": listener["ListenerArn"].replace(":listener/", ":listener-rule/") + "/0123456789abcdef"}
        rule |= {"Priority": "default", "Actions": listener["DefaultActions"], "IsDefault": True}
        yield answer("elbv2:DescribeRules", {"ListenerArn": listener["ListenerArn"]}, {"Rules": [rule]})


def _listener(number: int, mapping: int) -> Raw:
    forward = {"Type": "forward", "TargetGroupArn": group_arn(mapping), "Order": 1}
    forward |= {"ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group_arn(mapping), "Weight": 1}]}}
    return {
        "ListenerArn": f"{ELB}:listener/{balancer_tail(number)}/{mapping:016x}",
        "LoadBalancerArn": balancer_arn(number),
        "Port": host_port(mapping),
        "Protocol": "TCP",
        "DefaultActions": [forward],
    }


def _group(front: Front, mapping: int) -> Raw:
    return {
        "TargetGroupArn": group_arn(mapping),
        "TargetGroupName": f"shop-{mapping}",
        "Protocol": "TCP",
        "Port": host_port(mapping),
        "VpcId": VPC,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health",
        "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True,
        "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 6,
        "HealthyThresholdCount": 5,
        "UnhealthyThresholdCount": 2,
        "Matcher": {"HttpCode": "200-399"},
        "LoadBalancerArns": [balancer_arn(front.balancer_of(mapping))],
        "TargetType": "instance",
        "IpAddressType": "ipv4",
    }


def _target_group(front: Front, mapping: int) -> Iterator[Answer]:
    port = host_port(mapping)
    targets = [
        {
            "Target": {"Id": instance_id(number), "Port": port, "AvailabilityZone": ZONES[number % 2]},
            "HealthCheckPort": str(port),
            "TargetHealth": {"State": "healthy"},
        }
        for number in range(front.shares[mapping])
    ]
    by_arn = {"TargetGroupArn": group_arn(mapping)}
    held = _attributes(
        preserve_client_ip__enabled="true",
        proxy_protocol_v2__enabled="false",
        deregistration_delay__timeout_seconds="60",
        load_balancing__cross_zone__enabled="use_load_balancer_configuration",
    )
    yield answer("elbv2:DescribeTargetGroupAttributes", by_arn, held)
    yield answer("elbv2:DescribeTargetHealth", by_arn, {"TargetHealthDescriptions": targets})
