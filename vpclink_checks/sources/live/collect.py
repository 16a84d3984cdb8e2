"""Reads an environment: asks what the facts lead to, until they lead nowhere new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from vpclink_checks.errors import CollectError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ROWS, wanted
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.live import failures
from vpclink_checks.sources.live.asking import Asking
from vpclink_checks.sources.live.paging import fetch
from vpclink_checks.sources.live.session import FIRST_ATTEMPTS, Session, make_client, open_session, stopped
from vpclink_checks.sources.redact import clean
from vpclink_checks.sources.snapshot import in_order

IDENTITY = Call("sts", "GetCallerIdentity")
ROUNDS = 40  # the chain is about ten long; a server that always names something new must not keep us for ever


def collect(settings: EnvSettings, *, progress: Callable[[str], None] | None = None) -> Recording:
    """Every fact that the settings' domains and links lead to, as of now; calls that fail are gaps.

    Raises CollectError, one line, where nothing can be read: no credentials, no connection, another
    account than the settings say. Writes nothing, anywhere.
    """
    tell = progress or (lambda _: None)
    taken_at = datetime.now(UTC).replace(microsecond=0)
    session = open_session(settings, role_arn=settings.role_arn, external_id=settings.external_id)
    identity = _identify(session, settings)
    facts = Facts([identity])
    with Asking(session, settings) as asking:
        for _ in range(ROUNDS):
            calls = wanted(facts, settings)
            if not calls:
                break
            tell(f"{settings.name}: {len(facts)} answers, asking {len(calls)} more")
            for answer in asking.ask(calls):
                facts.add(answer)
    tell(f"{settings.name}: {len(facts)} answers, {sum(1 for one in facts if one.gap)} of them refused or failed")
    return Recording(_account(identity), settings.region, taken_at, in_order(facts))


def _identify(session: Session, settings: EnvSettings) -> Answer:
    """Who asks, before anything else is read. Raises CollectError for another account."""
    try:
        client = make_client(session, settings, "sts", settings.region, attempts=FIRST_ATTEMPTS)
        response, requests = fetch(client, ROWS[IDENTITY.service, IDENTITY.operation], IDENTITY)
    except (*failures.FAILED, ValueError) as error:
        raise _no_identity(settings, error) from None
    identity = Answer(IDENTITY, response=clean(IDENTITY, response), pages=requests)
    found = _account(identity)
    if settings.account and found != settings.account:
        raise CollectError(
            f"env.{settings.name}: these credentials are of account {found}, "
            f"but the config says account {settings.account}: nothing else was read"
        )
    return identity


def _no_identity(settings: EnvSettings, error: failures.Failed | ValueError) -> CollectError:
    if isinstance(error, ValueError):
        return CollectError(f"env.{settings.name}: AWS cannot be asked: {failures.one_line(str(error))}")
    return stopped(settings, error)


def _account(identity: Answer) -> str:
    return str((identity.response or {}).get("Account", ""))
