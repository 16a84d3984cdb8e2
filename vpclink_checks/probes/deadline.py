"""An end for an exchange that trickles: each read may be quick and the whole still never end."""

from __future__ import annotations

import os
import socket
import threading
from types import TracebackType


class Deadline:
    """Shuts the guarded socket down after *seconds*; ``passed`` tells that it did."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._guarded: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def guard(self, sock: socket.socket) -> None:
        """Take this connection under guard, through a handle of our own: TLS keeps its state to itself."""
        with self._lock:
            self._release()
            self._guarded = socket.socket(fileno=os.dup(sock.fileno()))

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            if self._guarded is None:
                return
            try:
                self._guarded.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the peer was quicker

    def _release(self) -> None:
        if self._guarded is not None:
            self._guarded.close()
            self._guarded = None

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._release()
