"""The ways out of a VPC: internet gateways, NAT gateways, egress-only gateways, peerings; and the internet.

An internet gateway maps addresses one to one and keeps no state; NAT and egress-only gateways keep state and let
nobody begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.kernel.spaces import Space
from tests.kernel.witness import DROP
from vpclink_checks.model.network import NetworkInterface, RouteEntry
from vpclink_checks.model.topology import Topology

if TYPE_CHECKING:  # ground builds on this module
    from tests.kernel.ground import Ground

# Who asks from the internet: documentation addresses (RFC 5737, RFC 3849).
PUBLIC_SOURCES = ("198.51.100.7", "198.51.100.200", "192.0.2.33", "2001:db8:ffff::7", "2001:db8:fffe::7")
# Where no packet of the internet goes.
_PRIVATE = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 }"
_NEIGHBOURS = "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept"
_LINK = "169.254.{0}.{1}/30"
_LINK6 = "fd00:{0}::{1}/64"


def way(ground: Ground, entry: RouteEntry, vpc_id: str, family: int) -> str:
    """``via ADDRESS dev DEVICE`` for a target that carries packets; "" for one that drops them."""
    kind = entry.target.partition("-")[0]
    if entry.state != "active" or not _carries(ground.topology, entry.target, vpc_id, family):
        return ""
    if kind == "pcx":
        return _peer_way(ground.topology, entry.target, vpc_id, family)
    if kind == "nat":
        return _nat_way(ground, entry.target)
    number = {"igw": 1, "eigw": 3}[kind]
    return f"via {_far(number, family)} dev {kind}0"


def _carries(topology: Topology, target: str, vpc_id: str, family: int) -> bool:
    kind = target.partition("-")[0]
    if kind == "igw":
        found = topology.internet_gateways.rows.get(target)
        return found is not None and vpc_id in found.vpc_ids
    if kind == "nat":
        nat = topology.nat_gateways.rows.get(target)
        return nat is not None and nat.state == "available" and family == 4
    if kind == "eigw":
        only = topology.egress_only_gateways.rows.get(target)
        return only is not None and vpc_id in only.vpc_ids and family == 6
    peering = topology.peerings.rows.get(target)
    return peering is not None and peering.status == "active"


def _nat_way(ground: Ground, target: str) -> str:
    nat = ground.topology.nat_gateways.rows[target]
    number = next(number for number, one in ground.subnets(nat.vpc_id) if one.id == nat.subnet_id)
    return f"via {nat.addresses[0][0]} dev s{number}"


def _far(number: int, family: int) -> str:
    text = _LINK if family == 4 else _LINK6
    return text.format(number, 2).partition("/")[0]


def join(number: int, near: Space, near_device: str, far: Space, far_device: str) -> None:
    """A link between two namespaces, the near end .1 and the far end .2."""
    near.ip(f"link add {near_device} type veth peer name {far_device} netns {far.path}")
    for space, device, end in ((near, near_device, 1), (far, far_device, 2)):
        space.ip(
            f"addr add {_LINK.format(number, end)} dev {device}",
            f"addr add {_LINK6.format(number, end)} dev {device}",
            f"link set {device} up",
        )


def build(ground: Ground) -> None:
    """Everything beyond the routers, then the routers' tables."""
    _peerings(ground)
    first = next(iter(ground.topology.vpcs)).id
    _internet(ground, first)
    for vpc in ground.topology.vpcs:
        ground.routed(vpc.id)


def _used(topology: Topology, kind: str) -> bool:
    return any(entry.target.startswith(kind) for table in topology.route_tables for entry in table.routes)


# -- peerings ------------------------------------------------------------------------------------


def _peerings(ground: Ground) -> None:
    for number, one in enumerate(ground.topology.peerings):
        near, far = ground.spaces[one.requester.vpc_id], ground.spaces[one.accepter.vpc_id]
        join(50 + number, near, f"pcx{number}", far, f"pcx{number}")


def _peer_way(topology: Topology, target: str, vpc_id: str, family: int) -> str:
    number = list(topology.peerings.rows).index(target)
    other = 2 if topology.peerings.rows[target].requester.vpc_id == vpc_id else 1
    text = _LINK if family == 4 else _LINK6
    return f"via {text.format(50 + number, other).partition('/')[0]} dev pcx{number}"


# -- the internet --------------------------------------------------------------------------------


def _internet(ground: Ground, vpc_id: str) -> None:
    """The world's own hosts, and the gateways of the first VPC before them."""
    topology, router = ground.topology, ground.spaces[vpc_id]
    cidrs = topology.vpcs.rows[vpc_id].cidrs
    world, igw = ground.space("world", forwards=True), ground.space("igw", forwards=True)
    world.ip(*(f"addr add {one} dev lo" for one in PUBLIC_SOURCES))
    join(1, router, "igw0", igw, "in0")
    join(11, igw, "out0", world, "igw0")
    igw.ip(*_there_and_back(cidrs, 1, 11))
    world.ip(
        *(f"route add {any_} via {near}" for any_, near in (("0.0.0.0/0", "169.254.11.1"), ("::/0", "fd00:11::1")))
    )
    igw.nft(_gateway(topology, vpc_id) + _mapped(topology))
    world.nft(_nobody_else(topology))
    if _used(topology, "eigw-"):
        _egress_only(ground, router, world, cidrs)


def _there_and_back(cidrs: Iterable[str], inner: int, outer: int) -> list[str]:
    """A gateway's own routes: the VPC behind one link, the world behind the other."""
    lines = [f"route add 0.0.0.0/0 via 169.254.{outer}.2", f"route add ::/0 via fd00:{outer}::2"]
    for cidr in cidrs:
        near = f"fd00:{inner}::1" if ":" in cidr else f"169.254.{inner}.1"
        lines.append(f"route add {cidr} via {near}")
    return lines


def _gateway(topology: Topology, vpc_id: str) -> str:
    """Whether it is attached, and VPC Block Public Access with its exclusions."""
    lines = ["type filter hook forward priority 0; policy accept;"]
    if not any(vpc_id in one.vpc_ids for one in topology.internet_gateways):
        lines.append(DROP.format("gateway|the internet gateway is not attached"))
    lines += _blocked(topology, vpc_id)
    lines.append(f'oifname "out0" ip daddr {_PRIVATE} {DROP.format("gateway|the internet carries no private address")}')
    private = " ".join(f'oifname "out0" ip saddr {one}' for one in topology.vpcs.rows[vpc_id].cidrs if ":" not in one)
    mapped = _pairs(topology)
    known = f"ip saddr != {{ {', '.join(own for own, _ in mapped)} }} " if mapped else ""
    lines.append(f"{private} {known}{DROP.format('public|no public address')}")
    return "table inet gateway {\nchain forward {\n" + "\n".join(lines) + "\n}\n}\n"


def _blocked(topology: Topology, vpc_id: str) -> list[str]:
    block = topology.block_public_access.rows[topology.region]
    open_again = {one for one, mode in block.exclusions if mode == "allow-bidirectional"}
    if block.mode == "off" or vpc_id in open_again:
        return []
    lines = []
    for subnet in topology.subnets:
        if subnet.id in open_again:
            for cidr in subnet.cidrs:
                family = "ip6" if ":" in cidr else "ip"
                lines += [f"{family} daddr {cidr} accept", f"{family} saddr {cidr} accept"]
    return [*lines, f'iifname "out0" {DROP.format(f"bpa|{block.mode}")}']


def _pairs(topology: Topology) -> list[tuple[str, str]]:
    return [(at.address, at.public) for one in topology.interfaces for at in one.addresses if at.public]


def _mapped(topology: Topology) -> str:
    """Public to private on the way in, private to public on the way out, packet by packet."""
    pairs = _pairs(topology)
    there = "\n".join(f'iifname "out0" ip daddr {public} ip daddr set {own}' for own, public in pairs)
    back = "\n".join(f'oifname "out0" ip saddr {own} ip saddr set {public}' for own, public in pairs)
    return (
        "table ip mapped {\nchain there { type filter hook prerouting priority raw; policy accept;\n"
        f"{there}\n}}\nchain back {{ type filter hook postrouting priority srcnat; policy accept;\n{back}\n}}\n}}\n"
    )


def _nobody_else(topology: Topology) -> str:
    """The internet hands on what is for a mapped address; nobody else is there."""
    public = ", ".join(outside for _, outside in _pairs(topology))
    lines = ["fib daddr type local accept", _NEIGHBOURS, *([f"ip daddr {{ {public} }} accept"] if public else [])]
    lines.append(DROP.format("gateway|nobody on the internet has the address"))
    head = "type filter hook prerouting priority 0; policy accept;"
    return f"table inet world {{ chain arriving {{ {head}\n" + "\n".join(lines) + "\n}\n}\n"


def nat(interface: NetworkInterface) -> str:
    """A NAT gateway, in a subnet like a host: its own address for whoever of the VPC begins; no answers for others."""
    if interface.type != "nat_gateway":
        return ""
    (at,) = interface.addresses
    drop = DROP.format("gateway|the NAT gateway opened no such connection")
    return (
        "table ip nat { chain out { type nat hook postrouting priority srcnat; policy accept;\n"
        f'oifname "e0" snat to {at.address}\n}}\n}}\n'
        "table inet state { chain forward { type filter hook forward priority 0; policy accept;\n"
        f"ct state invalid {drop}\n}}\n}}\n"
    )


def _egress_only(ground: Ground, router: Space, world: Space, cidrs: tuple[str, ...]) -> None:
    only = ground.space("eigw", forwards=True)
    join(3, router, "eigw0", only, "in0")
    join(13, only, "out0", world, "eigw0")
    only.ip(*_there_and_back(cidrs, 3, 13))
    only.nft(_nobody_begins("egress-only gateway"))


def _nobody_begins(name: str) -> str:
    drop = DROP.format(f"gateway|{name}")
    return (
        "table inet state { chain forward { type filter hook forward priority 0; policy accept;\n"
        f"ct state established accept\nct state invalid {drop}\n"
        f'iifname "out0" ct state new {drop}\n}}\n}}\n'
    )
