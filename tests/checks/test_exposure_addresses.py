"""Which interfaces and addresses a target answers on, however it is registered (semantics.md, 7.6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import TO_INTERNET, WORLD, added, all_interfaces, exposed, tcp, worst
from tests.checks.test_exposure import INTERNET, over_ipv6
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import PrivateAddress
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.words import Outcome

OURS = replace(stack.GROUP_API, target_type="ip")
SECOND = replace(
    stack.ENI_HOST_A,
    id="eni-0second",
    device_index=1,
    addresses=(PrivateAddress(address="10.0.1.21", public="203.0.113.21"),),
)


def by_address(address: str = "10.0.1.20", **changes: Any) -> Topology:
    """The path's one target is registered by an address, and the host port is open to the world."""
    targets = {**healthy().targets.rows, stack.TG_API: (Target(id=address, port=10000, zone="eu-west-2a"),)}
    usual: dict[str, Any] = {
        "targets": Table(rows=targets),
        "target_groups": by("arn", OURS, stack.GROUP_STATUS),
        "paths": (replace(stack.PATH_API, target_group=OURS),),
        "security_groups": added(tcp(10000, WORLD)),
        "route_tables": by("id", *(replace(one, routes=(stack.LOCAL, TO_INTERNET)) for one in stack.ROUTE_TABLES)),
    }
    return healthy(**{**usual, **changes})


@pytest.mark.parametrize(
    "instances", [healthy().instances, Table(), Table(gap=Gap(operation="a", action="a", code="b"))]
)
def test_the_address_of_an_instance_stands_for_all_of_its_interfaces(instances: Table[Any]) -> None:
    """The adversary's finding: only the interface with the registered address was judged."""
    one = worst(by_address(interfaces=all_interfaces(SECOND), instances=instances), INTERNET)
    assert one.outcome is Outcome.FAIL
    assert "203.0.113.21" in one.message


def test_which_other_interfaces_an_instance_has_may_not_be_known() -> None:
    unread = Gap(operation="ec2:DescribeNetworkInterfaces", action="a", code="AccessDenied")
    partly = Table(rows=healthy().interfaces.rows, gap=unread)
    assert worst(by_address(interfaces=partly, instances=Table()), INTERNET).outcome is Outcome.UNKNOWN


def test_the_interface_of_a_task_is_its_only_one() -> None:
    arn = "arn:aws:ecs:eu-west-2:123456789012:attachment/01234567-0123-0123-0123-0123456789ab"
    task = replace(stack.ENI_HOST_A, id="eni-0task", addresses=(PrivateAddress(address="10.0.1.30"),), description=arn)
    topology = by_address("10.0.1.30", interfaces=all_interfaces(SECOND, task))
    assert worst(topology, INTERNET).outcome is Outcome.PASS
    host = replace(task, description="")
    topology = by_address("10.0.1.30", interfaces=all_interfaces(SECOND, host))
    assert worst(topology, INTERNET).outcome is Outcome.FAIL


@pytest.mark.parametrize("listed", [(stack.ENI_HOST_A.id,), ()])
def test_an_interface_that_one_of_two_calls_shows_on_the_instance_counts(listed: tuple[str, ...]) -> None:
    """The adversary's finding: what ec2:DescribeInstances did not list was never judged."""
    instance = replace(stack.INSTANCE_A, interface_ids=listed)
    one = worst(exposed(interfaces=all_interfaces(SECOND), instances=by("id", instance, stack.INSTANCE_B)), INTERNET)
    assert one.outcome is Outcome.FAIL
    assert "203.0.113.21" in one.message


def test_a_public_address_that_no_interface_shows_counts_for_an_address_as_well() -> None:
    instance = replace(stack.INSTANCE_A, public_address="203.0.113.99")
    one = worst(by_address(instances=by("id", instance, stack.INSTANCE_B)), INTERNET)
    assert one.outcome is Outcome.UNKNOWN
    assert f"ec2:DescribeInstances gives {stack.HOST_A} the public address 203.0.113.99" in one.message


# -- delegated prefixes ------------------------------------------------------------------------

PREFIX, INSIDE = "2001:db8:5:0:1::/80", "2001:db8:5:0:1::7"


def delegated() -> Topology:
    """Host A with an IPv6 prefix in the place of its IPv6 address."""
    topology = over_ipv6()
    card = topology.interfaces.need(stack.ENI_HOST_A.id)
    return replace(topology, interfaces=all_interfaces(replace(card, ipv6=(), prefixes=("10.0.1.32/28", PREFIX))))


def test_the_addresses_of_a_delegated_ipv6_prefix_are_on_the_internet() -> None:
    """The adversary's finding: "has no public IPv6 address"."""
    one = worst(delegated(), INTERNET)
    assert one.outcome is Outcome.FAIL
    assert "2001:db8:5:0:1::" in one.message


@pytest.mark.parametrize("address", [INSIDE, "10.0.1.33"])
def test_an_address_of_a_prefix_is_the_interfaces(address: str) -> None:
    source = "internet" if ":" in address else "10.0.11.10"
    found = deciding(between(Reach(delegated()), source, address, 10000))
    assert (found.verdict, found.packet.dst) == ("reached", address)


def test_the_internet_reaches_a_target_group_by_every_interface_of_its_targets() -> None:
    topology = by_address(interfaces=all_interfaces(SECOND))
    found = deciding(between(Reach(topology), "internet", OURS.name, 10000))
    assert (found.verdict, found.packet.dst) == ("reached", "203.0.113.21")
    assert deciding(between(Reach(topology), "internet", "10.0.1.20", 10000)).verdict == "blocked"


def test_an_interface_sends_from_its_prefixes_as_well() -> None:
    found = between(Reach(delegated()), stack.ENI_HOST_A.id, "10.0.2.20", 10000)
    assert {one.packet.src for one in found} == {"10.0.1.20", "10.0.1.32/28"}


def test_an_instance_and_an_address_of_its_prefix_are_one_target() -> None:
    reach = Reach(delegated())
    assert ("", stack.HOST_A) in reach.names_of(OURS, Target(id="10.0.1.33", port=10000))
    assert ("", stack.HOST_A) not in reach.names_of(OURS, Target(id="10.0.1.99", port=10000))
