"""The hosts of a big stack: network, instances, and what ECS runs on them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from tests.standin.stack_front import (
    ACCOUNT,
    DEPLOYED,
    MADE,
    NLB_CIDRS,
    NLB_SUBNETS,
    REGION,
    VPC,
    ZONES,
    Raw,
    answer,
    balancer_tail,
    group_arn,
    host_port,
    instance_id,
)
from vpclink_checks.sources.facts import Answer

ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
HOST_SUBNETS = ("subnet-0a1a1a1a1a1a1a1a1", "subnet-0b1b1b1b1b1b1b1b1")
HOST_CIDRS = ("10.0.64.0/18", "10.0.128.0/18")  # room for 16,000 hosts each
PUBLIC, PUBLIC_CIDR = "subnet-0a3a3a3a3a3a3a3a3", "10.0.3.0/24"
IGW, NAT, ACL = "igw-0123456789abcdef0", "nat-0123456789abcdef0", "acl-0123456789abcdef0"
TEMPLATE, ASG, AMI, TYPE = "lt-0123456789abcdef0", "shop-hosts", "ami-0123456789abcdef0", "t3.medium"
PREFIX_LIST = "pl-0123456789abcdef0"
USER_DATA = base64.b64encode(b"#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n").decode()
OUT = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@dataclass(frozen=True)
class Hosts:
    """``groups``: the cluster's, the bastion's, and one for each share of the hosts."""

    instances: int
    groups: int
    balancers: int
    shares: tuple[int, ...]
    launch: str
    prefix_list: bool = False

    def groups_of(self, number: int) -> tuple[str, str]:
        """The security groups that a host carries."""
        return group_id(0), group_id(2 + number % (self.groups - 2))


def group_id(number: int) -> str:
    """0 is the cluster's, 1 the bastion's."""
    return f"sg-{number:017x}"


def answers(hosts: Hosts) -> Iterator[Answer]:
    """Everything about them."""
    yield from _network(hosts)
    yield from _instances(hosts)
    yield from _launches(hosts)
    yield from _cluster(hosts)
    for service in range(len(hosts.shares)):
        yield from _service(hosts, service)


def _network(hosts: Hosts) -> Iterator[Answer]:
    block = {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}
    vpc = {"VpcId": VPC, "OwnerId": ACCOUNT, "State": "available", "CidrBlock": "10.0.0.0/16"}
    yield answer("ec2:DescribeVpcs", {}, {"Vpcs": [{**vpc, "CidrBlockAssociationSet": [block]}]})
    cidrs = dict(zip((*HOST_SUBNETS, *NLB_SUBNETS, PUBLIC), (*HOST_CIDRS, *NLB_CIDRS, PUBLIC_CIDR), strict=True))
    subnets = [_subnet(subnet, cidr, ZONES[at % 2]) for at, (subnet, cidr) in enumerate(cidrs.items())]
    yield answer("ec2:DescribeSubnets", {}, {"Subnets": subnets})
    entries = [
        {"RuleNumber": number, "Egress": egress, "Protocol": "-1", "RuleAction": action, "CidrBlock": "0.0.0.0/0"}
        for egress in (False, True)
        for number, action in ((100, "allow"), (32767, "deny"))
    ]
    acl = {"NetworkAclId": ACL, "VpcId": VPC, "IsDefault": True, "Entries": entries}
    acl |= {"Associations": [{"NetworkAclId": ACL, "SubnetId": one} for one in cidrs]}
    yield answer("ec2:DescribeNetworkAcls", {}, {"NetworkAcls": [acl]})
    yield answer("ec2:DescribeRouteTables", {}, {"RouteTables": list(_route_tables())})
    attached = {"InternetGatewayId": IGW, "Attachments": [{"VpcId": VPC, "State": "available"}]}
    yield answer("ec2:DescribeInternetGateways", {}, {"InternetGateways": [attached]})
    options = {"AwsAccountId": ACCOUNT, "AwsRegion": REGION, "State": "default-state"}
    options |= {"InternetGatewayBlockMode": "off"}
    yield answer("ec2:DescribeVpcBlockPublicAccessOptions", {}, {"VpcBlockPublicAccessOptions": options})
    yield answer("ec2:DescribeVpcBlockPublicAccessExclusions", {}, {"VpcBlockPublicAccessExclusions": []})
    entries = [{"Cidr": cidr, "Description": "the balancers"} for cidr in NLB_CIDRS]
    yield answer("ec2:GetManagedPrefixListEntries", {"PrefixListId": PREFIX_LIST}, {"Entries": entries})
    groups = [_group(hosts, number) for number in range(hosts.groups)]
    yield answer("ec2:DescribeSecurityGroups", {}, {"SecurityGroups": groups})


def _subnet(subnet: str, cidr: str, zone: str) -> Raw:
    held = {"SubnetId": subnet, "VpcId": VPC, "State": "available", "AvailabilityZone": zone, "CidrBlock": cidr}
    return {**held, "MapPublicIpOnLaunch": False, "AvailableIpAddressCount": 100}


def _route_tables() -> Iterator[Raw]:
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    local["Origin"] = "CreateRouteTable"
    out = {"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute", "State": "active"}
    for table, subnets, more in (
        ("rtb-0aaaaaaaaaaaaaaaa", (), []),
        ("rtb-0bbbbbbbbbbbbbbbb", HOST_SUBNETS, [{**out, "NatGatewayId": NAT}]),
        ("rtb-0cccccccccccccccc", (PUBLIC,), [{**out, "GatewayId": IGW}]),
    ):
        state = {"AssociationState": {"State": "associated"}}
        held = [{"SubnetId": one, "Main": False, **state} for one in subnets] or [{"Main": True, **state}]
        yield {"RouteTableId": table, "VpcId": VPC, "Associations": held, "Routes": [local, *more]}


def _group(hosts: Hosts, number: int) -> Raw:
    held = {"GroupId": group_id(number), "GroupName": f"shop-{number}", "VpcId": VPC, "OwnerId": ACCOUNT}
    rules = []
    if number > 1:
        ports = (host_port(0), host_port(len(hosts.shares) - 1))
        named = {"PrefixListIds": [{"PrefixListId": PREFIX_LIST}]}
        sources: Raw = named if hosts.prefix_list else {"IpRanges": [{"CidrIp": cidr} for cidr in NLB_CIDRS]}
        rules = [_rule(*ports, **sources)]
        rules.append(_rule(22, 22, UserIdGroupPairs=[{"GroupId": group_id(1), "UserId": ACCOUNT}]))
    return {**held, "Description": "-", "IpPermissions": rules, "IpPermissionsEgress": [OUT]}


def _rule(first: int, last: int, **sources: object) -> Raw:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **sources}


def _address(number: int) -> str:
    """Odd hosts lie in the second zone."""
    inside = number // 2 + 10
    return f"10.0.{(64, 128)[number % 2] + inside // 256}.{inside % 256}"


def _instances(hosts: Hosts) -> Iterator[Answer]:
    numbers = range(hosts.instances)
    yield answer("ec2:DescribeInstances", {}, {"Reservations": [_reservation(hosts, number) for number in numbers]})
    interfaces = [_interface(hosts, number) for number in numbers]
    interfaces += [_nlb_interface(number, zone) for number in range(hosts.balancers) for zone in (0, 1)]
    yield answer("ec2:DescribeNetworkInterfaces", {}, {"NetworkInterfaces": interfaces})


def _interface(hosts: Hosts, number: int) -> Raw:
    attachment = {"AttachmentId": f"eni-attach-{number:017x}", "DeviceIndex": 0, "Status": "attached"}
    return {
        "NetworkInterfaceId": f"eni-{number:017x}",
        "VpcId": VPC,
        "SubnetId": HOST_SUBNETS[number % 2],
        "AvailabilityZone": ZONES[number % 2],
        "Description": "",
        "InterfaceType": "interface",
        "OwnerId": ACCOUNT,
        "Status": "in-use",
        "SourceDestCheck": True,
        "PrivateIpAddress": _address(number),
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": _address(number)}],
        "Groups": [{"GroupId": one, "GroupName": one} for one in hosts.groups_of(number)],
        "Attachment": {**attachment, "InstanceId": instance_id(number), "InstanceOwnerId": ACCOUNT},
    }


def _nlb_interface(number: int, zone: int) -> Raw:
    address = f"10.0.{1 + zone}.{10 + number}"
    return {
        "NetworkInterfaceId": f"eni-f{zone}{number:015x}",
        "VpcId": VPC,
        "SubnetId": NLB_SUBNETS[zone],
        "AvailabilityZone": ZONES[zone],
        "Description": f"ELB {balancer_tail(number)}",
        "InterfaceType": "network_load_balancer",
        "RequesterManaged": True,
        "OwnerId": ACCOUNT,
        "Status": "in-use",
        "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}],
        "Groups": [],
        "Attachment": {"AttachmentId": "ela-attach-0", "DeviceIndex": 1, "InstanceOwnerId": "amazon-aws"},
    }


def _reservation(hosts: Hosts, number: int) -> Raw:
    interface = _interface(hosts, number)
    instance = {
        "InstanceId": instance_id(number),
        "ImageId": AMI,
        "InstanceType": TYPE,
        "LaunchTime": MADE,
        "State": {"Code": 16, "Name": "running"},
        "Placement": {"AvailabilityZone": ZONES[number % 2], "Tenancy": "default"},
        "PlatformDetails": "Linux/UNIX",
        "VpcId": VPC,
        "SubnetId": interface["SubnetId"],
        "PrivateIpAddress": interface["PrivateIpAddress"],
        "SecurityGroups": interface["Groups"],
        "SourceDestCheck": True,
        "NetworkInterfaces": [interface],
        "Tags": [{"Key": "aws:autoscaling:groupName", "Value": ASG}, {"Key": "Name", "Value": "shop-host"}],
    }
    return {"ReservationId": f"r-{number:017x}", "OwnerId": ACCOUNT, "Instances": [instance]}


def _launches(hosts: Hosts) -> Iterator[Answer]:
    by_template = {"LaunchTemplate": {"LaunchTemplateId": TEMPLATE, "LaunchTemplateName": ASG, "Version": "3"}}
    how: Raw = by_template if hosts.launch == "template" else {"LaunchConfigurationName": "shop-hosts-1"}
    members = [
        {"InstanceId": instance_id(number), "AvailabilityZone": ZONES[number % 2], "LifecycleState": "InService", **how}
        | {"HealthStatus": "Healthy", "ProtectedFromScaleIn": False}
        for number in range(hosts.instances)
    ]
    group = {"AutoScalingGroupName": ASG, **how, "MinSize": hosts.instances, "MaxSize": 2 * hosts.instances}
    group |= {"DesiredCapacity": hosts.instances, "AvailabilityZones": list(ZONES), "HealthCheckType": "EC2"}
    group |= {"DefaultCooldown": 300, "CreatedTime": MADE, "VPCZoneIdentifier": ",".join(HOST_SUBNETS)}
    yield answer("autoscaling:DescribeAutoScalingGroups", {}, {"AutoScalingGroups": [{**group, "Instances": members}]})
    carried = [group_id(number) for number in (0, 2)]
    made = {"ImageId": AMI, "InstanceType": TYPE, "UserData": USER_DATA}
    if hosts.launch == "template":
        data = {**made, "SecurityGroupIds": carried}
        version = {"LaunchTemplateId": TEMPLATE, "LaunchTemplateName": ASG, "VersionNumber": 3, "DefaultVersion": True}
        whole = {"LaunchTemplateVersions": [{**version, "LaunchTemplateData": data}]}
        yield answer("ec2:DescribeLaunchTemplateVersions", {"LaunchTemplateId": TEMPLATE}, whole)
        return
    configuration = {"LaunchConfigurationName": "shop-hosts-1", **made, "SecurityGroups": carried, "CreatedTime": MADE}
    whole = {"LaunchConfigurations": [{**configuration, "AssociatePublicIpAddress": False}]}
    yield answer("autoscaling:DescribeLaunchConfigurations", {}, whole)


def _container_instance(number: int) -> str:
    return f"{ECS}:container-instance/shop/{number:032x}"


def _cluster(hosts: Hosts) -> Iterator[Answer]:
    by_arn = {"cluster": CLUSTER}
    cluster: Raw = {"clusterArn": CLUSTER, "clusterName": "shop", "status": "ACTIVE"}
    cluster |= {"registeredContainerInstancesCount": hosts.instances, "runningTasksCount": sum(hosts.shares)}
    services = [f"{ECS}:service/shop/shop-{number}" for number in range(len(hosts.shares))]
    members = [_host(hosts, number) for number in range(hosts.instances)]
    arns = [one["containerInstanceArn"] for one in members]
    yield answer("ecs:ListClusters", {}, {"clusterArns": [CLUSTER]})
    yield answer("ecs:DescribeClusters", {}, {"clusters": [cluster], "failures": []})
    yield answer("ecs:ListServices", by_arn, {"serviceArns": services})
    described = {"services": [_ecs_service(hosts, number) for number in range(len(services))], "failures": []}
    yield answer("ecs:DescribeServices", by_arn, described)
    yield answer("ecs:ListContainerInstances", by_arn, {"containerInstanceArns": arns})
    yield answer("ecs:DescribeContainerInstances", by_arn, {"containerInstances": members, "failures": []})
    tasks = [_task(service, number) for service, share in enumerate(hosts.shares) for number in range(share)]
    yield answer("ecs:DescribeTasks", by_arn, {"tasks": tasks, "failures": []})


def _host(hosts: Hosts, number: int) -> Raw:
    agents = ["22", "2375", "2376", "51678", "51679"]
    taken = [str(host_port(service)) for service, share in enumerate(hosts.shares) if number < share]
    left = [_resource("CPU", 1408), _resource("MEMORY", 3244), _ports(agents + taken)]
    return {
        "containerInstanceArn": _container_instance(number),
        "ec2InstanceId": instance_id(number),
        "status": "ACTIVE",
        "agentConnected": True,
        "versionInfo": {"agentVersion": "1.98.0", "dockerVersion": "DockerVersion: 25.0.8"},
        "remainingResources": left,
        "registeredResources": [_resource("CPU", 2048), _resource("MEMORY", 3884), _ports(agents)],
        "runningTasksCount": len(taken),
        "pendingTasksCount": 0,
        "attributes": [{"name": "ecs.os-type", "value": "linux"}],
    }


def _resource(name: str, value: int) -> Raw:
    return {"name": name, "type": "INTEGER", "integerValue": value}


def _ports(held: list[str]) -> Raw:
    return {"name": "PORTS", "type": "STRINGSET", "stringSetValue": held}


def _definition(service: int) -> str:
    return f"{ECS}:task-definition/shop-{service}:7"


def _ecs_service(hosts: Hosts, service: int) -> Raw:
    share, definition = hosts.shares[service], _definition(service)
    counts = {"desiredCount": share, "runningCount": share, "pendingCount": 0, "launchType": "EC2"}
    deployment = {"id": f"ecs-svc/{service}", "status": "PRIMARY", "taskDefinition": definition, **counts}
    deployment |= {"createdAt": DEPLOYED, "updatedAt": DEPLOYED, "failedTasks": 0, "rolloutState": "COMPLETED"}
    registers = {"targetGroupArn": group_arn(service), "containerName": "api", "containerPort": 8080}
    return {
        "serviceArn": f"{ECS}:service/shop/shop-{service}",
        "serviceName": f"shop-{service}",
        "clusterArn": CLUSTER,
        "status": "ACTIVE",
        "taskDefinition": definition,
        **counts,
        "loadBalancers": [registers],
        "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 50},
        "deployments": [deployment],
        "createdAt": MADE,
        "placementConstraints": [{"type": "distinctInstance"}],
        "healthCheckGracePeriodSeconds": 60,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
    }


def _task(service: int, number: int) -> Raw:
    binding = {"bindIP": "0.0.0.0", "containerPort": 8080, "hostPort": host_port(service), "protocol": "tcp"}
    return {
        "taskArn": f"{ECS}:task/shop/{service:08x}{number:024x}",
        "clusterArn": CLUSTER,
        "containerInstanceArn": _container_instance(number),
        "group": f"service:shop-{service}",
        "taskDefinitionArn": _definition(service),
        "lastStatus": "RUNNING",
        "desiredStatus": "RUNNING",
        "launchType": "EC2",
        "createdAt": DEPLOYED,
        "containers": [{"name": "api", "lastStatus": "RUNNING", "networkBindings": [binding]}],
    }


def _service(hosts: Hosts, service: int) -> Iterator[Answer]:
    tasks = [_task(service, number)["taskArn"] for number in range(hosts.shares[service])]
    asked = {"cluster": CLUSTER, "serviceName": f"shop-{service}"}
    yield answer("ecs:ListTasks", asked, {"taskArns": tasks})
    ports = {"containerPort": 8080, "hostPort": host_port(service), "protocol": "tcp"}
    container: Raw = {"name": "api", "image": "123456789012.dkr.ecr.eu-west-2.amazonaws.com/shop:1.4.2"}
    container |= {"cpu": 128, "memory": 128, "essential": True, "portMappings": [ports]}
    definition = {
        "taskDefinitionArn": _definition(service),
        "family": f"shop-{service}",
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "bridge",
        "requiresCompatibilities": ["EC2"],
        "compatibilities": ["EC2"],
        "containerDefinitions": [container],
    }
    yield answer("ecs:DescribeTaskDefinition", {"taskDefinition": _definition(service)}, {"taskDefinition": definition})
