"""A request as it came over the wire, read by botocore's own service models: who is asked for what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from botocore.exceptions import UnknownServiceError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict

from tests.standin.cbor import decoded
from vpclink_checks.sources.calls import TABLE, action_of
from vpclink_checks.sources.facts import Call

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]*)/([^/]+)/aws4_request")
_SHARED = {"elasticloadbalancing": ("elb", "elbv2"), "apigateway": ("apigateway", "apigatewayv2")}
CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True)
class Request:
    """The bytes, taken apart as far as HTTP goes; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Asked:
    """One call. ``model`` is None where no service that we know has such an operation."""

    service: str
    operation: str
    region: str
    protocol: str
    params: Mapping[str, Any] = field(default_factory=dict)
    model: OperationModel | None = None

    @property
    def name(self) -> str:
        """``ec2:DescribeVpcs``."""
        return f"{self.service}:{self.operation}"

    @property
    def action(self) -> str:
        """The IAM action that it takes."""
        return action_of(Call(self.service, self.operation, self.params))


@cache
def model_of(service: str) -> ServiceModel:
    """botocore's model of a service, loaded once; in moto's classes, as its parsers and serializers ask for."""
    return get_service_model(service)


def asked(request: Request) -> Asked:
    """What a request asks for; an operation called ``?`` where that cannot be told."""
    region, signed_for = _scope(request)
    for model in _models(signed_for):
        protocol = _protocol(model, request)
        found = _operation(model, protocol, request)
        if found is not None:
            name, labels = found
            operation = model.operation_model(name)
            params = _params(operation, protocol, request, labels)
            return Asked(model.service_name, name, region, protocol, params, operation)
    return Asked(signed_for, f"? {request.method} {request.target[:80]}", region, "json")


def _scope(request: Request) -> tuple[str, str]:
    """Region and service that the request was signed for."""
    found = _SCOPE.search(request.headers.get("authorization", ""))
    return (found[1], found[2]) if found else ("", "unsigned")


@cache
def _models(signed_for: str) -> tuple[ServiceModel, ...]:
    named = _SHARED.get(signed_for, (signed_for,))
    try:
        return tuple(model_of(name) for name in named)
    except UnknownServiceError:
        every = map(model_of, sorted({row.service for row in TABLE}))
        return tuple(model for model in every if model.signing_name == signed_for)


def _protocol(model: ServiceModel, request: Request) -> str:
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return CBOR
    if "x-amz-target" in request.headers:
        return "json"
    return str(model.metadata["protocol"])


def _operation(model: ServiceModel, protocol: str, request: Request) -> tuple[str, dict[str, str]] | None:
    """The operation of this model that is asked for, and what stands in the path."""
    if protocol == CBOR:
        _, _, name = request.target.partition("/operation/")
    elif protocol == "json":
        prefix, _, name = request.headers.get("x-amz-target", "").partition(".")
        name = name if prefix == model.metadata["targetPrefix"] else ""
    elif protocol in ("query", "ec2"):
        form = dict(parse_qsl(request.body.decode()))
        name = form.get("Action", "") if form.get("Version") == model.api_version else ""
    else:
        return _routed(model, request)
    return (name, {}) if name in model.operation_names else None


def _routed(model: ServiceModel, request: Request) -> tuple[str, dict[str, str]] | None:
    path, _, query = request.target.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    for method, pattern, fixed, name in _routes(model.service_name):
        match = pattern.fullmatch(path) if method == request.method else None
        if match and all(pair in given for pair in fixed):
            return name, {key: unquote(value) for key, value in match.groupdict().items()}
    return None


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], list[tuple[str, str]], str]]:
    """Method, path, query that must be there, operation: the most exact first."""
    model = model_of(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        routes.append((http["method"], _pattern(path), parse_qsl(query, keep_blank_values=True), name))
    return sorted(routes, key=lambda route: (route[1].groups, -len(route[2]), -len(route[1].pattern)))


def _pattern(path: str) -> re.Pattern[str]:
    """``/restapis/{restapi_id}`` as an expression with a group for each label."""
    parts = re.split(r"\{([\w-]+\+?)\}", path.rstrip("/"))
    made = [re.escape(part) if at % 2 == 0 else _group(part) for at, part in enumerate(parts)]
    return re.compile("".join(made) + "/?")


def _group(label: str) -> str:
    return f"(?P<{label.rstrip('+').replace('-', '_')}>{'.+' if label.endswith('+') else '[^/]+'})"


def _params(operation: OperationModel, protocol: str, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
    if protocol == CBOR:
        return dict(decoded(request.body))
    _, _, query = request.target.partition("?")
    form = request.body.decode() if protocol in ("query", "ec2") else query
    given: Any = {
        "body": request.body,
        "headers": Headers(list(request.headers.items())),
        "method": request.method,
        "url_params": labels,
        "url_path": request.target,
        "values": MultiDict(parse_qsl(form, keep_blank_values=True)),
    }
    return dict(PROTOCOL_PARSERS[protocol](operation).parse(given))
