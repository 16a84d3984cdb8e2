"""VPCs, interfaces, security groups, network ACLs and routes, in EC2's words.

Addresses and networks are texts here; ``reach`` turns them into sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from vpclink_checks.model.fact import Gap


def within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether one of the networks holds this address; none holds a text that is no address."""
    try:
        return any(ip_address(address) in ip_network(one, strict=False) for one in networks)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    id: str
    cidrs: tuple[str, ...] = ()  # IPv4 and IPv6 blocks
    block_mode: str = ""  # of VPC Block Public Access as it takes effect here; "" where EC2 does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    vpc_id: str
    zone: str = ""
    cidrs: tuple[str, ...] = ()  # the IPv4 block, then IPv6 blocks
    public_ip_on_launch: bool = False
    block_mode: str = ""  # as of the VPC


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """One permission with one source (or destination) of a security group.

    Exactly one of ``cidr``, ``group_id``, ``prefix_list_id`` is set. ``protocol`` is "tcp", "udp",
    "icmp", "icmpv6", "-1" or a number; ports are None where the protocol has none. ``peering`` is
    the PeeringStatus of a group reference ("active", "deleted", …), "" inside one VPC; ``account_id`` is the account
    of its group where AWS tells that it is another one than the rule's own.
    """

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    cidr: str = ""
    group_id: str = ""
    prefix_list_id: str = ""
    description: str = ""
    peering: str = ""
    account_id: str = ""

    @property
    def peer(self) -> str:
        return self.cidr or self.group_id or self.prefix_list_id

    @property
    def title(self) -> str:
        if self.protocol == "-1":
            return f"all traffic with {self.peer}"
        ports = f"{self.from_port}" if self.from_port == self.to_port else f"{self.from_port}-{self.to_port}"
        return f"{self.protocol} {ports} with {self.peer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """ec2:DescribeSecurityGroups."""

    id: str
    name: str = ""
    vpc_id: str = ""
    account_id: str = ""  # its owner
    ingress: tuple[GroupRule, ...] = ()
    egress: tuple[GroupRule, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.id} ({self.name})" if self.name else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntry:
    """``protocol`` is a number as text ("6", "17") or "-1". ``number`` 32767 is the final deny.

    ``doubt``: the action is a word that is not known, and ``allow`` says nothing.
    """

    number: int
    egress: bool
    allow: bool
    protocol: str = "-1"
    cidr: str = "0.0.0.0/0"
    from_port: int | None = None
    to_port: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    doubt: Gap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAcl:
    """ec2:DescribeNetworkAcls."""

    id: str
    vpc_id: str
    default: bool = False
    subnet_ids: tuple[str, ...] = ()
    entries: tuple[AclEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """One route. ``target`` is "local" or an id (igw-, nat-, eigw-, tgw-, pcx-, vgw-, eni-, vpce-).

    ``destination`` is a network or a prefix list id. ``origin`` is EC2's Origin.
    """

    destination: str
    target: str
    state: str = "active"
    origin: str = "CreateRoute"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """ec2:DescribeRouteTables.

    ``unsure``: what it may be associated with, in a state that is not known: a subnet's or gateway's id, or "main".
    """

    id: str
    vpc_id: str
    main: bool = False
    subnet_ids: tuple[str, ...] = ()
    gateway_ids: tuple[str, ...] = ()
    routes: tuple[RouteEntry, ...] = ()
    unsure: tuple[tuple[str, Gap], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateAddress:
    """A private IPv4 address of an interface and the public one mapped onto it, if any."""

    address: str
    public: str = ""
    primary: bool = True
    allocation_id: str = ""  # of the Elastic IP, if it is one
    association_id: str = ""  # of the Elastic IP with this address


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInterface:
    """ec2:DescribeNetworkInterfaces."""

    id: str
    vpc_id: str
    subnet_id: str
    zone: str = ""
    type: str = "interface"
    description: str = ""
    addresses: tuple[PrivateAddress, ...] = ()
    ipv6: tuple[str, ...] = ()
    primary_ipv6: str = ""  # the one of them that IPv6 target groups send to; "" where EC2 names none
    prefixes: tuple[str, ...] = ()  # networks delegated to it, IPv4 and IPv6
    group_ids: tuple[str, ...] = ()
    instance_id: str = ""
    device_index: int | None = None
    source_dest_check: bool = True
    deny_all_igw: bool = False  # DenyAllIgwTraffic: what comes from the internet is dropped

    @property
    def private_addresses(self) -> tuple[str, ...]:
        return tuple(address.address for address in self.addresses)

    @property
    def primary_address(self) -> str:
        """Its primary private IPv4 address; "" where it has none."""
        primary = next((one for one in self.addresses if one.primary), None)
        return (primary or self.addresses[0]).address if self.addresses else ""

    @property
    def of_a_task(self) -> bool:
        """Whether ECS made it for one task: it sits in the task's network namespace, not in its host's.

        ECS describes it by the ARN of its attachment (amazon-ecs-developer-guide, task-networking-awsvpc).
        """
        return (
            self.description.startswith("arn:") and ":ecs:" in self.description and ":attachment/" in self.description
        )

    def carries(self, address: str) -> bool:
        """Whether packets to this address come to it: one of its own, or one of a prefix delegated to it."""
        if address in self.private_addresses or address in self.ipv6:
            return True
        return within(address, self.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefixList:
    """ec2:GetManagedPrefixListEntries, every entry."""

    id: str
    cidrs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetGateway:
    """ec2:DescribeInternetGateways. ``unsure``: VPCs to which it is attached or not, in a state not known."""

    id: str
    vpc_ids: tuple[str, ...] = ()  # attached (state "available" or "attached")
    unsure: tuple[tuple[str, Gap], ...] = ()

    def attached_to(self, vpc_id: str) -> bool | Gap:
        """Whether it serves this VPC; the gap where its state there does not say."""
        return vpc_id in self.vpc_ids or next((gap for one, gap in self.unsure if one == vpc_id), False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPublicAccess:
    """ec2:DescribeVpcBlockPublicAccessOptions and its exclusions.

    ``unsure``: the VPCs and subnets of exclusions in a state that does not say whether they are in force.
    """

    mode: str = "off"  # off | block-bidirectional | block-ingress
    state: str = "default-state"
    exclusions: tuple[tuple[str, str], ...] = ()  # (VPC or subnet id, allow-bidirectional | allow-egress)
    unsure: tuple[tuple[str, Gap], ...] = ()
