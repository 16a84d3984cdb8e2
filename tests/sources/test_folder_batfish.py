"""Batfish's layout: its files answer too, and what it never collects is named with the command to run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.sources.cli_files import write_folder
from tests.sources.demo_facts import SETTINGS, demo
from tests.sources.test_folder import assert_like, put
from vpclink_checks.errors import SourceError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Answer, Call, Recording
from vpclink_checks.sources.folder.layout import files_of
from vpclink_checks.sources.folder.pieces import pieces_of
from vpclink_checks.sources.folder.read import read

# Batfish's name of a file -> the operation whose answers it holds, and the id that it writes beside each.
LISTS = {
    "Reservations": "ec2:DescribeInstances",
    "NetworkInterfaces": "ec2:DescribeNetworkInterfaces",
    "SecurityGroups": "ec2:DescribeSecurityGroups",
    "Vpcs": "ec2:DescribeVpcs",
    "Subnets": "ec2:DescribeSubnets",
    "RouteTables": "ec2:DescribeRouteTables",
    "NetworkAcls": "ec2:DescribeNetworkAcls",
    "InternetGateways": "ec2:DescribeInternetGateways",
    "LoadBalancers": "elbv2:DescribeLoadBalancers",
    "TargetGroups": "elbv2:DescribeTargetGroups",
}
WRAPPED = {
    "LoadBalancerTargetHealth": ("TargetGroupArn", "elbv2:DescribeTargetHealth"),
    "LoadBalancerListeners": ("LoadBalancerArn", "elbv2:DescribeListeners"),
    "LoadBalancerAttributes": ("LoadBalancerArn", "elbv2:DescribeLoadBalancerAttributes"),
}
COLLECTED = {*LISTS.values(), *(operation for _, operation in WRAPPED.values())}


def answers_to(operation: str) -> list[Answer]:
    return [one for one in demo().facts if one.call.name == operation and one.response is not None]


def batfish(place: Path) -> Path:
    """The demo's facts as Batfish's collector lays them down."""
    for name, operation in LISTS.items():
        rows = [row for one in answers_to(operation) for row in (one.response or {})[name]]
        put(place, f"{name}.json", {name: rows})
    for name, (key, operation) in WRAPPED.items():
        rows = [{**(one.response or {}), key: one.call.params[key]} for one in answers_to(operation)]
        put(place, f"{name}.json", {name: rows})
    put(place, "AvailabilityZones.json", {"AvailabilityZones": [{"ZoneName": "eu-west-2a"}]})
    put(place, "PrefixLists.json", {"PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": ["203.0.113.0/24"]}]})
    return place


def others(place: Path) -> None:
    """What Batfish does not collect, by the AWS CLI."""
    facts = type(demo().facts)(one for one in demo().facts if one.call.name not in COLLECTED)
    write_folder(place, Recording(demo().account, demo().region, demo().taken_at, facts))


@pytest.mark.parametrize("place", ["", "aws_configs", "aws_configs/eu-west-2", "eu-west-2"])
def test_both_together_are_the_whole(tmp_path: Path, place: str) -> None:
    batfish(tmp_path / place)
    others(tmp_path)
    assert_like(read(tmp_path, SETTINGS), demo())


def test_what_batfish_never_collects_is_a_gap_with_its_command(tmp_path: Path) -> None:
    batfish(tmp_path / "aws_configs" / "eu-west-2")
    gaps = [one.gap for one in read(tmp_path, SETTINGS).facts if one.gap]
    assert {
        "not in this folder: run aws apigateway get-base-path-mappings --domain-name api.example.com "
        "> get-base-path-mappings@api.example.com.json"
    } <= {one.message for one in gaps}


def test_prefix_lists_keep_their_addresses(tmp_path: Path) -> None:
    batfish(tmp_path)
    pieces = pieces_of(sorted(tmp_path.iterdir()), tmp_path)
    (entries,) = [one.content for one in pieces if one.tail == "pl-1"]
    assert entries == {"Entries": [{"Cidr": "203.0.113.0/24"}]}


def test_the_region_of_the_config_picks_the_folder(tmp_path: Path) -> None:
    for region in ("eu-west-2", "us-east-1"):
        batfish(tmp_path / "aws_configs" / region)
    paths, _, region = files_of(tmp_path, "", "us-east-1")
    assert region == "us-east-1"
    assert {path.parent.name for path in paths} == {"us-east-1"}


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (EnvSettings(name="x"), "holds regions eu-west-2, us-east-1: set region in the config"),
        (EnvSettings(name="x", region="eu-west-1"), "none of them eu-west-1, as the config says"),
    ],
)
def test_several_regions_without_one_asked_for_are_one_line(tmp_path: Path, settings: EnvSettings, line: str) -> None:
    for region in ("eu-west-2", "us-east-1"):
        batfish(tmp_path / region)
    with pytest.raises(SourceError, match=line):
        read(tmp_path, settings)


def test_accounts_have_folders_of_their_own(tmp_path: Path) -> None:
    for account in ("123456789012", "111122223333"):
        batfish(tmp_path / "aws_configs" / "accounts" / account / "eu-west-2")
    with pytest.raises(SourceError, match="holds accounts 111122223333, 123456789012: set account in the config"):
        read(tmp_path, SETTINGS)
    paths, account, region = files_of(tmp_path, "111122223333", "")
    assert (account, region) == ("111122223333", "eu-west-2")
    assert all("111122223333" in path.parts for path in paths)


CORPUS = Path(os.environ.get("VPCLINK_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus") / "describe-output"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of describe outputs is not there")
def test_snapshots_that_batfish_took_are_read(tmp_path: Path) -> None:
    """Every file whose content an operation of ours gives is told, and the balancer's targets are found."""
    source = CORPUS / "batfish__batfish__test-load-balancer"
    shutil.copytree(source, tmp_path / "aws_configs" / "us-east-2")
    pieces = pieces_of(files_of(tmp_path, "", "")[0], tmp_path)
    told = {one.file.rpartition("/")[2] for one in pieces if one.kind}
    assert {f"{name}.json" for name in {*LISTS, *WRAPPED} if (source / f"{name}.json").exists()} <= told
    health = [one for one in pieces if one.kind and one.kind.operation == "DescribeTargetHealth"]
    held = json.loads((source / "LoadBalancerTargetHealth.json").read_text(encoding="utf-8"))
    assert [one.tail for one in health] == [one["TargetGroupArn"] for one in held["LoadBalancerTargetHealth"]]
    recording = read(tmp_path, EnvSettings(name="x", domains=("api.example.com",)))
    assert recording.region == "us-east-2"
    assert recording.facts.get(Call("sts", "GetCallerIdentity")) is not None
