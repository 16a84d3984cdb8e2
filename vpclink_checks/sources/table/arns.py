"""What IAM actions can be narrowed to: ARN patterns with ``{partition}``, ``{region}`` and ``{account}`` to fill in.

Source: the Service Authorization Reference. An action that it lists without a resource type stays on ``*``, as
do most of EC2's, Elastic Load Balancing's and Auto Scaling's Describe calls, and ``ecs:List…`` but for
``ListContainerInstances``.
"""

from __future__ import annotations

# API Gateway's paths are resources without an account; private custom domains and routing rules have one.
_GATEWAY = "arn:{partition}:apigateway:{region}::"
_OWN_GATEWAY = "arn:{partition}:apigateway:{region}:{account}:"
DOMAINS = (f"{_GATEWAY}/domainnames/*", f"{_OWN_GATEWAY}/domainnames/*")
DOMAIN_LIST = (f"{_GATEWAY}/domainnames",)
ACCESS_ASSOCIATIONS = tuple(f"{one}/domainnameaccessassociations" for one in (_GATEWAY, _OWN_GATEWAY))
REST_API_LIST = (f"{_GATEWAY}/restapis",)
REST_APIS = (f"{_GATEWAY}/restapis/*",)
HTTP_API_LIST = (f"{_GATEWAY}/apis",)
HTTP_APIS = (f"{_GATEWAY}/apis/*",)
VPC_LINKS = (f"{_GATEWAY}/vpclinks/*",)

# The certificate of an edge-optimized domain is in us-east-1, wherever the domain's region is.
CERTIFICATES = tuple(f"arn:{{partition}}:acm:{one}:{{account}}:certificate/*" for one in ("{region}", "us-east-1"))
HOSTED_ZONES = ("arn:{partition}:route53:::hostedzone/*",)
CLOUD_MAP_SERVICES = ("arn:{partition}:servicediscovery:{region}:{account}:service/*",)
PREFIX_LISTS = ("arn:{partition}:ec2:{region}:*:prefix-list/*",)  # AWS's own are of the account "aws"
TRANSIT_ROUTE_TABLES = ("arn:{partition}:ec2:{region}:{account}:transit-gateway-route-table/*",)

_ECS = "arn:{partition}:ecs:{region}:{account}:"
CLUSTERS = (f"{_ECS}cluster/*",)
CONTAINER_INSTANCES = (f"{_ECS}container-instance/*",)
SERVICES = (f"{_ECS}service/*",)
TASKS = (f"{_ECS}task/*",)
