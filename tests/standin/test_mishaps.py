"""What befalls a whole run: a token that expires on the way, another account, region or partition, things deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.older import as_read_here, gaps
from tests.sources.demo_facts import SETTINGS, demo
from tests.standin.faults import cut, expired, gone, newer, stranger, throttled
from tests.standin.runs import as_bytes, judged, read
from tests.standin.server import Standin
from tests.standin.stacks import Stack
from tests.standin.test_every_operation import NO_CHECK, ROWS, SAID_TWICE, needing, outcomes, passed
from tests.standin.world import World
from tests.standin.worlds import leading_to
from vpclink_checks.errors import CollectError
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.sources.rows import Row
from vpclink_checks.words import Outcome

DEMO = World(demo())
BIG = Stack(mappings=1, balancers=1, instances=120, tasks=120, groups=4)


@pytest.mark.parametrize("after", [1, 10, 30])
def test_a_token_that_expires_on_the_way_leaves_gaps_and_a_run_that_gates(after: int) -> None:
    with Standin(DEMO, faults=(expired(after=after),)) as aws:
        found = read(aws, SETTINGS, as_of=demo().taken_at)
    codes = {one.code for one in gaps(found)}
    assert codes
    assert codes <= {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
    assert any(one.gates for one in judged(found, SETTINGS).findings)


def test_a_token_that_had_expired_stops_the_run_with_one_line() -> None:
    with Standin(DEMO, faults=(expired(),)) as aws, pytest.raises(CollectError) as stopped:
        read(aws, SETTINGS)
    assert "the AWS credentials have expired (ExpiredToken): log in again" in str(stopped.value)
    assert set(aws.calls) == {"sts:GetCallerIdentity"}


def test_credentials_of_another_partition_stop_the_run_with_one_line() -> None:
    china = replace(SETTINGS, region="cn-north-1")
    with Standin(DEMO, faults=(stranger(),)) as aws, pytest.raises(CollectError) as stopped:
        read(aws, china)
    assert "InvalidClientTokenId" in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert set(aws.calls) == {"sts:GetCallerIdentity"}


def test_another_account_stops_before_anything_else_is_read() -> None:
    with Standin(DEMO) as aws, pytest.raises(CollectError, match="but the config says account 111122223333"):
        read(aws, replace(SETTINGS, account="111122223333"))
    assert [one.name for one in aws.log] == ["sts:GetCallerIdentity"]


def test_in_another_region_there_is_no_path_and_that_is_no_green_run() -> None:
    elsewhere = replace(SETTINGS, region="eu-west-1")
    with Standin(DEMO) as aws:
        found = read(aws, elsewhere, as_of=demo().taken_at)
    assert {one.region for one in aws.log if one.service not in ("sts", "route53")} == {"eu-west-1"}
    try:
        gating = any(one.gates for one in judged(found, elsewhere).findings)
    except CollectError:
        gating = True
    assert gating


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_was_deleted_between_two_calls_is_told_and_never_passes(row: Row) -> None:
    """Named by one answer, gone when it is asked about: the run goes on, and it is not green.

    What another operation says as well is gone from that too: else nothing is missed.
    """
    place = leading_to(row.service, row.operation)
    assert place is not None
    faults = tuple(gone(name) for name in (row.name, *SAID_TWICE.get(row.name, ())))
    with Standin(place.world, faults=faults) as aws:
        found = read(aws, place.settings, as_of=place.recording.taken_at)
    assert row.name in {one.gap.operation for one in found.facts if one.gap}
    findings = judged(found, place.settings).findings
    missed = any(one.gates and one.outcome in (Outcome.FAIL, Outcome.UNKNOWN) for one in findings)
    assert missed or row.name in NO_CHECK
    assert passed(outcomes(findings)) & needing(place, row.name) == set()


def test_a_cluster_gone_after_its_services_were_read_says_nothing_of_its_hosts() -> None:
    """No instance is then told to be none of its container instances."""
    name = "ecs:ListContainerInstances"
    with Standin(DEMO, faults=(gone(name),)) as aws:
        findings = judged(read(aws, SETTINGS, as_of=demo().taken_at), SETTINGS).findings
    assert not [one for one in findings if one.outcome is Outcome.FAIL]
    assert [
        one
        for one in findings
        if one.outcome is Outcome.UNKNOWN and name in one.message and "ClusterNotFound" in one.message
    ]


def test_throttled_a_little_is_asked_again_and_nothing_is_lost() -> None:
    faults = tuple(throttled(name, times=2) for name in ("ec2:DescribeSubnets", "ecs:ListClusters", "elbv2:*"))
    with Standin(DEMO, faults=faults) as aws:
        found = read(aws, SETTINGS, as_of=demo().taken_at)
    assert not gaps(found)
    assert aws.calls["ecs:ListClusters"] == 3
    assert as_bytes(found, SETTINGS) == as_bytes(as_read_here(demo()), SETTINGS)


def test_a_second_page_that_is_cut_off_loses_the_whole_answer_not_half_of_it() -> None:
    """Half a list taken for a whole one would be a false pass."""
    with Standin(World(BIG.recording), faults=(cut("ecs:ListTasks", page=2),)) as aws:
        found = read(aws, BIG.settings)
    (tasks,) = found.facts.of("ecs", "ListTasks")
    assert tasks.response is None
    assert tasks.gap is not None
    assert {one.status for one in aws.log if one.page == 1} == {200}
    assert any(one.gates for one in judged(found, BIG.settings).findings)


def test_what_a_later_aws_says_more_changes_nothing() -> None:
    with Standin(DEMO, faults=(newer("*"),)) as aws:
        found = read(aws, SETTINGS, as_of=demo().taken_at)
    assert not gaps(found)
    assert as_bytes(found, SETTINGS) == as_bytes(as_read_here(demo()), SETTINGS)


def test_a_proxy_is_asked_as_boto3_would_ask_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is not on this machine, behind ``HTTP_PROXY``: all of it goes there, and nothing past it."""
    with Standin(DEMO) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        found = collect(replace(SETTINGS, endpoint_url="http://aws.example.com"))
    assert {one.host for one in proxy.log} == {"aws.example.com"}
    assert as_bytes(replace(found, taken_at=demo().taken_at), SETTINGS) == as_bytes(as_read_here(demo()), SETTINGS)
