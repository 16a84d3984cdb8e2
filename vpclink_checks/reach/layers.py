"""Every filter between the internet and the interfaces of a topology, each distinct one judged once.

Sets of packets of every kind (reach.traffic): what one port or address sees of them is a slice. Interfaces in
subnets with equal ACLs and routes, and with the same groups, share one answer. Words are reach.internet's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import (
    BlockPublicAccess,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, filters, routes
from vpclink_checks.reach.bounds import (
    Bounds,
    TrafficBounds,
    every_kind,
    exact_traffic,
    exactly,
    perhaps,
    unread,
    unread_traffic,
)
from vpclink_checks.reach.groups import missing
from vpclink_checks.reach.sets import FAMILIES, Addresses, addresses, none, public, world
from vpclink_checks.reach.traffic import everything, nothing

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Place = tuple[str, str, int]  # VPC, subnet, address family
NO_GROUP = "no security group in the facts"


class Once(dict[K, V]):
    """What *make* says of a key, asked once for each."""

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        self[key] = found = self._make(key)
        return found


@dataclass(frozen=True, slots=True)
class Exposed:
    """Who on the internet reaches one address of an interface, with which kinds of packets."""

    address: str  # on the interface
    public_address: str  # on the internet; the same for IPv6
    packets: TrafficBounds  # their sources


@dataclass(frozen=True, slots=True)
class Block:
    """What VPC Block Public Access says to packets from the internet; ``blocks`` None: not known, and why."""

    blocks: bool | None
    text: str


class Layers:
    """Judges each group, ACL, route table and subnet of a topology when it is first asked about, and once."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._groups: Once[tuple[str, str, int], TrafficBounds] = Once(self._judge_group)
        self._peers: dict[tuple[str, int], Bounds] = {}
        self._public_peers_of: dict[tuple[str, int], Bounds] = {}
        self._admitted: Once[tuple[tuple[str, ...], str, int], TrafficBounds] = Once(self._union)
        self._acl_of: Once[tuple[str, str], NetworkAcl | Gap] = Once(self._find_acl)
        self._acls: Once[tuple[tuple[str, str], bool, int], TrafficBounds] = Once(self._judge_acl)
        self._acls_by_id: dict[tuple[str, bool, int], TrafficBounds] = {}
        self._answered: Once[TrafficBounds, TrafficBounds] = Once(filters.answered)
        self._routes: Once[Place, Bounds] = Once(self._judge_routes)
        self._delivered: Once[tuple[str, int], Addresses | None] = Once(self._judge_edge)
        self._blocks: Once[tuple[str, str], Block] = Once(self._judge_block)
        self._public: Once[int, Addresses] = Once(self._judge_public)
        self._sides: Once[Place, int] = Once(self._judge_side)
        self._side_numbers: dict[TrafficBounds, int] = {}
        self._sides_known: list[TrafficBounds] = []
        self._public_admitted: Once[tuple[str, int], TrafficBounds] = Once(self._judge_public_admitted)
        self._parts: Once[tuple[str, int, int], TrafficBounds] = Once(self._judge_part)
        self._reached: Once[tuple[tuple[str, ...] | None, int, int], TrafficBounds] = Once(self._judge_reached)

    # -- security groups -----------------------------------------------------------------------

    def admitted(self, group_ids: tuple[str, ...], direction: str, family: int) -> TrafficBounds:
        """The packets that these groups together let in (*direction* ingress) or out (egress), by their peers.

        Peers outside the VPC: a reference to a group matches none of them. No group at all is a fact that is missing.
        """
        return self._admitted[group_ids, direction, family]

    def _judge_group(self, key: tuple[str, str, int]) -> TrafficBounds:
        group_id, direction, family = key
        return self._group(group_id, direction, family, lambda rule: self._outsiders(rule, family))

    def _group(self, group_id: str, direction: str, family: int, peers: Callable[[GroupRule], Bounds]) -> TrafficBounds:
        group = self.topology.security_groups.peek(group_id)
        if isinstance(group, SecurityGroup):
            return filters.group_traffic(group, direction, family, peers)
        return unread_traffic(family, group or missing(group_id))

    def _outsiders(self, rule: GroupRule, family: int) -> Bounds:
        """Whom a rule means of those outside the VPC, worked out once for all rules with the same peer."""
        key = (rule.peer, family)
        if key not in self._peers:
            self._peers[key] = filters.outsiders(self.topology, rule, family)
        return self._peers[key]

    def _union(self, key: tuple[tuple[str, ...], str, int]) -> TrafficBounds:
        group_ids, direction, family = key
        if not group_ids:
            return TrafficBounds(nothing(family), everything(family), (NO_GROUP,))
        return reduce(TrafficBounds.__or__, (self._groups[one, direction, family] for one in group_ids))

    # -- network ACLs --------------------------------------------------------------------------

    def acl_of(self, subnet_id: str, vpc_id: str) -> NetworkAcl:
        """The ACL that acts on the subnet. Raises UnknownFact."""
        found = self._acl_of[subnet_id, vpc_id]
        if isinstance(found, Gap):
            raise UnknownFact(found)
        return found

    def acl(self, subnet_id: str, vpc_id: str, egress: bool, family: int) -> TrafficBounds:  # noqa: FBT001 - EC2's word
        """The packets that the subnet's ACL lets in, or out (*egress*), by their other ends."""
        return self._acls[(subnet_id, vpc_id), egress, family]

    def answered(self, subnet_id: str, vpc_id: str, family: int) -> TrafficBounds:
        """The (source, kind of request) whose replies the subnet's ACL lets out again, see filters.answered."""
        return self._answered[self.acl(subnet_id, vpc_id, True, family)]  # noqa: FBT003 - EC2's word

    def _find_acl(self, key: tuple[str, str]) -> NetworkAcl | Gap:
        try:
            return acls.acl_of(self.topology, *key)
        except UnknownFact as signal:
            return signal.gap

    def _judge_acl(self, key: tuple[tuple[str, str], bool, int]) -> TrafficBounds:
        where, egress, family = key
        acl = self._acl_of[where]
        if isinstance(acl, Gap):
            return unread_traffic(family, acl)
        by_id = (acl.id, egress, family)
        if by_id not in self._acls_by_id:
            self._acls_by_id[by_id] = filters.acl_traffic(acl, egress=egress, family=family)
        return self._acls_by_id[by_id]

    # -- routes --------------------------------------------------------------------------------

    def to_internet(self, vpc_id: str, subnet_id: str, family: int) -> Bounds:
        """The addresses that the subnet sends to through an attached internet gateway, and gets packets from."""
        return self._routes[vpc_id, subnet_id, family]

    def _judge_routes(self, place: Place) -> Bounds:
        vpc_id, subnet_id, family = place
        try:
            return routes.to_internet(self.topology, subnet_id, vpc_id, family).bounds
        except UnknownFact as signal:
            return unread(family, signal.gap)

    def detour(self, vpc_id: str, address: str) -> str:
        """Why a packet from the internet to this address may meet an appliance before its subnet; "" if it does not."""
        if self._delivered[vpc_id, 4] is None:  # the usual case: no gateway of the VPC has a table of its own
            return ""
        wanted = addresses(address)
        delivered = self._delivered[vpc_id, wanted.family]
        if delivered is None or wanted <= delivered:
            return ""
        return routes.edge_detour(self.topology, vpc_id, address)

    def _judge_edge(self, key: tuple[str, int]) -> Addresses | None:
        """What the gateway's own table surely delivers in the VPC; None where it has none, or that is not known."""
        vpc_id, family = key
        try:
            table = routes.edge_table(self.topology, vpc_id)
        except UnknownFact:
            return None  # which to_internet says of every source
        if table is None:
            return None
        pieces = routes.pieces(self.topology, table, family)
        return reduce(Addresses.__or__, (one.addresses for one in pieces if one.local and not one.doubt), none(family))

    # -- block of public access ----------------------------------------------------------------

    def block(self, vpc_id: str, subnet_id: str) -> Block:
        """What VPC Block Public Access says to packets from the internet for this subnet."""
        return self._blocks[vpc_id, subnet_id]

    def _judge_block(self, key: tuple[str, str]) -> Block:
        found = self.topology.block_public_access.peek(self.topology.region)
        told = Block(None, str(found)) if isinstance(found, Gap) else _blocked(found or BlockPublicAccess(), *key)
        return _in_effect(told, self._effective_mode(*key))

    def _effective_mode(self, vpc_id: str, subnet_id: str) -> str:
        """What EC2 says of the subnet itself, else of its VPC; "" where it says nothing."""
        subnet, vpc = self.topology.subnets.peek(subnet_id), self.topology.vpcs.peek(vpc_id)
        own = subnet.block_mode if isinstance(subnet, Subnet) else ""
        return own or (vpc.block_mode if isinstance(vpc, Vpc) else "")

    def unblocked(self, vpc_id: str, subnet_id: str, family: int) -> Bounds:
        """The sources that VPC Block Public Access lets in: all, nobody, or one of the two."""
        found = self.block(vpc_id, subnet_id)
        if found.blocks is None:
            return perhaps(world(family), found.text)
        return exactly(none(family) if found.blocks else world(family))

    # -- the internet --------------------------------------------------------------------------

    def public(self, family: int) -> Addresses:
        """Every public source: the account's own VPCs hold none."""
        return self._public[family]

    def _judge_public(self, family: int) -> Addresses:
        return public(family, (cidr for vpc in self.topology.vpcs for cidr in vpc.cidrs))

    def from_internet(
        self, interface: NetworkInterface, group_ids: tuple[str, ...] | None = None
    ) -> tuple[Exposed, ...]:
        """For each public address of the interface the packets that reach it, by their public sources.

        *group_ids*: those that filter it, if not the interface's own; () for none.
        """
        return tuple(
            Exposed(own, outside, self.packets_to(interface, own, family, group_ids))
            for family in FAMILIES
            for own, outside in public_addresses(interface, family)
        )

    def packets_to(
        self, interface: NetworkInterface, own: str, family: int, group_ids: tuple[str, ...] | None = None
    ) -> TrafficBounds:
        """The same for one address, were it on the internet."""
        filters_ = interface.group_ids if group_ids is None else group_ids or None
        place = (interface.vpc_id, interface.subnet_id, family)
        detour = self.detour(interface.vpc_id, own)
        return self.packets_past(filters_, place, detour, deny_all=interface.deny_all_igw)

    def packets_past(
        self, group_ids: tuple[str, ...] | None, place: Place, detour: str, *, deny_all: bool
    ) -> TrafficBounds:
        """The same by what decides: *group_ids* None for no filter, *detour* as of detour, DenyAllIgwTraffic."""
        family = place[2]
        if deny_all:
            return exact_traffic(nothing(family))
        wanted = tuple(sorted(group_ids)) if group_ids and len(group_ids) > 1 else group_ids  # order never matters
        found = self._reached[wanted, self._sides[place], family]
        return found & every_kind(perhaps(world(family), detour)) if detour else found

    def _judge_side(self, place: Place) -> int:
        """The number of what the subnet lets in, equal for subnets that let in the same.

        Sources that are not public count as let in: who is left after the groups are public ones.
        """
        vpc_id, subnet_id, family = place
        found = every_kind(self.to_internet(vpc_id, subnet_id, family) & self.unblocked(vpc_id, subnet_id, family))
        if found.possible:
            found = found & self.acl(subnet_id, vpc_id, False, family)  # noqa: FBT003 - EC2's word
            found = found & self.answered(subnet_id, vpc_id, family)
            found = found | every_kind(exactly(~self.public(family)))
        number = self._side_numbers.setdefault(found, len(self._sides_known))
        if number == len(self._sides_known):
            self._sides_known.append(found)
        return number

    def _judge_public_admitted(self, key: tuple[str, int]) -> TrafficBounds:
        """What one group lets in from public sources; what is not public drops out rule by rule."""
        group_id, family = key
        if not isinstance(self.topology.security_groups.peek(group_id), SecurityGroup):
            return self._groups[group_id, "ingress", family] & every_kind(exactly(self.public(family)))
        return self._group(group_id, "ingress", family, lambda rule: self._public_peers(rule, family))

    def _public_peers(self, rule: GroupRule, family: int) -> Bounds:
        key = (rule.peer, family)
        if key not in self._public_peers_of:
            self._public_peers_of[key] = self._outsiders(rule, family) & exactly(self.public(family))
        return self._public_peers_of[key]

    def _judge_part(self, key: tuple[str, int, int]) -> TrafficBounds:
        """What one group and one side let in together."""
        group_id, side, family = key
        return self._public_admitted[group_id, family] & self._sides_known[side]

    def _judge_reached(self, key: tuple[tuple[str, ...] | None, int, int]) -> TrafficBounds:
        group_ids, side, family = key
        if not self._sides_known[side].possible:
            return self._sides_known[side]
        if group_ids:
            return reduce(TrafficBounds.__or__, (self._parts[one, side, family] for one in group_ids))
        everybody = every_kind(exactly(self.public(family)) if group_ids is None else self._no_group(family))
        return everybody & self._sides_known[side]

    def _no_group(self, family: int) -> Bounds:
        return perhaps(self.public(family), NO_GROUP)


def public_addresses(interface: NetworkInterface, family: int) -> tuple[tuple[str, str], ...]:
    """(own address, address on the internet): mapped ones for IPv4, global ones themselves for IPv6.

    Of a delegated IPv6 prefix, every address of which packets come to, the first one.
    """
    if family == 4:  # noqa: PLR2004 - the address family
        return tuple((one.address, one.public) for one in interface.addresses if one.public)
    delegated = (addresses(one).first for one in interface.prefixes if ":" in one)
    return tuple((one, one) for one in (*interface.ipv6, *delegated) if one in public(6))


BLOCK = "VPC Block Public Access"
_EFFECT = {"off": False, "block-bidirectional": True, "block-ingress": True}
_SETTLED = ("default-state", "update-complete")
_OPENS = {"allow-bidirectional": True, "allow-egress": False}


def _blocked(found: BlockPublicAccess, vpc_id: str, subnet_id: str) -> Block:
    """Both blocking modes stop what comes in, unless an exclusion lets it in again (botocore, semantics.md 7.5)."""
    blocks = _EFFECT.get(found.mode)
    if blocks is False and found.state in (*_SETTLED, ""):
        return Block(False, f"{BLOCK} is off")  # noqa: FBT003 - it does not
    here = [(id_, mode) for id_, mode in found.exclusions if id_ in (vpc_id, subnet_id)]
    opened = sorted(id_ for id_, mode in here if _OPENS.get(mode))
    if opened:
        return Block(False, f"{BLOCK} excludes {opened[0]}")  # noqa: FBT003 - it does not
    strange = [f"the exclusion of {id_} has the mode {mode}" for id_, mode in here if mode not in _OPENS]
    strange += [str(gap) for id_, gap in found.unsure if id_ in (vpc_id, subnet_id)]
    if blocks and found.state == "update-complete" and not strange:
        return Block(True, f"{BLOCK} is {found.mode}")  # noqa: FBT003 - it does
    doubt = f"{BLOCK} has mode {found.mode} and state {found.state}: whether it blocks is not known"
    return Block(None, "; ".join(strange) or doubt)


def _in_effect(told: Block, mode: str) -> Block:
    """The region's setting and the mode that EC2 reports where it takes effect: two readings of one thing."""
    blocks = _EFFECT.get(mode)
    if blocks is None or told.blocks == blocks:
        return told
    if told.blocks is None:
        return Block(None, f"{told.text}; what takes effect here is {mode}")
    return Block(None, f"readings disagree: {told.text}, and what takes effect here is {mode}")
