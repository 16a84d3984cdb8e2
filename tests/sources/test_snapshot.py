"""Snapshots: the same facts give the same bytes, what was refused stays refused, a bad file is one line."""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.demo_facts import SNAPSHOT, answers, demo, refused
from vpclink_checks.errors import SourceError
from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.snapshot import plain, read, write

TAKEN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def recording(*facts: Answer) -> Recording:
    return Recording("123456789012", "eu-west-2", TAKEN, Facts(facts))


@pytest.mark.parametrize("name", ["facts.json", "facts.json.gz"])
def test_written_and_read_it_is_the_same(tmp_path: Path, name: str) -> None:
    denied = refused(Call("ec2", "DescribeVpcs", {"Filters": []}), message="not authorized")
    paged = Answer(Call("ecs", "ListTasks", {"cluster": "c"}), {"taskArns": ["a"]}, pages=3)
    before = recording(*answers(), denied, paged)
    write(tmp_path / name, before)
    after = read(tmp_path / name)
    assert (after.account, after.region, after.taken_at) == (before.account, before.region, before.taken_at)
    assert {one.call.key: one for one in after.facts} == {one.call.key: one for one in before.facts}
    assert after.calls == before.calls
    assert after.calls["ecs:ListTasks"] == 4


@pytest.mark.parametrize("name", ["facts.json", "facts.json.gz"])
def test_the_same_facts_give_the_same_bytes_in_whatever_order_they_came(tmp_path: Path, name: str) -> None:
    first, second = tmp_path / name, tmp_path / f"other-{name}"
    write(first, recording(*answers()))
    write(second, recording(*reversed(answers())))
    assert first.read_bytes() == second.read_bytes()
    write(second, read(first))
    assert first.read_bytes() == second.read_bytes()


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same structures, their fields in another order."""
    if isinstance(value, dict):
        names = chance.sample(list(value), len(value))
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_no_order_in_which_facts_come_shows_in_a_snapshot(chance: random.Random) -> None:
    """Neither that of the answers, nor that of their fields."""
    mixed = [Answer(one.call, shuffled(one.response, chance), one.gap, one.pages) for one in answers()]
    chance.shuffle(mixed)
    with tempfile.TemporaryDirectory() as place:
        first, second = Path(place, "first.json.gz"), Path(place, "second.json.gz")
        write(first, recording(*answers()))
        write(second, recording(*mixed))
        assert first.read_bytes() == second.read_bytes()


def test_what_is_written_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    write(tmp_path / "a.json", recording(answers()[0], refused(Call("ec2", "DescribeVpcs"), message="no")))
    written = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert set(written) == {"schema", "account", "region", "taken_at", "calls"}
    assert written["schema"] == "vpclink-snapshot/1"
    assert written["taken_at"] == "2026-11-02T09:00:00+00:00"
    for call in written["calls"]:
        assert set(call) == {"service", "operation", "params", "response", "error"}
    (denied,) = (call for call in written["calls"] if call["error"])
    assert denied["response"] is None
    assert denied["error"] == {
        "code": "AccessDenied",
        "message": "no",
        "operation": "ec2:DescribeVpcs",
        "action": "some:Action",
    }


def test_the_facts_are_cleaned_when_written_and_when_read(tmp_path: Path) -> None:
    secret = "postgres://orders:hunter2@db.example.com/orders"
    container = {"name": "api", "environment": [{"name": "DATABASE_URL", "value": secret}]}
    call = Call("ecs", "DescribeTaskDefinition", {"taskDefinition": "orders"})
    gap = Gap(operation="ec2:DescribeVpcs", action="ec2:DescribeVpcs", code="X", message=f"sent {secret}")
    facts = recording(
        Answer(call, {"taskDefinition": {"containerDefinitions": [container]}}),
        Answer(Call("ec2", "DescribeVpcs"), gap=gap),
    )
    write(tmp_path / "a.json", facts)
    assert "hunter2" not in (tmp_path / "a.json").read_text(encoding="utf-8")
    by_hand: dict[str, Any] = {
        "schema": "vpclink-snapshot/1",
        "account": "1",
        "region": "r",
        "taken_at": "2026-11-02",
        "calls": [],
    }
    by_hand["calls"] = [
        {
            "service": "ecs",
            "operation": "DescribeTaskDefinition",
            "params": {},
            "response": {"x": secret},
            "error": None,
        },
        {"service": "ecs", "operation": "ListTasks", "params": {}, "response": None, "error": {"message": secret}},
    ]
    (tmp_path / "b.json").write_text(json.dumps(by_hand), encoding="utf-8")
    assert "hunter2" not in str(list(read(tmp_path / "b.json").facts))


def test_the_packaged_demo_is_read() -> None:
    assert len(demo().facts) == len(json.loads(SNAPSHOT.read_text(encoding="utf-8"))["calls"])
    assert read(SNAPSHOT).taken_at == TAKEN


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:04:00+00:00"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00+00:00"),
        ({"a": [b"text", (1, True, None, 1.5)]}, {"a": ["text", [1, True, None, 1.5]]}),
    ],
)
def test_what_boto3_returns_becomes_json(value: Any, written: Any) -> None:
    assert plain(value) == written
    json.dumps(plain(value))


WHOLE = {"schema": "vpclink-snapshot/1", "account": "1", "region": "r", "taken_at": "2026-11-02", "calls": []}
CALL: dict[str, Any] = {"service": "ec2", "operation": "DescribeVpcs", "params": {}, "response": {}, "error": None}
BROKEN: list[tuple[str, bytes, str]] = [
    ("a.json", b"", "not JSON"),
    ("a.json", b"{", "not JSON"),
    ("a.json", b'{"schema":\n\n oops}', "a.json:3: is not JSON"),
    ("a.json", b"\xff\xfe\x00", "not UTF-8"),
    ("a.json", b"[]", "not a snapshot"),
    ("a.json", b"[" * 200_000, "nested too deeply"),
    ("a.json", json.dumps({**WHOLE, "schema": "vpclink-snapshot/2"}).encode(), 'found "vpclink-snapshot/2"'),
    ("a.json", json.dumps({"Vpcs": []}).encode(), 'expected "schema": "vpclink-snapshot/1", found null'),
    ("a.json", json.dumps({**WHOLE, "calls": {}}).encode(), '"calls" must be a list'),
    ("a.json", json.dumps({**WHOLE, "account": 123}).encode(), '"account" must be a text'),
    ("a.json", json.dumps({**WHOLE, "taken_at": "yesterday"}).encode(), '"taken_at" must be a date'),
    ("a.json", json.dumps({**WHOLE, "calls": ["x"]}).encode(), "call 1 must be an object"),
    ("a.json", json.dumps({**WHOLE, "calls": [CALL, {**CALL, "operation": None}]}).encode(), 'call 2: "operation"'),
    ("a.json", json.dumps({**WHOLE, "calls": [{**CALL, "params": []}]}).encode(), '"params" must be an object'),
    ("a.json", json.dumps({**WHOLE, "calls": [{**CALL, "response": []}]}).encode(), '"response" must be an object'),
    (
        "a.json",
        json.dumps({**WHOLE, "calls": [{**CALL, "response": None}]}).encode(),
        "neither a response nor an error",
    ),
    ("a.json.gz", json.dumps(WHOLE).encode(), "not gzip"),
    ("a.json.gz", gzip.compress(json.dumps(WHOLE).encode())[:-12], "cut off"),
    ("a.json.gz", gzip.compress(b"{}"), "not a snapshot"),
    ("a.json.gz", b"", "is not gzip"),
    ("a.json.gz", b"\x1f\x8b nonsense", "is damaged"),
    ("a.json", gzip.compress(b"{}"), "does not end in .gz"),
]


@pytest.mark.parametrize(("name", "content", "says"), BROKEN, ids=[says for _, _, says in BROKEN])
def test_a_bad_file_is_one_line(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read(path)
    line = str(caught.value)
    assert says in line
    assert str(path) in line
    assert "\n" not in line


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(SourceError, match="is a folder, expected a snapshot file"):
        read(tmp_path)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SourceError, match="cannot be written"):
        write(tmp_path / "file" / "a.json", recording())


def test_nothing_is_left_half_written(tmp_path: Path) -> None:
    write(tmp_path / "a.json", recording(*answers()))
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, zipped: bool) -> None:
    path = tmp_path_factory.getbasetemp() / ("any.json.gz" if zipped else "any.json")
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(SourceError):
        read(path)


def test_an_error_that_names_no_action_gets_the_one_of_its_call(tmp_path: Path) -> None:
    error = {"code": "AccessDenied", "message": "no"}
    calls = [
        {"service": service, "operation": operation, "params": {}, "response": None, "error": error}
        for service, operation in (("elbv2", "DescribeRules"), ("apigateway", "GetExport"))
    ]
    written = {"schema": "vpclink-snapshot/1", "account": "1", "region": "r", "taken_at": "2026-11-02", "calls": calls}
    (tmp_path / "a.json").write_text(json.dumps(written), encoding="utf-8")
    actions = {one.call.name: one.gap.action for one in read(tmp_path / "a.json").facts if one.gap is not None}
    assert actions == {
        "elbv2:DescribeRules": "elasticloadbalancing:DescribeRules",
        "apigateway:GetExport": "apigateway:GET",
    }


@pytest.mark.parametrize(
    ("name", "response", "told"),
    [
        (
            "ec2:DescribeVpcs",
            {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "nonsense"}]},
            "no network in Vpcs[0].CidrBlock",
        ),
        ("ec2:DescribeInstances", {"Reservations": [None]}, "nothing in Reservations[0]"),
        ("elbv2:DescribeTargetGroups", {"TargetGroups": [[]]}, "a list in TargetGroups[0]"),
        ("ecs:ListClusters", {"clusterArns": [1]}, "a number in clusterArns[0]"),
    ],
)
def test_an_answer_in_a_form_that_aws_does_not_give_is_a_gap(
    tmp_path: Path, name: str, response: dict[str, Any], told: str
) -> None:
    service, _, operation = name.partition(":")
    call = {"service": service, "operation": operation, "params": {}, "response": response, "error": None}
    document = {"schema": "vpclink-snapshot/1", "account": "123456789012", "region": "eu-west-2"}
    path = tmp_path / "prod.json"
    path.write_text(
        json.dumps({**document, "taken_at": "2026-11-02T09:00:00+00:00", "calls": [call]}), encoding="utf-8"
    )
    (answer,) = read(path).facts
    assert answer.gap is not None
    assert told in answer.gap.message


def test_a_rule_s_network_may_have_host_bits(tmp_path: Path) -> None:
    """Old rules have them, as AWS gives them."""
    rule = {"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.5/16"}]}
    held = Answer(Call("ec2", "DescribeSecurityGroups"), response={"SecurityGroups": [{"IpPermissions": [rule]}]})
    taken = datetime(2026, 11, 2, tzinfo=UTC)
    write(tmp_path / "a.json", Recording("123456789012", "eu-west-2", taken, Facts([held])))
    (answer,) = read(tmp_path / "a.json").facts
    assert answer.gap is None
