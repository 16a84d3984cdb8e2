"""What callers really get: tables of answers, and who is taken for their maker."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.healthy import (
    API_ID,
    DOMAIN,
    DOMAIN_NAME,
    HELLO_ID,
    HELLO_MAPPING,
    HELLO_ROUTES,
    ORDERS_MAPPING,
    PATH_API,
    PATH_STATUS,
    ROUTES,
    by,
    healthy,
)
from vpclink_checks.checks.catalogue import Check, Context, NotApplicable
from vpclink_checks.checks.end_to_end import (
    answered_by_backend,
    answers_in_time,
    custom_domain_routes,
    neighbours_keep_their_paths,
    no_internal_redirect,
)
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.checks.verdict import Verdict
from vpclink_checks.model.domain import Mapping, RoutingRule
from vpclink_checks.model.fact import Gap, Table, UnknownFact
from vpclink_checks.model.path import Neighbour, Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings

NOW = datetime(2026, 11, 2, tzinfo=UTC)
URL = f"https://{DOMAIN}/orders/health"


def attempt(status: int | None = 200, body: str = "", json: object = None, **changes: Any) -> Attempt:
    return Attempt(status=status, body=body, json=json, tls_verified=True, address="192.0.2.1", **changes)


def own(status: int, message: str, error: str = "") -> Attempt:
    headers = {"x-amzn-errortype": error} if error else {}
    return attempt(status, f'{{"message": "{message}"}}', {"message": message}, headers=headers)


RELAYED = attempt(headers={"x-amzn-remapped-date": "today", "x-amzn-requestid": "1"})
FORBIDDEN = own(403, "Forbidden", "ForbiddenException")
INTERNAL = own(500, "Internal server error", "InternalServerErrorException")
TIMED_OUT = own(504, "Endpoint request timed out")
BARE = attempt(200, "ok", headers={"x-amzn-requestid": "1", "x-amz-apigw-id": "2"})
REFUSED = attempt(None, failure="connect", detail="no connection to 192.0.2.1:443: Connection refused")


def seen(*attempts: Attempt, **changes: Any) -> Observation:
    return Observation(**{"key": "k", "url": URL, "path_id": PATH_API.id, "attempts": attempts, **changes})


def context(*observations: Observation, path: Path | None = PATH_API, topology: Topology | None = None) -> Context:
    facts = topology or healthy()
    return Context(
        topology=facts,
        settings=EnvSettings(name="x", domains=(DOMAIN,)),
        reach=Reach(facts),
        now=NOW,
        path=path,
        observations={f"{number}": one for number, one in enumerate(observations)},
    )


def verdicts(check: Check, ctx: Context) -> dict[str, Verdict]:
    return {one.key: check.judge(ctx, one.value) for one in check.subjects(ctx)}


def verdict(check: Check, ctx: Context) -> Verdict:
    (found,) = verdicts(check, ctx).values()
    return found


def judged(observation: Observation, path: Path = PATH_API) -> Verdict:
    return verdict(custom_domain_routes, context(observation, path=path))


@pytest.mark.parametrize(
    ("observation", "outcome", "words"),
    [
        (seen(RELAYED), "pass", ["the backend answers GET /orders/health", "1 fresh connection"]),
        (seen(RELAYED, RELAYED), "pass", ["200 over 2 fresh connections"]),
        (seen(RELAYED, via_proxy=True), "pass", ["through a proxy"]),
        (seen(replace(RELAYED, status=404)), "pass", ["404"]),
        (seen(replace(RELAYED, status=503)), "note", ["503"]),
        # a relayed answer that looks like the gateway's own is the backend's all the same
        (seen(replace(INTERNAL, headers=RELAYED.headers)), "note", ["500"]),
        (seen(BARE, declared=True, marked=True), "pass", []),
        (seen(BARE, declared=True, marked=False), "unknown", ["nothing shows", "declare a probe"]),
        (seen(BARE), "unknown", ["nothing shows"]),
        (seen(FORBIDDEN), "fail", ["API Gateway itself", "403 ForbiddenException", "no mapping"]),
        (seen(INTERNAL), "fail", ["500 InternalServerErrorException", "the VPC link"]),
        (seen(TIMED_OUT), "fail", ["504", "Endpoint request timed out", "security group"]),
        (seen(own(404, "Not Found")), "fail", ["404", "a route or stage"]),
        (seen(own(429, "Too Many Requests")), "fail", ["throttling"]),
        (seen(own(503, "Service Unavailable")), "fail", ["503"]),
        (seen(own(401, "Unauthorized")), "fail", ["authorizer"]),
        (seen(attempt(502, "<html>Bad Gateway</html>")), "fail", ["502"]),
        (seen(REFUSED), "fail", ["no answer", "Connection refused"]),
        (seen(attempt(None, failure="tls", detail="expired")), "fail", ["certificate"]),
        (seen(attempt(None, failure="dns", detail="no such name")), "fail", ["DNS record"]),
        (seen(attempt(None, failure="config", detail="KEY is not set")), "unknown", ["was not asked: KEY is not set"]),
        (seen(attempt(None, failure="local", detail="no network")), "unknown", ["was not asked"]),
        (seen(skipped="a private domain"), "unknown", ["not probed: a private domain"]),
        (seen(RELAYED, INTERNAL, RELAYED), "fail", ["1 of 3 fresh connections", "at 192.0.2.1", "500"]),
        (seen(RELAYED, REFUSED), "fail", ["1 of 2 fresh connections", "the others are answered"]),
        (seen(RELAYED, BARE), "unknown", ["nothing shows"]),
        (
            seen(RELAYED, declared=True, marked=True, unmet=("JSON field version is 1 instead of 2",)),
            "fail",
            ["not what was declared: JSON field version"],
        ),
        (
            seen(FORBIDDEN, declared=True, expected_status=(403,)),
            "note",
            ["as declared", "says nothing of the backend"],
        ),
        (
            seen(FORBIDDEN, declared=True, expected_status=(200,), unmet=("status 403 instead of 200",)),
            "fail",
            ["API Gateway itself"],
        ),
    ],
)
def test_an_answer_is_judged_by_who_made_it(observation: Observation, outcome: str, words: list[str]) -> None:
    found = judged(observation)
    assert found.outcome == outcome, found.message
    assert all(word in found.message for word in words), found.message


def test_what_a_message_quotes_is_one_short_line_without_secrets_or_escapes() -> None:
    body = "\x1b[31mred AKIAIOSFODNN7EXAMPLE " + "x" * 500 + "\nsecond line"
    found = judged(seen(attempt(502, body)))
    assert "?[31mred" in found.message
    assert "AKIAIOSFODNN7EXAMPLE" not in repr(found)
    assert len(found.message) < 400
    assert "second line" not in found.message


def test_the_fix_repeats_the_request_by_hand() -> None:
    found = judged(seen(INTERNAL, url=f"{URL}?a=1&b=2", connect_to="127.0.0.1:8443", method="POST"))
    assert found.fix is not None
    assert found.fix.cli == f"curl -sv -X POST --connect-to ::127.0.0.1:8443 '{URL}?a=1&b=2'"


LOCKED = own(403, "Missing Authentication Token", "MissingAuthenticationTokenException")


@pytest.mark.parametrize(
    ("route", "observation", "outcome"),
    [
        ({"authorization": "AWS_IAM"}, seen(LOCKED), "unknown"),
        ({"api_key_required": True}, seen(FORBIDDEN), "unknown"),
        ({"authorization": "CUSTOM"}, seen(own(401, "Unauthorized")), "unknown"),
        ({"authorization": "CUSTOM"}, seen(own(401, "Unauthorized"), credentials=True), "fail"),
        ({"authorization": "CUSTOM"}, seen(INTERNAL), "fail"),
        ({"authorization": "CUSTOM"}, seen(own(401, "Unauthorized"), unmet=("status 401 instead of 200",)), "unknown"),
        ({"authorization": "NONE"}, seen(LOCKED), "fail"),
    ],
)
def test_a_locked_route_without_a_key_proves_nothing(
    route: dict[str, Any], observation: Observation, outcome: str
) -> None:
    path = replace(PATH_API, routes=(ROUTES[0], replace(ROUTES[1], **route)))
    assert judged(observation, path).outcome == outcome


def test_only_the_route_that_was_asked_counts() -> None:
    path = replace(PATH_API, routes=(replace(ROUTES[0], authorization="AWS_IAM"), ROUTES[1]))
    assert judged(seen(LOCKED), path).outcome == "fail"


@pytest.mark.parametrize("failure", ["tls", "http"])
def test_mutual_tls_without_a_certificate_proves_nothing(failure: str) -> None:
    path = replace(PATH_API, domain=replace(DOMAIN_NAME, mutual_tls=True))
    refused = attempt(None, failure=failure, detail="certificate required")
    assert judged(seen(refused), path).outcome == "unknown"
    assert judged(seen(refused, credentials=True), path).outcome == "fail"


def test_a_path_without_a_probe_is_unknown_and_one_without_a_domain_does_not_apply() -> None:
    assert judged(seen(path_id="another")).outcome == "unknown"
    with pytest.raises(NotApplicable):
        verdicts(custom_domain_routes, context(path=replace(PATH_API, mapping=None)))


@pytest.mark.parametrize(
    ("observation", "answered"),
    [
        (seen(RELAYED), True),
        (seen(INTERNAL, RELAYED), True),
        (seen(RELAYED, unmet=("x",)), False),
        (seen(RELAYED, also=("a branch",)), False),
        (seen(BARE), False),
        (seen(INTERNAL), False),
        (seen(RELAYED, path_id="another"), False),
    ],
)
def test_what_refutes_the_model(observation: Observation, answered: bool) -> None:
    assert answered_by_backend(context(observation, path=None), PATH_API) is answered


@pytest.mark.parametrize(
    ("limit", "times", "outcome"),
    [(100.0, (10, 99.9), "pass"), (100.0, (10, 100.5), "fail"), (100.0, (100.0,), "pass")],
)
def test_answers_in_time(limit: float, times: tuple[float, ...], outcome: str) -> None:
    observation = seen(*(replace(RELAYED, ms=ms) for ms in times), max_ms=limit)
    assert verdict(answers_in_time, context(observation)).outcome == outcome


def test_without_a_limit_there_is_no_lateness() -> None:
    with pytest.raises(NotApplicable):
        verdicts(answers_in_time, context(seen(RELAYED)))


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        ("/orders/", "pass"),
        ("https://login.example.com/?code=s3cret-code", "pass"),
        ("https://other.example.com/", "pass"),
        ("http://api.example.com/orders/", "note"),
        ("http://10.0.1.20:10000/", "fail"),
        ("https://[fd00::1]/", "fail"),
        ("http://ORDERS-0123456789abcdef.elb.eu-west-2.amazonaws.com/", "fail"),
    ],
)
def test_where_a_redirect_leads(location: str, outcome: str) -> None:
    redirect = replace(RELAYED, status=302, headers={**RELAYED.headers, "location": location})
    found = verdict(no_internal_redirect, context(seen(redirect)))
    assert (found.outcome, "s3cret-code" in repr(found)) == (outcome, False)


HELLO = Neighbour(
    domain=DOMAIN, base_path="hello", api_id=HELLO_ID, stage="prod", title=f"{DOMAIN}/hello", routes=HELLO_ROUTES
)


def shared(*mappings: Mapping, rules: tuple[RoutingRule, ...] = (), mode: str = "", **changes: Any) -> Context:
    domain = replace(DOMAIN_NAME, routing_mode=mode or DOMAIN_NAME.routing_mode)
    topology = healthy(
        domains=by("name", domain),
        mappings=Table(rows={DOMAIN: mappings}),
        routing_rules=Table(rows={DOMAIN: rules}),
        neighbours=(replace(HELLO, **changes),),
    )
    return context(path=None, topology=topology)


def ours(priority: int, *base_paths: str) -> RoutingRule:
    return RoutingRule(id="r", domain=DOMAIN, priority=priority, api_id=API_ID, stage="prod", base_paths=base_paths)


BOTH = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
DEEP = replace(HELLO_ROUTES[0], path="/v2/info")
BETA = ((("x-beta", "1*"),),)
EXTENDING = Mapping(domain=DOMAIN, key="hello/v2", api_id=API_ID, stage="prod")


@pytest.mark.parametrize(
    ("ctx", "outcome", "word"),
    [
        (shared(HELLO_MAPPING, ORDERS_MAPPING), "pass", "keeps its paths"),
        (shared(HELLO_MAPPING, rules=(ours(1),), mode=BOTH), "fail", "routing rule r of priority 1"),
        (shared(HELLO_MAPPING, rules=(ours(1, "hello"),), mode=BOTH), "fail", "/hello belongs to"),
        (shared(HELLO_MAPPING, rules=(ours(1, "orders"),), mode=BOTH), "pass", ""),
        (shared(HELLO_MAPPING, rules=(ours(1),)), "pass", ""),  # rules are inert in this mode
        # only a catch-all route could have answered there: a part of its paths, not one that it names
        (shared(HELLO_MAPPING, EXTENDING), "note", "/hello/v2 and what lies below it"),
        (shared(HELLO_MAPPING, rules=(ours(1, "hello/v2"),), mode=BOTH), "note", "/hello/v2"),
        (shared(HELLO_MAPPING, rules=(replace(ours(1, "hello"), headers=BETA),), mode=BOTH), "note", "header"),
        (shared(HELLO_MAPPING, rules=(replace(ours(1), headers=BETA),), mode=BOTH), "note", "header"),
        (shared(HELLO_MAPPING, rules=(replace(ours(1, "orders"), headers=BETA),), mode=BOTH), "pass", ""),
        (shared(HELLO_MAPPING, mode="NEW_MODE"), "unknown", "NEW_MODE"),
        (shared(HELLO_MAPPING, EXTENDING, routes=(DEEP,)), "fail", "/hello/v2/info"),
        # one key with several levels turns all keys into plain prefixes
        (shared(replace(HELLO_MAPPING, key="hello-x"), replace(ORDERS_MAPPING, key="hello"), EXTENDING,
                base_path="hello-x"), "pass", ""),
        (shared(ORDERS_MAPPING, rules=(replace(ours(5), api_id=HELLO_ID),), mode=BOTH, base_path=""), "pass", ""),
        (shared(rules=(replace(ours(5, "hello"), api_id=HELLO_ID), ours(1)), mode=BOTH), "fail", "priority 1"),
    ],
)  # fmt: skip
def test_a_neighbour_keeps_its_paths_or_loses_them_to_us(ctx: Context, outcome: str, word: str) -> None:
    found = told(ctx)[ctx.topology.neighbours[0].title]
    assert (found.outcome, word in found.message) == (outcome, True), found.message


@pytest.mark.parametrize("mode", [BOTH, "ROUTING_RULE_ONLY"])
def test_a_mapping_that_our_rule_buried_is_still_a_neighbour(mode: str) -> None:
    ctx = shared(HELLO_MAPPING, ORDERS_MAPPING, rules=(ours(3),), mode=mode)
    ctx = replace(ctx, topology=replace(ctx.topology, neighbours=()))  # nothing live leads there any more
    (found,) = told(ctx).values()
    assert (found.outcome, "/hello belongs to" in found.message) == ("fail", True)


def test_a_rule_that_our_rule_buried_is_still_a_neighbour() -> None:
    ctx = shared(ORDERS_MAPPING, rules=(replace(ours(6, "hello"), api_id=HELLO_ID), ours(5)), mode="ROUTING_RULE_ONLY")
    ctx = replace(ctx, topology=replace(ctx.topology, neighbours=()))
    assert {key: one.outcome for key, one in told(ctx).items()} == {f"{DOMAIN}/hello": "fail"}


def test_rules_that_the_mode_leaves_inert_need_not_be_read() -> None:
    gap = Gap(operation="apigatewayv2:ListRoutingRules", action="apigateway:GET", code="AccessDeniedException")
    facts = healthy(routing_rules=Table(gaps={DOMAIN: gap}), neighbours=(HELLO,))
    assert {one.outcome for one in told(context(path=None, topology=facts)).values()} == {"pass"}
    live = replace(facts, domains=by("name", replace(DOMAIN_NAME, routing_mode=BOTH)))
    assert {one.outcome for one in told(context(path=None, topology=live)).values()} == {"unknown"}


def told(ctx: Context) -> dict[str, Finding]:
    found = judge(ctx, Rules(today=NOW.date()), checks=(neighbours_keep_their_paths,))
    return {one.subject_key: one for one in found}


LAMBDA = attempt(200, '{"greeting": "hello"}')


def asked(*attempts: Attempt, **changes: Any) -> Observation:
    fields = {"url": f"https://{DOMAIN}/hello", "path_id": "", "base_path": "hello", "declared": True}
    return seen(*attempts, **{**fields, **changes})


@pytest.mark.parametrize(
    ("observation", "outcome"),
    [
        (asked(LAMBDA), "pass"),
        (asked(LAMBDA, unmet=("x",)), "fail"),
        (asked(FORBIDDEN), "fail"),
        (asked(FORBIDDEN, expected_status=(403,)), "pass"),
        (asked(LAMBDA, INTERNAL), "fail"),
        (asked(skipped="a private domain"), "unknown"),
        (asked(attempt(None, failure="config", detail="KEY is not set")), "unknown"),
    ],
)
def test_a_declared_probe_of_a_neighbour_must_be_answered(observation: Observation, outcome: str) -> None:
    found = verdicts(neighbours_keep_their_paths, context(observation, path=None))
    assert {key: one.outcome for key, one in found.items()} == {f"{DOMAIN}/hello": outcome}


def test_a_neighbours_locked_route_proves_nothing() -> None:
    routes = tuple(replace(one, authorization="AWS_IAM") for one in HELLO_ROUTES)
    ctx = shared(HELLO_MAPPING, ORDERS_MAPPING, routes=routes)
    ctx = replace(ctx, observations={"k": asked(LOCKED)})
    assert verdict(neighbours_keep_their_paths, ctx).outcome == "unknown"


def test_a_declared_probe_of_nobody_is_a_subject_of_its_own() -> None:
    ctx = context(asked(FORBIDDEN, url=f"https://{DOMAIN}/gone", base_path="gone"), path=None)
    found = verdicts(neighbours_keep_their_paths, ctx)
    assert {key: one.outcome for key, one in found.items()} == {f"{DOMAIN}/hello": "pass", "GET /gone": "fail"}


def test_our_own_api_is_no_neighbour() -> None:
    mine = replace(HELLO, api_id=API_ID, base_path="orders")
    topology = healthy(neighbours=(mine,), mappings=Table(rows={DOMAIN: (ORDERS_MAPPING,)}))
    with pytest.raises(NotApplicable):
        verdicts(neighbours_keep_their_paths, context(path=None, topology=topology))


def test_our_own_api_that_could_not_be_read_is_no_neighbour_either() -> None:
    unread = tuple(replace(path, api=None) for path in healthy().paths)
    topology = healthy(paths=unread, neighbours=(), mappings=Table(rows={DOMAIN: (ORDERS_MAPPING,)}))
    with pytest.raises(NotApplicable):
        verdicts(neighbours_keep_their_paths, context(path=None, topology=topology))


def test_mappings_that_could_not_be_read_are_unknown() -> None:
    gap = Gap(operation="apigatewayv2:GetApiMappings", action="apigateway:GET", code="AccessDeniedException")
    ctx = context(path=None, topology=healthy(mappings=Table(gaps={DOMAIN: gap})))
    with pytest.raises(UnknownFact):
        verdicts(neighbours_keep_their_paths, ctx)


def test_the_other_path_is_not_asked_for_this_ones_answer() -> None:
    ctx = context(seen(RELAYED), seen(INTERNAL, path_id=PATH_STATUS.id, url=f"https://{DOMAIN}/orders/status"))
    assert {key: one.outcome for key, one in verdicts(custom_domain_routes, ctx).items()} == {
        "GET /orders/health": "pass"
    }
