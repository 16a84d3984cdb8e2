"""Real pages: cut from the whole answer, with the tokens of the row's paging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.standin import limits
from tests.standin.asked import Asked
from tests.standin.records import by_name, records_from
from tests.standin.reply import Refusal
from vpclink_checks.sources.rows import Paging, Row

_MARK = "page-token-"


class Page:
    """Which page of which answer is asked for."""

    def __init__(self, row: Row, asked: Asked, page_size: int) -> None:
        self.paging, self.asked, self.forced = row.paging, asked, page_size
        tokens = row.paging.token_in if row.paging is not None and not by_name(row.paging) else ()
        sized = limits.unpaged(asked, row.paging.size_key if row.paging is not None else "")
        self.params: Mapping[str, Any] = {
            key: value for key, value in sized.items() if key not in tokens and (value or value in (False, 0))
        }

    @property
    def start(self) -> int:
        """Where the page begins. Raises AWS's refusal of a token that it never gave."""
        token = str(self.asked.params.get(self.paging.token_in[0], "")) if self.paging is not None else ""
        if token and not token.startswith(_MARK):
            raise Refusal("InvalidNextToken", f"the token {token} is not valid")
        return int(token.removeprefix(_MARK) or 0)

    @property
    def size(self) -> int:
        """How many things are on it; 0 for all."""
        sizes = [one for one in (self.forced, limits.size_of(self.asked)) if one]
        return min(sizes, default=0)


def page_of(page: Page, whole: Mapping[str, Any]) -> dict[str, Any]:
    """The page that was asked for."""
    paging = page.paging
    if paging is None:
        return dict(whole)
    if paging.inside:
        return {paging.inside: _cut(page, paging, whole.get(paging.inside) or {})}
    return _cut(page, paging, whole)


def _cut(page: Page, paging: Paging, whole: Mapping[str, Any]) -> dict[str, Any]:
    items = list(whole.get(paging.items) or ())
    if by_name(paging):
        return records_from(whole, items, page.asked.params, page.size)
    start, end = page.start, page.start + (page.size or len(items))
    answer = {**whole, paging.items: items[start:end]}
    if paging.more:
        answer[paging.more] = end < len(items)
    return answer | ({paging.token_out[0]: f"{_MARK}{end}"} if end < len(items) else {})
