"""What may go wrong with an operation, in the codes and statuses that AWS really gives for each protocol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.standin.asked import Asked
from tests.standin.reply import Refusal

# No message names the operation or its IAM action: what a report says of those must be its own knowledge.
_DENIED = "User: arn:aws:sts::123456789012:assumed-role/audit/test is not authorized to perform this operation"
Codes = Mapping[str, tuple[str, int]]
DENIED: Codes = {
    "ec2": ("UnauthorizedOperation", 403),
    "query": ("AccessDenied", 403),
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
    "rest-xml": ("AccessDenied", 403),
}
THROTTLED: Codes = {
    "ec2": ("RequestLimitExceeded", 503),
    "query": ("Throttling", 400),
    "json": ("ThrottlingException", 400),
    "rest-json": ("TooManyRequestsException", 429),
    "rest-xml": ("Throttling", 400),
}
EXPIRED: Codes = {
    "ec2": ("RequestExpired", 400),
    "query": ("ExpiredToken", 403),
    "json": ("ExpiredTokenException", 400),
    "rest-json": ("ExpiredTokenException", 403),
    "rest-xml": ("ExpiredToken", 403),
}
STRANGER: Codes = {  # an access key that this partition has never heard of
    "ec2": ("AuthFailure", 401),
    "query": ("InvalidClientTokenId", 403),
    "json": ("UnrecognizedClientException", 400),
    "rest-json": ("UnrecognizedClientException", 403),
    "rest-xml": ("InvalidClientTokenId", 403),
}


@dataclass(frozen=True)
class Fault:
    """What happens to an operation (a pattern as in ``ec2:*``).

    ``codes`` refuse it; ``manner`` is one of hang, cut, newer, gone. It happens ``times`` times (0: for ever), once
    ``after`` requests of whatever kind were answered, and from this ``page`` of an answer on.
    """

    operation: str
    manner: str = "refused"
    codes: Codes | None = None
    message: str = ""
    times: int = 0
    after: int = 0
    page: int = 1

    def concerns(self, asked: Asked, done: int, page: int) -> bool:
        """Whether it may happen to this request, the *page*-th of its answer, after *done* others."""
        return fnmatchcase(asked.name, self.operation) and done >= self.after and page >= self.page

    def refusal(self, asked: Asked) -> Refusal:
        """The error, for the protocol that asked."""
        assert self.codes is not None
        code, status = self.codes.get(asked.protocol) or self.codes["json"]
        return Refusal(code, self.message, status)


def denied(operation: str) -> Fault:
    """No policy allows it."""
    return Fault(operation, codes=DENIED, message=_DENIED)


def throttled(operation: str, times: int = 0) -> Fault:
    """Too many requests: for ever, or this many times."""
    return Fault(operation, codes=THROTTLED, message="Rate exceeded", times=times)


def expired(operation: str = "*", after: int = 0) -> Fault:
    """The session's token is past its time."""
    return Fault(operation, codes=EXPIRED, message="The security token included in the request is expired", after=after)


def stranger() -> Fault:
    """The credentials are of another partition."""
    return Fault("*", codes=STRANGER, message="The security token included in the request is invalid.")


def hang(operation: str) -> Fault:
    """No answer until the client gives up."""
    return Fault(operation, manner="hang")


def cut(operation: str, page: int = 1) -> Fault:
    """The connection ends in the middle of the body; ``page=2``: of the second page."""
    return Fault(operation, manner="cut", page=page)


def gone(operation: str) -> Fault:
    """The thing was deleted since it was named."""
    return Fault(operation, manner="gone")


def newer(operation: str) -> Fault:
    """Fields and values of enumerations that this botocore has never heard of."""
    return Fault(operation, manner="newer")
