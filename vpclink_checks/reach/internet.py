"""The ordinary door: who on the internet reaches one interface through an internet gateway.

semantics.md, section 7.4: a public address, a route to an attached gateway, the ACL both ways, the
groups, and no block of public access; all at once for the same source. IPv4 and IPv6 each for itself.
The sets are reach.layers' for every kind of packet; here they are cut down to one port, and put into words
where somebody asks for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import overload

from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.layers import BLOCK, NO_GROUP, Layers, Once, public_addresses
from vpclink_checks.reach.protocols import has_ports, replies, shown
from vpclink_checks.reach.sets import FAMILIES, Addresses, Ranges, addresses, example, is_wide, none, one_port, world
from vpclink_checks.reach.traffic import kind
from vpclink_checks.report import Witness

_ANY_PORT = Ranges.of((1, 65535))
_CALLS = {
    "route table": "ec2:DescribeRouteTables",
    "network ACL": "ec2:DescribeNetworkAcls",
    "security groups": "ec2:DescribeSecurityGroups",
    "the interface": "ec2:DescribeNetworkInterfaces",
    BLOCK: "ec2:DescribeVpcBlockPublicAccessOptions",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One condition: the public sources that it lets through, rule by rule."""

    name: str
    bounds: Bounds
    closed: str  # how it closes, as one clause, for the certificate
    rules: tuple[tuple[Addresses, str], ...] = ()

    @property
    def operation(self) -> str:
        """The call whose facts decided; "" where none was needed."""
        return _CALLS.get(self.name, "")

    def rule_for(self, source: str) -> str:
        """The rule that lets this source through."""
        return next((text for members, text in self.rules if source in members), self.name)


class Conditions(Sequence[Layer]):
    """The layers of all doors that have the same in their way.

    Who passes them all is known from the start; the layers are put into words when somebody first looks at them.
    """

    def __init__(self, sources: Bounds, make: Callable[[], tuple[Layer, ...]]) -> None:
        self.sources = sources
        self._make = make

    @cached_property
    def _layers(self) -> tuple[Layer, ...]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Layer, ...]: ...
    def __getitem__(self, index: int | slice) -> Layer | tuple[Layer, ...]:
        return self._layers[index]

    def __len__(self) -> int:
        return len(self._layers)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._layers == tuple(other)

    def __hash__(self) -> int:
        return hash(self._layers)

    @cached_property
    def closed_by(self) -> tuple[str, ...]:
        """See Door.closed_by."""
        return _closing(self)


def _closing(layers: Sequence[Layer]) -> tuple[str, ...]:
    everybody = layers[0].bounds.possible
    alone = tuple(layer.closed for layer in layers if not layer.bounds.possible & everybody)
    return alone or ("no public source passes all of: " + "; ".join(layer.closed for layer in layers),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One address that the internet could try, and every condition in its way."""

    interface_id: str
    address: str  # on the interface
    public_address: str  # on the internet; the same for IPv6
    port: int
    protocol: str = "tcp"
    layers: Sequence[Layer]

    @property
    def sources(self) -> Bounds:
        """The public sources that get in: intersection of all layers."""
        if isinstance(self.layers, Conditions):
            return self.layers.sources
        return reduce(Bounds.__and__, (layer.bounds for layer in self.layers))

    @property
    def closed_by(self) -> tuple[str, ...]:
        """What keeps everybody out: each layer that does so alone, or all of them together."""
        return self.layers.closed_by if isinstance(self.layers, Conditions) else _closing(self.layers)

    def witness(self, sources: Addresses) -> Witness:
        """A packet from one of *sources*, with the rule of each layer that lets it through."""
        src = example(sources)
        via = tuple(layer.rule_for(src) for layer in self.layers)
        return Witness(src, self.public_address, self.protocol, self.port, via)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Every ordinary door of some interfaces and ports, and what certifies the shut ones."""

    doors: tuple[Door, ...]
    absent: tuple[str, ...] = ()  # interfaces and families without any public address

    @property
    def wide(self) -> Door | None:
        """A door that surely stands open to the internet at large."""
        return next((door for door in self.doors if is_wide(door.sources.sure)), None)

    @property
    def maybe_wide(self) -> Door | None:
        """A door that may stand open to the internet at large."""
        return next((door for door in self.doors if is_wide(door.sources.possible)), None)

    @property
    def open(self) -> Door | None:
        """A door that surely lets some public source in."""
        return next((door for door in self.doors if door.sources.sure), None)

    @property
    def maybe_open(self) -> Door | None:
        """A door that may let some public source in."""
        return next((door for door in self.doors if door.sources.possible), None)

    @property
    def certificate(self) -> tuple[str, ...]:
        """For each door that is surely shut, what shuts it."""
        shut = [door for door in self.doors if not door.sources.possible]
        return (*self.absent, *(f"{door.public_address}: {', '.join(door.closed_by)}" for door in shut))


@dataclass(frozen=True, slots=True)
class _Port:
    """What packets a question is about; *number* is ICMP's type and code (reach.protocols), 0 without ports."""

    family: int
    protocol: str
    number: int

    @property
    def kind(self) -> int:
        return kind(self.protocol, self.number)

    @property
    def shown(self) -> str:
        return shown(self.protocol, self.number)

    @property
    def replies(self) -> Ranges:
        """What comes back. A client on the internet takes whatever port it likes: one that is let back is enough."""
        return _ANY_PORT if has_ports(self.protocol) else replies(self.protocol, self.number)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What decides about a door: equal for doors that the same filters stand before. *groups* None: none filters."""

    vpc_id: str
    subnet_id: str
    port: _Port
    groups: tuple[str, ...] | None
    detour: str
    deny_all: bool


_Where = tuple[str, str]  # VPC, subnet


class Internet:
    """The ordinary doors of one topology: who gets in from :class:`Layers`, the words when asked for, each once."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.topology = layers.topology
        words = _Words(layers)
        self._conditions: Once[_Asked, Conditions] = Once(lambda asked: _conditions(layers, words, asked))

    def exposure(self, interfaces: Iterable[NetworkInterface], ports: Iterable[int], protocol: str = "tcp") -> Exposure:
        """The ordinary doors of these interfaces on these ports, IPv4 and IPv6; of ICMP its types and codes."""
        doors: list[Door] = []
        absent: list[str] = []
        wanted = tuple(ports)
        for interface in interfaces:
            for family in FAMILIES:
                pairs = public_addresses(interface, family)
                absent.extend([] if pairs else [f"{interface.id} has no public IPv{family} address"])
                doors.extend(
                    self.door(interface, own, outside, port, protocol=protocol, family=family)
                    for own, outside in pairs
                    for port in wanted
                )
        return Exposure(doors=tuple(doors), absent=tuple(absent))

    def door(
        self,
        interface: NetworkInterface,
        own: str,
        outside: str,
        port: int,
        *,
        protocol: str = "tcp",
        group_ids: tuple[str, ...] | None = None,
        family: int | None = None,
    ) -> Door:
        """One address and port. *group_ids*: those that filter it, if not the interface's; () for none."""
        asked = _Asked(
            vpc_id=interface.vpc_id,
            subnet_id=interface.subnet_id,
            port=_Port(family or addresses(own).family, protocol, port),
            groups=interface.group_ids if group_ids is None else group_ids or None,
            detour=self.layers.detour(interface.vpc_id, own),
            deny_all=interface.deny_all_igw,
        )
        return Door(
            interface_id=interface.id,
            address=own,
            public_address=outside,
            port=port,
            protocol=protocol,
            layers=self._conditions[asked],
        )


def _conditions(layers: Layers, words: _Words, asked: _Asked) -> Conditions:
    place = (asked.vpc_id, asked.subnet_id, asked.port.family)
    packets = layers.packets_past(asked.groups, place, asked.detour, deny_all=asked.deny_all)
    return Conditions(packets.at(asked.port.kind), lambda: words.layers(asked))


def exposure(topology: Topology, interfaces: Iterable[NetworkInterface], ports: Iterable[int]) -> Exposure:
    """The ordinary doors of these interfaces on these TCP ports; for one question alone."""
    return Internet(Layers(topology)).exposure(interfaces, ports)


def doubtful(found: Door, doubt: str) -> Door:
    """The same door where it is not known whether its public address is there at all."""
    family = addresses(found.address).family
    layer = Layer("public address", perhaps(world(family), doubt), doubt, ((world(family), doubt),))
    return replace(found, layers=(*found.layers, layer))


# -- the words ---------------------------------------------------------------------------------


class _Words:
    """Each layer in words, made once for all doors that have it in their way."""

    def __init__(self, layers: Layers) -> None:
        self._source: Once[int, Layer] = Once(lambda family: _source_layer(layers, family))
        self._route: Once[tuple[_Where, int, str], Layer] = Once(lambda key: _route_layer(layers, *key))
        self._acl: Once[tuple[_Where, _Port], tuple[Layer, ...]] = Once(lambda key: _acl_layers(layers, *key))
        self._group: Once[tuple[tuple[str, ...] | None, _Port], Layer] = Once(lambda key: _group_layer(layers, *key))
        self._block: Once[tuple[_Where, int], Layer] = Once(lambda key: _block_layer(layers, *key))

    def layers(self, asked: _Asked) -> tuple[Layer, ...]:
        """Every layer of such a door, in the order of the packet's way and the reply's."""
        where, port, family = (asked.vpc_id, asked.subnet_id), asked.port, asked.port.family
        return (
            self._source[family],
            *([_interface_layer(family)] if asked.deny_all else []),
            self._route[where, family, asked.detour],
            *self._acl[where, port],
            self._group[asked.groups, port],
            self._block[where, family],
        )


def _source_layer(layers: Layers, family: int) -> Layer:
    """Public sources; the account's own VPCs are none, and one that was not read may be among them."""
    known = layers.public(family)
    return Layer("a public source", exactly(known), "there is no public source", ((known, "a public source"),))


def _interface_layer(family: int) -> Layer:
    closed = "the interface drops all that comes from an internet gateway (DenyAllIgwTraffic)"
    return Layer("the interface", exactly(none(family)), closed)


def _route_layer(layers: Layers, where: _Where, family: int, detour: str) -> Layer:
    vpc_id, subnet_id = where
    bounds = layers.to_internet(vpc_id, subnet_id, family)
    try:
        found = routes.to_internet(layers.topology, subnet_id, vpc_id, family)
    except UnknownFact:
        return _unread("route table", bounds)
    if detour and bounds.possible:
        bounds = perhaps(bounds.possible, detour)
    table = routes.table_text(found.table, subnet_id)
    closed = f"route table {table} leads to an internet gateway for {_partly(bounds)} IPv{family} destination"
    return Layer("route table", bounds, closed, found.routes)


def _partly(bounds: Bounds) -> str:
    return "only some" if bounds.possible else "no"


def _acl_layers(layers: Layers, where: _Where, port: _Port) -> tuple[Layer, ...]:
    vpc_id, subnet_id = where
    into = layers.acl(subnet_id, vpc_id, False, port.family).at(port.kind)  # noqa: FBT003 - EC2's word
    out = layers.answered(subnet_id, vpc_id, port.family).at(port.kind)
    try:
        acl = layers.acl_of(subnet_id, vpc_id)
    except UnknownFact:
        return (_unread("network ACL", into),)
    found = []
    for egress, ports, bounds in ((False, one_port(port.number), into), (True, port.replies, out)):
        every = acls.pieces(acl, egress=egress, family=port.family, protocol=port.protocol, asked=ports)
        passing = [one for one in every if one.allow or one.doubt]
        rules = tuple((one.addresses, acls.entry_text(acl, one.entry, egress=egress)) for one in passing)
        word = "lets the answer out to" if egress else f"lets {port.shown} in from"
        who = "only some sources" if bounds.possible else "nobody"
        found.append(Layer("network ACL", bounds, f"network ACL {acl.id} {word} {who}", rules))
    return tuple(found) if port.replies else (found[0],)  # of ICMP that nobody answers the way out decides nothing


def _group_layer(layers: Layers, filters: tuple[str, ...] | None, port: _Port) -> Layer:
    family = port.family
    if filters is None:
        text = "no security group filters it"
        return Layer("security groups", exactly(world(family)), text, ((world(family), text),))
    if not filters:
        return Layer("security groups", perhaps(world(family), NO_GROUP), "not known")
    bounds = layers.admitted(filters, "ingress", family).at(port.kind)
    rules = tuple((one.peers.possible, one.text) for one in _openings(layers.topology, filters, port))
    who = bounds.possible & layers.public(family)
    title = who.title if who else "no public source"
    return Layer("security groups", bounds, f"{', '.join(filters)} admit {title} on {port.shown}", rules)


def _openings(topology: Topology, filters: Sequence[str], port: _Port) -> tuple[groups.Opening, ...]:
    protocol, number = port.protocol, port.number
    return groups.openings(topology, filters, "ingress", protocol=protocol, port=number, family=port.family)


def _block_layer(layers: Layers, where: _Where, family: int) -> Layer:
    """VPC Block Public Access: both modes stop what comes in, unless an exclusion lets it in again."""
    found, bounds = layers.block(*where), layers.unblocked(*where, family)
    if found.blocks is None:
        return Layer(BLOCK, bounds, found.text, ((world(family), found.text),))
    if found.blocks:
        return Layer(BLOCK, bounds, found.text)
    return Layer(BLOCK, bounds, f"{BLOCK} does not block", ((world(family), found.text),))


def _unread(name: str, bounds: Bounds) -> Layer:
    text = f"{name} was not read"
    return Layer(name, bounds, text, ((world(bounds.possible.family), text),))
