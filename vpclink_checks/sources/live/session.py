"""Sessions and clients: the environment's credentials, its region, and how patient calls are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, NoCredentialsError

from vpclink_checks import __version__
from vpclink_checks.errors import CollectError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import BUDGET_OF, LIMITS
from vpclink_checks.sources.live import counting, failures, guard, quiet, tls, wholeness
from vpclink_checks.sources.live.common import Common

ATTEMPTS = 5  # a call and its retries; adaptive mode slows down by itself when AWS throttles
FIRST_ATTEMPTS = 2  # the first call finds out whether AWS can be reached at all: soon
CONNECT_S, READ_S = 5, 30
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SESSION_NAME = "vpclink-checks"

Session = botocore.session.Session


def open_session(
    settings: EnvSettings, common: Common | None = None, *, role_arn: str = "", external_id: str = ""
) -> Session:
    """A guarded session with the profile's credentials, or those of a role that they may assume.

    *common* is what it shares with others of the run.

    Raises CollectError, one line, where there are none.
    """
    quiet.install()
    session = Session(profile=settings.profile or None)
    guard.install(session)
    wholeness.install(session)
    counting.install(session)
    try:
        if common is not None:
            common.join(session)
        if settings.region:
            session.set_config_variable("region", settings.region)
        if session.get_credentials() is None:
            raise NoCredentialsError
        if role_arn:
            _assume(session, settings, role_arn, external_id, common)
    except failures.FAILED as error:
        raise stopped(settings, error) from None
    return session


def stopped(settings: EnvSettings, error: failures.Failed) -> CollectError:
    """The one line for an environment of which nothing can be read."""
    return CollectError(f"env.{settings.name}: {failures.hopeless(error, settings.profile)}")


def _assume(session: Session, settings: EnvSettings, role_arn: str, external_id: str, common: Common | None) -> None:
    client = make_client(session, settings, "sts", settings.region, common, attempts=FIRST_ATTEMPTS)
    how = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}
    try:
        given = client.assume_role(**how, **({"ExternalId": external_id} if external_id else {}))["Credentials"]
    except ClientError as error:
        why = failures.one_line(str(error))
        raise CollectError(f"env.{settings.name}: the role {role_arn} cannot be assumed: {why}") from None
    session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def make_client(
    session: Session,
    settings: EnvSettings,
    service: str,
    region: str,
    common: Common | None = None,
    *,
    attempts: int = 0,
) -> Any:
    """A client of *service* in *region*, or at the settings' endpoint. Make clients in one thread only."""
    endpoint = settings.endpoint_url or None
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"total_max_attempts": attempts or ATTEMPTS, "mode": "standard" if attempts else "adaptive"},
        max_pool_connections=LIMITS[BUDGET_OF.get(service, service)],
        user_agent_extra=f"vpclink-checks/{__version__}",
        # A stand-in on this machine is never behind the proxy; {} keeps botocore from asking the environment.
        proxies={} if _on_loopback(endpoint) else None,
    )
    client = session.create_client(service, region_name=region or None, endpoint_url=endpoint, config=config)
    if common is not None:
        tls.share(common.contexts, session, client)
    return client


def _on_loopback(endpoint: str | None) -> bool:
    return endpoint is not None and urlsplit(endpoint).hostname in LOOPBACK
