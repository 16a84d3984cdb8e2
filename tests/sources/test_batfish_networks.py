"""Snapshots that Batfish took, read as networks alone: all that is in them, of all accounts together."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest

from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import PeeredVpc
from vpclink_checks.sources.folder.whole import topology_of

CORPUS = Path(os.environ.get("VPCLINK_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus") / "describe-output"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of describe outputs is not there")

# What the files list -> the table that has to hold it, by which id.
LISTED = {
    "Vpcs": ("vpcs", "VpcId"),
    "Subnets": ("subnets", "SubnetId"),
    "NetworkInterfaces": ("interfaces", "NetworkInterfaceId"),
    "SecurityGroups": ("security_groups", "GroupId"),
    "NetworkAcls": ("network_acls", "NetworkAclId"),
    "RouteTables": ("route_tables", "RouteTableId"),
    "InternetGateways": ("internet_gateways", "InternetGatewayId"),
    "NatGateways": ("nat_gateways", "NatGatewayId"),
    "VpnGateways": ("vpn_gateways", "VpnGatewayId"),
    "VpcPeeringConnections": ("peerings", "VpcPeeringConnectionId"),
    "VpcEndpoints": ("vpc_endpoints", "VpcEndpointId"),
    "TransitGatewayAttachments": ("transit_attachments", "TransitGatewayAttachmentId"),
    "TransitGatewayRouteTables": ("transit_route_tables", "TransitGatewayRouteTableId"),
    "LoadBalancers": ("load_balancers", "LoadBalancerArn"),
    "TargetGroups": ("target_groups", "TargetGroupArn"),
    "LoadBalancerListeners": ("listeners", "LoadBalancerArn"),
    "LoadBalancerTargetHealth": ("targets", "TargetGroupArn"),
}
NAMES = sorted(path.name for path in CORPUS.glob("batfish__batfish__*")) if CORPUS.is_dir() else []


@cache
def network(name: str) -> Topology:
    return topology_of(CORPUS / f"batfish__batfish__{name}")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("__units")])
def test_everything_in_the_files_is_in_the_topology(name: str) -> None:
    topology = topology_of(CORPUS / name)
    written: dict[str, set[str]] = {}
    for path in (CORPUS / name).glob("*.json"):
        for key, rows in json.loads(path.read_text(encoding="utf-8")).items():
            if key in LISTED:
                written.setdefault(key, set()).update(row[LISTED[key][1]] for row in rows)
    for key, ids in written.items():
        assert set(getattr(topology, LISTED[key][0]).rows) == ids, key
    assert set(topology.vpcs.rows) >= {one.vpc_id for one in topology.interfaces}
    assert topology.paths == ()


def test_both_sides_of_a_peering_are_known() -> None:
    topology = network("test-vpc-peering")
    peering = topology.peerings.need("pcx-0b89b559e3319d6cf")
    accepter = PeeredVpc(
        vpc_id="vpc-00a31ce9d0c06675c",
        account=topology.peerings.need("pcx-0d5b836985ac8ca8c").accepter.account,
        region="us-east-2",
        cidrs=("192.168.0.0/16",),
    )
    assert (peering.status, peering.accepter, peering.requester.cidrs) == ("active", accepter, ("10.10.0.0/16",))
    assert topology.unread_vpcs == {}


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("test-transit-gateway", {"10.10.0.0/16", "192.168.0.0/16"}),
        ("test-transit-gateway-multi-account", {"10.1.0.0/16", "10.2.0.0/16"}),
    ],
)
def test_a_transit_gateway_routes_what_its_attachments_propagate(name: str, blocks: set[str]) -> None:
    topology = network(name)
    (table,) = topology.transit_route_tables.all()
    open_ones = [one for one in topology.transit_attachments.all() if one.state == "available"]
    assert table.gap is None
    assert {one.destination for one in table.routes} == blocks
    assert {one.route_table_id for one in open_ones} == {table.id}
    assert all(one.subnet_ids and one.subnets_unread is None for one in open_ones)
    to = {one.destination: one.attachment_ids for one in table.routes}
    for one in open_ones:
        (block,) = topology.vpcs.need(one.resource_id).cidrs
        assert to[block] == (one.id,)


def test_a_gateway_endpoint_and_the_networks_of_its_service() -> None:
    topology = network("test-vpc-endpoint-gateway")
    endpoint = topology.vpc_endpoints.need("vpce-0b7357542bb7b83ec")
    assert (endpoint.type, endpoint.state, endpoint.service) == ("Gateway", "available", "com.amazonaws.us-east-1.s3")
    assert set(endpoint.route_table_ids) == {
        table.id for table in topology.route_tables if endpoint.id in {route.target for route in table.routes}
    }
    assert "52.216.0.0/15" in topology.prefix_lists.need("pl-63a5400a").cidrs


def test_a_nat_gateway_and_its_address() -> None:
    topology = network("test-nat-gateway")
    gateway = topology.nat_gateways.need("nat-07ab4846da51f4612")
    assert gateway.addresses == (("10.1.250.210", "3.135.127.225"),)
    (interface,) = gateway.interface_ids
    assert topology.interfaces.need(interface).subnet_id == gateway.subnet_id


def test_targets_are_known_at_the_port_they_are_registered_with() -> None:
    (targets,) = network("test-load-balancer").targets
    assert {one.port for one in targets} == {22}
