"""How far the gathering is: one line on a terminal, rewritten in place. Elsewhere the summary says it once."""

from __future__ import annotations

import os
import shutil
from threading import Lock

STDOUT = 1


class Progress:
    """The line of a run; it can be written from any thread. Make it while pytest captures nothing.

    What a test writes is captured by turning its standard output elsewhere; so this keeps a copy of it.
    """

    def __init__(self, *, wanted: bool) -> None:
        self._terminal = os.dup(STDOUT) if wanted and os.isatty(STDOUT) else None
        self._lock, self._begun = Lock(), False

    def __call__(self, text: str) -> None:
        """Show this in the place of what was shown; "" takes the line away."""
        with self._lock:
            if self._terminal is None or not (text or self._begun):
                return
            start = "\r\x1b[K" if self._begun else "\r\n"  # below what pytest has begun
            shown = text[: shutil.get_terminal_size().columns - 1]
            os.write(self._terminal, f"{start}{shown}".encode())
            self._begun = bool(text)

    def close(self) -> None:
        """Give the copy back."""
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
