"""Doors that services of AWS open by themselves: one deviation from healthy each, and what it is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import (
    ALWAYS,
    WORLD,
    acl_for_hosts,
    added,
    denied,
    exposed,
    loud,
    tcp,
    unread,
    with_balancer,
    worst,
)
from tests.healthy import by, healthy
from vpclink_checks.model import doors
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import AclEntry, BlockPublicAccess, PrivateAddress, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.words import Outcome

ACCELERATOR, ORIGIN = "exposure/no-accelerator", "exposure/no-cloudfront-vpc-origin"
SERVICE, VERIFIED = "exposure/no-endpoint-service", "exposure/no-verified-access-endpoint"
LATTICE, GATEWAY = "exposure/no-lattice-target-group", "exposure/no-ecs-gateway"
OWN_ADDRESS = Table(
    rows={
        stack.TG_API: {"preserve_client_ip.enabled": "false"},
        stack.TG_STATUS: {"preserve_client_ip.enabled": "false"},
    }
)
NO_GATEWAY: dict[str, Any] = {"internet_gateways": Table()}
BLOCKED: dict[str, Any] = {
    "block_public_access": Table(rows={stack.REGION: BlockPublicAccess(mode="block-ingress", state="update-complete")})
}


def passing(*, egress: bool) -> AclEntry:
    """An ACL entry that lets everything in, or out."""
    return AclEntry(number=100, egress=egress, allow=True)


def accelerated(
    endpoint: str = stack.NLB_ARN,
    *,
    preserved: bool | None = False,
    port: int = 10000,
    protocol: str = "TCP",
    enabled: bool = True,
    base: Topology | None = None,
    **group: Any,
) -> Topology:
    """An accelerator with one endpoint; the NLB sends to its targets from addresses of its own."""
    one = doors.Accelerator(arn="acc", name="fast", addresses=("203.0.113.5",), enabled=enabled)
    listener = doors.AcceleratorListener(arn="lis", protocol=protocol, ports=((port, port),))
    weight = group.pop("weight", 128)
    to = doors.AcceleratorEndpoint(id=endpoint, weight=weight, preserves_client=preserved)
    groups = doors.AcceleratorGroup(arn="grp", region=stack.REGION, endpoints=(to,), **group)
    return replace(
        base if base is not None else healthy(target_group_attributes=OWN_ADDRESS),
        accelerators=by("arn", one),
        accelerator_listeners=Table(rows={"acc": (listener,)}),
        accelerator_groups=Table(rows={"lis": (groups,)}),
    )


def origin(
    endpoint: str = stack.NLB_ARN, *, used: tuple[str, ...] = ("E1",), http: int = 10000, **more: Any
) -> Topology:
    return replace(
        healthy(target_group_attributes=OWN_ADDRESS, **more),
        vpc_origins=by("id", doors.VpcOrigin(id="vo_1", name="orders", endpoint_arn=endpoint)),
        vpc_origin_ports=Table(rows={"vo_1": doors.OriginPorts(http=http, policy="http-only")}),
        vpc_origin_distributions=Table(rows={"vo_1": used}),
    )


def endpoint_service(*principals: str, by_hand: bool = False, base: Topology | None = None, **more: Any) -> Topology:
    one = doors.EndpointService(id="vpce-svc-1", acceptance_required=by_hand, balancer_arns=(stack.NLB_ARN,))
    return replace(
        base if base is not None else healthy(),
        endpoint_services=by("id", replace(one, **more)),
        endpoint_principals=Table(rows={one.id: tuple(doors.EndpointPrincipal(principal=who) for who in principals)}),
        endpoint_connections=Table(
            rows={one.id: (doors.EndpointConnection(endpoint_id="vpce-1", owner="111122223333", state="available"),)}
        ),
    )


def verified(ports: tuple[tuple[int, int], ...] = ((10000, 10000),), **where: Any) -> Topology:
    one = doors.VerifiedAccessEndpoint(id="vae-1", domain="in.example.com", ports=ports, **where)
    return healthy(verified_access=by("id", one))


def lattice(target: Target, services: tuple[str, ...] = ("arn:aws:vpc-lattice:::service/svc-1",)) -> Topology:
    group = doors.LatticeTargetGroup(arn="tg-1", name="mesh", vpc_id=stack.VPC, service_arns=services)
    return healthy(lattice_groups=by("arn", group), lattice_targets=Table(rows={"tg-1": (target,)}))


def ecs_gateway(access: str, service: str = stack.SERVICE) -> Topology:
    route = doors.GatewayRoute(arn="r", gateway_arn="gw", service_arn=service)
    return healthy(
        ecs_gateways=by("arn", doors.EcsGateway(arn="gw", name="front", access=access)),
        gateway_routes=Table(rows={"gw": (route,)}),
    )


def express(access: str) -> Topology:
    service = replace(stack.ORDERS_SERVICE, express=True)
    paths = tuple(replace(path, service=service) for path in (stack.PATH_API, stack.PATH_STATUS))
    entrance = doors.IngressPath(access=access, endpoint="orders.example.com")
    return healthy(services=by("arn", service), paths=paths, express_paths=Table(rows={stack.SERVICE: (entrance,)}))


NLB_OPEN = {"nlb": (tcp(10000, WORLD),), "security_group_ids": ("sg-0eeeeeeeeeeeeeee1",)}
FROM_NLB = (*stack.HOSTS_GROUP.ingress, tcp(10000, group_id="sg-0eeeeeeeeeeeeeee1"))
OFFICE = {"nlb": (tcp(10000, "198.51.100.0/24"),), "security_group_ids": ("sg-0eeeeeeeeeeeeeee1",)}
INTERNAL = {"nlb": (tcp(10000, "10.0.0.0/16"),), "security_group_ids": ("sg-0eeeeeeeeeeeeeee1",)}


def guarded(groups: dict[str, Any]) -> Topology:
    return replace(with_balancer(rules=FROM_NLB, **groups), target_group_attributes=OWN_ADDRESS)


def by_reference(name: str) -> Topology:
    """The NLB's group lets in whoever carries the group of this name, and nobody else."""
    rules = {"nlb": (tcp(10000, group_id="sg-0service"),), "security_group_ids": ("sg-0eeeeeeeeeeeeeee1",)}
    facts = guarded(rules)
    service = SecurityGroup(id="sg-0service", name=name, vpc_id=stack.VPC)
    return replace(facts, security_groups=by("id", *facts.security_groups, service))


def published(base: Topology) -> Topology:
    """The same with a VPC origin of CloudFront that leads to the NLB."""
    one = origin()
    tables = ("vpc_origins", "vpc_origin_ports", "vpc_origin_distributions")
    return replace(base, **{name: getattr(one, name) for name in tables})


CASES = {
    "VPC origin, let in by CloudFront's own group": (
        published(by_reference("CloudFront-VPCOrigins-Service-SG")),
        ORIGIN,
        "fail",
        "distribution E1:10000",
    ),
    "VPC origin, and another service's group": (
        published(by_reference("GlobalAccelerator")),
        ORIGIN,
        "note",
        "admit no public source",
    ),
    "accelerator, let in by its own group": (
        accelerated(preserved=True, base=by_reference("GlobalAccelerator")),
        ACCELERATOR,
        "unknown",
        "is not confirmed",
    ),
    "accelerator to the internal NLB": (accelerated(), ACCELERATOR, "fail", "203.0.113.5:10000"),
    "no gateway in the VPC": (
        accelerated(base=healthy(target_group_attributes=OWN_ADDRESS, **NO_GATEWAY)),
        ACCELERATOR,
        "note",
        "no internet gateway is attached",
    ),
    "public access is blocked": (
        accelerated(base=healthy(target_group_attributes=OWN_ADDRESS, **BLOCKED)),
        ACCELERATOR,
        "note",
        "block-ingress",
    ),
    "the targets see the client, whose address is not known": (
        accelerated(base=healthy()),
        ACCELERATOR,
        "unknown",
        "not documented",
    ),
    "the NLB's group admits everybody": (accelerated(base=guarded(NLB_OPEN)), ACCELERATOR, "fail", "203.0.113.5"),
    "the NLB's group admits an office, preserved": (
        accelerated(preserved=True, base=guarded(OFFICE)),
        ACCELERATOR,
        "fail",
        "198.51.100",
    ),
    "the NLB's group admits an office, not preserved": (
        accelerated(base=guarded(OFFICE)),
        ACCELERATOR,
        "unknown",
        "not documented",
    ),
    "the NLB's group admits the VPC, preserved": (
        accelerated(preserved=True, base=guarded(INTERNAL)),
        ACCELERATOR,
        "note",
        "no public source",
    ),
    "another port": (accelerated(port=443), ACCELERATOR, "pass", "no accelerator"),
    "another port, overridden": (
        accelerated(port=443, overrides=((443, 10000),)),
        ACCELERATOR,
        "fail",
        "203.0.113.5:443",
    ),
    "switched off": (accelerated(enabled=False), ACCELERATOR, "pass", "no accelerator"),
    "UDP alone": (accelerated(protocol="UDP"), ACCELERATOR, "pass", "no accelerator"),
    "no weight": (accelerated(weight=0), ACCELERATOR, "note", "weight"),
    "dialled down": (accelerated(dial=0.0), ACCELERATOR, "note", "dial"),
    "another load balancer": (accelerated(stack.NLB_ARN + "0"), ACCELERATOR, "pass", "no accelerator"),
    "the instance, which admits the NLB alone": (
        accelerated(stack.HOST_A, preserved=True),
        ACCELERATOR,
        "note",
        "admit no public source",
    ),
    "the instance, which admits everybody": (
        accelerated(stack.HOST_A, preserved=True, base=healthy(security_groups=added(tcp(10000, WORLD)))),
        ACCELERATOR,
        "fail",
        "203.0.113.5:10000",
    ),
    "an ACL that would stop it on its way in": (
        accelerated(
            stack.HOST_A,
            preserved=True,
            base=healthy(security_groups=added(tcp(10000, WORLD)), network_acls=acl_for_hosts(passing(egress=True))),
        ),
        ACCELERATOR,
        "unknown",
        "network ACLs",
    ),
    "an ACL that lets no answer out": (
        accelerated(
            stack.HOST_A,
            preserved=True,
            base=healthy(security_groups=added(tcp(10000, WORLD)), network_acls=acl_for_hosts(passing(egress=False))),
        ),
        ACCELERATOR,
        "note",
        "lets the answer out to nobody",
    ),
    "its listeners were not read": (
        replace(accelerated(), accelerator_listeners=unread("globalaccelerator:ListListeners")),
        ACCELERATOR,
        "unknown",
        "globalaccelerator:ListListeners",
    ),
    "its groups were not read": (
        replace(accelerated(), accelerator_groups=unread("globalaccelerator:ListEndpointGroups")),
        ACCELERATOR,
        "unknown",
        "globalaccelerator:ListEndpointGroups",
    ),
    "accelerators were not read": (
        healthy(accelerators=unread("globalaccelerator:ListAccelerators")),
        ACCELERATOR,
        "unknown",
        "globalaccelerator:ListAccelerators",
    ),
    "another account's accelerator may": (
        healthy(
            accelerator_attachments=by(
                "arn",
                doors.AcceleratorAttachment(
                    arn="att", name="partner", principals=("111122223333",), resources=(stack.NLB_ARN,)
                ),
            )
        ),
        ACCELERATOR,
        "unknown",
        "111122223333",
    ),
    "VPC origin to the internal NLB": (origin(), ORIGIN, "fail", "distribution E1"),
    "VPC origin that no distribution of ours uses": (origin(used=()), ORIGIN, "unknown", "of another account may"),
    "VPC origin to another port": (origin(http=80), ORIGIN, "pass", "no VPC origin"),
    "VPC origin to the instance": (
        origin(f"arn:aws:ec2:eu-west-2:123456789012:instance/{stack.HOST_A}"),
        ORIGIN,
        "unknown",
        "not documented",
    ),
    "VPC origin, public access is blocked": (origin(**BLOCKED), ORIGIN, "note", "block-ingress"),
    "VPC origin, no gateway in the VPC": (origin(**NO_GATEWAY), ORIGIN, "unknown", "not documented"),
    "VPC origins were not read": (
        healthy(vpc_origins=unread("cloudfront:ListVpcOrigins")),
        ORIGIN,
        "unknown",
        "cloudfront:ListVpcOrigins",
    ),
    "its ports were not read": (
        replace(origin(), vpc_origin_ports=unread("cloudfront:GetVpcOrigin")),
        ORIGIN,
        "unknown",
        "cloudfront:GetVpcOrigin",
    ),
    "an endpoint service for everybody": (endpoint_service("*"), SERVICE, "fail", "any AWS account"),
    "for everybody, by hand": (endpoint_service("*", by_hand=True), SERVICE, "note", "each by hand"),
    "for one account": (
        endpoint_service("arn:aws:iam::111122223333:root"),
        SERVICE,
        "note",
        "111122223333",
    ),
    "for everybody, but its groups let nobody in": (
        endpoint_service("*", base=guarded(INTERNAL)),
        SERVICE,
        "note",
        "let nobody in",
    ),
    "for everybody, and its groups let some in": (
        endpoint_service("*", base=guarded(OFFICE)),
        SERVICE,
        "unknown",
        "not known",
    ),
    "one that is gone": (endpoint_service("*", state="Deleted"), SERVICE, "pass", "no VPC endpoint service"),
    "of another load balancer": (endpoint_service("*", balancer_arns=("arn:x",)), SERVICE, "pass", "no VPC endpoint"),
    "who may connect was not read": (
        replace(endpoint_service("*"), endpoint_principals=unread("ec2:DescribeVpcEndpointServicePermissions")),
        SERVICE,
        "unknown",
        "ec2:DescribeVpcEndpointServicePermissions",
    ),
    "Verified Access to the NLB": (verified(balancer_arn=stack.NLB_ARN), VERIFIED, "note", "in.example.com"),
    "Verified Access that names no port": (verified((), balancer_arn=stack.NLB_ARN), VERIFIED, "note", "in.example"),
    "Verified Access to an interface": (verified(interface_id=stack.ENI_HOST_A.id), VERIFIED, "note", "vae-1"),
    "Verified Access to a network": (verified(cidr="10.0.1.0/24"), VERIFIED, "note", "10.0.1.0/24"),
    "Verified Access elsewhere": (verified(cidr="10.0.9.0/24"), VERIFIED, "pass", "no Verified Access"),
    "Verified Access that is gone": (
        verified(balancer_arn=stack.NLB_ARN, status="deleted"),
        VERIFIED,
        "pass",
        "no Verified Access",
    ),
    "Lattice to our instance": (lattice(Target(id=stack.HOST_A, port=10000)), LATTICE, "note", "svc-1"),
    "Lattice to our address": (lattice(Target(id="10.0.1.20", port=10000)), LATTICE, "note", "svc-1"),
    "Lattice to another port": (lattice(Target(id=stack.HOST_A, port=80)), LATTICE, "pass", "no service"),
    "Lattice, no service": (lattice(Target(id=stack.HOST_A, port=10000), ()), LATTICE, "pass", "no service"),
    "Lattice was not read": (
        healthy(lattice_groups=unread("vpc-lattice:ListTargetGroups")),
        LATTICE,
        "unknown",
        "vpc-lattice:ListTargetGroups",
    ),
    "a public ECS gateway": (ecs_gateway("PUBLIC"), GATEWAY, "fail", "is public"),
    "a private ECS gateway": (ecs_gateway("PRIVATE"), GATEWAY, "note", "is private"),
    "an ECS gateway of tomorrow": (ecs_gateway("MOON"), GATEWAY, "unknown", "MOON"),
    "another service's gateway": (ecs_gateway("PUBLIC", "arn:other"), GATEWAY, "pass", "no ECS gateway"),
    "a public Express entrance": (express("PUBLIC"), GATEWAY, "fail", "orders.example.com"),
    "a private Express entrance": (express("PRIVATE"), GATEWAY, "note", "orders.example.com"),
    "an Express entrance of tomorrow": (express("MOON"), GATEWAY, "unknown", "MOON"),
    "routes of a gateway were not read": (
        replace(ecs_gateway("PUBLIC"), gateway_routes=unread("ecs:ListGatewayRoutes")),
        GATEWAY,
        "unknown",
        "ecs:ListGatewayRoutes",
    ),
}


@pytest.mark.parametrize(("topology", "check", "outcome", "said"), CASES.values(), ids=CASES)
def test_what_decides_about_it(topology: Topology, check: str, outcome: str, said: str) -> None:
    found = worst(topology, check)
    assert (found.outcome.value, said in found.message) == (outcome, True), found.message


@pytest.mark.parametrize(
    ("topology", "check"),
    [(accelerated(), ACCELERATOR), (origin(), ORIGIN), (endpoint_service("*"), SERVICE), (express("PUBLIC"), GATEWAY)],
)
def test_a_door_costs_its_own_check_alone(topology: Topology, check: str) -> None:
    assert loud(topology) == {**ALWAYS, check: "fail"}


def test_one_denied_service_costs_one_unknown() -> None:
    topology = healthy(vpc_origins=unread("cloudfront:ListVpcOrigins"))
    assert loud(topology) == {**ALWAYS, ORIGIN: "unknown"}


@pytest.mark.parametrize(
    ("table", "check"), [("accelerators", ACCELERATOR), ("vpc_origins", ORIGIN), ("lattice_groups", LATTICE)]
)
def test_a_service_that_the_partition_has_not_is_no_door(table: str, check: str) -> None:
    gap = Gap(operation="x:Y", action="x:Y", code="NotInPartition", message="x is not in aws-cn")
    found = worst(healthy(**{table: Table(gap=gap)}), check)
    assert (found.outcome, "aws-cn" in found.message) == (Outcome.NOT_APPLICABLE, True)


def routed(*, allowed: bool = True, port: int = 10000) -> Topology:
    """Custom routing to the subnet of host A, whose group admits everybody."""
    one = doors.Accelerator(arn="arn:acc/custom", name="custom", custom=True)
    group = doors.AcceleratorGroup(
        arn="grp", region=stack.REGION, endpoints=(doors.AcceleratorEndpoint(id=stack.HOSTS_A),)
    )
    here = doors.RoutedPort(accelerator_arn=one.arn, port=port, outside=(("203.0.113.6", 5001),), allowed=allowed)
    return healthy(
        accelerators=by("arn", one),
        accelerator_listeners=Table(rows={one.arn: (doors.AcceleratorListener(arn="lis", protocol=""),)}),
        accelerator_groups=Table(rows={"lis": (group,)}),
        routed_ports=Table(rows={f"{stack.HOSTS_A} 10.0.1.20": (here,)}, gap=denied("globalaccelerator:L")),
        security_groups=added(tcp(10000, WORLD)),
    )


def test_custom_routing_leads_where_it_is_allowed() -> None:
    assert "203.0.113.6:5001" in worst(routed(), ACCELERATOR).message
    assert worst(routed(), ACCELERATOR).outcome is Outcome.FAIL
    assert worst(routed(allowed=False), ACCELERATOR).outcome is Outcome.NOTE
    assert worst(routed(port=22), ACCELERATOR).outcome is Outcome.PASS
    unasked = replace(routed(), routed_ports=unread("globalaccelerator:ListCustomRoutingPortMappingsByDestination"))
    assert worst(unasked, ACCELERATOR).outcome is Outcome.UNKNOWN


def test_an_elastic_address_of_ours_as_an_endpoint_is_noted() -> None:
    address = PrivateAddress(address="10.0.1.20", public="203.0.113.20", allocation_id="eipalloc-1")
    eni = replace(stack.ENI_HOST_A, addresses=(address,))
    base = exposed(interfaces=Table(rows={**healthy().interfaces.rows, eni.id: eni}))
    found = worst(accelerated("eipalloc-1", base=base), ACCELERATOR)
    assert (found.outcome, "exposure/no-internet-path" in found.message) == (Outcome.NOTE, True)
