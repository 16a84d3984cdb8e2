"""For tests that take what is not in the repository: they say so when it is missing, and CI fails then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Beside the checkout; not every machine has it.
SHARED = Path(__file__).parents[2] / "shared"
LEFT_OUT = "left out: "


def in_ci() -> bool:
    """Whether nothing may be left out."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def needs(present: bool, what: str) -> None:
    """Leave a test out unless *present*: it is listed at the end of the run, and fails in CI."""
    if present:
        return
    if in_ci():
        pytest.fail(f"CI must not leave this out: {what}", pytrace=False)
    pytest.skip(f"{LEFT_OUT}{what}")


def shared_files(pattern: str) -> list[Path]:
    """The files of ../shared that match, for ``parametrize``; none leaves an empty set, which is listed too."""
    return sorted(path for path in SHARED.glob(pattern) if path.is_file())
