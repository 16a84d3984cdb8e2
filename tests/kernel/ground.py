"""A topology's facts as namespaces: a router for each VPC, a host for each interface, the internet behind gateways.

A subnet is a bridge in its VPC's router, so that packets inside a subnet never meet the router's filters.
Routes: one table of the kernel for each subnet; its longest prefix decides. ``local`` is ``throw``: on to the
table of connected subnets. What leads nowhere leads to a device "void" whose next hop names the route.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from ipaddress import ip_network

from tests.kernel import outside, rules
from tests.kernel.spaces import Space
from tests.kernel.witness import DROP, Witness, forget
from vpclink_checks.model.balancing import LoadBalancer
from vpclink_checks.model.network import NetworkInterface, RouteEntry, RouteTable, Subnet
from vpclink_checks.model.topology import Topology

_ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
_PROPAGATED = "EnableVgwRoutePropagation"


# Protocol, and the two pairs of address and port, whoever began.
Connection = tuple[str, frozenset[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Container:
    """What listens on an instance's host port: a container with an address of its own, on its own port."""

    interface_id: str
    host_port: int
    port: int
    address: str = "172.18.0.2"


@dataclass(slots=True)
class Ground:
    """The namespaces of one topology. ``spaces`` by interface id, VPC id, "world", "igw", …"""

    topology: Topology
    containers: tuple[Container, ...] = ()
    spaces: dict[str, Space] = field(default_factory=dict)
    witnesses: list[Witness] = field(default_factory=list)
    tracked: set[Connection] = field(default_factory=set)  # what the namespaces may still track
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Ground:
        with ExitStack() as stack:
            self._stack = stack
            for vpc in self.topology.vpcs:
                self._router(vpc.id)
            for interface in self.topology.interfaces:
                self._host(interface)
            for one in self.containers:
                self._container(one)
            outside.build(self)
            self.witnesses = [self._listening(space) for space in list(self.spaces.values())]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def space(self, name: str, *, forwards: bool = False) -> Space:
        """A new namespace, gone with the ground."""
        made = self.spaces[name] = Space(name, forwards=forwards)
        self._stack.callback(made.close)
        return made

    def forget(self) -> None:
        """No namespace remembers any connection."""
        for one in self.spaces.values():
            forget(one)
        self.tracked.clear()

    def _listening(self, space: Space) -> Witness:
        made = Witness(space)
        self._stack.callback(made.close)
        return made

    # -- a VPC's router ----------------------------------------------------------------------------

    def subnets(self, vpc_id: str) -> list[tuple[int, Subnet]]:
        """The VPC's subnets, numbered over the whole topology."""
        return [(number, one) for number, one in enumerate(self.topology.subnets) if one.vpc_id == vpc_id]

    def _router(self, vpc_id: str) -> None:
        router = self.space(vpc_id, forwards=True)
        lines = ["link add void type bridge", "link set void up"]
        for number, subnet in self.subnets(vpc_id):
            lines += [
                f"link add s{number} type bridge mcast_snooping 0 forward_delay 0",
                *(f"addr add {gateway(cidr)} dev s{number}" for cidr in subnet.cidrs),
                f"link set s{number} up",
            ]
        router.ip(*lines)
        lookups = [f"rule add iif s{number} lookup {100 + number} pref 100" for number, _ in self.subnets(vpc_id)]
        marked = [
            f"rule add fwmark {100 + number} lookup {100 + number} pref 101" for number, _ in self.subnets(vpc_id)
        ]
        router.ip(*lookups, *marked)
        router.ip(*lookups, *marked, six=True)

    def routed(self, vpc_id: str) -> None:
        """The subnets' route tables and the ACLs, when every way out is there."""
        lines: list[str] = []
        voids: list[str] = []
        for number, subnet in self.subnets(vpc_id):
            for command, name in self._table(number, subnet):
                if name:
                    hop = len(voids) + 1
                    family = "ip6" if ":" in command else "ip"
                    address = f"fe80::{hop:x}" if family == "ip6" else f"169.254.99.{hop}"
                    voids.append(f"rt {family} nexthop {address} {DROP.format(name)}")
                    command = f"{command} via {address} dev void onlink"  # noqa: PLW2901 - the command goes on
                lines.append(f"{command} table {100 + number}")
        self.spaces[vpc_id].ip(*lines)
        self.spaces[vpc_id].nft(self._forwarding(vpc_id, voids))

    def _table(self, number: int, subnet: Subnet) -> Iterator[tuple[str, str]]:
        """(the command up to its next hop, the name to drop under): no name where it leads somewhere."""
        table = table_of(self.topology, subnet)
        for entry in table.routes:
            for cidr in networks(self.topology, entry):
                metric = 10 * (rank(entry) + 1)
                if entry.state == "active" and entry.target == "local":
                    yield f"route add throw {cidr} metric {metric}", ""
                    continue
                way = outside.way(self, entry, subnet.vpc_id, 6 if ":" in cidr else 4)
                shown = f"route|{table.id}|{cidr} to {entry.target}"
                yield f"route add {cidr} metric {metric} {way}".rstrip(), "" if way else shown
        for cidr in _ANYWHERE.values():
            yield f"route add {cidr} metric 9999", f"route|{table.id}|none for {'IPv6' if ':' in cidr else 'IPv4'}"

    def _forwarding(self, vpc_id: str, voids: list[str]) -> str:
        topology = self.topology
        mine = [(number, rules.acl_of(topology, one.id, vpc_id)) for number, one in self.subnets(vpc_id)]
        chains = rules.acl_chains({acl.id: acl for _, acl in mine}.values())
        lines = ["type filter hook forward priority 0; policy accept;", *voids]
        lines += [self._way_back(number) for number, _ in self.subnets(vpc_id)]
        lines += [f"iifname s{number} jump {rules.chain_name(acl, egress=True)}" for number, acl in mine]
        lines += [f"oifname s{number} jump {rules.chain_name(acl, egress=False)}" for number, acl in mine]
        return f"table inet acls {{\n{chains}chain forward {{\n" + "\n".join(lines) + "\n}\n}\n"

    def _way_back(self, number: int) -> str:
        """An internet gateway serves only subnets that route back to it (semantics.md, 7.4).

        TCP's reply itself shows it, at the NAT or egress-only gateway that it comes to. UDP has no handshake by which
        these could tell a reply from a new flow, so the router asks the subnet's table beforehand.
        """
        drop = DROP.format("gateway|the way back is not by the internet gateway")
        udp = f"iifname igw0 oifname s{number} meta l4proto udp"
        return f"{udp} meta mark set {100 + number} fib saddr . mark oifname != igw0 {drop}"

    # -- hosts -----------------------------------------------------------------------------------

    def _host(self, interface: NetworkInterface) -> None:
        index = len(self.spaces)
        host = self.space(interface.id, forwards=True)
        (number, subnet) = next(pair for pair in enumerate(self.topology.subnets) if pair[1].id == interface.subnet_id)
        router = self.spaces[subnet.vpc_id]
        router.ip(
            f"link add h{index} type veth peer name e0 netns {host.path}",
            f"link set h{index} master s{number} up",
        )
        lines = ["link set e0 up"]
        for cidr in subnet.cidrs:
            mine = [one for one in (*interface.private_addresses, *interface.ipv6) if (":" in one) == (":" in cidr)]
            lines += [f"addr add {one}/{ip_network(cidr).prefixlen} dev e0" for one in mine]
            lines += (
                [f"route add {_ANYWHERE[6 if ':' in cidr else 4]} via {gateway(cidr).partition('/')[0]}"]
                if mine
                else []
            )
        host.ip(*lines)
        text = rules.groups(self.topology, interface) + proxy(self.topology, interface) + outside.nat(interface)
        if text:
            host.nft(text)

    def _container(self, one: Container) -> None:
        """A bridge behind the instance, and DNAT from the host port to the container's own."""
        host, inner = self.spaces[one.interface_id], self.space(f"{one.interface_id} container {one.port}")
        host.ip(
            "link add docker0 type bridge mcast_snooping 0 forward_delay 0",
            "addr add 172.18.0.1/24 dev docker0",
            "link set docker0 up",
            f"link add c0 type veth peer name e0 netns {inner.path}",
            "link set c0 master docker0 up",
        )
        inner.ip("link set e0 up", f"addr add {one.address}/24 dev e0", "route add default via 172.18.0.1")
        match = f'iifname "e0" meta l4proto {{ tcp, udp }} th dport {one.host_port}'
        host.nft(
            "table ip docker { chain ports { type nat hook prerouting priority dstnat; policy accept;\n"
            f"{match} dnat to {one.address}:{one.port}\n}}\n}}\n"
        )


def gateway(cidr: str) -> str:
    """The router's address in a subnet: its first one, as in AWS."""
    network = ip_network(cidr)
    return f"{network[1]}/{network.prefixlen}"


# -- route tables --------------------------------------------------------------------------------


def table_of(topology: Topology, subnet: Subnet) -> RouteTable:
    """The subnet's own table, else the VPC's main one."""
    mine = [one for one in topology.route_tables if subnet.id in one.subnet_ids]
    main = [one for one in topology.route_tables if one.main and one.vpc_id == subnet.vpc_id]
    return (mine or main)[0]


def networks(topology: Topology, entry: RouteEntry) -> tuple[str, ...]:
    """A route's destinations: one network, or a prefix list's."""
    if entry.destination.startswith("pl-"):
        return topology.prefix_lists.rows[entry.destination].cidrs
    return (entry.destination,)


def rank(entry: RouteEntry) -> int:
    """Of routes to one network: static ones first, then those by prefix list, then propagated ones."""
    return 2 if entry.origin == _PROPAGATED else int(entry.destination.startswith("pl-"))


# -- a load balancer as a middle hop -------------------------------------------------------------


def balancer_of(topology: Topology, interface: NetworkInterface) -> LoadBalancer | None:
    """The NLB whose interface this is."""
    if not interface.description.startswith("ELB "):
        return None
    return next(one for one in topology.load_balancers if one.arn.endswith(interface.description[4:]))


def proxy(topology: Topology, interface: NetworkInterface) -> str:
    """An NLB's listeners: DNAT to the first target, SNAT to its own address; nothing listens elsewhere."""
    balancer = balancer_of(topology, interface)
    if balancer is None:
        return ""
    own = interface.private_addresses[0]
    there = []
    for listener in topology.listeners.rows[balancer.arn]:
        target = topology.targets.rows[listener.forwards[0].target_group_arn][0]
        protocol = "udp" if listener.protocol == "UDP" else "tcp"
        there.append(f"ip daddr {own} {protocol} dport {listener.port} dnat to {target.id}:{target.port}")
    return (
        "table ip proxy {\nchain there { type nat hook prerouting priority dstnat; policy accept;\n"
        + "\n".join(there)
        + "\n}\nchain source { type nat hook postrouting priority srcnat; policy accept;\n"
        + f'oifname "e0" snat to {own}\n}}\n'
        + "chain nobody { type filter hook input priority 0; policy accept;\n"
        + f'iifname "e0" {DROP.format(f"listener|{balancer.name}")}\n}}\n}}\n'
    )
