"""The terminal, or whatever stands in its place: a pipe, a file, a reader that has gone."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

from vpclink_checks.errors import VpclinkError

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def say(text: str) -> None:
    """Write *text* and a line end to stdout."""
    _write(sys.stdout, f"{text}\n")


def complain(problem: object, status: int) -> int:
    """Write a problem to stderr, and hand back the exit status."""
    _write(sys.stderr, "".join(f"vpclink: {line}\n" for line in str(problem).splitlines()))
    return status


def warn(text: str) -> None:
    """Write one line to stderr."""
    complain(text, 0)


def in_color() -> bool:
    """Whether stdout is a terminal whose user has not asked for plain text (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


@contextmanager
def ending_quietly() -> Iterator[None]:
    """While this lasts, Ctrl-C ends the process at once, with 130 and no traceback.

    Calls in flight are only reads, so that nothing is left half done.
    """
    before = signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(*_: object) -> NoReturn:
    os._exit(INTERRUPTED)


def _write(stream: TextIO | None, text: str) -> None:
    """What the stream cannot encode is replaced. Raises VpclinkError where the place it leads to is full."""
    if stream is None:  # closed by whoever started the process
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
    except OSError as error:
        _gone(stream, error)
    finish(stream)


def finish(stream: TextIO | None) -> None:
    """Hand on what is still held back. A reader that has gone, as ``head`` does, is no error."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError as error:
        _gone(stream, error)


def _gone(stream: TextIO, error: OSError) -> None:
    """Let the rest go nowhere: else the interpreter would try once more at its end, and complain."""
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
    if not isinstance(error, BrokenPipeError):
        raise VpclinkError(f"the output cannot be written: {error.strerror}") from None


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Where steps may be told, each in the place of the one before; nothing is told unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    try:
        yield lambda text: _write(sys.stderr, f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}")
    finally:
        _write(sys.stderr, "\r\033[K")
