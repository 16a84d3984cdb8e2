"""Checks of the domain hop: the certificates that a custom domain answers with."""

from __future__ import annotations

from datetime import timedelta

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import domain_subject, reached
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.domain import Certificate, Endpoint
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

DESCRIBE = "acm:DescribeCertificate"
EXISTS = ("domain/exists",)
NOT_ISSUED = ("PENDING_VALIDATION", "VALIDATION_TIMED_OUT", "FAILED", "INACTIVE", "REVOKED")
SOON = timedelta(days=30)
PREREQUISITES = "API Gateway developer guide, how-to-custom-domains-prerequisites"


def certificates(ctx: Context) -> tuple[Subject[Certificate], ...]:
    """Each certificate of the custom domain, keyed by domain and endpoint type. Raises UnknownFact."""
    domain = reached(ctx, ctx.here.domain, "custom domain")
    used = [one for one in domain.endpoints if one.certificate_arn]
    return tuple(
        Subject(one.certificate_arn, f"{domain.name} {one.type}", ctx.topology.certificates.need(one.certificate_arn))
        for one in used
    )


def _endpoints(ctx: Context) -> tuple[Subject[Endpoint], ...]:
    (domain,) = domain_subject(ctx)
    used = [one for one in domain.value.endpoints if one.certificate_arn]
    return tuple(Subject(one.certificate_arn, f"{domain.key} {one.type}", one) for one in used)


@check(
    "domain/certificate-issued",
    title="The custom domain's certificate is issued",
    severity=Severity.BLOCKER,
    subjects=certificates,
    why="Without an issued certificate the TLS handshake fails before any request is seen.",
    fix=Fix(
        "Finish the certificate's validation (create the CNAME records that ACM names), or request a new one.",
        cli="aws acm describe-certificate --certificate-arn ARN --query Certificate.DomainValidationOptions",
        terraform="aws_acm_certificate_validation with the aws_route53_record of each domain_validation_options",
    ),
    source="botocore 1.44.5, acm CertificateStatus",
    needs=EXISTS,
    refutable=True,
)
def certificate_issued(_ctx: Context, certificate: Certificate) -> Verdict:
    status = Evidence(DESCRIBE, "Certificate.Status", certificate.status)
    if certificate.status == "ISSUED":
        return passed("the certificate is ISSUED", status)
    if certificate.status == "EXPIRED":
        return passed("the certificate was issued; its dates are another check's", status)
    if certificate.status in NOT_ISSUED:
        pending = ", ".join(certificate.pending_names)
        waits = f"; not validated: {pending}" if pending else ""
        reason = f" ({certificate.failure_reason})" if certificate.failure_reason else ""
        return failed(f"the certificate is {certificate.status}{reason}, not ISSUED{waits}", status)
    return unknown(f"ACM gives a status that this version does not know: {certificate.status}", status)


@check(
    "domain/certificate-in-date",
    title="Today lies within the certificate's validity",
    severity=Severity.BLOCKER,
    subjects=certificates,
    why="Callers refuse an expired certificate during the TLS handshake.",
    fix=Fix(
        "Renew the certificate, or import a current one under the same ARN.",
        cli="aws acm import-certificate --certificate-arn ARN --certificate fileb://… --private-key fileb://…",
    ),
    source="botocore 1.44.5, acm CertificateDetail.NotBefore and NotAfter",
    needs=EXISTS,
    refutable=True,
)
def certificate_in_date(ctx: Context, certificate: Certificate) -> Verdict:
    start, end = certificate.not_before, certificate.not_after
    if end is None and certificate.status in NOT_ISSUED:
        raise NotApplicable(f"a certificate that is {certificate.status} has no dates yet")
    if end is not None and end < ctx.now:
        return failed(
            f"the certificate expired on {end:%Y-%m-%d}", Evidence(DESCRIBE, "Certificate.NotAfter", str(end))
        )
    if certificate.status == "EXPIRED":
        dated = f", though its last day is {end:%Y-%m-%d}" if end is not None else ""
        return failed(
            f"ACM says that the certificate is EXPIRED{dated}", Evidence(DESCRIBE, "Certificate.Status", "EXPIRED")
        )
    if end is None:
        return unknown("ACM gave no last day for this certificate", Evidence(DESCRIBE, "Certificate.NotAfter", ""))
    if start is not None and start > ctx.now:
        first = Evidence(DESCRIBE, "Certificate.NotBefore", str(start))
        return failed(f"the certificate is not valid before {start:%Y-%m-%d}", first)
    days = (end - ctx.now).days
    return passed(
        f"the certificate is valid for {days} more days", Evidence(DESCRIBE, "Certificate.NotAfter", str(end))
    )


@check(
    "domain/certificate-renews",
    title="The certificate will be renewed in time",
    severity=Severity.RISK,
    subjects=certificates,
    why="A renewal that waits for a validation record, or that nobody makes, ends in an outage on a known day.",
    fix=Fix(
        "Restore the validation records that ACM names; import a new certificate in time where ACM did not issue it.",
        cli="aws acm describe-certificate --certificate-arn ARN --query Certificate.RenewalSummary",
    ),
    source="botocore 1.44.5, acm RenewalSummary, RenewalEligibility",
    needs=EXISTS,
)
def certificate_renews(ctx: Context, certificate: Certificate) -> Verdict:
    if certificate.status != "ISSUED" or certificate.not_after is None:
        raise NotApplicable(f"a certificate that is {certificate.status} is not renewed")
    left = certificate.not_after - ctx.now
    if left < timedelta(0):
        raise NotApplicable("it has expired already")
    renewal = Evidence(DESCRIBE, "Certificate.RenewalSummary.RenewalStatus", certificate.renewal_status)
    if certificate.renewal_status in ("PENDING_VALIDATION", "FAILED"):
        names = f" ({', '.join(certificate.pending_names)})" if certificate.pending_names else ""
        return failed(f"renewal is {certificate.renewal_status}{names} with {left.days} days left", renewal)
    by_hand = certificate.type == "IMPORTED" or certificate.renewal_eligibility == "INELIGIBLE"
    if not by_hand and left <= SOON:
        text = f"ACM should have renewed this certificate by now, and {left.days} days are left"
        if certificate.renewal_status == "SUCCESS":
            return noted(f"{text}: its last renewal is a SUCCESS, perhaps an earlier one", renewal)
        return failed(f"{text} (renewal: {certificate.renewal_status or 'none begun'})", renewal)
    if not by_hand:
        return passed(f"ACM renews this certificate; {left.days} days are left", renewal)
    kind = Evidence(DESCRIBE, "Certificate.Type", certificate.type)
    if left <= SOON:
        return failed(f"ACM does not renew this certificate by itself and {left.days} days are left", kind)
    return noted(f"ACM does not renew this certificate by itself; {left.days} days are left", kind)


@check(
    "domain/certificate-covers-name",
    title="The certificate covers the custom domain name",
    severity=Severity.BLOCKER,
    subjects=certificates,
    why="Callers refuse a certificate for another name during the TLS handshake.",
    fix=Fix(
        "Request a certificate with this name among its subject alternative names, and put it on the domain.",
        cli="aws acm request-certificate --domain-name NAME --validation-method DNS",
        terraform="aws_acm_certificate.domain_name / subject_alternative_names",
    ),
    source=PREREQUISITES,
    needs=EXISTS,
    refutable=True,
)
def certificate_covers_name(ctx: Context, certificate: Certificate) -> Verdict:
    name = reached(ctx, ctx.here.domain, "custom domain").name
    listed = ", ".join(certificate.names) or "no name"
    names = Evidence(DESCRIBE, "Certificate.SubjectAlternativeNames", listed)
    if certificate.covers(name):
        return passed(f"the certificate for {listed} covers {name}", names)
    return failed(f"the certificate is for {listed}, which does not cover {name}", names)


@check(
    "domain/certificate-in-region",
    title="The certificate is in the region that the endpoint type takes",
    severity=Severity.BLOCKER,
    subjects=_endpoints,
    why="API Gateway takes an edge domain's certificate from us-east-1 and a regional one's from its own region.",
    fix=Fix(
        "Request the certificate in the right region and put it on the domain.",
        terraform="the provider of aws_acm_certificate: us-east-1 for certificate_arn, "
        "the API's region for regional_certificate_arn",
    ),
    source=PREREQUISITES,
    needs=EXISTS,
)
def certificate_in_region(ctx: Context, endpoint: Endpoint) -> Verdict:
    wanted = "us-east-1" if endpoint.type == "EDGE" else ctx.topology.region
    found = endpoint.certificate_arn.split(":")[3:4]
    field = "certificateArn" if endpoint.type == "EDGE" else "regionalCertificateArn"
    evidence = Evidence("apigateway:GetDomainName", field, endpoint.certificate_arn)
    if not wanted or not found:
        return unknown("the region of the API or of the certificate is not in the facts", evidence)
    if found[0] == wanted:
        return passed(f"the {endpoint.type} certificate is in {wanted}", evidence)
    return failed(f"the {endpoint.type} certificate is in {found[0]}, not in {wanted}", evidence)
