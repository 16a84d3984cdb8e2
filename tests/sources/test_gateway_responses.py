"""Gateway responses: those that were changed, what they hide, and what an answer is then worth."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.test_end_to_end import attempt
from tests.sources.demo_facts import SETTINGS, answers, changed, refuse, with_facts, without
from tests.sources.test_older_botocore import judged
from vpclink_checks.checks.answers import Maker, maker
from vpclink_checks.model.api import GatewayResponse
from vpclink_checks.probes.observation import Observation
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer
from vpclink_checks.words import Outcome

CHECK = "api/gateway-responses-tell-errors"
NAME = "apigateway:GetGatewayResponses"
ORDERS = "a1b2c3d4e5"
SECRET = "tok-0123456789abcdef"


def with_changed(kind: str, status: str | None, *, default: bool = False) -> list[Answer]:
    one: dict[str, Any] = {"responseType": kind, "defaultResponse": default}
    one |= {"responseTemplates": {"application/json": SECRET}}
    one |= {"responseParameters": {"gatewayresponse.header.X-Token": f"'{SECRET}'"}}
    if status is not None:
        one["statusCode"] = status
    return changed((NAME, lambda response: response["items"].append(one)), about=ORDERS)


def said(facts: list[Answer]) -> set[Outcome]:
    return {one.outcome for one in judged(with_facts(facts), SETTINGS) if one.check == CHECK}


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("DEFAULT_5XX", "200", Outcome.FAIL),
        ("INTEGRATION_FAILURE", "204", Outcome.FAIL),
        ("MISSING_AUTHENTICATION_TOKEN", "200", Outcome.FAIL),
        ("INTEGRATION_TIMEOUT", "404", Outcome.NOTE),
        ("AUTHORIZER_FAILURE", "401", Outcome.NOTE),
        ("MISSING_AUTHENTICATION_TOKEN", "404", Outcome.PASS),
        ("INTEGRATION_FAILURE", "502", Outcome.PASS),
        ("UNAUTHORIZED", "302", Outcome.PASS),
        ("DEFAULT_5XX", None, Outcome.PASS),
    ],
)
def test_an_error_has_to_look_like_one(kind: str, status: str | None, outcome: Outcome) -> None:
    assert said(with_changed(kind, status)) == {outcome}


def test_one_that_was_not_changed_is_api_gateways_own() -> None:
    assert said(with_changed("DEFAULT_5XX", "200", default=True)) == {Outcome.PASS}


@pytest.mark.parametrize("facts", [refuse(answers(), NAME), without(answers(), NAME)], ids=["denied", "not recorded"])
def test_what_was_not_read_is_unknown_there_alone(facts: list[Answer]) -> None:
    before, after = judged(with_facts(answers()), SETTINGS), judged(with_facts(facts), SETTINGS)
    turned = {one.check for one, was in zip(after, before, strict=True) if one.outcome != was.outcome}
    assert turned == {CHECK}
    assert all(NAME in one.message for one in after if one.check == CHECK)


def test_neither_template_nor_header_is_kept() -> None:
    topology = discover(with_facts(with_changed("DEFAULT_5XX", "200")), SETTINGS, source="demo")
    assert topology.gateway_responses.rows[ORDERS] == (GatewayResponse(type="DEFAULT_5XX", status=200),)
    assert SECRET not in str(topology)


@pytest.mark.parametrize(
    ("own", "status", "by"),
    [
        ((), 200, Maker.BACKEND),
        ((GatewayResponse(type="DEFAULT_5XX", status=200),), 200, Maker.UNTOLD),
        ((GatewayResponse(type="DEFAULT_5XX", status=200),), 201, Maker.BACKEND),
        ((GatewayResponse(type="RESOURCE_NOT_FOUND"),), 404, Maker.UNTOLD),
        ((GatewayResponse(type="RESOURCE_NOT_FOUND"),), 200, Maker.BACKEND),
        ((GatewayResponse(type="INTEGRATION_TIMEOUT"),), 504, Maker.UNTOLD),
        ((GatewayResponse(type="INTEGRATION_TIMEOUT"),), 404, Maker.BACKEND),
    ],
)
def test_what_the_gateway_may_have_been_told_to_say_proves_no_backend(
    own: tuple[GatewayResponse, ...], status: int, by: Maker
) -> None:
    one = attempt(status, "up")
    seen = Observation(key="1", url="https://api.example.com/orders", declared=True, marked=True, attempts=(one,))
    assert maker(seen, one, None, own=own) is by


def test_a_relayed_answer_stays_the_backends() -> None:
    one = attempt(200, headers={"x-amzn-remapped-date": "today"})
    seen = Observation(key="1", url="https://api.example.com/orders", attempts=(one,))
    assert maker(seen, one, None, own=(GatewayResponse(type="DEFAULT_5XX", status=200),)) is Maker.BACKEND
