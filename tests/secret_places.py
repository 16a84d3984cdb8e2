"""Where users' secrets stand in AWS's answers: a table of places, each with how to put one there.

A place plants into the raw answers of the demo, so that everything behind it (shapes, checks, reports) has
the chance to carry the secret on.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from vpclink_checks.model.fact import Gap
from vpclink_checks.sources.facts import Answer, Call, Facts, Recording

SNAPSHOT = Path(__file__).parents[1] / "vpclink_checks" / "demo" / "snapshot.json"
Json = dict[str, Any]


@cache
def _written() -> str:
    return SNAPSHOT.read_text(encoding="utf-8")


class Answers:
    """The demo's answers before anything was removed from them."""

    def __init__(self) -> None:
        self.document: Json = json.loads(_written())

    def of(self, name: str) -> Json:
        """The first answer to an operation, ``ecs:DescribeTasks``."""
        return next(one["response"] for one in self.document["calls"] if _name(one) == name and one["response"])

    def add(self, name: str, response: Json, **params: Any) -> None:
        """One more answer."""
        service, _, operation = name.partition(":")
        call = {"service": service, "operation": operation, "params": params, "response": response, "error": None}
        self.document["calls"].append(call)

    def refuse(self, name: str, message: str) -> None:
        """A call that AWS refuses in these words."""
        action = f"{name.partition(':')[0]}:Read"
        for one in self.document["calls"]:
            if _name(one) == name:
                one["response"] = None
                one["error"] = {"code": "AccessDenied", "message": message, "operation": name, "action": action}

    @property
    def recording(self) -> Recording:
        """As a recording that nobody cleaned."""
        document = copy.deepcopy(self.document)
        answers = (_answer(one) for one in document["calls"])
        taken = datetime.fromisoformat(document["taken_at"])
        return Recording(document["account"], document["region"], taken, Facts(answers))


def _name(call: Mapping[str, Any]) -> str:
    return f"{call['service']}:{call['operation']}"


def _answer(one: Mapping[str, Any]) -> Answer:
    call = Call(one["service"], one["operation"], one["params"])
    return Answer(call, one["response"], Gap(**one["error"]) if one["error"] else None)


Plant = Callable[[Answers, str], None]
PLACES: dict[str, Plant] = {}


def place(name: str) -> Callable[[Plant], Plant]:
    """Declares a place."""

    def declare(plant: Plant) -> Plant:
        PLACES[name] = plant
        return plant

    return declare


def _container(answers: Answers) -> Json:
    held: Json = answers.of("ecs:DescribeTaskDefinition")["taskDefinition"]["containerDefinitions"][0]
    return held


def _in_container(name: str, put: Callable[[str], Json]) -> None:
    def plant(answers: Answers, secret: str) -> None:
        container = _container(answers)
        for key, value in put(secret).items():
            held = container.get(key)
            if isinstance(held, list):
                held.extend(value)
            elif isinstance(held, dict):
                held.update(value)
            else:
                container[key] = value

    PLACES[name] = plant


# Task definitions: what the container is started with.
_in_container("environment variable", lambda s: {"environment": [{"name": "LOG_LEVEL", "value": s}]})
_in_container("connection string", lambda s: {"environment": [{"name": "DB", "value": f"postgres://u:{s}@db/x"}]})
_in_container("secret written in place of its ARN", lambda s: {"secrets": [{"name": "DB", "valueFrom": s}]})
_in_container("command", lambda s: {"command": ["serve", "--password", s]})
_in_container("command, glued", lambda s: {"command": [f"--listen=:80 {s}"]})
_in_container("entry point", lambda s: {"entryPoint": ["sh", "-c", f"TOKEN={s} run"]})
_in_container("health check", lambda s: {"healthCheck": {"command": ["CMD-SHELL", f"curl -H 'x: {s}' localhost"]}})
_in_container("docker label", lambda s: {"dockerLabels": {"com.example.auth": s}})
_in_container("registry credentials", lambda s: {"repositoryCredentials": {"credentialsParameter": s}})
_in_container("FireLens option", lambda s: {"firelensConfiguration": {"type": "fluentbit", "options": {"key": s}}})
_in_container(
    "log driver option", lambda s: {"logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": s}}}
)
_in_container(
    "log driver secret",
    lambda s: {"logConfiguration": {"secretOptions": [{"name": "splunk-token", "valueFrom": s}]}},
)


@place("volume driver option")
def _(answers: Answers, secret: str) -> None:
    volume = {"name": "v", "dockerVolumeConfiguration": {"driver": "cifs", "driverOpts": {"o": f"password={secret}"}}}
    answers.of("ecs:DescribeTaskDefinition")["taskDefinition"]["volumes"].append(volume)


@place("volume label")
def _(answers: Answers, secret: str) -> None:
    volume = {"name": "w", "dockerVolumeConfiguration": {"labels": {"api-token": secret}}}
    answers.of("ecs:DescribeTaskDefinition")["taskDefinition"]["volumes"].append(volume)


@place("proxy property")
def _(answers: Answers, secret: str) -> None:
    held = {"type": "APPMESH", "containerName": "api", "properties": [{"name": "AuthToken", "value": secret}]}
    answers.of("ecs:DescribeTaskDefinition")["taskDefinition"]["proxyConfiguration"] = held


@place("tag of a task definition")
def _(answers: Answers, secret: str) -> None:
    answers.of("ecs:DescribeTaskDefinition")["tags"].append({"key": "db-password", "value": secret})


# Tasks and services.
@place("environment in an override")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeTasks")["tasks"][0]["overrides"]["containerOverrides"][0]
    held["environment"] = [{"name": "MODE", "value": secret}]


@place("command in an override")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeTasks")["tasks"][0]["overrides"]["containerOverrides"][0]
    held["command"] = ["migrate", secret]


@place("why a task stopped")
def _(answers: Answers, secret: str) -> None:
    answers.of("ecs:DescribeTasks")["tasks"][0]["stoppedReason"] = f"CannotStart: exec: --db-password {secret}: no file"


@place("why a container stopped")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeTasks")["tasks"][0]["containers"][0]
    held["reason"] = f"CannotPullContainerError: Get https://user:{secret}@registry.example.com/v2/: denied"


@place("event of a service")
def _(answers: Answers, secret: str) -> None:
    event = {"id": "e", "createdAt": "2026-10-21T08:00:00+00:00", "message": f"(service orders) failed: token={secret}"}
    answers.of("ecs:DescribeServices")["services"][0]["events"].append(event)


@place("reason of a rollout")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeServices")["services"][0]["deployments"][0]
    held |= {"rolloutState": "FAILED", "rolloutStateReason": f"tasks failed: secret: {secret}"}


@place("log option of Service Connect")
def _(answers: Answers, secret: str) -> None:
    held = {"enabled": True, "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": secret}}}
    answers.of("ecs:DescribeServices")["services"][0]["deployments"][0]["serviceConnectConfiguration"] = held


@place("tag of a service")
def _(answers: Answers, secret: str) -> None:
    answers.of("ecs:DescribeServices")["services"][0]["tags"] = [{"key": "ApiKey", "value": secret}]


@place("attribute of a container instance")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeContainerInstances")["containerInstances"][0]
    held.setdefault("attributes", []).append({"name": "join-token", "value": secret})


# Hosts and what launches them.
def _script(secret: str) -> str:
    return f"#!/bin/bash\necho ECS_CLUSTER=orders-cluster >> /etc/ecs/ecs.config\nexport DB={secret}\n"


def _encoded(script: str | bytes) -> str:
    return base64.b64encode(script.encode() if isinstance(script, str) else script).decode()


@place("user data of a launch configuration")
def _(answers: Answers, secret: str) -> None:
    answers.of("autoscaling:DescribeLaunchConfigurations")["LaunchConfigurations"][0]["UserData"] = _encoded(
        _script(secret)
    )


@place("user data of a launch template, zipped")
def _(answers: Answers, secret: str) -> None:
    data = {"UserData": _encoded(gzip.compress(_script(secret).encode(), mtime=0))}
    version = {"LaunchTemplateId": "lt-0a", "VersionNumber": 1, "DefaultVersion": True, "LaunchTemplateData": data}
    answers.add(
        "ec2:DescribeLaunchTemplateVersions",
        {"LaunchTemplateVersions": [version]},
        LaunchTemplateId="lt-0a",
        Versions=["1"],
    )


@place("agent setting that is none of ours, in user data")
def _(answers: Answers, secret: str) -> None:
    data = {"UserData": _encoded(f"ECS_CLUSTER=x\nECS_ENGINE_AUTH_DATA={secret}\n")}
    answers.add("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateVersions": [{"LaunchTemplateData": data}]}, x="1")


@place("tag of an instance")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ec2:DescribeInstances")["Reservations"][0]["Instances"][0]
    held.setdefault("Tags", []).append({"Key": "AdminPassword", "Value": secret})


@place("tag of an auto scaling group")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("autoscaling:DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    held.setdefault("Tags", []).append({"Key": "bootstrap_token", "Value": secret, "ResourceId": "orders-hosts"})


@place("tag of an interface")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ec2:DescribeNetworkInterfaces")["NetworkInterfaces"][0]
    held.setdefault("TagSet", []).append({"Key": "vpn-secret", "Value": secret})


@place("description of a security group")
def _(answers: Answers, secret: str) -> None:
    answers.of("ec2:DescribeSecurityGroups")["SecurityGroups"][0]["Description"] = f"ops, password: {secret}"


@place("description of a rule")
def _(answers: Answers, secret: str) -> None:
    ranges = [{"CidrIp": "192.0.2.0/24", "Description": f"partner, api_key={secret}"}]
    rule = {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 9, "IpRanges": ranges}
    answers.of("ec2:DescribeSecurityGroups")["SecurityGroups"][0].setdefault("IpPermissions", []).append(rule)


# Load balancers.
def _rule(answers: Answers, **parts: Any) -> None:
    answers.of("elbv2:DescribeRules")["Rules"].append(
        {"RuleArn": "arn:aws:elasticloadbalancing:eu-west-2:123456789012:listener-rule/app/x/1/2/3", "Priority": "7"}
        | {"Conditions": [], "Actions": []}
        | parts
    )


@place("header that a listener's rule asks for")
def _(answers: Answers, secret: str) -> None:
    config = {"HttpHeaderName": "X-Origin-Verify", "Values": [secret]}
    _rule(answers, Conditions=[{"Field": "http-header", "HttpHeaderConfig": config}])


@place("query that a listener's rule asks for")
def _(answers: Answers, secret: str) -> None:
    config = {"Values": [{"Key": "token", "Value": secret}]}
    _rule(answers, Conditions=[{"Field": "query-string", "QueryStringConfig": config}])


@place("fixed response of a listener's rule")
def _(answers: Answers, secret: str) -> None:
    _rule(answers, Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"MessageBody": secret}}])


@place("redirect's query")
def _(answers: Answers, secret: str) -> None:
    _rule(answers, Actions=[{"Type": "redirect", "RedirectConfig": {"Query": f"page=1&access_token={secret}"}}])


@place("OIDC client secret")
def _(answers: Answers, secret: str) -> None:
    config = {"Issuer": "https://id.example.com", "ClientId": "c", "ClientSecret": secret}
    _rule(answers, Actions=[{"Type": "authenticate-oidc", "AuthenticateOidcConfig": config}])


@place("extra parameter of an OIDC login")
def _(answers: Answers, secret: str) -> None:
    config = {"AuthenticationRequestExtraParams": {"login_hint": secret}}
    _rule(answers, Actions=[{"Type": "authenticate-cognito", "AuthenticateCognitoConfig": config}])


@place("description of a target's health")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("elbv2:DescribeTargetHealth")["TargetHealthDescriptions"][0]
    why = f"Health checks failed: GET https://probe:{secret}@10.0.1.5/health"
    held["TargetHealth"] = {"State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": why}


# API Gateway.
def _integration(answers: Answers) -> Json:
    held: Json = answers.of("apigateway:GetResources")["items"][0]["resourceMethods"]["GET"]["methodIntegration"]
    return held


@place("stage variable")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetStage")["variables"]["backendToken"] = secret


@place("stage variable of a canary")
def _(answers: Answers, secret: str) -> None:
    held = {"percentTraffic": 5.0, "deploymentId": "dep001", "stageVariableOverrides": {"clientSecret": secret}}
    answers.of("apigateway:GetStage")["canarySettings"] = held


@place("stage variable of an HTTP API")
def _(answers: Answers, secret: str) -> None:
    stage = {"StageName": "live", "StageVariables": {"apiKey": secret}}
    answers.add("apigatewayv2:GetStage", stage, ApiId="h1", StageName="live")


@place("description of a stage")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetStage")["description"] = f"call it with x-api-key: {secret}"


@place("header of an integration")
def _(answers: Answers, secret: str) -> None:
    _integration(answers).setdefault("requestParameters", {})["integration.request.header.X-Origin"] = f"'{secret}'"


@place("query of an integration")
def _(answers: Answers, secret: str) -> None:
    _integration(answers).setdefault("requestParameters", {})["integration.request.querystring.k"] = f"'{secret}'"


@place("request template")
def _(answers: Answers, secret: str) -> None:
    _integration(answers)["requestTemplates"] = {"application/json": json.dumps({"k": secret})}


@place("response template")
def _(answers: Answers, secret: str) -> None:
    held = {"200": {"statusCode": "200", "responseTemplates": {"application/json": secret}}}
    _integration(answers)["integrationResponses"] = held


@place("header of a response")
def _(answers: Answers, secret: str) -> None:
    held = {"statusCode": "200", "responseParameters": {"method.response.header.X-Debug": f"'{secret}'"}}
    _integration(answers).setdefault("integrationResponses", {})["201"] = held


@place("credentials in an integration's address")
def _(answers: Answers, secret: str) -> None:
    method = copy.deepcopy(answers.of("apigateway:GetResources")["items"][0]["resourceMethods"]["GET"])
    method["methodIntegration"]["uri"] = f"http://svc:{secret}@${{stageVariables.backend}}:10000/"
    answers.of("apigateway:GetResources")["items"][0]["resourceMethods"]["PUT"] = method | {"httpMethod": "PUT"}


@place("query in an integration's address")
def _(answers: Answers, secret: str) -> None:
    method = copy.deepcopy(answers.of("apigateway:GetResources")["items"][0]["resourceMethods"]["GET"])
    method["methodIntegration"]["uri"] = f"http://${{stageVariables.backend}}:10000/x?code=1&api_key={secret}"
    answers.of("apigateway:GetResources")["items"][0]["resourceMethods"]["POST"] = method | {"httpMethod": "POST"}


def _policy(secret: str) -> str:
    condition = {"StringEquals": {"aws:Referer": secret}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Condition": condition}]})


@place("referer in a resource policy")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetRestApi")["policy"] = _policy(secret).replace('"', '\\"')


@place("tag of an API")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetRestApi")["tags"] = {"webhook-secret": secret}


@place("description of a deployment")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetDeployments")["items"][0]["description"] = f"by ci with token: {secret}"


@place("status message of a domain")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetDomainName")["domainNameStatusMessage"] = f"cannot fetch: Authorization: Bearer {secret}"


@place("status message of a link")
def _(answers: Answers, secret: str) -> None:
    failed = {"status": "FAILED", "statusMessage": f"role refused, credential={secret}"}
    answers.of("apigateway:GetVpcLink").update(failed)


def _export(answers: Answers, edit: Callable[[Json], None]) -> None:
    held = answers.of("apigateway:GetExport")
    document = json.loads(held["body"])
    edit(document)
    held["body"] = json.dumps(document)


@place("authorizer in an export")
def _(answers: Answers, secret: str) -> None:
    lead = {"type": "token", "identityValidationExpression": secret, "authorizerUri": f"arn:aws:x:password={secret}"}
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": lead}
    _export(answers, lambda body: body.update({"components": {"securitySchemes": {"lead": scheme}}}))


@place("gateway response in an export")
def _(answers: Answers, secret: str) -> None:
    held = {
        "DEFAULT_4XX": {
            "responseTemplates": {"application/json": secret},
            "responseParameters": {"gatewayresponse.header.X-Key": f"'{secret}'"},
        }
    }
    _export(answers, lambda body: body.update({"x-amazon-apigateway-gateway-responses": held}))


@place("gateway response")
def _(answers: Answers, secret: str) -> None:
    held = {"responseType": "DEFAULT_4XX", "responseTemplates": {"text/html": f"<b>{secret}</b>"}}
    answers.add("apigateway:GetGatewayResponses", {"items": [held]}, restApiId="a1b2c3d4e5")


@place("header in an export")
def _(answers: Answers, secret: str) -> None:
    held = {"requestParameters": {"integration.request.header.X-Key": f"'{secret}'"}}

    def edit(body: Json) -> None:
        path = next(iter(body["paths"].values()))
        method = next(iter(path.values()))
        method["x-amazon-apigateway-integration"].update(held)

    _export(answers, edit)


@place("default of a secret parameter in an export")
def _(answers: Answers, secret: str) -> None:
    parameter = {"name": "X-Api-Key", "in": "header", "schema": {"type": "string", "default": secret}}
    _export(answers, lambda body: body.update({"components": {"parameters": {"k": parameter}}}))


@place("description in an export")
def _(answers: Answers, secret: str) -> None:
    _export(answers, lambda body: body["info"].update({"description": f"log in with password: {secret}"}))


@place("header of a routing rule")
def _(answers: Answers, secret: str) -> None:
    header = {"Header": "x-auth-token", "ValueGlob": secret}
    rule = {"RoutingRuleId": "r1", "Priority": 50, "Conditions": [{"MatchHeaders": {"AnyOf": [header]}}], "Actions": []}
    answers.of("apigatewayv2:ListRoutingRules")["RoutingRules"].append(rule)


# Doors beside the path, and names.
@place("custom header of CloudFront")
def _(answers: Answers, secret: str) -> None:
    origin = {"Id": "o", "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "x-o", "HeaderValue": secret}]}}
    held = {"DistributionList": {"Items": [{"Id": "E1", "Origins": {"Quantity": 1, "Items": [origin]}}]}}
    answers.add("cloudfront:ListDistributions", held)


@place("what a web ACL looks for")
def _(answers: Answers, secret: str) -> None:
    match = {"SearchString": secret, "FieldToMatch": {"SingleHeader": {"Name": "x-origin-verify"}}}
    held = {"WebACL": {"Rules": [{"Name": "r", "Statement": {"ByteMatchStatement": match}}]}}
    answers.add("wafv2:GetWebACLForResource", held, ResourceArn="arn:aws:x")


@place("pattern that a web ACL looks for")
def _(answers: Answers, secret: str) -> None:
    held = {"WebACL": {"Rules": [{"Statement": {"RegexMatchStatement": {"RegexString": f"^{secret}$"}}}]}}
    answers.add("wafv2:GetWebACLForResource", held, ResourceArn="arn:aws:y")


@place("header that a web ACL inserts")
def _(answers: Answers, secret: str) -> None:
    inserted = {"CustomRequestHandling": {"InsertHeaders": [{"Name": "x-inner", "Value": secret}]}}
    answers.add("wafv2:GetWebACL", {"WebACL": {"Rules": [{"Action": {"Allow": inserted}}]}}, Id="w")


@place("answer that a web ACL gives")
def _(answers: Answers, secret: str) -> None:
    held = {"CustomResponseBodies": {"no": {"ContentType": "TEXT_PLAIN", "Content": secret}}}
    answers.add("wafv2:GetWebACL", {"WebACL": held}, Id="v")


@place("attribute of a Cloud Map instance")
def _(answers: Answers, secret: str) -> None:
    instance = {"Id": "i", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.1.5", "DB_PASSWORD": secret}}
    answers.add("servicediscovery:ListInstances", {"Instances": [instance]}, ServiceId="srv-1")


@place("header that a Lattice rule asks for")
def _(answers: Answers, secret: str) -> None:
    header = {"name": "x-verify", "match": {"exact": secret}}
    held = {"items": [{"match": {"httpMatch": {"headerMatches": [header]}}}]}
    answers.add("vpc-lattice:ListRules", held, serviceIdentifier="svc-1")


@place("OIDC client of Verified Access")
def _(answers: Answers, secret: str) -> None:
    held = {"VerifiedAccessTrustProviders": [{"OidcOptions": {"ClientId": "c", "ClientSecret": secret}}]}
    answers.add("ec2:DescribeVerifiedAccessTrustProviders", held)


@place("policy of Verified Access")
def _(answers: Answers, secret: str) -> None:
    held = {
        "PolicyDocument": f'permit(principal,action,resource) when {{ context.token == "x" }}; // password={secret}'
    }
    answers.add("ec2:GetVerifiedAccessGroupPolicy", held, VerifiedAccessGroupId="vagr-1")


@place("tag of an endpoint service")
def _(answers: Answers, secret: str) -> None:
    held = {"ServiceConfigurations": [{"ServiceId": "vpce-svc-1", "Tags": [{"Key": "shared-key", "Value": secret}]}]}
    answers.add("ec2:DescribeVpcEndpointServiceConfigurations", held)


@place("tag of a NAT gateway")
def _(answers: Answers, secret: str) -> None:
    gateway = answers.of("ec2:DescribeNatGateways")["NatGateways"][0]
    gateway["Tags"] = [{"Key": "relay-password", "Value": secret}]


@place("tag of a peering connection")
def _(answers: Answers, secret: str) -> None:
    held = {"VpcPeeringConnectionId": "pcx-1", "Tags": [{"Key": "partner-token", "Value": secret}]}
    answers.add("ec2:DescribeVpcPeeringConnections", {"VpcPeeringConnections": [held]})


@place("policy of an endpoint")
def _(answers: Answers, secret: str) -> None:
    held = {"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "PolicyDocument": _policy(secret)}]}
    answers.add("ec2:DescribeVpcEndpoints", held)


@place("record in DNS")
def _(answers: Answers, secret: str) -> None:
    record = {"Name": "api.example.com.", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": f'"token={secret}"'}]}
    answers.of("route53:ListResourceRecordSets")["ResourceRecordSets"].append(record)


@place("comment of a hosted zone")
def _(answers: Answers, secret: str) -> None:
    answers.of("route53:ListHostedZones")["HostedZones"][0]["Config"]["Comment"] = f"registrar password: {secret}"


# What AWS says where it refuses.
@place("words of a refusal")
def _(answers: Answers, secret: str) -> None:
    answers.refuse("elbv2:DescribeTargetGroupAttributes", f"User is not authorized with session token={secret}")


@place("encoded words of a refusal")
def _(answers: Answers, secret: str) -> None:
    words = f"You are not authorized. Encoded authorization failure message: {secret}"
    answers.refuse("ec2:DescribeVpcBlockPublicAccessOptions", words)


# What an adversary planted, and found again.
@place("pattern of a header that a listener's rule asks for")
def _(answers: Answers, secret: str) -> None:
    config = {"HttpHeaderName": "User-Agent", "RegexValues": [f"^{secret}$"]}
    _rule(answers, Conditions=[{"Field": "http-header", "HttpHeaderConfig": config}])


@place("pattern of a header beside its condition")
def _(answers: Answers, secret: str) -> None:
    _rule(answers, Conditions=[{"Field": "http-header", "RegexValues": [f"^{secret}$"], "Values": [secret]}])


@place("user agent that a listener's rule asks for")
def _(answers: Answers, secret: str) -> None:
    config = {"HttpHeaderName": "User-Agent", "Values": [secret]}
    _rule(answers, Conditions=[{"Field": "http-header", "HttpHeaderConfig": config}])


@place("details of a deployment's hook")
def _(answers: Answers, secret: str) -> None:
    held = answers.of("ecs:DescribeServices")["services"][0].setdefault("deploymentConfiguration", {})
    held["lifecycleHooks"] = [
        {"lifecycleStages": ["PRE_SCALE_UP"], "hookDetails": {"colour": secret, "m": {"n": [secret]}}}
    ]


@place("volume label under a harmless name")
def _(answers: Answers, secret: str) -> None:
    volume = {"name": "x", "dockerVolumeConfiguration": {"labels": {"colour": secret}}}
    answers.of("ecs:DescribeTaskDefinition")["taskDefinition"]["volumes"].append(volume)


_in_container("system control", lambda s: {"systemControls": [{"namespace": "kernel.secret", "value": s}]})


@place("path of an integration")
def _(answers: Answers, secret: str) -> None:
    _integration(answers).setdefault("requestParameters", {})["integration.request.path.token"] = f"'{secret}'"


@place("user agent of an integration")
def _(answers: Answers, secret: str) -> None:
    _integration(answers).setdefault("requestParameters", {})["integration.request.header.User-Agent"] = f"'{secret}'"


@place("header of an HTTP API behind what looks copied")
def _(answers: Answers, secret: str) -> None:
    held = {"IntegrationId": "i", "RequestParameters": {"append:header.x-v": f"$context.stage{secret}"}}
    answers.add("apigatewayv2:GetIntegrations", {"Items": [held]}, ApiId="h1")


@place("referer in a management policy")
def _(answers: Answers, secret: str) -> None:
    answers.of("apigateway:GetDomainName")["managementPolicy"] = _policy(secret)


@place("tag of an API beside one without a value")
def _(answers: Answers, secret: str) -> None:
    answers.add("apigateway:GetRestApi", {"tags": {"adminPassword1": secret, "x": None}}, restApiId="other")


@place("header of a web ACL's answer")
def _(answers: Answers, secret: str) -> None:
    blocked = {"CustomResponse": {"ResponseCode": 403, "ResponseHeaders": [{"Name": "x-inner", "Value": secret}]}}
    answers.add("wafv2:GetWebACL", {"WebACL": {"Rules": [{"Action": {"Block": blocked}}]}}, Id="u")


@place("path of an integration in an export")
def _(answers: Answers, secret: str) -> None:
    held = {"requestParameters": {"integration.request.path.secret": f"'{secret}'"}}
    _export(answers, lambda body: body.update({"x-amazon-apigateway-integrations": {"one": held}}))


def _in_export(name: str, put: Callable[[str], Json]) -> None:
    def plant(answers: Answers, secret: str) -> None:
        _export(answers, lambda body: body.update(put(secret)))

    PLACES[name] = plant


_in_export("tag in an export", lambda s: {"tags": [{"name": "webhook-secret", "x-amazon-apigateway-tag-value": s}]})
_in_export("extension in an export", lambda s: {"x-internal": {"slackToken": s, "secrets": {"a": [s]}}})
_in_export("example in an export", lambda s: {"x-examples": {"login": {"value": {"user": "a", "passWord1": s}}}})
_in_export("schema's example in an export", lambda s: {"definitions": {"L": {"example": {"stripe_secret_key": s}}}})


# How people write them.
_WRITTEN = {
    "PGP block": "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{}\n-----END PGP PRIVATE KEY BLOCK-----",
    "webhook of Teams": "https://x.webhook.office.com/webhookb2/{}",
    "webhook of Discord": "https://discord.com/api/webhooks/1234/{}",
    "key in a query": "https://maps.example.com/?key={}",
    "code in a query": "https://f.example.com/api/f?code={}",
    "encryption key": "encryption key: {}",
    "several passwords": "passwords: {}, other",
    "password in the next line": "password:\n{}",
    "element of XML": "<dbPassword>{}</dbPassword>",
    "docker login": "docker login -u AWS -p {} https://x",
    "sshpass": "sshpass -p {} ssh x",
    "mysql": "mysql -h db -p{} orders",
    "redis-cli": "redis-cli -a {}",
    "sentence": "the password is {}",
}


def _written_as(how: str) -> Plant:
    def plant(answers: Answers, secret: str) -> None:
        group = {"GroupId": "sg-0b", "Description": how.format(secret)}
        answers.of("ec2:DescribeSecurityGroups")["SecurityGroups"].append(group)

    return plant


PLACES |= {f"text: {name}": _written_as(how) for name, how in _WRITTEN.items()}
