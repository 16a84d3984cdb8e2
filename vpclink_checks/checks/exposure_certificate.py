"""The certificate of a backend in short: every door as one row of evidence, and those that are not judged."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.network_dynamic import dynamic_ports
from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.doors.certificate import DOORS_NOT_JUDGED, Door, ExposureCertificate, Kind, State
from vpclink_checks.reach.exposure import doors
from vpclink_checks.reach.sets import Ranges
from vpclink_checks.report import Evidence

_NOT_SHUT = {State.OPEN: "open", State.RESTRICTED: "open to some", State.UNKNOWN: "not known", State.LATERAL: "lateral"}


def certificate_of(ctx: Context, target: Target) -> ExposureCertificate:
    """Every door to this target."""
    try:
        dynamic = dynamic_ports(ctx)
    except UnknownFact:
        dynamic = Ranges()
    return doors(ctx.reach, ctx.here, target, dynamic=dynamic)


def beside_it(ctx: Context, target: Target) -> tuple[str, tuple[Evidence, ...]]:
    """(the other doors in one clause, a row for each door)."""
    every = certificate_of(ctx, target).doors
    others = [one for one in every if one.kind is not Kind.ADDRESS]
    told = [f"{word}: {_listed(mine)}" for state, word in _NOT_SHUT.items() if (mine := _in(others, state))]
    shut = f"{len(_in(others, State.SHUT))} other doors are shut"
    return "; ".join((shut, *told, DOORS_NOT_JUDGED)), tuple(one.evidence for one in every)


def _in(some: Iterable[Door], state: State) -> list[Door]:
    return [one for one in some if one.state is state]


def _listed(some: Iterable[Door]) -> str:
    return ", ".join(one.kind for one in some)
