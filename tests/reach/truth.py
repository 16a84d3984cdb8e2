"""One stretch of a path for the truth tables: a client, a load balancer, a target; every part of it can be changed.

v1 link (PrivateLink, no address)
v2 link 10.0.21.5                  ─▶ load balancer 10.0.11.10 (zone a) ─▶ host 10.0.1.20 (zone a)
client 10.0.31.5                                    10.0.12.10 (zone b)         10.0.2.20 (zone b)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.healthy import by, healthy
from vpclink_checks.model.balancing import ListenerRule, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import (
    GroupRule,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.trace import Trace

SG_LB, SG_LINK, SG_CLIENT, SG_ALB = "sg-0lb", "sg-0link", "sg-0client", "sg-0alb"
LINK_SUBNET, CLIENT_SUBNET = "subnet-0link", "subnet-0client"
LINK_AT, CLIENT_AT, LB_AT, LB_B_AT, HOST_AT = "10.0.21.5", "10.0.31.5", "10.0.11.10", "10.0.12.10", "10.0.1.20"
LB_NET, LINK_NET, CLIENT_NET, VPC_NET = "10.0.11.0/24", "10.0.21.0/24", "10.0.31.0/24", "10.0.0.0/16"
WORLD, PORT, LISTENED = "0.0.0.0/0", 10000, 443
CLIENT = "eni-0client"
V1 = VpcLink(id="v1l1nk", version=1, name="v1", target_arns=(stack.NLB_ARN,))
V2 = VpcLink(id="v2l1nk", version=2, name="v2", subnet_ids=(LINK_SUBNET,), security_group_ids=(SG_LINK,))
ANY = GroupRule(protocol="-1", cidr=WORLD)
ANY6 = GroupRule(protocol="-1", cidr="::/0")
GROUPED = {"security_group_ids": (SG_LB,), "enforce_private_link": "on"}
OFF = {"security_group_ids": (SG_LB,), "enforce_private_link": "off"}
UNSAID = {"security_group_ids": (SG_LB,)}
AN_ALB = {"type": "application", "security_group_ids": (SG_LB,)}
KEEP, DROP = {"preserve_client_ip.enabled": "true"}, {"preserve_client_ip.enabled": "false"}


def tcp(port: int, cidr: str = "", group_id: str = "", protocol: str = "tcp", **more: Any) -> GroupRule:
    return GroupRule(protocol=protocol, from_port=port, to_port=port, cidr=cidr, group_id=group_id, **more)


def interface(id_: str, subnet: str, address: str, *groups: str, **more: Any) -> NetworkInterface:
    return NetworkInterface(
        id=id_,
        vpc_id=stack.VPC,
        subnet_id=subnet,
        addresses=(PrivateAddress(address=address),),
        group_ids=groups,
        **more,
    )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a row says; all else is open and healthy."""

    link: VpcLink = V2
    balancer: Mapping[str, Any] = field(default_factory=dict)
    listener: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[ListenerRule, ...] = ()
    group: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    balancer_attributes: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[Target, ...] | None = None
    hosts: tuple[GroupRule, ...] = (ANY, ANY6)
    lb: tuple[GroupRule, ...] = (ANY, ANY6)
    lb_out: tuple[GroupRule, ...] = (ANY, ANY6)
    link_out: tuple[GroupRule, ...] = (ANY,)
    alb: tuple[GroupRule, ...] = (ANY,)
    more: Mapping[str, Any] = field(default_factory=dict)  # tables that replace whole ones
    interfaces: tuple[NetworkInterface, ...] = ()

    @property
    def path(self) -> Path:
        lb: LoadBalancer = replace(stack.NLB, **self.balancer)
        listener = replace(stack.LISTENER_API, **{"port": LISTENED, **self.listener})
        group: TargetGroup = replace(stack.GROUP_API, **self.group)
        return replace(stack.PATH_API, link=self.link, load_balancer=lb, listener=listener, target_group=group)

    @property
    def topology(self) -> Topology:
        path, base = self.path, healthy()
        assert path.load_balancer is not None
        assert path.target_group is not None
        assert path.listener is not None
        lb, group = path.load_balancer, path.target_group
        targets = self.targets if self.targets is not None else stack._targets(PORT)
        facts = healthy(
            paths=(path,),
            links=by("id", self.link),
            load_balancers=by("arn", lb),
            load_balancer_attributes=Table(rows={lb.arn: dict(self.balancer_attributes)}),
            listeners=Table(rows={lb.arn: (path.listener,)}),
            listener_rules=Table(rows={path.listener.arn: self.rules}),
            target_groups=by("arn", group),
            target_group_attributes=Table(rows={group.arn: dict(self.attributes)}),
            targets=Table(rows={group.arn: targets}),
            vpcs=by("id", Vpc(id=stack.VPC, cidrs=(VPC_NET, "2001:db8:1::/56"))),
            subnets=by("id", *_subnets(base)),
            interfaces=by("id", *_interfaces(base, self.interfaces)),
            route_tables=by("id", *_with_ipv6(base)),
            security_groups=by(
                "id",
                stack.CLUSTER_GROUP,
                replace(stack.HOSTS_GROUP, ingress=self.hosts, egress=(ANY, ANY6)),
                SecurityGroup(id=SG_LB, vpc_id=stack.VPC, ingress=self.lb, egress=self.lb_out),
                SecurityGroup(id=SG_LINK, vpc_id=stack.VPC, egress=self.link_out),
                SecurityGroup(id=SG_CLIENT, vpc_id=stack.VPC, ingress=(ANY, ANY6), egress=(ANY, ANY6)),
                SecurityGroup(id=SG_ALB, vpc_id=stack.VPC, ingress=self.alb, egress=(ANY,)),
            ),
            network_acls=by("id", replace(stack.ACL, entries=_OPEN)),
        )
        return replace(facts, **self.more)

    @property
    def reach(self) -> Reach:
        return Reach(self.topology)


_OPEN = tuple(
    replace(stack.ACL.entries[0], number=number, egress=egress, allow=True, cidr=cidr)
    for egress in (False, True)
    for number, cidr in ((100, WORLD), (101, "::/0"))
)


def _subnets(base: Topology) -> tuple[Subnet, ...]:
    dual = {
        one.id: replace(one, cidrs=(*one.cidrs, f"2001:db8:1:{number}::/64"))
        for number, one in enumerate(base.subnets.all(), 1)
    }
    return (
        *dual.values(),
        Subnet(id=LINK_SUBNET, vpc_id=stack.VPC, zone="eu-west-2a", cidrs=(LINK_NET,)),
        Subnet(id=CLIENT_SUBNET, vpc_id=stack.VPC, zone="eu-west-2a", cidrs=(CLIENT_NET, "2001:db8:1:31::/64")),
    )


def _interfaces(base: Topology, changed: tuple[NetworkInterface, ...]) -> tuple[NetworkInterface, ...]:
    own = (
        interface("eni-0link", LINK_SUBNET, LINK_AT, SG_LINK, type="api_gateway_managed"),
        interface(CLIENT, CLIENT_SUBNET, CLIENT_AT, SG_CLIENT),
    )
    found = {one.id: one for one in (*base.interfaces.all(), *own, *changed)}
    return tuple(found.values())


def _with_ipv6(base: Topology) -> tuple[Any, ...]:
    local = RouteEntry(destination="2001:db8:1::/56", target="local", origin="CreateRouteTable")
    return tuple(replace(one, routes=(*one.routes, local)) for one in base.route_tables.all())


def rows(*cases: tuple[str, Facts, str]) -> pytest.MarkDecorator:
    """A case for each row (its citation, the facts, the verdict that the row says); the citation is the case's id."""
    every = [pytest.param(facts, expected, id=cite) for cite, facts, expected in cases]
    return pytest.mark.parametrize(("facts", "expected"), every)


# -- the questions -----------------------------------------------------------------------------


def to_target(facts: Facts, zone: int = 0) -> tuple[Trace, ...]:
    """The link's traffic from the load balancer of a zone to its own target, as it arrives there."""
    reach = facts.reach
    return reach.load_balancer_traffic(facts.path, reach.legs(facts.path)[zone])


def to_balancer(facts: Facts) -> tuple[Trace, ...]:
    """The link's traffic as it arrives at the load balancer."""
    assert facts.path.load_balancer is not None
    return facts.reach.link_to_load_balancer(facts.path, facts.path.load_balancer.zones[0])


def health(facts: Facts) -> tuple[Trace, ...]:
    """The health check from the load balancer of zone a to its target."""
    reach = facts.reach
    return reach.health_check(facts.path, reach.legs(facts.path)[0])


def asked(facts: Facts, source: str, destination: str, port: int | None = LISTENED, **more: Any) -> Trace:
    """What settles a question as users put it."""
    return deciding(between(facts.reach, source, destination, port, **more))


def worst(traces: tuple[Trace, ...]) -> str:
    """What the checks say of several packets: blocked, else unknown, else reached."""
    found = {one.verdict for one in traces}
    return next(one for one in ("blocked", "unknown", "reached") if one in found)


def sources(traces: tuple[Trace, ...]) -> set[str]:
    return {one.packet.src for one in traces}
