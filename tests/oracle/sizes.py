"""How much is compared: 500 examples as part of ``make test``, 20,000 in ``make oracle`` and in CI."""

from __future__ import annotations

import os

EXAMPLES = int(os.environ.get("VPCLINK_ORACLE_EXAMPLES", "500"))  # in all
SHARDS = int(os.environ.get("VPCLINK_ORACLE_SHARDS", "1"))  # parts that each family is cut into
