"""VPCs, subnets, interfaces, security groups, ACLs, routes and gateways: ec2's answers to the model."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.model.fact import Gap, unheard_of
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrefixList,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.sources.aws_shapes import Raw, flag, part, rows, text, whole

ROUTE_TARGETS = (
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "OdbNetworkArn",
    "NetworkInterfaceId",
    "InstanceId",
    "GatewayId",
)
# ec2's RouteTableAssociationStateCode (botocore 1.44.5).
ASSOCIATED, DISSOCIATED = ("associated", "associating"), ("disassociating", "disassociated", "failed")
# ec2's AttachmentStatus (botocore 1.44.5), and the word that internet gateways have for attached.
ATTACHED, DETACHED = ("available", "attached"), ("detaching", "detached")


def vpc(raw: Raw) -> Vpc:
    """One item of ec2:DescribeVpcs: its associated blocks, IPv4 first."""
    cidrs = tuple(dict.fromkeys((*_v4_blocks(raw), *_v6_blocks(raw))))
    return Vpc(id=text(raw, "VpcId"), cidrs=cidrs, block_mode=_block_mode(raw))


def _v4_blocks(raw: Raw) -> Iterator[str]:
    first = text(raw, "CidrBlock")
    yield from (first,) if first else ()
    for one in rows(raw, "CidrBlockAssociationSet"):
        if text(part(one, "CidrBlockState"), "State", default="associated") == "associated":
            yield text(one, "CidrBlock")


def _v6_blocks(raw: Raw) -> Iterator[str]:
    for one in rows(raw, "Ipv6CidrBlockAssociationSet"):
        if text(part(one, "Ipv6CidrBlockState"), "State", default="associated") == "associated":
            yield text(one, "Ipv6CidrBlock")


def subnet(raw: Raw) -> Subnet:
    """One item of ec2:DescribeSubnets."""
    first = text(raw, "CidrBlock")
    return Subnet(
        id=text(raw, "SubnetId"),
        vpc_id=text(raw, "VpcId"),
        zone=text(raw, "AvailabilityZone"),
        cidrs=(*((first,) if first else ()), *_v6_blocks(raw)),
        public_ip_on_launch=flag(raw, "MapPublicIpOnLaunch"),
        block_mode=_block_mode(raw),
    )


def interface(raw: Raw, *, zone: str = "", instance_id: str = "") -> NetworkInterface:
    """One item of ec2:DescribeNetworkInterfaces, or of an instance's NetworkInterfaces.

    An instance's own list says neither zone nor instance id: the caller does.
    """
    attachment = part(raw, "Attachment")
    return NetworkInterface(
        id=text(raw, "NetworkInterfaceId"),
        vpc_id=text(raw, "VpcId"),
        subnet_id=text(raw, "SubnetId"),
        zone=text(raw, "AvailabilityZone", default=zone),
        type=text(raw, "InterfaceType", default="interface"),
        description=text(raw, "Description"),
        addresses=tuple(_addresses(raw)),
        ipv6=tuple(text(one, "Ipv6Address") for one in rows(raw, "Ipv6Addresses")),
        primary_ipv6=next(
            (text(one, "Ipv6Address") for one in rows(raw, "Ipv6Addresses") if flag(one, "IsPrimaryIpv6")), ""
        ),
        prefixes=(
            *(text(one, "Ipv4Prefix") for one in rows(raw, "Ipv4Prefixes")),
            *(text(one, "Ipv6Prefix") for one in rows(raw, "Ipv6Prefixes")),
        ),
        group_ids=tuple(text(one, "GroupId") for one in rows(raw, "Groups")),
        instance_id=text(attachment, "InstanceId", default=instance_id),
        device_index=_device_index(attachment, instance_id),
        source_dest_check=flag(raw, "SourceDestCheck", default=True),
        deny_all_igw=flag(raw, "DenyAllIgwTraffic"),
    )


def _device_index(attachment: Raw, instance_id: str) -> int | None:
    """The index on an instance; a balancer's attachment has one as well, which means nothing."""
    return whole(attachment.get("DeviceIndex")) if text(attachment, "InstanceId") or instance_id else None


def _addresses(raw: Raw) -> Iterator[PrivateAddress]:
    every = rows(raw, "PrivateIpAddresses")
    for one in every:
        yield PrivateAddress(
            address=text(one, "PrivateIpAddress"),
            public=_public(one),
            primary=flag(one, "Primary", default=len(every) == 1),
            allocation_id=text(part(one, "Association"), "AllocationId"),
            association_id=text(part(one, "Association"), "AssociationId"),
        )
    if not every and text(raw, "PrivateIpAddress"):
        yield PrivateAddress(address=text(raw, "PrivateIpAddress"), public=_public(raw))


def _public(raw: Raw) -> str:
    return text(part(raw, "Association"), "PublicIp", "CarrierIp", "CustomerOwnedIp")


def security_group(raw: Raw) -> SecurityGroup:
    """One item of ec2:DescribeSecurityGroups, each source a rule of its own."""
    owner = text(raw, "OwnerId")
    return SecurityGroup(
        id=text(raw, "GroupId"),
        name=text(raw, "GroupName"),
        vpc_id=text(raw, "VpcId"),
        account_id=owner,
        ingress=tuple(rule for one in rows(raw, "IpPermissions") for rule in _rules(one, owner)),
        egress=tuple(rule for one in rows(raw, "IpPermissionsEgress") for rule in _rules(one, owner)),
    )


def _rules(raw: Raw, owner: str) -> Iterator[GroupRule]:
    for ranges, field in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")):
        for one in rows(raw, ranges):
            yield _rule(raw, one, cidr=text(one, field))
    for one in rows(raw, "PrefixListIds"):
        yield _rule(raw, one, prefix_list_id=text(one, "PrefixListId"))
    for one in rows(raw, "UserIdGroupPairs"):
        theirs = text(one, "UserId") if owner else ""
        yield _rule(raw, one, group_id=text(one, "GroupId"), account_id=theirs if theirs != owner else "")


def _rule(
    raw: Raw, peer: Raw, *, cidr: str = "", group_id: str = "", prefix_list_id: str = "", account_id: str = ""
) -> GroupRule:
    return GroupRule(
        protocol=text(raw, "IpProtocol"),
        from_port=whole(raw.get("FromPort")),
        to_port=whole(raw.get("ToPort")),
        cidr=cidr,
        group_id=group_id,
        prefix_list_id=prefix_list_id,
        description=text(peer, "Description"),
        peering=text(peer, "PeeringStatus"),
        account_id=account_id,
    )


def network_acl(raw: Raw) -> NetworkAcl:
    """One item of ec2:DescribeNetworkAcls."""
    return NetworkAcl(
        id=text(raw, "NetworkAclId"),
        vpc_id=text(raw, "VpcId"),
        default=flag(raw, "IsDefault"),
        subnet_ids=tuple(text(one, "SubnetId") for one in rows(raw, "Associations")),
        entries=tuple(map(_entry, rows(raw, "Entries"))),
    )


def _entry(raw: Raw) -> AclEntry:
    ports, icmp, action = part(raw, "PortRange"), part(raw, "IcmpTypeCode"), text(raw, "RuleAction")
    what = f"the action of rule {raw.get('RuleNumber')}"
    return AclEntry(
        number=whole(raw.get("RuleNumber")) or 0,
        egress=flag(raw, "Egress"),
        allow=action == "allow",
        protocol=text(raw, "Protocol"),
        cidr=text(raw, "CidrBlock", "Ipv6CidrBlock"),
        from_port=whole(ports.get("From")),
        to_port=whole(ports.get("To")),
        icmp_type=whole(icmp.get("Type")),
        icmp_code=whole(icmp.get("Code")),
        doubt=None if action in ("allow", "deny") else unheard_of("ec2:DescribeNetworkAcls", what, action),
    )


def route_table(raw: Raw) -> RouteTable:
    """One item of ec2:DescribeRouteTables; associations that are gone or failed are left out."""
    every = [(one, _state(one)) for one in rows(raw, "Associations")]
    associations = [one for one, state in every if state in ASSOCIATED]
    unsure = [(one, state) for one, state in every if state not in (*ASSOCIATED, *DISSOCIATED)]
    return RouteTable(
        id=text(raw, "RouteTableId"),
        vpc_id=text(raw, "VpcId"),
        main=any(flag(one, "Main") for one in associations),
        subnet_ids=tuple(text(one, "SubnetId") for one in associations if text(one, "SubnetId")),
        gateway_ids=tuple(text(one, "GatewayId") for one in associations if text(one, "GatewayId")),
        routes=tuple(map(_route, rows(raw, "Routes"))),
        unsure=tuple((_associated(one), _doubt(raw, state)) for one, state in unsure),
    )


def _state(association: Raw) -> str:
    return text(part(association, "AssociationState"), "State", default="associated")


def _associated(association: Raw) -> str:
    return "main" if flag(association, "Main") else text(association, "SubnetId", "GatewayId")


def _doubt(raw: Raw, state: str) -> Gap:
    return unheard_of("ec2:DescribeRouteTables", f"the state of an association of {text(raw, 'RouteTableId')}", state)


def _route(raw: Raw) -> RouteEntry:
    return RouteEntry(
        destination=text(raw, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"),
        target=text(raw, *ROUTE_TARGETS),
        state=text(raw, "State", default="active"),
        origin=text(raw, "Origin", default="CreateRoute"),
    )


def prefix_list(raw: Raw, prefix_list_id: str) -> PrefixList:
    """ec2:GetManagedPrefixListEntries."""
    return PrefixList(id=prefix_list_id, cidrs=tuple(text(one, "Cidr") for one in rows(raw, "Entries")))


def internet_gateway(raw: Raw) -> InternetGateway:
    """One item of ec2:DescribeInternetGateways; an attachment in any other state may hold or not."""
    every, gateway = rows(raw, "Attachments"), text(raw, "InternetGatewayId")
    attached = tuple(text(one, "VpcId") for one in every if text(one, "State") in ATTACHED)
    unsure = tuple(
        (text(one, "VpcId"), unheard_of("ec2:DescribeInternetGateways", f"the attachment of {gateway}", state))
        for one in every
        if (state := text(one, "State")) not in (*ATTACHED, *DETACHED)
    )
    return InternetGateway(id=gateway, vpc_ids=attached, unsure=unsure)


def block_public_access(options: Raw, exclusions: list[Raw]) -> BlockPublicAccess:
    """ec2:DescribeVpcBlockPublicAccessOptions and the items of …Exclusions.

    Of an exclusion that is being made, changed or removed, or in a state not heard of, it is not known whether it is
    in force; one that is gone, disabled or was never made is not.
    """
    inner = part(options, "VpcBlockPublicAccessOptions")
    live = [one for one in exclusions if text(one, "State") in ("create-complete", "update-complete")]
    moving = [one for one in exclusions if text(one, "State") not in ("create-complete", "update-complete", *_GONE)]
    return BlockPublicAccess(
        mode=text(inner, "InternetGatewayBlockMode"),
        state=text(inner, "State"),
        exclusions=tuple((_excluded(one), text(one, "InternetGatewayExclusionMode")) for one in live),
        unsure=tuple((_excluded(one), _unsure_exclusion(one)) for one in moving if not _lets_out_alone(one)),
    )


_GONE = ("create-failed", "delete-complete", "disable-complete")


def _excluded(raw: Raw) -> str:
    return text(raw, "ResourceArn").rpartition("/")[2]


def _lets_out_alone(raw: Raw) -> bool:
    """Whether it lets nobody in, in force or not; one that is being changed may have let in before."""
    creating = text(raw, "State") in ("create-in-progress", "delete-in-progress", "disable-in-progress")
    return creating and text(raw, "InternetGatewayExclusionMode") == "allow-egress"


def _unsure_exclusion(raw: Raw) -> Gap:
    message = (
        f"the exclusion of {_excluded(raw)} is {text(raw, 'State') or 'in no state'}: in force or not, nobody knows"
    )
    return Gap(operation="ec2:DescribeVpcBlockPublicAccessExclusions", action="", code="UnheardOf", message=message)


def _block_mode(raw: Raw) -> str:
    return text(part(raw, "BlockPublicAccessStates"), "InternetGatewayBlockMode")
