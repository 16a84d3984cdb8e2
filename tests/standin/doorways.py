"""The demo with an entrance of each kind beside its path: what leads to the operations that ask about them."""

from __future__ import annotations

from typing import Any

from tests.healthy import HOST_A, HOSTS_A, NLB_ARN, SERVICE, VPC
from tests.sources.demo_facts import answer, changed, with_facts, without
from vpclink_checks.sources.facts import Answer, Recording

ACCELERATOR = "arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d-custom"
LISTENER = f"{ACCELERATOR}/listener/0123abcd"
ENDPOINT_SERVICE = "vpce-svc-0123456789abcdef0"
MESH = "arn:aws:vpc-lattice:eu-west-2:123456789012:targetgroup/tg-0123456789abcdef0"
GATEWAY = "arn:aws:ecs:eu-west-2:123456789012:gateway/front"
SUBNET_ADDRESS = "10.0.1.20"


def entrances() -> Recording:
    """None of them is public, so that what is not known about one is the worst that its check says."""
    express = changed(("ecs:DescribeServices", lambda page: page["services"][0].update(resourceManagementType="ECS")))
    more = [*_custom_routing(), *_endpoint_service(), *_lattice(), *_ecs()]
    return with_facts([*without(express, *{one.call.name for one in more}), *more])


def _custom_routing() -> list[Answer]:
    accelerator: dict[str, Any] = {
        "AcceleratorArn": ACCELERATOR,
        "Name": "custom",
        "Enabled": True,
        "Status": "DEPLOYED",
        "IpAddressType": "IPV4",
        "IpSets": [{"IpAddressFamily": "IPv4", "IpAddresses": ["203.0.113.6"]}],
    }
    listener = {"ListenerArn": LISTENER, "PortRanges": [{"FromPort": 5000, "ToPort": 6000}]}
    group = {
        "EndpointGroupArn": f"{LISTENER}/endpoint-group/abc",
        "EndpointGroupRegion": "eu-west-2",
        "EndpointDescriptions": [{"EndpointId": HOSTS_A}],
    }
    port = {
        "AcceleratorArn": ACCELERATOR,
        "AcceleratorSocketAddresses": [{"IpAddress": "203.0.113.6", "Port": 5001}],
        "EndpointGroupArn": group["EndpointGroupArn"],
        "EndpointId": HOSTS_A,
        "EndpointGroupRegion": "eu-west-2",
        "DestinationSocketAddress": {"IpAddress": SUBNET_ADDRESS, "Port": 10000},
        "IpAddressType": "IPV4",
        "DestinationTrafficState": "DENY",
    }
    asks = "globalaccelerator:ListCustomRouting"
    about = {"EndpointId": HOSTS_A, "DestinationAddress": SUBNET_ADDRESS}
    return [
        answer(f"{asks}Accelerators", {}, {"Accelerators": [accelerator]}),
        answer(f"{asks}Listeners", {"AcceleratorArn": ACCELERATOR}, {"Listeners": [listener]}),
        answer(f"{asks}EndpointGroups", {"ListenerArn": LISTENER}, {"EndpointGroups": [group]}),
        answer(f"{asks}PortMappingsByDestination", about, {"DestinationPortMappings": [port]}),
    ]


def _endpoint_service() -> list[Answer]:
    service = {
        "ServiceId": ENDPOINT_SERVICE,
        "ServiceState": "Available",
        "AcceptanceRequired": True,
        "NetworkLoadBalancerArns": [NLB_ARN],
    }
    who = {"PrincipalType": "Account", "Principal": "arn:aws:iam::111122223333:root"}
    connected = {
        "ServiceId": ENDPOINT_SERVICE,
        "VpcEndpointId": "vpce-0123456789abcdef0",
        "VpcEndpointOwner": "111122223333",
        "VpcEndpointState": "available",
    }
    by_id = {"Filters": [{"Name": "service-id", "Values": [ENDPOINT_SERVICE]}]}
    verified = {
        "VerifiedAccessEndpointId": "vae-0123456789abcdef0",
        "ApplicationDomain": "in.example.com",
        "EndpointType": "load-balancer",
        "AttachmentType": "vpc",
        "Status": {"Code": "active"},
        "LoadBalancerOptions": {"LoadBalancerArn": NLB_ARN, "Protocol": "tcp", "Port": 10000},
    }
    return [
        answer("ec2:DescribeVpcEndpointServiceConfigurations", {}, {"ServiceConfigurations": [service]}),
        answer(
            "ec2:DescribeVpcEndpointServicePermissions", {"ServiceId": ENDPOINT_SERVICE}, {"AllowedPrincipals": [who]}
        ),
        answer("ec2:DescribeVpcEndpointConnections", by_id, {"VpcEndpointConnections": [connected]}),
        answer("ec2:DescribeVerifiedAccessEndpoints", {}, {"VerifiedAccessEndpoints": [verified]}),
    ]


def _lattice() -> list[Answer]:
    group = {
        "arn": MESH,
        "id": "tg-0123456789abcdef0",
        "name": "mesh",
        "type": "INSTANCE",
        "status": "ACTIVE",
        "vpcIdentifier": VPC,
        "serviceArns": ["arn:aws:vpc-lattice:eu-west-2:123456789012:service/svc-0123456789abcdef0"],
    }
    target = {"id": HOST_A, "port": 10000, "status": "HEALTHY"}
    return [
        answer("vpc-lattice:ListTargetGroups", {"vpcIdentifier": VPC}, {"items": [group]}),
        answer("vpc-lattice:ListTargets", {"targetGroupIdentifier": MESH}, {"items": [target]}),
    ]


def _ecs() -> list[Answer]:
    gateway = {"gatewayArn": GATEWAY, "name": "front", "status": "ACTIVE"}
    route = {"gatewayRouteArn": f"{GATEWAY}/route", "gatewayArn": GATEWAY, "serviceArn": SERVICE}
    entrance = {"accessType": "PRIVATE", "endpoint": "https://orders.example.com"}
    express = {"service": {"serviceArn": SERVICE, "activeConfigurations": [{"ingressPaths": [entrance]}]}}
    return [
        answer("ecs:ListGateways", {}, {"gateways": [gateway]}),
        answer("ecs:DescribeGateway", {"gateway": GATEWAY}, {"gateway": {**gateway, "accessType": "PRIVATE"}}),
        answer("ecs:ListGatewayRoutes", {"gateway": GATEWAY}, {"gatewayRoutes": [route]}),
        answer("ecs:DescribeExpressGatewayService", {"serviceArn": SERVICE}, express),
    ]
