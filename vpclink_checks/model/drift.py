"""What a stage serves against what was edited since: the differences that callers can meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vpclink_checks.model.api import Integration, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One route that differs. ``private``: one of its two sides goes to a VPC link."""

    route: Route
    field: str
    served: str
    edited: str
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``uncompared`` names routes whose export shows no connection, though the edited route has one."""

    drifts: tuple[Drift, ...]
    uncompared: tuple[str, ...]


def compare(served: Sequence[Route], edited: Sequence[Route]) -> Comparison:
    """Compare (path, method) by (path, method).

    Whether an export always shows connectionId and integrationTarget is unconfirmed, so that one it
    leaves out counts for no difference; likewise a timeout. An authorizer's id is not in an export.
    """
    was, now = ({(one.path, one.method): one for one in side} for side in (served, edited))
    drifts: list[Drift] = []
    uncompared: list[str] = []
    for key in sorted(was.keys() | now.keys()):
        if key not in now:
            drifts.append(_one_sided(was[key], served="exists", edited="is missing"))
        elif key not in was:
            drifts.append(_one_sided(now[key], served="is missing", edited="exists"))
        else:
            drifts.extend(_between(was[key], now[key]))
            uncompared.extend([now[key].title] if _hides_connection(was[key], now[key]) else [])
    return Comparison(drifts=tuple(drifts), uncompared=tuple(uncompared))


def _one_sided(route: Route, *, served: str, edited: str) -> Drift:
    return Drift(route=route, field="route", served=served, edited=edited, private=_private(route))


def _between(old: Route, new: Route) -> Iterator[Drift]:
    for (field, served), (_, edited) in zip(_fields(old), _fields(new), strict=True):
        unread = field == "integrationTarget" and "target" in (new.integration or Integration()).unread
        if served != edited and not unread and not _left_out(field, served):
            yield Drift(route=new, field=field, served=served, edited=edited, private=_private(old, new))


def _fields(route: Route) -> tuple[tuple[str, str], ...]:
    there = route.integration or Integration()
    mapped = ", ".join(f"{name}={value}" for name, value in sorted(there.request_parameters.items()))
    return (
        ("authorization", route.authorization),
        ("apiKeyRequired", str(route.api_key_required).lower()),
        ("type", there.type),
        ("httpMethod", there.method),
        ("uri", there.uri),
        ("connectionId", there.connection_id),
        ("integrationTarget", there.target),
        ("timeoutInMillis", "" if there.timeout_ms is None else str(there.timeout_ms)),
        ("requestParameters", mapped),
    )


def _left_out(field: str, served: str) -> bool:
    return not served and field in ("connectionId", "integrationTarget", "timeoutInMillis")


def _hides_connection(old: Route, new: Route) -> bool:
    then, now = old.integration or Integration(), new.integration or Integration()
    return bool((now.connection_id and not then.connection_id) or (now.target and not then.target))


def _private(*routes: Route) -> bool:
    return any(one.integration is not None and one.integration.private for one in routes)
