"""Why a call gave no answer, and what helps: an IAM policy helps against one kind of refusal only."""

from __future__ import annotations

import re
from enum import Enum

from vpclink_checks.checks.judging import DENIED
from vpclink_checks.model.fact import Gap


class Kind(Enum):
    """The kinds of gap, those that a policy fills first: what it is called, and what to do."""

    DENIED = ("denied", "allow it: the policy is below")
    REFUSED = (
        "refused from above",
        "an IAM policy alone does not help: ask whoever answers for what refuses it",
    )
    LOGIN = ("credentials", "they ran out, or are not valid here: log in again; is the region enabled?")
    ROLE = ("role", "the role for DNS cannot be used: see dns in the config, and the role's trust policy")
    THROTTLED = ("throttled", "no policy helps: run again when less goes on, or ask AWS for a higher quota")
    OLD = ("not in botocore's model", "the installed botocore is too old for it: pip install --upgrade boto3")
    NOWHERE = ("no such service", "AWS has none here, or the account does not use it: no policy helps")
    UNREACHED = ("no answer", "the network, a proxy or AWS itself was too slow, or gone: no policy helps; run again")
    UNRECORDED = (
        "not asked",
        "it lies behind what gave no answer, or the recording is an older version's: record again",
    )
    UNTOLD = ("not to be read", "AWS's answers do not say it, or it was removed as a secret: no policy helps")
    OTHER = ("failed", "AWS's own words are all that is known: no policy is known to help")

    @property
    def label(self) -> str:
        """What it is called."""
        return self.value[0]

    @property
    def advice(self) -> str:
        """What to do."""
        return self.value[1]


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
            "OptInRequired|SubscriptionRequired|NotInPartition|UnknownEndpoint|UnknownService|EndpointProvider",
            Kind.NOWHERE,
        ),
        ("Timeout|Connection|Deadline|Internal|Unavailable|^5\\d\\d$|Unreadable|ResponseParser", Kind.UNREACHED),
    )
)


def kind_of(gap: Gap) -> Kind:
    """Why this call gave no answer."""
    kind = next((kind for pattern, kind in _KINDS if pattern.search(gap.code)), Kind.OTHER)
    return Kind.REFUSED if kind is Kind.DENIED and _ABOVE.search(gap.message) else kind
