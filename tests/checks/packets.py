"""What the tests of the network and exposure hops share: judging them alone, and small deviations."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests import healthy as stack
from tests.healthy import by, healthy
from vpclink_checks.checks import exposure, network
from vpclink_checks.checks.catalogue import Check, Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.model.network import (
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
)
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding
from vpclink_checks.settings import EnvSettings
from vpclink_checks.words import Outcome

CHECKS = [one for module in (network, exposure) for one in vars(module).values() if isinstance(one, Check)]
QUIET = (Outcome.PASS, Outcome.NOT_APPLICABLE)
# Healthy as it is: the demo asks nobody for authorization, which is worth a note.
ALWAYS = {"exposure/no-unauthenticated-way-round": "note"}
SG_NLB = "sg-0eeeeeeeeeeeeeee1"
WORLD = "0.0.0.0/0"


def findings(topology: Topology, *, auth: str = "consistent") -> tuple[Finding, ...]:
    context = Context(
        topology=topology, settings=EnvSettings(name="t", auth=auth), reach=Reach(topology), now=stack.TAKEN
    )
    return judge(context, Rules(today=date(2026, 11, 2)), checks=CHECKS)


def loud(topology: Topology, **how: Any) -> dict[str, str]:
    """The checks that did more than pass, with the worst outcome of each."""
    found = sorted(
        (one for one in findings(topology, **how) if one.outcome not in QUIET), key=lambda one: -one.outcome.rank
    )
    return {one.check: one.outcome.value for one in found}


def worst(topology: Topology, check: str, **how: Any) -> Finding:
    """The worst finding of this check."""
    mine = [one for one in findings(topology, **how) if one.check == check]
    return min(mine, key=lambda one: one.outcome.rank)


def denied(operation: str) -> Gap:
    return Gap(operation=operation, action=operation, code="AccessDeniedException")


def unread(operation: str) -> Table[Any]:
    return Table(gap=denied(operation))


def tcp(low: int, cidr: str = "", *, high: int | None = None, **peer: Any) -> GroupRule:
    return GroupRule(protocol="tcp", from_port=low, to_port=high or low, cidr=cidr, **peer)


def hosts(*ingress: GroupRule, **more: Any) -> Table[Any]:
    """Security groups with other rules on the hosts, and one for a load balancer."""
    group = replace(stack.HOSTS_GROUP, ingress=ingress, **more)
    return by("id", stack.CLUSTER_GROUP, group)


def added(*rules: GroupRule) -> Table[Any]:
    return hosts(*stack.HOSTS_GROUP.ingress, *rules)


def acl_for_hosts(*entries: Any) -> Table[Any]:
    own = NetworkAcl(
        id="acl-0fffffffffffffff1", vpc_id=stack.VPC, subnet_ids=(stack.HOSTS_A, stack.HOSTS_B), entries=entries
    )
    rest = replace(stack.ACL, subnet_ids=(stack.NLB_A, stack.NLB_B, stack.PUBLIC_A))
    return by("id", own, rest)


def routes_for_hosts(*entries: RouteEntry) -> Table[RouteTable]:
    main, own, public = stack.ROUTE_TABLES
    return by("id", main, replace(own, routes=(stack.LOCAL, *entries)), public)


def interfaces(**changes: Any) -> Table[Any]:
    """Host A's interface changed."""
    eni = replace(stack.ENI_HOST_A, **changes)
    return Table(rows={**healthy().interfaces.rows, eni.id: eni})


def public_host() -> Table[Any]:
    return interfaces(addresses=(PrivateAddress(address="10.0.1.20", public="203.0.113.20"),))


TO_INTERNET = RouteEntry(destination=WORLD, target=stack.IGW)


def exposed(**changes: Any) -> Topology:
    """Host A with a public address, a route to the gateway and a rule for everybody on 10000."""
    tables: dict[str, Any] = {
        "interfaces": public_host(),
        "route_tables": routes_for_hosts(TO_INTERNET),
        "security_groups": added(tcp(10000, WORLD)),
    }
    return healthy(**(tables | changes))


def with_balancer(
    *, nlb: tuple[GroupRule, ...] = (), rules: tuple[GroupRule, ...] | None = None, **changes: Any
) -> Topology:
    """The load balancer changed; it carries a group if the changes say so."""
    balancer = replace(stack.NLB, **changes)
    base = stack.HOSTS_GROUP.ingress if rules is None else rules
    own = SecurityGroup(id=SG_NLB, name="orders-nlb", ingress=nlb, egress=stack.OUT_ALL)
    return healthy(
        paths=tuple(replace(path, load_balancer=balancer) for path in (stack.PATH_API, stack.PATH_STATUS)),
        load_balancers=by("arn", balancer),
        security_groups=by("id", stack.CLUSTER_GROUP, replace(stack.HOSTS_GROUP, ingress=base), own),
    )


def subnets(*changed: Subnet) -> Table[Any]:
    return Table(rows={**healthy().subnets.rows, **{one.id: one for one in changed}})


def all_interfaces(*more: NetworkInterface) -> Table[Any]:
    return Table(rows={**healthy().interfaces.rows, **{one.id: one for one in more}})
