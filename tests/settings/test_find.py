"""Which config file a run takes: the invocation folder, rootdir, then upward to the repository's root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vpclink_checks.settings import find_config

OURS = "[tool.vpclink]\n"


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository's root with folders below and above."""
    top = tmp_path / "above" / "repo"
    (top / "a" / "b" / "c").mkdir(parents=True)
    (top / ".git").mkdir()
    return top


def test_none(top: Path) -> None:
    assert find_config(top / "a", top) is None


def test_the_invocation_folder_comes_first(top: Path) -> None:
    here = put(top / "a" / "b" / "vpclink.toml")
    put(top / "vpclink.toml")
    put(top / "a" / "vpclink.toml")
    assert find_config(top / "a" / "b", top) == here


def test_then_rootdir_before_what_lies_between(top: Path) -> None:
    put(top / "a" / "b" / "vpclink.toml")
    rootdir = put(top / "a" / "vpclink.toml")
    put(top / "vpclink.toml")
    assert find_config(top / "a" / "b" / "c", top / "a") == rootdir


def test_then_upward_to_the_root_of_the_repository(top: Path) -> None:
    up = put(top / "vpclink.toml")
    assert find_config(top / "a" / "b" / "c", top / "a" / "b") == up
    between = put(top / "a" / "vpclink.toml")
    assert find_config(top / "a" / "b" / "c", top / "a" / "b") == between


def test_not_above_the_repository(top: Path) -> None:
    put(top.parent / "vpclink.toml")
    assert find_config(top / "a", top) is None


def test_a_work_tree_has_a_file_named_git(top: Path) -> None:
    put(top / "a" / ".git", "gitdir: elsewhere")
    put(top / "vpclink.toml")
    assert find_config(top / "a" / "b", top / "a") is None


def test_nothing_is_looked_for_upward_outside_a_repository(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    put(tmp_path / "vpclink.toml")
    assert find_config(tmp_path / "a" / "b", tmp_path / "a" / "b") is None
    assert find_config(tmp_path / "a" / "b", tmp_path) == tmp_path / "vpclink.toml"


def test_upward_from_a_rootdir_elsewhere(top: Path, tmp_path: Path) -> None:
    """``pytest --rootdir=repo/a/b`` from outside."""
    up = put(top / "vpclink.toml")
    assert find_config(tmp_path, top / "a" / "b") == up


def test_vpclink_toml_comes_before_pyproject_of_the_same_folder(top: Path) -> None:
    pyproject = put(top / "pyproject.toml", OURS)
    assert find_config(top, top) == pyproject
    own = put(top / "vpclink.toml")
    assert find_config(top, top) == own


def test_pyproject_here_comes_before_vpclink_toml_there(top: Path) -> None:
    pyproject = put(top / "a" / "pyproject.toml", OURS)
    put(top / "vpclink.toml")
    assert find_config(top / "a", top) == pyproject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool]\n",
        "tool = 1\n",
        "[tool.vpclinks]\n",
        "# [tool.vpclink]\n",
        "text = '''\n[tool.vpclink]\n'''\n",
        "[broken",
    ],
)
def test_a_pyproject_that_is_none_of_ours_does_not_count(top: Path, text: str) -> None:
    put(top / "a" / "pyproject.toml", text)
    up = put(top / "vpclink.toml")
    assert find_config(top / "a", top) == up


@pytest.mark.parametrize(
    "text",
    [
        OURS,
        "[tool.vpclink.env.prod]\n",
        "tool.vpclink = 1\n",
        "[tool.vpclink.env.prod\nregion = 1",
        "[ tool . vpclink ]\nx",
    ],
)
def test_a_pyproject_of_ours_counts_even_if_it_is_broken(top: Path, text: str) -> None:
    """Else its mistakes would turn into "no config found"."""
    pyproject = put(top / "a" / "pyproject.toml", text)
    put(top / "vpclink.toml")
    assert find_config(top / "a", top) == pyproject


def test_a_folder_of_that_name_is_no_config(top: Path) -> None:
    (top / "a" / "vpclink.toml").mkdir()
    up = put(top / "vpclink.toml")
    assert find_config(top / "a", top) == up


@pytest.mark.skipif(os.name != "posix", reason="links as on POSIX")
def test_a_link_to_nowhere_is_no_config(top: Path) -> None:
    (top / "a" / "vpclink.toml").symlink_to(top / "gone.toml")
    assert find_config(top / "a", top) is None
