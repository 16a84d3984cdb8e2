"""The parts of the live source without a stack: pages, guard, threads, signatures, and runs that cannot start."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.exceptions import PaginationError
from hypothesis import given
from hypothesis import strategies as st

from tests.moto_stack.server import Stand
from tests.sources.demo_facts import answers
from vpclink_checks.errors import CollectError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ALLOWED, ROWS, TABLE
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.live import session
from vpclink_checks.sources.live.asking import Asking, answer
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.sources.live.common import Common
from vpclink_checks.sources.live.guard import CREDENTIALS, RefusedError
from vpclink_checks.sources.live.paging import fetch
from vpclink_checks.sources.live.session import make_client, open_session
from vpclink_checks.sources.live.signing import signer
from vpclink_checks.sources.rows import Row

ENV = EnvSettings(name="prod", region="eu-west-2", domains=("api.example.com",))
PAGED = [row for row in TABLE if row.paging and row.operation != "ListResourceRecordSets"]


class Pager:
    """A client whose one method hands out its items a page at a time, as the row says that AWS does."""

    def __init__(self, row: Row, items: list[Any], at_once: int) -> None:
        assert row.paging is not None
        self.paging, self.items, self.at_once = row.paging, items, at_once
        self.asked: list[dict[str, Any]] = []

    def __getattr__(self, _name: str) -> Callable[..., dict[str, Any]]:
        return self._page

    def _page(self, **params: Any) -> dict[str, Any]:
        self.asked.append(params)
        start = int(params.get(self.paging.token_in[0], "0").removeprefix("t"))
        end = start + self.at_once
        page: dict[str, Any] = {self.paging.items: self.items[start:end], "ResponseMetadata": {}}
        if self.paging.more:
            page[self.paging.more] = end < len(self.items)
        if end < len(self.items):
            page[self.paging.token_out[0]] = f"t{end}"
        return {self.paging.inside: page} if self.paging.inside else page


@pytest.mark.parametrize("row", PAGED, ids=lambda row: row.name)
@pytest.mark.parametrize(("count", "requests"), [(0, 1), (3, 1), (4, 2), (10, 4)])
def test_every_page_is_asked_for_and_joined(row: Row, count: int, requests: int) -> None:
    assert row.paging is not None
    pager = Pager(row, [f"item{number}" for number in range(count)], at_once=3)
    joined, made = fetch(pager, row, Call(row.service, row.operation, {"about": "this"}))
    items = joined[row.paging.inside] if row.paging.inside else joined
    assert items[row.paging.items] == pager.items
    assert set(items) - {"ResponseMetadata", row.paging.more} == {row.paging.items}
    assert made == requests == len(pager.asked)
    assert all(params["about"] == "this" for params in pager.asked)
    assert {params.get(row.paging.size_key) for params in pager.asked if row.paging.size_key} <= {row.paging.size}


@given(st.lists(st.integers(), max_size=60), st.integers(1, 9))
def test_no_item_is_lost_or_doubled(items: list[int], at_once: int) -> None:
    row = ROWS["ecs", "ListTasks"]
    joined, _ = fetch(Pager(row, items, at_once), row, Call("ecs", "ListTasks"))
    assert joined["taskArns"] == items


class Records:
    """Route 53's listing: from the name on, to the end of the zone, two at a time."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.asked = names, 0

    def list_resource_record_sets(self, **params: Any) -> dict[str, Any]:
        self.asked += 1
        start = self.names.index(params["StartRecordName"])
        if "StartRecordIdentifier" in params:
            start += int(params["StartRecordIdentifier"])
        shown = self.names[start : start + 2]
        more = start + 2 < len(self.names)
        page: dict[str, Any] = {
            "ResourceRecordSets": [{"Name": one} for one in shown],
            "IsTruncated": more,
            "MaxItems": "20",
        }
        if more:
            following = self.names[start + 2]
            first = self.names.index(following)
            page |= {"NextRecordName": following, "NextRecordIdentifier": str(start + 2 - first)}
        return page


@pytest.mark.parametrize(
    ("same", "asked"),
    [(1, 1), (2, 2), (5, 3)],
)
def test_records_are_read_to_the_end_of_the_name_and_not_of_the_zone(same: int, asked: int) -> None:
    zone = Records(["api.example.com."] * same + [f"x{number}.example.com." for number in range(40)])
    row, call = (
        ROWS["route53", "ListResourceRecordSets"],
        Call("route53", "ListResourceRecordSets", {"StartRecordName": "api.example.com."}),
    )
    joined, _ = fetch(zone, row, call)
    assert sum(one["Name"] == "api.example.com." for one in joined["ResourceRecordSets"]) == same
    assert zone.asked == asked
    assert set(joined) == {"ResourceRecordSets", "MaxItems"}


def test_a_server_that_gives_the_same_page_for_ever_is_left() -> None:
    class Stuck:
        def list_tasks(self, **_: Any) -> dict[str, Any]:
            return {"taskArns": ["a"], "nextToken": "again"}

    with pytest.raises(PaginationError):
        fetch(Stuck(), ROWS["ecs", "ListTasks"], Call("ecs", "ListTasks"))


def test_an_operation_that_this_botocore_lacks_is_a_gap() -> None:
    class Old:
        class meta:  # noqa: N801 - boto3's spelling
            class service_model:  # noqa: N801
                operation_names = ("GetDomainName",)

    gap = answer(Old(), Call("apigatewayv2", "ListRoutingRules", {"DomainName": "d"})).gap
    assert gap is not None
    assert gap.code == "FieldNotInModel"
    assert gap.action == "apigateway:ListRoutingRules"


@pytest.mark.usefixtures("aws")
def test_a_parameter_that_this_botocore_lacks_is_a_gap(stand: Stand) -> None:
    client = make_client(open_session(ENV), _at(stand), "ec2", "eu-west-2")
    gap = answer(client, Call("ec2", "DescribeVpcs", {"NotYetInvented": "x"})).gap
    assert gap is not None
    assert gap.code == "FieldNotInModel"
    assert not stand.calls


def _at(stand: Stand) -> EnvSettings:
    return EnvSettings(name="prod", region="eu-west-2", domains=("api.example.com",), endpoint_url=stand.url)


RECORD = {"Name": "api.example.com", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.1"}]}
CHANGES = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": RECORD}]}
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}),
    ("ec2", "authorize_security_group_ingress", {"GroupId": "sg-1", "IpPermissions": []}),
    ("ec2", "describe_images", {}),
    ("elbv2", "delete_load_balancer", {"LoadBalancerArn": "a"}),
    ("ecs", "update_service", {"service": "orders"}),
    ("apigateway", "test_invoke_method", {"restApiId": "a", "resourceId": "r", "httpMethod": "GET"}),
    ("apigatewayv2", "delete_api", {"ApiId": "a"}),
    ("route53", "change_resource_record_sets", {"HostedZoneId": "Z", "ChangeBatch": CHANGES}),
    ("acm", "delete_certificate", {"CertificateArn": "arn:aws:acm:eu-west-2:123456789012:certificate/1"}),
    ("autoscaling", "set_desired_capacity", {"AutoScalingGroupName": "g", "DesiredCapacity": 0}),
    ("sts", "get_session_token", {}),
    ("iam", "list_users", {}),
]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(("service", "method", "params"), WRITES, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_not_in_the_table_is_refused_and_nothing_is_sent(
    stand: Stand, service: str, method: str, params: dict[str, Any]
) -> None:
    client = open_session(ENV).create_client(service, region_name="eu-west-2", endpoint_url=stand.url)
    with pytest.raises(RefusedError, match="is not in the table of calls: nothing was sent"):
        getattr(client, method)(**params)
    assert not stand.calls


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("service", sorted({row.service for row in TABLE}))
def test_the_guard_knows_every_operation_of_every_service(service: str) -> None:
    """Asked of the very handler that a client would ask, with the model it would give."""
    guarded = open_session(ENV)
    model = guarded.get_service_model(service)
    for name in model.operation_names:
        try:
            guarded.emit("before-call", model=model.operation_model(name), params={"headers": {}})
            let_through = True
        except RefusedError:
            let_through = False
        assert let_through is ((service, name) in ALLOWED | CREDENTIALS), name


def test_credentials_are_got_and_nothing_is_changed() -> None:
    assert not CREDENTIALS & ALLOWED
    assert {name for _, name in CREDENTIALS} <= {
        "AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken", "CreateOAuth2Token",
    }  # fmt: skip


@pytest.mark.usefixtures("aws")
def test_clients_are_made_once_and_where_the_call_belongs(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []

    def counting(*args: Any, **kwargs: Any) -> Any:
        made.append((args[2], args[3]))
        return make_client(*args, **kwargs)

    monkeypatch.setattr("vpclink_checks.sources.live.asking.make_client", counting)
    calls = [Call("ec2", "DescribeVpcs"), Call("ecs", "ListClusters"), Call("ec2", "DescribeSubnets")]
    edge = Call("acm", "DescribeCertificate", {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"})
    given: list[Call] = []
    with Common() as common:
        asking = Asking(open_session(ENV, common), _at(stand), "123456789012", common)
        asking.start([*calls, edge])
        while asking.in_flight:
            given += [one.call for one in asking.answers()]
    assert sorted(one.name for one in given) == sorted(one.name for one in [*calls, edge])
    assert sorted(made) == [("acm", "us-east-1"), ("ec2", "eu-west-2"), ("ecs", "eu-west-2")]


def one_line(settings: EnvSettings, *, within_s: float = 8) -> str:
    """The line with which collecting ends."""
    started = time.monotonic()
    with pytest.raises(CollectError) as caught:
        collect(settings)
    assert time.monotonic() - started < within_s
    line = str(caught.value)
    assert line.startswith("env.prod: ")
    assert "\n" not in line
    return line


@pytest.mark.usefixtures("no_aws")
def test_no_credentials() -> None:
    assert "no AWS credentials were found: set profile or role_arn" in one_line(ENV)


@pytest.mark.usefixtures("no_aws")
def test_a_profile_that_is_not_there() -> None:
    line = one_line(EnvSettings(name="prod", region="eu-west-2", profile="nowhere"))
    assert "The config profile (nowhere) could not be found: aws configure list-profiles" in line


@pytest.mark.usefixtures("no_aws")
def test_half_of_the_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    assert "the AWS credentials cannot be used: Partial credentials found in env" in one_line(ENV)


@pytest.mark.usefixtures("no_aws")
def test_a_login_that_was_never_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = "[profile sso]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = audit\n"
    config += "[sso-session s]\nsso_start_url = https://example.com/start\nsso_region = eu-west-2\n"
    (tmp_path / "config").write_text(config, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    line = one_line(EnvSettings(name="prod", region="eu-west-2", profile="sso"))
    assert "the SSO login has expired or was never made: run aws sso login --profile sso" in line


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ("http://127.0.0.1:9", 'AWS cannot be reached: Could not connect to the endpoint URL: "http://127.0.0.1:9/"'),
        ("no-address", "AWS cannot be asked: Invalid endpoint: no-address"),
        ("http://", "AWS cannot be asked: Invalid endpoint"),
    ],
)
def test_an_endpoint_that_is_not_there(endpoint: str, says: str) -> None:
    assert says in one_line(EnvSettings(name="prod", region="eu-west-2", endpoint_url=endpoint))


@pytest.mark.usefixtures("aws")
def test_a_region_that_cannot_be_one() -> None:
    assert "region" in one_line(EnvSettings(name="prod", region="not a region"))


@pytest.mark.usefixtures("aws")
def test_a_stand_in_on_this_machine_is_never_asked_through_a_proxy(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = make_client(open_session(ENV), _at(stand), "sts", "eu-west-2", attempts=1)
    assert client.get_caller_identity()["Account"] == "123456789012"


@pytest.mark.usefixtures("aws")
def test_how_patient_calls_are() -> None:
    config = make_client(open_session(ENV), ENV, "ecs", "eu-west-2").meta.config
    assert (config.connect_timeout, config.read_timeout) == (session.CONNECT_S, session.READ_S)
    assert config.retries["mode"] == "adaptive"
    assert config.max_pool_connections == 8


def _expected(method: str, url: str, headers: Mapping[str, str], body: bytes, stamp: str) -> str:
    """SigV4 as AWS documents it, written out (Signature Version 4, create a signed request)."""
    parts = urlsplit(url)
    query = "&".join(
        f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    signed = {name.lower(): value for name, value in headers.items()} | {"host": parts.netloc, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            method,
            quote(parts.path, safe="/~"),
            query,
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{stamp[:8]}/eu-west-2/execute-api/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4example"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", "https://api.example.com/orders/health", b""),
        ("GET", "https://api.example.com/orders/a%20b?z=1&a=%2F", b""),
        ("POST", "https://api.example.com/orders", b'{"n": 1}'),
    ],
)
def test_a_probe_is_signed_as_aws_documents_it(method: str, url: str, body: bytes) -> None:
    headers = {"content-type": "application/json", "user-agent": "probe", "accept": "*/*"}
    added = signer(ENV)(method, url, headers, body)
    assert re.fullmatch(r"\d{8}T\d{6}Z", added["X-Amz-Date"])
    assert added["X-Amz-Date"][:8] == datetime.now(UTC).strftime("%Y%m%d")
    signed = {"content-type": "application/json"}
    assert added["Authorization"] == _expected(method, url, signed, body, added["X-Amz-Date"])
    assert set(added) == {"Authorization", "X-Amz-Date"}


@pytest.mark.usefixtures("no_aws")
def test_without_credentials_there_is_no_signer() -> None:
    with pytest.raises(CollectError, match="no AWS credentials were found"):
        signer(ENV)


def test_the_demo_s_answers_are_of_operations_in_the_table() -> None:
    assert {(one.call.service, one.call.operation) for one in answers()} <= ALLOWED
