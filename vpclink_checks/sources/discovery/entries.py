"""The entries of a domain: the mappings and routing rules that can decide about a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vpclink_checks.model.domain import DomainName, Mapping, RoutingRule
from vpclink_checks.model.fact import Gap
from vpclink_checks.model.path import Path, Stop
from vpclink_checks.model.topology import Topology

NO_RULES = ("BASE_PATH_MAPPING_ONLY",)
NO_MAPPINGS = ("ROUTING_RULE_ONLY",)


def stopped(path: Path, hop: str, reason: str, *, check: str = "", gap: Gap | None = None) -> Path:
    """The path, ended at this hop."""
    return replace(path, stop=Stop(hop=hop, reason=reason, check=check, gap=gap))


@dataclass(frozen=True, slots=True)
class Entry:
    """One live mapping or rule of a domain, and the base paths that it answers for."""

    path: Path
    api_id: str
    stage: str
    base_paths: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The domain's name."""
        holder = self.path.mapping or self.path.rule
        return holder.domain if holder else ""

    @property
    def base_path(self) -> str:
        """The first of its base paths; "" for the root."""
        return self.base_paths[0] if self.base_paths else ""


def of_mapping(domain: DomainName, mapping: Mapping) -> Entry:
    """A mapping as an entry."""
    path = Path(id="", title="", domain=domain, mapping=mapping)
    return Entry(path=path, api_id=mapping.api_id, stage=mapping.stage, base_paths=(mapping.key,))


def of_rule(domain: DomainName, rule: RoutingRule) -> Entry:
    """A routing rule as an entry; one without base paths answers for all of them."""
    path = Path(id="", title="", domain=domain, rule=rule)
    return Entry(path=path, api_id=rule.api_id, stage=rule.stage, base_paths=rule.base_paths or ("",))


def entries(domain: DomainName, topology: Topology) -> list[Entry | Gap]:
    """The mappings and rules that can decide, by the domain's routing mode (semantics, section 2).

    Rules go first, up to one that catches everything. A gap among them stands for what may be missing.
    """
    found: list[Entry | Gap] = []
    if domain.routing_mode not in NO_RULES:
        rules = topology.routing_rules.peek(domain.name)
        if isinstance(rules, Gap) and not _mode_unread(domain):
            found.append(rules)
        for rule in () if isinstance(rules, Gap) else rules or ():
            found.append(of_rule(domain, rule))
            if rule.catch_all:
                return found
    if domain.routing_mode not in NO_MAPPINGS:
        found += _of_mappings(domain, topology)
    return found


def _mode_unread(domain: DomainName) -> bool:
    """Whether botocore is older than routing rules: the mappings are followed, and checks say what is not known."""
    return "routing_mode" in domain.unread


def _of_mappings(domain: DomainName, topology: Topology) -> Iterator[Entry | Gap]:
    gap = topology.mappings.gaps.get(domain.name, topology.mappings.gap)
    known = topology.mappings.rows.get(domain.name, ())
    yield from (of_mapping(domain, mapping) for mapping in known)
    if gap is not None:
        yield gap
