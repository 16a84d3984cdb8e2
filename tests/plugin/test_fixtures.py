"""The fixtures under pytest: where tests run, how they are marked and skipped, and how they fail."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.plugin.test_environments import CONFIG, COUNT
from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.demo.environment import SNAPSHOT

HOST = "i-0aaaaaaaaaaaaaaa1"
STAGING = CONFIG.replace("env.prod", "env.staging")
NAMES = """
def test_name(vpclink_env, vpclink_paths):
    assert vpclink_env.name in ("prod", "staging") and len(vpclink_paths) == 2
"""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def demo(pytester: pytest.Pytester) -> Run:
    """Tests of one's own in the demo, without probes; the gate's checks are left out."""

    def runs(source: str, *arguments: str, alone: bool = True) -> pytest.RunResult:
        pytester.makepyfile(test_mine=source)
        given = ["--vpclink-env=demo", "--vpclink-report=", *(["-k", "test_mine"] if alone else [])]
        if not any(one.startswith("--vpclink-probe") for one in arguments):
            given.append("--vpclink-probe=off")
        return pytester.runpytest_inprocess(*given, *arguments)

    return runs


@pytest.fixture
def two(pytester: pytest.Pytester) -> Run:
    """Tests of one's own in two environments, each with a recording."""
    (pytester.path / "vpclink.toml").write_text(CONFIG + STAGING)
    for name in ("prod", "staging"):
        shutil.copy(SNAPSHOT, pytester.path / f"{name}.json")

    def runs(source: str, *arguments: str, env: str = "all", apart: bool = False) -> pytest.RunResult:
        """*apart*: in a process of its own, where what a conftest patches stays."""
        pytester.makepyfile(test_mine=source)
        given = [f"--vpclink-env={env}", "--vpclink-snapshot={env}.json", "--vpclink-report=", "-k", "test_mine"]
        run = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return run(*given, *arguments)

    return runs


EVERY = """
def test_every(
    vpclink_env, vpclink_topology, vpclink_paths, vpclink_task_definitions, vpclink_target_health, vpclink_links,
    vpclink_reachability, vpclink_probe, vpclink_hosts,
):
    raise AssertionError
"""


@pytest.mark.parametrize("arguments", [["-rs"], ["-p", "no:terminal"]])
def test_idle_they_skip_with_the_reason(pytester: pytest.Pytester, arguments: list[str]) -> None:
    pytester.makepyfile(EVERY)
    result = pytester.runpytest_inprocess("-m", "vpclink", "--strict-markers", "-W", "error", *arguments)
    assert result.ret == 0
    if "no:terminal" not in arguments:
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["SKIPPED*: vpclink: no environment is asked for; --vpclink-env=NAME names one*"])


def test_idle_they_import_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_links(vpclink_links):\n    pass\n")
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            ours = sorted(one for one in sys.modules if one.startswith("vpclink_checks."))
            others = sorted({"boto3", "botocore", "ssl", "jinja2", "testinfra", "json"} & set(sys.modules))
            print("LOADED", *ours, *others)
        """
    )
    result = pytester.runpytest_subprocess(
        "-s", "-p", "no:pytest11.testinfra", "-p", "no:hypothesispytest", "-p", "no:xdist"
    )
    (line,) = [line.partition("LOADED ")[2] for line in result.outlines if "LOADED" in line]
    wanted = {"arguments", "fixtures"}
    assert {one for one in line.split() if one.startswith("vpclink_checks.")} == {
        "vpclink_checks.gate",
        "vpclink_checks.plugin",
        *(f"vpclink_checks.gate.{one}" for one in wanted),
    }
    assert not {"boto3", "botocore", "jinja2", "testinfra"} & set(line.split())


def test_what_they_hand_out(demo: Run) -> None:
    result = demo(
        f"""
        def test_env(vpclink_env):
            assert (str(vpclink_env), vpclink_env.source, vpclink_env.account) == ("demo", "demo", "123456789012")
            assert (vpclink_env.region, vpclink_env.domains) == ("eu-west-2", ("api.example.com",))

        def test_topology(vpclink_topology):
            (group,) = [one for one in vpclink_topology.security_groups.values() if one.name == "orders-hosts"]
            assert {{rule.from_port for rule in group.ingress}} == {{10000, 10001}}
            assert vpclink_topology.services["orders-cluster/orders"].desired == 2

        def test_paths(vpclink_paths):
            assert [one.base_path for one in vpclink_paths] == ["orders", "orders"]
            path = vpclink_paths["api.example.com/orders → orders/api:8080"]
            assert path.complete and path.has("service") and path.service.running == 2
            assert path.container.port_mappings[0].host_port == path.listener.port == 10000

        def test_task_definitions(vpclink_task_definitions):
            one = vpclink_task_definitions["orders:7"]
            assert one is vpclink_task_definitions[one.arn]

        def test_health(vpclink_target_health):
            assert [one.state for one in vpclink_target_health["orders-api"]] == ["healthy", "healthy"]

        def test_links(vpclink_links):
            assert {{one.status for one in vpclink_links.values()}} == {{"AVAILABLE"}}

        def test_reachability(vpclink_reachability):
            assert vpclink_reachability("internet", "{HOST}", 10000).blocked
            assert vpclink_reachability("orders", "orders-api").reached
        """,
        "-W",
        "error",
        "--strict-markers",
    )
    result.assert_outcomes(passed=7, deselected=len(catalogue()))
    assert result.ret == 0
    assert "every rule" not in result.stdout.str()


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_once_for_each_environment(pytester: pytest.Pytester, two: Run, workers: str) -> None:
    pytester.makeconftest(COUNT)
    result = two(NAMES + "def test_plain():\n    pass\n", "-v", workers, apart=True)
    result.assert_outcomes(passed=3, deselected=0 if workers == "-n2" else 2 * len(catalogue()))
    for name in ("prod", "staging"):
        result.stdout.fnmatch_lines([f"*test_mine.py::test_name?{name}?*"])
    assert sorted((pytester.path / "gathered").read_text().split()) == ["prod", "staging"]


def test_with_one_environment_the_id_shows_it(two: Run) -> None:
    result = two(NAMES, "-v", env="prod")
    result.stdout.fnmatch_lines(["*test_mine.py::test_name?prod? PASSED*"])
    result.assert_outcomes(passed=1, deselected=len(catalogue()))


def test_a_node_id_names_the_environment(pytester: pytest.Pytester, two: Run) -> None:
    two(NAMES)
    options = ["--vpclink-env=all", "--vpclink-snapshot={env}.json", "--vpclink-report=", "-k", "test_mine"]
    result = pytester.runpytest_inprocess("test_mine.py::test_name[staging]", *options)
    assert result.parseoutcomes()["passed"] == 1


def test_a_test_may_say_for_which_environments(two: Run) -> None:
    source = """
    import pytest

    @pytest.mark.parametrize("vpclink_env", ["staging"], indirect=True)
    def test_name(vpclink_env, vpclink_links):
        assert vpclink_env.name == "staging"
    """
    assert two(source).parseoutcomes()["passed"] == 1
    plain = source.replace("indirect=True", "scope='session'").replace("vpclink_env.name", "vpclink_env")
    assert two(plain).parseoutcomes()["passed"] == 1
    elsewhere = two(source, "-rs", env="prod")
    elsewhere.stdout.fnmatch_lines(["SKIPPED*test_mine.py:3: vpclink: staging is not among the environments of this *"])


MARKED = """
import pytest

def test_links(vpclink_links):
    pass
def test_env(vpclink_env):
    pass
def test_plain():
    pass

@pytest.mark.vpclink(hop="domain", severity="blocker")
def test_mine(vpclink_links, vpclink_probe):
    pass

@pytest.fixture
def link(vpclink_links):
    return vpclink_links["vl1a2b3"]

def test_of_a_fixture(link):
    assert link.status == "AVAILABLE"
"""


@pytest.mark.parametrize(
    ("expression", "expected", "checks"),
    [
        ("vpclink", {"test_links[demo]", "test_env[demo]", "test_mine[demo]", "test_of_a_fixture[demo]"}, True),
        ("not vpclink", {"test_plain"}, False),
        ("vpclink(hop='vpc-link')", {"test_links[demo]", "test_of_a_fixture[demo]"}, True),
        ("vpclink(hop='domain', severity='blocker')", {"test_mine[demo]"}, True),
    ],
)
def test_the_marker_makes_them_part_of_the_gate(demo: Run, expression: str, expected: set[str], checks: bool) -> None:
    result = demo(MARKED, "-m", expression, "--co", "-q", "--strict-markers", alone=False)
    nodes = [line for line in result.outlines if "::" in line]
    assert {one.partition("::")[2] for one in nodes if one.startswith("test_mine.py")} == expected
    assert any(one.startswith("demo.toml::") for one in nodes) is checks


def test_in_classes_parametrised_and_through_fixtures(demo: Run) -> None:
    result = demo(
        """
        import pytest

        @pytest.fixture(scope="module")
        def path(vpclink_paths):
            return vpclink_paths[0]

        class TestPath:
            @pytest.fixture(autouse=True)
            def own(self, path):
                self.path = path

            @pytest.mark.parametrize("name", ["service", "link"])
            def test_has(self, name):
                assert self.path.has(name)

        @pytest.mark.parametrize("port", [22, 51678])
        def test_port(vpclink_reachability, port):
            assert vpclink_reachability("vpc", "orders-api", port).blocked
        """,
        "-v",
    )
    for node in ("TestPath::test_has?demo-service?", "TestPath::test_has?demo-link?", "test_port?demo-22?"):
        result.stdout.fnmatch_lines([f"test_mine.py::{node} PASSED*"])


UNITTEST = """
import unittest
import pytest

@pytest.mark.usefixtures("vpclink_links")
class TestOld(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def own(self, vpclink_env):
        self.env = vpclink_env

    def test_env(self):
        self.assertIn(self.env.name, ("demo", "prod"))

def test_late(request):
    assert len(request.getfixturevalue("vpclink_links")) == 1
"""


def test_where_pytest_cannot_repeat_a_test_one_environment_serves(demo: Run, two: Run) -> None:
    assert demo(UNITTEST).parseoutcomes()["passed"] == 2
    both = two(UNITTEST)
    outcomes = both.parseoutcomes()
    assert (outcomes.get("passed", 0), outcomes["failed"] + outcomes["errors"]) == (0, 2)
    both.stdout.fnmatch_lines(["*this test cannot be run for each of prod, staging: *"])
    both.stdout.no_fnmatch_line("*Traceback*")


def test_a_doctest_may_ask(demo: Run) -> None:
    source = '''
    """
    >>> [one.status for one in getfixture("vpclink_links").values()]
    ['AVAILABLE']
    """
    '''
    assert demo(source, "--doctest-modules").parseoutcomes()["passed"] == 1


def test_a_failing_test_of_one_s_own_fails_the_run_and_nothing_else(demo: Run, pytester: pytest.Pytester) -> None:
    source = "def test_mine(vpclink_links):\n    assert not vpclink_links\n"
    result = demo(source, "-k", "test_mine or vpc-link/available", "--vpclink-report=out", alone=False)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*assert not <VPC link: vl1a2b3>*", "*gate open*"])
    assert "every rule" not in result.stdout.str()
    (environment,) = json.loads((pytester.path / "out" / "report.json").read_text())["environments"]
    assert environment["summary"]["fail"] == 0


@pytest.mark.parametrize("arguments", [[], ["-n2"], ["-p", "no:terminal"], ["--tb=native"]])
def test_an_environment_that_cannot_be_collected(pytester: pytest.Pytester, two: Run, arguments: list[str]) -> None:
    for name in ("prod", "staging"):
        (pytester.path / f"{name}.json").write_text('{"schema": "something else"}')
    result = two(NAMES, *arguments)
    assert result.ret == 2
    shown = result.stdout.str() + result.stderr.str()
    assert "prod.json: " in shown
    assert "Traceback" not in shown
    if "no:terminal" in arguments:
        return
    assert result.parseoutcomes()["errors"] == 2
    for name in ("prod", "staging"):  # in whatever order workers come back
        result.stdout.fnmatch_lines([f"test_mine.py:1: {name}.json: *"])
    result.stdout.no_fnmatch_line("*/vpclink_checks/*")


def test_one_environment_that_cannot_be_collected_beside_another(pytester: pytest.Pytester, two: Run) -> None:
    (pytester.path / "prod.json").write_text('{"schema": "something else"}')
    result = two(NAMES)
    assert (result.ret, result.parseoutcomes()["passed"], result.parseoutcomes()["errors"]) == (1, 1, 1)


def test_what_was_not_read_is_one_line_with_the_action(pytester: pytest.Pytester, two: Run) -> None:
    recording = json.loads((pytester.path / "prod.json").read_text())
    kept = [call for call in recording["calls"] if call["operation"] != "DescribeTargetHealth"]
    (pytester.path / "prod.json").write_text(json.dumps({**recording, "calls": kept}))
    result = two(
        """
        def test_all(vpclink_target_health):
            assert all(one.healthy for targets in vpclink_target_health.values() for one in targets)

        def test_one(vpclink_target_health):
            assert vpclink_target_health["orders-api"]

        def test_path(vpclink_paths):
            assert vpclink_paths[0].targets
        """,
        env="prod",
    )
    assert result.parseoutcomes()["failed"] == 3
    action = "*; it takes the IAM action elasticloadbalancing:DescribeTargetHealth"
    result.stdout.fnmatch_lines([f"test_mine.py:{line}: {action}" for line in (2, 5, 8)])
    assert "Traceback" not in result.stdout.str()


ASKING = f"""
import pytest

@pytest.fixture(scope="module")
def verdict(vpclink_reachability):
    return vpclink_reachability("orders", "{HOST}", 10000)

def test_first(verdict):
    assert verdict.reached

def test_second(verdict):
    assert verdict.blocked
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_traces_stand_beside_the_failure_of_the_test_that_asked(
    pytester: pytest.Pytester, demo: Run, workers: str
) -> None:
    result = demo(ASKING, workers, "-rA", "--show-capture=no", "--junitxml=out.xml")
    result.assert_outcomes(passed=1, failed=1, deselected=0 if workers == "-n2" else len(catalogue()))
    shown = result.stdout.str()
    assert shown.count("every rule on their way") == 1
    result.stdout.fnmatch_lines(
        [
            "*where False = <tcp orders → i-0aaaaaaaaaaaaaaa1:10000: reached>.blocked",
            "tcp orders → i-0aaaaaaaaaaaaaaa1:10000: reached",
            "  tcp 10.0.11.10 → 10.0.1.20:10000  reached",
            f"*✓ security groups of {HOST}, inbound: security group sg-* allows tcp 10000 with 10.0.11.0/24",
        ]
    )
    cases = {one.get("name"): one for one in ElementTree.parse(pytester.path / "out.xml").iter("testcase")}
    failure = cases["test_second[demo]"].find("failure")
    assert failure is not None
    assert "✓ security groups" in (failure.text or "")


def test_the_latest_of_many_verdicts_are_told_at_length(demo: Run) -> None:
    source = f"""
    def test_it(vpclink_reachability):
        verdicts = [vpclink_reachability("vpc", "{HOST}", port) for port in range(9990, 10003)]
        assert all(one.blocked for one in verdicts)
    """
    shown = demo(source).stdout.str()
    section = shown.partition("every rule on their way")[2]
    assert section.count("tcp vpc →") == 13
    assert section.count("✓") > 20
    lines = [line for line in section.splitlines() if line.startswith("tcp vpc → ")]
    assert lines[0] == f"tcp vpc → {HOST}:10001: reached: {lines[0].partition('reached: ')[2]}"  # asked before ...
    assert lines[-1] == f"tcp vpc → {HOST}:10000: reached"  # ... the one that all() stopped at


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native"])
@pytest.mark.parametrize("asked", ["reached", "blocked"])
def test_an_unknown_verdict_fails_in_one_line(demo: Run, style: str, asked: str) -> None:
    call = f"vpclink_reachability('10.0.11.99', '{HOST}', 10000)"
    source = f"def test_it(vpclink_reachability):\n    assert not {call}.{asked}\n"
    result = demo(source, f"--tb={style}")
    (line,) = {line for line in result.outlines if "is unknown: " in line and not line.startswith("FAILED")}
    assert line.startswith(f"test_mine.py:2: tcp 10.0.11.99 → {HOST}:10000 is unknown: no interface in the facts has ")
    for stray in ("*Traceback*", "E  *", "*reachability.py*"):
        result.stdout.no_fnmatch_line(stray)


@pytest.mark.parametrize("asked", ["assert {}", "assert not {}", "bool({})", "assert {} or True", "[0][{} and 0]"])
def test_a_verdict_has_no_truth_value(demo: Run, asked: str) -> None:
    verdict = f"vpclink_reachability('orders', '{HOST}', 10000)"
    result = demo(f"def test_it(vpclink_reachability):\n    {asked.format(verdict)}\n")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["test_mine.py:2: a verdict has no truth value: *.reached, .blocked or .unknown"])


def test_unknown_may_be_asked(demo: Run) -> None:
    source = f"""
    import pytest
    from vpclink_checks.api import VerdictUnknown

    def test_it(vpclink_reachability):
        verdict = vpclink_reachability("10.0.11.99", "{HOST}", 10000)
        assert verdict.unknown and verdict.verdict == "unknown"
        with pytest.raises(VerdictUnknown, match="10.0.11.99"):
            verdict.reached
        assert not vpclink_reachability("orders", "{HOST}", 10000).unknown
    """
    assert demo(source).parseoutcomes()["passed"] == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            "'nix', '{host}', 1",
            "source 'nix' is not in the facts (known: orders, vl1a2b3); expected *",
        ),
        ("'internet', 'nix', 1", "destination 'nix' is not in the facts*expected an instance or interface id, *"),
        ("'internet', '10.0.0.0/24', 1", "destination '10.0.0.0/24' is a network: name one address of it*"),
        ("'internet', '{host}'", "destination '{host}' takes a port"),
        ("'internet', 'orders'", "destination 'orders' takes a port: it listens on 10000, 10001"),
        ("'10.0.0.1/16', '{host}', 1", "'10.0.0.1/16' is no network: it has host bits*"),
        ("'internet', '{host}', 70000", "port 70000 is not a number from 1 to 65535"),
        ("'internet', '{host}', '80'", "port '80' is not a number*"),
        ("'internet', '{host}', 80, protocol='icmp'", 'icmp has no port: write protocol="icmp TYPE/CODE"'),
        (
            "'internet', '{host}', protocol='gre'",
            "protocol 'gre' is not known; expected *number from 0 to 255",
        ),
        ("'internet', '{host}', protocol='icmp 300'", "protocol 'icmp 300': ICMP's type and code are numbers from 0 *"),
        ("'internet', '{host}', 443, protocol=47", "protocol 47 has no port"),
        ("None, '{host}', 1", "source None is neither a name nor an object with an id"),
        ("'{host}', '{host}', 1", "* are the same: packets to oneself meet no filter"),
    ],
)
def test_a_wrong_end_is_one_line(demo: Run, call: str, words: str) -> None:
    source = f"def test_it(vpclink_reachability):\n    vpclink_reachability({call.format(host=HOST)})\n"
    result = demo(source)
    result.stdout.fnmatch_lines([f"test_mine.py:2: {words.format(host=HOST)}".replace("[", "[[]")])
    assert "Traceback" not in result.stdout.str()


def test_without_the_plugin_there_are_none(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_links(vpclink_links):\n    pass\n")
    result = pytester.runpytest_subprocess("-p", "no:vpclink")
    result.stdout.fnmatch_lines(["*fixture 'vpclink_links' not found*"])


def test_pytest_lists_them(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--fixtures").stdout.str()
    for name in (
        "env",
        "topology",
        "paths",
        "task_definitions",
        "target_health",
        "links",
        "reachability",
        "probe",
        "hosts",
    ):
        assert f"vpclink_{name} [session scope]" in shown


def test_many_environments_under_the_gate_too(two: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=NAMES)
    options = ["--vpclink-env=all", "--vpclink-snapshot={env}.json", "--vpclink-report=", "-m", "vpclink"]
    result = pytester.runpytest_inprocess(*options, "-k", "test_mine or vpc-link")
    assert result.ret == 0
    every = sum("vpc-link" in one.id for one in catalogue())
    assert result.parseoutcomes()["passed"] + result.parseoutcomes().get("skipped", 0) == 2 + 2 * every


def test_a_recording_for_each_environment(pytester: pytest.Pytester, two: Run) -> None:
    assert two(NAMES).parseoutcomes()["passed"] == 2
    (pytester.path / "staging.json").unlink()
    lost = two(NAMES)
    assert lost.ret == 4
    lost.stderr.fnmatch_lines(["ERROR: --vpclink-snapshot: there is no *staging.json*"])


def test_ids_are_quoted_nowhere_as_paths_of_the_machine(demo: Run, tmp_path: Path) -> None:
    result = demo("def test_it(vpclink_links):\n    vpclink_links['nix']\n")
    result.stdout.fnmatch_lines(["test_mine.py:2: there is no VPC link 'nix' here; there is: vl1a2b3"])


def test_a_bug_of_ours_is_no_internal_error(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("vpclink_checks.gate.hooks.judge", broken)
    result = demo("def test_it(vpclink_links):\n    pass\n")
    assert (result.ret, result.parseoutcomes()["errors"]) == (1, 1)
    told = "*not collected: no report: test_mine.py::test_it?demo? broke, which is a bug of vpclink-checks"
    result.stdout.fnmatch_lines(["*ZeroDivisionError: a bug", told])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
