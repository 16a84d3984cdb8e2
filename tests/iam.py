"""A small judge of IAM policies: whether one admits a call. For tests; it knows Allow, patterns and nothing more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session

from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Call

SESSION = botocore.session.Session()
_OWN_RULES = "/routingrules"  # routing rules' resources carry the account (Service Authorization Reference)


def admits(document: Mapping[str, Any], action: str, resource: str) -> bool:
    """Whether a statement allows the action on this ARN; ``*``: an action that takes no resource."""
    return any(
        one["Effect"] == "Allow"
        and any(_matches(pattern, action) for pattern in one["Action"])
        and any(pattern == "*" or _arn_matches(pattern, resource) for pattern in one["Resource"])
        for one in document["Statement"]
    )


def _arn_matches(pattern: str, arn: str) -> bool:
    ours, theirs = pattern.split(":", 5), arn.split(":", 5)
    return len(ours) == len(theirs) and all(map(_matches, ours, theirs))


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None


def requests(call: Call, *, region: str, account: str) -> Iterator[tuple[str, str]]:
    """The action of a call, with each resource that AWS looks at when it decides about it."""
    for resource in _resources(call, region, account):
        yield action_of(call), resource


def _resources(call: Call, region: str, account: str) -> list[str]:
    if call.service in ("apigateway", "apigatewayv2"):
        path = _path(call)
        return [f"arn:aws:apigateway:{region}:{account if _OWN_RULES in path else ''}:{path}"]
    params = call.params
    named: dict[str, list[str]] = {
        "acm:DescribeCertificate": [params.get("CertificateArn", "")],
        "route53:ListResourceRecordSets": [f"arn:aws:route53:::hostedzone/{params.get('HostedZoneId')}"],
        "servicediscovery:GetService": [f"arn:aws:servicediscovery:{region}:{account}:service/{params.get('Id')}"],
        "ec2:GetManagedPrefixListEntries": [f"arn:aws:ec2:{region}:aws:prefix-list/{params.get('PrefixListId')}"],
        "ec2:SearchTransitGatewayRoutes": [
            f"arn:aws:ec2:{region}:{account}:transit-gateway-route-table/{params.get('TransitGatewayRouteTableId')}"
        ],
        "ecs:DescribeClusters": params.get("clusters", []),
        "ecs:DescribeServices": params.get("services", []),
        "ecs:DescribeTasks": params.get("tasks", []),
        "ecs:ListContainerInstances": [params.get("cluster", "")],
        "ecs:DescribeContainerInstances": params.get("containerInstances", []),
    }
    return named.get(call.name, ["*"])


def _path(call: Call) -> str:
    """The path of the request without the API's version, its parameters filled in as botocore does."""
    model = SESSION.get_service_model(call.service).operation_model(call.operation)
    uri = model.http["requestUri"].removeprefix("/v2")
    assert model.input_shape is not None
    for name, shape in model.input_shape.members.items():
        if shape.serialization.get("location") == "uri":
            uri = uri.replace("{" + shape.serialization["name"] + "}", str(call.params.get(name, "x")))
    return str(uri)
