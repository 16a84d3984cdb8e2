"""No secret planted in any of the places of ``secret_places`` survives into anything that is written or said."""

from __future__ import annotations

import base64
import binascii
import html
import json
import logging
import random
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.secret_places import PLACES, Answers
from tests.sources.cli_files import write_folder
from tests.standin.server import Standin
from tests.standin.world import World
from vpclink_checks.checks.judging import Rules
from vpclink_checks.demo import environment
from vpclink_checks.gate.outcome import blocks_of, outcome_of
from vpclink_checks.render import html as html_report
from vpclink_checks.render import json_report, terminal
from vpclink_checks.report import Report
from vpclink_checks.run import Gathered, Target, judge
from vpclink_checks.sources import snapshot
from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.folder import read as folder
from vpclink_checks.sources.live.collect import collect

MANY = 40
# A user's own test, whose failure shows the facts that it looks at.
OWN_TEST = """
def test_mine(vpclink_topology):
    assert repr(vpclink_topology) == "shown"
    assert vpclink_topology == 1
"""
PHASES = (Phase.explicit, Phase.generate)  # a smaller seed is no simpler case
SOLID = string.ascii_letters + string.digits


# (letters, shortest, longest, what stands before them)
SHAPES = (
    ("0123456789abcdef", 24, 64, ""),
    (SOLID, 16, 44, ""),
    (SOLID + "+/", 24, 48, ""),  # base64
    (SOLID + "-_", 20, 60, ""),  # URL-safe tokens
    (SOLID + "!#$%^*?~.@:+_-", 16, 32, ""),  # what a password generator gives
    ("abcdefghijklmnopqrstuvwxyz-", 16, 40, ""),  # words
    (string.ascii_uppercase + string.digits, 16, 16, "AKIA"),
    (SOLID, 36, 36, "ghp_"),
    (SOLID, 30, 60, "eyJhbGciOiJIUzI1NiJ9.eyJ"),
)


def secrets_of(seed: int) -> dict[str, str]:
    """A secret for each place, of any shape; none begins with a digit, as ports do, or ends with punctuation."""
    chance = random.Random(seed)
    found = {}
    for name in PLACES:
        letters, shortest, longest, before = chance.choice(SHAPES)
        inner = "".join(chance.choices(letters, k=chance.randint(shortest, longest) - 2))
        found[name] = f"{before}{chance.choice(string.ascii_letters)}{inner}{chance.choice(SOLID)}"
    return found


EACH = st.integers(min_value=0, max_value=2**64).map(secrets_of)


def pieces(secret: str) -> Iterator[str]:
    """Parts of a secret that are long enough not to be there by chance, as they may be written."""
    middle = len(secret) // 2 - 6
    for part in (secret[-12:], secret[middle : middle + 12]):
        yield from {part, html.escape(part), json.dumps(part)[1:-1]}
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def survivors(secrets: Mapping[str, str], *said: str) -> set[str]:
    """The places whose secrets stand anywhere in what was said."""
    whole = "\n".join([*said, *_decoded(said)])
    return {name for name, secret in secrets.items() if any(part in whole for part in pieces(secret))}


def _decoded(said: tuple[str, ...]) -> Iterator[str]:
    """What is said in base64: user data."""
    for text in said:
        for word in text.split('"UserData": "')[1:]:
            try:
                yield base64.b64decode(word.partition('"')[0]).decode("utf-8", "replace")
            except binascii.Error:
                yield word


def planted(secrets: Mapping[str, str]) -> Answers:
    answers = Answers()
    for name, secret in secrets.items():
        PLACES[name](answers, secret)
    return answers


def said_of(recording: Recording, where: Path) -> list[str]:
    """Snapshot, topology, report, page, terminal and assertion messages of a recording."""
    target = Target(
        name="demo", source="snapshot", settings=environment.settings(), rules=Rules(today=date(2026, 11, 2))
    )
    judged = judge(target, Gathered(recording=recording))
    findings = judged.findings
    report = Report(version="0", started=recording.taken_at, duration_s=1.0, environments=(judged.report(),))
    snapshot.write(where / "taken.json", recording)
    outcome = outcome_of(findings, lambda _: True)
    return [
        (where / "taken.json").read_text(encoding="utf-8"),
        repr(judged.topology),
        repr(list(recording.facts)),
        json.dumps(json_report.document(report)),
        html_report.page(report),
        "\n".join(terminal.lines(report)),
        repr(outcome),
        blocks_of(findings),
    ]


def test_there_are_places_enough() -> None:
    assert len(PLACES) >= MANY
    assert not [name for name in ROWS if name[1] in ("GetApiKeys", "GetApiKey")]  # the values of API keys are not asked


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_one(name: str) -> None:
    """What is planted is really in AWS's answer, so that its absence later says something."""
    secret = "pLaNt3d" + "x" * 20
    before, after = Answers(), planted({name: secret})
    assert survivors({name: secret}, json.dumps(before.document)) == set()
    written = json.dumps(after.document)
    zipped = base64.b64encode(b"\x1f\x8b").decode()[:3]
    assert survivors({name: secret}, written) == {name} or zipped in written


@settings(max_examples=10, deadline=None, phases=PHASES)
@given(EACH)
def test_no_secret_survives(secrets: dict[str, str]) -> None:
    """From a recording that others made, and by way of a folder of AWS CLI outputs."""
    answers = planted(secrets)
    with tempfile.TemporaryDirectory() as place:
        raw = Path(place, "raw.json")
        raw.write_text(json.dumps(answers.document), encoding="utf-8")
        assert survivors(secrets, *said_of(snapshot.read(raw), Path(place))) == set()


def test_no_secret_survives_a_run(tmp_path: Path) -> None:
    """As a user runs it, with all that pytest can be made to say."""
    secrets = secrets_of(20261102)
    (tmp_path / "raw.json").write_text(json.dumps(planted(secrets).document), encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(OWN_TEST, encoding="utf-8")
    told = ["-vv", "-rA", "-l", "--showlocals", "--tb=long", "--log-level=DEBUG", "--junitxml=junit.xml"]
    ours = ["--vpclink-snapshot=raw.json", "--vpclink-record=taken.json", "--vpclink-report=reports"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *told, *ours]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 1, run.stdout[-2000:]
    written = [one for one in tmp_path.rglob("*") if one.is_file() and one.name != "raw.json"]
    assert {"junit.xml", "taken.json", "report.json", "report.html"} <= {one.name for one in written}
    said = [one.read_text(encoding="utf-8", errors="replace") for one in written]
    assert survivors(secrets, run.stdout, run.stderr, *said) == set()


@settings(max_examples=2, deadline=None, phases=PHASES)
@given(EACH)
def test_no_secret_survives_a_folder(secrets: dict[str, str]) -> None:
    recording = planted(secrets).recording
    known = replace(recording, facts=type(recording.facts)(one for one in recording.facts if _known(one.call)))
    with tempfile.TemporaryDirectory() as place:
        found = folder.read(write_folder(Path(place, "facts"), known), environment.settings())
        assert survivors(secrets, *said_of(found, Path(place))) == set()


def _known(call: Any) -> bool:
    return (call.service, call.operation) in ROWS


@settings(max_examples=1, deadline=None, phases=PHASES)
@given(EACH)
def test_no_secret_survives_being_read_live(secrets: dict[str, str]) -> None:
    """Over the wire, with every logger at its loudest: botocore would log bodies."""
    recording = planted(secrets).recording
    known = replace(recording, facts=type(recording.facts)(one for one in recording.facts if _known(one.call)))
    lines: list[str] = []
    listener = logging.Handler(logging.DEBUG)
    listener.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(listener)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as patch, Standin(World(known)) as aws, tempfile.TemporaryDirectory() as at:
            for name, value in (("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "s" * 40)):
                patch.setenv(name, value)
            found = collect(replace(environment.settings(), endpoint_url=aws.url))
            logged = "\n".join(lines)
            assert logged
            assert survivors(secrets, logged, *said_of(found, Path(at))) == set()
    finally:
        logging.getLogger().removeHandler(listener)
        logging.getLogger().setLevel(level)
