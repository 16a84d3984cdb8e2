"""Faults of the instances, the service and its task definition."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    API_GROUP,
    ECS,
    STATUS_EVERYWHERE,
    STATUS_GROUP,
    unhealthy,
)
from vpclink_checks.demo.overlay import Change, Set
from vpclink_checks.demo.wire import EVERYWHERE, HOST_B, Plane

HOSTS = "ecs:DescribeContainerInstances"
SERVICES = "ecs:DescribeServices"
TASK_DEFINITION = "ecs:DescribeTaskDefinition"
ON_B = ("containerInstances", ("ec2InstanceId", HOST_B))
ORDERS = ("services", ("serviceName", "orders"))
BILLING, BILLING_TASK = f"{ECS}:service/orders-cluster/billing", f"{ECS}:task-definition/billing:3"


def _status_mapping(key: str, value: object) -> Change:
    at = ("taskDefinition", "containerDefinitions", ("name", "status"), "portMappings", 0, key)
    return Set(TASK_DEFINITION, "orders:7", at, value)


def _service(key: str, value: object) -> Change:
    return Set(SERVICES, "", (*ORDERS, key), value)


FAULTS = (
    Fault(
        id="host-agent-disconnected",
        hop="instance",
        title="The ECS agent of one instance is disconnected",
        changes=(Set(HOSTS, "", (*ON_B, "agentConnected"), False),),  # noqa: FBT003 - AWS's value
    ),
    Fault(
        id="host-instance-draining",
        hop="instance",
        title="One container instance is draining",
        changes=(Set(HOSTS, "", (*ON_B, "status"), "DRAINING"),),
    ),
    Fault(
        id="host-reserved-ports-override",
        hop="instance",
        title="The agent reserves the service's own port",
        changes=(
            Set(
                HOSTS,
                "",
                (*ON_B, "registeredResources", ("name", "PORTS"), "stringSetValue"),
                ["10000", "2375", "2376", "51678", "51679"],
            ),
        ),
    ),
    Fault(
        id="svc-zero-running",
        hop="service",
        title="The service runs no task",
        changes=(
            _service("runningCount", 0),
            Set(SERVICES, "", (*ORDERS, "deployments", 0, "runningCount"), 0),
            Set("ecs:ListTasks", "", ("taskArns",), []),
            *unhealthy(API_GROUP, "Target.FailedHealthChecks"),
            *unhealthy(STATUS_GROUP, "Target.FailedHealthChecks"),
        ),
        plane=Plane(dead=EVERYWHERE),
    ),
    Fault(
        id="svc-fixed-port-deploy-stall",
        hop="service",
        title="A deployment could neither stop a task first nor place a new one beside it",
        changes=(_service("deploymentConfiguration", {"maximumPercent": 200, "minimumHealthyPercent": 100}),),
    ),
    Fault(
        id="svc-rollout-failed",
        hop="service",
        title="The last deployment failed",
        changes=(
            Set(SERVICES, "", (*ORDERS, "deployments", 0, "rolloutState"), "FAILED"),
            Set(
                SERVICES,
                "",
                (*ORDERS, "deployments", 0, "rolloutStateReason"),
                "ECS deployment circuit breaker: tasks failed to start.",
            ),
        ),
    ),
    Fault(
        id="task-host-port-dynamic",
        hop="task-definition",
        title="A host port is left to chance",
        changes=(_status_mapping("hostPort", 0),),
    ),
    Fault(
        id="task-host-port-reserved",
        hop="task-definition",
        title="A host port is one that the agent reserves",
        changes=(_status_mapping("hostPort", 51678),),
    ),
    Fault(
        id="task-host-port-ephemeral",
        hop="task-definition",
        title="A fixed host port lies in the range of outgoing connections",
        changes=(_status_mapping("hostPort", 40000),),
    ),
    Fault(
        id="task-udp-mapping",
        hop="task-definition",
        title="A port is mapped for UDP",
        changes=(_status_mapping("protocol", "udp"), *unhealthy(STATUS_GROUP, "Target.FailedHealthChecks")),
        plane=Plane(dead=STATUS_EVERYWHERE),
    ),
)
