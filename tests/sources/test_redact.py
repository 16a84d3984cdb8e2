"""Secrets are dropped on the way in: planted at every place, none survives; what checks read does."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.demo_facts import SNAPSHOT, answers
from vpclink_checks.sources.facts import Call
from vpclink_checks.sources.redact import REDACTED, clean
from vpclink_checks.sources.redact_text import PLAIN, searched, secret_name, text, thoroughly

CALL = Call("ecs", "DescribeTaskDefinition")
# Long enough not to be there by chance, and without a meaning of its own.
SECRETS = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).map("hunter2{}".format)
SECRET_NAMES = st.sampled_from(
    (
        "DB_PASSWORD",
        "apiKey",
        "x-api-key",
        "authToken",
        "client_secret",
        "dbpasswd",
        "AWS_SECRET_ACCESS_KEY",
        "Authorization",
        "encryption-key",
        "sessionToken",
        "DATABASE_DSN",
        "connectionString",
        "credentials",
        "dbPwd",
    )
)
ANY_NAMES = st.one_of(SECRET_NAMES, st.sampled_from(("LEVEL", "orders", "backend", "x", "region")))


def _container(**parts: Any) -> dict[str, Any]:
    return {"taskDefinition": {"family": "orders", "containerDefinitions": [{"name": "api", "image": "i", **parts}]}}


def _encoded(script: str) -> str:
    return base64.b64encode(script.encode()).decode()


def _mime(script: str) -> str:
    part = f"--B\nContent-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\n{_encoded(script)}\n--B--\n"
    return _encoded(f'Content-Type: multipart/mixed; boundary="B"\nMIME-Version: 1.0\n\n{part}')


# Where a secret may stand, whatever it is called.
ANYWHERE: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "environment": lambda name, value: _container(environment=[{"name": name, "value": value}]),
    "labels": lambda name, value: _container(dockerLabels={name: value}),
    "label called name": lambda _, value: _container(dockerLabels={"name": value}),
    "command": lambda name, value: _container(command=["run", f"--{name}", value]),
    "entry point": lambda name, value: _container(entryPoint=["sh", "-c", f"{name}={value} run"]),
    "health check": lambda name, value: _container(
        healthCheck={"command": ["CMD-SHELL", f"curl -u x:{value} localhost"]}
    ),
    "log options": lambda name, value: _container(logConfiguration={"logDriver": "splunk", "options": {name: value}}),
    "registry": lambda _, value: _container(repositoryCredentials={"credentialsParameter": value}),
    "volume": lambda name, value: {
        "taskDefinition": {"volumes": [{"dockerVolumeConfiguration": {"driverOpts": {name: f"password={value}"}}}]}
    },
    "overrides": lambda name, value: {
        "tasks": [
            {
                "overrides": {
                    "containerOverrides": [{"environment": [{"name": name, "value": value}], "command": [value]}]
                }
            }
        ]
    },
    "user data": lambda name, value: {"LaunchConfigurations": [{"UserData": _encoded(f"export {name}={value}\n")}]},
    "user data of a template": lambda name, value: {
        "LaunchTemplateVersions": [{"LaunchTemplateData": {"UserData": _mime(f"ECS_CLUSTER=a\n{name}: {value}\n")}}]
    },
    "user data, zipped": lambda _, value: {
        "UserData": base64.b64encode(gzip.compress(f"echo {value}".encode())).decode()
    },
    "user data, not encoded": lambda _, value: {"UserData": f"ECS_CLUSTER=$({value})"},
    "request template": lambda _, value: {
        "items": [_method(requestTemplates={"application/json": f'{{"k":"{value}"}}'})]
    },
    "header, REST": lambda name, value: {
        "items": [_method(requestParameters={f"integration.request.header.{name}": f"'{value}'"})]
    },
    "query, REST": lambda name, value: {
        "items": [_method(requestParameters={f"integration.request.querystring.{name}": f"'{value}'"})]
    },
    "header, HTTP API": lambda name, value: {
        "Items": [{"RequestParameters": {f"overwrite:header.{name}": f"Bearer {value}"}}]
    },
    "header with dots": lambda _, value: {"Items": [{"RequestParameters": {"append:header.x.y.z": value}}]},
    "response header": lambda name, value: {
        "Items": [{"ResponseParameters": {"200": {f"append:header.{name}": f"$request.header.a {value}"}}}]
    },
    "header a listener rule asks for": lambda name, value: {
        "Rules": [
            {
                "Conditions": [
                    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": f"X-{name}", "Values": [value]}}
                ]
            }
        ]
    },
    "fixed response": lambda _, value: {"Rules": [{"Actions": [{"FixedResponseConfig": {"MessageBody": value}}]}]},
    "oidc": lambda name, value: {
        "Rules": [
            {
                "Actions": [
                    {
                        "AuthenticateOidcConfig": {
                            "ClientSecret": value,
                            "AuthenticationRequestExtraParams": {name: value},
                        }
                    }
                ]
            }
        ]
    },
    "exported header": lambda name, value: {
        "body": json.dumps(
            {
                "paths": {
                    "/": {
                        "get": {
                            "x-amazon-apigateway-integration": {
                                "requestParameters": {f"integration.request.header.{name}": f"'{value}'"}
                            }
                        }
                    }
                }
            }
        )
    },
    "a key block": lambda _, value: {"x": f"-----BEGIN EC PRIVATE KEY-----\n{value}\n-----END EC PRIVATE KEY-----\n"},
    "a key block, cut": lambda _, value: {"x": f"see -----BEGIN PRIVATE KEY-----\n{value}"},
    "userinfo": lambda _, value: {"variables": {"backend": f"https://user:{value}@example.com/x"}},
    "userinfo with a slash": lambda _, value: {"description": f"use postgres://user:a/{value}@db.example.com/x"},
    "a token as user": lambda _, value: {"uri": f"https://{value}@example.com/"},
    "a query": lambda _, value: {"uri": f"http://backend:10000/x?api_key={value}&page=1"},
    "a connection string": lambda _, value: {"variables": {"backend": f"Server=db;Uid=orders;Pwd={value};"}},
    "bearer": lambda _, value: {"message": f"called with Authorization: Bearer {value}"},
    "a token": lambda _, value: {"tags": {"note": f"eyJhbGciOi.{value}.{value}"}},
    "JSON in a text": lambda _, value: {"policy": json.dumps({"password": value})},
    "bytes": lambda _, value: {"body": f'{{"token": "{value}"}}'.encode()},
    "metadata": lambda name, value: {"ResponseMetadata": {"HTTPHeaders": {name: value}}},
    "secret for its ARN": lambda _, value: _container(secrets=[{"name": "DB", "valueFrom": value}]),
    "header of CloudFront": lambda name, value: {"Items": [{"HeaderName": f"X-{name}", "HeaderValue": value}]},
    "search of a web ACL": lambda _, value: {"ByteMatchStatement": {"SearchString": value.encode()}},
    "pattern of a web ACL": lambda _, value: {"RegexMatchStatement": {"RegexString": value}},
    "header that a web ACL adds": lambda name, value: {"InsertHeaders": [{"Name": name, "Value": value}]},
    "answer of a web ACL": lambda name, value: {"CustomResponseBodies": {name: {"Content": value}}},
    "header of Lattice": lambda name, value: {"headerMatches": [{"name": f"x-{name}", "match": {"exact": value}}]},
    "option with a prefix": lambda _, value: {"reason": f"exec: --db-password {value}: not found"},
    "user of curl": lambda _, value: {"reason": f"curl -u orders:{value} http://localhost"},
    "userinfo with anything": lambda _, value: {"reason": f"GET https://u:a?b#c@d{value}@registry.example.com/v2/"},
    "password data": lambda _, value: {"PasswordData": value},
}
SPELLINGS = (
    "{name}: {value}",
    "{name}:{value}",
    "{name} : {value}",
    "{name} = {value}",
    "{name} => {value}",
    '"{name}": "{value}"',
    "'{name}': '{value}'",
    '\\"{name}\\": \\"{value}\\"',
    "- {name}: '{value} and more'",
    "{{{name}: {value}}}",
    "{name}: two words {value}, service: orders",
    "{name}: |\n    {value}\n",
    "the {name} is: {value}",
    "{name} was = {value}",
    "{name}:\n  {value}",
    "{name}: [{value}, {value}]",
    "seen {name}: {value}\nservice: orders",
    "(service orders) started with {name}: {value}; retry: 3",
)
# Where texts stand that people and programs write; the first four reach reports.
TEXTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "event": lambda words: {"services": [{"events": [{"message": words}]}]},
    "link status": lambda words: {"statusMessage": words},
    "target health": lambda words: {"TargetHealthDescriptions": [{"TargetHealth": {"Description": words}}]},
    "domain status": lambda words: {"domainNameStatusMessage": words},
    "description": lambda words: {"SecurityGroups": [{"Description": words}]},
    "export": lambda words: {"body": json.dumps({"info": {"description": words}})},
    "export, YAML": lambda words: {"body": f"openapi: 3.0.1\n{words}"},
}
WRITTEN_NAMES = st.sampled_from(
    (
        "api_key",
        "secret",
        "client_secret",
        "token",
        "AWS_SECRET_ACCESS_KEY",
        "apiKey",
        "X-Api-Key",
        "DB_PASSWORD",
        "dbPassword2",
        "password",
        "pwd",
        "accessToken",
        "private_key",
        "Authorization",
        "encryption-key",
        "connectionString",
        "jwt",
        "API key",
        "access key",
    )
)


# Where its name has to give it away.
BY_NAME: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "stage variable": lambda name, value: {"variables": {name: value}},
    "stage variable, HTTP API": lambda name, value: {"StageVariables": {name: value}},
    "canary variable": lambda name, value: {"canarySettings": {"stageVariableOverrides": {name: value}}},
    "tag": lambda name, value: {"Reservations": [{"Instances": [{"Tags": [{"Key": name, "Value": value}]}]}]},
    "tag of ECS": lambda name, value: {"tags": [{"key": name, "value": value}]},
    "tag of API Gateway": lambda name, value: {"tags": {name: value}},
    "proxy property": lambda name, value: {"proxyConfiguration": {"properties": [{"name": name, "value": value}]}},
    "attribute of Cloud Map": lambda name, value: {"Attributes": {"AWS_INSTANCE_IPV4": "10.0.1.5", name: value}},
    "routing rule": lambda name, value: {
        "RoutingRules": [{"Conditions": [{"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": value}]}}]}]
    },
}


def _method(**integration: Any) -> dict[str, Any]:
    return {"resourceMethods": {"GET": {"methodIntegration": {"type": "HTTP_PROXY", **integration}}}}


def _seen(cleaned: Any) -> str:
    """All that is written anywhere in it, user data decoded."""
    whole = json.dumps(cleaned)
    for data in _user_data(cleaned):
        whole += base64.b64decode(data).decode()
    return whole


def _user_data(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [one for key, value in node.items() for one in ([value] if key == "UserData" else _user_data(value))]
    return [one for value in node for one in _user_data(value)] if isinstance(node, list) else []


@pytest.mark.parametrize("place", ANYWHERE)
@settings(max_examples=20)
@given(name=ANY_NAMES, value=SECRETS)
def test_a_secret_does_not_survive_whatever_it_is_called(place: str, name: str, value: str) -> None:
    response = ANYWHERE[place](name, value)
    cleaned = clean(CALL, response)
    assert value not in _seen(cleaned)
    assert clean(CALL, cleaned) == cleaned


@pytest.mark.parametrize("place", TEXTS)
@given(name=WRITTEN_NAMES, value=SECRETS, spelling=st.sampled_from(SPELLINGS))
def test_a_secret_written_beside_its_name_does_not_survive(place: str, name: str, value: str, spelling: str) -> None:
    cleaned = clean(CALL, TEXTS[place](spelling.format(name=name, value=value)))
    assert value not in _seen(cleaned)
    assert name in _seen(cleaned)
    assert clean(CALL, cleaned) == cleaned


@given(st.lists(st.tuples(WRITTEN_NAMES, SECRETS, st.sampled_from(SPELLINGS)), max_size=5), st.sampled_from(" \n,;"))
def test_texts_with_many_pairs_cleaned_twice_are_the_same(parts: list[tuple[str, str, str]], between: str) -> None:
    once = text(between.join(spelling.format(name=name, value=value) for name, value, spelling in parts))
    assert text(once) == once


@pytest.mark.parametrize(
    "words",
    [
        "Target.Timeout: health checks failed",
        "service: orders",
        "(service orders) was unable to place a task because no container instance met all of its requirements.",
        "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret",
        "pull access denied, repository does not exist or may require authorization: server message: denied",
        "ExpiredToken: The security token included in the request is expired",
        "InvalidSignatureException: The request signature we calculated does not match",
        "User: arn:aws:iam::123456789012:user/x is not authorized to perform: secretsmanager:GetSecretValue",
        "secret arn:aws:secretsmanager:eu-west-2:123456789012:secret:db-AbCdEf: not found",
        "failed to fetch secret: AccessDenied",
        "failed to fetch secret: AccessDeniedException: User: x is not authorized",
        "failed to fetch secret: ResourceNotFoundException.",
        "api key source: HEADER",
        "api key source=HEADER",
        "the token is valid",
        "clientSecret: arn:aws:secretsmanager:eu-west-2:123456789012:secret:db-AbCdEf",
        "apiKeySource: HEADER, HttpTokens: required, sort_key: id",
    ],
)
def test_what_aws_says_itself_stays_readable(words: str) -> None:
    assert text(words) == words


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("password is: PLANT9", f"password is: {REDACTED}"),
        ("the password was = PLANT9 then", f"the password was = {REDACTED} then"),
        ("API key: PLANT9", f"API key: {REDACTED}"),
        ("api key orders=PLANT9", f"api key orders={REDACTED}"),
        ("Api Key orders-2 = 'PLANT9'", f"Api Key orders-2 = '{REDACTED}'"),
        ("secret: AccessDenied; password: PLANT9", f"secret: AccessDenied; password: {REDACTED}"),
        ("secret: AccessDeniedPLANT9", f"secret: {REDACTED}"),
    ],
)
def test_a_secret_is_told_by_the_words_before_a_separator(words: str, left: str) -> None:
    assert text(words) == left
    assert text(left) == left


def _policy(referer: object) -> dict[str, Any]:
    """What asks for the header Referer, and for a tag whose name sounds like a secret."""
    tag = {"aws:PrincipalTag/token": "blue", "aws:RequestTag/secret": ["red", "green"]}
    condition = {"StringEquals": tag, "ForAnyValue:StringLike": {"aws:Referer": referer}, "Null": {"aws:x": True}}
    return {"Statement": [{"Action": "execute-api:Invoke", "Principal": {"AWS": "*"}, "Condition": condition}]}


def _backslashed(policy: object) -> str:
    return json.dumps(json.dumps(policy))[1:-1]


@pytest.mark.parametrize(("referer", "left"), [("PLANT9", REDACTED), (["PLANT9", "PLANT8"], [REDACTED, REDACTED])])
@pytest.mark.parametrize("key", ["policy", "PolicyDocument"])
@pytest.mark.parametrize("write", [json.dumps, _backslashed], ids=["plain", "backslashes"])
def test_of_a_policy_the_referer_goes_and_the_rest_stays(
    referer: object, left: object, key: str, write: Callable[[object], str]
) -> None:
    cleaned = clean(CALL, {key: write(_policy(referer))})
    assert cleaned == {key: write(_policy(left))}
    assert clean(CALL, cleaned) == cleaned


@pytest.mark.parametrize(
    "response",
    [
        {"body": json.dumps({"x-amazon-apigateway-policy": _policy("PLANT9")})},
        {"body": json.dumps({"x-amazon-apigateway-policy": json.dumps(_policy("PLANT9"))})},
        {"body": "x-amazon-apigateway-policy:\n  aws:Referer:\n  - PLANT9\n"},
        {"policy": json.dumps(_policy("PLANT9")).replace("aws:Referer", "AWS:referer")},
        {"policy": json.dumps(_policy("PLANT9"))[:-3]},
        {"policy": f'{{"Condition": {json.dumps(_policy("PLANT9"))}, "Condition": {{}}}}'},
    ],
)
def test_a_referer_goes_wherever_a_policy_stands(response: dict[str, str]) -> None:
    cleaned = clean(CALL, response)
    assert "PLANT9" not in _seen(cleaned)
    assert clean(CALL, cleaned) == cleaned


@pytest.mark.parametrize(
    ("described", "left"),
    [
        ({"default": "PLANT9"}, {"default": REDACTED}),
        ({"enum": ["PLANT9", "PLANT8"]}, {"enum": [REDACTED, REDACTED]}),
        ({"type": "array", "items": {"example": "PLANT9"}}, {"type": "array", "items": {"example": REDACTED}}),
    ],
)
def test_an_export_shows_no_values_of_secret_parameters(described: dict[str, Any], left: dict[str, Any]) -> None:
    def parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "in": "header", "schema": schema}

    def document(secret: dict[str, Any]) -> dict[str, Any]:
        return {
            "parameters": [parameter("X-Api-Key", secret), parameter("X-Page", {"default": "1", "enum": ["1"]})],
            "properties": {"password": secret, "size": {"default": 3}},
        }

    cleaned = clean(CALL, {"body": json.dumps(document(described))})
    assert json.loads(cleaned["body"]) == document(left)
    assert clean(CALL, cleaned) == cleaned


@pytest.mark.parametrize("place", BY_NAME)
@settings(max_examples=20)
@given(name=SECRET_NAMES, value=SECRETS)
def test_a_secret_does_not_survive_under_a_name_that_says_so(place: str, name: str, value: str) -> None:
    cleaned = clean(CALL, BY_NAME[place](name, value))
    assert value not in _seen(cleaned)
    assert name in _seen(cleaned)
    assert clean(CALL, cleaned) == cleaned


@given(st.lists(st.tuples(st.sampled_from(sorted(ANYWHERE)), ANY_NAMES), min_size=1, max_size=6), SECRETS)
def test_many_secrets_at_once(places: list[tuple[str, str]], value: str) -> None:
    response = {f"part{number}": ANYWHERE[place](name, value) for number, (place, name) in enumerate(places)}
    cleaned = clean(CALL, response)
    assert value not in _seen(cleaned)
    assert clean(CALL, cleaned) == cleaned


# What checks read, beside secrets or looking like one.
KEPT: list[dict[str, Any]] = [
    {"variables": {"vpcLinkId": "vl1a2b3", "backend": "orders-0123456789abcdef.elb.eu-west-2.amazonaws.com"}},
    {"variables": {"authServiceHost": "auth.example.com", "tokenUrl": "http://tokens.example.com:8080/v1"}},
    {"variables": {"environment": "prod", "command": "x", "options": "y"}},
    {"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "orders-hosts"}, {"Key": "Name", "Value": "orders"}]},
    {"Attributes": [{"Key": "deletion_protection.enabled", "Value": "true"}]},
    {"items": [_method(uri="http://${stageVariables.backend}:10000/users/@me?x=${stageVariables.token}")]},
    {"items": [_method(requestParameters={"integration.request.path.proxy": "method.request.path.proxy"})]},
    {
        "items": [
            _method(
                requestParameters={"integration.request.header.Authorization": "method.request.header.Authorization"}
            )
        ]
    },
    {"items": [_method(requestParameters={"integration.request.header.Host": "'orders.example.com'"})]},
    {"items": [_method(credentials="arn:aws:iam::123456789012:role/invoke")]},
    {
        "Items": [
            {"RequestParameters": {"overwrite:path": "$request.path", "append:header.x-key": "$request.header.x-key"}}
        ]
    },
    {"apiKeyRequired": True, "apiKeySource": "HEADER", "authorizationType": "NONE", "authorizerId": "a1"},
    {"MetadataOptions": {"HttpTokens": "required"}, "KeyName": "ops"},
    {
        "taskDefinition": {
            "containerDefinitions": [
                {
                    "secrets": [
                        {"name": "DB", "valueFrom": "arn:aws:secretsmanager:eu-west-2:123456789012:secret:db-AbCdEf"}
                    ]
                }
            ]
        }
    },
    {
        "policy": json.dumps(
            {
                "Statement": [
                    {"Action": "execute-api:Invoke", "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}}
                ]
            }
        )
    },
    {"policy": json.dumps({"Statement": [{"Condition": {"StringLike": {"aws:PrincipalTag/token": ["a", "b"]}}}]})},
    {"Attributes": {"AWS_INSTANCE_IPV4": "10.0.1.5", "AWS_INSTANCE_PORT": "10000"}},
    {"items": [_method(uri="http://backend:10000?mail=a@example.com"), _method(uri="http://backend:${x}/users/@me")]},
    {"headerMatches": [{"name": "Host", "match": {"exact": "orders.example.com"}}]},
    {"events": [{"message": "(service orders) has reached a steady state."}]},
    {"items": [_method(requestParameters={"integration.request.path.v": "stageVariables.version"})]},
    {
        "Items": [
            {
                "RequestParameters": {
                    "append:header.x": "$context.authorizer.sub",
                    "overwrite:header.y": "${request.path.x}",
                }
            }
        ]
    },
    {
        "body": json.dumps(
            {
                "x-amazon-apigateway-api-key-source": "HEADER",
                "security": [{"api_key": []}],
                "paths": {
                    "/token": {"options": {"responses": {}, "security": [{"x-api-key": []}], "x-y": {"type": "mock"}}}
                },
                "components": {
                    "securitySchemes": {"x-api-key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
                },
            }
        )
    },
    {"text": "docker run -p 8080:80 orders, the token is valid, the password is case-sensitive, sk-orders-eu-west-2"},
    {"uri": "http://backend:10000/x?key=${stageVariables.k}&code={code}"},
    {"attachments": [{"details": [{"name": "privateIPv4Address", "value": "10.0.1.5"}]}]},
    {"Conditions": [{"HttpHeaderConfig": {"HttpHeaderName": "Host", "Values": ["orders.example.com"]}}]},
    {"RoutingRules": [{"Conditions": [{"MatchHeaders": {"AnyOf": [{"Header": "x-version", "ValueGlob": "beta*"}]}}]}]},
]


@pytest.mark.parametrize("response", KEPT, ids=lambda one: json.dumps(one)[:60])
def test_what_is_no_secret_stays(response: dict[str, Any]) -> None:
    assert clean(CALL, response) == response


def test_the_names_of_the_environment_stay() -> None:
    response = _container(environment=[{"name": "DATABASE_URL", "value": "postgres://u:p@h/d"}])
    (container,) = clean(CALL, response)["taskDefinition"]["containerDefinitions"]
    assert container["environment"] == [{"name": "DATABASE_URL", "value": REDACTED}]
    assert response["taskDefinition"]["containerDefinitions"][0]["environment"][0]["value"] != REDACTED


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("#!/bin/bash\necho ECS_CLUSTER=orders >> /etc/ecs/ecs.config\nexport T=x\n", "ECS_CLUSTER=orders\n"),
        (
            'cat <<EOF > f\nECS_CLUSTER="orders"\nECS_RESERVED_PORTS=[22, 80]\nEOF\n',
            "ECS_CLUSTER=orders\nECS_RESERVED_PORTS=[22, 80]\n",
        ),
        ("ECS_CLUSTER=first\nECS_CLUSTER=second\n", "ECS_CLUSTER=second\n"),
        ("ECS_DYNAMIC_HOST_PORT_RANGE=40000-50000", "ECS_DYNAMIC_HOST_PORT_RANGE=40000-50000\n"),
        ('ECS_ENGINE_AUTH_DATA={"a": 1}\n', ""),
        ("echo nothing", ""),
    ],
)
@pytest.mark.parametrize("wrap", [_encoded, _mime], ids=["plain", "mime"])
def test_of_user_data_the_agent_s_settings_are_left(script: str, left: str, wrap: Callable[[str], str]) -> None:
    cleaned = clean(CALL, {"UserData": wrap(script)})
    assert base64.b64decode(cleaned["UserData"]).decode() == left


def test_an_export_in_which_nothing_is_hidden_stays_as_it_was_written() -> None:
    body = '{"openapi":   "3.0.1", "paths": {}}'
    assert clean(CALL, {"body": body})["body"] == body


def test_the_demo_loses_its_secrets_and_nothing_else() -> None:
    changed = {}
    snapshot = json.loads((SNAPSHOT).read_text(encoding="utf-8"))
    for call in snapshot["calls"]:
        cleaned = clean(Call(call["service"], call["operation"]), copy.deepcopy(call["response"]))
        if cleaned != call["response"]:
            changed[call["operation"]] = cleaned
    assert set(changed) == {"DescribeTaskDefinition", "DescribeLaunchConfigurations"}
    assert "demo-" not in json.dumps([answer.response for answer in answers()])


@given(st.text(max_size=200))
def test_a_text_cleaned_twice_is_the_same_as_once(value: str) -> None:
    assert text(text(value)) == text(value)


@given(
    st.lists(
        st.sampled_from(("password", "=", " ", '"', "'", "x", REDACTED, ":", "//", "@", "/", "Bearer ", "token")),
        max_size=12,
    )
)
def test_nor_does_what_looks_like_secrets_change_when_cleaned_again(parts: list[str]) -> None:
    once = text("".join(parts))
    assert text(once) == once


@pytest.mark.parametrize(
    "name", ["vpcLinkId", "backend", "monkey", "keyspaceHost", "author", "passenger", "compass", "stage"]
)
def test_ordinary_names_are_no_secrets(name: str) -> None:
    assert not secret_name(name)


def test_a_long_text_costs_little() -> None:
    """Quadratic patterns would take minutes here."""
    assert text("password" * 30_000) == "password" * 30_000
    assert text("a" * 300_000).startswith("aaa")
    assert text("x://a:" * 20_000).startswith("x://a:")
    assert text("--a-" * 40_000).startswith("--a-")


@given(st.from_regex(PLAIN, fullmatch=True))
def test_what_is_told_at_a_glance_has_no_shape_of_a_secret(value: str) -> None:
    assert searched(value) == value


@given(
    st.lists(
        st.sampled_from(
            ("pass", "the password is ", "api key", "=", ": ", " ", "hunter2A9", "?code=", "sshpass -p ", "é")
        )
        | st.text(string.printable, max_size=6),
        max_size=8,
    ).map("".join)
)
def test_a_text_without_a_clue_has_no_shape_of_a_secret(value: str) -> None:
    assert searched(value) == thoroughly(value)


@pytest.mark.parametrize(
    "value",
    [
        f"{before}{'Zq7vTr4nWk9xLm2pHs8d' * 2}"
        for before in (
            "hf_",
            "sk-ant-api03-",
            "sk-",
            "xapp-1-A0-1-",
            "pypi-AgEIcHlwaS5vcmc",
            "glrt-",
            "dop_v1_",
            "ya29.",
        )
    ],
)
def test_tokens_of_known_shapes_go(value: str) -> None:
    assert text(f"use {value} for it") == f"use {REDACTED} for it"


@pytest.mark.parametrize(
    "part", ["docker login ", "mysql -h x ", "<token", "the password is ", "encryption key ", "\n: "]
)
def test_a_long_text_of_commands_costs_little(part: str) -> None:
    assert isinstance(thoroughly(part * (60_000 // len(part))), str)
