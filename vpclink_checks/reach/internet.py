"""The ordinary door: who on the internet reaches one interface through an internet gateway.

semantics.md, section 7.4: a public address, a route to an attached gateway, the ACL both ways, the
groups, and no block of public access; all at once for the same source. IPv4 and IPv6 each for itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps, unread
from vpclink_checks.reach.fixes import revoke
from vpclink_checks.reach.sets import (
    FAMILIES,
    Addresses,
    Ranges,
    addresses,
    example,
    is_wide,
    none,
    one_port,
    public,
    world,
)
from vpclink_checks.report import Fix, Witness

# A client on the internet takes whatever source port it likes; one that the ACL lets back is enough.
_ANY_PORT = Ranges.of((1, 65535))
_CALLS = {
    "route table": "ec2:DescribeRouteTables",
    "network ACL": "ec2:DescribeNetworkAcls",
    "security groups": "ec2:DescribeSecurityGroups",
    "VPC Block Public Access": "ec2:DescribeVpcBlockPublicAccessOptions",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One address that the internet could try, and every condition in its way."""

    interface_id: str
    address: str  # on the interface
    public_address: str  # on the internet; the same for IPv6
    port: int
    layers: tuple[Layer, ...]
    fixes: tuple[Fix, ...] = ()

    @property
    def sources(self) -> Bounds:
        """The public sources that get in: intersection of all layers."""
        return reduce(Bounds.__and__, (layer.bounds for layer in self.layers))

    @property
    def closed_by(self) -> tuple[str, ...]:
        """What keeps everybody out: each layer that does so alone, or all of them together."""
        everybody = self.layers[0].bounds.possible
        alone = tuple(layer.closed for layer in self.layers if not layer.bounds.possible & everybody)
        return alone or ("no public source passes all of: " + "; ".join(layer.closed for layer in self.layers),)

    def witness(self, sources: Addresses) -> Witness:
        """A packet from one of *sources*, with the rule of each layer that lets it through."""
        src = example(sources)
        via = tuple(layer.rule_for(src) for layer in self.layers)
        return Witness(src, self.public_address, "tcp", self.port, via)


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


def exposure(topology: Topology, interfaces: Iterable[NetworkInterface], ports: Iterable[int]) -> Exposure:
    """The ordinary doors of these interfaces on these TCP ports, IPv4 and IPv6."""
    doors: list[Door] = []
    absent: list[str] = []
    wanted = tuple(ports)
    for interface in interfaces:
        for family in FAMILIES:
            pairs = public_addresses(interface, family)
            absent.extend([] if pairs else [f"{interface.id} has no public IPv{family} address"])
            doors.extend(door(topology, interface, own, outside, port) for own, outside in pairs for port in wanted)
    return Exposure(doors=tuple(doors), absent=tuple(absent))


def public_addresses(interface: NetworkInterface, family: int) -> tuple[tuple[str, str], ...]:
    """(own address, address on the internet): mapped ones for IPv4, global ones themselves for IPv6."""
    if family == 4:  # noqa: PLR2004 - the address family
        return tuple((one.address, one.public) for one in interface.addresses if one.public)
    return tuple((one, one) for one in interface.ipv6 if one in public(6))


def door(
    topology: Topology,
    interface: NetworkInterface,
    own: str,
    outside: str,
    port: int,
    *,
    group_ids: tuple[str, ...] | None = None,
) -> Door:
    """One address and TCP port. *group_ids*: those that filter it, if not the interface's; () for none."""
    family = addresses(own).family
    filters = interface.group_ids if group_ids is None else group_ids
    found = groups.openings(topology, filters, "ingress", protocol="tcp", port=port, family=family)
    layers = (
        _sources(topology, family),
        _route_layer(topology, interface, own, family),
        *_acl_layers(topology, interface, port, family),
        _group_layer(found, filters, port, family, unfiltered=group_ids == ()),
        _block_layer(topology, interface, family),
    )
    fixes = tuple(revoke(one.group_id, one.rule) for one in found if one.rule and one.peers.possible & public(family))
    return Door(interface_id=interface.id, address=own, public_address=outside, port=port, layers=layers, fixes=fixes)


def doubtful(found: Door, doubt: str) -> Door:
    """The same door where it is not known whether its public address is there at all."""
    family = addresses(found.address).family
    layer = Layer("public address", perhaps(world(family), doubt), doubt, ((world(family), doubt),))
    return replace(found, layers=(*found.layers, layer))


def _sources(topology: Topology, family: int) -> Layer:
    """Public sources; the account's own VPCs are none, and one that was not read may be among them."""
    known = public(family, (cidr for vpc in topology.vpcs for cidr in vpc.cidrs))
    return Layer("a public source", exactly(known), "there is no public source", ((known, "a public source"),))


def _route_layer(topology: Topology, interface: NetworkInterface, own: str, family: int) -> Layer:
    try:
        found = routes.to_internet(topology, interface.subnet_id, interface.vpc_id, family)
    except UnknownFact as signal:
        return _unread("route table", family, signal.gap)
    detour = routes.edge_detour(topology, interface.vpc_id, own)
    bounds = perhaps(found.bounds.possible, detour) if detour and found.bounds.possible else found.bounds
    shown = routes.table_text(found.table, interface.subnet_id)
    closed = f"route table {shown} leads to an internet gateway for {_partly(bounds)} IPv{family} destination"
    return Layer("route table", bounds, closed, found.routes)


def _partly(bounds: Bounds) -> str:
    return "only some" if bounds.possible else "no"


def _acl_layers(topology: Topology, interface: NetworkInterface, port: int, family: int) -> tuple[Layer, ...]:
    try:
        acl = acls.acl_of(topology, interface.subnet_id, interface.vpc_id)
    except UnknownFact as signal:
        return (_unread("network ACL", family, signal.gap),)
    layers = []
    for egress, asked in ((False, one_port(port)), (True, _ANY_PORT)):
        found = acls.pieces(acl, egress=egress, family=family, protocol="tcp", asked=asked)
        admitted = acls.admitted(found, family, every_port=False)
        passing = [one for one in found if one.allow or one.doubt]
        rules = tuple((one.addresses, acls.entry_text(acl, one.entry, egress=egress)) for one in passing)
        word = "lets the answer out to" if egress else f"lets tcp {port} in from"
        who = "only some sources" if admitted.possible else "nobody"
        layers.append(Layer("network ACL", admitted, f"network ACL {acl.id} {word} {who}", rules))
    return tuple(layers)


def _group_layer(
    found: tuple[groups.Opening, ...], filters: tuple[str, ...], port: int, family: int, *, unfiltered: bool
) -> Layer:
    if unfiltered:
        text = "no security group filters it"
        return Layer("security groups", exactly(world(family)), text, ((world(family), text),))
    if not filters:
        return Layer("security groups", perhaps(world(family), "no security group in the facts"), "not known")
    bounds = groups.admitted(found, family)
    rules = tuple((one.peers.possible, one.text) for one in found)
    who = bounds.possible & public(family)
    shown = who.title if who else "no public source"
    return Layer("security groups", bounds, f"{', '.join(filters)} admit {shown} on tcp {port}", rules)


def _block_layer(topology: Topology, interface: NetworkInterface, family: int) -> Layer:
    """VPC Block Public Access: both modes stop what comes in, unless an exclusion lets it in again."""
    name = "VPC Block Public Access"
    found = topology.block_public_access.peek(topology.region)
    everybody, closed = exactly(world(family)), f"{name} does not block"
    if isinstance(found, Gap):
        return _unread(name, family, found)
    if found is None or found.mode == "off":
        return Layer(name, everybody, closed, ((world(family), f"{name} is off"),))
    excluded = {interface.vpc_id, interface.subnet_id} & {
        id_ for id_, mode in found.exclusions if mode == "allow-bidirectional"
    }
    if excluded:
        return Layer(name, everybody, closed, ((world(family), f"{name} excludes {min(excluded)}"),))
    if found.mode in ("block-bidirectional", "block-ingress") and found.state == "update-complete":
        return Layer(name, exactly(none(family)), f"{name} is {found.mode}")
    doubt = f"{name} has mode {found.mode} and state {found.state}: whether it blocks is not known"
    return Layer(name, perhaps(world(family), doubt), doubt, ((world(family), doubt),))


def _unread(name: str, family: int, gap: Gap) -> Layer:
    return Layer(name, unread(family, gap), f"{name} was not read", ((world(family), f"{name} was not read"),))
