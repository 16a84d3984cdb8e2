"""Doing what the terminal says, word for word, mends what it complains of: the demo's faults and the tables of faults.

The commands of a finding's fix are read as the AWS CLI reads them (tests/reach/cli.py) and done to the facts; then
everything is judged again. Where a fix is words alone, the reason stands here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial

import pytest

from tests.checks import packets, test_exposure, test_network
from tests.checks.packets import CHECKS, SG_NLB, tcp
from tests.reach.cli import obey
from tests.reach.packet_sets import opened
from vpclink_checks.checks.catalogue import Context
from vpclink_checks.checks.judging import Rules, judge
from vpclink_checks.demo import environment
from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.engine import Reach
from vpclink_checks.reach.sets import public
from vpclink_checks.report import Finding, Fix
from vpclink_checks.sources.discovery.discover import discover
from vpclink_checks.words import Outcome

# What no command to a network or load balancer mends, and why.
WORDS = {
    "exposure/launch-gives-no-public-address": "launch settings are replaced by new ones, and an instance refresh",
    "exposure/no-cloudfront-vpc-origin": "a distribution has to stop using the origin first",
    "exposure/no-unauthenticated-way-round": "an authorizer has to be chosen",
}
BAD = (Outcome.FAIL, Outcome.UNKNOWN)
Key = tuple[str, str, str | None]


def key(one: Finding) -> Key:
    return one.check, one.subject_key, one.path


@cache
def demo(fault: str) -> Topology:
    return discover(environment.recording(fault), environment.settings(), source="demo")


def findings(topology: Topology) -> dict[Key, Finding]:
    now = environment.recording().taken_at
    context = Context(
        topology=topology, settings=environment.settings(), reach=Reach(topology), now=now, probes_on=False
    )
    return {key(one): one for one in judge(context, Rules(today=now.date()), checks=CHECKS)}


def failing(found: Iterable[Finding]) -> list[Finding]:
    return [one for one in found if one.outcome is Outcome.FAIL]


NETWORK = {id_: topology for id_, (topology, _) in test_network.FAULTS.items()}
EXPOSED = {
    "a host on the internet": packets.exposed(),
    "and its groups wide open": packets.exposed(security_groups=packets.hosts(tcp(0, packets.WORLD, high=65535))),
    "to an office": packets.exposed(security_groups=packets.added(tcp(10000, "198.51.100.0/24"))),
    "to both halves": packets.exposed(
        security_groups=packets.added(tcp(10000, "0.0.0.0/1"), tcp(10000, "128.0.0.0/1"))
    ),
    "an internet-facing load balancer": test_exposure.facing(nlb=(tcp(10000, packets.WORLD),), groups=(SG_NLB,)),
    "a dualstack one that lets gateways in": test_exposure.dualstack("false"),
}


def is_ours(fault: Fault) -> bool:
    return any(check.startswith(("network/", "exposure/")) for check in fault.fails)


STORIES = {
    **{f"demo: {id_}": partial(demo, id_) for id_, fault in environment.faults().items() if is_ours(fault)},
    **{f"network: {id_}": partial(NETWORK.__getitem__, id_) for id_ in NETWORK},
    **{f"exposure: {id_}": partial(EXPOSED.__getitem__, id_) for id_ in EXPOSED},
}


@cache
def told(story: str) -> dict[Key, Finding]:
    return findings(STORIES[story]())


@pytest.mark.parametrize("story", STORIES)
def test_the_terminal_alone_is_enough(story: str) -> None:
    topology, before = STORIES[story](), told(story)
    bad = {each for each, one in before.items() if one.outcome in BAD}
    by_commands = defaultdict(list)
    for one in failing(before.values()):
        assert one.fix is not None
        if one.check not in WORDS:
            by_commands[one.fix.cli].append(key(one))
    for commands, mended in by_commands.items():
        changed = obey(topology, commands)
        after = findings(changed)
        assert {each: after[each].outcome for each in mended if after[each].outcome in BAD} == {}, commands
        assert {each for each, one in after.items() if one.outcome in BAD} <= bad, commands
        assert_only_private(topology, changed)


def test_what_has_words_only_is_listed_here() -> None:
    every = [one for story in STORIES for one in failing(told(story).values())]
    bare = {one.check for one in every if one.fix is not None and not commands_of(one.fix)}
    assert bare == set(WORDS)


def commands_of(fix: Fix) -> str:
    """The commands, if they can be typed as they stand: a word in capitals stands for something to fill in."""
    blanks = [word for word in fix.cli.split() if word.isupper()]
    return "" if blanks else fix.cli


def assert_only_private(before: Topology, after: Topology) -> None:
    """Whatever a fix opens, it opens to addresses of the VPC, one protocol at a time."""
    for (_, _, family), more in opened(before, after).items():
        for kinds, members in more.pieces:
            assert not members & public(family, ("10.0.0.0/8",))
            assert kinds.size <= 2**16
