"""Entrances beside the path: which of them lead to its backend, and what has to be asked about those."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import NamedTuple

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.carried import among, carried
from vpclink_checks.sources.leads.containers import Containers
from vpclink_checks.sources.leads.published import Published


class Place(NamedTuple):
    """Of an interface: where it is, and what it is attached to."""

    subnet: str
    instance: str
    addresses: frozenset[str]  # private IPv4
    carried: frozenset[str]  # every address, and delegated prefixes


class Doors:
    """What the answers about other entrances lead to."""

    def __init__(self, answers: Answers, balancing: Balancing, containers: Containers, published: Published) -> None:
        self._answers = answers
        self._balancing = balancing
        self._containers = containers
        self._published = published

    @cached_property
    def _targets(self) -> set[str]:
        """Instances and addresses registered with the path's target groups, and the instances of its clusters."""
        return self._balancing.targets(self._balancing.path_groups) | self._containers.instance_ids

    @cached_property
    def _interfaces(self) -> list[Place]:
        """Interfaces of our targets: attached to such an instance, or with such an address."""
        read = chain.from_iterable(self._answers.each("ec2:DescribeNetworkInterfaces", _places))
        return [one for one in read if one.instance in self._targets or among(one.carried, self._targets)]

    @cached_property
    def instances(self) -> set[str]:
        """Instances of ours: registered as such, or by an address that one of their interfaces carries."""
        found = {one for one in self._targets if one.startswith("i-")}
        return (found | {one.instance for one in self._interfaces}) - {""}

    @cached_property
    def classic(self) -> list[Raw]:
        """Classic load balancers that one of our instances is registered with."""
        listed = self._answers.rows("elb:DescribeLoadBalancers", "LoadBalancerDescriptions")
        return [one for one in listed if _registered(one) & self.instances]

    @cached_property
    def security_groups(self) -> set[str]:
        """Security groups that those entrances carry."""
        return {group for one in self.classic for group in words(one, "SecurityGroups")}

    @cached_property
    def routed(self) -> set[tuple[str, str]]:
        """(subnet, address) of our targets in subnets that custom routing accelerators lead to."""
        subnets = self._published.subnets
        mine = ((one.subnet, address) for one in self._interfaces for address in one.addresses)
        return {(subnet, address) for subnet, address in mine if subnet in subnets}

    @cached_property
    def origins(self) -> set[str]:
        """VPC origins of CloudFront that lead to a load balancer or instance of ours."""
        return {
            word(one, "Id")
            for one in self._published.origins
            if word(one, "OriginEndpointArn") in self._balancing.followed
            or word(one, "OriginEndpointArn").rpartition("/")[2] in self.instances
        } - {""}

    @cached_property
    def endpoint_services(self) -> set[str]:
        """VPC endpoint services that one of our load balancers answers for."""
        return {
            word(one, "ServiceId")
            for one in self._published.endpoint_services
            if set(words(one, "NetworkLoadBalancerArns")) & self._balancing.followed
        } - {""}

    @cached_property
    def lattice_groups(self) -> set[str]:
        """Target groups of VPC Lattice that a service leads to and that may hold a target of ours."""
        listed = self._answers.rows("vpc-lattice:ListTargetGroups", "items")
        return {word(one, "arn") for one in listed if words(one, "serviceArns") and one.get("type") != "LAMBDA"} - {""}

    @cached_property
    def gateways(self) -> set[str]:
        """ECS gateways that are not gone."""
        listed = self._answers.rows("ecs:ListGateways", "gateways")
        return {word(one, "gatewayArn") for one in listed if one.get("status") != "DELETED"} - {""}

    @cached_property
    def express(self) -> set[str]:
        """Express services among those of interest: ECS makes their load balancers itself."""
        ours = self._containers.of_interest
        return {word(one, "serviceArn") for one in ours if one.get("resourceManagementType") == "ECS"} - {""}


def _registered(classic: Raw) -> set[str]:
    return {word(one, "InstanceId") for one in rows(classic, "Instances")}


def _places(_params: Raw, page: Raw) -> frozenset[Place]:
    return frozenset(
        Place(
            word(one, "SubnetId"),
            word(part(one, "Attachment"), "InstanceId"),
            frozenset(word(address, "PrivateIpAddress") for address in rows(one, "PrivateIpAddresses")) - {""},
            carried(one),
        )
        for one in rows(page, "NetworkInterfaces")
    )
