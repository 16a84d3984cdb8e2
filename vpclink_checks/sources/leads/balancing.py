"""Load balancers, listeners, target groups: those of the path, and those that share its targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from vpclink_checks.sources.leads.answers import Answers, Raw, part, rows, word, words
from vpclink_checks.sources.leads.carried import among, carried
from vpclink_checks.sources.leads.front import Front
from vpclink_checks.sources.leads.others import Others
from vpclink_checks.sources.leads.published import Published

SECURE = ("TLS", "HTTPS")  # protocols of listeners that show a certificate


def balancer_of(arn: str) -> str:
    """The load balancer of a listener's ARN; a load balancer's own ARN stays as it is.

    ``…:listener/net/NAME/ID/LISTENER`` -> ``…:loadbalancer/net/NAME/ID``.
    """
    head, mark, tail = arn.partition(":listener/")
    return f"{head}:loadbalancer/{tail.rpartition('/')[0]}" if mark else arn


class Balancing:
    """What elbv2's answers lead to."""

    def __init__(self, answers: Answers, front: Front, others: Others, published: Published) -> None:
        self._answers = answers
        self._front = front
        self._others = others
        self._published = published

    @cached_property
    def balancers(self) -> dict[str, Raw]:
        """Every load balancer of the region by ARN."""
        listed = self._answers.rows("elbv2:DescribeLoadBalancers", "LoadBalancers")
        return {word(one, "LoadBalancerArn"): one for one in listed}

    @cached_property
    def groups(self) -> dict[str, Raw]:
        """Every target group of the region by ARN."""
        listed = self._answers.rows("elbv2:DescribeTargetGroups", "TargetGroups")
        return {word(one, "TargetGroupArn"): one for one in listed}

    @cached_property
    def on_path(self) -> set[str]:
        """Load balancers that links and integrations lead to, and ALBs registered behind those."""
        return self._named(self._front)

    @cached_property
    def beside(self) -> set[str]:
        """Load balancers that other APIs and stages lead to: what they share with the path is asked, and no more."""
        return self._named(self._others)

    def _named(self, lead: Front | Others) -> set[str]:
        hosts = lead.hosts
        named = {balancer_of(arn) for arn in lead.target_arns}
        named |= {arn for arn, one in self.balancers.items() if word(one, "DNSName").lower() in hosts}
        return self._with_albs_behind(named)

    def _with_albs_behind(self, balancers: set[str]) -> set[str]:
        while True:
            behind = {target for target in self.targets(self.groups_of(balancers)) if ":loadbalancer/app/" in target}
            if behind <= balancers:
                return balancers
            balancers = balancers | behind

    @cached_property
    def path_groups(self) -> set[str]:
        """Target groups of the path's own balancers."""
        return self.groups_of(self.on_path)

    def groups_of(self, balancers: set[str]) -> set[str]:
        """Target groups that these balancers are attached to or forward to."""
        attached = {arn for arn, one in self.groups.items() if balancers & set(words(one, "LoadBalancerArns"))}
        return attached | {group for balancer, group in self._forwards if balancer in balancers}

    @cached_property
    def _forwards(self) -> set[tuple[str, str]]:
        pairs = set()
        for one in self._answers.rows("elbv2:DescribeListeners", "Listeners"):
            for group in _forwarded(rows(one, "DefaultActions")):
                pairs.add((word(one, "LoadBalancerArn"), group))
        for params, page in self._answers.responses("elbv2:DescribeRules"):
            for rule in rows(page, "Rules"):
                for group in _forwarded(rows(rule, "Actions")):
                    pairs.add((balancer_of(word(params, "ListenerArn")), group))
        return pairs

    def targets(self, groups: Iterable[str]) -> set[str]:
        """Ids registered with these groups: instances, addresses, ALBs."""
        return set[str]().union(*(self._registered.get(group, ()) for group in groups))

    @cached_property
    def _registered(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for pairs in self._answers.each("elbv2:DescribeTargetHealth", _registrations):
            for group, target in pairs:
                found.setdefault(group, set()).add(target)
        return found

    @cached_property
    def with_known_targets(self) -> set[str]:
        """Target groups whose targets were read."""
        return set(self._registered)

    @cached_property
    def with_asked_targets(self) -> set[str]:
        """Target groups whose targets were asked for, with an answer or in vain."""
        asked = self._answers.answers("elbv2:DescribeTargetHealth")
        return {word(answer.call.params, "TargetGroupArn") for answer in asked}

    @cached_property
    def doors(self) -> set[str]:
        """Balancers through which the internet may come in, and ALBs behind those."""
        facing = {arn for arn, one in self.balancers.items() if _may_face(one)}
        published = self._published.balancers & self.balancers.keys()
        return self._with_albs_behind(facing | published) if self.on_path else set()

    @cached_property
    def sharing(self) -> set[str]:
        """Doors that lead to a target of ours."""
        ours = self.targets(self.path_groups) | self.on_path | self._addresses
        shared: set[str] = set()
        while True:
            more = {door for door in self.doors if self.targets(self.groups_of({door})) & (ours | shared)}
            if more <= shared:
                return shared
            shared |= more

    @cached_property
    def _addresses(self) -> set[str]:
        """Registered addresses of our instances: another group may have registered those instead."""
        ours = self.targets(self.path_groups)
        pairs = chain.from_iterable(self._answers.each("ec2:DescribeInstances", _addresses))
        held = [address for instance, address in pairs if instance in ours]
        return among(held, set[str]().union(*self._registered.values()))

    @cached_property
    def followed(self) -> set[str]:
        """Balancers of the path, and doors that lead to its targets."""
        return self.on_path | self.sharing

    @cached_property
    def listening(self) -> set[str]:
        """Balancers whose listeners are read."""
        return self.followed | self.beside

    @cached_property
    def instances_beside(self) -> set[str]:
        """Instances behind other APIs' balancers: their addresses tell whether they are ours."""
        return {one for one in self.targets(self.groups_of(self.beside)) if one.startswith("i-")}

    @cached_property
    def followed_groups(self) -> set[str]:
        """Target groups of every followed balancer."""
        return self.groups_of(self.followed)

    @cached_property
    def asked_for_health(self) -> set[str]:
        """Target groups whose targets are read: those followed, and those behind a possible door or another API."""
        return self.followed_groups | self.groups_of(self.doors | self.beside)

    @cached_property
    def listeners(self) -> set[str]:
        """Listeners that were read."""
        listed = self._answers.rows("elbv2:DescribeListeners", "Listeners")
        return {word(one, "ListenerArn") for one in listed} - {""}

    @cached_property
    def secure_listeners(self) -> set[str]:
        """Listeners of the path's balancers that speak TLS: they may show more than their default certificate."""
        listed = self._answers.rows("elbv2:DescribeListeners", "Listeners")
        secure = [one for one in listed if word(one, "Protocol") in SECURE]
        return {word(one, "ListenerArn") for one in secure if word(one, "LoadBalancerArn") in self.on_path} - {""}

    @cached_property
    def certificates(self) -> set[str]:
        """Certificates of the listeners that were read."""
        listed = self._answers.rows("elbv2:DescribeListeners", "Listeners")
        held = {word(one, "CertificateArn") for listener in listed for one in rows(listener, "Certificates")}
        more = self._answers.rows("elbv2:DescribeListenerCertificates", "Certificates")
        held |= {word(one, "CertificateArn") for one in more}
        return {arn for arn in held if ":acm:" in arn}

    @cached_property
    def security_groups(self) -> set[str]:
        """Security groups that the followed balancers carry."""
        return {one for arn in self.followed for one in words(self.balancers.get(arn, {}), "SecurityGroups")}

    @cached_property
    def vpc_ids(self) -> set[str]:
        """VPCs of the followed balancers and their groups."""
        lying = [self.balancers.get(arn, {}) for arn in self.followed]
        lying += [self.groups.get(arn, {}) for arn in self.followed_groups]
        return {word(one, "VpcId") for one in lying} - {""}


def _may_face(balancer: Raw) -> bool:
    """Whether internet gateways may lead to it; to an internal one by its IPv6 addresses alone, which are global."""
    return balancer.get("Scheme") == "internet-facing" or word(balancer, "IpAddressType").startswith("dualstack")


def _registrations(params: Raw, page: Raw) -> frozenset[tuple[str, str]]:
    """(target group, target id)."""
    ids = {word(part(one, "Target"), "Id") for one in rows(page, "TargetHealthDescriptions")}
    return frozenset((word(params, "TargetGroupArn"), target) for target in ids - {""})


def _addresses(_params: Raw, page: Raw) -> frozenset[tuple[str, str]]:
    """(instance id, address or prefix of one of its interfaces)."""
    return frozenset(
        (word(instance, "InstanceId"), address)
        for reservation in rows(page, "Reservations")
        for instance in rows(reservation, "Instances")
        for interface in rows(instance, "NetworkInterfaces")
        for address in carried(interface)
    )


def _forwarded(actions: Iterable[Raw]) -> Iterator[str]:
    for action in actions:
        named = [action, *rows(part(action, "ForwardConfig"), "TargetGroups")]
        yield from (word(one, "TargetGroupArn") for one in named if word(one, "TargetGroupArn"))
