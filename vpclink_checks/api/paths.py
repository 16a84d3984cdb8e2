"""The paths of an environment: from a custom domain's mapping to one container port, hop by hop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from vpclink_checks.api.errors import FactUnknown, NoSuchFact
from vpclink_checks.api.guard import guarded
from vpclink_checks.model import path as facts
from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.balancing import Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.domain import DomainName
from vpclink_checks.model.ecs import ContainerDefinition, Service, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.topology import Topology

T = TypeVar("T")
# The objects on a path, each with the hop that it belongs to.
OBJECTS = {
    "domain": "domain",
    "api": "api",
    "stage": "api",
    "link": "vpc-link",
    "load_balancer": "load-balancer",
    "listener": "listener",
    "target_group": "target-group",
    "service": "service",
    "task_definition": "task-definition",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Path:
    """One path. Its objects raise FactUnknown where they could not be read, NoSuchFact where there is none.

    ``path.has("service")`` tells beforehand. A path that is not followed to its end says why in ``stopped``.
    """

    _facts: facts.Path
    _topology: Topology

    @property
    def id(self) -> str:
        """Stable from run to run."""
        return self._facts.id

    @property
    def title(self) -> str:
        """``api.example.com/orders → orders/api:8080``."""
        return self._facts.title

    @property
    def base_path(self) -> str:
        """The mapping's key; "" for the root, or where no mapping leads here."""
        return self._facts.base_path

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes with this integration."""
        return guarded(self._facts.routes)

    @property
    def stopped(self) -> str:
        """Why the path could not be followed to its end; "" where it was."""
        return self._facts.stop.reason if self._facts.stop is not None else ""

    @property
    def complete(self) -> bool:
        """Whether it was followed to its end. Raises FactUnknown where it stops at a fact that could not be read."""
        stop = self._facts.stop
        if stop is not None and stop.gap is not None:
            raise FactUnknown(f"{self.title} is known as far as its {stop.hop} only: {stop.gap}")
        return stop is None

    @property
    def domain(self) -> DomainName:
        """The custom domain."""
        return self._need("domain", self._facts.domain)

    @property
    def api(self) -> Api:
        """The REST or HTTP API."""
        return self._need("api", self._facts.api)

    @property
    def stage(self) -> Stage:
        """Its stage."""
        return self._need("stage", self._facts.stage)

    @property
    def link(self) -> VpcLink:
        """The VPC link."""
        return self._need("link", self._facts.link)

    @property
    def load_balancer(self) -> LoadBalancer:
        """The load balancer."""
        return self._need("load_balancer", self._facts.load_balancer)

    @property
    def listener(self) -> Listener:
        """Its listener."""
        return self._need("listener", self._facts.listener)

    @property
    def target_group(self) -> TargetGroup:
        """The target group."""
        return self._need("target_group", self._facts.target_group)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is registered with the target group, with its health."""
        return self._known("targets", self._topology.targets.peek(self.target_group.arn))

    @property
    def service(self) -> Service:
        """The ECS service."""
        return self._need("service", self._facts.service)

    @property
    def task_definition(self) -> TaskDefinition:
        """The task definition that serves it."""
        return self._need("task_definition", self._facts.task_definition)

    @property
    def container(self) -> ContainerDefinition:
        """The container at its end."""
        found = self.task_definition.container(self._facts.container_name)
        if found is None:
            raise NoSuchFact(f"{self.title} has no container {self._facts.container_name!r}")
        return found

    @property
    def container_port(self) -> int:
        """The container's port."""
        found = self._facts.container_port
        if found is None:
            self._missing("container_port", "task-definition")
        return found

    @property
    def registration(self) -> str:
        """Who registers the targets: "service", "auto-scaling-group", "manual"; "" where that is not known."""
        return self._facts.registration

    def has(self, name: str) -> bool:
        """Whether the path has this object ("service"). Raises FactUnknown where that could not be read."""
        if name not in OBJECTS:
            raise NoSuchFact(f"a path has no {name!r}; it may have: {', '.join(OBJECTS)}")
        if getattr(self._facts, name) is not None:
            return True
        self._refuse_unread(name, OBJECTS[name])
        return False

    def _need(self, name: str, found: T | None) -> T:
        if found is None:
            self._missing(name, OBJECTS[name])
        return guarded(found)

    def _known(self, name: str, found: T | Gap | None) -> T:
        if isinstance(found, Gap):
            raise FactUnknown(f"{name} of {self.title}: {found}")
        if found is None:
            self._missing(name, "target-group")
        return found

    def _missing(self, name: str, hop: str) -> NoReturn:
        """Raises FactUnknown or NoSuchFact."""
        self._refuse_unread(name, hop)
        reason = f"it ends at its {self._facts.stop.hop}: {self.stopped}" if self._facts.stop else "it has none"
        raise NoSuchFact(f"{self.title} has no {name.replace('_', ' ')}: {reason}")

    def _refuse_unread(self, name: str, hop: str) -> None:
        stop = self._facts.stop
        if stop is not None and stop.gap is not None and self._facts.stops_before(hop):
            raise FactUnknown(f"{name.replace('_', ' ')} of {self.title} is not known: {stop.gap}")

    def __str__(self) -> str:
        return self.title

    def __repr__(self) -> str:
        return f"<path {self.title}>"


class Paths:
    """Every path of the environment, in order. ``paths["orders"]`` finds one by title, id or base path."""

    __slots__ = ("_paths",)

    def __init__(self, topology: Topology) -> None:
        self._paths = tuple(Path(one, topology) for one in topology.paths)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, key: str | int) -> Path:
        """One path, by its place or by a name. Raises NoSuchFact where none or several have it."""
        if isinstance(key, int):
            return self._at(key)
        found = self.where(lambda one: key in (one.id, one.title)) or self.of(key)
        if len(found) == 1:
            return found[0]
        titles = ", ".join(one.title for one in found or self._paths)
        many = f"{len(found)} paths have the base path {key!r}; name one by its title"
        raise NoSuchFact(f"{many if found else f'there is no path {key!r} here'}: {titles}")

    def _at(self, place: int) -> Path:
        if not -len(self._paths) <= place < len(self._paths):
            raise NoSuchFact(f"there is no path {place}: there are {len(self._paths)}")
        return self._paths[place]

    def of(self, base_path: str) -> tuple[Path, ...]:
        """The paths of one base path."""
        return self.where(lambda one: one.base_path == base_path)

    def where(self, holds: Callable[[Path], bool]) -> tuple[Path, ...]:
        """The paths for which this holds."""
        return tuple(one for one in self._paths if holds(one))

    def __contains__(self, key: object) -> bool:
        """Whether this is one of them, or the title, id or base path of one."""
        return any(key == one or key in (one.id, one.title, one.base_path) for one in self._paths)

    def __repr__(self) -> str:
        return f"<paths: {', '.join(one.title for one in self._paths)}>"
