"""Faults of the instances, the service and its task definition."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    ALL_CALLS,
    API_GROUP,
    CLUSTER,
    ECS,
    ROUTES,
    STATUS,
    STATUS_EVERYWHERE,
    STATUS_GROUP,
    unhealthy,
)
from vpclink_checks.demo.overlay import Answered, Append, Change, Set
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


BILLING_ANSWERS: tuple[Change, ...] = (
    Append("ecs:ListServices", "", ("serviceArns",), BILLING),
    Answered(
        "ecs",
        "DescribeServices",
        {"cluster": CLUSTER, "services": [BILLING]},
        {
            "services": [
                {
                    "serviceArn": BILLING,
                    "serviceName": "billing",
                    "clusterArn": CLUSTER,
                    "loadBalancers": [],
                    "status": "ACTIVE",
                    "desiredCount": 1,
                    "runningCount": 0,
                    "pendingCount": 0,
                    "launchType": "EC2",
                    "taskDefinition": BILLING_TASK,
                    "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
                    "deployments": [
                        {
                            "id": "ecs-svc/9876543210987654321",
                            "status": "PRIMARY",
                            "taskDefinition": BILLING_TASK,
                            "desiredCount": 1,
                            "runningCount": 0,
                            "rolloutState": "IN_PROGRESS",
                        }
                    ],
                    "events": [],
                    "schedulingStrategy": "REPLICA",
                }
            ],
            "failures": [],
        },
    ),
    Answered(
        "ecs",
        "DescribeTaskDefinition",
        {"taskDefinition": BILLING_TASK},
        {
            "taskDefinition": {
                "taskDefinitionArn": BILLING_TASK,
                "family": "billing",
                "revision": 3,
                "networkMode": "bridge",
                "requiresCompatibilities": ["EC2"],
                "containerDefinitions": [
                    {
                        "name": "billing",
                        "memory": 128,
                        "essential": True,
                        "portMappings": [{"containerPort": 8080, "hostPort": 10000, "protocol": "tcp"}],
                    }
                ],
            }
        },
    ),
)

FAULTS = (
    Fault(
        id="host-agent-disconnected",
        hop="instance",
        title="No ECS agent is connected; what runs keeps running",
        changes=(Set(HOSTS, "", ("containerInstances", "*", "agentConnected"), False),),  # noqa: FBT003 - AWS's value
        fails={"instance/agent-connected": ("orders",)},
    ),
    Fault(
        id="host-instance-draining",
        hop="instance",
        title="One container instance is draining",
        changes=(Set(HOSTS, "", (*ON_B, "status"), "DRAINING"),),
        fails={
            "instance/active": ("orders/api:8080 in eu-west-2b", "orders/status:7777 in eu-west-2b"),
            "service/room-for-fixed-ports": ("orders",),
        },
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
        fails={
            "instance/port-not-reserved": ("orders/api:8080 in eu-west-2b",),
            "task-definition/host-port-not-reserved": ("orders/api:8080",),
        },
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
        fails={
            "target-group/healthy-targets": ("orders-api", "orders-status"),
            "service/running": ("orders",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="svc-fixed-port-deploy-stall",
        hop="service",
        title="A deployment could neither stop a task first nor place a new one beside it",
        changes=(_service("deploymentConfiguration", {"maximumPercent": 200, "minimumHealthyPercent": 100}),),
        fails={
            "service/can-deploy": ("orders",),
        },
    ),
    Fault(
        id="svc-two-services-one-port",
        hop="service",
        title="Another service of the cluster claims the same host port",
        changes=BILLING_ANSWERS,
        fails={
            "service/port-not-shared": ("orders",),
        },
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
        fails={
            "service/rollout-succeeded": ("orders",),
        },
    ),
    Fault(
        id="task-host-port-dynamic",
        hop="task-definition",
        title="A host port is left to chance",
        changes=(_status_mapping("hostPort", 0),),
        fails={
            "network/dynamic-port-range-admitted": (
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            "task-definition/declared-host-ports": ("orders:7777",),
            "task-definition/fixed-host-port": ("orders/status:7777",),
        },
    ),
    Fault(
        id="task-host-port-reserved",
        hop="task-definition",
        title="A host port is one that the agent reserves",
        changes=(_status_mapping("hostPort", 2376),),
        fails={
            "instance/port-not-reserved": ("orders/status:7777 in eu-west-2a", "orders/status:7777 in eu-west-2b"),
            "task-definition/declared-host-ports": ("orders:7777",),
            "task-definition/host-port-not-reserved": ("orders/status:7777",),
        },
    ),
    Fault(
        id="task-host-port-ephemeral",
        hop="task-definition",
        title="A fixed host port lies in the range of outgoing connections",
        changes=(_status_mapping("hostPort", 40000),),
        fails={
            "task-definition/declared-host-ports": ("orders:7777",),
            "task-definition/host-port-outside-ephemeral-range": ("orders/status:7777",),
        },
    ),
    Fault(
        id="task-udp-mapping",
        hop="task-definition",
        title="A port is mapped for UDP",
        changes=(_status_mapping("protocol", "udp"), *unhealthy(STATUS_GROUP, "Target.FailedHealthChecks")),
        plane=Plane(dead=STATUS_EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-status",),
            "task-definition/tcp-for-http": ("orders/status:7777/udp",),
            ROUTES: (STATUS,),
        },
    ),
)
