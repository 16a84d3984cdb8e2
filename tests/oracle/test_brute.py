"""The engine against the obvious evaluator, over random small networks: no disagreement.

VPCLINK_ORACLE_EXAMPLES is how many are compared in all, VPCLINK_ORACLE_SHARDS into how many parts each family is
cut. Seeds are fixed: the same numbers give the same examples.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.oracle import hops
from tests.oracle.cases import Case, Missing
from tests.oracle.coming import doors, from_address, kinds
from tests.oracle.draws import Draw, some
from tests.oracle.inside import inside, peered
from tests.oracle.missing import without
from tests.oracle.results import told
from tests.oracle.sizes import EXAMPLES, SHARDS

FAMILIES: dict[str, Callable[[Draw], Case]] = {
    "inside": inside,
    "peered": peered,
    "from-the-internet": from_address,
    "doors": doors,
    "kinds": kinds,
    "callers": hops.callers,
    "health-checks": hops.checks,
    "link": hops.link,
}
UNREAD = "unread facts"
WEIGHTS = {"inside": 4, "peered": 5, "callers": 4}  # most rules meet there
WHOLE = sum(WEIGHTS.get(one, 1) for one in (*FAMILIES, UNREAD))


def each(family: str) -> int:
    """How many examples one shard of this family compares, at least."""
    return -(-EXAMPLES * WEIGHTS.get(family, 1) // (WHOLE * SHARDS))


def drawn(draw: Draw, family: str) -> Case | Missing:
    """A case; the last family takes a case of any other, and a fact away from it."""
    if family != UNREAD:
        return FAMILIES[family](draw)
    case = FAMILIES[some(draw, *FAMILIES)](draw)
    return Missing(case, *without(draw, case.facts))


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("family", [*FAMILIES, UNREAD])
def test_the_engine_agrees(family: str, shard: int) -> None:
    compared = 0

    @seed(crc32(f"{family} {shard}".encode()))
    @settings(
        max_examples=each(family),
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.composite(lambda draw: drawn(draw, family))())
    def compare(case: Case | Missing) -> None:
        nonlocal compared
        case.compare()
        compared += 1

    try:
        compare()
    except BaseException:
        told("brute-force", family, shard, compared, 1)
        raise
    told("brute-force", family, shard, compared, 0)
    assert compared >= each(family), f"{family}: only {compared} different examples"
