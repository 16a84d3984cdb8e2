"""Entrances beside the path: which of them lead to its backend, and what has to be asked about those."""

from __future__ import annotations

from functools import cached_property

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.containers import Containers


class Doors:
    """What the answers about other entrances lead to."""

    def __init__(self, answers: Answers, balancing: Balancing, containers: Containers) -> None:
        self._answers = answers
        self._balancing = balancing
        self._containers = containers

    @cached_property
    def _targets(self) -> set[str]:
        """Instances and addresses registered with the path's target groups, and the instances of its clusters."""
        return self._balancing.targets(self._balancing.path_groups) | self._containers.instance_ids

    @cached_property
    def _instances(self) -> set[str]:
        """Instances of ours: registered as such, or by an address that one of their interfaces carries."""
        found = {one for one in self._targets if one.startswith("i-")}
        for one in self._answers.rows("ec2:DescribeNetworkInterfaces", "NetworkInterfaces"):
            carried = {word(address, "PrivateIpAddress") for address in rows(one, "PrivateIpAddresses")}
            if carried & self._targets:
                found.add(word(part(one, "Attachment"), "InstanceId"))
        return found - {""}

    @cached_property
    def classic(self) -> list[Raw]:
        """Classic load balancers that one of our instances is registered with."""
        listed = self._answers.rows("elb:DescribeLoadBalancers", "LoadBalancerDescriptions")
        return [
            one for one in listed if {word(held, "InstanceId") for held in rows(one, "Instances")} & self._instances
        ]

    @cached_property
    def security_groups(self) -> set[str]:
        """Security groups that those entrances carry."""
        return {group for one in self.classic for group in words(one, "SecurityGroups")}


def _registered(classic: Raw) -> set[str]:
    return {word(one, "InstanceId") for one in rows(classic, "Instances")}
