"""The engine against the obvious evaluator, over random small networks: no disagreement."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.healthy import VPC, by
from tests.reach.brute import acl_admits, acl_replies, best_route, groups_admit
from tests.reach.facts import IGW, LOCAL, SG_A, SG_B, SUBNET_A, SUBNET_B, end, table, world_of
from vpclink_checks.model.network import (
    AclEntry,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    SecurityGroup,
)
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.internet import exposure
from vpclink_checks.reach.sets import public

SRC, DST = "10.0.0.9", "10.0.1.5"
NEAR = ["10.0.0.0/16", "10.0.0.0/24", "10.0.0.8/31", "10.0.0.9/32", "10.0.1.0/24", "10.0.1.5/32", "0.0.0.0/0"]
FAR = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "198.51.100.0/24", "198.51.100.128/25", "203.0.113.7/32", "10.0.0.0/8"]
T = TypeVar("T")
OPEN_RULES: tuple[GroupRule, ...] = (GroupRule(protocol="-1", cidr="0.0.0.0/0"),)
TO_INTERNET: tuple[RouteEntry, ...] = (LOCAL, RouteEntry(destination="0.0.0.0/0", target=IGW))
OPEN_ACL = tuple(AclEntry(number=1, egress=egress, allow=True) for egress in (True, False))
PORTS = st.sampled_from([1, 79, 80, 81, 1023, 1024, 1025, 40000, 65535])


def port_pairs() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(PORTS, PORTS).map(lambda pair: (min(pair), max(pair)))


def mostly(usual: T, strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Open as a rule, so that a single filter often decides."""
    return st.one_of(st.just(usual), st.just(usual), strategy)


def rules(cidrs: list[str]) -> st.SearchStrategy[tuple[GroupRule, ...]]:
    peers = st.one_of(
        st.sampled_from(cidrs).map(lambda cidr: {"cidr": cidr}),
        st.sampled_from([SG_A, SG_B]).map(lambda id_: {"group_id": id_}),
    )
    one = st.builds(
        lambda ports, peer, all_: (
            GroupRule(protocol="-1", **peer)
            if all_
            else GroupRule(protocol="tcp", from_port=ports[0], to_port=ports[1], **peer)
        ),
        port_pairs(),
        peers,
        st.booleans(),
    )
    return st.lists(one, max_size=4).map(tuple)


def entries(cidrs: list[str]) -> st.SearchStrategy[tuple[AclEntry, ...]]:
    def build(ports: tuple[int, int], cidr: str, egress: bool, allow: bool, everything: bool) -> AclEntry:
        what = {} if everything else {"protocol": "6", "from_port": ports[0], "to_port": ports[1]}
        return AclEntry(number=0, egress=egress, allow=allow, cidr=cidr, **what)  # type: ignore[arg-type]

    one = st.builds(
        build, port_pairs(), st.sampled_from(cidrs), st.booleans(), st.sampled_from([True, True, False]), st.booleans()
    )
    numbered = st.lists(one, max_size=6).map(lambda many: list(enumerate(many, start=1)))
    return numbered.map(
        lambda many: tuple(
            AclEntry(
                number=number,
                egress=entry.egress,
                allow=entry.allow,
                protocol=entry.protocol,
                cidr=entry.cidr,
                from_port=entry.from_port,
                to_port=entry.to_port,
            )
            for number, entry in many
        )
    )


def routes(cidrs: list[str], targets: list[str]) -> st.SearchStrategy[tuple[RouteEntry, ...]]:
    one = st.builds(
        RouteEntry,
        destination=st.sampled_from(cidrs),
        target=st.sampled_from(targets),
        state=st.sampled_from(["active", "blackhole"]),
        origin=st.just("CreateRoute"),
    )
    return st.lists(one, max_size=3, unique_by=lambda entry: entry.destination).map(lambda many: (LOCAL, *many))


def acl(id_: str, subnet: str, held: tuple[AclEntry, ...]) -> NetworkAcl:
    return NetworkAcl(id=id_, vpc_id=VPC, subnet_ids=(subnet,), entries=held)


@settings(max_examples=300)
@given(
    out=mostly(OPEN_RULES, rules(NEAR)),
    into=mostly(OPEN_RULES, rules(NEAR)),
    acl_a=mostly(OPEN_ACL, entries(NEAR)),
    acl_b=mostly(OPEN_ACL, entries(NEAR)),
    routes_a=mostly((LOCAL,), routes(NEAR[1:], ["local", "pcx-01"])),
    routes_b=mostly((LOCAL,), routes(NEAR[1:], ["local", "pcx-01"])),
    port=PORTS,
    same_subnet=st.booleans(),
)
def test_a_flow_inside_the_vpc(
    out: tuple[GroupRule, ...],
    into: tuple[GroupRule, ...],
    acl_a: tuple[AclEntry, ...],
    acl_b: tuple[AclEntry, ...],
    routes_a: tuple[RouteEntry, ...],
    routes_b: tuple[RouteEntry, ...],
    port: int,
    same_subnet: bool,
) -> None:
    where = SUBNET_A if same_subnet else SUBNET_B
    one, two = SecurityGroup(id=SG_A, egress=out), SecurityGroup(id=SG_B, ingress=into)
    first, second = acl("acl-0a", SUBNET_A, acl_a), acl("acl-0b", SUBNET_B, acl_b)
    facts = world_of(
        security_groups=by("id", one, two),
        network_acls=by("id", first, second),
        route_tables=by("id", table("rtb-0a", SUBNET_A, routes=routes_a), table("rtb-0b", SUBNET_B, routes=routes_b)),
    )
    found = trace(facts, end(SRC, SUBNET_A, SG_A), end(DST, where, SG_B), port)

    replies = range(1024, 65536)
    filters = [
        groups_admit([one], "egress", DST, (SG_B,), port),
        groups_admit([two], "ingress", SRC, (SG_A,), port),
    ]
    if not same_subnet:
        filters += [
            acl_admits(first, True, DST, port),
            acl_admits(second, False, SRC, port),
            all(acl_replies(second, True, SRC, replies)),
            all(acl_replies(first, False, DST, replies)),
        ]
    there = best_route(list(routes_a), DST)
    back = best_route(list(routes_a if same_subnet else routes_b), SRC)
    delivered = [route is not None and (route.state, route.target) == ("active", "local") for route in (there, back)]
    dropped = [route is None or route.state == "blackhole" for route in (there, back)]

    if not all(filters) or (any(dropped) and not same_subnet):
        assert found.verdict == "blocked"
    elif all(delivered):
        assert found.verdict == "reached"
    else:
        assert found.verdict == "unknown", "another target, or a drop inside one subnet: beyond what is claimed"


@settings(max_examples=300)
@given(
    into=mostly(OPEN_RULES, rules(FAR)),
    held=mostly(OPEN_ACL, entries(FAR)),
    table_routes=mostly(TO_INTERNET, routes(FAR[:-1], [IGW, "nat-01", "igw-detached"])),
    port=PORTS,
)
def test_who_on_the_internet_gets_in(
    into: tuple[GroupRule, ...], held: tuple[AclEntry, ...], table_routes: tuple[RouteEntry, ...], port: int
) -> None:
    one, its_acl = SecurityGroup(id=SG_A, ingress=into), acl("acl-0a", SUBNET_A, held)
    facts = world_of(
        security_groups=by("id", one),
        network_acls=by("id", its_acl),
        route_tables=by("id", table("rtb-0a", SUBNET_A, routes=table_routes)),
    )
    eni = NetworkInterface(
        id="eni-01",
        vpc_id=VPC,
        subnet_id=SUBNET_A,
        addresses=(PrivateAddress(address=SRC, public="203.0.113.200"),),
        group_ids=(SG_A,),
    )
    (door,) = exposure(facts, [eni], [port]).doors
    assert door.sources.sure == door.sources.possible, "every fact is known"
    for source in sources():
        way_back = best_route(list(table_routes), source)
        reached = (
            groups_admit([one], "ingress", source, (), port)
            and acl_admits(its_acl, False, source, port)
            and any(acl_replies(its_acl, True, source, range(1, 65536)))
            and way_back is not None
            and (way_back.state, way_back.target) == ("active", IGW)
            and source in public(4)
        )
        assert (source in door.sources.sure) == reached, source
    if door.sources.sure:
        witness = door.witness(door.sources.sure)
        assert witness.src in door.sources.sure
        assert f"route table rtb-0a sends {best_route(list(table_routes), witness.src).destination} to {IGW}" in (  # type: ignore[union-attr]
            witness.via
        )


def sources() -> set[str]:
    """Both ends of every network in play, and their neighbours outside."""
    found = {"198.51.100.7", "8.8.8.8", "10.0.0.77", "127.0.0.1"}
    for text in FAR:
        network = ip_network(text)
        for value in (int(network[0]) - 1, int(network[0]), int(network[-1]), int(network[-1]) + 1):
            if 0 <= value < 2**32:
                found.add(str(ip_network(value).network_address))
    return found
