"""Send the planned probes: a few at a time, every answer or failure an observation, nothing raised."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from vpclink_checks.probes import expect
from vpclink_checks.probes.http import ConfigFaultError, Limits, Ready, Signer, attempt, ready
from vpclink_checks.probes.observation import Attempt, Observation
from vpclink_checks.probes.plan import ProbeRequest

AT_ONCE = 8
ENOUGH = 3  # attempts in a row that ended without any answer: the rest would tell no more
BUDGET_S = 120.0  # for one probe with all its attempts


def send(
    requests: Iterable[ProbeRequest], *, signer: Signer | None = None, limits: Limits | None = None
) -> dict[str, Observation]:
    """What each request met, by Observation.key. *signer* adds the headers of SigV4.

    Attempts of one probe follow each other, each over a fresh connection; probes run side by side.
    Those that never get an answer end early, so a dead path costs three attempts.
    """
    every = tuple(requests)
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="vpclink-probe") as pool:
        seen = pool.map(lambda one: observe(one, signer=signer, limits=limits), every)
    return {one.key: one for one in seen}


def observe(request: ProbeRequest, *, signer: Signer | None = None, limits: Limits | None = None) -> Observation:
    """One probe with all its attempts."""
    if request.skipped:
        return _observation(request, (), via_proxy=False)
    try:
        prepared = ready(request, signer=signer, limits=limits)
    except ConfigFaultError as fault:
        return _observation(request, (Attempt(failure="config", detail=str(fault)),), via_proxy=False)
    return _observation(request, _attempts(prepared), via_proxy=prepared.way.through_proxy)


def _attempts(prepared: Ready) -> tuple[Attempt, ...]:
    end = monotonic() + BUDGET_S
    made: list[Attempt] = []
    for turn in range(max(1, prepared.request.attempts)):
        if turn and (monotonic() > end or _hopeless(made)):
            break
        made.append(attempt(prepared, turn))
    return tuple(made)


def _hopeless(made: list[Attempt]) -> bool:
    return len(made) >= ENOUGH and all(one.status is None for one in made)


def _observation(request: ProbeRequest, attempts: tuple[Attempt, ...], *, via_proxy: bool) -> Observation:
    return Observation(
        key=request.key,
        url=request.url,
        method=request.method,
        path_id=request.path_id,
        also=request.also,
        base_path=request.base_path,
        declared=request.declared,
        marked=expect.marks(request.expect),
        expected_status=request.expect.status,
        max_ms=request.expect.max_ms,
        credentials=request.credentials,
        via_proxy=via_proxy,
        connect_to=request.connect_to,
        attempts=attempts,
        unmet=expect.unmet(request.expect, attempts),
        skipped=request.skipped,
    )
