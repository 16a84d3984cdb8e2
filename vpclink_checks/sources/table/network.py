"""VPCs, interfaces, security groups, instances and what launches them."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Batch, Params, Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.paging import ec2_paging, scaling_paging
from vpclink_checks.sources.table.wants import by_filter, each, filtered, in_vpc, once_in_vpc, once_private

_BALANCING = ("elbv2:DescribeLoadBalancers", "elbv2:DescribeTargetGroups")
_TARGETS = ("elbv2:DescribeTargetHealth", "ecs:DescribeContainerInstances")
_LAUNCHES = ("autoscaling:DescribeAutoScalingGroups", *_TARGETS)
# What carries a group, or will: the interfaces, what is launched next, links and tasks with interfaces of their own.
_CARRIERS = (
    "ec2:DescribeNetworkInterfaces",
    "autoscaling:DescribeLaunchConfigurations",
    "ec2:DescribeLaunchTemplateVersions",
    "apigatewayv2:GetVpcLink",
    "ecs:DescribeServices",
    "elb:DescribeLoadBalancers",
)


def subnets(leads: Leads) -> list[Params]:
    """The VPCs' subnets, and links' subnets that are in none of them."""
    net = leads.network
    return filtered("vpc-id", net.vpc_ids) + filtered("subnet-id", net.stray_subnets)


def interfaces(leads: Leads) -> list[Params]:
    """The VPCs' interfaces, and who carries a referenced group of another VPC."""
    net = leads.network
    return filtered("vpc-id", net.vpc_ids) + filtered("group-id", net.distant_groups)


def launch_configurations(leads: Leads) -> list[Params]:
    """Those of the path's auto scaling groups."""
    names = sorted(leads.network.launch_configurations)
    return [{"LaunchConfigurationNames": names}] if names else []


def launch_templates(leads: Leads) -> list[Params]:
    """Those of the path's auto scaling groups, at the version in use."""
    pairs = sorted(leads.network.launch_templates)
    return [{"LaunchTemplateId": id_, "Versions": [version]} for id_, version in pairs]


_ec2 = partial(Row, service="ec2", hop="network")
_scaling = partial(Row, service="autoscaling", hop="instance")

ROWS: tuple[Row, ...] = (
    # By filter and never by id: an id that is gone gives an error for the whole batch, a filter just finds nothing.
    _ec2(
        operation="DescribeInstances",
        hop="instance",
        wants=lambda leads: filtered("instance-id", leads.network.instance_ids | leads.balancing.instances_beside),
        batch=by_filter(*_TARGETS),
        paging=ec2_paging("Reservations"),
        because="each target that is an instance, and each container instance of a path",
    ),
    _ec2(
        operation="DescribeNetworkInterfaces",
        wants=interfaces,
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("NetworkInterfaces"),
        because="each VPC of a path; each group of another VPC that a rule names",
    ),
    _ec2(
        operation="DescribeSecurityGroups",
        wants=lambda leads: filtered("group-id", leads.network.seed_groups | leads.network.referenced_groups),
        batch=by_filter(*_CARRIERS),
        paging=ec2_paging("SecurityGroups"),
        because="each group that an interface, link or launch of a path carries, then each that their rules name",
    ),
    _ec2(
        operation="DescribeVpcs",
        wants=in_vpc("vpc-id"),
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("Vpcs"),
        because="each VPC of a path",
    ),
    _ec2(
        operation="DescribeSubnets",
        wants=subnets,
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("Subnets"),
        because="each VPC of a path; each subnet of a link that is in none of them",
    ),
    _ec2(
        operation="DescribeNetworkAcls",
        wants=in_vpc("vpc-id"),
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("NetworkAcls"),
        because="each VPC of a path",
    ),
    _ec2(
        operation="DescribeRouteTables",
        wants=in_vpc("vpc-id"),
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("RouteTables", 100),
        because="each VPC of a path",
    ),
    _ec2(
        operation="DescribeInternetGateways",
        wants=in_vpc("attachment.vpc-id"),
        batch=by_filter(*_BALANCING),
        paging=ec2_paging("InternetGateways"),
        because="each VPC of a path",
    ),
    _ec2(
        operation="GetManagedPrefixListEntries",
        wants=lambda leads: each("PrefixListId", leads.network.prefix_lists),
        paging=ec2_paging("Entries", 100),
        because="each prefix list of a rule or a route that was read",
        resources=arns.PREFIX_LISTS,
    ),
    _ec2(
        operation="DescribeVpcBlockPublicAccessOptions",
        wants=once_in_vpc,
        because="once a VPC is known",
    ),
    _ec2(
        operation="DescribeVpcBlockPublicAccessExclusions",
        wants=once_in_vpc,
        paging=ec2_paging("VpcBlockPublicAccessExclusions"),
        because="once a VPC is known",
    ),
    _scaling(
        operation="DescribeAutoScalingGroups",
        wants=once_private,
        paging=scaling_paging("AutoScalingGroups"),
        because="once an integration goes private",
    ),
    _scaling(
        operation="DescribeLaunchConfigurations",
        wants=launch_configurations,
        batch=Batch(key="LaunchConfigurationNames", size=50, after=_LAUNCHES),
        paging=scaling_paging("LaunchConfigurations"),
        because="each launch configuration of an auto scaling group of a path",
    ),
    _ec2(
        operation="DescribeLaunchTemplateVersions",
        hop="instance",
        wants=launch_templates,
        batch=Batch(key="Versions", size=100, after=_LAUNCHES),
        because="each launch template and version of an auto scaling group of a path",
    ),
)
