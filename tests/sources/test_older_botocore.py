"""A botocore older than a field: what it drops from an answer is not known, and all else is judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from tests.sources.demo_facts import SETTINGS, demo
from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.model.fact import Gap, UnknownFact, read
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import ROWS, TABLE
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Facts, Lacking, Recording
from vpclink_checks.sources.live.members import lacking
from vpclink_checks.words import Outcome

OLD = "1.35.99"
WITH_MEMBERS = [row for row in TABLE if row.members]
# Field by field: the checks that hang on it, on the demo's path.
NEED = {
    "DomainName.routingMode": {
        "end-to-end/neighbours-keep-their-paths",
        "domain/mapping-live",
        "domain/path-not-captured",
    },
    "DomainName.endpointAccessMode": {"domain/access-mode-fits"},
    "EndpointConfiguration.ipAddressType": {"domain/ip-type-matches-records"},
    "RestApi.apiStatus": {"api/status-available"},
}


def client_of(service: str, *without: str) -> Any:
    """A client with the service model of this botocore, less these members."""
    raw = json.loads(json.dumps(Loader().load_service_model(service, "service-2")))
    for member in without:
        shape, _, name = member.partition(".")
        del raw["shapes"][shape]["members"][name]
    return SimpleNamespace(meta=SimpleNamespace(service_model=ServiceModel(raw, service)))


@pytest.mark.parametrize("row", WITH_MEMBERS, ids=lambda row: row.name)
def test_the_model_tells_what_it_lacks(row: Any) -> None:
    call = Call(row.service, row.operation)
    shapes = Loader().load_service_model(row.service, "service-2")["shapes"]
    here = [one for one in row.members if one.split(".")[1] in shapes.get(one.split(".")[0], {}).get("members", {})]
    for member in here:
        found = lacking(client_of(row.service, member), call)
        assert found is not None
        assert member in found.members
        assert found.botocore == botocore.__version__
    if set(here) == set(row.members):
        assert lacking(client_of(row.service), call) is None


def test_a_shape_that_is_not_there_lacks_its_members() -> None:
    client = SimpleNamespace(meta=SimpleNamespace(service_model=ServiceModel({"metadata": {}, "shapes": {}}, "ecs")))
    found = lacking(client, Call("ecs", "DescribeServices"))
    assert found is not None
    assert found.members == ROWS["ecs", "DescribeServices"].members


def older(recording: Recording, *members: str) -> Recording:
    """The recording as a botocore that lacks these members would have made it."""
    names = {member.partition(".")[2] for member in members}
    return replace(recording, facts=Facts(_older(one, members, names) for one in recording.facts))


def _older(answer: Answer, members: tuple[str, ...], names: set[str]) -> Answer:
    row = ROWS[answer.call.service, answer.call.operation]
    mine = tuple(one for one in row.members if one in members)
    if not mine or answer.response is None:
        return answer
    return replace(answer, response=_without(answer.response, names), lacking=Lacking(OLD, mine))


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list) else value


def judged(recording: Recording, settings: EnvSettings) -> list[Finding]:
    topology = discover(recording, settings, source="snapshot")
    now = recording.taken_at
    context = Context(topology=topology, settings=settings, reach=Reach(topology), now=now, probes_on=False)
    return list(judge(context, Rules(today=datetime(2026, 11, 22, tzinfo=UTC).date())))


@pytest.mark.parametrize("member", NEED)
def test_only_the_checks_that_need_the_field_are_unknown(member: str, tmp_path: Path) -> None:
    recording, settings = demo(), SETTINGS
    before = {(one.check, one.path, one.subject_key): one.outcome for one in judged(recording, settings)}
    found = judged(older(recording, member), settings)
    turned = {one.check for one in found if before.get((one.check, one.path, one.subject_key)) != one.outcome}
    assert turned == NEED[member]
    for one in found:
        if one.check in turned and one.outcome is not before.get((one.check, one.path, one.subject_key)):
            assert one.outcome is Outcome.UNKNOWN
            assert f"botocore {OLD} does not know {member}: upgrade boto3" in one.message
    path = tmp_path / "old.json"
    snapshot.write(path, older(recording, member))
    assert judged(snapshot.read(path), settings) == found


def test_what_every_field_lacks_is_never_a_pass() -> None:
    every = tuple(member for row in TABLE for member in row.members)
    recording, settings = demo(), SETTINGS
    before = {(one.check, one.path, one.subject_key): one.outcome for one in judged(recording, settings)}
    for one in judged(older(recording, *every), settings):
        was = before.get((one.check, one.path, one.subject_key))
        assert one.outcome in (was, Outcome.UNKNOWN), (one.check, was, one.outcome, one.message)
        if one.outcome is Outcome.UNKNOWN and "FieldNotInModel" in one.message:
            assert one.fix is not None
            assert one.fix.text.startswith("Upgrade boto3")


def test_a_field_that_was_read_raises_nothing() -> None:
    gap = Gap(operation="o", action="a", code="FieldNotInModel")
    fact = SimpleNamespace(unread={"status": gap})
    read(fact, "name")
    with pytest.raises(UnknownFact):
        read(fact, "name", "status")
