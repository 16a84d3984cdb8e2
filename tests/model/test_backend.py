"""Which interface and address a registered target is (semantics.md, 6.9, 7.6 and 8.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by, healthy
from tests.reach.facts import gap
from vpclink_checks.model.backend import Backend, backend_of
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import Table, UnknownFact
from vpclink_checks.model.network import NetworkInterface, PrivateAddress, Vpc
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import PeeredVpc, Peering, TransitAttachment

OTHER, THIRD, FAR = "vpc-0other", "vpc-0third", "10.99.0.5"
OURS = replace(stack.GROUP_API, target_type="ip")
SIX = replace(stack.GROUP_API, ip_address_type="ipv6")


def card(vpc_id: str, address: str) -> NetworkInterface:
    name = f"eni-{vpc_id}"
    return NetworkInterface(id=name, vpc_id=vpc_id, subnet_id="s", addresses=(PrivateAddress(address=address),))


def facts(*first: NetworkInterface, **changes: Any) -> Topology:
    """The stack, with other interfaces named before its own."""
    vpcs = by("id", *healthy().vpcs, *(Vpc(id=one, cidrs=("10.99.0.0/16",)) for one in (OTHER, THIRD)))
    return healthy(interfaces=by("id", *first, *healthy().interfaces), **{"vpcs": vpcs, **changes})


def found(topology: Topology, address: str, **more: Any) -> Backend | None:
    return backend_of(topology, OURS, Target(id=address, port=10000, **more))


@pytest.mark.parametrize("zone", ["eu-west-2a", "all", ""])
def test_an_address_is_the_one_of_the_target_groups_vpc(zone: str) -> None:
    """The adversary's finding: the first interface with the address, of whatever VPC."""
    backend = found(facts(card(OTHER, "10.0.1.20")), "10.0.1.20", zone=zone)
    assert backend is not None
    assert backend.interface == stack.ENI_HOST_A


def test_an_address_of_another_vpc_is_not_one_that_only_has_the_same_number() -> None:
    assert found(facts(card(OTHER, "10.0.1.99")), "10.0.1.99", state="unhealthy") is None


PEERED = Peering(id="pcx-1", requester=PeeredVpc(vpc_id=OTHER), accepter=PeeredVpc(vpc_id=stack.VPC))
ATTACHED = tuple(
    TransitAttachment(id=f"tgw-attach-{one}", gateway_id="tgw-1", kind="vpc", resource_id=one)
    for one in (stack.VPC, OTHER)
)


@pytest.mark.parametrize(
    "joined",
    [
        {"peerings": by("id", PEERED)},
        {"transit_attachments": by("id", *ATTACHED)},
    ],
    ids=["peering", "transit gateway"],
)
def test_an_address_outside_is_one_of_a_vpc_that_is_joined_to_this_one(joined: dict[str, Any]) -> None:
    backend = found(facts(card(OTHER, FAR), **joined), FAR, zone="all")
    assert backend is not None
    assert backend.interface.vpc_id == OTHER


@pytest.mark.parametrize(
    ("unread", "call"),
    [("peerings", "ec2:DescribeVpcPeeringConnections"), ("vpcs", "ec2:DescribeVpcs")],
)
def test_a_namesake_is_not_taken_where_it_is_not_known_whether_it_is_meant(unread: str, call: str) -> None:
    """The reviewer's finding: an unrelated VPC's interface was judged as the backend."""
    with pytest.raises(UnknownFact, match=call):
        found(facts(card(OTHER, FAR), **{unread: Table(gap=gap(call))}), FAR, zone="all")


def test_which_of_several_vpcs_is_meant_is_not_known() -> None:
    third = replace(PEERED, id="pcx-2", requester=PeeredVpc(vpc_id=THIRD))
    with pytest.raises(UnknownFact, match="is an address in vpc-0other and vpc-0third"):
        found(facts(card(OTHER, FAR), card(THIRD, FAR), peerings=by("id", PEERED, third)), FAR)


@pytest.mark.parametrize("state", ["healthy", "unhealthy", "unused"])
@pytest.mark.parametrize(
    "cards", [(), (card(OTHER, FAR),)], ids=["no interface", "a namesake in a VPC that nothing joins to ours"]
)
def test_that_an_address_outside_has_no_interface_proves_nothing(cards: tuple[NetworkInterface], state: str) -> None:
    """The adversary's finding: the far target "does not exist any more", and nobody judged the packets to it."""
    with pytest.raises(UnknownFact, match=r"10\.99\.0\.5 is not known to lie in vpc-.*ec2:DescribeNetworkInterfaces"):
        found(facts(*cards), FAR, zone="all", state=state)


def test_an_address_inside_without_an_interface_is_gone_unless_it_is_healthy() -> None:
    assert found(facts(), "10.0.1.45", state="unhealthy") is None
    with pytest.raises(UnknownFact, match=r"readings disagree: .*DescribeTargetHealth calls it healthy"):
        found(facts(), "10.0.1.45")


def test_a_text_that_is_no_address_lies_nowhere() -> None:
    with pytest.raises(UnknownFact, match="is not known to lie in"):
        found(facts(), "web.example.com")


def test_an_address_of_a_delegated_prefix_comes_to_its_interface() -> None:
    """The adversary's finding: nothing read the prefixes, and the targets did not exist any more."""
    delegated = replace(stack.ENI_HOST_A, prefixes=("10.0.1.32/28", "2001:db8:0:1::/80"))
    topology = healthy(interfaces=by("id", *healthy().interfaces, delegated))
    for address in ("10.0.1.33", "2001:db8:0:1::7"):
        backend = found(topology, address)
        assert backend is not None
        assert (backend.interface.id, backend.address) == (delegated.id, address)


# -- instances ---------------------------------------------------------------------------------


def on_instance(**changes: Any) -> Topology:
    return healthy(interfaces=by("id", *healthy().interfaces, replace(stack.ENI_HOST_A, **changes)))


def address_of(topology: Topology, group: Any = stack.GROUP_API) -> str:
    backend = backend_of(topology, group, Target(id=stack.HOST_A, port=10000))
    assert backend is not None
    return backend.address


def test_an_instance_is_reached_at_its_primary_address_wherever_it_is_listed() -> None:
    second = PrivateAddress(address="10.0.1.77", primary=False)
    assert address_of(on_instance(addresses=(second, *stack.ENI_HOST_A.addresses))) == "10.0.1.20"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ipv6": ("2001:db8::5",)}, "2001:db8::5"),
        ({"ipv6": ("2001:db8::5", "2001:db8::6"), "primary_ipv6": "2001:db8::6"}, "2001:db8::6"),
        ({"ipv6": ("2001:db8::5",), "addresses": ()}, "2001:db8::5"),
    ],
    ids=["the only one", "the primary one", "IPv6 alone"],
)
def test_an_ipv6_target_group_sends_to_the_instances_ipv6_address(changes: dict[str, Any], expected: str) -> None:
    """The adversary's finding: packets were judged toward the IPv4 address."""
    assert address_of(on_instance(**changes), SIX) == expected


@pytest.mark.parametrize("six", [(), ("2001:db8::5", "2001:db8::6")], ids=["none", "two, and none is the primary one"])
def test_which_ipv6_address_an_instance_is_reached_at_may_not_be_known(six: tuple[str, ...]) -> None:
    with pytest.raises(UnknownFact, match="no primary IPv6 address"):
        address_of(on_instance(ipv6=six), SIX)
