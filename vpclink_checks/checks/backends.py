"""Subjects of the network and exposure hops: legs to targets, and the backends behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.checks.balancing import in_service, zone_of
from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject
from vpclink_checks.checks.subjects import reached
from vpclink_checks.model.backend import Backend
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.path import Path
from vpclink_checks.reach.doors.here import Port
from vpclink_checks.reach.exposure import here_of
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.reach.legs import Leg


def backend_name(path: Path) -> str:
    """``service/container:port``, which outlives instances; the path's id where no service was found."""
    if path.service is None:
        return path.id
    return f"{path.service.name}/{path.container_name}:{path.container_port}"


def leg_subjects(ctx: Context) -> tuple[Subject[Leg], ...]:
    """Each (zone of the load balancer, target) that packets go between. Raises UnknownFact, NotApplicable."""
    reached(ctx, ctx.here.load_balancer, "load balancer")
    group = reached(ctx, ctx.here.target_group, "target group")
    if group.known_type == "lambda":
        raise NotApplicable("the target is a Lambda function: no packets go to it")
    found = ctx.reach.legs(ctx.here)
    if not found:
        raise NotApplicable("the load balancer sends packets to no target: none is registered in its zones")
    return tuple(_leg_subject(ctx, leg) for leg in found)


def _leg_subject(ctx: Context, leg: Leg) -> Subject[Leg]:
    where = zone_of(ctx, leg.target) or leg.target.id
    return Subject(leg.target.id, f"{leg.zone.name} → {backend_name(ctx.here)} in {where}", leg)


def target_subjects(ctx: Context) -> tuple[Subject[Target], ...]:
    """Each target in service that has an address, once; behind an ALB its targets.

    Raises UnknownFact, NotApplicable.
    """
    group = reached(ctx, ctx.here.target_group, "target group")
    if group.known_type == "lambda":
        raise NotApplicable(f"the targets are of type {group.target_type}")
    in_service(ctx)
    name, ends = backend_name(ctx.here), here_of(ctx.reach, ctx.here).ends
    if not ends:
        raise NotApplicable(f"the targets are of type {group.target_type}, and nothing with an address is behind them")
    return tuple(Subject(one.id, f"{name} in {zone_of(ctx, one) or one.id}", one) for one in ends)


def backend_at(ctx: Context, target: Target) -> Backend:
    """The target's backend. Raises UnknownFact, and NotApplicable where it is gone."""
    reached(ctx, ctx.here.load_balancer, "load balancer")
    found = here_of(ctx.reach, ctx.here).backend(target)
    if found is None:
        raise NotApplicable(f"{target.id} does not exist any more")
    return found


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports on which a target's container may be reached, (protocol, number), the registered one first."""

    every: tuple[Port, ...]

    @property
    def title(self) -> str:
        """``tcp 10000 and 10001``, ``tcp 53, udp 53``."""
        return ", ".join(f"{name} {' and '.join(map(str, self.of(name)))}" for name in self.protocols)

    @property
    def protocols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(protocol for protocol, _ in self.every))

    def of(self, protocol: str) -> tuple[int, ...]:
        return tuple(port for one, port in self.every if one == protocol)


def ports_of(ctx: Context, target: Target) -> Ports:
    """The registered port by the target group's protocol, and every other fixed host port of the same container."""
    return Ports(here_of(ctx.reach, ctx.here).ports_of(target))


def internet_of(ctx: Context, target: Target) -> Exposure:
    """The ordinary doors of a target on its container's ports. Raises UnknownFact, NotApplicable."""
    backend, ports = backend_at(ctx, target), ports_of(ctx, target)
    found = [ctx.reach.internet(backend, ports.of(protocol), protocol) for protocol in ports.protocols]
    return replace(found[0], doors=tuple(door for one in found for door in one.doors))
