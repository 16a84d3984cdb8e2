"""Where other tools err (a survey of them, each read or run): the case that they pass, and its healthy twin.

Each through the checks and through the engine. The first of a pair must be flagged, the second must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests import healthy as stack
from tests.checks.packets import SG_NLB, WORLD, acl_for_hosts, added, exposed, hosts, loud, tcp
from tests.checks.test_exposure import facing, over_ipv6, second_balancer
from tests.healthy import HOST_A, VPC, by, healthy
from tests.reach.test_senders import SG_LINK, V2, stretch
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import AclEntry, GroupRule, PrefixList, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import traffic
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.layers import Layers

INTERNET, OPEN = "exposure/no-internet-path", "network/backend-port-not-open-to-the-world"
FACING, OTHER = "exposure/load-balancer-not-internet-facing", "exposure/no-other-load-balancer"
ADMITS, CHECKED = "network/target-admits-load-balancer", "network/target-admits-health-check"
PORT = 10000


def halves(*cidrs: str) -> Topology:
    return exposed(security_groups=added(*(tcp(PORT, cidr) for cidr in cidrs)))


def listed(*cidrs: str) -> Topology:
    return exposed(
        security_groups=added(tcp(PORT, prefix_list_id="pl-01")),
        prefix_lists=by("id", PrefixList(id="pl-01", cidrs=cidrs)),
    )


def everything(cidr: str) -> Topology:
    return exposed(security_groups=added(GroupRule(protocol="-1", cidr=cidr)))


def two_groups(*rules: GroupRule) -> Topology:
    """The other of the host's two groups has these; the one that names the port is as it should be."""
    opened = replace(stack.CLUSTER_GROUP, ingress=rules)
    return exposed(security_groups=by("id", opened, stack.HOSTS_GROUP))


def on_nobody() -> Topology:
    """The open group is there, and no interface carries it."""
    stray = SecurityGroup(id="sg-0fffffffffffffff9", vpc_id=VPC, ingress=(tcp(PORT, WORLD),))
    return exposed(security_groups=by("id", stack.CLUSTER_GROUP, stack.HOSTS_GROUP, stray))


def after_itself(*rules: GroupRule) -> Topology:
    """A rule for the group itself stands first."""
    own = tcp(PORT, group_id=stack.SG_HOSTS)
    return exposed(security_groups=hosts(own, *stack.HOSTS_GROUP.ingress, *rules))


def default_acl(*, allow: bool) -> Topology:
    """The hosts' subnets are associated with no ACL: the VPC's default one serves them, and another says otherwise."""
    facts = exposed()
    default = replace(stack.ACL, entries=acl_entries(allow=allow))
    other = replace(stack.ACL, id="acl-0eeeeeeeeeeeeeee9", default=False, entries=acl_entries(allow=not allow))
    balancers = replace(stack.ACL, id="acl-0eeeeeeeeeeeeeee8", default=False, subnet_ids=(stack.NLB_A, stack.NLB_B))
    rows = by("id", replace(default, subnet_ids=()), replace(other, subnet_ids=()), balancers)
    return replace(facts, network_acls=rows)


def acl_entries(*, allow: bool) -> tuple[AclEntry, ...]:
    """All traffic, or what the load balancer's subnets send and get alone."""
    cidr = WORLD if allow else "10.0.0.0/16"
    return tuple(AclEntry(number=100, egress=egress, allow=True, cidr=cidr) for egress in (True, False))


def open_alb(source: str) -> Topology:
    """An internet-facing ALB whose group opens 443, in front of the same host."""
    facts = second_balancer("internet-facing")
    net = next(arn for arn in facts.load_balancers.rows if "net/second" in arn)
    app = net.replace("net/", "app/")
    balancer = replace(facts.load_balancers.rows[net], arn=app, type="application")
    (listener,) = facts.listeners.rows[net]
    moved = replace(listener, arn=f"{app}/l", load_balancer_arn=app, port=443, protocol="HTTPS")
    second = next(one for one in facts.target_groups if one.name == "second")
    eni = replace(facts.interfaces.rows["eni-0second"], description=f"ELB {app.partition('loadbalancer/')[2]}")
    own = replace(facts.security_groups.rows[SG_NLB], ingress=(tcp(443, source),))
    kept = {arn: held for arn, held in facts.listeners.rows.items() if arn != net}
    return replace(
        facts,
        load_balancers=by("arn", stack.NLB, balancer),
        listeners=Table(rows={**kept, app: (moved,)}),
        listener_rules=Table(rows={**facts.listener_rules.rows, moved.arn: ()}),
        target_groups=put(
            facts.target_groups.rows, second.arn, replace(second, protocol="HTTP", load_balancer_arns=(app,))
        ),
        interfaces=put(facts.interfaces.rows, eni.id, eni),
        security_groups=put(facts.security_groups.rows, SG_NLB, own),
    )


def put(rows: Mapping[str, Any], key: str, row: Any) -> Table[Any]:
    return Table(rows={**rows, key: row})


# (what peers pass, the check that must fail, its healthy twin)
EXPOSED: dict[str, tuple[Topology, str, Topology]] = {
    # prowler, frost and checkov (each run) compare with the text 0.0.0.0/0: not public.
    "split halves": (halves("0.0.0.0/1", "128.0.0.0/1"), INTERNET, halves("10.0.0.0/9", "10.128.0.0/9")),
    "split quarters of the larger half": (
        halves("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"),
        INTERNET,
        halves("192.168.0.0/17", "192.168.128.0/17"),
    ),
    # frost (run) reads FromPort, which a rule for all traffic has not: both its helpers return False.
    "-1 without ports": (everything(WORLD), INTERNET, everything("10.0.0.0/8")),
    # prowler (run): a rule with a prefix list is not public; checkov and frost know none.
    "a prefix list of the world": (listed(WORLD), INTERNET, listed("10.0.11.0/24", "10.0.12.0/24")),
    "a prefix list of halves": (listed("0.0.0.0/1", "128.0.0.0/1"), INTERNET, listed()),
    # Reachability Analyzer and Network Access Analyzer are IPv4 only, Batfish leaves IPv6 filters out, and
    # awspec's opened_only? compares IPv4 ranges alone.
    "IPv6 only": (over_ipv6(), INTERNET, over_ipv6(target="eigw-01")),
    "IPv6 only, in the rule": (over_ipv6(), INTERNET, over_ipv6(cidr="fd00::/8")),
    # checkov and Security Hub judge each group as one resource: never what an interface's groups open together.
    "two groups on one interface": (two_groups(tcp(PORT, WORLD)), INTERNET, two_groups(tcp(PORT, "10.0.11.0/24"))),
    "a stray open group": (
        two_groups(GroupRule(protocol="6", from_port=1, to_port=65535, cidr=WORLD)),
        INTERNET,
        on_nobody(),
    ),
    # Where a tool's loop over the rules answers at the first one, a rule for the group itself hides the next.
    "itself before the world": (after_itself(tcp(PORT, WORLD)), INTERNET, after_itself(tcp(PORT, "10.0.12.0/24"))),
    # prowler (run): its loop over the groups of an internet-facing NLB without any never runs, and it passes;
    # Batfish never reads an NLB's groups.
    "an NLB without groups": (facing(), FACING, facing(public=False)),
    # prowler (run): its elbv2 form calls 443 open to the world not public.
    "an open ALB on 443": (open_alb(WORLD), OTHER, open_alb("10.0.0.0/8")),
    # cartography's exposure has no ACL on its path; probepath counts the implicit default ACL among the traps.
    "default ACL": (default_acl(allow=True), INTERNET, default_acl(allow=False)),
}


@pytest.mark.parametrize(("topology", "check", "twin"), EXPOSED.values(), ids=EXPOSED)
def test_the_checks_see_it_and_leave_the_twin(topology: Topology, check: str, twin: Topology) -> None:
    assert loud(topology)[check] == "fail"
    assert loud(twin).get(check) in (None, "note")


DIRECT = {name: pair for name, pair in EXPOSED.items() if pair[1] == INTERNET}


@pytest.mark.parametrize(("topology", "check", "twin"), DIRECT.values(), ids=DIRECT)
def test_the_engine_answers_both(topology: Topology, check: str, twin: Topology) -> None:
    del check
    assert deciding(between(Reach(topology), "internet", HOST_A, PORT)).verdict == "reached"
    assert deciding(between(Reach(twin), "internet", HOST_A, PORT)).verdict == "blocked"


# -- a group reference, with the client's address preserved --------------------------------------


def from_link(hosts_: GroupRule, *, groups: tuple[str, ...] = (), kept: str = "true") -> Topology:
    """A version 2 link, an NLB with these groups, instance targets with this one rule."""
    topology, _ = stretch(
        link=V2,
        balancer={"security_group_ids": groups},
        attributes={"preserve_client_ip.enabled": kept},
        hosts=(hosts_,),
        nlb=(GroupRule(protocol="-1", cidr=WORLD),),
    )
    return topology


REFERENCES = {
    # A reference to the client's group does not match through an NLB (elb guide, target-group-register-targets);
    # Batfish reads no NLB's groups at all, awspec and prowler no path to a target.
    "the link's group": (from_link(tcp(PORT, group_id=SG_LINK)), "fail", "fail"),
    # Preservation on: the NLB's address is not what arrives. Health checks come from it, and pass.
    "the NLB's addresses alone": (from_link(tcp(PORT, "10.0.11.0/24")), "fail", None),
    # The twins: the NLB's own group matches with preservation on, the link's subnet is what arrives.
    "the NLB's group": (from_link(tcp(PORT, group_id=SG_NLB), groups=(SG_NLB,)), None, None),
    "the link's subnet and the NLB's": (from_link(tcp(PORT, "10.0.0.0/16")), None, None),
    "preservation off": (from_link(tcp(PORT, "10.0.11.0/24"), kept="false"), None, None),
}


@pytest.mark.parametrize(("topology", "traffic_", "checks"), REFERENCES.values(), ids=REFERENCES)
def test_a_group_reference_with_preservation(topology: Topology, traffic_: str | None, checks: str | None) -> None:
    # One zone and target of the stretch at least; host B's zone has the NLB's other subnet, 10.0.12.0/24.
    path = topology.paths[0]
    reach = Reach(topology)
    leg = next(one for one in reach.legs(path) if one.target.id == HOST_A and one.zone.name == "eu-west-2a")
    words = {None: "reached", "fail": "blocked"}
    assert {one.verdict for one in reach.load_balancer_traffic(path, leg)} == {words[traffic_]}
    assert {one.verdict for one in reach.health_check(path, leg)} == {words[checks]}
    if traffic_:
        assert loud(topology)[ADMITS] == "fail"
    if checks:
        assert loud(topology)[CHECKED] == "fail"


# -- ICMP --------------------------------------------------------------------------------------


def ping(type_: int | None, code: int | None, protocol: str = "icmp") -> Topology:
    return exposed(security_groups=added(GroupRule(protocol=protocol, from_port=type_, to_port=code, cidr=WORLD)))


# Network Access Analyzer judges TCP and UDP alone. Where FromPort and ToPort are read as ports whatever the protocol,
# "-1 to -1" of ICMP is taken for all ports, or type 8 for port 8.
@pytest.mark.parametrize(
    ("topology", "echo"),
    [(ping(-1, -1), True), (ping(8, -1), True), (ping(8, 0, "1"), True), (ping(3, 4), False), (healthy(), False)],
    ids=["all ICMP", "echo requests", "echo requests by number", "unreachable alone", "nothing"],
)
def test_icmp_is_judged_and_is_no_port(topology: Topology, echo: bool) -> None:
    host = replace(stack.ENI_HOST_A, addresses=exposed().interfaces.rows[stack.ENI_HOST_A.id].addresses)
    facts = replace(topology, route_tables=exposed().route_tables)
    (found,) = Layers(facts).from_internet(host)
    assert ("198.51.100.7" in found.packets.sure.at(traffic.kind("icmp", 8 * 256))) is echo
    assert not found.packets.possible.at(traffic.kind("tcp", PORT))
    assert INTERNET not in loud(topology)
    assert OPEN not in loud(topology)


def test_an_acl_for_the_load_balancer_alone_shuts_the_door() -> None:
    """The ACL of a subnet with an open group and a public address."""
    shut = exposed(network_acls=acl_for_hosts(*acl_entries(allow=False)))
    assert INTERNET not in loud(shut)
    assert loud(exposed(network_acls=acl_for_hosts(*acl_entries(allow=True))))[INTERNET] == "fail"
