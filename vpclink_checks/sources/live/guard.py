"""Read-only, by construction: what is not in the table of calls is refused before a byte is sent."""

from __future__ import annotations

from typing import Any

from botocore.session import Session

from vpclink_checks.sources.calls import ALLOWED

# What botocore itself asks when it turns a profile, SSO login or web identity into credentials: nothing of the account.
CREDENTIALS = frozenset(
    {
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("signin", "CreateOAuth2Token"),
    }
)


class RefusedError(Exception):
    """A call that is not in the table: a bug of ours, never a user's mistake."""


def install(session: Session) -> None:
    """Guard every client made from this session from now on."""
    session.get_component("event_emitter").register_first("before-call", _refuse)


def _refuse(model: Any, **_: Any) -> None:
    asked = (model.service_model.service_name, model.name)
    if asked not in ALLOWED and asked not in CREDENTIALS:
        raise RefusedError(f"{asked[0]}:{asked[1]} is not in the table of calls: nothing was sent")
