"""Entrances beside the path: what the facts lead to, and what becomes of the answers."""

from __future__ import annotations

from typing import Any

from tests.healthy import HOST_A, HOSTS_A, NLB_ARN, PUBLIC_A, SERVICE, TG_API, VPC
from tests.sources.demo_facts import SETTINGS, answer, answers, changed, found, refuse, with_facts, without
from vpclink_checks.model.balancing import Target, Zone
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Answer

Changed = tuple[str, dict[str, Any], dict[str, Any]]
OLD: dict[str, Any] = {
    "LoadBalancerName": "old",
    "DNSName": "old-1.eu-west-2.elb.amazonaws.com",
    "Scheme": "internet-facing",
    "VPCId": VPC,
    "Subnets": [PUBLIC_A],
    "SecurityGroups": ["sg-0abc"],
    "Instances": [{"InstanceId": HOST_A}],
    "ListenerDescriptions": [{"Listener": {"Protocol": "HTTPS", "LoadBalancerPort": 443, "InstancePort": 10000}}],
}


def asked(facts: list[Answer]) -> dict[str, list[Any]]:
    """What is still wanted, by operation."""
    calls: dict[str, list[Any]] = {}
    for call in wanted(with_facts(facts).facts, SETTINGS):
        calls.setdefault(call.name, []).append(dict(call.params))
    return calls


def classic(*listed: dict[str, Any]) -> list[Answer]:
    rest = without(answers(), "elb:DescribeLoadBalancers")
    return [*rest, answer("elb:DescribeLoadBalancers", {}, {"LoadBalancerDescriptions": list(listed)})]


def test_the_group_of_a_classic_load_balancer_with_our_instance_is_asked_for() -> None:
    groups = [{"Filters": [{"Name": "group-id", "Values": ["sg-0abc"]}]}]
    assert asked(classic(OLD)) == {"ec2:DescribeSecurityGroups": groups}
    assert asked(classic({**OLD, "Instances": [{"InstanceId": "i-0other"}]})) == {}


def test_a_classic_load_balancer_is_one_that_packets_can_be_followed_through() -> None:
    (one,) = found(classic(OLD)).classic_balancers
    assert one.balancer.arn == "arn:aws:elasticloadbalancing:eu-west-2:123456789012:loadbalancer/old"
    assert (one.balancer.scheme, one.balancer.network, one.balancer.security_group_ids) == (
        "internet-facing",
        False,
        ("sg-0abc",),
    )
    assert one.balancer.zones == (Zone(name=PUBLIC_A, subnet_id=PUBLIC_A),)
    assert (one.listeners[0].port, one.listeners[0].instance_protocol) == (443, "HTTPS")
    assert one.targets(one.listeners[0]) == (Target(id=HOST_A, port=10000),)


def test_classic_load_balancers_that_were_not_read_are_a_gap() -> None:
    gap = found(refuse(answers(), "elb:DescribeLoadBalancers")).classic_balancers.gap
    assert gap is not None
    assert (gap.operation, gap.code) == ("elb:DescribeLoadBalancers", "AccessDenied")
    missing = found(without(answers(), "elb:DescribeLoadBalancers")).classic_balancers.gap
    assert missing is not None
    assert (missing.code, missing.action) == ("NotRecorded", "elasticloadbalancing:DescribeLoadBalancers")


def more(*changes: Changed) -> list[Answer]:
    """The demo's answers, with these in the place of those to the same operation."""
    named = {name for name, _, _ in changes}
    return [*without(answers(), *named), *(answer(*one) for one in changes)]


ACCELERATOR = {
    "AcceleratorArn": "acc",
    "Name": "fast",
    "Enabled": True,
    "IpAddressType": "DUAL_STACK",
    "IpSets": [
        {"IpAddressFamily": "IPv6", "IpAddresses": ["2001:db8::5"]},
        {"IpAddressFamily": "IPv4", "IpAddresses": ["203.0.113.5"]},
    ],
}
LISTED: Changed = ("globalaccelerator:ListAccelerators", {}, {"Accelerators": [ACCELERATOR]})
LISTENERS: Changed = (
    "globalaccelerator:ListListeners",
    {"AcceleratorArn": "acc"},
    {"Listeners": [{"ListenerArn": "lis", "Protocol": "TCP", "PortRanges": [{"FromPort": 80, "ToPort": 443}]}]},
)
GROUPS: Changed = (
    "globalaccelerator:ListEndpointGroups",
    {"ListenerArn": "lis"},
    {
        "EndpointGroups": [
            {
                "EndpointGroupArn": "grp",
                "EndpointGroupRegion": "eu-west-2",
                "TrafficDialPercentage": 50.0,
                "PortOverrides": [{"ListenerPort": 443, "EndpointPort": 10000}],
                "EndpointDescriptions": [{"EndpointId": NLB_ARN, "Weight": 1, "ClientIPPreservationEnabled": True}],
            }
        ]
    },
)


def test_an_accelerator_is_asked_for_its_listeners_and_those_for_their_groups() -> None:
    assert asked(more(LISTED)) == {"globalaccelerator:ListListeners": [{"AcceleratorArn": "acc"}]}
    off: Changed = ("globalaccelerator:ListAccelerators", {}, {"Accelerators": [{**ACCELERATOR, "Enabled": False}]})
    assert asked(more(off)) == {}
    assert asked(more(LISTED, LISTENERS)) == {"globalaccelerator:ListEndpointGroups": [{"ListenerArn": "lis"}]}
    assert asked(more(LISTED, LISTENERS, GROUPS)) == {}


def test_an_accelerator_is_read_with_its_ports_and_endpoints() -> None:
    topology = found(more(LISTED, LISTENERS, GROUPS))
    (one,) = topology.accelerators
    assert (one.addresses, one.dual_stack, one.custom) == (("203.0.113.5", "2001:db8::5"), True, False)
    (listener,), (group,) = topology.accelerator_listeners.rows["acc"], topology.accelerator_groups.rows["lis"]
    assert (group.dial, group.endpoints[0].id, group.endpoints[0].preserves_client) == (50.0, NLB_ARN, True)
    assert [group.listener_port(listener, port) for port in (10000, 80, 443, 8080)] == [443, 80, None, None]


def test_listeners_of_an_accelerator_that_were_not_asked_for_are_a_gap() -> None:
    gap = found(more(LISTED)).accelerator_listeners.gaps["acc"]
    assert (gap.operation, gap.code) == ("globalaccelerator:ListListeners", "NotRecorded")


def test_custom_routing_is_asked_for_the_addresses_of_our_targets_alone() -> None:
    custom = {**ACCELERATOR, "AcceleratorArn": "cus"}
    group = {"EndpointGroupArn": "grp", "EndpointDescriptions": [{"EndpointId": HOSTS_A}]}
    facts = more(
        ("globalaccelerator:ListCustomRoutingAccelerators", {}, {"Accelerators": [custom]}),
        (
            "globalaccelerator:ListCustomRoutingListeners",
            {"AcceleratorArn": "cus"},
            {"Listeners": [{"ListenerArn": "lis", "PortRanges": [{"FromPort": 5000, "ToPort": 6000}]}]},
        ),
        ("globalaccelerator:ListCustomRoutingEndpointGroups", {"ListenerArn": "lis"}, {"EndpointGroups": [group]}),
    )
    mapped = "globalaccelerator:ListCustomRoutingPortMappingsByDestination"
    about = {"EndpointId": HOSTS_A, "DestinationAddress": "10.0.1.20"}
    assert asked(facts) == {mapped: [about]}
    port = {
        "AcceleratorArn": "cus",
        "AcceleratorSocketAddresses": [{"IpAddress": "203.0.113.6", "Port": 5001}],
        "DestinationSocketAddress": {"IpAddress": "10.0.1.20", "Port": 10000},
        "DestinationTrafficState": "ALLOW",
    }
    topology = found([*facts, answer(mapped, about, {"DestinationPortMappings": [port]})])
    (routed,) = topology.routed_ports.rows[f"{HOSTS_A} 10.0.1.20"]
    assert (routed.port, routed.outside, routed.allowed) == (10000, (("203.0.113.6", 5001),), True)


def test_a_vpc_origin_of_ours_is_asked_for_its_ports_and_distributions() -> None:
    def listed(arn: str) -> Changed:
        item = {"Id": "vo_1", "Name": "orders", "Status": "Deployed", "OriginEndpointArn": arn}
        return "cloudfront:ListVpcOrigins", {}, {"VpcOriginList": {"Items": [item]}}

    assert asked(more(listed("arn:aws:ec2:eu-west-2:123456789012:instance/i-0other"))) == {}
    wanted_then = {
        "cloudfront:GetVpcOrigin": [{"Id": "vo_1"}],
        "cloudfront:ListDistributionsByVpcOriginId": [{"VpcOriginId": "vo_1"}],
    }
    assert asked(more(listed(NLB_ARN))) == wanted_then
    assert asked(more(listed(f"arn:aws:ec2:eu-west-2:123456789012:instance/{HOST_A}"))) == wanted_then
    settings = {"HTTPPort": 8080, "HTTPSPort": 8443, "OriginProtocolPolicy": "https-only"}
    topology = found(
        more(
            listed(NLB_ARN),
            ("cloudfront:GetVpcOrigin", {"Id": "vo_1"}, {"VpcOrigin": {"VpcOriginEndpointConfig": settings}}),
            (
                "cloudfront:ListDistributionsByVpcOriginId",
                {"VpcOriginId": "vo_1"},
                {"DistributionIdList": {"Items": ["E1"]}},
            ),
        )
    )
    assert topology.vpc_origin_ports.rows["vo_1"].used == (8443,)
    assert topology.vpc_origin_distributions.rows["vo_1"] == ("E1",)


def test_an_internal_balancer_that_is_published_is_followed_to_its_targets() -> None:
    """Its target groups are read as those of an internet-facing one are."""
    second, group = NLB_ARN.replace("net/orders/", "net/second/"), TG_API.replace("orders-api", "second")
    balancer = {"LoadBalancerArn": second, "LoadBalancerName": "second", "Scheme": "internal", "Type": "network"}

    def with_second(name: str, key: str, raw: dict[str, Any]) -> Changed:
        (held,) = (one.response for one in answers() if one.call.name == name)
        assert held is not None
        return name, {}, {key: [*held[key], raw]}

    listed = with_second("elbv2:DescribeLoadBalancers", "LoadBalancers", balancer)
    groups = with_second(
        "elbv2:DescribeTargetGroups", "TargetGroups", {"TargetGroupArn": group, "LoadBalancerArns": [second]}
    )
    service = {"ServiceId": "vpce-svc-1", "NetworkLoadBalancerArns": [second]}
    published: Changed = ("ec2:DescribeVpcEndpointServiceConfigurations", {}, {"ServiceConfigurations": [service]})
    assert asked(more(listed, groups)) == {}
    assert asked(more(listed, groups, published)) == {"elbv2:DescribeTargetHealth": [{"TargetGroupArn": group}]}
    for kind in ("dualstack", "dualstack-without-public-ipv4"):  # its IPv6 addresses are global
        over_ipv6 = with_second("elbv2:DescribeLoadBalancers", "LoadBalancers", {**balancer, "IpAddressType": kind})
        assert asked(more(over_ipv6, groups)) == {"elbv2:DescribeTargetHealth": [{"TargetGroupArn": group}]}


def test_an_endpoint_service_of_ours_is_asked_who_may_connect_and_who_is() -> None:
    service = {
        "ServiceId": "vpce-svc-1",
        "ServiceState": "Available",
        "AcceptanceRequired": False,
        "NetworkLoadBalancerArns": [NLB_ARN],
    }
    listed: Changed = ("ec2:DescribeVpcEndpointServiceConfigurations", {}, {"ServiceConfigurations": [service]})
    by_id = {"Filters": [{"Name": "service-id", "Values": ["vpce-svc-1"]}]}
    assert asked(more(listed)) == {
        "ec2:DescribeVpcEndpointServicePermissions": [{"ServiceId": "vpce-svc-1"}],
        "ec2:DescribeVpcEndpointConnections": [by_id],
    }
    who = {"AllowedPrincipals": [{"PrincipalType": "All", "Principal": "*"}]}
    connected = {"ServiceId": "vpce-svc-1", "VpcEndpointOwner": "111122223333", "VpcEndpointState": "available"}
    topology = found(
        more(
            listed,
            ("ec2:DescribeVpcEndpointServicePermissions", {"ServiceId": "vpce-svc-1"}, who),
            ("ec2:DescribeVpcEndpointConnections", by_id, {"VpcEndpointConnections": [connected]}),
        )
    )
    assert topology.endpoint_principals.rows["vpce-svc-1"][0].everybody
    assert topology.endpoint_connections.rows["vpce-svc-1"][0].open
    assert "vpce-svc-1" in found(more(listed)).endpoint_connections.gaps


def test_lattice_gateways_and_verified_access_are_read_where_they_lead_somewhere() -> None:
    group = {"arn": "tg", "name": "mesh", "type": "IP", "vpcIdentifier": VPC, "serviceArns": ["svc"]}
    lattice: Changed = ("vpc-lattice:ListTargetGroups", {"vpcIdentifier": VPC}, {"items": [group]})
    idle: Changed = ("vpc-lattice:ListTargetGroups", {"vpcIdentifier": VPC}, {"items": [{**group, "serviceArns": []}]})
    gateways: Changed = ("ecs:ListGateways", {}, {"gateways": [{"gatewayArn": "gw", "status": "ACTIVE"}]})
    assert asked(more(idle)) == {}
    assert asked(more(lattice)) == {"vpc-lattice:ListTargets": [{"targetGroupIdentifier": "tg"}]}
    assert asked(more(gateways)) == {
        "ecs:DescribeGateway": [{"gateway": "gw"}],
        "ecs:ListGatewayRoutes": [{"gateway": "gw"}],
    }
    alb = {"LoadBalancerArn": NLB_ARN, "PortRanges": [{"FromPort": 1, "ToPort": 2}], "Port": 443}
    verified = {"VerifiedAccessEndpointId": "vae", "Status": {"Code": "active"}, "LoadBalancerOptions": alb}
    topology = found(
        more(
            lattice,
            (
                "vpc-lattice:ListTargets",
                {"targetGroupIdentifier": "tg"},
                {"items": [{"id": "10.0.1.20", "port": 10000}]},
            ),
            gateways,
            ("ecs:DescribeGateway", {"gateway": "gw"}, {"gateway": {"gatewayArn": "gw", "accessType": "PUBLIC"}}),
            (
                "ecs:ListGatewayRoutes",
                {"gateway": "gw"},
                {"gatewayRoutes": [{"gatewayRouteArn": "r", "gatewayArn": "gw", "serviceArn": "s"}]},
            ),
            ("ec2:DescribeVerifiedAccessEndpoints", {}, {"VerifiedAccessEndpoints": [verified]}),
        )
    )
    assert topology.lattice_targets.rows["tg"][0].title == "10.0.1.20:10000"
    assert topology.ecs_gateways.rows["gw"].access == "PUBLIC"
    assert topology.gateway_routes.rows["gw"][0].service_arn == "s"
    assert topology.verified_access.rows["vae"].ports == ((1, 2), (443, 443))


def test_an_express_service_is_asked_for_its_entrances() -> None:
    held = changed(("ecs:DescribeServices", lambda page: page["services"][0].update(resourceManagementType="ECS")))
    assert asked(held) == {"ecs:DescribeExpressGatewayService": [{"serviceArn": SERVICE}]}
    entrance = {"accessType": "PUBLIC", "endpoint": "https://orders.example.com"}
    express = {"service": {"activeConfigurations": [{"ingressPaths": [entrance]}]}}
    topology = found([*held, answer("ecs:DescribeExpressGatewayService", {"serviceArn": SERVICE}, express)])
    assert [one.access for one in topology.express_paths.rows[SERVICE]] == ["PUBLIC"]
    assert SERVICE in found(held).express_paths.gaps
