"""The article's stack, healthy, in model objects: what the demo's snapshot must turn out to be.

api.example.com -> /orders (REST, stage prod) -> v1 link -> internal NLB over two zones, TCP 10000 and
10001 -> two instances -> service orders: containers api (8080 -> 10000) and status (7777 -> 10001).
/hello is a Lambda API on the same domain.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from vpclink_checks.model.api import Api, Deployment, Integration, Route, Stage
from vpclink_checks.model.balancing import (
    Action,
    Forward,
    HealthCheck,
    Listener,
    LoadBalancer,
    Target,
    TargetGroup,
    Zone,
)
from vpclink_checks.model.compute import AutoScalingGroup, Instance, LaunchSettings
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, Endpoint, HostedZone, Mapping
from vpclink_checks.model.ecs import (
    Cluster,
    ContainerDefinition,
    ContainerInstance,
    NetworkBinding,
    PortMapping,
    Service,
    ServiceDeployment,
    ServiceTarget,
    Task,
    TaskContainer,
    TaskDefinition,
)
from vpclink_checks.model.fact import Table
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import (
    AclEntry,
    BlockPublicAccess,
    GroupRule,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.model.path import Destination, Neighbour, Path
from vpclink_checks.model.topology import Topology
from vpclink_checks.model.transit import NatGateway

ACCOUNT, REGION, DOMAIN = "123456789012", "eu-west-2", "api.example.com"
TAKEN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
NLB_ARN = f"{ELB}:loadbalancer/net/orders/0123456789abcdef"
NLB_DNS = f"orders-0123456789abcdef.elb.{REGION}.amazonaws.com"
TG_API = f"{ELB}:targetgroup/orders-api/1111111111111111"
TG_STATUS = f"{ELB}:targetgroup/orders-status/2222222222222222"
CERT_ARN = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
CLUSTER = f"{ECS}:cluster/orders-cluster"
SERVICE = f"{ECS}:service/orders-cluster/orders"
TASKDEF = f"{ECS}:task-definition/orders:7"
API_ID, HELLO_ID, LINK_ID = "a1b2c3d4e5", "f6g7h8i9j0", "vl1a2b3"
HOST_A, HOST_B = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2"
SG_CLUSTER, SG_HOSTS = "sg-0c1c1c1c1c1c1c1c1", "sg-0d2d2d2d2d2d2d2d2"
VPC, IGW, NAT = "vpc-0123456789abcdef0", "igw-0123456789abcdef0", "nat-0123456789abcdef0"
HOSTS_A, HOSTS_B = "subnet-0a1a1a1a1a1a1a1a1", "subnet-0b1b1b1b1b1b1b1b1"  # 10.0.1.0/24, 10.0.2.0/24
NLB_A, NLB_B = "subnet-0a2a2a2a2a2a2a2a2", "subnet-0b2b2b2b2b2b2b2b2"  # 10.0.11.0/24, 10.0.12.0/24
PUBLIC_A = "subnet-0a3a3a3a3a3a3a3a3"  # 10.0.101.0/24
VARIABLES = {"vpcLinkId": LINK_ID, "backend": NLB_DNS}


def table(**rows: Any) -> Table[Any]:
    return Table(rows=rows)


def by(key: str, *rows: Any) -> Table[Any]:
    """A complete table of these rows by one of their attributes."""
    return Table(rows={getattr(row, key): row for row in rows})


def private(uri: str, **parameters: str) -> Integration:
    return Integration(
        type="HTTP_PROXY",
        connection_type="VPC_LINK",
        connection_id="${stageVariables.vpcLinkId}",
        uri=uri,
        method="ANY" if "{proxy}" in uri else "GET",
        timeout_ms=29000,
        request_parameters=parameters,
        passthrough="WHEN_NO_MATCH",
    )


ROUTES = (
    Route(
        api_id=API_ID,
        id="r00t",
        method="GET",
        path="/",
        integration=private("http://${stageVariables.backend}:10000/"),
    ),
    Route(
        api_id=API_ID,
        id="pr0xy",
        method="ANY",
        path="/{proxy+}",
        integration=private(
            "http://${stageVariables.backend}:10000/{proxy}",
            **{"integration.request.path.proxy": "method.request.path.proxy"},
        ),
    ),
    Route(
        api_id=API_ID,
        id="st4tus",
        method="GET",
        path="/status",
        integration=private("http://${stageVariables.backend}:10001/status"),
    ),
)
LAMBDA = (
    "arn:aws:apigateway:eu-west-2:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:eu-west-2:123456789012:function:hello/invocations"
)
HELLO_ROUTES = tuple(
    Route(
        api_id=HELLO_ID,
        id=id_,
        method="GET",
        path=path,
        integration=Integration(
            type="AWS_PROXY", method="POST", uri=LAMBDA, timeout_ms=29000, passthrough="WHEN_NO_MATCH"
        ),
    )
    for id_, path in (("h0", "/"), ("h1", "/{proxy+}"))
)

DOMAIN_NAME = DomainName(
    name=DOMAIN,
    arn=f"arn:aws:apigateway:{REGION}::/domainnames/{DOMAIN}",
    endpoints=(
        Endpoint(
            type="REGIONAL",
            dns_name=f"d-0123456789.execute-api.{REGION}.amazonaws.com",
            hosted_zone_id="ZJ5UAJN8Y3Z2Q",
            certificate_arn=CERT_ARN,
        ),
    ),
    security_policy="TLS_1_2",
    ip_address_type="ipv4",
)
ORDERS_MAPPING = Mapping(domain=DOMAIN, key="orders", api_id=API_ID, stage="prod")
HELLO_MAPPING = Mapping(domain=DOMAIN, key="hello", api_id=HELLO_ID, stage="prod")
STAGE = Stage(
    api_id=API_ID,
    name="prod",
    deployment_id="dep001",
    variables=VARIABLES,
    created=datetime(2026, 10, 1, 8, 0, tzinfo=UTC),
    updated=datetime(2026, 10, 20, 8, 0, tzinfo=UTC),
)
HELLO_STAGE = replace(STAGE, api_id=HELLO_ID, deployment_id="dep002", variables={})
API_MADE = datetime(2026, 10, 1, 7, 0, tzinfo=UTC)
API = Api(id=API_ID, name="orders", execute_api_disabled=True, created=API_MADE)
HELLO_API = Api(id=HELLO_ID, name="hello", execute_api_disabled=True, created=API_MADE)
LINK = VpcLink(id=LINK_ID, version=1, name="orders", target_arns=(NLB_ARN,))
NLB = LoadBalancer(
    arn=NLB_ARN,
    name="orders",
    dns_name=NLB_DNS,
    hosted_zone_id="ZD4D7Y8KGAS4G",
    vpc_id=VPC,
    zones=(Zone(name="eu-west-2a", subnet_id=NLB_A), Zone(name="eu-west-2b", subnet_id=NLB_B)),
)


def _listener(port: int, tail: str, group: str) -> Listener:
    return Listener(
        arn=f"{ELB}:listener/net/orders/0123456789abcdef/{tail}",
        load_balancer_arn=NLB_ARN,
        port=port,
        actions=(Action(forwards=(Forward(target_group_arn=group),)),),
    )


LISTENER_API = _listener(10000, "aaaaaaaaaaaaaaaa", TG_API)
LISTENER_STATUS = _listener(10001, "bbbbbbbbbbbbbbbb", TG_STATUS)
GROUP_API = TargetGroup(
    arn=TG_API,
    name="orders-api",
    port=10000,
    vpc_id=VPC,
    load_balancer_arns=(NLB_ARN,),
    health_check=HealthCheck(protocol="HTTP", path="/health", matcher="200-399", timeout_s=6),
)
GROUP_STATUS = TargetGroup(arn=TG_STATUS, name="orders-status", port=10001, vpc_id=VPC, load_balancer_arns=(NLB_ARN,))


def _targets(port: int) -> tuple[Target, ...]:
    return (
        Target(id=HOST_A, port=port, zone="eu-west-2a", health_port=port),
        Target(id=HOST_B, port=port, zone="eu-west-2b", health_port=port),
    )


def _host(instance: str, zone: str, subnet: str, address: str, eni: str) -> tuple[Instance, NetworkInterface]:
    return (
        Instance(
            id=instance,
            vpc_id=VPC,
            subnet_id=subnet,
            zone=zone,
            private_address=address,
            interface_ids=(eni,),
            auto_scaling_group="orders-hosts",
        ),
        NetworkInterface(
            id=eni,
            vpc_id=VPC,
            subnet_id=subnet,
            zone=zone,
            addresses=(PrivateAddress(address=address),),
            group_ids=(SG_CLUSTER, SG_HOSTS),
            instance_id=instance,
            device_index=0,
        ),
    )


def _balancer_interface(zone: str, subnet: str, address: str, eni: str) -> NetworkInterface:
    return NetworkInterface(
        id=eni,
        vpc_id=VPC,
        subnet_id=subnet,
        zone=zone,
        type="network_load_balancer",
        description="ELB net/orders/0123456789abcdef",
        addresses=(PrivateAddress(address=address),),
    )


INSTANCE_A, ENI_HOST_A = _host(HOST_A, "eu-west-2a", HOSTS_A, "10.0.1.20", "eni-0a1a1a1a1a1a1a1a1")
INSTANCE_B, ENI_HOST_B = _host(HOST_B, "eu-west-2b", HOSTS_B, "10.0.2.20", "eni-0b1b1b1b1b1b1b1b1")
ENI_NLB_A = _balancer_interface("eu-west-2a", NLB_A, "10.0.11.10", "eni-0a2a2a2a2a2a2a2a2")
ENI_NLB_B = _balancer_interface("eu-west-2b", NLB_B, "10.0.12.10", "eni-0b2b2b2b2b2b2b2b2")
OUT_ALL = (GroupRule(protocol="-1", cidr="0.0.0.0/0"),)
HOSTS_GROUP = SecurityGroup(
    id=SG_HOSTS,
    name="orders-hosts",
    vpc_id=VPC,
    account_id=ACCOUNT,
    ingress=tuple(
        GroupRule(protocol="tcp", from_port=port, to_port=port, cidr=cidr)
        for port in (10000, 10001)
        for cidr in ("10.0.11.0/24", "10.0.12.0/24")
    ),
    egress=OUT_ALL,
)
CLUSTER_GROUP = SecurityGroup(id=SG_CLUSTER, name="orders-cluster", vpc_id=VPC, account_id=ACCOUNT, egress=OUT_ALL)
ACL = NetworkAcl(
    id="acl-0123456789abcdef0",
    vpc_id=VPC,
    default=True,
    subnet_ids=(HOSTS_A, HOSTS_B, NLB_A, NLB_B, PUBLIC_A),
    entries=tuple(
        AclEntry(number=number, egress=egress, allow=number == 100)
        for egress in (False, True)
        for number in (100, 32767)
    ),
)
LOCAL = RouteEntry(destination="10.0.0.0/16", target="local", origin="CreateRouteTable")
ROUTE_TABLES = (
    RouteTable(id="rtb-0aaaaaaaaaaaaaaaa", vpc_id=VPC, main=True, routes=(LOCAL,)),
    RouteTable(
        id="rtb-0bbbbbbbbbbbbbbbb",
        vpc_id=VPC,
        subnet_ids=(HOSTS_A, HOSTS_B),
        routes=(LOCAL, RouteEntry(destination="0.0.0.0/0", target=NAT)),
    ),
    RouteTable(
        id="rtb-0cccccccccccccccc",
        vpc_id=VPC,
        subnet_ids=(PUBLIC_A,),
        routes=(LOCAL, RouteEntry(destination="0.0.0.0/0", target=IGW)),
    ),
)
NAT_GATEWAY = NatGateway(id=NAT, vpc_id=VPC, subnet_id=PUBLIC_A, addresses=(("10.0.101.10", "203.0.113.10"),))
TASK_DEFINITION = TaskDefinition(
    arn=TASKDEF,
    family="orders",
    revision=7,
    network_mode="bridge",
    compatibilities=("EC2",),
    containers=(
        ContainerDefinition(name="api", memory=512, port_mappings=(PortMapping(container_port=8080, host_port=10000),)),
        ContainerDefinition(
            name="status",
            essential=False,
            memory=128,
            port_mappings=(PortMapping(container_port=7777, host_port=10001),),
        ),
    ),
)
ORDERS_SERVICE = Service(
    arn=SERVICE,
    name="orders",
    cluster_arn=CLUSTER,
    desired=2,
    running=2,
    launch_type="EC2",
    task_definition_arn=TASKDEF,
    targets=(
        ServiceTarget(target_group_arn=TG_API, container_name="api", container_port=8080),
        ServiceTarget(target_group_arn=TG_STATUS, container_name="status", container_port=7777),
    ),
    deployments=(
        ServiceDeployment(
            id="ecs-svc/1234567890123456789",
            task_definition_arn=TASKDEF,
            desired=2,
            running=2,
            created=datetime(2026, 10, 20, 8, 0, tzinfo=UTC),
            updated=datetime(2026, 10, 20, 8, 0, tzinfo=UTC),
        ),
    ),
    min_percent=50,
    max_percent=100,
    grace_period_s=60,
    distinct_instance=True,
)


def _task(tail: str, container_instance: str) -> Task:
    return Task(
        arn=f"{ECS}:task/orders-cluster/{tail}",
        cluster_arn=CLUSTER,
        group="service:orders",
        task_definition_arn=TASKDEF,
        container_instance_arn=container_instance,
        containers=(
            TaskContainer(name="api", bindings=(NetworkBinding(container_port=8080, host_port=10000),)),
            TaskContainer(name="status", bindings=(NetworkBinding(container_port=7777, host_port=10001),)),
        ),
    )


def _container_instance(tail: str, instance: str) -> ContainerInstance:
    return ContainerInstance(
        arn=f"{ECS}:container-instance/orders-cluster/{tail}",
        cluster_arn=CLUSTER,
        instance_id=instance,
        agent_version="1.98.0",
        reserved_tcp_ports=(22, 2375, 2376, 10000, 10001, 51678, 51679),
        registered_tcp_ports=(22, 2375, 2376, 51678, 51679),
    )


CONTAINER_INSTANCES = (_container_instance("a" * 32, HOST_A), _container_instance("b" * 32, HOST_B))
TASKS = (_task("1" * 32, CONTAINER_INSTANCES[0].arn), _task("2" * 32, CONTAINER_INSTANCES[1].arn))


def destination(route: Route) -> Destination:
    assert route.integration is not None
    uri = route.integration.uri.replace("${stageVariables.backend}", NLB_DNS)
    port = int(uri.split(":")[2].split("/")[0])
    return Destination(
        integration=route.integration, connection_id=LINK_ID, uri=uri, scheme="http", host=NLB_DNS, port=port
    )


def _path(routes: tuple[Route, ...], listener: Listener, group: TargetGroup, container: str, port: int) -> Path:
    return Path(
        id=f"{DOMAIN}/orders|orders:{listener.port}|orders/{container}:{port}",
        title=f"{DOMAIN}/orders → orders/{container}:{port}",
        domain=DOMAIN_NAME,
        mapping=ORDERS_MAPPING,
        api=API,
        stage=STAGE,
        routes=routes,
        destination=destination(routes[0]),
        link=LINK,
        load_balancer=NLB,
        listener=listener,
        target_group=group,
        service=ORDERS_SERVICE,
        task_definition=TASK_DEFINITION,
        container_name=container,
        container_port=port,
        registration="service",
    )


PATH_API = _path(ROUTES[:2], LISTENER_API, GROUP_API, "api", 8080)
PATH_STATUS = _path(ROUTES[2:], LISTENER_STATUS, GROUP_STATUS, "status", 7777)


def healthy(**changes: Any) -> Topology:
    """The healthy stack; keyword arguments replace whole tables or the paths."""
    facts = Topology(
        source="demo",
        account=ACCOUNT,
        region=REGION,
        taken_at=TAKEN,
        domains=by("name", DOMAIN_NAME),
        mappings=Table(rows={DOMAIN: (HELLO_MAPPING, ORDERS_MAPPING)}),
        routing_rules=Table(rows={DOMAIN: ()}),
        certificates=by(
            "arn",
            Certificate(
                arn=CERT_ARN,
                names=(DOMAIN,),
                not_before=datetime(2026, 6, 1, tzinfo=UTC),
                not_after=datetime(2027, 7, 1, tzinfo=UTC),
                renewal_eligibility="ELIGIBLE",
            ),
        ),
        hosted_zones=by("id", HostedZone(id="Z0123456789EXAMPLE", name="example.com")),
        records=Table(
            rows={
                DOMAIN: (
                    DnsRecord(
                        zone_id="Z0123456789EXAMPLE",
                        name=DOMAIN,
                        type="A",
                        alias_name=DOMAIN_NAME.endpoints[0].dns_name,
                        alias_zone_id="ZJ5UAJN8Y3Z2Q",
                    ),
                )
            }
        ),
        apis=by("id", API, HELLO_API),
        stages=by("key", STAGE, HELLO_STAGE),
        web_acls=Table(),
        gateway_responses=Table(rows={API_ID: (), HELLO_ID: ()}),
        deployments=Table(
            rows={
                api: (Deployment(id=id_, api_id=api, created=datetime(2026, 10, 20, 8, 0, tzinfo=UTC)),)
                for api, id_ in ((API_ID, "dep001"), (HELLO_ID, "dep002"))
            }
        ),
        edited_routes=Table(rows={API_ID: ROUTES, HELLO_ID: HELLO_ROUTES}),
        served_routes=Table(rows={STAGE.key: ROUTES, HELLO_STAGE.key: HELLO_ROUTES}),
        links=by("id", LINK),
        cloud_map_services=Table(),
        cloud_map_instances=Table(),
        load_balancers=by("arn", NLB),
        load_balancer_attributes=Table(
            rows={
                NLB_ARN: {
                    "load_balancing.cross_zone.enabled": "false",
                    "deletion_protection.enabled": "true",
                    "dns_record.client_routing_policy": "any_availability_zone",
                }
            }
        ),
        listeners=Table(rows={NLB_ARN: (LISTENER_API, LISTENER_STATUS)}),
        listener_rules=Table(rows={LISTENER_API.arn: (), LISTENER_STATUS.arn: ()}),
        listener_certificates=Table(),
        target_groups=by("arn", GROUP_API, GROUP_STATUS),
        target_group_attributes=Table(
            rows={
                arn: {
                    "preserve_client_ip.enabled": "true",
                    "proxy_protocol_v2.enabled": "false",
                    "deregistration_delay.timeout_seconds": "60",
                    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
                }
                for arn in (TG_API, TG_STATUS)
            }
        ),
        targets=Table(rows={TG_API: _targets(10000), TG_STATUS: _targets(10001)}),
        vpcs=by("id", Vpc(id=VPC, cidrs=("10.0.0.0/16",))),
        subnets=by(
            "id",
            *(
                Subnet(id=id_, vpc_id=VPC, zone=zone, cidrs=(cidr,))
                for id_, zone, cidr in (
                    (HOSTS_A, "eu-west-2a", "10.0.1.0/24"),
                    (HOSTS_B, "eu-west-2b", "10.0.2.0/24"),
                    (NLB_A, "eu-west-2a", "10.0.11.0/24"),
                    (NLB_B, "eu-west-2b", "10.0.12.0/24"),
                    (PUBLIC_A, "eu-west-2a", "10.0.101.0/24"),
                )
            ),
        ),
        interfaces=by("id", ENI_HOST_A, ENI_HOST_B, ENI_NLB_A, ENI_NLB_B),
        security_groups=by("id", CLUSTER_GROUP, HOSTS_GROUP),
        network_acls=by("id", ACL),
        route_tables=by("id", *ROUTE_TABLES),
        prefix_lists=Table(),
        internet_gateways=by("id", InternetGateway(id=IGW, vpc_ids=(VPC,))),
        block_public_access=Table(rows={REGION: BlockPublicAccess()}),
        peerings=Table(),
        nat_gateways=by("id", NAT_GATEWAY),
        egress_only_gateways=Table(),
        vpn_gateways=Table(),
        transit_attachments=Table(),
        transit_route_tables=Table(),
        vpc_endpoints=Table(),
        instances=by("id", INSTANCE_A, INSTANCE_B),
        auto_scaling_groups=by(
            "name",
            AutoScalingGroup(
                name="orders-hosts",
                launch="launch-configuration:orders-hosts-1",
                subnet_ids=(HOSTS_A, HOSTS_B),
                instance_ids=(HOST_A, HOST_B),
                desired=2,
                min_size=2,
                max_size=4,
            ),
        ),
        launch_settings=table(
            **{
                "launch-configuration:orders-hosts-1": LaunchSettings(
                    id="orders-hosts-1",
                    kind="launch-configuration",
                    public_address=False,
                    security_group_ids=(SG_CLUSTER, SG_HOSTS),
                    agent={"ECS_CLUSTER": "orders-cluster"},
                )
            }
        ),
        clusters=by("arn", Cluster(arn=CLUSTER, name="orders-cluster")),
        services=by("arn", ORDERS_SERVICE),
        tasks=Table(rows={SERVICE: TASKS}),
        container_instances=Table(rows={CLUSTER: CONTAINER_INSTANCES}),
        task_definitions=by("arn", TASK_DEFINITION),
        classic_balancers=Table(),
        accelerators=Table(),
        accelerator_listeners=Table(),
        accelerator_groups=Table(),
        accelerator_attachments=Table(),
        routed_ports=Table(),
        vpc_origins=Table(),
        vpc_origin_ports=Table(),
        vpc_origin_distributions=Table(),
        endpoint_services=Table(),
        endpoint_principals=Table(),
        endpoint_connections=Table(),
        verified_access=Table(),
        lattice_groups=Table(),
        lattice_targets=Table(),
        ecs_gateways=Table(),
        gateway_routes=Table(),
        express_paths=Table(),
        paths=(PATH_API, PATH_STATUS),
        neighbours=(
            Neighbour(
                domain=DOMAIN,
                base_path="hello",
                api_id=HELLO_ID,
                stage="prod",
                title=f"{DOMAIN}/hello",
                routes=HELLO_ROUTES,
            ),
        ),
    )
    return replace(facts, **changes)
