"""Everything that was read of an environment, table by table."""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.api.collection import Collection
from vpclink_checks.api.paths import Paths
from vpclink_checks.model import topology as facts
from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.balancing import Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.compute import AutoScalingGroup, Instance
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, Mapping
from vpclink_checks.model.ecs import Cluster, ContainerInstance, Service, Task, TaskDefinition
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import NetworkAcl, NetworkInterface, RouteTable, SecurityGroup, Subnet, Vpc


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Tables by name or id. What lies on a path, and next to it, is in them: not a whole account."""

    paths: Paths
    domains: Collection[DomainName]  # domain name
    mappings: Collection[tuple[Mapping, ...]]  # domain name
    records: Collection[tuple[DnsRecord, ...]]  # domain name
    certificates: Collection[Certificate]  # ARN
    apis: Collection[Api]  # API id
    stages: Collection[Stage]  # "API id/stage"
    routes: Collection[tuple[Route, ...]]  # "API id/stage": what the stage serves
    links: Collection[VpcLink]  # link id
    load_balancers: Collection[LoadBalancer]  # name
    listeners: Collection[tuple[Listener, ...]]  # load balancer's name
    target_groups: Collection[TargetGroup]  # name
    target_health: Collection[tuple[Target, ...]]  # target group's name
    vpcs: Collection[Vpc]  # id, and so on to instances
    subnets: Collection[Subnet]
    interfaces: Collection[NetworkInterface]
    security_groups: Collection[SecurityGroup]
    network_acls: Collection[NetworkAcl]
    route_tables: Collection[RouteTable]
    instances: Collection[Instance]
    auto_scaling_groups: Collection[AutoScalingGroup]  # name
    clusters: Collection[Cluster]  # name
    services: Collection[Service]  # "cluster/service"
    tasks: Collection[tuple[Task, ...]]  # "cluster/service"
    container_instances: Collection[tuple[ContainerInstance, ...]]  # cluster's name
    task_definitions: Collection[TaskDefinition]  # "family:revision"


def view(found: facts.Topology) -> Topology:
    """The environment as tests see it."""
    return Topology(
        paths=Paths(found),
        domains=Collection("custom domain", found.domains),
        mappings=Collection("custom domain", found.mappings),
        records=Collection("domain", found.records),
        certificates=Collection("certificate", found.certificates, str),
        apis=Collection("API", found.apis),
        stages=Collection("stage", found.stages),
        routes=Collection("stage", found.served_routes),
        links=Collection("VPC link", found.links),
        load_balancers=Collection("load balancer", found.load_balancers),
        listeners=Collection("load balancer", found.listeners),
        target_groups=Collection("target group", found.target_groups),
        target_health=Collection("target group", found.targets),
        vpcs=Collection("VPC", found.vpcs),
        subnets=Collection("subnet", found.subnets),
        interfaces=Collection("network interface", found.interfaces),
        security_groups=Collection("security group", found.security_groups),
        network_acls=Collection("network ACL", found.network_acls),
        route_tables=Collection("route table", found.route_tables),
        instances=Collection("instance", found.instances),
        auto_scaling_groups=Collection("auto scaling group", found.auto_scaling_groups),
        clusters=Collection("cluster", found.clusters),
        services=Collection("service", found.services),
        tasks=Collection("service", found.tasks),
        container_instances=Collection("cluster", found.container_instances),
        task_definitions=Collection("task definition", found.task_definitions),
    )
