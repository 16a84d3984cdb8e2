"""Which zone sends to which target (semantics.md 6.3, 6.9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import healthy as stack
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import Target, Zone
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.reach.engine import Reach

CROSS = "load_balancing.cross_zone.enabled"
A, B = "eu-west-2a", "eu-west-2b"
OWN = {(A, stack.HOST_A), (B, stack.HOST_B)}
EVERY = {(zone, host) for zone in (A, B) for host in (stack.HOST_A, stack.HOST_B)}


def legs(targets: tuple[Target, ...] | None = None, *, group: str = "", balancer: str = "") -> set[tuple[str, str]]:
    changes = {"targets": Table(rows={stack.TG_API: targets})} if targets else {}
    topology = healthy(
        target_group_attributes=Table(rows={stack.TG_API: {CROSS: group} if group else {}}),
        load_balancer_attributes=Table(rows={stack.NLB_ARN: {CROSS: balancer} if balancer else {}}),
        **changes,
    )
    return {(leg.zone.name, leg.target.id) for leg in Reach(topology).legs(stack.PATH_API)}


@pytest.mark.parametrize(
    ("group", "balancer", "expected"),
    [
        ("", "", OWN),
        ("", "true", EVERY),
        ("use_load_balancer_configuration", "true", EVERY),
        ("use_load_balancer_configuration", "false", OWN),
        ("false", "true", OWN),
        ("true", "false", EVERY),
    ],
)
def test_cross_zone_in_effect(group: str, balancer: str, expected: set[tuple[str, str]]) -> None:
    assert legs(group=group, balancer=balancer) == expected


def test_an_alb_crosses_zones_unless_its_target_group_does_not() -> None:
    balancer = replace(stack.NLB, type="application", security_group_ids=("sg-1",))
    path = replace(stack.PATH_API, load_balancer=balancer)
    for value, expected in (("use_load_balancer_configuration", 4), ("false", 2)):
        topology = healthy(target_group_attributes=Table(rows={stack.TG_API: {CROSS: value}}))
        assert len(Reach(topology).legs(path)) == expected


def test_draining_targets_and_targets_in_other_zones_get_nothing() -> None:
    one = stack._targets(10000)[0]
    assert legs((one, replace(stack._targets(10000)[1], state="draining"))) == {(A, stack.HOST_A)}
    assert legs((one, replace(one, id="i-elsewhere", zone="eu-west-2c")), group="true") == {
        (A, stack.HOST_A),
        (B, stack.HOST_A),
    }


def test_a_target_in_no_zone_gets_packets_from_all() -> None:
    assert legs((Target(id="10.9.0.1", port=10000, zone="all"),)) == {(A, "10.9.0.1"), (B, "10.9.0.1")}


def test_the_zone_is_read_from_the_interface_where_the_registration_does_not_say_it() -> None:
    assert legs(tuple(replace(one, zone="") for one in stack._targets(10000))) == OWN


def test_unread_attributes_leave_a_doubt_on_the_foreign_legs_alone() -> None:
    unread = Gap(operation="elbv2:DescribeTargetGroupAttributes", action="x", code="AccessDenied")
    found = Reach(healthy(target_group_attributes=Table(gap=unread))).legs(stack.PATH_API)
    assert {(leg.zone.name, leg.target.id) for leg in found if not leg.doubt} == OWN
    assert {(leg.zone.name, leg.target.id) for leg in found} == EVERY
    assert all("DescribeTargetGroupAttributes" in leg.doubt for leg in found if leg.doubt)


def test_one_zone_alone() -> None:
    balancer = replace(stack.NLB, zones=(Zone(name=A, subnet_id=stack.NLB_A),))
    path = replace(stack.PATH_API, load_balancer=balancer)
    topology = healthy(load_balancers=by("arn", balancer))
    assert [(leg.zone.name, leg.target.id) for leg in Reach(topology).legs(path)] == [(A, stack.HOST_A)]
