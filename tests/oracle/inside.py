"""Questions between interfaces: in one VPC, and across a peering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.healthy import by
from tests.oracle import worlds as at
from tests.oracle.cases import Case
from tests.oracle.draws import (
    PORTS,
    UNSAID,
    Draw,
    chance,
    entries,
    networks,
    open_entries,
    perturbed,
    route,
    routes,
    rules,
    some,
)
from tests.oracle.evaluator import connects, place_of
from tests.oracle.readings import Answers, answers
from tests.oracle.words import Kind, number
from vpclink_checks.model.network import AclEntry, PrefixList, RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.engine import Reach

SOURCE, TARGET = "eni-0a", "eni-0b"


def inside(draw: Draw) -> Case:
    """Two interfaces of one VPC: groups, ACLs, routes more specific than local, associations."""
    return between_two(draw, "inside the VPC", some(draw, at.B, at.B, at.A))


def peered(draw: Draw) -> Case:
    """The target lies in a peered VPC: status, routes on both sides, references across."""
    return between_two(draw, "across a peering", at.C)


@dataclass(frozen=True)
class Asked:
    """One question: who, whom, where the target lies, and with what kind of packet."""

    draw: Draw
    where: str
    source: str
    target: str
    kind: Kind

    @property
    def home(self) -> str:
        return at.HOME[self.where]

    @property
    def crosses(self) -> bool:
        return self.home != at.VPC

    def rules(self, peer: str, own: tuple[str, ...]) -> at.Rules:
        """Drawn ones; a reference to a group of the other VPC tells the peering's state."""
        groups = (at.SG_U, *(2 * tuple(one for one in (at.SG_S, at.SG_T) if one not in own)))
        drawn = rules(self.draw, self.kind, (peer,), groups, ("pl-01",))
        return tuple(
            replace(one, peering=some(self.draw, "active", "deleted"))
            if self.crosses and one.group_id and one.group_id not in own
            else one
            for one in drawn
        )


def between_two(draw: Draw, family: str, where: str) -> Case:
    version, word, port = some(draw, 4, 4, 6), some(draw, "tcp", "tcp", "udp"), some(draw, *PORTS)
    source = at.SOURCES[at.A][version == 6]
    target = at.TARGETS[where][version == 6]
    asked = Asked(draw, where, source, target, Kind(number(word), port))
    title = f"{word} {source} → {target}:{port}"

    def engine(topology: Topology) -> Mapping[str, str]:
        return {title: deciding(between(Reach(topology), SOURCE, target, port, word)).verdict}

    def oracle(topology: Topology) -> Mapping[str, Answers]:
        here = place_of(topology.interfaces.rows[SOURCE], source)
        there = place_of(topology.interfaces.rows[TARGET], target)
        return {title: answers(lambda reading: connects(topology, reading, here, there, asked.kind))}

    return Case(family, _facts(asked), engine, oracle)


def _facts(asked: Asked) -> Topology:
    draw, where = asked.draw, asked.where
    held = some(draw, (at.SG_T,), (at.SG_U, at.SG_T), (at.SG_T, at.SG_U))
    here = at.interface(SOURCE, at.A, at.SOURCES[at.A], at.SG_S)
    there = at.interface(TARGET, where, at.TARGETS[where], *held)
    far = f"acl-{where[-2:]}"
    layers = perturbed(draw, ["out", "in", "second", "acl-0a", far, "routes", "back", "association"])
    facts = _groups(asked, at.small(here, there), layers)
    for id_ in at.LISTS:
        facts = at.put(facts, prefix_lists=PrefixList(id=id_, cidrs=networks(draw, asked.source, asked.target)))
    for id_ in {"acl-0a", far} & layers:
        drawn = entries(draw, asked.kind, (asked.source, asked.target))
        facts = at.put(facts, network_acls=replace(facts.network_acls.rows[id_], entries=drawn))
    if asked.crosses:
        facts = _peering(draw, facts)
    facts = _routes(asked, facts, layers)
    return _association(asked, facts) if "association" in layers else facts


def _groups(asked: Asked, facts: Topology, layers: set[str]) -> Topology:
    own = (at.SG_T, at.SG_U)
    out = asked.rules(asked.target, (at.SG_S,)) if "out" in layers else at.OPEN
    into = asked.rules(asked.source, own) if "in" in layers else at.OPEN
    second = asked.rules(asked.source, own) if "second" in layers else ()
    facts = at.put(facts, security_groups=at.group(at.SG_S, egress=out))
    facts = at.put(facts, security_groups=at.group(at.SG_T, asked.home, ingress=into))
    return at.put(facts, security_groups=at.group(at.SG_U, asked.home, ingress=second, egress=()))


def _peering(draw: Draw, facts: Topology) -> Topology:
    status = some(draw, "active", "active", "active", "active", "pending-acceptance", "deleted", "failed")
    return at.put(facts, peerings=replace(facts.peerings.rows[at.PCX], status=status))


def _routes(asked: Asked, facts: Topology, layers: set[str]) -> Topology:
    """Those of both subnets; one that is drawn takes the place of none."""
    draw = asked.draw
    targets = (at.PCX, at.PCX, "pcx-02") if asked.crosses else ("local", "local", "eni-0f", "vpce-0f")
    near, far = f"rtb-{at.A[-2:]}", f"rtb-{asked.where[-2:]}"
    for id_, to, layer in ((near, asked.target, "routes"), (far, asked.source, "back")):
        table = facts.route_tables.rows[id_]
        usual = (*table.routes, *_over_peering(asked, table))
        if layer in layers:
            kept = table.routes if asked.crosses and chance(draw, 3) else usual
            taken = {one.destination for one in kept}
            usual = (*kept, *(one for one in routes(draw, (to,), targets, at.LISTS) if one.destination not in taken))
        facts = at.put(facts, route_tables=replace(table, routes=tuple(draw(st.permutations(usual)))))
    return facts


def _over_peering(asked: Asked, table: RouteTable) -> tuple[RouteEntry, ...]:
    other = at.VPC if table.vpc_id == at.PEER else at.PEER
    return tuple(RouteEntry(destination=one, target=at.PCX) for one in at.BLOCKS[other]) if asked.crosses else ()


def _narrowed(asked: Asked) -> tuple[AclEntry, ...]:
    """An ACL of one's own, so that it shows which one serves the subnet."""
    if asked.draw(st.booleans()):
        return tuple(open_entries())
    return entries(asked.draw, asked.kind, (asked.source, asked.target))


def _association(asked: Asked, facts: Topology) -> Topology:
    """Subnet A is associated with no ACL and no table of its own: the default ACL and the main table serve it."""
    what = some(asked.draw, "acl", "table", "unsure")
    if what == "acl":
        acl = replace(facts.network_acls.rows["acl-0a"], entries=_narrowed(asked))
        others = [one for one in facts.network_acls.rows.values() if one.id != acl.id]
        return replace(facts, network_acls=by("id", *others, replace(acl, subnet_ids=(), default=True)))
    table = facts.route_tables.rows["rtb-0a"]
    unsure = ((at.A, UNSAID),) if what == "unsure" else ()
    main = facts.route_tables.rows[f"rtb-main-{at.VPC}"]
    main = replace(main, routes=(*main.routes, *_over_peering(asked, main)))
    if asked.draw(st.booleans()):
        more = route(asked.draw, (asked.target,), ("local", "eni-0f"))
        main = replace(main, routes=(*(one for one in main.routes if one.destination != more.destination), more))
    facts = at.put(facts, route_tables=replace(table, subnet_ids=(), unsure=unsure))
    return at.put(facts, route_tables=main)
