"""The policy: exactly the table's actions, on resources as narrow as AWS allows, in a size that IAM takes."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.iam import admits, requests
from tests.older import LACKED
from tests.sources.demo_facts import demo
from vpclink_checks.sources import policy
from vpclink_checks.sources.calls import ROWS, TABLE, action_of
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.rows import Row

DOCUMENT = policy.document()
NARROWED = policy.document(region="eu-west-2", account="123456789012")
ARN = re.compile(r"arn:(aws|\{partition\}):[a-z0-9-]+:(\{region\}|\*|us-east-1)?:(\{account\}|\*)?:[/A-Za-z*-]+(/\*)?")


def actions_of(granted: list[policy.Statement]) -> set[str]:
    return {action for one in granted for action in one["Action"]}


def test_the_policy_holds_the_table_s_actions_and_no_other() -> None:
    table = {action_of(Call(row.service, row.operation)) for row in TABLE}
    listed = [action for one in DOCUMENT["Statement"] for action in one["Action"]]
    assert sorted(listed) == sorted(table)
    assert "apigateway:GET" in table


def test_nothing_that_could_write_is_in_it() -> None:
    reads = re.compile(r"[a-z0-9-]+:(GET|(Get|List|Describe|Search)[A-Za-z0-9]+)")
    assert not [one for one in actions_of(DOCUMENT["Statement"]) if not reads.fullmatch(one)]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_resource_is_a_pattern_of_an_arn(row: Row) -> None:
    assert row.resources == ("*",) or all(ARN.fullmatch(one) for one in row.resources)


GATEWAY_ROWS = [row for row in ROWS.values() if row.service.startswith("apigateway") and row.name not in LACKED]


@pytest.mark.parametrize("row", GATEWAY_ROWS, ids=lambda row: row.name)
def test_api_gateway_is_read_on_its_paths_alone(row: Row) -> None:
    """The path is the service model's; the row's own resources must admit it, and not be ``*``."""
    assert "*" not in row.resources
    alone = policy.document(rows=[row])
    call = Call(row.service, row.operation)
    assert all(admits(alone, *one) for one in requests(call, region="eu-west-2", account="123456789012"))


def test_the_document_is_one_that_iam_takes() -> None:
    assert DOCUMENT["Version"] == "2012-10-17"
    sids = [one["Sid"] for one in DOCUMENT["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", one) for one in sids)
    for one in DOCUMENT["Statement"]:
        assert set(one) == {"Sid", "Effect", "Action", "Resource"}
        assert one["Action"] == sorted(set(one["Action"])) != []
        assert one["Resource"] == sorted(set(one["Resource"])) != []
    rows = tuple(ROWS.values())  # what `vpclink init` asks comes on top
    gov = policy.document(partition="aws-us-gov", region="us-gov-west-1", account="123456789012", rows=rows)
    assert len(json.dumps(gov, separators=(",", ":"))) <= policy.LONGEST
    assert not re.search(r"[{}]", "".join(one for part in gov["Statement"] for one in part["Resource"]))


def test_the_same_table_gives_the_same_document_whatever_its_order() -> None:
    assert json.dumps(policy.document(rows=reversed(TABLE))) == json.dumps(DOCUMENT)


@pytest.mark.parametrize("document", [DOCUMENT, NARROWED], ids=["anywhere", "one account and region"])
def test_every_request_of_the_demo_is_admitted(document: dict[str, object]) -> None:
    calls = [answer.call for answer in demo().facts if answer.call.name not in LACKED]
    asked = [one for call in calls for one in requests(call, region="eu-west-2", account="123456789012")]
    assert len(asked) >= len(calls)
    assert not [one for one in asked if not admits(document, *one)]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("apigateway:GET", "arn:aws:apigateway:eu-west-2::/apikeys"),
        ("apigateway:GET", "arn:aws:apigateway:eu-west-2::/usageplans/abc/keys"),
        ("apigateway:GET", "arn:aws:apigateway:us-east-1::/restapis/a1b2c3"),
        ("apigateway:DELETE", "arn:aws:apigateway:eu-west-2::/restapis/a1b2c3"),
        ("ecs:DescribeServices", "arn:aws:ecs:eu-west-2:111122223333:service/orders-cluster/orders"),
        ("ecs:UpdateService", "arn:aws:ecs:eu-west-2:123456789012:service/orders-cluster/orders"),
        ("ec2:DescribeKeyPairs", "*"),
    ],
)
def test_what_the_collector_never_asks_is_not_admitted(action: str, resource: str) -> None:
    assert not admits(NARROWED, action, resource)


def test_a_certificate_in_us_east_1_may_be_read_from_every_region() -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/1a2b"
    assert admits(NARROWED, "acm:DescribeCertificate", arn)
    assert next(one for one in NARROWED["Statement"] if one["Sid"] == "ReadCertificates")["Resource"] == [
        "arn:aws:acm:eu-west-2:123456789012:certificate/*",
        "arn:aws:acm:us-east-1:123456789012:certificate/*",
    ]


def test_the_statements_for_what_is_missing_hold_that_alone() -> None:
    granted = policy.statements({"ecs:DescribeTasks", "ec2:DescribeVpcs", "iam:CreateUser"}, account="123456789012")
    assert [(one["Action"], one["Resource"]) for one in granted] == [
        (["ec2:DescribeVpcs"], ["*"]),
        (["ecs:DescribeTasks"], ["arn:aws:ecs:*:123456789012:task/*"]),
    ]
    assert policy.statements(set()) == []


def test_a_service_nobody_named_gets_a_sid_of_its_own() -> None:
    row = replace(TABLE[0], service="vpc-thing", operation="ListThings", resources=("arn:{partition}:vpc-thing:::x/*",))
    assert policy.statements(rows=[row])[0]["Sid"] == "ReadVpcThing"
