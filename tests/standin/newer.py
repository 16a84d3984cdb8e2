"""An answer of a later AWS than botocore knows: fields in every structure, and values of enumerations."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.standin.asked import CBOR, Asked
from tests.standin.cbor import decoded, encoded
from tests.standin.reply import Reply

FIELD, VALUE = "fieldFromTheFuture", "value-from-the-future"


def from_the_future(asked: Asked, given: Reply) -> Reply:
    """The same answer with what this botocore has never heard of. Streamed bodies stay as they are."""
    if not given.body or given.status >= 300 or asked.model is None or asked.model.has_streaming_output:
        return given
    if asked.protocol == CBOR:
        return Reply(given.status, given.headers, encoded(_more(decoded(given.body))))
    if "json" in asked.protocol:
        return Reply(given.status, given.headers, json.dumps(_more(json.loads(given.body))).encode())
    more = f"<{FIELD}><a>{VALUE}</a></{FIELD}>".encode()
    # before the end of each structure in a list: what ends there ended an element just before
    body = re.sub(rb"(?<=>)(?=</(?:item|member|HostedZone|ResourceRecordSet)>)", more, given.body)
    return Reply(given.status, given.headers, body)


def _more(value: Any, *, top: bool = True) -> Any:
    """A field in the document and in every structure of its lists; maps that users fill stay theirs."""
    if isinstance(value, list):
        return [_more(one) for one in value]
    if not isinstance(value, dict):
        return value
    held = {key: _more(one, top=False) for key, one in value.items()}
    return held | {FIELD: {"a": VALUE}} if top else held
