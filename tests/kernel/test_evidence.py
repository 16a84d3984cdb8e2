"""What this oracle rests on: evidence for every verdict, nothing left behind, and a comparison that can fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.healthy import VPC, by
from tests.kernel.ground import Container, Ground
from tests.kernel.judging import by_kernel, disagreement, same_layer
from tests.kernel.questions import Flow
from tests.kernel.shots import NoEvidence, Shot, fire
from tests.kernel.spaces import Space, lacking
from tests.kernel.witness import seen
from tests.kernel.worlds import World, world
from tests.reach.facts import LOCAL, SG_A, SG_B, SUBNET_A, SUBNET_B, allow, deny, group, table, tcp, world_of
from tests.support import needs
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import GroupRule, NetworkAcl, NetworkInterface, PrivateAddress, RouteEntry
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.trace import Decision, Step

FLOW = Flow(way="inside", protocol="tcp", src="10.0.0.9", dst="10.0.1.9", port=80)
OPEN = (GroupRule(protocol="-1", cidr="0.0.0.0/0"),)


@pytest.fixture(autouse=True)
def _root() -> None:
    needs(not lacking(), f"flows through the kernel, which take {lacking()}")


def host(name: str, subnet: str, address: str, group_id: str) -> NetworkInterface:
    at = (PrivateAddress(address=address),)
    return NetworkInterface(id=name, vpc_id=VPC, subnet_id=subnet, addresses=at, group_ids=(group_id,))


def facts(**changes: object) -> Topology:
    """Two hosts in two subnets, nothing in the way."""
    kept = {
        "interfaces": by("id", host("eni-a", SUBNET_A, "10.0.0.9", SG_A), host("eni-b", SUBNET_B, "10.0.1.9", SG_B)),
        "security_groups": by("id", group(SG_A, egress=OPEN), group(SG_B, tcp(80, "10.0.0.0/24"))),
        "peerings": Table(),
        "load_balancers": Table(),
        **changes,
    }
    return world_of(**kept)


def acl(id_: str, subnet: str, *entries: object) -> NetworkAcl:
    return NetworkAcl(id=id_, vpc_id=VPC, subnet_ids=(subnet,), entries=entries)  # type: ignore[arg-type]


def acls(*of_b: object) -> Table[NetworkAcl]:
    both = (allow(100), allow(100, egress=True))
    return by("id", acl("acl-0a", SUBNET_A, *both), acl("acl-0b", SUBNET_B, *of_b))


CLOSED_OUT = by("id", group(SG_A), group(SG_B, tcp(80, "10.0.0.0/24")))
CLOSED_IN = by("id", group(SG_A, egress=OPEN), group(SG_B, tcp(81, "10.0.0.0/24")))
REFERENCE = by("id", group(SG_A, egress=OPEN), group(SG_B, tcp(80, group_id=SG_A)))
REPLIES = acls(allow(100), deny(10, egress=True, protocol="6", from_port=2000, to_port=2999), allow(20, egress=True))
HOLE = RouteEntry(destination="10.0.0.0/24", target="eni-gone", state="blackhole")
HOLES = by("id", table("rtb-0a", SUBNET_A), table("rtb-0b", SUBNET_B, routes=(LOCAL, HOLE)))
CASES = [
    pytest.param({}, (), id="open"),
    pytest.param({"security_groups": REFERENCE}, (), id="a reference"),
    pytest.param({"security_groups": CLOSED_OUT}, ("groups|eni-a|egress",), id="no way out of a group"),
    pytest.param({"security_groups": CLOSED_IN}, ("groups|eni-b|ingress",), id="no way into a group"),
    pytest.param({"network_acls": acls(deny(7), allow(8))}, ("acl|acl-0b|inbound|7",), id="an ACL's deny"),
    pytest.param({"network_acls": acls(allow(8))}, ("acl|acl-0b|outbound|*",), id="an ACL without a way back"),
    pytest.param({"network_acls": REPLIES}, ("acl|acl-0b|outbound|10",), id="some ports of replies"),
    pytest.param({"route_tables": HOLES}, ("route|rtb-0b|10.0.0.0/24 to eni-gone",), id="a blackhole behind local"),
]


@pytest.mark.parametrize(("changes", "rules"), CASES)
def test_the_rule_that_dropped_is_the_evidence(changes: dict[str, object], rules: tuple[str, ...]) -> None:
    made = facts(**changes)
    with Ground(made) as ground:
        assert by_kernel(ground, FLOW).rules == rules
        assert disagreement(_world(made), ground, FLOW) == ""


def test_a_host_port_leads_to_its_container() -> None:
    with Ground(facts(), (Container("eni-b", 80, 8080),)) as ground:
        assert by_kernel(ground, FLOW).verdict == "reached"


def test_a_packet_that_vanishes_is_an_error() -> None:
    """A rule without a name drops it: that is no verdict."""
    silent = "table inet silent { chain forward { type filter hook forward priority -10; udp dport 80 drop\n}\n}\n"
    shot = Shot(
        protocol="udp",
        source_space="eni-a",
        src="10.0.0.9",
        sport=5000,
        dst="10.0.1.9",
        dport=80,
        server_space="eni-b",
        server="10.0.1.9",
        server_port=80,
        aliases=frozenset({"10.0.0.9", "10.0.1.9"}),
        ports=frozenset({80}),
    )
    with Ground(facts(security_groups=by("id", group(SG_A, egress=OPEN), group(SG_B, *OPEN)))) as ground:
        assert fire(ground, shot).rule == ""
        ground.spaces[VPC].nft(silent)
        with pytest.raises(NoEvidence, match="neither a reply nor a rule"):
            fire(ground, replace(shot, sport=5001), patience=0.1)


def test_an_engine_that_is_wrong_is_found() -> None:
    """The kernel has the facts, the engine facts that are a little different."""
    really = facts(network_acls=acls(deny(7), allow(8), allow(8, egress=True)))
    with Ground(really) as ground:
        assert disagreement(_world(really), ground, FLOW) == ""
        told = disagreement(_world(facts()), ground, FLOW)
    assert told.startswith(
        "seed 0, inside: tcp 10.0.0.9 -> 10.0.1.9:80\n  the kernel: blocked ('acl|acl-0b|inbound|7',)"
    )
    assert "the engine: reached" in told


def test_an_engine_that_blames_another_layer_is_found() -> None:
    really = facts(network_acls=acls(deny(7), allow(8), allow(8, egress=True)))
    with Ground(really) as ground:
        told = disagreement(_world(facts(security_groups=CLOSED_IN)), ground, FLOW)
    assert "the engine: blocked" in told


def test_no_namespace_is_left() -> None:
    before = _own_files()
    ground = Ground(facts())
    with pytest.raises(ZeroDivisionError):
        _ends_badly(ground)
    assert len(ground.spaces) > 4
    assert _own_files() == before


def test_one_seed_is_one_world() -> None:
    assert world(7, 20) == world(7, 20)
    assert world(7, 20).flows != world(8, 20).flows


def test_commands_that_fail_say_where() -> None:
    space = Space("try")
    try:
        with pytest.raises(RuntimeError, match=r"ip in try: [^\n]+\n[^\n]+\n\nlink add nothing"):
            space.ip("link add nothing type nothing")
    finally:
        space.close()


@pytest.mark.parametrize(
    ("rule", "layer", "component", "same"),
    [
        ("acl|acl-1|inbound|10", "network ACL of subnet-1, inbound", "acl-1", True),
        ("acl|acl-1|outbound|10", "network ACL of subnet-1, inbound", "acl-1", False),
        ("acl|acl-2|inbound|10", "network ACL of subnet-1, inbound", "acl-1", False),
        ("groups|eni-1|ingress", "security groups of 10.0.0.9, inbound", "sg-1", True),
        ("groups|eni-1|egress", "security groups of 10.0.0.9, inbound", "sg-1", False),
        ("route|rtb-1|none", "route table of subnet-1", "rtb-1", True),
        ("route|rtb-1|none", "network ACL of subnet-1, inbound", "acl-1", False),
        ("bpa|block-ingress", "VPC Block Public Access", "", True),
    ],
)
def test_layers(rule: str, layer: str, component: str, same: bool) -> None:
    step = Step(layer=layer, component=component, decision=Decision.DENY, rule="")
    assert same_layer(rule, step) == same


@pytest.mark.parametrize(
    ("packet", "ports"),
    [
        (b"\x45" + bytes(8) + b"\x06" + bytes(2) + bytes(8) + b"\x13\x88\x00\x50", (5000, 80)),
        (b"\x60" + bytes(5) + b"\x11" + bytes(33) + b"\x13\x88\x00\x50", (5000, 80)),
        (b"\x45" + bytes(8) + b"\x01" + bytes(2) + bytes(8) + b"\x13\x88\x00\x50", None),
        (b"", None),
    ],
)
def test_reading_a_packet(packet: bytes, ports: tuple[int, int] | None) -> None:
    found = seen(packet)
    assert (None if found is None else (found.sport, found.dport)) == ports


def _ends_badly(ground: Ground) -> None:
    with ground:
        raise ZeroDivisionError


def _world(made: Topology) -> World:
    return World(seed=0, topology=made, containers=(), flows=(FLOW,))


def _own_files() -> set[str]:
    return {one.name for one in Path("/proc/self/fd").iterdir()}
