"""Answers and errors in the words of each protocol, written by moto's serializers from botocore's models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from moto.core.model import OperationModel
from moto.core.serialize import SERIALIZERS

from tests.standin.asked import CBOR, Asked
from tests.standin.cbor import encoded

REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Reply:
    """A status, headers and a body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Refusal(Exception):  # noqa: N818 - what AWS answers, not a mistake of ours
    """An error of AWS's: its code, what it says, its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code)


def reply(asked: Asked, response: Mapping[str, Any]) -> Reply:
    """The answer as AWS would write it. ``response`` is what boto3 is to return."""
    assert asked.model is not None
    shape = asked.model.output_shape
    typed = _typed(shape, response) if shape is not None else {}
    if asked.protocol == CBOR:
        return Reply(200, (("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")), encoded(typed))
    payload = _payload(asked.model)
    if payload is not None:
        return _streamed(asked.model, payload, typed)
    written = SERIALIZERS[asked.protocol](asked.model).serialize(typed)
    body = written["body"]
    headers = tuple((name, str(value)) for name, value in written["headers"].items())
    return Reply(written["status_code"], headers, body.encode() if isinstance(body, str) else body)


def refusal(asked: Asked, error: Refusal) -> Reply:
    """The error in the protocol's words."""
    code, message = error.code, error.message
    if asked.protocol in ("json", "rest-json", CBOR):
        document = {"__type": code, "message": message}
        body = encoded(document) if asked.protocol == CBOR else json.dumps(document).encode()
        kind = "application/cbor" if asked.protocol == CBOR else "application/json"
        more = (("smithy-protocol", "rpc-v2-cbor"),) if asked.protocol == CBOR else ()
        return Reply(error.status, (("Content-Type", kind), ("x-amzn-errortype", code), *more), body)
    told = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if asked.protocol == "ec2":
        whole = f"<Response><Errors><Error>{told}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    else:
        error_of = f"<Error><Type>Sender</Type>{told}</Error><RequestId>{REQUEST_ID}</RequestId>"
        whole = f"<ErrorResponse>{error_of}</ErrorResponse>"
    return Reply(error.status, (("Content-Type", "text/xml"),), whole.encode())


def _payload(model: OperationModel) -> str | None:
    """The member that is the whole body, where there is one that is no structure: API Gateway's exports."""
    shape = model.output_shape
    name = shape.serialization.get("payload") if shape is not None else None
    return str(name) if shape is not None and name and shape.members[name].type_name in ("blob", "string") else None


def _streamed(model: OperationModel, payload: str, response: Mapping[str, Any]) -> Reply:
    assert model.output_shape is not None
    members = model.output_shape.members.items()
    headers = tuple(
        (shape.serialization["name"], str(response[name]))
        for name, shape in members
        if shape.serialization.get("location") == "header" and response.get(name)
    )
    body = response.get(payload) or b""
    return Reply(200, headers, body.encode() if isinstance(body, str) else body)


def _typed(shape: Any, value: Any) -> Any:
    """Snapshots hold dates as texts; the serializers ask for dates. Nothing is left where there was nothing."""
    if value is None:
        return None
    if shape.type_name == "structure":
        members = shape.members
        return {name: _typed(members[name], one) for name, one in value.items() if name in members}
    if shape.type_name == "list":
        return [_typed(shape.member, one) for one in value]
    if shape.type_name == "map":
        return {name: _typed(shape.value, one) for name, one in value.items()}
    if shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value
