"""What goes wrong on the wire, in words of ours: gaps for single calls, one line for a whole environment."""

from __future__ import annotations

import botocore
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from botocore.parsers import ResponseParserError

from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.live.common import DeadlineError
from vpclink_checks.sources.redact import text

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_LONGEST = 300


# All that a call may raise. An answer that cannot be parsed stands outside botocore's own tree.
FAILED = (ClientError, BotoCoreError, ResponseParserError)
Failed = ClientError | BotoCoreError | ResponseParserError


def gap_of(call: Call, error: Failed) -> Gap:
    """The gap that a failed call leaves."""
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else _kind(error)
    message = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    return gap(call, str(code) or "Unknown", message)


def gap(call: Call, code: str, message: str) -> Gap:
    """A gap in the words of this call; the message on one line, without secrets."""
    return Gap(operation=call.name, action=action_of(call), code=code, message=one_line(message))


def not_in_model(call: Call) -> Gap:
    """The gap where botocore is older than the operation."""
    return gap(call, "FieldNotInModel", f"botocore {botocore.__version__} does not know this operation")


def _kind(error: BotoCoreError | ResponseParserError) -> str:
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "Timeout"
    if isinstance(error, NoConnectionError | HTTPClientError):
        return "ConnectionError"
    if isinstance(error, DeadlineError):
        return "Deadline"
    if isinstance(error, ParamValidationError):
        return "FieldNotInModel"
    return type(error).__name__


def one_line(message: str) -> str:
    """A message of AWS's or botocore's, short and without secrets."""
    short = " ".join(text(str(message)).split())
    return short if len(short) <= _LONGEST else f"{short[:_LONGEST]}…"


# (errors, what to say); the first that fits. {why} is botocore's own word, {of} names the profile.
_HOPELESS: tuple[tuple[tuple[type[BotoCoreError], ...], str], ...] = (
    ((SSOError, TokenRetrievalError), "the SSO login has expired or was never made: run aws sso login{of}"),
    (
        (NoCredentialsError,),
        "no AWS credentials were found: set profile or role_arn in the config (vpclink init: --profile, --role-arn), "
        "or AWS_PROFILE, or log in",
    ),
    ((ProfileNotFound,), "{why}: aws configure list-profiles shows those there are"),
    (
        (PartialCredentialsError, CredentialRetrievalError, InvalidConfigError),
        "the AWS credentials cannot be used: {why}",
    ),
    ((NoRegionError,), "no region is set: add region to the environment's config"),
    ((NoConnectionError, HTTPClientError), "AWS cannot be reached: {why}"),
)


def hopeless(error: Failed, profile: str) -> str:
    """The line that says why nothing can be read, and what to do about it."""
    if isinstance(error, ClientError):
        return _rejected(error, profile)
    found = (line for kinds, line in _HOPELESS if isinstance(error, kinds))
    return next(found, "AWS cannot be asked: {why}").format(why=one_line(str(error)).rstrip("."), of=_of(profile))


def _rejected(error: ClientError, profile: str) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _EXPIRED:
        return f"the AWS credentials have expired ({code}): log in again{_of(profile)}"
    why = one_line(error.response.get("Error", {}).get("Message", ""))
    return f"AWS refuses to say whose credentials these are ({code}: {why})"


def _of(profile: str) -> str:
    return f" --profile {profile}" if profile else ""
