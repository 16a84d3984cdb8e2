"""Checks of the instance hop: container instances, their agent, and what will replace them."""

from __future__ import annotations

from vpclink_checks.checks.balancing import in_service, target_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import reached, service_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.compute import AutoScalingGroup, Instance
from vpclink_checks.model.ecs import ContainerInstance, Service
from vpclink_checks.model.host_port import host_port_of
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

HOSTS = "ecs:DescribeContainerInstances"


def _instance_group(ctx: Context) -> None:
    group = reached(ctx, ctx.here.target_group, "target group")
    if group.known_type != "instance":
        raise NotApplicable(f"targets of {group.name} are of type {group.target_type}, not instances")


def instance_subjects(ctx: Context) -> tuple[Subject[Target], ...]:
    """Each instance target that is not draining."""
    _instance_group(ctx)
    return target_subjects(ctx)


def _cluster_hosts(ctx: Context) -> tuple[ContainerInstance, ...]:
    service = reached(ctx, ctx.here.service, "ECS service")
    return ctx.topology.container_instances.need(service.cluster_arn)


def _host_of(ctx: Context, target: Target) -> ContainerInstance:
    found = [host for host in _cluster_hosts(ctx) if host.instance_id == target.id]
    if not found:
        raise NotApplicable(f"{target.id} is no container instance, which instance/registered-in-cluster judges")
    return found[0]


@check(
    "instance/running",
    title="The instance of every target runs",
    severity=Severity.BLOCKER,
    subjects=instance_subjects,
    why="A stopped or terminated instance answers nobody.",
    fix=Fix("Start the instance, or let the auto scaling group replace it and deregister it."),
    source="botocore 1.44.5, ec2 InstanceStateName",
)
def running(ctx: Context, target: Target) -> Verdict:
    instance = ctx.topology.instances.find(target.id)
    if instance is None:
        return failed(f"{target.id} is registered, but no such instance exists")
    evidence = Evidence("ec2:DescribeInstances", "State.Name", instance.state)
    if instance.state == "running":
        return passed(f"{target.id} is running", evidence)
    return failed(f"{target.id} is {instance.state}", evidence)


@check(
    "instance/registered-in-cluster",
    title="The instance of every target is a container instance of the service's cluster",
    severity=Severity.RISK,
    subjects=instance_subjects,
    why="ECS places no task on an instance that joined another cluster or none.",
    fix=Fix("Set ECS_CLUSTER in the instance's user data to the service's cluster and replace the instance."),
    source="amazon-ecs-agent README, ECS_CLUSTER (the default is the cluster named default)",
)
def registered_in_cluster(ctx: Context, target: Target) -> Verdict:
    service = reached(ctx, ctx.here.service, "ECS service")
    ids = {host.instance_id for host in _cluster_hosts(ctx)}
    cluster = service.cluster_arn.rpartition("/")[2]
    evidence = Evidence(HOSTS, "ec2InstanceId", ", ".join(sorted(ids)))
    if target.id in ids:
        return passed(f"{target.id} is a container instance of {cluster}", evidence)
    return failed(f"{target.id} is no container instance of {cluster}, where {service.name} runs", evidence)


@check(
    "instance/active",
    title="The container instance of every target is ACTIVE",
    severity=Severity.RISK,
    subjects=instance_subjects,
    why="ECS places no new task on an instance that is draining or failed to register.",
    fix=Fix(
        "Set the instance ACTIVE again, or let it be replaced.",
        cli="aws ecs update-container-instances-state --cluster CLUSTER --container-instances ARN --status ACTIVE",
    ),
    source="botocore 1.44.5, ecs ContainerInstance.status",
)
def active(ctx: Context, target: Target) -> Verdict:
    host = _host_of(ctx, target)
    evidence = Evidence(HOSTS, "status", host.status)
    because = f": {host.status_reason}" if host.status_reason else ""
    if host.status == "ACTIVE":
        return passed(f"container instance {target.id} is ACTIVE", evidence)
    return failed(f"container instance {target.id} is {host.status}, not ACTIVE{because}", evidence)


@check(
    "instance/agent-connected",
    title="The ECS agents of the service's instances are connected",
    severity=Severity.RISK,
    subjects=service_subject,
    why="Without its agent an instance keeps its tasks but takes no new one, and reports nothing.",
    fix=Fix("Restart the agent on the instance (systemctl restart ecs) and check its way to the ECS endpoints."),
    source="botocore 1.44.5, ecs ContainerInstance.agentConnected",
)
def agent_connected(ctx: Context, service: Service) -> Verdict:
    _instance_group(ctx)
    ids = {target.id for target in in_service(ctx)}
    mine = [host for host in _cluster_hosts(ctx) if host.instance_id in ids]
    if not mine:
        raise NotApplicable(f"no target of {service.name} is a container instance")
    lost = sorted(host.instance_id for host in mine if not host.agent_connected)
    evidence = Evidence(HOSTS, "agentConnected", f"false on {', '.join(lost)}" if lost else "true")
    if not lost:
        return passed(f"the agents of all {len(mine)} instances are connected", evidence)
    if len(lost) == len(mine):
        return failed(f"no agent of {service.name}'s instances is connected: {', '.join(lost)}", evidence)
    return noted(
        f"the agent of {', '.join(lost)} is not connected; short breaks are normal, its tasks keep serving", evidence
    )


@check(
    "instance/port-not-reserved",
    title="The agent does not reserve the fixed host port",
    severity=Severity.RISK,
    subjects=instance_subjects,
    why="ECS places no task with a fixed host port on an instance whose agent reserves that port.",
    fix=Fix(
        "Take the port out of ECS_RESERVED_PORTS in the instances' user data (the variable replaces the default list)."
    ),
    source="amazon-ecs-agent README, ECS_RESERVED_PORTS; botocore 1.44.5, ecs ContainerInstance.registeredResources",
)
def port_not_reserved(ctx: Context, target: Target) -> Verdict:
    host = _host_of(ctx, target)
    wanted = _fixed_port(ctx)
    listed = ", ".join(map(str, host.registered_tcp_ports))
    evidence = Evidence(HOSTS, "registeredResources PORTS", listed)
    if wanted in host.registered_tcp_ports:
        return failed(
            f"the agent on {target.id} reserves host port {wanted}: no task that wants it is placed there", evidence
        )
    return passed(f"host port {wanted} is not reserved on {target.id}", evidence)


def _fixed_port(ctx: Context) -> int:
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    container = definition.container(ctx.here.container_name)
    for mapping in container.port_mappings if container else ():
        port = host_port_of(definition, mapping).port
        if mapping.container_port == ctx.here.container_port and port:
            return port
    raise NotApplicable("the container has no fixed host port")


def launching_group(ctx: Context) -> tuple[Subject[AutoScalingGroup], ...]:
    """The auto scaling groups that launched the path's instances."""
    _instance_group(ctx)
    names = {_group_of(ctx, target) for target in in_service(ctx)} - {""}
    groups = [ctx.topology.auto_scaling_groups.need(name) for name in sorted(names)]
    return tuple(Subject(group.name, group.name, group) for group in groups)


def _group_of(ctx: Context, target: Target) -> str:
    instance: Instance | None = ctx.topology.instances.find(target.id)
    return instance.auto_scaling_group if instance else ""


@check(
    "instance/launches-into-the-cluster",
    title="New instances join the service's cluster",
    severity=Severity.RISK,
    subjects=launching_group,
    why="The next instance of the auto scaling group would join another cluster and run nothing of this service.",
    fix=Fix("Write ECS_CLUSTER=NAME of the service's cluster into /etc/ecs/ecs.config in the user data."),
    source="amazon-ecs-agent README, ECS_CLUSTER",
)
def launches_into_the_cluster(ctx: Context, group: AutoScalingGroup) -> Verdict:
    service = reached(ctx, ctx.here.service, "ECS service")
    if not group.launch:
        raise NotApplicable(f"auto scaling group {group.name} has no launch settings of its own")
    agent = ctx.topology.launch_settings.need(group.launch).agent
    cluster = service.cluster_arn.rpartition("/")[2]
    evidence = Evidence("user data", "ECS_CLUSTER", agent.get("ECS_CLUSTER", "not set"))
    if "ECS_CLUSTER" not in agent:
        return unknown(
            f"user data of {group.launch} does not show which cluster new instances of {group.name} join", evidence
        )
    if agent["ECS_CLUSTER"] == cluster:
        return passed(f"new instances of {group.name} join {cluster}", evidence)
    return failed(
        f"new instances of {group.name} join {agent['ECS_CLUSTER']}, while {service.name} runs in {cluster}", evidence
    )
