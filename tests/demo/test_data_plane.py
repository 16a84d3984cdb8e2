"""The demo's data plane over its real sockets: the gateway's answers, the load balancer's habits."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from vpclink_checks.demo.answers import TABLE
from vpclink_checks.demo.data_plane import Running
from vpclink_checks.demo.wire import API_PORT, HOST_A, HOST_B, REGISTERED, STATUS_PORT, Plane
from vpclink_checks.probes.observation import Attempt
from vpclink_checks.probes.plan import ProbeRequest
from vpclink_checks.probes.send import observe

DOMAIN = "api.example.com"


def ask(plane: Running, target: str, *, method: str = "GET", attempts: int = 1, **headers: str) -> tuple[Attempt, ...]:
    request = ProbeRequest(
        key="k",
        host=DOMAIN,
        target=target,
        method=method,
        headers=headers,
        attempts=attempts,
        connect_to=plane.connect_to,
        ca_file=plane.ca_file,
    )
    return observe(request).attempts


def instances(attempts: tuple[Attempt, ...]) -> Counter[str]:
    return Counter(one.headers.get("x-backend", str(one.status)) for one in attempts)


def test_it_starts_within_a_second_and_leaves_no_thread() -> None:
    before = threading.active_count()
    started = time.monotonic()
    with Running(Plane()) as plane:
        took = time.monotonic() - started
        assert ask(plane, "/orders/health")[0].status == 200
    assert took < 1
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("method", "target", "row"),
    [
        ("GET", "/", "forbidden"),
        ("GET", "/ordersandmore", "forbidden"),
        ("POST", "/orders", "missing-token"),
        ("POST", "/hello", "missing-token"),
        ("GET", "/hello/you", "lambda"),
    ],
)
def test_what_the_gateway_answers_by_itself(method: str, target: str, row: str) -> None:
    with Running(Plane()) as plane:
        (attempt,) = ask(plane, target, method=method)
    expected = TABLE[row].answer
    assert (attempt.status, attempt.body.encode()) == (expected.status, expected.body)
    assert attempt.headers.get("x-amzn-errortype") == expected.headers.get("x-amzn-ErrorType")
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(attempt.headers)
    assert not [name for name in attempt.headers if name.startswith("x-amzn-remapped-")]


def test_another_host_header_meets_no_mapping() -> None:
    with Running(Plane()) as plane:
        (attempt,) = ask(plane, "/orders", Host="other.example.com")
    assert attempt.json == {"message": "Forbidden"}


@pytest.mark.parametrize(
    ("target", "seen"), [("/orders", "/"), ("/orders/a/b?x=1", "/a/b"), ("/orders/status", "/status")]
)
def test_a_relayed_answer_is_the_backends_with_remapped_headers(target: str, seen: str) -> None:
    with Running(Plane(version="9.9.9")) as plane:
        (attempt,) = ask(plane, target)
    assert isinstance(attempt.json, dict)
    assert (attempt.json["path"], attempt.json["version"]) == (seen, "9.9.9")
    remapped = {name for name in attempt.headers if name.startswith("x-amzn-remapped-")}
    assert remapped == {f"x-amzn-remapped-{name}" for name in ("connection", "content-length", "date")}
    assert {"x-amzn-requestid", "x-amz-apigw-id"} <= set(attempt.headers)


def test_every_row_of_the_answer_table_names_its_source() -> None:
    assert all(len(row.source) > 20 and row.when for row in TABLE.values())


def test_callers_meet_both_zones_in_turn() -> None:
    with Running(Plane()) as plane:
        assert instances(ask(plane, "/orders/health", attempts=6)) == {HOST_A: 3, HOST_B: 3}


def test_a_zone_without_a_healthy_target_gets_no_callers() -> None:
    with Running(Plane(dead=frozenset({(HOST_B, API_PORT)}))) as plane:
        assert instances(ask(plane, "/orders/health", attempts=6)) == {HOST_A: 6}
        assert instances(ask(plane, "/orders/status", attempts=6)) == {HOST_A: 3, HOST_B: 3}


def test_without_any_healthy_target_it_fails_open() -> None:
    slow = frozenset((host, API_PORT) for host in (HOST_A, HOST_B))
    with Running(Plane(slow=slow)) as plane:
        assert not any(plane.balancer.healthy(API_PORT, place) for place in slow)
        assert instances(ask(plane, "/orders/health", attempts=6)) == {HOST_A: 3, HOST_B: 3}


def test_failing_open_meets_a_dead_backend() -> None:
    dead = frozenset((host, STATUS_PORT) for host in (HOST_A, HOST_B))
    with Running(Plane(dead=dead)) as plane:
        (attempt,) = ask(plane, "/orders/status")
    assert (attempt.status, attempt.json) == (500, {"message": "Internal server error"})


def test_vanishing_packets_end_in_a_timeout() -> None:
    with Running(Plane(traffic_dropped=frozenset({(HOST_B, API_PORT)}))) as plane:
        assert plane.balancer.healthy(API_PORT, (HOST_B, API_PORT))
        assert instances(ask(plane, "/orders/health", attempts=4)) == {HOST_A: 2, "504": 2}


@pytest.mark.parametrize(
    "plane",
    [Plane(registered={API_PORT: REGISTERED[API_PORT]}), Plane(registered={**REGISTERED, STATUS_PORT: ()})],
    ids=["no listener", "no targets"],
)
def test_a_port_that_leads_nowhere(plane: Plane) -> None:
    with Running(plane) as running:
        (attempt,) = ask(running, "/orders/status")
    assert attempt.status == 500
    assert attempt.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_a_proxy_header_passes_a_tcp_check_and_breaks_http() -> None:
    with Running(Plane(proxy_protocol=frozenset({API_PORT, STATUS_PORT}))) as plane:
        assert plane.balancer.healthy(STATUS_PORT, (HOST_A, STATUS_PORT))
        assert not plane.balancer.healthy(API_PORT, (HOST_A, API_PORT))
        assert ask(plane, "/orders/status")[0].status == 500


def test_a_canary_takes_every_second_request_of_a_path() -> None:
    with Running(Plane(canary="internal")) as plane:
        assert [one.status for one in ask(plane, "/orders/health", attempts=4)] == [200, 500, 200, 500]


@pytest.mark.parametrize(("certificate", "word"), [("expired", "has expired"), ("other-name", "Hostname mismatch")])
def test_certificates_that_do_not_hold(certificate: str, word: str) -> None:
    with Running(Plane(certificate=certificate)) as plane:
        (attempt,) = ask(plane, "/orders")
    assert (attempt.failure, word in attempt.detail) == ("tls", True)
