"""One declared probe. What may be a secret is never shown in a message, right or wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time

from vpclink_checks.settings.reader import Table
from vpclink_checks.settings.rules import (
    CONNECT_TO,
    HEADER_NAME,
    HEADER_VALUE,
    PATH,
    REGEXP,
    VARIABLE,
    is_secret_header,
    secret_parameter,
)
from vpclink_checks.settings.values import EnvVar, Expect, ProbeSettings

# The methods of a REST API; ANY is all of these. docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_ATTEMPTS = 1000
MAX_MS = 3_600_000
_FROM_ENVIRONMENT = 'secrets come from the environment only: { env = "NAME" }'


def read_probe(table: Table) -> ProbeSettings:
    """``[[env.NAME.probe]]``; files are named relative to the config file."""
    settings = ProbeSettings(
        method=_method(table),
        path=_path(table),
        request_headers=_request_headers(table),
        auth=table.choice("auth", ("", "sigv4"), default=""),
        client_cert=table.file("client_cert"),
        client_key=_client_key(table),
        body=table.text("body", hidden=True),
        connect_to=table.text("connect_to", CONNECT_TO),
        ca_file=table.file("ca_file"),
        attempts=table.integer("attempts", 1, MAX_ATTEMPTS, default=1),
        expect=_expect(table),
        line=table.line,
    )
    if settings.client_key and not table.has("client_cert"):
        table.wrong("client_key", "has no effect without client_cert")
    if settings.auth and any(name.lower() == "authorization" for name in settings.request_headers):
        table.wrong("auth", "the signature would replace the authorization header of request_headers")
    table.close()
    return settings


def _method(table: Table) -> str:
    value = table.take("method")
    if value is None:
        return "GET"
    method = value.upper() if isinstance(value, str) else value
    return table.notes.choice(table.at("method"), method, METHODS) or "GET"


def _path(table: Table) -> str:
    path = table.text("path", PATH, default="/", hidden=True)
    parameter = secret_parameter(path)
    if parameter is not None:
        table.wrong("path", f"the query parameter {parameter} looks like a secret", _FROM_ENVIRONMENT)
    return path


def _request_headers(table: Table) -> Mapping[str, str | EnvVar]:
    headers = table.table("request_headers")
    found: dict[str, str | EnvVar] = {}
    for name, value in headers.entries():
        if not HEADER_NAME.fits(name):
            headers.wrong(name, f"expected {HEADER_NAME.expected}")
        elif name.lower() in map(str.lower, found):
            headers.wrong(name, "this header is named twice, in other letters")
        one = _header_value(headers, name, value)
        if one is not None:
            found[name] = one
    return found


def _header_value(headers: Table, name: str, value: object) -> str | EnvVar | None:
    if isinstance(value, dict):
        return _env_var(headers, name)
    if not isinstance(value, str):
        headers.wrong(name, 'expected a string or { env = "NAME" }')
    elif is_secret_header(name, value):
        headers.wrong(name, _FROM_ENVIRONMENT)
    else:
        return headers.notes.text(headers.at(name), value, HEADER_VALUE, hidden=True)
    return None


def _client_key(table: Table) -> EnvVar | None:
    value = table.take("client_key")
    if isinstance(value, dict):
        return _env_var(table, "client_key")
    if value is not None:
        table.wrong("client_key", _FROM_ENVIRONMENT)
    return None


def _env_var(parent: Table, key: str) -> EnvVar | None:
    """``{ env = "NAME" }``; what stands there may be the secret itself, put in the wrong place."""
    table = parent.table(key)
    name = table.text("env", VARIABLE, required=True, hidden=True)
    table.close()
    return EnvVar(name) if name else None


def _expect(table: Table) -> Expect:
    expect = table.table("expect")
    settings = Expect(
        status=_statuses(expect),
        json=_json(expect),
        header=_header_patterns(expect),
        body=expect.text("body", REGEXP, hidden=True),
        max_ms=_max_ms(expect),
    )
    expect.close()
    return settings


def _statuses(expect: Table) -> tuple[int, ...]:
    value = expect.take("status")
    if value is None:
        return ()
    if not isinstance(value, list):
        one = expect.notes.integer(expect.at("status"), value, 100, 599)
        return () if one is None else (one,)
    if not value:
        expect.wrong("status", "expected at least one status")
    checked = (expect.notes.integer(expect.at("status", i), status, 100, 599) for i, status in enumerate(value))
    return tuple(status for status in checked if status is not None)


def _json(expect: Table) -> Mapping[str, object]:
    wanted = expect.table("json")
    found = {}
    for key, value in wanted.entries():
        if _is_json(value):
            found[key] = value
        else:
            wanted.wrong(key, "no JSON value is equal to this: dates go in quotes, inf and nan have none")
    return found


def _is_json(value: object) -> bool:
    """Whether JSON can say it. Without recursion: the file may nest as deeply as tomllib reads."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, date | time) or (isinstance(one, float) and not math.isfinite(one)):
            return False
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return True


def _header_patterns(expect: Table) -> Mapping[str, str]:
    headers = expect.table("header")
    found = {}
    for name, value in headers.entries():
        if not HEADER_NAME.fits(name):
            headers.wrong(name, f"expected {HEADER_NAME.expected}")
        pattern = headers.notes.text(headers.at(name), value, REGEXP, hidden=True)
        if pattern is not None:
            found[name] = pattern
    return found


def _max_ms(expect: Table) -> float | None:
    value = expect.take("max_ms")
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_MS:
        return float(value)
    expect.wrong("max_ms", "expected milliseconds, greater than 0 and at most an hour")
    return None
