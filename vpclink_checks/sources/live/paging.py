"""One call, all its pages: the answer as if AWS had given it in one piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import PaginationError

from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.live.wholeness import UnreadableAnswerError
from vpclink_checks.sources.rows import Paging, Row
from vpclink_checks.sources.snapshot import plain

Page = dict[str, Any]
# What botocore's parsers raise at shapes unheard of, and what comes of answers that are nested without end.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


def fetch(client: Any, row: Row, call: Call) -> tuple[Page, int]:
    """The joined answer and the number of requests. Raises botocore's errors; a page that fails fails all."""
    method = getattr(client, xform_name(call.operation))
    if row.paging is None:
        return _asked(method, call.params), 1
    return _all_pages(method, row.paging, call)


def _all_pages(method: Any, paging: Paging, call: Call) -> tuple[Page, int]:
    size = {paging.size_key: paging.size} if paging.size_key else {}
    joined = page = _page(method, paging, {**size, **call.params})
    requests, seen = 1, list[Mapping[str, Any]]()
    while token := _next(paging, call, page):
        if token in seen:
            raise PaginationError(message=f"the same page was given twice: {sorted(token)}")
        seen.append(token)
        page = _page(method, paging, {**size, **call.params, **token})
        requests += 1
        joined = {**joined, paging.items: [*(joined.get(paging.items) or ()), *(page.get(paging.items) or ())]}
    whole = {key: value for key, value in joined.items() if key not in (*paging.token_out, *_flags(paging))}
    if _unfinished(paging, page):
        whole[paging.more] = True
    if paging.inside:  # a structure of its own, whose flag its shape requires
        whole = {paging.inside: {**whole, paging.more: False}}
    return whole, requests


def _page(method: Any, paging: Paging, params: Mapping[str, Any]) -> Page:
    """One page; its inside, where that holds all there is."""
    page = _asked(method, params)
    inside: Page = page.get(paging.inside) or {}
    return inside if paging.inside else page


def _next(paging: Paging, call: Call, page: Page) -> dict[str, Any]:
    """The parameters of the next page; none after the last."""
    if paging.more and not page.get(paging.more):
        return {}
    if paging.done is not None and paging.done(call.params, page):
        return {}
    pairs = zip(paging.token_in, paging.token_out, strict=True)
    return {into: page[out] for into, out in pairs if page.get(out)}


def _unfinished(paging: Paging, page: Page) -> bool:
    """Whether AWS says that there is more, and not how to ask for it; or this botocore is too old to hear it."""
    return bool(paging.more and page.get(paging.more)) and not any(page.get(one) for one in paging.token_out)


def _flags(paging: Paging) -> tuple[str, ...]:
    return (paging.more,) if paging.more else ()


def _asked(method: Any, params: Mapping[str, Any]) -> Page:
    """One request's response in what JSON can hold; a streamed body (exports) is read to its end."""
    try:
        response: Page = method(**params)
        whole = {key: value.read() if hasattr(value, "read") else value for key, value in response.items()}
        whole.pop("ResponseMetadata", None)
        read: Page = plain(whole)
    except UNREADABLE as error:
        raise UnreadableAnswerError(error=f"{type(error).__name__}: {error}") from error
    return read
