"""The same 50 questions to this engine and to an SMT solver (Z3), on one network, in one run: equal answers, the ratio.

25 times "does some public source reach this interface on this port", 25 times "is this flow inside the VPC admitted,
its replies on every port from 1024 on too". A packet is bit vectors; each group, ACL and route table is one formula,
made once. The solver is asked in two ways, each with one solver that is kept, every question pushed and popped:
"whole network", as published analyzers do it: every interface, subnet and filter asserted once, both ends of the packet
numbers of interfaces; and "by hand", where somebody picks the filters that the question is about, as the engine does,
and asks about each of them: the solver does no more than the last step then.

CPU time in this process. On both sides nothing is counted of making the facts up or of imports; "first" counts the
making of formulas (Python's interface to Z3) or of sets, "again" the same questions with those at hand. The engine
tells more: for the internet all sources and all kinds of packets, for a flow every step in words.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import z3
from networks import REGION, VPC, network, rules_in

from vpclink_checks.model.network import AclEntry, GroupRule, NetworkInterface, RouteEntry
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.ends import End
from vpclink_checks.reach.flow import trace
from vpclink_checks.reach.layers import Layers
from vpclink_checks.reach.sets import addresses, public, union
from vpclink_checks.reach.traffic import kind

INTERFACES, GROUPS, EACH = 500, 100, 25
PORTS = (22, 80, 443, 3306, 5432, 8080, 10000)
AIM = 1000
TRUE, FALSE = z3.BoolVal(val=True), z3.BoolVal(val=False)
NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1}
TCP = 6


class Question(NamedTuple):
    """*source* None: the internet."""

    source: NetworkInterface | None
    target: NetworkInterface
    port: int


# -- the solver --------------------------------------------------------------------------------


class Encoded:
    """The network as formulas over one packet: its two ends, protocol, and the port that it goes to."""

    def __init__(self, facts: Topology) -> None:
        self.facts = facts
        self.peer, self.protocol = z3.BitVec("peer", 32), z3.BitVec("protocol", 8)
        self.port, self.reply = z3.BitVec("port", 16), z3.BitVec("reply", 16)
        self.solver = z3.Solver()
        self._made: dict[tuple[Any, ...], Any] = {}
        self._acls = {subnet: one for one in facts.network_acls for subnet in one.subnet_ids}
        self._tables = {subnet: one for one in facts.route_tables for subnet in one.subnet_ids}
        self._main = next(one for one in facts.route_tables if one.main)
        members: dict[str, list[int]] = {}
        for one in facts.interfaces:
            for group in one.group_ids:
                members.setdefault(group, []).append(_number(one.addresses[0].address))
        self._carriers = members

    def answer(self, it: Question) -> bool:
        return self._from_internet(it) if it.source is None else self._inside(it.source, it)

    def _from_internet(self, it: Question) -> bool:
        target = it.target
        return self._holds(
            self._fixed(it.port),
            self._once(("public",), self._public),
            self._once(("igw", target.subnet_id), lambda: self._routed(target.subnet_id, "igw-")),
            self._acl(target.subnet_id, self.port, egress=False),
            z3.UGE(self.reply, 1),
            self._acl(target.subnet_id, self.reply, egress=True),
            self._groups(target, "ingress"),
        )

    def _inside(self, source: NetworkInterface, it: Question) -> bool:
        """Each packet of the flow has to pass with its own other end; of replies none may be dropped."""
        near, far = (_number(one.addresses[0].address) for one in (source, it.target))
        apart = source.subnet_id != it.target.subnet_id
        filters = [(far, self._groups(source, "egress")), (far, self._local(source.subnet_id))]
        filters += [(near, self._groups(it.target, "ingress")), (near, self._local(it.target.subnet_id))]
        if apart:
            filters.append((far, self._acl(source.subnet_id, self.port, egress=True)))
            filters.append((near, self._acl(it.target.subnet_id, self.port, egress=False)))
        if not all(self._holds(self._fixed(it.port), self.peer == other, one) for other, one in filters):
            return False
        back = [(near, self._acl(it.target.subnet_id, self.reply, egress=True))]
        back.append((far, self._acl(source.subnet_id, self.reply, egress=False)))
        ephemeral = z3.UGE(self.reply, 1024)
        return not apart or not any(
            self._holds(self._fixed(it.port), self.peer == other, ephemeral, z3.Not(one)) for other, one in back
        )

    def _holds(self, *formulas: Any) -> bool:
        self.solver.push()
        self.solver.add(*formulas)
        found = self.solver.check()
        self.solver.pop()
        return bool(found == z3.sat)

    def _fixed(self, port: int) -> Any:
        return z3.And(self.protocol == TCP, self.port == port)

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _groups(self, one: NetworkInterface, direction: str) -> Any:
        found = [self._once((id_, direction), lambda id_=id_: self._group(id_, direction)) for id_ in one.group_ids]  # type: ignore[misc]
        return z3.Or(*found)

    def _group(self, id_: str, direction: str) -> Any:
        group = self.facts.security_groups.need(id_)
        rules = group.ingress if direction == "ingress" else group.egress
        return z3.Or(*(z3.And(self._of(one.protocol, self.port, one), self._peers(one)) for one in rules))

    def _peers(self, rule: GroupRule) -> Any:
        if rule.group_id:
            return z3.Or(*(self.peer == one for one in self._carriers.get(rule.group_id, ())))
        listed = self.facts.prefix_lists.need(rule.prefix_list_id).cidrs if rule.prefix_list_id else (rule.cidr,)
        return z3.Or(*map(self._within, listed))

    def _of(self, protocol: str, port: Any, rule: GroupRule | AclEntry) -> Any:
        if protocol == "-1":
            return TRUE
        same = self.protocol == int(NUMBERS.get(protocol, protocol))
        if protocol == "icmp" or rule.from_port is None or rule.to_port is None:
            return same
        return z3.And(same, z3.UGE(port, rule.from_port), z3.ULE(port, rule.to_port))

    def _acl(self, subnet_id: str, port: Any, *, egress: bool) -> Any:
        acl = self._acls[subnet_id]
        return self._once((acl.id, egress, port is self.port), lambda: self._first_match(acl.entries, port, egress))

    def _first_match(self, entries: Iterable[AclEntry], port: Any, egress: bool) -> Any:  # noqa: FBT001 - EC2's word
        mine = sorted((one for one in entries if one.egress == egress), key=lambda one: one.number, reverse=True)
        found = FALSE
        for one in mine:
            hit = z3.And(self._of(one.protocol, port, one), self._within(one.cidr))
            found = z3.If(hit, z3.BoolVal(one.allow), found)
        return found

    def _local(self, subnet_id: str) -> Any:
        return self._once(("local", subnet_id), lambda: self._routed(subnet_id, "local"))

    def _routed(self, subnet_id: str, target: str) -> Any:
        """The longest prefix decides: shorter ones stand behind."""
        table = self._tables.get(subnet_id, self._main)
        return self._once(("table", table.id, target), lambda: self._by_prefix(table.routes, target))

    def _by_prefix(self, routes: Iterable[RouteEntry], target: str) -> Any:
        found = FALSE
        for one in sorted(routes, key=lambda route: int(route.destination.partition("/")[2])):
            if ":" not in one.destination:
                found = z3.If(self._within(one.destination), z3.BoolVal(one.target.startswith(target)), found)
        return found

    def _public(self) -> Any:
        own = union(4, (cidr for vpc in self.facts.vpcs for cidr in vpc.cidrs))
        spans = (public(4) - own).ranges.spans
        return z3.Or(*(z3.And(z3.UGE(self.peer, first), z3.ULE(self.peer, last)) for first, last in spans))

    def _within(self, cidr: str) -> Any:
        """A network is a comparison of the leading bits."""
        address, _, length = cidr.partition("/")
        bits = int(length or 32)
        if ":" in cidr:
            return FALSE
        if bits == 0:
            return TRUE
        return z3.Extract(31, 32 - bits, self.peer) == _number(address) >> (32 - bits)


class Whole(Encoded):
    """The same formulas, of all interfaces and subnets, in one solver: which of them matter it finds out itself."""

    def __init__(self, facts: Topology) -> None:
        super().__init__(facts)
        self.source, self.target = z3.BitVec("source", 20), z3.BitVec("target", 20)
        self.from_subnet, self.to_subnet = z3.BitVec("from_subnet", 12), z3.BitVec("to_subnet", 12)
        self.other, self.replied = z3.BitVec("other", 32), z3.Bool("replied")
        self._numbers = {one.id: number for number, one in enumerate(facts.interfaces)}
        self._subnets = {one.id: number for number, one in enumerate(facts.subnets)}
        self._internet = len(self._numbers)
        self.solver.add(*self._places(), *self._forward(), self.replied == self._backward())

    def _places(self) -> Iterator[Any]:
        """Where each interface is; the internet is any public address, in no subnet."""
        for one in self.facts.interfaces:
            number, subnet = self._numbers[one.id], self._subnets[one.subnet_id]
            address = _number(one.addresses[0].address)
            yield z3.Implies(self.source == number, z3.And(self.peer == address, self.from_subnet == subnet))
            yield z3.Implies(self.target == number, z3.And(self.other == address, self.to_subnet == subnet))
        nowhere = z3.And(self._public(), self.from_subnet == len(self._subnets))
        yield z3.Implies(self.source == self._internet, nowhere)

    def _forward(self) -> Iterator[Any]:
        every, outside = tuple(self.facts.interfaces), self.source == self._internet
        yield z3.Or(*(z3.And(self.target == self._numbers[one.id], self._groups(one, "ingress")) for one in every))
        sent = (z3.And(self.source == self._numbers[one.id], self._there(self._groups(one, "egress"))) for one in every)
        yield z3.Or(outside, *sent)
        for id_, subnet in self._subnets.items():
            here, there = self.to_subnet == subnet, self.from_subnet == subnet
            yield z3.Implies(here, z3.If(outside, self._routed(id_, "igw-"), self._local(id_)))
            yield z3.Implies(there, self._there(self._local(id_)))
            apart = self.from_subnet != self.to_subnet
            yield z3.Implies(z3.And(here, apart), self._acl(id_, self.port, egress=False))
            yield z3.Implies(z3.And(there, apart), self._there(self._acl(id_, self.port, egress=True)))

    def _backward(self) -> Any:
        out = (
            z3.And(
                z3.Implies(self.to_subnet == subnet, self._acl(id_, self.reply, egress=True)),
                z3.Implies(self.from_subnet == subnet, self._there(self._acl(id_, self.reply, egress=False))),
            )
            for id_, subnet in self._subnets.items()
        )
        return z3.Or(self.from_subnet == self.to_subnet, z3.And(*out))

    def _there(self, formula: Any) -> Any:
        """A filter of the source's side: its other end is the target."""
        return z3.substitute(formula, (self.peer, self.other))

    def answer(self, it: Question) -> bool:
        source = self._internet if it.source is None else self._numbers[it.source.id]
        asked = (self.source == source, self.target == self._numbers[it.target.id], self._fixed(it.port))
        if it.source is None:
            return self._holds(*asked, z3.UGE(self.reply, 1), self.replied)
        dropped = (z3.UGE(self.reply, 1024), z3.Not(self.replied))
        return self._holds(*asked) and not self._holds(*asked, *dropped)


def _number(address: str) -> int:
    return reduce(lambda held, byte: held << 8 | int(byte), address.split("."), 0)


# -- the engine --------------------------------------------------------------------------------


def answered(facts: Topology, layers: Layers, it: Question) -> bool:
    if it.source is None:
        found = layers.packets_to(it.target, it.target.addresses[0].address, 4).at(kind("tcp", it.port))
        assert found.sure == found.possible
        return bool(found.sure)
    verdict = trace(facts, _end(it.source), _end(it.target), it.port).verdict
    assert verdict != "unknown"
    return verdict == "reached"


def _end(one: NetworkInterface) -> End:
    return End(
        name=one.id,
        addresses=addresses(one.addresses[0].address),
        vpc_id=VPC,
        subnet_id=one.subnet_id,
        group_ids=one.group_ids,
        counts_as=frozenset(one.group_ids),
    )


# -- both --------------------------------------------------------------------------------------


class Timed(NamedTuple):
    answers: list[bool]
    seconds: float


def timed(questions: list[Question], ask: Callable[[Question], bool]) -> Timed:
    start = process_time()
    answers = [ask(one) for one in questions]
    return Timed(answers, process_time() - start)


def drawn(facts: Topology) -> tuple[list[Question], list[Question]]:
    chance, every = random.Random(50), facts.interfaces.all()
    outside = [Question(None, chance.choice(every), chance.choice(PORTS)) for _ in range(EACH)]
    pairs = [chance.sample(every, 2) for _ in range(EACH)]
    return outside, [Question(source, target, chance.choice(PORTS)) for source, target in pairs]


def main() -> int:
    facts = network(INTERFACES, GROUPS)
    rules, version = rules_in(facts), z3.get_version_string()
    print(f"{INTERFACES:,} interfaces, {GROUPS} groups, {rules:,} rules in {REGION}; z3 {version}")
    titles = ("from the internet", "inside the VPC")
    for title, questions in zip(titles, drawn(facts), strict=True):
        compared(facts, title, questions)
    print(f"aim: {AIM:,} times")
    return 0


def compared(facts: Topology, title: str, questions: list[Question]) -> None:
    """Prints one table. Raises AssertionError where any two answers differ."""
    layers = Layers(facts)
    engine = [timed(questions, lambda it: answered(facts, layers, it)) for _ in range(2)]
    print(f"{len(questions)} questions {title}, {sum(engine[0].answers)} of them yes; engine:", end=" ")
    print(f"first {1e3 * engine[0].seconds:.2f} ms, again {1e3 * engine[1].seconds:.2f} ms")
    for name, make in (("whole network", Whole), ("by hand", Encoded)):
        start = process_time()
        encoded = make(facts)
        made = process_time() - start
        runs = [timed(questions, encoded.answer) for _ in range(2)]
        assert all(one.answers == engine[0].answers for one in (*runs, engine[1])), "the answers differ"
        first, again = runs[0].seconds + made, runs[1].seconds
        print(f"  z3, {name:14} first {1e3 * first:9.1f} ms ({first / engine[0].seconds:8,.0f} times)", end="")
        print(f", again {1e3 * again:9.1f} ms ({again / engine[1].seconds:8,.0f} times): the same answers")


if __name__ == "__main__":
    sys.exit(main())
