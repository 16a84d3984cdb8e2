"""What the checks of other entrances share: which ports are ours there, and one verdict out of many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vpclink_checks.checks.backends import ports_of
from vpclink_checks.checks.balancing import in_service
from vpclink_checks.checks.catalogue import Context, NotApplicable
from vpclink_checks.checks.doors import Key
from vpclink_checks.checks.verdict import Verdict, noted, passed, unknown
from vpclink_checks.model.balancing import TargetGroup
from vpclink_checks.model.fact import Gap
from vpclink_checks.words import Outcome


def own_keys(ctx: Context, group: TargetGroup) -> frozenset[Key]:
    """Every name and port on which the path's targets answer. Raises UnknownFact, NotApplicable."""
    if group.target_type == "lambda":
        raise NotApplicable("the target is a Lambda function")
    return frozenset(
        (name, port)
        for target in in_service(ctx)
        for name in ctx.reach.names_of(group, target)
        for port in ports_of(ctx, target).numbers
    )


def settled(verdicts: Iterable[Verdict], gap: Gap | None, what: str, nothing: str) -> Verdict:
    """The worst of several entrances' verdicts.

    *gap*: why there may be more of them; *what* names them ("classic load balancer"), *nothing* is the
    sentence for when there is none.
    """
    every = tuple(verdicts)
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        if worst := next((one for one in every if one.outcome is outcome), None):
            return worst
    if gap is not None:
        return unknown(f"whether a {what} leads here is not known: {gap}")
    notes = [one for one in every if one.outcome is Outcome.NOTE]
    if not notes:
        return every[0] if every else passed(nothing)
    evidence = tuple(dict.fromkeys(one for note in notes for one in note.evidence))
    return replace(noted("; ".join(note.message for note in notes)), evidence=evidence, fix=notes[0].fix)
