"""Who can reach what: the one interface through which checks ask about packets."""

from __future__ import annotations

from vpclink_checks.model.topology import Topology


class Reach:
    """Answers over one topology; computed once and cached."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
