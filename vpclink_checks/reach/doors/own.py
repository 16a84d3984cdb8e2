"""The backend's own addresses: who on the internet reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vpclink_checks.model.balancing import Target
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.reach.doors.certificate import Door, Entrance, Kind
from vpclink_checks.reach.doors.here import Here
from vpclink_checks.reach.doors.judged import judged, unread


def addresses_of(here: Here, targets: Iterable[Target]) -> Door:
    """The ordinary doors: a public address and a route to an internet gateway. Raises UnknownFact."""
    every = tuple(targets)
    names = ", ".join(one.id for one in every) or "no target"
    return Door(
        kind=Kind.ADDRESS,
        what="a public address",
        nothing=f"{names} has no address of its own",
        operation="ec2:DescribeNetworkInterfaces",
        entrances=tuple(one for target in every for one in _entrances(here, target)),
    )


def _entrances(here: Here, target: Target) -> Iterator[Entrance]:
    """One for each protocol."""
    if here.group_of(target).known_type == "lambda":
        return
    ports = here.ports_of(target)
    for protocol in dict.fromkeys(protocol for protocol, _ in ports):
        numbers = tuple(port for one, port in ports if one == protocol)
        name = f"{target.id} on {protocol} {' and '.join(map(str, numbers))}"
        try:
            yield from _of(here, target, numbers, protocol, name)
        except UnknownFact as signal:
            yield unread(name, signal.gap)


def _of(here: Here, target: Target, ports: tuple[int, ...], protocol: str, name: str) -> Iterator[Entrance]:
    """Raises UnknownFact."""
    shut = "has no open address"
    if here.group_of(target).target_type == "alb":
        balancer = here.topology.load_balancers.find(target.id)
        if balancer is not None:
            found = here.reach.internet_to_balancer(balancer, target.port, protocol)
            yield judged(f"load balancer {balancer.name}", found, shut=shut)
        return
    backend = here.backend(target)
    if backend is not None:
        yield judged(name, here.reach.internet(backend, ports, protocol), shut=shut)
