"""``python -m vpclink_checks`` is the command ``vpclink``."""

from __future__ import annotations

import sys

from vpclink_checks.cli import main

if __name__ == "__main__":
    sys.exit(main())
