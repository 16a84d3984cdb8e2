"""Judge a catalogue over one topology: which verdicts gate, which are blocked, waived or refuted.

Pure: the same facts, settings and day give the same findings. An exception that is not one of the
two signals (UnknownFact, NotApplicable) is a bug of a check: it rises, and never becomes a pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from vpclink_checks.checks.catalogue import Check, Context, NotApplicable, Subject, by_needs, catalogue
from vpclink_checks.checks.verdict import Verdict, from_gap, not_applicable, unknown
from vpclink_checks.checks.waivers import PROBES_OFF, covering, expired_for, matches
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.report import Evidence, Finding, Fix, WaiverNote
from vpclink_checks.settings import WaiverSettings
from vpclink_checks.words import Outcome, Severity

Answered = Callable[[Context, Path], bool]
MAY_GATE = (Outcome.FAIL, Outcome.UNKNOWN)  # a waiver may cover these as well
DENIED = ("AccessDenied", "Unauthorized", "Forbidden")
FIELD_UNREAD = "FieldNotInModel"  # the code of its gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What makes a verdict gate. ``unknown`` is "fail" or "warn"; ``today`` is for waivers alone.

    ``severity`` maps check ids or fnmatch patterns to the severity that holds here.
    """

    today: date
    fail_on: Severity = Severity.RISK
    unknown: str = "fail"
    severity: Mapping[str, Severity] = field(default_factory=dict)
    waivers: tuple[WaiverSettings, ...] = ()

    def severity_of(self, check: Check, verdict: Verdict | None = None) -> Severity:
        """What the config says (an exact id wins, then the longest pattern), the verdict, the check."""
        fits = [pattern for pattern in self.severity if matches(pattern, check.id)]
        best = max(fits, key=lambda pattern: (pattern == check.id, len(pattern)), default=None)
        if best is not None:
            return self.severity[best]
        return verdict.severity if verdict and verdict.severity else check.severity


def _never(_context: Context, _path: Path) -> bool:
    return False


def judge(
    context: Context,
    rules: Rules,
    *,
    checks: Sequence[Check] | None = None,
    answered: Answered = _never,
) -> tuple[Finding, ...]:
    """Every finding of *checks* (default: the whole catalogue), check by check, path by path.

    *context* has no path; each path of its topology is judged. *answered* tells whether a probe of
    a path was answered by its backend, which refutes a refutable check that fails on every subject.
    A bare file meets only the checks that a file can answer.
    """
    return Judging(context, rules, checks=checks, answered=answered).all()


class Judging:
    """One judging of one topology: each check is judged when first asked for, and once."""

    def __init__(
        self,
        context: Context,
        rules: Rules,
        *,
        checks: Sequence[Check] | None = None,
        answered: Answered = _never,
    ) -> None:
        every = catalogue() if checks is None else tuple(checks)
        self.checks = {one.id: one for one in every if one.file or not context.bare_file}
        self._context, self._rules, self._answered = context, rules, answered
        self._found: dict[tuple[str, int], tuple[Finding, ...]] = {}
        by_needs(replace(one, needs=self._needs(one)) for one in self.checks.values())  # refuses rings

    def all(self) -> tuple[Finding, ...]:
        """The findings of every check, in the order of the catalogue."""
        return tuple(finding for check_id in self.checks for finding in self.of(check_id))

    def of(self, check_id: str) -> tuple[Finding, ...]:
        """The findings of one check over all paths; never empty. Raises KeyError for no such check."""
        check = self.checks[check_id]
        paths: tuple[Path | None, ...] = self._context.topology.paths
        if check.scope == "environment":
            paths = (None,)
        found = tuple(finding for path in paths for finding in self._on(check, path))
        return found or (self._whole(check, None, not_applicable("no path was found")),)

    def _needs(self, check: Check) -> tuple[str, ...]:
        return tuple(need for need in check.needs if need in self.checks)

    def _on(self, check: Check, path: Path | None) -> tuple[Finding, ...]:
        key = (check.id, id(path))  # a Path holds mappings, so that it has no hash
        if key not in self._found:
            self._found[key] = self._fresh(check, path)
        return self._found[key]

    def _fresh(self, check: Check, path: Path | None) -> tuple[Finding, ...]:
        """Not asked for, out of reach, blocked, or judged: in this order."""
        if check.probe and not self._context.probes_on:
            return (self._whole(check, path, not_applicable(PROBES_OFF)),)
        if path is not None and path.stop is not None and _behind(path, check) and not check.always:
            return (self._beyond(check, path, path.stop),)
        needs = (need for need in self._needs(check) if path is None or not _behind(path, self.checks[need]))
        blocker = next((root for need in needs if (root := self._blocker(need, path))), None)
        if blocker is not None:
            return (self._blocked(check, path, blocker),)
        return self._judged(check, replace(self._context, path=path))

    def _beyond(self, check: Check, path: Path, stop: Stop) -> Finding:
        """What lies behind the place where the path stops.

        What could not be read is said once: by the check in front of the stop that needed it, else by
        the first behind it. All others wait for that one.
        """
        if stop.gap is not None:
            teller = self._teller(path, stop.gap)
            if teller != check.id and (blocker := self._blocker(teller, path)):
                return self._blocked(check, path, blocker)
            verdict = unknown(f"the path stops at {stop.hop}: {stop.reason}: {stop.gap}")
            return self._whole(check, path, verdict, stop.gap)
        if stop.check in self.checks and (blocker := self._blocker(stop.check, path)):
            return self._blocked(check, path, blocker)
        return self._whole(check, path, not_applicable(f"the path ends at {stop.hop}: {stop.reason}"))

    def _teller(self, path: Path, gap: Gap) -> str:
        """The check that says that this could not be read, so that the path stops."""
        judged = [one for one in self.checks.values() if one.scope != "environment" and not one.probe]
        front = (one for one in judged if not _behind(path, one))
        telling = (one.id for one in front if any(_tells(finding, gap) for finding in self._on(one, path)))
        return next(telling, "") or next(one.id for one in judged if _behind(path, one) and not one.always)

    def _blocker(self, need: str, path: Path | None) -> str | None:
        """The check that blocks whoever needs *need* here: itself if it gates, or what blocked it.

        A check of the whole environment is held up by one of paths if that gates on all of them.
        """
        check = self.checks[need]
        if check.scope == "environment":
            return _root(self._on(check, None))
        if path is not None:
            return _root(self._on(check, path))
        roots = [_root(self._on(check, one)) for one in self._context.topology.paths]
        return roots[0] if roots and all(roots) else None

    def _judged(self, check: Check, context: Context) -> tuple[Finding, ...]:
        """The check's own verdict on each of its subjects."""
        try:
            subjects = tuple(check.subjects(context))
        except UnknownFact as signal:
            return (self._whole(check, context.path, from_gap(signal.gap), signal.gap),)
        except NotApplicable as signal:
            return (self._whole(check, context.path, not_applicable(str(signal))),)
        if not subjects:
            return (self._whole(check, context.path, not_applicable(f"there is nothing to judge: {check.title}")),)
        verdicts = [(subject, *_verdict(check, context, subject)) for subject in subjects]
        if self._refuted(check, context, [verdict for _, verdict, _ in verdicts]):
            verdicts = [(subject, _refuted(verdict), gap) for subject, verdict, gap in verdicts]
        return tuple(self._finding(check, context.path, *one) for one in verdicts)

    def _refuted(self, check: Check, context: Context, verdicts: Sequence[Verdict]) -> bool:
        if not check.refutable or context.path is None or not context.probes_on:
            return False
        failed = all(verdict.outcome is Outcome.FAIL for verdict in verdicts)
        return failed and self._answered(context, context.path)

    def _whole(self, check: Check, path: Path | None, verdict: Verdict, gap: Gap | None = None) -> Finding:
        """One finding for the whole path (or environment), where no subject could be named."""
        name = path.id if path is not None else self._context.settings.name
        return self._finding(check, path, Subject(name, name, None), verdict, gap)

    def _blocked(self, check: Check, path: Path | None, blocker: str) -> Finding:
        scope = None if self.checks[blocker].scope == "environment" else path
        first = next((one for one in self._on(self.checks[blocker], scope) if one.gates), None)
        because = f": {first.message}" if first else ""
        verdict = Verdict(outcome=Outcome.BLOCKED, message=f"{blocker} does not hold here{because}")
        return replace(self._whole(check, path, verdict), blocked_by=blocker)

    def _finding(
        self, check: Check, path: Path | None, subject: Subject[Any], verdict: Verdict, gap: Gap | None = None
    ) -> Finding:
        path_id = path.id if path is not None else None
        bare = Finding(
            check=check.id,
            hop=check.hop,
            outcome=verdict.outcome,
            severity=self._rules.severity_of(check, verdict),
            gates=False,
            path=path_id,
            subject=subject.id,
            subject_key=subject.key,
            fingerprint=fingerprint(check.id, path_id, subject.key),
            expected=check.title,
            message=verdict.message,
            evidence=verdict.evidence,
            witness=verdict.witness,
            fix=verdict.fix or _default_fix(check, verdict, gap),
            location=verdict.location or subject.location,
        )
        return gated(bare, self._rules)


def _behind(path: Path, check: Check) -> bool:
    """Whether the path stops before this check; the check that explains the stop never lies behind it.

    What lies in front of a stop looks at nothing behind it, so that asking around ends.
    """
    return path.stop is not None and path.stops_before(check.hop) and check.id != path.stop.check


def _tells(finding: Finding, gap: Gap) -> bool:
    """Whether this is about what could not be read, and holds up what needs it."""
    named = (one.operation for one in finding.evidence if one.field == "error")
    return finding.outcome is Outcome.UNKNOWN and finding.gates and gap.operation in named


def _verdict(check: Check, context: Context, subject: Subject[Any]) -> tuple[Verdict, Gap | None]:
    try:
        return check.judge(context, subject.value), None
    except UnknownFact as signal:
        return from_gap(signal.gap), signal.gap
    except NotApplicable as signal:
        return not_applicable(str(signal)), None


def _root(findings: Sequence[Finding]) -> str | None:
    """The check behind which these findings hold up what needs them, if they do.

    A botocore older than a field says nothing about the path: what needs the check is judged on its own facts.
    """
    if any(one.gates and not _field_unread(one) for one in findings):
        return findings[0].check
    return next((one.blocked_by for one in findings if one.outcome is Outcome.BLOCKED), None)


def _field_unread(finding: Finding) -> bool:
    return finding.outcome is Outcome.UNKNOWN and _too_old(finding.evidence)


def _too_old(evidence: Sequence[Evidence]) -> bool:
    """Whether botocore was too old to read this."""
    return any(one.field == "error" and one.value == FIELD_UNREAD for one in evidence)


def _refuted(verdict: Verdict) -> Verdict:
    message = f"the model disagrees with the probe: the backend answered over this path, and yet {verdict.message}"
    return replace(verdict, outcome=Outcome.UNKNOWN, message=message, fix=None)


def _default_fix(check: Check, verdict: Verdict, gap: Gap | None) -> Fix | None:
    if verdict.outcome not in MAY_GATE:
        return None
    if _too_old(verdict.evidence) or (gap is not None and gap.code == FIELD_UNREAD):
        return Fix("Upgrade boto3: the one that is installed does not know all that AWS answers here.")
    if gap is not None and gap.action and any(word in gap.code for word in DENIED):
        return Fix(f"Allow {gap.action} to the identity that runs the checks, then run again.")
    return check.fix


def gated(finding: Finding, rules: Rules) -> Finding:
    """The same finding with its last word: waived, gating, or why it does not gate."""
    if finding.outcome not in MAY_GATE:
        return replace(finding, why_not=_never_gates(finding))
    if waiver := covering(rules.waivers, finding, rules.today):
        note = WaiverNote(waiver.reason, waiver.expires)
        why_not = f"waived until {waiver.expires}: {waiver.reason}"
        return replace(finding, outcome=Outcome.WAIVED, waiver=note, why_not=why_not)
    if gone := expired_for(rules.waivers, finding, rules.today):
        finding = replace(finding, message=f"{finding.message} (its waiver expired on {gone.expires})")
    lenient = _lenient(finding, rules)
    return replace(finding, gates=lenient is None, why_not=lenient)


def _never_gates(finding: Finding) -> str:
    return {
        Outcome.BLOCKED: "another finding on this path comes first",
        Outcome.NOTE: "a note never gates",
        Outcome.PASS: "it holds",
        Outcome.NOT_APPLICABLE: "it does not apply here",
    }[finding.outcome]


def _lenient(finding: Finding, rules: Rules) -> str | None:
    """Why a fail or an unknown does not gate under these rules; None where it does."""
    if finding.outcome is Outcome.UNKNOWN:
        return None if rules.unknown == "fail" else "an unknown only warns here"
    if finding.severity.at_least(rules.fail_on):
        return None
    return f"severity {finding.severity} is below fail-on {rules.fail_on}"


def fingerprint(check_id: str, path_id: str | None, subject_key: str) -> str:
    """16 hex digits that stay the same from run to run, and when the subject is replaced."""
    text = "\0".join((check_id, path_id or "", subject_key))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
