"""What ECS has said of its clusters so far: what they hold, and what was asked about each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property
from math import ceil

from vpclink_checks.sources.leads.answers import Answers, Raw, rows, word, words

PAGE = 100  # of ListServices and ListContainerInstances, and container instances a DescribeContainerInstances
SERVICES_A_CALL = 10
_HOSTS = "registeredContainerInstancesCount"
_WORK = ("activeServicesCount", "runningTasksCount", "pendingTasksCount")  # the first does not count draining services
_GONE = re.compile(r"NotFoundException$")
_QUOTED = re.compile(r"'([^']*)'")


class Described:
    """Clusters, their services and their container instances, as far as they were read.

    Not having been asked, having been refused and being empty are three things here.
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @cached_property
    def clusters(self) -> set[str]:
        """Every cluster of the region."""
        return set(self._answers.words("ecs:ListClusters", "clusterArns"))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {arn.rpartition("/")[2]: arn for arn in self.clusters}

    def _cluster(self, params: Raw) -> str:
        """The ARN of the cluster that was asked about, by ARN or by name."""
        asked = word(params, "cluster")
        return self._by_name.get(asked, asked)

    # What they hold.

    @cached_property
    def _counts(self) -> dict[str, Raw]:
        return {word(one, "clusterArn"): one for one in self._answers.rows("ecs:DescribeClusters", "clusters")}

    def _count(self, cluster: str, key: str) -> int | None:
        value = self._counts.get(cluster, {}).get(key)
        return value if isinstance(value, int) else None

    def counted(self, clusters: set[str]) -> bool:
        """Whether all of these were asked about, with an answer or in vain."""
        asked = [answer.call.params for answer in self._answers.answers("ecs:DescribeClusters")]
        names = {name for params in asked for name in words(params, "clusters")}
        return all(one in names or one.rpartition("/")[2] in names or one in self._counts for one in clusters)

    def may_host(self, cluster: str) -> bool:
        """Whether it has container instances, for all that is known."""
        return self._count(cluster, _HOSTS) != 0

    def may_serve(self, cluster: str) -> bool:
        """Whether it has services or tasks, for all that is known."""
        return any(self._count(cluster, key) != 0 for key in _WORK)

    def price(self, cluster: str) -> int:
        """How many requests it takes to read its services; at least, where their number is not known."""
        services = self._count(cluster, _WORK[0])
        services = 1 if services is None else services
        return max(1, ceil(services / PAGE)) + ceil(services / SERVICES_A_CALL)

    def price_of_hosts(self, cluster: str) -> int:
        """How many requests it takes to read its container instances; at least, where their number is not known."""
        return 2 * ceil((self._count(cluster, _HOSTS) or 1) / PAGE)

    # Their services.

    @cached_property
    def services(self) -> list[Raw]:
        """Every service that was described and is not gone."""
        described = self._answers.rows("ecs:DescribeServices", "services")
        return [one for one in described if one.get("status") != "INACTIVE" and word(one, "clusterArn")]

    @cached_property
    def _listed_services(self) -> dict[str, set[str]]:
        """Cluster to the services that it was said to have; [] where the list was refused."""
        found: dict[str, set[str]] = {}
        for answer in self._answers.answers("ecs:ListServices"):
            held = words(answer.response, "serviceArns") if answer.response is not None else []
            found.setdefault(self._cluster(answer.call.params), set()).update(held)
        return found

    @cached_property
    def _asked_services(self) -> set[str]:
        """ARNs of services that were asked about; names with their cluster's name, ``CLUSTER/NAME``."""
        return {
            f"{self._cluster(answer.call.params).rpartition('/')[2]}/{one.rpartition('/')[2]}"
            for answer in self._answers.answers("ecs:DescribeServices")
            for one in words(answer.call.params, "services")
        }

    def services_known(self, clusters: set[str]) -> bool:
        """Whether the services of all of these were asked about, each with an answer or in vain."""
        return all(one in self._listed_services for one in clusters) and all(
            f"{one.rpartition('/')[2]}/{arn.rpartition('/')[2]}" in self._asked_services
            for one in clusters
            for arn in self._listed_services[one]
        )

    def services_refused(self, clusters: set[str]) -> bool:
        """Whether a service of theirs may have been kept from us. A cluster that is gone has none."""
        return any(
            self._cluster(answer.call.params) in clusters
            for name in ("ecs:ListServices", "ecs:DescribeServices")
            for answer in self._answers.answers(name)
            if answer.gap is not None and not _GONE.search(answer.gap.code)
        )

    # Their container instances.

    @cached_property
    def hosts(self) -> set[tuple[str, str]]:
        """(cluster, EC2 instance) of the container instances that were described."""
        each = self._answers.each("ecs:DescribeContainerInstances", _instances)
        asked = (params for params, _ in self._answers.responses("ecs:DescribeContainerInstances"))
        pairs = zip(map(self._cluster, asked), each, strict=True)
        return {(cluster, instance) for cluster, instances in pairs for instance in instances}

    @cached_property
    def _whole(self) -> dict[str, set[str]]:
        """Cluster to all of its container instances; empty where the list was refused.

        A filter that found as many as the cluster has registered found all of them.
        """
        found: dict[str, set[str]] = {}
        for answer in self._answers.answers("ecs:ListContainerInstances"):
            if "filter" not in answer.call.params:
                held = words(answer.response, "containerInstanceArns") if answer.response is not None else []
                found.setdefault(self._cluster(answer.call.params), set()).update(held)
        for cluster, picked in self._picked.items():
            if cluster not in found and picked and len(picked) == self._count(cluster, _HOSTS):
                found[cluster] = picked
        return found

    @cached_property
    def _picked(self) -> dict[str, set[str]]:
        """Cluster to the container instances that a filter found."""
        found: dict[str, set[str]] = {}
        for params, page in self._answers.responses("ecs:ListContainerInstances"):
            if "filter" in params:
                found.setdefault(self._cluster(params), set()).update(words(page, "containerInstanceArns"))
        return found

    @cached_property
    def found_or_refused(self) -> set[str]:
        """Clusters in which a filter found something, or whose list was kept from us. One that is gone hosts none."""
        answers = self._answers.answers("ecs:ListContainerInstances")
        kept = (one for one in answers if one.gap is not None and not _GONE.search(one.gap.code))
        refused = {self._cluster(one.call.params) for one in kept}
        return refused | {cluster for cluster, picked in self._picked.items() if picked}

    def hosts_listed(self, cluster: str) -> bool:
        """Whether all of its container instances were listed, or the list was refused."""
        return cluster in self._whole

    def hosts_of(self, cluster: str) -> set[str]:
        """ARNs of its container instances, where they were all listed."""
        return self._whole.get(cluster, set())

    @cached_property
    def _asked_hosts(self) -> set[str]:
        answers = self._answers.answers("ecs:DescribeContainerInstances")
        return {arn for one in answers for arn in words(one.call.params, "containerInstances")}

    def hosts_known(self, cluster: str) -> bool:
        """Whether all of its container instances were asked about, or it has none."""
        return not self.may_host(cluster) or (cluster in self._whole and self._whole[cluster] <= self._asked_hosts)

    @cached_property
    def _asked_for(self) -> dict[str, set[str]]:
        """Cluster to the EC2 instances that a filter asked it for."""
        found: dict[str, set[str]] = {}
        for answer in self._answers.answers("ecs:ListContainerInstances"):
            ids = _QUOTED.findall(word(answer.call.params, "filter"))
            found.setdefault(self._cluster(answer.call.params), set()).update(ids)
        return found

    def sought_in(self, cluster: str, instances: Collection[str]) -> bool:
        """Whether it is known which of these instances it holds, or was asked in vain."""
        return self.hosts_known(cluster) or set(instances) <= self._asked_for.get(cluster, set())

    def listed_hosts(self) -> Iterator[tuple[str, list[str]]]:
        """(cluster, ARNs) of the container instances of the clusters whose list is whole."""
        for cluster in sorted(self._whole):
            if self._whole[cluster]:
                yield cluster, sorted(self._whole[cluster])


def _instances(_params: Raw, page: Raw) -> frozenset[str]:
    return frozenset(word(one, "ec2InstanceId") for one in rows(page, "containerInstances"))
