"""What joins VPCs to each other and to what is outside: where the routes that were read lead."""

from __future__ import annotations

from functools import cached_property

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word

# The fields of ec2's Route that name what is asked about; a gateway endpoint and a VPN gateway are a GatewayId.
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
)
GONE = "blackhole"  # a route to what is no longer there


class Transit:
    """What EC2's answers about route tables and transit gateways lead to."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @cached_property
    def _targets(self) -> frozenset[str]:
        every = self._answers.each("ec2:DescribeRouteTables", _led_to)
        return frozenset(one for found in every for one in found)

    def targets(self, start: str) -> set[str]:
        """The ids beginning with this that a live route of a VPC that was read leads to."""
        return {one for one in self._targets if one.startswith(start)}

    @cached_property
    def route_tables(self) -> set[str]:
        """Transit gateway route tables that attachments are associated with; another account's cannot be read."""
        every = self._answers.rows("ec2:DescribeTransitGatewayAttachments", "TransitGatewayAttachments")
        ours = (one for one in every if word(one, "TransitGatewayOwnerId") in {"", self._account} or not self._account)
        held = (part(one, "Association") for one in ours)
        named = (word(one, "TransitGatewayRouteTableId") for one in held if word(one, "State") == "associated")
        return set(named) - {""}

    @cached_property
    def _account(self) -> str:
        identities = self._answers.responses("sts:GetCallerIdentity")
        return next((word(page, "Account") for _, page in identities), "")


def _led_to(_params: Raw, page: Raw) -> frozenset[str]:
    routes = (route for table in rows(page, "RouteTables") for route in rows(table, "Routes"))
    live = (route for route in routes if route.get("State") != GONE)
    return frozenset(word(route, key) for route in live for key in _TARGETS) - {""}
