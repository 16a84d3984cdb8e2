"""Judging, with tiny made-up checks: needs, stops, gating, waivers, refutation, fingerprints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.healthy import PATH_API, PATH_STATUS, healthy
from vpclink_checks.checks.catalogue import Check, Context, NotApplicable, Subject
from vpclink_checks.checks.judging import Rules, fingerprint, judge
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, not_applicable, noted, passed, unknown
from vpclink_checks.checks.waivers import stale
from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import Finding, Fix, Location, WaiverNote
from vpclink_checks.settings import EnvSettings, WaiverSettings
from vpclink_checks.words import Outcome, Severity

TODAY = date(2026, 11, 2)
FIX = Fix("Mend it.")
DENIED = Gap(
    operation="elbv2:DescribeTargetHealth",
    action="elasticloadbalancing:DescribeTargetHealth",
    code="AccessDeniedException",
)
OTHER = replace(DENIED, operation="acm:DescribeCertificate", action="acm:DescribeCertificate")


def one_subject(context: Context) -> list[Subject[str]]:
    name = context.path.container_name if context.path else "environment"
    return [Subject(f"id-{name}", f"key-{name}", name)]


def say(verdict: Verdict) -> Callable[[Context, Any], Verdict]:
    return lambda context, value: verdict


def make(check_id: str, verdict: Verdict | Callable[[Context, Any], Verdict], **more: Any) -> Check:
    judge_it = say(verdict) if isinstance(verdict, Verdict) else verdict
    facts: dict[str, Any] = {"severity": Severity.RISK, "subjects": one_subject, "judge": judge_it}
    return Check(id=check_id, title=f"{check_id} holds", why="", fix=FIX, source="", **{**facts, **more})


def context(*paths: Path, **more: Any) -> Context:
    topology = healthy(paths=paths or (PATH_API,))
    settings = EnvSettings(name="prod")
    return Context(
        topology=topology, settings=settings, reach=Reach(topology), now=datetime(2026, 11, 2, tzinfo=UTC), **more
    )


def run(checks: Sequence[Check], where: Context | None = None, answered: bool = False, **rules: Any) -> list[Finding]:
    found = judge(
        where or context(), Rules(today=TODAY, **rules), checks=checks, answered=lambda _context, _path: answered
    )
    return list(found)


def shape(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.check, str(one.outcome)) for one in findings]


@pytest.mark.parametrize(
    ("verdict", "severity", "rules", "gates", "why_not"),
    [
        (failed("x"), Severity.BLOCKER, {}, True, None),
        (failed("x"), Severity.RISK, {}, True, None),
        (failed("x"), Severity.HYGIENE, {}, False, "severity hygiene is below fail-on risk"),
        (failed("x"), Severity.HYGIENE, {"fail_on": Severity.HYGIENE}, True, None),
        (failed("x"), Severity.EXPOSURE, {"fail_on": Severity.BLOCKER}, False, "is below fail-on blocker"),
        (unknown("x"), Severity.BLOCKER, {}, True, None),
        (unknown("x"), Severity.HYGIENE, {}, True, None),
        (unknown("x"), Severity.BLOCKER, {"unknown": "warn"}, False, "an unknown only warns here"),
        (noted("x"), Severity.BLOCKER, {}, False, "a note never gates"),
        (passed("x"), Severity.BLOCKER, {}, False, "it holds"),
        (not_applicable("x"), Severity.BLOCKER, {}, False, "it does not apply here"),
    ],
)
def test_what_gates(
    verdict: Verdict, severity: Severity, rules: dict[str, Any], gates: bool, why_not: str | None
) -> None:
    (finding,) = run([make("api/a", verdict, severity=severity)], **rules)
    assert (finding.gates, finding.outcome) == (gates, verdict.outcome)
    assert finding.why_not is None if why_not is None else why_not in str(finding.why_not)


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({}, "risk"),
        ({"api/named": Severity.HYGIENE}, "hygiene"),
        ({"api/*": Severity.HYGIENE, "*": Severity.BLOCKER}, "hygiene"),
        ({"api/*": Severity.HYGIENE, "api/named": Severity.EXPOSURE}, "exposure"),
        ({"api/nam*": Severity.BLOCKER, "api/*": Severity.HYGIENE}, "blocker"),
        ({"domain/*": Severity.HYGIENE}, "risk"),
    ],
)
def test_the_most_specific_severity_wins(configured: dict[str, Severity], expected: str) -> None:
    (finding,) = run([make("api/named", failed("x"))], severity=configured)
    assert finding.severity == expected


def test_a_verdict_may_soften_the_severity_but_the_config_has_the_last_word() -> None:
    soft = make("api/named", replace(failed("x"), severity=Severity.HYGIENE))
    assert [one.gates for one in run([soft])] == [False]
    (finding,) = run([soft], severity={"api/*": Severity.EXPOSURE})
    assert (finding.severity, finding.gates) == (Severity.EXPOSURE, True)


def test_each_path_is_judged_and_an_environment_once() -> None:
    checks = [make("api/a", passed("x")), make("exposure/b", passed("x"), scope="environment")]
    findings = run(checks, context(PATH_API, PATH_STATUS))
    assert [(one.check, one.path, one.subject) for one in findings] == [
        ("api/a", PATH_API.id, "id-api"),
        ("api/a", PATH_STATUS.id, "id-status"),
        ("exposure/b", None, "id-environment"),
    ]


def test_a_gating_need_blocks_its_own_path_only() -> None:
    def only_status(here: Context, _value: object) -> Verdict:
        return failed("x") if here.here is PATH_STATUS else passed("x")

    needed, dependant = make("api/needed", only_status), make("network/dependant", passed("x"), needs=("api/needed",))
    findings = run([dependant, needed], context(PATH_API, PATH_STATUS))
    assert shape(findings) == [
        ("network/dependant", "pass"),
        ("network/dependant", "blocked"),
        ("api/needed", "pass"),
        ("api/needed", "fail"),
    ]
    assert findings[1].blocked_by == "api/needed"
    assert findings[1].subject == findings[1].path == PATH_STATUS.id
    assert not findings[1].gates


def test_what_needs_a_blocked_check_is_blocked_by_the_same_one() -> None:
    checks = [
        make("api/a", failed("x")),
        make("listener/b", passed("x"), needs=("api/a",)),
        make("network/c", failed("x"), needs=("listener/b",)),
    ]
    assert [(one.outcome, one.blocked_by) for one in run(checks)[1:]] == [(Outcome.BLOCKED, "api/a")] * 2


@pytest.mark.parametrize(
    ("first", "rules"),
    [
        (failed("x"), {"fail_on": Severity.BLOCKER}),
        (unknown("x"), {"unknown": "warn"}),
        (noted("x"), {}),
        (not_applicable("x"), {}),
        (failed("x"), {"waivers": (WaiverSettings(check="api/a", subject="*", reason="r", expires=TODAY),)}),
    ],
)
def test_a_need_that_does_not_gate_leaves_the_dependant_to_its_own_facts(first: Verdict, rules: dict[str, Any]) -> None:
    findings = run([make("api/a", first), make("network/b", passed("x"), needs=("api/a",))], **rules)
    assert findings[1].outcome is Outcome.PASS


def test_an_environment_wide_finding_blocks_every_path_that_needs_it() -> None:
    whole = make("domain/whole", failed("x"), scope="environment")
    findings = run([whole, make("api/b", passed("x"), needs=("domain/whole",))], context(PATH_API, PATH_STATUS))
    assert shape(findings)[1:] == [("api/b", "blocked")] * 2


@pytest.mark.parametrize(("broken", "outcome"), [((PATH_API,), "pass"), ((PATH_API, PATH_STATUS), "blocked")])
def test_an_environment_wide_check_is_blocked_only_by_every_path(broken: tuple[Path, ...], outcome: str) -> None:
    def on_some(here: Context, _value: object) -> Verdict:
        return failed("x") if any(here.path is one for one in broken) else passed("x")

    whole = make("exposure/whole", passed("x"), scope="environment", needs=("api/a",))
    findings = run([make("api/a", on_some), whole], context(PATH_API, PATH_STATUS))
    assert findings[-1].outcome == outcome


def stopped(hop: str, **more: Any) -> Context:
    return context(replace(PATH_API, stop=Stop(hop=hop, reason="no such link", **more)))


def test_behind_a_gap_it_is_unknown_and_says_which_call_it_takes() -> None:
    (before, at, behind) = run(
        [make(f"{hop}/a", passed("x")) for hop in ("api", "vpc-link", "listener")], stopped("vpc-link", gap=DENIED)
    )
    assert (before.outcome, at.outcome, behind.outcome) == ("pass", "pass", "unknown")
    assert behind.gates
    assert behind.subject == PATH_API.id
    for word in ("stops at vpc-link", "no such link", DENIED.operation, DENIED.action):
        assert word in behind.message
    assert behind.fix is not None
    assert DENIED.action in behind.fix.text


@pytest.mark.parametrize(
    ("front", "told_by"),
    [(from_gap(DENIED), "vpc-link/needs-it"), (passed("x"), "listener/a"), (from_gap(OTHER), "listener/a")],
)
def test_what_could_not_be_read_is_said_once_and_the_rest_waits(front: Verdict, told_by: str) -> None:
    """By the check in front that needed the same call, else by the first behind the stop."""
    ids = ("listener/a", "listener/b", "target-group/a")
    checks = [make("vpc-link/needs-it", front), *(make(one, passed("x")) for one in ids)]
    found = {one.check: one for one in run(checks, stopped("vpc-link", gap=DENIED))}
    assert found[told_by].outcome is Outcome.UNKNOWN
    waiting = [found[one] for one in ids if one != told_by]
    assert {(one.outcome, one.blocked_by) for one in waiting} == {(Outcome.BLOCKED, told_by)}


def test_where_an_unknown_only_warns_all_behind_a_gap_are_unknown() -> None:
    checks = [make("listener/a", passed("x")), make("listener/b", passed("x"))]
    findings = judge(stopped("vpc-link", gap=DENIED), Rules(today=TODAY, unknown="warn"), checks=checks)
    assert [one.outcome for one in findings] == [Outcome.UNKNOWN] * 2
    assert not any(one.gates for one in findings)


@pytest.mark.parametrize(
    ("verdict", "outcome", "blocked_by"),
    [(failed("x"), "blocked", "vpc-link/exists"), (passed("x"), "not-applicable", None)],
)
def test_behind_an_end_the_check_that_says_so_blocks(verdict: Verdict, outcome: str, blocked_by: str | None) -> None:
    checks = [make("listener/a", passed("x")), make("vpc-link/exists", verdict)]
    (behind, _) = run(checks, stopped("vpc-link", check="vpc-link/exists"))
    assert (behind.outcome, behind.blocked_by) == (outcome, blocked_by)
    if not blocked_by:
        assert behind.message == "the path ends at vpc-link: no such link"


def test_a_stop_that_names_no_check_or_an_unknown_one_is_not_applicable_behind() -> None:
    for name in ("", "vpc-link/there-is-no-such-check"):
        (finding,) = run([make("listener/a", passed("x"))], stopped("vpc-link", check=name))
        assert finding.outcome is Outcome.NOT_APPLICABLE


def test_always_is_judged_behind_the_stop_too() -> None:
    (finding,) = run([make("end-to-end/a", passed("x"), always=True)], stopped("api", gap=DENIED))
    assert finding.outcome is Outcome.PASS


def test_a_stop_may_name_a_check_behind_itself() -> None:
    checks = [make("network/x", passed("x")), make("service/s", failed("x"), needs=("network/x",))]
    for order in (checks, checks[::-1]):
        findings = run(order, stopped("api", check="service/s"))
        assert {one.check: one.outcome for one in findings} == {
            "network/x": Outcome.BLOCKED,
            "service/s": Outcome.FAIL,
        }


def raising(signal: Exception) -> Callable[..., Any]:
    def raise_it(*_facts: object) -> Any:
        raise signal

    return raise_it


@pytest.mark.parametrize(
    ("signal", "outcome", "words"),
    [(UnknownFact(DENIED), "unknown", DENIED.action), (NotApplicable("no listener"), "not-applicable", "no listener")],
)
@pytest.mark.parametrize(("where", "subject"), [("subjects", PATH_API.id), ("judge", "id-api")])
def test_signals_become_verdicts(signal: Exception, outcome: str, words: str, where: str, subject: str) -> None:
    (finding,) = run([make("listener/a", passed("x"), **{where: raising(signal)})])
    assert (finding.outcome, finding.subject) == (outcome, subject)
    assert words in finding.message


@pytest.mark.parametrize("where", ["subjects", "judge"])
def test_a_bug_of_a_check_is_never_a_verdict(where: str) -> None:
    with pytest.raises(ZeroDivisionError):
        run([make("listener/a", passed("x"), **{where: raising(ZeroDivisionError())})])


def test_no_subject_and_no_path_are_said() -> None:
    (finding,) = run([make("listener/a", passed("x"), subjects=lambda _context: [])])
    assert (finding.outcome, finding.path) == (Outcome.NOT_APPLICABLE, PATH_API.id)
    empty = replace(context(), topology=healthy(paths=()))
    (finding,) = run([make("listener/a", passed("x"))], empty)
    assert (finding.outcome, finding.message, finding.subject) == (Outcome.NOT_APPLICABLE, "no path was found", "prod")


def test_probes_off() -> None:
    (finding,) = run([make("end-to-end/a", failed("x"), probe=True)], context(probes_on=False))
    assert (finding.outcome, finding.message) == (Outcome.NOT_APPLICABLE, "probes are off")


def test_a_bare_file_meets_what_a_file_can_answer() -> None:
    checks = [make("task-definition/a", passed("x"), file=True, needs=("api/b",)), make("api/b", failed("x"))]
    assert shape(run(checks, context(bare_file=True))) == [("task-definition/a", "pass")]


@pytest.mark.parametrize(
    ("answered", "refutable", "verdicts", "outcomes"),
    [
        (True, True, [failed("down")], ["unknown"]),
        (True, True, [failed("down"), failed("down")], ["unknown", "unknown"]),
        (True, True, [failed("down"), passed("up")], ["fail", "pass"]),
        (True, False, [failed("down")], ["fail"]),
        (False, True, [failed("down")], ["fail"]),
        (True, True, [passed("up")], ["pass"]),
    ],
)
def test_an_answer_of_the_backend_refutes_a_failure_of_every_subject(
    answered: bool, refutable: bool, verdicts: list[Verdict], outcomes: list[str]
) -> None:
    def subjects(_context: Context) -> list[Subject[int]]:
        return [Subject(str(n), str(n), n) for n in range(len(verdicts))]

    one = make("network/a", lambda _context, n: verdicts[n], subjects=subjects, refutable=refutable)
    findings = run([one], answered=answered)
    assert [str(finding.outcome) for finding in findings] == outcomes
    if outcomes[0] == "unknown":
        assert findings[0].message.startswith("the model disagrees with the probe: ")
        assert "down" in findings[0].message
        assert findings[0].gates


def waiver(**more: Any) -> WaiverSettings:
    return WaiverSettings(**{"check": "api/a", "subject": "id-api", "reason": "NET-12", "expires": TODAY, **more})


@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({}, True),
        ({"subject": "key-api"}, True),
        ({"subject": "id-*"}, True),
        ({"subject": "id-other"}, False),
        ({"check": "api/*"}, True),
        ({"check": "domain/*"}, False),
        ({"expires": date(2026, 11, 1)}, False),
        ({"expires": date(2027, 1, 1)}, True),
    ],
)
@pytest.mark.parametrize("verdict", [failed("x"), unknown("x")])
def test_waivers(changes: dict[str, Any], covers: bool, verdict: Verdict) -> None:
    (finding,) = run([make("api/a", verdict)], waivers=(waiver(**changes),))
    assert (finding.outcome is Outcome.WAIVED) is covers
    assert finding.gates is not covers
    if covers:
        assert finding.waiver == WaiverNote("NET-12", changes.get("expires", TODAY))


@pytest.mark.parametrize("subject", ["i-0abc", "instance/i-0abc", "arn:aws:ec2:eu-west-2:123456789012:instance/i-0abc"])
def test_a_waiver_may_give_the_id_where_the_subject_is_an_arn(subject: str) -> None:
    arn = "arn:aws:ec2:eu-west-2:123456789012:instance/i-0abc"
    one = make("api/a", failed("x"), subjects=lambda _context: [Subject(arn, "host", None)])
    (finding,) = run([one], waivers=(waiver(subject=subject),))
    assert finding.outcome is Outcome.WAIVED


def test_an_expired_waiver_is_named_where_it_would_have_covered() -> None:
    (finding,) = run([make("api/a", failed("x"))], waivers=(waiver(expires=date(2026, 11, 1)),))
    assert "waiver expired on 2026-11-01" in finding.message


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({}, failed("x"), None),
        ({}, passed("x"), "covers no finding"),
        ({"subject": "id-other"}, failed("x"), "covers no finding"),
        ({"expires": date(2026, 11, 1)}, failed("x"), "expired on 2026-11-01"),
        ({"expires": date(2026, 11, 1)}, passed("x"), "expired on 2026-11-01"),
    ],
)
def test_stale_waivers(changes: dict[str, Any], verdict: Verdict, reason: str | None) -> None:
    one = waiver(**changes)
    findings = run([make("api/a", verdict)], waivers=(one,))
    assert [each.reason for each in stale([one], findings, TODAY)] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("checks", "where"),
    [
        ([make("domain/z", failed("x")), make("api/a", failed("x"), needs=("domain/z",))], context()),
        ([make("api/a", failed("x"), subjects=raising(UnknownFact(DENIED)))], context()),
        ([make("api/a", failed("x"), probe=True)], context(probes_on=False)),
    ],
    ids=["blocked", "unread", "probes off"],
)
def test_a_waiver_is_not_unused_where_its_check_was_not_judged(checks: list[Check], where: Context) -> None:
    one = waiver()
    assert stale([one], run(checks, where, waivers=(one,)), TODAY) == ()


def test_fix_and_location_default_to_the_check_and_the_subject() -> None:
    place, own = Location("a.json", 3), Fix("Mine.")
    subjects = {"subjects": lambda _context: [Subject("i", "k", None, place)]}
    (default,) = run([make("api/a", failed("x"), **subjects)])
    (given,) = run([make("api/a", failed("x", fix=own, location=Location("b.json")), **subjects)])
    (fine,) = run([make("api/a", passed("x"), **subjects)])
    assert (default.fix, default.location) == (FIX, place)
    assert (given.fix, given.location) == (own, Location("b.json"))
    assert fine.fix is None


def test_fingerprints_hang_on_check_path_and_key_alone() -> None:
    (finding,) = run([make("api/a", failed("x"))])
    assert finding.fingerprint == fingerprint("api/a", PATH_API.id, "key-api")
    several = {fingerprint("api/a", path, key) for path in (None, "p", "q") for key in ("k", "l")}
    assert len(several) == 6
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in several)


def test_rings_are_refused() -> None:
    with pytest.raises(ValueError, match="needs that cannot be met"):
        run([make("api/a", passed("x"), needs=("api/b",)), make("api/b", passed("x"), needs=("api/a",))])
