"""Which private address has which public one, and the other way round: looked up, not searched for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from vpclink_checks.model.network import NetworkInterface
from vpclink_checks.model.topology import Topology


@dataclass(frozen=True, slots=True)
class Mapped:
    """The public addresses of interfaces and NAT gateways.

    ``outside``: by VPC, the public IPv4 address of each private one that has one. ``inside``: the interface that has
    this public address (IPv4 or IPv6), with its own address that it stands for. ``prefixes``: the interfaces with
    delegated IPv6 prefixes, whose addresses are public ones as well.
    """

    outside: Mapping[str, Mapping[str, str]]
    inside: Mapping[str, tuple[NetworkInterface, str]]
    prefixes: tuple[NetworkInterface, ...]

    def at(self, public: str) -> tuple[NetworkInterface, str] | None:
        """The interface that has this public address, and its own address that it stands for."""
        found = self.inside.get(public)
        return found or next(((one, public) for one in self.prefixes if one.carries(public)), None)


class _Same:
    """A topology as a key: itself and no equal one."""

    __slots__ = ("topology",)

    def __init__(self, topology: Topology) -> None:
        self.topology = topology

    def __hash__(self) -> int:
        return id(self.topology)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.topology is self.topology


def mapped(topology: Topology) -> Mapped:
    """Worked out once for each topology."""
    return _of(_Same(topology))


@lru_cache(maxsize=2)
def _of(key: _Same) -> Mapped:
    topology = key.topology
    outside: dict[str, dict[str, str]] = {}
    inside: dict[str, tuple[NetworkInterface, str]] = {}
    for one in topology.interfaces:
        inside.update((six, (one, six)) for six in one.ipv6)
        for pair in one.addresses:
            if pair.public:
                inside.setdefault(pair.public, (one, pair.address))
                outside.setdefault(one.vpc_id, {})[pair.address] = pair.public
    for gateway in topology.nat_gateways:
        pairs = {own: public for own, public in gateway.addresses if own and public}
        outside.setdefault(gateway.vpc_id, {}).update(pairs)
    prefixes = tuple(one for one in topology.interfaces if any(":" in prefix for prefix in one.prefixes))
    return Mapped(outside, inside, prefixes)
