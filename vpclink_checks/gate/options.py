"""The plugin's options as values: every mistake at once, each in one line."""

from __future__ import annotations

from collections.abc import Callable, Collection
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
    fault: str = ""


def read(given: Given, folder: Path) -> Options:
    """The options; relative paths start at *folder*. Raises ConfigError with every mistake."""
    problems: list[Problem] = []

    def choice(option: str, choices: Collection[str]) -> str | None:
        value = given(option)
        if value is None or value in choices:
            return None if value is None else str(value)
        hint = f"expected {_or(choices)}"
        problems.append(Problem(f"--vpclink-{option}", None, f"{value!r} is not a value of this option", hint=hint))
        return None

    def path(option: str) -> Path | None:
        value = given(option)
        return folder / str(value) if value else None

    fail_on = choice("fail-on", [one.value for one in Severity])
    probe = choice("probe", ("on", "off"))
    report = given("report")
    options = Options(
        env=names(str(given("env") or "")),
        config=path("config"),
        snapshot=path("snapshot"),
        record=str(given("record") or ""),
        static=bool(given("static")),
        report=None if report is None else str(report),
        fail_on=Severity(fail_on) if fail_on else Severity.RISK,
        unknown=choice("unknown", ("fail", "warn")),
        probe=None if probe is None else probe == "on",
        fault=str(given("fault") or ""),
    )
    if problems:
        raise ConfigError(problems)
    return options


def names(text: str) -> tuple[str, ...]:
    """``"prod, staging"`` -> ``("prod", "staging")``, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _or(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def nearest(word: str, words: Collection[str]) -> str:
    """A hint: the nearest of the words there are, and all of them."""
    close = get_close_matches(word, words, n=1)
    known = ", ".join(words) or "none"
    return f"did you mean {close[0]}? known: {known}" if close else f"known: {known}"


def mistake(option: str, message: str, hint: str | None = None) -> ConfigError:
    """One mistake in one option."""
    return ConfigError([Problem(f"--vpclink-{option}", None, message, hint=hint)])
