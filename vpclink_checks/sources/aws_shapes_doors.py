"""Classic load balancers and other entrances: AWS's answers to the model."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.model.balancing import LoadBalancer, Target, Zone
from vpclink_checks.model.doors import (
    Accelerator,
    AcceleratorAttachment,
    AcceleratorEndpoint,
    AcceleratorGroup,
    AcceleratorListener,
    ClassicBalancer,
    ClassicListener,
    EcsGateway,
    EndpointConnection,
    EndpointPrincipal,
    EndpointService,
    GatewayRoute,
    IngressPath,
    LatticeTargetGroup,
    OriginPorts,
    Ports,
    RoutedPort,
    VerifiedAccessEndpoint,
    VpcOrigin,
)
from vpclink_checks.sources.aws_shapes import Raw, flag, number, part, rows, text, texts, whole


def classic_balancer(raw: Raw, arn_prefix: str) -> ClassicBalancer:
    """One item of elb:DescribeLoadBalancers, which does not give ARNs: *arn_prefix* is all but the name.

    ``Scheme`` is absent outside a VPC alone, where every balancer was public (botocore model).
    """
    name = text(raw, "LoadBalancerName")
    return ClassicBalancer(
        balancer=LoadBalancer(
            arn=f"{arn_prefix}{name}",
            name=name,
            type="classic",
            scheme=text(raw, "Scheme", default="internet-facing"),
            dns_name=text(raw, "DNSName"),
            hosted_zone_id=text(raw, "CanonicalHostedZoneNameID"),
            vpc_id=text(raw, "VPCId"),
            zones=tuple(Zone(name=one, subnet_id=one) for one in texts(raw, "Subnets")),
            security_group_ids=texts(raw, "SecurityGroups"),
        ),
        listeners=tuple(_classic_listener(part(one, "Listener")) for one in rows(raw, "ListenerDescriptions")),
        instance_ids=tuple(text(one, "InstanceId") for one in rows(raw, "Instances")),
    )


def _classic_listener(raw: Raw) -> ClassicListener:
    protocol = text(raw, "Protocol")
    return ClassicListener(
        port=number(raw, "LoadBalancerPort", 0),
        protocol=protocol,
        instance_port=number(raw, "InstancePort", 0),
        instance_protocol=text(raw, "InstanceProtocol", default=protocol),
    )


def accelerator(raw: Raw, *, custom: bool = False) -> Accelerator:
    """One item of globalaccelerator:ListAccelerators or …ListCustomRoutingAccelerators."""
    sets = sorted(rows(raw, "IpSets"), key=lambda one: text(one, "IpAddressFamily") == "IPv6")
    return Accelerator(
        arn=text(raw, "AcceleratorArn"),
        name=text(raw, "Name"),
        dns_name=text(raw, "DnsName"),
        addresses=tuple(address for one in sets for address in texts(one, "IpAddresses")),
        dual_stack=text(raw, "IpAddressType") == "DUAL_STACK",
        enabled=flag(raw, "Enabled", default=True),
        custom=custom,
    )


def accelerator_listener(raw: Raw) -> AcceleratorListener:
    """One item of globalaccelerator:ListListeners or …ListCustomRoutingListeners."""
    return AcceleratorListener(
        arn=text(raw, "ListenerArn"), protocol=text(raw, "Protocol"), ports=_ports(rows(raw, "PortRanges"))
    )


def accelerator_group(raw: Raw) -> AcceleratorGroup:
    """One item of globalaccelerator:ListEndpointGroups or …ListCustomRoutingEndpointGroups."""
    overrides = ((number(one, "ListenerPort", 0), number(one, "EndpointPort", 0)) for one in rows(raw, "PortOverrides"))
    custom = [one for one in rows(raw, "DestinationDescriptions") if texts(one, "Protocols") != ("UDP",)]
    dial = raw.get("TrafficDialPercentage")
    return AcceleratorGroup(
        arn=text(raw, "EndpointGroupArn"),
        region=text(raw, "EndpointGroupRegion"),
        endpoints=tuple(map(_endpoint, rows(raw, "EndpointDescriptions"))),
        overrides=tuple(overrides),
        dial=float(dial) if isinstance(dial, int | float) else 100.0,
        ports=_ports(custom),
    )


def _endpoint(raw: Raw) -> AcceleratorEndpoint:
    preserved = raw.get("ClientIPPreservationEnabled")
    return AcceleratorEndpoint(
        id=text(raw, "EndpointId"),
        weight=whole(raw.get("Weight")),
        preserves_client=None if preserved is None else flag(raw, "ClientIPPreservationEnabled"),
    )


def _ports(ranges: Iterable[Raw]) -> Ports:
    return tuple((number(one, "FromPort", 0), number(one, "ToPort", 0)) for one in ranges)


def routed_port(raw: Raw) -> RoutedPort:
    """One item of globalaccelerator:ListCustomRoutingPortMappingsByDestination."""
    outside = rows(raw, "AcceleratorSocketAddresses")
    return RoutedPort(
        accelerator_arn=text(raw, "AcceleratorArn"),
        port=number(part(raw, "DestinationSocketAddress"), "Port", 0),
        outside=tuple((text(one, "IpAddress"), number(one, "Port", 0)) for one in outside),
        allowed=text(raw, "DestinationTrafficState") == "ALLOW",
    )


def attachment(raw: Raw) -> AcceleratorAttachment:
    """One item of globalaccelerator:ListCrossAccountAttachments."""
    return AcceleratorAttachment(
        arn=text(raw, "AttachmentArn"),
        name=text(raw, "Name"),
        principals=texts(raw, "Principals"),
        resources=tuple(text(one, "EndpointId") for one in rows(raw, "Resources") if text(one, "EndpointId")),
    )


def vpc_origin(raw: Raw) -> VpcOrigin:
    """One item of cloudfront:ListVpcOrigins."""
    return VpcOrigin(
        id=text(raw, "Id"),
        name=text(raw, "Name"),
        status=text(raw, "Status"),
        endpoint_arn=text(raw, "OriginEndpointArn"),
    )


def origin_ports(raw: Raw) -> OriginPorts:
    """cloudfront:GetVpcOrigin."""
    settings = part(part(raw, "VpcOrigin"), "VpcOriginEndpointConfig")
    return OriginPorts(
        http=number(settings, "HTTPPort", 80),
        https=number(settings, "HTTPSPort", 443),
        policy=text(settings, "OriginProtocolPolicy", default="match-viewer"),
    )


def endpoint_service(raw: Raw) -> EndpointService:
    """One item of ec2:DescribeVpcEndpointServiceConfigurations."""
    return EndpointService(
        id=text(raw, "ServiceId"),
        name=text(raw, "ServiceName"),
        state=text(raw, "ServiceState"),
        acceptance_required=flag(raw, "AcceptanceRequired"),
        balancer_arns=texts(raw, "NetworkLoadBalancerArns"),
    )


def principal(raw: Raw) -> EndpointPrincipal:
    """One item of ec2:DescribeVpcEndpointServicePermissions."""
    return EndpointPrincipal(principal=text(raw, "Principal"), type=text(raw, "PrincipalType"))


def connection(raw: Raw) -> EndpointConnection:
    """One item of ec2:DescribeVpcEndpointConnections."""
    return EndpointConnection(
        endpoint_id=text(raw, "VpcEndpointId", "TransitGatewayAttachmentId"),
        owner=text(raw, "VpcEndpointOwner", "TransitGatewayAttachmentOwner"),
        state=text(raw, "VpcEndpointState"),
    )


def verified_access(raw: Raw) -> VerifiedAccessEndpoint:
    """One item of ec2:DescribeVerifiedAccessEndpoints."""
    balancer, interface, cidr = (part(raw, f"{kind}Options") for kind in ("LoadBalancer", "NetworkInterface", "Cidr"))
    options = balancer or interface or cidr
    single = whole(options.get("Port"))
    return VerifiedAccessEndpoint(
        id=text(raw, "VerifiedAccessEndpointId"),
        domain=text(raw, "ApplicationDomain", "EndpointDomain"),
        status=text(part(raw, "Status"), "Code", default="active"),
        balancer_arn=text(balancer, "LoadBalancerArn"),
        interface_id=text(interface, "NetworkInterfaceId"),
        cidr=text(cidr, "Cidr"),
        ports=(*_ports(rows(options, "PortRanges")), *(((single, single),) if single is not None else ())),
    )


def lattice_group(raw: Raw) -> LatticeTargetGroup:
    """One item of vpc-lattice:ListTargetGroups."""
    return LatticeTargetGroup(
        arn=text(raw, "arn"),
        name=text(raw, "name"),
        type=text(raw, "type"),
        vpc_id=text(raw, "vpcIdentifier"),
        service_arns=texts(raw, "serviceArns"),
    )


def lattice_target(raw: Raw) -> Target:
    """One item of vpc-lattice:ListTargets."""
    status = text(raw, "status").lower()
    return Target(id=text(raw, "id"), port=number(raw, "port", 0), state=status)


def ecs_gateway(raw: Raw) -> EcsGateway:
    """``gateway`` of ecs:DescribeGateway. Its access follows from its scheme, internet-facing by default."""
    albs = part(part(raw, "configuration"), "hostSharedAlb")
    facing = {"internet-facing": "PUBLIC", "internal": "PRIVATE"}.get(text(albs, "scheme"), "")
    return EcsGateway(
        arn=text(raw, "gatewayArn"),
        name=text(raw, "name"),
        status=text(raw, "status"),
        access=text(raw, "accessType", default=facing),
    )


def gateway_route(raw: Raw) -> GatewayRoute:
    """One item of ecs:ListGatewayRoutes."""
    return GatewayRoute(
        arn=text(raw, "gatewayRouteArn"),
        gateway_arn=text(raw, "gatewayArn"),
        service_arn=text(raw, "serviceArn"),
        port_name=text(raw, "serviceContainerPortName"),
        status=text(raw, "status"),
    )


def ingress_paths(raw: Raw) -> tuple[IngressPath, ...]:
    """ecs:DescribeExpressGatewayService, of every configuration that is active."""
    active = rows(part(raw, "service"), "activeConfigurations")
    found = (
        IngressPath(access=text(one, "accessType"), endpoint=text(one, "endpoint"))
        for held in active
        for one in rows(held, "ingressPaths")
    )
    return tuple(dict.fromkeys(found))
