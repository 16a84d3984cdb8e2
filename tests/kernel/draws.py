"""Random groups, ACLs and routes: open as a rule, so that a single filter often decides; near each other's edges."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkAcl, RouteEntry, SecurityGroup

PROPAGATED = "EnableVgwRoutePropagation"
PORTS = (22, 80, 81, 443, 1023, 1024, 8080, 10000, 49152, 65535)
GROUPS = ("sg-0", "sg-1", "sg-2", "sg-3")
LISTS = {
    "pl-near": ("10.0.0.0/25", "10.0.1.9/32", "10.0.0.0/28", "2001:db8:1::/64"),
    "pl-far": ("198.51.100.0/25", "192.0.2.0/24", "2001:db8:ffff::/48"),
    "pl-world": ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"),
}
NEAR = (
    *("10.0.0.0/16", "10.0.0.0/23", "10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/25"),
    *("10.0.0.9/32", "10.0.1.9/32", "10.0.2.0/24", "10.0.0.8/30", "10.1.0.0/16", "10.1.0.0/24", "10.1.0.0/28"),
)
NEAR6 = ("2001:db8:1::/56", "2001:db8:1::/64", "2001:db8:1:1::/64", "2001:db8:1::9/128", "2001:db8:2::/56")
PUBLIC = ("203.0.113.0/24", "203.0.113.0/26", "203.0.113.60/32")  # the hosts' own, and the NAT gateway's
FAR = ("198.51.100.0/24", "198.51.100.0/25", "198.51.100.128/25", "198.51.100.7/32", "192.0.2.0/24", "0.0.0.0/1")
FAR6 = ("2001:db8:ffff::/48", "2001:db8:fffe::/47", "2001:db8:fffe::7/128")
EVERYBODY = ("0.0.0.0/0", "::/0")
EVERY_CIDR = (*NEAR, *NEAR6, *FAR, *FAR6, *PUBLIC, *EVERYBODY, "10.0.0.0/8", "128.0.0.0/1")


@dataclass(frozen=True, slots=True)
class Draw:
    """One seeded stream of choices."""

    random: Random

    def one(self, *among: Any) -> Any:
        return self.random.choice(among)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def some(self, low: int, high: int) -> range:
        return range(self.random.randint(low, high))

    def shuffled(self, rows: list[Any]) -> tuple[Any, ...]:
        return tuple(self.random.sample(rows, len(rows)))

    def port(self) -> int:
        return int(self.one(*PORTS))

    def span(self) -> tuple[int, int]:
        one, other = sorted((self.port(), self.port()))
        return (one, one) if self.chance(0.3) else (one, other)

    # -- groups --------------------------------------------------------------------------------

    def group(self, id_: str, vpc_id: str) -> SecurityGroup:
        return SecurityGroup(id=id_, name=id_[3:], vpc_id=vpc_id, ingress=self.rules(0.45), egress=self.rules(0.8))

    def rules(self, open_: float) -> tuple[GroupRule, ...]:
        """Open, for one family alone too; open in halves; or a few rules."""
        found = [self.rule() for _ in self.some(0, 4)]
        if self.chance(open_):
            families = self.one(*[EVERYBODY] * 6, EVERYBODY[:1], EVERYBODY[1:])
            found += [GroupRule(protocol="-1", cidr=one) for one in families]
        elif self.chance(0.15):
            low, high = self.one((0, 65535), self.span())
            halves = ("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1")
            found += [GroupRule(protocol="tcp", from_port=low, to_port=high, cidr=one) for one in halves]
        return self.shuffled(found)

    def rule(self) -> GroupRule:
        low, high = self.span()
        what: dict[str, Any] = self.one(
            {"protocol": "tcp", "from_port": low, "to_port": high},
            {"protocol": "tcp", "from_port": low, "to_port": high},
            {"protocol": "tcp", "from_port": 0, "to_port": 65535},
            {"protocol": "udp", "from_port": low, "to_port": high},
            {"protocol": "udp", "from_port": 0, "to_port": 65535},
            {"protocol": "-1"},
            {"protocol": "6", "from_port": low, "to_port": high},
            {"protocol": "icmp", "from_port": -1, "to_port": -1},
            {"protocol": "50"},
        )
        peer: dict[str, Any] = self.one(
            {"cidr": self.one(*EVERY_CIDR)},
            {"cidr": self.one(*EVERY_CIDR)},
            {"group_id": self.one(*GROUPS)},
            {"group_id": self.one(*GROUPS)},
            {"prefix_list_id": self.one(*LISTS)},
        )
        return GroupRule(**what, **peer)

    # -- ACLs ----------------------------------------------------------------------------------

    def acl(self, id_: str, vpc_id: str, subnet_ids: tuple[str, ...], *, default: bool = False) -> NetworkAcl:
        entries = [*self.entries(egress=False), *self.entries(egress=True)]
        entries += [
            AclEntry(number=32767, egress=out, allow=False, cidr=one) for out in (True, False) for one in EVERYBODY
        ]
        return NetworkAcl(id=id_, vpc_id=vpc_id, default=default, subnet_ids=subnet_ids, entries=self.shuffled(entries))

    def entries(self, *, egress: bool) -> list[AclEntry]:
        if self.chance(0.1):
            return self.narrow(egress=egress)
        found = []
        if self.chance(0.55):
            found = [self.entry(10 * number, egress=egress) for number in range(1, self.random.randint(1, 6) + 1)]
        if self.chance(0.85):
            found += [AclEntry(number=100 + n, egress=egress, allow=True, cidr=one) for n, one in enumerate(EVERYBODY)]
        return found

    def narrow(self, *, egress: bool) -> list[AclEntry]:
        """Low ports, and a range for replies, as it is often written; sometimes a port short of what AWS names."""
        replies = self.one((1024, 65535), (1024, 65535), (1025, 65535), (1024, 65534), (32768, 60999))
        spans = [(0, 1023), replies, *([(8080, 10000)] if self.chance(0.5) else [])]
        protocol = self.one("6", "6", "-1")
        ports = [(None, None)] * 2 if protocol == "-1" else spans
        pairs = [(cidr, low, high) for cidr in EVERYBODY for low, high in ports]
        return [
            AclEntry(
                number=90 + n, egress=egress, allow=True, protocol=protocol, cidr=cidr, from_port=low, to_port=high
            )
            for n, (cidr, low, high) in enumerate(pairs)
        ]

    def entry(self, number: int, *, egress: bool) -> AclEntry:
        low, high = self.one(self.span(), self.span(), (1024, 65535), (0, 65535), (32768, 60999))
        what: dict[str, Any] = self.one(
            {"protocol": "6", "from_port": low, "to_port": high},
            {"protocol": "6", "from_port": low, "to_port": high},
            {"protocol": "17", "from_port": low, "to_port": high},
            {"protocol": "-1"},
            {"protocol": "1", "icmp_type": -1, "icmp_code": -1},
        )
        return AclEntry(number=number, egress=egress, allow=self.chance(0.5), cidr=self.one(*EVERY_CIDR), **what)

    # -- routes --------------------------------------------------------------------------------

    def routes(
        self, local: tuple[str, ...], targets: tuple[str, ...], peered: tuple[RouteEntry, ...]
    ) -> tuple[Any, ...]:
        """Local, mostly a way to the internet, now and then a narrower or equal route that leads elsewhere."""
        found = [RouteEntry(destination=one, target="local", origin="CreateRouteTable") for one in local]
        found += [RouteEntry(destination=one, target=self.gate(one, targets)) for one in EVERYBODY if self.chance(0.92)]
        found += [one for one in peered if self.chance(0.85)]
        if self.chance(0.25):
            found += [self.dropping() for _ in self.some(1, 2)]
        if self.chance(0.35):
            found += [self.outward(targets) for _ in self.some(1, 3)]
        if self.chance(0.2):  # one network three times: the static route wins, then the list's, then the propagated one
            found += self.thrice()
        kept: dict[tuple[str, bool], RouteEntry] = {}
        for entry in found:
            kept.setdefault((entry.destination, entry.origin == PROPAGATED), entry)
        return self.shuffled(list(kept.values()))

    def thrice(self) -> list[RouteEntry]:
        first, second, third = self.random.sample(("igw-0", "igw-9", "igw-9"), 3)
        return [
            RouteEntry(destination="198.51.100.0/25", target=first),
            RouteEntry(destination="pl-far", target=second),
            RouteEntry(destination="198.51.100.0/25", target=third, origin=PROPAGATED),
        ][self.one(0, 0, 1) :]

    def gate(self, destination: str, targets: tuple[str, ...]) -> str:
        """Now and then one of the other family, which carries nothing."""
        other = "nat" if ":" in destination else "eigw"
        fitting = [one for one in targets if not one.startswith(other)]
        return str(self.one(*(targets if self.chance(0.1) else fitting)))

    def dropping(self) -> RouteEntry:
        inside = [*NEAR[1:], *NEAR6[1:]]
        return RouteEntry(destination=self.one(*inside, "pl-near"), target="eni-gone", state="blackhole")

    def outward(self, targets: tuple[str, ...]) -> RouteEntry:
        state = "blackhole" if self.chance(0.2) else "active"
        destination = self.one(*FAR, *FAR6, "pl-far", "pl-world")
        origin = PROPAGATED if self.chance(0.25) and not destination.startswith("pl-") else "CreateRoute"
        return RouteEntry(destination=destination, target=self.one(*targets), state=state, origin=origin)
