"""What in-process runs import is imported here: pytester forgets modules that a run brings in.

Else each run would pay for them anew, and compiled ones (cryptography) cannot be imported twice.
"""

from __future__ import annotations

import vpclink_checks.api.hosts
import vpclink_checks.demo.data_plane
import vpclink_checks.gate.hooks
import vpclink_checks.gate.users
import vpclink_checks.probes.send
import vpclink_checks.render.html
import vpclink_checks.render.json_report
import vpclink_checks.sources.discovery
import vpclink_checks.sources.snapshot
import vpclink_checks.sources.task_definition  # noqa: F401
from vpclink_checks.checks.catalogue import catalogue

catalogue()
