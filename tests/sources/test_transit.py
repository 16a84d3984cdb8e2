"""What joins VPCs: from describe answers to the model, which calls follow from which routes, and what stays a gap."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.healthy import ACCOUNT, HOSTS_A, NAT, REGION, VPC
from tests.sources.cli_files import write_folder
from tests.sources.demo_facts import SETTINGS, Response, answers, changed, found, refuse, with_facts, without
from tests.standin.joined import (
    EGRESS,
    ENDPOINT,
    OURS,
    PEER,
    PEERING,
    SPOKE,
    TABLE,
    THEIRS,
    TRANSIT,
    VPN,
    joined,
)
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import (
    EgressOnlyGateway,
    NatGateway,
    PeeredVpc,
    TransitAttachment,
    TransitRoute,
    VpcEndpoint,
    VpnGateway,
)
from vpclink_checks.sources import aws_shapes_transit as shapes
from vpclink_checks.sources.calls import ROWS, wanted
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Facts
from vpclink_checks.sources.folder.read import read
from vpclink_checks.sources.live.paging import fetch

TABLES = {
    "peerings": "DescribeVpcPeeringConnections",
    "vpn_gateways": "DescribeVpnGateways",
    "egress_only_gateways": "DescribeEgressOnlyInternetGateways",
    "nat_gateways": "DescribeNatGateways",
    "vpc_endpoints": "DescribeVpcEndpoints",
    "transit_attachments": "DescribeTransitGatewayAttachments",
    "transit_route_tables": "SearchTransitGatewayRoutes",
}
OPERATIONS = {*TABLES.values(), "DescribeTransitGatewayVpcAttachments"}


def raw(name: str, key: str) -> list[Response]:
    (one,) = [one for one in joined().facts if one.call.operation == name]
    return copy.deepcopy((one.response or {})[key])


def with_(item: Response, path: str, value: Any) -> Response:
    """The item with this at a dotted path; None takes it out."""
    held = copy.deepcopy(item)
    *inner, last = path.split(".")
    at: Any = held
    for key in inner:
        at = at[int(key)] if key.isdigit() else at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return held


(PCX,) = raw("DescribeVpcPeeringConnections", "VpcPeeringConnections")
(VGW,) = raw("DescribeVpnGateways", "VpnGateways")
(EIGW,) = raw("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways")
(VPCE,) = raw("DescribeVpcEndpoints", "VpcEndpoints")
(NGW,) = raw("DescribeNatGateways", "NatGateways")
TGWA, _ = raw("DescribeTransitGatewayAttachments", "TransitGatewayAttachments")
ROUTES = raw("SearchTransitGatewayRoutes", "Routes")


def attachment(item: Response) -> Any:
    return shapes.transit_attachment(item, {"SubnetIds": [HOSTS_A]})


def transit_table(item: Response) -> Any:
    return shapes.transit_route_table(item, TABLE, TRANSIT)


# Every word that decides: the shape, a whole item, where the word stands.
DECIDING: list[tuple[Callable[[Any], Any], Response, str]] = [
    (shapes.peering, PCX, "Status.Code"),
    (shapes.nat_gateway, NGW, "State"),
    (shapes.nat_gateway, NGW, "ConnectivityType"),
    (shapes.nat_gateway, NGW, "AvailabilityMode"),
    (shapes.vpn_gateway, VGW, "State"),
    (attachment, TGWA, "State"),
    (attachment, TGWA, "ResourceType"),
    (attachment, TGWA, "Association.State"),
    (transit_table, {"Routes": ROUTES}, "Routes.0.State"),
    (transit_table, {"Routes": ROUTES}, "Routes.1.Type"),
    (shapes.vpc_endpoint, VPCE, "State"),
    (shapes.vpc_endpoint, VPCE, "VpcEndpointType"),
]
# Answers of before there were private and regional NAT gateways do not name either.
OLDER = ("ConnectivityType", "AvailabilityMode")


@pytest.mark.parametrize(("shape", "item", "path"), DECIDING, ids=[one[2] for one in DECIDING])
def test_a_word_that_nobody_has_heard_of_is_a_gap_in_the_place_of_the_thing(
    shape: Callable[[Any], Any], item: Response, path: str
) -> None:
    assert not isinstance(shape(item), Gap)
    strange = shape(with_(item, path, "something-new"))
    assert isinstance(strange, Gap)
    assert (strange.code, "something-new" in strange.message) == ("UnheardOf", True)
    missing = shape(with_(item, path, None))
    assert isinstance(missing, Gap) is (path not in OLDER)


def test_both_sides_of_a_peering_with_every_block() -> None:
    item = with_(PCX, "AccepterVpcInfo.Ipv6CidrBlockSet", [{"Ipv6CidrBlock": "2001:db8:8::/56"}])
    made = shapes.peering(item)
    assert not isinstance(made, Gap)
    cidrs = ("172.16.0.0/17", "172.16.128.0/17", "2001:db8:8::/56")
    assert made.accepter == PeeredVpc(vpc_id=PEER, account="111122223333", region=REGION, cidrs=cidrs)
    assert made.requester == PeeredVpc(vpc_id=VPC, account=ACCOUNT, region=REGION, cidrs=("10.0.0.0/16",))
    assert (made.id, made.status) == (PEERING, "active")


@pytest.mark.parametrize("path", ["AccepterVpcInfo.VpcId", "RequesterVpcInfo.VpcId"])
def test_an_active_peering_without_a_side_is_a_gap_and_a_pending_one_is_not(path: str) -> None:
    item = with_(PCX, path, None)
    assert isinstance(shapes.peering(item), Gap)
    bare = with_(with_(with_(PCX, "AccepterVpcInfo.CidrBlock", None), "AccepterVpcInfo.CidrBlockSet", []), path, None)
    assert isinstance(shapes.peering(bare), Gap)
    assert not isinstance(shapes.peering(with_(bare, "Status.Code", "pending-acceptance")), Gap)


def test_a_nat_gateway_is_zonal_or_regional() -> None:
    zonal = NatGateway(id=NAT, vpc_id=VPC, subnet_id=NGW["SubnetId"], addresses=(("10.0.101.10", "203.0.113.10"),))
    assert shapes.nat_gateway(NGW) == zonal
    regional = with_(with_(NGW, "AvailabilityMode", "regional"), "SubnetId", None)
    made = shapes.nat_gateway({**regional, "RouteTableId": "rtb-0nat"})
    assert not isinstance(made, Gap)
    assert (made.regional, made.subnet_id, made.route_table_id) == (True, "", "rtb-0nat")
    private = shapes.nat_gateway(with_(NGW, "NatGatewayAddresses.0.PublicIp", None))
    assert not isinstance(private, Gap)
    assert private.addresses == (("10.0.101.10", ""),)


@pytest.mark.parametrize(
    ("state", "attached", "unsure"),
    [
        ("attached", (VPC,), ()),
        ("available", (VPC,), ()),
        ("detaching", (), ()),
        ("detached", (), ()),
        ("attaching", (), (VPC,)),
        ("something-new", (), (VPC,)),
        (None, (), (VPC,)),
    ],
)
def test_what_a_gateway_is_attached_to(state: str | None, attached: Any, unsure: Any) -> None:
    egress = shapes.egress_only_gateway(with_(EIGW, "Attachments.0.State", state))
    vpn = shapes.vpn_gateway(with_(VGW, "VpcAttachments.0.State", state))
    assert isinstance(egress, EgressOnlyGateway)
    assert isinstance(vpn, VpnGateway)
    for one in (egress, vpn):
        assert (one.vpc_ids, tuple(vpc for vpc, _ in one.unsure)) == (attached, unsure)


@pytest.mark.parametrize(
    ("association", "table"),
    [
        ({"TransitGatewayRouteTableId": TABLE, "State": "associated"}, TABLE),
        ({"TransitGatewayRouteTableId": TABLE, "State": "disassociated"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_an_attachment_is_associated_with_one_table_or_with_none(association: Any, table: str) -> None:
    made = attachment(with_(TGWA, "Association", association))
    assert made == TransitAttachment(
        id=OURS,
        gateway_id=TRANSIT,
        kind="vpc",
        resource_id=VPC,
        account=ACCOUNT,
        subnet_ids=(HOSTS_A,),
        route_table_id=table,
        gateway_account=ACCOUNT,
    )


@pytest.mark.parametrize("state", ["associating", "disassociating"])
def test_whether_an_association_that_is_being_made_or_unmade_holds_is_not_known(state: str) -> None:
    made = attachment(with_(TGWA, "Association.State", state))
    assert isinstance(made, Gap)
    assert f"the association of {OURS} is {state}" in str(made)


def test_a_table_whose_routes_are_not_all_known_says_so() -> None:
    whole = transit_table({"Routes": ROUTES, "AdditionalRoutesAvailable": False})
    assert whole.gap is None
    assert whole.routes[1] == TransitRoute(
        destination="172.17.0.0/16", state="active", origin="propagated", attachment_ids=(THEIRS,)
    )
    assert transit_table({"Routes": ROUTES, "AdditionalRoutesAvailable": True}).gap is not None
    listed = {**ROUTES[0], "PrefixListId": "pl-0a"}
    del listed["DestinationCidrBlock"]
    named = transit_table({"Routes": [listed, ROUTES[1]]})
    assert (len(named.routes), named.gap.operation) == (1, shapes.ROUTES)


def test_an_endpoint_keeps_its_kind() -> None:
    made = shapes.vpc_endpoint(with_(VPCE, "State", "Available"))
    service = f"com.amazonaws.{REGION}.s3"
    assert made == VpcEndpoint(id=ENDPOINT, vpc_id=VPC, service=service, route_table_ids=("rtb-0bbbbbbbbbbbbbbbb",))


# -- which calls follow --------------------------------------------------------------------------


def routed(*routes: dict[str, Any]) -> list[Answer]:
    """The demo, its hosts' subnets with these routes and no other."""

    def lead(page: Response) -> None:
        for table in page["RouteTables"]:
            table["Routes"] = [dict(one) for one in routes]

    return without(changed(("ec2:DescribeRouteTables", lead)), *(f"ec2:{one}" for one in OPERATIONS))


def asked(facts: Iterable[Answer]) -> dict[str, Any]:
    """Operation to parameters of the calls of these rows that follow."""
    return {one.operation: one.params for one in wanted(Facts(facts), SETTINGS) if one.operation in OPERATIONS}


def by(name: str, value: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": [value]}]}


LEADS = [
    ({"GatewayId": "igw-1"}, {}),
    ({"GatewayId": "local"}, {}),
    ({"NetworkInterfaceId": "eni-1"}, {}),
    ({"CarrierGatewayId": "cagw-1"}, {}),
    ({"VpcPeeringConnectionId": "pcx-1"}, {"DescribeVpcPeeringConnections": by("vpc-peering-connection-id", "pcx-1")}),
    ({"NatGatewayId": "nat-1"}, {"DescribeNatGateways": {}}),
    ({"EgressOnlyInternetGatewayId": "eigw-1"}, {"DescribeEgressOnlyInternetGateways": {}}),
    ({"GatewayId": "vgw-1"}, {"DescribeVpnGateways": by("vpn-gateway-id", "vgw-1")}),
    ({"GatewayId": "vpce-1"}, {"DescribeVpcEndpoints": by("vpc-endpoint-id", "vpce-1")}),
    (
        {"TransitGatewayId": "tgw-1"},
        {
            "DescribeTransitGatewayAttachments": by("transit-gateway-id", "tgw-1"),
            "DescribeTransitGatewayVpcAttachments": by("transit-gateway-id", "tgw-1"),
        },
    ),
]


@pytest.mark.parametrize(("target", "calls"), LEADS, ids=[next(iter(one.values())) for one, _ in LEADS])
def test_a_route_leads_to_the_call_that_tells_of_its_target(target: dict[str, str], calls: dict[str, Any]) -> None:
    assert asked(routed({"DestinationCidrBlock": "172.16.0.0/12", "State": "active", **target})) == calls
    assert asked(routed({"DestinationCidrBlock": "172.16.0.0/12", "State": "blackhole", **target})) == {}


@pytest.mark.parametrize(("owner", "led"), [(ACCOUNT, True), ("111122223333", False), ("", True)])
def test_the_tables_of_another_accounts_transit_gateway_are_not_asked_for(owner: str, led: bool) -> None:
    held = without(joined().facts, "ec2:SearchTransitGatewayRoutes")
    facts = Facts([owned(one, owner) for one in held])
    routes = {"Filters": [{"Name": "state", "Values": ["active", "blackhole"]}], "TransitGatewayRouteTableId": TABLE}
    assert asked(facts) == ({"SearchTransitGatewayRoutes": routes} if led else {})


def owned(one: Answer, owner: str) -> Answer:
    if one.call.operation != "DescribeTransitGatewayAttachments" or one.response is None:
        return one
    held = [{**item, "TransitGatewayOwnerId": owner} for item in one.response["TransitGatewayAttachments"]]
    return Answer(one.call, {"TransitGatewayAttachments": held})


# -- what the topology holds ---------------------------------------------------------------------


def assert_whole(topology: Topology) -> None:
    held = {name: set(getattr(topology, name).rows) for name in TABLES}
    assert held == {
        "peerings": {PEERING},
        "vpn_gateways": {VPN},
        "egress_only_gateways": {EGRESS},
        "nat_gateways": {NAT},
        "vpc_endpoints": {ENDPOINT},
        "transit_attachments": {OURS, THEIRS},
        "transit_route_tables": {TABLE},
    }
    for name in TABLES:
        assert getattr(topology, name).all()
    assert topology.transit_attachments.need(OURS).subnet_ids == (HOSTS_A,)


def test_everything_is_there_and_what_lies_beyond_is_not_taken_for_empty() -> None:
    topology = found(joined().facts)
    assert_whole(topology)
    assert set(topology.unread_vpcs) == {PEER, SPOKE}
    gap = topology.unread_vpcs[PEER]
    assert (gap.operation, gap.action) == ("ec2:DescribeVpcs", "ec2:DescribeVpcs")
    assert PEER in gap.message
    unseen = topology.transit_attachments.need(THEIRS).subnets_unread
    assert unseen is not None
    assert unseen.operation == shapes.VPC_ATTACHMENTS


@pytest.mark.parametrize("table", TABLES)
def test_a_refused_call_is_a_gap_and_nothing_else_is_lost(table: str) -> None:
    name = f"ec2:{TABLES[table]}"
    topology = found(refuse(joined().facts, name))
    gaps = [*getattr(topology, table).gaps.values(), getattr(topology, table).gap]
    assert {one.operation for one in gaps if one is not None} == {name}
    assert len(getattr(topology, table)) == 0
    for other in set(TABLES) - {table, "transit_route_tables"}:
        assert getattr(topology, other) == getattr(found(joined().facts), other), other


@pytest.mark.parametrize("table", TABLES)
def test_what_was_never_asked_is_no_absence(table: str) -> None:
    topology = found(without(joined().facts, f"ec2:{TABLES[table]}"))
    held = getattr(topology, table)
    key = next(iter(getattr(found(joined().facts), table).rows))
    assert isinstance(held.peek(key), Gap)


def test_what_an_answer_leaves_out_does_not_exist() -> None:
    """A route may still name what is gone."""

    def gone(page: Response) -> None:
        page["VpcPeeringConnections"] = []

    assert found(edited("DescribeVpcPeeringConnections", gone)).peerings.peek(PEERING) is None


def edited(operation: str, edit: Callable[[Response], None]) -> list[Answer]:
    every = []
    for one in joined().facts:
        response = copy.deepcopy(dict(one.response)) if one.response is not None else None
        if one.call.operation == operation and response is not None:
            edit(response)
        every.append(Answer(one.call, response, one.gap))
    return every


def test_a_strange_word_leaves_its_own_thing_unknown_and_no_other() -> None:
    def strange(page: Response) -> None:
        page["TransitGatewayAttachments"][1]["ResourceType"] = "something-new"

    attachments = found(edited("DescribeTransitGatewayAttachments", strange)).transit_attachments
    assert isinstance(attachments.peek(THEIRS), Gap)
    assert isinstance(attachments.peek(OURS), TransitAttachment)


def test_another_accounts_transit_gateway_is_seen_in_part() -> None:
    facts = [owned(one, "111122223333") for one in without(joined().facts, "ec2:SearchTransitGatewayRoutes")]
    topology = found(facts)
    for gap in (topology.transit_attachments.gap, topology.transit_route_tables.peek(TABLE)):
        assert isinstance(gap, Gap)
        assert f"{TRANSIT} belongs to account 111122223333" in str(gap)
    assert len(topology.transit_attachments) == 2


def test_routes_that_were_not_read_may_lead_anywhere() -> None:
    topology = found(refuse(answers(), "ec2:DescribeRouteTables"))
    for table in TABLES:
        gap = getattr(topology, table).gap
        assert gap is not None
        assert gap.operation == "ec2:DescribeRouteTables"


# -- folders -------------------------------------------------------------------------------------


def test_a_folder_of_cli_outputs_holds_the_same(tmp_path: Path) -> None:
    recording = read(write_folder(tmp_path, joined()), SETTINGS)
    assert_whole(discover(recording, SETTINGS, source="snapshot"))
    assert not [one.call.name for one in recording.facts if one.gap and one.call.operation in OPERATIONS]


def test_what_the_folder_lacks_is_named_with_its_command(tmp_path: Path) -> None:
    held = with_facts(without(joined().facts, *(f"ec2:{one}" for one in OPERATIONS - {TABLES["transit_attachments"]})))
    recording = read(write_folder(tmp_path, held), SETTINGS)
    said = {one.call.operation: one.gap.message for one in recording.facts if one.gap}
    assert said["SearchTransitGatewayRoutes"].endswith(
        "run aws ec2 search-transit-gateway-routes --transit-gateway-route-table-id "
        f"{TABLE} --filters Name=state,Values=active,blackhole > search-transit-gateway-routes@{TABLE}.json"
    )
    assert said["DescribeVpcPeeringConnections"].endswith(
        "run aws ec2 describe-vpc-peering-connections > describe-vpc-peering-connections.json"
    )


PROPAGATED = [{"ResourceId": one, "ResourceType": "vpc", "State": "enabled"} for one in (VPC, SPOKE)]
SPOKE_VPC = {"VpcId": SPOKE, "CidrBlock": "172.17.0.0/16"}


def batfish(place: Path, static: list[Any] | None, propagated: list[Any] | None, *vpcs: Any) -> Topology:
    """The joined demo, its transit gateway's routes as Batfish's collector keeps them."""
    write_folder(place, with_facts(without(joined().facts, "ec2:SearchTransitGatewayRoutes")))
    named = {"TransitGatewayRouteTableId": TABLE}
    files = {
        "TransitGatewayStaticRoutes": static and [{**named, "Routes": static[0]}],
        "TransitGatewayPropagations": propagated and [{**named, "TransitGatewayRouteTablePropagations": propagated[0]}],
        "Vpcs": list(vpcs) or None,
    }
    for name, content in files.items():
        if content is not None:
            (place / f"{name}.json").write_text(json.dumps({name: content}), encoding="utf-8")
    return discover(read(place, SETTINGS), SETTINGS, source="snapshot")


def attached(*propagations: dict[str, str]) -> list[dict[str, str]]:
    ids = (OURS, THEIRS)
    return [{**one, "TransitGatewayAttachmentId": id_} for one, id_ in zip(propagations, ids, strict=False)]


STATIC = {
    "DestinationCidrBlock": "172.17.0.0/16",
    "Type": "static",
    "State": "blackhole",
    "TransitGatewayAttachments": [],
}
BATFISH = [
    pytest.param([[]], [attached(*PROPAGATED)], {"10.0.0.0/16": "propagated", "172.17.0.0/16": "propagated"}, True),
    pytest.param([[STATIC]], [attached(*PROPAGATED)], {"10.0.0.0/16": "propagated", "172.17.0.0/16": "static"}, True),
    pytest.param([[STATIC]], [[]], {"172.17.0.0/16": "static"}, True),
    pytest.param([[STATIC]], None, {"172.17.0.0/16": "static"}, False),
    pytest.param(None, [attached(PROPAGATED[0])], {"10.0.0.0/16": "propagated"}, False),
    pytest.param([[]], [attached({**PROPAGATED[0], "State": "disabled"})], {}, True),
    pytest.param([[]], [attached({**PROPAGATED[0], "State": "enabling"})], {}, False),
    pytest.param([[]], [attached({**PROPAGATED[0], "ResourceType": "vpn"})], {}, False),
    pytest.param([[]], [attached({**PROPAGATED[0], "ResourceId": "vpc-0elsewhere"})], {}, False),
]


@pytest.mark.parametrize(
    ("static", "propagated", "routes", "whole"),
    BATFISH,
    ids=[
        "propagated",
        "static first",
        "static alone",
        "no propagations file",
        "no static file",
        "disabled",
        "enabling",
        "a VPN's",
        "an unknown VPC's",
    ],
)
def test_static_routes_and_propagations_make_a_table(
    tmp_path: Path, static: Any, propagated: Any, routes: dict[str, str], whole: bool
) -> None:
    topology = batfish(tmp_path, static, propagated, SPOKE_VPC)
    table = topology.transit_route_tables.need(TABLE)
    assert {one.destination: one.origin for one in table.routes} == routes
    assert (table.gap is None) is whole


def test_an_attachment_without_ipv6_propagates_none(tmp_path: Path) -> None:
    ipv6 = [{"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}]
    spoke = {**SPOKE_VPC, "Ipv6CidrBlockAssociationSet": ipv6}
    for word, blocks in (("enable", {"172.17.0.0/16", "2001:db8::/56"}), ("disable", {"172.17.0.0/16"})):
        place = tmp_path / word
        place.mkdir()
        inside = {"TransitGatewayAttachmentId": THEIRS, "TransitGatewayId": TRANSIT, "Options": {"Ipv6Support": word}}
        held = {"TransitGatewayVpcAttachments": [inside]}
        (place / "TransitGatewayVpcAttachments.json").write_text(json.dumps(held), encoding="utf-8")
        topology = batfish(place, [[]], [attached(*PROPAGATED)[1:]], spoke)
        assert {one.destination for one in topology.transit_route_tables.need(TABLE).routes} == blocks
        assert topology.transit_attachments.need(THEIRS).ipv6 is (word == "enable")


# -- more than EC2 gives -------------------------------------------------------------------------


class Searched:
    """A client whose search says that there is more and, as an older botocore hears it, not where."""

    def search_transit_gateway_routes(self, **_params: Any) -> Response:
        return {"Routes": ROUTES, "AdditionalRoutesAvailable": True}


def test_what_a_search_does_not_give_is_said() -> None:
    row = ROWS["ec2", "SearchTransitGatewayRoutes"]
    joined_pages, requests = fetch(Searched(), row, Call("ec2", row.operation, {"TransitGatewayRouteTableId": TABLE}))
    assert (requests, joined_pages["AdditionalRoutesAvailable"]) == (1, True)
    assert transit_table(joined_pages).gap is not None
