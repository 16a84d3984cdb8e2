"""Where routes send their requests on one stage: stage variables resolved, same destinations together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vpclink_checks.model.api import Integration, Route, Stage
from vpclink_checks.model.path import Destination


def canary_variables(stage: Stage) -> dict[str, str]:
    """The stage's variables as its canary sees them."""
    return {**stage.variables, **(stage.canary.variables if stage.canary else {})}


def effective(served: Iterable[Route] | None, edited: Iterable[Route] | None) -> tuple[Route, ...]:
    """The routes of a stage: served wins, where it says; edited ones that were never deployed stay in sight."""
    mine = {(one.method, one.path): one for one in served or ()}
    every = {(one.method, one.path): one for one in edited or ()}
    order = dict.fromkeys((*every, *mine))
    return tuple(mine.get(key) or every[key] for key in order)


def completed(route: Route, edited: Iterable[Route] | None) -> Integration | None:
    """The route's integration, with what an export may leave out filled in from the edited route.

    Only to find the way, and only where both hold the same uri: whether an exported private
    integration always shows connectionId and integrationTarget is unconfirmed (semantics, section 4).
    """
    integration = route.integration
    twin = next((one for one in edited or () if (one.method, one.path) == (route.method, route.path)), None)
    if integration is None or twin is None or twin.integration is None or twin.integration.uri != integration.uri:
        return integration
    other = twin.integration
    if other.private and not integration.connection_id and integration.type.startswith("HTTP"):
        integration = replace(integration, connection_type="VPC_LINK", connection_id=other.connection_id)
    if integration.private and not integration.target and integration.connection_id == other.connection_id:
        integration = replace(integration, target=other.target, unread=other.unread)
    return integration


def together(routes: Iterable[tuple[Route, Destination]]) -> list[tuple[tuple[Route, ...], Destination]]:
    """Routes with the same destination, in the order of their first; each with that one's destination."""
    groups: dict[tuple[object, ...], list[tuple[Route, Destination]]] = {}
    for route, where in routes:
        groups.setdefault(same(where), []).append((route, where))
    return [(tuple(route for route, _ in held), held[0][1]) for held in groups.values()]


def same(where: Destination) -> tuple[object, ...]:
    """Equal for destinations that packets cannot tell apart: the path behind host and port is no matter."""
    loose = "" if where.host and not where.undefined else where.uri
    return where.connection_id, where.scheme, where.host.lower(), where.port, where.target, loose, where.undefined
