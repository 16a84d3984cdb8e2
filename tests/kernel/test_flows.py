"""The engine against the Linux kernel: random topologies as network namespaces, random flows, no disagreement.

Certified is what the kernel does by itself: unions of rules, first matches, longest prefixes, statefulness, order.
"""

from __future__ import annotations

import os

import pytest

from tests.kernel.ground import Ground
from tests.kernel.judging import disagreement
from tests.kernel.spaces import lacking
from tests.kernel.worlds import world
from tests.oracle.results import told
from tests.support import needs

# make oracle and CI ask for 100; a topology and its flows come from its seed, which a failure prints.
TOPOLOGIES = int(os.environ.get("VPCLINK_ORACLE_TOPOLOGIES", "5"))
FLOWS = 20
SHARD = 5


@pytest.mark.parametrize("first", range(0, TOPOLOGIES, SHARD))
def test_the_kernel_agrees(first: int) -> None:
    needs(not lacking(), f"flows through the kernel, which take {lacking()}")
    compared, found = 0, []
    for seed in range(first, min(first + SHARD, TOPOLOGIES)):
        made = world(seed, FLOWS)
        with Ground(made.topology, made.containers) as ground:
            found += [text for text in (disagreement(made, ground, flow) for flow in made.flows) if text]
        compared += len(made.flows)
    told("kernel", "flows", first // SHARD, compared, len(found))
    assert not found, "\n\n".join(found)
    assert compared == FLOWS * min(SHARD, TOPOLOGIES - first)
