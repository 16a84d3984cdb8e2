"""Checks of the target-group hop: registration, ports, health."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from vpclink_checks.checks.balancing import health_unread, in_service, registered, target_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import path_subject, reached, target_group_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.balancing import Target, TargetGroup
from vpclink_checks.model.ecs import Task
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

HEALTH = "elbv2:DescribeTargetHealth"
GROUPS = "elbv2:DescribeTargetGroups"
ATTRIBUTES = "elbv2:DescribeTargetGroupAttributes"

# What a reason code means for whoever has to mend it (botocore 1.44.5, TargetHealthReasonEnum;
# elb network user guide, target-group-health-checks).
REASONS = {
    "Elb.RegistrationInProgress": "it is being registered",
    "Elb.InitialHealthChecking": "its first health checks are under way",
    "Target.ResponseCodeMismatch": "the health check got a status code that the matcher does not accept",
    "Target.Timeout": "health checks time out: a group, network ACL or route drops them, or the application is slow",
    "Target.FailedHealthChecks": "health checks fail: nothing listens on the port, or packets are refused or dropped",
    "Target.NotRegistered": "it is not registered",
    "Target.NotInUse": "no listener uses the target group, or the target's zone is not enabled on the load balancer",
    "Target.DeregistrationInProgress": "it is draining",
    "Target.InvalidState": "the instance is stopped or terminated",
    "Target.IpUnusable": "its address is used by a load balancer",
    "Target.HealthCheckDisabled": "health checks are disabled",
    "Elb.InternalError": "an internal error of the load balancer",
}


def explain(target: Target) -> str:
    """``i-…:10000 is unhealthy (Target.Timeout): health checks time out: …``."""
    reason = f" ({target.reason})" if target.reason else ""
    meaning = REASONS.get(target.reason, target.description)
    return f"{target.title} is {target.state}{reason}" + (f": {meaning}" if meaning else "")


def _state(target: Target) -> Evidence:
    return Evidence(HEALTH, f"{target.title} TargetHealth.State", f"{target.state} {target.reason}".strip())


def _unread(target: Target) -> str:
    if target.state == "unavailable":
        return f"the health of {target.title} is not checked (unavailable)"
    return f"{target.title} is in a state this version does not know: {target.state!r}"


@check(
    "target-group/exists",
    title="The target group that the listener names exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A listener cannot forward to a target group that is gone.",
    fix=Fix("Create the target group again and forward the listener to it."),
    source="botocore 1.44.5, elbv2 DescribeTargetGroups (TargetGroupNotFoundException)",
)
def exists(ctx: Context, path: Path) -> Verdict:
    if path.stop is not None and path.stop.check == "target-group/exists":
        return failed(path.stop.reason, Evidence(GROUPS, "TargetGroupArn", "not found"))
    group = reached(ctx, path.target_group, "target group")
    return passed(f"target group {group.name} exists", Evidence(GROUPS, "TargetGroupArn", group.arn))


@check(
    "target-group/has-targets",
    title="The target group has registered targets",
    severity=Severity.BLOCKER,
    subjects=target_group_subject,
    why="With no registered target the load balancer has nobody to send to.",
    fix=Fix(
        "Let the ECS service register its tasks (its loadBalancers entry), or attach the auto scaling group.",
        cli="aws ecs update-service --cluster CLUSTER --service SERVICE --load-balancers"
        " targetGroupArn=ARN,containerName=NAME,containerPort=PORT",
        terraform="load_balancer { target_group_arn = … container_name = … container_port = … }",
    ),
    source="botocore 1.44.5, elbv2 DescribeTargetHealth",
    refutable=True,
    symptom=True,
)
def has_targets(ctx: Context, group: TargetGroup) -> Verdict:
    targets = registered(ctx)
    evidence = Evidence(HEALTH, "TargetHealthDescriptions", f"{len(targets)} registered")
    if not targets:
        return failed(f"target group {group.name} has no registered target", evidence)
    if all(target.draining for target in targets):
        return failed(f"every registered target of {group.name} is draining", evidence)
    return passed(f"target group {group.name} has {len(targets)} registered targets", evidence)


@check(
    "target-group/healthy-targets",
    title="Behind every address that DNS hands out at least one target is healthy",
    severity=Severity.BLOCKER,
    subjects=target_group_subject,
    needs=("target-group/has-targets",),
    why="With no healthy target an NLB fails open: it sends to all targets, healthy or not.",
    fix=Fix(
        "Read the targets' reason codes, mend what they name, and wait for the health checks.",
        cli="aws elbv2 describe-target-health --target-group-arn ARN",
    ),
    source="elb network user guide, target-group-health-checks (a zone without a healthy target leaves DNS;"
    " with none at all every target gets traffic)",
    symptom=True,
)
def healthy_targets(ctx: Context, group: TargetGroup) -> Verdict:
    staying = in_service(ctx)
    evidence = tuple(_state(target) for target in staying)
    healthy = [target for target in staying if target.healthy]
    if healthy:
        return passed(f"{len(healthy)} of {len(staying)} targets of {group.name} are healthy", *evidence)
    unread = [target for target in staying if health_unread(target)]
    if unread:
        return unknown(f"whether a target of {group.name} is healthy is not known: {_unread(unread[0])}", *evidence)
    return failed(f"no target of {group.name} is healthy: {explain(staying[0])}", *evidence)


@check(
    "target-group/all-targets-healthy",
    title="Every registered target that is not draining is healthy",
    severity=Severity.RISK,
    subjects=target_subjects,
    needs=("target-group/healthy-targets",),
    why="Each unhealthy target takes capacity and, with fixed ports, the room of the next deployment.",
    fix=Fix("Mend what the reason code names.", cli="aws elbv2 describe-target-health --target-group-arn ARN"),
    source="botocore 1.44.5, elbv2 TargetHealthStateEnum and TargetHealthReasonEnum",
    symptom=True,
)
def all_targets_healthy(ctx: Context, target: Target) -> Verdict:
    if target.healthy:
        return passed(f"{target.title} is healthy", _state(target))
    if health_unread(target):
        return unknown(_unread(target), _state(target))
    return failed(explain(target), _state(target))


@check(
    "target-group/health-checks-on",
    title="Health checks are enabled",
    severity=Severity.HYGIENE,
    subjects=target_group_subject,
    why="Without health checks a dead target keeps its share of the traffic.",
    fix=Fix(
        "Enable health checks.",
        cli="aws elbv2 modify-target-group --target-group-arn ARN --health-check-enabled",
        terraform="health_check { enabled = true }",
    ),
    source="botocore 1.44.5, elbv2 TargetGroup.HealthCheckEnabled",
)
def health_checks_on(ctx: Context, group: TargetGroup) -> Verdict:
    evidence = Evidence(GROUPS, "HealthCheckEnabled", str(group.health_check.enabled).lower())
    if not group.health_check.enabled:
        return failed(f"health checks of target group {group.name} are disabled", evidence)
    return passed(f"target group {group.name} checks health by {group.health_check.protocol}", evidence)


@check(
    "target-group/port-matches-host-port",
    title="Each target is registered on the host port that its container is bound to",
    severity=Severity.BLOCKER,
    subjects=target_subjects,
    why="The registered port decides where packets go; nobody listens on another one.",
    fix=Fix(
        "Register the target on the container's host port, or fix the container's host port to the registered one.",
        cli="aws elbv2 register-targets --target-group-arn ARN --targets Id=ID,Port=HOST-PORT",
        terraform="port = the task definition's hostPort",
    ),
    source="botocore 1.44.5, elbv2 TargetDescription.Port and ecs NetworkBinding.hostPort",
    refutable=True,
)
def port_matches_host_port(ctx: Context, target: Target) -> Verdict:
    path = ctx.here
    service = reached(ctx, path.service, "ECS service")
    if path.container_port is None:
        raise NotApplicable("the path names no container port")
    bound = _host_ports(ctx, target, service.arn)
    if not bound:
        raise NotApplicable(f"no running task of {service.name} on {target.id}")
    names = ", ".join(str(port) for port in sorted(bound))
    evidence = (
        Evidence(HEALTH, f"{target.id} Target.Port", str(target.port)),
        Evidence("ecs:DescribeTasks", "containers[].networkBindings[].hostPort", names),
    )
    where = f"{path.container_name}:{path.container_port} of {service.name}"
    if target.port in bound:
        return passed(f"{target.title} is where {where} is bound", *evidence)
    return failed(f"{target.id} is registered on port {target.port}, but {where} is bound to {names} there", *evidence)


def _host_ports(ctx: Context, target: Target, service_arn: str) -> set[int]:
    """The host ports that the path's container is bound to on this target. Raises UnknownFact."""
    path = ctx.here
    tasks = [task for task in ctx.topology.tasks.need(service_arn) if task.status == "RUNNING"]
    own = [task for task in tasks if target.id in task.addresses]
    if own and path.container_port is not None:
        return {path.container_port}
    here = _on_instance(ctx, tasks, target.id)
    every = [
        binding
        for task in here
        for one in task.containers
        for binding in one.bindings
        if one.name == path.container_name
    ]
    return {binding.host_port for binding in every if binding.container_port == path.container_port}


def _on_instance(ctx: Context, tasks: list[Task], instance_id: str) -> list[Task]:
    service = reached(ctx, ctx.here.service, "ECS service")
    hosts = ctx.topology.container_instances.need(service.cluster_arn)
    arns = {host.arn for host in hosts if host.instance_id == instance_id}
    return [task for task in tasks if task.container_instance_arn in arns]


@check(
    "target-group/type-fits-network-mode",
    title="The target type fits the task's network mode",
    severity=Severity.BLOCKER,
    subjects=target_group_subject,
    why="awsvpc tasks have addresses of their own: their service needs target type ip; other modes need instance.",
    fix=Fix(
        "Create a target group of the other type (it cannot be changed) and register the service in it.",
        terraform='target_type = "instance" (bridge, host) or "ip" (awsvpc)',
    ),
    source="ECS developer guide, service load balancing; elb network user guide, load-balancer-target-groups",
)
def type_fits_network_mode(ctx: Context, group: TargetGroup) -> Verdict:
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    if ctx.here.registration != "service" or group.known_type == "alb":
        raise NotApplicable(f"ECS does not register targets in {group.name}")
    mode = definition.network_mode or "bridge"
    evidence = (
        Evidence(GROUPS, "TargetType", group.target_type),
        Evidence("ecs:DescribeTaskDefinition", "networkMode", str(mode)),
    )
    if mode == "awsvpc" and group.target_type != "ip":
        return failed(f"{definition.title} is awsvpc, but {group.name} has target type {group.target_type}", *evidence)
    if mode != "awsvpc" and group.target_type == "ip":
        return noted(f"{definition.title} is {mode}, and {group.name} has target type ip, not instance", *evidence)
    return passed(f"target type {group.target_type} fits network mode {mode}", *evidence)


@check(
    "target-group/proxy-protocol-off",
    title="Proxy protocol v2 is off, or its targets are seen to understand it",
    severity=Severity.BLOCKER,
    subjects=target_group_subject,
    why="With proxy protocol v2 every connection starts with a binary header; a plain HTTP server refuses it.",
    fix=Fix(
        "Turn proxy protocol v2 off.",
        cli="aws elbv2 modify-target-group-attributes --target-group-arn ARN"
        " --attributes Key=proxy_protocol_v2.enabled,Value=false",
        terraform="proxy_protocol_v2 = false",
    ),
    source="elb network user guide, load-balancer-target-groups (the header is on health-check connections too)",
    refutable=True,
)
def proxy_protocol_off(ctx: Context, group: TargetGroup) -> Verdict:
    value = ctx.topology.target_group_attributes.need(group.arn).get("proxy_protocol_v2.enabled", "false")
    evidence = Evidence(ATTRIBUTES, "proxy_protocol_v2.enabled", value)
    if value != "true":
        return passed(f"proxy protocol v2 is off on {group.name}", evidence)
    http = group.health_check.protocol in ("HTTP", "HTTPS") and group.health_check.port == "traffic-port"
    if http and any(target.healthy for target in registered(ctx)):
        return noted(f"proxy protocol v2 is on, and targets of {group.name} answer HTTP checks that carry it", evidence)
    return failed(
        f"proxy protocol v2 is on for {group.name}, and no HTTP health check shows that targets read it", evidence
    )


@check(
    "target-group/one-registrar",
    title="ECS alone registers the service's targets",
    severity=Severity.RISK,
    subjects=target_group_subject,
    why="An auto scaling group registers every instance at the group's port, whether or not a task runs there.",
    fix=Fix(
        "Detach the target group from the auto scaling group.",
        cli="aws autoscaling detach-load-balancer-target-groups --auto-scaling-group-name NAME --target-group-arns ARN",
    ),
    source="botocore 1.44.5, autoscaling AutoScalingGroup.TargetGroupARNs; the effect is unconfirmed",
)
def one_registrar(ctx: Context, group: TargetGroup) -> Verdict:
    if ctx.here.registration != "service":
        raise NotApplicable("no ECS service registers here")
    both = [one.name for one in ctx.topology.auto_scaling_groups.all() if group.arn in one.target_group_arns]
    evidence = Evidence("autoscaling:DescribeAutoScalingGroups", "TargetGroupARNs", ", ".join(both) or "none")
    if both:
        return noted(
            f"auto scaling group {', '.join(both)} registers its instances in {group.name} as ECS does", evidence
        )
    return passed(f"only ECS registers targets in {group.name}", evidence)


@check(
    "target-group/load-balancer-target-listens",
    title="A load balancer registered as target listens on the registered port",
    severity=Severity.BLOCKER,
    subjects=target_subjects,
    why="Traffic for an alb target goes to the ALB's listener on the registered port.",
    fix=Fix("Register the ALB on the port of one of its listeners."),
    source="elb network user guide, application-load-balancer-target",
)
def load_balancer_target_listens(ctx: Context, target: Target) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    if group.known_type != "alb":
        raise NotApplicable(f"targets of {group.name} are of type {group.target_type}")
    ports = sorted(listener.port for listener in ctx.topology.listeners.need(target.id))
    evidence = Evidence("elbv2:DescribeListeners", "Port", ", ".join(map(str, ports)))
    if target.port in ports:
        return passed(f"{target.id} listens on {target.port}", evidence)
    return failed(f"{target.id} is registered on {target.port} but listens on {', '.join(map(str, ports))}", evidence)


@check(
    "target-group/targets-in-vpc",
    title="Address targets are in the target group's VPC",
    severity=Severity.RISK,
    subjects=target_subjects,
    why="An address outside the VPC is reached by peering, transit or a private line that this tool does not follow.",
    fix=Fix("Register addresses of the VPC, or judge the way to this one by hand."),
    source="botocore 1.44.5, elbv2 TargetDescription.AvailabilityZone",
)
def targets_in_vpc(ctx: Context, target: Target) -> Verdict:
    group = reached(ctx, ctx.here.target_group, "target group")
    if group.known_type != "ip":
        raise NotApplicable(f"targets of {group.name} are of type {group.target_type}")
    blocks = ctx.topology.vpcs.need(group.vpc_id).cidrs
    evidence = Evidence("ec2:DescribeVpcs", "CidrBlockAssociationSet", ", ".join(blocks))
    inside = _inside(target.id, blocks)
    if inside is None:
        return unknown(f"whether {target.id} is in {group.vpc_id} is not known: no address, or no CIDR block", evidence)
    if inside:
        return passed(f"{target.id} is in {group.vpc_id}", evidence)
    return noted(f"{target.id} is outside {group.vpc_id} ({', '.join(blocks)})", evidence)


def _inside(address: str, blocks: tuple[str, ...]) -> bool | None:
    """Whether one of the blocks holds the address; None where either is not written as one."""
    try:
        return any(ip_address(address) in ip_network(block, strict=False) for block in blocks) if blocks else None
    except ValueError:
        return None
