"""JSON text -> values that know their places; templates, comments and small slips are let through.

One scanner reads valid and templated text alike, front to back, in time linear in its length and
with bounded nesting. What it had to overlook is kept as notes; what it cannot read is one
SourceError with line and column. No message ever repeats the text of a value: it may be a secret.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vpclink_checks.errors import Problem, SourceError
from vpclink_checks.model.ecs import Placeholder
from vpclink_checks.sources import templates
from vpclink_checks.sources.jsoncursor import Cursor, Unreadable
from vpclink_checks.sources.jsonnodes import Array, Node, Object, Scalar, clean, placeholder

MAX_DEPTH = 100
MAX_DIGITS = 40

_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+"')
_PLAIN = re.compile(r'[^"\\\n$%{<]*+')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BARE = re.compile(r"[A-Za-z0-9_.+\-]++")
_LITERALS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Document:
    """A whole text: its value, what was overlooked, and where its lines start."""

    root: Node
    notes: tuple[str, ...]
    lines: tuple[int, ...]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1; columns count characters."""
        return _place(self.lines, offset)


def parse(text: str, file: str) -> Document:
    """Read *text*. *file* is how messages call it. Raises SourceError."""
    lines = (0, *(found.end() for found in re.finditer("\n", text)))
    scanner = _Scanner(text, strict=_is_json(text))
    try:
        root = scanner.document()
    except Unreadable as slip:
        line, column = _place(lines, slip.offset)
        raise SourceError(Problem(file, line, slip.message, column=column)) from None
    notes = tuple(f"line {_place(lines, offset)[0]}: {what}" for what, offset in scanner.notes.items())
    return Document(root, notes, lines)


def _place(lines: tuple[int, ...], offset: int) -> tuple[int, int]:
    line = bisect_right(lines, offset)
    return line, offset - lines[line - 1] + 1


def _is_json(text: str) -> bool:
    """In valid JSON a string ends at its quote, whatever it holds; a template's may not."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Scanner(Cursor):
    """Reads one text once. ``notes``: what was overlooked -> where it was met first."""

    def __init__(self, text: str, *, strict: bool) -> None:
        super().__init__(text, strict=strict)
        self._value_end = -1  # behind the value read last
        self._stood_in = False  # the element read last is a placeholder, which may bring its own comma
        self._line_end = -1  # of the line that was last looked at for the end of a placeholder
        self._open_until = 0  # no placeholder that starts before this offset is closed on its line

    def document(self) -> Node:
        """The one value of the text."""
        self.skip()
        if not self.peek():
            raise Unreadable(self.at, "expected JSON, found nothing")
        start = self.at
        root = self._value(0)
        self.skip()
        if self.at < len(self.text):
            raise self._after_the_end(root, start)
        return root

    def _after_the_end(self, root: Node, start: int) -> Unreadable:
        if isinstance(root.value, str) and self.peek() == ":":
            return Unreadable(start, 'expected "{" or "[", found a member without the braces around it')
        return Unreadable(self.at, f"expected the end of the file, found {self.found()}")

    # -- values --------------------------------------------------------------------------------

    def _value(self, depth: int) -> Node:
        """The value that starts here. Raises Unreadable."""
        start, char = self.at, self.peek()
        value: Scalar | Array | Object
        if char == '"':
            value = self._string()
        elif char == "{" and (self.strict or templates.opens_object(self.text, start)):
            value = self._object(self._deeper(depth))
        elif char == "[":
            value = self._array(self._deeper(depth))
        elif self.strict or (value := self._placeholder()) is None:
            value = self._word()
        self._value_end = self.at
        return Node(value, start)

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise Unreadable(self.at, f"expected at most {MAX_DEPTH} levels of nesting")
        return depth + 1

    def _word(self) -> int | float | bool | None:
        """A number, true, false or null."""
        start = self.at
        found = _BARE.match(self.text, start)
        word = found.group() if found else ""
        if word in _LITERALS:
            self.at += len(word)
            return _LITERALS[word]
        number = _NUMBER.fullmatch(word)
        if number is None and word[:1].isdigit():
            raise Unreadable(start, "expected a number as JSON writes it, found something like one")
        if number is None:
            raise Unreadable(start, f"expected a value, found {self.found()}")
        if len(word) > MAX_DIGITS:
            raise Unreadable(start, f"expected a number, found one of {len(word)} characters")
        self.at += len(word)
        return int(word) if number.group(1) is None and number.group(2) is None else float(word)

    def _placeholder(self) -> Placeholder | None:
        """``${…}``, ``{{…}}``, ``$NAME``, ``<NAME>``, with the bare text around them; None if there is none."""
        text, at, some = self.text, self.at, False
        while at == self.at or templates.directive(text, at) is None:
            end = templates.placeholder_end(text, at, len(text)) or templates.named_end(text, at)
            some = some or end is not None
            if end is None and (bare := _BARE.match(text, at)):
                end = bare.end()
            if end is None:
                break
            at = end
        if not some:
            return None
        found = placeholder(text[self.at : at], self.at)
        self.note("a placeholder without quotes", self.at)
        self.at = at
        return found

    def _string(self) -> str:
        found = _STRING.match(self.text, self.at) if self.strict else None
        end = found.end() if found else self._templated_string_end()
        raw = self.text[self.at : end]
        self.at = end
        return _decoded(raw)

    def _templated_string_end(self) -> int:
        """Behind the closing quote; quotes inside a placeholder of the string do not close it."""
        text, start, at = self.text, self.at, self.at + 1
        while True:
            found = _PLAIN.match(text, at)
            at = found.end() if found else at
            char = text[at : at + 1]
            if char == '"':
                return at + 1
            if char in ("", "\n"):
                raise Unreadable(start, "expected a closing quote on this line")
            at = at + 2 if char == "\\" else self._inside_end(at)

    def _inside_end(self, at: int) -> int:
        """Behind the placeholder that starts here inside a string, or behind its first character."""
        if at < self._open_until or not self.text.startswith(("${", "%{", "{{", "{%", "<%"), at):
            return at + 1
        if at >= self._line_end:
            found = self.text.find("\n", at)
            self._line_end = len(self.text) if found < 0 else found
        end = templates.placeholder_end(self.text, at, self._line_end)
        if end is None:
            self._open_until = self._line_end
        return end or at + 1

    # -- containers ----------------------------------------------------------------------------

    def _array(self, depth: int) -> Array:
        items: list[Node] = []
        self.at += 1
        for _ in self._elements("]"):
            quoted = self.peek() == '"'
            items.append(self._value(depth))
            self._stood_in = not quoted and isinstance(items[-1].value, Placeholder)
        return Array(tuple(items))

    def _elements(self, closer: str) -> Iterator[None]:
        """Stops before each element up to *closer*, minding the commas between them."""
        self.skip()
        while self.peek() != closer:
            self._stood_in = False
            yield
            own_comma = self._stood_in
            self.skip()
            if self.peek() == ",":
                self._comma(closer)
            elif self.peek() != closer and not (own_comma or self._directed() or self.at_placeholder()):
                raise self._no_comma(closer)
        self.at += 1

    def _directed(self) -> bool:
        """Whether a directive stands behind the last value: commas are its business then."""
        return self.directive_end > self._value_end

    def _comma(self, closer: str) -> None:
        comma = self.at
        self.at += 1
        self.skip()
        if self.peek() == closer:
            self.note("a comma behind the last element", comma)
        elif self.peek() == "," and not self.strict:
            raise Unreadable(self.at, 'expected an element, found ","')

    def _no_comma(self, closer: str) -> Unreadable:
        if not self.peek():
            return Unreadable(self.at, f'expected "," or "{closer}", found the end of the file')
        line = self.text.count("\n", 0, self._value_end) + 1
        message = f'expected "," or "{closer}", found {self.found()}'
        return Unreadable(self.at, f"{message}: is a comma missing at the end of line {line}?")

    def _object(self, depth: int) -> Object:
        members: dict[str, Node] = {}
        rest: Node | None = None
        blocks = self.blocks
        self.at += 1
        for _ in self._elements("}"):
            start = self.at
            key = self._key()
            if key is None:
                rest, self._stood_in = Node(placeholder(self.text[start : self.at], start), start), True
                continue
            node = self._member(depth, start, conditional=self.blocks > blocks)
            if key in members:
                self.note(f'the key "{clean(key)}" is given twice; the last one holds', start)
            members[key] = node
        return Object(members, rest)

    def _key(self) -> str | None:
        """The key that starts here; None for a placeholder that stands for whole members."""
        if self.peek() == '"':
            key = self._string()
            self.skip()
            if self.peek() != ":":
                raise Unreadable(self.at, f'expected ":" behind the key, found {self.found()}')
            return key
        stands = None if self.strict else self._placeholder()
        if stands is None:
            raise Unreadable(self.at, f"expected a key in double quotes, found {self.found()}")
        end = self.at
        self.skip()
        if self.peek() == ":":
            return stands.text
        self.at = end
        return None

    def _member(self, depth: int, key: int, *, conditional: bool) -> Node:
        self.at += 1
        self.skip()
        node = self._value(depth)
        self.skip()
        alternatives = self._directed() and self._alternatives(depth)
        unsure = (conditional or alternatives) and not isinstance(node.value, Array | Object)
        value = Placeholder("%{ … }", place=node.offset) if unsure else node.value
        return Node(value, node.offset, key)

    def _alternatives(self, depth: int) -> bool:
        """Past the other values of ``"a": %{ if x }1%{ else }2%{ endif }``; False if there are none."""
        some = False
        while self.peek() not in (",", "}", "]", "") and not self.at_key():
            self._value(depth)
            self.skip()
            some = True
        return some


def _decoded(raw: str) -> str:
    """The string's value; the raw text between its quotes where a template makes it no JSON string."""
    if "\\" not in raw:
        return raw[1:-1]
    try:
        value = json.loads(raw, strict=False)
    except ValueError:
        return raw[1:-1]
    return value if isinstance(value, str) else raw[1:-1]
