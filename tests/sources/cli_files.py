"""A recording as the folder that the AWS CLI's commands would have filled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Answer, Recording
from vpclink_checks.sources.folder.commands import file_of
from vpclink_checks.sources.folder.kinds import kinds


def write_folder(folder: Path, recording: Recording) -> Path:
    """One file for each call, in the words of the AWS CLI; what is asked by filter, as one whole list."""
    folder.mkdir(parents=True, exist_ok=True)
    whole: dict[str, dict[str, Any]] = {}
    for answer in recording.facts:
        name = file_of(answer.call)
        row = ROWS[answer.call.service, answer.call.operation]
        if answer.response is None:
            (folder / name).write_text(refusal(answer), encoding="utf-8")
        elif row.batch is not None and row.batch.key == "Filters":
            items = kinds()[answer.call.name].key
            held = whole.setdefault(name, {items: []})
            held[items] += answer.response[items]
        else:
            (folder / name).write_text(_as_printed(answer), encoding="utf-8")
    for name, content in whole.items():
        (folder / name).write_text(json.dumps(content, indent=4), encoding="utf-8")
    return folder


def _as_printed(answer: Answer) -> str:
    response = dict(answer.response or {})
    return str(response["body"]) if "body" in response else json.dumps(response, indent=4, default=str)


def refusal(answer: Answer) -> str:
    """What the AWS CLI prints where a call fails."""
    assert answer.gap is not None
    code, operation = answer.gap.code, answer.call.operation
    return f"\nAn error occurred ({code}) when calling the {operation} operation: {answer.gap.message}\n"
