"""Asks many calls at once; what fails becomes a gap, never an exception."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import Any

from botocore.exceptions import BotoCoreError

from vpclink_checks.errors import CollectError
from vpclink_checks.model.fact import Gap
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Answer, Call
from vpclink_checks.sources.live import counting, failures, places
from vpclink_checks.sources.live.common import Common
from vpclink_checks.sources.live.members import lacking
from vpclink_checks.sources.live.paging import fetch
from vpclink_checks.sources.live.schedule import budget_of, next_calls
from vpclink_checks.sources.live.session import Session, make_client, open_session
from vpclink_checks.sources.redact import clean


class Asking:
    """The clients of one environment, and its calls in flight."""

    def __init__(self, session: Session, settings: EnvSettings, account: str, common: Common) -> None:
        self._session, self._settings, self._account, self._common = session, settings, account, common
        self._clients: dict[tuple[str, str], Any] = {}
        self._dns: Session | str | None = None
        self._flying: dict[Future[Answer], Call] = {}

    @property
    def in_flight(self) -> Collection[Call]:
        """Calls that are sent and have no answer yet."""
        return self._flying.values()

    def start(self, open_calls: Collection[Call]) -> None:
        """Send those of the calls that may go now."""
        for call in next_calls(open_calls, self.in_flight):
            client = self._client(call)  # made here, in the environment's own thread
            pool = self._common.pool(self._account, budget_of(call))
            self._flying[pool.submit(answer, client, call)] = call

    def answers(self) -> Iterable[Answer]:
        """What has come since the last time; waits for something, or for the deadline. None: nothing is in flight."""
        done, _ = wait(self._flying, timeout=self._common.left(), return_when=FIRST_COMPLETED)
        if self._flying and not done:
            return self._given_up()
        return [self._answer(one, self._flying.pop(one)) for one in done]

    def _given_up(self) -> list[Answer]:
        """The gaps in the place of answers that did not come in time; whoever still waits for them waits in vain."""
        late = [self.too_late(call) for call in self.in_flight]
        for one in self._flying:
            one.cancel()
        self._flying.clear()
        return late

    def too_late(self, call: Call) -> Answer:
        """The gap in the place of an answer that was not asked for in time."""
        return Answer(call, gap=failures.gap_of(call, self._common.late))

    def _answer(self, future: Future[Answer], call: Call) -> Answer:
        try:
            return future.result()
        except CancelledError:  # the run was broken off
            return self.too_late(call)

    def _client(self, call: Call) -> Any:
        """The client for a call, or the gap that says why there is none."""
        row = ROWS[call.service, call.operation]
        region = (row.region_of(call.params) if row.region_of else "") or self._settings.region
        session = self._dns_session(call) if call.service == "route53" else self._session
        if isinstance(session, Gap):
            return session
        if absent := places.not_here(session, self._settings, call.service):
            return failures.gap(call, "NotInPartition", absent)
        key = (call.service, region)
        if key not in self._clients:
            try:
                self._clients[key] = make_client(session, self._settings, call.service, region, self._common)
            except (BotoCoreError, ValueError) as error:  # ValueError: botocore's word for an impossible endpoint
                return failures.gap(call, type(error).__name__, str(error))
        return self._clients[key]

    def _dns_session(self, call: Call) -> Session | Gap:
        """Hosted zones may lie in another account, behind a role of their own."""
        role = self._settings.dns_role_arn
        if not role:
            return self._session
        if self._dns is None:
            try:
                self._dns = open_session(self._settings, self._common, role_arn=role)
            except CollectError as error:
                self._dns = str(error)
        return failures.gap(call, "NoRole", self._dns) if isinstance(self._dns, str) else self._dns


def answer(client: Any, call: Call) -> Answer:
    """What the call gave, secrets removed; or the gap in its place."""
    if isinstance(client, Gap):
        return Answer(call, gap=client, pages=0)
    if call.operation not in client.meta.service_model.operation_names:
        return Answer(call, gap=failures.not_in_model(call), pages=0)
    counting.start()
    try:
        response, _ = fetch(client, ROWS[call.service, call.operation], call)
    except failures.FAILED as error:
        return Answer(call, gap=failures.gap_of(call, error), pages=counting.sent())
    return Answer(call, response=clean(call, response), pages=counting.sent(), lacking=lacking(client, call))
