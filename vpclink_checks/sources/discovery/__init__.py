"""From the answers of AWS to the topology: every table with its gaps, every path as far as it leads.

Pure: the same recording and settings give the same topology. A call that is wanted and is not in the
recording is a gap, never an absent fact.
"""

from __future__ import annotations

from vpclink_checks.sources.discovery.discover import discover

__all__ = ["discover"]
