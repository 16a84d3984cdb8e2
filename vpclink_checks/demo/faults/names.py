"""Names of the demo's things, as its recording spells them, and changes that several faults make."""

from __future__ import annotations

from vpclink_checks.demo.overlay import EVERY, JSON, Change, Drop, Set, Step
from vpclink_checks.demo.wire import API_PORT, HOST_A, HOST_B, STATUS_PORT, Place

DOMAIN = "api.example.com"
ORDERS_API, HELLO_API, LINK = "a1b2c3d4e5", "f6g7h8i9j0", "vl1a2b3"
REGION, ACCOUNT = "eu-west-2", "123456789012"
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
NLB = f"{ELB}:loadbalancer/net/orders/0123456789abcdef"
API_GROUP, STATUS_GROUP = (
    f"{ELB}:targetgroup/orders-api/1111111111111111",
    f"{ELB}:targetgroup/orders-status/2222222222222222",
)
CLUSTER = f"{ECS}:cluster/orders-cluster"
VPC, IGW = "vpc-0123456789abcdef0", "igw-0123456789abcdef0"
HOSTS_GROUP = "sg-0d2d2d2d2d2d2d2d2"
HOST_SUBNETS = ("subnet-0a1a1a1a1a1a1a1a1", "subnet-0b1b1b1b1b1b1b1b1")
PUBLIC_SUBNET = "subnet-0a3a3a3a3a3a3a3a3"
HOST_TABLE = "rtb-0bbbbbbbbbbbbbbbb"

API_EVERYWHERE: frozenset[Place] = frozenset((host, API_PORT) for host in (HOST_A, HOST_B))
STATUS_EVERYWHERE: frozenset[Place] = frozenset((host, STATUS_PORT) for host in (HOST_A, HOST_B))
# What callers ask, as subjects of the end-to-end checks.
ROOT, HEALTH, STATUS = "GET /orders", "GET /orders/health", "GET /orders/status"
API_CALLS, ALL_CALLS = (ROOT, HEALTH), (ROOT, HEALTH, STATUS)
HELLO = f"{DOMAIN}/hello"

ROUTES = "end-to-end/custom-domain-routes"
NEIGHBOURS = "end-to-end/neighbours-keep-their-paths"


def unhealthy(group: str, reason: str, *hosts: str) -> tuple[Change, ...]:
    """Targets of a group (by part of its ARN) that fail their health checks; all of them without *hosts*."""
    health = {"State": "unhealthy", "Reason": reason}
    steps: list[Step] = [("Target.Id", host) for host in hosts] or [EVERY]
    return tuple(
        Set("elbv2:DescribeTargetHealth", group, ("TargetHealthDescriptions", step, "TargetHealth"), health)
        for step in steps
    )


def deregistered(group: str, host: str) -> Change:
    """A target that is gone."""
    return Drop("elbv2:DescribeTargetHealth", group, ("TargetHealthDescriptions", ("Target.Id", host)))


def served_status(key: str, value: object) -> Change:
    """A field of the integration behind ``/status``, as the stage serves it."""
    at = ("body", JSON, "paths", "/status", "get", "x-amazon-apigateway-integration", key)
    return Set("apigateway:GetExport", ORDERS_API, at, value)


def edited_status(key: str, value: object) -> Change:
    """The same field as it is edited."""
    at = ("items", ("path", "/status"), "resourceMethods", "GET", "methodIntegration", key)
    return Set("apigateway:GetResources", ORDERS_API, at, value)
