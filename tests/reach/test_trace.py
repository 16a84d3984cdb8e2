"""A trace is reached, blocked or unknown, and nothing can take it for a boolean."""

from __future__ import annotations

import pytest

from vpclink_checks.reach.trace import Decision, Packet, Step, Trace, UnknownVerdict

PACKET = Packet(src="10.0.0.9", dst="10.0.1.5", port=443)


def trace(*decisions: str, contested: str = "") -> Trace:
    steps = tuple(
        Step(layer="route table", component="rtb-01", decision=Decision(one), rule=f"{one} {index}")
        for index, one in enumerate(decisions)
    )
    return Trace(packet=PACKET, steps=steps, contested=contested)


@pytest.mark.parametrize(
    ("decisions", "verdict"),
    [
        (("allow", "allow"), "reached"),
        (("allow", "deny"), "blocked"),
        (("allow", "unknown"), "unknown"),
        (("unknown", "deny"), "blocked"),
    ],
    ids=["all allow", "one denies", "one is unknown", "a deny settles it whatever the unknown one says"],
)
def test_verdict(decisions: tuple[str, ...], verdict: str) -> None:
    assert trace(*decisions).verdict == verdict


def test_every_blocker_is_named() -> None:
    assert [step.rule for step in trace("deny", "allow", "deny").blockers] == ["deny 0", "deny 2"]


def test_no_truth_value() -> None:
    for one in (trace("allow"), trace("deny"), trace("unknown")):
        with pytest.raises(TypeError, match="ask for"):
            bool(one)


def test_asking_an_unknown_trace_says_why_in_one_line() -> None:
    one = trace("unknown")
    assert one.unknown
    for ask in ("reached", "blocked"):
        with pytest.raises(UnknownVerdict, match=r"^tcp 10\.0\.0\.9 → 10\.0\.1\.5:443 is unknown: unknown 0$"):
            getattr(one, ask)
    assert trace("allow").reached
    assert not trace("allow").blocked
    assert trace("deny").blocked


def test_contested_is_unknown_unless_something_denies() -> None:
    assert trace("allow", contested="two readings").verdict == "unknown"
    assert trace("deny", contested="two readings").verdict == "blocked"


def test_the_witness_carries_every_step_with_its_mark() -> None:
    assert trace("allow", "deny", "unknown").witness.via == (
        "✓ route table: allow 0",
        "✗ route table: deny 1",
        "? route table: unknown 2",
    )
