"""docs/fixtures.md against what the fixtures hand out: nothing listed is missing, nothing of ours is unlisted."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from vpclink_checks import __version__, api
from vpclink_checks.gate import fixtures

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fixtures.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w[\w' ]*)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
FACADE = ("Environment", "Topology", "Paths", "Path", "Ask", "Reachability", "ExposureCertificate", "Probe", "Answer")
CODE = re.compile(r"`(\w+)`")


def first_cells(section: str) -> list[str]:
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in CODE.findall(row.split("|")[1])]


def public(kind: Any) -> set[str]:
    """Fields, properties and methods."""
    own = {one.name for one in fields(kind)} if is_dataclass(kind) else set()
    return {one for one in own | set(vars(kind)) if not one.startswith("_")}


def aws() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", SECTIONS["AWS's objects"], re.MULTILINE)
    return {name: CODE.findall(attributes) for name, attributes in rows}


def test_every_public_class_is_listed() -> None:
    listed = {*FACADE, *first_cells(SECTIONS["Errors"]), *aws(), "Collection"}
    assert listed == set(api.__all__)
    assert set(FACADE) <= set(SECTIONS)


@pytest.mark.parametrize("name", FACADE)
def test_what_the_page_lists_is_all_there_is(name: str) -> None:
    assert set(first_cells(SECTIONS[name])) == public(getattr(api, name))
    assert re.search(r"^Since \d+\.\d+\.", SECTIONS[name].strip())


@pytest.mark.parametrize("name", aws())
def test_what_the_page_lists_of_aws_is_there(name: str) -> None:
    kind = getattr(api, name)
    attributes = aws()[name]
    assert attributes
    assert set(attributes) <= public(kind)
    assert "unread" not in attributes


def test_every_attribute_that_the_page_names_can_be_read(pytester: pytest.Pytester) -> None:
    """Of real objects, wherever the demo has one."""
    every = aws()
    pytester.makepyfile(
        f"""
        from collections.abc import Mapping
        from vpclink_checks import api

        EVERY = {every!r}

        def walk(value, seen):
            kind = type(value).__name__
            if isinstance(value, (tuple, Mapping)):
                for one in value.values() if isinstance(value, Mapping) else value:
                    walk(one, seen)
            elif kind in EVERY and kind not in seen:
                seen.add(kind)
                for name in EVERY[kind]:
                    walk(getattr(value, name), seen)

        def test_all(vpclink_topology, vpclink_reachability):
            seen = set()
            for name in type(vpclink_topology).__annotations__:
                if name != "paths":
                    walk(getattr(vpclink_topology, name), seen)
            walk(vpclink_reachability("orders", "orders-api").traces, seen)
            doors = vpclink_reachability("internet", "orders-api").certificate.doors
            walk(doors, seen)
            walk(doors[0].entrances, seen)
            assert set(EVERY) - seen == set()
        """
    )
    result = pytester.runpytest_inprocess(
        "--vpclink-env=demo", "--vpclink-probe=off", "--vpclink-report=", "-k", "test_all"
    )
    assert result.parseoutcomes()["passed"] == 1


def test_every_fixture_is_listed() -> None:
    rows = re.findall(r"^\| `(vpclink_\w+)` \|.*\| (\d+\.\d+) \|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == [name for name in vars(fixtures) if name.startswith("vpclink_")]
    released = tuple(map(int, __version__.split(".")[:2]))
    assert all(tuple(map(int, since.split("."))) <= released for _, since in rows)


def test_the_example_runs_against_the_demo(pytester: pytest.Pytester) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "test_my_api.py", pytester.path)
    options = ["--vpclink-env=demo", "--vpclink-report=", "-k", "test_my_api", "-W", "error", "--strict-markers"]
    result = pytester.runpytest_inprocess(*options)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes.get("failed", 0), outcomes.get("skipped", 0)) == (9, 0, 0)


def test_the_first_example_of_the_page_runs_too(pytester: pytest.Pytester) -> None:
    (source,) = re.findall(r"```python\n# test_my_api.py\n(.*?)```", PAGE, re.DOTALL)
    pytester.makepyfile(test_page=source)
    result = pytester.runpytest_inprocess("--vpclink-env=demo", "--vpclink-report=", "-k", "test_page")
    assert result.parseoutcomes()["passed"] == 2


def test_the_example_names_every_kind_of_fixture() -> None:
    example = (ROOT / "docs" / "examples" / "test_my_api.py").read_text(encoding="utf-8")
    used = set(re.findall(r"vpclink_\w+", example))
    assert {"vpclink_paths", "vpclink_links", "vpclink_reachability", "vpclink_probe"} <= used
