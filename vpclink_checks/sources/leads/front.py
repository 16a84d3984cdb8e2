"""From the domain's name to the links, balancers and hosts that its integrations name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from urllib.parse import urlsplit

from vpclink_checks.model.destination import expand, readable
from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.documents import integrations

CLOUD_MAP = ":servicediscovery:"


@dataclass(frozen=True, slots=True)
class PrivateIntegration:
    """What a private integration names, stage variables filled in where they could be."""

    api_id: str
    connection_id: str
    uri: str
    target: str
    stage: str = ""  # of an export: the stage that it is of


class Front:
    """APIs, stages and integrations."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @cached_property
    def domains(self) -> list[str]:
        """The domain names of the settings, as AWS spells them."""
        return sorted({name.lower().rstrip(".") for name in self._answers.settings.domains})

    @cached_property
    def nameless_domains(self) -> set[str]:
        """Names that version 1 knows no domain by: gone, or private."""
        return set(self.domains) & self._answers.absent("apigateway:GetDomainName", "domainName")

    @cached_property
    def private_domains(self) -> set[tuple[str, str]]:
        """(name, id) of the domains that have an id beside their name."""
        listed = self._answers.rows("apigateway:GetDomainNames", "items")
        found = {(word(one, "domainName").lower(), word(one, "domainNameId")) for one in listed}
        return {(name, id_) for name, id_ in found if id_ and name in self.nameless_domains}

    @cached_property
    def certificates(self) -> set[str]:
        """Certificates that the domains present."""
        v1 = (response for _, response in self._answers.responses("apigateway:GetDomainName"))
        v2 = self._answers.rows("apigatewayv2:GetDomainName", "DomainNameConfigurations")
        keys = ("regionalCertificateArn", "certificateArn", "CertificateArn")
        return {word(one, key) for one in chain(v1, v2) for key in keys} - {""}

    @cached_property
    def served(self) -> set[tuple[str, str]]:
        """(API id, stage) of every mapping and routing rule; the stage is "" where none is named."""
        v1 = self._answers.rows("apigateway:GetBasePathMappings", "items")
        v2 = self._answers.rows("apigatewayv2:GetApiMappings", "Items")
        pairs = {(word(one, "restApiId"), word(one, "stage")) for one in v1}
        pairs |= {(word(one, "ApiId"), word(one, "Stage")) for one in chain(v2, self._invocations())}
        return {(api, "" if stage == "(none)" else stage) for api, stage in pairs if api}

    def _invocations(self) -> Iterator[Raw]:
        for rule in self._answers.rows("apigatewayv2:ListRoutingRules", "RoutingRules"):
            yield from (part(action, "InvokeApi") for action in rows(rule, "Actions"))

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
        return {word(params, "ApiId") for params, api in answered if api.get("ProtocolType", "HTTP") == "HTTP"}

    def stages(self, api_ids: set[str]) -> set[tuple[str, str]]:
        """(API id, stage) of these APIs: what the mappings name, or every stage where one names none."""
        named = {(api, stage) for api, stage in self.served if stage and api in api_ids}
        v1 = self._answers.responses("apigateway:GetStages")
        v2 = self._answers.responses("apigatewayv2:GetStages")
        free = self.open_ids(api_ids)
        listed = {
            (word(asked, "restApiId"), word(one, "stageName")) for asked, page in v1 for one in rows(page, "item")
        }
        listed |= {(word(asked, "ApiId"), word(one, "StageName")) for asked, page in v2 for one in rows(page, "Items")}
        return named | {(api, stage) for api, stage in listed if api in free and stage}

    def open_ids(self, api_ids: set[str]) -> set[str]:
        """APIs that a mapping reaches without naming a stage: callers choose it."""
        return {api for api, stage in self.served if not stage and api in api_ids}

    @cached_property
    def variables(self) -> dict[str, list[Mapping[str, str]]]:
        """API id to the stage variables of each of its stages; the canary's, laid over them, are a further set."""
        sets: dict[str, list[Mapping[str, str]]] = {}
        for params, stage in self._answers.responses("apigateway:GetStage"):
            sets.setdefault(word(params, "restApiId"), []).extend(stage_variables(stage))
        for params, stage in self._answers.responses("apigatewayv2:GetStage"):
            sets.setdefault(word(params, "ApiId"), []).append(_texts(part(stage, "StageVariables")))
        return sets

    @cached_property
    def guarded_stages(self) -> set[str]:
        """ARNs of the stages that name a web ACL of AWS WAF's second version."""
        read = self._answers.responses("apigateway:GetStage")
        return {
            stage_arn(word(stage, "webAclArn"), word(params, "restApiId"), word(params, "stageName"))
            for params, stage in read
            if ":wafv2:" in word(stage, "webAclArn")
        }

    @cached_property
    def private(self) -> set[PrivateIntegration]:
        """Every private integration of the APIs that the domains lead to, resolved for each of its mapped stages."""
        mapped = self.stages(self.api_ids)
        return {
            resolved(one, variables)
            for one in self.every_private
            if one.api_id in self.api_ids and (not one.stage or (one.api_id, one.stage) in mapped)
            for variables in self.variables.get(one.api_id) or [{}]
        }

    @cached_property
    def cloud_map_ids(self) -> set[str]:
        """Ids of the Cloud Map services that integrations name."""
        named = {arn for one in self.private for arn in (one.uri, one.target)}
        return {cloud_map_id(arn) for arn in named if CLOUD_MAP in arn and "${" not in arn} - {""}

    @cached_property
    def every_private(self) -> list[PrivateIntegration]:
        """Every private integration that was read, edited or deployed, of whatever API; stage variables as written."""
        return [*self._edited(), *self._edited_http(), *self._exported()]

    def _edited(self) -> Iterator[PrivateIntegration]:
        for params, page in self._answers.responses("apigateway:GetResources"):
            methods = (method for one in rows(page, "items") for method in part(one, "resourceMethods").values())
            for method in methods:
                if isinstance(method, Mapping):
                    yield from _private(word(params, "restApiId"), part(method, "methodIntegration"))

    def _edited_http(self) -> Iterator[PrivateIntegration]:
        for params, page in self._answers.responses("apigatewayv2:GetIntegrations"):
            for one in rows(page, "Items"):
                if one.get("ConnectionType") == "VPC_LINK":
                    api = word(params, "ApiId")
                    yield PrivateIntegration(api, word(one, "ConnectionId"), word(one, "IntegrationUri"), "")

    def _exported(self) -> Iterator[PrivateIntegration]:
        v1 = self._answers.responses("apigateway:GetExport")
        v2 = self._answers.responses("apigatewayv2:ExportApi")
        for params, response in chain(v1, v2):
            for one in integrations(response.get("body")):
                stage = word(params, "stageName") or word(params, "StageName")
                yield from _private(word(params, "restApiId") or word(params, "ApiId"), one, stage)

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
        return {host_of(one.uri) for one in self.private} - {""}

    def targets_of_links(self, ids: set[str]) -> set[str]:
        """What these links of version 1 point to."""
        read = self._answers.responses("apigateway:GetVpcLink")
        return {arn for params, link in read if word(params, "vpcLinkId") in ids for arn in words(link, "targetArns")}

    def words_of_links(self, key: str) -> set[str]:
        """The texts in the lists under *key* of the path's links of version 2."""
        read = self._answers.responses("apigatewayv2:GetVpcLink")
        ids = self.link_ids
        return {one for params, link in read if word(params, "VpcLinkId") in ids for one in words(link, key)}

    @cached_property
    def target_arns(self) -> set[str]:
        """ARNs of balancers and listeners that links and integrations name."""
        named = {arn for one in self.private for arn in (one.uri, one.target)}
        return {arn for arn in named | self.targets_of_links(self.link_ids) if ":elasticloadbalancing:" in arn}


def stage_arn(web_acl: str, api_id: str, stage: str) -> str:
    """The ARN by which AWS WAF knows a REST stage; partition and region are those of the web ACL on it."""
    partition, region = web_acl.split(":")[1], web_acl.split(":")[3]
    return f"arn:{partition}:apigateway:{region}::/restapis/{api_id}/stages/{stage}"


def cloud_map_id(arn: str) -> str:
    """``arn:aws:servicediscovery:REGION:ACCOUNT:service/srv-…`` -> ``srv-…``; "" for none."""
    return arn.partition(":service/")[2]


def _texts(raw: Raw) -> dict[str, str]:
    return {name: value for name, value in raw.items() if isinstance(value, str)}


def _private(api_id: str, integration: Raw, stage: str = "") -> Iterator[PrivateIntegration]:
    if integration.get("connectionType") == "VPC_LINK":
        link, uri, target = (word(integration, key) for key in ("connectionId", "uri", "integrationTarget"))
        yield PrivateIntegration(api_id, link, uri, target, stage)


def stage_variables(stage: Raw) -> list[Mapping[str, str]]:
    """A REST stage's variables, and those that its canary sees."""
    base = _texts(part(stage, "variables"))
    over = _texts(part(part(stage, "canarySettings"), "stageVariableOverrides"))
    return [base, {**base, **over}] if over else [base]


def resolved(one: PrivateIntegration, variables: Mapping[str, str]) -> PrivateIntegration:
    """The integration as a stage with these variables sees it."""
    return replace(
        one,
        connection_id=_filled(one.connection_id, variables),
        uri=_filled(one.uri, variables),
        target=_filled(one.target, variables),
    )


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """A value that was removed as a secret leads nowhere: its reference stays as written."""
    return expand(text, {name: value for name, value in variables.items() if readable(value)})


def host_of(uri: str) -> str:
    """The host in an integration's address, lower case; "" for none."""
    try:
        return (urlsplit(uri).hostname or "") if uri.startswith("http") else ""
    except ValueError:  # a half-filled address such as http://[${stageVariables.x}]/
        return ""
