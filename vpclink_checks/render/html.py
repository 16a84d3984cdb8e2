"""report.html: one file, no network, opens from disk. All text goes through jinja2's autoescape."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from vpclink_checks.render.view import decided_by, gating, hops, summary, worst_first
from vpclink_checks.report import EnvironmentReport, Finding, Report
from vpclink_checks.words import hop_rank


def write(report: Report, folder: Path) -> Path:
    """Write ``report.html`` into *folder*, made if need be. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    target.write_text(page(report), encoding="utf-8")
    return target


def page(report: Report) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=PackageLoader("vpclink_checks.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html")
    closed = sum(finding.gates for one in report.environments for finding in one.findings)
    lost = [one.name for one in report.environments if one.error is not None]
    return template.render(
        report=report,
        closed=closed,
        lost=lost,
        gating=gating,
        hops=hops,
        summary=summary,
        by_hop=by_hop,
        decided_by=decided_by,
    )


def by_hop(environment: EnvironmentReport) -> list[tuple[str, list[Finding]]]:
    """Every finding, hop by hop along the walk, each hop's worst first."""
    along = sorted(worst_first(environment.findings), key=lambda one: hop_rank(one.hop))
    return [(hop, list(found)) for hop, found in groupby(along, key=lambda one: one.hop)]
