"""VPC Block Public Access: what it says to packets to and from the internet, each direction for itself.

``block-bidirectional`` stops what goes through internet and egress-only gateways both ways; ``block-ingress`` lets
NAT and egress-only gateways through, which only open connections outwards, and nothing else (botocore,
InternetGatewayBlockMode; semantics.md, section 7.5).
"""

from __future__ import annotations

from vpclink_checks.model.fact import Gap
from vpclink_checks.model.network import BlockPublicAccess, Subnet, Vpc
from vpclink_checks.model.topology import Topology
from vpclink_checks.reach.parcels import allow, deny, unsure
from vpclink_checks.reach.trace import Step

NAME = "VPC Block Public Access"
_SETTLED = ("default-state", "update-complete", "")  # of mode "off"; a block is in force once its update is complete
_OPENS = {"allow-bidirectional": True, "allow-egress": False}  # whether it lets in as well


def step(topology: Topology, vpc_id: str, subnet_id: str, *, inbound: bool, outbound_only: bool = False) -> Step:
    """What it says for this subnet. *outbound_only*: through a NAT or egress-only gateway."""
    found = topology.block_public_access.peek(topology.region)
    if isinstance(found, Gap):
        return unsure(NAME, vpc_id, found)
    setting = found or BlockPublicAccess()
    stops, rule = _setting(setting, (vpc_id, subnet_id), inbound=inbound, outbound_only=outbound_only)
    mode = _mode_here(topology, vpc_id, subnet_id)
    if mode and stops is not _stops(mode, outbound_only=outbound_only):
        return unsure(NAME, vpc_id, f"{rule}, but the mode that takes effect here is {mode}")
    if stops is None:
        return unsure(NAME, vpc_id, rule)
    return deny(NAME, vpc_id, rule) if stops else allow(NAME, vpc_id, rule)


def _setting(
    found: BlockPublicAccess, ids: tuple[str, ...], *, inbound: bool, outbound_only: bool
) -> tuple[bool | None, str]:
    if found.mode == "off" and found.state in _SETTLED:
        return False, f"{NAME} is off"
    here = {id_: mode for id_, mode in found.exclusions if id_ in ids}
    opened = sorted(id_ for id_, mode in here.items() if mode in _OPENS and (_OPENS[mode] or not inbound))
    if opened:
        return False, f"{NAME} excludes {opened[0]}"
    gap = next((str(gap) for id_, gap in found.unsure if id_ in ids), "")
    strange = next((f"an exclusion has the mode {mode}" for mode in here.values() if mode not in _OPENS), gap)
    stops = _stops(found.mode, outbound_only=outbound_only)
    if stops is False and found.state == "update-complete":
        return False, f"{NAME} is {found.mode}, which lets through what only opens connections outwards"
    if not stops or strange or found.state != "update-complete":
        rule = f"{NAME} has mode {found.mode} and state {found.state}: whether it blocks is not known"
        return None, f"{rule}; {strange}" if strange else rule
    return True, f"{NAME} is {found.mode}"


def _stops(mode: str, *, outbound_only: bool) -> bool | None:
    return {"off": False, "block-bidirectional": True, "block-ingress": not outbound_only}.get(mode)


def _mode_here(topology: Topology, vpc_id: str, subnet_id: str) -> str:
    """The mode that EC2 reports for the subnet, else for its VPC; "" where it does not say."""
    subnet, vpc = topology.subnets.peek(subnet_id), topology.vpcs.peek(vpc_id)
    own = subnet.block_mode if isinstance(subnet, Subnet) else ""
    return own or (vpc.block_mode if isinstance(vpc, Vpc) else "")
