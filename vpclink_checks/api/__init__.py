"""What the fixtures hand out, for annotations in tests: typed, read-only, listed in docs/fixtures.md.

What docs/fixtures.md lists is stable; anything else in this package and in those it imports may change.
"""

from __future__ import annotations

from vpclink_checks.api.collection import Collection
from vpclink_checks.api.environment import Environment
from vpclink_checks.api.errors import FactUnknown, NoAnswer, NoSuchFact, VerdictUnknown
from vpclink_checks.api.paths import Path, Paths
from vpclink_checks.api.probing import Answer, Probe
from vpclink_checks.api.reachability import Ask, Reachability
from vpclink_checks.api.topology import Topology
from vpclink_checks.model.api import Api, Integration, Route, Stage
from vpclink_checks.model.balancing import Forward, HealthCheck, Listener, LoadBalancer, Target, TargetGroup, Zone
from vpclink_checks.model.compute import AutoScalingGroup, Instance
from vpclink_checks.model.domain import Certificate, DnsRecord, DomainName, Endpoint, Mapping
from vpclink_checks.model.ecs import (
    Cluster,
    ContainerDefinition,
    ContainerInstance,
    NetworkBinding,
    PortMapping,
    Service,
    ServiceDeployment,
    Task,
    TaskContainer,
    TaskDefinition,
)
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.network import (
    AclEntry,
    GroupRule,
    NetworkAcl,
    NetworkInterface,
    PrivateAddress,
    RouteEntry,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
)
from vpclink_checks.reach.doors.certificate import Door, Entrance, ExposureCertificate
from vpclink_checks.reach.places import NotAnEnd
from vpclink_checks.reach.trace import Packet, Step, Trace

__all__ = [
    "AclEntry",
    "Answer",
    "Api",
    "Ask",
    "AutoScalingGroup",
    "Certificate",
    "Cluster",
    "Collection",
    "ContainerDefinition",
    "ContainerInstance",
    "DnsRecord",
    "DomainName",
    "Door",
    "Endpoint",
    "Entrance",
    "Environment",
    "ExposureCertificate",
    "FactUnknown",
    "Forward",
    "GroupRule",
    "HealthCheck",
    "Instance",
    "Integration",
    "Listener",
    "LoadBalancer",
    "Mapping",
    "NetworkAcl",
    "NetworkBinding",
    "NetworkInterface",
    "NoAnswer",
    "NoSuchFact",
    "NotAnEnd",
    "Packet",
    "Path",
    "Paths",
    "PortMapping",
    "PrivateAddress",
    "Probe",
    "Reachability",
    "Route",
    "RouteEntry",
    "RouteTable",
    "SecurityGroup",
    "Service",
    "ServiceDeployment",
    "Stage",
    "Step",
    "Subnet",
    "Target",
    "TargetGroup",
    "Task",
    "TaskContainer",
    "TaskDefinition",
    "Topology",
    "Trace",
    "VerdictUnknown",
    "Vpc",
    "VpcLink",
    "Zone",
]
