"""Reading TOML tables: typed values come out, and every mistake is noted with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path

from vpclink_checks.errors import Problem
from vpclink_checks.settings.lines import Place
from vpclink_checks.settings.rules import FILLED, Rule

_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a float"),
    (str, "a string"),
    (datetime, "a date-time"),
    (date, "a date"),
    (time, "a time"),
    (list, "an array"),
    (dict, "a table"),
)
_LONGEST_SHOWN = 60
_MOST_LISTED = 20
_LARGEST_SHOWN = 10**15


def dotted(place: Place) -> str:
    """``("env", "prod", "probe", 0, "path")`` -> ``env.prod.probe[0].path``."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else _quoted(part)
            text += f".{shown}" if text else shown
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The hint for a misspelt word: the nearest valid one, or all of them where they are few."""
    known = sorted(known)
    close = get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"valid: {', '.join(known)}" if len(known) <= _MOST_LISTED else None


def _quoted(text: str) -> str:
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return '"' + "".join(char if char.isprintable() else ascii(char)[1:-1] for char in short) + '"'


def _kind(value: object) -> str:
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def _shown(value: object) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_SHOWN:
        return str(value)
    return _kind(value)


class Notes:
    """The problems of one file, and the lines to name with them.

    ``file`` is the name to show, ``folder`` what the file's own relative names start from.
    """

    def __init__(self, file: str, folder: Path, lines: Mapping[Place, int]) -> None:
        self.file = file
        self.folder = folder
        self.problems: list[Problem] = []
        self._lines = lines

    def line(self, place: Place) -> int | None:
        """The line of *place*, or of the nearest table around it."""
        inside = (self._lines.get(place[:length]) for length in range(len(place), 0, -1))
        return next((line for line in inside if line is not None), None)

    def add(self, place: Place, message: str, hint: str | None = None) -> None:
        """Note a mistake."""
        problem = Problem(file=self.file, line=self.line(place), key=dotted(place), message=message, hint=hint)
        self.problems.append(problem)

    def text(self, place: Place, value: object, rule: Rule, *, hidden: bool = False) -> str | None:
        """*value* if it is a string that fits; ``hidden``: it may be a secret, so it is not shown."""
        if not isinstance(value, str):
            wanted = rule.expected if rule is not FILLED else "a string"
            self.add(place, f"expected {wanted}, found {_kind(value)}")
        elif not rule.fits(value):
            found = "" if hidden else f", found {_quoted(value)}"
            self.add(place, f"expected {rule.expected}{found}")
        else:
            return value
        return None

    def integer(self, place: Place, value: object, low: int, high: int) -> int | None:
        """*value* if it is an integer within the bounds."""
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.add(place, f"expected an integer from {low} to {high}, found {_shown(value)}")
        return None

    def choice(self, place: Place, value: object, choices: Iterable[str]) -> str | None:
        """*value* if it is one of *choices*."""
        known = list(choices)
        if isinstance(value, str) and value in known:
            return value
        hint = nearest(value, known) if isinstance(value, str) and get_close_matches(value, known) else None
        self.add(place, f"expected {' or '.join(map(_quoted, known))}, found {_shown(value)}", hint)
        return None


class Table:
    """One table of the file. A key that nobody has asked for is unknown: ``close`` says so."""

    def __init__(self, values: Mapping[str, object], place: Place, notes: Notes) -> None:
        self.place = place
        self.notes = notes
        self._values = values
        self._asked: set[str] = set()

    @property
    def line(self) -> int | None:
        """The line of the table's header."""
        return self.notes.line(self.place)

    def at(self, *keys: str | int) -> Place:
        """The place of something inside this table."""
        return (*self.place, *keys)

    def has(self, key: str) -> bool:
        """Whether the file has this key, right or wrong."""
        return key in self._values

    def take(self, key: str) -> object:
        """The raw value; None where the file has none (TOML knows no null)."""
        self._asked.add(key)
        return self._values.get(key)

    def wrong(self, key: str, message: str, hint: str | None = None) -> None:
        """Note a mistake in the value of *key*."""
        self.notes.add(self.at(key), message, hint)

    def mistake(self, message: str) -> None:
        """Note a mistake of the table as a whole."""
        self.notes.add(self.place, message)

    def text(
        self, key: str, rule: Rule = FILLED, *, default: str = "", required: bool = False, hidden: bool = False
    ) -> str:
        """A string that fits *rule*."""
        value = self.take(key)
        if value is None:
            if required:
                self.wrong(key, f"missing: expected {rule.expected}")
            return default
        return self.notes.text(self.at(key), value, rule, hidden=hidden) or default

    def file(self, key: str) -> str:
        """A file's name, made absolute: it is relative to the folder of the config file."""
        name = self.text(key, hidden=True)
        return str(self.notes.folder / name) if name else ""

    def texts(self, key: str, rule: Rule = FILLED, *, or_one: bool = False) -> tuple[str, ...] | None:
        """An array of different strings that fit *rule*; ``or_one``: a bare string is an array of one."""
        value = self.take(key)
        if value is None:
            return None
        if or_one and isinstance(value, str):
            one = self.notes.text(self.at(key), value, rule)
            return () if one is None else (one,)
        if not isinstance(value, list) or not value:
            found = "an empty array" if value == [] else _kind(value)
            either = f"{rule.expected}, or " if or_one else ""
            self.wrong(key, f"expected {either}an array of strings with at least one, found {found}")
            return ()
        fitting: list[str] = []
        for index, element in enumerate(value):
            one = self.notes.text(self.at(key, index), element, rule)
            if one is not None and one in fitting:
                self.notes.add(self.at(key, index), f"{_quoted(one)} is named twice")
            elif one is not None:
                fitting.append(one)
        return tuple(fitting)

    def choice(self, key: str, choices: Iterable[str], *, default: str) -> str:
        """One of *choices*."""
        value = self.take(key)
        return default if value is None else self.notes.choice(self.at(key), value, choices) or default

    def flag(self, key: str) -> bool | None:
        """A boolean; None where the file does not say."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"expected true or false, found {_shown(value)}")
        return None

    def integer(self, key: str, low: int, high: int, *, default: int) -> int:
        """An integer from *low* to *high*."""
        value = self.take(key)
        number = None if value is None else self.notes.integer(self.at(key), value, low, high)
        return default if number is None else number

    def table(self, key: str) -> Table:
        """The table under *key*; an empty one where the file has none."""
        value = self.take(key)
        if value is not None and not isinstance(value, dict):
            self.wrong(key, f"expected a table, found {_kind(value)}")
        return Table(value if isinstance(value, dict) else {}, self.at(key), self.notes)

    def tables(self, key: str) -> list[Table]:
        """The tables of ``[[key]]``."""
        value = self.take(key)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(element, dict) for element in value):
            return [Table(element, self.at(key, index), self.notes) for index, element in enumerate(value)]
        self.wrong(key, f"expected an array of tables, found {_kind(value)}", f"write [[{dotted(self.at(key))}]]")
        return []

    def entries(self) -> Iterator[tuple[str, object]]:
        """Every key with its raw value, for tables whose keys are the user's own."""
        for key in self._values:
            yield key, self.take(key)

    def close(self) -> None:
        """Note every key that nobody has asked for."""
        for key in self._values:
            if key not in self._asked:
                self.wrong(key, "unknown key", nearest(key, self._asked))
