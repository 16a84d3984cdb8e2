"""All-sources exposure of every interface of a VPC: time and memory over its size, and what checks ask of it.

For each public address of each interface the exact set of (source, kind of packet) that reaches it, IPv4 and IPv6,
every protocol at once. Each size runs in a process of its own; making the facts up is not counted as time, but as
memory it is. CPU time, since other work on the machine would count in wall time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MOST_SECONDS, MOST_MIB = 2.0, 500  # for 10,000 interfaces
SIZES = [(interfaces, groups) for groups in (10, 500, 5_000) for interfaces in (1_000, 10_000, 100_000)]
# Ten times the interfaces and groups: the cost of one interface or rule may grow by this factor at most. From the
# middle size on; 1,000 interfaces with 10 groups are so few different things that the world's own cost weighs in.
MOST_GROWTH = 1.5
ALL = """
import resource, sys
from time import process_time
from networks import network, rules_in
from vpclink_checks.reach.layers import Layers

facts = network(int(sys.argv[1]), int(sys.argv[2]), alike=sys.argv[3] == "alike")
start = process_time()
layers = Layers(facts)
found = [one for interface in facts.interfaces for one in layers.from_internet(interface)]
spent = process_time() - start
opened = sum(1 for one in found if one.packets.possible)
kinds = len({one.group_ids for one in facts.interfaces})
print(rules_in(facts), kinds, len(found), opened, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
CHECKED = """
import sys
from time import process_time
from networks import network
from vpclink_checks.reach.internet import exposure

facts = network(10_000, int(sys.argv[1]))
start = process_time()
found = exposure(facts, facts.interfaces, (10000,))
verdict = (found.wide, found.maybe_wide, found.open, found.maybe_open, found.certificate)
witnesses = [door.witness(door.sources.sure) for door in found.doors if door.sources.sure]
print(len(found.doors), len(witnesses), process_time() - start)
"""


class Cost(NamedTuple):
    rules: int
    kinds: int  # of interfaces: distinct lists of groups
    addresses: int
    open: int
    seconds: float
    mib: float


def measured(interfaces: int, groups: int, *, alike: bool = True) -> Cost:
    rules, kinds, found, opened, seconds, mib = _run(ALL, interfaces, groups, "alike" if alike else "each")
    return Cost(int(rules), int(kinds), int(found), int(opened), seconds, mib)


def _run(code: str, *arguments: object) -> list[float]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    paths = f"{ROOT}:{ROOT / 'benchmarks'}"
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env={"PYTHONPATH": paths})
    return [float(word) for word in done.stdout.split()]


def shown(interfaces: int, groups: int, cost: Cost) -> str:
    each = 1e6 * cost.seconds / (interfaces + cost.rules)
    return (
        f"{interfaces:10,} {groups:7,} {cost.rules:8,} {cost.kinds:7,} {cost.addresses:9,} {cost.open:8,}"
        f" {cost.seconds:9.2f} {cost.mib:9.0f} {each:12.1f}"
    )


def main() -> int:
    print("interfaces  groups    rules   kinds addresses     open     CPU s  peak MiB  us each i+r")
    costs: dict[tuple[int, int], Cost] = {}
    for interfaces, groups in SIZES:
        costs[interfaces, groups] = measured(interfaces, groups)
        print(shown(interfaces, groups, costs[interfaces, groups]), flush=True)
    print("hardly two interfaces with the same groups:")
    worst = measured(10_000, 500, alike=False)
    print(shown(10_000, 500, worst))
    for groups in (10, 500):
        doors, witnesses, seconds = _run(CHECKED, groups)
        print(f"as checks ask, 10,000 interfaces, {groups} groups, one port: {doors:,.0f} doors,", end=" ")
        print(f"{witnesses:,.0f} witnesses, every certificate: {seconds:.2f} CPU s")
    return int(not _good_enough(costs))


def _good_enough(costs: dict[tuple[int, int], Cost]) -> bool:
    first, last = (costs[size].seconds / (size[0] + costs[size].rules) for size in ((10_000, 500), (100_000, 5_000)))
    growth, middle = last / first, costs[10_000, 500]
    print(f"per interface + rule, 100,000 and 5,000 against 10,000 and 500: {growth:.2f} (at most {MOST_GROWTH})")
    print(f"10,000 interfaces, 500 groups: {middle.seconds:.2f} s, {middle.mib:.0f} MiB", end=" ")
    print(f"(at most {MOST_SECONDS} s, {MOST_MIB} MiB)")
    return growth <= MOST_GROWTH and middle.seconds <= MOST_SECONDS and middle.mib <= MOST_MIB


if __name__ == "__main__":
    sys.exit(main())
