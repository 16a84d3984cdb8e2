"""Facts that may be missing: a fact that could not be read is never taken for an absent one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A fact that could not be read: which call, which IAM action it takes, and why it failed.

    ``code`` is AWS's error code (``AccessDeniedException``), or one of ours: ``NotRecorded`` (the
    snapshot does not hold the call), ``NotNeeded`` (no path leads there, so nobody asked), ``NotRead`` (the
    source cannot tell), ``Timeout``, ``ConnectionError``, ``FieldNotInModel`` (botocore too old),
    ``Placeholder``, ``Contested``, ``UnheardOf`` (a word of AWS that this tool does not know),
    ``NotInPartition`` (AWS has no such service there: what it would hold does not apply).
    """

    operation: str
    action: str
    code: str
    message: str = ""

    def __str__(self) -> str:
        if self.code == "UnheardOf":
            return f"{self.operation} was answered, but {self.message}"
        because = f"{self.code}: {self.message}" if self.message else self.code
        needs = f"; it takes the IAM action {self.action}" if self.action else ""
        return f"{self.operation} gave no answer ({because}){needs}"


def unheard_of(operation: str, what: str, word: str) -> Gap:
    """A word in an answer that nobody here has heard of, or none at all where AWS always gives one."""
    told = f"{word!r}, which is not known" if word else "not given"
    return Gap(operation=operation, action="", code="UnheardOf", message=f"{what} is {told}")


class UnknownFact(Exception):  # noqa: N818 - a signal that carries a Gap, not an error of ours
    """Raised by whatever needs a fact that is a :class:`Gap`; becomes the outcome ``unknown``."""

    def __init__(self, gap: Gap) -> None:
        self.gap = gap
        super().__init__(str(gap))


def known(value: T | Gap) -> T:
    """The fact itself. Raises :class:`UnknownFact` if it is a :class:`Gap`."""
    if isinstance(value, Gap):
        raise UnknownFact(value)
    return value


Unread = Mapping[str, Gap]


def nothing_unread() -> Unread:
    """Every field was read."""
    return MappingProxyType({})


class _MayBeUnread(Protocol):
    @property
    def unread(self) -> Unread: ...


def read(fact: _MayBeUnread, *fields: str) -> None:
    """Raises :class:`UnknownFact` where one of these fields could not be read, and holds its default only."""
    for name in fields:
        if name in fact.unread:
            raise UnknownFact(fact.unread[name])


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Facts of one kind by key, with the gaps among them.

    ``gaps`` holds the keys that were asked for in vain; ``gap`` stands for every key that is not
    in ``rows``: the call that lists them all failed, or this source cannot tell. With no gap, a
    key that is not there does not exist. ``operation`` and ``action`` are the call that reads such facts,
    for whoever needs one that does not exist.
    """

    rows: Mapping[str, T] = field(default_factory=lambda: MappingProxyType({}))
    gaps: Mapping[str, Gap] = field(default_factory=lambda: MappingProxyType({}))
    gap: Gap | None = None
    operation: str = field(default="", compare=False)
    action: str = field(default="", compare=False)
    _grouped: dict[object, Mapping[str, tuple[T, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def peek(self, key: str) -> T | Gap | None:
        """The fact, the gap in its place, or None where it is known not to exist."""
        if key in self.rows:
            return self.rows[key]
        return self.gaps.get(key, self.gap)

    def find(self, key: str) -> T | None:
        """The fact, or None where it is known not to exist. Raises UnknownFact for a gap."""
        return known(self.peek(key))

    def need(self, key: str) -> T:
        """The fact. Raises UnknownFact for a gap, and for a key that does not exist."""
        found = self.find(key)
        if found is None:
            asked = self.operation or "lookup"
            raise UnknownFact(
                Gap(operation=asked, action=self.action, code="NotFound", message=f"no {key} in the facts")
            )
        return found

    def all(self) -> tuple[T, ...]:
        """Every row. Raises UnknownFact if there may be more than was read."""
        for gap in self.gaps.values():
            raise UnknownFact(gap)
        if self.gap is not None:
            raise UnknownFact(self.gap)
        return tuple(self.rows.values())

    def grouped(self, keys: Callable[[T], Iterable[str]]) -> Mapping[str, tuple[T, ...]]:
        """The rows that were read by these texts of theirs, in order; worked out once for each function of a module."""
        if keys not in self._grouped:
            found: dict[str, list[T]] = {}
            for row in self:
                for key in dict.fromkeys(keys(row)):
                    found.setdefault(key, []).append(row)
            self._grouped[keys] = {key: tuple(rows) for key, rows in found.items()}
        return self._grouped[keys]

    def __iter__(self) -> Iterator[T]:
        """The rows that were read, gaps or not: for searches that only want a witness."""
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)
