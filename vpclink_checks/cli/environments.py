"""An environment by its name, as the config declares it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from vpclink_checks.checks.catalogue import catalogue
from vpclink_checks.errors import ConfigError, Problem
from vpclink_checks.settings import EnvSettings, find_config, load

DEMO = "demo"


def environment(name: str, config: Path | None) -> EnvSettings:
    """The environment *name* of the config, or the built-in demo. Raises ConfigError with every mistake."""
    if name == DEMO:
        from vpclink_checks.demo import environment as demo  # noqa: PLC0415 - only who asks for the demo pays for it

        return demo.settings()
    here = Path.cwd()
    path = config or find_config(here, here)
    if path is None:
        hint = "vpclink init writes one; --config names one; 'demo' is built in"
        raise mistake(name, "no config file was found that could declare it", hint)
    known = load(path, [one.id for one in catalogue()]).environments
    if name not in known:
        raise mistake(name, f"there is no such environment in {path}", _nearest(name, [*known, DEMO]))
    return known[name]


def mistake(subject: str, message: str, hint: str | None = None) -> ConfigError:
    """One mistake on the command line."""
    return ConfigError([Problem(subject, None, message, hint=hint)])


def _nearest(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    every = f"known: {', '.join(known)}"
    return f"did you mean {close[0]}? {every}" if close else every
