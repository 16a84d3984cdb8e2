"""Checks of the exposure hop: every way to reach the backend other than through the path, door by door."""

from __future__ import annotations

from vpclink_checks.checks.backends import backend_at, internet_of, ports_of, target_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.doors import DOORS_NOT_JUDGED, closing, other_doors, ways_in
from vpclink_checks.checks.subjects import load_balancer_subject, reached, target_group_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.compute import AutoScalingGroup, Instance
from vpclink_checks.model.path import Path
from vpclink_checks.reach.internet import Door, Exposure
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Outcome, Severity

# The ECS agent's introspection and credentials ports, and Docker's API (amazon-ecs-agent README).
AGENT_PORTS = (2375, 2376, 51678, 51679)


def _evidence(door: Door) -> tuple[Evidence, ...]:
    found = [Evidence("ec2:DescribeNetworkInterfaces", f"address of {door.interface_id}", door.public_address)]
    return (*found, *(Evidence(layer.operation, layer.name, layer.closed) for layer in door.layers if layer.operation))


def _stands_open(what: str, exposure: Exposure, door: Door, fix: Fix | None = None) -> Verdict:
    sources = door.sources.sure
    witness = door.witness(sources)
    message = (
        f"{what} answers the internet: {sources.title} reach {door.public_address}:{door.port},"
        f" for example {witness.src}, because {'; '.join(witness.via)}"
    )
    return failed(message, *_evidence(door), fix=fix or closing(exposure), witness=witness)


def _not_known(what: str, door: Door) -> Verdict:
    doubts = "; ".join(door.sources.doubts)
    return unknown(f"whether the internet reaches {what} at {door.public_address}:{door.port} is not known: {doubts}")


def _shut(exposure: Exposure) -> str:
    return "; ".join(exposure.certificate)


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
    found, what = internet_of(ctx, target), f"{target.id} on tcp {ports_of(ctx, target).title}"
    if found.wide is not None:
        return _stands_open(what, found, found.wide)
    if found.maybe_wide is not None:
        return _not_known(what, found.maybe_wide)
    if found.maybe_open is not None:
        who = found.maybe_open.sources.possible.title
        return passed(f"the internet at large does not reach {what}, only {who} may; {DOORS_NOT_JUDGED}")
    return passed(f"the internet does not reach {what}: {_shut(found)}; {DOORS_NOT_JUDGED}")


@check(
    "exposure/no-restricted-public-source",
    title="No public range, such as an office's, reaches the backend's own addresses either",
    severity=Severity.RISK,
    subjects=target_subjects,
    why="A range that was opened for somebody stays open when the range changes hands; and it goes round the API.",
    fix=Fix("Let those callers use the API, or a VPN, and remove the security group's rule."),
    source="semantics.md, section 7.4 (a single public /32 is restricted, not open)",
    needs=("exposure/no-internet-path",),
)
def no_restricted_public_source(ctx: Context, target: Target) -> Verdict:
    found, what = internet_of(ctx, target), f"{target.id} on tcp {ports_of(ctx, target).title}"
    if found.wide is not None:
        raise NotApplicable("the whole internet gets in: exposure/no-internet-path says how")
    if found.open is not None:
        ctx.topology.vpcs.all()  # the range may be that of a VPC of the account that was not read
        return _stands_open(what, found, found.open)
    if found.maybe_open is not None:
        return _not_known(what, found.maybe_open)
    return passed(f"no public source reaches {what}: {_shut(found)}")


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
    if not isinstance(ctx.topology.instances.peek(target.id), Instance):
        raise NotApplicable(f"{target.id} is no instance: its interface has no agent")
    found = ctx.reach.internet(backend_at(ctx, target), AGENT_PORTS)
    ports = ", ".join(str(port) for port in AGENT_PORTS)
    if found.open is not None:
        return _stands_open(f"an agent port of {target.id}", found, found.open)
    if found.maybe_open is not None:
        return _not_known(f"an agent port of {target.id}", found.maybe_open)
    return passed(f"no public source reaches tcp {ports} of {target.id}: {_shut(found)}")


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
        return failed(f"{target.id} has a public address: {shown}", evidence)
    return passed(f"{target.id} has no public IPv4 address")


@check(
    "exposure/load-balancer-not-internet-facing",
    title="Nobody on the internet reaches the load balancer's listener by its public addresses",
    severity=Severity.EXPOSURE,
    subjects=load_balancer_subject,
    why="An internet-facing load balancer answers on its own name, without the API in front of it.",
    fix=Fix("Create an internal load balancer and move listeners and link to it: the scheme cannot be changed."),
    source="botocore model, elbv2 LoadBalancer.Scheme; semantics.md, section 7.6",
)
def load_balancer_not_internet_facing(ctx: Context, balancer: LoadBalancer) -> Verdict:
    listener = reached(ctx, ctx.here.listener, "listener")
    evidence = Evidence("elbv2:DescribeLoadBalancers", "Scheme", balancer.scheme)
    if balancer.internal:
        return passed(f"{balancer.name} is internal: its name resolves to private addresses", evidence)
    if balancer.scheme != "internet-facing":
        return unknown(f"{balancer.name} has the scheme {balancer.scheme}, which is not known", evidence)
    return _on_balancer(ctx, balancer, listener.port, load_balancer_not_internet_facing.fix)


def _on_balancer(ctx: Context, balancer: LoadBalancer, port: int, fix: Fix) -> Verdict:
    found, what = ctx.reach.internet_to_balancer(balancer, port), f"load balancer {balancer.name}"
    if found.open is not None:
        return _stands_open(what, found, found.open, fix)
    if found.maybe_open is not None:
        return _not_known(what, found.maybe_open)
    return noted(f"{balancer.name} is no door today, but one rule or route away from it: {_shut(found)}")


@check(
    "exposure/ipv6-igw-traffic-denied",
    title="Nobody on the internet reaches the internal load balancer over IPv6",
    severity=Severity.EXPOSURE,
    subjects=load_balancer_subject,
    why="A dualstack load balancer has global IPv6 addresses though it is internal; only its attribute"
    " ipv6.deny_all_igw_traffic keeps internet gateways away from them.",
    fix=Fix(
        "Set ipv6.deny_all_igw_traffic to true.",
        cli="aws elbv2 modify-load-balancer-attributes --load-balancer-arn ARN"
        " --attributes Key=ipv6.deny_all_igw_traffic,Value=true",
    ),
    source="elb-network-load-balancers-user-guide, network-load-balancers",
)
def ipv6_igw_traffic_denied(ctx: Context, balancer: LoadBalancer) -> Verdict:
    listener = reached(ctx, ctx.here.listener, "listener")
    if not balancer.internal:
        raise NotApplicable(f"{balancer.name} is {balancer.scheme}")
    if balancer.ip_address_type == "ipv4":
        raise NotApplicable(f"{balancer.name} has no IPv6 addresses")
    attributes = ctx.topology.load_balancer_attributes.need(balancer.arn)
    denied = attributes.get("ipv6.deny_all_igw_traffic", "true")
    if denied == "true":
        evidence = Evidence("elbv2:DescribeLoadBalancerAttributes", "ipv6.deny_all_igw_traffic", denied)
        return passed(f"{balancer.name} denies internet gateways its IPv6 addresses", evidence)
    return _on_balancer(ctx, balancer, listener.port, ipv6_igw_traffic_denied.fix)


@check(
    "exposure/no-other-load-balancer",
    title="No other load balancer or listener leads the internet to the same targets",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="A target group belongs to one load balancer, but an instance and its port can be in many groups:"
    " a second load balancer is a second entrance without the API.",
    fix=Fix("Delete the other listener, or deregister the targets from its target group."),
    source="botocore model, elbv2 TargetGroup.LoadBalancerArns; semantics.md, section 6.7",
)
def no_other_load_balancer(ctx: Context, group: TargetGroup) -> Verdict:
    doors, doubt = other_doors(ctx)
    for door in doors:
        if door.balancer.internal:
            continue
        verdict = _on_balancer(ctx, door.balancer, door.listener.port, no_other_load_balancer.fix)
        if verdict.outcome is not Outcome.NOTE:
            return verdict
    if doubt:
        return unknown(f"whether another load balancer leads to the targets of {group.name} is not known: {doubt}")
    if doors:
        shown = ", ".join(door.title for door in doors)
        return noted(f"the targets of {group.name} have other listeners, none of them open to the internet: {shown}")
    return passed(f"no other listener leads to the targets of {group.name}")


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


def _asks(route: Route) -> bool:
    """Whether a route asks for authorization: an authorizer or IAM; an API key identifies, it does not authorize."""
    return route.authorization not in ("", "NONE")


@check(
    "exposure/no-unauthenticated-way-round",
    title="Where one route to the backend asks for authorization, all do",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="The backend trusts what the gateway lets through; one route without an authorizer lets everybody through.",
    fix=Fix(
        "Give every route to the backend the authorizer (or IAM), and deploy.",
        cli="aws apigateway update-method --rest-api-id ID --resource-id ID --http-method METHOD"
        " --patch-operations op=replace,path=/authorizationType,value=AWS_IAM",
        terraform='authorization = "AWS_IAM"',
    ),
    source="botocore model, apigateway Method.authorizationType; contract: auth",
)
def no_unauthenticated_way_round(ctx: Context, group: TargetGroup) -> Verdict:
    ways = ways_in(ctx)
    if not ways:
        raise NotApplicable(f"no route leads to {group.name}")
    bare = [_way_title(path, route) for path, route in ways if not _asks(route)]
    asking = len(ways) - len(bare)
    shown = ", ".join(dict.fromkeys(bare))
    evidence = Evidence("apigateway:GetExport", "authorizationType NONE", shown)
    if not bare:
        return passed(f"all {asking} routes to {group.name} ask for authorization")
    if asking:
        return failed(f"{asking} routes to {group.name} ask for authorization, but these do not: {shown}", evidence)
    if ctx.settings.auth == "required":
        return failed(f"authorization is required, and these routes to {group.name} ask for none: {shown}", evidence)
    return noted(f"no route to {group.name} asks for authorization: {shown}", evidence)


def _way_title(path: Path, route: Route) -> str:
    return f"{route.title} of {path.api.name or path.api.id if path.api else route.api_id}"
