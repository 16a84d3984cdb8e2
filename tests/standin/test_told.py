"""What a user sees where AWS does not answer: a run of pytest of their own, its exit status and its words."""

from __future__ import annotations

import re

import pytest

from tests.older import CUT
from tests.sources.conftest import CREDENTIALS
from tests.sources.demo_facts import demo
from tests.standin.faults import Fault, cut, denied, expired, hang, throttled
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Call

# A process of its own, so what is patched for the others is patched there: how long a call waits and is tried again.
CONFTEST = """
from vpclink_checks.sources.live import session

session.READ_S, session.ATTEMPTS = 1.5, 2
"""
CONFIG = '[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\nendpoint_url = "{url}"\n'
OPTIONS = ("--vpclink-env=prod", "--vpclink-report=", "--vpclink-probe=off", "-p", "no:cacheprovider")
CASES = {
    "denied": (denied("elbv2:DescribeTargetHealth"), "AccessDenied"),
    "throttled past its retries": (throttled("apigateway:GetResources"), "TooManyRequestsException"),
    "timed out": (hang("ecs:DescribeContainerInstances"), "Timeout"),
    "cut": (cut("acm:DescribeCertificate"), CUT),
    "expired on the way": (expired(after=12), "(?:ExpiredToken|ExpiredTokenException|RequestExpired)"),
}


def ran(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, fault: Fault) -> tuple[int, str, Standin]:
    """Exit status and output of a run in which this goes wrong, and what the stand-in was asked."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "1000")
    pytester.makeconftest(CONFTEST)
    with Standin(World(demo()), faults=(fault,)) as aws:
        (pytester.path / "vpclink.toml").write_text(CONFIG.format(url=aws.url))
        result = pytester.runpytest_subprocess(*OPTIONS)
    text = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    return int(result.ret), text, aws


@pytest.mark.parametrize(("fault", "code"), CASES.values(), ids=CASES)
def test_what_was_not_answered_is_named_with_its_code_and_its_iam_action(
    fault: Fault, code: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text, aws = ran(pytester, monkeypatch, fault)
    assert status == pytest.ExitCode.TESTS_FAILED
    said = re.findall(rf"([\w-]+:\w+) gave no answer \({code}\b[^\n]*?it takes the IAM action ([\w-]+:\w+)", text)
    assert said
    for name, action in said:
        assert name in aws.calls
        assert action == action_of(Call(*name.split(":")))
    if fault.operation != "*":
        assert {name for name, _ in said} == {fault.operation}


def test_a_token_that_had_expired_is_told_in_one_line_and_nothing_is_judged(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, text, aws = ran(pytester, monkeypatch, expired())
    assert status == pytest.ExitCode.INTERRUPTED
    assert "env.prod: the AWS credentials have expired (ExpiredToken): log in again" in text
    assert set(aws.calls) == {"sts:GetCallerIdentity"}
