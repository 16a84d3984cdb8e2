"""Who can reach what: the one interface through which checks ask about packets.

Exact over groups, ACLs, routes, peerings, transit, NAT, internet and egress-only gateways, there and back, and
for the ordinary way in from the internet. What goes through an appliance, a VPN or a VPC that was not read is
``unknown``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from vpclink_checks.model.backend import Backend, balancer_interfaces, interfaces_at
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.compute import Instance
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import groups, internet, legs, senders, through
from vpclink_checks.reach.bounds import Bounds
from vpclink_checks.reach.ends import backend_end, balancer_ends, balancer_groups, link_ends
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.internet import Door, Exposure, Internet
from vpclink_checks.reach.layers import Layers, public_addresses
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.protocols import ports
from vpclink_checks.reach.sets import FAMILIES, Ranges, Span
from vpclink_checks.reach.trace import Trace

Name = tuple[str, str]  # (VPC, address), or ("", instance id)


class Reach:
    """Answers over one topology; each is computed once."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.layers = Layers(topology)
        self.doors = Internet(self.layers)
        self._legs: dict[str, tuple[Leg, ...]] = {}
        self._backends: dict[tuple[str, Target], tuple[Backend, ...]] = {}
        self._exposures: dict[tuple[object, ...], Exposure] = {}
        self.shared: dict[tuple[object, ...], object] = {}  # what reach.doors worked out once

    # -- the path ------------------------------------------------------------------------------

    def legs(self, path: Path) -> tuple[Leg, ...]:
        """Every (zone of the load balancer, registered target) that packets go between.

        Draining targets get none, nor do targets that a zone does not send to. Raises UnknownFact.
        """
        if path.id not in self._legs:
            balancer, group = _stretch(path)
            self._legs[path.id] = legs.of(self.topology, balancer, group)
        return self._legs[path.id]

    def backends(self, path: Path, target: Target) -> tuple[Backend, ...]:
        """Where a registered target listens; an ALB target at every interface of that ALB. Raises UnknownFact."""
        _, group = _stretch(path)
        key = (group.arn, target)
        if key not in self._backends:
            self._backends[key] = legs.backends(self.topology, group, target)
        return self._backends[key]

    def listens_as(self, other: Reach) -> None:
        """Take over what the other found out about where targets listen: both have the same facts but for rules."""
        self._backends = other._backends

    def load_balancer_traffic(self, path: Path, leg: Leg) -> tuple[Trace, ...]:
        """The callers' traffic of one leg as it really arrives: a trace for each address it comes from.

        semantics.md, section 5 (table of source addresses) and 6.2. Raises UnknownFact.
        """
        balancer, group = _stretch(path)
        return tuple(
            one
            for backend in self.backends(path, leg.target)
            for one in senders.callers(self.topology, path.link, balancer, group, leg.zone, backend)
        )

    def load_balancer_traffic_on(self, path: Path, leg: Leg, wanted: Ranges) -> tuple[tuple[Span, Trace], ...]:
        """Callers' traffic and health checks of one leg on every one of these ports of the target.

        The ports are cut where some rule begins or ends: each piece with a trace of its first port, which
        holds for all of it. Raises UnknownFact.
        """
        balancer, group = _stretch(path)
        found: list[tuple[Span, Trace]] = []
        for backend in self.backends(path, leg.target):
            own = balancer_ends(self.topology, balancer, leg.zone, backend_end(backend).family)
            checks = own if group.health_check.port in ("", "traffic-port") else ()
            for span in wanted.cut(self._edges):
                there = replace(backend, port=span[0])
                sent = senders.callers(self.topology, path.link, balancer, group, leg.zone, there)
                found += [(span, one) for one in sent]
                found += [(span, trace(self.topology, one, backend_end(there), span[0])) for one in checks]
        return tuple(found)

    @cached_property
    def _edges(self) -> frozenset[int]:
        """Every port in front of which some rule of a group or ACL begins or ends."""
        rules = [rule for one in self.topology.security_groups for rule in (*one.ingress, *one.egress)]
        entries = [entry for one in self.topology.network_acls for entry in one.entries]
        taken = [ports(one.protocol, one.from_port, one.to_port) for one in rules]
        taken += [ports(one.protocol, one.from_port, one.to_port) for one in entries]
        return frozenset(edge for one in taken for first, last in one.spans for edge in (first, last + 1))

    def health_check(self, path: Path, leg: Leg) -> tuple[Trace, ...]:
        """The health checks of one leg, from the load balancer's own addresses. Raises UnknownFact.

        A reference to the load balancer's groups admits them whatever the PrivateLink switch says.
        """
        balancer, group = _stretch(path)
        port = _health_port(group, leg.target)
        return tuple(
            trace(self.topology, source, backend_end(backend), port)
            for backend in self.backends(path, leg.target)
            for source in balancer_ends(self.topology, balancer, leg.zone, backend_end(backend).family)
        )

    def link_to_load_balancer(self, path: Path, zone: Zone) -> tuple[Trace, ...]:
        """From the VPC link to the load balancer's listener in one zone. Raises UnknownFact.

        A version 1 link's packets come from addresses that AWS does not document: one trace, with the
        load balancer's groups as its only step. A version 2 link: one for each pair of addresses.
        """
        balancer, _ = _stretch(path)
        if path.link is None or path.listener is None:
            raise LookupError("the path has no link or no listener")
        if path.link.version == 1:
            return (senders.private_link(self.topology, balancer, path.listener.port),)
        return tuple(
            trace(self.topology, source, target, path.listener.port)
            for source in link_ends(self.topology, path.link)
            for target in balancer_ends(self.topology, balancer, zone, 4)
        )

    def admitted(self, group_ids: tuple[str, ...], port: int, family: int) -> Bounds:
        """All addresses that these groups together let in on a TCP port; references are left out."""
        found = groups.openings(self.topology, group_ids, "ingress", protocol="tcp", port=port, family=family)
        return groups.admitted(found, family)

    # -- names ---------------------------------------------------------------------------------

    def names_of(self, group: TargetGroup, target: Target) -> frozenset[Name]:
        """A target by every name it may be registered under: an instance and its addresses are one.

        Addresses count within their VPC: the target group's, or for a target outside the zones
        ("all"), or a group that names none, every VPC that has such an address.
        """
        if target.id.startswith("i-"):
            return self._names.get(("", target.id), frozenset({("", target.id)}))
        vpcs = {group.vpc_id}
        if target.zone == "all" or not group.vpc_id:
            vpcs |= {vpc for vpc, name in self._names if name == target.id}
        own = {(vpc, target.id) for vpc in vpcs}
        own |= {name for vpc in vpcs for name in self._by_prefix(vpc, target.id)}
        return frozenset(own.union(*(self._names.get(one, frozenset()) for one in own)))

    def _by_prefix(self, vpc_id: str, address: str) -> Iterable[Name]:
        """The instance of the interface that a prefix with this address is delegated to."""
        for one in self.topology.interfaces:
            if one.prefixes and one.vpc_id == vpc_id and one.instance_id and one.carries(address):
                yield ("", one.instance_id)

    @cached_property
    def _names(self) -> dict[Name, frozenset[Name]]:
        """Each name of an instance to all of them."""
        by_instance: dict[str, set[Name]] = {}
        for one in self.topology.interfaces:
            if one.instance_id:
                names = by_instance.setdefault(one.instance_id, {("", one.instance_id)})
                names.update((one.vpc_id, address) for address in (*one.private_addresses, *one.ipv6))
        for instance in self.topology.instances:
            names = by_instance.setdefault(instance.id, {("", instance.id)})
            names.update({(instance.vpc_id, instance.private_address)} if instance.private_address else ())
        return {name: frozenset(names) for names in by_instance.values() for name in names}

    # -- the internet --------------------------------------------------------------------------

    def internet(self, backend: Backend, ports: Iterable[int], protocol: str = "tcp") -> Exposure:
        """The ordinary doors of a backend on these ports of TCP (or UDP).

        All interfaces of an instance are judged: what listens on a host port listens on every address.
        """
        wanted = tuple(ports)
        key = (backend.interface.id, backend.target.id, wanted, protocol)
        if key not in self._exposures:
            found = self.doors.exposure(self.interfaces_of(backend), wanted, protocol)
            unplaced = self._unplaced_doors(backend, wanted, protocol)
            self._exposures[key] = replace(found, doors=found.doors + unplaced)
        return self._exposures[key]

    def unplaced_address(self, backend: Backend) -> str:
        """Why a public address that EC2 gives the instance, but none of its interfaces, may be one; "" for none.

        The two calls contradict each other then: one of them is older, or was answered in part. Raises UnknownFact.
        """
        outside, host = self._unplaced(backend), self._host(backend)
        if not outside or host is None:
            return ""
        return (
            f"readings disagree: ec2:DescribeInstances gives {host.id} the public address {outside}, and"
            f" ec2:DescribeNetworkInterfaces (IAM action ec2:DescribeNetworkInterfaces) shows it on no interface of it"
        )

    def _unplaced(self, backend: Backend) -> str:
        found = self._host(backend)
        outside = found.public_address if found is not None else ""
        placed = {address.public for one in self.interfaces_of(backend) for address in one.addresses}
        return "" if outside in placed else outside

    def _unplaced_doors(self, backend: Backend, ports: tuple[int, ...], protocol: str) -> tuple[Door, ...]:
        """The doors that such an address may open: on any interface, if it is there at all."""
        outside, doubt = self._unplaced(backend), self.unplaced_address(backend)
        if not outside:
            return ()
        return tuple(
            internet.doubtful(self.doors.door(one, one.addresses[0].address, outside, port, protocol=protocol), doubt)
            for one in self.interfaces_of(backend)
            if one.addresses
            for port in ports
        )

    def interfaces_of(self, backend: Backend) -> tuple[NetworkInterface, ...]:
        """The backend's interface, and where that is an instance's all others of the instance.

        What either of the two calls shows there counts: ec2:DescribeInstances or ec2:DescribeNetworkInterfaces. What
        listens on an interface of a task listens on no other one. Raises UnknownFact.
        """
        host_id = self._host_id(backend)
        if not host_id:
            return (backend.interface,)
        host = self._host(backend)
        table = self.topology.interfaces
        listed = [table.need(one) for one in host.interface_ids] if host is not None else []
        if not listed:
            table.all()  # there may be more than was read
        attached = {one.id: one for one in (backend.interface, *listed, *interfaces_at(self.topology, host_id))}
        return tuple(sorted(attached.values(), key=lambda one: one.id != backend.interface.id))

    def _host_id(self, backend: Backend) -> str:
        """The instance that the backend listens on with all of its interfaces; "" where it has one interface alone."""
        if backend.target.id.startswith("i-"):
            return backend.target.id
        return "" if backend.interface.of_a_task else backend.interface.instance_id

    def _host(self, backend: Backend) -> Instance | None:
        """The same as ec2:DescribeInstances describes it; None where it does not. Raises UnknownFact.

        For an address nobody may have asked that call: ec2:DescribeNetworkInterfaces says enough of its interfaces.
        """
        id_ = self._host_id(backend)
        if id_ == backend.target.id:
            return self.topology.instances.find(id_)
        return self.topology.instances.rows.get(id_)

    def through_balancer(
        self,
        found: Exposure,
        balancer: LoadBalancer,
        group: TargetGroup,
        targets: Iterable[Target],
        *,
        brought: bool = False,
    ) -> Exposure:
        """The same doors of a load balancer with one more condition: a target behind them takes what arrives.

        *brought*: what comes to them does so by another way than an internet gateway. Raises UnknownFact.
        """
        staying = [one for one in targets if not one.draining]
        backends = tuple(one for target in staying for one in legs.backends(self.topology, group, target))
        doors = [
            replace(
                door,
                layers=(
                    *door.layers,
                    through.layer(self.topology, balancer, group, backends, door, brought=brought),
                ),
            )
            for door in found.doors
        ]
        return replace(found, doors=tuple(doors))

    def internet_to_balancer(self, balancer: LoadBalancer, port: int, protocol: str = "tcp") -> Exposure:
        """The ordinary doors of a load balancer's listener. Raises UnknownFact.

        An internal one has public IPv6 addresses at most, and only where its attribute
        ``ipv6.deny_all_igw_traffic`` is false (elb-network-load-balancers-user-guide).
        """
        own_groups = balancer_groups(balancer)
        doors = [
            self.doors.door(one, address, outside, port, protocol=protocol, group_ids=own_groups)
            for one in balancer_interfaces(self.topology, balancer)
            for address, outside in _outside(balancer, one)
        ]
        absent = [] if doors else [f"no interface of {balancer.name} has a public address"]
        return Exposure(doors=tuple(doors), absent=tuple(absent))


def _outside(balancer: LoadBalancer, interface: NetworkInterface) -> tuple[tuple[str, str], ...]:
    """An internet-facing load balancer has public IPv4 addresses, whether its interfaces show them or not.

    One that is dualstack-without-public-ipv4 has those only that are shown (botocore model, elbv2 IpAddressType).
    """
    four, six = (public_addresses(interface, family) for family in FAMILIES)
    if not four and not balancer.internal and balancer.ip_address_type != "dualstack-without-public-ipv4":
        four = tuple((address, balancer.dns_name or address) for address in interface.private_addresses)
    return four + six


def _stretch(path: Path) -> tuple[LoadBalancer, TargetGroup]:
    if path.load_balancer is None or path.target_group is None:
        raise LookupError("the path ends before its target group")
    return path.load_balancer, path.target_group


def _health_port(group: TargetGroup, target: Target) -> int:
    """The port that AWS says it checks, else the target group's setting; traffic-port is the registered one."""
    if target.health_port is not None:
        return target.health_port
    text = group.health_check.port
    if text in ("", "traffic-port"):
        return target.port
    if not text.isdecimal():
        call = "elasticloadbalancing:DescribeTargetGroups"
        raise UnknownFact(Gap(operation=call, action=call, code="NotRecorded", message=f"health-check port {text}"))
    return int(text)
