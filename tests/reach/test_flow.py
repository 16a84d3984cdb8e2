"""A flow's filters in their order (semantics.md, section 7), each closed alone; and who shares a subnet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.healthy import VPC, by
from tests.reach.facts import (
    LOCAL,
    SG_A,
    SG_B,
    SUBNET_A,
    SUBNET_B,
    allow,
    deny,
    end,
    group,
    open_acl,
    route,
    table,
    tcp,
    world_of,
)
from vpclink_checks.model.network import NetworkAcl
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.trace import Trace

SOURCE, TARGET = end("10.0.0.9", SUBNET_A, SG_A), end("10.0.1.5", SUBNET_B, SG_B)
GROUPS = {SG_A: group(SG_A, egress=(tcp(443, "0.0.0.0/0"),)), SG_B: group(SG_B, tcp(443, "0.0.0.0/0"))}


def facts(**changes: Any) -> Topology:
    return replace(world_of(security_groups=by("id", *GROUPS.values())), **changes)


def flow(topology: Topology) -> Trace:
    return trace(topology, SOURCE, TARGET, 443)


def acl(subnet: str, *entries: Any) -> Any:
    other = SUBNET_B if subnet == SUBNET_A else SUBNET_A
    own = NetworkAcl(id="acl-own", vpc_id=VPC, subnet_ids=(subnet,), entries=entries)
    return by("id", own, open_acl("acl-other", other))


def tables(subnet: str, destination: str) -> Any:
    other = SUBNET_B if subnet == SUBNET_A else SUBNET_A
    own = table("rtb-own", subnet, routes=(LOCAL, route(destination, "eni-01", state="blackhole")))
    return by("id", own, table("rtb-other", other))


ONLY_443: dict[str, Any] = {"protocol": "6", "from_port": 443, "to_port": 443}
REPLIES: dict[str, Any] = {"protocol": "6", "from_port": 1024, "to_port": 65535}
CLOSED = [
    pytest.param({"security_groups": by("id", group(SG_A), GROUPS[SG_B])}, "sg-0a", id="groups out"),
    pytest.param({"route_tables": tables(SUBNET_A, "10.0.1.0/24")}, "rtb-own", id="route there"),
    pytest.param({"network_acls": acl(SUBNET_A, allow(1))}, "acl-own outbound", id="ACL out of the first subnet"),
    pytest.param({"network_acls": acl(SUBNET_B, allow(1, egress=True))}, "acl-own inbound", id="ACL into the second"),
    pytest.param({"security_groups": by("id", GROUPS[SG_A], group(SG_B))}, "sg-0b", id="groups in"),
    pytest.param({"network_acls": acl(SUBNET_B, allow(1))}, "acl-own outbound", id="reply: ACL out of the second"),
    pytest.param(
        {"network_acls": acl(SUBNET_B, allow(1), allow(1, egress=True, **ONLY_443))},
        "acl-own outbound",
        id="reply: the service's own port is not the client's",
    ),
    pytest.param(
        {"network_acls": acl(SUBNET_A, allow(1, egress=True), allow(1, **ONLY_443))},
        "acl-own inbound",
        id="reply: ACL into the first",
    ),
    pytest.param({"route_tables": tables(SUBNET_B, "10.0.0.0/24")}, "rtb-own", id="route back"),
]


@pytest.mark.parametrize(("changes", "words"), CLOSED)
def test_each_filter_alone_blocks(changes: dict[str, Any], words: str) -> None:
    found = flow(facts(**changes))
    assert found.verdict == "blocked"
    assert [step.rule for step in found.blockers if words not in step.rule] == []
    assert len(found.blockers) == 1


def test_open() -> None:
    found = flow(facts())
    assert found.verdict == "reached"
    assert [step.layer.partition(" of ")[0] for step in found.steps] == [
        "security groups",
        "route table",
        "network ACL",
        "network ACL",
        "security groups",
        "route table",
        "network ACL",
        "network ACL",
    ]


def test_just_enough() -> None:
    """The service's port there, the reply ports back, and no rule for replies in any group."""
    tight = by(
        "id",
        NetworkAcl(
            id="a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=(allow(1, egress=True, **ONLY_443), allow(1, **REPLIES))
        ),
        NetworkAcl(
            id="b", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=(allow(1, **ONLY_443), allow(1, egress=True, **REPLIES))
        ),
    )
    assert flow(facts(network_acls=tight)).verdict == "reached"


@pytest.mark.parametrize(("borrowed", "verdict"), [(False, "reached"), (True, "unknown")])
def test_one_subnet(borrowed: bool, verdict: str) -> None:
    """ACLs do not act inside a subnet (hv-nacl-same-subnet); of a preserved client's address from another
    subnet AWS says nothing, so that only agreement counts."""
    shut = by("id", NetworkAcl(id="acl-own", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=(deny(1),)))
    near = end("10.0.0.77", SUBNET_A, SG_B)
    found = trace(facts(network_acls=shut), replace(SOURCE, borrowed=borrowed), near, 443)
    assert found.verdict == verdict
    opened = trace(facts(), replace(SOURCE, borrowed=borrowed), near, 443)
    assert opened.verdict == "reached"
