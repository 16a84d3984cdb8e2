"""One packet's way: every layer it meets, what each decided, and by which rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from vpclink_checks.errors import VpclinkError
from vpclink_checks.reach.changes import Change, together
from vpclink_checks.reach.protocols import has_ports, shown
from vpclink_checks.report import Fix, Witness


class Decision(StrEnum):
    """What one layer says."""

    ALLOW = "allow"
    DENY = "deny"
    UNKNOWN = "unknown"


class UnknownVerdict(VpclinkError):  # noqa: N818 - the word of the contract
    """Asked whether a packet arrives where the facts do not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """``src`` is an address, or the network that the sender's address is taken from.

    ``port`` is ``type * 256 + code`` for ICMP, and 0 where the protocol has no ports.
    """

    src: str
    dst: str
    port: int
    protocol: str = "tcp"

    @property
    def title(self) -> str:
        """``tcp 10.0.11.10 → 10.0.1.20:10000``, ``icmp 8/0 10.0.11.10 → 10.0.1.20``, ``protocol 47 …``."""
        if has_ports(self.protocol):
            return f"{self.protocol} {self.src} → {self.dst}:{self.port}"
        return f"{shown(self.protocol, self.port)} {self.src} → {self.dst}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One layer's decision. ``rule`` says what decided, as one clause; ``remedy`` works out what would open it."""

    layer: str
    component: str
    decision: Decision
    rule: str
    remedy: Callable[[], Change | None] | None = field(default=None, compare=False, repr=False)

    @property
    def change(self) -> Change | None:
        """The smallest change that makes this layer let exactly this flow through; None where none is known."""
        return self.remedy() if self.remedy is not None and self.decision is Decision.DENY else None

    @property
    def fix(self) -> Fix | None:
        """The same as text."""
        change = self.change
        return change.fix if change is not None else None

    @property
    def line(self) -> str:
        """``✓ security groups of …, inbound: …``; ✗ where it denies, ? where the facts do not tell."""
        return f"{_MARKS[self.decision]} {self.layer}: {self.rule}"

    @property
    def operation(self) -> str:
        """The call whose facts decided; "" where it was none in particular."""
        return next((call for start, call in _CALLS.items() if self.layer.startswith(start)), "")


_MARKS = {Decision.ALLOW: "✓", Decision.DENY: "✗", Decision.UNKNOWN: "?"}
_CALLS = {
    "addresses": "ec2:DescribeNetworkInterfaces",
    "client address": "elbv2:DescribeTargetGroupAttributes",
    "listener": "elbv2:DescribeListeners",
    "rules of listener": "elbv2:DescribeRules",
    "target group": "elbv2:DescribeTargetGroups",
    "target health": "elbv2:DescribeTargetHealth",
    "public address": "ec2:DescribeNetworkInterfaces",
    "VPC Block Public Access": "ec2:DescribeVpcBlockPublicAccessOptions",
    "security groups": "ec2:DescribeSecurityGroups",
    "network ACL": "ec2:DescribeNetworkAcls",
    "route table": "ec2:DescribeRouteTables",
    "internet gateway": "ec2:DescribeInternetGateways",
    "egress-only internet gateway": "ec2:DescribeEgressOnlyInternetGateways",
    "NAT gateway": "ec2:DescribeNatGateways",
    "peering": "ec2:DescribeVpcPeeringConnections",
    "transit gateway route table": "ec2:SearchTransitGatewayRoutes",
    "transit gateway": "ec2:DescribeTransitGatewayAttachments",
    "gateway endpoint": "ec2:DescribeVpcEndpoints",
    "VPN gateway": "ec2:DescribeVpnGateways",
    "VPC vpc-": "ec2:DescribeSubnets",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A packet and its steps, in the order of semantics.md, section 7: there, then the reply.

    All layers are judged even behind the first that denies, so that ``blockers`` is complete.
    ``contested`` names two readings of AWS's documents that disagree about this very packet; ``strict`` is the
    same packet by the one that blocks it.
    """

    packet: Packet
    steps: tuple[Step, ...]
    contested: str = ""
    strict: Trace | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        raise TypeError("a trace is reached, blocked or unknown: ask for .verdict, .reached, .blocked or .unknown")

    @property
    def blockers(self) -> tuple[Step, ...]:
        """Every layer that denies."""
        return tuple(step for step in self.steps if step.decision is Decision.DENY)

    @property
    def change(self) -> Change | None:
        """All that has to change for a blocked packet to get through, or a contested one by both readings."""
        if self.contested and self.strict is not None and not self.blockers:
            return self.strict.change
        found = [step.change for step in self.blockers]
        return together(one for one in found if one is not None) if all(found) else None

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the verdict is not known."""
        found = [step.rule for step in self.steps if step.decision is Decision.UNKNOWN]
        return tuple(dict.fromkeys([*found, *([self.contested] if self.contested else [])]))

    @property
    def verdict(self) -> str:
        """``reached``, ``blocked`` or ``unknown``; a layer that surely denies settles it."""
        if self.blockers:
            return "blocked"
        return "unknown" if self.doubts else "reached"

    @property
    def unknown(self) -> bool:
        """Whether the facts do not tell."""
        return self.verdict == "unknown"

    @property
    def reached(self) -> bool:
        """Raises UnknownVerdict where the facts do not tell."""
        return self._known() == "reached"

    @property
    def blocked(self) -> bool:
        """Raises UnknownVerdict where the facts do not tell."""
        return self._known() == "blocked"

    def _known(self) -> str:
        if self.unknown:
            raise UnknownVerdict(f"{self.packet.title} is unknown: {'; '.join(self.doubts)}")
        return self.verdict

    @property
    def witness(self) -> Witness:
        """The packet with every layer on its way, what it said, and by which rule."""
        via = tuple(step.line for step in self.steps)
        return Witness(self.packet.src, self.packet.dst, self.packet.protocol, self.packet.port, via)
