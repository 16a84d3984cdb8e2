"""Entrances that stand beside the path: classic load balancers and whatever else publishes a backend."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicListener:
    """One listener: what comes to ``port`` goes to ``instance_port`` of every registered instance."""

    port: int
    protocol: str = "TCP"
    instance_port: int
    instance_protocol: str = "TCP"

    @property
    def title(self) -> str:
        return f"{self.protocol} {self.port} → {self.instance_port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassicBalancer:
    """elasticloadbalancing:DescribeLoadBalancers of 2012-06-01.

    ``balancer`` says where it stands and what filters it, as for any other; its type is "classic", its
    zones are named by their subnets.
    """

    balancer: LoadBalancer
    listeners: tuple[ClassicListener, ...] = ()
    instance_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.balancer.name

    @property
    def group(self) -> TargetGroup:
        """Its registered instances, as the target group that it has not."""
        return TargetGroup(arn=self.balancer.arn, name=self.name, vpc_id=self.balancer.vpc_id)

    def targets(self, listener: ClassicListener) -> tuple[Target, ...]:
        """What *listener* sends to: each instance on the listener's instance port."""
        return tuple(Target(id=one, port=listener.instance_port) for one in self.instance_ids)


Ports = tuple[tuple[int, int], ...]  # (first, last), both included


def within(ports: Ports, port: int) -> bool:
    """Whether *port* lies in one of these ranges."""
    return any(first <= port <= last for first, last in ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """globalaccelerator:ListAccelerators, or …ListCustomRoutingAccelerators (``custom``)."""

    arn: str
    name: str
    dns_name: str = ""
    addresses: tuple[str, ...] = ()  # its static addresses, IPv4 first
    dual_stack: bool = False
    enabled: bool = True
    custom: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorListener:
    """``protocol`` is TCP or UDP; "" for a custom routing one, whose endpoint groups say it."""

    arn: str
    protocol: str = "TCP"
    ports: Ports = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorEndpoint:
    """``id``: a load balancer's ARN, an instance, an Elastic IP's allocation, or a subnet (custom routing).

    ``preserves_client`` is None where AWS does not say it.
    """

    id: str
    weight: int | None = None
    preserves_client: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorGroup:
    """An endpoint group of one listener. ``ports`` are a custom routing one's destination ports (TCP)."""

    arn: str
    region: str
    endpoints: tuple[AcceleratorEndpoint, ...] = ()
    overrides: tuple[tuple[int, int], ...] = ()  # (listener port, endpoint port)
    dial: float = 100.0
    ports: Ports = ()

    def listener_port(self, listener: AcceleratorListener, port: int) -> int | None:
        """The port of the listener whose packets go to *port* of an endpoint; None where none does."""
        mapped = dict(self.overrides)
        for outside, inside in self.overrides:
            if inside == port and within(listener.ports, outside):
                return outside
        return port if within(listener.ports, port) and port not in mapped else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedPort:
    """Where a custom routing accelerator takes packets for one port of one address in a subnet."""

    accelerator_arn: str
    port: int
    outside: tuple[tuple[str, int], ...] = ()  # (address, port) of the accelerator
    allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorAttachment:
    """globalaccelerator:ListCrossAccountAttachments: what other accounts' accelerators may have as endpoints."""

    arn: str
    name: str = ""
    principals: tuple[str, ...] = ()  # accounts and accelerators
    resources: tuple[str, ...] = ()  # endpoint ids


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcOrigin:
    """cloudfront:ListVpcOrigins. ``endpoint_arn``: a load balancer or an instance."""

    id: str
    name: str = ""
    status: str = "Deployed"
    endpoint_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginPorts:
    """cloudfront:GetVpcOrigin: the ports that CloudFront sends to, by its protocol policy."""

    http: int = 80
    https: int = 443
    policy: str = "match-viewer"  # http-only | https-only | match-viewer

    @property
    def used(self) -> tuple[int, ...]:
        """Both for a policy that is not known."""
        return {"http-only": (self.http,), "https-only": (self.https,)}.get(self.policy, (self.http, self.https))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointService:
    """ec2:DescribeVpcEndpointServiceConfigurations."""

    id: str
    name: str = ""
    state: str = "Available"
    acceptance_required: bool = True
    balancer_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPrincipal:
    """ec2:DescribeVpcEndpointServicePermissions: who may connect."""

    principal: str
    type: str = ""  # All | Service | OrganizationUnit | Account | User | Role

    @property
    def everybody(self) -> bool:
        return self.principal == "*" or self.type == "All"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConnection:
    """ec2:DescribeVpcEndpointConnections: who is connected, or asks to be."""

    endpoint_id: str
    owner: str = ""
    state: str = ""

    @property
    def open(self) -> bool:
        return self.state.lower() in ("available", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedAccessEndpoint:
    """ec2:DescribeVerifiedAccessEndpoints; one of balancer, interface and network is set."""

    id: str
    domain: str = ""
    status: str = "active"
    balancer_arn: str = ""
    interface_id: str = ""
    cidr: str = ""
    ports: Ports = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatticeTargetGroup:
    """vpc-lattice:ListTargetGroups."""

    arn: str
    name: str = ""
    type: str = "INSTANCE"  # IP | LAMBDA | INSTANCE | ALB
    vpc_id: str = ""
    service_arns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EcsGateway:
    """ecs:DescribeGateway."""

    arn: str
    name: str = ""
    status: str = "ACTIVE"
    access: str = ""  # PUBLIC | PRIVATE


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """ecs:ListGatewayRoutes: which service a gateway leads to."""

    arn: str
    gateway_arn: str
    service_arn: str
    port_name: str = ""
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressPath:
    """ecs:DescribeExpressGatewayService: one entrance that ECS made for an Express service."""

    access: str  # PUBLIC | PRIVATE
    endpoint: str = ""
