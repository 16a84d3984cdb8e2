"""Who asks, and the domain hop: names, certificates, mappings, rules, records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.paging import RECORDS, ZONES, http_paging, rest_paging
from vpclink_checks.sources.table.wants import each, once

GATEWAY = "apigateway:GET"  # Service Authorization Reference: both versions' reads are one action on resource paths


def zones(leads: Leads) -> list[Params]:
    """The hosted zones, unless they are elsewhere."""
    return [{}] if leads.front.domains and not leads.settings.dns_external else []


def v1_domain(leads: Leads) -> list[Params]:
    """Each domain, as version 1 spells it; a private one again by its id."""
    private = [{"domainName": name, "domainNameId": id_} for name, id_ in sorted(leads.front.private_domains)]
    return each("domainName", leads.front.domains) + private


def rules(leads: Leads) -> list[Params]:
    """Each domain; a private one again by its id."""
    private = [{"DomainName": name, "DomainNameId": id_} for name, id_ in sorted(leads.front.private_domains)]
    return each("DomainName", leads.front.domains) + private


def domain_lists(leads: Leads) -> list[Params]:
    """Once, as soon as a name is no domain that version 1 knows by its name alone."""
    return [{}] if leads.front.nameless_domains else []


def associations(leads: Leads) -> list[Params]:
    """Our own and other accounts', as soon as a domain is private."""
    return [{}, {"resourceOwner": "OTHER_ACCOUNTS"}] if leads.front.private_domains else []


def v2_domain(leads: Leads) -> list[Params]:
    """Each domain, as version 2 spells it."""
    return each("DomainName", leads.front.domains)


def records(leads: Leads) -> list[Params]:
    """Each name in each zone that may hold it."""
    pairs = sorted(leads.names.in_zones)
    return [{"HostedZoneId": zone, "StartRecordName": name} for zone, name in pairs]


def certificates(leads: Leads) -> list[Params]:
    """The domains' and the listeners' certificates."""
    return each("CertificateArn", leads.front.certificates | leads.balancing.certificates)


def region_in_arn(params: Mapping[str, Any]) -> str:
    """An edge-optimized domain's certificate lives in us-east-1; its ARN says so."""
    return str(params["CertificateArn"]).split(":")[3]


_row = partial(Row, hop="domain")
_v1 = partial(Row, service="apigateway", action=GATEWAY, hop="domain", resources=arns.DOMAINS)
_v2 = partial(Row, service="apigatewayv2", action=GATEWAY, hop="domain", resources=arns.DOMAINS)

ROWS: tuple[Row, ...] = (
    _row(
        service="sts",
        operation="GetCallerIdentity",
        wants=once,
        because="once, before anything else",
    ),
    # The domain, twice: the two versions name states and modes differently, and each says what the other does not.
    _v1(
        operation="GetDomainName",
        wants=v1_domain,
        because="each domain of the config",
        members=("DomainName.routingMode", "DomainName.endpointAccessMode", "EndpointConfiguration.ipAddressType"),
    ),
    # A private domain is found by its name and its id, which the list alone gives for a name.
    _v1(
        operation="GetDomainNames",
        wants=domain_lists,
        paging=rest_paging(),
        because="once a domain of the config is not found by its name: private ones are found by their id",
        resources=arns.DOMAIN_LIST,
    ),
    _v1(
        operation="GetDomainNameAccessAssociations",
        wants=associations,
        paging=rest_paging(),
        because="once a domain of the config is private: the VPC endpoints that may call it",
        resources=arns.ACCESS_ASSOCIATIONS,
        closing=True,
    ),
    _v2(
        operation="GetDomainName",
        wants=v2_domain,
        because="each domain of the config",
        members=("GetDomainNameResponse.RoutingMode", "DomainNameConfiguration.IpAddressType"),
    ),
    _v1(
        operation="GetBasePathMappings",
        wants=v1_domain,
        paging=rest_paging(),
        because="each domain of the config",
    ),
    _v2(
        operation="GetApiMappings",
        wants=v2_domain,
        paging=http_paging(),
        because="each domain of the config",
    ),
    # Routing rules have IAM actions of their own (semantics, section 13).
    _row(
        service="apigatewayv2",
        operation="ListRoutingRules",
        wants=rules,
        paging=http_paging("RoutingRules", 100),
        action="apigateway:ListRoutingRules",
        because="each domain of the config",
        resources=arns.DOMAINS,
    ),
    _row(
        service="acm",
        operation="DescribeCertificate",
        wants=certificates,
        region_of=region_in_arn,
        because="each certificate of a domain or a listener, in the region that its ARN names",
        resources=arns.CERTIFICATES,
    ),
    _row(
        service="route53",
        operation="ListHostedZones",
        wants=zones,
        paging=ZONES,
        because="once, unless the config says that the zone is elsewhere",
    ),
    _row(
        service="route53",
        operation="ListResourceRecordSets",
        wants=records,
        paging=RECORDS,
        because="each name that leads to a domain, in every zone above it",
        resources=arns.HOSTED_ZONES,
    ),
)
