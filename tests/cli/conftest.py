"""A place to run the command in, with credentials of nobody; AWS itself is the stand-in or moto."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sources.conftest import CREDENTIALS, bare
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.cli import main
from vpclink_checks.demo import environment
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording

Ran = tuple[int, str, str]  # exit status, stdout, stderr

DOMAIN, LINK = "api.example.com", "vl1a2b3"
# What the demo's account lists: its own domain and link, a domain without mappings, and links that no domain uses.
LISTS = (
    Answer(
        Call("apigateway", "GetDomainNames"),
        response={"items": [{"domainName": DOMAIN}, {"domainName": "old.example.com"}]},
    ),
    Answer(
        Call("apigateway", "GetDomainName", {"domainName": "old.example.com"}),
        response={"domainName": "old.example.com", "endpointConfiguration": {"types": ["REGIONAL"]}},
    ),
    Answer(
        Call("apigateway", "GetVpcLinks"),
        response={"items": [{"id": LINK, "name": "orders"}, {"id": "vl9spare", "name": "spare"}]},
    ),
    Answer(Call("apigatewayv2", "GetVpcLinks"), response={"Items": [{"VpcLinkId": "v2spare", "Name": "second"}]}),
)


def listed(*lists: Answer) -> Recording:
    """The demo's facts, and what the account lists."""
    demo = environment.recording()
    return replace(demo, facts=Facts([*demo.facts, *lists]))


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder to run in, on a machine that has credentials and nothing else."""
    bare(monkeypatch)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def aws() -> Iterator[Standin]:
    """An account that answers with the demo's facts."""
    with Standin(World(listed(*LISTS))) as standin:
        yield standin


@pytest.fixture
def vpclink(capfd: pytest.CaptureFixture[str], there: Path) -> Callable[..., Ran]:
    """Run the command in this process."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(str(ended.code))
        return (status, *capfd.readouterr())

    return run


def as_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it as users do, with more in its environment."""
    command = [sys.executable, "-m", "vpclink_checks", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **environment}
    )
