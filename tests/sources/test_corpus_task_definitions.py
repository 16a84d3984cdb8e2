"""Task definitions that nobody on the project wrote: each is judged or refused in one line; some by hand."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import SHARED, needs
from vpclink_checks.checks import task_definition as hop
from vpclink_checks.checks.catalogue import Check, Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.checks.port_mappings import every_mapping
from vpclink_checks.errors import SourceError
from vpclink_checks.model.ecs import Placeholder
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings, StaticSettings
from vpclink_checks.sources.jsontext import parse
from vpclink_checks.sources.task_definition import looks_like, read
from vpclink_checks.sources.task_definition_shapes import shape_of
from vpclink_checks.sources.textfile import read_text

FOLDER = SHARED / "corpus" / "task-definitions"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CHECKS = [value for value in vars(hop).values() if isinstance(value, Check)]

# A piece of the file's name -> the outcomes of fixed-host-port in the order of the file, or the refusal.
BY_HAND = {
    # bridge, one fixed port
    "2or5__football-manager": "pass",
    # no network mode at all, no hostPort: bridge by default, and dynamic
    "4pits__circleci-ecs": "fail",
    # awsvpc, hostPort left out
    "AlexVanLeyen__common-deployment-example": "pass",
    # a bare array with fixed ports
    "hub-files-tasks-frontend.json": "pass pass",
    # a bare array, memory unquoted, ports fixed
    "hub-files-tasks-hub-policy.json": "pass pass",
    # containerPort and hostPort are both ${bind_port}
    "hub-files-tasks-static-ingress.json": "unknown",
    # bridge written out, no hostPort
    "nginx-nginx_ec2.json": "fail",
    "nginx-nginx_fargate.json": "pass",
    "wildfly-wildfly_ec2.json": "pass pass",
    # host mode without port mappings
    "consul-ConsulServer.json": "not-applicable",
    # describe output without its wrapper, an empty list of mappings
    "sfn-ecs-sam-src-ecs-task_definition.json": "not-applicable",
    # describe output with its wrapper; 80 -> 80, the database has an empty list
    "describe-task-definition.rst-block1.json": "pass",
    # a jq template: two whole containers are placeholders, app is 9080 in awsvpc
    "ecs-colorgateway-base-task-def.json": "pass unknown unknown",
    # udp 2000 in a bare container
    "colorapp-ecs-xray-container.json": "pass",
    # 80 -> 8080 on Windows, no network mode
    "ECS_Windows_getting_started.md-block0.json": "pass",
    # 8500 and 8501 fixed, then 80 with hostPort 0
    "ecs-inference.md-block3.json": "pass pass fail",
    # network mode none with a mapping of zeros
    "task-definition-template.md-block0.json": "fail",
    # ECS Anywhere, bridge, 80 -> 8080
    "ecs-anywhere-runtask.md-block0.json": "pass",
    # ports are ${web_server_port}, hostPort left out, a bare array
    "eprikazc__ecs_deploy_helper": "unknown",
    # host mode, 80 -> 80
    "kayac__ecspresso__tests-ci-ecs-task-def-daemon.json": "pass",
    # a bare array, hostPort 0: dynamic in bridge mode alone
    "lewalt000__http-scale-out": "unknown",
    "logicahealth__sandbox-hapi": "unknown",
    # 80 -> 8080 in a bare array: fixed in whatever mode takes it
    "performance-hub-templates-task_definition.json": "pass",
    "tribunals-container_definition_ftp.json": "unknown unknown",
    # one variable port, then four fixed ones
    "laa-ccms-soa-templates-task_definition_managed.json.tpl": "unknown pass pass pass pass",
    # %{ if } around an environment variable
    "templates-ecs_tasks-consignment_export.json.tpl": "not-applicable",
    # a placeholder line where a member belongs
    "taskdefinitions-container-health-task-definition.json": "not-applicable",
    # a single container object
    "rozaydin__tf-scripts": "pass",
    "zikarad__aws_ecs": ':2:3: expected "{" or "[", found a member without the braces around it',
    "fluent-bit-dynatrace-task-definition.json": ':34:20: expected "," or "}", found a string',
    "doc_source-efs-volumes.md-block2.json": ":29:42: expected a value, found a word without quotes",
    "bind-mounts.md-block2.json": ':3:4: expected a key in double quotes, found "..."',
    "private-auth.md-block0.json": ':1:1: expected "{" or "[", found a member without the braces around it',
    "test_tasks-sleep5.json": ":1:1: this is a payload of the ECS agent (Containers)",
}
ALSO = {  # other checks that do not pass on files judged by hand
    "tribunals-container_definition_ftp.json": {("host-port-not-reserved", "unknown")},  # port 22, if in host mode
    "performance-hub-templates-task_definition.json": {("host-port-matches-network-mode", "unknown")},
    "task-definition-template.md-block0.json": {("network-mode-allows-ports", "fail"), ("port-range-is-valid", "fail")},
    "colorapp-ecs-xray-container.json": {("tcp-for-http", "note"), ("nothing-overlooked", "note")},
    "ecs-inference.md-block3.json": set(),
    "nginx-nginx_ec2.json": set(),
}


@pytest.fixture(scope="module")
def folder() -> Path:
    needs(FOLDER.is_dir(), "../shared/corpus/task-definitions is not here")
    return FOLDER


def judged(topology: Topology) -> list[Finding]:
    settings = EnvSettings(name="static")
    context = Context(topology=topology, settings=settings, reach=Reach(topology), now=NOW, bare_file=True)
    return list(judge(context, Rules(today=NOW.date(), unknown="warn"), checks=CHECKS))


def load(path: Path) -> Topology | str:
    """The file's topology, or the line of its refusal."""
    try:
        topology = read(path, path.name, StaticSettings())
    except SourceError as refused:
        return str(refused)
    assert topology is not None, "every file of this folder is or resembles a task definition"
    return topology


def test_every_file_is_judged_or_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("shape", "network mode", "host port", "outcome")}
    paths = sorted(folder.iterdir())
    for path in paths:
        found = load(path)
        if isinstance(found, str):
            assert found.startswith(path.name)
            assert "\n" not in found
            counts["shape"]["refused"] += 1
            continue
        assert looks_like(path)
        _count(counts, path, found)
    with capsys.disabled():
        print(f"\n{len(paths)} task definitions of the corpus")  # noqa: T201 - the counts are what this test is read for
        for name, counter in counts.items():
            print(f"  {name}: " + ", ".join(f"{key} {number}" for key, number in counter.most_common()))  # noqa: T201
    assert sum(counts["shape"].values()) == len(paths)
    assert counts["shape"]["refused"] <= len(paths) // 10


def _count(counts: dict[str, Counter[str]], path: Path, topology: Topology) -> None:
    definition = topology.paths[0].task_definition
    assert definition
    shape = shape_of(parse(read_text(path, path.name)[0], path.name).root)
    counts["shape"][shape.kind if shape else "none"] += 1
    mode = definition.network_mode
    known = ("placeholder" if isinstance(mode, Placeholder) else mode) or "absent"
    counts["network mode"][known if definition.network_mode_known else "not in the file"] += 1
    for one in every_mapping(definition):
        counts["host port"][_host_port(one.mapping.host_port)] += 1
    for finding in judged(topology):
        counts["outcome"][str(finding.outcome)] += 1


def _host_port(host_port: int | Placeholder | None) -> str:
    if isinstance(host_port, Placeholder):
        return "placeholder"
    return "absent" if host_port is None else ("fixed" if host_port else "zero")


@pytest.mark.parametrize("name", BY_HAND)
def test_files_judged_by_hand(folder: Path, name: str) -> None:
    (path,) = [one for one in folder.iterdir() if name in one.name]
    found = load(path)
    if isinstance(found, str):
        assert BY_HAND[name] in found
        return
    outcomes = [str(one.outcome) for one in judged(found) if one.check == "task-definition/fixed-host-port"]
    assert " ".join(outcomes) == BY_HAND[name]


@pytest.mark.parametrize("name", ALSO)
def test_the_other_checks_on_files_judged_by_hand(folder: Path, name: str) -> None:
    (path,) = [one for one in folder.iterdir() if name in one.name]
    found = load(path)
    assert isinstance(found, Topology)
    others = {
        (one.check.partition("/")[2], str(one.outcome))
        for one in judged(found)
        if one.outcome in ("fail", "unknown", "note") and one.check != "task-definition/fixed-host-port"
    }
    assert others == ALSO[name]
