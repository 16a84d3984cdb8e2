"""Instances and what launches them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """ec2:DescribeInstances. Interfaces are in the topology's own table."""

    id: str
    state: str = "running"
    vpc_id: str = ""
    subnet_id: str = ""
    zone: str = ""
    private_address: str = ""
    public_address: str = ""
    interface_ids: tuple[str, ...] = ()
    platform: str = ""  # "windows" or ""
    auto_scaling_group: str = ""  # from the tag aws:autoscaling:groupName


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSettings:
    """A launch configuration, or the version of a launch template that a group uses.

    ``public_address`` is None where the subnet decides. ``agent`` holds the ECS agent's settings
    from user data (ECS_CLUSTER, ECS_RESERVED_PORTS, ECS_DYNAMIC_HOST_PORT_RANGE) and nothing else.
    """

    id: str
    kind: str  # launch-configuration | launch-template
    public_address: bool | None = None
    security_group_ids: tuple[str, ...] = ()
    agent: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoScalingGroup:
    """autoscaling:DescribeAutoScalingGroups. ``launch`` is a key of the topology's launch table."""

    name: str
    launch: str = ""
    subnet_ids: tuple[str, ...] = ()
    target_group_arns: tuple[str, ...] = ()
    instance_ids: tuple[str, ...] = ()
    desired: int = 0
    min_size: int = 0
    max_size: int = 0
