"""Answers whatever is asked from facts: the very answer where there is one, else what the facts hold about it.

Facts are any recording. An answer recorded without a batch's list, or without ``Filters``, holds everything of
its operation; what is asked about is picked out of it as AWS would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from tests.standin import limits
from tests.standin.asked import Asked
from tests.standin.pages import Page, page_of
from tests.standin.picked import Named, fits, same
from tests.standin.records import by_name
from tests.standin.reply import Refusal, Reply, refusal, reply
from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.facts import Answer, Call, Recording
from vpclink_checks.sources.rows import Row

Raw = dict[str, Any]
GLOBAL = ("sts", "route53", "cloudfront", "globalaccelerator", "iam")  # one place for a whole partition
_NOT_FOUND: Mapping[str, tuple[str, int]] = {
    "apigateway": ("NotFoundException", 404),
    "apigatewayv2": ("NotFoundException", 404),
    "route53": ("NoSuchHostedZone", 404),
    "wafv2": ("WAFNonexistentItemException", 400),
    "vpc-lattice": ("ResourceNotFoundException", 404),
    "elb": ("LoadBalancerNotFound", 400),
    "cloudfront": ("NoSuchDistribution", 404),
}
_NOT_FOUND_BY: Mapping[str, tuple[str, int]] = {
    "LoadBalancerArn": ("LoadBalancerNotFound", 400),
    "LoadBalancerArns": ("LoadBalancerNotFound", 400),
    "ListenerArn": ("ListenerNotFound", 400),
    "ListenerArns": ("ListenerNotFound", 400),
    "TargetGroupArn": ("TargetGroupNotFound", 400),
    "TargetGroupArns": ("TargetGroupNotFound", 400),
    "InstanceIds": ("InvalidInstanceID.NotFound", 400),
    "GroupIds": ("InvalidGroup.NotFound", 400),
    "VpcIds": ("InvalidVpcID.NotFound", 400),
    "SubnetIds": ("InvalidSubnetID.NotFound", 400),
    "NetworkInterfaceIds": ("InvalidNetworkInterfaceID.NotFound", 400),
    "PrefixListId": ("InvalidPrefixListID.NotFound", 400),
    "TransitGatewayRouteTableId": ("InvalidRouteTableID.NotFound", 400),
    "LaunchTemplateId": ("InvalidLaunchTemplateId.NotFoundException", 400),
    "taskDefinition": ("ClientException", 400),
    "cluster": ("ClusterNotFoundException", 400),
}


class World:
    """What AWS holds: one account in one region. Replies are kept, so that a second asking costs nothing."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._kept: dict[tuple[str, str, int, int], Reply] = {}

    def reply(self, asked: Asked, page_size: int = 0) -> Reply:
        """The answer, or AWS's error; ``page_size`` makes pages smaller than were asked for."""
        key = (asked.name, asked.region, page_size, hash(json.dumps(asked.params, sort_keys=True, default=str)))
        if key not in self._kept:
            try:
                self._kept[key] = reply(asked, self._answer(asked, page_size))
            except Refusal as error:
                self._kept[key] = refusal(asked, error)
        return self._kept[key]

    def absence(self, asked: Asked) -> Refusal:
        """What AWS says when the thing asked about is gone."""
        return _absent(asked, next(iter(_scalars(asked.params)), ""))

    def _answer(self, asked: Asked, page_size: int) -> Raw:
        row = ROWS.get((asked.service, asked.operation))
        if row is None or asked.model is None:
            raise Refusal("UnknownOperationException", "only what the table of calls holds is answered", 404)
        limits.check(asked)
        page = Page(row, asked, page_size)
        whole = self.whole(row, asked, page.params)
        return page_of(page, whole)

    def whole(self, row: Row, asked: Asked, params: Mapping[str, Any]) -> Raw:
        """The whole answer, all its pages."""
        if not self._is_here(row, asked):
            return self._nothing(row, asked, params)
        if row.paging is not None and by_name(row.paging):
            params = {key: value for key, value in params.items() if key == "HostedZoneId"}
        exact = self.recording.facts.get(Call(row.service, row.operation, params))
        if exact is not None and exact.gap is not None:
            raise Refusal(exact.gap.code, exact.gap.message or "as recorded", 400)
        if exact is not None:
            return dict(exact.response or {})
        found = [one for one in self._answers(row) if _about(one, row, params)]
        if not found:
            return self._nothing(row, asked, params)
        return _picked(row, asked, params, found)

    def _is_here(self, row: Row, asked: Asked) -> bool:
        """Whether the region that is asked holds these facts."""
        place = (row.region_of(asked.params) if row.region_of else "") or self.recording.region
        return asked.service in GLOBAL or asked.region in ("", place)

    def _answers(self, row: Row) -> list[Answer]:
        return [one for one in self.recording.facts.of(row.service, row.operation) if one.response is not None]

    def _nothing(self, row: Row, asked: Asked, params: Mapping[str, Any]) -> Raw:
        """No such thing, or a thing that has none of it. Raises AWS's word for the former."""
        missing = [key for key in _scalars(params) if not self._knows(asked, str(params[key]))]
        lists = _lists_in(row, asked)
        if missing or (_scalars(params) and not lists):
            raise _absent(asked, (missing or _scalars(params))[0])
        empty: Raw = {key: [] for key in lists}
        things = params.get(row.batch.key) if row.batch is not None and row.batch.key != "Filters" else None
        return _with_failures(empty, things) if things and "failures" in empty else empty

    def _knows(self, asked: Asked, text: str) -> bool:
        """Whether anything in these facts is called so, where this region is theirs."""
        here = asked.service in GLOBAL or asked.region in ("", self.recording.region)
        return here and (text in self._texts or any(same(text, one) for one in self._texts if text in one))

    @cached_property
    def _texts(self) -> set[str]:
        held = ([one.call.params, one.response] for one in self.recording.facts if one.response is not None)
        return {text for one in held for text in _every_text(one)}


def _lists_in(row: Row, asked: Asked) -> list[str]:
    """The lists of an answer that consists of lists; [] for a document, which has other fields too."""
    tokens = (*row.paging.token_out, row.paging.more, "MaxItems") if row.paging is not None else ()
    members = [(key, shape.type_name == "list") for key, shape in _outputs(asked) if key not in tokens]
    return [key for key, _ in members] if all(is_list for _, is_list in members) else []


def _absent(asked: Asked, key: str) -> Refusal:
    code, status = _NOT_FOUND_BY.get(key) or _NOT_FOUND.get(asked.service, ("ResourceNotFoundException", 400))
    return Refusal(code, f"there is no {key} {asked.params.get(key)}", status)


def _scalars(params: Mapping[str, Any]) -> list[str]:
    return [key for key, value in params.items() if isinstance(value, str) and _names_a_thing(key)]


def _names_a_thing(key: str) -> bool:
    """``restApiId``, ``LoadBalancerArn``, ``cluster``; not how an answer is to look."""
    return key.endswith(("Id", "Arn", "ARN", "Name", "name")) or key in ("cluster", "taskDefinition")


def _outputs(asked: Asked) -> list[tuple[str, Any]]:
    shape = asked.model.output_shape if asked.model is not None else None
    return list(shape.members.items()) if shape is not None else []


def _about(answer: Answer, row: Row, params: Mapping[str, Any]) -> bool:
    """Whether a recorded answer says anything about what is asked: they agree in every name that both give."""
    theirs = answer.call.params
    batched = row.batch.key if row.batch is not None else ""
    return all(same(str(theirs[key]), str(params[key])) for key in _scalars(params) if key in theirs and key != batched)


def _picked(row: Row, asked: Asked, params: Mapping[str, Any], found: list[Answer]) -> Raw:
    """What of these answers was asked for."""
    items = _items_key(row, asked)
    first = dict(found[0].response or {})
    if not items:
        return first
    held = [thing for one in found for thing in (one.response or {}).get(items) or ()]
    held = held if len(found) == 1 else _unlike(held)
    for wanted in params.get("Filters") or ():
        held = [left for one in held if (left := fits(one, wanted)) is not None]
    return {**first, items: held} | _listed(row, asked, items, held)


def _listed(row: Row, asked: Asked, items: str, held: list[Any]) -> Raw:
    """Those of the things that the request names one by one. Raises AWS's error for what is not there."""
    for key, things in _lists(row, asked.params):
        held, missing = Named(held).pick(key, things)
        if missing and "failures" in dict(_outputs(asked)):
            return _with_failures({items: held}, missing)
        if missing and asked.service in ("elbv2", "elb", "ec2"):
            code, status = _NOT_FOUND_BY.get(key, ("LoadBalancerNotFound", 400))
            raise Refusal(code, f"{missing[0]} not found", status)
    return {items: held}


def _items_key(row: Row, asked: Asked) -> str:
    """The list that the operation is about, if it is about a list."""
    if row.paging is not None:
        return row.paging.items
    lists = [key for key, shape in _outputs(asked) if shape.type_name == "list" and key != "failures"]
    return lists[0] if len(lists) == 1 and row.batch is not None else ""


def _lists(row: Row, params: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Parameters that name things one by one."""
    batched = row.batch.key if row.batch is not None else ""
    for key, value in params.items():
        if key != "Filters" and isinstance(value, list) and (key == batched or key.endswith(("Ids", "Arns", "Names"))):
            yield key, [str(one) for one in value]


def _with_failures(answer: Raw, things: Iterable[str]) -> Raw:
    return {**answer, "failures": [{"arn": thing, "reason": "MISSING"} for thing in things]}


def _unlike(things: Iterable[Any]) -> list[Any]:
    """Each thing once, in the order in which it was found."""
    return list({json.dumps(one, sort_keys=True, default=str): one for one in things}.values())


def _every_text(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _every_text(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _every_text(one)
