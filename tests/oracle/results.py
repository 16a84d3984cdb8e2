"""What each oracle's test process leaves behind, so that ``make oracle`` can count over all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path


def told(oracle: str, family: str, shard: int, count: int, disagreements: int) -> None:
    """Append one JSON line to the file named by VPCLINK_ORACLE_RESULTS, if it is set.

    *oracle* is "brute-force" or "kernel"; *count* what was really compared. One short line in append mode is
    whole, whichever processes write beside it.
    """
    where = os.environ.get("VPCLINK_ORACLE_RESULTS", "")
    if not where:
        return
    line = {"oracle": oracle, "family": family, "shard": shard, "count": count, "disagreements": disagreements}
    with Path(where).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
