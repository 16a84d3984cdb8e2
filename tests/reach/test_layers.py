"""Who on the internet reaches an interface, by every kind of packet: against the obvious evaluator of packets.py."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.healthy import VPC, by
from tests.reach.facts import (
    IGW,
    LOCAL,
    REGION,
    SG_A,
    SG_B,
    SUBNET_A,
    allow,
    deny,
    gap,
    group,
    route,
    table,
    tcp,
    world_of,
)
from tests.reach.packets import Packet, reaches
from vpclink_checks.model.fact import Table, unheard_of
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrefixList,
    PrivateAddress,
    RouteEntry,
    RouteTable,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.bounds import TrafficBounds
from vpclink_checks.reach.filters import ONE_WAY, requests_of
from vpclink_checks.reach.internet import Internet
from vpclink_checks.reach.layers import Layers
from vpclink_checks.reach.sets import Ranges
from vpclink_checks.reach.traffic import EVERY_KIND, kind, kinds

ENI = NetworkInterface(
    id="eni-01",
    vpc_id=VPC,
    subnet_id=SUBNET_A,
    addresses=(PrivateAddress(address="10.0.0.9", public="203.0.113.200"),),
    ipv6=("2001:db8:1::9", "fd00::9"),
    group_ids=(SG_A, SG_B),
)
HALVES = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0", "::/1", "8000::/1"]
SOME = ["198.51.100.0/24", "198.51.100.128/25", "203.0.113.7/32", "10.0.0.0/8", "2001:db8:9::/48", "2001:db8:1::/56"]
CIDRS = HALVES + SOME
LISTS = {"pl-01": ("198.51.100.0/25", "2001:db8:9::/64"), "pl-02": ("0.0.0.0/1", "128.0.0.0/1", "::/0")}
PORTS = [1, 79, 80, 81, 1023, 1024, 40000, 65535]
ICMP = {1: [(8, 0), (0, 0), (3, 4), (13, 0)], 58: [(128, 0), (129, 0), (135, 0)]}


def every_source() -> list[str]:
    """Both ends of every network in play, and their neighbours outside."""
    found = {"8.8.8.8", "10.0.0.77", "127.0.0.1", "fd00::1", "2600::1"}
    for text in (*CIDRS, *LISTS["pl-01"]):
        network = ip_network(text)
        kind_ = type(network[0])
        for value in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            if 0 <= value < 2**network.max_prefixlen:
                found.add(str(kind_(value)))
    return sorted(found)


Shape = tuple[int, int, tuple[int, int]]  # protocol, port, ICMP type and code
SOURCES = every_source()
SHAPES: list[Shape] = [
    *((protocol, port, (0, 0)) for protocol in (6, 17) for port in (0, *PORTS, 443)),
    *((protocol, 0, icmp) for protocol, every in ICMP.items() for icmp in every),
    *((protocol, 0, (0, 0)) for protocol in (47, 50)),
]


def is_in(bounds: Any, it: Packet) -> bool:
    value = it.icmp[0] * 256 + it.icmp[1] if it.protocol in ICMP else it.port
    members = bounds.at(kind(str(it.protocol), value))
    return (":" in it.source) == (bounds.family == 6) and it.source in members


# -- random networks ---------------------------------------------------------------------------

PAIRS = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(lambda pair: (min(pair), max(pair)))
TYPES = st.sampled_from([(None, None), (-1, -1), (8, -1), (8, 0), (0, -1), (128, -1), (129, 0), (3, 4)])
PEERS = st.one_of(
    st.sampled_from(CIDRS).map(lambda cidr: {"cidr": cidr}),
    st.sampled_from(CIDRS).map(lambda cidr: {"cidr": cidr}),
    st.sampled_from(list(LISTS)).map(lambda id_: {"prefix_list_id": id_}),
    st.just({"group_id": SG_A}),
)


@st.composite
def rules(draw: st.DrawFn) -> GroupRule:
    protocol = draw(st.sampled_from(["tcp", "tcp", "udp", "icmp", "icmpv6", "-1", "47"]))
    first, last = draw(TYPES if protocol.startswith("icmp") else PAIRS)
    if draw(st.sampled_from([False] * 5 + [True])) or protocol == "-1":
        first = last = None
    return GroupRule(protocol=protocol, from_port=first, to_port=last, **draw(PEERS))


@st.composite
def entries(draw: st.DrawFn) -> tuple[AclEntry, ...]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        protocol = draw(st.sampled_from(["-1", "-1", "6", "6", "17", "1", "58", "47"]))
        (low, high), (type_, code) = draw(PAIRS), draw(TYPES)
        ported = protocol in ("6", "17") and draw(st.booleans())
        what: dict[str, Any] = {"from_port": low, "to_port": high} if ported else {}
        what |= {"icmp_type": type_, "icmp_code": code} if protocol in ("1", "58") else {}
        what |= {"allow": draw(st.sampled_from([True, True, False])), "cidr": draw(st.sampled_from(CIDRS))}
        found.append(AclEntry(number=number, egress=draw(st.booleans()), protocol=protocol, **what))
    return tuple(found)


OPEN = tuple(allow(100 + n, one, egress=out) for n, one in enumerate(("0.0.0.0/0", "::/0")) for out in (True, False))
OUT = (LOCAL, route("0.0.0.0/0", IGW), route("::/0", IGW))
ROUTES = st.lists(
    st.builds(
        RouteEntry,
        destination=st.sampled_from([*CIDRS, *LISTS]),
        target=st.sampled_from([IGW, IGW, "nat-01", "eigw-01", "igw-02", "pcx-01"]),
        state=st.sampled_from(["active", "active", "blackhole"]),
        origin=st.sampled_from(["CreateRoute", "CreateRoute", "EnableVgwRoutePropagation"]),
    ),
    max_size=4,
    unique_by=lambda one: one.destination,
).map(lambda many: (*OUT[:1], *many))
BLOCKS = st.builds(
    BlockPublicAccess,
    mode=st.sampled_from(["off", "off", "block-bidirectional", "block-ingress"]),
    state=st.just("update-complete"),
    exclusions=st.lists(
        st.tuples(
            st.sampled_from([VPC, SUBNET_A, "subnet-else"]), st.sampled_from(["allow-bidirectional", "allow-egress"])
        ),
        max_size=2,
    ).map(tuple),
)


@st.composite
def networks(draw: st.DrawFn) -> Topology:
    """Open as a rule, so that a single layer often decides."""
    in_a, in_b = (tuple(draw(st.lists(rules(), max_size=4))) for _ in range(2))
    held = draw(st.one_of(st.just(OPEN), entries(), entries().map(lambda some: (*some, *OPEN))))
    way = draw(st.one_of(st.just(OUT), ROUTES))
    return world_of(
        security_groups=by("id", group(SG_A, *in_a), group(SG_B, *in_b)),
        network_acls=by("id", NetworkAcl(id="acl-0a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=held)),
        route_tables=by("id", table("rtb-0a", SUBNET_A, routes=way)),
        prefix_lists=by("id", *(PrefixList(id=id_, cidrs=cidrs) for id_, cidrs in LISTS.items())),
        internet_gateways=by("id", InternetGateway(id=IGW, vpc_ids=(VPC,)), InternetGateway(id="igw-02")),
        block_public_access=Table(rows={REGION: draw(st.one_of(st.just(BlockPublicAccess()), BLOCKS))}),
    )


def packets_of(layers: Layers, eni: NetworkInterface = ENI) -> dict[str, TrafficBounds]:
    return {one.public_address: one.packets for one in layers.from_internet(eni)}


@settings(max_examples=250)
@given(networks(), st.sampled_from([False] * 9 + [True]), st.lists(st.sampled_from(SHAPES), min_size=5, max_size=5))
def test_every_packet_is_judged_as_by_the_obvious_evaluator(facts: Topology, drops: bool, shapes: list[Shape]) -> None:
    eni = replace(ENI, deny_all_igw=drops)
    found = packets_of(Layers(facts), eni)
    assert list(found) == ["203.0.113.200", "2001:db8:1::9"], "a unique local address is not on the internet"
    four, six = found.values()
    assert (four.sure, six.sure) == (four.possible, six.possible), "every fact is known"
    assert not four.doubts
    for it in (Packet(source, *shape) for source in SOURCES for shape in shapes):
        assert (is_in(four.sure, it) or is_in(six.sure, it)) == reaches(facts, eni, it), it


OTHERS = st.sampled_from(
    [("icmp", 8 * 256), ("icmp", 13 * 256), ("icmpv6", 128 * 256), ("icmp", 3 * 256 + 4), ("47", 0)]
)


@settings(max_examples=100)
@given(networks(), st.one_of(st.tuples(st.sampled_from(["tcp", "udp"]), st.sampled_from([*PORTS, 443])), OTHERS))
def test_a_door_is_a_slice_and_its_words_agree_with_it(facts: Topology, asked: tuple[str, int]) -> None:
    protocol, port = asked
    doors = Internet(Layers(facts))
    found = packets_of(doors.layers)
    for door in doors.exposure([ENI], [port], protocol).doors:
        assert door.sources == found[door.public_address].at(kind(protocol, port))
        together = door.layers[0].bounds
        for layer in door.layers[1:]:
            together = together & layer.bounds
            named = [members for members, _ in layer.rules]
            passing = layer.bounds.possible
            assert passing <= union_of(named, passing), f"some rule of {layer.name} is named for all it lets through"
        assert together == door.sources
        if door.sources.sure:
            assert door.witness(door.sources.sure).src in door.sources.sure
        else:
            assert door.closed_by


def union_of(named: list[Any], like: Any) -> Any:
    found = like - like
    for one in named:
        found = found | one
    return found


# -- what was not read -------------------------------------------------------------------------

GAPS = {
    "security_groups": "ec2:DescribeSecurityGroups",
    "network_acls": "ec2:DescribeNetworkAcls",
    "route_tables": "ec2:DescribeRouteTables",
    "prefix_lists": "ec2:GetManagedPrefixListEntries",
    "internet_gateways": "ec2:DescribeInternetGateways",
    "block_public_access": "ec2:DescribeVpcBlockPublicAccessOptions",
}


def without(facts: Topology, name: str, key: str) -> Topology:
    """The same, where one row (or with no key the whole table) could not be read."""
    held, why = getattr(facts, name), gap(GAPS[name])
    lost: Any = Table(gap=why)
    if key:
        left = {id_: row for id_, row in held.rows.items() if id_ != key}
        lost = Table(rows=left, gaps={**held.gaps, key: why}, gap=held.gap)
    changes: dict[str, Any] = {name: lost}
    return replace(facts, **changes)


LOST = st.lists(
    st.sampled_from(
        [
            *((name, "") for name in GAPS),
            ("security_groups", SG_A),
            ("security_groups", SG_B),
            ("prefix_lists", "pl-01"),
            ("prefix_lists", "pl-02"),
            ("internet_gateways", IGW),
        ]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)


@settings(max_examples=200)
@given(networks(), LOST)
def test_the_truth_lies_between_the_bounds_whatever_was_not_read(facts: Topology, lost: list[tuple[str, str]]) -> None:
    """*facts* are one completion of the gaps; hypothesis draws them all."""
    known = facts
    for name, key in lost:
        known = without(known, name, key)
    truth, found = packets_of(Layers(facts)), packets_of(Layers(known))
    calls = {GAPS[name] for name, _ in lost}
    for address, bounds in found.items():
        exact = truth[address].sure
        assert bounds.sure <= exact <= bounds.possible
        if bounds.sure != bounds.possible:
            assert bounds.doubts
            assert all(any(f"{call} gave no answer" in text for call in calls) for text in bounds.doubts)
            assert all("it takes the IAM action ec2:" in text for text in bounds.doubts)


@settings(max_examples=100)
@given(networks(), st.integers(0, 11), st.booleans())
def test_an_entry_whose_action_is_not_known_is_either(facts: Topology, number: int, allowed: bool) -> None:
    (acl,) = facts.network_acls
    every = acl.entries
    if not every:
        return
    picked = every[number % len(every)]
    why = unheard_of("ec2:DescribeNetworkAcls", f"the action of rule {picked.number}", "ponder")

    def with_entry(**what: Any) -> dict[str, TrafficBounds]:
        changed = tuple(replace(one, **what) if one is picked else one for one in every)
        return packets_of(Layers(replace(facts, network_acls=by("id", replace(acl, entries=changed)))))

    doubtful, exact = with_entry(doubt=why), with_entry(allow=allowed)
    for address, bounds in doubtful.items():
        assert bounds.sure <= exact[address].sure <= bounds.possible
        assert bounds.sure == bounds.possible or any("ponder" in text for text in bounds.doubts)


# -- cases -------------------------------------------------------------------------------------


def open_to(*ingress: GroupRule, **changes: Any) -> Topology:
    facts = world_of(
        route_tables=by("id", table("rtb-0a", SUBNET_A, routes=OUT)),
        network_acls=by("id", NetworkAcl(id="acl-0a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=OPEN)),
        security_groups=by("id", group(SG_A, *ingress), group(SG_B)),
    )
    return replace(facts, **changes)


def test_a_doubt_is_told_where_it_matters_alone() -> None:
    """The prefix list of another port says nothing about this one."""
    rules_ = (tcp(80, "0.0.0.0/0"), tcp(443, prefix_list_id="pl-gone"))
    found = packets_of(Layers(open_to(*rules_, prefix_lists=Table(gap=gap("ec2:GetManagedPrefixListEntries")))))
    four = found["203.0.113.200"]
    assert not four.at(kind("tcp", 80)).doubts
    assert not four.at(kind("tcp", 81)).possible
    (doubt,) = four.at(kind("tcp", 443)).doubts
    assert "ec2:GetManagedPrefixListEntries" in doubt


def test_two_doubts_at_different_ports_stay_apart() -> None:
    lists: Table[PrefixList] = Table(gaps={"pl-1": gap("ec2:One"), "pl-2": gap("ec2:Two")})
    facts = open_to(tcp(443, prefix_list_id="pl-1"), tcp(80, prefix_list_id="pl-2"), prefix_lists=lists)
    doubts = [packets_of(Layers(facts))["203.0.113.200"].at(kind("tcp", port)).doubts for port in (443, 80)]
    assert [["ec2:One" in text for text in one] for one in doubts] == [[True], [False]]


@pytest.mark.parametrize("protocol", ["", "ponder", "300"])
def test_a_rule_of_a_protocol_that_nobody_knows_may_let_anything_in(protocol: str) -> None:
    found = packets_of(Layers(open_to(GroupRule(protocol=protocol, cidr="198.51.100.0/24"))))["203.0.113.200"]
    assert not found.sure
    for one in (kind("tcp", 80), kind("udp", 53), kind("47")):
        assert found.at(one).possible.cidrs() == ("198.51.100.0/24",)
        assert "the protocol of a rule with 198.51.100.0/24" in found.at(one).doubts[0]


def test_a_network_that_cannot_be_understood_may_be_any() -> None:
    found = packets_of(Layers(open_to(tcp(80, "not a network"))))["203.0.113.200"]
    assert not found.sure
    assert found.at(kind("tcp", 80)).possible.size > 3 * 10**9
    assert "'not a network' is no address" in found.at(kind("tcp", 80)).doubts[0]
    assert not found.at(kind("tcp", 81)).possible


@pytest.mark.parametrize(
    ("entry", "sure", "possible"),
    [
        (allow(1, "nonsense"), False, True),
        (deny(1, "nonsense"), False, True),
        (allow(1, protocol="ponder"), False, True),
        (deny(1, protocol="ponder"), False, True),
    ],
)
def test_an_entry_that_cannot_be_understood_may_match_or_not(entry: AclEntry, sure: bool, possible: bool) -> None:
    behind = () if entry.allow else (allow(2, "0.0.0.0/0"),)
    out = allow(3, "0.0.0.0/0", egress=True)
    acl = NetworkAcl(id="acl-0a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=(entry, *behind, out))
    found = packets_of(Layers(open_to(tcp(80, "0.0.0.0/0"), network_acls=by("id", acl))))["203.0.113.200"]
    at = found.at(kind("tcp", 80))
    assert (bool(at.sure), bool(at.possible)) == (sure, possible)
    assert at.doubts


def blocked(mode: str, state: str = "update-complete", *exclusions: tuple[str, str], **more: Any) -> BlockPublicAccess:
    return BlockPublicAccess(mode=mode, state=state, exclusions=exclusions, **more)


MOVING = unheard_of("ec2:DescribeVpcBlockPublicAccessExclusions", "the state", "create-in-progress")


@pytest.mark.parametrize(
    ("setting", "effective", "blocks"),
    [
        (blocked("off", "default-state"), "", False),
        (blocked("off", "update-complete"), "", False),
        (blocked("off", "update-in-progress"), "", None),
        (blocked("block-ingress"), "", True),
        (blocked("block-bidirectional"), "", True),
        (blocked("block-ingress", "update-in-progress"), "", None),
        (blocked("block-ingress", "ponder"), "", None),
        (blocked("bidirectional-access-denied"), "", None),
        (blocked("block-ingress", "update-complete", (VPC, "allow-bidirectional")), "", False),
        (blocked("block-ingress", "update-complete", (SUBNET_A, "allow-bidirectional")), "", False),
        (blocked("block-ingress", "update-complete", (SUBNET_A, "allow-egress")), "", True),
        (blocked("block-ingress", "update-complete", ("subnet-else", "allow-bidirectional")), "", True),
        (blocked("block-ingress", "update-complete", (SUBNET_A, "allow-ponder")), "", None),
        (blocked("block-ingress", unsure=((SUBNET_A, MOVING),)), "", None),
        (blocked("block-ingress", unsure=(("subnet-else", MOVING),)), "", True),
        (blocked("off", "default-state"), "off", False),
        (blocked("block-ingress"), "block-bidirectional", True),
        (blocked("block-ingress"), "off", None),
        (blocked("off", "default-state"), "block-ingress", None),
        (blocked("block-ingress"), "ponder", True),
    ],
)
def test_the_block_of_public_access(setting: BlockPublicAccess, effective: str, blocks: bool | None) -> None:
    facts = open_to(tcp(80, "0.0.0.0/0"), block_public_access=Table(rows={REGION: setting}))
    subnet = replace(facts.subnets.need(SUBNET_A), block_mode=effective)
    facts = replace(facts, subnets=by("id", subnet))
    layers = Layers(facts)
    assert layers.block(VPC, SUBNET_A).blocks is blocks
    at = packets_of(layers)["203.0.113.200"].at(kind("tcp", 80))
    open_ = {True: (False, False), False: (True, True), None: (False, True)}
    assert (bool(at.sure), bool(at.possible)) == open_[blocks]


def test_the_mode_in_effect_may_be_that_of_the_vpc() -> None:
    facts = open_to(tcp(80, "0.0.0.0/0"))
    told = replace(facts, vpcs=by("id", replace(facts.vpcs.need(VPC), block_mode="block-ingress")))
    found = Layers(told).block(VPC, SUBNET_A)
    assert (found.blocks, found.text.startswith("readings disagree")) == (None, True)


def test_a_gateway_with_a_table_of_its_own() -> None:
    """What it delivers locally is as open as ever; what it sends to an appliance is not known."""
    edge = RouteTable(id="rtb-ed", vpc_id=VPC, gateway_ids=(IGW,), routes=(LOCAL, route("10.0.0.8/31", "vpce-01")))
    facts = open_to(tcp(80, "0.0.0.0/0"))
    layers = Layers(replace(facts, route_tables=by("id", table("rtb-0a", SUBNET_A, routes=OUT), edge)))
    two = tuple(PrivateAddress(address=f"10.0.0.{n}", public=f"203.0.113.{n}") for n in (9, 10))
    found = packets_of(layers, replace(ENI, addresses=two, ipv6=()))
    behind, direct = (found[one].at(kind("tcp", 80)) for one in ("203.0.113.9", "203.0.113.10"))
    assert direct.sure == direct.possible == behind.possible
    assert not behind.sure
    assert "vpce-01" in behind.doubts[0]


def test_nothing_filters_or_no_group_is_known() -> None:
    layers = Layers(open_to())
    assert not packets_of(layers)["203.0.113.200"].possible, "two groups without rules"
    unfiltered = {one.public_address: one.packets for one in layers.from_internet(ENI, ())}["203.0.113.200"]
    assert unfiltered.sure.kinds == EVERY_KIND
    bare = packets_of(layers, replace(ENI, group_ids=()))["203.0.113.200"]
    assert (bool(bare.sure), bare.possible) == (False, unfiltered.sure)
    assert bare.doubts == ("no security group in the facts",)


def test_what_comes_in_without_public_address_is_not_asked() -> None:
    bare = replace(ENI, addresses=(PrivateAddress(address="10.0.0.9"),), ipv6=())
    assert Layers(world_of(security_groups=Table(gap=gap()))).from_internet(bare) == ()


def test_equal_things_are_judged_once() -> None:
    layers = Layers(open_to(tcp(80, "0.0.0.0/0")))
    first, second = (layers.from_internet(replace(ENI, id=one))[0].packets for one in ("eni-01", "eni-02"))
    assert first is second
    order = layers.from_internet(replace(ENI, group_ids=(SG_B, SG_A)))[0].packets
    assert order is first, "the order of groups never matters"


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (kinds("tcp", 5000, 5000), [kind("tcp", 1), kind("tcp", 65535)]),
        (kinds("tcp", 0, 0), []),
        (kinds("udp", 1, 1), [kind("udp", 0), kind("udp", 53)]),
        (kinds("icmp", 0, 0), [kind("icmp", 8 * 256)]),
        (kinds("icmp", 8, 0), []),
        (kinds("icmpv6", 129, -1), [kind("icmpv6", 128 * 256)]),
        (kinds("47"), [kind("47")]),
    ],
)
def test_the_requests_of_a_reply(reply: Ranges, asked: list[int]) -> None:
    found = requests_of(reply)
    assert [one for one in asked if one not in found] == []
    assert bool(found) == bool(asked)
    assert not found & ONE_WAY
