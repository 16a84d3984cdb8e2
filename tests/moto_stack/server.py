"""moto's server on a loopback port, with its calls logged and faults put in by operation."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.moto_stack.empty import EMPTY

Environ = dict[str, Any]
REST = ("apigatewayv2", "apigateway", "route53", "cloudfront", "vpc-lattice")
JSON = {"ContainerService": "ecs", "GlobalAccelerator": "globalaccelerator", "CertificateManager": "acm"}
QUERY = {("elasticloadbalancing", "2015-12-01"): "elbv2", ("elasticloadbalancing", "2012-06-01"): "elb"}


@dataclass
class Fault:
    """What an operation answers instead: AWS's error code, its HTTP status, or a raw body.

    ``cut`` ends the connection before the promised end; ``late_s`` is how long the answer takes.
    """

    code: str = "AccessDeniedException"
    status: int = 403
    body: bytes | None = None
    cut: bool = False
    late_s: float = 0
    message: str = "User: arn:aws:sts::123456789012:assumed-role/audit/test is not authorized"


@dataclass
class Stand:
    """A running server. ``calls`` counts the requests by operation, in the table's spelling.

    ``bodies`` holds the last body of each operation.
    """

    url: str
    calls: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, str] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    closing: Event = field(default_factory=Event)

    @contextmanager
    def failing(self, **faults: Fault) -> Iterator[None]:
        """While this lasts, these operations (``ec2_DescribeVpcs``) fail."""
        self.faults.update({name.replace("_", ":", 1): fault for name, fault in faults.items()})
        try:
            yield
        finally:
            self.faults.clear()


class _Quiet(MotoRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Calls are counted; nobody reads them on the terminal."""


@contextmanager
def running() -> Iterator[Stand]:
    """A server for as long as this lasts."""
    stand = Stand(url="")
    app = _logged(DomainDispatcherApplication(create_backend_app), stand)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    stand.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand
    finally:
        stand.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _logged(app: Callable[..., Iterable[bytes]], stand: Stand) -> Callable[..., Iterable[bytes]]:
    def serve(environ: Environ, start_response: Any) -> Iterable[bytes]:
        body = _body(environ)
        name = operation_of(environ, body)
        stand.calls[name] += 1
        stand.bodies[name] = body
        fault = stand.faults.get(name)
        if fault is None and name in EMPTY:
            start_response("200 OK", [("Content-Length", str(len(EMPTY[name])))])
            return [EMPTY[name]]
        if fault is None:
            return app(environ, start_response)
        answer = fault.body if fault.body is not None else _error(environ, fault)
        stand.closing.wait(fault.late_s)
        length = len(answer) + (1000 if fault.cut else 0)
        headers = [("Content-Length", str(length)), ("x-amzn-errortype", fault.code)]
        start_response(f"{fault.status} Fault", headers)
        return [answer]

    return serve


def operation_of(environ: Environ, body: str) -> str:
    """``ec2:DescribeVpcs``, from the request as it came over the wire."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, operation = target.partition(".")
        return f"{next(service for word, service in JSON.items() if word in prefix)}:{operation}"
    service = _signed_for(environ)
    if service in REST:
        return _rest_operation(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    fields = parse_qs(body)
    action, version = (fields.get(key, ["?"])[0] for key in ("Action", "Version"))
    return f"{QUERY.get((service, version), service)}:{action}"


def _signed_for(environ: Environ) -> str:
    """The service in the credential scope of the signature."""
    found = re.search(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    return found[1] if found else "unsigned"


def _body(environ: Environ) -> str:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return str(body.decode())


def _rest_operation(method: str, path: str) -> str:
    fits = [name for verb, pattern, name in _rest_patterns() if verb == method and pattern.fullmatch(path)]
    return fits[0] if fits else f"?:{method} {path}"


@cache
def _rest_patterns() -> list[tuple[str, re.Pattern[str], str]]:
    session = botocore.session.Session()
    models = [session.get_service_model(name) for name in REST]
    return [
        (operation.http["method"], _pattern(operation.http["requestUri"]), f"{model.service_name}:{operation.name}")
        for model in models
        for operation in map(model.operation_model, model.operation_names)
    ]


def _pattern(uri: str) -> re.Pattern[str]:
    path = uri.split("?", maxsplit=1)[0].rstrip("/")
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + "/?")


def _error(environ: Environ, fault: Fault) -> bytes:
    """The error in the words of the protocol that asked."""
    if "HTTP_X_AMZ_TARGET" in environ or _signed_for(environ) == "apigateway":
        return json.dumps({"__type": fault.code, "message": fault.message}).encode()
    error = f"<Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>"
    whole = f"<Response><Errors>{error}</Errors></Response>"
    return (whole if _signed_for(environ) == "ec2" else f"<ErrorResponse>{error}</ErrorResponse>").encode()
