"""The check of the listener hop on an application load balancer's rules: who takes the routes' requests?"""

from __future__ import annotations

from collections.abc import Sequence

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import reached, route_subjects
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import Action, Listener
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.sources.discovery.rules import Taker, sent_by, takers
from vpclink_checks.words import Outcome, Severity

DESCRIBE = "elbv2:DescribeRules"


@check(
    "listener/rules-forward-the-routes",
    title="The rules of an application load balancer hand each route's requests to the target group",
    severity=Severity.BLOCKER,
    subjects=route_subjects,
    why="The first rule that matches answers: a fixed response or a redirect in front keeps requests from the backend.",
    fix=Fix(
        "Let a rule whose conditions fit what API Gateway sends forward to the target group, before any that does not.",
        cli="aws elbv2 set-rule-priorities --rule-priorities RuleArn=ARN,Priority=N",
        terraform='action { type = "forward" target_group_arn = … }',
    ),
    source="botocore 1.44.5, elbv2 Rule.Priority and RuleCondition; faults: listener-alb-rule-mismatch",
    refutable=True,
)
def rules_forward_the_routes(ctx: Context, route: Route) -> Verdict:
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    if balancer.network:
        raise NotApplicable("a network listener has no rules but for sources, which rules-agree-with-default judges")
    listener = reached(ctx, ctx.here.listener, "listener")
    group = reached(ctx, ctx.here.target_group, "target group")
    rules = ctx.topology.listener_rules.need(listener.arn)
    sent = sent_by(ctx.here, route)
    if not rules:
        return _read(route, "any path", (Taker(None),), listener, group.arn)
    if not sent:
        return unknown(
            f"what {route.title} sends to {balancer.name} is not known, and listener {listener.port} has rules"
        )
    found = [_read(route, one, takers(rules, one), listener, group.arn) for one in sent]
    if len({one.outcome for one in found}) == 1 or all(one.outcome in _OPEN for one in found):
        return min(found, key=lambda one: one.outcome.rank)
    readings = "; or ".join(one.message for one in found)
    return unknown(f"it depends on whether the stage's name is sent along: {readings}", *found[0].evidence)


_OPEN = (Outcome.PASS, Outcome.NOTE)


def _read(route: Route, sent: str, every: Sequence[Taker], listener: Listener, group: str) -> Verdict:
    """One reading: *sent* is what the load balancer gets, *every* who may take it, the last one surely."""
    strays = [one for one in every if group not in _groups(_actions(one, listener))]
    evidence = Evidence(DESCRIBE, "Rules", "; ".join(_name(one, listener) for one in every))
    says = f"{route.title} sends {sent} to listener {listener.port}"
    if not strays:
        return passed(f"{says}, which forwards it to the target group", evidence)
    if len(strays) == len(every):
        return failed(f"{says}, where {_name(every[0], listener)} takes it, not the target group", evidence)
    stray = strays[0]
    told = f"{says}, where {' or '.join(_name(one, listener) for one in every)} takes it"
    undecided = [one for one in every if not one.sure and not one.by_path]
    carved_out = stray is not every[-1] or bool(_groups(_actions(every[-1], listener)))
    if carved_out and not undecided:
        return noted(f"{told}, by the request's path", evidence)
    return unknown(f"{told}: which of them cannot be told from the facts", evidence)


def _actions(taker: Taker, listener: Listener) -> tuple[Action, ...]:
    return taker.rule.actions if taker.rule is not None else listener.actions


def _groups(actions: Sequence[Action]) -> set[str]:
    return {one.target_group_arn for action in actions for one in action.forwards if one.weight > 0}


def _name(taker: Taker, listener: Listener) -> str:
    """``rule 10 (path-pattern /*: fixed-response)``."""
    kinds = ", ".join(one.type for one in _actions(taker, listener)) or "no action"
    if taker.rule is None:
        return f"the default action ({kinds})"
    when = ", ".join(f"{field} {'/'.join(values)}" for field, values in taker.rule.conditions) or "always"
    return f"rule {taker.rule.priority} ({when}: {kinds})"
