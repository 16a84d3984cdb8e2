"""Several live environments in one run: read side by side, within one account's limits, none hiding another."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.standin.server import Entry, Standin
from tests.standin.world import World
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo.environment import SNAPSHOT
from vpclink_checks.errors import CollectError
from vpclink_checks.gathering import Gathering
from vpclink_checks.run import Target
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import BUDGET_OF, LIMITS

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "PATH": os.environ["PATH"]}


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standin]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with Standin(World(snapshot.read(SNAPSHOT)), latency=0.02) as aws:
        yield aws


def target(name: str, url: str, account: str = "123456789012") -> Target:
    settings = EnvSettings(
        name=name, region="eu-west-2", domains=("api.example.com",), account=account, endpoint_url=url
    )
    return Target(name=name, source="live", settings=settings, rules=Rules(today=date(2026, 11, 2)))


def most_at_once(log: list[Entry]) -> Counter[str]:
    """By limit: the most requests that were being answered at the same time."""
    most: Counter[str] = Counter()
    running: Counter[str] = Counter()
    events = [(one.started, 1, one) for one in log] + [(one.ended, -1, one) for one in log]
    for _, change, one in sorted(events, key=lambda event: event[:2]):
        budget = BUDGET_OF.get(one.service, one.service)
        running[budget] += change
        most[budget] = max(most[budget], running[budget])
    return most


def test_environments_of_one_account_share_its_limits_and_run_together(standin: Standin, tmp_path: Path) -> None:
    targets = [target(name, standin.url) for name in ("prod", "stage", "test")]
    gathering = Gathering(tmp_path)
    gathering.expect(targets)
    gathering.get(targets[0])
    assert all(gathering.done(one) for one in targets)
    facts = {json.dumps([one.call.key for one in gathering.get(each).recording.facts]) for each in targets}
    assert len(facts) == 1
    most = most_at_once([one for one in standin.log if one.service != "sts"])
    assert all(count <= LIMITS[budget] for budget, count in most.items()), most
    assert most["apigateway"] == LIMITS["apigateway"]
    names = [one.name for one in sorted(standin.log, key=lambda one: one.started)]
    first_of_the_last_leg = names.index("ecs:DescribeTaskDefinition")
    assert names[:first_of_the_last_leg].count("sts:GetCallerIdentity") == len(targets)


def test_one_that_cannot_be_read_hides_no_other(standin: Standin, tmp_path: Path) -> None:
    good, wrong = target("prod", standin.url), target("stage", standin.url, account="111122223333")
    refused = target("test", "http://127.0.0.1:9")
    gathering = Gathering(tmp_path)
    gathering.expect([refused, wrong, good])
    assert gathering.get(good).recording.account == "123456789012"
    with pytest.raises(CollectError, match="of account 123456789012, but the config says account 111122223333"):
        gathering.get(wrong)
    with pytest.raises(CollectError, match=r"env\.test: AWS cannot be reached"):
        gathering.get(refused)


def test_what_nobody_expects_is_not_read(standin: Standin, tmp_path: Path) -> None:
    prod, stage = target("prod", standin.url), target("stage", standin.url)
    gathering = Gathering(tmp_path)
    gathering.get(prod)
    assert not gathering.done(stage)
    assert not gathering.done(replace(prod, name="test"))


def _config(folder: Path, url: str) -> None:
    environment = '[env.{0}]\nregion = "eu-west-2"\ndomain = "api.example.com"\naccount = "{1}"\nendpoint_url = "{2}"\n'
    texts = [environment.format(*one, url) for one in (("prod", "123456789012"), ("stage", "111122223333"))]
    (folder / "vpclink.toml").write_text("\n".join(texts), encoding="utf-8")


PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "vpclink.toml", "--vpclink-probe=off")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_one_report_of_all(standin: Standin, tmp_path: Path, workers: tuple[str, ...]) -> None:
    _config(tmp_path, standin.url)
    done = subprocess.run(
        [*PYTEST, "--vpclink-env=all", *workers],
        cwd=tmp_path,
        env=KEYS | {"AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    report = json.loads((tmp_path / "reports" / "report.json").read_text(encoding="utf-8"))
    prod, stage = report["environments"]
    assert prod["error"] is None
    assert prod["summary"]["pass"] > 200
    assert "but the config says account 111122223333: nothing else was read" in stage["error"]
    assert re.search(r"^prod: \d+ requests to AWS in \d+\.\d s$", done.stdout, re.MULTILINE)
    assert "on the way" not in done.stdout


def test_on_a_terminal_a_line_says_how_far_it_is(standin: Standin, tmp_path: Path) -> None:
    _config(tmp_path, standin.url)
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [*PYTEST, "--vpclink-env=prod"],
        cwd=tmp_path,
        env=KEYS | {"AWS_EC2_METADATA_DISABLED": "true", "TERM": "xterm", "COLUMNS": "100"},
        stdout=end,
    )
    os.close(end)
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    assert process.wait(60) == 0, shown.decode()
    os.close(terminal)
    lines = [one.decode() for one in re.findall(rb"(?:\r\x1b\[K|\r\n)(prod: [^\r\n]*)", shown)]
    assert re.fullmatch(r"prod: 1 answers, \d+ on the way", lines[0])
    assert len(lines) > 5
    assert b"refused or failed\r\x1b[K" in shown  # and nothing of it stays
