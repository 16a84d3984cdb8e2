"""Entrances beside the path: whatever else may lead to its backend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Paging, Params, Row
from vpclink_checks.sources.table.paging import ec2_paging, ecs_paging, elb_paging
from vpclink_checks.sources.table.wants import by_filter, each, filtered, once_private

_PRIVATE = "once an integration goes private"
_SERVICES = "each VPC endpoint service of a load balancer of ours"


def accelerator_paging(items: str) -> Paging:
    """Global Accelerator: at most 100 a page."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=100)


def cloudfront_paging(inside: str) -> Paging:
    """CloudFront: at most 100 a page, and the list inside a structure."""
    return Paging(
        items="Items",
        token_in=("Marker",),
        token_out=("NextMarker",),
        size_key="MaxItems",
        size="100",
        more="IsTruncated",
        inside=inside,
    )


LATTICE = Paging(items="items", token_in=("nextToken",), token_out=("nextToken",), size_key="maxResults", size=100)


def global_accelerator(_params: Mapping[str, Any]) -> str:
    """Its API is in us-west-2 alone (Global Accelerator API reference, Welcome)."""
    return "us-west-2"


def routed(leads: Leads) -> list[Params]:
    """Each address of ours in a subnet that custom routing leads to."""
    return [{"EndpointId": subnet, "DestinationAddress": one} for subnet, one in sorted(leads.doors.routed)]


_classic = partial(Row, service="elb", hop="exposure")
_accelerator = partial(Row, service="globalaccelerator", hop="exposure", region_of=global_accelerator)
_cloudfront = partial(Row, service="cloudfront", hop="exposure")
_ec2 = partial(Row, service="ec2", hop="exposure")
_lattice = partial(Row, service="vpc-lattice", hop="exposure")
_ecs = partial(Row, service="ecs", hop="exposure")

ROWS: tuple[Row, ...] = (
    # Listed whole: no filter finds the balancers of an instance, nor the accelerators or origins of a balancer.
    _classic(
        operation="DescribeLoadBalancers",
        wants=once_private,
        paging=elb_paging("LoadBalancerDescriptions"),
        because=_PRIVATE,
    ),
    _accelerator(
        operation="ListAccelerators",
        wants=once_private,
        paging=accelerator_paging("Accelerators"),
        because=_PRIVATE,
    ),
    _accelerator(
        operation="ListListeners",
        wants=lambda leads: each("AcceleratorArn", leads.published.accelerators),
        paging=accelerator_paging("Listeners"),
        because="each accelerator that is switched on",
    ),
    _accelerator(
        operation="ListEndpointGroups",
        wants=lambda leads: each("ListenerArn", leads.published.listeners),
        paging=accelerator_paging("EndpointGroups"),
        because="each listener of those accelerators",
    ),
    _accelerator(
        operation="ListCustomRoutingAccelerators",
        wants=once_private,
        paging=accelerator_paging("Accelerators"),
        because=_PRIVATE,
    ),
    _accelerator(
        operation="ListCustomRoutingListeners",
        wants=lambda leads: each("AcceleratorArn", leads.published.custom_accelerators),
        paging=accelerator_paging("Listeners"),
        because="each custom routing accelerator that is switched on",
    ),
    _accelerator(
        operation="ListCustomRoutingEndpointGroups",
        wants=lambda leads: each("ListenerArn", leads.published.custom_listeners),
        paging=accelerator_paging("EndpointGroups"),
        because="each listener of those custom routing accelerators",
    ),
    _accelerator(
        operation="ListCustomRoutingPortMappingsByDestination",
        wants=routed,
        paging=accelerator_paging("DestinationPortMappings"),
        because="each address of a target in a subnet that custom routing leads to",
        closing=True,
    ),
    _accelerator(
        operation="ListCrossAccountAttachments",
        wants=once_private,
        paging=accelerator_paging("CrossAccountAttachments"),
        because=_PRIVATE,
    ),
    _cloudfront(
        operation="ListVpcOrigins",
        wants=once_private,
        paging=cloudfront_paging("VpcOriginList"),
        because=_PRIVATE,
    ),
    _cloudfront(
        operation="GetVpcOrigin",
        wants=lambda leads: each("Id", leads.doors.origins),
        because="each VPC origin that is a load balancer or an instance of ours",
        closing=True,
    ),
    _cloudfront(
        operation="ListDistributionsByVpcOriginId",
        wants=lambda leads: each("VpcOriginId", leads.doors.origins),
        paging=cloudfront_paging("DistributionIdList"),
        because="each VPC origin that is a load balancer or an instance of ours",
        closing=True,
    ),
    _ec2(
        operation="DescribeVpcEndpointServiceConfigurations",
        wants=once_private,
        paging=ec2_paging("ServiceConfigurations"),
        because=_PRIVATE,
    ),
    _ec2(
        operation="DescribeVpcEndpointServicePermissions",
        wants=lambda leads: each("ServiceId", leads.doors.endpoint_services),
        paging=ec2_paging("AllowedPrincipals"),
        because=_SERVICES,
        closing=True,
    ),
    _ec2(
        operation="DescribeVpcEndpointConnections",
        wants=lambda leads: filtered("service-id", leads.doors.endpoint_services),
        batch=by_filter("ec2:DescribeVpcEndpointServiceConfigurations"),
        paging=ec2_paging("VpcEndpointConnections"),
        because=_SERVICES,
        closing=True,
    ),
    _ec2(
        operation="DescribeVerifiedAccessEndpoints",
        wants=once_private,
        paging=ec2_paging("VerifiedAccessEndpoints"),
        because=_PRIVATE,
    ),
    _lattice(
        operation="ListTargetGroups",
        wants=lambda leads: each("vpcIdentifier", leads.network.vpc_ids),
        paging=LATTICE,
        because="each VPC of a path",
    ),
    _lattice(
        operation="ListTargets",
        wants=lambda leads: each("targetGroupIdentifier", leads.doors.lattice_groups),
        paging=LATTICE,
        because="each target group of VPC Lattice in those VPCs that a service leads to",
        closing=True,
    ),
    _ecs(
        operation="ListGateways",
        wants=once_private,
        paging=ecs_paging("gateways"),
        because=_PRIVATE,
    ),
    _ecs(
        operation="DescribeGateway",
        wants=lambda leads: each("gateway", leads.doors.gateways),
        because="each ECS gateway",
        closing=True,
    ),
    _ecs(
        operation="ListGatewayRoutes",
        wants=lambda leads: each("gateway", leads.doors.gateways),
        paging=ecs_paging("gatewayRoutes"),
        because="each ECS gateway",
        closing=True,
    ),
    _ecs(
        operation="DescribeExpressGatewayService",
        wants=lambda leads: each("serviceArn", leads.doors.express),
        because="each Express service of a path",
        closing=True,
    ),
)
