"""API Gateway in moto: connection ids are dropped, exports are bare, v1 and v2 do not share their domains."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.apigateway import models as v1
from moto.apigateway import responses as v1_responses
from moto.apigateway import urls as v1_urls
from moto.apigateway.models import apigateway_backends
from moto.apigatewayv2 import models as v2
from moto.apigatewayv2 import responses as v2_responses
from moto.apigatewayv2 import urls as v2_urls

# API Gateway's own hosted zone of the region (AWS general reference, API Gateway endpoints).
ZONES = {"eu-west-2": "ZJ5UAJN8Y3Z2Q"}
KEPT = ("connectionId", "integrationTarget")
MODES = {"BASE_PATH_MAPPING_ONLY": "API_MAPPING_ONLY"}


def keep_connection(original: Any) -> Any:
    """put_integration accepts connectionId and integrationTarget, and forgets them."""

    def put_integration(self: Any) -> Any:
        original(self)
        _, _, api, _, resource, _, method, *_ = self.path.split("/")
        integration = self.backend.get_integration(api, resource, method)
        integration.kept = {key: self._get_param(key) for key in KEPT if self._get_param(key)}
        return 201, {"status": 201}, json.dumps(integration.to_json())

    return put_integration


def show_connection(original: Any) -> Any:
    return lambda self: {**original(self), **getattr(self, "kept", {})}


def snapshot_on_deploy(original: Any) -> Any:
    """A deployment is what is served: it must not change when a method is edited."""

    def create_deployment(self: Any, *args: Any, **kwargs: Any) -> Any:
        deployment = original(self, *args, **kwargs)
        deployment.paths = {res.get_path(): _operations(res) for res in self.resources.values()}
        return deployment

    return create_deployment


def _operations(resource: Any) -> dict[str, Any]:
    methods = resource.resource_methods.items()
    return {
        "x-amazon-apigateway-any-method" if verb == "ANY" else verb.lower(): _operation(method)
        for verb, method in methods
    }


def _operation(method: Any) -> dict[str, Any]:
    integration = {key: value for key, value in method.method_integration.to_json().items() if value}
    integration["type"] = integration["type"].lower()
    security: list[dict[str, list[str]]] = [{"sigv4": []}] if method.authorization_type == "AWS_IAM" else []
    security += [{"api_key": []}] if method.api_key_required in (True, "true") else []
    return {"x-amazon-apigateway-integration": integration, **({"security": security} if security else {})}


def export_deployment(_original: Any) -> Any:
    """get_export gives Swagger 2.0 of what is edited, without integrations."""

    def get_export(self: Any) -> Any:
        _, _, api_id, _, stage_name, _, _kind = self.path.split("/")
        api = self.backend.get_rest_api(api_id)
        deployment = api.deployments[self.backend.get_stage(api_id, stage_name).deployment_id]
        schemes = {
            "sigv4": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "awsSigv4",
            },
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        }
        document = {
            "openapi": "3.0.1",
            "info": {"title": api.name, "version": "2026-10-20"},
            "paths": deployment.paths,
            "components": {"securitySchemes": schemes},
        }
        return 200, {"Content-Type": "application/octet-stream"}, json.dumps(document).encode()

    return get_export


def whole_domain(original: Any) -> Any:
    """GetDomainName lacks the ARN, the routing mode and the region's own hosted zone."""

    def to_json(self: Any) -> dict[str, Any]:
        region = self.regional_domain_name.split(".")[2]
        extra = {
            "domainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{self.domain_name}",
            "regionalHostedZoneId": ZONES[region],
            "routingMode": "BASE_PATH_MAPPING_ONLY",
        }
        kept = {key: value for key, value in original(self).items() if not key.startswith("distribution")}
        return {**kept, **extra}

    return to_json


class SharedDomain:
    """A v1 domain as the v2 call shows it: AWS keeps one store for both."""

    def __init__(self, domain: dict[str, Any]) -> None:
        self._domain = domain

    def to_json(self) -> dict[str, Any]:
        one = self._domain
        configuration = {
            "apiGatewayDomainName": one["regionalDomainName"],
            "certificateArn": one["regionalCertificateArn"],
            "domainNameStatus": one["domainNameStatus"],
            "endpointType": "REGIONAL",
            "hostedZoneId": one["regionalHostedZoneId"],
            "securityPolicy": one["securityPolicy"],
        }
        return {
            "domainName": one["domainName"],
            "domainNameArn": one["domainNameArn"],
            "apiMappingSelectionExpression": "$request.basepath",
            "domainNameConfigurations": [configuration],
            "routingMode": MODES[one["routingMode"]],
        }


def shared_domain(original: Any) -> Any:
    def get_domain_name(self: Any, domain_name: str | None) -> Any:
        domains = apigateway_backends[self.account_id][self.region_name].domain_names
        return SharedDomain(domains[domain_name].to_json()) if domain_name in domains else original(self, domain_name)

    return get_domain_name


class SharedMapping:
    """A v1 base path mapping as the v2 call shows it."""

    def __init__(self, domain: str, one: Any) -> None:
        self._domain, self._one = domain, one

    def to_json(self) -> dict[str, Any]:
        key = self._one.base_path
        return {
            "apiId": self._one.rest_api_id,
            "apiMappingId": f"map{key}",
            "apiMappingKey": "" if key == "(none)" else key,
            "domainName": self._domain,
            "stage": self._one.stage,
        }


def shared_mappings(original: Any) -> Any:
    def get_api_mappings(self: Any, domain_name: str) -> Any:
        v1_backend = apigateway_backends[self.account_id][self.region_name]
        shared = v1_backend.base_path_mappings.get(domain_name, {}).values()
        return [*(SharedMapping(domain_name, one) for one in shared), *original(self, domain_name)]

    return get_api_mappings


def list_routing_rules(_original: Any) -> Any:
    return lambda self: (200, {}, json.dumps({"routingRules": []}))


@contextmanager
def routing_rules_url() -> Iterator[None]:
    """An operation that moto has no address for, in both of its tables of addresses."""
    address = "{0}/v2/domainnames/(?P<domain_name>[^/]+)/routingrules$"
    assert address not in v2_urls.url_paths
    more = {address: v2_responses.ApiGatewayV2Response.dispatch}
    with patch.dict(v1_urls.url_paths, more), patch.dict(v2_urls.url_paths, more):
        yield


HOLES: tuple[tuple[Any, str, Callable[[Any], Any], tuple[str, ...] | None], ...] = (
    (v1_responses.APIGatewayResponse, "put_integration", keep_connection, ("self",)),
    (v1.Integration, "to_json", show_connection, ("self",)),
    (v1.RestAPI, "create_deployment", snapshot_on_deploy, ("name", "description", "stage_variables")),
    (v1_responses.APIGatewayResponse, "get_export", export_deployment, ("self",)),
    (v1.DomainName, "to_json", whole_domain, ("self",)),
    (v2.ApiGatewayV2Backend, "get_domain_name", shared_domain, ("domain_name",)),
    (v2.ApiGatewayV2Backend, "get_api_mappings", shared_mappings, ("domain_name",)),
    (v2_responses.ApiGatewayV2Response, "list_routing_rules", list_routing_rules, None),
)
