"""What stands open, shut by what is suggested: nobody public comes in, the paths' packets fare as before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import healthy as stack
from tests.checks.packets import SG_NLB, TO_INTERNET, WORLD, all_interfaces, tcp, with_balancer
from tests.healthy import by, healthy
from tests.reach.cli import obey
from tests.reach.facts import prefix_list
from tests.reach.packet_sets import in_order, opened
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import GroupRule, NetworkInterface, PrivateAddress, RouteEntry, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import engine, flow, senders
from vpclink_checks.reach.change_addresses import DropElasticAddress, DropIpv6Address, DropPublicAddress
from vpclink_checks.reach.change_balancers import StopEnforcing
from vpclink_checks.reach.change_groups import AddRule, RemoveRule
from vpclink_checks.reach.change_routes import DeleteRoute
from vpclink_checks.reach.changes import Change, parts
from vpclink_checks.reach.closing import changed, closing, closing_groups, own_traffic
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.internet import Door
from vpclink_checks.reach.trace import Trace

PORTS = (10000, 10001)
LENT = PrivateAddress(address="10.0.1.20", public="203.0.113.20")
UNKNOWN = replace(LENT, allocation_id="eipalloc-01")
ELASTIC = replace(UNKNOWN, association_id="eipassoc-01")
PUBLIC = (WORLD, "::/0", "0.0.0.0/1", "128.0.0.0/1", "198.51.100.0/24", "10.0.0.0/8")
V6_ROUTE = RouteEntry(destination="::/0", target=stack.IGW)
V6_ACL = tuple(replace(one, number=one.number + 1, cidr="::/0") for one in stack.ACL.entries if one.number < 32767)
REFERENCES = tuple(tcp(port, group_id=SG_NLB) for port in PORTS)
BASE = (stack.HOSTS_GROUP.ingress, REFERENCES, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The healthy stack with host A on the internet."""

    rules: tuple[GroupRule, ...]
    nlb: tuple[GroupRule, ...] = ()
    groups: tuple[str, ...] = ()
    enforce: str = "off"
    public: PrivateAddress | None = LENT
    ipv6: str = ""
    routes: tuple[RouteEntry, ...] = (TO_INTERNET, V6_ROUTE)

    @property
    def topology(self) -> Topology:
        found = with_balancer(
            nlb=self.nlb, rules=self.rules, security_group_ids=self.groups, enforce_private_link=self.enforce
        )
        main, own, edge = stack.ROUTE_TABLES
        own = replace(own, routes=(stack.LOCAL, *self.routes))
        eni = replace(stack.ENI_HOST_A, ipv6=(self.ipv6,) if self.ipv6 else ())
        return replace(
            found,
            interfaces=all_interfaces(replace(eni, addresses=(self.public,)) if self.public else eni),
            route_tables=by("id", main, own, edge),
            network_acls=by("id", replace(stack.ACL, entries=(*stack.ACL.entries, *V6_ACL))),
            prefix_lists=by("id", prefix_list("pl-01", "198.51.100.0/24", "10.0.11.0/24", "2001:db8:9::/48")),
        )


def host_a(reach: Reach) -> Iterable[Door]:
    """The doors of host A on the ports of the paths' containers."""
    target = next(one for one in reach.topology.targets.need(stack.TG_API) if one.id == stack.HOST_A)
    (backend,) = reach.backends(reach.topology.paths[0], target)
    return reach.internet(backend, PORTS).doors


def listener(reach: Reach) -> Iterable[Door]:
    """The doors of the path's load balancer."""
    balancer = reach.topology.paths[0].load_balancer
    assert balancer is not None
    return reach.internet_to_balancer(balancer, 10000).doors


def verdicts(reach: Reach) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.path_id, one.what, one.verdicts) for one in own_traffic(reach)]


def assert_shut(topology: Topology, change: Change) -> None:
    """Judged anew, on what the commands alone make of the facts."""
    after = obey(topology, change.fix.cli)
    assert in_order(after) == in_order(change.apply(topology))
    assert [door.public_address for door in host_a(Reach(after)) if door.sources.possible] == []
    assert verdicts(Reach(after)) == verdicts(Reach(topology))
    assert opened(topology, after) == {}, "what shuts one door opens no other"


@st.composite
def rules(draw: st.DrawFn) -> GroupRule:
    protocol, first, last = draw(
        st.sampled_from([("tcp", 10000, 10000), ("tcp", 0, 65535), ("-1", None, None), ("tcp", 9000, 10001)])
    )
    peer = draw(
        st.sampled_from(
            [
                *(
                    {"cidr": one}
                    for one in (WORLD, "::/0", "0.0.0.0/1", "128.0.0.0/1", "198.51.100.0/24", "10.0.0.0/8")
                ),
                {"prefix_list_id": "pl-01"},
                {"group_id": SG_NLB},
            ]
        )
    )
    return GroupRule(protocol=protocol, from_port=first, to_port=last, **peer)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    base, more = draw(st.sampled_from(BASE)), draw(st.lists(rules(), min_size=1, max_size=4))
    public = draw(st.sampled_from([None, LENT, ELASTIC]))
    return Facts(
        rules=tuple(dict.fromkeys((*base, *more))),
        groups=draw(st.sampled_from([(), (SG_NLB,)])),
        enforce=draw(st.sampled_from(["on", "off"])),
        nlb=draw(st.sampled_from([(), (GroupRule(protocol="-1", cidr=WORLD),)])),
        public=public,
        ipv6=draw(st.sampled_from(["", "2001:db8:5::20"])),
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])
@given(facts())
def test_what_is_suggested_shuts_the_door_and_spares_the_paths(given_: Facts) -> None:
    topology = given_.topology
    reach = Reach(topology)
    assume(any(door.sources.possible for door in host_a(reach)))
    change = closing(reach, host_a)
    assert change is not None, "here rules alone can do it"
    assert {type(one) for one in parts(change)} <= {AddRule, RemoveRule}
    assert_shut(topology, change)


@settings(max_examples=15)
@given(facts())
def test_every_single_part_is_needed(given_: Facts) -> None:
    """The smallest: without any one part somebody still comes in, or a packet of a path is lost."""
    topology = given_.topology
    change = closing(Reach(topology), host_a)
    assume(change is not None)
    assert change is not None
    every = list(parts(change))
    for left_out in every:
        after = topology
        for one in every:
            after = one.apply(after) if one != left_out else after
        still = any(door.sources.possible for door in host_a(Reach(after)))
        assert still or verdicts(Reach(after)) != verdicts(Reach(topology))


# -- by name -----------------------------------------------------------------------------------


def suggested(given_: Facts) -> list[Change]:
    change = closing(Reach(given_.topology), host_a)
    assert change is not None
    assert_shut(given_.topology, change)
    return list(parts(change))


def test_a_rule_that_only_the_public_uses_is_taken_back() -> None:
    opened_ = tcp(10000, WORLD)
    assert suggested(Facts(rules=(*stack.HOSTS_GROUP.ingress, opened_))) == [
        RemoveRule(group_id=stack.SG_HOSTS, direction="ingress", rule=opened_)
    ]


def test_a_wide_rule_that_the_path_needs_keeps_its_ports_for_the_load_balancer() -> None:
    everything = GroupRule(protocol="-1", cidr=WORLD)
    found = suggested(Facts(rules=(everything,)))
    added = [one.rule for one in found if isinstance(one, AddRule)]
    assert sorted((one.from_port, one.to_port, one.cidr) for one in added) == [
        (port, port, f"10.0.{net}.10/32") for port in PORTS for net in (11, 12)
    ]
    assert found[-1] == RemoveRule(group_id=stack.SG_HOSTS, direction="ingress", rule=everything)


@pytest.mark.parametrize(
    ("enforce", "peers"),
    [("on", {SG_NLB}), ("off", {"10.0.11.10/32", "10.0.12.10/32"})],
    ids=["its group", "its addresses where evaluation is off"],
)
def test_where_a_reference_works_it_is_the_load_balancers_group(enforce: str, peers: set[str]) -> None:
    everything = GroupRule(protocol="-1", cidr=WORLD)
    found = suggested(Facts(rules=(everything,), groups=(SG_NLB,), enforce=enforce, nlb=(everything,)))
    assert {one.rule.peer for one in found if isinstance(one, AddRule)} == peers


@pytest.mark.parametrize(
    ("public", "ipv6", "expected"),
    [
        (LENT, "", DropPublicAddress),
        (ELASTIC, "", DropElasticAddress),
        (None, "2001:db8:5::20", DropIpv6Address),
        (UNKNOWN, "", DeleteRoute),
    ],
    ids=["lent by EC2", "elastic", "IPv6", "elastic, by an association that is not known"],
)
def test_where_no_rule_can_go_the_address_goes_and_then_the_route(
    public: PrivateAddress | None, ipv6: str, expected: type
) -> None:
    """A rule that the load balancer's undocumented sources need stays: see the group that both carry."""
    topology = Facts(rules=(tcp(10000, WORLD), tcp(10000, "::/0")), public=public, ipv6=ipv6).topology
    gone = replace(topology, network_acls=by("id", replace(stack.ACL, entries=stack.ACL.entries)))
    topology = topology if ipv6 else gone
    reach = Reach(topology)

    def only_addresses(after: Reach) -> Iterable[Door]:
        """Doors whose groups the change may not touch: any other rules than today's count as open."""
        same = after.topology.security_groups == topology.security_groups
        return host_a(after) if same else host_a(reach)

    change = closing(reach, only_addresses)
    assert change is not None
    assert {type(one) for one in parts(change)} == {expected}
    assert in_order(obey(topology, change.fix.cli)) == in_order(change.apply(topology))
    assert not any(door.sources.possible for door in host_a(Reach(change.apply(topology))))


def facing(nlb: tuple[GroupRule, ...], groups: tuple[str, ...], enforce: str) -> Topology:
    topology = with_balancer(scheme="internet-facing", nlb=nlb, security_group_ids=groups, enforce_private_link=enforce)
    main, own, edge = stack.ROUTE_TABLES
    enis: list[NetworkInterface] = [
        replace(eni, addresses=(replace(eni.addresses[0], public=f"203.0.113.{n}"),))
        for n, eni in enumerate((stack.ENI_NLB_A, stack.ENI_NLB_B), start=11)
    ]
    tables = (replace(main, routes=(stack.LOCAL, TO_INTERNET)), own, edge)
    return replace(topology, route_tables=by("id", *tables), interfaces=all_interfaces(*enis))


def test_a_listener_is_shut_and_its_v1_link_kept_by_turning_evaluation_off() -> None:
    world = GroupRule(protocol="-1", cidr=WORLD)
    topology = facing((world,), (SG_NLB,), "on")
    change = closing(Reach(topology), listener)
    assert change is not None
    assert [type(one) for one in parts(change)] == [StopEnforcing, RemoveRule]
    after = Reach(obey(topology, change.fix.cli))
    assert not any(door.sources.possible for door in listener(after))
    assert verdicts(after) == verdicts(Reach(topology))


def test_a_load_balancer_without_groups_cannot_be_shut_by_any_of_these() -> None:
    assert closing(Reach(facing((), (), "off")), listener) is None


def test_what_is_shut_needs_nothing() -> None:
    assert closing(Reach(healthy()), host_a) is None


def test_groups_alone_are_shut_for_both_families() -> None:
    four, six = tcp(10000, WORLD), tcp(10000, "::/0")
    topology = Facts(rules=(*stack.HOSTS_GROUP.ingress, four, six)).topology
    change = closing_groups(Reach(topology), (stack.SG_HOSTS,), 10000)
    assert change is not None
    assert [one.rule for one in parts(change) if isinstance(one, RemoveRule)] == [four, six]


def test_a_group_that_was_not_read_is_not_guessed_at() -> None:
    topology = Facts(rules=(tcp(10000, WORLD),)).topology
    rows = {id_: one for id_, one in topology.security_groups.rows.items() if id_ != stack.SG_HOSTS}
    partly: Table[Any] = Table(rows=rows, gap=topology.links.gap)
    reach = Reach(replace(topology, security_groups=partly))
    assert closing_groups(reach, (stack.SG_HOSTS,), 10000) is None


def test_changed_facts_are_judged_once() -> None:
    reach = Reach(Facts(rules=(*stack.HOSTS_GROUP.ingress, tcp(10000, WORLD))).topology)
    change = closing(reach, host_a)
    assert change is not None
    assert changed(reach, change) is changed(reach, change)


# -- how much work that is ---------------------------------------------------------------------


def many(number: int) -> Topology:
    """As many targets, each with a group of its own that lets the world in."""
    facts_ = Facts(rules=stack.HOSTS_GROUP.ingress).topology
    host = facts_.instances.rows[stack.HOST_A]
    ids = range(number)
    groups = [SecurityGroup(id=f"sg-own{n}", vpc_id=stack.VPC, ingress=(tcp(10000, WORLD),)) for n in ids]
    interfaces = [
        replace(
            stack.ENI_HOST_A,
            id=f"eni-{n}",
            instance_id=f"i-{n}",
            group_ids=(f"sg-own{n}",),
            addresses=(PrivateAddress(address=f"10.0.1.{n + 100}", public=f"203.0.113.{n}"),),
        )
        for n in ids
    ]
    return replace(
        facts_,
        instances=by("id", *(replace(host, id=f"i-{n}", interface_ids=(f"eni-{n}",)) for n in ids)),
        interfaces=by("id", *facts_.interfaces, *interfaces),
        security_groups=by("id", *facts_.security_groups, *groups),
        targets=Table({arn: tuple(Target(id=f"i-{n}", port=10000) for n in ids) for arn in facts_.targets.rows}),
    )


def asked(number: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many packets are traced to shut every target, each by a finding of its own."""
    count = 0
    original = flow.trace

    def counted(*given_: Any, **named: Any) -> Trace:
        nonlocal count
        count += 1
        return original(*given_, **named)

    for module in (engine, senders):
        monkeypatch.setattr(module, "trace", counted)
    reach = Reach(many(number))
    for n in range(number):
        change = closing_groups(reach, (f"sg-own{n}",), 10000)
        assert change is not None
        assert {one.group_id for one in parts(change) if isinstance(one, AddRule | RemoveRule)} == {f"sg-own{n}"}
    monkeypatch.undo()
    return count


def test_the_packets_traced_grow_with_the_targets_and_not_with_their_square(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(16, monkeypatch) == 2 * asked(8, monkeypatch) > 0
