"""Codes and words of AWS's, and what each asks for: a policy is offered where a policy helps."""

from __future__ import annotations

import pytest

from vpclink_checks.cli.advice import Kind, kind_of
from vpclink_checks.cli.silenced import others
from vpclink_checks.model.fact import Gap

DENIED = "User: arn:aws:sts::123456789012:assumed-role/audit/me is not authorized to perform: ec2:DescribeVpcs"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
CODES = [
    ("AccessDenied", DENIED, Kind.DENIED),
    ("AccessDeniedException", f"{DENIED} because no identity-based policy allows the action", Kind.DENIED),
    ("UnauthorizedOperation", "You are not authorized to perform this operation.", Kind.DENIED),
    ("ForbiddenException", "", Kind.DENIED),
    ("403", "Forbidden", Kind.DENIED),
    ("AccessDenied", f"{DENIED} with an explicit deny in a service control policy", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} with an explicit deny in an identity-based policy", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} with an explicit deny", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} because no service control policy allows the action", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} because no permissions boundary allows the action", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} because no session policy allows the action", Kind.REFUSED),
    ("AccessDenied", f"{DENIED} because no VPC endpoint policy allows the action", Kind.REFUSED),
    ("Throttling", "Rate exceeded", Kind.THROTTLED),
    ("ThrottlingException", "", Kind.THROTTLED),
    ("RequestLimitExceeded", "", Kind.THROTTLED),
    ("TooManyRequestsException", "", Kind.THROTTLED),
    ("ExpiredToken", "", Kind.LOGIN),
    ("ExpiredTokenException", "", Kind.LOGIN),
    ("RequestExpired", "", Kind.LOGIN),
    ("UnrecognizedClientException", "", Kind.LOGIN),
    ("InvalidClientTokenId", "", Kind.LOGIN),
    ("AuthFailure", "", Kind.LOGIN),
    ("NoRole", "", Kind.ROLE),
    ("FieldNotInModel", "botocore 1.35 does not know this operation", Kind.OLD),
    ("OptInRequired", "", Kind.NOWHERE),
    ("NotInPartition", "there is no wafv2 in partition aws-cn", Kind.NOWHERE),
    ("EndpointProviderError", "", Kind.NOWHERE),
    ("Timeout", "", Kind.UNREACHED),
    ("ConnectionError", "Could not connect to the endpoint URL", Kind.UNREACHED),
    ("InternalError", "", Kind.UNREACHED),
    ("ServiceUnavailable", "", Kind.UNREACHED),
    ("503", "", Kind.UNREACHED),
    ("ResponseParserError", "", Kind.UNREACHED),
    ("NotRecorded", "", Kind.UNRECORDED),
    ("NotRead", "", Kind.UNTOLD),
    ("Redacted", "", Kind.UNTOLD),
    ("ValidationError", "", Kind.OTHER),
]


@pytest.mark.parametrize(("code", "message", "kind"), CODES)
def test_what_helps_follows_from_the_code_and_the_words(code: str, message: str, kind: Kind) -> None:
    gap = Gap(operation="ec2:DescribeVpcs", action="ec2:DescribeVpcs", code=code, message=message)
    assert kind_of(gap) is kind


def test_nothing_is_unknown_without_findings() -> None:
    assert others([]) == ()
