"""The domain hop: each deviation is found by its own check, legitimate variants by none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests import healthy as demo
from tests.checks.front import (
    CERTIFICATE,
    DENIED,
    RECORD,
    SETTINGS,
    ZONE,
    cut,
    judged,
    of,
    only,
    outcomes,
    quiet,
    stack,
)
from vpclink_checks.model.domain import Certificate, DnsRecord, Endpoint, HostedZone, Mapping, RoutingRule
from vpclink_checks.model.fact import Table
from vpclink_checks.model.path import Stop
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.settings import ProbeSettings

DOMAIN = demo.DOMAIN_NAME
REGIONAL = DOMAIN.endpoints[0]
EDGE = Endpoint(type="EDGE", dns_name="d111111abcdef8.cloudfront.net", hosted_zone_id="Z2FDTNDATAQYW2")
US_CERT = demo.CERT_ARN.replace("eu-west-2", "us-east-1")
BEFORE, AFTER = demo.TAKEN - timedelta(days=1), demo.TAKEN + timedelta(days=300)
RULE = RoutingRule(id="rr1", domain=demo.DOMAIN, priority=10, api_id=demo.API_ID, stage="prod")
OTHER = replace(RULE, id="rr0", priority=5, api_id=demo.HELLO_ID)
BOTH = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"


def domain(**changes: Any) -> Any:
    return replace(DOMAIN, **changes)


def certificate(**changes: Any) -> Certificate:
    return replace(CERTIFICATE, **changes)


def record(**changes: Any) -> DnsRecord:
    return replace(RECORD, **changes)


def cname(target: str, **changes: Any) -> DnsRecord:
    return DnsRecord(zone_id=ZONE.id, name=demo.DOMAIN, type="CNAME", values=(target,), **changes)


DEVIATIONS = [
    # changes, check, outcome, words
    ({"domain": domain(status="PENDING", status_message="waits")}, "available", "fail", ("PENDING", "waits")),
    ({"domain": domain(status="FAILED")}, "available", "fail", ("FAILED",)),
    ({"domain": domain(status="PENDING_OWNERSHIP_VERIFICATION")}, "available", "fail", ("OWNERSHIP",)),
    ({"domain": domain(status="DREAMING")}, "available", "unknown", ("DREAMING",)),
    (
        {"certificate": certificate(status="PENDING_VALIDATION", not_after=None, pending_names=(demo.DOMAIN,))},
        "certificate-issued",
        "fail",
        ("PENDING_VALIDATION", demo.DOMAIN),
    ),
    ({"certificate": certificate(status="REVOKED")}, "certificate-issued", "fail", ("REVOKED",)),
    ({"certificate": certificate(status="NEW")}, "certificate-issued", "unknown", ("NEW",)),
    ({"certificate": certificate(not_after=BEFORE)}, "certificate-in-date", "fail", ("2026-11-01",)),
    ({"certificate": certificate(status="EXPIRED", not_after=BEFORE)}, "certificate-in-date", "fail", ("expired",)),
    ({"certificate": certificate(not_before=AFTER)}, "certificate-in-date", "fail", ("not valid before",)),
    ({"certificate": certificate(not_after=None)}, "certificate-in-date", "unknown", ()),
    (
        {"certificate": certificate(renewal_status="PENDING_VALIDATION", pending_names=("x.example.com",))},
        "certificate-renews",
        "fail",
        ("PENDING_VALIDATION", "x.example.com"),
    ),
    (
        {"certificate": certificate(type="IMPORTED", not_after=demo.TAKEN + timedelta(days=12))},
        "certificate-renews",
        "fail",
        ("12 days",),
    ),
    ({"certificate": certificate(not_after=demo.TAKEN + timedelta(days=8))}, "certificate-renews", "fail",
     ("8 days", "none begun")),
    ({"certificate": certificate(status="EXPIRED")}, "certificate-in-date", "fail", ("ACM says", "though")),
    ({"certificate": certificate(names=("www.example.com",))}, "certificate-covers-name", "fail", ("www.example.com",)),
    ({"certificate": certificate(names=("*.com",))}, "certificate-covers-name", "fail", ()),
    ({"certificate": certificate(names=("*.api.example.com",))}, "certificate-covers-name", "fail", ()),
    (
        {
            "domain": domain(endpoints=(replace(REGIONAL, certificate_arn=US_CERT),)),
            "certificate": certificate(arn=US_CERT),
        },
        "certificate-in-region",
        "fail",
        ("us-east-1", "eu-west-2"),
    ),
    (
        {"domain": domain(endpoints=(replace(EDGE, certificate_arn=demo.CERT_ARN),)),
         "records": (record(alias_name=EDGE.dns_name, alias_zone_id=EDGE.hosted_zone_id),)},
        "certificate-in-region",
        "fail",
        ("EDGE", "us-east-1"),
    ),
    ({"records": ()}, "dns-points-at-endpoint", "fail", ("no A, AAAA or CNAME", ZONE.id)),
    ({"records": (record(type="TXT", alias_name="", values=("x",)),)}, "dns-points-at-endpoint", "fail", ()),
    (
        {"records": (record(alias_name=f"{demo.API_ID}.execute-api.eu-west-2.amazonaws.com"),)},
        "dns-points-at-endpoint",
        "fail",
        (demo.API_ID,),
    ),
    ({"records": (cname(demo.NLB_DNS),)}, "dns-points-at-endpoint", "fail", (demo.NLB_DNS,)),
    ({"records": (record(alias_name="", values=("192.0.2.7",)),)}, "dns-points-at-endpoint", "fail", ("192.0.2.7",)),
    ({"records": (record(alias_zone_id="ZWRONG"),)}, "dns-points-at-endpoint", "fail", ("ZWRONG", "ZJ5UAJN8Y3Z2Q")),
    (
        {"records": (record(weight=90, set_identifier="a"), replace(cname(demo.NLB_DNS), weight=10))},
        "dns-points-at-endpoint",
        "fail",
        ("1 of 2",),
    ),
    ({"records": (cname("front.example.net"),)}, "dns-points-at-endpoint", "unknown", ("front.example.net",)),
    ({"zones": (HostedZone(id="Z9", name="example.net"),)}, "dns-points-at-endpoint", "unknown", ("elsewhere",)),
    ({"records": (record(type="NS", alias_name="", values=("ns.example.net",)),)}, "dns-points-at-endpoint",
     "unknown", ("delegated",)),
    (
        {"zones": (ZONE, HostedZone(id="Z2", name="example.com"))},
        "dns-points-at-endpoint",
        "unknown",
        ("disagree", "Z2"),
    ),
    ({"records": (RECORD, record(type="AAAA"))}, "ip-type-matches-records", "fail", ("AAAA", "ipv4")),
    ({"domain": domain(ip_address_type="dualstack")}, "ip-type-matches-records", "fail", ("no AAAA",)),
    ({"domain": domain(security_policy="TLS_1_0")}, "tls-policy", "fail", ("TLS_1_0",)),
    (
        {"domain": domain(mutual_tls=True, mutual_tls_warnings=("certificate expired",))},
        "mutual-tls-trust-store",
        "fail",
        ("certificate expired",),
    ),
    (
        {"domain": domain(endpoint_access_mode="STRICT"), "api": replace(demo.API, endpoint_types=("EDGE",))},
        "access-mode-fits",
        "fail",
        ("REGIONAL", "EDGE"),
    ),
    (
        {"mapping": Mapping(domain=demo.DOMAIN, key="orders/v1", api_id=demo.API_ID, stage="prod"),
         "domain": domain(endpoints=(replace(EDGE, certificate_arn=US_CERT),)), "certificate": certificate(arn=US_CERT),
         "records": (record(alias_name=EDGE.dns_name, alias_zone_id=EDGE.hosted_zone_id),)},
        "multi-level-key-supported",
        "fail",
        ("orders/v1", "edge"),
    ),
    (
        {"mapping": replace(demo.ORDERS_MAPPING, key="orders/v1"), "domain": domain(security_policy="TLS_1_0")},
        "multi-level-key-supported",
        "fail",
        ("TLS 1.0",),
    ),
    ({"domain": domain(routing_mode="NEW_MODE")}, "mapping-live", "unknown", ("NEW_MODE",)),
    ({"domain": domain(routing_mode=BOTH), "rules": (OTHER,)}, "path-not-captured", "fail", (demo.HELLO_ID,)),
    (
        {"domain": domain(routing_mode=BOTH), "rules": (replace(OTHER, base_paths=("orders",)),)},
        "path-not-captured",
        "fail",
        (demo.HELLO_ID,),
    ),
    (
        {"domain": domain(routing_mode="ROUTING_RULE_ONLY"), "rule": RULE, "rules": (OTHER,), "mapping": None},
        "path-not-captured",
        "fail",
        (demo.HELLO_ID,),
    ),
    (
        {"routes": (replace(demo.ROUTES[2], path="/v2/status"),),
         "others": (Mapping(domain=demo.DOMAIN, key="orders/v2", api_id=demo.HELLO_ID, stage="prod"),)},
        "path-not-captured",
        "fail",
        ("/orders/v2/status", demo.HELLO_ID),
    ),
    (
        {"domain": domain(routing_mode="ROUTING_RULE_ONLY"), "mapping": None,
         "rule": replace(RULE, base_paths=("orders",)), "routes": (demo.ROUTES[2],)},
        "rule-base-path-fits-routes",
        "fail",
        ("keeps /orders",),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "check", "outcome", "words"), DEVIATIONS, ids=lambda value: None)
def test_one_deviation_one_finding(changes: Any, check: str, outcome: str, words: tuple[str, ...]) -> None:
    found = judged(stack(**changes))
    failing = {one.check for one in found if one.outcome in ("fail", "unknown")}
    extra = failing - {f"domain/{check}"} - EXPLAINED.get(check, set())
    assert extra == set()
    assert outcome in outcomes(found, f"domain/{check}")
    messages = " / ".join(one.message for one in of(found, f"domain/{check}"))
    assert [word for word in words if word not in messages] == [], messages


EXPLAINED = {  # one deviation that two checks have to name
    "multi-level-key-supported": {"domain/tls-policy"},
    "rule-base-path-fits-routes": {"domain/path-not-captured"},
}


VARIANTS = {
    "as it is": {},
    "hv-domain-updating": {"domain": domain(status="UPDATING")},
    "hv-wildcard-cert-domain": {"certificate": certificate(names=("*.example.com",))},
    "hv-enhanced-security-policy": {"domain": domain(security_policy="SecurityPolicy_TLS13_1_3_2025_09")},
    "hv-cname-instead-of-alias": {"records": (cname(REGIONAL.dns_name),)},
    "hv-empty-mapping-catchall": {
        "others": (Mapping(domain=demo.DOMAIN, key="", api_id=demo.HELLO_ID, stage="prod"), demo.HELLO_MAPPING)
    },
    "hv-mixed-domain": {"others": (demo.HELLO_MAPPING, replace(demo.HELLO_MAPPING, key="http", api_id="http123"))},
    "we are the catch-all": {"mapping": replace(demo.ORDERS_MAPPING, key="")},
    "alias written otherwise": {"records": (record(alias_name=f"dualstack.{REGIONAL.dns_name.upper()}."),)},
    "weight 0 elsewhere": {"records": (record(weight=100), replace(cname(demo.NLB_DNS), weight=0))},
    "both address families": {
        "domain": domain(ip_address_type="dualstack"),
        "records": (RECORD, record(type="AAAA")),
    },
    "edge": {
        "domain": domain(endpoints=(replace(EDGE, certificate_arn=US_CERT),)),
        "certificate": certificate(arn=US_CERT),
        "records": (record(alias_name=EDGE.dns_name, alias_zone_id="Z2FDTNDATAQYW2"),),
    },
    "rule in front of mappings": {
        "domain": domain(routing_mode=BOTH),
        "mapping": None,
        "rule": replace(RULE, base_paths=("orders",), strip_base_path=True),
    },
    "rule keeps its base path": {
        "domain": domain(routing_mode="ROUTING_RULE_ONLY"),
        "mapping": None,
        "rule": replace(RULE, base_paths=("status",)),
        "routes": (demo.ROUTES[2],),
    },
    "rule of ours with a header": {
        "domain": domain(routing_mode="ROUTING_RULE_ONLY"),
        "mapping": None,
        "rule": replace(RULE, headers=((("x-version", "beta*"),),)),
        "rules": (replace(OTHER, priority=20),),
    },
    "inert rules in front": {"rules": (OTHER,)},
    "several levels on a regional domain": {
        "mapping": replace(demo.ORDERS_MAPPING, key="shop/orders"),
        "domain": domain(security_policy="SecurityPolicy_TLS13_1_3_2025_09"),
    },
    "stage given by callers": {"mapping": replace(demo.ORDERS_MAPPING, stage="")},
    "strict and of one type": {"domain": domain(endpoint_access_mode="STRICT")},
    "mutual TLS without warnings": {"domain": domain(mutual_tls=True)},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_legitimate_variants_are_silent(changes: Any) -> None:
    quiet(judged(stack(**changes)))


NOTES = [
    ({"domain": domain(status="UPDATING")}, "available"),
    ({"certificate": certificate(type="IMPORTED")}, "certificate-renews"),
    ({"certificate": certificate(renewal_eligibility="INELIGIBLE")}, "certificate-renews"),
    ({"zones": (ZONE, HostedZone(id="Z3", name="api.example.com", private=True))}, "private-zone-agrees"),
    ({"domain": domain(endpoints=(REGIONAL, replace(EDGE, certificate_arn="")))}, "one-endpoint-type"),
    (
        {"domain": domain(routing_mode=BOTH), "rules": (replace(OTHER, headers=((("x-version", "beta*"),),)),)},
        "path-not-captured",
    ),
    (  # nothing but a catch-all route could have answered there
        {"others": (Mapping(domain=demo.DOMAIN, key="orders/v2", api_id=demo.HELLO_ID, stage="prod"),)},
        "path-not-captured",
    ),
    ({"routes": (replace(demo.ROUTES[2], path="/ping"),)}, "no-reserved-path"),
]


@pytest.mark.parametrize(("changes", "check"), NOTES)
def test_worth_reading_only(changes: Any, check: str) -> None:
    found = judged(stack(**changes))
    assert "note" in outcomes(found, f"domain/{check}")
    quiet(found)


def test_a_missing_domain_blocks_what_lies_behind() -> None:
    reason = "api.example.com is no custom domain name of eu-west-2"
    stop = Stop(hop="domain", reason=reason, check="domain/exists")
    found = judged(cut(stack(), stop, domain=None, mapping=None, api=None, stage=None, destination=None, link=None))
    only(found, "domain/exists", "fail", reason)
    assert outcomes(found, "domain/available") == {"blocked"}
    assert outcomes(found, "vpc-link/available") == {"blocked"}


def test_a_domain_that_could_not_be_read_is_unknown_with_its_action() -> None:
    stop = Stop(hop="domain", reason="api.example.com was not read", gap=DENIED)
    found = judged(cut(stack(), stop, domain=None, mapping=None, api=None, stage=None, destination=None, link=None))
    assert outcomes(found, "domain/exists") == {"unknown"}
    assert "x:Get" in of(found, "domain/exists")[0].message


def test_no_mapping_leads_to_a_link() -> None:
    stop = Stop(hop="domain", reason="no mapping ends in a VPC link", check="domain/mapping-leads-to-vpc-link")
    gone = stack(mapping=None, mappings=Table(rows={demo.DOMAIN: (demo.HELLO_MAPPING,)}))
    found = judged(cut(gone, stop, api=None, stage=None, destination=None, link=None))
    only(found, "domain/mapping-leads-to-vpc-link", "fail", "no mapping ends")
    assert "hello" in of(found, "domain/mapping-leads-to-vpc-link")[0].evidence[0].value


@pytest.mark.parametrize(
    ("table", "checks"),
    [
        ("certificates", {"certificate-issued", "certificate-in-date", "certificate-renews",
                          "certificate-covers-name"}),
        ("hosted_zones", {"dns-points-at-endpoint", "private-zone-agrees", "ip-type-matches-records"}),
        ("records", {"dns-points-at-endpoint", "ip-type-matches-records"}),
        ("mappings", {"path-not-captured"}),
    ],
)  # fmt: skip
def test_a_gap_is_unknown(table: str, checks: set[str]) -> None:
    dark: dict[str, Any] = {table: Table(gap=DENIED)}
    found = judged(replace(stack(), **dark))
    assert {one.check for one in found if one.outcome == "unknown"} == {f"domain/{name}" for name in checks}
    assert all("x:Get" in one.message for one in found if one.outcome == "unknown")


def test_rules_are_asked_for_only_where_they_are_read() -> None:
    quiet(judged(stack(routing_rules=Table(gap=DENIED))))
    found = judged(stack(domain=domain(routing_mode=BOTH), routing_rules=Table(gap=DENIED)))
    assert outcomes(found, "domain/path-not-captured") == {"unknown"}


def observed(**attempt: Any) -> dict[str, Observation]:
    path = demo.PATH_API.id
    url = f"https://{demo.DOMAIN}/orders"
    connect_to = attempt.pop("connect_to", "")
    one = Observation(key=path, url=url, path_id=path, connect_to=connect_to, attempts=(Attempt(**attempt),))
    return {path: one}


@pytest.mark.parametrize(
    ("observations", "outcome"),
    [
        ({}, "unknown"),
        (observed(tls_verified=True, status=403, address="192.0.2.1"), "pass"),
        (observed(tls_verified=True, status=200, connect_to="127.0.0.1:8443"), "unknown"),
        (observed(failure="tls", detail="certificate is for another name"), "unknown"),
        (observed(failure="dns", detail="NXDOMAIN"), "fail"),
    ],
)
def test_a_zone_elsewhere_is_judged_by_resolving(observations: dict[str, Observation], outcome: str) -> None:
    topology = stack(hosted_zones=Table(gap=DENIED), records=())
    found = judged(topology, settings=replace(SETTINGS, dns_external=True), observations=observations)
    assert outcomes(found, "domain/dns-points-at-endpoint") == {outcome}
    assert outcomes(found, "domain/private-zone-agrees") == {"not-applicable"}


def test_a_zone_elsewhere_is_not_judged_without_probes() -> None:
    found = judged(stack(), settings=replace(SETTINGS, dns_external=True), probes_on=False)
    (only_one,) = {one.message for one in of(found, "domain/dns-points-at-endpoint")}
    assert only_one == "probes are off"
    assert outcomes(found, "domain/dns-points-at-endpoint") == {"not-applicable"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"domain": domain(routing_mode="ROUTING_RULE_ONLY")}, ("ROUTING_RULE_ONLY", "hello, orders")),
        ({"domain": domain(routing_mode=BOTH), "rules": (OTHER,)}, ("behind rule 5", "orders")),
        ({"rules": (RULE,), "mapping": None}, ("BASE_PATH_MAPPING_ONLY", "rules 10")),
    ],
)
def test_a_table_that_nobody_reads_is_why_nothing_leads_on(changes: Any, words: tuple[str, ...]) -> None:
    stop = Stop(hop="domain", reason="nothing leads to a VPC link", check="domain/mapping-leads-to-vpc-link")
    nothing: dict[str, Any] = {"mapping": None, "api": None, "stage": None, "destination": None, "link": None}
    found = judged(cut(stack(**changes), stop, **nothing))
    only(found, "domain/mapping-live", "fail", *words)
    assert outcomes(found, "domain/mapping-leads-to-vpc-link") == {"blocked"}
    assert {one.blocked_by for one in of(found, "vpc-link/available")} == {"domain/mapping-live"}


def test_an_unread_table_beside_a_path_that_works_is_worth_reading() -> None:
    found = judged(stack(rules=(OTHER,)))
    assert outcomes(found, "domain/mapping-live") == {"note"}


@pytest.mark.parametrize(
    ("last", "outcome"),
    [
        (REGIONAL.dns_name, "pass"),
        (demo.NLB_DNS, "fail"),
        ("cdn.example.net", "unknown"),
        ("www.example.com", "unknown"),
    ],
)
def test_a_name_handed_on_is_followed(last: str, outcome: str) -> None:
    chain: Table[tuple[DnsRecord, ...]] = Table(
        rows={demo.DOMAIN: (cname("www.example.com"),), "www.example.com": (cname(last),)}
    )
    found = judged(replace(stack(), records=chain))
    assert outcomes(found, "domain/dns-points-at-endpoint") == {outcome}


def test_a_wildcard_record_answers_where_no_exact_one_does() -> None:
    quiet(judged(stack(records=(record(name="*.example.com"),))))
    found = judged(stack(records=(record(name="*.example.com", alias_name=demo.NLB_DNS), RECORD)))
    quiet(found)


def test_a_deeper_name_may_be_delegated() -> None:
    found = judged(stack(zones=(HostedZone(id="Z1", name="com"),)))
    only(found, "domain/dns-points-at-endpoint", "unknown", "delegated", "Z1")


def test_the_backend_that_answers_refutes_a_dns_failure() -> None:
    found = judged(stack(records=()), answered=True)
    assert outcomes(found, "domain/dns-points-at-endpoint") == {"unknown"}
    assert "disagrees with the probe" in of(found, "domain/dns-points-at-endpoint")[0].message


@pytest.mark.parametrize(
    ("probe", "key", "check", "outcome"),
    [
        ("/ping", "orders", "no-reserved-path", "fail"),
        ("/orders/ping", "orders", "no-reserved-path", "pass"),
        ("/orders/prod/health", "orders", "no-stage-in-path", "fail"),
        ("/orders/health", "orders", "no-stage-in-path", "pass"),
        ("/orders/production", "orders", "no-stage-in-path", "pass"),
        ("/elsewhere/prod", "orders", "no-stage-in-path", "not-applicable"),
    ],
)
def test_declared_probes(probe: str, key: str, check: str, outcome: str) -> None:
    settings = replace(SETTINGS, probes=(ProbeSettings(path=probe),))
    found = judged(stack(mapping=replace(demo.ORDERS_MAPPING, key=key)), settings=settings)
    assert outcomes(found, f"domain/{check}") == {outcome}


def test_ping_at_the_root_of_the_domain_is_reserved() -> None:
    topology = stack(mapping=replace(demo.ORDERS_MAPPING, key=""), routes=(replace(demo.ROUTES[2], path="/ping"),))
    only(judged(topology), "domain/no-reserved-path", "fail", "/ping")


def test_rules_reach_rest_apis_only() -> None:
    topology = stack(
        domain=domain(routing_mode="ROUTING_RULE_ONLY"),
        rule=RULE,
        mapping=None,
        api=replace(demo.API, protocol="HTTP"),
    )
    assert outcomes(judged(topology), "domain/rule-target-is-rest-api") == {"fail"}


def test_a_certificate_of_no_region_is_unknown() -> None:
    nowhere = replace(REGIONAL, certificate_arn="my-certificate")
    topology = stack(domain=domain(endpoints=(nowhere,)), certificate=certificate(arn="my-certificate"))
    only(judged(topology), "domain/certificate-in-region", "unknown", "not in the facts")


def test_a_private_domain_is_not_judged_by_public_dns() -> None:
    endpoint = replace(REGIONAL, type="PRIVATE", dns_name="")
    private = domain(endpoints=(endpoint,), access_associations=("vpce-0123456789abcdef0",))
    found = judged(stack(domain=private, hosted_zones=Table(gap=DENIED)))
    quiet(found)
    assert outcomes(found, "domain/dns-points-at-endpoint") == {"not-applicable"}
