"""Packets on their way from subnet to subnet: what they carry at each point, and what was decided so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.sets import Addresses, Ranges
from vpclink_checks.reach.trace import Decision, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Packets as they are at one point. ``asked``: their port, or ICMP's type and code.

    ``every``: whether all of ``asked`` has to pass, or one is enough (a client on the internet takes any port).
    ``opened_by``: the egress-only gateway that the connection went out by, and that its replies come in by.
    """

    src: Addresses
    dst: Addresses
    protocol: str
    asked: Ranges
    reply: bool = False
    every: bool = True
    opened_by: str = ""

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.dst.family


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A NAT gateway on the way: the reply comes to it, and it sends it on to ``source``."""

    gateway: End
    source: Addresses
    table_id: str = ""  # a regional one's route table


class Where(StrEnum):
    """Where packets are."""

    ROUTED = "routed"  # in a subnet, and on by its route table
    INSIDE = "inside"  # in a VPC, for whoever has the address
    INTERNET = "internet"  # out on the internet
    SERVICE = "service"  # at a service of AWS
    LOST = "lost"  # dropped, or not known where


class By(StrEnum):
    """What packets came through."""

    PEERING = "peering"
    FAR_PEERING = "peering with another region"
    TRANSIT = "transit gateway"
    NAT = "NAT gateway"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where packets are, by which steps and gateways, and with which translations that the reply takes back.

    ``subnet_id``: the subnet that they come from; "" where they come in by a gateway at the VPC's edge.
    ``table_id``: the route table, where it is not the subnet's (a regional NAT gateway's). ``left``: the ACL
    of that subnet was asked already. ``altered``: what they carry may have been changed by something not judged.
    """

    where: Where
    parcel: Parcel
    vpc_id: str = ""
    subnet_id: str = ""
    table_id: str = ""
    steps: tuple[Step, ...] = ()
    by: tuple[By, ...] = ()
    turns: tuple[Turn, ...] = ()
    left: bool = False
    altered: bool = False

    def also(self, *steps: Step, **changes: Any) -> Spot:
        """The next point on the way."""
        return replace(self, steps=(*self.steps, *steps), **changes)

    def lost(self, step: Step, *, altered: bool = False) -> Spot:
        """They go no further, or it is not known where they go."""
        return self.also(step, where=Where.LOST, altered=self.altered or altered)

    @property
    def verdict(self) -> Decision:
        """What the steps so far amount to."""
        found = {one.decision for one in self.steps}
        return next((one for one in (Decision.DENY, Decision.UNKNOWN) if one in found), Decision.ALLOW)


def allow(layer: str, component: str, rule: str) -> Step:
    """They pass."""
    return Step(layer=layer, component=component, decision=Decision.ALLOW, rule=rule)


def deny(layer: str, component: str, rule: str) -> Step:
    """They do not."""
    return Step(layer=layer, component=component, decision=Decision.DENY, rule=rule)


def unsure(layer: str, component: str, rule: str | Gap) -> Step:
    """Not known."""
    return Step(layer=layer, component=component, decision=Decision.UNKNOWN, rule=str(rule))


def acl(topology: Topology, vpc_id: str, subnet_id: str, parcel: Parcel, *, egress: bool) -> Step:
    """What a subnet's ACL says where the packets leave (egress) or enter it."""
    own = End(name=subnet_id, addresses=parcel.src, vpc_id=vpc_id, subnet_id=subnet_id)
    peer = End(name="", addresses=parcel.dst if egress else parcel.src, vpc_id="", subnet_id="")
    return acls.decide(
        topology, own, peer, egress=egress, protocol=parcel.protocol, asked=parcel.asked, every_port=parcel.every
    )


def leave(topology: Topology, spot: Spot) -> Spot:
    """Out of the subnet; nothing where they are in none, or did already."""
    if spot.left or not spot.subnet_id:
        return spot
    return spot.also(acl(topology, spot.vpc_id, spot.subnet_id, spot.parcel, egress=True), left=True)


def across(topology: Topology, spot: Spot, subnet_id: str) -> Spot:
    """Out of the subnet and into another of the same VPC: no ACL acts between two interfaces of one subnet."""
    if spot.subnet_id == subnet_id:
        return spot
    spot = leave(topology, spot)
    return spot.also(acl(topology, spot.vpc_id, subnet_id, spot.parcel, egress=False))


def unread(topology: Topology, vpc_id: str) -> Gap | None:
    """Why this VPC's subnets, tables and interfaces may be others than the facts hold; None where they were read."""
    if vpc_id in topology.unread_vpcs:
        return topology.unread_vpcs[vpc_id]
    found = topology.vpcs.peek(vpc_id)
    if isinstance(found, Gap):
        return found
    if found is None:
        call = "ec2:DescribeVpcs"
        return Gap(operation=call, action=call, code="NotRecorded", message=f"no {vpc_id} in the facts")
    return None
