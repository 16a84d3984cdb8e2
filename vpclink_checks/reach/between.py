"""From one named end to another: a trace for each kind of packet that may go there.

What is judged are packets: whether they get from the source's addresses to the destination's port. Where that is a
load balancer's, they have to get through it to a target (reach.middle says what ``reached`` means then). A way
round that begins a connection of its own (another load balancer, a proxy, an API) is another question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import clients, linked, outside, places, protocols, ranges
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.flow import nobody_listens, trace
from vpclink_checks.reach.places import NotAnEnd, Receiver, Sender
from vpclink_checks.reach.sets import Addresses, addresses, public
from vpclink_checks.reach.trace import Decision, Packet, Step, Trace


def between(
    reach: Reach, source: str, destination: str, port: int | None, protocol: str | int = "tcp"
) -> tuple[Trace, ...]:
    """Every kind of packet from *source* to *destination*, at least one. Raises NotAnEnd; what is not known is a trace.

    Names are those of places.SOURCES and places.DESTINATIONS, protocols those of protocols.asked. To an address
    outside every VPC ``reached`` means that the packets leave for it, and that answers come back.
    """
    try:
        protocol, port = protocols.asked(protocol, port)
    except ValueError as error:
        raise NotAnEnd(str(error)) from error
    try:
        there = places.receiver(reach.topology, destination, port)
        here = places.sender(reach.topology, source, there.vpc_ids)
        found = tuple(_traces(reach, here, there, protocol))
    except UnknownFact as signal:
        return (_unread(source, destination, port, protocol, signal.gap),)
    return found or (_nothing(here, there, protocol),)


def _traces(reach: Reach, here: Sender, there: Receiver, protocol: str) -> Iterator[Trace]:
    if here.link is not None:
        if protocol == "tcp":
            yield from linked.traces(reach.topology, here.link, there)
        return
    known = ranges.Known(reach.topology)
    entrances = clients.doors(reach.topology, there)
    yield from clients.traces(known, entrances, here, protocol)
    for end, port in () if entrances else _of_family(there, protocol):
        for one in known.apart(here.ends, end):
            yield trace(reach.topology, one, end, port, protocol)
        for members in here.ranges:
            if members.family == end.family:
                yield from ranges.traces(known, members, end, port, protocol, vpc_id=here.vpc_id)
    for members in here.ranges:
        if protocols.family_of(protocol) in (None, members.family):
            yield from _from_public(reach, members, there, protocol)


def _of_family(there: Receiver, protocol: str) -> Iterator[tuple[End, int]]:
    """ICMP goes over IPv4 alone, ICMPv6 over IPv6."""
    yield from (one for one in there.ends if protocols.family_of(protocol) in (None, one[0].family))


def _from_public(reach: Reach, members: Addresses, there: Receiver, protocol: str) -> Iterator[Trace]:
    """From the internet: to whoever has a public address there, and to that address alone."""
    own = [cidr for one in reach.topology.vpcs for cidr in one.cidrs]
    sources = members & public(members.family, own)
    if not there.address:
        yield from _by_doors(reach, members, there, protocol)
        return
    wanted = addresses(there.address)
    if not sources or wanted.family != members.family:
        return
    step = _not_there(reach.topology, there, wanted)
    if step is None:
        yield from _by_doors(reach, members, there, protocol)
        return
    packet = Packet(src=outside.named(sources), dst=there.address, port=there.port, protocol=protocol)
    yield Trace(packet=packet, steps=(step,))


def _by_doors(reach: Reach, members: Addresses, there: Receiver, protocol: str) -> Iterator[Trace]:
    shut = tuple(step for end, _ in there.ends[:1] for step in nobody_listens(end))
    found = outside.traces(reach, members, there, protocol)
    yield from (replace(one, steps=(*one.steps, *shut)) for one in found)


def _not_there(topology: Topology, there: Receiver, wanted: Addresses) -> Step | None:
    """Why the internet carries no packet to this address, or that nobody knows whose it is; None for one of ours."""
    layer = "public address"
    if not wanted <= public(wanted.family, (cidr for one in topology.vpcs for cidr in one.cidrs if ":" not in cidr)):
        pairs = (pair for one in there.backends for pair in one.interface.addresses if pair.address == there.address)
        mapped = next((pair.public for pair in pairs if pair.public), "")
        rule = f"{there.address} is a private address, and the internet carries no packet to it"
        rule += f"; it is {mapped} there, which is another question" if mapped else ""
        return _denied(layer, there.address, rule)
    if there.backends:
        return None
    if topology.every_interface:
        return _denied(layer, there.address, f"no interface of the account has the public address {there.address}")
    call = "ec2:DescribeNetworkInterfaces"
    message = f"only the interfaces of some VPCs were read, and none of them has {there.address}"
    gap = Gap(operation=call, action=call, code="NotNeeded", message=message)
    return Step(layer=layer, component=there.address, decision=Decision.UNKNOWN, rule=str(gap))


# -- what there is to say without a packet ------------------------------------------------------


def _nothing(here: Sender, there: Receiver, protocol: str) -> Trace:
    """No packet at all can go there."""
    packet = Packet(src=here.name, dst=there.name, port=there.port, protocol=protocol)
    if here.link is not None:
        return Trace(packet=packet, steps=(_leads_elsewhere(here.link, there),))
    only = protocols.family_of(protocol)
    if only is not None and only not in {end.family for end, _ in there.ends}:
        return Trace(packet=packet, steps=(_denied("addresses", there.name, f"{protocol} goes over IPv{only} alone"),))
    families = ", ".join(f"IPv{one}" for one in sorted({end.family for end, _ in there.ends}))
    if here.ends and {end.addresses for end, _ in there.ends} >= {end.addresses for end in here.ends}:
        raise NotAnEnd(f"{here.name} and {there.name} are the same: packets to oneself meet no filter")
    rule = f"{there.name} has only {families} addresses, and {here.name} sends none of that kind"
    return Trace(packet=packet, steps=(_denied("addresses", there.name, rule),))


def _leads_elsewhere(link: VpcLink, there: Receiver) -> Step:
    leads = ", ".join(one.partition("loadbalancer/")[2] or one for one in link.target_arns) or "its own subnets"
    return _denied(f"VPC link {link.id}", link.id, f"VPC link {link.id} leads to {leads}, and not to {there.name}")


def _denied(layer: str, component: str, rule: str) -> Step:
    return Step(layer=layer, component=component, decision=Decision.DENY, rule=rule)


def _unread(source: str, destination: str, port: int | None, protocol: str, gap: Gap) -> Trace:
    step = Step(layer="facts", component=gap.operation, decision=Decision.UNKNOWN, rule=str(gap))
    return Trace(packet=Packet(src=source, dst=destination, port=port or 0, protocol=protocol), steps=(step,))


def deciding(traces: Iterable[Trace]) -> Trace:
    """The trace that settles a set: one that gets through, else one that is not known, else a blocked one."""
    order = {"reached": 0, "unknown": 1, "blocked": 2}
    return min(traces, key=lambda one: order[one.verdict])
