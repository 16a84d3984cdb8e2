"""Faults from the load balancer to the target group."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    ACCOUNT,
    ALL_CALLS,
    API_EVERYWHERE,
    API_GROUP,
    DOMAIN,
    ELB,
    NLB,
    REGION,
    ROUTES,
    STATUS,
    STATUS_EVERYWHERE,
    STATUS_GROUP,
    VPC,
    deregistered,
    edited_status,
    served_status,
    unhealthy,
)
from vpclink_checks.demo.overlay import Answered, Append, Change, Set
from vpclink_checks.demo.wire import API_PORT, HOST_A, HOST_B, REGISTERED, STATUS_PORT, Plane

BALANCERS = "elbv2:DescribeLoadBalancers"
LISTENERS = "elbv2:DescribeListeners"
GROUPS = "elbv2:DescribeTargetGroups"
HEALTH = "elbv2:DescribeTargetHealth"
ATTRIBUTES = "elbv2:DescribeTargetGroupAttributes"
STATUS_LISTENER = "bbbbbbbbbbbbbbbb"
CERTIFICATES = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate"
CERTIFICATE = f"{CERTIFICATES}/11111111-2222-3333-4444-555555555555"  # the domain's own
EXPIRED = f"{CERTIFICATES}/66666666-7777-8888-9999-000000000000"
LEGACY = f"{ELB}:targetgroup/legacy/3333333333333333"
NO_STATUS = Plane(registered={API_PORT: REGISTERED[API_PORT]})


def _status_listener(key: str, value: object) -> Change:
    return Set(LISTENERS, "", ("Listeners", 1, key), value)


def _forward(group: str) -> list[dict[str, object]]:
    return [
        {
            "Type": "forward",
            "TargetGroupArn": group,
            "Order": 1,
            "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": group, "Weight": 1}]},
        }
    ]


def _target(host: str, port: int, zone: str) -> dict[str, object]:
    return {
        "Target": {"Id": host, "Port": port, "AvailabilityZone": zone},
        "HealthCheckPort": str(port),
        "TargetHealth": {"State": "healthy"},
    }


LEGACY_ANSWERS: tuple[Change, ...] = (
    Append(
        GROUPS,
        "",
        ("TargetGroups",),
        {
            "TargetGroupArn": LEGACY,
            "TargetGroupName": "legacy",
            "Protocol": "TCP",
            "Port": 10000,
            "VpcId": VPC,
            "HealthCheckProtocol": "TCP",
            "HealthCheckPort": "traffic-port",
            "HealthCheckEnabled": True,
            "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 10,
            "HealthyThresholdCount": 5,
            "UnhealthyThresholdCount": 2,
            "LoadBalancerArns": [NLB],
            "TargetType": "instance",
            "IpAddressType": "ipv4",
        },
    ),
    Answered(
        "elbv2",
        "DescribeTargetHealth",
        {"TargetGroupArn": LEGACY},
        {
            "TargetHealthDescriptions": [
                _target(HOST_A, 10000, "eu-west-2a"),
                _target(HOST_B, 10000, "eu-west-2b"),
            ]
        },
    ),
    Answered(
        "elbv2",
        "DescribeTargetGroupAttributes",
        {"TargetGroupArn": LEGACY},
        {
            "Attributes": [
                {"Key": "preserve_client_ip.enabled", "Value": "true"},
                {"Key": "proxy_protocol_v2.enabled", "Value": "false"},
                {"Key": "deregistration_delay.timeout_seconds", "Value": "60"},
                {"Key": "load_balancing.cross_zone.enabled", "Value": "use_load_balancer_configuration"},
            ]
        },
    ),
)

FAULTS = (
    Fault(
        id="nlb-not-active",
        hop="load-balancer",
        title="The load balancer has failed",
        changes=(Set(BALANCERS, "", ("LoadBalancers", 0, "State"), {"Code": "failed", "Reason": "no free addresses"}),),
        plane=Plane(registered={}),
        fails={
            "load-balancer/active": ("orders",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="nlb-internet-facing",
        hop="load-balancer",
        title="The load balancer behind the link is internet-facing",
        changes=(Set(BALANCERS, "", ("LoadBalancers", 0, "Scheme"), "internet-facing"),),
        fails={
            "load-balancer/internal": ("orders",),
        },
    ),
    Fault(
        id="nlb-empty-az-cross-zone-off",
        hop="load-balancer",
        title="A zone of the load balancer has no target, and nothing crosses zones",
        changes=(deregistered(API_GROUP, HOST_B), deregistered(STATUS_GROUP, HOST_B)),
        plane=Plane(registered={port: places[:1] for port, places in REGISTERED.items()}),
        fails={
            "load-balancer/every-zone-has-a-target": ("orders",),
        },
    ),
    Fault(
        id="listener-wrong-protocol",
        hop="listener",
        title="A listener speaks UDP",
        changes=(_status_listener("Protocol", "UDP"),),
        plane=NO_STATUS,
        fails={
            "listener/carries-tcp": ("orders:10001",),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="listener-wrong-target-group",
        hop="listener",
        title="A listener forwards to a target group that is not the service's",
        changes=(
            _status_listener("DefaultActions", _forward(LEGACY)),
            Set("elbv2:DescribeRules", STATUS_LISTENER, ("Rules", 0, "Actions"), _forward(LEGACY)),
            Set(GROUPS, "", ("TargetGroups", ("TargetGroupArn", STATUS_GROUP), "LoadBalancerArns"), []),
            Set(
                HEALTH,
                STATUS_GROUP,
                ("TargetHealthDescriptions", "*", "TargetHealth"),
                {"State": "unused", "Reason": "Target.NotInUse"},
            ),
            *LEGACY_ANSWERS,
        ),
        plane=Plane(registered={**REGISTERED, STATUS_PORT: REGISTERED[API_PORT]}),
        fails={
            "listener/forwards-to-the-service": ("orders:10001",),
            "service/registers-target-group": (f"{DOMAIN}/orders|orders:10001|orders/api:8080",),
            "task-definition/declared-container": ("backend orders/status",),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="listener-tls-cert-expired",
        hop="listener",
        title="The certificate that a TLS listener shows for the integration's host has expired",
        changes=(
            _status_listener("Protocol", "TLS"),
            _status_listener("Certificates", [{"CertificateArn": CERTIFICATE}]),
            served_status("uri", "https://status.example.com:10001/status"),
            edited_status("uri", "https://status.example.com:10001/status"),
            Answered(
                "elbv2",
                "DescribeListenerCertificates",
                {"ListenerArn": f"{ELB}:listener/net/orders/0123456789abcdef/{STATUS_LISTENER}"},
                {
                    "Certificates": [
                        {"CertificateArn": CERTIFICATE, "IsDefault": True},
                        {"CertificateArn": EXPIRED, "IsDefault": False},
                    ]
                },
            ),
            Answered(
                "acm",
                "DescribeCertificate",
                {"CertificateArn": EXPIRED},
                {
                    "Certificate": {
                        "CertificateArn": EXPIRED,
                        "DomainName": "status.example.com",
                        "SubjectAlternativeNames": ["status.example.com"],
                        "Status": "ISSUED",
                        "NotBefore": "2025-09-01T00:00:00+00:00",
                        "NotAfter": "2026-10-01T00:00:00+00:00",
                        "Type": "AMAZON_ISSUED",
                    }
                },
            ),
        ),
        plane=Plane(answers={"orders/status": "internal"}),
        fails={
            "listener/certificate-valid": ("orders:10001",),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="listener-nlb-rules",
        hop="listener",
        title="A rule sends IPv6 callers elsewhere",
        changes=(
            Append(
                "elbv2:DescribeRules",
                STATUS_LISTENER,
                ("Rules",),
                {
                    "RuleArn": f"{ELB}:listener-rule/net/orders/0123456789abcdef/{STATUS_LISTENER}/8888888888888888",
                    "Priority": "10",
                    "Conditions": [{"Field": "source-ip", "SourceIpConfig": {"Values": ["::/0"]}}],
                    "Actions": _forward(LEGACY),
                    "IsDefault": False,
                },
            ),
            *LEGACY_ANSWERS,
        ),
        fails={
            "listener/rules-agree-with-default": ("orders:10001",),
            "service/registers-target-group": (f"{DOMAIN}/orders|orders:10001|orders/api:8080",),
        },
    ),
    Fault(
        id="tg-no-targets",
        hop="target-group",
        title="A target group has no targets",
        changes=(Set(HEALTH, STATUS_GROUP, ("TargetHealthDescriptions",), []),),
        plane=Plane(registered={**REGISTERED, STATUS_PORT: ()}),
        fails={
            "target-group/has-targets": ("orders-status",),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="th-timeout",
        hop="target-group",
        title="No target answers its health check in time; the load balancer fails open",
        changes=unhealthy(API_GROUP, "Target.Timeout"),
        plane=Plane(slow=API_EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-api",),
        },
    ),
    Fault(
        id="th-failed-connect",
        hop="target-group",
        title="Nothing listens on the targets' port",
        changes=unhealthy(STATUS_GROUP, "Target.FailedHealthChecks"),
        plane=Plane(dead=STATUS_EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-status",),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="tg-target-port-vs-hostport",
        hop="target-group",
        title="Targets are registered on a port that the container is not bound to",
        changes=(
            Set(
                "ecs:DescribeTasks",
                "",
                ("tasks", "*", "containers", ("name", "status"), "networkBindings", "*", "hostPort"),
                10002,
            ),
            *unhealthy(STATUS_GROUP, "Target.FailedHealthChecks"),
        ),
        plane=Plane(dead=STATUS_EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-status",),
            "target-group/port-matches-host-port": (
                "orders/status:7777 in eu-west-2a",
                "orders/status:7777 in eu-west-2b",
            ),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="tg-proxy-protocol-v2",
        hop="target-group",
        title="Targets get a PROXY header that they do not understand",
        changes=(Set(ATTRIBUTES, STATUS_GROUP, ("Attributes", ("Key", "proxy_protocol_v2.enabled"), "Value"), "true"),),
        plane=Plane(proxy_protocol=frozenset({STATUS_PORT})),
        fails={
            "target-group/proxy-protocol-off": ("orders-status",),
            ROUTES: (STATUS,),
        },
    ),
)
