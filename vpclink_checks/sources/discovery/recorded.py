"""Looking facts up: what was answered, what AWS says is not there, and what nobody asked.

Three things that must never be taken for one another. An id that was asked for and is not in the answer
does not exist; an id that was never asked for is a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.sources.aws_shapes import Raw, dns_name, rows
from vpclink_checks.sources.calls import action_of
from vpclink_checks.sources.facts import Answer, Call, Facts

T = TypeVar("T")

# NotFoundException (API Gateway), InvalidGroup.NotFound (EC2), LoadBalancerNotFound, NoSuchHostedZone …
_ABSENT = re.compile(r"NotFound(Exception)?$|^NoSuch")
_PAGING = frozenset({"MaxResults", "NextToken", "PageSize", "Marker", "MaxRecords", "MaxItems", "StartRecordName"})
_ELSE = frozenset({"maxResults", "nextToken", "limit", "position", "include", "cluster"})


ABSENT = Gap(operation="", action="", code="NotFound")


def says_absent(gap: Gap) -> bool:
    """Whether AWS's refusal is an answer: there is no such thing."""
    if gap.operation.endswith("DescribeTaskDefinition") and gap.code == "ClientException":
        return "unable to describe task definition" in gap.message.lower()
    return bool(_ABSENT.search(gap.code))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which ids an operation was asked about: with an answer, or in vain. None: about every one there is."""

    missing: Gap
    answered: tuple[frozenset[str] | None, ...] = ()
    refused: tuple[tuple[frozenset[str] | None, Gap], ...] = ()

    def gap_for(self, key: str, *, described: bool = False) -> Gap | None:
        """Why it is not known whether *key* exists; None where that is known.

        *described*: another answer speaks of it, so that "no such thing" does not tell what it is.
        """
        if any(_within(key, scope) for scope in self.answered):
            return None
        for scope, gap in self.refused:
            if _within(key, scope):
                return None if not described and scope == frozenset({key}) and says_absent(gap) else gap
        return self.missing

    @property
    def gap(self) -> Gap | None:
        """Why it is not known which there are at all; None where they were listed."""
        if None in self.answered:
            return None
        return next((gap for scope, gap in self.refused if scope is None), self.missing)


def _within(key: str, scope: frozenset[str] | None) -> bool:
    """Asked for itself, or by the name at the end of its ARN: ``NAME`` of a cluster, ``CLUSTER/NAME`` in one."""
    return scope is None or key in scope or key.partition("/")[2] in scope


def _scope(params: Raw, keys: tuple[str, ...]) -> frozenset[str] | None:
    """The ids that parameters ask for, under any of these names; None for every one; empty where it is unclear."""
    asked = {
        name: value for name, value in params.items() if name not in _PAGING | _ELSE and value not in (None, [], "")
    }
    if not asked:
        return None
    if len(asked) > 1:
        return frozenset()
    ((name, value),) = asked.items()
    if name in ("Filters", "Filter"):  # ec2:DescribeNatGateways has the singular
        filters = rows(params, name)
        fits = len(filters) == 1 and filters[0].get("Name") in keys
        return frozenset(map(str, filters[0].get("Values") or ())) if fits else frozenset()
    if name not in keys:
        return frozenset()
    values = map(str, value) if isinstance(value, list | tuple) else (str(value),)
    return frozenset(_in_cluster(one, str(params.get("cluster", ""))) for one in values)


def _in_cluster(name: str, cluster: str) -> str:
    """ECS takes names for ARNs; a service's name is one in its cluster only."""
    return f"{cluster.rpartition('/')[2]}/{name}" if cluster and not name.startswith("arn:") else name


class Recorded:
    """The facts, looked up by operation (``ec2:DescribeSubnets``) and by what they are about."""

    def __init__(self, facts: Facts) -> None:
        self._answers: dict[str, list[Answer]] = {}
        self._by_param: dict[tuple[str, str, str], list[Answer]] = {}
        for answer in facts:
            self._answers.setdefault(answer.call.name, []).append(answer)
            for key, value in answer.call.params.items():
                if isinstance(value, str):
                    self._by_param.setdefault((answer.call.name, key, _spelt(key, value)), []).append(answer)

    def missing(self, name: str, message: str = "") -> Gap:
        """The gap of a call that is not in the facts."""
        service, _, operation = name.partition(":")
        return Gap(operation=name, action=action_of(Call(service, operation)), code="NotRecorded", message=message)

    def lacking(self, name: str) -> dict[str, Gap]:
        """The members that botocore was too old to read in answers to this operation, with the gap in their place."""
        found = [(one.call, one.lacking) for one in self._answers.get(name, ()) if one.lacking]
        return {member: _too_old(call, old.botocore, member) for call, old in found for member in old.members}

    def answers(self, name: str) -> list[Answer]:
        """Every answer to this operation, refused ones too."""
        return self._answers.get(name, [])

    def responses(self, name: str) -> Iterator[Raw]:
        """Every response to this operation."""
        return (one.response for one in self.answers(name) if one.response is not None)

    def rows(self, name: str, key: str) -> Iterator[Raw]:
        """The structures listed under *key* in every answer to this operation."""
        for answer in self._answers.get(name, ()):
            if answer.response is not None:
                yield from rows(answer.response, key)

    def about(
        self,
        name: str,
        params: Mapping[str, str],
        says: Callable[[Raw], bool] | None = None,
        covers: Callable[[Raw], bool] | None = None,
    ) -> tuple[list[Raw], Gap | None]:
        """Every answer about this, and the gap where there is none: asked for by *params*, or by its own word.

        *covers* may ask more of the parameters. Neither an answer nor a gap: AWS says that there is no such thing.
        """
        found: list[Raw] = []
        never = gap = self.missing(name)
        for answer in self._candidates(name, params, everything=says is not None):
            asked = _asks(answer.call.params, params) and (covers is None or covers(answer.call.params))
            if answer.response is not None and (asked or (says is not None and says(answer.response))):
                found.append(answer.response)
            elif asked and answer.gap is not None:
                gap = self._worse(gap, answer.gap, never)
        return found, None if found or gap is ABSENT else gap

    @staticmethod
    def _worse(gap: Gap, other: Gap, never: Gap) -> Gap:
        """What was refused is not known, though another call of the same thing found nothing (a private domain's)."""
        if says_absent(other):
            return ABSENT if gap is never else gap
        return other

    def _candidates(self, name: str, params: Mapping[str, str], *, everything: bool) -> list[Answer]:
        """The answers asked with the rarest of these parameters; those that must be read to be told, all of them."""
        named = [self._by_param.get((name, key, value), []) for key, value in params.items() if value]
        return self._answers.get(name, []) if everything or not named else min(named, key=len)

    def one(self, name: str, params: Mapping[str, str], says: Callable[[Raw], bool] | None = None) -> Raw | Gap | None:
        """The answer about one thing, the gap in its place, or None where it does not exist."""
        found, gap = self.about(name, params, says)
        return found[0] if found else gap

    def held(self, name: str, params: Mapping[str, str]) -> Raw | Gap:
        """What is said of a thing that another answer described, or the gap in its place.

        Here "no such thing" is a gap as well: of what was there a moment ago and is not found now, nothing is known.
        """
        found = self.one(name, params)
        return self.gone(name, params) if found is None else found

    def listed(self, name: str, params: Mapping[str, str], key: str) -> list[Raw] | Gap:
        """What is listed under *key* for a parent that another answer described, or the gap in its place: as `held`."""
        found, gap = self.about(name, params)
        return [row for response in found for row in rows(response, key)] if found else gap or self.gone(name, params)

    def gone(self, name: str, params: Mapping[str, str]) -> Gap:
        """The gap in place of what a thing held that AWS no longer knows."""
        return self.absent(name, params) or self.missing(name)

    def absent(self, name: str, params: Mapping[str, str]) -> Gap | None:
        """What AWS said where it answers that there is no such thing; None where it did not."""
        answers = (one for one in self._answers.get(name, ()) if _asks(one.call.params, params))
        return next((one.gap for one in answers if one.gap is not None and says_absent(one.gap)), None)

    def coverage(self, name: str, *keys: str) -> Coverage:
        """What this operation was asked about; *keys* name the parameters and filters that hold ids."""
        answers = self._answers.get(name, ())
        return Coverage(
            missing=self.missing(name),
            answered=tuple(_scope(one.call.params, keys) for one in answers if one.response is not None),
            refused=tuple((_scope(one.call.params, keys), one.gap) for one in answers if one.gap is not None),
        )


def _too_old(call: Call, botocore: str, member: str) -> Gap:
    message = f"botocore {botocore} does not know {member}: upgrade boto3"
    return Gap(operation=call.name, action=action_of(call), code="FieldNotInModel", message=message)


def _asks(asked: Raw, wanted: Mapping[str, str]) -> bool:
    return all(_spelt(name, str(asked.get(name, ""))) == value for name, value in wanted.items())


def _spelt(key: str, value: str) -> str:
    """Domain names are the same in any case; ids, names and ARNs are not."""
    return dns_name(value) if key in ("domainName", "DomainName") else value


def first_gap(*gaps: Gap | None) -> Gap | None:
    """The first that is one."""
    return next((gap for gap in gaps if gap is not None), None)


def gap_in(table: Table[T]) -> Gap | None:
    """Why a table may lack rows; None for a complete one."""
    return first_gap(table.gap, *table.gaps.values())


def table_of(found: Iterable[tuple[str, T | Gap | None]], gap: Gap | None = None) -> Table[T]:
    """A table of facts and gaps by key; None stands for what does not exist."""
    known: dict[str, T] = {}
    gaps: dict[str, Gap] = {}
    for key, value in found:
        if isinstance(value, Gap):
            gaps[key] = value
        elif value is not None:
            known[key] = value
    return Table(rows=known, gaps=gaps, gap=gap)


def by_id(
    known: Mapping[str, T],
    wanted: Iterable[str],
    coverage: Coverage,
    gap: Gap | None = None,
    *,
    described: bool = False,
) -> Table[T]:
    """A table of what was read, with a gap for each id that is wanted and was not."""
    unread = [key for key in dict.fromkeys(wanted) if key and key not in known]
    absent_or_gap = ((key, coverage.gap_for(key, described=described)) for key in unread)
    return Table(rows=known, gaps={key: one for key, one in absent_or_gap if one is not None}, gap=gap)
