"""Which outputs can be read, and by what in their content each is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from vpclink_checks.sources.calls import ROWS
from vpclink_checks.sources.folder.names import kebab


@dataclass(frozen=True, slots=True)
class Kind:
    """One operation. ``key`` is the field that its output always has, "" if none is; ``many``: that is a list."""

    service: str
    operation: str
    key: str = ""
    many: bool = True

    @property
    def name(self) -> str:
        """``ec2:DescribeSubnets``."""
        return f"{self.service}:{self.operation}"

    @property
    def file(self) -> str:
        """``describe-subnets``: how a file of its output is called; with the service where two have the operation."""
        alone = len(by_file()[kebab(self.operation)]) == 1
        return kebab(self.operation) if alone else f"{self.service}-{kebab(self.operation)}"

    def holds(self, content: Mapping[str, Any]) -> bool:
        """Whether this can be its output."""
        if self.key:
            return self.key in content
        if self.service in _SPELLING and content:
            return all(name[:1].islower() == _SPELLING[self.service] for name in content)
        return True


# Version 1 of API Gateway writes its fields small, version 2 great.
_SPELLING = {"apigateway": True, "apigatewayv2": False}
# What the table of calls does not say: the fields of answers that do not come in pages.
_KEYS = {
    "apigateway:GetStages": "item",
    "ec2:DescribeLaunchTemplateVersions": "LaunchTemplateVersions",
    "ec2:DescribeVpnGateways": "VpnGateways",
    "elb:DescribeInstanceHealth": "InstanceStates",
    "elbv2:DescribeLoadBalancerAttributes": "Attributes",
    "elbv2:DescribeTargetGroupAttributes": "Attributes",
    "elbv2:DescribeTargetHealth": "TargetHealthDescriptions",
}
_SINGLE = {
    "acm:DescribeCertificate": "Certificate",
    "apigateway:GetExport": "body",
    "apigatewayv2:ExportApi": "body",
    "ec2:DescribeVpcBlockPublicAccessOptions": "VpcBlockPublicAccessOptions",
    "ecs:DescribeTaskDefinition": "taskDefinition",
    "elb:DescribeLoadBalancerAttributes": "LoadBalancerAttributes",
    "sts:GetCallerIdentity": "Account",
}
# Lists that nobody asks for while reading, and that answer for their members where a folder has them.
_LISTS = (
    Kind("apigateway", "GetDomainNames", "items"),
    Kind("apigateway", "GetVpcLinks", "items"),
    Kind("apigatewayv2", "GetDomainNames", "Items"),
    Kind("apigatewayv2", "GetVpcLinks", "Items"),
)


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of output by name: those of the table of calls, and a few lists."""
    return {kind.name: kind for kind in (*_LISTS, *_from_table())}


def _from_table() -> Iterator[Kind]:
    for row in ROWS.values():
        listed = row.paging.items if row.paging else _KEYS.get(row.name, "")
        if row.paging and row.paging.inside:  # a list inside another structure: CloudFront's
            yield Kind(row.service, row.operation, row.paging.inside, many=False)
            continue
        if not listed and row.batch is not None and row.batch.key[:1].islower():
            listed = row.batch.key  # ECS answers in the field that asks: clusters, services, tasks
        yield Kind(row.service, row.operation, listed or _SINGLE.get(row.name, ""), many=bool(listed))


@cache
def by_file() -> Mapping[str, tuple[Kind, ...]]:
    """``describe-subnets``, ``ec2-describe-subnets`` -> the kinds of output that a file of this name may be."""
    found: dict[str, tuple[Kind, ...]] = {}
    for kind in kinds().values():
        for name in (kebab(kind.operation), f"{kind.service}-{kebab(kind.operation)}"):
            found[name] = (*found.get(name, ()), kind)
    return found


def by_content(content: Mapping[str, Any]) -> tuple[Kind, ...]:
    """The kinds that this content alone may be; none for fields that many operations have."""
    names = set(content) - _COMMON
    return tuple(kind for kind in kinds().values() if kind.key in names)


_COMMON = {"items", "Items", "item", "Attributes", "body", "", "Entries", "Routes"}
