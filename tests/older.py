"""What the botocore of this run is too old to know, so that tests ask the model and never a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import botocore.session

from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.calls import TABLE
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.live import failures
from vpclink_checks.sources.live.members import lacking

SESSION = botocore.session.Session()


@cache
def _model(service: str) -> Any:
    return SESSION.get_service_model(service)


def knows(service: str, operation: str) -> bool:
    return operation in _model(service).operation_names


# Operations of the table that this botocore cannot send: none, but for the oldest that the project takes.
LACKED = frozenset(row.name for row in TABLE if not knows(row.service, row.operation))


# Operations that this botocore knows and cannot ask for more than a page of: what it is not given is a gap.
PAGELESS = frozenset(
    row.name
    for row in TABLE
    if row.paging is not None
    and row.name not in LACKED
    and not set(row.paging.token_in) <= set(_model(row.service).operation_model(row.operation).input_shape.members)
)


# What becomes of an answer that is cut off: an older botocore compares its length by itself.
CUT = "ConnectionError" if LACKED else "UnreadableAnswerError"


def gaps(recording: Recording) -> list[Gap]:
    """The gaps of what this botocore could have asked for."""
    return [one.gap for one in recording.facts if one.gap and one.call.name not in LACKED]


def as_read_here(recording: Recording) -> Recording:
    """The recording as this botocore reads it: without members, and answers, that it does not know."""
    return replace(recording, facts=Facts(map(_as_read_here, recording.facts)))


def _as_read_here(answer: Answer) -> Answer:
    call = answer.call
    if answer.response is None:
        return answer
    if call.name in LACKED:
        return Answer(call, gap=failures.not_in_model(call), pages=0)
    client = SimpleNamespace(meta=SimpleNamespace(service_model=_model(call.service)))
    return replace(answer, response=known_part(call, answer.response), lacking=lacking(client, call))


def known_part(call: Call, response: Any) -> Any:
    """The response without the members that this botocore's model lacks."""
    return _known(response, _model(call.service).operation_model(call.operation).output_shape)


def _known(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {key: _known(one, shape.members[key]) for key, one in value.items() if key in shape.members}
    if shape.type_name == "list" and isinstance(value, list):
        return [_known(one, shape.member) for one in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: _known(one, shape.value) for key, one in value.items()}
    return value
