"""Clusters, services, tasks, container instances and task definitions: ecs's answers to the model."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.ecs import (
    Cluster,
    ContainerDefinition,
    ContainerInstance,
    NetworkBinding,
    PortMapping,
    Service,
    ServiceDeployment,
    ServiceEvent,
    ServiceTarget,
    Task,
    TaskContainer,
    TaskDefinition,
)
from vpclink_checks.sources.aws_shapes import Raw, flag, moment, number, part, rows, text, texts, whole, wholes


def cluster(raw: Raw) -> Cluster:
    """One item of ecs:DescribeClusters."""
    return Cluster(arn=text(raw, "clusterArn"), name=text(raw, "clusterName"), status=text(raw, "status"))


def service(raw: Raw) -> Service:
    """One item of ecs:DescribeServices; with an external controller its task sets say what it runs."""
    sets = rows(raw, "taskSets")
    primary = next((one for one in sets if text(one, "status") == "PRIMARY"), next(iter(sets), {}))
    configuration = part(raw, "deploymentConfiguration")
    network = part(raw, "networkConfiguration") or part(primary, "networkConfiguration")
    awsvpc = part(network, "awsvpcConfiguration")
    daemon = text(raw, "schedulingStrategy", default="REPLICA") == "DAEMON"
    return Service(
        arn=text(raw, "serviceArn"),
        name=text(raw, "serviceName"),
        cluster_arn=text(raw, "clusterArn"),
        status=text(raw, "status"),
        desired=number(raw, "desiredCount", 0),
        running=number(raw, "runningCount", 0),
        pending=number(raw, "pendingCount", 0),
        scheduling=text(raw, "schedulingStrategy", default="REPLICA"),
        launch_type=text(raw, "launchType") or text(primary, "launchType"),
        controller=text(part(raw, "deploymentController"), "type", default="ECS"),
        task_definition_arn=text(raw, "taskDefinition") or text(primary, "taskDefinition"),
        targets=tuple(dict.fromkeys(target for one in (raw, *sets) for target in _targets(one))),
        deployments=tuple(_deployments(raw, sets)),
        min_percent=number(configuration, "minimumHealthyPercent", 0 if daemon else 100),
        max_percent=number(configuration, "maximumPercent", 100 if daemon else 200),
        grace_period_s=whole(raw.get("healthCheckGracePeriodSeconds")),
        distinct_instance=any(text(one, "type") == "distinctInstance" for one in rows(raw, "placementConstraints")),
        circuit_breaker=flag(part(configuration, "deploymentCircuitBreaker"), "enable"),
        assign_public_ip=text(awsvpc, "assignPublicIp"),
        subnet_ids=texts(awsvpc, "subnets"),
        security_group_ids=texts(awsvpc, "securityGroups"),
        events=tuple(_event(one) for one in rows(raw, "events")),
        express=text(raw, "resourceManagementType") == "ECS",
    )


def _targets(raw: Raw) -> Iterator[ServiceTarget]:
    for one in rows(raw, "loadBalancers"):
        if text(one, "targetGroupArn"):
            yield ServiceTarget(
                target_group_arn=text(one, "targetGroupArn"),
                container_name=text(one, "containerName"),
                container_port=number(one, "containerPort", 0),
                alternate_target_group_arn=text(part(one, "advancedConfiguration"), "alternateTargetGroupArn"),
            )


def _deployments(raw: Raw, sets: list[Raw]) -> Iterator[ServiceDeployment]:
    for one in rows(raw, "deployments"):
        yield ServiceDeployment(
            id=text(one, "id"),
            status=text(one, "status"),
            task_definition_arn=text(one, "taskDefinition"),
            desired=number(one, "desiredCount", 0),
            running=number(one, "runningCount", 0),
            failed=number(one, "failedTasks", 0),
            rollout_state=text(one, "rolloutState"),
            rollout_reason=text(one, "rolloutStateReason"),
            created=moment(one.get("createdAt")),
            updated=moment(one.get("updatedAt")),
        )
    for one in sets:
        yield ServiceDeployment(
            id=text(one, "id"),
            status=text(one, "status"),
            task_definition_arn=text(one, "taskDefinition"),
            desired=number(one, "computedDesiredCount", 0),
            running=number(one, "runningCount", 0),
            rollout_state=text(one, "stabilityStatus"),
            created=moment(one.get("createdAt")),
            updated=moment(one.get("updatedAt")),
        )


def _event(raw: Raw) -> ServiceEvent:
    return ServiceEvent(at=moment(raw.get("createdAt")), message=text(raw, "message"))


def task(raw: Raw) -> Task:
    """One item of ecs:DescribeTasks."""
    return Task(
        arn=text(raw, "taskArn"),
        cluster_arn=text(raw, "clusterArn"),
        group=text(raw, "group"),
        status=text(raw, "lastStatus"),
        health=text(raw, "healthStatus"),
        task_definition_arn=text(raw, "taskDefinitionArn"),
        container_instance_arn=text(raw, "containerInstanceArn"),
        addresses=tuple(_task_addresses(raw)),
        containers=tuple(map(_container, rows(raw, "containers"))),
    )


def _task_addresses(raw: Raw) -> Iterator[str]:
    """The private IPv4 addresses of a task's own interface (awsvpc)."""
    for attachment in rows(raw, "attachments"):
        if text(attachment, "type") == "ElasticNetworkInterface":
            details = rows(attachment, "details")
            yield from (text(one, "value") for one in details if text(one, "name") == "privateIPv4Address")


def _container(raw: Raw) -> TaskContainer:
    return TaskContainer(
        name=text(raw, "name"),
        status=text(raw, "lastStatus"),
        health=text(raw, "healthStatus"),
        bindings=tuple(_bindings(raw)),
    )


def _bindings(raw: Raw) -> Iterator[NetworkBinding]:
    """One for each pair of ports; a binding of a range has no single pair, and is opened up."""
    for one in rows(raw, "networkBindings"):
        for inside, outside in _pairs(one):
            yield NetworkBinding(
                container_port=inside,
                host_port=outside,
                protocol=text(one, "protocol", default="tcp"),
                bind_ip=text(one, "bindIP", default="0.0.0.0"),  # noqa: S104 - a fact of ECS, nothing is bound
            )


def _pairs(raw: Raw) -> Iterator[tuple[int, int]]:
    inside, outside = whole(raw.get("containerPort")), whole(raw.get("hostPort"))
    if inside is not None and outside is not None:
        yield inside, outside
        return
    yield from zip(_range(text(raw, "containerPortRange")), _range(text(raw, "hostPortRange")), strict=False)


def _range(word: str) -> range:
    first, _, last = word.partition("-")
    start, end = whole(first), whole(last)
    return range(start, end + 1) if start is not None and end is not None else range(0)


def container_instance(raw: Raw, cluster_arn: str) -> ContainerInstance:
    """One item of ecs:DescribeContainerInstances, which does not say its cluster."""
    return ContainerInstance(
        arn=text(raw, "containerInstanceArn"),
        cluster_arn=cluster_arn,
        instance_id=text(raw, "ec2InstanceId"),
        status=text(raw, "status"),
        status_reason=text(raw, "statusReason"),
        agent_connected=flag(raw, "agentConnected"),
        agent_version=text(part(raw, "versionInfo"), "agentVersion"),
        reserved_tcp_ports=_ports(raw, "remainingResources"),
        registered_tcp_ports=_ports(raw, "registeredResources"),
    )


def _ports(raw: Raw, key: str) -> tuple[int, ...]:
    found = (one for one in rows(raw, key) if text(one, "name") == "PORTS")
    return tuple(port for one in found for port in wholes(texts(one, "stringSetValue")))


def task_definition(raw: Raw) -> TaskDefinition:
    """``taskDefinition`` of ecs:DescribeTaskDefinition. Environments and secrets are never looked at."""
    mode = text(raw, "networkMode")
    system = text(part(raw, "runtimePlatform"), "operatingSystemFamily")
    return TaskDefinition(
        arn=text(raw, "taskDefinitionArn"),
        family=text(raw, "family"),
        revision=whole(raw.get("revision")),
        network_mode=mode or None,
        compatibilities=texts(raw, "requiresCompatibilities"),
        os_family=system or None,
        containers=tuple(map(_definition, rows(raw, "containerDefinitions"))),
    )


def _definition(raw: Raw) -> ContainerDefinition:
    return ContainerDefinition(
        name=text(raw, "name"),
        essential=flag(raw, "essential", default=True),
        port_mappings=tuple(map(_mapping, rows(raw, "portMappings"))),
        memory=whole(raw.get("memory")),
        memory_reservation=whole(raw.get("memoryReservation")),
        health_check=bool(part(raw, "healthCheck")),
    )


def _mapping(raw: Raw) -> PortMapping:
    return PortMapping(
        container_port=whole(raw.get("containerPort")),
        host_port=whole(raw.get("hostPort")),
        protocol=text(raw, "protocol", default="tcp"),
        container_port_range=text(raw, "containerPortRange") or None,
    )
