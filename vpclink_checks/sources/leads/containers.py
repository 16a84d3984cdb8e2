"""Services, tasks and container instances behind the path's target groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from vpclink_checks.sources.leads.answers import Answers
from vpclink_checks.sources.leads.balancing import Balancing


class Containers:
    """What ECS's answers lead to."""

    def __init__(self, answers: Answers, balancing: Balancing) -> None:
        self._answers = answers
        self._balancing = balancing

    @cached_property
    def clusters(self) -> set[str]:
        """Every cluster of the region."""
        return set(self._answers.items("ecs:ListClusters", "clusterArns"))

    @cached_property
    def services(self) -> list[Mapping[str, Any]]:
        """Every service that was described and is not gone."""
        described = self._answers.items("ecs:DescribeServices", "services")
        return [one for one in described if one.get("status") != "INACTIVE"]

    @cached_property
    def of_interest(self) -> list[Mapping[str, Any]]:
        """Services that register with a group of the path, or may serve one that no service registers with."""
        groups = self._balancing.path_groups
        claiming = [one for one in self.services if registers_with(one) & groups]
        hosting = self._hosting_clusters
        return claiming + [one for one in self.services if one.get("clusterArn") in hosting and one not in claiming]

    @cached_property
    def all_described(self) -> bool:
        """Whether every listed service was asked for, so that an unclaimed group is known to be one."""
        listed = set(self._answers.items("ecs:ListServices", "serviceArns"))
        asked = {one for answer in self._answers.answers("ecs:DescribeServices") for one in _asked(answer.call.params)}
        return self.clusters <= self._listed_clusters and listed <= asked

    @cached_property
    def _listed_clusters(self) -> set[str]:
        return {str(answer.call.params.get("cluster")) for answer in self._answers.answers("ecs:ListServices")}

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
            (params.get("cluster", ""), one.get("ec2InstanceId", ""))
            for params, page in described
            for one in page.get("containerInstances") or ()
        }

    @cached_property
    def instance_ids(self) -> set[str]:
        """EC2 instances of the container instances that were read."""
        return {instance for _, instance in self._hosts if instance}

    def listed(self, name: str, key: str) -> Iterator[tuple[str, str]]:
        """(cluster, ARN) of what a List call of ECS gave."""
        for params, page in self._answers.responses(name):
            for arn in page.get(key) or ():
                yield params["cluster"], arn

    @cached_property
    def task_definitions(self) -> set[str]:
        """Those of every deployment in flight and of every running task."""
        found = {one.get("taskDefinitionArn", "") for one in self._answers.items("ecs:DescribeTasks", "tasks")}
        for service in self.of_interest:
            flights = [service, *(service.get("deployments") or ()), *(service.get("taskSets") or ())]
            found |= {one.get("taskDefinition", "") for one in flights}
        return found - {""}

    @cached_property
    def security_groups(self) -> set[str]:
        """Groups that tasks with interfaces of their own will carry."""
        settings = ((one.get("networkConfiguration") or {}).get("awsvpcConfiguration") for one in self.of_interest)
        return {group for one in settings if one for group in one.get("securityGroups") or ()}


def registers_with(service: Mapping[str, Any]) -> set[str]:
    """The target groups that a service registers its tasks with, in any deployment in flight."""
    flights = [service, *(service.get("taskSets") or ())]
    entries = [entry for one in flights for entry in one.get("loadBalancers") or ()]
    alternates = {(one.get("advancedConfiguration") or {}).get("alternateTargetGroupArn", "") for one in entries}
    return ({one.get("targetGroupArn", "") for one in entries} | alternates) - {""}


def _asked(params: Mapping[str, Any]) -> list[str]:
    return list(params.get("services") or ())
