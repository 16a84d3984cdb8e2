"""Names in DNS: which records, in which zones, may say where a domain goes."""

from __future__ import annotations

from functools import cached_property

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word
from vpclink_checks.sources.leads.front import Front


class Names:
    """What Route 53's answers lead to."""

    def __init__(self, answers: Answers, front: Front) -> None:
        self._answers = answers
        self._front = front

    @cached_property
    def followed(self) -> set[str]:
        """The domains, and every name that their records hand on to, step by step."""
        records = list(self._answers.rows("route53:ListResourceRecordSets", "ResourceRecordSets"))
        found = set(self._front.domains)
        while True:
            answering = found | {wildcard(name) for name in found}
            more = {target for record in records if plain(word(record, "Name")) in answering for target in _to(record)}
            if more <= found:
                return found
            found |= more

    @cached_property
    def in_zones(self) -> set[tuple[str, str]]:
        """(zone id, name to look for): each name in every zone above it, and the wildcard where it is not there."""
        zones = [
            (word(zone, "Id").rpartition("/")[2], plain(word(zone, "Name")))
            for zone in self._answers.rows("route53:ListHostedZones", "HostedZones")
        ]
        above = {(id_, name) for id_, zone in zones for name in self.followed if f".{name}".endswith(f".{zone}")}
        return above | {(id_, wildcard(name)) for id_, name in above & self._missing}

    @cached_property
    def _missing(self) -> set[tuple[str, str]]:
        """(zone id, name) looked for in vain: a wildcard may answer there."""
        return {
            (word(params, "HostedZoneId"), word(params, "StartRecordName"))
            for params, page in self._answers.responses("route53:ListResourceRecordSets")
            if word(params, "StartRecordName")
            not in {plain(word(one, "Name")) for one in rows(page, "ResourceRecordSets")}
        }


def plain(name: str) -> str:
    """Lower case, no trailing dot, the asterisk as an asterisk (Route 53 writes ``\\\\052``)."""
    return name.replace("\\052", "*").rstrip(".").lower()


def wildcard(name: str) -> str:
    """The wildcard that would answer in the place of *name*."""
    return name if name.startswith("*.") else "*." + name.partition(".")[2]


def _to(record: Raw) -> set[str]:
    """The names that a record hands on to."""
    named = [word(one, "Value") for one in rows(record, "ResourceRecords")] if record.get("Type") == "CNAME" else []
    return {plain(name) for name in [*named, word(part(record, "AliasTarget"), "DNSName")] if name}
