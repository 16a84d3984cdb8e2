"""What to ask: the declared probes, and one GET of our own for every other route that a GET can hit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import RoutingRule
from vpclink_checks.model.path import Path
from vpclink_checks.model.routing import ANSWERED_BY_GATEWAY, route_for
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.branches import landing_on, meant_on, paths_of, routes_at, same, starts_at
from vpclink_checks.settings import EnvSettings, EnvVar, Expect, ProbeSettings

PRIVATE = "a private domain answers inside its VPC alone: run from the VPC or set connect_to"
SAFE = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRequest:
    """One probe, ready to send. ``connect_to`` is "host:port" or ""; ``skipped`` says why it is not to be sent."""

    key: str
    host: str
    target: str  # path and query as sent
    method: str = "GET"
    headers: Mapping[str, str | EnvVar] = field(default_factory=dict)
    body: str = ""
    auth: str = ""
    client_cert: str = ""
    client_key: EnvVar | None = None
    connect_to: str = ""
    ca_file: str = ""
    attempts: int = 1
    expect: Expect = field(default_factory=Expect)
    path_id: str = ""
    also: tuple[str, ...] = ()  # other paths that the same request may take
    base_path: str = ""
    declared: bool = False
    skipped: str = ""

    @property
    def url(self) -> str:
        """The whole address, as a caller would write it."""
        return f"https://{self.host}{self.target}"

    @property
    def credentials(self) -> bool:
        """Whether the request carries some; a header that is written out may be one, too."""
        named = any(name.lower() in ("authorization", "x-api-key") for name in self.headers)
        from_environment = any(isinstance(value, EnvVar) for value in self.headers.values())
        return named or from_environment or bool(self.auth or self.client_cert)


def plan(topology: Topology, settings: EnvSettings) -> tuple[ProbeRequest, ...]:
    """Every probe of one environment: pure, nothing is sent.

    The first probe of a path has the path's id as its key, every other ``probe:METHOD url``. A path
    that no declared probe reaches gets one GET for each of its routes; paths that are branches of one
    request share its probe.
    """
    declared = [one for probe in settings.probes for one in _declared(topology, settings, probe)]
    reached = {id_ for one in declared for id_ in (one.path_id, *one.also)}
    way = _common_way(settings.probes)
    ours = _merged(one for path in topology.paths if path.id not in reached for one in _own(topology, path))
    ours = [replace(one, connect_to=way[0], ca_file=way[1], skipped=_why_not(topology, one, way[0])) for one in ours]
    return tuple(_keyed([*declared, *ours]))


def single(topology: Topology, settings: EnvSettings, probe: ProbeSettings) -> ProbeRequest:
    """One request of somebody's own, on the first domain that knows its path; the settings or the facts name one."""
    return replace(next(_declared(topology, settings, probe)), key=f"probe:{probe.method} {probe.path}")


def _merged(requests: Iterable[ProbeRequest]) -> list[ProbeRequest]:
    """Equal requests once, for all the paths that they are made for."""
    found: dict[str, ProbeRequest] = {}
    for one in requests:
        key = f"{one.method} {one.url} {sorted(one.headers.items())}"
        first = found.get(key)
        found[key] = one if first is None else replace(first, also=(*first.also, one.path_id))
    return list(found.values())


def _keyed(requests: Iterable[ProbeRequest]) -> Iterator[ProbeRequest]:
    taken: set[str] = set()
    for one in requests:
        key = one.path_id if one.path_id and one.path_id not in taken else f"probe:{one.method} {one.url}"
        while key in taken:
            key += "'"
        taken.add(key)
        yield replace(one, key=key)


def _common_way(probes: tuple[ProbeSettings, ...]) -> tuple[str, str]:
    """Where every declared probe connects to: our own go the same way. ("", "") if they do not agree."""
    ways = {(one.connect_to, one.ca_file) for one in probes}
    return ways.pop() if len(ways) == 1 else ("", "")


def _declared(topology: Topology, settings: EnvSettings, probe: ProbeSettings) -> Iterator[ProbeRequest]:
    """The probe on every domain that knows its path; on all of them if none does."""
    names = settings.domains or tuple(topology.domains.rows)
    path = probe.path.partition("?")[0]
    sent = {key: value for key, value in probe.request_headers.items() if isinstance(value, str)}
    landings = {name: landing_on(topology, name, path, sent) or meant_on(topology, name, path) for name in names}
    knowing = [name for name, found in landings.items() if found is not None] or list(names)
    for name in knowing:
        found = landings[name]
        ids = paths_of(topology, name, path, found, probe.method)
        request = ProbeRequest(
            key="",
            host=name,
            target=quote(probe.path, safe=SAFE),
            method=probe.method,
            headers=probe.request_headers,
            body=probe.body,
            auth=probe.auth,
            client_cert=probe.client_cert,
            client_key=probe.client_key,
            connect_to=probe.connect_to,
            ca_file=probe.ca_file,
            attempts=probe.attempts,
            expect=probe.expect,
            path_id=ids[0] if ids else "",
            also=ids[1:],
            base_path=found.base_path if found else path.lstrip("/").partition("/")[0],
            declared=True,
        )
        yield replace(request, skipped=_why_not(topology, request, probe.connect_to))


def _why_not(topology: Topology, request: ProbeRequest, connect_to: str) -> str:
    domain = topology.domains.rows.get(request.host)
    if domain is not None and domain.private and not connect_to:
        return PRIVATE
    if request.host.startswith("*."):
        return "a wildcard domain has no name of its own to ask"
    if request.target.partition("?")[0] in ANSWERED_BY_GATEWAY:
        return f"{request.target} is answered by API Gateway itself on every custom domain"
    return ""


def _own(topology: Topology, path: Path) -> Iterator[ProbeRequest]:
    """One GET for each route of the path that a GET can hit."""
    if path.domain is None or (path.mapping is None and path.rule is None):
        return
    for route in path.routes:
        if route.method not in ("GET", "ANY") and route.path != "$default":
            continue
        target = _target(topology, path, route)
        if target is not None:
            yield ProbeRequest(
                key="",
                host=path.domain.name,
                target=quote(target, safe=SAFE),
                headers=_rule_headers(path.rule),
                path_id=path.id,
                base_path=path.base_path,
            )


def _target(topology: Topology, path: Path, route: Route) -> str | None:
    """A path that leads to this route and to no more specific one; None where there is none."""
    targets = [one for one in _targets(path, route) if one not in ANSWERED_BY_GATEWAY]
    return next((one for one in targets if _arrives(topology, path, route, one)), None)


def _targets(path: Path, route: Route) -> Iterator[str]:
    """Paths that should hit the route, the likeliest to be answered first."""
    for leaf in _leaves(path):
        yield _front(path) + _filled(route.path, leaf) or "/"


def _leaves(path: Path) -> Iterator[str]:
    """What to put in for ``{proxy+}``: the health check's own path is one that the application knows."""
    group = path.target_group
    if group is not None and group.health_check.protocol.startswith("HTTP"):
        leaf = group.health_check.path.partition("?")[0].strip("/")
        if leaf:
            yield leaf
    yield from ("health", "vpclink-probe")


def _filled(template: str, leaf: str) -> str:
    """The route's path with its parameters filled; "" for the root."""
    if template == "$default":
        return f"/{leaf}"
    parts = [part for part in template.split("/") if part]
    filled = [leaf if part.endswith("+}") else "1" if part.startswith("{") else part for part in parts]
    return "".join(f"/{part}" for part in filled)


def _front(path: Path) -> str:
    """What callers put before the route: the base path, and the stage where the mapping names none."""
    base = path.base_path.strip("/")
    if path.mapping is None and path.rule is not None:
        bases = path.rule.base_paths if path.rule.strip_base_path else ()
        base = bases[0].strip("/") if bases else ""
    stage = path.stage.name if path.mapping is not None and not path.mapping.stage and path.stage else ""
    return "".join(f"/{part}" for part in (base, stage) if part)


def _rule_headers(rule: RoutingRule | None) -> dict[str, str]:
    """Headers that meet the rule's conditions: the first of each any-of, its wildcards left out."""
    firsts = [any_of[0] for any_of in rule.headers if any_of] if rule is not None else []
    return {name: glob.replace("*", "") or "x" for name, glob in firsts}


def _arrives(topology: Topology, path: Path, route: Route, target: str) -> bool:
    """Whether this route takes the request, or nothing that we know of does: what callers get then is the point."""
    name = path.domain.name if path.domain else ""
    found = landing_on(topology, name, target, _rule_headers(path.rule))
    if found is None or not starts_at(path, found):
        return True
    taken = route_for(routes_at(topology, found, [path]), "GET", found.rest)
    return taken is None or same(taken, route)
