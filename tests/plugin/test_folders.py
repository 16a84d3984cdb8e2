"""``--vpclink-snapshot=FOLDER``: the gate over a folder of AWS CLI outputs, as a user runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.sources.cli_files import write_folder
from tests.sources.demo_facts import demo
from vpclink_checks.sources import snapshot

CONFIG = '[env.prod]\nregion = "eu-west-2"\ndomain = "api.example.com"\n'


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    place = write_folder(pytester.path / "facts", demo())
    for path in place.iterdir():
        os.utime(path, (demo().taken_at.timestamp(), demo().taken_at.timestamp()))
    return place


def run(pytester: pytest.Pytester, *more: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("--vpclink-snapshot=facts", "--vpclink-report=", *more)


def test_it_is_judged_with_and_without_a_config(pytester: pytest.Pytester, folder: Path) -> None:
    for config in ("", CONFIG):
        pytester.makefile(".toml", vpclink=config) if config else None
        result = run(pytester, *(["--vpclink-env=prod"] if config else []), "-k", "target-group/")
        assert result.ret == 0
        assert result.parseoutcomes()["passed"] > 5
    assert folder.is_dir()


def test_a_missing_answer_fails_its_checks_and_names_the_command(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "describe-target-health@orders-api.json").unlink()
    result = run(pytester, "-k", "healthy-targets")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*run aws elbv2 describe-target-health --target-group-arn arn:aws:*"])


def test_a_folder_without_the_way_to_a_link_says_how_to_get_it(pytester: pytest.Pytester) -> None:
    (pytester.path / "facts").mkdir()
    named = pytester.path / "facts" / "get-domain-name@x.json"
    named.write_text('{"domainName": "x.example.com"}', encoding="utf-8")
    result = run(pytester, "-k", "healthy-targets")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*run aws apigatewayv2 get-api-mappings --domain-name x.example.com*"])


def test_a_snapshot_alone_that_finds_nothing_wrong_opens_the_gate(pytester: pytest.Pytester) -> None:
    snapshot.write(pytester.path / "facts", demo())
    assert run(pytester, "-k", "healthy-targets").ret == 0


def test_what_it_answers_is_recorded_and_says_the_same(pytester: pytest.Pytester, folder: Path) -> None:
    run(pytester, "--vpclink-record=taken.json", "-k", "healthy-targets")
    result = pytester.runpytest_inprocess("--vpclink-snapshot=taken.json", "--vpclink-report=", "-k", "healthy-targets")
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] == 1
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("", "", "*facts: holds no JSON file: expected a snapshot, or AWS CLI outputs such as*"),
        ("package.json", "{}", "*facts: holds no file that can be told by its name or content: expected*"),
        ("describe-vpcs.json", "{\n x", "*facts/describe-vpcs.json:2: is not JSON: *"),
        ("describe-vpcs.json", '{"Vpcs": []}', "*facts: names no custom domain to start from: set domain*"),
    ],
)
def test_a_wrong_folder_is_one_line_and_status_2(pytester: pytest.Pytester, name: str, content: str, line: str) -> None:
    (pytester.path / "facts").mkdir()
    if name:
        (pytester.path / "facts" / name).write_text(content, encoding="utf-8")
    result = run(pytester)
    assert result.ret == 2
    result.stdout.fnmatch_lines([line])
    assert "Traceback" not in result.stdout.str()
