"""What a survey found: where each custom domain leads, and the VPC links that none leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.sources.facts import Facts

ROOT = "(none)"  # API Gateway's own word for the root


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One mapping or rule of a domain. ``link``: the VPC link's id; ``unknown``: why it is not known whether one is."""

    domain: str
    base_path: str = ""
    api: str = ""
    stage: str = ""
    link: str = ""
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A VPC link, of version 1 (it names its load balancer) or 2 (its integrations do)."""

    id: str
    version: int
    name: str = ""

    @property
    def title(self) -> str:
        """``abc123 orders (version 1)``."""
        return f"{' '.join(one for one in (self.id, self.name) if one)} (version {self.version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All of it. ``domains`` are those that were listed, in their order; ``private`` those that only a VPC can call."""

    account: str
    region: str
    domains: tuple[str, ...]
    leads: tuple[Lead, ...]
    links: tuple[Link, ...]
    private: frozenset[str] = frozenset()

    def titled(self, domain: str) -> str:
        """``api.example.com``, or with ``(private)`` behind it."""
        return f"{domain} (private)" if domain in self.private else domain

    @property
    def leading(self) -> tuple[str, ...]:
        """The domains that lead to a link, or may: what was not read may be one."""
        held = {lead.domain for lead in self.leads if lead.link or lead.unknown}
        return tuple(name for name in self.domains if name in held)

    @property
    def unled(self) -> tuple[Link, ...]:
        """The links that no domain is known to lead to."""
        used = {lead.link for lead in self.leads}
        return tuple(link for link in self.links if link.id not in used)

    def link(self, link_id: str) -> Link | None:
        """The link of this id, if it was listed."""
        return next((link for link in self.links if link.id == link_id), None)


def found(topology: Topology, facts: Facts, domains: Iterable[str]) -> Found:
    """From the domains of a topology that ends at its links."""
    names = tuple(domains)
    leads = dict.fromkeys(_leads(topology))
    leading = {replace(lead, link="", unknown="") for lead in leads}
    leads |= dict.fromkeys(lead for lead in _beside(topology) if replace(lead, unknown="") not in leading)
    known = {lead.domain for lead in leads}
    leads |= dict.fromkeys(Lead(domain=name) for name in names if name not in known)
    place = {name: number for number, name in enumerate(names)}
    return Found(
        account=topology.account,
        region=topology.region,
        domains=names,
        leads=tuple(
            sorted(leads, key=lambda one: (place.get(one.domain, len(place)), one.base_path, one.api, one.link))
        ),
        links=tuple(_links(facts)),
        private=frozenset(one.name for one in topology.domains if one.private),
    )


def _leads(topology: Topology) -> Iterator[Lead]:
    for path in topology.paths:
        if path.stop is not None and path.stop.check == "domain/exists":
            yield Lead(domain=path.title, unknown="it was listed, and cannot be read by its name")
        name = path.domain.name if path.domain else path.title
        link = path.link.id if path.link else path.destination.connection_id if path.destination else ""
        gap = path.stop.gap if path.stop else None
        if link or gap is not None:
            for base in _base_paths(path):
                held = path.mapping or path.rule
                yield Lead(
                    domain=name,
                    base_path=base,
                    api=_api(topology, held.api_id) if held else "",
                    stage=path.stage.name if path.stage else held.stage if held else "",
                    link=link,
                    unknown="" if link else _why(gap),
                )


def _base_paths(path: Path) -> tuple[str, ...]:
    """A rule answers for several; where the mappings were not read, for none that is known."""
    if path.rule is not None:
        return path.rule.base_paths or (ROOT,)
    return (path.base_path or ROOT,) if path.mapping else ("",)


def _api(topology: Topology, api_id: str) -> str:
    api = topology.apis.rows.get(api_id)
    return (api.name if api else "") or api_id


def _beside(topology: Topology) -> Iterator[Lead]:
    """Mappings and routes that lead to no link."""
    for one in topology.neighbours:
        yield Lead(
            domain=one.domain,
            base_path=one.base_path or ROOT,
            api=_api(topology, one.api_id),
            stage=one.stage,
            unknown=_why(one.gap),
        )


def _why(gap: Gap | None) -> str:
    return f"{gap.operation}: {gap.code}" if gap is not None else ""


def _links(facts: Facts) -> Iterator[Link]:
    for one in _listed(facts, "apigateway", "items"):
        yield Link(id=str(one.get("id", "")), version=1, name=str(one.get("name", "")))
    for one in _listed(facts, "apigatewayv2", "Items"):
        yield Link(id=str(one.get("VpcLinkId", "")), version=2, name=str(one.get("Name", "")))


def _listed(facts: Facts, service: str, key: str) -> Iterator[Mapping[str, object]]:
    for answer in facts.of(service, "GetVpcLinks"):
        yield from (answer.response or {}).get(key) or ()
