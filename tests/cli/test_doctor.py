"""``vpclink doctor``: what could not be read, what that costs, and what helps."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import DOMAIN, Ran
from tests.standin.faults import Fault, denied, expired, throttled
from tests.standin.server import Standin
from vpclink_checks.checks.judging import Rules
from vpclink_checks.cli.advice import Kind
from vpclink_checks.cli.silenced import Missing, missing, others
from vpclink_checks.demo import environment
from vpclink_checks.model.fact import Gap
from vpclink_checks.report import Finding
from vpclink_checks.run import Gathered, Target, judge
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Answer, Facts, Recording
from vpclink_checks.words import Outcome, Severity

OPERATIONS = sorted({one.call.name for one in environment.recording().facts})
MESSAGE = "User: arn:aws:sts::123456789012:assumed-role/audit/demo is not authorized"


def without(*operations: str, code: str = "AccessDenied", message: str = MESSAGE) -> Recording:
    """The demo's facts as they are for somebody who may not call these."""
    demo = environment.recording()

    def answer(one: Answer) -> Answer:
        if one.call.name not in operations:
            return one
        return Answer(
            one.call, gap=Gap(operation=one.call.name, action=action_of(one.call), code=code, message=message)
        )

    return replace(demo, facts=Facts(map(answer, demo.facts)))


def findings(recording: Recording) -> tuple[Finding, ...]:
    settings = environment.settings()
    target = Target(name="demo", source="demo", settings=settings, rules=Rules(today=date(2026, 11, 2)))
    return judge(target, Gathered(recording=recording)).findings


def examined(recording: Recording) -> list[Missing]:
    return missing(recording, findings(recording))


def ids(found: tuple[Finding, ...], outcome: Outcome) -> set[str]:
    return {one.check for one in found if one.outcome is outcome}


UNKNOWN_ANYWAY = ids(findings(environment.recording()), Outcome.UNKNOWN)


def test_everything_that_it_needs_is_answered_in_the_demo(vpclink: Callable[..., Ran]) -> None:
    status, out, err = vpclink("doctor", "demo")
    assert (status, err) == (0, "")
    assert "account 123456789012, region eu-west-2" in out
    assert "as arn:aws:sts::123456789012:assumed-role/audit/demo" in out
    assert "✓ api.example.com/orders → orders/status:7777" in out
    assert "every check has the answers that it needs" in out


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_refused_call_is_blamed_for_exactly_what_is_unknown_because_of_it(operation: str) -> None:
    recording = without(operation)
    found = findings(recording)
    told = missing(recording, found)
    (mine,) = (one for one in told if any(call.name == operation for call in one.calls))
    assert mine.action in (action_of(mine.calls[0]), "apigateway:GET")
    assert {call.name for call in mine.calls} == {operation}
    blamed = {check for one in told for check in one.silenced}
    assert blamed - UNKNOWN_ANYWAY == ids(found, Outcome.UNKNOWN) - UNKNOWN_ANYWAY
    blocked = ids(found, Outcome.BLOCKED)
    assert set(mine.waiting) <= blocked
    assert blocked <= {check for one in told for check in (*one.silenced, *one.waiting)}


def test_two_refusals_are_told_apart() -> None:
    recording = without("acm:DescribeCertificate", "elbv2:DescribeRules")
    by_action = {one.action: one for one in examined(recording)}
    certificates, rules = by_action["acm:DescribeCertificate"], by_action["elasticloadbalancing:DescribeRules"]
    assert "domain/certificate-in-date" in certificates.silenced
    assert "domain/certificate-in-date" not in rules.silenced
    assert "listener/rules-agree-with-default" in rules.silenced


def test_a_thing_that_does_not_exist_is_no_refusal() -> None:
    recording = without("apigateway:GetVpcLink", code="NotFoundException", message="Invalid Vpc Link identifier")
    assert not [one for one in examined(recording) if one.calls]


@pytest.fixture
def prod(there: Path, aws: Standin) -> Path:
    (there / "vpclink.toml").write_text(
        f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\naccount = "123456789012"\nendpoint_url = "{aws.url}"\n'
    )
    return there / "vpclink.toml"


def added(out: str) -> dict[str, set[str]]:
    """Action to resources, of the policy to add; {} for none."""
    found = re.search(r"^\{$.*?^\}$", out, re.MULTILINE | re.DOTALL)
    statements = json.loads(found[0])["Statement"] if found else []
    return {action: set(one["Resource"]) for one in statements for action in one["Action"]}


def test_a_live_environment_that_can_be_read(vpclink: Callable[..., Ran], aws: Standin, prod: Path) -> None:
    status, out, err = vpclink("doctor", "prod")
    assert (status, err) == (0, "")
    assert f"{sum(aws.calls.values())} calls: " in out
    assert "elbv2 10" in out
    assert added(out) == {}
    assert "example" not in out.replace("example.com", "")  # the secret key


def test_a_refused_call_costs_its_checks_and_gives_the_policy(
    vpclink: Callable[..., Ran], aws: Standin, prod: Path
) -> None:
    with aws.failing(denied("elbv2:DescribeTargetHealth")):
        status, out, err = vpclink("doctor", "prod")
    assert (status, err) == (1, "")
    assert "elasticloadbalancing:DescribeTargetHealth: denied" in out
    assert "elbv2:DescribeTargetHealth, 2 calls: AccessDenied: " in out
    assert re.search(r"silences \d+ checks: .*target-group/has-targets", out)
    assert added(out) == {"elasticloadbalancing:DescribeTargetHealth": {"*"}}
    assert re.search(r"^\d+ checks in all left without an answer$", out, re.MULTILINE)


def test_api_gateways_reads_are_one_action_on_the_resources_that_were_refused(
    vpclink: Callable[..., Ran], aws: Standin, prod: Path
) -> None:
    with aws.failing(denied("apigateway:GetVpcLink")):
        status, out, _ = vpclink("doctor", "prod")
    assert status == 1
    assert added(out) == {"apigateway:GET": {"arn:aws:apigateway:eu-west-2::/vpclinks/*"}}
    assert "all of target-group" in out
    assert "Behind what was refused, nothing was asked" in out
    assert "vpclink policy --env=prod" in out


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (throttled("ec2:DescribeRouteTables"), "throttled\n"),
        (expired("ec2:DescribeRouteTables"), "log in again"),
        (
            replace(
                denied("ec2:DescribeRouteTables"),
                message=f"{MESSAGE} with an explicit deny in a service control policy",
            ),
            "an IAM policy alone does not help",
        ),
    ],
    ids=["throttled", "expired", "forbidden from above"],
)
def test_what_no_policy_mends_has_advice_of_its_own(
    fault: Fault, said: str, vpclink: Callable[..., Ran], aws: Standin, prod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vpclink_checks.sources.live.session.ATTEMPTS", 1)
    with aws.failing(fault):
        status, out, _ = vpclink("doctor", "prod")
    assert status == 1
    assert said in out
    assert added(out) == {}


def test_a_call_that_was_too_slow_is_told_as_that(vpclink: Callable[..., Ran], there: Path) -> None:
    (there / "vpclink.toml").write_text(f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\n')
    snapshot.write(there / "facts.json", without("ecs:DescribeServices", code="Timeout", message="Read timeout"))
    status, out, _ = vpclink("doctor", "prod", "--snapshot", "facts.json")
    assert status == 1
    assert "ecs:DescribeServices: Timeout" in out
    assert "too slow" in out
    assert added(out) == {}


def test_a_field_that_botocore_does_not_know_is_no_call_that_failed() -> None:
    gap = Gap(operation="ec2:DescribeVpcs", action="ec2:DescribeVpcs", code="FieldNotInModel", message="too old")
    finding = Finding(
        check="network/x",
        hop="network",
        outcome=Outcome.UNKNOWN,
        severity=Severity.RISK,
        gates=True,
        message=f"not known: {gap}",
    )
    (one,) = missing(environment.recording(), [finding])
    assert (one.kind, one.calls, one.silenced) == (Kind.OLD, (), ("network/x",))
    assert others([finding]) == ()
    assert others([replace(finding, message="its status is one that this version does not know")]) == ("network/x",)


def test_a_terminal_gets_colours_unless_its_user_wants_none(there: Path) -> None:
    """A pseudo-terminal, as a user's."""
    for plain in ("", "1"):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "vpclink_checks", "doctor", "demo"]
        subprocess.run(command, stdout=theirs, check=True, env={**os.environ, "NO_COLOR": plain, "TERM": "xterm"})
        os.close(theirs)
        assert (b"\033[32m" in os.read(ours, 65536)) is not bool(plain)
        os.close(ours)


def test_a_failed_call_that_nobody_needs_closes_nothing(vpclink: Callable[..., Ran], there: Path) -> None:
    (there / "vpclink.toml").write_text(f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\n')
    snapshot.write(there / "facts.json", without("sts:GetCallerIdentity"))
    status, out, _ = vpclink("doctor", "prod", "--snapshot", "facts.json")
    assert "silences no check here" in out
    assert "as somebody whom the facts do not name" in out
    assert status == (1 if UNKNOWN_ANYWAY else 0)


def test_a_snapshot_of_another_account_is_no_facts(vpclink: Callable[..., Ran], there: Path) -> None:
    config = f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\naccount = "111122223333"\n'
    (there / "vpclink.toml").write_text(config)
    snapshot.write(there / "facts.json", environment.recording())
    status, out, err = vpclink("doctor", "prod", "--snapshot", "facts.json")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "account 123456789012" in err


def test_a_snapshot_that_is_none_is_one_line(vpclink: Callable[..., Ran], there: Path) -> None:
    (there / "vpclink.toml").write_text(f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\n')
    (there / "facts.json").write_text("{}")
    status, out, err = vpclink("doctor", "prod", "--snapshot", "facts.json")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("vpclink: facts.json")


def test_a_snapshot_says_what_was_never_asked(vpclink: Callable[..., Ran], there: Path) -> None:
    (there / "vpclink.toml").write_text(f'[env.prod]\nregion = "eu-west-2"\ndomain = "{DOMAIN}"\n')
    demo = environment.recording()
    kept = Facts(one for one in demo.facts if one.call.name != "elbv2:DescribeRules")
    snapshot.write(there / "facts.json", replace(demo, facts=kept))
    status, out, _ = vpclink("doctor", "prod", "--snapshot", "facts.json")
    assert status == 1
    assert "DescribeRules: not asked" in out
    assert "record again" in out
    assert added(out) == {}


def test_wrong_credentials_are_one_line_and_nothing_was_read(
    vpclink: Callable[..., Ran], aws: Standin, prod: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    status, out, err = vpclink("doctor", "prod")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "no AWS credentials were found" in err
    assert not aws.log


def test_another_account_is_one_line(vpclink: Callable[..., Ran], prod: Path) -> None:
    prod.write_text(prod.read_text().replace("123456789012", "111122223333"))
    status, out, err = vpclink("doctor", "prod")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "of account 123456789012, but the config says account 111122223333" in err
