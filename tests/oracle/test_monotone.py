"""More permissive facts never lower a verdict, and what means the same gives the same: verdicts and whole sets.

``reached`` > ``unknown`` > ``blocked``; a set grows where what it surely holds and what it may hold both grow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import worlds as at
from tests.oracle.cases import Case
from tests.oracle.coming import TARGET, doors, from_address
from tests.oracle.draws import WORLD, Draw, chance, network, some
from tests.oracle.inside import inside, peered
from tests.oracle.sizes import EXAMPLES
from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, SecurityGroup
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.bounds import TrafficBounds
from vpclink_checks.reach.layers import Layers

RANK = {"blocked": 0, "unknown": 1, "reached": 2}
FAMILIES = {"inside": inside, "peered": peered, "internet": from_address, "doors": doors}
Change = Callable[[Draw, Topology], Topology]
Rules = tuple[GroupRule, ...]


def each_group(facts: Topology, change: Callable[[SecurityGroup], SecurityGroup]) -> Topology:
    for group in facts.security_groups.rows.values():
        facts = at.put(facts, security_groups=change(group))
    return facts


def one_acl(draw: Draw, facts: Topology, change: Callable[[NetworkAcl], NetworkAcl]) -> Topology:
    return at.put(facts, network_acls=change(facts.network_acls.rows[some(draw, *facts.network_acls.rows)]))


def some_rule(draw: Draw) -> GroupRule:
    about = [address for pair in (*at.SOURCES.values(), *at.TARGETS.values()) for address in pair]
    made = GroupRule(protocol=some(draw, "tcp", "-1", "17"), from_port=some(draw, 0, 80, 1024), to_port=65535)
    if chance(draw, 3):
        return replace(made, group_id=some(draw, at.SG_S, at.SG_T, at.SG_U))
    return replace(made, cidr=network(draw, *about, "198.51.100.7", "2001:db8:ffff::7"))


# -- never lower -------------------------------------------------------------------------------


def more_rules(draw: Draw, facts: Topology) -> Topology:
    """An allow in one group."""
    group = facts.security_groups.rows[some(draw, *facts.security_groups.rows)]
    if draw(st.booleans()):
        return at.put(facts, security_groups=replace(group, ingress=(*group.ingress, some_rule(draw))))
    return at.put(facts, security_groups=replace(group, egress=(*group.egress, some_rule(draw))))


def acl_allow_in_front(draw: Draw, facts: Topology) -> Topology:
    """An allow before every other entry of an ACL."""
    return _in_front(draw, facts, allow=True)


def denials_gone(draw: Draw, facts: Topology) -> Topology:
    """An ACL without its denials; what is left allows more."""
    return one_acl(draw, facts, lambda acl: replace(acl, entries=tuple(one for one in acl.entries if one.allow)))


def wider_sources(draw: Draw, facts: Topology) -> Topology:
    """Every rule's network twice as large: the other way round, a narrower source never opens."""
    return each_group(facts, lambda one: replace(one, ingress=_wider(one.ingress), egress=_wider(one.egress)))


def wider_ports(draw: Draw, facts: Topology) -> Topology:
    """Every rule with one port more on either side."""

    def wide(rules: Rules) -> Rules:
        return tuple(_more_ports(one) for one in rules)

    return each_group(facts, lambda one: replace(one, ingress=wide(one.ingress), egress=wide(one.egress)))


def longer_list(draw: Draw, facts: Topology) -> Topology:
    """One more entry in a prefix list that security groups alone use."""
    if any(one.destination.startswith("pl-") for table in facts.route_tables for one in table.routes):
        return facts
    known = facts.prefix_lists.rows["pl-01"]
    return at.put(facts, prefix_lists=replace(known, cidrs=(*known.cidrs, some(draw, *WORLD.values(), "10.0.0.0/8"))))


def _wider(rules: Rules) -> Rules:
    return tuple(replace(one, cidr=_twice(one.cidr)) if one.cidr else one for one in rules)


def _twice(cidr: str) -> str:
    known = ip_network(cidr)
    return str(known.supernet()) if known.prefixlen else cidr


def _more_ports(rule: GroupRule) -> GroupRule:
    if rule.protocol not in ("tcp", "6", "udp", "17") or rule.from_port is None or rule.to_port is None:
        return rule
    return replace(rule, from_port=max(rule.from_port - 1, 0), to_port=min(rule.to_port + 1, 65535))


def _in_front(draw: Draw, facts: Topology, *, allow: bool) -> Topology:
    about = [address for pair in (*at.SOURCES.values(), *at.TARGETS.values()) for address in pair]
    first = AclEntry(
        number=1,
        egress=draw(st.booleans()),
        allow=allow,
        protocol=some(draw, "-1", "6", "17"),
        cidr=network(draw, *about, "198.51.100.7"),
        from_port=some(draw, 0, 80, 1024),
        to_port=65535,
    )
    return one_acl(draw, facts, lambda acl: replace(acl, entries=(*acl.entries, first)))


def acl_deny_in_front(draw: Draw, facts: Topology) -> Topology:
    """A denial before every other entry: tested the other way round."""
    return _in_front(draw, facts, allow=False)


# -- never other -------------------------------------------------------------------------------


def shuffled(draw: Draw, facts: Topology) -> Topology:
    """Groups of an interface, rules of a group, entries of an ACL and routes in another order."""
    for one in facts.interfaces.rows.values():
        facts = at.put(facts, interfaces=replace(one, group_ids=tuple(draw(st.permutations(one.group_ids)))))
    facts = each_group(
        facts,
        lambda one: replace(
            one, ingress=tuple(draw(st.permutations(one.ingress))), egress=tuple(draw(st.permutations(one.egress)))
        ),
    )
    for acl in facts.network_acls.rows.values():
        facts = at.put(facts, network_acls=replace(acl, entries=tuple(draw(st.permutations(acl.entries)))))
    for table in facts.route_tables.rows.values():
        facts = at.put(facts, route_tables=replace(table, routes=tuple(draw(st.permutations(table.routes)))))
    return facts


def repeated(draw: Draw, facts: Topology) -> Topology:
    """Every rule twice."""
    return each_group(facts, lambda one: replace(one, ingress=one.ingress * 2, egress=one.egress * 2))


def split_networks(draw: Draw, facts: Topology) -> Topology:
    """Every network of a rule, a prefix list and an ACL's entry as its two halves.

    But for prefix lists that routes go by: there the longer prefix may win against another route.
    """
    routed = {one.destination for table in facts.route_tables for one in table.routes}
    facts = each_group(facts, lambda one: replace(one, ingress=_halved(one.ingress), egress=_halved(one.egress)))
    for known in facts.prefix_lists.rows.values():
        if known.id in routed:
            continue
        halves = tuple(half for cidr in known.cidrs for half in _halves(cidr))
        facts = at.put(facts, prefix_lists=replace(known, cidrs=halves))
    for acl in facts.network_acls.rows.values():
        entries = tuple(
            replace(one, cidr=half, number=one.number * 2 + place)
            for one in acl.entries
            for place, half in enumerate(_halves(one.cidr))
        )
        facts = at.put(facts, network_acls=replace(acl, entries=entries))
    return facts


def split_ports(draw: Draw, facts: Topology) -> Topology:
    """Every range of ports as two that meet."""

    def cut(rules: Rules) -> Rules:
        return tuple(part for one in rules for part in _port_parts(one))

    return each_group(facts, lambda one: replace(one, ingress=cut(one.ingress), egress=cut(one.egress)))


def _halved(rules: Rules) -> Rules:
    return tuple(
        replace(one, cidr=half) if half else one for one in rules for half in (_halves(one.cidr) if one.cidr else [""])
    )


def _halves(cidr: str) -> list[str]:
    known = ip_network(cidr)
    return [str(half) for half in known.subnets()] if known.prefixlen < known.max_prefixlen else [cidr]


def _port_parts(rule: GroupRule) -> Rules:
    low, high = rule.from_port, rule.to_port
    if rule.protocol not in ("tcp", "6", "udp", "17") or low is None or high is None or low == high:
        return (rule,)
    middle = (low + high) // 2
    return replace(rule, to_port=middle), replace(rule, from_port=middle + 1)


# -- the tests ---------------------------------------------------------------------------------

OPENS = (more_rules, acl_allow_in_front, denials_gone, wider_sources, wider_ports, longer_list)
SAME = (shuffled, repeated, split_networks, split_ports)
_FEW = settings(max_examples=max(6, EXAMPLES // 400), deadline=None, suppress_health_check=list(HealthCheck))


def drawn(family: str, change: Change) -> st.SearchStrategy[tuple[Case, Topology]]:
    def build(draw: Draw) -> tuple[Case, Topology]:
        case = FAMILIES[family](draw)
        return case, change(draw, case.facts)

    return st.composite(build)()


def grows(lower: Topology, upper: Topology, case: Case) -> None:
    """No verdict of *lower* is above that of *upper*, and no set of sources has what the other lacks."""
    low, high = case.engine(lower), case.engine(upper)
    assert not [one for one in low if RANK[low[one]] > RANK[high[one]]], (low, high)
    if case.family in ("doors", "from the internet"):
        for one, other in zip(exposed(lower), exposed(upper), strict=True):
            assert one.sure <= other.sure
            assert one.possible <= other.possible


def exposed(facts: Topology) -> list[TrafficBounds]:
    return [one.packets for one in Layers(facts).from_internet(facts.interfaces.rows[TARGET])]


@pytest.mark.parametrize("change", OPENS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("family", FAMILIES)
def test_opening_never_closes(family: str, change: Change) -> None:
    @_FEW
    @given(drawn(family, change))
    def holds(found: tuple[Case, Topology]) -> None:
        case, opened = found
        grows(case.facts, opened, case)

    holds()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_denial_in_front_never_opens(family: str) -> None:
    @_FEW
    @given(drawn(family, acl_deny_in_front))
    def holds(found: tuple[Case, Topology]) -> None:
        case, closed = found
        grows(closed, case.facts, case)

    holds()


@pytest.mark.parametrize("change", SAME, ids=lambda one: one.__name__)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_means_the_same_is_judged_the_same(family: str, change: Change) -> None:
    @_FEW
    @given(drawn(family, change))
    def holds(found: tuple[Case, Topology]) -> None:
        case, other = found
        assert case.engine(case.facts) == case.engine(other)
        if case.family in ("doors", "from the internet"):
            for one, two in zip(exposed(case.facts), exposed(other), strict=True):
                assert (one.sure, one.possible) == (two.sure, two.possible)

    holds()
