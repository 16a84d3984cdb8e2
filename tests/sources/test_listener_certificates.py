"""The certificates of a TLS listener's list: asked for there alone, and chosen among by the name asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.healthy import CERT_ARN
from tests.sources.demo_facts import SETTINGS, answer, changed, refused, with_facts
from tests.sources.test_older_botocore import judged
from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call
from vpclink_checks.words import Outcome

CHECK, TRUST = "listener/certificate-valid", "integration/certificate-trusted"
ASKED = "elbv2:DescribeListenerCertificates"
HOST = "backend.example.com"
LISTENER = "arn:aws:elasticloadbalancing:eu-west-2:123456789012:listener/net/orders/0123456789abcdef/aaaaaaaaaaaaaaaa"
LATER, PAST = "2027-09-01T00:00:00+00:00", "2026-10-01T00:00:00+00:00"


@dataclass(frozen=True)
class Held:
    """A certificate in ACM."""

    names: tuple[str, ...] = (HOST,)
    until: str = LATER
    type: str = "AMAZON_ISSUED"

    def told(self, arn: str) -> Answer:
        certificate: dict[str, Any] = {"CertificateArn": arn, "SubjectAlternativeNames": list(self.names)}
        certificate |= {"Status": "ISSUED", "NotAfter": self.until, "Type": self.type}
        return answer("acm:DescribeCertificate", {"CertificateArn": arn}, {"Certificate": certificate})


def arn(number: int) -> str:
    return f"arn:aws:acm:eu-west-2:123456789012:certificate/{number}"


def secure(default: Held, protocol: str = "TLS") -> list[Answer]:
    """The demo's facts: the listener of port 10000 speaks TLS, and integrations ask it for HOST."""

    def speaks_tls(response: dict[str, Any]) -> None:
        response["Listeners"][0].update(Protocol=protocol, Certificates=[{"CertificateArn": arn(0)}])

    def to_host(response: dict[str, Any]) -> None:
        response["body"] = response["body"].replace("http://${stageVariables.backend}:10000", f"https://{HOST}:10000")

    def edited(response: dict[str, Any]) -> None:
        for resource in response["items"]:
            for method in resource.get("resourceMethods", {}).values():
                uri = method["methodIntegration"].get("uri", "")
                method["methodIntegration"]["uri"] = uri.replace(
                    "http://${stageVariables.backend}:10000", f"https://{HOST}:10000"
                )

    edits = (
        ("elbv2:DescribeListeners", speaks_tls),
        ("apigateway:GetExport", to_host),
        ("apigateway:GetResources", edited),
    )
    return [*changed(*edits), default.told(arn(0))]


def listed(*more: Held) -> list[Answer]:
    rows = [{"CertificateArn": arn(0), "IsDefault": True}, {"CertificateArn": arn(0), "IsDefault": False}]
    rows += [{"CertificateArn": arn(number), "IsDefault": False} for number in range(1, len(more) + 1)]
    told = [one.told(arn(number)) for number, one in enumerate(more, start=1)]
    return [answer(ASKED, {"ListenerArn": LISTENER}, {"Certificates": rows}), *told]


def said(facts: list[Answer], check: str = CHECK) -> list[Finding]:
    found = [one for one in judged(with_facts(facts), SETTINGS) if one.check == check]
    return [one for one in found if one.outcome is not Outcome.NOT_APPLICABLE]


OTHER = Held(names=("other.example.com",))
EXPIRED = Held(until=PAST)
WILDCARD = Held(names=("*.example.com",))


@pytest.mark.parametrize(
    ("default", "more", "outcome"),
    [
        (Held(), [], Outcome.PASS),
        (OTHER, [], Outcome.FAIL),
        (EXPIRED, [], Outcome.FAIL),
        (OTHER, [Held()], Outcome.PASS),
        (OTHER, [WILDCARD], Outcome.PASS),
        (EXPIRED, [Held()], Outcome.PASS),
        (OTHER, [OTHER, Held(until=LATER)], Outcome.PASS),
        (OTHER, [OTHER], Outcome.FAIL),
        (OTHER, [EXPIRED], Outcome.FAIL),
        (Held(), [OTHER, Held(names=("x.example.com",), until=PAST)], Outcome.PASS),
        (Held(), [EXPIRED], Outcome.NOTE),
        (OTHER, [EXPIRED, WILDCARD], Outcome.NOTE),
    ],
)
@pytest.mark.parametrize("protocol", ["TLS", "HTTPS"])
def test_the_certificate_for_the_name_decides(default: Held, more: list[Held], outcome: Outcome, protocol: str) -> None:
    assert {one.outcome for one in said([*secure(default, protocol), *listed(*more)])} == {outcome}


@pytest.mark.parametrize(
    ("default", "more", "outcome"),
    [
        (Held(), [], Outcome.PASS),
        (Held(type="PRIVATE"), [], Outcome.FAIL),
        (Held(type="PRIVATE"), [Held()], Outcome.PASS),
        (Held(), [Held(type="PRIVATE")], Outcome.FAIL),
        (Held(), [OTHER, Held(type="IMPORTED"), Held()], Outcome.NOTE),
    ],
)
def test_its_authority_is_the_one_to_be_trusted(default: Held, more: list[Held], outcome: Outcome) -> None:
    assert outcome in {one.outcome for one in said([*secure(default), *listed(*more)], TRUST)}


@pytest.mark.parametrize(
    "more",
    [
        [],
        [refused(Call("elbv2", "DescribeListenerCertificates", {"ListenerArn": LISTENER}))],
        listed(Held())[:1],
    ],
    ids=["not recorded", "denied", "one of it not read"],
)
def test_a_list_that_was_not_read_is_unknown(more: list[Answer]) -> None:
    found = said([*secure(Held()), *more])
    assert {one.outcome for one in found} == {Outcome.UNKNOWN}
    name = "acm:DescribeCertificate" if more and more[0].response else ASKED
    assert all(name in one.message for one in found)


def test_one_of_iam_is_unknown_and_not_missing() -> None:
    server = "arn:aws:iam::123456789012:server-certificate/backend"
    rows = [{"CertificateArn": server, "IsDefault": False}]
    told = answer(ASKED, {"ListenerArn": LISTENER}, {"Certificates": rows})
    found = said([*secure(Held()), told])
    assert {one.outcome for one in found} == {Outcome.UNKNOWN}
    assert all(server in one.message for one in found)


def test_only_listeners_that_speak_tls_are_asked_and_their_certificates_then() -> None:
    recording = with_facts(secure(Held()))
    asked = [one for one in wanted(recording.facts, SETTINGS) if one.service == "elbv2"]
    assert [(one.name, one.params) for one in asked] == [(ASKED, {"ListenerArn": LISTENER})]
    then = wanted(with_facts([*secure(Held()), *listed(Held())[:1]]).facts, SETTINGS)
    assert [one.params for one in then] == [{"CertificateArn": arn(1)}]
    plain = wanted(with_facts(changed()).facts, SETTINGS)
    assert [one for one in plain if one.name == ASKED] == []


@pytest.mark.parametrize(
    ("default", "more", "outcome"),
    [
        (Held(), (), Outcome.PASS),
        (OTHER, (), Outcome.FAIL),
        (OTHER, (WILDCARD,), Outcome.PASS),
        (Held(), (EXPIRED,), Outcome.FAIL),
    ],
)
def test_an_http_api_asks_for_the_name_that_it_is_told(default: Held, more: tuple[Held, ...], outcome: Outcome) -> None:
    """What it sends is documented: the listed certificate is the one that is shown."""
    topology = discover(with_facts([*secure(default), *listed(*more)]), SETTINGS, source="demo")
    (path,) = [one for one in topology.paths if one.listener and one.listener.arn == LISTENER][:1]
    assert path.destination is not None
    named = replace(path.destination.integration, server_name_to_verify=HOST)
    there = replace(path.destination, integration=named, scheme="", host="")
    held = replace(topology, paths=(replace(path, destination=there),))
    now = datetime(2026, 11, 2, tzinfo=UTC)
    context = Context(topology=held, settings=SETTINGS, reach=Reach(held), now=now, probes_on=False)
    result = judge(context, Rules(today=now.date()))
    assert {one.outcome for one in result if one.check == CHECK} == {outcome}


def test_nobody_asks_for_a_name_over_plain_http() -> None:
    """The list then does not matter, and need not be read."""

    def speaks_tls(response: dict[str, Any]) -> None:
        response["Listeners"][0].update(Protocol="TLS", Certificates=[{"CertificateArn": CERT_ARN}])

    found = said(changed(("elbv2:DescribeListeners", speaks_tls)))
    assert {one.outcome for one in found} == {Outcome.PASS}
