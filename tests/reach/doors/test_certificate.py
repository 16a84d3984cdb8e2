"""Every door in every state it can have; and no certificate of absence where a packet gets in."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import healthy as stack
from tests.checks.packets import SG_NLB, WORLD, added, exposed, public_host, tcp, unread
from tests.checks.test_exposure import (
    SECOND_TG,
    authorized,
    block,
    dualstack,
    facing,
    over_ipv6,
    second_balancer,
)
from tests.checks.test_exposure_classic import classic
from tests.checks.test_exposure_doors import (
    BLOCKED,
    INTERNAL,
    NO_GATEWAY,
    OFFICE,
    OWN_ADDRESS,
    accelerated,
    ecs_gateway,
    endpoint_service,
    express,
    guarded,
    lattice,
    origin,
    verified,
)
from tests.healthy import by, healthy
from tests.reach.doors.brute import best_route, groups_admit
from vpclink_checks.model.balancing import Target, TargetGroup
from vpclink_checks.model.doors import IngressPath
from vpclink_checks.model.ecs import ServiceTarget
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import GroupRule, RouteEntry, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.doors import asked
from vpclink_checks.reach.doors.certificate import NOT_JUDGED, Door, Entrance, ExposureCertificate, Kind, State
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.exposure import doors
from vpclink_checks.reach.sets import public

PARTNER = "198.51.100.0/24"


def certified(topology: Topology, **how: Any) -> ExposureCertificate:
    return doors(Reach(topology), topology.paths[0], **how)


def translated(topology: Topology) -> Topology:
    """The load balancer sends to its targets from addresses of its own."""
    return replace(topology, target_group_attributes=OWN_ADDRESS)


def office_facing() -> Topology:
    """Internet-facing, with a group for an office; the hosts admit that group."""
    found = facing(nlb=(tcp(10000, PARTNER),), groups=(SG_NLB,))
    return replace(found, target_group_attributes=OWN_ADDRESS)


def dualstack_group(cidr: str) -> Topology:
    """Reachable over IPv6, and filtered by a group."""
    found = dualstack("false")
    balancer = replace(found.load_balancers.rows[stack.NLB_ARN], security_group_ids=(SG_NLB,))
    own = SecurityGroup(id=SG_NLB, ingress=(tcp(10000, cidr),), egress=stack.OUT_ALL)
    return replace(
        found,
        load_balancers=by("arn", balancer),
        security_groups=by("id", stack.CLUSTER_GROUP, stack.HOSTS_GROUP, own),
        paths=tuple(replace(one, load_balancer=balancer) for one in found.paths),
    )


CASES = [
    (Kind.ADDRESS, exposed(), State.OPEN, "any public IPv4 address"),
    (Kind.ADDRESS, over_ipv6(), State.OPEN, "any public IPv6 address"),
    (Kind.ADDRESS, exposed(security_groups=added(tcp(10000, PARTNER))), State.RESTRICTED, PARTNER),
    (Kind.ADDRESS, over_ipv6(cidr="2001:db8:9::/48"), State.RESTRICTED, "2001:db8:9::/48"),
    (Kind.ADDRESS, healthy(), State.SHUT, "no public IPv6 address"),
    (Kind.ADDRESS, over_ipv6(target="eigw-01"), State.SHUT, "no IPv6 destination"),
    (Kind.ADDRESS, exposed(security_groups=unread("ec2:DescribeSecurityGroups")), State.UNKNOWN, "SecurityGroups"),
    (Kind.ADDRESS, healthy(instances=unread("ec2:DescribeInstances")), State.UNKNOWN, "ec2:DescribeInstances"),
    (Kind.BALANCER, translated(facing()), State.OPEN, "any public IPv4 address"),
    (Kind.BALANCER, office_facing(), State.RESTRICTED, PARTNER),
    (Kind.BALANCER, facing(), State.SHUT, "behind orders admits only a part"),
    (Kind.BALANCER, healthy(), State.SHUT, "orders is internal"),
    (
        Kind.BALANCER,
        replace(translated(facing()), route_tables=unread("ec2:DescribeR")),
        State.UNKNOWN,
        "ec2:DescribeR",
    ),
    (Kind.IPV6, dualstack("false"), State.OPEN, "any public IPv6 address"),
    (Kind.IPV6, dualstack_group("2001:db8:9::/48"), State.RESTRICTED, "2001:db8:9::/48"),
    (Kind.IPV6, dualstack(None), State.SHUT, "denies internet gateways"),
    (Kind.IPV6, dualstack("false", route=False), State.SHUT, "no IPv6 destination"),
    (
        Kind.IPV6,
        replace(dualstack("false"), load_balancer_attributes=unread("elbv2:DescribeLoadBalancerAttributes")),
        State.UNKNOWN,
        "elbv2:DescribeLoadBalancerAttributes",
    ),
    (Kind.OTHER_BALANCER, second_balancer("internet-facing"), State.OPEN, "any public IPv4 address"),
    (Kind.OTHER_BALANCER, second_balancer("internet-facing", group_rule=PARTNER), State.RESTRICTED, PARTNER),
    (Kind.OTHER_BALANCER, second_balancer("internal"), State.SHUT, "is internal"),
    (Kind.OTHER_BALANCER, second_balancer("internet-facing", host_rule=None), State.SHUT, "behind second admits only"),
    (Kind.OTHER_BALANCER, second_balancer("sideways"), State.UNKNOWN, "the scheme sideways"),
    (Kind.OTHER_BALANCER, healthy(target_groups=unread("elbv2:DescribeTargetGroups")), State.UNKNOWN, "TargetGroups"),
    (Kind.CLASSIC, classic(), State.OPEN, "any public IPv4 address"),
    (Kind.CLASSIC, classic(group_rule=PARTNER), State.RESTRICTED, PARTNER),
    (Kind.CLASSIC, classic(scheme="internal"), State.SHUT, "is internal"),
    (Kind.CLASSIC, healthy(classic_balancers=unread("elb:DescribeLoadBalancers")), State.UNKNOWN, "elb:Describe"),
    (Kind.ACCELERATOR, accelerated(), State.OPEN, "203.0.113.5:10000"),
    (Kind.ACCELERATOR, accelerated(preserved=True, base=guarded(OFFICE)), State.RESTRICTED, PARTNER),
    (
        Kind.ACCELERATOR,
        accelerated(base=healthy(target_group_attributes=OWN_ADDRESS, **NO_GATEWAY)),
        State.SHUT,
        "no internet gateway is attached",
    ),
    (Kind.ACCELERATOR, accelerated(weight=0), State.SHUT, "gets no traffic"),
    (Kind.ACCELERATOR, healthy(accelerators=unread("globalaccelerator:ListA")), State.UNKNOWN, "globalaccelerator:"),
    (Kind.CLOUDFRONT, origin(), State.OPEN, "distribution E1"),
    (Kind.CLOUDFRONT, origin(**BLOCKED), State.SHUT, "block-ingress"),
    (Kind.CLOUDFRONT, healthy(vpc_origins=unread("cloudfront:ListVpcOrigins")), State.UNKNOWN, "cloudfront:List"),
    (Kind.ECS, ecs_gateway("PUBLIC"), State.OPEN, "is public"),
    (Kind.ECS, express("PUBLIC"), State.OPEN, "orders.example.com"),
    (Kind.ECS, ecs_gateway("PRIVATE"), State.SHUT, "is private"),
    (Kind.ECS, ecs_gateway("MOON"), State.UNKNOWN, "MOON"),
    (Kind.VERIFIED_ACCESS, verified(balancer_arn=stack.NLB_ARN), State.UNKNOWN, "its own policy decides"),
    (Kind.VERIFIED_ACCESS, healthy(), State.SHUT, "no Verified Access endpoint"),
    (Kind.API, authorized("AWS_IAM", "NONE"), State.OPEN, "asks for no authorization"),
    (Kind.API, authorized("AWS_IAM", "JWT"), State.SHUT, "asks for authorization"),
    (Kind.API, authorized("NONE", "NONE"), State.NOT_JUDGED, "the path's own routes"),
    (Kind.API, replace(authorized("JWT", "JWT"), other_apis=unread("apigateway:GET")), State.UNKNOWN, "apigateway:GET"),
    (Kind.EXECUTE_API, healthy(), State.SHUT, "is off"),
    (
        Kind.EXECUTE_API,
        healthy(paths=(replace(stack.PATH_API, api=replace(stack.API, execute_api_disabled=False)),)),
        State.NOT_JUDGED,
        "api/execute-api-endpoint-disabled",
    ),
    (Kind.ENDPOINT_SERVICE, endpoint_service("*"), State.LATERAL, "any AWS account"),
    (Kind.ENDPOINT_SERVICE, endpoint_service("arn:aws:iam::111122223333:root"), State.LATERAL, "111122223333"),
    (Kind.ENDPOINT_SERVICE, endpoint_service("*", base=guarded(INTERNAL)), State.SHUT, "let nobody in"),
    (Kind.ENDPOINT_SERVICE, endpoint_service("*", base=guarded(OFFICE)), State.UNKNOWN, "not known"),
    (Kind.LATTICE, lattice(Target(id=stack.HOST_A, port=10000)), State.LATERAL, "svc-1"),
    (Kind.LATTICE, healthy(), State.SHUT, "no service of VPC Lattice"),
    (Kind.LATTICE, healthy(lattice_groups=unread("vpc-lattice:ListTargetGroups")), State.UNKNOWN, "vpc-lattice:List"),
]
_VERDICTS = {State.OPEN: "reached", State.RESTRICTED: "reached", State.UNKNOWN: "unknown"}


@pytest.mark.parametrize(
    ("kind", "topology", "state", "said"), CASES, ids=[f"{kind}: {state}, {said}" for kind, _, state, said in CASES]
)
def test_every_door_in_every_state(kind: Kind, topology: Topology, state: State, said: str) -> None:
    found = certified(topology).door(kind)
    assert (found.state, said in found.text) == (state, True), found.text
    if state in (State.OPEN, State.RESTRICTED) and found.worst is not None and found.worst.packets is not None:
        assert found.witness is not None
        assert any(found.witness.src in one.sure for one in found.sources)


@pytest.mark.parametrize(("kind", "topology", "state", "said"), CASES, ids=[f"{one[0]} {one[2]}" for one in CASES])
def test_one_open_door_is_enough_and_no_lateral_one_counts(
    kind: Kind, topology: Topology, state: State, said: str
) -> None:
    found = certified(topology)
    others = {one.state for one in found.public if one.kind is not kind}
    if others <= {State.SHUT, State.NOT_JUDGED}:
        counted = state if not kind.lateral else State.SHUT
        assert found.verdict == _VERDICTS.get(counted, "blocked"), said


def test_the_states_of_a_table_cover_each_kind() -> None:
    covered: dict[Kind, set[State]] = {}
    for kind, _, state, _ in CASES:
        covered.setdefault(kind, set()).add(state)
    whole = {State.OPEN, State.RESTRICTED, State.SHUT, State.UNKNOWN}
    packets = (Kind.ADDRESS, Kind.BALANCER, Kind.IPV6, Kind.OTHER_BALANCER, Kind.CLASSIC, Kind.ACCELERATOR)
    assert [kind for kind in packets if not covered[kind] >= whole] == []
    assert [kind for kind in Kind if kind not in (*covered, *_TOLD_ELSEWHERE)] == []


_TOLD_ELSEWHERE = (Kind.PEERING, Kind.TRANSIT, Kind.VPN, Kind.APPLIANCE)  # test_lateral.py


def test_the_healthy_stack_is_certified_door_by_door() -> None:
    found = certified(healthy(), inside=True)
    assert found.verdict == "blocked"
    assert [one.kind for one in found.doors] == list(Kind)
    assert {one.state for one in found.doors} <= {State.SHUT, State.NOT_JUDGED}
    assert found.lines[-1] == f"not judged: {', '.join(NOT_JUDGED)}"
    assert found.inside == (
        "0 of 1 other interfaces reach tcp 10.0.1.20:10000",
        "0 of 1 other interfaces reach tcp 10.0.2.20:10000",
    )


def test_a_public_neighbour_is_named() -> None:
    """exp-reverse-proxy-instance: somebody inside who reaches the port, and whom the internet reaches."""
    found = certified(exposed(), inside=True).inside
    assert found[1].endswith("i-0aaaaaaaaaaaaaaa1; the internet reaches a port of i-0aaaaaaaaaaaaaaa1 itself")


def test_one_target_alone() -> None:
    """Host A has a public address, host B none."""
    topology = exposed()
    first, second = (certified(topology, target=one) for one in topology.targets.rows[stack.TG_API])
    assert (first.verdict, second.verdict) == ("reached", "blocked")


def test_targets_that_were_not_read_are_unknown_and_no_traceback() -> None:
    found = certified(healthy(targets=unread("elbv2:DescribeTargetHealth")), inside=True)
    assert found.verdict == "unknown"
    assert "elbv2:DescribeTargetHealth" in found.door(Kind.ADDRESS).text


def test_a_certificate_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match=r"ask for \.verdict"):
        bool(certified(healthy()))
    with pytest.raises(LookupError, match="no door of this kind"):
        certified(healthy()).door("the back door")


def test_many_entrances_are_told_in_short() -> None:
    every = tuple(Entrance(name=str(n), state=State.SHUT, text=f"entrance {n}") for n in range(9))
    found = Door(kind=Kind.CLASSIC, what="one", nothing="none", operation="x:Y", entrances=every)
    assert found.text == "entrance 0; entrance 1; entrance 2; entrance 3; and 5 more alike"


def test_a_service_that_the_partition_has_not_is_no_door() -> None:
    gap = Gap(operation="x:Y", action="x:Y", code="NotInPartition", message="x is not in aws-cn")
    found = certified(healthy(accelerators=Table(gap=gap))).door(Kind.ACCELERATOR)
    assert (found.state, found.text) == (State.SHUT, "x is not in aws-cn")


# -- UDP ---------------------------------------------------------------------------------------


def udp(cidr: str, port: int = 10000) -> GroupRule:
    return GroupRule(protocol="udp", from_port=port, to_port=port, cidr=cidr)


def speaking(protocol: str, topology: Topology) -> Topology:
    """The path's listener and target group with another protocol."""
    group = replace(stack.GROUP_API, protocol=protocol)
    listener = replace(stack.LISTENER_API, protocol=protocol)
    path = replace(topology.paths[0], target_group=group, listener=listener)
    return replace(topology, target_groups=by("arn", group, stack.GROUP_STATUS), paths=(path,))


@pytest.mark.parametrize(
    ("protocol", "rule", "state"),
    [
        ("TCP", udp(WORLD), State.SHUT),
        ("TCP_UDP", udp(WORLD), State.OPEN),
        ("TCP_UDP", tcp(10000, WORLD), State.OPEN),
        ("UDP", udp(PARTNER), State.RESTRICTED),
        ("UDP", tcp(10000, WORLD), State.OPEN),  # the container has a TCP mapping of this port as well
        ("UDP", tcp(10009, WORLD), State.SHUT),
        ("QUIC", udp(WORLD), State.OPEN),
    ],
)
def test_the_ports_are_judged_in_the_protocols_of_the_target_group(
    protocol: str, rule: GroupRule, state: State
) -> None:
    found = certified(speaking(protocol, exposed(security_groups=added(rule)))).door(Kind.ADDRESS)
    assert found.state is state
    if state is not State.SHUT:
        assert found.witness is not None
        assert found.witness.protocol == rule.protocol


def test_a_listener_is_judged_in_its_protocols_too() -> None:
    rules = (udp("10.0.0.0/8"), udp(WORLD))
    base = facing(nlb=rules, groups=(SG_NLB,))
    admitted = replace(stack.HOSTS_GROUP, ingress=(udp(WORLD),))
    groups = Table(rows={**base.security_groups.rows, admitted.id: admitted})
    topology = replace(base, security_groups=groups)
    assert certified(topology).door(Kind.BALANCER).state is State.SHUT
    assert certified(speaking("TCP_UDP", topology)).door(Kind.BALANCER).state is State.OPEN


@pytest.mark.parametrize(
    ("protocol", "rule", "state"),
    [("UDP", udp(WORLD), State.OPEN), ("UDP", tcp(10000, WORLD), State.SHUT), ("TCP", udp(WORLD), State.SHUT)],
)
def test_an_accelerator_brings_its_own_protocol(protocol: str, rule: GroupRule, state: State) -> None:
    base = speaking("TCP_UDP", healthy(security_groups=added(rule)))
    found = certified(accelerated(stack.HOST_A, preserved=True, protocol=protocol, base=base)).door(Kind.ACCELERATOR)
    assert found.state is state


def test_of_many_targets_the_first_are_asked_from_inside() -> None:
    many = tuple(Target(id=stack.HOST_A, port=port) for port in range(20000, 20025))
    found = certified(healthy(targets=Table(rows={stack.TG_API: many})), inside=True)
    assert len(found.inside) == 41, "two ports of each of twenty, and one line for the rest"
    assert found.inside[-1] == "the same was not asked of 5 more targets"


# -- as an answer ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "port", "protocol", "there"),
    [
        (stack.PATH_API.title, None, "tcp", True),
        (stack.PATH_API.id, 10000, "tcp", True),
        ("orders-api", None, "tcp", True),
        (stack.TG_API, None, "tcp", True),
        (SECOND_TG, None, "tcp", True),
        ("orders-api", 443, "tcp", False),
        ("orders-api", None, "udp", False),
        (stack.HOST_A, 10000, "tcp", False),
        ("orders", None, "tcp", False),
    ],
)
def test_paths_and_target_groups_have_a_certificate(name: str, port: int | None, protocol: str, there: bool) -> None:
    found = asked.certificate(Reach(second_balancer("internet-facing")), name, port, protocol)
    assert (found is not None) == there


def test_a_group_that_no_path_leads_to_has_doors_of_its_own() -> None:
    """Its ECS service is found by what it registers with; services that were not read leave that open."""
    other = replace(
        stack.ORDERS_SERVICE,
        targets=(ServiceTarget(target_group_arn=SECOND_TG, container_name="api", container_port=8080),),
        express=True,
    )
    entrance = IngressPath(access="PUBLIC", endpoint="second.example.com")
    base = second_balancer("internal")
    express_one = replace(base, services=by("arn", other), express_paths=Table(rows={other.arn: (entrance,)}))
    for topology, verdict in (
        (base, "blocked"),
        (express_one, "reached"),
        (replace(base, services=unread("ecs:DescribeServices")), "unknown"),
    ):
        found = asked.certificate(Reach(topology), SECOND_TG, None, "tcp")
        assert found is not None
        assert found.verdict == verdict
        assert "no route of the path is known" in found.door(Kind.API).text


def test_two_groups_of_a_name_or_a_function_have_none() -> None:
    twin = TargetGroup(arn="arn:other", name="orders-api")
    assert (
        asked.certificate(Reach(healthy(target_groups=by("arn", stack.GROUP_API, twin))), "orders-api", None, "tcp")
        is None
    )
    function = replace(stack.GROUP_API, target_type="lambda")
    path = replace(stack.PATH_API, target_group=function)
    assert asked.certificate(Reach(healthy(paths=(path,))), path.title, None, "tcp") is None


def test_each_door_is_a_trace_with_the_packet_that_gets_in() -> None:
    found = asked.certificate(Reach(second_balancer("internet-facing")), "orders-api", None, "tcp")
    assert found is not None
    every = {one.steps[0].layer: one for one in asked.traces(found)}
    open_ = every[f"door: {Kind.OTHER_BALANCER}"]
    assert (open_.verdict, open_.packet.title) == ("reached", "tcp 198.51.100.7 → 203.0.113.99:80")
    assert any("igw-" in step.rule for step in open_.steps)
    assert {one.verdict for one in every.values() if one is not open_} == {"blocked"}


# -- never shut where a packet gets in ---------------------------------------------------------

FAR = ["0.0.0.0/0", "0.0.0.0/1", "198.51.100.0/24", "203.0.113.7/32", "10.0.0.0/8"]
RULES = st.lists(
    st.builds(
        lambda protocol, port, cidr: GroupRule(protocol=protocol, from_port=port, to_port=port, cidr=cidr),
        st.sampled_from(["tcp", "tcp", "-1"]),
        st.sampled_from([80, 10000, 10001]),
        st.sampled_from(FAR),
    ),
    max_size=2,
).map(tuple)
OUT = st.lists(
    st.builds(
        RouteEntry,
        destination=st.sampled_from(FAR[:-1]),
        target=st.sampled_from([stack.IGW, stack.IGW, "nat-01"]),
        state=st.sampled_from(["active", "active", "blackhole"]),
    ),
    max_size=2,
    unique_by=lambda one: one.destination,
).map(lambda some: (stack.LOCAL, *some))


def sources() -> list[str]:
    """Both ends of every network in play, their neighbours, and others."""
    ends = [int(end) for text in FAR for end in (ip_network(text)[0], ip_network(text)[-1])]
    near = {value + step for value in ends for step in (-1, 0, 1) if 0 <= value + step < 2**32}
    named = {str(ip_network(value).network_address) for value in near} | {"198.51.100.7", "8.8.8.8"}
    return [one for one in sorted(named) if one in public(4)]


@settings(max_examples=150, deadline=None)
@given(
    host=RULES,
    balancer=RULES,
    referred=st.booleans(),
    preserve=st.booleans(),
    routed=OUT,
    edge=OUT,
    addressed=st.booleans(),
    blocked=st.booleans(),
)
def test_a_certificate_of_absence_holds(
    host: tuple[GroupRule, ...],
    balancer: tuple[GroupRule, ...],
    referred: bool,
    preserve: bool,
    routed: tuple[RouteEntry, ...],
    edge: tuple[RouteEntry, ...],
    addressed: bool,
    blocked: bool,
) -> None:
    """A host that may have a public address, and a second load balancer before it; every fact known."""
    inbound = (*host, *((tcp(10000, group_id=SG_NLB),) if referred else ()))
    hosts_group = replace(stack.HOSTS_GROUP, ingress=inbound)
    own = SecurityGroup(id=SG_NLB, ingress=balancer, egress=stack.OUT_ALL)
    base = second_balancer("internet-facing", preserve=str(preserve).lower())
    eni = public_host().rows[stack.ENI_HOST_A.id] if addressed else stack.ENI_HOST_A
    main, hosts_table, public_table = stack.ROUTE_TABLES
    topology = replace(
        base,
        security_groups=by("id", stack.CLUSTER_GROUP, hosts_group, own),
        interfaces=Table(rows={**base.interfaces.rows, eni.id: eni}),
        route_tables=by("id", main, replace(hosts_table, routes=routed), replace(public_table, routes=edge)),
        block_public_access=block("block-ingress") if blocked else base.block_public_access,
    )

    def by_igw(table: tuple[RouteEntry, ...], source: str) -> bool:
        best = best_route(list(table), source)
        return best is not None and (best.state, best.target) == ("active", stack.IGW) and not blocked

    def directly(source: str) -> bool:
        admitted = groups_admit([hosts_group], "ingress", source, (), 10000)
        return addressed and by_igw(routed, source) and admitted

    def through(source: str) -> bool:
        if not (by_igw(edge, source) and groups_admit([own], "ingress", source, (), 80)):
            return False
        return groups_admit([hosts_group], "ingress", source if preserve else "10.0.101.9", (SG_NLB,), 10000)

    found = certified(topology)
    states = {Kind.ADDRESS: directly, Kind.OTHER_BALANCER: through}
    for kind, gets_in in states.items():
        door = found.door(kind)
        inside = [source for source in sources() if gets_in(source)]
        assert door.state is not State.SHUT or not inside, (kind, inside, door.text)
        assert door.state is not State.UNKNOWN, "every fact is known"
        for source in sources():
            assert any(source in one.sure for one in door.sources) == (source in inside), (kind, source)
        if door.witness is not None:
            assert gets_in(door.witness.src)
    anybody = any(gets_in(source) for gets_in in states.values() for source in sources())
    assert found.verdict == ("reached" if anybody else "blocked")
