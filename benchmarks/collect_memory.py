"""5,000 instances in one VPC: how much memory collecting takes, and whose time it is.

The collector runs in a process of its own, the stand-in in another. The second run is under cProfile, so
its times are longer; the shares are what counts: parsing is botocore's and, in it, the standard library's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
MOST_MIB = 1024
COLLECT = """
import cProfile, pstats, resource, sys, threading, time
from dataclasses import replace
from tests.standin.stacks import Stack
from vpclink_checks.sources.live.collect import collect
settings = replace(Stack().settings, endpoint_url=sys.argv[1])
started = time.perf_counter()
if sys.argv[2] == "plain":
    recording = collect(settings)
    took = time.perf_counter() - started
    print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, sum(recording.calls.values()))
    raise SystemExit
profiles = []
def profiled(*_):
    profiles.append(cProfile.Profile(time.thread_time))
    profiles[-1].enable()
threading.setprofile(profiled)
profiled()
collect(settings)
threading.setprofile(None)
profiles[0].disable()
stats = pstats.Stats(profiles[0])
for one in profiles[1:]:
    stats.add(one)
shares = {}
kinds = ("botocore/parsers", "botocore", "/xml/", "/json/", "dateutil", "vpclink_checks/sources/redact",
         "vpclink_checks/sources/snapshot", "vpclink_checks/sources/live", "vpclink_checks", "urllib3")
for (file, _, name), (_, _, own, _, _) in stats.stats.items():
    kind = next((one for one in kinds if one in file), f"built in: {name[:40]}" if file == "~" else "other")
    shares[kind] = shares.get(kind, 0) + own
whole = sum(shares.values())
for kind, own in sorted(shares.items(), key=lambda pair: -pair[1])[:14]:
    print(f"  {kind:54} {own:6.2f} s  {100 * own / whole:5.1f} %")
"""


def main() -> int:
    from tests.standin.apart import serving  # noqa: PLC0415
    from tests.standin.stacks import Stack  # noqa: PLC0415

    stack = Stack(mappings=1, balancers=1, instances=5000, tasks=5000, groups=60)
    with serving(stack) as aws:
        _collected(aws.url, "plain")  # the stand-in renders its bodies once
        took, mib, requests = map(float, _collected(aws.url, "plain").split())
        print(f"{stack.instances} instances, {stack.tasks} tasks, {requests:.0f} requests")
        print(f"wall {took:.2f} s, peak memory {mib:.0f} MiB (at most {MOST_MIB})")
        print("CPU by where it was spent (own time, profiled):")
        print(_collected(aws.url, "profiled"), end="")
    return int(mib > MOST_MIB)


def _collected(url: str, how: str) -> str:
    command = [sys.executable, "-c", COLLECT, url, how]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    sys.exit(main())
