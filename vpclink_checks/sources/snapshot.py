"""Recordings of facts, written and read (contract, section 8). Redacted on both ways."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vpclink_checks.errors import Problem, SourceError
from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.calls import ROWS, action_of
from vpclink_checks.sources.facts import Answer, Call, Facts, Lacking, Recording
from vpclink_checks.sources.redact import clean, text
from vpclink_checks.sources.wellformed import unreadable

SCHEMA = "vpclink-snapshot/1"
_GZIP_MAGIC = b"\x1f\x8b"


class _FormatError(Exception):
    """What is wrong with the content, and in which line if it is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.line = line
        super().__init__(message)


def read(path: Path) -> Recording:
    """The recording in a file, gzip or not. Raises SourceError, one line, for anything else."""
    try:
        return _recording(_document(_content(path)))
    except _FormatError as mistake:
        raise SourceError(Problem(str(path), mistake.line, str(mistake))) from None


def write(path: Path, recording: Recording) -> None:
    """Write the recording: gzip if the name ends in ``.gz``; the same facts give the same bytes.

    Raises SourceError if the place cannot be written.
    """
    content = (json.dumps(_as_json(recording), indent=1, ensure_ascii=False) + "\n").encode()
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_bytes(_zipped(content) if path.name.endswith(".gz") else content)
        draft.replace(path)
    except OSError as error:
        raise SourceError(Problem(str(path), None, f"cannot be written: {error.strerror or error}")) from None


def plain(value: Any) -> Any:
    """What boto3 returned, in what JSON can hold: dates as ISO 8601 texts in UTC, bytes as text, fields by name.

    Raises TypeError for anything else: botocore hands on what it could not parse.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, dict | Mapping):  # dict first: told without asking an ABC
        return {key: plain(one) for key, one in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} is no value of an answer")


def in_order(answers: Facts) -> Facts:
    """The same facts in the order in which they are written."""
    return Facts(sorted(answers, key=lambda answer: answer.call.key))


def _as_json(recording: Recording) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "account": recording.account,
        "region": recording.region,
        "taken_at": plain(recording.taken_at),
        "calls": [_call_as_json(answer) for answer in in_order(recording.facts)],
    }


def _call_as_json(answer: Answer) -> dict[str, Any]:
    call, gap = answer.call, answer.gap
    return {
        "service": call.service,
        "operation": call.operation,
        "params": plain(call.params),
        "response": plain(clean(call, answer.response)) if answer.response is not None else None,
        "error": _gap_as_json(gap) if gap else None,
        **({"pages": answer.pages} if answer.pages != 1 else {}),
        **(_lacking_as_json(answer.lacking) if answer.lacking else {}),
    }


def _lacking_as_json(lacking: Lacking) -> dict[str, Any]:
    """Additive to the contract's shape: what the botocore that took the answer could not read."""
    return {"lacking": list(lacking.members), "botocore": lacking.botocore}


def _gap_as_json(gap: Gap) -> dict[str, str]:
    return {"code": gap.code, "message": text(gap.message), "operation": gap.operation, "action": gap.action}


def _zipped(content: bytes) -> bytes:
    """Without time and name, so that the same facts give the same file."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as zipped:
        zipped.write(content)
    return buffer.getvalue()


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise _FormatError("is a folder, expected a snapshot file")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _FormatError("there is no such file, expected a snapshot") from None
    except OSError as error:
        raise _FormatError(f"cannot be read: {error.strerror or error}") from None
    zipped = content.startswith(_GZIP_MAGIC)
    if path.name.endswith(".gz") != zipped:
        raise _FormatError(
            "is not gzip, as its name says" if not zipped else "is gzip, but its name does not end in .gz"
        )
    return _unzipped(content) if zipped else content


def _unzipped(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except EOFError:
        raise _FormatError("is cut off: the gzip stream has no end") from None
    except (OSError, zlib.error):
        raise _FormatError("is damaged: the gzip stream cannot be read") from None


def _document(content: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _FormatError("is not UTF-8 text, expected JSON") from None
    except json.JSONDecodeError as error:
        raise _FormatError(f"is not JSON: {error.msg}, column {error.colno}", error.lineno) from None
    except RecursionError:
        raise _FormatError("is nested too deeply for a snapshot") from None
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, Mapping) else None
        raise _FormatError(f'is not a snapshot: expected "schema": "{SCHEMA}", found {json.dumps(found)[:60]}')
    return document


def _recording(document: Mapping[str, Any]) -> Recording:
    calls = document.get("calls")
    if not isinstance(calls, list):
        raise _FormatError('"calls" must be a list')
    return Recording(
        account=_text(document, "account", "the snapshot"),
        region=_text(document, "region", "the snapshot"),
        taken_at=_moment(document),
        facts=in_order(Facts(_answers(calls))),
    )


def _moment(document: Mapping[str, Any]) -> datetime:
    written = _text(document, "taken_at", "the snapshot")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise _FormatError('"taken_at" must be a date and time as in 2026-11-02T09:00:00+00:00') from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _answers(calls: list[Any]) -> Iterator[Answer]:
    for number, one in enumerate(calls, start=1):
        where = f"call {number}"
        if not isinstance(one, Mapping):
            raise _FormatError(f"{where} must be an object")
        call = Call(_text(one, "service", where), _text(one, "operation", where), _object(one, "params", where) or {})
        response, error = _object(one, "response", where), _object(one, "error", where)
        if response is None and error is None:
            raise _FormatError(f"{where} ({call.name}) has neither a response nor an error")
        if response is not None and error is None and (strange := _strange(call, response)):
            error = {"code": "UnreadableAnswerError", "message": f"the snapshot {strange}"}
        pages = one.get("pages", 1)
        yield Answer(
            call,
            response=clean(call, response) if response is not None and error is None else None,
            gap=_gap(call, error) if error is not None else None,
            pages=pages if isinstance(pages, int) else 1,
            lacking=_lacking(one),
        )


def _lacking(one: Mapping[str, Any]) -> Lacking | None:
    members = one.get("lacking")
    if not isinstance(members, list) or not members:
        return None
    return Lacking(botocore=str(one.get("botocore") or "of this recording"), members=tuple(map(str, members)))


def _strange(call: Call, response: Mapping[str, Any]) -> str:
    """What is wrong with an answer's form: a snapshot may have been edited or damaged."""
    row = ROWS.get((call.service, call.operation))
    paging = row.paging if row is not None else None
    return unreadable(paging.items if paging is not None and not paging.inside else "", response)


def _gap(call: Call, error: Mapping[str, Any]) -> Gap:
    return Gap(
        operation=str(error.get("operation") or call.name),
        action=str(error.get("action") or action_of(call)),
        code=str(error.get("code") or "Unknown"),
        message=text(str(error.get("message") or "")),
    )


def _text(holder: Mapping[str, Any], key: str, where: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str):
        raise _FormatError(f'{where}: "{key}" must be a text')
    return value


def _object(holder: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any] | None:
    value = holder.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise _FormatError(f'{where}: "{key}" must be an object or null')
    return value
