"""Truth tables of load balancing: zones, weights, rules, ports, protocols (semantics.md, sections 6.3 to 6.9).

Each case cites its row and the source that the row names; the verdicts are the rows', not the engine's output.
What ``reached`` means for a load balancer: reach.middle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by
from tests.reach.truth import (
    AN_ALB,
    CLIENT,
    DROP,
    HOST_AT,
    LB_AT,
    LB_B_AT,
    LISTENED,
    PORT,
    WORLD,
    Facts,
    asked,
    rows,
    tcp,
)
from vpclink_checks.model.balancing import Action, Forward, ListenerRule, Target
from vpclink_checks.model.fact import Table
from vpclink_checks.reach.trace import Decision

CROSS = "load_balancing.cross_zone.enabled"
A, B = "eu-west-2a", "eu-west-2b"
ONLY_A = stack._targets(PORT)[:1]
OWN = {CROSS: "use_load_balancer_configuration"}


def in_state(word: str) -> Facts:
    return Facts(targets=tuple(replace(one, state=word) for one in stack._targets(PORT)))


def forwards(*weights: int) -> dict[str, Any]:
    """A listener whose default action splits between this group and a second one with no targets."""
    arns = (stack.TG_API, stack.TG_STATUS)
    every = tuple(Forward(target_group_arn=arn, weight=weight) for arn, weight in zip(arns, weights, strict=False))
    return {"actions": (Action(forwards=every),)}


def two_groups(*weights: int, rules: tuple[ListenerRule, ...] = ()) -> Facts:
    """The second target group exists, and nothing is registered with it."""
    groups = {
        "target_groups": by("arn", stack.GROUP_API, stack.GROUP_STATUS),
        "targets": Table(rows={stack.TG_API: stack._targets(PORT), stack.TG_STATUS: ()}),
    }
    return Facts(listener=forwards(*weights), rules=rules, more=groups)


# -- from an address of zone b, while the only target is in zone a ------------------------------


@rows(
    ("6.3, NLB default off [C BOTO]", Facts(targets=ONLY_A), "blocked"),
    ("6.3, ALB default on [C BOTO]", Facts(balancer=AN_ALB, targets=ONLY_A), "reached"),
    ("6.3, the target group's attribute [C BOTO]", Facts(targets=ONLY_A, attributes={CROSS: "true"}), "reached"),
    (
        "6.3, unless use_load_balancer_configuration: on [C BOTO]",
        Facts(targets=ONLY_A, attributes=OWN, balancer_attributes={CROSS: "true"}),
        "reached",
    ),
    (
        "6.3, unless use_load_balancer_configuration: off [C BOTO]",
        Facts(targets=ONLY_A, attributes=OWN, balancer_attributes={CROSS: "false"}),
        "blocked",
    ),
    (
        "6.3, the target group's own off wins [C BOTO]",
        Facts(targets=ONLY_A, attributes={CROSS: "false"}, balancer_attributes={CROSS: "true"}),
        "blocked",
    ),
    (
        "6.3, an ALB's target group may turn it off [C BOTO]",
        Facts(balancer=AN_ALB, targets=ONLY_A, attributes={CROSS: "false"}),
        "blocked",
    ),
    (
        "6.9, AvailabilityZone='all' on a target = every zone [C BOTO]",
        Facts(group={"target_type": "ip"}, targets=(Target(id=HOST_AT, port=PORT, zone="all"),)),
        "reached",
    ),
    (
        "6.9, an ip target of one zone is that zone's [C BOTO]",
        Facts(group={"target_type": "ip"}, targets=(Target(id=HOST_AT, port=PORT, zone=A),)),
        "blocked",
    ),
    (
        "6.3, a target in a zone that is not enabled is unused, cross-zone or not [C NLB-TG]",
        Facts(targets=(replace(ONLY_A[0], zone="eu-west-2c"),), attributes={CROSS: "true"}),
        "blocked",
    ),
)
def test_zones(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, LB_B_AT).verdict == expected


# -- health ------------------------------------------------------------------------------------


@rows(
    (
        "6.3, all unhealthy everywhere = fail-open to all [C NLB-HC]",
        in_state("unhealthy"),
        "reached",
    ),
    (
        "6.3, initial targets get packets when there are no others [C NLB-HC]",
        in_state("initial"),
        "reached",
    ),
    ("6, no target registered: nothing is sent on", Facts(targets=()), "blocked"),
    ("6, draining targets get no new connections [C BOTO]", in_state("draining"), "blocked"),
)
def test_health_is_no_filter_and_emptiness_is(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


def test_health_is_told_as_a_step() -> None:
    every = (replace(ONLY_A[0], state="unhealthy", reason="Target.Timeout"), stack._targets(PORT)[1])
    facts = Facts(targets=every, attributes={CROSS: "true"}, hosts=(tcp(PORT, WORLD),))
    told = [step for step in asked(facts, CLIENT, LB_AT).steps if step.layer == "target health"]
    assert [(step.decision, step.operation) for step in told] == [(Decision.ALLOW, "elbv2:DescribeTargetHealth")]
    assert "is unhealthy (Target.Timeout), while others are healthy new connections go to those" in told[0].rule


# -- listeners, weights and rules --------------------------------------------------------------

TO_SECOND = (Action(forwards=(Forward(target_group_arn=stack.TG_STATUS),)),)


def rule(priority: int, *values: str, actions: tuple[Action, ...] = TO_SECOND) -> ListenerRule:
    return ListenerRule(arn=f"rule-{priority}", priority=priority, conditions=(("source-ip", values),), actions=actions)


@rows(
    ("6.4, sum of Weight>0 members: some of it arrives [C BOTO]", two_groups(1, 1), "reached"),
    ("6.4, weight 0 gets nothing [C BOTO]", two_groups(0, 1), "blocked"),
    ("6.4, every weight 0 [C BOTO]", two_groups(0, 0), "blocked"),
    ("6.4, an empty group of weight 0 does no harm [C BOTO]", two_groups(1, 0), "reached"),
    (
        "6.4, NLB rule by address type: IPv4 clients go elsewhere [C BOTO]",
        two_groups(1, rules=(rule(1, "ipv4"),)),
        "blocked",
    ),
    ("6.4, NLB rule by address type: for IPv6 alone [C BOTO]", two_groups(1, rules=(rule(1, "ipv6"),)), "reached"),
    ("6.4, an address type of tomorrow: both readings", two_groups(1, rules=(rule(1, "ipv8"),)), "unknown"),
)
def test_listener_actions(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


def an_alb(*rules: ListenerRule, default: tuple[Action, ...] | None = None) -> Facts:
    facts = two_groups(1, rules=rules)
    listener = {"protocol": "HTTP", **({"actions": default} if default is not None else {})}
    return replace(facts, balancer=AN_ALB, listener={**facts.listener, **listener})


REDIRECT = (Action(type="redirect"),)
ON_PATH = ListenerRule(arn="r", priority=1, conditions=(("path-pattern", ("/x",)),), actions=REDIRECT)


@rows(
    ("6.4, ALB: rules ascending priority then default [C BOTO]", an_alb(ON_PATH), "reached"),
    ("6.4, ALB: source-ip takes all of this client's [C BOTO]", an_alb(rule(1, "10.0.31.0/24")), "blocked"),
    ("6.4, ALB: source-ip of others [C BOTO]", an_alb(rule(1, "10.0.21.0/24")), "reached"),
    (
        "6.4, ALB: the lower number wins [C BOTO]",
        an_alb(rule(2, WORLD), rule(1, WORLD, actions=(Action(forwards=(Forward(target_group_arn=stack.TG_API),)),))),
        "reached",
    ),
    ("6.4, ALB: a listener that answers itself is where packets end", an_alb(default=REDIRECT), "reached"),
)
def test_an_albs_rules(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


# -- ports and protocols -----------------------------------------------------------------------


@rows(
    (
        "6.5, registered port wins over TG port [C BOTO]",
        Facts(group={"port": 80}, hosts=(tcp(PORT, WORLD),)),
        "reached",
    ),
    ("6.5, the TG port does not help [C BOTO]", Facts(group={"port": 80}, hosts=(tcp(80, WORLD),)), "blocked"),
    ("6.5, nor does the listener's [C BOTO]", Facts(hosts=(tcp(LISTENED, WORLD),)), "blocked"),
)
def test_the_registered_port(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


PAIRS = "6.8, legal pairs [C NLB-TG zh]"


def pair(listener: str, group: str, target_type: str = "instance") -> Facts:
    return Facts(listener={"protocol": listener}, group={"protocol": group, "target_type": target_type})


@rows(
    (f"{PAIRS}: TCP -> TCP", pair("TCP", "TCP"), "reached"),
    (f"{PAIRS}: TCP -> TCP_UDP", pair("TCP", "TCP_UDP"), "reached"),
    (f"{PAIRS}: TCP -> TCP_QUIC", pair("TCP", "TCP_QUIC"), "reached"),
    (f"{PAIRS}: TLS -> TCP", pair("TLS", "TCP"), "reached"),
    (f"{PAIRS}: TLS -> TLS", pair("TLS", "TLS"), "reached"),
    (f"{PAIRS}: TCP_QUIC -> TCP_QUIC", pair("TCP_QUIC", "TCP_QUIC"), "reached"),
    (f"{PAIRS}: TLS -> TCP_UDP is none", pair("TLS", "TCP_UDP"), "unknown"),
    (f"{PAIRS}: TCP -> UDP is none", pair("TCP", "UDP"), "unknown"),
    (f"{PAIRS}: TCP_QUIC -> TCP is none", pair("TCP_QUIC", "TCP"), "unknown"),
)
def test_protocol_pairs(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


@pytest.mark.parametrize(
    ("listener", "protocol", "expected"),
    [
        ("TCP", "udp", "blocked"),
        ("UDP", "udp", "reached"),
        ("UDP", "tcp", "blocked"),
        ("TCP_UDP", "udp", "reached"),
        ("TCP_UDP", "tcp", "reached"),
        ("QUIC", "udp", "reached"),
        ("TLS", "udp", "blocked"),
        ("SCTP", "tcp", "unknown"),
    ],
)
def test_what_a_listener_listens_to(listener: str, protocol: str, expected: str) -> None:
    """botocore 1.44.5, elbv2 ProtocolEnum; a word of tomorrow is not known."""
    group = {"TLS": "TCP", "SCTP": "TCP"}.get(listener, listener)
    rules = (tcp(PORT, WORLD), tcp(PORT, WORLD, protocol="udp"))
    facts = replace(pair(listener, group), hosts=rules, attributes=DROP if group == "TCP" else {})
    assert asked(facts, CLIENT, "orders", protocol=protocol).verdict == expected


@rows(("6, no listener on the port: denied at the load balancer", Facts(), "blocked"))
def test_no_listener(facts: Facts, expected: str) -> None:
    found = asked(facts, CLIENT, "orders", 81)
    assert found.verdict == expected
    assert [step.layer for step in found.blockers] == ["listener of orders"]


def test_every_blocker_of_the_whole_way_is_told_at_once() -> None:
    facts = Facts(balancer={"security_group_ids": ("sg-0lb",)}, lb=(), lb_out=(), hosts=(), listener={"port": LISTENED})
    layers = [
        step.layer.split(" of ")[0] + step.layer.rpartition(",")[2] for step in asked(facts, CLIENT, LB_AT).blockers
    ]
    assert layers == ["security groups inbound", "security groups outbound", "security groups inbound"]
