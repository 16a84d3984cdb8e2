"""The stretch from the DNS name to the mapping: names as API Gateway, ACM and Route 53 give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from vpclink_checks.model.fact import Unread, nothing_unread

ROUTING_MODES = ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")


def dns_name(text: str) -> str:
    """A name as DNS compares it, without the ``dualstack.`` that the console puts before alias targets.

    Route 53 developer guide, routing-to-elb-load-balancer.
    """
    return text.lower().rstrip(".").removeprefix("dualstack.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint of a custom domain (two while it is being migrated)."""

    type: str  # REGIONAL | EDGE | PRIVATE
    dns_name: str = ""  # regionalDomainName or distributionDomainName
    hosted_zone_id: str = ""
    certificate_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainName:
    """apigateway:GetDomainName, with what only the v2 call says."""

    name: str
    arn: str = ""
    status: str = "AVAILABLE"
    status_message: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    security_policy: str = ""
    routing_mode: str = "BASE_PATH_MAPPING_ONLY"  # v1 words; v2's are translated; "" where it was not read
    mutual_tls: bool = False
    mutual_tls_warnings: tuple[str, ...] = ()
    endpoint_access_mode: str = ""
    ip_address_type: str = ""
    access_associations: tuple[str, ...] = ()  # of a private domain: the VPC endpoints that may call it
    unread: Unread = field(default_factory=nothing_unread, hash=False)  # field -> why botocore could not read it

    @property
    def mode_known(self) -> bool:
        """Whether it is known which of mappings and rules the routing mode makes live."""
        return self.routing_mode in ROUTING_MODES

    @property
    def private(self) -> bool:
        return any(endpoint.type == "PRIVATE" for endpoint in self.endpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A base path mapping (v1) or API mapping (v2). ``key`` is "" for the root, ``(none)``."""

    domain: str
    key: str
    api_id: str
    stage: str = ""  # "" where the mapping names none: callers then give it in the path

    @property
    def title(self) -> str:
        return f"{self.domain}/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """apigatewayv2:ListRoutingRules: ascending priority, the first full match wins."""

    id: str
    domain: str
    priority: int
    api_id: str
    stage: str
    strip_base_path: bool = False
    base_paths: tuple[str, ...] = ()  # AnyOf; empty: no such condition
    headers: tuple[tuple[tuple[str, str], ...], ...] = ()  # AND of AnyOf (header, value glob)

    @property
    def catch_all(self) -> bool:
        return not self.base_paths and not self.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """acm:DescribeCertificate."""

    arn: str
    status: str = "ISSUED"
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    type: str = "AMAZON_ISSUED"
    renewal_status: str = ""
    renewal_eligibility: str = ""
    pending_names: tuple[str, ...] = ()  # names whose validation is not SUCCESS
    failure_reason: str = ""

    def covers(self, host: str) -> bool:
        """Whether one of its names is *host*; a wildcard stands for exactly one label (RFC 6125)."""
        wanted = host.lower().rstrip(".")
        wildcard = "*." + wanted.partition(".")[2]
        return any(name.lower().rstrip(".") in (wanted, wildcard) for name in self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedZone:
    """route53:ListHostedZones. ``name`` without the trailing dot."""

    id: str
    name: str
    private: bool = False

    def holds(self, name: str) -> bool:
        """Whether *name* lies in this zone (it may still be delegated further)."""
        zone, wanted = dns_name(self.name), dns_name(name)
        return wanted == zone or wanted.endswith(f".{zone}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """route53:ListResourceRecordSets. Names without the trailing dot, lower case."""

    zone_id: str
    name: str
    type: str
    alias_name: str = ""
    alias_zone_id: str = ""
    values: tuple[str, ...] = ()
    set_identifier: str = ""
    weight: int | None = None
