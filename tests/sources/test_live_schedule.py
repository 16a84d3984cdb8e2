"""What is sent when, within which limits, and until when."""

from __future__ import annotations

import gc
import http.server
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.moto_stack.server import Fault, Stand
from tests.sources.demo_facts import SETTINGS, demo
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import LIMITS, TABLE, wanted
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.live import session
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.sources.live.common import Common, DeadlineError
from vpclink_checks.sources.live.schedule import budget_of, next_calls
from vpclink_checks.sources.live.session import make_client, open_session
from vpclink_checks.sources.rows import Params, Row

CLUSTER = "arn:aws:ecs:eu-west-2:123456789012:cluster/prod"


def described(count: int) -> Call:
    return Call("ecs", "DescribeServices", {"cluster": CLUSTER, "services": [f"s{number}" for number in range(count)]})


LISTING = Call("ecs", "ListServices", {"cluster": CLUSTER})
CLUSTERS = Call("ecs", "ListClusters")
VPCS = Call("ec2", "DescribeVpcs")


@pytest.mark.parametrize(
    ("open_calls", "in_flight", "sent"),
    [
        ([described(3)], [], [described(3)]),
        ([described(3)], [VPCS], [described(3)]),
        ([described(3)], [LISTING], []),  # another page of services may come
        ([described(10)], [LISTING], [described(10)]),  # nothing more fits in
        ([described(3)], [CLUSTERS], []),  # a cluster may come, and with it services
        ([described(3), LISTING], [], [LISTING]),  # it is still to be asked
        ([LISTING], [CLUSTERS], [LISTING]),  # no batch: never waits
    ],
)
def test_a_batch_waits_for_what_may_fill_it(open_calls: list[Call], in_flight: list[Call], sent: list[Call]) -> None:
    assert next_calls(open_calls, in_flight) == sent


def test_what_leads_on_goes_first() -> None:
    closing = [Call("apigateway", "GetDeployments", {"restApiId": str(number)}) for number in range(5)]
    leading = [Call("apigateway", "GetResources", {"restApiId": str(number)}) for number in range(2)]
    assert next_calls([*closing, *leading], []) == [*leading, closing[0]]


def _some(row: Row) -> Call:
    params: Params = {}
    if row.batch is not None:
        field = {row.batch.key: "vpc-id"} if row.batch.key in ("Filters", "filter") else {}
        params = row.batch.join(field, ["one"])
    return Call(row.service, row.operation, params)


ANY = st.sampled_from(TABLE).map(_some)


@given(st.lists(ANY, max_size=40), st.lists(ANY, max_size=10))
def test_limits_hold_and_something_always_moves(open_calls: list[Call], flying: list[Call]) -> None:
    sent = next_calls(open_calls, flying)
    at_once = Counter(budget_of(call) for call in (*sent, *flying))
    before = Counter(budget_of(call) for call in flying)
    assert all(count <= max(LIMITS[budget], before[budget]) for budget, count in at_once.items())
    assert sent or flying or not open_calls
    assert not Counter(call.key for call in sent) - Counter(call.key for call in open_calls)


def test_every_feeder_is_in_the_table() -> None:
    names = {row.name for row in TABLE}
    assert {name for row in TABLE if row.batch for name in row.batch.after} <= names


@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_answers_come_the_same_is_asked(seed: int) -> None:
    """One at a time, in an order of its own: the calls are those of asking in rounds."""
    facts, flying = Facts(), list[Call]()
    while True:
        flying += next_calls(wanted(facts, SETTINGS, in_flight=flying), flying)
        if not flying:
            break
        call = flying.pop(hash((seed, len(facts))) % len(flying))
        facts.add(demo().facts.get(call) or Answer(call, response={}))
    assert {one.call.key for one in facts} == {one.call.key for one in demo().facts}


def _settings(stand: Stand, name: str = "prod") -> EnvSettings:
    return EnvSettings(name=name, region="eu-west-2", domains=("api.example.com",), endpoint_url=stand.url)


@pytest.mark.usefixtures("aws")
def test_what_is_not_read_in_time_is_a_gap(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ATTEMPTS", 1)  # the call that is given up must not go on beside later tests
    monkeypatch.setattr(session, "READ_S", 6)
    with stand.failing(ec2_DescribeVpcs=Fault(late_s=30)), Common(seconds=3) as common:
        recording = collect(_settings(stand), common=common)
    gaps = {one.call.name: one.gap for one in recording.facts if one.gap}
    assert "ec2:DescribeVpcs" in gaps
    gap = gaps["ec2:DescribeVpcs"]
    assert gap is not None
    assert (gap.code, gap.action) == ("Deadline", "ec2:DescribeVpcs")
    assert "collecting ends after 3 s" in gap.message


@pytest.mark.usefixtures("aws")
def test_no_time_at_all_leaves_gaps_and_ends(stand: Stand) -> None:
    common = Common(seconds=60)
    asked: list[str] = []

    def over(text: str) -> None:
        asked.append(text)
        common.end()

    recording = collect(_settings(stand), common=common, progress=over)
    assert {one.gap.code for one in recording.facts if one.gap} == {"Deadline"}
    assert len(asked) < 10


@pytest.mark.usefixtures("aws")
def test_nothing_is_sent_once_the_time_is_over(stand: Stand) -> None:
    with Common() as common:
        client = make_client(open_session(_settings(stand), common), _settings(stand), "sts", "eu-west-2", common)
        client.get_caller_identity()
        common.end()
        with pytest.raises(DeadlineError, match="the run was broken off, and this was not read by then"):
            client.get_caller_identity()
    assert stand.calls == Counter({"sts:GetCallerIdentity": 1})


def test_environments_of_one_account_share_its_limits() -> None:
    with Common() as common:
        assert common.pool("123456789012", "apigateway") is common.pool("123456789012", "apigateway")
        assert common.pool("123456789012", "apigateway") is not common.pool("111122223333", "apigateway")


def test_garbage_is_collected_again_afterwards() -> None:
    with Common():
        assert not gc.isenabled()
    assert gc.isenabled()


class _Sts(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = (
            b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
            b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def tls_site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(address, CA file) of a server that answers GetCallerIdentity over TLS, a connection a request."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Sts)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", tmp_path / "ca.pem"
    server.shutdown()
    thread.join()
    server.server_close()


# In a process of its own: moto, once imported, hooks itself in where requests are sent.
SHARED = """
import ssl, sys
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.live.common import Common, DeadlineError
from vpclink_checks.sources.live.session import make_client, open_session

loads = []
load = ssl.SSLContext.load_verify_locations
ssl.SSLContext.load_verify_locations = lambda self, *given, **named: (loads.append(1), load(self, *given, **named))[1]
env = EnvSettings(name="prod", region="eu-west-2", endpoint_url=sys.argv[1])
with Common() as common:
    for _ in range(3):
        client = make_client(open_session(env, common), env, "sts", "eu-west-2", common)
        for _ in range(3):
            assert client.get_caller_identity()["Account"] == "123456789012"
print(len(loads))
"""


def _run(script: str, url: str, ca_file: Path | None) -> subprocess.CompletedProcess[str]:
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "PATH": "/usr/bin"}
    trust = {"AWS_CA_BUNDLE": str(ca_file)} if ca_file else {}
    return subprocess.run(
        [sys.executable, "-c", script, url], env=keys | trust, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_ca_bundle_is_read_once_for_all_connections(tls_site: tuple[str, Path]) -> None:
    done = _run(SHARED, *tls_site)
    assert (done.stdout.strip(), done.stderr) == ("1", "")


def test_a_server_that_nobody_vouches_for_is_not_believed(tls_site: tuple[str, Path]) -> None:
    done = _run(SHARED, tls_site[0], None)
    assert done.returncode != 0
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
