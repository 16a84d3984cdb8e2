"""Who runs behind a target group: the service that registers with it, or the tasks on its targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.balancing import Target, TargetGroup
from vpclink_checks.model.ecs import ContainerDefinition, ContainerInstance, PortMapping, Service, Task, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery.ecs import NOT_NEEDED
from vpclink_checks.sources.discovery.entries import stopped
from vpclink_checks.sources.discovery.recorded import first_gap

NOBODY = "service/registers-target-group"
MAPS = "task-definition/container-maps-port"
NOT_FOLLOWED = ("alb", "lambda")


@dataclass(frozen=True, slots=True)
class Runner:
    """One container port that may answer: found by a service's word, or by a task's host port."""

    service: Service | None
    task_definition_arn: str
    container: str
    port: int | None


def behind_group(path: Path, group: TargetGroup, topology: Topology) -> Iterator[Path]:
    """The paths from this target group to every container behind it."""
    if group.target_type in NOT_FOLLOWED:
        message = f"targets of type {group.target_type} are not followed"
        gap = Gap(operation="elbv2:DescribeTargetHealth", action="", code="NotRead", message=message)
        yield stopped(path, "target-group", message, gap=gap)
        return
    claimed = list(_claims(group, topology))
    if claimed:
        for runner in claimed:
            yield _to_container(replace(path, registration="service"), runner, topology)
        return
    path = replace(path, registration=_registration(group, topology))
    unknown = first_gap(topology.services.gap, *topology.services.gaps.values())
    if unknown is not None:
        yield stopped(path, "target-group", "which service is behind it could not be read", gap=unknown)
        return
    yield from _by_tasks(path, group, topology)


def _claims(group: TargetGroup, topology: Topology) -> Iterator[Runner]:
    for service in topology.services:
        for target in service.targets:
            if group.arn in (target.target_group_arn, target.alternate_target_group_arn):
                yield Runner(service, service.task_definition_arn, target.container_name, target.container_port)


def _registration(group: TargetGroup, topology: Topology) -> str:
    """Who registers the targets, where no service does; "" where that cannot be told."""
    if any(group.arn in one.target_group_arns for one in topology.auto_scaling_groups):
        return "auto-scaling-group"
    hidden = (topology.auto_scaling_groups.gap, topology.services.gap, _pairs_unread(topology))
    if any(gap is not None for gap in hidden):
        return ""
    return "manual" if topology.targets.rows.get(group.arn) else ""


def _pairs_unread(topology: Topology) -> Gap | None:
    """Why a service may register with this group without the facts saying so: the second one of a blue/green pair."""
    return first_gap(*(one.unread.get("alternate_target_group_arn") for one in topology.services))


def _by_tasks(path: Path, group: TargetGroup, topology: Topology) -> Iterator[Path]:
    targets = topology.targets.peek(group.arn)
    if isinstance(targets, Gap):
        yield stopped(path, "target-group", f"the targets of {group.name} could not be read", gap=targets)
        return
    live = [target for target in targets or () if not target.draining]
    hosts = _hosts(topology)
    placed = _placed(topology)
    found = dict.fromkeys(runner for target in live for runner in _tasks_at(target, group, hosts, placed, topology))
    for runner in found:
        yield _to_container(path, runner, topology)
    if not found:
        yield _nobody(path, group, live, hosts, topology)


def _hosts(topology: Topology) -> dict[str, ContainerInstance]:
    """EC2 instance id -> container instance."""
    return {one.instance_id: one for held in topology.container_instances for one in held}


def _placed(topology: Topology) -> dict[str, list[tuple[str, Task]]]:
    """The tasks, with the key of their row, by container instance and by address of their own."""
    found: dict[str, list[tuple[str, Task]]] = {}
    for key, tasks in topology.tasks.rows.items():
        for task in tasks:
            for place in (task.container_instance_arn, *task.addresses):
                found.setdefault(place, []).append((key, task))
    return found


def _tasks_at(
    target: Target,
    group: TargetGroup,
    hosts: dict[str, ContainerInstance],
    placed: dict[str, list[tuple[str, Task]]],
    topology: Topology,
) -> Iterator[Runner]:
    """Containers that answer at the target: by host port on its instance, or by their task's own address."""
    by_address = group.target_type == "ip"
    host = hosts.get(target.id)
    place = target.id if by_address else host.arn if host else ""
    for key, task in placed.get(place, ()) if place else ():
        service = topology.services.rows.get(key)
        for container, port in _own_ports(task, target.port, topology) if by_address else _bound(task, target.port):
            yield Runner(service, task.task_definition_arn, container, port)


def _bound(task: Task, port: int) -> Iterator[tuple[str, int]]:
    for container in task.containers:
        for binding in container.bindings:
            if binding.host_port == port:
                yield container.name, binding.container_port


def _own_ports(task: Task, port: int, topology: Topology) -> Iterator[tuple[str, int]]:
    definition = topology.task_definitions.rows.get(task.task_definition_arn)
    for container in definition.containers if definition else ():
        if maps(container, port):
            yield str(container.name), port


def _nobody(
    path: Path, group: TargetGroup, live: list[Target], hosts: dict[str, ContainerInstance], topology: Topology
) -> Path:
    """No service, no task: the end, unless more may be there than was read, or the hosts are none of ECS's."""
    if not live:
        return stopped(path, "target-group", f"nothing is registered with target group {group.name}", check=NOBODY)
    gap = first_gap(*_what_hides(group, live, hosts, topology))
    if gap is not None:
        return stopped(path, "target-group", f"what runs behind {group.name} could not be read", gap=gap)
    if not any(target.id in hosts for target in live) and group.target_type == "instance":
        return path  # plain instances: there is no service to follow
    reason = f"no service registers with target group {group.name}, and no task answers at its targets"
    return stopped(path, "target-group", reason, check=NOBODY)


def _what_hides(
    group: TargetGroup, live: list[Target], hosts: dict[str, ContainerInstance], topology: Topology
) -> Iterator[Gap | None]:
    yield topology.container_instances.gap
    yield topology.tasks.gap
    yield _pairs_unread(topology)
    clusters = {hosts[target.id].cluster_arn for target in live if target.id in hosts}
    for arn, gap in topology.tasks.gaps.items():  # tasks of other clusters cannot run on these hosts
        service = topology.services.rows.get(arn)
        yield gap if service is None or group.target_type == "ip" or service.cluster_arn in clusters else None
    if any(target.id not in hosts for target in live):
        yield from (gap for gap in topology.container_instances.gaps.values() if gap.code != NOT_NEEDED)
    for target in live:
        host = hosts.get(target.id)
        if host and target.port in host.reserved_tcp_ports and target.port not in host.registered_tcp_ports:
            yield Gap(
                operation="ecs:ListTasks",
                action="ecs:ListTasks",
                code="NotRecorded",
                message=f"a task holds port {target.port} of {target.id}, and is among no service's",
            )


def _to_container(path: Path, runner: Runner, topology: Topology) -> Path:
    path = replace(path, service=runner.service, container_name=runner.container, container_port=runner.port)
    arn = runner.task_definition_arn
    definition = topology.task_definitions.peek(arn)
    if isinstance(definition, Gap):
        return stopped(path, "service", f"task definition {arn} could not be read", gap=definition)
    if definition is None:
        reason = f"task definition {arn or '(none named)'} does not exist"
        return stopped(path, "service", reason, check="service/task-definition-exists")
    return _mapped(replace(path, task_definition=definition), runner, definition)


def _mapped(path: Path, runner: Runner, definition: TaskDefinition) -> Path:
    container = definition.container(runner.container)
    if container is None:
        reason = f"task definition {definition.title} has no container {runner.container}"
    elif runner.port is not None and not maps(container, runner.port):
        reason = f"container {runner.container} of {definition.title} maps no port {runner.port}"
    else:
        return path
    return stopped(path, "task-definition", reason, check=MAPS)


def maps(container: ContainerDefinition, port: int) -> bool:
    """Whether a container maps this container port, alone or in a range."""
    return any(mapping.container_port == port or port in _range(mapping) for mapping in container.port_mappings)


def _range(mapping: PortMapping) -> range:
    first, dash, last = str(mapping.container_port_range or "").partition("-")
    return range(int(first), int(last) + 1) if dash and first.isdecimal() and last.isdecimal() else range(0)
