"""Tables of clusters, services, tasks, container instances and task definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from vpclink_checks.model.ecs import Cluster, ContainerInstance, Service, Task, TaskDefinition
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.sources import aws_shapes_ecs as shapes
from vpclink_checks.sources.aws_shapes import part, text, texts, unread
from vpclink_checks.sources.discovery.recorded import (
    Coverage,
    Recorded,
    by_id,
    first_gap,
    gap_in,
    says_absent,
    table_of,
)
from vpclink_checks.sources.leads.clusters import Clusters

NOT_NEEDED = "NotNeeded"


def clusters(recorded: Recorded) -> Table[Cluster]:
    """Every cluster of the region."""
    known = {one.arn: one for one in map(shapes.cluster, recorded.rows("ecs:DescribeClusters", "clusters"))}
    listed, gap = _listed(recorded, "ecs:ListClusters", {}, "clusterArns")
    gap = gap or recorded.absent("ecs:ListClusters", {})
    return by_id(known, listed, recorded.coverage("ecs:DescribeClusters", "clusters"), gap)


def _not_needed(gap: Gap | None, cluster: str, passed_over: Collection[str]) -> bool:
    """Whether what is missing of a cluster was never needed. What was asked for and refused was.

    A cluster that is gone meanwhile held nothing of the path: ECS deletes none that still holds something.
    """
    unread = gap is not None and (gap.code == "NotRecorded" or says_absent(gap))
    return unread and cluster in passed_over


def _listed(recorded: Recorded, name: str, params: dict[str, str], key: str) -> tuple[list[str], Gap | None]:
    """The ARNs of a List call, and the gap in its place. What a filter picked is not the list."""
    responses, gap = recorded.about(name, params, covers=lambda asked: "filter" not in asked)
    return [arn for response in responses for arn in texts(response, key)], gap


def _for_cluster(recorded: Recorded, name: str, cluster: str, key: str) -> tuple[list[str], Gap | None]:
    """The ARNs of a List call about a cluster, which may have been asked by ARN or by name."""
    listed, gap = _listed(recorded, name, {"cluster": cluster}, key)
    if gap is not None and gap.code == "NotRecorded":
        listed, other = _listed(recorded, name, {"cluster": cluster.rpartition("/")[2]}, key)
        return listed, other and (gap if gap.message else other)  # a folder's says which file, and what to run
    return listed, gap


def _gone(recorded: Recorded, name: str, cluster: str) -> Gap | None:
    """What AWS said where it no longer knows a cluster, by ARN or by name."""
    names = (cluster, cluster.rpartition("/")[2])
    return first_gap(*(recorded.absent(name, {"cluster": one}) for one in names))


def services(recorded: Recorded, known_clusters: Table[Cluster], passed_over: Collection[str] = ()) -> Table[Service]:
    """Every service of the clusters, without those that are gone. Those *passed over* need not have been read."""
    name = "ecs:DescribeServices"
    pairs = unread(recorded.lacking(name), {"LoadBalancer.advancedConfiguration": "alternate_target_group_arn"})
    found = (replace(shapes.service(one), unread=pairs) for one in recorded.rows(name, "services"))
    known = {one.arn: one for one in found if one.status != "INACTIVE"}
    listed: list[str] = []
    gaps = [known_clusters.gap]
    for cluster in (*known_clusters.rows, *known_clusters.gaps):
        arns, gap = _for_cluster(recorded, "ecs:ListServices", cluster, "serviceArns")
        listed += arns
        gaps.append(None if _not_needed(gap, cluster, passed_over) else gap)
    return by_id(known, listed, recorded.coverage(name, "services"), first_gap(*gaps))


def tasks(recorded: Recorded, known_services: Table[Service]) -> Table[tuple[Task, ...]]:
    """The running tasks of each service; under a cluster's ARN those of no service, where all were listed."""
    described = {one.arn: one for one in map(shapes.task, recorded.rows("ecs:DescribeTasks", "tasks"))}
    coverage = recorded.coverage("ecs:DescribeTasks", "tasks")
    found: dict[str, tuple[Task, ...] | Gap | None] = {}
    for service in known_services:
        found[service.arn] = _tasks(recorded, service, described, coverage)
    homeless: dict[str, list[Task]] = {}
    for task in described.values():
        if not task.group.startswith("service:"):
            homeless.setdefault(task.cluster_arn, []).append(task)
    return table_of((*found.items(), *((arn, tuple(held)) for arn, held in homeless.items())), gap_in(known_services))


def _tasks(
    recorded: Recorded, service: Service, described: dict[str, Task], coverage: Coverage
) -> tuple[Task, ...] | Gap | None:
    """A task that was listed and is gone when it is described is no gap: tasks come and go."""
    arns, gap = _task_arns(recorded, service)
    if gap is not None:
        return gap
    unread = first_gap(*(coverage.gap_for(arn) for arn in arns if arn not in described))
    if unread is not None:
        return unread
    mine = (described[arn] for arn in arns if arn in described)
    return tuple(task for task in mine if task.group == f"service:{service.name}")


def _task_arns(recorded: Recorded, service: Service) -> tuple[list[str], Gap | None]:
    refused: Gap | None = None
    for cluster in (service.cluster_arn, service.cluster_arn.rpartition("/")[2]):
        for name in (service.name, service.arn, ""):
            asked = {"cluster": cluster, "serviceName": name}
            arns, gap = _listed(recorded, "ecs:ListTasks", asked, "taskArns")
            if gap is None and (arns or not (gone := recorded.absent("ecs:ListTasks", asked))):
                return arns, None
            gap = gap or gone  # the service was described: a cluster that is gone meanwhile says nothing of its tasks
            unsaid = refused is None or (refused.code == "NotRecorded" and not refused.message)
            refused = gap if unsaid else refused
    return [], refused


def container_instances(
    recorded: Recorded, known_clusters: Table[Cluster], leads: Clusters
) -> Table[tuple[ContainerInstance, ...]]:
    """The container instances of each cluster; a gap of its own kind where nobody needs them."""
    found = {one: _container_instances(recorded, one, leads) for one in (*known_clusters.rows, *known_clusters.gaps)}
    for cluster, held in found.items():
        if isinstance(held, Gap) and _not_needed(held, cluster, leads.hosts_passed_over):
            found[cluster] = replace(held, code=NOT_NEEDED, message=f"no target of a path runs in {cluster}")
    return table_of(found.items(), known_clusters.gap)


def _container_instances(
    recorded: Recorded, cluster: str, leads: Clusters
) -> tuple[ContainerInstance, ...] | Gap | None:
    name = "ecs:DescribeContainerInstances"
    arns, gap = _for_cluster(recorded, "ecs:ListContainerInstances", cluster, "containerInstanceArns")
    if gap is not None and gap.code == "NotRecorded" and (picked := leads.described.hosts_of(cluster)):
        arns, gap = sorted(picked), None
    if gap is None and not arns:  # it was listed: one that is gone meanwhile says nothing of what it held
        gap = _gone(recorded, "ecs:ListContainerInstances", cluster)
    if gap is not None:
        return () if not leads.described.may_host(cluster) else gap
    described = {text(raw, "containerInstanceArn"): raw for raw in recorded.rows(name, "containerInstances")}
    coverage = recorded.coverage(name, "containerInstances")
    unread = first_gap(*(coverage.gap_for(arn) for arn in arns if arn not in described))
    if unread is not None:
        return unread
    return tuple(shapes.container_instance(described[arn], cluster) for arn in arns if arn in described)


def task_definitions(
    recorded: Recorded, known_services: Table[Service], known_tasks: Table[tuple[Task, ...]]
) -> Table[TaskDefinition]:
    """Those of every service, of its deployments in flight and of every task."""
    running = (task.task_definition_arn for held in known_tasks for task in held)
    wanted = dict.fromkeys((*_of_services(known_services), *running))
    gap = first_gap(gap_in(known_services), known_tasks.gap)
    return table_of(((arn, _definition(recorded, arn)) for arn in wanted if arn), gap)


def _of_services(known: Iterable[Service]) -> Iterator[str]:
    for one in known:
        yield one.task_definition_arn
        yield from (deployment.task_definition_arn for deployment in one.deployments)


def _definition(recorded: Recorded, arn: str) -> TaskDefinition | Gap | None:
    name = "ecs:DescribeTaskDefinition"
    found = recorded.one(
        name, {"taskDefinition": arn}, lambda raw: text(part(raw, "taskDefinition"), "taskDefinitionArn") == arn
    )
    return found if found is None or isinstance(found, Gap) else shapes.task_definition(part(found, "taskDefinition"))
