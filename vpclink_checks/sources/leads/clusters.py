"""Which of the region's clusters matter: those that the path's targets run in, and no other where that is known.

No call of ECS tells which service registers with a target group. So clusters are told by what they host: an
instance is a container instance of one cluster, and a task's own interface may name its cluster. Only where
nothing tells, or no service of the clusters read so far registers, is every cluster with services read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from math import ceil

from vpclink_checks.sources.leads.answers import Answers, Raw, filter_values, part, rows, word
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.described import Described

NOT_FOLLOWED = ("alb", "lambda")
# AWS documents no limit for an expression; 40 ids of 19 characters stay below 1,000.
IDS_A_QUERY = 40
_CLUSTER_TAG = "aws:ecs:clusterName"  # on a task's interface, where ECS managed tags are on [U]: only a hint


class Clusters:
    """Where the path's targets run, as far as the facts tell."""

    def __init__(self, answers: Answers, balancing: Balancing) -> None:
        self._answers = answers
        self._balancing = balancing
        self.described = Described(answers)

    @cached_property
    def groups(self) -> set[str]:
        """Target groups of the path that a service may register with."""
        known = self._balancing.groups
        return {
            arn
            for arn in self._balancing.path_groups
            if arn in known and known[arn].get("TargetType") not in NOT_FOLLOWED
        }

    # What tells where the targets run.

    @cached_property
    def _interfaces(self) -> dict[str, tuple[str, str]]:
        """Private address to (instance that its interface is attached to, name of the cluster on its tag)."""
        read = chain.from_iterable(self._answers.each("ec2:DescribeNetworkInterfaces", _by_address))
        return {address: (instance, cluster) for address, instance, cluster in read}

    def _told(self, target: str) -> str:
        """The cluster that the interface with this address names; ""."""
        name = self._interfaces[target][1] if target in self._interfaces else ""
        return next((arn for arn in self.described.clusters if _is_called(arn, name)), "") if name else ""

    def _instance(self, target: str) -> str:
        """The instance that a target is, or that the interface with its address is attached to; ""."""
        if target.startswith("i-"):
            return target
        return self._interfaces[target][0] if target in self._interfaces else ""

    def instances_of(self, groups: Iterable[str]) -> set[str]:
        """Instances that the groups' targets are or sit on."""
        return {self._instance(one) for one in self._balancing.targets(groups) if not self._told(one)} - {""}

    def told_by(self, groups: Iterable[str]) -> set[str]:
        """Clusters that the interfaces of the groups' targets name."""
        return {self._told(one) for one in self._balancing.targets(groups)} - {""}

    @cached_property
    def _instances(self) -> set[str]:
        return self.instances_of(self.groups)

    def unplaced(self, groups: Iterable[str]) -> set[str]:
        """Targets of these groups that nothing places."""
        return {one for one in self._balancing.targets(groups) if not self._told(one) and not self._instance(one)}

    @cached_property
    def _lost(self) -> bool:
        """Whether a group has a target that nothing places, or targets that nobody could read."""
        return bool(self.groups - self._balancing.with_known_targets or self.unplaced(self.groups))

    @cached_property
    def _targets_known(self) -> bool:
        """Whether the targets of every group were asked for, and the interfaces of those that are addresses."""
        if not self.groups <= self._balancing.with_asked_targets:
            return False
        by_address = [arn for arn in self.groups if not all(map(self._instance, self._balancing.targets({arn})))]
        places = {word(self._balancing.groups[arn], "VpcId") for arn in by_address} - {""}
        return all(map(self._interfaces_asked, places))

    def _interfaces_asked(self, vpc_id: str) -> bool:
        asked = (answer.call.params for answer in self._answers.answers("ec2:DescribeNetworkInterfaces"))
        return any(not rows(params, "Filters") or vpc_id in filter_values(params, "vpc-id") for params in asked)

    # Clusters that are read without being sought.

    @cached_property
    def _named(self) -> set[str]:
        """Clusters that the settings name."""
        names = {one.cluster for one in self._answers.settings.backends} - {""}
        return {arn for arn in self.described.clusters for name in names if _is_called(arn, name)}

    @cached_property
    def first(self) -> set[str]:
        """The only cluster there is; those that the settings or the interfaces name."""
        every = self.described.clusters
        return set(every) if len(every) == 1 else self._named | self.told_by(self.groups)

    # The others are sought for the targets, or read, whichever takes fewer calls.

    @cached_property
    def _ready(self) -> bool:
        """Whether all is known that decides about the others."""
        if not self.described.counted(self.described.clusters - self.first) or not self._targets_known:
            return False
        return not self._instances or all(map(self.described.hosts_known, self.first))

    @cached_property
    def _others(self) -> set[str]:
        """Clusters that may host targets, and are not read without being sought."""
        return {one for one in self.described.clusters - self.first if self.described.may_host(one)}

    @cached_property
    def _elsewhere(self) -> set[str]:
        """Instances of targets that are in none of the first clusters."""
        return self._instances - {instance for cluster, instance in self.described.hosts if cluster in self.first}

    @cached_property
    def _seeks(self) -> bool:
        """Whether to seek: asking every other cluster costs less than reading them all would, beyond the likely ones.

        Each target group likely leads to one cluster; at equal cost, reading is a round trip shorter.
        """
        reading = sorted(map(self.described.price, self._others), reverse=True)
        asking = sum(min(_queries(self._elsewhere), self.described.price_of_hosts(one)) for one in self._others)
        return asking + sum(reading[: max(1, len(self.groups))]) < sum(reading)

    @cached_property
    def sought(self) -> set[str]:
        """Instances whose clusters are asked for: every target, or those that no service turned out to register."""
        if not self._ready:
            return set()
        wanted = self._elsewhere if self._seeks else self.instances_of(self.unclaimed)
        return wanted - {instance for _, instance in self.described.hosts}

    @cached_property
    def queried(self) -> set[str]:
        """Other clusters that are asked by a filter: where that takes fewer calls than to read all of their hosts."""
        open_ones = {one for one in self._others if not self.described.hosts_listed(one)}
        return {one for one in open_ones if _queries(self.sought) <= self.described.price_of_hosts(one)}

    @cached_property
    def swept(self) -> set[str]:
        """Other clusters whose hosts are all read, for that takes fewer calls than the filter."""
        return self._others - self.queried if self.sought else set()

    @cached_property
    def _found(self) -> bool:
        """Whether the sought ones are found, or known to be in no cluster."""
        return all(self.described.sought_in(one, self.sought) for one in self._others)

    @cached_property
    def hosting(self) -> set[str]:
        """Clusters that a target is known to run in, or may run in for all that could be read."""
        placed = {cluster for cluster, instance in self.described.hosts if instance in self._instances}
        return placed | self.described.found_or_refused

    # The clusters whose services are read.

    @cached_property
    def serving(self) -> set[str]:
        """Every cluster that has services or tasks, for all that is known."""
        return {one for one in self.described.clusters if self.described.may_serve(one)}

    @cached_property
    def _near(self) -> set[str]:
        """Clusters that the targets lead to."""
        found = self.first | self.hosting
        if self._ready and not self._seeks and self._instances and self._elsewhere:
            found |= self._others & self.serving
        if (
            self._ready and self._lost
        ):  # the config's cluster need not be the only one: a group may have several services
            found |= self.serving
        return found

    @cached_property
    def _near_read(self) -> bool:
        if not self._ready or not self.described.services_known(self._near):
            return False
        return not self._seeks or self._found

    @cached_property
    def _claimed(self) -> set[str]:
        return {group for one in self.described.services for group in registers_with(one)}

    @cached_property
    def read(self) -> set[str]:
        """Clusters whose services are read: those that the targets lead to; all, where a group is left without one."""
        if self.groups and self._near_read and self._left(self._near):
            return self._near | self.serving
        return self._near

    def _left(self, clusters: set[str]) -> set[str]:
        """Groups that no service registers with; none where a service may have been kept from us."""
        return set() if self.described.services_refused(clusters) else self.groups - self._claimed

    @cached_property
    def unclaimed(self) -> set[str]:
        """Groups that no service of any cluster registers with: an auto scaling group or a person does."""
        return self._left(self.read) if self._concluded else set()

    # The clusters whose container instances are read.

    @cached_property
    def with_hosts(self) -> set[str]:
        """Clusters whose container instances are all read: a fixed port needs room on every one of them."""
        ours = {word(one, "clusterArn") for one in self.described.services if registers_with(one) & self.groups}
        wanted = ours | self.hosting | self.swept | (self.first if self._instances or self._lost else set())
        return {one for one in wanted if self.described.may_host(one)}

    # What discovery may take for not needed: nothing, while something is still waited for.

    @cached_property
    def _concluded(self) -> bool:
        if not self.groups:
            lists = ("elbv2:DescribeLoadBalancers", "elbv2:DescribeTargetGroups")
            return all(self._answers.answers(one) for one in lists)
        return self._near_read and self.described.services_known(self.read)

    @cached_property
    def passed_over(self) -> set[str]:
        """Clusters whose services nobody has to read."""
        return self.described.clusters - self.read if self._concluded else set()

    @cached_property
    def hosts_passed_over(self) -> set[str]:
        """Clusters whose container instances nobody has to read."""
        return self.described.clusters - self.with_hosts if self._concluded and self._found else set()


def registers_with(service: Raw) -> set[str]:
    """The target groups that a service registers its tasks with, in any deployment in flight."""
    flights = [service, *rows(service, "taskSets")]
    entries = [entry for one in flights for entry in rows(one, "loadBalancers")]
    alternates = {word(part(one, "advancedConfiguration"), "alternateTargetGroupArn") for one in entries}
    return ({word(one, "targetGroupArn") for one in entries} | alternates) - {""}


def _by_address(_params: Raw, page: Raw) -> frozenset[tuple[str, str, str]]:
    """(private address, instance, name of the cluster) of the interfaces."""
    return frozenset(
        (
            word(address, "PrivateIpAddress"),
            word(part(one, "Attachment"), "InstanceId"),
            next((word(tag, "Value") for tag in rows(one, "TagSet") if tag.get("Key") == _CLUSTER_TAG), ""),
        )
        for one in rows(page, "NetworkInterfaces")
        for address in rows(one, "PrivateIpAddresses")
    )


def _is_called(arn: str, name: str) -> bool:
    return name in (arn, arn.rpartition("/")[2])


def _queries(instances: set[str]) -> int:
    return ceil(len(instances) / IDS_A_QUERY)
