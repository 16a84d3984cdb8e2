"""Network ACLs: a truth table of amazon-vpc-user-guide, vpc-network-acls (semantics.md 7.2)."""

from __future__ import annotations

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import SUBNET_A, SUBNET_B, allow, deny, end, gap, world_of
from vpclink_checks.model.fact import Table, UnknownFact, unheard_of
from vpclink_checks.model.network import AclEntry, NetworkAcl
from vpclink_checks.reach import acls
from vpclink_checks.reach.protocols import REPLY_PORTS
from vpclink_checks.reach.sets import Ranges, one_port
from vpclink_checks.reach.trace import Step

PEER = end("10.0.0.9", SUBNET_A, filtered=False)
OWN = end("10.0.1.5", SUBNET_B, filtered=False)
HTTPS = one_port(443)
MOON = unheard_of("ec2:DescribeNetworkAcls", "the action of rule 100", "MOON")


def inbound(*entries: AclEntry, asked: Ranges = HTTPS, egress: bool = False) -> Step:
    acl = NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=entries)
    facts = world_of(network_acls=by("id", acl))
    return acls.decide(facts, OWN, PEER, egress=egress, protocol="tcp", asked=asked)


@pytest.mark.parametrize(
    ("entries", "decision"),
    [
        pytest.param([], "deny", id="no entry: the last rule denies"),
        pytest.param([allow(100)], "allow", id="everything"),
        pytest.param([deny(32767), allow(100)], "allow", id="sorted by number, not as listed"),
        pytest.param([allow(200), deny(100)], "deny", id="the first match decides"),
        pytest.param([deny(100, "10.0.0.0/28"), allow(200)], "deny", id="a deny that matches"),
        pytest.param([deny(100, "10.9.0.0/16"), allow(200)], "allow", id="a deny for others"),
        pytest.param([deny(100, protocol="17"), allow(200)], "allow", id="a deny for udp"),
        pytest.param([deny(100, protocol="6", from_port=80, to_port=90), allow(200)], "allow", id="another port"),
        pytest.param([allow(100, protocol="6", from_port=443, to_port=443)], "allow", id="the port"),
        pytest.param([allow(100, protocol="6", from_port=444, to_port=500)], "deny", id="the port beside"),
        pytest.param([allow(100, "::/0")], "deny", id="IPv6 entries do not count for IPv4"),
        pytest.param([allow(100, egress=True)], "deny", id="the other direction"),
        pytest.param([allow(100, "10.0.0.0/25"), allow(110, "10.0.0.128/25")], "allow", id="split halves"),
        pytest.param([allow(100, doubt=MOON), allow(200)], "unknown", id="an action of tomorrow"),
        pytest.param([allow(100), deny(200, doubt=MOON)], "allow", id="an action of tomorrow behind what decides"),
        pytest.param([deny(100, "10.9.0.0/16", doubt=MOON), allow(200)], "allow", id="an action for others"),
        pytest.param([deny(100, protocol="17", doubt=MOON)], "deny", id="an action of tomorrow for udp"),
    ],
)
def test_one_port(entries: list[AclEntry], decision: str) -> None:
    assert inbound(*entries).decision == decision


@pytest.mark.parametrize(
    ("entries", "decision"),
    [
        ([allow(100, protocol="6", from_port=1024, to_port=65535)], "allow"),
        ([allow(100, protocol="6", from_port=32768, to_port=65535)], "deny"),
        (
            [
                allow(100, protocol="6", from_port=1024, to_port=40000),
                allow(110, protocol="6", from_port=40001, to_port=65535),
            ],
            "allow",
        ),
        ([deny(100, protocol="6", from_port=3389, to_port=3389), allow(200)], "deny"),
    ],
    ids=["exactly the range", "only from 32768 on", "in two pieces", "one port of it denied"],
)
def test_a_reply_needs_every_port(entries: list[AclEntry], decision: str) -> None:
    """elb-network-load-balancers-user-guide, target-group-register-targets: 1024-65535."""
    assert inbound(*entries, asked=REPLY_PORTS).decision == decision


def test_the_step_names_the_entry_and_a_fix_that_comes_first() -> None:
    step = inbound(allow(90, "10.9.0.0/16"), deny(100, protocol="6", from_port=1, to_port=65535), allow(200))
    assert step.rule == (
        "network ACL acl-01 inbound rule 100 denies tcp 1-65535 with 0.0.0.0/0, met by tcp 443 from 10.0.0.9"
    )
    assert step.fix is not None
    assert "--rule-number 99" in step.fix.cli
    assert "--cidr-block 10.0.0.9/32 --rule-action allow" in step.fix.cli


def test_the_last_rule_is_called_by_its_star() -> None:
    assert "rule * denies" in inbound().rule
    assert "rule * denies" in inbound(deny(32767)).rule


def test_no_number_is_free_below_the_first() -> None:
    step = inbound(deny(1), allow(2))
    assert step.fix is not None
    assert step.fix.text.startswith("Renumber inbound rules of acl-01 (1 becomes 2, 2 becomes 3), then allow")
    numbers = [line.partition("--rule-number ")[2].split()[0] for line in step.fix.cli.splitlines()]
    assert numbers == ["3", "2", "2", "1", "1"], "each copied up before it is deleted, the last first"


def test_a_peer_somewhere_in_its_subnet_partly_denied_is_unknown() -> None:
    acl = NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=(deny(1, "10.0.0.9/32"), allow(2)))
    somewhere = end("10.0.0.0/24", SUBNET_A, filtered=False)
    facts = world_of(network_acls=by("id", acl))
    step = acls.decide(facts, OWN, somewhere, egress=False, protocol="tcp", asked=one_port(443))
    assert step.decision == "unknown"


def test_a_subnet_without_association_has_the_default_acl() -> None:
    default = NetworkAcl(id="acl-de", vpc_id=VPC, default=True)
    elsewhere = NetworkAcl(id="acl-xx", vpc_id="vpc-other", default=True)
    facts = world_of(network_acls=by("id", elsewhere, default))
    assert acls.acl_of(facts, SUBNET_B, VPC) is default
    with pytest.raises(UnknownFact):
        acls.acl_of(world_of(network_acls=by("id", elsewhere)), SUBNET_B, VPC)


def test_an_association_may_hide_in_what_was_not_read() -> None:
    default = NetworkAcl(id="acl-de", vpc_id=VPC, default=True, subnet_ids=(SUBNET_A,))
    partly = Table(rows={"acl-de": default}, gap=gap("ec2:DescribeNetworkAcls"))
    facts = world_of(network_acls=partly)
    assert acls.acl_of(facts, SUBNET_A, VPC) is default
    step = acls.decide(facts, OWN, PEER, egress=False, protocol="tcp", asked=one_port(443))
    assert step.decision == "unknown"
    assert "ec2:DescribeNetworkAcls" in step.rule
