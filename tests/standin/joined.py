"""The demo in a VPC that is joined to others: by peering, transit gateway and VPN, with gateways of every kind.

Its hosts let all of them in, so that what is not known about one of them is the worst that can be said.
"""

from __future__ import annotations

from typing import Any

from tests.healthy import ACCOUNT, HOSTS_A, REGION, VPC
from tests.sources.demo_facts import Response, answer, changed, with_facts
from vpclink_checks.sources.facts import Answer, Recording

PEERING, TRANSIT, VPN = "pcx-0123456789abcdef0", "tgw-0123456789abcdef0", "vgw-0123456789abcdef0"
EGRESS, ENDPOINT, LIST = "eigw-0123456789abcdef0", "vpce-0123456789abcdef0", "pl-0123456789abcdef0"
OURS, THEIRS, TABLE = "tgw-attach-0aaaaaaaaaaaaaaaa", "tgw-attach-0bbbbbbbbbbbbbbbb", "tgw-rtb-0123456789abcdef0"
PEER, SPOKE = "vpc-0aaaaaaaaaaaaaaaa", "vpc-0bbbbbbbbbbbbbbbb"
ROUTES = (
    {"DestinationCidrBlock": "172.16.0.0/16", "VpcPeeringConnectionId": PEERING},
    {"DestinationCidrBlock": "172.17.0.0/16", "TransitGatewayId": TRANSIT},
    {"DestinationCidrBlock": "172.18.0.0/16", "GatewayId": VPN, "Origin": "EnableVgwRoutePropagation"},
    {"DestinationPrefixListId": LIST, "GatewayId": ENDPOINT},
    {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": EGRESS},
)


def joined() -> Recording:
    """The facts of all of them, as EC2 gives them."""
    return with_facts([*changed(("ec2:DescribeRouteTables", _lead), ("ec2:DescribeSecurityGroups", _admit)), *_held()])


def _lead(page: Response) -> None:
    for table in page["RouteTables"]:
        if any(one.get("SubnetId") == HOSTS_A for one in table["Associations"]):
            table["Routes"] += [{"Origin": "CreateRoute", "State": "active", **one} for one in ROUTES]


def _admit(page: Response) -> None:
    ranges = [{"CidrIp": "172.16.0.0/12"}]
    rule = {"IpProtocol": "tcp", "FromPort": 10000, "ToPort": 10001, "IpRanges": ranges}
    for group in page["SecurityGroups"]:
        group["IpPermissions"].append({**rule, "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []})


def _held() -> list[Answer]:
    return [
        answer("ec2:GetManagedPrefixListEntries", {"PrefixListId": LIST}, {"Entries": [{"Cidr": "172.19.0.0/16"}]}),
        answer("ec2:DescribeVpcPeeringConnections", {}, {"VpcPeeringConnections": [_peering()]}),
        answer("ec2:DescribeVpnGateways", {}, {"VpnGateways": [_vpn()]}),
        answer("ec2:DescribeEgressOnlyInternetGateways", {}, {"EgressOnlyInternetGateways": [_egress()]}),
        answer("ec2:DescribeVpcEndpoints", {}, {"VpcEndpoints": [_endpoint()]}),
        *_transit(),
    ]


def _peering() -> dict[str, Any]:
    def side(vpc: str, account: str, *cidrs: str) -> dict[str, Any]:
        blocks = [{"CidrBlock": one} for one in cidrs]
        return {"VpcId": vpc, "OwnerId": account, "Region": REGION, "CidrBlock": cidrs[0], "CidrBlockSet": blocks}

    return {
        "VpcPeeringConnectionId": PEERING,
        "RequesterVpcInfo": side(VPC, ACCOUNT, "10.0.0.0/16"),
        "AccepterVpcInfo": side(PEER, "111122223333", "172.16.0.0/17", "172.16.128.0/17"),
        "Status": {"Code": "active", "Message": "Active"},
        "Tags": [],
    }


def _vpn() -> dict[str, Any]:
    attached = [{"VpcId": VPC, "State": "attached"}]
    return {"VpnGatewayId": VPN, "State": "available", "Type": "ipsec.1", "VpcAttachments": attached}


def _egress() -> dict[str, Any]:
    return {"EgressOnlyInternetGatewayId": EGRESS, "Attachments": [{"VpcId": VPC, "State": "attached"}]}


def _endpoint() -> dict[str, Any]:
    return {
        "VpcEndpointId": ENDPOINT,
        "VpcEndpointType": "Gateway",
        "VpcId": VPC,
        "ServiceName": f"com.amazonaws.{REGION}.s3",
        "State": "available",
        "RouteTableIds": ["rtb-0bbbbbbbbbbbbbbbb"],
        "OwnerId": ACCOUNT,
    }


def _transit() -> list[Answer]:
    asked = {"TransitGatewayRouteTableId": TABLE, "Filters": [{"Name": "state", "Values": ["active", "blackhole"]}]}
    found = {"Routes": [_route("10.0.0.0/16", OURS, VPC), _route("172.17.0.0/16", THEIRS, SPOKE)]}
    attached = [_attachment(OURS, VPC), _attachment(THEIRS, SPOKE)]
    inside = [{**one, "VpcId": one["ResourceId"], "SubnetIds": [HOSTS_A]} for one in attached[:1]]
    return [
        answer("ec2:DescribeTransitGatewayAttachments", {}, {"TransitGatewayAttachments": attached}),
        answer("ec2:DescribeTransitGatewayVpcAttachments", {}, {"TransitGatewayVpcAttachments": inside}),
        answer("ec2:SearchTransitGatewayRoutes", asked, found),
    ]


def _attachment(named: str, vpc: str) -> dict[str, Any]:
    return {
        "TransitGatewayAttachmentId": named,
        "TransitGatewayId": TRANSIT,
        "TransitGatewayOwnerId": ACCOUNT,
        "ResourceOwnerId": ACCOUNT,
        "ResourceType": "vpc",
        "ResourceId": vpc,
        "State": "available",
        "Association": {"TransitGatewayRouteTableId": TABLE, "State": "associated"},
    }


def _route(cidr: str, attachment: str, vpc: str) -> dict[str, Any]:
    to = {"TransitGatewayAttachmentId": attachment, "ResourceId": vpc, "ResourceType": "vpc"}
    return {"DestinationCidrBlock": cidr, "TransitGatewayAttachments": [to], "Type": "propagated", "State": "active"}
