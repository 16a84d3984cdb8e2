"""Writes the pages of the docs that come from the code: `make docs`. A test fails where a page is out of date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from vpclink_checks.sources.calls import BUDGET_OF, LIMITS, TABLE, action_of
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.folder.kinds import kinds
from vpclink_checks.sources.folder.names import kebab
from vpclink_checks.sources.policy import document
from vpclink_checks.sources.rows import Row

HERE = Path(__file__).parent
CALLS = """\
# What is asked of AWS

<!-- Written by docs/generate.py from the table of calls: change that, then run `make docs`. -->

Every call that a run may send, and why. From this table come the collector, the guard that refuses everything else
before a byte is sent, the IAM policy below, and this page. All of them read; none writes.

*Page*: how many things AWS is asked for at a time, where it hands out its answer in pages ("as AWS likes" where it
takes no wish). *Batch*: how many things one call asks about, where it can ask about several; "-": one call each.

{calls}

## At once

How many calls are in flight at most, those of all environments of one account together. API Gateway's control plane
allows about 10 a second for the whole account and is shared with whoever deploys, so both of its APIs share one
small budget.

{limits}

## The policy

All that a run needs, and no more. In China (`aws-cn`) and GovCloud (`aws-us-gov`) the ARNs begin with that partition;
a region and an account in place of the `*` narrow it further. An action that is missing costs the checks that need
its answer: they say `unknown` and name it.

```json
{policy}
```
"""


def calls_page() -> str:
    """docs/calls.md."""
    return CALLS.format(
        calls=_table(("hop", "call", "asked for", "page", "batch", "IAM action"), map(_call, TABLE)),
        limits=_table(("service", "calls at once"), _limits()),
        policy=json.dumps(document(), indent=2),
    )


def _call(row: Row) -> tuple[str, ...]:
    page = "-" if row.paging is None else str(row.paging.size or "as AWS likes")
    batch = str(row.batch.size) if row.batch else "-"
    action = action_of(Call(row.service, row.operation))
    return row.hop, f"`{row.name}`", row.because, page, batch, f"`{action}`"


def _limits() -> Iterator[tuple[str, str]]:
    for budget, at_once in sorted(LIMITS.items()):
        sharing = [service for service, of in sorted(BUDGET_OF.items()) if of == budget]
        yield ", ".join(f"`{one}`" for one in (budget, *sharing)), str(at_once)


def _table(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rule = ("---",) * len(head)
    return "\n".join(f"| {' | '.join(_cell(one) for one in line)} |" for line in (head, rule, *lines))


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


SNAPSHOTS = HERE / "snapshots.md"
BEGIN, END = "<!-- commands:", "<!-- end -->"


def snapshots_page() -> str:
    """docs/snapshots.md with its table of files; the rest of the page is written by hand."""
    before, _, rest = SNAPSHOTS.read_text(encoding="utf-8").partition(BEGIN)
    note = rest.partition("\n")[0]
    return f"{before}{BEGIN}{note}\n{_table(('command', 'file', 'asked for'), map(_file, TABLE))}\n{END}\n"


def _file(row: Row) -> tuple[str, ...]:
    kind = kinds()[row.name]
    listed = row.batch is not None and row.batch.key == "Filters"
    tail = "@…" if row.because.startswith("each") and not listed else ""
    asked = "everything" if listed else row.because
    return f"`aws {row.service} {kebab(row.operation)}`", f"`{kind.file}{tail}.json`", asked


PAGES = {"calls.md": calls_page, "snapshots.md": snapshots_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
