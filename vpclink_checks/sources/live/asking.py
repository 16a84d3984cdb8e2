"""Asks many calls at once, within each service's own limit; what fails becomes a gap, never an exception."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from botocore.exceptions import BotoCoreError

from vpclink_checks.errors import CollectError
from vpclink_checks.model.fact import Gap
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import BUDGET_OF, LIMITS, ROWS
from vpclink_checks.sources.facts import Answer, Call
from vpclink_checks.sources.live import failures
from vpclink_checks.sources.live.paging import fetch
from vpclink_checks.sources.live.session import Session, make_client, open_session
from vpclink_checks.sources.redact import clean


class Asking:
    """Clients and threads of one environment. Use as a context manager: leaving it ends the threads."""

    def __init__(self, session: Session, settings: EnvSettings) -> None:
        self._session, self._settings = session, settings
        self._clients: dict[tuple[str, str], Any] = {}
        self._dns: Session | str | None = None
        # A pool a service: a slow service never holds threads that another could use.
        self._pools = {name: ThreadPoolExecutor(limit, f"vpclink-{name}") for name, limit in LIMITS.items()}

    def __enter__(self) -> Asking:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)

    def ask(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers, in the order of the calls."""
        asked = [self._submit(call, self._client(call)) for call in calls]
        return [one.result() for one in asked]

    def _submit(self, call: Call, client: Any) -> Future[Answer]:
        pool = self._pools[BUDGET_OF.get(call.service, call.service)]
        return pool.submit(answer, client, call)

    def _client(self, call: Call) -> Any:
        """The client for a call, or the gap that says why there is none; made here, in the asking thread."""
        row = ROWS[call.service, call.operation]
        region = (row.region_of(call.params) if row.region_of else "") or self._settings.region
        session = self._dns_session(call) if call.service == "route53" else self._session
        if isinstance(session, Gap):
            return session
        key = (call.service, region)
        if key not in self._clients:
            try:
                self._clients[key] = make_client(session, self._settings, call.service, region)
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
                self._dns = open_session(self._settings, role_arn=role)
            except CollectError as error:
                self._dns = str(error)
        return failures.gap(call, "NoRole", self._dns) if isinstance(self._dns, str) else self._dns


def answer(client: Any, call: Call) -> Answer:
    """What the call gave, secrets removed; or the gap in its place."""
    if isinstance(client, Gap):
        return Answer(call, gap=client)
    if call.operation not in client.meta.service_model.operation_names:
        return Answer(call, gap=failures.not_in_model(call))
    try:
        response, requests = fetch(client, ROWS[call.service, call.operation], call)
    except failures.FAILED as error:
        return Answer(call, gap=failures.gap_of(call, error))
    return Answer(call, response=clean(call, response), pages=requests)
