"""Partitions and regions, as botocore's endpoint data know them: which services are where, and whose a region is."""

from __future__ import annotations

from difflib import get_close_matches

import botocore
from botocore.exceptions import UnknownRegionError
from botocore.session import Session

from vpclink_checks.settings import EnvSettings


def not_here(session: Session, settings: EnvSettings, service: str) -> str:
    """Why *service* cannot be asked in the partition of the settings' region; "" where it can.

    Of regions botocore's data may be behind, of partitions not: so a service that lacks only the region is asked.
    """
    partition = partition_of(session, settings.region)
    if settings.endpoint_url or not partition:
        return ""
    if session.get_available_regions(service, partition, allow_non_regional=True):
        return ""
    return f"there is no {service} in partition {partition} (endpoint data of botocore {botocore.__version__})"


def partition_of(session: Session, region: str) -> str:
    """``aws-cn`` for ``cn-north-1``, also for a region that botocore has not heard of yet; "" for no region's name."""
    try:
        return str(session.get_partition_for_region(region))
    except UnknownRegionError:
        return ""


def doubts(session: Session, settings: EnvSettings) -> str:
    """What may be wrong with the region where nobody answers: a sentence to put behind the error, or ""."""
    region = settings.region
    regions = [one for name in session.get_available_partitions() for one in session.get_available_regions("ec2", name)]
    if region and region not in regions:
        near = get_close_matches(region, regions, n=1)
        return f"; botocore knows no region {region}" + (f", did you mean {near[0]}?" if near else "")
    partition = partition_of(session, region)
    if partition not in ("", "aws"):
        return f"; region {region} is in partition {partition}, which takes credentials of its own alone"
    return ""


def foreign(session: Session, settings: EnvSettings, arn: str) -> str:
    """Why the caller's ARN and the settings' region do not go together; "" where they do."""
    mine, theirs = partition_of(session, settings.region), arn.split(":")[1] if arn.count(":") > 1 else ""
    if not mine or not theirs or mine == theirs:
        return ""
    return f"these credentials are of partition {theirs}, and region {settings.region} is in {mine}"
