"""Load balancers, listeners, rules, target groups and target health: elbv2's answers to the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vpclink_checks.model.balancing import (
    Action,
    Forward,
    HealthCheck,
    Listener,
    ListenerRule,
    LoadBalancer,
    Target,
    TargetGroup,
    Zone,
)
from vpclink_checks.sources.aws_shapes import Raw, flag, number, part, rows, text, texts, whole

CONDITION_PARTS = (
    "HostHeaderConfig",
    "PathPatternConfig",
    "HttpHeaderConfig",
    "HttpRequestMethodConfig",
    "SourceIpConfig",
)


def load_balancer(raw: Raw) -> LoadBalancer:
    """One item of elbv2:DescribeLoadBalancers."""
    return LoadBalancer(
        arn=text(raw, "LoadBalancerArn"),
        name=text(raw, "LoadBalancerName"),
        type=text(raw, "Type", default="application"),
        scheme=text(raw, "Scheme", default="internet-facing"),
        state=text(part(raw, "State"), "Code"),
        state_reason=text(part(raw, "State"), "Reason"),
        dns_name=text(raw, "DNSName"),
        hosted_zone_id=text(raw, "CanonicalHostedZoneId"),
        vpc_id=text(raw, "VpcId"),
        zones=tuple(
            Zone(name=text(zone, "ZoneName"), subnet_id=text(zone, "SubnetId"))
            for zone in rows(raw, "AvailabilityZones")
        ),
        security_group_ids=texts(raw, "SecurityGroups"),
        enforce_private_link=text(raw, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"),
        ip_address_type=text(raw, "IpAddressType", default="ipv4"),
    )


def attributes(raw: Raw) -> dict[str, str]:
    """``Attributes`` of elbv2's attribute calls."""
    return {text(one, "Key"): text(one, "Value") for one in rows(raw, "Attributes")}


def listener(raw: Raw) -> Listener:
    """One item of elbv2:DescribeListeners."""
    return Listener(
        arn=text(raw, "ListenerArn"),
        load_balancer_arn=text(raw, "LoadBalancerArn"),
        port=number(raw, "Port", 0),
        protocol=text(raw, "Protocol"),
        actions=tuple(map(action, rows(raw, "DefaultActions"))),
        certificate_arns=tuple(text(one, "CertificateArn") for one in rows(raw, "Certificates")),
        alpn=texts(raw, "AlpnPolicy"),
        mutual_authentication=text(part(raw, "MutualAuthentication"), "Mode", default="off"),
    )


def listed_certificates(raw: Iterable[Raw]) -> tuple[str, ...]:
    """``Certificates`` of elbv2:DescribeListenerCertificates, without the default one that DescribeListeners names."""
    return tuple(dict.fromkeys(text(one, "CertificateArn") for one in raw if not flag(one, "IsDefault")))


def action(raw: Raw) -> Action:
    """An action: ForwardConfig says it all, TargetGroupArn alone stands for one group."""
    groups = rows(part(raw, "ForwardConfig"), "TargetGroups")
    single = text(raw, "TargetGroupArn")
    forwards = tuple(
        Forward(target_group_arn=text(one, "TargetGroupArn"), weight=number(one, "Weight", 1)) for one in groups
    )
    if not forwards and single:
        forwards = (Forward(target_group_arn=single),)
    return Action(type=text(raw, "Type"), forwards=forwards)


def listener_rule(raw: Raw) -> ListenerRule | None:
    """One item of elbv2:DescribeRules; None for the default rule, whose actions the listener shows."""
    priority = whole(raw.get("Priority"))
    if flag(raw, "IsDefault") or priority is None:
        return None
    return ListenerRule(
        arn=text(raw, "RuleArn"),
        priority=priority,
        conditions=tuple((text(one, "Field"), tuple(_values(one))) for one in rows(raw, "Conditions")),
        actions=tuple(map(action, rows(raw, "Actions"))),
    )


def _values(condition: Raw) -> Iterator[str]:
    """What a condition lists: in its own structure, or (the older way) in Values; a network listener's address type."""
    found = [value for key in CONDITION_PARTS for value in texts(part(condition, key), "Values")]
    pairs = rows(part(condition, "QueryStringConfig"), "Values")
    yield from found or texts(condition, "Values")
    yield from (f"{text(pair, 'Key')}={text(pair, 'Value')}" for pair in pairs)
    family = text(part(condition, "SourceIpConfig"), "IpAddressType")
    yield from (family,) if family else ()


def target_group(raw: Raw) -> TargetGroup:
    """One item of elbv2:DescribeTargetGroups."""
    return TargetGroup(
        arn=text(raw, "TargetGroupArn"),
        name=text(raw, "TargetGroupName"),
        protocol=text(raw, "Protocol"),
        port=whole(raw.get("Port")),
        target_type=text(raw, "TargetType", default="instance"),
        vpc_id=text(raw, "VpcId"),
        load_balancer_arns=texts(raw, "LoadBalancerArns"),
        health_check=HealthCheck(
            enabled=flag(raw, "HealthCheckEnabled", default=True),
            protocol=text(raw, "HealthCheckProtocol"),
            port=text(raw, "HealthCheckPort", default="traffic-port"),
            path=text(raw, "HealthCheckPath"),
            matcher=text(part(raw, "Matcher"), "HttpCode", "GrpcCode"),
            interval_s=number(raw, "HealthCheckIntervalSeconds", 30),
            timeout_s=number(raw, "HealthCheckTimeoutSeconds", 10),
            healthy_threshold=number(raw, "HealthyThresholdCount", 5),
            unhealthy_threshold=number(raw, "UnhealthyThresholdCount", 2),
        ),
        ip_address_type=text(raw, "IpAddressType", default="ipv4"),
    )


def target(raw: Raw) -> Target:
    """One item of elbv2:DescribeTargetHealth."""
    where, health = part(raw, "Target"), part(raw, "TargetHealth")
    return Target(
        id=text(where, "Id"),
        port=number(where, "Port", 0),
        zone=text(where, "AvailabilityZone"),
        health_port=whole(raw.get("HealthCheckPort")),
        state=text(health, "State"),
        reason=text(health, "Reason"),
        description=text(health, "Description"),
    )
