"""Entrances beside the path: whatever else may lead to its backend."""

from __future__ import annotations

from functools import partial

from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table.paging import elb_paging
from vpclink_checks.sources.table.wants import once_private

_PRIVATE = "once an integration goes private"
_classic = partial(Row, service="elb", hop="exposure")

ROWS: tuple[Row, ...] = (
    # Listed whole: no filter finds the balancers of an instance.
    _classic(
        operation="DescribeLoadBalancers",
        wants=once_private,
        paging=elb_paging("LoadBalancerDescriptions"),
        because=_PRIVATE,
    ),
)
