"""Files as text: a bounded read, and the encodings that editors and shells write."""

from __future__ import annotations

import codecs
from pathlib import Path

from vpclink_checks.errors import Problem, SourceError

# ECS takes task definitions of up to 64 KiB; a template with its comments may be larger, not this much.
MAX_BYTES = 1024 * 1024
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path, shown: str, limit: int = MAX_BYTES) -> tuple[str, tuple[str, ...]]:
    """The file's text without its byte order mark, and what was unusual about it. Raises SourceError."""
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        raise SourceError(Problem(shown, None, "cannot be read: it is not a regular file"))
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise SourceError(Problem(shown, None, f"cannot be read: {error.strerror or type(error).__name__}")) from None
    if len(raw) > limit:
        raise SourceError(Problem(shown, None, f"is larger than {limit // 1024} KiB", hint="ECS takes up to 64 KiB"))
    return _decoded(raw, shown)


def _decoded(raw: bytes, shown: str) -> tuple[str, tuple[str, ...]]:
    wide = raw.startswith(_UTF16)
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError(Problem(shown, line, "expected UTF-8 text, found other bytes")) from None
    if wide:
        return text, ("the file is UTF-16; the AWS CLI expects UTF-8",)
    bom = raw.startswith(codecs.BOM_UTF8)
    return text, ("the file starts with a byte order mark",) if bom else ()


def head(path: Path, limit: int) -> str:
    """The first *limit* bytes as text, "" for what is not text or cannot be read: for telling files apart."""
    if not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            raw = file.read(limit)
    except OSError:
        return ""
    if raw.startswith(_UTF16):
        return raw.decode("utf-16", "replace")
    return "" if b"\0" in raw else raw.decode("utf-8-sig", "replace")
