"""How much AWS takes in one request, and what it says to more (each API's reference)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standin.asked import Asked
from tests.standin.reply import Refusal

# What botocore's models do not say. Operation, list parameter: how many.
MOST: Mapping[tuple[str, str], int] = {
    ("ecs:DescribeServices", "services"): 10,
    ("ecs:DescribeTasks", "tasks"): 100,
    ("ecs:DescribeClusters", "clusters"): 100,
    ("ecs:DescribeContainerInstances", "containerInstances"): 100,
    ("ecs:DescribeCapacityProviders", "capacityProviders"): 100,
    ("ecs:DescribeServiceDeployments", "serviceDeploymentArns"): 20,
    ("ecs:DescribeServiceRevisions", "serviceRevisionArns"): 20,
    ("elbv2:DescribeLoadBalancers", "LoadBalancerArns"): 20,
    ("elbv2:DescribeTargetGroups", "TargetGroupArns"): 20,
    ("elbv2:DescribeListeners", "ListenerArns"): 20,
    ("elbv2:DescribeRules", "RuleArns"): 20,
    ("elbv2:DescribeTags", "ResourceArns"): 20,
    ("elb:DescribeLoadBalancers", "LoadBalancerNames"): 20,
    ("elb:DescribeTags", "LoadBalancerNames"): 20,
    ("autoscaling:DescribeLaunchConfigurations", "LaunchConfigurationNames"): 50,
    ("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroupNames"): 50,
    ("autoscaling:DescribeAutoScalingInstances", "InstanceIds"): 50,
    ("ec2:DescribeLaunchTemplateVersions", "Versions"): 200,
}
FILTER_VALUES = 200  # EC2: the values of all filters of a request together
# Things a page. EC2 says each one's in its reference only; 1000 but for these.
EC2_PAGE = {"ec2:DescribeRouteTables": 100, "ec2:GetManagedPrefixListEntries": 100, "ec2:DescribeVpnConnections": 1000}
PAGE = {
    ("elbv2", "PageSize"): 400,
    ("elb", "PageSize"): 400,
    ("autoscaling", "MaxRecords"): 100,
    ("ecs", "maxResults"): 100,
    ("apigateway", "limit"): 500,
    ("apigatewayv2", "MaxResults"): 500,
    ("route53", "MaxItems"): 300,
    ("ec2", "MaxResults"): 1000,
}


def check(asked: Asked) -> None:
    """Raises AWS's own refusal of a request that asks for too much at once."""
    for key, value in asked.params.items():
        most = MOST.get((asked.name, key)) or _in_model(asked, key)
        if isinstance(value, list) and key != "Filters" and most and len(value) > most:
            raise _refused(asked, f"{key} has {len(value)} members, at most {most} are allowed")
    _check_filters(asked)
    _check_page(asked)


def _in_model(asked: Asked, key: str) -> int:
    shape = _member(asked, key)
    return int(shape.metadata.get("max", 0)) if shape is not None and shape.type_name == "list" else 0


def _member(asked: Asked, key: str) -> Any:
    held: Any = asked.model.input_shape if asked.model is not None else None
    return held.members.get(key) if held is not None else None


def _check_filters(asked: Asked) -> None:
    values = sum(len(one.get("Values", ())) for one in asked.params.get("Filters", ()) if isinstance(one, Mapping))
    if asked.service == "ec2" and values > FILTER_VALUES:
        said = f"The maximum number of filter values specified on a single call is {FILTER_VALUES}"
        raise Refusal("FilterLimitExceeded", said)


def _check_page(asked: Asked) -> None:
    for (service, key), usual in PAGE.items():
        if service == asked.service and key in asked.params:
            most = EC2_PAGE.get(asked.name, usual)
            if not 1 <= int(asked.params[key]) <= most:
                raise _refused(asked, f"{key} must be between 1 and {most}")


def _refused(asked: Asked, message: str) -> Refusal:
    codes: Mapping[str, str] = {
        "ec2": "InvalidParameterValue",
        "query": "ValidationError",
        "json": "InvalidParameterException" if asked.service == "ecs" else "ValidationException",
        "rest-xml": "InvalidInput",
    }
    return Refusal(codes.get(asked.protocol, "BadRequestException"), message)


def size_of(asked: Asked) -> int:
    """How many things the request wants on a page; 0 where it does not say."""
    found = (asked.params[key] for (service, key) in PAGE if service == asked.service and key in asked.params)
    return int(next(found, 0)) if asked.params else 0


def unpaged(asked: Asked, size_key: str = "") -> dict[str, Any]:
    """The parameters without the size of a page."""
    sizes = {key for (service, key) in PAGE if service == asked.service} | {size_key}
    return {key: value for key, value in asked.params.items() if key not in sizes}
