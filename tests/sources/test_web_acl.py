"""The web ACL of a stage: read only where the stage names one, and judged by its default action."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.demo_facts import SETTINGS, answer, changed, refused, with_facts
from tests.sources.test_older_botocore import judged
from vpclink_checks.report import Finding
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.words import Outcome

CHECK = "api/web-acl-lets-through"
ACL = "arn:aws-us-gov:wafv2:us-gov-west-1:123456789012:regional/webacl/orders/1"
STAGE = {"ResourceArn": "arn:aws-us-gov:apigateway:us-gov-west-1::/restapis/a1b2c3d4e5/stages/prod"}
ASKED = "wafv2:GetWebACLForResource"
BLOCK: dict[str, Any] = {"Block": {}}
ALLOW: dict[str, Any] = {"Allow": {}}
OFFICE = {"Name": "office", "Action": ALLOW}
GROUP = {"Name": "group", "OverrideAction": {"None": {}}}
BAD = {"Name": "bad-inputs", "Action": BLOCK}


def named(arn: str = ACL) -> list[Answer]:
    """The demo's facts, its stage with a web ACL."""
    return changed(("apigateway:GetStage", lambda stage: stage.update(webAclArn=arn)), about="a1b2c3d4e5")


def findings(*more: Answer, arn: str = ACL) -> list[Finding]:
    return [one for one in judged(with_facts([*named(arn), *more]), SETTINGS) if one.check == CHECK]


def test_it_is_asked_for_by_the_stages_arn_in_the_web_acls_partition() -> None:
    assert [(one.name, one.params) for one in wanted(Facts(named()), SETTINGS)] == [(ASKED, STAGE)]
    classic = "arn:aws:waf-regional:eu-west-2:123456789012:webacl/1"
    assert wanted(Facts(named(classic)), SETTINGS) == []


@pytest.mark.parametrize(
    ("default", "rules", "outcome"),
    [
        (BLOCK, [], Outcome.FAIL),
        (BLOCK, [BAD], Outcome.FAIL),
        (BLOCK, [BAD, OFFICE], Outcome.NOTE),
        (BLOCK, [GROUP], Outcome.NOTE),
        (ALLOW, [BAD], Outcome.PASS),
    ],
)
def test_its_default_action_decides(default: dict[str, Any], rules: list[Any], outcome: Outcome) -> None:
    held = {"WebACL": {"Name": "orders", "ARN": ACL, "DefaultAction": default, "Rules": rules}}
    assert {one.outcome for one in findings(answer(ASKED, STAGE, held))} == {outcome}


@pytest.mark.parametrize(
    "more",
    [
        [refused(Call("wafv2", "GetWebACLForResource", STAGE))],
        [],
        [answer(ASKED, STAGE, {})],
        [refused(Call("wafv2", "GetWebACLForResource", STAGE), "WAFNonexistentItemException")],
    ],
    ids=["denied", "not recorded", "none told", "gone meanwhile"],
)
def test_one_that_was_not_read_is_unknown_there_alone(more: list[Answer]) -> None:
    (before, after) = (judged(with_facts(held), SETTINGS) for held in (named(""), [*named(), *more]))
    turned = {one.check for one, was in zip(after, before, strict=True) if one.outcome != was.outcome}
    assert turned == {CHECK}
    assert all(ASKED in one.message for one in after if one.check == CHECK)


def test_classic_is_unknown() -> None:
    found = findings(arn="arn:aws:waf-regional:eu-west-2:123456789012:webacl/1")
    assert {one.outcome for one in found} == {Outcome.UNKNOWN}


def test_a_stage_without_one_has_no_such_subject() -> None:
    assert {one.outcome for one in findings(arn="")} == {Outcome.NOT_APPLICABLE}
