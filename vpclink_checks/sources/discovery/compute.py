"""Tables of instances, auto scaling groups and what launches them."""

from __future__ import annotations

from collections.abc import Iterable

from vpclink_checks.model.compute import AutoScalingGroup, Instance, LaunchSettings
from vpclink_checks.model.fact import Gap, Table
from vpclink_checks.sources import aws_shapes_compute as shapes
from vpclink_checks.sources.aws_shapes import Raw, flag, rows, text, whole
from vpclink_checks.sources.discovery.recorded import Recorded, by_id, gap_in, table_of


def raw_instances(recorded: Recorded) -> list[Raw]:
    """Every instance in the answers of ec2:DescribeInstances."""
    return [one for held in recorded.rows("ec2:DescribeInstances", "Reservations") for one in rows(held, "Instances")]


def instances(recorded: Recorded, wanted: Iterable[str], gap: Gap | None) -> Table[Instance]:
    """*wanted*: targets and container instances; *gap*: why there may be more of them."""
    known = {one.id: one for one in map(shapes.instance, raw_instances(recorded))}
    return by_id(known, wanted, recorded.coverage("ec2:DescribeInstances", "InstanceIds", "instance-id"), gap)


def auto_scaling_groups(recorded: Recorded) -> Table[AutoScalingGroup]:
    """Every auto scaling group of the region."""
    name = "autoscaling:DescribeAutoScalingGroups"
    found = map(shapes.auto_scaling_group, recorded.rows(name, "AutoScalingGroups"))
    return Table(rows={one.name: one for one in found}, gap=recorded.coverage(name, "AutoScalingGroupNames").gap)


def launch_settings(recorded: Recorded, groups: Table[AutoScalingGroup]) -> Table[LaunchSettings]:
    """What the groups launch by, under the key that the group names it by."""
    keys = dict.fromkeys(group.launch for group in groups if group.launch)
    return table_of(((key, _launch(recorded, key)) for key in keys), gap_in(groups))


def _launch(recorded: Recorded, key: str) -> LaunchSettings | Gap | None:
    kind, _, name = key.partition(":")
    if kind == "launch-configuration":
        return _configuration(recorded, name)
    template, _, version = name.rpartition(":")
    return _template(recorded, template, version)


def _configuration(recorded: Recorded, name: str) -> LaunchSettings | Gap | None:
    operation = "autoscaling:DescribeLaunchConfigurations"
    for raw in recorded.rows(operation, "LaunchConfigurations"):
        if text(raw, "LaunchConfigurationName") == name:
            return shapes.launch_configuration(raw)
    return recorded.coverage(operation, "LaunchConfigurationNames").gap_for(name)


def _template(recorded: Recorded, template: str, version: str) -> LaunchSettings | Gap | None:
    operation = "ec2:DescribeLaunchTemplateVersions"
    key = "LaunchTemplateId" if template.startswith("lt-") else "LaunchTemplateName"
    responses, gap = recorded.about(operation, {key: template}, covers=lambda params: _covers(params, version))
    versions = [raw for response in responses for raw in rows(response, "LaunchTemplateVersions")]
    fitting = [raw for raw in versions if text(raw, key) == template and _is(raw, version)]
    if not responses:
        return gap
    latest = max(fitting, key=lambda raw: whole(raw.get("VersionNumber")) or 0, default=None)
    return shapes.launch_template(latest) if latest is not None else None


def _covers(params: Raw, version: str) -> bool:
    """Asked for this version, or for all of them."""
    return version in map(str, params.get("Versions") or (version,))


def _is(raw: Raw, version: str) -> bool:
    """``$Latest`` is the highest of those that come with it."""
    if version == "$Default":
        return flag(raw, "DefaultVersion")
    return version == "$Latest" or text(raw, "VersionNumber") == version
