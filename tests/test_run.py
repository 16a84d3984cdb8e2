"""The conductor: what a target's facts become, and what of it a report holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment
from vpclink_checks.errors import CollectError
from vpclink_checks.run import Gathered, Target, faulty, judge, named
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Facts, Recording
from vpclink_checks.words import Outcome

WHOLE = environment.recording()
EMPTY = Recording(account="", region="eu-west-2", taken_at=datetime(2026, 11, 2, tzinfo=UTC), facts=Facts())


def target(**more: Any) -> Target:
    settings = environment.settings()
    rules = Rules(today=date(2026, 11, 2))
    return Target(**{"name": "demo", "source": "demo", "settings": settings, "rules": rules, **more})


def test_every_check_has_findings_and_the_healthy_stack_none_that_gates() -> None:
    judged = judge(target(), Gathered(recording=WHOLE))
    assert {one.check for one in judged.findings} == {one.id for one in catalogue()}
    assert [one for one in judged.findings if one.gates] == []
    assert judged.report().api_calls == WHOLE.calls


def test_a_report_of_some_checks_holds_those_and_what_blocks_them() -> None:
    broken = faulty(WHOLE, "tg-no-targets")
    judged = judge(target(), Gathered(recording=broken))
    some = judged.report({"target-group/healthy-targets", "api/exists"})
    assert {one.check for one in some.findings} == {
        "target-group/healthy-targets",
        "target-group/has-targets",
        "api/exists",
    }
    assert {one.status for one in some.paths} == {"ok", "broken"}
    assert {one.check for one in judged.report().findings} == {one.id for one in catalogue()}


def test_probes_that_are_off_are_said() -> None:
    (finding, *_) = judge(target(), Gathered(recording=WHOLE)).of("end-to-end/custom-domain-routes")
    assert (finding.outcome, finding.message) == (Outcome.NOT_APPLICABLE, "probes are off")


def test_no_path_is_no_open_gate() -> None:
    with pytest.raises(CollectError, match="no path to a VPC link was found"):
        judge(target(settings=EnvSettings(name="prod")), Gathered(recording=EMPTY))


def test_a_recording_names_its_domains_where_the_settings_do_not() -> None:
    bare = named(EnvSettings(name="snapshot"), WHOLE)
    assert (bare.domains, bare.region) == (("api.example.com",), "eu-west-2")
    own = EnvSettings(name="prod", domains=("other.example.com",))
    assert named(own, WHOLE) is own


def test_a_fault_changes_a_copy() -> None:
    assert faulty(WHOLE, "") is WHOLE
    assert faulty(WHOLE, "svc-zero-running").facts is not WHOLE.facts
    with pytest.raises(LookupError):
        faulty(EMPTY, "svc-zero-running")
