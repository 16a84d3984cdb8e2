"""From a domain to the routes behind its mappings and rules: which are paths, which are neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Destination, Neighbour, Path, Stop
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.discovery.destinations import (
    canary_variables,
    completed,
    destination,
    effective,
    same,
    together,
)

LEADS = "domain/mapping-leads-to-vpc-link"
USES = "integration/uses-vpc-link"
NO_RULES = ("BASE_PATH_MAPPING_ONLY",)
NO_MAPPINGS = ("ROUTING_RULE_ONLY",)


def stopped(path: Path, hop: str, reason: str, *, check: str = "", gap: Gap | None = None) -> Path:
    """The path, ended at this hop."""
    return replace(path, stop=Stop(hop=hop, reason=reason, check=check, gap=gap))


@dataclass(frozen=True, slots=True)
class Entry:
    """One live mapping or rule of a domain, and the base paths that it answers for."""

    path: Path
    api_id: str
    stage: str
    base_paths: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The domain's name."""
        holder = self.path.mapping or self.path.rule
        return holder.domain if holder else ""

    @property
    def base_path(self) -> str:
        """The first of its base paths; "" for the root."""
        return self.base_paths[0] if self.base_paths else ""


def of_mapping(domain: DomainName, mapping: Mapping) -> Entry:
    """A mapping as an entry."""
    path = Path(id="", title="", domain=domain, mapping=mapping)
    return Entry(path=path, api_id=mapping.api_id, stage=mapping.stage, base_paths=(mapping.key,))


def of_rule(domain: DomainName, rule: RoutingRule) -> Entry:
    """A routing rule as an entry; one without base paths answers for all of them."""
    path = Path(id="", title="", domain=domain, rule=rule)
    return Entry(path=path, api_id=rule.api_id, stage=rule.stage, base_paths=rule.base_paths or ("",))


def entries(domain: DomainName, topology: Topology) -> list[Entry | Gap]:
    """The mappings and rules that can decide, by the domain's routing mode (semantics, section 2).

    Rules go first, up to one that catches everything. A gap among them stands for what may be missing.
    """
    found: list[Entry | Gap] = []
    if domain.routing_mode not in NO_RULES:
        rules = topology.routing_rules.peek(domain.name)
        if isinstance(rules, Gap):
            found.append(rules)
        for rule in () if isinstance(rules, Gap) else rules or ():
            found.append(of_rule(domain, rule))
            if rule.catch_all:
                return found
    if domain.routing_mode not in NO_MAPPINGS:
        found += _of_mappings(domain, topology)
    return found


def _of_mappings(domain: DomainName, topology: Topology) -> Iterator[Entry | Gap]:
    gap = topology.mappings.gaps.get(domain.name, topology.mappings.gap)
    known = topology.mappings.rows.get(domain.name, ())
    yield from (of_mapping(domain, mapping) for mapping in known)
    if gap is not None:
        yield gap


@dataclass(frozen=True, slots=True)
class Front:
    """What one entry leads to: paths up to their destination, and neighbours that share the domain."""

    paths: tuple[Path, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()


def lead(entry: Entry, topology: Topology, settings: EnvSettings) -> Front:
    """Follow one entry to its API, its stages and their routes."""
    api = topology.apis.peek(entry.api_id)
    if isinstance(api, Gap):
        return _unread(entry, settings, f"API {entry.api_id} could not be read", api)
    if api is None:
        return _ended(entry, settings, f"it leads to API {entry.api_id}, which does not exist", "api/exists")
    path = replace(entry.path, api=api)
    every = [_through(entry, path, stage, topology, settings) for stage in _stages(entry, api, topology)]
    return Front(
        paths=tuple(one for front in every for one in front.paths),
        neighbours=tuple(one for front in every for one in front.neighbours),
    )


def ours(entry: Entry, settings: EnvSettings) -> bool:
    """Whether the settings let this entry be a path at all."""
    return settings.base_paths is None or any(base in settings.base_paths for base in entry.base_paths)


def _declared(entry: Entry, settings: EnvSettings) -> bool:
    """Whether the settings say that a backend of ours is behind it."""
    return any(one.base_path in entry.base_paths for one in settings.backends if one.base_path is not None)


def _unread(entry: Entry, settings: EnvSettings, reason: str, gap: Gap, path: Path | None = None) -> Front:
    if ours(entry, settings):
        return Front(paths=(stopped(path or entry.path, "api" if path else "domain", reason, gap=gap),))
    return Front(neighbours=(_neighbour(entry, entry.stage, (), gap),))


def _ended(entry: Entry, settings: EnvSettings, reason: str, check: str, path: Path | None = None) -> Front:
    if ours(entry, settings):
        return Front(paths=(stopped(path or entry.path, "api", reason, check=check),))
    return Front(neighbours=(_neighbour(entry, entry.stage, ()),))


def _neighbour(entry: Entry, stage: str, routes: tuple[Route, ...], gap: Gap | None = None) -> Neighbour:
    title = entry.path.mapping.title if entry.path.mapping else f"{entry.domain}/{entry.base_path}"
    return Neighbour(
        domain=entry.domain,
        base_path=entry.base_path,
        api_id=entry.api_id,
        stage=stage,
        title=title,
        routes=routes,
        gap=gap,
    )


def _stages(entry: Entry, api: Api, topology: Topology) -> list[Stage | Gap | None]:
    """The stage that the entry names; where it names none, callers may choose any of the API's."""
    if entry.stage:
        return [topology.stages.peek(f"{api.id}/{entry.stage}")]
    gap = topology.stages.gaps.get(f"{api.id}/", topology.stages.gap)
    known: list[Stage | Gap | None] = [stage for stage in topology.stages if stage.api_id == api.id]
    return [*known, gap] if gap is not None else known or [None]


def _through(entry: Entry, path: Path, stage: Stage | Gap | None, topology: Topology, settings: EnvSettings) -> Front:
    if isinstance(stage, Gap):
        return _unread(entry, settings, f"stage {entry.stage} could not be read", stage, path)
    if stage is None:
        named = f"stage {entry.stage} of API {entry.api_id} does not exist"
        reason = named if entry.stage else f"API {entry.api_id} has no stage"
        return _ended(entry, settings, reason, "api/stage-exists", path)
    served = topology.served_routes.peek(stage.key)
    edited = topology.edited_routes.peek(stage.api_id)
    if isinstance(served, Gap) and isinstance(edited, Gap):
        return _unread(entry, settings, "its routes could not be read", served, replace(path, stage=stage))
    written = None if isinstance(edited, Gap) else edited
    routes = effective(None if isinstance(served, Gap) else served, written)
    unsure = served if isinstance(served, Gap) else None
    return _sorted(entry, replace(path, stage=stage), settings, routes, written, unsure)


def _sorted(
    entry: Entry,
    path: Path,
    settings: EnvSettings,
    routes: tuple[Route, ...],
    edited: Iterable[Route] | None,
    unsure: Gap | None,
) -> Front:
    """Private routes make paths; the others are neighbours. *unsure*: what is served was not read."""
    assert path.stage is not None  # noqa: S101 - the caller put it there
    resolved = [(route, completed(route, edited)) for route in routes]
    private = [(route, one) for route, one in resolved if one is not None and one.private]
    others = tuple(route for route, one in resolved if one is None or not one.private)
    if not ours(entry, settings):
        return Front(neighbours=(_neighbour(entry, path.stage.name, routes, unsure),))
    if not private:
        return _public(entry, path, settings, others, unsure)
    plain = together((route, destination(one, path.stage.variables)) for route, one in private)
    paths = [replace(path, routes=held, destination=where) for held, where in plain]
    if path.stage.canary is not None:
        canary = together((route, destination(one, canary_variables(path.stage))) for route, one in private)
        paths += [
            replace(path, routes=held, destination=where, variant="canary")
            for held, where in _only_new(canary, [where for _, where in plain])
        ]
    return Front(paths=tuple(paths), neighbours=(_neighbour(entry, path.stage.name, others),) if others else ())


def _only_new(
    groups: list[tuple[tuple[Route, ...], Destination]], known: list[Destination]
) -> list[tuple[tuple[Route, ...], Destination]]:
    seen = {same(where) for where in known}
    return [(held, where) for held, where in groups if same(where) not in seen]


def _public(entry: Entry, path: Path, settings: EnvSettings, routes: tuple[Route, ...], unsure: Gap | None) -> Front:
    """No route goes by a VPC link: a neighbour, unless the settings say that one should."""
    assert path.stage is not None  # noqa: S101 - the caller put it there
    neighbour = _neighbour(entry, path.stage.name, routes, unsure)
    if _declared(entry, settings):
        reason = f"no route of API {entry.api_id} on stage {path.stage.name} goes by a VPC link"
        ended = replace(path, routes=routes)
        if unsure is not None:
            return Front(paths=(stopped(ended, "api", "the routes that are served could not be read", gap=unsure),))
        return Front(paths=(stopped(ended, "integration", reason, check=USES),))
    if settings.base_paths is not None:
        reason = f"base path {entry.base_path!r} is declared, and no route behind it goes by a VPC link"
        return Front(paths=(stopped(path, "domain", reason, check=LEADS),), neighbours=(neighbour,))
    return Front(neighbours=(neighbour,))
