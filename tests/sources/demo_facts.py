"""The demo's recording, and small changes to it: what every test of discovery starts from."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.snapshot import read

SNAPSHOT = Path(__file__).parents[2] / "vpclink_checks" / "demo" / "snapshot.json"
SETTINGS = EnvSettings(name="demo", region="eu-west-2", domains=("api.example.com",))
Response = dict[str, Any]


@cache
def demo() -> Recording:
    return read(SNAPSHOT)


def answers() -> list[Answer]:
    return list(demo().facts)


def with_facts(facts: Iterable[Answer]) -> Recording:
    base = demo()
    return Recording(account=base.account, region=base.region, taken_at=base.taken_at, facts=Facts(facts))


def changed(*edits: tuple[str, Callable[[Response], None]], about: str = "") -> list[Answer]:
    """The answers, those to an operation edited in place; *about*: only where this is in the parameters."""
    found = []
    for answer in answers():
        response = copy.deepcopy(dict(answer.response)) if answer.response is not None else None
        for name, edit in edits:
            if answer.call.name == name and about in json.dumps(answer.call.params):
                assert response is not None
                edit(response)
        found.append(Answer(answer.call, response, answer.gap))
    return found


def without(held: Iterable[Answer], *names: str) -> list[Answer]:
    return [one for one in held if one.call.name not in names]


def refused(call: Call, code: str = "AccessDenied", message: str = "") -> Answer:
    return Answer(call, None, Gap(operation=call.name, action="some:Action", code=code, message=message))


def refuse(held: Iterable[Answer], name: str, code: str = "AccessDenied", message: str = "") -> list[Answer]:
    """The answers, those to this operation refused."""
    return [refused(one.call, code, message) if one.call.name == name else one for one in held]


def answer(name: str, params: dict[str, Any], response: Response) -> Answer:
    service, _, operation = name.partition(":")
    return Answer(Call(service, operation, params), response)


def found(facts: Iterable[Answer], settings: EnvSettings = SETTINGS) -> Topology:
    return discover(with_facts(facts), settings, source="demo")
