"""What joins VPCs to each other, to networks outside and to the internet, in EC2's words.

A path needs none of it. Packets between VPCs do, and whoever comes in by a side door.
"""

from __future__ import annotations

from dataclasses import dataclass

from vpclink_checks.model.fact import Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeredVpc:
    """One side of a peering connection."""

    vpc_id: str
    account: str = ""
    region: str = ""
    cidrs: tuple[str, ...] = ()  # IPv4 and IPv6 blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """ec2:DescribeVpcPeeringConnections. ``status`` is Status.Code: only "active" carries packets."""

    id: str
    status: str = "active"
    requester: PeeredVpc
    accepter: PeeredVpc


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """ec2:DescribeNatGateways. ``addresses`` are (private, public or "") of its addresses.

    A regional one lies in no subnet: ``subnet_id`` is "", and ``route_table_id`` the table that it routes by.
    """

    id: str
    vpc_id: str
    subnet_id: str
    state: str = "available"
    connectivity: str = "public"  # public | private
    addresses: tuple[tuple[str, str], ...] = ()
    interface_ids: tuple[str, ...] = ()
    regional: bool = False
    route_table_id: str = ""  # a regional one's


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressOnlyGateway:
    """ec2:DescribeEgressOnlyInternetGateways. ``unsure``: VPCs whose attachment is in a state that decides nothing."""

    id: str
    vpc_ids: tuple[str, ...] = ()  # attached
    unsure: tuple[tuple[str, Gap], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VpnGateway:
    """ec2:DescribeVpnGateways (a virtual private gateway). ``unsure`` as in :class:`EgressOnlyGateway`."""

    id: str
    state: str = "available"
    vpc_ids: tuple[str, ...] = ()  # attached
    unsure: tuple[tuple[str, Gap], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitAttachment:
    """ec2:DescribeTransitGatewayAttachments. ``kind`` is ResourceType: vpc, vpn, peering, direct-connect-gateway, …

    ``route_table_id`` is the transit gateway route table that it is associated with: where packets that come
    in by it are looked up; "" for none. ``subnet_ids`` are a VPC attachment's.
    """

    id: str
    gateway_id: str
    kind: str
    resource_id: str  # the VPC, VPN connection, …
    account: str = ""  # of the resource
    state: str = "available"
    subnet_ids: tuple[str, ...] = ()
    route_table_id: str = ""
    gateway_account: str = ""  # the transit gateway's owner
    ipv6: bool = True  # whether a VPC attachment carries IPv6; False where it says "disable"
    subnets_unread: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitRoute:
    """ec2:SearchTransitGatewayRoutes. ``origin`` is Type: static wins over propagated for the same network.

    ``destination`` is a network. One without an attachment is a blackhole.
    """

    destination: str
    state: str = "active"  # active | blackhole
    origin: str = "static"  # static | propagated
    attachment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitRouteTable:
    """A transit gateway route table's routes, as ec2:SearchTransitGatewayRoutes gives them.

    ``gap``: why there may be more of them than these.
    """

    id: str
    gateway_id: str
    routes: tuple[TransitRoute, ...] = ()
    gap: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcEndpoint:
    """ec2:DescribeVpcEndpoints. ``type`` is VpcEndpointType: Gateway ones are targets of routes to a prefix list.

    ``state`` is in small letters, as EC2 sends it: "available", "pendingacceptance", …
    """

    id: str
    vpc_id: str
    type: str = "Gateway"
    state: str = "available"
    service: str = ""
    route_table_ids: tuple[str, ...] = ()
    interface_ids: tuple[str, ...] = ()
