"""What EC2 says of VPC Block Public Access and of interfaces that the internet never reaches, as facts."""

from __future__ import annotations

import pytest

from vpclink_checks.sources import aws_shapes_network as shapes

VPC_ARN = "arn:aws:ec2:eu-west-2:123456789012:vpc/vpc-01"
OPTIONS = {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "block-ingress", "State": "update-complete"}}


@pytest.mark.parametrize(
    ("state", "mode", "in_force", "unsure"),
    [
        ("create-complete", "allow-bidirectional", True, False),
        ("update-complete", "allow-egress", True, False),
        ("create-failed", "allow-bidirectional", False, False),
        ("delete-complete", "allow-bidirectional", False, False),
        ("disable-complete", "allow-bidirectional", False, False),
        ("create-in-progress", "allow-bidirectional", False, True),
        ("create-in-progress", "allow-egress", False, False),
        ("delete-in-progress", "allow-bidirectional", False, True),
        ("update-in-progress", "allow-egress", False, True),
        ("update-failed", "allow-egress", False, True),
        ("pondering", "allow-bidirectional", False, True),
    ],
)
def test_an_exclusion_in_each_state(state: str, mode: str, in_force: bool, unsure: bool) -> None:
    """One that lets nobody in when it holds, and is just made or removed, changes nothing either way."""
    found = shapes.block_public_access(
        OPTIONS, [{"ResourceArn": VPC_ARN, "State": state, "InternetGatewayExclusionMode": mode}]
    )
    assert (found.mode, found.state) == ("block-ingress", "update-complete")
    assert found.exclusions == ((("vpc-01", mode),) if in_force else ())
    assert [id_ for id_, _ in found.unsure] == (["vpc-01"] if unsure else [])
    for _, gap in found.unsure:
        assert f"the exclusion of vpc-01 is {state}" in str(gap)
        assert "ec2:DescribeVpcBlockPublicAccessExclusions" in str(gap)


def test_the_mode_that_takes_effect() -> None:
    told = {"BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-bidirectional"}}
    assert shapes.subnet({"SubnetId": "subnet-01", **told}).block_mode == "block-bidirectional"
    assert shapes.vpc({"VpcId": "vpc-01", **told}).block_mode == "block-bidirectional"
    assert shapes.subnet({"SubnetId": "subnet-01"}).block_mode == ""


@pytest.mark.parametrize("told", [True, False])
def test_an_interface_that_drops_what_comes_from_the_internet(told: bool) -> None:
    assert shapes.interface({"NetworkInterfaceId": "eni-01", "DenyAllIgwTraffic": told}).deny_all_igw is told
    assert shapes.interface({"NetworkInterfaceId": "eni-01"}).deny_all_igw is False
