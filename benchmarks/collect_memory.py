"""5,000 instances in one VPC: how much memory collecting takes, and whose time it is.

The collector runs in a process of its own, the stand-in in another. Whose time: CPU of each thread inside the
functions named, measured around them; a profiler would charge each small call more than it costs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
MOST_MIB = 1024
COLLECT = """
import collections, functools, resource, sys, time
from dataclasses import replace
import botocore.parsers
from tests.standin.stacks import Stack
from vpclink_checks.sources.live import asking, collect, paging

spent = collections.Counter()

def timed(owner, name, whose):
    function = getattr(owner, name)
    @functools.wraps(function)
    def around(*given, **named):
        before = time.thread_time()
        try:
            return function(*given, **named)
        finally:
            spent[whose] += time.thread_time() - before
    setattr(owner, name, around)

timed(botocore.parsers.ResponseParser, "parse", "botocore: parsing")
timed(paging, "plain", "dates and bytes as text")
timed(asking, "clean", "secrets removed")
timed(collect, "wanted", "what the answers lead to")
settings = replace(Stack().settings, endpoint_url=sys.argv[1])
wall, cpu = time.perf_counter(), time.process_time()
recording = collect.collect(settings)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
requests = sum(recording.calls.values())
print(f"{requests} requests, wall {wall:.2f} s, CPU {cpu:.2f} s")
for whose, seconds in [*spent.most_common(), ("all else: sending, receiving, models", cpu - sum(spent.values()))]:
    print(f"  {whose:40} {seconds:6.2f} s  {100 * seconds / cpu:5.1f} %")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> int:
    from tests.standin.apart import serving  # noqa: PLC0415
    from tests.standin.stacks import Stack  # noqa: PLC0415

    stack = Stack(mappings=1, balancers=1, instances=5000, tasks=5000, groups=60)
    with serving(stack) as aws:
        _collected(aws.url)  # the stand-in renders its bodies once
        *told, mib = _collected(aws.url).splitlines()
    print(f"{stack.instances} instances, {stack.tasks} tasks in one VPC")
    print("\n".join(told))
    print(f"peak memory {float(mib):.0f} MiB (at most {MOST_MIB})")
    return int(float(mib) > MOST_MIB)


def _collected(url: str) -> str:
    command = [sys.executable, "-c", COLLECT, url]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main())
