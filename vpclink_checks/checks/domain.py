"""Checks of the domain hop: the custom domain itself; its certificates, records and mappings beside it."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.domain_certificate import (
    certificate_covers_name,
    certificate_in_date,
    certificate_in_region,
    certificate_issued,
    certificate_renews,
)
from vpclink_checks.checks.domain_dns import dns_points_at_endpoint, ip_type_matches_records, private_zone_agrees
from vpclink_checks.checks.domain_mapping import (
    mapping_leads_to_vpc_link,
    mapping_live,
    multi_level_key_supported,
    no_reserved_path,
    no_stage_in_path,
    path_not_captured,
    rule_base_path_fits_routes,
    rule_target_is_rest_api,
)
from vpclink_checks.checks.subjects import domain_subject, path_subject, reached, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.domain import DomainName
from vpclink_checks.model.fact import read
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = [  # the catalogue reads this module alone
    "access_mode_fits",
    "available",
    "certificate_covers_name",
    "certificate_in_date",
    "certificate_in_region",
    "certificate_issued",
    "certificate_renews",
    "dns_points_at_endpoint",
    "exists",
    "ip_type_matches_records",
    "mapping_leads_to_vpc_link",
    "mapping_live",
    "multi_level_key_supported",
    "mutual_tls_trust_store",
    "no_reserved_path",
    "no_stage_in_path",
    "one_endpoint_type",
    "path_not_captured",
    "private_zone_agrees",
    "rule_base_path_fits_routes",
    "rule_target_is_rest_api",
    "tls_policy",
]

EXISTS = "domain/exists"
GET = "apigateway:GetDomainName"
NOT_SERVING = ("PENDING", "FAILED", "PENDING_CERTIFICATE_REIMPORT", "PENDING_OWNERSHIP_VERIFICATION")


@check(
    EXISTS,
    title="The custom domain name exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="API Gateway refuses requests for a host that is no custom domain name of the region.",
    fix=Fix(
        "Create the custom domain name in this account and region, or correct domain, region or profile in the config.",
        cli="aws apigateway create-domain-name --domain-name NAME --regional-certificate-arn ARN "
        "--endpoint-configuration types=REGIONAL --security-policy TLS_1_2",
        terraform="aws_api_gateway_domain_name",
    ),
    source="botocore 1.44.5, apigateway GetDomainName (NotFoundException)",
    refutable=True,
)
def exists(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, EXISTS):
        return failed(stop.reason, Evidence(GET, "error", "NotFoundException"))
    domain = reached(ctx, path.domain, "custom domain")
    return passed(f"the custom domain {domain.name} exists", Evidence(GET, "domainName", domain.name))


@check(
    "domain/available",
    title="The custom domain is AVAILABLE",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="A domain that is pending or failed does not answer, or answers with its old settings.",
    fix=Fix(
        "Do what the status message asks for: finish the ownership verification, re-import the certificate.",
        cli="aws apigateway get-domain-name --domain-name NAME --query '[domainNameStatus,domainNameStatusMessage]'",
    ),
    source="botocore 1.44.5, apigateway DomainNameStatus",
    needs=(EXISTS,),
    refutable=True,
)
def available(_ctx: Context, domain: DomainName) -> Verdict:
    status = Evidence(GET, "domainNameStatus", domain.status)
    because = f" ({domain.status_message})" if domain.status_message else ""
    if domain.status == "AVAILABLE":
        return passed(f"{domain.name} is AVAILABLE", status)
    if domain.status == "UPDATING":
        return noted(f"{domain.name} is UPDATING{because}: it serves meanwhile", status)
    if domain.status in NOT_SERVING:
        return failed(f"{domain.name} is {domain.status}{because}, not AVAILABLE", status)
    return unknown(f"{domain.name} has a status that this version does not know: {domain.status}", status)


@check(
    "domain/tls-policy",
    title="The custom domain refuses TLS older than 1.2",
    severity=Severity.HYGIENE,
    subjects=domain_subject,
    why="TLS 1.0 and 1.1 are withdrawn (RFC 8996).",
    fix=Fix(
        "Set the security policy to TLS_1_2 or a newer one.",
        cli="aws apigateway update-domain-name --domain-name NAME "
        "--patch-operations op=replace,path=/securityPolicy,value=TLS_1_2",
        terraform='aws_api_gateway_domain_name.security_policy = "TLS_1_2"',
    ),
    source="API Gateway developer guide, apigateway-security-policies",
    needs=(EXISTS,),
)
def tls_policy(_ctx: Context, domain: DomainName) -> Verdict:
    policy = Evidence(GET, "securityPolicy", domain.security_policy)
    if not domain.security_policy:
        raise NotApplicable("the facts name no security policy")
    if domain.security_policy == "TLS_1_0":
        return failed(f"{domain.name} accepts TLS 1.0 (security policy TLS_1_0)", policy)
    if domain.security_policy != "TLS_1_2" and not domain.security_policy.startswith("SecurityPolicy_"):
        return unknown(f"{domain.name} has security policy {domain.security_policy}, which is not known", policy)
    return passed(f"{domain.name} has security policy {domain.security_policy}", policy)


@check(
    "domain/mutual-tls-trust-store",
    title="API Gateway has no warning about the mutual TLS trust store",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="With an unreadable or expired trust store callers are refused before any route is looked at.",
    fix=Fix(
        "Replace the trust store object, then set its new version on the domain.",
        cli="aws apigateway update-domain-name --domain-name NAME --patch-operations "
        "op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=VERSION",
        terraform="aws_api_gateway_domain_name.mutual_tls_authentication { truststore_uri truststore_version }",
    ),
    source="botocore 1.44.5, apigateway MutualTlsAuthentication.truststoreWarnings",
    needs=(EXISTS,),
    refutable=True,
)
def mutual_tls_trust_store(_ctx: Context, domain: DomainName) -> Verdict:
    if not domain.mutual_tls:
        raise NotApplicable(f"{domain.name} asks for no client certificate")
    warnings = "; ".join(domain.mutual_tls_warnings)
    evidence = Evidence(GET, "mutualTlsAuthentication.truststoreWarnings", warnings or "none")
    if warnings:
        return failed(f"the mutual TLS trust store of {domain.name} has warnings: {warnings}", evidence)
    return passed(f"no warning about the trust store of {domain.name}", evidence)


@check(
    "domain/private-has-access-association",
    title="A VPC endpoint is associated with the private custom domain",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="A private custom domain answers only callers whose VPC endpoint has an access association with it.",
    fix=Fix(
        "Associate the callers' execute-api VPC endpoint with the domain.",
        cli="aws apigateway create-domain-name-access-association --domain-name-arn ARN "
        "--access-association-source-type VPCE --access-association-source VPC-ENDPOINT",
        terraform="aws_api_gateway_domain_name_access_association { domain_name_arn access_association_source }",
    ),
    source="API Gateway developer guide, apigateway-private-custom-domains",
    needs=(EXISTS,),
    refutable=True,
)
def private_has_access_association(_ctx: Context, domain: DomainName) -> Verdict:
    if not domain.private:
        raise NotApplicable(f"{domain.name} is not private")
    listed = "apigateway:GetDomainNameAccessAssociations"
    if domain.access_associations:
        ends = ", ".join(domain.access_associations)
        return passed(f"{domain.name} may be called by {ends}", Evidence(listed, "accessAssociationSource", ends))
    read(domain, "access_associations")
    return failed(f"no VPC endpoint is associated with {domain.name}", Evidence(listed, "items", "none"))


@check(
    "domain/access-mode-fits",
    title="A domain in STRICT access mode has the API's endpoint type",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="STRICT refuses requests where the domain's endpoint type is not the API's.",
    fix=Fix("Give domain and API the same endpoint type, or set the endpoint access mode to BASIC."),
    source="API Gateway developer guide, apigateway-security-policies",
    needs=(EXISTS, "api/exists"),
    refutable=True,
)
def access_mode_fits(ctx: Context, domain: DomainName) -> Verdict:
    read(domain, "endpoint_access_mode")
    if domain.endpoint_access_mode != "STRICT":
        raise NotApplicable(f"the endpoint access mode is {domain.endpoint_access_mode or 'not set'}")
    api = reached(ctx, ctx.here.api, "API")
    mine, theirs = {one.type for one in domain.endpoints}, set(api.endpoint_types)
    evidence = Evidence(GET, "endpointAccessMode", "STRICT")
    if mine & theirs:
        return passed(f"domain and API are both {', '.join(sorted(mine & theirs))}", evidence)
    return failed(f"STRICT: the domain is {', '.join(sorted(mine))}, the API {', '.join(sorted(theirs))}", evidence)


@check(
    "domain/one-endpoint-type",
    title="The custom domain has one endpoint type",
    severity=Severity.RISK,
    subjects=domain_subject,
    why="During a migration between endpoint types the DNS record decides which certificate and policy callers meet.",
    fix=Fix("Move the DNS record to the new endpoint, then take the old endpoint type away."),
    source="API Gateway developer guide, apigateway-regional-api-custom-domain-migrate",
    needs=(EXISTS,),
)
def one_endpoint_type(_ctx: Context, domain: DomainName) -> Verdict:
    kinds = ", ".join(one.type for one in domain.endpoints)
    evidence = Evidence(GET, "endpointConfiguration.types", kinds)
    if len(domain.endpoints) > 1:
        return noted(f"{domain.name} is being migrated: it has endpoints {kinds}", evidence)
    return passed(f"{domain.name} is {kinds or 'of one endpoint type'}", evidence)
