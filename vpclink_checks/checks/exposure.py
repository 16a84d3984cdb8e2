"""Checks of the exposure hop: the backend's own addresses here, load balancers and routes beside it."""

from __future__ import annotations

from vpclink_checks.checks.backends import backend_at, internet_of, ports_of, target_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.exposure_accelerator import no_accelerator
from vpclink_checks.checks.exposure_balancers import (
    ipv6_igw_traffic_denied,
    load_balancer_not_internet_facing,
    no_other_load_balancer,
)
from vpclink_checks.checks.exposure_beside import no_lateral_source
from vpclink_checks.checks.exposure_certificate import beside_it
from vpclink_checks.checks.exposure_classic import no_classic_load_balancer
from vpclink_checks.checks.exposure_cloudfront import no_cloudfront_vpc_origin
from vpclink_checks.checks.exposure_ecs import no_ecs_gateway
from vpclink_checks.checks.exposure_lateral import no_lattice_target_group, no_verified_access_endpoint
from vpclink_checks.checks.exposure_private_link import no_endpoint_service
from vpclink_checks.checks.exposure_routes import no_unauthenticated_way_round
from vpclink_checks.checks.public import not_known, shut, stands_open
from vpclink_checks.checks.shutting import addresses_shut, no_public_addresses
from vpclink_checks.checks.verdict import Verdict, failed, passed, unknown
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.compute import AutoScalingGroup
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

__all__ = [
    "ipv6_igw_traffic_denied",
    "load_balancer_not_internet_facing",
    "no_accelerator",
    "no_classic_load_balancer",
    "no_cloudfront_vpc_origin",
    "no_ecs_gateway",
    "no_endpoint_service",
    "no_lateral_source",
    "no_lattice_target_group",
    "no_other_load_balancer",
    "no_unauthenticated_way_round",
    "no_verified_access_endpoint",
]

# The ECS agent's introspection and credentials ports, and Docker's API (amazon-ecs-agent README).
AGENT_PORTS = (2375, 2376, 51678, 51679)


@check(
    "exposure/no-internet-path",
    title="Nobody on the internet reaches the backend's own addresses",
    severity=Severity.EXPOSURE,
    subjects=target_subjects,
    why="Whoever reaches the host port directly goes round the API: its authorization, its throttling, its logs.",
    fix=Fix("Close one of: the security group's rule, the public address, the subnet's route to the internet gateway."),
    source="amazon-vpc-user-guide, VPC_Internet_Gateway; semantics.md, section 7.4",
)
def no_internet_path(ctx: Context, target: Target) -> Verdict:
    found, what = internet_of(ctx, target), f"{target.id} on {ports_of(ctx, target).title}"
    if found.wide is not None:
        return stands_open(what, found, found.wide, _fix(ctx, target))
    if found.maybe_wide is not None:
        return not_known(what, found.maybe_wide)
    others, evidence = beside_it(ctx, target)
    if found.maybe_open is not None:
        who = found.maybe_open.sources.possible.title
        return passed(f"the internet at large does not reach {what}, only {who} may; {others}", *evidence)
    return passed(f"the internet does not reach {what}: {shut(found)}; {others}", *evidence)


def _fix(ctx: Context, target: Target) -> Fix | None:
    return addresses_shut(ctx, lambda there: internet_of(there, target))


@check(
    "exposure/no-restricted-public-source",
    title="No public range, such as an office's, reaches the backend's own addresses either",
    severity=Severity.RISK,
    subjects=target_subjects,
    why="A range that was opened for somebody stays open when the range changes hands; and it goes round the API."
    " Up to 65,536 IPv4 addresses (or an IPv6 /40) count as such a range, more as the internet at large.",
    fix=Fix("Let those callers use the API, or a VPN, and remove the security group's rule."),
    source="semantics.md, section 7.4 (a single public /32 is restricted, not open)",
    needs=("exposure/no-internet-path",),
)
def no_restricted_public_source(ctx: Context, target: Target) -> Verdict:
    found, what = internet_of(ctx, target), f"{target.id} on {ports_of(ctx, target).title}"
    if found.wide is not None:
        raise NotApplicable("the whole internet gets in: exposure/no-internet-path says how")
    if found.open is not None:
        ctx.topology.vpcs.all()  # the range may be that of a VPC of the account that was not read
        return stands_open(what, found, found.open, _fix(ctx, target))
    if found.maybe_open is not None:
        return not_known(what, found.maybe_open)
    return passed(f"no public source reaches {what}: {shut(found)}")


@check(
    "exposure/agent-ports-closed",
    title="Nobody on the internet reaches the instance's Docker and ECS agent ports",
    severity=Severity.EXPOSURE,
    subjects=target_subjects,
    why="Docker's API gives root on the host; the agent's ports tell which tasks run there.",
    fix=Fix("Open the backend's port only, and to the load balancer only."),
    source="amazon-ecs-agent README (reserved ports); faults: host-introspection-open, host-docker-socket-tcp",
)
def agent_ports_closed(ctx: Context, target: Target) -> Verdict:
    if not _is_instance(target.id):
        raise NotApplicable(f"{target.id} is no instance: its interface has no agent")
    found = ctx.reach.internet(backend_at(ctx, target), AGENT_PORTS)
    ports = ", ".join(str(port) for port in AGENT_PORTS)
    if found.open is not None:
        fix = addresses_shut(ctx, lambda there: there.reach.internet(backend_at(there, target), AGENT_PORTS))
        return stands_open(f"an agent port of {target.id}", found, found.open, fix)
    if found.maybe_open is not None:
        return not_known(f"an agent port of {target.id}", found.maybe_open)
    return passed(f"no public source reaches tcp {ports} of {target.id}: {shut(found)}")


@check(
    "exposure/no-public-address",
    title="The backend's interfaces have no public IPv4 address",
    severity=Severity.HYGIENE,
    subjects=target_subjects,
    why="Behind a public address one security-group rule and one route are all that keeps the internet out.",
    fix=Fix("Launch the instances without public addresses, and give them a NAT gateway or endpoints to go out by."),
    source="amazon-vpc-user-guide, VPC_Internet_Gateway",
)
def no_public_address(ctx: Context, target: Target) -> Verdict:
    interfaces = ctx.reach.interfaces_of(backend_at(ctx, target))
    found = [(one.id, address.public) for one in interfaces for address in one.addresses if address.public]
    if found:
        shown = ", ".join(f"{public} on {interface}" for interface, public in found)
        evidence = Evidence("ec2:DescribeNetworkInterfaces", "Association.PublicIp", shown)
        fix = no_public_addresses(ctx, target)
        return failed(f"{target.id} has a public address: {shown}", evidence, fix=fix)
    if unplaced := ctx.reach.unplaced_address(backend_at(ctx, target)):
        return unknown(f"whether {target.id} has a public address is not known: {unplaced}")
    return passed(f"{target.id} has no public IPv4 address")


def _scaling_groups(ctx: Context) -> tuple[Subject[AutoScalingGroup], ...]:
    """The auto scaling groups that the targets came from. Raises UnknownFact, NotApplicable."""
    found = [ctx.topology.instances.find(subject.id) for subject in target_subjects(ctx) if _is_instance(subject.id)]
    names = dict.fromkeys(one.auto_scaling_group for one in found if one is not None and one.auto_scaling_group)
    if not names:
        raise NotApplicable("no auto scaling group launches the targets")
    groups = [ctx.topology.auto_scaling_groups.need(name) for name in names]
    return tuple(Subject(one.name, one.name, one) for one in groups)


def _is_instance(target_id: str) -> bool:
    return target_id.startswith("i-")


@check(
    "exposure/launch-gives-no-public-address",
    title="Instances launched next get no public address",
    severity=Severity.RISK,
    subjects=_scaling_groups,
    why="Today's instances may be clean: the next ones get what the launch settings and the subnets say.",
    fix=Fix(
        "Launch without public addresses, and start an instance refresh.",
        terraform="associate_public_ip_address = false",
    ),
    source="botocore model, autoscaling LaunchConfiguration.AssociatePublicIpAddress; ec2 MapPublicIpOnLaunch",
)
def launch_gives_no_public_address(ctx: Context, group: AutoScalingGroup) -> Verdict:
    launch = ctx.topology.launch_settings.need(group.launch)
    name = f"{launch.kind.replace('-', ' ')} {launch.id} of {group.name}"
    evidence = Evidence(
        _LAUNCH_CALLS.get(launch.kind, launch.kind), "AssociatePublicIpAddress", str(launch.public_address)
    )
    if launch.public_address is not None:
        if launch.public_address:
            return failed(f"{name} gives every new instance a public address", evidence)
        return passed(f"{name} gives no public address", evidence)
    subnets = [ctx.topology.subnets.need(one) for one in group.subnet_ids]
    public = [one.id for one in subnets if one.public_ip_on_launch]
    if public:
        shown = ", ".join(public)
        evidence = Evidence("ec2:DescribeSubnets", "MapPublicIpOnLaunch", shown)
        return failed(f"{name} leaves it to the subnets, and {shown} give new instances a public address", evidence)
    return passed(f"{name} leaves it to the subnets, and none of them gives a public address", evidence)


_LAUNCH_CALLS = {
    "launch-configuration": "autoscaling:DescribeLaunchConfigurations",
    "launch-template": "ec2:DescribeLaunchTemplateVersions",
}
