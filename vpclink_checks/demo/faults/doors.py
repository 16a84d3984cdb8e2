"""Entrances beside the path: things that publish the same backend."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import HOSTS_GROUP, PUBLIC_SUBNET, VPC
from vpclink_checks.demo.overlay import Append
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
)
