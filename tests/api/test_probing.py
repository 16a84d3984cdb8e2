"""Probes of one's own: what is sent, what is told of the answer, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.healthy import API_ID, DOMAIN, DOMAIN_NAME, by, healthy
from tests.probes.servers import Site, Talk, answer, echoing, saying, site
from vpclink_checks.api import FactUnknown, NoAnswer, NoSuchFact, Probe
from vpclink_checks.model.api import GatewayResponse
from vpclink_checks.model.domain import Endpoint
from vpclink_checks.model.fact import Table
from vpclink_checks.probes.http import Signer
from vpclink_checks.settings import EnvSettings, EnvVar, Expect, ProbeSettings

RELAYED = "x-amzn-Remapped-Date: today"
GATEWAY = answer("403 Forbidden", b'{"message": "Forbidden"}', "x-amzn-ErrorType: ForbiddenException")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def unsigned(settings: EnvSettings) -> Signer | None:
    return None


def probe(here: Site, *declared: ProbeSettings, **topology: Any) -> Probe:
    every = declared or (ProbeSettings(path="/orders"),)
    probes = tuple(replace(one, connect_to=here.place, ca_file=here.ca_file) for one in every)
    return Probe(healthy(**topology), EnvSettings(name="prod", domains=(DOMAIN,), probes=probes), unsigned)


def sent(folder: Path, *declared: ProbeSettings, **call: Any) -> list[str]:
    """The lines of the request that a call sends."""
    with site(folder, saying(answer())) as here:
        probe(here, *declared)(call.pop("path", "/orders/health"), **call)
    return here.requests[0].decode().split("\r\n")


def test_an_answer(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer("201 Created", b'{"a": [1]}', "X-Own: yes", RELAYED))) as here:
        got = probe(here)("/orders/health?x=1")
    assert (got.method, got.url) == ("GET", "https://api.example.com/orders/health?x=1")
    assert (got.status, got.text, got.json()) == (201, '{"a": [1]}', {"a": [1]})
    assert got.headers["X-OWN"] == got.headers["x-own"] == "yes"
    assert got.headers.get("nix") is None
    assert (got.failure, got.detail, got.address, got.certificate_names) == ("", "", "127.0.0.1", (DOMAIN,))
    assert got.from_backend
    assert 0 < got.ms < 5000
    assert repr(got).startswith("<GET https://api.example.com/orders/health?x=1: 201 in ")


def test_what_a_declared_probe_lends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_KEY", "s3cret-key")
    headers: Mapping[str, str | EnvVar] = {"x-api-key": EnvVar("ORDERS_KEY"), "accept": "a/b"}
    declared = ProbeSettings(method="POST", path="/orders/health", request_headers=headers, body="{}")
    lines = sent(tmp_path, declared, method="post")
    assert lines[0] == "POST /orders/health HTTP/1.1"
    assert {"x-api-key: s3cret-key", "accept: a/b", "Content-Length: 2"} <= set(lines)
    assert "s3cret-key" not in "".join(sent(tmp_path, declared))  # another method
    assert "s3cret-key" not in "".join(sent(tmp_path, declared, path="/orders", method="POST"))
    own = sent(tmp_path, declared, method="POST", headers={"Accept": "c/d"}, body="")
    assert [one for one in own if one.lower().startswith("accept:")] == ["Accept: c/d"]
    assert "{}" not in own


def test_a_secret_from_the_environment_is_sent_and_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_KEY", "s3cret-key")
    with site(tmp_path, echoing) as here:
        got = probe(here)("/orders", headers={"x-api-key": {"env": "ORDERS_KEY"}})
    assert b"s3cret-key" in here.requests[0]
    assert "s3cret-key" not in f"{got.text} {got.headers['x-seen']} {got!r} {got.headers!r}"
    assert "(masked)" in got.text


@pytest.mark.parametrize(
    ("raw", "made_by"),
    [
        (answer("200 OK", b"{}", RELAYED), True),
        (answer("500 Internal Server Error", b"{}", RELAYED), True),
        (GATEWAY, False),
        (answer("200 OK", b"{}"), None),
    ],
)
def test_who_made_it(tmp_path: Path, raw: bytes, made_by: bool | None) -> None:
    with site(tmp_path, saying(raw)) as here:
        got = probe(here)("/orders")
    if made_by is not None:
        assert got.from_backend is made_by
        return
    with pytest.raises(FactUnknown, match=r"^nothing shows who answered GET https://api.example.com/orders 200"):
        _ = got.from_backend


@pytest.mark.parametrize(("version", "known"), [("1.4.2", True), ("1.4.1", False)])
def test_a_declared_mark_tells_the_backend(tmp_path: Path, version: str, known: bool) -> None:
    declared = ProbeSettings(path="/orders", expect=Expect(json={"version": version}))
    with site(tmp_path, saying(answer("200 OK", b'{"version": "1.4.2"}'))) as here:
        got = probe(here, declared)("/orders")
    if known:
        assert got.from_backend
        return
    with pytest.raises(FactUnknown):
        _ = got.from_backend


def test_a_mark_proves_nothing_where_a_changed_gateway_response_may_answer(tmp_path: Path) -> None:
    changed = Table({API_ID: (GatewayResponse(type="DEFAULT_5XX", status=200),)})
    declared = ProbeSettings(path="/orders", expect=Expect(json={"version": "1.4.2"}))
    with site(tmp_path, saying(answer("200 OK", b'{"version": "1.4.2"}'))) as here:
        got = probe(here, declared, gateway_responses=changed)("/orders")
    with pytest.raises(FactUnknown):
        _ = got.from_backend


def dead(connection: Any, _request: bytes) -> None:
    """Close without an answer."""


@pytest.mark.parametrize(("talk", "failure"), [(dead, "http"), (saying(b"nix\r\n\r\n"), "http")])
def test_no_answer_is_no_status(tmp_path: Path, talk: Talk, failure: str) -> None:
    with site(tmp_path, talk) as here:
        got = probe(here)("/orders")
    assert got.failure == failure
    for asked in ("status", "headers", "text", "from_backend"):
        with pytest.raises(NoAnswer, match=r"^GET https://api.example.com/orders got no answer: http: "):
            getattr(got, asked)
    with pytest.raises(NoAnswer):
        got.json()


def test_a_certificate_for_another_name_is_a_failure(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer()), name="other.example.com") as here:
        got = probe(here)("/orders")
    assert got.failure == "tls"
    assert "other.example.com" in got.detail
    with pytest.raises(NoAnswer, match=r"^an answer has no truth value"):
        bool(got)


def test_no_json(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer("200 OK", b"<html>"))) as here:
        got = probe(here)("/orders")
    with pytest.raises(NoAnswer, match=r"answered 200 <html>, which is no JSON$"):
        got.json()


NOWHERE = Site("127.0.0.1:1", "")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ({"path": "orders"}, NoSuchFact, "path 'orders' does not begin with a slash"),
        (
            {"path": "/orders", "domain": "nix.example.com"},
            NoSuchFact,
            "there is no custom domain 'nix.example.com' here; there is: api.example.com",
        ),
        ({"path": "/orders", "headers": {"a": {"evn": "B"}}}, NoSuchFact, 'a header is a text or {"env": "NAME"}'),
        ({"path": "/orders", "headers": {"a": 5}}, NoSuchFact, 'a header is a text or {"env": "NAME"}'),
        ({"path": "/orders", "headers": {"a": {"env": 5}}}, NoSuchFact, 'a header is a text or {"env": "NAME"}'),
        ({"path": "/orders", "body": b"xx"}, NoSuchFact, "body is a text, not bytes"),
        ({"path": "/orders", "body": {"a": 1}}, NoSuchFact, "body is a text, not dict"),
        ({"path": "/orders", "timeout_s": 0}, NoSuchFact, "timeout_s is a number of seconds above 0"),
        ({"path": "/orders", "timeout_s": float("nan")}, NoSuchFact, "timeout_s is a number of seconds above 0"),
        ({"path": "/orders", "timeout_s": "5"}, NoSuchFact, "timeout_s is a number of seconds above 0"),
        (
            {"path": "/orders", "headers": {"a": {"env": "NOT_SET_AT_ALL"}}},
            NoAnswer,
            "GET https://api.example.com/orders was not sent: the environment variable NOT_SET_AT_ALL is not set",
        ),
        (
            {"path": "/ping"},
            NoAnswer,
            "GET https://api.example.com/ping was not sent: /ping is answered by API Gateway itself on every *",
        ),
    ],
)
def test_what_is_not_sent(call: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        probe(NOWHERE)(**call)
    assert str(caught.value).startswith(words.rstrip("*"))


def test_nobody_there(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer())) as here:
        pass
    assert probe(here)("/orders").failure == "connect"


def test_a_private_domain_is_not_asked_from_outside() -> None:
    private = replace(DOMAIN_NAME, endpoints=(Endpoint(type="PRIVATE"),))
    settings = EnvSettings(name="prod", domains=(DOMAIN,))
    with pytest.raises(NoAnswer, match=r"run from the VPC or set connect_to$"):
        Probe(healthy(domains=by("name", private)), settings, unsigned)("/orders")


def test_without_a_domain_there_is_nobody_to_ask() -> None:
    with pytest.raises(NoSuchFact, match=r"there is no custom domain '' here; there is: none"):
        Probe(healthy(domains=Table()), EnvSettings(name="prod"), unsigned)("/orders")
