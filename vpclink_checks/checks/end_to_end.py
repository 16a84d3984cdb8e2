"""Checks of the end-to-end hop: what callers really get through the custom domain."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from vpclink_checks.checks.answers import Maker, described, shown
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.probed import SERVER_ERROR, Judged, as_declared, evidence, judged, problem, times
from vpclink_checks.checks.shadows import Way, listed, ways
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.path import Neighbour, Path
from vpclink_checks.model.routing import landing, route_for
from vpclink_checks.probes.observation import Observation, path_of
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

ROUTES = "end-to-end/custom-domain-routes"
REDIRECTS = range(300, 400)


def probes_of(ctx: Context) -> tuple[Observation, ...]:
    """What the probes of this path saw."""
    return tuple(one for one in ctx.observations.values() if ctx.here.id in (one.path_id, *one.also))


def probe_subjects(ctx: Context) -> tuple[Subject[Observation], ...]:
    """One subject for each probe of the path; one that says so where there is none."""
    path = ctx.here
    seen = probes_of(ctx)
    if not seen and path.mapping is None and path.rule is None:
        raise NotApplicable("no custom domain leads here")
    if not seen:
        none = "no route of this path takes a GET: declare a probe for it"
        return (Subject(path.id, path.id, Observation(key=path.id, url="", path_id=path.id, skipped=none)),)
    return tuple(Subject(one.url, one.title, one) for one in seen)


@check(
    ROUTES,
    title="The answer comes from the backend, through the verified name",
    severity=Severity.BLOCKER,
    subjects=probe_subjects,
    why="Everything before may look right: this is what a caller gets. Health is no proof of it, nor is a bare 200.",
    fix=Fix(
        "Mend the first hop of this path that fails; if none does, read the stage's execution log for the request.",
        cli="curl -v https://DOMAIN/PATH",
    ),
    source="API Gateway developer guide, supported-gateway-response-types, api-gateway-known-issues (remapped headers)",
    probe=True,
    always=True,
)
def custom_domain_routes(ctx: Context, seen: Observation) -> Verdict:
    every = _judged(ctx, seen)
    found = problem(seen, every)
    if found is not None:
        return found
    first, proof = described(every[0].attempt), evidence(seen, every)
    if as_declared(seen, every):
        return noted(f"API Gateway itself answers {seen.title} as declared: that says nothing of the backend", *proof)
    if any(one.by is Maker.UNTOLD for one in every):
        return unknown(
            f"{seen.title} answered {first}, and nothing shows that it is the backend's: declare a probe that expects "
            "something only the backend says",
            *proof,
        )
    if any((one.attempt.status or 0) >= SERVER_ERROR for one in every):
        return noted(f"the way works, and the backend answers {seen.title} with {first}", *proof)
    through = " through a proxy" if seen.via_proxy else ""
    status = every[0].attempt.status
    return passed(f"the backend answers {seen.title}{through}: {status} over {times(len(every))}", *proof)


def _judged(ctx: Context, seen: Observation) -> tuple[Judged, ...]:
    path = ctx.here
    mutual_tls = path.domain is not None and path.domain.mutual_tls
    own = ctx.topology.gateway_responses.rows.get(path.api.id, ()) if path.api is not None else ()
    return judged(seen, _route(ctx, path, seen), mutual_tls=mutual_tls, own=own)


def _route(ctx: Context, path: Path, seen: Observation) -> Route | None:
    """The route of this path that the probe meets; the path's only one where that cannot be told."""
    rest = ""
    if path.domain is not None:
        topology, name = ctx.topology, path.domain.name
        mappings, rules = topology.mappings.rows.get(name, ()), topology.routing_rules.rows.get(name, ())
        found = landing(path.domain, mappings, rules, path_of(seen.url).partition("?")[0])
        rest = found.rest if found is not None else ""
    return route_for(path.routes, seen.method, rest) or (path.routes[0] if len(path.routes) == 1 else None)


def answered_by_backend(ctx: Context, path: Path) -> bool:
    """Whether a probe of this path was answered by its backend, at least once.

    That refutes a check by which nothing can get through; it proves no redundancy. Where the request
    splits, nobody can tell which branch answered: that refutes nothing.
    """
    here = replace(ctx, path=path)
    seen = [one for one in probes_of(here) if not one.unmet and not one.also]
    return any(each.by is Maker.BACKEND for one in seen for each in _judged(here, one))


def timed_subjects(ctx: Context) -> tuple[Subject[Observation], ...]:
    """The probes of this path with a declared limit."""
    timed = [one for one in probes_of(ctx) if one.max_ms is not None]
    if not timed:
        raise NotApplicable("no probe of this path declares max_ms")
    return tuple(Subject(one.url, one.title, one) for one in timed)


@check(
    "end-to-end/answers-in-time",
    title="Every answer comes within the declared time",
    severity=Severity.RISK,
    subjects=timed_subjects,
    why="An answer that is slow today is a timeout under load: API Gateway gives up after 29 s by default.",
    fix=Fix("Find what is slow in the timings of the probe and the integration's latency; or raise max_ms."),
    source="contract, section 4 (expect.max_ms); API Gateway developer guide, limits",
    needs=(ROUTES,),
    probe=True,
    always=True,
)
def answers_in_time(_ctx: Context, seen: Observation) -> Verdict:
    answered = [one.ms for one in seen.attempts if one.status is not None]
    if not answered or seen.max_ms is None:
        return unknown(f"{seen.title} was not answered")
    slowest = max(answered)
    evidence = Evidence("probe", "slowest answer", f"{slowest:g} ms")
    if slowest <= seen.max_ms:
        return passed(f"{seen.title} is answered within {slowest:g} ms, {seen.max_ms:g} are allowed", evidence)
    late = sum(1 for one in answered if one > seen.max_ms)
    return failed(
        f"{late} of {len(answered)} answers to {seen.title} took longer than {seen.max_ms:g} ms, "
        f"the slowest {slowest:g} ms",
        evidence,
    )


@check(
    "end-to-end/no-internal-redirect",
    title="No answer sends the caller to an address that only the inside knows",
    severity=Severity.RISK,
    subjects=probe_subjects,
    why="A backend that redirects to its own name sends callers where they cannot go, or round API Gateway.",
    fix=Fix("Let the application build redirects from the public name: relative, or from X-Forwarded-Host."),
    source="faults: e2e-redirect-leak; RFC 1918 for what is private",
    needs=(ROUTES,),
    probe=True,
    always=True,
)
def no_internal_redirect(ctx: Context, seen: Observation) -> Verdict:
    redirects = [one for one in seen.attempts if one.status in REDIRECTS and one.headers.get("location")]
    if not redirects:
        return passed(f"{seen.title} does not redirect")
    location = redirects[0].headers["location"]
    target = shown(location.partition("?")[0].partition("#")[0])  # a query may hold a token
    evidence = Evidence("probe", "Location", target)
    parts = urlsplit(target)
    if _inside(ctx.here, parts.hostname or ""):
        return failed(f"{seen.title} redirects to {target}, which callers outside the VPC cannot reach", evidence)
    if parts.scheme == "http":
        return noted(f"{seen.title} redirects to {target}, without TLS", evidence)
    return passed(f"{seen.title} redirects to {target}", evidence)


def _inside(path: Path, host: str) -> bool:
    """Whether this is a private address, or the name of the path's own internal load balancer."""
    balancer = path.load_balancer
    if balancer is not None and balancer.internal and host.lower() == balancer.dns_name.lower():
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Shared:
    """Another API on a domain of ours, or a declared probe that belongs to none of our paths."""

    title: str
    neighbour: Neighbour | None = None
    probes: tuple[Observation, ...] = ()


def neighbour_subjects(ctx: Context) -> tuple[Subject[Shared], ...]:
    """Every other API that shares a domain with a path, and every declared probe that is for none of ours."""
    others = [one for one in ctx.observations.values() if one.declared and not one.path_id]
    neighbours = _others(ctx)
    found = [_shared(one, others) for one in neighbours]
    claimed = {probe.key for one in found for probe in one.probes}
    found += [Shared(one.title, probes=(one,)) for one in others if one.key not in claimed]
    if not found:
        raise NotApplicable("no other API shares the domain")
    return tuple(Subject(one.title, one.title, one) for one in found)


def _ours(ctx: Context) -> set[str]:
    """The APIs that paths lead to, read or not."""
    held = [one for path in ctx.topology.paths for one in (path.mapping, path.rule) if one is not None]
    return {path.api.id for path in ctx.topology.paths if path.api is not None} | {one.api_id for one in held}


def _others(ctx: Context) -> list[Neighbour]:
    """Neighbours of another API, one for each base path; those with their routes first."""
    ours = _ours(ctx)
    every = (*(one for one in ctx.topology.neighbours if one.api_id not in ours), *listed(ctx.topology, ours))
    found: dict[tuple[str, str, str], Neighbour] = {}
    for one in every:
        found.setdefault((one.domain, one.base_path, one.api_id), one)
    return list(found.values())


def _shared(neighbour: Neighbour, others: Iterable[Observation]) -> Shared:
    mine = tuple(
        one
        for one in others
        if one.base_path == neighbour.base_path and urlsplit(one.url).hostname == neighbour.domain.lower()
    )
    return Shared(neighbour.title or f"{neighbour.domain}/{neighbour.base_path}", neighbour, mine)


@check(
    "end-to-end/neighbours-keep-their-paths",
    title="Other APIs on the domain keep their paths",
    severity=Severity.BLOCKER,
    subjects=neighbour_subjects,
    why="A mapping or rule for one API can take another's callers away; nobody looks there after the deploy.",
    fix=Fix(
        "Give the other API its mapping back, or narrow ours: compare the domain's mappings and rules with those "
        "before the change.",
        cli="aws apigatewayv2 get-api-mappings --domain-name DOMAIN",
    ),
    source="API Gateway developer guide, rest-api-mappings, rest-api-routing-rules; faults: e2e-lambda-regression",
    scope="environment",
    always=True,
)
def neighbours_keep_their_paths(ctx: Context, shared: Shared) -> Verdict:
    ours = _ours(ctx)
    found = ways(ctx.topology, shared.neighbour, ours) if shared.neighbour is not None else ()
    taken = [one for one in found if one.landing is not None and one.landing.api_id in ours]
    for way in (one for one in taken if not one.part):
        return failed(*_taken(shared, way))
    for seen in shared.probes:
        trouble = problem(seen, judged(seen, _neighbours_route(shared, seen)))
        if trouble is not None:
            return trouble
    for way in taken:
        return noted(*_taken(shared, way))
    lost = next((one.path for one in found if one.landing is None), None)
    if lost is not None and not shared.probes:
        return noted(f"the mapping of {shared.title} is not in use: nothing on the domain leads {lost} anywhere")
    answered = ", ".join(one.title for one in shared.probes)
    proof = (each for one in shared.probes for each in evidence(one, judged(one, None)))
    return passed(f"{shared.title} keeps its paths{f', and {answered} is answered' if answered else ''}", *proof)


def _taken(shared: Shared, way: Way) -> tuple[str, Evidence]:
    by = way.landing
    if by is None:
        raise ValueError(f"nothing takes {way.path}")
    what = f"routing rule {by.rule.id} of priority {by.rule.priority}" if by.rule else f"the mapping {by.base_path!r}"
    call = "apigatewayv2:ListRoutingRules" if by.rule else "apigatewayv2:GetApiMappings"
    return (
        f"{way.path}{way.part} belongs to {shared.title} and goes to our API {by.api_id}: {what} takes it",
        Evidence(call, f"the winner for {way.path}", what),
    )


def _neighbours_route(shared: Shared, seen: Observation) -> Route | None:
    """The neighbour's route that a probe meets: it may ask for credentials."""
    if shared.neighbour is None:
        return None
    rest = path_of(seen.url).partition("?")[0][len(shared.neighbour.base_path) + 1 :]
    return route_for(shared.neighbour.routes, seen.method, rest)
