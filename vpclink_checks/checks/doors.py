"""Other ways to a path's backend: load balancers, listeners and routes that share its targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.subjects import reached
from vpclink_checks.model.api import Route
from vpclink_checks.model.balancing import Forward, Listener, LoadBalancer, Target, TargetGroup
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.path import Path
from vpclink_checks.reach.engine import Name

# Contract: a door that is not judged is named, never silently claimed shut (semantics.md, section 7.6).
NOT_JUDGED = (
    "gateway load balancers",
    "VPC Lattice resource configurations",
    "peering, transit and VPN",
    "Cloud Map services",
)
DOORS_NOT_JUDGED = "doors not judged: " + ", ".join(NOT_JUDGED)

Key = tuple[Name, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A listener other than the path's own that leads to one of its targets."""

    balancer: LoadBalancer
    listener: Listener
    group: TargetGroup
    targets: tuple[Target, ...]  # the shared ones that are not draining

    @property
    def title(self) -> str:
        return f"{self.balancer.name}:{self.listener.port} → {', '.join(one.title for one in self.targets)}"


def keys_of(ctx: Context, group: TargetGroup, target: Target) -> frozenset[Key]:
    """A target's port under every name that it may be registered by."""
    return frozenset((name, target.port) for name in ctx.reach.names_of(group, target))


def other_doors(ctx: Context) -> tuple[tuple[Door, ...], str]:
    """(doors, why there may be more, "" if there are none for certain). Raises UnknownFact, NotApplicable.

    Target groups of internal load balancers whose targets were not read are passed over: they are no
    door to the internet.
    """
    group = reached(ctx, ctx.here.target_group, "target group")
    mine = ctx.topology.targets.need(group.arn)
    keys = frozenset(key for target in mine if not target.draining for key in keys_of(ctx, group, target))
    doors: list[Door] = []
    doubt = _gap_text(ctx.topology.target_groups.gap)
    for other in ctx.topology.target_groups:
        found, why = _doors_of(ctx, other, keys)
        doors.extend(found)
        doubt = doubt or why
    return tuple(doors), doubt


def _gap_text(gap: Gap | None) -> str:
    return str(gap) if gap is not None else ""


def _doors_of(ctx: Context, group: TargetGroup, keys: frozenset[Key]) -> tuple[list[Door], str]:
    found: list[Door] = []
    for arn in group.load_balancer_arns:
        balancer = ctx.topology.load_balancers.peek(arn)
        if isinstance(balancer, Gap):
            return found, str(balancer)
        targets = ctx.topology.targets.peek(group.arn)
        if isinstance(targets, Gap):
            return found, "" if balancer is not None and balancer.internal else str(targets)
        shared = tuple(one for one in targets or () if not one.draining and keys_of(ctx, group, one) & keys)
        if balancer is None or not shared:
            continue
        try:
            listeners = [one for one in _listeners(ctx, balancer) if _leads_to(ctx, one, group)]
        except UnknownFact as signal:
            return found, str(signal.gap)
        found.extend(Door(balancer=balancer, listener=one, group=group, targets=shared) for one in listeners)
    return found, ""


def _listeners(ctx: Context, balancer: LoadBalancer) -> Iterator[Listener]:
    own = ctx.here.listener.arn if ctx.here.listener else ""
    for one in ctx.topology.listeners.need(balancer.arn):
        if one.arn != own:
            yield one


def _leads_to(ctx: Context, listener: Listener, group: TargetGroup) -> bool:
    """By its default action or one of its rules. Raises UnknownFact."""
    if _sends(listener.forwards, group):
        return True
    rules = ctx.topology.listener_rules.find(listener.arn) or ()
    return any(_sends(action.forwards, group) for rule in rules for action in rule.actions)


def _sends(forwards: tuple[Forward, ...], group: TargetGroup) -> bool:
    return any(one.weight > 0 and one.target_group_arn == group.arn for one in forwards)


def ways_in(ctx: Context) -> tuple[tuple[Path, Route], ...]:
    """Every deployed route of any path or other stage that ends at this path's targets, once.

    Where a stage's export was not read, the routes as edited. Raises UnknownFact, NotApplicable.
    """
    group = reached(ctx, ctx.here.target_group, "target group")
    mine = _target_keys(ctx, group)
    shared = [
        path
        for path in (*ctx.topology.paths, *ctx.topology.ways)
        if path.target_group is not None
        and (path.target_group.arn == group.arn or _target_keys(ctx, path.target_group) & mine)
    ]
    found = {
        (path.api.id if path.api else route.api_id, path.stage.key if path.stage else "", route.title): (path, route)
        for path in reversed(shared)
        for route in reversed(path.routes)
        if _deployed(ctx, path, route)
    }
    return tuple(reversed(found.values()))


def _deployed(ctx: Context, path: Path, route: Route) -> bool:
    served = served_by(ctx, path)
    return served is None or any((one.method, one.path) == (route.method, route.path) for one in served)


def served_by(ctx: Context, path: Path) -> tuple[Route, ...] | None:
    """What the path's stage serves, a domain's or not; None where that was not read."""
    if path.stage is None:
        return None
    key = path.stage.key
    return ctx.topology.served_routes.rows.get(key, ctx.topology.other_routes.rows.get(key))


def unread_ways(ctx: Context) -> Gap | None:
    """Why a stage, mapped or not, may let more in than was read, or ask for less; None where all was read."""
    known = ctx.topology
    mapped = (known.apis, known.stages, known.served_routes)
    for table in (*mapped, known.other_apis, known.other_stages, known.other_routes):
        gap = next(iter(table.gaps.values()), table.gap)
        if gap is not None:
            return gap
    return next((gap for way in known.ways if (gap := _cut_off(ctx, way)) is not None), None)


def _cut_off(ctx: Context, way: Path) -> Gap | None:
    """Why it is not known where a deployed route that asks for nothing ends; None where that is known.

    Cloud Map services are among the doors not judged.
    """
    bare = any(not route.asks and _deployed(ctx, way, route) for route in way.routes)
    gap = way.stop.gap if way.stop is not None and way.target_group is None else None
    return gap if bare and gap is not None and not gap.operation.startswith("servicediscovery:") else None


def _target_keys(ctx: Context, group: TargetGroup) -> frozenset[Key]:
    targets = ctx.topology.targets.find(group.arn) or ()
    return frozenset(key for target in targets for key in keys_of(ctx, group, target))
