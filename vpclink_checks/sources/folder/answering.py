"""Calls answered from what lies in a folder, as AWS would have answered them; or the gap, with the command to run.

A file without a tail stands for everything there is: what it does not list does not exist. A file with one says
that of what its tail names, and nothing of all else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.aws_shapes import dns_name
from vpclink_checks.sources.calls import ROWS, action_of
from vpclink_checks.sources.facts import Answer, Call
from vpclink_checks.sources.folder.commands import about, command, file_of
from vpclink_checks.sources.folder.kinds import Kind, kinds
from vpclink_checks.sources.folder.matching import by_filter, by_id, identifies, latest, legible, says
from vpclink_checks.sources.folder.names import fits, suggested
from vpclink_checks.sources.folder.pieces import Piece
from vpclink_checks.sources.redact import clean, text
from vpclink_checks.sources.rows import Row

Response = dict[str, Any]
# Lists that answer for their members: operation -> (list, the member's parameter). What such a list lacks is not there.
_MEMBERS = {
    "apigateway:GetDomainName": ("apigateway:GetDomainNames", "domainName"),
    "apigateway:GetRestApi": ("apigateway:GetRestApis", "restApiId"),
    "apigateway:GetStage": ("apigateway:GetStages", "stageName"),
    "apigateway:GetVpcLink": ("apigateway:GetVpcLinks", "vpcLinkId"),
    "apigatewayv2:GetApi": ("apigatewayv2:GetApis", "ApiId"),
    "apigatewayv2:GetDomainName": ("apigatewayv2:GetDomainNames", "DomainName"),
    "apigatewayv2:GetStage": ("apigatewayv2:GetStages", "StageName"),
    "apigatewayv2:GetVpcLink": ("apigatewayv2:GetVpcLinks", "VpcLinkId"),
}
# An id is of one version alone: what the other version knows, this one has not.
_OTHER_VERSION = {
    "apigateway:GetRestApi": ("apigatewayv2", "GetApi", "ApiId"),
    "apigateway:GetVpcLink": ("apigatewayv2", "GetVpcLink", "VpcLinkId"),
}
_NOT_FOUND = "NotFoundException"
# ECS describes only what it is asked about by name; so does a launch template.
_NEVER_WHOLE = ("ecs", "LaunchTemplateVersions")


class ContestedError(Exception):
    """One file that may be of several of the things asked for."""

    def __init__(self, piece: Piece) -> None:
        self.label = piece.label
        super().__init__(piece.file)


class Holding:
    """The pieces of a folder, asked call by call. ``contested``: those whose names fit more than one thing."""

    def __init__(self, pieces: Iterable[Piece], contested: Iterable[tuple[str, str]] = ()) -> None:
        self._contested = frozenset(contested)
        self._given: dict[tuple[str, str], tuple[str, str, str]] = {}
        self._strays: list[Piece] = []
        self._pieces: dict[str, list[Piece]] = {}
        for piece in pieces:
            held = self._pieces.setdefault(piece.kind.name, []) if piece.kind else self._strays
            held.append(piece)

    def answers(self, call: Call) -> list[Answer]:
        """The answers to what a call asks: one, or one for what is known and one for what is not."""
        row = ROWS[call.service, call.operation]
        if row.batch is not None and row.batch.key in call.params:
            return self._batched(row, call)
        return [self._one(call)]

    def _one(self, call: Call) -> Answer:
        found = self._found(call)
        if isinstance(found, Gap):
            return Answer(call, gap=found)
        if found is None:
            return Answer(call, gap=self._missing(call))
        return Answer(call, response=clean(call, _from_start(call, found)))

    def _found(self, call: Call) -> Response | Gap | None:
        kind, asked = kinds()[call.name], about(call)
        if not asked:
            return self._everything(call, kind)
        named = self._named_so(call, kind, asked)
        told = named if isinstance(named, Gap) else self._joined(call, kind, named)
        # Another file's content may say what this one does not; but not how a list that is cut off goes on.
        unsure = isinstance(told, Gap) and told.code == "NotRecorded" and not _cut(named)
        if told is not None and not unsure:
            return told
        said = self._by_content(call, kind, asked)
        for found in (said, self._among(call, asked), self._of_other(call, asked), told):
            if found is not None:
                return found
        return next((self._refused(call, one) for one in self._of(kind) if one.code and not one.tail), None)

    def _of(self, kind: Kind) -> list[Piece]:
        return self._pieces.get(kind.name, [])

    def _everything(self, call: Call, kind: Kind) -> Response | Gap | None:
        return self._joined(call, kind, [one for one in self._of(kind) if not one.tail])

    def _named_so(self, call: Call, kind: Kind, asked: Mapping[str, str]) -> list[Piece] | Gap:
        """The files whose names say that they are about this."""
        named = [one for one in self._of(kind) if one.tail and self._named(one, kind, asked)]
        for one in named:
            if one.tail == suggested(list(asked.values())):
                continue  # the very name that it should have
            if one.label in self._contested:
                return self._gap(call, f"{one.file} may be of several: rename it to {file_of(call)} if it is of this")
            if self._given.setdefault(one.label, call.key) != call.key:
                raise ContestedError(one)
        return named

    def _named(self, piece: Piece, kind: Kind, asked: Mapping[str, str]) -> bool:
        said = [not kind.many and says(piece.content, name, value) for name, value in asked.items()]
        return fits(piece.tail, list(asked.values()), said)

    def _by_content(self, call: Call, kind: Kind, asked: Mapping[str, str]) -> Response | Gap | None:
        """What says itself that it is about this: items of a list, or an answer as a whole."""
        held = [one for one in self._of(kind) if not one.code]
        if not kind.many:
            return self._joined(call, kind, [one for one in held if _says_all(one.content, asked)])
        parts = [(one, [item for item in _items(one, kind) if _says_all(item, asked)]) for one in held]
        unfinished = next((one for one, items in parts if items and one.cut), None)
        if unfinished is not None:
            return self._refused(call, unfinished)
        found = [item for _, items in parts for item in items]
        return {kind.key: _once(found)} if found else None

    def _among(self, call: Call, asked: Mapping[str, str]) -> Response | Gap | None:
        """A member of a list that the folder holds; what a whole list lacks is not there."""
        if call.name == "ecs:ListTasks":
            return self._tasks_of(asked)
        if call.name not in _MEMBERS:
            return None
        listing, key = _MEMBERS[call.name]
        kind = kinds()[listing]
        listed = self._found(Call(kind.service, kind.operation, _without(asked, key)))
        if listed is None or isinstance(listed, Gap):
            return None
        members = (dict(one) for one in listed[kind.key] if says(one, key, asked[key]))
        return next(members, None) or self._gap(call, f"the list of {kind.file} does not name it", _NOT_FOUND)

    def _tasks_of(self, asked: Mapping[str, str]) -> Response | None:
        """Described tasks say which service started them."""
        kind, group = kinds()["ecs:DescribeTasks"], f"service:{asked.get('serviceName', '')}"
        found = [item for one in self._of(kind) for item in _items(one, kind) if item.get("group") == group]
        arns = [one["taskArn"] for one in found if says(one, "cluster", asked.get("cluster", ""))]
        return {"taskArns": _once(arns)} if arns else None

    def _of_other(self, call: Call, asked: Mapping[str, str]) -> Gap | None:
        """Not found here, because the other version of the service knows it."""
        if call.name not in _OTHER_VERSION:
            return None
        service, operation, key = _OTHER_VERSION[call.name]
        (wanted,) = asked.values()
        other = self._found(Call(service, operation, {key: wanted}))
        known = other is not None and not isinstance(other, Gap)
        return self._gap(call, f"{service} has it, as this folder says", _NOT_FOUND) if known else None

    def _joined(self, call: Call, kind: Kind, pieces: Sequence[Piece]) -> Response | Gap | None:
        """The answer that these files make together; a gap where one of them is none, or they disagree."""
        if not pieces:
            return None
        for one in pieces:
            if one.code or one.cut:
                return self._refused(call, one)
        first = dict(pieces[0].content)
        if kind.many:
            return {**first, kind.key: _once(item for one in pieces for item in _items(one, kind))}
        other = next((one for one in pieces if dict(one.content) != first), None)
        return self._gap(call, f"{pieces[0].file} and {other.file} are not the same: keep one") if other else first

    def _batched(self, row: Row, call: Call) -> list[Answer]:
        assert row.batch is not None  # noqa: S101 - for the type checker: answers() asked
        rest, things = row.batch.split(call.params)
        lookup = _Lookup(self._of(kinds()[call.name]), kinds()[call.name], row.batch.key, call.params)
        settled = [one for one in things or () if lookup.settles(one)]
        missing = [one for one in things or () if one not in settled]
        answers = []
        if settled:
            part = Call(call.service, call.operation, row.batch.join(rest, settled))
            answers.append(Answer(part, response=clean(part, lookup.response(settled))))
        if missing:
            part = Call(call.service, call.operation, row.batch.join(rest, missing))
            refused = next((one for one in lookup.pieces if one.code or one.cut), None)
            answers.append(Answer(part, gap=self._refused(part, refused) if refused else self._missing(part)))
        return answers

    def _refused(self, call: Call, piece: Piece) -> Gap:
        if piece.cut:
            return self._gap(call, f"{piece.file} is cut off: run {command(call)} without --max-items or --no-paginate")
        if piece.code == "NotRecorded":
            return self._gap(call, f"{piece.message}: run {command(call)}")
        return self._gap(call, piece.message, piece.code)

    def _missing(self, call: Call) -> Gap:
        """What to do about it: rename a file that may hold it, or run the command."""
        kind = kinds()[call.name]
        unnamed = [one for one in self._of(kind) if not one.tail and not one.code]
        strays = [one for one in self._strays if kind.key and kind.holds(one.content)]
        for one in [*unnamed, *strays] if about(call) or strays else []:
            fix = f"rename it to {file_of(call)} if it is, or run {command(call)}"
            return self._gap(call, f"{one.file} does not say that it is of this: {fix}")
        return self._gap(call, f"not in this folder: run {command(call)}")

    @staticmethod
    def _gap(call: Call, message: str, code: str = "NotRecorded") -> Gap:
        return Gap(operation=call.name, action=action_of(call), code=code, message=text(message))


class _Lookup:
    """The items of one operation's files, looked up by what a batch asks for."""

    def __init__(self, pieces: Sequence[Piece], kind: Kind, key: str, params: Mapping[str, Any]) -> None:
        self.pieces, self._kind, self._key = pieces, kind, key
        self._filter = str(params["Filters"][0]["Name"]) if key == "Filters" else ""
        parents = {name: value for name, value in params.items() if isinstance(value, str)}
        listed = (item for one in pieces if not one.code for item in _items(one, kind))
        self._items = _once(item for item in listed if _says_all(item, parents))
        never = kind.service in _NEVER_WHOLE or kind.key in _NEVER_WHOLE
        self._whole = not never and any(not (one.tail or one.code or one.cut) for one in pieces)

    def settles(self, thing: str) -> bool:
        """Whether it is known what there is of this."""
        if self._found(thing) and (not self._filter or identifies(self._kind.key, self._filter)):
            return True
        named = any(one.tail and not one.code and not one.cut and fits(one.tail, [thing]) for one in self.pieces)
        return (self._whole and self._legible) or named or bool(self._failures([thing]))

    @property
    def _legible(self) -> bool:
        """Whether a filter can be read off the items at all: what cannot be told is not taken for absent."""
        return not self._filter or not self._items or any(legible(one, self._filter) for one in self._items)

    def response(self, things: Sequence[str]) -> Response:
        """The answer about these, in the order of the files."""
        found = _once(item for thing in things for item in self._found(thing))
        failures = self._failures(things)
        return {self._kind.key: found, **({"failures": failures} if self._kind.service == "ecs" else {})}

    def _found(self, thing: str) -> list[Any]:
        if self._filter:
            passed = (by_filter(item, self._filter, thing) for item in self._items)
            return [item for item in passed if item is not None]
        if thing == "$Latest":
            newest = latest(self._items) if self._items else None
            return [newest] if newest else []
        return [item for item in self._items if by_id(item, self._key, thing)]

    def _failures(self, things: Sequence[str]) -> list[Any]:
        """What ECS said of those that it does not know."""
        said = (one for piece in self.pieces for one in _structures(piece.content.get("failures")))
        return [one for one in said if any(by_id(one, "", thing) for thing in things)]


def _structures(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _cut(named: list[Piece] | Gap) -> bool:
    return not isinstance(named, Gap) and any(one.cut for one in named)


def _items(piece: Piece, kind: Kind) -> Iterator[Any]:
    listed = piece.content.get(kind.key)
    yield from (one for one in listed or () if isinstance(one, Mapping | str)) if isinstance(listed, list) else ()


def _from_start(call: Call, found: Response) -> Response:
    """Of a hosted zone, the records of the name asked for."""
    start, records = call.params.get("StartRecordName"), found.get("ResourceRecordSets")
    if not isinstance(start, str) or not isinstance(records, list):
        return found
    return {
        **found,
        "ResourceRecordSets": [one for one in records if dns_name(str(one.get("Name"))) == dns_name(start)],
    }


def _says_all(content: Any, asked: Mapping[str, str]) -> bool:
    return all(says(content, name, value) for name, value in asked.items())


def _without(asked: Mapping[str, str], key: str) -> dict[str, str]:
    return {name: value for name, value in asked.items() if name != key}


def _once(items: Iterable[Any]) -> list[Any]:
    """Each item once, in order: files may hold the same."""
    return list({json.dumps(one, sort_keys=True): one for one in items}.values())
