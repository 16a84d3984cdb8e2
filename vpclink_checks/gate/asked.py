"""From options, config and pytest's arguments to what is to be judged, and where its nodes hang."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from vpclink_checks import settings as config_files
from vpclink_checks.checks.catalogue import Check, catalogue
from vpclink_checks.checks.judging import Rules
from vpclink_checks.errors import ConfigError, Problem, SourceError
from vpclink_checks.gate.arguments import BUILT_IN, Argument, built_in, corridors, is_config, may_be_json, parse, shown
from vpclink_checks.gate.options import Options, mistake, nearest
from vpclink_checks.run import Target, faulty
from vpclink_checks.settings import BackendSettings, EnvSettings, Settings
from vpclink_checks.sources import recordings
from vpclink_checks.words import HOPS

DEMO, SNAPSHOT, ALL = "demo", "snapshot", "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where pytest was started, its rootdir, and the arguments it goes by."""

    folder: Path
    rootdir: Path
    arguments: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one run is to judge.

    ``files`` gives each config file (by absolute path) the targets that hang on it; ``parts`` the
    names of targets of which only some nodes are asked for; ``named`` the JSON files on the command
    line, ``strange`` the TOML files there that are no config; ``arguments`` what pytest is to
    collect; ``leading`` the folders that lead to our files alone.
    """

    options: Options
    settings: Settings
    today: date
    rootdir: Path
    arguments: tuple[str, ...] = ()
    files: Mapping[Path, tuple[Target, ...]] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()
    named: frozenset[Path] = frozenset()
    strange: frozenset[Path] = frozenset()
    leading: frozenset[Path] = frozenset()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every environment asked for."""
        return tuple(target for targets in self.files.values() for target in targets)

    @property
    def ours(self) -> frozenset[Path]:
        """Every file of ours that is named, or added."""
        return self.named | frozenset(self.files)

    def shown(self, path: Path) -> str:
        """The file's part of a node id."""
        return shown(path, self.rootdir)

    def path_of(self, name: str) -> Path:
        """The file that :meth:`shown` gave this name."""
        return Path(os.path.abspath(self.rootdir / name))  # noqa: PTH100 - links are kept

    def header(self) -> list[str]:
        """What pytest's header says of this run."""
        if not self.targets:
            return []
        names = ", ".join(f"{one.name} ({one.source})" for one in self.targets)
        config = self.settings.file
        rules = f"fail-on {self.options.fail_on}, unknown {self.options.unknown or 'fail'}"
        fault = f"; fault {self.options.fault}" if self.options.fault else ""
        return [f"vpclink: {names}{f'; config {self.shown(config)}' if config else ''}; {rules}{fault}"]

    def file_target(self, path: Path) -> Target:
        """A file to be judged."""
        static = self.settings.static
        name = self.shown(path)
        backends = () if static.dynamic_ports is None else (BackendSettings(dynamic_ports=static.dynamic_ports),)
        rules = Rules(
            today=self.today,
            fail_on=self.options.fail_on,
            unknown=self.options.unknown or static.unknown,
            severity=static.severity,
            waivers=static.waivers,
        )
        environment = EnvSettings(name=name, severity=static.severity, backends=backends, waivers=static.waivers)
        return Target(name=name, source="static", settings=environment, rules=rules, path=path, static=static)


def ask(options: Options, where: Where, today: date) -> Asked:
    """What is asked for. Raises ConfigError with every mistake, before anything is collected."""
    arguments = [built_in(parse(one, where.folder)) for one in where.arguments]
    _check_files(arguments)
    configs = [one for one in arguments if is_config(one.path, options.config)]
    path = _config_path(options, where, configs)
    settings = config_files.load(path, [one.id for one in catalogue()]) if path else Settings()
    names = _names(options, settings, configs)
    _check_use(options, names)
    targets = [_target(name, options, settings, today) for name in names]
    files = _by_file(targets, settings)
    every = [*arguments, *_missing(files, arguments)]
    judgeable = [one for one in arguments if _judgeable(one.path)]
    named = frozenset(one.path for one in judgeable)
    others = [one.path for one in every if one.path not in files and one.path not in named]
    asked = Asked(
        options=options,
        settings=settings,
        today=today,
        rootdir=where.rootdir,
        arguments=tuple(one.text for one in every),
        files=files,
        parts=frozenset(one.parts[0] for one in configs if len(one.parts) > 1),
        named=named,
        strange=frozenset(one.path for one in arguments if one.path.suffix == ".toml" and one not in configs),
        leading=corridors([*files, *named], others, where.rootdir),
    )
    for node in (one for one in configs if one.path in files):
        _check_node(node.parts[1:], catalogue(), asked.shown(node.path))
    for node in judgeable:
        _check_node(node.parts, [one for one in catalogue() if one.file], asked.shown(node.path))
    return asked


def _judgeable(path: Path) -> bool:
    """Whether a named file may be one to judge: by its name, or, whatever that is, by its content."""
    from vpclink_checks.sources.task_definition import looks_like  # noqa: PLC0415

    if path.suffix in (".py", ".toml") or not path.is_file():
        return False
    return may_be_json(path.name) or looks_like(path)


def _check_files(arguments: Iterable[Argument]) -> None:
    """A file that might be ours and is not there: under xdist nobody would say so."""
    lost = [one for one in arguments if one.path.suffix in (".json", ".toml") and not one.path.exists()]
    if lost:
        raise ConfigError([Problem(one.text, None, "there is no such file") for one in lost])


def _config_path(options: Options, where: Where, configs: Iterable[Argument]) -> Path | None:
    """The one config file: by option, by argument, or found."""
    named = dict.fromkeys(one.path for one in configs if not _packaged(one.path))
    chosen = dict.fromkeys([*([options.config] if options.config else []), *named])
    if len(chosen) > 1:
        raise mistake("config", "one run takes one config file", f"got {', '.join(map(str, chosen))}")
    return next(iter(chosen), None) or config_files.find_config(where.folder, where.rootdir)


def _names(options: Options, settings: Settings, configs: Sequence[Argument]) -> tuple[str, ...]:
    """The environments asked for: by option, by a node's name, by the file alone, by a snapshot alone."""
    known = settings.environments
    names = [name for one in options.env for name in (known if one == ALL else (one,))]
    names += [one.parts[0] if one.parts else one.path.stem for one in configs if one.parts or _packaged(one.path)]
    if not names and configs:
        names = list(known)
    if not names and options.snapshot:
        names = [SNAPSHOT]
    if ALL in options.env and not known:
        raise mistake("env", "there is no environment in the config", nearest(ALL, [DEMO]))
    for name in names:
        _check_known(name, options, settings)
    return tuple(dict.fromkeys(names))


def _packaged(path: Path) -> bool:
    return path in BUILT_IN.values()


def _check_known(name: str, options: Options, settings: Settings) -> None:
    if name == DEMO or name in settings.environments or (name == SNAPSHOT and options.snapshot):
        return
    if settings.file is None:
        hint = "write a vpclink.toml with [env.NAME], or name one with --vpclink-config; 'demo' is built in"
        raise mistake("env", f"no config file was found that could declare {name!r}", hint)
    known = [*settings.environments, DEMO]
    raise mistake("env", f"no environment {name!r} in {settings.file.name}", nearest(name, known))


def _check_use(options: Options, names: Collection[str]) -> None:
    """Options that would be ignored, or that contradict each other, are mistakes."""
    for option, value in (("record", options.record), ("fault", options.fault), ("snapshot", options.snapshot)):
        if value and not names:
            raise mistake(option, "there is no environment to use it for", "add --vpclink-env=NAME")
    if options.snapshot and DEMO in names:
        raise mistake("snapshot", "the demo has facts of its own", "name another environment, or leave the option out")
    if options.snapshot and len(names) > 1 and "{env}" not in str(options.snapshot):
        hint = "name one environment, or put {env} into PATH"
        raise mistake("snapshot", f"one snapshot cannot stand for {len(names)} environments", hint)
    missing = [one for one in map(partial(_snapshot, options), names) if one is not None and not one.exists()]
    if missing:
        raise mistake("snapshot", f"there is no {missing[0]}", "expected a recording that --vpclink-record wrote")
    if options.record and len(names) > 1 and "{env}" not in options.record:
        raise mistake("record", f"{len(names)} environments need a file each", "put {env} into PATH")


def _snapshot(options: Options, name: str) -> Path | None:
    """The recording of this environment; ``{env}`` stands for its name, as in --vpclink-record."""
    return Path(str(options.snapshot).replace("{env}", name)) if options.snapshot else None


def _target(name: str, options: Options, settings: Settings, today: date) -> Target:
    if name == DEMO:
        return _demo(options, today)
    environment = settings.environments.get(name) or EnvSettings(name=name)
    source = "snapshot" if options.snapshot else "live"
    target = Target(
        name=name,
        source=source,
        settings=environment,
        rules=_rules(environment, options, today),
        probes=source == "live" if options.probe is None else options.probe,
        path=_snapshot(options, name),
    )
    return _faulty(target, options.fault)


def _demo(options: Options, today: date) -> Target:
    from vpclink_checks.demo import environment  # noqa: PLC0415 - only who asks for the demo pays for it

    _check_fault(options.fault)
    settings = environment.settings()
    return Target(
        name=DEMO,
        source=DEMO,
        settings=settings,
        rules=_rules(settings, options, today),
        probes=options.probe is not False,
        fault=options.fault,
    )


def _check_fault(fault: str) -> None:
    if not fault:
        return
    from vpclink_checks.demo import environment  # noqa: PLC0415

    known = environment.faults()
    if fault not in known:
        raise mistake("fault", f"there is no fault {fault!r}", nearest(fault, sorted(known)))


def _faulty(target: Target, fault: str) -> Target:
    """The target with this fault, once it is known to fit the recording."""
    if not fault:
        return target
    if target.path is None:
        raise mistake("fault", f"{target.name} is live, and nothing is broken there", "record it, or take the demo")
    _check_fault(fault)
    try:
        faulty(recordings.read(target.path, target.settings), fault)
    except LookupError as misfit:
        raise mistake("fault", f"{fault} does not fit the facts in {target.path.name}", str(misfit)) from None
    except SourceError:
        pass  # said when the facts are needed, as without a fault
    return replace(target, fault=fault)


def _rules(settings: EnvSettings, options: Options, today: date) -> Rules:
    return Rules(
        today=today,
        fail_on=options.fail_on,
        unknown=options.unknown or "fail",
        severity=settings.severity,
        waivers=settings.waivers,
    )


def _by_file(targets: Iterable[Target], settings: Settings) -> dict[Path, tuple[Target, ...]]:
    """The targets by the file that their nodes hang on: the config, or a packaged one."""
    files: dict[Path, tuple[Target, ...]] = {}
    for target in targets:
        declared = settings.file if target.name in settings.environments else None
        path = declared or BUILT_IN[f"{target.name}.toml"]
        files[path] = (*files.get(path, ()), target)
    return files


def _missing(files: Mapping[Path, Sequence[Target]], arguments: Sequence[Argument]) -> Iterator[Argument]:
    """What must be added for every target to be collected; naming a file or a node says what of it is.

    A file that lies in a folder given is met on the way: named beside that folder, it would take the
    folder's other tests away (pytest 8) or be dropped (pytest 9).
    """
    for path, targets in files.items():
        if any(not one.parts and (one.path == path or _holds(one.path, path)) for one in arguments):
            continue
        begun = {one.parts[0] for one in arguments if one.path == path}
        lost = [target.name for target in targets if target.name not in begun]
        if not begun:
            yield Argument(str(path), path)
        else:
            yield from (Argument(f"{path}::{name}", path, (name,)) for name in lost)


def _holds(folder: Path, path: Path) -> bool:
    return path.is_relative_to(folder) and folder.is_dir()


def _check_node(parts: Sequence[str], checks: Sequence[Check], shown: str) -> None:
    """A hop or check that does not exist is said here, by name; under xdist pytest's own message is lost."""
    hops = [hop for hop in HOPS if any(one.hop == hop for one in checks)]
    if parts and parts[0] not in hops:
        raise mistake("env", f"no hop {parts[0]!r} ({shown})", nearest(parts[0], hops))
    known = [one.name for one in checks if parts and one.hop == parts[0]]
    if len(parts) > 1 and parts[1] not in known:
        raise mistake("env", f"no check {parts[1]!r} of {parts[0]} ({shown})", nearest(parts[1], known))
