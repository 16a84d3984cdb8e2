"""Checks of the service hop: registration, tasks, deployments, and room for fixed host ports."""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.declared import declared_cluster, declared_service  # noqa: F401 - for the catalogue
from vpclink_checks.checks.subjects import path_subject, reached, service_subject
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, noted, passed, unknown
from vpclink_checks.model.ecs import ContainerInstance, Service, ServiceDeployment, ServiceEvent, TaskDefinition
from vpclink_checks.model.fact import Gap, UnknownFact, unheard_of
from vpclink_checks.model.host_port import host_port_of, mode_of
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

DESCRIBE = "ecs:DescribeServices"
CONTROLLERS = ("ECS", "CODE_DEPLOY", "EXTERNAL")  # botocore 1.44.5, ecs DeploymentControllerType
# DeploymentRolloutState, and StabilityStatus of task sets; absent with other controllers than ECS's own.
ROLLOUT_STATES = ("COMPLETED", "FAILED", "IN_PROGRESS", "STEADY_STATE", "STABILIZING", "")
PLACEMENT_TROUBLE = (
    "already using a port required by your task",
    "no container instance met all of its requirements",
    'encountered error "AGENT"',
    "unable to stop or start tasks during a deployment because of the service deployment configuration",
)


@check(
    "service/registers-target-group",
    title="An ECS service, or a task it runs, stands behind the target group",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="Targets that no service keeps are nobody's: after the next deployment they point at nothing.",
    fix=Fix(
        "Add the target group to the service's loadBalancers.",
        cli="aws ecs update-service --cluster CLUSTER --service SERVICE --load-balancers"
        " targetGroupArn=ARN,containerName=NAME,containerPort=PORT",
        terraform="load_balancer { target_group_arn = … container_name = … container_port = … }",
    ),
    source="botocore 1.44.5, ecs Service.loadBalancers; faults: svc-not-registered",
)
def registers_target_group(ctx: Context, path: Path) -> Verdict:
    group = reached(ctx, path.target_group, "target group")
    if path.stop is not None and path.stop.check == "service/registers-target-group":
        return failed(path.stop.reason, Evidence(DESCRIBE, "loadBalancers[].targetGroupArn", "none"))
    service = reached(ctx, path.service, "ECS service")
    where = f"{path.container_name}:{path.container_port}"
    if path.registration == "service":
        return passed(f"{service.name} registers {where} in {group.name}")
    if path.registration == "auto-scaling-group":
        return passed(f"{service.name} runs {where} on the instances of {group.name}, an auto scaling group's")
    if service.controller != "ECS":
        raise UnknownFact(_task_sets(service))
    if path.registration == "manual":
        return failed(
            f"{service.name} runs {where} behind {group.name} and does not register there, nor does an auto scaling"
            " group: its targets were registered by hand, and nobody does so after the next deployment",
            Evidence(DESCRIBE, "loadBalancers[].targetGroupArn", _registers(service)),
        )
    return unknown(f"{service.name} runs {where} behind {group.name}; who registers its targets could not be read")


def _registers(service: Service) -> str:
    return ", ".join(one.target_group_arn for one in service.targets) or "none"


def _task_sets(service: Service) -> Gap:
    """With another controller than ECS's own the task sets say who registers, and they are not read alone."""
    message = f"the task sets of {service.name} (deployment controller {service.controller}) decide, and were not read"
    return Gap(operation="ecs:DescribeTaskSets", action="ecs:DescribeTaskSets", code="NotRead", message=message)


@check(
    "service/task-definition-exists",
    title="The service's task definition exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A service whose task definition is gone can start no task.",
    fix=Fix("Register the task definition again and update the service to it."),
    source="botocore 1.44.5, ecs DescribeTaskDefinition",
)
def task_definition_exists(ctx: Context, path: Path) -> Verdict:
    service = reached(ctx, path.service, "ECS service")
    if path.stop is not None and path.stop.check == "service/task-definition-exists":
        return failed(path.stop.reason, Evidence(DESCRIBE, "taskDefinition", service.task_definition_arn))
    definition = reached(ctx, path.task_definition, "task definition")
    return passed(f"{service.name} runs {definition.title}", Evidence(DESCRIBE, "taskDefinition", definition.arn))


@check(
    "service/active",
    title="The service is ACTIVE",
    severity=Severity.BLOCKER,
    subjects=service_subject,
    why="A service that is DRAINING or INACTIVE has been deleted.",
    fix=Fix("Create the service again."),
    source="botocore 1.44.5, ecs Service.status",
)
def active(ctx: Context, service: Service) -> Verdict:
    evidence = Evidence(DESCRIBE, "status", service.status)
    if service.status == "ACTIVE":
        return passed(f"service {service.name} is ACTIVE", evidence)
    return failed(f"service {service.name} is {service.status}, not ACTIVE", evidence)


@check(
    "service/cluster-active",
    title="The cluster is ACTIVE",
    severity=Severity.BLOCKER,
    subjects=service_subject,
    why="A cluster that is being deleted, or that could not be made, places no task.",
    fix=Fix("Create the cluster again, or the service in another one."),
    source="botocore 1.44.5, ecs Cluster.status",
)
def cluster_active(ctx: Context, service: Service) -> Verdict:
    cluster = ctx.topology.clusters.need(service.cluster_arn)
    evidence = Evidence("ecs:DescribeClusters", "status", cluster.status)
    if cluster.status == "ACTIVE":
        return passed(f"cluster {cluster.name} is ACTIVE", evidence)
    if cluster.status in ("INACTIVE", "DEPROVISIONING", "FAILED"):
        return failed(f"cluster {cluster.name} is {cluster.status}, not ACTIVE", evidence)
    return unknown(f"cluster {cluster.name} is {cluster.status or 'in no state that was told'}, not ACTIVE", evidence)


@check(
    "service/running",
    title="The service runs at least one task",
    severity=Severity.BLOCKER,
    subjects=service_subject,
    why="With no running task there is no backend.",
    fix=Fix(
        "Set the desired count above 0, and read the service's events for why tasks do not start.",
        cli="aws ecs update-service --cluster CLUSTER --service SERVICE --desired-count N",
        terraform="desired_count = N",
    ),
    source="botocore 1.44.5, ecs Service.desiredCount and runningCount",
    refutable=True,
)
def running(ctx: Context, service: Service) -> Verdict:
    evidence = Evidence(DESCRIBE, "desiredCount, runningCount", f"{service.desired}, {service.running}")
    if service.running:
        return passed(f"{service.running} tasks of {service.name} are running", evidence)
    if not service.desired:
        return failed(f"service {service.name} wants 0 tasks and runs none", evidence)
    return failed(f"service {service.name} wants {service.desired} tasks and runs none", evidence)


@check(
    "service/runs-what-it-wants",
    title="The service runs as many tasks as it wants",
    severity=Severity.RISK,
    subjects=service_subject,
    needs=("service/running",),
    why="Missing tasks mean that something keeps ECS from placing or keeping them.",
    fix=Fix(
        "Read the service's events.",
        cli="aws ecs describe-services --cluster CLUSTER --services SERVICE --query 'services[].events[:5]'",
    ),
    source="botocore 1.44.5, ecs Service.desiredCount and runningCount",
)
def runs_what_it_wants(ctx: Context, service: Service) -> Verdict:
    evidence = Evidence(DESCRIBE, "desiredCount, runningCount", f"{service.desired}, {service.running}")
    if service.running >= service.desired:
        return passed(f"{service.name} runs {service.running} of {service.desired} tasks", evidence)
    if any(one.rollout_state == "IN_PROGRESS" for one in service.deployments):
        return noted(
            f"{service.name} runs {service.running} of {service.desired} tasks while a deployment is under way",
            evidence,
        )
    return failed(f"{service.name} runs {service.running} of {service.desired} tasks", evidence)


@check(
    "service/names-a-container",
    title="The service's loadBalancers entry names a container of its task definition",
    severity=Severity.BLOCKER,
    subjects=service_subject,
    why="ECS cannot register a container that the task definition does not have.",
    fix=Fix("Name a container of the task definition in the service's loadBalancers entry."),
    source="botocore 1.44.5, ecs LoadBalancer.containerName",
)
def names_a_container(ctx: Context, service: Service) -> Verdict:
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    group = reached(ctx, ctx.here.target_group, "target group")
    entry = next((one for one in service.targets if one.target_group_arn == group.arn), None)
    if entry is None:
        raise NotApplicable(f"{service.name} does not register in {group.name} itself")
    names = ", ".join(str(one.name) for one in definition.containers)
    evidence = Evidence("ecs:DescribeTaskDefinition", "containerDefinitions[].name", names)
    if definition.container(entry.container_name):
        return passed(f"{definition.title} has container {entry.container_name}", evidence)
    return failed(
        f"{service.name} registers container {entry.container_name}; {definition.title} has {names}", evidence
    )


def fixed_ports(ctx: Context) -> dict[tuple[int, str], str]:
    """The fixed (host port, protocol) pairs of the path's task definition, with their containers."""
    return _fixed_ports(reached(ctx, ctx.here.task_definition, "task definition"))


def _fixed_ports(definition: TaskDefinition) -> dict[tuple[int, str], str]:
    """awsvpc tasks have interfaces of their own and compete for nothing."""
    if mode_of(definition) == "awsvpc":
        return {}
    mappings = [(one, mapping) for one in definition.containers for mapping in one.port_mappings]
    ports = [(host_port_of(definition, mapping).port, mapping, one) for one, mapping in mappings]
    return {(port, str(mapping.protocol)): str(one.name) for port, mapping, one in ports if port}


def _fixed_service(ctx: Context) -> tuple[Subject[Service], ...]:
    if not fixed_ports(ctx):
        raise NotApplicable("no fixed host port: tasks do not compete for one")
    return service_subject(ctx)


def _active(ctx: Context, service: Service) -> list[ContainerInstance]:
    """Instances that keep their tasks: an agent that lost its connection for a while does not end them."""
    hosts = ctx.topology.container_instances.need(service.cluster_arn)
    return [host for host in hosts if host.status == "ACTIVE"]


def _eligible(ctx: Context, service: Service) -> list[ContainerInstance]:
    """Instances that may take a new task: ACTIVE, with a connected agent (ECS developer guide, task placement)."""
    return [host for host in _active(ctx, service) if host.agent_connected]


@check(
    "service/room-for-fixed-ports",
    title="The cluster has an instance for every task with a fixed host port",
    severity=Severity.RISK,
    subjects=_fixed_service,
    why="A fixed host port can be had once an instance: more tasks than instances never run.",
    fix=Fix("Add instances to the cluster, or lower the desired count."),
    source="ECS developer guide, service event messages (already using a port required by your task)",
)
def room_for_fixed_ports(ctx: Context, service: Service) -> Verdict:
    eligible = len(_active(ctx, service))
    evidence = Evidence("ecs:DescribeContainerInstances", "ACTIVE", str(eligible))
    if service.scheduling == "DAEMON":
        return passed(f"{service.name} is a DAEMON service: one task an instance", evidence)
    if service.desired <= eligible:
        return passed(f"{service.desired} tasks of {service.name} have {eligible} instances", evidence)
    ports = ", ".join(str(port) for port, _ in sorted(fixed_ports(ctx)))
    return failed(
        f"{service.name} wants {service.desired} tasks on host port {ports}, {eligible} instances can take one each",
        evidence,
    )


@check(
    "service/can-deploy",
    title="The next deployment can place its tasks beside, or instead of, the running ones",
    severity=Severity.RISK,
    subjects=_fixed_service,
    why="With a fixed host port, an instance for each task and minimumHealthyPercent 100 a deployment waits for ever.",
    fix=Fix(
        "Lower minimumHealthyPercent so that a task may stop first, or add an instance with maximumPercent above 100.",
        cli="aws ecs update-service --cluster CLUSTER --service SERVICE"
        " --deployment-configuration minimumHealthyPercent=50,maximumPercent=100",
        terraform="deployment_minimum_healthy_percent = 50",
    ),
    source="botocore 1.44.5, ecs DeploymentConfiguration (minimum rounds up, maximum rounds down)",
)
def can_deploy(ctx: Context, service: Service) -> Verdict:
    if service.controller not in CONTROLLERS:
        raise UnknownFact(unheard_of(DESCRIBE, f"the deployment controller of {service.name}", service.controller))
    if service.scheduling == "DAEMON" or service.controller != "ECS" or not service.desired:
        raise NotApplicable("only a REPLICA service with rolling deployments and tasks has this arithmetic")
    low = ceil(service.desired * service.min_percent / 100)
    high = floor(service.desired * service.max_percent / 100)
    wanted = {port for port, protocol in fixed_ports(ctx) if protocol == "tcp"}
    free = [host for host in _eligible(ctx, service) if not wanted & set(host.reserved_tcp_ports)]
    evidence = (
        Evidence(DESCRIBE, "minimumHealthyPercent, maximumPercent", f"{service.min_percent}, {service.max_percent}"),
        Evidence("ecs:DescribeContainerInstances", "instances with the port free", str(len(free))),
    )
    if low == 0:
        return noted(
            f"{service.name} may stop all {service.desired} tasks before it starts new ones: a short outage", *evidence
        )
    if low < service.desired:
        return passed(f"{service.name} may stop {service.desired - low} of {service.desired} tasks first", *evidence)
    if high > service.desired and free:
        return passed(
            f"{service.name} may start {high - service.desired} more tasks; {len(free)} instances are free", *evidence
        )
    because = "maximumPercent allows no more" if high <= service.desired else "no instance has the host port free"
    return failed(
        f"{service.name} must keep {low} of {service.desired} tasks running and cannot start another: {because}",
        *evidence,
    )


@check(
    "service/port-not-shared",
    title="No other service of the cluster claims the same fixed host port",
    severity=Severity.BLOCKER,
    subjects=_fixed_service,
    why="Two services on one fixed host port push each other off the instances.",
    fix=Fix("Give one of the services another host port, or an instance pool of its own."),
    source="ECS developer guide, service event messages; faults: svc-two-services-one-port",
)
def port_not_shared(ctx: Context, service: Service) -> Verdict:
    mine = fixed_ports(ctx)
    gaps: list[Gap] = []
    others = [
        one for one in ctx.topology.services.all() if one.cluster_arn == service.cluster_arn and one.arn != service.arn
    ]
    for other in (one for one in others if one.desired or one.running):
        definition = ctx.topology.task_definitions.peek(other.task_definition_arn)
        if isinstance(definition, Gap):
            gaps.append(definition)
        elif definition is not None and (shared := sorted(set(mine) & set(_fixed_ports(definition)))):
            return _shared(ctx, service, other, shared)
    if gaps:
        return from_gap(gaps[0])
    return passed(f"no other service of the cluster claims {', '.join(str(port) for port, _ in sorted(mine))}")


def _shared(ctx: Context, service: Service, other: Service, shared: list[tuple[int, str]]) -> Verdict:
    names = ", ".join(f"{port}/{protocol}" for port, protocol in shared)
    eligible = len(_active(ctx, service))
    wanted = service.desired + other.desired
    evidence = Evidence("ecs:DescribeTaskDefinition", f"hostPort of {other.name}", names)
    both = f"{service.name} and {other.name} both claim host port {names}"
    if wanted <= eligible:
        return noted(f"{both}; {eligible} instances have room for their {wanted} tasks, and no more", evidence)
    return failed(f"{both}: {wanted} tasks for {eligible} instances", evidence)


@check(
    "service/rollout-succeeded",
    title="No deployment of the service has failed",
    severity=Severity.RISK,
    subjects=service_subject,
    why="After a failed rollout the old version serves, or none.",
    fix=Fix(
        "Read why the deployment failed, mend it and deploy again.",
        cli="aws ecs describe-services --cluster CLUSTER --services SERVICE --query 'services[].deployments'",
    ),
    source="botocore 1.44.5, ecs Deployment.rolloutState",
)
def rollout_succeeded(ctx: Context, service: Service) -> Verdict:
    for one in service.deployments:
        if one.rollout_state == "FAILED":
            because = f": {one.rollout_reason}" if one.rollout_reason else ""
            return failed(
                f"deployment {one.id} of {service.name} FAILED{because}", Evidence(DESCRIBE, "rolloutState", "FAILED")
            )
    unheard = next((one for one in service.deployments if one.rollout_state not in ROLLOUT_STATES), None)
    if unheard is not None:
        evidence = Evidence(DESCRIBE, "rolloutState", unheard.rollout_state)
        return unknown(f"deployment {unheard.id} of {service.name} is {unheard.rollout_state}, not known", evidence)
    if len(service.deployments) > 1:
        live = ", ".join(one.task_definition_arn.rpartition("/")[2] for one in service.deployments)
        return noted(f"{service.name} has {len(service.deployments)} deployments in flight: {live}")
    return passed(f"the deployment of {service.name} is complete")


@check(
    "service/places-its-tasks",
    title="ECS does not complain that it cannot place the service's tasks",
    severity=Severity.RISK,
    subjects=service_subject,
    why="These events name the instance and the port that stand in the way.",
    fix=Fix("Mend what the event names: a free instance, the port, or the deployment percentages."),
    source="ECS developer guide, service event messages",
)
def places_its_tasks(ctx: Context, service: Service) -> Verdict:
    since = _news_since(service)
    for event in sorted(service.events, key=_newest_first):
        if "has reached a steady state" in event.message or _is_over(event, since):
            break
        if any(sign in event.message for sign in PLACEMENT_TROUBLE):
            return failed(
                f"{service.name} cannot place its tasks: {event.message}", Evidence(DESCRIBE, "events", event.message)
            )
    return passed(f"no event since {service.name} was last steady or deployed tells of trouble placing its tasks")


def _newest_first(event: ServiceEvent) -> float:
    """Undated ones stay in front, in ECS's own order (newest first)."""
    return -event.at.timestamp() if event.at else float("-inf")


def _is_over(event: ServiceEvent, since: datetime | None) -> bool:
    return event.at is not None and since is not None and event.at <= since


def _news_since(service: Service) -> datetime | None:
    """When events began to tell of now: the newest deployment's end if it runs all it wants, else its start."""
    newest = _newest(service)
    if newest is None:
        return None
    done = newest.rollout_state == "COMPLETED" and service.running >= service.desired
    return (newest.updated if done else None) or newest.created


def _newest(service: Service) -> ServiceDeployment | None:
    return max(service.deployments, key=lambda one: one.created.timestamp() if one.created else 0, default=None)


def _deployed(service: Service) -> datetime | None:
    """When the newest deployment began."""
    newest = _newest(service)
    return newest.created if newest else None


@check(
    "service/grace-period-covers-start",
    title="Tasks are given the time to start before health checks count",
    severity=Severity.RISK,
    subjects=service_subject,
    why="With too short a grace period ECS kills tasks that are still starting, again and again.",
    fix=Fix(
        "Set healthCheckGracePeriodSeconds above the application's start-up time.",
        cli="aws ecs update-service --cluster CLUSTER --service SERVICE --health-check-grace-period-seconds 60",
        terraform="health_check_grace_period_seconds = 60",
    ),
    source="botocore 1.44.5, ecs Service.healthCheckGracePeriodSeconds",
)
def grace_period(ctx: Context, service: Service) -> Verdict:
    since = _deployed(service)  # what an older deployment went through, this one may have mended
    news = [event for event in service.events if not _is_over(event, since)]
    killed = [event.message for event in news if "is unhealthy in target-group" in event.message]
    evidence = Evidence(DESCRIBE, "healthCheckGracePeriodSeconds", str(service.grace_period_s or 0))
    if len(killed) > 1 and not service.grace_period_s:
        return failed(
            f"{service.name} has no grace period, and ECS has replaced {len(killed)} unhealthy tasks", evidence
        )
    return passed(f"no task of {service.name} was killed for want of a grace period", evidence)
