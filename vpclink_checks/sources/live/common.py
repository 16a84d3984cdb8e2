"""What the environments of one run share: the limits of each account, parsed models, TLS, the time there is."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import TracebackType
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError

from vpclink_checks.sources.calls import LIMITS
from vpclink_checks.sources.live.tls import Contexts

DEADLINE_S = 600.0


class DeadlineError(BotoCoreError):
    """There is no time left for this run's collecting."""

    fmt = "{reason}, and this was not read by then"


class Common:
    """Use as a context manager: leaving it ends the threads. ``seconds``: how long all collecting may take."""

    def __init__(self, seconds: float = DEADLINE_S) -> None:
        self._ends = time.monotonic() + seconds
        self._reason = f"collecting ends after {seconds:g} s"
        self._pools: dict[tuple[str, str], ThreadPoolExecutor] = {}
        self._lock = Lock()
        self._collects = False
        self.contexts = Contexts()
        # Parsed once, whoever asks first; ec2's model alone takes 0.1 s (moto.md, section 3).
        self._loader: Any = None

    def __enter__(self) -> Common:
        """The garbage collector rests meanwhile: parsing makes millions of objects and no rubbish."""
        self._collects = gc.isenabled()
        gc.disable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._collects:
            gc.enable()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def pool(self, account: str, budget: str) -> ThreadPoolExecutor:
        """The threads for one limit of one account: as many as may ask at once, whatever the environment."""
        with self._lock:
            return self._pools.setdefault((account, budget), ThreadPoolExecutor(LIMITS[budget], f"vpclink-{budget}"))

    def left(self) -> float:
        """Seconds left for collecting; 0 when it is over."""
        return max(0.0, self._ends - time.monotonic())

    def end(self) -> None:
        """Nothing is sent any more: the run is being broken off."""
        self._ends = time.monotonic()
        self._reason = "the run was broken off"

    @property
    def late(self) -> DeadlineError:
        """What is said of what was not read in time."""
        return DeadlineError(reason=self._reason)

    def join(self, session: botocore.session.Session) -> None:
        """Let a session use what is shared, and send nothing any more once the time is over."""
        with self._lock:
            if self._loader is None:
                self._loader = session.get_component("data_loader")
            session.register_component("data_loader", self._loader)
        session.register("before-send", self._in_time)

    def _in_time(self, **_: Any) -> None:
        if not self.left():
            raise self.late
