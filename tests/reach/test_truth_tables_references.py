"""Truth tables of references to security groups (semantics.md, section 7.3): whom they match, and whom never.

Each case cites its row and the source that the row names; the verdicts are the rows', not the engine's output.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests import healthy as stack
from tests.healthy import by
from tests.reach.truth import (
    ANY,
    CLIENT,
    CLIENT_SUBNET,
    DROP,
    GROUPED,
    HOST_AT,
    KEEP,
    LINK_NET,
    PORT,
    SG_CLIENT,
    SG_LB,
    VPC_NET,
    WORLD,
    Facts,
    asked,
    interface,
    rows,
    tcp,
)
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    AclEntry,
    GroupRule,
    NetworkAcl,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.transit import PeeredVpc, Peering, TransitAttachment, TransitRoute, TransitRouteTable

PEER_VPC, PEER_SUBNET, PEER_NET, PEER_AT = "vpc-0peer", "subnet-0peer", "10.8.0.0/24", "10.8.0.5"
PEERED, SG_PEER, PCX = "eni-0peer", "sg-0peer", "pcx-01"
ZONE = "eu-west-2a"
LOCAL = RouteEntry(destination=VPC_NET, target="local", origin="CreateRouteTable")


def admitting(*rules: GroupRule, **more: Any) -> Facts:
    return Facts(hosts=rules, **more)


def peered(*rules: GroupRule, status: str = "active", **more: Any) -> Facts:
    """Another VPC, peered, with one interface that carries a group of its own."""
    base = Facts(hosts=rules, **more)
    facts = base.topology
    side = PeeredVpc(vpc_id=stack.VPC, account=stack.ACCOUNT, region=stack.REGION, cidrs=(VPC_NET,))
    other = replace(side, vpc_id=PEER_VPC, cidrs=(PEER_NET,))
    way = RouteEntry(destination=PEER_NET, target=PCX)
    own = tuple(replace(one, routes=(*one.routes, way)) for one in facts.route_tables.all())
    theirs = RouteTable(
        id="rtb-0peer",
        vpc_id=PEER_VPC,
        main=True,
        routes=(replace(LOCAL, destination=PEER_NET), RouteEntry(destination=VPC_NET, target=PCX)),
    )
    entries = tuple(AclEntry(number=100, egress=egress, allow=True) for egress in (False, True))
    carrier = replace(interface(PEERED, PEER_SUBNET, PEER_AT, SG_PEER), vpc_id=PEER_VPC)
    return replace(
        base,
        more={
            "vpcs": by("id", *facts.vpcs.all(), Vpc(id=PEER_VPC, cidrs=(PEER_NET,))),
            "subnets": by(
                "id", *facts.subnets.all(), Subnet(id=PEER_SUBNET, vpc_id=PEER_VPC, zone=ZONE, cidrs=(PEER_NET,))
            ),
            "interfaces": by("id", *facts.interfaces.all(), carrier),
            "route_tables": by("id", *own, theirs),
            "network_acls": by(
                "id",
                *facts.network_acls.all(),
                NetworkAcl(id="acl-0peer", vpc_id=PEER_VPC, default=True, entries=entries),
            ),
            "security_groups": by(
                "id", *facts.security_groups.all(), SecurityGroup(id=SG_PEER, vpc_id=PEER_VPC, egress=(ANY,))
            ),
            "peerings": by("id", Peering(id=PCX, status=status, requester=side, accepter=other)),
            **base.more,
        },
    )


TO_HOST = "7.3, a reference matches the private IPs of ENIs that carry the group [C EC2]"


@rows(
    (f"{TO_HOST}: the carrier", admitting(tcp(PORT, group_id=SG_CLIENT)), "reached"),
    (f"{TO_HOST}: nobody else", admitting(tcp(PORT, group_id=SG_LB)), "blocked"),
    (f"{TO_HOST}: on the rule's port alone", admitting(tcp(PORT + 1, group_id=SG_CLIENT)), "blocked"),
    (f"{TO_HOST}: any protocol", admitting(GroupRule(protocol="-1", group_id=SG_CLIENT)), "reached"),
    (
        "7.3, a stale reference matches nothing [C VPC]: the group is gone",
        admitting(tcp(PORT, group_id="sg-0gone")),
        "blocked",
    ),
    (
        "7.3, a stale reference matches nothing [C VPC]: beside a rule that admits, no harm",
        admitting(tcp(PORT, group_id="sg-0gone"), tcp(PORT, VPC_NET)),
        "reached",
    ),
)
def test_inside_one_vpc(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, stack.HOST_A, PORT).verdict == expected


REFERENCE = tcp(PORT, group_id=SG_PEER, peering="active")


@rows(
    ("7.3, same or peered VPC [C VPC]: peered, the reference matches", peered(REFERENCE), "reached"),
    ("7.3, same or peered VPC [C VPC]: peered, the address matches as well", peered(tcp(PORT, PEER_NET)), "reached"),
    (
        "7.3, stale: the peering is deleted [C VPC]",
        peered(tcp(PORT, group_id=SG_PEER, peering="deleted"), status="deleted"),
        "blocked",
    ),
    ("7.1, a peering that is not active carries nothing", peered(tcp(PORT, PEER_NET), status="deleted"), "blocked"),
)
def test_over_a_peering(facts: Facts, expected: str) -> None:
    assert asked(facts, PEERED, stack.HOST_A, PORT).verdict == expected


THROUGH = "7.3 and 5, a client's reference through an NLB that preserves [C NLB-REG]"


@rows(
    (f"{THROUGH}: the client's group does not match", admitting(tcp(PORT, group_id=SG_CLIENT)), "blocked"),
    (
        f"{THROUGH}: the NLB's own does [C NSG]",
        admitting(tcp(PORT, group_id=SG_LB), balancer=GROUPED),
        "reached",
    ),
    (f"{THROUGH}: the client's address does", admitting(tcp(PORT, "10.0.31.0/24")), "reached"),
    (f"{THROUGH}: another's address does not", admitting(tcp(PORT, LINK_NET)), "blocked"),
)
def test_through_a_preserving_balancer(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


def with_target(facts: Facts, **changes: Any) -> Facts:
    """The other VPC's interface is the target, registered by its address; its group admits everybody."""
    groups = [
        replace(one, ingress=(ANY,)) if one.id == SG_PEER else one for one in facts.topology.security_groups.all()
    ]
    return replace(
        facts,
        group={"target_type": "ip"},
        targets=(Target(id=PEER_AT, port=PORT, zone="all"),),
        more={**facts.more, "security_groups": by("id", *groups), **changes},
    )


def by_transit() -> dict[str, Any]:
    """The same two VPCs joined by a transit gateway, by whose routes both are reached."""
    facts = peered().topology
    through = "tgw-01"
    tables = tuple(
        replace(one, routes=tuple(replace(way, target=through) if way.target == PCX else way for way in one.routes))
        for one in facts.route_tables.all()
    )
    attached = (
        TransitAttachment(
            id=f"tgw-attach-{vpc}",
            gateway_id=through,
            kind="vpc",
            resource_id=vpc,
            subnet_ids=subnets,
            route_table_id="t",
        )
        for vpc, subnets in ((stack.VPC, (stack.NLB_A, stack.NLB_B)), (PEER_VPC, (PEER_SUBNET,)))
    )
    ways = tuple(
        TransitRoute(destination=cidr, attachment_ids=(f"tgw-attach-{vpc}",))
        for cidr, vpc in ((VPC_NET, stack.VPC), (PEER_NET, PEER_VPC))
    )
    return {
        "route_tables": by("id", *tables),
        "transit_attachments": by("id", *attached),
        "transit_route_tables": by("id", TransitRouteTable(id="t", gateway_id=through, routes=ways)),
    }


KEPT = "5, V2 traffic NLB -> target, preservation on: in the NLB's VPC or a peered VPC, path direct [C TGA]"


@rows(
    (f"{KEPT}: a peered VPC", with_target(peered(attributes=KEEP)), "reached"),
    (f"{KEPT}: no peering, no way", with_target(peered(attributes=KEEP, status="deleted")), "blocked"),
    (f"{KEPT}: not supported via TGW", with_target(peered(attributes=KEEP), **by_transit()), "unknown"),
    (
        "5, preservation off: a transit gateway between NLB and target does no harm [C TGA]",
        with_target(peered(attributes=DROP), **by_transit()),
        "reached",
    ),
)
def test_a_target_in_another_vpc(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, "orders").verdict == expected


@rows(
    (
        "5, a client of a peered VPC, preserved: its address has to be admitted [C TGA]",
        peered(tcp(PORT, PEER_NET)),
        "reached",
    ),
    ("5, a client of a peered VPC, preserved: the NLB's is not seen [C TGA]", peered(tcp(PORT, VPC_NET)), "blocked"),
    ("5, a client of a peered VPC, preserved: its group does not count [C NLB-REG]", peered(REFERENCE), "blocked"),
)
def test_a_client_in_another_vpc(facts: Facts, expected: str) -> None:
    assert asked(facts, PEERED, "orders").verdict == expected


def test_a_target_whose_routes_lead_nowhere_near_the_client() -> None:
    """[U] replies return through the load balancer, or by the target's own routes first: both readings are named."""
    facts = peered(ANY)
    tables = facts.topology.route_tables.all()
    bare = tuple(replace(one, routes=(LOCAL,)) if stack.HOSTS_A in one.subnet_ids else one for one in tables)
    found = asked(replace(facts, more={**facts.more, "route_tables": by("id", *bare)}), PEERED, "orders")
    assert found.verdict == "unknown"
    assert any("return through the load balancer, or" in doubt for doubt in found.doubts)


def through_appliance(*rules: GroupRule) -> Facts:
    """The client's subnet and the host's each route to the other through an appliance's interface."""
    base = Facts(hosts=rules)
    facts = base.topology
    appliance = replace(
        interface("eni-0box", stack.PUBLIC_A, "10.0.101.9", "sg-0box"), instance_id="i-0box", source_dest_check=False
    )
    there = RouteTable(
        id="rtb-0there",
        vpc_id=stack.VPC,
        subnet_ids=(CLIENT_SUBNET,),
        routes=(LOCAL, RouteEntry(destination="10.0.1.0/24", target=appliance.id)),
    )
    back = RouteTable(
        id="rtb-0back",
        vpc_id=stack.VPC,
        subnet_ids=(stack.HOSTS_A,),
        routes=(LOCAL, RouteEntry(destination="10.0.31.0/24", target=appliance.id)),
    )
    others = [
        replace(one, subnet_ids=tuple(id_ for id_ in one.subnet_ids if id_ != stack.HOSTS_A))
        for one in facts.route_tables.all()
    ]
    return replace(
        base,
        more={
            "interfaces": by("id", *facts.interfaces.all(), appliance),
            "route_tables": by("id", *others, there, back),
            "security_groups": by(
                "id",
                *facts.security_groups.all(),
                SecurityGroup(id="sg-0box", vpc_id=stack.VPC, ingress=(ANY,), egress=(ANY,)),
            ),
        },
    )


@rows(
    (
        "7.3, through a middlebox a reference does not match [C VPC]",
        through_appliance(tcp(PORT, group_id=SG_CLIENT)),
        "blocked",
    ),
    (
        "7.3, through a middlebox [U]: the appliance's own group, if packets carry its address",
        through_appliance(tcp(PORT, group_id="sg-0box")),
        "unknown",
    ),
    (
        "7.3, through a middlebox [U]: an address that admits everybody, if the appliance sends on",
        through_appliance(tcp(PORT, WORLD)),
        "unknown",
    ),
)
def test_through_a_middlebox(facts: Facts, expected: str) -> None:
    assert asked(facts, CLIENT, stack.HOST_A, PORT).verdict == expected


def published(*rules: GroupRule) -> Facts:
    """The host has a public address and a route to the internet gateway."""
    public = PrivateAddress(address=HOST_AT, public="203.0.113.9")
    base = Facts(hosts=rules, interfaces=(replace(stack.ENI_HOST_A, addresses=(public,)),))
    facts = base.topology
    out = RouteEntry(destination=WORLD, target=stack.IGW)
    tables = tuple(
        replace(one, routes=(LOCAL, out)) if stack.HOSTS_A in one.subnet_ids else one
        for one in facts.route_tables.all()
    )
    return replace(base, more={"route_tables": by("id", *tables), "block_public_access": Table(rows={})})


@rows(
    (
        "7.3, a reference never matches public or EIP addresses [C EC2]",
        published(tcp(PORT, group_id=SG_CLIENT), tcp(PORT, group_id=SG_LB)),
        "blocked",
    ),
    ("7.3, an address range does [C EC2]", published(tcp(PORT, WORLD)), "reached"),
    (
        "7.3, rule ranges may be split: 0.0.0.0/1 + 128.0.0.0/1 = world [C VPC]",
        published(tcp(PORT, "0.0.0.0/1"), tcp(PORT, "128.0.0.0/1")),
        "reached",
    ),
)
def test_from_the_internet(facts: Facts, expected: str) -> None:
    assert asked(facts, "internet", stack.HOST_A, PORT).verdict == expected
