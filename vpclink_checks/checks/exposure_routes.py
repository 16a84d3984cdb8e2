"""Ways round the authorization: routes of any API that end at the same targets."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.exposure_doors import here_of
from vpclink_checks.checks.subjects import target_group_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.path import Path
from vpclink_checks.reach.doors.apis import served_by, title_of, unread_ways, ways_in
from vpclink_checks.reach.doors.certificate import DOORS_NOT_JUDGED
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity


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
    ways = ways_in(here_of(ctx))
    if not ways:
        raise NotApplicable(f"no route leads to {group.name}")
    bare = [title_of((path, route)) for path, route in ways if not route.asks]
    asking = len(ways) - len(bare)
    shown = ", ".join(dict.fromkeys(bare))
    evidence = Evidence("apigateway:GetExport", "authorizationType NONE", shown)
    if (gap := unread_ways(ctx.topology)) is not None and _gap_decides(ctx, ways):
        return unknown(f"whether every deployed route to {group.name} asks for authorization is not known: {gap}")
    if not bare:
        return passed(f"all {asking} routes to {group.name} ask for authorization; {DOORS_NOT_JUDGED}")
    if asking:
        return failed(f"{asking} routes to {group.name} ask for authorization, but these do not: {shown}", evidence)
    if ctx.settings.auth == "required":
        return failed(f"authorization is required, and these routes to {group.name} ask for none: {shown}", evidence)
    return noted(f"no route to {group.name} asks for authorization: {shown}", evidence)


def _gap_decides(ctx: Context, ways: tuple[tuple[Path, Route], ...]) -> bool:
    """Whether what was not read could change the answer.

    Not where deployed routes disagree already, and not where each is known to ask for nothing.
    """
    sure = {route.asks for path, route in ways if _served(ctx, path)}
    claimed = ctx.settings.auth == "required" or any(route.asks for _, route in ways)
    if not claimed:
        return not all(_served(ctx, path) for path, _ in ways)
    return not (False in sure and (True in sure or ctx.settings.auth == "required"))


def _served(ctx: Context, path: Path) -> bool:
    """Whether the path's routes are those that its stage serves: authorization counts as deployed."""
    return path.stage is None or served_by(ctx.topology, path) is not None
