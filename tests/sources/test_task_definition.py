"""Task-definition files: every shape that people write, what is refused, and what is never kept."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpclink_checks.errors import SourceError
from vpclink_checks.model.ecs import Placeholder, PortMapping, Position, TaskDefinition
from vpclink_checks.settings import StaticSettings
from vpclink_checks.sources.task_definition import looks_like, read
from vpclink_checks.sources.textfile import MAX_BYTES

ARTICLE = Path(__file__).parents[2] / "fixtures" / "article" / "task-definition.json"
CONTAINER: dict[str, Any] = {
    "name": "api",
    "image": "orders:1",
    "memory": 128,
    "portMappings": [{"containerPort": 8080, "hostPort": 10000}],
}
WHOLE: dict[str, Any] = {"family": "orders", "networkMode": "bridge", "containerDefinitions": [CONTAINER]}
ARN = "arn:aws:ecs:eu-west-2:123456789012:task-definition/orders:7"
DESCRIBED: dict[str, Any] = {**WHOLE, "taskDefinitionArn": ARN, "revision": 7, "requiresAttributes": []}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "task-definition.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return path


def load(tmp_path: Path, content: Any, **static: Any) -> TaskDefinition:
    path = written(tmp_path, content)
    assert looks_like(path)
    topology = read(path, "infra/td.json", StaticSettings(**static))
    assert topology is not None
    assert topology.source == "static"
    definition = topology.paths[0].task_definition
    assert definition is not None
    assert topology.task_definitions.find("infra/td.json") is definition
    return definition


def only(definition: TaskDefinition) -> PortMapping:
    (container,) = definition.containers
    (mapping,) = container.port_mappings
    return mapping


def mapped(mappings: Any) -> Any:
    """A definition of one container with nothing but these port mappings."""
    return {"containerDefinitions": [{"portMappings": mappings}]}


def mapping_of(tmp_path: Path, mapping: str) -> PortMapping:
    return only(load(tmp_path, json.dumps(WHOLE).replace(json.dumps(CONTAINER["portMappings"]), f"[{mapping}]")))


def refusal(tmp_path: Path, content: Any) -> str:
    with pytest.raises(SourceError) as caught:
        read(written(tmp_path, content), "infra/td.json", StaticSettings())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "mode", "known", "family", "revision"),
    [
        (WHOLE, "bridge", True, "orders", None),
        (
            {"taskDefinition": {**WHOLE, "taskDefinitionArn": ARN, "revision": 7}, "tags": []},
            "bridge",
            True,
            "orders",
            7,
        ),
        ({**WHOLE, "taskDefinitionArn": ARN, "revision": 7, "requiresAttributes": []}, "bridge", True, "orders", 7),
        ([CONTAINER], None, False, "", None),
        (CONTAINER, None, False, "", None),
        ({**WHOLE, "networkMode": None, "memory": None, "volumes": None}, None, True, "orders", None),
        (
            {**WHOLE, "networkConfiguration": {"x": 1}, "compatibilities": ["MANAGED_INSTANCES"]},
            "bridge",
            True,
            "orders",
            None,
        ),
    ],
    ids=["register", "describe", "described", "array", "container", "nulls", "unknown keys"],
)
def test_every_shape(tmp_path: Path, content: Any, mode: Any, known: bool, family: str, revision: Any) -> None:
    definition = load(tmp_path, content)
    assert definition.arn == "infra/td.json"
    assert (definition.network_mode, definition.network_mode_known) == (mode, known)
    assert (definition.family, definition.revision) == (family, revision)
    assert definition.containers[0].name == "api"
    assert (only(definition).container_port, only(definition).host_port) == (8080, 10000)
    assert definition.compatibilities == ()


@pytest.mark.parametrize("content", [[CONTAINER], CONTAINER])
def test_static_settings_say_the_network_mode_of_bare_containers_alone(tmp_path: Path, content: Any) -> None:
    definition = load(tmp_path, content, network_mode="host")
    assert (definition.network_mode, definition.network_mode_known) == ("host", True)
    assert load(tmp_path, WHOLE, network_mode="host").network_mode == "bridge"
    assert load(tmp_path, {**WHOLE, "networkMode": None}, network_mode="host").network_mode is None


def test_what_a_definition_says_of_itself(tmp_path: Path) -> None:
    platform = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    definition = load(tmp_path, {**WHOLE, "requiresCompatibilities": ["EC2"], "runtimePlatform": platform})
    assert definition.windows
    assert definition.compatibilities == ("EC2",)


def test_containers_in_order_with_what_checks_ask_of_them(tmp_path: Path) -> None:
    other = {**CONTAINER, "name": "status", "essential": False, "healthCheck": {"command": ["x"]}, "portMappings": None}
    definition = load(tmp_path, [CONTAINER, other, {"name": "bare", "image": "x"}])
    api, status, bare = definition.containers
    assert (api.essential, api.health_check, api.memory) == (True, False, 128)
    assert (status.name, status.essential, status.health_check, status.port_mappings) == ("status", False, True, ())
    assert (bare.name, bare.port_mappings, bare.memory) == ("bare", (), None)


@pytest.mark.parametrize(
    "containers",
    [
        '${jsonencode([{ environment = [{ value = "hunter2" }] }])}',
        "\"${jsonencode([{ environment = [{ value = 'hunter2' }] }])}\"",
        '[{"name": "${lookup(x, "hunter2")}", "image": "x"}]',
        '[{"image": "x", "portMappings": [{"containerPort": "${x["hunter2"]}"}]}]',
    ],
)
def test_no_literal_of_a_template_is_kept(tmp_path: Path, containers: str) -> None:
    definition = load(tmp_path, f'{{"containerDefinitions": {containers}}} // x')
    assert "hunter2" not in str(asdict(definition))


def test_two_placeholders_that_are_not_shown_whole_are_not_the_same(tmp_path: Path) -> None:
    ports = '{"containerPort": ${lookup(x, "a")}, "hostPort": ${lookup(x, "b")}}'
    found = mapping_of(tmp_path, ports)
    assert found.container_port != found.host_port


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    assert not looks_like(pipe)
    with pytest.raises(SourceError, match="not a regular file"):
        read(pipe, "pipe.json", StaticSettings())


def test_a_line_of_members_hides_the_range_only_where_there_is_no_port(tmp_path: Path) -> None:
    assert mapping_of(tmp_path, '{"containerPort": 80, $$$MORE$$$}').container_port_range is None
    assert mapping_of(tmp_path, "{$$$PORTS$$$}").container_port_range == Placeholder("$$$PORTS$$$")


def test_no_value_of_the_environment_is_kept(tmp_path: Path) -> None:
    secret = {"environment": [{"name": "DB", "value": "hunter2"}], "command": ["hunter2"], "user": "hunter2"}
    definition = load(tmp_path, [{**CONTAINER, **secret, "networkMode": "hunter2"}])
    assert "hunter2" not in str(asdict(definition))


@pytest.mark.parametrize(
    ("mapping", "container_port", "host_port", "strings"),
    [
        ('{"containerPort": 80}', 80, None, ()),
        ('{"containerPort": 80, "hostPort": 0}', 80, 0, ()),
        ('{"containerPort": 80, "hostPort": null}', 80, None, ()),
        ('{"containerPort": "80", "hostPort": " 8080 "}', 80, 8080, ("containerPort", "hostPort")),
        ('{"containerPort": 80, "hostPort": 99999}', 80, 99999, ()),
        ('{"containerPort": -1}', -1, None, ()),
        ('{"containerPort": 80, "hostPort": "${PORT}"}', 80, Placeholder("${PORT}"), ()),
        ('{"containerPort": {{PORT}}, "hostPort": 0}', Placeholder("{{PORT}}"), 0, ()),
        ('{"containerPort": <PORT>, "hostPort": $$$HOST$$$}', Placeholder("<PORT>"), Placeholder("$$$HOST$$$"), ()),
        ('{"containerPort": 80, $$$HOST_PORT$$$ }', 80, Placeholder("$$$HOST_PORT$$$"), ()),
        ('{"containerPort": 80 %{ if x }, "hostPort": 1%{ endif } }', 80, "%{ … }", ()),
        ('{"containerPortRange": "8000-8010"}', None, None, ()),
    ],
)
def test_ports(tmp_path: Path, mapping: str, container_port: Any, host_port: Any, strings: tuple[str, ...]) -> None:
    found = mapping_of(tmp_path, mapping)
    if isinstance(found.host_port, Placeholder) and found.host_port.place >= 0:
        found = replace(found, host_port=found.host_port.text)  # type: ignore[arg-type]
    assert (found.container_port, found.host_port, found.strings) == (container_port, host_port, strings)


@pytest.mark.parametrize(
    ("mapping", "protocol"),
    [
        ('{"containerPort": 80}', "tcp"),
        ('{"containerPort": 80, "protocol": "udp"}', "udp"),
        ('{"containerPort": 80, "protocol": null}', "tcp"),
        ('{"containerPort": 80, "protocol": "${p}"}', Placeholder("${p}")),
    ],
)
def test_protocols(tmp_path: Path, mapping: str, protocol: Any) -> None:
    assert mapping_of(tmp_path, mapping).protocol == protocol


@pytest.mark.parametrize(
    "portmappings", ["${ports}", '"${jsonencode(ports)}"', "[${ports}]", "{{ toJson .Ports }}", "[ $PORTS ]"]
)
def test_mappings_behind_a_placeholder_are_not_known(tmp_path: Path, portmappings: str) -> None:
    text = json.dumps(WHOLE).replace(json.dumps(CONTAINER["portMappings"]), portmappings)
    found = only(load(tmp_path, text))
    values = (found.container_port, found.host_port, found.protocol, found.container_port_range)
    assert all(isinstance(value, Placeholder) for value in values)


@pytest.mark.parametrize("containers", ["${containers}", '"${containers}"', "[${one}]"])
def test_containers_behind_a_placeholder_are_not_known(tmp_path: Path, containers: str) -> None:
    definition = load(tmp_path, f'{{"family": "orders", "containerDefinitions": {containers}}}')
    assert isinstance(definition.containers[0].name, Placeholder)
    assert isinstance(only(definition).host_port, Placeholder)


@pytest.mark.parametrize("mode", ["$$$MODE$$$", '"$$$MODE$$$"', '"${mode}"', "{{ .Mode }}"])
def test_a_network_mode_to_be_filled_in(tmp_path: Path, mode: str) -> None:
    definition = load(tmp_path, json.dumps(WHOLE).replace('"bridge"', mode))
    assert isinstance(definition.network_mode, Placeholder)
    assert definition.network_mode_known


def test_places(tmp_path: Path) -> None:
    definition = load(tmp_path, WHOLE)
    assert definition.network_mode_position == Position("infra/td.json", 3, 18)
    assert definition.containers[0].position == Position("infra/td.json", 5, 5)
    assert only(definition).position == Position("infra/td.json", 10, 9)
    assert only(definition).host_port_position == Position("infra/td.json", 12, 23)


@pytest.mark.parametrize("change", ["// a comment\n", "\n\n", "/* two\nlines */ "])
def test_places_are_the_same_whatever_way_the_file_is_read(tmp_path: Path, change: str) -> None:
    text = json.dumps(WHOLE, indent=2)
    plain, shifted = load(tmp_path, text), load(tmp_path, change + text)
    first, second = only(plain).host_port_position, only(shifted).host_port_position
    assert first
    assert second
    assert (second.line - first.line, second.column) == (change.count("\n"), first.column)


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\r\n\r\n" + text.encode(),
    ],
    ids=["BOM", "UTF-16", "CRLF", "blank lines"],
)
def test_what_editors_and_shells_write(tmp_path: Path, encode: Any) -> None:
    assert only(load(tmp_path, encode(json.dumps(WHOLE, indent=2)))).host_port == 10000


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (
            [{**CONTAINER, "networkMode": "awsvpc"}],
            "networkMode inside container api is ignored: it belongs to the task",
        ),
        (json.dumps(WHOLE) + "// x", "a comment, which JSON does not have"),
        (json.dumps(WHOLE).replace("]}", "],}", 1), "a comma behind the last element"),
        (
            json.dumps(WHOLE).replace('"family": "orders"', '"family": "a", "family": "orders"'),
            'the key "family" is given',
        ),
        (b"\xef\xbb\xbf" + json.dumps(WHOLE).encode(), "byte order mark"),
        (json.dumps(WHOLE).encode("utf-16"), "UTF-16"),
    ],
)
def test_what_was_overlooked_is_noted(tmp_path: Path, content: Any, note: str) -> None:
    assert note in "\n".join(load(tmp_path, content).notes)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"containerDefinitions": [{"name": "a"\n"image": "b"}]}', ':2:1: expected "," or "}", found a string'),
        ('"containerDefinitions": [{"name": "a"}]', ':1:1: expected "{" or "[", found a member without the braces'),
        ({"containerDefinitions": None}, "containerDefinitions: expected a list, found null"),
        ({"containerDefinitions": {}}, "containerDefinitions: expected a list, found an object"),
        ({"containerDefinitions": [None]}, "a container definition: expected an object, found null"),
        ({"containerDefinitions": ["x"]}, "a container definition: expected an object, found a text"),
        ({**WHOLE, "networkMode": 5}, ":3:18: networkMode: expected a text, found a number"),
        (mapped({"Port": 1}), "portMappings: expected a list, found an object"),
        (mapped([80]), "a port mapping: expected an object, found a number"),
        (mapped([None]), "a port mapping: expected an object, found null"),
        (
            {"containerDefinitions": [{"portMappings": [{"hostPort": True}]}]},
            "hostPort: expected a whole number, found true",
        ),
        (mapped([{"hostPort": 80.5}]), "found a number with a fraction"),
        (mapped([{"hostPort": "http"}]), "expected a whole number, found a text"),
        (
            {"containerDefinitions": [{"portMappings": [{"hostPort": []}]}]},
            "hostPort: expected a whole number, found a list",
        ),
        (mapped([{"protocol": 6}]), "protocol: expected a text, found a number"),
        (
            {"containerDefinitions": [{"portMappings": [{"HostPort": 80}]}]},
            'unknown key "HostPort": ECS writes it hostPort',
        ),
        ({"containerDefinitions": [{"port_mappings": []}]}, 'unknown key "port_mappings": ECS writes it portMappings'),
        ({**WHOLE, "NetworkMode": "host"}, 'unknown key "NetworkMode": ECS writes it networkMode'),
        ({"ContainerDefinitions": [{"Name": "a"}]}, ":1:1: this is CloudFormation's spelling (ContainerDefinitions)"),
        ({"containerProperties": {"image": "x"}, "type": "container"}, "this is an AWS Batch job definition"),
        ({"taskDefinitions": [WHOLE]}, "this is a list of task definitions"),
        ([WHOLE], "this is a list of task definitions"),
        ({"Containers": [], "Family": "x", "Arn": ARN}, "this is a payload of the ECS agent"),
        ({"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": "{}"}, "this is an SNS message"),
        (json.dumps(WHOLE).encode() + b"\xff", ":1: expected UTF-8 text, found other bytes"),
        (" " * (MAX_BYTES + 1), "is larger than 1024 KiB"),
    ],
)
def test_what_is_refused_in_one_line(tmp_path: Path, content: Any, expected: str) -> None:
    line = refusal(tmp_path, content)
    assert line.startswith("infra/td.json")
    assert expected in line


def test_a_refused_value_is_not_repeated(tmp_path: Path) -> None:
    content = {"containerDefinitions": [{"portMappings": [{"hostPort": "hunter2"}]}]}
    assert "hunter2" not in refusal(tmp_path, content)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.json"):
        assert not looks_like(path)
        with pytest.raises(SourceError, match=r"^td.json: cannot be read: "):
            read(path, "td.json", StaticSettings())


FOREIGN: list[Any] = [
    {"name": "x", "version": "1.0.0", "dependencies": {"image": "1"}},
    {"compilerOptions": {"strict": True}},
    {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"T": {"Properties": {"ContainerDefinitions": [CONTAINER]}}},
    },
    {"format_version": "1.2", "terraform_version": "1.9", "planned_values": {"containerDefinitions": "[]"}},
    {"cluster": "x", "serviceName": "y", "taskDefinition": "orders:7"},
    [{"name": "api", "imageUri": "orders:1"}],
    [{"name": "phone", "image": "phone.png", "memory": 128, "price": 5}],
    {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "b"}]}},
    {"services": {"web": {"image": "x", "ports": ["80:80"], "memory": 5}}},
    [],
    {},
    [1, 2],
    "containerDefinitions",
    None,
    5,
]


@pytest.mark.parametrize("content", FOREIGN, ids=range(len(FOREIGN)))
def test_what_is_none_of_ours_is_left_alone(tmp_path: Path, content: Any) -> None:
    path = written(tmp_path, json.dumps(content))
    assert not looks_like(path)
    assert read(path, "x.json", StaticSettings()) is None


@pytest.mark.parametrize(
    "text",
    [
        'import json\nBODY = {"containerDefinitions": []}\n',
        '"""Doc."""\nx = {"containerDefinitions": [{"image": "x", "portMappings": []}]}\n',
        '# Title\n\nWrite `{"containerDefinitions": []}`.\n',
        'resource "x" "y" {\n  a = jsonencode({"containerDefinitions": 1})\n}\n',
        "",
        "\x00\x01",
        '{"name": "x", broken',
    ],
)
def test_other_text_is_left_alone(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    assert not looks_like(path)
    assert read(path, "x", StaticSettings()) is None


@pytest.mark.parametrize(
    "content",
    [
        {"containerProperties": {"image": "x"}, "name": "containerDefinitions"},
        {"taskDefinitions": [WHOLE]},
        {"ContainerDefinitions": [CONTAINER]},
        {"TopicArn": "x", "Message": "containerDefinitions", "image": 1},
        {"Containers": [{"portMappings": [], "image": "x"}], "Family": "x"},
        [{"containerProperties": {"image": "x", "memory": 5}, "image": "x"}],
    ],
)
def test_look_alikes_are_not_claimed(tmp_path: Path, content: Any) -> None:
    assert not looks_like(written(tmp_path, content))


def test_a_broken_one_is_claimed_so_that_somebody_says_where(tmp_path: Path) -> None:
    assert looks_like(written(tmp_path, json.dumps(WHOLE, indent=1)[:-5]))
    assert looks_like(written(tmp_path, "// ours\n" + json.dumps(WHOLE)[:-1]))
    assert looks_like(written(tmp_path, f'"containerDefinitions": [{json.dumps(CONTAINER)}]'))


def test_names_are_safe_to_show(tmp_path: Path) -> None:
    definition = load(tmp_path, [{**CONTAINER, "name": "a\x1b[31m\ud800" + "x" * 500}])
    name = str(definition.containers[0].name)
    assert name.isprintable()
    assert name.encode()
    assert len(name) < 130


def test_the_article(tmp_path: Path) -> None:
    definition = load(tmp_path, ARTICLE.read_text(encoding="utf-8"))
    assert definition.network_mode == "bridge"
    ports = {
        str(one.name): (one.port_mappings[0].container_port, one.port_mappings[0].host_port)
        for one in definition.containers
    }
    assert ports == {"api": (8080, 10000), "status": (7777, 10001)}


PIECES = ["", "null", "[", "]", "{", "}", '"', ",", ":", "${x}", "{{", "%{if x}", "7", "\x00"]


@given(st.data())
def test_any_damage_gives_a_topology_or_one_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        put = data.draw(
            st.sampled_from(["", "null", "[", "]", "{", "}", '"', ",", ":", "${x}", "{{", "%{if x}", "7", "\x00"])
        )
        text = text[:at] + put + text[at + data.draw(st.integers(0, 200)) :]
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_text(text, encoding="utf-8")
    begun = time.monotonic()
    claimed = looks_like(path)
    try:
        topology = read(path, "x.json", StaticSettings())
    except SourceError as refused:
        line = str(refused)
    else:
        line = ""
        assert claimed == (topology is not None)
    assert "\n" not in line
    assert time.monotonic() - begun < 2


VALUES = st.sampled_from([None, True, 0, -1, 8080, 70000, 1.5, "", "80", "${x}", [], {}, [None], {"a": 1}, "awsvpc"])
KEYS = ("family", "networkMode", "requiresCompatibilities", "runtimePlatform", "containerDefinitions", "revision")
INNER = ("name", "essential", "memory", "portMappings", "healthCheck", "networkMode", "image")
PORT = ("containerPort", "hostPort", "protocol", "containerPortRange", "name")


@given(st.data())
def test_any_value_in_any_place_gives_a_topology_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    mapping = {**CONTAINER["portMappings"][0], **data.draw(st.dictionaries(st.sampled_from(PORT), VALUES, max_size=3))}
    inner = data.draw(st.dictionaries(st.sampled_from(INNER), VALUES, max_size=2))
    container = {**CONTAINER, "portMappings": [mapping], **inner}
    outer = data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2))
    path = tmp_path_factory.getbasetemp() / "changed.json"
    path.write_text(json.dumps({**WHOLE, "containerDefinitions": [container], **outer}), encoding="utf-8")
    try:
        topology = read(path, "x.json", StaticSettings())
    except SourceError as refused:
        assert str(refused).startswith("x.json:1:")  # noqa: PT017 - either end is right
    else:
        assert topology is not None
