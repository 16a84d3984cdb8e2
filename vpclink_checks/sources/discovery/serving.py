"""From an entry of a domain to the routes behind it: which are paths, which are neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vpclink_checks.model.api import Api, Integration, Route, Stage
from vpclink_checks.model.destination import destination_of
from vpclink_checks.model.domain import dns_name
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Destination, Neighbour, Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.discovery.destinations import (
    canary_variables,
    completed,
    effective,
    same,
    together,
)
from vpclink_checks.sources.discovery.entries import Entry, stopped

LEADS = "domain/mapping-leads-to-vpc-link"
USES = "integration/uses-vpc-link"
UNREAD = "its routes could not be read"
Group = tuple[tuple[Route, ...], Destination]


@dataclass(frozen=True, slots=True)
class Front:
    """What one entry leads to: paths up to their destination, and neighbours that share the domain."""

    paths: tuple[Path, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, slots=True)
class Serving:
    """An entry on one stage, with the stage's routes. ``unsure``: what is served was not read, only what is edited."""

    entry: Entry
    path: Path
    stage: Stage
    routes: tuple[Route, ...]
    edited: tuple[Route, ...] | None
    unsure: Gap | None

    def neighbour(self, routes: tuple[Route, ...]) -> Neighbour:
        """These routes as neighbours of the paths."""
        return _neighbour(self.entry, self.stage.name, routes, self.unsure)


def lead(entry: Entry, topology: Topology, settings: EnvSettings) -> Front:
    """Follow one entry to its API, its stages and their routes."""
    api = topology.apis.peek(entry.api_id)
    if isinstance(api, Gap):
        ended = stopped(entry.path, "domain", f"API {entry.api_id} could not be read", gap=api)
        return _ended(entry, ended, settings)
    if api is None:
        reason = f"it leads to API {entry.api_id}, which does not exist"
        return _ended(entry, stopped(entry.path, "api", reason, check="api/exists"), settings)
    fronts = [_on_stage(entry, api, stage, topology, settings) for stage in _stages(entry, api, topology)]
    return Front(
        paths=tuple(path for front in fronts for path in front.paths),
        neighbours=tuple(near for front in fronts for near in front.neighbours),
    )


def _ended(entry: Entry, path: Path, settings: EnvSettings) -> Front:
    """An entry that cannot be followed is a path, unless the settings rule that out."""
    if _ours(entry, settings):
        return Front(paths=(path,))
    return Front(neighbours=(_neighbour(entry, entry.stage, (), path.stop.gap if path.stop else None),))


def _ours(entry: Entry, settings: EnvSettings) -> bool:
    """Whether the settings let this entry be a path at all."""
    return settings.base_paths is None or any(base in settings.base_paths for base in entry.base_paths)


def _declared(entry: Entry, settings: EnvSettings) -> bool:
    """Whether the settings say that a backend of ours is behind it."""
    return any(one.base_path in entry.base_paths for one in settings.backends if one.base_path is not None)


def _neighbour(entry: Entry, stage: str, routes: tuple[Route, ...], gap: Gap | None) -> Neighbour:
    return Neighbour(
        domain=entry.domain,
        base_path=entry.base_path,
        api_id=entry.api_id,
        stage=stage,
        title=f"{entry.domain}/{entry.base_path}",
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


def _on_stage(entry: Entry, api: Api, stage: Stage | Gap | None, topology: Topology, settings: EnvSettings) -> Front:
    path = replace(entry.path, api=api)
    if isinstance(stage, Gap):
        ended = stopped(path, "api", f"stage {entry.stage} could not be read", gap=stage)
        return _ended(entry, ended, settings)
    if stage is None:
        named = f"stage {entry.stage} of API {entry.api_id} does not exist"
        reason = named if entry.stage else f"API {entry.api_id} has no stage"
        return _ended(entry, stopped(path, "api", reason, check="api/stage-exists"), settings)
    path = replace(path, stage=stage)
    served, edited = topology.served_routes.peek(stage.key), topology.edited_routes.peek(stage.api_id)
    unsure = served if isinstance(served, Gap) else None
    written = None if isinstance(edited, Gap) else edited
    if unsure is not None and written is None:
        return _ended(entry, stopped(path, "api", UNREAD, gap=unsure), settings)
    routes = effective(None if isinstance(served, Gap) else served, written)
    return _served(Serving(entry, path, stage, routes, written, unsure), topology, settings)


def _served(on: Serving, topology: Topology, settings: EnvSettings) -> Front:
    """Private routes make paths, and so do those that should be; the others are neighbours."""
    if not _ours(on.entry, settings):
        return Front(neighbours=(on.neighbour(on.routes),))
    resolved = [(route, completed(route, on.edited)) for route in on.routes]
    private = [(route, one) for route, one in resolved if one is not None and one.private]
    stray = [(route, one) for route, one in resolved if one is not None and _strays(one, on.stage, topology)]
    if not private and not stray:
        return _public(on, settings)
    kept = [id(route) for route, _ in (*private, *stray)]
    others = tuple(route for route, _ in resolved if id(route) not in kept)
    paths = [
        replace(on.path, routes=routes, destination=where, variant=variant)
        for variant, (routes, where) in _variants(private, on.stage)
    ]
    groups = together((route, destination_of(one, on.stage.variables)) for route, one in stray)
    return Front(
        paths=(*paths, *(_astray(on, routes, where) for routes, where in groups)),
        neighbours=(on.neighbour(others),) if others else (),
    )


def _strays(integration: Integration, stage: Stage, topology: Topology) -> bool:
    """Whether requests meant for a load balancer inside a VPC are sent over the internet.

    Told by the uri's host, stage variables resolved: an internal load balancer of ours, one that a VPC
    link leads to, or a name such as ELB gives to internal ones (faults: integ-not-vpc-link).
    """
    host = dns_name(destination_of(integration, stage.variables).host)
    if integration.private or not host:
        return False
    linked = {arn for link in topology.links for arn in link.target_arns}
    inside = {dns_name(one.dns_name) for one in topology.load_balancers if one.internal or one.arn in linked}
    return host in inside or (host.startswith("internal-") and ".elb." in host)


def _astray(on: Serving, routes: tuple[Route, ...], where: Destination) -> Path:
    """The path of routes that should go by a VPC link and do not."""
    path = replace(on.path, routes=routes, destination=where)
    if on.unsure is not None:
        return stopped(path, "api", UNREAD, gap=on.unsure)
    titles = ", ".join(one.title for one in routes)
    kind = where.integration.connection_type
    reason = f"{titles} goes to load balancer {where.host} by connectionType {kind}, not by a VPC link"
    return stopped(path, "integration", reason, check=USES)


def _variants(private: Iterable[tuple[Route, Integration]], stage: Stage) -> list[tuple[str, Group]]:
    """Routes by destination, as the stage resolves it; then those that its canary sends elsewhere."""
    routes = list(private)
    plain = together((route, destination_of(one, stage.variables)) for route, one in routes)
    seen = {same(where) for _, where in plain}
    canary = together((route, destination_of(one, canary_variables(stage))) for route, one in routes)
    return [("", group) for group in plain] + [("canary", group) for group in canary if same(group[1]) not in seen]


def _public(on: Serving, settings: EnvSettings) -> Front:
    """No route goes by a VPC link: a neighbour, unless the settings say that one should."""
    near = on.neighbour(on.routes)
    declared = _declared(on.entry, settings)
    if not declared and settings.base_paths is None:
        return Front(neighbours=(near,))
    path = replace(on.path, routes=on.routes)
    if on.unsure is not None:
        return Front(paths=(stopped(path, "api", UNREAD, gap=on.unsure),))
    if declared:
        reason = f"no route of API {on.entry.api_id} on stage {on.stage.name} goes by a VPC link"
        return Front(paths=(stopped(path, "integration", reason, check=USES),))
    reason = f"base path {on.entry.base_path!r} is declared, and no route behind it goes by a VPC link"
    return Front(paths=(stopped(on.entry.path, "domain", reason, check=LEADS),), neighbours=(near,))
