"""Checks of the domain hop: mappings and routing rules, and who really answers below them."""

from __future__ import annotations

from collections.abc import Iterator

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import domain_subject, path_subject, reached, route_subjects, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.fact import read
from vpclink_checks.model.path import Path
from vpclink_checks.model.routing import ANSWERED_BY_GATEWAY, Landing, landing, need_known_mode, route_for
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.settings import ProbeSettings
from vpclink_checks.words import Severity

EXISTS = ("domain/exists",)
LIVE, LEADS = "domain/mapping-live", "domain/mapping-leads-to-vpc-link"
MAPPINGS_ONLY = "BASE_PATH_MAPPING_ONLY"
MAPPED = (LEADS,)
MAPPINGS = "apigateway:GetBasePathMappings"
RULES = "apigatewayv2:ListRoutingRules"
REST_RULES = "API Gateway developer guide, rest-api-routing-rules"


@check(
    LIVE,
    title="The domain's routing mode and rules leave its mappings and rules in use",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="Mappings stay listed in ROUTING_RULE_ONLY and behind a rule without conditions, and rules in "
    "BASE_PATH_MAPPING_ONLY, but nobody reads them.",
    fix=Fix(
        "Set the routing mode to one that reads this table, or give the rule that catches everything a condition.",
        cli="aws apigateway update-domain-name --domain-name NAME "
        "--patch-operations op=replace,path=/routingMode,value=ROUTING_RULE_THEN_BASE_PATH_MAPPING",
        terraform='aws_api_gateway_domain_name.routing_mode = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"',
    ),
    source="API Gateway developer guide, set-routing-mode",
    needs=EXISTS,
    refutable=True,
)
def mapping_live(ctx: Context, domain: DomainName) -> Verdict:
    read(domain, "routing_mode")
    evidence = Evidence("apigateway:GetDomainName", "routingMode", domain.routing_mode)
    if not domain.mode_known:
        text = f"{domain.name} has a routing mode that this version does not know: {domain.routing_mode}"
        return unknown(f"{text}; whether its mappings or its rules decide is open", evidence)
    unused = _unused(ctx, domain)
    if not unused:
        return passed(f"routing mode {domain.routing_mode} leaves nothing listed unused", evidence)
    text = f"routing mode {domain.routing_mode} leaves {unused} unused, though listed"
    return failed(text, evidence) if stopped_by(ctx.here, LEADS) else noted(text, evidence)


def _unused(ctx: Context, domain: DomainName) -> str:
    """What is listed and never read, as far as it was read; "" for nothing."""
    mappings = ctx.topology.mappings.rows.get(domain.name, ())
    rules = ctx.topology.routing_rules.rows.get(domain.name, ())
    keys = ", ".join(one.key or "(none)" for one in mappings)
    if domain.routing_mode == MAPPINGS_ONLY:
        return f"rules {', '.join(str(one.priority) for one in rules)}" if rules else ""
    catching = next((one for one in rules if one.catch_all), None)
    if domain.routing_mode == "ROUTING_RULE_ONLY":
        return f"mappings {keys}" if mappings else ""
    return f"mappings {keys} behind rule {catching.priority}" if catching is not None and mappings else ""


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
    needs=(*EXISTS, LIVE),
)
def mapping_leads_to_vpc_link(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, LEADS):
        return failed(stop.reason, Evidence(MAPPINGS, "items", _listed(ctx, path)))
    reached(ctx, path.domain, "custom domain")
    if path.rule is not None:
        to = f"{path.rule.api_id}/{path.rule.stage}"
        return passed(f"rule {path.rule.priority} leads to {to}", Evidence(RULES, path.rule.id, to))
    mapping = reached(ctx, path.mapping, "mapping")
    to = f"{mapping.api_id}/{mapping.stage or '(stage in the path)'}"
    return passed(f"{mapping.title} maps to {to}", Evidence(MAPPINGS, mapping.key or "(none)", to))


def _listed(ctx: Context, path: Path) -> str:
    rows = ctx.topology.mappings.rows.get(path.domain.name if path.domain else "", ())
    return ", ".join(f"{one.key or '(none)'} -> {one.api_id}/{one.stage}" for one in rows) or "none"


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
    needs=("api/stage-exists",),
    refutable=True,
)
def path_not_captured(ctx: Context, route: Route) -> Verdict:
    path, domain = ctx.here, reached(ctx, ctx.here.domain, "custom domain")
    api, stage = reached(ctx, path.api, "API"), reached(ctx, path.stage, "stage")
    need_known_mode(domain)
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
    if part := _part_taken(path, route, mappings, rules, wanted):
        return noted(part, evidence)
    return passed(f"{request} is answered by {wanted}", evidence)


def _part_taken(
    path: Path, route: Route, mappings: tuple[Mapping, ...], rules: tuple[RoutingRule, ...], wanted: str
) -> str:
    """What of a route with a parameter goes to another API, whose key or base path lies below ours; "" for none."""
    domain = path.domain
    if domain is None or path.mapping is None or not path.mapping.key or "{" not in route.path:
        return ""  # the root takes what is left by its nature
    for below in (*(one.key for one in mappings), *(base for rule in rules for base in rule.base_paths)):
        request = f"/{below.strip('/')}"
        mine = landing(domain, (path.mapping,), (), request) if below != path.mapping.key else None
        found = landing(domain, mappings, rules, request)
        taken = found is not None and _api(found) != wanted
        if mine is not None and found is not None and taken and route_for([route], "GET", mine.rest):
            return f"of {route.title}, {request} goes to {_api(found)} by {_winner(found).partition(' -> ')[0]}"
    return ""


def _api(found: Landing) -> str:
    return f"{found.api_id}/{found.stage}"


def _winner(found: Landing | None) -> str:
    if found is None:
        return "none"
    name = f"rule {found.rule.priority}" if found.rule else f"mapping {found.base_path or '(none)'}"
    return f"{name} -> {_api(found)}"


def _rules(ctx: Context, domain: DomainName) -> tuple[RoutingRule, ...]:
    if domain.routing_mode == MAPPINGS_ONLY:
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
