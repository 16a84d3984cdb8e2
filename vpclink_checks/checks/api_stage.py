"""Checks of the api hop: the stage, and whether it serves what was edited."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import api_subject, path_subject, reached, route_subjects, stage_subject, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Api, Canary, Route, Stage, Throttle
from vpclink_checks.model.destination import destination_of, hidden_gap
from vpclink_checks.model.domain import dns_name
from vpclink_checks.model.drift import Drift, compare
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.path import Destination, Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

STAGE_EXISTS = "api/stage-exists"
STAGED = (STAGE_EXISTS,)
SUCCESS = range(200, 300)
SERVER_ERROR = 500
GET_STAGE = "apigateway:GetStage"
DEPLOY = Fix(
    "Deploy the API to this stage.",
    cli="aws apigateway create-deployment --rest-api-id ID --stage-name STAGE",
    terraform="aws_api_gateway_deployment with triggers over every method's and integration's arguments, not their ids",
)


@check(
    STAGE_EXISTS,
    title="The stage that the mapping names exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A mapping to a stage that is gone answers 403 Forbidden (REST) or 404 Not Found (HTTP API).",
    fix=Fix(
        "Create the stage by a deployment, or map the base path to one that exists.",
        cli="aws apigateway get-stages --rest-api-id ID --query 'item[].stageName'",
        terraform="aws_api_gateway_stage.stage_name",
    ),
    source="botocore 1.44.5, apigateway GetStage (NotFoundException)",
    needs=("api/exists",),
    refutable=True,
)
def stage_exists(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, STAGE_EXISTS):
        return failed(stop.reason, Evidence(GET_STAGE, "error", "NotFoundException"))
    stage = reached(ctx, path.stage, "stage")
    return passed(f"stage {stage.name} of {stage.api_id} exists", Evidence(GET_STAGE, "stageName", stage.name))


@check(
    "api/deployment-current",
    title="The stage serves the integrations and methods as they are edited now",
    severity=Severity.BLOCKER,
    subjects=stage_subject,
    why="A stage serves the snapshot of its deployment: what was edited since is not there for callers, "
    "though a test invocation in the console shows it.",
    fix=DEPLOY,
    source="API Gateway developer guide, set-up-deployments; botocore 1.44.5, apigateway GetExport",
    needs=STAGED,
)
def deployment_current(ctx: Context, stage: Stage) -> Verdict:
    served, edited = ctx.topology.served_routes.need(stage.key), ctx.topology.edited_routes.need(stage.api_id)
    found = compare(served, edited)
    ours = [one for one in found.drifts if one.private]
    if ours:
        return failed(_told(stage, ours), *map(_shown, ours))
    if found.drifts:
        return noted(f"{_told(stage, list(found.drifts))}; no route to a VPC link", *map(_shown, found.drifts))
    if found.uncompared:
        routes = ", ".join(found.uncompared)
        return noted(f"stage {stage.name} serves what is edited, as far as its export tells: no connection of {routes}")
    return passed(f"stage {stage.name} serves the {len(edited)} routes as they are edited now")


def _told(stage: Stage, drifts: list[Drift]) -> str:
    first = drifts[0]
    more = f" (and {len(drifts) - 1} more differences)" if len(drifts) > 1 else ""
    where = f"stage {stage.name}: {first.route.title}"
    if first.field == "route":
        return f"{where} {first.served} in the deployment and {first.edited} in the API{more}"
    return f"{where} is deployed with {first.field} {first.served or 'none'}, edited to {first.edited or 'none'}{more}"


def _shown(drift: Drift) -> Evidence:
    value = f"deployed {drift.served or 'none'}, edited {drift.edited or 'none'}"
    return Evidence("apigateway:GetExport", f"{drift.route.title} {drift.field}", value)


@check(
    "api/newest-deployment-served",
    title="The stage serves the API's newest deployment",
    severity=Severity.RISK,
    subjects=stage_subject,
    why="An older deployment is a rollback, or a deployment that went to another stage.",
    fix=DEPLOY,
    source="botocore 1.44.5, apigateway Stage.deploymentId; a rollback is legitimate",
    needs=STAGED,
)
def newest_deployment_served(ctx: Context, stage: Stage) -> Verdict:
    listed = [one for one in ctx.topology.deployments.need(stage.api_id) if one.created is not None]
    if not listed or not stage.deployment_id:
        raise NotApplicable("the facts date no deployment of this stage")
    newest = max(listed, key=lambda one: str(one.created and one.created.isoformat()))
    evidence = Evidence(GET_STAGE, "deploymentId", stage.deployment_id)
    if newest.id == stage.deployment_id:
        return passed(f"stage {stage.name} serves deployment {newest.id}, the newest", evidence)
    when = f"{newest.created:%Y-%m-%d %H:%M}"
    return noted(f"stage {stage.name} serves {stage.deployment_id}; {newest.id} of {when} is newer", evidence)


@check(
    "api/auto-deploy-succeeded",
    title="The HTTP API's last deployment succeeded",
    severity=Severity.BLOCKER,
    subjects=stage_subject,
    why="After a failed automatic deployment the stage goes on with its old configuration.",
    fix=Fix(
        "Correct what the message names and deploy again.",
        cli="aws apigatewayv2 create-deployment --api-id ID --stage-name STAGE",
    ),
    source="botocore 1.44.5, apigatewayv2 Stage.LastDeploymentStatusMessage, DeploymentStatus",
    needs=STAGED,
)
def auto_deploy_succeeded(ctx: Context, stage: Stage) -> Verdict:
    if reached(ctx, ctx.here.api, "API").rest or not stage.auto_deploy:
        raise NotApplicable(f"stage {stage.name} is deployed on demand")
    message = Evidence("apigatewayv2:GetStage", "LastDeploymentStatusMessage", stage.last_deployment_message)
    if "fail" in stage.last_deployment_message.lower():
        return failed(f"stage {stage.name}: {stage.last_deployment_message}", message)
    dated = [one for one in ctx.topology.deployments.need(stage.api_id) if one.created is not None]
    newest = max(dated, key=lambda one: str(one.created and one.created.isoformat()), default=None)
    if newest is not None and newest.status == "FAILED":
        status = Evidence("apigatewayv2:GetDeployments", "DeploymentStatus", "FAILED")
        return failed(f"deployment {newest.id} of {stage.api_id} FAILED: {newest.status_message}", status)
    return passed(f"the last deployment to stage {stage.name} did not fail", message)


@check(
    "api/canary-agrees",
    title="A canary of the stage leads where the stage leads",
    severity=Severity.RISK,
    subjects=stage_subject,
    why="A canary takes a share of the requests to another deployment or by other variables: failures come and go.",
    fix=Fix(
        "Promote the canary, delete it, or give its stage variables values that lead to the backend.",
        cli="aws apigateway update-stage --rest-api-id ID --stage-name STAGE "
        "--patch-operations op=remove,path=/canarySettings",
    ),
    source="botocore 1.44.5, apigateway CanarySettings",
    needs=STAGED,
)
def canary_agrees(ctx: Context, stage: Stage) -> Verdict:
    canary = stage.canary
    if canary is None or canary.percent <= 0:
        raise NotApplicable(f"stage {stage.name} sends nothing to a canary")
    if ctx.here.variant == "canary":
        raise NotApplicable("this path is the canary's own")
    share = Evidence(GET_STAGE, "canarySettings.percentTraffic", f"{canary.percent:g}")
    there, here = _canary_destination(ctx, stage, canary), ctx.here.destination
    text = f"the canary of stage {stage.name} takes {canary.percent:g} % of the requests"
    apart = there is not None and here is not None and _ends(there) != _ends(here)
    if there is not None and here is not None and apart and (lost := _leads_nowhere(ctx, there, here)):
        return failed(f"{text} to {lost}", share)
    if canary.deployment_id not in ("", stage.deployment_id):
        other = f"deployment {canary.deployment_id}, whose routes no call of API Gateway shows with their integrations"
        return unknown(f"{text} to {other}", share)
    if there is not None and here is not None and apart:
        return noted(f"{text} to {' '.join(_ends(there))}; this path is {' '.join(_ends(here))}", share)
    return passed(f"{text} where the stage leads", share)


def _canary_destination(ctx: Context, stage: Stage, canary: Canary) -> Destination | None:
    """Where this path's integration leads for the canary's share."""
    if ctx.here.destination is None:
        return None
    return destination_of(ctx.here.destination.integration, {**stage.variables, **canary.variables})


def _ends(there: Destination) -> tuple[str, str, str]:
    return there.connection_id, there.uri, there.target


def _leads_nowhere(ctx: Context, there: Destination, here: Destination) -> str:
    """What the canary's destination lacks that the stage's has; "" for nothing. Raises UnknownFact."""
    if there.hidden:
        raise UnknownFact(hidden_gap(there.hidden))
    if ctx.topology.links.find(there.connection_id) is None:
        return f"VPC link {there.connection_id}, which does not exist"
    names = {dns_name(one.dns_name) for one in ctx.topology.load_balancers}
    hosts = dns_name(there.host), dns_name(here.host)
    if hosts[1] in names and hosts[0] not in names:
        if ctx.topology.load_balancers.gap is not None:
            raise UnknownFact(ctx.topology.load_balancers.gap)
        return f"{there.host}, which is no load balancer here"
    return ""


@check(
    "api/throttle-not-zero",
    title="No throttle of the stage refuses every request",
    severity=Severity.RISK,
    subjects=route_subjects,
    why="A rate or burst limit of 0 answers every request with 429.",
    fix=Fix(
        "Raise the limit, or remove it so that the account's default holds.",
        cli="aws apigateway update-stage --rest-api-id ID --stage-name STAGE "
        "--patch-operations 'op=replace,path=/*/*/throttling/rateLimit,value=1000'",
        terraform="aws_api_gateway_method_settings.settings { throttling_rate_limit throttling_burst_limit }",
    ),
    source="botocore 1.44.5, apigateway MethodSetting.throttlingRateLimit; apigatewayv2 RouteSettings",
    needs=STAGED,
    refutable=True,
)
def throttle_not_zero(ctx: Context, route: Route) -> Verdict:
    stage = reached(ctx, ctx.here.stage, "stage")
    limit = _throttle(stage, route)
    if limit is None:
        return passed(f"no throttle of stage {stage.name} is set for {route.title}")
    limits = Evidence(GET_STAGE, f"methodSettings {limit.path}", f"rate {limit.rate}, burst {limit.burst}")
    if 0 in (limit.rate, limit.burst):
        return failed(f"stage {stage.name} throttles {route.title} to rate {limit.rate}, burst {limit.burst}", limits)
    return passed(f"{route.title} is allowed rate {limit.rate}, burst {limit.burst}", limits)


@check(
    "api/gateway-responses-tell-errors",
    title="The gateway's own errors are told as errors",
    severity=Severity.RISK,
    subjects=api_subject,
    why="A gateway response that turns an error into a 200 hides an outage from callers, monitors and these probes.",
    fix=Fix(
        "Give the gateway response a status of 4xx or 5xx, or delete it so that the default holds, and deploy.",
        cli="aws apigateway delete-gateway-response --rest-api-id ID --response-type TYPE",
        terraform="aws_api_gateway_gateway_response.status_code",
    ),
    source="API Gateway developer guide, supported-gateway-response-types; faults: api-gateway-response-masked",
    needs=("api/exists",),
)
def gateway_responses_tell_errors(ctx: Context, api: Api) -> Verdict:
    if not api.rest:
        raise NotApplicable("an HTTP API has no gateway responses")
    changed = [one for one in ctx.topology.gateway_responses.need(api.id) if one.status is not None]
    told = {one: f"{one.type} to {one.status}" for one in changed}
    hidden = [one for one in changed if one.status in SUCCESS]
    shown = [Evidence("apigateway:GetGatewayResponses", one.type, str(one.status)) for one in hidden or changed]
    if hidden:
        turned = ", ".join(told[one] for one in hidden)
        return failed(f"{api.name or api.id} turns errors into successes: {turned}", *shown)
    blamed = [one for one in changed if one.server_error and one.status is not None and one.status < SERVER_ERROR]
    if blamed:
        turned = ", ".join(told[one] for one in blamed)
        return noted(f"{api.name or api.id} answers its own failures with no 5xx: {turned}", *shown)
    return passed(f"{api.name or api.id} tells its own errors as errors", *shown)


@check(
    "api/web-acl-lets-through",
    title="The stage's web ACL lets some requests through",
    severity=Severity.RISK,
    subjects=stage_subject,
    why="A web ACL that blocks by default answers 403 Forbidden to all that no rule of it allows.",
    fix=Fix(
        "Set the web ACL's default action to allow, or add a rule that allows the callers.",
        cli="aws wafv2 get-web-acl-for-resource --resource-arn STAGE-ARN",
        terraform="aws_wafv2_web_acl.default_action { allow {} }",
    ),
    source="AWS WAF developer guide, web-acl-default-action; faults: api-waf-block",
    needs=STAGED,
    refutable=True,
)
def web_acl_lets_through(ctx: Context, stage: Stage) -> Verdict:
    if not stage.web_acl_arn:
        raise NotApplicable(f"stage {stage.name} names no web ACL")
    acl = ctx.topology.web_acls.need(stage.key)
    default = Evidence("wafv2:GetWebACLForResource", "DefaultAction", "Block" if acl.blocks else "Allow")
    if acl.blocks and not acl.allowing:
        return failed(f"web ACL {acl.name} on stage {stage.name} blocks by default, and no rule of it allows", default)
    if acl.blocks:
        text = f"web ACL {acl.name} on stage {stage.name} lets through what {', '.join(acl.allowing)} may allow"
        return noted(f"{text}, and blocks the rest", default)
    return passed(f"web ACL {acl.name} on stage {stage.name} allows what no rule of it blocks", default)


def _throttle(stage: Stage, route: Route) -> Throttle | None:
    """The route's own throttle, or else the stage's; REST escapes the path (``~1orders/GET``)."""
    rest_path = route.path.strip("/").replace("/", "~1")
    own = (f"{rest_path}/{route.method}", f"~1{rest_path}/{route.method}", route.title)
    by_path = {one.path: one for one in stage.throttles}
    return next((by_path[one] for one in (*own, "*/*") if one in by_path), None)
