"""Environments as pytest meets them: node ids, selection, outcomes, workers, exit status."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from vpclink_checks.checks import target_group
from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.demo.environment import SNAPSHOT
from vpclink_checks.gate.arguments import BUILT_IN

CONFIG = """
[env.prod]
region = "eu-west-2"
domain = "api.example.com"
account = "123456789012"
"""
WRONG_PORT = """
[[env.prod.backend]]
base_path = "orders"
container = "api"
host_ports = { "8080" = 9999 }
"""
DECLARED = "task-definition::declared-host-ports"
FAULT = "--vpclink-fault=svc-zero-running"
COUNT = """
import vpclink_checks.gathering as gathering
gather = gathering.gather
def counted(target, **shared):
    with open("gathered", "a") as file:
        file.write(target.name + " ")
    return gather(target, **shared)
gathering.gather = counted
def pytest_unconfigure():
    gathering.gather = gather
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A project with tests of its own, a config, and a recording to read instead of AWS."""
    (pytester.path / "vpclink.toml").write_text(CONFIG)
    shutil.copy(SNAPSHOT, pytester.path / "prod.json")
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_mine.py").write_text("def test_one():\n    pass\ndef test_two():\n    pass\n")
    return pytester.path


Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, project: Path) -> Run:
    """Pytest on the project's prod, from the recording."""

    def runs(*arguments: str, env: str | None = "--vpclink-env=prod") -> pytest.RunResult:
        given = [one for one in (env, "--vpclink-snapshot=prod.json", "--vpclink-report=") if one]
        return pytester.runpytest_inprocess(*given, *arguments)

    return runs


def counts(result: pytest.RunResult) -> tuple[int, int, int]:
    """Passed, failed, deselected."""
    outcomes = result.parseoutcomes()
    return outcomes.get("passed", 0), outcomes.get("failed", 0), outcomes.get("deselected", 0)


def test_the_demo_in_an_empty_folder(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--vpclink-env=demo", "--junitxml=out.xml", "-v", "--strict-markers")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "vpclink: demo (demo)*",
            "demo.toml::demo::domain::* PASSED*",
            "demo.toml::demo::target-group::healthy-targets PASSED*",
            "demo.toml::demo::end-to-end::custom-domain-routes PASSED*",
            "*gate open*",
            "report: *report.json",
        ]
    )
    report = json.loads((pytester.path / "reports" / "report.json").read_text())
    (environment,) = report["environments"]
    assert environment["summary"]["fail"] == environment["summary"]["unknown"] == 0
    cases = {one.get("name"): one for one in ElementTree.parse(pytester.path / "out.xml").iter("testcase")}
    properties = {one.get("name"): one.get("value") for one in cases["healthy-targets"].iter("property")}
    assert properties == {
        "hop": "target-group",
        "check": "target-group/healthy-targets",
        "severity": "blocker",
        "environment": "demo",
    }


def test_a_fault_closes_the_gate_on_its_hop(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--vpclink-env=demo", FAULT, "-rs")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*service/running*", "*expected *", "*actual *", "*fix *", "*← breaks here*", "*gate closed by*"]
    )
    result.stdout.fnmatch_lines(["SKIPPED*demo.toml:*blocked by service/*"])
    for stray in ("*Traceback*", "*INTERNALERROR*", "*hooks.py*"):
        result.stdout.no_fnmatch_line(stray)


def test_a_fault_in_a_recording(project: Path, run: Run) -> None:
    result = run("vpclink.toml::prod::service", FAULT)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*service orders wants 2 tasks*"])
    recording = json.loads((project / "prod.json").read_text())
    (project / "prod.json").write_text(json.dumps({**recording, "calls": []}))
    misfit = run("vpclink.toml::prod::service", FAULT)
    assert misfit.ret == 4
    misfit.stderr.fnmatch_lines(["ERROR: --vpclink-fault: svc-zero-running does not fit the facts in prod.json*"])


def test_workers_see_the_same_and_gather_once(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(COUNT)
    alone = pytester.runpytest_inprocess("--vpclink-env=demo", FAULT, "-p", "no:xdist")
    assert (pytester.path / "gathered").read_text() == "demo "
    one = json.loads((pytester.path / "reports" / "report.json").read_text())
    (pytester.path / "reports" / "report.json").unlink()
    shared = pytester.runpytest_subprocess("--vpclink-env=demo", FAULT, "-n2")
    assert (pytester.path / "gathered").read_text() == "demo demo "
    two = json.loads((pytester.path / "reports" / "report.json").read_text())
    assert alone.ret == shared.ret == 1
    assert alone.parseoutcomes() == shared.parseoutcomes()
    assert _verdicts(one) == _verdicts(two)


def _verdicts(report: Any) -> list[tuple[str, str, bool]]:
    return [(one["fingerprint"], one["outcome"], one["gates"]) for one in report["environments"][0]["findings"]]


HEALTHY = "vpclink.toml::prod::target-group::healthy-targets"
ONE, TWO = "tests/test_mine.py::test_one", "tests/test_mine.py::test_two"
PROD = "--vpclink-env=prod"


@pytest.mark.parametrize(
    ("arguments", "env", "expected"),
    [
        ([HEALTHY], None, [HEALTHY]),
        ([HEALTHY], PROD, [HEALTHY]),
        ([HEALTHY, ONE], None, [HEALTHY, ONE]),
        (["-k", "target-group/healthy-targets"], PROD, [HEALTHY]),
        (["-k", "healthy-targets or test_one"], PROD, [HEALTHY, ONE]),
        (["-m", "vpclink(check='target-group/healthy-targets')"], PROD, [HEALTHY]),
        (["-m", "vpclink(hop='target-group', severity='blocker')", "-k", "healthy-targets"], PROD, [HEALTHY]),
        (["-m", "vpclink(hop='vpc-link', severity='exposure')"], PROD, []),
        (["-m", "not vpclink"], PROD, [ONE, TWO]),
        ([ONE, "-k", "healthy-targets or mine"], PROD, [HEALTHY, ONE]),
        (["tests", "-k", "healthy-targets"], PROD, [HEALTHY]),
        (["vpclink.toml", "-k", "healthy-targets or test_one"], PROD, [HEALTHY]),
        (["--ignore=tests", "-k", "healthy-targets or test_one"], PROD, [HEALTHY]),
        ([f"--deselect={HEALTHY}", "-k", "healthy-targets or test_one"], PROD, [ONE]),
        (["--import-mode=importlib", "-k", "healthy-targets or test_one"], PROD, [HEALTHY, ONE]),
        (["-p", "no:cacheprovider", "-p", "no:warnings", "-k", "healthy-targets"], PROD, [HEALTHY]),
        (["-c", "other.ini", "-k", "healthy-targets or test_one"], PROD, [HEALTHY, ONE]),
        (["snapshot.toml::snapshot::api", "-k", "not-private"], None, ["snapshot.toml::snapshot::api::not-private"]),
    ],
)
def test_selection(project: Path, run: Run, arguments: list[str], env: str | None, expected: list[str]) -> None:
    (project / "other.ini").write_text("[pytest]\n")
    result = run(*arguments, "--co", "-q", env=env)
    assert sorted(line for line in result.outlines if "::" in line) == sorted(expected)
    assert result.ret == (0 if expected else 5)


def test_the_project_s_tests_run_beside_the_gate(run: Run) -> None:
    result = run("-k", "healthy-targets or test_one", "--strict-markers", "-W", "error")
    assert (result.ret, counts(result)) == (0, (2, 0, len(catalogue())))


def test_deselected_checks_are_counted(run: Run) -> None:
    run("-m", "not vpclink").stdout.fnmatch_lines([f"prod: gate not run: {len(catalogue())} checks deselected"])
    part = run(f"--deselect={HEALTHY}", "vpclink.toml::prod::target-group")
    part.stdout.fnmatch_lines(["prod: gate run in part: 1 checks deselected"])


def test_from_elsewhere_by_option_alone(pytester: pytest.Pytester, project: Path, tmp_path: Path) -> None:
    """A config outside rootdir: its folder is not looked at, and its ids can be given."""
    config = tmp_path / "vpclink.toml"
    config.write_text(CONFIG)
    (tmp_path / "conftest.py").write_text("raise SystemExit('nobody asked for this file')")
    options = [f"--vpclink-config={config}", "--vpclink-snapshot=prod.json", f"--rootdir={project}", "-q"]
    listed = pytester.runpytest_inprocess("--vpclink-env=prod", *options, "--co", "-k", "healthy-targets")
    (node,) = [line for line in listed.outlines if line.endswith("healthy-targets")]
    (tmp_path / "conftest.py").unlink()  # pytest itself loads it for what is named
    again = pytester.runpytest_inprocess(node, *options)
    again.assert_outcomes(passed=1)


@pytest.mark.parametrize("arguments", [[], ["."], ["tests"], ["demo.toml"]])
def test_the_demo_where_rootdir_holds_the_virtual_environment(
    pytester: pytest.Pytester, project: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = project / ".venv" / "lib" / "vpclink_checks"
    packages.mkdir(parents=True)
    (project / ".venv" / "pyvenv.cfg").write_text("")
    (packages / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    (packages / "conftest.py").write_text("raise SystemExit('nobody asked for this file')")
    monkeypatch.setitem(BUILT_IN, "demo.toml", Path(shutil.copy(BUILT_IN["demo.toml"], packages)))
    result = pytester.runpytest_inprocess("--vpclink-env=demo", "--co", "-q", *arguments)
    found = [line for line in result.outlines if "::" in line]
    assert sum(line.startswith("demo.toml::demo::") for line in found) == len(catalogue())
    assert not [line for line in found if "theirs" in line]
    assert (ONE in found) is (arguments != ["demo.toml"])


def test_a_config_in_a_folder_that_pytest_ignores(pytester: pytest.Pytester, project: Path) -> None:
    (project / "build").mkdir()
    (project / "vpclink.toml").rename(project / "build" / "vpclink.toml")
    (project / "build" / "test_copy.py").write_text("def test_copy():\n    pass\n")
    result = pytester.runpytest_inprocess(PROD, "--vpclink-config=build/vpclink.toml", "--co", "-q", ".")
    found = [line for line in result.outlines if "::" in line]
    assert sum(line.startswith("build/vpclink.toml::prod::") for line in found) == len(catalogue())
    assert set(found) >= {ONE, TWO}
    assert not [line for line in found if "test_copy" in line]


def test_the_last_failures_are_found_again(project: Path, run: Run) -> None:
    (project / "vpclink.toml").write_text(CONFIG + WRONG_PORT)
    (project / "tests" / "test_mine.py").write_text("def test_one():\n    assert False\n")
    first = run()
    assert counts(first)[1] == 2
    again = run("--lf")
    assert counts(again)[:2] == (0, 2)


def test_stop_at_the_first_failure(project: Path, run: Run) -> None:
    (project / "vpclink.toml").write_text(CONFIG + WRONG_PORT)
    result = run("vpclink.toml", "-x")
    assert result.ret == 1
    assert counts(result)[1] == 1


@pytest.mark.parametrize(
    ("extra", "ret", "outcome", "words"),
    [
        ("", 1, "failed", "*9999*"),
        (
            "[env.prod.severity]\n'task-definition/declared-host-ports' = 'hygiene'",
            0,
            "warnings",
            "*VpclinkWarning*below fail-on risk*",
        ),
        (
            "[[env.prod.waiver]]\ncheck = 'task-definition/declared-host-ports'\nsubject = '*'\n"
            "reason = 'NET-12'\nexpires = 2999-01-31",
            0,
            "xfailed",
            "XFAIL*NET-12 (until 2999-01-31)*",
        ),
        (
            "[[env.prod.waiver]]\ncheck = 'task-definition/declared-host-ports'\nsubject = '*'\n"
            "reason = 'NET-12'\nexpires = 2020-01-31",
            1,
            "failed",
            "the run fails: prod: waiver of task-definition/declared-host-ports for * (vpclink.toml:*): expired on *",
        ),
    ],
)
def test_outcomes_of_one_wrong_port(project: Path, run: Run, extra: str, ret: int, outcome: str, words: str) -> None:
    (project / "vpclink.toml").write_text(f"{CONFIG}{WRONG_PORT}\n{extra}")
    result = run(f"vpclink.toml::prod::{DECLARED}", "-ra", "-W", "error")
    assert result.ret == ret
    assert result.parseoutcomes()[outcome] == 1
    result.stdout.fnmatch_lines([words])


def test_an_unused_waiver_fails_the_run(project: Path, run: Run) -> None:
    waiver = "[[env.prod.waiver]]\ncheck='vpc-link/*'\nsubject='*'\nreason='old'\nexpires=2999-01-31"
    (project / "vpclink.toml").write_text(f"{CONFIG}{waiver}")
    unused = run("vpclink.toml::prod::vpc-link")
    assert (unused.ret, counts(unused)[1]) == (1, 0)
    unused.stdout.fnmatch_lines(["the run fails: prod: waiver of vpc-link/* for *: covers no finding"])
    assert run("vpclink.toml::prod::target-group").ret == 0


def test_runxfail_waives_nothing(project: Path, run: Run) -> None:
    waiver = "[[env.prod.waiver]]\ncheck='task-definition/*'\nsubject='*'\nreason='NET-12'\nexpires=2999-01-31"
    (project / "vpclink.toml").write_text(f"{CONFIG}{WRONG_PORT}{waiver}")
    result = run(f"vpclink.toml::prod::{DECLARED}", "--runxfail")
    assert counts(result)[1] == 1


def _without(project: Path, operation: str) -> None:
    """Take every answer to one operation out of the recording."""
    recording = json.loads((project / "prod.json").read_text())
    kept = [call for call in recording["calls"] if call["operation"] != operation]
    assert len(kept) < len(recording["calls"])
    (project / "prod.json").write_text(json.dumps({**recording, "calls": kept}))


def test_what_is_not_recorded_is_unknown_and_never_a_pass(project: Path, run: Run) -> None:
    _without(project, "DescribeTargetHealth")
    strict = run(HEALTHY)
    assert strict.ret == 1
    strict.stdout.fnmatch_lines(["*elasticloadbalancing:DescribeTargetHealth*"])
    strict.stdout.fnmatch_lines(["*gate closed by*unknown*"])
    lenient = run(HEALTHY, "--vpclink-unknown=warn", "-W", "error")
    assert (lenient.ret, lenient.parseoutcomes()) == (0, {"passed": 1, "warnings": 1})


def test_blocked_fails_where_its_blocker_was_left_out(pytester: pytest.Pytester) -> None:
    options = ["--vpclink-env=demo", "--vpclink-fault=tg-no-targets", "--vpclink-probe=off", "-rs"]
    every = pytester.runpytest_inprocess(*options, "-k", "has-targets or target-group/healthy-targets")
    assert counts(every)[:2] == (0, 1)
    every.stdout.fnmatch_lines(["SKIPPED*blocked by target-group/has-targets"])
    alone = pytester.runpytest_inprocess(*options, "-k", "target-group/healthy-targets")
    assert (alone.ret, counts(alone)[1]) == (1, 1)
    alone.stdout.fnmatch_lines(
        ["target-group/has-targets does not hold here: *no registered target (*left out of this run)"]
    )


@pytest.mark.parametrize("workers", [["-p", "no:xdist"], ["-n2"]])
def test_an_environment_that_cannot_be_collected(
    pytester: pytest.Pytester, project: Path, run: Run, workers: list[str]
) -> None:
    (project / "prod.json").write_text('{"schema": "something else"}')
    result = run("vpclink.toml", *workers)
    assert result.ret == 2
    assert counts(result)[1] == 1
    result.stdout.fnmatch_lines(["prod.json: *", "*not collected: prod.json: *"])
    for stray in ("*Traceback*", "*INTERNALERROR*", "*.py:*"):
        result.stdout.no_fnmatch_line(stray)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("123456789012", "999999999999"), "the snapshot is of account 123456789012, but the config says account 9*9"),
        (("eu-west-2", "us-east-1"), "the snapshot is of region eu-west-2, but the config says region us-east-1"),
    ],
)
def test_a_recording_of_elsewhere_is_refused(project: Path, run: Run, said: tuple[str, str], line: str) -> None:
    (project / "vpclink.toml").write_text(CONFIG.replace(*said))
    result = run()
    assert result.ret == 2
    result.stdout.fnmatch_lines([f"*env.prod: {line}*"])
    assert "passed" not in run("vpclink.toml").parseoutcomes()


def test_one_environment_without_credentials_beside_one_that_works(
    pytester: pytest.Pytester, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nowhere")
    options = ["--vpclink-probe=off", "--vpclink-report=", "-k", "healthy-targets"]
    alone = pytester.runpytest_inprocess("--vpclink-env=prod", *options)
    assert (alone.ret, counts(alone)[:2]) == (2, (0, 1))
    both = pytester.runpytest_inprocess("--vpclink-env=prod,demo", *options)
    assert (both.ret, counts(both)[:2]) == (1, (1, 1))
    both.stdout.fnmatch_lines(["*no AWS credentials were found*", "*gate open: 2 pass*"])
    both.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("ci", ["", "true"])
def test_findings_are_written_out_once(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str) -> None:
    """In CI too, where pytest's short summary shows whole messages."""
    monkeypatch.setenv("CI", ci)
    options = ["--vpclink-env=demo", FAULT, "--vpclink-probe=off", "-k", "service/running"]
    for extra in ([], ["--tb=no"], ["-n2"]):
        result = pytester.runpytest_inprocess(*options, *extra)
        (actual,) = {line.strip() for line in result.outlines if line.strip().startswith("actual ")}
        shown = [line for line in result.outlines if line.strip() == actual]
        assert len(shown) == 2  # one for each path


def test_without_a_terminal(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--vpclink-env=demo", FAULT, "--vpclink-probe=off", "-p", "no:terminal")
    assert result.ret == 1
    assert not [line for line in (*result.outlines, *result.errlines) if line.strip()]
    assert (pytester.path / "reports" / "report.json").exists()


def test_no_secret_comes_out(pytester: pytest.Pytester) -> None:
    """The demo's task definition holds a connection string, and the packaged snapshot shows it."""
    secret = "demo-connection-string"
    assert secret in SNAPSHOT.read_text()
    result = pytester.runpytest_inprocess(
        "--vpclink-env=demo", FAULT, "-vv", "--junitxml=out.xml", "--vpclink-record=facts.json", "-l", "--full-trace"
    )
    assert secret not in result.stdout.str() + result.stderr.str()
    written = [one for one in pytester.path.rglob("*") if one.is_file()]
    assert {"out.xml", "facts.json", "report.json", "report.html"} <= {one.name for one in written}
    assert not [one for one in written if secret.encode() in one.read_bytes()]


def test_lost_checks_fail_the_run(pytester: pytest.Pytester, project: Path, run: Run) -> None:
    pytester.makeconftest(
        """
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if "vpclink.toml" not in item.nodeid]
        """
    )
    result = run()
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"the run fails: prod: {len(catalogue())} checks were lost*"])


@pytest.fixture
def broken_check(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a check that has a bug, for as long as the test lasts."""

    def broken(_context: object, _value: object) -> Verdict:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(target_group, "healthy_targets", replace(target_group.healthy_targets, judge=broken))
    catalogue.cache_clear()
    yield "target-group/healthy-targets"
    monkeypatch.undo()
    catalogue.cache_clear()


def test_a_bug_of_ours_is_loud_and_never_a_pass(run: Run, broken_check: str) -> None:
    result = run("-k", broken_check)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ZeroDivisionError: a bug*", "*is a bug of vpclink-checks*"])


def test_reports_that_cannot_be_written_cost_one_line(pytester: pytest.Pytester, project: Path, run: Run) -> None:
    (project / "file").write_text("")
    result = run("vpclink.toml::prod::vpc-link", "--vpclink-report=file/reports")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["report: cannot be written to *"])


def test_recording(pytester: pytest.Pytester, project: Path) -> None:
    options = ("vpclink.toml::prod::vpc-link", "--vpclink-env=prod", "--vpclink-report=")
    first = pytester.runpytest_inprocess(*options, "--vpclink-snapshot=prod.json", "--vpclink-record=out/{env}.json")
    assert first.ret == 0
    again = pytester.runpytest_inprocess(*options, "--vpclink-snapshot=out/prod.json")
    assert again.parseoutcomes() == first.parseoutcomes()
    refused = pytester.runpytest_inprocess(
        *options, "--vpclink-snapshot=prod.json", "--vpclink-record=vpclink.toml/x.json"
    )
    assert refused.ret == 1
    refused.stdout.fnmatch_lines(["the run fails: prod: cannot be recorded*"])


@pytest.mark.parametrize("option", ["--fixtures", "--cache-show", "--markers", "--version", "--co"])
def test_what_runs_no_test_judges_nothing(run: Run, option: str) -> None:
    result = run(option)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*lost*")
    result.stdout.no_fnmatch_line("*gate*open*")


def test_nothing_is_left_behind(pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(pytester.mkdir("temporary")))
    run("vpclink.toml::prod::vpc-link")
    assert list((pytester.path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--vpclink-env=prdo"], "ERROR: --vpclink-env: no environment 'prdo'*did you mean prod?*"),
        (["--vpclink-env=prod", "--vpclink-fail-on=risky"], "ERROR: --vpclink-fail-on: *"),
        (["--vpclink-env=prod", "--vpclink-snapshot=lost.json"], "ERROR: --vpclink-snapshot: *lost.json*"),
        (["--vpclink-env=demo", "--vpclink-fault=nope"], "ERROR: --vpclink-fault: *'nope'*svc-zero-running*"),
        (["--vpclink-env=prod", "-n2", "--vpclink-unknown=x"], "ERROR: --vpclink-unknown: *"),
        (
            ["--vpclink-snapshot=gone.json"],
            "ERROR: --vpclink-snapshot: there is no *gone.json (expected a recording that --vpclink-record wrote)",
        ),
        (["lost.json::task-definition", "-n2"], "ERROR: lost.json::task-definition: there is no such file"),
        (["--vpclink-env=prod", "-o", "vpclink_probe=maybe"], "ERROR: --vpclink-probe: *"),
    ],
)
def test_mistakes_are_one_line(pytester: pytest.Pytester, project: Path, arguments: list[str], line: str) -> None:
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == 4
    (told,) = [one for one in result.errlines if one.strip()]
    assert not result.stdout.str().count("INTERNALERROR")
    pytest.LineMatcher([told]).fnmatch_lines([line])


def test_every_mistake_of_a_config_is_told(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", vpclink="[env.prod]\nregon = 'x'\ndomain = 3\n")
    result = pytester.runpytest_inprocess("--vpclink-env=prod")
    assert result.ret == 4
    lines = [one for one in result.errlines if one.strip()]
    assert len(lines) > 1
    assert all(one.startswith("ERROR: vpclink.toml") for one in lines)


def test_ini_twins(pytester: pytest.Pytester, project: Path) -> None:
    pytester.makeini(
        "[pytest]\nvpclink_env = prod\nvpclink_snapshot = prod.json\nvpclink_report = out\nvpclink_fail_on = hygiene\n"
    )
    result = pytester.runpytest_inprocess("vpclink.toml::prod::vpc-link")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["vpclink: prod (snapshot); config vpclink.toml; fail-on hygiene*"])
    assert (project / "out" / "report.json").exists()


SKIPPING = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        if "{part}" in item.nodeid:
            item.add_marker(pytest.mark.{mark})
"""


@pytest.mark.parametrize(
    ("part", "mark", "words"),
    [
        ("healthy-targets", "skip(reason='no')", "*the run fails: demo: 1 checks were lost*"),
        ("healthy-targets", "xfail", "*the run fails: demo: target-group/healthy-targets close the gate*"),
        ("demo.toml", "skip(reason='no')", "*the run fails: demo: * checks were lost*"),
    ],
)
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_mark_from_outside_cannot_open_the_gate(
    pytester: pytest.Pytester, part: str, mark: str, words: str, workers: str
) -> None:
    pytester.makeconftest(SKIPPING.format(part=part, mark=mark))
    options = ["--vpclink-env=demo", "--vpclink-fault=th-timeout", "--vpclink-probe=off", "-k", "target-group/"]
    result = pytester.runpytest_subprocess(*options, workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines([words])


@pytest.mark.parametrize("value", ["", ",", " , "])
def test_an_environment_asked_for_without_a_name_is_a_mistake(pytester: pytest.Pytester, value: str) -> None:
    pytester.makepyfile("def test_mine():\n    pass\n")
    result = pytester.runpytest_inprocess(f"--vpclink-env={value}")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--vpclink-env: no environment is named*"])


def test_an_empty_ini_value_asks_for_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nvpclink_env =\n")
    pytester.makepyfile("def test_mine():\n    pass\n")
    assert pytester.runpytest_inprocess().ret == 0


def test_a_wrong_truth_value_in_the_ini_file_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nvpclink_env = demo\nvpclink_static = maybe\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*tox.ini: vpclink_static: expected true or false*"])


def test_a_named_hop_says_what_was_not_asked_for(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("demo.toml::demo::api", "--vpclink-probe=off")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["demo: gate run in part: * checks were not asked for"])
