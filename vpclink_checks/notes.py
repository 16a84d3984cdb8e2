"""Paths and probes as reports draw them: the useful facts of each hop, as text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from statistics import quantiles

from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.ecs import TaskDefinition
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.observation import Observation
from vpclink_checks.report import Finding, HopNote, PathNote, ProbeNote
from vpclink_checks.words import HOPS, Outcome, hop_rank


def path_notes(topology: Topology, findings: Collection[Finding]) -> tuple[PathNote, ...]:
    """Every path of the topology, with the status that its own findings give it."""
    return tuple(
        _path_note(topology, path, [one for one in findings if one.path == path.id]) for path in topology.paths
    )


def _path_note(topology: Topology, path: Path, findings: Collection[Finding]) -> PathNote:
    gating = {one.hop for one in findings if one.gates}
    failed = [one for one in findings if one.gates and one.outcome is Outcome.FAIL]
    causes = [one for one in failed if one.check not in _symptoms()] or failed
    broken = sorted({one.hop for one in causes}, key=hop_rank)
    doubtful = bool(gating) or path.stop is not None
    drawn = {note.hop: note for note in _hops(topology, path)}
    return PathNote(
        id=path.id,
        title=path.title,
        status="broken" if broken else "unknown" if doubtful else "ok",
        broken_hop=broken[0] if broken else None,
        routes=tuple(route.title for route in path.routes),
        hops=tuple(drawn.get(hop, HopNote(hop=hop)) for hop in HOPS if hop in drawn or hop in gating),
    )


@cache
def _symptoms() -> frozenset[str]:
    """The checks that show what a cause elsewhere does: unhealthy targets, a wrong answer."""
    return frozenset(one.id for one in catalogue() if one.symptom)


def _texts(**facts: object) -> dict[str, str]:
    """The facts that are known, as text."""
    return {name: _text(fact) for name, fact in facts.items() if fact not in (None, "", (), [])}


def _text(fact: object) -> str:
    if isinstance(fact, (tuple, list)):
        return ", ".join(str(one) for one in fact)
    return {True: "yes", False: "no"}[fact] if isinstance(fact, bool) else str(fact)


def _hops(topology: Topology, path: Path) -> Iterator[HopNote]:
    yield from _front(path)
    yield from _balancing(topology, path)
    yield from _back(topology, path)


def _front(path: Path) -> Iterator[HopNote]:
    if domain := path.domain:
        facts = _texts(
            base_path=path.base_path or "(none)",
            endpoint=[one.type for one in domain.endpoints],
            security_policy=domain.security_policy,
            routing=domain.routing_mode,
            rule=path.rule.priority if path.rule else None,
        )
        yield HopNote(
            hop="domain", id=domain.arn or domain.name, title=f"{domain.name}/{path.base_path}", attributes=facts
        )
    if api := path.api:
        stage = path.stage.name if path.stage else ""
        facts = _texts(
            stage=stage,
            protocol=api.protocol,
            deployment=path.stage.deployment_id if path.stage else "",
            default_endpoint="off" if api.execute_api_disabled else "on",
        )
        yield HopNote(hop="api", id=api.id, title=f"{api.name or api.id} {stage}".rstrip(), attributes=facts)
    yield from _integration(path)


def _integration(path: Path) -> Iterator[HopNote]:
    if there := path.destination:
        facts = _texts(
            type=there.integration.type,
            uri=there.uri,
            target=there.target,
            scheme=there.scheme,
            port=there.port,
            connection_id=there.connection_id,
            timeout_ms=there.integration.timeout_ms,
        )
        where = f"{there.scheme.upper()} {there.port}" if there.port else there.uri
        yield HopNote(hop="integration", id=there.integration.id, title=where, attributes=facts)
    if link := path.link:
        facts = _texts(version=link.version, status=link.status, targets=link.target_arns, subnets=link.subnet_ids)
        yield HopNote(hop="vpc-link", id=link.id, title=link.name or link.id, attributes=facts)


def _balancing(topology: Topology, path: Path) -> Iterator[HopNote]:
    if balancer := path.load_balancer:
        facts = _texts(
            type=balancer.type,
            scheme=balancer.scheme,
            state=balancer.state,
            zones=[zone.name for zone in balancer.zones],
            dns_name=balancer.dns_name,
        )
        yield HopNote(hop="load-balancer", id=balancer.arn, title=balancer.name, attributes=facts)
    if listener := path.listener:
        facts = _texts(port=listener.port, protocol=listener.protocol)
        title = f"{listener.protocol} {listener.port}"
        yield HopNote(hop="listener", id=listener.arn, title=title, attributes=facts, weight=path.weight)
    yield from _group(topology, path)


def _targets(topology: Topology, path: Path) -> tuple[Target, ...] | None:
    """The registered targets; None where they were not read."""
    found = topology.targets.peek(path.target_group.arn) if path.target_group else None
    return None if found is None or isinstance(found, Gap) else found


def _group(topology: Topology, path: Path) -> Iterator[HopNote]:
    if group := path.target_group:
        targets = _targets(topology, path)
        healthy = "not known" if targets is None else f"{sum(one.healthy for one in targets)} of {len(targets)}"
        check = group.health_check
        facts = _texts(
            protocol=group.protocol,
            port=group.port,
            target_type=group.target_type,
            healthy=healthy,
            targets=[f"{one.title} {one.state}" for one in targets or ()],
            health_check=f"{check.protocol} {check.port} {check.path}".rstrip(),
        )
        title = group.name if targets is None else f"{group.name} ({healthy} healthy)"
        yield HopNote(hop="target-group", id=group.arn, title=title, attributes=facts)


def _back(topology: Topology, path: Path) -> Iterator[HopNote]:
    if targets := _targets(topology, path):
        ids = list(dict.fromkeys(one.id for one in targets))
        facts = _texts(ids=ids, addresses=list(_addresses(topology, ids)), zones=sorted({one.zone for one in targets}))
        yield HopNote(hop="instance", id=ids[0], title=_counted(ids), attributes=facts)
    if service := path.service:
        facts = _texts(
            cluster=service.cluster_arn.rpartition("/")[2],
            tasks=f"{service.running} of {service.desired} running",
            launch_type=service.launch_type,
            registered_by=path.registration,
        )
        yield HopNote(hop="service", id=service.arn, title=service.name, attributes=facts)
    if definition := path.task_definition:
        yield _definition(path, definition)


def _addresses(topology: Topology, ids: Iterable[str]) -> Iterator[str]:
    for one in ids:
        found = topology.instances.peek(one)
        if found is not None and not isinstance(found, Gap) and found.private_address:
            yield found.private_address


def _counted(ids: Collection[str]) -> str:
    first = next(iter(ids))
    return first if len(ids) == 1 else f"{first} and {len(ids) - 1} more"


def _definition(path: Path, definition: TaskDefinition) -> HopNote:
    container = definition.container(path.container_name)
    mappings = container.port_mappings if container else ()
    ports = [f"{one.container_port} → {one.host_port}" for one in mappings if one.container_port == path.container_port]
    facts = _texts(
        network_mode=definition.network_mode,
        container=path.container_name,
        container_port=path.container_port,
        ports=ports,
    )
    title = " ".join(part for part in (definition.title, path.container_name, *ports) if part)
    return HopNote(hop="task-definition", id=definition.arn, title=title, attributes=facts)


def probe_note(one: Observation) -> ProbeNote:
    """One probe that was sent. The status is the last attempt's that got any."""
    statuses = [attempt.status for attempt in one.attempts if attempt.status is not None]
    failures = (f"{attempt.failure}: {attempt.detail}" for attempt in one.attempts if attempt.failure)
    return ProbeNote(
        url=one.url,
        status=statuses[-1] if statuses else None,
        attempts=len(one.attempts),
        timings_ms=_timings([attempt.ms for attempt in one.attempts if attempt.status is not None]),
        diagnosis=tuple(dict.fromkeys([*failures, *one.unmet])),
    )


def _timings(ms: list[float]) -> dict[str, float]:
    """The median and the 95th percentile, in milliseconds."""
    if not ms:
        return {}
    cuts = quantiles(ms, n=20, method="inclusive") if len(ms) > 1 else ms * 19
    return {"p50": round(cuts[9], 1), "p95": round(cuts[18], 1)}
