"""The least-privilege, read-only IAM policy, from the very table that the collector calls by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import Any

from vpclink_checks.sources.calls import TABLE, action_of
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.rows import Row

Statement = dict[str, Any]

VERSION = "2012-10-17"
LONGEST = 6144  # characters of a managed policy, white space not counted (IAM and AWS STS quotas)

_SIDS = {
    "acm": "ReadCertificates",
    "apigateway": "ReadApiGateway",
    "cloudfront": "ReadCloudFront",
    "ec2": "ReadNetwork",
    "ecs": "ReadContainers",
    "globalaccelerator": "ReadAccelerators",
    "route53": "ReadRecords",
    "servicediscovery": "ReadCloudMap",
    "vpc-lattice": "ReadLattice",
    "wafv2": "ReadWebAcls",
}


def document(
    *, partition: str = "aws", region: str = "*", account: str = "*", rows: Iterable[Row] = TABLE
) -> dict[str, Any]:
    """The policy that admits every call of the table and no other: ``{"Version": …, "Statement": […]}``.

    The same table gives the same document, in the same order. *region* and *account* narrow the resources.
    """
    granted = statements(partition=partition, region=region, account=account, rows=rows)
    return {"Version": VERSION, "Statement": granted}


def statements(
    actions: Collection[str] | None = None,
    *,
    partition: str = "aws",
    region: str = "*",
    account: str = "*",
    rows: Iterable[Row] = TABLE,
) -> list[Statement]:
    """The statements that allow these actions of the table (None: all of them): one for those that only ``*`` allows,
    then one a service. Actions that are not in the table are granted to nobody, and left out.
    """
    whole: set[str] = set()
    narrow: dict[str, tuple[set[str], set[str]]] = {}
    for row in rows:
        action = action_of(Call(row.service, row.operation))
        if actions is not None and action not in actions:
            continue
        if "*" in row.resources:
            whole.add(action)
        else:
            held = narrow.setdefault(action.partition(":")[0], (set(), set()))
            held[0].add(action)
            held[1].update(one.format(partition=partition, region=region, account=account) for one in row.resources)
    found = [_statement("ReadWhatHasNoResources", whole, {"*"})] if whole else []
    return found + [_statement(_sid(service), *narrow[service]) for service in sorted(narrow)]


def _statement(sid: str, actions: Collection[str], resources: Collection[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": _least(resources)}


def _least(resources: Collection[str]) -> list[str]:
    """The patterns that no other of them includes."""
    return sorted(one for one in resources if not any(one != other and _includes(other, one) for other in resources))


def _includes(wide: str, narrow: str) -> bool:
    """Segment by segment, as IAM compares ARNs: a wildcard does not reach over a colon before the resource.

    An empty account is not taken for any account: API Gateway has resources of both kinds.
    """
    pairs = zip(wide.split(":", 5), narrow.split(":", 5), strict=False)
    return all(have == want or (want != "" and fnmatchcase(want, have)) for have, want in pairs)


def _sid(service: str) -> str:
    """Letters and digits only, as IAM demands."""
    return _SIDS.get(service) or "Read" + "".join(part.capitalize() for part in service.split("-"))
