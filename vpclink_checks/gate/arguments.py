"""What stands on pytest's command line for us: config files, nodes in them, files to judge."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CONFIG_NAME = "vpclink.toml"
BUILT_IN = {
    "demo.toml": Path(__file__).parents[1] / "demo" / "demo.toml",
    "snapshot.toml": Path(__file__).parents[1] / "sources" / "snapshot.toml",
}
_TABLES = re.compile(r"^\s*\[+\s*(tool\s*\.\s*vpclink\b|env\s*\.|static\s*\])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Argument:
    """One of pytest's arguments, ``FILE::part::part``; ``path`` is absolute, symbolic links kept."""

    text: str
    path: Path
    parts: tuple[str, ...] = ()

    def moved(self, path: Path) -> Argument:
        """The same node in another file."""
        return Argument("::".join((str(path), *self.parts)), path, self.parts)


def parse(text: str, folder: Path) -> Argument:
    """An argument as pytest reads it, relative to *folder*."""
    base, *parts = text.split("::")
    return Argument(text, Path(os.path.abspath(folder / base)), tuple(parts))  # noqa: PTH100 - links are kept


def built_in(argument: Argument) -> Argument:
    """The packaged file, where the argument names one of ours and there is no such file."""
    packaged = BUILT_IN.get(argument.path.name)
    return argument.moved(packaged) if packaged and not argument.path.exists() else argument


def may_be_json(name: str) -> bool:
    """Whether a file of this name may be JSON or a template of it (``task-definition.json.tpl``)."""
    return name.lower().endswith((".json", ".tpl", ".tmpl", ".tftpl", ".j2", ".template"))


def may_be_ours(name: str) -> bool:
    """Whether this argument of pytest's may be a file for us; files are told by content, so most may."""
    return name.endswith((".toml", ".json")) or (not name.endswith(".py") and os.path.isfile(name))  # noqa: PTH113


def is_config(path: Path, config: Path | None) -> bool:
    """Whether a named file is a config file of ours: by name, by option, or by its tables."""
    if path in (config, *BUILT_IN.values()) or path.name == CONFIG_NAME:
        return True
    return path.suffix == ".toml" and path.is_file() and bool(_TABLES.search(_text(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def shown(path: Path, rootdir: Path) -> str:
    """The file's part of a node id: relative to rootdir, ``/`` between folders."""
    if name := next((name for name, packaged in BUILT_IN.items() if packaged == path), None):
        return name
    try:
        return Path(os.path.relpath(path, rootdir)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def corridors(ours: Iterable[Path], others: Iterable[Path], rootdir: Path) -> frozenset[Path]:
    """The folders that lead to our files alone: pytest must not walk or run anything else there.

    Those outside rootdir and, to a packaged file, those inside: rootdir may hold the virtual environment.
    """
    taken = {folder for path in others for folder in (path, *path.parents)} | {rootdir, *rootdir.parents}
    outside = {folder for path in ours for folder in path.parents if not folder.is_relative_to(rootdir)}
    packaged = {folder for path in ours if path in BUILT_IN.values() for folder in path.parents}
    return frozenset((outside | packaged) - taken)
