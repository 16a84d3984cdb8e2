"""The demo's data plane: front, load balancer and backends on loopback, for as long as a block lasts."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from vpclink_checks.demo import backends
from vpclink_checks.demo.balancer import Balancer
from vpclink_checks.demo.certificates import issue
from vpclink_checks.demo.front import DOMAIN, Front
from vpclink_checks.demo.servers import serving
from vpclink_checks.demo.wire import Plane, Wire


class Running:
    """Servers that answer as *plane* says. ``connect_to`` is "127.0.0.1:PORT", ``ca_file`` whom to trust."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.connect_to = ""
        self.ca_file = ""
        self._stack = ExitStack()

    def __enter__(self) -> Running:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vpclink-demo-")))
            context, ca_file = issue(self.plane.certificate, DOMAIN, folder)
            self.balancer = Balancer(self.plane, Wire(self.plane, backends.start(self.plane, stack)))
            self.balancer.start(stack)
            port = stack.enter_context(serving(Front(self.plane, self.balancer, context)))
            self._stack = stack.pop_all()
        self.connect_to, self.ca_file = f"127.0.0.1:{port}", str(ca_file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
