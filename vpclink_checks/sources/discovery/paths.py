"""Every path of an environment: from its domains, and from the links that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vpclink_checks.model.domain import DomainName
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Neighbour, Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import BackendSettings, EnvSettings
from vpclink_checks.sources.discovery.entries import Entry, entries, stopped
from vpclink_checks.sources.discovery.follow import follow, through_v1
from vpclink_checks.sources.discovery.front import domain_names
from vpclink_checks.sources.discovery.names import named
from vpclink_checks.sources.discovery.serving import LEADS, USES, lead

Walked = tuple[list[Path], list[Neighbour]]


def walk(topology: Topology, settings: EnvSettings) -> tuple[tuple[Path, ...], tuple[Neighbour, ...]]:
    """Every path and every neighbour, each domain's in the order of the settings."""
    paths: list[Path] = []
    neighbours: list[Neighbour] = []
    answered: set[str] = set()
    for name in domain_names(settings):
        found, near, keys = _from_domain(name, topology, settings)
        paths += found
        neighbours += near
        answered |= keys
    paths += _undelivered(topology, settings, answered, paths)
    paths += _without_container(settings, paths)
    paths += _from_links(topology, settings, paths)
    return named(paths), tuple(neighbours)


def _from_domain(name: str, topology: Topology, settings: EnvSettings) -> tuple[list[Path], list[Neighbour], set[str]]:
    """Paths, neighbours, and the base paths that something on this domain answers for."""
    domain = topology.domains.peek(name)
    if domain is None or isinstance(domain, Gap):
        return [_no_domain(name, domain)], [], set()
    found = entries(domain, topology)
    paths, neighbours = _through(domain, found, topology, settings)
    live = [one for one in found if isinstance(one, Entry)]
    if not paths:
        paths = [_leads_nowhere(domain, neighbours)]
    return paths, neighbours, {base for one in live for base in one.base_paths}


def _no_domain(name: str, gap: Gap | None) -> Path:
    path = Path(id="", title=name)
    if gap is not None:
        return stopped(path, "domain", f"the custom domain {name} could not be read", gap=gap)
    return stopped(path, "domain", f"there is no custom domain {name}", check="domain/exists")


def _through(domain: DomainName, found: list[Entry | Gap], topology: Topology, settings: EnvSettings) -> Walked:
    paths: list[Path] = []
    neighbours: list[Neighbour] = []
    for one in found:
        if isinstance(one, Gap):
            path = Path(id="", title="", domain=domain)
            paths.append(stopped(path, "domain", f"what {domain.name} maps could not all be read", gap=one))
            continue
        front = lead(one, topology, settings)
        paths += [path for start in front.paths for path in follow(start, topology)]
        neighbours += front.neighbours
    return paths, neighbours


def _leads_nowhere(domain: DomainName, neighbours: list[Neighbour]) -> Path:
    path = Path(id="", title="", domain=domain)
    gap = next((one.gap for one in neighbours if one.gap is not None), domain.unread.get("routing_mode"))
    if gap is not None:
        return stopped(path, "domain", f"whether {domain.name} leads to a VPC link could not be read", gap=gap)
    return stopped(path, "domain", f"nothing on {domain.name} leads to a VPC link", check=LEADS)


def _undelivered(topology: Topology, settings: EnvSettings, answered: set[str], paths: list[Path]) -> Iterator[Path]:
    """Base paths that the settings declare and no domain answers for."""
    domain = next(iter(topology.domains), None)
    declared = [*(settings.base_paths or ()), *(one.base_path for one in settings.backends)]
    lacking = [base for base in dict.fromkeys(declared) if base is not None and base not in answered]
    unread = next((path.stop.gap for path in paths if path.stop and path.stop.hop == "domain" and path.stop.gap), None)
    if domain is None:
        return
    unread = unread or domain.unread.get("routing_mode")
    for base in lacking:
        path = Path(id="", title=f"{domain.name}/{base}", domain=domain)
        if unread is not None:
            yield stopped(path, "domain", f"whether base path {base!r} is mapped could not be read", gap=unread)
        else:
            reason = f"base path {base!r} is declared, and nothing on {domain.name} maps it"
            yield stopped(path, "domain", reason, check=LEADS)


def _without_container(settings: EnvSettings, paths: list[Path]) -> Iterator[Path]:
    """Containers that the settings declare behind a base path whose paths all end in others."""
    for backend in settings.backends:
        mine = [path for path in paths if _may_lead_to(backend, path)]
        if not backend.container or not mine or any(path.stop or not path.container_name for path in mine):
            continue
        containers, listeners = {path.container_name for path in mine}, {path.listener for path in mine}
        if len(listeners) > len(containers):
            continue  # a listener leads where another does already: that is for a check of the listener
        if backend.container not in containers:
            first = mine[0]
            base = first.base_path if backend.base_path is None else backend.base_path
            path = Path(
                id="",
                title=f"{first.domain.name if first.domain else ''}/{base} container {backend.container}",
                domain=first.domain,
                mapping=first.mapping,
                rule=first.rule,
                api=first.api,
                stage=first.stage,
            )
            reason = f"container {backend.container!r} is declared, and no route leads to it by a VPC link"
            yield stopped(path, "integration", reason, check=USES)


def _may_lead_to(backend: BackendSettings, path: Path) -> bool:
    """Whether this backend is expected behind the path's base path."""
    if backend.base_path is None:
        return path.domain is not None
    bases = path.rule.base_paths or ("",) if path.rule is not None else (path.base_path,)
    return path.domain is not None and backend.base_path in bases


def _from_links(topology: Topology, settings: EnvSettings, paths: list[Path]) -> Iterator[Path]:
    """Links that the settings name and no path goes by: from the link on."""
    used = {path.link.id for path in paths if path.link is not None}
    for link_id in dict.fromkeys(settings.vpc_links):
        if link_id in used:
            continue
        path = Path(id="", title=f"vpc-link {link_id}")
        link = topology.links.peek(link_id)
        if isinstance(link, Gap):
            yield stopped(path, "vpc-link", f"VPC link {link_id} could not be read", gap=link)
        elif link is None:
            yield stopped(path, "vpc-link", f"there is no VPC link {link_id}", check="vpc-link/available")
        elif link.version == 1:
            yield from through_v1(replace(path, title=f"vpc-link {link.name or link.id}"), link, topology)
        else:
            yield _from_v2(replace(path, link=link), link_id)


def _from_v2(path: Path, link_id: str) -> Path:
    gap = Gap(
        operation="apigatewayv2:GetVpcLink",
        action="",
        code="NotRead",
        message="a link of version 2 names no load balancer: its integrations do",
    )
    return stopped(path, "vpc-link", f"where VPC link {link_id} leads to cannot be told from the link", gap=gap)
