"""Checks of the task-definition hop on one port mapping: is its host port fixed, free, valid and TCP?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.declared import base_paths_of
from vpclink_checks.checks.host_ports import (
    FALLBACK_RANGE,
    GUIDE_END,
    KERNEL_RANGE,
    RESERVED,
    RESERVED_ON_WINDOWS,
    RESERVED_WITH_METRICS,
    WINDOWS_RANGE,
    Hosts,
    hosts_of,
    listed,
)
from vpclink_checks.checks.port_mappings import (
    Flight,
    Mapped,
    every_mapping,
    in_flight,
    mapping_subjects,
    port_on_host,
    unless_unread,
)
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.ecs import Placeholder, TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.host_port import SAME_PORT, Kind, mode_of, spanned
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.settings import BackendSettings
from vpclink_checks.words import Outcome, Severity

REGISTER = "aws ecs register-task-definition --cli-input-json file://task-definition.json"
MAX_PORT = 65535
WHO = {"auto-scaling-group": "by an auto scaling group", "manual": "by hand"}


def _port_fix(mapped: Mapped, text: str, host_port: object = "PORT") -> Fix:
    """A fix that spells the mapping out."""
    line = f"portMappings = [{{ containerPort = {mapped.port}, hostPort = {host_port} }}]"
    return Fix(text, cli=REGISTER, terraform=line)


def _backends(ctx: Context) -> tuple[BackendSettings, ...]:
    """What the config declares of this path; the first that says something wins."""
    return _backends_of(ctx, ctx.here)


def _backends_of(ctx: Context, path: Path) -> tuple[BackendSettings, ...]:
    return ctx.settings.backends_for(base_paths_of(path), path.container_name)


@check(
    "task-definition/fixed-host-port",
    title="Every port mapping in use has one host port that is known beforehand",
    severity=Severity.RISK,
    subjects=mapping_subjects,
    why="Targets, security groups and ACLs name a port: a task that gets another one each time is out of their reach.",
    fix=Fix("Give the port mapping a hostPort of its own, below 32768 and not reserved by the agent.", cli=REGISTER),
    source="botocore 1.44.5, ecs PortMapping.hostPort",
    file=True,
)
@unless_unread
def fixed_host_port(ctx: Context, mapped: Mapped) -> Verdict:
    found = mapped.host_port
    key = "containerPortRange" if mapped.mapping.container_port_range else "hostPort"
    evidence = mapped.evidence(key, mapped.mapping.container_port_range or mapped.mapping.host_port)
    match found.kind:
        case Kind.FIXED:
            return passed(f"{mapped.title}: {found.why}", evidence)
        case Kind.UNKNOWN:
            return unknown(f"{mapped.title}: whether the host port is fixed is not known: {found.why}", evidence)
        case Kind.NONE:
            return failed(f"{mapped.title} has no host port: {found.why}", evidence)
        case Kind.DYNAMIC:
            return _dynamic(ctx, mapped, evidence)


def _dynamic(ctx: Context, mapped: Mapped, evidence: Evidence) -> Verdict:
    """A host port that ECS picks: fine where ECS registers it too, unless a fixed one was asked for."""
    allowed = next((one.dynamic_ports for one in _backends(ctx) if one.dynamic_ports is not None), None)
    says = f"{mapped.title} has no fixed host port: {mapped.host_port.why}"
    fix = _port_fix(mapped, "Give the port mapping a fixed hostPort below 32768 that the agent does not reserve.")
    who = ctx.here.registration
    if allowed is False:
        return failed(f"{says}, and dynamic_ports = false asks for a fixed one", evidence, fix=fix)
    if who in WHO:
        return failed(f"{says}, while its targets are registered {WHO[who]}", evidence, fix=fix)
    if ctx.bare_file and not allowed:
        return failed(says, evidence, fix=fix)
    if ctx.bare_file or who == "service":
        because = "dynamic_ports = true allows it" if allowed else "the ECS service registers it with the target group"
        return noted(f"{says}; {because}", evidence)
    return unknown(f"{says}, and who registers the targets is not known", evidence)


@check(
    "task-definition/host-port-not-reserved",
    title="No fixed host port is reserved by the agent",
    severity=Severity.BLOCKER,
    subjects=mapping_subjects,
    why="An instance offers ECS all ports but the reserved ones: a task that wants one of those is never placed.",
    fix=Fix(
        "Take a host port that is not reserved: not 22, 2375, 2376 or 51678-51680, nor Windows' own.", cli=REGISTER
    ),
    source="amazon-ecs-agent README, ECS_RESERVED_PORTS; botocore 1.44.5, ecs PortMapping.hostPort",
    file=True,
)
@unless_unread
def host_port_not_reserved(ctx: Context, mapped: Mapped) -> Verdict:
    port = port_on_host(mapped)
    if isinstance(port, Verdict):
        return port
    evidence = mapped.evidence("hostPort", port)
    verdict = _reserved(hosts_of(ctx, mapped.definition), mapped, port, evidence)
    if verdict is None:
        return passed(f"{mapped.title}: host port {port} is not reserved", evidence)
    return _by_mode(mapped, verdict)


def _by_mode(mapped: Mapped, verdict: Verdict) -> Verdict:
    """The same verdict; unknown where a mode that is not known may make it void."""
    if mapped.on_host is None and verdict.outcome is Outcome.FAIL:
        return unknown(f"{verdict.message}, unless in awsvpc mode; the network mode is not known", *verdict.evidence)
    return verdict


def _reserved(hosts: Hosts, mapped: Mapped, port: int, evidence: Evidence) -> Verdict | None:
    """What is wrong with this port; None if nothing is. Live facts come before the agent's defaults."""
    says = f"{mapped.title}: host port {port} is reserved"
    for launch, text in hosts.agents("ECS_RESERVED_PORTS"):
        if port in listed(text):
            also = Evidence("user data", "ECS_RESERVED_PORTS", text)
            return failed(f"{says} by ECS_RESERVED_PORTS of {launch.id}", evidence, also)
    if any(host.registered_tcp_ports for host in hosts.running):
        on = next((host for host in hosts.running if port in host.registered_tcp_ports), None)
        return failed(f"{says} on {on.instance_id}", evidence) if on else None
    if hosts.agents("ECS_RESERVED_PORTS"):
        return None  # the setting takes the place of the default list
    return _reserved_by_default(hosts, says, port, evidence)


def _reserved_by_default(hosts: Hosts, says: str, port: int, evidence: Evidence) -> Verdict | None:
    if port in RESERVED or (hosts.windows and port in RESERVED_ON_WINDOWS):
        return failed(f"{says} by the ECS agent{' for Windows' if port in RESERVED_ON_WINDOWS else ''}", evidence)
    if port == RESERVED_WITH_METRICS:
        readings = "by the API reference always, by the agent's README with Prometheus metrics on"
        return unknown(f"{says} {readings}", evidence)
    if hosts.windows is None and port in RESERVED_ON_WINDOWS:
        return noted(f"{says} on Windows instances; the task definition does not say its platform", evidence)
    return None


@check(
    "task-definition/host-port-outside-ephemeral-range",
    title="No fixed host port lies in the range that is handed out to others",
    severity=Severity.RISK,
    subjects=mapping_subjects,
    why="Ports of the ephemeral range go to outgoing connections and dynamic mappings: now and then the bind fails.",
    fix=Fix("Take a host port below 32768.", cli=REGISTER),
    source="botocore 1.44.5, ecs PortMapping.hostPort; amazon-ecs-agent README, ECS_DYNAMIC_HOST_PORT_RANGE",
    file=True,
)
@unless_unread
def host_port_outside_ephemeral_range(ctx: Context, mapped: Mapped) -> Verdict:
    port = port_on_host(mapped)
    if isinstance(port, Verdict):
        return port
    evidence = mapped.evidence("hostPort", port)
    if port < KERNEL_RANGE.start:
        says = f"{mapped.title}: host port {port} lies below every ephemeral range"
        return _below(ctx, mapped, port, says, evidence)
    return _by_mode(mapped, _ephemeral(hosts_of(ctx, mapped.definition), mapped, port, evidence))


def _below(ctx: Context, mapped: Mapped, port: int, says: str, evidence: Evidence) -> Verdict:
    """Below 32768 only a range that somebody gave the agent can hold the port."""
    hosts = hosts_of(ctx, mapped.definition)
    return _by_mode(mapped, _given_range(hosts, mapped, port, evidence) or passed(says, evidence))


def _given_range(hosts: Hosts, mapped: Mapped, port: int, evidence: Evidence) -> Verdict | None:
    """What ECS_DYNAMIC_HOST_PORT_RANGE in the instances' user data says; None where it is not set."""
    given = hosts.agents("ECS_DYNAMIC_HOST_PORT_RANGE")
    for launch, text in given:
        also = Evidence("user data", "ECS_DYNAMIC_HOST_PORT_RANGE", text)
        ports = spanned(text)
        if ports is None:
            return unknown(f"{mapped.title}: {launch.id} gives the agent a range that cannot be read", evidence, also)
        if port in ports:
            says = f"host port {port} lies in ECS_DYNAMIC_HOST_PORT_RANGE {text} of {launch.id}"
            return failed(f"{mapped.title}: {says}", evidence, also)
    if not given:
        return None
    return passed(f"{mapped.title}: host port {port} lies outside ECS_DYNAMIC_HOST_PORT_RANGE", evidence)


def _ephemeral(hosts: Hosts, mapped: Mapped, port: int, evidence: Evidence) -> Verdict:
    """A port of 32768 or more, read as the agent reads its range: its setting, the kernel's, the fallback."""
    says = f"{mapped.title}: host port {port}"
    if given := _given_range(hosts, mapped, port, evidence):
        return given
    if hosts.windows:
        inside = port in WINDOWS_RANGE
        return failed(f"{says} lies in Windows' range 49152-65535", evidence) if inside else passed(says, evidence)
    if port in KERNEL_RANGE:
        return failed(f"{says} lies in the kernel's ephemeral range 32768-60999", evidence)
    if port == GUIDE_END or port in FALLBACK_RANGE:
        guide = "32768-61000 of the guide and " if port == GUIDE_END else ""
        readings = f"outside the kernel's 32768-60999, but inside {guide}49153-65535, for where that cannot be read"
        return unknown(f"{says} lies {readings}", evidence)
    return passed(f"{says} lies outside every ephemeral range", evidence)


@check(
    "task-definition/host-port-matches-network-mode",
    title="In awsvpc and host mode the host port is the container port",
    severity=Severity.BLOCKER,
    subjects=mapping_subjects,
    why="ECS refuses to register the task definition.",
    fix=Fix("Leave hostPort out, or set it to the container port.", cli=REGISTER),
    source="botocore 1.44.5, ecs PortMapping.hostPort",
    file=True,
)
@unless_unread
def host_port_matches_network_mode(_ctx: Context, mapped: Mapped) -> Verdict:
    mode, given, wanted = mode_of(mapped.definition), mapped.mapping.host_port, mapped.mapping.container_port
    evidence = mapped.evidence("hostPort", given)
    if mode == "none":
        raise NotApplicable("network mode none takes no port mappings at all")
    if isinstance(mapped.mapping.container_port_range, Placeholder):
        return unknown(f"{mapped.title} is not filled in yet", evidence)
    if not given or given == wanted or (mode is not None and mode not in SAME_PORT):
        fits = f"{mode} mode" if mode else "every network mode"
        return passed(f"{mapped.title}: {f'hostPort {given}' if given else 'no hostPort'} fits {fits}", evidence)
    if mode is None:
        return unknown(
            f"{mapped.title}: hostPort {given} fits bridge mode alone, and the network mode is not known", evidence
        )
    if isinstance(given, Placeholder) or isinstance(wanted, Placeholder):
        return unknown(f"{mapped.title}: in {mode} mode hostPort {given} must be the same as containerPort", evidence)
    fix = _port_fix(mapped, f"Set hostPort to {wanted}, or leave it out.", wanted)
    return failed(f"{mapped.title}: in {mode} mode hostPort must be {wanted} too, and is {given}", evidence, fix=fix)


@check(
    "task-definition/port-range-is-valid",
    title="Ports are between 1 and 65535, and ranges are written as ECS takes them",
    severity=Severity.BLOCKER,
    subjects=mapping_subjects,
    why="ECS refuses to register the task definition.",
    fix=Fix(
        "Write containerPort as 1-65535, hostPort as 0-65535, or containerPortRange as FIRST-LAST alone.", cli=REGISTER
    ),
    source="botocore 1.44.5, ecs PortMapping.containerPortRange",
    file=True,
)
@unless_unread
def port_range_is_valid(_ctx: Context, mapped: Mapped) -> Verdict:
    mapping = mapped.mapping
    if mapping.container_port_range is not None:
        return _range(mapped)
    for key, port, low in (("containerPort", mapping.container_port, 1), ("hostPort", mapping.host_port, 0)):
        if isinstance(port, int) and not low <= port <= MAX_PORT:
            evidence = mapped.evidence(key, port)
            return failed(f"{mapped.title}: {key} {port} is not between {low} and {MAX_PORT}", evidence)
    if mapping.container_port is None:
        return failed(f"{mapped.title}: neither containerPort nor containerPortRange is set")
    waiting = [str(port) for port in (mapping.container_port, mapping.host_port) if isinstance(port, Placeholder)]
    if waiting:
        return unknown(f"{mapped.title}: {' and '.join(dict.fromkeys(waiting))} is not filled in yet")
    return passed(f"{mapped.title}: all ports are valid", mapped.evidence("containerPort", mapping.container_port))


def _range(mapped: Mapped) -> Verdict:
    text, mode = mapped.mapping.container_port_range, mode_of(mapped.definition)
    evidence = mapped.evidence("containerPortRange", text)
    if isinstance(text, Placeholder) or text is None:
        return unknown(f"{mapped.title} is not filled in yet", evidence)
    if mapped.mapping.host_port or mapped.mapping.container_port is not None:
        return failed(f"{mapped.title}: containerPortRange stands alone, without containerPort and hostPort", evidence)
    ports = spanned(text)
    if ports is None or ports.start < 1 or ports.stop - 1 > MAX_PORT or len(ports) <= 1:
        return failed(f"{mapped.title}: expected FIRST-LAST between 1 and {MAX_PORT}, first below last", evidence)
    if mode == "host":
        return failed(f"{mapped.title}: containerPortRange takes bridge or awsvpc mode, not host", evidence)
    if other := _overlap(mapped, ports):
        return failed(f"{mapped.title}: {other.title} lies in the same range of the same container", evidence)
    return passed(f"{mapped.title}: the range is valid", evidence)


def _overlap(mapped: Mapped, ports: range) -> Mapped | None:
    """Another mapping of the same container that holds one of these ports."""
    others = [one for one in every_mapping(mapped.definition) if one.container is mapped.container]
    return next((one for one in others if one.index != mapped.index and _meet(one.ports, ports)), None)


def _meet(one: range | None, other: range) -> bool:
    return one is not None and max(one.start, other.start) < min(one.stop, other.stop)


@check(
    "task-definition/tcp-for-http",
    title="The port behind the target group is mapped as TCP",
    severity=Severity.BLOCKER,
    subjects=mapping_subjects,
    why="API Gateway speaks HTTP over TCP: packets for a port that is mapped as UDP find nobody.",
    fix=Fix('Set the port mapping\'s protocol to "tcp", or leave it out.', cli=REGISTER),
    source="botocore 1.44.5, ecs PortMapping.protocol",
    file=True,
)
@unless_unread
def tcp_for_http(ctx: Context, mapped: Mapped) -> Verdict:
    protocol = mapped.mapping.protocol
    evidence = mapped.evidence("protocol", protocol)
    if isinstance(protocol, Placeholder):
        return unknown(f"{mapped.title}: the protocol is still {protocol}", evidence)
    if protocol and str(protocol).lower() not in ("tcp", "udp"):
        return unknown(f"{mapped.title} is mapped as {protocol}, which is not known", evidence)
    if not mapped.udp:
        return passed(f"{mapped.title} is mapped as tcp", evidence)
    if ctx.bare_file:
        return noted(f"{mapped.title} is mapped as udp: no API can reach it", evidence)
    return failed(f"{mapped.title} is mapped as udp, while a target group sends it HTTP over TCP", evidence)


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair of host_ports of the config; ``container`` is the one that the block names, or ""."""

    container_port: int
    host_port: int
    container: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A pair, and the task definition that has to keep it."""

    definition: TaskDefinition
    pair: Pair
    of: str  # " of family:revision", where several are in flight


def _declared_ports(ctx: Context) -> tuple[Subject[Declared | Gap], ...]:
    """The declared host ports that this path can answer for, in each task definition in flight."""
    pairs = [pair for pair in _pairs(_backends(ctx)) if not _answered_elsewhere(ctx, pair)]
    found = tuple(_declared_in(flight, pair) for flight in in_flight(ctx) for pair in pairs)
    if not found:
        raise NotApplicable("no host_ports are declared for this backend")
    return found


def _pairs(backends: Iterable[BackendSettings]) -> list[Pair]:
    """By container port; where several blocks give one, the first wins."""
    pairs: dict[int, Pair] = {}
    for backend in backends:
        for port, host in backend.host_ports.items():
            pairs.setdefault(port, Pair(port, host, backend.container))
    return [pair for _, pair in sorted(pairs.items())]


def _answered_elsewhere(ctx: Context, pair: Pair) -> bool:
    """Whether a block that names no container speaks of the port that another path of its ends in."""
    if pair.container or ctx.here.container_port in (None, pair.container_port):
        return False
    ending = (one for one in ctx.topology.paths if one.id != ctx.here.id and one.container_port == pair.container_port)
    return any(each.container_port == pair.container_port for one in ending for each in _pairs(_backends_of(ctx, one)))


def _declared_in(flight: Flight, pair: Pair) -> Subject[Declared | Gap]:
    definition, wanted = flight.definition, pair.container_port
    if isinstance(definition, Gap):
        return Subject(flight.title, f"{flight.title}:{wanted}", definition)
    name = flight.title if flight.suffix else definition.family or definition.arn
    of = f" of {flight.title}" if flight.several else ""
    return Subject(definition.arn, f"{name}:{wanted}", Declared(definition, pair, of))


@check(
    "task-definition/declared-host-ports",
    title="Container ports end up on the host ports that the config declares",
    severity=Severity.RISK,
    subjects=_declared_ports,
    why="Somebody counts on these ports: security groups, firewalls and runbooks name them.",
    fix=Fix("Give the port mapping the declared hostPort, or correct host_ports in the config.", cli=REGISTER),
    source="contract of vpclink.toml: backend.host_ports",
)
@unless_unread
def declared_host_ports(ctx: Context, one: Declared) -> Verdict:
    declared = one.pair.host_port
    every = [replace(each, of=one.of.removeprefix(" of ")) for each in every_mapping(one.definition)]
    mapped = _holder(ctx, one.pair, every)
    if mapped is None:
        return _unheld(one, every)
    found = mapped.host_port
    evidence = mapped.evidence("hostPort", mapped.mapping.host_port)
    if found.kind is Kind.UNKNOWN:
        return unknown(f"{mapped.title}: {found.why}, while host_ports declares {declared}", evidence)
    if found.port == declared:
        return passed(f"{mapped.title} is on host port {declared}, as declared", evidence)
    fix = _port_fix(mapped, f"Set hostPort to {declared}, or correct host_ports in the config.", declared)
    return failed(f"{mapped.title}: host_ports declares {declared}, but {found.why}", evidence, fix=fix)


def _holder(ctx: Context, pair: Pair, every: list[Mapped]) -> Mapped | None:
    """The mapping that the pair speaks of: of the container that its block names, else first of the path's own."""
    own = pair.container or ctx.here.container_name
    holding = [one for one in every if one.maps(pair.container_port)]
    mine = [one for one in holding if not own or one.container.name == own]
    strict = pair.container or ctx.here.container_port == pair.container_port
    return next(iter(mine if strict else [*mine, *holding]), None)


def _unheld(one: Declared, every: list[Mapped]) -> Verdict:
    """Nobody maps the declared container port, or another container than the declared one."""
    pair = one.pair
    says = f"host_ports declares {pair.container_port} = {pair.host_port}"
    if not pair.container:
        return failed(f"{says}, and no container{one.of} maps port {pair.container_port}")
    ports = [each.port for each in every if each.container.name == pair.container]
    maps = f"maps {', '.join(ports)}" if ports else "maps no port"
    evidence = Evidence("ecs:DescribeTaskDefinition", f"portMappings of {pair.container}", ", ".join(ports) or "none")
    return failed(f"{says}, and container {pair.container}{one.of} {maps}, not {pair.container_port}", evidence)
