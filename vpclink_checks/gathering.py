"""Facts are gathered once a run, whatever ``-n`` says: by one process under a lock; all read what it wrote.

The folder belongs to one run: made by the controller for its own eyes only (0700), known to the
workers, gone at the end. It holds what leaves no secret behind: redacted facts and observations.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from vpclink_checks.errors import CollectError, VpclinkError
from vpclink_checks.probes.observation import from_json, to_json
from vpclink_checks.run import Gathered, Target, gather
from vpclink_checks.sources import snapshot

BROKE = "gathering broke, which is a bug of vpclink-checks: see the first failure"


class Gathering:
    """The facts of this run's environments. ``folder`` is shared by all processes of the run."""

    def __init__(self, folder: Path, gatherer: Callable[[Target], Gathered] | None = None) -> None:
        self._folder, self._gatherer = folder, gatherer or gather
        self._read: dict[str, Gathered] = {}

    def get(self, target: Target) -> Gathered:
        """The facts of an environment, gathered by whoever comes first.

        Raises CollectError with one line where that failed; it is not tried a second time.
        """
        if target.name not in self._read:
            with FileLock(self._folder / f"{target.name}.lock"):
                if not self.done(target):
                    self._gather(target)
            self._read[target.name] = self._stored(target)
        return self._read[target.name]

    def done(self, target: Target) -> bool:
        """Whether somebody gathered these facts, or failed to."""
        return self._result(target).exists()

    def _result(self, target: Target) -> Path:
        return self._folder / f"{target.name}.result.json"

    def _facts(self, target: Target) -> Path:
        return self._folder / f"{target.name}.snapshot.json"

    def _gather(self, target: Target) -> None:
        """Gather and keep, be it an error; a bug rises here, and leaves a line for the others."""
        result: dict[str, object] = {"error": BROKE}
        try:
            result = self._gathered(target)
        except VpclinkError as error:
            result = {"error": str(error)}
        finally:
            self._keep(target, result)

    def _gathered(self, target: Target) -> dict[str, object]:
        gathered = self._gatherer(target)
        snapshot.write(self._facts(target), gathered.recording)
        return {"error": None, "observations": to_json(gathered.observations.values())}

    def _keep(self, target: Target, result: object) -> None:
        """Written whole or not at all: its being there says that the facts are complete."""
        draft = self._folder / f"{target.name}.draft"
        draft.write_text(json.dumps(result), encoding="utf-8")
        draft.replace(self._result(target))

    def _stored(self, target: Target) -> Gathered:
        result = json.loads(self._result(target).read_text(encoding="utf-8"))
        if result["error"] is not None:
            raise CollectError(result["error"])
        recording = snapshot.read(self._facts(target))
        return Gathered(recording=recording, observations=from_json(result["observations"]))
