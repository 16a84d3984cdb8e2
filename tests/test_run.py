"""The conductor: what a target's facts become, and what of it a report holds."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.probes.servers import answer, saying, site
from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment
from vpclink_checks.errors import CollectError
from vpclink_checks.run import Gathered, Target, faulty, gather, judge, named
from vpclink_checks.settings import EnvSettings, ProbeSettings
from vpclink_checks.sources import snapshot
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


def test_a_probe_that_asks_for_sigv4_is_signed_with_the_environments_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-real-secret")
    snapshot.write(tmp_path / "facts.json", WHOLE)
    with site(tmp_path, saying(answer())) as here:
        probe = ProbeSettings(path="/orders/health", auth="sigv4", connect_to=here.place, ca_file=here.ca_file)
        settings = replace(environment.settings(), probes=(probe,), region="eu-west-2")
        gathered = gather(target(source="snapshot", path=tmp_path / "facts.json", probes=True, settings=settings))
    asked = next(one for one in here.requests if b"GET /orders/health " in one).lower()
    assert b"authorization: aws4-hmac-sha256 credential=akidexample/" in asked
    assert b"/eu-west-2/execute-api/aws4_request" in asked
    assert not any("AWS4" in repr(one) for one in gathered.observations.values())


def test_live_aws_without_boto3_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("vpclink_checks.sources.live.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setitem(sys.modules, "botocore", None)
    settings = EnvSettings(name="prod", region="eu-west-2", domains=("api.example.com",))
    with pytest.raises(CollectError, match=r"env\.prod: live AWS takes boto3: pip install 'vpclink-checks\[aws\]'"):
        gather(target(source="live", settings=settings))
