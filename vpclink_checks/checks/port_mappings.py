"""The port mappings that task-definition checks judge: those of a file, or those that a path uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import TypeVar

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject
from vpclink_checks.checks.subjects import reached
from vpclink_checks.checks.verdict import Verdict, from_gap, not_applicable, passed, unknown
from vpclink_checks.model.ecs import ContainerDefinition, PortMapping, Position, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.host_port import HostPort, Kind, host_port_of, mode_of, spanned
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mapped:
    """One port mapping, with the container and task definition around it."""

    definition: TaskDefinition
    container: ContainerDefinition
    mapping: PortMapping
    index: int
    of: str = ""  # the task definition's title, where several are in flight

    @property
    def port(self) -> str:
        """The container's port or range, as written."""
        port = self.mapping.container_port_range or self.mapping.container_port
        return "?" if port is None else str(port)

    @property
    def title(self) -> str:
        name = f"container {self.container.name or '(without a name)'}, port {self.port}"
        return f"{name} of {self.of}" if self.of else name

    @property
    def udp(self) -> bool:
        """ECS takes every protocol but udp for tcp (botocore 1.44.5, ecs PortMapping.protocol)."""
        return self.mapping.protocol == "udp"

    @property
    def host_port(self) -> HostPort:
        return host_port_of(self.definition, self.mapping)

    @property
    def on_host(self) -> bool | None:
        """Whether the port is taken on the instance itself; None where that is for the mode to say.

        A task in awsvpc mode has an interface of its own.
        """
        mode = mode_of(self.definition)
        if self.in_host_mode is not None:
            return None
        if mode is None and self.mapping.host_port == self.mapping.container_port:
            return None  # awsvpc would take this mapping as well
        return mode != "awsvpc"

    @property
    def in_host_mode(self) -> int | None:
        """The host port if the mode, which is not known, is host; in bridge mode the agent picks another one."""
        mapping = self.mapping
        if self.host_port.kind is not Kind.UNKNOWN or mapping.host_port or mapping.container_port_range:
            return None
        return mapping.container_port if isinstance(mapping.container_port, int) else None

    def evidence(self, key: str, value: object) -> Evidence:
        """One field of this mapping."""
        field = f"containerDefinitions[{self.container.name}].portMappings[{self.index}].{key}"
        return Evidence(operation(self.definition), field, "absent" if value is None else str(value))

    @property
    def ports(self) -> range | None:
        """The container ports that this mapping publishes; None where they are not known or not valid."""
        if isinstance(self.mapping.container_port_range, str):
            return spanned(self.mapping.container_port_range)
        port = self.mapping.container_port
        return range(port, port + 1) if isinstance(port, int) else None

    def maps(self, port: int) -> bool:
        """Whether this mapping publishes *port* of the container."""
        return self.ports is not None and port in self.ports


def operation(definition: TaskDefinition) -> str:
    """Where a task definition's facts come from, as evidence names it."""
    return "file" if definition.position else "ecs:DescribeTaskDefinition"


def located(position: Position | None) -> Location | None:
    """A place in the model as a place in a report."""
    return Location(position.file, position.line, position.column) if position else None


def unless_unread(judge: Callable[[Context, T], Verdict]) -> Callable[[Context, T | Gap], Verdict]:
    """The same judge, for subjects of which some could not be read."""

    @wraps(judge)
    def judged(ctx: Context, value: T | Gap) -> Verdict:
        return from_gap(value) if isinstance(value, Gap) else judge(ctx, value)

    return judged


@dataclass(frozen=True, slots=True)
class Flight:
    """A task definition that the path's tasks run, or are to run; a gap where it could not be read.

    ``suffix`` tells it from the path's own in subject keys; ``several``: there are more of them.
    """

    title: str
    definition: TaskDefinition | Gap
    suffix: str = ""
    several: bool = False


def in_flight(ctx: Context) -> tuple[Flight, ...]:
    """The path's task definition, and that of each deployment of its service that has tasks or wants some.

    While a deployment is under way both versions stand behind the target group
    (botocore 1.44.5, ecs Service.deployments). Raises UnknownFact, NotApplicable.
    """
    own = reached(ctx, ctx.here.task_definition, "task definition")
    deployments = ctx.here.service.deployments if ctx.here.service else ()
    others = dict.fromkeys(one.task_definition_arn for one in deployments if one.live)
    found = [Flight(own.title, own), *(_flight(ctx, arn) for arn in others if arn not in ("", own.arn))]
    return tuple(replace(one, several=len(found) > 1) for one in found)


def _flight(ctx: Context, arn: str) -> Flight:
    name = arn.rpartition("/")[2]
    definition = ctx.topology.task_definitions.peek(arn)
    if definition is None:
        call = "ecs:DescribeTaskDefinition"
        definition = Gap(operation=call, action=call, code="NotFound", message=f"no {name} in the facts")
    return Flight(name, definition, suffix=f" in {name}")


def definition_subjects(ctx: Context) -> tuple[Subject[TaskDefinition | Gap], ...]:
    """Each task definition in flight, keyed by its family, which outlives the revision; others by family:revision."""
    return tuple(map(_definition_subject, in_flight(ctx)))


def _definition_subject(flight: Flight) -> Subject[TaskDefinition | Gap]:
    definition = flight.definition
    if isinstance(definition, Gap):
        return Subject(flight.title, flight.title, definition)
    name = flight.title if flight.suffix else definition.family or definition.arn
    return Subject(definition.arn or name, name, definition, located(definition.position))


def every_mapping(definition: TaskDefinition) -> list[Mapped]:
    """All port mappings of all containers, in the order of the file."""
    return [
        Mapped(definition, container, mapping, index)
        for container in definition.containers
        for index, mapping in enumerate(container.port_mappings)
    ]


def mapping_subjects(ctx: Context) -> tuple[Subject[Mapped | Gap], ...]:
    """The mappings that the path's target group uses, in each task definition in flight; in a bare file every one.

    Keyed ``service/container:port``, and ``… in family:revision`` for a deployment that is not the
    path's own. Raises NotApplicable where there is none.
    """
    found = tuple(subject for flight in in_flight(ctx) for subject in _of_flight(ctx, flight))
    if not found:
        nothing = ctx.here.task_definition is None or not every_mapping(ctx.here.task_definition)
        raise NotApplicable("no container maps a port" if ctx.bare_file or nothing else _unmapped(ctx.here))
    return found


def _of_flight(ctx: Context, flight: Flight) -> Iterator[Subject[Mapped | Gap]]:
    definition = flight.definition
    owner = ctx.here.service.name if ctx.here.service else ""
    if isinstance(definition, Gap):
        where = f"{ctx.here.container_name}:{ctx.here.container_port}"
        yield Subject(flight.title, f"{owner}/{where}{flight.suffix}", definition)
        return
    every = every_mapping(definition)
    used = every if ctx.bare_file else used_mappings(ctx, every)
    shown = [replace(one, of=flight.title) for one in used] if flight.several else used
    for one in _subjects(owner or definition.family or definition.arn, shown):
        yield replace(one, key=f"{one.key}{flight.suffix}")


def _unmapped(path: Path) -> str:
    return f"container {path.container_name} does not map port {path.container_port}"


def _subjects(owner: str, used: Iterable[Mapped]) -> Iterator[Subject[Mapped | Gap]]:
    seen: Counter[str] = Counter()
    for one in used:
        key = f"{owner}/{one.container.name}:{one.port}{'/udp' if one.udp else ''}"
        seen[key] += 1
        key = key if seen[key] == 1 else f"{key}#{seen[key]}"
        place = one.mapping.host_port_position or one.mapping.position
        yield Subject(one.definition.arn or owner, key, one, located(place))


def used_mappings(ctx: Context, every: list[Mapped]) -> list[Mapped]:
    """Those behind the path's target group: by the service's entry, else by the registered ports."""
    path = ctx.here
    if path.container_port is None:
        return _registered(ctx, every) or every
    mine = [one for one in every if one.maps(path.container_port) and _is_in(one, path.container_name)]
    return [one for one in mine if not one.udp] or mine


def _is_in(one: Mapped, container: str) -> bool:
    return not container or one.container.name == container


def _registered(ctx: Context, every: list[Mapped]) -> list[Mapped]:
    group = ctx.here.target_group
    if group is None:
        return []
    targets = ctx.topology.targets.find(group.arn) or ()
    ports: set[int | None] = {target.port for target in targets} or {group.port}
    return [one for one in every if one.host_port.kind is Kind.FIXED and one.host_port.port in ports]


def port_on_host(one: Mapped) -> int | Verdict:
    """The fixed port that is taken on the instance, or the verdict of whoever needs one: there is none.

    Where only the mode is not known, the port that host mode would take: bridge and awsvpc take none.
    """
    found = one.host_port
    if one.in_host_mode is not None:
        return one.in_host_mode
    if found.kind is Kind.UNKNOWN:
        return unknown(f"{one.title}: {found.why}", one.evidence("hostPort", one.mapping.host_port))
    if found.kind is not Kind.FIXED:
        return not_applicable(f"{one.title} has no fixed host port: {found.why}")
    if one.on_host is False:
        return passed(f"{one.title}: the task has an interface of its own, whose ports are all free")
    return found.port if found.port is not None else unknown(f"{one.title}: {found.why}")
