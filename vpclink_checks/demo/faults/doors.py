"""Entrances beside the path: things that publish the same backend."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import API_GROUP, HOSTS_GROUP, NLB, PUBLIC_SUBNET, REGION, VPC
from vpclink_checks.demo.overlay import Answered, Append
from vpclink_checks.demo.wire import HOST_A

OLD_GROUP = "sg-0e3e3e3e3e3e3e3e3"
FROM_EVERYWHERE = {
    "IpProtocol": "tcp",
    "FromPort": 80,
    "ToPort": 80,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}
FROM_OLD = {
    "IpProtocol": "tcp",
    "FromPort": 10000,
    "ToPort": 10000,
    "UserIdGroupPairs": [{"GroupId": OLD_GROUP, "UserId": "123456789012"}],
}
TO_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ACCELERATOR = "arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d"
ORIGIN = "vo_0123456789abcdefghijkl"
# The hosts admit the load balancer's own addresses: with these it sends everybody's packets from them.
NODES_SEND = (
    Append(
        "elbv2:DescribeTargetGroupAttributes",
        API_GROUP,
        ("Attributes",),
        {"Key": "preserve_client_ip.enabled", "Value": "false"},
    ),
)

FAULTS = (
    Fault(
        id="exp-lb-internet-facing",
        hop="exposure",
        title="A classic load balancer, forgotten and internet-facing, has one of the instances behind it",
        changes=(
            Append(
                "elb:DescribeLoadBalancers",
                "",
                ("LoadBalancerDescriptions",),
                {
                    "LoadBalancerName": "orders-old",
                    "Scheme": "internet-facing",
                    "VPCId": VPC,
                    "Subnets": [PUBLIC_SUBNET],
                    "SecurityGroups": [OLD_GROUP],
                    "Instances": [{"InstanceId": HOST_A}],
                    "ListenerDescriptions": [
                        {"Listener": {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 10000}}
                    ],
                },
            ),
            Append(
                "ec2:DescribeNetworkInterfaces",
                "",
                ("NetworkInterfaces",),
                {
                    "NetworkInterfaceId": "eni-0e3e3e3e3e3e3e3e3",
                    "VpcId": VPC,
                    "SubnetId": PUBLIC_SUBNET,
                    "AvailabilityZone": "eu-west-2a",
                    "Description": "ELB orders-old",
                    "PrivateIpAddresses": [
                        {
                            "Primary": True,
                            "PrivateIpAddress": "10.0.101.30",
                            "Association": {"PublicIp": "198.51.100.30", "IpOwnerId": "amazon-elb"},
                        }
                    ],
                    "Groups": [{"GroupId": OLD_GROUP}],
                },
            ),
            Append(
                "ec2:DescribeSecurityGroups",
                "",
                ("SecurityGroups",),
                {
                    "GroupId": OLD_GROUP,
                    "GroupName": "orders-old",
                    "VpcId": VPC,
                    "IpPermissions": [FROM_EVERYWHERE],
                    "IpPermissionsEgress": [TO_EVERYWHERE],
                },
            ),
            Append(
                "ec2:DescribeSecurityGroups",
                "",
                ("SecurityGroups", ("GroupId", HOSTS_GROUP), "IpPermissions"),
                FROM_OLD,
            ),
        ),
        fails={"exposure/no-classic-load-balancer": ("orders-api",)},
    ),
    Fault(
        id="exp-global-accelerator",
        hop="exposure",
        title="An accelerator has the internal load balancer as its endpoint",
        changes=(
            *NODES_SEND,
            Append(
                "globalaccelerator:ListAccelerators",
                "",
                ("Accelerators",),
                {
                    "AcceleratorArn": ACCELERATOR,
                    "Name": "orders-fast",
                    "Enabled": True,
                    "Status": "DEPLOYED",
                    "IpAddressType": "IPV4",
                    "IpSets": [{"IpAddressFamily": "IPv4", "IpAddresses": ["198.51.100.40", "198.51.100.41"]}],
                },
            ),
            Answered(
                "globalaccelerator",
                "ListListeners",
                {"AcceleratorArn": ACCELERATOR},
                {
                    "Listeners": [
                        {
                            "ListenerArn": f"{ACCELERATOR}/listener/0123abcd",
                            "Protocol": "TCP",
                            "PortRanges": [{"FromPort": 443, "ToPort": 443}],
                        }
                    ]
                },
            ),
            Answered(
                "globalaccelerator",
                "ListEndpointGroups",
                {"ListenerArn": f"{ACCELERATOR}/listener/0123abcd"},
                {
                    "EndpointGroups": [
                        {
                            "EndpointGroupArn": f"{ACCELERATOR}/listener/0123abcd/endpoint-group/abc",
                            "EndpointGroupRegion": REGION,
                            "TrafficDialPercentage": 100.0,
                            "PortOverrides": [{"ListenerPort": 443, "EndpointPort": 10000}],
                            "EndpointDescriptions": [
                                {"EndpointId": NLB, "Weight": 128, "ClientIPPreservationEnabled": False}
                            ],
                        }
                    ]
                },
            ),
        ),
        fails={"exposure/no-accelerator": ("orders-api",)},
    ),
    Fault(
        id="exp-cloudfront-vpc-origin",
        hop="exposure",
        title="A CloudFront distribution has the internal load balancer as its VPC origin",
        changes=(
            *NODES_SEND,
            Append(
                "cloudfront:ListVpcOrigins",
                "",
                ("VpcOriginList", "Items"),
                {"Id": ORIGIN, "Name": "orders", "Status": "Deployed", "OriginEndpointArn": NLB},
            ),
            Answered(
                "cloudfront",
                "GetVpcOrigin",
                {"Id": ORIGIN},
                {
                    "VpcOrigin": {
                        "Id": ORIGIN,
                        "VpcOriginEndpointConfig": {
                            "Arn": NLB,
                            "HTTPPort": 10000,
                            "HTTPSPort": 443,
                            "OriginProtocolPolicy": "http-only",
                        },
                    }
                },
            ),
            Answered(
                "cloudfront",
                "ListDistributionsByVpcOriginId",
                {"VpcOriginId": ORIGIN},
                {"DistributionIdList": {"Items": ["E1EXAMPLE"]}},
            ),
        ),
        fails={"exposure/no-cloudfront-vpc-origin": ("orders-api",)},
    ),
)
