"""One request over real TLS: what is sent, what is told of the answer, and where it breaks."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from tests.probes.servers import NAME, Site, Talk, answer, echoing, saying, site
from vpclink_checks.probes.http import Limits
from vpclink_checks.probes.observation import Attempt, Observation, from_json, to_json
from vpclink_checks.probes.plan import ProbeRequest
from vpclink_checks.probes.send import ENOUGH, observe, send
from vpclink_checks.settings import EnvVar, Expect

QUICK = Limits(connect=1.0, whole=0.5)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def request_to(here: Site, **changes: object) -> ProbeRequest:
    fields: dict[str, object] = {"key": "k", "host": NAME, "target": "/orders/health"}
    fields |= {"connect_to": here.place, "ca_file": here.ca_file}
    return ProbeRequest(**{**fields, **changes})  # type: ignore[arg-type]


def seen(folder: Path, talk: Talk, limits: Limits | None = None, **changes: object) -> Observation:
    with site(folder, talk) as here:
        return observe(request_to(here, **changes), limits=limits)


def only(observation: Observation) -> Attempt:
    (attempt,) = observation.attempts
    return attempt


def test_the_request_bears_the_domain_and_the_path_unchanged(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer(body=b'{"ok": true}'))) as here:
        observation = observe(request_to(here, target="/orders/../a%2Fb?x=1", headers={"X-Own": "yes"}))
    raw = here.requests[0].decode()
    assert raw.startswith("GET /orders/../a%2Fb?x=1 HTTP/1.1\r\n")
    assert "\r\nHost: api.example.com\r\n" in raw
    assert "\r\nX-Own: yes\r\n" in raw
    assert here.server_names == [NAME]
    attempt = only(observation)
    assert (attempt.status, attempt.failure, attempt.tls_verified) == (200, "", True)
    assert (attempt.peer_names, attempt.address, attempt.json) == ((NAME,), "127.0.0.1", {"ok": True})
    assert 0 < attempt.ms < 5000


def test_each_attempt_is_a_connection_of_its_own(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer())) as here:
        observation = observe(request_to(here, attempts=4))
    assert len(here.server_names) == len(observation.attempts) == 4


def test_a_body_is_sent_whole(tmp_path: Path) -> None:
    with site(tmp_path, echoing) as here:
        observe(request_to(here, method="POST", body='{"é": 1}'))
    assert b"Content-Length: 9\r\n" in here.requests[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "other.example.com"}, ["Hostname mismatch", "it bears other.example.com"]),
        ({"expired": True}, ["certificate has expired"]),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused(
    tmp_path: Path, changes: dict[str, object], words: list[str]
) -> None:
    with site(tmp_path, saying(answer()), **changes) as here:  # type: ignore[arg-type]
        attempt = only(observe(request_to(here)))
    assert (attempt.failure, attempt.status, attempt.tls_verified) == ("tls", None, False)
    assert all(word in attempt.detail for word in words), attempt.detail
    assert here.requests == []


def test_an_authority_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer())) as here:
        attempt = only(observe(request_to(here, ca_file="")))
    assert attempt.failure == "tls"
    assert "unable to get local issuer" in attempt.detail or "self-signed" in attempt.detail


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        attempt = only(observe(ProbeRequest(key="k", host=NAME, target="/", connect_to=f"127.0.0.1:{port}")))
    assert (attempt.failure, attempt.address) == ("connect", "127.0.0.1")
    assert attempt.detail == f"no connection to 127.0.0.1:{port}: Connection refused"


def test_a_name_that_does_not_resolve() -> None:
    attempt = only(observe(ProbeRequest(key="k", host="a..b", target="/")))
    assert attempt.failure == "dns"
    assert "a..b does not resolve" in attempt.detail


def silent(connection: ssl.SSLSocket, _request: bytes) -> None:
    while connection.recv(1024):
        pass


def trickling(connection: ssl.SSLSocket, _request: bytes) -> None:
    """Headers without an end, each quick enough for any timeout of a single read."""
    pause = threading.Event()
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not pause.wait(0.05):
        connection.sendall(b"X-More: and more\r\n")


@pytest.mark.parametrize("talk", [silent, trickling])
def test_an_answer_that_does_not_end_in_time(tmp_path: Path, talk: Talk) -> None:
    attempt = only(seen(tmp_path, talk, QUICK))
    assert attempt.failure == "timeout"
    assert "0.5 s" in attempt.detail
    assert attempt.ms < 3000


def test_a_server_that_never_shakes_hands() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        attempt = only(observe(ProbeRequest(key="k", host=NAME, target="/", connect_to=place), limits=QUICK))
    assert attempt.failure == "timeout"
    assert "handshake" in attempt.detail


def test_a_probe_that_never_gets_an_answer_ends_early(tmp_path: Path) -> None:
    assert len(seen(tmp_path, silent, Limits(connect=1, whole=0.1), attempts=20).attempts) == ENOUGH


def test_a_probe_ends_with_its_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vpclink_checks.probes.send.BUDGET_S", 0.0)
    assert len(seen(tmp_path, saying(answer()), attempts=20).attempts) == 1


@pytest.mark.parametrize(
    ("raw", "failure", "word"),
    [
        (b"", "http", "without an answer"),
        (b"SSH-2.0-x\r\n", "http", "no HTTP"),
        (answer(body=b"x" * 999)[:-9], "http", "IncompleteRead"),
    ],
)
def test_what_is_no_answer(tmp_path: Path, raw: bytes, failure: str, word: str) -> None:
    attempt = only(seen(tmp_path, saying(raw)))
    assert (attempt.failure, attempt.tls_verified) == (failure, True)
    assert word in attempt.detail


def test_redirects_are_told_and_not_followed(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer("302 Found", b"", "Location: http://10.0.1.20:10000/"))) as here:
        attempt = only(observe(request_to(here)))
    assert (attempt.status, attempt.headers["location"]) == (302, "http://10.0.1.20:10000/")
    assert len(here.requests) == 1


def test_a_huge_body_is_cut(tmp_path: Path) -> None:
    attempt = only(seen(tmp_path, saying(answer(body=b"x" * 300_000))))
    assert (attempt.status, len(attempt.body)) == (200, 64 * 1024)


SECRET = 'Tok"en+/1234567890='


def test_a_secret_is_sent_and_masked_wherever_it_is_echoed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_TOKEN", f"Bearer {SECRET}")
    headers = {"Authorization": EnvVar("ORDERS_TOKEN")}
    with site(tmp_path, echoing) as here:
        observation = observe(request_to(here, headers=headers))
    assert f"Authorization: Bearer {SECRET}".encode() in here.requests[0]
    assert observation.credentials
    kept = str(to_json([observation])) + repr(observation)
    assert SECRET not in kept
    assert "(masked)" in only(observation).body


def test_a_secret_is_masked_in_other_spellings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", SECRET)
    body = f"{json.dumps({'echo': SECRET})} {quote(SECRET, safe='')}".encode()
    attempt = only(seen(tmp_path, saying(answer(body=body)), headers={"x-api-key": EnvVar("KEY")}))
    assert attempt.body == '{"echo": "(masked)"} (masked)'


def test_a_secret_at_the_cut_leaves_no_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "S" * 400)
    body = b"x" * (64 * 1024 - 200) + b"S" * 400
    attempt = only(seen(tmp_path, saying(answer(body=body)), headers={"x-api-key": EnvVar("KEY")}))
    assert "S" not in attempt.body


def test_cookies_of_the_answer_are_not_kept(tmp_path: Path) -> None:
    attempt = only(seen(tmp_path, saying(answer("200 OK", b"", "Set-Cookie: session=abcdef"))))
    assert "abcdef" not in repr(attempt)


def test_a_variable_that_is_not_set_is_named_and_nothing_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ORDERS_KEY", raising=False)
    with site(tmp_path, echoing) as here:
        attempt = only(observe(request_to(here, headers={"x-api-key": EnvVar("ORDERS_KEY")})))
    assert (attempt.failure, attempt.detail) == ("config", "the environment variable ORDERS_KEY is not set")
    assert here.server_names == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"headers": {"x-api-key": EnvVar("KEY")}}, "x-api-key"),
        ({"headers": {"bad name": "x"}}, "bad name"),
        ({"connect_to": "127.0.0.1:notaport"}, "connect_to"),
        ({"ca_file": "no-such.pem"}, "no-such.pem"),
        ({"client_cert": "no-such-cert.pem"}, "no-such-cert.pem"),
        ({"auth": "sigv4"}, "sigv4"),
    ],
)
def test_what_cannot_be_sent_says_why(monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], word: str) -> None:
    monkeypatch.setenv("KEY", "first\r\nX-Second: injected-value")
    fields: dict[str, object] = {"key": "k", "host": NAME, "target": "/", "connect_to": "127.0.0.1:1", **changes}
    attempt = only(observe(ProbeRequest(**fields)))  # type: ignore[arg-type]
    assert attempt.failure == "config"
    assert word in attempt.detail
    assert "injected-value" not in attempt.detail


def test_sigv4_headers_come_from_the_signer_and_are_masked(tmp_path: Path) -> None:
    with site(tmp_path, echoing) as here:
        observation = observe(
            request_to(here, auth="sigv4"),
            signer=lambda method, url, _headers, body: {"Authorization": f"AWS4 {method} {url} {len(body)} signature"},
        )
    assert b"Authorization: AWS4 GET https://api.example.com/orders/health 0 signature" in here.requests[0]
    assert "AWS4 GET" not in only(observation).body


def test_a_client_certificate_with_its_key_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = trustme.CA()
    certificate = clients.issue_cert("client.example.com")
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "client.pem"))
    monkeypatch.setenv("CLIENT_KEY", certificate.private_key_pem.bytes().decode())
    with site(tmp_path, saying(answer()), client_ca=clients) as here:
        mine = {"client_cert": str(tmp_path / "client.pem"), "client_key": EnvVar("CLIENT_KEY")}
        assert only(observe(request_to(here, **mine))).status == 200
        refused = only(observe(request_to(here)))
    assert (refused.failure, refused.status) == ("tls", None) or refused.failure == "http"


@contextmanager
def proxy(status: bytes = b"200 OK") -> Iterator[tuple[str, list[bytes]]]:
    """A CONNECT proxy on loopback that leads every name to the port asked for, on loopback."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_proxied, args=(listener, status, asked))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked
        thread.join()


def _proxied(listener: socket.socket, status: bytes, asked: list[bytes]) -> None:
    client, _ = listener.accept()
    with client:
        asked.append(client.recv(65536))
        client.sendall(b"HTTP/1.1 " + status + b"\r\n\r\n")
        if not status.startswith(b"200"):
            return
        port = int(asked[0].split(b" ")[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            back = threading.Thread(target=_copy, args=(upstream, client))
            back.start()
            _copy(client, upstream)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_a_proxy_is_used_reported_and_its_password_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with site(tmp_path, saying(answer())) as here, proxy() as (place, asked):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:pa%20ss@{place}")
        port = here.place.rpartition(":")[2]
        observation = observe(request_to(here, connect_to=f"{NAME}:{port}"))
    assert only(observation).status == 200
    assert observation.via_proxy
    assert asked[0].startswith(f"CONNECT {NAME}:{port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic bWU6cGEgc3M=\r\n" in asked[0]
    assert "pa ss" not in repr(observation)


def test_a_proxy_that_refuses_says_nothing_of_the_other_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(b"407 Proxy Authentication Required") as (place, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret-word@{place}")
        attempt = only(observe(ProbeRequest(key="k", host=NAME, target="/")))
    assert attempt.failure == "local"
    assert "407" in attempt.detail
    assert "secret-word" not in attempt.detail


def test_loopback_is_never_asked_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:3128")
    observation = seen(tmp_path, saying(answer()))
    assert (only(observation).status, observation.via_proxy) == (200, False)


def test_expectations_are_told_with_their_share(tmp_path: Path) -> None:
    turns = iter((b'{"version": "1.4.2"}', b'{"version": "1.4.1"}'))

    def talk(connection: ssl.SSLSocket, _request: bytes) -> None:
        connection.sendall(answer("200 OK", next(turns), "X-Backend: orders-7"))

    wanted = Expect(status=(200,), json={"version": "1.4.2"}, header={"X-Backend": "orders-.*"}, body="version")
    observation = seen(tmp_path, talk, attempts=2, expect=wanted)
    assert observation.unmet == ('JSON field version is "1.4.1" instead of "1.4.2" (1 of 2 answers)',)
    assert observation.marked
    assert observation.expected_status == (200,)


def test_what_was_seen_survives_json(tmp_path: Path) -> None:
    with site(tmp_path, saying(answer(body=b'{"a": [1]}'))) as here:
        found = send([request_to(here, expect=Expect(status=(204,), max_ms=10)), request_to(here, key="other")])
    assert set(found) == {"k", "other"}
    assert from_json(json.loads(json.dumps(to_json(found.values())))) == found


def test_what_is_skipped_is_not_sent() -> None:
    observation = observe(ProbeRequest(key="k", host=NAME, target="/", skipped="because"))
    assert (observation.attempts, observation.skipped) == ((), "because")
