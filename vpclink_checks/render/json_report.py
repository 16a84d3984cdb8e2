"""report.json: contract, section 7; its schema is report.schema.json beside this file."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from vpclink_checks.render.view import summary
from vpclink_checks.report import EnvironmentReport, Finding, Report

SCHEMA = "vpclink-report/1"
SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def document(report: Report) -> dict[str, Any]:
    """The whole report as plain JSON values."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "vpclink-checks", "version": report.version},
        "started": _rfc3339(report.started),
        "duration_s": round(report.duration_s, 3),
        "environments": [_environment(one) for one in report.environments],
    }


def write(report: Report, folder: Path) -> Path:
    """Write ``report.json`` into *folder*, made if need be. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.json"
    target.write_text(json.dumps(document(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _environment(one: EnvironmentReport) -> dict[str, Any]:
    return {
        "name": one.name,
        "source": one.source,
        "account": one.account,
        "region": one.region,
        "error": one.error,
        "api_calls": {"total": sum(one.api_calls.values()), "by_operation": dict(sorted(one.api_calls.items()))},
        "paths": [asdict(path) for path in one.paths],
        "findings": [_finding(finding) for finding in one.findings],
        "probes": [asdict(probe) for probe in one.probes],
        "summary": summary(one),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    values = asdict(finding)
    del values["expected"]  # the catalogue says it; the contract's finding does not carry it
    values["outcome"], values["severity"] = finding.outcome.value, finding.severity.value
    if finding.waiver is not None:
        values["waiver"] = {"reason": finding.waiver.reason, "expires": finding.waiver.expires.isoformat()}
    return values
