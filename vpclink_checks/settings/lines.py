"""Where each key of a TOML text stands: tomllib gives the values, but no lines.

The walk trusts that tomllib has accepted the text, so it finds its way without judging.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping

Place = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_NOTHING = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'  # a closing """ may follow up to two quotes of the text
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")


def find_lines(text: str) -> Mapping[Place, int]:
    """The 1-based line of every table, array element and key, by its place.

    ``("env", "prod", "probe", 0, "path")`` is the path of the first probe. Raises RecursionError
    for nesting that tomllib would not have accepted either.
    """
    return _Walk(text.replace("\r\n", "\n")).lines


class _Walk:
    """One pass over the text; ``at`` is the place of the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._elements: dict[Place, int] = {}  # how often each [[array of tables]] was opened
        table: Place = ()
        while self._peek(_NOTHING):
            table = self._header() if self._peek() == "[" else self._pair(table)

    def _peek(self, over: re.Pattern[str] = _BLANK) -> str:
        """The next character behind what *over* matches; "" at the end."""
        self._take(over)
        return self.text[self.at : self.at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise AssertionError(f"tomllib accepted what stands at character {self.at}")
        self.at = match.end()
        return match[0]

    def _note(self, place: Place, start: int) -> None:
        line = bisect_left(self._ends, start) + 1
        for length in range(1, len(place) + 1):
            self.lines.setdefault(place[:length], line)

    def _header(self) -> Place:
        """``[a.b]`` or ``[[a.b]]``: the place of the table that it opens."""
        double = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if double else 1
        place = self._last_elements(self._key())
        if double:
            self._elements[place] = self._elements.get(place, -1) + 1
            place = (*place, self._elements[place])
        self._note(place, start)
        self._peek()
        self.at += 2 if double else 1
        return place

    def _last_elements(self, keys: list[str]) -> Place:
        """``env.prod.probe.expect`` means the expectation of the probe that was opened last."""
        place: Place = ()
        for key in keys[:-1]:
            place = (*place, key)
            if place in self._elements:
                place = (*place, self._elements[place])
        return (*place, keys[-1])

    def _key(self) -> list[str]:
        parts = []
        while True:
            if self._peek() in ('"', "'"):
                parts.append(str(tomllib.loads(f"key = {self._take(_STRING)}")["key"]))
            else:
                parts.append(self._take(_BARE_KEY))
            if self._peek() != ".":
                return parts
            self.at += 1

    def _pair(self, table: Place) -> Place:
        """``key = value``; hands back the table that it stands in."""
        start = self.at
        place = (*table, *self._key())
        self.at += 1
        self._note(place, start)
        self._value(place)
        return table

    def _value(self, place: Place) -> None:
        opening = self._peek()
        if opening in ('"', "'"):
            self._take(_STRING)
        elif opening == "[":
            self._array(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            self._take(_SCALAR)

    def _array(self, place: Place) -> None:
        self.at += 1
        index = 0
        while self._peek(_NOTHING) != "]":
            self._note((*place, index), self.at)
            self._value((*place, index))
            index += 1
            if self._peek(_NOTHING) == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while self._peek(_NOTHING) != "}":
            self._pair(place)
            if self._peek(_NOTHING) == ",":
                self.at += 1
        self.at += 1
