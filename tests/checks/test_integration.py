"""The integration hop: each deviation is found by its own check, legitimate variants by none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as demo
from tests.checks.front import CERTIFICATE, DENIED, cut, integration, judged, of, only, outcomes, quiet, stack
from vpclink_checks.model.api import Integration, Route
from vpclink_checks.model.cloud_map import CloudMapInstance, CloudMapService
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Stop

V2 = VpcLink(id=demo.LINK_ID, version=2, name="orders", subnet_ids=(demo.HOSTS_A,), security_group_ids=("sg-1",))
HTTP_API = replace(demo.API, protocol="HTTP")
HTTP_STAGE = replace(demo.STAGE, name="$default")
TLS_LISTENER = replace(demo.LISTENER_API, protocol="TLS", certificate_arns=(demo.CERT_ARN,))
CLOUD_MAP = "arn:aws:servicediscovery:eu-west-2:123456789012:service/srv-abc"
MAPPED = {
    "cloud_map_services": Table(rows={CLOUD_MAP: CloudMapService(arn=CLOUD_MAP, id="srv-abc", record_types=("SRV",))}),
    "cloud_map_instances": Table(rows={CLOUD_MAP: (CloudMapInstance(id="one", ipv4="10.0.1.20", port=8080),)}),
}
ALB = replace(demo.NLB, arn=demo.NLB_ARN.replace("/net/", "/app/"), type="application")
OWN_NAME = "https://backend.example.com:10000/{proxy}"


def http(stage: str = "$default", **changes: Any) -> dict[str, Any]:
    """The stack as an HTTP API over a V2 link; *changes* are of its integration."""
    there = Integration(
        type="HTTP_PROXY",
        connection_type="VPC_LINK",
        connection_id=demo.LINK_ID,
        method="ANY",
        **{"uri": demo.LISTENER_API.arn, **changes},
    )
    return {
        "api": HTTP_API,
        "stage": replace(HTTP_STAGE, name=stage),
        "mapping": replace(demo.ORDERS_MAPPING, stage=stage),
        "link": V2,
        "routes": tuple(
            Route(api_id=demo.API_ID, method="ANY", path=path, integration=there) for path in ("/", "/{proxy+}")
        ),
    }


def https(uri: str = OWN_NAME, **changes: Any) -> dict[str, Any]:
    return {"routes": integration(uri=uri, **changes)}


DEVIATIONS = [
    ({"routes": integration(connection_type="INTERNET")}, "uses-vpc-link", "fail", ("INTERNET",)),
    ({"routes": integration(uri="http://${stageVariables.p}/{proxy}")}, "stage-variables-defined", "fail", ("e p,",)),
    ({"routes": integration(connection_id="${stageVariables.link}")}, "stage-variables-defined", "fail", ("link",)),
    ({"routes": integration(type="MOCK")}, "type-is-http", "fail", ("MOCK",)),
    ({"routes": integration(type="AWS_PROXY")}, "type-is-http", "fail", ("AWS_PROXY",)),
    ({"routes": integration(type="MAGIC")}, "type-is-http", "unknown", ("MAGIC",)),
    ({"routes": integration(timeout_ms=20)}, "timeout-in-bounds", "fail", ("20 ms",)),
    (
        {"routes": integration(timeout_ms=45000), "api": replace(demo.API, endpoint_types=("EDGE",))},
        "timeout-in-bounds",
        "fail",
        ("45000", "edge"),
    ),
    (http(timeout_ms=31000), "timeout-in-bounds", "fail", ("31000",)),
    ({"routes": integration(uri="http://x.example.com:10000/fixed")}, "sub-path-passes", "fail", ("{proxy}",)),
    ({"routes": integration(insecure_skip_verification=True, uri=OWN_NAME), "listener": TLS_LISTENER},
     "insecure-skip-verification-off", "fail", ("any CA",)),
    (https(f"https://{demo.NLB_DNS}:10000/{{proxy}}"), "certificate-trusted", "fail", ("no public CA",)),
    (
        {**https(), "listener": TLS_LISTENER, "certificate": replace(CERTIFICATE, type="PRIVATE")},
        "certificate-trusted",
        "fail",
        ("private CA",),
    ),
    (http() | {"listener": TLS_LISTENER}, "scheme-matches-listener", "fail", ("lacks tlsConfig", "TLS")),
    (
        http(tls=True) | {"listener": replace(demo.LISTENER_API, protocol="HTTP")},
        "scheme-matches-listener",
        "fail",
        ("has tlsConfig", "HTTP listener"),
    ),
    (http(uri=demo.NLB_ARN), "target-fits-api", "fail", ("neither",)),
    (http(uri=f"http://{demo.NLB_DNS}"), "target-fits-api", "fail", ("neither",)),
    ({"link": V2}, "target-fits-api", "fail", ("without an integrationTarget",)),
    ({"link": V2, "routes": integration(target=CLOUD_MAP)}, "target-fits-api", "fail", ("Cloud Map",)),
    (http() | {"link": demo.LINK}, "link-version-fits-api", "fail", ("HTTP", "V1")),
    ({"api": replace(demo.API, protocol="WEBSOCKET"), "link": V2}, "link-version-fits-api", "fail", ("V2",)),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "check", "outcome", "words"), DEVIATIONS, ids=lambda value: None)
def test_one_deviation_one_finding(changes: Any, check: str, outcome: str, words: tuple[str, ...]) -> None:
    only(judged(stack(**changes)), f"integration/{check}", outcome, *words)


VARIANTS = {
    "hv-connectionid-stagevar": {},
    "hv-http-api-alb": http() | {"balancer": ALB, "listener": replace(demo.LISTENER_API, protocol="HTTP")},
    "hv-http-api-alb, Cloud Map": http(uri=CLOUD_MAP) | MAPPED,
    "hv-rest-v2-alb": {"link": V2, "balancer": ALB, "routes": integration(target=ALB.arn)},
    "hv-rest-v2-nlb": {"link": V2, "routes": integration(target=demo.NLB_ARN)},
    "hv-uri-custom-host": {**https(), "listener": TLS_LISTENER},
    "hv-uri-custom-host, TLS in the container": https(),
    "hv-timeout-over-29s": {"routes": integration(timeout_ms=60000)},
    "hv-overwrite-path-absent-default-stage": http(),
    "hv-stage-prefix-handled-by-app": http(stage="prod"),
    "stage prefix taken off": http(stage="prod", request_parameters={"overwrite:path": "$request.path"}),
    "default timeout": {"routes": integration(timeout_ms=None)},
    "private CA, verification off": {
        **https(insecure_skip_verification=False), "certificate": replace(CERTIFICATE, type="IMPORTED"),
        "listener": TLS_LISTENER,
    },
    "HTTP API with TLS": http(tls=True) | {"listener": TLS_LISTENER},
    "HTTP API with TLS to a TCP listener": http(tls=True),
}  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_legitimate_variants_are_silent(changes: Any) -> None:
    quiet(judged(stack(**changes)))


NOTES = [
    ({"routes": integration(uri="http://backend.example.com:10000/{proxy}")}, "uri-host-is-load-balancer"),
    ({"listener": TLS_LISTENER}, "scheme-matches-listener"),
    ({**https(), "listener": replace(demo.LISTENER_API, protocol="HTTP")}, "scheme-matches-listener"),
    ({"routes": integration(request_parameters={})}, "proxy-path-mapped"),
    ({"routes": integration(timeout_ms=500)}, "timeout-in-bounds"),
    ({"routes": integration(method="GET")}, "method-passes"),
    (http(stage="prod"), "path-without-stage-name"),
    ({"link": V2, "routes": integration(target=demo.NLB_ARN, uri=f"http://{demo.NLB_DNS}:10000/")}, "sub-path-passes"),
    (https(), "certificate-trusted"),
    ({"routes": integration(insecure_skip_verification=True)}, "insecure-skip-verification-off"),
    (https(f"https://{demo.NLB_DNS}:10000/{{proxy}}", insecure_skip_verification=True), "certificate-trusted"),
]


@pytest.mark.parametrize(("changes", "check"), NOTES)
def test_worth_reading_only(changes: Any, check: str) -> None:
    found = judged(stack(**changes))
    assert "note" in outcomes(found, f"integration/{check}")
    assert not {"fail", "unknown"} & outcomes(found, f"integration/{check}")


STOPS = [
    ("integration/uses-vpc-link", {"link": None, "listener": None}),
    ("integration/stage-variables-defined", {"link": None, "listener": None}),
    ("integration/link-exists", {"link": None, "listener": None}),
    ("integration/leads-to-listener", {"listener": None}),
]


@pytest.mark.parametrize(("check", "missing"), STOPS)
def test_every_stop_is_told_by_its_check(check: str, missing: dict[str, None]) -> None:
    routes = integration(connection_id="${stageVariables.gone}") if "variables" in check else demo.ROUTES[:2]
    found = judged(cut(stack(routes=routes), Stop(hop="integration", reason="it ends here", check=check), **missing))
    assert {one.check for one in found if one.outcome in ("fail", "unknown")} == {check}
    assert outcomes(found, "vpc-link/available") == {"blocked"}


def test_a_link_that_could_not_be_read_is_unknown() -> None:
    found = judged(cut(stack(), Stop(hop="integration", reason="link not read", gap=DENIED), link=None, listener=None))
    assert outcomes(found, "integration/link-exists") == {"unknown"}
    assert outcomes(found, "vpc-link/available") == {"blocked"}
    assert outcomes(found, "integration/timeout-in-bounds") == {"pass"}


def test_an_unread_certificate_of_the_listener_is_unknown() -> None:
    topology = replace(stack(**https(), listener=TLS_LISTENER), certificates=Table(gap=DENIED))
    assert outcomes(judged(topology), "integration/certificate-trusted") == {"unknown"}


def test_each_route_is_judged_by_its_own_integration() -> None:
    slow = replace(demo.ROUTES[1], integration=integration(timeout_ms=20)[1].integration)
    found = of(judged(stack(routes=(demo.ROUTES[0], slow))), "integration/timeout-in-bounds")
    assert {one.subject_key: str(one.outcome) for one in found} == {
        "orders GET /": "pass",
        "orders ANY /{proxy+}": "fail",
    }
