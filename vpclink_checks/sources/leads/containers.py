"""Services, tasks and container instances behind the path's target groups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.balancing import Balancing


class Containers:
    """What ECS's answers lead to."""

    def __init__(self, answers: Answers, balancing: Balancing) -> None:
        self._answers = answers
        self._balancing = balancing

    @cached_property
    def clusters(self) -> set[str]:
        """Every cluster of the region."""
        return set(self._answers.words("ecs:ListClusters", "clusterArns"))

    @cached_property
    def services(self) -> list[Raw]:
        """Every service that was described and is not gone."""
        described = self._answers.rows("ecs:DescribeServices", "services")
        return [one for one in described if one.get("status") != "INACTIVE" and word(one, "clusterArn")]

    @cached_property
    def of_interest(self) -> list[Raw]:
        """Services that register with a group of the path, or may serve one that no service registers with."""
        groups = self._balancing.path_groups
        claiming = [one for one in self.services if registers_with(one) & groups]
        hosting = self._hosting_clusters
        return claiming + [one for one in self.services if one.get("clusterArn") in hosting and one not in claiming]

    @cached_property
    def named_services(self) -> set[tuple[str, str]]:
        """(cluster, name) of the services of interest."""
        return {
            (word(one, "clusterArn"), word(one, "serviceName")) for one in self.of_interest if one.get("serviceName")
        }

    @cached_property
    def all_described(self) -> bool:
        """Whether every listed service was asked for, so that an unclaimed group is known to be one."""
        listed = set(self._answers.words("ecs:ListServices", "serviceArns"))
        asked = {
            one
            for answer in self._answers.answers("ecs:DescribeServices")
            for one in words(answer.call.params, "services")
        }
        return self.clusters <= self._listed_clusters and listed <= asked

    @cached_property
    def _listed_clusters(self) -> set[str]:
        return {word(answer.call.params, "cluster") for answer in self._answers.answers("ecs:ListServices")}

    @cached_property
    def unclaimed(self) -> set[str]:
        """Groups of the path that no service registers with: an auto scaling group or a person does."""
        if not self.all_described:
            return set()
        claimed: set[str] = set()
        for service in self.services:
            claimed |= registers_with(service)
        return self._balancing.path_groups - claimed

    @cached_property
    def clusters_of_hosts(self) -> set[str]:
        """Clusters whose container instances are read: those of our services, and all where a group is unclaimed."""
        groups = self._balancing.path_groups
        ours = {one["clusterArn"] for one in self.services if registers_with(one) & groups}
        return ours | (self.clusters if self.unclaimed else set())

    @cached_property
    def _hosting_clusters(self) -> set[str]:
        """Clusters that a target of an unclaimed group is a container instance of."""
        targets = self._balancing.targets(self.unclaimed)
        return {cluster for cluster, instance in self._hosts if instance in targets}

    @cached_property
    def _hosts(self) -> set[tuple[str, str]]:
        described = self._answers.responses("ecs:DescribeContainerInstances")
        return {
            (word(params, "cluster"), word(one, "ec2InstanceId"))
            for params, page in described
            for one in rows(page, "containerInstances")
        }

    @cached_property
    def instance_ids(self) -> set[str]:
        """EC2 instances of the container instances that were read."""
        return {instance for _, instance in self._hosts if instance}

    def listed(self, name: str, key: str) -> Iterator[tuple[str, str]]:
        """(cluster, ARN) of what a List call of ECS gave."""
        for params, page in self._answers.responses(name):
            for arn in words(page, key):
                yield word(params, "cluster"), arn

    @cached_property
    def task_definitions(self) -> set[str]:
        """Those of every deployment in flight and of every running task."""
        found = {word(one, "taskDefinitionArn") for one in self._answers.rows("ecs:DescribeTasks", "tasks")}
        for service in self.of_interest:
            flights = [service, *rows(service, "deployments"), *rows(service, "taskSets")]
            found |= {word(one, "taskDefinition") for one in flights}
        return found - {""}

    @cached_property
    def security_groups(self) -> set[str]:
        """Groups that tasks with interfaces of their own will carry."""
        settings = (part(part(one, "networkConfiguration"), "awsvpcConfiguration") for one in self.of_interest)
        return {group for one in settings for group in words(one, "securityGroups")}


def registers_with(service: Raw) -> set[str]:
    """The target groups that a service registers its tasks with, in any deployment in flight."""
    flights = [service, *rows(service, "taskSets")]
    entries = [entry for one in flights for entry in rows(one, "loadBalancers")]
    alternates = {word(part(one, "advancedConfiguration"), "alternateTargetGroupArn") for one in entries}
    return ({word(one, "targetGroupArn") for one in entries} | alternates) - {""}
