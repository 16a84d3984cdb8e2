"""Exported OpenAPI documents hold what users wrote: under a secret's name, anywhere, no value stays.

The words that OpenAPI and AWS themselves use stay, whatever they sound like: checks read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpclink_checks.sources.redact_text import named, secret_name
from vpclink_checks.words import REDACTED

_AWS = "x-amazon-apigateway-"
_METHOD = "x-amazon-apigateway-any-method"
_OWN_WORDS = frozenset({"bearerFormat", "authorizationUrl", "tokenUrl", "operationId", "$ref"})
# Below these, and below extensions of users' own, nothing is OpenAPI's.
_FREE = frozenset({"default", "example", "examples", "enum", "const"})
_DESCRIBED = frozenset({"type", "$ref", "description", "schema", "content", "in"})


def exported(value: Any, key: str = "", *, free: bool = False) -> Any:
    """The document, or the part below a key, without the values that stand under a secret's name.

    AWS's extensions are left as they are: they are cleaned by the names of their own keys.
    """
    if key.startswith(_AWS) and key != _METHOD:
        return value
    if isinstance(value, str):
        return value if key in _OWN_WORDS or not secret_name(key) else named(key, value)
    if isinstance(value, Mapping):
        if secret_name(key) and (free or key.startswith("x-")) and value.keys().isdisjoint(_DESCRIBED):
            return _emptied(value)
        inner = free or key in _FREE or key.startswith("x-")
        return {name: exported(one, name, free=inner) for name, one in value.items()}
    if isinstance(value, list):
        return [exported(one, key, free=free) for one in value]
    return REDACTED if free and secret_name(key) and isinstance(value, int | float) and value is not True else value


def _emptied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _emptied(one) for name, one in value.items()}
    return [_emptied(one) for one in value] if isinstance(value, list) else REDACTED
