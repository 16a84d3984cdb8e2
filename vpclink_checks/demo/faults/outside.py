"""Faults that only callers see, and ways in that should not be."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import HOST_TABLE, HOSTS_GROUP, IGW
from vpclink_checks.demo.overlay import Append, Drop, Set
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
    ),
    Fault(
        id="e2e-false-pass-other-backend",
        hop="end-to-end",
        title="Something else answers 200 in the backend's place",
        plane=Plane(answers={"orders/status": "mock"}),
    ),
    Fault(
        id="e2e-intermittent-az",
        hop="end-to-end",
        title="One zone fails under traffic, though its health checks pass",
        plane=Plane(traffic_dropped=frozenset({(HOST_B, API_PORT)})),
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
    ),
)
