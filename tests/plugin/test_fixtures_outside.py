"""The fixtures that reach out, under pytest: the probe over the demo's servers, and hosts over a program called ssh."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.plugin.test_environments import CONFIG
from vpclink_checks.demo.environment import SNAPSHOT

HOST = "i-0aaaaaaaaaaaaaaa1"
PROBING = """
def test_health(vpclink_probe):
    answer = vpclink_probe("/orders/health")
    assert answer.status == 200 and answer.from_backend
    assert answer.json()["service"] == "orders"
    assert answer.headers["Content-Type"] == "application/json"

def test_elsewhere(vpclink_probe):
    answer = vpclink_probe("/nowhere")
    assert (answer.status, answer.from_backend) == (403, False)
"""
DEMO = ("--vpclink-env=demo", "--vpclink-report=", "-k", "test_mine", "-rs")
# What testinfra calls: ssh [options] HOST COMMAND. This one runs the command here and notes whom it was for.
SSH = """#!{python}
import subprocess, sys
arguments, here = sys.argv[1:], []
while arguments:
    one = arguments.pop(0)
    if one in ("-o", "-F", "-i", "-p", "-l"):
        arguments.pop(0)
    elif not one.startswith("-"):
        here.append(one)
with open({log!r}, "a") as log:
    log.write(here[0] + "\\n")
sys.exit(subprocess.run(" ".join(here[1:]), shell=True, check=False).returncode)
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_demo_answers_probes(pytester: pytest.Pytester, workers: str) -> None:
    pytester.makepyfile(test_mine=PROBING)
    result = pytester.runpytest_inprocess(*DEMO, "-W", "error", workers)
    assert (result.ret, result.parseoutcomes()["passed"]) == (0, 2)


def test_a_broken_demo_answers_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=PROBING)
    result = pytester.runpytest_inprocess(*DEMO, "--vpclink-fault=api-stage-missing")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*assert (403 == 200*", "*<GET https://api.example.com/orders/health: 403 in *"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--vpclink-env=demo", "--vpclink-probe=off"], "probes are off (--vpclink-probe=off)"),
        (["--vpclink-env=prod", "--vpclink-snapshot=prod.json"], "probes are off (the facts are a recording)"),
    ],
)
def test_without_probes_it_skips(pytester: pytest.Pytester, arguments: list[str], words: str) -> None:
    (pytester.path / "vpclink.toml").write_text(CONFIG)
    shutil.copy(SNAPSHOT, pytester.path / "prod.json")
    pytester.makepyfile(test_mine=PROBING)
    result = pytester.runpytest_inprocess(*arguments, "--vpclink-report=", "-k", "test_mine", "-rs")
    result.stdout.fnmatch_lines([f"SKIPPED [[]1] test_mine.py:1: vpclink_probe: {words}"])
    assert (result.ret, result.parseoutcomes()["skipped"]) == (0, 2)


def test_an_answer_that_never_came_is_one_line(pytester: pytest.Pytester) -> None:
    declared = '[[env.prod.probe]]\npath = "/orders"\nconnect_to = "127.0.0.1:1"\n'
    (pytester.path / "vpclink.toml").write_text(CONFIG + declared)
    shutil.copy(SNAPSHOT, pytester.path / "prod.json")
    pytester.makepyfile(
        test_mine="""
        def test_failure(vpclink_probe):
            assert vpclink_probe("/orders").failure == "connect"

        def test_status(vpclink_probe):
            assert vpclink_probe("/orders").status == 200
        """
    )
    given = ["--vpclink-env=prod", "--vpclink-snapshot=prod.json", "--vpclink-probe=on", *DEMO[1:]]
    result = pytester.runpytest_inprocess(*given)
    assert (result.parseoutcomes()["passed"], result.parseoutcomes()["failed"]) == (1, 1)
    line = "test_mine.py:5: GET https://api.example.com/orders got no answer: connect: no connection to 127.0.0.1:1: *"
    result.stdout.fnmatch_lines([line])
    assert "Traceback" not in result.stdout.str()


HOSTS = f"""
def test_hosts(vpclink_hosts):
    assert set(vpclink_hosts) == {{"{HOST}", "i-0bbbbbbbbbbbbbbb2"}}
    assert vpclink_hosts["{HOST}"].check_output("echo hello") == "hello"

def test_every(vpclink_hosts):
    for host in vpclink_hosts.values():
        assert host.run("exit 3").rc == 3

def test_typo(vpclink_hosts):
    vpclink_hosts["i-nix"]
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called ssh in front of any other; gives the file where it notes whom it was to reach."""
    log = tmp_path / "ssh.log"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ssh"
    program.write_text(SSH.format(python=sys.executable, log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return log


@pytest.mark.parametrize("how", ["option", "ini"])
def test_hosts_over_ssh(pytester: pytest.Pytester, ssh: Path, how: str) -> None:
    pytester.makepyfile(test_mine=HOSTS)
    if how == "ini":
        pytester.makeini("[pytest]\nvpclink_host = ssh\n")
    option = ["--vpclink-host=ssh"] if how == "option" else []
    result = pytester.runpytest_subprocess(*DEMO, "--vpclink-probe=off", *option)
    assert (result.parseoutcomes()["passed"], result.parseoutcomes()["failed"]) == (2, 1)
    result.stdout.fnmatch_lines(["test_mine.py:10: there is no running instance 'i-nix' behind the paths; *"])
    assert set(ssh.read_text().split()) == {"10.0.1.20", "10.0.2.20"}


def test_hosts_are_off_unless_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_mine=HOSTS)
    result = pytester.runpytest_inprocess(*DEMO, "--vpclink-probe=off")
    result.stdout.fnmatch_lines(["SKIPPED*test_mine.py:1: vpclink_hosts: --vpclink-host is off; --vpclink-host=ssh *"])
    assert (result.ret, result.parseoutcomes()["skipped"]) == (0, 3)


def test_another_value_is_a_mistake(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--vpclink-env=demo", "--vpclink-host=ssm")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--vpclink-host: 'ssm' is not a value of this option (expected off or ssh)"])


def test_without_testinfra_one_line_names_the_extra(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vpclink_checks.probes.hosts.find_spec", {}.get)
    pytester.makepyfile(test_mine=HOSTS)
    result = pytester.runpytest_inprocess(*DEMO, "--vpclink-probe=off", "--vpclink-host=ssh")
    assert result.parseoutcomes()["errors"] == 3
    result.stdout.fnmatch_lines(["*vpclink_hosts takes testinfra: pip install 'vpclink-checks[[]hosts]'"])
    assert "Traceback" not in result.stdout.str()


def test_testinfra_s_own_fixture_stays_as_it_is(pytester: pytest.Pytester) -> None:
    source = "def test_own(host, vpclink_env):\n    assert host.run('exit 4').rc == 4\n"
    pytester.makepyfile(test_mine=source)
    result = pytester.runpytest_subprocess(*DEMO, "--vpclink-probe=off", "--hosts=local://", "-v")
    result.stdout.fnmatch_lines(["*test_mine.py::test_own?demo-local? PASSED*"])
