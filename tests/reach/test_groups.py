"""Security groups: a truth table of amazon-vpc-user-guide and botocore's IpPermission (semantics.md 7.3)."""

from __future__ import annotations

import pytest

from tests.healthy import by
from tests.reach.facts import SG_A, SG_B, SUBNET_A, SUBNET_B, end, gap, group, prefix_list, tcp, world_of
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import GroupRule
from vpclink_checks.reach import groups
from vpclink_checks.reach.trace import Step

SOURCE = end("10.0.0.9", SUBNET_A, SG_A)


def inbound(*rules: GroupRule, port: int = 443, source: object = SOURCE, protocol: str = "tcp") -> Step:
    target = end("10.0.1.5", SUBNET_B, SG_B)
    facts = world_of(
        security_groups=by("id", group(SG_B, *rules)),
        prefix_lists=by("id", prefix_list("pl-01", "192.0.2.0/24", "10.0.0.0/28")),
    )
    assert isinstance(source, type(SOURCE))
    return groups.decide(facts, target, source, "ingress", protocol=protocol, port=port)


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        pytest.param([], "deny", id="no inbound rule: closed"),
        pytest.param([tcp(443, "10.0.0.9/32")], "allow", id="the address"),
        pytest.param([tcp(443, "10.0.0.0/16")], "allow", id="a network that holds it"),
        pytest.param([tcp(443, "10.0.0.8/32")], "deny", id="its neighbour"),
        pytest.param([tcp(444, "10.0.0.9/32")], "deny", id="the port beside"),
        pytest.param([tcp(80, "0.0.0.0/0"), tcp(443, "10.0.0.9/32")], "allow", id="rules have no order"),
        pytest.param([GroupRule(protocol="tcp", from_port=1, to_port=442, cidr="0.0.0.0/0")], "deny", id="range ends"),
        pytest.param([GroupRule(protocol="tcp", from_port=443, to_port=443, cidr="::/0")], "deny", id="IPv6 only"),
        pytest.param([GroupRule(protocol="-1", cidr="0.0.0.0/0")], "allow", id="-1: every protocol and port"),
        pytest.param(
            [GroupRule(protocol="-1", from_port=0, to_port=0, cidr="0.0.0.0/0")], "allow", id="-1 with ports 0"
        ),
        pytest.param([GroupRule(protocol="6", from_port=443, to_port=443, cidr="0.0.0.0/0")], "allow", id="by number"),
        pytest.param([GroupRule(protocol="udp", from_port=443, to_port=443, cidr="0.0.0.0/0")], "deny", id="udp"),
        pytest.param([tcp(443, "0.0.0.0/1"), tcp(443, "128.0.0.0/1")], "allow", id="split halves"),
        pytest.param([tcp(443, group_id=SG_A)], "allow", id="a group that the source carries"),
        pytest.param([tcp(443, group_id=SG_B)], "deny", id="a self rule, and a source outside"),
        pytest.param([tcp(443, group_id=SG_B), tcp(443, "0.0.0.0/0")], "allow", id="a self rule before a world rule"),
        pytest.param([tcp(443, group_id="sg-gone")], "deny", id="a stale reference matches nothing"),
        pytest.param([tcp(443, prefix_list_id="pl-01")], "allow", id="any entry of a prefix list"),
        pytest.param([tcp(443, prefix_list_id="pl-gone")], "deny", id="a prefix list that is gone"),
    ],
)
def test_ingress(rules: list[GroupRule], decision: str) -> None:
    assert inbound(*rules).decision == decision


def test_a_protocol_without_ports_ignores_them() -> None:
    """IpPermission: for protocols other than tcp, udp, icmp and icmpv6 every port counts."""
    rule = GroupRule(protocol="47", from_port=5, to_port=5, cidr="0.0.0.0/0")
    assert inbound(rule, protocol="47", port=443).decision == "allow"
    assert inbound(rule, protocol="tcp", port=5).decision == "deny"


def test_the_union_of_two_groups_on_one_interface() -> None:
    facts = world_of(security_groups=by("id", group(SG_A), group(SG_B, tcp(443, "0.0.0.0/0"))))
    target = end("10.0.1.5", SUBNET_B, SG_A, SG_B)
    step = groups.decide(facts, target, SOURCE, "ingress", protocol="tcp", port=443)
    assert step.decision == "allow"
    assert step.rule == "security group sg-0b (0b) allows tcp 443 with 0.0.0.0/0"


def test_no_egress_rule_closes_new_outbound_flows() -> None:
    facts = world_of(security_groups=by("id", group(SG_A)))
    step = groups.decide(facts, SOURCE, end("10.0.1.5", SUBNET_B, SG_B), "egress", protocol="tcp", port=443)
    assert step.decision == "deny"
    assert step.fix is not None
    assert "authorize-security-group-egress --group-id sg-0a" in step.fix.cli
    assert "GroupId=sg-0b" in step.fix.cli


def test_the_refusal_says_who_is_let_in_and_how_to_mend_it() -> None:
    step = inbound(tcp(443, "10.9.0.0/24"))
    assert step.rule == ("no inbound rule of sg-0b allows tcp 443 from 10.0.0.9; tcp 443 is open from 10.9.0.0/24 only")
    assert step.fix is not None
    assert "--group-id sg-0b" in step.fix.cli
    assert 'referenced_security_group_id = "sg-0a"' in step.fix.terraform


def test_a_source_without_groups_is_admitted_by_its_address() -> None:
    step = inbound(source=end("10.0.0.9", SUBNET_A, filtered=False))
    assert step.fix is not None
    assert "CidrIp=10.0.0.9/32" in step.fix.cli


@pytest.mark.parametrize(
    ("own_rules", "decision"),
    [([], "unknown"), ([tcp(443, "10.0.0.0/8")], "allow")],
    ids=["it could be in the group that was not read", "the other group suffices"],
)
def test_a_group_that_was_not_read(own_rules: list[GroupRule], decision: str) -> None:
    readable = group(SG_B, *own_rules)
    facts = world_of(security_groups=Table(rows={SG_B: readable}, gaps={SG_A: gap()}))
    target = end("10.0.1.5", SUBNET_B, SG_A, SG_B)
    step = groups.decide(facts, target, SOURCE, "ingress", protocol="tcp", port=443)
    assert step.decision == decision
    assert ("ec2:DescribeSecurityGroups" in step.rule) == (decision == "unknown")


def test_an_unread_prefix_list_is_unknown_only_where_it_decides() -> None:
    lists: Table[object] = Table(gap=gap("ec2:GetManagedPrefixListEntries"))
    by_list = tcp(443, prefix_list_id="pl-01")
    for rules, decision in (((by_list,), "unknown"), ((by_list, tcp(443, "10.0.0.0/8")), "allow")):
        facts = world_of(security_groups=by("id", group(SG_B, *rules)), prefix_lists=lists)
        step = groups.decide(facts, end("10.0.1.5", SUBNET_B, SG_B), SOURCE, "ingress", protocol="tcp", port=443)
        assert step.decision == decision


def test_a_source_somewhere_in_its_subnet() -> None:
    """Its address was not read: all of the subnet admitted, none of it, or a part."""
    somewhere = end("10.0.0.0/24", SUBNET_A, filtered=False)
    assert inbound(tcp(443, "10.0.0.0/16"), source=somewhere).decision == "allow"
    assert inbound(tcp(443, "10.9.0.0/16"), source=somewhere).decision == "deny"
    assert inbound(tcp(443, "10.0.0.0/25"), source=somewhere).decision == "unknown"


def test_the_internet_is_in_no_group() -> None:
    facts = world_of(security_groups=by("id", group(SG_B, tcp(443, group_id=SG_B))))
    found = groups.openings(facts, (SG_B,), "ingress", protocol="tcp", port=443, family=4)
    assert not groups.admitted(found, 4).possible
