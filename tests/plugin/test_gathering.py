"""Facts are gathered once a run: by one of its processes, failed or not; the others read what it left."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from vpclink_checks.checks.judging import Rules
from vpclink_checks.errors import CollectError
from vpclink_checks.gathering import Gathering
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.run import Gathered, Target
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording

TARGET = Target(
    name="prod", source="live", settings=EnvSettings(name="prod"), rules=Rules(today=date(2026, 11, 2)), probes=True
)
CALL = Call("ec2", "DescribeVpcs", {"VpcIds": ["vpc-0123456789abcdef0"]})
RECORDING = Recording(
    account="123456789012",
    region="eu-west-2",
    taken_at=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    facts=Facts([Answer(CALL, response={"Vpcs": []}, pages=3)]),
)
SEEN = Observation(
    key="p",
    url="https://api.example.com/orders",
    expected_status=(200,),
    attempts=(
        Attempt(status=200, headers={"x-backend": "a"}, json={"a": [1, 2]}, ms=3.5, peer_names=("api.example.com",)),
    ),
)


class Source:
    """Counts how often it is asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.asked = error, 0

    def __call__(self, target: Target) -> Gathered:
        self.asked += 1
        if self.error:
            raise self.error
        return Gathered(recording=RECORDING, observations={"p": SEEN})


def test_the_second_process_reads_what_the_first_one_gathered(tmp_path: Path) -> None:
    first, second = Source(), Source()
    assert not Gathering(tmp_path, first).done(TARGET)
    one, two = Gathering(tmp_path, first).get(TARGET), Gathering(tmp_path, second).get(TARGET)
    assert (first.asked, second.asked) == (1, 0)
    for gathered in (one, two):
        assert gathered.observations == {"p": SEEN}
        assert gathered.recording.calls == {"ec2:DescribeVpcs": 3}
        found = gathered.recording.facts.get(CALL)
        assert found is not None
        assert found.response == {"Vpcs": []}
    assert Gathering(tmp_path).done(TARGET)


def test_a_failure_is_gathered_once_too(tmp_path: Path) -> None:
    source = Source(CollectError("no credentials were found"))
    for gathering in (Gathering(tmp_path, source), Gathering(tmp_path, source)):
        with pytest.raises(CollectError, match="no credentials were found"):
            gathering.get(TARGET)
    assert source.asked == 1


def test_a_bug_shows_itself_once_and_leaves_a_line(tmp_path: Path) -> None:
    source = Source(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        Gathering(tmp_path, source).get(TARGET)
    with pytest.raises(CollectError, match="bug of vpclink-checks"):
        Gathering(tmp_path, source).get(TARGET)
    assert source.asked == 1


def test_those_that_start_together_gather_once(tmp_path: Path) -> None:
    """Each with a lock of its own, as in processes."""
    source, ready = Source(), threading.Barrier(4)

    def work(_turn: int) -> str:
        ready.wait(20)
        return Gathering(tmp_path, source).get(TARGET).recording.account

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(4))) == {"123456789012"}
    assert source.asked == 1
