"""The AWS CLI command that gives the answer to a call, and the file that it belongs into."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.folder.kinds import kinds
from vpclink_checks.sources.folder.names import kebab, suggested

# Parameters that say how to answer, not about what.
HOW = frozenset(
    {"exportType", "accepts", "OutputType", "Specification", "StartRecordName", "StartRecordType", "desiredStatus"}
)
_NO_OPTIONS = frozenset({"StartRecordName", "StartRecordType"})  # the CLI pages by itself
_LISTED = 10  # so many ids a command names; ECS takes no more services


def about(call: Call) -> dict[str, str]:
    """The parameters that say what is asked about, one thing each."""
    return {name: value for name, value in call.params.items() if isinstance(value, str) and name not in HOW}


def file_of(call: Call) -> str:
    """``describe-target-health@orders-tg.json``; without a tail where everything is asked for."""
    batch = _batch(call)
    values = [*about(call).values(), *[str(one) for one in call.params.get(batch) or () if batch != "Filters"][:1]]
    tail = suggested(values)
    return f"{kinds()[call.name].file}{f'@{tail}' if tail else ''}.json"


def command(call: Call) -> str:
    """``aws elbv2 describe-target-health --target-group-arn … > describe-target-health@orders-tg.json``."""
    row = ROWS.get((call.service, call.operation))
    words = ["aws", call.service, kebab(call.operation), *_options(_batch(call), call.params)]
    region = row.region_of(call.params) if row is not None and row.region_of is not None else ""
    words += ["--region", region] if region else []
    to = "" if kinds()[call.name].key == "body" else "> "
    return f"{' '.join(words)} {to}{shlex.quote(file_of(call))}"


def _batch(call: Call) -> str:
    """The parameter that lists what is asked for; "" where there is none."""
    row = ROWS.get((call.service, call.operation))
    return row.batch.key if row is not None and row.batch is not None else ""


def _options(batch: str, params: Mapping[str, Any]) -> Iterator[str]:
    for name, value in params.items():
        if name in _NO_OPTIONS or name == batch == "Filters":  # the whole list answers for every filter
            continue
        option = f"--{kebab(name)}"
        if isinstance(value, bool):
            yield option if value else f"--no-{kebab(name)}"
        elif name == "Filters":
            yield f"{option} {' '.join(shlex.quote(_filter(one)) for one in value)}"
        elif isinstance(value, list | tuple):
            yield f"{option} {_several([str(one) for one in value], _LISTED if name == batch else len(value))}"
        else:
            yield f"{option} {shlex.quote(value if isinstance(value, str) else json.dumps(value))}"


def _filter(one: Mapping[str, Any]) -> str:
    """``Name=state,Values=active,blackhole``."""
    return f"Name={one['Name']},Values={','.join(map(str, one['Values']))}"


def _several(values: Sequence[str], most: int) -> str:
    return " ".join(map(shlex.quote, values[:most])) + (" …" if most < len(values) else "")
