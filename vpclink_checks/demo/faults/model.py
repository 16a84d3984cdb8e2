"""What a fault is: what it changes in the facts and on the wire, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vpclink_checks.demo.overlay import Change
from vpclink_checks.demo.wire import Plane

Subjects = Mapping[str, tuple[str, ...]]  # check id -> subject keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is broken. ``id`` and ``hop`` are those of the fault catalogue.

    ``fails`` and ``unknowns`` are every finding with that outcome, no other may have it; ``notes`` must
    be among the notes.
    """

    id: str
    hop: str
    title: str
    changes: tuple[Change, ...] = ()
    plane: Plane = field(default_factory=Plane)
    fails: Subjects = field(default_factory=dict)
    unknowns: Subjects = field(default_factory=dict)
    notes: Subjects = field(default_factory=dict)
