"""Waivers: which finding each one covers, and which of them cover nothing (contract, section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from vpclink_checks.report import Finding
from vpclink_checks.settings import WaiverSettings
from vpclink_checks.words import Outcome

PROBES_OFF = "probes are off"  # the whole message of a check that was not judged for want of a probe


def matches(pattern: str, name: str) -> bool:
    """Exactly, or as fnmatch has it."""
    return pattern == name or fnmatchcase(name, pattern)


def names_of(subject: str, key: str) -> tuple[str, ...]:
    """Every name by which a waiver may call a subject: id, ARN, the ARN's resource, subject_key."""
    if not subject.startswith("arn:") or subject.count(":") < 5:  # noqa: PLR2004 - arn:p:service:region:account:resource
        return subject, key
    resource = subject.split(":", 5)[5]
    return subject, key, resource, resource.partition("/")[2] or resource


def about(waiver: WaiverSettings, finding: Finding) -> bool:
    """Whether the waiver speaks of this check and this subject, expired or not."""
    names = names_of(finding.subject, finding.subject_key)
    return matches(waiver.check, finding.check) and any(matches(waiver.subject, name) for name in names if name)


def covering(waivers: Iterable[WaiverSettings], finding: Finding, today: date) -> WaiverSettings | None:
    """The waiver that covers the finding on *today*; its last day is inclusive."""
    return next((one for one in waivers if today <= one.expires and about(one, finding)), None)


def expired_for(waivers: Iterable[WaiverSettings], finding: Finding, today: date) -> WaiverSettings | None:
    """The latest waiver that would have covered the finding, had it not expired."""
    gone = [one for one in waivers if today > one.expires and about(one, finding)]
    return max(gone, key=lambda one: one.expires, default=None)


@dataclass(frozen=True, slots=True)
class Stale:
    """A waiver that fails the run, and why."""

    waiver: WaiverSettings
    reason: str
    expired: bool = False


def _undecided(waiver: WaiverSettings, finding: Finding) -> bool:
    """The waiver's check was not judged on its own subjects, so that nobody knows if it is needed."""
    whole_path = finding.outcome is Outcome.UNKNOWN and finding.subject == finding.path
    unjudged = finding.outcome is Outcome.BLOCKED or finding.message == PROBES_OFF
    return matches(waiver.check, finding.check) and (unjudged or whole_path)


def stale(waivers: Sequence[WaiverSettings], findings: Sequence[Finding], today: date) -> tuple[Stale, ...]:
    """The waivers that are expired, or that cover nothing in *findings* (a whole environment's)."""
    found: list[Stale] = []
    for waiver in waivers:
        if today > waiver.expires:
            found.append(Stale(waiver, f"expired on {waiver.expires}", expired=True))
        elif not _used(waiver, findings):
            found.append(Stale(waiver, "covers no finding"))
    return tuple(found)


def _used(waiver: WaiverSettings, findings: Sequence[Finding]) -> bool:
    covers = (finding.outcome is Outcome.WAIVED and about(waiver, finding) for finding in findings)
    return any(covers) or any(_undecided(waiver, finding) for finding in findings)
