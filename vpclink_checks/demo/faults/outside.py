"""Faults that only callers see, and ways in that should not be."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    API_CALLS,
    HEALTH,
    HOST_TABLE,
    HOSTS_GROUP,
    IGW,
    NEIGHBOURS,
    ORDERS_API,
    ROUTES,
    STATUS,
)
from vpclink_checks.demo.overlay import JSON, Append, Drop, Set
from vpclink_checks.demo.wire import API_PORT, HOST_A, HOST_B, Plane

PUBLIC = "198.51.100.20"

FAULTS = (
    Fault(
        id="exp-instance-public-ipv4",
        hop="exposure",
        title="An instance has a public address, a route to the internet, and its port open",
        changes=(
            Set(
                "ec2:DescribeNetworkInterfaces",
                "",
                ("NetworkInterfaces", ("PrivateIpAddress", "10.0.1.20"), "Association"),
                {"PublicIp": PUBLIC, "IpOwnerId": "amazon"},
            ),
            Set(
                "ec2:DescribeNetworkInterfaces",
                "",
                ("NetworkInterfaces", ("PrivateIpAddress", "10.0.1.20"), "PrivateIpAddresses", 0, "Association"),
                {"PublicIp": PUBLIC, "IpOwnerId": "amazon"},
            ),
            Set(
                "ec2:DescribeInstances",
                "",
                ("Reservations", "*", "Instances", ("InstanceId", HOST_A), "PublicIpAddress"),
                PUBLIC,
            ),
            Set(
                "ec2:DescribeRouteTables",
                "",
                ("RouteTables", ("RouteTableId", HOST_TABLE), "Routes", 1),
                {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": IGW, "Origin": "CreateRoute", "State": "active"},
            ),
            Append(
                "ec2:DescribeSecurityGroups",
                "",
                ("SecurityGroups", ("GroupId", HOSTS_GROUP), "IpPermissions", 0, "IpRanges"),
                {"CidrIp": "0.0.0.0/0"},
            ),
        ),
        fails={
            "network/backend-port-not-open-to-the-world": (
                "orders/api:8080 in eu-west-2a",
                "orders/api:8080 in eu-west-2b",
            ),
            "exposure/no-internet-path": ("orders/api:8080 in eu-west-2a",),
            "exposure/no-public-address": ("orders/api:8080 in eu-west-2a", "orders/status:7777 in eu-west-2a"),
        },
    ),
    Fault(
        id="exp-launch-template-public",
        hop="exposure",
        title="Instances launched next get a public address",
        changes=(
            Set(
                "autoscaling:DescribeLaunchConfigurations",
                "",
                ("LaunchConfigurations", 0, "AssociatePublicIpAddress"),
                True,  # noqa: FBT003 - AWS's value
            ),
        ),
        fails={
            "exposure/launch-gives-no-public-address": ("orders-hosts",),
        },
    ),
    Fault(
        id="exp-method-no-auth",
        hop="exposure",
        title="One route asks for IAM authorization, another to the same backend for nothing",
        changes=(
            Set(
                "apigateway:GetExport",
                ORDERS_API,
                ("body", JSON, "paths", "/{proxy+}", "x-amazon-apigateway-any-method", "security"),
                [{"sigv4": []}],
            ),
            Set(
                "apigateway:GetExport",
                ORDERS_API,
                ("body", JSON, "components"),
                {
                    "securitySchemes": {
                        "sigv4": {
                            "type": "apiKey",
                            "name": "Authorization",
                            "in": "header",
                            "x-amazon-apigateway-authtype": "awsSigv4",
                        }
                    }
                },
            ),
            Set(
                "apigateway:GetResources",
                ORDERS_API,
                ("items", ("path", "/{proxy+}"), "resourceMethods", "ANY", "authorizationType"),
                "AWS_IAM",
            ),
        ),
        plane=Plane(answers={"orders/health": "missing-token"}),
        fails={
            "exposure/no-unauthenticated-way-round": ("orders-api",),
        },
        unknowns={
            ROUTES: (HEALTH,),
        },
    ),
    Fault(
        id="e2e-false-pass-other-backend",
        hop="end-to-end",
        title="Something else answers 200 in the backend's place",
        plane=Plane(answers={"orders/status": "mock"}),
        fails={
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="e2e-intermittent-az",
        hop="end-to-end",
        title="One zone fails under traffic, though its health checks pass",
        plane=Plane(traffic_dropped=frozenset({(HOST_B, API_PORT)})),
        fails={
            ROUTES: API_CALLS,
        },
    ),
    Fault(
        id="e2e-lambda-regression",
        hop="end-to-end",
        title="The other API's mapping was lost when ours was added",
        changes=(
            Drop("apigateway:GetBasePathMappings", "", ("items", ("basePath", "hello"))),
            Drop("apigatewayv2:GetApiMappings", "", ("Items", ("ApiMappingKey", "hello"))),
        ),
        plane=Plane(answers={"hello": "forbidden"}),
        fails={
            NEIGHBOURS: ("GET /hello",),
        },
    ),
)
