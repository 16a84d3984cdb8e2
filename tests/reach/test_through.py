"""From an internet-facing load balancer's listener to its targets: every condition on the way, for the same source."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by
from tests.reach.test_truth_tables import behind_nlb
from tests.reach.truth import (
    CLIENT,
    CLIENT_AT,
    CLIENT_NET,
    CLIENT_SUBNET,
    DROP,
    GROUPED,
    HOST_AT,
    LB_AT,
    LISTENED,
    PORT,
    SG_CLIENT,
    VPC_NET,
    WORLD,
    Facts,
    asked,
    interface,
    tcp,
)
from vpclink_checks.model.balancing import Action, Target
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, PrivateAddress, RouteEntry
from vpclink_checks.reach.trace import Trace

PUBLIC = {"scheme": "internet-facing"}
TO_INTERNET = RouteEntry(destination=WORLD, target=stack.IGW)
OFFICE, OTHERS = "198.51.100.0/24", "203.0.113.0/24"
OUTSIDE = tuple(
    replace(one, addresses=(PrivateAddress(address=one.private_addresses[0], public=public),))
    for one, public in ((stack.ENI_NLB_A, "203.0.113.81"), (stack.ENI_NLB_B, "203.0.113.82"))
)


def acl(id_: str, *entries: AclEntry, subnets: tuple[str, ...]) -> NetworkAcl:
    return NetworkAcl(id=id_, vpc_id=stack.VPC, subnet_ids=subnets, entries=entries)


def entry(egress: bool, cidr: str = WORLD, first: int | None = None, last: int | None = None) -> AclEntry:
    return AclEntry(number=100, egress=egress, allow=True, protocol="6", cidr=cidr, from_port=first, to_port=last)


IN, OUT = entry(egress=False), entry(egress=True)
NLB_SUBNETS, HOST_SUBNETS = (stack.NLB_A, stack.NLB_B), (stack.HOSTS_A, stack.HOSTS_B)


def facing(lb: tuple[AclEntry, ...] = (IN, OUT), hosts: tuple[AclEntry, ...] = (IN, OUT), **more: Any) -> Facts:
    """An internet-facing NLB; the targets' subnets have no route to the internet, and need none."""
    tables = tuple(replace(one, routes=(stack.LOCAL, TO_INTERNET)) if one.main else one for one in stack.ROUTE_TABLES)
    changed = {
        "route_tables": by("id", *tables),
        "network_acls": by(
            "id", acl("acl-0lb", *lb, subnets=NLB_SUBNETS), acl("acl-0host", *hosts, subnets=HOST_SUBNETS)
        ),
        **more.pop("tables", {}),
    }
    balancer = {**PUBLIC, **more.pop("balancer", {})}
    return Facts(balancer=balancer, interfaces=OUTSIDE, more=changed, **more)


def from_internet(facts: Facts, source: str = "internet") -> Trace:
    return asked(facts, source, "orders")


UNREAD = Gap(
    operation="elbv2:DescribeTargetGroupAttributes",
    action="elasticloadbalancing:DescribeTargetGroupAttributes",
    code="AccessDeniedException",
)


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "open": ({}, "reached"),
    "preserved: the targets admit the VPC alone": ({"admit": (tcp(PORT, VPC_NET),)}, "blocked"),
    "not preserved: the targets admit the VPC alone": ({"admit": (tcp(PORT, VPC_NET),), "attributes": DROP}, "reached"),
    "preserved: the targets' ACL lets the VPC in alone": (
        {"hosts": (entry(egress=False, cidr=VPC_NET), OUT)},
        "blocked",
    ),
    "not preserved: the targets' ACL lets the VPC in alone": (
        {"hosts": (entry(egress=False, cidr=VPC_NET), OUT), "attributes": DROP},
        "reached",
    ),
    "preserved: the targets' ACL lets no reply out to clients": (
        {"hosts": (IN, entry(egress=True, cidr=VPC_NET))},
        "blocked",
    ),
    "preserved: replies fit one half of the ports at each end": (
        {"lb": (IN, OUT), "hosts": (IN, entry(egress=True, first=1024, last=2000))},
        "reached",
    ),
    "preserved: no port is let back on the whole way": (
        {
            "lb": (IN, entry(egress=True, first=2001, last=65535), replace(OUT, number=101, cidr=VPC_NET)),
            "hosts": (IN, entry(egress=True, first=1024, last=2000)),
        },
        "blocked",
    ),
    "preserved: the load balancer's subnet takes no replies in": (
        {"lb": (entry(egress=False, cidr=OFFICE), OUT)},
        "blocked",
    ),
    "the load balancer's groups let nothing out to the targets": (
        {"balancer": GROUPED, "lb_out": (tcp(LISTENED, WORLD),)},
        "blocked",
    ),
    "the load balancer's groups let it out": ({"balancer": GROUPED, "lb_out": (tcp(PORT, VPC_NET),)}, "reached"),
    "a reference to the load balancer's groups, preserved": (
        {"balancer": GROUPED, "admit": (tcp(PORT, group_id="sg-0lb"),)},
        "reached",
    ),
    "preservation unread, both readings open": ({"unread": True}, "reached"),
    "preservation unread, the readings differ": ({"unread": True, "admit": (tcp(PORT, VPC_NET),)}, "unknown"),
    "no target is registered": ({"targets": ()}, "blocked"),
    "the only target is in a zone that is not enabled": (
        {"targets": (Target(id=stack.HOST_A, port=PORT, zone="eu-west-2c"),)},
        "blocked",
    ),
    "a listener that answers by itself": (
        {
            "balancer": {"type": "application", "security_group_ids": ("sg-0lb",)},
            "listener": {"protocol": "HTTP", "actions": (Action(type="redirect"),)},
            "admit": (),
        },
        "reached",
    ),
    "no listener on the port": ({"listener": {"port": 80}}, "blocked"),
}


@pytest.mark.parametrize(("how", "expected"), CASES.values(), ids=CASES.keys())
def test_from_the_internet_to_a_target(how: dict[str, Any], expected: str) -> None:
    assert from_internet(facts_of(**how)).verdict == expected


def facts_of(*, unread: bool = False, admit: tuple[Any, ...] | None = None, **how: Any) -> Facts:
    acls = {name: how.pop(name) for name in ("lb", "hosts") if name in how}
    facts = facing(**acls, **how)
    if admit is not None:
        facts = replace(facts, hosts=admit)
    return replace(facts, more={**facts.more, "target_group_attributes": Table(gap=UNREAD)}) if unread else facts


def test_the_sources_of_every_condition_have_to_meet() -> None:
    """The load balancer admits one office, the target another: nobody passes both."""
    office = facts_of(balancer=GROUPED, admit=(tcp(PORT, OTHERS),))
    apart = replace(office, lb=(tcp(LISTENED, OFFICE),))
    assert from_internet(apart).verdict == "blocked"
    assert from_internet(replace(office, lb=(tcp(LISTENED, OTHERS),))).verdict == "reached"
    assert from_internet(replace(office, lb=(tcp(LISTENED, OTHERS),)), OFFICE).verdict == "blocked"


def test_what_was_not_read_is_named_with_its_action() -> None:
    found = from_internet(facts_of(unread=True, admit=(tcp(PORT, VPC_NET),)))
    assert any("elasticloadbalancing:DescribeTargetGroupAttributes" in doubt for doubt in found.doubts)


def test_a_reason_for_each_way_that_is_shut() -> None:
    found = from_internet(facts_of(admit=(tcp(PORT, VPC_NET),)))
    shut = "; ".join(step.rule for step in found.blockers)
    assert f"on tcp {PORT} through orders" in shut


def test_an_address_of_the_load_balancer_is_asked_about_alone() -> None:
    only_a = facts_of(targets=(Target(id=HOST_AT, port=PORT, zone="eu-west-2a"),), group={"target_type": "ip"})
    assert asked(only_a, "internet", "203.0.113.81").verdict == "reached"
    assert asked(only_a, "internet", "203.0.113.82").verdict == "blocked"


def test_a_client_of_the_vpc_at_the_public_address_is_seen_by_a_public_one() -> None:
    """It comes by a gateway: the targets see neither its private address nor its group (semantics.md, section 7.3)."""
    out = {
        "route_tables": by(
            "id", *(replace(one, routes=(stack.LOCAL, TO_INTERNET)) if one.main else one for one in stack.ROUTE_TABLES)
        )
    }
    addressed = replace(
        interface(CLIENT, CLIENT_SUBNET, CLIENT_AT, SG_CLIENT),
        addresses=(PrivateAddress(address=CLIENT_AT, public="203.0.113.31"),),
    )
    facts = facing(tables=out)
    facts = replace(facts, interfaces=(*facts.interfaces, addressed))
    facts = replace(facts, more={**facts.more, "network_acls": by("id", *facts.topology.network_acls.all(), stack.ACL)})
    assert asked(facts, CLIENT, "203.0.113.81").verdict == "reached"
    inside = replace(facts, hosts=(tcp(PORT, CLIENT_NET),))
    assert asked(inside, CLIENT, "203.0.113.81").verdict == "blocked"
    assert asked(inside, CLIENT, LB_AT).verdict == "reached"


@pytest.mark.parametrize(
    ("rule", "is_open"),
    [(tcp(PORT, WORLD), True), (tcp(PORT, VPC_NET), False), (tcp(PORT + 1, WORLD), False)],
    ids=["the ALB admits clients", "the ALB admits the NLB's addresses alone", "another port"],
)
def test_an_alb_behind_the_nlb_has_to_admit_the_client_itself(rule: GroupRule, is_open: bool) -> None:
    """semantics.md, section 5: NLB -> ALB target, client IP always preserved [C NLB-TG]."""
    facts = behind_nlb(facing(), rule)
    facts = replace(facts, interfaces=(*facts.interfaces, *OUTSIDE))
    path, reach = facts.path, facts.reach
    assert path.load_balancer is not None
    assert path.target_group is not None
    outside = reach.internet_to_balancer(path.load_balancer, LISTENED)
    found = reach.through_balancer(outside, path.load_balancer, path.target_group, facts.targets or ())
    assert (found.open is not None) is is_open
    assert (found.maybe_open is not None) is is_open
