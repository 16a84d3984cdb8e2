"""The container instances as testinfra hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vpclink_checks.api.collection import SHOWN
from vpclink_checks.api.errors import FactUnknown, NoSuchFact
from vpclink_checks.model.compute import Instance
from vpclink_checks.model.fact import UnknownFact
from vpclink_checks.model.topology import Topology
from vpclink_checks.probes.hosts import over_ssh, require

if TYPE_CHECKING:
    from testinfra.host import Host


class Hosts(Mapping[str, "Host"]):
    """``hosts[instance id]``: every running instance behind the paths, at its private address.

    Raises NoSuchFact for another id, FactUnknown where the instances were not read, CollectError without testinfra.
    """

    __slots__ = ("_topology",)

    def __init__(self, topology: Topology) -> None:
        require()
        self._topology = topology

    def __getitem__(self, instance_id: str) -> Host:
        """The host. It is connected to when first asked something."""
        found = self._running().get(instance_id)
        if found is None:
            known = ", ".join(sorted(self._running())[:SHOWN]) or "none"
            raise NoSuchFact(f"there is no running instance {instance_id!r} behind the paths; there is: {known}")
        return over_ssh(found.private_address)

    def _running(self) -> dict[str, Instance]:
        try:
            every = self._topology.instances.all()
        except UnknownFact as signal:
            raise FactUnknown(f"not every instance is known: {signal.gap}") from None
        return {one.id: one for one in every if one.state == "running" and one.private_address}

    def __iter__(self) -> Iterator[str]:
        return iter(self._running())

    def __len__(self) -> int:
        return len(self._running())

    def __repr__(self) -> str:
        return f"<hosts: {', '.join(self._topology.instances.rows) or 'none'}>"
