"""Two VPCs with everything that may join them, for the tests of ways: open, with no route out of either."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.healthy import VPC, by
from tests.reach.facts import IGW, LOCAL, REGION, allow, deny, gap, group, open_acl, prefix_list, route
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import (
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    Subnet,
    Vpc,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import (
    EgressOnlyGateway,
    NatGateway,
    PeeredVpc,
    Peering,
    TransitAttachment,
    TransitRoute,
    TransitRouteTable,
    VpcEndpoint,
    VpnGateway,
)
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.trace import Trace

OTHER, HERE, FRONT, THERE = "vpc-other", "subnet-here", "subnet-front", "subnet-there"
LOCAL6 = RouteEntry(destination="2001:db8:1::/56", target="local", origin="CreateRouteTable")
THEIRS = RouteEntry(destination="10.9.0.0/16", target="local", origin="CreateRouteTable")
THEIRS6 = RouteEntry(destination="2001:db8:9::/56", target="local", origin="CreateRouteTable")
ME, ME6, YOU, YOU6 = "10.0.0.9", "2001:db8:1::9", "10.9.0.5", "2001:db8:9::5"
OUT, OUT6 = "198.51.100.7", "2001:db8:ffff::7"
ANYWHERE = (GroupRule(protocol="-1", cidr="0.0.0.0/0"), GroupRule(protocol="-1", cidr="::/0"))
OFF: Table[Any] = Table(gap=gap("ec2:DescribeSomething"))


def card(id_: str, vpc: str, subnet: str, address: str, six: str, sg: str, **more: Any) -> NetworkInterface:
    public = more.pop("public", "")
    return NetworkInterface(
        id=id_,
        vpc_id=vpc,
        subnet_id=subnet,
        addresses=(PrivateAddress(address=address, public=public),),
        ipv6=(six,) if six else (),
        group_ids=(sg,) if sg else (),
        **more,
    )


def tables(here: tuple[RouteEntry, ...] = (), there: tuple[RouteEntry, ...] = (), *more: RouteTable) -> Table[Any]:
    """Both VPCs' subnets, the front one with a way to the internet gateway."""
    front = (LOCAL, LOCAL6, route("0.0.0.0/0", IGW), route("::/0", IGW))
    return by(
        "id",
        RouteTable(id="rtb-here", vpc_id=VPC, subnet_ids=(HERE,), routes=(LOCAL, LOCAL6, *here)),
        RouteTable(id="rtb-front", vpc_id=VPC, subnet_ids=(FRONT,), routes=front),
        RouteTable(id="rtb-there", vpc_id=OTHER, subnet_ids=(THERE,), routes=(THEIRS, THEIRS6, *there)),
        *more,
    )


NAT = NatGateway(id="nat-01", vpc_id=VPC, subnet_id=FRONT, addresses=(("10.0.1.4", "203.0.113.4"),))
PEERED = Peering(
    id="pcx-01",
    requester=PeeredVpc(vpc_id=VPC, region=REGION, cidrs=("10.0.0.0/16", "2001:db8:1::/56")),
    accepter=PeeredVpc(vpc_id=OTHER, region=REGION, cidrs=("10.9.0.0/16", "2001:db8:9::/56")),
)
MINE = TransitAttachment(
    id="tgw-attach-here",
    gateway_id="tgw-01",
    kind="vpc",
    resource_id=VPC,
    subnet_ids=(FRONT,),
    route_table_id="tgw-rtb-1",
)
YOURS = TransitAttachment(
    id="tgw-attach-there",
    gateway_id="tgw-01",
    kind="vpc",
    resource_id=OTHER,
    subnet_ids=(THERE,),
    route_table_id="tgw-rtb-1",
)
ROUTES = tuple(
    TransitRoute(destination=one, attachment_ids=(at,), origin="propagated")
    for one, at in (
        ("10.0.0.0/16", MINE.id),
        ("2001:db8:1::/56", MINE.id),
        ("10.9.0.0/16", YOURS.id),
        ("2001:db8:9::/56", YOURS.id),
    )
)


def facts(**changes: Any) -> Topology:
    """Two VPCs; everything is open, and no route leads out of either but from the front subnet to the internet."""
    usual = Topology(
        region=REGION,
        vpcs=by(
            "id",
            Vpc(id=VPC, cidrs=("10.0.0.0/16", "2001:db8:1::/56")),
            Vpc(id=OTHER, cidrs=("10.9.0.0/16", "2001:db8:9::/56")),
        ),
        subnets=by(
            "id",
            Subnet(id=HERE, vpc_id=VPC, zone="a", cidrs=("10.0.0.0/24", "2001:db8:1::/64")),
            Subnet(id=FRONT, vpc_id=VPC, zone="a", cidrs=("10.0.1.0/24", "2001:db8:1:1::/64")),
            Subnet(id=THERE, vpc_id=OTHER, zone="a", cidrs=("10.9.0.0/24", "2001:db8:9::/64")),
        ),
        interfaces=by(
            "id",
            card("eni-me", VPC, HERE, ME, ME6, "sg-me"),
            card("eni-you", OTHER, THERE, YOU, YOU6, "sg-you"),
            card("eni-nat", VPC, FRONT, "10.0.1.4", "", "", public="203.0.113.4", type="nat_gateway"),
            card("eni-front", VPC, FRONT, "10.0.1.9", "2001:db8:1:1::9", "sg-me", public="203.0.113.9"),
        ),
        security_groups=by(
            "id", group("sg-me", *ANYWHERE, egress=ANYWHERE), group("sg-you", *ANYWHERE, egress=ANYWHERE)
        ),
        network_acls=by("id", *(opened(name, vpc) for name, vpc in ((HERE, VPC), (FRONT, VPC), (THERE, OTHER)))),
        route_tables=tables(),
        prefix_lists=by("id", prefix_list("pl-s3", "198.51.100.0/24"), prefix_list("pl-you", "10.9.0.0/24")),
        internet_gateways=by("id", InternetGateway(id=IGW, vpc_ids=(VPC,))),
        block_public_access=Table(rows={REGION: BlockPublicAccess()}),
        nat_gateways=by("id", NAT),
        egress_only_gateways=by("id", EgressOnlyGateway(id="eigw-01", vpc_ids=(VPC,))),
        peerings=by("id", PEERED),
        vpn_gateways=by("id", VpnGateway(id="vgw-01", vpc_ids=(VPC,))),
        transit_attachments=by("id", MINE, YOURS),
        transit_route_tables=by("id", TransitRouteTable(id="tgw-rtb-1", gateway_id="tgw-01", routes=ROUTES)),
        vpc_endpoints=by("id", VpcEndpoint(id="vpce-s3", vpc_id=VPC, service="s3")),
        instances=Table(),
        load_balancers=Table(),
        classic_balancers=Table(),
    )
    return replace(usual, **changes)


def opened(subnet: str, vpc: str) -> NetworkAcl:
    entries = tuple(
        allow(number, cidr, egress=egress)
        for egress in (True, False)
        for number, cidr in ((100, "0.0.0.0/0"), (101, "::/0"))
    )
    return replace(open_acl(f"acl-{subnet}", subnet), vpc_id=vpc, entries=entries)


def shut(subnet: str, cidr: str, *, egress: bool, **what: Any) -> Table[Any]:
    """The same ACLs, with an entry of this subnet's that denies."""
    every = facts().network_acls.rows
    own = every[f"acl-{subnet}"]
    entries = (deny(1, cidr, egress=egress, **what), *own.entries)
    return by("id", *{**every, own.id: replace(own, entries=entries)}.values())


def put(table: str, row: Any, **changes: Any) -> dict[str, Table[Any]]:
    """One row of a table with other values."""
    rows = getattr(facts(), table).rows
    return {table: by("id", *{**rows, row.id: replace(row, **changes)}.values())}


def ask(
    topology: Topology, source: str, destination: str, port: int | None = 443, protocol: str | int = "tcp"
) -> Trace:
    return deciding(between(Reach(topology), source, destination, port, protocol))


def check(found: Trace, verdict: str, says: str) -> None:
    assert found.verdict == verdict, [step.line for step in found.steps]
    told = found.blockers or found.steps if verdict != "unknown" else found.steps
    assert any(says in step.rule for step in told), [step.line for step in told]


OVER, BACK = (
    (route("10.9.0.0/16", "pcx-01"), route("2001:db8:9::/56", "pcx-01")),
    (
        route("10.0.0.0/16", "pcx-01"),
        route("2001:db8:1::/56", "pcx-01"),
    ),
)
REFERENCE = (GroupRule(protocol="-1", group_id="sg-me", peering="active"),)
TO_NAT = (route("0.0.0.0/0", "nat-01"),)
BLOCKED = BlockPublicAccess(mode="block-ingress", state="update-complete")
