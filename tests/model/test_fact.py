"""What a table says about facts that it does not hold."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.healthy import healthy
from vpclink_checks.model.fact import Table, UnknownFact
from vpclink_checks.model.topology import Topology


@pytest.mark.parametrize("topology", [healthy(), Topology(security_groups=Table())], ids=["healthy", "empty"])
def test_what_does_not_exist_is_named_with_call_and_action(topology: Topology) -> None:
    with pytest.raises(UnknownFact) as caught:
        topology.security_groups.need("sg-0f")
    gap = caught.value.gap
    assert (gap.operation, gap.action) == ("ec2:DescribeSecurityGroups",) * 2
    assert "sg-0f" in gap.message


def test_every_table_of_a_topology_names_its_call() -> None:
    topology = healthy()
    tables = {one.name: getattr(topology, one.name) for one in fields(topology)}
    unnamed = [name for name, one in tables.items() if isinstance(one, Table) and not (one.operation and one.action)]
    assert unnamed == []
    assert topology.targets.action == "elasticloadbalancing:DescribeTargetHealth"


def test_what_reads_a_table_is_no_part_of_its_facts() -> None:
    assert healthy().links == Table(rows=healthy().links.rows)
