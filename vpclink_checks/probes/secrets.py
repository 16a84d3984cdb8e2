"""Secrets of a probe: read from the environment when it is sent, and masked wherever an answer echoes them."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from vpclink_checks.settings import EnvVar

MASK = "(masked)"
NEVER_KEPT = ("set-cookie", "authorization", "proxy-authorization", "x-amz-security-token")
WORTH_SPLITTING = 6  # characters: "Bearer" apart from its token, but no short words


class MissingVariableError(LookupError):
    """An environment variable that a probe needs is not set, or is empty; the text names it."""


def read(variable: EnvVar) -> str:
    """The variable's value. Raises MissingVariableError."""
    value = os.environ.get(variable.name, "")
    if not value:
        raise MissingVariableError(f"the environment variable {variable.name} is not set")
    return value


def filled(headers: Mapping[str, str | EnvVar]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The headers as sent, and which values among them are secret. Raises MissingVariableError."""
    sent = {name: read(value) if isinstance(value, EnvVar) else value for name, value in headers.items()}
    return sent, tuple(sent[name] for name, value in headers.items() if isinstance(value, EnvVar))


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, in any spelling that an answer is likely to echo."""
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def masked_headers(headers: Iterable[tuple[str, str]], secrets: Iterable[str]) -> dict[str, str]:
    """Names in lower case, repeated headers joined; cookies and credentials of the answer are not kept."""
    kept: dict[str, str] = {}
    secrets = tuple(secrets)
    for name, value in headers:
        key = masked(name.lower(), secrets)
        shown = MASK if key in NEVER_KEPT else masked(value, secrets)
        kept[key] = f"{kept[key]}, {shown}" if key in kept else shown
    return kept


def _forms(secret: str) -> set[str]:
    parts = {part for part in secret.split() if len(part) >= WORTH_SPLITTING and part.lower() not in ("bearer",)}
    forms: set[str] = set()
    for text in {secret, secret.strip(), *parts, *_basic(secret)}:
        forms |= {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        forms |= {quote(text), quote(text, safe=""), quote_plus(text)}
        forms.add(base64.b64encode(text.encode()).decode().rstrip("="))
    return {form for form in forms if form}


def _basic(secret: str) -> tuple[str, ...]:
    """User and password of an ``Authorization: Basic`` value: a backend decodes what it echoes."""
    scheme, _, token = secret.partition(" ")
    if scheme.lower() != "basic":
        return ()
    try:
        pair = base64.b64decode(token.strip(), validate=True).decode()
    except ValueError:
        return ()
    return (pair, pair.partition(":")[2])
