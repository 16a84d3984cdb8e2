"""VPCs, interfaces, security groups, instances and what launches them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from vpclink_checks.sources.leads.answers import Answers, Raw, filter_values, part, rows, word, words
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.carried import among, carried
from vpclink_checks.sources.leads.containers import Containers
from vpclink_checks.sources.leads.doors import Doors
from vpclink_checks.sources.leads.front import Front


class Carrier(NamedTuple):
    """Of an interface: what it is attached to or stands for, and the groups that it carries."""

    instance: str
    description: str
    addresses: frozenset[str]
    groups: frozenset[str]


class Network:
    """What EC2's and Auto Scaling's answers lead to."""

    def __init__(
        self, answers: Answers, front: Front, balancing: Balancing, containers: Containers, doors: Doors
    ) -> None:
        self._answers = answers
        self._front = front
        self._balancing = balancing
        self._containers = containers
        self._doors = doors

    @cached_property
    def instance_ids(self) -> set[str]:
        """Targets that are instances, and the container instances of the path's clusters."""
        targets = self._balancing.targets(self._balancing.followed_groups)
        return {one for one in targets if one.startswith("i-")} | self._containers.instance_ids

    @cached_property
    def vpc_ids(self) -> set[str]:
        """VPCs of the balancers, groups and links."""
        linked = {word(one, "VpcId") for one in self._subnets if word(one, "SubnetId") in self._link_subnets}
        return self._balancing.vpc_ids | (linked - {""})

    @cached_property
    def _subnets(self) -> list[Raw]:
        return list(self._answers.rows("ec2:DescribeSubnets", "Subnets"))

    @cached_property
    def _link_subnets(self) -> set[str]:
        return self._front.words_of_links("SubnetIds")

    @cached_property
    def stray_subnets(self) -> set[str]:
        """Subnets of links that are in none of the balancers' VPCs, once those are known and were read."""
        lists = ("elbv2:DescribeLoadBalancers", "elbv2:DescribeTargetGroups")
        answers = self._answers.answers("ec2:DescribeSubnets")
        asked = {value for answer in answers for value in filter_values(answer.call.params)}
        if not all(self._answers.answers(one) for one in lists) or not self._balancing.vpc_ids <= asked:
            return set()
        elsewhere = {word(one, "SubnetId") for one in self._subnets if word(one, "VpcId") in self._balancing.vpc_ids}
        return self._link_subnets - elsewhere

    @cached_property
    def seed_groups(self) -> set[str]:
        """Security groups that decide about the path's own traffic."""
        read = self._answers.each("ec2:DescribeNetworkInterfaces", _carriers)
        theirs = {group for ones in read for one in ones if self._ours(one) for group in one.groups}
        linked = self._front.words_of_links("SecurityGroupIds")
        behind = self._balancing.security_groups | self._containers.security_groups | self._launched
        return (theirs | linked | behind | self._doors.security_groups) - {""}

    def _ours(self, one: Carrier) -> bool:
        if one.instance in self.instance_ids or one.description in self._descriptions:
            return True
        return bool(among(one.addresses, self._targets))

    @cached_property
    def _targets(self) -> set[str]:
        return self._balancing.targets(self._balancing.followed_groups)

    @cached_property
    def _descriptions(self) -> set[str]:
        """How EC2 describes a balancer's interfaces: ``ELB net/NAME/ID``."""
        return {"ELB " + arn.partition(":loadbalancer/")[2] for arn in self._balancing.followed}

    @cached_property
    def _read_groups(self) -> list[Raw]:
        return list(self._answers.rows("ec2:DescribeSecurityGroups", "SecurityGroups"))

    @cached_property
    def referenced_groups(self) -> set[str]:
        """Groups that a rule of the path's own groups names."""
        ours = (one for one in self._read_groups if word(one, "GroupId") in self.seed_groups)
        rules = (rule for one in ours for rule in _permissions(one))
        return {word(pair, "GroupId") for rule in rules for pair in rows(rule, "UserIdGroupPairs")} - {""}

    @cached_property
    def distant_groups(self) -> set[str]:
        """Referenced groups of another VPC: who carries them is not among this VPC's interfaces."""
        named = [one for one in self._read_groups if word(one, "GroupId") in self.referenced_groups]
        return {word(one, "GroupId") for one in named if word(one, "VpcId") not in self.vpc_ids | {""}}

    @cached_property
    def prefix_lists(self) -> set[str]:
        """Prefix lists in the rules of the groups and in the routes that were read."""
        rules = (rule for one in self._read_groups for rule in _permissions(one))
        found = {word(one, "PrefixListId") for rule in rules for one in rows(rule, "PrefixListIds")}
        tables = self._answers.rows("ec2:DescribeRouteTables", "RouteTables")
        found |= {word(route, "DestinationPrefixListId") for one in tables for route in rows(one, "Routes")}
        return found - {""}

    @cached_property
    def scaling_groups(self) -> list[Raw]:
        """Auto scaling groups that register with the path's target groups or hold its instances."""
        listed = self._answers.rows("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups")
        return [one for one in listed if self._launches_ours(one)]

    def _launches_ours(self, group: Raw) -> bool:
        held = {word(one, "InstanceId") for one in rows(group, "Instances")}
        registers = {
            *words(group, "TargetGroupARNs"),
            *(word(one, "Identifier") for one in rows(group, "TrafficSources")),
        }
        return bool(held & self.instance_ids or registers & self._balancing.path_groups)

    @cached_property
    def launch_configurations(self) -> set[str]:
        """Names of the launch configurations that our groups use."""
        return {word(one, "LaunchConfigurationName") for one in self.scaling_groups} - {""}

    @cached_property
    def launch_templates(self) -> set[tuple[str, str]]:
        """(template id, version) as the groups name them; ``$Default`` where none is named."""
        named = (template for one in self.scaling_groups for template in _templates(one))
        return {(word(one, "LaunchTemplateId"), word(one, "Version") or "$Default") for one in named}

    @cached_property
    def _launched(self) -> set[str]:
        """Security groups that instances launched next will carry."""
        configurations = self._answers.rows("autoscaling:DescribeLaunchConfigurations", "LaunchConfigurations")
        found = {group for one in configurations for group in words(one, "SecurityGroups")}
        for version in self._answers.rows("ec2:DescribeLaunchTemplateVersions", "LaunchTemplateVersions"):
            data = part(version, "LaunchTemplateData")
            found |= set(words(data, "SecurityGroupIds"))
            found |= {group for one in rows(data, "NetworkInterfaces") for group in words(one, "Groups")}
        return {one for one in found if one.startswith("sg-")}


def _carriers(_params: Raw, page: Raw) -> frozenset[Carrier]:
    return frozenset(
        Carrier(
            word(part(one, "Attachment"), "InstanceId"),
            word(one, "Description"),
            carried(one),
            frozenset(word(group, "GroupId") for group in rows(one, "Groups")),
        )
        for one in rows(page, "NetworkInterfaces")
    )


def _permissions(group: Raw) -> Iterator[Raw]:
    yield from rows(group, "IpPermissions")
    yield from rows(group, "IpPermissionsEgress")


def _templates(group: Raw) -> Iterator[Raw]:
    mixed = part(part(group, "MixedInstancesPolicy"), "LaunchTemplate")
    named = [group, *rows(mixed, "Overrides"), mixed]
    templates = (part(one, key) for one in named for key in ("LaunchTemplate", "LaunchTemplateSpecification"))
    yield from (one for one in templates if word(one, "LaunchTemplateId"))
