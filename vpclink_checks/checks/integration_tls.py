"""Checks of the integration hop: scheme, host and certificate of what it connects to."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.listener_certificates import TLS, covering
from vpclink_checks.checks.subjects import destination_subjects, reached
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed
from vpclink_checks.model.balancing import Listener
from vpclink_checks.model.domain import Certificate, dns_name
from vpclink_checks.model.path import Destination
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

GET = "apigateway:GetIntegration"
LISTENERS = "elbv2:DescribeListeners"
USES = ("integration/uses-vpc-link",)
LISTENER = ("integration/leads-to-listener",)


@check(
    "integration/uri-host-is-load-balancer",
    title="Over plain HTTP the uri names the load balancer",
    severity=Severity.RISK,
    subjects=destination_subjects,
    why="The link decides where the packets go; another name in the uri only changes the Host header, and misleads.",
    fix=Fix("Write the load balancer's DNS name into the uri."),
    source="botocore 1.44.5, apigateway Integration.uri; that traffic ignores the host is unconfirmed",
    needs=USES,
)
def uri_host_is_load_balancer(ctx: Context, there: Destination) -> Verdict:
    if not there.host:
        raise NotApplicable("the integration's uri is no web address")
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    evidence = Evidence(GET, "uri", there.uri)
    if dns_name(there.host) == dns_name(balancer.dns_name):
        return passed(f"the uri names load balancer {balancer.name}", evidence)
    if there.scheme == "https":
        return passed(f"the uri names {there.host}, for the backend's certificate", evidence)
    return noted(f"the uri names {there.host}, not {balancer.dns_name}: a Host header that the backend sees", evidence)


@check(
    "integration/scheme-matches-listener",
    title="Integration and listener agree on TLS",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="Plain HTTP to a TLS listener, or TLS to a plain one, is refused in the handshake.",
    fix=Fix(
        "Use https (REST), or set tlsConfig (HTTP API), exactly where the listener is TLS or HTTPS.",
        cli="aws apigatewayv2 update-integration --api-id ID --integration-id ID --tls-config ServerNameToVerify=NAME",
        terraform="aws_apigatewayv2_integration.tls_config { server_name_to_verify }",
    ),
    source="botocore 1.44.5, apigatewayv2 TlsConfig; for REST APIs unconfirmed",
    needs=LISTENER,
    refutable=True,
)
def scheme_matches_listener(ctx: Context, there: Destination) -> Verdict:
    api, listener = reached(ctx, ctx.here.api, "API"), reached(ctx, ctx.here.listener, "listener")
    secure = there.integration.tls if api.protocol == "HTTP" else there.scheme == "https"
    evidence = Evidence(LISTENERS, "Protocol", listener.protocol)
    says = f"{'TLS' if secure else 'plain HTTP'} to a {listener.protocol} listener on port {listener.port}"
    if not _disagree(listener, secure=secure):
        return passed(says, evidence)
    if api.protocol == "HTTP":
        return failed(f"the HTTP API {'has' if secure else 'lacks'} tlsConfig and speaks {says}", evidence)
    return noted(f"the integration speaks {says}: a handshake decides", evidence)


def _disagree(listener: Listener, *, secure: bool) -> bool:
    """A TCP listener hands on either; the other protocols have an opinion."""
    if listener.protocol in TLS:
        return not secure
    return secure and listener.protocol == "HTTP"


@check(
    "integration/certificate-trusted",
    title="API Gateway can trust the backend's certificate",
    severity=Severity.BLOCKER,
    subjects=destination_subjects,
    why="API Gateway verifies name, dates and chain of an https backend; a private CA, or a name that no public CA "
    "vouches for, answers 500.",
    fix=Fix(
        "Serve a certificate of a public CA for a name of yours, and use that name in the uri.",
        terraform="aws_lb_listener.certificate_arn; aws_api_gateway_integration.uri",
    ),
    source="AWS knowledge center, api-gateway-ssl-certificate-errors",
    needs=USES,
    refutable=True,
)
def certificate_trusted(ctx: Context, there: Destination) -> Verdict:
    if there.scheme != "https" and not there.integration.tls:
        raise NotApplicable("the integration does not use TLS")
    skips = there.integration.insecure_skip_verification
    if there.host.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ".elb." in there.host:
        text = f"https to {there.host}: no public CA gives a certificate for a load balancer's own name"
        return (noted if skips else failed)(text, Evidence(GET, "uri", there.uri))
    arns = ctx.here.listener.certificate_arns if ctx.here.listener else ()
    if not arns:
        return noted(f"the certificate for {there.host or 'the backend'} is the backend's own: a handshake decides")
    certificate = _shown(ctx, ctx.here.listener, arns[0])
    kind = Evidence("acm:DescribeCertificate", "Certificate.Type", certificate.type)
    if certificate.type == "PRIVATE":
        return (noted if skips else failed)(f"certificate {certificate.arn} is of a private CA", kind)
    if certificate.type == "IMPORTED":
        return noted(f"certificate {certificate.arn} is imported: whether its CA is public is not in the facts", kind)
    return passed(f"certificate {certificate.arn} is {certificate.type}", kind)


def _shown(ctx: Context, listener: Listener | None, default: str) -> Certificate:
    """The listed certificate that covers the name; of several the least to be trusted; else the default one."""
    listed = covering(ctx, listener) if listener is not None else []
    doubted = [one for kind in ("PRIVATE", "IMPORTED") for one in listed if one.type == kind]
    return next(iter((*doubted, *listed)), None) or ctx.topology.certificates.need(default)


@check(
    "integration/insecure-skip-verification-off",
    title="API Gateway verifies the backend's certificate chain",
    severity=Severity.RISK,
    subjects=destination_subjects,
    why="It trusts any CA, while names and dates are still verified: it hides less than it seems.",
    fix=Fix(
        "Serve a certificate of a public CA and turn insecureSkipVerification off.",
        cli="aws apigateway update-integration --rest-api-id ID --resource-id ID --http-method METHOD "
        "--patch-operations op=replace,path=/tlsConfig/insecureSkipVerification,value=false",
        terraform="aws_api_gateway_integration.tls_config { insecure_skip_verification = false }",
    ),
    source="botocore 1.44.5, apigateway TlsConfig.insecureSkipVerification",
    needs=USES,
)
def insecure_skip_verification_off(_ctx: Context, there: Destination) -> Verdict:
    skips = there.integration.insecure_skip_verification
    evidence = Evidence(GET, "tlsConfig.insecureSkipVerification", str(skips).lower())
    if not skips:
        return passed("the certificate chain is verified wherever TLS is used", evidence)
    if there.scheme == "http":
        return noted("insecureSkipVerification is set, and the uri is plain http", evidence)
    return failed("insecureSkipVerification is on: a certificate of any CA is taken", evidence)
