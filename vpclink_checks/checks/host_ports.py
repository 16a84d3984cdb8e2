"""Ports of the host that are not free to take: reserved by the agent, or handed out by the kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import Context
from vpclink_checks.model.compute import Instance, LaunchSettings
from vpclink_checks.model.ecs import ContainerInstance, TaskDefinition

# amazon-ecs-agent README, ECS_RESERVED_PORTS and reserved ports of Windows; semantics.md, section 8.
RESERVED = frozenset({22, 2375, 2376, 51678, 51679})
RESERVED_WITH_METRICS = 51680
RESERVED_ON_WINDOWS = frozenset({53, 135, 139, 445, 3389, 5985, 5986})

KERNEL_RANGE = range(32768, 61000)  # net.ipv4.ip_local_port_range, 32768-60999
GUIDE_END = 61000  # the ECS guide counts this one in
FALLBACK_RANGE = range(49153, 65536)  # where the kernel's setting cannot be read
WINDOWS_RANGE = range(49152, 65536)


@dataclass(frozen=True, slots=True)
class Hosts:
    """What is known about the instances that tasks land on. Empty for a file.

    ``windows`` is None where neither the task definition nor an instance says.
    """

    windows: bool | None
    running: tuple[ContainerInstance, ...] = ()
    launches: tuple[LaunchSettings, ...] = ()

    def agents(self, setting: str) -> list[tuple[LaunchSettings, str]]:
        """The launch settings whose user data gives the agent this setting, with its text."""
        return [(one, one.agent[setting]) for one in self.launches if setting in one.agent]


def hosts_of(ctx: Context, definition: TaskDefinition) -> Hosts:
    """The instances behind the path. Raises UnknownFact."""
    said = _platform(definition)
    if ctx.bare_file or ctx.here.service is None:
        return Hosts(said)
    running = ctx.topology.container_instances.find(ctx.here.service.cluster_arn) or ()
    instances = [one for host in running if (one := ctx.topology.instances.find(host.instance_id))]
    windows = said if said is not None or not instances else any(one.platform == "windows" for one in instances)
    return Hosts(windows, running, _launches(ctx, instances))


def _platform(definition: TaskDefinition) -> bool | None:
    if definition.windows:
        return True
    return False if definition.os_family == "LINUX" else None


def _launches(ctx: Context, instances: list[Instance]) -> tuple[LaunchSettings, ...]:
    facts = ctx.topology
    groups = [
        facts.auto_scaling_groups.find(name) for name in sorted({one.auto_scaling_group for one in instances} - {""})
    ]
    keys = sorted({group.launch for group in groups if group and group.launch})
    return tuple(found for key in keys if (found := facts.launch_settings.find(key)))


def listed(text: str) -> frozenset[int]:
    """``[22, 80]`` as the agent's settings write it."""
    return frozenset(int(number) for number in re.findall(r"\d{1,5}", text))
