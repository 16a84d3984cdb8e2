"""Secrets are dropped on the way in: whatever comes after this never holds one.

What users fill with values of their own (environment, labels, options, commands, templates) loses
all values; what they name (stage variables, tags, headers) loses those whose name or shape tells;
every other text loses what has a secret's shape. Names always stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.redact_export import exported
from vpclink_checks.sources.redact_text import named, secret_name, text
from vpclink_checks.sources.redact_user_data import agent_settings
from vpclink_checks.words import REDACTED

__all__ = ["REDACTED", "clean", "text"]

# Everything below these keys is users' own and no check asks for it.
_HIDDEN = frozenset(
    {
        "environment",
        "dockerLabels",
        "command",
        "entryPoint",
        "driverOpts",
        "labels",
        "hookDetails",
        "options",
        "credentialsParameter",
        "requestTemplates",
        "responseTemplates",
        "RequestTemplates",
        "ResponseTemplates",
        "TemplateSelectionExpression",
        "MessageBody",
        "AuthenticationRequestExtraParams",
        "ClientSecret",
        "identityValidationExpression",
        "IdentityValidationExpression",
        "PasswordData",
        # Web ACLs: what a rule looks for in a header is often the secret that the header must hold.
        "SearchString",
        "RegexString",
        "InsertHeaders",
        "ResponseHeaders",
        "CustomResponseBodies",
    }
)
_METHODS = frozenset({"options"})  # as exported documents call one: it is no map of options then
# Name to value, as users named it.
_NAMED = frozenset({"variables", "StageVariables", "stageVariableOverrides", "tags", "Tags"})
_PARAMETERS = frozenset({"requestParameters", "responseParameters", "RequestParameters", "ResponseParameters"})
_DOCUMENTS = frozenset({"body"})
_POLICIES = frozenset(
    {"policy", "Policy", "PolicyDocument", "resourcePolicy", "managementPolicy", "x-amazon-apigateway-policy"}
)
# Condition keys of policies whose values are often a shared secret: whoever sends the header gets in.
_SHARED_CONDITIONS = frozenset({"aws:referer"})
# Where an OpenAPI document shows what the value of a parameter or property may be.
_SHOWN = frozenset({"default", "example", "examples", "enum", "const", "x-example", "x-examples"})
_SCHEMAS = frozenset({"schema", "items", "content"})
_DESCRIBING = _SHOWN | _SCHEMAS
# What must be an ARN, or a name that nobody asks for: a secret may have been written in its place.
_ARNS = frozenset({"credentials", "valueFrom"})
_DROPPED = frozenset({"ResponseMetadata"})

# A key that AWS's own answers do not have, or have for a secret only; exported documents may hold any.
_SECRET_KEY = re.compile(
    r"(?i)(?:client|session|db|user|admin|access|refresh|bearer)?[-_]?(?:password|passwd|passphrase|secret|token)"
    r"|api[-_]?key|(?:secret[-_]?)?access[-_]?key|private[-_]?key|connection[-_]?string"
)
# Headers whose fixed values are worth reading and are no secret.
_HARMLESS_HEADER = re.compile(
    r"(?i)(?:host|content-[a-z-]+|accept(?:-[a-z]+)?|access-control-[a-z-]+|cache-control|connection|vary"
    r"|x-forwarded-(?:for|host|port|prefix|proto)|x-amz-invocation-type|location|strict-transport-security)"
)
_CONDITION = re.compile(r"(aws:referer)(?![\w-]).*", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r"(?:^|[.:])(?:multivalue)?(?:header|querystring|path)\.(.+)$", re.IGNORECASE)
# A value copied from the request or its context, in the words of REST APIs and of HTTP APIs.
_CONTEXT = (
    r"context\.(?:accountId|apiId|awsEndpointRequestId2?|dataProcessed|deploymentId|domainName|domainPrefix"
    r"|extendedRequestId|httpMethod|integrationErrorMessage|integrationLatency|integrationStatus|path|protocol|requestId"
    r"|requestTime|requestTimeEpoch|resourceId|resourcePath|responseLatency|responseLength|responseType|routeKey|stage"
    r"|status|xrayTraceId|wafResponseCode|webaclArn|isCanaryRequest"
    r"|(?:authorizer|authorize|authenticate|customDomain|error|identity|integration|waf|requestOverride|responseOverride)"
    r"(?:\.[\w-]+)+)"
)
_PART = r"(?:path|body|(?:multivalue)?(?:header|querystring))(?:\.[\w.$*\[\]-]+)?"
_SOURCE = (
    rf"(?:(?:method\.request|integration\.response|request|response)\.{_PART}|{_CONTEXT}|stageVariables\.[\w-]+"
    r"|response\.statuscode)"
)
_COPIED = re.compile(rf"\$?{_SOURCE}|(?:\$\{{{_SOURCE}\}}[ ,;:/._-]{{0,3}})+", re.IGNORECASE)


def clean(_call: Call, response: Mapping[str, Any]) -> dict[str, Any]:
    """A new response without secrets; cleaning it again changes nothing.

    Works by the names of keys, which mean the same in every answer.
    """
    return _each(response)


def _each(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, one) for key, one in value.items() if key not in _DROPPED}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, str):
        return _text(key, value)
    if isinstance(value, dict | Mapping):  # dict first: it is one nearly always, and told without asking an ABC
        return _mapping(key, value)
    if isinstance(value, list | tuple):
        return _hidden(value) if key in _HIDDEN else [_value(key, one) for one in value]
    return _value(key, value.decode("utf-8", "replace")) if isinstance(value, bytes) else value


@lru_cache(maxsize=8192)  # there are few keys and many values
def _is_secret(key: str) -> bool:
    return key in _HIDDEN or key.lower() in _SHARED_CONDITIONS or _SECRET_KEY.fullmatch(key) is not None


@lru_cache(maxsize=8192)
def _is_plain(key: str) -> bool:
    """Whether a text below this key is judged by its shape alone."""
    return key != "UserData" and key not in _DOCUMENTS | _POLICIES | _ARNS and not _is_secret(key)


def _text(key: str, value: str) -> str:
    return text(value) if _is_plain(key) else _special(key, value)


def _special(key: str, value: str) -> str:
    """A text below a key that says what to do with it."""
    if _is_secret(key):
        return REDACTED
    if key == "UserData":
        return agent_settings(value)
    if key in _DOCUMENTS:
        return _document(value)
    if key in _POLICIES:
        return _policy(value)
    return text(value) if value.startswith("arn:") else REDACTED


def _mapping(key: str, value: Mapping[str, Any]) -> Any:
    if key in _HIDDEN and not (key in _METHODS and "responses" in value):
        return _hidden(value)
    if key in _PARAMETERS:
        return {name: _parameter(name, one) for name, one in value.items()}
    if _tells(key, value):
        value = _without_values(value)
    pair = _pair(value)
    if pair is None and key == "Attributes" and all(isinstance(one, str) for one in value.values()):
        return {name: named(name, one) if name.startswith("AWS_") else REDACTED for name, one in value.items()}
    if pair is None and key in _NAMED:
        return {name: named(name, one) if isinstance(one, str) else _value(name, one) for name, one in value.items()}
    return pair or _each(value)


def _tells(key: str, value: Mapping[str, Any]) -> bool:
    """Whether this describes a parameter, header or property of an OpenAPI document that holds a secret."""
    if "in" in value and isinstance(value.get("name"), str):
        key = value["name"]
    described = not value.keys().isdisjoint(_DESCRIBING)
    return described and secret_name(key)


def _without_values(value: Mapping[str, Any]) -> dict[str, Any]:
    """The description without the values that it shows, at every depth of its schemas."""
    return {
        key: _hidden(one) if key in _SHOWN else _without_values(one) if isinstance(one, Mapping) else one
        for key, one in value.items()
    }


def _hidden(value: Any) -> Any:
    """The same shape without its values; in a list of names and values, the names stay."""
    if isinstance(value, list | tuple):
        return [{**_hidden(one), **_name_of(one)} if isinstance(one, Mapping) else _hidden(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _hidden(one) for name, one in value.items()}
    return value if value is None or isinstance(value, bool) else REDACTED


_NAME_AND_VALUE = ({"name", "value"}, {"Name", "Value"})


def _name_of(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key in ("name", "Name") and set(value) in _NAME_AND_VALUE}


# Keys of which a name beside its value has one.
_TAG_VALUE = "x-amazon-apigateway-tag-value"
_VALUES = frozenset({_TAG_VALUE, "Field", "HttpHeaderName", "HeaderName", "match", "value", "Value", "ValueGlob"})
_PAIRS = (
    ("name", "value"),
    ("Key", "Value"),
    ("key", "value"),
    ("Header", "ValueGlob"),
    ("name", _TAG_VALUE),
    ("namespace", "value"),
)


def _pair(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """A name beside its value: a tag, an option, a header to match. None if it is something else."""
    if value.keys().isdisjoint(_VALUES):
        return None
    if "HttpHeaderName" in value or value.get("Field") == "http-header":
        return _asked(_each(value), str(value.get("HttpHeaderName", "")))
    if "HeaderName" in value:  # what CloudFront sends to an origin, so that the origin knows it
        return {**value, "HeaderValue": _header(str(value["HeaderName"]), str(value.get("HeaderValue", "")))}
    if isinstance(value.get("match"), Mapping) and isinstance(value.get("name"), str):  # VPC Lattice
        harmless = _HARMLESS_HEADER.fullmatch(value["name"])
        return {**_each(value), "match": _each(value["match"]) if harmless else _hidden(value["match"])}
    return _named_pair(value)


def _named_pair(value: Mapping[str, Any]) -> dict[str, Any] | None:
    for name_key, value_key in _PAIRS:
        name, held = value.get(name_key), value.get(value_key)
        if isinstance(name, str) and isinstance(held, str):
            rest = {key: _value(key, one) for key, one in value.items() if key != value_key}
            return rest | {value_key: named(name, held)}
    return None


def _asked(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A condition of a listener's rule without the values that a header must have."""
    asked = {key: [_header(name, one) for one in value[key] or ()] for key in ("Values", "RegexValues") if key in value}
    return {**value, **asked}


def _header(name: str, value: str) -> str:
    """A header's fixed value: such a header is often a shared secret."""
    return text(value) if _HARMLESS_HEADER.fullmatch(name) else REDACTED


def _parameter(name: str, value: Any) -> Any:
    """One parameter mapping; for responses of HTTP APIs, a mapping of them by status.

    What is copied into a header or query stays, what is written there goes: it is often a shared secret.
    """
    if isinstance(value, Mapping):
        return {inner: _parameter(inner, one) for inner, one in value.items()}
    if not isinstance(value, str):
        return value
    field = _FIELD.search(name)
    if field is None or _HARMLESS_HEADER.fullmatch(field[1]):
        return text(value)
    return value if _COPIED.fullmatch(value) else REDACTED


def _document(body: str) -> str:
    """An exported OpenAPI document; left as written where nothing is hidden in it."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return _unparsed(body)
    cleaned = exported(_value("", parsed))
    return body if cleaned == parsed else json.dumps(cleaned)


def _policy(written: str) -> str:
    """A policy as JSON text, or with its quotes escaped by backslashes, as apigateway may return it.

    Left as written where nothing is hidden in it. What is no JSON loses all that follows a shared condition.
    """
    for escaped in (False, True):
        policy = _parsed(written, escaped=escaped)
        if policy is None:
            continue
        cleaned = _statement("", policy)
        if cleaned == policy and not _CONDITION.search(written):  # a key may stand there twice, and be read once
            return written
        shown = json.dumps(cleaned)
        return json.dumps(shown)[1:-1] if escaped else shown
    return _unparsed(written)


def _unparsed(written: str) -> str:
    return _CONDITION.sub(rf"\g<1>{REDACTED}", text(written))


def _parsed(written: str, *, escaped: bool) -> dict[str, Any] | None:
    try:
        policy = json.loads(str(json.loads(f'"{written}"')) if escaped else written)
    except ValueError:
        return None
    return policy if isinstance(policy, dict) else None


def _statement(key: str, value: Any) -> Any:
    """A part of a policy. A condition key such as aws:PrincipalTag/token names a tag, and is no secret's name."""
    if isinstance(value, Mapping):
        return {name: _statement(name, one) for name, one in value.items()}
    if isinstance(value, list):
        return [_statement(key, one) for one in value]
    if not isinstance(value, str):
        return value
    hidden = key.lower() in _SHARED_CONDITIONS or (":" not in key and secret_name(key))
    return REDACTED if hidden else text(value)
