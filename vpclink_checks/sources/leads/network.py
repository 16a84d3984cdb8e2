"""VPCs, interfaces, security groups, instances and what launches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from vpclink_checks.sources.leads.answers import Answers
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.containers import Containers
from vpclink_checks.sources.leads.front import Front


class Network:
    """What EC2's and Auto Scaling's answers lead to."""

    def __init__(self, answers: Answers, front: Front, balancing: Balancing, containers: Containers) -> None:
        self._answers = answers
        self._front = front
        self._balancing = balancing
        self._containers = containers

    @cached_property
    def instance_ids(self) -> set[str]:
        """Targets that are instances, and the container instances of the path's clusters."""
        targets = self._balancing.targets(self._balancing.followed_groups)
        return {one for one in targets if one.startswith("i-")} | self._containers.instance_ids

    @cached_property
    def vpc_ids(self) -> set[str]:
        """VPCs of the balancers, groups and links."""
        return self._balancing.vpc_ids | {
            one["VpcId"] for one in self._subnets if one["SubnetId"] in self._link_subnets and one.get("VpcId")
        }

    @cached_property
    def _subnets(self) -> list[Mapping[str, Any]]:
        return list(self._answers.items("ec2:DescribeSubnets", "Subnets"))

    @cached_property
    def _link_subnets(self) -> set[str]:
        return set(self._answers.items("apigatewayv2:GetVpcLink", "SubnetIds"))

    @cached_property
    def stray_subnets(self) -> set[str]:
        """Subnets of links that are in none of the balancers' VPCs, once those were read."""
        asked = {value for answer in self._answers.answers("ec2:DescribeSubnets") for value in _values(answer.call)}
        if not self._balancing.vpc_ids <= asked:
            return set()
        elsewhere = {one["SubnetId"] for one in self._subnets if one.get("VpcId") in self._balancing.vpc_ids}
        return self._link_subnets - elsewhere

    @cached_property
    def interfaces(self) -> list[Mapping[str, Any]]:
        """Every interface that was read."""
        return list(self._answers.items("ec2:DescribeNetworkInterfaces", "NetworkInterfaces"))

    @cached_property
    def seed_groups(self) -> set[str]:
        """Security groups that decide about the path's own traffic."""
        carried = {group["GroupId"] for one in self.interfaces if self._ours(one) for group in one.get("Groups") or ()}
        linked = set(self._answers.items("apigatewayv2:GetVpcLink", "SecurityGroupIds"))
        return carried | linked | self._balancing.security_groups | self._containers.security_groups | self._launched

    def _ours(self, interface: Mapping[str, Any]) -> bool:
        if (interface.get("Attachment") or {}).get("InstanceId") in self.instance_ids:
            return True
        if interface.get("Description") in self._descriptions:
            return True
        addresses = {one.get("PrivateIpAddress") for one in interface.get("PrivateIpAddresses") or ()}
        return bool(addresses & self._targets)

    @cached_property
    def _targets(self) -> set[str]:
        return self._balancing.targets(self._balancing.followed_groups)

    @cached_property
    def _descriptions(self) -> set[str]:
        """How EC2 describes a balancer's interfaces: ``ELB net/NAME/ID``."""
        return {"ELB " + arn.partition(":loadbalancer/")[2] for arn in self._balancing.followed}

    @cached_property
    def _read_groups(self) -> list[Mapping[str, Any]]:
        return list(self._answers.items("ec2:DescribeSecurityGroups", "SecurityGroups"))

    @cached_property
    def referenced_groups(self) -> set[str]:
        """Groups that a rule of the path's own groups names."""
        rules = (rule for one in self._read_groups if one["GroupId"] in self.seed_groups for rule in _permissions(one))
        return {pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs") or () if pair.get("GroupId")}

    @cached_property
    def distant_groups(self) -> set[str]:
        """Referenced groups of another VPC: who carries them is not among this VPC's interfaces."""
        rows = [one for one in self._read_groups if one["GroupId"] in self.referenced_groups]
        return {one["GroupId"] for one in rows if one.get("VpcId") and one["VpcId"] not in self.vpc_ids}

    @cached_property
    def prefix_lists(self) -> set[str]:
        """Prefix lists in the rules of the groups and in the routes that were read."""
        rules = (rule for one in self._read_groups for rule in _permissions(one))
        found = {one["PrefixListId"] for rule in rules for one in rule.get("PrefixListIds") or ()}
        tables = self._answers.items("ec2:DescribeRouteTables", "RouteTables")
        routes = (route for one in tables for route in one.get("Routes") or ())
        return found | {one["DestinationPrefixListId"] for one in routes if one.get("DestinationPrefixListId")}

    @cached_property
    def scaling_groups(self) -> list[Mapping[str, Any]]:
        """Auto scaling groups that register with the path's target groups or hold its instances."""
        listed = self._answers.items("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups")
        return [one for one in listed if self._launches_ours(one)]

    def _launches_ours(self, group: Mapping[str, Any]) -> bool:
        held = {one.get("InstanceId") for one in group.get("Instances") or ()}
        return bool(held & self.instance_ids or set(group.get("TargetGroupARNs") or ()) & self._balancing.path_groups)

    @cached_property
    def launch_configurations(self) -> set[str]:
        """Names of the launch configurations that our groups use."""
        return {one["LaunchConfigurationName"] for one in self.scaling_groups if one.get("LaunchConfigurationName")}

    @cached_property
    def launch_templates(self) -> set[tuple[str, str]]:
        """(template id, version) as the groups name them; ``$Default`` where none is named."""
        named = (template for one in self.scaling_groups for template in _templates(one))
        return {(one["LaunchTemplateId"], one.get("Version") or "$Default") for one in named}

    @cached_property
    def _launched(self) -> set[str]:
        """Security groups that instances launched next will carry."""
        configurations = self._answers.items("autoscaling:DescribeLaunchConfigurations", "LaunchConfigurations")
        found = {group for one in configurations for group in one.get("SecurityGroups") or ()}
        for version in self._answers.items("ec2:DescribeLaunchTemplateVersions", "LaunchTemplateVersions"):
            data = version.get("LaunchTemplateData") or {}
            interfaces = data.get("NetworkInterfaces") or ()
            found |= set(data.get("SecurityGroupIds") or ())
            found |= {group for one in interfaces for group in one.get("Groups") or ()}
        return {one for one in found if one.startswith("sg-")}


def _permissions(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from group.get("IpPermissions") or ()
    yield from group.get("IpPermissionsEgress") or ()


def _values(call: Any) -> list[str]:
    return [value for one in call.params.get("Filters") or () for value in one.get("Values") or ()]


def _templates(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    mixed = (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}
    overrides = (one.get("LaunchTemplateSpecification") for one in mixed.get("Overrides") or ())
    for one in (group.get("LaunchTemplate"), mixed.get("LaunchTemplateSpecification"), *overrides):
        if one and one.get("LaunchTemplateId"):
            yield one
