"""A probe as a whole: who answered each attempt, what that amounts to, and how to say it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vpclink_checks.checks.answers import REMAPPED, Maker, described, maker, shown, suspects
from vpclink_checks.checks.verdict import Verdict, failed, unknown
from vpclink_checks.model.api import GatewayResponse, Route
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.report import Evidence, Fix

SERVER_ERROR = 500
LONG = 400  # characters of what several lines say


@dataclass(frozen=True, slots=True)
class Judged:
    """One attempt and who answered it."""

    attempt: Attempt
    by: Maker


def judged(
    seen: Observation, route: Route | None, *, mutual_tls: bool = False, own: Sequence[GatewayResponse] = ()
) -> tuple[Judged, ...]:
    """Every attempt. *route* is the one that the probe meets, None where no route is known; *own* as for maker."""
    return tuple(Judged(one, maker(seen, one, route, mutual_tls=mutual_tls, own=own)) for one in seen.attempts)


def problem(seen: Observation, every: Sequence[Judged]) -> Verdict | None:
    """What is wrong, whoever should have answered: not sent, not answered, or not as declared. None: nothing."""
    if seen.skipped:
        return unknown(f"not probed: {seen.skipped}")
    stuck = next((one for one in every if one.by is Maker.NOT_ASKED), None)
    if stuck is not None:
        return unknown(f"{seen.title} was not asked: {stuck.attempt.detail}", *evidence(seen, every))
    return None if as_declared(seen, every) else _trouble(seen, every)


def _trouble(seen: Observation, every: Sequence[Judged]) -> Verdict | None:
    bad = [one for one in every if one.by in (Maker.GATEWAY, Maker.NOBODY) or _is_server_error(one)]
    if bad:
        return failed(_broken(seen, every, bad), *evidence(seen, every), fix=_fix(seen))
    if any(one.by is Maker.LOCKED for one in every):
        return unknown(
            f"{seen.title} answered {described(every[0].attempt)}, and the route asks for credentials that the probe "
            "has not: declare a probe with them",
            *evidence(seen, every),
        )
    if seen.unmet:
        text = f"{seen.title} is not what was declared: {shown('; '.join(seen.unmet), LONG)}"
        return failed(text, *evidence(seen, every), fix=_fix(seen))
    return None


def _is_server_error(one: Judged) -> bool:
    """A 5xx of unknown make: whoever made it, callers get errors."""
    return one.by is Maker.UNTOLD and (one.attempt.status or 0) >= SERVER_ERROR


def as_declared(seen: Observation, every: Sequence[Judged]) -> bool:
    """Whether the gateway's own answer is what the config expects ("403 without a key")."""
    own = all(one.by in (Maker.GATEWAY, Maker.LOCKED) for one in every)
    return bool(every) and own and bool(seen.expected_status) and not seen.unmet


def times(count: int) -> str:
    """``6 fresh connections``."""
    return f"{count} fresh connection{'s' if count != 1 else ''}"


def _broken(seen: Observation, every: Sequence[Judged], bad: Sequence[Judged]) -> str:
    """What callers get, how often, at which addresses, and where to look first."""
    first = bad[0].attempt
    share, where = seen.title, ""
    if len(bad) < len(every):
        share = f"{len(bad)} of {times(len(every))} to {seen.title} fail, the others are answered"
        where = f" (at {', '.join(sorted({one.attempt.address for one in bad}))})"
    by = "API Gateway itself answered" if bad[0].by is Maker.GATEWAY else "the answer is"
    got = f"{by} {described(first)}" if first.status is not None else f"no answer: {shown(first.detail, LONG)}"
    return f"{share}: {got}{where}{suspects(first)}"


def _fix(seen: Observation) -> Fix:
    """The same request by hand."""
    way = f"--connect-to ::{seen.connect_to} " if seen.connect_to else ""
    method = "" if seen.method == "GET" else f"-X {seen.method} "
    return Fix(
        "Mend the first hop of this path that fails; if none does, read the stage's execution log for the request.",
        cli=f"curl -sv {method}{way}{shlex.quote(seen.url)}",
    )


def evidence(seen: Observation, every: Sequence[Judged]) -> tuple[Evidence, ...]:
    """Each different answer once, with how often it came."""
    counted = Counter(described(one.attempt) for one in every)
    answers = [Evidence("probe", seen.title, f"{text} ({count} of {len(every)})") for text, count in counted.items()]
    proof = sorted({name for one in every for name in one.attempt.headers if name.startswith(REMAPPED)})
    if proof:
        answers.append(Evidence("probe", "headers of a relayed answer", ", ".join(proof)))
    return tuple(answers)
