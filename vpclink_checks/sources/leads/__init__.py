"""Where the facts so far lead: one file for each stretch of the path."""

from __future__ import annotations

from vpclink_checks.settings import EnvSettings
from vpclink_checks.sources.facts import Facts
from vpclink_checks.sources.leads.answers import Answers
from vpclink_checks.sources.leads.balancing import Balancing
from vpclink_checks.sources.leads.containers import Containers
from vpclink_checks.sources.leads.doors import Doors
from vpclink_checks.sources.leads.front import Front
from vpclink_checks.sources.leads.names import Names
from vpclink_checks.sources.leads.network import Network
from vpclink_checks.sources.leads.others import Others
from vpclink_checks.sources.leads.published import Published
from vpclink_checks.sources.leads.transit import Transit


class Leads(Answers):
    """All leads of the facts so far; each is computed once, when first asked for."""

    def __init__(self, facts: Facts, settings: EnvSettings) -> None:
        super().__init__(facts, settings)
        self.front = Front(self)
        self.names = Names(self, self.front)
        self.others = Others(self, self.front)
        self.published = Published(self)
        self.balancing = Balancing(self, self.front, self.others, self.published)
        self.containers = Containers(self, self.balancing)
        self.doors = Doors(self, self.balancing, self.containers, self.published)
        self.network = Network(self, self.front, self.balancing, self.containers, self.doors)
        self.transit = Transit(self)
