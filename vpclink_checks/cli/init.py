"""``vpclink init``: what there is in a region, and a config of it."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from vpclink_checks.cli.advice import Kind, kind_of
from vpclink_checks.cli.console import progress, say
from vpclink_checks.cli.environments import mistake
from vpclink_checks.cli.leading import Found, found
from vpclink_checks.cli.written import behind, config_text, starts, through
from vpclink_checks.errors import CollectError, ConfigError, Problem
from vpclink_checks.settings import EnvSettings
from vpclink_checks.settings.document import FILE_NAME, PYPROJECT
from vpclink_checks.settings.environment import RESERVED_NAMES
from vpclink_checks.settings.rules import ENV_NAME, FILLED, REGION, ROLE_ARN, URL, Rule
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Recording
from vpclink_checks.sources.table.survey import SURVEY

WRITTEN, NOTHING_FOUND = 0, 1


def run(asked: Namespace) -> int:
    """Survey, tell, write. Raises ConfigError, and CollectError where the lists could not be read."""
    how = _how(asked)
    _check_output(asked.output, force=asked.force)
    there = _surveyed(how)
    _say_table(there)
    if not starts(there):
        say(f"nothing to check: none of them leads to a VPC link, and there is no link in {there.region}")
        return NOTHING_FOUND
    _write(asked.output, config_text(there, how, datetime.now(UTC).date()), force=asked.force)
    say(f"wrote {asked.output}. Next:")
    for line in _next(asked.output, how.name):
        say(f"  {line}")
    return WRITTEN


def _how(asked: Namespace) -> EnvSettings:
    """The options as settings. Raises ConfigError with every mistake."""
    region = os.environ.get("AWS_REGION", "") if asked.region is None else asked.region
    problems = [problem for one in _RULES for problem in _problem(asked, *one)]
    if asked.region is None and region and not REGION.fits(region):
        problems.append(Problem("AWS_REGION", None, f"expected {REGION.expected}"))
    if asked.env in RESERVED_NAMES:
        problems.append(Problem("--env", None, f"the name {asked.env} is reserved: choose another"))
    if asked.profile is not None and asked.role_arn is not None:
        problems.append(Problem("--role-arn", None, "expected either --profile or --role-arn, found both"))
    if asked.external_id is not None and asked.role_arn is None:
        problems.append(Problem("--external-id", None, "has no effect without --role-arn"))
    if problems:
        raise ConfigError(problems)
    return EnvSettings(
        name=asked.env,
        region=region,
        profile=asked.profile or "",
        role_arn=asked.role_arn or "",
        external_id=asked.external_id or "",
        endpoint_url=asked.endpoint_url or "",
    )


_RULES: tuple[tuple[str, Rule], ...] = (
    ("region", REGION),
    ("profile", FILLED),
    ("role_arn", ROLE_ARN),
    ("external_id", FILLED),
    ("endpoint_url", URL),
    ("env", ENV_NAME),
)


def _problem(asked: Namespace, name: str, rule: Rule) -> Iterator[Problem]:
    value = getattr(asked, name)
    if value is not None and not rule.fits(value):
        yield Problem(f"--{name.replace('_', '-')}", None, f"expected {rule.expected}")


def _check_output(path: Path, *, force: bool) -> None:
    """Before anything is asked of AWS."""
    if path.name == PYPROJECT or path.suffix != ".toml":
        raise mistake("--output", f"{path} is no name for it", f"expected a .toml file of its own, such as {FILE_NAME}")
    if path.is_dir():
        raise mistake("--output", f"{path} is a folder")
    if not path.parent.is_dir():
        raise mistake("--output", f"there is no folder {path.parent}")
    if path.exists() and not force:
        raise _exists(path)


def _exists(path: Path) -> ConfigError:
    return mistake("--output", f"{path} is there already, and was left as it is", "--force overwrites it")


def _surveyed(how: EnvSettings) -> Found:
    try:
        from vpclink_checks.sources.live.survey import survey, with_domains  # noqa: PLC0415 - takes boto3
    except ModuleNotFoundError:
        raise CollectError("live AWS takes boto3: pip install 'vpclink-checks[aws]'") from None
    with progress() as tell:
        recording = survey(how, progress=tell)
    _check_lists(recording)
    settings = with_domains(how, recording.facts)
    topology = discover(recording, settings, source="live")
    return found(topology, recording.facts, settings.domains)


def _check_lists(recording: Recording) -> None:
    """Without the lists it is not known what there is. Raises CollectError, a line each."""
    gaps = [one.gap for row in SURVEY for one in recording.facts.of(row.service, row.operation) if one.gap]
    if gaps:
        help_ = {True: ": vpclink policy prints all that it takes", False: ""}
        raise CollectError("\n".join(f"{gap}{help_[kind_of(gap) is Kind.DENIED]}" for gap in gaps))


def _say_table(there: Found) -> None:
    say(f"account {there.account}, region {there.region}: {_counted(there)}")
    rows = [("domain", "base path", "API (stage)", "VPC link")] if there.leads else []
    rows += [(there.titled(one.domain), one.base_path, through(one), behind(one, there)) for one in there.leads]
    rows += [("no domain", "", "", link.title) for link in there.unled]
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
    for row in rows:
        say("  " + "  ".join(f"{text:{width}}" for text, width in zip(row, [*widths, 0], strict=True)).rstrip())


def _counted(there: Found) -> str:
    return f"custom domains: {len(there.domains)}, VPC links: {len(there.links)}"


def _write(path: Path, text: str, *, force: bool) -> None:
    """Never over a file, not even over one that came in the meantime, unless that is wanted."""
    try:
        with path.open("w" if force else "x", encoding="utf-8") as config:
            config.write(text)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise mistake("--output", f"{path} cannot be written: {error.strerror}") from None


def _next(path: Path, name: str) -> Iterator[str]:
    """The commands to run now; a file that would not be found by itself has to be named."""
    found_by_itself = path.name == FILE_NAME and path.parent.resolve() == Path.cwd()
    named = ("", "") if found_by_itself else (f" --config={quote(str(path))}", f" --vpclink-config={quote(str(path))}")
    yield f"vpclink doctor {name}{named[0]}"
    yield f"pytest --vpclink-env={name}{named[1]}"
