"""Which of AWS's partitions a region lies in."""

from __future__ import annotations

# The prefixes of botocore's partitions.json.
_PREFIXES = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def partition_of(region: str) -> str:
    """``cn-north-1`` -> ``aws-cn``; ``aws`` for what is not known."""
    return next((name for prefix, name in _PREFIXES.items() if region.startswith(prefix)), "aws")
