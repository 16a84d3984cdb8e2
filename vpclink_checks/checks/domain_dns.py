"""Checks of the domain hop: where the DNS records of the custom domain lead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vpclink_checks.checks.catalogue import Context, NotApplicable, check
from vpclink_checks.checks.subjects import domain_subject
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.checks.waivers import PROBES_OFF
from vpclink_checks.model.domain import DnsRecord, DomainName, HostedZone, dns_name
from vpclink_checks.model.fact import read
from vpclink_checks.model.topology import Topology
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

LIST = "route53:ListResourceRecordSets"
EXISTS = ("domain/exists",)
LONGEST_CHAIN = 8  # of names handed on; more is a ring
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"  # of every edge-optimized endpoint: botocore 1.44.5, apigateway DomainName
OF_AWS = re.compile(r"(\.execute-api\.|\.elb\.|^elb\.).*\.amazonaws\.com(\.cn)?$|\.elb\.amazonaws\.com$")


@dataclass(frozen=True, slots=True)
class Lead:
    """Where one record leads. ``right`` is None where the facts do not tell."""

    record: DnsRecord
    right: bool | None
    text: str


@check(
    "domain/dns-points-at-endpoint",
    title="Every DNS record of the custom domain leads to its API Gateway endpoint",
    severity=Severity.BLOCKER,
    subjects=domain_subject,
    why="A name that is missing, or that leads elsewhere, never brings the request (and its Host and SNI) to the API.",
    fix=Fix(
        "Alias the name to the domain's regionalDomainName with its regionalHostedZoneId, or CNAME it there. "
        "If the zone is not in this account, set dns = { external = true } or dns = { role_arn = … }.",
        cli="aws apigateway get-domain-name --domain-name NAME --query '[regionalDomainName,regionalHostedZoneId]'",
        terraform='aws_route53_record { type = "A" alias { name = aws_api_gateway_domain_name.X.regional_domain_name '
        "zone_id = aws_api_gateway_domain_name.X.regional_zone_id } }",
    ),
    source="API Gateway developer guide, apigateway-regional-api-custom-domain-create; botocore 1.44.5, apigateway",
    needs=EXISTS,
    refutable=True,
)
def dns_points_at_endpoint(ctx: Context, domain: DomainName) -> Verdict:
    if domain.private:
        raise NotApplicable("a private custom domain is resolved inside its VPCs")
    if ctx.settings.dns_external:
        return _by_resolving(ctx, "the zone is elsewhere, as the config says")
    zones = _nearest(zone for zone in ctx.topology.hosted_zones.all() if not zone.private and zone.holds(domain.name))
    if not zones:
        return unknown(f"no public hosted zone of this account holds {domain.name}: its DNS is elsewhere")
    verdicts = [_in_zone(ctx, domain, zone) for zone in zones]
    if len({one.outcome for one in verdicts}) > 1:
        ids = ", ".join(zone.id for zone in zones)
        return unknown(f"public zones named {zones[0].name} disagree ({ids}): only one of them is delegated to")
    return verdicts[0]


def _nearest(zones: Iterable[HostedZone]) -> list[HostedZone]:
    """The zones with the longest name: the last delegation."""
    found = sorted(zones, key=lambda zone: len(zone.name), reverse=True)
    return [zone for zone in found if len(zone.name) == len(found[0].name)]


def answering(topology: Topology, zone: HostedZone, name: str) -> list[DnsRecord]:
    """The records of this zone that answer for *name*: its own, or else the wildcard's. Raises UnknownFact."""
    mine = [one for one in topology.records.find(name) or () if one.zone_id == zone.id]
    return [one for one in mine if dns_name(one.name) == dns_name(name)] or mine


def _in_zone(ctx: Context, domain: DomainName, zone: HostedZone) -> Verdict:
    records = answering(ctx.topology, zone, domain.name)
    live = [one for one in records if one.type in ("A", "AAAA", "CNAME")]
    if not live:
        return _missing(domain, zone, records)
    weighted = [one for one in live if one.weight]
    leads = [_lead(ctx.topology, domain, one) for one in weighted or live]
    evidence = tuple(_evidence(one.record) for one in leads)
    wrong = [one for one in leads if one.right is False]
    if wrong:
        return failed(f"{_share(wrong, leads)} of {domain.name}: {wrong[0].text}", *evidence)
    beyond = [one for one in leads if one.right is None]
    if beyond:
        return unknown(f"{_share(beyond, leads)} of {domain.name}: {beyond[0].text}", *evidence)
    return passed(f"{leads[0].text} ({len(leads)} record{'s' if len(leads) > 1 else ''})", *evidence)


def _share(some: list[Lead], every: list[Lead]) -> str:
    kinds = ", ".join(sorted({one.record.type for one in some}))
    return f"{kinds} record" if len(every) == 1 else f"{len(some)} of {len(every)} records ({kinds})"


def _missing(domain: DomainName, zone: HostedZone, records: list[DnsRecord]) -> Verdict:
    evidence = Evidence(LIST, "ResourceRecordSets", "no A, AAAA or CNAME")
    between = dns_name(domain.name).removesuffix(dns_name(zone.name)).rstrip(".")
    if "." in between or any(one.type == "NS" for one in records):
        return unknown(f"{domain.name} may be delegated out of public zone {zone.id} ({zone.name})", evidence)
    return failed(f"public zone {zone.id} ({zone.name}) has no A, AAAA or CNAME record for {domain.name}", evidence)


def _lead(topology: Topology, domain: DomainName, record: DnsRecord, steps: int = 0) -> Lead:
    """Judge one record by its first target: an alias has one, a CNAME has one, addresses are all alike."""
    target = dns_name(record.alias_name or next(iter(record.values), ""))
    endpoint = next((one for one in domain.endpoints if dns_name(one.dns_name) == target), None)
    if endpoint is None:
        return _further(topology, domain, record, target, steps)
    zone_id = endpoint.hosted_zone_id or (CLOUDFRONT_ZONE if endpoint.type == "EDGE" else "")
    if record.alias_name and zone_id and record.alias_zone_id != zone_id:
        text = f"the alias names hosted zone id {record.alias_zone_id}; {target} is in {zone_id}"
        return Lead(record, right=False, text=text)
    return Lead(record, right=True, text=f"{domain.name} leads to its {endpoint.type} endpoint {target}")


def _further(topology: Topology, domain: DomainName, record: DnsRecord, target: str, steps: int) -> Lead:
    """A record that names no endpoint: wrong, or handed on to a name whose records are known, or beyond the facts."""
    wanted = " or ".join(one.dns_name for one in domain.endpoints) or "its endpoint"
    address = record.type != "CNAME" and not record.alias_name
    if address or OF_AWS.search(target):
        return Lead(record, right=False, text=f"it leads to {target}, not to {wanted}")
    onward = [one for one in topology.records.rows.get(target, ()) if one.type in (record.type, "CNAME")]
    if not onward or steps >= LONGEST_CHAIN:
        return Lead(record, right=None, text=f"it leads on to {target}, which the facts do not follow to {wanted}")
    leads = [_lead(topology, domain, one, steps + 1) for one in onward]
    worst = min(leads, key=lambda lead: (lead.right is not False, lead.right is True))
    return Lead(record, right=worst.right, text=worst.text)


def _evidence(record: DnsRecord) -> Evidence:
    if record.alias_name:
        return Evidence(LIST, f"{record.type} AliasTarget", f"{record.alias_name} ({record.alias_zone_id})")
    return Evidence(LIST, f"{record.type} ResourceRecords", ", ".join(record.values))


def _by_resolving(ctx: Context, why: str) -> Verdict:
    """Judge by what the probe of this path met: a verified certificate proves the name, no name disproves it."""
    if not ctx.probes_on:
        raise NotApplicable(PROBES_OFF)
    seen = [one for one in ctx.observations.values() if one.path_id == ctx.here.id and not one.connect_to]
    attempts = [attempt for one in seen for attempt in one.attempts]
    evidence = tuple(Evidence("probe", "address", address) for address in sorted({a.address for a in attempts} - {""}))
    if any(attempt.failure == "dns" for attempt in attempts):
        detail = next(attempt.detail for attempt in attempts if attempt.failure == "dns")
        return failed(f"{why}, and the name does not resolve: {detail}", *evidence)
    if attempts and all(attempt.tls_verified for attempt in attempts):
        return passed(f"{why}: the name resolves, and a verified certificate answers there", *evidence)
    return unknown(f"{why}, and no probe resolved the name and verified its certificate", *evidence)


@check(
    "domain/private-zone-agrees",
    title="No private hosted zone answers differently for the custom domain",
    severity=Severity.RISK,
    subjects=domain_subject,
    why="Inside an associated VPC a private zone takes the place of the public one, record by record missing or not.",
    fix=Fix("Give the private zone the same record as the public one, or take the zone from the VPC."),
    source="Route 53 developer guide, hosted-zone-private-considerations; which callers it meets is unconfirmed",
    needs=EXISTS,
)
def private_zone_agrees(ctx: Context, domain: DomainName) -> Verdict:
    if ctx.settings.dns_external or domain.private:
        raise NotApplicable("the custom domain's zone is not judged by this account's public zones")
    shadows = _nearest(zone for zone in ctx.topology.hosted_zones.all() if zone.private and zone.holds(domain.name))
    for zone in shadows:
        live = [one for one in answering(ctx.topology, zone, domain.name) if one.type in ("A", "AAAA", "CNAME")]
        if not live or any(_lead(ctx.topology, domain, one).right is not True for one in live):
            says = "another answer" if live else "no record"
            text = f"private zone {zone.id} ({zone.name}) has {says} for {domain.name}: callers in its VPCs get that"
            return noted(text, *(_evidence(one) for one in live))
    return passed(f"no private zone answers differently for {domain.name}")


@check(
    "domain/ip-type-matches-records",
    title="AAAA records and the domain's IP address type agree",
    severity=Severity.HYGIENE,
    subjects=domain_subject,
    why="IPv6-only callers fail, or fall back slowly, where one says dualstack and the other IPv4.",
    fix=Fix(
        "Publish an AAAA alias for a dualstack domain, and none for an ipv4 one.",
        cli="aws apigateway update-domain-name --domain-name NAME "
        "--patch-operations op=replace,path=/endpointConfiguration/ipAddressType,value=dualstack",
        terraform='aws_api_gateway_domain_name.endpoint_configuration { ip_address_type = "dualstack" }',
    ),
    source="botocore 1.44.5, apigateway EndpointConfiguration.ipAddressType",
    needs=EXISTS,
)
def ip_type_matches_records(ctx: Context, domain: DomainName) -> Verdict:
    zones = _judgeable_zones(ctx, domain)
    kinds = {one.type for zone in zones for one in answering(ctx.topology, zone, domain.name)}
    evidence = Evidence("apigateway:GetDomainName", "endpointConfiguration.ipAddressType", domain.ip_address_type)
    if "CNAME" in kinds or not kinds & {"A", "AAAA"}:
        raise NotApplicable("no address records of this name are in the facts")
    if domain.ip_address_type not in ("ipv4", "dualstack"):
        return unknown(f"{domain.name} has IP address type {domain.ip_address_type}, which is not known", evidence)
    if domain.ip_address_type == "ipv4" and "AAAA" in kinds:
        return failed(f"{domain.name} has an AAAA record, and its IP address type is ipv4", evidence)
    if domain.ip_address_type == "dualstack" and "AAAA" not in kinds:
        return failed(f"{domain.name} is dualstack and has no AAAA record", evidence)
    return passed(f"records {', '.join(sorted(kinds))} fit IP address type {domain.ip_address_type}", evidence)


def _judgeable_zones(ctx: Context, domain: DomainName) -> list[HostedZone]:
    if not (ctx.settings.dns_external or domain.private):
        read(domain, "ip_address_type")
    if ctx.settings.dns_external or domain.private or not domain.ip_address_type:
        raise NotApplicable("the zone is elsewhere, or the facts give no IP address type")
    return _nearest(zone for zone in ctx.topology.hosted_zones.all() if not zone.private and zone.holds(domain.name))
