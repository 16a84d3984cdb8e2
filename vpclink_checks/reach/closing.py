"""The smallest change that shuts doors to the internet and leaves what the paths themselves send alone.

Nothing is suggested that was not tried: the change is applied to the facts, nobody public comes in by the doors
any more, and every packet of every path has the verdict that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import Zone
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.network import NetworkInterface, RouteEntry
from vpclink_checks.model.path import Path
from vpclink_checks.reach import groups
from vpclink_checks.reach.behind import onward_paths
from vpclink_checks.reach.change_addresses import DropIpv6Address, public_address
from vpclink_checks.reach.change_groups import INGRESS, AddRule, RemoveRule
from vpclink_checks.reach.change_routes import DeleteRoute
from vpclink_checks.reach.change_tables import network
from vpclink_checks.reach.changes import Change, parts, together
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.internet import Door
from vpclink_checks.reach.legs import Leg
from vpclink_checks.reach.routes import table_of
from vpclink_checks.reach.sets import FAMILIES, addresses, public
from vpclink_checks.reach.trace import Trace

Ask = Callable[[Reach], Iterable[Door]]
Shut = Callable[[Reach], bool]
Traces = Callable[[Reach], tuple[Trace, ...]]
_OWN, _BY_GROUP = ("own traffic",), ("own traffic by group",)
_RANK = {"reached": 0, "unknown": 1, "blocked": 2}
_ROUNDS = 4  # of opening again what a closed rule took from the paths: each shows what the last one hid


@dataclass(frozen=True, slots=True)
class Own:
    """Packets that a path itself sends: what they are, and their traces, or why those are not known.

    ``ask`` traces the same of other facts about the same path and legs; None where no fact of a filter tells more.
    """

    path_id: str
    what: str
    traces: tuple[Trace, ...] = ()
    gap: str = ""
    ask: Traces | None = field(default=None, compare=False, repr=False)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """The verdict of each packet, or the gap."""
        return (self.gap,) if self.gap else tuple(f"{one.packet.title} {one.verdict}" for one in self.traces)


def closing(reach: Reach, ask: Ask, *, behind: Iterable[Backend] = (), first: Iterable[Change] = ()) -> Change | None:
    """The smallest change that shuts these doors; None where none of the kinds below does.

    In this order: those to try *first*, rules of the groups at the doors, rules of the groups of the backends
    *behind* them, public addresses, routes to the internet gateway. *ask* gives the doors, of any facts.
    """
    doors = _open(reach, ask)
    if not doors:
        return None

    def shut(after: Reach) -> bool:
        return not _open(after, ask)

    every = chain((one for one in first if holds(reach, one, shut)), _candidates(reach, doors, tuple(behind), shut))
    return next((one for one in every if one is not None), None)


def closing_groups(reach: Reach, group_ids: Iterable[str], port: int, protocol: str = "tcp") -> Change | None:
    """The smallest change of the rules of these groups after which they let no public source in on a port."""
    ids = tuple(group_ids)

    def shut(after: Reach) -> bool:
        return not any(_public_rules(after, ids, protocol, port, family) for family in FAMILIES)

    found = [one for family in FAMILIES for one in _public_rules(reach, ids, protocol, port, family)]
    return _by_rules(reach, found, shut)


def holds(reach: Reach, change: Change, shut: Shut) -> bool:
    """Whether with this change *shut* is true, and the paths' own packets fare as before."""
    try:
        after = changed(reach, change)
        return shut(after) and _spares(reach, after, change)
    except (LookupError, UnknownFact):
        return False


def changed(reach: Reach, change: Change) -> Reach:
    """Answers over the facts with this change made, worked out once. Raises LookupError where it cannot be made."""
    key = ("changed", change)
    found = reach.shared.get(key)
    if not isinstance(found, Reach):
        found = reach.shared[key] = Reach(change.apply(reach.topology))
        if _touched(change) is not None:
            found.listens_as(reach)
    return found


def _open(reach: Reach, ask: Ask) -> tuple[Door, ...]:
    return tuple(door for door in ask(reach) if door.sources.possible)


# -- what the paths themselves send --------------------------------------------------------------


def own_traffic(reach: Reach) -> tuple[Own, ...]:
    """Everything on the way from each link to each target: calls and health checks, worked out once."""
    found = reach.shared.get(_OWN)
    if not isinstance(found, tuple):
        found = reach.shared[_OWN] = tuple(one for path in reach.topology.paths for one in _sent_on(reach, path))
    return found


def _sent_on(reach: Reach, path: Path) -> tuple[Own, ...]:
    key = ("own traffic", path.id)
    found = reach.shared.get(key)
    if not isinstance(found, tuple):
        found = reach.shared[key] = (*_of(reach, path), *_behind(reach, path))
    return found


def _behind(reach: Reach, path: Path) -> Iterator[Own]:
    """The same from the ALBs behind the path's load balancer to their own targets."""
    try:
        for beyond in onward_paths(reach.topology, path):
            yield from _of(reach, beyond)
    except UnknownFact as signal:
        yield Own(path.id, "behind its load balancer", gap=str(signal.gap))


def _beside(before: Reach, after: Reach, change: Change) -> Iterator[tuple[Sequence[Own], Sequence[Own]]]:
    """What the change can concern of all that the paths send, before and after."""
    touched = _touched(change)
    if touched is not None:
        met = _met(before, touched)
        yield met, [_again(after, one) for one in met]
        return
    for old, new in zip(before.topology.paths, after.topology.paths, strict=True):
        yield _sent_on(before, old), _sent_on(after, new)


def _touched(change: Change) -> frozenset[str] | None:
    """The groups whose rules change; None where the change is of another kind, and may concern every path."""
    ids = [one.group_id if isinstance(one, AddRule | RemoveRule) else "" for one in parts(change)]
    return frozenset(ids) if all(ids) else None


def _met(reach: Reach, group_ids: Iterable[str]) -> list[Own]:
    """The packets that these groups filter, or that are not known: no rule of theirs decides about another."""
    every, index = own_traffic(reach), _by_group(reach)
    wanted = {at for id_ in ("", *group_ids) for at in index.get(id_, ())}
    return [every[at] for at in sorted(wanted)]


def _by_group(reach: Reach) -> Mapping[str, Sequence[int]]:
    """The places in the paths' own traffic by the groups that filter it, "" for not known; worked out once."""
    held = reach.shared.get(_BY_GROUP)
    if isinstance(held, dict):
        return held
    found: dict[str, list[int]] = {}
    for at, one in enumerate(own_traffic(reach)):
        for id_ in _filtering(one):
            found.setdefault(id_, []).append(at)
    reach.shared[_BY_GROUP] = found
    return found


def _filtering(one: Own) -> frozenset[str]:
    """The groups at both ends of each packet: a step names all of its end."""
    if one.gap:
        return frozenset({""})
    return frozenset(id_ for trace in one.traces for step in trace.steps for id_ in step.component.split(", "))


def _again(reach: Reach, one: Own) -> Own:
    return one if one.ask is None else _own(reach, one.path_id, one.what, one.ask)


def _of(reach: Reach, path: Path) -> Iterator[Own]:
    balancer, group = path.load_balancer, path.target_group
    if balancer is None or group is None:
        return
    if path.link is not None and path.listener is not None:
        for zone in balancer.zones[:1] if path.link.version == 1 else balancer.zones:
            yield _own(reach, path.id, f"link to {zone.name}", _link(path, zone))
    try:
        every = reach.legs(path)
    except UnknownFact as signal:
        yield Own(path.id, "legs", gap=str(signal.gap))
        return
    for leg in every:
        name = f"{leg.zone.name} to {leg.target.title}"
        yield _own(reach, path.id, name, _calls(path, leg))
        if group.health_check.enabled:
            yield _own(reach, path.id, f"health check, {name}", _health(path, leg))


def _link(path: Path, zone: Zone) -> Traces:
    return lambda reach: reach.link_to_load_balancer(path, zone)


def _calls(path: Path, leg: Leg) -> Traces:
    return lambda reach: reach.load_balancer_traffic(path, leg)


def _health(path: Path, leg: Leg) -> Traces:
    return lambda reach: reach.health_check(path, leg)


def _own(reach: Reach, path_id: str, what: str, ask: Traces) -> Own:
    try:
        return Own(path_id, what, ask(reach), ask=ask)
    except UnknownFact as signal:
        return Own(path_id, what, gap=str(signal.gap), ask=ask)


def _spares(before: Reach, after: Reach, change: Change) -> bool:
    """Whether every packet of every path has the verdict that it had; worked out once."""
    key = ("spares", change)
    if key not in before.shared:
        every = _beside(before, after, change)
        before.shared[key] = all([one.verdicts for one in old] == [one.verdicts for one in new] for old, new in every)
    return before.shared[key] is True


def _worse(before: Reach, after: Reach, change: Change) -> tuple[tuple[Trace, Change | None], ...]:
    """The paths' packets that fare worse than before: not known any more, or blocked; and what lets each through again.

    Worked out once.
    """
    key = ("worse", change)
    found = before.shared.get(key)
    if not isinstance(found, tuple):
        every = dict.fromkeys(_worsened(before, after, change))
        found = before.shared[key] = tuple((one, one.change) for one in every)
    return found


def _worsened(before: Reach, after: Reach, change: Change) -> Iterator[Trace]:
    for old, new in _beside(before, after, change):
        was = {(one.what, trace.packet): trace.verdict for one in old for trace in one.traces}
        yield from (
            trace
            for one in new
            for trace in one.traces
            if _RANK[trace.verdict] > _RANK[was.get((one.what, trace.packet), "blocked")]
        )


# -- what might do ------------------------------------------------------------------------------


def _candidates(
    reach: Reach, doors: tuple[Door, ...], behind: tuple[Backend, ...], shut: Shut
) -> Iterator[Change | None]:
    at_door = [one for door in doors for one in _rules_at(reach, door, _filters(reach, door), door.port)]
    yield _by_rules(reach, at_door, shut)
    inside = [(door, one.interface.group_ids, one.port) for door in doors for one in behind]
    yield _by_rules(reach, [one for door, ids, port in inside for one in _rules_at(reach, door, ids, port)], shut)
    for change in (_addresses(reach, doors), _routes(reach, doors)):
        yield change if change is not None and holds(reach, change, shut) else None


def _rules_at(reach: Reach, door: Door, group_ids: Sequence[str], port: int) -> Iterable[Change]:
    return _public_rules(reach, group_ids, door.protocol, port, addresses(door.address).family)


def _public_rules(reach: Reach, ids: Sequence[str], protocol: str, port: int, family: int) -> list[Change]:
    """The inbound rules that let some public source in, each taken back."""
    found = groups.openings(reach.topology, ids, INGRESS, protocol=protocol, port=port, family=family)
    return [
        RemoveRule(group_id=one.group_id, direction=INGRESS, rule=one.rule)
        for one in found
        if one.rule is not None and one.peers.possible & public(family)
    ]


def _filters(reach: Reach, door: Door) -> tuple[str, ...]:
    """The groups at a door: a load balancer's own where it is one's."""
    interface = reach.topology.interfaces.rows.get(door.interface_id)
    if interface is None:
        return ()
    return next(
        (one.security_group_ids for one in reach.topology.load_balancers if _is_of(interface, one.arn)),
        interface.group_ids,
    )


def _is_of(interface: NetworkInterface, balancer_arn: str) -> bool:
    return interface.description == "ELB " + balancer_arn.partition("loadbalancer/")[2]


def _by_rules(reach: Reach, removals: Iterable[Change], shut: Shut) -> Change | None:
    """As few of these rules as will do taken back, and in their place the narrowest ones that a path would miss.

    First by reference where one works, then by the very addresses: a reference to the load balancer's group would
    also let in what was blocked in another zone. New rules come before old ones go, so that no packet is dropped in
    between.
    """
    gone = _fewest(reach, tuple(dict.fromkeys(removals)), shut)
    for by_address in (False, True):
        found = _replaced(reach, gone, by_address=by_address)
        if found is not None and holds(reach, found, shut):
            return _without_spare(reach, found, shut)
    return None


def _fewest(reach: Reach, gone: tuple[Change, ...], shut: Shut) -> tuple[Change, ...]:
    """Without those that need not go: another layer keeps out whomever they let in. None, where all are too few."""

    def do(some: tuple[Change, ...]) -> bool:
        change = together(some)
        try:
            return change is not None and shut(changed(reach, change))
        except (LookupError, UnknownFact):
            return False

    if not do(gone):
        return ()
    for one in gone:
        fewer = tuple(other for other in gone if other != one)
        gone = fewer if do(fewer) else gone
    return gone


def _without_spare(reach: Reach, change: Change, shut: Shut) -> Change:
    """The change without references that addresses added beside them have made needless."""
    every = list(parts(change))
    for one in [one for one in every if isinstance(one, AddRule) and one.rule.group_id]:
        fewer = together(other for other in every if other != one)
        if fewer is not None and holds(reach, fewer, shut):
            every.remove(one)
            change = fewer
    return change


def _replaced(reach: Reach, gone: tuple[Change, ...], *, by_address: bool) -> Change | None:
    """The rules gone, and others in their place until no path suffers; None where that cannot be. Worked out once."""
    key = ("replaced", gone, by_address)
    found = reach.shared.get(key)
    if not isinstance(found, _Replacement):
        found = reach.shared[key] = _Replacement(_put_in_place(reach, gone, by_address=by_address))
    return found.change


@dataclass(frozen=True, slots=True)
class _Replacement:
    change: Change | None


def _put_in_place(reach: Reach, gone: tuple[Change, ...], *, by_address: bool) -> Change | None:
    needed: list[Change] = []
    for _ in range(_ROUNDS):
        whole = together([*needed, *gone])
        if whole is None or not gone:
            return None
        try:
            worse = _worse(reach, changed(reach, whole), whole)
        except LookupError:
            return None
        if not worse:
            return whole
        for trace, change in worse:
            if change is None:
                return None
            needed += [_named(one, trace, by_address=by_address) for one in parts(change)]
    return None


def _named(change: Change, trace: Trace, *, by_address: bool) -> Change:
    """The change, with the address of the packet in the place of a group where that is wanted and known."""
    if not by_address or not isinstance(change, AddRule) or not change.rule.group_id:
        return change
    peer = trace.packet.src if change.direction == INGRESS else trace.packet.dst
    try:
        return replace(change, rule=replace(change.rule, group_id="", cidr=network(peer)))
    except ValueError:  # some of several addresses: only the group names them all
        return change


def _addresses(reach: Reach, doors: tuple[Door, ...]) -> Change | None:
    """The public addresses of the doors taken away; None where one of them cannot be."""
    found: list[Change | None] = []
    for door in doors:
        interface = reach.topology.interfaces.rows.get(door.interface_id)
        if interface is None or not interface.instance_id:
            return None  # a load balancer's or another service's: it comes and goes with its scheme
        ipv6 = door.address in interface.ipv6
        found.append(
            DropIpv6Address(interface_id=interface.id, address=door.address)
            if ipv6
            else public_address(interface, door.public_address)
        )
    return together(one for one in found if one is not None) if all(found) else None


def _routes(reach: Reach, doors: tuple[Door, ...]) -> Change | None:
    """The routes to internet gateways deleted from the tables of the doors' subnets."""
    found: list[Change] = []
    for door in doors:
        interface = reach.topology.interfaces.rows.get(door.interface_id)
        if interface is None or not interface.instance_id:
            return None
        try:
            table = table_of(reach.topology, interface.subnet_id, interface.vpc_id)
        except UnknownFact:
            return None
        family = addresses(door.address).family
        found += [DeleteRoute(table_id=table.id, entry=one) for one in table.routes if _leads_out(one, family)]
    return together(found)


def _leads_out(entry: RouteEntry, family: int) -> bool:
    listed = entry.destination.startswith("pl-")
    return entry.target.startswith("igw-") and (listed or addresses(entry.destination).family == family)
