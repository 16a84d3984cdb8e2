"""The ends of a question, by the names that people give them: "internet", an address, an id, a load balancer's name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import Any

from vpclink_checks.errors import VpclinkError
from vpclink_checks.model.backend import Backend, backend_of
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, Table, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.ends import End, backend_end, balancer_ends, own_addresses
from vpclink_checks.reach.sets import FAMILIES, Addresses, addresses, public

INTERNET, VPC = "internet", "vpc"
SOURCES = (
    '"internet", an address or network, an instance, security group or interface id, a load balancer\'s name or ARN,'
    " a VPC link's id, \"vpc\" or a VPC's id"
)
DESTINATIONS = (
    "an instance or interface id, an address, a load balancer's name or ARN, a target group's name or ARN,"
    " a path's title or id"
)
_SHOWN = 6  # names that a line lists
# Interfaces without security groups: "You can't associate a security group with a NAT gateway" (amazon-vpc-user-guide,
# nat-gateway-basics; EC2 answers nat_gateway, botocore's model says natGateway), Gateway Load Balancers and their
# endpoints, transit gateway attachments. A Network Load Balancer may have been created with none.
_UNFILTERED = frozenset(
    {
        *("nat_gateway", "natGateway", "network_load_balancer", "transit_gateway"),
        *("gateway_load_balancer", "gateway_load_balancer_endpoint"),
    }
)


class NotAnEnd(VpclinkError):  # noqa: N818 - what was asked, not what went wrong
    """A name that stands for no end, or for one that the facts do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where packets come from: known interfaces, any address of some ranges, or a VPC link.

    ``vpc_id`` says in which VPC the ranges lie; "" for the destination's own.
    """

    name: str
    ends: tuple[End, ...] = ()
    ranges: tuple[Addresses, ...] = ()
    link: VpcLink | None = None
    vpc_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where packets go to. ``ends`` holds each address with its port; ``backends`` what doors lead to.

    With a ``balancer`` it is that one's listener; ``group_arns`` are the target groups that were named; ``address``
    is the one that packets are sent to, where the destination was given as one.
    """

    name: str
    ends: tuple[tuple[End, int], ...] = ()
    backends: tuple[Backend, ...] = ()
    balancer: LoadBalancer | None = None
    group_arns: tuple[str, ...] = ()
    address: str = ""

    @property
    def vpc_ids(self) -> frozenset[str]:
        """The VPCs that it lies in; none for an address that no interface has."""
        return frozenset(end.vpc_id for end, _ in self.ends if end.vpc_id)

    @property
    def port(self) -> int:
        """The port, or the first of several."""
        return self.ends[0][1]


# -- sources -----------------------------------------------------------------------------------


def sender(topology: Topology, name: str, vpc_ids: Collection[str]) -> Sender:
    """The source of this name, toward a destination in these VPCs. Raises NotAnEnd, UnknownFact."""
    if name == INTERNET:
        own = [cidr for one in topology.vpcs for cidr in one.cidrs]
        return Sender(name="the internet", ranges=tuple(public(family, own) for family in FAMILIES))
    if name == VPC:
        if not vpc_ids:
            raise NotAnEnd(f"source {VPC!r}: the destination lies in no VPC of the facts; name the VPC that you mean")
        inside = [cidr for one in vpc_ids for cidr in topology.vpcs.need(one).cidrs]
        return Sender(name="the VPC", ranges=tuple(map(addresses, inside)))
    if name.startswith("vpc-"):
        return Sender(name=name, ranges=tuple(map(addresses, _row(topology.vpcs, name, "VPC").cidrs)), vpc_id=name)
    network = _network(name)
    if network is not None:
        return Sender(name=name, ranges=(network,))
    if name.startswith(("i-", "eni-", "sg-")):
        return Sender(name=name, ends=_sending(topology, name))
    return _named_sender(topology, name)


def _named_sender(topology: Topology, name: str) -> Sender:
    balancer, link = _find(topology.load_balancers, name), topology.links.rows.get(name)
    if balancer is not None and link is None:
        return Sender(name=f"load balancer {balancer.name}", ends=_balancer_senders(topology, balancer))
    if link is not None and balancer is None:
        return Sender(name=f"VPC link {link.id}", link=link)
    if link is not None:
        raise NotAnEnd(f"{name!r} is a load balancer and a VPC link: give the load balancer's ARN")
    known = [*(one.name for one in topology.load_balancers), *(one.id for one in topology.links)]
    raise _not_understood("source", name, SOURCES, known, (topology.load_balancers, topology.links))


def _balancer_senders(topology: Topology, balancer: LoadBalancer) -> tuple[End, ...]:
    families = (4,) if balancer.ip_address_type == "ipv4" else FAMILIES
    return tuple(
        end for zone in balancer.zones for family in families for end in balancer_ends(topology, balancer, zone, family)
    )


def _sending(topology: Topology, name: str) -> tuple[End, ...]:
    """The interfaces of an instance, that carry a group, or the one of this id."""
    if name.startswith("sg-"):
        mine = [one for one in topology.interfaces.all() if name in one.group_ids]
        if not mine:
            raise NotAnEnd(f"source {name!r}: no interface in the facts carries this security group")
    else:
        mine = list(_interfaces(topology, name, "source", SOURCES))
    return tuple(end for one in mine for end in interface_ends(one))


def interface_ends(interface: NetworkInterface) -> tuple[End, ...]:
    """Every address of an interface, and every delegated prefix, as an end.

    Those of load balancers and gateways may have no group at all.
    """
    name = interface.instance_id or interface.id
    return tuple(
        End(
            name=name,
            addresses=each,
            vpc_id=interface.vpc_id,
            subnet_id=interface.subnet_id,
            group_ids=interface.group_ids,
            filtered=_filtered(interface),
            counts_as=frozenset(interface.group_ids),
            type=interface.type,
        )
        for family in FAMILIES
        for each in map(addresses, (*own_addresses(interface, family), *interface.prefixes))
        if each.family == family
    )


def _filtered(interface: NetworkInterface) -> bool:
    """Whether groups filter it, be they known or not: every interface has one but those of some services."""
    return bool(interface.group_ids) or interface.type not in _UNFILTERED


# -- destinations ------------------------------------------------------------------------------


def receiver(topology: Topology, name: str, port: int | None) -> Receiver:
    """The destination of this name. Raises NotAnEnd, UnknownFact.

    *port* None: the registered ports of targets, the one listener of a load balancer.
    """
    network = _network(name)
    if network is not None or name.startswith(("i-", "eni-")):
        return _interface_receiver(topology, name, network, port)
    path = next((one for one in topology.paths if name in (one.id, one.title)), None)
    if path is not None:
        return _path_receiver(topology, path, port)
    balancer, group = _find(topology.load_balancers, name), _find(topology.target_groups, name)
    if balancer is not None and group is not None:
        raise NotAnEnd(f"destination {name!r} is a load balancer and a target group: give the ARN of the one you mean")
    if balancer is not None:
        return _balancer_receiver(topology, balancer, port)
    if group is not None:
        return _group_receiver(topology, group, port)
    known = [
        *(one.name for one in topology.load_balancers),
        *(one.name for one in topology.target_groups),
        *(one.title for one in topology.paths),
    ]
    raise _not_understood("destination", name, DESTINATIONS, known, (topology.load_balancers, topology.target_groups))


def _interface_receiver(topology: Topology, name: str, network: Addresses | None, port: int | None) -> Receiver:
    if network is not None and network.size > 1:
        raise NotAnEnd(f"destination {name!r} is a network: name one address of it, or {DESTINATIONS}")
    if port is None:
        raise NotAnEnd(f"destination {name!r} takes a port")
    if network is not None:
        return _address_receiver(topology, str(network.first), port)
    found = _interfaces(topology, name, "destination", DESTINATIONS)
    return _behind(name, [_backend(one, name, address, port) for one in found for address in _own(one)])


def _address_receiver(topology: Topology, address: str, port: int) -> Receiver:
    """Whoever has this address, as its own in whatever VPC or as its public one; else nobody in the facts."""
    own = [_backend(one, address, address, port) for one in topology.interfaces if one.carries(address)]
    if own:
        return replace(_behind(address, own), address=address)
    mapped = [
        _backend(one, pair.address, pair.address, port)
        for one in topology.interfaces
        for pair in one.addresses
        if pair.public == address
    ]
    if not mapped:
        return _nobody(topology, address, port)
    found = _behind(address, mapped)
    ends = tuple((replace(end, public=address), at) for end, at in found.ends)
    return replace(found, ends=ends, address=address)


def _nobody(topology: Topology, address: str, port: int) -> Receiver:
    """An address that no interface has: outside, or free. Raises UnknownFact where it may be one that was not read."""
    topology.interfaces.all()
    end = End(name=address, addresses=addresses(address), vpc_id="", subnet_id="", filtered=False)
    return Receiver(name=address, ends=((end, port),), address=address)


def _own(interface: NetworkInterface) -> tuple[str, ...]:
    return tuple(address for family in FAMILIES for address in own_addresses(interface, family))


def _backend(interface: NetworkInterface, name: str, address: str, port: int) -> Backend:
    return Backend(target=Target(id=name, port=port), interface=interface, address=address, port=port)


def _behind(name: str, backends: Sequence[Backend], group_arns: tuple[str, ...] = ()) -> Receiver:
    ends = tuple((replace(backend_end(one), filtered=_filtered(one.interface)), one.port) for one in backends)
    return Receiver(name=name, ends=ends, backends=tuple(backends), group_arns=group_arns)


def _path_receiver(topology: Topology, path: Path, port: int | None) -> Receiver:
    if path.target_group is None:
        if path.stop is not None and path.stop.gap is not None:
            raise UnknownFact(path.stop.gap)
        reason = path.stop.reason if path.stop is not None else "it has no target group"
        raise NotAnEnd(f"destination {path.title!r} ends before its target group: {reason}")
    return _group_receiver(topology, path.target_group, port)


def _group_receiver(topology: Topology, group: TargetGroup, port: int | None) -> Receiver:
    """Its registered targets that are not draining."""
    if group.target_type == "lambda":
        raise NotAnEnd(f"destination {group.name!r} is a target group of a Lambda function, which has no address")
    targets = [one for one in topology.targets.need(group.arn) if not one.draining]
    if group.target_type == "alb":
        return _balancer_targets(topology, group, targets, port)
    found = [backend_of(topology, group, one) for one in targets]
    backends = [_on(one, port) for one in found if one is not None]
    if not backends:
        why = "its targets do not exist any more" if targets else "no target is registered with it"
        raise NotAnEnd(f"destination {group.name!r}: {why}")
    return _behind(group.name, backends, (group.arn,))


def _on(backend: Backend, port: int | None) -> Backend:
    return backend if port is None else replace(backend, port=port)


def _balancer_targets(topology: Topology, group: TargetGroup, targets: list[Target], port: int | None) -> Receiver:
    """An ALB behind the group: its listener takes what arrives."""
    balancers = [topology.load_balancers.need(one.id) for one in targets]
    if not balancers:
        raise NotAnEnd(f"destination {group.name!r}: no target is registered with it")
    found = _balancer_receiver(topology, balancers[0], port or targets[0].port)
    return Receiver(name=group.name, ends=found.ends, balancer=balancers[0], group_arns=(group.arn,))


def _balancer_receiver(topology: Topology, balancer: LoadBalancer, port: int | None) -> Receiver:
    number = port if port is not None else _only_listener(topology, balancer)
    ends = tuple((end, number) for end in _balancer_senders(topology, balancer))
    if not ends:
        raise NotAnEnd(f"destination {balancer.name!r}: it serves no zone")
    return Receiver(name=balancer.name, ends=ends, balancer=balancer)


def _only_listener(topology: Topology, balancer: LoadBalancer) -> int:
    ports = sorted(one.port for one in topology.listeners.find(balancer.arn) or ())
    if len(ports) == 1:
        return ports[0]
    shown = f"listens on {', '.join(map(str, ports))}" if ports else "has no listener"
    raise NotAnEnd(f"destination {balancer.name!r} takes a port: it {shown}")


# -- names -------------------------------------------------------------------------------------


def _network(name: str) -> Addresses | None:
    """The addresses of this text, if it is an address or a network."""
    try:
        ip_network(name) if "/" in name else ip_address(name)
    except ValueError:
        if "/" in name and _starts_like_an_address(name):
            raise NotAnEnd(f"{name!r} is no network: it has host bits, or is not written as ADDRESS/LENGTH") from None
        return None
    return addresses(name)


def _starts_like_an_address(name: str) -> bool:
    try:
        ip_address(name.partition("/")[0])
    except ValueError:
        return False
    return True


def _find(table: Table[Any], name: str) -> Any:
    """The row of this name or ARN. Raises NotAnEnd where several have the name."""
    if name in table.rows:
        return table.rows[name]
    found = [one for one in table if one.name == name]
    if len(found) > 1:
        raise NotAnEnd(f"{name!r} is the name of several: {', '.join(one.arn for one in found)}")
    return found[0] if found else None


def _row(table: Table[Any], name: str, what: str) -> Any:
    found = table.find(name)
    if found is None:
        raise NotAnEnd(f"no {what} {name!r} in the facts; known: {_listed(table.rows)}")
    return found


def _interfaces(topology: Topology, name: str, side: str, accepted: str) -> Iterator[NetworkInterface]:
    """The interface of this id, or all of the instance. Raises NotAnEnd, UnknownFact."""
    wanted: Callable[[NetworkInterface], bool] = lambda one: name in (one.id, one.instance_id)  # noqa: E731
    found = [one for one in topology.interfaces if wanted(one) and _own(one)]
    if not found:
        topology.interfaces.all()  # it may be one that was not read
        kind = "interface" if name.startswith("eni-") else "interface of instance"
        raise NotAnEnd(f"{side} {name!r}: no {kind} {name} in the facts; expected {accepted}")
    yield from found


def _not_understood(
    side: str, name: str, accepted: str, known: Sequence[str], tables: Iterable[Table[Any]]
) -> VpclinkError:
    """The mistake; where a table was not read whole, the name may be in what is missing: raises UnknownFact then."""
    gaps = [gap for one in tables for gap in (*one.gaps.values(), one.gap) if isinstance(gap, Gap)]
    if gaps and not name.startswith("arn:") and " " not in name:
        raise UnknownFact(gaps[0])
    return NotAnEnd(f"{side} {name!r} is not in the facts (known: {_listed(known)}); expected {accepted}")


def _listed(names: Iterable[str]) -> str:
    every = sorted(set(names))
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more if every else "none"
