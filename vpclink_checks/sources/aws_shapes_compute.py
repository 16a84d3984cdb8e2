"""Instances, auto scaling groups and what launches them: ec2's and autoscaling's answers to the model."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from vpclink_checks.model.compute import AutoScalingGroup, Instance, LaunchSettings
from vpclink_checks.sources.aws_shapes import Raw, flag, number, part, rows, text, texts

GROUP_TAG = "aws:autoscaling:groupName"
AGENT_SETTING = re.compile(
    r"""(?<!\w)(ECS_CLUSTER|ECS_RESERVED_PORTS|ECS_DYNAMIC_HOST_PORT_RANGE)["']?\s*[=:,]\s*"""
    r"""("[^"\n]*"|'[^'\n]*'|\[[^\]\n]*\]|[^\s"';>]+)"""
)


def instance(raw: Raw) -> Instance:
    """One instance of ec2:DescribeInstances."""
    tags = {text(one, "Key"): text(one, "Value") for one in rows(raw, "Tags")}
    return Instance(
        id=text(raw, "InstanceId"),
        state=text(part(raw, "State"), "Name"),
        vpc_id=text(raw, "VpcId"),
        subnet_id=text(raw, "SubnetId"),
        zone=text(part(raw, "Placement"), "AvailabilityZone"),
        private_address=text(raw, "PrivateIpAddress"),
        public_address=text(raw, "PublicIpAddress"),
        interface_ids=tuple(text(one, "NetworkInterfaceId") for one in rows(raw, "NetworkInterfaces")),
        platform=text(raw, "Platform").lower(),
        auto_scaling_group=tags.get(GROUP_TAG, ""),
    )


def auto_scaling_group(raw: Raw) -> AutoScalingGroup:
    """One item of autoscaling:DescribeAutoScalingGroups."""
    sources = [text(one, "Identifier") for one in rows(raw, "TrafficSources") if text(one, "Type") == "elbv2"]
    return AutoScalingGroup(
        name=text(raw, "AutoScalingGroupName"),
        launch=launch_key(raw),
        subnet_ids=tuple(one.strip() for one in text(raw, "VPCZoneIdentifier").split(",") if one.strip()),
        target_group_arns=tuple(dict.fromkeys((*texts(raw, "TargetGroupARNs"), *sources))),
        instance_ids=tuple(text(one, "InstanceId") for one in rows(raw, "Instances")),
        desired=number(raw, "DesiredCapacity", 0),
        min_size=number(raw, "MinSize", 0),
        max_size=number(raw, "MaxSize", 0),
    )


def launch_key(raw: Raw) -> str:
    """What a group launches by, as the key of the launch table; "" where it does not say."""
    configuration = text(raw, "LaunchConfigurationName")
    if configuration:
        return f"launch-configuration:{configuration}"
    policy = part(part(raw, "MixedInstancesPolicy"), "LaunchTemplate")
    template = part(raw, "LaunchTemplate") or part(policy, "LaunchTemplateSpecification")
    name = text(template, "LaunchTemplateId", "LaunchTemplateName")
    return f"launch-template:{name}:{text(template, 'Version', default='$Default')}" if name else ""


def launch_configuration(raw: Raw) -> LaunchSettings:
    """One item of autoscaling:DescribeLaunchConfigurations."""
    return LaunchSettings(
        id=text(raw, "LaunchConfigurationName"),
        kind="launch-configuration",
        public_address=_maybe(raw, "AssociatePublicIpAddress"),
        security_group_ids=texts(raw, "SecurityGroups"),
        agent=agent_settings(text(raw, "UserData")),
    )


def launch_template(raw: Raw) -> LaunchSettings:
    """One item of ec2:DescribeLaunchTemplateVersions: the primary interface's words win."""
    data = part(raw, "LaunchTemplateData")
    interfaces = sorted(rows(data, "NetworkInterfaces"), key=lambda one: number(one, "DeviceIndex", 0))
    first: Raw = next(iter(interfaces), {})
    return LaunchSettings(
        id=f"{text(raw, 'LaunchTemplateId')}:{text(raw, 'VersionNumber')}",
        kind="launch-template",
        public_address=_maybe(first, "AssociatePublicIpAddress"),
        security_group_ids=texts(first, "Groups") or texts(data, "SecurityGroupIds"),
        agent=agent_settings(text(data, "UserData")),
    )


def _maybe(raw: Raw, key: str) -> bool | None:
    return None if raw.get(key) is None else flag(raw, key)


def agent_settings(user_data: str) -> Mapping[str, str]:
    """The ECS agent's settings in user data (base64, as both services return it); nothing else of it."""
    found = AGENT_SETTING.findall(_decoded(user_data))
    return {name: value.strip("\"'") for name, value in found}


def _decoded(user_data: str) -> str:
    try:
        return base64.b64decode("".join(user_data.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return user_data
