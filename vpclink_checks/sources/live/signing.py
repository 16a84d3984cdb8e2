"""SigV4 for probes of routes that ask for IAM authorization."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.live.session import open_session, stopped

Signer = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]
SERVICE = "execute-api"
_ADDED = ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")


def signer(settings: EnvSettings) -> Signer:
    """Signs (method, url, headers, body) with the environment's own credentials for API Gateway in its region.

    Gives the headers to add. Raises CollectError, one line, where there are no credentials.
    """
    session = open_session(settings, role_arn=settings.role_arn, external_id=settings.external_id)
    credentials = session.get_credentials()
    if credentials is None:
        raise stopped(settings, NoCredentialsError())

    def sign(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        kept = {name: value for name, value in headers.items() if _signed(name)}
        request = AWSRequest(method=method, url=url, headers=kept, data=body)
        SigV4Auth(credentials, SERVICE, settings.region).add_auth(request)
        return {name: value for name, value in request.headers.items() if name.lower() in _ADDED}

    return sign


def _signed(name: str) -> bool:
    """What a proxy or an HTTP library may change on the way is left out of the signature."""
    return name.lower() in ("content-type", "host") or name.lower().startswith("x-amz-")
