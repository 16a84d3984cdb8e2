"""What a blocked trace suggests, applied: the packet gets through, and nothing else does that did not before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.healthy import VPC, by
from tests.reach import networks
from tests.reach.cli import obey
from tests.reach.facts import SUBNET_A, SUBNET_B, allow, deny, end, group, prefix_list, table, tcp, world_of
from tests.reach.packet_sets import closed, in_order, opened, through_acl
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    AclEntry,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    Subnet,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import acls
from vpclink_checks.reach.change_acls import AllowInAcl
from vpclink_checks.reach.change_groups import AddRule
from vpclink_checks.reach.change_routes import AddRoute, DeleteRoute, ReplaceRoute
from vpclink_checks.reach.changes import Change, parts
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.protocols import REPLY_PORTS
from vpclink_checks.reach.sets import Ranges, addresses, one_port
from vpclink_checks.reach.trace import Decision, Step, Trace
from vpclink_checks.reach.traffic import Traffic, kinds

T = TypeVar("T")
GROUPS = ("sg-01", "sg-02", "sg-03")
FOUR = [
    "10.0.0.9/32",
    "10.0.0.8/31",
    "10.0.0.0/24",
    "10.0.1.5/32",
    "10.0.1.0/24",
    "10.0.0.0/16",
    "0.0.0.0/0",
    "10.0.1.0/25",
]
SIX = ["2001:db8:1::9/128", "2001:db8:1::/64", "2001:db8:1:1::5/128", "2001:db8:1:1::/64", "2001:db8:1::/56", "::/0"]
LOCALS = tuple(
    RouteEntry(destination=one, target="local", origin="CreateRouteTable") for one in ("10.0.0.0/16", "2001:db8:1::/56")
)
OPEN_RULES = tuple(GroupRule(protocol="-1", cidr=one) for one in ("0.0.0.0/0", "::/0"))
OPEN_ACL = tuple(
    AclEntry(number=number, egress=egress, allow=True, cidr=cidr)
    for egress in (False, True)
    for number, cidr in ((100, "0.0.0.0/0"), (101, "::/0"))
)
ECHO_REPLIES = kinds("icmp", 0, 0) | kinds("icmpv6", 129, 0)
PORTS = st.sampled_from([80, 443, 1023, 1024, 2000, 40000, 65535])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A packet over random facts."""

    topology: Topology
    source: End
    target: End
    port: int
    protocol: str

    def ask(self, topology: Topology | None = None) -> Trace:
        return trace(topology or self.topology, self.source, self.target, self.port, self.protocol)


def mostly(usual: T, strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.one_of(st.just(usual), strategy)


@st.composite
def rules(draw: st.DrawFn) -> GroupRule:
    protocol = draw(st.sampled_from(["tcp", "udp", "-1", "6", "icmp", "icmpv6", "47"]))
    first, last = sorted((draw(PORTS), draw(PORTS)))
    first, last = {"icmp": (8, -1), "icmpv6": (128, 0)}.get(protocol, (first, last))
    ports = {} if protocol == "-1" else {"from_port": first, "to_port": last}
    peer = draw(
        st.one_of(
            st.sampled_from(FOUR + SIX).map(lambda one: {"cidr": one}),
            st.sampled_from(GROUPS).map(lambda one: {"group_id": one}),
            st.just({"prefix_list_id": "pl-01"}),
        )
    )
    return GroupRule(protocol=protocol, **ports, **peer)  # type: ignore[arg-type]


@st.composite
def entries(draw: st.DrawFn) -> tuple[AclEntry, ...]:
    """Numbers close together, so that now and then none below is free."""
    found = []
    for egress in (False, True):
        numbers = draw(st.lists(st.one_of(st.integers(1, 6), st.sampled_from([100, 200])), max_size=6, unique=True))
        for number in numbers:
            protocol = draw(st.sampled_from(["-1", "6", "17"]))
            first, last = sorted((draw(PORTS), draw(PORTS)))
            ports = (None, None) if protocol == "-1" else (first, last)
            found.append(
                AclEntry(
                    number=number,
                    egress=egress,
                    allow=draw(st.sampled_from([True, False])),
                    protocol=protocol,
                    cidr=draw(st.sampled_from(FOUR + SIX)),
                    from_port=ports[0],
                    to_port=ports[1],
                )
            )
    return tuple(found)


@st.composite
def routes(draw: st.DrawFn) -> tuple[RouteEntry, ...]:
    lost = draw(st.lists(st.sampled_from(FOUR[:5] + SIX[:4]), max_size=3, unique=True))
    return (*LOCALS, *(RouteEntry(destination=one, target="eni-0gone", state="blackhole") for one in lost))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    family, same = draw(st.sampled_from([4, 6])), draw(st.booleans())
    here, there = ("10.0.0.9", "10.0.0.77") if family == 4 else ("2001:db8:1::9", "2001:db8:1::77")
    if not same:
        there = "10.0.1.5" if family == 4 else "2001:db8:1:1::5"
    carried = [tuple(draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True))) for _ in range(3)]
    ends = (end(here, SUBNET_A, *carried[0]), end(there, SUBNET_A if same else SUBNET_B, *carried[1]))
    held = {
        id_: (draw(mostly(OPEN_RULES, st.lists(rules(), max_size=3).map(tuple))), draw(st.lists(rules(), max_size=3)))
        for id_ in GROUPS
    }
    topology = world_of(
        security_groups=by("id", *(group(id_, *into, egress=out) for id_, (out, into) in held.items())),
        prefix_lists=by("id", prefix_list("pl-01", "10.0.1.0/28", "2001:db8:1:1::/80")),
        interfaces=by("id", *(_interface(*one) for one in zip((here, there, "10.0.0.200"), carried, strict=True))),
        subnets=by(
            "id",
            Subnet(id=SUBNET_A, vpc_id=VPC, cidrs=("10.0.0.0/24", "2001:db8:1::/64")),
            Subnet(id=SUBNET_B, vpc_id=VPC, cidrs=("10.0.1.0/24", "2001:db8:1:1::/64")),
        ),
        network_acls=by(
            "id",
            NetworkAcl(id="acl-0a", vpc_id=VPC, subnet_ids=(SUBNET_A,), entries=draw(mostly(OPEN_ACL, entries()))),
            NetworkAcl(id="acl-0b", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=draw(mostly(OPEN_ACL, entries()))),
        )
        if draw(st.booleans())
        else by("id", NetworkAcl(id="acl-0a", vpc_id=VPC, subnet_ids=(SUBNET_A, SUBNET_B), entries=draw(entries()))),
        route_tables=by(
            "id",
            table("rtb-0a", SUBNET_A, routes=draw(mostly(LOCALS, routes()))),
            table("rtb-0b", SUBNET_B, routes=draw(mostly(LOCALS, routes()))),
        ),
    )
    protocol, port = draw(
        st.one_of(
            st.tuples(st.sampled_from(["tcp", "udp"]), PORTS),
            st.sampled_from([("icmp" if family == 4 else "icmpv6", value * 256) for value in (8, 128, 3)]),
            st.just(("47", 0)),
        )
    )
    return Question(topology=topology, source=ends[0], target=ends[1], port=port, protocol=protocol)


def _interface(address: str, groups: tuple[str, ...]) -> NetworkInterface:
    own: dict[str, Any] = {"ipv6": (address,)} if ":" in address else {"addresses": (PrivateAddress(address=address),)}
    return NetworkInterface(id=f"eni-{address}", vpc_id=VPC, subnet_id=SUBNET_A, group_ids=groups, **own)


def blocked(question: Question) -> Trace:
    found = question.ask()
    assume(found.verdict == "blocked")
    return found


def changes_of(found: Trace) -> list[tuple[Step, Change]]:
    pairs = [(step, step.change) for step in found.blockers]
    assert all(change is not None for _, change in pairs), "here every blocker can be opened"
    return [(step, change) for step, change in pairs if change is not None]


@settings(max_examples=100, suppress_health_check=[HealthCheck.filter_too_much])
@given(questions())
def test_what_a_blocked_trace_suggests(question: Question) -> None:
    found = question.ask()
    assume(found.verdict == "blocked")
    change = found.change
    assert change is not None, "here every blocker can be opened"
    after = change.apply(question.topology)
    assert_it_gets_through(question, found, after)
    assert_each_change_takes_away_its_own_blocker(question, found)
    assert_nothing_else_opens(question, after)
    assert in_order(obey(question.topology, change.fix.cli)) == in_order(after)


def assert_it_gets_through(question: Question, found: Trace, after: Topology) -> None:
    arrived = question.ask(after)
    assert arrived.blockers == ()
    assert arrived.change is None
    assert found.doubts or arrived.reached


def assert_each_change_takes_away_its_own_blocker(question: Question, found: Trace) -> None:
    for step in found.blockers:
        assert step.change is not None
        left = question.ask(step.change.apply(question.topology)).blockers
        assert [one.layer for one in left] == [one.layer for one in found.blockers if one is not step]


def assert_nothing_else_opens(question: Question, after: Topology) -> None:
    """Each filter lets more through only of this protocol, to and from these two, on this port or the reply's."""
    family = question.source.family
    port, replies = kinds(question.protocol, question.port, question.port), kinds(question.protocol, 1024, 65535)
    if question.protocol.startswith("icmp"):
        port, replies = kinds(question.protocol, *divmod(question.port, 256)), ECHO_REPLIES
    flow = Traffic.of(family, (port | replies, question.source.addresses | question.target.addresses))
    for (id_, _, its_family), more in opened(question.topology, after).items():
        assert its_family == family
        assert more <= flow
        assert more.kinds == port or not id_.startswith("sg-")
    assert closed(question.topology, after) == {}
    for id_, old in question.topology.route_tables.rows.items():
        gone = set(old.routes) - set(after.route_tables.rows[id_].routes)
        assert all(one.state == "blackhole" and addresses(one.destination).family == family for one in gone)


@settings(max_examples=40)
@given(entries(), st.sampled_from([one_port(443), REPLY_PORTS, Ranges.of((80, 2000))]), st.booleans())
def test_every_command_on_an_acl_leaves_the_rest_as_it_is(
    held: tuple[AclEntry, ...], asked: Ranges, egress: bool
) -> None:
    """Typed one by one, no command opens more than the last one will have, or closes anything."""
    topology = world_of(
        network_acls=by("id", NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=held))
    )
    own, peer = end("10.0.1.5", SUBNET_B), end("10.0.0.9", SUBNET_A)
    step = acls.decide(topology, own, peer, egress=egress, protocol="tcp", asked=asked)
    assume(step.decision is Decision.DENY)
    assert step.fix is not None
    first = through_acl(topology, "acl-01", egress, 4)
    last = through_acl(obey(topology, step.fix.cli), "acl-01", egress, 4)
    for line in step.fix.cli.splitlines():
        topology = obey(topology, line)
        assert first <= through_acl(topology, "acl-01", egress, 4) <= last
    assert last - first <= Traffic.of(
        4, (Ranges.of(*(kinds("tcp", *one).spans[0] for one in asked.spans)), peer.addresses)
    )


# -- by name -----------------------------------------------------------------------------------


def only(step: Step) -> list[Change]:
    assert step.change is not None
    return list(parts(step.change))


def groups_step(peer: End, *groups: str, **facts: object) -> Step:
    topology = world_of(**facts)
    found = trace(topology, peer, end("10.0.1.5", SUBNET_B, *groups), 443)
    return next(step for step in found.blockers if step.layer.startswith("security groups of 10.0.1.5"))


def carriers(**held: tuple[str, ...]) -> Table[NetworkInterface]:
    return by(
        "id",
        *(
            NetworkInterface(
                id=f"eni-{name}",
                vpc_id=VPC,
                subnet_id=SUBNET_A,
                addresses=(PrivateAddress(address=f"10.0.0.{number}"),),
                group_ids=groups,
            )
            for number, (name, groups) in enumerate(held.items(), start=9)
        ),
    )


TWO = by("id", group("sg-01"), group("sg-02"))


def test_a_group_that_others_carry_as_well_is_no_name_for_the_source() -> None:
    peer = end("10.0.0.9", SUBNET_A, filtered=False, counts_as=("sg-09",))
    alone = groups_step(peer, "sg-01", security_groups=TWO, interfaces=carriers(a=("sg-09",)))
    shared = groups_step(peer, "sg-01", security_groups=TWO, interfaces=carriers(a=("sg-09",), b=("sg-09",)))
    assert only(alone) == [AddRule(group_id="sg-01", direction="ingress", rule=tcp(443, group_id="sg-09"))]
    assert only(shared) == [AddRule(group_id="sg-01", direction="ingress", rule=tcp(443, "10.0.0.9/32"))]


def test_a_load_balancers_group_stands_for_all_of_its_nodes() -> None:
    nodes = by(
        "id",
        *(replace(one, description="ELB net/orders/01") for one in carriers(a=("sg-09",), b=("sg-09",)).rows.values()),
    )
    peer = end("10.0.0.9", SUBNET_A, filtered=False, counts_as=("sg-09",))
    assert only(groups_step(peer, "sg-01", security_groups=TWO, interfaces=nodes)) == [
        AddRule(group_id="sg-01", direction="ingress", rule=tcp(443, group_id="sg-09"))
    ]


def test_the_rule_goes_where_it_opens_the_fewest_others() -> None:
    peer = end("10.0.0.9", SUBNET_A, filtered=False)
    crowd = carriers(a=("sg-01",), b=("sg-01",), c=("sg-02",))
    (added,) = only(groups_step(peer, "sg-01", "sg-02", security_groups=TWO, interfaces=crowd))
    assert isinstance(added, AddRule)
    assert added.group_id == "sg-02"


def test_every_address_of_a_source_is_admitted_not_the_first_alone() -> None:
    peer = replace(end("10.0.0.9", SUBNET_A, filtered=False), addresses=addresses("10.0.0.9") | addresses("10.0.0.12"))
    found = only(groups_step(peer, "sg-01", security_groups=TWO))
    assert [one.rule.cidr for one in found if isinstance(one, AddRule)] == ["10.0.0.9/32", "10.0.0.12/32"]


@pytest.mark.parametrize(
    ("held", "numbers", "moved"),
    [
        ((deny(100),), [99], []),
        ((deny(32767),), [100], []),
        ((allow(100, "10.9.0.0/16"), deny(32767)), [110], []),
        ((allow(32766, "10.9.0.0/16"),), [32765], []),
        ((deny(1), allow(2)), [1], [(2, 3), (1, 2)]),
        ((deny(1), allow(3)), [1], [(1, 2)]),
        ((allow(1, "10.9.0.0/16"), deny(2), allow(3), allow(5)), [2], [(3, 4), (2, 3)]),
    ],
    ids=["below", "the last", "behind the others", "before the last", "one up", "into a gap", "only what has to"],
)
def test_the_number_of_an_entry(held: tuple[AclEntry, ...], numbers: list[int], moved: list[tuple[int, int]]) -> None:
    acl = NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=held)
    own, peer = end("10.0.1.5", SUBNET_B), end("10.0.0.9", SUBNET_A)
    topology = world_of(network_acls=by("id", acl))
    (found,) = only(acls.decide(topology, own, peer, egress=False, protocol="tcp", asked=one_port(443)))
    assert isinstance(found, AllowInAcl)
    assert [one.number for one in found.entries] == numbers
    assert [(one.number, number) for one, number in found.moved] == moved


def test_only_the_ports_that_are_denied_get_an_entry() -> None:
    held = (deny(90, protocol="6", from_port=3389, to_port=3389), allow(100))
    acl = NetworkAcl(id="acl-01", vpc_id=VPC, subnet_ids=(SUBNET_B,), entries=held)
    own, peer = end("10.0.1.5", SUBNET_B), end("10.0.0.9", SUBNET_A)
    topology = world_of(network_acls=by("id", acl))
    (found,) = only(acls.decide(topology, own, peer, egress=False, protocol="tcp", asked=REPLY_PORTS))
    assert isinstance(found, AllowInAcl)
    assert [(one.number, one.from_port, one.to_port) for one in found.entries] == [(89, 3389, 3389)]


def routed(*entries: RouteEntry) -> list[Change]:
    topology = world_of(route_tables=by("id", table("rtb-0a", SUBNET_A, routes=entries), table("rtb-0b", SUBNET_B)))
    found = trace(topology, end("10.0.0.9", SUBNET_A, filtered=False), end("10.0.1.5", SUBNET_B, filtered=False), 443)
    assert found.change is not None
    assert found.change.apply(topology) != topology
    assert trace(
        found.change.apply(topology),
        end("10.0.0.9", SUBNET_A, filtered=False),
        end("10.0.1.5", SUBNET_B, filtered=False),
        443,
    ).reached
    return list(parts(found.change))


def lost(destination: str) -> RouteEntry:
    return RouteEntry(destination=destination, target="eni-0gone", state="blackhole")


def test_every_blackhole_on_the_way_is_deleted() -> None:
    wide, narrow, other = lost("10.0.0.0/17"), lost("10.0.1.0/24"), lost("10.0.9.0/24")
    assert routed(LOCALS[0], wide, narrow, other) == [
        DeleteRoute(table_id="rtb-0a", entry=narrow),
        DeleteRoute(table_id="rtb-0a", entry=wide),
    ]


def test_a_route_in_the_local_ones_place_is_given_its_default_target_back() -> None:
    taken = lost("10.0.0.0/16")
    (found,) = routed(taken)
    assert found == ReplaceRoute(table_id="rtb-0a", entry=taken, target="local")
    assert found.fix.cli == (
        "aws ec2 replace-route --route-table-id rtb-0a --destination-cidr-block 10.0.0.0/16 --local-target"
    )


def test_a_change_to_facts_that_have_moved_on_is_refused() -> None:
    entry = lost("10.0.1.0/24")
    with pytest.raises(LookupError, match=r"rtb-0a has no route 10\.0\.1\.0/24"):
        DeleteRoute(table_id="rtb-0a", entry=entry).apply(world_of())
    acl = NetworkAcl(id="acl-0a", vpc_id=VPC, entries=(deny(1), allow(2)))
    with pytest.raises(LookupError, match="acl-0a has not the rules any more"):
        AllowInAcl(acl=acl, egress=False, wanted=(allow(1, "10.0.0.9/32"),)).apply(world_of())
    with pytest.raises(LookupError, match="no sg-09 in the facts"):
        AddRule(group_id="sg-09", direction="ingress", rule=tcp(443, "10.0.0.9/32")).apply(world_of())


# -- between VPCs ------------------------------------------------------------------------------

GONE = RouteEntry(destination="10.9.0.0/24", target="tgw-0gone", state="blackhole")


@pytest.mark.parametrize(
    ("here", "there", "source", "destination", "expected"),
    [
        ((), networks.BACK, networks.ME, networks.YOU, [("rtb-here", "10.9.0.0/16")]),
        (networks.OVER, (), networks.ME, networks.YOU, [("rtb-there", "10.0.0.0/16")]),
        ((), (), networks.ME6, networks.YOU6, [("rtb-here", "2001:db8:9::/56"), ("rtb-there", "2001:db8:1::/56")]),
        ((GONE,), networks.BACK, networks.ME, networks.YOU, [("rtb-here", "10.9.0.0/24")]),
    ],
    ids=["there", "back", "both, IPv6", "a blackhole led elsewhere"],
)
def test_a_missing_route_leads_to_the_peering(
    here: tuple[RouteEntry, ...],
    there: tuple[RouteEntry, ...],
    source: str,
    destination: str,
    expected: list[tuple[str, str]],
) -> None:
    topology = networks.facts(route_tables=networks.tables(here, there))
    found = networks.ask(topology, source, destination)
    assert found.blocked
    change = found.change
    assert change is not None
    named = [
        (one.table_id, one.destination if isinstance(one, AddRoute) else one.entry.destination)
        for one in parts(change)
        if isinstance(one, AddRoute | ReplaceRoute)
    ]
    assert named == expected
    after = obey(topology, change.fix.cli)
    assert in_order(after) == in_order(change.apply(topology))
    assert networks.ask(after, source, destination).reached


def test_without_an_active_peering_no_route_is_suggested() -> None:
    pending = networks.put("peerings", networks.PEERED, status="pending-acceptance")
    found = networks.ask(networks.facts(route_tables=networks.tables(), **pending), networks.ME, networks.YOU)
    assert found.blocked
    assert found.change is None
