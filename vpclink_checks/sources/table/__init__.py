"""The table of calls: one file for each stretch of the path, one row for each operation."""

from __future__ import annotations

from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table import balancing, containers, domain, doors, gateway, network, transit

TABLE: tuple[Row, ...] = (
    *domain.ROWS,
    *gateway.ROWS,
    *balancing.ROWS,
    *network.ROWS,
    *transit.ROWS,
    *containers.ROWS,
    *doors.ROWS,
)
