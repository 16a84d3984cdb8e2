"""Load balancers as a hop: semantics.md, section 5 (where packets come from) and section 6."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.oracle.evaluator import connects, family, place_of
from tests.oracle.filters import Place, groups_admit
from tests.oracle.readings import Answers, Reading, answers
from tests.oracle.words import TCP, Kind, named, within
from vpclink_checks.model.balancing import LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology

IPV4 = 4
CROSS_ZONE, KEPT = "load_balancing.cross_zone.enabled", "preserve_client_ip.enabled"
# Nobody documents where packets of a version 1 link come from: API Gateway's side, and so not the VPC itself; any of
# these, and the beginning of every rule.
SOMEWHERE = ("10.200.3.4", "172.20.0.9", "192.168.7.7", "100.64.9.9", "198.51.100.7", "9.9.9.9")


def _own(interface: NetworkInterface, version: int) -> list[str]:
    every = [*(one.address for one in interface.addresses), *interface.ipv6]
    return [one for one in every if family(one) == version]


def nodes(topology: Topology, balancer: LoadBalancer, subnet_id: str, version: int) -> list[Place]:
    """Its own addresses in one zone, with its own groups; None where it has none."""
    wanted = "ELB " + balancer.arn.split("loadbalancer/")[1]
    groups = balancer.security_group_ids
    return [
        replace(place_of(one, address), groups=groups or None, counts_as=frozenset(groups))
        for one in topology.interfaces.rows.values()
        if one.description == wanted and one.subnet_id == subnet_id
        for address in _own(one, version)
    ]


def link_places(topology: Topology, link: VpcLink) -> list[Place]:
    """A version 2 link's interfaces, with its groups."""
    return [
        place_of(one, address)
        for one in topology.interfaces.rows.values()
        if one.type == "api_gateway_managed"
        and one.subnet_id in link.subnet_ids
        and set(one.group_ids) == set(link.security_group_ids)
        for address in _own(one, 4)
    ]


def backends(topology: Topology, group: TargetGroup, target: Target) -> list[Place]:
    """The primary address of an instance, the address itself, or every address of an ALB."""
    every = topology.interfaces.rows.values()
    if group.target_type == "alb":
        balancer = topology.load_balancers.rows[target.id]
        return [place for zone in balancer.zones for place in nodes(topology, balancer, zone.subnet_id, 4)]
    if group.target_type == "ip":
        return [place_of(one, target.id) for one in every if target.id in (*_own(one, 4), *_own(one, 6))]
    mine = [one for one in every if one.instance_id == target.id and one.device_index == 0]
    return [place_of(one, next(a.address for a in one.addresses if a.primary)) for one in mine]


def crosses(topology: Topology, balancer: LoadBalancer, group: TargetGroup) -> bool:
    """The target group's setting, else the load balancer's; by default an NLB's zones keep to themselves."""
    word = topology.target_group_attributes.rows[group.arn].get(CROSS_ZONE, "use_load_balancer_configuration")
    if word == "use_load_balancer_configuration":
        word = topology.load_balancer_attributes.rows[balancer.arn].get(
            CROSS_ZONE, "false" if balancer.network else "true"
        )
    return word == "true"


def sends(topology: Topology, balancer: LoadBalancer, group: TargetGroup, zone: Zone, target: Target) -> bool:
    """Whether this zone's nodes send to this target, healthy or not."""
    if target.state in ("draining", "unhealthy.draining"):
        return False
    if target.zone == "all":
        return True
    enabled = {one.name for one in balancer.zones}
    return target.zone in enabled and (target.zone == zone.name or crosses(topology, balancer, group))


def keeps_client(topology: Topology, group: TargetGroup) -> bool:
    """Client address preservation by target type and protocol."""
    if group.target_type == "alb" or group.protocol in ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC"):
        return True
    default = "true" if group.target_type == "instance" else "false"
    return topology.target_group_attributes.rows[group.arn].get(KEPT, default) == "true"


def callers(topology: Topology, path: Path, zone: Zone, there: Place) -> Iterator[Place]:
    """Where the traffic of the link's callers comes from, as it arrives at a target."""
    balancer, group, link = path.load_balancer, path.target_group, path.link
    assert balancer
    assert group
    assert link
    own = nodes(topology, balancer, zone.subnet_id, family(there.address))
    if not balancer.network or link.version == 1 or not keeps_client(topology, group) or family(there.address) != IPV4:
        yield from own
        return
    for client in link_places(topology, link):
        yield replace(own[0], address=client.address, borrowed=True)


def delivers(topology: Topology, reading: Reading, path: Path, source: Place, there: Place, port: int) -> bool:
    """Whether callers' traffic reaches this target from this address."""
    balancer, group, link = path.load_balancer, path.target_group, path.link
    assert balancer
    assert group
    assert link
    if link.version == 1 and balancer.security_group_ids:
        contested = group.target_type == "alb" or not enforced(reading, balancer)
        if contested and not reading.pick(
            "a bare reference to the NLB's group admits PrivateLink traffic", (True, False)
        ):
            # As if no rule of the target named the group; the NLB's own rules out act all the same.
            source = replace(source, counts_as=frozenset())
    return connects(topology, reading, source, there, Kind(TCP, port))


def enforced(reading: Reading, balancer: LoadBalancer) -> bool:
    """The switch of section 6.1: on unless it is off."""
    word = balancer.enforce_private_link
    if word in ("on", "", "off"):
        return word != "off"
    return reading.unread("the switch for PrivateLink traffic is on")


def private_link_enters(topology: Topology, balancer: LoadBalancer, port: int) -> Answers:
    """A version 1 link at the NLB's listener: its inbound rules, from an address that nobody documents."""
    rules = [rule for one in balancer.security_group_ids for rule in topology.security_groups.rows[one].ingress]
    cidrs = [cidr for rule in rules for cidr in named(topology, rule.prefix_list_id or rule.cidr) if cidr]
    own = topology.vpcs.rows[balancer.vpc_id].cidrs
    begins = {cidr.partition("/")[0] for cidr in cidrs}
    somewhere = sorted(
        one for one in {*SOMEWHERE, *begins} if family(one) == IPV4 and not any(within(one, cidr) for cidr in own)
    )

    def question(reading: Reading) -> bool:
        if not balancer.security_group_ids or not enforced(reading, balancer):
            return True
        client = Place(reading.pick("where API Gateway sends from", somewhere), "", "", None, frozenset())
        node = Place("", "", "", balancer.security_group_ids, frozenset())
        return reading.holds(groups_admit(topology, node, "ingress", client, Kind(TCP, port)), "the NLB's groups in")

    return answers(question)
