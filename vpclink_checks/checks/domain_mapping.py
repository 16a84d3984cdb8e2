"""Checks of the domain hop: mappings and routing rules, and who really answers below them."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import path_subject, reached, route_subjects, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import DomainName, RoutingRule
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.path import Path
from vpclink_checks.model.routing import ANSWERED_BY_GATEWAY, Landing, landing, route_for
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.settings import ProbeSettings
from vpclink_checks.words import Severity

EXISTS = ("domain/exists",)
LEADS = "domain/mapping-leads-to-vpc-link"
MAPPED = (LEADS,)
MAPPINGS = "apigateway:GetBasePathMappings"
RULES = "apigatewayv2:ListRoutingRules"
MODE = "routingMode"
REST_RULES = "API Gateway developer guide, rest-api-routing-rules"


@check(
    LEADS,
    title="The custom domain has a mapping or a routing rule that leads to a VPC link",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A name without a mapping to the API answers 403 Forbidden, and one mapped elsewhere answers for another API.",
    fix=Fix(
        "Map the base path to the API and stage whose routes use the VPC link.",
        cli="aws apigatewayv2 create-api-mapping --domain-name NAME --api-id ID --stage STAGE --api-mapping-key KEY",
        terraform="aws_api_gateway_base_path_mapping { domain_name api_id stage_name base_path }",
    ),
    source="API Gateway developer guide, rest-api-mappings",
    needs=EXISTS,
)
def mapping_leads_to_vpc_link(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, LEADS):
        return failed(stop.reason, Evidence(MAPPINGS, "items", _listed(ctx, path)))
    domain = reached(ctx, path.domain, "custom domain")
    if path.mapping is not None:
        to = f"{path.mapping.api_id}/{path.mapping.stage or '(stage in the path)'}"
        return passed(f"{path.mapping.title} maps to {to}", Evidence(MAPPINGS, path.mapping.key or "(none)", to))
    rule = reached(ctx, path.rule, f"mapping of {domain.name}")
    to = f"{rule.api_id}/{rule.stage}"
    return passed(f"rule {rule.priority} of {domain.name} leads to {to}", Evidence(RULES, rule.id, to))


def _listed(ctx: Context, path: Path) -> str:
    rows = ctx.topology.mappings.rows.get(path.domain.name if path.domain else "", ())
    return ", ".join(f"{one.key or '(none)'} -> {one.api_id}/{one.stage}" for one in rows) or "none"


@check(
    "domain/mapping-live",
    title="The domain's routing mode uses this mapping or rule",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="Mappings stay listed in ROUTING_RULE_ONLY, and rules in BASE_PATH_MAPPING_ONLY, but nobody reads them.",
    fix=Fix(
        "Set the routing mode to one that reads this table.",
        cli="aws apigateway update-domain-name --domain-name NAME "
        "--patch-operations op=replace,path=/routingMode,value=ROUTING_RULE_THEN_BASE_PATH_MAPPING",
        terraform='aws_api_gateway_domain_name.routing_mode = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"',
    ),
    source="API Gateway developer guide, set-routing-mode",
    needs=MAPPED,
    refutable=True,
)
def mapping_live(ctx: Context, path: Path) -> Verdict:
    mode = reached(ctx, path.domain, "custom domain").routing_mode
    evidence = Evidence("apigateway:GetDomainName", MODE, mode)
    what = "rule" if path.rule is not None else "mapping"
    if path.rule is None:
        reached(ctx, path.mapping, "mapping")
    inert = "BASE_PATH_MAPPING_ONLY" if what == "rule" else "ROUTING_RULE_ONLY"
    if mode == inert:
        return failed(f"the routing mode {mode} leaves this {what} unused, though it is listed", evidence)
    return passed(f"the routing mode {mode} reads this {what}", evidence)


@check(
    "domain/path-not-captured",
    title="No other mapping or rule of the domain takes the route's requests",
    severity=Severity.BLOCKER,
    subjects=route_subjects,
    why="The first matching rule wins, then the longest matching mapping: one added for another API takes ours away.",
    fix=Fix(
        "Change the other mapping's key, or the rule's conditions or priority, so that it leaves this path alone.",
        cli="aws apigatewayv2 get-api-mappings --domain-name NAME; "
        "aws apigatewayv2 list-routing-rules --domain-name NAME",
    ),
    source=f"API Gateway developer guide, rest-api-mappings; {REST_RULES}",
    needs=("domain/mapping-live", "api/stage-exists"),
    refutable=True,
)
def path_not_captured(ctx: Context, route: Route) -> Verdict:
    path, domain = ctx.here, reached(ctx, ctx.here.domain, "custom domain")
    api, stage = reached(ctx, path.api, "API"), reached(ctx, path.stage, "stage")
    mappings, rules = ctx.topology.mappings.need(domain.name), _rules(ctx, domain)
    request, wanted = _request(path, route), f"{api.id}/{stage.name}"
    found = landing(domain, mappings, rules, request, _headers(path.rule))
    evidence = Evidence(RULES if found and found.rule else MAPPINGS, "winner", _winner(found))
    if found is None or _api(found) != wanted:
        answers = _api(found) if found else "nobody (403 Forbidden)"
        return failed(f"{request} is answered by {answers}, not by {wanted}", evidence)
    for rule in rules:
        other = landing(domain, (), (rule,), request, _headers(rule))
        in_front = path.rule is None or rule.priority < path.rule.priority
        if in_front and other is not None and _api(other) != wanted:
            where = f"{_api(other)} where its header conditions hold"
            return noted(f"rule {rule.priority} sends {request} to {where}", Evidence(RULES, "rule", rule.id))
    return passed(f"{request} is answered by {wanted}", evidence)


def _api(found: Landing) -> str:
    return f"{found.api_id}/{found.stage}"


def _winner(found: Landing | None) -> str:
    if found is None:
        return "none"
    name = f"rule {found.rule.priority}" if found.rule else f"mapping {found.base_path or '(none)'}"
    return f"{name} -> {_api(found)}"


def _rules(ctx: Context, domain: DomainName) -> tuple[RoutingRule, ...]:
    if domain.routing_mode == "BASE_PATH_MAPPING_ONLY":
        return ()
    return ctx.topology.routing_rules.need(domain.name)


def _request(path: Path, route: Route) -> str:
    """A request to the custom domain that is meant for this route."""
    asked = _sample(route.path)
    if path.rule is not None:
        base = next(iter(path.rule.base_paths), "").strip("/")
        return f"/{base}{asked}" if base and path.rule.strip_base_path else asked
    base = f"/{path.base_path}" if path.base_path else ""
    stage = f"/{path.stage.name}" if path.mapping and not path.mapping.stage and path.stage else ""
    return f"{base}{stage}{asked}"


def _sample(template: str) -> str:
    """A path that the route takes, and that no other route or key is likely to name."""
    parts = [part for part in template.removeprefix("$default").split("/") if part]
    return "/" + "/".join("vpclink" if part.startswith("{") else part for part in parts)


def _headers(rule: RoutingRule | None) -> dict[str, str]:
    """Headers that meet the rule's conditions."""
    chosen = [any_of[0] for any_of in rule.headers] if rule else []
    return {name: glob.replace("*", "x").replace("?", "x") for name, glob in chosen}


@check(
    "domain/multi-level-key-supported",
    title="A base path of several levels is on a regional domain with TLS 1.2",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="API Gateway offers multi-level keys on regional domains with a TLS 1.2 floor only.",
    fix=Fix("Use a one-level key, or move the domain to a REGIONAL endpoint with security policy TLS_1_2 or newer."),
    source="API Gateway developer guide, rest-api-mappings",
    needs=MAPPED,
)
def multi_level_key_supported(ctx: Context, path: Path) -> Verdict:
    mapping, domain = reached(ctx, path.mapping, "mapping"), reached(ctx, path.domain, "custom domain")
    if "/" not in mapping.key:
        raise NotApplicable(f"the key {mapping.key or '(none)'} has one level")
    evidence = Evidence("apigateway:GetDomainName", "securityPolicy", domain.security_policy)
    if any(one.type == "EDGE" for one in domain.endpoints):
        return failed(f"key {mapping.key} has several levels, and {domain.name} is edge-optimized", evidence)
    if domain.security_policy == "TLS_1_0":
        return failed(f"key {mapping.key} has several levels, and {domain.name} allows TLS 1.0", evidence)
    return passed(f"{domain.name} takes keys of several levels such as {mapping.key}", evidence)


@check(
    "domain/rule-target-is-rest-api",
    title="The routing rule leads to a REST API",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A rule's only action is to invoke a REST API's stage.",
    fix=Fix("Reach an HTTP API by an API mapping instead of a routing rule."),
    source=REST_RULES,
    needs=MAPPED,
)
def rule_target_is_rest_api(ctx: Context, path: Path) -> Verdict:
    rule, api = _rule(path), reached(ctx, path.api, "API")
    evidence = Evidence(RULES, "Actions[].InvokeApi.ApiId", rule.api_id)
    if api.rest:
        return passed(f"rule {rule.priority} leads to REST API {api.id}", evidence)
    return failed(f"rule {rule.priority} leads to {api.protocol} API {api.id}; rules invoke REST APIs only", evidence)


def _rule(path: Path) -> RoutingRule:
    if path.rule is None:
        raise NotApplicable("no routing rule leads here")
    return path.rule


@check(
    "domain/rule-base-path-fits-routes",
    title="With the rule's base path kept or stripped, the API has a route for what is left",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="Mappings always strip the base path, rules only when asked: the API answers 403 where it expects the other.",
    fix=Fix(
        "Set StripBasePath to what the API's resources expect.",
        cli="aws apigatewayv2 put-routing-rule --domain-name NAME --routing-rule-id ID … --actions "
        '\'[{"InvokeApi":{"ApiId":…,"Stage":…,"StripBasePath":true}}]\'',
    ),
    source=REST_RULES,
    needs=MAPPED,
    refutable=True,
)
def rule_base_path_fits_routes(ctx: Context, path: Path) -> Verdict:
    rule, api = _rule(path), reached(ctx, path.api, "API")
    if not rule.base_paths:
        raise NotApplicable(f"rule {rule.priority} has no base path condition")
    if rule.strip_base_path:
        return passed(f"rule {rule.priority} strips its base path")
    for base in rule.base_paths:
        kept = "/" + base.strip("/")
        if not any(_below(one.path, kept) for one in path.routes):
            evidence = Evidence(RULES, "Actions[].InvokeApi.StripBasePath", "false")
            return failed(f"rule {rule.priority} keeps {kept}, and no route of {api.id} begins so", evidence)
    return passed(f"rule {rule.priority} keeps its base path, and the API has routes below it")


def _below(template: str, base: str) -> bool:
    """Whether a route can take some request at or below *base*."""
    return any(route_for([Route(api_id="", method="ANY", path=template)], "GET", at) for at in _around(template, base))


def _around(template: str, base: str) -> Iterator[str]:
    tail = [part for part in _sample(template).split("/") if part][base.count("/") :]
    yield base
    yield "/".join([base, *tail])


@check(
    "domain/no-reserved-path",
    title="No route and no declared probe uses /ping or /sping",
    severity=Severity.RISK,
    subjects=path_subject,
    why="API Gateway answers /ping and /sping of custom domains itself, so that a probe there always passes.",
    fix=Fix("Give the health path another name, such as /health."),
    source="API Gateway developer guide, api-gateway-known-issues",
    needs=MAPPED,
)
def no_reserved_path(ctx: Context, path: Path) -> Verdict:
    reached(ctx, path.domain, "custom domain")
    asked = [one.path.partition("?")[0] for one in ctx.settings.probes]
    taken = {one for one in asked if one in ANSWERED_BY_GATEWAY}
    routes = [one.path for one in path.routes if one.path in ANSWERED_BY_GATEWAY]
    evidence = Evidence("config or apigateway:GetResources", "path", ", ".join(sorted(taken) + routes))
    if taken or (routes and not path.base_path):
        return failed(f"{evidence.value} is answered by API Gateway itself, never by the backend", evidence)
    if routes:
        return noted(
            f"{evidence.value} is reserved at the root of an API; below /{path.base_path} it may work", evidence
        )
    return passed("no route and no declared probe uses a path that API Gateway keeps for itself")


def _probes(ctx: Context) -> tuple[Subject[ProbeSettings], ...]:
    """The declared probes below this path's base path."""
    base = f"/{ctx.here.base_path}".rstrip("/")
    mine = [one for one in ctx.settings.probes if one.path == base or one.path.startswith(f"{base}/")]
    if not mine:
        raise NotApplicable(f"no probe is declared below {base or '/'}")
    return tuple(Subject(f"{one.method} {one.path}", f"{one.method} {one.path}", one) for one in mine)


@check(
    "domain/no-stage-in-path",
    title="Declared probes do not repeat the stage that the mapping already chose",
    severity=Severity.HYGIENE,
    subjects=_probes,
    why="The mapping selects the stage; repeated in the path it is looked up as a resource and refused with 403.",
    fix=Fix("Leave the stage's name out of the requested path."),
    source="AWS knowledge center, api-gateway-403-custom-domain",
    needs=("api/stage-exists",),
)
def no_stage_in_path(ctx: Context, probe: ProbeSettings) -> Verdict:
    path, stage = ctx.here, reached(ctx, ctx.here.stage, "stage")
    if reached(ctx, path.mapping, "mapping").stage == "":
        raise NotApplicable("the mapping names no stage: callers give it in the path")
    rest = probe.path.partition("?")[0].removeprefix(f"/{path.base_path}".rstrip("/"))
    repeats = rest == f"/{stage.name}" or rest.startswith(f"/{stage.name}/")
    if repeats and route_for((one for one in path.routes if "+}" not in one.path), probe.method, rest) is None:
        return failed(f"{probe.path} repeats stage {stage.name}, which the mapping has chosen already")
    return passed(f"{probe.path} does not repeat stage {stage.name}")


def _declared(ctx: Context) -> tuple[Subject[str], ...]:
    """Every base path that the config names, without slashes; "" is the root."""
    named = {one.base_path for one in ctx.settings.backends if one.base_path is not None}
    named |= set(ctx.settings.base_paths or ())
    if not named:
        raise NotApplicable("the config names no base path")
    plain = sorted({"" if one == "(none)" else one.strip("/") for one in named})
    return tuple(Subject(one or "(none)", one or "(none)", one) for one in plain)


@check(
    "domain/declared-base-paths-exist",
    title="Every base path that the config names leads to a VPC link",
    severity=Severity.BLOCKER,
    subjects=_declared,
    why="A base path that is declared and not mapped answers for nobody, or for another API.",
    fix=Fix("Map the base path to the private API, or correct base_path in the config."),
    source="the config",
    scope="environment",
)
def declared_base_paths_exist(ctx: Context, base_path: str) -> Verdict:
    paths = ctx.topology.paths
    if any(_carries(path, base_path) for path in paths):
        return passed(f"/{base_path} leads to a VPC link")
    for path in paths:
        if path.stop is not None and path.stop.gap is not None and path.mapping is None:
            raise UnknownFact(path.stop.gap)
    other = next((one for one in ctx.topology.neighbours if one.base_path == base_path), None)
    if other is not None and other.gap is not None:
        raise UnknownFact(other.gap)
    if other is not None:
        return failed(f"/{base_path} leads to API {other.api_id}, whose routes there end in no VPC link")
    if not paths:
        return unknown(f"no path was found at all, so none of /{base_path}")
    return failed(f"no mapping or routing rule of {', '.join(ctx.settings.domains) or 'the domain'} is /{base_path}")


def _carries(path: Path, base_path: str) -> bool:
    ruled = path.rule is not None and base_path in [one.strip("/") for one in path.rule.base_paths]
    return ruled or (path.mapping is not None and path.mapping.key == base_path)
