"""From traces to verdicts: what the checks of the network say about packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vpclink_checks.checks.catalogue import NotApplicable
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.reach.changes import together
from vpclink_checks.reach.trace import Step, Trace
from vpclink_checks.report import Evidence, Fix


def verdict_on(traces: Sequence[Trace], what: str, *, doubt: str = "") -> Verdict:
    """The worst of several packets' traces: blocked, then unknown, then contested, then all arrive.

    *what* names the packets ("traffic from orders in eu-west-2a"). With a *doubt* it is not known
    whether they are sent at all, so that none of them can fail. The fix lets every blocked one of them through.
    """
    if not traces:
        raise NotApplicable("the target has no interface any more")
    for trace in traces:
        if trace.verdict == "blocked":
            return _blocked(trace, what, doubt, _opening(traces))
    doubtful = next((trace for trace in traces if trace.unknown and not trace.contested), None)
    if doubtful is not None:
        reasons = "; ".join(doubtful.doubts)
        return unknown(f"whether {what} ({doubtful.packet.title}) arrives is not known: {reasons}", *_doubts(doubtful))
    contested = next((trace for trace in traces if trace.contested), None)
    if contested is not None:
        change = contested.change
        note = noted(f"{what} ({contested.packet.title}): {contested.contested}", *_evidence(contested.steps))
        return replace(note, fix=change.fix if change is not None else None)
    return _all_arrive(traces, what)


def _blocked(trace: Trace, what: str, doubt: str, fix: Fix | None) -> Verdict:
    rules = "; ".join(step.rule for step in trace.blockers)
    message = f"{what} ({trace.packet.title}) is blocked: {rules}"
    evidence = _evidence(trace.blockers)
    if doubt:
        return unknown(f"{doubt}; if it does, {message}", *evidence)
    return failed(message, *evidence, fix=fix, witness=trace.witness)


def _all_arrive(traces: Sequence[Trace], what: str) -> Verdict:
    packets = ", ".join(dict.fromkeys(trace.packet.title for trace in traces))
    return passed(f"{what} arrives: {packets}", *_evidence(traces[0].steps), witness=traces[0].witness)


def _evidence(steps: Sequence[Step]) -> tuple[Evidence, ...]:
    return tuple(Evidence(step.operation, step.layer, step.rule) for step in steps)


def _doubts(trace: Trace) -> tuple[Evidence, ...]:
    return _evidence([step for step in trace.steps if step.rule in trace.doubts])


def _opening(traces: Sequence[Trace]) -> Fix | None:
    """All that has to change: a packet gets through only when every blocker is gone."""
    found = [step.change for trace in traces if trace.blockers for step in trace.blockers]
    change = together(one for one in found if one is not None)
    return change.fix if change is not None else None
