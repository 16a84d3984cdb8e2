"""Answers that are not AWS's are refused before botocore takes them for empty ones.

It does not compare a body with its Content-Length, and its parsers read a JSON body that is none (a
proxy's login page) as an object without fields, a strange XML document likewise: a fact would look
absent that was never read.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.session import Session

_OK = range(200, 300)
_BEGINNING = 1000  # an XML answer names its operation long before that


class UnreadableAnswerError(BotoCoreError):
    """What came back is not an answer to what was asked."""

    fmt = "the answer cannot be read: {error}"


def install(session: Session) -> None:
    """Look at every answer of every client made from this session from now on."""
    session.register("before-parse", _look)


def _look(**event: Any) -> None:
    operation_model, response_dict = event["operation_model"], event["response_dict"]
    if response_dict["status_code"] not in _OK or operation_model.has_streaming_output:
        return
    _whole(response_dict["headers"].get("content-length"), response_dict["body"])
    protocol = operation_model.service_model.metadata.get("protocol", "")
    body = response_dict["body"].strip()
    if "json" in protocol and not (body.startswith(b"{") and body.endswith(b"}")):
        raise UnreadableAnswerError(error=f"expected a JSON object, got {_start(body)}")
    expected = f"<{_root(operation_model)}"
    if protocol in ("ec2", "query", "rest-xml") and expected.encode() not in body[:_BEGINNING]:
        raise UnreadableAnswerError(error=f"expected {expected}>, got {_start(body)}")


def _root(operation_model: Any) -> str:
    """The outermost element of an XML answer: CloudFront's is the member that is the whole body."""
    output = operation_model.output_shape
    return (output.serialization.get("payload") if output else None) or f"{operation_model.name}Response"


def _whole(promised: str | None, body: bytes) -> None:
    if promised is not None and promised.isdecimal() and int(promised) != len(body):
        raise UnreadableAnswerError(error=f"cut off after {len(body)} of {promised} bytes")


def _start(body: bytes) -> str:
    return repr(body[:40].decode("utf-8", "replace")) if body else "nothing"
