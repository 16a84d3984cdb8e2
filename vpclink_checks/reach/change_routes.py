"""Routes deleted, added and pointed elsewhere.

CLI: delete-, create- and replace-route (botocore, ec2). Terraform: aws_route of the AWS provider.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vpclink_checks.model.network import RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.change_tables import block, is_ipv6, put, quoted, row, slug
from vpclink_checks.report import Fix

_PROPAGATED = ("EnableVgwRoutePropagation", "Advertisement")
# Target's prefix: (the CLI's option, Terraform's argument).
_TARGETS = {
    "igw-": ("--gateway-id", "gateway_id"),
    "vgw-": ("--gateway-id", "gateway_id"),
    "nat-": ("--nat-gateway-id", "nat_gateway_id"),
    "eigw-": ("--egress-only-internet-gateway-id", "egress_only_gateway_id"),
    "tgw-": ("--transit-gateway-id", "transit_gateway_id"),
    "pcx-": ("--vpc-peering-connection-id", "vpc_peering_connection_id"),
    "eni-": ("--network-interface-id", "network_interface_id"),
    "vpce-": ("--vpc-endpoint-id", "vpc_endpoint_id"),
    "cagw-": ("--carrier-gateway-id", "carrier_gateway_id"),
    "lgw-": ("--local-gateway-id", "local_gateway_id"),
}


def can_delete(entry: RouteEntry) -> bool:
    """Whether delete-route takes it: local routes stay, and propagated ones come back."""
    return entry.target != "local" and entry.origin not in _PROPAGATED


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRoute:
    """One route less."""

    table_id: str
    entry: RouteEntry

    def apply(self, topology: Topology) -> Topology:
        """The facts without the route. Raises LookupError where it is not there."""
        table = _holding(topology, self.table_id, self.entry)
        return _with(topology, table, tuple(one for one in table.routes if one != self.entry))

    @property
    def fix(self) -> Fix:
        """delete-route."""
        entry = self.entry
        state = f" ({entry.state})" if entry.state != "active" else ""
        where = f"--route-table-id {self.table_id} {_option(entry.destination)} {entry.destination}"
        return Fix(
            text=f"Delete the route {entry.destination} → {entry.target}{state} from {self.table_id}.",
            cli=f"aws ec2 delete-route {where}",
            terraform=f"# Remove the route {entry.destination} from route table {self.table_id}.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddRoute:
    """One static route more, to a target that has an id."""

    table_id: str
    destination: str
    target: str

    def apply(self, topology: Topology) -> Topology:
        """The facts with the route. Raises LookupError where its destination is taken."""
        table = row(topology.route_tables, self.table_id)
        if any(one.destination == self.destination and can_delete(one) for one in table.routes):
            raise LookupError(f"{self.table_id} has a route for {self.destination} already")
        added = RouteEntry(destination=self.destination, target=self.target)
        return _with(topology, table, (*table.routes, added))

    @property
    def fix(self) -> Fix:
        """create-route."""
        option, argument = _target(self.target)
        return Fix(
            text=f"Add the route {self.destination} → {self.target} to {self.table_id}.",
            cli=(
                f"aws ec2 create-route --route-table-id {self.table_id} "
                f"{_option(self.destination)} {self.destination} {option} {self.target}"
            ),
            terraform=block(
                f'resource "aws_route" "{slug(self.table_id, "to", self.destination)}"',
                route_table_id=quoted(self.table_id),
                **{_option(self.destination)[2:].replace("-", "_"): quoted(self.destination)},
                **{argument: quoted(self.target)},
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRoute:
    """A route that leads elsewhere from now on; target "local" gives the VPC's own route its default back."""

    table_id: str
    entry: RouteEntry
    target: str

    def apply(self, topology: Topology) -> Topology:
        """The facts with the route led elsewhere. Raises LookupError where it is not there."""
        table = _holding(topology, self.table_id, self.entry)
        changed = replace(self.entry, target=self.target, state="active")
        return _with(topology, table, tuple(changed if one == self.entry else one for one in table.routes))

    @property
    def fix(self) -> Fix:
        """replace-route."""
        entry, option = self.entry, "--local-target"
        argument = "gateway_id"
        if self.target != "local":
            option, argument = _target(self.target)
            option = f"{option} {self.target}"
        where = f"--route-table-id {self.table_id} {_option(entry.destination)} {entry.destination}"
        return Fix(
            text=f"Point the route {entry.destination} of {self.table_id} at {self.target}, not at {entry.target}.",
            cli=f"aws ec2 replace-route {where} {option}",
            terraform=block(
                f'resource "aws_route" "{slug(self.table_id, "to", entry.destination)}"',
                route_table_id=quoted(self.table_id),
                **{_option(entry.destination)[2:].replace("-", "_"): quoted(entry.destination)},
                **{argument: quoted(self.target)},
            ),
        )


def _holding(topology: Topology, table_id: str, entry: RouteEntry) -> RouteTable:
    table = row(topology.route_tables, table_id)
    if entry not in table.routes:
        raise LookupError(f"{table_id} has no route {entry.destination} to {entry.target}")
    return table


def _with(topology: Topology, table: RouteTable, routes: tuple[RouteEntry, ...]) -> Topology:
    changed = replace(table, routes=routes)
    return replace(topology, route_tables=put(topology.route_tables, table.id, changed))


def _option(destination: str) -> str:
    if destination.startswith("pl-"):
        return "--destination-prefix-list-id"
    return "--destination-ipv6-cidr-block" if is_ipv6(destination) else "--destination-cidr-block"


def _target(target: str) -> tuple[str, str]:
    """Raises LookupError for a target of a kind that no option takes."""
    kind = f"{target.partition('-')[0]}-"
    if kind not in _TARGETS:
        raise LookupError(f"no option of create-route takes {target}")
    return _TARGETS[kind]
