"""From the domain's name to the links, balancers and hosts that its integrations name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from vpclink_checks.sources.leads.answers import Answers

_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_EXTENSION = "x-amazon-apigateway-integration"


@dataclass(frozen=True, slots=True)
class PrivateIntegration:
    """What a private integration names, stage variables filled in where they could be."""

    api_id: str
    connection_id: str
    uri: str
    target: str


class Front:
    """Domain, DNS, APIs, stages and integrations."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @cached_property
    def domains(self) -> list[str]:
        """The domain names of the settings, as AWS spells them."""
        return sorted({name.lower().rstrip(".") for name in self._answers.settings.domains})

    @cached_property
    def certificates(self) -> set[str]:
        """Certificates that the domains present."""
        v1 = (response for _, response in self._answers.responses("apigateway:GetDomainName"))
        v2 = self._answers.items("apigatewayv2:GetDomainName", "DomainNameConfigurations")
        keys = ("regionalCertificateArn", "certificateArn", "CertificateArn")
        return {one[key] for one in chain(v1, v2) for key in keys if one.get(key)}

    @cached_property
    def names(self) -> set[str]:
        """The domains, and every name that their records hand on to."""
        found = set(self.domains)
        for record in self._records():
            found |= {target for target in _handed_on(record) if _name(record) in found}
        return found

    def _records(self) -> Iterator[Mapping[str, Any]]:
        return self._answers.items("route53:ListResourceRecordSets", "ResourceRecordSets")

    @cached_property
    def zone_names(self) -> set[tuple[str, str]]:
        """(zone id, name to look for): each name in every zone above it, and the wildcard where it is not there."""
        zones = [
            (zone["Id"].rpartition("/")[2], zone["Name"].rstrip(".").lower())
            for zone in self._answers.items("route53:ListHostedZones", "HostedZones")
        ]
        above = {(id_, name) for id_, zone in zones for name in self.names if f".{name}".endswith(f".{zone}")}
        return above | {(id_, _wildcard(name)) for id_, name in above & self._missing_names}

    @cached_property
    def _missing_names(self) -> set[tuple[str, str]]:
        """(zone id, name) looked for in vain: a wildcard may answer there."""
        return {
            (params["HostedZoneId"], params["StartRecordName"])
            for params, page in self._answers.responses("route53:ListResourceRecordSets")
            if "StartRecordName" in params
            and params["StartRecordName"] not in {_name(one) for one in page.get("ResourceRecordSets") or ()}
        }

    @cached_property
    def served(self) -> set[tuple[str, str]]:
        """(API id, stage) of every mapping and routing rule; the stage is "" where none is named."""
        v1 = self._answers.items("apigateway:GetBasePathMappings", "items")
        v2 = self._answers.items("apigatewayv2:GetApiMappings", "Items")
        pairs = {(one["restApiId"], one.get("stage") or "") for one in v1 if one.get("restApiId")}
        pairs |= {(one["ApiId"], one.get("Stage") or "") for one in v2 if one.get("ApiId")}
        pairs |= {(one["ApiId"], one.get("Stage") or "") for one in self._invocations()}
        return {(api, "" if stage == "(none)" else stage) for api, stage in pairs}

    def _invocations(self) -> Iterator[Mapping[str, Any]]:
        for rule in self._answers.items("apigatewayv2:ListRoutingRules", "RoutingRules"):
            for action in rule.get("Actions") or ():
                if action.get("InvokeApi"):
                    yield action["InvokeApi"]

    @cached_property
    def api_ids(self) -> set[str]:
        """APIs that the domains lead to."""
        return {api for api, _ in self.served}

    @cached_property
    def rest_ids(self) -> set[str]:
        """APIs that are REST APIs; AWS keeps both kinds in one list of mappings, so the v1 call tells."""
        return self.api_ids & self._answers.present("apigateway:GetRestApi", "restApiId")

    @cached_property
    def not_rest_ids(self) -> set[str]:
        """APIs that the v1 call does not know: HTTP or WebSocket, or gone."""
        return self.api_ids & self._answers.absent("apigateway:GetRestApi", "restApiId")

    @cached_property
    def http_ids(self) -> set[str]:
        """APIs that the v2 call knows."""
        return self.api_ids & self._answers.present("apigatewayv2:GetApi", "ApiId")

    @cached_property
    def exported_ids(self) -> set[str]:
        """HTTP APIs proper: a WebSocket API cannot be exported."""
        answered = self._answers.responses("apigatewayv2:GetApi")
        return {params["ApiId"] for params, api in answered if api.get("ProtocolType", "HTTP") == "HTTP"}

    def stages(self, api_ids: set[str]) -> set[tuple[str, str]]:
        """(API id, stage) of these APIs: what the mappings name, or every stage where one names none."""
        named = {(api, stage) for api, stage in self.served if stage and api in api_ids}
        v1 = self._answers.responses("apigateway:GetStages")
        v2 = self._answers.responses("apigatewayv2:GetStages")
        listed = {(params["restApiId"], one["stageName"]) for params, page in v1 for one in page.get("item") or ()}
        listed |= {(params["ApiId"], one["StageName"]) for params, page in v2 for one in page.get("Items") or ()}
        return named | {(api, stage) for api, stage in listed if api in api_ids}

    def open_ids(self, api_ids: set[str]) -> set[str]:
        """APIs that a mapping reaches without naming a stage: callers choose it."""
        return {api for api, stage in self.served if not stage and api in api_ids}

    @cached_property
    def variables(self) -> dict[str, list[Mapping[str, str]]]:
        """API id to the stage variables of each of its stages, the canary's laid over them as a further set."""
        sets: dict[str, list[Mapping[str, str]]] = {}
        for params, stage in self._answers.responses("apigateway:GetStage"):
            base = stage.get("variables") or {}
            over = (stage.get("canarySettings") or {}).get("stageVariableOverrides") or {}
            sets.setdefault(params["restApiId"], []).extend([base, {**base, **over}] if over else [base])
        for params, stage in self._answers.responses("apigatewayv2:GetStage"):
            sets.setdefault(params["ApiId"], []).append(stage.get("StageVariables") or {})
        return sets

    @cached_property
    def private(self) -> set[PrivateIntegration]:
        """Every private integration, edited or deployed, resolved for every stage."""
        found = set()
        for one in chain(self._edited(), self._edited_http(), self._exported()):
            for variables in self.variables.get(one.api_id) or [{}]:
                found.add(
                    replace(
                        one,
                        connection_id=_filled(one.connection_id, variables),
                        uri=_filled(one.uri, variables),
                        target=_filled(one.target, variables),
                    )
                )
        return found

    def _edited(self) -> Iterator[PrivateIntegration]:
        for params, page in self._answers.responses("apigateway:GetResources"):
            for resource in page.get("items") or ():
                for method in (resource.get("resourceMethods") or {}).values():
                    yield from _private(params["restApiId"], (method or {}).get("methodIntegration") or {})

    def _edited_http(self) -> Iterator[PrivateIntegration]:
        for params, page in self._answers.responses("apigatewayv2:GetIntegrations"):
            for one in page.get("Items") or ():
                if one.get("ConnectionType") == "VPC_LINK":
                    yield PrivateIntegration(
                        params["ApiId"], one.get("ConnectionId", ""), one.get("IntegrationUri", ""), ""
                    )

    def _exported(self) -> Iterator[PrivateIntegration]:
        v1 = self._answers.responses("apigateway:GetExport")
        v2 = self._answers.responses("apigatewayv2:ExportApi")
        for params, response in chain(v1, v2):
            for extension in _extensions(response.get("body")):
                yield from _private(params.get("restApiId") or params["ApiId"], extension)

    @cached_property
    def link_ids(self) -> set[str]:
        """Links to be read: those of the integrations and those of the settings."""
        named = {one.connection_id for one in self.private if one.connection_id}
        return {one for one in named if "${" not in one} | set(self._answers.settings.vpc_links)

    @cached_property
    def second_links(self) -> set[str]:
        """Links that can only be of version 2: an HTTP API's, and what the v1 call does not know."""
        http = {one.connection_id for one in self.private if one.api_id in self.http_ids}
        return self.link_ids & (http | self._answers.absent("apigateway:GetVpcLink", "vpcLinkId"))

    @cached_property
    def first_links(self) -> set[str]:
        """Links to be asked for as version 1 first: an id does not tell which it is."""
        rest = {one.connection_id for one in self.private if one.api_id not in self.http_ids}
        return self.link_ids & (rest | set(self._answers.settings.vpc_links))

    @cached_property
    def goes_private(self) -> bool:
        """Whether anything leads into a VPC at all."""
        return bool(self.link_ids or self.private)

    @cached_property
    def hosts(self) -> set[str]:
        """Host names in the addresses of private integrations, lower case."""
        return {_host(one.uri) for one in self.private} - {""}

    @cached_property
    def target_arns(self) -> set[str]:
        """ARNs of balancers and listeners that links and integrations name."""
        links = self._answers.items("apigateway:GetVpcLink", "targetArns")
        named = {arn for one in self.private for arn in (one.uri, one.target)}
        return {arn for arn in named | set(links) if ":elasticloadbalancing:" in arn}


def _private(api_id: str, integration: Mapping[str, Any]) -> Iterator[PrivateIntegration]:
    if integration.get("connectionType") == "VPC_LINK":
        texts = (str(integration.get(key) or "") for key in ("connectionId", "uri", "integrationTarget"))
        yield PrivateIntegration(api_id, *texts)


def _extensions(body: object) -> Iterator[Mapping[str, Any]]:
    """The integrations of an exported OpenAPI document; none where it is not JSON."""
    try:
        document = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        return
    if isinstance(document, Mapping):
        operations = [one for methods in (document.get("paths") or {}).values() for one in methods.values()]
        shared = (document.get("components") or {}).get(f"{_EXTENSION}s") or {}
        yield from (one[_EXTENSION] for one in operations if isinstance(one, Mapping) and one.get(_EXTENSION))
        yield from (one for one in shared.values() if isinstance(one, Mapping))


def _filled(text: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)


def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).hostname or "") if uri.startswith("http") else ""
    except ValueError:  # a half-filled address such as http://[${stageVariables.x}]/
        return ""


def _name(record: Mapping[str, Any]) -> str:
    return str(record.get("Name", "")).replace("\\052", "*").rstrip(".").lower()


def _handed_on(record: Mapping[str, Any]) -> set[str]:
    alias = (record.get("AliasTarget") or {}).get("DNSName")
    values = [one.get("Value", "") for one in record.get("ResourceRecords") or ()]
    named = values if record.get("Type") == "CNAME" else []
    return {name.rstrip(".").lower() for name in [*named, alias] if name}


def _wildcard(name: str) -> str:
    """The wildcard that would answer in the place of *name*."""
    return name if name.startswith("*.") else "*." + name.partition(".")[2]
