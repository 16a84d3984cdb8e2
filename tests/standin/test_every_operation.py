"""For every operation of the table in turn: what if it is denied, throttled for ever, not answered, cut off?

Then the run gates, an ``unknown`` names the IAM action, and no check that needed the operation passes. A check
needed it if it passes on the whole facts and no longer does where the operation's answers hold nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from tests.older import CUT, LACKED
from tests.standin.faults import Fault, cut, denied, hang, throttled
from tests.standin.runs import judged, read
from tests.standin.server import Standin
from tests.standin.worlds import Place, emptied, leading_to
from vpclink_checks.errors import CollectError
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import TABLE, action_of
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Call, Recording
from vpclink_checks.sources.live import asking, session
from vpclink_checks.sources.rows import Row
from vpclink_checks.words import Outcome

IDENTITY = TABLE[0]
ROWS = [row for row in TABLE[1:] if row.name not in LACKED]  # what an older botocore cannot send, nobody denies
FAULTS = {"denied": denied, "throttled": throttled, "hang": hang, "cut": cut}
SOON_S = 0.6
# What another operation says as well: it is missed where that one fails too.
SAID_TWICE = {
    "apigateway:GetDomainName": ("apigatewayv2:GetDomainName",),
    "apigatewayv2:GetDomainName": ("apigateway:GetDomainName",),
    "apigatewayv2:GetStage": ("apigatewayv2:GetStages",),
    "apigateway:GetBasePathMappings": ("apigatewayv2:GetApiMappings",),
}
# What no check hangs on: they let nobody in. What they say of the ways out and between VPCs is for reachability alone.
NO_CHECK = {
    "ec2:DescribeNatGateways": "nat_gateways",
    "ec2:DescribeEgressOnlyInternetGateways": "egress_only_gateways",
    "ec2:DescribeTransitGatewayVpcAttachments": "transit_attachments",
}
Outcomes = dict[tuple[str, str | None], set[Outcome]]


@contextmanager
def impatient(hanging: tuple[Fault, ...]) -> Iterator[None]:
    """Calls of these services wait for a moment only; all others as long as ever."""
    services = {one.operation.partition(":")[0] for one in hanging}
    made = session.make_client

    def make(given: Any, settings: EnvSettings, name: str, *more: Any, **how: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            if name in services:
                patch.setattr(session, "READ_S", SOON_S)
                patch.setattr(session, "ATTEMPTS", 1)
            return made(given, settings, name, *more, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "make_client", make)
        yield


def outcomes(findings: tuple[Finding, ...]) -> Outcomes:
    """Check and path to what was found there, of whatever subject."""
    found: Outcomes = {}
    for one in findings:
        found.setdefault((one.check, one.path), set()).add(one.outcome)
    return found


def passed(held: Outcomes) -> set[tuple[str, str | None]]:
    """Where a check passes and nothing else is said."""
    return {key for key, found in held.items() if found == {Outcome.PASS}}


@cache
def needing(place: Place, name: str) -> set[tuple[str, str | None]]:
    """The checks that pass, and no longer do if the operation says nothing."""
    whole = outcomes(judged(place.recording, place.settings).findings)
    try:
        without = outcomes(judged(emptied(place.recording, name), place.settings).findings)
    except CollectError:
        return set()  # not a path is left: under a fault there may still be some, by another way
    return {key for key in passed(whole) & set(without) if key not in passed(without)}


KINDS = list(FAULTS)[1:]
EVERY = "VPCLINK_EVERY_FAULT" in os.environ  # four times as long
# Each is denied, and meets one of the other three, in turn; the variable has all meet all.
CASES = [
    (row, fault)
    for number, row in enumerate(ROWS)
    for fault in (FAULTS if EVERY else ("denied", KINDS[number % len(KINDS)]))
]


@pytest.mark.parametrize(("row", "fault"), CASES, ids=lambda one: getattr(one, "name", one))
def test_what_an_operation_would_have_said_is_never_taken_for_granted(row: Row, fault: str) -> None:
    place = leading_to(row.service, row.operation)
    assert place is not None, f"no world leads to {row.name}: add one to tests/standin/worlds.py"
    broken = tuple(FAULTS[fault](name) for name in (row.name, *SAID_TWICE.get(row.name, ())))
    with Standin(place.world, faults=broken) as aws, impatient(broken if fault == "hang" else ()):
        found = read(aws, place.settings, as_of=place.recording.taken_at)
    assert row.name in aws.calls
    _held_to_account(place, row, found)


def _held_to_account(place: Place, row: Row, found: Recording) -> None:
    action = action_of(Call(row.service, row.operation))
    gaps = [one.gap for one in found.facts if one.gap and one.call.name == row.name]
    assert gaps
    assert {one.action for one in gaps} == {action}
    if row.name in NO_CHECK:
        _not_known(place, row, found)
        return
    findings = judged(found, place.settings).findings
    assert any(one.gates for one in findings)
    unknown = [one.message for one in findings if one.outcome is Outcome.UNKNOWN]
    assert [one for one in unknown if action in one]
    assert passed(outcomes(findings)) & needing(place, row.name) == set()


def _not_known(place: Place, row: Row, found: Recording) -> None:
    """What reachability asks about is a gap that names the action, and no check says otherwise than before."""
    table = getattr(discover(found, place.settings, source="live"), NO_CHECK[row.name])
    unread = [*table.gaps.values(), table.gap, *(getattr(one, "subnets_unread", None) for one in table)]
    assert {one.action for one in unread if one is not None} == {action_of(Call(row.service, row.operation))}
    assert needing(place, row.name) == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_without_an_identity_nothing_is_read_at_all(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = leading_to(IDENTITY.service, IDENTITY.operation)
    assert place is not None
    monkeypatch.setattr(session, "READ_S", SOON_S)
    with Standin(place.world, faults=(FAULTS[fault](IDENTITY.name),)) as aws, pytest.raises(CollectError) as stopped:
        read(aws, place.settings)
    assert set(aws.calls) == {IDENTITY.name}
    assert "\n" not in str(stopped.value)


def test_faults_are_real(aws_place: Place) -> None:
    """Each kind leaves the gap that it should: else the tests above would hold of anything."""
    codes = {}
    for kind, fault in FAULTS.items():
        with (
            Standin(aws_place.world, faults=(broken := (fault("ec2:DescribeVpcs"),))) as aws,
            impatient(broken if kind == "hang" else ()),
        ):
            (answer,) = read(aws, aws_place.settings).facts.of("ec2", "DescribeVpcs")
            assert answer.gap is not None
            codes[kind] = answer.gap.code
    assert codes == {
        "denied": "UnauthorizedOperation",
        "throttled": "RequestLimitExceeded",
        "hang": "Timeout",
        "cut": CUT,
    }


@pytest.fixture
def aws_place() -> Place:
    place = leading_to("ec2", "DescribeVpcs")
    assert place is not None
    return place
