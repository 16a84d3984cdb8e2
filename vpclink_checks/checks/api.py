"""Checks of the api hop: the API itself and its routes; its stage beside it."""

from __future__ import annotations

from vpclink_checks.checks.api_stage import (
    auto_deploy_succeeded,
    canary_agrees,
    deployment_current,
    gateway_responses_tell_errors,
    newest_deployment_served,
    stage_exists,
    throttle_not_zero,
    web_acl_lets_through,
)
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import api_subject, path_subject, reached, route_subjects, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Api, Route, Stage
from vpclink_checks.model.fact import read
from vpclink_checks.model.path import Path
from vpclink_checks.model.policy import Statement, statements
from vpclink_checks.model.routing import landing, need_known_mode, route_for
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.settings import ProbeSettings
from vpclink_checks.words import Severity

__all__ = [  # the catalogue reads this module alone
    "auto_deploy_succeeded",
    "canary_agrees",
    "deployment_current",
    "execute_api_endpoint_disabled",
    "exists",
    "gateway_responses_tell_errors",
    "http_route_has_target",
    "newest_deployment_served",
    "not_private",
    "probe_has_route",
    "resource_policy_allows",
    "root_covered",
    "stage_exists",
    "status_available",
    "throttle_not_zero",
    "web_acl_lets_through",
]

EXISTS = "api/exists"
GET = "apigateway:GetRestApi"
INVOKE = "execute-api:Invoke"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@check(
    EXISTS,
    title="The API that the mapping names exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A mapping to an API that was deleted or replaced answers for nobody.",
    fix=Fix(
        "Map the base path to the API that exists now.",
        cli="aws apigatewayv2 update-api-mapping --domain-name NAME --api-mapping-id ID --api-id ID --stage STAGE",
        terraform="aws_api_gateway_base_path_mapping.api_id = aws_api_gateway_rest_api.X.id",
    ),
    source="botocore 1.44.5, apigateway GetRestApi and apigatewayv2 GetApi (NotFoundException)",
    needs=("domain/mapping-leads-to-vpc-link",),
    refutable=True,
)
def exists(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, EXISTS):
        return failed(stop.reason, Evidence(GET, "error", "NotFoundException"))
    api = reached(ctx, path.api, "API")
    return passed(f"{api.protocol} API {api.id} ({api.name}) exists", Evidence(GET, "id", api.id))


@check(
    "api/status-available",
    title="The REST API is available",
    severity=Severity.RISK,
    subjects=api_subject,
    why="Updates to an API that is pending or failed are lost; it goes on serving what it served.",
    fix=Fix("Read the status message, correct what it names and update the API again."),
    source="botocore 1.44.5, apigateway RestApi.apiStatus",
    needs=(EXISTS,),
)
def status_available(_ctx: Context, api: Api) -> Verdict:
    read(api, "status")
    if not api.status:
        raise NotApplicable(f"the facts give no status of {api.protocol} API {api.id}")
    status = Evidence(GET, "apiStatus", api.status)
    because = f" ({api.status_message})" if api.status_message else ""
    if api.status == "AVAILABLE":
        return passed(f"API {api.id} is AVAILABLE", status)
    if api.status == "UPDATING":
        return noted(f"API {api.id} is UPDATING{because}: it answers meanwhile", status)
    if api.status in ("FAILED", "PENDING"):
        return failed(f"API {api.id} is {api.status}{because}, not AVAILABLE", status)
    return unknown(f"API {api.id} has a status that this version does not know: {api.status}", status)


@check(
    "api/not-private",
    title="The API is reachable from where the custom domain is",
    severity=Severity.BLOCKER,
    subjects=api_subject,
    why="A PRIVATE API answers through interface endpoints only; a public custom domain cannot reach it.",
    fix=Fix(
        "Give the API a REGIONAL endpoint, or reach it through a private custom domain.",
        cli="aws apigateway update-rest-api --rest-api-id ID "
        "--patch-operations op=replace,path=/endpointConfiguration/types/PRIVATE,value=REGIONAL",
        terraform='aws_api_gateway_rest_api.endpoint_configuration { types = ["REGIONAL"] }',
    ),
    source="botocore 1.44.5, apigateway EndpointType; API Gateway developer guide, how-to-custom-domains",
    needs=(EXISTS,),
    refutable=True,
)
def not_private(ctx: Context, api: Api) -> Verdict:
    domain = reached(ctx, ctx.here.domain, "custom domain")
    kinds = Evidence(GET, "endpointConfiguration.types", ", ".join(api.endpoint_types))
    if "PRIVATE" in api.endpoint_types and not domain.private:
        return failed(f"API {api.id} is PRIVATE, and {domain.name} is a public custom domain", kinds)
    if not {"EDGE", "REGIONAL", "PRIVATE"}.issuperset(api.endpoint_types):
        return unknown(f"API {api.id} is {kinds.value}, which is not known", kinds)
    return passed(f"API {api.id} is {kinds.value}", kinds)


@check(
    "api/execute-api-endpoint-disabled",
    title="The API's default endpoint is off",
    severity=Severity.RISK,
    subjects=api_subject,
    why="The default execute-api endpoint answers without the custom domain, and so without what the domain asks for.",
    fix=Fix(
        "Disable the default endpoint, then deploy the API: it takes effect with the next deployment.",
        cli="aws apigateway update-rest-api --rest-api-id ID "
        "--patch-operations op=replace,path=/disableExecuteApiEndpoint,value=true "
        "&& aws apigateway create-deployment --rest-api-id ID --stage-name STAGE",
        terraform="aws_api_gateway_rest_api.disable_execute_api_endpoint = true",
    ),
    source="API Gateway developer guide, rest-api-disable-default-endpoint",
    needs=(EXISTS,),
)
def execute_api_endpoint_disabled(ctx: Context, api: Api) -> Verdict:
    domain = reached(ctx, ctx.here.domain, "custom domain")
    flag = Evidence(GET, "disableExecuteApiEndpoint", str(api.execute_api_disabled).lower())
    if api.execute_api_disabled:
        return _since_deployed(api, ctx.here.stage, flag)
    round_it = "mutual TLS" if domain.mutual_tls else "private access" if domain.private else ""
    if round_it:
        return failed(f"the default endpoint of API {api.id} is on and goes round {domain.name}'s {round_it}", flag)
    text = f"the default endpoint of API {api.id} is on; {domain.name} adds no control that it would go round"
    return failed(text, flag, severity=Severity.HYGIENE)


def _since_deployed(api: Api, stage: Stage | None, flag: Evidence) -> Verdict:
    """The switch works from the next deployment on, and API Gateway does not say when it was made."""
    text = f"the default endpoint of API {api.id} is off"
    if stage is not None and stage.auto_deploy:
        return passed(f"{text}, and stage {stage.name} deploys by itself", flag)
    if stage is not None and stage.updated and api.created and stage.updated < api.created:
        dates = f"stage {stage.name} was last updated on {stage.updated:%Y-%m-%d}, before the API was made"
        return unknown(f"{text}; {dates}, which cannot be", flag)
    return noted(f"{text}; that the stage was deployed since cannot be read", flag)


@check(
    "api/resource-policy-allows",
    title="The API's resource policy does not refuse every caller",
    severity=Severity.BLOCKER,
    subjects=route_subjects,
    why="A resource policy that denies, or allows nothing, answers 403 before the route is looked at.",
    fix=Fix(
        "Allow execute-api:Invoke on this stage to the callers, then deploy: a changed policy needs a deployment too.",
        cli="aws apigateway update-rest-api --rest-api-id ID --patch-operations op=replace,path=/policy,value=JSON",
        terraform="aws_api_gateway_rest_api_policy",
    ),
    source="API Gateway developer guide, apigateway-resource-policies and apigateway-authorization-flow",
    needs=("api/stage-exists",),
    refutable=True,
)
def resource_policy_allows(ctx: Context, route: Route) -> Verdict:
    api, stage = reached(ctx, ctx.here.api, "API"), reached(ctx, ctx.here.stage, "stage")
    if not api.policy:
        raise NotApplicable(f"{api.protocol} API {api.id} has no resource policy")
    try:
        every = statements(api.policy)
    except ValueError:
        return unknown(f"the resource policy of API {api.id} is no JSON document")
    effects = ", ".join(f"{one.effect} {' '.join(one.resources)}" for one in every)
    text = Evidence(GET, "policy", effects or "no statement")
    asked = [f"{stage.name}/{one}{_sample(route.path)}" for one in _methods(route)]
    if all(_denied(every, one) for one in asked):
        return failed(f"the resource policy of API {api.id} denies {route.title} to everyone", text)
    if route.authorization != "AWS_IAM" and not any(_may_allow(one, stage.name) for one in every):
        return failed(f"the resource policy of API {api.id} allows nobody on stage {stage.name}", text)
    if all(_open(every, one) for one in asked):
        return passed(f"the resource policy of API {api.id} allows {route.title} to everyone", text)
    return noted(f"the resource policy of API {api.id} lets some callers use {route.title}: not judged who", text)


def _methods(route: Route) -> tuple[str, ...]:
    return METHODS if route.method == "ANY" else (route.method,)


def _sample(template: str) -> str:
    """A request path that only a wildcard matches where the route has a parameter."""
    parts = [part for part in template.removeprefix("$default").split("/") if part]
    return "/" + "/".join("-" if part.startswith("{") else part for part in parts)


def _denied(every: tuple[Statement, ...], resource: str) -> bool:
    denies = [one for one in every if one.effect == "Deny" and one.plain and one.everyone]
    return any(one.concerns(INVOKE, resource) for one in denies)


def _may_allow(one: Statement, stage: str) -> bool:
    return one.effect == "Allow" and one.on_stage(INVOKE, stage)


def _open(every: tuple[Statement, ...], resource: str) -> bool:
    concerned = [one for one in every if one.concerns(INVOKE, resource)]
    allowed = any(one.effect == "Allow" and one.plain and one.everyone for one in concerned)
    return allowed and not any(one.effect == "Deny" for one in concerned)


@check(
    "api/root-covered",
    title="The bare base path has a route beside the greedy one",
    severity=Severity.RISK,
    subjects=path_subject,
    why="/{proxy+} does not match /: the base path itself answers 403 Missing Authentication Token.",
    fix=Fix(
        "Add a method to the root resource with the same integration.",
        cli="aws apigateway put-method --rest-api-id ID --resource-id ROOT --http-method ANY --authorization-type NONE",
        terraform="aws_api_gateway_method.resource_id = aws_api_gateway_rest_api.X.root_resource_id",
    ),
    source="API Gateway developer guide, api-gateway-set-up-simple-proxy",
    needs=("api/stage-exists",),
)
def root_covered(ctx: Context, path: Path) -> Verdict:
    api, stage = reached(ctx, path.api, "API"), reached(ctx, path.stage, "stage")
    greedy = next((one for one in path.routes if one.path.count("/") == 1 and one.path.endswith("+}")), None)
    if greedy is None:
        raise NotApplicable("no route of this path is /{proxy+}")
    served = ctx.topology.served_routes.need(stage.key)
    methods = ", ".join(one.method for one in served if one.path == "/") or "none"
    evidence = Evidence("apigateway:GetExport", "paths./", methods)
    if any(one.path in ("/", "$default") for one in served):
        return passed(f"API {api.id} has a route for the bare base path", evidence)
    text = f"API {api.id} has {greedy.title} and no route at /: the bare base path is refused"
    return failed(text, evidence) if api.rest else noted(text, evidence)


@check(
    "api/http-route-has-target",
    title="Every route of the HTTP API has an integration",
    severity=Severity.BLOCKER,
    subjects=api_subject,
    why="A route without an integration, or with a deleted one, has nobody to answer.",
    fix=Fix(
        "Give the route an integration, or delete it.",
        cli="aws apigatewayv2 update-route --api-id ID --route-id ID --target integrations/ID",
        terraform='aws_apigatewayv2_route.target = "integrations/${aws_apigatewayv2_integration.X.id}"',
    ),
    source="botocore 1.44.5, apigatewayv2 Route.Target; what callers get is unconfirmed",
    needs=(EXISTS,),
)
def http_route_has_target(ctx: Context, api: Api) -> Verdict:
    if api.protocol != "HTTP":
        raise NotApplicable(f"API {api.id} is a {api.protocol} API")
    bare = [one.title for one in ctx.topology.edited_routes.need(api.id) if one.integration is None]
    evidence = Evidence("apigatewayv2:GetRoutes", "Target", "none")
    if bare:
        return noted(f"API {api.id} has routes without an integration: {', '.join(bare)}", evidence)
    return passed(f"every route of API {api.id} has an integration")


def _probes(ctx: Context) -> tuple[Subject[ProbeSettings], ...]:
    """The declared probes that land on this path's API and stage. Raises UnknownFact."""
    path, domain = ctx.here, reached(ctx, ctx.here.domain, "custom domain")
    if not ctx.settings.probes:
        raise NotApplicable("no probe is declared")
    need_known_mode(domain)
    mappings = ctx.topology.mappings.need(domain.name)
    rules = () if domain.routing_mode == "BASE_PATH_MAPPING_ONLY" else ctx.topology.routing_rules.need(domain.name)
    found: list[Subject[ProbeSettings]] = []
    for probe in ctx.settings.probes:
        there = landing(domain, mappings, rules, probe.path.partition("?")[0])
        if there and path.api and path.stage and (there.api_id, there.stage) == (path.api.id, path.stage.name):
            title = f"{probe.method} {probe.path}"
            found.append(Subject(title, title, probe))
    if not found:
        raise NotApplicable("no declared probe lands on this API and stage")
    return tuple(found)


@check(
    "api/probe-has-route",
    title="The stage has a route for every declared probe",
    severity=Severity.BLOCKER,
    subjects=_probes,
    why="No route for path and method: a REST API answers 403 Missing Authentication Token, an HTTP API 404.",
    fix=Fix("Add the method to the resource and deploy, or correct the probe."),
    source="API Gateway developer guide, supported-gateway-response-types, http-api-develop-routes",
    needs=("api/stage-exists",),
    refutable=True,
)
def probe_has_route(ctx: Context, probe: ProbeSettings) -> Verdict:
    path, stage = ctx.here, reached(ctx, ctx.here.stage, "stage")
    asked = probe.path.partition("?")[0]
    rest = asked.removeprefix(f"/{path.base_path}") if path.base_path else asked
    served = ctx.topology.served_routes.need(stage.key)
    route = route_for(served, probe.method, rest or "/")
    evidence = Evidence("apigateway:GetExport", "paths", route.title if route else "no match")
    if route is None:
        verbs = sorted({one.method for one in served if route_for([one], one.method, rest or "/")})
        says = f"only {', '.join(verbs)}" if verbs else "no resource"
        return failed(f"stage {stage.name} has no route for {probe.method} {rest or '/'}: {says} there", evidence)
    exact = [one for one in served if one.path == rest and "{" not in one.path]
    if exact and route not in exact:
        text = f"{rest} lacks {probe.method}: {route.title} is expected to answer it, as seen on AWS"
        return noted(text, evidence)
    return passed(f"{probe.method} {rest or '/'} is {route.title}", evidence)
