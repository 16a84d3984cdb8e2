"""The only conductor: from one target's settings to its facts, its verdicts, and its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path as FilePath
from types import ModuleType
from typing import TYPE_CHECKING

from vpclink_checks.checks.catalogue import Check, Context, catalogue
from vpclink_checks.checks.judging import Judging, Rules
from vpclink_checks.errors import CollectError, Problem, SourceError
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.notes import path_notes, probe_note
from vpclink_checks.probes.observation import Observation
from vpclink_checks.reach.engine import Reach
from vpclink_checks.report import EnvironmentReport, Finding
from vpclink_checks.settings import EnvSettings, StaticSettings
from vpclink_checks.sources.facts import Recording

if TYPE_CHECKING:  # sockets are for those who probe
    from vpclink_checks.probes.http import Signer
    from vpclink_checks.sources.live.common import Common


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to judge: an environment, or a file of infrastructure code.

    ``source`` is live, snapshot, demo or static; ``path`` the snapshot or the file; ``static`` the
    settings of a file. ``name`` is the environment's name, or the file as shown in node ids.
    """

    name: str
    source: str
    settings: EnvSettings
    rules: Rules
    probes: bool = False
    fault: str = ""
    path: FilePath | None = None
    static: StaticSettings | None = None

    @property
    def environment(self) -> bool:
        """Whether this is an environment, not a file."""
        return self.source != "static"

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that this target meets."""
        return tuple(one for one in catalogue() if one.file or self.environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that was taken from outside for one environment: everything else follows from it.

    ``seconds``: how long it took to read it.
    """

    recording: Recording
    seconds: float = 0.0
    observations: Mapping[str, Observation] = field(default_factory=dict)


def gather(target: Target, *, common: Common | None = None, tell: Callable[[str], None] | None = None) -> Gathered:
    """Read or record the facts of an environment and send its probes. Raises VpclinkError.

    Everything that touches the network happens in here. *common* is what live environments share that
    are gathered side by side; *tell* gets a line at every step.
    """
    if target.source == "demo":
        return _gather_demo(target)
    started = time.monotonic()
    recording = _recording(target, common, tell)
    seconds = round(time.monotonic() - started, 3)
    return replace(_probed(target, named(target.settings, recording), recording), seconds=seconds)


@contextmanager
def side_by_side(targets: Sequence[Target]) -> Iterator[Common | None]:
    """What the live ones among the targets share while they are gathered; None where there is nothing to share."""
    live = [target for target in targets if target.source == "live"]
    try:
        made: Common | None = _live("common", live[0].settings).Common() if live else None
    except CollectError:  # without boto3 each of them says so by itself
        made = None
    with made or nullcontext():
        yield made


def _recording(target: Target, common: Common | None, tell: Callable[[str], None] | None) -> Recording:
    if target.path is not None:
        return faulty(_meant(target.settings, _read(target.path, target.settings)), target.fault)
    collect: Callable[..., Recording] = _live("collect", target.settings).collect
    return collect(target.settings, common=common, progress=tell)


def _live(name: str, settings: EnvSettings) -> ModuleType:
    """A module of sources/live, all of which take boto3. Raises CollectError where that is not installed."""
    try:
        return import_module(f"vpclink_checks.sources.live.{name}")
    except ModuleNotFoundError:
        text = f"env.{settings.name}: live AWS takes boto3: pip install 'vpclink-checks[aws]'"
        raise CollectError(text) from None


def _read(path: FilePath, settings: EnvSettings) -> Recording:
    from vpclink_checks.sources import recordings  # noqa: PLC0415 - only what a run needs is imported

    try:
        return recordings.read(path, settings)
    except SourceError as error:
        here = FilePath.cwd()
        place = FilePath(error.problem.file)
        shown = place.relative_to(here) if place.is_relative_to(here) else place
        raise SourceError(replace(error.problem, file=str(shown))) from None


def _meant(settings: EnvSettings, recording: Recording) -> Recording:
    """The recording, if it is of the account and region that the config says. Raises CollectError."""
    for key, said, found in (
        ("account", settings.account, recording.account),
        ("region", settings.region, recording.region),
    ):
        if said and said != found:
            where = f"{key} {found}" if found else f"no {key} that it names"
            raise CollectError(f"env.{settings.name}: the snapshot is of {where}, but the config says {key} {said}")
    return recording


def faulty(recording: Recording, fault: str) -> Recording:
    """The same facts with one thing broken. Raises LookupError where they have no such thing."""
    if not fault:
        return recording
    from vpclink_checks.demo import environment, overlay  # noqa: PLC0415 - only who breaks things pays for it

    return replace(recording, facts=overlay.applied(recording.facts, environment.faults()[fault].changes))


def _gather_demo(target: Target) -> Gathered:
    from vpclink_checks.demo import environment  # noqa: PLC0415 - servers

    recording = environment.recording(target.fault or None)
    if not target.probes:
        return Gathered(recording=recording)
    with environment.DataPlane(target.fault or None) as plane:
        way, trust = plane.connect_to, plane.ca_file
        probes = tuple(replace(probe, connect_to=way, ca_file=trust) for probe in target.settings.probes)
        return _probed(target, replace(target.settings, probes=probes), recording)


def _probed(target: Target, settings: EnvSettings, recording: Recording) -> Gathered:
    if not target.probes:
        return Gathered(recording=recording)
    from vpclink_checks.probes.plan import plan  # noqa: PLC0415
    from vpclink_checks.probes.send import send  # noqa: PLC0415

    requests = plan(topology_of(target, recording), settings)
    return Gathered(recording=recording, observations=send(requests, signer=signer(settings)))


def signer(settings: EnvSettings) -> Signer | None:
    """Signs the probes that ask for SigV4, with the environment's own credentials; None where none asks."""
    if not any(probe.auth == "sigv4" for probe in settings.probes):
        return None
    make: Callable[[EnvSettings], Signer] = _live("signing", settings).signer
    return make(settings)


def named(settings: EnvSettings, recording: Recording) -> EnvSettings:
    """The settings; where they name nothing to start from, with the domains that were asked about."""
    if settings.domains or settings.vpc_links:
        return settings
    asked = [*recording.facts.of("apigateway", "GetDomainName"), *recording.facts.of("apigatewayv2", "GetDomainName")]
    names = {str(one.call.params.get("domainName") or one.call.params.get("DomainName")) for one in asked}
    return replace(settings, domains=tuple(sorted(names)), region=recording.region)


def topology_of(target: Target, recording: Recording) -> Topology:
    """The environment that these facts describe. Raises CollectError where no path was found."""
    from vpclink_checks.sources.discovery import discover  # noqa: PLC0415

    settings = named(target.settings, recording)
    topology = discover(recording, settings, source=target.source)
    if not topology.paths:
        names = ", ".join(settings.domains) or "these facts"
        raise CollectError(f"no path to a VPC link was found from {names}")
    return topology


class Judged:
    """One target with its facts, judged check by check as it is asked."""

    def __init__(self, target: Target, topology: Topology, now: datetime, gathered: Gathered | None = None) -> None:
        self.target, self.topology, self.gathered = target, topology, gathered
        self.observations = gathered.observations if gathered else {}
        self._judging = Judging(
            Context(
                topology=topology,
                settings=target.settings,
                reach=Reach(topology),
                now=now,
                observations=self.observations,
                probes_on=target.probes,
                bare_file=not target.environment,
            ),
            target.rules,
            checks=target.checks,
            answered=_answered,
        )

    def of(self, check_id: str) -> tuple[Finding, ...]:
        """The findings of one check."""
        return self._judging.of(check_id)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of every check."""
        return self._judging.all()

    def report(self, selected: Collection[str] | None = None) -> EnvironmentReport:
        """What was found by the *selected* checks, and by those that block them; None: by all."""
        findings = self.findings if selected is None else _kept(self.findings, selected)
        return EnvironmentReport(
            name=self.target.name,
            source=self.target.source,
            account=self.topology.account,
            region=self.topology.region,
            api_calls=self.gathered.recording.calls if self.gathered else {},
            paths=path_notes(self.topology, findings),
            findings=findings,
            probes=tuple(probe_note(one) for one in self.observations.values() if not one.skipped),
        )


def _answered(context: Context, path: Path) -> bool:
    from vpclink_checks.checks.end_to_end import answered_by_backend  # noqa: PLC0415

    return answered_by_backend(context, path)


def _kept(findings: Collection[Finding], selected: Collection[str]) -> tuple[Finding, ...]:
    blockers = {one.blocked_by for one in findings if one.check in selected}
    return tuple(one for one in findings if one.check in selected or one.check in blockers)


def judge(target: Target, gathered: Gathered) -> Judged:
    """The verdicts on an environment. Dates are judged as of when the facts were taken."""
    recording = gathered.recording
    target = replace(target, settings=named(target.settings, recording))
    return Judged(target, topology_of(target, recording), recording.taken_at, gathered)


def judge_file(target: Target, started: datetime) -> Judged:
    """The verdicts on a file. Raises SourceError if it is not what it seemed to be."""
    from vpclink_checks.sources import task_definition  # noqa: PLC0415

    if target.path is None or target.static is None:
        raise ValueError(f"{target.name} is no file")
    topology = task_definition.read(target.path, target.name, target.static)
    if topology is None:
        raise SourceError(Problem(target.name, None, "is no ECS task definition"))
    return Judged(target, topology, started)
