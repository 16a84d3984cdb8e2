"""A private custom domain: found by its id, its paths followed, and the VPC endpoints that may call it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.demo_facts import SETTINGS, demo, refused, with_facts
from tests.sources.test_calls import collected
from tests.sources.test_older_botocore import judged
from vpclink_checks.probes.plan import PRIVATE, plan
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Recording
from vpclink_checks.words import Outcome

NAME, ID = "api.example.com", "0a1b2c3d4e"
ARN = f"arn:aws:apigateway:eu-west-2:123456789012:/domainnames/{NAME}+{ID}"
ASSOCIATED = "domain/private-has-access-association"
GONE = ("apigatewayv2:GetDomainName", "apigatewayv2:GetApiMappings")
BY_ID = ("apigateway:GetDomainName", "apigateway:GetBasePathMappings", "apigatewayv2:ListRoutingRules")
MAPPING = {"basePath": "orders", "restApiId": "a1b2c3d4e5", "stage": "prod"}
LISTED = {"items": [{"domainName": "other.example.com", "domainNameId": "x"}, {"domainName": NAME, "domainNameId": ID}]}
ASSOCIATION = {"domainNameArn": ARN, "accessAssociationSource": "vpce-0123456789abcdef0"}


def private(
    *, denied: tuple[str, ...] = (), ours: list[Any] | None = None, theirs: list[Any] | None = None
) -> Recording:
    """The demo as if its domain were private: what the collector would have read."""

    def says(call: Call) -> Answer:
        asked_by_id = "domainNameId" in call.params or "DomainNameId" in call.params
        if call.name in denied and (asked_by_id or call.name not in BY_ID):
            return refused(call)
        if call.name in GONE or (call.name in BY_ID and not asked_by_id):
            return refused(call, "NotFoundException")
        answers: dict[str, dict[str, Any]] = {
            "apigateway:GetDomainNames": LISTED,
            "apigateway:GetDomainName": _domain(),
            "apigateway:GetBasePathMappings": {"items": [MAPPING]},
            "apigatewayv2:ListRoutingRules": {"RoutingRules": []},
            "apigateway:GetDomainNameAccessAssociations": {"items": (theirs if call.params else ours) or []},
        }
        if call.name in answers:
            return Answer(call, answers[call.name])
        return demo().facts.get(call) or refused(call, "NotFoundException")

    facts, _ = collected(SETTINGS, says)
    return with_facts(facts)


def _domain() -> dict[str, Any]:
    (whole,) = demo().facts.of("apigateway", "GetDomainName")
    kept = {key: value for key, value in (whole.response or {}).items() if not key.startswith("regional")}
    kept["certificateArn"] = (whole.response or {})["regionalCertificateArn"]
    return {**kept, "domainNameId": ID, "domainNameArn": ARN, "endpointConfiguration": {"types": ["PRIVATE"]}}


def test_its_paths_are_followed_from_its_name_alone() -> None:
    topology = discover(private(ours=[ASSOCIATION]), SETTINGS, source="live")
    assert topology.domains.rows[NAME].private
    assert topology.domains.rows[NAME].access_associations == ("vpce-0123456789abcdef0",)
    assert [path.stop for path in topology.paths] == [None, None]
    assert {request.skipped for request in plan(topology, SETTINGS)} == {PRIVATE}


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"ours": [ASSOCIATION]}, Outcome.PASS),
        ({"theirs": [ASSOCIATION]}, Outcome.PASS),
        ({}, Outcome.FAIL),
        ({"ours": [{**ASSOCIATION, "domainNameArn": ARN + "0"}]}, Outcome.FAIL),
        ({"denied": ("apigateway:GetDomainNameAccessAssociations",)}, Outcome.UNKNOWN),
    ],
)
def test_somebody_may_call_it(more: dict[str, Any], outcome: Outcome) -> None:
    found = [one for one in judged(private(**more), SETTINGS) if one.check == ASSOCIATED]
    assert {one.outcome for one in found} == {outcome}
    if outcome is Outcome.UNKNOWN:
        assert all("apigateway:GetDomainNameAccessAssociations" in one.message for one in found)


@pytest.mark.parametrize("name", ["apigateway:GetDomainNames", *BY_ID[:2]])
def test_what_is_refused_is_not_taken_for_absent(name: str) -> None:
    topology = discover(private(denied=(name,)), SETTINGS, source="live")
    assert topology.paths
    assert all(path.stop and path.stop.gap and path.stop.gap.operation == name for path in topology.paths)


def test_a_public_domain_has_no_such_subject() -> None:
    found = [one for one in judged(demo(), SETTINGS) if one.check == ASSOCIATED]
    assert {one.outcome for one in found} == {Outcome.NOT_APPLICABLE}
