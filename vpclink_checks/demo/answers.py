"""What API Gateway answers by itself, row by row, each with the source that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; ``headers`` beyond those that every answer of a REST API carries."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: when, what, and where that is said."""

    when: str
    answer: Answer
    source: str


def _says(status: int, text: str, error: str = "") -> Answer:
    """A gateway's own answer; ``error`` is its x-amzn-errortype, where one is known."""
    headers = {"Content-Type": "application/json"} | ({"x-amzn-ErrorType": error} if error else {})
    return Answer(status, json.dumps({"message": text}).encode(), headers)


TABLE: Mapping[str, Row] = {
    "forbidden": Row(
        "no mapping of the domain takes the base path, or the stage is not there",
        _says(403, "Forbidden", "ForbiddenException"),
        "github.com/Miserlou/Zappa issue 1248 (no base path mapping); repost.aws/knowledge-center/api-gateway-"
        "troubleshoot-403-forbidden (ForbiddenException)",
    ),
    "missing-token": Row(
        "no resource of the deployed stage takes the path and method",
        _says(403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
        "API Gateway developer guide, supported-gateway-response-types (MISSING_AUTHENTICATION_TOKEN); "
        "repost.aws/knowledge-center/api-gateway-403-custom-domain",
    ),
    "internal": Row(
        "the integration fails: link, endpoint address, connection or stage variable",
        _says(500, "Internal server error", "InternalServerErrorException"),
        "repost.aws/knowledge-center/api-gateway-500-error-vpc; type recorded on AWS in localstack's "
        "test_apigateway_http.snapshot.json",
    ),
    "timeout": Row(
        "the backend does not answer within the integration's timeout",
        _says(504, "Endpoint request timed out"),  # no source read names its errortype
        "repost.aws/knowledge-center/api-gateway-5xx-error; API Gateway developer guide, "
        "supported-gateway-response-types (INTEGRATION_TIMEOUT)",
    ),
    "mock": Row(
        "a mock or another backend takes the place of the real one",
        Answer(200, b'{"ok": true}', {"Content-Type": "application/json"}),
        "API Gateway developer guide, how-to-mock-integration: an answer without the integration's backend",
    ),
    "lambda": Row(
        "a Lambda proxy integration: nothing is remapped",
        Answer(200, b'{"greeting": "hello"}', {"Content-Type": "application/json"}),
        "API Gateway developer guide, set-up-lambda-proxy-integrations (output format)",
    ),
}
# A relayed answer keeps the backend's headers, but for these, which come back under other names:
# API Gateway developer guide, api-gateway-known-issues; recorded on AWS in localstack's snapshots.
REMAPPED = ("connection", "content-length", "date")
