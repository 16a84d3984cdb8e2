"""Tables from the domain to its certificate, records and mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from vpclink_checks.model.balancing import Listener
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, HostedZone, Mapping, RoutingRule
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources import aws_shapes_domain as shapes
from vpclink_checks.sources.aws_shapes import Raw, dns_name, part, rows, text
from vpclink_checks.sources.discovery.recorded import Recorded, first_gap, gap_in, says_absent, table_of

_DOMAIN_V2 = "apigatewayv2:GetDomainName"


def domain_names(settings: EnvSettings) -> tuple[str, ...]:
    """The domains of the settings, as AWS spells them."""
    return tuple(dict.fromkeys(dns_name(name) for name in settings.domains))


def domains(recorded: Recorded, names: Iterable[str]) -> Table[DomainName]:
    """Both versions show the same domain. Version 1 says all of it; a row from version 2 alone carries its gap."""
    known: dict[str, DomainName] = {}
    gaps: dict[str, Gap] = {}
    for name in names:
        first = recorded.one("apigateway:GetDomainName", {"domainName": name}, _names("domainName", name))
        second = recorded.one(_DOMAIN_V2, {"DomainName": name}, _names("DomainName", name))
        if isinstance(first, Gap):
            gaps[name] = first
        elif first is None and (unsure := second if isinstance(second, Gap) else _unlisted(recorded, second)):
            gaps[name] = unsure
        if first is not None and not isinstance(first, Gap):
            known[name] = _associated(recorded, shapes.domain_v1(first, recorded.lacking("apigateway:GetDomainName")))
            if second is not None and not isinstance(second, Gap):
                known[name] = _worse(known[name], shapes.domain_v2(second))
        elif second is not None and not isinstance(second, Gap):
            known[name] = shapes.domain_v2(second, recorded.lacking("apigatewayv2:GetDomainName"))
    return Table(rows=known, gaps=gaps)


def _unlisted(recorded: Recorded, second: Raw | None) -> Gap | None:
    """Why a name that neither version knows may yet be a private domain: those have ids, which the list alone tells."""
    return None if second is not None else recorded.coverage("apigateway:GetDomainNames").gap


def _associated(recorded: Recorded, domain: DomainName) -> DomainName:
    """A private domain with the VPC endpoints that may call it, of this account and of others."""
    if not domain.private:
        return domain
    name = "apigateway:GetDomainNameAccessAssociations"
    mine, gap = recorded.about(name, {}, covers=lambda asked: "resourceOwner" not in asked)
    others, other_gap = recorded.about(name, {"resourceOwner": "OTHER_ACCOUNTS"})
    listed = [one for response in (*mine, *others) for one in rows(response, "items")]
    ends = (text(one, "accessAssociationSource") for one in listed if text(one, "domainNameArn") == domain.arn)
    unread = first_gap(gap, other_gap)
    return replace(
        domain,
        access_associations=tuple(dict.fromkeys(ends)),
        unread={**domain.unread, **({"access_associations": unread} if unread else {})},
    )


def _worse(first: DomainName, second: DomainName) -> DomainName:
    """The first, with the status of whichever serves less: the versions may differ (semantics, section 12)."""
    rank = {"AVAILABLE": 0, "UPDATING": 1}
    if rank.get(second.status, 2) <= rank.get(first.status, 2):
        return first
    return replace(first, status=second.status, status_message=second.status_message or first.status_message)


def _names(key: str, name: str) -> Callable[[Raw], bool]:
    return lambda response: dns_name(text(response, key)) == name


def mappings(recorded: Recorded, names: Iterable[str]) -> Table[tuple[Mapping, ...]]:
    """What each domain maps. Version 2 lists every mapping; version 1 alone may miss some, and its row says so."""
    known: dict[str, tuple[Mapping, ...]] = {}
    gaps: dict[str, Gap] = {}
    for name in names:
        first = _items(recorded, "apigateway:GetBasePathMappings", {"domainName": name}, "items")
        second = _items(recorded, "apigatewayv2:GetApiMappings", {"DomainName": name}, "Items")
        gap = second if isinstance(second, Gap) else first if second is None and isinstance(first, Gap) else None
        if gap is not None:
            gaps[name] = gap
        if gap is None or isinstance(first, list):
            known[name] = _united(
                [shapes.mapping_v1(one, name) for one in first] if isinstance(first, list) else [],
                [shapes.mapping_v2(one, name) for one in second] if isinstance(second, list) else [],
            )
    return Table(rows=known, gaps=gaps)


def _items(recorded: Recorded, name: str, params: dict[str, str], key: str) -> list[Raw] | Gap | None:
    """What is listed for a domain; None where AWS knows no such domain.

    A gap where version 2 knows the domain and not what it maps: it was deleted in between. (It knows no private ones.)
    """
    found = recorded.listed(name, params, key)
    if isinstance(found, Gap) and says_absent(found):
        domain = params.get("DomainName", "")
        known = domain and recorded.one(_DOMAIN_V2, {"DomainName": domain}, _names("DomainName", domain))
        return found if known and not isinstance(known, Gap) else None
    return found


def _united(first: list[Mapping], second: list[Mapping]) -> tuple[Mapping, ...]:
    by_key = {one.key: one for one in (*first, *second)}
    return tuple(by_key[key] for key in sorted(by_key))


def routing_rules(recorded: Recorded, names: Iterable[str]) -> Table[tuple[RoutingRule, ...]]:
    """The routing rules of each domain, by priority."""
    return table_of((name, _rules(recorded, name)) for name in names)


def _rules(recorded: Recorded, name: str) -> tuple[RoutingRule, ...] | Gap:
    found = _items(recorded, "apigatewayv2:ListRoutingRules", {"DomainName": name}, "RoutingRules")
    if isinstance(found, Gap):
        return found
    every = [shapes.routing_rule(one, name) for one in found or ()]
    return tuple(sorted(every, key=lambda rule: (rule.priority, rule.id)))


def certificates(
    recorded: Recorded,
    held: Table[DomainName],
    listeners: Table[tuple[Listener, ...]],
    listed: Table[tuple[str, ...]],
) -> Table[Certificate]:
    """Those of the domains, and of the listeners as far as they come from ACM."""
    named = [endpoint.certificate_arn for one in held for endpoint in one.endpoints]
    named += [arn for several in listeners for one in several for arn in one.certificate_arns]
    named += [arn for several in listed for arn in several]
    wanted = dict.fromkeys(arn for arn in named if ":acm:" in arn)
    return table_of(((arn, _certificate(recorded, arn)) for arn in wanted), first_gap(gap_in(held), listeners.gap))


def _certificate(recorded: Recorded, arn: str) -> Certificate | Gap | None:
    def says(response: Raw) -> bool:
        return text(part(response, "Certificate"), "CertificateArn") == arn

    found = recorded.one("acm:DescribeCertificate", {"CertificateArn": arn}, says)
    return found if found is None or isinstance(found, Gap) else shapes.certificate(part(found, "Certificate"))


def hosted_zones(recorded: Recorded, settings: EnvSettings) -> Table[HostedZone]:
    """The account's zones; with ``dns = { external = true }`` they are elsewhere, and not ours to read."""
    if settings.dns_external:
        return Table(gap=Gap(operation="route53:ListHostedZones", action="", code="NotRead", message="dns is external"))
    zones = map(shapes.hosted_zone, recorded.rows("route53:ListHostedZones", "HostedZones"))
    return Table(rows={zone.id: zone for zone in zones}, gap=recorded.coverage("route53:ListHostedZones").gap)


def records(recorded: Recorded, names: Iterable[str], zones: Table[HostedZone]) -> Table[tuple[DnsRecord, ...]]:
    """The records of each domain, and of the names that they hand on to in a zone of ours."""
    found: dict[str, tuple[DnsRecord, ...] | Gap] = {}
    waiting = list(names)
    asked = set(waiting)
    while waiting:
        name = waiting.pop(0)
        if name not in asked and not _above(name, zones):
            continue
        found.setdefault(name, _records(recorded, name, zones))
        waiting += [more for more in _handed_on(found[name]) if more not in found]
    return table_of(found.items())


def _above(name: str, zones: Table[HostedZone]) -> list[HostedZone]:
    return [zone for zone in zones if f".{name}".endswith(f".{zone.name}")]


def _handed_on(found: tuple[DnsRecord, ...] | Gap) -> Iterator[str]:
    for one in () if isinstance(found, Gap) else found:
        yield from (one.alias_name,) if one.alias_name else ()
        yield from map(dns_name, one.values if one.type == "CNAME" else ())


def _records(recorded: Recorded, name: str, zones: Table[HostedZone]) -> tuple[DnsRecord, ...] | Gap:
    every: list[DnsRecord] = []
    for zone in _above(name, zones):
        found = _in_zone(recorded, name, zone)
        if isinstance(found, Gap):
            return found
        every += found
    return zones.gap if zones.gap is not None else tuple(every)


def _in_zone(recorded: Recorded, name: str, zone: HostedZone) -> list[DnsRecord] | Gap:
    """The records of exactly this name, else those of the wildcard that answers in its place."""
    wildcard = "*." + name.partition(".")[2]
    for one in dict.fromkeys((name, wildcard)):
        responses, gap = recorded.about(
            "route53:ListResourceRecordSets", {"HostedZoneId": zone.id}, covers=partial(_starts_at, one)
        )
        if gap is not None:
            return gap
        sets = [raw for response in responses for raw in rows(response, "ResourceRecordSets")]
        found = dict.fromkeys(shapes.dns_record(raw, zone.id) for raw in sets)
        mine = [record for record in found if record.name == one]
        if mine:
            return mine
    return []


def _starts_at(name: str, params: Raw) -> bool:
    """A listing from the zone's beginning, or from this name on."""
    return dns_name(text(params, "StartRecordName", default=name)) == name
