"""CBOR (RFC 8949), as far as AWS's RPC v2 protocol uses it: one service of the table speaks it."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE, _SHORT, _BREAK, _EPOCH = 31, 24, 0xFF, 1
_SIMPLE_VALUES: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def encoded(value: Any) -> bytes:
    """A document of JSON's types and dates."""
    if value is None or isinstance(value, bool):
        return bytes([_SIMPLE << 5 | {None: 22, False: 20, True: 21}[value]])
    if isinstance(value, int):
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, float):
        return bytes([_SIMPLE << 5 | 27]) + struct.pack(">d", value)
    if isinstance(value, datetime):
        return _head(_TAG, _EPOCH) + encoded(value.timestamp())
    if isinstance(value, str | bytes):
        held = value.encode() if isinstance(value, str) else value
        return _head(_TEXT if isinstance(value, str) else _BYTES, len(held)) + held
    if isinstance(value, dict):
        return _head(_MAP, len(value)) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
    return _head(_LIST, len(value)) + b"".join(map(encoded, value))


def _head(kind: int, count: int) -> bytes:
    if count < _SHORT:
        return bytes([kind << 5 | count])
    for extra, (bound, how) in enumerate(((2**8, ">B"), (2**16, ">H"), (2**32, ">I"), (2**64, ">Q"))):
        if count < bound:
            return bytes([kind << 5 | _SHORT + extra]) + struct.pack(how, count)
    raise ValueError(f"{count} is too much for CBOR")


def decoded(body: bytes) -> Any:
    """The inverse; tags are left out. An empty body is an empty map."""
    return _Reader(body).value() if body else {}


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    def value(self) -> Any:
        kind, info = divmod(self._take(1)[0], 32)
        if kind == _SIMPLE:
            return self._simple(info)
        count = None if info == _INDEFINITE else self._count(info)
        if kind == _TAG:
            return self.value()
        if kind in (_LIST, _MAP):
            return self._many(kind, count)
        assert count is not None, "texts in pieces are not sent by botocore"
        if kind in (_UNSIGNED, _NEGATIVE):
            return count if kind == _UNSIGNED else -1 - count
        held = self._take(count)
        return held.decode() if kind == _TEXT else held

    def _many(self, kind: int, count: int | None) -> Any:
        found: list[Any] = []
        while count is None or len(found) < count * (kind == _MAP) + count:
            if count is None and self._body[self._at] == _BREAK:
                self._at += 1
                break
            found.append(self.value())
        return dict(zip(found[::2], found[1::2], strict=True)) if kind == _MAP else found

    def _simple(self, info: int) -> Any:
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self._take(2 ** (info - 24)))[0]
        return _SIMPLE_VALUES[info]

    def _count(self, info: int) -> int:
        return info if info < _SHORT else int.from_bytes(self._take(2 ** (info - _SHORT)), "big")

    def _take(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        self._at += count
        return taken
