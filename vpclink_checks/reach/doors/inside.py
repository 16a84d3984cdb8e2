"""Who in the VPC itself reaches a backend's port, beside its load balancer: one step from whoever gets in there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.ends import End, backend_end
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.places import interface_ends
from vpclink_checks.reach.ranges import Known

_SHOWN = 3  # names that a line tells
_ASKED = 20  # targets: each is asked about with every interface of the VPC


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Interfaces of the VPC that reach one port, or may; each once."""

    port: str  # "tcp 10.0.1.20:10000"
    others: int  # how many interfaces were asked about
    reaching: tuple[NetworkInterface, ...] = ()
    doubtful: tuple[NetworkInterface, ...] = ()
    public: tuple[NetworkInterface, ...] = ()  # of those reaching: the internet reaches some port of them

    @property
    def title(self) -> str:
        """``3 of 12 other interfaces reach tcp …: i-…; the internet reaches i-… itself``."""
        told = f"{len(self.reaching)} of {self.others} other interfaces reach {self.port}{_named(self.reaching)}"
        if self.doubtful:
            told = f"{told}; of {len(self.doubtful)} more it is not known{_named(self.doubtful)}"
        if self.public:
            told = f"{told}; the internet reaches a port of {_names(self.public)} itself"
        return told


def _named(some: tuple[NetworkInterface, ...]) -> str:
    return f": {_names(some)}" if some else ""


def _names(some: tuple[NetworkInterface, ...]) -> str:
    every = list(dict.fromkeys(one.instance_id or one.id for one in some))
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def inside(here: Here, targets: Iterable[Target]) -> tuple[str, ...]:
    """A line for each port of each target, of the first ones if there are many; what was not read is a line too."""
    every = tuple(targets)
    more = (f"the same was not asked of {len(every) - _ASKED} more targets",) if len(every) > _ASKED else ()
    try:
        return (*(one.title for one in sources(here, every[:_ASKED])), *more)
    except UnknownFact as signal:
        return (f"not known: {signal.gap}",)


def sources(here: Here, targets: Iterable[Target]) -> Iterator[Inside]:
    """Who inside the VPC reaches each port of each target. Raises UnknownFact."""
    known = Known(here.topology)
    for target in targets:
        backend = here.backend(target)
        if backend is None:
            continue
        own = {one.id for one in here.interfaces_of(target)}
        every = [one for one in here.topology.interfaces.all() if one.vpc_id == backend.interface.vpc_id]
        others = [one for one in every if one.id not in own and not _balances(here, one)]
        end = backend_end(backend)
        for protocol, port in here.ports_of(target):
            found = _judged(here, known, others, end, protocol, port)
            yield Inside(
                port=f"{protocol} {backend.address}:{port}",
                others=len(others),
                reaching=tuple(found["reached"]),
                doubtful=tuple(found["unknown"]),
                public=tuple(one for one in found["reached"] if _public(here, one)),
            )


def _balances(here: Here, one: NetworkInterface) -> bool:
    """Whether it is one of the path's own load balancer."""
    balancer = here.path.load_balancer
    return balancer is not None and one.description == f"ELB {balancer.arn.partition('loadbalancer/')[2]}"


def _public(here: Here, one: NetworkInterface) -> bool:
    return any(door.packets.sure for door in here.reach.layers.from_internet(one))


def _judged(
    here: Here, known: Known, others: Iterable[NetworkInterface], end: End, protocol: str, port: int
) -> dict[str, list[NetworkInterface]]:
    """By verdict; interfaces that no rule tells apart are judged once."""
    marks = known.marks(end)
    verdicts: dict[tuple[object, ...], str] = {}
    found: dict[str, list[NetworkInterface]] = {"reached": [], "unknown": [], "blocked": []}
    for one in others:
        mine = [each for each in interface_ends(one) if each.family == end.family]
        best = "blocked"
        for each in mine:
            place = bisect_right(marks, each.addresses.ranges.first)
            key = (each.subnet_id, each.group_ids, each.filtered, place)
            if key not in verdicts:
                verdicts[key] = trace(here.topology, each, end, port, protocol).verdict
            best = min(best, verdicts[key], key=tuple(found).index)
        found[best].append(one)
    return found
