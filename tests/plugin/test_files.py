"""Task-definition files as pytest meets them: named, in folders, beside others, unreadable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FIXED = "task-definition::fixed-host-port"


def task_definition(host_port: object, **more: Any) -> str:
    mapping = {"containerPort": 8080, "hostPort": host_port}
    container = {"name": "api", "image": "api", "memory": 128, "portMappings": [mapping]}
    return json.dumps(
        {"family": "orders", "networkMode": "bridge", "containerDefinitions": [container], **more}, indent=1
    )


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    (pytester.path / "infra").mkdir()
    (pytester.path / "infra" / "good.json").write_text(task_definition(10000))
    (pytester.path / "infra" / "bad.json").write_text(task_definition(0))
    (pytester.path / "package.json").write_text('{"name": "web"}')
    (pytester.path / "test_mine.py").write_text("def test_mine():\n    pass\n")
    return pytester.path


def test_a_good_file_opens_the_gate(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_inprocess("infra/good.json", "-v", "--strict-markers", "-W", "error")
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"infra/good.json::{FIXED} PASSED*", "*gate open*"])
    assert not (folder / "reports").exists()


@pytest.mark.parametrize("name", ["task.json.tpl", "containers.tftpl", "task.json.j2"])
def test_a_template_is_judged_whatever_its_name_ends_with(pytester: pytest.Pytester, folder: Path, name: str) -> None:
    text = task_definition(10000).replace('"memory": 128', '"memory": ${memory}')
    (folder / "infra" / name).write_text(text)
    for arguments in ([f"infra/{name}"], ["infra", "--vpclink-static", "-k", name]):
        result = pytester.runpytest_inprocess(*arguments, "-v")
        assert result.ret == 0
        result.stdout.fnmatch_lines([f"infra/{name}::{FIXED} PASSED*"])


def test_a_bad_file_fails_in_a_short_block_with_its_place(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_inprocess("infra/bad.json", "-rs")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*infra/bad.json task-definition/fixed-host-port*",
            "*expected*one host port*",
            "*hostPort is 0*",
            "*fix *",
            "*infra/bad.json:*",
            "SKIPPED*infra/bad.json:1: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*hooks.py*")


@pytest.mark.parametrize(
    ("arguments", "ret", "counts"),
    [
        (["infra/bad.json::task-definition::fixed-host-port"], 1, (0, 1, 0)),
        (["infra/bad.json", "-k", "task-definition/fixed-host-port"], 1, (0, 1, 0)),
        (["infra/bad.json", "test_mine.py", "-m", "not vpclink"], 0, (1, 0, 0)),
    ],
)
def test_selection(
    pytester: pytest.Pytester, folder: Path, arguments: list[str], ret: int, counts: tuple[int, int, int]
) -> None:
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == ret
    outcomes = result.parseoutcomes()
    assert tuple(outcomes.get(name, 0) for name in ("passed", "failed", "skipped")) == counts


def test_folders_are_looked_through_when_asked(pytester: pytest.Pytester, folder: Path) -> None:
    without = pytester.runpytest_inprocess(".")
    without.assert_outcomes(passed=1)
    result = pytester.runpytest_inprocess("--vpclink-static", ".", "--co", "-q")
    result.stdout.fnmatch_lines([f"infra/bad.json::{FIXED}", f"infra/good.json::{FIXED}", "test_mine.py::test_mine"])
    result.stdout.no_fnmatch_line("package.json*")
    ini = pytester.runpytest_inprocess("-o", "vpclink_static=true", ".", "--co", "-q")
    ini.stdout.fnmatch_lines([f"infra/bad.json::{FIXED}"])


def test_a_file_that_breaks_off_fails_in_one_line(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "half.json").write_text(task_definition(10000)[:-20])
    result = pytester.runpytest_inprocess("half.json", "test_mine.py")
    assert result.ret == 1
    outcomes = result.parseoutcomes()
    assert (outcomes["failed"], outcomes["passed"]) == (1, 1)
    result.stdout.fnmatch_lines(["half.json:*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_named_file_that_is_nobodys_gets_a_hint(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_inprocess("package.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *package.json*", "ERROR: *package.json is no ECS task definition*"])


def test_a_named_look_alike_is_told_by_what_it_is(pytester: pytest.Pytester, folder: Path) -> None:
    batch = {"jobDefinitionName": "x", "type": "container", "containerProperties": {"image": "i", "portMappings": []}}
    (folder / "batch.json").write_text(json.dumps(batch))
    result = pytester.runpytest_inprocess("batch.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: vpclink: batch.json:*this is *Batch*"])
    assert "is no ECS task definition" not in result.stderr.str()


def test_a_named_toml_that_is_nobodys_gets_a_hint(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "poetry.toml").write_text("[virtualenvs]\nin-project = true\n")
    result = pytester.runpytest_inprocess("poetry.toml")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: vpclink: poetry.toml is no vpclink config"])


def test_a_named_file_of_another_plugin_is_left_to_it(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makeconftest(
        """
        import pytest
        class Item(pytest.Item):
            def runtest(self): pass
        class File(pytest.File):
            def collect(self): yield Item.from_parent(self, name="theirs")
        def pytest_collect_file(file_path, parent):
            if file_path.name == "package.json":
                return File.from_parent(parent, path=file_path)
        """
    )
    result = pytester.runpytest_inprocess("package.json")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*is no ECS task definition*")


def test_a_file_outside_rootdir_has_an_id_that_can_be_given(
    pytester: pytest.Pytester, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "far.json").write_text(task_definition(0))
    listed = pytester.runpytest_inprocess(str(tmp_path / "far.json"), "--co", "-q", f"--rootdir={folder}")
    (node,) = [line for line in listed.outlines if line.endswith(FIXED)]
    again = pytester.runpytest_inprocess(node, f"--rootdir={folder}")
    again.assert_outcomes(failed=1)


def test_unknown_warns_for_files_and_fails_on_demand(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "template.json").write_text(task_definition("${PORT}"))
    lenient = pytester.runpytest_inprocess(f"template.json::{FIXED}", "-W", "error")
    assert lenient.ret == 0
    lenient.assert_outcomes(passed=1, warnings=1)
    lenient.stdout.fnmatch_lines(["*VpclinkWarning: template.json task-definition/fixed-host-port: unknown: *"])
    strict = pytester.runpytest_inprocess(f"template.json::{FIXED}", "--vpclink-unknown=fail")
    strict.assert_outcomes(failed=1)


def test_no_line_of_a_file_is_shown(pytester: pytest.Pytester, folder: Path) -> None:
    """One line may hold it all: the value of an environment variable beside an open question."""
    written = json.loads(task_definition("${PORT}"))
    written["containerDefinitions"][0]["environment"] = [{"name": "TOKEN", "value": "hunter2-token"}]
    (folder / "one-line.json").write_text(json.dumps(written))
    for option in ("--vpclink-unknown=warn", "--vpclink-unknown=fail"):
        result = pytester.runpytest_inprocess("one-line.json", option, "-ra", "-l", "--vpclink-report=out")
        result.stdout.fnmatch_lines(["*unknown*"])
        assert "hunter2" not in result.stdout.str() + result.stderr.str()
    assert "hunter2" not in "".join(one.read_text() for one in (folder / "out").iterdir())


def test_reports_of_files_are_written_on_demand(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_inprocess("infra/bad.json", "--vpclink-report=out")
    assert result.ret == 1
    (environment,) = json.loads((folder / "out" / "report.json").read_text())["environments"]
    assert (environment["name"], environment["source"]) == ("infra/bad.json", "static")
    assert [one["check"] for one in environment["findings"] if one["gates"]] == ["task-definition/fixed-host-port"]


def test_idle_it_registers_nothing(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makeconftest(
        """
        def pytest_unconfigure(config):
            print("gate:", config.pluginmanager.has_plugin("vpclink-gate"))
        """
    )
    idle = pytester.runpytest_inprocess("test_mine.py", "-s")
    idle.stdout.fnmatch_lines(["gate: False"])
    awake = pytester.runpytest_inprocess("infra/good.json", "-s")
    awake.stdout.fnmatch_lines(["gate: True"])


@pytest.mark.parametrize("name", ["task", "task.txt", "task.JSON", "task.yaml"])
def test_a_named_file_is_told_by_its_content(pytester: pytest.Pytester, folder: Path, name: str) -> None:
    (folder / "infra" / name).write_text(task_definition(0))
    result = pytester.runpytest_inprocess(f"infra/{name}", "test_mine.py")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"FAILED infra/{name}::{FIXED}*"])


@pytest.mark.parametrize("arguments", [("infra", "--vpclink-static"), ("infra/bad.json", "infra/good.json")])
def test_a_file_that_cannot_be_read_is_no_pass(
    pytester: pytest.Pytester, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    opened, access = Path.open, os.access

    def refuse(path: Path, *mode: Any, **more: Any) -> Any:
        if path.name == "bad.json":
            raise PermissionError(13, "Permission denied")
        return opened(path, *mode, **more)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "bad.json" and access(path, mode))
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*infra/bad.json: cannot be read: Permission denied*"])


def test_what_is_nobodys_is_said_under_xdist_too(pytester: pytest.Pytester, folder: Path) -> None:
    result = pytester.runpytest_subprocess("package.json", "infra/good.json", "-n2")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*vpclink: package.json is no ECS task definition*"])
    result = pytester.runpytest_subprocess("infra/good.json::task-definition::nope", "-n2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*no check 'nope' of task-definition (infra/good.json)*"])


WAIVER = "[[static.waiver]]\ncheck = '{}'\nsubject = '{}'\nreason = 'NET-13'\nexpires = {}\n"
LAST_DAY = "2999-01-31"
USED = WAIVER.format("task-definition/fixed-host-port", "*bad.json*", LAST_DAY)
GONE = WAIVER.format("task-definition/fixed-host-port", "infra/gone.json", LAST_DAY)
ELSEWHERE = WAIVER.format("exposure/*", "*", LAST_DAY)  # no check of a file
UNUSED = "the run fails: [[]static[]]: waiver of {} (vpclink.toml:{}): covers no finding"
WALK = ("infra", "--vpclink-static")


@pytest.mark.parametrize(
    ("waivers", "arguments", "line"),
    [
        (USED, WALK, ""),  # by one file of two
        (USED + GONE, WALK, UNUSED.format("task-definition/fixed-host-port for infra/gone.json", 6)),
        (USED + ELSEWHERE, WALK, UNUSED.format("exposure/[*] for [*]", 6)),
        (USED + ELSEWHERE.replace("2999", "2001"), WALK, "*waiver of exposure/[*] for *: expired on 2001-01-31"),
        (USED + GONE, (*WALK, "-n2"), UNUSED.format("task-definition/fixed-host-port for infra/gone.json", 6)),
        (USED + GONE, ("infra/bad.json",), ""),
        (USED + GONE, ("infra/bad.json", "--vpclink-static"), ""),  # named: no folder was looked through
        (USED + GONE, (*WALK, "-k", "fixed-host-port"), ""),
        (USED + GONE, (*WALK, "--deselect", f"infra/good.json::{FIXED}"), ""),
        (USED + GONE, (*WALK, "--lf"), ""),
        (USED + GONE, (".",), ""),
    ],
)
def test_a_waiver_that_no_file_uses(
    pytester: pytest.Pytester, folder: Path, waivers: str, arguments: tuple[str, ...], line: str
) -> None:
    (folder / "vpclink.toml").write_text(waivers)
    run = pytester.runpytest_subprocess if "-n2" in arguments else pytester.runpytest_inprocess
    result = run(*arguments)
    assert result.ret == (1 if line else 0)
    if line:
        result.stdout.fnmatch_lines([line])
        assert result.stdout.str().count("the run fails: ") == 1
    else:
        result.stdout.no_fnmatch_line("the run fails: *")


def test_an_expired_waiver_of_a_file_fails_wherever_the_file_is_judged(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "vpclink.toml").write_text(WAIVER.format("task-definition/*", "*bad.json*", "2001-01-31"))
    result = pytester.runpytest_inprocess("infra/good.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["the run fails: infra/good.json: waiver of *: expired on 2001-01-31"])


def test_nobody_knows_what_a_file_that_cannot_be_read_would_use(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "vpclink.toml").write_text(USED + GONE)
    (folder / "infra" / "half.json").write_text(task_definition(10000)[:-20])
    result = pytester.runpytest_inprocess(*WALK)
    assert result.ret == 1
    result.stdout.no_fnmatch_line("the run fails: *")
