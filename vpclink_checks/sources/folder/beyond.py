"""VPCs that ours are joined to: no run asks AWS about them, but what a folder holds of them is read.

Batfish collects accounts and regions side by side, and what one's peering leads to lies in another's files. Of a VPC
that no file lists, or whose owner's files are not there, nothing is said: an account is shown no more than its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from vpclink_checks.sources.aws_shapes import Raw, part, rows, text
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.folder.answering import Holding
from vpclink_checks.sources.folder.pieces import Piece

_OF_A_VPC = ("DescribeSubnets", "DescribeNetworkInterfaces", "DescribeRouteTables", "DescribeNetworkAcls")
# Of these, the files of all accounts and regions stand together for everything there is.
_TOGETHER = frozenset(
    {
        "DescribeVpcs",
        *_OF_A_VPC,
        "DescribeSecurityGroups",
        "DescribeInstances",
        "DescribeInternetGateways",
        "GetManagedPrefixListEntries",
        "DescribeVpcPeeringConnections",
        "DescribeNatGateways",
        "DescribeEgressOnlyInternetGateways",
        "DescribeVpnGateways",
        "DescribeTransitGatewayAttachments",
        "DescribeTransitGatewayVpcAttachments",
        "SearchTransitGatewayRoutes",
        "DescribeVpcEndpoints",
    }
)


def of_networks(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces that say something of networks, whosever they are."""
    return [one for one in pieces if one.kind is None or one.kind.operation in _TOGETHER]


@dataclass
class Beyond:
    """What was looked up already. *accounts*: whose files are there; empty where they do not say."""

    accounts: Collection[str] = ()
    _tried: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)

    def answers(self, facts: Facts, holding: Holding) -> Iterator[Answer]:
        """What the files say of the VPCs, groups and transit gateways that the facts lead to and that are not tried."""
        for vpc in self._new(_joined(facts)):
            yield from self._of_vpc(vpc, holding)
        inside = [one for one in _interfaces(facts) if text(one, "VpcId") in self._read]
        groups = (text(group, "GroupId") for one in inside for group in rows(one, "Groups"))
        for group in self._new(groups):
            yield from _answered(holding, "DescribeSecurityGroups", "group-id", group)
        for instance in self._new(text(part(one, "Attachment"), "InstanceId") for one in inside):
            yield from _answered(holding, "DescribeInstances", "instance-id", instance)
        for table in self._new(_tables(facts)):
            routed = [{"Name": "state", "Values": ["active", "blackhole"]}]
            call = Call("ec2", "SearchTransitGatewayRoutes", {"TransitGatewayRouteTableId": table, "Filters": routed})
            yield from (one for one in holding.answers(call) if one.response is not None and facts.get(call) is None)

    def _new(self, named: Iterator[str]) -> list[str]:
        found = [one for one in dict.fromkeys(named) if one and one not in self._tried]
        self._tried.update(found)
        return found

    def _of_vpc(self, vpc: str, holding: Holding) -> Iterator[Answer]:
        told = list(_answered(holding, "DescribeVpcs", "vpc-id", vpc))
        listed = [one for answer in told for one in rows(answer.response or {}, "Vpcs")]
        if not any(not self.accounts or text(one, "OwnerId") in self.accounts for one in listed):
            return
        self._read.add(vpc)
        yield from chain(told, *(_answered(holding, operation, "vpc-id", vpc) for operation in _OF_A_VPC))


def _answered(holding: Holding, operation: str, name: str, value: str) -> Iterator[Answer]:
    call = Call("ec2", operation, {"Filters": [{"Name": name, "Values": [value]}]})
    yield from (one for one in holding.answers(call) if one.response is not None)


def _rows(facts: Facts, operation: str, key: str) -> Iterator[Raw]:
    answers = facts.of("ec2", operation)
    return (row for one in answers if one.response is not None for row in rows(one.response, key))


def _joined(facts: Facts) -> Iterator[str]:
    """VPCs that a peering or a transit gateway leads to, and that were not asked about."""
    asked = {value for one in facts.of("ec2", "DescribeVpcs") for value in _values(one.call)}
    for one in _rows(facts, "DescribeVpcPeeringConnections", "VpcPeeringConnections"):
        sides = (text(part(one, side), "VpcId") for side in ("RequesterVpcInfo", "AccepterVpcInfo"))
        yield from (vpc for vpc in sides if vpc not in asked)
    for one in _rows(facts, "DescribeTransitGatewayAttachments", "TransitGatewayAttachments"):
        if text(one, "ResourceType") == "vpc" and text(one, "ResourceId") not in asked:
            yield text(one, "ResourceId")


def _values(call: Call) -> Iterator[str]:
    return (value for one in rows(call.params, "Filters") for value in one.get("Values", ()))


def _interfaces(facts: Facts) -> Iterator[Raw]:
    return _rows(facts, "DescribeNetworkInterfaces", "NetworkInterfaces")


def _tables(facts: Facts) -> Iterator[str]:
    held = _rows(facts, "DescribeTransitGatewayAttachments", "TransitGatewayAttachments")
    return (text(part(one, "Association"), "TransitGatewayRouteTableId") for one in held)
