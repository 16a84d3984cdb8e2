"""Random small networks for the property of doors: rules, entries and routes about a few networks."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from tests.healthy import VPC
from tests.reach.facts import LOCAL, SG_A, SG_B
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, RouteEntry

T = TypeVar("T")
OPEN_RULES: tuple[GroupRule, ...] = (GroupRule(protocol="-1", cidr="0.0.0.0/0"),)
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
