"""Who made an answer: the backend, the gateway itself, or nobody that can be told (semantics, section 9)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from vpclink_checks.model.api import GatewayResponse, Route
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.sources import redact

ERROR_TYPE = "x-amzn-errortype"  # on errors that a REST API makes itself; never on what it relays
REMAPPED = "x-amzn-remapped-"  # on what HTTP_PROXY relays
SHOWN = 120  # characters of a body that a message quotes
LOCAL = ("config", "local")  # the probe was not sent, or did not get out of this machine

# Bodies of the gateway's own answers, by status. HTTP APIs mark theirs by nothing else.
# API Gateway developer guide, supported-gateway-response-types and http-api-develop-routes;
# repost.aws/knowledge-center/api-gateway-5xx-error, api-gateway-504-errors.
OWN_BODIES = {
    401: ("Unauthorized",),
    403: ("Forbidden", "Missing Authentication Token"),
    404: ("Not Found",),
    429: ("Too Many Requests", "Limit Exceeded"),
    500: ("Internal server error", "Internal Server Error"),
    503: ("Service Unavailable",),
    504: ("Endpoint request timed out", "Gateway Timeout"),
}
SUSPECTS = {
    "MissingAuthenticationTokenException": "a method or path that was not deployed, or the stage's name in the path",
    "ForbiddenException": "no mapping for this path, a stage that is not there, an API key or a web ACL",
    "AccessDeniedException": "the resource policy, or IAM authorization",
    "UnauthorizedException": "the authorizer",
    "AuthorizerConfigurationException": "the authorizer's own set-up, not the path",
    401: "the authorizer",
    403: "the mapping, the resource policy, an API key or a web ACL",
    404: "a route or stage that is not there",
    413: "a payload above the gateway's limit",
    415: "a content type that the integration does not pass through",
    429: "throttling of the stage or the usage plan",
    500: "the VPC link, a stage variable, or no healthy target that can be reached",
    502: "a backend that broke the connection off",
    503: "no healthy target, or packets that are dropped on the way to it",
    504: "packets dropped by a security group, network ACL or route, or a slow application",
}


class Maker(Enum):
    """Who made an answer."""

    BACKEND = auto()
    GATEWAY = auto()
    LOCKED = auto()  # the gateway, for want of credentials that the probe was not given
    NOBODY = auto()  # there was no answer
    UNTOLD = auto()  # nothing tells
    NOT_ASKED = auto()  # this machine's side


def maker(
    seen: Observation,
    attempt: Attempt,
    route: Route | None,
    *,
    mutual_tls: bool = False,
    own: Sequence[GatewayResponse] = (),
) -> Maker:
    """Who made the answer to this attempt. *route* is the one it meets, None where no route is known.

    *own*: the API's changed gateway responses; what may be one of them is proof of nothing, whatever it says.
    """
    locked = not seen.credentials and (mutual_tls or (route is not None and asks(route)))
    if attempt.status is None:
        if attempt.failure in LOCAL:
            return Maker.NOT_ASKED
        return Maker.LOCKED if mutual_tls and locked and attempt.failure in ("tls", "http") else Maker.NOBODY
    if any(name.startswith(REMAPPED) for name in attempt.headers):
        return Maker.BACKEND
    if made_by_gateway(attempt):
        return Maker.LOCKED if locked and attempt.status in (401, 403) else Maker.GATEWAY
    if seen.declared and seen.marked and not seen.unmet and not any(one.may_answer(attempt.status) for one in own):
        return Maker.BACKEND
    return Maker.UNTOLD


def asks(route: Route) -> bool:
    """Whether the route asks callers for credentials."""
    return route.api_key_required or route.authorization not in ("", "NONE")


def made_by_gateway(attempt: Attempt) -> bool:
    """Whether API Gateway answered by itself."""
    if ERROR_TYPE in attempt.headers:
        return True
    message = attempt.json.get("message") if isinstance(attempt.json, dict) and len(attempt.json) == 1 else None
    return attempt.status is not None and message in OWN_BODIES.get(attempt.status, ())


def error_type(attempt: Attempt) -> str:
    """``ForbiddenException``; what AWS puts behind a colon is left out."""
    return shown(attempt.headers.get(ERROR_TYPE, "").partition(":")[0])


def described(attempt: Attempt) -> str:
    """Status, error type and the body's first line, or how it broke."""
    if attempt.status is None:
        return f"{attempt.failure}: {attempt.detail}"
    line = next(iter(attempt.body.strip().splitlines()), "")
    return " ".join(part for part in (str(attempt.status), error_type(attempt), shown(line)) if part)


def shown(text: str, limit: int = SHOWN) -> str:
    """A text of the other side, fit for a message: secrets by their shape, control characters and length taken out."""
    plain = "".join(char if char.isprintable() else "?" for char in redact.text(text))
    return plain if len(plain) <= limit else plain[:limit] + "…"


def suspects(attempt: Attempt) -> str:
    """What to look at first for such an answer, in one clause; "" where nothing is known."""
    found = SUSPECTS.get(error_type(attempt)) or SUSPECTS.get(attempt.status or 0)
    if found is None and attempt.failure == "tls":
        found = "the certificate, or a DNS record that leads elsewhere"
    if found is None and attempt.failure == "dns":
        found = "the DNS record or the delegation of its zone"
    return f"; first suspects: {found}" if found else ""
