"""Wrong usage, and the ends that a process may come to: each is one line or none, and no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, as_process
from tests.standin.faults import hang
from tests.standin.server import Standin

ROOT = Path(__file__).parents[2]
LATER = ("checks", "diff", "static", "checkov")
CONFIG = '[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\n'

# arguments, what the line must say
WRONG = [
    ((), "required: COMMAND"),
    (("dokter",), "'dokter'"),
    *(((later,), f"'{later}'") for later in LATER),
    (("doctor",), "required: ENV"),
    (("doctor", "prod", "--snap", "x.json"), "--snap"),
    (("doctor", "staging"), "did you mean"),
    (("doctor", "prod", "--config", "nowhere.toml"), "nowhere.toml: cannot be read"),
    (("doctor", "prod", "--config", "broken.toml"), "broken.toml:1"),
    (("doctor", "prod", "--snapshot", "nowhere.json"), "nowhere.json"),
    (("doctor", "demo", "--snapshot", "vpclink.toml"), "facts of its own"),
    (("policy", "--env", "stagin"), "staging"),
    (("policy", "--config", "vpclink.toml"), "--env"),
    (("policy", "prod"), "prod"),
    (("init", "--region", "London"), "--region: expected a region"),
    (("init", "--region", ""), "--region: expected a region"),
    (("init", "--role-arn", "audit"), "--role-arn: expected a role's ARN"),
    (("init", "--endpoint-url", "localhost:5000"), "--endpoint-url: expected"),
    (("init", "--env", "two words"), "--env: expected"),
    (("init", "--env", "demo"), "reserved"),
    (("init", "--profile", " "), "--profile: expected"),
    (("init", "--profile", "a", "--role-arn", "arn:aws:iam::123456789012:role/a"), "found both"),
    (("init", "--external-id", "x"), "no effect without --role-arn"),
    (("init", "--output", "pyproject.toml"), "of its own"),
    (("init", "--output", "prod.json"), ".toml"),
    (("init", "--output", "there.toml"), "there.toml is a folder"),
    (("init", "--output", "no/where.toml"), "there is no folder no"),
    (("init", "--region", "eu-west-2"), "vpclink.toml is there already"),
    (("init", "--output", "new.toml"), "no region is set"),
    (("init", "--output", "new.toml", "--region", "eu_west_2"), "--region: expected a region"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=lambda one: " ".join(one) if isinstance(one, tuple) else "")
def test_a_mistake_is_one_line_and_exit_status_4(
    arguments: tuple[str, ...], said: str, vpclink: Callable[..., Ran], there: Path
) -> None:
    (there / "vpclink.toml").write_text(CONFIG + CONFIG.replace("prod", "staging2"))
    (there / "broken.toml").write_text("[env.prod\n")
    (there / "there.toml").mkdir()
    status, out, err = vpclink(*arguments)
    assert (status, out) == (4, "")
    assert err.count("\n") == 1
    assert err.startswith("vpclink")
    assert said in err
    assert (there / "vpclink.toml").read_text().startswith(CONFIG)


def test_every_mistake_of_a_command_is_told_at_once(vpclink: Callable[..., Ran]) -> None:
    status, _, err = vpclink("init", "--region", "x", "--env", "a b", "--external-id", "y")
    assert status == 4
    assert [line.split()[1] for line in err.splitlines()] == ["--region:", "--env:", "--external-id:"]


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_that_is_none_is_told_before_it_is_used(
    variable: str, vpclink: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "London")
    status, _, err = vpclink("init")
    assert (status, err.count("\n")) == (4, 1)
    assert "expected a region such as eu-west-2" in err


def test_without_a_config_it_says_how_to_get_one(vpclink: Callable[..., Ran]) -> None:
    status, _, err = vpclink("doctor", "prod")
    assert (status, err.count("\n")) == (4, 1)
    assert "vpclink init" in err


@pytest.mark.parametrize(("asked", "said"), [("--help", "doctor"), ("--version", "vpclink-checks ")])
def test_help_and_version_are_no_mistakes(asked: str, said: str, vpclink: Callable[..., Ran]) -> None:
    status, out, err = vpclink(asked)
    assert (status, err) == (0, "")
    assert said in out
    assert not [later for later in LATER if f"    {later}" in out]


def test_the_project_installs_it_as_vpclink() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"vpclink": "vpclink_checks.cli:main"}


def test_it_needs_neither_boto3_nor_pytest_to_print_the_policy(there: Path) -> None:
    hide = "import sys; sys.modules.update(dict.fromkeys(['boto3', 'botocore', 'pytest']))\n"
    run = f"{hide}from vpclink_checks.cli import main\nsys.exit(main(['policy']))"
    assert subprocess.run([sys.executable, "-c", run], check=False, capture_output=True).returncode == 0


def test_without_boto3_the_line_says_what_to_install(there: Path) -> None:
    (there / "vpclink.toml").write_text(CONFIG)
    hide = "import sys; sys.modules['botocore'] = None\nfrom vpclink_checks.cli import main\n"
    for command in (["doctor", "prod"], ["init", "--region=eu-west-2", "--output=new.toml"]):
        run = [sys.executable, "-c", f"{hide}sys.exit(main({command!r}))"]
        ended = subprocess.run(run, check=False, capture_output=True, text=True)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
        assert "pip install 'vpclink-checks[aws]'" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "place", "said"),
    [
        ("policy", "| true", "status 0\n"),
        ("--help", "| true", "status 0\n"),
        ("policy", ">&-", "status 0\n"),
        ("policy", "> /dev/full", "vpclink: the output cannot be written: No space left on device\nstatus 2\n"),
    ],
)
def test_wherever_the_output_goes_there_is_no_traceback(arguments: str, place: str, said: str, there: Path) -> None:
    command = f"{{ {sys.executable} -m vpclink_checks {arguments}; echo status $? >&2; }} {place}"
    if place.startswith(">"):
        command = f"{sys.executable} -m vpclink_checks {arguments} {place}; echo status $? >&2"
    ended = subprocess.run(["/bin/sh", "-c", command], check=False, capture_output=True, text=True)
    assert ended.stderr == said


def test_a_terminal_of_few_characters_gets_what_it_can_show(there: Path) -> None:
    ended = as_process("doctor", "demo", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "? api.example.com/orders ? orders/api:8080" in ended.stdout


def test_there_is_no_colour_where_no_terminal_is(vpclink: Callable[..., Ran]) -> None:
    assert "\033" not in vpclink("doctor", "demo")[1]


def test_ctrl_c_ends_it_at_once_and_quietly(there: Path, aws: Standin) -> None:
    (there / "vpclink.toml").write_text(f'{CONFIG}endpoint_url = "{aws.url}"\n')
    with aws.failing(hang("apigateway:GetRestApi")):
        command = [sys.executable, "-m", "vpclink_checks", "doctor", "prod"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _await(lambda: "apigateway:GetRestApi" in aws.calls)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


def _await(happened: Callable[[], bool]) -> None:
    """Wait for it; a test that would wait for ever fails by its own assertions instead."""
    import time  # noqa: PLC0415

    ends = time.monotonic() + 30
    while not happened() and time.monotonic() < ends:
        time.sleep(0.02)
