"""What Batfish asserts about snapshots of its own, row by row of EXPECTATIONS.tsv: verdict and the layer that decides.

The snapshots are older than VPC Block Public Access, which counts as off; one of them holds no network ACLs.
Rows without a port are asked with several protocols. ``derived`` rows follow from a row's reason.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from tests.healthy import by
from tests.support import SHARED, needs
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import AclEntry, BlockPublicAccess, NetworkAcl
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.trace import Decision, Trace
from vpclink_checks.sources.folder.whole import topology_of

CORPUS = Path(os.environ.get("VPCLINK_CORPUS") or SHARED / "corpus") / "describe-output"
ANY: tuple[tuple[int | None, str | int], ...] = ((80, "tcp"), (53, "udp"), (None, "icmp 3/4"), (None, 47))
SSH: tuple[tuple[int | None, str | int], ...] = ((22, "tcp"),)


@dataclass(frozen=True)
class Row:
    """One row of the file: how its flow begins, how it is asked, and what has to come out.

    ``layer``: of the step that decides, the blocker for ``blocked``; ``says`` is a part of its rule.
    """

    name: str
    flow: str
    asked: tuple[tuple[str, str], ...]
    packets: tuple[tuple[int | None, str | int], ...]
    verdict: str
    layer: str
    says: str
    derived: bool = False


def tcp(port: int) -> tuple[tuple[int | None, str | int], ...]:
    return ((port, "tcp"),)


BALANCER, PUBLIC, NAT, SUBNET = "test-load-balancer", "test-public-subnet", "test-nat-gateway", "test-subnet"
PEERING, TRANSIT, SHARED_TGW = "test-vpc-peering", "test-transit-gateway", "test-transit-gateway-multi-account"
ENDPOINT = "test-vpc-endpoint-gateway"
CLIENT, FIRST, SECOND = "i-0c8ce8bbdd98cc4e8", "10.1.1.237", "10.1.20.123"
HOST, S3, ELSEWHERE = "i-06669a407b2ef3ae5", "52.216.237.77", "54.222.57.1"
A, B, ZONE_A = "i-06ba034d88c84ef07", "i-0b14080af811fda3d", "i-075e846ed41670385"
INSTANCE, IGW = "security groups of", "internet gateway igw-0a409e562d251f766"
NATGW = "NAT gateway"
TWO_ACCOUNTS = (("i-0bdf35d561be3d962", "i-03df168b3f73cc262"), ("i-03df168b3f73cc262", "10.1.1.100"))

ROWS = [
    Row(BALANCER, f"{CLIENT} (10.1.250.112) ->", ((CLIENT, FIRST),), tcp(80), "reached", INSTANCE, "tcp 22 with"),
    Row(BALANCER, f"{CLIENT} -> NLB eni-0c82", ((CLIENT, SECOND),), tcp(80), "reached", INSTANCE, "tcp 22 with"),
    Row(
        BALANCER,
        f"{CLIENT} -> i-055b",
        ((CLIENT, "i-055b0db7be365202c"), (CLIENT, "i-0f4af951d61a19245")),
        SSH,
        "reached",
        INSTANCE,
        "allows tcp 22 with 0.0.0.0/0",
    ),
    Row(
        BALANCER,
        f"{CLIENT} -> both NLB",
        ((CLIENT, FIRST), (CLIENT, SECOND), (CLIENT, "test-lb")),
        tcp(81),
        "blocked",
        "listener of test-lb",
        "test-lb has no listener on tcp 81",
    ),
    Row(
        PUBLIC,
        "internet 8.8.8.8 -> 18.216",
        (("8.8.8.8", "18.216.80.133"),),
        ANY,
        "blocked",
        "security groups",
        "admit no public source",
    ),
    Row(
        PUBLIC,
        "internet 8.8.8.8 -> 18.216",
        (("8.8.8.8", "18.216.80.133"), ("internet", HOST)),
        SSH,
        "reached",
        "security groups",
        "tcp 22 with 0.0.0.0/0",
        derived=True,
    ),
    Row(
        PUBLIC,
        "internet -> 54.191",
        (("internet", "54.191.107.23"),),
        (*ANY, *SSH),
        "blocked",
        "public address",
        "no interface of the account has",
    ),
    Row(
        PUBLIC,
        "internet -> 10.0.0.91",
        (("internet", "10.0.0.91"),),
        (*ANY, *SSH),
        "blocked",
        "public address",
        "10.0.0.91 is a private address",
    ),
    Row(
        PUBLIC, f"{HOST} -> 8.8.8.8", ((HOST, "8.8.8.8"),), ANY, "reached", IGW, "translates 10.0.0.91 to 18.216.80.133"
    ),
    Row(
        PUBLIC,
        "src 10.0.0.92",
        (("10.0.0.92", "8.8.8.8"),),
        tcp(80),
        "blocked",
        IGW,
        "no public address is associated with 10.0.0.92",
    ),
    Row(
        NAT,
        "i-0a128d26e59be60f3 (private) -> 8.8.8.8",
        (("i-0a128d26e59be60f3", "8.8.8.8"),),
        tcp(80),
        "reached",
        NATGW,
        "sends it on with its own address 10.1.250.210 in place of 10.1.1.98",
    ),
    Row(
        NAT,
        "i-0a128d26e59be60f3 (private) -> 8.8.8.8",
        (("i-0a128d26e59be60f3", "8.8.8.8"),),
        ((None, "icmp"), (53, "udp")),
        "reached",
        "internet gateway igw-071753b9c23d8a9b2",
        "translates 10.1.250.210 to 3.135.127.225",
        derived=True,
    ),
    Row(
        NAT,
        "i-0a128d26e59be60f3 -> 8.8.8.8 protocol AN",
        (("i-0a128d26e59be60f3", "8.8.8.8"),),
        ((None, 107), (None, "47")),
        "blocked",
        NATGW,
        "passes tcp, udp and icmp only",
    ),
    Row(
        NAT,
        "internet 8.8.8.8 -> 3.135",
        (("8.8.8.8", "3.135.127.225"), ("internet", "3.135.127.225")),
        tcp(80),
        "blocked",
        NATGW,
        "no connection from elsewhere",
    ),
    Row(
        NAT,
        "i-0b31b509174d7f5de (NAT subnet)",
        (("i-0b31b509174d7f5de", "10.1.250.210"),),
        tcp(80),
        "blocked",
        NATGW,
        "no connection from elsewhere",
    ),
    Row(
        SUBNET,
        "i-08ef86e76fceabd8d -> i-0751",
        (("i-08ef86e76fceabd8d", "i-07519d6ba3f9497e4"), ("i-08ef86e76fceabd8d", "10.10.1.44")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-02566e413c0030c70 allows",
    ),
    Row(
        SUBNET,
        "i-08ef86e76fceabd8d -> i-0751",
        (("i-08ef86e76fceabd8d", "i-07519d6ba3f9497e4"),),
        SSH,
        "reached",
        "network ACL",
        "both are in subnet-06c8307e34ffadb04",
        derived=True,
    ),
    Row(
        SUBNET,
        "i-08ef86e76fceabd8d -> 10.10.0.1",
        (("i-08ef86e76fceabd8d", "10.10.0.1"),),
        ANY,
        "blocked",
        "VPC vpc-062867d29dbf9386f",
        "no subnet of vpc-062867d29dbf9386f has an address 10.10.0.1",
    ),
    Row(
        SUBNET,
        "VPC router ->",
        (("10.10.0.1", "10.10.1.44"), ("10.10.0.1", "i-07519d6ba3f9497e4")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-02566e413c0030c70 allows",
    ),
    Row(
        PEERING,
        f"{A} -> {B}",
        ((A, B), (A, "192.168.1.106")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-065c26b39e45ae384 allows",
    ),
    Row(
        PEERING,
        f"{A} -> {B}",
        ((A, B), (A, "192.168.1.106")),
        SSH,
        "reached",
        "peering pcx-0b89b559e3319d6cf",
        "is active and leads to vpc-00a31ce9d0c06675c",
        derived=True,
    ),
    Row(
        PEERING,
        f"{B} -> {A}",
        ((B, A), (B, "10.10.10.157")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-09606ce9642cac154 allows",
    ),
    Row(
        PEERING,
        f"{B} -> {A}",
        ((B, A), (B, "10.10.10.157")),
        SSH,
        "reached",
        "peering pcx-0b89b559e3319d6cf",
        "leads to vpc-0404e08ceddf7f650",
        derived=True,
    ),
    Row(
        PEERING,
        f"{A} -> 192.168.100.1",
        ((A, "192.168.100.1"),),
        (*ANY, *SSH),
        "blocked",
        "route table of subnet-006a19c846f047bd7",
        "has no route to 192.168.100.1",
    ),
    Row(
        PEERING,
        f"{B} -> 10.10.100.1",
        ((B, "10.10.100.1"),),
        (*ANY, *SSH),
        "blocked",
        "VPC vpc-0404e08ceddf7f650",
        "no subnet of vpc-0404e08ceddf7f650 has an address 10.10.100.1",
    ),
    Row(
        PEERING,
        f"{B} -> 10.10.10.11",
        ((B, "10.10.10.11"),),
        (*ANY, *SSH),
        "blocked",
        "VPC vpc-0404e08ceddf7f650",
        "no interface in subnet-006a19c846f047bd7 has the address 10.10.10.11",
    ),
    Row(
        TRANSIT,
        f"{A} -> {B}",
        ((A, B), (A, "192.168.1.106")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-065c26b39e45ae384 allows",
    ),
    Row(
        TRANSIT,
        f"{A} -> {B}",
        ((A, B),),
        SSH,
        "reached",
        "transit gateway route table tgw-rtb-0fa40c8df355dce6e",
        "sends 192.168.0.0/16 to tgw-attach-0ae2696617bb06fb4",
        derived=True,
    ),
    Row(
        TRANSIT,
        f"{B} -> {A}",
        ((B, A), (B, "10.10.10.157")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-09606ce9642cac154 allows",
    ),
    Row(
        TRANSIT,
        f"{B} -> {A}",
        ((B, A),),
        SSH,
        "reached",
        "transit gateway route table tgw-rtb-0fa40c8df355dce6e",
        "sends 10.10.0.0/16 to tgw-attach-07f5ec59e9f540021",
        derived=True,
    ),
    Row(
        TRANSIT,
        f"{ZONE_A} (subnet without TGW route)",
        ((ZONE_A, "192.168.1.106"), (ZONE_A, B)),
        (*ANY, *SSH),
        "blocked",
        "transit gateway tgw-044be4464fcc69aff",
        "has no subnet in us-east-2a",
    ),
    Row(
        TRANSIT,
        f"{B} -> {ZONE_A}",
        ((B, ZONE_A), (B, "10.10.20.154")),
        ANY,
        "blocked",
        INSTANCE,
        "no inbound rule of sg-051f619de836dbaf3 allows",
    ),
    Row(
        TRANSIT,
        f"{B} -> {ZONE_A}",
        ((B, ZONE_A),),
        SSH,
        "blocked",
        "transit gateway tgw-044be4464fcc69aff",
        "has no subnet in us-east-2a",
        derived=True,
    ),
    Row(
        SHARED_TGW,
        "i-0bdf35d561be3d962 ->",
        (*TWO_ACCOUNTS, *((one, other) for other, one in TWO_ACCOUNTS[:1])),
        SSH,
        "reached",
        "transit gateway route table tgw-rtb-0b2c8eeefcf19371b",
        "to tgw-attach-0f",
    ),
    *(
        Row(
            ENDPOINT,
            f"{host} ",
            ((host, S3),),
            tcp(443),
            "reached",
            "gateway endpoint vpce-0b7357542bb7b83ec",
            "leads to com.amazonaws.us-east-1.s3",
        )
        for host in ("i-01c6c0647fdccc89e", "i-0464d440ca0ee9e34")
    ),
    Row(
        ENDPOINT,
        f"i-01c6c0647fdccc89e (private) -> {ELSEWHERE}",
        (("i-01c6c0647fdccc89e", ELSEWHERE),),
        tcp(443),
        "blocked",
        "route table of subnet-01e5f0945f6d6f47c",
        f"has no route to {ELSEWHERE}",
    ),
    Row(
        ENDPOINT,
        f"i-0464d440ca0ee9e34 (public) -> {ELSEWHERE}",
        (("i-0464d440ca0ee9e34", ELSEWHERE),),
        tcp(443),
        "reached",
        "internet gateway igw-0c8afe4471084ccba",
        "translates 10.1.1.169 to 18.206.223.222",
    ),
]


@cache
def network(name: str) -> Topology:
    needs(CORPUS.is_dir(), "../shared/corpus/describe-output is not here")
    facts = topology_of(CORPUS / f"batfish__batfish__{name}")
    facts = replace(facts, block_public_access=Table(rows={facts.region: BlockPublicAccess()}))
    return facts if facts.network_acls else replace(facts, network_acls=by("id", *_defaults(facts)))


def _defaults(facts: Topology) -> Iterator[NetworkAcl]:
    """What EC2 gives every VPC: an ACL that allows everything."""
    both = tuple(AclEntry(number=100, egress=egress, allow=True) for egress in (True, False))
    for vpc in facts.vpcs:
        yield NetworkAcl(id=f"acl-of-{vpc.id}", vpc_id=vpc.id, default=True, entries=both)


def asked(row: Row) -> Iterator[Trace]:
    for source, destination in row.asked:
        for port, protocol in row.packets:
            yield deciding(between(Reach(network(row.name)), source, destination, port, protocol))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} {row.flow}{' derived' * row.derived}")
def test_as_batfish_says(row: Row) -> None:
    for found in asked(row):
        assert found.verdict == row.verdict, found
        wanted = Decision.DENY if row.verdict == "blocked" else Decision.ALLOW
        deciders = [one for one in found.steps if one.decision is wanted and one.layer.startswith(row.layer)]
        assert any(row.says in one.rule for one in deciders), [step.line for step in found.steps]


def test_every_row_of_the_file_is_asked() -> None:
    needs(CORPUS.is_dir(), "../shared/corpus/describe-output is not here")
    with (CORPUS / "EXPECTATIONS.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    left = [
        row["flow"]
        for row in rows
        if not any(
            row["snapshot"] == f"batfish__batfish__{one.name}" and row["flow"].startswith(one.flow) for one in ROWS
        )
    ]
    assert len(rows) == 30
    assert left == []


def test_an_acl_that_was_not_read_is_not_taken_for_an_open_one() -> None:
    """The snapshot of two accounts holds none: as it stands, nothing is sure but what the groups refuse."""
    needs(CORPUS.is_dir(), "../shared/corpus/describe-output is not here")
    bare = Reach(topology_of(CORPUS / f"batfish__batfish__{SHARED_TGW}"))
    source, destination = TWO_ACCOUNTS[0]
    open_ = deciding(between(bare, source, destination, 22))
    assert open_.verdict == "unknown"
    assert all("ec2:DescribeNetworkAcls" in doubt for doubt in open_.doubts)
    assert deciding(between(bare, source, destination, 8080)).verdict == "blocked"
