"""The exposure hop: one deviation from healthy each (ids from faults.yaml), and exactly what it breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import (
    ALWAYS,
    SG_NLB,
    TO_INTERNET,
    WORLD,
    acl_for_hosts,
    added,
    all_interfaces,
    denied,
    exposed,
    findings,
    interfaces,
    loud,
    public_host,
    routes_for_hosts,
    tcp,
    unread,
    with_balancer,
    worst,
)
from tests.healthy import by, healthy
from vpclink_checks.api.reachability import Ask
from vpclink_checks.model.balancing import (
    Action,
    Forward,
    Listener,
    ListenerRule,
    LoadBalancer,
    Target,
    TargetGroup,
    Zone,
)
from vpclink_checks.model.compute import LaunchSettings
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    NetworkInterface,
    PrefixList,
    PrivateAddress,
    RouteEntry,
    SecurityGroup,
)
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.doors.certificate import NOT_JUDGED
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.exposure import doors
from vpclink_checks.words import Outcome, Severity

INTERNET, RESTRICTED = "exposure/no-internet-path", "exposure/no-restricted-public-source"
AGENT, ADDRESS = "exposure/agent-ports-closed", "exposure/no-public-address"
FACING, OTHER = "exposure/load-balancer-not-internet-facing", "exposure/no-other-load-balancer"
IPV6, LAUNCH = "exposure/ipv6-igw-traffic-denied", "exposure/launch-gives-no-public-address"
AUTH = "exposure/no-unauthenticated-way-round"
DENY = "ipv6.deny_all_igw_traffic"
OPEN, WIDE = "network/backend-port-not-open-to-the-world", "network/no-wide-port-range"
V6_ROUTE = RouteEntry(destination="::/0", target=stack.IGW)
V6_ACL = tuple(
    AclEntry(number=100 + n, egress=egress, allow=True, cidr=cidr)
    for n, cidr in enumerate((WORLD, "::/0"))
    for egress in (True, False)
)


def over_ipv6(target: str = stack.IGW, cidr: str = "::/0", address: str = "2001:db8:5::20") -> Topology:
    """Host A with a global IPv6 address."""
    return healthy(
        interfaces=interfaces(ipv6=(address,)),
        route_tables=routes_for_hosts(replace(V6_ROUTE, target=target)),
        security_groups=added(tcp(10000, cidr)),
        network_acls=acl_for_hosts(*V6_ACL),
    )


def block(mode: str, *exclusions: tuple[str, str]) -> Table[Any]:
    return Table(rows={stack.REGION: BlockPublicAccess(mode=mode, state="update-complete", exclusions=exclusions)})


def launched(public: bool | None, *, subnets_public: bool = False) -> Topology:
    launch = LaunchSettings(id="lt-1", kind="launch-template", public_address=public)
    rows = {id_: replace(one, public_ip_on_launch=subnets_public) for id_, one in healthy().subnets.rows.items()}
    return healthy(
        launch_settings=Table(rows={"launch-configuration:orders-hosts-1": launch}), subnets=Table(rows=rows)
    )


def facing(*, nlb: tuple[Any, ...] = (), public: bool = True, groups: tuple[str, ...] = ()) -> Topology:
    """The path's load balancer internet-facing, in subnets that lead to the gateway (or not)."""
    topology = with_balancer(scheme="internet-facing", nlb=nlb, security_group_ids=groups, enforce_private_link="off")
    main, own, edge = stack.ROUTE_TABLES
    tables = (replace(main, routes=(stack.LOCAL, TO_INTERNET)), own, edge) if public else (main, own, edge)
    enis = [
        replace(eni, addresses=(replace(eni.addresses[0], public=f"203.0.113.{n}"),))
        for n, eni in enumerate((stack.ENI_NLB_A, stack.ENI_NLB_B), start=11)
    ]
    return replace(topology, route_tables=by("id", *tables), interfaces=all_interfaces(*enis))


def dualstack(denied_: str | None, *, route: bool = True) -> Topology:
    topology = with_balancer(ip_address_type="dualstack")
    main, own, edge = stack.ROUTE_TABLES
    attributes = {} if denied_ is None else {"ipv6.deny_all_igw_traffic": denied_}
    acl = replace(stack.ACL, entries=V6_ACL)
    return replace(
        topology,
        route_tables=by("id", replace(main, routes=(stack.LOCAL, V6_ROUTE) if route else (stack.LOCAL,)), own, edge),
        interfaces=all_interfaces(replace(stack.ENI_NLB_A, ipv6=("2001:db8:5::10",))),
        load_balancer_attributes=Table(rows={stack.NLB_ARN: attributes}),
        network_acls=by("id", acl),
    )


SECOND = stack.NLB_ARN.replace("net/orders/", "net/second/")
FROM_SECOND = tcp(10000, group_id=SG_NLB)
SECOND_TG = stack.TG_API.replace("orders-api", "second")


def second_balancer(
    scheme: str,
    *,
    target: str = stack.HOST_A,
    vpc: str = stack.VPC,
    weight: int = 1,
    by_rule: bool = False,
    group_rule: str = WORLD,
    host_rule: GroupRule | None = FROM_SECOND,
    state: str = "healthy",
    preserve: str = "",
) -> Topology:
    """Another load balancer in the public subnet with a target group of its own."""
    base = healthy()
    balancer = LoadBalancer(
        arn=SECOND,
        name="second",
        scheme=scheme,
        vpc_id=stack.VPC,
        zones=(Zone(name="eu-west-2a", subnet_id=stack.PUBLIC_A),),
        security_group_ids=(SG_NLB,),
    )
    forward = Action(forwards=(Forward(target_group_arn=SECOND_TG, weight=weight),))
    elsewhere = Action(type="fixed-response")
    listener = Listener(
        arn=f"{SECOND}/l", load_balancer_arn=SECOND, port=80, actions=(elsewhere if by_rule else forward,)
    )
    rules = (ListenerRule(arn="r", priority=1, actions=(forward,)),) if by_rule else ()
    eni = NetworkInterface(
        id="eni-0second",
        vpc_id=stack.VPC,
        subnet_id=stack.PUBLIC_A,
        description=f"ELB {SECOND.partition('loadbalancer/')[2]}",
        addresses=(PrivateAddress(address="10.0.101.9", public="203.0.113.99" if scheme != "internal" else ""),),
    )
    return healthy(
        load_balancers=by("arn", stack.NLB, balancer),
        listeners=Table(rows={**base.listeners.rows, SECOND: (listener,)}),
        listener_rules=Table(rows={**base.listener_rules.rows, listener.arn: rules}),
        target_groups=by(
            "arn",
            stack.GROUP_API,
            stack.GROUP_STATUS,
            TargetGroup(
                arn=SECOND_TG,
                name="second",
                vpc_id=vpc,
                load_balancer_arns=(SECOND,),
                target_type="instance" if target.startswith("i-") else "ip",
            ),
        ),
        target_group_attributes=Table(
            rows={
                **base.target_group_attributes.rows,
                SECOND_TG: {"preserve_client_ip.enabled": preserve} if preserve else {},
            }
        ),
        targets=Table(rows={**base.targets.rows, SECOND_TG: (Target(id=target, port=10000, state=state),)}),
        interfaces=all_interfaces(eni),
        security_groups=by(
            "id",
            stack.CLUSTER_GROUP,
            replace(stack.HOSTS_GROUP, ingress=(*stack.HOSTS_GROUP.ingress, *((host_rule,) if host_rule else ()))),
            SecurityGroup(id=SG_NLB, ingress=(tcp(80, group_rule),), egress=stack.OUT_ALL),
        ),
    )


NO_OTHERS: dict[str, Any] = {"other_apis": Table(), "other_stages": Table(), "other_routes": Table()}


def authorized(*kinds: str) -> Topology:
    """The routes of the first path with these authorizations, in order."""
    routes = tuple(replace(route, authorization=kind) for route, kind in zip(stack.PATH_API.routes, kinds, strict=True))
    return healthy(paths=(replace(stack.PATH_API, routes=routes), stack.PATH_STATUS), **NO_OTHERS)


HIT = {INTERNET: "fail", OPEN: "fail", ADDRESS: "fail", RESTRICTED: "blocked"}
SHUT_BUT_OPEN_GROUP = {OPEN: "fail", ADDRESS: "fail"}
ALL_PORTS = {AGENT: "fail", WIDE: "fail"}

FAULTS = {
    "exp-instance-public-ipv4": (exposed(), HIT),
    "exp-instance-ipv6": (over_ipv6(), {INTERNET: "fail", OPEN: "fail", RESTRICTED: "blocked"}),
    "exp-sg-public-prefix-list": (
        exposed(
            security_groups=added(tcp(10000, prefix_list_id="pl-01")),
            prefix_lists=by("id", PrefixList(id="pl-01", cidrs=("0.0.0.0/1", "128.0.0.0/1"))),
        ),
        HIT,
    ),
    "an office's range": (
        exposed(security_groups=added(tcp(10000, "198.51.100.0/24"))),
        {RESTRICTED: "fail", ADDRESS: "fail"},
    ),
    "exp-bpa-not-blocking": (
        exposed(block_public_access=block("block-ingress", (stack.HOSTS_A, "allow-bidirectional"))),
        HIT,
    ),
    "route-main-implicit": (
        exposed(
            route_tables=by(
                "id",
                replace(stack.ROUTE_TABLES[0], routes=(stack.LOCAL, TO_INTERNET)),
                replace(stack.ROUTE_TABLES[1], subnet_ids=(stack.HOSTS_B,)),
            )
        ),
        HIT,
    ),
    "a narrow public prefix to the gateway": (
        exposed(route_tables=routes_for_hosts(replace(TO_INTERNET, destination="198.51.100.0/24"))),
        {RESTRICTED: "fail", ADDRESS: "fail", OPEN: "fail"},
    ),
    "host-docker-socket-tcp": (
        exposed(security_groups=added(tcp(2375, WORLD))),
        {AGENT: "fail", ADDRESS: "fail"},
    ),
    "host-introspection-open": (
        exposed(security_groups=added(tcp(51678, "203.0.113.0/24"))),
        {AGENT: "fail", ADDRESS: "fail"},
    ),
    "everything open": (exposed(security_groups=added(tcp(0, WORLD, high=65535))), {**HIT, **ALL_PORTS}),
    "exp-launch-template-public": (launched(True), {LAUNCH: "fail"}),
    "exp-launch-template-public (subnet)": (launched(None, subnets_public=True), {LAUNCH: "fail"}),
    "nlb-internet-facing": (facing(), {FACING: "fail"}),
    "nlb-ipv6-igw-open": (dualstack("false"), {IPV6: "fail"}),
    "exp-lb-internet-facing": (second_balancer("internet-facing"), {OTHER: "fail"}),
    "exp-lb-internet-facing (by address)": (second_balancer("internet-facing", target="10.0.1.20"), {OTHER: "fail"}),
    "exp-lb-internet-facing (VPC not said)": (
        second_balancer("internet-facing", target="10.0.1.20", vpc=""),
        {OTHER: "fail"},
    ),
    "exp-lb-internet-facing (by a rule)": (second_balancer("internet-facing", by_rule=True), {OTHER: "fail"}),
    "listener-other-ports-same-tg": (second_balancer("internal"), {OTHER: "note"}),
    "a second load balancer that nobody gets into": (
        second_balancer("internet-facing", group_rule="10.0.0.0/8"),
        {OTHER: "note"},
    ),
    "exp-method-no-auth": (authorized("AWS_IAM", "NONE"), {AUTH: "fail"}),
}

HEALTHY = {
    "hv-public-ip-closed-sg": (exposed(security_groups=healthy().security_groups), {ADDRESS: "fail"}),
    "hv-public-ip-private-route": (exposed(route_tables=healthy().route_tables), SHUT_BUT_OPEN_GROUP),
    "hv-bpa-blocks": (exposed(block_public_access=block("block-ingress")), SHUT_BUT_OPEN_GROUP),
    "hv-nat-route": (healthy(), {}),
    "hv-nlb-internal-igw-vpc": (healthy(), {}),
    "hv-internal-lb-public-name": (healthy(), {}),
    "hv-internal-lb-public-subnet": (
        healthy(
            route_tables=by(
                "id", replace(stack.ROUTE_TABLES[0], routes=(stack.LOCAL, TO_INTERNET)), *stack.ROUTE_TABLES[1:]
            )
        ),
        {},
    ),
    "hv-awsvpc-public-subnet-ec2": (
        healthy(route_tables=routes_for_hosts(TO_INTERNET), security_groups=added(tcp(10000, WORLD))),
        {OPEN: "fail"},
    ),
    "egress-only gateway": (over_ipv6(target="eigw-01"), {OPEN: "fail"}),
    "IPv6 from the VPC's own block": (over_ipv6(cidr="fd00::/8"), {}),
    "a unique local address": (over_ipv6(address="fd00::20"), {OPEN: "fail"}),
    "dualstack, denied by default": (dualstack(None), {}),
    "dualstack, no route": (dualstack("false", route=False), {IPV6: "note"}),
    "internet-facing by name only": (facing(public=False), {FACING: "note"}),
    "internet-facing, group shut": (facing(groups=(SG_NLB,)), {FACING: "note"}),
    "the same address in another VPC": (
        second_balancer("internet-facing", target="10.0.1.20", vpc="vpc-0ffffffffffffffff"),
        {},
    ),
    "a rule with weight 0": (second_balancer("internet-facing", weight=0, by_rule=True), {}),
    "a second group with weight 0": (second_balancer("internet-facing", weight=0), {}),
    "a second load balancer for another host": (second_balancer("internet-facing", target="i-0ccccccccccccccc3"), {}),
    "subnets decide, privately": (launched(None), {}),
}


@pytest.mark.parametrize(("topology", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_breaks_exactly_its_checks(topology: Topology, expected: dict[str, str]) -> None:
    assert loud(topology) == {**ALWAYS, **expected}


@pytest.mark.parametrize(("topology", "expected"), HEALTHY.values(), ids=HEALTHY)
def test_a_healthy_variant_exposes_nothing(topology: Topology, expected: dict[str, str]) -> None:
    assert loud(topology) == {**ALWAYS, **expected}


def test_hygiene_does_not_gate() -> None:
    one = worst(HEALTHY["hv-public-ip-closed-sg"][0], ADDRESS)
    assert (one.outcome, one.severity, one.gates) == (Outcome.FAIL, Severity.HYGIENE, False)


def test_healthy_certifies_the_doors_and_names_those_not_judged() -> None:
    message = worst(healthy(), INTERNET).message
    assert "eni-0a1a1a1a1a1a1a1a1 has no public IPv4 address" in message
    assert "has no public IPv6 address" in message
    assert [door for door in NOT_JUDGED if door not in message] == []


def test_the_certificate_says_what_shuts_a_door_with_a_public_address() -> None:
    message = worst(exposed(block_public_access=block("block-ingress")), INTERNET)
    assert "203.0.113.20: VPC Block Public Access is block-ingress" in " ".join(
        one.message for one in findings(exposed(block_public_access=block("block-ingress"))) if one.check == INTERNET
    )
    assert message.outcome is Outcome.PASS


def test_the_witness_and_every_rule_on_its_way() -> None:
    one = worst(exposed(), INTERNET)
    assert one.witness is not None
    assert (one.witness.src, one.witness.dst, one.witness.port) == ("198.51.100.7", "203.0.113.20", 10000)
    for part in ("igw-0123456789abcdef0", "acl-0123456789abcdef0", "tcp 10000 with 0.0.0.0/0", "Block Public Access"):
        assert any(part in step for step in one.witness.via), part
    assert one.fix is not None
    assert "revoke-security-group-ingress --group-id sg-0d2d2d2d2d2d2d2d2" in one.fix.cli


def test_following_the_fix_shuts_the_door() -> None:
    assert worst(exposed(security_groups=healthy().security_groups), INTERNET).outcome is Outcome.PASS


def test_every_host_port_of_the_container_is_judged() -> None:
    """exp-instance-public-ipv4: not only the pattern's port."""
    definition = stack.TASK_DEFINITION
    api = definition.containers[0]
    more = replace(api, port_mappings=(*api.port_mappings, replace(api.port_mappings[0], host_port=10009)))
    path = replace(stack.PATH_API, task_definition=replace(definition, containers=(more,)))
    one = worst(exposed(paths=(path,), security_groups=added(tcp(10009, WORLD))), INTERNET)
    assert one.outcome is Outcome.FAIL
    assert "203.0.113.20:10009" in one.message


def test_interfaces_are_found_by_their_instance_where_it_does_not_list_them() -> None:
    instance = replace(stack.INSTANCE_A, interface_ids=())
    one = worst(exposed(instances=by("id", instance, stack.INSTANCE_B)), INTERNET)
    assert one.outcome is Outcome.FAIL


def test_another_address_of_the_instance_is_the_same_target() -> None:
    eni = replace(
        stack.ENI_HOST_A,
        addresses=(PrivateAddress(address="10.0.1.20"), PrivateAddress(address="10.0.1.29", primary=False)),
    )
    topology = second_balancer("internet-facing", target="10.0.1.29")
    rows = {**topology.interfaces.rows, eni.id: eni}
    assert worst(replace(topology, interfaces=Table(rows=rows)), OTHER).outcome is Outcome.FAIL


def test_an_internet_facing_balancer_is_public_even_where_its_interfaces_do_not_show_it() -> None:
    one = worst(replace(facing(), interfaces=healthy().interfaces), FACING)
    assert one.outcome is Outcome.FAIL
    assert one.witness is not None
    assert one.witness.dst == stack.NLB_DNS


def test_every_interface_of_the_instance_is_judged() -> None:
    second = replace(
        stack.ENI_HOST_A,
        id="eni-0second",
        device_index=1,
        addresses=(PrivateAddress(address="10.0.1.21", public="203.0.113.21"),),
    )
    instance = replace(stack.INSTANCE_A, interface_ids=(*stack.INSTANCE_A.interface_ids, second.id))
    topology = exposed(interfaces=all_interfaces(second), instances=by("id", instance, stack.INSTANCE_B))
    one = worst(topology, INTERNET)
    assert one.outcome is Outcome.FAIL
    assert "203.0.113.21" in one.message


@pytest.mark.parametrize(
    ("table", "operation"),
    [
        ("security_groups", "ec2:DescribeSecurityGroups"),
        ("network_acls", "ec2:DescribeNetworkAcls"),
        ("route_tables", "ec2:DescribeRouteTables"),
        ("internet_gateways", "ec2:DescribeInternetGateways"),
        ("block_public_access", "ec2:DescribeVpcBlockPublicAccessOptions"),
        ("instances", "ec2:DescribeInstances"),
    ],
)
def test_a_gap_is_unknown_where_the_rest_is_open(table: str, operation: str) -> None:
    one = worst(exposed(**{table: unread(operation)}), INTERNET)
    assert one.outcome is Outcome.UNKNOWN
    assert operation in one.message


def test_a_gap_is_no_matter_where_something_else_shuts_the_door() -> None:
    topology = exposed(
        security_groups=healthy().security_groups, block_public_access=unread("ec2:DescribeVpcBlockPublicAccessOptions")
    )
    assert worst(topology, INTERNET).outcome is Outcome.PASS


def test_an_interface_that_was_not_read_is_unknown() -> None:
    rows = {id_: one for id_, one in healthy().interfaces.rows.items() if id_ != stack.ENI_HOST_A.id}
    gaps = {stack.ENI_HOST_A.id: denied("ec2:DescribeNetworkInterfaces")}
    assert worst(healthy(interfaces=Table(rows=rows, gaps=gaps)), INTERNET).outcome is Outcome.UNKNOWN


def test_a_public_range_may_be_a_vpc_that_was_not_read() -> None:
    vpcs = Table(rows=healthy().vpcs.rows, gap=denied("ec2:DescribeVpcs"))
    topology = exposed(security_groups=added(tcp(10000, "198.51.100.0/24")), vpcs=vpcs)
    assert worst(topology, RESTRICTED).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "operation"),
    [
        (
            {"target_groups": Table(rows=healthy().target_groups.rows, gap=denied("elbv2:DescribeTargetGroups"))},
            "elbv2:DescribeTargetGroups",
        ),
        ({"load_balancers": unread("elbv2:DescribeLoadBalancers")}, "elbv2:DescribeLoadBalancers"),
    ],
)
def test_other_load_balancers_that_were_not_read_are_unknown(changes: dict[str, Any], operation: str) -> None:
    one = worst(healthy(**changes), OTHER)
    assert one.outcome is Outcome.UNKNOWN
    assert operation in one.message


def test_targets_of_internal_load_balancers_need_not_be_read() -> None:
    topology = second_balancer("internal")
    gaps = {SECOND_TG: denied("elbv2:DescribeTargetHealth")}
    rows = {arn: one for arn, one in topology.targets.rows.items() if arn != SECOND_TG}
    assert loud(replace(topology, targets=Table(rows=rows, gaps=gaps))) == ALWAYS
    facing_one = second_balancer("internet-facing")
    assert worst(replace(facing_one, targets=Table(rows=rows, gaps=gaps)), OTHER).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("kinds", "auth", "outcome"),
    [
        (("NONE", "NONE"), "consistent", "note"),
        (("NONE", "NONE"), "required", "fail"),
        (("JWT", "AWS_IAM"), "required", "pass"),
        (("CUSTOM", "NONE"), "consistent", "fail"),
    ],
)
def test_authorization_on_every_way_or_on_none(kinds: tuple[str, ...], auth: str, outcome: str) -> None:
    mine = [
        one for one in findings(authorized(*kinds), auth=auth) if one.check == AUTH and one.path == stack.PATH_API.id
    ]
    assert [one.outcome.value for one in mine] == [outcome]


def test_an_api_key_is_no_authorization() -> None:
    routes = tuple(replace(route, api_key_required=True) for route in stack.PATH_API.routes)
    path = replace(stack.PATH_API, routes=(replace(routes[0], authorization="AWS_IAM"), routes[1]))
    one = worst(healthy(paths=(path,)), AUTH)
    assert one.outcome is Outcome.FAIL
    assert "ANY /{proxy+} of orders" in one.message


def test_another_api_on_the_same_targets_without_authorization() -> None:
    """exp-other-api-same-link: ours asks, the other one does not."""
    ours = replace(
        stack.PATH_API, routes=tuple(replace(route, authorization="AWS_IAM") for route in stack.PATH_API.routes)
    )
    other = replace(stack.PATH_API, id="other", api=replace(stack.API, id="0ther", name="backdoor"))
    found = [one for one in findings(healthy(paths=(ours, other))) if one.check == AUTH]
    assert [one.outcome for one in found] == [Outcome.FAIL, Outcome.FAIL]
    assert "of backdoor" in found[0].message


def test_public_host_alone_is_hygiene() -> None:
    assert loud(healthy(interfaces=public_host())) == {**ALWAYS, ADDRESS: "fail"}


@pytest.mark.parametrize("check", [AGENT, INTERNET, ADDRESS])
def test_instances_that_were_not_read_are_unknown(check: str) -> None:
    one = worst(healthy(instances=unread("ec2:DescribeInstances")), check)
    assert one.outcome is Outcome.UNKNOWN
    assert "ec2:DescribeInstances" in one.message


def seen_by_instances_only(**changes: Any) -> Topology:
    """DescribeInstances says that host A has a public address; no interface shows it."""
    instance = replace(stack.INSTANCE_A, public_address="203.0.113.20")
    return exposed(
        **({"interfaces": healthy().interfaces, "instances": by("id", instance, stack.INSTANCE_B)} | changes)
    )


def test_facts_that_contradict_each_other_are_unknown() -> None:
    topology = seen_by_instances_only()
    for check in (INTERNET, ADDRESS):
        one = worst(topology, check)
        assert one.outcome is Outcome.UNKNOWN
        for part in ("203.0.113.20", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"):
            assert part in one.message


def test_a_contradiction_is_no_matter_where_something_else_shuts_the_door() -> None:
    topology = seen_by_instances_only(security_groups=healthy().security_groups)
    assert worst(topology, INTERNET).outcome is Outcome.PASS
    assert worst(topology, ADDRESS).outcome is Outcome.UNKNOWN


def test_a_public_address_that_both_calls_show_is_no_contradiction() -> None:
    assert worst(seen_by_instances_only(interfaces=public_host()), INTERNET).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({}, "fail"),
        ({"host_rule": None}, "note"),
        ({"host_rule": tcp(10000, WORLD)}, "fail"),
        ({"host_rule": tcp(10001, WORLD)}, "note"),
        ({"host_rule": tcp(10000, "10.0.0.0/16")}, "note"),
        ({"host_rule": tcp(10000, "10.0.0.0/16"), "preserve": "false"}, "fail"),
        ({"host_rule": tcp(10000, "10.0.11.0/24"), "preserve": "false"}, "note"),
        ({"host_rule": tcp(10000, "198.51.100.0/24"), "group_rule": "203.0.113.0/24"}, "note"),
        ({"host_rule": tcp(10000, "203.0.112.0/20"), "group_rule": "203.0.113.0/24"}, "fail"),
        ({"state": "draining"}, "pass"),
        ({"state": "unhealthy"}, "fail"),
    ],
    ids=[
        "the balancer's group is admitted",
        "client addresses preserved, and the hosts admit the first balancer only",
        "client addresses preserved, everybody admitted",
        "another port",
        "client addresses preserved, the VPC's own block",
        "not preserved, the VPC's own block",
        "not preserved, another subnet",
        "the balancer admits one range, the hosts another",
        "both admit one range",
        "its target drains",
        "its target is unhealthy: a network load balancer may send to it all the same",
    ],
)
def test_a_second_balancer_is_a_door_where_every_condition_holds(how: dict[str, Any], outcome: str) -> None:
    assert worst(second_balancer("internet-facing", **how), OTHER).outcome.value == outcome


def test_preservation_that_was_not_read_is_no_matter_where_both_readings_agree() -> None:
    """The hosts admit the second balancer's group, which matches a preserved address too (semantics.md, 6.2)."""
    unsaid = unread("elbv2:DescribeTargetGroupAttributes")
    one = worst(replace(second_balancer("internet-facing"), target_group_attributes=unsaid), OTHER)
    assert one.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("table", "operation"),
    [
        ("target_group_attributes", "elbv2:DescribeTargetGroupAttributes"),
        ("security_groups", "ec2:DescribeSecurityGroups"),
        ("instances", "ec2:DescribeInstances"),
    ],
)
def test_a_condition_of_a_second_balancer_that_was_not_read_is_unknown(table: str, operation: str) -> None:
    changes: dict[str, Any] = {table: unread(operation)}
    seen_as = tcp(10000, "10.0.0.0/16")  # admits the load balancer's own addresses, and no client's
    one = worst(replace(second_balancer("internet-facing", host_rule=seen_as), **changes), OTHER)
    assert one.outcome is Outcome.UNKNOWN
    assert operation in one.message


def test_some_public_sources_are_a_risk_by_every_door() -> None:
    """An office's range is told from the internet at large (contract, section 5)."""
    office = worst(second_balancer("internet-facing", group_rule="198.51.100.0/24"), OTHER)
    assert (office.outcome, office.severity) == (Outcome.FAIL, Severity.RISK)
    assert worst(second_balancer("internet-facing"), OTHER).severity is Severity.EXPOSURE


def second_over_ipv6(attributes: dict[str, str] | Gap) -> Topology:
    """An internal second load balancer with a global IPv6 address, whose groups, ACL and route admit anybody."""
    topology = second_balancer("internal")
    main, own, edge = stack.ROUTE_TABLES
    groups = topology.security_groups.rows
    balancer = replace(topology.load_balancers.need(SECOND), ip_address_type="dualstack")
    eni = replace(topology.interfaces.need("eni-0second"), ipv6=("2001:db8:5::99",))
    known, gaps = ({}, {SECOND: attributes}) if isinstance(attributes, Gap) else ({SECOND: attributes}, {})
    anybody = replace(groups[SG_NLB], ingress=(tcp(80, WORLD), tcp(80, "::/0")))
    return replace(
        topology,
        load_balancers=Table(rows={**topology.load_balancers.rows, SECOND: balancer}),
        load_balancer_attributes=Table(rows={**topology.load_balancer_attributes.rows, **known}, gaps=gaps),
        interfaces=Table(rows={**topology.interfaces.rows, eni.id: eni}),
        route_tables=by("id", main, own, replace(edge, routes=(stack.LOCAL, V6_ROUTE, TO_INTERNET))),
        network_acls=by("id", replace(stack.ACL, entries=V6_ACL)),
        security_groups=Table(rows={**groups, SG_NLB: anybody}),
    )


@pytest.mark.parametrize(
    ("attributes", "outcome", "reached"),
    [
        ({DENY: "false"}, "fail", "reached"),
        ({DENY: "true"}, "note", "blocked"),
        ({}, "note", "blocked"),  # the default of an internal one
        (denied("elbv2:DescribeLoadBalancerAttributes"), "unknown", "unknown"),
    ],
)
def test_an_internal_second_balancer_is_a_door_over_ipv6(
    attributes: dict[str, str] | Gap, outcome: str, reached: str
) -> None:
    topology = second_over_ipv6(attributes)
    one = worst(topology, OTHER)
    assert one.outcome.value == outcome, one.message
    assert ("elbv2:DescribeLoadBalancerAttributes" in one.message) == (outcome == "unknown")
    assert doors(Reach(topology), stack.PATH_API).verdict == reached


def test_targets_that_were_not_read_matter_behind_ipv6_addresses_that_gateways_lead_to() -> None:
    for attributes, outcome in (({DENY: "false"}, "unknown"), ({DENY: "true"}, "pass")):
        topology = second_over_ipv6(attributes)
        rows = {arn: one for arn, one in topology.targets.rows.items() if arn != SECOND_TG}
        gaps = {SECOND_TG: denied("elbv2:DescribeTargetHealth")}
        one = worst(replace(topology, targets=Table(rows=rows, gaps=gaps)), OTHER)
        assert one.outcome.value == outcome
        assert ("elbv2:DescribeTargetHealth" in one.message) == (outcome == "unknown")


def test_a_second_balancer_may_lead_to_another_fixed_host_port_of_the_container() -> None:
    container, *rest = stack.TASK_DEFINITION.containers
    more = replace(container.port_mappings[0], container_port=8443, host_port=10009)
    mapped = replace(container, port_mappings=(*container.port_mappings, more))
    definition = replace(stack.TASK_DEFINITION, containers=(mapped, *rest))
    topology = second_balancer("internet-facing", host_rule=tcp(10009, group_id=SG_NLB))
    targets = {**topology.targets.rows, SECOND_TG: (Target(id=stack.HOST_A, port=10009),)}
    path = replace(stack.PATH_API, task_definition=definition)
    topology = replace(topology, targets=Table(rows=targets))
    assert worst(topology, OTHER).outcome is Outcome.PASS  # nothing of ours listens there
    topology = replace(topology, paths=(path,))
    assert worst(topology, OTHER).outcome is Outcome.FAIL
    assert doors(Reach(topology), path).verdict == "reached"


def test_the_doors_of_a_path_are_asked_on_one_of_several_registered_ports() -> None:
    topology = second_balancer("internet-facing")
    one, other = topology.targets.need(stack.TG_API)
    held = {**topology.targets.rows, stack.TG_API: (one, replace(other, port=32770))}
    ask = Ask(Reach(replace(topology, targets=Table(rows=held))), lambda _: None)
    assert ask("internet", stack.PATH_API.id, 10000).reached
    assert ask("internet", stack.PATH_API.id).reached
    assert ask("internet", stack.PATH_API.id, 32770).blocked  # nobody leads there


@pytest.mark.parametrize(("kind", "outcome"), [("dualstack", "fail"), ("dualstack-without-public-ipv4", "note")])
def test_a_balancer_without_public_ipv4_is_no_door_over_ipv4(kind: str, outcome: str) -> None:
    topology = second_balancer("internet-facing")
    balancer = replace(topology.load_balancers.need(SECOND), type="application", ip_address_type=kind)
    eni = replace(topology.interfaces.need("eni-0second"), addresses=(PrivateAddress(address="10.0.101.9"),))
    topology = replace(
        topology,
        load_balancers=by("arn", stack.NLB, balancer),
        interfaces=Table(rows={**topology.interfaces.rows, eni.id: eni}),
    )
    assert worst(topology, OTHER).outcome.value == outcome


def test_only_the_rules_that_open_a_port_to_the_world_are_named() -> None:
    found = worst(exposed(security_groups=added(tcp(10000, "10.0.11.0/24"), tcp(10000, WORLD))), OPEN)
    assert found.outcome is Outcome.FAIL
    assert "tcp 10000 with 0.0.0.0/0" in found.message
    assert "10.0.11.0/24" not in found.message


def unserved(topology: Topology, *keys: str) -> Topology:
    """The exports of these stages were refused."""
    rows = {key: one for key, one in topology.served_routes.rows.items() if key not in keys}
    return replace(topology, served_routes=Table(rows=rows, gaps={key: denied("apigateway:GetExport") for key in keys}))


@pytest.mark.parametrize(
    ("kinds", "key", "auth", "outcome"),
    [
        (("AWS_IAM", "AWS_IAM"), stack.STAGE.key, "consistent", "unknown"),
        (("AWS_IAM", "NONE"), stack.STAGE.key, "consistent", "unknown"),
        (("NONE", "NONE"), stack.STAGE.key, "consistent", "unknown"),
        (("AWS_IAM", "AWS_IAM"), stack.HELLO_STAGE.key, "consistent", "unknown"),
        (("AWS_IAM", "NONE"), stack.HELLO_STAGE.key, "consistent", "fail"),
        (("NONE", "NONE"), stack.HELLO_STAGE.key, "consistent", "note"),
        (("NONE", "NONE"), stack.HELLO_STAGE.key, "required", "fail"),
    ],
)
def test_authorization_counts_as_deployed(kinds: tuple[str, ...], key: str, auth: str, outcome: str) -> None:
    found = findings(unserved(authorized(*kinds), key), auth=auth)
    (one,) = (one for one in found if one.check == AUTH and one.path == stack.PATH_API.id)
    assert one.outcome.value == outcome
    assert outcome != "unknown" or "apigateway:GetExport" in one.message


def test_a_way_that_the_settings_leave_out_counts() -> None:
    """exp-other-api-same-link: base_paths restricts which mappings must be paths, not who gets in."""
    route = replace(stack.HELLO_ROUTES[0], integration=stack.ROUTES[0].integration)
    way = replace(
        stack.PATH_API, id="", title="", api=stack.HELLO_API, stage=stack.HELLO_STAGE, mapping=None, routes=(route,)
    )
    topology = authorized("AWS_IAM", "AWS_IAM")
    assert worst(replace(topology, paths=topology.paths[:1]), AUTH).outcome is Outcome.PASS
    one = worst(replace(topology, paths=topology.paths[:1], ways=(way,)), AUTH)
    assert one.outcome is Outcome.FAIL
    assert f"{route.title} of hello" in one.message


@pytest.mark.parametrize("table", NO_OTHERS)
def test_other_apis_that_were_not_read_are_never_a_pass(table: str) -> None:
    topology = authorized("AWS_IAM", "AWS_IAM")
    lacking: dict[str, Any] = {table: unread("apigateway:GET")}
    one = worst(replace(topology, paths=topology.paths[:1], **lacking), AUTH)
    assert one.outcome is Outcome.UNKNOWN
    assert "apigateway:GET gave no answer" in one.message


@pytest.mark.parametrize(
    ("operation", "kind", "outcome"),
    [
        ("apigateway:GetVpcLink", "NONE", "unknown"),
        ("apigateway:GetVpcLink", "AWS_IAM", "pass"),
        ("servicediscovery:GetService", "NONE", "pass"),
    ],
)
def test_a_way_that_is_cut_off_may_end_here_unless_it_asks(operation: str, kind: str, outcome: str) -> None:
    """A Cloud Map service is a door that the message names as not judged."""
    way = Path(
        id="",
        title="",
        api=replace(stack.API, id="0ther"),
        routes=(replace(stack.ROUTES[0], authorization=kind),),
        stop=Stop(hop="integration", reason="it could not be read", gap=denied(operation)),
    )
    topology = authorized("AWS_IAM", "AWS_IAM")
    one = worst(replace(topology, paths=topology.paths[:1], ways=(way,)), AUTH)
    assert one.outcome.value == outcome
    assert (operation if outcome == "unknown" else "Cloud Map services") in one.message


def test_a_route_that_was_never_deployed_is_no_way_in() -> None:
    topology = authorized("AWS_IAM", "AWS_IAM")
    path = topology.paths[0]
    undeployed = replace(path.routes[0], path="/new", authorization="NONE")
    one = worst(replace(topology, paths=(replace(path, routes=(*path.routes, undeployed)),)), AUTH)
    assert one.outcome is Outcome.PASS
