"""Why a call gave no answer, and what helps: an IAM policy helps against one kind of refusal only."""

from __future__ import annotations

import re
from enum import Enum

from vpclink_checks.checks.judging import DENIED
from vpclink_checks.model.fact import Gap


class Kind(Enum):
    """The kinds of gap, those that a policy fills first; the value is what to do."""

    DENIED = "allow it: the policy is below"
    REFUSED = "an IAM policy alone does not help: ask whoever is responsible for what refuses it"
    LOGIN = "the credentials ran out, or are not valid here: log in again; is the region enabled?"
    ROLE = "the role for DNS cannot be used: see dns in the config, and the role's trust policy"
    THROTTLED = "AWS throttles: no policy helps; run again when less goes on, or ask for a higher quota"
    OLD = "the installed botocore is too old for it: pip install --upgrade boto3"
    NOWHERE = "AWS has no such service here, or the account does not use it: no policy helps"
    UNREACHED = "the network, a proxy or AWS itself was too slow, or not there: no policy helps; run again"
    UNRECORDED = "nobody asked for it: record again with this version (pytest --vpclink-env=NAME --vpclink-record=PATH)"
    UNTOLD = "the facts do not say it: no policy helps"
    OTHER = "AWS's own words are all that is known: no policy is known to help"


# The policies that may refuse an action that an identity's own policies allow.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html gives the messages.
_ABOVE = re.compile(
    r"explicit deny(?: in an? [\w-]+(?: [\w-]+)* policy)?"
    r"|no (?:service control|resource control|session|VPC endpoint) policy allows"
    r"|no permissions boundary allows"
)

# (codes, kind); the first that fits. AWS's codes, botocore's names of exceptions, and ours (model/fact.py).
_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        ("NotRecorded", Kind.UNRECORDED),
        ("FieldNotInModel", Kind.OLD),
        ("NoRole", Kind.ROLE),
        ("NotRead|NotKnown|NotFound|Redacted|Contested|Placeholder", Kind.UNTOLD),
        ("Expired|InvalidClientTokenId|UnrecognizedClient|AuthFailure|SignatureDoesNotMatch|SSO|Token", Kind.LOGIN),
        ("|".join((*DENIED, "^403$")), Kind.DENIED),
        ("Thrott|TooManyRequests|LimitExceeded|SlowDown|PriorRequestNotComplete", Kind.THROTTLED),
        (
            "OptInRequired|SubscriptionRequired|NotInRegion|UnknownEndpoint|UnknownService|EndpointProvider",
            Kind.NOWHERE,
        ),
        ("Timeout|Connection|Deadline|Internal|Unavailable|^5\\d\\d$|Unreadable|ResponseParser", Kind.UNREACHED),
    )
)


def kind_of(gap: Gap) -> Kind:
    """Why this call gave no answer."""
    kind = next((kind for pattern, kind in _KINDS if pattern.search(gap.code)), Kind.OTHER)
    return Kind.REFUSED if kind is Kind.DENIED and _ABOVE.search(gap.message) else kind
