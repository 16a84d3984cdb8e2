"""Questions from the internet: one source and one interface, and whole doors at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network

from hypothesis import strategies as st

from tests.healthy import by
from tests.oracle import worlds as at
from tests.oracle.cases import Case
from tests.oracle.draws import PORTS, UNSAID, Draw, entries, networks, perturbed, routes, rules, some
from tests.oracle.evaluator import enters, place_of
from tests.oracle.readings import Answers, answers
from tests.oracle.words import ICMP, ICMPV6, TCP, UDP, Kind, number
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import BlockPublicAccess, InternetGateway, PrefixList, RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import traffic
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.internet import exposure
from vpclink_checks.reach.layers import Layers

TARGET = "eni-0b"
MAPPED = "203.0.113.200"
# Beside ordinary sources: private ones, shared ones, the VPC's own, a peer's.
OUTSIDE = {
    4: ("198.51.100.7", "8.8.8.8", "203.0.113.7", "192.168.1.1", "100.64.0.1", "10.1.0.5", "172.32.0.1", "100.128.0.1"),
    6: ("2001:db8:ffff::7", "2a00:1450::1", "2001:db8:2:c::5", "fd00::7", "2001:db8:1:ffff::1", "fe80::1"),
}
TO_INTERNET = tuple(RouteEntry(destination=one, target=at.IGW) for one in ("0.0.0.0/0", "::/0"))
# Echo requests, other ICMP, UDP, TCP, GRE.
KINDS = {
    4: (Kind(ICMP, 8, 0), Kind(ICMP, 3, 4), Kind(UDP, 53), Kind(TCP, 443), Kind(47), Kind(ICMP, 9, 0)),
    6: (Kind(ICMPV6, 128, 0), Kind(ICMPV6, 1, 4), Kind(UDP, 53), Kind(TCP, 443), Kind(47), Kind(ICMPV6, 129, 0)),
}
LAYERS = ("in", "second", "acl", "routes", "edge", "block", "address", "gateway", "association")


def from_address(draw: Draw) -> Case:
    """One outside address, one interface, TCP or UDP."""
    version, word, port = some(draw, 4, 4, 6), some(draw, "tcp", "tcp", "udp"), some(draw, *PORTS)
    source = some(draw, *OUTSIDE[version][:2])
    own = at.TARGETS[at.A][version == 6]
    facts = open_to_the_internet(draw, source, Kind(number(word), port))
    title = f"{word} {source} → {own}:{port}"

    def engine(topology: Topology) -> Mapping[str, str]:
        return {title: deciding(between(Reach(topology), source, TARGET, port, word)).verdict}

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        return {title: entering(topology, source, own, Kind(number(word), port))}

    return Case("from the internet", facts, engine, oracle)


def doors(draw: Draw) -> Case:
    """Every source of an interface's ordinary doors at once, by what the set says of addresses at every edge."""
    version, port = some(draw, 4, 4, 6), some(draw, *PORTS)
    near = OUTSIDE[version][0]
    facts = open_to_the_internet(draw, near, Kind(6, port))
    own = at.TARGETS[at.A][version == 6]

    def engine(topology: Topology) -> Mapping[str, str]:
        found = exposure(topology, [topology.interfaces.rows[TARGET]], [port]).doors
        held = [one.sources for one in found if one.address == own]
        return {source: _of_set(held[0], source) if held else "blocked" for source in probes(facts, version)}

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        return {source: entering(topology, source, own, Kind(6, port)) for source in probes(facts, version)}

    return Case("doors", facts, engine, oracle)


def kinds(draw: Draw) -> Case:
    """Every kind of packet: ICMP types and codes, UDP, protocols without ports."""
    version = some(draw, 4, 4, 6)
    kind = some(draw, *KINDS[version])
    near = OUTSIDE[version][0]
    facts = open_to_the_internet(draw, near, kind)
    own = at.TARGETS[at.A][version == 6]
    asked = {f"{one.protocol} {one.port}/{one.code}": one for one in (kind, *KINDS[version])}

    def engine(topology: Topology) -> Mapping[str, str]:
        found = Layers(topology).from_internet(topology.interfaces.rows[TARGET])
        held = [one.packets for one in found if one.address == own]
        return {
            f"{near}, {title}": _of_set(held[0].at(_number(one)), near) if held else "blocked"
            for title, one in asked.items()
        }

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        return {f"{near}, {title}": entering(topology, near, own, one) for title, one in asked.items()}

    return Case("kinds of packets", facts, engine, oracle)


def _number(kind: Kind) -> int:
    """The engine's number for it."""
    if kind.icmp:
        return traffic.kind(str(kind.protocol), kind.port * 256 + kind.code)
    return traffic.kind(str(kind.protocol), kind.port if kind.ported else 0)


def _of_set(bounds: object, source: str) -> str:
    if source in bounds.sure:  # type: ignore[attr-defined]
        return "reached"
    return "unknown" if source in bounds.possible else "blocked"  # type: ignore[attr-defined]


def entering(topology: Topology, source: str, own: str, kind: Kind) -> Answers:
    interface = topology.interfaces.rows[TARGET]
    mapped = {one.address: one.public for one in interface.addresses}
    public = mapped.get(own, own)  # a global IPv6 address is its own
    return answers(lambda reading: enters(topology, reading, source, place_of(interface, own), kind, public))


def probes(facts: Topology, version: int) -> list[str]:
    """Both ends of every network in play and their neighbours outside it."""
    cidrs = {one.cidr for row in facts.security_groups for one in (*row.ingress, *row.egress) if one.cidr}
    cidrs |= {one.cidr for row in facts.network_acls for one in row.entries}
    cidrs |= {one.destination for row in facts.route_tables for one in row.routes if "/" in one.destination}
    cidrs |= {one for row in facts.prefix_lists for one in row.cidrs}
    found = set(OUTSIDE[version])
    for network in map(ip_network, cidrs):
        for value in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            if network.version == version and 0 <= value < 2**network.max_prefixlen:
                found.add(str(type(network[0])(value)))
    return sorted(one for one in found if not _never_a_source(one))


def _never_a_source(address: str) -> bool:
    """What semantics.md does not speak of, and no packet of the internet has as its source."""
    one = ip_address(address)
    reserved = one.version == 4 and (int(one) >> 24 == 0 or int(one) >= 224 << 24)
    old = one.version == 6 and (int(one) >> 32 == 0xFFFF or int(one) < 2)
    return one.is_loopback or one.is_multicast or reserved or old


# -- facts -------------------------------------------------------------------------------------


def open_to_the_internet(draw: Draw, source: str, kind: Kind) -> Topology:
    """An interface with public addresses behind an attached gateway, but for one to three layers."""
    layers = perturbed(draw, LAYERS)
    own = at.TARGETS[at.A]
    held = some(draw, (at.SG_T,), (at.SG_U, at.SG_T))
    bare = "address" in layers and draw(st.booleans())
    facts = at.small(at.interface(TARGET, at.A, own, *held, public="" if bare else MAPPED))
    facts = at.put(facts, prefix_lists=PrefixList(id="pl-01", cidrs=networks(draw, source, source)))
    for id_, layer in ((at.SG_T, "in"), (at.SG_U, "second")):
        if layer in layers:
            drawn = rules(draw, kind, (source,), (at.SG_S, at.SG_T, at.SG_U), ("pl-01",))
            facts = at.put(facts, security_groups=at.group(id_, ingress=drawn))
    if "acl" in layers:
        acl = facts.network_acls.rows["acl-0a"]
        facts = at.put(facts, network_acls=replace(acl, entries=entries(draw, kind, (source,))))
    return _gateway(draw, _routes(draw, facts, layers, source), layers)


def _routes(draw: Draw, facts: Topology, layers: set[str], source: str) -> Topology:
    held: tuple[RouteEntry, ...] = (*at.local(at.VPC), *TO_INTERNET)
    if "routes" in layers:
        drawn = routes(draw, (source,), (at.IGW, at.IGW, "nat-01", "eigw-01", "igw-02", "eni-0f"), ("pl-01",))
        gone = {one.destination for one in drawn}
        kept = [one for one in TO_INTERNET if one.destination not in gone and draw(st.booleans())]
        held = (*at.local(at.VPC), *kept, *drawn)
    table = replace(facts.route_tables.rows["rtb-0a"], routes=held)
    if "association" in layers:
        unsure = ((at.A, UNSAID),) if draw(st.booleans()) else ()
        main = facts.route_tables.rows[f"rtb-main-{at.VPC}"]
        facts = at.put(facts, route_tables=replace(main, routes=held if draw(st.booleans()) else at.local(at.VPC)))
        table = replace(table, subnet_ids=(), unsure=unsure)
    return at.put(facts, route_tables=table)


def _gateway(draw: Draw, facts: Topology, layers: set[str]) -> Topology:
    if "gateway" in layers:
        gateway = InternetGateway(id=at.IGW)
        ways = (gateway, replace(gateway, vpc_ids=(at.PEER,)), replace(gateway, unsure=((at.VPC, UNSAID),)))
        facts = replace(facts, internet_gateways=by("id", some(draw, *ways), InternetGateway(id="igw-02")))
    if "edge" in layers and "gateway" not in layers:
        facts = at.put(facts, route_tables=_edge(draw))
    if "block" in layers:
        facts = replace(facts, block_public_access=Table(rows={at.REGION: _block(draw)}))
    return facts


def _edge(draw: Draw) -> RouteTable:
    """The gateway's own table: a subnet's addresses to an appliance, or nothing of note."""
    drawn = routes(draw, at.TARGETS[at.A], ("local", "eni-0f", "vpce-0f"))
    gone = {one.destination for one in at.local(at.VPC)}
    kept = tuple(one for one in drawn if one.destination not in gone and one.state == "active")
    return RouteTable(id="rtb-edge", vpc_id=at.VPC, gateway_ids=(at.IGW,), routes=(*at.local(at.VPC), *kept))


def _block(draw: Draw) -> BlockPublicAccess:
    where = some(draw, at.VPC, at.A, at.B, at.PEER)
    word = some(draw, "allow-bidirectional", "allow-egress", "bidirectional-access-allowed")
    return BlockPublicAccess(
        mode=some(draw, "off", "block-bidirectional", "block-ingress", "bidirectional-access-blocked"),
        state=some(draw, "update-complete", "update-complete", "update-in-progress", "default-state"),
        exclusions=((where, word),) if draw(st.booleans()) else (),
    )
