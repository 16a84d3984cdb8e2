"""The fixtures over live AWS, which a stand-in plays: facts are read once, and what is refused is told."""

from __future__ import annotations

import pytest

from tests.standin.faults import denied
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.demo.environment import SNAPSHOT
from vpclink_checks.sources import snapshot

SOURCE = """
import pytest

@pytest.mark.parametrize("port", [22, 10000])
def test_packets(vpclink_reachability, port):
    assert vpclink_reachability("orders", "i-0aaaaaaaaaaaaaaa1", port).reached is (port == 10000)

def test_facts(vpclink_paths, vpclink_target_health, vpclink_env):
    assert vpclink_env.source == "live" and vpclink_env.account == "123456789012"
    assert [one.healthy for one in vpclink_target_health["orders-api"]] == [True, True]
    assert vpclink_paths[0].service.running == 2

def test_probe(vpclink_probe):
    raise AssertionError
"""
ENV = '[env.{name}]\nregion = "eu-west-2"\ndomain = "api.example.com"\nendpoint_url = "{url}"\n'


def test_two_live_environments_each_read_once(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "example")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    pytester.makepyfile(test_mine=SOURCE)
    facts = snapshot.read(SNAPSHOT)
    refused = denied("ec2:DescribeSecurityGroups")
    with Standin(World(facts)) as prod, Standin(World(facts), faults=(refused,)) as stage:
        config = ENV.format(name="prod", url=prod.url) + ENV.format(name="stage", url=stage.url)
        (pytester.path / "vpclink.toml").write_text(config)
        options = ["--vpclink-env=all", "--vpclink-report=", "--vpclink-probe=off", "-k", "test_mine"]
        result = pytester.runpytest_subprocess(*options)
        outcomes = result.parseoutcomes()
        assert (outcomes["passed"], outcomes["failed"], outcomes["skipped"]) == (4, 2, 2)
        assert prod.calls["ec2:DescribeSecurityGroups"] == 1
        assert prod.calls["elbv2:DescribeTargetHealth"] == 2  # a call for each target group
    action = "ec2:DescribeSecurityGroups gave no answer (UnauthorizedOperation*; it takes the IAM action ec2:Describe*"
    result.stdout.fnmatch_lines_random(
        [f"test_mine.py:5: tcp orders → *:{port} is unknown: *{action}" for port in (22, 10000)]
    )
