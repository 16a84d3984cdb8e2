"""APIs, stages, routes and integrations, REST (v1) and HTTP (v2) in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from vpclink_checks.model.fact import Unread, nothing_unread


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """apigateway:GetRestApi or apigatewayv2:GetApi."""

    id: str
    name: str = ""
    protocol: str = "REST"  # REST | HTTP | WEBSOCKET
    endpoint_types: tuple[str, ...] = ("REGIONAL",)
    execute_api_disabled: bool = False
    policy: str = ""  # JSON text; "" for none
    status: str = ""
    status_message: str = ""
    created: datetime | None = None
    unread: Unread = field(default_factory=nothing_unread, hash=False)  # field -> why botocore could not read it

    @property
    def rest(self) -> bool:
        return self.protocol == "REST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """apigateway:GetStage canarySettings."""

    percent: float
    deployment_id: str = ""
    variables: Mapping[str, str] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """Stage or method throttling; None where AWS's account default holds."""

    path: str  # "*/*" for the whole stage
    rate: float | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """apigateway:GetStage or apigatewayv2:GetStage."""

    api_id: str
    name: str
    deployment_id: str = ""
    variables: Mapping[str, str] = field(default_factory=_nothing)
    canary: Canary | None = None
    auto_deploy: bool = False
    last_deployment_message: str = ""
    web_acl_arn: str = ""
    throttles: tuple[Throttle, ...] = ()
    created: datetime | None = None
    updated: datetime | None = None

    @property
    def key(self) -> str:
        """The key of this stage in the topology's tables."""
        return f"{self.api_id}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAcl:
    """wafv2:GetWebACLForResource. ``allowing`` names the rules that may let a request through."""

    arn: str
    name: str = ""
    blocks: bool = False  # the default action
    allowing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayResponse:
    """One that was changed, of apigateway:GetGatewayResponses: neither its body nor its headers are kept."""

    type: str  # DEFAULT_5XX, INTEGRATION_FAILURE, …
    status: int | None = None  # None: the status stays that of each error

    @property
    def server_error(self) -> bool:
        """Whether it stands in for errors behind the gateway, or of the API's own set-up (5xx without the change)."""
        return self.type == "DEFAULT_5XX" or self.type in SERVER_ERRORS

    def may_answer(self, status: int) -> bool:
        """Whether an answer of this status may be this one."""
        if self.status is not None:
            return status == self.status
        return status >= 500 if self.server_error else 400 <= status < 500  # noqa: PLR2004


# API Gateway developer guide, supported-gateway-response-types: those whose status is 500 or 504 by default.
SERVER_ERRORS = frozenset(
    {
        "API_CONFIGURATION_ERROR",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "AUTHORIZER_FAILURE",
        "INTEGRATION_FAILURE",
        "INTEGRATION_TIMEOUT",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """apigateway:GetDeployments or apigatewayv2:GetDeployments."""

    id: str
    api_id: str
    created: datetime | None = None
    status: str = ""
    status_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What a route hands its requests to; texts as written, stage variables unexpanded."""

    type: str = ""  # HTTP | HTTP_PROXY | AWS | AWS_PROXY | MOCK
    connection_type: str = "INTERNET"
    connection_id: str = ""
    uri: str = ""
    target: str = ""  # REST integrationTarget: an ALB or NLB ARN
    method: str = ""
    timeout_ms: int | None = None
    request_parameters: Mapping[str, str] = field(default_factory=_nothing)
    server_name_to_verify: str = ""
    tls: bool = False  # HTTP API: tlsConfig is present
    insecure_skip_verification: bool = False
    passthrough: str = ""
    id: str = ""  # HTTP API integration id
    unread: Unread = field(default_factory=nothing_unread, hash=False)  # field -> why botocore could not read it

    @property
    def private(self) -> bool:
        return self.connection_type == "VPC_LINK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A REST method on its resource, or an HTTP API route. ``path`` "$default" for that route."""

    api_id: str
    method: str
    path: str
    authorization: str = "NONE"
    authorizer_id: str = ""
    api_key_required: bool = False
    integration: Integration | None = None
    id: str = ""  # REST resource id, HTTP route id

    @property
    def asks(self) -> bool:
        """Whether it asks for authorization: an authorizer or IAM; an API key identifies, it does not authorize."""
        return self.authorization not in ("", "NONE")

    @property
    def title(self) -> str:
        return self.path if self.path == "$default" else f"{self.method} {self.path}"
