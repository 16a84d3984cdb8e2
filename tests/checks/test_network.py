"""The network hop: one deviation from healthy each (ids from faults.yaml), and exactly what it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import (
    ALWAYS,
    SG_NLB,
    WORLD,
    acl_for_hosts,
    added,
    findings,
    hosts,
    interfaces,
    loud,
    routes_for_hosts,
    tcp,
    unread,
    with_balancer,
    worst,
)
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import HealthCheck
from vpclink_checks.model.ecs import PortMapping
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import AclEntry, GroupRule, PrivateAddress, RouteEntry, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.words import Outcome

TRAFFIC, HEALTH, LINK = (
    "network/target-admits-load-balancer",
    "network/target-admits-health-check",
    "network/load-balancer-admits-link",
)
STALE, OPEN = "network/no-stale-group-reference", "network/backend-port-not-open-to-the-world"
FROM_NLB = stack.HOSTS_GROUP.ingress
EVERY_PORT_IN = AclEntry(number=100, egress=False, allow=True)
EVERY_PORT_OUT = AclEntry(number=100, egress=True, allow=True)
LINK_SUBNET_ACL = "acl-0fffffffffffffff2"
ON: dict[str, Any] = {"security_group_ids": (SG_NLB,), "enforce_private_link": "on"}
OFF: dict[str, Any] = {"security_group_ids": (SG_NLB,), "enforce_private_link": "off"}
BY_REFERENCE = tuple(tcp(port, group_id=SG_NLB) for port in (10000, 10001))


def v2(*, nlb: tuple[Any, ...] = (), acl: tuple[AclEntry, ...] | None = None, **changes: Any) -> Topology:
    """A version 2 link in the load balancer's own subnets, which the hosts' rules admit."""
    link = VpcLink(
        id="v2l1nk",
        version=2,
        name="orders-v2",
        subnet_ids=(stack.PUBLIC_A,),
        security_group_ids=("sg-0eeeeeeeeeeeeeee2",),
    )
    topology = with_balancer(nlb=nlb, rules=(tcp(10000, "10.0.0.0/16"), tcp(10001, "10.0.0.0/16")), **changes)
    groups = {
        **topology.security_groups.rows,
        "sg-0eeeeeeeeeeeeeee2": SecurityGroup(id="sg-0eeeeeeeeeeeeeee2", egress=stack.OUT_ALL),
    }
    tables: dict[str, Any] = {"security_groups": Table(rows=groups)}
    if acl is not None:
        own = replace(stack.ACL, id=LINK_SUBNET_ACL, default=False, subnet_ids=(stack.PUBLIC_A,), entries=acl)
        rest = replace(stack.ACL, subnet_ids=tuple(one for one in stack.ACL.subnet_ids if one != stack.PUBLIC_A))
        tables["network_acls"] = by("id", own, rest)
    paths = tuple(replace(path, link=link) for path in topology.paths)
    return replace(topology, paths=paths, links=by("id", link), **tables)


def health_port(port: str) -> Topology:
    group = replace(stack.GROUP_API, health_check=HealthCheck(protocol="HTTP", port=port, path="/health"))
    targets = tuple(replace(one, health_port=int(port)) for one in stack._targets(10000))
    return healthy(
        target_groups=by("arn", group, stack.GROUP_STATUS),
        targets=Table(rows={**healthy().targets.rows, stack.TG_API: targets}),
        paths=(replace(stack.PATH_API, target_group=group), stack.PATH_STATUS),
    )


def secondary() -> Topology:
    eni = replace(
        stack.ENI_NLB_A,
        addresses=(PrivateAddress(address="10.0.11.10"), PrivateAddress(address="10.0.11.11", primary=False)),
    )
    rules = [tcp(port, f"10.0.1{zone}.10/32") for port in (10000, 10001) for zone in (1, 2)]
    return healthy(interfaces=Table(rows={**healthy().interfaces.rows, eni.id: eni}), security_groups=hosts(*rules))


def nlb_on_hosts_subnets(*entries: AclEntry) -> Topology:
    """The load balancer's nodes share the hosts' subnets, whose ACL is restrictive."""
    zones = tuple(
        replace(zone, subnet_id=one) for zone, one in zip(stack.NLB.zones, (stack.HOSTS_A, stack.HOSTS_B), strict=True)
    )
    topology = with_balancer(zones=zones, rules=(tcp(10000, "10.0.0.0/16"), tcp(10001, "10.0.0.0/16")))
    rows = {
        **healthy().interfaces.rows,
        stack.ENI_NLB_A.id: replace(
            stack.ENI_NLB_A, subnet_id=stack.HOSTS_A, addresses=(PrivateAddress(address="10.0.1.10"),)
        ),
        stack.ENI_NLB_B.id: replace(
            stack.ENI_NLB_B, subnet_id=stack.HOSTS_B, addresses=(PrivateAddress(address="10.0.2.10"),)
        ),
    }
    return replace(topology, interfaces=Table(rows=rows), network_acls=acl_for_hosts(*entries))


BLACKHOLE = RouteEntry(destination="10.0.11.0/24", target="eni-0gone", state="blackhole")
BOTH = {TRAFFIC: "fail", HEALTH: "fail"}
SHARED = tcp(9000, group_id="sg-0owner", account_id="111122223333")
WIDE = {"network/no-wide-port-range": "fail"}

FAULTS = {
    "isg-no-rule-for-nlb-ip": (healthy(security_groups=hosts()), BOTH),
    "isg-no-rule-for-nlb-ip (one zone)": (
        healthy(security_groups=hosts(tcp(10000, "10.0.12.0/24"), tcp(10001, "10.0.0.0/16"))),
        BOTH,
    ),
    "isg-sgref-enforce-off": (with_balancer(rules=BY_REFERENCE, **OFF), {TRAFFIC: "note"}),
    "isg-sgref-client-sg": (
        replace(
            v2(),
            security_groups=Table(
                rows={
                    **v2().security_groups.rows,
                    stack.SG_HOSTS: replace(
                        stack.HOSTS_GROUP,
                        ingress=tuple(tcp(p, group_id="sg-0eeeeeeeeeeeeeee2") for p in (10000, 10001)),
                    ),
                }
            ),
        ),
        BOTH,
    ),
    "isg-hc-port-closed": (health_port("10002"), {HEALTH: "fail"}),
    "isg-awsvpc-wrong-sg": (healthy(interfaces=interfaces(group_ids=(stack.SG_CLUSTER,))), BOTH),
    "isg-stale-reference": (healthy(security_groups=added(tcp(9000, group_id="sg-0gone"))), {STALE: "fail"}),
    "isg-stale-reference (peering gone)": (
        healthy(security_groups=added(tcp(9000, group_id=stack.SG_CLUSTER, peering="deleted"))),
        {STALE: "fail"},
    ),
    "a group of another account, in a shared VPC": (healthy(security_groups=added(SHARED)), {STALE: "unknown"}),
    "another account's group that refers to its own": (
        healthy(security_groups=hosts(*FROM_NLB, replace(SHARED, account_id=""), account_id="111122223333")),
        {STALE: "unknown"},
    ),
    "a group of this account that is gone": (
        healthy(security_groups=hosts(*FROM_NLB, replace(SHARED, account_id=""), account_id=stack.ACCOUNT)),
        {STALE: "fail"},
    ),
    "isg-open-world": (healthy(security_groups=added(tcp(10000, WORLD))), {OPEN: "fail"}),
    "isg-open-world (IPv6)": (healthy(security_groups=added(tcp(10000, "::/0"))), {OPEN: "fail"}),
    "isg-open-world (split)": (
        healthy(security_groups=added(tcp(10000, "0.0.0.0/1"), tcp(10000, "128.0.0.0/1"))),
        {OPEN: "fail"},
    ),
    "isg-wide-ephemeral": (healthy(security_groups=added(tcp(9000, "10.0.0.0/16", high=65535))), WIDE),
    "isg-nlb-secondary-ips": (secondary(), BOTH),
    "nsg-enforce-on-blocks-v1": (with_balancer(**ON), {LINK: "fail"}),
    "nsg-enforce-on-vpc-cidr": (
        with_balancer(nlb=(tcp(10000, "10.0.0.0/16"), tcp(10001, "10.0.0.0/16")), **ON),
        {LINK: "fail"},
    ),
    "nsg-apigw-cidr-dependency": (
        with_balancer(nlb=(tcp(10000, "100.64.0.0/16"), tcp(10001, "100.64.0.0/16")), **ON),
        {LINK: "unknown"},
    ),
    "nsg-open-world-internal": (
        with_balancer(nlb=(tcp(10000, WORLD), tcp(10001, WORLD)), **ON),
        {"network/load-balancer-not-open-to-the-world": "fail"},
    ),
    "nsg-ingress-listener-port-v2": (v2(**OFF), {LINK: "fail"}),
    "nacl-no-ingress-target": (healthy(network_acls=acl_for_hosts(EVERY_PORT_OUT)), BOTH),
    "nacl-no-ephemeral-return": (
        healthy(
            network_acls=acl_for_hosts(
                EVERY_PORT_IN,
                AclEntry(number=100, egress=True, allow=True, protocol="6", from_port=32768, to_port=65535),
            )
        ),
        BOTH,
    ),
    "nacl-implicit-association": (
        healthy(network_acls=by("id", replace(stack.ACL, subnet_ids=(), entries=()))),
        BOTH,
    ),
    "nacl-v2-link-subnet": (v2(acl=(EVERY_PORT_IN,)), {LINK: "fail"}),
    "route-blackhole": (healthy(route_tables=routes_for_hosts(BLACKHOLE)), BOTH),
}

HEALTHY = {
    "hv-sg-vpc-cidr": healthy(security_groups=hosts(tcp(10000, "10.0.0.0/16"), tcp(10001, "10.0.0.0/16"))),
    "hv-sg-nlb-ips": healthy(
        security_groups=hosts(*(tcp(port, f"10.0.1{zone}.10/32") for port in (10000, 10001) for zone in (1, 2)))
    ),
    "hv-sg-ref-enforce-on": with_balancer(
        nlb=(tcp(10000, "0.0.0.0/1"), tcp(10000, "128.0.0.0/1"), tcp(10001, WORLD)), rules=BY_REFERENCE, **ON
    ),
    "hv-nlb-no-sg": healthy(),
    "hv-enforce-off": with_balancer(**OFF),
    "hv-nlb-sg-no-ingress-health": with_balancer(rules=FROM_NLB, **OFF),
    "hv-target-sg-no-egress": healthy(security_groups=hosts(*FROM_NLB, egress=())),
    "hv-nacl-same-subnet": nlb_on_hosts_subnets(),
    "hv-rest-v2-nlb": v2(),
    "v2 link, the group admits it": v2(
        nlb=(tcp(10000, group_id="sg-0eeeeeeeeeeeeeee2"), tcp(10001, "10.0.101.0/24")), **OFF
    ),
    "a peered group that is active": healthy(security_groups=added(tcp(9000, group_id="sg-0far", peering="active"))),
}
HYGIENE = {"network/load-balancer-not-open-to-the-world": "fail"}


@pytest.mark.parametrize(("topology", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_breaks_exactly_its_checks(topology: Topology, expected: dict[str, str]) -> None:
    assert loud(topology) == {**ALWAYS, **expected}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_variant_breaks_nothing(name: str) -> None:
    # The one rule that a v1 link with evaluation on can live by is open to everybody: hygiene.
    expected = HYGIENE if name == "hv-sg-ref-enforce-on" else {}
    assert loud(HEALTHY[name]) == {**ALWAYS, **expected}


def test_healthy_passes_with_the_packets_in_the_message() -> None:
    one = worst(healthy(), TRAFFIC)
    assert one.outcome is Outcome.PASS
    assert one.message == (
        "callers' traffic from orders in eu-west-2a to i-0aaaaaaaaaaaaaaa1:10000 arrives: "
        "tcp 10.0.11.10 → 10.0.1.20:10000"
    )
    assert one.witness is not None
    assert one.witness.via


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ("isg-no-rule-for-nlb-ip", TRAFFIC, ["10.0.11.10", "10000", stack.SG_HOSTS, "no inbound rule"]),
        ("isg-hc-port-closed", HEALTH, ["health check", "10.0.1.20:10002", stack.SG_HOSTS]),
        ("isg-awsvpc-wrong-sg", TRAFFIC, [stack.SG_CLUSTER]),
        ("isg-sgref-client-sg", TRAFFIC, ["10.0.101.0/24", "open from sg-0eeeeeeeeeeeeeee2 only"]),
        ("nacl-no-ingress-target", TRAFFIC, ["acl-0fffffffffffffff1 inbound rule * denies"]),
        ("nacl-no-ephemeral-return", TRAFFIC, ["acl-0fffffffffffffff1 outbound rule * denies", "tcp 1024-32767"]),
        ("nacl-v2-link-subnet", LINK, [f"{LINK_SUBNET_ACL} outbound rule * denies"]),
        ("route-blackhole", TRAFFIC, ["rtb-0bbbbbbbbbbbbbbbb", "10.0.11.0/24", "blackhole"]),
        ("nsg-enforce-on-blocks-v1", LINK, ["evaluation of PrivateLink traffic is on", SG_NLB, "10000"]),
        ("nsg-enforce-on-vpc-cidr", LINK, ["10.0.0.0/16 of the VPC itself"]),
        ("nsg-apigw-cidr-dependency", LINK, ["100.64.0.0/16 only", "not documented"]),
        ("nsg-ingress-listener-port-v2", LINK, ["orders-v2", SG_NLB, "no inbound rule takes in tcp 10000"]),
        ("isg-open-world", OPEN, ["tcp 10000 with 0.0.0.0/0", stack.SG_HOSTS]),
        ("isg-stale-reference", STALE, ["sg-0gone", stack.SG_HOSTS]),
        ("a group of another account, in a shared VPC", STALE, ["sg-0owner belongs to account 111122223333"]),
        ("isg-nlb-secondary-ips", TRAFFIC, ["10.0.11.11"]),
        ("isg-wide-ephemeral", "network/no-wide-port-range", ["tcp 9000-65535"]),
        ("isg-sgref-enforce-off", TRAFFIC, ["readings disagree", "10.0.11.10"]),
    ],
)
def test_the_message_names_what_decided(fault: str, check: str, words: list[str]) -> None:
    message = worst(FAULTS[fault][0], check).message
    assert [word for word in words if word not in message] == []


def test_the_fix_opens_exactly_this_flow() -> None:
    one = worst(healthy(security_groups=hosts()), TRAFFIC)
    assert one.fix is not None
    assert one.fix.cli == (
        "aws ec2 authorize-security-group-ingress --group-id sg-0d2d2d2d2d2d2d2d2 "
        "--ip-permissions 'IpProtocol=tcp,FromPort=10000,ToPort=10000,IpRanges=[{CidrIp=10.0.11.10/32}]'"
    )
    assert 'cidr_ipv4         = "10.0.11.10/32"' in one.fix.terraform
    assert one.witness is not None
    assert (one.witness.src, one.witness.dst, one.witness.port) == ("10.0.11.10", "10.0.1.20", 10000)


def test_a_v1_link_is_mended_by_turning_evaluation_off() -> None:
    one = worst(with_balancer(**ON), LINK)
    assert one.fix is not None
    assert (
        f"--security-groups {SG_NLB} --enforce-security-group-inbound-rules-on-private-link-traffic off" in one.fix.cli
    )


def test_all_blockers_are_named_not_only_the_first() -> None:
    topology = healthy(security_groups=hosts(), network_acls=acl_for_hosts(EVERY_PORT_OUT))
    message = worst(topology, TRAFFIC).message
    assert "inbound rule * denies" in message
    assert stack.SG_HOSTS in message


def test_only_legs_that_exist_are_judged() -> None:
    legs = [one.subject_key for one in findings(healthy()) if one.check == TRAFFIC and one.path == stack.PATH_API.id]
    assert legs == ["eu-west-2a → orders/api:8080 in eu-west-2a", "eu-west-2b → orders/api:8080 in eu-west-2b"]


def test_cross_zone_makes_every_zone_a_source() -> None:
    rules = (tcp(10000, "10.0.11.0/24"), tcp(10001, "10.0.0.0/16"))
    crossing = Table(rows={stack.NLB_ARN: {"load_balancing.cross_zone.enabled": "true"}})
    topology = healthy(security_groups=hosts(*rules), load_balancer_attributes=crossing)
    failing = {one.subject_key for one in findings(topology) if one.check == TRAFFIC and one.outcome is Outcome.FAIL}
    assert failing == {f"eu-west-2b → orders/api:8080 in eu-west-2{zone}" for zone in "ab"}


def test_a_draining_target_is_not_judged() -> None:
    draining = tuple(replace(one, state="draining") for one in stack._targets(10000))
    targets = Table(rows={**healthy().targets.rows, stack.TG_API: draining})
    topology = healthy(targets=targets, security_groups=hosts(tcp(10001, "10.0.0.0/16")))
    assert loud(topology) == ALWAYS


@pytest.mark.parametrize(
    ("changes", "checks", "action"),
    [
        (
            {"security_groups": unread("ec2:DescribeSecurityGroups")},
            {TRAFFIC, HEALTH, STALE, OPEN},
            "ec2:DescribeSecurityGroups",
        ),
        ({"network_acls": unread("ec2:DescribeNetworkAcls")}, {TRAFFIC, HEALTH}, "ec2:DescribeNetworkAcls"),
        ({"route_tables": unread("ec2:DescribeRouteTables")}, {TRAFFIC, HEALTH}, "ec2:DescribeRouteTables"),
        ({"targets": unread("elbv2:DescribeTargetHealth")}, {TRAFFIC, HEALTH}, "elbv2:DescribeTargetHealth"),
        ({"instances": unread("ec2:DescribeInstances")}, {TRAFFIC, HEALTH}, "ec2:DescribeInstances"),
        ({"interfaces": unread("ec2:DescribeNetworkInterfaces")}, {TRAFFIC, HEALTH}, "ec2:DescribeNetworkInterfaces"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_not_read_is_unknown_and_names_the_action(
    changes: dict[str, Any], checks: set[str], action: str
) -> None:
    topology = healthy(**changes)
    for check in checks:
        one = worst(topology, check)
        assert one.outcome is Outcome.UNKNOWN, check
        assert action in one.message
    assert not [one for one in findings(topology) if one.outcome is Outcome.FAIL]


def test_a_gap_does_not_hide_what_denies_for_certain() -> None:
    topology = healthy(network_acls=unread("ec2:DescribeNetworkAcls"), security_groups=hosts())
    assert worst(topology, TRAFFIC).outcome is Outcome.FAIL


def test_unread_attributes_doubt_the_foreign_legs_only_where_they_would_fail() -> None:
    unknown_crossing = unread("elbv2:DescribeLoadBalancerAttributes")
    assert loud(healthy(load_balancer_attributes=unknown_crossing)) == ALWAYS
    closed = hosts(*(tcp(port, f"10.0.1{zone}.0/24") for port in (10000, 10001) for zone in (1,)))
    message = [
        one.message
        for one in findings(healthy(load_balancer_attributes=unknown_crossing, security_groups=closed))
        if one.check == TRAFFIC and one.outcome is Outcome.UNKNOWN
    ]
    assert message
    assert "elbv2:DescribeLoadBalancerAttributes" in message[0]


DYNAMIC = "network/dynamic-port-range-admitted"


def dynamic(
    *rules: GroupRule, agent: str = "", platform: str | None = "LINUX", now: tuple[int, ...] = (32768, 32801)
) -> Topology:
    """Container api with host port 0, its tasks on these ports now, and these rules on the hosts."""
    api, status = stack.TASK_DEFINITION.containers
    definition = replace(
        stack.TASK_DEFINITION,
        os_family=platform,
        containers=(replace(api, port_mappings=(PortMapping(container_port=8080, host_port=0),)), status),
    )
    targets = tuple(
        replace(one, port=port, health_port=None) for one, port in zip(stack._targets(10000), now, strict=True)
    )
    settings = {"ECS_DYNAMIC_HOST_PORT_RANGE": agent} if agent else {}
    launches = {key: replace(one, agent=settings) for key, one in healthy().launch_settings.rows.items()}
    return healthy(
        security_groups=hosts(*rules, tcp(10001, "10.0.0.0/16")),
        task_definitions=Table(rows={stack.TASKDEF: definition}),
        launch_settings=Table(rows=launches),
        targets=Table(rows={**healthy().targets.rows, stack.TG_API: targets}),
        paths=(replace(stack.PATH_API, task_definition=definition), stack.PATH_STATUS),
    )


def spread(low: int, high: int, cidr: str = "10.0.0.0/16") -> GroupRule:
    return tcp(low, cidr, high=high)


@pytest.mark.parametrize(
    ("topology", "expected"),
    [
        (dynamic(spread(32768, 33000)), {DYNAMIC: "fail"}),
        (dynamic(spread(32768, 65535)), {}),
        (dynamic(spread(32768, 40000), spread(40001, 65535)), {}),
        (dynamic(spread(32768, 40000), spread(40002, 65535)), {DYNAMIC: "unknown"}),
        (dynamic(spread(32768, 50000), spread(50002, 65535)), {DYNAMIC: "fail"}),
        (dynamic(spread(32768, 60999)), {DYNAMIC: "note"}),
        (dynamic(spread(32768, 61000)), {DYNAMIC: "note"}),
        (dynamic(spread(49153, 65535), now=(50000, 50001)), {DYNAMIC: "unknown"}),
        (dynamic(spread(32768, 33000), agent="32768-33000"), {}),
        (dynamic(spread(32768, 32999), agent="32768-33000"), {DYNAMIC: "fail"}),
        (dynamic(spread(49152, 65535), platform="WINDOWS_SERVER_2022_CORE", now=(50000, 50001)), {}),
        (dynamic(spread(32768, 65535, "10.0.11.0/24")), {DYNAMIC: "fail", TRAFFIC: "fail", HEALTH: "fail"}),
        (dynamic(spread(1024, 65535)), WIDE),
    ],
    ids=[
        "isg-dynamic-range-too-narrow",
        "every default reading",
        "in two rules",
        "a hole that the kernel's range alone has",
        "a hole in every reading",
        "the kernel's range",
        "the guide's range",
        "only where the kernel's setting cannot be read",
        "the agent's own range",
        "one port short of the agent's own range",
        "Windows",
        "from one zone's nodes only",
        "wider than any reading",
    ],
)
def test_dynamic_ports_need_their_whole_range(topology: Topology, expected: dict[str, str]) -> None:
    assert loud(topology) == {**ALWAYS, **expected}


def test_a_range_that_is_too_narrow_is_named() -> None:
    message = worst(dynamic(spread(32768, 33000)), DYNAMIC).message
    for part in ("32768-60999", "33001-60999 are closed", "10.0.11.10"):
        assert part in message


def test_launch_settings_that_were_not_read_leave_the_range_unknown() -> None:
    topology = replace(
        dynamic(spread(32768, 65535)), launch_settings=unread("autoscaling:DescribeLaunchConfigurations")
    )
    assert worst(topology, DYNAMIC).outcome is Outcome.UNKNOWN


def test_fixed_ports_have_no_range() -> None:
    assert worst(healthy(), DYNAMIC).outcome is Outcome.NOT_APPLICABLE
