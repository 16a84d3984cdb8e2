"""The routes that a stage serves, from its export: an OpenAPI document with AWS's extensions.

What an export leaves out is left out here too. Whether an exported private integration always shows
connectionId and integrationTarget is unconfirmed; where it does not, they are "", and discovery falls
back on the edited route of the same method, path and uri to find its way (never to judge).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vpclink_checks.model.api import Integration, Route
from vpclink_checks.sources.aws_shapes import Raw, flag, part, rows, text, text_map, whole

INTEGRATION = "x-amazon-apigateway-integration"
ANY = "x-amazon-apigateway-any-method"
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", ANY)
AUTH_TYPES = {"awssigv4": "AWS_IAM", "cognito_user_pools": "COGNITO_USER_POOLS", "custom": "CUSTOM", "oauth2": "JWT"}


def document(body: object) -> Raw | None:
    """The exported document: text, bytes, or already parsed; None where it is no JSON object."""
    if isinstance(body, bytes | bytearray):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return None
    return body if isinstance(body, Mapping) else None


def exported_routes(exported: Raw, api_id: str) -> tuple[Route, ...]:
    """The routes of an oas30 export; their ids are not in it, and stay ""."""
    return tuple(
        _route(exported, path, verb, operation, api_id)
        for path, item in part(exported, "paths").items()
        if isinstance(item, Mapping)
        for verb, operation in item.items()
        if verb.lower() in VERBS and isinstance(operation, Mapping)
    )


def _route(exported: Raw, path: str, verb: str, operation: Raw, api_id: str) -> Route:
    authorization, key = _security(exported, operation)
    integration = part(operation, INTEGRATION)
    return Route(
        api_id=api_id,
        method="ANY" if verb.lower() == ANY else verb.upper(),
        path=path.removeprefix("/") if path == "/$default" else path,
        authorization=authorization,
        api_key_required=key,
        integration=_integration(exported, integration) if integration else None,
    )


def _integration(exported: Raw, raw: Raw) -> Integration:
    raw = _referred(exported, raw)
    tls = raw.get("tlsConfig")
    return Integration(
        type=text(raw, "type").upper(),
        connection_type=text(raw, "connectionType", default="INTERNET"),
        connection_id=text(raw, "connectionId"),
        uri=text(raw, "uri"),
        target=text(raw, "integrationTarget"),
        method=_method(text(raw, "httpMethod")),
        timeout_ms=whole(raw.get("timeoutInMillis")),
        request_parameters=text_map(raw, "requestParameters"),
        server_name_to_verify=text(part(raw, "tlsConfig"), "serverNameToVerify"),
        tls="payloadFormatVersion" in raw and tls is not None,
        insecure_skip_verification=flag(part(raw, "tlsConfig"), "insecureSkipVerification"),
        passthrough=text(raw, "passthroughBehavior").upper(),
    )


def _method(word: str) -> str:
    return "ANY" if word.lower() == ANY else word.upper()


def _referred(exported: Raw, raw: Raw) -> Raw:
    """HTTP APIs may put an integration under components and refer to it."""
    name = text(raw, "$ref").rpartition("/")[2]
    return part(part(part(exported, "components"), INTEGRATION + "s"), name) if name else raw


def _security(exported: Raw, operation: Raw) -> tuple[str, bool]:
    """Authorization type and whether an API key is asked for, from the security requirements.

    An operation's own extension wins: ``x-amazon-apigateway-auth`` names the type itself.
    """
    source = operation if "security" in operation else exported
    names = [name for requirement in rows(source, "security") for name in requirement]
    kinds = list(_kinds(part(part(exported, "components"), "securitySchemes"), names))
    own = text(part(operation, "x-amazon-apigateway-auth"), "type").upper()
    return own or next((kind for kind in kinds if kind != "API_KEY"), "NONE"), "API_KEY" in kinds


def _kinds(schemes: Mapping[str, Any], names: list[str]) -> Iterator[str]:
    for name in names:
        scheme = part(schemes, name)
        written = text(scheme, "x-amazon-apigateway-authtype").lower()
        authorizer = part(scheme, "x-amazon-apigateway-authorizer")
        if written or authorizer:
            yield AUTH_TYPES.get(written, "") or _authorizer_kind(authorizer, written)
        else:
            yield "API_KEY" if text(scheme, "type") == "apiKey" else "CUSTOM"


def _authorizer_kind(authorizer: Raw, written: str) -> str:
    kind = text(authorizer, "type").lower()
    return {"jwt": "JWT", "cognito_user_pools": "COGNITO_USER_POOLS"}.get(kind, "CUSTOM" if kind else written.upper())
