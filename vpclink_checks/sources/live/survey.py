"""Looks around: which custom domains and VPC links a region has, and where the domains lead, as far as the links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import botocore.session
from botocore.exceptions import BotoCoreError

from vpclink_checks.errors import ConfigError, Problem
from vpclink_checks.settings import EnvSettings
from vpclink_checks.settings.rules import REGION
from vpclink_checks.sources.calls import TABLE
from vpclink_checks.sources.facts import Facts, Recording
from vpclink_checks.sources.live.collect import collect
from vpclink_checks.sources.live.session import stopped
from vpclink_checks.sources.rows import Row
from vpclink_checks.sources.table.survey import SURVEY

HOPS = ("domain", "api", "integration", "vpc-link")
SERVICES = ("apigateway", "apigatewayv2")


def survey(settings: EnvSettings, *, progress: Callable[[str], None] | None = None) -> Recording:
    """The lists of domains and links, and what leads from the domains to links; nothing behind.

    Settings without a region go by that of the profile or of AWS_DEFAULT_REGION. Raises as ``collect``
    does, and ConfigError where there is no region.
    """
    settings = replace(settings, region=settings.region or _configured_region(settings))
    return collect(settings, progress=progress, rows=_rows(), start=lambda facts: with_domains(settings, facts))


def with_domains(settings: EnvSettings, facts: Facts) -> EnvSettings:
    """The settings with every domain that was listed."""
    listed = (one.response.get("items") or () for one in facts.of("apigateway", "GetDomainNames") if one.response)
    names = dict.fromkeys(str(one.get("domainName", "")).lower() for several in listed for one in several)
    return replace(settings, domains=tuple(name for name in names if name))


def _rows() -> tuple[Row, ...]:
    """The lists, and those rows of the table that lead on."""
    listing = {row.name for row in SURVEY}
    leading = (row for row in TABLE if row.service in SERVICES and row.hop in HOPS and not row.closing)
    return (*SURVEY, *(row for row in leading if row.name not in listing))


def _configured_region(settings: EnvSettings) -> str:
    try:
        region = botocore.session.Session(profile=settings.profile or None).get_config_variable("region")
    except BotoCoreError as error:
        raise stopped(settings, error) from None
    if not region or not REGION.fits(region):
        found = f"found {region!r}" if region else "no region is set"
        raise ConfigError([Problem("--region", None, f"expected {REGION.expected}, {found}", hint="or set AWS_REGION")])
    return str(region)
