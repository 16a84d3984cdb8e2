"""What a user's run does with a stand-in, in a line: collect, judge, and tell it as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from tests.standin.server import Standin
from vpclink_checks.checks.judging import Rules
from vpclink_checks.render.json_report import document
from vpclink_checks.report import Report
from vpclink_checks.run import Gathered, Judged, Target, judge
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.live.collect import collect


def read(aws: Standin, settings: EnvSettings, as_of: datetime | None = None) -> Recording:
    """What is read there; dated *as_of*, as dates are judged by it."""
    recording = collect(replace(settings, endpoint_url=aws.url))
    return recording if as_of is None else replace(recording, taken_at=as_of)


def judged(recording: Recording, settings: EnvSettings) -> Judged:
    """The verdicts. Raises CollectError where there is nothing to judge."""
    rules = Rules(today=date(2026, 11, 2))
    return judge(Target(name="prod", source="live", settings=settings, rules=rules), Gathered(recording=recording))


def told(recording: Recording, settings: EnvSettings) -> dict[str, Any]:
    """The environment as report.json has it; how many requests that took is left out."""
    environment = judged(recording, settings).report()
    report = Report(version="", started=recording.taken_at, duration_s=0, environments=(environment,))
    (found,) = document(report)["environments"]
    del found["api_calls"]
    return dict(found)


def as_bytes(recording: Recording, settings: EnvSettings) -> bytes:
    """The same, byte for byte."""
    return json.dumps(told(recording, settings), indent=1).encode()
