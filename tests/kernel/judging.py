"""A flow judged twice: by the kernel, shot by shot, and by the engine. What they disagree about is told in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pprint import pformat
from random import Random

from tests.kernel.ground import Connection, Ground
from tests.kernel.questions import GROUP_ARN, Flow, reply_ports
from tests.kernel.shots import Outcome, Shot, fire
from tests.kernel.worlds import World
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.trace import Step, Trace


@dataclass(frozen=True, slots=True)
class Found:
    """The kernel's answer: the rules that dropped something, and whether the flow as a whole is reached."""

    verdict: str
    rules: tuple[str, ...]


# -- the kernel ----------------------------------------------------------------------------------


def by_kernel(ground: Ground, flow: Flow) -> Found:
    """One shot for each source port that some rule may tell from others.

    From the internet one port that gets through is enough: a client there takes what it likes (semantics.md, 7.4).
    Inside, every ephemeral port has to.
    """
    public = flow.way == "internet"
    dropped: list[str] = []
    for shot in _shots(ground, flow):
        outcome = fire(ground, shot)
        if not outcome.rule and public:
            return Found("reached", ())
        dropped += [_named(outcome) if public else outcome.rule] if outcome.rule else []
    return Found("blocked" if dropped else "reached", tuple(dict.fromkeys(dropped)))


def _named(outcome: Outcome) -> str:
    """The reply to the internet meets no inbound ACL, unless its route leads it on inside of the VPC."""
    begins = outcome.packet is not None and outcome.packet.sport == outcome.shot.sport
    strayed = outcome.rule.startswith("acl|") and "|inbound|" in outcome.rule and not begins
    return "gateway|the reply's route leads on inside of the VPC" if strayed else outcome.rule


def holder(topology: Topology, address: str) -> NetworkInterface | None:
    """The interface with this address, private or public."""
    for one in topology.interfaces:
        if address in (*one.private_addresses, *one.ipv6, *(at.public for at in one.addresses)):
            return one
    return None


def _own(interface: NetworkInterface, address: str) -> str:
    """The private address behind a public one."""
    return next((at.address for at in interface.addresses if at.public == address), address)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one listening address to the next, as packets show them."""

    src: str
    dst: str
    port: int


def _stretches(topology: Topology, flow: Flow) -> list[_Stretch]:
    """One, or two where a load balancer opens a connection of its own, from the same port as its client."""
    first = holder(topology, flow.dst)
    assert first is not None
    found = [_Stretch(flow.src, _own(first, flow.dst), flow.port)]
    if flow.way == "balancer":
        (target,) = topology.targets.rows[GROUP_ARN]
        found.append(_Stretch(flow.dst, target.id, target.port))
    return found


def _subnets(topology: Topology, flow: Flow, stretches: list[_Stretch]) -> set[str]:
    ends = (holder(topology, address) for address in _aliases(topology, flow, stretches))
    return {one.subnet_id for one in ends if one is not None}


def _aliases(topology: Topology, flow: Flow, stretches: list[_Stretch]) -> set[str]:
    """Every address that the packet may show: the ends' private and public ones, and the NAT gateway's."""
    ends = {flow.src, flow.dst, *(end for one in stretches for end in (one.src, one.dst))}
    found = ends | _nat_addresses(topology)
    for address in ends:
        one = holder(topology, address)
        found |= {at.public for at in one.addresses if at.public and at.address in ends} if one is not None else set()
    return found


def _nat_addresses(topology: Topology) -> set[str]:
    return {address for nat in topology.nat_gateways for pair in nat.addresses for address in pair}


def _shots(ground: Ground, flow: Flow) -> Iterator[Shot]:
    topology, stretches = ground.topology, _stretches(ground.topology, flow)
    last = stretches[-1]
    source, target = holder(topology, flow.src), holder(topology, last.dst)
    assert target is not None
    space, server, server_port = _server(ground, target, last)
    low = 1 if flow.way == "internet" else 1024
    for ports in reply_ports(topology, _subnets(topology, flow, stretches), low):
        yield Shot(
            protocol=flow.protocol,
            source_space=source.id if source is not None else "world",
            src=flow.src,
            sport=_source_port(ground, flow, stretches, ports),
            dst=flow.dst,
            dport=flow.port,
            server_space=space,
            server=server,
            server_port=server_port,
            aliases=frozenset(_aliases(topology, flow, stretches)),
            ports=frozenset(one.port for one in stretches),
        )


def _server(ground: Ground, target: NetworkInterface, last: _Stretch) -> tuple[str, str, int]:
    """The namespace, address and port that listen: a container's where one has the host port."""
    for one in ground.containers:
        if (one.interface_id, one.host_port) == (target.id, last.port) and ":" not in last.dst:
            return f"{target.id} container {one.port}", one.address, one.port
    return target.id, last.dst, last.port


def _source_port(ground: Ground, flow: Flow, stretches: list[_Stretch], ports: tuple[int, int]) -> int:
    """One of these ports with which no namespace tracks a connection, either way round; else all are forgotten."""
    random, topology = Random(f"{flow.title} {ports}"), ground.topology
    for port in (*(random.randint(*ports) for _ in range(5)), *ports):
        mine = _connections(topology, flow, stretches, port)
        if not mine & ground.tracked:
            break
    else:
        ground.forget()
    ground.tracked |= mine
    return port


def _connections(topology: Topology, flow: Flow, stretches: list[_Stretch], port: int) -> set[Connection]:
    ends = [(flow.src, flow.dst, flow.port), *((one.src, one.dst, one.port) for one in stretches)]
    if flow.way == "hairpin":
        ends += [(one, end, flow.port) for one in _nat_addresses(topology) for end in (flow.dst, stretches[0].dst)]
    return {(flow.protocol, frozenset({(src, port), (dst, dport)})) for src, dst, dport in ends}


# -- the engine ----------------------------------------------------------------------------------


def by_engine(topology: Topology, flow: Flow) -> tuple[Trace, ...]:
    """The trace of the flow; of the two stretches of one through a load balancer."""
    reach = Reach(topology)
    if flow.way != "balancer":
        return (deciding(between(reach, flow.src, flow.dst, flow.port, flow.protocol)),)
    return (
        deciding(between(reach, flow.src, "orders", flow.port, flow.protocol)),
        deciding(between(reach, "orders", "orders-ips", None, flow.protocol)),
    )


def verdict(traces: tuple[Trace, ...]) -> str:
    """Reached if every stretch is; one that is blocked settles it."""
    found = {one.verdict for one in traces}
    return "blocked" if "blocked" in found else "unknown" if "unknown" in found else "reached"


# -- do they agree? ------------------------------------------------------------------------------


def disagreement(world: World, ground: Ground, flow: Flow) -> str:
    """ "" where the verdicts are equal and the layers at which the kernel dropped are blockers of the engine's.

    From the internet each port may fall to another layer before the one that stops them all: one of them suffices.
    """
    kernel, traces = by_kernel(ground, flow), by_engine(world.topology, flow)
    blockers = [step for one in traces for step in one.blockers]
    named = [any(same_layer(rule, step) for step in blockers) for rule in kernel.rules]
    agreed = not named or (any(named) if flow.way == "internet" else all(named))
    if kernel.verdict == verdict(traces) and agreed:
        return ""
    return (
        f"seed {world.seed}, {flow.title}\n  the kernel: {kernel.verdict} {kernel.rules}\n"
        f"  the engine: {verdict(traces)} {[f'{step.layer}: {step.rule}' for step in blockers]}\n"
        f"{pformat([one.steps for one in traces], width=160)}\n{told(world.topology)}"
    )


_LAYERS = {
    "gateway": ("route table", "internet gateway", "NAT gateway", "egress-only"),
    "public": ("public address", "internet gateway"),
    "bpa": ("VPC Block Public Access",),
    "listener": ("listener",),
}


def same_layer(rule: str, step: Step) -> bool:
    """Whether the kernel's rule and the engine's step are one layer: its kind, its place and its direction."""
    kind, _, rest = rule.partition("|")
    text = f"{step.layer} {step.component} {step.rule}"
    if kind == "groups":
        word = {"ingress": "inbound", "egress": "outbound"}[rest.rpartition("|")[2]]
        return step.layer == "security groups" or (step.layer.startswith("security groups of") and word in step.layer)
    if kind == "acl":
        acl, word, _ = rest.split("|")
        there = {"inbound": "in from", "outbound": "the answer out"}[word]
        return step.layer.startswith("network ACL") and acl in text and (word in step.layer or there in step.rule)
    if kind == "route":
        table, _, entry = rest.partition("|")
        target = entry.rpartition(" to ")[2]
        return (step.layer.startswith("route table") and table in text) or step.component == target
    return step.layer.startswith(_LAYERS[kind])


def told(topology: Topology) -> str:
    """The facts, for whoever mends what disagrees."""
    tables = ("subnets", "interfaces", "security_groups", "network_acls", "route_tables", "prefix_lists", "peerings")
    return "\n".join(f"{name}: {pformat(getattr(topology, name).rows, width=160)}" for name in tables)
