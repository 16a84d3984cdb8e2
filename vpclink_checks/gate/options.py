"""The plugin's options as values: every mistake at once, each in one line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from vpclink_checks.errors import ConfigError, Problem
from vpclink_checks.words import Severity

Given = Callable[[str], object]  # option name -> what the command line or the ini file says, or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``report`` None: not said; "" for none. ``unknown`` and ``probe`` None: the source decides."""

    env: tuple[str, ...] = ()
    config: Path | None = None
    snapshot: Path | None = None
    record: str = ""
    static: bool = False
    report: str | None = None
    fail_on: Severity = Severity.RISK
    unknown: str | None = None
    probe: bool | None = None
    host: str = "off"  # off | ssh
    fault: str = ""


def read(given: Given, folder: Path) -> Options:
    """The options; relative paths start at *folder*. Raises ConfigError with every mistake."""
    problems: list[Problem] = []
    fail_on = _choice(given, "fail-on", [one.value for one in Severity], problems)
    unknown = _choice(given, "unknown", ("fail", "warn"), problems)
    probe = _choice(given, "probe", ("on", "off"), problems)
    host = _choice(given, "host", ("off", "ssh"), problems)
    environments = given("env")
    if environments is not None and not names(str(environments)):
        problems.append(
            Problem("--vpclink-env", None, "no environment is named", hint="expected NAME[,NAME...] or all")
        )
    if problems:
        raise ConfigError(problems)
    config, snapshot, report = given("config"), given("snapshot"), given("report")
    return Options(
        env=names(str(environments or "")),
        config=folder / str(config) if config else None,
        snapshot=folder / str(snapshot) if snapshot else None,
        record=str(given("record") or ""),
        static=bool(given("static")),
        report=None if report is None else str(report),
        fail_on=Severity(fail_on) if fail_on else Severity.RISK,
        unknown=unknown,
        probe=None if probe is None else probe == "on",
        host=host or "off",
        fault=str(given("fault") or ""),
    )


def _choice(given: Given, option: str, choices: Sequence[str], problems: list[Problem]) -> str | None:
    """The value, if it is one of the choices; None where nothing was said."""
    value = given(option)
    if value is None or value in choices:
        return None if value is None else str(value)
    hint = f"expected {', '.join(choices[:-1])} or {choices[-1]}"
    problems.append(Problem(f"--vpclink-{option}", None, f"{value!r} is not a value of this option", hint=hint))
    return None


def names(text: str) -> tuple[str, ...]:
    """``"prod, staging"`` -> ``("prod", "staging")``, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def nearest(word: str, words: Collection[str]) -> str:
    """A hint: the nearest of the words there are, and all of them."""
    close = get_close_matches(word, words, n=1)
    known = ", ".join(words) or "none"
    return f"did you mean {close[0]}? known: {known}" if close else f"known: {known}"


def mistake(option: str, message: str, hint: str | None = None) -> ConfigError:
    """One mistake in one option."""
    return ConfigError([Problem(f"--vpclink-{option}", None, message, hint=hint)])
