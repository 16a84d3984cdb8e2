"""Faults from the domain to the VPC link."""

from __future__ import annotations

from vpclink_checks.demo.faults.model import Fault
from vpclink_checks.demo.faults.names import (
    ACCOUNT,
    ALL_CALLS,
    DOMAIN,
    HELLO,
    LINK,
    NEIGHBOURS,
    ORDERS_API,
    REGION,
    ROUTES,
    STATUS,
    edited_status,
    served_status,
)
from vpclink_checks.demo.overlay import Answered, Append, Drop, Refuse, Set
from vpclink_checks.demo.wire import Plane

CERTIFICATE = "acm:DescribeCertificate"
STAGE = "apigateway:GetStage"
RESOURCES = "apigateway:GetResources"
LINKS = "apigateway:GetVpcLink"
BROKEN = Plane(answers={"orders": "internal"})


WEB_ACL = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/closed/11111111-2222-3333-4444-555555555555"

FAULTS = (
    Fault(
        id="api-waf-block",
        hop="api",
        title="The web ACL on the stage blocks by default, and nothing in it allows",
        changes=(
            Set(STAGE, ORDERS_API, ("webAclArn",), WEB_ACL),
            Answered(
                "wafv2",
                "GetWebACLForResource",
                {"ResourceArn": f"arn:aws:apigateway:{REGION}::/restapis/{ORDERS_API}/stages/prod"},
                {"WebACL": {"Name": "closed", "ARN": WEB_ACL, "DefaultAction": {"Block": {}}, "Rules": []}},
            ),
        ),
        plane=Plane(answers={"orders": "forbidden"}),
        fails={"api/web-acl-lets-through": ("orders/prod",), ROUTES: ALL_CALLS},
    ),
    Fault(
        id="api-gateway-response-masked",
        hop="api",
        title="The API answers its own failures with 200",
        changes=(
            Append(
                "apigateway:GetGatewayResponses",
                ORDERS_API,
                ("items",),
                {"responseType": "DEFAULT_5XX", "statusCode": "200", "defaultResponse": False},
            ),
        ),
        fails={"api/gateway-responses-tell-errors": ("orders",)},
    ),
    Fault(
        id="domain-dns-alias-wrong-target",
        hop="domain",
        title="The alias points to another domain's endpoint",
        changes=(
            Set(
                "route53:ListResourceRecordSets",
                "",
                ("ResourceRecordSets", ("Name", f"{DOMAIN}."), "AliasTarget", "DNSName"),
                "d-9876543210.execute-api.eu-west-2.amazonaws.com.",
            ),
        ),
        plane=Plane(certificate="other-name"),
        fails={
            "domain/dns-points-at-endpoint": ("api.example.com",),
            ROUTES: ALL_CALLS,
            NEIGHBOURS: (HELLO,),
        },
    ),
    Fault(
        id="domain-acm-expired-or-renewal-failing",
        hop="domain",
        title="The certificate has expired",
        changes=(
            Set(CERTIFICATE, "", ("Certificate", "NotAfter"), "2026-11-01T00:00:00+00:00"),
            Set(CERTIFICATE, "", ("Certificate", "Status"), "EXPIRED"),
        ),
        plane=Plane(certificate="expired"),
        fails={
            "domain/certificate-in-date": ("api.example.com REGIONAL",),
            ROUTES: ALL_CALLS,
            NEIGHBOURS: (HELLO,),
        },
    ),
    Fault(
        id="domain-acm-san-mismatch",
        hop="domain",
        title="The certificate bears another name",
        changes=(
            Set(CERTIFICATE, "", ("Certificate", "DomainName"), f"other.{DOMAIN}"),
            Set(CERTIFICATE, "", ("Certificate", "SubjectAlternativeNames"), [f"other.{DOMAIN}"]),
        ),
        plane=Plane(certificate="other-name"),
        fails={
            "domain/certificate-covers-name": ("api.example.com REGIONAL",),
            ROUTES: ALL_CALLS,
            NEIGHBOURS: (HELLO,),
        },
    ),
    Fault(
        id="domain-routing-mode-ignores-mapping",
        hop="domain",
        title="The domain goes by routing rules alone, of which there are none",
        changes=(
            Set("apigateway:GetDomainName", "", ("routingMode",), "ROUTING_RULE_ONLY"),
            Set("apigatewayv2:GetDomainName", "", ("RoutingMode",), "ROUTING_RULE_ONLY"),
        ),
        plane=Plane(answers={"": "forbidden"}),
        fails={
            "domain/mapping-live": ("api.example.com",),
            ROUTES: ALL_CALLS,
            NEIGHBOURS: (HELLO,),
        },
    ),
    Fault(
        id="domain-no-mapping",
        hop="domain",
        title="No mapping of the domain leads to the API any more",
        changes=(
            Drop("apigateway:GetBasePathMappings", "", ("items", ("basePath", "orders"))),
            Drop("apigatewayv2:GetApiMappings", "", ("Items", ("ApiMappingKey", "orders"))),
        ),
        plane=Plane(answers={"orders": "forbidden"}),
        fails={
            "domain/mapping-leads-to-vpc-link": ("api.example.com", "api.example.com/orders"),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="api-stage-missing",
        hop="api",
        title="The stage that the mapping names is gone",
        changes=(
            Refuse("apigateway", "GetStage", {"restApiId": ORDERS_API, "stageName": "prod"}),
            Refuse(
                "apigateway",
                "GetExport",
                {
                    "restApiId": ORDERS_API,
                    "stageName": "prod",
                    "exportType": "oas30",
                    "parameters": {"extensions": "integrations,authorizers"},
                    "accepts": "application/json",
                },
            ),
        ),
        plane=Plane(answers={"orders": "forbidden"}),
        fails={
            "api/stage-exists": ("api.example.com/orders",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="api-deployment-stale",
        hop="api",
        title="A route was changed and never deployed",
        changes=(edited_status("uri", "http://${stageVariables.backend}:10001/v2/status"),),
        fails={
            "api/deployment-current": ("orders/prod",),
        },
    ),
    Fault(
        id="api-canary-split",
        hop="api",
        title="Half of the requests go to a canary whose stage variable leads nowhere",
        changes=(
            Set(
                STAGE,
                ORDERS_API,
                ("canarySettings",),
                {
                    "percentTraffic": 50.0,
                    "deploymentId": "dep001",
                    "stageVariableOverrides": {"backend": "old-orders.example.com"},
                    "useStageCache": False,
                },
            ),
        ),
        plane=Plane(canary="internal"),
        fails={
            "api/canary-agrees": ("orders/prod",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="integ-stagevar-undefined",
        hop="integration",
        title="The stage lacks the variable that the integrations' addresses use",
        changes=(Drop(STAGE, ORDERS_API, ("variables", "backend")),),
        plane=BROKEN,
        fails={
            "integration/stage-variables-defined": ("orders GET /", "orders ANY /{proxy+}", "orders GET /status"),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="integ-uri-port-no-listener",
        hop="integration",
        title="An integration's port has no listener",
        changes=(
            served_status("uri", "http://${stageVariables.backend}:10002/status"),
            edited_status("uri", "http://${stageVariables.backend}:10002/status"),
        ),
        plane=Plane(answers={"orders/status": "internal"}),
        fails={
            "integration/leads-to-listener": (
                "api.example.com/orders|orders-0123456789abcdef.elb.eu-west-2.amazonaws.com:10002",
            ),
            ROUTES: (STATUS,),
        },
    ),
    Fault(
        id="integ-vpclink-dangling",
        hop="integration",
        title="The VPC link that the integrations name is gone",
        changes=(
            Refuse("apigateway", "GetVpcLink", {"vpcLinkId": LINK}),
            Refuse("apigatewayv2", "GetVpcLink", {"VpcLinkId": LINK}),
        ),
        plane=BROKEN,
        fails={
            "integration/link-exists": (
                "api.example.com/orders|orders-0123456789abcdef.elb.eu-west-2.amazonaws.com:10000",
                "api.example.com/orders|orders-0123456789abcdef.elb.eu-west-2.amazonaws.com:10001",
            ),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="vpclink-v1-failed",
        hop="vpc-link",
        title="The VPC link has failed",
        changes=(
            Set(LINKS, LINK, ("status",), "FAILED"),
            Set(LINKS, LINK, ("statusMessage",), "NLB ARN is malformed."),
        ),
        plane=BROKEN,
        fails={
            "vpc-link/available": ("orders",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="vpclink-v1-deleting",
        hop="vpc-link",
        title="The VPC link is being deleted",
        changes=(Set(LINKS, LINK, ("status",), "DELETING"),),
        plane=BROKEN,
        fails={
            "vpc-link/available": ("orders",),
            ROUTES: ALL_CALLS,
        },
    ),
    Fault(
        id="vpclink-v1-pending",
        hop="vpc-link",
        title="The VPC link is still being made",
        changes=(Set(LINKS, LINK, ("status",), "PENDING"),),
        plane=BROKEN,
        fails={
            "vpc-link/available": ("orders",),
            ROUTES: ALL_CALLS,
        },
    ),
)
