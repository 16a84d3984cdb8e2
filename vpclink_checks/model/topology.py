"""Everything known about one environment: tables of facts, and the paths that run through them."""

from __future__ import annotations

import collections.abc
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from vpclink_checks.model.api import Api, Deployment, GatewayResponse, Route, Stage, WebAcl
from vpclink_checks.model.balancing import Listener, ListenerRule, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.cloud_map import CloudMapInstance, CloudMapService
from vpclink_checks.model.compute import AutoScalingGroup, Instance, LaunchSettings
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, HostedZone, Mapping, RoutingRule
from vpclink_checks.model.doors import (
    Accelerator,
    AcceleratorAttachment,
    AcceleratorGroup,
    AcceleratorListener,
    ClassicBalancer,
    EcsGateway,
    EndpointConnection,
    EndpointPrincipal,
    EndpointService,
    GatewayRoute,
    IngressPath,
    LatticeTargetGroup,
    OriginPorts,
    RoutedPort,
    VerifiedAccessEndpoint,
    VpcOrigin,
)
from vpclink_checks.model.ecs import Cluster, ContainerInstance, Service, Task, TaskDefinition
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import (
    BlockPublicAccess,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrefixList,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.path import Neighbour, Path
from vpclink_checks.model.transit import (
    EgressOnlyGateway,
    NatGateway,
    Peering,
    TransitAttachment,
    TransitRouteTable,
    VpcEndpoint,
    VpnGateway,
)


def _unread() -> Table[Any]:
    """A table that nobody filled is unknown, never empty."""
    return Table(gap=Gap(operation="this source", action="", code="NotRead"))


_GATEWAY = "apigateway:GET"
# The call that each table's facts come from, and its IAM action where that is not the call's own name
# (Service Authorization Reference: API Gateway, Elastic Load Balancing V2).
_CALLS = {
    "domains": ("apigateway:GetDomainName", _GATEWAY),
    "mappings": ("apigateway:GetBasePathMappings", _GATEWAY),
    "routing_rules": ("apigatewayv2:ListRoutingRules", "apigateway:ListRoutingRules"),
    "certificates": ("acm:DescribeCertificate", ""),
    "hosted_zones": ("route53:ListHostedZones", ""),
    "records": ("route53:ListResourceRecordSets", ""),
    "apis": ("apigateway:GetRestApi", _GATEWAY),
    "stages": ("apigateway:GetStage", _GATEWAY),
    "web_acls": ("wafv2:GetWebACLForResource", ""),
    "gateway_responses": ("apigateway:GetGatewayResponses", _GATEWAY),
    "deployments": ("apigateway:GetDeployments", _GATEWAY),
    "edited_routes": ("apigateway:GetResources", _GATEWAY),
    "served_routes": ("apigateway:GetExport", _GATEWAY),
    "other_apis": ("apigateway:GetRestApis", _GATEWAY),
    "other_stages": ("apigateway:GetStages", _GATEWAY),
    "other_routes": ("apigateway:GetExport", _GATEWAY),
    "cloud_map_services": ("servicediscovery:GetService", ""),
    "cloud_map_instances": ("servicediscovery:ListInstances", ""),
    "links": ("apigateway:GetVpcLink", _GATEWAY),
    "load_balancers": ("elbv2:DescribeLoadBalancers", ""),
    "load_balancer_attributes": ("elbv2:DescribeLoadBalancerAttributes", ""),
    "listeners": ("elbv2:DescribeListeners", ""),
    "listener_rules": ("elbv2:DescribeRules", ""),
    "listener_certificates": ("elbv2:DescribeListenerCertificates", ""),
    "target_groups": ("elbv2:DescribeTargetGroups", ""),
    "target_group_attributes": ("elbv2:DescribeTargetGroupAttributes", ""),
    "targets": ("elbv2:DescribeTargetHealth", ""),
    "vpcs": ("ec2:DescribeVpcs", ""),
    "subnets": ("ec2:DescribeSubnets", ""),
    "interfaces": ("ec2:DescribeNetworkInterfaces", ""),
    "security_groups": ("ec2:DescribeSecurityGroups", ""),
    "network_acls": ("ec2:DescribeNetworkAcls", ""),
    "route_tables": ("ec2:DescribeRouteTables", ""),
    "prefix_lists": ("ec2:GetManagedPrefixListEntries", ""),
    "internet_gateways": ("ec2:DescribeInternetGateways", ""),
    "block_public_access": ("ec2:DescribeVpcBlockPublicAccessOptions", ""),
    "peerings": ("ec2:DescribeVpcPeeringConnections", ""),
    "nat_gateways": ("ec2:DescribeNatGateways", ""),
    "egress_only_gateways": ("ec2:DescribeEgressOnlyInternetGateways", ""),
    "vpn_gateways": ("ec2:DescribeVpnGateways", ""),
    "transit_attachments": ("ec2:DescribeTransitGatewayAttachments", ""),
    "transit_route_tables": ("ec2:SearchTransitGatewayRoutes", ""),
    "vpc_endpoints": ("ec2:DescribeVpcEndpoints", ""),
    "instances": ("ec2:DescribeInstances", ""),
    "auto_scaling_groups": ("autoscaling:DescribeAutoScalingGroups", ""),
    "launch_settings": ("autoscaling:DescribeLaunchConfigurations or ec2:DescribeLaunchTemplateVersions", ""),
    "clusters": ("ecs:DescribeClusters", ""),
    "services": ("ecs:DescribeServices", ""),
    "tasks": ("ecs:DescribeTasks", ""),
    "container_instances": ("ecs:DescribeContainerInstances", ""),
    "task_definitions": ("ecs:DescribeTaskDefinition", ""),
    "classic_balancers": ("elb:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    "accelerators": ("globalaccelerator:ListAccelerators", ""),
    "accelerator_listeners": ("globalaccelerator:ListListeners", ""),
    "accelerator_groups": ("globalaccelerator:ListEndpointGroups", ""),
    "accelerator_attachments": ("globalaccelerator:ListCrossAccountAttachments", ""),
    "routed_ports": ("globalaccelerator:ListCustomRoutingPortMappingsByDestination", ""),
    "vpc_origins": ("cloudfront:ListVpcOrigins", ""),
    "vpc_origin_ports": ("cloudfront:GetVpcOrigin", ""),
    "vpc_origin_distributions": ("cloudfront:ListDistributionsByVpcOriginId", ""),
    "endpoint_services": ("ec2:DescribeVpcEndpointServiceConfigurations", ""),
    "endpoint_principals": ("ec2:DescribeVpcEndpointServicePermissions", ""),
    "endpoint_connections": ("ec2:DescribeVpcEndpointConnections", ""),
    "verified_access": ("ec2:DescribeVerifiedAccessEndpoints", ""),
    "lattice_groups": ("vpc-lattice:ListTargetGroups", ""),
    "lattice_targets": ("vpc-lattice:ListTargets", ""),
    "ecs_gateways": ("ecs:ListGateways", ""),
    "gateway_routes": ("ecs:ListGatewayRoutes", ""),
    "express_paths": ("ecs:DescribeExpressGatewayService", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """One environment. The comment behind each table is its key."""

    source: str = "snapshot"  # live | snapshot | static | demo
    account: str = ""
    region: str = ""
    partition: str = "aws"
    taken_at: datetime | None = None

    domains: Table[DomainName] = field(default_factory=_unread)  # domain name
    mappings: Table[tuple[Mapping, ...]] = field(default_factory=_unread)  # domain name
    routing_rules: Table[tuple[RoutingRule, ...]] = field(default_factory=_unread)  # domain name
    certificates: Table[Certificate] = field(default_factory=_unread)  # ARN
    hosted_zones: Table[HostedZone] = field(default_factory=_unread)  # zone id
    records: Table[tuple[DnsRecord, ...]] = field(default_factory=_unread)  # domain name: its records in every zone

    apis: Table[Api] = field(default_factory=_unread)  # API id
    stages: Table[Stage] = field(default_factory=_unread)  # Stage.key
    web_acls: Table[WebAcl] = field(default_factory=_unread)  # Stage.key
    gateway_responses: Table[tuple[GatewayResponse, ...]] = field(default_factory=_unread)  # API id, REST alone
    deployments: Table[tuple[Deployment, ...]] = field(default_factory=_unread)  # API id
    edited_routes: Table[tuple[Route, ...]] = field(default_factory=_unread)  # API id
    served_routes: Table[tuple[Route, ...]] = field(default_factory=_unread)  # Stage.key

    # What no configured domain leads to; read where a private route of ours asks for authorization.
    other_apis: Table[Api] = field(default_factory=_unread)  # API id
    other_stages: Table[Stage] = field(default_factory=_unread)  # Stage.key, of our APIs too
    other_routes: Table[tuple[Route, ...]] = field(
        default_factory=_unread
    )  # Stage.key; a gap by API id: not even edited

    links: Table[VpcLink] = field(default_factory=_unread)  # link id

    cloud_map_services: Table[CloudMapService] = field(default_factory=_unread)  # ARN that an integration names
    cloud_map_instances: Table[tuple[CloudMapInstance, ...]] = field(default_factory=_unread)  # service ARN

    load_balancers: Table[LoadBalancer] = field(default_factory=_unread)  # ARN
    load_balancer_attributes: Table[dict[str, str]] = field(default_factory=_unread)  # ARN
    listeners: Table[tuple[Listener, ...]] = field(default_factory=_unread)  # load balancer ARN
    listener_rules: Table[tuple[ListenerRule, ...]] = field(default_factory=_unread)  # listener ARN
    listener_certificates: Table[tuple[str, ...]] = field(default_factory=_unread)  # TLS listener ARN: its list
    target_groups: Table[TargetGroup] = field(default_factory=_unread)  # ARN
    target_group_attributes: Table[dict[str, str]] = field(default_factory=_unread)  # ARN
    targets: Table[tuple[Target, ...]] = field(default_factory=_unread)  # target group ARN

    vpcs: Table[Vpc] = field(default_factory=_unread)  # id, and so on to block_public_access
    subnets: Table[Subnet] = field(default_factory=_unread)
    interfaces: Table[NetworkInterface] = field(default_factory=_unread)
    security_groups: Table[SecurityGroup] = field(default_factory=_unread)
    network_acls: Table[NetworkAcl] = field(default_factory=_unread)
    route_tables: Table[RouteTable] = field(default_factory=_unread)
    prefix_lists: Table[PrefixList] = field(default_factory=_unread)
    internet_gateways: Table[InternetGateway] = field(default_factory=_unread)
    block_public_access: Table[BlockPublicAccess] = field(default_factory=_unread)  # region

    # What joins VPCs to each other and to what is outside; read where a route names one.
    peerings: Table[Peering] = field(default_factory=_unread)  # id, and so on to vpc_endpoints
    nat_gateways: Table[NatGateway] = field(default_factory=_unread)
    egress_only_gateways: Table[EgressOnlyGateway] = field(default_factory=_unread)
    vpn_gateways: Table[VpnGateway] = field(default_factory=_unread)
    transit_attachments: Table[TransitAttachment] = field(default_factory=_unread)
    transit_route_tables: Table[TransitRouteTable] = field(default_factory=_unread)
    vpc_endpoints: Table[VpcEndpoint] = field(default_factory=_unread)
    # VPCs that something names and whose subnets, interfaces, route tables or ACLs were not read, where the table
    # itself has no gap: what is not found in such a VPC is not absent.
    unread_vpcs: collections.abc.Mapping[str, Gap] = field(default_factory=dict)

    # Whether the interfaces of the whole account and region were asked for, and not those of some VPCs alone.
    every_interface: bool = False

    instances: Table[Instance] = field(default_factory=_unread)  # instance id
    auto_scaling_groups: Table[AutoScalingGroup] = field(default_factory=_unread)  # name
    launch_settings: Table[LaunchSettings] = field(default_factory=_unread)  # AutoScalingGroup.launch

    clusters: Table[Cluster] = field(default_factory=_unread)  # ARN
    services: Table[Service] = field(default_factory=_unread)  # ARN
    tasks: Table[tuple[Task, ...]] = field(default_factory=_unread)  # service ARN
    container_instances: Table[tuple[ContainerInstance, ...]] = field(default_factory=_unread)  # cluster ARN
    task_definitions: Table[TaskDefinition] = field(default_factory=_unread)  # ARN, or file

    # Other entrances.
    classic_balancers: Table[ClassicBalancer] = field(default_factory=_unread)  # name
    accelerators: Table[Accelerator] = field(default_factory=_unread)  # ARN, both kinds
    accelerator_listeners: Table[tuple[AcceleratorListener, ...]] = field(default_factory=_unread)  # accelerator ARN
    accelerator_groups: Table[tuple[AcceleratorGroup, ...]] = field(default_factory=_unread)  # listener ARN
    accelerator_attachments: Table[AcceleratorAttachment] = field(default_factory=_unread)  # ARN
    routed_ports: Table[tuple[RoutedPort, ...]] = field(default_factory=_unread)  # "subnet address"
    vpc_origins: Table[VpcOrigin] = field(default_factory=_unread)  # id
    vpc_origin_ports: Table[OriginPorts] = field(default_factory=_unread)  # origin id
    vpc_origin_distributions: Table[tuple[str, ...]] = field(default_factory=_unread)  # origin id
    endpoint_services: Table[EndpointService] = field(default_factory=_unread)  # service id
    endpoint_principals: Table[tuple[EndpointPrincipal, ...]] = field(default_factory=_unread)  # service id
    endpoint_connections: Table[tuple[EndpointConnection, ...]] = field(default_factory=_unread)  # service id
    verified_access: Table[VerifiedAccessEndpoint] = field(default_factory=_unread)  # id
    lattice_groups: Table[LatticeTargetGroup] = field(default_factory=_unread)  # ARN
    lattice_targets: Table[tuple[Target, ...]] = field(default_factory=_unread)  # target group ARN
    ecs_gateways: Table[EcsGateway] = field(default_factory=_unread)  # ARN
    gateway_routes: Table[tuple[GatewayRoute, ...]] = field(default_factory=_unread)  # gateway ARN
    express_paths: Table[tuple[IngressPath, ...]] = field(default_factory=_unread)  # service ARN

    paths: tuple[Path, ...] = ()
    ways: tuple[Path, ...] = ()  # private routes of stages, ours and others, that were read and are on no path
    neighbours: tuple[Neighbour, ...] = ()

    def __post_init__(self) -> None:
        """Each table learns which call its facts come from, so that what it lacks can be named."""
        for name, (operation, action) in _CALLS.items():
            known = getattr(self, name)
            if not known.operation:
                taken = action or operation.replace("elbv2:", "elasticloadbalancing:")
                object.__setattr__(self, name, replace(known, operation=operation, action=taken))
