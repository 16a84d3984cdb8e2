"""Checks of the listener hop: protocol, certificate, and where it forwards to."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.listener_certificates import TLS, asked_name, default_certificate, may_be_shown
from vpclink_checks.checks.listener_rules import rules_forward_the_routes
from vpclink_checks.checks.subjects import listener_subject, path_subject, reached
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.balancing import Action, Listener, ListenerRule, TargetGroup
from vpclink_checks.model.domain import Certificate
from vpclink_checks.model.ecs import ServiceTarget
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = [  # the catalogue reads this module alone
    "asks_no_client_certificate",
    "carries_tcp",
    "certificate_valid",
    "forwards_to_target_group",
    "forwards_to_the_service",
    "no_login_before_forward",
    "rules_agree_with_default",
    "rules_forward_the_routes",
    "speaks_http1",
]

DESCRIBE = "elbv2:DescribeListeners"
CARRY_TCP = ("TCP", "TLS", "TCP_UDP", "TCP_QUIC", "HTTP", "HTTPS")
CANNOT_CARRY_TCP = ("UDP", "QUIC", "GENEVE")


@check(
    "listener/forwards-to-target-group",
    title="The listener forwards to a target group",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A listener without a forward action that has weight answers nobody from the backend.",
    fix=Fix(
        "Forward the listener's default action to the backend's target group.",
        cli="aws elbv2 modify-listener --listener-arn ARN --default-actions Type=forward,TargetGroupArn=ARN",
        terraform='default_action { type = "forward" target_group_arn = … }',
    ),
    source="botocore 1.44.5, elbv2 Action",
)
def forwards_to_target_group(ctx: Context, path: Path) -> Verdict:
    listener = reached(ctx, path.listener, "listener")
    if path.stop is not None and path.stop.check == "listener/forwards-to-target-group":
        kinds = ", ".join(action.type for action in listener.actions) or "none"
        return failed(path.stop.reason, Evidence(DESCRIBE, "DefaultActions[].Type", kinds))
    group = reached(ctx, path.target_group, "target group")
    return passed(
        f"the listener on port {listener.port} forwards to {group.name}",
        Evidence(DESCRIBE, "DefaultActions[].TargetGroupArn", group.arn),
    )


@check(
    "listener/carries-tcp",
    title="The listener's protocol can carry API Gateway's traffic",
    severity=Severity.BLOCKER,
    subjects=listener_subject,
    why="API Gateway speaks HTTP over TCP to private integrations.",
    fix=Fix(
        "Use TCP (or TLS) on this listener.",
        cli="aws elbv2 modify-listener --listener-arn ARN --protocol TCP",
        terraform='protocol = "TCP"',
    ),
    source="botocore 1.44.5, elbv2 ProtocolEnum; faults: listener-wrong-protocol",
    refutable=True,
)
def carries_tcp(ctx: Context, listener: Listener) -> Verdict:
    evidence = Evidence(DESCRIBE, "Protocol", listener.protocol)
    if listener.protocol in CARRY_TCP:
        return passed(f"listener {listener.port} is {listener.protocol}", evidence)
    if listener.protocol in CANNOT_CARRY_TCP:
        return failed(f"listener {listener.port} is {listener.protocol}: HTTP over TCP cannot pass", evidence)
    return unknown(f"listener {listener.port} has a protocol this version does not know: {listener.protocol}", evidence)


@check(
    "listener/forwards-to-the-service",
    title="The listener forwards to a target group that the ECS service registers in",
    severity=Severity.BLOCKER,
    subjects=listener_subject,
    why="A service that registers its tasks in another target group is never asked, however healthy it is.",
    fix=Fix(
        "Forward the listener to the target group of the service's loadBalancers entry.",
        cli="aws elbv2 modify-listener --listener-arn ARN --default-actions Type=forward,TargetGroupArn=ARN",
        terraform="default_action { target_group_arn = aws_lb_target_group.SERVICE.arn }",
    ),
    source="botocore 1.44.5, ecs Service.loadBalancers; faults: listener-wrong-target-group",
)
def forwards_to_the_service(ctx: Context, listener: Listener) -> Verdict:
    path = ctx.here
    group = reached(ctx, path.target_group, "target group")
    stray = _unattached(ctx, listener, group)
    if stray:
        names = "; ".join(f"{entry.container_name}:{entry.container_port} in {found.name}" for entry, found in stray)
        return failed(
            f"listener {listener.port} forwards to {group.name}, while the service registers {names},"
            " which no listener forwards to",
            Evidence(DESCRIBE, "DefaultActions[].TargetGroupArn", group.arn),
            Evidence("elbv2:DescribeTargetGroups", "LoadBalancerArns", "[]"),
        )
    if path.registration in ("auto-scaling-group", "manual"):
        raise NotApplicable(
            f"targets of {group.name} are registered by {path.registration.replace('-', ' ')}, not by ECS"
        )
    service = reached(ctx, path.service, "ECS service")
    return passed(f"listener {listener.port} forwards to {group.name}, where {service.name} registers")


def _unattached(ctx: Context, listener: Listener, group: TargetGroup) -> list[tuple[ServiceTarget, TargetGroup]]:
    """Target groups that a service registers in, that nobody forwards to, and that this listener stands for.

    With blue/green one of the pair is idle by design, so a pair counts as attached if either is.
    """
    path = ctx.here
    services = (path.service,) if path.service else tuple(ctx.topology.services)
    entries = [entry for service in services for entry in service.targets]
    found: list[tuple[ServiceTarget, TargetGroup]] = []
    for entry in entries:
        mine = ctx.topology.target_groups.find(entry.target_group_arn)
        other = (
            ctx.topology.target_groups.find(entry.alternate_target_group_arn)
            if entry.alternate_target_group_arn
            else None
        )
        attached = any(one is not None and one.load_balancer_arns for one in (mine, other))
        if mine is None or attached or mine.vpc_id != group.vpc_id:
            continue
        if path.service is None or mine.port == listener.port:
            found.append((entry, mine))
    return found


@check(
    "listener/rules-agree-with-default",
    title="No rule of a network listener sends the traffic elsewhere",
    severity=Severity.RISK,
    subjects=listener_subject,
    why="A rule on a network listener overrides the default action for one address type.",
    fix=Fix("Delete the rule, or forward it to the same target groups.", cli="aws elbv2 delete-rule --rule-arn ARN"),
    source="botocore 1.44.5, elbv2 RuleCondition (source-ip on network listeners)",
)
def rules_agree_with_default(ctx: Context, listener: Listener) -> Verdict:
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    if not balancer.network:
        raise NotApplicable("rules are the way of an application load balancer")
    usual = _groups(listener.actions)
    for rule in sorted(ctx.topology.listener_rules.need(listener.arn), key=lambda one: one.priority):
        if _groups(rule.actions) != usual:
            return _overrides(listener, rule)
    return passed(f"no rule of listener {listener.port} overrides its default action")


def _groups(actions: tuple[Action, ...]) -> set[str]:
    return {forward.target_group_arn for action in actions for forward in action.forwards if forward.weight > 0}


def _overrides(listener: Listener, rule: ListenerRule) -> Verdict:
    targets = (
        ", ".join(sorted(arn.rpartition(":targetgroup/")[2].partition("/")[0] for arn in _groups(rule.actions)))
        or "no target group"
    )
    when = ", ".join(f"{field} {'/'.join(values)}" for field, values in rule.conditions) or "always"
    return failed(
        f"rule {rule.priority} of listener {listener.port} ({when}) sends to {targets} instead of the default action",
        Evidence("elbv2:DescribeRules", "RuleArn", rule.arn),
    )


@check(
    "listener/certificate-valid",
    title="The certificate of a TLS listener is issued, in date and covers the integration's host",
    severity=Severity.BLOCKER,
    subjects=listener_subject,
    why="API Gateway verifies the name and the dates of the backend's certificate and answers 500 otherwise.",
    fix=Fix("Put an issued certificate that covers the integration's host on the listener."),
    source="AWS knowledge center, api-gateway-ssl-certificate-errors and api-gateway-500-error-vpc",
    refutable=True,
)
def certificate_valid(ctx: Context, listener: Listener) -> Verdict:
    if listener.protocol not in TLS:
        raise NotApplicable(f"a {listener.protocol} listener has no certificate")
    if not listener.certificate_arns:
        return failed(f"{listener.protocol} listener {listener.port} has no certificate")
    default = default_certificate(ctx, listener)
    if default is None:
        return failed(f"certificate {listener.certificate_arns[0]} of listener {listener.port} does not exist")
    shown = may_be_shown(ctx, listener, default, lambda one: _wrong_with(ctx, one))
    wrong = [one for one in shown if one.wrong]
    evidence = [Evidence("acm:DescribeCertificate", "Certificate", one.certificate.arn) for one in wrong or shown]
    if not wrong:
        return passed(f"certificate of listener {listener.port} is valid", *evidence)
    text = f"certificate {wrong[0].certificate.arn} of listener {listener.port} {wrong[0].wrong}"
    if len(wrong) < len(shown):
        return noted(f"{text}; another of its certificates is valid, and which one it shows is not certain", *evidence)
    return failed(text, *evidence)


def _wrong_with(ctx: Context, certificate: Certificate) -> str:
    host = asked_name(ctx.here.destination)
    if certificate.status != "ISSUED":
        return f"is {certificate.status}, not ISSUED"
    if certificate.not_after is not None and certificate.not_after < ctx.now:
        return f"expired on {certificate.not_after:%Y-%m-%d}"
    if host and not certificate.covers(host):
        return f"covers {', '.join(certificate.names)}, not {host}"
    return ""


@check(
    "listener/speaks-http1",
    title="A TLS listener does not insist on HTTP/2",
    severity=Severity.RISK,
    subjects=listener_subject,
    why="API Gateway is understood to speak HTTP/1.1 to integrations; HTTP2Only would leave no common protocol.",
    fix=Fix("Set the ALPN policy to None, HTTP1Only or HTTP2Optional.", terraform='alpn_policy = "HTTP2Optional"'),
    source="botocore 1.44.5, elbv2 AlpnPolicy; that integrations get HTTP/1.1 is unconfirmed",
)
def speaks_http1(ctx: Context, listener: Listener) -> Verdict:
    if listener.protocol != "TLS":
        raise NotApplicable(f"a {listener.protocol} listener has no ALPN policy")
    evidence = Evidence(DESCRIBE, "AlpnPolicy", ", ".join(listener.alpn) or "None")
    if "HTTP2Only" in listener.alpn:
        return noted(f"listener {listener.port} offers HTTP/2 only, which API Gateway may not speak", evidence)
    return passed(f"listener {listener.port} accepts HTTP/1.1", evidence)


@check(
    "listener/asks-no-client-certificate",
    title="The listener asks for no client certificate",
    severity=Severity.BLOCKER,
    subjects=listener_subject,
    why="An ALB that verifies client certificates refuses a stage that presents none.",
    fix=Fix("Turn mutual authentication off, or give the stage a client certificate that the trust store holds."),
    source="botocore 1.44.5, elbv2 MutualAuthenticationAttributes; the effect on private integrations is unconfirmed",
)
def asks_no_client_certificate(ctx: Context, listener: Listener) -> Verdict:
    evidence = Evidence(DESCRIBE, "MutualAuthentication.Mode", listener.mutual_authentication or "off")
    if listener.mutual_authentication == "verify":
        return noted(f"listener {listener.port} verifies client certificates; a stage without one is refused", evidence)
    return passed(f"listener {listener.port} asks for no client certificate", evidence)


@check(
    "listener/no-login-before-forward",
    title="The listener asks for no login before it forwards",
    severity=Severity.RISK,
    subjects=listener_subject,
    why="authenticate-oidc, authenticate-cognito and jwt-validation redirect or refuse API Gateway's requests.",
    fix=Fix("Remove the authentication action from this listener and authorize at API Gateway."),
    source="botocore 1.44.5, elbv2 ActionTypeEnum; faults: listener-alb-auth-action",
)
def no_login_before_forward(ctx: Context, listener: Listener) -> Verdict:
    kinds = [action.type for action in listener.actions]
    login = [kind for kind in kinds if kind.startswith("authenticate-") or kind == "jwt-validation"]
    evidence = Evidence(DESCRIBE, "DefaultActions[].Type", ", ".join(kinds))
    if login:
        return failed(f"listener {listener.port} does {', '.join(login)} before it forwards", evidence)
    if unheard := [kind for kind in kinds if kind not in ("forward", "redirect", "fixed-response")]:
        return unknown(f"listener {listener.port} does {', '.join(unheard)}, which is not known", evidence)
    return passed(f"listener {listener.port} forwards without asking for a login", evidence)
