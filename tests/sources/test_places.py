"""Partitions and regions: which services are there, and the one line for a region that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from tests.moto_stack.server import Stand
from tests.sources.demo_facts import SETTINGS, answers, with_facts
from vpclink_checks.checks.verdict import from_gap
from vpclink_checks.errors import CollectError
from vpclink_checks.model.fact import Gap
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer
from vpclink_checks.sources.live import places
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.words import Outcome

SESSION = botocore.session.Session()


def env(region: str, **more: Any) -> EnvSettings:
    return EnvSettings(name="prod", region=region, domains=("api.example.com",), **more)


@pytest.mark.parametrize(
    ("service", "region", "there"),
    [
        ("globalaccelerator", "eu-west-2", True),
        ("globalaccelerator", "cn-north-1", False),
        ("globalaccelerator", "us-gov-west-1", False),
        ("cloudfront", "us-gov-west-1", False),
        ("cloudfront", "cn-north-1", True),
        ("route53", "cn-north-1", True),
        ("apigatewayv2", "us-gov-west-1", True),
        ("elbv2", "eu-west-2", True),
        ("ecs", "eu-west-99", True),  # a region newer than botocore is asked
        ("ecs", "", True),
    ],
)
def test_a_service_is_in_the_partition_or_is_not(service: str, region: str, *, there: bool) -> None:
    why = places.not_here(SESSION, env(region), service)
    assert (why == "") is there
    if not there:
        assert f"there is no {service} in partition {places.partition_of(SESSION, region)}" in why


def test_a_stand_in_may_hold_any_service() -> None:
    assert places.not_here(SESSION, env("cn-north-1", endpoint_url="http://127.0.0.1:1"), "globalaccelerator") == ""


@pytest.mark.parametrize(
    ("region", "arn", "says"),
    [
        ("eu-west-2", "arn:aws:iam::123456789012:user/me", ""),
        ("cn-north-1", "arn:aws-cn:iam::123456789012:user/me", ""),
        (
            "cn-north-1",
            "arn:aws:iam::123456789012:user/me",
            "these credentials are of partition aws, and region cn-north-1 is in aws-cn",
        ),
        ("cn-north-1", "", ""),
    ],
)
def test_credentials_and_region_are_of_one_partition(region: str, arn: str, says: str) -> None:
    assert places.foreign(SESSION, env(region), arn) == says


@pytest.mark.usefixtures("aws")
def test_nothing_else_is_read_with_another_partitions_credentials(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "partition_of", lambda *_: "aws-us-gov")
    with pytest.raises(CollectError) as caught:
        collect(replace(env("eu-west-2"), endpoint_url=stand.url))
    assert "these credentials are of partition aws, and region eu-west-2 is in aws-us-gov" in str(caught.value)
    assert dict(stand.calls) == {"sts:GetCallerIdentity": 1}


@pytest.mark.parametrize(
    ("region", "says"),
    [
        ("eu-wset-2", "botocore knows no region eu-wset-2, did you mean eu-west-2?"),
        ("nowhere", "botocore knows no region nowhere"),
        ("cn-north-1", "region cn-north-1 is in partition aws-cn, which takes credentials of its own alone"),
        ("eu-west-2", ""),
    ],
)
def test_a_region_that_may_be_wrong_is_named(region: str, says: str) -> None:
    assert places.doubts(SESSION, env(region)).removeprefix("; ") == says


def test_a_mistyped_region_is_one_line(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    with pytest.raises(CollectError, match=r"AWS cannot be reached.*did you mean eu-west-2\?") as caught:
        collect(env("eu-wset-2"))
    assert "\n" not in str(caught.value)


def test_what_is_not_in_the_partition_does_not_apply() -> None:
    gap = Gap(operation="globalaccelerator:ListAccelerators", action="", code="NotInPartition", message="there is none")
    verdict = from_gap(gap)
    assert (verdict.outcome, verdict.message) == (Outcome.NOT_APPLICABLE, "there is none")


@pytest.mark.parametrize(("arn", "partition"), [("arn:aws-cn:sts::123456789012:x", "aws-cn"), ("", "aws")])
def test_the_partition_is_that_of_whoever_asked(arn: str, partition: str) -> None:
    held = [
        Answer(one.call, {**(one.response or {}), "Arn": arn}) if one.call.operation == "GetCallerIdentity" else one
        for one in answers()
    ]
    assert discover(with_facts(held), SETTINGS, source="snapshot").partition == partition
