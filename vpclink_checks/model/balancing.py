"""Load balancers, listeners, target groups and targets, in elbv2's words."""

from __future__ import annotations

from dataclasses import dataclass, field

from vpclink_checks.model.fact import UnknownFact, unheard_of

TARGET_TYPES = ("instance", "ip", "lambda", "alb")  # botocore 1.44.5, elbv2 TargetTypeEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone that a load balancer serves, with its subnet there."""

    name: str
    subnet_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """elasticloadbalancing:DescribeLoadBalancers."""

    arn: str
    name: str
    type: str = "network"  # network | application | gateway
    scheme: str = "internal"  # internal | internet-facing
    state: str = "active"
    state_reason: str = ""
    dns_name: str = ""
    hosted_zone_id: str = ""
    vpc_id: str = ""
    zones: tuple[Zone, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    enforce_private_link: str = ""  # on | off | "" where it was not given: on
    ip_address_type: str = "ipv4"

    @property
    def network(self) -> bool:
        return self.type == "network"

    @property
    def internal(self) -> bool:
        return self.scheme == "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """One target group of a forward action. Weight as given; NLBs and ALBs split by it."""

    target_group_arn: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A listener's or rule's action."""

    type: str = "forward"
    forwards: tuple[Forward, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    """elasticloadbalancing:DescribeRules, without the default rule."""

    arn: str
    priority: int
    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (field, values)
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """elasticloadbalancing:DescribeListeners."""

    arn: str
    load_balancer_arn: str
    port: int
    protocol: str = "TCP"
    actions: tuple[Action, ...] = ()
    certificate_arns: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    mutual_authentication: str = "off"

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """The target groups of the default action that get traffic."""
        every = [forward for action in self.actions for forward in action.forwards]
        return tuple(forward for forward in every if forward.weight > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """The health-check settings of a target group. ``port`` is a number or "traffic-port"."""

    enabled: bool = True
    protocol: str = "TCP"
    port: str = "traffic-port"
    path: str = ""
    matcher: str = ""
    interval_s: int = 30
    timeout_s: int = 10
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """elasticloadbalancing:DescribeTargetGroups."""

    arn: str
    name: str
    protocol: str = "TCP"
    port: int | None = None
    target_type: str = "instance"  # instance | ip | alb | lambda
    vpc_id: str = ""
    load_balancer_arns: tuple[str, ...] = ()
    health_check: HealthCheck = field(default_factory=HealthCheck)
    ip_address_type: str = "ipv4"

    @property
    def known_type(self) -> str:
        """The target type, for whoever decides by it. Raises UnknownFact for a word of tomorrow."""
        if self.target_type in TARGET_TYPES:
            return self.target_type
        raise UnknownFact(unheard_of("elbv2:DescribeTargetGroups", f"the target type of {self.name}", self.target_type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """elasticloadbalancing:DescribeTargetHealth: one registered target.

    ``id`` is an instance id, an address or an ALB's ARN; ``port`` the registered port, which wins
    over the target group's (botocore model, TargetDescription).
    """

    id: str
    port: int
    zone: str = ""
    health_port: int | None = None
    state: str = "healthy"
    reason: str = ""
    description: str = ""

    @property
    def healthy(self) -> bool:
        return self.state == "healthy"

    @property
    def draining(self) -> bool:
        return self.state in ("draining", "unhealthy.draining")

    @property
    def title(self) -> str:
        return f"{self.id}:{self.port}"
