"""Every change: its commands do what it does, its Terraform has the AWS provider's arguments, or it is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests import healthy as stack
from tests.checks.packets import SG_NLB, added, tcp, with_balancer
from tests.healthy import healthy
from tests.reach.cli import obey
from tests.reach.facts import allow, deny
from tests.reach.packet_sets import in_order
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import GroupRule, PrivateAddress, RouteEntry
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_acls import AllowInAcl
from vpclink_checks.reach.change_addresses import DropElasticAddress, DropIpv6Address, DropPublicAddress
from vpclink_checks.reach.change_balancers import CreateListener, DenyGateways, StopEnforcing, StopPreserving
from vpclink_checks.reach.change_groups import AddRule, RemoveRule
from vpclink_checks.reach.change_routes import AddRoute, DeleteRoute, ReplaceRoute
from vpclink_checks.reach.changes import Change, Together, parts, together

EVERYTHING = GroupRule(protocol="-1", cidr="::/0")
HOSTS, TABLE = stack.SG_HOSTS, "rtb-0bbbbbbbbbbbbbbbb"
TO_NAT = RouteEntry(destination="0.0.0.0/0", target=stack.NAT)
ELASTIC = PrivateAddress(
    address="10.0.1.20", public="203.0.113.20", allocation_id="eipalloc-01", association_id="eipassoc-01"
)
LENT = PrivateAddress(address="10.0.1.20", public="203.0.113.20")
NLB = replace(stack.NLB, security_group_ids=(SG_NLB,), enforce_private_link="on")


def rules(**peer: str) -> list[Change]:
    rule = GroupRule(protocol="tcp", from_port=443, to_port=444, **peer)
    return [AddRule(group_id=HOSTS, direction=one, rule=rule) for one in ("ingress", "egress")]


def host(address: PrivateAddress) -> Topology:
    """Host A with this address and one of IPv6; its instance shows the public one as well."""
    base = healthy()
    eni = replace(stack.ENI_HOST_A, addresses=(address,), ipv6=("2001:db8:5::20",))
    instance = replace(stack.INSTANCE_A, public_address=address.public)
    return replace(
        base,
        interfaces=Table(rows={**base.interfaces.rows, eni.id: eni}),
        instances=Table(rows={**base.instances.rows, instance.id: instance}),
    )


def balanced() -> Topology:
    return replace(
        with_balancer(security_group_ids=(SG_NLB,), enforce_private_link="on"),
        load_balancer_attributes=Table(rows={stack.NLB_ARN: {}}),
        target_group_attributes=Table(rows={stack.TG_API: {}}),
    )


CHANGES: dict[str, tuple[Topology, Change]] = {
    **{
        f"{one.direction} {name}": (healthy(), one)  # type: ignore[attr-defined]
        for name, every in {
            "IPv4": rules(cidr="198.51.100.7/32"),
            "IPv6": rules(cidr="2001:db8::/32"),
            "group": rules(group_id=SG_NLB),
            "group of another account": rules(group_id="sg-0far", account_id="111122223333"),
            "prefix list": rules(prefix_list_id="pl-01"),
        }.items()
        for one in every
    },
    "all traffic": (
        healthy(),
        AddRule(group_id=HOSTS, direction="ingress", rule=GroupRule(protocol="-1", cidr="::/0")),
    ),
    "ping": (
        healthy(),
        AddRule(
            group_id=HOSTS,
            direction="ingress",
            rule=GroupRule(protocol="icmp", from_port=8, to_port=0, cidr="10.0.0.9/32"),
        ),
    ),
    "ping through an ACL": (
        healthy(),
        AllowInAcl(
            acl=stack.ACL,
            egress=False,
            wanted=(allow(100, "10.0.0.9/32", protocol="1", icmp_type=8, icmp_code=0),),
        ),
    ),
    "rule removed": (
        healthy(security_groups=added(GroupRule(protocol="-1", prefix_list_id="pl-01", description="old"))),
        RemoveRule(group_id=HOSTS, direction="ingress", rule=GroupRule(protocol="-1", prefix_list_id="pl-01")),
    ),
    "outbound rule removed": (
        healthy(),
        RemoveRule(group_id=HOSTS, direction="egress", rule=GroupRule(protocol="-1", cidr="0.0.0.0/0")),
    ),
    "ACL entry": (healthy(), AllowInAcl(acl=stack.ACL, egress=False, wanted=(allow(32767, "2001:db8::/32"),))),
    "ACL entries in front of the first": (
        healthy(),
        AllowInAcl(
            acl=stack.ACL,
            egress=True,
            wanted=(
                allow(100, "10.0.0.9/32", egress=True, protocol="6", from_port=1024, to_port=65535),
                allow(1, "10.0.0.9/32", egress=True, protocol="17", from_port=53, to_port=53),
            ),
        ),
    ),
    "route added": (healthy(), AddRoute(table_id=TABLE, destination="10.9.0.0/16", target="pcx-01")),
    "IPv6 route added": (healthy(), AddRoute(table_id=TABLE, destination="::/0", target="eigw-01")),
    "route to a prefix list added": (healthy(), AddRoute(table_id=TABLE, destination="pl-01", target="tgw-01")),
    "route deleted": (healthy(), DeleteRoute(table_id=TABLE, entry=TO_NAT)),
    "route replaced": (healthy(), ReplaceRoute(table_id=TABLE, entry=TO_NAT, target="igw-01")),
    "local route restored": (
        healthy(),
        ReplaceRoute(table_id=TABLE, entry=stack.LOCAL, target="local"),
    ),
    "elastic address": (host(ELASTIC), DropElasticAddress(interface_id=stack.ENI_HOST_A.id, address=ELASTIC)),
    "lent address": (host(LENT), DropPublicAddress(interface_id=stack.ENI_HOST_A.id, address=LENT)),
    "IPv6 address": (host(LENT), DropIpv6Address(interface_id=stack.ENI_HOST_A.id, address="2001:db8:5::20")),
    "evaluation off": (balanced(), StopEnforcing(balancer=NLB)),
    "gateways denied": (balanced(), DenyGateways(balancer=NLB)),
    "preservation off": (balanced(), StopPreserving(group=stack.GROUP_API)),
    "listener": (
        balanced(),
        CreateListener(balancer=NLB, protocol="TCP", port=8443, target_group_arn=stack.TG_API),
    ),
}
GROUP_RULE = {
    *("security_group_id", "ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6"),
    *("prefix_list_id", "referenced_security_group_id", "description", "tags"),
}
# Arguments of the AWS provider's resources (hashicorp/terraform-provider-aws, website/docs/r).
ARGUMENTS = {
    "aws_vpc_security_group_ingress_rule": GROUP_RULE,
    "aws_vpc_security_group_egress_rule": GROUP_RULE,
    "aws_network_acl_rule": {
        *("network_acl_id", "rule_number", "egress", "protocol", "rule_action", "cidr_block", "ipv6_cidr_block"),
        *("from_port", "to_port", "icmp_type", "icmp_code"),
    },
    "aws_route": {
        *("route_table_id", "destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"),
        *("carrier_gateway_id", "core_network_arn", "egress_only_gateway_id", "gateway_id", "nat_gateway_id"),
        *("local_gateway_id", "network_interface_id", "transit_gateway_id", "vpc_endpoint_id"),
        "vpc_peering_connection_id",
    },
    "aws_lb_listener": {"load_balancer_arn", "protocol", "port", "default_action", "type", "target_group_arn"},
    # An argument alone is one of aws_lb, aws_lb_target_group and aws_instance.
    "": {
        "enforce_security_group_inbound_rules_on_private_link_traffic",
        "preserve_client_ip",
        "associate_public_ip_address",
    },
}


@pytest.mark.parametrize(("topology", "change"), CHANGES.values(), ids=CHANGES)
def test_the_commands_do_what_the_change_does(topology: Topology, change: Change) -> None:
    after = change.apply(topology)
    assert in_order(obey(topology, change.fix.cli)) == in_order(after)
    assert after != topology or change == CHANGES["local route restored"][1]


def test_a_group_of_another_account_is_named_with_it() -> None:
    into, _ = rules(group_id="sg-0far", account_id="111122223333")
    assert "UserIdGroupPairs=[{GroupId=sg-0far,UserId=111122223333}]" in into.fix.cli
    assert '"111122223333/sg-0far"' in into.fix.terraform


def test_a_rule_is_the_same_whether_its_account_is_told_or_not() -> None:
    told, _ = rules(group_id="sg-0far", account_id="111122223333")
    bare, _ = rules(group_id="sg-0far")
    after = told.apply(healthy())
    assert bare.apply(after) is after


@pytest.mark.parametrize(("topology", "change"), CHANGES.values(), ids=CHANGES)
def test_one_sentence_and_terraform_with_the_providers_arguments(topology: Topology, change: Change) -> None:
    assert topology
    assert change.fix.text.endswith(".")
    assert "\n" not in change.fix.text
    kept = "\n".join(line for line in change.fix.terraform.splitlines() if not line.startswith("#"))
    assert kept or change.fix.terraform
    assert kept.count("{") == kept.count("}")
    assert kept.count('"') % 2 == 0
    blocks = re.split(r"^(?=resource )", kept, flags=re.MULTILINE)
    for block in filter(str.strip, blocks):
        head = re.match(r'resource "(\w+)" "([A-Za-z]\w*)" \{', block)
        arguments = set(re.findall(r"^\s*(\w+)\s+(?:=|\{)", block.partition("\n")[2] if head else block, re.MULTILINE))
        assert arguments
        assert arguments <= ARGUMENTS[head[1] if head else ""]


@pytest.mark.parametrize(("topology", "change"), CHANGES.values(), ids=CHANGES)
def test_a_change_leaves_the_facts_it_was_given_alone(topology: Topology, change: Change) -> None:
    before = repr(topology)
    change.apply(topology)
    assert repr(topology) == before


MISSING: list[tuple[Change, str]] = [
    (RemoveRule(group_id=HOSTS, direction="ingress", rule=tcp(1, "10.0.0.0/8")), "has no ingress rule"),
    (AddRoute(table_id=TABLE, destination="0.0.0.0/0", target="igw-01"), "has a route for"),
    (ReplaceRoute(table_id="rtb-09", entry=TO_NAT, target="igw-01"), "no rtb-09"),
    (DropElasticAddress(interface_id=stack.ENI_HOST_A.id, address=ELASTIC), "has not the public address"),
    (DropIpv6Address(interface_id=stack.ENI_HOST_A.id, address="2001:db8::1"), "has no address"),
    (StopEnforcing(balancer=replace(NLB, arn="arn:other")), "no arn:other"),
    (CreateListener(balancer=NLB, protocol="TCP", port=10000, target_group_arn=stack.TG_API), "listener on 10000"),
    (AllowInAcl(acl=replace(stack.ACL, id="acl-09"), egress=False, wanted=(allow(9),)), "no acl-09"),
    (AllowInAcl(acl=replace(stack.ACL, entries=()), egress=False, wanted=(allow(101),)), "other rules by now"),
]


@pytest.mark.parametrize(("change", "words"), MISSING)
def test_what_is_not_there_any_more_is_refused(change: Change, words: str) -> None:
    with pytest.raises(LookupError, match=words):
        change.apply(healthy())


def test_a_rule_that_is_there_is_not_added_twice() -> None:
    held = stack.HOSTS_GROUP.ingress[0]
    again = AddRule(group_id=HOSTS, direction="ingress", rule=replace(held, description="again"))
    assert again.apply(healthy()) == healthy()


def test_the_same_change_is_made_once_and_one_alone_stays_itself() -> None:
    one, other = rules(cidr="10.0.0.9/32")
    assert together([one, one]) is one
    assert together([]) is None
    both = together([one, together([one, other]) or other])
    assert both == Together((one, other))
    assert both is not None
    assert list(parts(both)) == [one, other]


def test_two_layers_of_one_acl_get_numbers_of_their_own() -> None:
    acl = replace(stack.ACL, entries=(deny(100), deny(100, egress=True)))
    first = AllowInAcl(acl=acl, egress=False, wanted=(allow(100, "10.0.0.9/32"),))
    second = AllowInAcl(acl=acl, egress=False, wanted=(allow(100, "10.0.1.9/32"),))
    other = AllowInAcl(acl=acl, egress=True, wanted=(allow(100, "10.0.1.9/32", egress=True),))
    change = together([first, other, second])
    assert change is not None
    joined, apart = parts(change)
    assert isinstance(joined, AllowInAcl)
    assert isinstance(apart, AllowInAcl)
    assert [one.number for one in joined.entries] == [98, 99]
    assert [one.number for one in apart.entries] == [99]


def test_a_target_that_no_option_takes_is_refused() -> None:
    with pytest.raises(LookupError, match="no option of create-route takes i-01"):
        assert AddRoute(table_id=TABLE, destination="10.9.0.0/16", target="i-01").fix
