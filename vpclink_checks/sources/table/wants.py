"""The parameters that leads give, where more than one operation asks alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vpclink_checks.sources.leads import Leads
from vpclink_checks.sources.rows import Batch, Params


def by_filter(*after: str) -> Batch:
    """EC2's Filters: at most 200 values a request. *after*: the operations whose answers name what is asked for."""
    return Batch(key="Filters", size=200, after=after)


def each(key: str, values: Iterable[str]) -> list[Params]:
    """One call a value."""
    return [{key: value} for value in sorted(values)]


def filtered(name: str, values: Iterable[str]) -> list[Params]:
    """EC2's Filters; the batch takes them apart again."""
    held = sorted(values)
    return [{"Filters": [{"Name": name, "Values": held}]}] if held else []


def once(_leads: Leads) -> list[Params]:
    """Once, whatever the facts."""
    return [{}]


def once_private(leads: Leads) -> list[Params]:
    """Once, as soon as something leads into a VPC."""
    return [{}] if leads.front.goes_private else []


def once_in_vpc(leads: Leads) -> list[Params]:
    """Once, as soon as a VPC is known."""
    return [{}] if leads.network.vpc_ids else []


def in_vpc(name: str) -> Callable[[Leads], list[Params]]:
    """By the filter that names the VPC."""
    return lambda leads: filtered(name, leads.network.vpc_ids)
