"""ECS: clusters, services, tasks, container instances, task definitions."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.leads.clusters import IDS_A_QUERY
from vpclink_checks.sources.rows import Batch, Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.paging import ecs_paging
from vpclink_checks.sources.table.wants import each, once_private


def services(leads: Leads) -> list[Params]:
    """Every listed service of the clusters that are read."""
    listed = leads.containers.listed("ecs:ListServices", "serviceArns")
    return [{"cluster": cluster, "services": arns_of} for cluster, arns_of in listed]


def task_lists(leads: Leads) -> list[Params]:
    """The tasks of the services of interest; of whole clusters, where any of their tasks may be behind a target."""
    named = [{"cluster": cluster, "serviceName": name} for cluster, name in sorted(leads.containers.named_services)]
    return [*named, *each("cluster", leads.containers.shared)]


def tasks(leads: Leads) -> list[Params]:
    """Every listed task."""
    listed = leads.containers.listed("ecs:ListTasks", "taskArns")
    return [{"cluster": cluster, "tasks": arns_of} for cluster, arns_of in listed]


def host_lists(leads: Leads) -> list[Params]:
    """The container instances of clusters that host the path; of others only those that a target is."""
    clusters = leads.containers.clusters
    sought = [(cluster, one) for cluster in sorted(clusters.queried) for one in sorted(clusters.sought)]
    filtered = [{"cluster": cluster, "filter": f"ec2InstanceId in ['{one}']"} for cluster, one in sought]
    whole = (one for one in clusters.with_hosts if not clusters.described.hosts_listed(one))
    return [*each("cluster", whole), *filtered]


def container_instances(leads: Leads) -> list[Params]:
    """Every container instance of the clusters that were listed whole."""
    listed = leads.containers.clusters.described.listed_hosts()
    return [{"cluster": cluster, "containerInstances": arns_of} for cluster, arns_of in listed]


_ecs = partial(Row, service="ecs", hop="service")

ROWS: tuple[Row, ...] = (
    _ecs(
        operation="ListClusters",
        wants=once_private,
        paging=ecs_paging("clusterArns"),
        because="once an integration goes private",
    ),
    _ecs(
        operation="DescribeClusters",
        wants=lambda leads: [{"clusters": [arn]} for arn in sorted(leads.containers.clusters.described.clusters)],
        batch=Batch(key="clusters", size=100, after=("ecs:ListClusters",)),
        because="each cluster",
        resources=arns.CLUSTERS,
    ),
    _ecs(
        operation="ListServices",
        wants=lambda leads: each("cluster", leads.containers.clusters.read),
        paging=ecs_paging("serviceArns"),
        because="each cluster that the config names or a target runs in, or the only one; each that has services "
        "where that leaves a target group of a path without a service",
    ),
    _ecs(
        operation="DescribeServices",
        wants=services,
        batch=Batch(key="services", size=10, after=("ecs:ListServices", "ecs:ListClusters")),
        because="each service that was listed",
        members=("LoadBalancer.advancedConfiguration",),
        resources=arns.SERVICES,
    ),
    _ecs(
        operation="ListTasks",
        wants=task_lists,
        paging=ecs_paging("taskArns"),
        because="each service that registers with a target group of a path; where none does, each cluster that "
        "hosts its targets",
    ),
    _ecs(
        operation="DescribeTasks",
        wants=tasks,
        batch=Batch(key="tasks", size=100, after=("ecs:ListTasks", "ecs:DescribeServices")),
        because="each task that was listed",
        resources=arns.TASKS,
    ),
    _ecs(
        operation="ListContainerInstances",
        hop="instance",
        wants=host_lists,
        batch=Batch(key="filter", size=IDS_A_QUERY, after=("elbv2:DescribeTargetHealth",)),
        paging=ecs_paging("containerInstanceArns"),
        because="each cluster that hosts a target of a path; to find those among several clusters, each that has "
        "container instances is asked for the targets alone, by the filter",
        resources=arns.CLUSTERS,
    ),
    _ecs(
        operation="DescribeContainerInstances",
        hop="instance",
        wants=container_instances,
        batch=Batch(key="containerInstances", size=100, after=("ecs:ListContainerInstances", "ecs:DescribeServices")),
        because="each container instance that was listed",
        resources=arns.CONTAINER_INSTANCES,
    ),
    _ecs(
        operation="DescribeTaskDefinition",
        hop="task-definition",
        wants=lambda leads: each("taskDefinition", leads.containers.task_definitions),
        because="each task definition of a deployment in flight or a running task of those services",
    ),
)
