"""Dynamic host ports: the next task gets any port of the agent's range, so all of it has to be let through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vpclink_checks.checks.backends import leg_subjects
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.host_ports import FALLBACK_RANGE, KERNEL_RANGE, WINDOWS_RANGE, Hosts, hosts_of
from vpclink_checks.checks.port_mappings import every_mapping, used_mappings
from vpclink_checks.checks.subjects import reached
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.ecs import TaskDefinition
from vpclink_checks.model.host_port import Kind, spanned
from vpclink_checks.reach.changes import together
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.opening import on_ports
from vpclink_checks.reach.sets import Ranges, Span
from vpclink_checks.reach.trace import Trace
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

SETTING = "ECS_DYNAMIC_HOST_PORT_RANGE"
Reading = tuple[str, range]


def kinds_of(ctx: Context) -> frozenset[Kind]:
    """What is known about the host ports that the path uses; empty where no task definition says it."""
    definition = ctx.here.task_definition
    if definition is None:
        return frozenset()
    return frozenset(one.host_port.kind for one in used_mappings(ctx, every_mapping(definition)))


def dynamic_readings(ctx: Context, definition: TaskDefinition) -> tuple[Reading, ...]:
    """The ranges that the agent may hand out ports of, likeliest first. Raises UnknownFact.

    amazon-ecs-agent README, ECS_DYNAMIC_HOST_PORT_RANGE; semantics.md, section 8.2: the setting, else the
    kernel's range, else 49153-65535 where that cannot be read; Windows 49152-65535 always.
    """
    hosts = hosts_of(ctx, definition)
    set_to = tuple(
        (f"{SETTING} of {launch.id}", span) for launch, text in hosts.agents(SETTING) if (span := _one(text))
    )
    if set_to and len(set_to) == len(hosts.launches):
        return set_to
    return (*set_to, *_defaults(hosts))


def _one(text: str) -> range | None:
    found = spanned(text)
    return found if found is not None and len(found) > 0 else None


def _defaults(hosts: Hosts) -> tuple[Reading, ...]:
    windows = ("Windows' range", WINDOWS_RANGE)
    linux = (("the kernel's default range", KERNEL_RANGE), ("the range without the kernel's setting", FALLBACK_RANGE))
    if hosts.windows:
        return (windows,)
    return linux if hosts.windows is False else (*linux, windows)


def dynamic_ports(ctx: Context) -> Ranges:
    """Every port that some reading hands out; none where the path's host ports are not dynamic. Raises UnknownFact."""
    definition = ctx.here.task_definition
    if definition is None or Kind.DYNAMIC not in kinds_of(ctx):
        return Ranges()
    return Ranges.of(*(_span(found) for _, found in dynamic_readings(ctx, definition)))


def _span(found: range) -> Span:
    return found.start, found.stop - 1


def _hosts_by_zone(ctx: Context) -> tuple[Subject[Leg], ...]:
    """Each (zone, instance) once, whatever ports its tasks have now. Raises UnknownFact, NotApplicable."""
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    if Kind.DYNAMIC not in kinds_of(ctx):
        raise NotApplicable(f"{definition.title} maps no dynamic host port on this path")
    every = {(one.value.zone.name, one.value.target.id): one for one in leg_subjects(ctx)}
    return tuple(every.values())


@check(
    "network/dynamic-port-range-admitted",
    title="Where host ports are dynamic, the whole range they come from is let through to every target",
    severity=Severity.BLOCKER,
    subjects=_hosts_by_zone,
    why="Each task gets another port of the agent's range: with a part of it open, some tasks answer and others"
    " do not, differently after every deployment.",
    fix=Fix("Admit the whole range (32768-65535 takes in every default) from the load balancer, or fix the host port."),
    source="amazon-ecs-agent README, ECS_DYNAMIC_HOST_PORT_RANGE; faults: isg-dynamic-range-too-narrow",
)
def dynamic_port_range_admitted(ctx: Context, leg: Leg) -> Verdict:
    definition = reached(ctx, ctx.here.task_definition, "task definition")
    found = [
        (name, span, ctx.reach.load_balancer_traffic_on(ctx.here, leg, Ranges.of(_span(span))))
        for name, span in dynamic_readings(ctx, definition)
    ]
    if not any(pieces for _, _, pieces in found):
        raise NotApplicable("the target has no interface any more")
    refused = [(name, span, blocked) for name, span, pieces in found if (blocked := _with(pieces, "blocked"))]
    if len(refused) == len(found) and not leg.doubt:
        name, span, blocked = refused[0]
        return replace(
            _refused(leg, name, span, blocked), fix=_opening([one for _, _, each in refused for one in each])
        )
    doubts = [trace.doubts for _, _, pieces in found for _, trace in _with(pieces, "unknown")]
    if leg.doubt and refused:
        return unknown(f"{leg.doubt}; if it does, {_clause(*refused[0])}")
    if doubts:
        return unknown(f"whether {leg.target.id} gets the whole dynamic range is not known: {'; '.join(doubts[0])}")
    if not refused:
        shown = " and ".join(_shown(span) for _, span, _ in found)
        return passed(f"{leg.target.id} gets traffic from {leg.zone.name} on all of {shown}")
    message = f"readings disagree about {leg.target.id}: {_clause(*refused[0])}, unlike the others"
    likeliest = found[0][:2]
    return noted(message) if likeliest not in [one[:2] for one in refused] else unknown(message)


def _with(pieces: Sequence[tuple[Span, Trace]], verdict: str) -> list[tuple[Span, Trace]]:
    return [(span, trace) for span, trace in pieces if trace.verdict == verdict]


def _shown(span: range) -> str:
    return f"{span.start}-{span.stop - 1}"


def _clause(name: str, span: range, blocked: Sequence[tuple[Span, Trace]]) -> str:
    closed = Ranges.of(*(one for one, _ in blocked))
    ports = ", ".join(f"{first}-{last}" for first, last in closed.spans)
    rules = "; ".join(step.rule for step in blocked[0][1].blockers)
    return f"its tasks get ports of {_shown(span)} ({name}), and {ports} are closed: {rules}"


def _opening(blocked: Sequence[tuple[Span, Trace]]) -> Fix | None:
    """Rules for everything that some reading needs; None where it takes more than rules of groups."""
    found = [on_ports(change, span) if (change := trace.change) is not None else None for span, trace in blocked]
    change = together(one for one in found if one is not None) if all(found) else None
    return change.fix if change is not None else None


def _refused(leg: Leg, name: str, span: range, blocked: Sequence[tuple[Span, Trace]]) -> Verdict:
    trace = blocked[0][1]
    evidence = tuple(Evidence(step.operation, step.layer, step.rule) for step in trace.blockers)
    return failed(f"{leg.target.id}: {_clause(name, span, blocked)}", *evidence, witness=trace.witness)
