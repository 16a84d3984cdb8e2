"""Faults of the network between load balancer and targets."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    ACCOUNT,
    ALL_CALLS,
    API_GROUP,
    HOST_SUBNETS,
    HOST_TABLE,
    HOSTS_GROUP,
    ROUTES,
    STATUS,
    STATUS_EVERYWHERE,
    STATUS_GROUP,
    VPC,
    unhealthy,
)
from vpclink_checks.demo.overlay import Append, Change, Drop, Set
from vpclink_checks.demo.wire import API_PORT, EVERYWHERE, HOST_B, STATUS_PORT, Plane

HOSTS_ACL = "acl-0aaaaaaaaaaaaaaaa"
ACLS = "ec2:DescribeNetworkAcls"
RULES = ("SecurityGroups", ("GroupId", HOSTS_GROUP), "IpPermissions")


def _entry(number: int, *, egress: bool, ports: tuple[int, int] | None, allow: bool = True) -> dict[str, object]:
    entry: dict[str, object] = {
        "RuleNumber": number,
        "Egress": egress,
        "Protocol": "-1" if ports is None else "6",
        "RuleAction": "allow" if allow else "deny",
        "CidrBlock": "0.0.0.0/0",
    }
    return entry if ports is None else {**entry, "PortRange": {"From": ports[0], "To": ports[1]}}


def _own_acl(inbound: tuple[int, int] | None, outbound: tuple[int, int] | None) -> tuple[Change, ...]:
    """The hosts' subnets get an ACL of their own, which allows these ports (None: everything)."""
    acl = {
        "NetworkAclId": HOSTS_ACL,
        "VpcId": VPC,
        "OwnerId": ACCOUNT,
        "IsDefault": False,
        "Associations": [
            {"NetworkAclAssociationId": f"aclassoc-{number:017x}", "NetworkAclId": HOSTS_ACL, "SubnetId": subnet}
            for number, subnet in enumerate(HOST_SUBNETS, start=1)
        ],
        "Entries": [
            _entry(100, egress=False, ports=inbound),
            _entry(32767, egress=False, ports=None, allow=False),
            _entry(100, egress=True, ports=outbound),
            _entry(32767, egress=True, ports=None, allow=False),
        ],
    }
    freed = tuple(Drop(ACLS, "", ("NetworkAcls", 0, "Associations", ("SubnetId", subnet))) for subnet in HOST_SUBNETS)
    return (*freed, Append(ACLS, "", ("NetworkAcls",), acl))


ALL_UNHEALTHY = (*unhealthy(API_GROUP, "Target.Timeout"), *unhealthy(STATUS_GROUP, "Target.Timeout"))

FAULTS = (
    Fault(
        id="isg-no-rule-for-nlb-ip",
        hop="network",
        title="The hosts' security group does not admit the load balancer on one port",
        changes=(
            Set("ec2:DescribeSecurityGroups", "", (*RULES, 1, "FromPort"), 10081),
            Set("ec2:DescribeSecurityGroups", "", (*RULES, 1, "ToPort"), 10081),
            *unhealthy(STATUS_GROUP, "Target.Timeout"),
        ),
        plane=Plane(dropped=STATUS_EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-status",),
            "network/target-admits-load-balancer": (
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            "network/target-admits-health-check": (
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="nacl-no-ingress-target",
        hop="network",
        title="The hosts' network ACL lets in HTTPS alone",
        changes=(*_own_acl((443, 443), None), *ALL_UNHEALTHY),
        plane=Plane(dropped=EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-api", "orders-status"),
            "network/target-admits-load-balancer": (
                "eu-west-2a → orders/api:8080 in eu-west-2a",
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            "network/target-admits-health-check": (
                "eu-west-2a → orders/api:8080 in eu-west-2a",
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="nacl-no-ephemeral-return",
        hop="network",
        title="The hosts' network ACL lets no answer out",
        changes=(*_own_acl(None, (443, 443)), *ALL_UNHEALTHY),
        plane=Plane(dropped=EVERYWHERE),
        fails={
            "target-group/healthy-targets": ("orders-api", "orders-status"),
            "network/target-admits-load-balancer": (
                "eu-west-2a → orders/api:8080 in eu-west-2a",
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            "network/target-admits-health-check": (
                "eu-west-2a → orders/api:8080 in eu-west-2a",
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2a → orders/status:7777 in eu-west-2a",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="route-blackhole",
        hop="network",
        title="A route of the hosts' subnets throws away what goes to one zone of the load balancer",
        changes=(
            Append(
                "ec2:DescribeRouteTables",
                "",
                ("RouteTables", ("RouteTableId", HOST_TABLE), "Routes"),
                {
                    "DestinationCidrBlock": "10.0.12.0/24",
                    "NetworkInterfaceId": "eni-0dddddddddddddddd",
                    "Origin": "CreateRoute",
                    "State": "blackhole",
                },
            ),
            *unhealthy(API_GROUP, "Target.Timeout", HOST_B),
            *unhealthy(STATUS_GROUP, "Target.Timeout", HOST_B),
        ),
        plane=Plane(dropped=frozenset({(HOST_B, API_PORT), (HOST_B, STATUS_PORT)})),
        fails={
            "load-balancer/every-zone-has-a-target": ("orders",),
            "target-group/all-targets-healthy": ("orders/api:8080 in eu-west-2b", "orders/status:7777 in eu-west-2b"),
            "network/target-admits-load-balancer": (
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
            "network/target-admits-health-check": (
                "eu-west-2b → orders/api:8080 in eu-west-2b",
                "eu-west-2b → orders/status:7777 in eu-west-2b",
            ),
        },
    ),
)
