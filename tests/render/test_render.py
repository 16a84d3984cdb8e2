"""Reports: valid JSON, safe HTML, a terminal summary that names hop, value, rule and fix."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from tests.render.sample import BLOCKED, ENVIRONMENT, FAIL, HOSTILE, PASS, PATH, REPORT
from vpclink_checks.render import html, json_report, terminal
from vpclink_checks.report import Evidence, Report, Witness
from vpclink_checks.words import Outcome


def schema() -> jsonschema.Draft202012Validator:
    loaded = json.loads(json_report.SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded, format_checker=jsonschema.FormatChecker())


def test_the_json_report_is_valid_against_its_schema(tmp_path: Path) -> None:
    written = json.loads(json_report.write(REPORT, tmp_path / "made").read_text(encoding="utf-8"))
    schema().validate(written)
    first = written["environments"][0]
    assert first["summary"] == {
        "pass": 1,
        "fail": 1,
        "unknown": 1,
        "blocked": 1,
        "waived": 1,
        "note": 0,
        "not-applicable": 0,
    }
    assert first["api_calls"] == {
        "total": 3,
        "by_operation": {"acm:DescribeCertificate": 2, "ec2:DescribeSecurityGroups": 1},
    }
    assert written["started"] == "2026-11-02T09:00:00Z"
    assert first["findings"][3]["waiver"] == {"reason": "NET-12", "expires": "2027-01-31"}


@pytest.mark.parametrize(
    ("key", "value"), [("outcome", "maybe"), ("severity", "bad"), ("hop", "moon"), ("fingerprint", "xyz")]
)
def test_the_schema_refuses_words_of_our_own_making(key: str, value: str) -> None:
    document = json_report.document(REPORT)
    document["environments"][0]["findings"][0][key] = value
    assert not schema().is_valid(document)


class Page(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_escapes_what_came_from_outside_and_loads_nothing(tmp_path: Path) -> None:
    text = html.write(REPORT, tmp_path).read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert page.addresses == ["data:,"]
    assert HOSTILE in "".join(page.text)
    assert not re.search(r"url\(|@import|https?://(?!api\.example\.com)", text)


def test_the_page_marks_the_first_break_and_shows_the_fix() -> None:
    text = html.page(REPORT)
    assert text.count("breaks here") == 1
    assert "aws elbv2 describe-target-health" in text
    assert "10.0.11.10 → 10.0.1.20 tcp/10000" in text
    assert "no credentials were found" in text


def test_the_terminal_draws_the_path_once_and_one_block_for_each_gating_finding() -> None:
    text = "\n".join(terminal.lines(REPORT))
    assert text.count(PATH.title) == 1
    assert text.count("✗ target-group the target-group ← breaks here") == 1
    assert text.count("FAIL blocker  target-group/healthy-targets") == 1
    assert "UNKNOWN blocker  network/target-admits-health-check" in text
    assert "expected   At least one target is healthy" in text
    assert "decided by elbv2:DescribeTargetHealth State = unhealthy" in text
    assert "packet     10.0.11.10 → 10.0.1.20 tcp/10000" in text
    assert "at         vpclink.toml:3:1" in text
    assert "gate closed by 2: 1 pass, 1 fail, 1 unknown, 1 blocked, 1 waived" in text
    assert "not collected: no credentials were found" in text
    assert BLOCKED.check not in text
    assert "\033" not in text


def test_an_open_gate_says_so_and_colours_come_only_when_asked() -> None:
    clean = replace(ENVIRONMENT, findings=(PASS,), paths=(replace(PATH, status="ok", broken_hop=None),))
    report = Report(version="0", started=REPORT.started, duration_s=0.1, environments=(clean,))
    assert "gate open: 1 pass" in "\n".join(terminal.lines(report))
    assert "\033[32m" in "\n".join(terminal.lines(report, color=True))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_drawing_breaks_at_arrows_and_keeps_every_hop(width: int) -> None:
    drawn = terminal.draw(ENVIRONMENT, PATH, terminal.Paint(color=False), width)[1:]
    assert all(len(line) <= width or line.count("→") <= 1 for line in drawn)
    assert all(f"the {hop.hop}" in " ".join(drawn) for hop in PATH.hops)


def test_a_finding_without_extras_is_a_short_block() -> None:
    bare = replace(FAIL, evidence=(), witness=None, fix=None, location=None, outcome=Outcome.UNKNOWN)
    shown = terminal.block(bare)
    assert shown[0] == "  UNKNOWN blocker  target-group/healthy-targets"
    assert [line.split()[0] for line in shown[1:]] == ["subject", "path", "expected", "actual"]


def test_a_fix_of_several_lines_stays_under_its_first() -> None:
    assert FAIL.fix is not None
    shown = terminal.block(replace(FAIL, fix=replace(FAIL.fix, terraform="resource {\n  port = 1\n}")))
    start = next(row for row, line in enumerate(shown) if "terraform" in line)
    assert shown[start : start + 3] == [
        "    terraform  resource {",
        "                 port = 1",
        "               }",
    ]


def test_a_packet_shows_every_layer_on_its_way_and_evidence_does_not_repeat_it() -> None:
    steps = ("✓ route table: local", "✗ network ACL: rule 100 denies <b>", "? groups: not read")
    traced = replace(
        FAIL,
        witness=replace(FAIL.witness or Witness("", "", "", 0), via=steps),
        evidence=(Evidence("ec2:DescribeNetworkAcls", "network ACL", "rule 100 denies <b>"), *FAIL.evidence),
    )
    shown = terminal.block(traced, terminal.Paint(color=True))
    start = next(row for row, line in enumerate(shown) if "via" in line)
    assert steps[0] in shown[start]
    assert shown[start + 1].strip() == f"{terminal.RED}{steps[1]}{terminal.PLAIN}"
    assert shown[start + 2].strip() == f"{terminal.YELLOW}{steps[2]}{terminal.PLAIN}"
    assert [line for line in shown if "DescribeNetworkAcls" in line] == []
    assert [line for line in shown if "DescribeTargetHealth" in line], "what no step says stays"
    page = html.page(replace(REPORT, environments=(replace(ENVIRONMENT, findings=(traced,)),)))
    assert '<li class="bad">✗ network ACL: rule 100 denies &lt;b&gt;</li>' in page
    assert '<li class="odd">? groups: not read</li>' in page
