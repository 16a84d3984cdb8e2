"""Facts are gathered once a run, whatever ``-n`` says: by one process under a lock; all read what it wrote.

All environments that the run needs are gathered side by side; one that cannot be read hides no other.

The folder belongs to one run: made by the controller for its own eyes only (0700), known to the
workers, gone at the end. It holds what leaves no secret behind: redacted facts and observations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from vpclink_checks.errors import CollectError, VpclinkError
from vpclink_checks.probes.observation import from_json, to_json
from vpclink_checks.run import Gathered, Target, gather, side_by_side
from vpclink_checks.sources import snapshot

if TYPE_CHECKING:
    from vpclink_checks.sources.live.common import Common

BROKE = "gathering broke, which is a bug of vpclink-checks: see the first failure"


class Gathering:
    """The facts of this run's environments. ``folder`` is shared by all processes of the run.

    ``tell`` gets a line at every step of the gathering, and "" at its end.
    """

    def __init__(
        self,
        folder: Path,
        gatherer: Callable[[Target], Gathered] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._folder, self._gatherer, self._tell = folder, gatherer, tell
        self._expected: dict[str, Target] = {}
        self._read: dict[str, Gathered] = {}

    def expect(self, targets: Iterable[Target]) -> None:
        """These will all be asked for: the first to be asked for brings in the others, side by side."""
        self._expected |= {target.name: target for target in targets}

    def get(self, target: Target) -> Gathered:
        """The facts of an environment, gathered by whoever comes first.

        Raises CollectError with one line where that failed; it is not tried a second time.
        """
        if target.name not in self._read:
            if not self.done(target):
                with FileLock(self._folder / "gathering.lock"):
                    together = ({target.name: target} | self._expected).values()
                    self._gather_all([one for one in together if not self.done(one)])
            self._read[target.name] = self._stored(target)
        return self._read[target.name]

    def _gather_all(self, targets: Sequence[Target]) -> None:
        """Side by side; a bug in one of them rises when all have ended."""
        if not targets:
            return
        try:
            with ThreadPoolExecutor(len(targets)) as threads, side_by_side(targets) as common:
                begun = [threads.submit(self._gather, target, common) for target in targets]
                wait(begun)
        finally:
            if self._tell:
                self._tell("")
        for one in begun:
            one.result()

    def done(self, target: Target) -> bool:
        """Whether somebody gathered these facts, or failed to."""
        return self._result(target).exists()

    def _result(self, target: Target) -> Path:
        return self._folder / f"{target.name}.result.json"

    def _facts(self, target: Target) -> Path:
        return self._folder / f"{target.name}.snapshot.json"

    def _gather(self, target: Target, common: Common | None) -> None:
        """Gather and keep, be it an error; a bug rises here, and leaves a line for the others."""
        result: dict[str, object] = {"error": BROKE}
        try:
            result = self._gathered(target, common)
        except VpclinkError as error:
            result = {"error": str(error)}
        finally:
            self._keep(target, result)

    def _gathered(self, target: Target, common: Common | None) -> dict[str, object]:
        gathered = self._gatherer(target) if self._gatherer else gather(target, common=common, tell=self._tell)
        snapshot.write(self._facts(target), gathered.recording)
        seen = to_json(gathered.observations.values())
        return {"error": None, "observations": seen, "seconds": gathered.seconds}

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
        seen = from_json(result["observations"])
        return Gathered(recording=recording, observations=seen, seconds=result["seconds"])
