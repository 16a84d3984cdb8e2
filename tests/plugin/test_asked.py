"""Options, config and arguments: what is judged, where its nodes hang, and every mistake in one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vpclink_checks.errors import ConfigError
from vpclink_checks.gate.arguments import BUILT_IN, corridors, shown
from vpclink_checks.gate.asked import Asked, Where, ask
from vpclink_checks.gate.options import read
from vpclink_checks.words import Severity

TODAY = date(2026, 11, 2)
CONFIG = """
[env.prod]
region = "eu-west-2"
domain = "api.example.com"
[env.staging]
region = "eu-west-2"
domain = "api.staging.example.com"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "vpclink.toml").write_text(CONFIG)
    (tmp_path / "tests").mkdir()
    (tmp_path / "prod.json").write_text("{}")
    (tmp_path / "test_a.py").write_text("")
    return tmp_path


def asked(folder: Path, *arguments: str, **options: Any) -> Asked:
    given = {name.replace("_", "-"): value for name, value in options.items()}
    where = Where(folder=folder, rootdir=folder, arguments=arguments or (str(folder),))
    return ask(read(given.get, folder), where, TODAY)


def names(found: Asked) -> list[str]:
    return [one.name for one in found.targets]


@pytest.mark.parametrize(
    ("arguments", "env", "targets", "added"),
    [
        ((), "prod", ["prod"], []),
        ((), "prod,staging", ["prod", "staging"], []),
        ((), " staging , prod ", ["staging", "prod"], []),
        ((), "all", ["prod", "staging"], []),
        ((), "prod,prod", ["prod"], []),
        (("tests",), "prod", ["prod"], ["vpclink.toml"]),
        (("test_a.py::test_x[a::b]",), "prod", ["prod"], ["vpclink.toml"]),
        (("vpclink.toml",), "prod", ["prod"], []),
        (("vpclink.toml",), None, ["prod", "staging"], []),
        (("vpclink.toml::prod",), None, ["prod"], []),
        (("vpclink.toml::prod",), "prod", ["prod"], []),
        (("vpclink.toml::staging",), "prod", ["prod", "staging"], ["vpclink.toml::prod"]),
        (("vpclink.toml::prod::api", "vpclink.toml::staging"), None, ["prod", "staging"], []),
        (("vpclink.toml", "vpclink.toml::prod"), None, ["prod"], []),
    ],
)
def test_what_is_asked_for(
    project: Path, arguments: tuple[str, ...], env: str | None, targets: list[str], added: list[str]
) -> None:
    found = asked(project, *arguments, env=env)
    assert names(found) == targets
    given = arguments or (str(project),)
    assert [one.removeprefix(f"{project}/") for one in found.arguments] == [
        one.removeprefix(f"{project}/") for one in (*given, *added)
    ]


def test_a_config_elsewhere_is_added_by_its_own_path(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    here = tmp_path_factory.mktemp("here")
    found = asked(here, env="prod", config=str(project / "vpclink.toml"))
    assert list(found.files) == [project / "vpclink.toml"]
    assert found.arguments[-1] == str(project / "vpclink.toml")
    assert found.leading == {project}
    assert not Path(found.shown(project / "vpclink.toml")).is_absolute()


def test_files_on_the_command_line(project: Path) -> None:
    found = asked(project, "prod.json", "prod.json::task-definition", "test_a.py")
    assert found.named == {project / "prod.json"}
    assert found.targets == ()


@pytest.mark.parametrize(
    ("options", "source", "probes", "unknown"),
    [
        ({}, "live", True, "fail"),
        ({"probe": "off"}, "live", False, "fail"),
        ({"unknown": "warn"}, "live", True, "warn"),
        ({"snapshot": "prod.json"}, "snapshot", False, "fail"),
        ({"snapshot": "prod.json", "probe": "on"}, "snapshot", True, "fail"),
    ],
)
def test_sources_and_their_defaults(
    project: Path, options: dict[str, str], source: str, probes: bool, unknown: str
) -> None:
    (target,) = asked(project, env="prod", **options).targets
    assert (target.source, target.probes, target.rules.unknown) == (source, probes, unknown)
    assert target.settings.domains == ("api.example.com",)


def test_a_snapshot_alone_is_an_environment(tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text("{}")
    found = asked(tmp_path, snapshot="facts.json")
    assert names(found) == ["snapshot"]
    assert [found.shown(path) for path in found.files] == ["snapshot.toml"]
    again = asked(tmp_path, "snapshot.toml::snapshot::api", snapshot="facts.json")
    assert again.arguments == (f"{BUILT_IN['snapshot.toml']}::snapshot::api",)


def test_settings_of_files(project: Path) -> None:
    (project / "vpclink.toml").write_text('[static]\nunknown = "fail"\ndynamic_ports = false\n')
    target = asked(project).file_target(project / "prod.json")
    assert (target.name, target.source, target.rules.unknown) == ("prod.json", "static", "fail")
    assert target.settings.backends[0].dynamic_ports is False
    assert asked(project, unknown="warn").file_target(project / "prod.json").rules.unknown == "warn"


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((), {"env": "prdo"}, ["'prdo'", "did you mean prod?", "staging", "demo"]),
        (
            (),
            {"env": "prod", "fail_on": "risky"},
            ["--vpclink-fail-on", "'risky'", "blocker, exposure, risk or hygiene"],
        ),
        ((), {"env": "prod", "unknown": "skip"}, ["--vpclink-unknown", "fail or warn"]),
        ((), {"env": "prod", "probe": "yes"}, ["--vpclink-probe", "on or off"]),
        ((), {"env": "prod", "config": "other.toml"}, ["other.toml", "cannot be read"]),
        ((), {"env": "prod", "snapshot": "lost.json"}, ["--vpclink-snapshot", "lost.json"]),
        ((), {"env": "prod,staging", "snapshot": "prod.json"}, ["--vpclink-snapshot", "2 environments"]),
        ((), {"env": "prod,staging", "record": "x.json"}, ["--vpclink-record", "{env}"]),
        ((), {"record": "x.json"}, ["--vpclink-record", "--vpclink-env"]),
        ((), {"env": "prod", "fault": "x"}, ["--vpclink-fault", "prod"]),
        (("vpclink.toml::prdo",), {}, ["'prdo'", "did you mean prod?"]),
        (("vpclink.toml::prod::lisener",), {}, ["'lisener'", "did you mean listener?"]),
        (("vpclink.toml::prod::listener::exist",), {}, ["'exist'", "listener"]),
        (("vpclink.toml",), {"config": "pyproject.toml"}, ["one config file"]),
    ],
)
def test_mistakes(project: Path, arguments: tuple[str, ...], options: dict[str, str], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        asked(project, *arguments, **options)
    (line,) = str(caught.value).splitlines()
    assert all(word in line for word in words)


def test_every_wrong_choice_is_told_at_once(project: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        asked(project, fail_on="a", unknown="b", probe="c")
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize("env", ["prod", "all"])
def test_no_config(tmp_path: Path, env: str) -> None:
    with pytest.raises(ConfigError) as caught:
        asked(tmp_path, env=env)
    assert len(str(caught.value).splitlines()) == 1


def test_severities_of_options(project: Path) -> None:
    (target,) = asked(project, env="prod", fail_on="hygiene").targets
    assert target.rules.fail_on is Severity.HYGIENE


def test_names_of_files_in_node_ids(tmp_path: Path) -> None:
    assert shown(tmp_path / "a" / "b.json", tmp_path) == "a/b.json"
    assert shown(tmp_path / "b.json", tmp_path / "a") == "../b.json"
    assert shown(BUILT_IN["demo.toml"], tmp_path) == "demo.toml"


def test_corridors_are_outside_and_for_us_alone() -> None:
    root, ours = Path("/w/project"), [Path("/opt/lib/demo/demo.toml"), Path("/w/project/vpclink.toml")]
    assert corridors(ours, [], root) == {Path("/opt"), Path("/opt/lib"), Path("/opt/lib/demo")}
    assert corridors(ours, [Path("/opt/lib/tests/test_a.py")], root) == {Path("/opt/lib/demo")}
    assert corridors(ours, [Path("/opt/lib/demo")], root) == frozenset()
