"""Checks of the task-definition hop: the definition as a whole; its port mappings one by one beside it."""

from __future__ import annotations

from collections import defaultdict

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.declared import declared_container
from vpclink_checks.checks.port_mappings import (
    Flight,
    Mapped,
    definition_subjects,
    every_mapping,
    in_flight,
    located,
    operation,
    unless_unread,
)
from vpclink_checks.checks.subjects import reached
from vpclink_checks.checks.task_definition_ports import (
    REGISTER,
    declared_host_ports,
    fixed_host_port,
    host_port_matches_network_mode,
    host_port_not_reserved,
    host_port_outside_ephemeral_range,
    port_range_is_valid,
    tcp_for_http,
)
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.ecs import Placeholder, TaskContainer, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.host_port import Kind, mode_of
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = [  # the catalogue reads this module alone
    "container_maps_port",
    "containers_healthy",
    "declared_container",
    "declared_host_ports",
    "fixed_host_port",
    "host_port_matches_network_mode",
    "host_port_not_reserved",
    "host_port_outside_ephemeral_range",
    "host_ports_unique",
    "network_mode_allows_ports",
    "nothing_overlooked",
    "port_range_is_valid",
    "tcp_for_http",
]

MODES = ("bridge", "host", "awsvpc", "none", "default")
PLATFORMS = ("EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES")


@check(
    "task-definition/network-mode-allows-ports",
    title="The network mode suits the platform and lets containers have ports",
    severity=Severity.BLOCKER,
    subjects=definition_subjects,
    why="ECS refuses the task definition, or never places its tasks.",
    fix=Fix("Set networkMode to awsvpc, or on EC2 Linux instances to bridge or host.", cli=REGISTER),
    source=(
        "botocore 1.44.5, ecs TaskDefinition.networkMode, ManagedInstancesNetworkConfiguration; "
        "ECS developer guide, task_definition_parameters and managed-instance-networking"
    ),
    file=True,
)
@unless_unread
def network_mode_allows_ports(_ctx: Context, definition: TaskDefinition) -> Verdict:
    mode, written = mode_of(definition), definition.network_mode
    evidence = Evidence(operation(definition), "networkMode", str(written or "absent"))
    if not definition.network_mode_known:
        raise NotApplicable("the network mode is not in this file; [static] network_mode can say it")
    if mode is None:
        return unknown(f"networkMode is still {written}", evidence)
    if mode not in MODES:
        return unknown(f"networkMode is {mode}, which is not known here", evidence)
    shown = f"networkMode {written}" if written else "an absent networkMode"
    if problem := _unfit(definition, mode, shown):
        return failed(problem, evidence, location=located(definition.network_mode_position))
    if unheard := [str(one) for one in definition.compatibilities if one not in PLATFORMS]:
        return unknown(f"requiresCompatibilities has {', '.join(unheard)}, which is not known here", evidence)
    return passed(f"{shown} allows port mappings here", evidence)


def _unfit(definition: TaskDefinition, mode: str, shown: str) -> str:
    """What is wrong with the mode, in one sentence; "" if nothing is."""
    wanted = definition.compatibilities
    if mode == "none" and every_mapping(definition):
        return f"{shown} forbids port mappings, and there are {len(every_mapping(definition))}"
    if "FARGATE" in wanted and mode != "awsvpc":
        return f"{shown} is not for Fargate, which takes awsvpc alone (requiresCompatibilities has FARGATE)"
    if "MANAGED_INSTANCES" in wanted and mode in ("bridge", "default"):
        return f"{shown} is not for Managed Instances, which take awsvpc, host or none"
    if definition.windows and mode not in ("default", "awsvpc"):
        return f"{shown} is not for {definition.os_family}: leave networkMode out, or set awsvpc"
    return ""


@check(
    "task-definition/host-ports-unique",
    title="No two port mappings of the task take the same host port",
    severity=Severity.BLOCKER,
    subjects=definition_subjects,
    why="The second container that wants the port cannot have it: the task never runs.",
    fix=Fix("Give each port mapping a host port of its own.", cli=REGISTER),
    source="botocore 1.44.5, ecs PortMapping.hostPort; ECS developer guide, task networking (one namespace a task)",
    file=True,
)
@unless_unread
def host_ports_unique(_ctx: Context, definition: TaskDefinition) -> Verdict:
    every = every_mapping(definition)
    if not every:
        raise NotApplicable("no container maps a port")
    taken, waiting = _taken(every)
    clashes = [_clash(*key, users) for key, users in taken.items() if len(users) > 1]
    if clashes:
        return min(clashes, key=lambda verdict: verdict.outcome.rank)
    if waiting and len(every) > 1:
        return unknown(f"whether host ports clash is not known: {waiting[0].title}: {waiting[0].host_port.why}")
    return passed(f"{len(taken)} fixed host ports, all different")


def _taken(every: list[Mapped]) -> tuple[dict[tuple[int, str], list[Mapped]], list[Mapped]]:
    """Host ports with those who take them, now or in host mode, and the mappings whose port is not known."""
    taken: dict[tuple[int, str], list[Mapped]] = defaultdict(list)
    waiting = []
    for one in every:
        found = one.host_port
        port = found.port if found.port is not None else one.in_host_mode
        if port is not None and not isinstance(one.mapping.protocol, Placeholder):
            taken[port, "udp" if one.udp else "tcp"].append(one)
        elif found.kind is Kind.UNKNOWN or (found.kind is Kind.FIXED and not one.mapping.container_port_range):
            waiting.append(one)
    return taken, waiting


def _clash(port: int, protocol: str, users: list[Mapped]) -> Verdict:
    first, second = users[0], users[1]
    evidence = tuple(one.evidence("hostPort", one.mapping.host_port) for one in users[:2])
    says = f"{first.title} and {second.title} both take host port {port}/{protocol}"
    if mode_of(first.definition) in ("awsvpc", "host") and all(one.container is first.container for one in users):
        return noted(f"{says}: the same port of one container, mapped twice", *evidence)
    if any(one.in_host_mode is not None for one in users):
        return unknown(f"{says} unless in bridge mode; the network mode is not known", *evidence)
    return failed(says, *evidence, location=located(second.mapping.host_port_position or second.mapping.position))


def _used_container(ctx: Context) -> tuple[Subject[TaskDefinition | Gap], ...]:
    """The task definition, where a service says which container and port it registers."""
    if ctx.bare_file:
        raise NotApplicable("a file does not say which container a target group uses")
    if not ctx.here.container_name or ctx.here.container_port is None:
        raise NotApplicable("no service names the container behind this target group")
    return definition_subjects(ctx)


@check(
    "task-definition/container-maps-port",
    title="The container port that the service registers is in the container's port mappings",
    severity=Severity.BLOCKER,
    subjects=_used_container,
    why="ECS cannot register a port that the container does not publish.",
    fix=Fix("Add the port to the container's portMappings, or name another one in the service.", cli=REGISTER),
    source="botocore 1.44.5, ecs LoadBalancer.containerPort",
)
@unless_unread
def container_maps_port(ctx: Context, definition: TaskDefinition) -> Verdict:
    name, port = ctx.here.container_name, ctx.here.container_port
    container = definition.container(name)
    if container is None:
        names = ", ".join(str(one.name) for one in definition.containers)
        return failed(
            f"{definition.title} has no container {name}",
            Evidence(operation(definition), "containerDefinitions", names),
        )
    mine = [one for one in every_mapping(definition) if one.container is container]
    evidence = Evidence(
        operation(definition),
        f"containerDefinitions[{name}].portMappings",
        ", ".join(one.port for one in mine) or "none",
    )
    if port is not None and any(one.maps(port) for one in mine):
        return passed(f"container {name} maps port {port}", evidence)
    return failed(f"container {name} of {definition.title} does not map port {port}", evidence)


def _checked_containers(ctx: Context) -> tuple[Subject[list[TaskContainer] | Gap], ...]:
    """The path's container in every running task, where its task definition gives it a health check of its own."""
    flights = in_flight(ctx)
    service = reached(ctx, ctx.here.service, "ECS service")
    key = f"{service.name}/{ctx.here.container_name}"
    unread = [one for one in flights if isinstance(one.definition, Gap)]
    checked = {one.definition.arn for one in flights if not isinstance(one.definition, Gap) and _checks(ctx, one)}
    if not checked and not unread:
        raise NotApplicable("the container has no health check of its own")
    tasks = [task for task in ctx.topology.tasks.need(service.arn) if task.task_definition_arn in checked]
    running = [one for task in tasks for one in task.containers if one.name == ctx.here.container_name]
    found: list[Subject[list[TaskContainer] | Gap]] = [
        Subject(one.title, f"{key}{one.suffix}", one.definition) for one in unread if isinstance(one.definition, Gap)
    ]
    if running:
        found.insert(0, Subject(service.arn, key, running))
    if not found:
        raise NotApplicable("no task is running")
    return tuple(found)


def _checks(ctx: Context, flight: Flight) -> bool:
    if isinstance(flight.definition, Gap):
        return False
    container = flight.definition.container(ctx.here.container_name)
    return container is not None and container.health_check


@check(
    "task-definition/containers-healthy",
    title="The container's own health check passes in every task",
    severity=Severity.RISK,
    subjects=_checked_containers,
    why="ECS replaces a task whose essential container is unhealthy, though the load balancer may find it well.",
    fix=Fix("Run the health check's command inside the container and mend what it finds, or the command itself."),
    source="botocore 1.44.5, ecs Container.healthStatus; ECS developer guide, task_definition_parameters",
)
@unless_unread
def containers_healthy(_ctx: Context, running: list[TaskContainer]) -> Verdict:
    states = [one.health or "UNKNOWN" for one in running]
    evidence = Evidence("ecs:DescribeTasks", "containers[].healthStatus", ", ".join(sorted(set(states))))
    sick = states.count("UNHEALTHY")
    if sick:
        return failed(f"the health check of {running[0].name} fails in {sick} of {len(states)} tasks", evidence)
    if states.count("HEALTHY") < len(states):
        return noted(f"the health check of {running[0].name} has not answered in every task yet", evidence)
    return passed(f"the health check of {running[0].name} passes in {len(states)} tasks", evidence)


def _read_from_file(ctx: Context) -> tuple[Subject[TaskDefinition | Gap], ...]:
    if not ctx.bare_file:
        raise NotApplicable("the facts come from ECS, not from a file")
    return definition_subjects(ctx)


@check(
    "task-definition/nothing-overlooked",
    title="The file says what ECS reads, with nothing that had to be overlooked",
    severity=Severity.HYGIENE,
    subjects=_read_from_file,
    why="What this reader lets through, ECS or the AWS CLI may refuse, or read another way.",
    fix=Fix("Write the file as plain JSON, with numbers as numbers, once templates are filled in."),
    source="contract: accepted shapes; RFC 8259",
    file=True,
)
@unless_unread
def nothing_overlooked(_ctx: Context, definition: TaskDefinition) -> Verdict:
    notes = [*definition.notes, *_strings(definition)]
    if not notes:
        return passed("nothing had to be overlooked")
    return noted("; ".join(notes))


def _strings(definition: TaskDefinition) -> list[str]:
    """Ports written as strings: read as numbers here, refused by the API as far as is known."""
    return [
        f"line {one.mapping.position.line if one.mapping.position else '?'}: {' and '.join(one.mapping.strings)} of "
        f"{one.title} written as a string, where ECS expects a number"
        for one in every_mapping(definition)
        if one.mapping.strings
    ]
