"""``vpclink policy``: JSON and nothing else, from the table of calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from vpclink_checks.sources.calls import ROWS, action_of
from vpclink_checks.sources.facts import Call


def test_it_allows_every_action_of_the_table_and_no_other(vpclink: Callable[..., Ran]) -> None:
    status, out, err = vpclink("policy")
    assert (status, err) == (0, "")
    allowed = {action for one in json.loads(out)["Statement"] for action in one["Action"]}
    assert allowed == {action_of(Call(service, operation)) for service, operation in ROWS}
    assert {one["Effect"] for one in json.loads(out)["Statement"]} == {"Allow"}


def test_it_allows_the_lists_that_init_asks_for(vpclink: Callable[..., Ran]) -> None:
    (gateway,) = (one for one in json.loads(vpclink("policy")[1])["Statement"] if "apigateway:GET" in one["Action"])
    assert {"arn:aws:apigateway:*::/vpclinks", "arn:aws:apigateway:*::/domainnames"} <= set(gateway["Resource"])


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_an_environment_narrows_it(region: str, partition: str, vpclink: Callable[..., Ran], there: Path) -> None:
    config = f'[env.prod]\nregion = "{region}"\ndomain = "api.example.com"\naccount = "123456789012"\n'
    (there / "other.toml").write_text(config)
    status, out, _ = vpclink("policy", "--env", "prod", "--config", "other.toml")
    resources = {one for statement in json.loads(out)["Statement"] for one in statement["Resource"]}
    assert status == 0
    assert f"arn:{partition}:apigateway:{region}::/vpclinks/*" in resources
    assert f"arn:{partition}:apigateway:{region}::/vpclinks" not in resources  # for init alone
    assert {one.split(":")[1] for one in resources - {"*"}} == {partition}
    assert not [one for one in resources - {"*"} if one.split(":")[3] == "*"]


def test_an_environment_without_account_leaves_it_open(vpclink: Callable[..., Ran], there: Path) -> None:
    (there / "vpclink.toml").write_text('[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\n')
    assert "arn:aws:ecs:eu-west-2:*:cluster/*" in vpclink("policy", "--env=prod")[1]
