"""Cloud Map: read only where an integration names a service, and judged by what is registered there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.demo_facts import SETTINGS, answer, found, refused, with_facts
from tests.sources.test_discovery_ways import V2_LINK, http_api, rest_over_v2
from tests.sources.test_older_botocore import judged
from vpclink_checks.report import Finding
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.redact import clean
from vpclink_checks.words import Outcome

CHECK = "integration/cloud-map-service-has-instances"
ARN = "arn:aws:servicediscovery:eu-west-2:123456789012:service/srv-0123456789abcdef"
ID = "srv-0123456789abcdef"
GET, LIST = "servicediscovery:GetService", "servicediscovery:ListInstances"
SRV, A = {"Type": "SRV", "TTL": 60}, {"Type": "A", "TTL": 60}
FULL = {"AWS_INSTANCE_IPV4": "10.0.1.20", "AWS_INSTANCE_PORT": "8080"}
ADDRESS = {"AWS_INSTANCE_IPV4": "10.0.1.21"}
NAME = {"AWS_INSTANCE_CNAME": "orders.example.com"}
SIX = {"AWS_INSTANCE_IPV6": "2001:db8::20", "AWS_INSTANCE_PORT": "8080"}


def export(uri: str) -> dict[str, Any]:
    """What the HTTP API serves: every request goes to *uri*."""
    integration = {
        "type": "http_proxy",
        "connectionType": "VPC_LINK",
        "connectionId": V2_LINK,
        "uri": uri,
        "payloadFormatVersion": "1.0",
        "httpMethod": "ANY",
    }
    operation = {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}}
    return {"openapi": "3.0.1", "paths": {"/$default": operation}, "components": {}}


def service(*records: Any) -> Answer:
    held = {"Id": ID, "Arn": ARN, "Name": "orders"} | ({"DnsConfig": {"DnsRecords": [*records]}} if records else {})
    return answer(GET, {"Id": ID}, {"Service": held})


def instances(*attributes: dict[str, str]) -> Answer:
    listed = [{"Id": f"i-{number}", "Attributes": one} for number, one in enumerate(attributes)]
    return answer(LIST, {"ServiceId": ID}, {"Instances": listed})


def findings(*more: Answer, arn: str = ARN) -> list[Finding]:
    every = judged(with_facts([*http_api(arn), *more]), SETTINGS)
    return [one for one in every if one.check == CHECK]


def test_it_is_asked_for_by_its_id_where_an_integration_names_it_and_nowhere_else() -> None:
    asked = {(one.name, *one.params.values()) for one in wanted(Facts(http_api(ARN)), SETTINGS)}
    assert {(GET, ID), (LIST, ID)} <= asked
    without = wanted(Facts(http_api("arn:aws:elasticloadbalancing:eu-west-2:123456789012:x")), SETTINGS)
    assert not [one for one in without if one.service == "servicediscovery"]


@pytest.mark.parametrize(
    ("records", "registered", "outcome", "words"),
    [
        ((SRV,), (FULL, FULL), Outcome.PASS, "each of the 2"),
        ((), (FULL,), Outcome.PASS, "each of the 1"),  # ECS Service Connect: found by API calls alone
        ((SRV,), (), Outcome.FAIL, "nothing is registered"),
        ((A,), (ADDRESS,), Outcome.FAIL, "A records alone"),
        ((A,), (FULL,), Outcome.NOTE, "no SRV records"),
        ((SRV, A), (FULL, ADDRESS), Outcome.NOTE, "1 of the 2"),
        ((), (ADDRESS,), Outcome.UNKNOWN, "not documented"),
        ((A,), (NAME,), Outcome.UNKNOWN, "not documented"),
        (({"Type": "AAAA"},), (SIX,), Outcome.UNKNOWN, "not documented"),
    ],
)
def test_what_is_registered_decides(records: Any, registered: Any, outcome: Outcome, words: str) -> None:
    held = findings(service(*records), instances(*registered))
    assert {one.outcome for one in held} == {outcome}
    assert all(words in one.message for one in held)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
@pytest.mark.parametrize(
    ("kept", "lost"),
    [
        (instances(FULL), Call("servicediscovery", "GetService", {"Id": ID})),
        (service(SRV), Call("servicediscovery", "ListInstances", {"ServiceId": ID})),
    ],
    ids=["the service", "its instances"],
)
def test_what_is_denied_is_unknown_and_changes_no_other_verdict(kept: Answer, lost: Call, code: str) -> None:
    whole = judged(with_facts([*http_api(ARN), service(SRV), instances(FULL)]), SETTINGS)
    denied = judged(with_facts([*http_api(ARN), kept, refused(lost, code)]), SETTINGS)
    turned = {one.check for one, was in zip(denied, whole, strict=True) if one.outcome != was.outcome}
    assert turned == {CHECK}
    assert all(lost.name in one.message and code in one.message for one in denied if one.check == CHECK)


def test_instances_that_are_none_fail_though_the_service_was_denied() -> None:
    denied = refused(Call("servicediscovery", "GetService", {"Id": ID}), "AccessDeniedException")
    assert {one.outcome for one in findings(denied, instances())} == {Outcome.FAIL}


def test_a_service_that_is_gone_breaks_the_path_there() -> None:
    gone = refused(Call("servicediscovery", "GetService", {"Id": ID}), "ServiceNotFound")
    facts = [*http_api(ARN, export=export(ARN)), gone]
    every = judged(with_facts(facts), SETTINGS)
    assert {one.outcome for one in every if one.check == CHECK} == {Outcome.FAIL}
    (path,) = found(facts).paths
    assert path.stop is not None
    assert (path.stop.hop, path.stop.check) == ("integration", CHECK)


@pytest.mark.parametrize("place", ["eu-west-1:123456789012", "eu-west-2:111122223333"])
def test_that_an_id_is_not_here_says_nothing_about_another_place(place: str) -> None:
    gone = refused(Call("servicediscovery", "GetService", {"Id": ID}), "ServiceNotFound")
    elsewhere = ARN.replace("eu-west-2:123456789012", place)
    held = findings(gone, arn=elsewhere)
    assert {one.outcome for one in held} == {Outcome.UNKNOWN}
    assert all("is not read" in one.message for one in held)


def test_the_path_ends_there_and_says_what_was_read() -> None:
    (path,) = found([*http_api(ARN), service(SRV), instances(FULL, ADDRESS, FULL, FULL, FULL)]).paths
    assert path.stop is not None
    assert path.stop.gap is not None
    assert path.stop.gap.operation.startswith("servicediscovery:")
    shown = "orders (SRV records; registered: 10.0.1.20:8080, 10.0.1.21, 10.0.1.20:8080, 2 more)"
    assert shown in path.stop.reason


def test_a_rest_api_has_no_such_subject() -> None:
    every = judged(with_facts([*rest_over_v2(ARN), service(SRV), instances(FULL)]), SETTINGS)
    assert {one.outcome for one in every if one.check == CHECK} <= {Outcome.NOT_APPLICABLE, Outcome.BLOCKED}
    assert "fail" in {one.outcome.value for one in every if one.check == "integration/target-fits-api"}


def test_attributes_of_users_own_are_not_kept() -> None:
    held = {"Instances": [{"Id": "i", "Attributes": {**FULL, "motto": "planted", "AWS_SECRET": "planted"}}]}
    cleaned = clean(Call("servicediscovery", "ListInstances"), held)
    assert cleaned["Instances"][0]["Attributes"]["AWS_INSTANCE_PORT"] == "8080"
    assert "planted" not in str(cleaned)
