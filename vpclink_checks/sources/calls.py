"""The one table of calls: what is ever asked of AWS, from which facts, and under which IAM action.

The collector, the guard that refuses everything else, replays (to know what is missing) and the
policy all read this table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Call, Facts
from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table import TABLE
from vpclink_checks.sources.table.survey import SURVEY

__all__ = ["ALLOWED", "BUDGET_OF", "LIMITS", "ROWS", "TABLE", "action_of", "wanted"]

# Calls at once. API Gateway's control plane allows about 10 a second for the whole account and is shared with
# whoever deploys, so both its APIs share one small budget, as both of Elastic Load Balancing's share theirs.
LIMITS = {
    "acm": 2,
    "apigateway": 3,
    "autoscaling": 4,
    "cloudfront": 2,
    "ec2": 16,
    "ecs": 8,
    "elbv2": 8,
    "globalaccelerator": 2,
    "route53": 2,
    "servicediscovery": 2,
    "sts": 1,
    "vpc-lattice": 2,
    "wafv2": 1,
}
BUDGET_OF = {"apigatewayv2": "apigateway", "elb": "elbv2"}

_PREFIXES = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}

# What collecting asks, and what ``vpclink init`` asks before it.
ROWS: Mapping[tuple[str, str], Row] = {(row.service, row.operation): row for row in (*SURVEY, *TABLE)}
ALLOWED: frozenset[tuple[str, str]] = frozenset(ROWS)


def action_of(call: Call) -> str:
    """The IAM action that a call takes: ``elasticloadbalancing:DescribeListeners``, ``apigateway:GET``."""
    row = ROWS.get((call.service, call.operation))
    prefix = _PREFIXES.get(call.service, call.service)
    return (row.action if row else "") or f"{prefix}:{call.operation}"


def wanted(
    facts: Facts, settings: EnvSettings, *, in_flight: Collection[Call] = (), rows: Iterable[Row] = TABLE
) -> list[Call]:
    """The calls that the facts so far lead to and that have no answer yet: batched, no call twice, in a fixed order.

    Collecting is asking for these until there are none; in a replay they are what the snapshot lacks.
    What is *in_flight* is not asked again; *rows* may be a part of the table.
    """
    leads = Leads(facts, settings)
    return [call for row in rows for call in row.calls(leads, facts, in_flight)]
