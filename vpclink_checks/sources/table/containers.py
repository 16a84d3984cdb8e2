"""ECS: clusters, services, tasks, container instances, task definitions."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Batch, Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.paging import ecs_paging
from vpclink_checks.sources.table.wants import each, once_private


def services(leads: Leads) -> list[Params]:
    """Every listed service."""
    found = leads.containers.listed("ecs:ListServices", "serviceArns")
    return [{"cluster": cluster, "services": [arn]} for cluster, arn in found]


def service_tasks(leads: Leads) -> list[Params]:
    """The running tasks of the services of interest."""
    return [{"cluster": cluster, "serviceName": name} for cluster, name in sorted(leads.containers.named_services)]


def tasks(leads: Leads) -> list[Params]:
    """Every listed task."""
    found = leads.containers.listed("ecs:ListTasks", "taskArns")
    return [{"cluster": cluster, "tasks": [arn]} for cluster, arn in found]


def container_instances(leads: Leads) -> list[Params]:
    """Every listed container instance."""
    found = leads.containers.listed("ecs:ListContainerInstances", "containerInstanceArns")
    return [{"cluster": cluster, "containerInstances": [arn]} for cluster, arn in found]


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
        wants=lambda leads: [{"clusters": [arn]} for arn in sorted(leads.containers.clusters)],
        batch=Batch(key="clusters", size=100, after=("ecs:ListClusters",)),
        because="each cluster",
        resources=arns.CLUSTERS,
    ),
    _ecs(
        operation="ListServices",
        wants=lambda leads: each("cluster", leads.containers.clusters),
        paging=ecs_paging("serviceArns"),
        because="each cluster",
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
        wants=service_tasks,
        paging=ecs_paging("taskArns"),
        because="each service that registers with a target group of a path, or runs where its targets are",
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
        wants=lambda leads: each("cluster", leads.containers.clusters_of_hosts),
        paging=ecs_paging("containerInstanceArns"),
        because="each cluster of those services",
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
        because="each task definition of a deployment in flight or a running task",
    ),
)
