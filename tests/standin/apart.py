"""A stand-in in a process of its own, so that its work is not what is measured: ``with serving(...) as url``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.standin.stacks import Stack

ROOT = Path(__file__).parents[2]
NOBODY = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
SERVE = """
import sys
from tests.standin.server import Standin
from tests.standin.stacks import Stack
from tests.standin.world import World
world = World({stack!r}.recording)
with Standin(world) as aws:
    print(aws.url, flush=True)
    for line in sys.stdin:
        aws.latency = float(line)
        print(len(aws.log), max((one.in_flight for one in aws.log), default=0), flush=True)
        aws.forget()
"""


class Server:
    """The stand-in in its process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def slow_down(self, latency: float = 0.0) -> tuple[int, int]:
        """Add this to each answer from now on. Gives the requests since the last time, and how many came at once."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{latency}\n")
        self._process.stdin.flush()
        requests, at_once = map(int, self._line().split())
        return requests, at_once


@contextmanager
def serving(stack: Stack) -> Iterator[Server]:
    """A big stack's stand-in; it ends with the block."""
    os.environ.update(NOBODY)
    command = [sys.executable, "-c", SERVE.format(stack=stack)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, env=environment, stdin=pipe, stdout=pipe) as process:
        try:
            yield Server(process)
        finally:
            process.terminate()
