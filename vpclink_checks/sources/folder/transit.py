"""Batfish keeps a transit gateway's static routes and its propagations apart; together they are what AWS routes by.

A VPC's attachment propagates the VPC's blocks. What others propagate (VPN, Direct Connect, a VPC that the files do
not hold) is not written anywhere: then the table has more routes than are known, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vpclink_checks.sources.aws_shapes import Raw, part, rows, text
from vpclink_checks.sources.aws_shapes_network import vpc
from vpclink_checks.sources.aws_shapes_transit import ROUTES
from vpclink_checks.sources.folder.kinds import kinds
from vpclink_checks.sources.folder.pieces import Piece

_TABLE = "TransitGatewayRouteTableId"
_STATIC, _PROPAGATED = "TransitGatewayStaticRoutes", "TransitGatewayPropagations"
_IDLE = ("disabled", "disabling", "not-enabled")


def transit_routes(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """One answer to ec2:SearchTransitGatewayRoutes for each table that Batfish's files speak of."""
    static = {text(one, _TABLE): (file, one) for file, one in _held(pieces, _STATIC)}
    propagations = {text(one, _TABLE): (file, one) for file, one in _held(pieces, _PROPAGATED)}
    around = _Around(pieces)
    for table in dict.fromkeys((*static, *propagations)):
        file, fixed = static.get(table, ("", None))
        told, learnt = propagations.get(table, (file, None))
        if table:
            yield Piece(file or told, kinds()[ROUTES], table, _answer(fixed, learnt, around))


def _held(pieces: Sequence[Piece], key: str) -> Iterator[tuple[str, Raw]]:
    return ((one.file, row) for one in pieces if one.kind is None for row in rows(one.content, key))


class _Around:
    """The VPCs and attachments that the files hold."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._blocks = {text(one, "VpcId"): vpc(one).cidrs for one in _listed(pieces, "Vpcs")}
        attached = list(_listed(pieces, "TransitGatewayVpcAttachments"))
        ipv6 = ((one, text(part(one, "Options"), "Ipv6Support")) for one in attached)
        self._without_ipv6 = {text(one, "TransitGatewayAttachmentId") for one, word in ipv6 if word == "disable"}

    def blocks(self, propagation: Raw) -> tuple[str, ...]:
        """What a VPC's attachment propagates; () where it is not known."""
        if text(propagation, "ResourceType") != "vpc":
            return ()
        found = self._blocks.get(text(propagation, "ResourceId"), ())
        v4_only = text(propagation, "TransitGatewayAttachmentId") in self._without_ipv6
        return tuple(one for one in found if not (v4_only and ":" in one))


def _listed(pieces: Sequence[Piece], key: str) -> Iterator[Raw]:
    return (row for one in pieces if one.kind is not None and one.kind.key == key for row in rows(one.content, key))


def _answer(fixed: Raw | None, learnt: Raw | None, around: _Around) -> Mapping[str, Any]:
    static = rows(fixed or {}, "Routes")
    taken = {text(one, "DestinationCidrBlock") for one in static}
    on = [one for one in rows(learnt or {}, "TransitGatewayRouteTablePropagations") if text(one, "State") not in _IDLE]
    propagated = [
        route for one in on for route in _propagated(one, around) if route["DestinationCidrBlock"] not in taken
    ]
    unknown = any(text(one, "State") != "enabled" or not around.blocks(one) for one in on)
    more = fixed is None or learnt is None or fixed.get("AdditionalRoutesAvailable") is True or unknown
    return {"Routes": [*static, *propagated], "AdditionalRoutesAvailable": more}


def _propagated(one: Raw, around: _Around) -> Iterator[dict[str, Any]]:
    attachment = {key: text(one, key) for key in ("ResourceId", "ResourceType", "TransitGatewayAttachmentId")}
    for block in around.blocks(one) if text(one, "State") == "enabled" else ():
        yield {
            "DestinationCidrBlock": block,
            "TransitGatewayAttachments": [attachment],
            "Type": "propagated",
            "State": "active",
        }
