"""What somebody does to an account who types AWS CLI commands: written from AWS's models, not from reach/change_*.py.

``obey`` reads commands as the AWS CLI does (shell words, options by the names of botocore's members, shorthand as
in the AWS CLI user guide) and makes their edits on a topology. A command or option that EC2 or ELB does not have
fails.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name

from vpclink_checks.model.balancing import Action, Forward, Listener
from vpclink_checks.model.fact import Table
from vpclink_checks.model.network import AclEntry, GroupRule, RouteEntry
from vpclink_checks.model.path import Path
from vpclink_checks.model.topology import Topology

Arguments = dict[str, Any]
EVERYWHERE = ("--region",)  # an option of the AWS CLI itself
# create- and delete-network-acl-entry take the direction as a switch (AWS CLI reference); it is the member Egress.
SWITCHES = {"egress": ("Egress", True), "ingress": ("Egress", False)}


def obey(topology: Topology, commands: str) -> Topology:
    for line in commands.splitlines():
        operation, arguments = parsed(line)
        topology = EFFECTS[operation](topology, arguments)
    return topology


# -- from text to an operation's input ----------------------------------------------------------


def parsed(command: str) -> tuple[str, Arguments]:
    """The operation and its input. Fails where the AWS CLI would."""
    program, service, verb, *rest = shlex.split(command)
    assert program == "aws"
    operation, members = _operation(service, verb)
    given = dict(_argument(members, words) for words in _options(rest) if words[0] not in EVERYWHERE)
    missing = [one for one, shape in members.items() if one in _required(service, verb) and one not in given and shape]
    assert not missing, f"{verb} asks for {missing}"
    return operation, given


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _operation(service: str, verb: str) -> tuple[str, Any]:
    found = [one for one in _model(service).operation_names if xform_name(one, "-") == verb]
    assert found, f"{service} has no {verb}"
    return found[0], _model(service).operation_model(found[0]).input_shape.members


def _required(service: str, verb: str) -> list[str]:
    return list(_model(service).operation_model(_operation(service, verb)[0]).input_shape.required_members)


def _options(words: list[str]) -> Iterator[list[str]]:
    held: list[str] = []
    for word in words:
        if word.startswith("--"):
            if held:
                yield held
            held = []
        held.append(word)
    yield held


def _argument(members: Any, words: list[str]) -> tuple[str, Any]:
    option, values = words[0].removeprefix("--"), words[1:]
    if option in SWITCHES and "Egress" in members:
        assert not values
        return SWITCHES[option]
    name, flag = next(
        (one, not negated)
        for one in members
        for negated in (False, True)
        if ("no-" if negated else "") + xform_name(one, "-") == option
    )
    shape = members[name]
    kind = "structure" if shape.type_name == "structure" and list(shape.members) == ["Value"] else shape.type_name
    if kind == "boolean" or (kind == "structure" and not values):
        assert not values, f"{option} is a switch"
        return name, flag
    assert values, f"{option} wants a value"
    return name, _value(shape, values)


def _value(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        inner = shape.member.type_name
        return [_typed(shape.member, shorthand(one)) if inner == "structure" else one for one in values]
    assert len(values) == 1, values
    if shape.type_name == "structure":
        return _typed(shape, shorthand(values[0]))
    return _typed(shape, values[0])


def _typed(shape: Any, value: Any) -> Any:
    """The value as the model has it; a member that is not there, or a word that is not allowed, fails."""
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{shape.name} has no {unknown}"
        return {name: _typed(shape.members[name], one) for name, one in value.items()}
    if shape.type_name == "list":
        return [_typed(shape.member, one) for one in value]
    if shape.type_name in ("integer", "long"):
        return int(value)
    allowed = getattr(shape, "enum", None)
    assert not allowed or value in allowed, f"{value} is none of {allowed}"
    return value


def shorthand(text: str) -> Any:
    """``A=1,B=[x,y],C=[{D=2}]`` as the AWS CLI reads it (user guide, shorthand syntax)."""
    value, rest = _pairs(text)
    assert not rest, f"left over: {rest}"
    return value


def _pairs(text: str) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = {}
    while True:
        match = re.match(r"([A-Za-z0-9]+)=", text)
        assert match, f"no key at {text!r}"
        value, text = _one(text[match.end() :])
        found[match[1]] = value
        if not text.startswith(","):
            return found, text
        text = text[1:]


def _one(text: str) -> tuple[Any, str]:
    if text.startswith("["):
        return _many(text[1:])
    if text.startswith("{"):
        value, rest = _pairs(text[1:])
        assert rest.startswith("}"), rest
        return value, rest[1:]
    match = re.match(r"[^,\[\]{}\s]*", text)
    return (match[0], text[match.end() :]) if match else ("", text)


def _many(text: str) -> tuple[list[Any], str]:
    found = []
    while not text.startswith("]"):
        value, text = _one(text)
        found.append(value)
        text = text.removeprefix(",")
    return found, text[1:]


# -- what each operation does to the facts -------------------------------------------------------


def _changed(table: Table[Any], key: str, **fields: Any) -> Table[Any]:
    return Table(rows={**table.rows, key: replace(table.rows[key], **fields)}, gaps=table.gaps, gap=table.gap)


def _rules(permissions: list[Arguments]) -> Iterator[GroupRule]:
    sources = {
        "IpRanges": ("cidr", "CidrIp"),
        "Ipv6Ranges": ("cidr", "CidrIpv6"),
        "UserIdGroupPairs": ("group_id", "GroupId"),
        "PrefixListIds": ("prefix_list_id", "PrefixListId"),
    }
    for one in permissions:
        for list_name, (field, member) in sources.items():
            for peer in one.get(list_name, ()):
                what: Any = {field: peer[member], "account_id": str(peer.get("UserId", ""))}
                yield GroupRule(
                    protocol=one["IpProtocol"], from_port=one.get("FromPort"), to_port=one.get("ToPort"), **what
                )


def _group(verb: str, side: str) -> Any:
    def effect(topology: Topology, given: Arguments) -> Topology:
        group = topology.security_groups.rows[given["GroupId"]]
        held, asked = getattr(group, side), tuple(_rules(given["IpPermissions"]))
        known = [replace(one, description="", peering="") for one in held]
        if verb == "authorize":
            assert not [one for one in asked if one in known], "InvalidPermission.Duplicate"
            rules = (*held, *asked)
        else:
            assert all(one in known for one in asked), "InvalidPermission.NotFound"
            rules = tuple(one for one, bare in zip(held, known, strict=True) if bare not in asked)
        return replace(topology, security_groups=_changed(topology.security_groups, group.id, **{side: rules}))

    return effect


def _create_entry(topology: Topology, given: Arguments) -> Topology:
    acl, ports, icmp = (
        topology.network_acls.rows[given["NetworkAclId"]],
        given.get("PortRange", {}),
        given.get("IcmpTypeCode", {}),
    )
    numbers = {one.number for one in acl.entries if one.egress == given["Egress"]}
    assert given["RuleNumber"] not in numbers, "NetworkAclEntryAlreadyExists"
    assert 1 <= given["RuleNumber"] <= 32766
    made = AclEntry(
        number=given["RuleNumber"],
        egress=given["Egress"],
        allow=given["RuleAction"] == "allow",
        protocol=given["Protocol"],
        cidr=given.get("CidrBlock") or given["Ipv6CidrBlock"],
        from_port=ports.get("From"),
        to_port=ports.get("To"),
        icmp_type=icmp.get("Type"),
        icmp_code=icmp.get("Code"),
    )
    return replace(topology, network_acls=_changed(topology.network_acls, acl.id, entries=(*acl.entries, made)))


def _delete_entry(topology: Topology, given: Arguments) -> Topology:
    acl = topology.network_acls.rows[given["NetworkAclId"]]
    gone = [one for one in acl.entries if (one.egress, one.number) == (given["Egress"], given["RuleNumber"])]
    assert len(gone) == 1, "InvalidNetworkAclEntry.NotFound"
    kept = tuple(one for one in acl.entries if one not in gone)
    return replace(topology, network_acls=_changed(topology.network_acls, acl.id, entries=kept))


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def _route(given: Arguments, topology: Topology) -> tuple[Any, str, str]:
    (destination,) = [given[one] for one in _DESTINATIONS if one in given]
    targets = [
        value for key, value in given.items() if key.endswith("Id") and key not in ("RouteTableId", *_DESTINATIONS)
    ]
    target = "local" if given.get("LocalTarget") else targets[0] if targets else ""
    return topology.route_tables.rows[given["RouteTableId"]], destination, target


def _routes(topology: Topology, table: Any, routes: tuple[RouteEntry, ...]) -> Topology:
    return replace(topology, route_tables=_changed(topology.route_tables, table.id, routes=routes))


def _create_route(topology: Topology, given: Arguments) -> Topology:
    table, destination, target = _route(given, topology)
    assert destination not in {one.destination for one in table.routes}, "RouteAlreadyExists"
    return _routes(topology, table, (*table.routes, RouteEntry(destination=destination, target=target)))


def _delete_route(topology: Topology, given: Arguments) -> Topology:
    table, destination, _ = _route(given, topology)
    kept = tuple(one for one in table.routes if one.destination != destination)
    assert len(kept) == len(table.routes) - 1, "InvalidRoute.NotFound"
    return _routes(topology, table, kept)


def _replace_route(topology: Topology, given: Arguments) -> Topology:
    table, destination, target = _route(given, topology)
    return _routes(
        topology,
        table,
        tuple(
            replace(one, target=target, state="active") if one.destination == destination else one
            for one in table.routes
        ),
    )


def _set_groups(topology: Topology, given: Arguments) -> Topology:
    arn = given["LoadBalancerArn"]
    fields = {
        "security_group_ids": tuple(given["SecurityGroups"]),
        "enforce_private_link": given["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"],
    }
    balancers = _changed(topology.load_balancers, arn, **fields)

    def through(path: Path) -> Path:
        own = path.load_balancer is not None and path.load_balancer.arn == arn
        return replace(path, load_balancer=balancers.rows[arn]) if own else path

    paths, ways = (tuple(map(through, held)) for held in (topology.paths, topology.ways))
    return replace(topology, load_balancers=balancers, paths=paths, ways=ways)


def _attributes(table: str, key: str) -> Any:
    def effect(topology: Topology, given: Arguments) -> Topology:
        held: Table[Any] = getattr(topology, table)
        more = {one["Key"]: one["Value"] for one in given["Attributes"]}
        rows = {**held.rows, given[key]: {**held.rows[given[key]], **more}}
        fields: Any = {table: replace(held, rows=rows)}
        return replace(topology, **fields)

    return effect


def _interface(topology: Topology, id_: str, **fields: Any) -> Topology:
    return replace(topology, interfaces=_changed(topology.interfaces, id_, **fields))


def _without_public(topology: Topology, interface: Any, gone: Any) -> Topology:
    """Its instance shows the address too, in another answer."""
    bare = replace(gone, public="", allocation_id="", association_id="")
    kept = tuple(bare if one is gone else one for one in interface.addresses)
    topology = _interface(topology, interface.id, addresses=kept)
    instance = topology.instances.rows.get(interface.instance_id)
    if instance is not None and instance.public_address == gone.public:
        return replace(topology, instances=_changed(topology.instances, instance.id, public_address=""))
    return topology


def _disassociate(topology: Topology, given: Arguments) -> Topology:
    ((interface, held),) = [
        (one, held)
        for one in topology.interfaces
        for held in one.addresses
        if held.association_id == given["AssociationId"]
    ]
    return _without_public(topology, interface, held)


def _modify_interface(topology: Topology, given: Arguments) -> Topology:
    assert set(given) == {"NetworkInterfaceId", "AssociatePublicIpAddress"}
    assert given["AssociatePublicIpAddress"] is False
    interface = topology.interfaces.rows[given["NetworkInterfaceId"]]
    (held,) = [one for one in interface.addresses if one.public and one.primary and not one.allocation_id]
    return _without_public(topology, interface, held)


def _unassign(topology: Topology, given: Arguments) -> Topology:
    interface, gone = topology.interfaces.rows[given["NetworkInterfaceId"]], given["Ipv6Addresses"]
    assert set(gone) <= set(interface.ipv6)
    return _interface(topology, interface.id, ipv6=tuple(one for one in interface.ipv6 if one not in gone))


def _create_listener(topology: Topology, given: Arguments) -> Topology:
    arn, actions = given["LoadBalancerArn"], given["DefaultActions"]
    held = topology.listeners.rows[arn]
    assert given["Port"] not in {one.port for one in held}, "DuplicateListener"
    made = Listener(
        arn=f"{arn.replace(':loadbalancer/', ':listener/')}/{given['Port']}",
        load_balancer_arn=arn,
        port=given["Port"],
        protocol=given["Protocol"],
        actions=tuple(
            Action(type=one["Type"], forwards=(Forward(target_group_arn=one["TargetGroupArn"]),)) for one in actions
        ),
    )
    return replace(
        topology, listeners=replace(topology.listeners, rows={**topology.listeners.rows, arn: (*held, made)})
    )


def _remove_endpoints(topology: Topology, given: Arguments) -> Topology:
    gone = {one["EndpointId"] for one in given["EndpointIdentifiers"]}
    rows = {
        listener: tuple(
            replace(group, endpoints=tuple(one for one in group.endpoints if one.id not in gone))
            if group.arn == given["EndpointGroupArn"]
            else group
            for group in groups
        )
        for listener, groups in topology.accelerator_groups.rows.items()
    }
    assert rows != topology.accelerator_groups.rows
    return replace(topology, accelerator_groups=replace(topology.accelerator_groups, rows=rows))


EFFECTS = {
    **{
        f"{verb.capitalize()}SecurityGroup{side.capitalize()}": _group(verb, side)
        for verb in ("authorize", "revoke")
        for side in ("ingress", "egress")
    },
    "CreateNetworkAclEntry": _create_entry,
    "DeleteNetworkAclEntry": _delete_entry,
    "CreateRoute": _create_route,
    "DeleteRoute": _delete_route,
    "ReplaceRoute": _replace_route,
    "DisassociateAddress": _disassociate,
    "ModifyNetworkInterfaceAttribute": _modify_interface,
    "UnassignIpv6Addresses": _unassign,
    "SetSecurityGroups": _set_groups,
    "ModifyLoadBalancerAttributes": _attributes("load_balancer_attributes", "LoadBalancerArn"),
    "ModifyTargetGroupAttributes": _attributes("target_group_attributes", "TargetGroupArn"),
    "CreateListener": _create_listener,
    "RemoveEndpoints": _remove_endpoints,
}
