"""Verdicts on packets: reached, blocked, or not known, with every rule on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import indent

from vpclink_checks.api.errors import NoSuchFact, VerdictUnknown
from vpclink_checks.reach import protocols
from vpclink_checks.reach.between import between, deciding
from vpclink_checks.reach.doors.asked import certificate
from vpclink_checks.reach.doors.asked import traces as door_traces
from vpclink_checks.reach.doors.certificate import ExposureCertificate
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.places import INTERNET
from vpclink_checks.reach.trace import Trace

SHOWN = 3  # traces that are told at length
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, eq=False)
class Reachability:
    """Whether packets get from a source to a destination's port.

    Of a set of packets (a network, a target group) it is ``reached`` if one of them gets through,
    ``blocked`` if none can, ``unknown`` otherwise. From the internet to a path or target group every door
    counts: each is a trace, and the certificate tells them one by one.
    """

    source: str
    destination: str
    port: int | None
    protocol: str
    traces: tuple[Trace, ...]  # one for each kind of packet
    _asked: Callable[[Reachability], None] = field(repr=False)
    certificate: ExposureCertificate | None = None  # of a path or target group that the internet is asked about

    def __bool__(self) -> bool:
        __tracebackhide__ = True
        raise VerdictUnknown(f"a verdict has no truth value: ask {self.question} for .reached, .blocked or .unknown")

    @property
    def question(self) -> str:
        """``tcp internet → i-0abc:10000``, ``icmp internet → i-0abc``, ``protocol 47 …``."""
        word = f"protocol {self.protocol}" if self.protocol.isdecimal() else self.protocol
        return f"{word} {self.source} → {self.destination}{f':{self.port}' if self.port is not None else ''}"

    @property
    def deciding(self) -> Trace:
        """The trace that settles it: a packet that gets through, else one that is not known, else a blocked one."""
        return deciding(self.traces)

    @property
    def verdict(self) -> str:
        """``reached``, ``blocked`` or ``unknown``."""
        self._asked(self)
        return self.deciding.verdict

    @property
    def unknown(self) -> bool:
        """Whether the facts do not tell."""
        return self.verdict == "unknown"

    @property
    def reached(self) -> bool:
        """Whether a packet gets through. Raises VerdictUnknown where the facts do not tell."""
        __tracebackhide__ = True
        return self._known() == "reached"

    @property
    def blocked(self) -> bool:
        """Whether no packet can get through. Raises VerdictUnknown where the facts do not tell."""
        __tracebackhide__ = True
        return self._known() == "blocked"

    def _known(self) -> str:
        __tracebackhide__ = True
        found = self.verdict
        if found == "unknown":
            raise VerdictUnknown(f"{self.question} is unknown: {self.reason}")
        return found

    @property
    def reason(self) -> str:
        """The rules that decided, as one line."""
        one = self.deciding
        if one.unknown:
            return "; ".join(one.doubts)
        return "; ".join(step.rule for step in (one.blockers or one.steps))

    def __str__(self) -> str:
        """The verdict with its traces: each packet and every rule on its way, the deciding one first."""
        first = self.deciding
        if self.certificate is not None:
            return "\n".join([f"{self.question}: {first.verdict}", *self._doors(first)])
        others = [one for one in self.traces if one is not first]
        shown = [first, *_different(others, first)[: SHOWN - 1]]
        lines = [f"{self.question}: {first.verdict}", *(indent(text, "  ") for one in shown for text in told(one))]
        left = len(self.traces) - len(shown)
        return "\n".join([*lines, *([f"  and {left} more, in .traces"] if left else [])])

    def _doors(self, first: Trace) -> Iterator[str]:
        """The packet that gets in, if one does, and a line for each door."""
        if first.verdict == "reached":
            yield from (indent(text, "  ") for text in told(first))
        yield from (f"  {line}" for line in (self.certificate.lines if self.certificate is not None else ()))

    def __repr__(self) -> str:
        return f"<{self.question}: {self.deciding.verdict}>"


def _different(traces: Sequence[Trace], first: Trace) -> list[Trace]:
    """Those that other rules decided."""
    found = {_rules(first): first}
    for one in traces:
        found.setdefault(_rules(one), one)
    return list(found.values())[1:]


def _rules(one: Trace) -> tuple[str, ...]:
    return tuple(step.rule for step in (one.blockers or one.steps))


def told(one: Trace) -> Iterator[str]:
    """The packet, and a line for each rule on its way."""
    yield f"{one.packet.title}  {one.verdict}"
    yield from (indent(step.line, "  ") for step in one.steps)
    if one.contested:
        yield f"  ? {one.contested}"


class Ask:
    """``vpclink_reachability``: call it with a source, a destination and a port.

    Sources: "internet", an address or network, an instance, security group or interface id, a load
    balancer's name or ARN, a VPC link's id, "vpc" or a VPC's id. Destinations: an instance or interface id,
    an address, a load balancer, a target group (its targets) or a path, by name, ARN, title or id. Objects of
    the other fixtures stand for their id or ARN. The port may be left out where targets are registered with one.
    Protocols: "tcp", "udp"; and without a port "icmp" (an echo request), "icmp TYPE/CODE", "icmpv6", or a number.
    """

    __slots__ = ("_answered", "_asked", "_reach")

    def __init__(self, reach: Reach, asked: Callable[[Reachability], None]) -> None:
        self._reach, self._asked = reach, asked
        self._answered: dict[tuple[object, ...], Reachability] = {}

    def __call__(
        self, source: object, destination: object, port: int | None = None, protocol: str | int = "tcp"
    ) -> Reachability:
        """The verdict. Raises NotAnEnd for a name that stands for nothing here, NoSuchFact for a wrong port."""
        __tracebackhide__ = True
        here, there = _name(source, "source"), self._placed(destination)
        _check(port, protocol)
        key, named = (here, there, port, protocol), protocols.name(str(protocol))
        if key not in self._answered:
            traces = between(self._reach, here, there, port, protocol)
            doors = certificate(self._reach, there, port, named) if here == INTERNET else None
            traces = (*traces, *door_traces(doors, traces)) if doors is not None else traces
            self._answered[key] = Reachability(here, there, port, named, traces, self._asked, doors)
        self._asked(self._answered[key])
        return self._answered[key]

    def _placed(self, destination: object) -> str:
        """A destination's name; a target that is a private address stands for the interface that has it."""
        found = _name(destination, "destination")
        if isinstance(destination, str):
            return found
        carriers = [one.id for one in self._reach.topology.interfaces if one.carries(found)]
        return carriers[0] if len(carriers) == 1 else found

    def __repr__(self) -> str:
        return "<vpclink_reachability>"


def _name(end: object, side: str) -> str:
    """An end as a name: a text as it is, an object by its ARN or id."""
    found = end if isinstance(end, str) else getattr(end, "arn", "") or getattr(end, "id", "")
    if not isinstance(found, str) or not found:
        raise NoSuchFact(f"{side} {end!r} is neither a name nor an object with an id")
    return found


def _check(port: object, protocol: object) -> None:
    wrong = isinstance(port, bool) or not isinstance(port, int) or not 0 < port <= HIGHEST_PORT
    if port is not None and wrong:
        raise NoSuchFact(f"port {port!r} is not a number from 1 to {HIGHEST_PORT}")
    try:
        protocols.asked(protocol, port if isinstance(port, int) else None)
    except ValueError as error:
        raise NoSuchFact(str(error)) from None
