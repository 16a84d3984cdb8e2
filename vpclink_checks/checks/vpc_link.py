"""Checks of the vpc-link hop: the link's state, and where it leads."""

from __future__ import annotations

from vpclink_checks.checks.catalogue import Context, NotApplicable, Subject, check
from vpclink_checks.checks.subjects import link_subject, path_subject, reached, stopped_by
from vpclink_checks.checks.verdict import Verdict, failed, noted, passed, unknown
from vpclink_checks.model.domain import dns_name
from vpclink_checks.model.link import VpcLink
from vpclink_checks.model.path import Path
from vpclink_checks.report import Evidence, Fix
from vpclink_checks.words import Severity

LINK = ("integration/link-exists",)
AVAILABLE, TARGET_EXISTS, HOME = "vpc-link/available", "vpc-link/target-exists", "vpc-link/target-in-account"
ELB = ".elb."
REPLACE = Fix(
    "Create a new link to the right load balancer, point the integration (or its stage variable) at it, deploy, then "
    "delete the old link.",
    cli="aws apigateway create-vpc-link --name NAME --target-arns NLB-ARN",
    terraform="aws_api_gateway_vpc_link.target_arns with lifecycle { create_before_destroy = true }",
)


def _get(link: VpcLink) -> str:
    return "apigateway:GetVpcLink" if link.version == 1 else "apigatewayv2:GetVpcLink"


def _link_or_path(ctx: Context) -> tuple[Subject[Path], ...]:
    """The path, under its link's name; under its own where the config names a link that is not there."""
    if stopped_by(ctx.here, AVAILABLE):
        return path_subject(ctx)
    (link,) = link_subject(ctx)
    return (Subject(link.id, link.key, ctx.here),)


@check(
    AVAILABLE,
    title="The VPC link is AVAILABLE and leads to the load balancer that the integration names",
    severity=Severity.BLOCKER,
    subjects=_link_or_path,
    why="Through a link that is pending, failed or being deleted, or that leads elsewhere, no request arrives.",
    fix=Fix(
        "Wait for a pending link; replace a failed one, and one that leads to another load balancer.",
        cli="aws apigateway get-vpc-link --vpc-link-id ID --query '[status,statusMessage,targetArns]'",
        terraform="aws_api_gateway_vpc_link.target_arns",
    ),
    source="botocore 1.44.5, apigateway VpcLinkStatus; API Gateway developer guide, http-api-vpc-links",
    needs=LINK,
    refutable=True,
)
def available(ctx: Context, path: Path) -> Verdict:
    if stop := stopped_by(path, AVAILABLE):
        return failed(stop.reason, Evidence("apigateway:GetVpcLink", "error", "NotFoundException"))
    link = reached(ctx, path.link, "VPC link")
    status = Evidence(_get(link), "status", link.status)
    because = f" ({link.status_message})" if link.status_message else ""
    if link.status in ("PENDING", "DELETING", "FAILED"):
        return failed(f"VPC link {link.id} is {link.status}{because}, not AVAILABLE", status)
    if link.status not in ("AVAILABLE", "INACTIVE"):
        return unknown(f"VPC link {link.id} has a status that this version does not know: {link.status}", status)
    if stray := _elsewhere(ctx, link):
        return failed(stray, status, Evidence(_get(link), "targetArns", ", ".join(link.target_arns)))
    if link.status == "INACTIVE":
        return noted(f"VPC link {link.id} is INACTIVE: it wakes on traffic, within minutes", status)
    return passed(f"VPC link {link.id} is AVAILABLE", status)


def _elsewhere(ctx: Context, link: VpcLink) -> str:
    """How a V1 link's target differs from the load balancer in the uri; "" where it does not.

    A V2 link has no load balancer of its own, and a name of the user's own says nothing about one.
    Raises UnknownFact where the target was not read.
    """
    host = dns_name(ctx.here.destination.host) if ctx.here.destination else ""
    if link.version != 1 or ELB not in host:
        return ""
    targets = [one for arn in link.target_arns if (one := ctx.topology.load_balancers.find(arn)) is not None]
    if not targets or host in [dns_name(one.dns_name) for one in targets]:
        return ""
    return f"VPC link {link.id} leads to {targets[0].dns_name}, while the integration names {host}"


@check(
    TARGET_EXISTS,
    title="The load balancer behind the VPC link exists",
    severity=Severity.BLOCKER,
    subjects=path_subject,
    why="A link (or an integration over a V2 link) whose load balancer is gone has nowhere to send its requests.",
    fix=REPLACE,
    source="botocore 1.44.5, elbv2 DescribeLoadBalancers (LoadBalancerNotFound)",
    needs=(*LINK, HOME),
    refutable=True,
)
def target_exists(ctx: Context, path: Path) -> Verdict:
    link = reached(ctx, path.link, "VPC link")
    arns = ", ".join(link.target_arns) or (path.destination.target if path.destination else "")
    evidence = Evidence(_get(link), "targetArns", arns)
    if stop := stopped_by(path, TARGET_EXISTS):
        if any(_abroad(ctx, arn) for arn in link.target_arns):
            return unknown(
                f"{arns} is in another account or region: whether it exists cannot be seen from here", evidence
            )
        return failed(stop.reason, evidence)
    balancer = reached(ctx, path.load_balancer, "load balancer")
    return passed(f"VPC link {link.id} leads to load balancer {balancer.name}", evidence)


def _abroad(ctx: Context, arn: str) -> bool:
    """Whether this ARN is of another account or region than the facts."""
    home = [ctx.topology.region, ctx.topology.account]
    return all(home) and arn.startswith("arn:") and arn.split(":")[3:5] != home


@check(
    "vpc-link/one-target",
    title="The V1 link has exactly one target",
    severity=Severity.BLOCKER,
    subjects=link_subject,
    why="A V1 link leads to exactly one network load balancer.",
    fix=REPLACE,
    source="botocore 1.44.5, apigateway VpcLink.targetArns",
    needs=LINK,
)
def one_target(_ctx: Context, link: VpcLink) -> Verdict:
    _only_v1(link)
    evidence = Evidence(_get(link), "targetArns", ", ".join(link.target_arns) or "none")
    if len(link.target_arns) == 1:
        return passed(f"VPC link {link.id} has one target", evidence)
    return failed(f"VPC link {link.id} has {len(link.target_arns)} targets, not one", evidence)


def _only_v1(link: VpcLink) -> None:
    if link.version != 1:
        raise NotApplicable(f"V2 link {link.id} has subnets, not targets")


@check(
    "vpc-link/target-is-network-load-balancer",
    title="The V1 link's target is a network load balancer",
    severity=Severity.BLOCKER,
    subjects=link_subject,
    why="A V1 link takes a network load balancer only; an application load balancer needs a V2 link.",
    fix=REPLACE,
    source="botocore 1.44.5, apigateway VpcLink.targetArns",
    needs=LINK,
)
def target_is_network_load_balancer(_ctx: Context, link: VpcLink) -> Verdict:
    _only_v1(link)
    evidence = Evidence(_get(link), "targetArns", ", ".join(link.target_arns) or "none")
    other = [arn for arn in link.target_arns if ":loadbalancer/net/" not in arn]
    if other:
        return failed(f"VPC link {link.id} is given {other[0]}, which is no network load balancer", evidence)
    return passed(f"VPC link {link.id} leads to a network load balancer", evidence)


@check(
    HOME,
    title="Link and load balancer are in one account and region",
    severity=Severity.BLOCKER,
    subjects=link_subject,
    why="API, VPC link and load balancer have to be in one account.",
    fix=REPLACE,
    source="API Gateway developer guide, private-integration",
    needs=LINK,
    refutable=True,
)
def target_in_account(ctx: Context, link: VpcLink) -> Verdict:
    there = ctx.here.destination
    arns = [arn for arn in (*link.target_arns, there.target if there else "") if arn.count(":") > 4]  # noqa: PLR2004
    if not arns or not ctx.topology.account:
        raise NotApplicable("the link names no ARN to compare")
    home = (ctx.topology.region, ctx.topology.account)
    evidence = Evidence(_get(link), "targetArns", ", ".join(arns))
    for arn in arns:
        place = tuple(arn.split(":")[3:5])
        if place != home:
            return failed(
                f"VPC link {link.id} leads to {'/'.join(place)}, and the API is in {'/'.join(home)}", evidence
            )
    return passed(f"VPC link {link.id} and its target are in {'/'.join(home)}", evidence)


@check(
    "vpc-link/subnets-in-load-balancer-vpc",
    title="The V2 link's subnets are in the load balancer's VPC",
    severity=Severity.BLOCKER,
    subjects=link_subject,
    why="A V2 link reaches the load balancer from its own subnets.",
    fix=Fix(
        "Create a link in subnets of the load balancer's VPC: subnets of a link cannot be changed.",
        cli="aws apigatewayv2 create-vpc-link --name NAME --subnet-ids IDS --security-group-ids IDS",
        terraform="aws_apigatewayv2_vpc_link.subnet_ids",
    ),
    source="API Gateway developer guide, http-api-vpc-links; that another VPC cannot work is unconfirmed",
    needs=LINK,
)
def subnets_in_load_balancer_vpc(ctx: Context, link: VpcLink) -> Verdict:
    if link.version == 1:
        raise NotApplicable(f"V1 link {link.id} has no subnets")
    balancer = reached(ctx, ctx.here.load_balancer, "load balancer")
    vpcs = {ctx.topology.subnets.need(one).vpc_id for one in link.subnet_ids}
    evidence = Evidence("ec2:DescribeSubnets", "VpcId", ", ".join(sorted(vpcs)))
    if vpcs - {balancer.vpc_id}:
        return noted(
            f"V2 link {link.id} is in {evidence.value}, load balancer {balancer.name} in {balancer.vpc_id}", evidence
        )
    return passed(f"V2 link {link.id} is in the VPC of load balancer {balancer.name}", evidence)
