"""What is published to the outside by other means than its own scheme: read before it is known whether it is ours."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words


class Published:
    """Load balancers, subnets and more that accelerators, CloudFront and others lead to."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    @cached_property
    def balancers(self) -> set[str]:
        """ARNs of load balancers that somebody may reach although they are internal."""
        groups = self._answers.rows("globalaccelerator:ListEndpointGroups", "EndpointGroups")
        named = {word(one, "EndpointId") for group in groups for one in rows(group, "EndpointDescriptions")}
        attached = self._answers.rows("globalaccelerator:ListCrossAccountAttachments", "CrossAccountAttachments")
        named |= {word(one, "EndpointId") for held in attached for one in rows(held, "Resources")}
        named |= {word(one, "OriginEndpointArn") for one in self.origins}
        named |= {arn for one in self.endpoint_services for arn in words(one, "NetworkLoadBalancerArns")}
        verified = self._answers.rows("ec2:DescribeVerifiedAccessEndpoints", "VerifiedAccessEndpoints")
        named |= {word(part(one, "LoadBalancerOptions"), "LoadBalancerArn") for one in verified}
        return {one for one in named if ":loadbalancer/" in one}

    @cached_property
    def accelerators(self) -> set[str]:
        """Accelerators that are switched on."""
        return _on(self._answers.rows("globalaccelerator:ListAccelerators", "Accelerators"))

    @cached_property
    def custom_accelerators(self) -> set[str]:
        """Custom routing accelerators that are switched on."""
        return _on(self._answers.rows("globalaccelerator:ListCustomRoutingAccelerators", "Accelerators"))

    @cached_property
    def listeners(self) -> set[str]:
        """Listeners of those accelerators."""
        listed = self._answers.rows("globalaccelerator:ListListeners", "Listeners")
        return {word(one, "ListenerArn") for one in listed} - {""}

    @cached_property
    def custom_listeners(self) -> set[str]:
        """Listeners of those custom routing accelerators."""
        listed = self._answers.rows("globalaccelerator:ListCustomRoutingListeners", "Listeners")
        return {word(one, "ListenerArn") for one in listed} - {""}

    @cached_property
    def subnets(self) -> set[str]:
        """Subnets that custom routing accelerators lead to."""
        groups = self._answers.rows("globalaccelerator:ListCustomRoutingEndpointGroups", "EndpointGroups")
        return {word(one, "EndpointId") for group in groups for one in rows(group, "EndpointDescriptions")} - {""}

    @cached_property
    def origins(self) -> list[Raw]:
        """VPC origins of CloudFront."""
        listed = self._answers.responses("cloudfront:ListVpcOrigins")
        return [one for _, page in listed for one in rows(part(page, "VpcOriginList"), "Items")]

    @cached_property
    def endpoint_services(self) -> list[Raw]:
        """VPC endpoint services."""
        name = "ec2:DescribeVpcEndpointServiceConfigurations"
        return list(self._answers.rows(name, "ServiceConfigurations"))


def _on(accelerators: Iterable[Raw]) -> set[str]:
    return {word(one, "AcceleratorArn") for one in accelerators if one.get("Enabled") is not False} - {""}
