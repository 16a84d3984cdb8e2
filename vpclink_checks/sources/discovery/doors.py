"""Tables of the entrances that stand beside the path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from vpclink_checks.model.balancing import Target
from vpclink_checks.model.doors import (
    Accelerator,
    AcceleratorAttachment,
    AcceleratorGroup,
    AcceleratorListener,
    ClassicBalancer,
    EcsGateway,
    EndpointConnection,
    EndpointService,
    GatewayRoute,
    IngressPath,
    LatticeTargetGroup,
    OriginPorts,
    RoutedPort,
    VerifiedAccessEndpoint,
    VpcOrigin,
)
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources import aws_shapes_doors as shapes
from vpclink_checks.sources.aws_shapes import Raw, part, rows, text, texts
from vpclink_checks.sources.discovery.recorded import Recorded, first_gap, gap_in, table_of

T = TypeVar("T")


def with_doors(topology: Topology, recorded: Recorded) -> Topology:
    """The topology with every other entrance that was read."""
    accelerators = _accelerators(recorded)
    listeners = _accelerator_listeners(recorded, accelerators)
    origins = _vpc_origins(recorded)
    services = _endpoint_services(recorded)
    lattice = _lattice_groups(recorded)
    gateways = _gateways(recorded)
    return replace(
        topology,
        classic_balancers=_classic_balancers(recorded, topology),
        accelerators=accelerators,
        accelerator_listeners=listeners,
        accelerator_groups=_accelerator_groups(recorded, accelerators, listeners),
        accelerator_attachments=_attachments(recorded),
        routed_ports=_routed_ports(recorded, accelerators),
        vpc_origins=origins,
        vpc_origin_ports=_origin_ports(recorded, origins),
        vpc_origin_distributions=_distributions(recorded, origins),
        endpoint_services=services,
        endpoint_principals=_about_each(
            recorded, services, "ec2:DescribeVpcEndpointServicePermissions", "AllowedPrincipals", shapes.principal
        ),
        endpoint_connections=_connections(recorded, services),
        verified_access=_verified_access(recorded),
        lattice_groups=lattice,
        lattice_targets=_lattice_targets(recorded, lattice),
        ecs_gateways=gateways,
        gateway_routes=_gateway_routes(recorded, gateways),
        express_paths=_express_paths(recorded, topology),
    )


def _classic_balancers(recorded: Recorded, topology: Topology) -> Table[ClassicBalancer]:
    """Every classic load balancer of the region."""
    name = "elb:DescribeLoadBalancers"
    prefix = f"arn:{topology.partition}:elasticloadbalancing:{topology.region}:{topology.account}:loadbalancer/"
    found = (shapes.classic_balancer(one, prefix) for one in recorded.rows(name, "LoadBalancerDescriptions"))
    return Table(rows={one.name: one for one in found}, gap=recorded.coverage(name, "LoadBalancerNames").gap)


def _accelerators(recorded: Recorded) -> Table[Accelerator]:
    """Every accelerator of the account, of both kinds."""
    standard, custom = "globalaccelerator:ListAccelerators", "globalaccelerator:ListCustomRoutingAccelerators"
    found = [shapes.accelerator(one) for one in recorded.rows(standard, "Accelerators")]
    found += [shapes.accelerator(one, custom=True) for one in recorded.rows(custom, "Accelerators")]
    gap = first_gap(recorded.coverage(standard).gap, recorded.coverage(custom).gap)
    return Table(rows={one.arn: one for one in found}, gap=gap)


def _accelerator_listeners(recorded: Recorded, known: Table[Accelerator]) -> Table[tuple[AcceleratorListener, ...]]:
    """By accelerator; those that are switched off have none that matter."""

    def listeners(one: Accelerator) -> tuple[AcceleratorListener, ...] | Gap:
        name = "ListCustomRoutingListeners" if one.custom else "ListListeners"
        found = recorded.listed(f"globalaccelerator:{name}", {"AcceleratorArn": one.arn}, "Listeners")
        return tuple(map(shapes.accelerator_listener, found)) if isinstance(found, list) else found

    return table_of(((one.arn, listeners(one)) for one in known if one.enabled), gap_in(known))


def _accelerator_groups(
    recorded: Recorded, known: Table[Accelerator], listeners: Table[tuple[AcceleratorListener, ...]]
) -> Table[tuple[AcceleratorGroup, ...]]:
    """By listener."""

    def groups(arn: str, *, custom: bool) -> tuple[AcceleratorGroup, ...] | Gap:
        name = "ListCustomRoutingEndpointGroups" if custom else "ListEndpointGroups"
        found = recorded.listed(f"globalaccelerator:{name}", {"ListenerArn": arn}, "EndpointGroups")
        return tuple(map(shapes.accelerator_group, found)) if isinstance(found, list) else found

    every = [(one, held) for arn, held in listeners.rows.items() if (one := known.rows.get(arn)) is not None]
    found = ((listener.arn, groups(listener.arn, custom=one.custom)) for one, held in every for listener in held)
    return table_of(found, gap_in(listeners))


def _attachments(recorded: Recorded) -> Table[AcceleratorAttachment]:
    """What this account lets other accounts' accelerators lead to."""
    name = "globalaccelerator:ListCrossAccountAttachments"
    found = map(shapes.attachment, recorded.rows(name, "CrossAccountAttachments"))
    return Table(rows={one.arn: one for one in found}, gap=recorded.coverage(name).gap)


def _routed_ports(recorded: Recorded, known: Table[Accelerator]) -> Table[tuple[RoutedPort, ...]]:
    """By ``subnet address``: where custom routing leads there."""
    name = "globalaccelerator:ListCustomRoutingPortMappingsByDestination"
    found: dict[str, tuple[RoutedPort, ...] | Gap] = {}
    for call in recorded.answers(name):
        key = f"{text(call.call.params, 'EndpointId')} {text(call.call.params, 'DestinationAddress')}"
        if call.gap is not None:
            found[key] = call.gap
        elif call.response is not None:
            found[key] = tuple(map(shapes.routed_port, rows(call.response, "DestinationPortMappings")))
    return table_of(found.items(), recorded.missing(name) if any(one.custom for one in known) else known.gap)


def _vpc_origins(recorded: Recorded) -> Table[VpcOrigin]:
    """Every VPC origin of the account."""
    name = "cloudfront:ListVpcOrigins"
    listed = (rows(part(one, "VpcOriginList"), "Items") for one in recorded.responses(name))
    found = (shapes.vpc_origin(raw) for held in listed for raw in held)
    return Table(rows={one.id: one for one in found}, gap=recorded.coverage(name).gap)


def _origin_ports(recorded: Recorded, known: Table[VpcOrigin]) -> Table[OriginPorts]:
    """By origin."""

    def ports(origin: str) -> OriginPorts | Gap:
        found = recorded.held("cloudfront:GetVpcOrigin", {"Id": origin})
        return found if isinstance(found, Gap) else shapes.origin_ports(found)

    return table_of(((one, ports(one)) for one in known.rows), gap_in(known))


def _distributions(recorded: Recorded, known: Table[VpcOrigin]) -> Table[tuple[str, ...]]:
    """By origin: the distributions that use it."""

    def distributions(origin: str) -> tuple[str, ...] | Gap:
        name, asked = "cloudfront:ListDistributionsByVpcOriginId", {"VpcOriginId": origin}
        found, gap = recorded.about(name, asked)
        named = (one for response in found for one in texts(part(response, "DistributionIdList"), "Items"))
        return tuple(named) if found else gap or recorded.gone(name, asked)

    return table_of(((one, distributions(one)) for one in known.rows), gap_in(known))


def _endpoint_services(recorded: Recorded) -> Table[EndpointService]:
    """Every endpoint service of the account in this region."""
    name = "ec2:DescribeVpcEndpointServiceConfigurations"
    found = map(shapes.endpoint_service, recorded.rows(name, "ServiceConfigurations"))
    return Table(rows={one.id: one for one in found}, gap=recorded.coverage(name, "ServiceIds").gap)


def _about_each(
    recorded: Recorded, known: Table[EndpointService], name: str, key: str, shape: Callable[[Raw], T]
) -> Table[tuple[T, ...]]:
    """By endpoint service."""

    def listed(service: str) -> tuple[T, ...] | Gap:
        found = recorded.listed(name, {"ServiceId": service}, key)
        return tuple(map(shape, found)) if isinstance(found, list) else found

    return table_of(((one, listed(one)) for one in known.rows), gap_in(known))


def _connections(recorded: Recorded, known: Table[EndpointService]) -> Table[tuple[EndpointConnection, ...]]:
    """By endpoint service: asked for by filter, several at a time."""
    name = "ec2:DescribeVpcEndpointConnections"
    held: dict[str, list[EndpointConnection]] = {}
    for raw in recorded.rows(name, "VpcEndpointConnections"):
        held.setdefault(text(raw, "ServiceId"), []).append(shapes.connection(raw))
    coverage = recorded.coverage(name, "service-id")
    found = ((one, coverage.gap_for(one, described=True) or tuple(held.get(one, ()))) for one in known.rows)
    return table_of(found, gap_in(known))


def _verified_access(recorded: Recorded) -> Table[VerifiedAccessEndpoint]:
    """Every Verified Access endpoint of the region."""
    name = "ec2:DescribeVerifiedAccessEndpoints"
    found = map(shapes.verified_access, recorded.rows(name, "VerifiedAccessEndpoints"))
    return Table(rows={one.id: one for one in found}, gap=recorded.coverage(name, "VerifiedAccessEndpointIds").gap)


def _lattice_groups(recorded: Recorded) -> Table[LatticeTargetGroup]:
    """The target groups of the VPCs that were asked about. One gap stands for all."""
    name = "vpc-lattice:ListTargetGroups"
    found = map(shapes.lattice_group, recorded.rows(name, "items"))
    answers = recorded.answers(name)
    gap = first_gap(*(one.gap for one in answers)) if answers else recorded.missing(name)
    return Table(rows={one.arn: one for one in found}, gap=gap)


def _lattice_targets(recorded: Recorded, known: Table[LatticeTargetGroup]) -> Table[tuple[Target, ...]]:
    """By target group, where a service leads to it."""

    def targets(arn: str) -> tuple[Target, ...] | Gap:
        found = recorded.listed("vpc-lattice:ListTargets", {"targetGroupIdentifier": arn}, "items")
        return tuple(map(shapes.lattice_target, found)) if isinstance(found, list) else found

    return table_of(((one.arn, targets(one.arn)) for one in known if one.service_arns), gap_in(known))


def _gateways(recorded: Recorded) -> Table[EcsGateway]:
    """Every ECS gateway of the region that is not gone."""
    name = "ecs:ListGateways"

    def gateway(arn: str) -> EcsGateway | Gap:
        found = recorded.held("ecs:DescribeGateway", {"gateway": arn})
        return found if isinstance(found, Gap) else shapes.ecs_gateway(part(found, "gateway"))

    listed = (text(one, "gatewayArn") for one in recorded.rows(name, "gateways") if text(one, "status") != "DELETED")
    return table_of(((arn, gateway(arn)) for arn in listed), recorded.coverage(name).gap)


def _gateway_routes(recorded: Recorded, known: Table[EcsGateway]) -> Table[tuple[GatewayRoute, ...]]:
    """By gateway."""

    def routes(arn: str) -> tuple[GatewayRoute, ...] | Gap:
        found = recorded.listed("ecs:ListGatewayRoutes", {"gateway": arn}, "gatewayRoutes")
        return tuple(map(shapes.gateway_route, found)) if isinstance(found, list) else found

    return table_of(((arn, routes(arn)) for arn in (*known.rows, *known.gaps)), known.gap)


def _express_paths(recorded: Recorded, topology: Topology) -> Table[tuple[IngressPath, ...]]:
    """By Express service."""

    def paths(arn: str) -> tuple[IngressPath, ...] | Gap:
        found = recorded.held("ecs:DescribeExpressGatewayService", {"serviceArn": arn})
        return found if isinstance(found, Gap) else shapes.ingress_paths(found)

    return table_of(((one.arn, paths(one.arn)) for one in topology.services if one.express), topology.services.gap)
