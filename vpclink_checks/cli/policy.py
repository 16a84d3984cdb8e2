"""``vpclink policy``: the least-privilege read-only IAM policy, for a pipe."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from vpclink_checks.cli.console import say
from vpclink_checks.cli.environments import environment, mistake
from vpclink_checks.cli.partitions import partition_of
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ROWS, TABLE
from vpclink_checks.sources.policy import document


def run(asked: Namespace) -> int:
    """Print it; nothing else goes to stdout. Raises ConfigError.

    Without an environment it is for a first run: ``vpclink init`` lists what there is.
    """
    if asked.env is None and asked.config is not None:
        raise mistake("--config", "has no effect without --env=NAME")
    policy = document(rows=tuple(ROWS.values())) if asked.env is None else _of(environment(asked.env, asked.config))
    say(json.dumps(policy, indent=2))
    return 0


def _of(settings: EnvSettings) -> dict[str, Any]:
    """What the runs of one environment take."""
    region = settings.region
    return document(partition=partition_of(region), region=region, account=settings.account or "*", rows=TABLE)
