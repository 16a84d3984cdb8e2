"""What is said of a backend's doors: each with its sources and a witness, or with what shuts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from vpclink_checks.model.fact import Gap
from vpclink_checks.reach.bounds import Bounds
from vpclink_checks.reach.internet import Exposure
from vpclink_checks.report import Evidence, Witness

# Contract: a door that is not judged is named, never silently claimed shut (semantics.md, section 7.6).
NOT_JUDGED = ("gateway load balancers", "VPC Lattice resource configurations", "Cloud Map services")
DOORS_NOT_JUDGED = "doors not judged: " + ", ".join(NOT_JUDGED)
_SHOWN = 4  # entrances that a line tells
_NO_SERVICE = "NotInPartition"


class Kind(StrEnum):
    """A kind of door, in words for people."""

    ADDRESS = "own addresses"
    BALANCER = "the path's load balancer"
    IPV6 = "the path's internal load balancer over IPv6"
    OTHER_BALANCER = "other load balancers and listeners"
    CLASSIC = "classic load balancers"
    ACCELERATOR = "Global Accelerator"
    CLOUDFRONT = "CloudFront VPC origins"
    ECS = "ECS gateways and Express services"
    VERIFIED_ACCESS = "Verified Access"
    API = "other APIs, stages and domains"
    EXECUTE_API = "the API's default endpoint"
    ENDPOINT_SERVICE = "VPC endpoint services"
    LATTICE = "VPC Lattice"
    PEERING = "VPC peering"
    TRANSIT = "transit gateways"
    VPN = "VPN and Direct Connect"
    APPLIANCE = "appliances and other gateways"

    @property
    def lateral(self) -> bool:
        """Whether what comes this way comes from other networks and accounts, and not from the internet."""
        return self in _LATERAL


_LATERAL = (Kind.ENDPOINT_SERVICE, Kind.LATTICE, Kind.PEERING, Kind.TRANSIT, Kind.VPN, Kind.APPLIANCE)


class State(StrEnum):
    """How a door stands."""

    OPEN = "open"  # to the internet at large
    RESTRICTED = "restricted"  # to some public sources: at most 65,536 IPv4 addresses or an IPv6 /40
    UNKNOWN = "unknown"
    LATERAL = "lateral"  # to other networks or accounts
    NOT_JUDGED = "not judged"
    SHUT = "shut"


_WORST_FIRST = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """One thing that leads to the backend, or may: an address, a listener, an accelerator's endpoint, a route.

    ``text`` says who comes in and why, what shuts it, or why that is not known. ``sources``: a set for each
    address family and port that was judged. ``everybody``: any AWS account gets in by a lateral one. ``policy``: one of
    its own, which is not read, decides who gets in.
    """

    name: str
    state: State
    text: str
    sources: tuple[Bounds, ...] = ()
    witness: Witness | None = None
    evidence: Evidence | None = None
    packets: Exposure | None = None
    gap: Gap | None = None
    everybody: bool = False
    policy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """All entrances of one kind.

    ``gap``: why there may be more of them than were seen; ``what`` names one ("a classic load balancer");
    ``nothing`` certifies that there is none; ``operation`` is the call that told.
    """

    kind: Kind
    what: str
    nothing: str
    operation: str
    entrances: tuple[Entrance, ...] = ()
    gap: Gap | None = None

    @property
    def worst(self) -> Entrance | None:
        """The entrance that stands worst."""
        return min(self.entrances, key=lambda one: _WORST_FIRST.index(one.state), default=None)

    @property
    def state(self) -> State:
        """That of its worst entrance; unknown where another may stand worse."""
        found = self.worst.state if self.worst is not None else State.SHUT
        if self.more is None or _WORST_FIRST.index(found) < _WORST_FIRST.index(State.UNKNOWN):
            return found
        return State.UNKNOWN

    @property
    def more(self) -> Gap | None:
        """Why there may be more; nothing where AWS has no such service."""
        return self.gap if self.gap is not None and self.gap.code != _NO_SERVICE else None

    @property
    def text(self) -> str:
        """Why it stands as it does, as one clause; ``entrances`` hold all of it."""
        if self.gap is not None and self.more is None:
            return self.gap.message
        told = list(dict.fromkeys(one.text for one in self.entrances if one.state is self.state))
        if len(told) > _SHOWN:
            told = [*told[:_SHOWN], f"and {len(told) - _SHOWN} more alike"]
        if self.more is not None and (self.state is State.UNKNOWN or not told):
            told.append(f"whether {self.what} leads here is not known: {self.more}")
        return "; ".join(told) or self.nothing

    @property
    def title(self) -> str:
        """``Global Accelerator: shut (no accelerator of this account leads to …)``."""
        return f"{self.kind}: {self.state} ({self.text})"

    @property
    def sources(self) -> tuple[Bounds, ...]:
        """Who comes in, entrance by entrance."""
        return tuple(found for one in self.entrances for found in one.sources)

    @property
    def witness(self) -> Witness | None:
        """A packet that gets in, with every rule on its way."""
        return next((one.witness for one in self.entrances if one.witness is not None), None)

    @property
    def evidence(self) -> Evidence:
        """The door as one row."""
        return Evidence(self.operation, f"door: {self.kind}", f"{self.state}: {self.text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureCertificate:
    """Every door of one backend, or of all backends of a path.

    ``inside``: who in the VPC itself reaches it, beside the load balancer. ``not_judged`` are kinds of doors
    about which nothing is claimed. ``port`` is the first target's registered one; 0 where there is none.
    """

    backend: str
    port: int = 0
    doors: tuple[Door, ...]
    inside: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = field(default=NOT_JUDGED)

    def __bool__(self) -> bool:
        raise TypeError("a certificate is reached, blocked or unknown: ask for .verdict")

    @property
    def public(self) -> tuple[Door, ...]:
        """The doors that lead to the internet, where they are open."""
        return tuple(one for one in self.doors if not one.kind.lateral)

    @property
    def verdict(self) -> str:
        """Of the internet: ``reached`` by one open door, ``blocked`` if every judged one is shut, else ``unknown``."""
        states = {one.state for one in self.public}
        if states & {State.OPEN, State.RESTRICTED}:
            return "reached"
        return "unknown" if State.UNKNOWN in states else "blocked"

    @property
    def lateral(self) -> tuple[Door, ...]:
        """The doors to other networks and accounts that let somebody in."""
        return tuple(one for one in self.doors if one.kind.lateral and one.state is State.LATERAL)

    def door(self, kind: str) -> Door:
        """The door of this kind, in words. Raises LookupError where it was not asked about."""
        found = next((one for one in self.doors if one.kind == kind), None)
        if found is None:
            raise LookupError(f"no door of this kind was judged: {kind}")
        return found

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each door, for whoever inside gets there, and for what is not judged."""
        told = [one.title for one in self.doors]
        return (*told, *(f"inside the VPC: {one}" for one in self.inside), f"not judged: {', '.join(self.not_judged)}")
