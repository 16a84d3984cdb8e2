"""The api hop: each deviation is found by its own check, legitimate variants by none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import healthy as demo
from tests.checks.front import DENIED, SETTINGS, cut, integration, judged, of, only, outcomes, quiet, stack
from vpclink_checks.model.api import Canary, Deployment, Integration, Throttle
from vpclink_checks.model.fact import Table
from vpclink_checks.model.path import Stop
from vpclink_checks.settings import ProbeSettings

API, STAGE, ROUTES = demo.API, demo.STAGE, demo.ROUTES
ROOT, PROXY, STATUS = ROUTES
EVERYTHING = "arn:aws:execute-api:eu-west-2:123456789012:a1b2c3d4e5/*"
NEWER = Deployment(id="dep009", api_id=demo.API_ID, created=demo.TAKEN)


def api(**changes: Any) -> Any:
    return replace(API, **changes)


def stage(**changes: Any) -> Any:
    return replace(STAGE, **changes)


def policy(*statements: dict[str, Any]) -> Any:
    return api(policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def statement(effect: str, resource: str = EVERYTHING, **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource, **more}


ALLOW, DENY = statement("Allow"), statement("Deny")
FROM_OFFICE = {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}
OTHER_NLB = replace(demo.NLB, arn=demo.NLB_ARN.replace("orders", "next"), dns_name=f"next-{demo.NLB_DNS}")
HTTP_STAGE = stage(auto_deploy=True, last_deployment_message="Successfully deployed stage with deployment ID 'dep001'")
HTTP = {"api": api(protocol="HTTP"), "stage": HTTP_STAGE}

DEVIATIONS = [
    ({"api": api(status="FAILED", status_message="why")}, "status-available", "fail", ("FAILED", "why")),
    ({"api": api(status="PENDING")}, "status-available", "fail", ("PENDING",)),
    ({"api": api(status="NEW")}, "status-available", "unknown", ("NEW",)),
    ({"api": api(endpoint_types=("PRIVATE",))}, "not-private", "fail", ("PRIVATE", demo.DOMAIN)),
    ({"api": api(execute_api_disabled=False)}, "execute-api-endpoint-disabled", "fail", ("adds no control",)),
    (
        {"api": api(execute_api_disabled=False), "domain": replace(demo.DOMAIN_NAME, mutual_tls=True)},
        "execute-api-endpoint-disabled",
        "fail",
        ("mutual TLS",),
    ),
    ({"api": policy(ALLOW, DENY)}, "resource-policy-allows", "fail", ("denies",)),
    ({"api": policy(statement("Deny", "execute-api:/*"), ALLOW)}, "resource-policy-allows", "fail", ("denies",)),
    ({"api": policy(statement("Deny", "*"), ALLOW)}, "resource-policy-allows", "fail", ("denies",)),
    ({"api": policy()}, "resource-policy-allows", "fail", ("allows nobody",)),
    ({"api": policy(statement("Allow", "execute-api:/dev/*"))}, "resource-policy-allows", "fail", ("stage prod",)),
    ({"api": policy({**ALLOW, "Action": "s3:GetObject"})}, "resource-policy-allows", "fail", ("allows nobody",)),
    ({"api": api(policy="not json")}, "resource-policy-allows", "unknown", ("no JSON",)),
    ({"routes": (PROXY,)}, "root-covered", "fail", ("ANY /{proxy+}",)),
    ({"stage": stage(throttles=(Throttle(path="*/*", rate=0.0, burst=5),))}, "throttle-not-zero", "fail", ("rate 0",)),
    ({"stage": stage(throttles=(Throttle(path="*/*", rate=9.0, burst=0),))}, "throttle-not-zero", "fail", ("burst 0",)),
    (
        {"routes": (STATUS,), "stage": stage(throttles=(Throttle(path="~1status/GET", rate=0.0),))},
        "throttle-not-zero",
        "fail",
        ("GET /status",),
    ),
    (
        {"stage": stage(canary=Canary(percent=10, variables={"vpcLinkId": "gone000"}))},
        "canary-agrees",
        "fail",
        ("10 %", "gone000"),
    ),
    (
        {"stage": stage(canary=Canary(percent=50, variables={"backend": "old.example.com"}))},
        "canary-agrees",
        "fail",
        ("50 %", "old.example.com"),
    ),
    (
        {**HTTP, "stage": replace(HTTP_STAGE, last_deployment_message="Deployment attempt failed: x")},
        "auto-deploy-succeeded",
        "fail",
        ("attempt failed",),
    ),
    (
        {**HTTP, "deployments": Table(rows={demo.API_ID: (replace(NEWER, status="FAILED", status_message="why"),)})},
        "auto-deploy-succeeded",
        "fail",
        ("dep009", "why"),
    ),
]


@pytest.mark.parametrize(("changes", "check", "outcome", "words"), DEVIATIONS, ids=lambda value: None)
def test_one_deviation_one_finding(changes: Any, check: str, outcome: str, words: tuple[str, ...]) -> None:
    found = tuple(one for one in judged(stack(**changes)) if one.hop in ("domain", "api"))
    only(found, f"api/{check}", outcome, *words)


def changed(route: Any, **changes: Any) -> Any:
    there = {name: changes.pop(name) for name in list(changes) if hasattr(route.integration, name)}
    return replace(route, integration=replace(route.integration, **there), **changes)


DRIFTS = [
    ((ROOT,), "ANY /{proxy+} is missing in the deployment and exists in the API"),
    ((ROOT, PROXY, STATUS), "GET /status exists in the deployment and is missing in the API"),
    ((ROOT, changed(PROXY, uri="http://old.example.com/")), "uri http://old.example.com/"),
    ((ROOT, changed(PROXY, connection_id="old")), "connectionId old"),
    ((ROOT, changed(PROXY, method="GET", timeout_ms=100)), "more difference"),
    ((ROOT, replace(PROXY, integration=Integration(type="MOCK"))), "MOCK"),
    ((ROOT, replace(PROXY, authorization="AWS_IAM")), "authorization AWS_IAM"),
    ((ROOT, replace(PROXY, api_key_required=True)), "apiKeyRequired true"),
    ((ROOT, changed(PROXY, request_parameters={})), "requestParameters none"),
    ((ROOT, changed(PROXY, timeout_ms=5000)), "timeoutInMillis 5000"),
]


@pytest.mark.parametrize(("served", "words"), DRIFTS)
def test_the_stage_serves_something_else(served: Any, words: str) -> None:
    found = judged(stack(served_routes=Table(rows={STAGE.key: served})))
    assert outcomes(found, "api/deployment-current") == {"fail"}
    assert words in of(found, "api/deployment-current")[0].message


def test_what_an_export_leaves_out_is_no_difference() -> None:
    served = (ROOT, changed(PROXY, connection_id="", connection_type="INTERNET", timeout_ms=None))
    found = judged(stack(served_routes=Table(rows={STAGE.key: served})))
    quiet(found)
    (one,) = of(found, "api/deployment-current")
    assert (one.outcome, "ANY /{proxy+}" in one.message) == ("note", True)


def test_a_difference_on_lambda_routes_is_worth_reading_only() -> None:
    hello = replace(demo.HELLO_ROUTES[0], api_id=demo.API_ID, path="/lambda")
    tables = Table(rows={STAGE.key: (ROOT, PROXY, hello)})
    found = judged(stack(served_routes=tables))
    quiet(found)
    assert outcomes(found, "api/deployment-current") == {"note"}


def test_the_default_endpoint_is_hygiene_where_it_goes_round_nothing() -> None:
    plain = judged(stack(api=api(execute_api_disabled=False)))
    (one,) = of(plain, "api/execute-api-endpoint-disabled")
    assert (one.outcome, one.severity, one.gates) == ("fail", "hygiene", False)
    strict = judged(stack(api=api(execute_api_disabled=False), domain=replace(demo.DOMAIN_NAME, mutual_tls=True)))
    (one,) = of(strict, "api/execute-api-endpoint-disabled")
    assert (one.outcome, one.severity, one.gates) == ("fail", "risk", True)


VARIANTS = {
    "policy allows everyone": {"api": policy(ALLOW)},
    "policy allows one address range": {"api": policy({**ALLOW, "Condition": FROM_OFFICE})},
    "policy denies all but one range": {"api": policy(ALLOW, {**DENY, "Condition": {"NotIpAddress": {}}})},
    "policy for accounts, IAM": {
        "api": policy({**DENY, "Effect": "Allow", "Principal": {"AWS": "123456789012"}}),
        "routes": (replace(ROOT, authorization="AWS_IAM"), replace(PROXY, authorization="AWS_IAM")),
    },
    "policy denies another stage": {"api": policy(ALLOW, statement("Deny", "execute-api:/dev/*"))},
    "policy denies one method": {"api": policy(ALLOW, statement("Deny", "execute-api:/prod/DELETE/*"))},
    "policy denies an admin path": {"api": policy(ALLOW, statement("Deny", "execute-api:/prod/*/admin/*"))},
    "policy is one statement": {"api": api(policy=json.dumps({"Statement": ALLOW}))},
    "policy allows one method": {"api": policy(statement("Allow", "execute-api:/prod/GET/*"))},
    "policy with NotAction": {"api": policy({"Effect": "Deny", "Principal": "*", "NotAction": "x:*"}, ALLOW)},
    "updating": {"api": api(status="UPDATING")},
    "hv-lambda-routes-present": {
        "served_routes": Table(rows={STAGE.key: (ROOT, PROXY, replace(demo.HELLO_ROUTES[0], path="/fn"))}),
        "edited_routes": Table(rows={demo.API_ID: (ROOT, PROXY, replace(demo.HELLO_ROUTES[0], path="/fn"))}),
    },
    "a rollback": {"deployments": Table(rows={demo.API_ID: (NEWER,)})},
    "a canary that is off": {"stage": stage(canary=Canary(percent=0, variables={"vpcLinkId": "gone"}))},
    "a canary on another load balancer": {
        "stage": stage(canary=Canary(percent=5, variables={"backend": OTHER_NLB.dns_name})),
        "load_balancers": demo.by("arn", demo.NLB, OTHER_NLB),
    },
    "a canary under a name of its own, as the stage": {
        "stage": stage(
            variables={**demo.VARIABLES, "backend": "backend.example.com"},
            canary=Canary(percent=5, variables={"backend": "next.example.com"}),
        ),
    },
    "a slower method": {"stage": stage(throttles=(Throttle(path="*/*", rate=1.0, burst=1),))},
    "a stage throttled to zero, the route not": {
        "routes": (STATUS,),
        "stage": stage(throttles=(Throttle(path="*/*", rate=0.0), Throttle(path="~1status/GET", rate=10.0, burst=5))),
    },
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_legitimate_variants_are_silent(changes: Any) -> None:
    quiet(judged(stack(**changes)))


def test_private_behind_a_private_domain_is_right() -> None:
    ends = (replace(demo.DOMAIN_NAME.endpoints[0], type="PRIVATE"),)
    private = replace(demo.DOMAIN_NAME, endpoints=ends, access_associations=("vpce-0123456789abcdef0",))
    quiet(judged(stack(domain=private, api=api(endpoint_types=("PRIVATE",)))))


@pytest.mark.parametrize(
    ("check", "behind"), [("api/exists", "api/not-private"), ("api/stage-exists", "api/canary-agrees")]
)
def test_what_is_gone_blocks_what_lies_behind(check: str, behind: str) -> None:
    gone: dict[str, None] = {"stage": None, "destination": None, "link": None}
    missing = gone if check == "api/stage-exists" else {**gone, "api": None}
    found = judged(cut(stack(), Stop(hop="api", reason="it is gone", check=check), **missing))
    only(found, check, "fail", "it is gone")
    assert outcomes(found, behind) == {"blocked"}
    assert outcomes(found, "integration/uses-vpc-link") == {"blocked"}


@pytest.mark.parametrize(
    ("table", "checks"),
    [
        ("served_routes", {"deployment-current", "root-covered"}),
        ("edited_routes", {"deployment-current"}),
        ("deployments", {"newest-deployment-served"}),
    ],
)
def test_a_gap_is_unknown(table: str, checks: set[str]) -> None:
    dark: dict[str, Any] = {table: Table(gap=DENIED)}
    found = judged(replace(stack(), **dark))
    assert {one.check for one in found if one.outcome == "unknown"} == {f"api/{name}" for name in checks}


@pytest.mark.parametrize(
    ("method", "path", "outcome", "words"),
    [
        ("GET", "/orders/anything", "pass", "ANY /{proxy+}"),
        ("GET", "/orders", "pass", "GET /"),
        ("POST", "/orders", "fail", "only GET"),
        ("POST", "/orders/status?x=1", "note", "ANY /{proxy+}"),
        ("GET", "/hello", "not-applicable", "no declared probe"),
    ],
)
def test_declared_probes_have_a_route(method: str, path: str, outcome: str, words: str) -> None:
    settings = replace(SETTINGS, probes=(ProbeSettings(method=method, path=path),))
    found = of(judged(stack(routes=ROUTES), settings=settings), "api/probe-has-route")
    assert [(str(one.outcome), words in one.message) for one in found] == [(outcome, True)], found[0].message


def test_an_http_route_without_integration_is_worth_reading() -> None:
    bare = replace(PROXY, path="/bare", integration=None)
    rows = Table(rows={demo.API_ID: (*ROUTES[:2], bare)})
    found = judged(stack(**HTTP, edited_routes=rows, served_routes=Table(rows={STAGE.key: (*ROUTES[:2], bare)})))
    assert outcomes(found, "api/http-route-has-target") == {"note"}
    assert "ANY /bare" in of(found, "api/http-route-has-target")[0].message


def test_an_http_api_without_a_root_route_is_worth_reading() -> None:
    found = judged(stack(**HTTP, routes=(PROXY,)))
    assert outcomes(found, "api/root-covered") == {"note"}


def test_a_canary_on_another_deployment_is_not_known() -> None:
    found = judged(stack(stage=stage(canary=Canary(percent=5, deployment_id="dep009"))))
    only(found, "api/canary-agrees", "unknown", "dep009")


def test_the_switch_of_the_default_endpoint_is_dated_by_nothing() -> None:
    check = "api/execute-api-endpoint-disabled"
    assert outcomes(judged(stack()), check) == {"note"}
    assert outcomes(judged(stack(stage=stage(auto_deploy=True))), check) == {"pass"}
    older = stage(updated=demo.API_MADE - timedelta(days=1))
    assert outcomes(judged(stack(stage=older)), check) == {"unknown"}


def test_a_failing_throttle_is_refuted_by_an_answer() -> None:
    topology = stack(stage=stage(throttles=(Throttle(path="*/*", rate=0.0),)))
    assert outcomes(judged(topology, answered=True), "api/throttle-not-zero") == {"unknown"}


def test_a_later_edit_of_the_link_is_stale() -> None:
    """The commonest stale deployment: the integration's port was corrected and not deployed."""
    edited = integration(uri="http://${stageVariables.backend}:10001/{proxy}")
    found = judged(stack(edited_routes=Table(rows={demo.API_ID: edited})))
    (one,) = of(found, "api/deployment-current")
    assert ":10000/" in one.message
    assert ":10001/" in one.message
