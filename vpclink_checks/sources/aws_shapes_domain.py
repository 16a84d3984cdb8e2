"""Domain names, mappings, routing rules, certificates and records: describe answers to the model."""

from __future__ import annotations

from types import MappingProxyType

from vpclink_checks.model.domain import (
    Certificate,
    DnsRecord,
    DomainName,
    Endpoint,
    HostedZone,
    Mapping,
    RoutingRule,
)
from vpclink_checks.model.fact import Unread
from vpclink_checks.sources.aws_shapes import Raw, dns_name, flag, moment, part, rows, text, texts, unread, whole

V1_ROUTING_MODES = {
    "API_MAPPING_ONLY": "BASE_PATH_MAPPING_ONLY",
    "ROUTING_RULE_THEN_API_MAPPING": "ROUTING_RULE_THEN_BASE_PATH_MAPPING",
}


def _mode(raw: Raw, key: str) -> str:
    word = text(raw, key, default="BASE_PATH_MAPPING_ONLY")
    return V1_ROUTING_MODES.get(word, word)


V1_MEMBERS = {
    "DomainName.routingMode": "routing_mode",
    "DomainName.endpointAccessMode": "endpoint_access_mode",
    "EndpointConfiguration.ipAddressType": "ip_address_type",
}
V2_MEMBERS = {
    "GetDomainNameResponse.RoutingMode": "routing_mode",
    "DomainNameConfiguration.IpAddressType": "ip_address_type",
}


def domain_v1(raw: Raw, lacking: Unread = MappingProxyType({})) -> DomainName:
    """apigateway:GetDomainName. *lacking*: botocore's members that it was too old to read."""
    configuration = part(raw, "endpointConfiguration")
    tls = part(raw, "mutualTlsAuthentication")
    return DomainName(
        name=text(raw, "domainName").lower(),
        arn=text(raw, "domainNameArn"),
        status=text(raw, "domainNameStatus", default="AVAILABLE"),
        status_message=text(raw, "domainNameStatusMessage"),
        endpoints=tuple(_endpoint_v1(raw, kind) for kind in _kinds_v1(raw, configuration)),
        security_policy=text(raw, "securityPolicy"),
        routing_mode="" if "DomainName.routingMode" in lacking else _mode(raw, "routingMode"),
        mutual_tls=bool(text(tls, "truststoreUri")),
        mutual_tls_warnings=texts(tls, "truststoreWarnings"),
        endpoint_access_mode=text(raw, "endpointAccessMode"),
        ip_address_type=text(configuration, "ipAddressType"),
        unread=unread(lacking, V1_MEMBERS),
    )


def _kinds_v1(raw: Raw, configuration: Raw) -> tuple[str, ...]:
    """EDGE is what a domain without an endpoint configuration was before there were others."""
    return texts(configuration, "types") or (("REGIONAL",) if text(raw, "regionalDomainName") else ("EDGE",))


def _endpoint_v1(raw: Raw, kind: str) -> Endpoint:
    if kind == "REGIONAL":
        return Endpoint(
            type=kind,
            dns_name=dns_name(text(raw, "regionalDomainName")),
            hosted_zone_id=text(raw, "regionalHostedZoneId"),
            certificate_arn=text(raw, "regionalCertificateArn"),
        )
    return Endpoint(
        type=kind,
        dns_name=dns_name(text(raw, "distributionDomainName")),
        hosted_zone_id=text(raw, "distributionHostedZoneId"),
        certificate_arn=text(raw, "certificateArn"),
    )


def domain_v2(raw: Raw, lacking: Unread = MappingProxyType({})) -> DomainName:
    """apigatewayv2:GetDomainName; its status is the first that is not AVAILABLE."""
    configurations = rows(raw, "DomainNameConfigurations")
    states = [text(one, "DomainNameStatus", default="AVAILABLE") for one in configurations]
    tls = part(raw, "MutualTlsAuthentication")
    return DomainName(
        name=text(raw, "DomainName").lower(),
        arn=text(raw, "DomainNameArn"),
        status=next((state for state in states if state != "AVAILABLE"), "AVAILABLE"),
        status_message=next((text(one, "DomainNameStatusMessage") for one in configurations), ""),
        endpoints=tuple(_endpoint_v2(one) for one in configurations),
        security_policy=next((text(one, "SecurityPolicy") for one in configurations), ""),
        routing_mode="" if "GetDomainNameResponse.RoutingMode" in lacking else _mode(raw, "RoutingMode"),
        mutual_tls=bool(text(tls, "TruststoreUri")),
        mutual_tls_warnings=texts(tls, "TruststoreWarnings"),
        ip_address_type=next((text(one, "IpAddressType") for one in configurations), ""),
        unread=unread(lacking, V2_MEMBERS),
    )


def _endpoint_v2(raw: Raw) -> Endpoint:
    return Endpoint(
        type=text(raw, "EndpointType", default="REGIONAL"),
        dns_name=dns_name(text(raw, "ApiGatewayDomainName")),
        hosted_zone_id=text(raw, "HostedZoneId"),
        certificate_arn=text(raw, "CertificateArn"),
    )


def mapping_v1(raw: Raw, domain: str) -> Mapping:
    """One item of apigateway:GetBasePathMappings; ``(none)`` is the root."""
    return Mapping(
        domain=domain,
        key=_or_none(text(raw, "basePath")),
        api_id=text(raw, "restApiId"),
        stage=_or_none(text(raw, "stage")),
    )


def mapping_v2(raw: Raw, domain: str) -> Mapping:
    """One item of apigatewayv2:GetApiMappings."""
    return Mapping(
        domain=domain,
        key=_or_none(text(raw, "ApiMappingKey")),
        api_id=text(raw, "ApiId"),
        stage=_or_none(text(raw, "Stage")),
    )


def _or_none(word: str) -> str:
    return "" if word == "(none)" else word


def routing_rule(raw: Raw, domain: str) -> RoutingRule:
    """One item of apigatewayv2:ListRoutingRules."""
    conditions = rows(raw, "Conditions")
    actions = [part(one, "InvokeApi") for one in rows(raw, "Actions")]
    invoke: Raw = next((one for one in actions if one), {})
    headers = [rows(part(one, "MatchHeaders"), "AnyOf") for one in conditions]
    return RoutingRule(
        id=text(raw, "RoutingRuleId"),
        domain=domain,
        priority=whole(raw.get("Priority")) or 0,
        api_id=text(invoke, "ApiId"),
        stage=text(invoke, "Stage"),
        strip_base_path=flag(invoke, "StripBasePath"),
        base_paths=tuple(base for one in conditions for base in texts(part(one, "MatchBasePaths"), "AnyOf")),
        headers=tuple(
            tuple((text(header, "Header"), text(header, "ValueGlob")) for header in any_of)
            for any_of in headers
            if any_of
        ),
    )


def certificate(raw: Raw) -> Certificate:
    """``Certificate`` of acm:DescribeCertificate."""
    renewal = part(raw, "RenewalSummary")
    validations = [*rows(raw, "DomainValidationOptions"), *rows(renewal, "DomainValidationOptions")]
    pending = [one for one in validations if text(one, "ValidationStatus", default="SUCCESS") != "SUCCESS"]
    return Certificate(
        arn=text(raw, "CertificateArn"),
        status=text(raw, "Status"),
        names=_names(raw),
        not_before=moment(raw.get("NotBefore")),
        not_after=moment(raw.get("NotAfter")),
        type=text(raw, "Type"),
        renewal_status=text(renewal, "RenewalStatus"),
        renewal_eligibility=text(raw, "RenewalEligibility"),
        pending_names=tuple(dict.fromkeys(text(one, "DomainName") for one in pending)),
        failure_reason=text(raw, "FailureReason") or text(renewal, "RenewalStatusReason"),
    )


def _names(raw: Raw) -> tuple[str, ...]:
    """The alternative names, DomainName among them as ACM issues it: callers look at these alone (RFC 6125)."""
    every = texts(raw, "SubjectAlternativeNames") or (text(raw, "DomainName"),)
    return tuple(dict.fromkeys(name.lower() for name in every if name))


def hosted_zone(raw: Raw) -> HostedZone:
    """One item of route53:ListHostedZones."""
    return HostedZone(
        id=zone_id(text(raw, "Id")),
        name=dns_name(text(raw, "Name")),
        private=flag(part(raw, "Config"), "PrivateZone"),
    )


def zone_id(word: str) -> str:
    """``/hostedzone/Z0123`` is ``Z0123``."""
    return word.rpartition("/")[2]


def dns_record(raw: Raw, zone: str) -> DnsRecord:
    """One item of route53:ListResourceRecordSets."""
    alias = part(raw, "AliasTarget")
    return DnsRecord(
        zone_id=zone,
        name=dns_name(text(raw, "Name")),
        type=text(raw, "Type"),
        alias_name=dns_name(text(alias, "DNSName")),
        alias_zone_id=zone_id(text(alias, "HostedZoneId")),
        values=tuple(text(one, "Value") for one in rows(raw, "ResourceRecords")),
        set_identifier=text(raw, "SetIdentifier"),
        weight=whole(raw.get("Weight")),
    )
