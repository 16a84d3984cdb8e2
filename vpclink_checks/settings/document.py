"""Config files: where one is looked for, and how a whole one is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from vpclink_checks.errors import ConfigError, Problem
from vpclink_checks.settings.environment import read_environments, read_static
from vpclink_checks.settings.lines import Place, find_lines
from vpclink_checks.settings.reader import Notes, Table
from vpclink_checks.settings.values import Settings

FILE_NAME = "vpclink.toml"
PYPROJECT = "pyproject.toml"
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def find_config(start: Path, rootdir: Path) -> Path | None:
    """The config file of a run that was started in *start*; None where there is none.

    Looked for in *start*, in *rootdir*, then upward from both to the root of their repository; a
    folder's vpclink.toml comes before its pyproject.toml, which counts with [tool.vpclink] alone.
    """
    folders = dict.fromkeys([start, rootdir, *_upward(start), *_upward(rootdir)])
    found = (config for folder in folders for config in _configs_in(folder))
    return next(found, None)


def load(path: Path, check_ids: Collection[str] | None = None) -> Settings:
    """The settings of one config file.

    *check_ids*: the checks there are; with them, a severity or a waiver of another one is a
    mistake. Raises ConfigError with every mistake of the file, in the order of its lines.
    """
    shown = _shown(path)
    values, lines = _parse(_read(path, shown), shown)
    notes = Notes(shown, path.absolute().parent, lines)
    settings = _read_settings(_root(values, path, notes), path, check_ids)
    if notes.problems:
        raise ConfigError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return settings


def _upward(folder: Path) -> Iterator[Path]:
    """The folders above, up to the one that holds .git; none outside a repository."""
    folders = [folder, *folder.absolute().parents]
    root = next((i for i, one in enumerate(folders) if _exists(one / ".git")), 0)
    yield from folders[1 : root + 1]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be looked into is not ours
        return False


def _configs_in(folder: Path) -> Iterator[Path]:
    own, shared = folder / FILE_NAME, folder / PYPROJECT
    if _is_file(own):
        yield own
    if _is_file(shared) and _has_table(shared):
        yield shared


def _is_file(path: Path) -> bool:
    return _exists(path) and path.is_file()


def _has_table(pyproject: Path) -> bool:
    """Whether [tool.vpclink] is there; in a broken file, whether it seems to be."""
    try:
        text = pyproject.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    try:
        tool = tomllib.loads(text).get("tool")
    except (ValueError, RecursionError):
        return re.search(r"^\s*\[+\s*tool\s*\.\s*vpclink\b", text, re.MULTILINE) is not None
    return isinstance(tool, dict) and "vpclink" in tool


def _shown(path: Path) -> str:
    """As a user would write it: relative to the current folder where it lies inside."""
    full, here = path.absolute(), Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(path)


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem(shown, None, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(shown, line, "is not UTF-8, as TOML must be")]) from error


def _parse(text: str, shown: str) -> tuple[Mapping[str, object], Mapping[Place, int]]:
    try:
        return tomllib.loads(text), find_lines(text)
    except RecursionError as error:
        raise ConfigError([Problem(shown, None, "arrays or tables are nested too deeply")]) from error
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise ConfigError([_syntax_problem(str(error), text, shown)]) from error


def _syntax_problem(message: str, text: str, shown: str) -> Problem:
    position = _POSITION.search(message)
    if position is None:
        return Problem(shown, None, f"is not valid TOML: {message}")
    what = message[: position.start()]
    if position[1] is None:
        return Problem(shown, text.count("\n") + 1, f"is not valid TOML: {what} (at the end of the file)")
    return Problem(shown, int(position[1]), f"is not valid TOML: {what} (column {position[2]})")


def _root(values: Mapping[str, object], path: Path, notes: Notes) -> Table:
    """The table that holds env and static."""
    whole = Table(values, (), notes)
    if path.name != PYPROJECT:
        return whole
    tool = whole.table("tool")
    if not tool.has("vpclink"):
        notes.problems.append(Problem(notes.file, None, "has no table [tool.vpclink]"))
    return tool.table("vpclink")


def _read_settings(root: Table, path: Path, check_ids: Collection[str] | None) -> Settings:
    settings = Settings(
        file=path,
        environments=read_environments(root.table("env"), check_ids),
        static=read_static(root.table("static"), check_ids),
    )
    root.close()
    return settings
