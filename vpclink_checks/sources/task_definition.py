"""ECS task-definition JSON, as written for register-task-definition or printed by describe -> Topology.

Of a container only what the model names is kept: no environment, no command, no image.
"""

from __future__ import annotations

from pathlib import Path as FilePath

from vpclink_checks.errors import Problem, SourceError
from vpclink_checks.model.ecs import ContainerDefinition, Placeholder, PortMapping, Position, TaskDefinition
from vpclink_checks.model.fact import Table
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import StaticSettings
from vpclink_checks.sources import task_definition_shapes as shapes
from vpclink_checks.sources.jsonnodes import Array, Node, Object, clean, placeholder
from vpclink_checks.sources.jsontext import Document, parse
from vpclink_checks.sources.templates import has_placeholder
from vpclink_checks.sources.textfile import head, read_text

LOOK_AT = 256 * 1024  # bytes of a file that are looked at to tell what it is
_PORT_DIGITS = 10
_OURS = (
    "containerDefinitions networkMode requiresCompatibilities runtimePlatform operatingSystemFamily family "
    "portMappings containerPort hostPort containerPortRange protocol"
)
_KEYS = {key.lower(): key for key in _OURS.split()}


def looks_like(path: FilePath) -> bool:
    """Whether the file is, or was meant to be, an ECS task definition; told by its content. Never raises."""
    text = head(path, LOOK_AT)
    if not text or not shapes.may_be(text):
        return False
    try:
        return shapes.shape_of(parse(text, path.name).root) is not None
    except SourceError:
        return shapes.resembles(text)
    except shapes.LookAlike:
        return False


def read(path: FilePath, shown: str, static: StaticSettings) -> Topology | None:
    """The task definition in this file as a Topology of one path; None if the file is none of ours.

    *shown* is the file's path as the user gave it. Raises SourceError, with line and column, for a
    file that was meant as one and cannot be read, and for what only looks like one.
    """
    text, notes = read_text(path, shown)
    if "\0" in text or not (shapes.may_be(text) or shapes.may_be_confused(text)):
        return None
    try:
        document = parse(text, shown)
        shape = shapes.shape_of(document.root)
    except shapes.LookAlike as other:
        line, column = document.place(other.offset)
        raise SourceError(Problem(shown, line, f"this is {other.what}", column=column)) from None
    except SourceError:
        if not shapes.resembles(text):
            return None
        raise
    return None if shape is None else _topology(_Reader(document, shown, notes).definition(shape, static))


def _topology(definition: TaskDefinition) -> Topology:
    name = definition.arn
    return Topology(
        source="static",
        task_definitions=Table(rows={name: definition}),
        paths=(Path(id=name, title=name, task_definition=definition),),
    )


class _Reader:
    """Turns the nodes of one file into the model, collecting notes on the way."""

    def __init__(self, document: Document, shown: str, notes: tuple[str, ...]) -> None:
        self._document, self._shown = document, shown
        self._notes = [*notes, *document.notes]

    def definition(self, shape: shapes.Shape, static: StaticSettings) -> TaskDefinition:
        """The task definition. Raises SourceError."""
        top = shape.definition or Object()
        self._spelling(top)
        containers = self._containers(shape)
        mode = top.get("networkMode")
        alone = shape.definition is None
        return TaskDefinition(
            arn=self._shown,
            family=_plain(top.get("family")),
            revision=_whole(top.get("revision")),
            network_mode=static.network_mode if alone else self._word(mode, "networkMode"),
            network_mode_known=not alone or static.network_mode is not None,
            compatibilities=self._words(top.members.get("requiresCompatibilities"), "requiresCompatibilities"),
            os_family=self._os_family(top),
            containers=containers,
            position=self._position(Node(None, shape.offset)),
            network_mode_position=self._position(mode),
            notes=tuple(self._notes),
        )

    # -- parts ---------------------------------------------------------------------------------

    def _os_family(self, top: Object) -> str | Placeholder | None:
        platform = top.get("runtimePlatform")
        if platform is None:
            return None
        if text := _placeholder(platform):
            return text
        inside = self._object(platform, "runtimePlatform")
        return None if inside is None else self._word(inside.get("operatingSystemFamily"), "operatingSystemFamily")

    def _containers(self, shape: shapes.Shape) -> tuple[ContainerDefinition, ...]:
        if shape.kind == "container":
            return (self._container(shape.containers),)
        if _placeholder(shape.containers):
            return (self._hidden(shape.containers),)
        items = self._array(shape.containers, "containerDefinitions")
        if items is None:
            raise self._error(shape.containers, "containerDefinitions: expected a list, found null")
        return tuple(self._hidden(item) if _placeholder(item) else self._container(item) for item in items)

    def _hidden(self, node: Node) -> ContainerDefinition:
        """Containers that a template brings: how many, and what they map, is not known."""
        text = _placeholder(node) or Placeholder("")
        position = self._position(node)
        return ContainerDefinition(name=text, port_mappings=(_unseen(text, position),), position=position)

    def _container(self, node: Node) -> ContainerDefinition:
        thing = self._object(node, "a container definition")
        if thing is None:
            raise self._error(node, "a container definition: expected an object, found null")
        self._spelling(thing)
        name = self._word(thing.get("name"), "name") or ""
        if "networkMode" in thing.members:
            line = self._place(thing.members["networkMode"])[0]
            self._notes.append(
                f"line {line}: networkMode inside container {name} is ignored: it belongs to the task definition"
            )
        essential = thing.members.get("essential")
        check = thing.members.get("healthCheck")
        return ContainerDefinition(
            name=name,
            essential=essential is None or essential.value is not False,
            port_mappings=self._mappings(thing.get("portMappings")),
            memory=_whole(thing.members.get("memory")),
            memory_reservation=_whole(thing.members.get("memoryReservation")),
            health_check=check is not None and check.value is not None,
            position=self._position(node),
        )

    def _mappings(self, node: Node | None) -> tuple[PortMapping, ...]:
        if node is None:
            return ()
        if text := _placeholder(node):
            return (_unseen(text, self._position(node)),)
        items = self._array(node, "portMappings") or ()
        return tuple(self._mapping(item) for item in items)

    def _mapping(self, node: Node) -> PortMapping:
        if text := _placeholder(node):
            return _unseen(text, self._position(node))
        thing = self._object(node, "a port mapping")
        if thing is None:
            raise self._error(node, "a port mapping: expected an object, found null")
        self._spelling(thing)
        strings = tuple(
            key
            for key in ("containerPort", "hostPort")
            if (port := thing.members.get(key)) and isinstance(port.value, str) and port.value.strip().isdigit()
        )
        host_port = thing.get("hostPort")
        ports = thing.members if "containerPort" in thing.members else thing  # one of them excludes the other
        return PortMapping(
            container_port=self._port(thing.get("containerPort"), "containerPort"),
            host_port=self._port(host_port, "hostPort"),
            protocol=self._word(thing.get("protocol"), "protocol") or "tcp",
            container_port_range=self._word(ports.get("containerPortRange"), "containerPortRange"),
            position=self._position(node),
            host_port_position=self._position(host_port),
            strings=strings,
        )

    # -- values --------------------------------------------------------------------------------

    def _port(self, node: Node | None, key: str) -> int | Placeholder | None:
        """A port; its range is for the checks to judge."""
        value = None if node is None else node.value
        if node is None or value is None or isinstance(value, Placeholder):
            return value if isinstance(value, Placeholder) else None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str):
            digits = value.strip()
            if digits.isascii() and digits.isdigit() and len(digits) <= _PORT_DIGITS:
                return int(digits)
            if has_placeholder(value):
                return placeholder(value, node.offset)
        raise self._error(node, f"{key}: expected a whole number, found {_kind(value)}")

    def _word(self, node: Node | None, key: str) -> str | Placeholder | None:
        """A text. Raises SourceError for anything else."""
        value = None if node is None else node.value
        if node is None or value is None:
            return None
        if isinstance(value, Placeholder):
            return value
        if not isinstance(value, str):
            raise self._error(node, f"{key}: expected a text, found {_kind(value)}")
        return placeholder(value, node.offset) if has_placeholder(value) else clean(value)

    def _words(self, node: Node | None, key: str) -> tuple[str, ...]:
        if node is None or _placeholder(node):
            return ()
        return tuple(str(self._word(item, key)) for item in self._array(node, key) or ())

    def _array(self, node: Node, key: str) -> tuple[Node, ...] | None:
        if node.value is None:
            return None
        if not isinstance(node.value, Array):
            raise self._error(node, f"{key}: expected a list, found {_kind(node.value)}")
        return node.value.items

    def _object(self, node: Node, what: str) -> Object | None:
        if node.value is None:
            return None
        if not isinstance(node.value, Object):
            raise self._error(node, f"{what}: expected an object, found {_kind(node.value)}")
        return node.value

    def _spelling(self, thing: Object) -> None:
        """Refuse keys that only differ in case or underscores from ours: reading past them would misjudge."""
        for key, node in thing.members.items():
            ours = _KEYS.get(key.replace("_", "").replace("-", "").lower())
            if ours is not None and ours != key:
                at = Node(None, node.key_offset if node.key_offset >= 0 else node.offset)
                raise self._error(at, f'unknown key "{clean(key)}": ECS writes it {ours}')

    # -- places --------------------------------------------------------------------------------

    def _place(self, node: Node) -> tuple[int, int]:
        return self._document.place(node.offset)

    def _position(self, node: Node | None) -> Position | None:
        return None if node is None else Position(self._shown, *self._place(node))

    def _error(self, node: Node, message: str) -> SourceError:
        line, column = self._place(node)
        return SourceError(Problem(self._shown, line, message, column=column))


def _placeholder(node: Node) -> Placeholder | None:
    """The placeholder that stands where a list or an object belongs, quoted or not."""
    if isinstance(node.value, str) and has_placeholder(node.value):
        return placeholder(node.value, node.offset)
    return node.value if isinstance(node.value, Placeholder) else None


def _unseen(text: Placeholder, position: Position | None) -> PortMapping:
    """A mapping of which nothing is known; ``container_port_range`` marks that it may be any number of them."""
    return PortMapping(container_port=text, host_port=text, protocol=text, container_port_range=text, position=position)


def _plain(node: Node | None) -> str:
    value = None if node is None else node.value
    return clean(value) if isinstance(value, str) and not has_placeholder(value) else ""


def _whole(node: Node | None) -> int | None:
    value = None if node is None else node.value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (int, "a number"),
    (float, "a number with a fraction"),
    (str, "a text"),
    (Array, "a list"),
    (Object, "an object"),
)


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")
