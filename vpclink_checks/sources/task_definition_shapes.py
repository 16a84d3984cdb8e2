"""Which JSON is an ECS task definition, in which of its shapes, and what only looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vpclink_checks.model.ecs import Placeholder
from vpclink_checks.sources.jsonnodes import Array, Node, Object

# Keys that nothing but an ECS container definition has beside "image".
_TELLING = frozenset(
    [
        "dependsOn",
        "dockerLabels",
        "dockerSecurityOptions",
        "entryPoint",
        "environmentFiles",
        "essential",
        "extraHosts",
        "firelensConfiguration",
        "linuxParameters",
        "logConfiguration",
        "memoryReservation",
        "mountPoints",
        "portMappings",
        "readonlyRootFilesystem",
        "repositoryCredentials",
        "resourceRequirements",
        "startTimeout",
        "stopTimeout",
        "systemControls",
        "ulimits",
        "volumesFrom",
    ]
)
_COMMON = frozenset(
    {"name", "image", "cpu", "memory", "command", "environment", "secrets", "hostname", "user", "links"}
)
_FOREIGN = frozenset({"Resources", "AWSTemplateFormatVersion", "terraform_version", "planned_values", "format_version"})

_CONTAINERS = re.compile(r'"containerDefinitions"\s*:')
_ONE_CONTAINER = re.compile(r'"image"\s*:')
_ITS_KEYS = re.compile(rf'"(?:{"|".join(sorted(_TELLING))})"\s*:')
_ELSEWHERE = re.compile(
    r'"(?:containerProperties|AWSTemplateFormatVersion|Resources|terraform_version|taskDefinitions|TopicArn)"\s*:'
)
_BEFORE = r"\s++|//[^\n]*+|#(?!\{)[^\n]*+|/\*.*?\*/|%\{[^}]*+\}|\{[{%#].*?[}%#]\}"
_BEGINNING = re.compile(rf'(?:{_BEFORE})*+(?:[\[{{]|"\w++"\s*+:)', re.DOTALL)


class LookAlike(Exception):  # noqa: N818 - a signal: this is something else, which has a name
    """The JSON is no task definition; the text says what it is, ``offset`` where that shows."""

    def __init__(self, what: str, offset: int) -> None:
        self.what, self.offset = what, offset
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the parts are. ``definition`` is None for containers without their task definition."""

    kind: str  # register | describe | described | containers | container
    containers: Node
    definition: Object | None = None
    offset: int = 0


def may_be(text: str) -> bool:
    """Cheap: whether *text* could be any shape of ours."""
    if _CONTAINERS.search(text):
        return True
    return bool(_ONE_CONTAINER.search(text)) and ('"memory"' in text or _ITS_KEYS.search(text) is not None)


def may_be_confused(text: str) -> bool:
    """Cheap: whether *text* could be taken for one of ours by a person."""
    return '"ContainerDefinitions"' in text or '"Containers"' in text or _ELSEWHERE.search(text) is not None


def resembles(text: str) -> bool:
    """Whether text that is not readable as JSON was surely meant as ours."""
    if _ELSEWHERE.search(text) or not _BEGINNING.match(text):
        return False
    return bool(_CONTAINERS.search(text) or (_ONE_CONTAINER.search(text) and '"portMappings"' in text))


def shape_of(root: Node) -> Shape | None:
    """The shape of this JSON, or None where it is nothing of ECS. Raises LookAlike."""
    if isinstance(root.value, Array):
        return _list(root, root.value)
    if not isinstance(root.value, Object) or _FOREIGN & root.value.members.keys():
        return None
    return _object(root, root.value)


def _object(root: Node, top: Object) -> Shape | None:
    members = top.members
    if "containerDefinitions" in members:
        kind = "described" if "taskDefinitionArn" in members else "register"
        return Shape(kind, members["containerDefinitions"], top, root.offset)
    inner = members.get("taskDefinition")
    if inner is not None and isinstance(inner.value, Object) and "containerDefinitions" in inner.value.members:
        return Shape("describe", inner.value.members["containerDefinitions"], inner.value, inner.offset)
    _refuse(root, top)
    return Shape("container", root) if _is_container(root) else None


def _list(root: Node, items: Array) -> Shape | None:
    objects = [item for item in items.items if isinstance(item.value, Object)]
    if any("containerDefinitions" in item.value.members for item in objects if isinstance(item.value, Object)):
        raise LookAlike("a list of task definitions; give each one a file of its own", root.offset)
    for item in objects:
        if isinstance(item.value, Object):
            _refuse(item, item.value)
    rest = [item for item in items.items if not isinstance(item.value, Object | Placeholder)]
    return Shape("containers", root) if any(map(_is_container, objects)) and not rest else None


def _is_container(node: Node) -> bool:
    if not isinstance(node.value, Object):
        return False
    keys = node.value.members.keys()
    image = node.value.members.get("image")
    if image is None or not isinstance(image.value, str | Placeholder):
        return False
    return bool(keys & _TELLING) or {"name", "memory"} <= keys <= _COMMON


def _refuse(node: Node, thing: Object) -> None:
    keys = thing.members.keys()
    what = ""
    if keys & {"containerProperties", "jobDefinitions", "jobDefinitionName"}:
        what = "an AWS Batch job definition (containerProperties), which ECS does not run as a service"
    elif keys & {"taskDefinitions", "taskDefinitionArns"}:
        what = "a list of task definitions; give each one a file of its own"
    elif "ContainerDefinitions" in keys:
        what = "CloudFormation's spelling (ContainerDefinitions); ECS reads containerDefinitions, in lowerCamelCase"
    elif "Containers" in keys and keys & {"Arn", "Family", "DesiredStatus", "KnownStatus"}:
        what = "a payload of the ECS agent (Containers)"
    elif {"TopicArn", "Message"} <= keys:
        what = "an SNS message"
    if what:
        raise LookAlike(what, node.offset)
