"""VPCs that ours are joined to: what a folder holds of them is read, whoever's it is; of others nothing is claimed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.healthy import ACCOUNT, REGION, VPC
from tests.sources.cli_files import write_folder
from tests.sources.demo_facts import SETTINGS
from tests.standin.joined import PEER, SPOKE, joined
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.folder.read import read

OTHER = "111122223333"
SUBNET, ENI, GROUP, HOST = "subnet-0peer", "eni-0peer", "sg-0peer", "i-0peer"


def network(vpc: str, owner: str) -> dict[str, list[Any]]:
    """A small VPC as Batfish collects one, by the names of its files."""
    there = {"VpcId": vpc, "OwnerId": owner}
    address = {"PrivateIpAddress": "172.16.0.9", "Primary": True}
    interface = {**there, "NetworkInterfaceId": ENI, "SubnetId": SUBNET, "PrivateIpAddresses": [address]}
    held = {"Groups": [{"GroupId": GROUP}], "Attachment": {"InstanceId": HOST, "DeviceIndex": 0}}
    route = {"DestinationCidrBlock": "10.0.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "active"}
    return {
        "Vpcs": [{**there, "CidrBlock": "172.16.0.0/16"}],
        "Subnets": [{**there, "SubnetId": SUBNET, "CidrBlock": "172.16.0.0/24"}],
        "NetworkInterfaces": [{**interface, **held}],
        "RouteTables": [{**there, "RouteTableId": "rtb-0peer", "Associations": [{"Main": True}], "Routes": [route]}],
        "NetworkAcls": [{**there, "NetworkAclId": "acl-0peer", "IsDefault": True, "Entries": []}],
        "SecurityGroups": [{**there, "GroupId": GROUP, "IpPermissions": [], "IpPermissionsEgress": []}],
        "Reservations": [{"ReservationId": "r-1", "Instances": [{"InstanceId": HOST, "VpcId": vpc}]}],
    }


def lay(place: Path, files: dict[str, list[Any]]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        (place / f"{name}.json").write_text(json.dumps({name: rows}), encoding="utf-8")


def topology_of(folder: Path, **settings: Any) -> Topology:
    chosen = replace(SETTINGS, **settings)
    return discover(read(folder, chosen), chosen, source="snapshot")


def assert_read(topology: Topology) -> None:
    assert set(topology.unread_vpcs) == {SPOKE}
    assert {one.id for one in topology.subnets if one.vpc_id == PEER} == {SUBNET}
    assert topology.interfaces.need(ENI).group_ids == (GROUP,)
    assert topology.security_groups.need(GROUP).vpc_id == PEER
    assert topology.route_tables.need("rtb-0peer").main
    assert topology.network_acls.need("acl-0peer").vpc_id == PEER
    assert topology.instances.need(HOST)
    assert VPC in topology.vpcs.rows


def assert_unread(topology: Topology) -> None:
    assert set(topology.unread_vpcs) == {PEER, SPOKE}
    assert ENI not in topology.interfaces.rows
    assert SUBNET not in topology.subnets.rows


def test_a_peer_in_another_accounts_files_is_read(tmp_path: Path) -> None:
    write_folder(tmp_path, joined())
    accounts = tmp_path / "aws_configs" / "accounts"
    lay(accounts / ACCOUNT / REGION, {"AvailabilityZones": []})
    lay(accounts / OTHER / REGION, network(PEER, OTHER))
    topology = topology_of(tmp_path, account=ACCOUNT)
    assert (topology.account, topology.region) == (ACCOUNT, REGION)
    assert_read(topology)


def test_so_is_one_in_another_regions(tmp_path: Path) -> None:
    write_folder(tmp_path, joined())
    lay(tmp_path / "aws_configs" / REGION, {"AvailabilityZones": []})
    lay(tmp_path / "aws_configs" / "us-east-1", network(PEER, ACCOUNT))
    assert_read(topology_of(tmp_path))


def test_so_is_one_of_the_same_account_and_region(tmp_path: Path) -> None:
    write_folder(tmp_path, joined())
    for name, rows in network(PEER, ACCOUNT).items():
        (tmp_path / f"more-{name}.json").write_text(json.dumps({name: rows}), encoding="utf-8")
    assert_read(topology_of(tmp_path))


@pytest.mark.parametrize(("vpc", "owner"), [(PEER, "444455556666"), ("vpc-0nobody", OTHER)])
def test_a_vpc_whose_owners_files_are_not_there_or_that_none_leads_to_is_not(
    tmp_path: Path, vpc: str, owner: str
) -> None:
    """A VPC that is shared shows its participants their own interfaces alone."""
    write_folder(tmp_path, joined())
    accounts = tmp_path / "aws_configs" / "accounts"
    lay(accounts / ACCOUNT / REGION, {"AvailabilityZones": []})
    lay(accounts / OTHER / REGION, network(vpc, owner))
    assert_unread(topology_of(tmp_path, account=ACCOUNT))


def test_what_another_accounts_files_say_of_the_rest_is_not_taken_for_ours(tmp_path: Path) -> None:
    write_folder(tmp_path, joined())
    before = topology_of(tmp_path)
    accounts = tmp_path / "aws_configs" / "accounts"
    lay(accounts / ACCOUNT / REGION, {"AvailabilityZones": []})
    balancer = {"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-2:111122223333:loadbalancer/net/x/1"}
    lay(accounts / OTHER / REGION, {"LoadBalancers": [balancer]})
    after = topology_of(tmp_path, account=ACCOUNT)
    assert replace(after, taken_at=before.taken_at) == before
