"""Everything that a folder's files say about networks, whatever account or region they are of, without a domain.

The files of all accounts together, as Batfish collects them, are one network: what one account's peering or transit
gateway leads to lies in another's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.topology import Topology
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.discovery import discover
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording
from vpclink_checks.sources.folder.kinds import Kind
from vpclink_checks.sources.folder.pieces import Piece, pieces_of
from vpclink_checks.sources.folder.transit import transit_routes
from vpclink_checks.sources.redact import clean
from vpclink_checks.sources.snapshot import in_order

# Answers about one thing: the parameter that names it is what a file's tail says.
_ABOUT = {
    "elbv2:DescribeTargetHealth": "TargetGroupArn",
    "elbv2:DescribeListeners": "LoadBalancerArn",
    "elbv2:DescribeLoadBalancerAttributes": "LoadBalancerArn",
    "ec2:GetManagedPrefixListEntries": "PrefixListId",
    "ec2:SearchTransitGatewayRoutes": "TransitGatewayRouteTableId",
}


def topology_of(folder: Path) -> Topology:
    """Every network fact in the JSON files below *folder*, of all accounts and regions together; no path.

    What no file says is a gap, as ever. Raises SourceError for a file that is named as ours and is broken.
    """
    pieces = pieces_of(sorted(folder.rglob("*.json")), folder)
    facts = in_order(Facts(_answers([*pieces, *transit_routes(pieces)])))
    recording = Recording(account="", region="", taken_at=datetime.fromtimestamp(0, UTC), facts=facts)
    return discover(recording, EnvSettings(name=folder.name), source="snapshot")


def _answers(pieces: Sequence[Piece]) -> Iterator[Answer]:
    by_call: dict[tuple[str, str, str], tuple[Call, Kind, list[Piece]]] = {}
    for one in pieces:
        if one.kind is not None and (call := _call(one, one.kind)) is not None:
            by_call.setdefault(call.key, (call, one.kind, []))[2].append(one)
    for call, kind, held in by_call.values():
        yield _answer(call, kind, held)


def _call(piece: Piece, kind: Kind) -> Call | None:
    """What was asked, so far as a list of everything or a tail says it."""
    about = _ABOUT.get(kind.name)
    if about is not None:
        return Call(kind.service, kind.operation, {about: piece.tail}) if piece.tail else None
    return Call(kind.service, kind.operation) if kind.many and not piece.tail else None


def _answer(call: Call, kind: Kind, held: Iterable[Piece]) -> Answer:
    pieces = list(held)
    broken = next((one for one in pieces if one.code or one.cut), None)
    if broken is not None:
        why = broken.message or f"{broken.file} is cut off"
        return Answer(call, gap=Gap(operation=call.name, action=action_of(call), code="NotRecorded", message=why))
    found = {**pieces[0].content, kind.key: _once(item for one in pieces for item in one.content.get(kind.key) or ())}
    return Answer(call, response=clean(call, found))


def _once(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({json.dumps(one, sort_keys=True, default=str): one for one in items}.values())
