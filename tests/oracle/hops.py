"""Questions about a load balancer in the middle: the link to it, what it sends to its targets, health checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.healthy import LISTENER_API, PATH_API, by
from tests.oracle import balancing as lb
from tests.oracle import worlds as at
from tests.oracle.cases import Case
from tests.oracle.draws import Draw, chance, entries, perturbed, rules, some
from tests.oracle.evaluator import connects, family
from tests.oracle.filters import Place
from tests.oracle.readings import Answers, answers
from tests.oracle.words import TCP, Kind
from vpclink_checks.model.balancing import HealthCheck, LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.compute import Instance
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import NetworkInterface, PrivateAddress, RouteEntry, RouteTable, Subnet
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.trace import Trace

ARN = "arn:aws:elasticloadbalancing:eu-west-2:123456789012"
NLB, ALB, GROUP = f"{ARN}:loadbalancer/net/one/01", f"{ARN}:loadbalancer/app/two/02", f"{ARN}:targetgroup/three/03"
# Subnets: the load balancer's, the targets' in two zones, the link's.
NODE_A, NODE_B, HOST_A, HOST_B, LINK = "subnet-0n", "subnet-0o", "subnet-0h", "subnet-0i", "subnet-0l"
WHERE = {NODE_A: (5, "a"), NODE_B: (2, "b"), HOST_A: (1, "a"), HOST_B: (3, "b"), LINK: (4, "a")}
SG_N, SG_H, SG_L, SG_A = "sg-0n", "sg-0h", "sg-0l", "sg-0z"  # the NLB's, the hosts', the link's, the target ALB's
PORT, LISTENING, CHECKED = 8080, LISTENER_API.port, 9090
ADDRESSES = {
    NODE_A: ("10.0.5.9", "2001:db8:1:5::9"),
    NODE_B: ("10.0.2.9", "2001:db8:1:2::9"),
    HOST_A: ("10.0.1.5", "2001:db8:1:1::5"),
    HOST_B: ("10.0.3.5", "2001:db8:1:3::5"),
    LINK: ("10.0.4.7", "2001:db8:1:4::7"),
}
LAYERS = (
    "hosts",
    "hosts too",
    "balancer out",
    "balancer in",
    "link out",
    "acl node",
    "acl host",
    "acl link",
    "routes",
    "zones",
)


@dataclass(frozen=True)
class Stretch:
    """From the link to the targets."""

    path: Path
    balancer: LoadBalancer
    group: TargetGroup


def callers(draw: Draw) -> Case:
    """What the link's callers send, as it arrives at every target that a zone sends to."""
    facts, it = stretch(draw)

    def engine(topology: Topology) -> Mapping[str, str]:
        reach = Reach(topology)
        return {
            _title(zone, target, one): one.verdict
            for zone, target, one in _each_leg(reach, it.path, reach.load_balancer_traffic)
        }

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        found = {}
        for zone, target, there in _sent(topology, it):
            for source in lb.callers(topology, it.path, zone, there):
                found[_named(zone, target, source.address, there.address)] = answers(
                    lambda reading, source=source, there=there, target=target: lb.delivers(  # type: ignore[misc]
                        topology, reading, it.path, source, there, target.port
                    )
                )
        return found

    return Case("callers at the targets", facts, engine, oracle)


def checks(draw: Draw) -> Case:
    """Health checks: from the load balancer's own addresses, whatever the switch says."""
    facts, it = stretch(draw)

    def engine(topology: Topology) -> Mapping[str, str]:
        reach = Reach(topology)
        return {
            _title(zone, target, one): one.verdict
            for zone, target, one in _each_leg(reach, it.path, reach.health_check)
        }

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        found = {}
        for zone, target, there in _sent(topology, it):
            port = target.health_port or (CHECKED if it.group.health_check.port == str(CHECKED) else target.port)
            for source in lb.nodes(topology, it.balancer, zone.subnet_id, family(there.address)):
                found[_named(zone, target, source.address, there.address)] = answers(
                    lambda reading, source=source, there=there, port=port: connects(  # type: ignore[misc]
                        topology, reading, source, there, Kind(TCP, port)
                    )
                )
        return found

    return Case("health checks", facts, engine, oracle)


def link(draw: Draw) -> Case:
    """From the link to the load balancer's listener, in each zone."""
    facts, it = stretch(draw)

    def engine(topology: Topology) -> Mapping[str, str]:
        reach = Reach(topology)
        every = [(zone, one) for zone in it.balancer.zones for one in reach.link_to_load_balancer(it.path, zone)]
        return {f"{zone.name}: {_route(it, one)}": one.verdict for zone, one in every}

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        assert it.path.link
        found = {}
        for zone in it.balancer.zones:
            if it.path.link.version == 1:
                found[f"{zone.name}: in"] = lb.private_link_enters(topology, it.balancer, LISTENING)
                continue
            for source in lb.link_places(topology, it.path.link):
                for there in lb.nodes(topology, it.balancer, zone.subnet_id, 4):
                    found[f"{zone.name}: {source.address} → {there.address}"] = answers(
                        lambda reading, source=source, there=there: connects(  # type: ignore[misc]
                            topology, reading, source, there, Kind(TCP, LISTENING)
                        )
                    )
        return found

    return Case("link to load balancer", facts, engine, oracle)


def _route(it: Stretch, one: Trace) -> str:
    assert it.path.link
    return "in" if it.path.link.version == 1 else f"{one.packet.src} → {one.packet.dst}"


def _each_leg(reach: Reach, path: Path, ask: object) -> Iterator[tuple[Zone, Target, Trace]]:
    for leg in reach.legs(path):
        for one in ask(path, leg):  # type: ignore[operator]
            yield leg.zone, leg.target, one


def _title(zone: Zone, target: Target, one: Trace) -> str:
    return _named(zone, target, one.packet.src, one.packet.dst)


def _named(zone: Zone, target: Target, source: str, there: str) -> str:
    return f"{zone.name} to {target.id}: {source} → {there}"


def _sent(topology: Topology, it: Stretch) -> Iterator[tuple[Zone, Target, Place]]:
    for target in topology.targets.rows[GROUP]:
        for zone in it.balancer.zones:
            if lb.sends(topology, it.balancer, it.group, zone, target):
                for there in lb.backends(topology, it.group, target):
                    yield zone, target, there


# -- facts -------------------------------------------------------------------------------------


def stretch(draw: Draw) -> tuple[Topology, Stretch]:
    """A link, a load balancer over two zones and its targets, all open but for one to three layers."""
    version = some(draw, 1, 2)
    balancer = _balancer(draw, version)
    group = _group(draw, balancer, version)
    layers = {one.removesuffix(" too") for one in perturbed(draw, LAYERS)}
    targets = _targets(draw, group, layers)
    held = VpcLink(
        id="l1nk",
        version=version,
        target_arns=(balancer.arn,) if version == 1 else (),
        subnet_ids=(LINK,) if version != 1 else (),
        security_group_ids=(SG_L,) if version != 1 else (),
    )
    path = replace(PATH_API, link=held, load_balancer=balancer, target_group=group)
    facts = _network(draw, balancer, group, layers)
    facts = replace(
        facts,
        paths=(path,),
        links=by("id", held),
        load_balancers=by("arn", balancer, _alb()) if group.target_type == "alb" else by("arn", balancer),
        load_balancer_attributes=Table(rows={ALB: {}, **_own_cross(draw, layers, balancer)}),
        listeners=Table(rows={balancer.arn: (replace(LISTENER_API, load_balancer_arn=balancer.arn),)}),
        target_groups=by("arn", group),
        target_group_attributes=Table(rows={GROUP: {**_cross(draw, layers), **_kept(draw)}}),
        targets=Table(rows={GROUP: targets}),
        instances=by("id", *(Instance(id=f"i-{one[-2:]}", vpc_id=at.VPC, subnet_id=one) for one in (HOST_A, HOST_B))),
    )
    return facts, Stretch(path, balancer, group)


def _balancer(draw: Draw, version: int) -> LoadBalancer:
    zones = tuple(Zone(name=f"eu-west-2{WHERE[one][1]}", subnet_id=one) for one in (NODE_A, NODE_B))
    if version != 1 and chance(draw, 4):
        return LoadBalancer(
            arn=ALB, name="two", type="application", vpc_id=at.VPC, zones=zones, security_group_ids=(SG_N,)
        )
    return LoadBalancer(
        arn=NLB,
        name="one",
        vpc_id=at.VPC,
        zones=zones,
        security_group_ids=some(draw, (), (SG_N,), (SG_N,)),
        enforce_private_link=some(draw, "on", "on", "off", "off", "", "half"),
    )


def _alb() -> LoadBalancer:
    zones = tuple(Zone(name=f"eu-west-2{WHERE[one][1]}", subnet_id=one) for one in (HOST_A, HOST_B))
    return LoadBalancer(arn=ALB, name="two", type="application", vpc_id=at.VPC, zones=zones, security_group_ids=(SG_A,))


def _group(draw: Draw, balancer: LoadBalancer, version: int) -> TargetGroup:
    kind = some(draw, "instance", "instance", "ip", "ip", "alb") if balancer.network else some(draw, "instance", "ip")
    protocol = some(draw, "TCP", "TCP", "TLS", "TCP_UDP") if balancer.network else "HTTP"
    return TargetGroup(
        arn=GROUP,
        name="three",
        protocol="TCP" if kind == "alb" else protocol,
        port=PORT,
        target_type=kind,
        vpc_id=at.VPC,
        load_balancer_arns=(balancer.arn,),
        health_check=HealthCheck(port=some(draw, "traffic-port", str(CHECKED))),
    )


def _targets(draw: Draw, group: TargetGroup, layers: set[str]) -> tuple[Target, ...]:
    if group.target_type == "alb":
        return (Target(id=ALB, port=PORT, zone="all"),)
    six = group.target_type == "ip" and chance(draw, 4)
    found = []
    for where in (HOST_A, HOST_B):
        id_ = ADDRESSES[where][six] if group.target_type == "ip" else f"i-{where[-2:]}"
        zone = f"eu-west-2{WHERE[where][1]}"
        if "zones" in layers:
            zone = some(draw, zone, "eu-west-2c", "all")
        state = some(draw, "healthy", "unhealthy", "draining") if "zones" in layers else "healthy"
        health = some(draw, None, CHECKED)
        found.append(Target(id=id_, port=some(draw, PORT, PORT + 1), zone=zone, state=state, health_port=health))
    return tuple(found)


def _cross(draw: Draw, layers: set[str]) -> dict[str, str]:
    word = some(draw, "true", "false", "use_load_balancer_configuration", "") if "zones" in layers else ""
    return {lb.CROSS_ZONE: word} if word else {}


def _own_cross(draw: Draw, layers: set[str], balancer: LoadBalancer) -> dict[str, dict[str, str]]:
    """An ALB's is always on, and may be turned off for a target group alone."""
    word = some(draw, "true", "false", "") if "zones" in layers and balancer.network else ""
    return {balancer.arn: {lb.CROSS_ZONE: word} if word else {}}


def _kept(draw: Draw) -> dict[str, str]:
    word = some(draw, "true", "false", "", "")
    return {lb.KEPT: word} if word else {}


def _network(draw: Draw, balancer: LoadBalancer, group: TargetGroup, layers: set[str]) -> Topology:
    subnets = by(
        "id",
        *(
            Subnet(id=one, vpc_id=at.VPC, zone=f"eu-west-2{zone}", cidrs=_blocks(one))
            for one, (_, zone) in WHERE.items()
        ),
    )
    facts = at.small(
        *_interfaces(balancer, group),
        subnets=subnets,
        network_acls=by("id", *(at.open_acl(f"acl-{one[-2:]}", at.VPC, one) for one in WHERE)),
        route_tables=by(
            "id",
            RouteTable(id="rtb-main", vpc_id=at.VPC, main=True, routes=at.local(at.VPC)),
            *(
                RouteTable(id=f"rtb-{one[-2:]}", vpc_id=at.VPC, subnet_ids=(one,), routes=at.local(at.VPC))
                for one in WHERE
            ),
        ),
    )
    facts = _groups(draw, facts, layers)
    for layer, where in (("acl node", NODE_A), ("acl host", HOST_A), ("acl link", LINK)):
        if layer in layers:
            about = [pair[0] for pair in ADDRESSES.values()]
            acl = facts.network_acls.rows[f"acl-{where[-2:]}"]
            port = some(draw, PORT, LISTENING, CHECKED)
            facts = at.put(facts, network_acls=replace(acl, entries=entries(draw, Kind(TCP, port), about)))
    if "routes" in layers:
        where, to = some(draw, HOST_A, HOST_B, NODE_A, NODE_B, LINK), some(draw, *WHERE)
        table = facts.route_tables.rows[f"rtb-{where[-2:]}"]
        drops = RouteEntry(destination=_blocks(to)[0], target="eni-0f", state=some(draw, "blackhole", "active"))
        facts = at.put(facts, route_tables=replace(table, routes=(*table.routes, drops)))
    return facts


def _groups(draw: Draw, facts: Topology, layers: set[str]) -> Topology:
    every = (SG_N, SG_H, SG_L, SG_A)
    for id_, into, out in (
        (SG_N, "balancer in", "balancer out"),
        (SG_H, "hosts", ""),
        (SG_A, "hosts", ""),
        (SG_L, "", "link out"),
    ):
        ingress = _rules(draw, id_, every) if into in layers else at.OPEN
        egress = _rules(draw, id_, every) if out in layers else at.OPEN
        facts = at.put(facts, security_groups=at.group(id_, ingress=ingress, egress=egress))
    return facts


def _rules(draw: Draw, id_: str, every: tuple[str, ...]) -> at.Rules:
    """Half the time a bare reference is all that the hosts have."""
    about = [pair[0] for pair in ADDRESSES.values()]
    if id_ in (SG_H, SG_A) and draw(st.booleans()):
        return (replace(at.OPEN[0], cidr="", group_id=some(draw, SG_N, SG_N, SG_N, SG_L)),)
    port = LISTENING if id_ == SG_L else some(draw, PORT, PORT, LISTENING, CHECKED)
    return rules(draw, Kind(TCP, port), about, every)


def _blocks(subnet: str) -> tuple[str, str]:
    third = WHERE[subnet][0]
    return f"10.0.{third}.0/24", f"2001:db8:1:{third}::/64"


def _interfaces(balancer: LoadBalancer, group: TargetGroup) -> list[NetworkInterface]:
    def made(id_: str, where: str, *, offset: str = "", **more: object) -> NetworkInterface:
        four, six = ADDRESSES[where]
        four, six = f"{four}{offset}", f"{six}{offset}"
        return NetworkInterface(
            id=id_,
            vpc_id=at.VPC,
            subnet_id=where,
            addresses=(PrivateAddress(address=four),),
            ipv6=(six,),
            **more,  # type: ignore[arg-type]
        )

    told = "ELB " + balancer.arn.split("loadbalancer/")[1]
    found = [
        made(f"eni-{one[-2:]}", one, description=told, group_ids=balancer.security_group_ids)
        for one in (NODE_A, NODE_B)
    ]
    for one in (HOST_A, HOST_B):
        id_ = f"i-{one[-2:]}"
        found.append(made(f"eni-{one[-2:]}", one, group_ids=(SG_H,), instance_id=id_, device_index=0))
        if group.target_type == "alb":
            found.append(made(f"eni-{one[-2:]}2", one, offset="0", description="ELB app/two/02", group_ids=(SG_A,)))
    found.append(made("eni-0l", LINK, type="api_gateway_managed", group_ids=(SG_L,)))
    return found
