"""Who comes in from other networks: peered VPCs, transit and VPN gateways, appliances.

The target's side decides here: a route of its subnet that leads replies back, its ACL both ways, its groups
(semantics.md, section 7). What the other side lets out is its own affair, and said to be not read. Only a
transit gateway's own tables are asked, where they were read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import GroupRule, NetworkInterface, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls, groups, routes
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps, unread
from vpclink_checks.reach.doors import gateways
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind, State
from vpclink_checks.reach.ends import own_addresses
from vpclink_checks.reach.internet import Layer
from vpclink_checks.reach.protocols import name
from vpclink_checks.reach.sets import FAMILIES, Addresses, Ranges, addresses, none, one_port, union, world
from vpclink_checks.report import Evidence, Witness

# Whoever opens a connection takes whatever port it likes; one that the ACL lets back is enough.
_ANY_PORT = Ranges.of((1, 65535))
_CALL = "ec2:DescribeRouteTables"
_SHOWN = {
    Kind.PEERING: "a peering connection",
    Kind.TRANSIT: "a transit gateway",
    Kind.VPN: "a virtual private gateway",
    Kind.APPLIANCE: "an appliance or another gateway",
}
KINDS = tuple(_SHOWN)
Port = tuple[str, int]  # (protocol, port)


@dataclass(frozen=True, slots=True)
class _Way:
    """One gateway that the subnet of an interface sends to."""

    topology: Topology
    interface: NetworkInterface
    table: RouteTable
    gateway: str
    kind: Kind
    own: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One address and port of the interface at the end of a way."""

    way: _Way
    address: str
    protocol: str
    port: int

    @property
    def topology(self) -> Topology:
        return self.way.topology

    @property
    def interface(self) -> NetworkInterface:
        return self.way.interface

    @property
    def table(self) -> RouteTable:
        return self.way.table

    @property
    def gateway(self) -> str:
        return self.way.gateway

    @property
    def kind(self) -> Kind:
        return self.way.kind

    @property
    def family(self) -> int:
        return addresses(self.address).family

    @property
    def there(self) -> str:
        return f"{self.address}:{self.port}" if self.family == 4 else f"[{self.address}]:{self.port}"  # noqa: PLR2004


def doors(
    topology: Topology,
    backends: Iterable[tuple[Iterable[NetworkInterface], Iterable[Port]]],
    own: tuple[str, ...] = (),
) -> tuple[Door, ...]:
    """One door for each kind of way from other networks to these ports of these interfaces.

    *own*: addresses of the path's load balancer, which may stand in another VPC: they are no way round.
    """
    asked = [(interface, tuple(ports)) for interfaces, ports in backends for interface in interfaces]
    found: dict[Kind, list[Entrance]] = {kind: [] for kind in KINDS}
    gap: Gap | None = None
    for interface, ports in asked:
        try:
            table = routes.table_of(topology, interface.subnet_id, interface.vpc_id)
        except UnknownFact as signal:
            gap = signal.gap
            continue
        for kind, gateway in gateways_of(topology, table):
            found[kind] += _entrances(_Way(topology, interface, table, gateway, kind, own), ports)
    where = ", ".join(dict.fromkeys(interface.subnet_id for interface, _ in asked)) or "no subnet"
    return tuple(_door(kind, found[kind], gap, where) for kind in KINDS)


def _door(kind: Kind, found: list[Entrance], gap: Gap | None, where: str) -> Door:
    what = _SHOWN[kind]
    nothing = f"no route of {where} leads back to {what}"
    return Door(kind=kind, what=what, nothing=nothing, operation=_CALL, entrances=tuple(found), gap=gap)


def gateways_of(topology: Topology, table: RouteTable) -> tuple[tuple[Kind, str], ...]:
    """What a table sends packets to other networks by, each gateway once.

    NAT and egress-only gateways let nobody in; internet and carrier gateways are the ordinary door; a gateway
    endpoint is the target of a prefix list of S3 or DynamoDB, which begin no connection.
    """
    kinds = ((gateways.kind_of(topology, entry), entry.target) for entry in table.routes)
    return tuple(dict.fromkeys((kind, target) for kind, target in kinds if kind is not None))


def _entrances(way: _Way, ports: Iterable[Port]) -> Iterator[Entrance]:
    for family in FAMILIES:
        for address in own_addresses(way.interface, family):
            yield from (_entrance(_Asked(way, address, protocol, port)) for protocol, port in ports)


def _entrance(asked: _Asked) -> Entrance:
    layers = (_route_layer(asked), _gateway_layer(asked), *_acl_layers(asked), _group_layer(asked))
    bounds = reduce(Bounds.__and__, (layer.bounds for layer in layers))
    title = f"{asked.gateway} to {name(asked.protocol)} {asked.there}"
    evidence = Evidence(_CALL, asked.table.id, asked.gateway)
    if bounds.sure:
        src = bounds.sure.first
        via = tuple(layer.rule_for(src) for layer in layers)
        witness = Witness(src, asked.address, name(asked.protocol), asked.port, via)
        text = f"{bounds.sure.title} may come in by {title}: {'; '.join(via)}"
        return Entrance(
            name=title, state=State.LATERAL, text=text, sources=(bounds,), witness=witness, evidence=evidence
        )
    members = _named(asked)
    if bounds.possible and members and reduce(Bounds.__and__, (layer.bounds for layer in layers[:-1])).sure:
        via = tuple(layer.rules[0][1] if layer.rules else layer.closed for layer in layers[:-1])
        text = f"members of {', '.join(members)} of another VPC may come in by {title}: {'; '.join(via)}"
        return Entrance(name=title, state=State.LATERAL, text=text, sources=(bounds,), evidence=evidence)
    if bounds.possible:
        doubts = "; ".join(bounds.doubts)
        text = f"whether {bounds.possible.title} comes in by {title} is not known: {doubts}"
        return Entrance(name=title, state=State.UNKNOWN, text=text, sources=(bounds,), evidence=evidence)
    text = f"{title}: {_closed(layers)}"
    return Entrance(name=title, state=State.SHUT, text=text, sources=(bounds,), evidence=evidence)


def _closed(layers: tuple[Layer, ...]) -> str:
    """The layers that keep everybody out alone, or all of them together."""
    back = layers[0].bounds.possible
    if not back:
        return layers[0].closed
    alone = [layer.closed for layer in layers[1:] if not layer.bounds.possible & back]
    return ", ".join(alone) or f"nobody passes all of: {'; '.join(layer.closed for layer in layers)}"


def _route_layer(asked: _Asked) -> Layer:
    """Where the subnet sends replies by this gateway; its own VPC and the path's load balancer are left out."""
    family, shown = asked.family, routes.table_text(asked.table, asked.interface.subnet_id)
    bounds, rules = exactly(none(family)), []
    for piece in routes.pieces(asked.topology, asked.table, family):
        if piece.drops or piece.entry is None or piece.entry.target != asked.gateway:
            continue
        its = perhaps(piece.addresses, piece.doubt) if piece.doubt else exactly(piece.addresses)
        bounds = bounds | its
        rules.append((its.possible, routes.entry_text(asked.table, asked.interface.subnet_id, piece.entry)))
    for gap in _unread_lists(asked):
        bounds = bounds | unread(family, gap)
        rules.append((world(family), str(gap)))
    own = asked.topology.vpcs.peek(asked.interface.vpc_id)
    inside = none(family) if own is None or isinstance(own, Gap) else union(family, own.cidrs)
    inside = inside | union(family, asked.way.own)
    left = Bounds(bounds.sure - inside, bounds.possible - inside, bounds.doubts)
    closed = f"route table {shown} sends no IPv{family} replies to {asked.gateway}"
    if left.possible:
        closed = f"route table {shown} sends only {left.possible.title} to {asked.gateway}"
    return Layer("route table", left, closed, tuple(rules))


def _unread_lists(asked: _Asked) -> Iterator[Gap]:
    """Prefix lists that routes to this gateway name, and that were not read."""
    mine = (one for one in asked.table.routes if one.target == asked.gateway and one.destination.startswith("pl-"))
    found = (asked.topology.prefix_lists.peek(entry.destination) for entry in mine)
    yield from (one for one in found if isinstance(one, Gap))


def _gateway_layer(asked: _Asked) -> Layer:
    found = gateways.beyond(asked.topology, asked.kind, asked.gateway, asked.interface.vpc_id, asked.address)
    return Layer(asked.kind.value, found.bounds, found.text, ((found.bounds.possible, found.text),))


def _acl_layers(asked: _Asked) -> tuple[Layer, ...]:
    interface, family = asked.interface, asked.family
    try:
        acl = acls.acl_of(asked.topology, interface.subnet_id, interface.vpc_id)
    except UnknownFact as signal:
        return (_unread("network ACL", family, signal.gap),)
    layers = []
    for egress, ports in ((False, one_port(asked.port)), (True, _ANY_PORT)):
        found = acls.pieces(acl, egress=egress, family=family, protocol=asked.protocol, asked=ports)
        admitted = acls.admitted(found, family, every_port=False)
        rules = tuple(
            (one.addresses, acls.entry_text(acl, one.entry, egress=egress)) for one in found if one.allow or one.doubt
        )
        word = "lets the answer out to" if egress else f"lets {name(asked.protocol)} {asked.port} in from"
        who = "only some sources" if admitted.possible else "nobody"
        layers.append(Layer("network ACL", admitted, f"network ACL {acl.id} {word} {who}", rules))
    return tuple(layers)


def _group_layer(asked: _Asked) -> Layer:
    family, filters = asked.family, asked.interface.group_ids
    what = f"{name(asked.protocol)} {asked.port}"
    if not filters:
        return Layer("security groups", perhaps(world(family), "no security group in the facts"), "not known")
    taken = [(one, one.peers | _referred(asked, one.rule)) for one in _openings(asked)]
    bounds = reduce(Bounds.__or__, (peers for _, peers in taken), exactly(none(family)))
    rules = tuple((peers.possible, one.text) for one, peers in taken)
    who = bounds.possible.title if bounds.possible else "nobody by address"
    return Layer("security groups", bounds, f"{', '.join(filters)} admit {who} on {what}", rules)


def _referred(asked: _Asked, rule: GroupRule | None) -> Bounds:
    """The members of a group of another VPC that a rule refers to, over what joins the two VPCs."""
    if rule is None or not _elsewhere(asked, rule):
        return exactly(none(asked.family))
    doubt = f"which interfaces of the other VPC carry {rule.group_id} was not read"
    return exactly(_members(asked, rule.group_id)) | perhaps(world(asked.family), doubt)


def _elsewhere(asked: _Asked, rule: GroupRule) -> bool:
    """Whether the rule refers to a group of another VPC that is still joined to this one."""
    if not rule.group_id or rule.peering not in ("", "active") or asked.kind not in (Kind.PEERING, Kind.TRANSIT):
        return False
    known = asked.topology.security_groups.peek(rule.group_id)
    away = not isinstance(known, Gap) and known is not None and known.vpc_id not in ("", asked.interface.vpc_id)
    return bool(rule.peering) or away


def _named(asked: _Asked) -> tuple[str, ...]:
    """The groups of other VPCs whose members the target's groups admit."""
    found = (one.rule for one in _openings(asked) if one.rule is not None)
    return tuple(dict.fromkeys(rule.group_id for rule in found if _elsewhere(asked, rule)))


def _openings(asked: _Asked) -> tuple[groups.Opening, ...]:
    return groups.openings(
        asked.topology,
        asked.interface.group_ids,
        "ingress",
        protocol=asked.protocol,
        port=asked.port,
        family=asked.family,
    )


def _members(asked: _Asked, group_id: str) -> Addresses:
    carrying = [one for one in asked.topology.interfaces if group_id in one.group_ids]
    return union(asked.family, (one for each in carrying for one in own_addresses(each, asked.family)))


def _unread(layer: str, family: int, gap: Gap) -> Layer:
    return Layer(layer, unread(family, gap), f"{layer} was not read", ((world(family), f"{layer} was not read"),))
