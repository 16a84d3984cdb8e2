"""What the config says a path must turn out to be (``[[env.NAME.backend]]``): its cluster, service and container.

A block speaks of the paths of its base path (without one: of all), and where it names a container, of
those that end in it. One of them at least must have what the block declares; one that has something
else is only worth a note then. Where none has it, the first is told to, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.verdict import Verdict, failed, from_gap, noted, passed, unknown
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.settings import BackendSettings
from vpclink_checks.words import Severity

DECLARED = "contract of vpclink.toml: [[env.NAME.backend]]"
WRONG = "Callers reach another backend than the one that was meant, or the config is out of date."
CORRECT = "or correct the block in the config."


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One block on one of the paths that it speaks of, in the order of the paths."""

    backend: BackendSettings
    paths: tuple[Path, ...]

    @property
    def title(self) -> str:
        """What the block is called in messages: ``backend orders/api (line 8)``."""
        base = "of every base path" if self.backend.base_path is None else self.backend.base_path or "(none)"
        container = f"/{self.backend.container}" if self.backend.container else ""
        line = f" (line {self.backend.line})" if self.backend.line is not None else ""
        return f"backend {base}{container}{line}"


def base_paths_of(path: Path) -> tuple[str, ...]:
    """The base paths that lead to this path: its mapping's, or those that its routing rule names."""
    if path.rule is not None:
        return tuple(one.strip("/") for one in path.rule.base_paths) or ("",)
    return (path.base_path,)


def _behind(ctx: Context, backend: BackendSettings) -> tuple[Path, ...]:
    """The paths of the block's base path."""
    return tuple(
        one for one in ctx.topology.paths if backend.base_path is None or backend.base_path in base_paths_of(one)
    )


def _expected(ctx: Context) -> Iterator[Expected]:
    """The blocks that speak of this path."""
    for backend in ctx.settings.backends:
        paths = _behind(ctx, backend)
        if backend.container:
            paths = tuple(one for one in paths if one.container_name == backend.container)
        if any(one.id == ctx.here.id for one in paths):
            yield Expected(backend=backend, paths=paths)


def cluster_of(path: Path) -> str:
    """The name of the path's cluster; "" where the path does not get so far."""
    return path.service.cluster_arn.rpartition("/")[2] if path.service else ""


def service_of(path: Path) -> str:
    """The name of the path's service; "" where the path does not get so far."""
    return path.service.name if path.service else ""


def _in_cluster(one: Expected, path: Path) -> bool:
    said = one.backend.cluster
    return path.service is not None and said in ("", cluster_of(path), path.service.cluster_arn)


def _of_service(one: Expected, path: Path) -> bool:
    said = one.backend.service
    return path.service is not None and said in ("", service_of(path), path.service.arn)


def _clusters(ctx: Context) -> tuple[Subject[Expected], ...]:
    return _subjects(ctx, "cluster", [one for one in _expected(ctx) if one.backend.cluster])


def _services(ctx: Context) -> tuple[Subject[Expected], ...]:
    return _subjects(ctx, "service", [one for one in _expected(ctx) if one.backend.service])


def _subjects(ctx: Context, key: str, found: list[Expected]) -> tuple[Subject[Expected], ...]:
    if not found:
        raise NotApplicable(f"the config declares no {key} for this path")
    if ctx.here.service is None and ctx.here.stop is not None and ctx.here.stop.gap is None:
        raise NotApplicable(f"no ECS service on this path: {ctx.here.stop.reason}")
    arn = ctx.here.service.arn if ctx.here.service else ctx.here.id
    return tuple(Subject(arn, one.title.partition(" (line")[0], one) for one in found)


def _judged(ctx: Context, one: Expected, key: str, said: str, mine: str, held: list[Path]) -> Verdict:
    """*held*: the paths that have what was said; *mine*: what this one has."""
    evidence = Evidence("ecs:DescribeServices", f"{key}Name", mine)
    stop = ctx.here.stop
    if ctx.here.service is None:
        return from_gap(stop.gap) if stop and stop.gap else unknown(f"the {key} behind this path is not known")
    if any(path.id == ctx.here.id for path in held):
        return passed(f"{key} {mine} is the one that {one.title} declares", evidence)
    if held:
        return noted(f"{key} {mine} is not {said}, which {one.title} declares and path {held[0].id} has", evidence)
    unread = next((path.stop.gap for path in one.paths if path.stop and path.stop.gap and not path.service), None)
    if unread is not None:
        return from_gap(unread)
    first = next(path for path in one.paths if path.service is not None)
    if first.id != ctx.here.id:
        raise NotApplicable(f"told on path {first.id}")
    return failed(f"{one.title} declares {key} {said}, and the path leads to {key} {mine}", evidence)


@check(
    "service/declared-cluster",
    title="The service runs in the cluster that the config declares",
    severity=Severity.BLOCKER,
    subjects=_clusters,
    why=WRONG,
    fix=Fix(f"Send the target group's traffic to the service of the declared cluster, {CORRECT}"),
    source=DECLARED,
)
def declared_cluster(ctx: Context, one: Expected) -> Verdict:
    held = [path for path in one.paths if _in_cluster(one, path)]
    return _judged(ctx, one, "cluster", one.backend.cluster, cluster_of(ctx.here), held)


@check(
    "service/declared-service",
    title="The path leads to the service that the config declares",
    severity=Severity.BLOCKER,
    subjects=_services,
    why=WRONG,
    fix=Fix(f"Register the declared service in the path's target group, {CORRECT}"),
    source=DECLARED,
)
def declared_service(ctx: Context, one: Expected) -> Verdict:
    there = [path for path in one.paths if _in_cluster(one, path)] or one.paths
    held = [path for path in there if _of_service(one, path)]
    return _judged(ctx, one, "service", one.backend.service, service_of(ctx.here), held)


def _containers(ctx: Context) -> tuple[Subject[Expected], ...]:
    """The blocks whose container this path ends in, and those of which no path does, on the first path."""
    found = [one for one in _expected(ctx) if one.backend.container]
    found += [one for one in _unmet(ctx) if one.paths[0].id == ctx.here.id]
    if not found:
        raise NotApplicable("the config declares no container for this path")
    return tuple(Subject(ctx.here.id, one.title.partition(" (line")[0], one) for one in found)


def _unmet(ctx: Context) -> Iterator[Expected]:
    """The blocks whose container no path ends in; a path that stops before may be theirs, and says so itself."""
    for backend in ctx.settings.backends:
        paths = _behind(ctx, backend)
        if backend.container and paths and all(one.container_name not in ("", backend.container) for one in paths):
            yield Expected(backend=backend, paths=paths)


@check(
    "task-definition/declared-container",
    title="A path ends in each container that the config declares",
    severity=Severity.BLOCKER,
    subjects=_containers,
    why=WRONG,
    fix=Fix(f"Register the declared container in the path's target group, {CORRECT}"),
    source=DECLARED,
)
def declared_container(ctx: Context, one: Expected) -> Verdict:
    evidence = Evidence("ecs:DescribeServices", "loadBalancers[].containerName", ctx.here.container_name)
    if one.backend.container == ctx.here.container_name:
        return passed(f"container {ctx.here.container_name} is the one that {one.title} declares", evidence)
    names = ", ".join(dict.fromkeys(path.container_name for path in one.paths))
    return failed(f"{one.title} declares container {one.backend.container}, and its paths lead to {names}", evidence)
