"""Which of the calls that the facts lead to are sent now: as many as the limits let, the leading ones first.

Nothing waits for a whole round to end: every answer may lead on by itself. Only a batch that is not
full waits while something is being asked that may add to it, for one call more costs more than a moment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from vpclink_checks.sources.calls import BUDGET_OF, LIMITS, ROWS, TABLE
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.rows import Row

_RANK: Mapping[str, tuple[bool, int]] = {row.name: (row.closing, number) for number, row in enumerate(TABLE)}


def budget_of(call: Call) -> str:
    """The limit that a call counts against."""
    return BUDGET_OF.get(call.service, call.service)


def next_calls(open_calls: Collection[Call], in_flight: Collection[Call]) -> list[Call]:
    """Those of the open calls to send now. Never none of them while nothing is in flight."""
    asked = {call.name for call in (*open_calls, *in_flight)}
    ready = [call for call in open_calls if not _waits(call, asked - {call.name})]
    if not ready and not in_flight:
        ready = list(open_calls)
    return _within(sorted(ready, key=_rank), Counter(budget_of(call) for call in in_flight))


def _rank(call: Call) -> tuple[bool, int]:
    return _RANK.get(call.name, (True, len(_RANK)))


def _within(calls: Iterable[Call], taken: Counter[str]) -> list[Call]:
    chosen = []
    for call in calls:
        if taken[budget_of(call)] < LIMITS[budget_of(call)]:
            taken[budget_of(call)] += 1
            chosen.append(call)
    return chosen


def _waits(call: Call, asked: Collection[str]) -> bool:
    """Whether something that is being asked, or will be, may add to this call's batch."""
    row = ROWS[call.service, call.operation]
    return row.batch is not None and not _full(row, call) and not _feeders(row).isdisjoint(asked)


def _full(row: Row, call: Call) -> bool:
    things = row.batch.split(call.params)[1] if row.batch else None
    return things is None or (row.batch is not None and len(things) >= row.batch.size)


def _feeders(row: Row) -> frozenset[str]:
    """The operations whose answers name what this one asks for, and those that lead to these."""
    found: set[str] = set()
    new = set(row.batch.after) if row.batch else set()
    while new:
        found |= new
        led = (_BY_NAME[name].batch for name in new if name in _BY_NAME)
        new = {name for batch in led if batch is not None for name in batch.after} - found
    return frozenset(found - {row.name})


_BY_NAME: Mapping[str, Row] = {row.name: row for row in TABLE}
