"""Services, tasks and container instances behind the path's target groups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import chain

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.clusters import Clusters, registers_with

_ADDRESSES = ("privateIPv4Address", "privateIpv4Address", "privateIPv6Address", "ipv6Address")  # as ECS spells them


class Containers:
    """What ECS's answers lead to, in the clusters that matter."""

    def __init__(self, answers: Answers, balancing: Balancing) -> None:
        self._answers = answers
        self._balancing = balancing
        self.clusters = Clusters(answers, balancing)
        self._described = self.clusters.described

    @cached_property
    def of_interest(self) -> list[Raw]:
        """Services that register with a group of the path, or have tasks on targets that no service registers."""
        groups = self._balancing.path_groups
        there = {(word(one, "clusterArn"), word(one, "group")) for one in self._tasks_there}
        return [
            one
            for one in self._described.services
            if registers_with(one) & groups or (one["clusterArn"], f"service:{word(one, 'serviceName')}") in there
        ]

    @cached_property
    def named_services(self) -> set[tuple[str, str]]:
        """(cluster, name) of the services whose tasks are listed by themselves: others of the cluster may be many."""
        of_ours = (one for one in self.of_interest if one["clusterArn"] not in self.shared)
        return {(one["clusterArn"], word(one, "serviceName")) for one in of_ours if one.get("serviceName")}

    @cached_property
    def shared(self) -> set[str]:
        """Clusters in which targets of groups run that no service registers with: any task may be behind those."""
        unclaimed = self.clusters.unclaimed
        targets = self.clusters.instances_of(unclaimed)
        hosting = {cluster for cluster, instance in self._described.hosts if instance in targets}
        anywhere = self.clusters.serving if self.clusters.unplaced(unclaimed) else set()
        return hosting | self.clusters.told_by(unclaimed) | anywhere

    @cached_property
    def _tasks_there(self) -> list[Raw]:
        """Tasks on the targets of groups that no service registers with: by their host, or by their own address."""
        if not self.clusters.unclaimed:
            return []
        targets = self._balancing.targets(self.clusters.unclaimed)
        instances = self.clusters.instances_of(self.clusters.unclaimed)
        rows_of_hosts = self._answers.rows("ecs:DescribeContainerInstances", "containerInstances")
        places = targets | {
            word(one, "containerInstanceArn") for one in rows_of_hosts if word(one, "ec2InstanceId") in instances
        }
        return [one for one in self._answers.rows("ecs:DescribeTasks", "tasks") if places & set(_places(one))]

    @cached_property
    def instance_ids(self) -> set[str]:
        """EC2 instances of the container instances that were read."""
        return {instance for _, instance in self._described.hosts if instance}

    def listed(self, name: str, key: str) -> Iterator[tuple[str, list[str]]]:
        """(cluster, ARNs) of what List calls of ECS gave."""
        for params, page in self._answers.responses(name):
            if arns := words(page, key):
                yield word(params, "cluster"), arns

    @cached_property
    def task_definitions(self) -> set[str]:
        """Those of the services of interest, of their deployments in flight and tasks, and of tasks on targets."""
        mine = {(one["clusterArn"], f"service:{word(one, 'serviceName')}") for one in self.of_interest}
        running = chain.from_iterable(self._answers.each("ecs:DescribeTasks", _running))
        found = {definition for cluster, group, definition in running if (cluster, group) in mine}
        found |= {word(one, "taskDefinitionArn") for one in self._tasks_there}
        for service in self.of_interest:
            flights = [service, *rows(service, "deployments"), *rows(service, "taskSets")]
            found |= {word(one, "taskDefinition") for one in flights}
        return found - {""}

    @cached_property
    def security_groups(self) -> set[str]:
        """Groups that tasks with interfaces of their own will carry."""
        settings = (part(part(one, "networkConfiguration"), "awsvpcConfiguration") for one in self.of_interest)
        return {group for one in settings for group in words(one, "securityGroups")}


def _running(_params: Raw, page: Raw) -> frozenset[tuple[str, str, str]]:
    """(cluster, group, task definition) of the tasks."""
    keys = ("clusterArn", "group", "taskDefinitionArn")
    return frozenset((word(one, keys[0]), word(one, keys[1]), word(one, keys[2])) for one in rows(page, "tasks"))


def _places(task: Raw) -> Iterator[str]:
    """Where a task is: its container instance, its own addresses."""
    yield word(task, "containerInstanceArn")
    for attachment in rows(task, "attachments"):
        yield from (word(one, "value") for one in rows(attachment, "details") if one.get("name") in _ADDRESSES)
    for container in rows(task, "containers"):
        yield from (word(one, key) for one in rows(container, "networkInterfaces") for key in _ADDRESSES)
