"""Route tables: a subnet's own or its VPC's main one; the longest prefix wins.

Source: amazon-vpc-user-guide, VPC_Route_Tables (route priority); botocore's RouteState.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from vpclink_checks.model.fact import Gap, UnknownFact
from vpclink_checks.model.network import RouteEntry, RouteTable
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach import opening
from vpclink_checks.reach.bounds import Bounds, exactly, perhaps
from vpclink_checks.reach.changes import Change
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.sets import Addresses, addresses, none, world
from vpclink_checks.reach.trace import Decision, Step

_PROPAGATED = ("EnableVgwRoutePropagation", "Advertisement")
_LISTED, _FROM_OUTSIDE = 1, 2  # ranks behind 0, a static network: by a prefix list, propagated


@dataclass(frozen=True, slots=True)
class Piece:
    """The destinations that one route decides; no entry: no route, the packet is dropped."""

    addresses: Addresses
    entry: RouteEntry | None
    doubt: str = ""

    @property
    def local(self) -> bool:
        """Whether it delivers inside the VPC."""
        return self.entry is not None and self.entry.target == "local" and self.entry.state == "active"

    @property
    def drops(self) -> bool:
        """Whether its packets go nowhere."""
        return self.entry is None or self.entry.state == "blackhole"


@dataclass(frozen=True, slots=True)
class _Candidate:
    network: str
    rank: int  # static, then prefix list, then propagated
    entry: RouteEntry

    @property
    def key(self) -> tuple[int, int]:
        return -ip_network(self.network, strict=False).prefixlen, self.rank


def table_of(topology: Topology, subnet_id: str, vpc_id: str) -> RouteTable:
    """The table that the subnet is associated with, else its VPC's main one. Raises UnknownFact."""
    for table in topology.route_tables:
        if subnet_id in table.subnet_ids:
            return table
    topology.route_tables.all()  # an association may hide in what was not read
    _sure(topology, vpc_id, lambda name: name == subnet_id)
    for table in topology.route_tables:
        if table.main and table.vpc_id == vpc_id:
            return table
    _sure(topology, vpc_id, lambda name: name == "main")
    call = "ec2:DescribeRouteTables"
    raise UnknownFact(Gap(operation=call, action=call, code="NotRecorded", message=f"no route table of {subnet_id}"))


def _sure(topology: Topology, vpc_id: str, meant: Callable[[str], bool]) -> None:
    """Raises UnknownFact where a table of the VPC may be associated with what is meant, or may not."""
    unsure = (held for table in topology.route_tables if table.vpc_id == vpc_id for held in table.unsure)
    for name, gap in unsure:
        if meant(name):
            raise UnknownFact(gap)


def table_text(table: RouteTable, subnet_id: str) -> str:
    """The table's id, saying so where the subnet takes the main one by default."""
    told = not subnet_id or subnet_id in table.subnet_ids  # without a subnet: a gateway's own
    return table.id if told else f"{table.id} (the main table, by no association)"


def entry_text(table: RouteTable, subnet_id: str, entry: RouteEntry | None) -> str:
    """``route table rtb-… sends 0.0.0.0/0 to nat-…``."""
    shown = table_text(table, subnet_id)
    if entry is None:
        return f"route table {shown} has no route"
    state = "" if entry.state == "active" else f" ({entry.state})"
    return f"route table {shown} sends {entry.destination} to {entry.target}{state}"


def pieces(topology: Topology, table: RouteTable, family: int) -> tuple[Piece, ...]:
    """Which route decides about each destination: disjoint, and together all of them.

    A route whose prefix list was not read may decide about any destination: then every piece is
    doubtful. So is one in a state other than active and blackhole (``filtered`` is documented
    nowhere), and one that was propagated into the VPC's own networks, where AWS's VPN
    documents put the local route first and the VPC guide the longest prefix. So are two prefix lists
    that hold the same network: EC2 takes either (VPC_Route_Tables, route priority).
    """
    candidates, doubt = _candidates(topology, table, family)
    local = [one for one in candidates if one.entry.target == "local"]
    left, found, ties = world(family), [], _ties(candidates)
    for one in sorted(candidates, key=lambda one: one.key):
        hit = left & addresses(one.network)
        if hit:
            found.append(Piece(hit, one.entry, doubt or _doubt(one, local) or _tie(one, ties)))
            left = left - hit
    return (*found, Piece(left, None, doubt)) if left else tuple(found)


def _doubt(one: _Candidate, local: list[_Candidate]) -> str:
    if one.entry.state not in ("active", "blackhole"):
        return f"the route {one.entry.destination} is in the state {one.entry.state}, which AWS does not document"
    inside = any(addresses(one.network) <= addresses(other.network) for other in local)
    if one.entry.origin in _PROPAGATED and inside:
        what = "blackhole" if one.entry.state == "blackhole" else f"route to {one.entry.target}"
        does = "drops" if one.entry.state == "blackhole" else "decides"
        return f"readings disagree: the propagated {what} {one.entry.destination} {does}, or the local route wins"
    return ""


def _ties(every: list[_Candidate]) -> dict[Addresses, set[str]]:
    """The targets of each network that a prefix list holds."""
    found: dict[Addresses, set[str]] = {}
    for one in every:
        if one.rank == _LISTED:
            found.setdefault(addresses(one.network), set()).add(f"{one.entry.target} ({one.entry.state})")
    return found


def _tie(one: _Candidate, ties: dict[Addresses, set[str]]) -> str:
    """Other routes by prefix lists that have as good a claim to the same network."""
    targets = ties.get(addresses(one.network), set()) if one.rank == _LISTED else set()
    if len(targets) < 2:  # noqa: PLR2004 - two claim it
        return ""
    return f"prefix lists send {one.network} to {' and '.join(sorted(targets))}, and EC2 takes either"


def _candidates(topology: Topology, table: RouteTable, family: int) -> tuple[list[_Candidate], str]:
    found: list[_Candidate] = []
    doubt = ""
    for entry in table.routes:
        networks, gap = _networks(topology, entry)
        doubt = doubt or gap
        rank = _FROM_OUTSIDE if entry.origin in _PROPAGATED else _LISTED * entry.destination.startswith("pl-")
        found.extend(_Candidate(one, rank, entry) for one in networks if addresses(one).family == family)
    return found, doubt


def _networks(topology: Topology, entry: RouteEntry) -> tuple[tuple[str, ...], str]:
    if not entry.destination.startswith("pl-"):
        return (entry.destination,), ""
    found = topology.prefix_lists.peek(entry.destination)
    if isinstance(found, Gap):
        return (), f"the route to {entry.target} has the prefix list {entry.destination}, and {found}"
    return (found.cidrs if found else ()), ""


def decide(topology: Topology, own: End, peer: End) -> Step:
    """Whether packets from *own*'s subnet are delivered to *peer* inside the VPC.

    Only the local route delivers; another target (an appliance, a peering, a gateway) is unknown:
    what lies behind it is not judged.
    """
    layer = f"route table of {own.subnet_id}"
    try:
        table = table_of(topology, own.subnet_id, own.vpc_id)
    except UnknownFact as signal:
        return Step(layer=layer, component=own.subnet_id, decision=Decision.UNKNOWN, rule=str(signal.gap))
    mine = [piece for piece in pieces(topology, table, own.family) if piece.addresses & peer.addresses]
    rule = "; ".join(_piece_text(table, own, peer, piece) for piece in mine)
    decision = _decision(mine)
    if decision is not Decision.ALLOW and own.subnet_id == peer.subnet_id:
        rule = f"readings disagree: inside one subnet routes may not be asked at all, but {rule}"
        decision = Decision.UNKNOWN
    return Step(
        layer=layer,
        component=table.id,
        decision=decision,
        rule=rule,
        remedy=lambda: _remedy(topology, table, own, peer),
    )


def _remedy(topology: Topology, table: RouteTable, own: End, peer: End) -> Change | None:
    def undelivered(changed: RouteTable) -> list[RouteEntry | None]:
        mine = (piece for piece in pieces(topology, changed, own.family) if piece.addresses & peer.addresses)
        return [piece.entry for piece in mine if piece.doubt or not piece.local]

    vpc = topology.vpcs.rows.get(own.vpc_id)
    return opening.in_table(table, vpc.cidrs if vpc else (), undelivered)


def _piece_text(table: RouteTable, own: End, peer: End, piece: Piece) -> str:
    text = entry_text(table, own.subnet_id, piece.entry)
    if piece.doubt:
        return f"{text}, but {piece.doubt}"
    if piece.local:
        return text
    tail = f"which drops packets to {peer.addresses.title}" if piece.drops else "and what lies behind is not judged"
    return f"{text}, {tail}" if piece.entry else f"{text} to {peer.addresses.title}"


def _decision(mine: list[Piece]) -> Decision:
    if any(piece.doubt for piece in mine):
        return Decision.UNKNOWN
    if all(piece.local for piece in mine):
        return Decision.ALLOW
    return Decision.DENY if all(piece.drops for piece in mine) else Decision.UNKNOWN


@dataclass(frozen=True, slots=True)
class ToInternet:
    """What a subnet sends through an internet gateway, and by which routes."""

    table: RouteTable
    bounds: Bounds
    routes: tuple[tuple[Addresses, str], ...]


def to_internet(topology: Topology, subnet_id: str, vpc_id: str, family: int) -> ToInternet:
    """The destinations that this subnet reaches through an attached internet gateway. Raises UnknownFact.

    NAT and egress-only gateways let nobody in (amazon-vpc-user-guide, VPC_Internet_Gateway).
    """
    table = table_of(topology, subnet_id, vpc_id)
    bounds, routes = exactly(none(family)), []
    edge = edge_table(topology, vpc_id)
    for piece in pieces(topology, table, family):
        its = _through_gateway(topology, piece, vpc_id, _ways(table, edge))
        if its.possible:
            bounds = bounds | its
            routes.append((its.possible, entry_text(table, subnet_id, piece.entry)))
    return ToInternet(table, bounds, tuple(routes))


def edge_table(topology: Topology, vpc_id: str) -> RouteTable | None:
    """The table that an internet gateway of the VPC itself uses for what comes in. Raises UnknownFact."""
    _sure(topology, vpc_id, lambda name: name.startswith("igw-"))
    every = (one for one in topology.route_tables if one.vpc_id == vpc_id)
    return next((one for one in every if any(id_.startswith("igw-") for id_ in one.gateway_ids)), None)


def edge_detour(topology: Topology, vpc_id: str, address: str) -> str:
    """Why a packet for *address* may meet an appliance between the gateway and its subnet; "" if it does not."""
    table = edge_table(topology, vpc_id)
    if table is None:
        return ""
    wanted = addresses(address)
    mine = next(piece for piece in pieces(topology, table, wanted.family) if piece.addresses & wanted)
    if mine.local and not mine.doubt:
        return ""
    return f"the internet gateway's own {entry_text(table, '', mine.entry)}, and what lies behind is not judged"


def _ways(table: RouteTable, edge: RouteTable | None) -> tuple[str, ...]:
    """The kinds of target through which the internet may come in here, doubtful routes included."""
    appliances = ("vpce-", "eni-", "i-") if edge is not None else ()
    return tuple(
        kind for kind in ("igw-", "cagw-", *appliances) if any(one.target.startswith(kind) for one in table.routes)
    )


def _through_gateway(topology: Topology, piece: Piece, vpc_id: str, ways: tuple[str, ...]) -> Bounds:
    nobody = exactly(none(piece.addresses.family))
    if piece.doubt:
        return perhaps(piece.addresses, piece.doubt) if ways else nobody
    target = piece.entry.target if piece.entry else ""
    if piece.drops or not (ways and target.startswith(ways)):
        return nobody
    if target.startswith("cagw-"):
        return perhaps(piece.addresses, f"who comes in through the carrier gateway {target} is not judged")
    if not target.startswith("igw-"):
        return perhaps(piece.addresses, f"{target} may let the internet in: the gateway has a route table of its own")
    gateway = topology.internet_gateways.peek(target)
    attached = gateway if gateway is None or isinstance(gateway, Gap) else gateway.attached_to(vpc_id)
    if isinstance(attached, Gap):
        return perhaps(piece.addresses, str(attached))
    return exactly(piece.addresses) if attached else nobody
