"""The article's stack, built by boto3 as its owner would build it.

REST API on base path ``orders`` (link by stage variable) and a Lambda API on ``hello``, a v1 link, an
internal NLB over two zones with TCP 10000 and 10001, two instances from a launch configuration with
two security groups, an ECS service with fixed host ports; ACM and Route 53 in front.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ACCOUNT, REGION, DOMAIN = "123456789012", "eu-west-2", "api.example.com"
ZONES = ("eu-west-2a", "eu-west-2b")
PORTS = {"api": (8080, 10000), "status": (7777, 10001)}
LAMBDA = (
    f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:hello/invocations"
)
SECRET = "demo-connection-string"
USER_DATA = f"#!/bin/bash\necho ECS_CLUSTER=orders-cluster >> /etc/ecs/ecs.config\nexport TOKEN={SECRET}\n"


@dataclass
class Stack:
    """The stack at one endpoint; each part is built when the next one first asks for it."""

    endpoint: str

    def __post_init__(self) -> None:
        self._session = boto3.Session(
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="example", region_name=REGION
        )
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]
        return self._clients[service]

    def build(self) -> Stack:
        """Everything."""
        _ = self.service, self.domain, self.record
        return self

    @cached_property
    def vpc(self) -> str:
        vpc = self.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.client("ec2").create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.client("ec2").attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        public = self._subnet(vpc, "10.0.101.0/24", ZONES[0])
        self._table(vpc, [public], GatewayId=gateway)
        return str(vpc)

    def _subnet(self, vpc: str, cidr: str, zone: str) -> str:
        subnet = self.client("ec2").create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]
        return str(subnet["SubnetId"])

    def _table(self, vpc: str, subnets: list[str], **target: str) -> None:
        table = self.client("ec2").create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        self.client("ec2").create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            self.client("ec2").associate_route_table(RouteTableId=table, SubnetId=subnet)

    @cached_property
    def host_subnets(self) -> list[str]:
        return [self._subnet(self.vpc, f"10.0.{number}.0/24", zone) for number, zone in enumerate(ZONES, start=1)]

    @cached_property
    def balancer_subnets(self) -> list[str]:
        return [self._subnet(self.vpc, f"10.0.{number}.0/24", zone) for number, zone in enumerate(ZONES, start=11)]

    @cached_property
    def groups(self) -> list[str]:
        """The cluster's own security group, and the one that lets the balancer in."""
        cluster, hosts = (
            self.client("ec2").create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]
            for name in ("orders-cluster", "orders-hosts")
        )
        for _, port in PORTS.values():
            ranges = [{"CidrIp": "10.0.11.0/24"}, {"CidrIp": "10.0.12.0/24"}]
            rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
            self.client("ec2").authorize_security_group_ingress(GroupId=hosts, IpPermissions=[rule])
        return [cluster, hosts]

    @cached_property
    def balancer(self) -> dict[str, Any]:
        made = self.client("elbv2").create_load_balancer(
            Name="orders", Type="network", Scheme="internal", Subnets=self.balancer_subnets
        )
        balancer: dict[str, Any] = made["LoadBalancers"][0]
        return balancer

    @cached_property
    def target_groups(self) -> dict[str, str]:
        """Container name to its target group, each behind a listener of its own."""
        return {name: self._target_group(name, port) for name, (_, port) in PORTS.items()}

    def _target_group(self, name: str, port: int) -> str:
        elb = self.client("elbv2")
        group = elb.create_target_group(
            Name=f"orders-{name}", Protocol="TCP", Port=port, VpcId=self.vpc, TargetType="instance"
        )["TargetGroups"][0]["TargetGroupArn"]
        elb.modify_target_group_attributes(
            TargetGroupArn=group,
            Attributes=[
                {"Key": "preserve_client_ip.enabled", "Value": "true"},
                {"Key": "proxy_protocol_v2.enabled", "Value": "false"},
            ],
        )
        elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Protocol="TCP",
            Port=port,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return str(group)

    @cached_property
    def instances(self) -> list[str]:
        """One a zone. moto puts all instances of a group in its first subnet: a group for each zone."""
        scaling = self.client("autoscaling")
        scaling.create_launch_configuration(
            LaunchConfigurationName="orders-hosts-1",
            ImageId="ami-0123456789abcdef0",
            InstanceType="t3.medium",
            SecurityGroups=self.groups,
            AssociatePublicIpAddress=False,
            UserData=USER_DATA,
        )
        for zone, subnet in zip(ZONES, self.host_subnets, strict=True):
            scaling.create_auto_scaling_group(
                AutoScalingGroupName=f"orders-hosts-{zone[-1]}",
                LaunchConfigurationName="orders-hosts-1",
                MinSize=1,
                MaxSize=2,
                DesiredCapacity=1,
                VPCZoneIdentifier=subnet,
            )
        described = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        ids = [one["InstanceId"] for group in described for one in group["Instances"]]
        self.client("ec2").describe_instances(InstanceIds=ids)  # moto: pending becomes running when looked at
        return ids

    @cached_property
    def cluster(self) -> str:
        return str(self.client("ecs").create_cluster(clusterName="orders-cluster")["cluster"]["clusterArn"])

    @cached_property
    def task_definition(self) -> str:
        containers = [
            {
                "name": name,
                "image": "registry.example.com/orders:1.4.2",
                "memory": 256,
                "essential": name == "api",
                "portMappings": [{"containerPort": inner, "hostPort": outer, "protocol": "tcp"}],
                "environment": [{"name": "DATABASE_URL", "value": f"postgres://orders:{SECRET}@db.example.com/orders"}],
            }
            for name, (inner, outer) in PORTS.items()
        ]
        made = self.client("ecs").register_task_definition(
            family="orders", networkMode="bridge", requiresCompatibilities=["EC2"], containerDefinitions=containers
        )
        return str(made["taskDefinition"]["taskDefinitionArn"])

    @cached_property
    def service(self) -> str:
        ecs = self.client("ecs")
        hosts = [self._join(instance) for instance in self.instances]
        targets = [
            {"targetGroupArn": self.target_groups[name], "containerName": name, "containerPort": inner}
            for name, (inner, _) in PORTS.items()
        ]
        made = ecs.create_service(
            cluster=self.cluster,
            serviceName="orders",
            taskDefinition=self.task_definition,
            desiredCount=2,
            launchType="EC2",
            loadBalancers=targets,
            deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100},
            healthCheckGracePeriodSeconds=60,
            placementConstraints=[{"type": "distinctInstance"}],
        )
        self._run(hosts)
        return str(made["service"]["serviceArn"])

    def _join(self, instance: str) -> str:
        joined = self.client("ecs").register_container_instance(
            cluster=self.cluster, instanceIdentityDocument=json.dumps({"instanceId": instance})
        )
        return str(joined["containerInstance"]["containerInstanceArn"])

    def _run(self, hosts: list[str]) -> None:
        """What the scheduler does, and moto leaves to us."""
        ecs, elb = self.client("ecs"), self.client("elbv2")
        ecs.start_task(
            cluster=self.cluster, taskDefinition=self.task_definition, containerInstances=hosts, group="service:orders"
        )
        ecs.update_service(cluster=self.cluster, service="orders", desiredCount=2)
        for group in self.target_groups.values():
            elb.register_targets(TargetGroupArn=group, Targets=[{"Id": one} for one in self.instances])

    @cached_property
    def link(self) -> str:
        made = self.client("apigateway").create_vpc_link(name="orders", targetArns=[self.balancer["LoadBalancerArn"]])
        return str(made["id"])

    @cached_property
    def orders_api(self) -> str:
        api = self._api("orders")
        root = self._root(api)
        self._route(api, root, "GET", "http://${stageVariables.backend}:10000/")
        proxy = self._resource(api, root, "{proxy+}")
        self._route(api, proxy, "ANY", "http://${stageVariables.backend}:10000/{proxy}")
        status = self._resource(api, root, "status")
        self._route(api, status, "GET", "http://${stageVariables.backend}:10001/status")
        self._deploy(api, vpcLinkId=self.link, backend=self.balancer["DNSName"])
        return api

    @cached_property
    def hello_api(self) -> str:
        api = self._api("hello")
        for resource in (self._root(api), self._resource(api, self._root(api), "{proxy+}")):
            self._method(api, resource, "GET")
            self.client("apigateway").put_integration(
                restApiId=api,
                resourceId=resource,
                httpMethod="GET",
                type="AWS_PROXY",
                integrationHttpMethod="POST",
                uri=LAMBDA,
            )
        self._deploy(api)
        return api

    def _api(self, name: str) -> str:
        made = self.client("apigateway").create_rest_api(
            name=name, endpointConfiguration={"types": ["REGIONAL"]}, disableExecuteApiEndpoint=True
        )
        return str(made["id"])

    def _root(self, api: str) -> str:
        return str(self.client("apigateway").get_resources(restApiId=api)["items"][0]["id"])

    def _resource(self, api: str, parent: str, part: str) -> str:
        made = self.client("apigateway").create_resource(restApiId=api, parentId=parent, pathPart=part)
        return str(made["id"])

    def _method(self, api: str, resource: str, verb: str, **parameters: bool) -> None:
        self.client("apigateway").put_method(
            restApiId=api,
            resourceId=resource,
            httpMethod=verb,
            authorizationType="NONE",
            requestParameters=parameters,
        )

    def _route(self, api: str, resource: str, verb: str, uri: str) -> None:
        proxied = "{proxy}" in uri
        self._method(api, resource, verb, **({"method.request.path.proxy": True} if proxied else {}))
        self.client("apigateway").put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod=verb,
            type="HTTP_PROXY",
            integrationHttpMethod=verb,
            uri=uri,
            connectionType="VPC_LINK",
            connectionId="${stageVariables.vpcLinkId}",
            timeoutInMillis=29000,
            requestParameters={"integration.request.path.proxy": "method.request.path.proxy"} if proxied else {},
        )

    def _deploy(self, api: str, **variables: str) -> None:
        """Two steps: moto wipes a stage's variables when a deployment names the stage."""
        deployment = self.client("apigateway").create_deployment(restApiId=api)["id"]
        self.client("apigateway").create_stage(
            restApiId=api, stageName="prod", deploymentId=deployment, variables=variables
        )

    @cached_property
    def certificate(self) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = _self_signed(key).public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        made = self.client("acm").import_certificate(Certificate=pem, PrivateKey=private)
        return str(made["CertificateArn"])

    @cached_property
    def domain(self) -> dict[str, Any]:
        gateway = self.client("apigateway")
        made: dict[str, Any] = gateway.create_domain_name(
            domainName=DOMAIN,
            regionalCertificateArn=self.certificate,
            endpointConfiguration={"types": ["REGIONAL"]},
            securityPolicy="TLS_1_2",
        )
        for base_path, api in (("orders", self.orders_api), ("hello", self.hello_api)):
            gateway.create_base_path_mapping(domainName=DOMAIN, basePath=base_path, restApiId=api, stage="prod")
        return made

    @cached_property
    def record(self) -> str:
        route53 = self.client("route53")
        zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        alias = {
            "HostedZoneId": self.domain["regionalHostedZoneId"],
            "DNSName": self.domain["regionalDomainName"],
            "EvaluateTargetHealth": False,
        }
        for name in ("api", "zebra"):
            record = {"Name": f"{name}.example.com", "Type": "A", "AliasTarget": alias}
            route53.change_resource_record_sets(
                HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
            )
        return str(zone)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(DOMAIN)]), critical=False)
        .sign(key, hashes.SHA256())
    )
