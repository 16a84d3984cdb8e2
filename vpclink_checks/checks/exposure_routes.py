"""Ways round the authorization: routes of any API that end at the same targets."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.doors import ways_in
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


def _asks(route: Route) -> bool:
    """Whether a route asks for authorization: an authorizer or IAM; an API key identifies, it does not authorize."""
    return route.authorization not in ("", "NONE")


@check(
    "exposure/no-unauthenticated-way-round",
    title="Where one route to the backend asks for authorization, all do",
    severity=Severity.EXPOSURE,
    subjects=target_group_subject,
    why="The backend trusts what the gateway lets through; one route without an authorizer lets everybody through.",
    fix=Fix(
        "Give every route to the backend the authorizer (or IAM), and deploy.",
        cli="aws apigateway update-method --rest-api-id ID --resource-id ID --http-method METHOD"
        " --patch-operations op=replace,path=/authorizationType,value=AWS_IAM",
        terraform='authorization = "AWS_IAM"',
    ),
    source="botocore model, apigateway Method.authorizationType; contract: auth",
)
def no_unauthenticated_way_round(ctx: Context, group: TargetGroup) -> Verdict:
    ways = ways_in(ctx)
    if not ways:
        raise NotApplicable(f"no route leads to {group.name}")
    bare = [_way_title(path, route) for path, route in ways if not _asks(route)]
    asking = len(ways) - len(bare)
    shown = ", ".join(dict.fromkeys(bare))
    evidence = Evidence("apigateway:GetExport", "authorizationType NONE", shown)
    if not bare:
        return passed(f"all {asking} routes to {group.name} ask for authorization")
    if asking:
        return failed(f"{asking} routes to {group.name} ask for authorization, but these do not: {shown}", evidence)
    if ctx.settings.auth == "required":
        return failed(f"authorization is required, and these routes to {group.name} ask for none: {shown}", evidence)
    return noted(f"no route to {group.name} asks for authorization: {shown}", evidence)


def _way_title(path: Path, route: Route) -> str:
    return f"{route.title} of {path.api.name or path.api.id if path.api else route.api_id}"
