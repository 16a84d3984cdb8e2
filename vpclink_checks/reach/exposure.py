"""Every door of a path's backends: who beside the path gets in, or what keeps each of them shut."""

from __future__ import annotations

from collections.abc import Callable

from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.path import Path
from vpclink_checks.reach.doors import (
    accelerators,
    apis,
    balancers,
    cloudfront,
    ecs,
    lateral,
    own,
    policies,
    private_link,
)
from vpclink_checks.reach.doors.certificate import Door, ExposureCertificate, Kind
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.doors.inside import inside as sources_inside
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.sets import Ranges

_NONE = Ranges()


def here_of(reach: Reach, path: Path) -> Here:
    """What doors ask about this path, shared by all who ask. Raises LookupError where it has no target group."""
    if path.target_group is None:
        raise LookupError("the path ends before its target group")
    key = ("here", path.id, path.target_group.arn, path.listener.arn if path.listener is not None else "")
    found = reach.shared.get(key)
    if not isinstance(found, Here):
        found = reach.shared[key] = Here(reach, path)
    return found


def doors(
    reach: Reach, path: Path, target: Target | None = None, *, dynamic: Ranges = _NONE, inside: bool = False
) -> ExposureCertificate:
    """Every door of semantics.md, section 7.6, to this target, or to every registered one of the path.

    *dynamic*: host ports that any task may get tomorrow. *inside*: also who in the VPC itself gets there. What
    could not be read makes a door unknown. Raises LookupError where the path has no target group.
    """
    here = here_of(reach, path)

    def mine() -> tuple[Target, ...]:
        return (target,) if target is not None else here.every

    found = (
        _known(Kind.ADDRESS, lambda: own.addresses_of(here, mine())),
        _beside(here, dynamic),
        _known(Kind.PEERING, lambda: _lateral(here, mine())),
    )
    return ExposureCertificate(
        backend=target.title if target is not None else path.title,
        port=_port(mine),
        doors=tuple(door for some in found for door in some),
        inside=_inside(here, mine) if inside else (),
    )


def _beside(here: Here, dynamic: Ranges) -> tuple[Door, ...]:
    """The doors that all targets of the path share, judged once."""
    key = ("beside", id(here), dynamic)
    found = here.reach.shared.get(key)
    if not isinstance(found, tuple):
        every = _makers(here, dynamic).items()
        found = here.reach.shared[key] = tuple(
            door
            for kind, make in every
            for door in _known(kind, lambda make=make: (make(),))  # type: ignore[misc]
        )
    return found


def _makers(here: Here, dynamic: Ranges) -> dict[Kind, Callable[[], Door | tuple[Door, ...]]]:
    """Each door in the order of semantics.md, section 7.6; lateral ones last."""
    return {
        Kind.BALANCER: lambda: balancers.facing(here),
        Kind.IPV6: lambda: balancers.over_ipv6(here),
        Kind.OTHER_BALANCER: lambda: balancers.others(here),
        Kind.CLASSIC: lambda: balancers.classic(here, dynamic),
        Kind.ACCELERATOR: lambda: accelerators.accelerated(here),
        Kind.CLOUDFRONT: lambda: cloudfront.origins(here),
        Kind.ECS: lambda: ecs.published(here.topology, *ecs.services_of(here.topology, here.path)),
        Kind.VERIFIED_ACCESS: lambda: policies.verified(here),
        Kind.API: lambda: apis.others(here),
        Kind.EXECUTE_API: lambda: apis.default_endpoint(here),
        Kind.ENDPOINT_SERVICE: lambda: private_link.services(here),
        Kind.LATTICE: lambda: policies.lattice(here),
    }


def _known(kind: Kind, make: Callable[[], Door | tuple[Door, ...]]) -> tuple[Door, ...]:
    """The doors, or this one as unknown where a fact that all of it hangs on could not be read."""
    try:
        found = make()
    except UnknownFact as signal:
        what = f"a way by {kind}"
        return (Door(kind=kind, what=what, nothing="", operation=signal.gap.operation, gap=signal.gap),)
    return found if isinstance(found, tuple) else (found,)


def _port(targets: Callable[[], tuple[Target, ...]]) -> int:
    try:
        return next((one.port for one in targets()), 0)
    except UnknownFact:
        return 0


def _inside(here: Here, targets: Callable[[], tuple[Target, ...]]) -> tuple[str, ...]:
    try:
        return sources_inside(here, targets())
    except UnknownFact as signal:
        return (f"not known: {signal.gap}",)


def _lateral(here: Here, targets: tuple[Target, ...]) -> tuple[Door, ...]:
    if here.group.known_type == "lambda":
        return ()
    asked = ((here.interfaces_of(one), here.ports_of(one)) for one in targets)
    return lateral.doors(here.topology, asked, here.balancer_addresses)
