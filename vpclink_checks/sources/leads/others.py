"""APIs and stages that no configured domain leads to: asked about once a route of ours asks for authorization.

Then every other way to the same backend matters. Where no route of ours asks for any, nothing here is wanted.
What these answers name leads to links, listeners and targets, never to a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain

from vpclink_checks.model.api import Route
from vpclink_checks.sources.aws_shapes_api import http_routes, rest_routes
from vpclink_checks.sources.aws_shapes_export import document, exported_routes
from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word
from vpclink_checks.sources.leads.front import Front, PrivateIntegration, host_of, resolved, stage_variables


class Others:
    """What the account's other APIs, and the other stages of ours, lead to."""

    def __init__(self, answers: Answers, front: Front) -> None:
        self._answers = answers
        self._front = front

    @cached_property
    def asks(self) -> bool:
        """Whether a private route of an API that a domain leads to asks for authorization, edited or deployed."""
        private: set[tuple[str, str, str]] = set()
        asking: set[tuple[str, str, str]] = set()
        for one in self._routes():
            key = one.api_id, one.method, one.path
            if one.integration is not None and one.integration.private:
                private.add(key)
            if one.asks:
                asking.add(key)
        return bool(private & asking)

    def _routes(self) -> Iterator[Route]:
        """Edited and exported routes of the APIs that the domains lead to."""
        ours = self._front.api_ids
        for params, page in self._answers.responses("apigateway:GetResources"):
            if (api := word(params, "restApiId")) in ours:
                yield from rest_routes(rows(page, "items"), api)
        for params, page in self._answers.responses("apigatewayv2:GetRoutes"):
            if (api := word(params, "ApiId")) in ours:
                yield from http_routes(rows(page, "Items"), self._integrations.get(api, []), api)
        v1 = self._answers.responses("apigateway:GetExport")
        for params, response in chain(v1, self._answers.responses("apigatewayv2:ExportApi")):
            api = word(params, "restApiId") or word(params, "ApiId")
            exported = document(response.get("body")) if api in ours else None
            if exported is not None:
                yield from exported_routes(exported, api)

    @cached_property
    def _integrations(self) -> dict[str, list[Raw]]:
        answered = self._answers.responses("apigatewayv2:GetIntegrations")
        return {word(params, "ApiId"): rows(page, "Items") for params, page in answered}

    @cached_property
    def rest_ids(self) -> set[str]:
        """REST APIs of the region that no configured domain leads to."""
        listed = {word(one, "id") for one in self._answers.rows("apigateway:GetRestApis", "items")}
        return listed - self._front.api_ids - {""} if self.asks else set()

    @cached_property
    def http_ids(self) -> set[str]:
        """HTTP and WebSocket APIs of the region that no configured domain leads to."""
        listed = {word(one, "ApiId") for one in self._answers.rows("apigatewayv2:GetApis", "Items")}
        return listed - self._front.api_ids - {""} if self.asks else set()

    @cached_property
    def _exported_ids(self) -> set[str]:
        """HTTP APIs proper, of ours and of the others: a WebSocket API cannot be exported."""
        listed = self._answers.rows("apigatewayv2:GetApis", "Items")
        proper = {word(one, "ApiId") for one in listed if one.get("ProtocolType", "HTTP") == "HTTP"}
        return self._front.http_ids & self._front.exported_ids | self.http_ids & proper

    @cached_property
    def swept_rest_ids(self) -> set[str]:
        """REST APIs whose stages are all read."""
        return self._front.rest_ids | self.rest_ids if self.asks else set()

    @cached_property
    def swept_http_ids(self) -> set[str]:
        """HTTP and WebSocket APIs whose stages are all read."""
        return self._front.http_ids | self.http_ids if self.asks else set()

    @cached_property
    def rest_stages(self) -> set[tuple[str, str]]:
        """(API id, stage) of the REST stages that no configured domain leads to."""
        pages = self._answers.responses("apigateway:GetStages")
        listed = {(word(params, "restApiId"), word(one, "stageName")) for params, p in pages for one in rows(p, "item")}
        mapped = self._front.stages(self._front.rest_ids)
        return {(api, stage) for api, stage in listed - mapped if api in self.swept_rest_ids and stage}

    @cached_property
    def http_stages(self) -> set[tuple[str, str]]:
        """(API id, stage) of the HTTP APIs' stages that no configured domain leads to."""
        pages = self._answers.responses("apigatewayv2:GetStages")
        listed = {(word(params, "ApiId"), word(one, "StageName")) for params, p in pages for one in rows(p, "Items")}
        mapped = self._front.stages(self._front.http_ids)
        return {(api, stage) for api, stage in listed - mapped if api in self._exported_ids and stage}

    @cached_property
    def private(self) -> set[PrivateIntegration]:
        """Every private integration of these APIs and stages, resolved for every stage."""
        if not self.asks:
            return set()
        ids = self.swept_rest_ids | self.swept_http_ids
        return {
            resolved(one, variables)
            for one in self._front.every_private
            if one.api_id in ids
            for variables in self._variables.get(one.api_id) or [{}]
        }

    @cached_property
    def _variables(self) -> dict[str, list[Mapping[str, str]]]:
        """API id to the variables of each of its stages and canaries."""
        sets: dict[str, list[Mapping[str, str]]] = {}
        for params, page in self._answers.responses("apigateway:GetStages"):
            found = [one for stage in rows(page, "item") for one in stage_variables(stage)]
            sets.setdefault(word(params, "restApiId"), []).extend(found)
        for params, page in self._answers.responses("apigatewayv2:GetStages"):
            texts = [part(stage, "StageVariables") for stage in rows(page, "Items")]
            found = [one for held in texts for one in stage_variables({"variables": held})]
            sets.setdefault(word(params, "ApiId"), []).extend(found)
        return sets

    @cached_property
    def _link_ids(self) -> set[str]:
        return {one.connection_id for one in self.private if one.connection_id and "${" not in one.connection_id}

    @cached_property
    def first_links(self) -> set[str]:
        """Links to be asked for as version 1 first: a WebSocket API may name either."""
        return self._link_ids & {one.connection_id for one in self.private if one.api_id not in self._exported_ids}

    @cached_property
    def second_links(self) -> set[str]:
        """Links that can only be of version 2: an HTTP API's, and what the v1 call does not know."""
        proper = {one.connection_id for one in self.private if one.api_id in self._exported_ids}
        return self._link_ids & (proper | self._answers.absent("apigateway:GetVpcLink", "vpcLinkId"))

    @cached_property
    def hosts(self) -> set[str]:
        """Host names in the addresses of these integrations, lower case."""
        return {host_of(one.uri) for one in self.private} - {""}

    @cached_property
    def target_arns(self) -> set[str]:
        """ARNs of balancers and listeners that these integrations and their links name."""
        linked = self._front.targets_of_links(self._link_ids)
        named = {arn for one in self.private for arn in (one.uri, one.target)}
        return {arn for arn in named | linked if ":elasticloadbalancing:" in arn}
