"""Reads an environment: asks what the facts lead to, until they lead nowhere new."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from vpclink_checks.errors import CollectError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ROWS, TABLE, wanted
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.live import counting, failures, places
from vpclink_checks.sources.live.asking import Asking
from vpclink_checks.sources.live.common import Common
from vpclink_checks.sources.live.paging import fetch
from vpclink_checks.sources.live.session import FIRST_ATTEMPTS, Session, make_client, open_session, stopped
from vpclink_checks.sources.redact import clean
from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.snapshot import in_order

IDENTITY = Call("sts", "GetCallerIdentity")
MOST = 20_000  # answers; a server that always names something new must not keep us for ever


def collect(
    settings: EnvSettings,
    *,
    progress: Callable[[str], None] | None = None,
    common: Common | None = None,
    rows: Iterable[Row] = TABLE,
    start: Callable[[Facts], EnvSettings] | None = None,
) -> Recording:
    """Every fact that the settings' domains and links lead to, as of now; calls that fail are gaps.

    *common* is what environments that are read side by side share; *rows* may be a part of the table.
    *start* gives the settings to start from, where the facts themselves say which domains there are.
    Raises CollectError, one line, where nothing can be read: no credentials, no connection, another
    account than the settings say. Writes nothing, anywhere.
    """
    if common is None:
        with Common() as own:
            return collect(settings, progress=progress, common=own, rows=rows, start=start)
    taken_at = datetime.now(UTC).replace(microsecond=0)
    session = open_session(settings, common, role_arn=settings.role_arn, external_id=settings.external_id)
    identity = _identify(session, settings, common)
    facts = Facts([identity])
    asking = Asking(session, settings, _account(identity), common)
    tell = _telling(settings, progress)

    def still_wanted() -> list[Call]:
        return wanted(facts, start(facts) if start else settings, in_flight=asking.in_flight, rows=rows)

    _ask(asking, facts, still_wanted, tell)
    tell(f"{len(facts)} answers, {sum(1 for one in facts if one.gap)} of them refused or failed")
    return Recording(_account(identity), settings.region, taken_at, in_order(facts))


def _ask(asking: Asking, facts: Facts, still_wanted: Callable[[], list[Call]], tell: Callable[[str], None]) -> None:
    """Ask until the facts lead nowhere new. What they lead to is worked out again after every answer."""
    while len(facts) < MOST:
        open_calls = still_wanted()
        tell(f"{len(facts)} answers, {len(asking.in_flight) + len(open_calls)} on the way")
        asking.start(open_calls)
        if not asking.in_flight:
            return
        for answer in asking.answers():
            facts.add(answer)


def _telling(settings: EnvSettings, progress: Callable[[str], None] | None) -> Callable[[str], None]:
    if progress is None:
        return lambda _: None
    return lambda text: progress(f"{settings.name}: {text}")


def _identify(session: Session, settings: EnvSettings, common: Common) -> Answer:
    """Who asks, before anything else is read. Raises CollectError for another account."""
    try:
        client = make_client(session, settings, "sts", settings.region, common, attempts=FIRST_ATTEMPTS)
        counting.start()
        response, _ = fetch(client, ROWS[IDENTITY.service, IDENTITY.operation], IDENTITY)
    except (*failures.FAILED, ValueError) as error:
        raise _no_identity(session, settings, error) from None
    identity = Answer(IDENTITY, response=clean(IDENTITY, response), pages=counting.sent())
    if why := places.foreign(session, settings, str((identity.response or {}).get("Arn", ""))):
        raise CollectError(f"env.{settings.name}: {why}: nothing else was read")
    found = _account(identity)
    if not found:
        raise CollectError(f"env.{settings.name}: AWS did not say whose credentials these are: nothing else was read")
    if settings.account and found != settings.account:
        raise CollectError(
            f"env.{settings.name}: these credentials are of account {found}, "
            f"but the config says account {settings.account}: nothing else was read"
        )
    return identity


def _no_identity(session: Session, settings: EnvSettings, error: failures.Failed | ValueError) -> CollectError:
    if isinstance(error, ValueError):
        return CollectError(f"env.{settings.name}: AWS cannot be asked: {failures.one_line(str(error))}")
    return CollectError(f"{stopped(settings, error)}{places.doubts(session, settings)}")


def _account(identity: Answer) -> str:
    return str((identity.response or {}).get("Account", ""))
