"""A folder of AWS CLI outputs, read as a recording: asked for what the facts lead to, until they lead nowhere new."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vpclink_checks.errors import Problem, SourceError
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import wanted
from vpclink_checks.sources.facts import Facts, Recording
from vpclink_checks.sources.folder.answering import ContestedError, Holding
from vpclink_checks.sources.folder.beyond import Beyond, of_networks
from vpclink_checks.sources.folder.layout import files_of, others_of
from vpclink_checks.sources.folder.pieces import Piece, pieces_of
from vpclink_checks.sources.folder.transit import transit_routes
from vpclink_checks.sources.snapshot import in_order

ROUNDS = 60  # the chain is about ten long
_OWN = ("LoadBalancerArn", "TargetGroupArn", "clusterArn", "AutoScalingGroupARN", "serviceArn", "domainNameArn")
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[a-z0-9-]*):(?P<account>\d{12}|):")


def read(folder: Path, settings: EnvSettings) -> Recording:
    """What a folder says about an environment, as of its newest file. Raises SourceError, one line.

    Account and region are those of ``get-caller-identity.json`` and of the ARNs in the files.
    """
    paths, account, region = files_of(folder, settings.account, settings.region)
    pieces = pieces_of(paths, folder)
    if not any(one.kind for one in pieces):
        held = "no JSON file" if not paths else "no file that can be told by its name or content"
        raise SourceError(Problem(str(folder), None, f"holds {held}: expected a snapshot, or {_LIKE}"))
    account = _only("account", folder, _accounts(pieces)) or account or settings.account
    region = _only("region", folder, _regions(pieces)) or region or settings.region
    settings = replace(settings, region=region, domains=settings.domains or _domains(pieces, settings))
    if not settings.domains and not settings.vpc_links:
        hint = "set domain in the config, or add get-domain-name@NAME.json"
        raise SourceError(Problem(str(folder), None, f"names no custom domain to start from: {hint}"))
    others, accounts = others_of(folder, paths)
    pieces += of_networks(pieces_of(others, folder))
    pieces += transit_routes(pieces)
    facts = _facts(pieces, settings, accounts or [one for one in (account,) if one])
    return Recording(account, region, _taken_at(paths), in_order(facts))


_LIKE = "AWS CLI outputs such as describe-load-balancers.json (docs/snapshots.md)"


def _facts(pieces: Sequence[Piece], settings: EnvSettings, accounts: Collection[str]) -> Facts:
    """Every call that the facts lead to, with its answer. A file that fits two things counts for none of them."""
    contested: set[tuple[str, str]] = set()
    while True:
        try:
            return _asked(Holding(pieces, contested), settings, Beyond(accounts))
        except ContestedError as found:
            contested.add(found.label)


def _asked(holding: Holding, settings: EnvSettings, beyond: Beyond) -> Facts:
    facts = Facts()
    for _ in range(ROUNDS):
        found = [answer for call in wanted(facts, settings) for answer in holding.answers(call)]
        found = found or list(beyond.answers(facts, holding))
        if not found:
            break
        for answer in found:
            facts.add(answer)
    return facts


def _domains(pieces: Collection[Piece], settings: EnvSettings) -> tuple[str, ...]:
    """The custom domains that the files are about, where nothing says which are meant."""
    if settings.vpc_links:
        return ()
    found = set()
    for one in pieces:
        if one.kind is None or one.kind.operation not in ("GetDomainName", "GetDomainNames"):
            continue
        held = one.content.get(one.kind.key) if one.kind.many else [one.content]
        found |= {str(item.get("domainName") or item.get("DomainName") or "") for item in held or ()}
    return tuple(sorted(found - {""}))


def _only(what: str, folder: Path, found: Mapping[str, str]) -> str:
    """The one account or region of the files. Raises SourceError for two, naming a file of each."""
    if len(found) > 1:
        named = ", ".join(f"{value} ({file})" for value, file in sorted(found.items()))
        raise SourceError(Problem(str(folder), None, f"holds answers of several {what}s: {named}: one folder each"))
    return next(iter(found), "")


def _accounts(pieces: Sequence[Piece]) -> dict[str, str]:
    """Account -> a file that is of it. Who asked says it for all."""
    asked = {str(one.content["Account"]): one.file for one in pieces if one.content.get("Account")}
    return asked or {arn["account"]: file for arn, file in _own_arns(pieces) if arn["account"]}


def _regions(pieces: Sequence[Piece]) -> dict[str, str]:
    return {arn["region"]: file for arn, file in _own_arns(pieces) if arn["region"]}


def _own_arns(pieces: Sequence[Piece]) -> Iterator[tuple[re.Match[str], str]]:
    """The ARNs by which resources name themselves; what they refer to may be anywhere."""
    for piece in pieces:
        for item in _structures(piece):
            for key in _OWN:
                if isinstance(item.get(key), str) and (arn := _ARN.match(item[key])):
                    yield arn, piece.file


def _structures(piece: Piece) -> Iterator[Mapping[str, Any]]:
    held = piece.content.get(piece.kind.key) if piece.kind is not None and piece.kind.many else [piece.content]
    yield from (one for one in held or () if isinstance(one, Mapping))


def _taken_at(paths: Sequence[Path]) -> datetime:
    """When the newest file was written: outputs of the AWS CLI do not say when they were asked for."""
    newest = max(path.stat().st_mtime for path in paths)
    return datetime.fromtimestamp(int(newest), UTC)
