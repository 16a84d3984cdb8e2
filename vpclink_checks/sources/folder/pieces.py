"""The files of a folder, each told by its name, and by its content where the name says nothing."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vpclink_checks.errors import Problem, SourceError
from vpclink_checks.sources.folder.kinds import Kind, by_content, by_file, kinds
from vpclink_checks.sources.wellformed import unreadable

# What the AWS CLI prints where a call failed; whoever writes 2>&1 has it in the file.
_REFUSED = re.compile(r"An error occurred \((?P<code>[\w.]+)\) when calling the \w+ operation[^:]*:\s*(?P<message>.*)")
_TOKENS = ("NextToken", "nextToken", "Marker", "NextMarker", "position", "nextMarker")
_OF_THE_CLI = ("NextToken",)
_NUMBERED = re.compile(r"[-_. ]?\(?\d{1,4}\)?$")
_INTEGRATION = "x-amazon-apigateway-integration"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One answer in a folder: ``kind`` None where nothing tells whose it is.

    ``tail`` is what its name says that it is about ("" stands for everything there is); ``code`` and
    ``message`` are set where it is no answer; ``cut``: the list goes on elsewhere.
    """

    file: str
    kind: Kind | None
    tail: str
    content: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    cut: bool = False

    @property
    def label(self) -> tuple[str, str]:
        """Of one piece alone: Batfish keeps several in one file."""
        return self.file, self.tail


def pieces_of(paths: Sequence[Path], folder: Path) -> list[Piece]:
    """What the files hold. Raises SourceError, with file and line, for one that is named as ours and is broken."""
    return [piece for path in paths for piece in _read(path, path.relative_to(folder).as_posix())]


def _read(path: Path, shown: str) -> Iterator[Piece]:
    named, tail = _by_name(path)
    try:
        written = _decoded(path.read_bytes()).strip()
    except OSError as error:
        raise SourceError(Problem(str(path), None, f"cannot be read: {error.strerror or error}")) from None
    except UnicodeDecodeError:
        raise SourceError(Problem(str(path), None, "is not UTF-8 text, expected JSON")) from None
    if refused := _REFUSED.search(written):
        yield from (Piece(shown, one, tail, code=refused["code"], message=refused["message"]) for one in named)
        return
    if not written:
        yield from (
            _unfit(shown, one, tail, "is empty: the command that should have filled it failed") for one in named
        )
        return
    for document in _documents(written, path, strict=bool(named)):
        yield from _pieces(shown, named, tail, document)


def _pieces(shown: str, named: Sequence[Kind], tail: str, document: Any) -> Iterator[Piece]:
    if not isinstance(document, Mapping):
        yield from (_unfit(shown, one, tail, _queried(one)) for one in named)
        return
    if unwrapped := list(_unwrapped(shown, document)):
        yield from unwrapped
        return
    content = {"body": json.dumps(document)} if {"openapi", "swagger"} & set(document) else dict(document)
    fitting = [one for one in named or by_content(content) if one.holds(content)]
    if len(fitting) == 1:
        yield _fitting(shown, fitting[0], tail, content)
    elif not named or fitting:
        yield Piece(shown, None, tail, content)
    else:
        yield from (_unfit(shown, one, tail, _queried(one)) for one in named)


def _fitting(shown: str, kind: Kind, tail: str, content: dict[str, Any]) -> Piece:
    cut = _goes_on(kind, content)
    kept = {key: value for key, value in content.items() if key not in _TOKENS}
    if strange := unreadable(kind.key if kind.many else "", kept):
        return _unfit(shown, kind, tail, strange)
    problem = _PROBLEMS[kind.name](kept) if kind.name in _PROBLEMS else ""
    piece = Piece(shown, kind, tail, kept, cut=cut)
    return replace(piece, code="NotRecorded", message=f"{shown} {problem}") if problem else piece


def _goes_on(kind: Kind, content: Mapping[str, Any]) -> bool:
    """Whether the list is cut off: AWS says so, or the AWS CLI does: --max-items may cut AWS's last page too."""
    inside = content.get(kind.key)  # CloudFront says it in there
    listing = inside if isinstance(inside, Mapping) and "IsTruncated" in inside else content
    tokens = _OF_THE_CLI if "IsTruncated" in listing else _TOKENS
    return bool(listing.get("IsTruncated")) or any(content.get(token) for token in tokens)


def _without_methods(content: Mapping[str, Any]) -> str:
    methods = [one for item in content.get("items") or () for one in (item.get("resourceMethods") or {}).values()]
    return "holds no methods: --embed methods was left out" if methods and not any(methods) else ""


def _without_integrations(content: Mapping[str, Any]) -> str:
    body = content["body"]
    try:
        exported = json.loads(body) if isinstance(body, str) else None
    except ValueError:
        exported = None
    if not isinstance(exported, Mapping):
        return "holds no exported document in JSON: expected --accepts application/json"
    bare = _INTEGRATION not in body and exported.get("paths")
    return "holds no integrations: their extensions were not asked for" if bare else ""


_PROBLEMS = {
    "apigateway:GetResources": _without_methods,
    "apigateway:GetExport": _without_integrations,
    "apigatewayv2:ExportApi": _without_integrations,
}


def _unfit(shown: str, kind: Kind, tail: str, why: str) -> Piece:
    return Piece(shown, kind, tail, code="NotRecorded", message=f"{shown} {why}")


def _queried(kind: Kind) -> str:
    if kind.key == "body":
        return "is not the export itself: the command writes that to the file that it names last"
    held = f"does not hold {kind.key}" if kind.key else "is not this operation's output"
    return f"{held}: run the command as it is, without --query, in JSON"


def _by_name(path: Path) -> tuple[tuple[Kind, ...], str]:
    """The kinds that a file's name may mean, and its tail."""
    base, _, tail = path.name.removesuffix(".json").partition("@")
    name = base.lower().replace("_", "-")
    found = by_file().get(name) or by_file().get(_NUMBERED.sub("", name), ())
    of_folder = tuple(one for one in found if one.service == path.parent.name)
    return of_folder or found, tail


def _decoded(content: bytes) -> str:
    """UTF-8, or what PowerShell's ``>`` writes."""
    return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")


def _documents(written: str, path: Path, *, strict: bool) -> Iterator[Any]:
    """The JSON documents in a file, one behind the other (``>>``). A file that is none of ours may be anything."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(written):
        try:
            document, end = decoder.raw_decode(written, at)
        except json.JSONDecodeError as error:
            if strict:
                raise SourceError(Problem(str(path), error.lineno, f"is not JSON: {error.msg}")) from None
            return
        except RecursionError:
            raise SourceError(Problem(str(path), None, "is nested too deeply")) from None
        yield document
        at = end + len(written[end:]) - len(written[end:].lstrip())


# Batfish's collector keeps one file for what AWS answers one by one: (list, the id in each, operation).
_WRAPPED = {
    "LoadBalancerTargetHealth": ("TargetGroupArn", "elbv2:DescribeTargetHealth"),
    "LoadBalancerListeners": ("LoadBalancerArn", "elbv2:DescribeListeners"),
    "LoadBalancerAttributes": ("LoadBalancerArn", "elbv2:DescribeLoadBalancerAttributes"),
}


def _unwrapped(shown: str, document: Mapping[str, Any]) -> Iterator[Piece]:
    for name, (key, operation) in _WRAPPED.items():
        held = document.get(name)
        for one in held if isinstance(held, list) else ():
            if isinstance(one, Mapping) and isinstance(one.get(key), str):
                content = {inner: value for inner, value in one.items() if inner != key}
                yield Piece(shown, kinds()[operation], str(one[key]), content)
    lists = document.get("PrefixLists")
    for one in lists if isinstance(lists, list) else ():  # EC2's lists of AWS's own services, with their addresses
        if isinstance(one, Mapping) and isinstance(one.get("PrefixListId"), str) and "Cidrs" in one:
            cidrs = one["Cidrs"]
            entries = [{"Cidr": cidr} for cidr in cidrs] if isinstance(cidrs, list) else []
            yield Piece(shown, kinds()["ec2:GetManagedPrefixListEntries"], one["PrefixListId"], {"Entries": entries})
