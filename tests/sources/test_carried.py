"""Registered addresses lead to their interface, and so to its groups, of whatever family, prefixes too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.healthy import HOST_A
from tests.sources.demo_facts import SETTINGS, changed
from vpclink_checks.sources.facts import Answer, Facts
from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.leads.carried import among

OWN = "10.0.1.20"
HELD: dict[str, tuple[dict[str, Any], str]] = {
    "IPv6": ({"Ipv6Addresses": [{"Ipv6Address": "2001:db8:5::20"}]}, "2001:db8:5::20"),
    "IPv4 prefix": ({"Ipv4Prefixes": [{"Ipv4Prefix": "10.0.1.32/28"}]}, "10.0.1.33"),
    "IPv6 prefix": ({"Ipv6Prefixes": [{"Ipv6Prefix": "2001:db8:0:1::/80"}]}, "2001:db8:0:1::7"),
}


def facts(more: dict[str, Any], target: str) -> list[Answer]:
    """The demo, with this address registered, on an interface of no instance that alone carries a group."""

    def interface(response: Any) -> None:
        for one in response["NetworkInterfaces"]:
            if one["PrivateIpAddresses"][0]["PrivateIpAddress"] == OWN:
                one.update(more, Attachment={}, Groups=[{"GroupId": "sg-0alone"}], SubnetId="subnet-0alone")

    def registered(response: Any) -> None:
        response["TargetHealthDescriptions"] = [{"Target": {"Id": target}, "TargetHealth": {"State": "healthy"}}]

    return changed(("ec2:DescribeNetworkInterfaces", interface), ("elbv2:DescribeTargetHealth", registered))


def leads(answers: list[Answer]) -> Leads:
    return Leads(Facts(answers), SETTINGS)


@pytest.mark.parametrize(("more", "target"), HELD.values(), ids=HELD)
def test_the_groups_of_a_registered_addresses_interface_are_read(more: dict[str, Any], target: str) -> None:
    assert "sg-0alone" in leads(facts(more, target)).network.seed_groups
    assert "sg-0alone" not in leads(facts(more, "198.51.100.9")).network.seed_groups


@pytest.mark.parametrize(("held", "target"), HELD.values(), ids=HELD)
def test_an_instance_is_ours_by_any_of_its_addresses(held: dict[str, Any], target: str) -> None:
    def interface(response: Any) -> None:
        for one in response["NetworkInterfaces"]:
            if one["PrivateIpAddresses"][0]["PrivateIpAddress"] == OWN:
                one.update(held, Attachment={"InstanceId": "i-0other"})

    def registered(response: Any) -> None:
        response["TargetHealthDescriptions"] = [{"Target": {"Id": target}, "TargetHealth": {"State": "healthy"}}]

    answers = changed(("ec2:DescribeNetworkInterfaces", interface), ("elbv2:DescribeTargetHealth", registered))
    assert "i-0other" in leads(answers).doors.instances


def test_an_id_that_is_no_address_lies_in_no_prefix() -> None:
    assert among({"10.0.1.32/28", OWN}, {HOST_A, "10.0.1.48", "10.0.1.47", OWN}) == {"10.0.1.47", OWN}
