"""A report with one of everything, hostile texts included."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from vpclink_checks.report import (
    EnvironmentReport,
    Evidence,
    Finding,
    Fix,
    HopNote,
    Location,
    PathNote,
    ProbeNote,
    Report,
    WaiverNote,
    Witness,
)
from vpclink_checks.words import HOPS, Outcome, Severity

HOSTILE = "<script>alert('x')</script> & \"quotes\""
PATH = PathNote(
    id="api.example.com/orders|orders:10000|orders/api:8080",
    title="api.example.com/orders → orders/api:8080",
    status="broken",
    broken_hop="target-group",
    routes=("ANY /{proxy+}", "GET /"),
    hops=tuple(HopNote(hop=hop, title=f"the {hop}", attributes={"state": HOSTILE}) for hop in HOPS[:11]),
)
PASS = Finding(
    check="domain/available",
    hop="domain",
    outcome=Outcome.PASS,
    severity=Severity.BLOCKER,
    gates=False,
    path=PATH.id,
    subject="api.example.com",
    subject_key="api.example.com",
    fingerprint="0" * 16,
    expected="The custom domain is available",
    message="api.example.com is AVAILABLE",
)
FAIL = replace(
    PASS,
    check="target-group/healthy-targets",
    hop="target-group",
    outcome=Outcome.FAIL,
    gates=True,
    subject="arn:aws:elasticloadbalancing:eu-west-2:123456789012:targetgroup/orders-api/1111111111111111",
    subject_key="orders-api",
    fingerprint="1" * 16,
    expected="At least one target is healthy",
    message=f"no target is healthy {HOSTILE}",
    evidence=(Evidence("elbv2:DescribeTargetHealth", "State", "unhealthy"),),
    witness=Witness("10.0.11.10", "10.0.1.20", "tcp", 10000, ("sg-0d2d2d2d2d2d2d2d2 tcp 10000",)),
    fix=Fix("Mend it.", cli="aws elbv2 describe-target-health", terraform="x = 1"),
    location=Location("vpclink.toml", 3, 1),
)
UNKNOWN = replace(
    PASS,
    check="network/target-admits-health-check",
    hop="network",
    outcome=Outcome.UNKNOWN,
    gates=True,
    fingerprint="2" * 16,
    message="ec2:DescribeNetworkAcls gave no answer",
)
WAIVED = replace(
    FAIL,
    check="exposure/no-internet-path",
    hop="exposure",
    outcome=Outcome.WAIVED,
    gates=False,
    why_not="waived until 2027-01-31: NET-12",
    fingerprint="3" * 16,
    waiver=WaiverNote("NET-12", date(2027, 1, 31)),
)
BLOCKED = replace(
    PASS,
    check="target-group/all-targets-healthy",
    hop="target-group",
    outcome=Outcome.BLOCKED,
    blocked_by=FAIL.check,
    fingerprint="4" * 16,
)
ENVIRONMENT = EnvironmentReport(
    name="prod",
    source="live",
    account="123456789012",
    region="eu-west-2",
    api_calls={"ec2:DescribeSecurityGroups": 1, "acm:DescribeCertificate": 2},
    paths=(PATH,),
    findings=(PASS, FAIL, UNKNOWN, WAIVED, BLOCKED),
    probes=(
        ProbeNote(
            url="https://api.example.com/orders",
            status=500,
            attempts=20,
            timings_ms={"p50": 12.0, "p95": 20.5},
            diagnosis=("InternalServerErrorException",),
        ),
    ),
)
LOST = EnvironmentReport(name="dev", source="live", error="no credentials were found")
REPORT = Report(
    version="0.1.0",
    started=datetime(2026, 11, 2, 9, 0, tzinfo=UTC),
    duration_s=3.25,
    environments=(ENVIRONMENT, LOST),
)
