"""How each family of operations pages, and how many things one call may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vpclink_checks.sources.leads.names import plain
from vpclink_checks.sources.rows import Paging


def rest_paging(items: str = "items") -> Paging:
    """API Gateway version 1: at most 500 a page."""
    return Paging(items=items, token_in=("position",), token_out=("position",), size_key="limit", size=500)


def http_paging(items: str = "Items", size: int | str = "500") -> Paging:
    """API Gateway version 2 takes the size as a string, but for routing rules."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=size)


def elb_paging(items: str) -> Paging:
    """Elastic Load Balancing: at most 400 a page."""
    return Paging(items=items, token_in=("Marker",), token_out=("NextMarker",), size_key="PageSize", size=400)


def ec2_paging(items: str, size: int = 1000) -> Paging:
    """EC2: at most 1000 a page, with exceptions."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=size)


def scaling_paging(items: str) -> Paging:
    """Auto Scaling: at most 100 a page."""
    return Paging(items=items, token_in=("NextToken",), token_out=("NextToken",), size_key="MaxRecords", size=100)


def ecs_paging(items: str) -> Paging:
    """ECS: at most 100 a page."""
    return Paging(items=items, token_in=("nextToken",), token_out=("nextToken",), size_key="maxResults", size=100)


def _past_the_name(params: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    """Route 53 goes on to the end of the zone; what follows the name is not ours to read."""
    records = page.get("ResourceRecordSets") or ()
    wanted = params.get("StartRecordName", "")
    return bool(wanted) and any(plain(one.get("Name", "")) != plain(wanted) for one in records)


CLOUD_MAP = Paging(
    items="Instances", token_in=("NextToken",), token_out=("NextToken",), size_key="MaxResults", size=100
)
ZONES = Paging(items="HostedZones", token_in=("Marker",), token_out=("NextMarker",), more="IsTruncated")
RECORDS = Paging(
    items="ResourceRecordSets",
    token_in=("StartRecordName", "StartRecordType", "StartRecordIdentifier"),
    token_out=("NextRecordName", "NextRecordType", "NextRecordIdentifier"),
    size_key="MaxItems",
    size="20",
    more="IsTruncated",
    done=_past_the_name,
)
