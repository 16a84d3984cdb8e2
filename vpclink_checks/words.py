"""The words that users see: hops, severities, outcomes (contract, section 1)."""

from __future__ import annotations

from enum import StrEnum

HOPS = (
    "domain",
    "api",
    "integration",
    "vpc-link",
    "load-balancer",
    "listener",
    "target-group",
    "network",
    "instance",
    "service",
    "task-definition",
    "exposure",
    "end-to-end",
)


REDACTED = "<redacted>"  # stands where a secret stood


class Severity(StrEnum):
    """How bad it is when a check does not hold; members are declared worst first."""

    BLOCKER = "blocker"
    EXPOSURE = "exposure"
    RISK = "risk"
    HYGIENE = "hygiene"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)

    def at_least(self, floor: Severity) -> bool:
        """Whether this is as bad as *floor*, or worse."""
        return self.rank <= floor.rank


class Outcome(StrEnum):
    """A check's verdict on one subject of one path; members are declared worst first."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    WAIVED = "waived"
    NOTE = "note"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    NOT_APPLICABLE = "not-applicable"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Outcome).index(self)


def hop_of(check_id: str) -> str:
    """``target-group/healthy-targets`` -> ``target-group``."""
    return check_id.partition("/")[0]


def hop_rank(hop: str) -> int:
    """The hop's place on the walk from the caller to the container; 0 is the domain."""
    return HOPS.index(hop)
