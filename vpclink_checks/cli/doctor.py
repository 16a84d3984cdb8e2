"""``vpclink doctor``: can this environment be read, and what does each missing answer cost."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from functools import partial

from vpclink_checks.checks.judging import Rules
from vpclink_checks.cli.console import complain, in_color, progress, say
from vpclink_checks.cli.diagnosis import Diagnosis, lines
from vpclink_checks.cli.environments import DEMO, environment, mistake
from vpclink_checks.cli.silenced import missing, others
from vpclink_checks.errors import CollectError
from vpclink_checks.run import Target, gather, judge

HEALTHY, SILENCED, NO_PATH = 0, 1, 2


def run(asked: Namespace) -> int:
    """Read, judge, tell. Raises ConfigError, and CollectError where nothing could be read."""
    target = _target(asked)
    with progress() as tell_step:
        gathered = gather(target, tell=tell_step)
    tell = partial(Diagnosis, target=target, recording=gathered.recording)
    try:
        judged = judge(target, gathered)
    except CollectError as error:  # everything was read, and leads nowhere
        say("\n".join(lines(tell(missing=missing(gathered.recording, ())), color=in_color())))
        return complain(error, NO_PATH)
    found = missing(gathered.recording, judged.findings)
    diagnosis = tell(missing=found, paths=judged.topology.paths, others=others(judged.findings))
    say("\n".join(lines(diagnosis, color=in_color())))
    return SILENCED if any(one.silenced for one in found) else HEALTHY


def _target(asked: Namespace) -> Target:
    """The environment, without probes and without waivers: what is silenced is silenced, waived or not."""
    settings = environment(asked.env, asked.config)
    if asked.snapshot is not None and asked.env == DEMO:
        raise mistake("--snapshot", "the demo has facts of its own", "name another environment")
    if asked.snapshot is not None and not asked.snapshot.exists():
        raise mistake("--snapshot", f"there is no {asked.snapshot}", "expected what --vpclink-record wrote")
    source = "snapshot" if asked.snapshot is not None else DEMO if asked.env == DEMO else "live"
    rules = Rules(today=datetime.now(UTC).date(), severity=settings.severity)
    return Target(name=settings.name, source=source, settings=settings, rules=rules, path=asked.snapshot)
