"""Clusters, services, tasks and task definitions, in ECS's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vpclink_checks.model.fact import Unread, nothing_unread


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that a template has not filled in yet; ``text`` as written (``${PORT}``).

    Equal ones will have equal values. What may hold a secret is not shown whole (``${…}``), and
    ``place`` then keeps it apart from others.
    """

    text: str
    place: int = -1

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMapping:
    """One port mapping. None: absent. ``container_port_range`` is "8000-8010" or None."""

    container_port: int | Placeholder | None = None
    host_port: int | Placeholder | None = None
    protocol: str | Placeholder = "tcp"
    container_port_range: str | Placeholder | None = None
    position: Position | None = None
    host_port_position: Position | None = None
    strings: tuple[str, ...] = ()  # keys whose numbers were written as strings


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerDefinition:
    name: str | Placeholder = ""
    essential: bool = True
    port_mappings: tuple[PortMapping, ...] = ()
    memory: int | None = None
    memory_reservation: int | None = None
    health_check: bool = False
    position: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """ecs:DescribeTaskDefinition, or a file.

    ``network_mode`` None: the source does not say, and ECS takes its default (bridge on Linux,
    default on Windows; botocore model, TaskDefinition.networkMode). ``network_mode_known`` is
    False for a bare list of container definitions, whose task definition is elsewhere.
    """

    arn: str  # ARN, or the file's path as the user gave it
    family: str = ""
    revision: int | None = None
    network_mode: str | Placeholder | None = None
    network_mode_known: bool = True
    compatibilities: tuple[str, ...] = ()  # requiresCompatibilities
    os_family: str | Placeholder | None = None  # runtimePlatform.operatingSystemFamily
    containers: tuple[ContainerDefinition, ...] = ()
    position: Position | None = None
    network_mode_position: Position | None = None
    notes: tuple[str, ...] = ()  # what the loader had to overlook, one sentence each

    def container(self, name: str) -> ContainerDefinition | None:
        return next((one for one in self.containers if one.name == name), None)

    @property
    def windows(self) -> bool:
        return isinstance(self.os_family, str) and self.os_family.upper().startswith("WINDOWS")

    @property
    def title(self) -> str:
        return f"{self.family}:{self.revision}" if self.revision is not None else (self.family or self.arn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    arn: str
    name: str
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """One entry of a service's loadBalancers."""

    target_group_arn: str
    container_name: str
    container_port: int
    alternate_target_group_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDeployment:
    """One entry of a service's deployments."""

    id: str
    status: str = "PRIMARY"
    task_definition_arn: str = ""
    desired: int = 0
    running: int = 0
    failed: int = 0
    rollout_state: str = "COMPLETED"
    rollout_reason: str = ""
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether it has tasks, or is to have some."""
        return bool(self.running or self.desired)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    at: datetime | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """ecs:DescribeServices."""

    arn: str
    name: str
    cluster_arn: str
    status: str = "ACTIVE"
    desired: int = 1
    running: int = 1
    pending: int = 0
    scheduling: str = "REPLICA"
    launch_type: str = ""
    controller: str = "ECS"
    task_definition_arn: str = ""
    targets: tuple[ServiceTarget, ...] = ()
    deployments: tuple[ServiceDeployment, ...] = ()
    min_percent: int = 100
    max_percent: int = 200
    grace_period_s: int | None = None
    distinct_instance: bool = False
    circuit_breaker: bool = False
    assign_public_ip: str = ""
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    events: tuple[ServiceEvent, ...] = ()
    express: bool = False  # an Express service: ECS makes its load balancers
    unread: Unread = field(default_factory=nothing_unread, hash=False)  # field -> why botocore could not read it


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkBinding:
    """The host port that a container really got."""

    container_port: int
    host_port: int
    protocol: str = "tcp"
    bind_ip: str = "0.0.0.0"  # noqa: S104 - a fact read from ECS, nothing is bound here


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContainer:
    name: str
    status: str = "RUNNING"
    health: str = ""
    bindings: tuple[NetworkBinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """ecs:DescribeTasks."""

    arn: str
    cluster_arn: str = ""
    group: str = ""  # "service:NAME"
    status: str = "RUNNING"
    health: str = ""
    task_definition_arn: str = ""
    container_instance_arn: str = ""
    addresses: tuple[str, ...] = ()  # private addresses of the task's own interface (awsvpc)
    containers: tuple[TaskContainer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInstance:
    """ecs:DescribeContainerInstances."""

    arn: str
    cluster_arn: str
    instance_id: str
    status: str = "ACTIVE"
    status_reason: str = ""
    agent_connected: bool = True
    agent_version: str = ""
    reserved_tcp_ports: tuple[int, ...] = ()  # remainingResources PORTS: taken on this instance
    registered_tcp_ports: tuple[int, ...] = ()  # registeredResources PORTS: reserved by the agent
