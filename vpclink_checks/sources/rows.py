"""What one row of the table of calls says, and how calls of a row are put together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vpclink_checks.sources.facts import Call, Facts

if TYPE_CHECKING:
    from vpclink_checks.sources.leads import Leads

Params = dict[str, Any]
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How an operation hands out its answer in pages (botocore's paginators-1.json says the same).

    ``token_in`` and ``token_out`` belong together pair by pair. ``more`` names the flag that says whether
    there is another page, where the token alone does not. ``done`` may end it sooner: it gets the
    parameters and one page. ``inside`` names the structure of the answer that holds all of these, where
    they do not stand in the answer itself.
    """

    items: str
    token_in: tuple[str, ...]
    token_out: tuple[str, ...]
    size_key: str = ""
    size: int | str = 0
    more: str = ""
    done: Callable[[Mapping[str, Any], Mapping[str, Any]], bool] | None = None
    inside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """How many things one call may ask for. ``key`` is the list parameter, EC2's ``Filters``, or ECS's ``filter``.

    ``after`` names the operations whose answers name those things: while one of them is being asked,
    a call that is not full waits.
    """

    key: str
    size: int
    after: tuple[str, ...] = ()

    def split(self, params: Mapping[str, Any]) -> tuple[Params, list[str] | None]:
        """The parameters without what they ask for, and that; None where they ask for everything."""
        rest = self.everything(params)
        if self.key not in params:
            return rest, None
        if self.key == "filter":
            return rest | {"filter": params["filter"].partition(" in ")[0]}, _QUOTED.findall(params["filter"])
        if self.key != "Filters":
            return rest, list(params[self.key])
        (only,) = params["Filters"]
        return rest | {"Filters": only["Name"]}, list(only["Values"])

    def join(self, rest: Mapping[str, Any], things: list[str]) -> Params:
        """The parameters that ask for these things; the inverse of :meth:`split`."""
        if self.key == "filter":
            quoted = ", ".join(f"'{one}'" for one in things)
            return {**rest, "filter": f"{rest['filter']} in [{quoted}]"}
        if self.key != "Filters":
            return {**rest, self.key: things}
        return {**rest, "Filters": [{"Name": rest["Filters"], "Values": things}]}

    def everything(self, params: Mapping[str, Any]) -> Params:
        """The parameters that ask for everything in the same place."""
        return {name: value for name, value in params.items() if name != self.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation.

    ``wants`` gives the parameters that the facts lead to, one thing at a time where ``batch`` is set.
    ``because`` says the same in words, for the docs. ``action`` is the IAM action where it is not the
    service's prefix and the operation's name; ``resources`` are the ARN patterns that it is needed on.
    ``region_of`` gives the region to ask in, where it is not the environment's. ``closing``: nothing is
    asked because of the answer, so others of the same service go first. ``members`` names what newer
    versions of botocore read in the answer and a verdict may hang on, as ``SHAPE.MEMBER``.
    """

    service: str
    operation: str
    hop: str
    wants: Callable[[Leads], Iterable[Params]]
    because: str
    paging: Paging | None = None
    batch: Batch | None = None
    action: str = ""
    resources: tuple[str, ...] = ("*",)
    region_of: Callable[[Mapping[str, Any]], str] | None = None
    closing: bool = False
    members: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``ec2:DescribeSecurityGroups``."""
        return f"{self.service}:{self.operation}"

    def calls(self, leads: Leads, facts: Facts, in_flight: Collection[Call] = ()) -> list[Call]:
        """The calls of this operation that the facts lead to and do not answer; always in the same order.

        What calls *in_flight* ask for is not asked again.
        """
        wanted: Iterable[Params] = self.wants(leads)
        flying = [call for call in in_flight if call.name == self.name]
        if self.batch is not None:
            asked = (*(one.call for one in leads.answers(self.name)), *flying)
            wanted = _batched(self.batch, wanted, [call.params for call in asked])
        calls = {call.key: call for call in (Call(self.service, self.operation, params) for params in wanted)}
        for call in flying:
            calls.pop(call.key, None)
        return [calls[key] for key in sorted(calls) if facts.get(calls[key]) is None]


def _batched(batch: Batch, wanted: Iterable[Params], asked: list[Mapping[str, Any]]) -> Iterator[Params]:
    open_things: dict[str, set[str]] = {}
    for params in wanted:
        rest, things = batch.split(params)
        if things is None:
            yield rest
        open_things.setdefault(_key(rest), set()).update(things or ())
    for one in asked:
        _strike(batch, one, open_things)
    for rest_key in sorted(open_things):
        things = sorted(open_things[rest_key])
        for start in range(0, len(things), batch.size):
            yield batch.join(json.loads(rest_key), things[start : start + batch.size])


def _strike(batch: Batch, asked: Mapping[str, Any], open_things: dict[str, set[str]]) -> None:
    """Take out what an earlier call asked for already, whether it was answered or refused."""
    if batch.key == "Filters" and len(asked.get("Filters", [0])) != 1:
        return
    rest, things = batch.split(asked)
    if things is not None:
        open_things.get(_key(rest), set()).difference_update(things)
        return
    for key, still in open_things.items():
        if batch.everything(json.loads(key)) == rest:
            still.clear()


def _key(rest: Mapping[str, Any]) -> str:
    return json.dumps(rest, sort_keys=True)
