"""What ``vpclink init`` asks first: which domains and links there are. Collecting starts from those of the config."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table import arns
from vpclink_checks.sources.table.domain import GATEWAY
from vpclink_checks.sources.table.paging import http_paging, rest_paging
from vpclink_checks.sources.table.wants import once

# The list is a resource of its own: …/vpclinks beside …/vpclinks/*.
_LINK_LIST = tuple(one.removesuffix("/*") for one in arns.VPC_LINKS)

_v1 = partial(Row, service="apigateway", action=GATEWAY, wants=once, because="vpclink init, once")
_v2 = partial(Row, service="apigatewayv2", action=GATEWAY, wants=once, because="vpclink init, once")

SURVEY: tuple[Row, ...] = (
    # Version 1 alone lists every domain: those of HTTP APIs are the same ones, and private ones only it knows.
    _v1(operation="GetDomainNames", hop="domain", paging=rest_paging(), resources=arns.DOMAIN_LIST),
    _v1(operation="GetVpcLinks", hop="vpc-link", paging=rest_paging(), resources=_LINK_LIST),
    _v2(operation="GetVpcLinks", hop="vpc-link", paging=http_paging(), resources=_LINK_LIST),
)
