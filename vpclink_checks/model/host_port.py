"""Which port of the host a port mapping ends up on, mode by mode.

botocore 1.44.5, ecs PortMapping.hostPort, PortMapping.containerPortRange, TaskDefinition.networkMode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from vpclink_checks.model.ecs import Placeholder, PortMapping, TaskDefinition

# Modes in which the container's port is the port outside: on the host, or on the task's own interface.
SAME_PORT = ("awsvpc", "host")
BRIDGED = ("bridge", "default")


class Kind(StrEnum):
    """What is known about the host port before the task runs."""

    FIXED = "fixed"
    DYNAMIC = "dynamic"
    NONE = "none"  # ECS refuses it: there is no host port
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HostPort:
    """``port`` is set for FIXED alone, and there None for a range or a port yet to be filled in."""

    kind: Kind
    why: str
    port: int | None = None


def mode_of(definition: TaskDefinition) -> str | None:
    """bridge, host, awsvpc, none, default (Windows), another word as written, or None: not known.

    Absent is ECS's own default: bridge, and ``default`` (NAT) for Windows
    (botocore 1.44.5, ecs TaskDefinition.networkMode).
    """
    if isinstance(definition.network_mode, Placeholder) or not definition.network_mode_known:
        return None
    return definition.network_mode or ("default" if definition.windows else "bridge")


def host_port_of(definition: TaskDefinition, mapping: PortMapping) -> HostPort:
    """Where *mapping* ends up on the host."""
    mode = mode_of(definition)
    if mode == "none":
        return HostPort(Kind.NONE, "network mode none has no ports")
    if mapping.container_port_range is not None:
        return _range(mode, mapping)
    if mode in SAME_PORT:
        return _same(mode, mapping)
    if mapping.host_port:
        return _given(mapping.host_port)
    return _left_out(definition, mode, "hostPort is absent" if mapping.host_port is None else "hostPort is 0")


def _given(host_port: int | Placeholder) -> HostPort:
    if isinstance(host_port, Placeholder):
        return HostPort(Kind.UNKNOWN, f"hostPort is still {host_port}")
    return HostPort(Kind.FIXED, f"hostPort is {host_port}", host_port)


def _left_out(definition: TaskDefinition, mode: str | None, given: str) -> HostPort:
    if mode in BRIDGED:
        return HostPort(Kind.DYNAMIC, f"{given}: in {mode} mode every task gets another port")
    word = definition.network_mode
    unclear = f"networkMode is {word}" if word else "the network mode is not in this file"
    return HostPort(Kind.UNKNOWN, f"{given} and {unclear}")


def _range(mode: str | None, mapping: PortMapping) -> HostPort:
    ports = mapping.container_port_range
    if isinstance(ports, Placeholder):
        return HostPort(Kind.UNKNOWN, f"the mapping is still {ports}")
    if mode in BRIDGED:
        return HostPort(Kind.DYNAMIC, f"containerPortRange {ports} gets its host ports from the agent in {mode} mode")
    if mode == "awsvpc":
        return HostPort(Kind.FIXED, f"containerPortRange {ports} is the range of the task's own interface")
    if mode == "host":
        return HostPort(Kind.NONE, f"ECS refuses containerPortRange {ports} in host mode")
    return HostPort(Kind.UNKNOWN, f"containerPortRange {ports} is dynamic in bridge mode alone")


def _same(mode: str | None, mapping: PortMapping) -> HostPort:
    """awsvpc and host: absent and 0 mean the container's port, anything else must equal it."""
    wanted, given = mapping.container_port, mapping.host_port
    if wanted is None:
        return HostPort(Kind.NONE, "containerPort is absent")
    if given == wanted or not given:
        port = wanted if isinstance(wanted, int) else None
        return HostPort(Kind.FIXED, f"in {mode} mode the host port is the container port {wanted}", port)
    if isinstance(given, Placeholder) or isinstance(wanted, Placeholder):
        return HostPort(Kind.UNKNOWN, f"containerPort is {wanted} and hostPort {given}, which must be equal")
    return HostPort(Kind.NONE, f"in {mode} mode ECS refuses hostPort {given} for containerPort {wanted}")


def spanned(text: str) -> range | None:
    """``8000-8010``, as containerPortRange and the agent's settings write it; None where it is no range."""
    found = re.fullmatch(r"\s*(\d{1,5})\s*-\s*(\d{1,5})\s*", text.strip("\"'"), re.ASCII)
    return range(int(found[1]), int(found[2]) + 1) if found else None
