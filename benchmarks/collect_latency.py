"""Wall time of collecting follows the depth of the chain, not the number of calls.

A stack of 3 mappings, 2 balancers, 200 instances, 400 tasks, 60 security groups, read from a stand-in in another
process; then 100 ms are added to each answer. The bound is 1.4 x depth x 100 ms, beside the time without delay.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))
if TYPE_CHECKING:
    from tests.standin.stacks import Stack

DELAY_S, ALLOWED, RUNS = 0.1, 1.4, 3


def main() -> None:
    from tests.standin.apart import serving  # noqa: PLC0415
    from tests.standin.stacks import Stack  # noqa: PLC0415
    from vpclink_checks.sources.live.collect import collect  # noqa: PLC0415

    stack = Stack(mappings=3, balancers=2, instances=200, tasks=400, groups=60)
    with serving(stack) as aws:
        settings = replace(stack.settings, endpoint_url=aws.url)

        def seconds() -> float:
            started = time.perf_counter()
            collect(settings)
            return time.perf_counter() - started

        seconds()  # bodies are rendered once, models are in the disk's cache
        aws.slow_down()
        plain = median(seconds() for _ in range(RUNS))
        requests, _ = aws.slow_down(DELAY_S)
        slow = median(seconds() for _ in range(RUNS))
        _, at_once = aws.slow_down(DELAY_S)
        one_by_one = _one_at_a_time(seconds)
    deep = depth(stack)
    bound = ALLOWED * deep * DELAY_S + plain
    print(f"requests a run                   {requests // RUNS:6d}   at most {at_once} at once")
    print(f"depth of the chain               {deep:6d}")
    print(f"without delay                    {plain:6.2f} s")
    print(f"with {DELAY_S * 1000:.0f} ms an answer            {slow:6.2f} s")
    print(f"the same, one call at a time     {one_by_one:6.2f} s")
    formula = f"{ALLOWED} x {deep} x {DELAY_S:g} s + {plain:.2f} s"
    print(f"bound: {formula}   {bound:6.2f} s   wall / bound = {slow / bound:.2f}")


def _one_at_a_time(seconds: Callable[[], float]) -> float:
    """One thread for all services together."""
    from vpclink_checks.sources import calls  # noqa: PLC0415
    from vpclink_checks.sources.live import common, schedule  # noqa: PLC0415

    one = dict.fromkeys(calls.LIMITS, 1)
    budgets = dict.fromkeys((row.service for row in calls.TABLE), "ec2")
    with (
        mock.patch.object(schedule, "LIMITS", one),
        mock.patch.object(schedule, "BUDGET_OF", budgets),
        mock.patch.object(common, "LIMITS", one),
    ):
        return seconds()


def depth(stack: Stack) -> int:
    """How many answers have to be waited for one after another, if every call is sent as soon as it is known."""
    from tests.standin.asked import Asked, model_of  # noqa: PLC0415
    from tests.standin.pages import Page  # noqa: PLC0415
    from tests.standin.world import World  # noqa: PLC0415
    from vpclink_checks.sources.calls import ROWS, wanted  # noqa: PLC0415
    from vpclink_checks.sources.facts import Answer, Facts  # noqa: PLC0415

    world, settings = World(stack.recording), stack.settings
    facts, rounds = Facts(), 0
    while open_calls := wanted(facts, settings):
        pages = 1
        for call in open_calls:
            row, model = ROWS[call.service, call.operation], model_of(call.service)
            asked = Asked(
                call.service, call.operation, settings.region, "", call.params, model.operation_model(call.operation)
            )
            whole = world.whole(row, asked, Page(row, asked, 0).params)
            facts.add(Answer(call, whole))
            if row.paging is not None and row.paging.size:
                pages = max(pages, -(-len(whole.get(row.paging.items) or ()) // int(row.paging.size)))
        rounds += pages
    return rounds


if __name__ == "__main__":
    main()
